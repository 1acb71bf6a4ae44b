"""Strided slices, and their transpose: a tensor embedded in a larger one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ngrad.devices import HOST
from ngrad.dtypes import BY_CODE
from ngrad.errors import ShapeError
from ngrad.graph.layout import Layout, contiguous_strides, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Launch, Program
from ngrad.graph.roles import Role
from ngrad.ops.convert import number, operands
from ngrad.ops.convert import tensor as convert
from ngrad.ops.extents import dims, integers
from ngrad.ops.identity import prepare_view
from ngrad.ops.launching import place_launch
from ngrad.ops.shape import broadcast_to, normal_axis, reshape, spread
from ngrad.record import apply
from ngrad.tensor import Tensor
from ngrad_kernels.contract import CHUNK

Slice = tuple[int, int, int]
"""Start, step and count along an axis: (start + step * k for k in range(count))."""


def _slice_infer(x: Layout, slices: tuple[Slice, ...]) -> Layout:
    return layout(x.dtype, tuple([count for _, _, count in slices]))


def _slice_prepare(inputs: tuple[Layout, ...], out: Layout, slices: tuple[Slice, ...]) -> Any:
    (x,) = inputs
    if out.size == 0:
        return prepare_view(0, out)
    strides = tuple(s * step for s, (_, step, _) in zip(x.strides, slices, strict=True))
    offset = sum(s * start for s, (start, _, _) in zip(x.strides, slices, strict=True))
    return prepare_view(offset, layout(x.dtype, out.shape, strides))


SLICE = Op("strided_slice", _slice_infer, _slice_prepare, ("slices",), family="shape")
SLICE.fusion = Role("slice")
SLICE.view = True


@SLICE.vjp
def _(g: Any, out: Any, x: Any, slices: Any) -> Any:
    return (embed(g, 0.0, x._layout.shape, slices),)


@SLICE.batch
def _(size: int, batched: Any, x: Any, slices: Any) -> Any:
    return strided(x, ((0, 1, size), *slices))


def strided(x: Any, slices: tuple[Slice, ...]) -> Any:
    """A view of part of x; bounds have been checked by whoever calls."""
    return apply(SLICE, (x,), (slices,))


def _embed_infer(
    x: Layout, value: Layout, shape: tuple[int, ...], slices: tuple[Slice, ...]
) -> Layout:
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
    target = out.device.target
    if out.device is HOST and FEW < out.nbytes < 2 * x.nbytes and _is_box(slices):
        made = [
            place_launch(
                layout(x.dtype, sizes, (0,) * len(sizes)),
                list(zip(sizes, strides, strict=True)),
                sum(s * k for s, k in zip(strides, begins, strict=True)),
                1,
            )
            for begins, sizes in _around(shape, slices)
        ]
    else:
        facts, held = target.facts([itemsize])
        fill = Launch(target.skeleton("fill"), facts, out.size, CHUNK, ((1, 0), (OUT, 0)))
        made = [(fill, held)]
    if x.size:
        made.append(place_launch(x, dims, offset))
    return Program(
        tuple([launch for launch, _ in made]), keep=tuple([held for _, held in made])
    ), out


FEW = 1 << 16
"""Bytes up to which a result is filled, rather than what is around an operand: more launches."""


def _is_box(slices: tuple[Slice, ...]) -> bool:
    return all(step == 1 or count == 1 for _, step, count in slices)


def _around(
    shape: tuple[int, ...], slices: tuple[Slice, ...]
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Where boxes begin, and their sizes, that cover what is around one: before it and behind it
    along each axis, within its range of the axes before.
    """
    for k, (start, _, count) in enumerate(slices):
        end = start + count
        for begin, stop in ((0, start), (end, shape[k])):
            if begin < stop:
                before = slices[:k]
                begins = (*(first for first, _, _ in before), begin, *(0 for _ in shape[k + 1 :]))
                sizes = (*(n for _, _, n in before), stop - begin, *shape[k + 1 :])
                yield begins, sizes


EMBED = Op("embed", _embed_infer, _embed_prepare, ("shape", "slices"), family="shape")
EMBED.fusion = Role("embed")


@EMBED.vjp
def _(g: Any, out: Any, x: Any, value: Any, shape: Any, slices: Any) -> Any:
    from ngrad.ops.elementwise import select
    from ngrad.ops.reductions import reduce_sum

    return strided(g, slices), reduce_sum(select(_outside(x, shape, slices), g, 0.0))


def _outside(x: Any, shape: tuple[int, ...], slices: tuple[Slice, ...]) -> Any:
    """Where an embedding of x shows the value, not x."""
    inside = number(False, BY_CODE["b1"], x._layout.device)
    return embed(broadcast_to(inside, x._layout.shape), True, shape, slices)


@EMBED.batch
def _(size: int, batched: Any, x: Any, value: Any, shape: Any, slices: Any) -> Any:
    from ngrad.ops.elementwise import select

    x = x if batched[0] else spread(x, size)
    shape, slices = (size, *shape), ((0, 1, size), *slices)
    if not batched[1]:
        return embed(x, value, shape, slices)
    value = reshape(value, (size, *(1,) * (x.ndim - 1)))
    inside = embed(x, number(0, x.dtype, x._layout.device), shape, slices)
    return select(_outside(x, shape, slices), value, inside)


def embed(x: Any, value: Any, shape: tuple[int, ...], slices: tuple[Slice, ...]) -> Any:
    """A tensor of a shape filled with a value, with x at the places that slices name: the transpose
    of a slice.
    """
    x, value = operands("embed", x, value)
    return apply(EMBED, (x, value), (shape, slices))


def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """A part of a tensor: where it begins along each axis, and how many elements it has, -1 for all
    that are left.

    Raises
    ------
    ShapeError
        If it is no part of the tensor.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.slice([[1, 2, 3], [4, 5, 6]], [0, 1], [2, -1]).numpy()
    array([[2, 3],
           [5, 6]], dtype=int32)
    """
    x = convert(input_, "slice")
    first, counts = dims(begin, "slice"), dims(size, "slice")
    shape = x._layout.shape
    if not len(first) == len(counts) == len(shape):
        raise ShapeError(f"slice: begin {first} and size {counts} for a tensor of shape {shape}")
    counts = tuple(n - a if c == -1 else c for a, c, n in zip(first, counts, shape, strict=True))
    if any(a < 0 or c < 0 or a + c > n for a, c, n in zip(first, counts, shape, strict=True)):
        raise ShapeError(f"slice: begin {first} and size {counts} go beyond shape {shape}")
    return strided(x, tuple((a, 1, c) for a, c in zip(first, counts, strict=True)))


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """Reverse the order along axes; no memory is moved.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reverse([1, 2, 3], axis=[0]).numpy()
    array([3, 2, 1], dtype=int32)
    """
    x = convert(tensor, "reverse")
    axes = [normal_axis(a, x.ndim, "reverse") for a in integers(axis, "reverse")]
    if len(set(axes)) != len(axes):
        raise ShapeError(f"reverse: an axis is named twice in {axis}")
    slices = (
        (n - 1, -1, n) if k in axes and n else (0, 1, n) for k, n in enumerate(x._layout.shape)
    )
    return strided(x, tuple(slices))
