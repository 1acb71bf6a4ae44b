"""x[...], gathers and scatters against NumPy; errors are raised before memory is read."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import (
    LAYOUTS,
    Array,
    assert_same_bits,
    check_gradient,
    check_second_gradient,
    laid_out,
)

import ngrad
import ngrad.numpy as ours
from ngrad.errors import DTypeError, IndexBoundsError, NgradError, ShapeError
from ngrad.ops.masks import places
from ngrad.record import state
from ngrad_kernels.held import MANY


def filled(shape: tuple[int, ...]) -> Array:
    return np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)


def as_tensors(index: Any) -> Any:
    """The same index with tensors for its arrays."""
    if isinstance(index, tuple):
        return tuple(as_tensors(item) for item in index)
    return ngrad.constant(index) if isinstance(index, np.ndarray) else index


def check(x: Array, index: Any) -> None:
    """Value and gradient of x[index], with arrays and with tensors for index."""
    expected = x[index]
    t = ngrad.constant(x)
    assert_same_bits(t[as_tensors(index)], expected)
    with ngrad.GradientTape() as tape:
        tape.watch(t)
        y = t[index]
    assert_same_bits(y, expected)
    seed = np.cos(np.arange(expected.size)).reshape(expected.shape)
    found = tape.gradient(y, t, output_gradients=ngrad.constant(seed))
    scattered = np.zeros_like(x)
    np.add.at(scattered, index, seed)
    np.testing.assert_allclose(found.numpy(), scattered, rtol=1e-14, atol=1e-14)


@st.composite
def indices(draw: Any, shape: tuple[int, ...]) -> Any:
    """Any index that NumPy takes for a shape."""
    kinds = st.sampled_from(["int", "slice", "slice", "array", "mask", "new"])
    common = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    items: list[Any] = []
    axis = 0
    dots = draw(st.booleans())
    stop = draw(st.integers(0, len(shape)))
    while axis < stop:
        extent = shape[axis]
        kind = draw(kinds)
        if kind == "new":
            items.append(None)
            continue
        if kind == "int" and extent:
            items.append(draw(st.integers(-extent, extent - 1)))
        elif kind == "array" and extent:
            sizes = draw(st.sampled_from([common, (1,) * len(common), ()]))
            values = st.integers(-extent, extent - 1)
            count = int(np.prod(sizes, dtype=int))
            flat = draw(st.lists(values, min_size=count, max_size=count))
            items.append(np.array(flat, draw(st.sampled_from(["i8", "i4", "i1"]))).reshape(sizes))
        elif kind == "mask" and not any(isinstance(item, np.ndarray) for item in items):
            items.append(
                np.array(draw(st.lists(st.booleans(), min_size=extent, max_size=extent)), bool)
            )
            common = (1,)  # so that a later array broadcasts with however many there are
        else:
            bound = st.none() | st.integers(-extent - 2, extent + 2)
            step = st.none() | st.integers(-3, 3).filter(bool)
            items.append(slice(draw(bound), draw(bound), draw(step)))
        axis += 1
    if dots:
        items.append(Ellipsis)
    return tuple(items)


@given(st.data())
def test_getitem(data: Any) -> None:
    shape = tuple(data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4)))
    index = data.draw(indices(shape))
    check(filled(shape), index)


WHOLE = slice(None)
A, B = np.array([2, 0, -1]), np.array([[1], [-2]])
MASK = np.array([[True, False, True], [False, False, True]])


@pytest.mark.parametrize(
    "index",
    [
        (),
        ...,
        None,
        0,
        -1,
        (0, -1, 2),
        slice(None, None, -1),
        slice(10, None),
        slice(3, 1),
        (..., 0),
        (..., None, slice(1, None, 2)),
        (0, ..., slice(None, None, -2)),
        (None, WHOLE, None, 1),
        A % 2,
        (WHOLE, A),
        (WHOLE, WHOLE, A),
        (A % 2, A),
        (A % 2, WHOLE, A),
        (0, WHOLE, A),
        (WHOLE, 1, A),
        (A % 2, 1),
        (0, A, None),
        (None, A % 2, None, A),
        (WHOLE, B, A),
        (B % 2, ..., A),
        (slice(None, None, -1), A, slice(1, 3)),
        np.array([], np.int64),
        (WHOLE, np.array([[]], np.int64)),
        MASK,
        (MASK, 1),
        (MASK, slice(None, None, 2)),
        (1, MASK[0]),
        (WHOLE, MASK[0], A[:2]),
        np.zeros((2, 3), bool),
        np.ones((2, 3, 4), bool),
        True,
        False,
        (np.array(1), WHOLE),
        (np.uint8(1), np.int8(-1)),
        ([0, 1], [2, 0]),
    ],
    ids=str,
)
def test_index_forms(index: Any) -> None:
    check(filled((2, 3, 4)), index)


def test_memory_in_other_orders() -> None:
    x = filled((4, 5, 6))
    for how in LAYOUTS:
        t = laid_out(x, how)
        for index in [(WHOLE, A), (A, WHOLE, B), (slice(3, 0, -2), 1), x > 50, (..., A)]:
            assert_same_bits(t[index], x[index])


def test_large_gathers_in_parallel() -> None:
    x = np.random.default_rng(1).normal(size=(3000, 9)).astype("f4")
    index = np.random.default_rng(2).integers(-3000, 3000, 30_000)
    t = ngrad.constant(x)
    results = []
    for threads in (1, 2):
        ngrad.config.set_threads(threads)
        with ngrad.GradientTape() as tape:
            tape.watch(t)
            y = t[index]
        assert_same_bits(y, x[index])
        results.append(tape.gradient(y, t))
    assert_same_bits(results[1], results[0])
    counts = np.bincount(index % 3000, minlength=3000)
    np.testing.assert_array_equal(results[0].numpy(), np.repeat(counts[:, None], 9, 1))


def test_order_of_a_scatter_is_that_of_its_indices() -> None:
    """Equal indices are added in turn, whatever the number of threads: the same bits."""
    rng = np.random.default_rng(3)
    index = rng.integers(0, 5000, (60_000, 1))
    for width in (1, 200):
        updates = rng.normal(size=(60_000, width)).astype("f4")
        expected = np.zeros((5000, width), "f4")
        np.add.at(expected, index[:, 0], updates)
        for threads in (1, 2):
            ngrad.config.set_threads(threads)
            assert_same_bits(ngrad.scatter_nd(index, updates, [5000, width]), expected)


# -- gather, gather_nd, scatter_nd, boolean_mask ---------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_gather(axis: int) -> None:
    x = filled((3, 4, 5))
    for index in (
        np.array(1),
        np.array([2, 0, 2]),
        np.array([[0, 1], [2, 2]]),
        np.zeros((0,), int),
    ):
        assert_same_bits(ngrad.gather(x, index, axis=axis), np.take(x, index, axis))
        check_gradient(lambda t, i=index: ngrad.gather(t, i, axis=axis), x)
    check_second_gradient(lambda t: ngrad.gather(t * t * t, [1, 1, 0], axis=axis), x / 20)


def test_gather_in_batches() -> None:
    x = filled((2, 3, 4))
    index = np.array([[2, 0], [1, 1]])
    expected = np.stack([x[b][index[b]] for b in range(2)])
    assert_same_bits(ngrad.gather(x, index, batch_dims=1), expected)
    assert_same_bits(ngrad.gather(x, index, axis=1, batch_dims=-1), expected)
    last = np.stack([x[b][:, index[b]] for b in range(2)])
    assert_same_bits(ngrad.gather(x, index, axis=2, batch_dims=1), last)
    for axis in (1, 2):
        check_gradient(lambda t, a=axis: ngrad.gather(t, index, axis=a, batch_dims=1), x)
    with pytest.raises(ShapeError, match="gather"):
        ngrad.gather(x, [[0], [1], [2]], batch_dims=1)


def test_gather_nd() -> None:
    x = filled((3, 4, 5))
    for index in ([[0, 1], [2, 3]], [[0, 1, 2], [2, 3, 4]], [[1]], [[[0], [2]]]):
        where = tuple(np.moveaxis(np.array(index), -1, 0))
        assert_same_bits(ngrad.gather_nd(x, index), x[where])
        check_gradient(lambda t, i=index: ngrad.gather_nd(t, i), x)
    batched = np.array([[[1, 2]], [[0, 0]], [[3, 4]]])
    expected = np.stack([x[b][tuple(batched[b].T)] for b in range(3)])
    assert_same_bits(ngrad.gather_nd(x, batched, batch_dims=1), expected)


def test_scatter_nd() -> None:
    index = np.array([[0, 1], [2, 2], [0, 1]])
    updates = filled((3, 4))
    expected = np.zeros((3, 3, 4))
    np.add.at(expected, tuple(index.T), updates)
    assert_same_bits(ngrad.scatter_nd(index, updates, [3, 3, 4]), expected)
    check_gradient(lambda u: ngrad.scatter_nd(index, u, [3, 3, 4]), updates)
    base = np.ones((3, 3, 4))
    assert_same_bits(ngrad.tensor_scatter_nd_add(base, index, updates), base + expected)
    check_gradient(lambda b, u: ngrad.tensor_scatter_nd_add(b, index, u), base, updates)


@pytest.mark.parametrize("how", ["add", "sub", "max", "min", "update"])
def test_updates_are_of_the_tensors_dtype(how: str) -> None:
    """A list's numbers too, which by themselves are float32; and none is rounded to an integer."""
    change = getattr(ngrad, f"tensor_scatter_nd_{how}")
    x, wanted = np.array([0.2, 2.0]), {"add": 0.2 + 0.1, "sub": 0.2 - 0.1, "max": 0.2}
    for found in (change(x, [[0]], [0.1]), change(ngrad.constant(x), [[0]], np.array([0.1]))):
        assert found.numpy()[0] == wanted.get(how, 0.1)
    with pytest.raises(DTypeError, match="is not of integers"):
        change([1, 2], [[0]], [1.5])
    v = ngrad.Variable(x)
    assert getattr(v, f"scatter_{how}")(ngrad.IndexedSlices([0.1], [0])).numpy()[0] == (
        wanted.get(how, 0.1)
    )


