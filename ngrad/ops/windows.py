"""Windows that slide over a tensor, and the sums of what overlaps: each other's transpose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Launch, Program
from ngrad.graph.roles import Role
from ngrad.ops.identity import prepare_view
from ngrad.ops.launching import Dense, dense_operands
from ngrad.record import apply
from ngrad_kernels.contract import CHUNK

Pairs = tuple[tuple[int, int], ...]
"""Elements before and after, for each axis."""
AXES = 3
"""Over how many axes windows may slide."""


def of_three_axes(*parts: Sequence[int], missing: int = 1) -> list[int]:
    """Facts of a kernel: parts with a number for each axis, and another for those that are not."""
    return [n for part in parts for n in (*(missing,) * (AXES - len(part)), *part)]


def in_lines(work: int, line: int) -> int:
    """Items of a launch at a time, each of so much work: whole lines, if these are several."""
    grain = max(1, 4 * CHUNK // max(1, work))
    return max(1, grain // line) * line if grain > line else grain


class Sliding(NamedTuple):
    """How windows slide over axes, a number for each.

    Attributes
    ----------
    sizes : tuple of int
        Elements of a window.
    steps : tuple of int
        From a window to the next.
    gaps : tuple of int
        From an element of a window to the next.
    """

    sizes: tuple[int, ...]
    steps: tuple[int, ...]
    gaps: tuple[int, ...]

    @property
    def spans(self) -> tuple[int, ...]:
        """Elements from the first of a window to its last, both counted."""
        return tuple((n - 1) * gap + 1 for n, gap in zip(self.sizes, self.gaps, strict=True))

    def counts(self, what: str, extents: tuple[int, ...]) -> tuple[int, ...]:
        """How many windows there are along axes.

        Raises
        ------
        NumberError
            If a size, a step or a gap is not positive.
        ShapeError
            If there are more axes than windows slide over, or a window is longer than an axis.
        """
        if len(extents) > AXES:
            raise ShapeError(f"{what}: windows slide over at most {AXES} axes, not {len(extents)}")
        if any(n < 1 for n in (*self.sizes, *self.steps, *self.gaps)):
            raise NumberError(
                f"{what}: sizes {self.sizes}, strides {self.steps} and dilations {self.gaps} of "
                "windows must be positive"
            )
        if any(span > n for span, n in zip(self.spans, extents, strict=True)):
            raise ShapeError(
                f"{what}: windows of {self.spans} elements do not fit in axes of {extents}"
            )
        return tuple(
            (n - span) // step + 1
            for n, span, step in zip(extents, self.spans, self.steps, strict=True)
        )


def _infer(x: Layout, sizes: Any, steps: Any, gaps: Any) -> Layout:
    """x: (batch, *extents, width) -> (batch, *counts, *sizes, width)."""
    batch, *extents, width = x.shape
    counts = Sliding(sizes, steps, gaps).counts("windows", tuple(extents))
    return layout(x.dtype, (batch, *counts, *sizes, width))


def _prepare(inputs: tuple[Layout, ...], out: Layout, sizes: Any, steps: Any, gaps: Any) -> Any:
    (x,) = inputs
    first, *strides, last = x.strides
    between = [stride * step for stride, step in zip(strides, steps, strict=True)]
    within = [stride * gap for stride, gap in zip(strides, gaps, strict=True)]
    return prepare_view(0, layout(out.dtype, out.shape, (first, *between, *within, last)))


WINDOWS = Op("windows", _infer, _prepare, ("sizes", "steps", "gaps"), family="shape")
"""The windows of each of a batch of x, whose elements are rows of a width: a view."""
WINDOWS.fusion = Role("view")
WINDOWS.view = True


@WINDOWS.vjp
def _(g: Any, out: Any, x: Any, sizes: Any, steps: Any, gaps: Any) -> Any:
    return (apply(FOLD, (g,), (x._layout.shape[1:-1], sizes, steps, gaps)),)


@WINDOWS.batch
def _(size: int, batched: Any, x: Any, **params: Any) -> Any:
    return _one_batch(WINDOWS, size, x, params)


def _fold_infer(g: Layout, extents: Any, sizes: Any, steps: Any, gaps: Any) -> Layout:
    if g.dtype.is_bool:
        raise DTypeError("fold_windows: does not take bool; convert with ngrad.cast")
    counts = Sliding(sizes, steps, gaps).counts("fold_windows", extents)
    if g.shape[1:-1] != (*counts, *sizes):
        raise ShapeError(
            f"fold_windows: windows of {sizes} in axes of {extents} have shape "
            f"{(*counts, *sizes)}, not {g.shape[1:-1]}"
        )
    return layout(g.dtype, (g.shape[0], *extents, g.shape[-1]))


def _fold_prepare(
    inputs: tuple[Layout, ...], out: Layout, extents: Any, sizes: Any, steps: Any, gaps: Any
) -> Any:
    (g,) = inputs
    if out.size == 0:
        return Program(), out
    if g.size == 0:
        raise AssertionError("a window of no elements")
    counts = g.shape[1 : 1 + len(sizes)]
    words = of_three_axes(extents, counts, sizes, steps, gaps)
    width, axes = out.shape[-1], len(sizes)
    # Windows may lie as they will, if rows are whole.
    whole = width == 1 or g.strides[-1] == g.dtype.itemsize
    read = Dense(((0, 0),), (), 0, ()) if whole else dense_operands([(0, g)])
    first, *strides = g.strides if whole else layout(g.dtype, g.shape).strides
    between, within = strides[:axes], strides[axes:-1]
    lies = [first, *of_three_axes(between, within)]
    target = out.device.target
    facts, held = target.facts([*words, width, *lies])
    summed = width * math.prod(sizes) // math.prod(steps)  # of a row, about
    grain = max(1, 4 * CHUNK // max(1, summed))
    operands = (*read.operands, (OUT, 0))
    kernel = target.typed("fold", out.dtype.code)
    return read.then(Launch(kernel, facts, out.size // width, grain, operands), keep=(held,)), out


FOLD = Op(
    "fold_windows",
    _fold_infer,
    _fold_prepare,
    ("extents", "sizes", "steps", "gaps"),
    "reduction",
    widens=True,
)
"""The transpose of `WINDOWS`: each element the sum of those that show it, in the order of where in
a window they stand.
"""
FOLD.ahead(lambda dtype: [(((2,), (1,), (1,), (1,)), ((dtype, (1, 2, 1, 2)),))])


@FOLD.vjp
def _(g: Any, out: Any, x: Any, extents: Any, sizes: Any, steps: Any, gaps: Any) -> Any:
    return (apply(WINDOWS, (g,), (sizes, steps, gaps)),)


@FOLD.batch
def _(size: int, batched: Any, x: Any, **params: Any) -> Any:
    return _one_batch(FOLD, size, x, params)


def _one_batch(op: Op, size: int, x: Any, params: dict[str, Any]) -> Any:
    from ngrad.ops.shape import reshape

    _, batch, *rest = x._layout.shape
    found = apply(op, (reshape(x, (size * batch, *rest)),), tuple(params.values()))
    return reshape(found, (size, batch, *found._layout.shape[1:]))
