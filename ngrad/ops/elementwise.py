"""How an elementwise op is declared, and the ops that are not arithmetic of one dtype: `cast` and
`where`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, overload

import numpy as np

from ngrad.config import settings
from ngrad.dtypes import BY_CODE, COMMON, DType, as_dtype
from ngrad.errors import DTypeError
from ngrad.graph.dims import Dim
from ngrad.graph.graph import Symbol
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import CALLS_LIMIT, Call, Op, Params, Sample
from ngrad.graph.roles import Role
from ngrad.ops.convert import KINDS, conversion, device_beside, operands, tensor, unwrap
from ngrad.ops.launching import broadcast_shapes, prepare_map
from ngrad.ops.weak import Weak
from ngrad.record import apply, move, state
from ngrad.scalars import scalar
from ngrad.tensor import Tensor
from ngrad.window import applied
from ngrad_kernels.body import Body, Step
from ngrad_kernels.codes import computed
from ngrad_kernels.scalars import SCALARS, supports


class Elementwise(Op):
    """An op that computes each element of its result from one element of each operand, broadcast
    together.

    Its scalar expression is the row of its name in `ngrad_kernels.scalars`. Operands are converted
    to one dtype first; `floats` converts integers to float64 too, as NumPy's and TensorFlow's
    division does. It carries the name, module and docstring of the function that declared it, so
    that `help`, `inspect.signature` and doctest take it for one.
    """

    arity: int

    def __init__(self, function: Callable[..., Any], floats: bool = False) -> None:
        name = function.__name__.rstrip("_")
        super().__init__(name, self._infer, self._prepare, family="elementwise")
        functools.update_wrapper(self, function)
        called = inspect.signature(self.__call__).parameters.values()
        plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in called]
        self.__signature__ = inspect.Signature(plain)
        self.floats = floats
        self.scalar = SCALARS[name]
        self.fusion = Role("map", name)
        self.ahead(self._samples)
        # Calls by the layout of the one operand, or the pair of two, where the type of a Python
        # number stands for its layout: found with less ceremony.
        self.seen: dict[Any, Call] = {}
        # What operands are converted to, by the codes of their dtypes, and types of numbers: of
        # each its new dtype, or None. So what does not depend on sizes is found at those that are
        # new.
        self.kinds: dict[tuple[Any, ...], tuple[DType | None, ...]] = {}
        self._results: dict[str, DType] = {}  # of dtypes that it takes, by code

    def _samples(self, dtype: DType) -> Iterator[Sample]:
        if dtype.is_floating or not self.floats:
            yield (), ((dtype, (2,)),) * self.arity

    def _infer(self, *layouts: Layout) -> Layout:
        dtype = layouts[0].dtype
        for where in layouts:
            if where.dtype is not dtype:
                names = ", ".join([where.dtype.name for where in layouts])
                raise DTypeError(f"{self.name}: operands must have one dtype, not {names}")
        result = self._results.get(dtype.code)
        if result is None:
            if not supports(self.name, dtype.code):
                raise DTypeError(
                    f"{self.name}: does not take {dtype.name}; convert with ngrad.cast"
                )
            result = self._results[dtype.code] = BY_CODE[self.scalar.result_of(dtype.code)]
        return layout(result, broadcast_shapes(self.name, *layouts))

    def _prepare(self, inputs: tuple[Layout, ...], out: Layout) -> Any:
        return prepare_map(self.body(inputs[0].dtype.code), inputs, out)

    def body(self, code: str) -> Body:
        """Its loop over operands of a dtype."""
        step = Step(self.name, tuple(range(self.arity)), self.scalar.result_of(code))
        return Body("map", (code,) * self.arity, (step,), (self.arity,))

    def _operands(self, *values: Any) -> tuple[Any, ...]:
        try:
            found = operands(self.name, *values)
        except OverflowError:  # an integer that the others' dtype has not; all are to be floats
            if not self.floats:
                raise
            return self._operands(*[float(x) if type(x) is int else x for x in values])
        if self.floats and not found[0]._layout.dtype.is_inexact:
            found = tuple([cast(value, BY_CODE["f8"]) for value in found])
        if all(type(x) in QUICK for x in values):
            self.kinds[tuple(map(_kind, values))] = tuple(map(_new, values, found))
        return found

    def __call__(self, *operands: Any, **options: Any) -> Tensor:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<op {self.name}{self.__signature__}>"

    def _first(self, *values: Any) -> Any:
        """Apply to operands of which one is neither a tensor nor a number, or whose kinds did not
        come before.
        """
        return apply(self, self._operands(*values))

    def _anew(self, *given: Any) -> Call | None:
        """The call of operands that lie as none before, and are not converted: of layouts, and of
        types of numbers. None where they are to be moved, and where sizes are open.
        """
        known = given[0] if type(given[0]) is Layout else given[1]
        layouts = []
        for where in given:
            if type(where) is not Layout:
                layouts.append(layout(known.dtype, (), None, known.device))
            elif where.open or where.device is not known.device:
                return None
            else:
                layouts.append(where)
        call = self.call((), tuple(layouts))
        if len(self.seen) > CALLS_LIMIT:
            self.seen.clear()
        key = call.inputs if call.inputs == given else given  # no other of the same
        self.seen[known if self.arity == 1 else key] = call
        return call

    def operator(self) -> Callable[[Any, Any], Any]:
        """`Tensor.__add__` and its siblings: the shortest way for layouts that were seen before,
        and for kinds that were.
        """
        seen, kinds = self.seen, self.kinds
        local = state

        def binary(x: Tensor, y: Any) -> Any:
            where, kind = x._layout, type(y)
            other = y._layout if kind is Tensor else kind
            pair = where, other
            call = seen.get(pair)
            if call is None:
                reader = unwrap.get(kind)
                if reader is not None:
                    return binary(x, reader(y))
                wanted = kinds.get((where.dtype.code, other.dtype.code if kind is Tensor else kind))
                if wanted is None:
                    return self._first(x, y) if is_operand(y) else NotImplemented
                one, two = wanted
                if one is not None or two is not None:
                    x = x if one is None else apply(CAST, (x,), (one,))
                    return binary(x, y if two is None else apply(CAST, (y,), (two,)))
                call = self._anew(*pair)
                if call is None:
                    return self._first(x, y)
            small = settings.small
            if small < 0:
                return self._first(x, y)
            window = local.window
            if kind is not Tensor:
                try:
                    y = _number(y, call.inputs[1], window, call.size <= small and x._at)
                except OverflowError:  # which raises, or compares
                    return self._first(x, y)
            return applied(window, call, small, x, y)

        return binary

    def reflected(self) -> Callable[[Any, Any], Any]:
        """`Tensor.__radd__` and its siblings."""
        seen, kinds = self.seen, self.kinds
        local = state

        def binary(y: Any, x: Any) -> Any:
            if type(y) is Tensor:
                pair = type(x), y._layout
                call, small = seen.get(pair), settings.small
                if call is None:
                    wanted = kinds.get((type(x), y._layout.dtype.code))
                    if wanted is not None:
                        if wanted[1] is not None:
                            return binary(apply(CAST, (y,), wanted[1:]), x)
                        call = self._anew(*pair)
                if call is not None and small >= 0:
                    window = local.window
                    try:
                        x = _number(x, call.inputs[0], window, call.size <= small and y._at)
                    except OverflowError:
                        return self._first(x, y)
                    return applied(window, call, small, x, y)
            return self._first(x, y) if is_operand(x) else NotImplemented

        return binary


def _number(value: Any, where: Layout, window: Any, small: Any) -> Any:
    """A Python number as an operand for `applied`, beside one that is there if `small`."""
    if small and window.idle():
        return scalar(value, where.dtype)
    return value if type(value) is float else window.number(value, where)


def _kind(value: Any) -> Any:
    """What of an operand decides dtypes."""
    return value._layout.dtype.code if type(value) is Tensor else type(value)


def _new(value: Any, operand: Tensor) -> DType | None:
    """The dtype that a tensor was converted to, if it was."""
    dtype = operand._layout.dtype
    return None if type(value) is not Tensor or value._layout.dtype is dtype else dtype


OPERANDS = (Tensor, Symbol, Weak, Dim, *KINDS, np.ndarray, np.generic, list, tuple, range)
"""What an operator takes beside a tensor, apart from the types of `convert.unwrap`."""


UNCONVERTED = (None,)
QUICK = (Tensor, *KINDS)
"""What an operator takes without a conversion by hand."""


def is_operand(value: Any) -> bool:
    return type(value) in unwrap or isinstance(value, (*OPERANDS, *unwrap))


class Unary(Elementwise):
    """An elementwise op of one operand."""

    arity = 1

    def __call__(self, x: Any, name: str | None = None) -> Tensor:
        if type(x) is Tensor:
            call = self.seen.get(x._layout)
            if call is None and self.kinds.get((x._layout.dtype.code,)) == UNCONVERTED:
                call = self._anew(x._layout)
            if call is not None:
                small = settings.small
                return self._first(x) if small < 0 else applied(state.window, call, small, x)
        return self._first(x)


class Binary(Elementwise):
    """An elementwise op of two operands."""

    arity = 2

    def __init__(self, function: Callable[..., Any], floats: bool = False) -> None:
        super().__init__(function, floats)
        self._left, self._right = self.operator(), self.reflected()

    def __call__(self, x: Any, y: Any, name: str | None = None) -> Tensor:
        if type(x) is Tensor:
            return self._left(x, y) if type(y) in QUICK else self._first(x, y)
        if type(y) is Tensor and type(x) in QUICK:
            return self._right(y, x)
        return self._first(x, y)


class Ternary(Elementwise):
    """An elementwise op of three operands."""

    arity = 3

    def __call__(self, x: Any, y: Any, z: Any, name: str | None = None) -> Tensor:
        return self._first(x, y, z)


@overload
def elementwise(function: Callable[..., Any]) -> Elementwise: ...
@overload
def elementwise(*, floats: bool) -> Callable[[Callable[..., Any]], Elementwise]: ...
def elementwise(function: Callable[..., Any] | None = None, *, floats: bool = False) -> Any:
    """Declare an elementwise op: the function, of x, of x and y, or of x, y and z, gives its name
    and docstring.
    """
    kinds: dict[tuple[str, ...], type[Elementwise]] = {
        ("x",): Unary,
        ("x", "y"): Binary,
        ("x", "y", "z"): Ternary,
    }

    def declare(function: Callable[..., Any]) -> Elementwise:
        return kinds[tuple(inspect.signature(function).parameters)](function, floats)

    return declare(function) if function else declare


# -- cast ------------------------------------------------------------------------------------------


def _cast_infer(x: Layout, dtype: DType) -> Layout:
    return layout(dtype, x.shape)


def _cast_prepare(inputs: tuple[Layout, ...], out: Layout, dtype: DType) -> Any:
    body = Body("map", (inputs[0].dtype.code,), (Step("cast", (0,), dtype.code),), (1,))
    return prepare_map(body, inputs, out)


CAST = Op("cast", _cast_infer, _cast_prepare, ("dtype",), family="elementwise")
CAST.fusion = Role("map", "cast")
CAST.ahead(lambda dtype: [((to,), ((dtype, (2,)),)) for to in COMMON if to is not dtype])


@CAST.vjp
def _(g: Any, out: Any, x: Any, dtype: DType) -> Any:
    # Of complex numbers cast to real ones, and the other way round, the cotangent is the real part.
    return (cast(g, x.dtype) if x.dtype.is_inexact and dtype.is_inexact else None,)


conversion.to = lambda x, dtype: apply(CAST, (tensor(x, "cast"),), (dtype,))


def cast(x: Any, dtype: Any, name: str | None = None) -> Tensor:
    """Convert to a dtype.

    Float to integer drops the fraction; what is out of range saturates, and NaN gives 0. Integer to
    integer wraps. Anything but zero is true. Of a complex number it is the real part that is
    converted, unless to another complex one.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.cast([1.9, -300.0, float("nan")], ngrad.int8).numpy()
    array([   1, -128,    0], dtype=int8)
    """
    dtype = as_dtype(dtype)
    x = tensor(x, "cast")
    return x if x.dtype is dtype else apply(CAST, (x,), (dtype,))


def _widened(op: Op, inputs: tuple[Any, ...], params: Params) -> Any:
    """An op that has no form for floats of two bytes, by way of float32."""
    half = next(x._layout.dtype for x in inputs if x._layout.dtype.is_half)
    wide = BY_CODE[computed(half.code)]
    given = [cast(x, wide) if x._layout.dtype.is_half else x for x in inputs]
    found = apply(op, tuple(given), params)
    return cast(found, half) if found._layout.dtype is wide else found


move.widened = _widened


# -- where -----------------------------------------------------------------------------------------


def _where_infer(condition: Layout, x: Layout, y: Layout) -> Layout:
    if not condition.dtype.is_bool:
        raise DTypeError(f"where: the condition must be bool, not {condition.dtype.name}")
    if x.dtype is not y.dtype:
        raise DTypeError(
            f"where: operands must have one dtype, not {x.dtype.name} and {y.dtype.name}"
        )
    return layout(x.dtype, broadcast_shapes("where", condition, x, y))


def _where_prepare(inputs: tuple[Layout, ...], out: Layout) -> Any:
    code = out.dtype.code
    body = Body("map", ("b1", code, code), (Step("where", (0, 1, 2), code),), (3,))
    return prepare_map(body, inputs, out)


SELECT = Op("where", _where_infer, _where_prepare, family="elementwise")
SELECT.fusion = Role("map", "where")
SELECT.ahead(lambda dtype: [((), ((BY_CODE["b1"], (2,)), (dtype, (2,)), (dtype, (2,))))])


@SELECT.vjp
def _(g: Any, out: Any, condition: Any, x: Any, y: Any) -> Any:
    zero = 0.0
    return None, select(condition, g, zero), select(condition, zero, g)


def select(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y, elementwise; the untaken branch has an exact zero for a
    cotangent.
    """
    if type(x) is Tensor:
        x, y = operands("where", x, y)
    else:  # a number beside a tensor is found sooner
        y, x = operands("where", y, x)
    if type(condition) is not Tensor:
        condition = tensor(condition, "where", None, device_beside(x, y))
    return apply(SELECT, (condition, x, y))
