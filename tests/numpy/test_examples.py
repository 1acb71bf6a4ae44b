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
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "plots")


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


MINIMISED = [("logistic", "loss", 400, 0), ("gaussian_process", "surprise", 40, 0)]
MINIMISED += [("kalman", "surprise", 24, 1)]


@pytest.mark.parametrize(("name", "function", "count", "first"), MINIMISED)
def test_what_is_minimised(name: str, function: str, count: int, first: int) -> None:
    """It is as NumPy computes it, and greater on all sides of where SciPy stopped."""
    ours, theirs = both(name)
    found = ours["main"](count)
    assert found.success
    data = theirs["data"](count)[first:]
    least = theirs[function](found.x, *data)
    np.testing.assert_allclose(found.fun, least, rtol=1e-12)
    for apart in np.eye(len(found.x)):
        for way in (0.1, -0.1):
            assert theirs[function](found.x + way * apart, *data) > least


def test_what_is_predicted() -> None:
    ours, theirs = both("gaussian_process")
    logs, data, at = np.array([0.5, 0.7, -1.5]), theirs["data"](12), np.array([0.3, 11.0])
    for found, expected in zip(
        ours["prediction"](logs, *data, at), theirs["prediction"](logs, *data, at), strict=True
    ):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9)
    ours, theirs = both("kalman")
    seen = theirs["data"](12)[1]
    for found, expected in zip(
        ours["follow"](logs[:2], seen), theirs["follow"](logs[:2], seen), strict=True
    ):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12)


def test_fluid() -> None:
    ours, theirs = both("fluid")
    ink, wanted = theirs["pictures"](12)
    start = np.sin(np.arange(288.0)).reshape(2, 12, 12)
    found = ours["misfit"](*(ours["np"].array(x) for x in (start, ink, wanted)), 3)
    np.testing.assert_allclose(float(found), theirs["misfit"](start, ink, wanted, 3), rtol=1e-12)
    errors = ours["main"](12, 3, 4)
    assert all(later < earlier for earlier, later in itertools.pairwise(errors))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_tested_and_shown(name: str) -> None:
    assert f'"{name}"' in Path(__file__).read_text().replace("EXAMPLES", "")
    assert f"![](examples/{name}.svg)" in (FOLDER.parent / "examples.md").read_text()
    assert (FOLDER / f"{name}.svg").stat().st_size < 60_000
