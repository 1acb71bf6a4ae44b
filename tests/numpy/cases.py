"""Calls of NumPy's functions: the table that `test_functions.py` runs with NumPy and with us."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

A = np.linspace(-1.3, 2.1, 12).reshape(3, 4)
B = np.cos(np.arange(12.0)).reshape(3, 4) * 1.7
UNIT = np.linspace(-0.9, 0.9, 12).reshape(3, 4)
POSITIVE = np.linspace(0.2, 3.7, 12).reshape(3, 4)
CUBE = np.random.default_rng(5).permutation(24).reshape(2, 3, 4) / 8.0 - 1.4
V = np.array([0.5, -1.5, 2.5, 3.25])
W = np.array([2.0, 0.25, -0.75, 1.5])
SINGLE = A.astype(np.float32)
K = np.array([[3, -7, 2, 0], [5, 1, -4, 9]])
J = np.array([[2, 3, -5, 1], [4, -2, 7, 3]])
SMALL = np.array([-100, 27, 127], np.int8)
UNSIGNED = np.array([0, 3, 250], np.uint8)
M = np.array([[True, False, True, False], [False, False, True, True]])
HOLED = np.where(A > 1.2, np.nan, A)
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.5, -1.5, 2.5])


class Case(NamedTuple):
    """A call of a function by name; `orders`, how often it is differentiated in its floats."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    orders: int

    def __str__(self) -> str:
        shown = [describe(x) for x in self.args] + [
            f"{k}={describe(v)}" for k, v in self.kwargs.items()
        ]
        return f"{self.name}({', '.join(shown)})"


def describe(x: Any) -> str:
    if callable(x):
        return str(getattr(x, "__name__", type(x).__name__))  # no address: it differs by process
    if isinstance(x, np.ndarray):
        return f"{x.dtype.str[1:]}{list(x.shape)}".replace(" ", "")
    return "..." if isinstance(x, (list, tuple)) else str(x)


CASES: list[Case] = []


def case(name: str, *args: Any, orders: int = 0, **kwargs: Any) -> None:
    CASES.append(Case(name, args, kwargs, orders))


# -- universal functions ---------------------------------------------------------------------------

for name in (
    "sin",
    "cos",
    "exp",
    "expm1",
    "tanh",
    "arctan",
    "sinh",
    "cosh",
    "arcsinh",
    "degrees",
    "radians",
    "square",
    "exp2",
):
    case(name, A, orders=2)
    for x in (SINGLE, K, 3, 0.5, SPECIAL[:2]):
        case(name, x)
for name in ("log", "log2", "log10", "log1p", "sqrt", "cbrt", "reciprocal"):
    case(name, POSITIVE, orders=2)
    case(name, POSITIVE.astype(np.float32))
for name in ("arcsin", "arccos", "arctanh", "tan"):
    case(name, UNIT, orders=2)
case("arccosh", POSITIVE + 1.0, orders=2)
for name in ("negative", "positive", "absolute", "sign", "fabs", "rint", "floor", "ceil", "trunc"):
    case(name, B, orders=0 if name in ("sign", "rint", "floor", "ceil", "trunc") else 1)
    case(name, K)
    case(name, SPECIAL)
for name in ("add", "subtract", "multiply"):
    case(name, A, B, orders=2)
    case(name, A, V, orders=1)
    for x, y in ((K, J), (A, 2), (2, K), (SINGLE, 1.5), (SMALL, UNSIGNED), (K, V), (SINGLE, A)):
        case(name, x, y)
case("divide", A, POSITIVE, orders=2)
case("divide", K, J)
case("divide", SMALL, 3)
for name in ("floor_divide", "remainder", "fmod"):
    case(name, A, POSITIVE, orders=0 if name == "floor_divide" else 1)
    case(name, K, J)
    case(name, A, -0.7)
case("fmod", np.array([-(2**63), -(2**63), 7]), np.array([3, -3, -2]))
case("divmod", A, POSITIVE)
case("divmod", K, J)
case("power", POSITIVE, A, orders=2)
case("power", A, 2, orders=2)
case("power", K, 3)
case("float_power", K, -2)
for name in ("maximum", "minimum", "fmax", "fmin"):
    case(name, A, B, orders=1)
    case(name, SPECIAL, 1.5)
    case(name, K, J)
