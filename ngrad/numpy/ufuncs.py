"""Universal functions: NumPy's names over the op table's elementwise ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE, promote
from ngrad.errors import DTypeError
from ngrad.numpy.convert import COMPLEX128, PLAIN, dtype_of, operand, to_tensor
from ngrad.numpy.naming import KINDS, explain
from ngrad.numpy.ndarray import array_of, ndarray
from ngrad.ops import arithmetic as a
from ngrad.ops import bitwise as b
from ngrad.ops import comparison as c
from ngrad.ops import exponential as e
from ngrad.ops import hyperbolic as h
from ngrad.ops import power as p
from ngrad.ops import trigonometric as t
from ngrad.ops.complexes import conj
from ngrad.ops.convert import Weak, cast_to
from ngrad.ops.elementwise import select
from ngrad.ops.math import pow as power_
from ngrad.tensor import Tensor

FLOAT64, BOOL = BY_CODE["f8"], BY_CODE["b1"]
INT8, INT32, INT64 = BY_CODE["i1"], BY_CODE["i4"], BY_CODE["i8"]
UINT8, UINT64 = BY_CODE["u1"], BY_CODE["u8"]


class ufunc:
    """A function of each element of its operands, which are broadcast together.

    It takes NumPy's arguments; but `out`, since what it returns is a new array, and `casting`,
    `order` and `subok` only as they are in NumPy unasked.

    Attributes
    ----------
    nin, nout, nargs : int
    """

    def __init__(
        self, compute: Callable[..., Any], name: str, nin: int, kind: str, nout: int = 1
    ) -> None:
        self._compute, self._kind = compute, kind
        self.__name__ = self.__qualname__ = name
        self.__doc__ = f"NumPy's `{name}`, with its derivative."
        self.nin, self.nout, self.nargs = nin, nout, nin + nout

    def __call__(
        self,
        *operands: Any,
        out: Any = None,
        where: Any = True,
        casting: Any = "same_kind",
        order: Any = "K",
        dtype: Any = None,
        subok: bool = True,
    ) -> Any:
        if len(operands) != self.nin:
            raise TypeError(
                f"{self.__name__}() takes {self.nin} positional arguments, not {len(operands)}"
                + ("; out= is refused" if len(operands) == self.nin + 1 else "")
            )
        if out is not None:
            refuse_out(self.__name__, out)
        try:
            values = self._plain(operands, dtype) or self._converted(operands, dtype)
            found = self._compute(*values)
            if where is not True:
                found = self._where(where, found)
        except KINDS as error:
            explain(error, self.__name__, operands, {})
            raise
        return tuple(map(array_of, found)) if self.nout > 1 else array_of(found)

    def _plain(self, operands: tuple[Any, ...], dtype: Any) -> Any:
        """The tensors of operands that nothing is to be done for; None if it is not so."""
        if dtype is not None or self._kind == "bool" or type(operands[0]) is not ndarray:
            return None
        values: tuple[Any, ...] = ()
        for x in operands:
            if type(x) is ndarray:
                values += (x._held if x._owner is None else x._read(),)
            elif type(x) in PLAIN:
                values += (x,)
            else:
                return None
        if self._kind == "float" and not values[0]._layout.dtype.is_inexact:
            return None
        return values

    def _converted(self, operands: tuple[Any, ...], dtype: Any) -> list[Any]:
        wanted = dtype_of(dtype)
        values = [x._read() if type(x) is ndarray else operand(x) for x in operands]
        if all(type(x) in PLAIN or type(x) is Weak for x in values):
            values = [to_tensor(x) for x in values]
        if wanted is not None:
            values = [cast_to(to_tensor(x), wanted) for x in values]
        if self._kind == "float":
            values = _as_floats(values)
        elif self._kind == "bool":
            values = [cast_to(to_tensor(x), BOOL) for x in values]
        return values

    def _where(self, where: Any, found: Any) -> Any:
        """Elements where it holds; elsewhere 0, where NumPy leaves anything."""
        holds = to_tensor(where)
        if not holds.dtype.is_bool:
            raise TypeError(f"{self.__name__}: where must be of bools, not {holds.dtype.name}")
        parts = found if self.nout > 1 else (found,)
        chosen = tuple(select(holds, x, False if x.dtype.is_bool else 0) for x in parts)
        return chosen if self.nout > 1 else chosen[0]

    def outer(self, x: Any, y: Any, **options: Any) -> Any:
        """It of each pair of elements of x and of y."""
        if self.nin != 2:
            raise ValueError(f"{self.__name__}.outer: takes a function of two operands")
        x, y = ndarray(to_tensor(x)), ndarray(to_tensor(y))
        return self(x.reshape(x.shape + (1,) * y.ndim), y, **options)

    def __repr__(self) -> str:
        return f"<ufunc '{self.__name__}'>"


def refuse_out(what: str, out: Any) -> None:
    """Raise where a result is to be written into an array.

    Raises
    ------
    TypeError
        Naming the function, and what to write instead.
    """
    if out is None:
        return
    given = out if isinstance(out, tuple) else (out,)
    if any(x is not None for x in given):
        raise TypeError(
            f"{what}: out= is not supported, since results are new arrays; write "
            f"x[...] = {what}(...) instead"
        )


_FLOATS = {**dict.fromkeys(("b1", "i1", "u1"), "f2"), **dict.fromkeys(("i2", "u2"), "f4")}
"""What functions of floats make of small integers; of others it is float64."""


def _as_floats(values: list[Any]) -> list[Any]:
    """Operands of a function of floats: integers as floats wide enough."""
    own = [x.dtype for x in values if isinstance(x, Tensor)]
    if any(dtype.is_inexact for dtype in own):
        return values
    wide = promote(*(BY_CODE[_FLOATS.get(dtype.code, "f8")] for dtype in own))
    return [cast_to(x, wide) if isinstance(x, Tensor) else x for x in values]


# -- what is made of several ops -------------------------------------------------------------------


def _fmax(x: Any, y: Any) -> Any:
    x, y = _pair(x, y)
    if not x.dtype.is_inexact:
        return a.maximum(x, y)
    return select(c.isnan(x), y, select(c.isnan(y), x, a.maximum(x, y)))


def _fmin(x: Any, y: Any) -> Any:
    x, y = _pair(x, y)
    if not x.dtype.is_inexact:
        return a.minimum(x, y)
    return select(c.isnan(x), y, select(c.isnan(y), x, a.minimum(x, y)))


def _pair(*values: Any) -> tuple[Any, ...]:
    """Operands of one dtype."""
    from ngrad.ops.convert import operands

    return operands("ufunc", *values)


def _fmod(x: Any, y: Any) -> Any:
    x, y = _pair(x, y)
    rest = a.mod(a.abs_(x), a.abs_(y))
    if x.dtype.is_floating:
        return a.copysign(rest, x)
    return rest if x.dtype.is_unsigned else select(c.less(x, 0), a.negative(rest), rest)


def _heaviside(x: Any, y: Any) -> Any:
    x, y = _pair(x, y)
    step = select(c.less(x, 0), 0.0, select(c.equal(x, 0), y, 1.0))
    return select(c.isnan(x), x, step)


def _logaddexp(x: Any, y: Any) -> Any:
    x, y = _pair(x, y)
    low, high = a.minimum(x, y), a.maximum(x, y)
    apart = select(c.equal(low, high), 0.0, low - high)  # of two infinities NaN
    return high + e.log1p(e.exp(apart))


def _logaddexp2(x: Any, y: Any) -> Any:
    return _logaddexp(x * LN2, y * LN2) / LN2


LN2 = float(np.log(2.0))


def _signbit(x: Any) -> Any:
    return c.less(a.copysign(1.0, x) if x.dtype.is_floating else x, 0)


def _modf(x: Any) -> tuple[Any, Any]:
    whole = a.trunc(x)
    rest = select(c.isinf(x), 0.0, x - whole)
    return a.copysign(rest, x), whole


def _bits(op: Any) -> Callable[..., Any]:
    """A function of bits, which takes integers and bools."""
    name = getattr(op, "name", op.__name__.lstrip("_"))

    def compute(*values: Any) -> Any:
        if any(isinstance(x, Tensor) and x.dtype.is_inexact for x in values):
            names = [getattr(x, "dtype", type(x).__name__) for x in values]
            raise DTypeError(f"{name}: takes integers and bools, not {', '.join(map(str, names))}")
        return op(*values)

    return compute


def _bitwise_count(x: Any) -> Any:
    """How many bits of |x| are set: in pairs, in fours, in bytes, and these added by a product."""
    wide = cast_to(x if x.dtype.is_unsigned else a.abs_(cast_to(x, INT64)), UINT64)
    wide = wide - ((wide >> 1) & 0x5555555555555555)
    wide = (wide & 0x3333333333333333) + ((wide >> 2) & 0x3333333333333333)
    wide = (wide + (wide >> 4)) & 0x0F0F0F0F0F0F0F0F
    return cast_to((wide * 0x0101010101010101) >> 56, UINT8)


def _gcd(x: Any, y: Any) -> Any:
    return b.gcd(*(cast_to(z, INT8) if z.dtype.is_bool else z for z in _pair(x, y)))


def _lcm(x: Any, y: Any) -> Any:
    x, y = (cast_to(z, INT8) if z.dtype.is_bool else z for z in _pair(x, y))
    return a.abs_(a.floordiv(x, b.gcd(x, y)) * y)


def _spacing(x: Any) -> Any:
    return a.nextafter(x, a.copysign(float("inf"), x)) - x


def _frexp(x: Any) -> tuple[Any, Any]:
    """A mantissa of [0.5, 1) and a power of 2: the logarithm's, corrected where it is rounded."""
    plain = c.logical_and(c.isfinite(x), c.not_equal(x, 0))
    size = select(plain, a.abs_(x), 1.0)
    power = cast_to(a.floor(e.log2(size)) + 1.0, INT32)
    part = _ldexp(size, -power)
    power = power + cast_to(c.greater_equal(part, 1.0), INT32) - cast_to(c.less(part, 0.5), INT32)
    return select(plain, _ldexp(x, -power), x), select(plain, power, 0)


