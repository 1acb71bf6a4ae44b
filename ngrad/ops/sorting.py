"""The order of elements along an axis, and the elements in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE, DType
from ngrad.errors import NumberError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, SCRATCH, Launch, Program
from ngrad.ops.comparison import isnan
from ngrad.ops.complexes import imag, real
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.gather import ADD_ROWS, TAKE, Gathered, take_launch
from ngrad.ops.launching import Dense, dense_operands, place_launch
from ngrad.ops.matrices import array_at
from ngrad.ops.on_threads import WORTH, each_row
from ngrad.ops.ordering import arrange, largest, order
from ngrad.ops.shape import normal_axis, spread, swap_last
from ngrad.ops.slicing import strided
from ngrad.record import apply
from ngrad.tensor import Tensor, empty
from ngrad_kernels.contract import CHUNK
from ngrad_kernels.product import Prepared

INT8, INT32, INT64 = (BY_CODE[code] for code in ("i1", "i4", "i8"))
DIRECTIONS = {"ASCENDING": False, "DESCENDING": True}


def _ordering(
    name: str, dtype: DType | None, compute: Any, launched: Any, param: str = "descending",
    brief: str = "",
) -> Op:  # fmt: skip
    """An op on the order of elements along the last axis, with results of a dtype, or of theirs.

    Parameters
    ----------
    compute : callable
        `compute(array, how, out)` writes the result to an array, on the host; `how` is the op's
        param.
    launched : callable
        `launched(keys, work, x, out)`: the program of a device, of dense operands and of what finds
        where elements stand.
    param : str
        Whether the order descends; or "kth", the places that are to be in order, at least.
    brief : str
        The routine for short rows on the CPU, if there is one.
    """

    def infer(x: Layout, **given: Any) -> Layout:
        return layout(dtype or x.dtype, x.shape)

    def prepare(inputs: tuple[Layout, ...], out: Layout, **given: Any) -> Any:
        (x,), how = inputs, given[param]
        if out.size == 0:
            return Program(), out
        length = x.shape[-1]
        if brief and _is_short(x):
            return _in_short_rows(brief, x, how), out
        words = [x.size // length, length, int(how is True)]
        work = x.device.target.libraries.routine("argsort", x.dtype.code, words)
        if work is not None:
            return launched(dense_operands([(0, x)]), work, x, out), out
        return computed(lambda x, out: compute(x, how, out), x, out), out

    op = Op(name, infer, prepare, (param,), family="sorting", widens=True)
    op.batch(lambda size, batched, x, **given: apply(op, (x,), (given[param],)))
    return op


BRIEF, SHORT, FEW = 3, 64, 512
"""Elements of a row up to which a kernel has put them in order before NumPy, which goes several at
a time, has begun: of any number of rows, and of so few elements in all."""


def _is_short(x: Layout) -> bool:
    length = x.shape[-1]
    few = length <= BRIEF or (length <= SHORT and x.size <= FEW)
    return few and x.device is HOST and not x.dtype.is_complex


def _in_short_rows(routine: str, x: Layout, descending: bool) -> Program:
    """The program of a routine that goes through short rows."""
    target, length, read = x.device.target, x.shape[-1], dense_operands([(0, x)])
    facts, held = target.facts([length, int(descending)])
    kernel, operands = target.typed(routine, x.dtype.code), (*read.operands, (OUT, 0))
    launch = Launch(kernel, facts, x.size // length, max(1, CHUNK // length), operands)
    return read.then(launch, keep=(held,))


def computed(compute: Any, x: Layout, out: Layout) -> Any:
    """What has `compute(array, out)` write a result, on the host."""
    read, write = array_at(x), array_at(out)
    work = x.size * (2 + math.log2(x.shape[-1]))

    def run(x: Tensor) -> Tensor:
        made = empty(out)
        compute(read(x._at), write(made._at))
        return made

    def shared(x: Tensor) -> Tensor:  # with threads, which hold what they are at
        made = empty(out)
        each_row(compute, (read(x._at, x._buffer), write(made._at, made._buffer)), work)
        return made

    return run if x.ndim == 1 or work < WORTH else shared


def _result_of(compute: Any) -> Any:
    """What writes the result of a function of an array and of an op's param."""

    def write(x: Any, how: Any, out: Any) -> None:
        out[...] = compute(x, how)

    return write


def _places(keys: Dense, work: Prepared, x: Layout, out: Layout) -> Program:
    return keys.launching(work, (*keys.operands, (OUT, 0)))


def _elements(keys: Dense, work: Prepared, x: Layout, out: Layout) -> Program:
    where = SCRATCH, keys.scratch
    find = Launch(work.kernel, work.facts, work.n, work.grain, (*keys.operands, where))
    rows = Gathered.of(x.shape, out.shape, x.ndim - 1, x.ndim - 1)
    take, held = take_launch(rows, out, (*keys.operands, where))
    program = keys.then(find, take, keep=(work.keep, held))
    return program._replace(scratch=keys.scratch + INT64.itemsize * out.size)


