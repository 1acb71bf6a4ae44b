"""`Entry`: a line of what was recorded; and how lines become the nodes of a graph."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ngrad.graph.dims import Dim, OneSize
from ngrad.graph.graph import Graph, Symbol
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Call, Op, Params

Entry = tuple[Call, *tuple[int, ...]]
"""A call, and after it the slots of its operands. An entry's slot is its position among entries."""


def _never(*_: Any, **__: Any) -> Any:
    raise AssertionError("a marker stands among entries, and is never computed")


LEAF = Op("leaf", _never, _never, family="engine")
"""A value from outside."""
SCALAR = Op("scalar", _never, _never, family="engine")
"""A Python number: an argument of the run, never part of the structure."""
CONSTANT_OF = Op("constant", _never, _never, ("kind", "text", "value"), family="engine")
"""A number that the engine itself made: part of the structure."""
PART_OF = Op("part", _never, _never, ("which",), family="engine")
"""One result of an entry that has several."""


def marker(op: Op, params: Params, where: Layout) -> Call:
    """The call of a marker: one object for each (marker, params, layout)."""
    key = (params, where)
    found = op.calls.get(key)
    if found is None:
        found = Call(op, params, (), (where,), _never)
        if found.open:
            return found
        op.make_room()
        # Threads that meet get one object: structures compare calls by identity.
        found = op.calls.setdefault(key, found)
    return found


def leaf(where: Layout) -> Entry:
    """The entry of a value from outside: every operand of a short window comes here."""
    try:
        return where.leaf
    except AttributeError:
        where.leaf = (marker(LEAF, (), where),)
        return where.leaf


class Settled:
    """What entries, calls, layouts and sizes, in nested tuples, are with numbers for open sizes:
    `number(size)` for each, which may be an open size of another recording.

    Attributes
    ----------
    values : sequence of int
        What atoms are, if sizes are made numbers.
    """

    def __init__(self, number: Callable[[Dim], Any], values: Sequence[int] = ()) -> None:
        self.number, self.values = number, values
        self.layouts: dict[Layout, Layout] = {}

    def __call__(self, thing: Any) -> Any:
        if isinstance(thing, Dim):
            return self.number(thing)
        if type(thing) is Layout:
            return self._layout(thing) if thing.open else thing
        if type(thing) is Call:
            return self._call(thing) if thing.open else thing
        if isinstance(thing, tuple):
            parts = [self(part) for part in thing]
            same = all(map(operator.is_, thing, parts))
            return thing if same else type(thing)(parts)
        return thing

    def entries(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        return tuple([(self(call), *slots) for call, *slots in entries])

    def _layout(self, where: Layout) -> Layout:
        found = self.layouts.get(where)
        if found is None:
            strides = None if where.contiguous else self(where.strides)
            shape = self(where.shape)
            found = self.layouts[where] = layout(where.dtype, shape, strides, where.device)
        return found

    def _call(self, call: Call) -> Call:
        params, spec = self(call.params), self(call.spec)
        if call.op in (LEAF, PART_OF):
            return marker(call.op, params, spec)
        found = call.op.call(params, self(call.inputs))
        if found.spec is not spec:
            said = f"{call!r} gives {found.spec!r}, and was to give {spec!r}"
            assert found.spec.open, said
            raise OneSize(said)  # which is known of the sizes at hand, and does not follow
        return found


def trace(
    graph: Graph,
    entries: Sequence[Entry],
    known: Callable[[int], Layout | None],
    traced: Callable[[Graph, Callable[[], Any]], Any],
) -> tuple[list[Any], Mapping[int, int]]:
    """The entries as nodes of a graph: for each slot its symbol (or symbols); and which slot each
    input of the graph is.

    Parameters
    ----------
    known : callable
        The layout of a slot's value if that is there, and so an input; None if it is computed.
    """
    values: list[Any] = []
    loads: dict[int, int] = {}

    def load(slot: int, where: Layout) -> Symbol:
        loads[graph.inputs] = slot
        return graph.input(where)

    def build() -> None:
        for slot, (call, *slots) in enumerate(entries):
            op = call.op
            where = known(slot)
            if op is LEAF or op is SCALAR:
                values.append(load(slot, call.specs[0]))
            elif op is CONSTANT_OF:
                where = call.spec
                values.append(graph.constant(call.params[-1], where.dtype, where.device))
            elif call.several:  # its parts follow
                there = all(known(slot + 1 + k) is not None for k in range(len(call.specs)))
                inputs = tuple([values[k] for k in slots])
                parts = call.specs if there else graph.apply(op, inputs, call.params)
                values.append([*parts])
            elif op is PART_OF:
                (whole,), (which,) = slots, call.params
                if where is not None:
                    values[whole][which] = load(slot, where)
                values.append(values[whole][which])
            elif where is not None:
                values.append(load(slot, where))
            else:
                values.append(graph.apply(op, tuple([values[k] for k in slots]), call.params))

    traced(graph, build)
    return values, loads
