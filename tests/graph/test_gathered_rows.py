"""Rows that indices name are read where they lie, by the loop nest that computes with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fusing import check, fused, launches, layer_norm, run, tensors_of, uniform, value_and_gradient
from random_graphs import RandomGraph
from tracing import Tracing

import ngrad
from ngrad.errors import IndexBoundsError
from ngrad.graph.fuse import describe
from ngrad.graph.group import FUSED
from ngrad.graph.op import TABLE
from ngrad.ops.gather import TAKE, gather_rows
from ngrad_kernels import cache

Function = Callable[..., Any]

TABLES: dict[str, tuple[tuple[int, ...], Function]] = {
    # shape, and what of it is the table
    "rows": ((9, 70), lambda x: x),
    "short rows": ((9, 3), lambda x: x),
    "long rows": ((5, 1500), lambda x: x),
    "several axes": ((9, 3, 25), lambda x: x),
    "elements": ((9,), lambda x: x),
    "one row": ((1, 70), lambda x: x),
    "every other row": ((9, 70), lambda x: x[::2]),
    "rows from the last on": ((9, 70), lambda x: x[::-1]),
    "parts of rows": ((9, 80), lambda x: x[:, 3:73]),
    "columns": ((70, 9), ngrad.transpose),
    "other elements' places": ((70, 9), lambda x: ngrad.reshape(ngrad.transpose(x), [9, 70])),
    "one row for all": ((70,), lambda x: ngrad.broadcast_to(x, [9, 70])),
}
INDICES: dict[str, Any] = {
    "several": [0, -1, 0, 0, -1, -1, 0],
    "many": [0, -1] * 700,
    "one": [-1],
    "none": [],
    "two axes": [[0, -1, 0], [-1, -1, 0]],
}
READERS: dict[str, Function] = {
    "elementwise": lambda rows: ngrad.tanh(rows * 2.0),
    "a number": lambda rows: ngrad.reduce_sum(ngrad.tanh(rows) * rows),
    "a row program": lambda rows: ngrad.nn.softmax(rows),
    "columns": lambda rows: ngrad.reduce_sum(rows, 0),
    "shown, too": lambda rows: (rows, rows - ngrad.reduce_max(rows, -1, keepdims=True)),
}


def traced(function: Function, *arrays: Any) -> Tracing:
    graph = Tracing([*arrays])
    results = graph.trace(function)
    return graph.returning(*(results if isinstance(results, tuple) else (results,)))


def places(graph: Tracing) -> list[str]:
    """How the leaves of a fused graph lie."""
    groups = [node.params[0] for node in fused(graph).nodes if node.op is FUSED]
    return [leaf.spread for group in groups for leaf in group.leaves]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("reader", READERS)
def test_tables_and_indices(table: str, reader: str) -> None:
    """However the one lies, and whatever the others are."""
    shape, part = TABLES[table]
    for name, values in INDICES.items():
        index = np.array(values, "i4" if name == "several" else "i8")
        graph = traced(
            lambda x, i: READERS[reader](gather_rows(part(x), i)), uniform(*shape), index
        )
        RandomGraph(graph).compare(run(graph, tensors_of(graph)))
        check(graph)
        if name not in ("none", "one"):
            assert "gathered" in places(graph), describe(fused(graph))


def weighted(logits: Any, weights: Any) -> Any:
    """A mean of losses, each with the weight of its label."""
    losses = ngrad.nn.sparse_softmax_cross_entropy_with_logits(OTHERS, logits)
    return ngrad.reduce_sum(weights[OTHERS] * losses)


BATCHES: dict[str, tuple[tuple[int, ...], Function]] = {
    # shape of tables, and what of it they are: (lead, middle, rows, columns)
    "in order": ((2, 3, 9, 70), lambda x: x),
    "long rows": ((2, 3, 5, 1500), lambda x: x),
    "of one row": ((2, 3, 1, 70), lambda x: x),
    "rows from the last on": ((2, 3, 9, 70), lambda x: x[:, :, ::-1]),
    "every other table": ((2, 6, 9, 70), lambda x: x[:, ::2]),
    "tables that lie unevenly": ((2, 4, 9, 70), lambda x: x[:, 1:]),
    "parts of rows": ((2, 3, 9, 80), lambda x: x[..., 3:73]),
    "one table": ((1, 1, 9, 70), lambda x: x),
    "one table for all": ((9, 70), lambda x: ngrad.broadcast_to(x, [2, 3, 9, 70])),
    "columns first": ((2, 3, 70, 9), lambda x: ngrad.transpose(x, [0, 1, 3, 2])),
}


@pytest.mark.parametrize("tables", BATCHES)
@pytest.mark.parametrize("reader", READERS)
def test_rows_of_several_tables(tables: str, reader: str) -> None:
    """Of all the same, of each of a batch others, or of each."""
    shape, part = BATCHES[tables]
    lead = (1, 1) if shape[:2] == (1, 1) else (2, 3)
    drawn = np.random.default_rng(1).integers(-1, 1, (*lead, 4))
    for batches, index in ((0, drawn[0, 0]), (0, drawn[0]), (1, drawn[:, 0]), (2, drawn)):
        graph = traced(
            lambda x, i, batches=batches: READERS[reader](gather_rows(part(x), i, 2, batches)),
            uniform(*shape),
            index,
        )
        RandomGraph(graph).compare(run(graph, tensors_of(graph)))
        check(graph)
        if tables != "one table":
            assert "gathered" in places(graph), describe(fused(graph))


ROWS, OTHERS = np.array([3, 0, 3, -1, 1]), np.array([4, 4, 0, 2, 1])
PERMUTED = np.array([3, 0, 2, 1, 5, 4])
COUNTS: list[tuple[str, Function, tuple[tuple[int, ...], ...], int]] = [
    # name, function, shapes of its arguments, launches
    ("scaled", lambda x, w, b: ngrad.tanh(x[ROWS] * w + b), ((6, 70), (70,), (70,)), 1),
    ("summed", lambda x, w: ngrad.reduce_sum(x[ROWS] * w), ((6, 70), (70,)), 1),
    ("summed over rows", lambda x: ngrad.reduce_mean(x[ROWS], 0), ((6, 70),), 2),
    ("normalised", lambda x: ngrad.nn.log_softmax(x[ROWS]), ((6, 70),), 1),
    ("from two tables", lambda x, y: x[ROWS] * y[OTHERS] + x[OTHERS], ((6, 7), (5, 7)), 1),
    ("several axes of indices", lambda x: x[np.stack([ROWS, OTHERS])] * 2.0, ((6, 70),), 1),
    (
        "as another shape",
        lambda x: ngrad.nn.softmax(ngrad.reshape(x[ROWS], (10, 7))),
        ((6, 14),),
        1,
    ),
    ("elements", lambda x, y: ngrad.exp(x[ROWS]) * y, ((6,), (5,)), 1),
    ("shown, too", lambda x: ((y := x[ROWS]), y * 2.0), ((6, 70),), 1),
    ("along another axis", lambda x: x[:, ROWS] * 2.0, ((3, 6, 70),), 1),
    ("along another axis, summed", lambda x: ngrad.reduce_sum(x[:, ROWS] ** 2), ((3, 6, 70),), 1),
    (
        "of each of a batch",
        lambda x, w: ngrad.nn.softmax(ngrad.gather(x, [OTHERS, ROWS % 4], batch_dims=1) * w),
        ((2, 6, 70), (70,)),
        1,
    ),
    ("one for each row", lambda x, y: x[ROWS][:, None] * y, ((6,), (5, 70)), 1),
    ("weights of losses", lambda x, w: weighted(x, w), ((5, 70), (70,)), 2),
    # They are stored once, by the first of two groups, and beside what a product reads.
    ("read twice", lambda x: ngrad.cumsum((y := x[ROWS]) * 2.0) * y, ((6, 70),), 3),
    (
        "of a product",
        lambda x: ngrad.matmul(y := x[ROWS], ngrad.exp(y), False, True),
        ((6, 70),),
        2,
    ),
    # A launch of its own:
    ("alone", lambda x: x[ROWS], ((6, 70),), 1),
    ("two alone", lambda x: (x[ROWS], x[OTHERS]), ((6, 70),), 2),
    ("of what is computed", lambda x: (x * 2.0)[PERMUTED] + 1.0, ((6, 70),), 2),
    (
        "at what is computed",
        lambda x, y: gather_rows(x, ngrad.cast(y * 2.0, "int64")) + 1.0,
        ((6, 7), (5,)),
        2,
    ),
    ("of columns", lambda x: ngrad.gather(x, [0, 2, 2], axis=1) * 2.0, ((6, 70),), 2),
    ("of short rows", lambda x: ngrad.gather(x, [0, 2, 2], axis=1) * 2.0, ((5, 6, 7),), 2),
    ("several for each row", lambda x, y: x[ROWS][..., None] * y, ((6, 3), (5, 3, 70)), 2),
]


@pytest.mark.parametrize(
    ("name", "function", "shapes", "count"), COUNTS, ids=[r[0] for r in COUNTS]
)
def test_launches(
    name: str, function: Function, shapes: tuple[tuple[int, ...], ...], count: int
) -> None:
    graph = traced(function, *[uniform(*shape, seed=k) for k, shape in enumerate(shapes)])
    check(graph)
    assert launches(fused(graph), tensors_of(graph)) == count, describe(fused(graph))


def test_a_layer_norm_of_rows_and_its_gradient() -> None:
    """No launch gathers; the gradient of the table is added up by one."""
    index = np.array([3, 0, 3, 1])
    arrays = [uniform(5, 70), uniform(70, seed=1), uniform(70, seed=2)]
    graph = value_and_gradient(lambda x, w, b: layer_norm(x[index], w, b), arrays, 3)
    check(graph)
    assert places(graph).count("gathered") == 1
    cut = fused(graph)
    assert not any(node.op is TAKE for k, node in enumerate(cut.nodes) if cut.needed()[k])


def test_what_is_read_by_index_is_written_over_later() -> None:
    """By a gather of its own, since a group that waits for more would read it too late."""

    def function(x: Any) -> Any:
        y = ngrad.matmul(x, x)
        rows = y[PERMUTED]
        later = ngrad.tensor_scatter_nd_update(y, [[1], [4]], x[:2])
        return ngrad.tanh(rows) * ngrad.matmul(later, x)

    graph = traced(function, uniform(6, 6))
    check(graph)
    (change,) = (node for node in fused(graph).nodes if node.op is TABLE["put_rows"])
    assert change.params[0] and "gathered" not in places(graph)


def test_nothing_compiles_for_other_tables() -> None:
    """One kernel for rows that are not short, one for short ones, of any number."""

    def readers(rows: int, length: int, count: int) -> None:
        index = np.arange(count) % rows
        for reader in READERS.values():
            graph = traced(lambda x, reader=reader: reader(x[index]), uniform(rows, length))
            run(fused(graph), tensors_of(graph))

    readers(9, 200, 30)
    readers(9, 5, 30)
    before = cache.counters["compiled"] + cache.counters["loaded"]
    for rows, length, count in ((1, 1500, 2), (300, 130, 1000), (7, 3, 5), (2000, 40, 700)):
        readers(rows, length, count)
    assert cache.counters["compiled"] + cache.counters["loaded"] == before


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("at", [(), (slice(None),)], ids=["of a table", "of tables"])
def test_indices_that_are_only_computed(at: tuple[slice, ...]) -> None:
    """They are checked before: what is out of bounds raises, and the next call is as right."""
    table, w = ngrad.constant(uniform(*(3,) * len(at), 5, 70)), ngrad.constant(uniform(70, seed=1))
    f = ngrad.function(lambda i: ngrad.reduce_sum(ngrad.nn.softmax(table[(*at, i * 2)]) * w, -1))
    for k in range(6):
        index = np.array([0, 2, -1, 0, k % 3])
        expected = ngrad.reduce_sum(ngrad.nn.softmax(table.numpy()[(*at, index * 2)]) * w, -1)
        np.testing.assert_array_equal(f(ngrad.constant(index)), expected)
        with pytest.raises(IndexBoundsError, match="getitem: index 6 is out of range"):
            f(ngrad.constant([1, 3])).numpy()
    assert ngrad.stats().fused
