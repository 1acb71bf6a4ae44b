"""Mistakes in users' kernels and rules: what is raised names the op."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

import ngrad
from ngrad import TensorSpec, constant, kernel_op
from ngrad.devices import HOST
from ngrad.errors import GradientError, ShapeError

X = np.linspace(0.5, 2.0, 6).reshape(2, 3)


def made(rule: Callable[..., Any], kernel: Any = None, vjp: Any = None) -> Any:
    rule.__name__ = "mine"
    op = kernel_op(rule)
    op.cpu(kernel or (lambda x, out: None))
    if vjp is not None:
        op.vjp(vjp)
    return op


def same(x: Any) -> Any:
    return TensorSpec(x.shape, x.dtype)


def slope(op: Any, x: Any) -> Any:
    return ngrad.grad(lambda x: ngrad.reduce_sum(op(x)))(x)


MISTAKES: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "no spec": (lambda x: made(lambda x: x.shape)(x), ShapeError, "mine: its rule .* not .2, 3."),
    "no results": (lambda x: made(lambda x: ())(x), ShapeError, r"mine: its rule .* not \(\)"),
    "a size of None": (
        lambda x: made(lambda x: TensorSpec([None], x.dtype))(x),
        ShapeError,
        "mine: its rule must return an ngrad.TensorSpec of known sizes",
    ),
    "a dtype that is none": (
        lambda x: made(lambda x: TensorSpec(x.shape, "f16"))(x),
        TypeError,
        "in the rule of kernel op mine",
    ),
    "a rule that raises": (
        lambda x: made(lambda x: x.nothing)(x),
        AttributeError,
        "in the rule of kernel op mine",
    ),
    "a kernel that returns": (
        lambda x: made(same, lambda x, out: x + 1.0)(x),
        TypeError,
        "mine: its kernel returned ndarray; it must write its results",
    ),
    "a kernel that fails": (
        lambda x: made(same, numba.njit(lambda x, out: x.nothing))(x),
        numba.TypingError,
        r"in kernel op mine\(float64\[2, 3\]\)",
    ),
    "a kernel that writes to what it reads": (
        lambda x: made(same, lambda x, out: x.fill(0.0))(x),
        ValueError,
        "read-only",
    ),
    "no derivative": (
        lambda x: slope(made(same), x),
        GradientError,
        "mine: has no derivative.*@mine.vjp",
    ),
    "too many cotangents": (
        lambda x: slope(made(same, vjp=lambda g, out, x: (g, g)), x),
        ValueError,
        "mine: its vjp returned 2 cotangents for 1 inputs",
    ),
    "a cotangent of another shape": (
        lambda x: slope(made(same, vjp=lambda g, out, x: g[:, :2]), x),
        ShapeError,
        r"mine: its vjp returned a cotangent of shape \(2, 2\) for an input of shape \(2, 3\)",
    ),
    "no operands": (lambda x: made(lambda *x: same(x[0]))(), TypeError, "mine: .* one operand"),
    "parameters without names": (
        lambda x: made(lambda x, **params: same(x)),
        TypeError,
        "kernel_op: mine must name its parameters",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes_name_the_op(what: str) -> None:
    call, kind, message = MISTAKES[what]
    with pytest.raises(kind) as found:
        call(constant(X))
    text = "\n".join([str(found.value), *getattr(found.value, "__notes__", [])])
    assert re.search(message, text), text
    assert constant(X)._layout.device is HOST  # and the next call is as before
    double = made(same, lambda x, out: np.multiply(x, 2.0, out))
    np.testing.assert_array_equal(double(constant(X)), X * 2.0)
