"""The CPU target: threads, launchers, and kernels by body.

A kernel is compiled serially; a few precompiled launchers drive any kernel by its address. `run`
calls it once, in the caller's thread, with no layer between; `drive` splits the range into grains
of a fixed size over all threads. Neither changes a bit of the result.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import os
import pickle
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numba as nb
from numba.core import serialize, types
from numba.core.registry import cpu_target

from ngrad_kernels import cache, integers, intrinsics, reductions, skeletons
from ngrad_kernels.body import Body
from ngrad_kernels.reductions import CHUNK
from ngrad_kernels.render import render
from ngrad_kernels.vecmath import FUNCTIONS

NAMESPACE: dict[str, Any] = {
    **intrinsics.NAMESPACE,
    **integers.NAMESPACE,
    **reductions.NAMESPACE,
    **FUNCTIONS,
}

counters: Counter[str] = Counter()


# -- threads ---------------------------------------------------------------------------------------


def _find_tbb() -> None:
    """Load TBB from its wheel, whose folder is off the loader's path, so that Numba finds it."""
    if "NUMBA_THREADING_LAYER" in os.environ:
        return
    names = {"linux": "lib/libtbb.so.12", "win32": "Library/bin/tbb12.dll"}
    path = Path(sys.prefix) / names.get(sys.platform, "")
    if path.is_file():
        ctypes.CDLL(str(path), getattr(ctypes, "RTLD_GLOBAL", 0))


_find_tbb()
_forked = False  # in a child, without TBB: GNU OpenMP would kill it at the next parallel call


def _after_fork() -> None:
    global _forked
    _forked = threading_layer() not in ("tbb", "none yet")


def threading_layer() -> str:
    """The layer that parallel launches run on: "tbb", "omp", "workqueue", or "none yet"."""
    try:
        return str(nb.threading_layer())
    except ValueError:
        return "none yet"


def set_threads(count: int) -> None:
    """Use `count` threads for the parallel launches of this Python thread.

    Raises
    ------
    ValueError
        If `count` is not between 1 and the number of threads that the process began with.
    """
    nb.set_num_threads(count)


def get_threads() -> int:
    """How many threads a parallel launch from this Python thread uses."""
    return int(nb.get_num_threads())


# -- launchers: Python-callable, cached beside the kernels -----------------------------------------

_WORD = types.intp


def _run(kernel, facts, n, a, b, c, d):  # type: ignore[no-untyped-def]
    words = stack_words(5)  # noqa: F821
    table = table_at(words)  # noqa: F821
    table[0] = facts
    table[1] = a
    table[2] = b
    table[3] = c
    table[4] = d
    call_kernel(kernel, words, 0, n)  # noqa: F821


def _run_table(kernel, words, n):  # type: ignore[no-untyped-def]
    call_kernel(kernel, words, 0, n)  # noqa: F821


