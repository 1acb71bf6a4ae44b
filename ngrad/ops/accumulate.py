"""An elementwise op of two operands along an axis: of what came before, and each element."""

from __future__ import annotations

from typing import Any

from ngrad.errors import DTypeError
from ngrad.graph.layout import Layout
from ngrad.graph.op import TABLE, Op
from ngrad.graph.program import OUT, Launch, Program
from ngrad.ops.creation import ones_like
from ngrad.ops.elementwise import select
from ngrad.ops.launching import dense_operands
from ngrad.ops.reductions import reduction_facts
from ngrad.ops.scans import LINEAR, ahead, behind
from ngrad.ops.shape import broadcast_to, spread
from ngrad.ops.slicing import reverse as flip
from ngrad.record import apply
from ngrad_kernels.body import Body
from ngrad_kernels.contract import CHUNK
from ngrad_kernels.scalars import SCALARS, supports


def _infer(x: Layout, anew: Layout, function: str) -> Layout:
    code = x.dtype.code
    if not supports(function, code) or SCALARS[function].result_of(code) != code:
        raise DTypeError(f"accumulate: {function} of {x.dtype.name} has no result of that dtype")
    return x.spec


def _prepare(inputs: tuple[Layout, ...], out: Layout, function: str) -> Any:
    if out.size == 0:
        return Program(), out
    length, code = out.shape[-1], out.dtype.code
    kernel = out.device.target.kernel_of(Body("scan", (code, "b1"), (), (0,), function, code))
    (facts, held), _ = reduction_facts(out, list(range(out.ndim)), length, 1, 1)
    rows, grain = out.size // length, max(1, CHUNK // length)
    read = dense_operands([*enumerate(inputs)])
    launch = Launch(kernel, facts, rows, grain, (*read.operands, (OUT, 0)))
    return read.then(launch, keep=(held,)), out


ACCUMULATE = Op("accumulate", _infer, _prepare, ("function",), family="running")
"""h[i] = function(h[i - 1], x[i]) along the last axis, or x[i] where the second operand, bools of
x's shape, says that it begins anew: for i = 0 at least."""


@ACCUMULATE.vjp
def _(g: Any, out: Any, x: Any, anew: Any, function: str) -> Any:
    # h = g + (what comes later's share of it) is a linear recurrence, from the end. Where it begins
    # anew, x stands for what was before, so that no derivative there is a NaN.
    before = select(anew, x, behind(out))
    rule = TABLE[function].rule
    assert rule is not None
    in_before, in_x = rule(ones_like(g), out, before, x)
    h = g
    if in_before is not None:
        share = ahead(select(anew, 0.0, in_before))
        h = flip(apply(LINEAR, (flip(share, -1), flip(g, -1))), -1)
    return select(anew, h, 0.0 if in_x is None else in_x * h), None


@ACCUMULATE.batch
def _(size: int, batched: Any, x: Any, anew: Any, function: str) -> Any:
    both = zip((x, anew), batched, strict=True)
    return apply(
        ACCUMULATE, tuple([z if many else spread(z, size) for z, many in both]), (function,)
    )


def accumulated(function: str, x: Any, anew: Any) -> Any:
    """An op, by its name, of all elements up to each, along the last axis of x, from anew where
    bools that broadcast to its shape say so.
    """
    return apply(ACCUMULATE, (x, broadcast_to(anew, x._layout.shape)), (function,))
