"""Universal functions: NumPy's names over the op table's elementwise ops."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ngrad.devices import HOST, current
from ngrad.dtypes import BY_CODE, DType, can_cast
from ngrad.numpy import composed, loops
from ngrad.numpy.convert import PLAIN, beside, condition, dtype_of, is_weak, to_tensor
from ngrad.numpy.laying import as_array
from ngrad.numpy.naming import KINDS, explain
from ngrad.numpy.ndarray import CELLS, array_of, computed_of, ndarray
from ngrad.numpy.out import CASTINGS, fitted, no_casting
from ngrad.numpy.place import where_they_lie
from ngrad.ops import arithmetic as a
from ngrad.ops import bitwise as b
from ngrad.ops import comparison as c
from ngrad.ops import exponential as e
from ngrad.ops import float_parts as f
from ngrad.ops import hyperbolic as h
from ngrad.ops import power as p
from ngrad.ops import trigonometric as t
from ngrad.ops.complexes import conj
from ngrad.ops.composed import truncatemod
from ngrad.ops.convert import cast_to
from ngrad.ops.elementwise import Binary, Unary, select
from ngrad.ops.shape import broadcast_to
from ngrad.scalars import single
from ngrad.tensor import Tensor
from ngrad_kernels.calling import Called
from ngrad_kernels.codes import pair_of
from ngrad_kernels.heap_types import CALL, generic_slot, replace_slot

BOOL = BY_CODE["b1"]
FLOATS = [dtype for dtype in BY_CODE.values() if dtype.is_inexact]
TESTS = {
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "isnan", "isinf",
    "isfinite", "signbit",
}  # fmt: skip
"""Those that give bools of any dtype."""


OPTIONS = ("where", "casting", "order", "dtype", "subok", "signature")
ORDERS = (*"CFAKcfak", None)
STRICT = CASTINGS[:2]


class ufunc(Called):
    """A function of each element of its operands, which are broadcast together.

    It takes NumPy's arguments; but `order` and `subok` only as they are in NumPy unasked.

    Attributes
    ----------
    nin, nout, nargs : int
    """

    def __init__(
        self,
        compute: Callable[..., Any],
        name: str,
        nin: int,
        kind: str,
        nout: int = 1,
        least: DType = composed.FLOAT16,
        whole: int = 0,
        op: Any = None,
        factor: float | None = None,
    ) -> None:
        self._compute, self._kind, self._least, self._whole = compute, kind, least, whole
        # The floats that it has itself; where these are not all, operands are made of one dtype.
        self._floats = {x.code for x in FLOATS if composed.float_of(x, least) is x}
        self._all = len(self._floats) == len(FLOATS)
        # Calls that were made before of the op that it is, which has none of what is converted: in
        # machine code, and where floats are narrower than what it takes, in Python.
        op = compute if op is None else op
        known = op.seen if isinstance(op, (Unary, Binary)) else None
        self._seen = known if self._all else None
        self._wider = None if self._all or nin > 1 else known
        # Those that Python asks for: their table, the dtypes that it has, what stands beside x.
        self._quick: Any = None if self._wider is None else (self._wider, self._floats, ())
        if factor is not None:
            self._quick = a.multiply.seen, ("f4", "f8"), (factor,)
        self.__name__ = self.__qualname__ = name
        self.__module__ = "ngrad.numpy"
        self.__doc__ = f"NumPy's `{name}`, with its derivative."
        self.nin, self.nout, self.nargs = nin, nout, nin + nout
        self.__signature__ = _signature(nin, nout)

    def __call__(self, *operands: Any, **options: Any) -> ndarray:
        """One result, or a tuple of them: who checks types is told which at the names of each."""
        if options or len(operands) != self.nin:
            return where_they_lie(self.with_options, *operands, **options)
        if self._quick is not None:
            calls, codes, others = self._quick
            x = operands[0]
            fits = type(x) is not ndarray or x._read()._layout.dtype.code in codes
            quick = computed_of(calls, x, *others) if fits else None
            if quick is not None:
                return quick
        try:
            given = self._plain(operands) or where_they_lie(self._converted, operands, None)
            found = self._compute(*given)
        except KINDS as error:
            explain(error, self.__name__, operands, {})
            raise
        results: Any = array_of(found) if self.nout == 1 else tuple(map(array_of, found))
        return results

    def with_options(
        self,
        *operands: Any,
        out: Any = None,
        where: Any = True,
        casting: Any = "same_kind",
        order: Any = "K",
        dtype: Any = None,
        subok: bool = True,
        signature: Any = None,
        sig: Any = None,
        **others: Any,
    ) -> Any:
        """A call with any of NumPy's arguments."""
        if others:
            raise TypeError(f"{self.__name__}() got an unexpected keyword argument {min(others)!r}")
        if order not in ORDERS:
            raise ValueError(f"{self.__name__}: order is 'C', 'F', 'A' or 'K', not {order!r}")
        if casting not in CASTINGS:
            raise no_casting(self.__name__, casting)
        operands, targets = self._targets(operands, None if out is ... else out)
        if sig is not None and signature is not None:
            raise TypeError(
                f"{self.__name__}: takes one of sig={sig!r} and signature={signature!r}"
            )
        signature, gives = sig if signature is None else signature, dtype
        if casting in STRICT and signature is dtype is None:
            loops.require(self.__name__, operands, self.nout, casting)
        if signature is not None:
            if dtype is not None:
                raise TypeError(
                    f"{self.__name__}: takes one of signature={signature!r} and dtype={dtype!r}"
                )
            dtype, gives = loops.dtypes_of(self.__name__, signature, self.nin, self.nout)
            dtype = gives if dtype is None else dtype
        try:
            found = self._compute(*self._converted(operands, dtype, casting))
            if gives is not None and self.nout == 1 and found.dtype is not dtype_of(gives):
                raise TypeError(f"there is no {self.__name__} that gives {gives}")
            parts = found if self.nout > 1 else (found,)
            given = zip(parts, targets, strict=True)
            results = [self._result(x, target, where, casting) for x, target in given]
        except KINDS as error:
            explain(error, self.__name__, operands, {})
            raise
        for array, value in results:  # once all are known to fit
            if value is not None:
                array._write(value)
        if out is ...:  # arrays, and no numbers
            results = [(as_array(array._read()), None) for array, _ in results]
        return tuple([array for array, _ in results]) if self.nout > 1 else results[0][0]

    def _targets(self, operands: tuple[Any, ...], out: Any) -> tuple[Any, Any]:
        """The operands, and for each result the array that it is written into, or None."""
        if not self.nin <= len(operands) <= self.nargs:
            raise TypeError(
                f"{self.__name__}() takes from {self.nin} to {self.nargs} positional arguments, "
                f"not {len(operands)}"
            )
        operands, more = operands[: self.nin], operands[self.nin :]
        if more and out is not None:
            raise TypeError(f"{self.__name__}: out is given by its name or its place, not by both")
        if more:
            out = more + (None,) * (self.nout - len(more))
        targets = out if isinstance(out, tuple) else (out,) if self.nout == 1 else out
        if targets is None:
            targets = (None,) * self.nout
        if not isinstance(targets, tuple):
            raise TypeError(f"{self.__name__}: out is a tuple of {self.nout} arrays")
        if len(targets) != self.nout:
            raise ValueError(
                f"{self.__name__}: out has an array, or None, for each of {self.nout} results, "
                f"not {len(targets)}"
            )
        return operands, targets

    def _plain(self, operands: tuple[Any, ...]) -> Any:
        """The tensors of operands that nothing is to be done for; None if it is not so."""
        x, kind = operands[0], self._kind
        if self.nin == 1 and type(x) in PLAIN and current() is HOST:
            if type(x) is float and kind != "bool":
                made = single(x, BY_CODE["f8"])
                known = self._seen or self._wider or {}
                if made._layout in known:
                    known[float] = known[made._layout]
                return (made,)
            if type(x) is int and kind == "float" and -(1 << 53) < x < 1 << 53:
                return (single(float(x), BY_CODE["f8"]),)
        if type(x) is not ndarray or self.nin > 2:
            return None
        first = x._held if x._owner is None else x._read()
        own = first._layout.dtype
        if not (own.is_bool if kind == "bool" else own.code in self._floats or kind == "same"):
            wide = BOOL if kind == "bool" else composed.float_of(own, self._least)
            return (cast_to(first, wide),) if self.nin == 1 else None
        if self.nin == 1:
            return (first,)
        y = operands[1]
        if type(y) is ndarray:
            second = y._held if y._owner is None else y._read()
            alike = second._layout.dtype is own
            return (first, second) if alike or (kind != "bool" and self._all) else None
        quick = kind != "bool" and (own is composed.FLOAT64 or self._least is not composed.FLOAT64)
        return (first, y) if type(y) in PLAIN and quick else None

    def _converted(
        self, operands: tuple[Any, ...], dtype: Any, casting: Any = "same_kind"
    ) -> list[Any]:
        wanted, kept = dtype_of(dtype), []
        if type(operands[0]) is int and self.nin == 2 and self.__name__ in TESTS:
            operands = loops.compared(*operands)
        values = beside(operands)
        if wanted is not None and not (
            wanted.is_bool and (self._kind == "bool" or self.__name__ in TESTS)
        ):
            values = [
                to_tensor(x, wanted) if is_weak(x, wanted) else to_tensor(value)
                for x, value in zip(operands, values, strict=True)
            ]
            if self.__name__ == "ldexp":  # of integers
                values, kept = values[:1], [to_tensor(operands[1])]
            wanted = self._taken(wanted, values)
            for own in (x.dtype for x in values):
                if not can_cast(own.numpy_dtype, wanted.numpy_dtype, casting):
                    raise TypeError(
                        f"{self.__name__}: cannot cast {own.name} to {wanted.name}, "
                        f"with casting={casting!r}"
                    )
            values = [*(cast_to(x, wanted) for x in values), *kept]
        if self._kind == "float":
            values = self._of_floats(values)
        elif self._kind == "bool":
            values = [cast_to(to_tensor(x), BOOL) for x in values]
        return values

    def _taken(self, wanted: DType, values: list[Any]) -> DType:
        """The dtype of the operands of a loop that gives another: a complex one, whose magnitudes
        are to be real.
        """
        if self.__name__ != "absolute" or wanted.is_complex or not wanted.is_inexact:
            return wanted
        pair = BY_CODE[pair_of(wanted.code)]
        own = values[0].dtype
        fits = own.is_complex and can_cast(own.numpy_dtype, pair.numpy_dtype, "safe")
        return pair if fits else wanted

    def _of_floats(self, values: list[Any]) -> list[Any]:
        if self._all:
            return composed.as_floats(values)
        return composed.as_loops(values, self._least, self._whole)

    def _result(
        self, found: Any, target: Any, where: Any, casting: Any
    ) -> tuple[ndarray, Tensor | None]:
        """An array of a result; one that is given, with what is to be written to it. Where a
        condition does not hold, that keeps its elements, and a new one has 0, where NumPy leaves
        anything.
        """
        holds = None if where is True else condition(where)
        if target is None:
            rest = False if found.dtype.is_bool else 0
            return array_of(found if holds is None else select(holds, found, rest)), None
        if isinstance(target, ndarray) and target.ndim and found._layout.shape != target.shape:
            found = broadcast_to(found, target._layout.shape)
        return fitted(self.__name__, found, target, casting, holds)

    def outer(self, x: Any, y: Any, **options: Any) -> Any:
        """It of each pair of elements of x and of y."""
        if self.nin != 2:
            raise ValueError(f"{self.__name__}.outer: takes a function of two operands")
        x, y = ndarray(to_tensor(x)), ndarray(to_tensor(y))
        return self(x.reshape(x.shape + (1,) * y.ndim), y, **options)

    def __reduce__(self) -> Any:
        return self.__name__  # by which `pickle` finds it in its module

    def __repr__(self) -> str:
        return f"<ufunc '{self.__name__}'>"


