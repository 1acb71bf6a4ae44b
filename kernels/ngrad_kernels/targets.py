"""Targets by name. Those of GPUs are imported when they are asked for."""

from __future__ import annotations

import re

from ngrad_kernels import cpu
from ngrad_kernels.target import Target


def available() -> list[str]:
    """The names of the devices that there are, the CPU's first.

    Examples
    --------
    >>> available()[0]
    'cpu'
    """
    from ngrad_kernels.cuda import devices

    return [cpu.name, *devices.available()]


def target(name: str) -> Target:
    """The target of a device: "cpu", "cuda:0", "cuda:1", ...

    Raises
    ------
    CudaUnavailable
        For a GPU that is not there; naming what is missing, and what to do.
    ValueError
        For what is no such name.

    Examples
    --------
    >>> target("cpu").name
    'cpu'
    """
    if name == cpu.name:
        return cpu
    number = re.fullmatch(r"cuda:(\d+)", name)
    if number is None:
        raise ValueError(f"a device is 'cpu' or 'cuda:' and a number, not {name!r}")
    from ngrad_kernels.cuda import devices

    return devices.target(int(number[1]))
