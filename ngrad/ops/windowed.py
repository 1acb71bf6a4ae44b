"""Windows of a tensor times matrices, of which no more are copied at a time than stay in cache:
what convolutions of several channels are.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.graph.program import OUT, SCRATCH, Program
from ngrad.graph.room import padded
from ngrad.ops.launching import Dense, cleared, dense_operands, place_launch
from ngrad.ops.matmul import product
from ngrad.ops.reductions import SUM
from ngrad.ops.shape import reshape, spread
from ngrad.ops.shape import transpose as transposed
from ngrad.ops.slicing import reverse, strided
from ngrad.ops.windows import FOLD, Pairs, Sliding, of_three_axes
from ngrad.record import apply
from ngrad_kernels.product import Matrices, Prepared, Product, Windowed

Numbers = tuple[int, ...]


class Meeting(NamedTuple):
    """How windows slide over axes, which have so many zeros before and after."""

    sizes: Numbers
    steps: Numbers
    gaps: Numbers
    pads: Pairs

    @property
    def sliding(self) -> Sliding:
        return Sliding(self.sizes, self.steps, self.gaps)

    def whole(self, extents: Numbers) -> Numbers:
        """Extents with the zeros."""
        pairs = zip(extents, self.pads, strict=True)
        return tuple([n + before + after for n, (before, after) in pairs])

    def counts(self, extents: Numbers) -> Numbers:
        return self.sliding.counts("windows_matmul", self.whole(extents))


def _infer(x: Layout, y: Layout, transpose: bool, **how: Any) -> Layout:
    require("windows_matmul", x, "hfc", "floating-point and complex tensors")
    meeting = Meeting(**how)
    groups, batch, *extents, channels = x.shape
    counts = meeting.counts(tuple(extents))
    depth = math.prod(meeting.sizes) * channels
    rows = (groups, batch, *counts) if transpose else (groups, depth)
    if y.shape[:-1] != rows or y.dtype is not x.dtype:
        raise ShapeError(
            f"windows_matmul: {y.dtype.name}{y.shape} does not go with {x.dtype.name}{x.shape}, "
            f"which asks for {rows} and a number of columns"
        )
    lead = (groups, depth) if transpose else (groups, batch, *counts)
    return layout(x.dtype, (*lead, y.shape[-1]))


def _surrounded(x: Layout, meeting: Meeting) -> tuple[Layout, Dense]:
    """Input 0 with its zeros, as windows are read from it, whose last axis is a run: where it lies,
    or copied.
    """
    groups, batch, *extents, channels = x.shape
    shape = (groups, batch, *meeting.whole(tuple(extents)), channels)
    whole = layout(x.dtype, shape, None, x.device)
    if not any(map(any, meeting.pads)):
        run = channels == 1 or x.strides[-1] == x.dtype.itemsize
        return (x if run else whole), dense_operands([(0, x)], [run])
    region = [*zip(x.shape, whole.strides, strict=True)]
    start = sum(
        before * stride
        for (before, _), stride in zip(meeting.pads, whole.strides[2:-1], strict=True)
    )
    place, facts = place_launch(x, region, start, 0, SCRATCH)
    clear = cleared(whole)._replace(operands=((SCRATCH, 0),))
    return whole, Dense(((SCRATCH, 0),), (clear, place), padded(whole.nbytes), (facts,))


def _prepare(inputs: tuple[Layout, ...], out: Layout, transpose: bool, **how: Any) -> Any:
    (x, y), meeting = inputs, Meeting(**how)
    if out.size == 0:
        return Program(), out
    if x.size == 0 or y.size == 0:
        return Program((cleared(out),)), out
    whole, first = _surrounded(x, meeting)
    second = dense_operands([(1, y)], None, first.scratch)
    read = Dense(
        (*first.operands, *second.operands),
        (*first.launches, *second.launches),
        second.scratch,
        (*first.keep, *second.keep),
    )
    groups, batch, *counts = (y if transpose else out).shape[:-1]
    by_group, by_batch, *strides, last = whole.strides
    between = [stride * step for stride, step in zip(strides, meeting.steps, strict=True)]
    within = [stride * gap for stride, gap in zip(strides, meeting.gaps, strict=True)]
    run, sizes = x.shape[-1], list(meeting.sizes)
    while sizes and (sizes[-1] == 1 or within[len(sizes) - 1] == run * x.dtype.itemsize):
        run *= sizes.pop()  # neighbours in a window are neighbours in memory
    offsets = [0]
    for n, stride in zip(sizes, within, strict=False):
        offsets = [before + k * stride for before in offsets for k in range(n)]
    found = out.device.target.libraries.windows(
        Windowed(
            code=out.dtype.code,
            groups=groups,
            counts=(batch, *of_three_axes(counts)),
            offsets=tuple(offsets),
            run=run,
            steps=(by_group, by_batch, *of_three_axes(between, missing=0)),
            columns=out.shape[-1],
            across=transpose,
        )
    )
    if found is not None:
        return _by_blocks(read, out, *found), out
    seen = layout(
        x.dtype,
        (groups, batch, *counts, *meeting.sizes, x.shape[-1]),
        (by_group, by_batch, *between, *within, last),
        x.device,
    )
    return _by_copies(read, seen, len(counts), out, transpose), out


def _by_blocks(read: Dense, out: Layout, work: Prepared, parts: int, scratch: int) -> Program:
    """A block of windows at a time, as a library has it, and then the sum of the parts."""
    blocks, end = (SCRATCH, read.scratch), read.scratch + padded(scratch)
    if parts == 1:
        return read._replace(scratch=end).launching(work, (*read.operands, blocks, (OUT, 0)))
    sums, place = layout(out.dtype, (parts, out.size), None, out.device), (SCRATCH, end)
    done = read.launching(work, (*read.operands, blocks, place))
    added, _ = SUM.prepare((sums,), layout(out.dtype, (1, out.size), None, out.device), axes=(0,))
    end += padded(sums.nbytes)
    return Dense((place,), done.launches, end, done.keep).before(added)


def _by_copies(read: Dense, seen: Layout, axes: int, out: Layout, transpose: bool) -> Program:
    """Where a library knows no windows: all that are seen are copied, for as long as their product
    takes.
    """
    groups, size, columns = seen.shape[0], seen.dtype.itemsize, out.shape[-1]
    depth = math.prod(seen.shape[2 + axes :])
    windows = seen.size // (groups * depth)
    by_windows = Matrices((windows * depth * size,), depth * size, size)
    if transpose:
        sizes = depth, columns, windows
        left = by_windows._replace(down=size, across=depth * size)
    else:
        sizes = windows, columns, depth
        left = by_windows
    right = Matrices((sizes[2] * columns * size,), columns * size, size)
    found = out.device.target.libraries.product(
        Product(out.dtype.code, (groups,), *sizes, left, right)
    )
    if found is None:
        raise ShapeError(f"windows_matmul: BLAS does not count as far as {sizes}")
    source, other = read.operands
    copy, facts = place_launch(seen, [(seen.size, size)], read.scratch, 0, SCRATCH)
    copy = copy._replace(operands=(source, copy.operands[1]))
    copied = Dense(
        (copy.operands[1], other),
        (*read.launches, copy),
        read.scratch + padded(seen.nbytes),
        (*read.keep, facts),
    )
    return copied.launching(found, (*copied.operands, (OUT, 0)))


def _widens(x: Layout, y: Layout) -> bool:
    return not x.device.target.libraries.halves


WINDOWS_MATMUL = Op(
    "windows_matmul", _infer, _prepare, ("transpose", *Meeting._fields), "linalg", _widens
)
"""Of x (groups, batch, *extents, channels), surrounded by zeros, and matrices y (groups, elements
of a window, columns): the windows of x, a row each, times y, in shape (groups, batch, *counts,
columns). Or, transposed, of x and a y of that shape: the sum over windows of their elements times
their rows of y, in shape (groups, elements of a window, columns).
"""


def windows_matmul(x: Any, y: Any, meeting: Meeting, transpose: bool = False) -> Any:
    """What `WINDOWS_MATMUL` says, of tensors of one dtype."""
    return apply(WINDOWS_MATMUL, (x, y), (transpose, *meeting))


def windows_spread(g: Any, y: Any, extents: Numbers, meeting: Meeting) -> Any:
    """The cotangent of an x of such extents, of one of x's windows times y."""
    groups, batch, *counts, columns = g._layout.shape
    sizes, steps, gaps, pads = meeting
    channels = y._layout.shape[1] // math.prod(sizes)
    y = reshape(y, (groups, *sizes, channels, columns))
    depth = math.prod(sizes) * channels
    # Windows of g, with the matrix turned round, unless those of x are no larger than g.
    if all(step == 1 for step in steps) and depth > columns and all(extents):
        axes = tuple(range(1, 1 + len(sizes)))
        y = transposed(reverse(y, axes), (0, *axes, len(axes) + 2, len(axes) + 1))
        y = reshape(y, (groups, math.prod(sizes) * columns, channels))
        reach = [
            (span - 1 - before, span - 1 - after)
            for span, (before, after) in zip(meeting.sliding.spans, pads, strict=True)
        ]
        g = _without(g, tuple([(max(0, -before), max(0, -after)) for before, after in reach]))
        pads = tuple([(max(0, before), max(0, after)) for before, after in reach])
        return windows_matmul(g, y, Meeting(sizes, steps, gaps, pads))
    rows = reshape(g, (groups, batch * math.prod(counts), columns))
    windows = product(rows, reshape(y, (groups, depth, columns)), False, True)
    windows = reshape(windows, (groups * batch, *counts, *sizes, channels))
    found = apply(FOLD, (windows,), (meeting.whole(extents), sizes, steps, gaps))
    found = reshape(found, (groups, batch, *found._layout.shape[1:]))
    return _without(found, pads)


