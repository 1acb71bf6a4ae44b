"""How values lie in a space of rows and columns, told from shapes alone."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Pattern = Literal["element", "row", "column", "one", "view"]
Axis = Literal["row", "column"]


class Split(NamedTuple):
    """A space: so many rows of so many columns. A flat one has one row. The rows may be those of
    several panels, one behind the other: columns are then reduced within each.
    """

    rows: int
    length: int
    panels: int = 1

    @property
    def size(self) -> int:
        return self.rows * self.length

    @property
    def whole(self) -> Split:
        """The same rows and columns, as one panel."""
        return Split(self.rows, self.length)

    @property
    def height(self) -> int:
        """The rows of a panel."""
        return self.rows // self.panels

    @property
    def panel(self) -> int:
        """The elements of a panel."""
        return self.height * self.length


class Frame(NamedTuple):
    """A part of the rows of a space, and a range of its columns.

    Attributes
    ----------
    axes : tuple of (extent, first, count)
        Axes that together are the rows, from the slowest to the fastest, and of each the places
        that the part has: of a range of rows one, of the only row none.
    left, columns : int
    """

    axes: tuple[tuple[int, int, int], ...]
    left: int
    columns: int

    @property
    def extents(self) -> tuple[int, ...]:
        """The grid of the rows."""
        return tuple([extent for extent, _, _ in self.axes])

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what fills the frame."""
        return (*[count for _, _, count in self.axes], self.columns)

    @property
    def size(self) -> int:
        return math.prod(self.shape)


Box = tuple[tuple[int, int, int], ...]
"""A part of an array: for each axis where it begins, its step, and how many elements it has."""
NARROW = 64
"""Columns of the narrowest rows in which parts are placed: fewer take less than to begin a row."""

COMPONENTS = 8
"""Columns of the widest rows that are computed a column at a time (`components.py`)."""


def is_box_of(box: Box, shape: tuple[int, ...], part: tuple[int, ...]) -> bool:
    """Whether a box lies in a shape, and has this shape itself, as far as sizes are known.

    Examples
    --------
    >>> is_box_of(((4, 2, 2),), (7,), (2,)), is_box_of(((4, 2, 2),), (6,), (2,))
    (True, False)
    """
    if not len(box) == len(shape) == len(part):
        return False
    for (start, step, count), n, own in zip(box, shape, part, strict=True):
        if type(count) is type(own) is int and count != own:
            return False
        if all(type(k) is int for k in (start, step, count, n)) and count > 0:
            last = start + step * (count - 1)
            if not (0 <= start < n and 0 <= last < n):
                return False
    return True


def names_places(slices: Box, shape: tuple[int, ...]) -> bool:
    """Whether slices take one place of some axis that has several, as an index in a loop does.

    Examples
    --------
    >>> names_places(((4, 1, 1), (0, 1, 3)), (8, 3)), names_places(((1, 1, 7),), (8,))
    (True, False)
    """
    return any(
        type(count) is int and count == 1 and not (type(n) is int and n == 1)
        for (_, _, count), n in zip(slices, shape, strict=True)
    )


def lie_apart(one: Box, other: Box) -> bool:
    """Whether one box is behind the other along some axis, as blocks are that a loop goes through;
    of open sizes that is not known.

    Examples
    --------
    >>> lie_apart(((0, 1, 4),), ((4, 1, 4),)), lie_apart(((0, 1, 9),), ((1, 1, 9),))
    (True, False)
    """
    for (first, step, count), (start, pace, number) in zip(one, other, strict=True):
        if any(type(n) is not int for n in (first, step, count, start, pace, number)):
            continue
        last, end = first + step * (count - 1), start + pace * (number - 1)
        if max(first, last) < min(start, end) or max(start, end) < min(first, last):
            return True
    return False


