"""Every op over a batch, and its VJP rule: as on one element after another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numeric import Array, assert_same_bits, rule_over, weights
from rows import ROWS
from table import Row

import ngrad
from ngrad.devices import HOST
from ngrad.dtypes import as_dtype
from ngrad.errors import GradientError
from ngrad.graph.batch import batched, rule_of
from ngrad.graph.graph import PART, Graph, Node
from ngrad.graph.layout import layout
from ngrad.graph.op import TABLE, Op
from ngrad.graph.plan import Plan
from ngrad.graph.simplify import rewrite
from ngrad.ops.convert import number
from ngrad.ops.slide import Places
from ngrad.record import apply, execute, traced
from ngrad.scalars import scalar
from ngrad.tensor import from_numpy

SIZES = (3, 1, 0)
F8 = as_dtype("f8")
CLOSE = {op.name for op in TABLE.values() if op.family == "linalg"} - {"fft", "rfft", "irfft"}
"""Ops whose bits, or those of their rules, depend on the shapes that they are called with: BLAS
adds in other orders. Their matrices keep their structure from one element of a batch to the next.
"""


class Case(NamedTuple):
    """A function of tensors whose graph has the op in it, and arrays to call it with."""

    op: str
    function: Callable[..., Any]
    arrays: list[Array]

    def graph(self) -> Graph:
        return graph_of(lambda *inputs: (self.function(*inputs),), self.arrays)


def graph_of(function: Callable[..., Any], arrays: Sequence[Array]) -> Graph:
    """A function that returns several results or None for some, traced."""
    graph = Graph(rewrite)
    inputs = [graph.input(layout(as_dtype(a.dtype), a.shape)) for a in arrays]
    outs = traced(graph, lambda: function(*inputs))
    graph.outputs = tuple(None if out is None else out.index for out in outs)
    return graph


def run(graph: Graph, arrays: Sequence[Array]) -> list[Any]:
    graph.verify()
    tensors = [from_numpy(a) for a in arrays]
    plan = Plan.of(graph, dict(enumerate(x._layout for x in tensors)), scalar)
    return [
        None if out is None else out.numpy()
        for out in plan.run([tensors[k] for k in plan.inputs], execute)
    ]


def several(array: Array, size: int, scaled: bool) -> Array:
    """A batch of arrays that differ: scaled, the elements in another order, or a single one,
    changed.
    """
    result = np.empty((size, *array.shape), array.dtype)
    if scaled and array.dtype.kind in "fc":
        result[:] = np.multiply.outer(1 + np.arange(size) / 4, array)
        return result
    for k in range(size):
        if array.size > 1:
            result[k] = np.roll(array.reshape(-1), k).reshape(array.shape)
        else:
            result[k] = array ^ bool(k % 2) if array.dtype == bool else array + array.dtype.type(k)
    return result


def check(graph: Graph, arrays: Sequence[Array], which: tuple[bool, ...], close: bool) -> None:
    """The graph over a batch: what it gives for each element by itself."""
    for size in SIZES:
        given = [
            several(a, size, close) if many else a for a, many in zip(arrays, which, strict=True)
        ]
        found = run(batched(graph, which, size), given)
        singles = [
            run(graph, [a[k] if many else a for a, many in zip(given, which, strict=True)])
            for k in range(size)
        ]
        for position, index in enumerate(graph.outputs):
            if index is None:
                assert found[position] is None
                continue
            assert found[position].shape == (size, *graph.nodes[index].spec.shape)
            for out, single in zip(found[position], singles, strict=True):
                if close:
                    np.testing.assert_allclose(out, single[position], 1e-12, 1e-12)
                else:
                    assert_same_bits(out, single[position])


def _name(cases: list[Case]) -> str:
    return cases[0].op


# -- the table -------------------------------------------------------------------------------------


def of_row(row: Row) -> list[Case]:
    return [
        Case(row.op, row.function, row.sample(shapes, code))
        for code in ("f8", "i4", "b1", *(("c16",) if row.wide == ["c16"] else ()))
        if code[0] in row.kinds
        for shapes in row.cases
    ]


def applied(op: str, *arrays: Array, **params: Any) -> Case:
    """A primitive with all of its operands, where a row's function makes some of them itself."""
    return Case(op, lambda *xs: apply(TABLE[op], xs, tuple(params.values())), list(arrays))


