"""Boolean masks: the shape of the result depends on values, so they are looked at where they are
called.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.config import settings
from ngrad.devices import HOST, Device, current
from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import layout
from ngrad.ops.comparison import not_equal
from ngrad.ops.convert import tensor as convert
from ngrad.ops.convert import tensors
from ngrad.ops.finding import along_axes, places_there
from ngrad.ops.gather import gather_rows
from ngrad.ops.joining import stack
from ngrad.ops.shape import normal_axis, reshape
from ngrad.record import state
from ngrad.tensor import Tensor, empty, from_numpy
from ngrad_kernels import held as kernels

INT64 = BY_CODE["i8"]
FEW = 1 << 14
"""Bytes of an array up to which NumPy looks at its elements, or picks them, in little time."""


def where_true(condition: Any) -> Any:
    """The index tuples at which a condition holds, in row-major order: (count, ndim), int64."""
    x = convert(condition, "where")
    shape = x._layout.shape
    if x.ndim == 1:
        return reshape(places_of(x), (-1, 1))
    if x._layout.device is not HOST and shape:
        return stack(along_axes(places_of(x), shape), 1)
    return from_numpy(np.argwhere(x._view()), INT64, x._layout.device)


def places(mask: Any, device: Device | None = None) -> Tensor:
    """Where a mask holds, an array of NumPy's or a tensor, in row-major order; on the current
    device if none is given.
    """
    device = device or current()
    if isinstance(mask, Tensor):
        if device is not HOST and mask._layout.device is device:
            return places_there(mask)
        mask = mask._view()
    if mask.size >= kernels.MANY and mask.flags.c_contiguous and device is HOST:
        address = mask.ctypes.data
        facts = kernels.counted(address, mask.size)
        found = empty(layout(INT64, (facts[-1],)))
        kernels.write(address, facts, found._at)
        where = found._view()
    else:
        (where,) = (mask if mask.ndim == 1 else mask.reshape(-1)).nonzero()
        found = from_numpy(where, INT64, device)
    if where.size:
        found._range = where.item(0), where.item(-1)
    return found


def places_of(x: Any) -> Tensor:
    """Where the elements of a tensor are not zero, in row-major order."""
    where = x._layout
    few = where.device is HOST and x._at and where.nbytes <= FEW and not where.dtype.is_half
    holds = x if few or where.dtype.is_bool else not_equal(x, 0)
    return places(holds, where.device)


def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> Tensor:
    """The elements (or slices) at which a mask holds, in order.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.boolean_mask([1, 2, 3], [True, False, True]).numpy()
    array([1, 3], dtype=int32)
    """
    x, holds = tensors("boolean_mask", tensor, mask)
    at = 0 if axis is None else normal_axis(axis, x.ndim, "boolean_mask")
    if not holds.dtype.is_bool:
        raise DTypeError(f"boolean_mask: the mask must be bool, not {holds.dtype.name}")
    shape = x._layout.shape
    if holds.ndim == 0 or holds._layout.shape != shape[at : at + holds.ndim]:
        raise ShapeError(
            f"boolean_mask: a mask of shape {holds._layout.shape} does not fit {shape} at axis {at}"
        )
    return held(x, holds, at)


def held(x: Any, mask: Any, at: int) -> Any:
    """The elements at which a mask of axes holds, the first of which is given."""
    where, shape = x._layout, x._layout.shape
    plain = type(x) is Tensor and where.device is HOST and settings.small >= 0
    if plain and x._at and not state.listens():
        if where.nbytes <= FEW and where.nbytes <= settings.small:
            index = (slice(None),) * at + (mask._view(),) if at else mask._view()
            return from_numpy(where.array(x._at, x._block)[index], where.dtype, HOST)
        holds = mask._layout
        whole = where.contiguous and holds.contiguous and holds.shape == shape
        if whole and mask._at and holds.device is HOST:
            return _picked(x, mask)
    flat = reshape(x, (*shape[:at], mask.size, *shape[at + mask.ndim :]))
    return gather_rows(flat, places(mask, x._layout.device), at)


def _picked(x: Tensor, mask: Tensor) -> Tensor:
    """The elements of a tensor at which a mask of its shape holds, of which no op is to know."""
    where, at = x._layout, mask._at
    facts = kernels.counted(at, where.size)
    found = empty(layout(where.dtype, (facts[-1],)))
    kernels.pick(x._at, where.dtype.numpy_dtype.itemsize, at, facts, found._at)
    return found
