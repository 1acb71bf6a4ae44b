"""`Device`: where tensors lie and ops run; which there are, and where new tensors are made."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ngrad.errors import DeviceError
from ngrad_kernels import cpu
from ngrad_kernels.memory import FreeList
from ngrad_kernels.target import Target
from ngrad_kernels.targets import available, target

NAME = re.compile(r"/?(?:device:)?(cpu|gpu|cuda)(?::(\d+))?", re.IGNORECASE)


def _name(kind: str, index: int) -> str:
    """Of the CPU that there is NumPy's, since code for arrays of any library compares devices."""
    return kind if (kind, index) == ("cpu", 0) else f"{kind}:{index}"


class Device:
    """A device. There is one object for each, so `is` compares them.

    Attributes
    ----------
    kind : str
        "cpu" or "cuda".
    index : int
    name : str
        "cpu", "cuda:0", ...
    target : Target
        What compiles and launches kernels for it.
    pool : Pool
        Its memory.
    """

    __slots__ = ("index", "kind", "name", "pool", "target")

    def __init__(self, kind: str, index: int, target: Target) -> None:
        self.kind, self.index, self.target, self.pool = kind, index, target, target.pool
        self.name = _name(kind, index)

    def free_list(self, nbytes: int) -> FreeList:
        """The pool's free list for a size, if there is one for all threads; else one in which
        nothing ever waits.
        """
        return self.pool.free_list(nbytes) if self.kind == "cpu" else FreeList(nbytes)

    def __reduce__(self) -> tuple[Any, ...]:
        return device_of, (self.name,)

    def __repr__(self) -> str:
        return self.name


HOST = Device("cpu", 0, cpu)
"""The CPU, with all its threads."""

opened: dict[str, Device] = {HOST.name: HOST}
_lock = threading.RLock()


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def device_of(name: str | Device) -> Device:
    """The device of a name: "cpu", "cuda:0", TensorFlow's "/GPU:0" or "/device:CPU:0".

    Raises
    ------
    DeviceError
        If there is no such device, saying what is missing.
    """
    if isinstance(name, Device):
        return name
    match = NAME.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise DeviceError(f'device: no device is named {name!r}; names are as "cpu" or "cuda:0"')
    kind = "cpu" if match[1].lower() == "cpu" else "cuda"
    index = int(match[2] or 0)
    own = _name(kind, index)
    found = opened.get(own)
    if found is None:
        with _lock:
            found = opened.get(own) or opened.setdefault(own, _opened(kind, index))
    return found


def _opened(kind: str, index: int) -> Device:
    """A device that is used for the first time."""
    if kind == "cpu":
        raise DeviceError(f"device: there is one CPU, and no cpu:{index}")
    from ngrad_kernels.cuda.errors import CudaUnavailable

    try:
        return Device("cuda", index, target(f"cuda:{index}"))
    except CudaUnavailable as error:
        raise DeviceError(f"device: cuda:{index} cannot be used: {error}") from error


class _Current(threading.local):
    """A thread's device within `with device(...)`."""

    device: Device | None = None


_current = _Current()
_default: list[Device] = [HOST]


def current() -> Device:
    """Where this thread makes new tensors."""
    return _current.device or _default[0]


@contextmanager
def device(name: str | Device) -> Iterator[Device]:
    """Within it, tensors from outside, variables and random numbers are made on a device.

    Ops run where their operands lie.

    Raises
    ------
    DeviceError
        If there is no such device, saying what is missing.

    Examples
    --------
    >>> import ngrad
    >>> with ngrad.device("cpu"):
    ...     x = ngrad.constant([1.0, 2.0])
    >>> x.device
    'cpu'
    """
    chosen, before = device_of(name), _current.device
    _current.device = chosen
    try:
        yield chosen
    finally:
        _current.device = before


def set_default_device(name: str | Device) -> None:
    """Make new tensors of every thread on a device, unless `with device(...)` says otherwise.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.set_default_device("cpu")
    """
    _default[0] = device_of(name)


def list_devices() -> list[str]:
    """The names of the devices that can be used, the CPU first.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.list_devices()[0]
    'cpu'
    """
    return available()


__all__ = ["HOST", "Device", "current", "device", "device_of", "list_devices", "set_default_device"]