def _drive_table(kernel, words, n, grain):  # type: ignore[no-untyped-def]
    for c in nb.prange((n + grain - 1) // grain):
        call_kernel(kernel, words, c * grain, min(n, (c + 1) * grain))  # noqa: F821


def _walk_from(code, steps, bases):  # type: ignore[no-untyped-def]
    registers, words = table_at(bases), table_at(code)  # noqa: F821
    table_words = stack_words(64)  # noqa: F821
    table = table_at(table_words)  # noqa: F821
    at = 0
    for _ in range(steps):
        kernel, n, grain, count = words[at], words[at + 2], words[at + 3], words[at + 4]
        table[0] = words[at + 1]
        at += 5
        for operand in range(count):
            table[operand + 1] = registers[words[at]] + words[at + 1]
            at += 2
        # In grains, as a parallel launch would: what a kernel is called with is the same.
        for first in range(0, n, grain):
            call_kernel(kernel, table_words, first, min(n, first + grain))  # noqa: F821


def _walk(code, steps, a, b, c, d, e, f, g, h):  # type: ignore[no-untyped-def]
    where = stack_words(8)  # noqa: F821
    registers = table_at(where)  # noqa: F821
    registers[0] = a
    registers[1] = b
    registers[2] = c
    registers[3] = d
    registers[4] = e
    registers[5] = f
    registers[6] = g
    registers[7] = h
    walk_from(code, steps, where)


def _launcher(function: Any, arguments: int, **options: Any) -> Any:
    """The compiled form of a launcher, straight from the disk cache where it is there."""
    source = inspect.getsource(function)
    if function is _walk:
        inner = inspect.getsource(_walk_from).replace("def _walk_from", "def walk_from")
        source = f"@nb.njit(error_model='numpy', fastmath=False)\n{inner}\n{source}"
    threads = f"{options} {threading_layer()}"
    key = cache.key_of(f"launcher {arguments} {threads} {sys.version_info[:2]}\n{source}")
    signature = types.void(*[_WORD] * arguments)
    with cache._lock:
        body = cache.store.read(key)
        if body is not None:
            cpu_target.target_context.refresh()
            if options.get("parallel"):
                _start_threads()
            result = _rebuild(pickle.loads(body))
            cache.counters["loaded"] += 1
            return result.entry_point
        scope = {**NAMESPACE, "__name__": __name__}
        exec(compile(source, f"<ngrad {function.__name__}>", "exec"), scope)
        compiled = nb.njit(signature, error_model="numpy", **options)(scope[function.__name__])
        result = compiled.overloads[tuple([_WORD] * arguments)]
        cache.counters["compiled"] += 1
        cache.store.write(key, serialize.dumps(result._reduce()))
        return result.entry_point


def _rebuild(reduced: Any) -> Any:
    from numba.core.compiler import CompileResult

    return CompileResult._rebuild(cpu_target.target_context, *reduced)


def _start_threads() -> None:
    from numba.np.ufunc import parallel

    parallel._launch_threads()


run = _launcher(_run, 7)
"""`run(kernel, facts, n, a, b, c, d)`: the kernel over [0, n), here and now, holding the GIL."""
REGISTERS = 8
walk = _launcher(_walk, 2 + REGISTERS)
"""`walk(code, steps, *registers)`: several launches on end, here and now; `ngrad.replay` says how
they are written.
"""
walk_from = _launcher(_walk_from, 3)
"""`walk_from(code, steps, registers)`: the same, with the registers at an address."""
_run_words = _launcher(_run_table, 3)
_run_nogil = _launcher(_run_table, 3, nogil=True)


@functools.cache
def _drive_words() -> Any:
    return _launcher(_drive_table, 4, nogil=True, parallel=True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

_workqueue = threading.Lock()  # numba's own layer aborts the process when two threads enter it


def launch(kernel: int, facts: int, n: int, grain: int, addresses: tuple[int, ...]) -> None:
    """Run a kernel over [0, n), on all threads where n is more than one grain.

    Parameters
    ----------
    kernel : int
        Address of the kernel.
    facts : int
        Address of its run-time facts (0 if it has none).
    n, grain : int
        Number of work items, and how many a call of the kernel takes at a time.
    addresses : tuple of int
        Addresses of its operands. The caller holds their buffers.
    """
    if n <= 0:
        return
    count = len(addresses) + 1
    table = (ctypes.c_int64 * count)(facts, *addresses)
    where = ctypes.addressof(table)
    if n <= grain:
        _run_words(kernel, where, n)
    elif _forked:
        _run_nogil(kernel, where, n)
    elif threading_layer() == "workqueue":
        with _workqueue:
            _drive_words()(kernel, where, n, grain)
    else:
        _drive_words()(kernel, where, n, grain)


# -- kernels ---------------------------------------------------------------------------------------


@functools.cache
def kernel_of(body: Body) -> int:
    """The address of a body's kernel: compiled, or loaded from the disk cache, once in a process."""
    name, source = render(body)
    return cache.load(name, source, NAMESPACE)


_PACK = (_WORD,) * 5
_HELPERS = "".join(
    f"@nb.njit(error_model='numpy', fastmath=False)\n{inspect.getsource(function)}\n"
    for function in (
        skeletons.move,
        skeletons.transfer,
        skeletons.locate,
        skeletons.row_contiguous,
    )
)


@functools.cache
def skeleton(name: str) -> int:
    """The address of a shared routine of `skeletons`."""
    source = _HELPERS + inspect.getsource(getattr(skeletons, name))
    return cache.load(name, source, NAMESPACE, _PACK if name == "pack" else cache.KERNEL)


@functools.cache
def scatter_add(code: str) -> int:
    """The address of the scatter-add kernel for a dtype."""
    source = skeletons.SCATTER_ADD.format(code=code, size=code[1])
    return cache.load(f"scatter_add_{code}", source, NAMESPACE)


__all__ = [
    "CHUNK",
    "REGISTERS",
    "counters",
    "get_threads",
    "kernel_of",
    "launch",
    "run",
    "scatter_add",
    "set_threads",
    "skeleton",
    "threading_layer",
    "walk",
    "walk_from",
]