replace_slot(ufunc, generic_slot("__call__", CALL), CELLS.called)


@functools.cache
def _signature(nin: int, nout: int) -> inspect.Signature:
    """What one is said to take, by `help` and to who asks, as NumPy's is from 2.4 on."""
    names = ["x"] if nin == 1 else [f"x{k + 1}" for k in range(nin)]
    operands = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
    given = inspect.signature(ufunc.with_options).parameters
    options = [given[name].replace(annotation=inspect.Parameter.empty) for name in OPTIONS]
    default = None if nout == 1 else (None,) * nout
    out = given["out"].replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
    out = out.replace(annotation=inspect.Parameter.empty)
    return inspect.Signature([*operands, out, *options])


_TABLE: dict[str, tuple[Callable[..., Any], int, str]] = {
    # name: (of tensors and numbers, operands, "float" if integers become floats, "bool" if they
    # become truth values, "same" if not)
    "add": (a.add, 2, "same"),
    "subtract": (composed.bool_sum(a.subtract, None), 2, "same"),
    "multiply": (a.multiply, 2, "same"),
    "divide": (a.divide, 2, "same"),
    "floor_divide": (composed.bools_as_integers(a.floordiv), 2, "same"),
    "remainder": (composed.bools_as_integers(a.mod), 2, "same"),
    "fmod": (composed.bools_as_integers(truncatemod), 2, "same"),
    "power": (composed.power, 2, "same"),
    "float_power": (composed.float_power, 2, "same"),
    "negative": (composed.bool_sum(a.negative, None), 1, "same"),
    "positive": (composed.positive, 1, "same"),
    "absolute": (composed.bool_sum(a.abs_, lambda x: x), 1, "same"),
    "fabs": (composed.of_reals("fabs", a.abs_), 1, "float"),
    "sign": (composed.bool_sum(a.sign, None), 1, "same"),
    "rint": (composed.rint, 1, "float"),
    "floor": (composed.whole(a.floor), 1, "same"),
    "ceil": (composed.whole(a.ceil), 1, "same"),
    "trunc": (composed.whole(a.trunc), 1, "same"),
    "square": (composed.bools_as_integers(p.square), 1, "same"),
    "sqrt": (p.sqrt, 1, "float"),
    "cbrt": (p.cbrt, 1, "float"),
    "reciprocal": (composed.bools_as_integers(composed.reciprocal), 1, "same"),
    "exp": (e.exp, 1, "float"),
    "exp2": (composed.exp2, 1, "float"),
    "expm1": (e.expm1, 1, "float"),
    "log": (e.log, 1, "float"),
    "log2": (e.log2, 1, "float"),
    "log10": (e.log10, 1, "float"),
    "log1p": (e.log1p, 1, "float"),
    "logaddexp": (e.logaddexp, 2, "float"),
    "logaddexp2": (composed.logaddexp2, 2, "float"),
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
    "degrees": (composed.of_reals("degrees", composed.degrees), 1, "float"),
    "radians": (composed.of_reals("radians", composed.radians), 1, "float"),
    "rad2deg": (composed.of_reals("rad2deg", composed.degrees), 1, "float"),
    "deg2rad": (composed.of_reals("deg2rad", composed.radians), 1, "float"),
    "maximum": (a.maximum, 2, "same"),
    "minimum": (a.minimum, 2, "same"),
    "fmax": (composed.but_nan(a.fmax, a.maximum), 2, "same"),
    "fmin": (composed.but_nan(a.fmin, a.minimum), 2, "same"),
    "copysign": (f.copysign, 2, "float"),
    "heaviside": (composed.of_reals("heaviside", a.heaviside), 2, "float"),
    "ldexp": (composed.ldexp, 2, "same"),
    "signbit": (composed.of_reals("signbit", composed.signbit), 1, "same"),
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
    "bitwise_and": (composed.bits(b.bitwise_and), 2, "same"),
    "bitwise_or": (composed.bits(b.bitwise_or), 2, "same"),
    "bitwise_xor": (composed.bits(b.bitwise_xor), 2, "same"),
    "invert": (composed.bits(b.invert), 1, "same"),
    "left_shift": (composed.bools_as_integers(composed.bits(b.left_shift)), 2, "same"),
    "right_shift": (composed.bools_as_integers(composed.bits(b.right_shift)), 2, "same"),
    "bitwise_count": (composed.bits(composed.bitwise_count), 1, "same"),
    "gcd": (composed.of_integers(composed.bits(b.gcd)), 2, "same"),
    "lcm": (composed.of_integers(composed.bits(b.lcm)), 2, "same"),
    "nextafter": (f.nextafter, 2, "float"),
    "spacing": (f.spacing, 1, "float"),
    "conjugate": (composed.bools_as_integers(conj), 1, "same"),
}
UFUNCS = {
    name: ufunc(
        compute, name, nin, kind, op=composed.ONE_OP.get(name), factor=composed.FACTORS.get(name)
    )
    for name, (compute, nin, kind) in _TABLE.items()
}
UFUNCS["frexp"] = ufunc(composed.frexp, "frexp", 1, "float", 2)
UFUNCS["modf"] = ufunc(composed.modf, "modf", 1, "float", 2)
UFUNCS["divmod"] = ufunc(
    composed.bools_as_integers(lambda x, y: (a.floordiv(x, y), a.mod(x, y))), "divmod", 2, "same", 2
)

ALIASES = {
    "abs": "absolute", "true_divide": "divide", "mod": "remainder", "conj": "conjugate",
    "pow": "power", "bitwise_not": "invert",
    "bitwise_invert": "invert", "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin",
    "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2", "atanh": "arctanh",
}  # fmt: skip
UFUNCS |= {alias: UFUNCS[name] for alias, name in ALIASES.items()}
