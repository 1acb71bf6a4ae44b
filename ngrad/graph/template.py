"""`Templates`: what functions of symbols have a graph do, done again for other symbols without
calling them.

In a loop the same call comes again and again, and its VJP rule asks for the same ops each time,
since it knows nothing of symbols but their layouts. Most of the time that it takes is the
namespace's: operands that are looked at, converted, and broadcast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ngrad.graph.graph import Graph, Node, Symbol
from ngrad.graph.layout import Layout

Values = Sequence["Symbol | None"]
Function = Callable[..., Values]


class Step(NamedTuple):
    """A node that is asked for.

    Attributes
    ----------
    node : Node
        Without its inputs.
    operands : tuple of int
        Values: first those that are given, then the results of each step.
    specs : tuple of Layout, or None
        Of its results, if it has several.
    """

    node: Node
    operands: tuple[int, ...]
    specs: tuple[Layout, ...] | None


class Template(NamedTuple):
    """Nodes to ask for, in order, and which values are the results."""

    steps: tuple[Step, ...]
    results: tuple[int | None, ...]

    def fill(self, graph: Graph, symbols: Sequence[Symbol]) -> list[Symbol | None]:
        """The results for other symbols, of the same layouts."""
        values = [symbol.index for symbol in symbols]
        for node, operands, specs in self.steps:
            op, params, _, spec = node
            node = Node(op, params, tuple([values[k] for k in operands]), spec)
            if specs is not None:
                values += graph.parts(node, specs)
            else:  # there is nothing to simplify of a constant
                values.append(graph.simplified(node) if operands else graph.place(node))
        nodes = graph.nodes
        return [
            None if k is None else Symbol(graph, values[k], nodes[values[k]].spec)
            for k in self.results
        ]


class Templates:
    """What functions did, by what decides it.

    Examples
    --------
    >>> from ngrad.dtypes import float32
    >>> from ngrad.graph.layout import layout
    >>> from ngrad.graph.op import TABLE
    >>> graph = Graph()
    >>> x, y = graph.input(layout(float32, (2,))), graph.input(layout(float32, (2,)))
    >>> templates = Templates(graph)
    >>> square = lambda x: [graph.apply(TABLE["multiply"], (x, x), ())]
    >>> templates.of("square", square, (x,)), templates.of("square", square, (y,))
    ([%2 : float32[2]], [%3 : float32[2]])
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[Any, Template | None] = {}

    def of(self, key: Any, function: Function, symbols: Sequence[Symbol]) -> Values:
        """What a function gives for symbols. It is the same function, and they have the same
        layouts, wherever there is the same key; nothing else decides what it asks for.
        """
        template = self._known.get(key)
        if template is not None:
            return template.fill(self._graph, symbols)
        if key in self._known:
            return function(*symbols)
        # Symbols of their own, so that two of one value are told apart: elsewhere they may be two.
        own = [Symbol(self._graph, x.index, x._layout) for x in symbols]
        heard: list[tuple[Node, tuple[Symbol, ...], Any]] = []
        outer, self._graph.told = self._graph.told, lambda *asked: heard.append(asked)
        try:
            results = function(*own)
        finally:
            self._graph.told = outer
        self._known[key] = _template(own, heard, results)
        return results


def _template(
    given: list[Symbol], heard: list[tuple[Node, tuple[Symbol, ...], Any]], results: Values
) -> Template | None:
    """None where a value comes from elsewhere: it may be another the next time."""
    place = {id(symbol): k for k, symbol in enumerate(given)}
    steps = []
    for node, inputs, out in heard:
        made = out if isinstance(out, tuple) else (out,)
        if not all(id(x) in place for x in inputs):
            return None
        specs = tuple([x._layout for x in made]) if made is out else None
        steps.append(Step(node, tuple([place[id(x)] for x in inputs]), specs))
        for x in made:
            place[id(x)] = len(place)
    if not all(x is None or id(x) in place for x in results):
        return None
    return Template(tuple(steps), tuple([None if x is None else place[id(x)] for x in results]))
