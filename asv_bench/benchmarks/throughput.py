"""Large arrays: how the time of an op compares with moving its bytes."""

from __future__ import annotations

import time

import numpy as np

import ngrad as tf

SIZE = 10_000_000
ELEMENTWISE = ("add", "multiply", "sqrt", "exp", "log", "tanh")
REDUCTIONS = ("reduce_sum", "reduce_max")


def operands(op: str, dtype: str) -> list[tf.Tensor]:
    rng = np.random.default_rng(0)
    count = 2 if op in ("add", "multiply") else 1
    return [tf.constant(rng.uniform(0.5, 2.0, SIZE).astype(dtype)) for _ in range(count)]


class Large:
    """Time of one op on 1e7 elements."""

    params = ([*ELEMENTWISE, *REDUCTIONS], ["float32", "float64"])
    param_names = ("op", "dtype")

    def setup(self, op: str, dtype: str) -> None:
        self.operands = operands(op, dtype)
        self.op = getattr(tf, op)
        tf.eval(self.op(*self.operands))
        moved = sum(x.nbytes for x in self.operands)
        self.moved = moved + (self.operands[0].nbytes if op in ELEMENTWISE else 0)

    def time_op(self, op: str, dtype: str) -> None:
        tf.eval(self.op(*self.operands))

    def track_bandwidth(self, op: str, dtype: str) -> float:
        best = float("inf")
        for _ in range(10):
            start = time.perf_counter()
            tf.eval(self.op(*self.operands))
            best = min(best, time.perf_counter() - start)
        return self.moved / best / 1e9

    track_bandwidth.unit = "GB/s"  # type: ignore[attr-defined]


class Shaped:
    """Operands that do not lie in a row: transposed, broadcast, reduced over an early axis."""

    def setup(self) -> None:
        self.x = tf.ones([3000, 3000])
        self.row = tf.ones([3000])
        self.time_add_transposed()
        self.time_add_row()
        self.time_sum_columns()
        self.time_sum_rows()
        self.time_variance_transposed()

    def time_add_transposed(self) -> None:
        tf.eval(tf.add(self.x, tf.transpose(self.x)))

    def time_add_row(self) -> None:
        tf.eval(tf.add(self.x, self.row))

    def time_sum_columns(self) -> None:
        tf.eval(tf.reduce_sum(self.x, axis=0))

    def time_sum_rows(self) -> None:
        tf.eval(tf.reduce_sum(self.x, axis=1))

    def time_variance_transposed(self) -> None:
        tf.eval(tf.math.reduce_variance(tf.transpose(self.x), axis=1))
