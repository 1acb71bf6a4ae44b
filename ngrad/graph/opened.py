"""`opened`: what two structures have in common that differ in sizes alone: one with open sizes.

A program that is run at many sizes records the same calls each time, for other shapes. Where two
recordings have the same ops over the same slots, a size of a leaf that differs is open. What
differs in params has to follow from open sizes: it is looked for among the sizes of values that
were there before, by both numbers, and what is found so is a guess: whoever takes the result for a
third structure has to compare (`forms.py`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

from ngrad.devices import HOST
from ngrad.graph.dims import Dim, Sizes
from ngrad.graph.entries import CONSTANT_OF, LEAF, PART_OF, SCALAR, Entry, marker
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import USERS, Call

PARTS = range(2, 9)
"""Of slices whose step is not 1, and of what is split."""
MOST = 32
"""Open sizes of a structure, of which each makes it less likely that it holds for many."""
Known = tuple[tuple[int, Layout], ...]
Place = tuple[Any, ...]
"""A slot; "shape" or "strides" of its layout, or "params"; and where in these."""


def number_at(entries: Sequence[Entry], place: Place) -> Any:
    """What stands at a place; an IndexError or a TypeError if nothing does."""
    slot, kind, *path = place
    call = entries[slot][0]
    found = call.params if kind == "params" else getattr(call.spec, kind)
    for k in path:
        found = found[k]
    return found


class Different(Exception):
    """Two structures differ in more than sizes, or in sizes that do not follow from those of
    leaves.
    """


def _pairs(one: Sequence[Any], two: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """The items of both, side by side: axes of a reduction, say, of which both have as many."""
    if len(one) != len(two):
        raise Different(f"{one!r} and {two!r}")
    return zip(one, two, strict=True)


class Opened:
    """The entries of two structures, of which `values` says what of the second is known, with open
    sizes, which are at hand as the second has them.

    Attributes
    ----------
    sizes : Sizes
    places : list of Place
        From where each open size is read.
    entries : tuple of Entry
    known : tuple of (slot, Layout)

    Raises
    ------
    Different
    """

    def __init__(
        self, first: Sequence[Entry], second: Sequence[Entry], before: Known, known: Known
    ) -> None:
        self.sizes = Sizes(strict=True)
        self.places: list[Place] = []
        shapes = [
            (slot, one.params[0], two.params[0])
            for slot, ((one, *_), (two, *_)) in enumerate(zip(first, second, strict=True))
            if two.op.name == "reshape" and one.params != two.params
        ]
        self._shapes = [(slot, x, y) for slot, x, y in shapes if len(x) == len(y)]
        self._found: dict[tuple[int, int], Any] = {}  # by its numbers in both
        calls: list[Call] = []
        for slot, ((one, *_), (two, *slots)) in enumerate(zip(first, second, strict=True)):
            calls.append(self._call(slot, one, two, [calls[k] for k in slots]))
        self.entries: tuple[Entry, ...] = tuple(
            [(call, *entry[1:]) for call, entry in zip(calls, second, strict=True)]
        )
        if not self.places:
            raise Different("nothing is open")
        pairs = zip(before, known, strict=True)
        self.known = tuple(
            [
                (slot, two if one is two else self._lying(calls[slot].spec.shape, one, two))
                for (slot, one), (_, two) in pairs
            ]
        )

    def _call(self, slot: int, one: Call, two: Call, operands: list[Call]) -> Call:
        if one is two and not any(call.open for call in operands):
            return two
        op, params, specs = two.op, two.params, two.specs
        if op.family in USERS or op is CONSTANT_OF or specs[0].device is not HOST:
            raise Different(f"{one!r} and {two!r}")
        if op is LEAF or op is SCALAR:
            return marker(op, params, self._leaf(slot, one.spec, two.spec))
        if op is PART_OF:
            return marker(op, params, operands[0].specs[params[0]])
        found = op.call(self._same(one.params, params), tuple([call.spec for call in operands]))
        for (x, y), spec in zip(_pairs(one.specs, specs), found.specs, strict=True):
            self._know(x, y, spec)
        return found

    def _leaf(self, slot: int, one: Layout, two: Layout) -> Layout:
        if one is two:
            return two
        if one.dtype is not two.dtype or one.ndim != two.ndim:
            raise Different(f"{one!r} and {two!r}")
        shape: list[Any] = []
        for axis, (x, y) in enumerate(zip(one.shape, two.shape, strict=True)):
            known = x == y or (x, y) in self._found
            parts = None if known else self._product(x, y)
            shape.append(self._read((slot, "shape", axis), x, y) if parts is None else parts)
        strides = zip(one.strides, two.strides, strict=True)
        if not two.contiguous:  # a part of what is wider
            for axis, (x, y) in enumerate(strides):
                try:
                    self._same(x, y)
                except Different:
                    self._read((slot, "strides", axis), x, y)
        where = self._lying(tuple(shape), one, two)
        self._know(one, two, where)
        return where

    def _read(self, place: Place, one: int, two: int) -> Any:
        """A number of both: if it differs, and was not there before, an open size."""
        if one == two:
            return two
        size = self._found.get((one, two))
        if size is None:
            if len(self.places) >= MOST:
                raise Different("more sizes than are likely to come again")
            size = self._found[one, two] = self.sizes.size(two)
            self.places.append(place)
        return size

    def _product(self, one: int, two: int) -> Any:
        """The size of a leaf that was seen in another shape where it was given, and is seen in a
        third by what is recorded: the product of sizes that this has.
        """
        for slot, x, y in self._shapes:
            for i, j in itertools.combinations(range(len(y) + 1), 2):
                several = j - i > 1 and 1 not in (*x[i:j], *y[i:j])
                if several and math.prod(x[i:j]) == one and math.prod(y[i:j]) == two:
                    places = [(slot, "params", 0, k) for k in range(i, j)]
                    return math.prod(map(self._read, places, x[i:j], y[i:j]))
        return None

    def _lying(self, shape: tuple[Any, ...], one: Layout, two: Layout) -> Layout:
        """A shape in memory, as both lie."""
        if one.contiguous != two.contiguous:
            raise Different(f"{one!r} and {two!r}")
        strides = None if two.contiguous else self._same(one.strides, two.strides)
        return layout(two.dtype, shape, strides, two.device)

    def _know(self, one: Layout, two: Layout, spec: Layout) -> None:
        """Sizes that later params may follow from."""
        before, known, sizes = [(*where.shape, where.size) for where in (one, two, spec)]
        for (x, y), size in zip(_pairs(before, known), sizes, strict=True):
            if (self.sizes.value(size.terms) if isinstance(size, Dim) else size) != y:
                raise Different(f"{spec!r} is not {two!r}")
            if x != y:
                self._found.setdefault((x, y), size)

    def _same(self, one: Any, two: Any) -> Any:
        """Params that are alike, but for numbers that follow from open sizes."""
        if type(one) is not type(two):
            raise Different(f"{one!r} and {two!r}")
        if isinstance(two, tuple):
            parts = [self._same(x, y) for x, y in _pairs(one, two)]
            return type(two)(parts) if type(two) is tuple else type(two)(*parts)
        if type(two) is int and one != two:
            return self._size(one, two)
        if one is not two and one != two:
            raise Different(f"{one!r} and {two!r}")
        return two

    def _size(self, one: int, two: int) -> Any:
        """What gives these two numbers for the sizes of both: one of them, a multiple of it and
        more, or a part of it.
        """
        found = self._found.get((one, two))
        if found is not None:
            return found
        for (x, y), size in self._found.items():
            by, rest = divmod(two - one, y - x)
            if not rest:
                return size * by + (two - y * by)
        for (x, y), size in self._found.items():
            for by in PARTS:
                if (x // by, y // by) == (one, two):
                    return size // by
                if (-(-x // by), -(-y // by)) == (one, two):
                    return (size + (by - 1)) // by
        raise Different(f"{one} and {two} do not follow from sizes")
