"""Warnings of what is reckoned from nothing: in NumPy's words, where NumPy has them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import ngrad.numpy as ours

NONE, NAN, HOLED = np.zeros((0, 3)), np.full((2, 3), np.nan), np.array([[1.0, np.nan]] * 2)
ONE = np.ones((1, 3))
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *(
        (name, (x,), {"axis": axis})
        for name in ("mean", "var", "std", "median", "nanmean", "nanvar", "nanstd", "nanmedian")
        for x in (NONE, np.zeros((0, 0)), np.zeros((3, 0), int), ONE)
        for axis in (None, 0, 1)
    ),
    *(
        (name, (x,), {"axis": 0, "ddof": ddof})
        for name in ("var", "std", "nanvar", "nanstd")
        for x in (ONE, np.ones(2, int))
        for ddof in (1, 2)
    ),
    *(("nanmedian", (x,), {"axis": axis}) for x in (NAN, HOLED) for axis in (None, 0, 1)),
    *(("nanquantile", (x, 0.3), {"axis": 0}) for x in (NAN, HOLED, NONE)),
    ("nanpercentile", (HOLED, [10, 50]), {"axis": 0}),
    ("average", ([],), {}),
    *(("cov", (x,), {}) for x in ([1.0], np.ones((2, 1)), np.ones((2, 3)), [])),
    ("corrcoef", (np.ones((2, 1)),), {}),
    ("cov", (np.ones((2, 3)),), {"ddof": 3}),
]


def told(space: Any, name: str, args: Any, kwargs: Any) -> list[Any]:
    with warnings.catch_warnings(record=True) as seen, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        getattr(space, name)(*args, **kwargs)
    return seen


@pytest.mark.parametrize("name, args, kwargs", CALLS)
def test_as_numpy(name: str, args: Any, kwargs: Any) -> None:
    expected, found = (told(space, name, args, kwargs) for space in (np, ours))
    once = dict.fromkeys(str(x.message) for x in expected)  # some say it of each slice
    assert [str(x.message) for x in found] == [*once]
    assert {(x.category, x.filename) for x in found} <= {(RuntimeWarning, __file__)}


LOOKED_AT: list[tuple[str, Any, dict[str, Any]]] = [
    *(
        (name, x, {"axis": axis})
        for name in ("nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian")
        for x in (
            NAN,
            HOLED,
            np.array([[1.0, 2.0, np.nan]]),
            NAN.astype("f2"),
            np.ones((2, 2), int),
        )
        for axis in (None, 0, 1)
    ),
    *((name, HOLED, {"ddof": 1, "axis": 1}) for name in ("nanvar", "nanstd")),
    *((name, NAN, {"initial": 2.0}) for name in ("nanmax", "nanmin")),
    *(
        (name, ONE, {"where": np.array(where), "axis": 0})
        for name in ("mean", "var", "std", "nanmean", "nanvar")
        for where in ([True, False, True], [True], [False])
    ),
]


@pytest.mark.parametrize("mode", ["warn", "ignore"])
@pytest.mark.parametrize("name, x, kwargs", LOOKED_AT)
def test_values_that_are_looked_at(name: str, x: Any, kwargs: Any, mode: str) -> None:
    """Within `errstate`: NumPy's warnings of slices that are all NaN, or left out."""
    found = []
    for space in (np, ours):
        with warnings.catch_warnings(record=True) as seen, space.errstate(all=mode):
            warnings.simplefilter("always")
            getattr(space, name)(space.array(x), **kwargs)
        found.append([*dict.fromkeys(str(each.message).rstrip(".") for each in seen)])
        assert space is np or {each.filename for each in seen} <= {__file__}
    expected = [said.replace("scalar divide", "divide") for said in found[0]]
    assert found[1] == (expected if mode == "warn" or name == "nanmedian" else [])


@pytest.mark.parametrize("name", ["nanmean", "nanvar", "nanmax", "nanmin"])
def test_values_are_not_looked_at(name: str) -> None:
    """Where NumPy warns: so nothing is said, and the result is NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(getattr(ours, name)(NAN))
