"""A second device on the CPU: memory of its own, which no kernel of another device may touch."""

from __future__ import annotations

import bisect
import ctypes
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ngrad import devices
from ngrad.dtypes import BY_CODE
from ngrad.graph.layout import layout
from ngrad.ops.matrices import array_at
from ngrad_kernels import cpu
from ngrad_kernels.memory import Pool, System
from ngrad_kernels.product import Matrices, Prepared, Product, Windowed
from ngrad_kernels.words import Step, unpacked


class Known(System):
    """The host's memory, and which of it is this device's."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[tuple[int, int]] = []

    def allocate(self, size: int) -> int:
        address = super().allocate(size)
        bisect.insort(self.blocks, (address, size))
        return address

    def free(self, address: int) -> None:
        del self.blocks[bisect.bisect_left(self.blocks, (address, 0))]
        super().free(address)


class SecondTarget:
    """The CPU's kernels. What they read and write must be this device's."""

    halves = False

    def __init__(self) -> None:
        self.libraries = self
        self.source = Known()
        self.pool = Pool(source=self.source)
        self.counts: Counter[str] = Counter()
        self.calls: list[Callable[..., None]] = []  # of libraries; their numbers are negative

    def __getattr__(self, name: str) -> Any:
        return getattr(cpu, name)

    def _require_ours(self, address: int) -> None:
        blocks = self.source.blocks
        at = bisect.bisect_right(blocks, (address, 1 << 62)) - 1
        assert at >= 0, f"{address:#x} is no address of this device"
        start, size = blocks[at]
        assert address < start + size, f"{address:#x} is no address of this device"

    def launch(self, kernel: int, facts: int, n: int, grain: int, addresses: Sequence[int]) -> None:
        self.launch_all([(kernel, facts, n, grain, addresses)])

    def launch_all(self, works: Sequence[cpu.Work]) -> None:
        for _, _, n, _, addresses in works:
            self.counts["launches"] += 1
            for address in addresses if n else ():
                if address:
                    self._require_ours(address)
        cpu.launch_all([work for work in works if work[0] >= 0])
        for kernel, _, _, _, addresses in works:
            if kernel < 0:
                self.calls[-1 - kernel](*addresses)

    def in_a_row(self, launches: Iterable[Step]) -> Callable[[bytes], None]:
        steps = list(launches)

        def run(registers: bytes) -> None:
            held = unpacked(registers)
            for *work, operands in steps:
                self.launch(*work, [held[which] + more for which, more in operands])

        return run

    def product(self, work: Product) -> Prepared:
        self.calls.append(_product(work))
        return Prepared(-len(self.calls), 0, 1, 1, None)

    def windows(self, work: Windowed) -> None:
        """It knows none, as a GPU's."""

    def routine(self, name: str, code: str, words: Sequence[int]) -> None:
        """It has no library."""

    def stream_number(self) -> int:
        return 1

    def hand_over(self, stream: int | None) -> None:
        self.counts["handed over"] += 1

    def lend(self, buffer: Any) -> None:
        self.counts["lent"] += 1

    def copy_in(self, address: int, source: int, nbytes: int) -> None:
        self._require_ours(address)
        self.counts["in"] += 1
        ctypes.memmove(address, source, nbytes)

    def copy_out(self, target: int, address: int, nbytes: int) -> None:
        self._require_ours(address)
        self.counts["out"] += 1
        ctypes.memmove(target, address, nbytes)


def _product(work: Product) -> Callable[..., None]:
    """A matrix product as the CPU has it; of what its BLAS does not take, by NumPy."""
    dtype, prepared = BY_CODE[work.code], cpu.libraries.product(work)
    if prepared is not None:
        return lambda *addresses: cpu.launch(*prepared[:4], addresses)

    def reader(rows: int, columns: int, lies: Matrices | None = None) -> Callable[[int], Any]:
        strides = None if lies is None else (*lies.batch, lies.down, lies.across)
        return array_at(layout(dtype, (*work.batch, rows, columns), strides))

    read_x = reader(work.rows, work.depth, work.x)
    read_y = reader(work.depth, work.columns, work.y)
    write = reader(work.rows, work.columns)

    def call(x: int, y: int, out: int) -> None:
        with np.errstate(all="ignore"):
            np.matmul(read_x(x), read_y(y), write(out))

    return call


def second() -> devices.Device:
    """The device; one for the process."""
    found = devices.opened.get("cuda:7")
    if found is None:
        found = devices.opened["cuda:7"] = devices.Device("cuda", 7, SecondTarget())
    return found