def within(box: Box, slices: Box) -> tuple[Box, Box] | None:
    """What of a part is in a slice of the array that it is in: a slice of the part, and where that
    lies in the slice, of no elements if it is beside it; None if either has steps, or that depends
    on open sizes.

    Examples
    --------
    >>> within(((1, 1, 8), (0, 1, 5)), ((2, 1, 8), (0, 1, 5)))
    (((1, 1, 7), (0, 1, 5)), ((0, 1, 7), (0, 1, 5)))
    """
    own, place = [], []
    for (first, pace, number), (start, step, count) in zip(box, slices, strict=True):
        if any(type(n) is not int for n in (first, pace, number, start, step, count)):
            return None
        if (pace != 1 and number > 1) or (step != 1 and count > 1):
            return None
        begin, end = max(first, start), min(first + number, start + count)
        own.append((begin - first, 1, max(end - begin, 0)))
        place.append((begin - start, 1, max(end - begin, 0)))
    return tuple(own), tuple(place)


def pattern(own: tuple[int, ...], shape: tuple[int, ...]) -> tuple[Pattern, Split | None]:
    """How a shape broadcasts to another, and the space in which that is by rows or by columns; of a
    view the one whose rows it is the same along, if these are not short.

    Examples
    --------
    >>> pattern((8, 1), (8, 3)), pattern((3,), (8, 3))
    (('row', Split(rows=8, length=3, panels=1)), ('column', Split(rows=8, length=3, panels=1)))
    >>> pattern((), (8, 3)), pattern((8, 3), (8, 3)), pattern((2, 1, 3), (2, 8, 3))
    (('one', None), ('element', None), ('view', None))
    >>> pattern((3, 1), (2, 3, 100))
    ('view', Split(rows=6, length=100, panels=1))
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
    rows = math.prod(along(own, shape))
    return "view", in_rows(rows, math.prod(shape) // rows)


def in_rows(rows: int, length: int) -> Split | None:
    """The space of such rows, if they are not short."""
    return Split(rows, length) if length >= NARROW else None


def repeats(own: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a shape that broadcasts to another is the same along rows of that, not short ones.

    Examples
    --------
    >>> repeats((3, 1), (2, 3, 100)), repeats((3, 1), (3, 8)), repeats((100,), (3, 100))
    (True, False, False)
    """
    how, split = pattern(own, shape)
    return how in ("row", "view") and split is not None and split.length >= NARROW


