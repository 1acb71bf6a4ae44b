"""Names of NumPy's that are not here, and why."""

from __future__ import annotations

from ngrad.absent import Reasons, by_name

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

OF_ARRAYS: Reasons = {
    "it would write to memory, which may be shared; assign to the array's elements": (
        "ctypes", "setfield", "setflags",
    ),
    "elements are numbers in this machine's order of bytes": ("byteswap", "getfield"),
    "an array's shape stays; write x = np.resize(x, shape)": ("resize",),
}  # fmt: skip
"""Methods and attributes of NumPy's arrays."""

BY_NAME, OF_ARRAYS_BY_NAME = by_name(APART), by_name(OF_ARRAYS)
