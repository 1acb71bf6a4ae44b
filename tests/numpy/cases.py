"""Calls of NumPy's functions: the table that `test_functions.py` runs with NumPy and with us."""

from __future__ import annotations

import cases_arrays
import cases_elementwise
import cases_order
import cases_shapes
import cases_statistics
from calls import to_second_order

PARTS = (cases_elementwise, cases_shapes, cases_order, cases_statistics, cases_arrays)
CASES = to_second_order([case for part in PARTS for case in part.CASES])

OTHER = {
    "argpartition", "broadcast", "c_", "copyto", "einsum_path", "empty", "empty_like", "errstate",
    "fill_diagonal", "from_dlpack", "fromfile", "fromfunction", "genfromtxt", "geterr",
    "geterrcall", "isfortran", "load", "loadtxt", "may_share_memory", "mgrid", "ndarray",
    "ndenumerate", "nditer", "ogrid", "partition", "poly1d",
    "place", "put", "put_along_axis", "putmask", "r_", "save", "savetxt", "savez",
    "savez_compressed", "seterr", "seterrcall", "shares_memory", "ufunc", "vectorize",
}  # fmt: skip
"""Public names that tests of their own cover."""

ROUNDING = {"polyfit": 1e6, "roots": 100.0}
"""How many times the usual rounding a result may differ by, where NumPy goes another way."""
