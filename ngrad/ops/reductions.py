"""Reductions over any axes, each with its rule."""

from __future__ import annotations

import functools
import math
from typing import Any

from ngrad.dtypes import BY_CODE, as_dtype
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.graph import Graph
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.roles import Role
from ngrad.graph.simplify import RULES
from ngrad.ops.comparison import equal
from ngrad.ops.convert import cast_to, tensor, wide
from ngrad.ops.elementwise import select
from ngrad.ops.extents import integers
from ngrad.ops.reducing import apart, prepare_reduction
from ngrad.ops.shape import SEEN, inverse, normal_axis, reshape, reshaped, transpose
from ngrad.record import apply
from ngrad.tensor import Tensor
from ngrad_kernels.keys import are_integers

BOOL, INT64 = BY_CODE["b1"], BY_CODE["i8"]


def normal_axes(axis: Any, ndim: int, what: str) -> tuple[int, ...]:
    """Reduced axes, counted from the front, in order; all if `axis` is None.

    Raises
    ------
    ShapeError
        If one is out of range or named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int:
        return (normal_axis(axis, ndim, what),)
    axes = tuple(normal_axis(a, ndim, what) for a in integers(axis, what))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{what}: an axis is named twice in {axis}")
    return tuple(sorted(axes))


def kept_shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([n for k, n in enumerate(shape) if k not in axes])


def ones_shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with reduced axes kept as ones."""
    for a in axes:
        shape = (*shape[:a], 1, *shape[a + 1 :])
    return shape


# -- sum, prod, max, min ---------------------------------------------------------------------------


def _in_turn(graph: Graph, op: Op, inputs: tuple[int, ...], params: Any, out: Any) -> int | None:
    """A reduction over axes that lie apart as one after the other, which can be fused."""
    x = graph.value(inputs[0])
    parted = apart(x.shape, params[0])
    if parted is None:
        return None
    found = wide(x)
    for axes in parted:
        found = graph.apply(op, (found,), (axes,))
    index: int = cast_to(found, out.dtype).index
    return index


def _reduction(name: str, reduction: str, *kinds: str) -> Op:
    def infer(x: Layout, axes: tuple[int, ...]) -> Layout:
        if not x.dtype.code.startswith(kinds):
            raise DTypeError(f"{name}: does not take {x.dtype.name}; convert with ngrad.cast")
        return layout(x.dtype, kept_shape(x.shape, axes))

    def prepare(inputs: tuple[Layout, ...], out: Layout, axes: tuple[int, ...]) -> Any:
        return prepare_reduction(reduction, inputs[0], out, axes)

    op = Op(name, infer, prepare, ("axes",), family="reduction")
    op.ahead(lambda dtype: [(((axis,),), ((dtype, (2, 2)),)) for axis in (1, 0)])  # rows, columns
    op.fusion = Role("reduce", reduction)
    RULES[name] = _in_turn

    @op.batch
    def _(size: int, batched: Any, x: Any, axes: Any) -> Any:
        return apply(op, (x,), (tuple(axis + 1 for axis in axes),))

    return op


SUM = _reduction("reduce_sum", "sum", *"fiuc")
PROD = _reduction("reduce_prod", "prod", *"fiuc")
MAX = _reduction("reduce_max", "max", *"fiubc")
MIN = _reduction("reduce_min", "min", *"fiubc")
AND, OR, XOR = (_reduction(f"reduce_{name}", name, "i8") for name in ("and", "or", "xor"))
"""Bits that are set in every element, in any, and in an odd number of them: of int64."""
for _op in (AND, OR, XOR):
    _op.vjp(lambda g, out, x, axes: (None,))


