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
from ngrad.graph.layout import Layout
from ngrad.numpy.elements import read_as, written
from ngrad.numpy.indices import at_hand, meant
from ngrad.numpy.order import in_columns, in_rows, surely_in_rows
from ngrad.numpy.parts import composed
from ngrad.numpy.views import Made, OfComplex, Part, part_of, placed, shows
from ngrad.numpy.ways import way_to
from ngrad.ops.assignment import assigned
from ngrad.ops.convert import read
from ngrad.record import state
from ngrad.scalars import single
from ngrad.tensor import Tensor, from_numpy
from ngrad_kernels.garbage import NAMED

SMALL = 16
"""How many times the bytes of an op that runs at once a selection may have that does."""


def host_index(index: Any) -> Any:
    """An index as NumPy takes it, with nothing left in it to be asked what it means: that may run
    code of anybody's, who may look at the array or assign to it.
    """
    if isinstance(index, tuple):
        return tuple(map(host_index, index))
    if type(index) is slice:
        bounds = index.start, index.stop, index.step
        return slice(*[None if bound is None else operator.index(bound) for bound in bounds])
    if isinstance(index, Cell):
        return np.asarray(index)
    if isinstance(index, (int, np.generic, np.ndarray, list)):
        return index
    if hasattr(index, "__array__"):
        return np.asarray(read(index))
    return operator.index(index) if hasattr(index, "__index__") else index


def _numbers(values: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, Any] | None:
    """A list of numbers in a dtype, if they have it and there is no array among them."""
    from ngrad.numpy.convert import holds_arrays

    try:
        return None if holds_arrays(values) else np.asarray(values, dtype)
    except (OverflowError, TypeError, ValueError):
        return None


def _is_small(x: Tensor) -> bool:
    """Whether it is written at once, as small ops run where they are called."""
    return x._layout.device is HOST and x._layout.nbytes <= SMALL * settings.small


def _is_pending(value: Any) -> bool:
    """Whether a value is a tensor that is not there, or an array that holds one."""
    held = value._held if isinstance(value, Assigned) else value
    return type(held) is Tensor and not held._at


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


