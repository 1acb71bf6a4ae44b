"""`Graph`: an SSA list of nodes, built by tracing; `Symbol`: a value of it, which stands where a
tensor would.

Equal nodes are one node (common subexpressions never arise), and each new node passes through the
graph's `rewrite` first (`simplify.py`), whose rules keep every bit. What no output needs is left
out when the graph is planned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ngrad.devices import HOST, Device
from ngrad.errors import NgradError
from ngrad.graph.laid import Laid
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Params

Rewrite = Callable[["Graph", Any, tuple[int, ...], Params, Layout], "int | None"]


class Node(NamedTuple):
    """One application of an op: plain data."""

    op: Op | str
    params: Params
    inputs: tuple[int, ...]
    spec: Layout

    def __repr__(self) -> str:
        return f"{self.application} : {self.spec!r}"

    @property
    def application(self) -> str:
        """The node but for its shape and dtype."""
        if self.op == INPUT:
            return f"input({self.params[0]})"
        if self.op == CONSTANT:
            return f"constant({self.params[-1]!r})"
        if self.op == PART:
            return f"%{self.inputs[0]}[{self.params[0]}]"
        arguments = [f"%{k}" for k in self.inputs]
        if isinstance(self.op, str):
            return f"{self.op}({', '.join(arguments)})"
        # Not strict: a graph that is wrong can be printed too.
        named = zip(self.op.params, self.params, strict=False)
        arguments += [f"{k}={v!r}" for k, v in named]
        return f"{self.op.name}({', '.join(arguments)})"


INPUT, CONSTANT, PART = "input", "constant", "part"
"""Nodes that compute nothing: an input of the graph, a scalar, one result of an op with several."""


def _constant(value: Any, dtype: Any, device: Device) -> Node:
    spec = layout(dtype, (), None, device)
    return Node(CONSTANT, (type(value).__name__, repr(value), value), (), spec)


class Symbol(Laid):
    """A value of a graph under construction."""

    __slots__ = ("_layout", "graph", "index")
    _layout: Layout
    _at = 0  # where a tensor has its value: here there is none

    def __init__(self, graph: Graph, index: int, spec: Layout) -> None:
        self.graph, self.index, self._layout = graph, index, spec

    @property
    def shape(self) -> tuple[int, ...]:
        return self._layout.shape

    @property
    def dtype(self) -> Any:
        return self._layout.dtype

    def __repr__(self) -> str:
        return f"%{self.index} : {self._layout!r}"


class Graph:
    """Nodes in an order in which each comes after its inputs.

    Attributes
    ----------
    given : dict
        What ops give, by op, params and layouts, while a graph is made: in loops it is the same
        again and again.
    told : callable, optional
        `told(node, inputs, out)`: told of each node that is asked for, without its inputs, which
        are symbols, as the results are; not of inputs of the graph.

    Examples
    --------
    >>> from ngrad.dtypes import float32
    >>> graph = Graph()
    >>> x = graph.input(layout(float32, (2,)))
    >>> graph.outputs = (x.index,)
    >>> print(graph)
    %0 = input(0) : float32[2]
    return %0
    """

    def __init__(self, rewrite: Rewrite | None = None) -> None:
        self.rewrite = rewrite
        self.nodes: list[Node] = []
        self.outputs: tuple[int | None, ...] = ()
        self.inputs = 0
        self._found: dict[Any, int] = {}
        self.given: dict[Any, Any] = {}
        self.told: Callable[[Node, tuple[Symbol, ...], Any], None] | None = None

    def value(self, index: int) -> Symbol:
        """The value of a node."""
        return Symbol(self, index, self.nodes[index].spec)

    def place(self, node: Node) -> int:
        """Where a node is: it is put there as it is, unless it is there already."""
        index = self._found.get(node)
        if index is None:
            index = self._found[node] = len(self.nodes)
            self.nodes.append(node)
        return index

    def append(self, node: Node) -> Symbol:
        """A node as it is: no rewrite is tried."""
        return self.value(self.place(node))

    def input(self, spec: Layout) -> Symbol:
        """A new input of the graph."""
        self.inputs += 1
        return self.append(Node(INPUT, (self.inputs - 1,), (), spec.spec))

    def constant(self, value: Any, dtype: Any, device: Device = HOST) -> Symbol:
        """A 0-d constant. The sign of a zero counts: `0.0 == -0.0`, but they are two constants."""
        node = _constant(value, dtype, device)
        out = self.append(node)
        if self.told is not None:
            self.told(node, (), out)
        return out

    def apply(self, op: Op, inputs: tuple[Symbol, ...], params: Params) -> Any:
        """A node for an op over values of this graph; a tuple of values if the op has several
        results.
        """
        for symbol in inputs:
            if symbol.graph is not self:
                raise ValueError(f"{op.name}: {symbol!r} is a value of another graph")
        if not op.moves:
            inputs = self._together(inputs)
        layouts = tuple([symbol._layout for symbol in inputs])
        given = self.given.get((op, params, layouts))
        if given is None:
            given = self.given[op, params, layouts] = op.results(layouts, params)
        specs = given if isinstance(given, tuple) else (given,)
        indices = tuple([symbol.index for symbol in inputs])
        node = Node(op, params, indices, specs[0])
        if specs is given:
            out: Any = tuple(map(self.value, self.parts(node, specs)))
        else:
            out = self.value(self.simplified(node))
        if self.told is not None:
            self.told(node._replace(inputs=()), inputs, out)
        return out

    def simplified(self, node: Node) -> int:
        """What a node of one result equals: another value of the graph, or the node."""
        if self.rewrite is not None:
            same = self.rewrite(self, node.op, node.inputs, node.params, node.spec)
            if same is not None:
                return same
        return self.place(node)

    def parts(self, node: Node, specs: tuple[Layout, ...]) -> list[int]:
        """Each result of a node that has several."""
        whole = self.place(node)
        return [self.place(Node(PART, (k,), (whole,), spec)) for k, spec in enumerate(specs)]

    def _together(self, inputs: tuple[Symbol, ...]) -> tuple[Symbol, ...]:
        """Constants are where they are needed."""
        devices = {symbol._layout.device for symbol in inputs}
        if len(devices) < 2:
            return inputs
        (device, *_) = [symbol._layout.device for symbol in inputs if not self._is_constant(symbol)]
        return tuple(
            [
                self.append(_constant(self.nodes[symbol.index].params[-1], symbol.dtype, device))
                if self._is_constant(symbol)
                else symbol
                for symbol in inputs
            ]
        )

    def _is_constant(self, symbol: Symbol) -> bool:
        return self.nodes[symbol.index].op == CONSTANT

    def needed(self) -> list[bool]:
        """Which nodes the outputs depend on."""
        need = [False] * len(self.nodes)
        for output in self.outputs:
            if output is not None:
                need[output] = True
        for index in range(len(self.nodes) - 1, -1, -1):
            if need[index]:
                for k in self.nodes[index].inputs:
                    need[k] = True
        return need

    def depths(self) -> list[int]:
        """For each node, how many ops have to run one after the other, until it has; a view is
        there with what it shows.
        """
        found: list[int] = []
        for node in self.nodes:
            runs = isinstance(node.op, Op) and not node.op.view
            found.append(runs + max([found[k] for k in node.inputs], default=0))
        return found

    def inferred(self, index: int) -> Layout | tuple[Layout, ...]:
        """What the op of a node gives by its rule; a tuple if it has several results."""
        node = self.nodes[index]
        if not isinstance(node.op, Op):
            return node.spec
        results: Layout | tuple[Layout, ...] = node.op.results(
            tuple([self.nodes[k].spec for k in node.inputs]), node.params
        )
        return results

    def verify(self) -> None:
        """Check that the graph is one: inputs before uses, shapes and dtypes as the ops' rules
        give, and each value once.

        Raises
        ------
        ValueError
            Naming the node that is wrong.
        """
        several: dict[int, tuple[Layout, ...]] = {}
        seen: dict[Any, int] = {}
        for index, node in enumerate(self.nodes):
            wrong = self._wrong(index, several)
            if wrong is None:
                same = node.params if node.op == INPUT else node
                if seen.setdefault(same, index) != index:
                    wrong = f"is %{seen[same]} again"
            if wrong is not None:
                raise ValueError(f"node %{index} = {node!r} {wrong}")
        for output in self.outputs:
            if output is None:
                continue
            if not 0 <= output < len(self.nodes):
                raise ValueError(f"output %{output} is no node")
            if output in several:
                raise ValueError(f"output %{output} has several results; take one by a part")

    def _wrong(self, index: int, several: dict[int, tuple[Layout, ...]]) -> str | None:
        """What is wrong with a node, if anything; `several` collects results that are tuples."""
        node = self.nodes[index]
        for k in node.inputs:
            if not 0 <= k < index:
                return f"reads %{k}, which does not come before it"
            if k in several and node.op != PART:
                return f"reads %{k}, which has several results; take one by a part"
        if isinstance(node.op, Op):
            return self._wrong_application(index, several)
        arity = {INPUT: 0, CONSTANT: 0, PART: 1}.get(node.op)
        if arity is None:
            return "is neither an op nor an input, a constant or a part"
        if len(node.inputs) != arity:
            return f"takes {arity} inputs, not {len(node.inputs)}"
        if node.op == INPUT and not 0 <= node.params[0] < self.inputs:
            return f"is no input of a graph that has {self.inputs}"
        if node.op == CONSTANT and node.spec.shape:
            return "should have no axes"
        if node.op == PART:
            whole = several.get(node.inputs[0], ())
            if not 0 <= node.params[0] < len(whole):
                return f"takes a result that %{node.inputs[0]} does not have"
            return _unless(node.spec, whole[node.params[0]])
        return _unless(node.spec, node.spec.spec)

    def _wrong_application(self, index: int, several: dict[int, tuple[Layout, ...]]) -> str | None:
        try:
            out = self.inferred(index)
        except (NgradError, ValueError, TypeError, IndexError) as error:
            return f"is refused by its op: {error}"
        if isinstance(out, tuple):
            several[index] = out
            out = out[0]
        return _unless(self.nodes[index].spec, out)

    def _line(self, index: int) -> str:
        node, out = self.nodes[index], self.inferred(index)
        specs = f"({', '.join(map(repr, out))})" if isinstance(out, tuple) else repr(node.spec)
        return f"%{index} = {node.application} : {specs}"

    def __str__(self) -> str:
        need = self.needed()
        lines = [self._line(k) for k in range(len(self.nodes)) if need[k]]
        outputs = ", ".join("none" if k is None else f"%{k}" for k in self.outputs)
        return "\n".join([*lines, f"return {outputs}"])


def _unless(spec: Layout, right: Layout) -> str | None:
    return None if spec is right else f"should be {right!r}"