def joined(how: str, values: Array, index: Array, axis: int) -> Case:
    """What joins rows, beside the number that it begins with."""

    def function(x: Any, places: Any) -> Any:
        start = number(-0.5 if how == "max" else 0.5, F8, HOST)
        params = (3, axis, index.ndim - 1)
        return apply(TABLE[f"{how}_rows"], (start, x, places), params)

    return Case(f"{how}_rows", function, [values, index])


def _floats(*shape: int) -> Array:
    return weights(shape)


def _places(*shape: int) -> Array:
    return np.arange(np.prod(shape)).reshape(shape) * 2 % 3


def _matrices(*shape: int, transposed: bool) -> Array:
    array = _floats(*shape)
    return np.ascontiguousarray(array.swapaxes(-1, -2)) if transposed else array


STATE = np.array([7, 11, 100, 5], np.uint64)
ROWS_ALONG = (
    ((3, 2), 0, ()),
    ((2, 3, 2), 1, ()),
    ((2, 3, 2), 1, (2,)),
    ((2, 2, 3), 2, (2,)),
)
"""Shapes, an axis of three rows, and the axes that indices share."""
CASES = [
    *(
        applied("take_rows", _floats(*shape), _places(*lead, 4), axis=axis, batches=len(lead))
        for shape, axis, lead in ROWS_ALONG
    ),
    *(
        applied(
            op,
            _floats(*shape[:axis], 4, *shape[axis + 1 :]),
            _places(*lead, 4),
            rows=3,
            axis=axis,
            batches=len(lead),
        )
        for op, (shape, axis, lead) in itertools.product(("add_rows", "other_rows"), ROWS_ALONG)
    ),
    *(
        joined(how, _floats(*shape[:axis], 4, *shape[axis + 1 :]), _places(*lead, 4), axis)
        for how, (shape, axis, lead) in itertools.product(("max", "min", "multiply"), ROWS_ALONG)
    ),
    *(
        applied(
            "put_rows",
            _floats(*shape),
            _floats(*shape[:axis], 4, *shape[axis + 1 :]),
            _places(*lead, 4),
            dies=False,
            how=how,
            axis=axis,
            batches=len(lead),
        )
        for how, (shape, axis, lead) in itertools.product(("add", "put"), ROWS_ALONG)
    ),
    *(applied("last_rows", _places(b, 4), rows=5) for b in (2, 1)),
    applied("accumulate", _floats(2, 5), _places(2, 5) != 2, function="hypot"),
    applied("segments", _floats(5, 2), np.array([0, 1, 3]), function="hypot", axis=0),
    applied("segments", _floats(2, 5), np.array([0, 4]), function="add", axis=1),
    applied("linear_recurrence", _floats(2, 5), _floats(2, 5) - 0.5),
    applied("search", np.sort(_floats(2, 5)), _floats(2, 3), right=True),
    applied("search", np.sort(_floats(5)), _floats(2, 3), right=False),
    applied("interp", _floats(2, 3), np.sort(_floats(2, 5)), _floats(2, 5)),
    applied("interp", _floats(2, 3), np.sort(_floats(4)), _floats(4)),
    applied("slide", _floats(2, 5, 1), _floats(2, 3, 1), **Places.along(7, 2)._asdict()),
    applied("slide", _floats(5), _floats(3), **Places.along(7, 2)._asdict()),
    applied("slide", _floats(2, 5, 1), _floats(1, 3, 1), **Places.along(7, 2)._asdict()),
    *(
        Case("embed", lambda x, v: ngrad.pad(x, [[1, 2], [0, 1]], constant_values=v), [x, v])
        for x, v in ((_floats(2, 3), np.array(-0.0)), (_places(2, 3), np.array(7)))
    ),
    *(
        applied(
            "windows_matmul",
            _floats(2, 3, 5, 2),
            _floats(*((2, 3, 3, 4) if transpose else (2, 6, 4))),
            transpose=transpose,
            sizes=(3,),
            steps=(2,),
            gaps=(1,),
            pads=((1, 1),),
        )
        for transpose in (False, True)
    ),
    *(
        applied(
            "matmul",
            _matrices(*left, transposed=tx),
            _matrices(*right, transposed=ty),
            transpose_x=tx,
            transpose_y=ty,
        )
        for left, right in (
            ((3, 4), (4, 2)),
            ((1, 4), (4, 2)),
            ((3, 4), (4, 1)),
            ((5, 3, 4), (4, 2)),
            ((3, 4), (5, 4, 2)),
            ((5, 3, 4), (5, 4, 2)),
            ((5, 1, 3, 4), (2, 4, 2)),
        )
        for tx, ty in itertools.product((False, True), repeat=2)
    ),
    *(
        applied("matmul", *operands, transpose_x=False, transpose_y=False)
        for operands in ((_floats(3, 4), _floats(4)), (_floats(4), _floats(4, 2)))
    ),
    *(
        applied("matmul", _floats(3, 4), transpose_x=transposed, transpose_y=not transposed)
        for transposed in (False, True)
    ),
    *(
        applied(f"random_{name}", STATE[:2], dtype=F8, shape=(2, 3))
        for name in ("uniform", "normal", "truncated_normal")
    ),
    applied("random_integers", STATE, dtype=as_dtype("i4"), shape=(2, 3)),
    applied("random_gamma", STATE[:2], np.abs(_floats(4)), shape=(3,)),
    applied("random_poisson", STATE[:2], np.abs(_floats(4)), shape=(3,)),
    applied("random_binomial", STATE[:2], np.full(4, 9.0), np.full(4, 0.3), shape=(3,)),
    applied("categorical", STATE[:2], np.cumsum(np.abs(_floats(2, 3)), 1), samples=5),
    applied("random_bits", STATE[:2], dtype=as_dtype("u8"), shape=(6,)),
]
# The rows of these make operands themselves, out of constants.
CONSTANT = (
    "take_rows", "add_rows", "max_rows", "min_rows", "multiply_rows", "other_rows", "last_rows",
    "put_rows", "linear_recurrence", "slide", "search", "accumulate", "segments",
)  # fmt: skip
TABLED = [row for row in ROWS if row.op not in CONSTANT]


