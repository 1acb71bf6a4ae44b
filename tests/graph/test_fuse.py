"""Fusion changes no bit, launches few kernels, and compiles none for another size."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
from fusing import (
    cases,
    check,
    fused,
    launches,
    planned,
    run,
    tensors_of,
    uniform,
    value_and_gradient,
    variation,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import RandomGraph, random_graphs
from tracing import Tracing

import ngrad
from ngrad.graph import fusable, indexing
from ngrad.graph.fuse import describe
from ngrad.graph.gather import TOGETHER, gather
from ngrad.graph.group import FUSED
from ngrad.graph.narrow import narrow
from ngrad.graph.partition import STEPS_LIMIT
from ngrad.ops.fused import sources
from ngrad_kernels import cache
from ngrad_kernels.space import Reduce

Array = np.ndarray[Any, Any]


@settings(max_examples=20)
@given(random_graphs(), st.sampled_from([(indexing.NARROW, fusable.PANEL), (2, 1)]))
def test_random_graphs(example: RandomGraph, sizes: tuple[int, int]) -> None:
    """Also where parts are placed in rows that are short, and panels are small."""
    narrow, panel = sizes
    with (
        mock.patch.object(indexing, "NARROW", narrow),
        mock.patch.object(fusable, "PANEL", panel),
    ):
        check(example.graph)


def axes(graph: Any) -> list[set[str]]:
    """Over what the groups of a graph reduce, group by group."""
    groups = [node.params[0] for node in graph.nodes if node.op is FUSED]
    return [{step.axis for step in group.steps if isinstance(step, Reduce)} for group in groups]


def test_a_group_reduces_rows_and_columns() -> None:
    """A layer norm's gradients are one; whether kernels do both is a target's affair."""
    assert axes(fused(cases(1, 7, 5)["layer norm"])) == [{"row", "column"}]


def test_a_long_program_is_cut_in_time_that_grows_with_its_length() -> None:
    """Groups within stretches: as many again for twice the length, and few kinds of them."""

    def groups(length: int) -> int:
        def chain(x: Any) -> Any:
            for _ in range(length):
                x = ngrad.tanh(x) * 0.5
            return x

        graph = Tracing([np.ones(3, np.float32)])
        graph.returning(graph.trace(chain))
        return sum(node.op is FUSED for node in fused(graph).nodes)

    short, long = groups(1000), groups(2000)
    assert short >= 2000 // STEPS_LIMIT and long <= 2.5 * short


def test_slices_are_made_of_one_slice_of_each_value() -> None:
    """However many ways lead to it: each value here has two readers, or both are one."""

    def chain(x: Any) -> Any:
        for _ in range(600):
            x = ngrad.tanh(x) + x
        return x[:2] * 0.5

    graph = Tracing([np.ones(3, np.float32)])
    graph.returning(graph.trace(chain))
    assert sum(narrow(graph, {}).needed()) <= len(graph.nodes) + 1


# -- what fuses ------------------------------------------------------------------------------------

COUNTS = {"flagship": 2, "rosenbrock": 1, "cross entropy": 3, "layer norm": 5}
"""Launches of value and gradients: one loop nest, folds of its partial results, a sum of losses."""


@pytest.mark.parametrize("name", COUNTS)
def test_launches(name: str) -> None:
    graph = cases(40_000, 2100, 70)[name]
    check(graph)
    assert launches(fused(graph), tensors_of(graph)) == COUNTS[name]


def running_mean(x: Any) -> Any:
    padded = ngrad.pad(x, [[1, 1]])
    return (padded[2:] + padded[:-2]) / 2.0


def lengths(x: Any) -> Any:
    return ngrad.sqrt(x[..., 0] ** 2 + x[..., 1] ** 2 + x[..., 2] ** 2)


def turned(x: Any) -> Any:
    return ngrad.stack([x[:, 0] - 2.0 * x[:, 1], 2.0 * x[:, 0] + x[:, 1]], -1)


def sides(x: Any) -> Any:
    """Of boxes: their middles and sizes."""
    low, high = x[:, :2], x[:, 2:]
    return ngrad.concat([(low + high) * 0.5, high - low], -1)


def steps(x: Any) -> Any:
    """Of a differential equation, by the midpoint."""
    for _ in range(3):
        x = x + 0.1 * turned(x + 0.05 * turned(x)) ** 2
    return x


def frame(x: Any) -> Any:
    """Images with zeros around them."""
    return ngrad.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])


def sum_of_slices(x: Any) -> Any:
    return ngrad.add_n([x[k : 4 + k] for k in range(5)])


def rows_and_columns(x: Any) -> Any:
    return ngrad.reduce_sum(x, 2), ngrad.reduce_sum(x, 1)


def apart(x: Any) -> Any:
    """Of everything, and of columns."""
    return ngrad.reduce_sum(x), ngrad.reduce_sum(x, 0)


def together(x: Any) -> Any:
    """Columns of two values, where the sum of everything has what they come from."""
    return ngrad.reduce_sum(x), ngrad.reduce_sum(x, 0), ngrad.reduce_max(x * 2.0, 0)


ROWS: list[tuple[str, Callable[..., Any], tuple[tuple[int, ...], ...], int]] = [
    # name, function, shapes of its arguments, launches
    ("broadcasts", lambda x, y, z: ngrad.exp(x + y) * z, ((6, 5), (5,), (6, 1)), 1),
    ("scalars", lambda x, y: x * (y * 2.0 + 1.0) + x, ((6, 5), ()), 1),
    ("several", lambda x, y: (x + y, x * y, x - y), ((7,), (7,)), 1),
    ("columns", lambda x: ngrad.reduce_sum(ngrad.exp(x), 0), ((6, 5),), 1),
    ("rows", lambda x: ngrad.reduce_sum(ngrad.exp(x), 1), ((6, 5),), 1),
    ("both", lambda x: (ngrad.reduce_max(x * x, 1), ngrad.reduce_sum(x * x, 0)), ((6, 5),), 1),
    ("columns of panels", lambda x: ngrad.reduce_sum(x * x, 1), ((3, 40, 30),), 1),
    ("columns of panels of images", lambda x: ngrad.nn.moments(x, (1, 2)), ((2, 5, 8, 70),), 4),
    ("rows and columns of panels", lambda x: rows_and_columns(x * x), ((2, 40, 30),), 1),
    ("columns of large panels", lambda x: ngrad.reduce_max(x * x, 1), ((2, 1500, 3),), 2),
    ("computed again", lambda x: apart(x * x + x), ((6, 5),), 2),
    ("computed again together", lambda x: together(x * x + x), ((6, 5),), 2),
    ("means", lambda x: x - ngrad.reduce_mean(x, 1, keepdims=True), ((6, 5),), 1),
    ("softmax", ngrad.nn.softmax, ((2, 3, 5),), 1),
    ("log softmax", ngrad.nn.log_softmax, ((6, 5),), 1),
    ("logsumexp", lambda x: ngrad.reduce_logsumexp(x, 1), ((6, 5),), 1),
    ("variance", lambda x: ngrad.math.reduce_variance(x, 1), ((6, 5),), 1),
    ("reshaped", lambda x: ngrad.tanh(ngrad.reshape(x * 2.0, (5, 6))) + 1.0, ((6, 5),), 1),
    ("differences", lambda x: (x[1:] - x[:-1]) * 2.0, ((9,),), 1),
    ("placed", lambda x: ngrad.tanh(ngrad.pad(x * 2.0, [[1, 0], [2, 1]])), ((6, 70),), 1),
    ("placed along axes", lambda x: frame(x * 2.0) + 1.0, ((2, 3, 30, 3),), 1),
    ("a frame's parts", lambda x: frame(x)[:, 1:, :-1] * 2.0, ((2, 3, 30, 3),), 1),
    ("a frame's inside", lambda x: frame(x)[:, 1:-1, 1:-1] * 2.0, ((2, 3, 30, 3),), 1),
    ("outside of a frame", lambda x: frame(x)[:, :1] * 2.0, ((2, 3, 30, 3),), 1),
    ("joined", lambda x, y: ngrad.concat([x, y * y], 1) + 1.0, ((6, 60), (6, 9)), 1),
    ("sliced later", lambda x: (x * x)[1:] - (x * x)[:-1], ((9,),), 1),
    ("concatenated", lambda x, y: ngrad.concat([x * 2.0, y + 1.0, x], 0), ((4, 5), (3, 5)), 1),
    ("two long parts", lambda x, y: ngrad.concat([ngrad.exp(x), y * 2.0], 0), ((9,), (9,)), 1),
    ("slices of what is long", lambda x: (y := ngrad.exp(x))[1:] - y[:-1], ((9,),), 1),
    ("padded", lambda x: ngrad.pad(x * 2.0, [[1, 2]]) + 1.0, ((9,),), 1),
    ("constant rows", lambda x: ngrad.zeros((6, 1)) + x * ngrad.ones((6, 5)), ((6, 5),), 1),
    ("transposed operand", lambda x, y: ngrad.exp(ngrad.transpose(x)) * y, ((6, 5), (5, 6)), 1),
    ("components", lengths, ((3, 3, 3),), 1),
    ("stacked components", turned, ((9, 2),), 1),
    ("stacked and reduced", lambda x: ngrad.reduce_sum(turned(x) * x), ((9, 2),), 2),
    ("ranges of components", sides, ((9, 4),), 1),
    ("states", steps, ((9, 2),), 1),
    ("one component of many", lambda x: turned(ngrad.tanh(x) * 2.0)[:, 1], ((9, 2),), 1),
    # What does not fuse:
    ("parts of a frame in steps", lambda x: frame(x)[:, ::2, 1:] * 2.0, ((2, 3, 30, 3),), 3),
    ("a frame of short rows", lambda x: frame(x)[:, 1:, :-1] * 2.0, ((2, 3, 5, 3),), 3),
    ("a frame's parts as they are", lambda x: ngrad.cumsum(frame(x)[1:], 1), ((2, 3, 30, 3),), 3),
    ("three long parts", lambda x: ngrad.concat([ngrad.exp(x), x * 2.0, x], 0), ((9,),), 2),
    ("many parts", lambda *xs: ngrad.concat([x * 2.0 for x in xs], 0), ((9,),) * 5, 10),
    ("slices often of what is long", lambda x: sum_of_slices(ngrad.exp(x)), ((9,),), 2),
    ("slices often of what is not", lambda x: sum_of_slices(x * 2.0), ((9,),), 1),
    ("stacked alone", lambda x, y: ngrad.stack([x, y], -1), ((9,), (9,)), 2),
    ("one op", lambda x: ngrad.exp(x), ((6, 5),), 1),
    ("scalar ops", lambda x: ngrad.exp(x) * x + 1.0, ((),), 3),
    ("long rows", lambda x: x - ngrad.reduce_sum(x * 2.0, 1, True), ((2, 70_000),), 3),
    ("one long row", lambda x: x - ngrad.reduce_sum(x * 2.0), ((70,),), 2),
    ("round trip", lambda x: x * 2.0 + ngrad.cumsum(x * 2.0), ((9,),), 3),
]


@pytest.mark.parametrize(("name", "function", "shapes", "count"), ROWS, ids=[r[0] for r in ROWS])
def test_what_fuses(
    name: str, function: Callable[..., Any], shapes: tuple[tuple[int, ...], ...], count: int
) -> None:
    graph = Tracing([uniform(*shape, seed=k) for k, shape in enumerate(shapes)])
    results = graph.trace(function)
    graph.returning(*(results if isinstance(results, tuple) else (results,)))
    check(graph)
    assert launches(fused(graph), tensors_of(graph)) == count, describe(fused(graph))


@pytest.mark.parametrize("shape, own", [((6, 70), (6, 1)), ((2, 3, 5, 64), (3, 1, 1))])
@pytest.mark.parametrize("ops", [1, 2])
def test_what_is_the_same_along_rows_is_loaded_once_a_row(
    shape: tuple[int, ...], own: tuple[int, ...], ops: int
) -> None:
    """Also by an op alone, and where it is the same for several rows; but for short ones."""
    for short in (False, True):
        given = (*shape[:-1], 7) if short else shape
        graph = Tracing([uniform(*given), uniform(*own, seed=1)])
        graph.returning(graph.trace(lambda x, y: ngrad.tanh(x * y) if ops > 1 else x * y))
        check(graph)
        alone = short and (ops == 1 or len(shape) > 2)
        assert ("load(1) by row" in describe(fused(graph))) != alone


def test_values_that_come_cheap_are_computed_again() -> None:
    """Before and after a product of matrices: what is read by both groups is no result of one."""

    def function(x: Any, bias: Any) -> Any:
        shifted = x + bias
        return ngrad.tanh(ngrad.matmul(shifted * 2.0, shifted * 3.0, transpose_b=True)) + shifted

    graph = Tracing([uniform(5, 5), uniform(5)])
    graph.returning(graph.trace(function))
    check(graph)
    last = fused(graph).nodes[-1]
    assert last.op is FUSED
    assert [step.scalar for step in last.params[0].steps] == ["add", "tanh", "add"]


def test_what_does_not_wait_runs_together() -> None:
    """Large and small, with folds and without: their first launches at once, then their second."""
    rng = np.random.default_rng(0)
    shapes = ((40_000,), (300, 100), (3,), (70_000,), (20,))

    def function(*xs: Any) -> list[Any]:
        chains = [ngrad.tanh(x * x) * 0.5 + x for x in xs]
        return [*chains, *(ngrad.reduce_sum(ngrad.exp(x) * x) for x in xs[:3])]

    graph = Tracing([rng.uniform(-1, 1, shape).astype("f4") for shape in shapes])
    graph.returning(*graph.trace(function))
    whole = gather(fused(graph))
    assert sum(node.op is TOGETHER for node in whole.nodes) == 1
    check(graph)
    assert sum(step.call.launches for step in planned(whole, tensors_of(graph)).steps) <= 3


def test_limits() -> None:
    """A long chain is cut into loop nests of a bounded size."""

    def chain(x: Any, y: Any) -> Any:
        for _ in range(300):
            x = x * y + 1.0
        return x

    graph = Tracing([uniform(50), uniform(50)])
    graph.returning(graph.trace(chain))
    check(graph)
    groups = [node.params[0] for node in fused(graph).nodes if node.op is FUSED]
    assert max(len(group.steps) for group in groups) <= STEPS_LIMIT
    assert len(groups) <= 6
    assert len({group.steps for group in groups}) <= 3  # pieces of the loop are alike
    wide = Tracing([uniform(50, seed=k) for k in range(120)])
    wide.returning(wide.trace(lambda *xs: functools.reduce(lambda x, y: x * y, xs)))
    check(wide)


# -- nothing is baked in ---------------------------------------------------------------------------


def test_nothing_compiles_for_other_sizes_bounds_and_floats() -> None:
    def sizes(n: int, rows: int, length: int) -> None:
        for graph in cases(n, rows, length).values():
            run(fused(graph), tensors_of(graph))

    def part(n: int, start: int, factor: float) -> None:
        def function(x: Any) -> Any:
            inner = x[start : start + n // 2]
            return ngrad.reduce_sum(ngrad.tanh(inner * factor) * inner)

        graph = value_and_gradient(function, [uniform(n)], 1)
        run(fused(graph), tensors_of(graph))

    def compiled() -> int:
        return cache.counters["compiled"] + cache.counters["loaded"]

    def placed(rows: int, length: int) -> int:
        graph = value_and_gradient(variation, [uniform(rows, length)], 1, value=False)
        check(graph)
        return launches(fused(graph), tensors_of(graph))

    def components(*shape: int) -> int:
        graph = value_and_gradient(lambda x: ngrad.reduce_sum(lengths(x)), [uniform(*shape)], 1)
        check(graph)
        return launches(fused(graph), tensors_of(graph))

    sizes(40_000, 2100, 140)
    sizes(40_000, 2100, 60)  # short rows
    part(40_000, 3, 1.5)
    assert components(9, 3) == 1
    assert placed(9, 140) == 1
    before = compiled()
    for n, rows, length in ((3, 2, 3), (1000, 7, 7), (16_384, 1024, 5), (100_000, 3000, 1025)):
        sizes(n, rows, length)
    for n, start, factor in ((10, 1, 1.5), (11, 2, 2.5), (50_000, 7, -3.5)):
        part(n, start, factor)
    for count in (2, 300, 2000):
        assert components(count, 3) == 1
    for rows, length in ((50, 1100), (3, indexing.NARROW)):
        assert placed(rows, length) == 1
    assert compiled() == before


def test_structures_have_canonical_spaces() -> None:
    """Other sizes, the same loop nest; one for short rows, and one for others."""
    spaces = []
    for n, rows, length in ((100, 8, 5), (70_000, 3, 64), (100, 8, 129), (70_000, 3, 900)):
        graphs = [fused(graph) for graph in cases(n, rows, length).values()]
        spaces.append([[x for x in sources(graph) if "def space_" in x] for graph in graphs])
    assert spaces[0] == spaces[1] != spaces[2] == spaces[3]
    assert all(len(found) == 1 for found in spaces[0] + spaces[2])


# -- what is said of it ----------------------------------------------------------------------------


def test_describe() -> None:
    graph = Tracing([uniform(6, 5), uniform(5)])
    graph.returning(graph.trace(lambda x, y: ngrad.reduce_sum(x * y, 0)))
    assert describe(fused(graph)) == (
        "%0 = input(0) : float32[6, 5]\n"
        "%1 = input(1) : float32[5]\n"
        "%2 = fused(%0, %1) over 6 x 5\n"
        "  v0 = load(0) by element\n"
        "  v1 = load(1) by column\n"
        "  v2 = multiply(v0, v1) : f4\n"
        "  v3 = sum over column(v2) : f4\n"
        "  return v3 : float32[5]\n"
        "return %2"
    )
