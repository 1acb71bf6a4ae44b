"""Tensors from nothing, or from outside."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np

from ngrad.devices import HOST, Device, current
from ngrad.dtypes import DType, as_dtype, float32, float64, int32, int64, kind_of, result_type
from ngrad.errors import DTypeError, NumberError, OutOfMemory, ShapeError
from ngrad.graph.dims import Dim, size
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.ops.convert import (
    cast_to,
    constant_of,
    device_beside,
    from_outside,
    operands,
    tensor,
)
from ngrad.ops.elementwise import select
from ngrad.ops.extents import dims, integers, made, sizes_in
from ngrad.ops.identity import identity
from ngrad.ops.launching import broadcast_shapes
from ngrad.ops.shape import broadcast_to, expand_dims, reshape
from ngrad.record import copied, state
from ngrad.replayed import replayed
from ngrad.scalars import scalar
from ngrad.tensor import Tensor, empty, from_numpy


def _shape(shape: Any, what: str) -> tuple[int, ...]:
    sizes = dims(shape, what)
    if any(n < 0 for n in sizes):
        raise ShapeError(f"{what}: sizes must not be negative, not {sizes}")
    return sizes


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Tensor:
    """A tensor with a copy of a value.

    Parameters
    ----------
    value : number, nested list, array or tensor
    dtype : dtype, optional
        float32 for Python floats and int32 for Python ints if not given; an array keeps its own.
    shape : tuple of int, optional
        A shape to which a single value is repeated, or the value reshaped.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.constant([1.0, 2.0]).dtype
    ngrad.float32
    """
    wanted = None if dtype is None else as_dtype(dtype)
    value = _read(value)
    made = value if isinstance(value, Tensor) else _made(value, wanted)
    made = made if wanted is None else cast_to(made, wanted)
    if shape is not None:
        sizes = _shape(shape, "constant")
        made = broadcast_to(made, sizes) if made.size == 1 else reshape(made, sizes)
    return made


def _read(value: Any) -> Any:
    """What a variable holds, as a tensor of its own, told apart from later reads."""
    held = from_outside(value)
    return copied(held) if held is value else identity(held)


def _made(value: Any, wanted: Any) -> Any:
    try:
        if isinstance(value, (list, tuple, Dim)):
            return tensor(value, "constant", wanted)
        return constant_of(value, wanted, "constant")
    except OutOfMemory as error:
        error.by("constant")
        raise


def convert_to_tensor(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None
) -> Tensor:
    """A tensor of a value; a tensor or variable is read, anything else copied. What is neither has
    the dtype of `dtype_hint`, if it has a value there.

    Raises
    ------
    DTypeError
        If a tensor is given with a dtype that is not its own, as in TensorFlow; use `ngrad.cast`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.convert_to_tensor(2.0).numpy()
    np.float32(2.0)
    """
    wanted = None if dtype is None else as_dtype(dtype)
    value = _read(value)
    if isinstance(value, Tensor):
        if wanted is not None and value.dtype is not wanted:
            raise DTypeError(
                f"convert_to_tensor: the tensor is {value.dtype.name}, not {wanted.name}; "
                "use ngrad.cast"
            )
        return value
    if wanted is None and dtype_hint is not None:
        with suppress(DTypeError, OverflowError):
            return convert_to_tensor(value, dtype_hint)
    made = _made(value, wanted)
    return made if wanted is None else cast_to(made, wanted)


def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """A tensor of a shape, every element a value; it takes the memory of one.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.fill([2], 7).numpy()
    array([7, 7], dtype=int32)
    """
    return broadcast_to(tensor(value, "fill"), _shape(dims, "fill"))


def zeros_of(where: Layout) -> Any:
    """Zeros of a layout's dtype and shape."""
    return _filled(0, where.dtype, where.shape, where.device)


def ones_of(where: Layout) -> Any:
    """Ones of a layout's dtype and shape."""
    return _filled(1, where.dtype, where.shape, where.device)


def full_of(where: Layout, value: float) -> Any:
    """A number everywhere, of a layout's dtype and shape."""
    return _filled(value, where.dtype, where.shape, where.device)


def _filled(value: float, dtype: Any, shape: tuple[int, ...], device: Device | None = None) -> Any:
    device = device or current()
    if state.graph is not None:
        return broadcast_to(state.graph.constant(value, dtype, device), shape)
    # A tensor of its own: tapes follow tensors, and the shared scalar is everyone's.
    shared = scalar(value, dtype, device)
    return broadcast_to(Tensor(shared._buffer, shared._address, shared._layout), shape)