def test_boolean_mask() -> None:
    x = filled((2, 3, 4))
    assert_same_bits(ngrad.boolean_mask(x, MASK), x[MASK])
    assert_same_bits(ngrad.boolean_mask(x, MASK[0], axis=1), x[:, MASK[0]])
    check_gradient(lambda t: ngrad.boolean_mask(t, MASK), x)
    with pytest.raises(ShapeError, match="boolean_mask"):
        ngrad.boolean_mask(x, MASK.T)
    with pytest.raises(DTypeError, match="boolean_mask"):
        ngrad.boolean_mask(x, [1, 0])
    np.testing.assert_array_equal(ngrad.where(ngrad.constant(x) > 20.0), np.argwhere(x > 20))


# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (2, "index 2 is out of range"),
        (-3, "index -3 is out of range"),
        ((0, 3), "index 3 is out of range"),
        ((0, 0, 0, 0), "4 indices"),
        ((..., ...), "ellipsis"),
        (np.array([0, 2]), r"index 2 is out of range \[-2, 2\)"),
        ((slice(0, 0), np.array([0, -4])), r"index -4 is out of range \[-3, 3\)"),
        ((A % 2, np.array([0, 1])), "could not be broadcast"),
        (np.ones((3, 2), bool), "mask"),
        (np.iinfo("i8").max, "out of range"),
        (np.array([np.iinfo("i8").min]), "out of range"),
    ],
    ids=str,
)
def test_indices_out_of_range(index: Any, error: str) -> None:
    with pytest.raises(IndexBoundsError, match=f"getitem: .*{error}"):
        ngrad.ones([2, 3, 4])[index]
    with pytest.raises(IndexError):  # as NumPy's
        ngrad.ones([2, 3, 4])[index]


