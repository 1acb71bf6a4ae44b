"""What is computed of transposed values is one run of elements, and lies as if each op ran by
itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fusing import (
    execute,
    launches,
    layouts_of,
    planned,
    same,
    tensors_of,
    uniform,
    value_and_gradient,
)
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import STEPS, RandomGraph, random_graphs
from tracing import Tracing

import ngrad
from ngrad.graph.fusable import Fusable
from ngrad.graph.fuse import describe, fuse
from ngrad.graph.gather import gather
from ngrad.graph.graph import Graph
from ngrad.graph.group import FUSED
from ngrad.graph.turned import turned
from ngrad.tensor import Tensor

Array = np.ndarray[Any, Any]
Case = tuple[str, Callable[..., Any], tuple[tuple[int, ...], ...], int, float]


def results(graph: Graph, tensors: list[Tensor]) -> list[Tensor | None]:
    plan = planned(graph, tensors)
    found: list[Tensor | None] = plan.run([tensors[k] for k in plan.inputs], execute)
    return found


def moved(graph: Graph, tensors: list[Tensor]) -> float:
    """The bytes that a graph's plan reads and writes, by those of its first input."""
    nbytes = sum(step.call.bytes for step in planned(graph, tensors).steps)
    return float(nbytes / tensors[0].nbytes)


def laid(x: Array, order: tuple[int, ...]) -> Tensor:
    """A tensor whose memory has axes in an order."""
    own = ngrad.constant(np.ascontiguousarray(np.transpose(x, order)))
    return ngrad.transpose(own, np.argsort(order).tolist()) if x.ndim > 1 else own


def check(graph: Tracing, tensors: list[Tensor]) -> Graph:
    """The same bits, in the same places."""
    cut = fuse(graph, layouts_of(tensors))
    cut.verify()
    expected = results(graph, tensors)
    for other in (cut, gather(cut)):
        found = results(other, tensors)
        for x, y in zip(found, expected, strict=True):
            assert (x is None) == (y is None)
            if x is not None and y is not None:
                assert same([np.asarray(x.numpy())], [np.asarray(y.numpy())]), describe(cut)
                assert x._layout is y._layout, describe(cut)
    return cut


CALM = sorted({*STEPS} - {"part", "differences", "column", "side by side", "repeated", "filled"})
"""Of slices, and of what repeats, fusion computes less: that lies by itself."""


@given(
    random_graphs([*CALM, *["permuted"] * 6, "reshaped"], sizes=(3, 1, 2, 4)),
    st.integers(0, 99),
    st.booleans(),
)
def test_random_graphs(example: RandomGraph, seed: int, lie: bool) -> None:
    """Of operands that lie by rows, and of such as do not."""
    rng = np.random.default_rng(seed)
    arrays = example.graph.values
    orders = [tuple(rng.permutation(x.ndim).tolist()) for x in arrays]
    tensors = [*map(laid, arrays, orders)] if lie else tensors_of(example.graph)
    check(example.graph, tensors)


def chain(x: Any) -> Any:
    return ngrad.tanh(ngrad.exp(x) + 1.0) * 0.5 - 2.0


def images(x: Any) -> Any:
    """Channels last, of such as come first."""
    return ngrad.transpose(x, (0, 2, 3, 1))


def shown_and_summed(x: Any) -> Any:
    y = chain(ngrad.transpose(x))
    return y, ngrad.reduce_sum(y, 0)


def back(x: Any) -> Any:
    return ngrad.transpose(chain(ngrad.transpose(x)), (1, 0)) * x


def ways(x: Any) -> Any:
    """In one order, and in another of the same elements."""
    y = ngrad.exp(ngrad.transpose(x, (2, 0, 1))) * 2.0
    return ngrad.tanh(y) * 3.0, ngrad.tanh(ngrad.transpose(y, (2, 1, 0))) + 1.0


