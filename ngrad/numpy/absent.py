"""Names of NumPy's that are not here, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.absent import Reasons, by_name, missing

APART: Reasons = {
    "extended precision is in no kernel": (
        "clongdouble", "complex256", "float128", "longdouble",
    ),
    "of text, bytes or Python objects, which no kernel reads": (
        "char", "frompyfunc", "fromregex", "strings",
    ),
    "of dates, which are no dtype here": (
        "busday_count", "busday_offset", "busdaycalendar", "datetime_as_string", "datetime_data",
        "is_busday", "isnat",
    ),
    "of structured dtypes, which are not there": ("rec", "recarray", "record"),
    "about where elements lie in memory": ("flatiter",),
    "it walks over NumPy's memory; loop over numpy.ndindex(x.shape), or apply a ufunc": (
        "nested_iters",
    ),
    "superseded: use two-dimensional arrays and @": ("asmatrix", "bmat", "matrix"),
    "a package of NumPy's beside its arrays": (
        "core", "ctypeslib", "dtypes", "f2py", "test",
    ),
}  # fmt: skip
"""What has no meaning for arrays of numbers, or is no function of them."""

FORMER: Reasons = {
    "write trapezoid": ("trapz",),
    "write isin": ("in1d",),
    "write prod": ("product",),
    "write cumprod": ("cumproduct",),
    "write sort(x, axis=0)": ("msort",),
}
"""What NumPy had once, and says nothing of any more."""

OF_ARRAYS: Reasons = {
    "it would write to memory, which may be shared; assign to the array's elements": (
        "ctypes", "setfield", "setflags",
    ),
    "elements are numbers in this machine's order of bytes": ("byteswap", "getfield"),
    "an array's shape stays; write x = np.resize(x, shape)": ("resize",),
}  # fmt: skip
"""Methods and attributes of NumPy's arrays."""

BY_NAME, OF_ARRAYS_BY_NAME = by_name(APART), by_name(OF_ARRAYS)
FORMER_BY_NAME = by_name(FORMER)


def said_of(name: str) -> str:
    """What is said of any other name: of one that NumPy has, and, in its words, of one that it had.

    Examples
    --------
    >>> from ngrad.numpy.absent import said_of
    >>> said_of("Inf")
    '`np.Inf` was removed in the NumPy 2.0 release. Use `np.inf` instead.'
    """
    if name in FORMER_BY_NAME:
        return FORMER_BY_NAME[name]
    try:
        getattr(np, name)
    except AttributeError as error:
        plain = f"module {np.__name__!r} has no attribute {name!r}"
        return str(error).removeprefix(plain).lstrip(".\n")
    return "NumPy's own takes numpy.asarray(x)"


def missing_of(part: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module of that name: what NumPy's has besides is said to be its own.

    Examples
    --------
    >>> from ngrad.numpy.absent import missing_of
    >>> missing_of("lib")("format")
    Traceback (most recent call last):
    ...
    AttributeError: ngrad.numpy.lib has no 'format': numpy.lib.format is NumPy's, of its arrays
    """

    def otherwise(name: str) -> str:
        own = name.startswith("_") or not hasattr(getattr(np, part), name)
        return "" if own else f"numpy.{part}.{name} is NumPy's, of its arrays"

    return missing(f"ngrad.numpy.{part}", {}, otherwise)
