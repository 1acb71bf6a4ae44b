"""NumPy's arrays over memory at an address: made by NumPy's C functions themselves, in a tenth of
the time that an array interface takes to be read. And where the memory of an array is.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from ngrad_kernels.machine import INT, POINTER, WORD, WORDS, Code, Function, build

ARRAY_TYPE, NEW_FROM_DESCR, SET_BASE_OBJECT = 2, 94, 282
"""Places in NumPy's table of C functions, as its header `__multiarray_api.h` numbers them: what any
compiled extension is built with.
"""
WRITEABLE = 0x0400
IN_ROWS = 0x0001 | 0x0100
"""That elements lie in row-major order, at addresses that are multiples of their size."""
DATA, DTYPE, FLAGS = (object.__basicsize__ + k * WORD.width // 8 for k in (0, 5, 6))
"""Where an array has its address, its dtype and its flags: `PyArrayObject_fields` in its header
`ndarraytypes.h`, on which extensions stand likewise.
"""


def _numpy() -> Any:
    capsule = np._core._multiarray_umath._ARRAY_API  # type: ignore[attr-defined]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ctypes.cast(pointer(capsule, None), ctypes.POINTER(ctypes.c_void_p))


def _array_over(module: ir.Module) -> None:
    """array_over(dtype, ndim, words, address, base, flags): an array over memory, which holds
    `base`. `words` is the address of its shape and then its strides, a word each.
    """
    it = Function(module, "array_over", 6)
    dtype, base = it.given_object(0), it.given_object(4)
    ndim, words, address, flags = (it.given_integer(k) for k in (1, 2, 3, 5))
    it.raise_if_any()
    it.builder.ret(made_over(it, dtype, ndim, words, address, base, flags))


def made_over(
    it: Code, dtype: Any, ndim: Any, words: Any, address: Any, base: Any, flags: Any
) -> Any:
    """Code that makes such an array; where there is none, it returns null."""
    builder, api = it.builder, _numpy()
    it.hold(dtype)  # NumPy takes this reference
    kind = [POINTER, POINTER, INT, WORDS, WORDS, POINTER, INT, POINTER]
    make = ir.FunctionType(POINTER, kind).as_pointer()
    shape = builder.inttoptr(words, WORDS)
    array = builder.call(
        builder.inttoptr(WORD(api[NEW_FROM_DESCR]), make),
        [
            builder.inttoptr(WORD(api[ARRAY_TYPE]), POINTER),
            dtype,
            builder.trunc(ndim, INT),
            shape,
            builder.gep(shape, [ndim]),
            builder.inttoptr(address, POINTER),
            builder.trunc(flags, INT),
            POINTER(None),
        ],
    )
    it.unless_null(array, POINTER(None))
    it.hold(base)  # and this one
    take = ir.FunctionType(INT, [POINTER, POINTER]).as_pointer()
    taken = builder.call(builder.inttoptr(WORD(api[SET_BASE_OBJECT]), take), [array, base])
    it.unless_negative(taken, POINTER(None), array)
    return array


def dtype_of(it: Code, array: Any) -> Any:
    """The dtype of one of NumPy's own arrays, borrowed."""
    return it.get(array, DTYPE)


def memory_of(it: Code, array: Any) -> Any:
    """Where the elements of one of NumPy's own arrays begin; null if they do not lie in rows."""
    builder = it.builder
    flags = builder.load(builder.bitcast(builder.gep(array, [WORD(FLAGS)]), INT.as_pointer()))
    fits = builder.icmp_unsigned("==", builder.and_(flags, INT(IN_ROWS)), INT(IN_ROWS))
    return builder.select(fits, it.get(array, DATA), POINTER(None))


array_over: Callable[..., np.ndarray[Any, Any]]
(array_over,) = build("ngrad.arrays", array_over=_array_over)