def zeros(shape: Any, dtype: Any = float32, name: str | None = None) -> Tensor:
    """Zeros.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.zeros([2]).numpy()
    array([0., 0.], dtype=float32)
    """
    return _filled(0, as_dtype(dtype), _shape(shape, "zeros"))


def ones(shape: Any, dtype: Any = float32, name: str | None = None) -> Tensor:
    """Ones.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.ones([2], dtype="int64").numpy()
    array([1, 1])
    """
    return _filled(1, as_dtype(dtype), _shape(shape, "ones"))


def zeros_like(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Zeros of another tensor's shape, and its dtype unless one is given.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.zeros_like([1, 2]).numpy()
    array([0, 0], dtype=int32)
    """
    x = tensor(input, "zeros_like")
    dtype = x.dtype if dtype is None else as_dtype(dtype)
    return _filled(0, dtype, x._layout.shape, x._layout.device)


def ones_like(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Ones of another tensor's shape, and its dtype unless one is given.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.ones_like([1.5]).numpy()
    array([1.], dtype=float32)
    """
    x = tensor(input, "ones_like")
    dtype = x.dtype if dtype is None else as_dtype(dtype)
    return _filled(1, dtype, x._layout.shape, x._layout.device)


def _eye_infer(rows: int, columns: int, offset: int, dtype: DType, device: Device) -> Layout:
    return layout(dtype, (rows, columns), None, device)


def _eye_prepare(_: Any, out: Layout, rows: int, columns: int, offset: int, **__: Any) -> Any:
    def run() -> Tensor:
        if out.device is not HOST or out.size == 0:
            return from_numpy(np.eye(rows, columns, offset), out.dtype, out.device)
        found = empty(out)
        where = out.array(found._at, None, True)
        where.fill(0)
        first = offset if offset > 0 else -offset * columns
        where[: max(columns - offset, 0)].reshape(-1)[first :: columns + 1] = 1
        return found

    return run, out


EYE = Op(
    "eye", _eye_infer, _eye_prepare, ("rows", "columns", "offset", "dtype", "device"), "engine"
)
EYE.anywhere = True


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = float32,
    name: str | None = None,
) -> Tensor:
    """The identity matrix, repeated over a batch.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.eye(2).numpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    (rows,) = _shape(num_rows, "eye")
    (columns,) = (rows,) if num_columns is None else _shape(num_columns, "eye")
    matrix = made(EYE, rows, columns, 0, as_dtype(dtype))
    if batch_shape is None:
        return matrix
    return broadcast_to(matrix, (*_shape(batch_shape, "eye"), rows, columns))


def _range_infer(start: Any, delta: Any, count: int, dtype: DType, device: Device) -> Layout:
    return layout(dtype, (count,), None, device)


def _range_prepare(_: Any, out: Layout, **params: Any) -> Any:
    return lambda: _numbers(**params), out


RANGE = Op(
    "range", _range_infer, _range_prepare, ("start", "delta", "count", "dtype", "device"), "engine"
)
RANGE.anywhere = True


def _numbers(start: Any, delta: Any, count: int, dtype: DType, device: Device) -> Tensor:
    steps = np.arange(count, dtype=np.float64 if dtype.is_floating else np.int64)
    return from_numpy(start + steps * delta, dtype, device)


def range_(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Tensor:
    """Numbers from `start` up to, not including, `limit`, `delta` apart.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.range(1, 6, 2).numpy()
    array([1, 3, 5], dtype=int32)
    """
    if limit is None:
        start, limit = 0, start
    values = [from_outside(v) for v in (start, limit, delta)]
    sizes = [sizes_in(v) if isinstance(v, Tensor) and not v.ndim else None for v in values]
    if dtype is None and any(sizes):
        own = {v.dtype for v in values if isinstance(v, Tensor)}
        dtype = own.pop() if len(own) == 1 else None
    values = [
        found[0] if found else v.numpy() if isinstance(v, Tensor) else v
        for v, found in zip(values, sizes, strict=True)
    ]
    whole = all(type(v) is int or isinstance(v, Dim) for v in values)
    if not whole and any(np.ndim(v) for v in values):
        raise ShapeError("range: start, limit and delta must be scalars")
    if any(isinstance(v, (complex, np.complexfloating)) for v in values):
        raise DTypeError("range: start, limit and delta must be real numbers, not complex")
    if values[2] == 0:
        raise NumberError("range: delta must not be zero")
    if dtype is None and whole:
        dtype = int64 if any(abs(v) >= 2**31 for v in values) else int32
    elif dtype is None:
        kinds = result_type(*values)
        plain = all(isinstance(v, (int, float)) and not isinstance(v, np.generic) for v in values)
        dtype = (float32 if kind_of(kinds) == "f" else int32) if plain else kinds
        if dtype is int32 and max(abs(int(v)) for v in values) >= 2**31:
            dtype = int64
    start, limit, delta = values
    if whole:
        count = max(-((start - limit) // delta), 0)
        if isinstance(count, Dim):
            return made(RANGE, size(start), size(delta), size(count), as_dtype(dtype))
    else:
        count = max(0, math.ceil((limit - start) / delta))
    return _numbers(start, delta, count, as_dtype(dtype), current())


def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Tensor:
    """`num` numbers, evenly spaced from `start` to `stop`, both included; differentiable in both.
    A number beside a tensor or a float is of its dtype; integers are float64 first.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linspace(0.0, 1.0, 3).numpy()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    first, last = operands("linspace", start, stop)
    if first.dtype.is_integer:
        first, last = cast_to(first, float64), cast_to(last, float64)
    if not first.dtype.is_floating:
        raise DTypeError(f"linspace: start and stop must be real numbers, not {first.dtype.name}")
    (count,) = integers(num, "linspace")
    if count < 1:
        raise NumberError(f"linspace: num must be positive, not {count}")
    share = from_numpy(
        np.arange(count) / max(count - 1, 1), first.dtype, device_beside(first, last)
    )
    shape = broadcast_shapes("linspace", first._layout, last._layout)
    first, last = broadcast_to(first, shape), broadcast_to(last, shape)
    at = axis if axis >= 0 else axis + first.ndim + 1
    weights = reshape(share, (count,) + (1,) * (first.ndim - at))
    near, far = expand_dims(first, at), expand_dims(last, at)
    return near * (1.0 - weights) + far * weights


