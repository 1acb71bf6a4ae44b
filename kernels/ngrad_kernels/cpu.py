"""The CPU target: threads, launchers, and kernels by body; as a module, it is a `target.Target`.

A kernel is compiled serially, and launched by its address: `run` calls it once, in the caller's
thread, with no layer between; `launch` splits a longer range into grains of a fixed size over all
threads. Neither changes a bit of the result.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ngrad_kernels import blas, cache, moves, native, philox, skeletons, threads
from ngrad_kernels.body import Body
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import CHUNK
from ngrad_kernels.memory import Buffer, Shared, pool
from ngrad_kernels.render import render
from ngrad_kernels.render_short import takes_several
from ngrad_kernels.render_space import brought, render_space
from ngrad_kernels.skeletons import CALLED
from ngrad_kernels.space import Space
from ngrad_kernels.target import Columns, Work
from ngrad_kernels.typed import TYPED
from ngrad_kernels.words import Step, Words, facts

name = "cpu"
counters: Counter[str] = Counter()
"""What a driver was asked for: nothing, since there is none."""
libraries = blas.libraries


# -- launching -----------------------------------------------------------------------------------

run = native.run


def launch(kernel: int, facts: int, n: int, grain: int, addresses: Sequence[int]) -> None:
    """Run a kernel over [0, n), on all threads where n is more than one grain.

    Parameters
    ----------
    kernel : int
        Address of the kernel.
    facts : int
        Address of its run-time facts (0 if it has none).
    n, grain : int
        Number of work items, and how many a call of the kernel takes at a time.
    addresses : sequence of int
        Addresses of its operands. The caller holds their buffers.
    """
    if n <= grain:
        if n > 0:
            native.run(kernel, facts, n, *addresses)
        return
    table = (ctypes.c_int64 * (len(addresses) + 1))(facts, *addresses)
    where = ctypes.addressof(table)
    threads.run(native.drive, kernel, where, n, grain)


def launch_all(works: Sequence[Work]) -> None:
    """Launches that do not wait for one another: grains of all of them are shared by the threads,
    and those of a single grain run in this one.
    """
    large = []
    for kernel, where, n, grain, addresses in works:
        if n > grain:
            large.append((kernel, where, n, grain, addresses))
        elif n > 0:
            native.run(kernel, where, n, *addresses)
    if len(large) < 2:
        for work in large:
            launch(*work)
        return
    tables = [(ctypes.c_int64 * (len(work[4]) + 1))(work[1], *work[4]) for work in large]
    words: list[int] = []
    grains = 0
    for (kernel, _, n, grain, _), table in zip(large, tables, strict=True):
        words += [kernel, ctypes.addressof(table), n, grain, grains]
        grains += -(-n // grain)
    code = (ctypes.c_int64 * len(words))(*words)
    threads.run(native.drive_all, ctypes.addressof(code), len(large), grains)


def in_a_row(launches: Iterable[Step]) -> Callable[[bytes], None]:
    """Launches on end, as `native.march` has them, on all threads where they are worth it."""
    return marching(Words(launches))


def marching(words: Words) -> Callable[[bytes], None]:
    """The same of launches that are laid out."""

    def march(registers: bytes) -> None:
        threads.run(native.march, words.address, words.steps, registers)

    return march


# -- kernels ---------------------------------------------------------------------------------------


def kernel_of(body: Body | Space, views: bool = False, length: int = 0) -> int:
    """The address of a body's kernel, or a space's for rows of a length: compiled, or loaded from
    disk, once in a process. Whether an operand is a view its facts say.
    """
    if isinstance(body, Space):
        return _kernel_of_space(body, takes_several(body, length))
    return _kernel_of(body)


@functools.cache
def _kernel_of(body: Body) -> int:
    return cache.load(*render(body))


@functools.cache
def _kernel_of_space(space: Space, several: bool) -> int:
    return cache.load(*render_space(space, several))


@functools.cache
def _brought(space: Space, several: bool) -> int:
    return brought(space, several)


def brought_to(space: Space, length: int) -> int:
    """The bytes that a launch of a space's kernel brings for each of its calls."""
    return _brought(space, takes_several(space, length))


