"""Assignment to arrays: in place where nobody else has their memory, as NumPy writes it; or else as
an op.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from ngrad.cell import Cell
from ngrad.config import settings
from ngrad.devices import HOST, opened
from ngrad.giving import NAMED
from ngrad.graph.layout import Layout
from ngrad.numpy.indices import meant
from ngrad.numpy.order import in_rows, surely_in_rows
from ngrad.numpy.views import Made, OfComplex, Part, part_of, placed, shows
from ngrad.numpy.ways import way_to
from ngrad.ops.assignment import assigned
from ngrad.record import state
from ngrad.tensor import Tensor, from_numpy, single

SMALL = 16
"""How many times the bytes of an op that runs at once an assignment may have that does: recorded it
is several ops and a selection from the whole array.
"""


def _number(value: Any) -> Any:
    """The Python number that a value is, if it is one, or an array with no axes; or None."""
    if isinstance(value, Assigned):
        if value._layout.ndim or value._layout.device is not HOST:
            return None
        found = value._read().item()
        value._forget()
        return found
    return value if isinstance(value, (bool, int, float, np.generic)) else None


def host_index(index: Any) -> Any:
    """An index as NumPy takes it, with nothing left in it to be asked what it means: that may run
    code of anybody's, who may look at the array or assign to it.
    """
    if isinstance(index, tuple):
        return tuple(map(host_index, index))
    if type(index) is slice:
        bounds = index.start, index.stop, index.step
        return slice(*[None if bound is None else operator.index(bound) for bound in bounds])
    if isinstance(index, (int, np.generic, np.ndarray, list)):
        return index
    if isinstance(index, Cell) or hasattr(index, "__array__"):
        return np.asarray(index)
    return operator.index(index) if hasattr(index, "__index__") else index


def _is_small(x: Tensor) -> bool:
    """Whether it is written at once, as small ops run where they are called."""
    return x._layout.device is HOST and x._layout.nbytes <= SMALL * settings.small


def _is_mask(index: Any) -> bool:
    """Whether an index is one array of bools."""
    index = index[0] if type(index) is tuple and len(index) == 1 else index
    if isinstance(index, Cell):
        index = index._read()
    return isinstance(index, (Tensor, np.ndarray)) and index.dtype == bool


class Room(NamedTuple):
    """Where elements lie that may be written to.

    Attributes
    ----------
    first : Assigned
        The array whose memory it is, or will be.
    before, now : Tensor
        What that holds, and what it is to hold once they were written: another tensor of the same
        memory, or a copy.
    at : int
    where : Layout
    """

    first: Assigned
    before: Tensor
    now: Tensor
    at: int
    where: Layout

    def filled(self) -> bool:
        """Have the array hold what was written to. Whether no other thread assigned meanwhile."""
        return type(self.first).exchanged(self.first, self.before, self.now)


def again(x: Tensor) -> Tensor:
    """Another tensor of the same memory, of which nothing is known yet."""
    return Tensor(x._block, x._at, x._layout)


def written(at: int, where: Layout, index: Any, value: Any) -> bool:
    """Whether a value could be written where elements lie. If not, there is an error for the
    ordinary way to tell of.
    """
    try:
        where.array(at, None, True)[index] = value
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
        def _shown(self) -> Tensor: ...

    def __setitem__(self, index: Any, value: Any) -> None:
        index, key, basic = meant(index)
        if (
            basic
            and isinstance(value, Assigned)
            and value._owner is self
            and type(value._way) is Part
            and value._way.same(part_of(index, key))
        ):
            return  # the end of x[index] += ..., which has written there
        if key is not None and self._put(index, value):
            return
        if len(opened) > 1:
            from ngrad.numpy.place import where_they_lie

            where_they_lie(Assigned._assign, self, index, value)
        else:
            self._assign(index, value)

    def _assign(self, index: Any, value: Any) -> None:
        found = self._like(value)
        if isinstance(value, Assigned) and value._owner is not None:
            found = value._apart(found)
        while not (self._place(index, found) or self._record(index, found)):
            pass

    def _like(self, value: Any) -> Tensor:
        """A value to be assigned, in this array's dtype."""
        from ngrad.numpy.convert import converted, to_tensor

        where, number = self._layout, type(value) in (int, float)
        if number and where.dtype.is_floating and where.device is HOST and -6e4 < value < 6e4:
            return single(float(value), where.dtype)
        whole = number and where.dtype.is_integer
        if whole or isinstance(value, (str, complex)):
            value = read_as(value, self.dtype)
        elif value is None and self._layout.dtype.is_inexact:
            value = complex(math.nan, math.nan) if where.dtype.is_complex else math.nan
        elif type(value) is int and not -(1 << 63) <= value < 1 << 64:
            value = bool(value) if where.dtype.is_bool else float(value)  # no integer dtype has it
        # Of a list, numbers that the dtype has not are refused; of an array they are cast.
        dtype = self._layout.dtype
        found: Tensor = to_tensor(value, dtype if isinstance(value, (list, tuple)) else None)
        return converted(found, dtype)

    def _put(self, index: Any, value: Any) -> bool:
        """Write a number where the elements lie that a basic index takes, if nobody else has this
        memory: then a loop over elements takes no more for a long array than for a short one.
        Whether it could be done.
        """
        if state.listens():
            return False  # what was there before is wanted
        number = _number(value)
        room = None if number is None else self._room()
        if room is None:
            return False
        at, where = room.at, room.where
        if (
            type(index) is int
            and where.ndim == 1
            and type(number) is float
            and where.dtype.is_floating
        ):
            place = index if index >= 0 else index + where.size
            if not 0 <= place < where.size:
                return False  # what raises says so
            where.dtype.ctype.from_address(at + place * where.strides[0]).value = number
        elif not written(at, where, index, number):
            return False
        return room.filled() or self._put(index, value)

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
            self._require_own()
            self._keep_order(before, now)
            return type(self).exchanged(self, before, now)
        self._write(now)
        return True

    def _require_own(self) -> None:
        """Raise, while a `function` is recorded, if this array was there before."""
        trace = state.window.trace
        if trace is not None:
            trace.require_own(self._uid, "an array")

    def _keep_order(self, before: Tensor, now: Tensor) -> None:
        """Know how an array of its own lies in NumPy, which an assignment does not change."""
        if self._way is not None or (before._layout is now._layout and before._at and now._at):
            return
        if now._at or now._layout.ndim > 1:
            lay = in_rows(before)
            if not now._at or lay is not surely_in_rows(now):
                self._way = Made(lay)

    def _alone(self) -> Tensor | None:
        """The tensor that this array holds, if nobody else has its memory, which it is all of."""
        x = self._held
        if not x._at:
            Tensor.evaluate(x)
        block = x._block
        # A name here, and the cell's or the tensor's; of a tensor in a window there are more.
        alone = sys.getrefcount(x) == sys.getrefcount(block) == NAMED + 1
        where = x._layout
        fit = alone and where.contiguous and where.device is HOST and not block.shared
        return x if fit else None  # nor has another library

    def _room(self) -> Room | None:
        """Where the elements lie, if nobody else has this memory, which is the host's."""
        if self._owner is None:
            x = self._alone()
            return None if x is None else Room(self, x, again(x), x._at, x._layout)
        first, *views = way_to(self)
        if not all(view._way.writes for view in views):
            return None
        held = first._held
        if not held._at:
            Tensor.evaluate(held)
        ways = [view._way for view in views]
        # What an op reads would have the memory, too, as long as it is pending.
        shown = placed(held, *ways) if OfComplex in map(type, ways) else self._shown()
        if not shows(shown, held):  # a copy of it, which may be pending
            return None
        at, where, whole = shown._at, shown._layout, (held._at, held._layout)
        del shown, held
        for view in views:
            view._forget()
        x = first._alone()
        if x is None or (x._at, x._layout) != whole:  # another thread assigned meanwhile
            return None
        return Room(first, x, again(x), at, where)

    def _forget(self) -> None:
        """Hold no memory, of a view: it can be read again."""
        if self._owner is not None:
            self._seen = self._held = None  # type: ignore[assignment]

    def _apart(self, found: Tensor) -> Tensor:
        """What this view shows, to be assigned to what may be its owner: in memory of its own, if
        it is small, so that the owner can be written to.
        """
        if state.listens():
            return found
        if found is self._held and _is_small(found):
            found = from_numpy(np.asarray(found), found._layout.dtype, HOST)
        self._forget()
        return found

    def _place(self, index: Any, value: Tensor) -> bool:
        """Write as NumPy does, what is small or there: where the elements lie, if nobody else has
        this memory, or else into a copy. Whether it could be done.
        """
        lone = _is_mask(index) and value._layout.size == 1  # selected where it is computed
        if state.listens() or not (_is_small(value) or (value._at and not lone)):
            return False
        if way_to(self)[0]._held._layout.device is not HOST:
            return False  # nor is what is assigned, or where, looked at
        try:
            index = host_index(index)
        except TypeError:
            return False  # what raises says so
        elements = np.asarray(value)
        while True:
            room = self._room() or self._separate(lone)
            if not room or not written(room.at, room.where, index, elements):
                return False
            if room.filled():
                return True

    def _separate(self, small: bool) -> Room | None:
        """The same of memory that nobody has yet, for the array whose memory this is: a copy of
        what it holds, if that is there or small, or of one number throughout, a selection from
        which would take longer; or only then if it is `small`.
        """
        first, *views = way_to(self)
        x = first._held
        there = x._at and not small
        if x._layout.device is not HOST or not all(view._way.writes for view in views):
            return None
        if not (there or _is_small(x) or not any(x._layout.strides)):
            return None
        own = from_numpy(np.asarray(x), x._layout.dtype, HOST)
        shown = placed(own, *[view._way for view in views])
        if not shows(shown, own):
            return None
        first._keep_order(x, own)
        return Room(first, x, own, shown._at, shown._layout)