def test_every_op_has_cases_and_a_rule() -> None:
    ops = {name: op for name, op in TABLE.items() if op.family not in ("engine", "opaque")}
    assert {case.op for case in CASES} | {row.op for row in TABLED} == ops.keys()
    for op in ops.values():
        rule_of(op)


def test_an_op_without_a_rule_raises() -> None:
    op = Op("unbatched", lambda x: x, lambda inputs, out: None, family="opaque")
    op.family = "engine"
    with pytest.raises(GradientError, match=r"unbatched: has no batching rule"):
        rule_of(op)


def test_which_ops_loop_is_documented() -> None:
    """An op that is applied to one element after another says so in docs/jacobians.md."""
    text = (Path(__file__).parents[2] / "docs" / "jacobians.md").read_text()
    looping = {
        name
        for name, op in TABLE.items()
        if op.batching is None and op.family not in ("engine", "elementwise")
    }
    assert {name for name in TABLE if f"`{name}`" in text} == looping


@pytest.mark.parametrize("cases", [*map(of_row, TABLED), *([case] for case in CASES)], ids=_name)
def test_as_one_by_one(cases: list[Case]) -> None:
    """Over every set of batched inputs."""
    for case in cases:
        for which in itertools.product((False, True), repeat=len(case.arrays)):
            check(case.graph(), case.arrays, which, case.op in CLOSE)


@pytest.mark.parametrize(
    "cases",
    [*(of_row(row) for row in TABLED if row.smooth), *([case] for case in CASES)],
    ids=_name,
)
def test_backward_as_one_by_one(cases: list[Case]) -> None:
    """The VJP rule of the op, over a batch of cotangents, alone and with all that it reads."""
    for case in cases:
        for graph, arrays, results in backward(case):
            alone = (*(True,) * results, *(False,) * (len(arrays) - results))
            for which in (alone, (True,) * len(arrays)):
                check(graph, arrays, which, case.op in CLOSE)


def backward(case: Case) -> Iterator[tuple[Graph, list[Array], int]]:
    """The graph of each application of the case's op: of cotangents, results and inputs; and how
    many results there are.
    """
    forward = case.graph()
    for index, node in enumerate(forward.nodes):
        op = node.op
        if isinstance(op, Op) and op.name == case.op and node.spec.dtype.is_inexact:
            parts = [k for k, part in enumerate(forward.nodes) if is_part(part, index)]
            forward.outputs = (*(parts or [index]), *node.inputs)
            found = run(forward, case.arrays)
            outs, inputs = found[: len(parts) or 1], found[len(parts) or 1 :]
            arrays = [*(weights(out.shape).astype(out.dtype) for out in outs), *outs, *inputs]
            yield graph_of(rule_over(op, node.params, len(parts)), arrays), arrays, len(outs)


def is_part(node: Node, whole: int) -> bool:
    return node.op == PART and node.inputs == (whole,)
