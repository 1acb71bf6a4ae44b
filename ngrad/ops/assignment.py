"""`x[index] = value` as a function: the tensor with some elements replaced.

What NumPy writes is selected here: the elements of the region come from the value, the others from
x. So an assignment is recorded and fused like anything else; of the cotangent, the value has the
part in the region, and x has the rest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Launch
from ngrad.ops.arithmetic import maximum
from ngrad.ops.comparison import greater_equal
from ngrad.ops.convert import cast_to, from_outside, number, tensor
from ngrad.ops.elementwise import select
from ngrad.ops.gather import gather_rows
from ngrad.ops.indexing import Region, Rows, region_of, rows_of
from ngrad.ops.launching import dense_operands
from ngrad.ops.shape import broadcast_to, embed, reshape, strided
from ngrad.record import apply
from ngrad.tensor import Tensor

INT64, BOOL = BY_CODE["i8"], BY_CODE["b1"]


def assigned(x: Any, index: Any, value: Any) -> Any:
    """x with x[index] replaced by a value that broadcasts to its shape, in x's dtype. Of several
    values for one element the last counts, as in NumPy.

    Raises
    ------
    IndexBoundsError, DTypeError
        As `getitem` does.
    ShapeError
        If the value does not broadcast to the region's shape.
    """
    value = cast_to(value, x.dtype)
    mask = _mask(index)
    if mask is not None and value.ndim <= x.ndim - mask.ndim:
        return _masked(x, mask, value)
    region = region_of(x, index)
    if not region.arrays:
        return _replaced(x, region, _fitted(value, region.shape))
    part = reshape(strided(x, region.slices), region.shape)
    rows = rows_of(part, region.arrays)
    count = (*rows.where._layout.shape, *rows.flat._layout.shape[1:])
    shown = rows.arranged(
        broadcast_to(number(False, BOOL, x._layout.device), count), region.adjacent
    )
    values = rows.arranged(_fitted(value, shown._layout.shape), region.adjacent, back=True)
    return _replaced(x, region, rows.restored(_with_rows(rows, values)))


def _mask(index: Any) -> Any:
    """The mask, if an index is one alone; whether its elements hold need not be looked at."""
    index = index[0] if isinstance(index, tuple) and len(index) == 1 else index
    index = from_outside(index)
    if isinstance(index, (bool, np.bool_)) or (
        isinstance(index, np.ndarray) and index.dtype == bool
    ):
        return tensor(index, "assignment")
    return index if isinstance(index, Tensor) and index.dtype.is_bool else None


def _masked(x: Any, mask: Any, value: Any) -> Any:
    """x with a value, the same for all, where a mask of its first axes holds."""
    shape, covered = x._layout.shape, mask._layout.shape
    if covered != shape[: mask.ndim]:
        raise ShapeError(f"assignment: a mask of shape {covered} does not fit {shape}")
    rest = shape[mask.ndim :]
    wide = reshape(mask, (*covered, *(1,) * len(rest)))
    return select(wide, _fitted(value, rest) if rest else value, x)


def _fitted(value: Any, shape: tuple[int, ...]) -> Any:
    """A value repeated to the shape of what is replaced; axes of one element in front may go."""
    own = value._layout.shape
    while len(own) > len(shape) and own[0] == 1:
        own = own[1:]
    try:
        fits = len(own) <= len(shape) and np.broadcast_shapes(own, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            f"assignment: a value of shape {value._layout.shape} does not broadcast to the shape "
            f"{shape} of what is assigned"
        )
    return broadcast_to(reshape(value, own), shape)


def _replaced(x: Any, region: Region, part: Any) -> Any:
    """x with a part of every axis replaced."""
    part = reshape(part, tuple(count for _, _, count in region.slices))
    if region.is_whole(x):
        return part
    shape = x._layout.shape
    inside = broadcast_to(number(True, BOOL, x._layout.device), part._layout.shape)
    fill = number(0, x.dtype, x._layout.device)
    return select(
        embed(inside, False, shape, region.slices), embed(part, fill, shape, region.slices), x
    )


def _with_rows(rows: Rows, values: Any) -> Any:
    """The rows, some of them replaced, each by the last value for it."""
    shape, count = rows.flat._layout.shape, math.prod(rows.where._layout.shape)
    if not count:
        return rows.flat
    last = reshape(apply(LAST, (reshape(rows.where, (1, count)),), (shape[0],)), shape[:1])
    held = reshape(greater_equal(last, 0), (shape[0], *(1,) * (len(shape) - 1)))
    flat = reshape(values, (count, *shape[1:]))
    return select(held, gather_rows(flat, maximum(last, 0), 0, 0), rows.flat)


# -- the last of several ---------------------------------------------------------------------------


def _last_infer(index: Layout, rows: int) -> Layout:
    return layout(INT64, (index.shape[0], rows))


def _last_prepare(inputs: tuple[Layout, ...], out: Layout, rows: int) -> Any:
    batch, count = inputs[0].shape
    target = out.device.target
    parts, _ = target.scatter_parts(rows, count, 1)
    facts, held = target.facts([rows, count, parts])
    read = dense_operands([*enumerate(inputs)])
    operands = (*read.operands, (OUT, 0))
    launch = Launch(target.skeleton("last"), facts, batch * parts, 1, operands)
    return read.then(launch, keep=(held,)), out


LAST = Op("last_rows", _last_infer, _last_prepare, ("rows",), family="indexing")
"""For each row of a batch, the last place at which an index names it; -1 if none does."""


@LAST.batch
def _(size: int, batched: Any, index: Any, rows: Any) -> Any:
    _, lead, count = index._layout.shape
    out = apply(LAST, (reshape(index, (size * lead, count)),), (rows,))
    return reshape(out, (size, lead, rows))
