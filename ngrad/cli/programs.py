"""Five small programs over a tape, as one would write them, each with what it must give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import ngrad as tf


class Result(NamedTuple):
    """What a program computed, and what is right."""

    expression: str
    value: Any
    expected: float

    @property
    def right(self) -> bool:
        return bool((self.value == self.expected).all())


def nonlinear_sum() -> Iterator[Result]:
    """The square of a sum"""
    x = tf.ones((2, 2))
    with tf.GradientTape() as t:
        t.watch(x)
        y = tf.reduce_sum(x)
        z = tf.multiply(y, y)
    dz_dx = t.gradient(z, x)
    for i in [0, 1]:
        for j in [0, 1]:
            yield Result(f"dz_dx[{i}][{j}]", dz_dx[i][j].numpy(), 8.0)


def intermediate() -> Iterator[Result]:
    """With respect to an intermediate value"""
    x = tf.ones((2, 2))
    with tf.GradientTape() as t:
        t.watch(x)
        y = tf.reduce_sum(x)
        z = tf.multiply(y, y)
    yield Result("gradient(z, y)", t.gradient(z, y).numpy(), 8.0)


def persistent() -> Iterator[Result]:
    """Several gradients from one tape"""
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as t:
        t.watch(x)
        y = x * x
        z = y * y
    yield Result("gradient(z, x)", t.gradient(z, x).numpy(), 108.0)
    yield Result("gradient(y, x)", t.gradient(y, x).numpy(), 6.0)
    del t


def control_flow() -> Iterator[Result]:
    """Control flow is recorded as it runs"""

    def f(x: Any, y: int) -> Any:
        output: Any = 1.0
        for i in range(y):
            if i > 1 and i < 5:
                output = tf.multiply(output, x)
        return output

    def grad(x: Any, y: int) -> Any:
        with tf.GradientTape() as t:
            t.watch(x)
            out = f(x, y)
        return t.gradient(out, x)

    x = tf.convert_to_tensor(2.0)
    yield Result("grad(x, 6)", grad(x, 6).numpy(), 12.0)
    yield Result("grad(x, 5)", grad(x, 5).numpy(), 12.0)
    yield Result("grad(x, 4)", grad(x, 4).numpy(), 4.0)


def higher_order() -> Iterator[Result]:
    """The gradient of a gradient"""
    x: Any = tf.Variable(1.0)
    with tf.GradientTape() as t:
        with tf.GradientTape() as t2:
            y = x * x * x
        dy_dx = t2.gradient(y, x)
    d2y_dx2 = t.gradient(dy_dx, x)
    yield Result("dy_dx", dy_dx.numpy(), 3.0)
    yield Result("d2y_dx2", d2y_dx2.numpy(), 6.0)


PROGRAMS: tuple[Callable[[], Iterator[Result]], ...] = (
    nonlinear_sum,
    intermediate,
    persistent,
    control_flow,
    higher_order,
)