def _bool_sum(op: Any, of_bools: Any) -> Callable[..., Any]:
    """An op that NumPy refuses, or has another meaning for, on bools."""

    def compute(*values: Any) -> Any:
        if type(values[0]) is Tensor and not values[0]._layout.dtype.is_bool:
            return op(*values)
        if all(isinstance(x, Tensor) and x.dtype.is_bool for x in values):
            if of_bools is None:
                raise TypeError(
                    f"{op.name}: not for bools, as in NumPy; use bitwise_xor or logical_not"
                )
            return of_bools(*values)
        return op(*values)

    return compute


def _reciprocal(x: Any) -> Any:
    return p.reciprocal(x) if x.dtype.is_inexact else a.floordiv(1, x)


def _sign(x: Any) -> Any:
    found = _bool_sum(a.sign, None)(x)
    return found + 0.0 if x.dtype.is_floating else found  # of -0 it is 0


def _whole(op: Any) -> Callable[[Any], Any]:
    """A rounding: integers and bools are themselves."""
    return lambda x: x if x.dtype.is_bool else op(x)


def _float_power(x: Any, y: Any) -> Any:
    x, y = _pair(to_tensor(x), to_tensor(y))
    wide = COMPLEX128 if x.dtype.is_complex else FLOAT64
    return power_(cast_to(x, wide), cast_to(y, wide))


