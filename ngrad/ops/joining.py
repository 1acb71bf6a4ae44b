"""Ops that join, cut, repeat and pad."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.dims import Dim
from ngrad.graph.layout import AXES, Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import Program
from ngrad.graph.roles import Role
from ngrad.ops.convert import beside, from_outside, operands
from ngrad.ops.convert import tensor as _tensor
from ngrad.ops.extending import extended
from ngrad.ops.extents import dims, integers
from ngrad.ops.launching import place_launch
from ngrad.ops.shape import broadcast_to, normal_axis, reshape, reshaped, sole, spread
from ngrad.ops.slicing import embed, strided
from ngrad.record import apply
from ngrad.tensor import Tensor

# -- concat ----------------------------------------------------------------------------------------


def _concat_infer(*xs: Layout, axis: int) -> Layout:
    first = xs[0]
    for x in xs[1:]:
        if x.dtype is not first.dtype:
            raise DTypeError(
                f"concat: dtypes {first.dtype.name} and {x.dtype.name} differ; use ngrad.cast"
            )
        if x.ndim != first.ndim or any(
            n != m for k, (n, m) in enumerate(zip(x.shape, first.shape, strict=True)) if k != axis
        ):
            raise ShapeError(
                f"concat: shapes {first.shape} and {x.shape} differ beside axis {axis}"
            )
    total = sum(x.shape[axis] for x in xs)
    return layout(first.dtype, (*first.shape[:axis], total, *first.shape[axis + 1 :]))


def _concat_prepare(inputs: tuple[Layout, ...], out: Layout, axis: int) -> Any:
    launches, keep = [], []
    start = 0
    for k, x in enumerate(inputs):
        if x.size:
            region = list(zip(x.shape, out.strides, strict=True))
            launch, facts = place_launch(x, region, start * out.strides[axis], which=k)
            launches.append(launch)
            keep.append(facts)
        start += x.shape[axis]
    return Program(tuple(launches), keep=tuple(keep)), out


CONCAT = Op("concat", _concat_infer, _concat_prepare, ("axis",), family="shape")
CONCAT.fusion = Role("concat")


@CONCAT.vjp
def _(g: Any, out: Any, *xs: Any, axis: int) -> Any:
    results = []
    start = 0
    for x in xs:
        shape = x._layout.shape
        results.append(
            strided(g, tuple((start if k == axis else 0, 1, n) for k, n in enumerate(shape)))
        )
        start += shape[axis]
    return tuple(results)


@CONCAT.batch
def _(size: int, batched: Any, *xs: Any, axis: int) -> Any:
    whole = [x if many else spread(x, size) for x, many in zip(xs, batched, strict=True)]
    return apply(CONCAT, tuple(whole), (axis + 1,))


def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """Join tensors along an axis.

    Raises
    ------
    ShapeError
        If the other axes differ.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.concat([[1, 2], [3]], 0).numpy()
    array([1, 2, 3], dtype=int32)
    """
    if not isinstance(values, (list, tuple)):
        return _tensor(values, "concat")
    if not values:
        raise NumberError("concat: takes at least one tensor")
    return joined(operands("concat", *values), sole(axis))


def joined(xs: tuple[Any, ...], axis: Any) -> Any:
    """As `concat`, of tensors of one dtype."""
    ndim = xs[0]._layout.ndim
    if ndim == 0:
        raise ShapeError("concat: 0-d tensors have no axis to join; use ngrad.stack")
    return apply(CONCAT, xs, (normal_axis(axis, ndim, "concat"),))


def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """Join tensors of one shape along a new axis.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.stack([[1, 2], [3, 4]], axis=1).numpy()
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    values = list(values)
    if not values:
        raise NumberError("stack: takes at least one tensor")
    return stacked(operands("stack", *values), axis)


