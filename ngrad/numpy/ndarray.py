"""`ndarray`: NumPy's array, as a cell over an immutable tensor; and its views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from numbers import Rational
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from ngrad.absent import OfSome
from ngrad.config import settings
from ngrad.devices import HOST, opened
from ngrad.dtypes import BY_CODE
from ngrad.giving import leave
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Call
from ngrad.numpy.chains import near
from ngrad.numpy.elements import picked
from ngrad.numpy.indices import meant
from ngrad.numpy.values import Valued
from ngrad.numpy.views import (
    Axes,
    Part,
    Way,
    axes_in,
    element,
    part_of,
    placed,
    remember,
    row_part,
)
from ngrad.numpy.ways import lies_of, read_in_turn, shown_in_turn, unheard, way_to
from ngrad.numpy.writing import Assigned
from ngrad.operand import Operand
from ngrad.ops.arithmetic import abs_, negative
from ngrad.ops.bitwise import invert
from ngrad.ops.convert import unwrap
from ngrad.ops.gather import TAKE
from ngrad.ops.indexing import FIRST, by_tensor, getitem
from ngrad.ops.matmul import PRODUCTS
from ngrad.ops.operators import BINARY, COMPARISON
from ngrad.ops.power import square
from ngrad.record import next_uid, state, uids
from ngrad.replayed import ARRAYS
from ngrad.scalars import single
from ngrad.tensor import KINDS, Tensor, export_cells, from_numpy
from ngrad.window import Window, applied, found
from ngrad_kernels.cells import CellKinds, cell_makers
from ngrad_kernels.operators import Operators
from ngrad_kernels.reckoning import Numbers
from ngrad_kernels.subscripts import Subscripted, Ways

F = TypeVar("F", bound=Callable[..., Any])


def _of_arrays(method: F) -> F:
    """A method that numbers have not, as NumPy's have not: programs that take lists apart ask."""
    return cast(F, OfSome(method, lambda x: not x.is_number))


