"""How a group of nodes runs: as a `Space` for given layouts, its facts, and what folds its partial
results.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ngrad.graph.gather import TOGETHER
from ngrad.graph.graph import Graph
from ngrad.graph.group import FUSED, Group, Leaf
from ngrad.graph.indexing import Split
from ngrad.graph.layout import Layout, contiguous_strides, layout
from ngrad.graph.op import Op
from ngrad.graph.program import SCRATCH, Launch, Program, result
from ngrad.graph.room import padded
from ngrad.graph.strides import (
    Dims,
    broadcast_strides,
    collapse,
    is_run,
    pitches,
    rows_apart,
    same_shape,
    view_words,
)
from ngrad.ops.elementwise import Elementwise
from ngrad.ops.gather import Gathered
from ngrad.ops.launching import dense_operands
from ngrad.ops.reducing import better_copied
from ngrad_kernels.apart import apart
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS
from ngrad_kernels.in_place import in_place
from ngrad_kernels.render import render
from ngrad_kernels.render_short import takes_several
from ngrad_kernels.render_space import render_space
from ngrad_kernels.scratch import SLOTS
from ngrad_kernels.space import Kind, Operand, Reduce, Space, Step
from ngrad_kernels.space_facts import facts, fold, items, partial_bytes, share

Place = tuple[int, int]
"""Where an operand is: an input, a result or scratch, and how many bytes from its beginning."""


class Loaded(NamedTuple):
    """How a leaf is loaded: its operand, the words of its view if it is one, whether it must be
    copied to contiguous memory first, and if it is padded the bytes from a place to the next along
    each axis of its frame.
    """

    operand: Operand
    view: list[int]
    copied: bool
    pitches: tuple[int, ...] = ()


def _loaded(leaf: Leaf, where: Layout, group: Group, plain: bool) -> Loaded:
    """`plain`: as the leaf says, though the layout may repeat more than it says."""
    code, kind, split = where.dtype.code, leaf.spread, group.split
    itemsize = where.dtype.itemsize
    if kind == "padded":
        frame = group.frames[leaf.frame]
        found = pitches(where, frame.shape)
        own = contiguous_strides(frame.shape, itemsize)[:-1] if found is None else found
        return Loaded(Operand(code, kind, leaf.frame), [], found is None, own)
    if kind == "gathered":
        at = Gathered.of(where.shape, group.leaves[leaf.rows].shape, *leaf.along)
        evenly, row = rows_apart(where, leaf.along[0]), at.width * itemsize
        apart, table = (row, at.rows * row) if evenly is None else evenly
        named = at.batches * at.places
        words = [itemsize, at.width, at.rows, apart, named, at.places, table, at.sharing]
        how: Kind = "row" if named * at.width != split.size else "view"
        if at.width == split.length:
            how = "rows"
        operand = Operand(code, how, index=leaf.rows, tables=at.batches > 1)
        return Loaded(operand, words, evenly is None)
    if kind == "index":
        return Loaded(Operand(code, kind), [], not where.contiguous)
    if kind in ("one", "row"):
        whole = where.contiguous and where.size == math.prod(leaf.shape)
        return Loaded(Operand(code, kind), [], kind != "one" and not whole)
    strides = broadcast_strides(where, leaf.shape)
    dims = collapse(list(zip(leaf.shape, strides, strict=True)))
    if kind == "column":
        if where.contiguous:
            return Loaded(Operand(code, "column"), [], False)
        dims = collapse([(split.rows, 0), *dims])
    elif not plain:
        repeated = _repeated(dims, split, itemsize)
        if repeated is not None:
            return Loaded(Operand(code, repeated), [], False)
    if is_run(dims, itemsize) and math.prod(n for n, _ in dims) == split.size:
        return Loaded(Operand(code, "element"), [], False)
    folds = any(isinstance(step, Reduce) for step in group.steps)
    if folds and same_shape(where.shape, leaf.shape) and better_copied(where):
        return Loaded(Operand(code, "element"), [], True)
    return Loaded(Operand(code, "view"), view_words(itemsize, dims), False)


def _seen(leaf: Leaf, where: Layout) -> Layout:
    """How an input lies as a leaf has it: of level row with an element for each."""
    if leaf.spread != "row" or same_shape(where.shape, leaf.shape):
        return where
    strides = broadcast_strides(where, leaf.shape)
    return layout(where.dtype, leaf.shape, strides, where.device)


def _repeated(dims: Dims, split: Split, itemsize: int) -> Kind | None:
    """The kind of operand that a view over the whole space is, if it repeats by rows or columns."""
    if all(stride == 0 for _, stride in dims):
        return "one"
    if dims == [(split.rows, itemsize), (split.length, 0)]:
        return "row"
    if dims == [(split.rows, 0), (split.length, itemsize)]:
        return "column"
    return None


def lower(group: Group, inputs: tuple[Layout, ...]) -> tuple[Space, list[Loaded]]:
    """The space of a group whose inputs lie as given, and how each leaf is loaded."""
    free, plain = (
        [_loaded(leaf, inputs[leaf.input], group, plain) for leaf in group.leaves]
        for plain in (False, True)
    )
    first, second = _space(group, free), _space(group, plain)
    # A step whose operands all repeat would be computed, and stored, once: then they are read as
    # if they did not.
    steps = range(len(group.leaves), len(group.leaves) + len(group.steps))
    same = all(first.level_of(k) == second.level_of(k) for k in steps)
    space, loaded = (first, free) if same else (second, plain)
    readers = Counter(leaf.input for leaf in group.leaves)
    once = [
        k
        for k, leaf in enumerate(group.leaves)
        if readers[leaf.input] == 1 and not loaded[k].copied
    ]
    return in_place(space, [k for k in once if group.leaves[k].input in group.dying]), loaded


def rendered(group: Group, inputs: tuple[Layout, ...]) -> tuple[str, str]:
    """The name and the source of a group's kernel for the CPU."""
    space, _ = lower(group, inputs)
    return render_space(space, takes_several(space, group.split.length))


