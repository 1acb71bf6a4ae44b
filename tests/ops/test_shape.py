"""Shapes, against NumPy: values to the bit in any memory, gradients against differences."""

from __future__ import annotations

from collections.abc import Callable
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
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.ops import slicing

Case = tuple[str, Callable[..., Any], Callable[..., Any], tuple[int, ...]]

CASES: list[Case] = [
    ("reshape", lambda x: ngrad.reshape(x, [4, 3]), lambda x: x.reshape(4, 3), (3, 4)),
    ("reshape-rest", lambda x: ngrad.reshape(x, [2, -1, 1]), lambda x: x.reshape(2, -1, 1), (3, 4)),
    ("reshape-flat", lambda x: ngrad.reshape(x, -1), lambda x: x.reshape(-1), (2, 3, 2)),
    ("reshape-0d", lambda x: ngrad.reshape(x, []), lambda x: x.reshape(()), (1, 1)),
    ("reshape-empty", lambda x: ngrad.reshape(x, [0, 7]), lambda x: x.reshape(0, 7), (3, 0)),
    ("expand-first", lambda x: ngrad.expand_dims(x, 0), lambda x: x[None], (3,)),
    ("expand-last", lambda x: ngrad.expand_dims(x, [-1]), lambda x: x[..., None], (2, 3)),
    ("squeeze", ngrad.squeeze, np.squeeze, (1, 3, 1)),
    ("squeeze-one", lambda x: ngrad.squeeze(x, [-1]), lambda x: x.squeeze(-1), (1, 3, 1)),
    ("transpose", ngrad.transpose, np.transpose, (2, 3, 4)),
    ("transpose-0d", ngrad.transpose, np.transpose, ()),
    ("perm", lambda x: ngrad.transpose(x, [2, 0, 1]), lambda x: x.transpose(2, 0, 1), (2, 3, 4)),
    (
        "broadcast",
        lambda x: ngrad.broadcast_to(x, [2, 3, 4]),
        lambda x: np.broadcast_to(x, (2, 3, 4)),
        (3, 1),
    ),
    (
        "broadcast-0d",
        lambda x: ngrad.broadcast_to(x, [2, 0, 3]),
        lambda x: np.broadcast_to(x, (2, 0, 3)),
        (),
    ),
    ("reverse", lambda x: ngrad.reverse(x, [0, -1]), lambda x: np.flip(x, (0, -1)), (2, 3, 4)),
    ("tile", lambda x: ngrad.tile(x, [2, 1, 3]), lambda x: np.tile(x, (2, 1, 3)), (2, 3, 1)),
    ("tile-none", lambda x: ngrad.tile(x, [0, 2]), lambda x: np.tile(x, (0, 2)), (2, 3)),
    ("repeat", lambda x: ngrad.repeat(x, 3, 1), lambda x: np.repeat(x, 3, 1), (2, 3)),
    ("repeat-flat", lambda x: ngrad.repeat(x, 2), lambda x: np.repeat(x, 2), (2, 3)),
    ("repeat-each", lambda x: ngrad.repeat(x, [2, 0, 1], 0), lambda x: x[[0, 0, 2]], (3, 2)),
    ("roll", lambda x: ngrad.roll(x, 2, 1), lambda x: np.roll(x, 2, 1), (2, 5)),
    ("roll-back", lambda x: ngrad.roll(x, -7, 0), lambda x: np.roll(x, -7, 0), (5, 2)),
    (
        "roll-two",
        lambda x: ngrad.roll(x, [1, -2], [0, 1]),
        lambda x: np.roll(x, (1, -2), (0, 1)),
        (3, 4),
    ),
    (
        "pad",
        lambda x: ngrad.pad(x, [[1, 0], [2, 3]], constant_values=1),
        lambda x: np.pad(x, [[1, 0], [2, 3]], constant_values=1),
        (2, 3),
    ),
    *(
        (
            f"pad-{mode}",
            lambda x, mode=mode: ngrad.pad(x, [[1, 0], [2, 1]], mode),
            lambda x, mode=mode: np.pad(x, [[1, 0], [2, 1]], mode.lower()),
            (2, 3),
        )
        for mode in ("REFLECT", "SYMMETRIC")
    ),
    ("concat", lambda x: ngrad.concat([x, x, x], 1), lambda x: np.concatenate([x] * 3, 1), (2, 3)),
    (
        "concat-last",
        lambda x: ngrad.concat([x, x], [-1]),
        lambda x: np.concatenate([x, x], -1),
        (4,),
    ),
    ("stack", lambda x: ngrad.stack([x, x], 1), lambda x: np.stack([x, x], 1), (2, 3)),
    ("stack-last", lambda x: ngrad.stack([x, x], -1), lambda x: np.stack([x, x], -1), (2, 3)),
    ("unstack", lambda x: ngrad.unstack(x, axis=1)[2], lambda x: x[:, 2], (2, 3)),
    ("split", lambda x: ngrad.split(x, 2, 1)[1], lambda x: np.split(x, 2, 1)[1], (3, 4)),
    (
        "split-sizes",
        lambda x: ngrad.split(x, [1, -1, 2], 0)[1],
        lambda x: np.split(x, [1, 4], 0)[1],
        (6, 2),
    ),
]
every_case = pytest.mark.parametrize(
    ("function", "reference", "shape"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)


def filled(shape: tuple[int, ...], code: str = "f8") -> Array:
    return (np.arange(np.prod(shape, dtype=int)) % 120 + 1).reshape(shape).astype(code)


@every_case
def test_values(function: Any, reference: Any, shape: Any) -> None:
    for code in ("f4", "f8", "i1", "u2", "i8", "b1"):
        x = filled(shape, code)
        expected = reference(x)
        assert_same_bits(function(ngrad.constant(x)), expected)
        for how in LAYOUTS:
            assert_same_bits(function(laid_out(x, how)), expected)


@every_case
def test_gradients(function: Any, reference: Any, shape: Any) -> None:
    check_gradient(function, filled(shape))
    # Linear, so the second derivative is that of what stands around: a cube.
    check_second_gradient(lambda x: function(x * x * x), filled(shape) / 7, rtol=1e-6)


LONG = [
    case
    for case in CASES
    if case[0]
    in (
        *(
            "transpose",
            "perm",
            "reverse",
            "tile",
            "repeat",
            "roll",
            "roll-two",
            "pad",
            "pad-REFLECT",
        ),
        *("concat", "concat-last", "stack", "unstack", "split", "expand-last", "repeat-flat"),
    )
]


@pytest.mark.parametrize(
    ("function", "reference", "shape"), [c[1:] for c in LONG], ids=[c[0] for c in LONG]
)
def test_long(function: Any, reference: Any, shape: Any) -> None:
    """More elements than one launch takes: copied in parallel."""
    x = filled((40_000, *shape[1:]), "f4")
    expected = reference(x)
    for threads in (1, 2):
        ngrad.config.set_threads(threads)
        for how in ("transposed", "reversed"):
            assert_same_bits(function(laid_out(x, how)), expected)


@given(st.data())
def test_chains_of_views(data: Any) -> None:
    """Any sequence of views and copies is NumPy's, whatever the strides that it ends with."""
    shape = tuple(data.draw(st.lists(st.integers(0, 4), max_size=4)))
    x = filled(shape)
    t = ngrad.constant(x)
    for _ in range(data.draw(st.integers(1, 5))):
        step = data.draw(
            st.sampled_from(["transpose", "flip", "reshape", "slice", "expand", "add"])
        )
        if step == "transpose":
            perm = data.draw(st.permutations(range(x.ndim)))
            x, t = x.transpose(perm), ngrad.transpose(t, perm)
        elif step == "flip" and x.ndim:
            axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
            x, t = np.flip(x, axis), ngrad.reverse(t, [axis])
        elif step == "reshape":
            sizes = data.draw(st.permutations(x.shape))
            x, t = x.reshape(sizes), ngrad.reshape(t, sizes)
        elif step == "slice" and x.ndim:
            cut = slice(data.draw(st.integers(0, 2)), None, data.draw(st.sampled_from([1, 2, 3])))
            x, t = x[cut], t[cut]
        elif step == "expand" and x.ndim < 5:
            x, t = x[..., None], ngrad.expand_dims(t, -1)
        else:
            x, t = x + x.T.sum(), t + ngrad.reduce_sum(ngrad.transpose(t))
        assert_same_bits(t, x)


def test_split_and_unstack_give_all_parts() -> None:
    x = filled((6, 2))
    t = ngrad.constant(x)
    for found, expected in zip(ngrad.split(t, 3), np.split(x, 3), strict=True):
        assert_same_bits(found, expected)
    for found, expected in zip(ngrad.unstack(t), x, strict=True):
        assert_same_bits(found, expected)
    sizes = [tuple(part.shape) for part in ngrad.split(t, [0, 5, 1])]
    assert sizes == [(0, 2), (5, 2), (1, 2)]


def test_views_use_no_memory() -> None:
    t = ngrad.constant(filled((64, 64)))
    before = ngrad.config.memory_stats().live_bytes
    views = [
        ngrad.transpose(t),
        ngrad.reshape(t, [-1]),
        ngrad.broadcast_to(t, [100, 64, 64]),
        ngrad.reverse(t, [0]),
        t[::3, 1:],
        *ngrad.split(t, 4),
        ngrad.expand_dims(t, 1),
    ]
    assert ngrad.config.memory_stats().live_bytes == before
    assert_same_bits(views[3], np.flip(filled((64, 64)), 0))


def test_gradient_of_a_padding_value() -> None:
    value = ngrad.constant(3.0)
    with ngrad.GradientTape() as tape:
        tape.watch(value)
        y = ngrad.reduce_sum(ngrad.pad(ngrad.ones([2, 3]), [[1, 1], [0, 2]], constant_values=value))
    assert float(tape.gradient(y, value)) == 14.0


ERRORS: list[tuple[str, Callable[[Any], Any], type[Exception]]] = [
    ("reshape", lambda x: ngrad.reshape(x, [5]), ShapeError),
    ("reshape", lambda x: ngrad.reshape(x, [-1, -1]), ShapeError),
    ("reshape", lambda x: ngrad.reshape(x, [4, -1]), ShapeError),
    ("reshape", lambda x: ngrad.reshape(x, [-2, -3]), ShapeError),
    ("reshape", lambda x: ngrad.reshape(x, [6.0]), DTypeError),
    ("expand_dims", lambda x: ngrad.expand_dims(x, 4), ShapeError),
    ("squeeze", lambda x: ngrad.squeeze(x, 0), ShapeError),
    ("broadcast_to", lambda x: ngrad.broadcast_to(x, [3, 3]), ShapeError),
    ("broadcast_to", lambda x: ngrad.broadcast_to(x, [3]), ShapeError),
    ("transpose", lambda x: ngrad.transpose(x, [0, 0]), ShapeError),
    ("transpose", lambda x: ngrad.transpose(x, [0]), ShapeError),
    ("reverse", lambda x: ngrad.reverse(x, [2]), ShapeError),
    ("tile", lambda x: ngrad.tile(x, [2]), ShapeError),
    ("tile", lambda x: ngrad.tile(x, [2, -1]), ShapeError),
    ("repeat", lambda x: ngrad.repeat(x, [1, 2], 1), ShapeError),
    ("repeat", lambda x: ngrad.repeat(x, -1, 1), ShapeError),
    ("pad", lambda x: ngrad.pad(x, [[1, 1]]), ShapeError),
    ("pad", lambda x: ngrad.pad(x, [[1, -1], [0, 0]]), ShapeError),
    ("pad", lambda x: ngrad.pad(x, [[2, 0], [0, 0]], "REFLECT"), ShapeError),
    ("pad", lambda x: ngrad.pad(x, [[0, 0], [0, 0]], "WRAP"), NumberError),
    ("concat", lambda x: ngrad.concat([x, ngrad.ones([2, 2])], 0), ShapeError),
    ("concat", lambda x: ngrad.concat([x, ngrad.ones([6])], 0), ShapeError),
    ("concat", lambda x: ngrad.concat([], 0), NumberError),
    ("concat", lambda x: ngrad.concat([x[0, 0], x[0, 1]], 0), ShapeError),
    ("stack", lambda x: ngrad.stack([x, x[0]]), ShapeError),
    ("unstack", lambda x: ngrad.unstack(x, 3), ShapeError),
    ("split", lambda x: ngrad.split(x, 4, 1), ShapeError),
    ("split", lambda x: ngrad.split(x, [1, 1], 1), ShapeError),
    ("split", lambda x: ngrad.split(x, 0, 1), ShapeError),
    ("add", lambda x: x + ngrad.ones([4]), ShapeError),
]


@pytest.mark.parametrize(
    ("op", "function", "error"), ERRORS, ids=[f"{e[0]}{k}" for k, e in enumerate(ERRORS)]
)
def test_errors_name_the_op(op: str, function: Any, error: Any) -> None:
    with pytest.raises(error, match=rf"\b{op}\b"):
        function(ngrad.ones([2, 3]))


@pytest.mark.parametrize("few", [0, slicing.FEW])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i1", "?", "c16", "f2"])
def test_what_is_around_an_operand(dtype: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filled by itself where it is the less, or under the operand."""
    monkeypatch.setattr(slicing, "FEW", few)
    monkeypatch.setattr(slicing.EMBED, "calls", {})
    draw = np.random.default_rng(7)
    for shape in ((5,), (1,), (0, 3), (6, 5), (9, 4, 7), (2, 1, 8)):
        for turned in (False, True):
            x = (draw.normal(size=shape) * 9).astype(dtype)
            x = x.T[::-1] if turned else x
            for most in (1, 3):
                pads = [tuple(map(int, draw.integers(0, most + 1, 2))) for _ in shape]
                found = ngrad.pad(ngrad.constant(x), pads, constant_values=1)
                np.testing.assert_array_equal(found, np.pad(x, pads, constant_values=1))
    x = ngrad.constant(np.ones((2, 3)))  # apart from one another
    found = slicing.strided(x, ((0, 1, 2), (0, 2, 2)))
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = ngrad.reduce_sum(x[:, ::2] * found)
    np.testing.assert_array_equal(tape.gradient(y, x), [[1, 0, 1], [1, 0, 1]])


def test_a_cotangent_is_rolled_back() -> None:
    """And moved, not added to zeros, which would lose the sign of -0."""
    x = ngrad.constant(np.ones((3, 4)))
    seed = np.where(np.arange(12) % 5 == 0, -0.0, np.arange(12.0)).reshape(3, 4)
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = ngrad.roll(x, (1, -1), (0, 1))
    found = tape.gradient(y, x, output_gradients=ngrad.constant(seed)).numpy()
    expected = np.roll(seed, (-1, 1), (0, 1))
    assert found.tobytes() == expected.tobytes()
