"""Matrices of a batch, one after the other, by routines of LAPACK: which are called for each, and
what is kept of it, is told in words. So a kernel is compiled for a dtype, not for a factorisation.
"""

from __future__ import annotations

import ctypes
import functools
import math
from typing import NamedTuple

import numpy as np

from ngrad_kernels import few_rows
from ngrad_kernels.blas_library import LETTERS, lapack
from ngrad_kernels.codes import size_of
from ngrad_kernels.lapack_calls import has_threads, kernel, threads_for, view
from ngrad_kernels.product import Matrices, Prepared

MOST = 16
"""Words that a routine is called with. Those behind its arguments are the lengths of its flags, 1
each, which some compilers of Fortran expect there; who does not expect them takes no notice."""
GRAINS = 256
"""The most grains of a batch, each of which has memory of its own."""
READ = ("nothing", "lower", "upper", "all")
"""Which elements of a matrix are asked whether they are finite: LAPACK may never come to an end of
others. A matrix in which one is not is not taken."""

HEADER = 14
"""Words of facts before flags and numbers, behind which are steps, and how matrices lie."""
_KEPT, _PAIRS_KEPT = -1, -2
"""Steps that are no call, whose first word is the address of a routine."""

# An address is a word: how far behind the beginning of a grain's memory, or, less than 0, of facts.
_TEXT = f"""
def {{name}}(table, lo, hi):
    facts = table_at(table[0])
    rows, columns, down, across, read = facts[0], facts[1], facts[2], facts[3], facts[4]
    first, last, behind, info = facts[5], facts[6], facts[7], facts[8]
    get_threads, set_threads, held = facts[9], facts[10], facts[11]
    room = table[behind + 1] + lo // facts[12] * facts[13]
    view = table[0] + last * 8
    words = stack_words({MOST})
    given = table_at(words)
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
    for item in range(lo, hi):
        take(room, place(table[1], view, item), down, across, rows, columns)
        taken = True
        for j in range(columns if read != 0 else 0):
            low, high = j if read == 1 else 0, j + 1 if read == 2 else rows
            for i in range(low * {{parts}}, high * {{parts}}):
                part = reload_{{inner}}(room + j * rows * {{inner_size}}, i)
                taken &= part - part == 0
        at = first
        while taken and at < last:
            step = table[0] + at * 8
            if facts[at] == {_KEPT}:
                keep(table, step, room, item)
                at += 10
            elif facts[at] == {_PAIRS_KEPT}:
                keep_pairs(table, step, room, item)
                at += 5
            else:
                for k in range({MOST}):
                    word = facts[at + 1 + k]
                    given[k] = room + word if word >= 0 else table[0] - word
                store_i8(room + info, 0, i8(0))
                call_words(facts[at], words, {MOST})
                taken = reload_i8(room + info, 0) == 0
                at += {MOST} + 1
        store_i4(table[behind], item, i4(taken))
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
"""
_KEEPING = """
@helper()
def keep(table, step, room, item):
    words = table_at(step)
    target, rows, columns, parts = table[words[1]], words[2], words[3], words[4]
    source, down, across, aside, upper = room + words[5], words[6], words[7], words[8], words[9]
    at = item * rows * columns * parts
    for i in range(rows):
        for j in range(columns):
            for z in range(parts):
                value = {inner}(0)
                if j >= i or upper == 0:
                    value = reload_{inner}(source, i * down + j * across + z * aside)
                store_{part}(target, at, {part}(value))
                at += 1

@helper()
def keep_pairs(table, step, room, item):
    words = table_at(step)
    target, rows, imaginary, vectors = table[words[1]], words[2], room + words[3], room + words[4]
    for j in range(rows):
        sign = reload_{inner}(imaginary, j)
        first = j - 1 if sign < 0 else j
        for i in range(rows):
            at = 2 * ((item * rows + i) * rows + j)
            store_{part}(target, at, {part}(reload_{inner}(vectors, first * rows + i)))
            value = {inner}(0)
            if sign != 0:
                value = reload_{inner}(vectors, (first + 1) * rows + i)
            store_{part}(target, at + 1, {part}(-value if sign < 0 else value))
"""


class Given(NamedTuple):
    """Matrices that routines have one by one.

    Attributes
    ----------
    code, inner : str
        The dtypes of matrices, and of what is computed, whose parts have 8 bytes.
    batch : tuple of int
        Sizes of the batch axes.
    rows, columns : int
    matrix : Matrices
    """

    code: str
    inner: str
    batch: tuple[int, ...]
    rows: int
    columns: int
    matrix: Matrices

    @property
    def parts(self) -> int:
        """Of an element: two of a complex number."""
        return size_of(self.inner) // 8

    def named(self, name: str, of_complex: str = "") -> str:
        """What LAPACK calls a routine of their dtype; of complex ones it may be another."""
        return LETTERS[self.inner] + (of_complex or name if self.parts == 2 else name)


class Room(NamedTuple):
    """Memory of a grain, so many bytes behind where that begins."""

    offset: int

    def behind(self, words: int) -> Room:
        """What is so many words behind it."""
        return Room(self.offset + 8 * words)


class Asked(NamedTuple):
    """Elements of a dtype for a routine to work in, which says how many it wants: two arguments,
    that memory and its length.
    """

    code: str


Argument = str | int | Room | Asked
"""A flag, a number, or memory."""


