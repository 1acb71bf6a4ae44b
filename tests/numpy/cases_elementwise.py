"""Calls of universal functions: a part of the table of `cases.py`."""

from __future__ import annotations

import numpy as np
from calls import POSITIVE, SINGLE, SMALL, SPECIAL, UNIT, UNSIGNED, A, B, J, K, M, V, table

CASES, case = table()

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
    "rad2deg",
    "deg2rad",
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
for exponent in (1, 2, 2.0):
    case("power", np.array([True, False]), exponent)
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
