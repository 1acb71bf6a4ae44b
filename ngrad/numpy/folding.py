"""Methods of universal functions: `add.reduce`, `maximum.accumulate`, `multiply.at`.

Sums, products and extremes are the reductions and running reductions of these names; any other
function of two operands is applied to halves, if it is associative, and else to one element after
the other.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.dtypes import can_cast
from ngrad.numpy import reductions as r
from ngrad.numpy.calculus import along
from ngrad.numpy.convert import BOOL, INT64, array_of, dtype_of, is_weak, plain, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.joining import concatenate
from ngrad.numpy.manipulation import broadcast_to, ravel
from ngrad.numpy.naming import KINDS, explain
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import into
from ngrad.numpy.reductions import NOTHING, as_axes, wide
from ngrad.numpy.running import NUMBERS, op_of, running
from ngrad.numpy.selection import take
from ngrad.numpy.selection import where as chosen
from ngrad.numpy.ufuncs import TESTS, UFUNCS, ufunc
from ngrad.ops.arithmetic import negative
from ngrad.ops.assignment import ADD, Change, assigned
from ngrad.ops.convert import cast_to
from ngrad.ops.ordering import order
from ngrad.ops.reductions import AND, OR, XOR, normal_axes, ones_shape, reduce_bits
from ngrad.ops.scans import cummax, cummin
from ngrad.record import copied
from ngrad.tensor import from_numpy
from ngrad_kernels.native import rising


def _of_numbers(extreme: Callable[..., ndarray], instead: float) -> Callable[..., ndarray]:
    """A reduction to an extreme that leaves NaNs out, unless there is nothing else."""

    def reduce(x: ndarray, axis: Any, initial: Any = NOTHING, **options: Any) -> ndarray:
        if not x._layout.dtype.is_inexact:
            return extreme(x, axis, initial=initial, **options)
        none = UFUNCS["isnan"](x)
        least = complex(instead, instead) if x._layout.dtype.is_complex else instead
        found = extreme(chosen(none, least, x), axis, initial=initial, **options)
        if initial is not NOTHING and initial is not None:
            return found
        nothing = r.all(none, axis, keepdims=options["keepdims"])
        return array_of(chosen(nothing, np.nan, found)._read())

    return reduce


REDUCTIONS: dict[str, Callable[..., ndarray]] = {
    name: inspect.unwrap(function)
    for name, function in {
        "add": r.sum, "multiply": r.prod, "maximum": r.max, "minimum": r.min, "logical_and": r.all,
        "logical_or": r.any_,
    }.items()
}  # fmt: skip
REDUCTIONS |= {name: _of_numbers(REDUCTIONS[of], least) for name, (of, least) in NUMBERS.items()}
BITS = {"bitwise_and": AND, "bitwise_or": OR, "bitwise_xor": XOR, "logical_xor": XOR}
CUMULATIVE = {"add": "cumsum", "multiply": "cumprod"}
RUNNING: dict[str, Callable[..., ndarray]] = {
    name: inspect.unwrap(getattr(r, method)) for name, method in CUMULATIVE.items()
}
EXTREMES = {"maximum": cummax, "minimum": cummin}
ASSOCIATIVE = {
    "add", "multiply", "maximum", "minimum", "fmax", "fmin", "logical_and", "logical_or",
    "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm", "hypot", "logaddexp",
    "logaddexp2",
}  # fmt: skip
SIGNLESS = ("gcd", "hypot")
"""Functions that an element and the identity have, of one element, too: it may be negative."""
CHANGES = {
    "add": ADD,
    "subtract": ADD,
    **{name: Change(op, op) for name in ASSOCIATIVE - {"add"} if (op := op_of(name)) is not None},
}
"""Functions of which several values for one element are joined before they are applied."""
WRAPPING = ("add", "subtract", "multiply", "bitwise_and", "bitwise_or", "bitwise_xor")
"""Of them, those of integers that may wrap before: the result that wraps is the same."""
OF_FLOATS = ("hypot", "logaddexp")
FIRST = np.zeros(1, np.int64)
"""Where the only segment begins."""
OF_TRUTHS = {name for name, function in UFUNCS.items() if function._kind == "bool"} | TESTS
"""Functions that give bools, of whatever."""
FEW = 1024
"""Elements that are reduced one after the other: of more, that takes longer than launches."""


def _named(function: ufunc, what: str) -> str:
    """A method's name in errors."""
    return f"{function.__name__}.{what}"


