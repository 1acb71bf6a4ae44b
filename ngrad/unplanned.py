"""Structures that come for the first time, and may never again, run as they are read.

A loop over a sequence or a tree may be another program each time, and so may an expression that is
drawn. To plan a node takes longer than to run it, so such a program is not planned before it comes
again: each call is run where it stands, and the sweep goes back over the calls, with a plan of its
own for each VJP rule, which is the same for all that are alike. The ops, their order and their bits
are those of a plan that is cut into a kernel for each op.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ngrad.cut import Cut
from ngrad.devices import HOST
from ngrad.graph.differentiate import Goal, Heard, pulled, swept, tools
from ngrad.graph.dying import mark_dying
from ngrad.graph.entries import CONSTANT_OF, LEAF, PART_OF, SCALAR, Entry
from ngrad.graph.graph import Graph
from ngrad.graph.layout import Layout
from ngrad.graph.op import TABLE, USERS, Call, Op, Params
from ngrad.graph.simplify import rewrite
from ngrad.graph.terms import Late, Term, late, pays
from ngrad.ops.slicing import SLICE
from ngrad.parts import Parts
from ngrad.plans import FEW, WIDE, Planned
from ngrad.record import execute, plainly
from ngrad.scalars import scalar
from ngrad.structure import Key
from ngrad.tensor import Tensor
from ngrad_kernels.cache import NotCached, without_compiling
from ngrad_kernels.garbage import uncollected
from ngrad_kernels.memory import OutOfMemory

VAIN = 12
"""Of the last structures that were new, how many did not come again in a program that is likely to
be new each time.
"""
OFTEN = 4
"""How often a long structure is run as it is read: to plan it, and to cut it, takes as long as it
saves in some more.
"""
RULES_LIMIT = 1 << 12
ENOUGH = 1 << 27
"""Bytes of results up to which all are held until the sweep has passed; a plan holds fewer."""

recent: deque[Planned] = deque(maxlen=16)
"""The last structures that were new."""


def run_as_read(planned: Planned, key: Key, kept: Mapping[int, Any]) -> list[Tensor | None] | None:
    """The outputs of a structure that comes for the first times, and is long, or comes after many
    that did not come again; None if it is better planned.
    """
    times = planned.times = planned.times + 1
    if times > OFTEN or planned.cut is not None:
        return None
    long = len(key[0]) > FEW
    if times > 1:
        again = long
    else:
        news = list(recent)  # which other threads add to
        again = long or sum([other.times == 1 for other in news]) >= VAIN
        recent.append(planned)
    if not again or not _fits(key):
        return None
    planned.tried = 1  # when it is planned, it comes again
    try:
        if long:
            return _run(key, kept)
        with without_compiling():
            return _run(key, kept)
    except NotCached:  # one fused kernel may be compiled sooner
        planned.tried = 0
        return None
    except OutOfMemory:  # a plan may do with less
        return None


@uncollected
def _run(key: Key, kept: Mapping[int, Any]) -> list[Tensor | None]:
    entries, known, wanted, heard, goal = key
    asked = (*goal[0], *goal[1]) if goal else ()  # targets, and what is pending of their seeds
    found = _forward(entries, dict(known), (*wanted, *asked), kept, goal is not None)
    outputs: list[Any] = [found[slot] for slot in wanted]
    if goal is not None:
        outputs += swept(_AtOnce(), entries, found, Heard(*heard), Goal(*goal))
    return [None if x is None else Tensor(x._block, x._at, x._layout) for x in outputs]


def _fits(key: Key) -> bool:
    """Whether all calls are the library's own, on the CPU, and their results small."""
    entries, size = key[0], 0
    for call, *_ in entries:
        op, spec = call.op, call.spec
        if op.family in USERS or spec.device is not HOST:
            return False
        size += spec.nbytes
    return size <= min(ENOUGH, len(entries) * WIDE)


def _forward(
    entries: Sequence[Entry],
    known: Mapping[int, Layout],
    targets: Sequence[int],
    kept: Mapping[int, Any],
    swept_back: bool,
) -> list[Any]:
    """For each entry that targets depend on its value (or values); None for others, and, if no
    sweep comes back for it, for what only others read.
    """
    need = bytearray(len(entries))
    for slot in targets:
        if slot >= 0:
            need[slot] = True
    last: dict[int, list[int]] = {}  # what is read for the last time, by who reads it
    for slot in range(len(entries) - 1, -1, -1):
        if need[slot]:
            for k in entries[slot][1:]:
                if not need[k]:
                    need[k] = True
                    last.setdefault(slot, []).append(k)
    values: list[Any] = []
    for slot, (call, *slots) in enumerate(entries):
        op, value = call.op, None
        parts = range(slot + 1, slot + 1 + len(call.specs)) if call.several else ()
        if not need[slot]:
            pass
        elif op is LEAF or slot in known:
            value = kept[slot]
        elif op is SCALAR:
            value = kept[slot]
            if type(value) is not Tensor:
                value = scalar(value, call.spec.dtype)
        elif op is CONSTANT_OF:
            value = scalar(call.params[-1], call.spec.dtype)
        elif op is PART_OF:
            value = values[slots[0]][call.params[0]]
        elif parts and all(k in known for k in parts):
            value = tuple([kept[k] for k in parts])
        else:
            value = _ran(call, tuple([values[k] for k in slots]))
        values.append(value)
        if not swept_back:
            for k in last.get(slot, ()):
                values[k] = None
    return values


