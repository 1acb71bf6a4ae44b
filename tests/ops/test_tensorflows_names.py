"""TensorFlow's names that are made of other ops: values by NumPy, and gradients by differences."""

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

Array = Any
RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(2, 3, 4))
P = RNG.uniform(0.5, 2.0, (3, 4))
SQUARE = X @ X.T + np.eye(3)
IDS = np.array([0, 2, 2])
WHOLE = np.array([3, 1, 3, 0])
WHOLES = np.array([[3, 1, 3, 0], [0, 0, 0, 0], [4, 2, 2, 1]])


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
