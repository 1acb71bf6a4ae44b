"""Where there is no memory for a result, the error names the op, the dtypes and shapes, and what to
do: of what runs where it is called on that line, of what was deferred by the plan's op.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from second import second

import ngrad
import ngrad.numpy as ours
from ngrad.errors import OutOfMemory
from ngrad_kernels.memory import pool

MOST, N = 1 << 22, 1 << 11  # bytes that there are; a matrix has four times as many
X = np.ones((N, 1), np.float32)


def one(x: Any) -> Any:
    return ngrad.matmul(x, ngrad.transpose(x))


def several(x: Any) -> Any:
    return ngrad.matmul(ngrad.exp(one(x)), x)


CALLS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a product": (lambda x: ngrad.eval(one(x)), r"matmul\(float32\[2048, 1\]"),
    "an elementwise op": (lambda x: ngrad.eval(x + ngrad.transpose(x)), r"add\(float32\[2048, 1\]"),
    "a row program": (lambda x: ngrad.eval(ngrad.nn.softmax(x - x[:, 0])), "2048, 2048"),
    "what fails in the middle": (lambda x: ngrad.eval(several(x)), r"matmul\(float32\[2048, 1\]"),
    "a function": (lambda x: ngrad.eval(ngrad.function(several)(x)), r"matmul\(float32\[2048, 1\]"),
    "a gradient": (
        lambda x: ngrad.eval(ngrad.grad(lambda y: ngrad.reduce_sum(several(y)))(x)),
        r"matmul\(float32\[2048, 1\]",
    ),
    "a function of NumPy's": (
        lambda x: ngrad.eval(ours.kron(ours.asarray(x), ours.ones((1, N)))._read()),
        r"multiply\(|matmul\(",
    ),
    "NumPy's values": (lambda x: ours.arange(1 << 20), r"arange: .*float.*|arange: .*int64"),
    "values": (lambda x: ngrad.constant(np.ones((N, N))), "constant: .*float64 of shape"),
    "a draw": (lambda x: ngrad.eval(ngrad.random.normal((N, N))), r"random_normal\("),
    "NumPy's draw": (lambda x: ours.random.default_rng(1).random((N, N)), "random: .*float64"),
    "a factor": (lambda x: ngrad.linalg.inv(ngrad.eye(N)), r"eye\(\)|inv\(float32\[2048, 2048\]"),
    "an order": (lambda x: ngrad.eval(ngrad.sort(x - ngrad.transpose(x))), "2048"),
}


@pytest.fixture(params=["cpu", "cuda:7"])
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    """A device whose memory is nearly used up."""
    own = pool if request.param == "cpu" else second().pool
    own.release()
    own.limit = own.stats().live_bytes + MOST
    try:
        yield request.param
    finally:
        own.limit = None


@pytest.mark.parametrize("eager", [False, True], ids=["deferred", "eager"])
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore:.*has no form")
def test_an_error_says_for_whom_there_is_no_memory(name: str, eager: bool, device: str) -> None:
    program, who = CALLS[name]
    before = ngrad.config.eager()
    ngrad.config.set_eager(eager)
    try:
        with ngrad.device(device):
            x = ngrad.constant(X)
            with pytest.raises(OutOfMemory) as caught:
                program(x)
    finally:
        ngrad.config.set_eager(before)
    first = str(caught.value).splitlines()[0]
    assert re.search(who, first), first
    assert first.count("cannot allocate") == 1 and "raise the limit" in first


def test_a_plan_says_which_of_its_ops_makes_most() -> None:
    """One that runs as a whole, of sizes that were open too."""

    @ngrad.function(input_signature=[ngrad.TensorSpec([None, 1])])
    def f(x: Any) -> Any:
        return ngrad.exp(x) + 1.0, ngrad.matmul(x, ngrad.transpose(x))

    f(X[:4])
    ngrad.config.release_memory()
    ngrad.config.set_memory_limit(ngrad.config.memory_stats().live_bytes + MOST)
    try:
        with pytest.raises(OutOfMemory, match=r"matmul.*cannot allocate float32 of shape \(2048, "):
            ngrad.eval(f(X))
    finally:
        ngrad.config.set_memory_limit(None)
