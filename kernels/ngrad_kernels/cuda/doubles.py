"""What CUDA kernels are written in, for Numba's simulator: every name of `threads.py`, in Python.

Values are NumPy scalars, whose arithmetic is IEEE's and wraps. Arithmetic that has a name (`fma`,
`exp_f4`, `combine_max`, ...) is the CPU's own, compiled. Memory is this process's, and every access
must lie in a range that was registered (or that the kernel itself asked for), as it must on a GPU,
and be aligned. The 16 threads of a group wait for one another where they exchange values.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numba as nb
import numpy as np
from numba import cuda
from numba.core.typing.typeof import typeof
from numba.cuda.simulator import kernel as simulator
from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray

from ngrad_kernels import lanes, short_runs, slabs, streaming, strips
from ngrad_kernels.codegen import Helper
from ngrad_kernels.compiling import NAMESPACE as COMPILED
from ngrad_kernels.cuda.doubled_memory import (
    Ranges,
    Table,
    access,
    atomic,
    atomic_add,
    copy_bytes,
    device,
    here,
    stack_words,
    words_of,
)
from ngrad_kernels.cuda.exchange import Group
from ngrad_kernels.cuda.routines import HELPERS
from ngrad_kernels.cuda.source import GROUP, WARP
from ngrad_kernels.intrinsics import COMPUTED, MEMORY
from ngrad_kernels.skeletons import as_helpers

# -- values ----------------------------------------------------------------------------------------


def _conversion(code: str) -> Callable[[Any], Any]:
    """What `f4(x)` and the like are: C's conversion, which wraps integers and rounds once."""
    dtype = np.dtype("?" if code == "b1" else code)

    def convert(x: Any) -> Any:
        return x if type(x) is dtype.type else np.asarray(x).astype(dtype)[()]

    return convert


# An intrinsic can only be called by compiled code; `*args` would make a tuple of its operands.
_CALLERS: dict[int, Callable[[Any], Any]] = {
    1: lambda function: lambda x: function(x),
    2: lambda function: lambda x, y: function(x, y),
    3: lambda function: lambda x, y, z: function(x, y, z),
}


class _Compiled:
    """A function of the CPU's namespace, with results of the dtype that it is declared to have."""

    def __init__(self, function: Any) -> None:
        if isinstance(function, Helper):
            function = function.plain
        elif not isinstance(function, nb.core.dispatcher.Dispatcher):
            operands = len(inspect.signature(function._defn).parameters) - 1  # after the context
            function = nb.njit(error_model="numpy")(_CALLERS[operands](function))
        self.function = function
        self.results: dict[tuple[Any, ...], Any] = {}
        self.lock = threading.Lock()

    def __call__(self, *args: Any) -> Any:
        kinds = tuple(map(type, args))
        kind = self.results.get(kinds)
        if kind is None:
            with self.lock:  # Numba runs what is compiled a little before it lists it
                self.function(*args)
                overload = self.function.overloads[tuple(map(typeof, args))]
            kind = self.results[kinds] = np.dtype(str(overload.signature.return_type)).type
        return kind(self.function(*args))


# -- threads ---------------------------------------------------------------------------------------


class _Launch:
    """What the threads of a launch share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: dict[tuple[int, int, int], Group] = {}
        self._shared: dict[int, int] = {}
        self.ranges = Ranges()
        self.kept: list[Any] = []

    def group(self, block: int, thread: int, size: int) -> Group:
        key = block, thread // size, size
        with self._lock:
            if key not in self._groups:
                self._groups[key] = Group(size)
            return self._groups[key]

    def shared(self, count: int) -> int:
        with self._lock:
            if here.block not in self._shared:
                self._shared[here.block] = words_of(count, device, self.kept)
            return self._shared[here.block]

    def end(self) -> None:
        for group in self._groups.values():
            group.abort()
        for address in self._shared.values():
            device.remove(address)


def _exchange(value: Any, size: int = GROUP) -> list[Any]:
    """The values of all threads of this one's group, or warp."""
    group = here.group if size == GROUP else here.warp
    found: list[Any] = group.exchange(here.thread % size, value)
    return found