def _operand(function: ufunc, what: str, array: Any, dtype: Any) -> ndarray:
    if function.nin != 2 or function.nout != 1:
        name = _named(function, what)
        raise ValueError(f"{name}: takes a function of two operands that returns one")
    x = asarray(array)
    return _truths(function, what, x, dtype) if function.__name__ in OF_TRUTHS else x


def _truths(function: ufunc, what: str, x: ndarray, dtype: Any) -> ndarray:
    """The operand of a function that gives bools. It takes these again, and so bools alone, also
    where it tells of numbers.
    """
    own = BOOL if function._kind == "bool" else x._layout.dtype
    wanted = own if dtype is None else dtype_of(dtype)
    if wanted is not BOOL:
        name = _named(function, what)
        raise TypeError(f"{name}: goes on with the bools that it gives, and takes no {wanted}")
    return x.astype(bool, copy=False)


def _axis_of(name: str, axis: Any, shape: tuple[int, ...]) -> int:
    """The one axis along which a method goes: None, and a tuple, may mean one."""
    if not shape:
        raise TypeError(f"{name}: goes along an axis, of which a number has none")
    axes = normal_axes(as_axes(axis), len(shape), name)
    if len(axes) != 1:
        raise ValueError(f"{name}: goes along one axis, not {axis} of an array of shape {shape}")
    return axes[0]


def identity(function: ufunc) -> Any:
    """What changes no result of a function; None if there is no such number."""
    return getattr(np, function.__name__).identity


@into
def reduce(
    self: ufunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
    keepdims: Any = False, initial: Any = NOTHING, where: Any = True,
) -> ndarray:  # fmt: skip
    """The function applied to all elements along axes, all of them if None."""
    name = f"{self.__name__}.reduce"
    x = _operand(self, "reduce", array, dtype)
    ndim = x._layout.ndim
    if initial is None and x.size == 0:
        raise ValueError(f"{name}: of no elements of {x.shape}, initial cannot be None")
    if ndim == 0 and axis in (0, -1, None):
        axis = ()
    if type(axis) is not int:
        axis = as_axes(axis)
    known = REDUCTIONS.get(self.__name__)
    if known is not None:
        options = {} if initial is NOTHING or self._kind == "bool" else {"initial": initial}
        if self.__name__ in ("add", "multiply"):
            options["dtype"] = dtype
        elif dtype is not None:
            x = x.astype(dtype)
        found = known(x, axis, keepdims=keepdims, where=where, **options)
        begins = self._kind == "bool" and initial is not NOTHING and initial is not None
        return self(initial, found) if begins else found
    x = x if dtype is None else x.astype(dtype)
    if self.__name__ in BITS and initial is NOTHING:
        x = x if where is True else chosen(where, x, identity(self))
        return array_of(reduce_bits(BITS[self.__name__], x._read(), axis, bool(keepdims)))
    neutral = identity(self)
    free = self.__name__ in ASSOCIATIVE
    if where is not True:
        if not free:
            raise ValueError(
                f"{name}: takes no where= here, since the order of its elements counts; "
                "use numpy.asarray, or reduce those that are wanted"
            )
        if neutral is None and initial is NOTHING:
            raise ValueError(f"{name}: takes initial= beside where=, since it has no identity")
        x = chosen(where, x, initial if neutral is None else neutral)
    axes, sizes = normal_axes(axis, ndim, name), x._layout.shape
    shape = ones_shape(sizes, axes)
    if len(axes) > 1 and not free:
        raise ValueError(f"{name}: reduction operation is not reorderable, so takes one axis")
    rows, count = x, sizes[0] if ndim else 1
    if axes != (0,):
        kept = tuple([k for k in range(ndim) if k not in axes])
        count = math.prod([sizes[k] for k in axes])
        rows = x.transpose(axes + kept).reshape((count, *[sizes[k] for k in kept]))
    if count == 0:
        if neutral is None and initial is NOTHING:
            raise ValueError(f"zero-size array to reduction operation {self.__name__} of {x.shape}")
        start = asarray(neutral if initial is NOTHING else initial, self(rows, rows).dtype)
        found = broadcast_to(start, shape if keepdims else rows.shape[1:])
        return array_of(copied(found._read()))
    if initial is not NOTHING and initial is not None:
        start = broadcast_to(asarray(initial, rows.dtype), (1, *rows.shape[1:]))
        rows = concatenate([start, rows])
    if count == 1 and initial is NOTHING and self.__name__ in SIGNLESS:
        found = self(rows[0], asarray(neutral, rows.dtype))
    else:
        found = _folded(self, rows)
    return found.reshape(shape) if keepdims else found