def _ldexp(x: Any, y: Any) -> Any:
    x = x if isinstance(x, Tensor) else to_tensor(x)
    (x,) = _as_floats([x])
    half = a.floordiv(to_tensor(y), 2)  # 2**y may overflow where x * 2**y does not
    two = cast_to(to_tensor(2.0), x.dtype)
    return (
        x * power_(two, cast_to(half, x.dtype)) * power_(two, cast_to(to_tensor(y) - half, x.dtype))
    )


_TABLE: dict[str, tuple[Callable[..., Any], int, str]] = {
    # name: (of tensors and numbers, operands, "float" if integers become floats, "bool" if they
    # become truth values, "same" if not)
    "add": (a.add, 2, "same"),
    "subtract": (_bool_sum(a.subtract, None), 2, "same"),
    "multiply": (a.multiply, 2, "same"),
    "divide": (a.divide, 2, "same"),
    "floor_divide": (a.floordiv, 2, "same"),
    "remainder": (a.mod, 2, "same"),
    "fmod": (_fmod, 2, "same"),
    "power": (power_, 2, "same"),
    "float_power": (_float_power, 2, "same"),
    "negative": (_bool_sum(a.negative, None), 1, "same"),
    "positive": (lambda x: x, 1, "same"),
    "absolute": (_bool_sum(a.abs_, lambda x: x), 1, "same"),
    "fabs": (a.abs_, 1, "float"),
    "sign": (_sign, 1, "same"),
    "rint": (a.round_, 1, "float"),
    "floor": (_whole(a.floor), 1, "same"),
    "ceil": (_whole(a.ceil), 1, "same"),
    "trunc": (_whole(a.trunc), 1, "same"),
    "square": (_bool_sum(p.square, lambda x: x), 1, "same"),
    "sqrt": (p.sqrt, 1, "float"),
    "cbrt": (p.cbrt, 1, "float"),
    "reciprocal": (_reciprocal, 1, "same"),
    "exp": (e.exp, 1, "float"),
    "exp2": (lambda x: power_(cast_to(to_tensor(2.0), x.dtype), x), 1, "float"),
    "expm1": (e.expm1, 1, "float"),
    "log": (e.log, 1, "float"),
    "log2": (e.log2, 1, "float"),
    "log10": (e.log10, 1, "float"),
    "log1p": (e.log1p, 1, "float"),
    "logaddexp": (_logaddexp, 2, "float"),
    "logaddexp2": (_logaddexp2, 2, "float"),
    "sin": (t.sin, 1, "float"),
    "cos": (t.cos, 1, "float"),
    "tan": (t.tan, 1, "float"),
    "arcsin": (t.asin, 1, "float"),
    "arccos": (t.acos, 1, "float"),
    "arctan": (t.atan, 1, "float"),
    "arctan2": (t.atan2, 2, "float"),
    "hypot": (p.hypot, 2, "float"),
    "sinh": (h.sinh, 1, "float"),
    "cosh": (h.cosh, 1, "float"),
    "tanh": (h.tanh, 1, "float"),
    "arcsinh": (h.asinh, 1, "float"),
    "arccosh": (h.acosh, 1, "float"),
    "arctanh": (h.atanh, 1, "float"),
    "degrees": (lambda x: x * (180.0 / np.pi), 1, "float"),
    "radians": (lambda x: x * (np.pi / 180.0), 1, "float"),
    "maximum": (a.maximum, 2, "same"),
    "minimum": (a.minimum, 2, "same"),
    "fmax": (_fmax, 2, "same"),
    "fmin": (_fmin, 2, "same"),
    "copysign": (a.copysign, 2, "float"),
    "heaviside": (_heaviside, 2, "float"),
    "ldexp": (_ldexp, 2, "same"),
    "signbit": (_signbit, 1, "same"),
    "isnan": (c.isnan, 1, "same"),
    "isinf": (c.isinf, 1, "same"),
    "isfinite": (c.isfinite, 1, "same"),
    "equal": (c.equal, 2, "same"),
    "not_equal": (c.not_equal, 2, "same"),
    "less": (c.less, 2, "same"),
    "less_equal": (c.less_equal, 2, "same"),
    "greater": (c.greater, 2, "same"),
    "greater_equal": (c.greater_equal, 2, "same"),
    "logical_and": (c.logical_and, 2, "bool"),
    "logical_or": (c.logical_or, 2, "bool"),
    "logical_xor": (c.logical_xor, 2, "bool"),
    "logical_not": (c.logical_not, 1, "bool"),
    "bitwise_and": (_bits(b.bitwise_and), 2, "same"),
    "bitwise_or": (_bits(b.bitwise_or), 2, "same"),
    "bitwise_xor": (_bits(b.bitwise_xor), 2, "same"),
    "invert": (_bits(b.invert), 1, "same"),
    "left_shift": (_bits(b.left_shift), 2, "same"),
    "right_shift": (_bits(b.right_shift), 2, "same"),
    "bitwise_count": (_bits(_bitwise_count), 1, "same"),
    "gcd": (_bits(_gcd), 2, "same"),
    "lcm": (_bits(_lcm), 2, "same"),
    "nextafter": (a.nextafter, 2, "float"),
    "spacing": (_spacing, 1, "float"),
    "conjugate": (conj, 1, "same"),
}
UFUNCS = {name: ufunc(compute, name, nin, kind) for name, (compute, nin, kind) in _TABLE.items()}
UFUNCS["frexp"] = ufunc(_frexp, "frexp", 1, "float", 2)
UFUNCS["modf"] = ufunc(_modf, "modf", 1, "float", 2)
UFUNCS["divmod"] = ufunc(lambda x, y: (a.floordiv(x, y), a.mod(x, y)), "divmod", 2, "same", 2)

ALIASES = {
    "abs": "absolute", "true_divide": "divide", "mod": "remainder", "conj": "conjugate",
    "rad2deg": "degrees", "deg2rad": "radians", "pow": "power", "bitwise_not": "invert",
    "bitwise_invert": "invert", "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin",
    "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2", "atanh": "arctanh",
}  # fmt: skip
UFUNCS |= {alias: UFUNCS[name] for alias, name in ALIASES.items()}
