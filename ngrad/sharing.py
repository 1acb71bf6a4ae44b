"""Memory of other libraries as tensors.

Others may write to it. So nothing that is pending reads it: an op on it runs at once, where it is
called. What is kept, by a tape, a variable or a recorded `function`, is a copy, made when it is
first seen there; so are indices, whose bounds are checked before they are read, and what a recorded
`function` returns of its arguments' memory.
"""

from __future__ import annotations

from typing import Any

from ngrad.devices import HOST, Device
from ngrad.errors import CopyError
from ngrad.graph.layout import Layout
from ngrad.ops.transfer import copied
from ngrad.tensor import Tensor, empty, from_numpy


def shared(
    what: str, address: int, where: Layout, owner: Any, device: Device, copy: bool | None
) -> Tensor:
    """A tensor over memory that somebody else owns; or a copy of it, if that is asked for, or there
    is no other way.

    Parameters
    ----------
    what : str
        Who asks, for errors.
    owner : object
        Held as long as the memory is used.
    device : Device
        Where the tensor is wanted.
    copy : bool or None
        None for a copy only if there must be one.

    Raises
    ------
    CopyError
        If there must be one, and `copy` is False.
    """
    if where.size == 0:
        return empty(where.spec.on(device))
    source, itemsize = where.device, where.dtype.itemsize
    aligned = not any(place % itemsize for place in (address, *where.strides))
    if copy is False:
        if source is not device:
            raise CopyError(f"{what}: it lies on {source}, and is wanted on {device}; copy it")
        if not aligned:
            raise CopyError(
                f"{what}: its elements do not lie at multiples of their {itemsize} bytes; copy it"
            )
    if aligned:
        x = Tensor(source.target.share(address, where.nbytes, owner), address, where)
        return copied(x, where.spec.on(device)) if copy or source is not device else x
    if source is not HOST:
        raise CopyError(
            f"{what}: its elements do not lie at multiples of their {itemsize} bytes, as they must "
            "on a GPU; have its library make a copy"
        )
    array = where.array(address, owner)
    return from_numpy(array, where.dtype, device)
