"""`TensorArray`: tensors by number, which a loop writes and reads one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ngrad.dtypes import DType, as_dtype, int32
from ngrad.errors import DTypeError, IndexBoundsError, ShapeError
from ngrad.ops.convert import tensor
from ngrad.ops.creation import constant, zeros
from ngrad.ops.extents import dims, integers
from ngrad.ops.joining import concat, split, stack, unstack
from ngrad.shape import Shape
from ngrad.tensor import Tensor


class TensorArray:
    """Tensors of one dtype, by number: what a loop writes, and stacks when it is done. It may be a
    variable of a `while_loop`. Gradients flow through it to what was written.

    Parameters
    ----------
    dtype : dtype
    size : int
        How many there are at first: zeros, until they are written.
    dynamic_size : bool
        Whether there are more as soon as one beyond these is written.
    element_shape : shape, optional
        That of each, where a size of None is any; of what was not written all sizes are needed.
    clear_after_read, tensor_array_name, handle, flow, infer_shape, colocate_with_first_write_call
        Accepted, and of no effect: tensors can be read again.

    Examples
    --------
    >>> import ngrad
    >>> powers = ngrad.TensorArray(ngrad.float32, size=3)
    >>> for k in range(3):
    ...     powers = powers.write(k, 2.0**k)
    >>> powers.stack().numpy()
    array([1., 2., 4.], dtype=float32)
    """

    __hash__ = None  # type: ignore[assignment]  # a `function` refuses it: it is written to

    def __init__(
        self, dtype: Any, size: Any = None, dynamic_size: bool | None = None,
        clear_after_read: bool | None = None, tensor_array_name: str | None = None,
        handle: Any = None, flow: Any = None, infer_shape: bool = True, element_shape: Any = None,
        colocate_with_first_write_call: bool = True, name: str | None = None,
    ) -> None:  # fmt: skip
        (count,) = integers(0 if size is None else size, "TensorArray")
        if count < 0:
            raise ShapeError(f"TensorArray: a size is not negative, as {count} is")
        self._dtype, self._dynamic_size = as_dtype(dtype), bool(dynamic_size)
        self._element_shape = None if element_shape is None else tuple(element_shape)
        self._items: list[Any] = [None] * count

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def dynamic_size(self) -> bool:
        return self._dynamic_size

    @property
    def element_shape(self) -> tuple[int | None, ...] | None:
        """As it was given."""
        return self._element_shape

    def size(self, name: str | None = None) -> Tensor:
        """How many tensors there are, int32."""
        return constant(len(self._items), int32)

    # -- one of them -------------------------------------------------------------------------------

    def read(self, index: Any, name: str | None = None) -> Any:
        """The tensor of a number; zeros, if it was not written."""
        at = self._index(index, "read", len(self._items))
        return self._zeros() if self._items[at] is None else self._items[at]

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Write the tensor of a number, and return the array.

        Raises
        ------
        IndexBoundsError
            If there is none of that number, and their number is fixed.
        DTypeError, ShapeError
            If the tensor is not of the dtype, or not of the shape, of all.
        """
        at = self._index(index, "write", None if self._dynamic_size else len(self._items))
        x = tensor(value, "TensorArray.write", self._dtype)
        if x.dtype is not self._dtype:
            raise DTypeError(
                f"TensorArray.write: a tensor of {x.dtype.name} in an array of {self._dtype.name}; "
                "use ngrad.cast"
            )
        if not Shape(x._layout.shape).is_compatible_with(self._element_shape):
            raise ShapeError(
                f"TensorArray.write: a tensor of shape {x._layout.shape} where element_shape is "
                f"{self._element_shape}"
            )
        self._items += [None] * (at + 1 - len(self._items))
        self._items[at] = x
        return self

    def _index(self, index: Any, what: str, count: int | None) -> int:
        (at,) = integers(index, f"TensorArray.{what}")
        if at < 0 or (count is not None and at >= count):
            size = len(self._items)
            raise IndexBoundsError(
                f"TensorArray.{what}: index {at} is out of range [0, {size}); dynamic_size=True "
                "lets it grow"
            )
        return at

    def _zeros(self) -> Any:
        shape = self._element_shape
        if shape is None or None in shape:
            raise ShapeError(
                "TensorArray: what was not written is zeros, of the shape that element_shape says, "
                f"which is {shape}"
            )
        return zeros(shape, self._dtype)

    # -- all of them -------------------------------------------------------------------------------

    def stack(self, name: str | None = None) -> Any:
        """All, along a new first axis."""
        return self.gather(range(len(self._items)))

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Those of some numbers, along a new first axis."""
        found = [self.read(k) for k in integers(indices, "TensorArray.gather")]
        return stack(found) if found else stack([self._zeros()])[:0]

    def concat(self, name: str | None = None) -> Any:
        """All, joined along their first axis."""
        return concat([self.read(k) for k in range(len(self._items))], 0)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Write the slices of a tensor along its first axis, and return the array."""
        return self._write_all(unstack(tensor(value, "TensorArray.unstack", self._dtype)))

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Write such slices as those of some numbers, and return the array."""
        rows = unstack(tensor(value, "TensorArray.scatter", self._dtype))
        return self._write_all(rows, integers(indices, "TensorArray.scatter"))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Write parts of a tensor along its first axis, of so many slices each, and return the
        array.
        """
        whole = tensor(value, "TensorArray.split", self._dtype)
        return self._write_all(split(whole, dims(lengths, "TensorArray.split")))

    def _write_all(self, parts: Sequence[Any], where: Sequence[int] | None = None) -> TensorArray:
        numbers = range(len(parts)) if where is None else where
        if len(numbers) != len(parts):
            raise ShapeError(f"TensorArray: {len(numbers)} numbers of {len(parts)} slices")
        for k, part in zip(numbers, parts, strict=True):
            self.write(k, part)
        return self

    def identity(self) -> TensorArray:
        """The same tensors in another array."""
        same = TensorArray(self._dtype, 0, self._dynamic_size, element_shape=self._element_shape)
        same._items = list(self._items)
        return same

    def close(self, name: str | None = None) -> None:
        """Nothing: an array goes when nobody holds it."""
