"""`Tensor`: an immutable n-d array in a buffer of the pool; its value is there, or pending."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from ngrad.absent import Absent
from ngrad.devices import HOST, Device, current
from ngrad.dtypes import DType, as_dtype
from ngrad.errors import ScalarError, ShapeError
from ngrad.graph.dims import shown
from ngrad.graph.laid import Laid
from ngrad.graph.layout import Layout, layout
from ngrad.operand import Operand
from ngrad.reference import Reference
from ngrad.shape import Shape
from ngrad_kernels.exporting import WRITABLE, asked, export_tensors
from ngrad_kernels.making import Kinds, makers
from ngrad_kernels.memory import Buffer, OutOfMemory
from ngrad_kernels.native import blank


class Tensor(Operand["Tensor"], Laid):
    """An immutable n-d array. Made by `ngrad.constant` and by every op; not by calling this class.

    Attributes
    ----------
    shape : Shape
    dtype : DType
    device : str

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([[1.0, 2.0], [3.0, 4.0]])
    >>> x.shape.as_list(), x.dtype, (x @ x)[1].tolist()
    ([2, 2], ngrad.float32, [15.0, 22.0])
    """

    __slots__ = ("__weakref__", "_at", "_block", "_layout", "_range", "_slot", "_window")
    __array_priority__ = 100

    evaluate: ClassVar[Callable[[Tensor], None]]
    """Computes a pending value; set where windows are run."""
    on_host: ClassVar[Callable[[Tensor], Tensor]]
    """A copy on the CPU of a tensor on another device; set where copies are made."""
    own: ClassVar[Callable[[Tensor], Tensor]]
    """A copy where it is, which nobody writes to; set where copies are made."""
    scalar: ClassVar[Callable[[Any, DType, Device], Tensor]]
    """One of a Python number; set where these are made."""

    _at: int
    _block: Buffer
    _layout: Layout
    _range: tuple[int, int]  # the least and the greatest element, of indices that were checked

    def __init__(self, buffer: Buffer, address: int, where: Layout) -> None:
        self._block = buffer
        self._at = address
        self._layout = where
        self._window: Any = None
        self._slot = -1

    # -- storage: the one place where a pending value is asked for ---------------------------------

    @property
    def _address(self) -> int:
        """Where the elements begin; `_layout` says how they lie, once this has been asked."""
        if self._at == 0:
            Tensor.evaluate(self)
        return self._at

    @property
    def _buffer(self) -> Buffer:
        if self._at == 0:
            Tensor.evaluate(self)
        return self._block

    # -- facts -------------------------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        where = self._layout
        return Shape(map(shown, where.shape)) if where.open else Shape(where.shape)

    def ref(self) -> Reference[Tensor]:
        """A key for dicts and sets."""
        return Reference(self)

    def get_shape(self) -> Shape:
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Assert a shape, in which None is any size: a tensor's own is always known.

        Examples
        --------
        >>> import ngrad
        >>> ngrad.zeros([2, 3]).set_shape([2, 4])
        Traceback (most recent call last):
        ...
        ngrad.errors.ShapeError: set_shape: shape (2, 3) is not [2, 4]; use ngrad.reshape
        """
        if not self.shape.is_compatible_with(shape):
            raise ShapeError(f"set_shape: shape {self.shape} is not {shape}; use ngrad.reshape")

    @property
    def dtype(self) -> DType:
        return self._layout.dtype

    # -- values ------------------------------------------------------------------------------------

    def _view(self) -> np.ndarray[Any, Any]:
        """A read-only NumPy array over this tensor's memory, which it keeps alive; over a copy on
        the CPU, if it lies on another device.
        """
        address, where = self._at or self._address, self._layout
        if where.device is not HOST:
            return Tensor.on_host(self)._view()
        return where.array(address, self._block)

    def numpy(self) -> Any:
        """The value: a writable copy as a NumPy array, or a NumPy scalar if 0-d.

        Examples
        --------
        >>> import ngrad
        >>> ngrad.constant([1.0, 2.0]).numpy()
        array([1., 2.], dtype=float32)
        """
        where = self._layout
        if where.ndim == 0:
            return where.dtype.as_numpy_dtype(self.item())
        return self._view().copy()

    def item(self) -> Any:
        """The value of a tensor of one element, as a Python scalar."""
        where = self._layout
        if where.size != 1:
            raise ScalarError(f"item: takes a tensor of one element, not of shape {where.shape}")
        address = self._at or self._address
        if where.device is not HOST:
            return self._view().item()
        return where.dtype.ctype.from_address(address).value

    def tolist(self) -> Any:
        """The value as (nested lists of) Python scalars."""
        return self._view().tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        view = self._view()
        if dtype is not None and np.dtype(dtype) != view.dtype:
            if copy is False:
                raise ValueError(
                    f"cannot make a {np.dtype(dtype)} array of {view.dtype} without a copy"
                )
            return view.astype(dtype)
        return view.copy() if copy else view

    def _exported(self, request: int) -> tuple[Tensor, int, int]:
        """What `memoryview(x)` reads: what holds the memory, its address, and how it lies."""
        address, where = self._at or self._address, self._layout
        try:
            lies = where.lies
        except AttributeError:
            lies = where.described()
        if asked(request) & lies.refused:
            if lies.refused < 0 or not where.repeats or asked(request) & WRITABLE:
                lies.refuse(request)
            return self._apart()._exported(request)
        return self, address, lies.address

    def _apart(self) -> Tensor:
        """The elements in memory of their own, of a tensor of the host whose memory is that of many
        constants: some libraries write to what is read-only.
        """
        return from_numpy(np.array(self._view()), self._layout.dtype, HOST)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """NumPy's protocol: the memory, read-only, which whoever holds `data` keeps alive."""
        address, where = self._address, self._layout
        if where.device is not HOST:
            raise AttributeError(f"a tensor on {where.device} has no __array_interface__")
        if where.dtype.typestr is None:
            raise AttributeError(f"NumPy's array interface has no name for {where.dtype.name}")
        block = self._block
        if where.repeats:
            own = self._apart()
            address, where, block = own._at, own._layout, own._block
        before, memory = (0, where) if where.contiguous else where.span
        return {
            "version": 3,
            "shape": where.shape,
            "strides": None if where.contiguous else where.strides,
            "typestr": where.dtype.typestr,
            "data": memory.array(address - before, block),
            "offset": before,
        }

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if not self._layout.dtype.is_integer or self._layout.ndim:
            raise TypeError(f"only a 0-d integer tensor is an index, not {self._layout!r}")
        return int(self.item())

    def __bool__(self) -> bool:
        if self._layout.size != 1:
            raise ShapeError(
                f"bool: the truth value of a tensor of shape {self._layout.shape} is ambiguous; "
                "use ngrad.reduce_any or ngrad.reduce_all"
            )
        return bool(self.item())

    def __len__(self) -> int:
        if not self._layout.shape:
            raise TypeError("len: a 0-d tensor has no length")
        return self._layout.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self._layout.shape:
            raise TypeError("iter: a 0-d tensor cannot be iterated over")
        return (self[k] for k in range(self._layout.shape[0]))

    def __contains__(self, value: Any) -> bool:
        return bool(np.isin(value, self._view()).any())

    __hash__ = object.__hash__

    def _recorded_in(self) -> str | None:
        """The name of the `function` that is being recorded and will compute this, if one is."""
        trace = None if self._at else self._window.trace
        return None if trace is None else trace.name

    def __repr__(self) -> str:
        recorded = self._recorded_in()
        if recorded is not None:
            where = self._layout
            return (
                f"<Tensor pending in function {recorded}, shape={where.shape}, "
                f"dtype={where.dtype.name}>"
            )
        values = np.array2string(np.asarray(self._view()), separator=", ", prefix="<Tensor ")
        return f"<Tensor {values}, shape={self._layout.shape}, dtype={self._layout.dtype.name}>"

    def __str__(self) -> str:
        return repr(self) if self._recorded_in() is not None else str(self._view())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return Tensor.own(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return from_numpy, (self.numpy(),)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a tensor is immutable; build the new value with ngrad.where or ngrad.concat, or use a "
            "Variable's assign"
        )