def test_no_step() -> None:
    with pytest.raises(ValueError, match=r"getitem: slice\(None, None, 0\): .* cannot be zero"):
        ngrad.ones([2, 3, 4])[::0]


@pytest.mark.parametrize("index", [1.0, "a", np.array([0.5]), {}, (0, 1.5)], ids=str)
def test_no_indices(index: Any) -> None:
    for kind in (DTypeError, IndexError):  # as NumPy's
        with pytest.raises(kind, match="getitem"):
            ngrad.ones([2, 3])[index]


def test_gathers_and_scatters_out_of_range() -> None:
    x = ngrad.ones([3, 4])
    cases = [
        ("gather", lambda: ngrad.gather(x, [0, 3])),
        ("gather", lambda: ngrad.gather(x, [[-1]], axis=1)),
        ("gather_nd", lambda: ngrad.gather_nd(x, [[0, 4]])),
        ("gather_nd", lambda: ngrad.gather_nd(x, [[-1, 0]])),
        ("scatter_nd", lambda: ngrad.scatter_nd([[5]], [1.0], [5])),
        ("scatter_nd", lambda: ngrad.scatter_nd(np.array([[2**40]]), [1.0], [5])),
        (
            "tensor_scatter_nd_add|scatter_nd",
            lambda: ngrad.tensor_scatter_nd_add(x, [[3, 0]], [1.0]),
        ),
    ]
    for op, function in cases:
        with pytest.raises(
            IndexBoundsError, match=rf"({op}): index -?\d+ is out of range \[0, \d\)"
        ):
            function()


