"""How map bodies, and copies, run for given layouts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ngrad.errors import ShapeError
from ngrad.graph.dims import Dim
from ngrad.graph.layout import Layout
from ngrad.graph.program import OUT, SCRATCH, Launch, Program, operands, result
from ngrad.graph.room import padded
from ngrad.graph.strides import (
    Dims,
    broadcast,
    broadcast_strides,
    collapse,
    is_run,
    is_turned,
    mapped_layout,
    view_words,
)
from ngrad.replay import runner
from ngrad.tensor import Tensor
from ngrad_kernels.body import Body
from ngrad_kernels.contract import CHUNK, LINE
from ngrad_kernels.product import Prepared


def broadcast_shapes(op: str, *layouts: Layout) -> tuple[int, ...]:
    """The shape that shapes broadcast to, by NumPy's rules.

    Raises
    ------
    ShapeError
        Naming the op and the shapes.
    """
    try:
        return broadcast(*[where.shape for where in layouts])
    except ValueError:
        shapes = " and ".join(str(where.shape) for where in layouts)
        raise ShapeError(
            f"{op}: shapes {shapes} could not be broadcast together; trailing axes must be equal, "
            "or 1"
        ) from None


def prepare_map(body: Body, inputs: tuple[Layout, ...], spec: Layout) -> tuple[Program, Layout]:
    """How a map body of one output runs over inputs of given layouts, and how its result lies."""
    if spec.size == 0:
        return Program(), spec
    out, order = mapped_layout(inputs, spec)
    views: list[Dims | None] = []
    for where in inputs:
        own = broadcast_strides(where, spec.shape)
        dims = collapse([(spec.shape[axis], own[axis]) for axis in order])
        run = is_run(dims, where.dtype.itemsize) and where.size == spec.size
        views.append(None if run else dims)
    if all(dims is None for dims in views):
        kernel = spec.device.target.kernel_of(body)
        return Program((Launch(kernel, 0, out.size, CHUNK, operands(len(inputs))),)), out
    return _strided(body, inputs, views, out), out


def _strided(
    body: Body, inputs: tuple[Layout, ...], views: list[Dims | None], out: Layout
) -> Program:
    target = out.device.target
    driver, kernel = target.strided_map(body)
    rows = [dims[-1][0] for dims in views if dims and any(stride for _, stride in dims)]
    inner = _whole_in(rows)
    head = [kernel, len(inputs), len(inputs) + 1, out.dtype.itemsize, inner if inner >= 128 else 0]
    table: list[int] = []
    words: list[int] = []
    start = len(head) + 2 * len(inputs)
    for where, dims in zip(inputs, views, strict=True):
        itemsize = where.dtype.itemsize
        if dims is None:
            table += [0, itemsize]
        else:
            # One element for all is packed once a call, not once a block.
            table += [start + len(words), int(all(stride == 0 for _, stride in dims))]
            words += view_words(itemsize, dims)
    facts, keep = target.facts([*head, *table, *words])
    launch = Launch(driver, facts, out.size, CHUNK, operands(len(inputs)))
    return Program((launch,), keep=(keep,))


def _whole_in(rows: list[int]) -> int:
    """How many elements a run has that is whole in rows of all these lengths; 0 if some are open,
    and not all are one.
    """
    if rows and all(n == rows[0] for n in rows[1:]):
        return rows[0]
    return 0 if any(isinstance(n, Dim) for n in rows) else math.gcd(*rows)


def place_launch(
    source: Layout, region: Dims, offset: int = 0, which: int = 0, target: int = OUT, begin: int = 0
) -> tuple[Launch, Any]:
    """The launch that copies an input's elements, or those of a part of it that begins so many
    bytes on, into a strided region of the result, and what to keep for it.
    """
    itemsize = source.dtype.itemsize
    dims = collapse(list(zip(source.shape, source.strides, strict=True)))
    from_words = view_words(itemsize, dims)
    to_words = view_words(itemsize, collapse(region))
    device = source.device.target
    facts, keep = device.facts([2, 2 + len(from_words), *from_words, *to_words])
    where = ((which, begin), (target, offset))
    grain = CHUNK
    if source.size and not source.open and is_turned(dims, itemsize):
        grain = _in_bands(dims[-1][0] * LINE // itemsize)
    return Launch(device.skeleton("place"), facts, source.size, grain, where), keep


def _in_bands(band: int) -> int:
    """Elements that are copied at a time where rows are in bands, of as many as a line of the
    caches has elements: whole bands, if these are not too long.
    """
    return CHUNK if band > 8 * CHUNK else max(1, CHUNK // band) * band


def prepare_copy(source: Layout, out: Layout) -> tuple[Program, Layout]:
    """A copy of an input's elements, in order, to contiguous memory."""
    if out.size == 0:
        return Program(), out
    launch, facts = place_launch(source, [(source.size, source.dtype.itemsize)])
    return Program((launch,), keep=(facts,)), out