def columns_of(space: Space, length: int) -> Columns:
    """How a space's columns are reduced: beside its rows."""
    return "blocks"


_HELPERS = (
    moves.turn,
    moves.move,
    moves.move_rows,
    moves.turn_rows,
    moves.double,
    moves.spread_rows,
    moves.begin,
    moves.transfer,
    moves.repeats,
    moves.gather,
    moves.further,
    moves.between,
    moves.locate,
    moves.named_row,
    moves.row_of_table,
    moves.ask_row,
    moves.take_rows,
    moves.take_named,
    moves.row_contiguous,
    moves.row_length,
    skeletons.fetch,
    skeletons.fetch_rows,
)


@functools.cache
def skeleton(name: str) -> int:
    """The address of a shared routine of `skeletons`."""
    function = getattr(skeletons, name)
    helpers = skeletons.as_helpers(*[helper for helper in _HELPERS if helper is not function])
    source = helpers + inspect.getsource(function)
    signature = cache.Signature.PACK if name in CALLED else cache.Signature.KERNEL
    return cache.load(name, source, signature)


SEVERAL, FAR = 4, 1 << 17
"""Threads that are several, and elements that no cache near a core holds."""


def scatter_parts(rows: int, count: int, width: int) -> tuple[int, int]:
    """Into how many parts of rows, and tiles of columns, the threads share a scatter-add.

    To pass an index takes a thread as long as to add one element, unless its place has to come from
    far: with few threads, or few rows, one does better alone.
    """
    workers = threads.used()
    if width == 1 and (workers < SEVERAL or rows < FAR):
        return 1, 1
    tiles = max(1, min(workers, width // 64))
    parts = max(1, min(workers // tiles, rows // 1024)) if count >= CHUNK else 1
    return parts, tiles


@functools.cache
def typed(name: str, code: str) -> int:
    """The address of a shared routine's kernel for a dtype."""
    return cache.load(f"{name}_{code}", TYPED[name].format(code=code, size=size_of(code)))


sampler = philox.kernel_of


def strided_map(body: Body) -> tuple[int, int]:
    """The kernel that runs an elementwise body over strided operands, and the first of its facts:
    the body's own kernel, which it calls.
    """
    return skeleton("strided_map"), kernel_of(body)


# -- what another device does on its own time, and this one at once --------------------------------


def use(buffers: Iterable[Buffer]) -> None:
    """Whoever launched what writes them has waited for it."""


def capture(run: Callable[[], object]) -> Callable[[], object]:
    """A callable that repeats what `run` launches: `run`."""
    return run


def stream_number() -> int:
    """There are no streams, and nothing to wait for."""
    return 0


def run_user(run: Callable[[Any, list[Any]], object], arrays: Sequence[Any]) -> None:
    """Call a user's Python with arrays over memory that `__array_interface__`s describe."""
    run(None, [np.asarray(x) for x in arrays])


def share(address: int, nbytes: int, owner: Any) -> Buffer:
    """Memory of another library's."""
    return Shared(address, nbytes, owner)


def take_over(stream: int | None) -> None:
    """There are no streams."""


def hand_over(stream: int | None) -> None:
    """What was launched has run."""


def lend(buffer: Buffer) -> None:
    """Who lets a buffer go has read it."""


def copy(target: int, source: int, nbytes: int) -> None:
    """Copy between two places that do not overlap."""
    ctypes.memmove(target, source, nbytes)


copy_in = copy_out = copy


def synchronize() -> None:
    """What was launched has run."""


__all__ = [
    "CHUNK",
    "Work",
    "brought_to",
    "capture",
    "columns_of",
    "copy",
    "copy_in",
    "copy_out",
    "counters",
    "facts",
    "hand_over",
    "in_a_row",
    "kernel_of",
    "launch",
    "launch_all",
    "lend",
    "libraries",
    "marching",
    "name",
    "pool",
    "run",
    "run_user",
    "sampler",
    "scatter_parts",
    "share",
    "skeleton",
    "stream_number",
    "strided_map",
    "synchronize",
    "take_over",
    "typed",
    "use",
]
