"""Write docs/numpy-coverage.md, what there is of NumPy's names: `python docs/numpy_coverage.py`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import ngrad.numpy as ours
from ngrad.numpy.absent import APART, BY_NAME, OF_ARRAYS_BY_NAME

TARGET = Path(__file__).with_name("numpy-coverage.md")
TABLES = TARGET.parents[1] / "tests" / "numpy"
NUMPY = ".".join(np.__version__.split(".")[:2])


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOOKED_UP = words("""
    allclose argwhere array_equal array_equiv asarray_chkfinite bincount compress digitize
    extract flatnonzero histogram histogram2d histogram_bin_edges histogramdd intersect1d
    isin mask_indices nanargmax nanargmin nanmedian nanpercentile nanquantile nonzero piecewise
    place polydiv polyfit polymul roots setdiff1d setxor1d trim_zeros union1d unique unique_all
    unique_counts unique_inverse unique_values vectorize
""")
"""What looks at values at the call: for the shape of its result, for what it raises, or since it is
no array."""

HOST = words("""
    array2string array_repr array_str bartlett blackman broadcast diag_indices diag_indices_from
    einsum_path frombuffer fromfile fromiter fromstring genfromtxt hamming hanning ix_ load loadtxt
    mgrid ogrid ravel_multi_index save savetxt savez savez_compressed tril_indices
    tril_indices_from triu_indices triu_indices_from unravel_index
""")
"""What NumPy itself computes, to be converted."""

FACTS = words("""
    can_cast common_type iscomplexobj isrealobj isscalar min_scalar_type ndarray ndim result_type
    shape size ufunc
""")
"""What is about arrays, not their values."""

HEAD = f"""# NumPy's names

Written by `python docs/numpy_coverage.py`, of NumPy {NUMPY}; change what it reads, not this file.

*Derivatives*: the highest order that a test compares with differences, in `tests/numpy`; none of
what returns no floats, or steps of them. *Runs as*: `ops`, which are deferred and fused,
each with a kernel for CPUs and for CUDA; `ops, looked up`, which besides look at values when they
are called: for the shape of their result, for what they raise, or since they return no array;
`host`, computed by NumPy and converted; `NumPy's`, the same object, which is about dtypes and
settings; `facts` are about arrays, not their values.
"""


def tests(name: str) -> ModuleType:
    """A table of the tests'."""
    if str(TABLES) not in sys.path:
        sys.path.insert(0, str(TABLES))
    return importlib.import_module(name)


def orders() -> dict[int, int]:
    """The highest order that is checked, by the identity of a function: aliases share it."""
    module = tests("cases")
    found = {id(getattr(ours, name)): order for name, order in module.CHECKED.items()}
    parts = ((ours, "cases"), (ours.linalg, "cases_linalg"), (ours.fft, "cases_fft"))
    for space, table in parts:
        for case in tests(table).CASES:
            key = id(getattr(space, case.name))
            found[key] = max(found.get(key, 0), case.orders)
    return found


def runs(name: str, thing: Any, theirs: Any) -> str:
    if thing is theirs:
        return "NumPy's"
    if name in HOST or name in FACTS:
        return "host" if name in HOST else "facts"
    return "ops, looked up" if name in LOOKED_UP else "ops"


def public(space: Any) -> list[str]:
    return sorted(name for name in dir(space) if not name.startswith("_"))


def table(space: Any, theirs: Any, names: list[str]) -> tuple[list[str], int, int]:
    """Rows, how many names are there, and how many have a meaning here."""
    checked, rows, there, wanted = orders(), [], 0, 0
    apart = {name for part in APART.values() for name in part}
    for name in names:
        thing = getattr(space, name, None) if space is not None else None
        if thing is None and getattr(theirs, name, 0) is not None:
            reason = "not there yet" if space is not ours else BY_NAME.get(name, "not there yet")
            rows.append(f"| `{name}` | no | | {reason} |")
            wanted += space is not ours or name not in apart
            continue
        wanted += 1
        there += 1
        order = checked.get(id(thing), 0)
        how = runs(name, thing, getattr(theirs, name, None))
        rows.append(f"| `{name}` | yes | {order or ''} | {how} |")
    return rows, there, wanted


def section(title: str, rows: list[str], there: int, wanted: int) -> list[str]:
    count = f"{there} of the {wanted} names that have a meaning here: {100 * there / wanted:.1f} %."
    head = ["| name | here | derivatives | runs as, or why not |", "| --- | --- | --- | --- |"]
    return ["", f"## {title}", "", count, "", *head, *rows]


def of_arrays() -> list[str]:
    """Methods and attributes of arrays."""
    names = public(np.ndarray)
    missing = [name for name in names if not hasattr(ours.ndarray, name)]
    count = f"{len(names) - len(missing)} of {len(names)} methods and attributes. Missing:"
    rows = [f"- `{name}`: {OF_ARRAYS_BY_NAME[name]}." for name in missing]
    return ["", "## numpy.ndarray", "", count, "", *rows]


def text() -> str:
    lines = HEAD.splitlines()
    for title, space, theirs in (
        ("numpy", ours, np),
        ("numpy.linalg", getattr(ours, "linalg", None), np.linalg),
        ("numpy.fft", getattr(ours, "fft", None), np.fft),
    ):
        names = [name for name in public(theirs) if name not in ("test", "linalg", "helper")]
        names = names if theirs is np else [n for n in names if not n.endswith("Error")]
        names += ["linalg"] if theirs is np else []
        lines += section(title, *table(space, theirs, sorted(names)))
    lines += of_arrays()
    for part, names in tests("standard").NAMES.items():
        space = getattr(ours, part) if part else ours
        missing = [name for name in sorted(names) if not hasattr(space, name)]
        total = len(names)
        said = ", ".join(f"`{name}`" for name in missing) or "none"
        lines += [
            "",
            f"## The Array API standard 2025.12{': ' + part if part else ''}",
            "",
            f"{total - len(missing)} of {total} names. Missing: {said}.",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
