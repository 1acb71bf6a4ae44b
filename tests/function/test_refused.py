"""What a recording refuses: values, which it has not, and what would outlive it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from function_programs import X, trained

import ngrad
import ngrad.numpy as ours
from ngrad.errors import TraceError
from ngrad.optimizers import Adam

Tape = ngrad.GradientTape


outside = Tape(persistent=True)
outside_x = ngrad.constant(X)
with outside:
    outside.watch(outside_x)
    outside_y = outside_x * outside_x


def branch(x: Any) -> Any:
    if ngrad.reduce_sum(x) > 0:
        return x
    return -x


def loop(x: Any) -> Any:
    while x[0] < 10:
        x = x * 2
    return x


VALUE = r"function (\w+|<lambda>): .*test_refused\.py:\d+ asks for the value"
REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "if": (branch, VALUE),
    "while": (loop, VALUE),
    "bool": (lambda x: bool(x[0]), VALUE),
    "float": (lambda x: float(x[0]), VALUE),
    "int": (lambda x: int(x[0]), VALUE),
    "item": (lambda x: x[0].item(), VALUE),
    "numpy": (lambda x: x.numpy(), VALUE),
    "asarray": (lambda x: np.asarray(x), VALUE),
    "tolist": (lambda x: x.tolist(), VALUE),
    "format": (lambda x: f"{x[0]:.3f}", VALUE),
    "in": (lambda x: 2.0 in x, VALUE),
    "slice": (lambda x: outside_x[: ngrad.argmax(x)], VALUE),
    "range": (lambda x: range(ngrad.argmax(x)), VALUE),
    "mask": (lambda x: x[x > 0], VALUE),
    "boolean_mask": (lambda x: ngrad.boolean_mask(x, x > 0), VALUE),
    "where of one": (lambda x: ngrad.where(x > 0), VALUE),
    "a shape": (lambda x: ngrad.ones([ngrad.argmax(x)]), VALUE),
    "eval": (lambda x: ngrad.eval(x), VALUE),
    "a variable": (lambda x: ngrad.Variable(x), "make it outside"),
    "watch outside": (lambda x: outside.watch(x), "watch: the tape has listened outside"),
    "gradient outside": (
        lambda x: outside.gradient(outside_y, outside_x),
        "gradient: the tape has listened outside",
    ),
    "jacobian outside": (
        lambda x: outside.jacobian(outside_y, outside_x),
        "jacobian: the tape has listened outside",
    ),
    "optimizer of each call": (
        lambda x: trained(lambda: Adam(0.1))()(x)[0],
        "function <lambda>: makes Adam at every call; make it outside",
    ),
    "split that outlives": (
        lambda x: ngrad.random.Generator.from_seed(1).split(2),
        "outlives the call",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_values_are_refused_by_line(name: str) -> None:
    body, match = REFUSED[name]
    f = ngrad.function(body)
    for _ in range(2):
        with pytest.raises(TraceError, match=match):
            f(ngrad.constant(X))
    assert f.traces == 0


NO_VALUES: dict[str, Callable[[Any], Any]] = {
    "if": lambda number: 1.0 if number == 2.0 else 0.0,
    "in a set": lambda number: 1.0 if number in {2.0} else 0.0,
    "in a dict": lambda number: {2.0: 1.0}.get(number, 0.0),
    "a set": lambda number: len({number, number * 1.0}),
    "hash": lambda number: hash((number, 1)),
    "format": lambda number: f"{number:.1f}",
}


@pytest.mark.parametrize("name", NO_VALUES)
def test_a_python_number_is_no_value_while_recorded(name: str) -> None:
    f, rng = ngrad.function(NO_VALUES[name]), ours.random.default_rng(3)
    for number in (2.0, 2 + 0j):
        with pytest.raises(TraceError, match=VALUE):
            f(number)
    with pytest.raises(TraceError, match=VALUE):
        ngrad.function(lambda: NO_VALUES[name](rng.random()))()
    for shown in (repr, str, "{}".format):  # as what prints while it is recorded has it
        assert ngrad.function(shown)(2.0) == "<Python float>"


def test_a_recorded_tensor_can_be_shown_and_not_be_used_outside() -> None:
    seen: list[Any] = []

    @ngrad.function
    def f(x: Any) -> Any:
        y = x * 2.0
        seen.extend([y, repr(y), f"{y}", str(y)])
        return y

    f(ngrad.constant(X))
    assert set(seen[1:]) == {"<Tensor pending in function f, shape=(3,), dtype=float32>"}
    for use in (lambda y: y + 1.0, lambda y: y.numpy(), ngrad.function(lambda x: x * seen[0])):
        with pytest.raises(TraceError, match="return it from the function"):
            use(seen[0])


def test_a_tape_that_listened_inside_is_refused_outside() -> None:
    seen: list[Any] = []

    @ngrad.function
    def f(x: Any) -> Any:
        with Tape() as tape:
            tape.watch(x)
            seen.extend([tape, x * x])
        return x

    f(ngrad.constant(X))
    with pytest.raises(TraceError, match="gradient: the tape has listened in a `function`"):
        seen[0].gradient(seen[1], seen[1])


@pytest.mark.parametrize("asks", [round, lambda s: round(s, 2), math.trunc, math.floor, int, bool])
def test_what_stands_for_a_python_float_has_no_value(asks: Callable[[Any], Any]) -> None:
    with pytest.raises(TraceError, match="asks for the value of a tensor, or of a Python float"):
        ngrad.function(asks)(2.5)
