"""On the simulator, the kernels of bodies give the bits of the CPU's, special values included."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import launches
import numpy as np
import pytest
from launches import SOME
from simulator import assert_same

from ngrad_kernels.body import Body, Step
from ngrad_kernels.codes import HALVES
from ngrad_kernels.scalars import SCALARS

Rng = np.random.Generator
BLOCKS = (32, 64)


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalars(scalar: str, rng: Rng) -> None:
    count = 37 if SCALARS[scalar].cost > 1 else 70  # long ones take Python a while
    for body in launches.bodies(scalar, SOME):
        assert_same(launches.contiguous(body, count, rng), size=rng.choice(BLOCKS))


@pytest.mark.parametrize("code", SOME)
def test_conversions(code: str, rng: Rng) -> None:
    for body in launches.conversions(code, SOME):
        launch = launches.contiguous(body, 70, rng)
        if code[0] == "f":  # what no integer holds
            numbers = launch.operands[-1 - launch.results]
            numbers[:8] = 0.5, -0.5, 127.5, 255.9, 3e9, 2e19, -1e10, -1e20
        assert_same(launch)


@pytest.mark.parametrize("size", BLOCKS)
@pytest.mark.parametrize("n", [1, 3, 4, 127, 128, 1000])
def test_sizes(n: int, size: int, rng: Rng) -> None:
    body = Body("map", ("f4", "f8"), (Step("cast", (1,), "f4"), Step("add", (0, 2), "f4")), (3, 2))
    for grid in (1, 3):
        assert_same(launches.contiguous(body, n, rng), grid, size)


def test_operands_that_are_not_aligned(rng: Rng) -> None:
    """Then no access is wider than an element."""
    launch = launches.contiguous(Body("map", ("f4",), (Step("square", (0,), "f4"),), (1,)), 65, rng)
    x, out = (np.empty(69, np.float32)[3:68] for _ in range(2))
    x[:] = launch.operands[0]
    assert_same(replace(launch, operands=(x, out)))


@pytest.mark.parametrize("code", SOME)
def test_views(code: str, rng: Rng) -> None:
    step = Step("where", (1, 0, 2), code)
    body = Body("map", (code, "b1", code, code), (step, Step("equal", (3, 4), "b1")), (5,))
    assert_same(launches.strided(body, 5, 17, rng), size=rng.choice(BLOCKS))


LENGTHS = (0, 1, 15, 16, 17, 1000, 1024, 1025, 5000)
REDUCTIONS = [
    (code, reduction)
    for code in SOME
    for reduction in (("max", "min") if code == "b1" else ("sum", "prod", "max", "min"))
] + [("i8", "xor")]
SCANS = [
    (code, reduction)
    for code in SOME
    if code != "b1"
    for reduction in (
        *("sum", "prod"),
        *(("linear",) if code[0] in "fc" else ()),
        *(("hypot",) if code[0] == "f" else ()),
    )
]


@pytest.mark.parametrize("code, reduction", REDUCTIONS)
def test_rows(code: str, reduction: str, rng: Rng) -> None:
    for length in rng.choice(LENGTHS, 3, replace=False):
        views = bool(rng.integers(2))
        for one in launches.reducing("rows", reduction, code, (3, int(length), 1), views, rng):
            assert_same(one, size=rng.choice(BLOCKS))


@pytest.mark.parametrize("code", ["c8", "c16"])
@pytest.mark.parametrize("length", [1, 2, 15, 40, 65, 300])
def test_products_of_complex_numbers(code: str, length: int, rng: Rng) -> None:
    """That are infinite, or signed zeros: one times these is another."""
    unit = [1, -1, 1j, -1j, complex(-0.0, -1.0)]
    special = [complex(np.inf, np.nan), complex(np.inf, 0), complex(-0.0, 0), complex(0, -0.0)]
    for form, shape in (("rows", (20, length, 1)), ("columns", (2, length, 3))):
        for one in launches.reducing(form, "prod", code, shape, False, rng):
            given = one.operands[0].reshape(-1)
            given[:] = rng.choice(unit, given.size)
            few = rng.integers(0, given.size, 1 + given.size // 20)
            given[few] = rng.choice(special, few.size)
            assert_same(one, size=rng.choice(BLOCKS))


@pytest.mark.parametrize("form, reduction", [("rows", "sum"), ("rows", "max"), ("arg", "min")])
def test_rows_of_several_chunks(form: str, reduction: str, rng: Rng) -> None:
    for one in launches.reducing(form, reduction, "f4", (2, 33_000, 1), False, rng):
        assert_same(one, 3, 64)


@pytest.mark.parametrize("form, reduction", [("rows", "sum"), ("rows", "max"), ("arg", "min")])
def test_rows_of_a_few_blocks(form: str, reduction: str, rng: Rng) -> None:
    """A group takes them alone where there are many, and otherwise a thread block."""
    for one in launches.reducing(form, reduction, "f4", (7, 3000, 1), False, rng):
        for grid in (2, 4):
            assert_same(one, grid, 64)


def test_many_partial_results(rng: Rng) -> None:
    """So many of a row that a thread block folds them."""
    _, fold = launches.reducing("rows", "sum", "f4", (2, 100 << 14, 1), False, rng)
    assert_same(fold, 1, 32)


def test_steps_before_a_reduction(rng: Rng) -> None:
    steps = (Step("square", (0,), "f4"), Step("exp", (1,), "f4"))
    for form, shape in (("rows", (2, 1500, 1)), ("columns", (2, 40, 7))):
        for one in launches.reducing(form, "sum", "f4", shape, False, rng, steps):
            assert_same(one)


@pytest.mark.parametrize("code, reduction", REDUCTIONS)
def test_columns(code: str, reduction: str, rng: Rng) -> None:
    shapes = ((2, 30, 5), (1, 1, 70), (1, 2500, 2), (2, 3, 1025))
    shape: Any = shapes[rng.integers(len(shapes))]
    for one in launches.reducing("columns", reduction, code, shape, bool(rng.integers(2)), rng):
        assert_same(one, size=rng.choice(BLOCKS))


@pytest.mark.parametrize("reduction", ["max", "min"])
@pytest.mark.parametrize("code", SOME)
def test_positions(code: str, reduction: str, rng: Rng) -> None:
    for length in rng.choice(LENGTHS[1:], 3, replace=False):
        views = bool(rng.integers(2))
        for one in launches.reducing("arg", reduction, code, (3, int(length), 1), views, rng):
            assert_same(one, size=rng.choice(BLOCKS))


@pytest.mark.parametrize("code, reduction", SCANS)
def test_scans(code: str, reduction: str, rng: Rng) -> None:
    for length in (1, 16, 37):
        views = reduction in ("sum", "prod") and bool(rng.integers(2))
        assert_same(launches.scanning(reduction, code, 5, length, views, rng))


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("code, reduction", [("f4", "add"), ("f8", "hypot"), ("i4", "subtract")])
def test_segments(code: str, reduction: str, width: int, rng: Rng) -> None:
    assert_same(launches.segments(reduction, code, width, rng))


@pytest.mark.parametrize("code", HALVES)
def test_floats_of_two_bytes(code: str, rng: Rng) -> None:
    """Ops, conversions to and from them, reductions of what is widened, scans."""
    for body in launches.halves(code):
        assert_same(launches.contiguous(body, 70, rng), size=rng.choice(BLOCKS))
    assert_same(launches.strided(launches.halves(code)[-1], 5, 17, rng))
    steps = (Step("cast", (0,), "f4"),)
    for form, shape in (("rows", (2, 1500, 1)), ("columns", (2, 40, 7))):
        for one in launches.reducing(form, "sum", code, shape, False, rng, steps):
            assert_same(one)
    assert_same(launches.scanning("sum", code, 5, 37, True, rng))
