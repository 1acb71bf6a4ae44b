"""The code that talks to the CUDA driver: the only one, and nothing else.

`Driver` says what a device is asked for; `CudaDriver` asks NVIDIA's driver through the bindings
that come with numba-cuda, `simulated.SimulatedDriver` does it on the host. Neither knows kernels'
sources, buffers or threads. Streams, events, functions and graphs are handles that only the driver
that made them understands.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from ngrad_kernels.cuda.errors import CudaError, driver_error
from ngrad_kernels.cuda.rows import Function, Launch, Row
from ngrad_kernels.cuda.source import THREADS
from ngrad_kernels.cuda.walker import NUMBER, REFUSED, ask, walk

MOST_PARAMETERS = 512
"""Parameters of a launch, each a word: 4 KiB, which is what every driver takes."""


class Properties(NamedTuple):
    """A device.

    Attributes
    ----------
    name : str
    capability : (int, int)
        Compute capability.
    memory : int
        Bytes of its memory.
    threads : int
        Threads a block that launches have.
    multiprocessors : int
    """

    name: str
    capability: tuple[int, int]
    memory: int
    threads: int
    multiprocessors: int


COUNTED = ("allocations", "launches", "copies", "replays", "waits", "synchronisations")
"""What is counted: allocations of memory (on the device, or pinned), launches, copies, replays of
graphs, waits of a stream for another, and of the host for a stream.
"""


class Driver(Protocol):
    """What a device is asked for. Whatever takes a stream is queued there and returns at once.

    Attributes
    ----------
    properties : Properties
    counters : dict
        How often each of `COUNTED` was asked for.
    """

    properties: Properties
    counters: dict[str, int]

    def allocate(self, size: int) -> int:
        """Device memory; MemoryError where there is too little."""

    def free(self, address: int) -> None:
        """Give device memory back that nothing queued uses."""

    def allocate_pinned(self, size: int) -> int:
        """Host memory that the device reads and writes directly."""

    def free_pinned(self, address: int) -> None:
        """Give such memory back."""

    def load(self, name: str, words: int, image: Any, threads: int) -> Function:
        """A kernel, of so many words of parameters, from its PTX (the simulator's: its source)."""

    def stream(self) -> Any:
        """A new stream, in order in itself and with no other."""

    def foreign(self, number: int | None) -> Any:
        """Another library's stream of a number; the default stream if that is None."""

    def event(self) -> Any:
        """A new event, for `record`."""

    def record(self, event: Any, stream: Any) -> None:
        """Have an event stand for all that is queued on a stream now."""

    def wait(self, stream: Any, event: Any) -> None:
        """Queue nothing else on a stream before what an event stands for is done."""

    def passed(self, event: Any) -> bool:
        """Whether what an event stands for is done."""

    def wait_for(self, event: Any) -> None:
        """Have the host wait until what an event stands for is done."""

    def synchronize(self, stream: Any) -> None:
        """Have the host wait until all that is queued on a stream is done."""

    def row(self, launches: Sequence[Launch]) -> Any:
        """Launches on end, to be launched as often as one likes. Operands that a kernel has beyond
        those that are given are 0.
        """

    def launch(self, row: Any, stream: Any, registers: bytes) -> None:
        """Run launches, over registers."""

    def run_user(
        self, run: Callable[[Any, list[Any]], object], arrays: Sequence[Any], stream: Any
    ) -> None:
        """Have a user's Python queue kernels of Numba's: `run(stream, arrays)`, with a stream and
        arrays as these take them, over device memory that `__array_interface__`s describe.
        """

    def copy_in(self, target: int, source: int, nbytes: int, stream: Any) -> None:
        """Copy pinned memory to the device."""

    def copy_out(self, target: int, source: int, nbytes: int, stream: Any) -> None:
        """Copy device memory to pinned memory."""

    def copy(self, target: int, source: int, nbytes: int, stream: Any) -> None:
        """Copy device memory to device memory, of whichever device."""

    def begin_capture(self, stream: Any) -> None:
        """Note what is queued on a stream from now on, instead of running it."""

    def end_capture(self, stream: Any) -> Any:
        """What was noted, as a graph."""

    def replay(self, graph: Any, stream: Any) -> None:
        """Run a graph. It is kept until it has run."""

    def library(self, name: str) -> Any:
        """The bindings of one of NVIDIA's libraries; None if they are not installed."""

    def library_stream(self, stream: Any) -> int:
        """A stream as libraries take it, which work on the thread's current device: this one, from
        now on.
        """


class CudaGraph:
    """An executable graph, which goes with its last holder."""

    __slots__ = ("_driver", "handle", "number")

    def __init__(self, driver: CudaDriver, handle: Any) -> None:
        self._driver = driver
        self.handle, self.number = handle, int(handle)

    def __del__(self) -> None:
        self._driver.destroy(self.handle)


_OCCUPANCY = "cuOccupancyMaxActiveBlocksPerMultiprocessor"


class CudaDriver:
    """A device, by NVIDIA's driver.

    Parameters
    ----------
    cu : module
        `cuda.bindings.driver`, initialised.
    ordinal : int
        Number of the device.
    """

    def __init__(self, cu: Any, ordinal: int) -> None:
        self._cu, self._ordinal = cu, ordinal
        self._context: Any = None
        self._local_size = cu.CUfunction_attribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES
        self._recent: deque[tuple[str, ...]] = deque(maxlen=8)  # names of what was launched last
        self.counters = dict.fromkeys(COUNTED, 0)
        (device,) = self._results(cu.cuDeviceGet(ordinal), "cuDeviceGet")
        self.properties = self._properties(device)
        self._entry, self._replay = (
            self._address(b"cuLaunchKernel"),
            self._address(b"cuGraphLaunch"),
        )
        # The primary context, which PyTorch, CuPy and Numba use too: their memory is ours to read.
        (self._context,) = self._results(
            cu.cuDevicePrimaryCtxRetain(device), "cuDevicePrimaryCtxRetain"
        )

    def _properties(self, device: Any) -> Properties:
        cu = self._cu

        def attribute(name: str) -> int:
            which = getattr(cu.CUdevice_attribute, f"CU_DEVICE_ATTRIBUTE_{name}")
            (value,) = self._results(cu.cuDeviceGetAttribute(which, device), name)
            return int(value)

        (name,) = self._results(cu.cuDeviceGetName(256, device), "cuDeviceGetName")
        (memory,) = self._results(cu.cuDeviceTotalMem(device), "cuDeviceTotalMem")
        return Properties(
            name.split(b"\0")[0].decode(),
            (attribute("COMPUTE_CAPABILITY_MAJOR"), attribute("COMPUTE_CAPABILITY_MINOR")),
            int(memory),
            THREADS,
            attribute("MULTIPROCESSOR_COUNT"),
        )

    def _address(self, name: bytes) -> int:
        """Where a function of the driver is, as it has been since CUDA 10: what is called most is
        called there, since a binding takes as long as the driver.
        """
        found, _ = self._results(self._cu.cuGetProcAddress(name, 10000, 0), "cuGetProcAddress")
        return int(found)

    def _results(self, answer: tuple[Any, ...], call: str) -> tuple[Any, ...]:
        status, *values = answer
        if status:
            raise self._error(status, call)
        return tuple(values)

    def _error(self, status: Any, call: str) -> CudaError:
        cu = self._cu
        names = [ask(status) for ask in (cu.cuGetErrorName, cu.cuGetErrorString)]
        name, text = (
            f"error {int(status)}" if failed or value is None else value.decode()
            for failed, value in names
        )
        recent = [kernel for names in self._recent for kernel in names]
        return driver_error(call, name, text, recent[-8:])

    def _ask(self, call: str, *arguments: Any) -> tuple[Any, ...]:
        """The results of a call, in this device's context, whichever the thread was in: other
        libraries change it.
        """
        self._enter()
        return self._results(getattr(self._cu, call)(*arguments), call)

    def _enter(self) -> None:
        self._results(self._cu.cuCtxSetCurrent(self._context), "cuCtxSetCurrent")

    # -- memory ------------------------------------------------------------------------------------

    def _memory(self, call: str, *arguments: Any) -> int:
        self.counters["allocations"] += 1
        cu = self._cu
        self._enter()
        status, address = getattr(cu, call)(*arguments)
        if status == cu.CUresult.CUDA_ERROR_OUT_OF_MEMORY:
            raise MemoryError
        self._results((status,), call)
        return int(address)

    def allocate(self, size: int) -> int:
        return self._memory("cuMemAlloc", size)

    def free(self, address: int) -> None:
        self._ask("cuMemFree", address)

    def allocate_pinned(self, size: int) -> int:
        return self._memory("cuMemHostAlloc", size, self._cu.CU_MEMHOSTALLOC_PORTABLE)

    def free_pinned(self, address: int) -> None:
        self._ask("cuMemFreeHost", address)

    # -- kernels -----------------------------------------------------------------------------------

    def load(self, name: str, words: int, image: Any, threads: int) -> Function:
        data = image if isinstance(image, bytes) else image.encode()
        try:
            (module,) = self._ask("cuModuleLoadData", data + b"\0")  # PTX is read as a C string
            (handle,) = self._ask("cuModuleGetFunction", module, name.encode())
            (resident,) = self._ask(_OCCUPANCY, handle, threads, 0)
            (local,) = self._ask("cuFuncGetAttribute", self._local_size, handle)
        except CudaError as error:
            raise CudaError(f"loading {name}: {error}", error.name) from None
        blocks = self.properties.multiprocessors * resident
        return Function(name, words, int(handle), module, blocks, threads, local)

    def row(self, launches: Sequence[Launch]) -> Row:
        return Row(launches, self._entry)

    def launch(self, row: Row, stream: Any, registers: bytes) -> None:
        # Every kernel comes through here. What is launched, and where, says its context; only a
        # thread that is in none, or in another's, is refused, and has it set.
        self.counters["launches"] += row.steps
        self._recent.append(row.names)
        if refused := walk(row.address, stream, registers):
            self._insist(row, stream, registers, refused & NUMBER)

    def _insist(self, row: Row, stream: Any, registers: bytes, first: int) -> None:
        """Launch what was refused, and what follows, in this device's context."""
        self._enter()
        row = self.row(row.launches[first:])
        if refused := walk(row.address, stream, registers):
            function, grid, *_ = row.launches[refused & NUMBER]
            asked = f"launching {function.name} as {grid} blocks of {function.threads}"
            raise self._error(self._cu.CUresult(refused >> REFUSED), asked)

    def run_user(
        self, run: Callable[[Any, list[Any]], object], arrays: Sequence[Any], stream: Any
    ) -> None:
        from ngrad_kernels.cuda.users import run_user  # with Numba's own driver

        run_user(run, arrays, stream, self._ordinal)

    # -- streams and events ------------------------------------------------------------------------

    def stream(self) -> Any:
        # A number, as libraries and the walker have it: other calls take it too.
        flags = self._cu.CUstream_flags.CU_STREAM_NON_BLOCKING
        return int(self._ask("cuStreamCreate", flags)[0])

    def foreign(self, number: int | None) -> Any:
        return 1 if number is None else number  # 1 is the default stream's

    def event(self) -> Any:
        return self._ask("cuEventCreate", self._cu.CUevent_flags.CU_EVENT_DISABLE_TIMING)[0]

    def record(self, event: Any, stream: Any) -> None:
        self._ask("cuEventRecord", event, stream)

    def wait(self, stream: Any, event: Any) -> None:
        self.counters["waits"] += 1
        self._ask("cuStreamWaitEvent", stream, event, 0)

    def passed(self, event: Any) -> bool:
        cu = self._cu
        self._enter()
        (status,) = cu.cuEventQuery(event)
        if status == cu.CUresult.CUDA_ERROR_NOT_READY:
            return False
        self._results((status,), "cuEventQuery")
        return True

    def wait_for(self, event: Any) -> None:
        self.counters["synchronisations"] += 1
        self._ask("cuEventSynchronize", event)

    def synchronize(self, stream: Any) -> None:
        self.counters["synchronisations"] += 1
        self._ask("cuStreamSynchronize", stream)

    # -- copies ------------------------------------------------------------------------------------

    def copy_in(self, target: int, source: int, nbytes: int, stream: Any) -> None:
        self.counters["copies"] += 1
        self._ask("cuMemcpyHtoDAsync", target, source, nbytes, stream)

    def copy_out(self, target: int, source: int, nbytes: int, stream: Any) -> None:
        self.counters["copies"] += 1
        self._ask("cuMemcpyDtoHAsync", target, source, nbytes, stream)

    def copy(self, target: int, source: int, nbytes: int, stream: Any) -> None:
        self.counters["copies"] += 1
        self._ask("cuMemcpyAsync", target, source, nbytes, stream)

    # -- graphs ------------------------------------------------------------------------------------

    def begin_capture(self, stream: Any) -> None:
        # Relaxed: other threads, and a pool that grows, go on as ever.
        mode = self._cu.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED
        self._ask("cuStreamBeginCapture", stream, mode)

    def end_capture(self, stream: Any) -> CudaGraph:
        (graph,) = self._ask("cuStreamEndCapture", stream)
        try:
            (handle,) = self._ask("cuGraphInstantiate", graph, 0)
        finally:
            self._ask("cuGraphDestroy", graph)
        return CudaGraph(self, handle)

    def replay(self, graph: CudaGraph, stream: Any) -> None:
        self.counters["replays"] += 1
        if ask(self._replay, graph.number, stream):  # in no context, or another's, as for `launch`
            self._ask("cuGraphLaunch", graph.handle, stream)

    def library(self, name: str) -> Any:
        try:
            return importlib.import_module(f"nvmath.bindings.{name}")
        except ImportError:
            return None

    def library_stream(self, stream: Any) -> int:
        self._enter()
        return int(stream)

    def destroy(self, handle: Any) -> None:
        """Let an executable graph go. At the end of a process the driver refuses: it has."""
        self._cu.cuCtxSetCurrent(self._context)
        self._cu.cuGraphExecDestroy(handle)