for name in ("hypot", "arctan2", "logaddexp", "logaddexp2"):
    case(name, A, B, orders=2)
    case(name, K, J)
case("logaddexp", np.array([-np.inf, np.inf, 3.0]), np.array([-np.inf, 1.0, 3.0]))
case("copysign", A, B, orders=1)
case("copysign", K, -1)
case("heaviside", SPECIAL, 0.5)
case("ldexp", A, np.arange(12).reshape(3, 4) - 5, orders=1)
case("modf", SPECIAL)
case("modf", A)
for name in ("isnan", "isinf", "isfinite", "signbit"):
    case(name, SPECIAL)
    case(name, K)
for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    case(name, A, B)
    case(name, K, 2)
    case(name, SPECIAL, SPECIAL)
for name in ("logical_and", "logical_or", "logical_xor"):
    case(name, M, ~M)
    case(name, K, A[:2])
case("logical_not", K)
for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    case(name, K, J)
    case(name, M, True)
case("invert", K)
case("invert", M)
case("left_shift", K, 2)
case("right_shift", K, np.abs(J))
case("conjugate", A, orders=1)
case("add", A, B, dtype=np.float32)
case("multiply", K, 2, dtype=float)

# -- reductions ------------------------------------------------------------------------------------

for name in ("sum", "mean", "prod", "max", "min"):
    for axis in (None, 0, -1, (0, 2)):
        case(name, CUBE, axis=axis, orders=1 if name in ("max", "min") else 2)
    case(name, CUBE, axis=1, keepdims=True)
    case(name, K)
    case(name, SMALL)
    case(name, SINGLE, axis=1)
for name in ("sum", "mean", "prod"):
    case(name, A, where=A > 0)
    case(name, K, axis=0, dtype=np.float32)
case("sum", M, axis=1)
case("sum", A, initial=2.0)
case("max", A, initial=5.0)
case("min", A, axis=0, where=A > 0, initial=9.0)
for name in ("var", "std"):
    case(name, CUBE, axis=1, orders=2)
    case(name, CUBE, ddof=1)
    case(name, A, axis=0, keepdims=True, where=A > -1)
    case(name, K, axis=1)
case("ptp", A, axis=1, orders=1)
for name in ("all", "any"):
    case(name, M, axis=0)
    case(name, K, keepdims=True)
    case(name, M, where=[[True], [False]])
case("count_nonzero", K, axis=1)
case("count_nonzero", M)
for name in ("argmax", "argmin"):
    case(name, B)
    case(name, B, axis=1)
    case(name, K, axis=0, keepdims=True)
for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin"):
    case(name, HOLED)
    case(name, HOLED, axis=0)
    case(name, A, axis=1, orders=1)
for name in ("cumsum", "cumprod"):
    case(name, CUBE, axis=1, orders=2)
    case(name, A)
    case(name, K, axis=-1)
    case(name, SMALL)
    case("nan" + name, HOLED, axis=1)

# -- creation --------------------------------------------------------------------------------------

case("array", [[1, 2], [3, 4]])
case("array", [1.0, 2.0], dtype=np.float32)
case("array", 3, ndmin=2)
case("array", [True, False])
case("asarray", K)
case("asarray", [[A[0], V], [W, B[1]]], orders=1)
case("asanyarray", A)
case("ascontiguousarray", A)
case("asfortranarray", A)
case("asarray_chkfinite", A)
for name in ("zeros", "ones"):
    case(name, (2, 3))
    case(name, 3, dtype=int)
    case(name + "_like", K)
    case(name + "_like", A, dtype=bool)
