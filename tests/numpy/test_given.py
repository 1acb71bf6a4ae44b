"""Objects whose `__array__` gives what the namespace makes, as programs for NumPy have them."""

from __future__ import annotations

import collections
from typing import Any

import numpy
import pytest

import ngrad
import ngrad.numpy as ours


def held_by(np: Any) -> Any:
    """A class as programs for NumPy have it."""

    class Held:
        def __init__(self, data: Any) -> None:
            self.data = data

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.asarray(self.data, dtype)

    return Held


PROGRAMS = """
np.asarray(a)
np.array(a, 'i4')
np.asarray(a, dtype='f4', copy=True)
np.sin(a)
[np.add(x, a), x + a, a - x, x == a, a < x, x @ a]
np.concatenate([a, x])
np.stack([a, a])
np.array([a, x])
np.array([[a, a], [x, x]])
np.where(mask, a, 0)
[x[places], x[mask], x[place], x[places] + 0]
np.eye(3)[places, place]
np.take(x, places)
np.full_like(x, a)
np.linalg.solve(m, [1.0, 2.0])
np.einsum('ij,j->i', m, [1, 2])
[np.shape(a), np.size(m), np.ndim(m)]
[assign(x, places, 7), assign(x, mask, H([5.0, 6.0])), assign(x, ..., a)]
[np.add.at(x, places, H([1.0, 2.0])), x]
[np.testing.assert_allclose(a, a), np.testing.assert_array_equal(x[:1], H([0.0]))]
""".strip().splitlines()


def assign(x: Any, index: Any, value: Any) -> Any:
    x[index] = value
    return x


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_class_whose_array_the_namespace_makes(text: str) -> None:
    def found(np: Any) -> Any:
        held = held_by(np)
        given = {"a": [1.0, 2.0, 0.0], "m": [[1, 0], [2, 1]], "places": [0, 2], "place": 1}
        names = {name: held(data) for name, data in given.items()}
        names |= {"mask": held([True, False, True]), "H": held, "assign": assign}
        value = eval(text, names | {"np": np, "x": np.arange(3.0)})
        return value if isinstance(value, list) else [value]

    for one, other in zip(found(ours), found(numpy), strict=True):
        if isinstance(other, numpy.ndarray):
            assert isinstance(one, ours.ndarray)
            assert one.dtype == other.dtype
        numpy.testing.assert_array_equal(one, other)


VIEWS = """
np.asarray(H(x))
np.asarray(H(x), copy=False)
np.array(H(x), copy=False, ndmin=2)
np.array(H(x), copy=None)
np.ravel(H(x))
np.asarray(H(x), copy=True)
np.asarray(H(x), dtype='f4')
""".strip().splitlines()


@pytest.mark.parametrize("text", VIEWS)
def test_what_is_made_without_a_copy_sees_assignments(text: str) -> None:
    def found(np: Any) -> Any:
        class Held:
            def __init__(self, data: Any) -> None:
                self.data = data

            def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
                return self.data.copy() if copy else self.data

        x = np.arange(3.0)
        y = eval(text, {"np": np, "H": Held, "x": x})
        x[0] = 9.0
        return y

    numpy.testing.assert_array_equal(found(ours), found(numpy))


def test_derivatives_go_through_what_gives_ours() -> None:
    held = held_by(ours)

    def program(w: Any) -> Any:
        y = held(w)
        return ours.sum(ours.sin(y) * (w + y) + ours.stack([y, y])[0] + w[held([1, 0])] * y)

    def plain(w: Any) -> Any:
        return ours.sum(ours.sin(w) * (w + w) + w + w[[1, 0]] * w)

    w = ours.array([0.5, 2.0])
    for call in (ngrad.grad, lambda f: ngrad.function(ngrad.grad(f))):
        numpy.testing.assert_allclose(call(program)(w), call(plain)(w), rtol=1e-14)


def test_derivatives_go_through_sequences_that_are_no_lists() -> None:
    def program(w: Any) -> Any:
        items = collections.UserList([w[0], 2.0, w[1]])
        return ours.sum(ours.arange(3.0) * items + ours.array(collections.deque(items)))

    w = ours.array([0.5, 2.0])
    for call in (ngrad.grad, lambda f: ngrad.function(ngrad.grad(f))):
        assert call(program)(w).tolist() == [1.0, 3.0]
