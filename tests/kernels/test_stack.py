"""What kernels take of a thread's stack has a bound, whatever they compute, and each page of it is
touched in its turn.
"""

from __future__ import annotations

import functools
import platform
import re
from collections.abc import Callable

import pytest
from spaces import Builder, assert_same, filled
from test_vectorised import assembly

from ngrad_kernels import cpu
from ngrad_kernels.body import Body
from ngrad_kernels.scratch import SLOTS, STACK, share_of
from ngrad_kernels.space import Operand, Reduce, Space, Step

MOST = 72 << 10
"""Bytes: of a reduction of complex numbers, or `STACK` and what registers are spilled to."""


def frames(text: str) -> int:
    """The bytes that the functions of an assembly take, at once or page by page up to a place."""
    return sum(map(int, re.findall(r"sub\w*\s+\$(\d+), %r(?:sp|11)", text)))


def views(count: int, code: str, *reductions: tuple[str, str]) -> Space:
    """A sum of so many views, and reductions of that."""
    steps: list[Step | Reduce] = [Step("add", (0, 1), code)]
    steps += [Step("add", (count + k, k + 2), code) for k in range(count - 2)]
    total = 2 * count - 2
    steps += [Reduce(name, total, axis, code) for name, axis in reductions]  # type: ignore[arg-type]
    inputs = (Operand(code, "view"),) * count
    return Space(inputs, tuple(steps), tuple(total + k for k in range(1 + len(reductions))))


def chain(count: int) -> Space:
    """Long scalars that wait for one another, and extremes of them all."""
    b = Builder(("f8", "element"))
    values = [0]
    for _ in range(count):
        values.append(b.step("tanh", values[-1], code="f8"))
    return b.space(values[-1], *(b.reduce("max", k, code="f8") for k in values))


def streamed(count: int) -> Space:
    """Results of complex numbers that go past the caches."""
    b = Builder(("c16", "element"))
    return b.space(*(b.step("add", 0, 0, code="c16") for _ in range(count)))


def repeated(count: int) -> Space:
    """Values of rows, for each of their elements."""
    b = Builder(("f8", "element"), *[("f8", "row")] * count)
    total = 0
    for k in range(count):
        total = b.step("add", total, k + 1, code="f8")
    return b.space(total, b.reduce("sum", total, code="f8"))


def reduction(form: str, code: str) -> Body:
    return Body(form, (code,), (), (0,), "sum", code)  # type: ignore[arg-type]


SPACES: dict[str, Callable[[], Space]] = {
    "a view": functools.partial(views, 2, "f4"),
    "views": functools.partial(views, 40, "f4"),
    "views of complex numbers": functools.partial(views, 40, "c16"),
    "rows of views": functools.partial(views, 40, "f8", ("max", "row")),
    "columns of views": functools.partial(views, 20, "f8", ("sum", "row"), ("sum", "column")),
    "what waits": functools.partial(chain, 20),
    "what is streamed": functools.partial(streamed, 20),
    "what is repeated": functools.partial(repeated, 30),
}


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly")
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("make", SPACES.values(), ids=SPACES)
def test_what_a_space_takes(make: Callable[[], Space], several: bool) -> None:
    assert frames(assembly(make(), several)) <= MOST


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly")
@pytest.mark.parametrize("code", ["f4", "f8", "c16"])
@pytest.mark.parametrize("form", ["rows", "columns", "scan"])
def test_what_a_reduction_takes(form: str, code: str) -> None:
    assert frames(assembly(reduction(form, code))) <= MOST


@pytest.mark.parametrize("rows, length, span", [(3 * SLOTS + 5, 33, 1), (40, 129, 2), (2, 3000, 1)])
@pytest.mark.parametrize("name", ["views", "rows of views", "what waits", "what is streamed"])
def test_memory_that_a_launch_brings(name: str, rows: int, length: int, span: int) -> None:
    """The bits are those of steps that run one by one, however many items have a slot in common;
    nothing is written beside it.
    """
    space = SPACES[name]()
    assert cpu.brought_to(space, length) > STACK
    assert_same(filled(space, rows, length, span, length))


def test_a_launch_has_at_most_so_many_slots() -> None:
    for items in (1, SLOTS - 1, SLOTS, SLOTS + 1, 10 * SLOTS - 1, 1000 * SLOTS + 1):
        assert -(-items // share_of(items)) <= min(items, SLOTS)