class Steps:
    """What is done with each matrix, which lies in `taken` by columns.

    Parameters
    ----------
    read : str
        One of `READ`.
    columns : int
        How many there is memory for, if that is more than a matrix has.
    """

    def __init__(self, given: Given, read: str, columns: int = 0) -> None:
        self.given, self._read = given, READ.index(read)
        self._numbers, self._steps = [1], list[int]()
        self._bytes, self._results = 0, 0
        self.taken = self.room(given.rows * max(columns, given.columns))
        self._info = self.room(1, "i8")

    def room(self, elements: int, code: str = "") -> Room:
        """Memory for so many elements, of what is computed if no dtype is given."""
        here = Room(self._bytes)
        self._bytes += max(elements, 1) * size_of(code or self.given.inner)
        return here

    def call(self, name: str, *arguments: Argument) -> None:
        """Have a routine called. Its last argument, by which it says whether all went well, is not
        among those that are given.
        """
        lengths = iter(lengths_of(name, tuple([_told(x) for x in arguments])))
        words = []
        for x in arguments:
            if isinstance(x, Asked):
                length = next(lengths)
                words += [self.room(length, x.code).offset, self._number(length)]
            else:
                words.append(x.offset if isinstance(x, Room) else self._number(x))
        words.append(self._info.offset)
        words += [self._number(1)] * (MOST - len(words))
        self._steps += [lapack().routines[name], *words]

    def keep(
        self, result: int, rows: int, columns: int, source: Room, lead: int = 0, upper: bool = False
    ) -> None:
        """Have a result keep rows of what lies by columns, of that many elements or of `lead`; if
        it is upper triangular, with zeros below the diagonal.
        """
        parts = self.given.parts
        lies = parts, parts * (lead or rows), 1
        self._keep(result, rows, columns, parts, source.offset, *lies, int(upper))

    def keep_reals(self, result: int, count: int, source: Room) -> None:
        """Have a result keep numbers of 8 bytes."""
        self._keep(result, count, 1, 1, source.offset, 1, 0, 0, 0)

    def keep_complex(self, result: int, count: int, source: Room) -> None:
        """Have a result keep complex numbers: of real matrices, those whose real parts lie together
        before the imaginary ones.
        """
        down, aside = (2, 1) if self.given.parts == 2 else (1, count)
        self._keep(result, count, 1, 2, source.offset, down, 0, aside, 0)

    def keep_pairs(self, result: int, rows: int, values: Room, vectors: Room) -> None:
        """Have a result keep complex vectors of a real matrix, by its eigenvalues, as above: of a
        pair the real and the imaginary parts lie in a column each.
        """
        imaginary = values.offset + 8 * rows
        self._steps += [_PAIRS_KEPT, self._counted(result), rows, imaginary, vectors.offset]

    def _keep(self, result: int, *words: int) -> None:
        self._steps += [_KEPT, self._counted(result), *words]

    def _counted(self, result: int) -> int:
        self._results = max(self._results, result + 1)
        return 2 + result

    def _number(self, x: str | int) -> int:
        """The word for where facts have a flag or a number."""
        number = ord(x) if isinstance(x, str) else x
        if number not in self._numbers:
            self._numbers.append(number)
        return -8 * (HEADER + self._numbers.index(number))

    def launched(self, work: int) -> tuple[Prepared, int]:
        """What is launched, for so many multiply-adds each, with the addresses of matrices, of
        results in row-major order, of which matrices were taken, in int32, and of some room; and
        how many bytes that takes.
        """
        code, inner, batch, rows, columns, lies = self.given
        cube, count = rows * columns * min(rows, columns), math.prod(batch)
        grain = count if has_threads(cube) else max(few_rows.grain(work), -(-count // GRAINS))
        first = HEADER + len(self._numbers)
        facts = [rows, columns, lies.down, lies.across, self._read]
        facts += [first, first + len(self._steps), 2 + self._results, self._info.offset]
        facts += [*threads_for(cube), grain, self._bytes, *self._numbers, *self._steps]
        held = np.array([*facts, *view(size_of(code), batch, lies)], np.int64)
        address = kernel("lapack_steps", _KEEPING + _TEXT, code, inner)
        work_of = Prepared(address, held.ctypes.data, count, grain, held)
        return work_of, -(-count // grain) * self._bytes


def _told(x: Argument) -> str | int | Asked | None:
    """What a routine that is asked for lengths is told: it reads no memory."""
    return None if isinstance(x, Room) else x


@functools.lru_cache(1 << 10)
def lengths_of(name: str, told: tuple[str | int | Asked | None, ...]) -> list[int]:
    """How many elements a routine wants to work in, of each kind that it is asked for."""
    words = np.zeros((2 * len(told) + 2, 2), np.int64)  # an element each, or a number
    given, asked = list[int](), list[int]()
    for k, x in enumerate(told):
        element, number = words[2 * k], words[2 * k + 1]
        if isinstance(x, Asked):
            number[0] = -1
            asked.append(k)
            given.append(element.ctypes.data)
        elif x is not None:
            number[0] = ord(x) if isinstance(x, str) else x
        given.append(number.ctypes.data)
    words[-1] = 1
    given.append(words[-2].ctypes.data)
    given += [words[-1].ctypes.data] * (MOST - len(given))
    ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * MOST)(lapack().routines[name])(*given)
    elements = [words[2 * k] for k in asked]
    codes = [x.code for x in told if isinstance(x, Asked)]
    return [
        int(x[0]) & 0xFFFFFFFF if code == "i8" else int(x.view(np.float64)[0])
        for x, code in zip(elements, codes, strict=True)
    ]