def _shuffles(size: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def shuffle(value: Any, lane: int) -> Any:
        return _exchange(value, size)[int(lane) % size]

    def shuffle_down(value: Any, distance: int) -> Any:
        lane = here.thread % size
        other = lane + int(distance)
        return _exchange(value, size)[other if other < size else lane]

    return shuffle, shuffle_down


shuffle, shuffle_down = _shuffles(GROUP)
shuffle_warp, shuffle_warp_down = _shuffles(WARP)


def ballot(condition: Any) -> int:
    return sum(1 << lane for lane, vote in enumerate(_exchange(bool(condition))) if vote)


def _array(count: int, convert: Callable[[Any], Any]) -> Any:
    """A thread's own array, of values that a conversion gives."""
    found = np.empty(count, np.asarray(convert(0)).dtype)
    found.view(np.uint8)[:] = 0xFF  # no kernel may count on zeros
    return found


def helper(inline: bool = False) -> Callable[[Any], Any]:
    """As source texts use it: helpers stay in Python."""
    return lambda function: function


_PLAIN = {
    "np": np,
    "cuda": SimpleNamespace(local=SimpleNamespace(array=_array)),
    "helper": helper,
    "select": lambda condition, x, y: x if condition else y,
    "stack_words": stack_words,
    "copy_bytes": copy_bytes,
    "table_at": Table,
    "thread_id": lambda: here.thread,
    "block_id": lambda: here.block,
    "block_size": lambda: here.block_size,
    "grid_size": lambda: here.grid_size,
    "barrier": lambda: here.barrier(),
    "shared_words": lambda count: here.launch.shared(count),
    "atomic_min": atomic(min),
    "atomic_max": atomic(max),
    **{f"atomic_add_{code}": atomic_add(code) for code in ("f4", "f8")},
    "at_hand": lambda values: values,
    "quotient": lambda x, y: x // y,
    "shuffle": shuffle,
    "shuffle_down": shuffle_down,
    "shuffle_warp": shuffle_warp,
    "shuffle_warp_down": shuffle_warp_down,
    "ballot": ballot,
    "count_bits": lambda bits: int(bits).bit_count(),
    **{code: _conversion(code) for code in COMPUTED},
    **{name: function for code in MEMORY for name, function in access(code).items()},
}
_CALLED = ("block_", "columns_", "repeat_", "rows_")
_UNUSED = {"call_kernel", "call_pack", "math", "overlapped"}
_UNUSED |= {*lanes.NAMESPACE, *short_runs.NAMESPACE, *slabs.NAMESPACE, *streaming.NAMESPACE}
_UNUSED |= {*strips.NAMESPACE}
NAMESPACE: dict[str, Any] = _PLAIN | {
    name: _Compiled(value) if callable(value) else value
    for name, value in COMPILED.items()
    if name not in _PLAIN and not name.startswith(_CALLED) and name not in _UNUSED
}
"""The names that a CUDA source text may use, in the simulator."""

exec(as_helpers(*HELPERS), NAMESPACE)  # whose names are those above


def _is_alive(thread: Any) -> bool:
    """Whether a thread runs. The simulator asks without a pause, and would leave them no time: so
    it waits a little for one that is not at a barrier.
    """
    if not thread.syncthreads_blocked:
        thread.join(1e-4)
    return threading.Thread.is_alive(thread)


simulator.BlockThread.is_alive = _is_alive


class _Memory:
    def __init__(self, interface: dict[str, Any]) -> None:
        self.__array_interface__ = interface


def run_user(run: Callable[[Any, list[Any]], object], interfaces: Sequence[dict[str, Any]]) -> None:
    """Call a user's Python, `run(stream, arrays)`, over memory that interfaces describe."""
    run(cuda.stream(), [FakeCUDAArray(np.asarray(_Memory(each))) for each in interfaces])


_SHUFFLES = ("shuffle", "shuffle_down", "shuffle_warp", "shuffle_warp_down")
_WAITING = {"barrier", "shared_words", "ballot", *_SHUFFLES}
"""What threads do with one another."""


@functools.lru_cache(1 << 10)
def _loaded(name: str, text: str) -> tuple[Callable[..., None], bool]:
    """A kernel of a source text, and whether its threads do anything with one another."""
    scope = dict(NAMESPACE)
    exec(compile(text, f"<ngrad {name}>", "exec"), scope)
    names: set[str] = set()
    left = [name]
    while left:
        one = left.pop()
        if one not in names:
            names.add(one)
            left += getattr(getattr(scope.get(one), "__code__", None), "co_names", ())
    return scope[name], not names.isdisjoint(_WAITING)


def launch(name: str, text: str, grid: int, size: int, arguments: tuple[int, ...]) -> None:
    """Run the kernel `name` of a source text with `grid` blocks of `size` threads, and wait.

    Threads that do nothing with one another run one by one in one of the simulator's: to begin one
    takes it longer than what most do.
    """
    kernel, together = _loaded(name, text)
    shared = _Launch()

    def thread(*args: int) -> None:
        here.launch, here.block, here.barrier = shared, cuda.blockIdx.x, cuda.syncthreads
        here.block_size, here.grid_size = size, grid
        for here.thread in (cuda.threadIdx.x,) if together else range(size):
            here.own, here.kept = Ranges(), []
            if together:
                here.group, here.warp = (
                    shared.group(here.block, here.thread, size) for size in (GROUP, WARP)
                )
            with np.errstate(all="ignore"):
                kernel(*args)

    try:
        cuda.jit(thread)[grid, size if together else 1](*arguments)
    finally:
        shared.end()
