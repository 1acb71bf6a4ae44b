"""Random programs: values as NumPy's, and the same gradient, to the bit, however it is run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import difference

import ngrad
from ngrad import unplanned
from ngrad.forms import forms
from ngrad.plans import FEW, plans

Array = np.ndarray[Any, Any]


class Step(NamedTuple):
    """An op on values made before: the same function of tensors and of arrays."""

    name: str
    operands: tuple[int, ...]


def _pair(op: Callable[[Any, Any], Any]) -> tuple[int, Any, Any]:
    return 2, op, op


# name -> (operands, on tensors, on arrays). All smooth, and bounded where they feed one another.
OPS: dict[str, tuple[int, Callable[..., Any], Callable[..., Any]]] = {
    "add": _pair(lambda x, y: x + y),
    "subtract": _pair(lambda x, y: x - y),
    "multiply": _pair(lambda x, y: x * y),
    "quotient": _pair(lambda x, y: x / (y * y + 1.0)),
    "tanh": (1, ngrad.tanh, np.tanh),
    "sin": (1, ngrad.sin, np.sin),
    "decay": (1, lambda x: ngrad.exp(-x * x), lambda x: np.exp(-x * x)),
    "rows": (1, lambda x: ngrad.reduce_sum(x, 1, True), lambda x: x.sum(1, keepdims=True)),
    "columns": (1, lambda x: ngrad.reduce_mean(x, 0, True), lambda x: x.mean(0, keepdims=True)),
    "transpose": (1, ngrad.transpose, np.transpose),
    "reverse": (1, lambda x: x[::-1], lambda x: x[::-1]),
    "ends": (1, lambda x: x[:, :1] - x[:, -1:], lambda x: x[:, :1] - x[:, -1:]),
    "last": (1, lambda x: x[-1:], lambda x: x[-1:]),
    "right": (1, lambda x: x[:, -99:], lambda x: x[:, -99:]),
    "doubled": (1, lambda x: ngrad.concat([x, x], 0), lambda x: np.concatenate([x, x], 0)),
    "running": (1, lambda x: ngrad.cumsum(x, 1), lambda x: np.cumsum(x, 1)),
    "product": (
        2,
        lambda x, y: ngrad.matmul(x, y, transpose_b=True),
        lambda x, y: x @ y.T,
    ),
}


def evaluate(steps: list[Step], inputs: list[Any], which: int) -> tuple[list[Any], Any]:
    """Every value, and the sum of all of the last step's elements. `which`: 1 tensors, 2 arrays."""
    values = list(inputs)
    for step in steps:
        values.append(OPS[step.name][which](*(values[k] for k in step.operands)))
    last = values[-1]
    return values, ngrad.reduce_sum(last) if which == 1 else last.sum()


FEW_COLUMNS, WIDE = (1, 2, 4), (65, 128, 131, 300)
"""Of wide rows loops go over strips of 64 columns, and over what is left of them."""
IN_STRIPS = ("multiply", "tanh", "sin", "decay", "rows", "columns", "last", "right", "doubled")
"""What such loops are of: long scalars, sums of rows and columns, and parts."""


@st.composite
def programs(
    draw: st.DrawFn,
    widths: tuple[int, ...] = FEW_COLUMNS,
    names: tuple[str, ...] = tuple(sorted(OPS)),
    most: int = 9,
) -> tuple[list[Step], list[Array]]:
    rows, columns = draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from(widths))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    arrays = [
        rng.uniform(-1, 1, shape) for shape in ((rows, columns), (1, columns), (rows, columns))
    ]
    steps: list[Step] = []
    shadows: list[Array] = list(arrays)
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(names))
        count, _, on_arrays = OPS[name]
        deep = [len(shadows) - 1] * len(shadows)  # as often the last value as any
        operands = tuple(draw(st.sampled_from([*range(len(deep)), *deep])) for _ in range(count))
        try:
            value = on_arrays(*(shadows[k] for k in operands))
        except ValueError:  # shapes that do not fit: the program is one step shorter
            continue
        if value.size > 100 * max(4, columns) or np.abs(value).max(initial=0) > 1e3:
            continue
        steps.append(Step(name, operands))
        shadows.append(value)
    return steps, arrays