class ndarray(Subscripted, Valued, Operand["ndarray"]):
    """An n-d array that can be assigned to: NumPy's, with derivatives. Made by `array`, `zeros` and
    every function here; not by calling this class.

    It holds an immutable tensor, and an assignment has it hold another. What was computed from it
    before keeps the old value, on a tape too: so gradients go through assignments. Names of one
    array see them, and so do views, which are read and written as in NumPy. Taken wherever a tensor
    is.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> x = np.zeros((2, 3))
    >>> row = x[1]
    >>> row[:] = 7.0
    >>> x
    array([[0., 0., 0.],
           [7., 7., 7.]])
    """

    __slots__ = ("__weakref__",)
    if TYPE_CHECKING:  # methods that are attached from the functions of their names

        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, index: Any, /) -> ndarray: ...
        def __round__(self, digits: Any = None, /) -> Any: ...

        _methods: Iterable[Callable[..., ndarray]] = ()
        (
            all, any, argmax, argmin, cumprod, cumsum, max, mean, min, prod, std, sum, var, ravel,
            repeat, squeeze, swapaxes, clip, round, take, diagonal, trace, compress, argsort,
            argpartition, choose, searchsorted, dot, astype, conj, conjugate, copy, flatten,
            view, reshape,
        ) = _methods  # fmt: skip

    __array_priority__ = 102

    def __init__(
        self, tensor: Tensor, owner: ndarray | None = None, way: Way | None = None
    ) -> None:
        if not hasattr(tensor, "_layout"):
            if isinstance(tensor, int) or not isinstance(tensor, Rational):
                raise TypeError(
                    f"ndarray: arrays are made by empty, zeros or array, not of {tensor!r}"
                )
            tensor = single(float(tensor), BY_CODE["f8"])  # by `statistics`, as numbers of a kind
        self._held = tensor
        self._owner, self._way = owner, way
        self._seen = None
        self._uid = next_uid()

    # -- the tensor --------------------------------------------------------------------------------

    def _read(self) -> Tensor:
        owner = self._owner
        if owner is None:
            return self._held
        if owner._owner is not None:
            return read_in_turn(self)
        value, seen, held = owner._held, self._seen, self._held
        # Nor did another thread see to it meanwhile.
        if seen is value and self._seen is seen and not (state.stack and unheard(held)):
            return held
        held = self._way.read(value)  # it was assigned to, or is to be heard of
        self._held, self._seen = held, value
        return held

    def _shown(self) -> Tensor:
        """What a view shows, read so that the view holds no more memory of its owner than before:
        the owner has it alone then, and is assigned to in place.
        """
        owner = self._owner
        if owner is None:
            return self._held
        if state.stack:  # which would hear of it again for each element
            return self._read()
        value = owner._held if owner._owner is None else shown_in_turn(owner)
        seen, held = self._seen, self._held
        return held if seen is value and self._seen is seen else placed(value, self._way)

    def given(self, gradient: Tensor | None) -> Any:
        if gradient is None or gradient._layout.ndim or self.is_number:
            return None if gradient is None else ndarray(gradient)
        return _laid(gradient)

    @property
    def kind(self) -> Callable[[Tensor], ndarray]:
        held: Tensor | None = self._held  # which need not be what it shows now, but lies as that
        held = self._read() if held is None else held
        return array_of if held._layout.ndim or self.is_number else _laid

    @property
    def is_view(self) -> bool:
        return self._owner is not None

    def read_anew(self, heard: Callable[[Tensor], bool]) -> None:
        for view in way_to(self)[1:]:
            if view._held is None or not heard(view._held):
                view._seen = None

    def lies_in_rows(self) -> bool:
        where = self._layout
        own = self._owner is self._way is None and self._held._at
        if where.ndim < 2 or (own and where.contiguous):
            return True
        lies = lies_of(self)
        return lies is not None and lies.flags.c_contiguous

    def _write(self, value: Tensor) -> None:
        """Hold another tensor, of the same shape and dtype."""
        owner = self._owner
        if owner is None:
            self._require_own()
            self._keep_order(self._held, value)
            if not value._at:
                leave(self._held, value._window)
            self._held = value
        elif not (put_at_once(self, ..., value) or self._at_once(..., value)):
            self._forget()  # the owner's memory
            self._way.write(owner, value)

    def _seen_by(self, way: Way) -> ndarray:
        """A view of this array; nothing is one of a number."""
        owner = self if self._owner is None else near(self)
        view = view_of(owner, way, state.window)
        if view is not None:
            return view
        value = owner._read()
        if self.is_number:
            return array_of(way.read(value))
        return array_of(way.read(value), owner, way, value)

    @property
    def _layout(self) -> Layout:
        return self._read()._layout

    # -- its elements, and copies ------------------------------------------------------------------

    @_of_arrays
    def __len__(self) -> int:
        x = self._held if self._owner is None else self._read()
        if not x._layout.ndim:
            raise TypeError("len() of unsized object: the array has no axes")
        return x._layout.shape[0]

    @_of_arrays
    def __iter__(self) -> Iterator[ndarray]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return self._each()

    def _each(self) -> Iterator[Any]:
        """The elements or rows in turn: of what the array holds by then."""
        if not state.listens():
            Tensor.evaluate(self._read())
        count, take = self.shape[0], element_of if self.ndim == 1 else partial(row_of, self)
        self._forget()
        for k in range(count):
            # No name of the tensor is kept, beside which the array had its memory not alone.
            found = take(self._shown(), k, state.window)
            yield self[k] if found is None else found

    def __copy__(self) -> ndarray:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> ndarray:
        return self.copy()

    def __reduce__(self) -> Any:
        return _unpickled, (np.asarray(self),)

    # -- views -------------------------------------------------------------------------------------

    @property
    def base(self) -> ndarray | None:
        """The array that this one is a view of, as NumPy's: the first, not one between."""
        owner = self._owner
        while owner is not None and owner._owner is not None:
            owner = owner._owner
        return owner

    def _item(self, index: Any) -> Any:
        """x[index] where machine code (`subscripts.py`) leaves it: if somebody listens, of views of
        views, and of a view that is taken for the first time.
        """
        places = None if state.listens() else settled(index)
        if places is not None:
            there = picked(self._shown(), places)
            if there is not None:
                return array_of(there) if there._layout.ndim else _element(there, index)
        index, key, basic = meant(index)
        if not basic:
            items = index._read() if type(index) is ndarray else index
            taken = getitem(self._read(), items)
            return array_of(taken) if taken._layout.ndim else _element(taken, index)
        if key is not None and self._owner is not None and type(self._way) is not Part:
            view = view_of(self, key, state.window)
            if view is not None:
                return view
        if type(index) is slice:
            ndim = -1  # it is no element
        elif key is None or state.listens():
            ndim = self._layout.ndim
        else:
            shown = self._shown()
            found = element_of(shown, key, state.window)
            if found is None and type(key) is int:
                found = row_of(self, shown, key, state.window)
            if found is not None:
                return found
            ndim = shown._layout.ndim
            del shown
        part = part_of(index, key)
        if 0 <= part.integers == ndim:
            return array_of(self._element(part))
        owner, whole = self._taken(part)
        if owner is self:
            owner = self if self._owner is None else near(self)
        elif not state.listens():
            self._forget()  # the owner's memory, which what it gives may be written to in
        x = owner._read()
        if owner.is_number:
            return _laid(whole.read(x))
        shown = whole.read(x)
        if whole is not part:  # of what is a part of x itself
            remember(x, (Part, self._way.key, part.key), shown, whole)
        return array_of(shown, owner, whole, x)

    def _element(self, part: Part) -> Tensor:
        """x[index] of integers, one for each axis."""
        if not state.listens():  # else it would be recorded, and hold memory that is assigned to
            first = way_to(self)[0]._held
            if not first._at:
                Tensor.evaluate(first)
            del first
        return element(self._shown(), part)

    def transpose(self, *axes: Any) -> ndarray:
        """A view with its axes in another order: reversed, or as given."""
        order = axes[0] if len(axes) == 1 and type(axes[0]) is tuple else axes
        if len(order) == 1:
            order = tuple(order[0]) if np.iterable(order[0]) else () if order[0] is None else order
        if not order and (not axes or axes[0] is None):
            owner = self if self._owner is None else near(self)
            view = view_of(owner, "T", state.window)
            if view is not None:
                return view
            x = owner._read()
            way = Axes(tuple(range(x.ndim))[::-1])
            if self.is_number:
                return array_of(x)
            return array_of(remember(x, "T", way.read(x), way), owner, way, x)
        return self._seen_by(axes_in(order, self.ndim))

    @property
    def mT(self) -> ndarray:
        if self.ndim < 2:
            raise ValueError("mT: a matrix has two axes or more")
        return self.transpose(*range(self.ndim - 2), -1, -2)


