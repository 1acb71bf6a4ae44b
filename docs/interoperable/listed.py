"""What SciPy and scikit-learn say takes arrays of any library, with a call of each.

SciPy's functions are those of the table by which it tests itself that are for more than NumPy's
arrays; scikit-learn's are the models with the tag `array_api_support`, the metrics that it tests
so, and what its guide names.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy._lib._array_api import xp_capabilities_table
from sklearn.utils import all_estimators, get_tags

from interoperable.arrays import (
    PICTURE,
    POLES,
    TAPS,
    M,
    N,
    Rows,
    V,
    W,
    made,
    parts,
)
from interoperable.scipy_calls import LINKS, SCIPY
from interoperable.sklearn_calls import SKLEARN

AREAS = [
    "special",
    "stats",
    "linalg",
    "fft",
    "signal",
    "signal.windows",
    "ndimage",
    "integrate",
    "interpolate",
    "optimize",
    "optimize.elementwise",
    "differentiate",
    "spatial.distance",
    "spatial.transform",
    "cluster.vq",
    "cluster.hierarchy",
    "constants",
]

TRIED: dict[str, tuple[tuple[Any, ...], ...]] = {
    "special": ((V,), (V, W), (V, W, W), (2, V), (3, V, W), (2, 3, V), (1, 2, V)),
    "stats": ((V,), (V, W), (V, W, V)),
    "linalg": ((V,), (M, N)),
    "fft": ((V,), (M,), (V, 0.1, 0.5)),
    "signal": ((V,), (V, W), (TAPS, POLES), (TAPS, POLES, V), (M,), (M, M)),
    "ndimage": ((PICTURE,), (PICTURE, 3), (PICTURE, 1.0)),
    "cluster": ((LINKS,), (M,)),
    "constants": ((V,), (V, "Celsius", "K")),
}
"""Arguments, by area: what has no call of its own is called with the first that it takes."""

MADE = ((12,), (5, 2), (12, 2.5), (12, 1.5, 2.0), ("hann", 12), (0.25, 10.0), (0.25, "fir"))
"""Likewise, of what makes arrays of numbers (`xp=`)."""


def names() -> Iterator[tuple[str, str, Any]]:
    """An area, a public name in it, and what SciPy's table says is for arrays of any library."""
    for space in AREAS:
        module, (area, _, inner) = importlib.import_module(f"scipy.{space}"), space.partition(".")
        for name in sorted(vars(module)):
            thing = getattr(module, name)
            whole = f"{inner}.{name}" if inner else name
            members = vars(thing).items() if isinstance(thing, type) else ()
            if not name.startswith("_"):
                yield from ((area, f"{whole}.{key}", x) for key, x in members if listed(x))
                if listed(thing):
                    yield area, whole, thing


def listed(thing: Any) -> bool:
    thing = getattr(thing, "__func__", thing)
    if not callable(thing) or not hasattr(thing, "__hash__") or thing.__hash__ is None:
        return False
    found = xp_capabilities_table.get(thing)
    return found is not None and not found["np_only"] and not found["out_of_scope"]


def takes(function: Callable[..., Any], arrays: tuple[Any, ...]) -> bool:
    """Whether NumPy's arrays are taken, and the results are numbers."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = [np.asarray(x, float) for x in parts(function(*arrays))]
        except Exception:
            return False
    return bool(found) and all(np.isfinite(x).all() for x in found)


def tried(area: str, name: str, thing: Any) -> tuple[str, Callable[..., Any], tuple[Any, ...]]:
    """A call of a function that has none of its own."""
    try:
        makes = "xp" in inspect.signature(thing).parameters
    except ValueError:  # a universal function
        makes = False
    if makes:
        calls = [(made(thing, *given), (V,)) for given in MADE]
    else:
        calls = []
        for given in TRIED.get(area, ()):
            arrays = tuple(x for x in given if isinstance(x, np.ndarray))
            before = given[: next(k for k, x in enumerate(given) if x is arrays[0])]
            rest = given[len(before) + len(arrays) :]
            calls.append((partial(thing, before, rest), arrays))
    for function, arrays in calls:
        if takes(function, arrays):
            return name, function, arrays
    raise LookupError(f"scipy.{area}.{name}: write a call of it in interoperable/scipy_calls.py")


def partial(thing: Any, before: tuple[Any, ...], rest: tuple[Any, ...]) -> Callable[..., Any]:
    return lambda *arrays: thing(*before, *arrays, *rest)


@functools.cache
def scipy_rows() -> dict[str, Rows]:
    """Calls of all, and of some others that take arrays; each function once, by area."""
    rows = {area: [*own] for area, own in SCIPY.items()}
    have = {(area, name) for area, own in rows.items() for name, _, _ in own}
    every = [*names()]
    done = {id(thing) for area, name, thing in every if (area, name) in have}
    for area, name, thing in every:
        if id(thing) not in done:
            done.add(id(thing))
            rows.setdefault(area, []).append(tried(area, name, thing))
    return rows


TOOLS = [
    "calibration.CalibratedClassifierCV",
    "model_selection.GridSearchCV",
    "model_selection.RandomizedSearchCV",
    "model_selection.HalvingGridSearchCV",
    "model_selection.HalvingRandomSearchCV",
    "model_selection.cross_val_predict",
    "model_selection.train_test_split",
    "utils.check_consistent_length",
    "linear_model.RidgeClassifier",
    "mixture.GaussianMixture",
    "preprocessing.MaxAbsScaler",
]
"""What scikit-learn's guide names, that has no tag by default, or is no metric."""


def sklearn_names() -> set[str]:
    """What scikit-learn says takes arrays of any library."""
    from sklearn.metrics.tests.test_common import array_api_metric_checkers

    found = {*(name.split(".")[1] for name in TOOLS)}
    found |= {getattr(f, "func", f).__name__ for f in array_api_metric_checkers}
    for name, model in all_estimators():
        with contextlib.suppress(Exception), warnings.catch_warnings():  # some are made of others
            warnings.simplefilter("ignore")
            if get_tags(model()).array_api_support:
                found.add(name)
    return found


@functools.cache
def sklearn_rows() -> dict[str, Rows]:
    """Calls of all, and of some others; a row says in its name how, after a comma."""
    have = {name.split(",")[0].split(".")[-1] for rows in SKLEARN.values() for name, _, _ in rows}
    for name in sorted(sklearn_names() - have):
        raise LookupError(f"sklearn's {name}: write a call of it in interoperable/sklearn_calls.py")
    return SKLEARN
