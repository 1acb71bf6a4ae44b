"""From what a tape heard to the graph of its backward sweep.

The VJP rule of each recorded call is traced into the graph, latest first. Here, and nowhere else,
broadcasting is undone, cotangents of one value are added, and integer inputs are left out.

The gradient of a real L in z = x + i y is dL/dx + i dL/dy, as in TensorFlow: the conjugate of what
rules compute with, which is the g for which dL is the real part of g dz. So here, and nowhere else
but around a user's Python, complex cotangents are conjugated as they come in and go out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from ngrad.errors import GradientError
from ngrad.graph.dims import Dim
from ngrad.graph.entries import PART_OF, Entry
from ngrad.graph.graph import Graph
from ngrad.graph.layout import Layout
from ngrad.graph.op import NEVER_AT_ONCE, Call, Op, Params
from ngrad.graph.template import Templates
from ngrad.graph.terms import Maker, Term, late, plus, whole

NEVER = 1 << 62


class Heard(NamedTuple):
    """What a tape followed of a window's entries.

    Attributes
    ----------
    spans : tuple of (first, last)
        From which entry up to which it listened.
    watched : tuple of (slot, entry)
        Which values it was told to watch, and from which entry on.
    """

    spans: tuple[tuple[int, int], ...]
    watched: tuple[tuple[int, int], ...]


class Goal(NamedTuple):
    """What a gradient is of, and with respect to what.

    Attributes
    ----------
    targets : tuple of int
        Slots; -1 for what was not recorded.
    seeds : tuple of int
        The slot of the cotangent given for each target, -1 for ones; empty if all are ones.
    sources : tuple of tuple of int
        The slots of each source: a variable may have several, one for each value that it held.
    """

    targets: tuple[int, ...]
    seeds: tuple[int, ...]
    sources: tuple[tuple[int, ...], ...]


class Tools:
    """What the ops layer provides: tracing, and the ops that undo broadcasting."""

    traced: Callable[[Graph, Callable[[], Any]], Any]
    add: Callable[[Any, Any], Any]
    ones: Callable[[Layout], Any]
    zeros: Callable[[Layout], Any]
    fit: Callable[[Any, Layout], Any]
    conj: Callable[[Any], Any]


tools = Tools()
"""Filled when the ops are defined: a pass uses ops, but imports run the other way."""


class Sweep(Maker, Protocol):
    """How the values of a backward sweep come to be: as symbols of a graph, or as tensors."""

    def ones(self, where: Layout) -> Any: ...

    def zeros(self, where: Layout) -> Any: ...

    def conj(self, x: Any) -> Any: ...

    def pulled(
        self, call: Call, g: Any, inputs: Sequence[Any], out: Any, followed: tuple[bool, ...]
    ) -> Sequence[Any]:
        """A cotangent for each input, of its shape, or a term; None for those that are not
        followed.

        Parameters
        ----------
        g, out
            The cotangent and the value of the result; tuples where the call has several.
        """


class _InGraph:
    """VJP rules in a graph, each traced once for a call and what is followed of its inputs."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._templates = graph, Templates(graph)
        self.ones, self.zeros, self.conj = tools.ones, tools.zeros, tools.conj

    def add(self, x: Any, y: Any) -> Any:
        (total,) = self._templates.of(x._layout, lambda x, y: (tools.add(x, y),), (x, y))
        return total

    def apply(self, op: Op, operands: tuple[Any, ...], params: Params) -> Any:
        return self._graph.apply(op, operands, params)

    def pulled(
        self, call: Call, g: Any, inputs: Sequence[Any], out: Any, followed: tuple[bool, ...]
    ) -> Sequence[Any]:
        n = len(call.specs)

        def rule(*values: Any) -> Sequence[Any]:
            g, out = (values[:n], values[-n:]) if call.several else (values[0], values[-1])
            return pulled(call, g, values[n:-n], out, followed)

        values = (*g, *inputs, *out) if call.several else (g, *inputs, out)
        if call.op.family in NEVER_AT_ONCE:  # a user's Python, which may do another thing each time
            results = rule(*values)
        else:
            results = self._templates.of((call, followed), rule, values)
        given = [x.index for x in values]
        return [None if x is None else self._late(x, given) for x in results]

    def _late(self, x: Any, given: list[int]) -> Any:
        found = late(self._graph, x, given)
        if found is None:
            return x
        call, operands = found
        return Term(self, call, [self._graph.value(k) for k in operands], x)


def pulled(
    call: Call, g: Any, inputs: Sequence[Any], out: Any, followed: tuple[bool, ...]
) -> Sequence[Any]:
    """What the VJP rule of a call gives for symbols of the graph that is being traced: a cotangent
    for each input, of its shape and dtype; None for those that are not followed.
    """
    op = call.op
    if op.rule is None:
        raise GradientError(f"{op.name}: has no derivative, and one was asked for")
    found = op.rule(g, out, *inputs, **op.keywords(call.params))
    return [
        tools.fit(x, where.spec) if wanted and x is not None and where.dtype.is_inexact else None
        for x, where, wanted in zip(found, call.inputs, followed, strict=True)
    ]


def follow(entries: Sequence[Entry], heard: Heard) -> list[int]:
    """For each slot, from which entry on it is followed: watched, or computed from what is."""
    since = [NEVER] * len(entries)
    for slot, when in heard.watched:
        if slot < len(entries):
            since[slot] = when
    for first, last in heard.spans:
        for slot in range(first, min(last, len(entries))):
            call, *operands = entries[slot]
            if not call.op.ends and any(since[k] <= slot for k in operands):
                since[slot] = min(since[slot], slot)
    return since


