"""The threading layer: Numba's. It, and Numba with it, is loaded for the first launch on several
threads: what is small, or on disk, does without.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from ngrad_kernels import cache

PARALLEL = "numba.np.ufunc.parallel"


def _find_tbb() -> None:
    """Load TBB from its wheel, whose folder is off the loader's path, so that Numba finds it."""
    if "NUMBA_THREADING_LAYER" in os.environ:
        return
    names = {"linux": "lib/libtbb.so.12", "win32": "Library/bin/tbb12.dll"}
    path = Path(sys.prefix) / names.get(sys.platform, "")
    if path.is_file():
        ctypes.CDLL(str(path), getattr(ctypes, "RTLD_GLOBAL", 0))


@functools.cache
def _numba() -> Any:
    """Numba's module of threads."""
    with cache.lock():  # no fork meanwhile
        _find_tbb()
        return importlib.import_module(PARALLEL)


def most() -> int:
    """How many threads there can be: `NUMBA_NUM_THREADS`, or the CPUs that the process may use."""
    if "numba" in sys.modules:
        return int(_numba().get_thread_count())
    told = os.environ.get("NUMBA_NUM_THREADS", "")
    if told.isdecimal():
        return int(told)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def used() -> int:
    """How many threads a parallel launch from this Python thread uses."""
    if _loop.cache_info().currsize:
        # Numba's own function asks first, under a lock that Ctrl-C may leave taken for good,
        # whether it is ready.
        return int(_numba()._get_num_threads())
    # Without Numba nobody has chosen.
    return int(_numba().get_num_threads()) if "numba" in sys.modules else most()


def use(count: int) -> None:
    """Use `count` threads for the parallel launches of this Python thread.

    Raises
    ------
    ValueError
        If `count` is not between 1 and the number of threads that the process began with.
    """
    _numba().set_num_threads(count)


def layer() -> str:
    """The layer that parallel launches run on: "tbb", "omp", "workqueue", or "none yet"."""
    # It is not imported for this: a child of a fork would wait for ever on a thread that was at it.
    parallel: Any = sys.modules.get(PARALLEL)
    try:
        return str(parallel.threading_layer())
    except (AttributeError, ValueError):  # not imported so far, or not used
        return "none yet"


@functools.cache
def _loop() -> int:
    """The address of the layer's loop; starts its threads."""
    with cache.lock():
        _numba()._launch_threads()
        return int(llvm.address_of_symbol("numba_parallel_for"))


# -- forks -----------------------------------------------------------------------------------------

_forked = False
"""Whether this is a child that must not enter the threading layer. GNU OpenMP would kill it; TBB's
workers cannot be stopped before a fork once a second thread has used them, and the child would now
and then wait for ever on what they held.
"""
_entered: set[int] = set()  # the Python threads that have been in the layer


def _after_fork() -> None:
    global _forked
    alone = _entered <= {threading.get_ident()}
    safe = alone and layer() in ("tbb", "none yet")
    _forked = _forked or not safe


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


_workqueue = threading.Lock()  # Numba's own layer aborts the process when two threads enter it


def run(launch: Callable[..., object], *given: Any) -> None:
    """Have a native routine, whose first arguments are the address of the layer's loop and a number
    of threads, share its work among them.
    """
    if _forked:
        launch(0, 1, *given)
        return
    _entered.add(threading.get_ident())
    loop, count = _loop(), used()
    with _workqueue if layer() == "workqueue" else contextlib.nullcontext():
        launch(loop, count, *given)