CASES: list[Case] = [
    # name, function, shapes of its arguments, launches, bytes by those of the first argument
    ("chain", lambda x: chain(ngrad.transpose(x)), ((60, 50),), 1, 2),
    ("three axes", lambda x: chain(ngrad.transpose(x, (2, 0, 1))), ((6, 5, 70),), 1, 2),
    ("images", lambda x, b: ngrad.nn.relu(images(x) + b), ((2, 3, 8, 9), (3,)), 2, 2),
    ("rows", lambda x: chain(ngrad.reshape(images(x), (2, 72, 3))), ((2, 3, 8, 9),), 1, 2),
    ("a batch's axis", lambda x: chain(ngrad.transpose(x)[None] * 2.0), ((60, 50),), 1, 2),
    ("in one row", lambda x: ngrad.reshape(chain(images(x)), (2, -1)), ((2, 3, 8, 9),), 1, 2),
    ("there and back", back, ((60, 50),), 1, 2),
    ("ways", ways, ((6, 5, 70),), 1, 3),
    ("of two", lambda x, y: ngrad.transpose(x) * 2.0 + ngrad.transpose(y), ((6, 5),) * 2, 1, 3),
    ("beside rows", lambda x, y: ngrad.transpose(x) * 2.0 + y, ((6, 5), (5, 6)), 1, 3),
    ("a vector", lambda x, y: ngrad.tanh(ngrad.transpose(x) - y), ((60, 50), (60,)), 1, 2.02),
    ("a column", lambda x, y: ngrad.tanh(ngrad.transpose(x) - y), ((6, 5), (5, 1)), 1, 2.16),
    ("sum", lambda x: ngrad.reduce_sum(chain(ngrad.transpose(x))), ((6, 50),), 1, 1),
    ("sums", lambda x: ngrad.reduce_sum(chain(ngrad.transpose(x)), 1), ((60, 50),), 1, 1),
    ("softmax", lambda x: ngrad.nn.softmax(ngrad.transpose(x)), ((60, 50),), 2, 3),
    ("shown and summed", shown_and_summed, ((60, 50),), 2, 3),
    ("a copy", lambda x: ngrad.cumsum(chain(ngrad.transpose(x)), 1), ((60, 50),), 2, 4),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_what_is_turned(case: Case) -> None:
    _, function, shapes, count, nbytes = case
    graph = Tracing([uniform(*shape, seed=k) for k, shape in enumerate(shapes)])
    found = graph.trace(function)
    graph.returning(*(found if isinstance(found, tuple) else (found,)))
    tensors = tensors_of(graph)
    cut = check(graph, tensors)
    assert launches(cut, tensors) == count, describe(cut)
    assert moved(cut, tensors) == pytest.approx(nbytes, abs=0.1)


FOLDED: dict[str, Callable[[Any], Any]] = {
    "all": lambda x: ngrad.reduce_sum(chain(x)),
    "rows": lambda x: ngrad.reduce_max(x * 2.0, 1),
    "columns": lambda x: ngrad.reduce_sum(x**2, 0),
    "variance": lambda x: ngrad.math.reduce_variance(x, 1),
    "softmax": lambda x: ngrad.nn.softmax(x),
    "less its mean": lambda x: x - ngrad.reduce_mean(x, 1, keepdims=True),
    "twice": lambda x: ngrad.reduce_sum(x * ngrad.exp(x), 1),
}


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", FOLDED)
def test_reductions_of_what_is_computed_read_a_copy(name: str, code: str) -> None:
    """To pack long rows a block at a time takes longer than to copy them all by squares."""

    def counted(function: Callable[[Any], Any], *shape: int) -> int:
        graph = Tracing([uniform(*shape, code=code)])
        graph.returning(graph.trace(function))
        tensors = tensors_of(graph)
        return launches(check(graph, tensors), tensors)

    function = FOLDED[name]
    more = name in ("softmax", "less its mean")  # which ends in another group, as memory lies
    plain = counted(function, 200, 300) + more
    assert counted(lambda x: function(ngrad.transpose(x)), 300, 200) == plain + 1
    short = counted(function, 200, 7) + more
    assert counted(lambda x: function(ngrad.transpose(x)), 7, 200) == short


def test_value_and_gradient() -> None:
    """Each is computed of what is there: the sum in its own order, the gradient as that lies."""

    def function(x: Any) -> Any:
        return ngrad.reduce_sum(ngrad.tanh(ngrad.exp(ngrad.transpose(x)) + 1.0))

    graph = value_and_gradient(function, [uniform(60, 50)], 1)
    tensors = tensors_of(graph)
    cut = check(graph, tensors)
    assert launches(cut, tensors) == 2
    assert moved(cut, tensors) == pytest.approx(3, abs=0.1)


def test_long_chains_are_not_computed_twice() -> None:
    """What the gradient has anyway is read as it lies where the sum needs it in another order."""

    def steps(length: int) -> int:
        def function(x: Any) -> Any:
            for _ in range(length):
                x = ngrad.tanh(x + 1.0)
            return ngrad.reduce_sum(x)

        graph = value_and_gradient(lambda x: function(ngrad.transpose(x)), [uniform(6, 5)], 1)
        cut = check(graph, tensors_of(graph))
        groups = [node.params[0] for node in cut.nodes if node.op is FUSED]
        return sum(len(group.steps) for group in groups) - len(graph.nodes)

    assert steps(40) - steps(20) < 24  # as few again, not all


def test_a_graph_that_lies_by_rows_is_itself() -> None:
    graph = Tracing([uniform(6, 5)])
    graph.returning(graph.trace(lambda x: ngrad.reduce_sum(chain(x), 0)))
    assert turned(Fusable(graph, layouts_of(tensors_of(graph)))) is graph
