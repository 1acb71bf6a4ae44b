"""Batching rules that hold for whole families of ops (`graph/batch.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ngrad.graph.batch import with_batch
from ngrad.graph.layout import layout
from ngrad.graph.op import Op
from ngrad.ops.creation import zeros_of
from ngrad.ops.joining import stack, unstack
from ngrad.ops.shape import reshape
from ngrad.record import apply


def elementwise(op: Op, size: int, batched: Any, *inputs: Any, **params: Any) -> Any:
    """Operands broadcast as they did: a batch of lower rank gets its ones behind the new axis."""
    ranks = [x.ndim - many for x, many in zip(inputs, batched, strict=True)]
    aligned = [
        reshape(x, (size, *(1,) * (max(ranks) - rank), *x._layout.shape[1:])) if many else x
        for x, many, rank in zip(inputs, batched, ranks, strict=True)
    ]
    return apply(op, tuple(aligned), tuple(params.values()))


def one_by_one(f: Callable[..., Any], whole: Sequence[Any]) -> Any:
    """What a function gives for one element of a batch after another, of which there are some."""
    outs = [f(*row) for row in zip(*map(unstack, whole), strict=True)]
    if isinstance(outs[0], tuple):
        return tuple(stack(parts) for parts in zip(*outs, strict=True))
    return stack(outs)


def looped(op: Op, size: int, batched: Any, /, *inputs: Any, **params: Any) -> Any:
    """The op on one element of the batch after another."""
    if size == 0:
        return _nothing(op, batched, *inputs, **params)

    def of_one(*row: Any) -> Any:
        own = iter(row)
        given = [next(own) if many else x for x, many in zip(inputs, batched, strict=True)]
        return apply(op, tuple(given), tuple(params.values()))

    return one_by_one(of_one, [x for x, many in zip(inputs, batched, strict=True) if many])


def _nothing(op: Op, batched: Any, /, *inputs: Any, **params: Any) -> Any:
    """The results of a batch of no elements."""
    specs = [
        layout(x.dtype, x._layout.shape[1:]) if many else x._layout.spec
        for x, many in zip(inputs, batched, strict=True)
    ]
    out = op.infer(*specs, **params)
    if isinstance(out, tuple):
        return tuple(zeros_of(with_batch(where, 0)) for where in out)
    return zeros_of(with_batch(out, 0))


FAMILIES = {"elementwise": elementwise}
