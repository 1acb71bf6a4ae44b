"""Ops that move no numbers, or only move them: most are views of their input's memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.layout import Layout, contiguous_strides, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Launch, Program
from ngrad.ops.convert import cast_to, from_outside, operands, tensor
from ngrad.ops.identity import prepare_view
from ngrad.ops.launching import broadcast_strides, place_launch, prepare_copy
from ngrad.record import apply
from ngrad.tensor import Tensor
from ngrad_kernels import cpu


def integers(value: Any, what: str) -> tuple[int, ...]:
    """Sizes, axes, multiples ... as a tuple of Python integers, from numbers, sequences, arrays or tensors."""
    value = from_outside(value)
    if isinstance(value, Tensor):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    items = value if isinstance(value, (list, tuple)) else (value,)
    try:
        return tuple(item if type(item) is int else item.__index__() for item in items)
    except (AttributeError, TypeError):
        raise DTypeError(f"{what}: takes integers, not {value!r}") from None


def normal_axis(axis: Any, ndim: int, what: str) -> int:
    """An axis counted from the front.

    Raises
    ------
    ShapeError
        If there is no such axis, naming the op.
    """
    (value,) = integers(axis, what)
    if not -ndim <= value < ndim:
        raise ShapeError(f"{what}: axis {value} is out of range for {ndim} dimensions")
    return value + ndim if value < 0 else value


# -- reshape ---------------------------------------------------------------------------------------------------


def _reshape_infer(x: Layout, shape: tuple[int, ...]) -> Layout:
    return layout(x.dtype, shape)


def _reshape_prepare(inputs: tuple[Layout, ...], out: Layout, shape: tuple[int, ...]) -> Any:
    (x,) = inputs
    if x.contiguous:
        return prepare_view(0, out)
    strides = _view_strides(x, shape)
    if strides is not None:
        return prepare_view(0, layout(x.dtype, shape, strides))
    return prepare_copy(x, out)


def _view_strides(x: Layout, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Strides with which `shape` sees the same memory, if there are any; NumPy knows."""
    stand_in = np.lib.stride_tricks.as_strided(
        np.empty(1, x.dtype.numpy_dtype), x.shape, x.strides, writeable=False
    )
    try:
        return stand_in.reshape(shape, copy=False).strides
    except ValueError:
        return None


RESHAPE = Op("reshape", _reshape_infer, _reshape_prepare, ("shape",), family="shape")


@RESHAPE.vjp
def _(g: Any, out: Any, x: Any, shape: Any) -> Any:
    return (apply(RESHAPE, (g,), (x._layout.shape,)),)


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The same elements, in row-major order, in another shape; one size may be -1.

    Raises
    ------
    ShapeError
        If the number of elements differs.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reshape([[1, 2], [3, 4]], [-1]).numpy()
    array([1, 2, 3, 4], dtype=int32)
    """
    x = _tensor(tensor, "reshape")
    wanted = integers(shape, "reshape")
    unknown = [k for k, n in enumerate(wanted) if n == -1]
    known = math.prod(n for n in wanted if n != -1)
    fits = len(unknown) <= 1 and all(n >= -1 for n in wanted)
    if fits and unknown:
        fits = known > 0 and x.size % known == 0
        wanted = tuple(x.size // known if n == -1 else n for n in wanted) if fits else wanted
    elif fits:
        fits = known == x.size
    if not fits:
        raise ShapeError(f"reshape: cannot see {x.size} elements of shape {tuple(x.shape)} as {wanted}")
    return x if wanted == x._layout.shape else apply(RESHAPE, (x,), (wanted,))


_tensor = tensor  # the name of several functions' first argument, as TensorFlow spells it


def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    """Insert an axis of one element.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.expand_dims([1, 2], 0).shape
    (1, 2)
    """
    x = _tensor(input, "expand_dims")
    at = normal_axis(axis, x.ndim + 1, "expand_dims")
    shape = x._layout.shape
    return reshape(x, (*shape[:at], 1, *shape[at:]))


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Remove axes of one element: all, or those given.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.squeeze(ngrad.zeros([1, 2, 1])).shape
    (2,)
    """
    x = _tensor(input, "squeeze")
    shape = x._layout.shape
    axes = (
        {k for k, n in enumerate(shape) if n == 1}
        if axis is None or axis == []
        else {normal_axis(a, x.ndim, "squeeze") for a in integers(axis, "squeeze")}
    )
    for a in axes:
        if shape[a] != 1:
            raise ShapeError(f"squeeze: axis {a} of shape {shape} has {shape[a]} elements, not one")
    return reshape(x, tuple(n for k, n in enumerate(shape) if k not in axes))