def _folded(function: ufunc, rows: ndarray) -> ndarray:
    """Along the first axis: where the order is free, halves of many elements at once."""
    while function.__name__ in ASSOCIATIVE and (n := rows.shape[0]) > 1 and rows.size > FEW:
        half = n // 2
        pairs = function(rows[:half], rows[half : 2 * half])
        rows = concatenate([pairs, rows[2 * half :]]) if n % 2 else pairs
    return running(function, rows, 0, FIRST, True)[0]


@into
def accumulate(
    self: ufunc, array: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> ndarray:
    """The function applied to all elements up to each, along an axis."""
    x = _operand(self, "accumulate", array, dtype)
    at, shape = axis, x._read()._layout.shape
    if type(axis) is not int or not 0 <= axis < len(shape):
        at = _axis_of(_named(self, "accumulate"), axis, shape)
    if self.__name__ in RUNNING:
        if dtype is None and len(shape) == 1:  # the method may have been called alike before
            found: ndarray = getattr(x, CUMULATIVE[self.__name__])()
            return found
        return RUNNING[self.__name__](x, at, dtype)
    x = x if dtype is None else x.astype(dtype)
    if self.__name__ in EXTREMES and x.dtype.kind != "b":
        return array_of(EXTREMES[self.__name__](x._read(), at))
    return running(self, x, at, FIRST[: shape[at]])


@into
def reduceat(
    self: ufunc, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> ndarray:
    """The function applied to the elements from each place up to the next one's, or to none but the
    element there, if the next is not beyond.
    """
    x = _operand(self, "reduceat", array, dtype)
    held, starts = x._read(), to_tensor(indices)
    shape = held._layout.shape
    at = axis
    if type(axis) is not int or not 0 <= axis < len(shape):
        at = _axis_of(_named(self, "reduceat"), axis, shape)
    address, lies, n = starts._at or starts._address, starts._layout, shape[at]
    if lies.ndim != 1:
        name = _named(self, "reduceat")
        raise ValueError(f"{name}: indices are a vector, not of shape {lies.shape}")
    if not (lies.dtype is INT64 and lies.contiguous and lies.device is HOST):
        starts = from_numpy(starts._view(), INT64, HOST)
        address = starts._at
    ends = rising(address, lies.size)
    if ends is None:
        first = starts._view()
        least, most = first.min(initial=0), first.max(initial=-1)
    else:
        least, most = ends
    if least < 0 or most >= n:
        name = _named(self, "reduceat")
        raise IndexError(
            f"{name}: indices {starts.tolist()} are out of bounds for an axis of {n} elements"
        )
    if self.__name__ in RUNNING:
        added = wide(held, dtype)
        x = x if added is held else array_of(added)
    elif dtype is not None:
        x = x.astype(dtype)
    if lies.size == 0:
        return self(none := along(x, at, slice(0, 0)), none)
    if ends is None:
        counts = np.maximum(np.append(first[1:], n) - first, 1)
        places = np.cumsum(counts) - counts
        x = take(x, np.arange(counts.sum()) + np.repeat(first - places, counts), at)
        return running(self, x, at, places, True)
    if least:  # the segments lie one after the other, from there on
        return running(self, along(x, at, slice(least, None)), at, starts._view() - least, True)
    return running(self, x, at, starts, True)


def at(self: ufunc, a: Any, indices: Any, b: Any = NOTHING, /) -> None:
    """Assign to elements the function of them, as often as each is named.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> x = np.zeros(3)
    >>> np.add.at(x, [0, 2, 0], 1.0)
    >>> x
    array([2., 0., 1.])
    """
    name = f"{self.__name__}.at"
    if not isinstance(a, ndarray):
        raise TypeError(f"{name}: writes into an array of ngrad.numpy's, not {type(a).__name__}")
    if (b is NOTHING) != (self.nin == 1):
        raise ValueError(
            f"{name}: a function of {self.nin} operands, beside {int(b is not NOTHING)}"
        )
    new = None if b is NOTHING else asarray(b)
    weak = is_weak(b, a._layout.dtype)
    if not (new is None or weak or can_cast(new.dtype, a.dtype, "same_kind")):
        raise TypeError(f"{name}: cannot cast {new.dtype} to {a.dtype}, the array's dtype")
    if new is not None and _joins(self.__name__, a.dtype, new.dtype, b):
        value = cast_to(new._read(), a._layout.dtype)
        value = negative(value) if self.__name__ == "subtract" else value
        a._write(assigned(a._read(), indices, value, CHANGES[self.__name__]))
        return
    index = tuple(map(plain, indices)) if isinstance(indices, tuple) else plain(indices)
    places = np.arange(a.size).reshape(a.shape)[index]
    if places.size:
        values = None if new is None else ravel(broadcast_to(new, places.shape))
        _one_by_one(self, a, places.ravel(), values)


def _joins(name: str, own: Any, given: Any, value: Any) -> bool:
    """Whether values are joined in an array's dtype, with the results that one after the other
    would have.
    """
    if name not in CHANGES or own.kind == "b" or name.startswith("logical"):
        return False
    if own.kind not in "iu":
        return True
    if name in OF_FLOATS:
        return False
    if type(value) is int:
        least, most = np.iinfo(own).min, np.iinfo(own).max
        return name in WRAPPING or int(least) <= value <= int(most)
    return name in WRAPPING or can_cast(given, own, "safe")


def _one_by_one(function: ufunc, a: ndarray, places: Any, values: ndarray | None) -> None:
    """Assign the function of elements at places of the flattened array as often as these come, in
    order: of all at once, then of those that come a second time, and so on.
    """
    by = order(places, False)
    named = places[by]
    first = np.flatnonzero(np.append(True, named[1:] != named[:-1]))
    often = np.diff(first, append=named.size)
    most = order(often, True)
    first, often = first[most], often[most]
    turns = range(int(often[0]))
    sizes = np.searchsorted(-often, -np.arange(len(turns)), "left").tolist()  # that come again
    if values is not None:
        values = values[np.concatenate([by[first[: sizes[k]] + k] for k in turns])]
    index = np.unravel_index(named[first], a.shape) if a.ndim else None
    found, done, begin = a[index], [], 0
    for size in sizes:
        done.append(found[size:])
        part = () if values is None else (values[begin : begin + size],)
        found = function(found[:size], *part).astype(a.dtype, copy=False)
        begin += size
    a[index] = concatenate([found, *done[::-1]])


def _explained(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose errors say of which function it is."""

    @functools.wraps(method)
    def call(self: ufunc, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except KINDS as error:
            explain(error, f"{self.__name__}.{method.__name__}", args, kwargs)
            raise

    return call


def _of_numpys(name: str, function: ufunc) -> Any:
    """What NumPy's function tells of its loops: of dtypes that are not here, too."""
    return getattr(getattr(np, function.__name__), name)


def _attach() -> None:
    for method in (reduce, accumulate, reduceat, at, ufunc.outer):
        setattr(ufunc, method.__name__, _explained(method))
    ufunc.identity = property(identity)  # type: ignore[attr-defined]
    for name in ("ntypes", "signature", "types"):
        setattr(ufunc, name, property(functools.partial(_of_numpys, name)))


_attach()
