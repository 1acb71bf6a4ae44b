"""Shapes as tensors: of open sizes, too, which can be read back from what is made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.devices import Device, current
from ngrad.dtypes import DType
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Call, Op
from ngrad.record import state
from ngrad.tensor import Tensor, from_numpy
from ngrad.window import Window


def made(op: Op, *params: Any, device: Device | None = None) -> Any:
    """What an op without operands gives, on the current device if none is given: at once; if it
    depends on open sizes, wherever the recording is used.
    """
    call = op.call((*params, device or current()), ())
    return state.window.constant_of(call) if call.open else call.run()


def _infer(sizes: tuple[int, ...], dtype: DType, device: Device) -> Layout:
    return layout(dtype, (len(sizes),), None, device)


def _prepare(_: Any, out: Layout, sizes: tuple[int, ...], **__: Any) -> Any:
    return lambda: from_numpy(np.asarray(sizes, np.int64), out.dtype, out.device), out


EXTENTS = Op("shape", _infer, _prepare, ("sizes", "dtype", "device"), family="engine")
EXTENTS.anywhere = True


def sizes_in(x: Tensor) -> list[Any] | None:
    """The elements of a pending tensor of integers, if they are sizes and numbers that are there,
    moved about; None if not.
    """
    if x._at or x._window.trace is None or x._layout.dtype.code not in ("i4", "i8"):
        return None
    return _elements(x._window, x._slot)


def _elements(window: Window, slot: int) -> list[Any] | None:
    call, slots = window.entries[slot]
    there = window.kept.get(slot)
    if there is not None:
        return _known(there)
    parts = [_elements(window, k) for k in slots]
    if not parts or any(part is None for part in parts):
        return None
    found: list[Any] = [size for part in parts for size in part or ()]
    if call.op.name in ("reshape", "identity", "concat"):
        one_axis = math.prod(call.spec.shape[1:]) == 1
        return found if len(parts) == 1 or one_axis else None
    if call.op.name == "strided_slice" and len(call.params[0]) == 1:
        start, step, count = call.params[0][0]
        return [found[start + step * k] for k in range(count)]
    return None


def _known(there: Any) -> list[Any] | None:
    if type(there) is Call:
        return list(there.params[0]) if there.op is EXTENTS else None
    return list(there._view().ravel()) if type(there) is Tensor else [there]
