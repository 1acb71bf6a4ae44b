"""Ops that move no numbers, or only move them: most are views of their input's memory."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ngrad.errors import AxisError, DTypeError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.roles import Role
from ngrad.graph.strides import broadcast_strides, reshaped_strides, same_shape
from ngrad.ops.convert import tensor
from ngrad.ops.extents import dims, integers
from ngrad.ops.identity import prepare_view
from ngrad.ops.launching import prepare_copy
from ngrad.record import apply
from ngrad.tensor import Tensor
from ngrad_kernels.keys import are_integers


def normal_axis(axis: Any, ndim: int, what: str) -> int:
    """An axis counted from the front.

    Raises
    ------
    AxisError
        If there is no such axis, naming the op.
    """
    value: int = axis
    if type(axis) is not int:
        found = integers(axis, what)
        if len(found) != 1 or isinstance(axis, (tuple, list)):
            raise DTypeError(f"{what}: takes one axis, not {axis!r}")
        (value,) = found
    if not -ndim <= value < ndim:
        message = f"{what}: axis {value} is out of range for {ndim} dimensions"
        raise AxisError(message, axis=value, ndim=ndim)
    return value + ndim if value < 0 else value


def sole(axis: Any) -> Any:
    """An axis that may be given as a list of one."""
    return axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis


# -- reshape ---------------------------------------------------------------------------------------


def _reshape_infer(x: Layout, shape: tuple[int, ...]) -> Layout:
    return layout(x.dtype, shape)


def _reshape_prepare(inputs: tuple[Layout, ...], out: Layout, shape: tuple[int, ...]) -> Any:
    (x,) = inputs
    if x.contiguous:
        return prepare_view(0, out)
    strides = reshaped_strides(x, shape)
    if strides is not None:
        return prepare_view(0, layout(x.dtype, shape, strides))
    return prepare_copy(x, out)


RESHAPE = Op("reshape", _reshape_infer, _reshape_prepare, ("shape",), family="shape")
RESHAPE.fusion = Role("reshape")
RESHAPE.view = True


@RESHAPE.vjp
def _(g: Any, out: Any, x: Any, shape: Any) -> Any:
    return (apply(RESHAPE, (g,), (x._layout.shape,)),)


@RESHAPE.batch
def _(size: int, batched: Any, x: Any, shape: Any) -> Any:
    return apply(RESHAPE, (x,), ((size, *shape),))


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
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
    x = tensor if type(tensor) is Tensor else _tensor(tensor, "reshape")
    plain = are_integers(shape)
    meant = MEANT.get((x._layout, shape)) if plain else None
    if meant is not None:
        return reshaped(x, meant)
    wanted = dims(shape, "reshape")
    size, known, unknown, fits = x._layout.size, 1, -1, True
    for k, n in enumerate(wanted):
        if n == -1:
            fits, unknown = fits and unknown < 0, k
        else:
            fits, known = fits and n >= 0, known * n
    if fits and unknown >= 0:
        fits = known > 0 and size % known == 0
        if fits:
            wanted = (*wanted[:unknown], size // known, *wanted[unknown + 1 :])
    elif fits:
        fits = known == size
    if not fits:
        raise ShapeError(
            f"reshape: cannot see {x.size} elements of shape {tuple(x.shape)} as {wanted}"
        )
    if plain and not x._layout.open:
        if len(MEANT) >= SEEN:
            MEANT.clear()
        MEANT[x._layout, shape] = wanted
    return reshaped(x, wanted)


SEEN = 4096
"""How many shapes that were asked for are remembered, and how many indices."""
MEANT: dict[tuple[Layout, tuple[int, ...]], tuple[int, ...]] = {}
"""What shapes mean for layouts: sizes, of which none is -1."""


def reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    """As `reshape`, to a shape that the library made of sizes, whose types need no look."""
    own = x._layout.shape
    return x if len(own) == len(shape) and own == shape else apply(RESHAPE, (x,), (shape,))


def flat(x: Any) -> Any:
    """All elements of a tensor along one axis."""
    return x if x._layout.ndim == 1 else reshape(x, (-1,))


_tensor = tensor  # the name of several functions' first argument, as TensorFlow spells it


def expand_dims(input: Any, axis: Any, name: str | None = None) -> Tensor:
    """Insert an axis of one element.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.expand_dims([1, 2], 0).shape
    (1, 2)
    """
    x = _tensor(input, "expand_dims")
    at = normal_axis(sole(axis), x.ndim + 1, "expand_dims")
    shape = x._layout.shape
    return reshape(x, (*shape[:at], 1, *shape[at:]))


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Tensor:
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


# -- broadcast_to ----------------------------------------------------------------------------------


def _broadcast_infer(x: Layout, shape: tuple[int, ...]) -> Layout:
    missing = len(shape) - x.ndim
    if (
        missing < 0
        or any(n < 0 for n in shape)
        or any(n not in (1, m) for n, m in zip(x.shape, shape[missing:], strict=True))
    ):
        raise ShapeError(f"broadcast_to: shape {x.shape} cannot be broadcast to {shape}")
    return layout(x.dtype, shape)


def _broadcast_prepare(inputs: tuple[Layout, ...], out: Layout, shape: tuple[int, ...]) -> Any:
    return prepare_view(0, layout(out.dtype, shape, broadcast_strides(inputs[0], shape)))


BROADCAST = Op("broadcast_to", _broadcast_infer, _broadcast_prepare, ("shape",), family="shape")
BROADCAST.fusion = Role("broadcast")
BROADCAST.view = True


@BROADCAST.vjp
def _(g: Any, out: Any, x: Any, shape: Any) -> Any:
    return (g,)  # whoever traces sums it back


@BROADCAST.batch
def _(size: int, batched: Any, x: Any, shape: Any) -> Any:
    missing = (1,) * (len(shape) - (x.ndim - 1))
    return broadcast_to(reshape(x, (size, *missing, *x._layout.shape[1:])), (size, *shape))


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """The same elements repeated to a shape, by NumPy's broadcasting; no memory is used.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.broadcast_to([1, 2], [2, 2]).numpy()
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    x = _tensor(input, "broadcast_to")
    wanted = dims(shape, "broadcast_to")
    return x if same_shape(wanted, x._layout.shape) else apply(BROADCAST, (x,), (wanted,))


