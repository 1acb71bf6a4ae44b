"""The same program on two targets, the CPU and a GPU, with nothing but what `Target` says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pytest

from ngrad_kernels import cpu
from ngrad_kernels.body import Body, Step
from ngrad_kernels.contract import CHUNK
from ngrad_kernels.cuda.target import CudaTarget
from ngrad_kernels.space import Operand, Reduce, Space
from ngrad_kernels.space import Step as SpaceStep
from ngrad_kernels.space_facts import facts as space_facts
from ngrad_kernels.target import Target


class Launch(NamedTuple):
    """A launch over inputs and one result, for any target."""

    kernel: Callable[[Target], int]
    facts: Callable[[Target], Sequence[int]]
    n: int
    grain: int
    inputs: tuple[np.ndarray, ...]
    result: np.ndarray


FLOATS = np.linspace(-3, 3, 60, dtype=np.float32)
ADD = Body("map", ("f4", "f4"), (Step("add", (0, 1), "f4"),), (2,))
SUM = Body("rows", ("f4",), (), (0,), "sum", "f4")
SQUARES = Space(
    (Operand("f4", "element"),),
    (SpaceStep("multiply", (0, 0), "f4"), Reduce("sum", 1, "row", "f4")),
    (1, 2),
)
STATE = np.array([7, 1], np.uint64)


def _view(target: Target) -> list[int]:
    # (4, 15): a transposed view, and a contiguous one.
    _, first = target.strided_map(ADD)
    return [first, 2, 3, 4, 0, 9, 0, 0, 4, 4, 2, 4, 4, 15, 16]


LAUNCHES = {
    "map": Launch(
        lambda target: target.kernel_of(ADD),
        lambda target: (),
        60,
        CHUNK,
        (FLOATS, FLOATS[::-1] * 2),
        np.zeros(60, np.float32),
    ),
    "strided map": Launch(
        lambda target: target.strided_map(ADD)[0],
        _view,
        60,
        CHUNK,
        (FLOATS, FLOATS[::-1] * 2),
        np.zeros(60, np.float32),
    ),
    "rows": Launch(
        lambda target: target.kernel_of(SUM),
        lambda target: (0, 20, 1, 1, 0),
        3,
        CHUNK // 20,
        (FLOATS,),
        np.zeros(3, np.float32),
    ),
    "rows of a view": Launch(
        lambda target: target.kernel_of(SUM, views=True),
        lambda target: (0, 20, 1, 1, target.skeleton("fetch"), 4, 2, 3, 4, 20, 12),
        3,
        CHUNK // 20,
        (FLOATS,),
        np.zeros(3, np.float32),
    ),
    "fill": Launch(
        lambda target: target.skeleton("fill"),
        lambda target: (8,),
        50,
        CHUNK,
        (np.array([2.5]),),
        np.zeros(50),
    ),
    "take": Launch(
        lambda target: target.skeleton("take"),
        lambda target: (60, 3, 4, 1),
        3,
        CHUNK,
        (FLOATS, np.array([5, -1, 0])),
        np.zeros(3, np.float32),
    ),
    "scatter_add": Launch(
        lambda target: target.typed("scatter_add", "f4"),
        lambda target: (5, 20, 3, 1, 1, 1),
        1,
        1,
        (FLOATS, np.arange(20) % 5),
        np.zeros(15, np.float32),
    ),
    "slide": Launch(
        lambda target: target.typed("slide", "f4"),
        lambda target: (
            *(1, 1, 15, 1, 1, 16, 1, 1, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 3),
            *(2, 0, 1, 1, 1, 1, 2, 8),
        ),
        32,
        CHUNK,
        (FLOATS, FLOATS[:8]),
        np.zeros(64, np.float32),
    ),
    "fold": Launch(
        lambda target: target.typed("fold", "f4"),
        lambda target: (
            *(1, 1, 8, 1, 1, 3, 1, 1, 3, 1, 1, 2, 1, 1, 1, 2),
            *(72, 72, 72, 24, 24, 24, 8),
        ),
        16,
        CHUNK,
        (FLOATS[:36],),
        np.zeros(32, np.float32),
    ),
    "search": Launch(
        lambda target: target.typed("search", "f4"),
        lambda target: (30, 20, 1),
        40,
        CHUNK,
        (FLOATS, FLOATS[10:50]),
        np.zeros(40, np.int64),
    ),
    "interp": Launch(
        lambda target: target.typed("interp", "f4"),
        lambda target: (30, 28, 20),
        40,
        CHUNK,
        (FLOATS[10:50], FLOATS, FLOATS),
        np.zeros(40, np.float32),
    ),
    "sampler": Launch(
        lambda target: target.sampler("normal", "f4"),
        lambda target: (),
        50,
        CHUNK,
        (STATE,),
        np.zeros(50, np.float32),
    ),
}


def run(target: Target, launch: Launch) -> np.ndarray:
    """A launch's result: copied in, launched, copied out."""
    buffers = []
    for array in (*launch.inputs, launch.result):
        buffer = target.pool.take(array.nbytes)
        target.copy_in(buffer.address, array.ctypes.data, array.nbytes)
        buffers.append(buffer)
    words = np.array(launch.facts(target), np.int64)
    facts, _keep = target.facts(words) if words.size else (0, None)
    target.use(buffers)
    addresses = [buffer.address for buffer in buffers]
    target.launch(launch.kernel(target), facts, launch.n, launch.grain, addresses)
    result = np.empty_like(launch.result)
    target.copy_out(result.ctypes.data, buffers[-1].address, result.nbytes)
    return result


@pytest.mark.parametrize("what", LAUNCHES)
def test_same_bits(target: CudaTarget, what: str) -> None:
    launch = LAUNCHES[what]
    here, there = run(cpu, launch), run(target, launch)
    assert here.tobytes() == there.tobytes()
    assert here.tobytes() != launch.result.tobytes()


def test_a_space(target: CudaTarget) -> None:
    """Rows of squares, and their sums."""
    found = []
    for each in (cpu, target):
        words = space_facts(SQUARES, rows=3, length=20, span=3, tile=20)
        facts, _keep = each.facts(words)
        x, squares, sums = (each.pool.take(240) for _ in range(3))
        each.copy_in(x.address, FLOATS.ctypes.data, 240)
        addresses = (x.address, squares.address, sums.address, 0)
        each.launch_all([(each.kernel_of(SQUARES), facts, 1, 1, addresses)])
        results = np.zeros(60, np.float32), np.zeros(3, np.float32)
        for result, buffer in zip(results, (squares, sums), strict=True):
            each.copy_out(result.ctypes.data, buffer.address, result.nbytes)
        found.append(results)
    for here, there in zip(*found, strict=True):
        assert here.tobytes() == there.tobytes()
    np.testing.assert_allclose(found[0][1], (FLOATS.reshape(3, 20) ** 2).sum(1), rtol=1e-6)


def test_a_captured_run(target: CudaTarget) -> None:
    """On either target a captured run does, each time it is called, what it did."""
    for each in (cpu, target):
        x, total = each.pool.take(240), each.pool.take(240)
        each.copy_in(x.address, FLOATS.ctypes.data, 240)
        each.copy_in(total.address, FLOATS.ctypes.data, 240)
        kernel, addresses = each.kernel_of(ADD), (x.address, total.address, total.address)
        replay = each.capture(lambda: each.launch(kernel, 0, 60, CHUNK, addresses))  # noqa: B023
        replay()
        replay()
        each.synchronize()
        result = np.empty(60, np.float32)
        each.copy_out(result.ctypes.data, total.address, 240)
        assert (result == FLOATS + FLOATS + FLOATS).all()
