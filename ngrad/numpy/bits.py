"""Bits as elements, and eight of them as a byte."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.numpy.calculus import along
from ngrad.numpy.convert import array_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.editing import pad
from ngrad.numpy.joining import concatenate
from ngrad.numpy.manipulation import moveaxis, ravel
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.bitwise import PACK, UNPACK
from ngrad.ops.shape import normal_axis
from ngrad.record import apply


def _rows(what: str, a: Any, axis: int | None, bitorder: str) -> tuple[Any, int, bool]:
    """What is looked at along its last axis, which axis that was, and whether the first element is
    the highest bit.
    """
    if bitorder not in ("big", "little"):
        raise ValueError(f"{what}: bitorder is 'big' or 'little', not {bitorder!r}")
    x = ravel(a) if axis is None else asarray(a)
    at = normal_axis(0 if axis is None else axis, x.ndim, what)
    return moveaxis(x, at, -1), at, bitorder == "big"


def packbits(a: Any, /, axis: int | None = None, bitorder: str = "big") -> ndarray:
    """Bytes of eight elements each, of which a bit says whether it is not zero.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.packbits([1, 0, 0, 0, 0, 0, 1, 1])
    array([131], dtype=uint8)
    """
    rows, at, big = _rows("packbits", a, axis, bitorder)
    if rows.dtype.kind not in "iub":
        raise TypeError(f"packbits: takes integers and bools, not {rows.dtype}")
    rows = rows.astype(bool)
    missing = -rows.shape[-1] % 8
    if missing:
        rows = concatenate([rows, np.zeros((*rows.shape[:-1], missing), bool)], -1)
    return moveaxis(array_of(apply(PACK, (rows._read(),), (big,))), -1, at)


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
    if rows.dtype != np.uint8:
        raise TypeError(f"unpackbits: takes uint8, not {rows.dtype}")
    found = moveaxis(array_of(apply(UNPACK, (rows._read(),), (big,))), -1, at)
    n = found.shape[at]
    if count is None:
        return found
    if count < -n:
        raise ValueError(f"unpackbits: -count larger than number of elements: {count} of {n}")
    if count <= n:
        return along(found, at, slice(count))
    more = [(0, max(count - n, 0) if k == at else 0) for k in range(rows.ndim)]
    return pad(found, more)


__all__ = ["packbits", "unpackbits"]
