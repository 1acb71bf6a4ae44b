"""A graph for given input layouts as a list of resolved calls, with the last use of every value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ngrad.devices import Device
from ngrad.dtypes import DType
from ngrad.graph.graph import CONSTANT, INPUT, PART, Graph
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call, Op


class Step(NamedTuple):
    """Run a call on registers; each of its results becomes the next register. Then let go of those
    that nobody reads again.
    """

    call: Call
    inputs: tuple[int, ...]
    dead: tuple[int, ...]


Called = tuple[Any, tuple[int, ...], range]
"""A call, the registers that it reads, and those of its results."""


class Plan:
    """Steps over registers: the graph's inputs first, then its constants, then the results of each
    step.

    Attributes
    ----------
    inputs : tuple of int
        Numbers of the graph's inputs that are read, in register order.
    given : tuple of bool
        Which outputs are no step's result, but an input or a constant itself.
    """

    __slots__ = ("constants", "given", "inputs", "outputs", "steps")

    def __init__(
        self,
        inputs: tuple[int, ...],
        constants: tuple[Any, ...],
        calls: Sequence[Called],
        outputs: tuple[int | None, ...],
    ) -> None:
        self.inputs, self.constants, self.outputs = inputs, constants, outputs
        first = len(inputs) + len(constants)
        self.given = tuple(k is not None and k < first for k in self.outputs)
        held = {k for k in self.outputs if k is not None}
        steps: list[Step] = []
        for call, operands, results in reversed(calls):
            dead = [k for k in results if k not in held]
            for k in operands:
                if k not in held:
                    held.add(k)
                    dead.append(k)
            steps.append(Step(call, operands, tuple(dead)))
        self.steps = tuple(reversed(steps))

    @classmethod
    def of(
        cls,
        graph: Graph,
        layouts: dict[int, Layout],
        constant: Callable[[Any, DType, Device], Any],
    ) -> Plan:
        """The plan of a graph, whose inputs, by number, lie as `layouts` say."""
        need = graph.needed()
        nodes = [(k, node) for k, node in enumerate(graph.nodes) if need[k]]
        register = [0] * len(graph.nodes)
        where: list[Layout] = []
        inputs, constants = [], []
        for index, node in nodes:
            if node.op == INPUT:
                register[index] = len(where)
                inputs.append(node.params[0])
                where.append(layouts[node.params[0]])
        for index, node in nodes:
            if node.op == CONSTANT:
                constants.append(constant(node.params[-1], node.spec.dtype, node.spec.device))
                register[index] = len(where)
                where.append(node.spec)
        calls: list[Called] = []
        for index, (op, params, values, _) in nodes:
            if op == PART:
                register[index] = register[values[0]] + params[0]
            elif isinstance(op, Op):
                operands = tuple([register[k] for k in values])
                call = op.call(params, tuple([where[k] for k in operands]))
                register[index] = len(where)
                where += call.outputs
                calls.append((call, operands, range(register[index], len(where))))
        outputs = tuple(None if k is None else register[k] for k in graph.outputs)
        return cls(tuple(inputs), tuple(constants), calls, outputs)

    def run(self, inputs: list[Any], execute: Callable[[Call, tuple[Any, ...]], Any]) -> list[Any]:
        """The outputs for values of `self.inputs`; None where the graph has none.

        Parameters
        ----------
        inputs : list of Tensor
            The plan takes the list over: what it holds is let go as soon as it has been read.
        execute : callable
            How a call runs: `record.execute`, which also records it for whoever listens.
        """
        registers = inputs
        registers.extend(self.constants)
        for call, operands, dead in self.steps:
            out = execute(call, tuple([registers[k] for k in operands]))
            if call.several:
                registers.extend(out)
            else:
                registers.append(out)
            del out  # so that it is let go with its register
            for k in dead:
                registers[k] = None
        return [None if k is None else registers[k] for k in self.outputs]
