"""Another library's arrays: memory that it owns, writes to, and frees when it is given back."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad import dlpack

_exported: dict[int, tuple[Any, ...]] = {}


@dlpack._Deleter
def _deleter(place: int) -> None:
    *_, let_go = _exported.pop(place)
    let_go()


class Producer:
    """An array to be taken by DLPack.

    Parameters
    ----------
    address : int
    array : ndarray
        Of its shape, strides and dtype.
    device : (int, int)
    let_go : callable
        Called by the deleter.
    order : callable
        Called with the consumer's stream.
    """

    def __init__(
        self,
        address: int,
        array: Any,
        device: tuple[int, int] = (1, 0),
        let_go: Callable[[], None] = lambda: None,
        order: Callable[[Any], None] = lambda stream: None,
        version: tuple[int, int] = (1, 0),
    ) -> None:
        self.address, self.array, self.device = address, array, device
        self.let_go, self.order, self.version = let_go, order, version

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __dlpack__(self, *, stream: Any = None, max_version: Any = None) -> Any:
        self.order(stream)
        managed = dlpack._Versioned()
        managed.major, managed.minor = self.version
        managed.deleter = _deleter
        array, counts = self.array, ctypes.c_int64 * self.array.ndim
        shape = counts(*array.shape)
        strides = counts(*(stride // array.itemsize for stride in array.strides))
        managed.array.data, managed.array.ndim = self.address, array.ndim
        managed.array.device = dlpack._Device(*self.device)
        kind = dlpack.KINDS[array.dtype.kind]
        managed.array.dtype = dlpack._Type(kind, 8 * array.itemsize, 1)
        managed.array.shape, managed.array.strides = shape, strides
        place = ctypes.addressof(managed)
        _exported[place] = managed, shape, strides, self.let_go
        return dlpack._api.PyCapsule_New(place, b"dltensor_versioned", None)


def on_host(array: np.ndarray[Any, Any], **options: Any) -> Producer:
    """A producer of an array of NumPy's."""
    return Producer(array.ctypes.data, array, **options)