ARGSORT = _ordering("argsort", INT64, _result_of(order), _places, brief="ordered")
"""Where the elements along the last axis stand in it once they are in order."""
ARGSORT.vjp(lambda g, out, x, descending: (None,))
SORT = _ordering("sort", None, arrange, _elements, brief="arranged")
"""The elements along the last axis in order."""


@SORT.vjp
def _(g: Any, out: Any, x: Any, descending: bool) -> Any:
    where, last = apply(ARGSORT, (x,), (descending,)), x._layout.ndim - 1
    return (apply(ADD_ROWS, (g, where), (x._layout.shape[-1], last, last)),)


ARGPARTITION = _ordering(
    "argpartition", INT64, _result_of(lambda x, kth: x.argpartition(kth, -1)), _places, "kth"
)
"""Where the elements along the last axis stand in it once the kth are where order puts them, none
that is greater before them, and none that is less behind. On some devices all are in order."""
ARGPARTITION.vjp(lambda g, out, x, kth: (None,))
PARTITION = _ordering(
    "partition", None, _result_of(lambda x, kth: np.partition(x, kth, -1)), _elements, "kth"
)
"""The elements along the last axis, so arranged."""


@PARTITION.vjp
def _(g: Any, out: Any, x: Any, kth: Any) -> Any:
    # The elements in order are those of the result in order.
    last = x._layout.ndim - 1
    where, found = (apply(ARGSORT, (z,), (False,)) for z in (x, out))
    g = apply(TAKE, (g, found), (last, last))
    return (apply(ADD_ROWS, (g, where), (x._layout.shape[-1], last, last)),)


def partitioned(op: Op, x: Any, kth: tuple[int, ...], axis: int) -> Any:
    """`PARTITION` or `ARGPARTITION` along an axis."""
    return swap_last(ordered(op, swap_last(x, axis), kth), axis)


def _largest_infer(x: Layout, count: int) -> Layout:
    return layout(INT64, (*x.shape[:-1], count))