# -- broadcast_to ----------------------------------------------------------------------------------------------


def _broadcast_infer(x: Layout, shape: tuple[int, ...]) -> Layout:
    missing = len(shape) - x.ndim
    if missing < 0 or any(n not in (1, m) for n, m in zip(x.shape, shape[missing:], strict=True)):
        raise ShapeError(f"broadcast_to: shape {x.shape} does not broadcast to {shape}")
    return layout(x.dtype, shape)


def _broadcast_prepare(inputs: tuple[Layout, ...], out: Layout, shape: tuple[int, ...]) -> Any:
    return prepare_view(0, layout(out.dtype, shape, broadcast_strides(inputs[0], shape)))


BROADCAST = Op("broadcast_to", _broadcast_infer, _broadcast_prepare, ("shape",), family="shape")


@BROADCAST.vjp
def _(g: Any, out: Any, x: Any, shape: Any) -> Any:
    return (g,)  # whoever traces sums it back


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    """The same elements repeated to a shape, by NumPy's broadcasting; no memory is used.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.broadcast_to([1, 2], [2, 2]).numpy()
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    x = _tensor(input, "broadcast_to")
    wanted = integers(shape, "broadcast_to")
    return x if wanted == x._layout.shape else apply(BROADCAST, (x,), (wanted,))


# -- transpose -------------------------------------------------------------------------------------------------


def _transpose_infer(x: Layout, perm: tuple[int, ...]) -> Layout:
    return layout(x.dtype, tuple(x.shape[a] for a in perm))


def _transpose_prepare(inputs: tuple[Layout, ...], out: Layout, perm: tuple[int, ...]) -> Any:
    strides = tuple(inputs[0].strides[a] for a in perm)
    return prepare_view(0, layout(out.dtype, out.shape, strides))


TRANSPOSE = Op("transpose", _transpose_infer, _transpose_prepare, ("perm",), family="shape")


@TRANSPOSE.vjp
def _(g: Any, out: Any, x: Any, perm: Any) -> Any:
    inverse = sorted(range(len(perm)), key=perm.__getitem__)
    return (apply(TRANSPOSE, (g,), (tuple(inverse),)),)


def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> Any:
    """Permute axes: reversed, or as `perm` says; no memory is moved.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.transpose([[1, 2], [3, 4]]).numpy()
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    x = _tensor(a, "transpose")
    order = tuple(range(x.ndim))[::-1] if perm is None else integers(perm, "transpose")
    if sorted(k % max(x.ndim, 1) for k in order) != list(range(x.ndim)):
        raise ShapeError(f"transpose: {order} is no permutation of {x.ndim} axes")
    order = tuple(k % x.ndim for k in order)
    return apply(TRANSPOSE, (x,), (order,))


# -- strided slices, and their transpose -----------------------------------------------------------------------

Slice = tuple[int, int, int]
"""Start, step and count along an axis: (start + step * k for k in range(count))."""


def _slice_infer(x: Layout, slices: tuple[Slice, ...]) -> Layout:
    return layout(x.dtype, tuple(count for _, _, count in slices))


def _slice_prepare(inputs: tuple[Layout, ...], out: Layout, slices: tuple[Slice, ...]) -> Any:
    (x,) = inputs
    if out.size == 0:
        return prepare_view(0, out)
    strides = tuple(s * step for s, (_, step, _) in zip(x.strides, slices, strict=True))
    offset = sum(s * start for s, (start, _, _) in zip(x.strides, slices, strict=True))
    return prepare_view(offset, layout(x.dtype, out.shape, strides))


SLICE = Op("strided_slice", _slice_infer, _slice_prepare, ("slices",), family="shape")


@SLICE.vjp
def _(g: Any, out: Any, x: Any, slices: Any) -> Any:
    return (embed(g, 0.0, x._layout.shape, slices),)


