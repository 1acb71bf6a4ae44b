"""Calls of functions of samples and of polynomials: a part of the table of `cases.py`."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from calls import CUBE, HOLED, POSITIVE, SINGLE, SMALL, SPECIAL, A, B, J, K, M, V, W, table

CASES, case = table()

# -- statistics ------------------------------------------------------------------------------------

METHODS = (
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
    "midpoint", "nearest",
)  # fmt: skip
for name in ("median", "nanmedian"):
    for axis in (None, 0, 1, (0, -1)):
        case(name, CUBE, axis=axis, orders=1)
    for x in (K, SINGLE, HOLED, V[:3], SPECIAL):
        case(name, x)
    case(name, HOLED, axis=0, keepdims=True)
for name in ("quantile", "nanquantile"):
    for method in METHODS:
        for q in (0.0, 0.37, 1.0, [0.1, 0.5, 0.85]):
            case(name, A[0], q, method=method)
            case(name, K, q, method=method)
        case(name, CUBE, 0.3, axis=1, method=method, orders=1)
        case(name, HOLED, [0.25, 0.6], axis=0, method=method)
    case(name, SINGLE, 0.3)
    case(name, SINGLE, [0.3], axis=1)
    case(name, CUBE, [0.2, 0.9], axis=(0, 2), keepdims=True)
    case(name, K, 1)
    for x in (A, K, HOLED):
        for q in (0.0, 0.5, [0.1, 1.0]):
            weigh = np.cos(np.arange(x.size)).reshape(x.shape) ** 2
            weigh[:2, 0] = 0.0
            case(name, x, q, axis=1, method="inverted_cdf", weights=weigh)
            case(name, x, q, method="inverted_cdf", weights=weigh)
for name in ("median", "nanmedian", "nanquantile"):
    for shape in ((0,), (0, 3), (3, 0)):
        case(name, np.zeros(shape), *([0.5] if name == "nanquantile" else []), axis=0)
case("quantile", CUBE, [[0.2, 0.3], [0.4, 0.9]], axis=1)
case("quantile", A, [], orders=0)
case("quantile", A, 0.4, axis=1, method="inverted_cdf", weights=[0.0, 2.0, 1.0, 3.0])
for name in ("percentile", "nanpercentile"):
    case(name, A, 40, axis=0, orders=1)
    case(name, K, [5, 62.5])
    case(name, SINGLE, 30, method="lower")
case("average", A, orders=1)
case("average", A, weights=POSITIVE, orders=1)
case("average", A, axis=1, weights=W + 1.0, returned=True)
case("average", K, axis=0, weights=[3, 1], keepdims=True)
case("average", CUBE, axis=(1, 2), weights=POSITIVE, returned=True)
case("average", K, axis=1, returned=True)
case("average", SINGLE, axis=0, weights=SINGLE[:, 0] + 4)
case("cov", A, orders=1)
case("cov", B, rowvar=False, bias=True)
case("cov", V, W, orders=1)
case("cov", K, J, ddof=2)
case("cov", B, fweights=[1, 2, 1, 3], orders=1)
case("cov", B, fweights=[1, 2, 1, 3], aweights=W + 1)
case("cov", B, aweights=W + 1, ddof=0)
case("cov", SINGLE, dtype=np.float32)
case("cov", V)
case("corrcoef", B, orders=1)
case("corrcoef", V, W)
case("corrcoef", B, rowvar=False)
for name in ("nanargmax", "nanargmin"):
    case(name, HOLED)
    case(name, HOLED[:, :2], axis=1)
    case(name, K, axis=0, keepdims=True)

NUMBERS = np.array([3, 1, 0, 7, 3, 3])
case("bincount", NUMBERS)
case("bincount", NUMBERS, minlength=11)
case("bincount", np.array([], int), minlength=2)
case("bincount", np.array([], int), np.array([]))
case("bincount", NUMBERS.astype(np.uint8))
case("bincount", NUMBERS, CUBE.ravel()[:6], orders=1)
for bins in (10, 4, np.array([-2.0, -1.0, 0.5, 0.5, 1.5]), "sturges", "auto"):
    case("histogram", B, bins)
    case("histogram", K, bins)
    case("histogram_bin_edges", B, bins)
case("histogram", B, 4, (-1.0, 1.0), density=True)
case("histogram", B, 4, weights=POSITIVE, density=True)
case("histogram", K, 3, weights=J)
case("histogram2d", A.ravel(), B.ravel(), 3)
case("histogram2d", A.ravel(), B.ravel(), [2, np.array([-1.0, 0.0, 2.0])], density=True)
case("histogram2d", A.ravel(), B.ravel(), np.array([-1.0, 0.0, 0.5, 2.0]))
case("histogram2d", A.ravel(), B.ravel(), 3, weights=POSITIVE.ravel(), range=[[-1, 1], [0, 1]])
case("histogramdd", B.T, (2, 3, 4))
case("histogramdd", B, 2, density=True)
case("histogramdd", [V, W, V], 3)

# -- sampled functions -----------------------------------------------------------------------------

case("diff", CUBE, axis=1, orders=2)
case("diff", CUBE, n=2)
case("diff", K, prepend=0, append=J[:, :2])
case("diff", M)
case("diff", V, n=0)
case("ediff1d", A, orders=1)
case("ediff1d", K, to_begin=[9, 8], to_end=-1)
case("ediff1d", V, to_end=W, orders=1)
PLACES = np.cumsum(POSITIVE[0])
for edge in (1, 2):
    case("gradient", V, edge_order=edge, orders=2)
    case("gradient", A, edge_order=edge)
    case("gradient", A, axis=1, edge_order=edge, orders=1)
    case("gradient", A, 0.5, axis=0, edge_order=edge)
    case("gradient", CUBE[0], PLACES, axis=1, edge_order=edge, orders=1)
    case("gradient", CUBE[0], 2.0, PLACES, edge_order=edge)
    case("gradient", SINGLE, PLACES, axis=1, edge_order=edge)
case("gradient", K, axis=(1, 0))
case("trapezoid", A, orders=1)
case("trapezoid", K, dx=0.5, axis=0)
case("trapezoid", A, PLACES, orders=2)
case("trapezoid", CUBE, CUBE + 2.0, axis=1)
case("interp", A, PLACES, V, orders=1)
case("interp", K, PLACES, W, left=-1.0, right=7.5)
case("interp", np.r_[PLACES, SPECIAL], PLACES, W)
case("interp", A, PLACES[::-1], W, period=1.7, orders=1)
case("interp", 0.3, [0, 1], [5, 6])
case("interp", 0.3, [0, 1], np.array([1j, 2.0], np.complex64))
case("interp", [-1.0, 0.0, 0.5, 1.0, 1.5, 3.0, np.nan], [0, 1, 2, 3], [1.0, np.inf, np.inf, 2.0])
case("unwrap", np.array([0.0, 3.0, 6.5, 1.0, -2.0, 9.0]), orders=1)
case("unwrap", CUBE * 4, axis=1)
case("unwrap", np.array([0, 1, 2, -1, 0, 3]), period=4)
case("unwrap", np.array([0, 1, 5, -1, 0, 3]), period=3)
case("unwrap", V * 4, discont=4.0)
case("cross", A[:, :3], B[:, :3], orders=2)
case("cross", A, B, axis=0)
case("cross", CUBE[:, :, 0], K[0, :3])
for mode in ("full", "same", "valid"):
    for x, y in ((V, W[:3]), (W[:2], A[0]), (K[0], J[1, :3]), (SMALL, SMALL), (M[0], M[1])):
        case("convolve", x, y, mode)
        case("correlate", x, y, mode)
    case("convolve", A[0], W[:3], mode, orders=2)
    case("correlate", W[:3], A[0], mode, orders=1)
case("convolve", [1.0, np.inf, 2.0], [1.0, 2.0])
case("convolve", A[0], W[:3], 2)
case("correlate", A[0], W[:3], np.int64(1))
case("convolve", 2.0, V)
NEAR = np.array([0.0, 1e-9, 0.1, -0.1592, 0.16, 0.7, -1.0, 2.5])
case("sinc", NEAR, orders=2)
case("sinc", K)
case("sinc", SINGLE)
case("i0", np.r_[NEAR, 8.0, 19.9], orders=2)
case("i0", np.array([20.1, -35.0, 100.0, 700.0]))
case("i0", K)
case("i0", SINGLE)
for name in ("bartlett", "blackman", "hamming", "hanning"):
    for m in (0, 1, 7):
        case(name, m)
case("kaiser", 6, np.float64(4.0))
case("kaiser", 6, np.array(4.0), orders=1)
case("kaiser", 1, 4.0)

# -- polynomials -----------------------------------------------------------------------------------

case("polyval", V, A, orders=2)
case("polyval", K[0], K)
case("polyval", [1, 2], 3.0)
for name in ("polyadd", "polysub", "polymul"):
    case(name, V, W[:2], orders=1)
    case(name, K[0, :1], J[0])
case("polymul", [0, 0, 1], [0, 2])
case("polydiv", np.array([3.0, 5.0, 2.0]), np.array([2.0, 1.0]))
case("polydiv", V, A[0, :2] + 3.0)
case("polydiv", [1.0], [2.0, 1.0])
case("polyder", V, orders=1)
case("polyder", K[0], m=2)
case("polyder", K[0], m=0)
case("polyint", V, orders=1)
case("polyint", K[0], m=3, k=[6.0, 5.0, 3.0])
case("polyint", K[0], m=2, k=7)
case("vander", V, orders=2)
case("vander", K[0], 3, increasing=True)
case("vander", SMALL, 0)
case("polyfit", A[0], W, 2, orders=1)
case("polyfit", PLACES, B.T, 1)
case("polyfit", POSITIVE.ravel(), B.ravel(), 5)
case("polyfit", POSITIVE.ravel(), B.ravel(), 2, w=A.ravel() + 2.0)
case("polyfit", POSITIVE.ravel(), B.ravel(), 2, full=True)
case("polyfit", POSITIVE.ravel(), B.ravel(), 2, cov=True)
case("polyfit", POSITIVE.ravel(), B.ravel(), 2, cov="unscaled")
case("polyfit", POSITIVE[:, 0], B[:, :2], 1, cov=True)
case("polyfit", np.array([1.0, 1.0, 2.0]), W[:3], 2)
case("polyfit", np.array([1.0, 1.0, 2.0]), W[:3], 2, rcond=-1)
for x, y in itertools.product(("f4", "f8", "c16"), repeat=2):  # each as its own, and mixed
    mixed: tuple[Any, ...] = POSITIVE.ravel().astype(x), B.ravel().astype(y), 2
    case("polyfit", *mixed)
    case("polyfit", *mixed, full=True)
    case("polyfit", *mixed, cov=True)
    case("polyfit", *mixed, w=POSITIVE.ravel().astype("f4"))
case("poly", V, orders=2)
case("poly", K[0])
case("poly", np.zeros(0))
case("roots", np.array([2.0, -3.0, -11.0, 6.0]), orders=2)
case("roots", np.poly(V))
case("roots", np.array([2.0, -3.0, 4.0, 6.0]), orders=2)
case("roots", np.array([1, 2, 5], np.float32))
case("roots", [0, 2, 2, -4, 0])
