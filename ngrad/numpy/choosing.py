"""Elements of several arrays by conditions, and assignment by condition or place."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ngrad.dtypes import can_cast, result_type
from ngrad.errors import IndexBoundsError
from ngrad.graph.strides import broadcast
from ngrad.numpy.convert import INT64, PLAIN, array_of, is_array, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.editing import resize
from ngrad.numpy.filled import zeros_like
from ngrad.numpy.joining import together
from ngrad.numpy.manipulation import broadcast_to, ravel
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import CASTINGS, no_casting, written
from ngrad.numpy.selection import clip, where
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.ops.bounds import checked
from ngrad.ops.convert import cast_to
from ngrad.ops.shape import broadcast_to as spread


def select(condlist: Any, choicelist: Any, default: Any = 0) -> ndarray:
    """Of each place, the element of the first array whose condition holds there.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> x = np.arange(5)
    >>> np.select([x < 2, x > 3], [x, x**2], 42)
    array([ 0,  1, 42, 42, 16])
    """
    if len(condlist) != len(choicelist):
        raise ValueError(
            f"select: {len(condlist)} conditions for {len(choicelist)} choices: as many are needed"
        )
    if len(condlist) == 0:
        raise ValueError("select with an empty condition list is not possible")
    holds = [asarray(condition) for condition in condlist]
    for k, condition in enumerate(holds):
        if condition.dtype.kind != "b":
            raise TypeError(f"select: condition {k} should be of bools, not {condition.dtype}")
    choices = [x if type(x) in PLAIN else asarray(x) for x in (*choicelist, default)]
    dtype = result_type(*(x if type(x) in PLAIN else x.dtype for x in choices))
    shape = np.broadcast_shapes(*(x.shape for x in (*holds, *map(asarray, choices))))
    found = broadcast_to(asarray(choices[-1]).astype(dtype), shape)
    for condition, choice in zip(holds[::-1], choices[-2::-1], strict=True):
        own = asarray(choice)
        if not can_cast(own.dtype, dtype, "same_kind"):  # a number, which the dtype has to have
            own = asarray(choice, dtype)
        found = where(condition, own.astype(dtype), found)
    return found


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> ndarray:
    """Of each place, the element of the array of that number.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.choose([1, 0], [[1, 2], [30, 40]])
    array([30,  2])
    """
    index, parts = to_tensor(a), together(choices, None, "choose from")
    dtype, n = index._layout.dtype, len(parts)
    if not (dtype.is_integer or dtype.is_bool):
        raise TypeError(f"choose: the numbers must be integers, not {dtype.name}")
    if mode == "wrap":
        index = UFUNCS["remainder"](array_of(index), n)._read()
    elif mode == "clip":
        index = clip(array_of(index), 0, n - 1)._read()
    elif mode != "raise":
        raise ValueError(f"choose: mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    try:
        # In their own dtype, whose values may be there: what they are cast to is pending.
        index = index if dtype.is_integer else cast_to(index, INT64)
        index = cast_to(checked("choose", index, n, noun="number"), INT64)
    except IndexBoundsError as error:
        raise ValueError(str(error)) from None
    shape = broadcast(*[x._layout.shape for x in (index, *parts)])
    found, numbers = array_of(spread(parts[0], shape)), array_of(index)
    for k in range(1, n):
        found = where(UFUNCS["equal"](numbers, k), array_of(parts[k]), found)
    if out is None:
        return array_of(found._read())
    return written("choose", found._read(), out, "unsafe")  # as NumPy casts here


def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> ndarray:
    """A function by pieces: each is called with the elements for which its condition holds, the
    last, if there is one more, with the rest; a number is itself.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> x = np.linspace(-1.0, 2.0, 4)
    >>> np.piecewise(x, [x < 0], [0.0, lambda x: x**2])
    array([0., 0., 1., 4.])
    """
    at = asarray(x)
    single = np.ndim(condlist) == 0 or (np.ndim(condlist[0]) == 0 and at.ndim != 0)
    holds = [asarray(c, bool) for c in ([condlist] if single else condlist)]
    if len(funclist) == len(holds) + 1:
        holds.append(UFUNCS["logical_not"](functools.reduce(UFUNCS["logical_or"], holds)))
    if len(funclist) != len(holds):
        raise ValueError(
            f"piecewise: with {len(holds)} condition(s), either {len(holds)} or {len(holds) + 1} "
            f"functions are expected, not {len(funclist)}"
        )
    found = zeros_like(at)
    for condition, function in zip(holds, funclist, strict=True):
        value = function
        if callable(function):
            part = at[condition]
            if not part.size:
                continue
            value = function(part, *args, **kw)
        found[condition] = value
    return found


# -- assignment ------------------------------------------------------------------------------------


def _target(what: str, arr: Any) -> ndarray:
    if not isinstance(arr, ndarray):
        raise TypeError(f"{what}: writes into an array of ngrad.numpy's, not {type(arr).__name__}")
    return arr


def _values(value: Any, x: ndarray) -> ndarray:
    """Values for elements of an array; Python integers must be such as its dtype holds."""
    if type(value) is int:
        return asarray(value, x.dtype)
    found = asarray(value)
    whole = found.dtype.kind in "iu" and x.dtype.kind in "iu"
    return asarray(value, x.dtype) if whole and type(value) in (list, tuple) else found


def place(arr: ndarray, mask: Any, vals: Any) -> None:
    """Assign values, one after the other and again from the first, where a mask holds."""
    x = _target("place", arr)
    where_ = np.asarray(asarray(mask, bool))
    if where_.size != x.size:
        raise ValueError(f"place: mask and data must be the same size: {where_.shape}, {x.shape}")
    holds, values = where_.reshape(x.shape), ravel(_values(vals, x))
    count = int(holds.sum())
    if count and not values.size:
        raise ValueError("place: cannot insert from an empty array: values have shape (0,)")
    if count:
        x[holds] = values if values.size in (1, count) else resize(values, count)


def putmask(a: ndarray, /, mask: Any, values: Any) -> None:
    """Assign where a mask holds what stands there in values, repeated to the array's size."""
    x = _target("putmask", a)
    holds = asarray(mask, bool)
    if holds.size != x.size:
        raise ValueError(f"putmask: mask and data must be the same size: {holds.shape}, {x.shape}")
    new = asarray(values, x.dtype) if type(values) in (list, tuple) else _values(values, x)
    if not can_cast(new.dtype, x.dtype, "same_kind") and type(values) not in PLAIN:
        raise TypeError(f"putmask: cannot cast values of {new.dtype} to {x.dtype}")
    if new.size:
        x[...] = where(holds.reshape(x.shape), resize(new, x.shape).astype(x.dtype), x)