def _taken(where: Layout) -> Buffer:
    try:
        return where.device.pool.take(where.nbytes)
    except OutOfMemory as error:
        error.of(f"{where.dtype.name} of shape {where.shape}")
        raise


def _number(value: Any, where: Layout) -> Tensor:
    return Tensor.scalar(value, where.dtype, where.device)


empty: Callable[[Layout], Tensor]
"""A tensor of a row-major layout with arbitrary content, to be written by whoever made it."""
copied: Callable[[Any, Mapping[Any, Layout], Any], Tensor | None]
"""`copied(array, layouts, dtype)`: a tensor with what one of NumPy's arrays holds, by a layout for
its dtype and shape. None if there is no such, if its dtype is not that which is given, or None, if
it does not lie in rows, or holds much.
"""
ran: Callable[..., Callable[..., Any]]
"""`ran(address, layouts, *kept)`: a callable over tensors that are there, which makes others."""
replayed: Callable[..., Callable[[Mapping[int, Any]], list[Any]]]
"""`replayed(address, slots, wheres, layouts, *kept)`: a callable over values by slot, tensors that
are there or numbers, which makes others."""
seen: Callable[..., Callable[[Tensor], Tensor]]
"""`seen(offset, layout)`: a callable that shows memory of a tensor, whose value is there."""
seen_at: Callable[[Tensor, int, Layout], Tensor]
"""`seen_at(x, offset, layout)`: memory of a tensor whose value is there, shown."""
settle: Callable[[Tensor, Tensor], None]
"""`settle(x, value)`: a pending tensor has a value from now on, unless it has one already."""
KINDS = Kinds(Tensor, Layout, _taken, _number)
empty, copied, seen_at, settle, ran, replayed, seen = makers(KINDS)
export_cells = export_tensors(Tensor, Layout)