case("full", (2, 2), 7)
case("full", 3, 0.5, dtype=np.float32)
case("full_like", K, 2.7)
case("eye", 3)
case("eye", 3, 4, k=-1, dtype=int)
case("identity", 2)
case("arange", 5)
case("arange", 2, 9, 3)
case("arange", 0.0, 1.0, 0.3)
case("arange", 5, 0, -2, dtype=np.int32)
case("arange", 5, 0, -1.5, dtype=np.int64)
case("arange", 0, 1, 0.1, dtype=np.float16)
case("linspace", 0, 1, 7)
case("linspace", 2.0, -3.0, 5, endpoint=False)
case("linspace", V, W, 4, axis=1, orders=1)
case("linspace", 0, SINGLE[0], 3)
case("linspace", 0, 10, 4, dtype=int)
case("linspace", 1, 2, 1)
case("linspace", 0, 1, 5, retstep=True)
case("logspace", 0, 2, 5)
case("geomspace", 1, 256, 9)
case("meshgrid", V, W[:3])
case("meshgrid", V, W[:3], indexing="ij")
case("meshgrid", V, W[:3], sparse=True)
case("tri", 3, 4, 1)
case("indices", (2, 3))
case("indices", (2, 3), sparse=True)
case("copy", A, orders=1)

# -- shapes ----------------------------------------------------------------------------------------

case("reshape", CUBE, (4, -1), orders=1)
case("reshape", CUBE, (6, 4), order="F")
case("ravel", A, orders=1)
case("ravel", A.T)
case("transpose", CUBE, orders=1)
case("transpose", CUBE, (1, 2, 0))
case("permute_dims", CUBE, (1, 2, 0))
case("matrix_transpose", CUBE)
case("swapaxes", CUBE, 0, -1, orders=1)
case("moveaxis", CUBE, [0, 1], [-1, 0])
case("rollaxis", CUBE, 2)
case("rollaxis", CUBE, 0, 3)
case("expand_dims", A, (0, -1))
case("squeeze", A[:1, :, None], orders=1)
case("squeeze", A[:1, :, None], axis=-1)
case("broadcast_to", V, (3, 4), orders=1)
case("broadcast_arrays", A, V[:1])
for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    for x in (np.float64(2.0), V, A, CUBE):
        case(name, x)
    case(name, V, A)
case("concatenate", [A, B], orders=1)
case("concatenate", [A, K[:, :4][:1]], axis=0)
case("concatenate", [A, V], axis=None)
case("concat", [CUBE, CUBE], axis=-1)
case("stack", [V, W], axis=1, orders=1)
case("vstack", [V, A])
case("hstack", [A, B])
case("hstack", [V, W])
case("dstack", [A, B])
case("column_stack", [V, W])
case("append", A, V)
case("append", A, B, axis=0)
case("block", [[A, B], [B, A]])
case("array_split", np.arange(7), 3)
case("array_split", A, [1, 3], axis=1)
case("split", A, 2, axis=1)
case("vsplit", A, 3)
case("hsplit", A, 2)
case("dsplit", CUBE, 2)
case("unstack", A, axis=1)
case("repeat", A, 2, orders=1)
case("repeat", A, [1, 0, 2], axis=0)
case("tile", V, (2, 3), orders=1)
case("tile", A, 2)
for name in ("flip", "flipud", "fliplr"):
    case(name, A, orders=1)
case("flip", CUBE, (0, 2))
for k in range(-1, 5):
    case("rot90", A, k)
case("roll", A, 2, orders=1)
case("roll", A, (1, -1), axis=(0, 1))

# -- selection and products ------------------------------------------------------------------------

case("where", A > 0, A, B, orders=1)
case("where", M, 1, 2.5)
case("where", M)
case("nonzero", K)
case("argwhere", K)
case("flatnonzero", M)
case("clip", A, -0.5, 1.0, orders=1)
case("clip", K, 0, None)
case("clip", K, min=-1, max=4)
case("round", B)
case("round", B, 1)
case("round", K, -1)
case("around", SPECIAL)
case("take", A, [2, 0, 2], axis=0, orders=1)
case("take", A, [[0, -1], [5, 3]])
case("take", V, [7, -9], mode="wrap")
case("take", V, [7, -9], mode="clip")
case("take_along_axis", A, np.argsort(A, axis=1), axis=1, orders=1)
case("take_along_axis", K, np.array([[0], [3]]), axis=1)
case("compress", [True, False, True], A, axis=0)
case("extract", A > 0, A)
case("diagonal", CUBE, 1, 1, 2, orders=1)
case("trace", A, orders=1)
case("trace", CUBE, axis1=1, axis2=2)
case("matmul", A, A.T, orders=2)
case("matmul", CUBE, V, orders=1)
case("matmul", K, J.T)
case("dot", A, V, orders=1)
case("dot", CUBE, CUBE.swapaxes(1, 2)[0])
case("dot", 2.0, A)
case("vdot", A, B, orders=1)
case("inner", A, B, orders=1)
case("outer", V, W, orders=1)
case("tensordot", CUBE, A, ([1, 2], [0, 1]), orders=1)
case("einsum", A, [0, 1], V, [1], orders=2)
case("einsum", CUBE, [0, 1, ...], [1, ..., 0])
case("einsum", "ij,ik->jk", A, B, orders=1)

