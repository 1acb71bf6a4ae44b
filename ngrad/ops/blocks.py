"""Blocks of elements as more of a batch, and back."""

from __future__ import annotations

import math
from typing import Any

from ngrad.errors import NumberError, ShapeError
from ngrad.ops.convert import tensor
from ngrad.ops.extents import integers
from ngrad.ops.joining import pad
from ngrad.ops.shape import reshape, transpose
from ngrad.tensor import Tensor

Pairs = list[tuple[int, ...]]


def space_to_batch(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Tensor:
    """Each element of a block by itself: (n, h * a, w * b, ...) gives (a * b * n, h, w, ...).

    Parameters
    ----------
    input : tensor of shape (batch, ...)
    block_shape : sequence of int
        For each of the axes behind the batch, or of the first of these, the elements of a block.
    paddings : a pair of int for each
        Zeros before and behind, first.

    Raises
    ------
    ShapeError
        If there are no such axes, or they are no blocks.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.space_to_batch([[1, 2, 3]], [2], [[0, 1]]).numpy()
    array([[1, 3],
           [2, 0]], dtype=int32)
    """
    x, blocks, pairs = _given("space_to_batch", input, block_shape, paddings)
    axes = len(blocks)
    x = pad(x, [(0, 0), *pairs, *[(0, 0)] * (x.ndim - 1 - axes)]) if any(map(any, pairs)) else x
    batch, *extents = x._layout.shape
    rest = tuple(extents[axes:])
    if any(n % block for n, block in zip(extents, blocks, strict=False)):
        raise ShapeError(
            f"space_to_batch: axes of {tuple(extents[:axes])}, padded, are no blocks of {blocks}"
        )
    counts = [n // block for n, block in zip(extents, blocks, strict=False)]
    parts = [n for pair in zip(counts, blocks, strict=True) for n in pair]
    within, between = range(2, 2 * axes + 2, 2), range(1, 2 * axes + 1, 2)
    order = (*within, 0, *between, *range(2 * axes + 1, 2 * axes + 1 + len(rest)))
    apart = transpose(reshape(x, (batch, *parts, *rest)), order)
    return reshape(apart, (math.prod(blocks) * batch, *counts, *rest))


def batch_to_space(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """What `space_to_batch` did, undone: (a * b * n, h, w, ...) gives (n, h * a, w * b, ...), of
    which `crops` elements are left out before and behind.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.batch_to_space([[1, 3], [2, 0]], [2], [[0, 1]]).numpy()
    array([[1, 2, 3]], dtype=int32)
    """
    x, blocks, pairs = _given("batch_to_space", input, block_shape, crops)
    axes, (batch, *extents) = len(blocks), x._layout.shape
    rest, each = tuple(extents[axes:]), math.prod(blocks)
    if batch % each:
        raise ShapeError(f"batch_to_space: a batch of {batch} is no blocks of {blocks}")
    sizes = [n * block for n, block in zip(extents, blocks, strict=False)]
    if any(sum(pair) > n for pair, n in zip(pairs, sizes, strict=True)):
        raise ShapeError(f"batch_to_space: crops {pairs} leave nothing of axes of {tuple(sizes)}")
    order = [axes, *(k for axis in range(axes) for k in (axes + 1 + axis, axis))]
    parts = reshape(x, (*blocks, batch // each, *extents))
    joined = transpose(parts, (*order, *range(2 * axes + 1, 2 * axes + 1 + len(rest))))
    whole = reshape(joined, (batch // each, *sizes, *rest))
    inside = [slice(a, n - b) for (a, b), n in zip(pairs, sizes, strict=True)]
    return whole[(slice(None), *inside)]


def _given(
    what: str, input: Any, block_shape: Any, pairs: Any
) -> tuple[Any, tuple[int, ...], Pairs]:
    x, blocks = tensor(input, what), integers(block_shape, what)
    found = [integers(pair, what) for pair in pairs]
    blocks = blocks * len(found) if len(blocks) == 1 else blocks
    if any(n < 1 for n in blocks) or any(len(pair) != 2 or min(pair) < 0 for pair in found):
        raise NumberError(
            f"{what}: blocks are of positive sizes, and there are two numbers from 0 on for each; "
            f"not {blocks} and {found}"
        )
    if len(found) != len(blocks) or not 0 < len(blocks) < x.ndim:
        raise ShapeError(
            f"{what}: blocks of shape {blocks} and {len(found)} pairs do not go with a batch of "
            f"shape {x._layout.shape}"
        )
    return x, blocks, found
