"""Where elements lie in memory, as NumPy's would: `strides`, `flags`, `shares_memory`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.numpy.convert import plain
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.views import OfBits, OfComplex
from ngrad.numpy.ways import ground_of, lies_of, seen_by, way_to


class Flags:
    """What `x.flags` tells, as NumPy's: by attributes, and by names of capitals. It is not set."""

    __slots__ = ("_of",)

    def __init__(self, of: Any) -> None:
        object.__setattr__(self, "_of", of)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"flags: {name} is not set, to {value}: arrays here can be written to")

    def __getitem__(self, name: str) -> Any:
        return self._of[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        return bool(self._of == (other._of if isinstance(other, Flags) else other))

    __hash__ = None  # type: ignore[assignment]  # as of NumPy's

    def __repr__(self) -> str:
        return repr(self._of)


def _known(x: ndarray, what: str) -> np.ndarray[Any, Any]:
    lies = lies_of(x)
    if lies is None:
        raise AttributeError(
            f"{what}: it cannot be told how this array of shape {x.shape} lies in NumPy; take a "
            ".copy() of it first"
        )
    return lies


def flags(x: ndarray) -> Flags:
    """Of an array: in which order it lies, and whether it is a view."""
    lies = _known(x, "flags")
    if x._owner is None and lies.base is not None:
        lies = lies.copy("K")  # an array of its own
    return Flags(lies.flags)


def strides(x: ndarray) -> tuple[int, ...]:
    """How many bytes apart elements lie along each axis."""
    size = x.itemsize
    return tuple([step * size for step in _known(x, "strides").strides])


TOLD = {"flags": flags, "strides": strides}
"""What arrays have of these as attributes."""


def isfortran(a: Any) -> bool:
    """Whether an array lies by columns, and not by rows too."""
    return bool(_known(a, "isfortran").flags.fnc)


def shares_memory(a: Any, b: Any, /, max_work: Any = -1) -> bool:
    """Whether arrays have an element in common: views of one array, as NumPy's. `max_work` is how
    many candidates are looked at before it is given up; -1: all; 0: as `may_share_memory`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> x = np.arange(6)
    >>> np.shares_memory(x[::2], x[2:]), np.shares_memory(x[::2], x[1::2])
    (True, False)
    """
    return _common(a, b, np.shares_memory, max_work)


def may_share_memory(a: Any, b: Any, /, max_work: Any = 0) -> bool:
    """Whether arrays may have an element in common: what lies between their first and last is
    looked at alone, unless `max_work` says that more is.
    """
    return _common(a, b, np.may_share_memory, max_work)


def _common(a: Any, b: Any, share: Any, max_work: Any) -> bool:
    if not (isinstance(a, ndarray) and isinstance(b, ndarray)):
        return bool(share(plain(a), plain(b), max_work))
    (first, *ones), (other, *others) = way_to(a), way_to(b)
    if first is not other or first.is_number:
        return False
    ground = ground_of(first)
    if ground is None or any(type(v._way) in (OfBits, OfComplex) for v in (*ones, *others)):
        return True  # as far as it can be told
    return bool(share(seen_by(ones, ground), seen_by(others, ground), max_work))


__all__ = ["isfortran", "may_share_memory", "shares_memory"]
