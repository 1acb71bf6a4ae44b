"""TensorFlow's ops on sequences, blocks and bins that are made of others: values by NumPy,
gradients by differences, and errors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric import Case

import ngrad
from ngrad import math, nn
from ngrad.errors import AxisError, IndexBoundsError, NgradError, NumberError, ShapeError

Array = Any
RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(2, 3, 4))
IDS = np.array([0, 2, 2])
INF = np.inf


CASES: dict[str, Case] = {
    "cumulative_logsumexp": Case(
        lambda x: math.cumulative_logsumexp(x, 1), lambda x: np.logaddexp.accumulate(x, 1), (X,)
    ),
    "cumulative_logsumexp, reverse": Case(
        lambda x: math.cumulative_logsumexp(x, exclusive=True, reverse=True)[:-1],
        lambda x: np.logaddexp.accumulate(x[::-1])[1::-1], (X,),
    ),
    "reverse_sequence": Case(
        lambda x: ngrad.reverse_sequence(x, [0, 2, 4, 1][:3], 1),
        lambda x: np.stack([x[0], x[1, [1, 0, 2, 3]], x[2, ::-1]]), (X,),
    ),
    "reverse_sequence, columns": Case(
        lambda x: ngrad.reverse_sequence(x, ngrad.constant([1, 2, 3, 3]), 0, 1),
        lambda x: np.stack([x[[0, 1, 2], 0], x[[1, 0, 2], 1], x[::-1, 2], x[::-1, 3]], 1), (X,),
    ),
    "dynamic_partition": Case(
        lambda x: ngrad.dynamic_partition(x, IDS, 3)[2] ** 2, lambda x: x[1:] ** 2, (X,)
    ),
    "dynamic_stitch": Case(
        lambda x, y: ngrad.dynamic_stitch([[[0, 4], [1, 1]], 2], [ngrad.reshape(x, (2, 2, 3)), y]),
        lambda x, y: np.stack([x.reshape(4, 3)[0], x.reshape(4, 3)[3], y, 0 * y,
                               x.reshape(4, 3)[1]]),
        (X, Y[0, :3]),
    ),
    "space_to_batch": Case(
        lambda x: ngrad.space_to_batch(x[None], [3, 2], [[0, 0], [1, 1]]),
        lambda x: np.stack([
            np.pad(x, [(0, 0), (1, 1)])[k // 2 :: 3, k % 2 :: 2] for k in range(6)
        ]),
        (X,),
    ),
    "batch_to_space": Case(
        lambda x: ngrad.batch_to_space(
            ngrad.space_to_batch(x[None], 2, [[1, 0], [1, 3]]), 2, [[1, 1], [0, 3]]
        )[0],
        lambda x: np.pad(x, [(0, 0), (1, 0)])[:-1], (X,),
    ),
    "local_response_normalization": Case(
        lambda x: nn.local_response_normalization(x[None, None], 1, 2.0, 0.5, 0.75),
        lambda x: (x / (2 + 0.5 * sum(np.pad(x**2, [(0, 0), (1, 1)])[:, k : k + 4]
                                      for k in range(3))) ** 0.75)[None, None],
        (X,),
    ),
    "max_pool_with_argmax": Case(
        lambda x: nn.max_pool_with_argmax(x[None, :, :, None], 2, [2, 1], "SAME")[0][0, ..., 0],
        lambda x: np.pad(x, [(0, 1), (0, 1)], constant_values=-9).reshape(2, 2, 5).max(1)[
            :, [[0, 1], [1, 2], [2, 3], [3, 4]]
        ].max(2),
        (X,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name: str) -> None:
    CASES[name].check()


RECORDED = [name for name in CASES if not name.startswith("dynamic")]  # whose shapes are known


@pytest.mark.parametrize("name", RECORDED)
def test_they_can_be_recorded_and_differentiated_row_by_row(name: str) -> None:
    function, reference, (x, *_), _ = CASES[name]
    recorded = ngrad.function(function)
    np.testing.assert_allclose(recorded(x), reference(x), rtol=1e-12, atol=1e-12)
    slopes = ngrad.jacobian(lambda x: ngrad.reshape(recorded(x), (-1,)))(ngrad.constant(x))
    summed = ngrad.grad(lambda x: ngrad.reduce_sum(function(x)))(ngrad.constant(x))
    np.testing.assert_allclose(ngrad.reduce_sum(slopes, 0), summed, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda: math.cumulative_logsumexp([-INF, 0.0, INF, 1.0]), [-INF, 0, INF, INF]),
        (lambda: math.cumulative_logsumexp([1.0, 2.0], exclusive=True), [-INF, 1]),
        (lambda: ngrad.histogram_fixed_width([-1, 0, 3, 9], [0, 5], 5), [2, 0, 0, 1, 1]),
        (lambda: ngrad.histogram_fixed_width_bins([[0.5], [5.0]], [0.0, 5.0], 4), [[0], [3]]),
        (
            lambda: nn.max_pool_with_argmax(np.ones((2, 2, 2, 2)), 2, 1, "SAME", "NHWC", "int32",
                                            True)[1][:, ..., 0],
            [[[0, 2], [4, 6]], [[8, 10], [12, 14]]],
        ),
        (
            lambda: nn.max_pool_with_argmax(np.full((1, 2, 2, 1), -INF), 3, 1, "SAME")[1],
            np.zeros((1, 2, 2, 1)),
        ),
    ],
)  # fmt: skip
def test_what_is_not_smooth(call: Any, expected: Any) -> None:
    np.testing.assert_array_equal(call().numpy(), expected)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: ngrad.reverse_sequence(X, [0] * 3), AxisError, "seq_axis must be given"),
        (lambda: ngrad.reverse_sequence(X, [0] * 3, 0), AxisError, "axis 0"),
        (lambda: ngrad.reverse_sequence(X, [0, 1], 1), ShapeError, r"\(2,\) for 3 sequences"),
        (lambda: ngrad.reverse_sequence(X, [0, 1, 5], 1), IndexBoundsError, "length 5"),
        (lambda: ngrad.dynamic_partition(X, [0, 2, 1], 2), IndexBoundsError, "partition 2"),
        (lambda: ngrad.dynamic_partition(X, [0, 2], 2), ShapeError, "partitions of shape"),
        (lambda: ngrad.dynamic_stitch([[0]], []), ShapeError, "1 tensors of indices for 0"),
        (lambda: ngrad.dynamic_stitch([0, 1], [X[0], 1.0]), ShapeError, r"\(\), \(4,\)"),
        (lambda: ngrad.dynamic_stitch([-1], [1.0]), IndexBoundsError, "-1"),
        (lambda: ngrad.space_to_batch(X, [3], [[0, 0]]), ShapeError, r"\(4,\).* blocks of \(3,\)"),
        (lambda: ngrad.space_to_batch(X, [0], [[0, 0]]), NumberError, "positive sizes"),
        (lambda: ngrad.batch_to_space(X, [2], [[0, 0]]), ShapeError, "a batch of 3"),
        (lambda: ngrad.batch_to_space(X, [3], [[9, 9]]), ShapeError, "leave nothing"),
        (lambda: ngrad.histogram_fixed_width([1.0], [0.0]), ShapeError, "a pair"),
        (lambda: ngrad.histogram_fixed_width([1.0], [0.0, 1.0], 0), NumberError, "nbins"),
        (lambda: nn.lrn(X), ShapeError, r"\(3, 4\)"),
        (lambda: nn.max_pool_with_argmax(X, 2, 2, "SAME"), ShapeError, r"\(3, 4\)"),
    ],
)
def test_what_does_not_fit_raises(call: Any, error: type[NgradError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