def gradient(steps: list[Step], arrays: list[Array], threads: int, way: str) -> list[Any]:
    """The gradient in each input: deferred, fused, eager, recorded by an outer tape, in a function
    or through one, or run as it is read.
    """
    ngrad.config.set_threads(threads)
    unplanned.FEW = -1 if way == "read" else FEW
    ngrad.config.set_eager(way == "eager")
    ngrad.config.set_fusion("wait" if way == "fused" else "off")
    outer = ngrad.GradientTape(watch_accessed_variables=False)

    def total(*inputs: Any) -> Any:
        return evaluate(steps, list(inputs), 1)[1]

    forward = ngrad.function(total) if way == "through a function" else total

    def slopes(*inputs: Any) -> Any:
        with ngrad.GradientTape() as tape:
            tape.watch(inputs)
            y = forward(*inputs)
        with outer if way == "recorded" else nullcontext():
            return tape.gradient(y, inputs, unconnected_gradients="zero")

    backward = ngrad.function(slopes) if way == "function" else slopes
    for _ in range(2):  # the second time a function is replayed, and what fuses is fused
        if way == "read":
            plans.clear()
        found = backward(*(ngrad.constant(a) for a in arrays))
    ngrad.config.set_eager(False)
    ngrad.config.set_fusion("off")
    unplanned.FEW = FEW
    return [g.numpy() for g in found]


WAYS = ((2, "eager"), (2, "recorded"), (1, "deferred"), (2, "read"))
AS_FUNCTIONS = ((2, "function"), (2, "through a function"))


@given(programs())
def test_random_programs(program: tuple[list[Step], list[Array]]) -> None:
    steps, arrays = program
    values, _ = evaluate(steps, [ngrad.constant(a) for a in arrays], 1)
    expected, _ = evaluate(steps, arrays, 2)
    for value, array in zip(values, expected, strict=True):
        np.testing.assert_allclose(value.numpy(), array, rtol=1e-12, atol=1e-12)

    found = gradient(steps, arrays, 2, "deferred")
    for threads, way in (*WAYS, *AS_FUNCTIONS):
        for a, b in zip(found, gradient(steps, arrays, threads, way), strict=True):
            assert a.tobytes() == b.tobytes(), way

    def scalar(*inputs: Array) -> float:
        return float(evaluate(steps, list(inputs), 2)[1])

    for k, g in enumerate(found):
        np.testing.assert_allclose(g, difference(scalar, arrays, k), rtol=1e-6, atol=1e-7)


@settings(max_examples=100)
@given(programs(WIDE, IN_STRIPS, 5))
def test_wide_programs(program: tuple[list[Step], list[Array]]) -> None:
    """Fused, with as many columns as loops over strips have."""
    found = gradient(*program, 2, "deferred")
    for threads in (1, 2):
        for a, b in zip(found, gradient(*program, threads, "fused"), strict=True):
            assert a.tobytes() == b.tobytes()


SIZES = (2, 3), (3, 2), (4, 5), (5, 7), (9, 4), (6, 11), (31, 8), (7, 40), (2, 9), (13, 13)


@settings(max_examples=10)
@given(programs())
def test_one_plan_for_many_sizes(program: tuple[list[Step], list[Array]]) -> None:
    """The programs were drawn for other sizes: at some there may be shapes that do not fit."""
    steps, _ = program
    draw = np.random.default_rng(0)
    given = [[draw.uniform(-1, 1, shape) for shape in ((m, n), (1, n), (m, n))] for m, n in SIZES]

    def found(way: str) -> list[Any]:
        plans.clear()
        made: list[Any] = []
        for arrays in given:
            try:
                evaluate(steps, arrays, 2)
            except ValueError:
                continue
            made += [g.tobytes() for g in gradient(steps, arrays, 2, way)]
        return made

    expected = found("deferred")
    forms.clear()
    assert found("fused") == expected


def test_the_ways_differ() -> None:
    """What the property compares really is deferred or not."""
    x = ngrad.constant([1.0])
    assert (x + x)._at == 0
    ngrad.config.set_eager(True)
    assert (x + x)._at
    ngrad.config.set_eager(False)
