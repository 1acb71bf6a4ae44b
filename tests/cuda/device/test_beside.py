"""Ops run where their tensors lie, whichever device is the current one: there go the arrays that
stand beside them, and what ops make for themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from evaluating import GPU

import ngrad

X = np.arange(1.0, 13.0, dtype=np.float32).reshape(3, 4)
SQUARE = np.eye(3, dtype=np.float32) * 2 + 0.5
ROWS, LABELS, MASK = np.array([2, 0]), np.array([1, 3, 0]), np.array([True, False, True])
IDS = np.array([0, 0, 1])
IMAGE, WINDOW = (1, 3, 4, 1), np.ones((2, 2, 1, 1), np.float32)


def whole(x: Any) -> Any:
    return ngrad.cast(x, ngrad.int32)


BESIDE: dict[str, Callable[[Any], Any]] = {
    # indices
    "gather": lambda x: ngrad.gather(x, ROWS),
    "gather, of a list": lambda x: ngrad.gather(x, [2, 0], axis=1),
    "gather, of an array": lambda x: ngrad.gather(X, whole(x[0, :2])),
    "gather_nd": lambda x: ngrad.gather_nd(x, [[0, 1], [2, 2]]),
    "embedding_lookup": lambda x: ngrad.nn.embedding_lookup(x, [2, 1]),
    "x[array]": lambda x: x[ROWS],
    "x[list]": lambda x: x[[2, 0]],
    "x[:, array]": lambda x: x[:, ROWS],
    "x[array, array]": lambda x: x[ROWS, ROWS],
    "x[mask]": lambda x: x[MASK],
    "x[:, mask]": lambda x: x[:, [True, False, False, True]],
    "x[tensor's mask]": lambda x: x[x > 3.0],
    "boolean_mask": lambda x: ngrad.boolean_mask(x, MASK),
    "where, of a condition": lambda x: ngrad.where(x > 3.0),
    "repeat": lambda x: ngrad.repeat(x, [1, 2, 1], 0),
    "unique": lambda x: ngrad.unique_with_counts(x[0]),
    "one_hot": lambda x: ngrad.one_hot(whole(x[0]), 3),
    "scatter_nd": lambda x: ngrad.scatter_nd([[0], [2], [0]], x, [4, 4]),
    "scatter_nd_add": lambda x: ngrad.tensor_scatter_nd_add(x, [[0]], X[:1]),
    "scatter_nd_sub": lambda x: ngrad.tensor_scatter_nd_sub(x, [[0]], X[:1]),
    "scatter_nd_update": lambda x: ngrad.tensor_scatter_nd_update(x, [[0]], X[1:2]),
    "scatter_nd_max": lambda x: ngrad.tensor_scatter_nd_max(x, [[0]], X[1:2]),
    "segment_sum": lambda x: ngrad.math.segment_sum(x, IDS),
    "unsorted_segment_max": lambda x: ngrad.math.unsorted_segment_max(x, IDS[::-1], 2),
    "bincount": lambda x: ngrad.math.bincount(whole(x[0]), weights=X[0]),
    "confusion_matrix": lambda x: ngrad.math.confusion_matrix([0, 1, 2, 1], whole(x[0]), 5),
    # elementwise
    "array + x": lambda x: X + x,
    "where, of an array": lambda x: ngrad.where(X > 3.0, x, 0.0),
    "where, of arrays": lambda x: ngrad.where(x > 3.0, X, 0.0),
    "pow": lambda x: ngrad.pow(X, x),
    "a list of a recorded number": lambda x: ngrad.function(lambda x, s: x - [s, 1, s, 2])(x, 1.7),
    "add_n": lambda x: ngrad.add_n([x, X]),
    "batch_normalization": lambda x: ngrad.nn.batch_normalization(x, X[0], X[1], None, X[2], 1e-3),
    "dropout": lambda x: ngrad.nn.dropout(x, 0.5) * 0.0,
    # losses
    "sparse cross-entropy": lambda x: ngrad.nn.sparse_softmax_cross_entropy_with_logits(LABELS, x),
    "cross-entropy": lambda x: ngrad.nn.softmax_cross_entropy_with_logits(X / 100, x),
    "of sigmoids": lambda x: ngrad.nn.sigmoid_cross_entropy_with_logits(X / 100, x),
    "weighted": lambda x: ngrad.nn.weighted_cross_entropy_with_logits(X / 100, x, X[0]),
    "in_top_k": lambda x: ngrad.math.in_top_k(LABELS, x, 2),
    # moves, products
    "concat": lambda x: ngrad.concat([X, x], 0),
    "stack": lambda x: ngrad.stack([x, X]),
    "a list": lambda x: ngrad.convert_to_tensor([x[0], X[0]]),
    "linspace": lambda x: ngrad.linspace(x[0], x[1], 5),
    "conv2d": lambda x: ngrad.nn.conv2d(ngrad.reshape(x, IMAGE), WINDOW),
    "depthwise_conv2d": lambda x: ngrad.nn.depthwise_conv2d(
        ngrad.reshape(x, IMAGE), WINDOW, [1, 1, 1, 1], "VALID"
    ),
    "conv2d_transpose": lambda x: ngrad.nn.conv2d_transpose(
        ngrad.reshape(x, IMAGE), WINDOW, IMAGE
    ),
    "lu_matrix_inverse": lambda x: ngrad.linalg.lu_matrix_inverse(
        *ngrad.linalg.lu(x[:, :3] + SQUARE)
    ),
    "stft": lambda x: ngrad.abs(ngrad.signal.stft(x, 4, 1)),
    "dct": lambda x: ngrad.signal.dct(x, 3, norm="ortho"),
    "reverse_sequence": lambda x: ngrad.reverse_sequence(x, [1, 2, 3], 1),
    "max_pool_with_argmax": lambda x: ngrad.nn.max_pool_with_argmax(
        ngrad.reshape(x, IMAGE), 2, 1, "SAME"
    ),
    "map_fn, over nothing": lambda x: ngrad.map_fn(lambda row: row * X[0], x[:0]),
    "pinv": lambda x: ngrad.linalg.pinv(x[:, :3] + SQUARE),
    # random numbers
    "normal": lambda x: ngrad.random.Generator.from_seed(3).normal((3, 4), mean=x),
    "uniform": lambda x: ngrad.random.Generator.from_seed(3).uniform((3, 4), maxval=x),
    "gamma": lambda x: ngrad.random.stateless_gamma([2, 3, 4], [1, 2], x),
    "categorical": lambda x: ngrad.random.stateless_categorical(x, 3, [1, 2]),
    "shuffle": lambda x: ngrad.random.experimental.stateless_shuffle(x, [1, 2]),
    "gamma, for each of a batch": lambda x: ngrad.vmap(
        lambda row: ngrad.random.stateless_gamma([2, 4], [1, 2], row)
    )(x),
    "normal, for each of a batch": lambda x: ngrad.vmap(
        functools.partial(ngrad.random.Generator.from_seed(3).normal, (5, 4))
    )(x),
}  # fmt: skip
LOOKS = ("x[tensor's mask]", "where, of a condition", "unique", "bincount")
"""What a function cannot record, since its shape depends on values."""


@pytest.mark.parametrize("recorded", [False, True], ids=["eager", "function"])
@pytest.mark.parametrize("what", BESIDE)
@pytest.mark.filterwarnings("ignore:.*runs on the CPU:RuntimeWarning")
def test_beside(what: str, recorded: bool) -> None:
    if recorded and what in LOOKS:
        pytest.skip("its shape depends on values")
    function = BESIDE[what]
    run = ngrad.function(function) if recorded else function
    x = ngrad.constant(X)
    expected, found = function(x), run(x.to_device(GPU))
    pairs = zip(expected, found, strict=True) if isinstance(found, tuple) else [(expected, found)]
    for here, there in pairs:
        assert (there.device, there.dtype) == (GPU, here.dtype)
        np.testing.assert_allclose(there, here, rtol=1e-4)


def test_a_function_makes_tensors_where_it_is_called() -> None:
    ones = ngrad.function(lambda: ngrad.ones([3]) * 2.0)
    assert ones().device != GPU
    with ngrad.device(GPU):
        assert ones().device == GPU
    assert ones().device != GPU


def test_variables() -> None:
    """Also in what changes a variable, whose device it keeps."""
    variable = ngrad.Variable(ngrad.constant(X).to_device(GPU))
    variable.scatter_nd_update([[0]], X[1:2])
    variable.scatter_update(ngrad.IndexedSlices(X[:1], [2]))
    variable.assign_add(X)
    assert variable.device == GPU
    np.testing.assert_array_equal(variable, X[[1, 1, 0]] + X)


def test_tensors_of_two_devices_are_still_an_error() -> None:
    x, rows = ngrad.constant(X).to_device(GPU), ngrad.constant(ROWS)
    with pytest.raises(ngrad.errors.DeviceError, match="lie on cuda:0 and cpu"):
        ngrad.gather(x, rows)
