"""Assignment to arrays: in place where nobody else has their memory, as NumPy writes it; or else as
an op.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ngrad.cell import Cell
from ngrad.config import settings
from ngrad.devices import HOST
from ngrad.graph.layout import Layout
from ngrad.numpy.views import Made, is_basic, part_of, row_major
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
    """A cell that is assigned to by index: an array, or a view of one, its owner.

    Threads may assign to different elements of one array. An assignment makes a tensor of the one
    that the array holds, and if by then it holds another, begins again: to write the same elements
    twice is no harm, and those that another thread wrote meanwhile are not lost.
    """

    __slots__ = ("_held", "_owner", "_seen", "_way")
    exchanged: ClassVar[Callable[[Any, Any, Tensor], bool]]
    """`exchanged(cell, before, now)`: whether a cell held a tensor; it holds another from now on,
    and no thread comes in between. Set where it is made, in machine code.
    """
    _held: Tensor
    _owner: Any
    _seen: Tensor | None
    _way: Any
    """The way from the owner; of an array of its own None, or how it was `Made`."""
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
            and is_basic(index)  # arrays, which have none, compare element for element
            and value._way == part_of(index, key_of(index))
        ):
            return  # the end of x[index] += ..., which has written there
        if self._owner is None and self._put(index, value):
            return
        found = self._like(value)
        while not (self._place(index, found) or self._record(index, found)):
            pass

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
        x = None if number is None else self._alone()
        if x is None:
            return False
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
        return self._exchange(x, Tensor(x._block, x._at, where)) or self._put(index, value)

    def _record(self, index: Any, value: Tensor) -> bool:
        """Assign by an op. Whether it could be done before another thread assigned."""
        before = self._held if self._owner is None else None
        whole = self._read() if before is None else before
        now = assigned(whole, index, value)
        del whole  # which a view's owner would find beside its own
        return self._exchange(before, now)

    def _exchange(self, before: Tensor | None, now: Tensor) -> bool:
        """Hold another tensor than one of before. Whether it was held until now; of a view there is
        none, and what it shows is written to its owner, whatever that holds.
        """
        if before is not None:
            self._keep_order(before, now)
            return type(self).exchanged(self, before, now)
        self._write(now)
        return True

    def _keep_order(self, before: Tensor, now: Tensor) -> None:
        """Know how an array of its own lies in NumPy, which an assignment does not change."""
        if self._way is not None or before._layout is now._layout:
            return
        lay = row_major(before._layout)
        if lay is not row_major(now._layout):
            self._way = Made(lay)

    def _alone(self) -> Tensor | None:
        """The tensor that this array holds, if nobody else has its memory, which it is all of."""
        x = self._held
        if not x._at:
            Tensor.evaluate(x)
        block = x._block
        # A name here, and the cell's or the tensor's; of a tensor in a window there are more.
        alone = sys.getrefcount(x) == sys.getrefcount(block) == NAMED + 1
        fit = alone and x._layout.contiguous and not block.shared  # with another library
        return x if fit else None

    def _place(self, index: Any, value: Tensor) -> bool:
        """Write what is small as NumPy does, as small ops run where they are called: where the
        elements lie, if nobody else has this memory, or else into a copy, if that is small too, or
        is of one number throughout: a selection from that takes longer. Whether it could be done.
        """
        small, where = SMALL * settings.small, self._layout
        if state.listens() or value._layout.nbytes > small or where.device is not HOST:
            return False
        elements = np.asarray(value)
        before = self._alone() if self._owner is None else None
        repeated = self._owner is None and not any(where.strides)
        if before is None and where.nbytes > small and not repeated:
            return False
        if before is not None:
            x = before
        else:
            before = self._held if self._owner is None else None
            x = from_numpy(
                np.asarray(self._read() if before is None else before), where.dtype, HOST
            )
        if not written(x, host_index(index), elements):
            return False
        block, at, where = x._block, x._at, x._layout
        del x  # which a view's owner would find beside its own
        return self._exchange(before, Tensor(block, at, where))
