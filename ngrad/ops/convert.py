"""From whatever a user passes to tensors of one dtype: NumPy 2's promotion, Python scalars weak."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.config import settings
from ngrad.devices import HOST, Device, current
from ngrad.dtypes import (
    BY_CODE,
    DType,
    as_dtype,
    complex128,
    float32,
    int32,
    kind_of,
    promote,
    weak,
)
from ngrad.errors import DTypeError, RangeError
from ngrad.graph.dims import Dim
from ngrad.graph.graph import Symbol
from ngrad.graph.layout import AXES, Layout
from ngrad.ops.weak import Weak
from ngrad.record import state
from ngrad.scalars import scalar
from ngrad.tensor import Tensor, from_numpy

KINDS: tuple[type, ...] = (bool, int, float, complex)
DEFAULTS = {bool: BY_CODE["b1"], int: int32, float: float32, complex: complex128}
"""TensorFlow's dtypes of Python scalars."""

unwrap: dict[type, Callable[[Any], Tensor]] = {}
"""Types that stand for a tensor (a variable, ...), and how to read it."""


def constant_of(value: Any, dtype: DType | None, what: str, device: Device | None = None) -> Tensor:
    """A tensor with a copy of outside data, on the current device if none is given; lists of Python
    scalars have TensorFlow's default dtypes.
    """
    if type(value) is Weak:
        return _of_weak(value, dtype, what)
    value = unmasked(value, what)
    if isinstance(value, (list, tuple)):
        value = (
            [
                element.numpy() if isinstance(element := from_outside(item), Tensor) else item
                for item in value
            ]
            if _holds_tensors(value)
            else value
        )
    wanted = dtype.numpy_dtype if dtype is not None and _plain(value) else None
    try:
        array = np.asarray(value, wanted)
        own = kind_of(np.asarray(value).dtype) if wanted is not None and array.size else ""
    except OverflowError:
        raise RangeError(
            f"{what}: {value!r} is beyond what {dtype} holds; use ngrad.cast"
        ) from None
    except (ValueError, TypeError) as error:
        raise DTypeError(
            f"{what}: cannot make a tensor of {type(value).__name__}: {error}"
        ) from None
    if own == "f" and wanted is not None and wanted.kind in "iu":
        raise DTypeError(f"{what}: {value!r} is not of integers, as {wanted} is; use ngrad.cast")
    if kind_of(array.dtype) not in "fiubc":
        raise DTypeError(
            f"{what}: cannot make a tensor of {type(value).__name__} with NumPy dtype {array.dtype}"
        )
    if dtype is None:
        if _plain(value):
            dtype = DEFAULTS[_PYTHON.get(kind_of(array.dtype), int)]
            if dtype is int32 and array.size and not _fits_int32(array):
                dtype = as_dtype(np.int64)
        else:
            dtype = as_dtype(array.dtype)
    if dtype.is_integer and kind_of(array.dtype) == "f":  # which saturate, as those of tensors do
        return cast_to(from_numpy(array, None, device), dtype)
    return from_numpy(array, dtype, device)


def unmasked(value: Any, what: str) -> Any:
    """A value, which has no mask: nothing here would heed it."""
    if isinstance(value, np.ndarray) and hasattr(value, "filled"):
        raise DTypeError(
            f"{what}: a masked array of shape {value.shape}: there are no masks here; take what "
            "numpy.ma.filled makes of it, or its .data"
        )
    return value


def _holds_tensors(value: Any, depth: int = AXES) -> bool:
    """Whether a nest does; deeper than that NumPy refuses it."""
    return any(
        isinstance(item, (Tensor, Weak, *unwrap))
        or (depth > 0 and isinstance(item, (list, tuple)) and _holds_tensors(item, depth - 1))
        for item in value
    )


def _fits_int32(array: Any) -> bool:
    return int(array.min()) >= -(2**31) and int(array.max()) < 2**31


PLAIN: tuple[type, ...] = (*KINDS, range, Dim)
NUMBERS = (*PLAIN, Weak)
"""Python's numbers, and what stands for one where a `function` is recorded."""


def _plain(value: Any, kinds: tuple[type, ...] = PLAIN, depth: int = AXES) -> bool:
    """Whether a value is Python scalars all through, whose dtype is a default."""
    if isinstance(value, (list, tuple)):
        return depth > 0 and all(_plain(item, kinds, depth - 1) for item in value)
    return isinstance(value, kinds) and not isinstance(value, np.generic)


def _of_weak(value: Weak, dtype: DType | None, what: str) -> Tensor:
    """A tensor of what stands for a Python number, of the dtypes that one is taken in."""
    dtype = dtype or DEFAULTS[value.kind]
    if not (dtype.is_complex or dtype.is_bool or (dtype.is_floating and value.kind is float)):
        raise DTypeError(f"{what}: {value!r} is not what {dtype.name} holds; use ngrad.cast")
    found: Tensor = cast_to(value.tensor, dtype)
    return found


