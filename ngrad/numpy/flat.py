"""The elements of an array in row-major order, as NumPy's `flat` has them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ngrad.cell import Cell
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.views import Shaped
from ngrad.ops.convert import unwrap
from ngrad.tensor import Tensor


class flatiter(Cell):
    """What `x.flat` is: an iterator over elements, that is indexed and assigned to as a vector of
    them. An index gives a copy.

    Attributes
    ----------
    base : ndarray
    index : int
        How many were given.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> x.flat[1:3] = 0.0
    >>> x.flat[2:], x.tolist()
    (array([0., 4.]), [[1.0, 0.0], [0.0, 4.0]])
    """

    __slots__ = ("_elements", "base", "index")

    def __init__(self, base: ndarray) -> None:
        self.base, self.index, self._uid = base, 0, base._uid
        self._elements = base._seen_by(Shaped((base.size,), True))

    @property
    def coords(self) -> tuple[int, ...]:
        """Where the next one is."""
        return tuple(map(int, np.unravel_index(self.index, self.base.shape)))

    def __iter__(self) -> flatiter:
        return self

    def __next__(self) -> Any:
        if self.index == len(self):
            raise StopIteration
        self.index += 1
        return self._elements[self.index - 1]

    def __len__(self) -> int:
        return self.base.size

    def __getitem__(self, index: Any) -> Any:
        found = self._elements[_places(index)]
        return found.copy() if found.ndim else found

    def __setitem__(self, index: Any, value: Any) -> None:
        if type(index) is tuple and all(item is ... for item in index):
            raise IndexError(
                f"flat: assigning to {index} is not supported, as it has no axes; write flat[...]"
            )
        self._elements[_places(index)] = value

    def copy(self) -> ndarray:
        """All elements, along one axis."""
        return self._elements.copy()

    def _read(self) -> Tensor:
        return self._elements._read()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return self._read().__array__(dtype, copy)


def _places(index: Any) -> Any:
    """An index that names elements along one axis, and makes no new one, or what has it be so."""
    item = index[0] if type(index) is tuple and len(index) == 1 else index
    if any(one is None for one in (item if type(item) is tuple else (item,))):
        raise IndexError(
            "flat: only integers, slices (`:`), ellipsis (`...`) and integer or boolean arrays are "
            f"valid indices, not {index}"
        )
    if isinstance(item, bool):
        warnings.warn(
            "Indexing flat iterators with a 0-dimensional boolean index is deprecated and may be "
            "removed in a future version.",
            DeprecationWarning,
            stacklevel=3,
        )
        return 0 if item else slice(0, 0)
    if isinstance(item, (list, np.bool_)) and np.asarray(item).dtype == bool:
        raise IndexError(
            "flat: boolean indices are not supported but as an array, as they were confusing: "
            f"{index}; write np.array([...])"
        )
    return index


unwrap[flatiter] = flatiter._read
