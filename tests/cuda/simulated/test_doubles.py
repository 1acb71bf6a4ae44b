"""What stands in for a GPU's threads and memory is as strict as a GPU."""

from __future__ import annotations

import numpy as np
import pytest
from simulator import Simulated

from ngrad_kernels import lanes, short_runs, slabs, streaming, strips
from ngrad_kernels.cuda import doubles, threads
from ngrad_kernels.cuda.source import Source


def run(body: str, x: np.ndarray, size: int = 32) -> None:
    text = f"def kernel(facts, n, a0):\n    {body}\n"
    target = Simulated(1, size)
    with target.memory([x]):
        target.run(Source("kernel", text, 1, 1), 0, x.size, [x.ctypes.data])


def test_names_are_those_of_the_gpu() -> None:
    """But for what only the CPU's kernels use."""
    unused = {"call_kernel", "call_pack", "math", "overlapped", "__builtins__"}
    for module in (lanes, short_runs, slabs, streaming, strips):
        unused.update(module.NAMESPACE)
    alone = ("block_", "columns_", "rows_", "repeat_")
    blocks = {name for name in threads.NAMESPACE if name.startswith(alone)}
    assert blocks & set(doubles.NAMESPACE) == {"block_id", "block_size"}
    numba = {"cuda"}  # which one module knows, and gives to what it compiles
    expected = set(threads.NAMESPACE) - unused - blocks | numba
    assert expected == set(doubles.NAMESPACE) - {"block_id", "block_size", "__builtins__"}


@pytest.mark.parametrize(
    "body, why",
    [
        ("load_i4(a0, n)", "not the device's"),
        ("load_i4(a0, -1)", "not the device's"),
        ("load4_i4(a0, n // 4)", "not the device's"),
        ("store_i4(a0 + 2, 0, i4(1))", "not aligned"),
        ("load4_i4(a0 + 4, 0)", "not aligned"),
        ("copy_bytes(a0, a0 + 4, 4 * n)", "not the device's"),
        ("table_at(stack_words(2))[2]", "not the device's"),
        ("store_i4(a0, 0, f4(1))", "stored as i4"),
    ],
)
def test_what_a_gpu_forbids_raises(body: str, why: str) -> None:
    with pytest.raises((MemoryError, TypeError), match=why):
        run(body, np.zeros(16, np.int32))


def test_groups_exchange_values() -> None:
    """Of 16 threads each, whatever the other groups do meanwhile."""
    x = np.zeros(64, np.int64)
    run("store_i8(a0, thread_id(), i8(shuffle(thread_id(), 3)))", x, 64)
    assert (x == np.arange(64) // 16 * 16 + 3).all()
    run("store_i8(a0, thread_id(), i8(shuffle_down(thread_id(), 4)))", x, 64)
    lane, first = np.arange(64) % 16, np.arange(64) // 16 * 16
    assert (x == first + np.where(lane < 12, lane + 4, lane)).all()
    run("store_i8(a0, thread_id(), i8(ballot(thread_id() % 16 < thread_id() // 16)))", x, 64)
    assert (x == 2 ** (np.arange(64) // 16) - 1).all()
    run("if thread_id() < 16: store_i8(a0, thread_id(), i8(shuffle(thread_id(), 0)))", x, 64)
    assert (x[:16] == 0).all()


def test_a_block_shares_memory() -> None:
    x = np.zeros(64, np.int64)
    body = """words = shared_words(64)
    store_i8(words, thread_id(), i8(thread_id()))
    barrier()
    store_i8(a0, thread_id(), reload_i8(words, 63 - thread_id()))"""
    run(body, x, 64)
    assert (x == np.arange(63, -1, -1)).all()


def test_an_error_of_one_thread_ends_the_launch() -> None:
    """Though others wait for it; and the next launch is none the worse."""
    body = "store_i8(a0, 99 if thread_id() == 5 else 0, i8(shuffle(1, 0)))"
    for _ in range(2):
        with pytest.raises(MemoryError):
            run(body, np.zeros(8, np.int64))
    test_groups_exchange_values()
