"""Ops that are their operand: `identity`, `stop_gradient`, and `copy`, in memory of its own."""

from __future__ import annotations

from typing import Any

from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import Program
from ngrad.graph.roles import Role
from ngrad.ops.convert import tensor
from ngrad.ops.launching import prepare_copy
from ngrad.record import apply, copied
from ngrad.tensor import Tensor


def prepare_view(offset: int, out: Layout) -> tuple[Program, Layout]:
    """A result that is its input's memory, seen through another layout."""
    return Program(view=offset), out


def _same(x: Layout) -> Layout:
    return x


IDENTITY = Op("identity", _same, lambda inputs, out: prepare_view(0, inputs[0]), family="shape")
IDENTITY.fusion = Role("reshape")


IDENTITY.view = True


@IDENTITY.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (g,)


IDENTITY.batch(lambda size, batched, x: apply(IDENTITY, (x,)))


def identity(input: Any, name: str | None = None) -> Tensor:
    """A tensor of the same value, recorded as an op of its own.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.identity([1, 2]).numpy()
    array([1, 2], dtype=int32)
    """
    return apply(IDENTITY, (copied(tensor(input, "identity")),))


STOP = Op("stop_gradient", _same, lambda inputs, out: prepare_view(0, inputs[0]), family="shape")
STOP.fusion = Role("reshape")
STOP.vjp(lambda g, out, x: (None,))
STOP.batch(lambda size, batched, x: apply(STOP, (x,)))
STOP.view = True


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """The same value, through which nothing flows back.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant(3.0)
    >>> with ngrad.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * ngrad.stop_gradient(x)
    >>> float(tape.gradient(y, x))
    3.0
    """
    return apply(STOP, (copied(tensor(input, "stop_gradient")),))


HELD = Op("held", _same, lambda inputs, out: prepare_view(0, inputs[0]), family="engine")
"""What a variable holds of a pending value. No tape follows it there: one that it watches, it
watches for itself, as it does where the value was there.
"""
HELD.fusion = Role("reshape")
HELD.vjp(lambda g, out, x: (None,))
HELD.batch(lambda size, batched, x: apply(HELD, (x,)))
HELD.view = True
HELD.ends = True


COPY = Op(
    "copy",
    lambda x: layout(x.dtype, x.shape, None, x.device),
    lambda inputs, out: prepare_copy(inputs[0], out),
    family="shape",
)
"""Elements in row-major order, one beside the other: what shows part of a large memory, or shows it
in another order, holds it no longer.
"""
COPY.fusion = Role("map", "cast")
COPY.vjp(lambda g, out, x: (g,))
COPY.batch(lambda size, batched, x: apply(COPY, (x,)))
