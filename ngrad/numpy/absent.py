"""Names of NumPy's that are not here, and why."""

from __future__ import annotations

REASONS: dict[str, tuple[str, ...]] = {
    "complex numbers are not there yet": (
        "cdouble", "clongdouble", "complex128", "complex256", "complex64", "complexfloating",
        "csingle", "sort_complex",
    ),
    "neither float16 nor extended precision is a dtype here": (
        "float128", "float16", "half", "longdouble",
    ),
    "of text, bytes or Python objects, which no kernel reads": (
        "bytes_", "char", "character", "flexible", "frompyfunc", "fromregex", "object_", "str_",
        "strings", "void",
    ),
    "of dates, which are no dtype here": (
        "busday_count", "busday_offset", "busdaycalendar", "datetime64", "datetime_as_string",
        "datetime_data", "is_busday", "isnat", "timedelta64",
    ),
    "of structured dtypes, which are not there": ("rec", "recarray", "record"),
    "about where elements lie in memory, which is nobody's business here": (
        "flatiter", "isfortran", "may_share_memory", "memmap", "shares_memory",
    ),
    "it writes into NumPy's memory; loop over numpy.ndindex(x.shape), or better over nothing": (
        "nditer", "nested_iters",
    ),
    "superseded: use two-dimensional arrays and @": ("asmatrix", "bmat", "matrix"),
    "superseded in NumPy itself, by numpy.polynomial; the poly functions are here": ("poly1d",),
    "a package of its own beside NumPy's arrays": (
        "core", "ctypeslib", "dtypes", "emath", "exceptions", "f2py", "lib", "ma", "polynomial",
        "test", "testing", "typing",
    ),
    "of bytes as bits, which has no derivative and no kernel yet": ("packbits", "unpackbits"),
}  # fmt: skip

BY_NAME = {name: reason for reason, names in REASONS.items() for name in names}