def test_unsigned_indices_do_not_wrap() -> None:
    huge = np.array([2**64 - 1], np.uint64)
    for function in (lambda: ngrad.ones([3])[huge], lambda: ngrad.gather(ngrad.ones([3]), huge)):
        with pytest.raises(IndexBoundsError):
            function()


def test_a_tensor_is_immutable() -> None:
    x = ngrad.ones([3])
    with pytest.raises(TypeError, match="immutable"):
        operator.setitem(x, 0, 1.0)
    assert x.numpy().tolist() == [1, 1, 1]


def test_every_error_is_the_librarys() -> None:
    with pytest.raises(NgradError):
        ngrad.ones([2])[5]


@pytest.mark.parametrize("length", [1 << 16, (1 << 16) + 4099])
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.5, 1.0])
def test_where_a_large_mask_holds(length: int, share: float) -> None:
    """By all threads, each for blocks of its own, whose last few are where the next one's are."""
    mask = np.random.default_rng(5).random(length) < share
    mask[[0, 4095, 4096, -1]] ^= True
    assert mask.size >= MANY
    (expected,) = mask.nonzero()
    np.testing.assert_array_equal(places(mask), expected)
    np.testing.assert_array_equal(ngrad.where(mask), expected[:, None])
    np.testing.assert_array_equal(ours.nonzero(ours.array(mask * 0.5))[0], expected)


def test_a_part_of_what_no_tape_has_heard_of_is_its_memory() -> None:
    """As of data whose steps a loop goes through. What is watched later is heard from then on."""
    x, w = ngrad.constant(np.arange(6.0).reshape(3, 2)), ngrad.constant([2.0, 3.0])
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(w)
        count = len(state.window.entries)
        parts = [x[0], x[-1], x[1, :1], x[1:]]
        assert all(part._at for part in parts) and parts[1]._at == x._at + 32
        assert len(state.window.entries) == count
        before = ngrad.reduce_sum(x[0] * w)
        tape.watch(x)
        after = ngrad.reduce_sum(x[1] * w)
        assert x[1]._at == 0
    assert tape.gradient(before, x) is None
    assert tape.gradient(after, x).tolist() == [[0, 0], [2, 3], [0, 0]]
    assert tape.gradient(before, w).tolist() == [0, 1]


@pytest.mark.parametrize("way", ["watched", "used"])
def test_a_part_of_what_is_heard_is_recorded(way: str) -> None:
    x = ngrad.constant([[1.0, 2.0], [3.0, 4.0]])

    def first() -> Any:
        if way == "used":
            ngrad.reduce_sum(x * 1.0)
        part = x[1]
        return part, bool(part._at)

    with ngrad.GradientTape() as tape:
        if way == "watched":
            tape.watch(x)
        part, there = first()
    assert not there and part.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("count", [7, MANY + 9])
def test_masks_whose_bytes_are_others_than_0_and_1(count: int) -> None:
    """What is true need not be 1 where a mask is another library's."""
    held = np.zeros(count, np.uint8)
    held[[1, 5]] = 255, 2
    mask = ours.asarray(held.view(bool))
    assert ours.nonzero(mask)[0].tolist() == [1, 5]
    assert ours.arange(float(count))[mask].tolist() == [1.0, 5.0]
