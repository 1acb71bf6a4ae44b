"""Every function of floats takes bfloat16 as it takes float16, whose kind NumPy knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from calls import SMALL, A, Case, K
from cases import CASES

import ngrad.numpy as ours
from ngrad.dtypes import BRAIN, HALF
from ngrad.graph.op import Call
from ngrad.graph.reference import REFERENCES
from ngrad.hooks import hooks
from ngrad.numpy.convert import known
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.elementwise import Elementwise
from ngrad.tensor import from_numpy

APART = {
    "nan_to_num": "its greatest number is another",
    "polyfit": "its cut-off of singular values is wider",
    "roots": "NumPy's, which is asked, refuses float16",
    "array2string": "NumPy, which prints it, has no precision for it",
    "array_repr": "likewise",
    "array_str": "likewise",
}


def has_floats(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(has_floats, value))
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def given(value: Any, dtype: Any, array: Any = ours.array) -> Any:
    """An argument with arrays of a dtype in place of floats, of numbers that bfloat16 has."""
    if isinstance(value, np.ndarray):
        return array(value.astype(BRAIN).astype(dtype) if has_floats(value) else value)
    if isinstance(value, (list, tuple)):
        return type(value)(given(x, dtype, array) for x in value)
    return value


@pytest.fixture
def _by_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ops computed by their references in place of kernels, which need not be compiled."""

    def execute(call: Call, inputs: tuple[Any, ...]) -> Any:
        found = REFERENCES[call.op.name](*map(known, inputs), **call.op.keywords(call.params))
        parts = zip(found if call.several else [found], call.specs, strict=True)
        made = [from_numpy(np.asarray(x, spec.dtype.numpy_dtype)) for x, spec in parts]
        return tuple(made) if call.several else made[0]

    monkeypatch.setattr(hooks, "execute", execute)


OPS = {name for name, function in UFUNCS.items() if isinstance(function._compute, Elementwise)}
"""Functions that are an op, which `test_halves.py` tests."""
FIRST = {
    case.name: case
    for case in reversed(CASES)
    if case.name not in OPS | {*APART} and has_floats([*case.args, *case.kwargs.values()])
}
"""A call of each other function."""
OTHERS = [
    *(Case(name, (A, np.array([0.25, 0.5])), {}, 0) for name in ("quantile", "nanquantile")),
    *(Case(name, (A, np.array(50.0), 0), {}, 0) for name in ("percentile", "nanpercentile")),
    *(Case("quantile", (A, np.array(0.5)), {"method": m}, 0) for m in ("lower", "hazen")),
    Case("quantile", (SMALL, np.array(0.25)), {}, 0),
    Case("histogram", (A, 4, (-1.0, 1.0)), {}, 0),
    Case("histogram", (A, np.array([-1.0, 0.0, 1.0])), {}, 0),
    Case("histogram_bin_edges", (A, "auto"), {}, 0),
    Case("histogram_bin_edges", (K, 3, (0.0, 4.0)), {}, 0),
]
"""Calls whose dtype follows from another argument, or from how many there are."""


def assert_alike(found: Any, half: Any, wide: Any) -> None:
    """In what is of float16 there, if that is; as of float64."""
    if isinstance(half, (tuple, list)):
        for parts in zip(found, half, wide, strict=True):
            assert_alike(*parts)
    elif isinstance(found, ours.ndarray):
        half, wide = np.asarray(half), np.asarray(wide)
        assert (found.dtype, found.shape) == (
            BRAIN if half.dtype == HALF else half.dtype,
            half.shape,
        )
        value = np.asarray(found, wide.dtype)
        np.testing.assert_allclose(value, wide, rtol=0.03, atol=0.03 * (wide.dtype.kind in "fc"))
    else:
        assert found == (BRAIN if half == HALF else half)


@pytest.mark.parametrize("case", [*FIRST.values(), *OTHERS], ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.usefixtures("_by_numpy")
def test_takes_bfloat16_as_float16(case: Case) -> None:
    def run(space: Any, dtype: Any) -> Any:
        array = space.array
        kwargs = {name: given(x, dtype, array) for name, x in case.kwargs.items()}
        args = [given(x, dtype, array) for x in case.args]
        return getattr(space, case.name)(*args, **kwargs)

    try:
        half = run(np, HALF)
    except Exception as error:
        with pytest.raises(type(error)):
            run(ours, BRAIN)
    else:
        assert_alike(run(ours, BRAIN), half, run(np, np.float64))


def test_is_a_dtype_of_floats() -> None:
    assert ours.isdtype(BRAIN, ("integral", "real floating")) and ours.isdtype(BRAIN, BRAIN)
    assert not ours.isdtype(BRAIN, "integral") and not ours.isdtype(HALF, BRAIN)
    assert ours.issubdtype(BRAIN, np.floating) and not ours.issubdtype(BRAIN, HALF)
    assert float(ours.finfo(BRAIN).eps) == 2.0**-7
    assert ours.promote_types(BRAIN, HALF) == np.float32
    assert ours.can_cast(np.int64, BRAIN, "same_kind") and not ours.can_cast(BRAIN, HALF)
    x = ours.array([1.5, 2.0], BRAIN)
    x += ours.array([1, 2])
    assert x.tolist() == [2.5, 4.0] and x.dtype == BRAIN
