"""From what a tape recorded to the graph of its backward sweep.

The VJP rule of each recorded call is traced into the graph, latest first. Here, and nowhere else,
broadcasting is undone, cotangents of one value are added, and integer inputs are left out. What a
rule reads of the forward values is what the trace asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ngrad.errors import GradientError
from ngrad.graph.graph import INPUT, Graph, Symbol
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call, Op
from ngrad.graph.simplify import rewrite

Entry = tuple[Call, tuple[int, ...]]
"""One line of a tape: a call and the slots of its inputs (-1: not tracked). An entry's slot is its
position.
"""


class Load(NamedTuple):
    """A forward value that the sweep reads: of which entry, and which of the values that the entry
    keeps.
    """

    entry: int
    kept: int


class Sweep(NamedTuple):
    """A backward graph: its inputs are the given seeds, then forward values; its outputs follow the
    sources.
    """

    graph: Graph
    loads: dict[int, Load]
    """Which forward value each needed input (by its number) is."""


class Tools:
    """What the ops layer provides: tracing, and the ops that undo broadcasting."""

    traced: Callable[[Graph, Callable[[], Any]], Any]
    add: Callable[[Any, Any], Any]
    ones: Callable[[Layout], Any]
    zeros: Callable[[Layout], Any]
    fit: Callable[[Any, Layout], Any]


tools = Tools()
"""Filled when the ops are defined: a pass uses ops, but imports run the other way."""


class _Values:
    """The forward values of entries as symbols: one for each value, whichever entries read it."""

    def __init__(self, graph: Graph, entries: Sequence[Entry]) -> None:
        self.graph, self.entries = graph, entries
        self.symbols: dict[tuple[int, int], Symbol] = {}
        self.readers: dict[int, list[tuple[int, int]]] = {}

    def of(self, slot: int) -> list[Symbol]:
        """The inputs, then the results, of an entry."""
        call, inputs = self.entries[slot]
        keys = [(k, 0) if k >= 0 else (slot, ~p) for p, k in enumerate(inputs)]
        keys += [(slot, k) for k in range(len(call.outputs))]
        found = []
        for position, (key, where) in enumerate(
            zip(keys, (*call.inputs, *call.outputs), strict=True)
        ):
            symbol = self.symbols.get(key)
            if symbol is None:
                symbol = self.symbols[key] = self.graph.input(where)
            self.readers.setdefault(symbol.index, []).append((slot, position))
            found.append(symbol)
        return found

    def load(self, index: int) -> Load:
        """Where a tape keeps the value of a node of the graph."""
        for slot, position in self.readers[index]:
            call, inputs = self.entries[slot]
            kept = reads(call, inputs)
            if position in kept:
                return Load(slot, kept.index(position))
        raise AssertionError(f"no entry keeps {self.graph.nodes[index]!r}")


def _no_part(*_: Any, **__: Any) -> Any:
    raise AssertionError("a part is recorded, never computed")


PART_OF = Op("part", _no_part, _no_part, ("which",), family="engine")
"""On a tape, one result of an entry that has several."""


def _cotangents(call: Call, g: Any, values: Sequence[Any]) -> tuple[Any, ...]:
    op = call.op
    if op.rule is None:
        raise GradientError(f"{op.name}: has no derivative, and one was asked for")
    count = len(call.inputs)
    out = tuple(values[count:]) if call.several else values[count]
    return tuple(op.rule(g, out, *values[:count], **op.keywords(call.params)))


def reads(call: Call, inputs: tuple[int, ...]) -> tuple[int, ...]:
    """Positions of the values that a call's VJP reads, given which inputs are tracked: what a tape
    keeps.
    """
    mask = sum([1 << k for k, slot in enumerate(inputs) if slot >= 0])
    found = call.saves.get(mask)
    if found is None:
        found = call.saves[mask] = _trace_reads(call, [slot >= 0 for slot in inputs])
    return found


def _trace_reads(call: Call, tracked: list[bool]) -> tuple[int, ...]:
    if call.op.rule is None:
        return ()
    graph = Graph(rewrite)
    values: list[Symbol] = []

    def trace() -> tuple[Any, ...]:
        gs = [graph.input(where) for where in call.outputs]
        values.extend(graph.input(where) for where in (*call.inputs, *call.outputs))
        return _cotangents(call, tuple(gs) if call.several else gs[0], values)

    results = tools.traced(graph, trace)
    graph.outputs = tuple(
        result.index
        for result, wanted in zip(results, tracked, strict=True)
        if wanted and result is not None
    )
    need = graph.needed()
    return tuple(k for k, value in enumerate(values) if need[value.index])


def differentiate(
    entries: Sequence[Entry],
    targets: Sequence[tuple[int, Layout]],
    seeded: Sequence[bool],
    sources: Sequence[int],
) -> Sweep:
    """The backward sweep of `sum(targets)` (or of the seeds' combination of them) with respect to
    sources.

    Parameters
    ----------
    entries : sequence of Entry
        What was recorded, in order.
    targets : sequence of (slot, layout)
        Slot -1 for a target that was not recorded.
    seeded : sequence of bool
        Whether a cotangent is given for each target; ones if not.
    sources : sequence of int
        Slots; -1 for a source that was not watched.
    """
    depends = [False] * len(entries)
    wanted = {slot for slot in sources if slot >= 0}
    for slot, (_, inputs) in enumerate(entries):
        depends[slot] = slot in wanted or any(k >= 0 and depends[k] for k in inputs)

    graph = Graph(rewrite)
    values = _Values(graph, entries)

    def trace() -> dict[int, Any]:
        cotangents: dict[int, Any] = {}
        seeds = [
            graph.input(where) if given else None
            for (_, where), given in zip(targets, seeded, strict=True)
        ]
        for (slot, where), seed in zip(targets, seeds, strict=True):
            if slot >= 0 and depends[slot]:
                _accumulate(cotangents, slot, seed if seed is not None else tools.ones(where))
        results: dict[int, Any] = {}
        for slot in range(len(entries) - 1, -1, -1):
            g = cotangents.pop(slot, None)
            if g is None:
                continue
            if slot in wanted:
                results[slot] = g
            call, inputs = entries[slot]
            if not any(k >= 0 and depends[k] for k in inputs):
                continue
            if call.op is PART_OF:
                parts = cotangents.setdefault(inputs[0], {})
                _accumulate(parts, call.params[0], g)
                continue
            if isinstance(g, dict):
                g = tuple(
                    g[k] if k in g else tools.zeros(where) for k, where in enumerate(call.outputs)
                )
            for k, result in zip(inputs, _cotangents(call, g, values.of(slot)), strict=True):
                if k >= 0 and depends[k] and result is not None:
                    where = entries[k][0].outputs[0]
                    if where.dtype.is_floating:
                        _accumulate(cotangents, k, tools.fit(result, where))
        return results

    results = tools.traced(graph, trace)
    graph.outputs = tuple(results[slot].index if slot in results else None for slot in sources)
    need = graph.needed()
    first = sum(seeded)
    loads = {
        node.params[0]: values.load(index)
        for index, node in enumerate(graph.nodes)
        if node.op == INPUT and need[index] and node.params[0] >= first
    }
    return Sweep(graph, loads)


def _accumulate(cotangents: dict[int, Any], key: int, g: Any) -> None:
    before = cotangents.get(key)
    cotangents[key] = g if before is None else tools.add(before, g)
