"""Every function of `ngrad.numpy` beside NumPy's: values, dtypes, shapes; and its gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from calls import Case
from cases import CASES, OTHER, ROUNDING
from cases_complex import COMPLEX
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


def assert_like(found: Any, expected: Any, rounding: float = 1.0) -> None:
    if isinstance(expected, (tuple, list)) and isinstance(found, (tuple, list)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_like(one, other, rounding)
        return
    if not isinstance(found, ours.ndarray):  # NumPy's result is no array, nor an element of one
        assert type(found) is type(expected) and found == expected
        return
    if not found.ndim and expected == expected:  # of NaN, NumPy's weighted quantiles are numbers
        assert found.is_number is not isinstance(expected, np.ndarray)
    expected = np.asarray(expected)
    value = np.asarray(found)
    assert (value.dtype, value.shape) == (expected.dtype, expected.shape)
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(value, expected)
        return
    tolerance = rounding * 8 * np.finfo(expected.dtype).eps
    np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", [*CASES, *COMPLEX], ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_as_numpy(case: Case) -> None:
    with np.errstate(all="ignore"):
        expected = getattr(np, case.name)(*case.args, **case.kwargs)
    args = [converted(x) for x in case.args]
    kwargs = {name: converted(x) for name, x in case.kwargs.items()}
    found = getattr(ours, case.name)(*args, **kwargs)
    assert_like(found, expected, ROUNDING.get(case.name, 1.0))


def joined(found: Any) -> Any:
    """A tensor of a result, or of all floats in several."""
    if not isinstance(found, (tuple, list)):
        return ngrad.convert_to_tensor(found)
    return ngrad.concat([ngrad.reshape(x, (-1,)) for x in found if x.dtype.kind == "f"], 0)


def function_of(
    case: Case, space: Any = ours, kinds: str = "f"
) -> tuple[Callable[..., Any], list[Any]]:
    """The case as a function of its arrays of some kinds, and these; several results are one."""
    arrays: list[Any] = []

    def replaced(value: Any, given: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind in kinds:
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
        return joined(getattr(space, case.name)(*args, **case.kwargs))

    return function, arrays


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients(case: Case) -> None:
    function, arrays = function_of(case)
    assert arrays
    check_gradient(function, *arrays)
    if case.orders > 1:
        check_second_gradient(function, *arrays)


def test_every_name_has_a_case() -> None:
    own = {
        name
        for name in ours.__all__
        if not hasattr(np, name) or getattr(ours, name) is not getattr(np, name)
    }
    tested = {case.name for case in [*CASES, *COMPLEX]}
    tested |= {alias for alias, name in ALIASES.items() if name in tested}
    same = {name for name in own if getattr(ours, name) in [getattr(ours, t) for t in tested]}
    assert own - tested - same - OTHER == set()
    assert tested - own == set()


@pytest.mark.parametrize("kth", [3, -2, [0, 5, 9]])
def test_partitions(kth: Any) -> None:
    """The kth elements are where order puts them; none before is greater, none after is less."""
    x = np.random.default_rng(4).integers(0, 9, (3, 12)).astype(float)
    found = np.asarray(ours.partition(x, kth))
    where = np.asarray(ours.argpartition(x, kth))
    np.testing.assert_array_equal(np.take_along_axis(x, where, -1), found)
    np.testing.assert_array_equal(np.sort(found), np.sort(x))
    for k in np.atleast_1d(kth):
        np.testing.assert_array_equal(found[:, k], np.sort(x)[:, k])
        assert (found[:, :k] <= found[:, [k]]).all() and (found[:, k:] >= found[:, [k]]).all()


def test_gradients_go_to_the_first_of_equal_values() -> None:
    def f(x: Any, y: Any) -> Any:
        both, apart = ours.intersect1d(x, y), ours.setxor1d(x, y)
        return (both * both).sum() + 3.0 * ours.unique(x).sum() + 5.0 * apart.sum()

    x, y = ours.array([2.0, 1.0, 2.0, 7.0]), ours.array([4.0, 2.0])
    for_x, for_y = ngrad.grad(f, (0, 1))(x, y)
    assert for_x.tolist() == [2 * 2.0 + 3.0, 3.0 + 5.0, 0.0, 3.0 + 5.0]
    assert for_y.tolist() == [5.0, 0.0]


PLANAR = [
    ((3, 2), (3, 2), {}), ((2,), (2,), {}), ((3, 2), (3,), {}), ((3,), (4, 2), {"axisc": 0}),
    ((2, 4), (2, 4), {"axis": 0}),
]  # fmt: skip


def _with_a_third(vectors: Any, axis: int) -> Any:
    missing = [(0, 0)] * vectors.ndim
    missing[axis] = (0, 3 - vectors.shape[axis])
    return np.pad(vectors, missing)


@pytest.mark.parametrize(("x", "y", "axes"), PLANAR)
def test_vectors_of_two_components(x: Any, y: Any, axes: dict[str, int]) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal(x), rng.standard_normal(y)
    with pytest.warns(DeprecationWarning, match="vectors") as said:
        found = ours.cross(a, b, **axes)
        check_second_gradient(lambda a, b: ours.cross(a, b, **axes), a, b)
    assert said[0].filename == __file__
    axis = axes.get("axis", -1)
    of_three = [_with_a_third(part, axis) for part in (a, b)]  # NumPy 2.5 takes no others
    expected = np.cross(*of_three, **axes)
    if a.shape[axis] == b.shape[axis] == 2:
        expected = expected[(*(slice(None),) * (axis % expected.ndim), 2, ...)]
    assert_like(found, expected, 0)


def test_what_an_iterator_gives_is_the_same_under_a_tape() -> None:
    """Integers, which a float could not hold, too; elements keep derivatives within tuples."""
    x = ours.asarray(V := np.array([0.5, 1.5]))
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        whole = ours.fromiter([*ours.array([1, 3]), 2**53 + 1], np.int64)
        pairs = ours.fromiter([(x[0] ** 2, x[1]), (2.0, x[0])], np.dtype((float, 2)))
    assert whole.tolist() == [1, 3, 2**53 + 1]
    np.testing.assert_array_equal(pairs, [(V[0] ** 2, V[1]), (2.0, V[0])])
    np.testing.assert_array_equal(tape.gradient(pairs, x), [2 * V[0] + 1, 1.0])
