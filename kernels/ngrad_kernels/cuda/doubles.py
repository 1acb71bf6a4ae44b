"""What CUDA kernels are written in, for Numba's simulator: every name of `threads.py`, in Python.

Values are NumPy scalars, whose arithmetic is IEEE's and wraps. Arithmetic that has a name (`fma`,
`exp_f4`, `combine_max`, ...) is the CPU's own, compiled. Memory is this process's, and every access
must lie in a range that was registered (or that the kernel itself asked for), as it must on a GPU,
and be aligned. The 16 threads of a group wait for one another where they exchange values.
"""

from __future__ import annotations

import bisect
import ctypes
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

from ngrad_kernels import strips
from ngrad_kernels.codegen import Helper
from ngrad_kernels.codes import computed, ctype_of, part_of, size_of
from ngrad_kernels.compiling import NAMESPACE as COMPILED
from ngrad_kernels.cuda.exchange import Group
from ngrad_kernels.cuda.routines import HELPERS
from ngrad_kernels.cuda.source import ALIGNMENT, GROUP, VECTOR, WARP
from ngrad_kernels.intrinsics import COMPUTED, MEMORY
from ngrad_kernels.skeletons import as_helpers

# -- memory ----------------------------------------------------------------------------------------


class Ranges:
    """Ranges of addresses, none overlapping another."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}
        self._sorted: tuple[list[int], list[int]] = ([], [])  # never changed, so read with no lock
        self._lock = threading.Lock()

    def add(self, address: int, nbytes: int) -> None:
        with self._lock:
            self._ends[address] = address + nbytes
            self._sort()

    def remove(self, address: int) -> None:
        with self._lock:
            del self._ends[address]
            self._sort()

    def _sort(self) -> None:
        starts = sorted(self._ends)
        self._sorted = starts, [self._ends[start] for start in starts]

    def holds(self, address: int, nbytes: int) -> bool:
        starts, ends = self._sorted
        k = bisect.bisect_right(starts, address) - 1
        return k >= 0 and address + nbytes <= ends[k]


_device = Ranges()


def register(address: int, nbytes: int) -> None:
    """Let kernels use a range of memory, as the device's."""
    _device.add(address, nbytes)


def forget(address: int) -> None:
    """The range that begins here is no longer the device's."""
    _device.remove(address)


def _check(address: int, nbytes: int, align: int) -> None:
    if address % align:
        raise MemoryError(f"an access of {nbytes} bytes at {address:#x}, which is not aligned")
    if not (_device.holds(address, nbytes) or _here.own.holds(address, nbytes)):
        raise MemoryError(f"an access of {nbytes} bytes at {address:#x}, which is not the device's")


