"""Every function of `ngrad.numpy` beside NumPy's: values, dtypes, shapes; and its gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import CASES, OTHER, Case
from numeric import check_gradient, check_second_gradient

import ngrad
import ngrad.numpy as ours
from ngrad.numpy.ufuncs import ALIASES


def converted(value: Any) -> Any:
    """An argument with our arrays in place of NumPy's."""
    if isinstance(value, np.ndarray):
        return ours.array(value)
    if isinstance(value, list):
        return [converted(x) for x in value]
    return tuple(map(converted, value)) if type(value) is tuple else value


def assert_like(found: Any, expected: Any) -> None:
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_like(one, other)
        return
    assert isinstance(found, ours.ndarray), type(found)
    expected = np.asarray(expected)
    value = np.asarray(found)
    assert (value.dtype, value.shape) == (expected.dtype, expected.shape)
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(value, expected)
        return
    tolerance = 8 * np.finfo(expected.dtype).eps
    np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_as_numpy(case: Case) -> None:
    with np.errstate(all="ignore"):
        expected = getattr(np, case.name)(*case.args, **case.kwargs)
    args = [converted(x) for x in case.args]
    kwargs = {name: converted(x) for name, x in case.kwargs.items()}
    assert_like(getattr(ours, case.name)(*args, **kwargs), expected)


def function_of(case: Case) -> tuple[Callable[..., Any], list[Any]]:
    """The case as a function of its arrays of floats, and these."""
    arrays: list[Any] = []

    def replaced(value: Any, given: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return given(value)
        if isinstance(value, list):
            return [replaced(x, given) for x in value]
        return converted(value)

    def collect(value: Any) -> Any:
        arrays.append(value)
        return value

    for value in case.args:
        replaced(value, collect)

    def function(*tensors: Any) -> Any:
        source = iter(tensors)
        args = [replaced(x, lambda _: next(source)) for x in case.args]
        return ngrad.convert_to_tensor(getattr(ours, case.name)(*args, **case.kwargs))

    return function, arrays


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients(case: Case) -> None:
    function, arrays = function_of(case)
    check_gradient(function, *arrays)
    if case.orders > 1:
        check_second_gradient(function, *arrays)


def test_every_name_has_a_case() -> None:
    own = {
        name
        for name in ours.__all__
        if not hasattr(np, name) or getattr(ours, name) is not getattr(np, name)
    }
    tested = {case.name for case in CASES}
    tested |= {alias for alias, name in ALIASES.items() if name in tested}
    same = {name for name in own if getattr(ours, name) in [getattr(ours, t) for t in tested]}
    assert own - tested - same - OTHER == set()
    assert tested - own == set()
