"""From whatever a NumPy user passes to tensors, by NumPy's rules: float64 and int64 of Python
numbers and of lists; a Python number beside an array takes the array's dtype.
"""

from __future__ import annotations

import math
from array import ArrayType
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ngrad.cell import Cell
from ngrad.config import settings
from ngrad.devices import HOST, current
from ngrad.dtypes import BRAIN, BY_CODE, DType, as_dtype, kind_of, promote, weak
from ngrad.errors import DTypeError
from ngrad.graph.dims import Dim
from ngrad.graph.layout import AXES
from ngrad.numpy.ndarray import array_of as array_of
from ngrad.numpy.ndarray import listed, ndarray, of_number
from ngrad.numpy.nothing import DISCARDS, warn_of
from ngrad.ops.convert import cast_to, constant_of, from_outside, may_give, number, read, unmasked
from ngrad.ops.joining import stack, stacked
from ngrad.ops.weak import Weak
from ngrad.record import state
from ngrad.scalars import single
from ngrad.tensor import DENSE, Tensor, from_numpy

FLOAT32, FLOAT64, COMPLEX128 = BY_CODE["f4"], BY_CODE["f8"], BY_CODE["c16"]
INT64, UINT64, BOOL = BY_CODE["i8"], BY_CODE["u8"], BY_CODE["b1"]
OURS = (Tensor, Cell)
"""Types of arrays, tensors and variables."""
NUMBERS = (bool, int, float, complex)
READ = ("__array__", "__array_interface__", "__array_struct__")
"""By which NumPy reads arrays of others."""
NESTS = (list, tuple)
SCALARS = {dtype.numpy_dtype.type: dtype for dtype in BY_CODE.values()}
"""The dtypes of NumPy's scalars, by type."""
WITHOUT_OURS = (ArrayType, bytearray, bytes, memoryview, range, str)
"""Sequences of numbers and letters."""
PLAIN: dict[type, DType] = {bool: BOOL, int: INT64, float: FLOAT64, complex: COMPLEX128}


def dtype_of(dtype: Any) -> DType | None:
    """The dtype that an argument means: Python's `float` is float64, and `int` int64.

    Raises
    ------
    DTypeError
        If there is none, or it has another order of bytes than this machine's.
    """
    if dtype is None:
        return None
    if isinstance(dtype, type) and dtype in PLAIN:
        return PLAIN[dtype]
    found = as_dtype(dtype)
    if isinstance(dtype, (str, np.dtype)) and not np.dtype(dtype).isnative:
        raise DTypeError(
            f"{dtype!r} is of another order of bytes than this machine's, in which elements lie; "
            f"use {found.name}, and NumPy for what is written otherwise"
        )
    return found


def to_tensor(value: Any, dtype: DType | None = None) -> Tensor:
    """A tensor of a value, in its own dtype by NumPy's rules, or in one that is given.

    Raises
    ------
    DTypeError
        If it is no number, nor an array or nest of such.
    """
    kind = type(value)
    if kind is ndarray:
        value = value._read()
    elif kind in PLAIN:
        return _of_number(value, dtype)
    elif kind is np.ndarray and value.dtype.kind in "fiubc":
        return from_numpy(value) if dtype is None else _copied(value, dtype)
    elif kind is list or kind is tuple:
        found = listed(value, dtype, DENSE, state.window) if current() is HOST else None
        if found is not None:
            return found
    elif kind in SCALARS:
        return _copied(np.asarray(value), dtype)
    elif kind is not Tensor:
        value = from_outside(unmasked(value, "array"))
    if isinstance(value, Tensor):
        return value if dtype is None else converted(value, dtype)
    if isinstance(value, Dim):  # an open size has a value at each call
        return number(value, dtype or INT64, current())
    if type(value) is Weak:
        of_weak: Tensor = cast_to(value.tensor, dtype or PLAIN[value.kind])
        return of_weak
    if type(value) in PLAIN:  # of what a wrapper stands for
        return _of_number(value, dtype)
    if isinstance(value, NESTS):
        nested = _of_nest(value, dtype)
        if nested is not None:
            return nested
    elif is_array(value):
        given = read(value)
        if isinstance(given, Tensor):
            return given if dtype is None else converted(given, dtype)
        if kind_of(given.dtype) in "fiubc":
            return _copied(given, dtype)
    elif is_sequence(value):
        return to_tensor([*value], dtype)
    try:
        # In a dtype numbers out of range raise, text is read, and things are asked for a number.
        array = np.asarray(value, None if dtype is None else dtype.numpy_dtype)
    except (OverflowError, TypeError, ValueError) as error:
        raise type(error)(f"array: {error}") from None
    if kind_of(array.dtype) not in "fiubc":
        raise DTypeError(f"array: cannot make an array of {type(value).__name__}, of {array.dtype}")
    return from_numpy(array, dtype or as_dtype(array.dtype))


