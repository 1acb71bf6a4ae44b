"""The table of docs/vecmath.md says what is so: every function, within bounds, as measured."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import regions
import test_vecmath_shares as shares
import ulp

from ngrad_kernels.vecmath import FUNCTIONS

SCRIPT = Path(__file__).parents[2] / "docs" / "accuracy.py"
MAX_ULP = {"f4": 1.0, "f8": 2.0}
MORE = {
    **dict.fromkeys(("bessel_jn", "bessel_yn", "erfcinv", "erfinv", "ndtri", "ndtri_exp"), 3.0),
    **{name: shares.LIMITS[name]["f8"] for name in shares.DELICATE},
}
"""What float64 is allowed of some."""
QUICK = 15
"""Random arguments of each kind: a look where the table's measurement takes minutes."""
SCATTER = 1.02
"""What a maximum may be above the table's: looks with several seeds stayed at or below it."""


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("accuracy", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


accuracy = _load()
ROWS = list(accuracy.rows())
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} {row.side}")
each_code = pytest.mark.parametrize("code", ["f4", "f8"])


def table() -> str:
    page = accuracy.TARGET.read_text()
    return page.partition(accuracy.BEGIN)[2].partition(accuracy.END)[0]


def claim(row: accuracy.Row, code: str) -> tuple[float, list[np.ndarray]]:
    """The error that the table has for a row, and the argument where it is said to be."""
    (line,) = [line for line in table().splitlines() if line.startswith(row.label())]
    cells = line.removeprefix(row.label()).split("|")
    error, at = cells[:2] if code == "f4" else cells[3:5]
    return float(error), [np.array([part], ulp.DTYPES[code]) for part in at.split(",")]


def test_every_function_has_a_row() -> None:
    named = re.findall(r"^\| `(\w+)` \|", table(), re.MULTILINE)
    real = {name for name in FUNCTIONS if name.endswith(tuple(MAX_ULP))}
    assert {f"{name}_{code}" for name in named for code in MAX_ULP} == real
    assert named == [row.name for row in ROWS]


def test_the_exceptions_are_the_documented_ones() -> None:
    marked = re.findall(r"^\| `(\w+)` \| (.*) \* \|", table(), re.MULTILINE)
    assert marked == [("betaln", "all"), ("digamma", "x < 0"), ("lgamma", "x < 0")]
    waves = re.findall(r"^\| `(\w+)` \| all † \|", table(), re.MULTILINE)
    assert waves == [f"bessel_{kind}{order}" for kind in "jy" for order in "01n"]


def test_says_how_it_was_measured() -> None:
    assert re.search(r"^Measured on \d{4}-\d\d-\d\d with `--samples \d{5,}` on \w+", table())


@each_code
@each_row
def test_claims_are_within_bounds_and_true(row: accuracy.Row, code: str) -> None:
    """At its worst argument a function errs by just what the table says: no CPU changes a bit."""
    error, at = claim(row, code)
    assert error <= (MORE.get(row.name, MAX_ULP[code]) if code == "f8" else MAX_ULP[code])
    assert accuracy.rounded_up(accuracy.errors(row, code, *at)[0]) == error


@each_code
@each_row
def test_nothing_worse_turns_up(row: accuracy.Row, code: str) -> None:
    """Among other arguments than the table's; nor beside the worst of them, where references are
    quick.
    """
    seed = accuracy.SEED + 1
    if row.slow or row.name in regions.WHOLE:  # whose references take milliseconds
        points = regions.arguments(row.name, row.side, code, QUICK // 5, seed)
        found = accuracy.errors(row, code, *points)
        worst = int(np.argmax(found))
        error, at = float(found[worst]), tuple(p[worst].item() for p in points)
    else:
        error, at = accuracy.measure(row, code, QUICK, seed)
    assert error <= SCATTER * claim(row, code)[0], at


@each_code
@pytest.mark.parametrize("name", sorted({row.name for row in ROWS}))
def test_same_bits_alone_and_in_a_vector(name: str, code: str) -> None:
    points = regions.arguments(name, "all", code, 20, seed=3)
    together = accuracy.evaluate(name, code, *points)
    alone = [accuracy.evaluate(name, code, *one) for one in zip(*points, strict=True)]
    assert together.size > 100
    assert np.array_equal(together, np.concatenate(alone), equal_nan=True)
    assert np.array_equal(np.signbit(together), np.signbit(np.concatenate(alone)))
