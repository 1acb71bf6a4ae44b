"""Universal functions that are made of several ops, or of one with NumPy's refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE, DType, can_cast, promote
from ngrad.errors import DTypeError
from ngrad.numpy.convert import to_tensor
from ngrad.ops import arithmetic as a
from ngrad.ops import bitwise as b
from ngrad.ops import comparison as c
from ngrad.ops import complexes
from ngrad.ops import exponential as e
from ngrad.ops import float_parts as f
from ngrad.ops import power as p
from ngrad.ops import trigonometric as t
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.elementwise import select
from ngrad.ops.math import pow as power_
from ngrad.record import copied
from ngrad.tensor import Tensor

FLOAT16, FLOAT32, FLOAT64 = BY_CODE["f2"], BY_CODE["f4"], BY_CODE["f8"]
COMPLEX128 = BY_CODE["c16"]
INT8, INT64 = BY_CODE["i1"], BY_CODE["i8"]
UINT8, UINT64 = BY_CODE["u1"], BY_CODE["u8"]
LN2 = float(np.log(2.0))
EXACT = 1 << 53
"""Integers below which every one is a float64."""
FEW = 1 << 20
"""Powers of two below which every one is a float: no other counts."""

FLOATS = {**dict.fromkeys(("b1", "i1", "u1"), "f2"), **dict.fromkeys(("i2", "u2"), "f4")}
"""What functions of floats make of small integers; of others it is float64."""


ONE_OP: dict[str, Any] = {
    "add": a.add, "subtract": a.subtract, "multiply": a.multiply, "divide": a.divide,
    "power": power_, "floor_divide": a.floordiv, "remainder": a.mod, "fmod": a.fmod,
    "less": c.less, "less_equal": c.less_equal, "greater": c.greater,
    "greater_equal": c.greater_equal, "equal": c.equal, "not_equal": c.not_equal,
    "signbit": c.signbit, "negative": a.negative, "absolute": a.abs_, "sign": a.sign,
    "floor": a.floor, "ceil": a.ceil, "trunc": a.trunc, "square": p.square,
    "reciprocal": p.reciprocal, "exp2": e.exp2, "arctan2": t.atan2_, "fmax": a.fmax,
    "fmin": a.fmin, "heaviside": a.heaviside, "conjugate": complexes.conj_,
    "bitwise_and": b.bitwise_and, "bitwise_or": b.bitwise_or, "bitwise_xor": b.bitwise_xor,
    "left_shift": b.left_shift, "right_shift": b.right_shift, "invert": b.invert, "gcd": b.gcd,
    "lcm": b.lcm,
}  # fmt: skip
"""Of functions that are one op of the dtypes that it takes, but for those in `NOT_OF`, that op."""
BOOLS = frozenset({"b1"})
INEXACT = frozenset(code for code, dtype in BY_CODE.items() if dtype.is_inexact)
NOT_OF = {
    **dict.fromkeys(("subtract", "power", "floor_divide", "remainder"), BOOLS),
    **dict.fromkeys(("negative", "absolute"), BOOLS),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor", "invert"), INEXACT),
    **dict.fromkeys(("left_shift", "right_shift"), INEXACT | BOOLS),
}
"""By operator, the dtypes (their codes) of which the function means something else, or nothing."""


def float_of(dtype: DType, least: DType = FLOAT16) -> DType:
    """The floats that are wide enough for a dtype, or more that a function has."""
    if dtype.is_inexact:
        return least if dtype.itemsize == 2 and least is not FLOAT16 else dtype
    found = BY_CODE[FLOATS.get(dtype.code, "f8")]
    return found if found.itemsize > least.itemsize else least


def as_floats(values: list[Any], least: DType = FLOAT16) -> list[Any]:
    """Operands of a function of floats: integers as floats wide enough."""
    own = [x.dtype for x in values if isinstance(x, Tensor)]
    if any(dtype.is_inexact for dtype in own):
        return values
    wide = promote(*[float_of(dtype, least) for dtype in own])
    bools = all(dtype.is_bool for dtype in own)
    kept = (Tensor, bool) if bools else (Tensor, int)  # beside which an integer is as small
    if not all(isinstance(x, kept) for x in values):
        wide = FLOAT64
    return [cast_to(x, wide) if isinstance(x, Tensor) else x for x in values]


def as_loops(values: list[Any], least: DType, whole: int = 0) -> list[Any]:
    """Operands of a function of SciPy's, which has loops of float32 and float64, `least` at least.
    If that is float64, it has float32 where all are of it, and no Python number is there. Where the
    first operands, `whole` of them, are integers, a function that counts by them has float64.
    """
    given = [x.dtype if isinstance(x, Tensor) else None for x in values]
    found = as_floats(values, least)
    wide = promote(*[float_of(x.dtype, least) for x in found if isinstance(x, Tensor)])
    mixed = least is FLOAT64 and len(set(given)) > 1
    if mixed or (whole and all(map(_is_integer, values[:whole]))):
        wide = promote(wide, FLOAT64)
    return [cast_to(x, wide) if isinstance(x, Tensor) else x for x in found]


def _is_integer(x: Any) -> bool:
    return not x.dtype.is_inexact if isinstance(x, Tensor) else isinstance(x, int)


def but_nan(op: Any, of_integers: Any) -> Callable[[Any, Any], Any]:
    """A choice between two that passes over NaN, which is no integer."""

    def compute(x: Any, y: Any) -> Any:
        if type(x) is Tensor and x._layout.dtype.is_inexact:
            return op(x, y)
        x, y = pair(x, y)
        return op(x, y) if x._layout.dtype.is_inexact else of_integers(x, y)

    return compute


def pair(*values: Any) -> tuple[Any, ...]:
    """Operands of one dtype."""
    return operands("ufunc", *values)


def _is_complex(x: Any) -> bool:
    return bool(x.dtype.is_complex) if isinstance(x, Tensor) else type(x) is complex


def of_reals(name: str, op: Any) -> Callable[..., Any]:
    """A function of real numbers, which are ordered."""

    def compute(*values: Any) -> Any:
        for x in values:
            if x._layout.dtype.is_complex if type(x) is Tensor else _is_complex(x):
                kind = getattr(x, "dtype", type(x).__name__)
                raise DTypeError(f"{name}: takes real numbers, not {kind}; use .real or .imag")
        return op(*values)

    return compute


def bools_as_integers(op: Any) -> Callable[..., Any]:
    """A function of numbers, for which bools alone are int8."""

    def compute(*values: Any) -> Any:
        if type(values[0]) is Tensor and not values[0]._layout.dtype.is_bool:
            return op(*values)
        if all(x.dtype.is_bool if isinstance(x, Tensor) else type(x) is bool for x in values):
            values = tuple(cast_to(to_tensor(x), INT8) for x in values)
        return op(*values)

    return compute


_power = bools_as_integers(power_)


def power(x: Any, y: Any) -> Any:
    if isinstance(x, Tensor) and x.dtype.is_bool and type(y) is int:
        x = cast_to(x, INT64)
    return _power(x, y)


def exp2(x: Any) -> Any:
    if not x.dtype.is_complex:
        return e.exp2(x)
    # Part by part: a product of complex numbers has infinities times 0.
    return e.exp(complexes.complex(complexes.real(x) * LN2, complexes.imag(x) * LN2))


def in_float32(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of floats of one dtype, of several ops: those of two bytes are rounded once."""

    def compute(*values: Any) -> Any:
        dtype = values[0]._layout.dtype
        if not dtype.is_half:
            return function(*values)
        return cast_to(function(*(cast_to(x, FLOAT32) for x in values)), dtype)

    return compute


