"""`Term`: a cotangent as the call that is to give it, and what is added to that.

A value that is used many times, as a loop uses its weights, has as many cotangents, each of its
size. Some calls add theirs for less than it takes to write and to add them. A product adds over the
axis that it contracts, so X1ᵀG1 + X2ᵀG2 is one product, of X1 and X2 behind each other and of G1
and G2: they are stacked. Rows that were gathered are added where they came from, onto the others'.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from ngrad.graph.graph import Graph, Symbol
from ngrad.graph.laid import Laid
from ngrad.graph.layout import Layout
from ngrad.graph.op import TABLE, Op, Params

WORTH = 2
"""How many times as large as its operands a result must be, for it to pay to copy these."""
HIGHEST = 16
"""Calls that are stacked: of more, operands of eight times what results take would be held."""


class Maker(Protocol):
    """Who makes values: a graph, or what runs calls."""

    def apply(self, op: Op, operands: tuple[Any, ...], params: Params) -> Any:
        """What an op gives."""

    def add(self, x: Any, y: Any) -> Any:
        """The sum of two cotangents of one value."""


class Late(NamedTuple):
    """A call that a term is of, without its operands.

    Attributes
    ----------
    op, params
        What is called.
    takes : int
        How many; 0 if it was made, since it does not pay to stack it.
    axes : tuple of int
        Along which each is laid behind those before, if they are stacked.
    beside : tuple of tuple of int
        The extents of the operands along other axes.
    spec : Layout
        Of the result.
    """

    op: Op
    params: Params
    takes: int
    axes: tuple[int, ...]
    beside: tuple[tuple[int, ...], ...]
    spec: Layout


def late(graph: Graph, x: Symbol, given: Container[int]) -> tuple[Late, tuple[int, ...]] | None:
    """The call that gives a value, and the nodes of its operands; None if it is to be made at once,
    and for one of the values that were given.
    """
    op, params, inputs, spec = graph.nodes[x.index]
    if not isinstance(op, Op) or x.index in given:
        return None
    if op.onto is not None:
        return (Late(op, params, len(inputs), (), (), spec), inputs) if op.onto(*params) else None
    if op.stacking is None:
        return None
    layouts = [graph.nodes[k].spec for k in inputs]
    axes = op.stacking(*layouts, **op.keywords(params))
    if axes is None:
        return None
    extents = zip(axes, [where.shape for where in layouts], strict=True)
    beside = tuple([(*shape[:axis], *shape[axis + 1 :]) for axis, shape in extents])
    return Late(op, params, len(inputs), axes, beside, spec), inputs


def pays(operands: Iterable[Laid], spec: Layout) -> bool:
    """Whether it takes less time to copy operands than to add results."""
    return bool(WORTH * sum([x._layout.size for x in operands]) <= spec.size)


class Term:
    """What such a call is to give, with others that are stacked, plus what is beside them.

    Parameters
    ----------
    by : Maker
    call : Late
    operands : sequence
    one : optional
        The result of the call, where that is there.
    """

    __slots__ = ("_beside", "_by", "_call", "_operands", "one")

    def __init__(self, by: Maker, call: Late, operands: Sequence[Any], one: Any = None) -> None:
        self._by, self._call = by, call
        self._operands = [tuple(operands)]
        self._beside: Any = None
        self.one = one

    def stack(self, other: Term) -> bool:
        """Take another, of one call, if it can be laid behind this, and that pays."""
        call, mine, others = self._call, self._operands, other._operands
        if not (self.stacks and call.takes) or other._call != call or len(mine) == HIGHEST:
            return False
        if not (pays(mine[0], call.spec) and pays(others[0], call.spec)):  # last: it may be open
            return False
        self._operands += other._operands
        return True

    @property
    def stacks(self) -> bool:
        return bool(self._call.axes)

    def put_beside(self, x: Any) -> None:
        before = self._beside
        self._beside = whole(x if before is None else plus(self._by, before, x))

    def whole(self) -> Any:
        """The sum, as one value."""
        op, params, _, axes, *_ = self._call
        by, beside, (operands, *more) = self._by, self._beside, self._operands
        if op.onto is not None and beside is not None:
            added = op.onto(*params)
            assert added is not None
            return by.apply(added[0], (beside, *operands), added[1])
        if more:
            columns = zip(axes, zip(*self._operands, strict=True), strict=True)
            operands = tuple([by.apply(TABLE["concat"], x, (axis,)) for axis, x in columns])
        elif self.one is not None:
            return self.one if beside is None else by.add(beside, self.one)
        total = by.apply(op, operands, params)
        return total if beside is None else by.add(beside, total)


def plus(by: Maker, x: Any, y: Any) -> Any:
    """The sum of two cotangents of one value: values, or terms, of which the second is new."""
    if type(x) is not Term:
        if type(y) is not Term:
            return by.add(x, y)
        y.put_beside(x)
        return y
    if type(y) is Term:
        if x.stack(y):
            return x
        if y.stacks or not x.stacks:
            y.put_beside(whole(x))
            return y
    x.put_beside(y)
    return x


def whole(x: Any) -> Any:
    """A cotangent as one value."""
    return x.whole() if type(x) is Term else x
