"""The value of a graph by plain NumPy, node by node: the oracle of whatever else runs graphs.

It shares nothing with the kernels: each op is computed by its reference. Floats are rounded to the
dtype of the node, so that only what happens within one op may differ, and only as far as the op
allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ngrad.dtypes import as_dtype
from ngrad.graph.graph import CONSTANT, INPUT, PART, Graph
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Params
from ngrad.graph.reference import REFERENCES

Array = np.ndarray[Any, Any]
Value = Array | tuple[Array, ...]


def interpret(graph: Graph, inputs: Sequence[Any]) -> list[Array | None]:
    """The outputs of a graph for arrays.

    Parameters
    ----------
    graph : Graph
    inputs : sequence of array
        By the inputs' numbers; one that no output needs may be anything.

    Returns
    -------
    list of array, None where the graph has no output
        They may share memory with the inputs.

    Raises
    ------
    ValueError
        If an input has another shape or dtype than the graph says.
    NotImplementedError
        If an op has no reference: a user's Python does not.

    Examples
    --------
    >>> from ngrad.dtypes import float32
    >>> from ngrad.graph.layout import layout
    >>> graph = Graph()
    >>> x = graph.input(layout(float32, (2,)))
    >>> graph.outputs = (x.index,)
    >>> interpret(graph, [np.array([1, 2], np.float32)])
    [array([1., 2.], dtype=float32)]
    """
    values: dict[int, Any] = {}
    for index, (node, needed) in enumerate(zip(graph.nodes, graph.needed(), strict=True)):
        if not needed:
            continue
        if node.op == INPUT:
            values[index] = _given(node.params[0], inputs, node.spec)
        elif node.op == CONSTANT:
            values[index] = np.asarray(node.params[-1], node.spec.dtype.numpy_dtype)
        elif node.op == PART:
            values[index] = values[node.inputs[0]][node.params[0]]
        else:
            assert isinstance(node.op, Op)
            values[index] = evaluate(node.op, node.params, [values[k] for k in node.inputs])
    return [None if k is None else values[k] for k in graph.outputs]


def _given(number: int, inputs: Sequence[Any], spec: Layout) -> Array:
    if number >= len(inputs):
        raise ValueError(f"interpret: the graph reads input {number}, but {len(inputs)} are given")
    array = np.asarray(inputs[number])
    if array.dtype != spec.dtype.numpy_dtype or array.shape != spec.shape:
        raise ValueError(
            f"interpret: input {number} is {array.dtype.name}{list(array.shape)}, not {spec!r}"
        )
    return array


def evaluate(op: Op, params: Params, operands: Sequence[Array]) -> Value:
    """One op's result on arrays; a tuple if it has several."""
    reference = REFERENCES.get(op.name)
    if reference is None:
        raise NotImplementedError(f"interpret: {op.name} has no reference in NumPy")
    keywords = op.keywords(params)
    with np.errstate(all="ignore"):
        found = reference(*operands, **keywords)
        specs = op.infer(*(layout(as_dtype(x.dtype), x.shape) for x in operands), **keywords)
        if isinstance(specs, tuple):
            return tuple(_rounded(op, x, spec) for x, spec in zip(found, specs, strict=True))
        return _rounded(op, found, specs)


def _rounded(op: Op, value: Any, spec: Layout) -> Array:
    """A reference's result as the op's: only floats may come in another dtype."""
    array, dtype = np.asarray(value), spec.dtype.numpy_dtype
    if array.shape != spec.shape or (
        array.dtype != dtype and {array.dtype.kind, dtype.kind} not in ({"f"}, {"c"})
    ):
        raise AssertionError(
            f"the reference of {op.name} gives {array.dtype.name}{list(array.shape)}, not {spec!r}"
        )
    return array.astype(dtype, copy=False)
