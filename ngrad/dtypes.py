"""Dtypes: equal to NumPy's, and carrying what TensorFlow's carry."""

from __future__ import annotations

import functools
import typing
from typing import Any

import ml_dtypes
import numpy as np

from ngrad.absent import tensorflow
from ngrad.errors import DTypeError, shown
from ngrad_kernels.codes import HALVES, ctype_of, dtype_of, part_of


class DType:
    """The dtype of a tensor's elements. There is one object for each, so `is` compares them.

    Attributes
    ----------
    code : str
        NumPy's kind and size: "f4", "i8", "b1", ...; "f2b" of bfloat16.
    as_numpy_dtype : type
        NumPy's scalar type.
    typestr : str or None
        As the array interface names it: "<f4", ...; it has no name for bfloat16.
    itemsize, size : int
        Bytes an element.
    name : str
        "float32", "int64", "bool", ...
    is_floating, is_complex, is_inexact : bool
        Whether it is real and has a fraction; is complex; is either, so that it has gradients.
    is_half : bool
        Whether it is a float of two bytes, computed as float32 and rounded after every op.

    Examples
    --------
    >>> import numpy as np
    >>> import ngrad
    >>> ngrad.float32 == np.float32, ngrad.float32.is_floating, ngrad.int64.name
    (True, True, 'int64')
    """

    __slots__ = (
        "as_numpy_dtype", "code", "ctype", "is_bool", "is_complex", "is_floating", "is_half",
        "is_inexact", "is_integer", "is_unsigned", "itemsize", "name", "numpy_dtype", "typestr",
    )  # fmt: skip

    def __init__(self, code: str) -> None:
        self.code = code
        self.numpy_dtype = dtype_of(code)
        self.as_numpy_dtype = self.numpy_dtype.type
        self.typestr = None if code == "f2b" else self.numpy_dtype.str
        self.name = self.numpy_dtype.name
        self.itemsize = self.numpy_dtype.itemsize
        self.is_floating = code[0] == "f"
        self.is_half = code in HALVES
        self.is_complex = code[0] == "c"
        self.is_inexact = self.is_floating or self.is_complex
        self.is_integer = code[0] in "iu"
        self.is_unsigned = code[0] == "u"
        self.is_bool = code == "b1"
        self.ctype: Any = ctype_of(code)

    @property
    def size(self) -> int:
        return self.itemsize

    @property
    def type(self) -> Any:
        """NumPy's class of its scalars, by NumPy's name for it."""
        return self.as_numpy_dtype

    @property
    def __numpy_dtype__(self) -> np.dtype[Any]:
        """What `numpy.dtype` makes of it, and NumPy where it is given as one."""
        return self.numpy_dtype

    @property
    def real_dtype(self) -> DType:
        """The dtype of a complex number's parts; of any other, itself."""
        return BY_CODE[part_of(self.code)]

    @property
    def base_dtype(self) -> DType:
        return self

    def is_compatible_with(self, other: Any) -> bool:
        """Whether another is the same."""
        return self == as_dtype(other)

    @property
    def is_numpy_compatible(self) -> bool:
        return True

    @property
    def limits(self) -> tuple[Any, Any]:
        """The least and the greatest value."""
        if self.is_bool:
            return False, True
        if self.is_complex:
            raise TypeError(f"{self.name} has no least and no greatest value")
        info: Any = self.finfo if self.is_floating else np.iinfo(self.numpy_dtype)
        return self.as_numpy_dtype(info.min), self.as_numpy_dtype(info.max)

    @property
    def finfo(self) -> Any:
        """What NumPy's `finfo` says of a floating-point dtype, or ml_dtypes' of bfloat16."""
        find: Any = ml_dtypes.finfo
        return find(self.numpy_dtype)

    @property
    def min(self) -> Any:
        return self.limits[0]

    @property
    def max(self) -> Any:
        return self.limits[1]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if other is None or isinstance(other, DType):
            return False
        try:
            return bool(self.numpy_dtype == np.dtype(other))  # type: ignore[call-overload]
        except TypeError:
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self.numpy_dtype)

    def __repr__(self) -> str:
        return f"ngrad.{self.name}"

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


