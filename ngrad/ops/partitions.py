"""Rows that are dealt out to several tensors, and put together again, by numbers: these decide
shapes, so they are looked at where they are given.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.errors import ShapeError
from ngrad.graph.layout import layout
from ngrad.ops.bounds import checked
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.creation import zeros_of
from ngrad.ops.extents import integers
from ngrad.ops.gather import gather_rows
from ngrad.ops.joining import concat
from ngrad.ops.scatters import tensor_scatter_nd_update
from ngrad.ops.segments import numbered
from ngrad.ops.shape import reshape
from ngrad.tensor import Tensor, from_numpy

INT64 = BY_CODE["i8"]


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: Any, name: str | None = None
) -> list[Any]:
    """Tensors of those rows that have the number 0, 1, ..., in their order.

    Parameters
    ----------
    data : tensor
    partitions : integer tensor
        Of a shape that leads that of data: to which tensor each of its rows goes.
    num_partitions : int

    Raises
    ------
    IndexBoundsError
        If there is no such tensor.

    Examples
    --------
    >>> import ngrad
    >>> few, many = ngrad.dynamic_partition([1, 20, 30, 4], [0, 1, 1, 0], 2)
    >>> few.numpy(), many.numpy()
    (array([1, 4], dtype=int32), array([20, 30], dtype=int32))
    """
    x, ids = numbered("dynamic_partition", data, partitions, "partitions")
    (count,) = integers(num_partitions, "dynamic_partition")
    known = checked("dynamic_partition", ids, count, noun="partition").numpy().ravel()
    shape, lead = x._layout.shape, ids.ndim
    rows = reshape(x, (math.prod(shape[:lead]), *shape[lead:]))
    where = [from_numpy(np.flatnonzero(known == k), INT64, x._layout.device) for k in range(count)]
    return [gather_rows(rows, index) for index in where]


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """The tensor whose rows at indices are those of data; of equal indices the last counts, and
    rows of none are 0.

    Parameters
    ----------
    indices : sequence of integer tensors
        From 0 to the last row of the result.
    data : sequence of tensors
        Each of a shape that its indices' shape leads.

    Raises
    ------
    IndexBoundsError
        If an index is negative.
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.dynamic_stitch([[0, 3], [1, 2]], [[1, 4], [20, 30]]).numpy()
    array([ 1, 20, 30,  4], dtype=int32)
    """
    what = "dynamic_stitch"
    if len(indices) != len(data) or not len(data):
        raise ShapeError(f"{what}: {len(indices)} tensors of indices for {len(data)} of data")
    parts = zip(operands(what, *data), indices, strict=True)
    pairs = [numbered(what, x, ids, "indices") for x, ids in parts]
    rests = {x._layout.shape[ids.ndim :] for x, ids in pairs}
    if len(rests) > 1:
        raise ShapeError(f"{what}: rows of one shape make a tensor, not of {sorted(rests)}")
    (rest,) = rests
    where = concat([reshape(cast_to(ids, INT64), (-1,)) for _, ids in pairs], 0)
    rows = concat([reshape(x, (ids.size, *rest)) for x, ids in pairs], 0)
    count = int(where.numpy().max()) + 1 if where.size else 0
    empty = zeros_of(layout(rows.dtype, (count, *rest), None, rows._layout.device))
    return tensor_scatter_nd_update(empty, reshape(where, (-1, 1)), rows)
