"""Which GPUs there are, and if there are none, why: what is missing, and the command that helps.

Nothing of CUDA is imported before this is asked. With `NUMBA_ENABLE_CUDASIM=1` the devices are
simulated.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import os
from typing import Any

from numba.core import config

from ngrad_kernels.cuda.driver import CudaDriver, Driver
from ngrad_kernels.cuda.errors import ADVICE, CudaUnavailable
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.cuda.target import Build, CudaTarget

SIMULATED = 2
"""How many devices there are in the simulator."""
OLDEST = (7, 5)
"""The oldest compute capability that the toolkit compiles for."""
OLDEST_CUDA = 12
"""The oldest CUDA that there is an extra for."""
INSTALL = "pip install 'ngrad[cuda13]'"


def simulated() -> bool:
    """Whether devices are Numba's simulator's."""
    return bool(getattr(config, "ENABLE_CUDASIM", 0))


@functools.cache
def _bindings() -> Any:
    """The driver's bindings, initialised.

    Raises
    ------
    CudaUnavailable
        Naming the first thing that is missing.
    """
    for module, package in (("numba_cuda", "numba-cuda"), ("cuda.bindings", "cuda-bindings")):
        if not _found(module):
            raise CudaUnavailable(f"CUDA: the package {package} is not installed; {INSTALL}")
    cu = importlib.import_module("cuda.bindings.driver")
    try:
        (status,) = cu.cuInit(0)
    except Exception as error:  # the bindings have an error of their own for each way to fail
        raise CudaUnavailable(
            "CUDA: no NVIDIA driver (libcuda) was found; install the driver of your GPU, or start "
            f"the container with access to it (docker run --gpus all). The bindings say: {error}"
        ) from None
    if status:
        name = cu.cuGetErrorName(status)[1].decode()
        text = cu.cuGetErrorString(status)[1].decode()
        advice = ADVICE.get(name, "check that nvidia-smi runs")
        raise CudaUnavailable(f"CUDA: {name} ({text}); {advice}", name)
    _check_versions(cu.cuDriverGetVersion()[1])
    return cu


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it is in
        return False


def _check_versions(driver: int) -> None:
    """Refuse a driver that cannot read what the toolkit writes: PTX of its own version."""
    try:
        toolkit = importlib.metadata.version("cuda-toolkit")
    except importlib.metadata.PackageNotFoundError:
        return  # the system's; the driver refuses what it cannot read
    major, minor = (int(part) for part in toolkit.split(".")[:2])
    if driver >= 1000 * major + 10 * minor:
        return
    own = driver // 1000, driver % 1000 // 10
    advice = "update the driver"
    if own[0] >= OLDEST_CUDA:
        advice += (
            ", or install the toolkit of its version (pip install "
            f"'ngrad[cuda{own[0]}]' 'cuda-toolkit=={own[0]}.{own[1]}.*')"
        )
    raise CudaUnavailable(
        f"CUDA: the driver is of version {own[0]}.{own[1]}, older than the toolkit's "
        f"{major}.{minor}; {advice}"
    )


@functools.cache
def count() -> int:
    """How many devices there are.

    Raises
    ------
    CudaUnavailable
        If there can be none; naming what is missing, and what to do.
    """
    if simulated():
        return SIMULATED
    cu = _bindings()
    status, devices = cu.cuDeviceGetCount()
    if status or not devices:
        raise CudaUnavailable(f"CUDA: {ADVICE['CUDA_ERROR_NO_DEVICE']}", "CUDA_ERROR_NO_DEVICE")
    return int(devices)


def available() -> list[str]:
    """The names of the devices that there are.

    Examples
    --------
    >>> all(name.startswith("cuda:") for name in available())
    True
    """
    try:
        return [f"cuda:{k}" for k in range(count())]
    except CudaUnavailable:
        return []


def _simulated(ordinal: int) -> tuple[Driver, Build]:
    from ngrad_kernels.cuda.simulated import SimulatedDriver

    return SimulatedDriver(ordinal), lambda source: [source.text]


def _real(ordinal: int) -> tuple[Driver, Build]:
    driver = CudaDriver(_bindings(), ordinal)
    name, capability = driver.properties.name, driver.properties.capability
    if capability < OLDEST:
        raise CudaUnavailable(
            f"CUDA: {name} has compute capability {capability[0]}.{capability[1]}; kernels are "
            f"compiled for {OLDEST[0]}.{OLDEST[1]} and later"
        )

    def build(source: Source) -> list[str]:
        from ngrad_kernels.cuda import compiling  # which imports Numba's CUDA: a second

        text = compiling.ptx(source, capability)
        return [compiling.bounded(text, count, source.threads) for count in source.resident]

    return driver, build


@functools.cache
def target(ordinal: int) -> CudaTarget:
    """A device by its number.

    Raises
    ------
    CudaUnavailable
        If it is not there; naming what is missing, and what to do.
    """
    if not 0 <= ordinal < count():
        raise CudaUnavailable(
            f"CUDA: there is no cuda:{ordinal}; there are {', '.join(available())} "
            f"(CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')})"
        )
    driver, build = _simulated(ordinal) if simulated() else _real(ordinal)
    return CudaTarget(f"cuda:{ordinal}", driver, build)
