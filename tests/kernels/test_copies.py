"""Copies from any view to any other: `place`, as ops launch it, beside NumPy's assignment; and
`fetch`, by which kernels read a part of a view, beside NumPy's elements.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from products import owner

from ngrad_kernels import cpu, threads
from ngrad_kernels.skeletons import HEADER

Array = np.ndarray[Any, Any]
GRAIN = 64
"""Elements of a copy that a thread takes at a time."""

sizes = st.sampled_from([1, 2, 3, 8, 15, 16, 17, 40])
steps = st.sampled_from([1, 1, -1, 2, 3, 4, -2])


def view_words(x: Array) -> list[int]:
    return [
        x.itemsize,
        x.ndim,
        *(n for pair in zip(x.shape, x.strides, strict=True) for n in pair),
    ]


def seen(shape: tuple[int, ...], steps: tuple[int, ...], turned: bool, kind: str) -> Array:
    """An array of a shape in memory of others' elements."""
    across = shape[::-1] if turned else shape
    whole = np.zeros([n * abs(step) for n, step in zip(across, steps, strict=True)], kind)
    part = whole[tuple([slice(None, None, step) for step in steps])]
    return part.T if turned else part


def placed(target: Array, source: Array, grain: int = GRAIN) -> None:
    from_words, to_words = view_words(source), view_words(target)
    facts = np.array([2, 2 + len(from_words), *from_words, *to_words], np.int64)
    addresses = [source.ctypes.data, target.ctypes.data]
    cpu.launch(cpu.skeleton("place"), facts.ctypes.data, source.size, grain, addresses)


@settings(max_examples=300, deadline=None)
@given(
    shape=st.tuples(sizes, sizes, sizes),
    reshaped=st.sampled_from([lambda s: s, lambda s: (s[0] * s[1], s[2]), lambda s: s[::-1]]),
    ways=st.tuples(st.tuples(steps, steps, steps), st.tuples(steps, steps, steps)),
    turned=st.tuples(st.booleans(), st.booleans()),
    repeated=st.sampled_from([(), (), (0,), (1,), (2,), (0, 1), (1, 2)]),
    kind=st.sampled_from(["i1", "i2", "i4", "i8", "c16", "V12"]),
    alone=st.booleans(),
)
def test_from_any_view_to_any_other(
    shape: Any, reshaped: Any, ways: Any, turned: Any, repeated: Any, kind: str, alone: bool
) -> None:
    """Of one shape or another of as many elements, or fewer that are repeated; of which none is
    written but those.
    """
    other = reshaped(shape)
    source, target = (
        seen(which, way[: len(which)], turn, kind)
        for which, way, turn in zip((shape, other), ways, turned, strict=True)
    )
    drawn = np.random.default_rng(0).integers(0, 255, source.size * source.itemsize, np.uint8)
    source[...] = drawn.view(kind).reshape(shape)
    once = tuple([slice(1 if axis in repeated else None) for axis in range(3)])
    source = np.broadcast_to(source[once], shape)
    whole = owner(target)
    before = threads.used()
    try:
        threads.use(1 if alone else before)
        placed(target, source)
    finally:
        threads.use(before)
    found = whole.tobytes()
    whole[...] = np.zeros((), kind)
    target[...] = source.reshape(other)
    assert found == whole.tobytes()


@pytest.mark.parametrize("kind", ["i1", "i4", "i8", "c16"])
@pytest.mark.parametrize("shape", [(2, 40, 9), (3, 17, 64), (1, 7, 30), (2, 16, 8), (2, 100, 33)])
def test_matrices_that_are_turned(shape: tuple[int, ...], kind: str) -> None:
    """Whichever rows a thread begins and ends with; nothing is written behind them."""
    for step in (1, 2, -1):
        whole = np.zeros((shape[0], shape[2] * abs(step), shape[1]), kind)
        source = whole[:, ::step].transpose(0, 2, 1)
        drawn = np.random.default_rng(1).integers(0, 255, source.nbytes, np.uint8)
        source[...] = drawn.view(kind).reshape(shape)
        for grain in (50, 16 * shape[2], 17 * shape[2] + 3, source.size):
            room = np.full(source.size + 64, 77, kind)
            placed(room[: source.size], source, grain)
            assert room[: source.size].tobytes() == source.tobytes()
            assert (room[source.size :] == 77).all()


FETCH = ctypes.CFUNCTYPE(None, *[ctypes.c_ssize_t] * 5)


class Part:
    """What a kernel holds to read parts of a view."""

    def __init__(self, x: Array, most: int) -> None:
        self.x, self.most = x, most
        self.words = np.array(view_words(x), np.int64)
        self.scratch = np.full(8 * HEADER + (2 * most + 8) * x.itemsize, 0xA5, np.uint8)
        self.head = self.scratch[: 8 * HEADER].view(np.int64)
        self.head[1] = -1

    def fetched(self, start: int, count: int) -> tuple[bytes, bool]:
        """Elements, and whether they were packed; nothing is written behind the room for these."""
        x, where = self.x, self.scratch.ctypes.data
        packed, end = where + 8 * HEADER, 8 * HEADER + 2 * self.most * x.itemsize
        FETCH(cpu.skeleton("fetch"))(where, x.ctypes.data, self.words.ctypes.data, start, count)
        assert (self.scratch[end:] == 0xA5).all()
        at, nbytes = int(self.head[0]), count * x.itemsize
        return ctypes.string_at(at, nbytes), packed <= at <= where + end - nbytes


@settings(max_examples=300, deadline=None)
@given(
    shape=st.tuples(sizes, sizes, sizes, sizes),
    ways=st.tuples(steps, steps, steps, steps),
    repeats=st.tuples(*[st.booleans()] * 4),
    turned=st.booleans(),
    kind=st.sampled_from(["i1", "i2", "i4", "i8", "c16", "V12"]),
    most=st.integers(1, 1024),
    start=st.integers(0, 1 << 20),
)
def test_parts_of_any_view(
    shape: Any, ways: Any, repeats: Any, turned: bool, kind: str, most: int, start: int
) -> None:
    """One after the other; along some axes elements come again."""
    own = tuple([1 if again else n for n, again in zip(shape, repeats, strict=True)])
    x = seen(own, ways, turned, kind)
    drawn = np.random.default_rng(0).integers(0, 255, x.nbytes, np.uint8)
    x[...] = drawn.view(kind).reshape(own)
    view = np.broadcast_to(x, shape)
    whole, part = view.reshape(-1), Part(view, most)
    for first in range(start % view.size, view.size, most)[:40]:
        count = min(view.size - first, most)
        found, packed = part.fetched(first, count)
        assert found == whole[first : first + count].tobytes()
        within = first % shape[-1] + count <= shape[-1]
        assert packed or (view.strides[-1] == view.itemsize and within)
