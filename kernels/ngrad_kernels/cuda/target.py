"""A GPU as a target: kernels loaded and launched on this thread's stream, memory from its pool.

Nothing here waits for the device but `copy_out`, `synchronize`, and `facts` the first time.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from ngrad_kernels import cache
from ngrad_kernels.apart import reduces_both
from ngrad_kernels.body import Body
from ngrad_kernels.cuda import skeletons
from ngrad_kernels.cuda.driver import MOST_PARAMETERS, Driver
from ngrad_kernels.cuda.errors import CudaError
from ngrad_kernels.cuda.keeping import elements_kept
from ngrad_kernels.cuda.libraries import Libraries
from ngrad_kernels.cuda.memory import DevicePool, SharedBuffer
from ngrad_kernels.cuda.render import render
from ngrad_kernels.cuda.render_space import render_space
from ngrad_kernels.cuda.rows import Function, Launch
from ngrad_kernels.cuda.skeletons import CARRIED
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.cuda.staging import Staging
from ngrad_kernels.cuda.streams import Streams
from ngrad_kernels.memory import Buffer
from ngrad_kernels.skeletons import CALLED
from ngrad_kernels.space import Space
from ngrad_kernels.target import Columns, Work
from ngrad_kernels.words import Step, packed, unpacked

MOST_CARRIED = 4 * CARRIED
"""Bytes from the host up to which they go with launches."""
SINGLE = 1024
"""Launches by themselves that are kept, to come again over other memory."""
Build = Callable[[Source], Sequence[Any]]
"""A kernel's source to what the driver loads: of these, the first that spills least."""


