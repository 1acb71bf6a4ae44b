"""Spaces for tests: built value by value, and filled with data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from composed import Array, Case, Cpu, composed, dtype_of, fused, same_bits

from ngrad_kernels import threads
from ngrad_kernels.apart import apart
from ngrad_kernels.codes import part_of
from ngrad_kernels.space import Operand, Reduce, Space, Step

SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, 3e38, 88.9)


class Builder:
    """A space, value by value."""

    def __init__(self, *kinds: tuple[Any, ...]) -> None:
        self.inputs = tuple(Operand(*kind) for kind in kinds)
        self.steps: list[Step | Reduce] = []

    def _added(self, step: Step | Reduce) -> int:
        self.steps.append(step)
        return len(self.inputs) + len(self.steps) - 1

    def step(self, scalar: str, *operands: int, code: str = "f4", frame: int = 0) -> int:
        return self._added(Step(scalar, operands, code, frame))

    def reduce(self, reduction: str, operand: int, axis: Any = "row", code: str = "f4") -> int:
        return self._added(Reduce(reduction, operand, axis, code))

    def space(
        self, *outputs: int, axes: tuple[int, ...] = (), flat: bool = False, panels: bool = False
    ) -> Space:
        """`axes`: of each frame those of its rows; frames of as many have a grid in common."""
        grids = tuple(dict.fromkeys(axes))
        frames = tuple(map(grids.index, axes))
        steps = tuple(self.steps)
        return Space(self.inputs, steps, outputs, frames, grids, flat=flat, panels=panels)


# -- data ------------------------------------------------------------------------------------------


def numbers(rng: np.random.Generator, code: str, shape: tuple[int, ...], special: bool) -> Array:
    """Values of a dtype, with the difficult ones among them if wanted."""
    if code[0] == "c":
        real, imag = (numbers(rng, part_of(code), shape, special) for _ in range(2))
        x = np.empty(shape, code)
        x.real, x.imag = real, imag
        return x
    if code[0] == "f":
        x = rng.standard_normal(shape).astype(dtype_of(code))
        if special:
            chosen = rng.random(shape) < 0.05
            with np.errstate(over="ignore"):
                x = np.where(chosen, rng.choice(SPECIAL, shape).astype(x.dtype), x)
        return x
    if code == "b1":
        return rng.random(shape) < 0.5
    low = 0 if code[0] == "u" else -100
    return rng.integers(low, 100, shape).astype(code)


def _divisor(rng: np.random.Generator, n: int) -> int:
    """One of few, of which the number itself is often one."""
    return int(rng.choice([k for k in (1, 2, 3, 5, 16, 64, n) if n % max(k, 1) == 0 and k]))


def view_over(
    rng: np.random.Generator, code: str, rows: int, length: int, special: bool
) -> tuple[Array, tuple[int, ...]]:
    """Elements (row, column) somewhere in memory: a slice, a transpose, a broadcast along columns,
    or one along two axes of four; its words.
    """
    how = rng.integers(5)
    if how == 0:
        x = numbers(rng, code, (rows, length + 5), special)[:, 2 : 2 + length]
    elif how == 1:
        x = numbers(rng, code, (length, rows), special).T
    elif how == 2:
        x = np.broadcast_to(numbers(rng, code, (rows, 1), special), (rows, length))
    elif how == 3:
        x = numbers(rng, code, (rows, 2 * length), special)[:, ::-2]
    else:
        # Of a period that rows need not begin and end with.
        period = _divisor(rng, rows * length)
        height, twice = _divisor(rng, rows * length // period), _divisor(rng, period)
        apart = rows * length // period // height
        own = numbers(rng, code, (apart, 1, period // twice, 1), special)
        x = np.broadcast_to(own, (apart, height, period // twice, twice))
    pairs = [word for n, step in zip(x.shape, x.strides, strict=True) for word in (n, step)]
    return x, (x.itemsize, x.ndim, *pairs)


def rows_over(
    rng: np.random.Generator, code: str, width: int, special: bool
) -> tuple[Array, tuple[int, ...]]:
    """A few rows of a width, each in one run, somewhere in memory; the words of a view by index."""
    x = numbers(rng, code, (5, width + int(rng.integers(3))), special)[:, :width]
    x = (x, x[::-1], x[2:3])[rng.integers(3)]
    return x, (x.itemsize, width, len(x), x.strides[0])


def tables_over(
    rng: np.random.Generator, code: str, width: int, count: int, special: bool
) -> tuple[Array, tuple[int, ...], tuple[int, int, int]]:
    """A few tables of rows of a width; the words of a view by index that names so many rows; how
    many tables in a row have the same indices, and how many differ, and the indices of each.
    """
    sharing, own = _divisor(rng, count), 1
    own = _divisor(rng, count // sharing)
    different = count // sharing // own
    whole = sharing * different, 5 + int(rng.integers(2)), width + int(rng.integers(2))
    x = numbers(rng, code, whole, special)[:, :5, :width]
    words = x.itemsize, width, 5, x.strides[1], count, own, x.strides[0], sharing
    return x, words, (sharing, different, own)


def grid_of(rng: np.random.Generator, rows: int, axes: int) -> tuple[int, ...]:
    """The extents of so many axes that are the rows."""
    extents: list[int] = []
    for _ in range(axes - 1):
        extents.insert(0, _divisor(rng, rows) if rows else 1)
        rows //= extents[0]
    return (rows, *extents) if axes else ()


def part_of_range(rng: np.random.Generator, n: int) -> tuple[int, int]:
    """Where a part of so many begins, and how many it has."""
    first, end = sorted(int(k) for k in rng.integers(0, n + 1, 2))
    return first, end - first


def filled(
    space: Space,
    rows: int,
    length: int,
    span: int,
    tile: int,
    seed: int = 0,
    special: bool = True,
    panels: int = 1,
) -> Case:
    """A case with data drawn for a space; int64 of level row are columns, from either end. Rows by
    index are of as many elements as the space's, or as divide all of them. Rows are those of so
    many panels.
    """
    rng = np.random.default_rng(seed)
    grids = [grid_of(rng, rows, axes) for axes in space.grids]
    frames = []
    for grid in space.frames:
        left, count = part_of_range(rng, length)
        own = [(n, 0, 1) if space.flat else (n, *part_of_range(rng, n)) for n in grids[grid]]
        frames.append((tuple(own), left, count))
    inputs: list[Array] = []
    views = []
    indices = dict[int, Array]()
    for operand in space.inputs:
        if operand.index >= 0:
            width = max(length, 1)
            if operand.kind == "view":
                fits = [n for n in (1, 2, 3, 8, 16, width) if rows * length % n == 0]
                width = int(rng.choice(fits))
            count = rows * length // width
            if operand.kind == "row":
                count, width = rows, 1
            if operand.tables and count:
                x, words, parts = tables_over(rng, operand.code, width, count, special)
                views.append(words)
                indices[operand.index] = rng.integers(-5, 5, parts[1:])
                inputs.append(np.asarray(x, dtype_of(operand.code)))
                continue
            x, words = rows_over(rng, operand.code, width, special)
            views.append((*words, count, max(count, 1), 0, 1))
            indices[operand.index] = rng.integers(-len(x), len(x), count)
        elif operand.kind == "index":
            x = np.empty(0, np.int64)  # drawn with the view
        elif operand.kind == "view":
            x, words = view_over(rng, operand.code, rows, length, special)
            views.append(words)
        elif operand.kind == "row" and operand.code == "i8":
            x = rng.integers(-length, max(length, 1), rows)
        elif operand.kind == "padded":
            axes, _, columns = frames[operand.frame]
            counts = [count for _, _, count in axes]
            sizes = [n + int(rng.integers(3)) for n in (*counts[1:], columns)]
            x = numbers(rng, operand.code, (*counts[:1], *sizes), special)
            x = x[tuple([slice(n) for n in (*counts, columns)])]
        else:
            shape: dict[str, tuple[int, ...]] = {
                "element": (rows, length),
                "row": (rows,),
                "column": (length,),
                "one": (),
            }
            x = numbers(rng, operand.code, shape[operand.kind], special)
        inputs.append(np.asarray(x, dtype_of(operand.code)))
    for k, x in indices.items():
        inputs[k] = x
    given = tuple(inputs), tuple(frames), tuple(views)
    return Case(space, rows, length, span, tile, *given, panels=panels)


def assert_same(case: Case) -> None:
    expected = composed(case)
    for count, stream, behind in ((1, False, 16), (2, False, 0), (2, True, 16), (2, True, 0)):
        threads.use(count)
        found = fused(case, stream=stream, behind=behind)
        for k, (x, y) in enumerate(zip(found, expected, strict=True)):
            where = f"output {k}, {count} threads, {case.cut}, {case.space.text()}"
            assert same_bits(x, y), f"{where}, streamed: {stream}, {behind} bytes behind a line"


def assert_apart(case: Case, target: Any = Cpu) -> None:
    """A space's rows and columns by two kernels, the second of which reads what the first found."""
    space = replace(case.space, over=())
    parts = apart(space)
    first = fused(replace(case, space=parts.first), target)
    inputs = (*case.inputs, *first[len(parts.firsts) :])
    second = fused(replace(case, space=parts.second, inputs=inputs), target)
    found = dict(zip(parts.firsts, first, strict=False)) | dict(
        zip(parts.seconds, second, strict=True)
    )
    for k, whole in enumerate(fused(replace(case, space=space))):
        assert same_bits(found[k], whole), f"output {k}, {case.cut}, {space.text()}"
