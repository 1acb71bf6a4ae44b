"""A `Space` run two ways over NumPy's memory: by its own kernel, and step by step by the kernels of
single operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ngrad_kernels import codes, cpu, space_facts
from ngrad_kernels.body import Body
from ngrad_kernels.body import Step as BodyStep
from ngrad_kernels.contract import BLOCK, CHUNK, LINE, ROWS, accumulator
from ngrad_kernels.scratch import SLOTS
from ngrad_kernels.space import LENGTH, STREAM, Reduce, Space, Step
from ngrad_kernels.target import Columns

Array = np.ndarray[Any, Any]
GUARD = 64  # bytes around what a kernel writes, which it must leave alone


@dataclass(frozen=True)
class Case:
    """A space with sizes, a cut into items, and inputs: for a view its words and an array that
    shows its elements, both over the memory of a third; for one by index its words and its rows.
    """

    space: Space
    rows: int
    length: int
    span: int
    tile: int
    inputs: tuple[Array, ...]
    frames: tuple[tuple[tuple[tuple[int, int, int], ...], int, int], ...] = ()
    views: tuple[tuple[int, ...], ...] = field(default=())
    panels: int = 1

    @property
    def cut(self) -> tuple[int, int, int, int, int]:
        return self.rows, self.length, self.span, self.tile, self.panels

    @property
    def height(self) -> int:
        """The rows of a panel."""
        return self.rows // self.panels

    @property
    def pitches(self) -> list[tuple[int, ...]]:
        operands = zip(self.space.inputs, self.inputs, strict=True)
        return [x.strides[:-1] for operand, x in operands if operand.kind == "padded"]

    def inside(self, frame: int) -> Array:
        """Which elements of the space a frame has."""
        axes, left, columns = self.frames[frame]
        inside = np.zeros((*[n for n, _, _ in axes], self.length), bool)
        rows = [slice(first, first + count) for _, first, count in axes]
        inside[(*rows, slice(left, left + columns))] = True
        return inside.reshape(self.rows, self.length)


def dtype_of(code: str) -> np.dtype[Any]:
    return codes.dtype_of("?" if code == "b1" else code)


class _Guarded:
    """Memory for a kernel to write, which begins so many bytes behind a line of the caches, with
    bytes around it that must stay.
    """

    def __init__(self, size: int, behind: int) -> None:
        memory = np.full(size + 2 * GUARD + 2 * LINE, 0xA5, np.uint8)
        first = (behind - GUARD - memory.ctypes.data) % LINE
        self.memory = memory[first : first + size + 2 * GUARD]
        self.size = size
        self.address = self.memory.ctypes.data + GUARD

    def array(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
        around = np.concatenate([self.memory[:GUARD], self.memory[GUARD + self.size :]])
        assert (around == 0xA5).all(), "a kernel wrote outside its operands"
        return self.memory[GUARD : GUARD + self.size].view(dtype).reshape(shape)


def _shape(case: Case, value: int) -> tuple[int, ...]:
    space, rows, length = case.space, case.rows, case.length
    step = space.reduction(value)
    if step is not None:
        return (case.panels * length,) if step.axis == "column" else (rows,)
    together = space.interleaved(value)
    if len(together) > 1:
        return rows, length, len(together)
    return {"one": (), "row": (rows,), "element": (rows, length)}[space.level_of(value)]


class Cpu:
    """Where kernels run: here, as compiled for this CPU."""

    @staticmethod
    def fetch(name: str = "fetch") -> int:
        """The word of a space's facts that says how views, or those by index, are read."""
        return cpu.skeleton(name)

    @staticmethod
    def brought_to(space: Space, length: int) -> int:
        """The bytes that a launch brings for each call of a space's kernel."""
        return cpu.brought_to(space, length)

    @staticmethod
    def columns_of(space: Space, length: int) -> Columns:
        """How a space's columns are reduced."""
        return cpu.columns_of(space, length)

    @staticmethod
    def memory(arrays: Sequence[Array]) -> AbstractContextManager[Any]:
        """Within it, kernels may use the memory of arrays."""
        return nullcontext()

    @staticmethod
    def launch(
        kernel: Body | Space, facts: Array, n: int, grain: int, addresses: Sequence[int]
    ) -> None:
        length = int(facts[LENGTH]) if isinstance(kernel, Space) else 0
        cpu.launch(cpu.kernel_of(kernel, length=length), facts.ctypes.data, n, grain, addresses)