def cleared(out: Layout) -> Launch:
    """The launch that zeroes a result."""
    clear = out.device.target.skeleton("clear")
    return Launch(clear, 0, -(-out.nbytes // 8), CHUNK, ((OUT, 0),))


class Dense(NamedTuple):
    """Operands as a kernel reads them: inputs where they lie, or row-major copies in scratch.

    Attributes
    ----------
    operands : tuple of (which, offset)
        In the order of the inputs, as a `Launch` names them.
    launches : tuple of Launch
        Those that copy.
    scratch : int
        Bytes that the copies take.
    keep : tuple
    """

    operands: tuple[tuple[int, int], ...]
    launches: tuple[Launch, ...]
    scratch: int
    keep: tuple[Any, ...]

    def then(self, *launches: Launch, keep: tuple[Any, ...] = ()) -> Program:
        """The program that copies what must be, and then does this."""
        return Program((*self.launches, *launches), self.scratch, keep=(*self.keep, *keep))

    def before(self, program: Program) -> Program:
        """The program that copies what must be, and then does another's launches of that."""

        def placed(which: int, offset: int) -> tuple[int, int]:
            if which == SCRATCH:  # what takes no bytes may be anywhere
                return SCRATCH, self.scratch + offset if offset < program.scratch else 0
            if which < 0:
                return which, offset
            here, start = self.operands[which]
            return here, start + offset

        launches = [
            launch._replace(operands=tuple([placed(*operand) for operand in launch.operands]))
            for launch in program.launches
        ]
        scratch = self.scratch + program.scratch
        return Program((*self.launches, *launches), scratch, keep=(*self.keep, *program.keep))

    def launching(
        self, work: Prepared, operands: tuple[tuple[int, int], ...], checks: bool = False
    ) -> Program:
        """The program that copies what must be, and then launches what a target prepared, which has
        one result. If it checks its operands, it is told of the entry of a status too.
        """
        entry = ((result(1), 0),) if checks else ()
        launch = Launch(work.kernel, work.facts, work.n, work.grain, (*operands, *entry))
        return self.then(launch, keep=(work.keep,))._replace(checks=checks)


def dense_operands(
    inputs: Sequence[tuple[int, Layout]], fit: Sequence[bool] | None = None, scratch: int = 0
) -> Dense:
    """Inputs, by number, as operands in row-major order; those that do not `fit` (that lie
    otherwise, if it is not said) are copied, behind so much scratch that is taken.
    """
    places, launches, keep = [], [], []
    suits = [where.contiguous for _, where in inputs] if fit is None else fit
    for (which, where), stays in zip(inputs, suits, strict=True):
        if stays:
            places.append((which, 0))
            continue
        run = [(where.size, where.dtype.itemsize)]
        launch, facts = place_launch(where, run, scratch, which, SCRATCH)
        places.append((SCRATCH, scratch))
        launches.append(launch)
        keep.append(facts)
        scratch += padded(where.nbytes)
    return Dense(tuple(places), tuple(launches), scratch, tuple(keep))


def dense(x: Layout) -> Callable[[Tensor], Tensor]:
    """A routine that gives a tensor of a layout in row-major order, copied only if it must be."""
    if x.contiguous:
        return lambda tensor: tensor
    program, out = prepare_copy(x, x.spec)
    return runner(program, 1, out)
