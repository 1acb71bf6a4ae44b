"""Where programs are timed: on the CPU, or on the first GPU, with all contenders.

A call is over when its device is done: every contender's is waited for at the end of each call that
is timed, its own way.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import ngrad as tf
from ngrad.devices import current
from ngrad.errors import DeviceError

Work = Callable[[], Any]
MODULES = {"jax.jit": "jax", "PyTorch": "torch", "torch.compile": "torch", "CuPy": "cupy"}
"""What contenders need."""


def parser(doc: str | None, rounds: int) -> argparse.ArgumentParser:
    """What scripts that time something are asked: how often, and where."""
    made = argparse.ArgumentParser(description=doc.splitlines()[0] if doc else None)
    made.add_argument(
        "--rounds", type=int, default=rounds, help=f"of which the least counts ({rounds})"
    )
    made.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where (cpu)")
    return made


def choose(device: str) -> None:
    """Have arrays of all contenders made on a device. Without it, say what is missing, and end."""
    try:
        tf.set_default_device("cuda:0" if device == "cuda" else "cpu")
    except DeviceError as error:
        raise SystemExit(f"--device cuda: {error}") from None


def on_gpu() -> bool:
    return current().kind == "cuda"


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def missing(contender: str) -> str:
    """Why a contender cannot take part; nothing if it can."""
    module = MODULES[contender]
    if not installed(module):
        return f"{module} is not installed"
    if not on_gpu():
        return "CuPy has no CPU" if module == "cupy" else ""
    found = importlib.import_module(module)
    try:
        if module == "jax":
            found.devices("gpu")
        elif module == "torch":
            return "" if found.cuda.is_available() else "PyTorch sees no GPU"
        else:
            found.cuda.runtime.getDeviceCount()
    except RuntimeError as error:  # of the driver, or of XLA, which has no other name for it
        return str(error).splitlines()[0]
    return ""


def torch_tensor(array: Any, requires_grad: bool = False) -> Any:
    """PyTorch's tensor of an array."""
    import torch

    torch.set_num_threads(tf.config.threads())
    return torch.tensor(array, device="cuda" if on_gpu() else "cpu", requires_grad=requires_grad)


def jax_array(array: Any) -> Any:
    """JAX's array of an array."""
    import jax

    return jax.device_put(array, jax.devices("gpu" if on_gpu() else "cpu")[0])


def copying(nbytes: int) -> Work:
    """A copy within the GPU's memory that reads and writes `nbytes` in all."""
    where, half = current(), max(nbytes // 2, 1)
    source, target = (where.pool.take(half) for _ in range(2))
    return lambda: where.target.copy(target.address, source.address, half)


def waiting(contender: str, work: Work, calls: int = 1) -> Work:
    """So many calls of a contender's work, until its device is done with all."""
    wait: Callable[[Any], object]
    if contender == "jax.jit":
        import jax

        wait = jax.block_until_ready
    elif not on_gpu():
        wait = _nothing
    elif contender in ("PyTorch", "torch.compile"):
        import torch

        wait = _regardless(torch.cuda.synchronize)
    elif contender == "CuPy":
        import cupy

        wait = _regardless(cupy.cuda.Device().synchronize)
    else:
        wait = _regardless(current().target.synchronize)

    def whole() -> None:
        for _ in range(calls):
            result = work()
        wait(result)

    return whole


def _nothing(result: Any) -> None:
    """Wait for the CPU, which is done."""


def _regardless(wait: Work) -> Callable[[Any], object]:
    """Wait for all, whatever the result."""
    return lambda result: wait()


def heading() -> str:
    """What figures were measured on, and when."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    if not on_gpu():
        return f"{tf.config.threads()} threads, {today}"
    target: Any = current().target
    name = target.driver.properties.name
    return f"{name}, driver {_driver()}, CUDA {_cuda()}, {today}"


def _driver() -> str:
    """The driver's version, as its own tool says it."""
    if shutil.which("nvidia-smi") is None:
        return "unknown (there is no nvidia-smi)"
    ask = ["nvidia-smi", "--id=0", "--query-gpu=driver_version", "--format=csv,noheader"]
    return subprocess.run(ask, capture_output=True, text=True).stdout.strip() or "unknown"


def _cuda() -> str:
    """The toolkit's version, by which kernels are compiled."""
    try:
        return importlib.metadata.version("cuda-toolkit")
    except importlib.metadata.PackageNotFoundError:
        return "of the system"
