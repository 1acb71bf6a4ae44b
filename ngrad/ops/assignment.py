"""`x[index] = value` as a function: the tensor with some elements replaced, or changed by an op.

What NumPy writes is a new value here: the elements of the region come from what is assigned, the
others from x. So an assignment is recorded, and planned, like anything else (`put_part.py`); of the
cotangent, what is assigned has the part in the region, and x has the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ngrad.devices import HOST, Device
from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, IndexBoundsError, ScalarError, ShapeError
from ngrad.graph.layout import Layout
from ngrad.graph.strides import broadcast
from ngrad.ops.accumulate import accumulated
from ngrad.ops.arithmetic import add, divide, multiply, negative, subtract
from ngrad.ops.comparison import greater, less, not_equal
from ngrad.ops.convert import cast_to, from_outside, number, tensor
from ngrad.ops.elementwise import Elementwise, select
from ngrad.ops.extremes import extreme_rows
from ngrad.ops.gather import ADD_ROWS, gather_rows
from ngrad.ops.indexing import Rows, rows_of
from ngrad.ops.joining import concat
from ngrad.ops.multiplied import multiplied_rows
from ngrad.ops.put_part import put_part
from ngrad.ops.put_rows import PUT_ROWS, last_named
from ngrad.ops.regions import Region, fits, region_of
from ngrad.ops.shape import SEEN, broadcast_to, reshape, reshaped, swap_last
from ngrad.ops.slicing import strided
from ngrad.ops.sorting import positions
from ngrad.record import apply, state
from ngrad.tensor import Tensor
from ngrad_kernels.keys import key_of

BOOL = BY_CODE["b1"]


class Change(NamedTuple):
    """How elements are changed by values.

    Attributes
    ----------
    of : callable or None
        `of(element, value)`; None if the value takes the element's place.
    joined : op or None
        Of two values, associative: what several for one element are together; None if the last
        counts.
    """

    of: Callable[[Any, Any], Any] | None = None
    joined: Elementwise | None = None

    def __call__(self, x: Any, value: Any) -> Any:
        found = value if self.of is None else self.of(x, value)
        if found.dtype is not x.dtype:
            raise DTypeError(f"assignment: {found.dtype.name} does not fit {x.dtype.name} elements")
        return found


BEYOND = {"maximum": "max", "minimum": "min"}
"""What is joined without an order."""
BY_ONE = (multiply, divide)
"""Functions that 1 as the second operand leaves the first of."""
REPLACE, ADD, SUBTRACT = Change(), Change(add, add), Change(subtract, add)
PLAIN = (int, tuple, slice)
REGIONS: dict[tuple[Layout, Any], Region] = {}
"""What indices of numbers and slices mean, by the layout of a tensor and what they are known by."""


def assigned(x: Any, index: Any, value: Any, change: Change = REPLACE) -> Any:
    """x with x[index] replaced by a value that broadcasts to its shape, in x's dtype, or changed by
    it. Of several values for one element the last counts, as in NumPy, or all as they are joined.

    Raises
    ------
    IndexBoundsError, DTypeError
        As `getitem` does, but naming the assignment.
    ShapeError
        If the value does not broadcast to the region's shape.
    """
    value = cast_to(value, x._layout.dtype)
    key = key_of(index) if type(index) in PLAIN else None
    known = None if key is None else REGIONS.get((x._layout, key))
    if known is None:
        mask = _mask(index, x._layout.device)
        if mask is not None and value.ndim <= x.ndim - mask.ndim:
            return _masked(x, mask, value, change)
    region = known or region_of(x, index, "assignment")
    if not region.arrays:
        if known is None and key is not None and not x._layout.open:
            if len(REGIONS) >= SEEN:
                REGIONS.clear()
            REGIONS[x._layout, key] = region
        if value.ndim and not region.shape and not _dotted(index):
            raise ScalarError(
                f"assignment: setting an array element with a sequence, a value of shape "
                f"{value._layout.shape}; take its element"
            )
        value = _fitted(value, region.shape)
        return _replaced(x, region, value if change is REPLACE else change(_part(x, region), value))
    rows = rows_of(_part(x, region), region.arrays)
    sizes, at = rows.flat._layout.shape, rows.axis
    count = (*sizes[:at], *rows.where._layout.shape, *sizes[at + 1 :])
    shown = rows.arranged(
        broadcast_to(number(False, BOOL, x._layout.device), count), region.adjacent
    )
    values = rows.arranged(_fitted(value, shown._layout.shape), region.adjacent, back=True)
    return _replaced(x, region, rows.restored(_with_rows(rows, values, change)))


def _mask(index: Any, device: Device) -> Any:
    """The mask, if an index is one alone; whether its elements hold need not be looked at."""
    index = index[0] if isinstance(index, tuple) and len(index) == 1 else index
    index = from_outside(index)
    if isinstance(index, (bool, np.bool_)) or (
        isinstance(index, np.ndarray) and index.dtype == bool
    ):
        return tensor(index, "assignment", None, device)
    return index if isinstance(index, Tensor) and index.dtype.is_bool else None


def _dotted(index: Any) -> bool:
    """Whether there is an ellipsis in an index, which has it name an array, not an element."""
    return index is Ellipsis or (isinstance(index, tuple) and any(k is Ellipsis for k in index))


def _masked(x: Any, mask: Any, value: Any, change: Change) -> Any:
    """x with a value, the same for all, where a mask of its first axes holds."""
    shape, covered = x._layout.shape, mask._layout.shape
    if not fits(covered, shape[: mask.ndim]):
        raise IndexBoundsError(f"assignment: a mask of shape {covered} does not fit {shape}")
    if covered != shape[: mask.ndim]:
        return x
    rest = shape[mask.ndim :]
    wide = reshape(mask, (*covered, *(1,) * len(rest)))
    return select(wide, change(x, _fitted(value, rest) if rest else value), x)


def _part(x: Any, region: Region) -> Any:
    return reshape(x if region.whole else strided(x, region.slices), region.shape)


def _fitted(value: Any, shape: tuple[int, ...]) -> Any:
    """A value repeated to the shape of what is replaced; axes of one element in front may go."""
    own = value._layout.shape
    if own == shape:
        return value
    while len(own) > len(shape) and own[0] == 1:
        own = own[1:]
    try:
        fits = len(own) <= len(shape) and broadcast(own, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise (ShapeError if shape else ScalarError)(
            f"assignment: a value of shape {value._layout.shape} cannot be broadcast to the shape "
            f"{shape} of what is assigned"
        )
    return broadcast_to(reshape(value, own), shape)


def _replaced(x: Any, region: Region, part: Any) -> Any:
    """x with a part of every axis replaced."""
    part = reshaped(part, tuple([count for _, _, count in region.slices]))
    if region.whole:
        return part
    return put_part(x, part, region.slices)


def rows_assigned(x: Any, where: Any, values: Any, change: Change = REPLACE) -> Any:
    """As `assigned`, of rows at an index of int64 that was checked, and of a row for each."""
    return _with_rows(Rows(x, 0, where, x._layout.shape, None), values, change)


def _with_rows(rows: Rows, values: Any, change: Change) -> Any:
    """The rows, some of them changed."""
    flat, at, where = rows.flat, rows.axis, rows.where
    if not where.size:
        return flat
    sizes = flat._layout.shape
    shape = (*sizes[:at], where.size, *sizes[at + 1 :])
    where, values = reshape(where, (where.size,)), reshape(values, shape)
    if change is SUBTRACT:
        values, change = negative(values), ADD
    code = values.dtype.code[0]
    if change is REPLACE and flat._layout.device is HOST:
        return apply(PUT_ROWS, (flat, values, where), (False, "put", at, 0))
    if change is ADD:
        if flat._layout.device is HOST and code in "fiuc" and not values.dtype.is_half:
            return apply(PUT_ROWS, (flat, values, where), (False, "add", at, 0))
        return flat + apply(ADD_ROWS, (values, where), (sizes[at], at, 0))
    how = None if change.joined is None else BEYOND.get(change.joined.name)
    real = code in "fiu"
    if how is not None and real:
        found = change(flat, extreme_rows(how, values, where, sizes[at], at))
        # An infinity that no index names would share its cotangent with what none is beyond.
        if values.dtype.is_integer or not state.listens():
            return found
        return select(greater(_last(rows), 0), found, flat)
    if change.joined is multiply and change.of in BY_ONE and real and not values.dtype.is_half:
        return change(flat, multiplied_rows(values, where, sizes[at], at))
    if change.joined is not None:
        where = select(less(where, 0), where + sizes[at], where)  # two names of one element
        values, where = _runs(values, where, at, change.joined)
    last = _last(rows._replace(where=where))
    own = reshape(last, (sizes[at],))
    return select(greater(last, 0), change(flat, gather_rows(values, own - 1, at)), flat)


def _last(rows: Rows) -> Any:
    """Of each row, the last place, counted from 1, at which it is named; 0 if at none."""
    flat, at, where = rows.flat, rows.axis, rows.where
    count = flat._layout.shape[at]
    found = last_named(reshape(where, (where.size,)), count)
    return reshape(found, (count, *(1,) * (flat.ndim - 1 - at)))


def _runs(values: Any, where: Any, axis: int, joined: Elementwise) -> tuple[Any, Any]:
    """Values in the order of their rows, each joined with those for the same row before it; so that
    the last for a row is all of its.
    """
    order = positions(where, -1)
    values, where = gather_rows(values, order, axis), gather_rows(where, order)
    first = broadcast_to(number(True, BOOL, where._layout.device), (1,))
    anew = concat([first, not_equal(where[1:], where[:-1])], 0)
    rows = accumulated(joined.name, swap_last(values, axis), anew)
    return swap_last(rows, axis), where