WRAP_NOTHING = {Tensor, np.ndarray, list, tuple, str, *KINDS}
"""Types of what stands for itself."""


def from_outside(value: Any) -> Any:
    """The tensor that a wrapper stands for; anything else as it is."""
    kind = type(value)
    reader = unwrap.get(kind)
    if reader is None and kind not in WRAP_NOTHING:
        for wrapper, candidate in unwrap.items():
            if isinstance(value, wrapper):
                reader = candidate
                break
    return reader(value) if reader else value


def may_give(kind: Any) -> bool:
    """Whether things of a type have an `__array__` that may give what is ours, as that of a program
    for NumPy does where it has our namespace instead: NumPy would not take it.
    """
    return hasattr(kind, "__array__") and not issubclass(kind, (np.ndarray, np.generic))


def read(value: Any) -> Any:
    """NumPy's array of a value; the tensor of one whose `__array__` gives what is ours."""
    kind: Any = type(value)
    if may_give(kind):
        found = kind.__array__(value)
        ours = from_outside(found)
        if isinstance(ours, (Tensor, np.ndarray)):
            return ours
    return np.asarray(value)


def tensor(
    value: Any,
    what: str = "convert_to_tensor",
    dtype: DType | None = None,
    device: Device | None = None,
) -> Any:
    """A tensor (or the symbol that stands for one) of a value; what is from outside is put on the
    current device if none is given.
    """
    if type(value) is Tensor or type(value) is Symbol:
        return value
    value = from_outside(value)
    if isinstance(value, (Tensor, Symbol)):
        return value
    if type(value) is Weak:
        return _of_weak(value, dtype, what)
    if isinstance(value, Dim):
        wide = dtype or (int32 if value < 2**31 else BY_CODE["i8"])
        return number(value, wide, device or current())
    if state.graph is not None and type(value) in KINDS:
        return state.graph.constant(value, dtype or DEFAULTS[type(value)])
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        from ngrad.ops.joining import stack
        from ngrad.ops.transfer import to_device

        if _plain(value, NUMBERS):  # which lies where a nest that is there is put
            wide = dtype or DEFAULTS[_kind(value)]
            made = stack([tensor(item, what, wide, HOST) for item in value])
            return to_device(made, device or current())
        if dtype is None:
            return stack(operands(what, *value))
        return stack([tensor(item, what, dtype, device) for item in value])
    return constant_of(value, dtype, what, device)


def tensors(what: str, *values: Any) -> tuple[Any, ...]:
    """Each of the operands of an op as a tensor of its own dtype; what is from outside is put where
    the tensors among them lie.
    """
    for x in values:
        if type(x) is not Tensor:
            break
    else:
        return values
    read = [from_outside(x) for x in values]
    device = device_beside(*read)
    return tuple([tensor(x, what, None, device) for x in read])


def device_beside(*values: Any) -> Device:
    """Where what is from outside belongs beside these: where the tensors among them lie, of which
    those of no axes may be moved to the others; on the current device if there are none.
    """
    there = [x._layout for x in values if isinstance(x, (Tensor, Symbol))]
    device = next((where.device for where in there if where.ndim), None)
    return device or (there[0].device if there else current())


def floating(value: Any, what: str) -> Any:
    """A floating-point tensor of a value.

    Raises
    ------
    DTypeError
        If it is of integers or bools, naming the op.
    """
    x = tensor(value, what)
    if not x.dtype.is_floating:
        raise DTypeError(
            f"{what}: takes floating-point tensors, not {x.dtype.name}; use ngrad.cast"
        )
    return x


def inexact(value: Any, what: str) -> Any:
    """A tensor of floating-point or complex numbers of a value.

    Raises
    ------
    DTypeError
        If it is of integers or bools, naming the op.
    """
    x = tensor(value, what)
    return x if x.dtype.is_complex else floating(x, what)


def number(value: Any, dtype: DType, device: Device, at_once: bool = False) -> Any:
    """A 0-d operand of a Python number, for ops on a device; `at_once`: that run where they are
    called.
    """
    if isinstance(value, Dim) and (state.graph is not None or not value.sizes.open):
        value = int(value)
    if state.graph is not None:
        return state.graph.constant(value, dtype, device)
    if settings.eager or at_once:
        return scalar(value, dtype, device)
    return state.window.argument(value, dtype, device)


def beside(x: Any, value: Any, what: str) -> Any:
    """A value as an operand beside a tensor, of its dtype, to which it is converted."""
    where: Layout = x._layout
    kind: Any = type(value)
    if kind is Weak and weak(where.dtype, value.kind) is where.dtype:
        return cast_to(value.tensor, where.dtype)
    if kind in KINDS and weak(where.dtype, kind) is where.dtype:
        at_once = _runs_at_once(where.device, [where])
        return number(value, where.dtype, where.device, at_once)
    return cast_to(tensor(value, what), where.dtype)


