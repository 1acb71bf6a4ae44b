"""Sizes, axes and other integers, from whatever holds them; and shapes as tensors, from which open
sizes can be read back.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.devices import Device, current
from ngrad.dtypes import DType
from ngrad.errors import DTypeError, OutOfMemory, TraceError, shown
from ngrad.graph.dims import size
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.ops.convert import from_outside
from ngrad.ops.followed import EXTENTS_OF, INTEGERS, followed
from ngrad.record import state
from ngrad.tensor import Tensor, from_numpy
from ngrad_kernels.keys import are_integers


def integers(value: Any, what: str) -> tuple[int, ...]:
    """Axes, seeds, shifts ... as a tuple of Python integers, from numbers, sequences, arrays or
    tensors.
    """
    if type(value) is int:
        return (value,)
    return _read(from_outside(value), what, operator.index)


def dims(value: Any, what: str) -> tuple[int, ...]:
    """The same of sizes, of which those that are open stay so."""
    if are_integers(value):
        sizes: tuple[int, ...] = value
        return sizes
    value = from_outside(value)
    if isinstance(value, Tensor):
        value = sizes_in(value) or value
    return _read(value, what, dim)


def dim(value: Any) -> int:
    """A size, which stays open if it is; anything else that counts is a number."""
    found = sizes_in(value) if isinstance(value, Tensor) else None
    return size(found[0] if found else value)


def _read(value: Any, what: str, one: Callable[[Any], int]) -> tuple[int, ...]:
    if isinstance(value, Tensor):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    items = value if isinstance(value, (list, tuple, range)) else (value,)
    try:
        return tuple([item if type(item) is int else one(item) for item in items])
    except TraceError:
        raise
    except (AttributeError, TypeError):
        raise DTypeError(f"{what}: takes integers, not {shown(value)}") from None


# -- shapes as tensors -----------------------------------------------------------------------------


def made(op: Op, *params: Any, device: Device | None = None) -> Any:
    """What an op without operands gives, on the current device if none is given: at once; if it
    depends on open sizes, wherever the recording is used.
    """
    call = op.call((*params, device or current()), ())
    if call.open:
        return state.window.constant_of(call)
    try:
        return call.run()
    except OutOfMemory as error:
        error.by(repr(call))
        raise


def _infer(sizes: tuple[int, ...], dtype: DType, device: Device) -> Layout:
    return layout(dtype, (len(sizes),), None, device)


def _prepare(_: Any, out: Layout, sizes: tuple[int, ...], **__: Any) -> Any:
    return lambda: from_numpy(np.asarray(sizes, np.int64), out.dtype, out.device), out


EXTENTS = Op(EXTENTS_OF, _infer, _prepare, ("sizes", "dtype", "device"), family="engine")
EXTENTS.anywhere = True


def sizes_in(x: Tensor) -> list[Any] | None:
    """The elements of a pending tensor of integers, if they follow from sizes and numbers that are
    there; None if not.
    """
    if x._at or x._window.trace is None or x._layout.dtype.code not in INTEGERS:
        return None
    found = followed(x._window, x._slot)
    return None if found is None else found.items
