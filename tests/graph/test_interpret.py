"""The interpreter against the kernels: every row of the table of ops, and each op's VJP, traced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numeric import CODES, Array, assert_same_bits, assert_within_ulps, grid, rule_over
from rows import ROWS
from table import Row
from tracing import Tracing, run

from ngrad.dtypes import BY_CODE, float32, float64, int64
from ngrad.graph import interpret as module
from ngrad.graph.graph import Graph
from ngrad.graph.interpret import evaluate, interpret
from ngrad.graph.layout import layout
from ngrad.graph.op import TABLE, Op
from ngrad.graph.reference import REFERENCES
from ngrad.graph.reference.folds import wide

EXACT = {
    kind: {row.op for row in ROWS} - {row.op for row in ROWS if row.ulps_of(kind)} for kind in "fc"
}
"""By kind of dtype, the ops that are exact."""
CASES = [(row, code) for row in ROWS for code in CODES if code[0] in row.kinds and row.tests(code)]
every_case = pytest.mark.parametrize(("row", "code"), CASES, ids=str)


def traced_row(row: Row, code: str) -> Iterator[Tracing]:
    for shapes in row.cases:
        graph = Tracing(row.sample(shapes, code))
        graph.returning(graph.trace(row.function))
        graph.verify()
        yield graph


def test_every_op_has_a_reference() -> None:
    ops = {name for name, op in TABLE.items() if op.family not in ("engine", "opaque")}
    assert ops - REFERENCES.keys() == set(), "an op has no reference"
    assert REFERENCES.keys() - TABLE.keys() == set(), "a reference is of no op"


@every_case
def test_values(row: Row, code: str) -> None:
    """To the bit where the op is exact, else as near as the row says and as rounding allows."""
    for graph in traced_row(row, code):
        (found,), (expected,) = run(graph, graph.values), interpret(graph, graph.values)
        assert found is not None and expected is not None
        ulps = row.ulps_of(code[0])
        if ulps == 0 or expected.dtype.kind not in "fc":
            assert_same_bits(found, expected)
        else:
            unit = float(np.finfo(found.dtype).eps) / np.finfo(np.float64).eps
            assert_within_ulps(found, wide(expected), ulps + 0.5, row.floor * unit)


def _like(x: Array) -> Array:
    """A cotangent of a result."""
    found = grid(x.shape, -1.5, 1.5, 3)
    return (found + 0.7j if x.dtype.kind == "c" else found).astype(x.dtype)


def vjps(graph: Tracing) -> Iterator[Tracing]:
    """The VJP of each node, a graph of the cotangent, the result and the operands."""
    outputs, graph.outputs = graph.outputs, tuple(range(len(graph.nodes)))
    values = interpret(graph, graph.values)
    graph.outputs = outputs
    for node, out in zip(graph.nodes, values, strict=True):
        if not isinstance(node.op, Op) or node.op.rule is None or not node.spec.dtype.is_inexact:
            continue
        outs = out if isinstance(out, tuple) else (out,)
        cotangents = [_like(x) for x in outs]
        back = Tracing([*cotangents, *outs, *(values[k] for k in node.inputs)])
        several = len(outs) if isinstance(out, tuple) else 0
        yield back.returning(*back.trace(rule_over(node.op, node.params, several)))


@every_case
def test_vjps(row: Row, code: str) -> None:
    """To the bit where the VJP is made of exact ops, else up to rounding on the way."""
    exact = EXACT["c" if code[0] == "c" else "f"]
    for graph in traced_row(row, code):
        for back in vjps(graph):
            back.verify()
            ops = {node.op.name for node in back.nodes if isinstance(node.op, Op)}
            pairs = zip(run(back, back.values), interpret(back, back.values), strict=True)
            for found, expected in pairs:
                if found is None or expected is None:
                    assert found is expected
                elif expected.dtype.kind not in "fc" or ops <= exact:
                    assert_same_bits(found, expected)
                else:
                    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1.0)
                    unit = 64 * float(np.finfo(expected.dtype).eps)
                    np.testing.assert_allclose(found, expected, rtol=unit, atol=unit * scale)


STATE = np.array([0x0123456789ABCDEF, 0xFEDCBA9876543210], np.uint64)
ALPHA = np.array([0.3, 1.0, 2.5, -1.0, 40.0])
RATES = np.array([0.0, 0.3, 9.5, 10.0, 300.0, -1.0, np.inf])
TRIALS = np.array([0.0, 7.5, 40.0, 1e3, 1e3, 9.0, -1.0])
CHANCES = np.array([0.5, 0.2, 0.5, 0.999, 0.3, 1.5, 0.5])
TOTALS = np.cumsum(np.array([[0.0, 1.0, 2.0, 0.0], [1.0, 0.0, 0.0, 0.5]]), 1)
DICE = np.array([*STATE, 6, 1], np.uint64)
LOPSIDED = np.array([*STATE, (1 << 31) + 1, -(1 << 31) % (1 << 64)], np.uint64)


def draws(op: str, *operands: Array, ulps: float = 0.0, codes: str = "f4 f8", **params: Any) -> Any:
    """The op with each dtype that it draws, where it is told one."""
    if "dtype" not in TABLE[op].params:
        return [pytest.param(op, operands, params, ulps, id=op)]
    return [
        pytest.param(op, operands, {"dtype": BY_CODE[code], **params}, ulps, id=f"{op}-{code}")
        for code in codes.split()
    ]


DRAWS = [
    *draws("random_uniform", STATE, shape=(41, 5)),
    *draws("random_normal", STATE, shape=(500,), ulps=24),
    *draws("random_truncated_normal", STATE, shape=(7, 0)),
    *draws("random_truncated_normal", STATE, shape=(500,), ulps=24),
    *draws("random_integers", DICE, shape=(3, 50), codes="i4 i8"),
    *draws("random_integers", LOPSIDED, shape=(150,), codes="i4 i8"),
    *draws("random_gamma", STATE, ALPHA, shape=(60,), ulps=1e4),
    *draws("random_gamma", STATE, ALPHA.astype(np.float32), shape=(), ulps=16),
    *draws("random_poisson", STATE, RATES, shape=(60,)),
    *draws("random_binomial", STATE, TRIALS, CHANCES, shape=(60,)),
    *draws("categorical", STATE, TOTALS, samples=101),
    *draws("random_bits", STATE, shape=(97,), codes="u8"),
]


@pytest.mark.parametrize(("name", "operands", "params", "ulps"), DRAWS)
def test_draws(name: str, operands: tuple[Array, ...], params: Any, ulps: float) -> None:
    """A draw is a function of its state: the same numbers by NumPy."""
    op = TABLE[name]
    graph = Tracing(list(operands))
    graph.returning(graph.trace(lambda *xs: graph.apply(op, xs, tuple(params.values()))))
    (found,), (expected,) = run(graph, graph.values), interpret(graph, graph.values)
    assert found is not None and expected is not None
    if ulps:
        assert_within_ulps(found, expected.astype(np.float64), ulps)
    else:
        assert_same_bits(found, expected)


# -- what it says of graphs ------------------------------------------------------------------------


def halves(x: Array) -> tuple[Array, Array]:
    return np.floor(x), x - np.floor(x)


def test_one_result_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is rounded to its own dtype; no result at all is none."""
    op = Op("halves", lambda x: (x, layout(float32, x.shape)), halves, family="opaque")
    monkeypatch.setitem(REFERENCES, "halves", halves)
    graph = Graph()
    whole, part = graph.apply(op, (graph.input(layout(float64, (2,))),), ())
    graph.outputs = (part.index, None, whole.index)
    graph.verify()
    found = interpret(graph, [np.array([1.1, 2.5])])
    assert found[1] is None
    assert_same_bits(found[0], np.array([0.1, 0.5], np.float32))
    assert_same_bits(found[2], np.array([1.0, 2.0]))


