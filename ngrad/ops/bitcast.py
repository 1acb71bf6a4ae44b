"""The same bits as elements of another dtype."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import DType, as_dtype
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.ops.complexes import conj_
from ngrad.ops.convert import tensor
from ngrad.ops.identity import prepare_view
from ngrad.ops.launching import prepare_copy
from ngrad.ops.shape import reshape
from ngrad.record import apply
from ngrad.tensor import Tensor


def _infer(x: Layout, dtype: DType) -> Layout:
    have, want = x.dtype, dtype
    if want.is_bool and not have.is_bool:
        raise DTypeError(
            f"bitcast: a byte of {have.name} may be neither False nor True; compare with 0 instead"
        )
    if have.itemsize == want.itemsize:
        return layout(want, x.shape)
    last = x.shape[-1] * have.itemsize if x.ndim else have.itemsize
    if not x.ndim or last % want.itemsize:
        raise ShapeError(
            f"bitcast: the last axis of {have.name} of shape {tuple(x.shape)} holds {last} bytes, "
            f"which make no axis of {want.name}, of {want.itemsize} bytes each"
        )
    return layout(want, (*x.shape[:-1], last // want.itemsize))


def _prepare(inputs: tuple[Layout, ...], out: Layout, dtype: DType) -> Any:
    (x,) = inputs
    if x.contiguous:
        return prepare_view(0, out)
    if x.dtype.itemsize == dtype.itemsize:
        return prepare_view(0, layout(dtype, x.shape, x.strides))
    program, _ = prepare_copy(x, x.spec)
    return program, out


BITCAST = Op("bitcast", _infer, _prepare, ("dtype",), family="shape")
"""By rows: the last axis of the result has as many bytes as that of the operand."""
BITCAST.view = True


@BITCAST.vjp
def _(g: Any, out: Any, x: Any, dtype: DType) -> Any:
    own: DType = x._layout.dtype
    if own.is_floating and dtype.is_complex and dtype.real_dtype is own:
        return (bits_of(conj_(g), own),)
    if own.is_complex and dtype.is_floating and own.real_dtype is dtype:
        return (conj_(bits_of(g, own)),)
    return (None,)  # no other bits are a function that has a derivative


@BITCAST.batch
def _(size: int, batched: Any, x: Any, dtype: DType) -> Any:
    return bits_of(x, dtype)


def bits_of(x: Any, dtype: DType) -> Any:
    """The elements along the last axis as NumPy's `x.view(dtype)` has them."""
    return x if x._layout.dtype is dtype else apply(BITCAST, (x,), (dtype,))


def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """The bits of a tensor as elements of another dtype.

    An element of more bytes becomes one more axis, the last; a last axis that has the bytes of one
    element becomes that. Where floats become the parts of complex numbers, or such parts floats,
    there is a derivative; of other bits there is none.

    Parameters
    ----------
    input : tensor
    type : dtype
        Not bool, unless `input` is of it.

    Raises
    ------
    DTypeError
        For bytes as bools.
    ShapeError
        If the last axis has not the bytes of one element of a larger dtype.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.bitcast([1.0, -2.0], "int32").numpy()
    array([ 1065353216, -1073741824], dtype=int32)
    >>> ngrad.bitcast([[1.0, 2.0], [3.0, 4.0]], "complex64").numpy()
    array([1.+2.j, 3.+4.j], dtype=complex64)
    """
    x, dtype = tensor(input, "bitcast"), as_dtype(type)
    have, want = x.dtype.itemsize, dtype.itemsize
    shape = tuple(x.shape)
    if have > want:
        return bits_of(reshape(x, (*shape, 1)), dtype)
    if have < want and (not shape or shape[-1] * have != want):
        raise ShapeError(
            f"bitcast: an element of {dtype.name} has the bytes of {want // have} of "
            f"{x.dtype.name}, along a last axis; shape {shape} has none such"
        )
    out = bits_of(x, dtype)
    return reshape(out, shape[:-1]) if have < want else out
