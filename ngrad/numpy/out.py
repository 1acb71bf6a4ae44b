"""`out=`: results that are written into an array that is there, as an assignment to it."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

from ngrad.dtypes import can_cast
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.convert import cast_to
from ngrad.ops.elementwise import select
from ngrad.tensor import Tensor

F = TypeVar("F", bound=Callable[..., Any])
CASTINGS = ("no", "equiv", "safe", "same_kind", "unsafe")


def no_casting(what: str, casting: Any) -> ValueError:
    """The error for what says nothing of how values may be cast."""
    return ValueError(f"{what}: casting must be one of {CASTINGS}, not {casting!r}")


def into(function: F) -> F:
    """A function that writes what it gives into its argument `out`, if there is one, and returns
    that; the function itself need not look at it.
    """
    code = inspect.unwrap(function).__code__
    places = code.co_varnames[: code.co_argcount]
    before = places.index("out") if "out" in places else sys.maxsize

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "out" in kwargs:
            out = kwargs.pop("out")
        elif len(args) > before:
            out, args = args[before], (*args[:before], None, *args[before + 1 :])
        else:
            return function(*args, **kwargs)
        found = function(*args, **kwargs)
        if out is None:
            return found
        casting = kwargs.get("casting", "same_kind")
        return written(call.__name__.rstrip("_"), found._read(), out, casting)

    return cast(F, call)


def written(what: str, found: Tensor, out: Any, casting: str = "same_kind") -> ndarray:
    """An array that a result was assigned to, as `fitted` says."""
    array, value = fitted(what, found, out, casting)
    array._write(value)
    return array


def own_array(what: str, out: Any) -> ndarray:
    """An array that can be written into: it, or the one in a tuple.

    Raises
    ------
    TypeError
        If it is no array of ours.
    """
    if isinstance(out, tuple) and len(out) == 1:
        (out,) = out
    if not isinstance(out, ndarray) or out.is_number:
        kind = f"a number of {out.dtype}" if isinstance(out, ndarray) else type(out).__name__
        raise TypeError(f"{what}: out must be an array of ngrad.numpy's, not {kind}")
    return out


def fitted(
    what: str, found: Tensor, out: Any, casting: str = "same_kind", where: Tensor | None = None
) -> tuple[ndarray, Tensor]:
    """An array that a result is to be assigned to, and what: in the array's dtype.

    Parameters
    ----------
    what : str
        The function whose result it is.
    found : Tensor
    out : ndarray
        Or a tuple of one.
    casting : str, optional
        How the result may be cast.
    where : Tensor, optional
        A condition: where it does not hold, the array keeps its elements.

    Raises
    ------
    TypeError
        If `out` is no array of ours, or the result would not be cast so.
    ValueError
        If the shapes differ.
    """
    out = own_array(what, out)
    own, kept = found._layout.dtype, out._layout
    if found._layout is kept and where is None:
        return out, found
    if own is not kept.dtype:
        if not can_cast(own.numpy_dtype, kept.dtype.numpy_dtype, casting):
            raise TypeError(
                f"{what}: cannot cast {own.name} to {kept.dtype.name}, the array's dtype, which it "
                f"keeps, with casting={casting!r}; write x = ... instead"
            )
        found = cast_to(found, kept.dtype)
    if where is not None:
        found = select(where, found, out._read())
    if found._layout.shape != kept.shape:
        raise ValueError(
            f"{what}: a result of shape {found._layout.shape} does not fit the array, of shape "
            f"{kept.shape}"
        )
    return out, found