def as_numbers(value: Any) -> Tensor:
    """A tensor, of text the numbers that it says: where NumPy asks for floats, and raises
    ValueError if it says none.
    """
    try:
        return to_tensor(value)
    except DTypeError:
        return to_tensor(value, FLOAT64)


def _copied(array: np.ndarray[Any, Any], dtype: DType | None) -> Tensor:
    """A tensor of NumPy's array, whose floats become integers as ours do: they saturate."""
    if dtype is not None and dtype.is_integer and array.dtype.kind not in "iub":
        return converted(from_numpy(array), dtype)
    return from_numpy(array, dtype)


def is_sequence(value: Any) -> bool:
    """Whether a value has items as a list has, of which some may be ours: no text, nor memory."""
    return isinstance(value, Sequence) and not isinstance(value, (*NESTS, *WITHOUT_OURS))


def is_array(value: Any) -> bool:
    """Whether a value has a dtype of its own, of which elements are cast, or NumPy reads it so."""
    return isinstance(value, OURS) or any(hasattr(value, name) for name in READ)


def _of_number(value: Any, dtype: DType | None) -> Tensor:
    """A tensor of one of Python's numbers."""
    quick = of_number(value) if dtype is None and current() is HOST else None
    if quick is not None:
        return quick._held
    if type(value) is float and dtype is not None and dtype.is_integer:
        value = int(value)  # NaN and infinities raise
    large = type(value) is int and 1 << 63 <= value < 1 << 64
    wanted = dtype or (UINT64 if large else PLAIN[type(value)])
    if current() is HOST:
        if type(value) is float:
            plain = wanted is FLOAT64 or (wanted.is_floating and -6e4 < value < 6e4)
        else:
            plain = wanted is INT64 and type(value) is int and -1 << 63 <= value < 1 << 63
        if plain:  # others may warn
            return single(value, wanted)
    found: Tensor = constant_of(value, wanted, "array")
    return found


def _of_nest(value: Any, dtype: DType | None) -> Tensor | None:
    """A tensor of a nest of arrays, or of arrays and numbers; None of what holds no array."""
    items, shape = value, [len(value)]
    while items and type(items[0]) in NESTS:
        if len(shape) > AXES:  # in itself, maybe: NumPy refuses it
            return None
        length = len(items[0])
        if any(type(row) not in NESTS or len(row) != length for row in items):
            break
        items = [x for row in items for x in row]
        shape.append(length)
    kinds = set(map(type, items))
    if kinds <= PLAIN.keys():
        return None
    if ndarray in kinds and not state.listens():
        elements = _elements(items, dtype)
        if elements is not None:
            return from_numpy(elements.reshape(shape), None, HOST)
    if not holds_arrays(value):
        return None
    if complex in kinds and dtype is not None and (dtype.is_floating or dtype.is_integer):
        raise TypeError(f"array: a complex number is none of {dtype.name}; take its real part")
    elements = _read_at_once(value, dtype)
    if elements is not None:
        return from_numpy(elements, None, HOST)
    return _joined([to_tensor(item, dtype) for item in value], dtype)


def _elements(items: Any, dtype: DType | None) -> np.ndarray[Any, Any] | None:
    """NumPy's array of elements of one dtype, which are there, and of Python's numbers beside those
    of float64; None of anything else, or in another dtype.
    """
    where, numbers = None, False
    for x in items:
        kind = type(x)
        if kind is ndarray and x._owner is None and x._held._at:
            if where is None:
                where = x._held._layout
            elif x._held._layout is not where:
                return None
        elif kind is float or (kind is int and x.bit_length() < 64):
            numbers = True
        else:
            return None
    if where is None or where.ndim or where.device is not HOST:
        return None
    floats = where.dtype is FLOAT64
    if dtype not in (None, where.dtype) or (numbers and not floats):
        return None
    read = [*map(float, items)] if floats else [x._held.item() for x in items]
    return np.array(read, where.dtype.numpy_dtype)