_CODES = (
    *("f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1", "c8", "c16"),
    *HALVES,
)
BY_CODE = {code: DType(code) for code in _CODES}
COMMON = tuple([x for x in BY_CODE.values() if not (x.is_complex or x.is_half)])
"""The dtypes that kernels are made for in advance. Few programs have others, whose kernels are
compiled where they are needed.
"""
float32, float64 = BY_CODE["f4"], BY_CODE["f8"]
int8, int16, int32, int64 = (BY_CODE[f"i{size}"] for size in (1, 2, 4, 8))
uint8, uint16, uint32, uint64 = (BY_CODE[f"u{size}"] for size in (1, 2, 4, 8))
bool_, complex64, complex128 = BY_CODE["b1"], BY_CODE["c8"], BY_CODE["c16"]
float16, bfloat16 = BY_CODE["f2"], BY_CODE["f2b"]
_BY_NUMPY = {dtype.numpy_dtype: dtype for dtype in BY_CODE.values()}


_spelled: dict[Any, DType] = {float: float32, int: int32}
"""What was asked for before, and Python's types."""
SPELLINGS = (type, str, np.dtype)


def as_dtype(value: Any) -> DType:
    """The dtype that a name, a Python or NumPy type, or a dtype means. Python's `float` is float32,
    `int` int32, `complex` complex128; as in TensorFlow.

    Raises
    ------
    DTypeError
        If it means none that ngrad has.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.as_dtype("float64"), ngrad.as_dtype(float), ngrad.as_dtype("i1")
    (ngrad.float64, ngrad.float32, ngrad.int8)
    """
    if type(value) is DType:
        return value
    found: DType | None = None
    try:
        # Of tuples NumPy makes no dtype that is here, and to hash a deep one may end the process.
        if not isinstance(value, tuple):
            found = _spelled.get(value)  # lists, which may be deep as well, have no hash
            if found is not None and isinstance(value, SPELLINGS):
                return found
            found = _BY_NUMPY.get(np.dtype(value).newbyteorder("="))
    except TypeError:  # text of any length has no order of bytes
        pass
    if found is None:
        names = ", ".join(dtype.name for dtype in BY_CODE.values())
        raise DTypeError(f"{shown(value)} is no dtype of ngrad's; it has {names}")
    if isinstance(value, SPELLINGS):  # a number that has the dtype is equal to those of others
        _spelled[value] = found
    return found


BRAIN, HALF = bfloat16.numpy_dtype, float16.numpy_dtype
_PYTHON = (bool, int, float, complex)


def kind_of(dtype: np.dtype[Any]) -> str:
    """NumPy's letter for the kind of a dtype; of bfloat16, which it calls "V", it is "f"."""
    return "f" if dtype == BRAIN else dtype.kind


def result_type(*values: Any) -> np.dtype[Any]:
    """NumPy's dtype of an operation over arrays, dtypes and Python's numbers. bfloat16, which it
    does not know, is promoted as float16 is; both together make float32.

    Examples
    --------
    >>> result_type(BRAIN, 2.5), result_type(BRAIN, np.int32), result_type(BRAIN, HALF)
    (dtype(bfloat16), dtype('float64'), dtype('float32'))
    """
    own = [value if type(value) in _PYTHON else np.result_type(value) for value in values]
    if BRAIN not in own:
        return np.result_type(*own)
    both = [np.float32] if HALF in own else []
    found = np.result_type(*(HALF if value == BRAIN else value for value in own), *both)
    return BRAIN if found == HALF else found


def can_cast(before: Any, after: Any, casting: Any = "safe") -> bool:
    """Whether NumPy casts a dtype to another by a rule; bfloat16 as float16, to which or from which
    it loses something.
    """
    if BRAIN in (before, after) and HALF in (before, after):
        return casting in ("same_kind", "unsafe")
    one, other = (HALF if dtype == BRAIN else dtype for dtype in (before, after))
    return np.can_cast(one, other, casting)


@functools.cache
def promote(*dtypes: DType) -> DType:
    """The dtype of an operation over several: `result_type`, of dtypes alone.

    Examples
    --------
    >>> promote(float32, int32), promote(int8, uint8)
    (ngrad.float64, ngrad.int16)
    >>> promote(bfloat16, int8), promote(bfloat16, int32), promote(bfloat16, float16)
    (ngrad.bfloat16, ngrad.float64, ngrad.float32)
    """
    return _BY_NUMPY[result_type(*(dtype.numpy_dtype for dtype in dtypes))]


@functools.cache
def weak(dtype: DType, kind: type) -> DType:
    """The dtype of an operation of a tensor with a Python scalar of type `kind`: NumPy 2's weak
    promotion.
    """
    return _BY_NUMPY[result_type(dtype.numpy_dtype, kind(1))]


if not typing.TYPE_CHECKING:
    __getattr__ = tensorflow("ngrad.dtypes")
