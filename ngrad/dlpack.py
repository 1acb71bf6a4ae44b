"""DLPack: memory handed to other libraries, and taken from them.

What is given away is the tensor's own memory, read-only, and held until the other side lets go.
What is taken in is the other side's, held until nothing here uses it; `sharing.py` says how it is
read.

Source: the DLPack specification, https://dmlc.github.io/dlpack/latest/ (version 1.1).
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

from ngrad.cell import Cell
from ngrad.devices import HOST, Device, device_of
from ngrad.dtypes import BY_CODE, DType, bfloat16
from ngrad.errors import DeviceError, DTypeError
from ngrad.graph.layout import Layout, layout
from ngrad.ops.transfer import copied
from ngrad.sharing import shared
from ngrad.status import settle
from ngrad.tensor import Tensor
from ngrad_kernels.capsules import destructor

CPU, CUDA = 1, 2
"""Device types."""
KINDS = {"i": 0, "u": 1, "f": 2, "c": 5, "b": 6}
"""Type codes of dtypes' kinds."""
BFLOAT = 4
VERSION = (1, 1)
READ_ONLY, COPIED = 1, 2
"""Flags."""


class _Device(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int32), ("id", ctypes.c_int32))


class _Type(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16))


class _Array(ctypes.Structure):
    """`DLTensor`."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", _Device),
        ("ndim", ctypes.c_int32),
        ("dtype", _Type),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Managed(ctypes.Structure):
    """`DLManagedTensor`."""

    _fields_ = (("array", _Array), ("context", ctypes.c_void_p), ("deleter", _Deleter))


class _Versioned(ctypes.Structure):
    """`DLManagedTensorVersioned`."""

    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", _Deleter),
        ("flags", ctypes.c_uint64),
        ("array", _Array),
    )


FORMS: dict[bytes, type[Any]] = {b"dltensor_versioned": _Versioned, b"dltensor": _Managed}
USED = {name: b"used_" + name for name in FORMS}
"""Names of capsules; they are kept, since a capsule has but a pointer to its own."""

_api = ctypes.pythonapi
_api.PyCapsule_New.restype = ctypes.py_object
_api.PyCapsule_New.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_api.PyCapsule_IsValid.argtypes = (ctypes.py_object, ctypes.c_char_p)
_api.PyCapsule_GetPointer.restype = ctypes.c_void_p
_api.PyCapsule_GetPointer.argtypes = (ctypes.py_object, ctypes.c_char_p)
_api.PyCapsule_SetName.argtypes = (ctypes.py_object, ctypes.c_char_p)


# -- given away ------------------------------------------------------------------------------------

_given: dict[int, tuple[Any, ...]] = {}
"""What others hold: by address of its managed tensor, that and what it points into."""


@_Deleter
def _let_go(address: int) -> None:
    _given.pop(address, None)


_Destructor = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_valid = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_IsValid", ctypes.pythonapi)
)
_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


@_Destructor
def _unused(capsule: int) -> None:
    """A capsule that nobody took anything from is gone."""
    for name in FORMS:
        if _valid(capsule, name):
            _let_go(_pointer(capsule, name))


LET_GO, UNUSED = (ctypes.cast(done, ctypes.c_void_p).value or 0 for done in (_let_go, _unused))
"""Where these functions are."""


def _kind(dtype: DType) -> int:
    """DLPack's type code of a dtype."""
    return BFLOAT if dtype is bfloat16 else KINDS[dtype.code[0]]


def device_pair(where: Layout) -> tuple[int, int]:
    """DLPack's (type, number) of the device of a layout."""
    return (CPU if where.device is HOST else CUDA, where.device.index)


