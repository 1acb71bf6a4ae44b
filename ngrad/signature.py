"""The signature of a call of a `function`: what of its arguments decides how it is recorded."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NamedTuple

import numpy as np
import optree

from ngrad.cell import Cell
from ngrad.devices import Device, current
from ngrad.dtypes import BY_CODE, as_dtype, float32
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout
from ngrad.nests import flatten, leaves_of, over_leaves
from ngrad.ops.convert import constant_of, tensor
from ngrad.statics import SINGLE, Held, Static, static
from ngrad.tensor import Tensor
from ngrad.variable import Variable


def is_array(leaf: Any) -> bool:
    """Whether it is an array that can be assigned to, of which a function has its own."""
    return isinstance(leaf, Cell) and not isinstance(leaf, Variable)


DTYPES = frozenset([dtype.numpy_dtype for dtype in BY_CODE.values()])


def is_numpys(value: Any) -> bool:
    """Whether a value is an array or a number of NumPy's, and not one of ours that says it is."""
    return isinstance(value, ARRAYS) and not isinstance(value, Cell)


def own_array(value: Any, what: str) -> Any:
    """An array of `ngrad.numpy` with what NumPy's array or scalar holds; a scalar is a number."""
    # Only who has arrays of NumPy's waits for that namespace.
    from ngrad.numpy.laying import as_array
    from ngrad.numpy.ndarray import array_of

    made = tensor(value, what)
    return as_array(made) if isinstance(value, np.ndarray) else array_of(made)


def with_arrays(nest: Any, what: str) -> Any:
    """A nest with NumPy's arrays of numbers as arrays of `ngrad.numpy`; itself, without such."""

    def is_known(leaf: Any) -> bool:
        return isinstance(leaf, np.ndarray) and leaf.dtype.newbyteorder("=") in DTYPES

    if not any(map(is_known, leaves_of(nest))):
        return nest
    return over_leaves(lambda leaf: own_array(leaf, what) if is_known(leaf) else leaf, nest)


class TensorSpec:
    """The dtype and shape of an argument of a `function`; a size of None is any.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.TensorSpec([None, 3])
    TensorSpec((None, 3), ngrad.float32)
    """

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape: Any, dtype: Any = float32, name: str | None = None) -> None:
        if shape is None:
            raise ShapeError(
                "TensorSpec: how many axes there are must be known; give a shape with None for "
                "each size that is not"
            )
        self.shape = tuple([None if n is None else int(n) for n in shape])
        self.dtype, self.name = as_dtype(dtype), name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """That of a tensor, array or variable."""
        return cls(tensor.shape, tensor.dtype, name)

    def check(self, value: Tensor, where: str) -> None:
        """Raise unless a tensor is one of these."""
        shape = value._layout.shape
        if value.dtype is not self.dtype:
            raise DTypeError(f"{where}: takes {self.dtype.name}, not {value.dtype.name}")
        if len(shape) != len(self.shape) or any(
            want is not None and n != want for n, want in zip(shape, self.shape, strict=True)
        ):
            raise ShapeError(f"{where}: takes shape {self.shape}, not {shape}")

    def __repr__(self) -> str:
        return f"TensorSpec({self.shape}, {self.dtype!r})"


class Same(NamedTuple):
    """An array that is given already: as which leaf."""

    first: int


class Number(NamedTuple):
    """A Python float, or complex number, of any value."""

    kind: type


NUMBERS = {kind: Number(kind) for kind in (float, complex)}
ARRAYS = (np.ndarray, np.number, np.bool_)
ALONE = (Cell, *ARRAYS)
"""Types of arrays and variables, which are no nests."""
NESTS = "ngrad.function"
"""Where nests are known by the order of their dicts, too, which Python may go by."""
_in_order = optree.dict_insertion_ordered(True, namespace=NESTS)
_in_order.__enter__()


Signature = tuple[tuple[Any, ...], Any, Device]
"""What of each leaf of the arguments counts: its layout, a Number, a Static, or which leaf it is.
The nest that the leaves make; None if they are all positional arguments. And where new tensors are
made.
"""


Axis = tuple[int, int]
"""A leaf, and an axis of it."""


def besides(signature: Signature, axes: Container[Axis] | None = None) -> Any:
    """What of a signature is not the size of tensors along some axes, or along any."""
    parts, structure, device = signature
    rest: list[Any] = []
    for k, part in enumerate(parts):
        if type(part) is Layout:
            shape = [
                None if axes is None or (k, axis) in axes else n
                for axis, n in enumerate(part.shape)
            ]
            part = part.dtype, tuple(shape), part.device
        rest.append(part)
    return tuple(rest), structure, device


def read_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], Signature]:
    """The leaves of the arguments of a call, arrays as tensors; and their signature."""
    leaves: list[Any] = list(args)
    parts: list[Any] = []
    arrays: dict[int, int] = {}
    if not kwargs:
        for k, x in enumerate(args):
            kind = type(x)
            if kind is Tensor:
                where = x._layout
                parts.append(where if where.contiguous else where.spec)
            elif kind in SINGLE or isinstance(x, ALONE):
                parts.append(_read(leaves, k, arrays))
            else:
                break
        else:
            return leaves, (tuple(parts), None, current())
    given: Any = (args, kwargs)
    leaves, structure = flatten(given, "function", none_is_leaf=True, namespace=NESTS)
    arrays.clear()
    parts = [_read(leaves, k, arrays) for k in range(len(leaves))]
    return leaves, (tuple(parts), structure, current())


def _read(leaves: list[Any], k: int, arrays: dict[int, int]) -> Any:
    """What of a leaf counts, which becomes a tensor if it is an array; `arrays` are the places of
    those before it, by their numbers.
    """
    leaf = leaves[k]
    if is_numpys(leaf):
        leaf = leaves[k] = constant_of(leaf, None, "function")
    part = part_of(leaf)
    if type(part) is Held:
        leaves[k] = leaf._read()
        first = arrays.setdefault(leaf._uid, k)
        return part if first == k else Same(first)
    return part


def is_argument(value: Any) -> bool:
    """Whether a value can be an argument that is no nest."""
    try:
        _read([value], 0, {})
    except DTypeError:
        return False
    return True


def part_of(leaf: Any) -> Any:
    """What of a leaf counts."""
    kind = type(leaf)
    if kind is Tensor:
        return leaf._layout.spec
    if kind in NUMBERS:
        return NUMBERS[kind]
    if isinstance(leaf, Variable):
        return Static(Variable, leaf._uid)  # `==` of variables is elementwise
    if isinstance(leaf, Cell):
        return Held(leaf.kind, leaf._read()._layout.spec, leaf.lies_in_rows())
    try:
        hash(leaf)
    except TypeError:
        raise DTypeError(
            f"function: an argument of type {kind.__name__} is neither a tensor nor hashable"
        ) from None
    return static(leaf)