def strided(x: Any, slices: tuple[Slice, ...]) -> Any:
    """A view of part of x; bounds have been checked by whoever calls."""
    return apply(SLICE, (x,), (slices,))


def _embed_infer(x: Layout, value: Layout, shape: tuple[int, ...], slices: tuple[Slice, ...]) -> Layout:
    return layout(x.dtype, shape)


def _embed_prepare(
    inputs: tuple[Layout, ...], out: Layout, shape: tuple[int, ...], slices: tuple[Slice, ...]
) -> Any:
    (x, _) = inputs
    itemsize = out.dtype.itemsize
    strides = contiguous_strides(shape, itemsize)
    offset = sum(s * start for s, (start, _, _) in zip(strides, slices, strict=True))
    dims = [(n, s * step) for n, s, (_, step, _) in zip(x.shape, strides, slices, strict=True)]
    if out.size == 0:
        return Program(), out
    facts = np.array([itemsize], np.int64)
    fill = cpu.skeleton("fill")
    launches = [Launch(fill, facts.ctypes.data, out.size, cpu.CHUNK, ((1, 0), (OUT, 0)))]
    keep: list[Any] = [facts]
    if x.size:
        place, facts = place_launch(x, dims, offset)
        launches.append(place)
        keep.append(facts)
    return Program(tuple(launches), keep=tuple(keep)), out


EMBED = Op("embed", _embed_infer, _embed_prepare, ("shape", "slices"), family="shape")


@EMBED.vjp
def _(g: Any, out: Any, x: Any, value: Any, shape: Any, slices: Any) -> Any:
    from ngrad.ops.elementwise import select
    from ngrad.ops.reductions import reduce_sum

    outside = embed(broadcast_to(_tensor(False), x._layout.shape), True, shape, slices)
    return strided(g, slices), reduce_sum(select(outside, g, 0.0))


def embed(x: Any, value: Any, shape: tuple[int, ...], slices: tuple[Slice, ...]) -> Any:
    """A tensor of a shape filled with a value, with x at the places that slices name: the transpose of a slice."""
    x, value = operands("embed", x, value)
    return apply(EMBED, (x, value), (shape, slices))


# -- concat ----------------------------------------------------------------------------------------------------


def _concat_infer(*xs: Layout, axis: int) -> Layout:
    first = xs[0]
    for x in xs[1:]:
        if x.dtype is not first.dtype:
            raise DTypeError(f"concat: dtypes {first.dtype.name} and {x.dtype.name} differ; use ngrad.cast")
        if x.ndim != first.ndim or any(
            n != m for k, (n, m) in enumerate(zip(x.shape, first.shape, strict=True)) if k != axis
        ):
            raise ShapeError(f"concat: shapes {first.shape} and {x.shape} differ beside axis {axis}")
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


def concat(values: Any, axis: Any, name: str = "concat") -> Any:
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
    xs = operands("concat", *(_tensor(value, "concat") for value in values))
    if xs[0].ndim == 0:
        raise ShapeError("concat: 0-d tensors have no axis to join; use ngrad.stack")
    return apply(CONCAT, xs, (normal_axis(axis, xs[0].ndim, "concat"),))


def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
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
    xs = operands("stack", *(_tensor(value, "stack") for value in values))
    shapes = {x._layout.shape for x in xs}
    if len(shapes) > 1:
        raise ShapeError(f"stack: shapes differ: {', '.join(map(str, sorted(shapes)))}")
    at = normal_axis(axis, xs[0].ndim + 1, "stack")
    return concat([expand_dims(x, at) for x in xs], at)


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
    return strided(x, tuple((start, 1, count) if k == axis else (0, 1, n) for k, n in enumerate(shape)))


