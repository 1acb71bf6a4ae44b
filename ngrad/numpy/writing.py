"""Assignment to arrays: in place where nobody else has their memory, as NumPy writes it; or else as
an op.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from ngrad.cell import Cell
from ngrad.config import settings
from ngrad.devices import HOST
from ngrad.graph.layout import Layout
from ngrad.numpy.views import Way, is_basic, part_of
from ngrad.ops.assignment import assigned
from ngrad.record import state
from ngrad.tensor import Tensor, from_numpy, writable
from ngrad_kernels.keys import key_of

SMALL = 16
"""How many times the bytes of an op that runs at once an assignment may have that does: recorded it
is several ops and a selection from the whole array.
"""


def _named_once() -> int:
    thing = object()
    return sys.getrefcount(thing)


NAMED = _named_once()
"""What `getrefcount` says of what one name in a function has: one less from Python 3.14 on."""


def _number(value: Any) -> Any:
    """The Python number that a value is, or that the only element of it is; or None."""
    if isinstance(value, Assigned):
        if value.size != 1 or value._layout.device is not HOST:
            return None
        found = value._read().item()
        if value._owner is not None:  # it can be read again, and so need not hold the memory
            value._held = value._seen = None  # type: ignore[assignment]
        return found
    return value if isinstance(value, (bool, int, float, np.generic)) else None


def host_index(index: Any) -> Any:
    """An index as NumPy takes it."""
    if isinstance(index, tuple):
        return tuple(map(host_index, index))
    return np.asarray(index) if isinstance(index, (Tensor, Cell)) else index


def written(x: Tensor, index: Any, value: Any) -> bool:
    """Whether a value could be written where a tensor's elements lie. If not, there is an error for
    the ordinary way to tell of.
    """
    try:
        writable(x)[index] = value
    except (IndexError, OverflowError, TypeError, ValueError):
        return False
    return True


def read_as(value: Any, dtype: np.dtype[Any]) -> Any:
    """The number that NumPy reads for a dtype."""
    try:
        return np.array(value, dtype).item()
    except (OverflowError, TypeError, ValueError) as error:
        raise type(error)(f"assignment of {value!r} to {dtype} elements: {error}") from None


class Assigned(Cell):
    """A cell that is assigned to by index: an array, or a view of one, its owner."""

    __slots__ = ("_held", "_owner", "_seen", "_way")
    _held: Tensor
    _owner: Any
    _seen: Tensor | None
    _way: Way | None
    if TYPE_CHECKING:

        @property
        def _layout(self) -> Layout: ...
        @property
        def dtype(self) -> np.dtype[Any]: ...
        @property
        def size(self) -> int: ...
        def _write(self, value: Tensor) -> None: ...

    def __setitem__(self, index: Any, value: Any) -> None:
        if (
            isinstance(value, Assigned)
            and value._owner is self
            and value._way == part_of(index, key_of(index))
        ):
            return  # the end of x[index] += ..., which has written there
        if self._owner is None and self._put(index, value):
            return
        found = self._like(value)
        if not self._place(index, found):
            self._write(assigned(self._read(), index, found))

    def _like(self, value: Any) -> Tensor:
        """A value to be assigned, in this array's dtype."""
        from ngrad.numpy.convert import converted, to_tensor

        whole = self._layout.dtype.is_integer and type(value) in (int, float)
        if whole or isinstance(value, (str, complex)):
            value = read_as(value, self.dtype)
        found: Tensor = to_tensor(value)
        return converted(found, self._layout.dtype)

    def _put(self, index: Any, value: Any) -> bool:
        """Write a number where the elements lie, if nobody else has this memory: then a loop over
        elements takes no more for a long array than for a short one. Whether it could be done.
        """
        if state.listens():
            return False  # what was there before is wanted
        if not is_basic(index) or self._held._layout.device is not HOST:
            return False
        number = _number(value)
        if number is None or not self._alone():
            return False
        x = self._held
        where = x._layout
        if (
            type(index) is int
            and where.ndim == 1
            and type(number) is float
            and where.dtype.is_floating
        ):
            at = index if index >= 0 else index + where.size
            if not 0 <= at < where.size:
                return False  # what raises says so
            where.dtype.ctype.from_address(x._at + at * where.dtype.itemsize).value = number
        elif not written(x, index, number):
            return False
        self._held = Tensor(x._block, x._at, where)
        return True

    def _alone(self) -> bool:
        """Whether nobody else has the memory that this array is all of."""
        x = self._held
        if not x._at:
            Tensor.evaluate(x)
        block = x._block
        # A name here, and the cell's or the tensor's; of a tensor in a window there are more.
        alone = sys.getrefcount(x) == sys.getrefcount(block) == NAMED + 1
        return alone and x._layout.contiguous and not block.shared  # with another library

    def _place(self, index: Any, value: Tensor) -> bool:
        """Write what is small as NumPy does, as small ops run where they are called: where the
        elements lie, if nobody else has this memory, or else into a copy, if that is small too.
        Whether it could be done.
        """
        small, where = SMALL * settings.small, self._layout
        if state.listens() or value._layout.nbytes > small or where.device is not HOST:
            return False
        elements, alone = np.asarray(value), self._owner is None and self._alone()
        if not alone and where.nbytes > small:
            return False
        x = self._held if alone else from_numpy(np.asarray(self._read()), where.dtype, HOST)
        if not written(x, host_index(index), elements):
            return False
        block, at, where = x._block, x._at, x._layout
        del x  # which a view's owner would find beside its own
        self._write(Tensor(block, at, where))
        return True
