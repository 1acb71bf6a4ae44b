"""What one small op costs, with and without a tape, and what tapes cost."""

from __future__ import annotations

from typing import Any

import ngrad as tf


class SmallOp:
    """One op on small operands: recorded, or not."""

    params = (
        ["multiply", "tanh", "reduce_sum", "slice", "matmul", "slice of an array"],
        [False, True],
    )
    param_names = ("op", "tape")

    def setup(self, op: str, tape: bool) -> None:
        import ngrad.numpy

        x, y, array = tf.ones([4, 4]), tf.ones([4, 4]), ngrad.numpy.ones((4, 4))
        self.call = {
            "multiply": lambda: x * y,
            "tanh": lambda: tf.tanh(x),
            "reduce_sum": lambda: tf.reduce_sum(x),
            "slice": lambda: x[1:3],
            "matmul": lambda: x @ y,
            "slice of an array": lambda: array[1:3, ::2],
        }[op]
        self.count = 0
        self.tape = tf.GradientTape() if tape else None
        if self.tape is not None:
            self.tape.__enter__()
            self.tape.watch([x, array])
        self.call()

    def teardown(self, op: str, tape: bool) -> None:
        if self.tape is not None:
            self.tape.__exit__()

    def time_op(self, op: str, tape: bool) -> None:
        self.count += 1
        if self.tape is not None and self.count % 10_000 == 0:
            self.tape.reset()  # so that memory stays flat
        self.call()


class Gradient:
    """A tape and its gradient, all told."""

    def setup(self) -> None:
        self.x = tf.constant(1.5)
        self.matrix = tf.ones([64, 64])
        for method in (self.time_square_of_square, self.time_hundred_steps, self.time_layer):
            method()

    def _gradient(self, x: Any, f: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    def time_square_of_square(self) -> None:
        self._gradient(self.x, lambda x: (x * x) * (x * x))

    def time_hundred_steps(self) -> None:
        def steps(x: Any) -> Any:
            y = x
            for _ in range(100):
                y = y * x + 1.0
            return y

        self._gradient(self.x, steps)

    def time_layer(self) -> None:
        self._gradient(self.matrix, lambda x: tf.reduce_sum(tf.tanh(x @ x)))

    def track_live_bytes_after(self) -> int:
        """What a gradient leaves in use: nothing but its result, which is let go too."""
        before = tf.config.memory_stats().live_bytes
        self.time_layer()
        return tf.config.memory_stats().live_bytes - before

    track_live_bytes_after.unit = "bytes"  # type: ignore[attr-defined]
