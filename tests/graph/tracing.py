"""Functions over tensors, and their gradients, as graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.graph.graph import Graph, Symbol
from ngrad.graph.op import Op
from ngrad.graph.plan import Plan
from ngrad.graph.simplify import rewrite
from ngrad.record import execute, traced
from ngrad.scalars import scalar
from ngrad.tensor import Tensor, from_numpy

Array = np.ndarray[Any, Any]


class Tracing(Graph):
    """A graph of a function; tensors that the function brings along become inputs.

    Attributes
    ----------
    values : list of array
        Of every input, by its number.
    """

    def __init__(self, arrays: list[Array]) -> None:
        super().__init__(rewrite)
        self.values: list[Array] = []
        self.arguments = [self.lift(from_numpy(a)) for a in arrays]

    def lift(self, x: Any) -> Symbol:
        if isinstance(x, Tensor):
            self.values.append(x.numpy() if x.ndim else np.asarray(x.numpy()))
            return self.input(x._layout)
        return x

    def apply(self, op: Op, inputs: tuple[Any, ...], params: Any) -> Any:
        return super().apply(op, tuple(self.lift(x) for x in inputs), params)

    def trace(self, function: Callable[..., Any], *more: Any) -> Any:
        """What a function gives for the arguments (and more), as symbols."""
        return traced(self, lambda: function(*self.arguments, *more))

    def returning(self, *results: Any) -> Tracing:
        """This graph with outputs; what is no symbol is none."""
        self.outputs = tuple(x.index if isinstance(x, Symbol) else None for x in results)
        return self


def run(graph: Graph, arrays: list[Array]) -> list[Array | None]:
    """The outputs by the kernels, an op at a time."""
    tensors = [from_numpy(a) for a in arrays]
    plan = Plan.of(graph, {k: x._layout for k, x in enumerate(tensors)}, scalar)
    found = plan.run([tensors[k] for k in plan.inputs], execute)
    return [None if x is None else np.asarray(x.numpy()) for x in found]
