"""CUDA's kernels on Numba's simulator, in this process's memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from composed import Array, same_bits
from launches import Launch

from ngrad_kernels import cpu
from ngrad_kernels.apart import reduces_both
from ngrad_kernels.body import Body
from ngrad_kernels.cuda import doubled_memory, doubles
from ngrad_kernels.cuda.keeping import elements_kept
from ngrad_kernels.cuda.kept_long_rows import render_kept
from ngrad_kernels.cuda.render import render
from ngrad_kernels.cuda.render_space import render_space
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.space import LENGTH, Space
from ngrad_kernels.target import Columns


def owner(x: Array) -> Array:
    """The array that has a view's memory."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


class Simulated:
    """Where kernels run: on the simulator, on a grid of so many blocks of so many threads; whether
    warps keep what rows they can, however short.
    """

    def __init__(self, grid: int, size: int, keep: bool = False) -> None:
        self.grid, self.size, self.keep = grid, size, keep

    @staticmethod
    def fetch(name: str = "fetch") -> int:
        """The word of a space's facts that says how views are read: by the kernel itself."""
        return 0

    @staticmethod
    def brought_to(space: Space, length: int) -> int:
        """The bytes that a launch brings for each call of a space's kernel."""
        return 0

    def columns_of(self, space: Space, length: int) -> Columns:
        """How a space's columns are reduced: apart where `source` refuses them beside rows."""
        return "slabs" if self.keep and reduces_both(space) else "blocks"

    @contextmanager
    def memory(self, arrays: Sequence[Array]) -> Iterator[None]:
        owners = {x.ctypes.data: x.nbytes for x in map(owner, arrays) if x.nbytes}
        for address, nbytes in owners.items():
            doubled_memory.register(address, nbytes)
        try:
            yield
        finally:
            for address in owners:
                doubled_memory.forget(address)

    def launch(
        self, kernel: Body | Space, facts: Array, n: int, grain: int, addresses: Sequence[int]
    ) -> None:
        source = render(kernel) if isinstance(kernel, Body) else self.source(kernel, facts)
        self.run(source, facts.ctypes.data, n, addresses)

    def source(self, space: Space, facts: Array) -> Source:
        kept = elements_kept(space, int(facts[LENGTH])) if self.keep else 0
        return render_kept(space, kept) if kept else render_space(space)

    def run(self, source: Source, facts: int, n: int, addresses: Sequence[int]) -> None:
        missing = [0] * (source.operands - len(addresses))
        arguments = (facts, n, *addresses, *missing)
        size = source.threads if source.exact else self.size
        doubles.launch(source.name, source.text, self.grid, size, arguments)


def _copied(x: Array) -> Array:
    """A copy that lies as the original does."""
    whole = owner(x)
    offset = x.ctypes.data - whole.ctypes.data
    copy: Array = np.ndarray(x.shape, x.dtype, whole.copy(order="K"), offset, x.strides)
    return copy


def assert_same(launch: Launch, grid: int = 2, size: int = 32) -> None:
    """Both targets give the same bits, in every result."""
    first = len(launch.operands) - launch.results
    given, results = launch.operands[:first], launch.operands[first:]
    expected, found = ([_copied(x) for x in results] for _ in range(2))
    facts = np.array(launch.facts, np.int64)
    where = facts.ctypes.data if launch.facts else 0
    addresses = [x.ctypes.data for x in (*given, *expected)]
    cpu.launch(launch.kernel, where, launch.n, launch.grain, addresses)
    facts[list(launch.routines)] = facts[list(launch.routines)] != 0
    target = Simulated(grid, size)
    with target.memory([facts, *given, *found]):
        target.run(launch.source, where, launch.n, [x.ctypes.data for x in (*given, *found)])
    for k, (x, y) in enumerate(zip(found, expected, strict=True)):
        assert same_bits(x, y), f"{launch.what}: result {k}, {grid} blocks of {size} threads"
