"""Random graphs, a strategy of hypothesis: what fuses, what does not, and all that lies between.

A graph grows by steps, each a small program over values made before. Values are kept away from
overflow, and sums from losing all their digits, so that whoever computes a graph gets the same
numbers up to rounding. A value that went through nothing but exact ops (`exactness`) must be the
same to the bit. Only those are compared, rounded to integers or asked where their largest is: there
a last bit would decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from rows import ROWS
from tracing import Array, Tracing

import ngrad
from ngrad.errors import NgradError
from ngrad.graph.graph import Graph, Symbol
from ngrad.graph.interpret import interpret
from ngrad.graph.op import TABLE, Op
from ngrad.ops.gather import gather_rows
from ngrad.record import apply, traced

EXACT = {
    kind: {row.op for row in ROWS} - {row.op for row in ROWS if row.ulps_of(kind)} for kind in "fc"
}
"""By kind of dtype, the ops that are exact."""
BOUND = 1e3
"""No float of a graph is larger."""


def exactness(graph: Graph) -> list[bool]:
    """Which nodes have one value, whoever computes them, and in whichever order sums are added."""
    exact: list[bool] = []
    for node in graph.nodes:
        own = not isinstance(node.op, Op) or not node.spec.dtype.is_inexact
        kinds = {graph.nodes[k].spec.dtype.is_complex for k in node.inputs}
        own = own or node.op.name in EXACT["c" if True in kinds else "f"]
        exact.append(own and all(exact[k] for k in node.inputs))
    return exact


def values_of(graph: Tracing) -> dict[int, Array]:
    """Of every node that the outputs need, by the interpreter."""
    outputs = graph.outputs
    needed = [k for k, need in enumerate(graph.needed()) if need]
    graph.outputs = tuple(needed)
    found = interpret(graph, graph.values)
    graph.outputs = outputs
    return {k: value for k, value in zip(needed, found, strict=True) if value is not None}


class RandomGraph:
    """A graph with its inputs' values; it prints as the graph, for when an example fails."""

    def __init__(self, graph: Tracing) -> None:
        self.graph, self.arrays = graph, graph.values

    def __repr__(self) -> str:
        return f"\n{self.graph}\n"

    def compare(self, found: Sequence[Any]) -> None:
        """Check outputs against the interpreter's: exact ones exactly, others up to rounding."""
        exact, values = exactness(self.graph), values_of(self.graph)
        floats = [v for v in values.values() if v.dtype.kind in "fc"]
        largest = max((float(np.abs(v).max(initial=1.0)) for v in floats), default=1.0)
        unit = 2**14 * max((float(np.finfo(v.dtype).eps) for v in floats), default=0.0)
        for index, value in zip(self.graph.outputs, found, strict=True):
            if index is None:
                assert value is None
                continue
            expected = values[index]
            assert (value.dtype, value.shape) == (expected.dtype, expected.shape)
            if exact[index]:
                np.testing.assert_array_equal(value, expected)
            else:
                np.testing.assert_allclose(value, expected, rtol=unit, atol=unit * largest)


class Skip(Exception):
    """A step has nothing that it fits."""


def broadcast(x: Symbol, y: Symbol) -> bool:
    pairs = zip(x.shape[::-1], y.shape[::-1], strict=False)
    return all(n == m or 1 in (n, m) for n, m in pairs)


