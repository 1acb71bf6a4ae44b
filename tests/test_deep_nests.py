"""Lists in lists in lists: whoever is given one that is too deep says so, whatever the stack."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad.errors import NestError
from ngrad.graph.layout import AXES

KINDS = {
    "list": "[x]",
    "tuple": "(x,)",
    "dict": "{'a': x}",
    "OrderedDict": "collections.OrderedDict(a=x)",
    "namedtuple": "NT(x)",
    "list in itself": "x",
}
CALLS = (
    "np.block(x)", "np.array(x)", "np.zeros(x)", "np.full(2, x)", "np.zeros(2, dtype=x)",
    "np.ones(2) + x", "np.ones(2)[x]", "np.ones(2).reshape(x)", "np.sum(np.ones(2), axis=x)",
    "np.concatenate([x, x])", "np.random.default_rng(x)", "np.random.default_rng(1).normal(size=x)",
    "ngrad.constant(x)", "ngrad.ones(x)", "ngrad.stack([x, x])", "ngrad.eval(x)",
    "ngrad.function(lambda y: 1.0)(x)", "ngrad.function(lambda: x)()",
    "ngrad.grad(lambda y: 1.0)(x)", "ngrad.GradientTape().gradient(ngrad.constant(1.0), x)",
    "ngrad.vectorized_map(lambda y: y, x)", "ngrad.while_loop(lambda y: False, lambda y: y, x)",
)  # fmt: skip
PROGRAM = """
import collections, threading
import ngrad, ngrad.numpy as np

NT = collections.namedtuple("NT", "a")

def called():
    for depth in (70, 900, 100_000):
        for kind, call in {cases}:
            x = 1.0
            if kind == "x":
                x = []
                x.append(x)
            else:
                wrap = eval(f"lambda x: {{kind}}")
                for _ in range(depth):
                    x = wrap(x)
            try:
                eval(call, {{"np": np, "ngrad": ngrad, "x": x}})
            except (ValueError, TypeError, IndexError, RecursionError):
                continue

size = {size}
if size:
    threading.stack_size(size)
thread = threading.Thread(target=called)
thread.start()
thread.join()
print("done")
"""


@pytest.mark.parametrize("size", [0, 1 << 17], ids=["a stack as ever", "128 KiB"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_nest_ends_the_process(kind: str, size: int) -> None:
    program = PROGRAM.format(cases=[(KINDS[kind], call) for call in CALLS], size=size)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def nested(depth: int) -> Any:
    x: Any = 1.0
    for _ in range(depth):
        x = [x]
    return x


def test_a_nest_that_is_too_deep_is_named() -> None:
    for call, who in (
        (lambda x: ngrad.function(lambda y: 1.0)(x), "function"),
        (lambda x: ngrad.eval(x), "eval"),
        (ours.block, "block"),
    ):
        with pytest.raises(NestError, match=f"{who}: "):
            call(nested(2000))


def test_blocks_as_deep_as_arrays() -> None:
    assert ours.block(nested(AXES)).shape == (1,) * AXES
    with pytest.raises(NestError, match="block: an array has at most 64 axes"):
        ours.block(nested(AXES + 1))


@pytest.mark.parametrize("ndim", [3, 33, AXES])
def test_tiles_of_many_axes(ndim: int) -> None:
    x = np.arange(6.0).reshape(2, *(1,) * (ndim - 2), 3)
    times = (2, *(1,) * (ndim - 3), 3, 2)
    assert ours.tile(x, times).tolist() == np.tile(x, times).tolist()


@pytest.mark.parametrize("count", [2, 25, 26, 300])
def test_products_of_many_matrices(count: int) -> None:
    rng = np.random.default_rng(count)
    sizes = rng.integers(1, 5, count + 1)
    given = [rng.normal(size=pair) for pair in itertools.pairwise(sizes)]
    given[0], given[-1] = given[0][0], given[-1][:, 0]
    expected = given[0]
    for x in given[1:]:
        expected = expected @ x
    found = ours.linalg.multi_dot([*map(ours.array, given)])
    scale = np.prod([np.linalg.norm(x) for x in given])
    assert abs(float(found) - expected) <= 1e-13 * scale
    with pytest.raises(ValueError, match="multi_dot"):
        ours.linalg.multi_dot([*given[:-1], np.ones(9)])