def fused(case: Case, target: Any = Cpu, stream: bool = False, behind: int = 16) -> list[Array]:
    """The outputs as the space's kernel gives them, streamed past the caches or not, to memory that
    begins so many bytes behind a line of the caches.
    """
    space = case.space
    fetch, fetch_rows = map(target.fetch, ("fetch", "fetch_rows")) if case.views else (0, 0)
    count, slot = space_facts.items(*case.cut), target.brought_to(space, case.length)
    share = space_facts.share(space, *case.cut, bool(slot))
    lies = case.frames, case.pitches, case.views
    words = space_facts.facts(space, *case.cut, *lies, fetch, share, fetch_rows)
    facts = np.array(words, np.int64)
    facts[STREAM] = stream
    slabs = target.columns_of(space, case.length) == "slabs"
    folds = [
        fold._replace(facts=np.array(fold.facts, np.int64))
        for fold in space_facts.fold(space, *case.cut, slabs)
    ]
    shapes = [_shape(case, value) for value in space.outputs]
    kinds = [dtype_of(space.code_of(value)) for value in space.outputs]
    outputs = [
        _Guarded(int(np.prod(shape)) * kind.itemsize, behind)
        for shape, kind in zip(shapes, kinds, strict=True)
    ]
    inputs = list(case.inputs)
    for k, place in space.over:
        outputs[place].memory[GUARD:-GUARD] = inputs[k].view(np.uint8).reshape(-1)
        inputs[k] = outputs[place].memory[GUARD:-GUARD]
    partials = [
        _Guarded(size, behind) for size in space_facts.partial_bytes(space, *case.cut, slabs)
    ]
    brought = [_Guarded(min(count, SLOTS) * slot, behind)] if slot else []
    written = (*outputs, *partials, *brought)
    addresses = [*(x.ctypes.data for x in inputs), *(place.address for place in written)]
    read = (facts, *(fold.facts for fold in folds), *case.inputs)
    with target.memory([*read, *(place.memory for place in written)]):
        target.launch(space, facts, count, share, addresses)
        for fold in folds:
            given = partials[fold.partial].address
            operands = [given + fold.slabs, outputs[fold.output].address, given]
            target.launch(fold.body, fold.facts, fold.items, CHUNK, operands)
    for place in (*partials, *brought):
        place.array(np.dtype("u1"), (-1,))
    return [
        place.array(kind, shape) for place, kind, shape in zip(outputs, kinds, shapes, strict=True)
    ]


def composed(case: Case) -> list[Array]:
    """The outputs, each step run alone."""
    space = case.space
    values: list[Array] = [_loaded(case, k) for k in range(len(space.inputs))]
    for step in space.steps:
        if isinstance(step, Reduce):
            values.append(_reduced(case, step, values[step.operand]))
        else:
            values.append(_computed(case, step, values, len(values)))
    shapes = [_shape(case, value) for value in space.outputs]
    return [
        np.broadcast_to(values[value], shape)
        for value, shape in zip(space.outputs, shapes, strict=True)
    ]