def pending(window: Any, slot: int, where: Layout) -> Tensor:
    """A tensor whose value a window will compute."""
    # Its buffer, and what is found out of its elements, come with its value.
    tensor: Tensor = blank(Tensor)
    tensor._at = 0
    tensor._layout = where
    tensor._window = window
    tensor._slot = slot
    return tensor


def writable(tensor: Tensor) -> np.ndarray[Any, Any]:
    """A NumPy array over the memory of a tensor that nobody else has seen yet."""
    address = tensor._at or tensor._address
    return tensor._layout.array(address, tensor._block, True)


class _Dense(dict[tuple[Any, tuple[int, ...]], Layout]):
    """The layouts of arrays in rows, by one of NumPy's dtypes and a shape: a bounded number,
    and none of dtypes that are in another order of bytes here.
    """

    def __missing__(self, key: tuple[Any, tuple[int, ...]]) -> Layout:
        dtype, shape = key
        found = layout(as_dtype(dtype), shape)
        if found.dtype.numpy_dtype is not dtype:
            return found
        if len(self) >= 1024:
            self.clear()
        return self.setdefault(key, found)


DENSE = _Dense()


def from_numpy(array: Any, dtype: DType | None = None, device: Device | None = None) -> Tensor:
    """A tensor with a copy of an array's elements, on the current device if none is given."""
    own = dtype.numpy_dtype if dtype else None
    device = device or current()
    if device is HOST:
        found = copied(array, DENSE, own)  # as of most
        if found is not None:
            return found
    array = np.asarray(array)
    where = DENSE[array.dtype if own is None else own, array.shape].on(device)
    result = empty(where)
    if where.size == 0:
        return result
    if device is HOST:
        where.array(result._at, None, True)[...] = array
    else:
        source = np.ascontiguousarray(array.astype(where.dtype.numpy_dtype, copy=False))
        device.target.copy_in(result._at, source.ctypes.data, where.nbytes)
        if where.dtype.is_integer:  # as an index it is checked where it is given, without a wait
            result._range = int(source.min()), int(source.max())
    return result


_OF_ARRAYS = (
    ", as arrays have: ngrad.numpy.asarray makes an array of it (a function is given tensors for "
    "arrays of NumPy's)"
)
_OF_VARIABLES = (
    ", nor has a part of a variable v: for elements of it use v.scatter_nd_update(indices, "
    "updates), for all of it v.assign(value)"
)
_ABSENT = {"assign": _OF_VARIABLES, **dict.fromkeys(dir(np.ndarray), _OF_ARRAYS)}
for _name, _reason in _ABSENT.items():
    if _name[0] != "_" and not hasattr(Tensor, _name):
        setattr(Tensor, _name, Absent("a tensor", _name, _reason))
