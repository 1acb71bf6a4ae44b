"""Rows of factorisations and of what they serve: solutions, eigenvalues, functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric import Array
from scipy.linalg import expm, logm, lu, solve_sylvester, sqrtm
from table import EPS, Row

import ngrad
from ngrad import linalg
from ngrad.graph.op import TABLE
from ngrad.graph.reference import REFERENCES
from ngrad.ops.factored import solved
from ngrad.record import apply


def _graded(x: Any) -> Any:
    """Matrices near those with 1, 2, ... on their diagonals, which LAPACK factors stably."""
    if not x.dtype.is_inexact:
        return x
    return x + linalg.band_part(ngrad.cumsum(0.0 * x + 1.0, -1), 0, 0)


def _graded_array(x: Array) -> Array:
    m, n = x.shape[-2:]
    return x + np.eye(m, n) * np.arange(1, n + 1)


def _dominant(x: Any) -> Any:
    """Diagonals of which the main one, in the middle, is not near 0."""
    if not x.dtype.is_inexact:
        return x
    middle = x.shape[-1] // 2
    return x + ngrad.pad(0.0 * x[..., :1] + 2.0, [(0, 0)] * (x.ndim - 1) + [(middle, middle)])


def _dominant_array(x: Array) -> Array:
    return x + 2.0 * (np.arange(x.shape[-1]) == x.shape[-1] // 2)


def _bands(x: Any, main: int) -> Any:
    """Diagonals of which one, that is not near 0, is the main one."""
    if not x.dtype.is_inexact:
        return x
    own = 0.0 * x[..., :1, :] + 2.0
    widths = [(0, 0)] * (x.ndim - 2) + [(main, x.shape[-2] - 1 - main), (0, 0)]
    return x + ngrad.pad(own, widths)


def _bands_array(x: Array, main: int) -> Array:
    return x + 2.0 * (np.arange(x.shape[-2]) == main)[:, None]


def _hermitian(x: Any) -> Any:
    return _graded(0.5 * (x + linalg.adjoint(x))) if x.dtype.is_inexact else x


def _lapack(op: str, function: Any, reference: Any, *shapes: Any, **options: Any) -> Row:
    options = {
        "domains": ((-0.2, 0.2),) * len(shapes[0]),
        "kinds": "fc",
        "ulps": 32,
        "floor": 128 * EPS,
        **options,
    }
    return Row(op, function, reference, shapes=shapes, **options)


SQUARES = ((3, 3),), ((2, 2, 2),), ((1, 1),), ((0, 0),), ((2, 0, 3, 3),)


FEW = ((3, 3),), ((2, 1, 1),), ((2, 0, 3, 3),)
"""Of what SciPy takes its time for."""


def _of_square(op: str, reference: Any, *params: Any, **options: Any) -> Row:
    def function(x: Any) -> Any:
        return apply(TABLE[op], (_graded(x),), params)

    shapes = options.pop("shapes", SQUARES)
    return _lapack(op, function, lambda x: reference(_graded_array(x)), *shapes, **options)


def _slogdet(x: Any) -> Any:
    sign, logarithm = apply(TABLE["slogdet"], (_graded(x),))
    return sign * logarithm


def _lu_factor(x: Any) -> Any:
    packed, pivots = apply(TABLE["lu_factor"], (_turned(_graded(x)),), (False,))
    return packed + ngrad.cast(pivots, packed.dtype)


def _lu_factor_array(x: Array) -> Array:
    packed, pivots = REFERENCES["lu_factor"](_turned(_graded_array(x)), False)
    return packed + pivots


def _adjugate(x: Array) -> Array:
    return np.linalg.det(x)[..., None, None] * np.linalg.inv(x)


def _adjugate_along(x: Array, way: Array) -> Array:
    found, inverse = _adjugate(_graded_array(x)), np.linalg.inv(_graded_array(x))
    turned = inverse @ way
    return np.trace(turned, 0, -2, -1)[..., None, None] * found - turned @ found


def _cutoff(x: Any) -> Any:
    part = ngrad.math.real(x)
    return 1e-6 + 0.0 * ngrad.reduce_sum(part, (-2, -1), True) if x.dtype.is_inexact else x


def _pinv(x: Any) -> Any:
    return apply(TABLE["pinv"], (_graded(x), _cutoff(x)), (False,))


def _lstsq(x: Any, y: Any) -> Any:
    return apply(TABLE["lstsq"], (_graded(x), y, _cutoff(x)))[0]


def _known(u: Any, v: Any, xp: Any) -> Any:
    """What does not depend on the sign, or phase, of pairs of columns; of every element."""
    return u * xp.conj(v[..., :1, :])


def _eigh(x: Any, lower: bool) -> Any:
    values, vectors = apply(TABLE["eigh"], (_hermitian(x),), (lower,))
    values = ngrad.cast(values, vectors.dtype)
    return ngrad.concat([values[..., None], _known(vectors, vectors, ngrad.math)], -1)


def _eigh_array(x: Array) -> Array:
    values, vectors = np.linalg.eigh(_graded_array(0.5 * (x + x.swapaxes(-1, -2).conj())))
    return np.concatenate([values[..., None], _known(vectors, vectors, np)], -1)


def _eig(x: Any) -> Any:
    values, vectors = apply(TABLE["eig"], (_graded(x),))
    return ngrad.concat([values[..., None], _known(vectors, vectors, ngrad.math)], -1)


def _eig_array(x: Array) -> Array:
    values, vectors = np.linalg.eig(_graded_array(x))
    return np.concatenate([values[..., None], _known(vectors, vectors, np)], -1)


def _svd(x: Any, full: bool) -> Any:
    u, s, vh = apply(TABLE["svd"], (_graded(x),), (full,))
    u, v = u[..., : s.shape[-1]], linalg.adjoint(vh)[..., : s.shape[-1]]
    sized = _known(u, v, ngrad.math) * s[..., None, :]
    return ngrad.concat([sized, _known(v, v, ngrad.math)], -2)


def _svd_array(x: Array) -> Array:
    u, s, vh = np.linalg.svd(_graded_array(x), full_matrices=False)
    v = vh.swapaxes(-1, -2).conj()
    return np.concatenate([_known(u, v, np) * s[..., None, :], _known(v, v, np)], -2)


def _lu(x: Any) -> Any:
    _, lower, upper = apply(TABLE["lu"], (_turned(_graded(x)),))
    return lower @ upper * lower[..., :1] + upper[..., :1, :]


def _turned(x: Any) -> Any:
    """The rows in the opposite order, which the factorisation turns round."""
    return x[..., ::-1, :]


def _lu_array(x: Array) -> Array:
    _, lower, upper = lu(_turned(_graded_array(x)))
    return lower @ upper * lower[..., :1] + upper[..., :1, :]


def _polar_array(x: Array) -> Array:
    u, _, vh = np.linalg.svd(_graded_array(x), full_matrices=False)
    return u @ vh


def _sylvester_array(a: Array, b: Array, q: Array) -> Array:
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2], q.shape[:-2])
    a, b, q = (np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b, q))
    found = [solve_sylvester(*(x[at] for x in (a, b, q))) for at in np.ndindex(batch) if q.size]
    return np.reshape(found, q.shape)


def _matrix_function(function: Any) -> Any:
    return lambda x: np.reshape([function(x[at]) for at in np.ndindex(x.shape[:-2])], x.shape)


FACTORS = [
    _of_square("inv", np.linalg.inv),
    _of_square("det", np.linalg.det),
    _lapack(
        "slogdet", _slogdet, lambda x: np.multiply(*np.linalg.slogdet(_graded_array(x))), *SQUARES
    ),
    _of_square("adjugate", _adjugate),
    _lapack(
        "adjugate_along",
        lambda x, y: apply(TABLE["adjugate_along"], (_graded(x), y)),
        _adjugate_along,
        *(((3, 3), (3, 3)), ((2, 2, 2), (2, 2)), ((0, 0), (0, 0))),
    ),
    _lapack("lu_factor", _lu_factor, _lu_factor_array, *SQUARES, smooth=False),
    *(
        _lapack(
            "solve",
            lambda x, y, turned=turned: solved(apply, _graded(x), y, turned),
            lambda x, y, turned=turned: np.linalg.solve(
                np.swapaxes(_graded_array(x), -1, -2) if turned else _graded_array(x), y
            ),
            *(((3, 3), (3, 2)), ((2, 2, 2), (2, 1)), ((2, 2), (3, 2, 1)), ((2, 2), (2, 0))),
            label="transposed" * turned,
        )
        for turned in (False, True)
    ),
    *(
        _lapack(
            "banded_solve",
            lambda x, y, told=told: apply(TABLE["banded_solve"], (_bands(x, told[0]), y), told),
            lambda x, y, told=told: REFERENCES["banded_solve"](_bands_array(x, told[0]), y, *told),
            *(((count, 4), (4, 2)), ((2, 1, count, 3), (2, 3, 1)), ((count, 1), (1, 1))),
            label=f"{told[0]}, {told[1]}" + ", transposed" * told[2],
        )
        for count, told in (
            *((3, (1, 1, False)), (3, (1, 1, True)), (3, (2, 0, False))),
            *((3, (0, 2, True)), (5, (1, 3, False))),
        )
    ),
    _lapack(
        "pinv",
        _pinv,
        lambda x: np.linalg.pinv(_graded_array(x), 1e-6),
        *(((4, 3),), ((2, 2, 3),), ((3, 3),), ((0, 3),)),
    ),
    _lapack(
        "lstsq",
        _lstsq,
        lambda x, y: np.linalg.pinv(_graded_array(x), 1e-6) @ y,
        *(((4, 3), (4, 2)), ((2, 2, 3), (2, 2, 1)), ((3, 3), (2, 3, 1)), ((0, 3), (0, 2))),
    ),
    _lapack("eig", _eig, _eig_array, *SQUARES),
    _of_square("eigvals", np.linalg.eigvals),
    *(
        _lapack(
            "eigvalsh",
            lambda x, low=low: apply(TABLE["eigvalsh"], (_hermitian(x),), (low,)),
            lambda x: np.linalg.eigvalsh(_graded_array(0.5 * (x + x.swapaxes(-1, -2).conj()))),
            *SQUARES,
            label=label,
        )
        for low, label in ((True, "lower"), (False, "upper"))
    ),
    _of_square(
        "svdvals",
        lambda x: np.linalg.svd(x, compute_uv=False),
        shapes=(((3, 3),), ((2, 2, 2),), ((3, 2),), ((2, 3),), ((0, 0),), ((2, 0, 3, 2),)),
    ),
    *(
        _lapack("eigh", lambda x, low=low: _eigh(x, low), _eigh_array, *SQUARES, label=label)
        for low, label in ((True, "lower"), (False, "upper"))
    ),
    *(
        _lapack(
            "svd",
            lambda x, full=full: _svd(x, full),
            _svd_array,
            *(((3, 3),), ((2, 2, 2),), ((3, 2),), ((2, 3),), ((0, 0),), ((2, 0, 3, 2),)),
            label=label,
        )
        for full, label in ((True, "full"), (False, "reduced"))
    ),
    _lapack(
        "qr",
        lambda x: ngrad.concat(apply(TABLE["qr"], (_graded(x),), (False,)), -2),
        lambda x: np.concatenate(np.linalg.qr(_graded_array(x)), -2),
        *(((3, 3),), ((2, 2, 2),), ((3, 2),), ((1, 1),), ((0, 0),), ((2, 0, 3, 3),)),
    ),
    _lapack(
        "polar",
        lambda x: apply(TABLE["polar"], (_graded(x),)),
        _polar_array,
        *(((3, 3),), ((2, 2, 2),), ((4, 3),), ((2, 3),), ((0, 0),), ((2, 0, 3, 2),)),
    ),
    _lapack(
        "sylvester",
        lambda a, b, q: apply(TABLE["sylvester"], (_graded(a), _graded(b), q)),
        lambda a, b, q: _sylvester_array(_graded_array(a), _graded_array(b), q),
        *(((3, 3), (2, 2), (3, 2)), ((2, 2, 2), (1, 1), (2, 2, 1)), ((0, 0), (2, 2), (0, 2))),
    ),
    _lapack(
        "toeplitz",
        lambda x, y: apply(TABLE["toeplitz"], (_dominant(x), y)),
        lambda x, y: REFERENCES["toeplitz"](_dominant_array(x), y),
        *(((1, 5), (3, 2)), ((2, 1, 3), (2, 1)), ((1, 1), (2, 1, 2)), ((1, 5), (3, 0))),
    ),
    _lapack("lu", _lu, _lu_array, *(((3, 3),), ((2, 2, 2),), ((3, 2),), ((2, 3),), ((1, 1),))),
    *(
        _of_square(f.__name__, _matrix_function(f), False, shapes=FEW, ulps=256)
        for f in (expm, logm, sqrtm)
    ),
]