def _bytes(nest: Any) -> float:
    """How many bytes a nest has of arrays with axes, if these and elements in it are there:
    infinitely many if not, or if there is anything else in it, which NumPy is not to read.
    """
    found: float = 0
    for x in nest:
        kind = type(x)
        if kind in PLAIN:
            continue
        if kind is ndarray or kind is Tensor:
            x = x._read() if kind is ndarray else x
            where = x._layout
            if not x._at or where.device is not HOST:
                return math.inf
            found += where.nbytes if where.ndim else 0
        elif kind is list or kind is tuple:
            found += _bytes(x)
        elif kind is np.ndarray or issubclass(kind, np.generic):
            found += x.nbytes if x.ndim else 0
        else:
            return math.inf
    return found


def _read_at_once(value: Any, dtype: DType | None) -> np.ndarray[Any, Any] | None:
    """NumPy's array of a nest in which arrays are, as an op runs at once: if these are there and
    small, and nobody listens. None of any other, and of what makes no numbers.

    Raises
    ------
    OverflowError, ValueError
        Of a number that the dtype has not.
    """
    if state.listens() or 2 * _bytes(value) > settings.at_once:
        return None
    try:
        if dtype is not None:
            return np.array(_numpys(value), dtype.numpy_dtype)
        found = np.array(value)
    except (OverflowError, TypeError, ValueError) as error:
        if dtype is not None:
            raise type(error)(f"array: {error}") from None
        return None
    return found if kind_of(found.dtype) in "fiubc" else None


def _numpys(value: Any) -> Any:
    """A nest with NumPy's arrays for ours, and its scalars for elements."""
    if isinstance(value, NESTS):
        return [*map(_numpys, value)]
    held = value._read() if isinstance(value, Cell) else value
    return held._view()[()] if isinstance(held, Tensor) else value


def _joined(made: list[Tensor], dtype: DType | None) -> Tensor:
    """Tensors along a new axis."""
    kinds = {x._layout.dtype for x in made}
    wide = dtype or promote(*kinds)
    if kinds == {wide}:
        return stacked(tuple(made), 0)
    return stack([converted(x, wide) for x in made])


def converted(x: Tensor, dtype: DType) -> Tensor:
    """A tensor in another dtype; it warns, as NumPy does, where imaginary parts are lost."""
    if x.dtype.is_complex and not (dtype.is_complex or dtype.is_bool):
        warn_of(DISCARDS)
    found: Tensor = cast_to(x, dtype)
    return found


def holds_arrays(value: Any, depth: int = 0) -> bool:
    """Whether arrays or tensors are in a nest, which NumPy refuses if it is deeper than `AXES`."""
    if value and type(value[0]) in (ndarray, Tensor):
        return True
    kinds = set(map(type, value))  # few, of however many items
    if any(issubclass(kind, (Tensor, ndarray, Weak)) or may_give(kind) for kind in kinds):
        return True
    if depth > AXES or not any(issubclass(kind, NESTS) for kind in kinds):
        return False
    return any(holds_arrays(v, depth + 1) for v in value if isinstance(v, NESTS))


def is_weak(value: Any, dtype: DType) -> bool:
    """Whether a value is one of Python's numbers that has a dtype where that is: of integers one
    of float64 has not.
    """
    kind: Any = type(value)
    return kind in PLAIN and weak(dtype, kind) is dtype


def operand(value: Any) -> Any:
    """An operand of an op: a tensor, or a Python number, whose dtype is the others'."""
    if type(value) in PLAIN or type(value) is Weak or isinstance(value, Dim):
        return value
    return to_tensor(value)


def beside(values: Iterable[Any]) -> list[Any]:
    """Operands of one op: a Python number has the dtype of the tensors beside it, or one of its
    own if there is none.
    """
    found = [x._read() if type(x) is ndarray else operand(x) for x in values]
    if all(type(x) in PLAIN or type(x) is Weak for x in found):
        alone = len(found) == 1  # beside another number, one that int64 has not is refused
        return [to_tensor(x, None if alone or type(x) is Weak else PLAIN[type(x)]) for x in found]
    return found


def condition(where: Any) -> Any:
    """Where something holds, as a tensor of bools: of numbers and lists whether they are not 0; an
    array of another dtype is not taken for one.
    """
    number = isinstance(where, np.generic) or (type(where) is ndarray and where.is_number)
    if is_array(where) and not number and where.dtype != bool:
        raise TypeError(
            f"where: cannot cast an array of {where.dtype} to bool according to the rule 'safe'; "
            "write where=x != 0"
        )
    return cast_to(to_tensor(where), BOOL)


def plain(value: Any) -> Any:
    """NumPy's array of what is ours; anything else as it is."""
    return np.asarray(value) if isinstance(value, OURS) else value


def known(value: Any) -> Any:
    """NumPy's array of a value, of a dtype that it knows: bfloat16 as float32, which holds it."""
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == BRAIN else array
