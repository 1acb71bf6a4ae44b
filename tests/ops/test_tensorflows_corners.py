"""Corners of TensorFlow's names that are made of other ops: results at zeros, ties and infinities,
which `asv_bench/agreement.py` compares with TensorFlow's own, and what does not fit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_tensorflows_names import WHOLE, WHOLES

import ngrad
from ngrad import linalg, math, nn
from ngrad.errors import (
    AxisError,
    DTypeError,
    IndexBoundsError,
    NgradError,
    NumberError,
    RangeError,
    ShapeError,
    TraceError,
)

HOLES, OTHERS = np.array([0.0, 2.0, 0.0, 3.0]), np.array([0.0, 0.0, 2.0, 4.0])
COUNTS = np.stack([np.bincount(row, minlength=5) for row in WHOLES])
INF, NAN, MAX = np.inf, np.nan, float(np.finfo(np.float32).max)


@pytest.mark.parametrize(
    "call, expected",
    [
        (
            lambda: math.in_top_k([1, 1, 0], [[2.0, 1.0, 3.0], [2.0, 2.0, 1.0], [INF, 0.0, 1]], 1),
            [0, 1, 0],
        ),
        (lambda: math.top_k([2.0, NAN, 2.0], 2).indices, [1, 0]),
        (lambda: math.count_nonzero([[0.0, 2.0], [3.0, NAN]], axis=1), [1, 2]),
        (
            lambda: math.confusion_matrix([1, 0, 1], [2, 0, 2], weights=[5, 1, 2]),
            [[1, 0, 0], [0, 0, 7], [0, 0, 0]],
        ),
        (lambda: math.bincount(WHOLES), np.bincount(WHOLES.ravel())),
        (lambda: math.bincount(WHOLES, axis=0), np.bincount(WHOLES.ravel())),
        (lambda: math.bincount(WHOLES, axis=-1), COUNTS),
        (lambda: math.bincount(WHOLE, axis=-1), np.bincount(WHOLE)),
        (lambda: math.bincount(WHOLES[None]), np.bincount(WHOLES.ravel())),
        (lambda: math.bincount(WHOLES, minlength=7, axis=-1), np.pad(COUNTS, ((0, 0), (0, 2)))),
        (lambda: math.bincount(WHOLES, maxlength=2, axis=-1), COUNTS[:, :2]),
        (lambda: math.bincount(WHOLES, axis=-1, binary_output=True), COUNTS > 0),
        (lambda: math.bincount([1] * 256, dtype="int8", binary_output=True), [0, 1]),
        (lambda: math.bincount(np.zeros((2, 0), int), axis=-1), np.zeros((2, 0))),
        (lambda: math.bincount(np.zeros((2, 0), int), minlength=3, axis=-1), np.zeros((2, 3))),
        (lambda: math.invert_permutation([2, 0, 3, 1]), [1, 3, 0, 2]),
        (lambda: math.is_non_decreasing([1, 1, 0]), False),
        (lambda: math.is_strictly_increasing([[1, 2], [3, 4]]), True),
        (lambda: math.segment_mean([1, 2, 4], [0, 0, 1]), [1, 4]),
        (lambda: math.unsorted_segment_mean([1, 2, 4], [0, 0, 1], 2), [1.5, 4]),
        (lambda: math.confusion_matrix([[1], [0]], [1, 1]), [[0, 1], [0, 1]]),
        (
            lambda: nn.softmax_cross_entropy_with_logits([0.5, 0.5], [[0.0, 0.0], [1e4, 1e4]]),
            np.log(np.float32([2, 2])),
        ),
        (
            lambda: nn.embedding_lookup([ngrad.constant([1.0, 2.0]), [3.0]], [2, 0]),
            [3, 1],
        ),
        (
            lambda: nn.depth_to_space(np.arange(4.0).reshape(1, 4, 1, 1), 2, "NCHW"),
            np.arange(4.0).reshape(1, 1, 2, 2),
        ),
        (
            lambda: nn.space_to_depth(np.arange(4.0).reshape(1, 1, 2, 2), 2, "NCHW"),
            np.arange(4.0).reshape(1, 4, 1, 1),
        ),
        (lambda: linalg.matmul([[100]], [[100]], output_type="int64"), [[10**4]]),
        (lambda: math.accumulate_n([[1, 2], [3, 4]], [2], "int32"), [4, 6]),
        (lambda: ngrad.constant(range(3)), np.int32([0, 1, 2])),
        (lambda: math.unsorted_segment_max([[1, 5], [7, 2]], [-1, 0], 2), [[7, 2], [-(2**31)] * 2]),
        (lambda: math.unsorted_segment_min([-INF, NAN], [0, 1], 2), [-INF, NAN]),
        (lambda: math.segment_sum([[1, 2], [3, 4]], [1, 1]), [[0, 0], [4, 6]]),
        (lambda: ngrad.saturate_cast([-(2**40), 2**40], "int32"), [-(2**31), 2**31 - 1]),
        (lambda: ngrad.saturate_cast([-(10**6), 7], "float16"), [-65504, 7]),
        (lambda: ngrad.saturate_cast(np.array([1e39, NAN]), "float32"), [MAX, NAN]),
        (lambda: ngrad.saturate_cast([INF, -INF], "float64"), [INF, -INF]),
        (lambda: ngrad.truncatemod([1e20, -6.0, 5.0], [3.0, 2.0, -INF]), [2, -0.0, 5]),
        (lambda: nn.relu6([-3, 1, 9]), [0, 1, 6]),
        (lambda: nn.crelu([-3, 1]), [0, 1, 3, 0]),
        (lambda: math.angle(np.array([-2.0, 0.0, NAN])), [np.pi, 0, NAN]),
        (lambda: ~linalg.band_part([[True, True]], 0, 0), [[False, True]]),
        (lambda: ~linalg.diag([True, True]), [[False, True], [True, False]]),
        (lambda: math.polygamma([-1.0, 0.5], [1.0, 2.0]), [NAN, NAN]),
        (lambda: ngrad.convert_to_tensor([1, 2], dtype_hint="float32") / 3, np.float32([1, 2]) / 3),
        (lambda: ngrad.convert_to_tensor([0.5], dtype_hint="int32"), [0.5]),
        (lambda: nn.leaky_relu([-5, 5]), np.float32([-1, 5])),
        (lambda: ngrad.linspace(0.0, 1, 3), np.float32([0, 0.5, 1])),
        (lambda: ngrad.clip_by_global_norm([[3.0, 4.0]], 0)[0][0], [0, 0]),
        (lambda: math.polyval([1.0, 2.0], [3.0, INF]), [5, INF]),
        (lambda: math.polyval([4.0], [3.0, INF]), [4, 4]),
        (lambda: ngrad.sequence_mask([[0], [2]]), [[[0, 0]], [[1, 1]]]),
        (lambda: ngrad.searchsorted([[1, 3], [2, 2]], [[2, 3], [2, 1]]), [[1, 1], [0, 0]]),
        (lambda: ngrad.unique([3.0, 1.0, 3.0, 2.0]).y, [3, 1, 2]),
        (lambda: ngrad.unique([3.0, 1.0, 3.0, 2.0], out_idx="int64").idx, [0, 1, 0, 2]),
        (lambda: ngrad.unique_with_counts([3, 1, 3]).count, [2, 1]),
    ],
)  # fmt: skip
def test_what_is_not_smooth(call: Any, expected: Any) -> None:
    np.testing.assert_array_equal(call().numpy(), expected)


@pytest.mark.parametrize(
    "function, arrays, slopes",
    [
        (math.divide_no_nan, (HOLES, OTHERS), ([0, 0, 0.5, 0.25], [0, 0, 0, -3 / 16])),
        (math.multiply_no_nan, (OTHERS, HOLES), ([0, 2, 0, 3], [0, 0, 2, 4])),
        (math.xlogy, (HOLES, OTHERS), ([0, -INF, 0, np.log(4)], [0, INF, 0, 0.75])),
        (math.xlog1py, (HOLES, OTHERS), ([0, 0, 0, np.log(5)], [0, 2, 0, 0.6])),
        (math.xdivy, (HOLES, OTHERS), ([0, INF, 0, 0.25], [0, -INF, 0, -3 / 16])),
        (
            lambda x: math.unsorted_segment_max(x, [0, 0, 0, 1], 2),
            (np.array([2.0, 2.0, 2.0, 1.0]),),
            ([1 / 3, 1 / 3, 1 / 3, 1],),
        ),
        (
            lambda x, y: ngrad.tensor_scatter_nd_min(x, [[0], [0]], y),
            (np.array([2.0]), np.array([2.0, 2.0])),
            ([1 / 3], [1 / 3, 1 / 3]),
        ),
        (lambda x: math.unsorted_segment_prod(x, [0, 0, 0], 1), (HOLES[:3],), ([0, 0, 0],)),
        (lambda x: math.unsorted_segment_prod(x, [0, 0, 0], 1), (HOLES[1:],), ([0, 6, 0],)),
    ],
)
def test_gradients_at_zeros_and_ties_are_tensorflows(
    function: Any, arrays: Any, slopes: Any
) -> None:
    total = lambda *xs: ngrad.reduce_sum(function(*xs))  # noqa: E731
    found = ngrad.grad(total, argnums=tuple(range(len(arrays))))(*map(ngrad.constant, arrays))
    for one, expected in zip(found, slopes, strict=True):
        np.testing.assert_allclose(one.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: ngrad.constant(300, "uint8"), RangeError, "constant: 300 .*uint8"),
        (lambda: math.accumulate_n([[1, 2]], shape=[3]), ShapeError, r"\(2,\), not \[3\]"),
        (lambda: math.accumulate_n([[1, 2]], None, "int64"), DTypeError, "int32, not int64"),
        (lambda: ngrad.range(1j), DTypeError, "range.*complex"),
        (lambda: nn.dropout([1.0], [0.5]), ShapeError, r"one number, not \[0.5\]"),
        (lambda: ngrad.constant(1.5, "int32"), DTypeError, "constant: 1.5 .*int32"),
        (lambda: ngrad.Variable([2.0], dtype="int8"), DTypeError, r"Variable: \[2.0\] .*int8"),
        (lambda: ngrad.Variable(1).assign_add(0.5), DTypeError, "assign_add: 0.5 .*int32"),
        (lambda: math.unsorted_segment_sum([1.0], [2], 2), IndexBoundsError, r"id 2 .*\(-inf, 2\)"),
        (lambda: math.unsorted_segment_sum([1.0], [0, 0], 2), ShapeError, r"\(2,\).*\(1,\)"),
        (lambda: math.unsorted_segment_max([1.0], [0.5], 2), DTypeError, "float32"),
        (lambda: math.segment_sum([1.0, 2.0], [1, 0]), NumberError, "unsorted_segment_sum"),
        (lambda: math.top_k([1.0, 2.0], 3), ShapeError, r"top_k: no 3 .*\(2,\)"),
        (lambda: math.in_top_k([2], [[1.0, 2.0]], 1), IndexBoundsError, "target 2"),
        (lambda: math.add_n([[1.0], [1.0, 2.0]]), ShapeError, r"\(1,\), \(2,\)"),
        (lambda: math.add_n([[1.0], [1]]), DTypeError, "float32, int32"),
        (lambda: math.confusion_matrix([2], [0], 2), IndexBoundsError, "class 2"),
        (lambda: math.bincount([-1]), NumberError, "-1"),
        (lambda: math.bincount([[1]], axis=1), AxisError, "-1, not 1"),
        (lambda: math.bincount(WHOLES[None], axis=-1), ShapeError, r"reshape to \(-1"),
        (lambda: math.bincount([1], [2], binary_output=True), NumberError, "not both"),
        (lambda: ngrad.slice([1, 2], [1], [2]), ShapeError, r"\(2,\)"),
        (lambda: ngrad.reverse([[1, 2]], [0, -2]), ShapeError, r"twice in \[0, -2\]"),
        (lambda: ngrad.linspace(0.0, 1j, 3), DTypeError, "linspace.*complex"),
        (lambda: ngrad.unique([[1]]), ShapeError, r"\(1, 1\)"),
        (lambda: linalg.lu([[1.0, 2.0]]), ShapeError, r"lu: .*\(1, 2\)"),
        (lambda: linalg.lu_solve([[1.0]], [0], [1.0]), ShapeError, r"lu_solve: .*\(1,\)"),
        (lambda: linalg.lu_solve([[1.0]], [1], [[1.0]]), IndexBoundsError, "lu_solve: row 1"),
        (lambda: linalg.lu_reconstruct([[1.0]], [[0]]), ShapeError, r"perm of shape \(1, 1\)"),
        (lambda: linalg.lu_matrix_inverse([[1.0]], [0.0]), DTypeError, "float32"),
        (lambda: linalg.set_diag([[1, 2]], [1, 2]), ShapeError, r"\(2,\)"),
        (lambda: linalg.diag_part([[1, 2]], k=(0, 2)), ShapeError, "diagonal 0 to 2"),
        (lambda: linalg.diag_part([[1, 2]], k=(1, 0)), NumberError, r"uppermost, not \(1, 0\)"),
        (lambda: linalg.diag_part([[1, 2]], k=(0, 1), align="LEFT"), NumberError, "RIGHT_LEFT"),
        (lambda: linalg.diag([1, 2], num_rows=1, num_cols=2), ShapeError, r"fit in \(1, 2\)"),
        (
            lambda: ngrad.tensor_scatter_nd_update([1, 2], [[0]], [1, 2]),
            ShapeError,
            r"\(2,\).*\(1, 1\)",
        ),
        (
            lambda: ngrad.function(lambda x: ngrad.unique(x).y)(ngrad.constant([1.0])),
            TraceError,
            "recorded",
        ),
    ],
)
def test_what_does_not_fit_raises(call: Any, error: type[NgradError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
