"""Sequences of several lengths in one tensor."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import BY_CODE
from ngrad.errors import AxisError, DTypeError, ShapeError
from ngrad.ops.bounds import checked
from ngrad.ops.comparison import less
from ngrad.ops.convert import cast_to, tensors
from ngrad.ops.creation import RANGE
from ngrad.ops.elementwise import select
from ngrad.ops.extents import made
from ngrad.ops.gather import gather_rows
from ngrad.ops.shape import expand_dims, normal_axis, transpose
from ngrad.tensor import Tensor

INT64 = BY_CODE["i8"]


def reverse_sequence(
    input: Any, seq_lengths: Any, seq_axis: Any = None, batch_axis: Any = 0,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """Sequences, of which the first elements, as many as its length says, are in reverse order.

    Parameters
    ----------
    input : tensor
    seq_lengths : integer tensor of shape (batch,)
    seq_axis, batch_axis : int
        Along which a sequence goes, and along which there are several.

    Raises
    ------
    IndexBoundsError
        If a sequence is no longer than that.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], seq_axis=1).numpy()
    array([[2, 1, 3],
           [6, 5, 4]], dtype=int32)
    """
    what = "reverse_sequence"
    x, lengths = tensors(what, input, seq_lengths)
    if seq_axis is None:
        raise AxisError(f"{what}: seq_axis must be given, along which a sequence goes")
    along, batch = (normal_axis(axis, x.ndim, what) for axis in (seq_axis, batch_axis or 0))
    shape = x._layout.shape
    if along == batch:
        raise AxisError(f"{what}: sequences go along axis {along}, and so there cannot be several")
    if not lengths.dtype.is_integer:
        raise DTypeError(f"{what}: seq_lengths must be integers, not {lengths.dtype.name}")
    if lengths._layout.shape != (shape[batch],):
        raise ShapeError(
            f"{what}: seq_lengths of shape {lengths._layout.shape} for {shape[batch]} sequences, "
            f"axis {batch} of shape {shape}"
        )
    count = shape[along]
    ends = expand_dims(cast_to(checked(what, lengths, count + 1, noun="length"), INT64), -1)
    steps = made(RANGE, 0, 1, count, INT64, device=x._layout.device)
    order = (batch, along, *(k for k in range(x.ndim) if k not in (batch, along)))
    where = select(less(steps, ends), ends - 1 - steps, steps)
    turned = gather_rows(transpose(x, order), where, 1, 1)
    return transpose(turned, tuple(order.index(k) for k in range(x.ndim)))