FACTORS = {
    **dict.fromkeys(("degrees", "rad2deg"), 180.0 / np.pi),
    **dict.fromkeys(("radians", "deg2rad"), np.pi / 180.0),
}
"""Of functions that are products with a number, that."""
degrees = in_float32(lambda x: x * FACTORS["degrees"])
radians = in_float32(lambda x: x * FACTORS["radians"])
_logaddexp2 = in_float32(lambda x, y: e.logaddexp(x * LN2, y * LN2) / LN2)


def logaddexp2(x: Any, y: Any) -> Any:
    return _logaddexp2(*pair(x, y))


def signbit(x: Any) -> Any:
    return c.signbit(x) if x.dtype.is_floating else c.less(x, 0)


def modf(x: Any) -> tuple[Any, Any]:
    return f.fraction(x), a.trunc(x)


def bits(op: Any) -> Callable[..., Any]:
    """A function of bits, which takes integers and bools."""
    name = getattr(op, "name", op.__name__.lstrip("_"))

    def compute(*values: Any) -> Any:
        for x in values:
            if isinstance(x, Tensor) and x._layout.dtype.is_inexact:
                names = ", ".join(str(getattr(x, "dtype", type(x).__name__)) for x in values)
                raise DTypeError(f"{name}: takes integers and bools, not {names}")
        return op(*values)

    return compute


