"""Settings of the process.

Examples
--------
>>> from ngrad import config
>>> config.threads() >= 1
True
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import threadpoolctl

from ngrad.absent import tensorflow
from ngrad_kernels import cache
from ngrad_kernels.choices import PRECISIONS, choices
from ngrad_kernels.memory import MemoryStats, Pool, pool
from ngrad_kernels.targets import available, target
from ngrad_kernels.threads import use, used

AT_ONCE = 1 << 17
"""Bytes, unless set: where one more kernel takes less time than recording its call and planning."""
WRITTEN = 8
"""How many times these where the result is written at once, to a part of an array that is there:
such a plan would be of one op, and one of as much would run in this thread, too.
"""


class _Settings:
    """What the process is set to, where it is read at every op."""

    __slots__ = ("asked", "at_once", "eager", "fusion", "small", "told", "watched", "written")
    eager: bool
    small: int
    written: int

    def __init__(self) -> None:
        self.at_once = int(os.environ.get("NGRAD_AT_ONCE", AT_ONCE))
        self.asked = os.environ.get("NGRAD_EAGER", "0") not in ("", "0")
        self.told = self.watched = False
        self.fusion = os.environ.get("NGRAD_FUSION", "background")
        self.decide()

    def decide(self) -> None:
        """To be called when one of the others was set. `eager`: whether ops run where they are
        called, as was asked for, or since somebody is told of each. `small`: up to how many bytes
        an op that nobody is told of may run there, with no more questions; -1 for none. `written`:
        the same of one whose result is written to a part of what is there.
        """
        self.eager = self.asked or self.told
        self.small = -1 if self.eager or self.watched else min(self.at_once, sys.maxsize)
        self.written = min(self.small * WRITTEN, sys.maxsize)


settings = _Settings()


def eager() -> bool:
    """Whether each op runs where it is called, with a kernel of its own, as `set_eager` says.

    Examples
    --------
    >>> from ngrad import config
    >>> config.eager()
    False
    """
    return settings.asked


def set_eager(on: bool) -> None:
    """Run each op where it is called (for debugging), or only when someone looks at a value.

    A gradient's rules run as one plan where it is asked for; `set_fusion` says by which kernels. No
    result changes by a bit. The environment variable `NGRAD_EAGER=1` sets it for a process.

    Examples
    --------
    >>> from ngrad import config
    >>> config.set_eager(True)
    >>> config.set_eager(False)
    """
    settings.asked = bool(on)
    settings.decide()


functions_run_eagerly, run_functions_eagerly = eager, set_eager  # TensorFlow's names


def at_once() -> int:
    """Up to how many bytes an op runs where it is called; as for `set_at_once`.

    Examples
    --------
    >>> from ngrad import config
    >>> config.at_once() >= 0
    True
    """
    return settings.at_once


def set_at_once(nbytes: int) -> None:
    """Run an op where it is called if it reads and writes at most `nbytes` on the CPU, its operands
    are there, and nothing is pending or listens in this thread: neither a tape nor a `function`.
    An update of a part of an array (`u[0] += w`) may be of eight times as much.

    To record so little for later takes longer than to do it. No result changes by a bit; 0 has
    everything wait. The environment variable `NGRAD_AT_ONCE` sets it for a process.

    Raises
    ------
    ValueError
        If `nbytes` is negative.

    Examples
    --------
    >>> from ngrad import config
    >>> before = config.at_once()
    >>> config.set_at_once(0)
    >>> config.set_at_once(before)
    """
    if nbytes < 0:
        raise ValueError(f"at_once is a number of bytes, not {nbytes}")
    settings.at_once = int(nbytes)
    settings.decide()


FUSION = ("background", "wait", "off")


def fusion() -> str:
    """How fused kernels that are not on disk come to be; as for `set_fusion`.

    Examples
    --------
    >>> from ngrad import config
    >>> config.fusion() in ("background", "wait", "off")
    True
    """
    return settings.fusion


def set_fusion(how: str) -> None:
    """Compile fused kernels when a program comes for the second time: in the background, by another
    process, while it goes on with a kernel for each op; at once, while it waits; or never, nor load
    any.

    No result changes by a bit. The environment variable `NGRAD_FUSION` sets it for a process.

    Parameters
    ----------
    how : {"background", "wait", "off"}

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> from ngrad import config
    >>> before = config.fusion()
    >>> config.set_fusion("wait")
    >>> config.set_fusion(before)
    """
    if how not in FUSION:
        raise ValueError(f"fusion is one of {', '.join(FUSION)}, not {how!r}")
    settings.fusion = how


def matmul_precision() -> str:
    """How float32 matrices are multiplied; as for `set_matmul_precision`.

    Examples
    --------
    >>> from ngrad import config
    >>> config.matmul_precision()
    'float32'
    """
    return choices.precision


def set_matmul_precision(name: str) -> None:
    """Multiply float32 matrices in full precision, or have cuBLAS round what it multiplies to TF32,
    with 10 bits of mantissa, which tensor cores do several times as fast.

    It holds for calls from now on. Only cuBLAS has the choice: the CPU, and CUDA without it,
    multiply in full precision.

    Parameters
    ----------
    name : {"float32", "tf32"}

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> from ngrad import config
    >>> config.set_matmul_precision("tf32")
    >>> config.set_matmul_precision("float32")
    """
    if name not in PRECISIONS:
        raise ValueError(f"the precision of matmul is one of {', '.join(PRECISIONS)}, not {name!r}")
    choices.precision = name


def op_determinism() -> bool:
    """Whether an op gives the same bits each time; as for `set_op_determinism`.

    Examples
    --------
    >>> from ngrad import config
    >>> config.op_determinism()
    True
    """
    return choices.deterministic


def set_op_determinism(on: bool) -> None:
    """Have every op give the same bits each time, as it does unless set; or let CUDA add floats at
    many indices (the gradient of a `gather`, `scatter_nd`, `segment_sum`) atomically, in whichever
    order its threads come, rather than put the indices in order first.

    It holds for calls from now on. On the CPU it changes nothing. TensorFlow has
    `config.experimental.enable_op_determinism` for it, and is not deterministic unless it is
    called.

    Examples
    --------
    >>> from ngrad import config
    >>> config.set_op_determinism(False)
    >>> config.set_op_determinism(True)
    """
    choices.deterministic = bool(on)


def threads() -> int:
    """How many CPU threads large operations of this Python thread use.

    Examples
    --------
    >>> from ngrad import config
    >>> config.threads() >= 1
    True
    """
    return used()


def set_threads(count: int) -> None:
    """Use `count` CPU threads for large operations of this Python thread, and for BLAS.

    No result of our kernels changes by a bit; BLAS, whose setting is the whole process's, decides
    for itself. `NUMBA_NUM_THREADS`, set before the process begins, is the most there can be.

    Raises
    ------
    ValueError
        If `count` is not between 1 and that.

    Examples
    --------
    >>> from ngrad import config
    >>> config.set_threads(1)
    >>> config.threads()
    1
    """
    use(count)
    threadpoolctl.threadpool_limits(count, user_api="blas")


def _pool(device: str) -> Pool:
    return pool if device in ("cpu", "cpu:0") else target(device).pool


def list_physical_devices(device_type: str | None = None) -> list[str]:
    """The names of the devices that can be used: of all, of "CPU", or of "GPU".

    Examples
    --------
    >>> from ngrad import config
    >>> config.list_physical_devices("CPU")
    ['cpu']
    """
    kind = {None: "", "CPU": "cpu", "GPU": "cuda"}.get(device_type, "none")
    return [name for name in available() if name.startswith(kind)]


def memory_stats(device: str = "cpu") -> MemoryStats:
    """Bytes and blocks that tensors use on a device ("cpu", "cuda:0"), and that wait in its pool.

    Raises
    ------
    ValueError, CudaUnavailable
        If there is no such device.

    Examples
    --------
    >>> import ngrad
    >>> before = ngrad.config.memory_stats().live_bytes
    >>> x = ngrad.constant([0.5] * 1000)
    >>> ngrad.config.memory_stats().live_bytes - before >= 4000
    True
    """
    return _pool(device).stats()


def release_memory(device: str = "cpu") -> int:
    """Give memory that waits in a device's pool back to its system; how many bytes that was.

    Examples
    --------
    >>> from ngrad import config
    >>> released = config.release_memory()
    >>> config.memory_stats().pooled_bytes
    0
    """
    return _pool(device).release()


def set_memory_limit(nbytes: int | None, device: str = "cpu") -> None:
    """Refuse to hold more than `nbytes` in all on a device; None for no limit.

    Raises
    ------
    ValueError, CudaUnavailable
        If `nbytes` is not positive, or there is no such device.

    Examples
    --------
    >>> from ngrad import config
    >>> config.set_memory_limit(1 << 30)
    >>> config.memory_stats().limit_bytes
    1073741824
    >>> config.set_memory_limit(None)
    """
    if nbytes is not None and nbytes <= 0:
        raise ValueError(f"a memory limit must be positive, not {nbytes}")
    _pool(device).limit = nbytes


def cache_folder() -> str:
    """Where compiled kernels are kept."""
    return str(cache.store.folder)


if not TYPE_CHECKING:
    __getattr__ = tensorflow("ngrad.config")
