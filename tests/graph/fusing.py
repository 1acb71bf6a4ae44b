"""Graphs of functions with their gradients, fused and not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tracing import Array, Tracing

import ngrad
import ngrad.ops.fused
import ngrad.replay
from ngrad.graph.differentiate import Goal, Heard, differentiate
from ngrad.graph.entries import CONSTANT_OF, LEAF, Entry, marker
from ngrad.graph.fuse import fuse
from ngrad.graph.gather import gather
from ngrad.graph.graph import CONSTANT, INPUT, Graph, Symbol
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.graph.plan import Plan
from ngrad.record import execute
from ngrad.replay import SMALL, Replay
from ngrad.scalars import scalar
from ngrad.tensor import Tensor, from_numpy


def gradient(graph: Tracing, target: Symbol, sources: Sequence[Symbol]) -> list[Any]:
    """The gradient of a value of a graph with respect to inputs, as values of the graph."""
    entries: list[Entry] = []
    for node in graph.nodes:
        if isinstance(node.op, Op):
            call = node.op.call(node.params, tuple(graph.nodes[k].spec for k in node.inputs))
        elif node.op == INPUT:
            call = marker(LEAF, (), node.spec)
        else:
            assert node.op == CONSTANT
            call = marker(CONSTANT_OF, node.params, node.spec)
        entries.append((call, *node.inputs))
    values = [Symbol(graph, k, node.spec) for k, node in enumerate(graph.nodes)]
    heard = Heard(((0, len(entries)),), tuple((x.index, 0) for x in sources))
    goal = Goal((target.index,), (), tuple((x.index,) for x in sources))
    return differentiate(graph, entries, values, heard, goal)


def value_and_gradient(
    function: Callable[..., Any], arrays: list[Array], sources: int, value: bool = True
) -> Tracing:
    """The graph of a function and of its gradient in its first arguments."""
    graph = Tracing(arrays)
    target = graph.trace(function)
    found = gradient(graph, target, graph.arguments[:sources])
    return graph.returning(*([target] if value else []), *found)


def tensors_of(graph: Tracing) -> list[Tensor]:
    return [from_numpy(a) for a in graph.values]


def layouts_of(tensors: Sequence[Tensor]) -> dict[int, Layout]:
    return {k: x._layout for k, x in enumerate(tensors)}


def fused(graph: Tracing) -> Graph:
    return fuse(graph, layouts_of(tensors_of(graph)))


def planned(graph: Graph, tensors: Sequence[Tensor]) -> Plan:
    return Plan.of(graph, layouts_of(tensors), scalar)


def run(graph: Graph, tensors: Sequence[Tensor], small: int | None = None) -> list[Array | None]:
    """The outputs of a graph by its plan, or, if it is said up to which size one thread replays it,
    by the replay of it, if there is one.
    """
    plan = planned(graph, tensors)
    loads = tuple([(k, tensors[k]._layout) for k in plan.inputs])
    with pytest.MonkeyPatch.context() as patch:
        if small is not None:
            patch.setattr(ngrad.replay, "SMALL", small)
        replay = None if small is None else Replay.of(plan, loads)
    if replay is not None:
        found = replay.run(dict(enumerate(tensors)))
    else:
        found = plan.run([tensors[k] for k in plan.inputs], execute)
    return [None if x is None else np.asarray(x.numpy()) for x in found]


def launches(graph: Graph, tensors: Sequence[Tensor]) -> int:
    """How many kernels run; a call that is more than launches counts as one."""
    count = 0
    for step in planned(graph, tensors).steps:
        program = step.call.program
        count += 1 if program is None else len(program.launches)
    return count


# -- the cases of the table of figures -------------------------------------------------------------


def flagship(x: Any, y: Any, z: Any) -> Any:
    return ngrad.reduce_sum(ngrad.tanh(x * y + z) ** 2 * ngrad.exp(-x))


def rosenbrock(x: Any) -> Any:
    return ngrad.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def variation(x: Any) -> Any:
    down, across = x[1:] - x[:-1], x[:, 1:] - x[:, :-1]
    return ngrad.reduce_sum(ngrad.abs(down)) + ngrad.reduce_sum(across**2)


def cross_entropy(logits: Any, labels: Any) -> Any:
    losses = ngrad.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return ngrad.reduce_mean(losses)


def layer_norm(x: Any, scale: Any, offset: Any) -> Any:
    mean, variance = ngrad.nn.moments(x, [-1], keepdims=True)
    y = ngrad.nn.batch_normalization(x, mean, variance, offset, scale, 1e-5)
    return ngrad.reduce_sum(ngrad.square(y))


def uniform(*shape: int, code: str = "f4", seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(code)


def cases(n: int, rows: int, length: int) -> dict[str, Tracing]:
    """Graphs of value and gradients, by name."""
    labels = np.random.default_rng(1).integers(0, length, rows)
    three = [uniform(n, seed=k) for k in range(3)]
    vectors = [uniform(length, seed=k) for k in (1, 2)]
    return {
        "flagship": value_and_gradient(flagship, three, 3),
        "rosenbrock": value_and_gradient(rosenbrock, [uniform(n, code="f8")], 1, value=False),
        "cross entropy": value_and_gradient(cross_entropy, [uniform(rows, length), labels], 1),
        "layer norm": value_and_gradient(layer_norm, [uniform(rows, length), *vectors], 3),
    }


def same(found: list[Array | None], expected: list[Array | None]) -> bool:
    """Equal to the bit; any NaN is any other."""
    return all(
        (x is None and y is None)
        or (
            x is not None
            and y is not None
            and (x.dtype, x.shape) == (y.dtype, y.shape)
            and all(map(_same_part, _parts(x), _parts(y)))
        )
        for x, y in zip(found, expected, strict=True)
    )


def _parts(x: Array) -> list[Array]:
    return [x.real, x.imag] if x.dtype.kind == "c" else [x]


def _same_part(x: Array, y: Array) -> bool:
    zeros = np.array_equal(np.signbit(x[x == 0]), np.signbit(y[y == 0]))
    return zeros and np.array_equal(x, y, equal_nan=x.dtype.kind == "f")


def check(graph: Any) -> None:
    tensors = tensors_of(graph)
    other = fused(graph)
    gathered = gather(other)
    for threads in (1, 2):
        ngrad.config.set_threads(threads)
        expected = run(graph, tensors)
        # Op by op; at once, by one thread or by all.
        for cut, ways in ((other, (None, -1)), (gathered, (SMALL, -1))):
            cut.verify()
            for small in ways:
                assert same(run(cut, tensors, small), expected), (threads, small)
