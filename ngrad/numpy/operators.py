"""Python's operators on arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import DType, promote
from ngrad.numpy.composed import NOT_OF, ONE_OP
from ngrad.numpy.convert import PLAIN, SCALARS
from ngrad.numpy.foreign import behind, beside
from ngrad.numpy.matrices import matrix_product
from ngrad.numpy.ndarray import OPERATORS, array_of, ndarray, put_at_once
from ngrad.numpy.out import written
from ngrad.numpy.ufuncs import UFUNCS, ufunc
from ngrad.ops.elementwise import Elementwise, is_operand
from ngrad.record import state
from ngrad.tensor import Tensor
from ngrad_kernels.heap_types import replace_slot

NAMES = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
    "floordiv": "floor_divide", "mod": "remainder", "divmod": "divmod", "pow": "power",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift",
    "rshift": "right_shift",
}  # fmt: skip
COMPARISONS = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
    "ne": "not_equal",
}  # fmt: skip


@functools.cache
def is_number_for(kind: Any, dtype: DType) -> bool:
    """Whether NumPy's scalar of a type means, beside an array of a dtype, what the Python number
    does: it is converted to that dtype, which holds it.
    """
    own = SCALARS.get(kind)
    return own is not None and promote(own, dtype) is dtype


def _product(x: Any, y: Any) -> Any:
    """The product; of an integer and a list or a tuple, that repeated, as by NumPy's scalars."""
    number, other = (x, y) if isinstance(x, ndarray) else (y, x)
    if isinstance(other, np.matrix) and not number.is_number:
        raise TypeError(
            f"multiply: {number.shape} and a numpy.matrix {other.shape}: between matrices * is @, "
            "between arrays it is not; write @, or numpy.multiply"
        )
    if type(other) in (list, tuple) and number.is_number and number._layout.dtype.is_integer:
        return other * number.__index__()
    return UFUNCS["multiply"](x, y)


def _any(function: ufunc) -> Callable[[Any, Any], Any]:
    """The operator of what is not quick."""
    return _product if function.__name__ == "multiply" else function


def _binary(name: str, function: ufunc) -> Callable[[ndarray, Any], Any]:
    op, otherwise = ONE_OP.get(function.__name__), _any(function)
    quick = op.operator() if isinstance(op, Elementwise) else op
    refused = NOT_OF.get(function.__name__)
    answer = functools.partial(beside, name, function.__name__, otherwise)

    def operator(x: ndarray, y: Any) -> Any:
        if quick is not None:
            held = x._held if x._owner is None else x._read()
            if refused and held._layout.dtype.code in refused:
                return function(x, y)
            if type(y) is ndarray:
                return array_of(quick(held, y._held if y._owner is None else y._read()))
            kind: Any = type(y)
            if kind in PLAIN:
                return array_of(quick(held, y))
            if is_number_for(kind, held._layout.dtype):
                return array_of(quick(held, y.item()))
        return otherwise(x, y) if is_operand(y) else answer(x, y)

    return operator


def _reflected(name: str, function: ufunc) -> Callable[[ndarray, Any], Any]:
    op, otherwise = ONE_OP.get(function.__name__), _any(function)
    quick = op.reflected() if isinstance(op, Elementwise) else op and (lambda y, x: op(x, y))
    refused = NOT_OF.get(function.__name__)
    answer = functools.partial(behind, name, function.__name__, otherwise)

    def operator(y: ndarray, x: Any) -> Any:
        kind: Any = type(x)
        if quick is not None and (kind in PLAIN or kind in SCALARS):
            held = y._held if y._owner is None else y._read()
            dtype = held._layout.dtype
            if not (refused and dtype.code in refused):
                if kind in PLAIN:
                    return array_of(quick(held, x))
                if is_number_for(kind, dtype):
                    return array_of(quick(held, x.item()))
        return otherwise(x, y) if is_operand(x) else answer(y, x)

    return operator


def _unary(function: ufunc) -> Callable[[ndarray], Any]:
    quick, refused = ONE_OP[function.__name__], NOT_OF[function.__name__]

    def operator(x: ndarray) -> Any:
        held = x._held if x._owner is None else x._read()
        return function(x) if held._layout.dtype.code in refused else array_of(quick(held))

    return operator


def _in_place(name: str, function: ufunc, sign: str) -> Callable[[ndarray, Any], Any]:
    plain = _binary(name, function)

    def operator(x: ndarray, y: Any) -> Any:
        found = plain(x, y)
        if not isinstance(found, ndarray) or x.is_number:  # y may have answered
            return found
        return written(f"{sign}=", found._read(), x)

    return operator


def _hold(x: ndarray, found: ndarray, name: str) -> ndarray:
    """x, to which is assigned what its operator of a name gave, in machine code."""
    if x._owner is not None:
        if not (found._held._at or state.listens()) and found._held._layout.device is HOST:
            Tensor.evaluate(found._held)  # as it would be on the way there
        if put_at_once(x, ..., found):
            return x
    return written(f"{SIGNS[name]}=", found._held, x)


def _matmul(x: Any, y: Any) -> Any:
    return array_of(matrix_product(x, y))


PRODUCT = "matmul", "matmul", _matmul
"""`@`, as `beside` is told of it."""


SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
}  # fmt: skip


def _attach() -> None:
    for name, function in NAMES.items():
        setattr(ndarray, f"__{name}__", _binary(name, UFUNCS[function]))
        setattr(ndarray, f"__r{name}__", _reflected(name, UFUNCS[function]))
        if name in SIGNS:
            setattr(ndarray, f"__i{name}__", _in_place(name, UFUNCS[function], SIGNS[name]))
    for name, function in COMPARISONS.items():
        setattr(ndarray, f"__{name}__", _binary(name, UFUNCS[function]))
    methods: dict[str, Any] = {
        "_hold": _hold,
        "__invert__": _unary(UFUNCS["invert"]),
        "__matmul__": lambda x, y: _matmul(x, y) if is_operand(y) else beside(*PRODUCT, x, y),
        "__rmatmul__": lambda y, x: _matmul(x, y) if is_operand(x) else behind(*PRODUCT, y, x),
        "__imatmul__": lambda x, y: written("@=", _matmul(x, y)._read(), x),
        "__neg__": _unary(UFUNCS["negative"]),
        "__pos__": lambda x: UFUNCS["positive"](x),
        "__abs__": _unary(UFUNCS["absolute"]),
    }
    for name, method in methods.items():
        setattr(ndarray, name, method)
    for before, now in OPERATORS.items():
        replace_slot(ndarray, before, now)


_attach()
