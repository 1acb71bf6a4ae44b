"""The programs of docs/examples: with NumPy in our place they give the same, where they need no
gradient; where they do, what they fit comes near.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.py"))


def loaded(name: str, line: str = "import ngrad.numpy as np") -> dict[str, Any]:
    """The names of a program, whose import line may be another."""
    text = (FOLDER / f"{name}.py").read_text()
    assert text.count("import ngrad.numpy as np") == 1
    scope: dict[str, Any] = {"__name__": name}
    exec(text.replace("import ngrad.numpy as np", line), scope)
    return scope


def both(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return loaded(name), loaded(name, "import numpy as np")


def test_kmeans_and_pagerank() -> None:
    ours, theirs = both("kmeans")
    for found, expected in zip(ours["main"](90), theirs["main"](90), strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12, atol=1e-12)
    ours, theirs = both("pagerank")
    np.testing.assert_allclose(np.asarray(ours["main"]()), theirs["main"](), rtol=1e-12)


def test_ode() -> None:
    ours, theirs = both("ode")
    rates, start = theirs["RATES"], theirs["START"]
    found = ours["trajectory"](ours["RATES"], ours["START"], 0.2, 30)
    expected = theirs["trajectory"](rates, start, 0.2, 30)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12)
    import ngrad

    slope = ngrad.grad(ours["misfit"])(ours["RATES"] * 0.9, found[:6]).numpy()
    for k in range(4):
        apart = np.eye(4)[k] * 1e-6
        near = [theirs["misfit"](rates * 0.9 + way * apart, expected[:6]) for way in (1, -1)]
        np.testing.assert_allclose(slope[k], (near[0] - near[1]) / 2e-6, rtol=1e-6)


def test_logistic() -> None:
    ours, theirs = both("logistic")
    found = ours["main"]()
    assert found.success
    features, labels = theirs["data"]()
    apart = theirs["loss"](found.x, features, labels)
    np.testing.assert_allclose(found.fun, apart, rtol=1e-12)
    for k in range(4):
        for way in (0.05, -0.05):
            moved = found.x + way * np.eye(4)[k]
            assert theirs["loss"](moved, features, labels) > apart


def test_fluid() -> None:
    ours, theirs = both("fluid")
    ink, wanted = theirs["pictures"](12)
    start = np.sin(np.arange(288.0)).reshape(2, 12, 12)
    found = ours["misfit"](*(ours["np"].array(x) for x in (start, ink, wanted)), 3)
    np.testing.assert_allclose(float(found), theirs["misfit"](start, ink, wanted, 3), rtol=1e-12)
    errors = ours["main"](12, 3, 4)
    assert all(later < earlier for earlier, later in itertools.pairwise(errors))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_tested(name: str) -> None:
    assert f'"{name}"' in Path(__file__).read_text().replace("EXAMPLES", "")