class _Anything:
    """What is equal to anything."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


_SIZE = _Anything()


def _but_sizes(thing: Any) -> Any:
    """Nested tuples that are equal to those that differ in sizes that are open, of which none is
    asked.
    """
    if isinstance(thing, tuple):
        return tuple(map(_but_sizes, thing))
    return _SIZE if isinstance(thing, Dim) else thing


def _taken_again(
    entries: Sequence[Entry], views: Sequence[int], targets: Sequence[int]
) -> dict[int, int]:
    """Of views that were taken before, of what targets depend on, where this was first done."""
    reached = bytearray(len(entries))
    for slot in targets:
        if slot >= 0:
            reached[slot] = True
    for slot in range(len(entries) - 1, -1, -1):
        if reached[slot]:
            for k in entries[slot][1:]:
                reached[k] = True
    earlier: dict[int, int] = {}
    first: dict[Any, list[tuple[Any, int]]] = {}
    for slot in views:
        if reached[slot]:  # what is not may have no value that a rule could read
            call, *inputs = entries[slot]
            # There is one call of closed sizes. Of open ones it is asked, where all else is the
            # same, whether they are equal.
            key, rest = (call.op, _but_sizes(call.params)) if call.open else (call, None)
            alike = first.setdefault((key, *[earlier.get(k, k) for k in inputs]), [])
            for others, before in alike:
                if rest == others and (not call.open or entries[before][0].params == call.params):
                    earlier[slot] = before
                    break
            else:
                alike.append((rest, slot))
    return earlier


Told = Callable[[int, Any, Sequence[Any], Sequence[tuple[int, Any]]], None]
"""`told(slot, g, read, given)`: told of each entry's cotangent, of the forward values that its rule
may read, and of the cotangents that it gives, each with the slot that it is for.
"""


def differentiate(
    graph: Graph,
    entries: Sequence[Entry],
    values: list[Any],
    heard: Heard,
    goal: Goal,
    told: Told | None = None,
) -> list[Any]:
    """The gradient of the targets' sum (or of the seeds' combination of them) in each source, as
    symbols of the graph; None where there is none. `values` is as for `swept`.
    """
    results: list[Any] = tools.traced(
        graph, lambda: swept(_InGraph(graph), entries, values, heard, goal, told)
    )
    return results


def swept(
    sweep: Sweep,
    entries: Sequence[Entry],
    values: list[Any],
    heard: Heard,
    goal: Goal,
    told: Told | None = None,
) -> list[Any]:
    """The gradient in each source, as what the sweep computes with; None where there is none.

    Parameters
    ----------
    values : list
        The value (or values) of each entry. It takes the list over: what it holds is let go as soon
        as no rule reads it any more.
    """
    since = follow(entries, heard)
    wanted = {slot for slots in goal.sources for slot in slots if slot >= 0}
    depends: list[bool] = []  # on a source
    follows: list[tuple[bool, ...]] = []  # which inputs an entry's cotangent goes on to
    views: list[int] = []
    for slot, (call, *inputs) in enumerate(entries):
        heard_of = since[slot] <= slot
        onto = tuple([heard_of and depends[k] and since[k] <= slot for k in inputs])
        follows.append(onto)
        depends.append(slot in wanted or True in onto)
        if call.view and True in onto and slot not in wanted:
            views.append(slot)
    earlier = _taken_again(entries, views, goal.targets) if len(views) > 1 else {}
    cotangents: dict[int, Any] = {}

    def accumulate(cotangents: dict[int, Any], key: int, g: Any) -> None:
        before = cotangents.get(key)
        cotangents[key] = g if before is None else plus(sweep, before, g)

    def spread(slot: int, g: Any) -> None:
        """An entry's cotangent, on to its inputs."""
        call, *inputs = entries[slot]
        followed = follows[slot]
        if True not in followed:
            return
        if call.op is PART_OF:
            accumulate(cotangents.setdefault(inputs[0], {}), call.params[0], g)
            return
        if isinstance(g, dict):
            g = tuple(
                whole(g[k]) if k in g else sweep.zeros(where) for k, where in enumerate(call.specs)
            )
        operands, out = [values[k] for k in inputs], values[slot]
        pulled = zip(inputs, sweep.pulled(call, g, operands, out, followed), strict=True)
        given = [(k, result) for k, result in pulled if result is not None]
        for k, result in given:
            # The cotangents of a view that a loop takes anew each time, as of `transpose(w)`, are
            # added as it lies, and by the calls that give them.
            accumulate(cotangents, earlier.get(k, k), result)
        if told is not None:
            alone = [(k, x.one if type(x) is Term else x) for k, x in given]
            told(slot, g, (*operands, out), alone)

    seeds = goal.seeds or (-1,) * len(goal.targets)
    for slot, seed in zip(goal.targets, seeds, strict=True):
        if slot >= 0 and depends[slot] and since[slot] < NEVER:
            where = entries[slot][0].specs[0]
            accumulate(
                cotangents, slot, sweep.conj(values[seed]) if seed >= 0 else sweep.ones(where)
            )
    found: dict[int, Any] = {}
    for slot in range(len(entries) - 1, -1, -1):
        g = whole(cotangents.pop(slot, None))
        if g is not None:
            if slot in wanted:
                found[slot] = g
            spread(slot, g)
        values[slot] = None
    results: list[Any] = []
    for slots in goal.sources:
        parts = [found[slot] for slot in slots if slot in found]
        total = parts[0] if parts else None
        for part in parts[1:]:
            total = sweep.add(total, part)
        results.append(None if total is None else sweep.conj(total))
    return results