class _Conversion:
    """What gives a tensor in another dtype; set where there is an op that does."""

    to: Callable[[Any, DType], Any]


conversion = _Conversion()


def cast_to(value: Any, dtype: DType) -> Any:
    """A tensor converted to a dtype; itself if it has that dtype."""
    return value if value._layout.dtype is dtype else conversion.to(value, dtype)


def wide(x: Any) -> Any:
    """A tensor, in float32 if it is of floats of two bytes: for what goes beyond these on the way
    to a result that is rounded to them once.
    """
    return cast_to(x, float32) if x.dtype.is_half else x


VALUES = (Tensor, Symbol)


def operands(what: str, *values: Any) -> tuple[Any, ...]:
    """Tensors of one dtype of the operands of an op.

    Raises
    ------
    DTypeError
        For what is no number, naming the op.
    """
    for x in values:
        if type(x) in unwrap:
            values = tuple([unwrap[type(x)](x) if type(x) in unwrap else x for x in values])
            break
    if type(values[0]) in VALUES:
        own = values[0]._layout.dtype
        for x in values:
            if type(x) not in VALUES or x._layout.dtype is not own:
                break
        else:
            return values
        found = _beside_numbers(own, values)
        if found is not None:
            return found
    known: list[Any] = []
    strong: list[DType] = []
    read = [x if isinstance(x, (Tensor, Symbol, Weak)) else from_outside(x) for x in values]
    there = [x._layout for x in read if isinstance(x, (Tensor, Symbol))]
    device = device_beside(*read)
    for value in read:
        if not isinstance(value, (Tensor, Symbol)) and not _plain(value, NUMBERS):
            value = tensor(value, what, device=device)
        if isinstance(value, (Tensor, Symbol)):
            strong.append(value._layout.dtype)
        known.append(value)
    if not strong:
        made = [tensor(value, what) for value in known]
        dtype = promote(*(value._layout.dtype for value in made))
        if not dtype.is_complex and any(value._layout.dtype is float32 for value in made):
            dtype = float32  # TensorFlow's default, where NumPy's table would say float64
        return tuple(cast_to(value, dtype) for value in made)
    dtype = strong[0] if all(d is strong[0] for d in strong) else promote(*strong)
    at_once = _runs_at_once(device, there)
    for value in known:
        if not isinstance(value, (Tensor, Symbol)):
            dtype = weak(dtype, _kind(value))
    result = []
    for value in known:
        if isinstance(value, (Tensor, Symbol)):
            result.append(cast_to(value, dtype))
        elif isinstance(value, (*KINDS, Dim)):
            result.append(number(value, dtype, device, at_once))
        else:
            result.append(tensor(value, what, dtype, device))
    return tuple(result)


STAYS = {
    kind: frozenset(code for code, dtype in BY_CODE.items() if weak(dtype, kind) is dtype)
    for kind in KINDS
}
"""By the type of a Python number, dtypes that tensors keep beside it."""


def _beside_numbers(own: DType, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Tensors of one dtype and Python numbers, which have that dtype too; None if it is not so."""
    if state.graph is not None:
        return None
    device, size = values[0]._layout.device, 0
    at_once = device is HOST and state.window.idle()  # as `_runs_at_once`, in the same loop
    for x in values:
        if type(x) is Tensor:
            where = x._layout
            if where.dtype is not own or where.device is not device:
                return None
            if at_once:
                size += where.nbytes
            continue
        if own.code not in STAYS.get(type(x), ()):
            return None
    if at_once and size <= settings.at_once:
        return tuple([x if type(x) is Tensor else scalar(x, own) for x in values])
    return tuple([x if type(x) is Tensor else number(x, own, device) for x in values])


def _runs_at_once(device: Device, there: list[Layout]) -> bool:
    """Whether what is made of tensors and numbers will likely run where it is called. Nothing is
    asked of sizes while a function is recorded: what is answered would be noted.
    """
    if device is not HOST or not state.window.idle():
        return False
    size = 0
    for where in there:
        size += where.nbytes
    return size <= settings.at_once


def _kind(value: Any) -> type:
    if type(value) in KINDS:
        return type(value)
    if type(value) is Weak:
        return value.kind
    if isinstance(value, Dim):
        return int
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        return max(map(_kind, value), key=KINDS.index)
    array = np.asarray(value)
    return _PYTHON.get(kind_of(array.dtype), int)


_PYTHON: dict[str, type] = {"f": float, "b": bool, "c": complex}
"""The Python types of numbers by NumPy's kind; of the others it is int."""
