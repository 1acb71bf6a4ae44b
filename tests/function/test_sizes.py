"""What a `function` computes of sizes has a value while it is recorded; open sizes stay so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngrad as tf
from ngrad.errors import TraceError

X = np.arange(60.0, dtype=np.float32).reshape(3, 4, 5)
SIZES: dict[str, Any] = {
    "a product": lambda x, n: tf.reshape(x, [n[0] * n[1], 5]),
    "a fold": lambda x, n: tf.reshape(x, [n[0], tf.reduce_prod(n[1:])]),
    "unstacked": lambda x, n: (lambda a, b, c: tf.reshape(x, (a, b * c)))(*tf.unstack(n)),
    "a bound": lambda x, n: x[:, : n[1] // 2],
    "a range": lambda x, n: tf.range(2 * n[0] - 1, -1, -1),
    "a longer one": lambda x, n: tf.zeros(tf.concat([n[:-1], [2 * n[-1]]], 0)),
    "filled": lambda x, n: tf.fill([n[0], n[1] + 1], 2.0),
    "segments": lambda x, n: tf.math.unsorted_segment_sum(x, tf.range(n[0]), n[0] + 1),
    "scattered": lambda x, n: tf.scatter_nd([[0, 0]], [1.0], n[:2] + 1),
    "gathered": lambda x, n: tf.reshape(x, tf.gather(n, [1, 0, 2])),
    "of another dtype": lambda x, n: tf.reshape(x, [tf.cast(n, tf.int64)[0], -1]),
    "repeated": lambda x, n: tf.broadcast_to(x[:1], n * [2, 1, 1]),
    "shifted": lambda x, n: tf.roll(x, n[0] // 2, 0),
    "the rank": lambda x, n: tf.transpose(x, tf.concat([[1, 0], tf.range(2, tf.rank(x))], 0)),
    "by a number": lambda x, n: x / tf.cast(n[0] * n[1], tf.float32),
}
"""Functions of a tensor and its sizes, recorded once for all of them."""
NUMBERS: dict[str, Any] = {
    "padded": lambda x, n: tf.pad(x, [[0, tf.maximum(0, 8 - n[0])], [0, 0], [0, 0]]),
    "split": lambda x, n: tf.split(x, [n[1] // 2, n[1] - n[1] // 2], 1)[0],
    "one hot": lambda x, n: tf.one_hot(tf.range(n[0]), n[0] * 2),
    "the largest": lambda x, n: tf.math.top_k(x, tf.minimum(2, n[0])).values,
    "a condition": lambda x, n: x * 2.0 if n[0] > 3 else x,
    "a loop": lambda x, n: tf.add_n([x * float(k) for k in range(n[0])]),
    "a float": lambda x, n: x * float(tf.sqrt(tf.cast(n[-1], tf.float32))),
    "a mask": lambda x, n: tf.zeros(tf.where(n > 3, n, 1)),
    "a check": lambda x, n: (tf.debugging.assert_greater(n[0], 2), x + 1.0)[1],
    "turned": lambda x, n: tf.nn.conv2d_transpose(
        x[..., None], tf.ones([3, 3, 1, 1]), tf.stack([n[0], 8, 10, 1]), 2
    ),
    "a constant": lambda x, n: x if tf.reduce_sum(tf.constant([1.0, 2.0])) > 2.0 else -x,
}
"""Others: recorded, if it must be, for each size."""


@pytest.mark.parametrize("name", SIZES | NUMBERS)
def test_as_eagerly(name: str) -> None:
    function = (SIZES | NUMBERS)[name]

    def of_sizes(x: Any) -> Any:
        return function(x, tf.shape(x))

    plain = tf.function(of_sizes)
    open_ = tf.function(of_sizes, input_signature=[tf.TensorSpec([None, None, 5], tf.float32)])
    for x in (X, np.concatenate([X, X])):
        expected = np.asarray(of_sizes(tf.constant(x)))
        for recorded in (plain, open_):
            found = np.asarray(recorded(tf.constant(x)))
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
    if name in SIZES:
        assert open_.traces == 1


def test_what_follows_from_arguments_has_no_value() -> None:
    @tf.function
    def mixed(x: Any, count: Any) -> Any:
        return tf.zeros([tf.shape(x)[0] + count])

    with pytest.raises(TraceError, match=r"test_sizes\.py:\d+ asks for the value"):
        mixed(tf.constant(X), tf.constant(2))
    with pytest.raises(TraceError, match="test_sizes"):  # nor is a line of NumPy's named
        tf.function(lambda x: np.ones(3)[np.asarray(x) > 0.0])(tf.constant([1.0, 2.0, 3.0]))
    drawn = tf.function(lambda: 1.0 if tf.random.uniform([]) > 0.5 else 2.0)
    with pytest.raises(TraceError, match="test_sizes"):
        drawn()
    kept = tf.Variable(2.0)
    with pytest.raises(TraceError, match="test_sizes"):
        tf.function(lambda: 1.0 if kept > 1.0 else 2.0)()


def test_a_value_that_was_looked_at_is_recorded_all_the_same() -> None:
    @tf.function
    def grown(x: Any) -> Any:
        n = tf.shape(x)[0] * 2
        assert int(n) == 6 and n.numpy() == 6
        return tf.cast(n, tf.float32) * x, n

    for _ in range(2):
        y, n = grown(tf.constant(X))
        assert n.numpy() == 6
        np.testing.assert_array_equal(y, X * 6)
    with tf.GradientTape() as tape:
        x = tf.Variable(X)
        y = tf.reduce_sum(grown(x)[0])
    assert (tape.gradient(y, x).numpy() == 6.0).all()


def test_numpys_arrays_are_each_calls_own() -> None:
    pair = tf.function(lambda x: (x, np.zeros(2), {"kept": np.arange(2)}))
    for _ in range(2):
        _, zeros, nest = pair(tf.constant(1.0))
        assert zeros.tolist() == [0.0, 0.0] and nest["kept"].tolist() == [0, 1]
        zeros += 5.0
        nest["kept"][:] = 7
