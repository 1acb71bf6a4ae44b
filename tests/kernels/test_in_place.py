"""Which inputs of a space its outputs take the place of, with the same bits."""

from __future__ import annotations

from typing import Any

import pytest
import test_space as programs
from spaces import Builder, assert_same, filled

from ngrad_kernels.contract import CHUNK, ROWS
from ngrad_kernels.in_place import in_place
from ngrad_kernels.space import Space


def doubled(*kinds: tuple[Any, ...]) -> Space:
    """The first input twice, with the others behind it."""
    b = Builder(*kinds)
    return b.space(b.step("add", 0, 0, code=kinds[0][0]))


def sums(*axes: str) -> Space:
    b = Builder(("f4", "element"))
    return b.space(b.step("exp", 0), *(b.reduce("sum", 0, axis) for axis in axes))


def picked() -> Space:
    b = Builder(("f4", "element"), ("i8", "row"))
    return b.space(b.step("exp", 0), b.step("pick", 0, 1))


def crossed() -> Space:
    """Two outputs, the wide one first, of inputs in the other order."""
    b = Builder(("f4", "element"), ("f8", "element"))
    return b.space(b.step("cast", 0, code="f8"), b.step("cast", 1, code="f4"))


SPACES: list[tuple[str, Space, tuple[tuple[int, int], ...]]] = [
    ("one", doubled(("f4", "element")), ((0, 0),)),
    ("as wide", doubled(("f4", "view"), ("i4", "element")), ((1, 0),)),
    ("wider", doubled(("f4", "view"), ("f8", "element")), ()),
    *((kind, doubled(("f4", kind)), ()) for kind in ("view", "row", "column", "one")),
    ("crossed", crossed(), ((1, 0), (0, 1))),
    ("rows", sums("row"), ((0, 0),)),
    ("columns", sums("column"), ((0, 0),)),
    ("both", sums("row", "column"), ((0, 0),)),
    ("picked", picked(), ()),
    ("rows by index", doubled(("f4", "rows", 0, 1), ("i8", "index")), ()),
    ("a view by index", doubled(("f4", "view", 0, 1), ("i8", "index")), ()),
    ("passed over again", programs.softmax(), ()),
]


@pytest.mark.parametrize(("name", "space", "over"), SPACES, ids=[row[0] for row in SPACES])
def test_what_is_written_over(name: str, space: Space, over: tuple[tuple[int, int], ...]) -> None:
    found = in_place(space, range(len(space.inputs)))
    assert found.over == over
    assert in_place(space, ()).over == ()
    if over:
        assert_same(filled(found, 3, 1100, ROWS, 1100))


@pytest.mark.parametrize("length", [0, 1, 1025, 40_000])
def test_what_several_loops_read(length: int) -> None:
    """The second long scalar needs what the loop of the first has written over."""
    b = Builder(("f4", "element"), ("f4", "element"))
    t = b.step("tanh", 0)
    late = b.step("exp", b.step("multiply", b.step("tanh", b.step("add", t, 1)), 0))
    space = in_place(b.space(t, late, b.reduce("max", 0), b.reduce("sum", 1)), (0, 1))
    assert space.over == ((0, 0), (1, 1))
    assert_same(filled(space, 1, length, 1, CHUNK))