def spread(x: Any, size: int) -> Any:
    """The same tensor for each element of a batch."""
    return broadcast_to(x, (size, *x._layout.shape))


# -- transpose -------------------------------------------------------------------------------------


def _transpose_infer(x: Layout, perm: tuple[int, ...]) -> Layout:
    return layout(x.dtype, tuple([x.shape[a] for a in perm]))


def _transpose_prepare(inputs: tuple[Layout, ...], out: Layout, perm: tuple[int, ...]) -> Any:
    strides = tuple(inputs[0].strides[a] for a in perm)
    return prepare_view(0, layout(out.dtype, out.shape, strides))


TRANSPOSE = Op("transpose", _transpose_infer, _transpose_prepare, ("perm",), family="shape")
TRANSPOSE.fusion = Role("view")
TRANSPOSE.view = True


@TRANSPOSE.vjp
def _(g: Any, out: Any, x: Any, perm: Any) -> Any:
    return (apply(TRANSPOSE, (g,), (inverse(perm),)),)


@TRANSPOSE.batch
def _(size: int, batched: Any, x: Any, perm: Any) -> Any:
    return apply(TRANSPOSE, (x,), ((0, *(axis + 1 for axis in perm)),))


def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> Tensor:
    """Permute axes: reversed, or as `perm` says; no memory is moved. Complex elements are
    conjugated, if asked for.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.transpose([[1, 2], [3, 4]]).numpy()
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    if conjugate:
        from ngrad.ops.complexes import conj  # which is made of ops on shapes

        return conj(transpose(a, perm))
    x = a if type(a) is Tensor else _tensor(a, "transpose")
    plain = perm is None or are_integers(perm)
    order = _order(perm if plain else integers(perm, "transpose"), x._layout.ndim)
    return x if order is None else apply(TRANSPOSE, (x,), (order,))


@functools.lru_cache(SEEN)
def _order(perm: tuple[int, ...] | None, ndim: int) -> tuple[int, ...] | None:
    """The axes that a permutation means, counted from the front; None if they stay."""
    own = range(ndim)
    order = tuple(own[::-1]) if perm is None else perm
    if sorted([k + ndim if k < 0 else k for k in order]) != [*own]:
        raise ShapeError(f"transpose: {order} is no permutation of {ndim} axes")
    order = tuple([k % ndim for k in order])
    return None if order == (*own,) else order


def inverse(perm: Sequence[int]) -> tuple[int, ...]:
    """The order of axes that undoes another.

    Examples
    --------
    >>> inverse((2, 0, 1))
    (1, 2, 0)
    """
    return tuple(sorted(range(len(perm)), key=perm.__getitem__))


def move_axis(x: Any, source: int, target: int) -> Any:
    """A tensor with an axis put elsewhere, and the others in order."""
    if source == target:
        return x
    order = [k for k in range(x.ndim) if k != source]
    order.insert(target, source)
    return transpose(x, tuple(order))


def swap_last(x: Any, axis: int) -> Any:
    """A tensor with an axis and its last one exchanged."""
    last = x._layout.ndim - 1
    if axis == last:
        return x
    return apply(TRANSPOSE, (x,), ((*range(axis), last, *range(axis + 1, last), axis),))
