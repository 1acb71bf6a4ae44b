"""Copies from any view to any other: `place`, as ops launch it, beside NumPy's assignment."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from products import owner

from ngrad_kernels import cpu, threads

Array = np.ndarray[Any, Any]
GRAIN = 64
"""Elements of a copy that a thread takes at a time."""

sizes = st.sampled_from([1, 2, 3, 8, 15, 16, 17, 40])
steps = st.sampled_from([1, 1, -1, 2, 3, -2])


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


def placed(target: Array, source: Array) -> None:
    from_words, to_words = view_words(source), view_words(target)
    facts = np.array([2, 2 + len(from_words), *from_words, *to_words], np.int64)
    addresses = [source.ctypes.data, target.ctypes.data]
    cpu.launch(cpu.skeleton("place"), facts.ctypes.data, source.size, GRAIN, addresses)


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
