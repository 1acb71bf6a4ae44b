"""Bits as elements, and eight of them as a byte."""

from __future__ import annotations

from typing import Any

from ngrad.numpy.calculus import along
from ngrad.numpy.convert import BOOL, array_of, to_tensor
from ngrad.numpy.editing import pad
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.bitwise import PACK, UINT8, UNPACK
from ngrad.ops.convert import cast_to
from ngrad.ops.shape import flat, move_axis, normal_axis
from ngrad.record import apply


def _rows(what: str, a: Any, axis: int | None, bitorder: str) -> tuple[Any, int, bool]:
    """The tensor of what is looked at, along its last axis; which axis that was, and whether the
    first element is the highest bit.
    """
    if not isinstance(bitorder, str):
        raise TypeError(f"{what}: bitorder is a text, 'big' or 'little', not {bitorder!r}")
    if bitorder not in ("big", "little"):
        raise ValueError(f"{what}: bitorder is 'big' or 'little', not {bitorder!r}")
    x = to_tensor(a)
    x = flat(x) if axis is None or x._layout.ndim == 0 else x
    ndim = x._layout.ndim
    at = normal_axis(0 if axis is None else axis, ndim, what)
    return move_axis(x, at, ndim - 1), at, bitorder == "big"


def packbits(a: Any, /, axis: int | None = None, bitorder: str = "big") -> ndarray:
    """Bytes of eight elements each, of which a bit says whether it is not zero.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.packbits([1, 0, 0, 0, 0, 0, 1, 1])
    array([131], dtype=uint8)
    """
    rows, at, big = _rows("packbits", a, axis, bitorder)
    where = rows._layout
    if not (where.dtype.is_integer or where.dtype.is_bool):
        raise TypeError(f"packbits: takes integers and bools, not {where.dtype.name}")
    found = apply(PACK, (cast_to(rows, BOOL),), (big,))
    return array_of(move_axis(found, where.ndim - 1, at))


def unpackbits(
    a: Any, /, axis: int | None = None, count: int | None = None, bitorder: str = "big"
) -> ndarray:
    """The bits of bytes, an element each: of all, or so many; less is as many fewer.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.unpackbits(np.array([131], np.uint8))
    array([1, 0, 0, 0, 0, 0, 1, 1], dtype=uint8)
    """
    rows, at, big = _rows("unpackbits", a, axis, bitorder)
    dtype, last = rows._layout.dtype, rows._layout.ndim - 1
    if dtype is not UINT8:
        raise TypeError(f"unpackbits: takes uint8, not {dtype.name}")
    found = array_of(move_axis(apply(UNPACK, (rows,), (big,)), last, at))
    n = found.shape[at]
    if count is None:
        return found
    if count < -n:
        raise ValueError(f"unpackbits: -count larger than number of elements: {count} of {n}")
    if count <= n:
        return along(found, at, slice(count))
    more = [(0, max(count - n, 0) if k == at else 0) for k in range(last + 1)]
    return pad(found, more)


__all__ = ["packbits", "unpackbits"]
