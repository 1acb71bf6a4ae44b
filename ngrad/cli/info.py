"""Print versions, processor, threads, kernel cache, memory pool and the state of CUDA."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
from pathlib import Path

import llvmlite.binding as llvm
import numba
import numpy as np
import threadpoolctl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import ngrad
from ngrad import config
from ngrad.cli.cache import describe, history
from ngrad.devices import device_of, list_devices
from ngrad.errors import DeviceError
from ngrad.replay import SMALL
from ngrad_kernels import threads

HELP = "versions, processor, threads, cache, memory, CUDA"
_TELLING = ("sse4.2", "avx", "avx2", "fma", "avx512f", "avx512vl", "neon", "sve", "sve2")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments beside the common ones."""


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    features = llvm.get_host_cpu_features()
    telling = [name for name in _TELLING if features.get(name)]
    vectors = ", ".join(telling) or "no vector features known"
    return f"{_model()} ({llvm.get_host_cpu_name()}); {vectors}"


def _model() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _layer() -> str:
    """The threading layer, which is chosen at the first parallel launch: so one is made."""
    large = ngrad.zeros([SMALL])
    ngrad.eval(large + large)
    return threads.layer()


def _tbb(layer: str) -> str:
    return "" if layer == "tbb" else "; TBB was not found: install the extra `tbb` for it"


def _blas() -> str:
    """The library that NumPy calls, and for which processor it has taken its kernels."""
    libraries = threadpoolctl.ThreadpoolController().select(user_api="blas").info()
    told = [
        f"{one['internal_api']} {one['version']}, kernels for {one.get('architecture', 'any')}"
        for one in libraries
    ]
    return told[0] if told else "of NumPy's own build"


def cuda_state() -> str:
    """The GPUs that there are; if there is none, what is missing."""
    devices = list_devices()[1:]
    if devices:
        return ", ".join(devices)
    try:
        device_of("cuda:0")
    except DeviceError as error:
        return f"none: {str(error).rpartition('CUDA: ')[2]}"
    raise AssertionError("a GPU can be used that is not listed")


def rows() -> list[tuple[str, str]]:
    """What `info` prints, as (name, value)."""
    layer = _layer()
    most = getattr(numba.config, "NUMBA_NUM_THREADS", "?")  # set when numba is imported
    stats = config.memory_stats()
    limit = "none" if stats.limit_bytes is None else f"{stats.limit_bytes / 1e6:,.1f} MB"
    return [
        ("ngrad", f"{ngrad.__version__} in {Path(ngrad.__file__).parent}"),
        ("Python", f"{platform.python_version()} on {platform.platform()}"),
        ("NumPy", np.__version__),
        ("Numba", f"{numba.__version__}, llvmlite {_version('llvmlite')}"),
        ("processor", _processor()),
        ("BLAS", _blas()),
        (
            "threads",
            f"{config.threads()} of {most}, on {layer}{_tbb(layer)}",
        ),
        ("kernel cache", f"{config.cache_folder()}: {describe()}"),
        ("this process", f"kernels {history()}"),
        (
            "memory pool",
            f"{stats.live_bytes:,} bytes in use, {stats.pooled_bytes:,} waiting, limit {limit}",
        ),
        ("CUDA", cuda_state()),
    ]


def run(chosen: argparse.Namespace, console: Console) -> int:
    """Print the table."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows():
        table.add_row(name, escape(value))
    console.print(table)
    return 0