def stacked(xs: tuple[Any, ...], axis: int) -> Any:
    """As `stack`, of tensors of one dtype."""
    shape = xs[0]._layout.shape
    if any(x._layout.shape != shape for x in xs):
        shapes = {str(x._layout.shape) for x in xs}
        raise ShapeError(f"stack: shapes differ: {', '.join(sorted(shapes))}")
    at = normal_axis(axis, len(shape) + 1, "stack")
    if at < len(shape):  # along an axis that is there, which is then made two
        whole = apply(CONCAT, xs, (at,))
        return reshaped(whole, (*shape[:at], len(xs), *shape[at:]))
    one = (*shape, 1)
    return apply(CONCAT, tuple([reshaped(x, one) for x in xs]), (at,))


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Any]:
    """The slices along an axis, as a list.

    Examples
    --------
    >>> import ngrad
    >>> [t.numpy().tolist() for t in ngrad.unstack([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    x = _tensor(value, "unstack")
    at = normal_axis(axis, x.ndim, "unstack")
    shape = x._layout.shape
    if num is not None and num != shape[at]:
        raise ShapeError(f"unstack: axis {at} of shape {shape} has {shape[at]} slices, not {num}")
    rest = (*shape[:at], *shape[at + 1 :])
    return [reshape(_part(x, at, k, 1), rest) for k in range(shape[at])]


def _part(x: Any, axis: int, start: int, count: int) -> Any:
    shape = x._layout.shape
    return strided(
        x, tuple((start, 1, count) if k == axis else (0, 1, n) for k, n in enumerate(shape))
    )


def split(
    value: Any, num_or_size_splits: Any, axis: int = 0, num: int | None = None, name: str = "split"
) -> list[Any]:
    """Cut along an axis: into as many equal parts, or into parts of the sizes given (one may be
    -1).

    Examples
    --------
    >>> import ngrad
    >>> [t.numpy().tolist() for t in ngrad.split([1, 2, 3], [1, 2])]
    [[1], [2, 3]]
    """
    x = _tensor(value, "split")
    at = normal_axis(axis, x.ndim, "split")
    extent = x._layout.shape[at]
    given = from_outside(num_or_size_splits)
    listed = isinstance(given, (list, tuple))  # of tensors NumPy would ask the values
    if not listed and (isinstance(given, Dim) or np.ndim(given) == 0):
        (parts,) = integers(given, "split")
        if parts < 1 or extent % parts:
            raise ShapeError(
                f"split: axis {at} of {extent} elements does not split into {parts} equal parts"
            )
        sizes: Sequence[int] = [extent // parts] * parts
    else:
        sizes = list(dims(given, "split"))
        if list(sizes).count(-1) == 1:
            sizes = [extent - sum(sizes) - 1 if n == -1 else n for n in sizes]
        if sum(sizes) != extent or any(n < 0 for n in sizes):
            raise ShapeError(
                f"split: sizes {list(sizes)} do not add up to {extent}, the extent of axis {at}"
            )
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    return [_part(x, at, start, size) for start, size in zip(starts, sizes, strict=True)]


def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor:
    """Repeat the whole tensor along each axis.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tile([1, 2], [2]).numpy()
    array([1, 2, 1, 2], dtype=int32)
    """
    x = _tensor(input, "tile")
    times = dims(multiples, "tile")
    if len(times) != x.ndim or any(n < 0 for n in times):
        raise ShapeError(
            f"tile: takes a non-negative multiple for each of {x.ndim} axes, not {times}"
        )
    shape = x._layout.shape
    if 2 * len(shape) > AXES:  # an axis after the other, as one of three
        for k, (m, extent) in enumerate(zip(times, x._layout.shape, strict=True)):
            if not (type(m) is int and m == 1):
                before, behind = math.prod(shape[:k]), extent * math.prod(shape[k + 1 :])
                once = reshape(x, (before, 1, behind))
                shape = (*shape[:k], m * extent, *shape[k + 1 :])
                x = reshape(broadcast_to(once, (before, m, behind)), shape)
        return x
    once = reshape(x, tuple(n for extent in shape for n in (1, extent)))
    spread = broadcast_to(
        once, tuple(n for m, extent in zip(times, shape, strict=True) for n in (m, extent))
    )
    return reshape(spread, tuple(m * extent for m, extent in zip(times, shape, strict=True)))


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Tensor:
    """Add elements before and after along each axis: a constant, or the tensor's own, mirrored.

    Parameters
    ----------
    paddings : (ndim, 2) integers
        How many before and after.
    mode : {"CONSTANT", "REFLECT", "SYMMETRIC"}
        REFLECT leaves the border itself out of the mirror image, SYMMETRIC repeats it.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.pad([1, 2, 3], [[2, 1]], mode="REFLECT").numpy()
    array([3, 2, 1, 2, 3, 2], dtype=int32)
    """
    x = _tensor(tensor, "pad")
    widths = np.asarray(from_outside(paddings))
    pairs = widths.tolist()
    if (
        widths.shape != (x.ndim, 2)
        or widths.dtype.kind not in "iu"
        or any(n < 0 for pair in pairs for n in pair)
    ):
        raise ShapeError(
            f"pad: paddings must be non-negative integers of shape {(x.ndim, 2)}, not {paddings!r}"
        )
    kind = mode.upper()
    if kind == "CONSTANT":
        return embedded(x, pairs, beside(x, constant_values, "pad"))
    if kind not in ("REFLECT", "SYMMETRIC"):
        raise NumberError(f"pad: mode {mode!r} is none of CONSTANT, REFLECT, SYMMETRIC")
    return _mirrored(x, tuple(map(tuple, pairs)), kind)


def _mirrored(x: Any, pairs: tuple[tuple[int, int], ...], kind: str) -> Any:
    edge = int(kind == "REFLECT")
    sides = []
    for axis, (before, after) in enumerate(pairs):
        n = x._layout.shape[axis]
        if max(before, after) > n - edge:
            raise ShapeError(
                f"pad: {kind} by {(before, after)} needs more than the {n} elements of axis {axis}"
            )
        front = ((edge + before - 1, -1, before),) if before else ()
        sides.append((front, ((n - edge - 1, -1, after),) if after else ()))
    return extended(x, tuple(sides))


def embedded(x: Any, widths: Any, value: Any) -> Any:
    """A tensor with so many elements of a value before and after along each axis."""
    sizes = x._layout.shape
    shape = tuple(n + before + after for n, (before, after) in zip(sizes, widths, strict=True))
    slices = tuple((before, 1, n) for n, (before, _) in zip(sizes, widths, strict=True))
    return embed(x, value, shape, slices)