def split(value: Any, num_or_size_splits: Any, axis: int = 0, num: int | None = None, name: str = "split") -> list[Any]:
    """Cut along an axis: into as many equal parts, or into parts of the sizes given (one may be -1).

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
    if np.ndim(given) == 0:
        (parts,) = integers(given, "split")
        if parts < 1 or extent % parts:
            raise ShapeError(f"split: axis {at} of {extent} elements does not split into {parts} equal parts")
        sizes: Sequence[int] = [extent // parts] * parts
    else:
        sizes = list(integers(given, "split"))
        if list(sizes).count(-1) == 1:
            sizes = [extent - sum(sizes) - 1 if n == -1 else n for n in sizes]
        if sum(sizes) != extent or min(sizes, default=0) < 0:
            raise ShapeError(f"split: sizes {list(sizes)} do not add up to {extent}, the extent of axis {at}")
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    return [_part(x, at, start, size) for start, size in zip(starts, sizes, strict=True)]


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Reverse the order along axes; no memory is moved.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reverse([1, 2, 3], axis=[0]).numpy()
    array([3, 2, 1], dtype=int32)
    """
    x = _tensor(tensor, "reverse")
    axes = {normal_axis(a, x.ndim, "reverse") for a in integers(axis, "reverse")}
    slices = ((n - 1, -1, n) if k in axes and n else (0, 1, n) for k, n in enumerate(x._layout.shape))
    return strided(x, tuple(slices))


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """Repeat the whole tensor along each axis.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.tile([1, 2], [2]).numpy()
    array([1, 2, 1, 2], dtype=int32)
    """
    x = _tensor(input, "tile")
    times = integers(multiples, "tile")
    if len(times) != x.ndim or min(times, default=0) < 0:
        raise ShapeError(f"tile: takes a non-negative multiple for each of {x.ndim} axes, not {times}")
    shape = x._layout.shape
    once = reshape(x, tuple(n for extent in shape for n in (1, extent)))
    spread = broadcast_to(once, tuple(n for m, extent in zip(times, shape, strict=True) for n in (m, extent)))
    return reshape(spread, tuple(m * extent for m, extent in zip(times, shape, strict=True)))


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: str | None = None) -> Any:
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
    if widths.shape != (x.ndim, 2) or widths.dtype.kind not in "iu" or (widths.size and widths.min() < 0):
        raise ShapeError(f"pad: paddings must be non-negative integers of shape {(x.ndim, 2)}, not {paddings!r}")
    pairs = [(int(before), int(after)) for before, after in widths]
    kind = mode.upper()
    if kind == "CONSTANT":
        shape = tuple(n + before + after for n, (before, after) in zip(x.shape, pairs, strict=True))
        slices = tuple((before, 1, n) for n, (before, _) in zip(x.shape, pairs, strict=True))
        value = cast_to(_tensor(constant_values, "pad"), x.dtype)
        return embed(x, value, shape, slices)
    if kind not in ("REFLECT", "SYMMETRIC"):
        raise NumberError(f"pad: mode {mode!r} is none of CONSTANT, REFLECT, SYMMETRIC")
    edge = int(kind == "REFLECT")
    for axis, (before, after) in enumerate(pairs):
        n = x._layout.shape[axis]
        if max(before, after) > n - edge:
            raise ShapeError(f"pad: {kind} by {(before, after)} needs more than the {n} elements of axis {axis}")
        parts = [x]
        if before:
            parts.insert(0, reverse(_part(x, axis, edge, before), axis))
        if after:
            parts.append(reverse(_part(x, axis, n - edge - after, after), axis))
        x = concat(parts, axis) if len(parts) > 1 else x
    return x


def roll(input: Any, shift: Any, axis: Any = None, name: str | None = None) -> Any:
    """Shift elements along axes; what leaves at one end enters at the other.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.roll([1, 2, 3], shift=1, axis=0).numpy()
    array([3, 1, 2], dtype=int32)
    """
    x = _tensor(input, "roll")
    if axis is None:
        return reshape(roll(reshape(x, (-1,)), shift, 0), x._layout.shape) if x.size else x
    shifts, axes = integers(shift, "roll"), integers(axis, "roll")
    if len(shifts) == 1:
        shifts = shifts * len(axes)
    if len(shifts) != len(axes):
        raise ShapeError(f"roll: {len(shifts)} shifts for {len(axes)} axes")
    for by, a in zip(shifts, axes, strict=True):
        at = normal_axis(a, x.ndim, "roll")
        n = x._layout.shape[at]
        by = by % n if n else 0
        if by:
            x = concat([_part(x, at, n - by, by), _part(x, at, 0, n - by)], at)
    return x
