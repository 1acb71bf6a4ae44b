"""Gradients that are recorded, for other tapes and for `function`s to hear."""

from __future__ import annotations

from typing import Any

from ngrad.evaluate import known_values
from ngrad.graph.differentiate import Goal, Heard
from ngrad.graph.excerpt import excerpt
from ngrad.graph.graph import Graph
from ngrad.ops.identity import IDENTITY
from ngrad.plans import plans
from ngrad.record import state
from ngrad.tensor import Tensor
from ngrad.window import Window, recorded


def inline(window: Window, heard: Heard, goal: Goal) -> list[Tensor | None]:
    """Record a gradient's sweep in this thread's window, where other tapes hear it; the gradients,
    pending.
    """
    current = state.window
    part = excerpt(window.entries, heard, goal)
    planned = plans[part.entries, None, (), part.heard, part.goal]
    graph, places = planned.graph, [part.slots[k] for k in planned.places]
    need = graph.needed()
    inputs = [
        node.params[0] for k, node in enumerate(graph.nodes) if need[k] and node.op == "input"
    ]
    slots = {k: places[k] for k in inputs}
    if window is not current:
        slots = brought(window, current, slots)
    return Recording(current, graph, need, slots).results()


def brought(window: Window, current: Window, wanted: dict[int, int]) -> dict[int, int]:
    """Values of a window that has ended, as leaves of the current one."""
    missing = tuple(sorted({slot for slot in wanted.values() if slot not in window.kept}))
    with window.lock():
        if missing:
            known = known_values(window, len(window.entries))
            key = (tuple(window.entries), known, missing, None, None)
            found = plans[key].run(window.kept)
            for slot, value in zip(missing, found, strict=True):
                assert value is not None
                window.keep(slot, value)
    slots = {}
    for number, slot in wanted.items():
        value = window.kept[slot]
        if type(value) is Tensor:
            slots[number] = current[value]
        else:
            where = window.entries[slot][0].spec
            slots[number] = current.number(value, where)
    return slots


class Recording:
    """The nodes of a graph as entries of a window."""

    def __init__(
        self, window: Window, graph: Graph, need: list[bool], inputs: dict[int, int]
    ) -> None:
        self.window, self.graph = window, graph
        self.slots: dict[int, int] = {}
        self.tensors: dict[int, Any] = {}
        for index, node in enumerate(graph.nodes):
            if need[index]:
                self._note(index, node, inputs)

    def _note(self, index: int, node: Any, inputs: dict[int, int]) -> None:
        window = self.window
        if node.op == "input":
            self.slots[index] = inputs[node.params[0]]
            return
        if node.op == "constant":
            self.slots[index] = window.constant(node.params[-1], node.spec)
            return
        if node.op == "part":
            self._hold(index, self.tensors[node.inputs[0]][node.params[0]])
            return
        operands = tuple([self.slots[k] for k in node.inputs])
        specs = tuple([self.graph.nodes[k].spec for k in node.inputs])
        if node.op.family == "opaque":
            given = [self._tensor(k) for k in node.inputs]
            self.tensors[index] = node.op.call(node.params, specs).run(*given)
            return
        call = node.op.call(node.params, specs)
        if call.several:
            self.tensors[index] = window.append_several(call, operands)
        else:
            self._hold(index, window.append(call, operands))

    def _hold(self, index: int, tensor: Tensor) -> None:
        self.tensors[index] = tensor
        self.slots[index] = self.window[tensor]

    def _tensor(self, index: int) -> Tensor:
        found = self.tensors.get(index)
        if found is None:
            found = self.tensors[index] = self.window.tensor(self.slots[index])
        return found

    def results(self) -> list[Tensor | None]:
        """The outputs; what is a value of the forward computation becomes one of its own."""
        state.swept += 1
        results: list[Tensor | None] = []
        given: set[int] = set()
        for k in self.graph.outputs:
            if k is None:
                results.append(None)
                continue
            own = self.graph.nodes[k].op not in ("input", "constant")
            if own and id(self._tensor(k)) not in given:
                given.add(id(self._tensor(k)))
                results.append(self._tensor(k))
            else:
                call = IDENTITY.call((), (self.graph.nodes[k].spec,))
                results.append(recorded(self.window, call, self.slots[k]))
        return results