array_of: Callable[..., ndarray]
"""An array of its own that holds a tensor; every function comes here. With an owner, a way and the
owner's value, a view, which shows the tensor.
"""
view_of: Callable[..., ndarray | None]
"""`view_of(array, key, window)`: a view that was taken before, if nobody listens."""
element_of: Callable[..., ndarray | None]
"""`element_of(tensor, key, window)`: an element of a tensor in an array of its own, if nobody
listens.
"""
row_of: Callable[..., ndarray | None]
"""`row_of(array, tensor, k, window)`: a view of an array, which shows a tensor, at a place along
its first axis, likewise.
"""
result_of: Callable[..., ndarray | None]
"""`result_of(array, calls, params)`: what a call that an op had before gives of an array, if nobody
listens, as `window.found` has it.
"""
viewed: Callable[[Any, Callable[[Any], Any]], Callable[[Any], Any]]
"""`viewed(key, function)`: what gives a view that was taken before, or what a function does."""
view_method: Callable[[Callable[..., Any]], Any]
"""`view_method(function)`: a method that gives a view that was taken before by the same integers,
or what the function does.
"""
result_method: Callable[[Callable[..., Any]], Any]
"""`result_method(function)`: a method that gives what a call makes of an array, if its layout knows
that, or what the function does.
"""
READ = ndarray._read
"""What an array holds, of any and in any thread, in Python."""
READ_QUICKLY: Any
"""The same in machine code, while no `function` is recorded."""
OPS = {**BINARY, **COMPARISON, "abs": abs_, "invert": invert, "neg": negative, "square": square}
"""By the names of Python's operators, the ops that they are."""
OPERATORS: dict[int, int]
"""What slots of the class have, by what they have of operators in Python, once these are there."""
put_at_once: Callable[[ndarray, Any, Any], bool]
"""`put_at_once(array, index, value)`: what `Assigned.put_there` is."""
listed: Callable[[Any, Any, Any, Window], Tensor | None]
"""`listed(values, dtype, layouts, window)`: a tensor of a list of numbers, or of lists of such, in
the host's memory, if they are float64 or int64, or read as the one that is given, and nobody
listens.
"""
computed_of: Callable[..., ndarray | None]
"""`computed_of(calls, x, y)`: what an op gives of an array, or of Python's float if that has come
before, or of two of which one may be a number: by its calls, as `Elementwise.seen` has them. None
if there is none of these.
"""
of_number: Callable[[float], ndarray | None]
"""`of_number(value)`: a number, in the host's memory, of Python's float or bool, or of its integer
if an int64 has it; else None.
"""
CELLS = cell_makers(
    CellKinds(ndarray, Window, uids, KINDS, row_part, READ, Part, BY_CODE, HOST),
    Ways(Call, state, settings, found, TAKE.calls, FIRST, by_tensor, remember),
    Operators(
        {name: op.seen for name, op in OPS.items()} | {"matmul": PRODUCTS},
        applied,
        opened,
        Numbers({code: layout(BY_CODE[code], ()) for code in ("f8", "i8", "b1")}),
    ),
)
array_of, view_of, element_of, row_of, exchanged, result_of, put_at_once, listed, *_ = CELLS
settled, computed_of, of_number = CELLS.settled, CELLS.computed_of, CELLS.of_number
viewed, view_method, result_method = CELLS.viewed, CELLS.view_method, CELLS.result_method
READ_QUICKLY, OPERATORS = CELLS.read, CELLS.operators
setattr(ndarray, "_read", READ_QUICKLY)  # noqa: B010
Assigned.exchanged, Assigned.put_there = staticmethod(exchanged), staticmethod(put_at_once)
Assigned.settled = staticmethod(settled)
_T = property(viewed("T", ndarray.transpose), doc="A view with its axes reversed.")
setattr(ndarray, "T", _T)  # noqa: B010
export_cells(ndarray)
ARRAYS.add(ndarray)


def _laid(x: Tensor) -> ndarray:
    """An array of its own that holds a tensor, and no number if that has no axes."""
    from ngrad.numpy.laying import laid

    return laid(x, "K")


def _element(x: Tensor, index: Any) -> ndarray:
    """The one element that arrays among indices pick: a number, and beside an ellipsis an array."""
    if type(index) is tuple and any(item is ... for item in index):
        return _laid(x)
    return array_of(x)


def _unpickled(array: Any) -> ndarray:
    return ndarray(from_numpy(array))


unwrap[ndarray] = READ