def _largest_prepare(inputs: tuple[Layout, ...], out: Layout, count: int) -> Any:
    (x,) = inputs
    if out.size == 0:
        return Program(), out
    target, length = x.device.target, x.shape[-1]
    rows, read = x.size // length, dense_operands([(0, x)])
    few = count <= HEAPED or count <= length >> 7
    if few and x.device is HOST and not x.dtype.is_complex:
        facts, held = target.facts([length, count])
        kernel, operands = target.typed("largest", x.dtype.code), (*read.operands, (OUT, 0))
        launch = Launch(kernel, facts, rows, max(1, CHUNK // length), operands)
        return read.then(launch, keep=(held,)), out
    work = target.libraries.routine("argsort", x.dtype.code, [rows, length, 1])
    if work is None:
        return computed(lambda x, out: np.copyto(out, largest(x, count)), x, out), out
    # Where all stand is found, and the first of them are copied.
    where = SCRATCH, read.scratch
    find = Launch(work.kernel, work.facts, work.n, work.grain, (*read.operands, where))
    first = layout(INT64, (rows, count), (INT64.itemsize * length, INT64.itemsize), x.device)
    copy, held = place_launch(first, [(out.size, INT64.itemsize)])
    copy = copy._replace(operands=(where, (OUT, 0)))
    program = read.then(find, copy, keep=(work.keep, held))
    return program._replace(scratch=read.scratch + INT64.itemsize * x.size), out


HEAPED = 32
"""Of how many of the largest the kernel keeps a heap, or of few in long rows: NumPy parts others
sooner."""
LARGEST = Op("largest", _largest_infer, _largest_prepare, ("count",), family="sorting", widens=True)
"""Where the largest elements along the last axis stand in it, the largest first, of equal ones the
first; NaN is the largest."""
LARGEST.vjp(lambda g, out, x, count: (None,))
LARGEST.batch(lambda size, batched, x, count: apply(LARGEST, (x,), (count,)))


def by_parts(where: Layout) -> bool:
    """Whether elements are put in order by their parts: a device's sort is of what has an order by
    its bits, which complex numbers have not.
    """
    return where.dtype.is_complex and where.device is not HOST


def ordered(op: Op, x: Any, how: Any) -> Any:
    """An op of the order of elements along the last axis, with its param."""
    if not by_parts(x._layout):
        return apply(op, (x,), (how,))
    # Stably by each part in turn, the least one first: those with a NaN come behind the others.
    last, descending = x._layout.ndim - 1, how is True or op is LARGEST
    first, second = real(x), imag(x)
    kinds = cast_to(isnan(first), INT8) * 2 + cast_to(isnan(second), INT8)
    where = apply(ARGSORT, (second,), (descending,))
    for key in (first, kinds):
        again = apply(ARGSORT, (apply(TAKE, (key, where), (last, last)),), (descending,))
        where = apply(TAKE, (where, again), (last, last))
    if op is LARGEST:
        return strided(where, (*((0, 1, n) for n in x._layout.shape[:-1]), (0, 1, how)))
    return apply(TAKE, (x, where), (last, last)) if op in (SORT, PARTITION) else where


def _search_infer(x: Layout, values: Layout, right: bool) -> Layout:
    """x: (lead..., n), values: (lead..., any...)."""
    return layout(INT64, values.shape)


def _search_prepare(inputs: tuple[Layout, ...], out: Layout, right: bool) -> Any:
    if out.size == 0:
        return Program(), out
    target, x = out.device.target, inputs[0]
    if x.dtype.is_complex and out.device is HOST:
        return _searched(x, inputs[1], out, "right" if right else "left"), out
    facts, held = target.facts([x.shape[-1], math.prod(out.shape[x.ndim - 1 :]), int(right)])
    read = dense_operands([*enumerate(inputs)])
    operands = (*read.operands, (OUT, 0))
    kernel = target.typed("search", x.dtype.code)
    return read.then(Launch(kernel, facts, out.size, SEARCHES, operands), keep=(held,)), out


def _searched(x: Layout, values: Layout, out: Layout, side: Any) -> Any:
    """What looks for complex numbers, of which those with a NaN have an order too: NumPy."""
    read, look, write = array_at(x), array_at(values), array_at(out)

    def run(x: Tensor, values: Tensor) -> Tensor:
        made = empty(out)
        rows = (view(at) for view, at in ((read, x._at), (look, values._at), (write, made._at)))
        ordered, wanted, found = (a.reshape(count, *a.shape[lead:]) for a in rows)
        for k, (row, given) in enumerate(zip(ordered, wanted, strict=True)):
            found[k, ...] = row.searchsorted(given, side)
        return made

    lead, count = x.ndim - 1, math.prod(x.shape[:-1])
    return run


SEARCHES = 256
"""Values that a call of the kernel looks for at least."""
SEARCH = Op("search", _search_infer, _search_prepare, ("right",), family="sorting", widens=True)
SEARCH.ahead(lambda dtype: [((False,), ((dtype, (1, 2)),) * 2)])
"""How many elements of a sorted row come before each value, equal ones too if `right`."""
SEARCH.vjp(lambda g, out, x, values, right: (None, None))


@SEARCH.batch
def _(size: int, batched: Any, x: Any, values: Any, right: bool) -> Any:
    if x.ndim == 1 and not batched[0]:  # the same row for all
        return apply(SEARCH, (x, values), (right,))
    whole = [z if many else spread(z, size) for z, many in zip((x, values), batched, strict=True)]
    return apply(SEARCH, tuple(whole), (right,))


def argsort(
    values: Any,
    axis: Any = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Tensor:
    """Where the elements along an axis stand in it once they are in order, in int32.

    Parameters
    ----------
    axis : int
    direction : "ASCENDING" or "DESCENDING"
    stable : bool
        The order always is: equal elements stay as they were, in either direction. NaN counts as
        the greatest number, and as equal to any other NaN; -0.0 is equal to 0.0.

    Raises
    ------
    ShapeError
        If there is no such axis.
    NumberError
        For another direction.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.argsort([3, 1, 2, 1]).numpy()
    array([1, 3, 2, 0], dtype=int32)
    """
    return cast_to(positions(tensor(values, "argsort"), axis, direction), INT32)


def positions(x: Any, axis: Any, direction: str = "ASCENDING") -> Any:
    """As `argsort`, in int64."""
    at = normal_axis(axis, x.ndim, "argsort")
    return _along(ARGSORT, x, at, _descends("argsort", direction))


def positions_along(x: Any, axis: int) -> Any:
    """Where the elements in order stand along an axis that is counted from the front."""
    return _along(ARGSORT, x, axis, False)


def sort(
    values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None
) -> Tensor:
    """The elements in order along an axis; a cotangent goes back to where its element was.

    Parameters, order, errors: as `argsort`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.sort([3, 1, 2], direction="DESCENDING").numpy()
    array([3, 2, 1], dtype=int32)
    """
    x = tensor(values, "sort")
    at = normal_axis(axis, x._layout.ndim, "sort")
    return sorted_along(x, at, _descends("sort", direction))


def sorted_along(x: Any, axis: int, descending: bool) -> Any:
    """The elements of a tensor in order along an axis that is counted from the front."""
    return _along(SORT, x, axis, descending)


def _along(op: Op, x: Any, axis: int, descending: bool) -> Any:
    if axis == x._layout.ndim - 1:
        return ordered(op, x, descending)
    return swap_last(ordered(op, swap_last(x, axis), descending), axis)


def _descends(what: str, direction: Any) -> bool:
    if direction not in DIRECTIONS:
        raise NumberError(f"{what}: direction is 'ASCENDING' or 'DESCENDING', not {direction!r}")
    return DIRECTIONS[direction]
