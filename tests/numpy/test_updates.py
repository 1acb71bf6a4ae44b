"""`x.at[index]`: what NumPy's assignments and `ufunc.at` would make, as a new array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import check_gradient, check_second_gradient

import ngrad
import ngrad.numpy as ours

X = np.random.default_rng(5).uniform(0.5, 2.0, (3, 4))
METHODS: dict[str, np.ufunc] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "mul": np.multiply,
    "divide": np.divide, "power": np.power, "min": np.minimum, "max": np.maximum,
}  # fmt: skip
INDICES: dict[str, Any] = {
    "integer": 1,
    "slices": (slice(None, None, 2), slice(1, None)),
    "mask": X > 1.2,
    "array": np.array([2, 0, -1, 2, 2]),
    "arrays": ([0, 1, 0, 0], [1, -1, 1, 3]),
    "grid": (np.array([0, 2, 0])[:, None], np.array([1, 1])),
    "none": np.array([], int),
}


def values(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(6).uniform(0.6, 1.4, shape)


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_as_numpy(index: Any) -> None:
    """Several values for one element are all taken; but `set` takes the last."""
    at = tuple(map(_ours, index)) if isinstance(index, tuple) else _ours(index)
    x, given = ours.array(X), ours.array(values(X[index].shape))
    for name, function in METHODS.items():
        expected = X.copy()
        function.at(expected, index, np.asarray(given))
        np.testing.assert_allclose(getattr(x.at[at], name)(given), expected, rtol=1e-14)
    expected = X.copy()
    expected[index] = np.asarray(given)
    np.testing.assert_array_equal(x.at[at].set(given), expected)
    expected[index] = 1.25
    np.testing.assert_array_equal(x.at[at].set(1.25), expected)
    expected[index] = np.exp(X[index])
    np.testing.assert_allclose(x.at[at].apply(ours.exp), expected, rtol=1e-14)
    np.testing.assert_array_equal(x.at[at].get(), X[index])
    np.testing.assert_array_equal(x, X)


def _ours(index: Any) -> Any:
    return ours.array(index) if isinstance(index, np.ndarray) else index


SPECIAL = np.array([0.0, -0.0, 1.5, -np.inf, np.nan, -1.5, np.inf])


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i1", "u4", "c16"])
@pytest.mark.parametrize("shape", [(7,), (7, 3), (2, 7)])
def test_extremes_have_the_same_bits_whoever_listens(
    name: str, dtype: str, shape: tuple[int, ...]
) -> None:
    """They are joined in another way where nobody does."""
    rng, axis = np.random.default_rng(7), shape.index(7)
    with np.errstate(invalid="ignore"):
        start, given = (rng.choice(SPECIAL, n).astype(dtype) for n in (shape, (*shape[:axis], 40)))
    index = (slice(None),) * axis + (rng.integers(-7, 7, 40),)
    given = rng.permuted(np.resize(given, start[index].shape))
    x, y = ours.array(start), ours.array(given)
    found = getattr(x.at[index], name)(y)
    with ngrad.GradientTape():
        listened = getattr(x.at[index], name)(y)
    if dtype[0] in "iu":
        expected = start.copy()
        METHODS[name].at(expected, index, given)
        np.testing.assert_array_equal(found, expected)
    known, other = np.asarray(found), np.asarray(listened)
    np.testing.assert_array_equal(known, other)
    np.testing.assert_array_equal(np.signbit(known.real), np.signbit(other.real))


@pytest.mark.parametrize("name", [*METHODS, "set", "apply"])
def test_gradients(name: str) -> None:
    """In what was there and in the values, of an element that is named once, thrice or never."""
    index = np.array([2, 0, 2, 2])

    def function(x: Any, y: Any) -> Any:
        given = ours.sin if name == "apply" else y
        return ngrad.convert_to_tensor(getattr(ours.asarray(x).at[0, index], name)(given)) + y[0]

    arrays = X[:2, :3], np.array([0.7, 3.1, 0.9, 1.3])
    check_gradient(function, *arrays)
    check_second_gradient(function, *arrays, rtol=1e-6)


@pytest.mark.parametrize("name", ["max", "min"])
def test_values_that_are_equal_share_a_cotangent(name: str) -> None:
    """Evenly, when they have halved it with an element that they equal; none of an element that is
    not named goes to what begins the search, either.
    """
    sign = 1.0 if name == "max" else -1.0
    x, y = sign * ours.array([1.0, 2.0, -np.inf, 5.0]), sign * ours.array([3.0, 3.0, 3.0, 2.0])

    def function(x: Any, y: Any) -> Any:
        return getattr(x.at[[0, 0, 0, 1]], name)(y).sum()

    for f in (ngrad.grad(function, (0, 1)), ngrad.function(ngrad.grad(function, (0, 1)))):
        for_x, for_y = f(x, y)
        assert for_x.tolist() == [0.0, 0.5, 1.0, 1.0]
        assert for_y.tolist() == [1 / 3, 1 / 3, 1 / 3, 0.5]


def test_products_with_zeros_have_derivatives() -> None:
    """To second order, in each of several values for one element: none is divided by."""
    index = np.array([0, 1, 0, 1, 0, -1, -1])
    x, y = np.array([[0.7, 2.0, 0.5]] * 2).T, np.array([0.0, 1.5, 2.0, 0.0, -1.0, 0.0, 0.0])
    y = np.stack([y, y[::-1]], 1)

    def function(x: Any, y: Any) -> Any:
        return ngrad.convert_to_tensor(ours.asarray(x).at[index].multiply(y))

    check_gradient(function, x, y)
    check_second_gradient(function, x, y)


def test_tensors_and_variables() -> None:
    """In float32, where a `function` is recorded, with an index that is a result."""
    x, v = ngrad.constant([1.0, 2.0, 3.0]), ngrad.Variable([1.0, 2.0])
    assert v.at[0].set(9.0).numpy().tolist() == [9.0, 2.0]

    @ngrad.function
    def product(x: Any, k: Any) -> Any:
        return x.at[k + 1].multiply([2.0, 3.0, 5.0])

    for k, expected in (([0, 1, 0], [1.0, 20.0, 9.0]), ([-1, -1, -1], [30.0, 2.0, 3.0])):
        found = product(x, ngrad.constant(k))
        assert found.dtype == ngrad.float32 and found.numpy().tolist() == expected


def test_unique_indices_are_taken_at_their_word() -> None:
    x = ours.ones(3)
    assert x.at[[2, 0]].multiply([5.0, 7.0], unique_indices=True).tolist() == [7.0, 1.0, 5.0]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda x: x.at[5].set(1.0), IndexError, "index 5 is out of range for axis 0"),
        (lambda x: x.at[[0, 7]].add(1.0), IndexError, "7"),
        (lambda x: x.at[0].set([1.0, 2.0]), ValueError, r"shape \(2,\) cannot be broadcast"),
        (lambda x: x.astype(int).at[0].add(0.5), TypeError, "add: values of float64 do not fit"),
        (lambda x: x.astype(int).at[0].divide(2), TypeError, "float64 does not fit int64"),
        (lambda x: x.at[0].set(1.0, mode="drop"), ValueError, r"set: .* mode='drop' is not taken"),
        (lambda x: x.at[0].get(fill_value=1.0), TypeError, "fill_value"),
        (lambda x: x.at[0].add("a"), TypeError, "add"),
    ],
)
def test_what_is_refused(call: Callable[[Any], Any], error: Any, says: str) -> None:
    with pytest.raises(error, match=says):
        call(ours.ones((3, 4)))
