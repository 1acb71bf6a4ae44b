"""What type checkers are told is so: `mypy` reads this program, and it is run."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, assert_type

import ngrad as tf
import ngrad.numpy as np
from ngrad import Tensor, Variable
from ngrad.numpy import ndarray
from ngrad.numpy.ufuncs import UFUNCS


def test_operators() -> None:
    x, v = tf.constant([1.0, 2.0]), tf.Variable([3.0, 4.0])
    for y in (
        *(assert_type(x + 1, Tensor), assert_type(2.0 * v, Tensor), assert_type(v / x, Tensor)),
        *(assert_type(-v, Tensor), assert_type(x[0], Tensor), assert_type(v[:1], Tensor)),
        *(assert_type(x == v, Tensor), assert_type(v > 1, Tensor), assert_type(x @ v, Tensor)),
        *(assert_type(abs(v), Tensor), assert_type(x**2, Tensor), assert_type(x.T, Tensor)),
        *(
            assert_type(round(v), Tensor),
            assert_type(v.real, Tensor),
            assert_type(~(x > 1), Tensor),
        ),
    ):
        assert type(y) is Tensor
    assert type(assert_type(v.assign_add([1.0, 1.0]), Variable)) is Variable
    for element in x:
        assert type(assert_type(element, Tensor)) is Tensor


def test_functions() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 5.0]])
    for y in (
        *(assert_type(tf.exp(x), Tensor), assert_type(tf.add(x, 1), Tensor)),
        *(assert_type(tf.reduce_sum(x, 0), Tensor), assert_type(tf.matmul(x, x), Tensor)),
        *(assert_type(tf.nn.softmax(x), Tensor), assert_type(tf.linalg.inv(x), Tensor)),
        *(assert_type(tf.concat([x, x], 0), Tensor), assert_type(tf.where(x > 1, x, 0), Tensor)),
        *(assert_type(tf.cast(x, tf.int32), Tensor), assert_type(tf.math.log(x), Tensor)),
    ):
        assert type(y) is Tensor


def test_arrays() -> None:
    a = np.ones((2, 3))
    for b in (
        *(assert_type(a, ndarray), assert_type(a + 1, ndarray), assert_type(2 - a, ndarray)),
        *(assert_type(a[0], ndarray), assert_type(a.T, ndarray), assert_type(a < 2, ndarray)),
        *(assert_type(a @ a.T, ndarray), assert_type(np.concatenate([a, a]), ndarray)),
        *(assert_type(a.sum(0), ndarray), assert_type(a.astype(int).max(), ndarray)),
        *(assert_type(np.sin(a), ndarray), assert_type(a.mean(), ndarray)),
    ):
        assert type(b) is ndarray


def test_functions_keep_their_signature() -> None:
    @tf.function
    def scaled(x: Tensor, by: float) -> Tensor:
        return x * by

    @tf.function(reduce_retracing=True)
    def both(x: Tensor) -> tuple[Tensor, Tensor]:
        return x, -x

    x = tf.constant([1.0, 2.0])
    assert type(assert_type(scaled(x, 2.0), Tensor)) is Tensor
    assert len(assert_type(both(x), tuple[Tensor, Tensor])) == 2
    assert_type(scaled.traces, int)

    class Model:
        @tf.function
        def call(self, x: Tensor) -> Tensor:
            return x + 1

    y: Any = Model().call(x)
    assert type(y) is Tensor


def test_a_derivative_of_its_own_keeps_the_signature() -> None:
    @tf.custom_gradient
    def doubled(x: Tensor) -> tuple[Tensor, Any]:
        return x * 2, lambda g: g * 2

    assert float(assert_type(doubled(tf.constant(2.0)), Tensor)) == 4.0


def test_names_of_ufuncs() -> None:
    """Those that type checkers are told of are there, and no others."""
    source = Path(np.__file__).read_text()
    (block,) = (node for node in ast.parse(source).body if isinstance(node, ast.If))
    told = {node.id for node in ast.walk(block) if isinstance(node, ast.Name)}
    assert told - {"TYPE_CHECKING", "_UFUNCS", "Any"} == {*UFUNCS}
