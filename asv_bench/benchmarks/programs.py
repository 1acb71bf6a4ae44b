"""Programs that users write, of which each takes one thing to its limit: many gradients, one matrix
for many systems, few rows of a large table, windows of an image, structures that come once, and
sizes that are new.
"""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np

import ngrad as tf

STEPS = 100
ROWS = 100_000
SHAPES = (2000, 32), (32, 64), (64, 8)
"""Of what batches are parts of, and of two layers."""


def _descent() -> Any:
    """How the end of a descent depends on its rate: a gradient a step, under another tape."""
    start, rate = tf.constant([0.5, -1.0, 2.0]), tf.constant(0.1)

    def run() -> Any:
        with tf.GradientTape() as outer:
            outer.watch(rate)
            w = start
            for _ in range(STEPS):
                with tf.GradientTape() as tape:
                    tape.watch(w)
                    loss = tf.reduce_mean(tf.tanh(w) ** 2)
                w = w - rate * tape.gradient(loss, w)
            end = tf.reduce_sum(w**2)
        return outer.gradient(end, rate)

    return run


def _systems() -> Any:
    """A system for each of a batch of right-hand sides."""
    import ngrad.numpy as np_

    rng = np.random.default_rng(0)
    matrix = np_.array(rng.random((STEPS, STEPS)) + STEPS * np.eye(STEPS))
    sides = np_.array(rng.random((STEPS, STEPS)))
    each = tf.vmap(lambda b: np_.linalg.solve(matrix, b))
    return lambda: each(sides)


def _rows() -> Any:
    """Some rows of a table changed."""
    rng = np.random.default_rng(0)
    table = tf.Variable(rng.random((ROWS, 32)).astype("f4"))
    slices = tf.IndexedSlices(tf.ones((64, 32)), tf.constant(rng.integers(0, ROWS, 64)))
    return lambda: table.scatter_sub(slices)


def _convolution() -> Any:
    """Value and gradients of 3 x 3 windows."""
    rng = np.random.default_rng(0)
    x = tf.constant(rng.random((4, 32, 32, 32)).astype("f4"))
    w = tf.constant(rng.random((3, 3, 32, 32)).astype("f4"))

    def run() -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            value = tf.reduce_sum(tf.nn.conv2d(x, w, 1, "SAME") ** 2)
        return value, tape.gradient(value, [x, w])

    return run


def _new() -> Any:
    """Another program at each call, as of loops over trees and sequences: run as it is read."""
    rng, w = np.random.default_rng(0), tf.constant(np.full((16, 16), 0.1, "f4"))
    layers = [lambda x: tf.tanh(x @ w), lambda x: tf.sigmoid(x) * x, lambda x: x * 0.5 + 0.1]
    start = tf.ones((8, 16))

    def run() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(w)
            x = start
            for k in rng.integers(0, len(layers), STEPS):
                x = layers[k](x)
            value = tf.reduce_sum(x)
        return tape.gradient(value, w)

    return run


def _sizes() -> Any:
    """Another batch size at each call: one plan serves many (`ngrad/forms.py`)."""
    rng = np.random.default_rng(0)
    x, w, u = (tf.constant(rng.random(shape).astype("f4")) for shape in SHAPES)
    sizes = cycle(rng.permutation(np.arange(8, SHAPES[0][0])).tolist())

    def run() -> Any:
        batch = x[: next(sizes)]
        with tf.GradientTape() as tape:
            tape.watch([w, u])
            value = tf.reduce_sum(tf.tanh(batch @ w) @ u)
        return tape.gradient(value, [w, u])

    return run


PROGRAMS = {
    "descent": _descent, "systems": _systems, "rows": _rows, "convolution": _convolution,
    "new": _new, "sizes": _sizes,
}  # fmt: skip


class Program:
    """Warm, with fused kernels."""

    params = (list(PROGRAMS),)
    param_names = ("program",)

    def setup(self, program: str) -> None:
        self.call = PROGRAMS[program]()
        before = tf.config.fusion()
        tf.config.set_fusion("wait")
        try:
            for _ in range(7):  # long ones are planned when they came four times
                self.time_program(program)
        finally:
            tf.config.set_fusion(before)

    def time_program(self, program: str) -> None:
        tf.eval(self.call())

    def track_planned(self, program: str) -> int:
        """Structures that are new when it runs again."""
        before = tf.stats().planned
        self.time_program(program)
        return tf.stats().planned - before

    track_planned.unit = "plans"  # type: ignore[attr-defined]
