"""Matrix products on the CPU of what BLAS does not take: integers, and axes too long for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.ops.bounds import range_of
from ngrad.ops.elementwise import CAST
from ngrad.ops.launching import dense
from ngrad.ops.matrices import array_at
from ngrad.record import plainly
from ngrad.tensor import Tensor, empty

LARGE = 1 << 16
"""Multiply-adds of integers from which it is worth a look at how large they are."""
EXACT = {"f4": 1 << 24, "f8": 1 << 53}
"""By float dtype, to what integer it has all."""


def by_numpy(
    op: Op,
    inputs: tuple[Layout, ...],
    fit: list[bool],
    out: Layout,
    transpose_x: bool,
    transpose_y: bool,
    made: Layout,
) -> Callable[..., Tensor]:
    """The product of two batches of matrices, as a tensor `made` so; `op` is that of floats,
    which is asked for integers that are small enough.
    """
    run = _in_turn(inputs, fit, out, transpose_x, transpose_y, made)
    depth = inputs[0].shape[-2 if transpose_x else -1]
    if out.dtype.is_integer and out.device is HOST and out.size * depth >= LARGE:
        return _by_floats(op, depth, out, (transpose_x, transpose_y), run)
    return run


def _transposed(where: Layout) -> Layout:
    """The layout with its last two axes exchanged."""
    shape, strides = where.shape, where.strides
    return layout(
        where.dtype,
        (*shape[:-2], shape[-1], shape[-2]),
        (*strides[:-2], strides[-1], strides[-2]),
    )


def _in_turn(
    inputs: tuple[Layout, ...],
    fit: list[bool],
    out: Layout,
    transpose_x: bool,
    transpose_y: bool,
    made: Layout,
) -> Callable[..., Tensor]:
    """The product by NumPy, which adds what it multiplies in turn."""
    fixes: list[Callable[[Tensor], Tensor] | None] = []
    readers = []
    for where, suits, flip in zip(inputs, fit, (transpose_x, transpose_y), strict=True):
        fixes.append(None if suits else dense(where))
        lies = where if suits else where.spec
        readers.append(array_at(_transposed(lies) if flip else lies))
    (fix_x, fix_y), (read_x, read_y), write = fixes, readers, array_at(out)

    def run(x: Tensor, y: Tensor) -> Tensor:
        if fix_x is not None:
            x = fix_x(x)
        if fix_y is not None:
            y = fix_y(y)
        result = empty(made)
        with np.errstate(all="ignore"):
            np.matmul(read_x(x._address), read_y(y._address), write(result._at))
        return result

    return run


def _by_floats(
    op: Op, depth: int, out: Layout, flips: tuple[bool, bool], otherwise: Callable[..., Tensor]
) -> Callable[..., Tensor]:
    """The product of integers by one of floats, where these have each integer that any of its sums
    can come to: BLAS multiplies no others.
    """

    def run(x: Tensor, y: Tensor) -> Tensor:
        most = depth * _magnitude(x) * _magnitude(y)
        code = next((code for code, limit in EXACT.items() if most <= limit), None)
        if code is None:
            return otherwise(x, y)
        floats = [plainly(CAST, (BY_CODE[code],), z) for z in (x, y)]
        found: Tensor = plainly(CAST, (BY_CODE["i8"],), plainly(op, flips, *floats))
        # As integers wrap.
        return found if out.dtype.code == "i8" else plainly(CAST, (out.dtype,), found)

    return run


def _magnitude(x: Tensor) -> int:
    """A bound of the magnitudes of integers: that of their dtype, if it takes two bytes or one."""
    if x._layout.dtype.itemsize <= 2:
        return 1 << (8 * x._layout.dtype.itemsize)
    least, greatest = range_of(x)
    return max(-least, greatest)