class Growing:
    """A graph under construction, and what a step draws from."""

    def __init__(self, draw: Any, sizes: Sequence[int], largest: int) -> None:
        self.draw, self.sizes, self.largest = draw, sizes, largest
        self.rng = np.random.default_rng(draw(st.integers(0, 999)))
        self.graph = Tracing([])
        self.pool: list[Symbol] = []

    def one(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def value(
        self,
        kinds: str = "fiuc",
        axes: int = 0,
        exact: bool = False,
        fits: Callable[[Symbol], bool] = lambda x: True,
    ) -> Symbol:
        """One of the values so far, of these kinds of dtypes and at least so many axes."""
        known = exactness(self.graph)
        found = [
            x
            for x in self.pool
            if x.dtype.code[0] in kinds and x.ndim >= axes and (known[x.index] or not exact)
        ]
        found = [x for x in found if fits(x)]
        if not found:
            raise Skip
        return self.one(*(found[-3:] if self.draw(st.booleans()) else found))  # grow deep, and wide

    def pair(self, kinds: str = "fiuc", exact: bool = False) -> tuple[Symbol, Symbol]:
        """Two values that broadcast together; their dtypes may differ."""
        x = self.value(kinds, exact=exact)
        return x, self.value(kinds, exact=exact, fits=lambda y: broadcast(x, y))

    def axis(self, x: Symbol) -> int:
        return int(self.one(*range(x.ndim)))

    def indices(self, shape: tuple[int, ...], extent: int) -> Any:
        if extent == 0:
            raise Skip
        return ngrad.constant(self.rng.integers(0, extent, shape))

    def input(self, shape: tuple[int, ...], code: str) -> None:
        """A new input; quarters, so that values tie, and zeros with either sign."""
        array = self.rng.uniform(-2, 2, shape)
        if code[0] in "fc":
            array = array + 1j * self.rng.uniform(-2, 2, shape) if code[0] == "c" else array
            array = np.rint(4 * array) / 4 if self.draw(st.booleans()) else array
        else:
            array = np.abs(np.rint(4 * array)) if code[0] == "u" else np.rint(4 * array)
        self.pool.append(self.graph.lift(ngrad.constant(array.astype(code))))

    def step(self, function: Callable[[Growing], Any]) -> None:
        """Keep what a step gives if it fits, and if its numbers are tame."""
        try:
            found = traced(self.graph, lambda: function(self))
        except (Skip, NgradError):  # shapes or dtypes that do not fit: a step less
            return
        if found.size > self.largest or any(found is x for x in self.pool):
            return
        self.graph.outputs = (found.index,)
        floats = [v for v in values_of(self.graph).values() if v.dtype.kind in "fc"]
        if all((np.abs(v) <= BOUND).all() for v in floats):
            self.pool.append(found)


def unary(*names: str, kinds: str = "fiuc", exact: bool = False) -> Callable[[Growing], Any]:
    return lambda g: getattr(ngrad, g.one(*names))(g.value(kinds, exact=exact))


def binary(*names: str, kinds: str = "fiuc", exact: bool = False) -> Callable[[Growing], Any]:
    """Of operands that may differ in shape and dtype."""
    return lambda g: getattr(ngrad, g.one(*names))(*g.pair(kinds, exact))


def quotient(g: Growing) -> Any:
    x, y = g.pair("f")
    return x / (ngrad.square(y) + 1.0)


def choice(g: Growing) -> Any:
    x, y = g.pair()
    return ngrad.where(g.value("b", fits=lambda c: broadcast(c, x) and broadcast(c, y)), x, y)


def product(g: Growing) -> Any:
    x = g.value("fc", 2)
    return ngrad.matmul(
        x, g.value("fc", 2, fits=lambda y: x.shape[-1] == y.shape[-1]), transpose_b=True
    )


def conversion(g: Growing) -> Any:
    if g.draw(st.booleans()):
        return ngrad.cast(g.value("fc"), g.one("f4", "f8", "c8", "c16"))
    codes = ("f4", "f8", "i4", "i8", "u1", "b1", "c16")
    return ngrad.cast(g.value("fiubc", exact=True), g.one(*codes))


def parts(g: Growing) -> Any:
    op = g.one(ngrad.math.real, ngrad.math.imag, ngrad.math.conj, ngrad.abs)
    return op(g.value("c"))


def paired(g: Growing) -> Any:
    return ngrad.complex(*g.pair("f"))


def reduction(g: Growing) -> Any:
    """Over all axes, leading, trailing or middle ones, or a pair."""
    x = g.value("fiuc", 1)
    axes = [None, *range(x.ndim), -1, *([(0, -1)] if x.ndim > 1 else [])]
    op = g.one("reduce_sum", "reduce_mean", "reduce_max", "reduce_min")
    if op == "reduce_mean" and not x.dtype.is_inexact:
        raise Skip  # a quotient of integers that rounds
    return getattr(ngrad, op)(x, g.one(*axes), keepdims=g.draw(st.booleans()))


def centred(g: Growing) -> Any:
    """A reduction fed back to the elements that it came from."""
    x = g.value("fc", 1)
    op = g.one(ngrad.reduce_sum, ngrad.reduce_mean, ngrad.reduce_max)
    return x - op(x, g.axis(x), keepdims=True)


def softmax(g: Growing) -> Any:
    x = g.value("f", 1)
    axis = g.axis(x)
    e = ngrad.exp(x - ngrad.reduce_max(x, axis, keepdims=True))
    return e / ngrad.reduce_sum(e, axis, keepdims=True)


def normalised(g: Growing) -> Any:
    x = g.value("f", 1)
    axis = g.axis(x)
    c = x - ngrad.reduce_mean(x, axis, keepdims=True)
    return c / ngrad.sqrt(ngrad.reduce_mean(c * c, axis, keepdims=True) + 0.5)


def part(g: Growing) -> Any:
    x = g.value("fiubc", 1)
    slices = []
    for extent in x.shape:
        bounds = [g.draw(st.integers(0, extent)) for _ in range(2)]
        forwards = slice(min(bounds), max(bounds), g.one(1, 1, 2))
        slices.append(g.one(slice(None), forwards, slice(None, None, -1)))
    return x[tuple(slices)]


def differences(g: Growing) -> Any:
    x = g.value("fic", 1)
    return x[1:] - x[:-1]


def padded(g: Growing) -> Any:
    x = g.value("fiubc", 1)
    widths = [[g.one(0, 1, 2), g.one(0, 1)] for _ in x.shape]
    return ngrad.pad(x, widths, constant_values=g.one(0, 1))


def joined(g: Growing) -> Any:
    x = g.value("fiuc", 1)
    like = [y for y in g.pool if y.shape == x.shape]
    return ngrad.concat([x, *(g.one(*like) for _ in range(g.one(1, 2)))], g.axis(x))


def column(g: Growing) -> Any:
    x = g.value("fiubc", 2, fits=lambda x: x.shape[-1] > 0)
    return x[..., g.one(*range(x.shape[-1]))]


def side_by_side(g: Growing) -> Any:
    x = g.value("fiuc", 1)
    like = [y for y in g.pool if y.shape == x.shape]
    return ngrad.stack([x, *(g.one(*like) for _ in range(g.one(1, 2)))], -1)


def permuted(g: Growing) -> Any:
    x = g.value("fiubc", 2)
    return ngrad.transpose(x, g.draw(st.permutations(range(x.ndim))))


def reshaped(g: Growing) -> Any:
    x = g.value("fiubc", 1)
    flat, axis = (x.size,), g.axis(x)
    return ngrad.reshape(x, g.one(flat, (*x.shape[:axis], 1, *x.shape[axis:]), x.shape[::-1]))


def repeated(g: Growing) -> Any:
    x = g.value("fiubc")
    return ngrad.broadcast_to(x, (g.one(*g.sizes), *x.shape))


def filled(g: Growing) -> Any:
    """One number everywhere, as the cotangent of a sum is."""
    return ngrad.ones_like(g.value("fiuc", 1))


def picked(g: Growing) -> Any:
    """One element a row, at an index that is given, or that of the row's largest."""
    x = g.value("fiuc", 2)
    axis = g.one(1, x.ndim - 1)
    index = g.indices(x.shape[:axis], x.shape[axis])
    if axis == x.ndim - 1 and exactness(g.graph)[x.index] and g.draw(st.booleans()):
        index = ngrad.argmax(x, axis)
    return ngrad.gather(x, index, axis=axis, batch_dims=axis)


def gathered(g: Growing) -> Any:
    """Several slices, in any order and more than once, counted from either end."""
    x = g.value("fiubc", 1)
    axis = g.one(0, g.axis(x))
    index = g.indices(g.one((1,), (2,), (4,), (2, 3)), x.shape[axis])
    return gather_rows(x, index - g.one(0, x.shape[axis]), axis)


def scattered(g: Growing) -> Any:
    x = g.value("fiuc", 1)
    index = g.indices((x.shape[0], 1), 3)
    return ngrad.scatter_nd(index, x, (3, *x.shape[1:]))


def placed(g: Growing) -> Any:
    """Each element in a row of zeros, at an index: what the derivative of `picked` is."""
    x, extent = g.value("fc", 1), g.one(*g.sizes)
    index = g.indices((x.size, 1), extent)
    return apply(TABLE["add_rows"], (ngrad.reshape(x, (x.size, 1)), index), (extent, 1, 1))


STEPS: dict[str, Callable[[Growing], Any]] = {
    "arithmetic": binary("add", "subtract", "multiply", "maximum", "minimum"),
    "bounded": unary("tanh", "sin", "sigmoid", "atan", kinds="f"),
    "quotient": quotient,
    "decay": lambda g: ngrad.exp(-ngrad.square(g.value("f"))),
    "root": lambda g: ngrad.sqrt(ngrad.square(g.value("f")) + 1.0),
    "signs": unary("negative", "abs", "square"),
    "rectified": lambda g: ngrad.nn.relu(g.value("f")),
    "whole": unary("floor", "round", "sign", kinds="f", exact=True),
    "comparison": binary("less", "greater_equal", "equal", exact=True),
    "logic": binary("logical_and", "logical_or", kinds="b"),
    "choice": choice,
    "bits": lambda g: ngrad.bitwise.bitwise_xor(*g.pair("iu")),
    "conversion": conversion,
    "parts": parts,
    "paired": paired,
    "reduction": reduction,
    "centred": centred,
    "softmax": softmax,
    "normalised": normalised,
    "running": lambda g: ngrad.cumsum(
        x := g.value("fic", 1), g.axis(x), reverse=g.one(True, False)
    ),
    "part": part,
    "differences": differences,
    "padded": padded,
    "joined": joined,
    "column": column,
    "side by side": side_by_side,
    "permuted": permuted,
    "reshaped": reshaped,
    "repeated": repeated,
    "filled": filled,
    "picked": picked,
    "gathered": gathered,
    "scattered": scattered,
    "placed": placed,
    "product": product,
}


@st.composite
def random_graphs(
    draw: st.DrawFn,
    steps: Sequence[str] = tuple(STEPS),
    most: int = 14,
    sizes: Sequence[int] = (3, 1, 2, 5),
    largest: int = 600,
) -> RandomGraph:
    """Graphs with several outputs.

    Parameters
    ----------
    steps : sequence of str
        What they are made of, of `STEPS`.
    most : int
        How many steps at most.
    sizes : sequence of int
        Of axes; now and then one is 0.
    largest : int
        Elements of a value at most.
    """
    g = Growing(draw, sizes, largest)
    a, b, c = (g.one(*sizes) for _ in range(3))
    a = g.one(*[a] * 9, 0)
    shapes = [(a, b), (a, b), (1, b), (a, 1), (b,), (), (c, a, b), (c, 1, b)]
    for code in (
        "f8",
        g.one("f4", "f8"),
        g.one("f4", "f8", "i4"),
        g.one("i8", "u1", "b1", "c8", "c16"),
    ):
        g.input(g.one(*shapes), code)
    for name in draw(st.lists(st.sampled_from(steps), min_size=most // 2, max_size=most)):
        g.step(STEPS[name])
    read = {k for node in g.graph.nodes for k in node.inputs}
    leaves = [x for x in g.pool if x.index not in read]
    others = draw(st.lists(st.sampled_from([None, *g.pool]), max_size=3))
    return RandomGraph(g.graph.returning(*leaves, *others))
