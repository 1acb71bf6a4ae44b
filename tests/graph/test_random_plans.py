"""Random graphs: by the kernels as by NumPy; and what the strategy of them is worth."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from random_graphs import STEPS, RandomGraph, exactness, random_graphs
from tracing import Tracing, run

import ngrad
from ngrad.graph import fusable, indexing, partition
from ngrad.graph.fuse import fuse
from ngrad.graph.gather import gather
from ngrad.graph.graph import INPUT
from ngrad.graph.interpret import interpret
from ngrad.graph.op import Op


@given(random_graphs())
def test_plan_is_as_interpreted(example: RandomGraph) -> None:
    """Exact values exactly, the others up to rounding; one thread and two give the same bits."""
    example.graph.verify()
    ngrad.config.set_threads(2)
    found = run(example.graph, example.arrays)
    example.compare(found)
    ngrad.config.set_threads(1)
    for one, two in zip(run(example.graph, example.arrays), found, strict=True):
        assert (one is None) == (two is None)
        assert one is None or two is None or one.tobytes() == two.tobytes()


@given(
    random_graphs(),
    st.sampled_from([partition.STRETCH, 3, 8]),
    st.sampled_from([(indexing.NARROW, fusable.PANEL), (2, 1)]),
)
def test_fused_groups_are_as_interpreted(
    example: RandomGraph, stretch: int, sizes: tuple[int, int]
) -> None:
    """What a group says it computes, without any kernel, is what its nodes compute; also where
    groups lie within stretches of few nodes, as those of a long program do, and where parts are
    placed in rows that are short, and panels are small.
    """
    narrow, panel = sizes
    layouts = {node.params[0]: node.spec for node in example.graph.nodes if node.op == INPUT}
    wide = mock.patch.object(indexing, "NARROW", narrow)
    high = mock.patch.object(fusable, "PANEL", panel)
    with wide, high, mock.patch.object(partition, "STRETCH", stretch):
        graph = gather(fuse(example.graph, layouts))
    graph.verify()
    example.compare(interpret(graph, example.arrays))


@pytest.mark.parametrize("step", STEPS)
def test_each_step_happens(step: str) -> None:
    """None is always skipped, say for a mistake in it."""
    happened = []

    @settings(max_examples=30, phases=[Phase.generate])
    @given(random_graphs([step], most=6))
    def examples(example: RandomGraph) -> None:
        example.compare(run(example.graph, example.arrays))
        results = [example.graph.nodes[k] for k in example.graph.outputs if k is not None]
        happened.append(any(isinstance(node.op, Op) for node in results))

    examples()
    assert any(happened)


@pytest.mark.parametrize(("which", "right"), [(0, 0.0), (1, 4e-7)])
def test_a_wrong_number_is_found(which: int, right: float) -> None:
    """An exact value that is off by its last bit; one that is not, by more than rounding."""
    graph = Tracing([np.array([0.5, 1.5], np.float32)])
    example = RandomGraph(graph.returning(*graph.trace(lambda x: (x * x, ngrad.tanh(x)))))
    assert exactness(graph) == [True, True, False]
    found = run(graph, example.arrays)
    value = found[which]
    assert value is not None
    found[which] = (value * (1 + right)).astype(np.float32)
    example.compare(found)
    found[which] = (value * (1 + 1e-2)).astype(np.float32) if which else np.nextafter(value, 9)
    with pytest.raises(AssertionError, match="Mismatched elements"):
        example.compare(found)
