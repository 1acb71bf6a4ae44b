"""Bits as elements, and eight of them as a byte."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.numpy.calculus import along
from ngrad.numpy.creation import asarray
from ngrad.numpy.editing import pad
from ngrad.numpy.joining import concatenate
from ngrad.numpy.manipulation import moveaxis, ravel
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.reductions import sum
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.shape import normal_axis


def _order(what: str, bitorder: str) -> Any:
    """By how much each bit of a byte is shifted."""
    if bitorder not in ("big", "little"):
        raise ValueError(f"{what}: bitorder is 'big' or 'little', not {bitorder!r}")
    return np.arange(8, dtype=np.uint8)[:: -1 if bitorder == "big" else 1]


def packbits(a: Any, /, axis: int | None = None, bitorder: str = "big") -> ndarray:
    """Bytes of eight elements each, of which a bit says whether it is not zero.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.packbits([1, 0, 0, 0, 0, 0, 1, 1])
    array([131], dtype=uint8)
    """
    x = ravel(a) if axis is None else asarray(a)
    if x.dtype.kind not in "iub":
        raise TypeError(f"packbits: takes integers and bools, not {x.dtype}")
    at = normal_axis(0 if axis is None else axis, x.ndim, "packbits")
    rows = moveaxis(x, at, -1).astype(bool).astype(np.uint8)
    missing = -rows.shape[-1] % 8
    if missing:
        rows = concatenate([rows, np.zeros((*rows.shape[:-1], missing), np.uint8)], -1)
    bits = rows.reshape((*rows.shape[:-1], -1, 8))
    found = sum(UFUNCS["left_shift"](bits, _order("packbits", bitorder)), -1, np.uint8)
    return moveaxis(found, -1, at)


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
    x = ravel(a) if axis is None else asarray(a)
    if x.dtype != np.uint8:
        raise TypeError(f"unpackbits: takes uint8, not {x.dtype}")
    at = normal_axis(0 if axis is None else axis, x.ndim, "unpackbits")
    rows = moveaxis(x, at, -1)
    bits = UFUNCS["right_shift"](rows[..., None], _order("unpackbits", bitorder)) & 1
    found = moveaxis(bits.reshape((*rows.shape[:-1], -1)), -1, at)
    n = found.shape[at]
    if count is None:
        return found
    if count < -n:
        raise ValueError(f"unpackbits: -count larger than number of elements: {count} of {n}")
    if count <= n:
        return along(found, at, slice(count))
    more = [(0, max(count - n, 0) if k == at else 0) for k in range(x.ndim)]
    return pad(found, more)


__all__ = ["packbits", "unpackbits"]
