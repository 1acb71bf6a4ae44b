"""CUDA's kernels on Numba's simulator, in this process's memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from composed import Array, same_bits
from launches import Launch

from ngrad_kernels import cpu
from ngrad_kernels.body import Body
from ngrad_kernels.cuda import doubles
from ngrad_kernels.cuda.render import render
from ngrad_kernels.cuda.render_space import render_space
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.space import Space


def owner(x: Array) -> Array:
    """The array that has a view's memory."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


class Simulated:
    """Where kernels run: on the simulator, on a grid of so many blocks of so many threads."""

    def __init__(self, grid: int, size: int) -> None:
        self.grid, self.size = grid, size

    @staticmethod
    def fetch() -> int:
        """The word of a space's facts that says how views are read: by the kernel itself."""
        return 0

    @contextmanager
    def memory(self, arrays: Sequence[Array]) -> Iterator[None]:
        owners = {x.ctypes.data: x.nbytes for x in map(owner, arrays) if x.nbytes}
        for address, nbytes in owners.items():
            doubles.register(address, nbytes)
        try:
            yield
        finally:
            for address in owners:
                doubles.forget(address)

    def launch(
        self, kernel: Body | Space, facts: Array, n: int, grain: int, addresses: Sequence[int]
    ) -> None:
        source = render(kernel) if isinstance(kernel, Body) else render_space(kernel)
        self.run(source, facts.ctypes.data, n, addresses)

    def run(self, source: Source, facts: int, n: int, addresses: Sequence[int]) -> None:
        missing = [0] * (source.operands - len(addresses))
        arguments = (facts, n, *addresses, *missing)
        doubles.launch(source.name, source.text, self.grid, self.size, arguments)


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
