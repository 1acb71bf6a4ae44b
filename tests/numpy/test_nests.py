"""Lists of elements, and of elements and numbers: arrays are made of them as NumPy makes them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import ngrad as tf
import ngrad.numpy as ours
from ngrad.hooks import hooks

WIDE = """
[s, t]
[s, 1.0]
[1, s]
[[t, -1.0, 0], [s, t, 0], [0, 0, 1]]
((s, 2), [t, 1])
[[[s, t]], [[1, 2]]]
[[s], [t]]
[s, -0.0, float("nan")]
[c, c]
[[c, c], [c, c]]
[c, 1]
[c, 1.5]
[c, s]
[b, b]
[s, True]
[s, 1j]
[s, 2**63]
[s, x]
[[s, s], [s]]
[x, [s, s, s]]
[x, x]
(x[::2], x[::-2])
[[1, 2.5], i]
[[1, 2], i]
[i[::-1], i]
[i, i + 2**62]
[i, x[1:]]
[x, i]
[x, x > 1]
[x[:0], x[:0]]
[x[None], x[None]]
[x, [x, x]]
[x, 1.0]
[x.astype("f4"), x]
[[], []]
"""
NARROW = """
[c, 300]
[c, -3]
[[c], [float("nan")]]
[y, 1]
[y, c]
"""
"""Of what some dtypes have not."""
NESTS = [
    *product(WIDE.strip().splitlines(), (None, "f4", "f8", "c16")),
    *product(NARROW.strip().splitlines(), ("i1", "u8", "i4", "?")),
]


def made(space: Any, nest: str, dtype: str | None) -> Any:
    """The array, or the error."""
    x, c, y = space.array([0.5, 0.25, 2.0]), space.array([2, 3])[0], space.array([300, 1])[0]
    names = {"s": x[0], "t": x[1], "c": c, "y": y, "b": x[0] > x[1], "x": x}
    names["i"] = space.array([3, 4])
    try:
        return space.array(eval(nest, names), dtype=dtype)
    except (OverflowError, TypeError, ValueError) as error:
        return error


@pytest.mark.parametrize(("nest", "dtype"), NESTS)
def test_as_numpy(nest: str, dtype: str | None) -> None:
    expected, found = made(np, nest, dtype), made(ours, nest, dtype)
    if isinstance(expected, Exception):
        assert isinstance(found, type(expected))
    else:
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("nest", ["[c, 300]", "[[c, 1], [1, 300]]", "[c, float('nan')]"])
def test_a_number_that_the_dtype_has_not_is_refused_under_a_tape(nest: str) -> None:
    with tf.GradientTape():
        assert isinstance(made(ours, nest, "i1"), type(made(np, nest, "i1")))


def test_a_nest_of_elements_is_read_at_once() -> None:
    """By no op: a rotation by its numbers took nine, for each row and for both."""
    x, ran = ours.array([0.5, 0.25]), list[Any]()
    s, t = x[0], x[1]
    hooks.ran = lambda call, inputs, out: ran.append(call.op.name)
    try:
        found = ours.array([[t, -1.0, 0], [s, t, 0], [0, 0, 1]])
        rows = ours.array([x, [s, 2.0], x[::-1]])
    finally:
        hooks.ran = None
    assert ran == []
    np.testing.assert_array_equal(rows, [[0.5, 0.25], [0.5, 2.0], [0.25, 0.5]])
    np.testing.assert_array_equal(found, [[0.25, -1.0, 0.0], [0.5, 0.25, 0.0], [0.0, 0.0, 1.0]])
    with tf.GradientTape() as tape:  # what a tape listens to has a derivative
        tape.watch(x)
        total = ours.sum(ours.array([[x[0], 1.0], [x[1], x[0]]]))
    np.testing.assert_array_equal(tape.gradient(total, x), [2.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = ours.sum(ours.array([x, [1.0, x[1]]]))
    np.testing.assert_array_equal(tape.gradient(total, x), [1.0, 2.0])