class CudaTarget:
    """A GPU.

    Parameters
    ----------
    name : str
        "cuda:0".
    driver : Driver
    build : callable
        Makes what the driver loads of a kernel's source.

    Attributes
    ----------
    name : str
    driver : Driver
    streams : Streams
    pool : DevicePool
    staging : Staging
    libraries : Libraries
    """

    def __init__(self, name: str, driver: Driver, build: Build) -> None:
        self.name = name
        self.driver = driver
        self.streams = Streams(driver)
        self.pool = DevicePool(name, driver, self.streams)
        self.staging = Staging(name, driver)
        self.libraries = Libraries(self, driver.library)
        self._build = build
        self._single = functools.lru_cache(SINGLE)(self._new_single)
        self._kernels: list[tuple[Function, Source]] = []
        self._numbers: dict[Hashable, int] = {}

    def __repr__(self) -> str:
        return f"<{self.name}: {self.driver.properties.name}>"

    @property
    def counters(self) -> Counter[str]:
        """What the driver was asked for so far, as `driver.COUNTED` names it."""
        return Counter(self.driver.counters)

    # -- kernels -----------------------------------------------------------------------------------

    def load(self, key: Hashable, source: Callable[[], Source]) -> int:
        """The number of the kernel under a key, whose source is asked for the first time. Numbers
        begin at 1.
        """
        number = self._numbers.get(key)
        if number is not None:
            return number
        with cache.lock():
            if key not in self._numbers:
                kernel = source()
                words = kernel.operands + 2
                if words > MOST_PARAMETERS:
                    raise CudaError(
                        f"{kernel.name}: a launch has at most {MOST_PARAMETERS} words, not {words}"
                    )
                threads = kernel.threads
                if not kernel.exact:
                    threads = min(threads, self.driver.properties.threads)
                functions: list[Function] = []
                for image in self._build(kernel):
                    functions.append(self.driver.load(kernel.name, words, image, threads))
                    if not functions[-1].spilled:
                        break
                best = min(functions, key=lambda function: function.spilled)
                self._kernels.append((best, kernel))
                self._numbers[key] = len(self._kernels)
            return self._numbers[key]

    def kernel_of(self, body: Body | Space, views: bool = False, length: int = 0) -> int:
        if isinstance(body, Space):
            key = body, elements_kept(body, length)
            return self.load(key, lambda: render_space(body, length))
        return self.load((body, views), lambda: render(body, views))

    def brought_to(self, space: Space, length: int) -> int:
        return 0  # a thread has an element at a time

    def columns_of(self, space: Space, length: int) -> Columns:
        if not reduces_both(space):
            return "blocks"
        return "slabs" if elements_kept(space, length) else "apart"

    def strided_map(self, body: Body) -> tuple[int, int]:
        return self.kernel_of(body, views=True), 1

    def skeleton(self, name: str) -> int:
        if name in CALLED:  # kernels find a view's elements themselves, if there is one
            return 1
        return self.load(name, lambda: skeletons.skeleton(name))

    def typed(self, name: str, code: str) -> int:
        return self.load((name, code), lambda: skeletons.typed(name, code))

    def scatter_parts(self, rows: int, count: int, width: int) -> tuple[int, int]:
        return 1, 1  # the kernel shares the rows among the threads that it has

    def sampler(self, sampler: str, code: str, each: bool = False) -> int:
        key = (sampler, code, "each") if each else (sampler, code)
        return self.load(key, lambda: skeletons.sampler(sampler, code, each))

    # -- launching ---------------------------------------------------------------------------------

    def facts(self, words: Sequence[int]) -> tuple[int, Any]:
        source = np.array(words, np.int64)
        buffer = self.pool.take(source.nbytes)
        buffer.users = self.streams.all  # every thread may launch with them
        self.copy_in(buffer.address, source.ctypes.data, source.nbytes)
        self.synchronize()  # once, so that no launch has to ask whether they are there
        return buffer.address, buffer

    def use(self, buffers: Iterable[Buffer]) -> None:
        self.pool.use(buffers)

    def launch(self, kernel: int, facts: int, n: int, grain: int, addresses: Sequence[int]) -> None:
        if n <= 0:
            return
        if kernel < 0:
            self.libraries.run(kernel, facts, addresses)
            return
        row = self._single(kernel, facts, n, len(addresses))
        self.driver.launch(row, self.streams.ready().handle, packed((0, *addresses)))

    def _new_single(self, kernel: int, facts: int, n: int, operands: int) -> Any:
        places = [(k + 1, 0) for k in range(operands)]
        return self.driver.row([self._launch(kernel, facts, n, 1, places)])

    def in_a_row(self, launches: Iterable[Step]) -> Callable[[bytes], None]:
        parts: list[Callable[[bytes], None]] = []
        there = [each for each in launches if each[2] > 0]
        for foreign, part in itertools.groupby(there, lambda each: each[0] < 0):
            parts.append((self._libraries_row if foreign else self._row)(list(part)))
        if len(parts) == 1:
            return parts[0]

        def run(registers: bytes) -> None:
            for part in parts:
                part(registers)

        return run

    def _row(self, steps: list[Step]) -> Callable[[bytes], None]:
        row = self.driver.row([self._launch(*each) for each in steps])
        launch, ready = self.driver.launch, self.streams.ready

        def run(registers: bytes) -> None:
            launch(row, ready().handle, registers)

        return run

    def _launch(
        self, kernel: int, facts: int, n: int, grain: int, operands: Sequence[tuple[int, int]]
    ) -> Launch:
        function, source = self._kernels[kernel - 1]
        words = len(operands) + 2
        if words > function.words:
            raise CudaError(f"{function.name}: takes {function.words} words, not {words}")
        # Kernels take any grid; so each says how many blocks beyond those that run at the same time
        # are worth their beginning.
        grid = min(-(-n * source.width // function.threads), function.blocks * source.waves)
        return Launch(function, grid, facts, n, operands)

    def _libraries_row(self, steps: list[Step]) -> Callable[[bytes], None]:
        call = self.libraries.run

        def run(registers: bytes) -> None:
            held = unpacked(registers)
            for routine, facts, _, _, operands in steps:
                call(routine, facts, [held[which] + offset for which, offset in operands])

        return run

    def run_user(self, run: Callable[[Any, list[Any]], object], arrays: Sequence[Any]) -> None:
        self.driver.run_user(run, arrays, self.streams.ready().handle)

    def launch_all(self, works: Sequence[Work]) -> None:
        for work in works:
            self.launch(*work)

    def capture(self, run: Callable[[], object]) -> Callable[[], None]:
        own = self.streams.ready()
        own.begin_capture()
        try:
            run()
        except BaseException:
            with contextlib.suppress(CudaError):  # that the capture is broken too
                own.end_capture()
            raise
        graph, held = own.end_capture()
        alone = threading.Lock()  # the driver wants one thread at a time at a graph

        def replay(keep: Any = (run, held)) -> None:
            with alone:
                stream = self.streams.ready()
                if stream is own:
                    self.driver.replay(graph, stream.handle)
                    return
                stream.follow(own)  # the graph's memory is that stream's
                try:
                    self.driver.replay(graph, stream.handle)
                finally:  # what it follows before new work has this in it
                    own.after.add(stream)

        return replay

    # -- memory ------------------------------------------------------------------------------------

    def copy_in(self, target: int, source: int, nbytes: int) -> None:
        stream = self.streams.ready()
        if nbytes > MOST_CARRIED or stream.capture is not None:
            self.staging.copy_in(stream, target, source, nbytes)
            return
        # A few numbers go with a launch: a copy would need pinned memory, and an event to have it
        # back.
        kernel = self.skeleton("carry")
        words = (ctypes.c_int64 * (MOST_CARRIED // 8))()
        ctypes.memmove(words, source, nbytes)
        for at in range(0, nbytes, CARRIED):
            size = min(CARRIED, nbytes - at)
            self.launch(kernel, 0, size, 1, (target + at, *words[at // 8 : (at + CARRIED) // 8]))

    def copy_out(self, target: int, source: int, nbytes: int) -> None:
        self.staging.copy_out(self.streams.ready(), target, source, nbytes)

    def copy(self, target: int, source: int, nbytes: int) -> None:
        if nbytes:
            self.driver.copy(target, source, nbytes, self.streams.ready().handle)

    def stream_number(self) -> int:
        return self.driver.library_stream(self.streams.ready().handle)

    def share(self, address: int, nbytes: int, owner: Any) -> Buffer:
        self.staging.land(self.streams.ready())
        return SharedBuffer(address, nbytes, owner, self.streams, self.staging)

    def take_over(self, stream: int | None) -> None:
        self.streams.ready().take_over(stream)

    def hand_over(self, stream: int | None) -> None:
        self.streams.ready().hand_over(stream)

    def lend(self, buffer: Any) -> None:
        self.streams.default.lend(buffer)

    def synchronize(self) -> None:
        self.driver.synchronize(self.streams.ready().handle)
