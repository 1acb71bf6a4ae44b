"""Write docs/numpy-coverage.md, what there is of NumPy's names: `python docs/numpy_coverage.py`."""

from __future__ import annotations

import importlib
import sys
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

import ngrad.numpy as ours
from ngrad.absent import by_name
from ngrad.numpy.absent import APART, BY_NAME, OF_ARRAYS_BY_NAME

sys.path.insert(0, str(Path(__file__).parent))
from numpy_places import CALLS, Places

TARGET = Path(__file__).with_name("numpy-coverage.md")
TABLES = TARGET.parents[1] / "tests" / "numpy"
PARTS = ((ours, "cases"), (ours.linalg, "cases_linalg"), (ours.fft, "cases_fft"))
APART_FROM_ELEMENTS = ("facts", "names", "NumPy's")
NUMPY = ".".join(np.__version__.split(".")[:2])


HEAD = f"""# NumPy's names

Written by `python docs/numpy_coverage.py`, of NumPy {NUMPY}; change what it reads, not this file.

*Derivatives*: the highest order that a test compares with differences, in `tests/numpy`; or why
there are none, which tests hold results against:

- `bools`, `integers`, `indices`: what is returned.
- `steps`: floats whose derivative is 0, but where they leap.
- `constants`: floats that no argument's elements decide.
- `looks`: arguments are looked at, and count as constants from then on. In place of
  `arange(x, y, step)`, `x + step * arange(n)` and `linspace` have derivatives, and in place of
  `nditer` loops over arrays.
- `memory`: numbers from files, buffers and other libraries, or to them. `text`: what is returned.
- `facts`, `names`, `NumPy's`: as below; nothing is computed of elements.

*CPU* and *CUDA*: what runs there, as found by calling each name as its tests do, and asking the op
table:

- `kernel`: an op with a kernel of ours, deferred, and fused if it can be; `kernels`: composed of
  such.
- `library`: LAPACK, BLAS or NumPy, at whole operands; with CUDA cuBLAS, cuSOLVER or cuFFT
  (`ngrad[cuda13-math]`).
- `host`: NumPy computes it, on the CPU; with CUDA there are copies.
- `view`: nothing is computed; memory is shared, or one number repeated.
- `looks`: some calls look at values, for the shape of what they return, or what they raise.
- `facts`: about arrays, dtypes and settings; no element is touched. `NumPy's`: the same object.
- `names`: a namespace.
"""


def tests(name: str) -> ModuleType:
    """A table of the tests'."""
    if str(TABLES) not in sys.path:
        sys.path.insert(0, str(TABLES))
    return importlib.import_module(name)


def derivatives() -> dict[int, str]:
    """The highest order that is checked, or why there is none, by the identity of a function:
    aliases share it.
    """
    module, named = tests("derived"), lambda name: id(attrgetter(name)(ours))
    found = {named(name): why for name, why in by_name(module.UNDERIVED).items()}
    for space, table in PARTS:
        for case in tests(table).CASES:
            key = id(getattr(space, case.name))
            if case.orders:
                found[key] = max(found.get(key, ""), str(case.orders))
    return found | {named(name): "2" for name in module.DERIVED}


def places() -> Places:
    """Where each name runs: its tests called, or else the example of its docstring."""
    found = Places()
    for case in CALLS:
        found.call(ours, case)
    for space, module in PARTS:
        for case in tests(module).CASES:
            found.call(space, case)
        for name in space.__all__:
            thing = getattr(space, name)
            foreign = isinstance(thing, ModuleType) or thing is getattr(np, name, None)
            if id(thing) not in found.found and not foreign:
                found.run_example(space, name)
    return found


def public(space: Any) -> list[str]:
    return sorted(name for name in dir(space) if not name.startswith("_"))


class Part(NamedTuple):
    """Rows of names that are there, and that are not; how many have a meaning here."""

    there: list[str]
    absent: list[str]
    wanted: int


def table(space: Any, theirs: Any, names: list[str], found: Places) -> Part:
    checked, there, absent, wanted = derivatives(), [], [], 0
    apart = {name for part in APART.values() for name in part}
    for name in names:
        thing = getattr(space, name, None) if space is not None else None
        if thing is None and getattr(theirs, name, 0) is not None:
            reason = "not there yet" if space is not ours else BY_NAME.get(name, "not there yet")
            absent.append(f"| `{name}` | no | {reason} |")
            wanted += space is not ours or name not in apart
            continue
        wanted += 1
        same = thing is getattr(theirs, name, None)
        cpu, cuda = ("NumPy's", "NumPy's") if same else found.shown(thing)
        order = checked.get(id(thing)) or (cpu if cpu in APART_FROM_ELEMENTS else None)
        if order is None:
            raise LookupError(f"{name}: no test differentiates it, nor does it say why: derived.py")
        there.append(f"| `{name}` | yes | {order} | {cpu} | {cuda} |")
    return Part(there, absent, wanted)


def section(title: str, part: Part) -> list[str]:
    there, wanted = len(part.there), part.wanted
    count = f"{there} of the {wanted} names that have a meaning here: {100 * there / wanted:.1f} %."
    head = ["| name | implemented | derivatives | CPU | CUDA |", "| --- | --- | --- | --- | --- |"]
    lines = ["", f"## {title}", "", count, "", *head, *part.there]
    if part.absent:
        lines += ["", "| name | implemented | why not |", "| --- | --- | --- |", *part.absent]
    return lines


def of_arrays() -> list[str]:
    """Methods and attributes of arrays."""
    names = public(np.ndarray)
    missing = [name for name in names if not hasattr(ours.ndarray, name)]
    count = f"{len(names) - len(missing)} of {len(names)} methods and attributes. Missing:"
    rows = [f"- `{name}`: {OF_ARRAYS_BY_NAME[name]}." for name in missing]
    return ["", "## numpy.ndarray", "", count, "", *rows]


def text() -> str:
    lines, found = HEAD.splitlines(), places()
    for title, space, theirs in (
        ("numpy", ours, np),
        ("numpy.linalg", getattr(ours, "linalg", None), np.linalg),
        ("numpy.fft", getattr(ours, "fft", None), np.fft),
    ):
        names = [name for name in public(theirs) if name not in ("test", "linalg", "helper")]
        names = names if theirs is np else [n for n in names if not n.endswith("Error")]
        names += ["linalg"] if theirs is np else []
        lines += section(title, table(space, theirs, sorted(names), found))
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
            f"{total - len(missing)} of {total} names, with NumPy's rows above. Missing: {said}.",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["-"]:
        sys.stdout.write(text())
    else:
        TARGET.write_text(text())
