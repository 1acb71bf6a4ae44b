"""`asarray`, and `__cuda_array_interface__`: memory that libraries share without DLPack; and what
NumPy's functions, and those for arrays of any library, do with tensors.

Source: the CUDA Array Interface, version 3,
https://numba.readthedocs.io/en/stable/cuda/cuda_array_interface.html.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ngrad.cell import Cell
from ngrad.devices import HOST, Device, current, device_of
from ngrad.dlpack import from_dlpack
from ngrad.dtypes import as_dtype
from ngrad.errors import CopyError, DTypeError
from ngrad.graph.layout import layout
from ngrad.ops.convert import cast_to, from_outside, tensor
from ngrad.ops.identity import identity
from ngrad.ops.transfer import to_device
from ngrad.record import copied
from ngrad.sharing import shared
from ngrad.status import settle
from ngrad.tensor import Tensor


def asarray(
    obj: Any,
    /,
    dtype: Any = None,
    *,
    device: str | Device | None = None,
    copy: bool | None = None,
) -> Tensor:
    """A tensor of a value: a tensor as it is, a copy of anything else, or its memory on request.

    Parameters
    ----------
    obj : tensor, variable, array of any library, buffer, number or nested list
        Arrays of other libraries by `__dlpack__`, `__cuda_array_interface__`, or what NumPy reads.
    dtype : dtype, optional
        As for `constant` if not given.
    device : str, optional
        Where the tensor is wanted; if not given, where an array on a GPU lies, and the current
        device for the rest.
    copy : bool, optional
        False to share the memory of an array, as `from_dlpack` does.

    Raises
    ------
    CopyError
        If `copy` is False, and there must be one.

    Notes
    -----
    `__cuda_array_interface__`, which is read where there is no `__dlpack__`, does not say on which
    GPU its memory is: it is taken to be the current device's, `cuda:0` if that is the CPU. What is
    queued there waits for the stream that it names.

    Examples
    --------
    >>> import numpy as np
    >>> import ngrad
    >>> array = np.array([1.0, 2.0])
    >>> x, y = ngrad.asarray(array), ngrad.asarray(array, copy=False)
    >>> array[:] = 0.0
    >>> x.numpy(), y.numpy()
    (array([1., 2.]), array([0., 0.]))
    """
    wanted = None if dtype is None else as_dtype(dtype)
    place = None if device is None else device_of(device)
    x = from_outside(obj)
    if not isinstance(x, Tensor):
        x = _read(obj, wanted, place, copy)
        if copy is not False and x._layout.device is HOST:
            place = place or current()
    elif copy:
        x = identity(copied(x))
    place = place or x._layout.device
    if copy is False and (wanted not in (None, x.dtype) or place is not x._layout.device):
        raise CopyError(f"asarray: {x._layout!r} cannot be had otherwise without a copy; copy it")
    return to_device(x if wanted is None else cast_to(x, wanted), place)


def _read(obj: Any, dtype: Any, device: Device | None, copy: bool | None) -> Any:
    """What is no tensor; memory is shared only on request."""
    copies = copy is not False
    if hasattr(obj, "__dlpack__") and not isinstance(obj, np.ndarray):
        return from_dlpack(obj, copy=copies)
    if hasattr(obj, "__cuda_array_interface__"):
        return _from_interface(obj, device, copies)
    if copies:
        return tensor(obj, "asarray", dtype, device)
    try:
        array = np.asarray(obj, copy=False)
    except ValueError:
        raise CopyError(
            f"asarray: a {type(obj).__name__} has no memory to share; copy it"
        ) from None
    if not array.dtype.isnative:
        raise CopyError(f"asarray: {array.dtype!r} has another byte order; copy it")
    where = layout(as_dtype(array.dtype), array.shape, array.strides)
    return shared("asarray", array.ctypes.data, where, array, device or HOST, False)


def _from_interface(obj: Any, device: Device | None, copy: bool) -> Tensor:
    interface = obj.__cuda_array_interface__
    if interface.get("mask") is not None:
        raise DTypeError("asarray: the array is masked; fill it first")
    numpy_dtype = np.dtype(interface["typestr"])
    if not numpy_dtype.isnative:
        raise DTypeError(f"asarray: {numpy_dtype!r} on a GPU has another byte order; swap it there")
    source = current() if current() is not HOST else device_of("cuda:0")
    strides = interface.get("strides")
    where = layout(
        as_dtype(numpy_dtype),
        tuple(interface["shape"]),
        None if strides is None else tuple(strides),
        source,
    )
    stream = interface.get("stream") if interface["version"] >= 3 else None
    if stream == 0:
        raise ValueError(
            "asarray: stream 0 of a __cuda_array_interface__ is ambiguous, and not allowed; its "
            "library must say 1 (the default stream) or 2 (that of each thread)"
        )
    if stream is not None:
        source.target.take_over(stream)
    address = interface["data"][0]
    return shared("asarray", address, where, obj, device or source, copy)


def cuda_array_interface(x: Tensor) -> dict[str, Any]:
    """`Tensor.__cuda_array_interface__` (version 3), of a tensor on a GPU: its own memory, which
    must not be written to, and the stream on which it is computed.
    """
    address, where = x._address, x._layout
    settle(x._block)
    if where.device is HOST:
        raise AttributeError("a tensor on the CPU has no __cuda_array_interface__")
    if where.dtype.typestr is None:
        raise AttributeError(f"the array interface has no name for {where.dtype.name}")
    where.device.target.lend(x._block)
    return {
        "version": 3,
        "shape": where.shape,
        "typestr": where.dtype.typestr,
        "data": (address, True),
        "strides": None if where.contiguous else where.strides,
        "stream": where.device.target.stream_number(),
    }


def array_ufunc(x: Any, *args: Any, **kwargs: Any) -> Any:
    """`__array_ufunc__`: a universal function of NumPy's (NEP 13)."""
    from ngrad.protocols import array_ufunc as answer  # of a package it would take longer

    return answer(*args, **kwargs)


def array_function(x: Any, *args: Any) -> Any:
    """`__array_function__`: any other function of NumPy's (NEP 18)."""
    from ngrad.protocols import array_function as answer

    return answer(*args)


def array_namespace(x: Any, /, *, api_version: str | None = None) -> Any:
    """`__array_namespace__`: the namespace of the Array API standard, `ngrad.numpy`, whose
    functions take tensors and variables, and give arrays.
    """
    return _namespace(api_version)


@functools.cache
def _namespace(api_version: str | None) -> Any:
    from ngrad.protocols import array_namespace as answer

    return answer(api_version)


setattr(Tensor, "__cuda_array_interface__", property(cuda_array_interface))  # noqa: B010
for kind in (Tensor, Cell):
    setattr(kind, "__array_ufunc__", array_ufunc)  # noqa: B010
    setattr(kind, "__array_function__", array_function)  # noqa: B010
    setattr(kind, "__array_namespace__", array_namespace)  # noqa: B010
__all__ = ["asarray"]