@replayed
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """`on_value` at each index along a new axis, `off_value` elsewhere; an index out of range gives
    no `on_value`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.one_hot([1, -1], 2).numpy()
    array([[0., 1.],
           [0., 0.]], dtype=float32)
    """
    where = tensor(indices, "one_hot")
    if not where.dtype.is_integer:
        raise DTypeError(f"one_hot: indices must be integers, not {where.dtype.name}")
    (count,) = map(int, _shape(depth, "one_hot"))
    at = where.ndim if axis in (None, -1) else int(axis or 0)
    if not 0 <= at <= where.ndim:
        raise ShapeError(f"one_hot: axis {axis} is out of range for {where.ndim} dimensions")
    positions = reshape(
        from_numpy(np.arange(count), where.dtype, where._layout.device),
        (count,) + (1,) * (where.ndim - at),
    )
    wanted = None if dtype is None else as_dtype(dtype)
    one, zero = (1.0, 0.0) if wanted is None else (1, 0)
    on = tensor(one if on_value is None else on_value, "one_hot", wanted)
    off = tensor(zero if off_value is None else off_value, "one_hot", wanted)
    if wanted is not None:
        on, off = cast_to(on, wanted), cast_to(off, wanted)
    elif on_value is None and off_value is not None:
        on = cast_to(on, off.dtype)
    elif off_value is None and on_value is not None:
        off = cast_to(off, on.dtype)
    from ngrad.ops.comparison import equal

    return select(equal(expand_dims(where, at), positions), on, off)


def meshgrid(*args: Any, indexing: str = "xy", name: str | None = None) -> list[Any]:
    """Coordinate matrices of coordinate vectors; no memory is used for the repetition.

    Examples
    --------
    >>> import ngrad
    >>> x, y = ngrad.meshgrid([1, 2], [3, 4, 5])
    >>> x.shape
    (3, 2)
    """
    if indexing not in ("xy", "ij"):
        raise NumberError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    axes = [reshape(tensor(value, "meshgrid"), (-1,)) for value in args]
    order = list(range(len(axes)))
    if indexing == "xy" and len(axes) > 1:
        order[0], order[1] = 1, 0
    shape = [0] * len(axes)
    for axis, at in zip(axes, order, strict=True):
        shape[at] = axis.size
    grids = []
    for axis, at in zip(axes, order, strict=True):
        aligned = reshape(axis, tuple(axis.size if k == at else 1 for k in range(len(axes))))
        grids.append(broadcast_to(aligned, tuple(shape)))
    return grids