def bitwise_count(x: Any) -> Any:
    return b.bit_count(cast_to(x, UINT8) if x.dtype.is_bool else x)


def of_integers(op: Any) -> Callable[[Any, Any], Any]:
    """A function of integers, which NumPy refuses to bools alone."""
    of_pair = bool_sum(op, None)

    def compute(x: Any, y: Any) -> Any:
        if type(x) is Tensor and type(y) is int and x._layout.dtype.is_integer:
            return op(x, y)
        return of_pair(*pair(x, y))

    return compute


def rint(x: Any) -> Any:
    if not x.dtype.is_complex:
        return a.round_(x)
    return complexes.complex(a.round_(complexes.real(x)), a.round_(complexes.imag(x)))


def frexp(x: Any) -> tuple[Any, Any]:
    return f.mantissa(x), f.exponent(x)


def bool_sum(op: Any, of_bools: Any) -> Callable[..., Any]:
    """An op that NumPy refuses, or has another meaning for, on bools."""

    def compute(*values: Any) -> Any:
        if type(values[0]) is Tensor and not values[0]._layout.dtype.is_bool:
            return op(*values)
        if all(isinstance(x, Tensor) and x.dtype.is_bool for x in values):
            if of_bools is None:
                name = getattr(op, "name", op.__name__)
                raise TypeError(f"{name}: not for bools, as in NumPy; use logical functions")
            return of_bools(*values)
        return op(*values)

    return compute


def positive(x: Any) -> Any:
    if x.dtype.is_bool:
        raise TypeError("positive: not for bools, as in NumPy; use logical_or or astype(int)")
    return copied(x)


def reciprocal(x: Any) -> Any:
    if x.dtype.is_inexact:
        return p.reciprocal(x)
    found = a.floordiv(1, x)
    if x.dtype.is_unsigned:
        return found
    found = found + cast_to(c.less(x, -1), x.dtype)  # towards 0
    if x.dtype.itemsize < 4:
        return found
    least = int(np.iinfo(x.dtype.numpy_dtype).min)  # of 0: what an infinity is cast to
    return select(c.equal(x, 0), least, found)


def whole(op: Any) -> Callable[[Any], Any]:
    """A rounding: integers and bools are themselves."""
    return lambda x: x if x.dtype.is_bool else op(x)


def float_power(x: Any, y: Any) -> Any:
    plain = type(x) is Tensor and x._layout.dtype is FLOAT64 and type(y) in (int, float)
    if plain and -EXACT < y < EXACT:
        return power_(x, to_tensor(float(y)))
    x, y = pair(to_tensor(x), to_tensor(y))
    wide = COMPLEX128 if x.dtype.is_complex else FLOAT64
    return power_(cast_to(x, wide), cast_to(y, wide))


def ldexp(x: Any, y: Any) -> Any:
    if type(y) is int and isinstance(x, Tensor) and x.dtype.code in ("f4", "f8") and abs(y) < FEW:
        return f.ldexp(x, float(y))
    x, y = to_tensor(x), to_tensor(y)
    if x.dtype.is_complex or not can_cast(y.dtype.numpy_dtype, np.int64):
        raise DTypeError(f"ldexp: takes floats and integers, not {x.dtype.name}, {y.dtype.name}")
    (x,) = as_floats([x])
    wide = FLOAT32 if x.dtype.is_half else x.dtype  # which has every power that counts
    return cast_to(f.ldexp(cast_to(x, wide), cast_to(y, wide)), x.dtype)
