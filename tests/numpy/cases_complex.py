"""Calls of NumPy's functions with complex numbers, beside the table of `cases.py`."""

from __future__ import annotations

import numpy as np
from calls import table

Z = np.array([[1 + 2j, 3 - 1j, 0.5j], [-2.0, 1 - 1j, -0.25 + 3j]])
Y = np.array([2 - 1j, 0.5 + 1j, -1.5j])
SINGLE = Z.astype(np.complex64)
ODD = np.array([complex(np.inf, 1), complex(np.nan, -2), complex(0, -np.inf), 1 + 1e-20j])

ONE = """
    real imag conjugate angle abs isreal iscomplex iscomplexobj isrealobj real_if_close sign
    reciprocal square negative isnan isfinite isinf logical_not count_nonzero nonzero
    sum prod mean var std max min argmax argmin cumsum cumprod any all ptp average nansum
    exp log sqrt sin tanh arctan arccosh exp2 log1p
    sort sort_complex unique diff trapezoid cov triu trace
"""
TWO = """
    add multiply divide subtract power equal less maximum vecdot inner outer kron fmax isclose
"""

COMPLEX, case = table()

for name in ONE.split():
    case(name, Z)
case("gradient", Y)
case("gradient", Y, np.array([1 + 1j, 2.0, 4 - 1j]))
for name in TWO.split():
    case(name, Z, Y)
case("vdot", Y, Z[0])
case("sqrt", SINGLE)
case("var", SINGLE, 0, ddof=1)
case("multiply", SINGLE, 2.0)
case("add", np.arange(3), 1j)
case("power", Z, 0.5)
case("nan_to_num", ODD)
case("isposinf", np.arange(2.0))
case("allclose", Z, Z + 1e-9)
case("where", Z.real > 0, Z, 0)
case("einsum", "ij,kj->ik", Z, Z)
case("dot", Z, Y)
case("matvec", Z, Y)
case("vecmat", Y[:2], Z)
case("tensordot", Z, Z)
case("convolve", Y, Z[0])
case("correlate", Y, Z[0], "full")
case("correlate", Y[:2], Z[0], "same")
case("interp", [0.5, 1.25], [0, 1, 2], Y)
case("round", Z * 1.234, 1)
case("linspace", 0, 1 + 1j, 4)
case("poly", np.array([1j, -2.0]))
case("full", 2, 1j)
case("zeros", 2, complex)
case("eye", 2, dtype=complex)
case("clip", Z, 0, 1)
case("polyval", Y, 2.0)
case("polyfit", Y, Y**2 + 1j, 1)
case("polyfit", Y, np.array([1j, 2.0, 3 - 1j]), 1, cov=True)
case("polyfit", Y, np.array([1j, 2.0, 3 - 1j]), 1, cov="unscaled")
case("roots", Y)
case("concatenate", [Z, Z.real])
case("take", Z, [1, 0], 1)
case("sort_complex", [3, 1, 2])
case("array", [1, 2.5, 1j])
