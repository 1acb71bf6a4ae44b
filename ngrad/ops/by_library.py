"""How the library of a device computes an op on batches of matrices."""

from __future__ import annotations

from collections.abc import Mapping

from ngrad.graph.layout import Layout, layout
from ngrad.graph.program import SCRATCH, Launch, Program, result
from ngrad.graph.room import padded
from ngrad.graph.strides import broadcast, broadcast_strides, ordered_layout
from ngrad.ops.launching import place_launch
from ngrad.ops.matrices import WRONG, Batch, matrix_words
from ngrad.status import number


def by_library(
    name: str,
    into: Mapping[int, int],
    tall: bool,
    inputs: tuple[Layout, ...],
    outs: tuple[Layout, ...],
    params: Mapping[str, bool],
) -> tuple[Program, tuple[Layout, ...]] | None:
    """The program of a device's routine of an op's name, and how its results lie; None if the
    device has none.

    The routine sees matrices by columns, and writes over its operands: so it is given copies.

    Parameters
    ----------
    into : dict of int to int
        Operands that become results, in whose memory they are copied, and which results.
    tall : bool
        Whether it takes no matrices with fewer rows than columns: it is given their transposes, and
        the factors that it finds are the transposes of the last result, and so on to the first.
    params : dict of str to bool
        What the routine is told besides how many matrices there are, and their rows and columns:
        those of the operand that becomes a result, or of the first one.
    """
    batch = broadcast(*[where.shape[:-2] for where in inputs])
    given = [repeated(where, batch) for where in inputs]
    count, rows, columns = matrix_words(given[next(iter(into), 0)])
    turned = tall and rows < columns
    sizes = (count, columns, rows) if turned else (count, rows, columns)
    who = [number(Batch(name, batch))] if name in WRONG else []
    told = map(int, params.values())
    target = outs[0].device.target
    work = target.libraries.routine(name, inputs[0].dtype.code, [*sizes, *told, *who])
    if work is None:
        return None
    if not any(where.size for where in outs):
        return Program(), outs
    ndim = len(batch) + 2
    order = [*range(ndim)] if turned else columns_first(ndim)
    places = [(result(k), 0) for k in range(len(outs))]
    operands = places[::-1] if turned else places
    launches, keep, copies, scratch = [], [work.keep], [], 0
    for k, where in enumerate(given):
        place = SCRATCH, scratch
        if k in into:
            place = places[into[k]]
        else:
            copies.append(place)
            scratch += padded(where.nbytes)
        region = zip(where.shape, ordered_layout(where, order).strides, strict=True)
        copy, held = place_launch(where, [*region], place[1], k, place[0])
        launches.append(copy)
        keep.append(held)
    entry = [(result(len(outs)), 0)] if who else []
    operands = [*copies, *operands, *entry]
    launches.append(Launch(work.kernel, work.facts, work.n, work.grain, tuple(operands)))
    program = Program(tuple(launches), scratch, keep=tuple(keep), checks=bool(who), alone=True)
    laid = [ordered_layout(where, order) if where.ndim == ndim else where for where in outs]
    return program, tuple(laid)


def columns_first(ndim: int) -> list[int]:
    """The axes of matrices by columns, from the slowest to the fastest."""
    return [*range(ndim - 2), ndim - 1, ndim - 2]


def repeated(where: Layout, batch: tuple[int, ...]) -> Layout:
    """Matrices as a batch that theirs broadcasts to."""
    shape = (*batch, *where.shape[-2:])
    return layout(where.dtype, shape, broadcast_strides(where, shape), where.device)
