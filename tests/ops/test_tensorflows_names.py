"""TensorFlow's names that are made of other ops: values by NumPy, gradients by differences, and
what there is at zeros and ties, which `asv_bench/agreement.py` compares with TensorFlow's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import Case
from scipy import special
from scipy.linalg import lu as _lu

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

Array = Any
RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(2, 3, 4))
P = RNG.uniform(0.5, 2.0, (3, 4))
SQUARE = X @ X.T + np.eye(3)
HOLES, OTHERS = np.array([0.0, 2.0, 0.0, 3.0]), np.array([0.0, 0.0, 2.0, 4.0])
IDS = np.array([0, 2, 2])
WHOLE = np.array([3, 1, 3, 0])
WHOLES = np.array([[3, 1, 3, 0], [0, 0, 0, 0], [4, 2, 2, 1]])
COUNTS = np.stack([np.bincount(row, minlength=5) for row in WHOLES])
INF, NAN, MAX = np.inf, np.nan, float(np.finfo(np.float32).max)


def _joined(join: Any, empty: float) -> Callable[[Array], Array]:
    return lambda x: np.stack(
        [join(x[k == IDS], 0) if k in IDS else np.full(x.shape[1:], empty) for k in range(4)]
    )


def _at(x: Array, values: Array, join: Any) -> Array:
    out = x.copy()
    join.at(out, WHOLE, values)
    return out


LOWEST, HIGHEST = np.finfo(np.float64).min, np.finfo(np.float64).max
SEGMENTS: dict[str, tuple[Any, float, float]] = {
    "sum": (np.sum, 0.0, 0.0),
    "mean": (np.mean, 0.0, 0.0),
    "prod": (np.prod, 1.0, 1.0),
    "max": (np.max, LOWEST, 0.0),
    "min": (np.min, HIGHEST, 0.0),
    "sqrt_n": (lambda x, axis: np.sum(x, axis) / np.sqrt(len(x)), 0.0, 0.0),
}
CASES: dict[str, Case] = {
    "divide_no_nan": Case(math.divide_no_nan, np.divide, (X, P)),
    "xdivy": Case(math.xdivy, np.divide, (X, P)),
    "xlogy": Case(math.xlogy, special.xlogy, (X, P)),
    "xlog1py": Case(math.xlog1py, special.xlog1py, (X, P)),
    "reciprocal_no_nan": Case(math.reciprocal_no_nan, np.reciprocal, (P,)),
    "squared_difference": Case(math.squared_difference, lambda x, y: (x - y) ** 2, (X, Y)),
    "squared_difference, complex": Case(
        math.squared_difference, lambda x, y: abs(x - y) ** 2 + 0j, (X + 1j * Y, Y - 2j * P), False
    ),
    "add_n": Case(lambda x, y: math.add_n([x, y, x]), lambda x, y: x + y + x, (X, Y)),
    "scalar_mul": Case(lambda x: math.scalar_mul(3, x), lambda x: 3 * x, (X,)),
    "polyval": Case(
        lambda x, a: math.polyval([a, 2.0, 1.0], x), lambda x, a: a * x**2 + 2 * x + 1, (X, Y)
    ),
    "log_sigmoid": Case(math.log_sigmoid, special.log_expit, (X,)),
    "top_k": Case(lambda x: math.top_k(x, 2)[0], lambda x: np.sort(x)[:, :-3:-1], (X,)),
    "bincount": Case(
        lambda w: math.bincount(WHOLE, w, minlength=6, maxlength=3),
        lambda w: np.bincount(WHOLE, w)[:3],
        (X[0],),
    ),
    "bincount of rows": Case(
        lambda w: math.bincount(WHOLES, w, 6, 3, axis=-1),
        lambda w: np.stack([np.bincount(n, one, 6)[:3] for n, one in zip(WHOLES, w, strict=True)]),
        (X,),
    ),
    "logdet": Case(lambda x: linalg.logdet(x @ x.T), lambda x: np.linalg.slogdet(x @ x.T)[1], (X,)),
    "cholesky_solve": Case(
        lambda a, b: linalg.cholesky_solve(linalg.cholesky(a @ a.T), b),
        lambda a, b: np.linalg.solve(a @ a.T, b),
        (X, Y),
    ),
    "lstsq": Case(linalg.lstsq, lambda a, b: np.linalg.lstsq(a, b)[0], (X.T, Y.T)),
    "lstsq, wide": Case(linalg.lstsq, lambda a, b: np.linalg.lstsq(a, b)[0], (X, Y)),
    "lstsq, regularised": Case(
        lambda a, b: linalg.lstsq(a, b, 0.5),
        lambda a, b: np.linalg.solve(a.T @ a + 0.5 * np.eye(4), a.T @ b),
        (X, Y),
    ),
    "matrix_rank": Case(linalg.matrix_rank, np.linalg.matrix_rank, (X,), False),
    "set_diag": Case(
        lambda x, y: linalg.set_diag(x, y, k=1),
        lambda x, y: np.where(np.eye(3, 4, 1) > 0, np.r_[0, y], x),
        (X, Y[0, :3]),
    ),
    "set_diag, below": Case(
        lambda x, y: linalg.set_diag(x, y, k=-1),
        lambda x, y: np.where(np.eye(3, 4, -1) > 0, np.r_[y, 0, 0], x),
        (X, Y[0, :2]),
    ),
    "diag_part, band": Case(
        lambda x: linalg.diag_part(x, k=(-1, 2), padding_value=9.0),
        lambda x: np.stack([
            np.r_[9, np.diag(x, 2)], np.diag(x, 1), np.diag(x), np.r_[np.diag(x, -1), 9]
        ]),
        (X,),
    ),
    "diag, band": Case(
        lambda x: linalg.diag(x, k=(-1, 1), align="LEFT_RIGHT"),
        lambda x: np.diag(x[0, :3], 1) + np.diag(x[1]) + np.diag(x[2, 1:], -1),
        (X,),
    ),
    "diag, among others": Case(
        lambda x: linalg.diag(x, k=1, num_rows=4, padding_value=9.0),
        lambda x: np.where(np.eye(4, 5, 1) > 0, np.r_[0, x], 9),
        (X[0],),
    ),
    "set_diag, band": Case(
        lambda x, y: linalg.set_diag(x, y, k=(0, 1)),
        lambda x, y: np.select([np.eye(3, 4) > 0, np.eye(3, 4, 1) > 0],
                               [np.r_[y[1], 0], np.r_[0, y[0]]], x),
        (X, Y[:2, :3]),
    ),
    "normalize": Case(
        lambda x: linalg.normalize(x, axis=1)[0],
        lambda x: x / np.linalg.norm(x, axis=1, keepdims=True),
        (X,),
    ),
    "linspace": Case(
        lambda x, y: ngrad.linspace(x, y, 3, axis=-1),
        lambda x, y: np.linspace(x, y, 3, axis=-1),
        (X[0, 0], Y[0]),
    ),
    "variance, complex": Case(
        lambda x: math.reduce_variance(x, range(1)), lambda x: x.var(0), (X + 1j * Y,), False
    ),
    "std, complex": Case(math.reduce_std, np.std, (X + 1j * Y,), False),
    "matvec, adjoint": Case(
        lambda x, y: linalg.matvec(x, y, adjoint_a=True), lambda x, y: x.conj().T @ y,
        (X + 1j * Y, P[:, 0] + 0j), False,
    ),
    "l2_normalize, complex": Case(
        nn.l2_normalize, lambda x: x / np.linalg.norm(x), (X + 1j * Y,), False
    ),
    "lu": Case(
        lambda x: linalg.lu(ngrad.stack([x, x[::-1]]))[0],
        lambda x: np.stack([np.tril(_lu(m)[1], -1) + _lu(m)[2] for m in (x, x[::-1])]),
        (SQUARE,),
    ),
    "lu_reconstruct": Case(
        lambda x: linalg.lu_reconstruct(*linalg.lu(x)) ** 2, lambda x: x**2,
        (np.stack([SQUARE, SQUARE[::-1]]),),
    ),
    "lu_solve": Case(
        lambda x, y: linalg.lu_solve(*linalg.lu(x), y), np.linalg.solve, (SQUARE[::-1], X)
    ),
    "lu_matrix_inverse": Case(
        lambda x: linalg.lu_matrix_inverse(*linalg.lu(x)), np.linalg.inv, (SQUARE[::-1],)
    ),
    "cross": Case(linalg.cross, np.cross, (X[:, 1:], Y[:, 1:])),
    "tensor_diag": Case(
        lambda x: linalg.tensor_diag_part(linalg.tensor_diag(x) * 2.0), lambda x: 2 * x, (X,)
    ),
    "slice": Case(lambda x: ngrad.slice(x, [1, 0], [-1, 3]), lambda x: x[1:, :3], (X,)),
    "update": Case(
        lambda x, y: ngrad.tensor_scatter_nd_update(x, WHOLE[:3, None], y),
        lambda x, y: np.stack([x[0], y[1], x[2], y[2]]),
        (X.T, Y.T[:3]),
    ),
    "subtract": Case(
        lambda x, y: ngrad.tensor_scatter_nd_sub(x, WHOLE[:, None], y),
        lambda x, y: _at(x, y, np.subtract),
        (X.T, Y.T),
    ),
    "maximum": Case(
        lambda x, y: ngrad.tensor_scatter_nd_max(x, WHOLE[:, None], y),
        lambda x, y: _at(x, y, np.maximum),
        (X.T, Y.T),
    ),
    "minimum": Case(
        lambda x, y: ngrad.tensor_scatter_nd_min(x, WHOLE[:, None], y),
        lambda x, y: _at(x, y, np.minimum),
        (X.T, Y.T),
    ),
    "separable_conv2d": Case(
        lambda x, w: nn.separable_conv2d(x[None, :, :, None], w, np.ones((1, 1, 2, 1)), 1, "VALID"),
        lambda x, w: np.einsum("ijkl,kl->ij", np.lib.stride_tricks.sliding_window_view(x, (2, 2)),
                               w.sum((2, 3)))[None, :, :, None],
        (X, RNG.normal(size=(2, 2, 1, 2))),
    ),
    "igamma": Case(lambda x: math.igamma(2.0, x), lambda x: special.gammainc(2, x), (P,)),
    "igammac": Case(lambda x: math.igammac(2.0, x), lambda x: special.gammaincc(2, x), (P,)),
    "betainc": Case(
        lambda x: math.betainc(2.0, 3.0, x), lambda x: special.betainc(2, 3, x), (P / 3,)
    ),
    "polygamma": Case(lambda x: math.polygamma(1, x), lambda x: special.polygamma(1, x), (P,)),
    "polygamma, orders": Case(
        lambda x: math.polygamma([[0.0], [1.0], [3.0]], x),
        lambda x: special.polygamma(np.array([[0], [1], [3]]), x), (P,),
    ),
    "zeta": Case(math.zeta, special.zeta, (P + 1, P)),
    "lbeta": Case(
        math.lbeta, lambda x: special.gammaln(x).sum(1) - special.gammaln(x.sum(1)), (P,)
    ),
    **{
        name: Case(getattr(math, name), getattr(special, name.removeprefix("bessel_")), (X,))
        for name in ("bessel_i0", "bessel_i0e", "bessel_i1", "bessel_i1e")
    },
    "crelu": Case(nn.crelu, lambda x: np.maximum(np.concatenate([x, -x], -1), 0), (X,)),
    "log_poisson_loss": Case(
        lambda z, x: nn.log_poisson_loss(z, x, True),
        lambda z, x: np.exp(x) - x * z
        + (z > 1) * (z * np.log(z) - z + 0.5 * np.log(2 * np.pi * z)),
        (P, X),
    ),
    "space_to_depth": Case(
        lambda x: nn.depth_to_space(2.0 * nn.space_to_depth(x, 2), 2),
        lambda x: 2 * x,
        (RNG.normal(size=(1, 4, 2, 1)),),
    ),
    "depth_to_space": Case(
        lambda x: nn.depth_to_space(x[None, None, None], 2)[0, ..., 0],
        lambda x: x.reshape(2, 2),
        (X[0],),
    ),
    "weighted_moments": Case(
        lambda x, w: nn.weighted_moments(x, [0, 1], w)[1],
        lambda x, w: np.average((x - np.average(x, weights=w)) ** 2, weights=w),
        (X, P),
    ),
    "truncatediv": Case(
        ngrad.truncatediv, lambda x, y: np.trunc(x / y), (np.arange(-6, 7), np.array([4])), False
    ),
    "truncatemod": Case(ngrad.truncatemod, np.fmod, (np.arange(-6, 7), np.array([-4])), False),
    "truncatemod, floats": Case(ngrad.truncatemod, np.fmod, (X * 9, P)),
    "rfft": Case(lambda x: ngrad.signal.rfft(x, [6]), lambda x: np.fft.rfft(x, 6), (X,), False),
    "irfft2d": Case(
        lambda x: ngrad.signal.irfft2d(ngrad.signal.rfft2d(x)) ** 2, lambda x: x**2, (X,)
    ),
    "ifft3d": Case(ngrad.signal.ifft3d, np.fft.ifftn, (RNG.normal(size=(2, 2, 2)),), False),
    "fftshift": Case(
        lambda x: ngrad.signal.fftshift(x, [1]), lambda x: np.fft.fftshift(x, [1]), (X,)
    ),
    "ifftshift": Case(ngrad.signal.ifftshift, np.fft.ifftshift, (X,)),
    **{
        f"unsorted_segment_{name}": Case(
            lambda x, name=name: getattr(math, f"unsorted_segment_{name}")(x, IDS, 4),
            _joined(join, empty),
            (X,),
            abs(empty) < 2,
        )
        for name, (join, empty, _) in SEGMENTS.items()
    },
    **{
        f"segment_{name}": Case(
            lambda x, name=name: getattr(math, f"segment_{name}")(x, IDS),
            lambda x, join=join, empty=empty: _joined(join, empty)(x)[:3],
            (X,),
        )
        for name, (join, _, empty) in SEGMENTS.items()
        if name != "sqrt_n"
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name: str) -> None:
    CASES[name].check()


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


def test_segments_can_be_recorded_and_batched() -> None:
    def f(x: Any) -> Any:
        return math.unsorted_segment_max(x, [0, 1, 0], 2) * math.unsorted_segment_prod(
            x, [1, 1, 0], 2
        )

    x = ngrad.constant([1.0, 3.0, 2.0])
    np.testing.assert_array_equal(ngrad.function(f)(x).numpy(), f(x).numpy())
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    np.testing.assert_allclose(tape.jacobian(y, x).numpy(), [[0, 0, 4], [9, 6, 0]])


def test_seeds_that_follow_from_one_differ() -> None:
    seeds = [*ngrad.random.split([1, 2], 3), *(ngrad.random.fold_in([1, 2], k) for k in range(3))]
    assert len({tuple(seed.numpy().tolist()) for seed in [ngrad.constant([1, 2]), *seeds]}) == 7
    for again, seed in zip(ngrad.random.split([1, 2], 3), seeds, strict=False):
        np.testing.assert_array_equal(again.numpy(), seed.numpy())
    drawn = [ngrad.random.stateless_uniform([], seed=seed).numpy() for seed in seeds]
    assert len(set(drawn)) == 6
