"""Methods of arrays: the functions of these names."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from ngrad.absent import Absent
from ngrad.dtypes import can_cast
from ngrad.errors import CopyError
from ngrad.numpy import choosing, logic, manipulation, memory, reductions, selection, sorting
from ngrad.numpy.absent import OF_ARRAYS_BY_NAME
from ngrad.numpy.chains import near
from ngrad.numpy.convert import array_of, converted, dtype_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.editing import resize
from ngrad.numpy.flat import flatiter
from ngrad.numpy.laying import copy as duplicate
from ngrad.numpy.laying import order_of
from ngrad.numpy.naming import named
from ngrad.numpy.ndarray import ndarray, result_method, result_of, view_method, view_of, viewed
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.numpy.views import IN_ROWS, OfBits, Shaped, remember, remember_call
from ngrad.numpy.ways import lies_of, stays_view
from ngrad.ops.elementwise import CAST
from ngrad.ops.identity import COPY
from ngrad.ops.shape import reshape as to_shape
from ngrad.ops.transfer import to_device
from ngrad.ops.updates import At
from ngrad.record import apply, copied, state
from ngrad_kernels.keys import are_integers


def clip(a: ndarray, min: Any = None, max: Any = None, out: Any = None, **options: Any) -> ndarray:
    """The elements kept between two bounds, of which either may be None."""
    return selection.clip(a, min, max, out, **options)


def choose(a: ndarray, *choices: Any, out: Any = None, mode: str = "raise") -> ndarray:
    """For each number the element of the array that it names; they may be given one by one."""
    return choosing.choose(a, choices[0] if len(choices) == 1 else choices, out, mode)


def compress(a: ndarray, condition: Any, axis: Any = None, out: Any = None) -> ndarray:
    """The slices along an axis for which a condition holds."""
    return selection.compress(condition, a, axis, out)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "all": reductions.all, "any": reductions.any_, "argmax": reductions.argmax,
    "argmin": reductions.argmin, "cumprod": reductions.cumprod, "cumsum": reductions.cumsum,
    "max": reductions.max, "mean": reductions.mean, "min": reductions.min,
    "prod": reductions.prod, "std": reductions.std, "sum": reductions.sum,
    "var": reductions.var, "ravel": manipulation.ravel, "repeat": manipulation.repeat,
    "squeeze": manipulation.squeeze, "swapaxes": manipulation.swapaxes, "clip": clip,
    "round": selection.round_, "take": selection.take, "diagonal": selection.diagonal,
    "trace": selection.trace, "nonzero": selection.nonzero, "compress": compress,
    "argsort": sorting.argsort, "argpartition": sorting.argpartition, "choose": choose,
    "put": choosing.put, "searchsorted": sorting.searchsorted, "dot": selection.dot,
}  # fmt: skip
VIEWS = "ravel", "reshape", "squeeze", "swapaxes", "diagonal", "transpose", "view"
"""Methods that give views, of which by the same integers they give the same."""
RESULTS = "argmax", "argmin", "argsort", "astype", "copy", "cumprod", "cumsum", "flatten"
"""Methods that make one call of what lies alike."""
IN_PLACE: dict[str, Callable[..., Any]] = {
    "sort": sorting.sort, "partition": sorting.partition,
}  # fmt: skip
"""Methods by which an array comes to hold what the function of that name returns."""


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(function, FunctionType):
        return named(function)

    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__doc__ = function.__doc__
    return method


def _of_numbers(name: str) -> Callable[[ndarray], Any]:
    """What NumPy has for one number, and not for arrays with axes."""

    def method(x: ndarray) -> Any:
        return getattr(x.numpy(), name)()

    method.__doc__ = f"`{name}` of an array of one number, without axes."
    return method


def _of_integers(name: str) -> property:
    """What NumPy's integers have as Python's do, and arrays with axes have not."""

    def of_one(x: ndarray) -> Any:
        if x._layout.ndim or not x._layout.dtype.is_integer:
            raise AttributeError(f"{name}: integers have it, not an array of {x.dtype}{x.shape}")
        return getattr(x._read().item(), name)

    return property(of_one)


def _in_place(function: Callable[..., Any]) -> Callable[..., None]:
    def method(self: ndarray, *args: Any, **kwargs: Any) -> None:
        self[...] = named(function)(self, *args, **kwargs)

    method.__doc__ = f"{function.__doc__}\n\nIn place."
    return method


NAMES = type, str, np.dtype
"""Types of what names a dtype, by which a layout knows what `astype` makes of what lies so."""


def astype(
    x: ndarray, dtype: Any, order: Any = "K", casting: str = "unsafe", subok: bool = True,
    copy: bool = True, *, device: Any = None,
) -> ndarray:  # fmt: skip
    """The array in another dtype. With the casting "same_value" (NumPy 2.4's) it raises if that
    changes a value.
    """
    wanted = dtype_of(float if dtype is None else dtype)
    assert wanted is not None
    where = x._read()._layout
    plain = casting == "unsafe" and where.ndim
    if where.dtype is wanted:
        if plain and not copy:
            return x
        if plain and where.contiguous and isinstance(dtype, NAMES):
            remember_call(where, ("astype", dtype), COPY, same=True)
    elif plain and (wanted.is_complex or not where.dtype.is_complex):
        found = result_of(x, CAST.calls, (wanted,))
        if found is not None:
            if isinstance(dtype, NAMES):
                remember_call(where, ("astype", dtype), CAST, (wanted,), same=False)
            return found
    if casting == "same_value":  # values are looked at, by NumPy, which raises if one changes
        there: Any = np.asarray(x)
        there.astype(wanted.numpy_dtype, casting=casting)
    elif casting != "unsafe" and not can_cast(x.dtype, wanted.numpy_dtype, casting):
        raise TypeError(f"astype: cannot cast {x.dtype} to {wanted.name} with casting={casting!r}")
    held = x._read()
    own, make = held._layout.dtype, array_of if held._layout.ndim else x.kind
    if own is wanted:
        if not copy:
            return x
        return duplicate(held, "K") if held._layout.ndim else make(copied(held))
    return make(converted(held, wanted) if own.is_complex else apply(CAST, (held,), (wanted,)))


def _conj(x: ndarray, out: Any = None, /) -> Any:
    """The complex conjugates; of real numbers the array itself, as NumPy's method has it."""
    if out is not None:
        return UFUNCS["conjugate"](x, out)
    return UFUNCS["conjugate"](x) if x._read()._layout.dtype.is_complex else x


def _set_real(x: ndarray, part: Any) -> None:
    logic.real(x)[...] = part


def _set_imag(x: ndarray, part: Any) -> None:
    if x.dtype.kind != "c":
        raise TypeError(f"imag: an array of {x.dtype} has none to set")
    logic.imag(x)[...] = part


def copy(x: ndarray, order: Any = "C") -> ndarray:
    """An array of its own, of the same value."""
    if order == "C" and not (x._owner is None and x._held._layout.contiguous):
        where = x._read()._layout
        found = result_of(x, COPY.calls, ())
        if found is not None:
            remember_call(where, "copy", COPY, same=where.contiguous)
            return found
    if x.is_number:
        return array_of(copied(x._held))
    held = x._read()
    if order == "C" and held._layout.contiguous:
        remember_call(held._layout, "copy", COPY, same=True)
    return duplicate(held, order_of(x, order))


def flatten(x: ndarray, order: Any = "C") -> ndarray:
    """A copy with one axis."""
    where = x._read()._layout
    if order == "C" and where.ndim == 1 and where.contiguous:
        remember_call(where, "flatten", COPY, same=True)
    return duplicate(manipulation.ravel(x, order)._read(), "K")


def item(x: ndarray, *index: Any) -> Any:
    """An element as a Python scalar: the only one, or that at an index."""
    if not index:
        return x._read().item()
    return x._read()._view().item(*index)


def _rounded(x: ndarray, ndigits: Any = None) -> Any:
    """`round` of one number: an integer if no digits are given, as of NumPy's scalars."""
    if x.ndim:
        raise TypeError(f"round: takes one number, not an array of shape {x.shape}; use x.round")
    return round(x._read().item()) if ndigits is None else selection.round_(x, ndigits)


def fill(x: ndarray, value: Any) -> None:
    """Assign a value to every element."""
    x[...] = value


def _to_device(x: ndarray, device: Any, /, *, stream: Any = None) -> ndarray:
    """The array on another device."""
    return array_of(to_device(x._read(), device))


def _array_wrap(
    x: ndarray, array: Any, context: Any = None, return_scalar: bool = False, /
) -> ndarray:
    """A result of NumPy's as an array of ours; or a number, if it has no axes and one is wanted."""
    found = asarray(array)
    return array_of(found._read()) if return_scalar and not found.ndim else found


def reshape(x: ndarray, *shape: Any, order: Any = "C", copy: bool | None = None) -> ndarray:
    """The same elements, in row-major order, in another shape; one size may be -1."""
    given = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    key = None
    if order != "C":
        order = order.upper() if isinstance(order, str) else "C" if order is None else order
    elif x._owner is x._way is None and not copy and are_integers(given):
        view, key = view_of(x, given, state.window), given
        if view is not None:
            return view
    owner = x if x._owner is None else near(x)
    held = owner._read()
    if order not in ("C", "A", "F"):
        raise ValueError(f"reshape: order must be 'C', 'F' or 'A', not {order!r}")
    sizes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if any(isinstance(n, (bool, np.bool_)) for n in sizes):
        raise TypeError(f"reshape: sizes are integers, not bools: {[*sizes]}")
    if order == "A":
        now = lies_of(x)
        order = "F" if now is not None and now.flags.fnc else "C"
    if order == "F":
        return x.transpose().reshape(sizes[::-1], copy=copy).transpose()
    made = to_shape(held, given)
    if copy or x.is_number:
        return ndarray(copied(made))
    stays = stays_view(owner, made._layout.shape)
    if not stays and copy is False and made.size:
        raise CopyError(
            f"reshape: {held._layout.shape} to {made._layout.shape} copies, or it cannot be told "
            "whether it does, and copy is False"
        )
    if stays is False:
        return array_of(made, None, IN_ROWS)
    way = Shaped(made._layout.shape, stays is not None)
    return array_of(made if key is None else remember(held, key, made, way), owner, way, held)


def view(x: ndarray, dtype: Any = None, type: Any = None) -> ndarray:
    """A view of the whole array: it sees assignments, and they go through it. Of another dtype it
    shows the same bits along the last axis.

    Raises
    ------
    TypeError
        If another class is asked for, or bytes are to be bools.
    ValueError
        If the last axis has not the bytes of elements of another size, or does not lie in order.
    """
    if dtype is type is None and x._layout.ndim:
        return x[...]
    if dtype is ndarray:  # the class may be given first
        dtype = None
    if type is not None and type is not ndarray:
        raise TypeError(f"view: arrays here are of one class, which is not {type!r}")
    wanted = dtype_of(dtype)
    own = x._layout.dtype
    if wanted is None or wanted is own:
        found: ndarray = array_of(x._held) if x.is_number else x[...]
        return found
    if x.ndim and wanted.itemsize != own.itemsize:
        lies = lies_of(x)
        if lies is not None and lies.size and lies.shape[-1] > 1 and lies.strides[-1] != 1:
            raise ValueError(
                f"view: to see {own.name} of shape {x.shape} as {wanted.name}, which is of "
                "another size, the last axis must lie in order; take a .copy() of it first"
            )
    return x._seen_by(OfBits(wanted, own))


def _attach() -> None:
    for name, function in FUNCTIONS.items():
        setattr(ndarray, name, _method(function))
    for name, function in IN_PLACE.items():
        setattr(ndarray, name, _in_place(function))
    others: dict[str, Any] = {
        "astype": named(astype),
        "conj": _conj,
        "conjugate": _conj,
        "copy": copy,
        "at": property(lambda x: At(x._read(), array_of)),
        "fill": named(fill),
        "flatten": flatten,
        "item": named(item),
        "flat": property(flatiter, lambda x, values: x.__setitem__(..., resize(values, x.shape))),
        "tofile": lambda x, *args, **kwargs: np.asarray(x).tofile(*args, **kwargs),
        "to_device": _to_device,
        "cpu": lambda x: _to_device(x, "cpu"),
        "gpu": lambda x, index=0: _to_device(x, f"cuda:{index}"),
        "real": property(viewed(logic.REAL, logic.real), _set_real),
        "imag": property(viewed(logic.IMAG, logic.imag), _set_imag),
        "__array_wrap__": _array_wrap,
        "__round__": _rounded,
        "__trunc__": lambda x: int(x),
        "__reversed__": lambda x: iter(x[::-1]),
        "data": property(memoryview),
        "dump": lambda x, file: np.asarray(x).dump(file),
        "dumps": lambda x: np.asarray(x).dumps(),
        "reshape": reshape,
        "view": named(view),
        **{name: property(told) for name, told in memory.TOLD.items()},
        **{
            name: _of_numbers(name)
            for name in ("as_integer_ratio", "bit_count", "hex", "is_integer")
        },
        **{name: _of_integers(name) for name in ("numerator", "denominator")},
    }
    for name, method in others.items():
        setattr(ndarray, name, method)
    for kind, names in ((view_method, VIEWS), (result_method, RESULTS)):
        for name in names:
            setattr(ndarray, name, kind(getattr(ndarray, name)))
    # Not by `__getattr__`: of a class with that, Python looks every method and slot up anew.
    for name, reason in OF_ARRAYS_BY_NAME.items():
        setattr(ndarray, name, Absent("an array", name, f": {reason}"))


_attach()
