"""How a reduction runs, and in which order.

Elements are combined in an order that depends on the logical shape and the reduced axes alone:
along rows, if the last axis is reduced, or in columns. Axes that lie together are one row, or one
column; of such as lie apart, as of `reduce_sum(x, (0, 2))`, the last ones are reduced first, and
what comes of them over the others. Strides are read as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE
from ngrad.graph.layout import Layout, layout
from ngrad.graph.program import OUT, SCRATCH, Launch, Program, moved
from ngrad.graph.room import padded
from ngrad.graph.strides import collapse, is_run, is_turned, view_words
from ngrad.ops.launching import dense_operands
from ngrad_kernels.body import Body, Step
from ngrad_kernels.codes import computed, size_of
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS, accumulator

Axes = tuple[int, ...]
FAR = 128
"""Elements of a row from which on a block has few rows, whose elements are neighbours in memory."""


def apart(shape: tuple[int, ...], axes: Axes) -> tuple[Axes, Axes] | None:
    """Reduced axes between which others are kept: those that are reduced first, and the others as
    they are counted then. None if they lie together; axes of one element are nowhere between.

    Examples
    --------
    >>> apart((2, 3, 4, 5), (0, 2, 3)), apart((2, 1, 4), (0, 2))
    (((2, 3), (0,)), None)
    """
    last: list[int] = []
    for k in range(len(shape) - 1, -1, -1):
        if shape[k] == 1:
            continue
        if k in axes:
            last.insert(0, k)
        elif last:
            break
    rest = [a for a in axes if a not in last]
    if all(a > last[0] or shape[a] == 1 for a in rest if last):
        return None
    return tuple(last), tuple([a - sum([b < a for b in last]) for a in rest])


def is_view(x: Layout, order: Sequence[int]) -> bool:
    """Whether the elements, axes in an order, are not one run of memory."""
    return not is_run(collapse([(x.shape[a], x.strides[a]) for a in order]), x.dtype.itemsize)


def better_copied(x: Layout) -> bool:
    """Whether elements that are neighbours in memory are so far apart in order that it takes longer
    to pack them a block at a time than to copy all, and read that.
    """
    if x.device is not HOST or x.open or x.size < CHUNK:
        return False
    dims = collapse(list(zip(x.shape, x.strides, strict=True)))
    return is_turned(dims, x.dtype.itemsize) and FAR <= dims[-1][0] <= CHUNK


def reduction_facts(
    x: Layout, order: list[int], length: int, chunks: int, width: int
) -> tuple[tuple[int, Any], tuple[int, Any]]:
    """The facts of a reduction over axes in an order, and the same for folding partial results."""
    target, words = x.device.target, [length, chunks, width, 0]
    if is_view(x, order):
        words[-1] = target.skeleton("fetch")
        dims = collapse([(x.shape[a], x.strides[a]) for a in order])
        words += view_words(x.dtype.itemsize, dims)
    return target.facts([0, *words]), target.facts([1, *words])


def prepare_reduction(
    reduction: str, x: Layout, out: Layout, axes: Axes, form: str = ""
) -> tuple[Program, Layout]:
    """How `out = reduction(x over axes)` runs. `form` is "arg" for the position of an extreme."""
    if out.size == 0:
        return Program(), out
    parted = apart(x.shape, axes)
    if parted is not None:
        first, rest = parted
        shape = tuple([n for k, n in enumerate(x.shape) if k not in first])
        between = layout(BY_CODE[computed(x.dtype.code)], shape, None, x.device)
        begun, _ = prepare_reduction(reduction, x, between, first)
        ended, _ = prepare_reduction(reduction, between, out, rest)
        return _in_turn(begun, ended, padded(between.nbytes)), out
    if better_copied(x):
        read = dense_operands([(0, x)])
        return read.before(prepare_reduction(reduction, x.spec, out, axes, form)[0]), out
    kept = [k for k in range(x.ndim) if k not in axes]
    length = math.prod(x.shape[a] for a in axes)
    count = out.size
    # Axes of one element say nothing; the last that says something decides.
    telling = [k for k in range(x.ndim) if x.shape[k] != 1]
    if length == 0 or not telling or telling[-1] in axes or form:
        chunks = max(1, -(-length // CHUNK))
        width, items, fold_items = 1, count * chunks, count
        order = [*kept, *axes]
        grain = max(1, CHUNK // max(length, 1))
        body_form: Any = form or "rows"
    else:
        inner: list[int] = []  # trailing kept axes: the columns
        for k in reversed(kept):
            if any(a > k for a in axes if x.shape[a] != 1):
                break
            inner.insert(0, k)
        outer = [k for k in kept if k not in inner]
        width = math.prod(x.shape[k] for k in inner)
        chunks = max(1, -(-length // ROWS))
        tiles = -(-width // BLOCK)
        items, fold_items = (count // width) * chunks * tiles, count
        order = [*outer, *axes, *inner]
        grain = max(1, CHUNK // max(min(length, ROWS) * min(width, BLOCK), 1))
        body_form = "columns"
    given, result = x.dtype.code, out.dtype.code
    code = computed(given)
    steps = () if code == given else (Step("cast", (0,), code),)
    wide = code if form else accumulator(code)
    partial_bytes = items // (-(-width // BLOCK)) * width * size_of(wide) if chunks > 1 else 0
    if form:
        width = -(-partial_bytes // 8) * 8  # where the positions begin
        partial_bytes = width + items * 8
    body = Body(body_form, (given,), steps, (len(steps),), reduction, result)
    kernel = x.device.target.kernel_of(body, is_view(x, order))
    (facts, held), (fold, kept) = reduction_facts(x, order, length, chunks, width)
    operands: tuple[tuple[int, int], ...] = ((0, 0), (OUT, 0))
    if chunks > 1:
        operands = (*operands, (SCRATCH, 0))
    launches = [Launch(kernel, facts, items, grain, operands)]
    if chunks > 1:
        launches.append(Launch(kernel, fold, fold_items, CHUNK, operands))
    return Program(tuple(launches), partial_bytes, keep=(held, kept)), out


def _in_turn(first: Program, then: Program, between: int) -> Program:
    """Two programs of one operand, of which the second reads what the first gives: so many bytes of
    the memory that they share.
    """
    launches = (
        *moved(first, {OUT: (SCRATCH, 0), SCRATCH: (SCRATCH, between)}),
        *moved(then, {0: (SCRATCH, 0), SCRATCH: (SCRATCH, between)}),
    )
    scratch = between + max(first.scratch, then.scratch)
    return Program(launches, scratch, keep=(first.keep, then.keep))