def capsule(
    x: Tensor,
    /,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """`Tensor.__dlpack__`: a capsule of the tensor's memory, which it keeps.

    Parameters
    ----------
    stream : int, optional
        The stream on which a consumer on a GPU will read; it waits for what is queued here. -1: it
        need not.
    max_version : (int, int), optional
        The newest version that the consumer reads; before 1.0 nothing can say that the memory must
        not be written to.
    dl_device : (int, int), optional
        The device on which it is wanted.
    copy : bool, optional

    Raises
    ------
    BufferError
        If it would have to be copied, and must not be, or there is no such device.
    """
    wanted = device_pair(x._layout) if dl_device is None else tuple(dl_device)
    flags = READ_ONLY
    if copy or wanted != device_pair(x._layout):
        if copy is False:
            raise BufferError(f"__dlpack__: {x._layout!r} cannot be had elsewhere without a copy")
        try:
            target = _device(*wanted)
        except DeviceError as error:
            raise BufferError(f"__dlpack__: {error}") from error
        x, flags = copied(x, x._layout.spec.on(target)), COPIED
    elif copy is None and x._layout.repeats:
        x = copied(x, x._layout.spec)  # some libraries write to what is read-only
    address, where = x._address, x._layout
    settle(x._block)
    if where.device is not HOST and stream != -1:
        if stream == 0:
            raise ValueError(
                "__dlpack__: stream 0 is ambiguous, and not allowed on a GPU; ask for 1 (the "
                "default stream) or 2 (that of each thread)"
            )
        where.device.target.hand_over(stream)
        if stream in (None, 1):  # a stream of its own may be gone by then
            where.device.target.lend(x._block)
    versioned = max_version is not None and max_version[0] >= 1
    name, form = next((n, f) for n, f in FORMS.items() if (f is _Versioned) == versioned)
    managed = form()
    if versioned:
        managed.major, managed.minor = VERSION
        managed.flags = flags
    managed.deleter = _Deleter(destructor(LET_GO))
    array = managed.array
    itemsize = where.dtype.itemsize
    shape = (ctypes.c_int64 * where.ndim)(*where.shape)
    strides = (ctypes.c_int64 * where.ndim)(*(s // itemsize for s in where.strides))
    array.data, array.ndim = address, where.ndim
    array.device = _Device(*device_pair(where))
    array.dtype = _Type(_kind(where.dtype), 8 * itemsize, 1)
    array.shape, array.strides = shape, strides
    place = ctypes.addressof(managed)
    _given[place] = managed, shape, strides, x._buffer
    return _api.PyCapsule_New(place, name, destructor(UNUSED))


# -- taken in --------------------------------------------------------------------------------------

_HeldDeleter = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)  # called with the GIL held


class _Taken:
    """What a capsule held, which is given back with the last that uses it."""

    __slots__ = ("_deleter", "_place", "managed")

    def __init__(self, given: Any) -> None:
        name = next((name for name in FORMS if _api.PyCapsule_IsValid(given, name)), None)
        if name is None:
            raise BufferError("from_dlpack: the capsule is no tensor, or was used before")
        self._place = _api.PyCapsule_GetPointer(given, name)
        self.managed = FORMS[name].from_address(self._place)
        found = ctypes.cast(self.managed.deleter, ctypes.c_void_p).value
        deleter = _HeldDeleter(found) if found else None
        _api.PyCapsule_SetName(given, USED[name])
        self._deleter = deleter  # after that: should Ctrl-C come in between, nobody deletes twice

    def __del__(self) -> None:
        deleter = getattr(self, "_deleter", None)
        if deleter is not None:
            deleter(self._place)


def from_dlpack(
    x: Any, /, *, device: str | Device | None = None, copy: bool | None = None
) -> Tensor:
    """A tensor over the memory of an array of another library, or a copy of it.

    Parameters
    ----------
    x : object with `__dlpack__`
    device : str, optional
        Where the tensor is wanted, if not where the array is.
    copy : bool, optional
        Whether to copy: always, never, or, if not given, where there is no other way: to another
        device, or if its elements are not aligned.

    Raises
    ------
    CopyError
        If it must be copied and `copy` is False.
    DTypeError, DeviceError
        For a dtype or a device that there is not here.
    AttributeError
        For what has no `__dlpack__`.

    Notes
    -----
    Memory that is shared may be written to by others: an op on it reads it where the op is called,
    and never later. What a tape, a variable or a recorded `function` keeps is a copy. On a GPU it
    is read in the order of this thread's stream, which the array's library has wait for what it has
    queued; what it queues later must wait for what reads it here.

    Examples
    --------
    >>> import numpy as np
    >>> import ngrad
    >>> array = np.array([1.0, 2.0])
    >>> x = ngrad.from_dlpack(array)
    >>> y = x + 1.0
    >>> array[:] = 0.0
    >>> x.numpy(), y.numpy()
    (array([0., 0.]), array([2., 3.]))
    """
    if not hasattr(x, "__dlpack__"):
        raise AttributeError(
            f"from_dlpack: takes an object with __dlpack__, which {type(x).__name__!r} has not"
        )
    source = _device(*x.__dlpack_device__())
    options: dict[str, Any] = {}
    if source is not HOST:
        options["stream"] = source.target.stream_number()
    try:
        given = x.__dlpack__(max_version=VERSION, **options)
    except TypeError:  # from before there were versions
        given = x.__dlpack__(**options)
    taken = _Taken(given)
    if isinstance(taken.managed, _Versioned) and taken.managed.major != VERSION[0]:
        raise BufferError(f"from_dlpack: DLPack {taken.managed.major} is not known, only 1")
    array = taken.managed.array
    address = (array.data or 0) + array.byte_offset
    target = source if device is None else device_of(device)
    return shared("from_dlpack", address, _layout(array, source), taken, target, copy)


def _device(kind: int, number: int) -> Device:
    if kind not in (CPU, CUDA):
        raise DeviceError(f"dlpack: device type {kind} is neither the CPU (1) nor CUDA (2)")
    return HOST if kind == CPU else device_of(f"cuda:{number}")


def _layout(array: _Array, device: Device) -> Layout:
    kind, bits, lanes = array.dtype.code, array.dtype.bits, array.dtype.lanes
    known = {(_kind(dtype), 8 * dtype.itemsize, 1): dtype for dtype in BY_CODE.values()}
    dtype = known.get((kind, bits, lanes))
    if dtype is None:
        raise DTypeError(f"from_dlpack: type code {kind} of {bits} bits is not known")
    shape = tuple(array.shape[: array.ndim])
    strides = None
    if array.strides:
        strides = tuple([s * dtype.itemsize for s in array.strides[: array.ndim]])
    return layout(dtype, shape, strides, device)


@functools.wraps(capsule)
def _held(x: Cell, /, **options: Any) -> Any:
    return x._read().__dlpack__(**options)  # type: ignore[attr-defined]


setattr(Tensor, "__dlpack__", capsule)  # noqa: B010
setattr(Cell, "__dlpack__", _held)  # noqa: B010
for kind in (Tensor, Cell):
    setattr(kind, "__dlpack_device__", lambda x, /: device_pair(x._layout))  # noqa: B010