def _loaded(case: Case, k: int) -> Array:
    operand, x = case.space.inputs[k], case.inputs[k]
    if operand.kind == "padded":
        whole = np.zeros((case.rows, case.length), x.dtype)
        whole[case.inside(operand.frame)] = x.reshape(-1)
        return whole
    if operand.index >= 0:
        shape = (case.rows,) if operand.kind == "row" else (case.rows, case.length)
        index = case.inputs[operand.index]
        if operand.tables and index.ndim == 2:  # of so many tables in a row the same
            of = np.arange(len(x))
            return x[of[:, None], index[of // (len(x) // len(index))]].reshape(shape)
        return x[index].reshape(shape)
    if operand.kind == "view":
        return x.reshape(case.rows, case.length)
    return x[None, :] if operand.kind == "column" else x


def _computed(case: Case, step: Step, values: list[Array], value: int) -> Array:
    level = case.space.level_of(value)
    shape = _shape(case, value)[:2]
    column = np.arange(case.length)
    if step.scalar == "inside":
        return case.inside(step.frame)
    operands = [values[k] for k in step.operands]
    if step.scalar == "pick":
        x, index = np.broadcast_to(operands[0], (case.rows, case.length)), operands[1]
        return np.take_along_axis(x, index[:, None] % max(case.length, 1), 1)[:, 0]
    lift = [
        x[:, None] if level == "element" and case.space.level_of(k) == "row" else x
        for k, x in zip(step.operands, operands, strict=True)
    ]
    if step.scalar == "interleave":
        return np.stack([np.broadcast_to(x, shape) for x in lift], -1)
    if step.scalar == "spread":
        hit = column == lift[0] % max(case.length, 1)
        with np.errstate(invalid="ignore"):  # a signalling NaN
            return np.where(hit, lift[1].dtype.type(0) + lift[1], lift[1].dtype.type(0))
    return _mapped(step, [np.ascontiguousarray(np.broadcast_to(x, shape)) for x in lift], shape)


def _mapped(step: Step, operands: list[Array], shape: tuple[int, ...]) -> Array:
    codes = tuple("b1" if x.dtype == bool else x.dtype.str[1:] for x in operands)
    numbers = tuple(range(len(codes)))
    body = Body("map", codes, (BodyStep(step.scalar, numbers, step.code),), (len(codes),))
    out = np.empty(shape, dtype_of(step.code))
    addresses = [x.ctypes.data for x in (*operands, out)]
    cpu.launch(cpu.kernel_of(body), 0, out.size, CHUNK, addresses)
    return out


def _reduced(case: Case, step: Reduce, operand: Array) -> Array:
    rows, length = case.rows, case.length
    lifted = operand[:, None] if operand.ndim == 1 else operand
    x = np.ascontiguousarray(np.broadcast_to(lifted, (rows, length)))
    code = case.space.code_of(step.operand)
    if step.axis == "row":
        body = Body("rows", (code,), (), (0,), step.reduction, step.code)
        chunks, width, count, extent = max(1, -(-length // CHUNK)), 1, rows, length
        items = rows * chunks
    else:
        body = Body("columns", (code,), (), (0,), step.reduction, step.code)
        extent, width, count = case.height, length, case.panels * length
        chunks = max(1, -(-extent // ROWS))
        items = case.panels * chunks * -(-length // BLOCK)
    out = np.empty(count, dtype_of(step.code))
    partial = np.empty(count * chunks, dtype_of(accumulator(code)))
    addresses = [x.ctypes.data, out.ctypes.data, partial.ctypes.data]
    kernel = cpu.kernel_of(body)
    facts = np.array([0, extent, chunks, width, 0], np.int64)
    cpu.launch(kernel, facts.ctypes.data, items, 1, addresses)
    if chunks > 1:
        facts = np.array([1, extent, chunks, width, 0], np.int64)
        cpu.launch(kernel, facts.ctypes.data, count, CHUNK, addresses)
    return out


def same_bits(x: Array, y: Array) -> bool:
    """Whether two arrays are equal bit by bit, any NaN being equal to any other."""
    if x.dtype != y.dtype or x.shape != y.shape:
        return False
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    if x.dtype.kind == "c":  # part by part
        x, y = (z.view(z.real.dtype) for z in (x, y))
    if x.dtype.kind == "f":
        if not np.array_equal(np.isnan(x), np.isnan(y)):
            return False
        x, y = (np.where(np.isnan(z), z.dtype.type(0), z) for z in (x, y))
    return x.tobytes() == y.tobytes()