def _spread(g: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """A reduced cotangent, with its reduced axes back as ones, so that it broadcasts."""
    return reshape(g, ones_shape(x._layout.shape, axes))


@SUM.vjp
def _(g: Any, out: Any, x: Any, axes: Any) -> Any:
    from ngrad.ops.shape import broadcast_to

    return (broadcast_to(_spread(g, x, axes), x._layout.shape),)


def _extreme_rule(g: Any, out: Any, x: Any, axes: Any) -> Any:
    hit = equal(x, _spread(out, x, axes))
    ties = apply(SUM, (wide(cast_to(hit, x.dtype)),), (axes,))
    return (select(hit, _spread(cast_to(wide(g) / ties, g.dtype), x, axes), 0.0),)


MAX.vjp(_extreme_rule)
MIN.vjp(_extreme_rule)


@PROD.vjp
def _(g: Any, out: Any, x: Any, axes: Any) -> Any:
    # The product of all the others, without dividing: right where elements are zero, and to any
    # order.
    from ngrad.ops.scans import cumprod

    kept = tuple(k for k in range(x.ndim) if k not in axes)
    perm = (*kept, *axes)
    shape = x._layout.shape
    lead = tuple(shape[k] for k in kept)
    length = math.prod(shape[a] for a in axes)
    rows = reshape(transpose(x, perm), (*lead, length))
    last = len(lead)
    before = cumprod(rows, last, exclusive=True)
    after = cumprod(rows, last, exclusive=True, reverse=True)
    others = reshape(before * after, tuple(shape[k] for k in perm))
    return (_spread(g, x, axes) * transpose(others, inverse(perm)),)


_axes = functools.lru_cache(SEEN)(normal_axes)
"""The same of what is spelled as axes mostly are, with no other numbers, which equal integers."""


def reduce_over(op: Op, value: Any, axis: Any, keepdims: bool, nonempty: bool = False) -> Any:
    x = value if type(value) is Tensor else tensor(value, op.name)
    where = x._layout
    plain = axis is None or type(axis) is int or are_integers(axis)
    axes = (_axes if plain else normal_axes)(axis, where.ndim, op.name)
    if (
        nonempty
        and where.size == 0
        and not where.dtype.is_floating
        and math.prod(kept_shape(where.shape, axes))
    ):
        raise NumberError(
            f"{op.name}: no elements to reduce in shape {where.shape} over axes {axes}"
        )
    if axes:
        out = apply(op, (x,), (axes,))
    else:
        op.infer(where, axes)  # it raises for a dtype that the op does not take
        out = x
    return reshaped(out, ones_shape(where.shape, axes)) if keepdims else out


def reduce_sum(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The sum over axes (all if None), in the tensor's own dtype; added in a fixed order, blocks of
    floats in float64.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reduce_sum([[1, 2], [3, 4]], axis=0).numpy()
    array([4, 6], dtype=int32)
    """
    return reduce_over(SUM, input_tensor, axis, keepdims)


def reduce_prod(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The product over axes; its derivative is right where elements are zero.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reduce_prod([2, 3, 4]).numpy()
    np.int32(24)
    """
    return reduce_over(PROD, input_tensor, axis, keepdims)


def reduce_max(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The largest element over axes, NaN if there is one; ties share the cotangent evenly. -inf of
    nothing.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reduce_max([[1, 5], [7, 2]], axis=1).numpy()
    array([5, 7], dtype=int32)
    """
    return reduce_over(MAX, input_tensor, axis, keepdims, nonempty=True)


def reduce_min(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The smallest element over axes, NaN if there is one; ties share the cotangent evenly. inf of
    nothing.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.reduce_min([[1, 5], [7, 2]], axis=1).numpy()
    array([1, 2], dtype=int32)
    """
    return reduce_over(MIN, input_tensor, axis, keepdims, nonempty=True)


def reduce_bits(op: Op, value: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`AND`, `OR` or `XOR` of integers or bools over axes."""
    x = tensor(value, op.name)
    if x.dtype.is_inexact:
        raise DTypeError(f"{op.name}: takes integers and bools, not {x.dtype.name}")
    return cast_to(reduce_over(op, cast_to(x, INT64), axis, keepdims), x.dtype)


def _bool(value: Any, what: str) -> Any:
    x = tensor(value, what)
    if not x.dtype.is_bool:
        raise DTypeError(
            f"{what}: takes bool, not {x.dtype.name}; compare first, or use ngrad.cast"
        )
    return x


def reduce_any(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Whether any element over axes is true.

    Examples
    --------
    >>> import ngrad
    >>> bool(ngrad.reduce_any([False, True]))
    True
    """
    return reduce_over(MAX, _bool(input_tensor, "reduce_any"), axis, keepdims)


def reduce_all(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Whether every element over axes is true.

    Examples
    --------
    >>> import ngrad
    >>> bool(ngrad.reduce_all([False, True]))
    False
    """
    return reduce_over(MIN, _bool(input_tensor, "reduce_all"), axis, keepdims)


# -- positions of extremes -------------------------------------------------------------------------


def _arg(name: str, reduction: str) -> Op:
    def infer(x: Layout, axis: int) -> Layout:
        if x.shape[axis] == 0:
            raise NumberError(f"{name}: axis {axis} of shape {x.shape} is empty")
        return layout(INT64, kept_shape(x.shape, (axis,)))

    def prepare(inputs: tuple[Layout, ...], out: Layout, axis: int) -> Any:
        return prepare_reduction(reduction, inputs[0], out, (axis,), form="arg")

    op = Op(name, infer, prepare, ("axis",), family="reduction", widens=True)
    op.ahead(lambda dtype: [((1,), ((dtype, (2, 2)),))])
    op.vjp(lambda g, out, x, axis: (None,))
    op.batch(lambda size, batched, x, axis: apply(op, (x,), (axis + 1,)))
    return op


ARGMAX, ARGMIN = _arg("argmax", "max"), _arg("argmin", "min")


def argmax(
    input: Any, axis: Any = None, output_type: Any = INT64, name: str | None = None
) -> Tensor:
    """The first position of the largest element along an axis (0 if None); a NaN counts as the
    largest.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.argmax([[1, 9], [5, 2]], axis=1).numpy()
    array([1, 0])
    """
    return _position(ARGMAX, input, axis, output_type)


def argmin(
    input: Any, axis: Any = None, output_type: Any = INT64, name: str | None = None
) -> Tensor:
    """The first position of the smallest element along an axis (0 if None); a NaN counts as the
    smallest.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.argmin([[1, 9], [5, 2]], axis=1).numpy()
    array([0, 1])
    """
    return _position(ARGMIN, input, axis, output_type)


def _position(op: Op, value: Any, axis: Any, output_type: Any) -> Any:
    x = tensor(value, op.name)
    ndim = x._layout.ndim
    if ndim == 0:
        raise ShapeError(f"{op.name}: takes a tensor of at least one axis")
    at = normal_axis(0 if axis is None else axis, ndim, op.name)
    found = apply(op, (x,), (at,))
    return found if output_type is INT64 else cast_to(found, as_dtype(output_type))