class Assigned(Cell):
    """A cell that is assigned to by index: an array, or a view of one, its owner.

    Threads may assign to different elements of one array. An assignment makes a tensor of the one
    that the array holds, and if by then it holds another, begins again: to write the same elements
    twice is no harm, and those that another thread wrote meanwhile are not lost.
    """

    __slots__ = ("_held", "_owner", "_seen", "_way")
    exchanged: ClassVar[Callable[[Any, Any, Tensor], bool]]
    """`exchanged(cell, before, now)`: whether a cell held a tensor; it holds another from now on,
    and no thread comes in between. Set where it is made, in machine code, as the next.
    """
    put_there: ClassVar[Callable[[Any, Any, Any], bool]]
    """`put_there(cell, index, value)`: whether a number or a tensor could be put where elements
    lie side by side.
    """
    settled: ClassVar[Callable[[Any], Any]]
    """`settled(index)`: one that gives no view, as NumPy takes it, if it is of arrays whose values
    are there; None of any other.
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
        @property
        def is_number(self) -> bool: ...
        def _write(self, value: Tensor) -> None: ...
        def _shown(self) -> Tensor: ...

    def _put(self, index: Any, value: Any) -> None:
        """x[index] = value where machine code (`assigning.py`) leaves it: of more than a number, if
        somebody listens, and of memory that somebody else has, too.
        """
        heard = state.listens()  # then nothing is assigned at once
        places = None if heard else type(self).settled(index)
        if places is not None and self._at_once(places, value, True):
            return
        index, key, basic = meant(index)
        if basic and isinstance(value, Assigned) and self._shows(value, index, key):
            return  # the end of x[index] += ..., which has written there
        if heard and not basic and issubclass(type(value), np.generic):
            value = np.asarray(value)  # which NumPy casts there, also where it does not fit
        if not heard and self._at_once(index, value, key is not None):
            return
        if len(opened) > 1:
            from ngrad.numpy.place import where_they_lie

            where_they_lie(Assigned._assign, self, index, value)
        else:
            self._assign(index, value)

    def _shows(self, value: Assigned, index: Any, key: Any) -> bool:
        """Whether a value is the part of this array that a basic index takes, certainly."""
        owner = value._owner
        if (
            owner is None
            or type(value._way) is not Part
            or not (owner is self or owner is self._owner)
        ):
            return False
        part = part_of(index, key)
        holder, part = (self, part) if owner is self else self._taken(part)
        return owner is holder and value._way.same(part)

    def _taken(self, part: Part) -> tuple[Any, Part]:
        """What a view of a part is a view of, and which part of that: of a part its owner, too, but
        for a tape, to which that may be a source.
        """
        owner = None if state.stack else self._owner
        whole = None if owner is None else composed(self._way, part, owner._layout.shape)
        return (self, part) if whole is None else (owner, whole)

    def _assign(self, index: Any, value: Any) -> None:
        found = self._like(value)
        if isinstance(value, Assigned) and not state.listens():
            value._forget()  # its owner's memory, which may be what is written to
        while not (self._at_once(index, found) or self._record(index, found)):
            pass

    def _like(self, value: Any) -> Tensor:
        """A value to be assigned, in this array's dtype."""
        from ngrad.numpy.convert import converted, is_array, to_tensor

        where = self._layout
        if isinstance(value, Assigned) and value._layout.dtype is where.dtype and state.listens():
            return value._read()
        value = self._scalar(value)
        scalar = issubclass(type(value), np.generic)
        if scalar and where.dtype.is_integer and value.dtype.kind in "iuf":
            value = read_as(value, self.dtype)
        number = type(value) in (int, float)
        if number and where.dtype.is_floating and where.device is HOST and -6e4 < value < 6e4:
            return single(float(value), where.dtype)
        whole = number and where.dtype.is_integer
        if whole or issubclass(type(value), (str, complex)):
            value = read_as(value, self.dtype)
        elif value is None and self._layout.dtype.is_inexact:
            value = complex(math.nan, math.nan) if where.dtype.is_complex else math.nan
        elif type(value) is int and not -(1 << 63) <= value < 1 << 64:
            value = bool(value) if where.dtype.is_bool else float(value)  # no integer dtype has it
        # Of a list, numbers that the dtype has not are refused; of an array they are cast.
        dtype = self._layout.dtype
        found: Tensor = to_tensor(value, None if is_array(value) else dtype)
        return converted(found, dtype)

    def _scalar(self, value: Any) -> Any:
        """NumPy's scalar of a number of ours, which is refused as that is, if it may be looked at
        and nobody listens to what becomes of it; any other value as it is.
        """
        if not (isinstance(value, Assigned) and value.is_number):
            return value
        x = value._read()
        heard = state.listens() and not self._layout.dtype.is_integer
        return value if heard or not at_hand(x) else x._view()[()]

    def _at_once(self, index: Any, value: Any, plain: bool = False) -> bool:
        """Assign what is small or there as NumPy does. Whether it could be done. `plain` says that
        the index is of Python's numbers.
        """
        first = self if self._owner is None else way_to(self)[0]
        if state.listens() or first._held._layout.device is not HOST:
            return False  # what was there before is wanted; nor is anything looked at
        waited = _is_pending(value)
        elements = self._elements(value, first)
        if elements is None:
            return False
        if waited and type(self).put_there(self, index, value):
            return True  # which machine code left while it was not there
        try:
            index = index if plain else host_index(index)
        except TypeError:
            return False  # what raises says so
        return self._place(index, elements)

    def _elements(self, value: Any, first: Assigned) -> Any:
        """What NumPy may write of a value: a number; or elements of this array's dtype, that lie in
        other memory than the first's, if they are there or few; or None.
        """
        kind = type(value)
        if kind is float or kind is int or kind is bool or issubclass(kind, np.generic):
            return value
        if kind is np.ndarray:
            return value if value.dtype == self.dtype else None
        if kind is list or kind is tuple:
            return _numbers(value, self.dtype)
        number = self._scalar(value)
        if number is not value:
            return number
        view = isinstance(value, Assigned) and value._owner is not None
        if not (view or kind is Tensor or isinstance(value, Assigned)):
            return None
        x = value if kind is Tensor else value._read()
        where = x._layout
        if where.device is not HOST:
            return None
        if not where.ndim:
            wide = where.dtype.is_integer and self._layout.dtype.is_inexact
            found = x._view()[()] if wide else x.item()  # Python's floats would be rounded twice
        elif where.dtype is self._layout.dtype:
            address = x._address
            found = x._layout.array(address, x)  # which may lie otherwise, now that it is there
        else:
            return None
        if view and way_to(value)[0] is first:
            found = found.copy() if where.ndim else found
            value._forget()
        return found

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
            lay: bool | None = in_rows(before)
            if not (lay or before._at):
                lay = None  # of what a `function` records it cannot be told
            if not now._at or lay is not surely_in_rows(now):
                self._way = Made(lay, lay is False and in_columns(before._layout))

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

    def _place(self, index: Any, elements: Any) -> bool:
        """Write where the elements lie, if nobody else has this memory, or else into a copy: then
        a loop over elements takes no more for a long array than for a short one. Whether it could
        be done.
        """
        while True:
            room = self._room()
            if room is None:
                # Of a mask and one number, selected where they are computed.
                lone = _is_mask(index) and np.size(elements) == 1
                room = self._separate(lone)
            if room is None or not written(room.at, room.where, index, elements):
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
