"""Elements at some places of the order of rows, for which these need not be put in order."""

from __future__ import annotations

from typing import Any

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.ops.gather import ADD_ROWS, gather_rows
from ngrad.ops.hosted import on_host
from ngrad.ops.launching import broadcast_shapes
from ngrad.ops.ordering import at_ranks, places_at_ranks
from ngrad.ops.sorting import SORT, ordered
from ngrad.record import apply

INT64 = BY_CODE["i8"]
FEW = 1 << 12
"""Elements up to which to put all in order takes less time than to call what need not."""


def _shape(name: str, x: Layout, ranks: Layout) -> tuple[int, ...]:
    """(lead..., k) of rows (lead..., n) and ranks (lead..., k), whose leading axes broadcast."""
    if ranks.dtype is not INT64:
        raise DTypeError(f"{name}: ranks are int64, not {ranks.dtype.name}")
    if not (x.ndim and ranks.ndim):
        raise ShapeError(f"{name}: takes rows and ranks, not shapes {x.shape} and {ranks.shape}")
    lead = broadcast_shapes(name, layout(INT64, x.shape[:-1]), layout(INT64, ranks.shape[:-1]))
    return (*lead, ranks.shape[-1])


def _ranked_infer(x: Layout, ranks: Layout) -> Layout:
    return layout(x.dtype, _shape("ranked", x, ranks))


def _places_infer(x: Layout, ranks: Layout, found: Layout) -> Layout:
    shape = _shape("rank_places", x, ranks)
    if found.shape != shape or found.dtype is not x.dtype:
        raise ShapeError(
            f"rank_places: {found.dtype.name} of shape {found.shape} is not what is at ranks of "
            f"shape {ranks.shape} of {x.dtype.name} of shape {x.shape}"
        )
    return layout(INT64, shape)


RANKED = on_host("ranked", _ranked_infer, at_ranks, (), "sorting")
"""The elements that stand at ranks, from 0, once rows are in the order of `SORT`."""
RANKED.widens = True
PLACES = on_host("rank_places", _places_infer, places_at_ranks, (), "sorting")
"""Where in its row each of these stands: of equal elements, that which a stable order has there."""
PLACES.widens = True
PLACES.vjp(lambda g, out, x, ranks, found: (None, None, None))


@RANKED.vjp
def _(g: Any, out: Any, x: Any, ranks: Any) -> Any:
    where, last = apply(PLACES, (x, ranks, out)), g._layout.ndim - 1
    return apply(ADD_ROWS, (g, where), (x._layout.shape[-1], last, last)), None


def ranked(x: Any, ranks: Any) -> Any:
    """The elements of rows, the last axis of x, at ranks, which are of shape (k,) or (lead..., k):
    `RANKED`, or of few elements, and on a device, which has a sort of its own, some of what `SORT`
    gives.
    """
    where = x._layout
    if where.device is HOST and (where.open or where.size > FEW):
        return apply(RANKED, (x, ranks))
    last = where.ndim - 1
    batches = 0 if ranks._layout.ndim == 1 else last
    return gather_rows(ordered(SORT, x, False), ranks, last, batches)