def put(a: ndarray, ind: Any, v: Any, mode: str = "raise") -> None:
    """Assign values, one after the other and again from the first, at places of the flattened
    array.
    """
    x = _target("put", a)
    places, values, n = np.asarray(asarray(ind)).ravel(), ravel(_values(v, x)), x.size
    if places.dtype.kind not in "iub" and places.size:
        raise TypeError(f"put: places must be integers, not {places.dtype}")
    places = places.astype(np.int64)
    if mode == "wrap" and n:
        places = places % n
    elif mode == "clip" and n:
        places = places.clip(0, n - 1)
    elif mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"put: mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    if places.size and not (-n <= places.min() and places.max() < n):
        raise IndexError(f"put: index {places.max()} is out of bounds for {n} elements")
    if places.size and values.size:
        new = values if values.size in (1, places.size) else resize(values, places.size)
        if x.ndim:
            x[places if x.ndim == 1 else np.unravel_index(places % n, x.shape)] = new
        else:
            x[...] = new[-1]


def copyto(dst: ndarray, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Assign an array to another, where a condition holds.

    Raises
    ------
    TypeError
        If it would not be cast so.
    """
    x = _target("copyto", dst)
    if casting not in CASTINGS:
        raise no_casting("copyto", casting)
    weak = type(src) in PLAIN and type(src) is not bool
    new = asarray(src, result_type(x.dtype, src) if weak else None)
    if not can_cast(new.dtype, x.dtype, casting):
        raise TypeError(f"copyto: cannot cast {new.dtype} to {x.dtype} with casting={casting!r}")
    if where is True:
        x[...] = new
        return
    from ngrad.numpy.selection import where as chosen

    holds = asarray(where, None if is_array(where) else bool)
    if holds.dtype.kind != "b":
        raise TypeError(f"copyto: where must be of bools, not {holds.dtype}")
    whole = np.broadcast_shapes(new.shape, holds.shape, x.shape)
    if whole != x.shape:
        raise ValueError(
            f"copyto: could not broadcast from shape {whole} into the array's shape {x.shape}"
        )
    x[...] = chosen(holds, to_tensor(new.astype(x.dtype)), x)


__all__ = ["choose", "copyto", "piecewise", "place", "put", "putmask", "select"]