def _space(group: Group, loaded: list[Loaded]) -> Space:
    operands = tuple(leaf.operand for leaf in loaded)
    flat, panels = group.split.rows == 1, group.split.panels > 1
    grids = [*dict.fromkeys(frame.extents for frame in group.frames)]
    return Space(
        operands,
        group.steps,
        group.outputs,
        tuple([grids.index(frame.extents) for frame in group.frames]),
        tuple(map(len, grids)),
        flat=flat,
        panels=panels,
    )


def _cut(space: Space, split: Split) -> tuple[int, int]:
    """Rows and columns of a work item."""
    rows, length, panels = split
    axes = {step.axis for step in space.steps if isinstance(step, Reduce)}
    picks = any(isinstance(step, Step) and step.scalar == "pick" for step in space.steps)
    tile = CHUNK
    if space.consumed() or picks:
        tile = length
    elif axes == {"column"}:
        # One block of rows for all threads: columns are what they share.
        least = BLOCK // 4 * panels  # which they share, too
        tile = BLOCK if split.height > ROWS else min(BLOCK, max(least, 4 * CHUNK // split.height))
    span = ROWS if "column" in axes else 1 if rows == 1 else max(1, CHUNK // length)
    return span, min(tile, length)


class _Launches:
    """The launches of a group's spaces, and the memory that they share.

    Parameters
    ----------
    group : Group
    inputs : tuple of Layout
    loaded : list of Loaded
        How its leaves are.

    Attributes
    ----------
    operands : list of Place
        Where the leaves are, once those that must be are copied to contiguous memory.
    """

    def __init__(self, group: Group, inputs: tuple[Layout, ...], loaded: list[Loaded]) -> None:
        self._target, self._split = inputs[0].device.target, group.split
        self._frames = group.frames
        self._pitches = [leaf.pitches for leaf in loaded if leaf.operand.kind == "padded"]
        self._views = [leaf.view for leaf in loaded if leaf.view]
        leaves = [(leaf.input, _seen(leaf, inputs[leaf.input])) for leaf in group.leaves]
        copied = [where for where, how in zip(leaves, loaded, strict=True) if how.copied]
        made = dense_operands(copied)
        self.launches, self.keep, self.scratch = [*made.launches], [*made.keep], made.scratch
        copies = iter(made.operands)
        self.operands = [
            next(copies) if how.copied else (which, 0)
            for (which, _), how in zip(leaves, loaded, strict=True)
        ]

    def room(self, nbytes: int) -> Place:
        """Memory that is nobody's."""
        place = SCRATCH, self.scratch
        self.scratch += padded(nbytes) if nbytes else 0
        return place

    def add(self, space: Space, operands: list[Place], results: list[Place]) -> None:
        """A space, and what folds its partial results."""
        target = self._target
        rows, length, panels = self._split
        sizes = rows, length, *_cut(space, self._split), panels
        slabs = target.columns_of(space, self._split.length) == "slabs"
        indexed = {space.inputs[k].index >= 0 for k in space.worded}
        fetch = target.skeleton("fetch") if False in indexed else 0
        fetch_rows = target.skeleton("fetch_rows") if True in indexed else 0
        lies = self._frames, self._pitches, self._views
        kernel, count = target.kernel_of(space, length=self._split.length), items(*sizes)
        slot = target.brought_to(space, self._split.length)
        grain = share(space, *sizes, bool(slot))
        where = self._facts(facts(space, *sizes, *lies, fetch, grain, fetch_rows))
        partials = [self.room(nbytes) for nbytes in partial_bytes(space, *sizes, slabs)]
        brought = [self.room(min(count, SLOTS) * slot)] if slot else []
        given = *operands, *results, *partials, *brought
        self.launches.append(Launch(kernel, where, count, grain, given))
        for last in fold(space, *sizes, slabs):
            which, offset = partials[last.partial]
            read = ((which, offset + last.slabs), results[last.output], (which, offset))
            where = self._facts(last.facts)
            self.launches.append(
                Launch(target.kernel_of(last.body), where, last.items, CHUNK, read)
            )

    def _facts(self, words: Sequence[int]) -> int:
        where, held = self._target.facts(words)
        self.keep.append(held)
        return where


def _prepare(
    inputs: tuple[Layout, ...], out: Layout | tuple[Layout, ...], group: Group
) -> tuple[Program, Layout | tuple[Layout, ...]]:
    space, loaded = lower(group, inputs)
    made = _Launches(group, inputs, loaded)
    results = [(result(k), 0) for k in range(len(group.outputs))]
    bare = replace(space, over=())
    how = inputs[0].device.target.columns_of(bare, group.split.length)
    if how != "blocks":
        space = bare  # columns are read once more, when what is stored beside them is
    if how == "apart":
        first, second, firsts, seconds, given = apart(space)
        rows = [made.room(group.split.rows * size_of(space.code_of(k))) for k in given]
        made.add(first, made.operands, [*(results[k] for k in firsts), *rows])
        made.add(second, [*made.operands, *rows], [results[k] for k in seconds])
    else:
        made.add(space, made.operands, results)
    over = {output: group.leaves[leaf].input for leaf, output in space.over}
    program = Program(tuple(made.launches), made.scratch, keep=tuple(made.keep), over=over)
    return program, out


FUSED.prepare = _prepare


def _prepare_together(
    inputs: tuple[Layout, ...], outs: tuple[Layout, ...], groups: tuple[Group, ...]
) -> tuple[Program, tuple[Layout, ...]]:
    """The programs of groups as one: the first launches of all, then the second ones, ..."""
    stages: list[list[Launch]] = []
    keep: list[Any] = []
    over: dict[int, int] = {}
    first = made = scratch = 0
    for group in groups:
        count = 1 + max(leaf.input for leaf in group.leaves)
        program, _ = _prepare(inputs[first : first + count], group.specs, group)
        for k, launch in enumerate(program.launches):
            moved = [_moved(which, more, first, made, scratch) for which, more in launch.operands]
            if k == len(stages):
                stages.append([])
            alongside = bool(stages[k])
            stages[k].append(launch._replace(operands=tuple(moved), alongside=alongside))
        keep += program.keep
        over |= {made + output: first + which for output, which in program.over.items()}
        first, made = first + count, made + len(group.specs)
        scratch += padded(program.scratch) if program.scratch else 0
    launches = tuple([launch for stage in stages for launch in stage])
    return Program(launches, scratch, keep=tuple(keep), over=over), outs


def _moved(which: int, offset: int, inputs: int, results: int, scratch: int) -> tuple[int, int]:
    """An operand of a group, numbered after those of the groups before."""
    if which == SCRATCH:
        return SCRATCH, offset + scratch
    return (which + inputs if which >= 0 else which - results), offset


TOGETHER.prepare = _prepare_together


def sources(graph: Graph) -> list[str]:
    """The source of each kernel that a graph needs, for inputs in row-major order; of ops that run
    by themselves and are no loop over elements, their names.
    """
    needed = graph.needed()
    nodes = [node for k, node in enumerate(graph.nodes) if needed[k]]
    return [
        _source(node.op, node.params, tuple([graph.nodes[k].spec for k in node.inputs]))
        for node in nodes
        if isinstance(node.op, Op) and not node.op.view
    ]


def _source(op: Op, params: Any, inputs: tuple[Layout, ...]) -> str:
    if op is FUSED:
        return rendered(params[0], inputs)[1]
    if isinstance(op, Elementwise):
        return render(op.body(inputs[0].dtype.code))[1]
    names = ", ".join(where.dtype.name for where in inputs)
    return f"# {op.name}({names}), by itself\n"
