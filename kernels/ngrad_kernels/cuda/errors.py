"""What CUDA may refuse, in words that say what to do."""

from __future__ import annotations

ADVICE = {
    "CUDA_ERROR_NOT_INITIALIZED": (
        "a process that was forked after CUDA was used cannot use it: start processes by spawn "
        "(multiprocessing.set_start_method('spawn'))"
    ),
    "CUDA_ERROR_NO_DEVICE": (
        "the driver sees no device: check nvidia-smi, CUDA_VISIBLE_DEVICES, and in a container that"
        " it was started with access to GPUs (docker run --gpus all)"
    ),
    "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH": (
        "the driver's library and its kernel module are of two versions: restart the machine"
    ),
    "CUDA_ERROR_UNSUPPORTED_PTX_VERSION": (
        "the driver is older than the toolkit that compiled the kernel: update the driver, or "
        "install the toolkit of its version (pip install 'ngrad[cuda12]')"
    ),
    "CUDA_ERROR_OUT_OF_MEMORY": "let go of tensors or tapes",
}
"""What to do, by the driver's name of an error."""

LATE = frozenset(
    {
        "CUDA_ERROR_ILLEGAL_ADDRESS",
        "CUDA_ERROR_ILLEGAL_INSTRUCTION",
        "CUDA_ERROR_INVALID_ADDRESS_SPACE",
        "CUDA_ERROR_INVALID_PC",
        "CUDA_ERROR_HARDWARE_STACK_ERROR",
        "CUDA_ERROR_LAUNCH_FAILED",
        "CUDA_ERROR_LAUNCH_TIMEOUT",
        "CUDA_ERROR_MISALIGNED_ADDRESS",
        "CUDA_ERROR_ECC_UNCORRECTABLE",
    }
)
"""Errors of a kernel that come to light in a later call, after which the process has lost its
device.
"""


class CudaError(RuntimeError):
    """The CUDA driver refused, or a kernel failed.

    Attributes
    ----------
    name : str
        The driver's name of the error; empty where it was not the driver that refused.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class CudaUnavailable(CudaError):
    """CUDA was asked for, and something that it needs is missing."""


def driver_error(call: str, name: str, text: str, recent: list[str]) -> CudaError:
    """The error of a call of the driver.

    Parameters
    ----------
    call : str
        What was called, and for what.
    name, text : str
        The driver's name of the error, and its text.
    recent : list of str
        The kernels that were launched last, latest last.

    Examples
    --------
    >>> print(driver_error("cuMemAlloc", "CUDA_ERROR_OUT_OF_MEMORY", "out of memory", []))
    cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (out of memory); let go of tensors or tapes
    """
    advice = ADVICE.get(name, "")
    if name in LATE:
        kernels = ", ".join(recent) or "none"
        advice = (
            f"a kernel failed, one of the last launched, latest last: {kernels}. Start a new "
            "process; with CUDA_LAUNCH_BLOCKING=1 the failing launch itself raises"
        )
    return CudaError(f"{call}: {name} ({text})" + (f"; {advice}" if advice else ""), name)