def _words(count: int, owner: Ranges, kept: list[Any]) -> int:
    """The address of words of memory that live as long as `kept`."""
    words = np.full(count + 8, -1, np.int64)  # no kernel may count on zeros
    address = -(-words.ctypes.data // 64) * 64
    owner.add(address, 8 * count)
    kept.append(words)
    return address


def stack_words(count: int) -> int:
    return _words(count, _here.own, _here.kept)


def copy_bytes(target: int, source: int, count: int) -> None:
    _check(target, int(count), 1)
    _check(source, int(count), 1)
    ctypes.memmove(int(target), int(source), int(count))


def _atomic(combine: Callable[[int, int], int]) -> Callable[[int, int], None]:
    alone = threading.Lock()

    def change(address: int, value: int) -> None:
        word = _Table(address)
        with alone:
            word[0] = combine(word[0], int(value))

    return change


def _atomic_add(code: str) -> Callable[[int, int, Any], None]:
    alone, access = threading.Lock(), _access(code)
    load, store = access[f"load_{code}"], access[f"store_{code}"]

    def add(address: int, index: int, value: Any) -> None:
        with alone:
            store(address, index, load(address, index) + value)

    return add


class _Table:
    def __init__(self, address: int) -> None:
        self.address = int(address)

    def _word(self, index: int) -> Any:
        where = self.address + 8 * int(index)
        _check(where, 8, 8)
        return ctypes.c_int64.from_address(where)

    def __getitem__(self, index: int) -> int:
        return int(self._word(index).value)

    def __setitem__(self, index: int, value: int) -> None:
        self._word(index).value = int(value)


def _access(code: str) -> dict[str, Callable[..., Any]]:
    kind, size = np.dtype("?" if code == "b1" else computed(code)).type, size_of(code)
    # Of what Numba converts by itself: booleans to any number, and Python's integers are int64.
    allowed = {kind, bool, np.bool_} | ({int} if code == "i8" else set())
    stored = ctype_of("u1" if code == "b1" else code)
    plain_of = {"f": float, "c": complex}.get(code[0], int)
    alignment = {1: size_of(part_of(code)), VECTOR: min(ALIGNMENT, size * VECTOR)}

    def place(address: int, index: int, count: int = 1) -> int:
        where = int(address) + int(index) * size * count
        _check(where, size * count, alignment[count])
        return where

    def load(address: int, index: int) -> Any:
        return kind(stored.from_address(place(address, index)).value)

    def store(address: int, index: int, value: Any) -> None:
        if type(value) not in allowed:
            raise TypeError(f"a {type(value).__name__} is stored as {code}")
        stored.from_address(place(address, index)).value = plain_of(value)

    def load_if(address: int, index: int, condition: Any) -> Any:
        return load(address, index) if condition else kind(0)

    def load4(address: int, index: int) -> Any:
        where = place(address, index, VECTOR)
        return tuple([load(where, k) for k in range(VECTOR)])

    def store4(address: int, index: int, *values: Any) -> None:
        where = place(address, index, VECTOR)
        for k, value in enumerate(values):
            store(where, k, value)

    return {
        f"load_{code}": load,
        f"reload_{code}": load,
        f"load_if_{code}": load_if,
        f"store_{code}": store,
        f"load4_{code}": load4,
        f"reload4_{code}": load4,
        f"store4_{code}": store4,
    }


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
            if _here.block not in self._shared:
                self._shared[_here.block] = _words(count, _device, self.kept)
            return self._shared[_here.block]

    def end(self) -> None:
        for group in self._groups.values():
            group.abort()
        for address in self._shared.values():
            _device.remove(address)


_here = threading.local()


def _exchange(value: Any, size: int = GROUP) -> list[Any]:
    """The values of all threads of this one's group, or warp."""
    group = _here.group if size == GROUP else _here.warp
    found: list[Any] = group.exchange(_here.thread % size, value)
    return found


def _shuffles(size: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def shuffle(value: Any, lane: int) -> Any:
        return _exchange(value, size)[int(lane) % size]

    def shuffle_down(value: Any, distance: int) -> Any:
        lane = _here.thread % size
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
    "table_at": _Table,
    "thread_id": lambda: _here.thread,
    "block_id": lambda: _here.block,
    "block_size": lambda: _here.block_size,
    "grid_size": lambda: _here.grid_size,
    "barrier": lambda: _here.barrier(),
    "shared_words": lambda count: _here.launch.shared(count),
    "atomic_min": _atomic(min),
    "atomic_max": _atomic(max),
    **{f"atomic_add_{code}": _atomic_add(code) for code in ("f4", "f8")},
    "at_hand": lambda values: values,
    "quotient": lambda x, y: x // y,
    "shuffle": shuffle,
    "shuffle_down": shuffle_down,
    "shuffle_warp": shuffle_warp,
    "shuffle_warp_down": shuffle_warp_down,
    "ballot": ballot,
    "count_bits": lambda bits: int(bits).bit_count(),
    **{code: _conversion(code) for code in COMPUTED},
    **{name: function for code in MEMORY for name, function in _access(code).items()},
}
_CALLED = ("block_", "repeat_", "rows_")
_UNUSED = {"call_kernel", "call_pack", "math", "stream_bytes", "streamed", *strips.NAMESPACE}
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
        _here.launch, _here.block, _here.barrier = shared, cuda.blockIdx.x, cuda.syncthreads
        _here.block_size, _here.grid_size = size, grid
        for _here.thread in (cuda.threadIdx.x,) if together else range(size):
            _here.own, _here.kept = Ranges(), []
            if together:
                _here.group, _here.warp = (
                    shared.group(_here.block, _here.thread, size) for size in (GROUP, WARP)
                )
            with np.errstate(all="ignore"):
                kernel(*args)

    try:
        cuda.jit(thread)[grid, size if together else 1](*arguments)
    finally:
        shared.end()
