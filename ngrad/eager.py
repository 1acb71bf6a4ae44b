"""What TensorFlow's eager tutorials call that means nothing here, or only a name."""

from __future__ import annotations

from typing import Any

from ngrad.devices import HOST
from ngrad.dtypes import as_dtype, int32
from ngrad.ops.convert import tensor
from ngrad.ops.extents import EXTENTS, made
from ngrad.tensor import Tensor, from_numpy
from ngrad.variable import Variable


def enable_eager_execution(*args: Any, **kwargs: Any) -> None:
    """Accepted, and does nothing: everything here is eager.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.enable_eager_execution()
    """


def executing_eagerly() -> bool:
    """Always true.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.executing_eagerly()
    True
    """
    return True


def shape(input: Any, out_type: Any = None, name: str | None = None) -> Tensor:
    """The shape as an integer tensor, int32 unless `out_type` says otherwise.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.shape([[1, 2, 3]]).numpy()
    array([1, 3], dtype=int32)
    """
    dtype = int32 if out_type is None else as_dtype(out_type)
    return made(EXTENTS, tensor(input, "shape")._layout.shape, dtype, device=HOST)


def size(input: Any, out_type: Any = None, name: str | None = None) -> Tensor:
    """The number of elements as an integer tensor.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.size([[1, 2, 3]]).numpy()
    np.int32(3)
    """
    dtype = int32 if out_type is None else as_dtype(out_type)
    return tensor(tensor(input, "size").size, "size", dtype)


def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of axes as an int32 tensor.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.rank([[1, 2, 3]]).numpy()
    np.int32(2)
    """
    return from_numpy(tensor(input, "rank").ndim, int32)


def is_tensor(x: Any) -> bool:
    """Whether a value is a tensor or a variable.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.is_tensor(ngrad.ones([2])), ngrad.is_tensor([1.0])
    (True, False)
    """
    return isinstance(x, (Tensor, Variable))