def along(own: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape to which another broadcasts, but for its last axes, along which that is the same.

    Examples
    --------
    >>> along((3, 1), (2, 3, 100)), along((), (2, 3))
    ((2, 3, 1), (1, 1))
    """
    last = max([k for k, n in enumerate(own, len(shape) - len(own)) if n > 1], default=-1)
    return tuple([n if k <= last else 1 for k, n in enumerate(shape)])


def reduction_split(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[Axis, Split] | None:
    """The space in which a reduction is one over whole rows, or whole columns, perhaps those of
    panels, if there is one.

    Examples
    --------
    >>> reduction_split((2, 4, 8), (1, 2)), reduction_split((2, 4, 8), (0, 1))
    (('row', Split(rows=2, length=32, panels=1)), ('column', Split(rows=8, length=8, panels=1)))
    >>> reduction_split((2, 4, 8), (1,)), reduction_split((2, 4, 8), (0, 2))
    (('column', Split(rows=8, length=8, panels=2)), None)
    """
    telling = [k for k, n in enumerate(shape) if n != 1]
    reduced = [k for k in telling if k in axes]
    length = math.prod(shape[k] for k in reduced)
    rest = math.prod(shape) // max(length, 1)
    if length <= 1 or rest == 0:
        return None
    if telling[len(telling) - len(reduced) :] == reduced:
        return "row", Split(rest, length)
    outer = telling.index(reduced[0])
    if telling[outer : outer + len(reduced)] == reduced:
        panels = math.prod(shape[k] for k in telling[:outer])
        return "column", Split(panels * length, rest // panels, panels)
    return None


def _ranges(shape: tuple[int, ...], box: Box) -> list[tuple[int, int, int]] | None:
    """A part as ranges along as few axes as can be, of which each is its extent, the first place,
    and how many: one where it is one range of elements in order; None if it takes places apart.
    """
    found: list[tuple[int, int, int]] = []
    for n, (start, step, count) in reversed([*zip(shape, box, strict=True)]):
        if n == 1:
            continue
        if step != 1 and count > 1:
            return None
        extent, first, own = found[-1] if found else (0, 0, 0)
        if found and (own == extent or count == 1):
            found[-1] = n * extent, start * extent + first, (count - 1) * extent + own
        else:
            found.append((n, start, count))
    return found[::-1]


def frame_at(shape: tuple[int, ...], box: Box, cut: int) -> Frame | None:
    """Where a part lies in the space whose columns are the axes of an array from `cut` on, if that
    is a range of columns in some of the rows.

    Examples
    --------
    >>> frame_at((9, 5, 2), ((1, 1, 8), (3, 1, 2), (0, 1, 2)), 1)
    Frame(axes=((9, 1, 8),), left=6, columns=4)
    >>> frame_at((9, 5, 2), ((1, 1, 8), (3, 1, 2), (0, 1, 2)), 2)
    Frame(axes=((9, 1, 8), (5, 3, 2)), left=0, columns=2)
    """
    rows, columns = _ranges(shape[:cut], box[:cut]), _ranges(shape[cut:], box[cut:])
    if rows is None or columns is None or len(columns) > 1:
        return None
    _, left, count = columns[0] if columns else (1, 0, 1)
    return Frame(tuple(rows), left, count)


def _by_steps(shape: tuple[int, ...], boxes: list[Box]) -> tuple[tuple[int, ...], list[Box]]:
    """An array and its parts, in which an axis is two of which parts take one place in so many."""
    sizes: list[int] = []
    found: list[list[tuple[int, int, int]]] = [[] for _ in boxes]
    for n, *own in zip(shape, *boxes, strict=True):
        step = max([step for _, step, _ in own])
        if (
            step > 1
            and all(x[0] < step and x[1:] == (step, n // step) for x in own)
            and not n % step
        ):
            sizes += [n // step, step]
            parts = [[(0, 1, n // step), (start, 1, 1)] for start, _, _ in own]
        else:
            sizes.append(n)
            parts = [[x] for x in own]
        for box, part in zip(found, parts, strict=True):
            box += part
    return tuple(sizes), [tuple(box) for box in found]


def frames(shape: tuple[int, ...], boxes: list[Box]) -> dict[Split, tuple[Frame, ...]]:
    """Where parts of an array lie, by the spaces in which each is a range of columns in some of the
    rows; the flat one first, if it is among them. Every other row is half of each row of two.

    Examples
    --------
    >>> frames((100, 80), [((3, 1, 2), (0, 1, 80))])
    {Split(rows=1, length=8000, panels=1): (Frame(axes=(), left=240, columns=160),), \
Split(rows=100, length=80, panels=1): (Frame(axes=((100, 3, 2),), left=0, columns=80),)}
    >>> frames((100, 80), [((1, 2, 50), (0, 1, 80))])
    {Split(rows=50, length=160, panels=1): (Frame(axes=((50, 0, 50),), left=80, columns=80),), \
Split(rows=100, length=80, panels=1): (Frame(axes=((50, 0, 50), (2, 1, 1)), left=0, columns=80),)}
    """
    found: dict[Split, tuple[Frame, ...]] = {}
    shape, boxes = _by_steps(shape, boxes)
    for cut in range(max(len(shape), 1)):
        split = Split(math.prod(shape[:cut]), math.prod(shape[cut:]))
        placed = [frame_at(shape, box, cut) for box in boxes]
        if (split.rows == 1 or split.length >= NARROW) and None not in placed:
            found.setdefault(split, tuple([frame for frame in placed if frame is not None]))
    return found


def concat_boxes(shapes: list[tuple[int, ...]], axis: int) -> list[Box]:
    """The parts of a concatenation."""
    boxes, start = [], 0
    for shape in shapes:
        boxes.append(tuple([(start if k == axis else 0, 1, n) for k, n in enumerate(shape)]))
        start += shape[axis]
    return boxes
