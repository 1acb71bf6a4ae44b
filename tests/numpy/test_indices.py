"""A number of ours as an index: what NumPy's scalars are, so that a view is a view, whether it is
looked at, heard by a tape, or traced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import ngrad
import ngrad.numpy as ours

Array = Any
X = numpy.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75], [3.0, -2.0, 1.0]])


def rows_in_turn(np: Any, x: Array) -> Array:
    for i in np.arange(3):
        x[i][0] = x[i][1] ** 2
    return x


def a_row_by_its_number(np: Any, x: Array) -> Array:
    row = x[np.argmax(x[:, 1])]
    row *= 3.0
    row[2] = 7.0
    return x


def columns_and_elements(np: Any, x: Array) -> Array:
    k, last = np.argmin(x[0]), np.sum(np.array([1, 1]))
    x[:, k] *= 2.0
    x[k] += x[0]
    x[k, last] = 5.0
    x[k, None, last] -= x[..., k][:1]
    return x


def slices(np: Any, x: Array) -> Array:
    k = np.argmax(np.array([1, 3, 2]))
    x[k:][0] = 1.0
    x[:k, k:] += 4.0
    x[::k, :2][k] *= x[0, 1]
    return x


def a_number_that_goes_on(np: Any, x: Array) -> Array:
    i = np.argmin(np.array([2, 1, 3]))
    row = x[i]
    i += 1  # another number: the row stays
    row[0] = -4.0
    x[i] = 0.5
    return x


def rows_of_the_same(np: Any, x: Array) -> Array:
    i = np.argmax(x[:, 0])
    x[0], x[1, :] = x[i], x[i]
    x[i] = x[0] * 2.0
    x[2, 1:] = x[i, 1:]
    x[...] = x[i]
    x[i, :2] = x[0, :2]
    x[i, 0] = x[i, 1] = x[1, 2]
    return x * x[i]


def an_element_is_no_view(np: Any, x: Array) -> Array:
    k = np.argmax(np.array([1, 3, 2]))
    element = x[k, k]
    element += 1.0
    return x * element


def an_array_with_no_axes_copies(np: Any, x: Array) -> Array:
    row = x[np.array(1)]
    row += 1.0
    return x + row


PROGRAMS = (
    *(rows_in_turn, a_row_by_its_number, columns_and_elements, slices, a_number_that_goes_on),
    *(rows_of_the_same, an_element_is_no_view, an_array_with_no_axes_copies),
)
every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
Program = Callable[[Any, Array], Array]


def total(program: Program) -> Callable[[Array], Array]:
    return lambda x: ours.sum(program(ours, x * 1.0) ** 2)


@every_program
def test_as_numpy(program: Program) -> None:
    found = program(ours, ours.array(X))
    numpy.testing.assert_array_equal(numpy.asarray(found), program(numpy, X.copy()))


@every_program
def test_derivatives(program: Program) -> None:
    steps = 1e-6 * numpy.eye(X.size).reshape(X.size, *X.shape)
    plain = [numpy.sum(program(numpy, X + s) ** 2 - program(numpy, X - s) ** 2) for s in steps]
    found = numpy.asarray(ngrad.grad(total(program))(ours.array(X)))
    numpy.testing.assert_allclose(found.ravel(), numpy.array(plain) / 2e-6, rtol=1e-6, atol=1e-6)


@every_program
def test_traced(program: Program) -> None:
    """In a `function` a place may have no value: rows are gathered, and assigned to, all the
    same.
    """
    call = ngrad.function(lambda x: program(ours, x * 1.0))
    for x in (X, -X):
        expected = program(numpy, x.copy())
        numpy.testing.assert_array_equal(numpy.asarray(call(ours.array(x))), expected)
    slope, x = ngrad.grad(total(program)), ours.array(X)
    assert (ngrad.function(slope)(x) == slope(x)).all()


def test_a_place_that_is_pending() -> None:
    """Of what is too large to run where it is called."""
    plain = numpy.random.default_rng(0).normal(size=(300, 300))
    x, i = ours.array(plain), plain.sum(1).argmax()
    best = ours.argmax(x.sum(1))
    x[0, :] = x[best]
    row = x[best]
    row[:] = 0.0
    plain[0], plain[i] = plain[i].copy(), 0.0
    numpy.testing.assert_array_equal(numpy.asarray(x), plain)


def test_a_tensor_is_an_index_where_it_is_traced() -> None:
    @ngrad.function
    def parts(x: Any, i: Any) -> Any:
        return x[i], x[i, 1:], x[:, i, 0], x[i, :, i], x[..., i], x[None, i], x[i, :, [0, 1]]

    x = numpy.arange(8.0).reshape(2, 2, 2)
    for i in (0, 1, -1):
        expected = x[i], x[i, 1:], x[:, i, 0], x[i, :, i], x[..., i], x[None, i], x[i, :, [0, 1]]
        for found, one in zip(parts(x, ngrad.constant(i)), expected, strict=True):
            numpy.testing.assert_array_equal(found.numpy(), one)
    with pytest.raises(IndexError, match=r"index 5 is out of range \[-2, 2\)"):
        parts(x, ngrad.constant(5))[0].numpy()
    with pytest.raises(TypeError, match="not float32"):
        parts(x, ngrad.constant(1.5))


def test_numpys_integers_bound_slices() -> None:
    start, x = numpy.int64(1), ours.arange(4)
    assert x[start:].tolist() == [1, 2, 3] and x[:start].tolist() == [0]
    for bound in (1.0, "a", numpy.timedelta64(1, "s"), numpy.float64(1.0)):
        with pytest.raises((TypeError, IndexError), match="is no index"):
            x[start:bound]


@pytest.mark.parametrize("item", [0, slice(None), numpy.array([0])])
def test_indices_of_millions_of_items_are_refused(item: Any) -> None:
    index = (item,) * 2_000_000
    for x in (ours.ones((2, 3)), numpy.ones((2, 3)), ngrad.ones((2, 3))):
        with pytest.raises(IndexError):
            x[index]
    for x in (ours.ones((2, 3)), numpy.ones((2, 3))):
        with pytest.raises(IndexError):
            x[index] = 1.0


def test_an_index_has_an_item_for_each_axis_before_and_after() -> None:
    for x in (ours.ones((1,) * 32), numpy.ones((1,) * 32)):
        index = (..., *(None,) * 32, *(0,) * 32)
        assert x[index].shape == (1,) * 32
        x[index] = 2.0
        assert x.sum() == 2


@pytest.mark.parametrize("code", ["f8", "f4", "c16", "i2", "u1", "b1"])
@pytest.mark.parametrize("shape", [(7, 1), (60, 70), (300, 400), (3, 5, 2000)])
def test_elements_where_a_mask_holds(shape: tuple[int, ...], code: str) -> None:
    rng = numpy.random.default_rng(0)
    x, mask = rng.integers(0, 9, shape).astype(code), rng.random(shape) < 0.7
    ours_x, ours_mask = ours.array(x), ours.array(mask)
    turned = tuple(range(x.ndim))[::-1]
    for eager in (False, True):
        ngrad.config.set_eager(eager)
        try:
            for found, expected in (
                (ours_x[ours_mask], x[mask]),
                (ours_x.T[ours_mask.T], x.T[mask.T]),
                (ours_x[::2][ours_mask[::2]], x[::2][mask[::2]]),
                (ours_x[ours_mask[..., :1][..., 0]], x[mask[..., 0]]),
                (ours_x.transpose(turned)[mask.T], x.T[mask.T]),
                (ours_x[ours_mask & False], x[mask & False]),
            ):
                numpy.testing.assert_array_equal(numpy.asarray(found), expected)
                assert found.dtype == expected.dtype and found.shape == expected.shape
        finally:
            ngrad.config.set_eager(False)


@pytest.mark.parametrize("size", [1, 7, 256, 257])
@pytest.mark.parametrize("wrong", [5, -6, 1 << 40, -1 << 63])
def test_each_place_of_new_indices_is_checked(size: int, wrong: int) -> None:
    x, numpys = ours.arange(5.0), numpy.arange(5.0)
    for k in (0, size // 2, size - 1):
        places = numpy.arange(size) % 10 - 5
        index = ours.array(places)
        numpy.testing.assert_array_equal(x[index], numpys[places])
        index[k] = wrong
        with pytest.raises(IndexError, match=f"index {wrong} is out of range"):
            x[index]
        with pytest.raises(IndexError, match=f"^take: index {wrong} is out of range"):
            x.take(index)
        index[k] = -5  # and what was found of them before is not held against them
        places[k] = -5
        numpy.testing.assert_array_equal(x[index], numpys[places])


def test_what_is_looked_at_later_is_told_by_its_own_name() -> None:
    pending = ours.zeros(50_000, int) + ours.full(50_000, 7)
    found = ours.arange(5.0).take(pending)
    with pytest.raises(IndexError, match=r"^take: index 7 is out of range .* in the call at"):
        found.tolist()


@pytest.mark.parametrize("dtype", ["u1", "i4", "i8"])
@pytest.mark.parametrize("count", [10, 50_000])
def test_numbers_to_choose_by_are_checked_on_the_line(dtype: str, count: int) -> None:
    numbers = ours.full(count, 5, dtype)
    with pytest.raises(ValueError, match=r"choose: number 5 is out of range \[0, 3\)"):
        ours.choose(numbers, [ours.ones(count)] * 3)