def _without(x: Any, pads: Pairs) -> Any:
    """The inner part of x (groups, batch, *extents, channels)."""
    if not any(map(any, pads)):
        return x
    shape = x._layout.shape
    sides = zip(shape, [(0, 0), (0, 0), *pads, (0, 0)], strict=True)
    return strided(x, tuple([(before, 1, n - before - after) for n, (before, after) in sides]))


@WINDOWS_MATMUL.vjp
def _(g: Any, out: Any, x: Any, y: Any, transpose: bool, **how: Any) -> Any:
    meeting, extents = Meeting(**how), x._layout.shape[2:-1]
    if transpose:
        return windows_spread(y, g, extents, meeting), windows_matmul(x, g, meeting)
    return windows_spread(g, y, extents, meeting), windows_matmul(x, g, meeting, True)


@WINDOWS_MATMUL.batch
def _(size: int, batched: Any, x: Any, y: Any, transpose: bool, **how: Any) -> Any:
    meeting = Meeting(**how)
    if not batched[1] and not transpose:  # more of a batch
        _, groups, batch, *rest = x._layout.shape
        more = reshape(_second(x), (groups, size * batch, *rest))
        found = windows_matmul(more, y, meeting)
        return _second(reshape(found, (groups, size, batch, *found._layout.shape[2:])))
    if not batched[0]:  # more columns
        *rows, columns = y._layout.shape[1:]
        y = transposed(y, (*range(1, y.ndim - 1), 0, y.ndim - 1))
        found = windows_matmul(x, reshape(y, (*rows, size * columns)), meeting, transpose)
        found = reshape(found, (*found._layout.shape[:-1], size, columns))
        last = found.ndim - 1
        return transposed(found, (last - 1, *range(last - 1), last))
    x, y = (z if many else spread(z, size) for z, many in zip((x, y), batched, strict=True))
    groups = x._layout.shape[1]
    x, y = (reshape(z, (size * groups, *z._layout.shape[2:])) for z in (x, y))
    found = windows_matmul(x, y, meeting, transpose)
    return reshape(found, (size, groups, *found._layout.shape[1:]))


def _second(x: Any) -> Any:
    """The first two axes exchanged."""
    return transposed(x, (1, 0, *range(2, x.ndim)))
