"""Long structures that come for the first time, run as they are read.

A loop over a sequence or a tree may be another program each time. To plan a node takes longer than
to run it, so such a program is not planned before it comes again: each call is run where it stands,
and the sweep goes back over the calls, with a plan of its own for each VJP rule, which is the same
for all that are alike. The ops, their order and their bits are those of a plan that is cut into a
kernel for each op.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ngrad.devices import HOST
from ngrad.graph.differentiate import Goal, Heard, swept
from ngrad.graph.dying import mark_dying
from ngrad.graph.entries import CONSTANT_OF, LEAF, PART_OF, SCALAR, Entry, leaf, marker
from ngrad.graph.layout import Layout
from ngrad.graph.op import TABLE, USERS, Call
from ngrad.plans import FEW, PLANS_LIMIT, WIDE, Cut, Key, Planned, Structure, build
from ngrad.record import execute, plainly
from ngrad.tensor import Tensor, scalar

ENOUGH = 1 << 27
"""Bytes of results up to which all are held until the sweep has passed; a plan holds fewer."""


def run_as_read(planned: Planned, key: Key, kept: Mapping[int, Any]) -> list[Tensor | None] | None:
    """The outputs of a structure that comes for the first time, and is long; None if it did before,
    or is better planned at once.
    """
    if planned.came or planned.tried or len(key[0]) <= FEW or not _fits(key):
        return None
    planned.came = True
    entries, known, wanted, heard, goal = key
    asked = (*goal[0], *goal[1]) if goal else ()  # targets, and what is pending of their seeds
    found = _forward(entries, dict(known), (*wanted, *asked), kept)
    outputs: list[Any] = [found[slot] for slot in wanted]
    if goal is not None:
        outputs += swept(_AtOnce(), entries, found, Heard(*heard), Goal(*goal))
    return [None if x is None else Tensor(x._block, x._at, x._layout) for x in outputs]


def _fits(key: Key) -> bool:
    """Whether all calls are the library's own, on the CPU, and their results small."""
    entries, size = key[0], 0
    for call, *_ in entries:
        op, spec = call.op, call.spec
        if op.over or op.family in USERS or spec.device is not HOST:
            return False
        size += spec.nbytes
    return size <= min(ENOUGH, len(entries) * WIDE)


def _forward(
    entries: Sequence[Entry],
    known: Mapping[int, Layout],
    targets: Sequence[int],
    kept: Mapping[int, Any],
) -> list[Any]:
    """For each entry that targets depend on its value (or values); None for others."""
    need = bytearray(len(entries))
    for slot in targets:
        if slot >= 0:
            need[slot] = True
    for slot in range(len(entries) - 1, -1, -1):
        if need[slot]:
            for k in entries[slot][1:]:
                need[k] = True
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
    """A sweep over tensors. Cotangents are conjugated where they enter and leave a rule's plan."""

    def ones(self, where: Layout) -> Tensor:
        return _filled(1, where)

    def zeros(self, where: Layout) -> Tensor:
        return _filled(0, where)

    def conj(self, x: Tensor) -> Tensor:
        return x

    def add(self, x: Tensor, y: Tensor) -> Any:
        return _ran(TABLE["add"].call((), (x._layout, y._layout)), (x, y))

    def pulled(
        self, call: Call, g: Any, inputs: Sequence[Any], out: Any, followed: tuple[bool, ...]
    ) -> list[Tensor | None]:
        read = (*g, *inputs, *out) if call.several else (g, *inputs, out)
        layouts = tuple([x._layout for x in read])
        rule = _rules.get((call, followed, layouts))
        if rule is None:
            if len(_rules) >= PLANS_LIMIT:
                _rules.clear()
            rule = _rules[call, followed, layouts] = _rule(call, followed, layouts)
        if call.several:  # whose own entry has no value
            first = len(read) - len(out)
            read = (*read[:first], None, *read[first:])
        found = rule.run(dict(enumerate(read)))
        if False not in followed:
            return found
        results = iter(found)
        return [next(results) if wanted else None for wanted in followed]


_rules: dict[tuple[Call, tuple[bool, ...], tuple[Layout, ...]], Cut] = {}
"""VJP rules, by call, which operands are followed, and how what the rule may read lies."""


def _rule(call: Call, followed: tuple[bool, ...], layouts: Sequence[Layout]) -> Cut:
    """The gradient of one call, whose cotangents and operands are leaves, and whose results are
    there: it reads cotangents, operands and results, in this order.
    """
    count = len(call.specs)
    first = len(layouts) - count  # the call's entry
    lines: list[Entry] = [leaf(where) for where in layouts[:first]]
    lines.append((call, *range(count, first)))
    results = range(first, first + 1)
    if call.several:
        results = range(first + 1, first + 1 + count)
        lines += [(marker(PART_OF, (k,), where), first) for k, where in enumerate(call.specs)]
    sources = [count + k for k, wanted in enumerate(followed) if wanted]
    structure = Structure(
        tuple(lines),
        tuple(zip(results, layouts[first:], strict=True)),
        (),
        Heard(((first, len(lines)),), tuple([(k, 0) for k in sources])),
        Goal(tuple(results), tuple(range(count)), tuple([(k,) for k in sources])),
    )
    graph, places, where = build(structure)
    return Cut(mark_dying(graph), places, where)


def _filled(value: int, where: Layout) -> Tensor:
    dtype = where.dtype  # the conjugate of a real number has a zero of its own sign
    number = complex(value, -0.0) if dtype.is_complex else value
    filled: Tensor = plainly(TABLE["broadcast_to"], (where.shape,), scalar(number, dtype))
    return filled