def _ran(call: Call, inputs: tuple[Tensor, ...]) -> Any:
    """What a call gives for operands, however these lie."""
    layouts = tuple([x._layout for x in inputs])
    if layouts != call.inputs:
        call = call.op.call(call.params, layouts)
    out = execute(call, inputs)
    call.cost.runs += 1
    return out


class _AtOnce:
    """A sweep over tensors."""

    def ones(self, where: Layout) -> Any:
        return _filled(1, where)

    def zeros(self, where: Layout) -> Any:
        return _filled(0, where)

    def conj(self, x: Tensor | Parts) -> Any:
        x = _whole(x)
        return _called("conj", x) if x._layout.dtype.is_complex else x

    def add(self, x: Tensor | Parts, y: Tensor | Parts) -> Any:
        if type(x) is Parts and type(y) is Parts and x.take(y):
            return x
        return _called("add", _whole(x), _whole(y))

    def apply(self, op: Op, operands: tuple[Tensor | Parts, ...], params: Params) -> Any:
        read = tuple(map(_whole, operands))
        return _ran(op.call(params, tuple([x._layout for x in read])), read)

    def pulled(
        self, call: Call, g: Any, inputs: Sequence[Any], out: Any, followed: tuple[bool, ...]
    ) -> Sequence[Tensor | Parts | Term | None]:
        g = tuple(map(_whole, g)) if call.several else _whole(g)
        if call.op is SLICE:
            (slices,) = call.params
            parts = Parts.of(call.inputs[0].spec, slices, g)
            if parts is not None:
                return (parts,)
        read = (*g, *inputs, *out) if call.several else (g, *inputs, out)
        layouts = tuple([x._layout for x in read])
        rule = _rules.get((call, followed, layouts))
        if rule is None:
            if len(_rules) >= RULES_LIMIT:
                _rules.clear()
            rule = _rules[call, followed, layouts] = _rule(call, followed, layouts)
        found = rule.cut.run(dict(enumerate(read)))
        if rule.terms is None:
            return found
        values = iter(found)
        results: list[Any] = []
        for late_call in rule.terms:
            if late_call is None:
                results.append(next(values))
            elif late_call.takes:
                results.append(Term(self, late_call, list(islice(values, late_call.takes))))
            else:
                results.append(Term(self, late_call, (), next(values)))
        return results


def _whole(x: Tensor | Parts) -> Tensor:
    return x.whole() if isinstance(x, Parts) else x


def _called(name: str, *inputs: Tensor) -> Any:
    return _ran(TABLE[name].call((), tuple([x._layout for x in inputs])), inputs)


def _filled(value: int, where: Layout) -> Any:
    return plainly(TABLE["broadcast_to"], (where.shape,), scalar(value, where.dtype))


class _Rule(NamedTuple):
    """A plan of a VJP rule.

    Attributes
    ----------
    cut : Cut
    terms : list, or None
        For each cotangent the call that gives it, if it is a term; then the plan gives operands
        instead, if it takes any. None where there is none, for one or for all.
    """

    cut: Cut
    terms: list[Late | None] | None


_rules: dict[tuple[Call, tuple[bool, ...], tuple[Layout, ...]], _Rule] = {}
"""VJP rules, by call, which operands are followed, and how what a rule may read lies."""


def _rule(call: Call, followed: tuple[bool, ...], layouts: tuple[Layout, ...]) -> _Rule:
    """The plan for cotangents, operands and results that lie so."""
    graph = Graph(rewrite)
    read = [graph.input(where) for where in layouts]
    count = len(call.specs)
    inputs = read[count:-count]
    g: Any = read[:count]
    out: Any = read[-count:]
    if not call.several:
        (g,), (out,) = g, out
    results = tools.traced(graph, lambda: pulled(call, g, inputs, out, followed))
    outputs: list[int | None] = []
    terms: list[Late | None] = []
    for x in results:
        found = None if x is None else late(graph, x, range(len(read)))
        if found is None:
            terms.append(None)
            outputs.append(None if x is None else x.index)
            continue
        late_call, operands = found
        if late_call.axes and not pays(map(graph.value, operands), x._layout):
            late_call, operands = late_call._replace(takes=0), (x.index,)
        terms.append(late_call)
        outputs += operands
    graph.outputs = tuple(outputs)
    graph.given.clear()
    places, where = tuple(range(len(layouts))), dict(enumerate(layouts))
    cut = Cut(mark_dying(graph), places, where, at_once=0)
    return _Rule(cut, terms if any(terms) else None)
