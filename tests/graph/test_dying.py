"""Results take the place of what dies, and of nothing that anybody still needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fusing import fused, planned, run, tensors_of, uniform
from tracing import Tracing

import ngrad
from ngrad.graph.gather import SMALL, TOGETHER, gather
from ngrad.graph.graph import Graph
from ngrad.graph.op import Op
from ngrad.record import apply, execute
from ngrad.replay import Replay
from ngrad_kernels import cache

SEEN: list[Any] = []


def _seen(inputs: Any, out: Any) -> Any:
    def run(x: Any) -> Any:
        SEEN.append(x)
        return x

    return run, out


USERS = [
    Op(f"user's {family}", lambda x: x, _seen, family=family) for family in ("opaque", "kernel")
]
"""A user's Python, which keeps what it is given, and gives it back."""


def product(x: Any) -> Any:
    return ngrad.matmul(x, x)


def chain(x: Any) -> Any:
    for _ in range(300):
        x = x * 0.5 + 1.0
    return x


TAKEN: dict[str, tuple[Callable[[Any], Any], int]] = {
    # function of (6, 6), and bytes of temporaries: a value takes 192
    "dense layer": (lambda x: ngrad.nn.relu(product(x) + x[0]), 0),
    "several groups": (chain, 0),
    "another dtype": (lambda x: ngrad.cast(product(x) * 2.0, ngrad.int32) + 1, 0),
    "reshaped": (lambda x: ngrad.reshape(product(x) * 2.0 + 1.0, [-1]), 0),
    "two layers": (lambda x: product(ngrad.nn.relu(product(x) + x[0])), 192),
    "two results": (lambda x: ((p := product(x)) * x + 1.0, ngrad.exp(p) * x), 0),
    "a sum beside it": (lambda x: ((p := product(x) + x), ngrad.reduce_sum(p * x)), 0),
    "columns beside it": (lambda x: ((p := product(x) + x), ngrad.reduce_sum(p * x, 0)), 128),
    "read before": (lambda x: ngrad.exp(p := product(x)) * ngrad.matmul(p, x) + p, 192),
}
HELD: dict[str, Callable[[Any], Any]] = {
    "an input": lambda x: ngrad.nn.relu(x + x[0]),
    "a result": lambda x: ((p := product(x)), ngrad.nn.relu(p + x[0])),
    "a result's view": lambda x: (ngrad.transpose(p := product(x)), ngrad.nn.relu(p + x[0])),
    "read later": lambda x: ngrad.matmul(ngrad.nn.relu((p := product(x)) + x[0]), p),
    "a view read later": lambda x: ngrad.matmul(
        ngrad.nn.relu((p := product(x)) + x[0]), ngrad.transpose(p)
    ),
    "read elsewhere too": lambda x: (p := product(x)) * 2.0 + ngrad.transpose(p),
    "a view of an input": lambda x: ngrad.nn.relu(ngrad.stop_gradient(x) + x[0]),
    "other elements": lambda x: ngrad.cast(product(x) * 2.0, ngrad.float64) + 1.0,
    "fewer elements": lambda x: product(x[:1] @ x @ x[0][:, None]) * 2.0 + x,
    "read by an index": lambda x: (p := product(x))[np.array([3, 0, 2, 1, 5, 4])] + p * 2.0,
    "read again": lambda x: ngrad.nn.softmax(product(x)),
    **{
        f"seen by a {op.name}": lambda x, op=op: ngrad.nn.relu((p := product(x)) + apply(op, (p,)))
        for op in USERS
    },
    **{
        f"given by a {op.name}": lambda x, op=op: ngrad.nn.relu(apply(op, (product(x),)) + x[0])
        for op in USERS
    },
}


def traced(function: Callable[[Any], Any]) -> Tracing:
    graph = Tracing([uniform(6, 6)])
    results = graph.trace(function)
    return graph.returning(*(results if isinstance(results, tuple) else (results,)))


def taken(graph: Graph, tensors: Any) -> int:
    """How many results of a plan are put in the memory of an operand."""
    programs = [step.call.program for step in planned(graph, tensors).steps]
    return sum(len(program.over) for program in programs if program)


def assert_same(graph: Tracing) -> None:
    """By every way to run it, and with its inputs as they were: so that it can be repeated."""
    tensors = tensors_of(graph)
    expected = run(graph, tensors)
    for cut in (fused(graph), gather(fused(graph))):
        for small in (None, 1 << 20, -1):
            SEEN.clear()
            np.testing.assert_equal(run(cut, tensors, small), expected)
            for x in SEEN:
                np.testing.assert_equal(x.numpy(), run(traced(product), tensors)[0])
    for x, values in zip(tensors, graph.values, strict=True):
        np.testing.assert_equal(x.numpy(), values)


@pytest.mark.parametrize("name", TAKEN)
def test_what_dies_makes_room(name: str) -> None:
    function, temporaries = TAKEN[name]
    graph = traced(function)
    tensors = tensors_of(graph)
    assert taken(graph, tensors) == 0 < taken(fused(graph), tensors)
    plan = planned(fused(graph), tensors)
    replay = Replay.of(plan, tuple([(k, tensors[k]._layout) for k in plan.inputs]))
    assert replay is not None
    assert replay.temporaries == temporaries
    assert_same(graph)


@pytest.mark.parametrize("name", HELD)
def test_what_somebody_holds_stays(name: str) -> None:
    graph = traced(HELD[name])
    assert taken(fused(graph), tensors_of(graph)) == 0
    assert_same(graph)


def test_step_by_step_a_dense_layer_takes_one_buffer() -> None:
    graph = traced(TAKEN["dense layer"][0])
    tensors = tensors_of(graph)
    plan = planned(fused(graph), tensors)
    found: list[int] = []

    def noted(call: Any, inputs: Any) -> Any:
        out = execute(call, inputs)
        found.append(out._at)
        return out

    plan.run([tensors[k] for k in plan.inputs], noted)
    assert found[-1] in found[:-1]


def test_other_sizes_need_no_other_kernels() -> None:
    """Also where groups that read one value are too large to be gathered, and run in turn."""

    def function(x: Any) -> Any:
        p = product(x)
        q = ngrad.nn.relu(ngrad.matmul(x, x, transpose_b=True) + x[0])
        return ngrad.pad(p * 2.0, [[1, 1], [0, 0]]) + 1.0, ngrad.reduce_sum(ngrad.exp(p) * x, 1), q

    def kernels(n: int) -> tuple[int, int]:
        graph = Tracing([uniform(n, n)])
        graph.returning(*graph.trace(function))
        cut = gather(fused(graph))
        tensors = tensors_of(graph)
        assert taken(cut, tensors) == 1
        run(cut, tensors)
        together = sum(node.op is TOGETHER for node in cut.nodes)
        return together, cache.counters["compiled"] + cache.counters["loaded"]

    assert SMALL < 4 * 1100**2
    (small, before), (large, after) = kernels(140), kernels(1100)
    assert (small, large) == (1, 0)
    assert before == after
