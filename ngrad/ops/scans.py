"""Running reductions along an axis, each with its rule."""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op, require
from ngrad.graph.program import OUT, Launch, Program, operands
from ngrad.ops.comparison import equal, logical_or, not_equal
from ngrad.ops.convert import cast_to, floating, number, tensor, wide
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp, log
from ngrad.ops.gather import ADD_ROWS
from ngrad.ops.identity import stop_gradient
from ngrad.ops.launching import dense_operands
from ngrad.ops.math import clip_by_value
from ngrad.ops.reducing import is_view, reduction_facts
from ngrad.ops.shape import broadcast_to, normal_axis, spread, swap_last
from ngrad.ops.slicing import embed, strided
from ngrad.ops.slicing import reverse as flip
from ngrad.record import apply
from ngrad.replayed import replayed
from ngrad.tensor import Tensor
from ngrad_kernels.body import Body
from ngrad_kernels.contract import BESIDE, CHUNK

INT64 = BY_CODE["i8"]


def _grain(length: int) -> int:
    """Rows worth a thread: as many as a kernel goes along at a time, and a multiple of these; but
    one of those so long that they are better shared out.
    """
    if length > BESIDE * CHUNK:
        return 1
    return BESIDE * max(1, CHUNK // (BESIDE * length))


def _scan(name: str, reduction: str) -> Op:
    def infer(x: Layout) -> Layout:
        if x.dtype.is_bool:
            raise DTypeError(f"{name}: does not take bool; convert with ngrad.cast")
        return x.spec

    def prepare(inputs: tuple[Layout, ...], out: Layout) -> Any:
        (x,) = inputs
        if x.size == 0:
            return Program(), out
        length = x.shape[-1]
        body = Body("scan", (x.dtype.code,), (), (0,), reduction, x.dtype.code)
        order = list(range(x.ndim))
        (facts, held), _ = reduction_facts(x, order, length, 1, 1)
        kernel = x.device.target.kernel_of(body, is_view(x, order))
        launch = Launch(kernel, facts, x.size // length, _grain(length), operands(1))
        return Program((launch,), keep=(held,)), out

    op = Op(name, infer, prepare, family="reduction")
    op.ahead(lambda dtype: [((), ((dtype, (2, 2)),))])
    op.batch(lambda size, batched, x: apply(op, (x,)))
    return op


CUMSUM, CUMPROD = _scan("cumsum", "sum"), _scan("cumprod", "prod")
CUMMAX, CUMMIN = _scan("cummax", "max"), _scan("cummin", "min")


@CUMSUM.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (flip(apply(CUMSUM, (flip(g, -1),)), -1),)


@CUMPROD.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # d out[j] / d x[i] is the product of x[:j + 1] without x[i], for i <= j. With h[i] = g[i] + x[i
    # + 1] * h[i + 1] the gradient is h[i] times the product of all before i: a linear recurrence,
    # which never divides.
    before = behind(out, 1)
    h = flip(apply(LINEAR, (flip(ahead(x), -1), flip(g, -1))), -1)
    return (before * h,)


def _extreme_vjp(g: Any, out: Any, x: Any) -> Any:
    # A cotangent goes to the latest element that was the extreme where it came: of NaNs too, which
    # are the extreme from the first one on.
    shape, last = x._layout.shape, x._layout.ndim - 1
    found = logical_or(equal(x, out), not_equal(x, x))
    ones = broadcast_to(number(1, INT64, x._layout.device), shape)
    where = apply(CUMMAX, (select(found, apply(CUMSUM, (ones,)) - 1, 0),))
    return (apply(ADD_ROWS, (g, where), (shape[-1], last, last)),)


CUMMAX.vjp(_extreme_vjp)
CUMMIN.vjp(_extreme_vjp)


def _lead(x: Any) -> tuple[tuple[int, int, int], ...]:
    return tuple((0, 1, n) for n in x._layout.shape[:-1])


def ahead(x: Any) -> Any:
    """x[..., 1:], then a zero."""
    rest = max(x._layout.shape[-1] - 1, 0)
    return embed(
        strided(x, (*_lead(x), (1, 1, rest))), 0, x._layout.shape, (*_lead(x), (0, 1, rest))
    )


def behind(x: Any, start: Any = 0) -> Any:
    """A start value, then x[..., :-1]."""
    rest = max(x._layout.shape[-1] - 1, 0)
    return embed(
        strided(x, (*_lead(x), (0, 1, rest))), start, x._layout.shape, (*_lead(x), (1, 1, rest))
    )


# -- the linear recurrence that the derivative of a running product is -----------------------------


def _linear_infer(a: Layout, b: Layout) -> Layout:
    require("linear_recurrence", b, "fhc", "floating-point or complex tensors")
    return b.spec


def _linear_prepare(inputs: tuple[Layout, ...], out: Layout) -> Any:
    if out.size == 0:
        return Program(), out
    length = out.shape[-1]
    code = out.dtype.code
    kernel = out.device.target.kernel_of(Body("scan", (code, code), (), (1,), "linear", code))
    (facts, held), _ = reduction_facts(out, list(range(out.ndim)), length, 1, 1)
    read = dense_operands([*enumerate(inputs)])
    to = (*read.operands, (OUT, 0))
    launch = Launch(kernel, facts, out.size // length, _grain(length), to)
    return read.then(launch, keep=(held,)), out


LINEAR = Op("linear_recurrence", _linear_infer, _linear_prepare, family="reduction")
LINEAR.ahead(lambda dtype: [((), ((dtype, (2, 2)),) * 2)] if dtype.is_floating else [])
"""h[i] = b[i] + a[i] * h[i - 1] along the last axis, from h[-1] = 0; a and b have one shape."""


@LINEAR.vjp
def _(g: Any, out: Any, a: Any, b: Any) -> Any:
    back = flip(apply(LINEAR, (flip(ahead(a), -1), flip(g, -1))), -1)
    return back * behind(out), back


@LINEAR.batch
def _(size: int, batched: Any, a: Any, b: Any) -> Any:
    whole = [x if many else spread(x, size) for x, many in zip((a, b), batched, strict=True)]
    return apply(LINEAR, tuple(whole))


def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Running sums along an axis.

    Parameters
    ----------
    exclusive : bool
        Leave each element itself out of its sum.
    reverse : bool
        Sum from the end.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.cumsum([1, 2, 3]).numpy()
    array([1, 3, 6], dtype=int32)
    """
    return _running(CUMSUM, x, axis, exclusive, reverse, 0)


def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Running products along an axis; arguments as for `cumsum`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.cumprod([1, 2, 3], exclusive=True).numpy()
    array([1, 1, 2], dtype=int32)
    """
    return _running(CUMPROD, x, axis, exclusive, reverse, 1)


@replayed
def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """The logarithm of running sums of exponentials along an axis, without overflow; arguments as
    for `cumsum`. That of nothing is -inf.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.cumulative_logsumexp([1000.0, 1000.0]).numpy()
    array([1000.    , 1000.6932], dtype=float32)
    """
    x = floating(x, "cumulative_logsumexp")
    at = normal_axis(axis, x.ndim, "cumulative_logsumexp")
    y = swap_last(wide(x), at)
    y = flip(y, -1) if reverse else y
    if exclusive and y._layout.shape[-1]:
        y = behind(y, -math.inf)
    # With m the largest so far, exp(-m) times the sum is a linear recurrence of numbers up to 1.
    bounds = y.dtype.finfo
    most = apply(CUMMAX, (clip_by_value(stop_gradient(y), float(bounds.min), float(bounds.max)),))
    kept = exp(behind(most, -math.inf) - most)
    y = most + log(apply(LINEAR, (kept, exp(y - most))))
    return swap_last(cast_to(flip(y, -1) if reverse else y, x.dtype), at)


def cummax(x: Any, axis: Any = 0) -> Any:
    """Running maxima along an axis; a NaN stays."""
    return _running(CUMMAX, x, axis, False, False, 0)


def cummin(x: Any, axis: Any = 0) -> Any:
    """Running minima along an axis; a NaN stays."""
    return _running(CUMMIN, x, axis, False, False, 0)


def _running(op: Op, value: Any, axis: Any, exclusive: bool, backwards: bool, start: int) -> Any:
    x = value if type(value) is Tensor else tensor(value, op.name)
    where = x._layout
    if where.dtype.is_bool:
        op.infer(where)  # which raises, before anything runs
    at = normal_axis(axis, where.ndim, op.name)
    if not (exclusive or backwards) and at == where.ndim - 1:
        return apply(op, (x,))
    x = swap_last(x, at)
    x = flip(x, -1) if backwards else x
    if exclusive and x._layout.shape[-1]:
        x = behind(x, start)
    x = apply(op, (x,))
    x = flip(x, -1) if backwards else x
    return swap_last(x, at)
