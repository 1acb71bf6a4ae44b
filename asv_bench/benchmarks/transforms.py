"""Derivatives along a direction and for each example, and orders of many elements."""

from __future__ import annotations

from typing import Any

import numpy as np

import ngrad as tf

SIZE = 100_000


class Transform:
    """Of a network of two layers, 512 wide, for a batch of 128."""

    params = (["value", "gradient", "jvp", "hessian times vector", "gradients of examples"],)
    param_names = ("what",)

    def setup(self, what: str) -> None:
        rng = np.random.default_rng(0)
        w = tf.constant(rng.standard_normal((512, 512)).astype("f4") * 0.05)
        x, t = (tf.constant(rng.standard_normal((128, 512)).astype("f4")) for _ in range(2))

        def network(x: Any) -> Any:
            return tf.tanh(tf.tanh(x @ w) @ w)

        def loss(x: Any) -> Any:
            return tf.reduce_sum(network(x) ** 2)

        def of_example(w: Any, row: Any) -> Any:
            return tf.reduce_sum(tf.tanh(row[None] @ w) ** 2)

        slope, each = tf.grad(loss), tf.vmap(tf.grad(of_example), (None, 0))
        self.call = {
            "value": lambda: network(x),
            "gradient": lambda: slope(x),
            "jvp": lambda: tf.jvp(network, (x,), (t,)),
            "hessian times vector": lambda: tf.jvp(slope, (x,), (t,))[1],
            "gradients of examples": lambda: each(w, x[:16]),
        }[what]
        before = tf.config.fusion()
        tf.config.set_fusion("wait")
        try:
            for _ in range(3):
                self.time_call(what)
        finally:
            tf.config.set_fusion(before)

    def time_call(self, what: str) -> None:
        tf.eval(self.call())

    def track_products(self, what: str) -> int:
        """Matrix products: a JVP has one for each value and one for each tangent."""
        with tf.profile() as profile:
            self.time_call(what)
        return sum("matmul" in event.name for event in profile.events)

    track_products.unit = "products"  # type: ignore[attr-defined]


class Order:
    """Elements in order, and where they stand."""

    params = (["sort", "argsort", "unique"], ["float32", "float64", "int64"])
    param_names = ("op", "dtype")

    def setup(self, op: str, dtype: str) -> None:
        import ngrad.numpy

        values = np.random.default_rng(0).normal(size=SIZE) * 1e6
        self.x = ngrad.numpy.array(values.astype(dtype))
        self.op = getattr(ngrad.numpy, op)

    def time_op(self, op: str, dtype: str) -> None:
        tf.eval(self.op(self.x))
