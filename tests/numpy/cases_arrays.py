"""Calls of functions of matrices, and of what arrays are: a part of the table of `cases.py`."""

from __future__ import annotations

import numpy as np
from calls import CUBE, HOLED, POSITIVE, SINGLE, SPECIAL, UNIT, UNSIGNED, A, B, K, M, V, W, table

CASES, case = table()

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
case("delete", V, [3, 1, 0, 2])
case("delete", CUBE, [0, -1], orders=1)
case("delete", np.arange(40.0), np.arange(1, 38, 2))
case("delete", np.zeros((2, 0)), [], axis=1)
case("insert", A, 1, V, axis=0, orders=1)
case("insert", K, [1, 3, 3], [[7], [8]], axis=1)
case("insert", K, 2, 9)
case("insert", K, [2, -1], [9.7, 6])
case("insert", V, [2], W)
case("insert", K, 1, [7, 8], axis=1)
case("insert", K, [1], [[7], [8]], axis=1)
case("insert", V, slice(1, 3), [7, 8])
case("insert", CUBE, 1, 5.0, axis=1)
case("insert", K, slice(1, 2), [[7], [8]], axis=1)
case("insert", K, [0, 2], 2.5, axis=1)
case("resize", K, (3, 5))
case("resize", V, 2, orders=1)
case("resize", V, (2, 5), orders=1)
case("resize", V, 0)
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
for mode in ("reflect", "symmetric", "wrap"):
    case("pad", A, ((90, 100), (1, 0)), mode)  # more often than there are regions
for mode in ("reflect", "symmetric"):
    for width in (2, ((7, 9), (5, 11)), ((9, 0), (0, 14))):
        case("pad", A, width, mode, reflect_type="odd", orders=1 if width == 2 else 0)
    case("pad", K[:1], ((2, 3), (0, 0)), mode, reflect_type="odd")
    case("pad", A, ((20, 1), (3, 17)), mode, reflect_type="odd")
case("pad", A, 2, constant_values=((1.0, 2.0), (3.0, 4.0)))
case("pad", K, 2, constant_values=(7, 8.5))
case("pad", A, 3, "linear_ramp", end_values=(-4.0, 5.0))
case("pad", K, 3, "linear_ramp", end_values=20)
for mode in ("maximum", "mean", "median", "minimum"):
    case("pad", B, 2, mode, stat_length=((1, 2), (3, 2)))
case("pad", A, {-1: (1, 2)})
case("pad", K, {0: 2, 1: 1}, "edge")

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

# -- files and text --------------------------------------------------------------------------------

for name in ("array2string", "array_repr", "array_str"):
    case(name, A, precision=3)
    case(name, K)
for name in ("format_float_positional", "format_float_scientific"):
    case(name, np.float32(0.1), 6)
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