def test_inputs_must_fit() -> None:
    graph = Graph()
    unused, used = graph.input(layout(float32, (3,))), graph.input(layout(float32, (2,)))
    assert unused.index != used.index
    graph.outputs = (used.index,)
    right = np.ones(2, np.float32)
    assert_same_bits(interpret(graph, [None, right])[0], right)
    for wrong in (np.ones(2), np.ones(3, np.float32)):
        with pytest.raises(ValueError, match=r"input 1 is float\d\d\[\d\], not float32\[2\]"):
            interpret(graph, [None, wrong])
    with pytest.raises(ValueError, match="reads input 1, but 1 are given"):
        interpret(graph, [right])


def test_an_op_without_reference() -> None:
    op = Op("mystery", lambda x: x, lambda x: x, family="opaque")
    with pytest.raises(NotImplementedError, match="mystery has no reference"):
        evaluate(op, (), [np.ones(2)])


@pytest.mark.parametrize("wrong", [lambda x: x[:1], lambda x: x > 0, lambda x: x.astype(int)])
def test_a_reference_that_is_wrong(monkeypatch: pytest.MonkeyPatch, wrong: Any) -> None:
    """Only floats are rounded; another shape or kind is no rounding."""
    monkeypatch.setitem(module.REFERENCES, "tanh", wrong)
    with pytest.raises(AssertionError, match=r"reference of tanh gives .*, not float64\[2\]"):
        evaluate(TABLE["tanh"], (), [np.ones(2)])


def test_special_functions_need_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy.special", None)
    with pytest.raises(ImportError, match="reference of erfc is SciPy's; install scipy"):
        evaluate(TABLE["erfc"], (), [np.ones(2)])
    assert evaluate(TABLE["cast"], (int64,), [np.array([np.nan])]) == 0
