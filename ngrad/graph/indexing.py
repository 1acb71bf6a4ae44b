"""How values lie in a space of rows and columns, told from shapes alone."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from ngrad.graph.graph import Node

Pattern = Literal["element", "row", "column", "one", "view"]
Axis = Literal["row", "column"]


class Split(NamedTuple):
    """A space: so many rows of so many columns. A flat one has one row."""

    rows: int
    length: int

    @property
    def size(self) -> int:
        return self.rows * self.length


class Frame(NamedTuple):
    """A range of the columns of a flat space."""

    offset: int
    extent: int


def pattern(own: tuple[int, ...], shape: tuple[int, ...]) -> tuple[Pattern, Split | None]:
    """How a shape broadcasts to another, and the space in which that is by rows or by columns.

    Examples
    --------
    >>> pattern((8, 1), (8, 3)), pattern((3,), (8, 3))
    (('row', Split(rows=8, length=3)), ('column', Split(rows=8, length=3)))
    >>> pattern((), (8, 3)), pattern((8, 3), (8, 3)), pattern((2, 1, 3), (2, 8, 3))
    (('one', None), ('element', None), ('view', None))
    """
    size = math.prod(own)
    if size == math.prod(shape):
        return "element", None
    if size == 1:
        return "one", None
    padded = (1,) * (len(shape) - len(own)) + own
    present = [m > 1 for m, n in zip(padded, shape, strict=True) if n > 1]
    rest = math.prod(shape) // size
    count = sum(present)
    if all(present[:count]):
        return "row", Split(size, rest)
    if all(present[len(present) - count :]):
        return "column", Split(rest, size)
    return "view", None


def reduction_split(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[Axis, Split] | None:
    """The space in which a reduction is one over whole rows, or whole columns, if there is one."""
    telling = [k for k, n in enumerate(shape) if n != 1]
    reduced = [k for k in telling if k in axes]
    length = math.prod(shape[k] for k in reduced)
    rest = math.prod(shape) // max(length, 1)
    if length <= 1 or rest == 0:
        return None
    if telling[len(telling) - len(reduced) :] == reduced:
        return "row", Split(rest, length)
    if telling[: len(reduced)] == reduced:
        return "column", Split(length, rest)
    return None


def embed_frame(shape: tuple[int, ...], slices: tuple[tuple[int, int, int], ...]) -> Frame | None:
    """Where a slice lies, if it is one range of the elements in order.

    Examples
    --------
    >>> embed_frame((1, 5, 2), ((0, 1, 1), (3, 1, 2), (0, 1, 2)))
    Frame(offset=6, extent=4)
    """
    first = next((k for k, n in enumerate(shape) if n != 1), len(shape) - 1)
    if first < 0:
        return Frame(0, 1)
    start, step, count = slices[first]
    later = shape[first + 1 :]
    if (step != 1 and count > 1) or slices[first + 1 :] != tuple((0, 1, n) for n in later):
        return None
    block = math.prod(later)
    return Frame(start * block, count * block)


def concat_frames(nodes: list[Node], axis: int) -> tuple[Frame, ...] | None:
    """Where each of the parts of a concatenation lies, if each is one range of elements."""
    if any(n != 1 for n in nodes[0].spec.shape[:axis]):
        return None
    frames, offset = [], 0
    for node in nodes:
        frames.append(Frame(offset, node.spec.size))
        offset += node.spec.size
    return tuple(frames)
