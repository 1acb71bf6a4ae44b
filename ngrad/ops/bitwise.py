"""Bitwise ops, shifts and divisors of integers; bits as elements. They have no derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, SCRATCH, Launch, Program
from ngrad.graph.room import padded
from ngrad.ops.elementwise import elementwise
from ngrad.ops.launching import Dense, dense_operands, place_launch
from ngrad.record import apply
from ngrad_kernels.contract import CHUNK


@elementwise
def bitwise_and(x, y):
    """Bits that are set in both x and y, x & y.

    Takes integers and bools; floats raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.bitwise_and([6, 5], 3).numpy()
    array([2, 1], dtype=int32)
    """


@elementwise
def bit_count(x):
    """How many bits of |x| are set, as uint8.

    Takes integers.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.bitwise_count([7, -8])
    array([3, 1], dtype=uint8)
    """


@elementwise
def bitwise_or(x, y):
    """Bits that are set in x or y, x | y.

    Takes integers and bools; floats raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.bitwise_or([6, 5], 3).numpy()
    array([7, 7], dtype=int32)
    """


@elementwise
def bitwise_xor(x, y):
    """Bits that are set in exactly one of x and y, x ^ y.

    Takes integers and bools; floats raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.bitwise_xor([6, 5], 3).numpy()
    array([5, 6], dtype=int32)
    """


@elementwise
def invert(x):
    """All bits flipped, ~x.

    Takes integers (-x - 1 if signed) and bools (`not`); floats raise DTypeError.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.invert([0, 5]).numpy()
    array([-1, -6], dtype=int32)
    """


@elementwise
def left_shift(x, y):
    """Bits moved up by y places, x << y.

    Takes integers. It is 0 if y is negative or at least the width of the dtype,
    where C is undefined.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.left_shift([1, 1, 1], [3, 32, -1]).numpy()
    array([8, 0, 0], dtype=int32)
    """


@elementwise
def right_shift(x, y):
    """Bits moved down by y places, x >> y; a signed x keeps its sign.

    Takes integers. It is 0 (-1 for a negative x) if y is negative or at least the width of the
    dtype, where C is undefined.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitwise.right_shift([-8, 8, -8], [1, 32, 32]).numpy()
    array([-4,  0, -1], dtype=int32)
    """


@elementwise
def gcd(x, y):
    """The greatest common divisor of x and y, which is not negative.

    Takes integers. Of 0 and 0 it is 0.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.gcd([12, -18, 0], [18, 12, 5])
    array([6, 6, 5])
    """


@elementwise
def lcm(x, y):
    """The least common multiple of |x| and |y|, which wraps.

    Takes integers. Of 0 and any other it is 0.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.lcm([12, -18, 0], [18, 12, 5])
    array([36, 36,  0])
    """


# -- eight elements as a byte ----------------------------------------------------------------------

BOOL, UINT8 = BY_CODE["b1"], BY_CODE["u1"]
RISING, FALLING = 0x8040201008040201 - (1 << 64), 0x0102040810204080
"""A bit in each byte of a word: the lowest in the first byte, or the highest."""


def _pack_infer(x: Layout, big: bool) -> Layout:
    if x.dtype is not BOOL:
        raise DTypeError(f"pack_bits: takes bools, not {x.dtype.name}; compare first")
    return layout(UINT8, (*x.shape[:-1], -(-x.shape[-1] // 8)))


def _unpack_infer(x: Layout, big: bool) -> Layout:
    if x.dtype is not UINT8:
        raise DTypeError(f"unpack_bits: takes uint8, not {x.dtype.name}")
    return layout(UINT8, (*x.shape[:-1], 8 * x.shape[-1]))


def _filled(x: Layout) -> Dense:
    """Rows of bools as an operand, with so many more, which are false, that eight divide each."""
    length = x.shape[-1]
    if length % 8 == 0:
        return dense_operands([(0, x)])
    row = length + -length % 8
    region = [(x.size // length, row), (length, 1)]
    size = padded(x.size // length * row)
    clear = Launch(x.device.target.skeleton("clear"), 0, size // 8, CHUNK, ((SCRATCH, 0),))
    place, facts = place_launch(x, region, target=SCRATCH)
    return Dense(((SCRATCH, 0),), (clear, place), size, (facts,))


def _op(name: str, infer: Any, words: tuple[int, int], read: Callable[[Layout], Dense]) -> Op:
    def prepare(inputs: tuple[Layout, ...], out: Layout, big: bool) -> Any:
        if out.size == 0:
            return Program(), out
        target, count = out.device.target, min(inputs[0].size, out.size)  # bytes
        facts, held = target.facts([words[big]])
        bits = read(inputs[0])
        operands = (*bits.operands, (OUT, 0))
        launch = Launch(target.skeleton(name), facts, count, CHUNK // 8, operands)
        return bits.then(launch, keep=(held,)), out

    op = Op(name, infer, prepare, ("big",), family="indexing")
    op.vjp(lambda g, out, x, big: (None,))
    op.batch(lambda size, batched, x, big: apply(op, (x,), (big,)))
    return op


PACK = _op("pack_bits", _pack_infer, (FALLING, RISING), _filled)
"""Bytes of eight bools each along the last axis, the last one's of what there is; the first is the
highest bit if `big`."""
UNPACK = _op("unpack_bits", _unpack_infer, (RISING, FALLING), lambda x: dense_operands([(0, x)]))
"""The bits of bytes along the last axis, an element each."""
