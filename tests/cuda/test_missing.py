"""Asking for a GPU where there is none: what is missing, and what to do."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("cuda.bindings.driver")

from driver_double import Bindings, real

from ngrad_kernels import cpu, targets
from ngrad_kernels.cuda import devices
from ngrad_kernels.cuda.errors import CudaUnavailable

CUresult = real.CUresult


@pytest.fixture(autouse=True)
def _ask_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cached = (devices._bindings, devices.count, devices.target)
    for function in cached:
        function.cache_clear()
    monkeypatch.setattr(devices, "simulated", lambda: False)
    yield
    for function in cached:
        function.cache_clear()


@pytest.fixture
def cu(monkeypatch: pytest.MonkeyPatch) -> Bindings:
    """A machine with a GPU, but for what a test has fail."""
    double = Bindings()
    monkeypatch.setitem(sys.modules, "cuda.bindings.driver", double)
    return double


def refused() -> str:
    assert devices.available() == []
    with pytest.raises(CudaUnavailable) as caught:
        devices.target(0)
    return str(caught.value)


@pytest.mark.parametrize("missing", ["numba_cuda", "cuda.bindings", "cuda"])
def test_a_package(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    find = devices.importlib.util.find_spec

    def found(name: str) -> object:
        if missing == "cuda" and name.startswith("cuda."):
            raise ModuleNotFoundError(name)
        return None if name == missing else find(name)

    monkeypatch.setattr(devices.importlib.util, "find_spec", found)
    package = "numba-cuda" if missing == "numba_cuda" else "cuda-bindings"
    expected = f"CUDA: the package {package} is not installed; pip install 'ngrad[cuda13]'"
    assert refused() == expected


def test_the_driver(cu: Bindings) -> None:
    class NotFound(Exception):
        pass

    def fail(flags: int) -> None:
        raise NotFound("libcuda.so.1")

    cu.cuInit = fail
    assert refused().startswith("CUDA: no NVIDIA driver (libcuda) was found; install the driver")


def test_the_device(cu: Bindings) -> None:
    cu.fails["cuInit"] = CUresult.CUDA_ERROR_NO_DEVICE
    assert "CUDA_ERROR_NO_DEVICE" in refused() and "CUDA_VISIBLE_DEVICES" in refused()
    cu.fails["cuInit"] = CUresult.CUDA_ERROR_UNKNOWN
    devices._bindings.cache_clear()
    assert "check that nvidia-smi runs" in refused()


@pytest.mark.parametrize(
    "version, advice",
    [
        (13000, "update the driver, or install the toolkit of its version (pip install "
         "'ngrad[cuda13]' 'cuda-toolkit==13.0.*')"),
        (12040, "update the driver, or install the toolkit of its version (pip install "
         "'ngrad[cuda12]' 'cuda-toolkit==12.4.*')"),
        (11080, "update the driver"),
    ],
)  # fmt: skip
def test_an_old_driver(
    cu: Bindings, monkeypatch: pytest.MonkeyPatch, version: int, advice: str
) -> None:
    monkeypatch.setattr(devices.importlib.metadata, "version", lambda name: "13.1.0.0")
    cu.cuDriverGetVersion = lambda: (CUresult.CUDA_SUCCESS, version)
    has = f"{version // 1000}.{version % 1000 // 10}"
    expected = f"the driver is of version {has}, older than the toolkit's 13.1; {advice}"
    assert refused() == f"CUDA: {expected}"


def test_a_toolkit_of_the_systems(cu: Bindings, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(devices.importlib.metadata, "version", unknown)
    assert devices.available() == ["cuda:0"]


def test_the_number(cu: Bindings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert repr(devices.target(0)) == "<cuda:0: A GPU>"
    for ordinal in (1, -1):
        with pytest.raises(CudaUnavailable, match=rf"no cuda:{ordinal}; there are cuda:0 .*=0\)"):
            devices.target(ordinal)


def test_targets_by_name(cu: Bindings) -> None:
    assert targets.available() == ["cpu", "cuda:0"]
    assert targets.target("cpu") is cpu
    assert targets.target("cuda:0") is devices.target(0)
    for name in ("cuda", "cuda:-1", "gpu:0", "CPU"):
        with pytest.raises(ValueError, match=f"'cpu' or 'cuda:' and a number, not '{name}'"):
            targets.target(name)
    cu.fails["cuInit"] = CUresult.CUDA_ERROR_NO_DEVICE
    devices._bindings.cache_clear()
    devices.count.cache_clear()
    assert targets.available() == ["cpu"]


def test_what_ngrad_imports() -> None:
    """Neither `import ngrad` nor asking which GPUs there are imports Numba's CUDA."""
    code = """
import sys, ngrad
assert not any(name.startswith(("cuda", "numba.cuda")) for name in sys.modules)
from ngrad_kernels.cuda import devices
devices.available()
assert not any(name.startswith("numba.cuda") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
