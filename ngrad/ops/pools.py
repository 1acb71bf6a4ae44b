"""What pooling is made of: the largest element and the mean of each window of a batch of rows, and
what gives cotangents back to the rows that windows show. No window is ever copied.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ngrad.dtypes import DType
from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Sample, require
from ngrad.graph.program import OUT, Launch, Program
from ngrad.ops.launching import dense_operands
from ngrad.ops.shape import reshape, spread
from ngrad.ops.windows import Pairs, Sliding, in_lines, of_three_axes
from ngrad.record import apply


class Pooling(NamedTuple):
    """How windows slide over axes, and beyond their ends, a number or a pair for each.

    Attributes
    ----------
    sizes, steps : tuple of int
        As of `Sliding`.
    pairs : tuple of pairs of int
        By how many elements they may begin before an axis, and end behind it.
    """

    sizes: tuple[int, ...]
    steps: tuple[int, ...]
    pairs: Pairs

    def counts(self, what: str, extents: tuple[int, ...]) -> tuple[int, ...]:
        """How many windows there are along axes; it raises as `Sliding.counts` does."""
        padded = tuple(n + sum(pair) for n, pair in zip(extents, self.pairs, strict=True))
        return Sliding(self.sizes, self.steps, (1,) * len(self.sizes)).counts(what, padded)

    def words(self, extents: tuple[int, ...], counts: tuple[int, ...]) -> list[int]:
        """The facts of a kernel, but for the last: of three axes each."""
        leads = [before for before, _ in self.pairs]
        words = of_three_axes(extents, counts, self.sizes, self.steps)
        return [*words, *of_three_axes(leads, missing=0)]


PARAMS = ("sizes", "steps", "pairs")


def _prepared(name: str, x: Layout, y: Layout, inputs: Any, out: Layout, how: Pooling) -> Any:
    """The launch of a kernel over rows of a result; x is what windows slide over, y has a row for
    each window.
    """
    if out.size == 0:
        return Program(), out
    target, width = out.device.target, out.shape[-1]
    words = how.words(x.shape[1:-1], y.shape[1:-1])
    facts, held = target.facts([*words, width, _lowest(out.dtype)])
    shown = width * math.prod(how.sizes)  # elements that a row of y comes of
    work = shown if out is y else shown // math.prod(how.steps)
    grain = in_lines(work, out.shape[-2])  # what windows of a line have in common is read once
    read = dense_operands([*enumerate(inputs)])
    kernel = target.typed(name, out.dtype.code)
    launch = Launch(kernel, facts, out.size // width, grain, (*read.operands, (OUT, 0)))
    return read.then(launch, keep=(held,)), out


def _lowest(dtype: DType) -> int:
    """The bits of what no element is less than, as a word."""
    if dtype.is_floating:
        infinite = np.array(-math.inf, dtype.numpy_dtype)
        return int(infinite.view(f"i{dtype.itemsize}"))
    return int(dtype.min)


def _agree(name: str, inputs: tuple[Layout, ...], x: Any, y: Any) -> None:
    for where, operand in zip(inputs, OPERANDS[name], strict=True):
        wanted = x if operand == "x" else y
        if where.shape != wanted:
            raise ShapeError(f"{name}: an operand has shape {where.shape}, which must be {wanted}")


OPERANDS = {
    "pool_max": "x", "pool_mean": "x", "unpool_mean": "y",
    "pool_ties": "yx", "pool_hits": "xyx", "unpool_hits": "yyx",
}  # fmt: skip
"""Of which shape each operand is: x is what windows slide over, y has a row for each window."""


def _pools(name: str, kinds: str) -> Op:
    """An op from (batch, *extents, width), the last of its operands, to (batch, *counts, width)."""

    def infer(*inputs: Layout, sizes: Any, steps: Any, pairs: Any) -> Layout:
        x = inputs[-1]
        require(name, x, kinds, "real numbers" if "i" in kinds else "floats")
        batch, *extents, width = x.shape
        counts = Pooling(sizes, steps, pairs).counts(name, tuple(extents))
        _agree(name, inputs, x.shape, (batch, *counts, width))
        return layout(x.dtype, (batch, *counts, width))

    def prepare(inputs: tuple[Layout, ...], out: Layout, **how: Any) -> Any:
        return _prepared(name, inputs[-1], out, inputs, out, Pooling(**how))

    op = Op(name, infer, prepare, PARAMS, family="reduction", widens=True)
    op.ahead(lambda dtype: _samples(op, dtype))
    return _batched(op)


def _unpools(name: str) -> Op:
    """An op from (batch, *counts, width), the first of its operands, to (batch, *extents,
    width).
    """

    def infer(*inputs: Layout, extents: Any, sizes: Any, steps: Any, pairs: Any) -> Layout:
        g = inputs[0]
        require(name, g, "fh", "floats")
        counts = Pooling(sizes, steps, pairs).counts(name, extents)
        shape = (g.shape[0], *extents, g.shape[-1])
        _agree(name, inputs, shape, (g.shape[0], *counts, g.shape[-1]))
        return layout(g.dtype, shape)

    def prepare(inputs: tuple[Layout, ...], out: Layout, extents: Any, **how: Any) -> Any:
        return _prepared(name, out, inputs[0], inputs, out, Pooling(**how))

    op = Op(name, infer, prepare, ("extents", *PARAMS), family="reduction", widens=True)
    op.ahead(lambda dtype: _samples(op, dtype))
    return _batched(op)


def _samples(op: Op, dtype: DType) -> Iterator[Sample]:
    how, shapes = ((2,), (2,), ((0, 0),)), {"x": (1, 2, 2), "y": (1, 1, 2)}
    operands = tuple([(dtype, shapes[operand]) for operand in OPERANDS[op.name]])
    yield ((2,), *how) if "extents" in op.params else how, operands


def _batched(op: Op) -> Op:
    @op.batch
    def _(size: int, batched: Any, *inputs: Any, **params: Any) -> Any:
        every = [x if many else spread(x, size) for x, many in zip(inputs, batched, strict=True)]
        each = every[0]._layout.shape[1]
        joined = [reshape(x, (size * each, *x._layout.shape[2:])) for x in every]
        found = apply(op, tuple(joined), tuple(params.values()))
        return reshape(found, (size, each, *found._layout.shape[1:]))

    return op


LARGEST = _pools("pool_max", "fhiu")
"""The largest element of each window of x, NaN if it has one."""
MEAN = _pools("pool_mean", "fh")
"""The mean of what each window has of x."""
MEANS = _unpools("unpool_mean")
"""The transpose of `MEAN`."""
TIES = _pools("pool_ties", "fh")
"""How many elements of a window of x are equal to its row of y, given first."""
HITS = _pools("pool_hits", "fh")
"""The sum of those elements of a window of h for which x is equal to y: of (h, y, x)."""
GIVEN_BACK = _unpools("unpool_hits")
"""The transpose of `HITS` in h: of (g, y, x)."""


def _extents(x: Any) -> tuple[int, ...]:
    return tuple(x._layout.shape[1:-1])


@LARGEST.vjp
def _(g: Any, out: Any, x: Any, **how: Any) -> Any:
    share = g / apply(TIES, (out, x), tuple(how.values()))
    return (apply(GIVEN_BACK, (share, out, x), (_extents(x), *how.values())),)


@MEAN.vjp
def _(g: Any, out: Any, x: Any, **how: Any) -> Any:
    return (apply(MEANS, (g,), (_extents(x), *how.values())),)


@MEANS.vjp
def _(g: Any, out: Any, x: Any, extents: Any, **how: Any) -> Any:
    return (apply(MEAN, (g,), tuple(how.values())),)


@TIES.vjp
def _(g: Any, out: Any, y: Any, x: Any, **how: Any) -> Any:
    return None, None


@HITS.vjp
def _(g: Any, out: Any, h: Any, y: Any, x: Any, **how: Any) -> Any:
    return apply(GIVEN_BACK, (g, y, x), (_extents(x), *how.values())), None, None


@GIVEN_BACK.vjp
def _(g: Any, out: Any, share: Any, y: Any, x: Any, extents: Any, **how: Any) -> Any:
    return apply(HITS, (g, y, x), tuple(how.values())), None, None