# -- order and sets --------------------------------------------------------------------------------

TIED = np.array([3, 1, 3, 2, 1, 1])
for name in ("sort", "argsort"):
    for axis in (0, -1, None):
        case(name, CUBE, axis=axis, orders=1 if name == "sort" else 0)
    for x in (K, SPECIAL, SINGLE, UNSIGNED, np.zeros((2, 0)), M):
        case(name, x, stable=True)
case("sort", V, kind="mergesort")
case("argsort", np.float64(2.5))
case("lexsort", (TIED[::-1], TIED))
case("lexsort", [B[0], M[0].astype(float)])
case("lexsort", (K[:, ::-1], np.abs(J) // 3), axis=0)
EDGES = np.sort(B.ravel())
for side in ("left", "right"):
    case("searchsorted", EDGES, A, side=side)
    case("searchsorted", np.sort(TIED), K, side=side)
    case("searchsorted", np.sort(SPECIAL), SPECIAL, side=side)
    case("searchsorted", TIED, 2, side=side, sorter=np.argsort(TIED, kind="stable"))
    case("searchsorted", np.zeros(0), V, side=side)
    case("searchsorted", np.zeros(1), V, side=side)
for right in (False, True):
    case("digitize", A, EDGES, right=right)
    case("digitize", K, np.array([5, 2, 2, -3]), right=right)
case("isin", K, [2, 9, 100])
case("isin", A, A[1], invert=True)
case("isin", SPECIAL, SPECIAL)
case("isin", K, [])
case("unique", A, orders=1)
for x in (TIED, K, M, np.r_[SPECIAL, SPECIAL]):
    case("unique", x)
    case("unique", x, return_index=True, return_inverse=True, return_counts=True)
case("unique", SPECIAL, equal_nan=False)
case("unique", A[:2, ::-1], axis=0, orders=1)
case("unique", K[[0, 1, 0]], axis=0)
case("unique", TIED.reshape(2, 3), axis=1, return_inverse=True)
for name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
    case(name, A, orders=1 if name == "unique_values" else 0)
    if name != "unique_values":  # whose order NumPy leaves open
        case(name, TIED)
case("intersect1d", TIED, [2, 3, 9])
case("intersect1d", np.r_[V, W], W, return_indices=True)
case("intersect1d", A, A[1])
case("union1d", TIED, K)
case("union1d", A, V, orders=1)
for unique in (False, True):
    case("setdiff1d", A, A[1], unique)
    case("setdiff1d", A, V, unique, orders=1)
    case("setxor1d", A[:2], A[1:], unique)
    case("setxor1d", A, V, unique, orders=1)
case("setdiff1d", TIED, [1, 7])
case("setxor1d", TIED, K)

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
case("poly", V, orders=2)
case("poly", K[0])
case("poly", np.zeros(0))
case("roots", np.array([2.0, -3.0, -11.0, 6.0]), orders=2)
case("roots", np.poly(V))
case("roots", np.array([2.0, -3.0, 4.0, 6.0]), orders=2)
case("roots", np.array([1, 2, 5], np.float32))
case("roots", [0, 2, 2, -4, 0])

# -- matrices, and elements in and out -------------------------------------------------------------

for name in ("tril", "triu"):
    for k in (-1, 0, 2):
        case(name, CUBE, k, orders=1)
    case(name, K[0])
    case(name, M)
    case(name + "_indices", 3, 1)
    case(name + "_indices", 3, k=-1, m=4)
    case(name + "_indices_from", A, 1)
for k in (-2, 0, 1):
    case("diag", V, k, orders=1)
    case("diag", A, k, orders=1)
    case("diagflat", K, k)
case("diag", M[0])
case("diag_indices", 3)
case("diag_indices", 2, ndim=3)
case("diag_indices_from", A[:, :3])
case("mask_indices", 3, np.triu, 1)
case("kron", A, V, orders=1)
case("kron", K, CUBE)
case("delete", A, 1, axis=0, orders=1)
case("delete", A, [1, -1, 1], axis=1)
case("delete", K, slice(None, None, 3))
case("delete", V, np.array([True, False, True, False]))
case("delete", V, [])
case("insert", A, 1, V, axis=0, orders=1)
case("insert", K, [1, 3, 3], [[7], [8]], axis=1)
case("insert", K, 2, 9)
case("insert", K, [2, -1], [9.7, 6])
case("insert", V, [2], W)
case("insert", K, 1, [7, 8], axis=1)
case("insert", K, [1], [[7], [8]], axis=1)
case("insert", V, slice(1, 3), [7, 8])
case("insert", CUBE, 1, 5.0, axis=1)
case("resize", K, (3, 5))
case("resize", V, 2, orders=1)
case("resize", np.zeros(0), (2, 2))
for x in ([0, 0, 1, 0, 2, 0], [0, 0], A * (A > 0)):
    for trim in ("fb", "f", "b"):
        case("trim_zeros", np.array(x), trim)
case("trim_zeros", A * (A > 0.4), axis=0)
for mode in ("constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect",
             "symmetric", "wrap"):  # fmt: skip
    for width in (1, (2, 0), ((3, 1), (0, 2)), ((7, 9), (5, 11))):
        case("pad", A, width, mode, orders=1 if width == 1 else 0)
        case("pad", K, width, mode)
for mode in ("reflect", "symmetric"):
    for width in (2, ((7, 9), (5, 11)), ((9, 0), (0, 14))):
        case("pad", A, width, mode, reflect_type="odd", orders=1 if width == 2 else 0)
    case("pad", K[:1], ((2, 3), (0, 0)), mode, reflect_type="odd")
case("pad", A, 2, constant_values=((1.0, 2.0), (3.0, 4.0)))
case("pad", K, 2, constant_values=(7, 8.5))
case("pad", A, 3, "linear_ramp", end_values=(-4.0, 5.0))
case("pad", K, 3, "linear_ramp", end_values=20)
for mode in ("maximum", "mean", "median", "minimum"):
    case("pad", B, 2, mode, stat_length=((1, 2), (3, 2)))
case("pad", A, {-1: (1, 2)})
case("pad", K, {0: 2, 1: 1}, "edge")

# -- more universal functions ----------------------------------------------------------------------

for name in ("gcd", "lcm"):
    case(name, K * 6, J * 4)
    case(name, UNSIGNED, np.uint8(6))
    case(name, np.array([0, 7, -128, -128], np.int8), np.array([0, 0, 0, 1], np.int8))
for x in (K, SMALL, UNSIGNED, np.array([-(2**63), 2**63 - 1, 0, -1])):
    case("bitwise_count", x)
case("nextafter", A, B, orders=1)
for x in (SPECIAL, SINGLE, np.array([5e-324, -5e-324, 1.7976931348623157e308, 1.0, -1.0])):
    case("nextafter", x, x.dtype.type(np.inf))
    case("nextafter", x, x.dtype.type(0))
    case("spacing", x)
    case("frexp", x)
case("frexp", 2.0 ** np.arange(-1074, 1024, 7))
case("frexp", np.float32(2.0) ** np.arange(-149, 128, dtype=np.float32))
case("frexp", np.nextafter(2.0 ** np.arange(-300.0, 300.0), 0.0))
case("frexp", K)

# -- what arrays are -------------------------------------------------------------------------------

for name in ("isclose", "allclose"):
    case(name, A, A + 1e-9)
    case(name, A, B)
    case(name, SPECIAL, SPECIAL)
    case(name, SPECIAL, SPECIAL, equal_nan=True)
    case(name, K, 2, atol=3)
    case(name, SINGLE, 1.0, rtol=0.1)
    case(name, 1.0, 1.0 + 1e-6)
for name in ("array_equal", "array_equiv"):
    for x, y in ((A, A), (A, B), (A, A[:2]), (V, np.stack([V, V])), (SPECIAL, SPECIAL), (K, "a")):
        case(name, x, y)
case("array_equal", SPECIAL, SPECIAL, equal_nan=True)
for name in ("real", "imag", "real_if_close", "isreal", "iscomplex", "isrealobj", "iscomplexobj"):
    case(name, A, orders=1 if name.startswith("real") else 0)
    case(name, K)
case("angle", SPECIAL)
case("angle", B, deg=True)
for name in ("isposinf", "isneginf", "fix"):
    case(name, SPECIAL)
    case(name, K)
case("nan_to_num", SPECIAL)
case("nan_to_num", SPECIAL, nan=7.0, posinf=1.0, neginf=-2.0)
case("nan_to_num", SPECIAL.astype(np.float32))
case("nan_to_num", K)
case("nan_to_num", A, orders=1)
for name in ("ndim", "shape", "size"):
    case(name, CUBE)
    case(name, 3.0)
    case(name, [[1, 2], [3, 4]])
case("size", CUBE, 1)
case("isscalar", 3.0)
case("isscalar", V)
case("result_type", SINGLE, 3)
case("result_type", K, np.float32, SINGLE)
case("promote_types", np.int8, "f4")
case("isdtype", np.float32, ("integral", "real floating"))
case("issubdtype", np.int8, np.integer)
case("finfo", np.float32)
case("min_scalar_type", 300)
case("min_scalar_type", K)
case("common_type", SINGLE, K)
case("common_type", SINGLE)
case("can_cast", np.float64, np.int32)
case("can_cast", np.int32, "f8", casting="same_kind")
case("astype", A, np.float32)
case("astype", B, int, copy=False)
case("require", K, np.float32)

# -- choices, grids, functions of slices -----------------------------------------------------------

case("select", [A > 1, A < 0], [A, B], 0.5, orders=1)
case("select", [M, ~M], [1, K])
case("select", [K > 2, K > 0], [K, SINGLE[:2]], default=-1)
case("choose", [[2, 0], [1, 1]], [10, [20, 21], [[30], [31]]])
case("choose", K, [A[0], B[0], V], mode="wrap")
case("choose", K, [A[0], B[0], V], mode="clip")
case("choose", M.astype(int), [A[:2], B[:2]], orders=1)
case("piecewise", A, [A < 0, A > 1], [-1.0, 2.5, 0.0])
case("piecewise", A, [A < 0], [lambda x: x * x, lambda x: 3 * x], orders=1)
case("piecewise", K, [K > 2], [lambda x: x + 0.7, 1])
case("piecewise", V, [False, True, False, True], [1.0, 2.0])
for axis in (0, 1, 2):
    case("apply_along_axis", lambda x: (x * x).sum(), axis, CUBE, orders=1 if axis else 0)
    case("apply_along_axis", lambda x: x[::-1] * 2, axis, CUBE)
    case("apply_along_axis", lambda x: x[:, None] * x[:2], axis, CUBE)
case("apply_over_axes", lambda x, axis: x.sum(axis), CUBE, [0, 2], orders=1)
case("apply_over_axes", lambda x, axis: x.sum(axis, keepdims=True), CUBE, -1)
case("ix_", [0, 2], [True, False, True])
case("ix_", np.array([1, 0]))
case("unravel_index", [[5, 7]], (3, 4))
case("unravel_index", 11, (3, 4), order="F")
case("ravel_multi_index", ([1, 2], [3, 0]), (3, 4))
case("ravel_multi_index", ([4, -1], [3, 5]), (3, 4), mode=("wrap", "clip"))
case("vecdot", A, B, orders=2)
case("vecdot", CUBE, CUBE, axis=0, keepdims=True)
case("vecdot", K, J[0])
case("matvec", CUBE, V, orders=1)
case("matvec", K, J)
case("vecmat", V, CUBE.swapaxes(1, 2), orders=1)
case("vecmat", J[0], K.T)
for name in ("cumulative_sum", "cumulative_prod"):
    case(name, V, orders=2)
    case(name, CUBE, axis=1, include_initial=True, orders=1)
    case(name, SMALL, include_initial=True)
    case(name, np.float64(2.5))
    case(name, K, axis=0, dtype=np.float32)

# -- files and text --------------------------------------------------------------------------------

for name in ("array2string", "array_repr", "array_str"):
    case(name, A, precision=3)
    case(name, K)
case("frombuffer", A.tobytes(), dtype=float, offset=8)
case("fromiter", [3.0, 1.5], float)
case("fromstring", "1 2 3", dtype=int, sep=" ")

# -- derivatives of what only moves elements, or has none but in some places -----------------------

for name, args in (
    ("append", (A, V)), ("array_split", (A, [1, 3])), ("block", ([A, B],)), ("split", (A, 3)),
    ("column_stack", ([V, W],)), ("hstack", ([A, B],)), ("vstack", ([A, B],)),
    ("dstack", ([A, B],)),
    ("hsplit", (A, 2)), ("vsplit", (A, 3)), ("dsplit", (CUBE, 2)), ("unstack", (A,)),
    ("atleast_1d", (A, V)), ("atleast_2d", (V,)), ("atleast_3d", (A,)), ("expand_dims", (A, 1)),
    ("moveaxis", (CUBE, 0, -1)), ("rollaxis", (CUBE, 2)), ("rot90", (A,)), ("diagflat", (V,)),
    ("matrix_transpose", (CUBE,)), ("meshgrid", (V, W)), ("broadcast_arrays", (A, V)),
    ("array", (A,)), ("astype", (A, float)), ("full", ((2, 4), V)), ("full_like", (A, V)),
    ("geomspace", (POSITIVE[0], POSITIVE[1] + 4.0, 3)), ("logspace", (UNIT[0], W, 3)),
    ("nancumsum", (HOLED,)), ("nancumprod", (A, 1)), ("polydiv", (V, A[0, :2] + 3.0)),
    ("compress", ([True, False, True], A, 0)), ("extract", (M[0], V)), ("trim_zeros", (V,)),
    ("float_power", (POSITIVE, A)), ("fmod", (A, POSITIVE)), ("modf", (A,)), ("frexp", (A[0],)),
    ("divmod", (A, POSITIVE)), ("heaviside", (A, B)), ("ldexp", (A, 3)),
):  # fmt: skip
    case(name, *args, orders=1)
case("histogram", np.linspace(0, 1, 4), 3, weights=V)
case("packbits", K)
case("packbits", np.resize(K, (3, 11)) > 0, axis=1, bitorder="little")
case("packbits", np.resize(K, (3, 11)), axis=0)
case("unpackbits", UNSIGNED)
case("unpackbits", UNSIGNED.reshape(3, 1), axis=0, count=-3)
case("unpackbits", UNSIGNED.reshape(1, 3), axis=1, count=30, bitorder="little")

OTHER = {
    "argpartition", "broadcast", "c_", "copyto", "einsum_path", "empty", "empty_like", "errstate",
    "fill_diagonal", "from_dlpack", "fromfile", "fromfunction", "genfromtxt", "geterr",
    "geterrcall", "load", "loadtxt", "mgrid", "ndarray", "ndenumerate", "ogrid", "partition",
    "place", "put", "put_along_axis", "putmask", "r_", "save", "savetxt", "savez",
    "savez_compressed", "seterr", "seterrcall", "ufunc", "vectorize",
}  # fmt: skip
"""Public names that tests of their own cover."""

ROUNDING = {"polyfit": 1e6, "roots": 100.0}
"""How many times the usual rounding a result may differ by, where NumPy goes another way."""

CHECKED = {
    "c_": 1, "copyto": 1, "fill_diagonal": 1, "intersect1d": 1, "partition": 1, "place": 1,
    "put": 1, "put_along_axis": 1, "putmask": 1, "r_": 1, "vectorize": 1,
}  # fmt: skip
"""Orders of derivatives that tests of their own compare with differences."""
