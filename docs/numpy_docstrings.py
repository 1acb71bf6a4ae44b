"""Run the examples in NumPy's docstrings with ngrad.numpy in its place, and say where they differ.

    python docs/numpy_docstrings.py [part of a name]

Each line of each example runs twice, with NumPy and here, seeded alike; what it gives must be equal
in type of error, dtype, shape, values and printed text. A line that needs what an earlier one of
its example was to make counts with that one.
"""

from __future__ import annotations

import contextlib
import doctest
import inspect
import io
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

import ngrad.numpy as ours

SPACES = (
    ("", np, ours),
    ("linalg.", np.linalg, ours.linalg),
    ("fft.", np.fft, ours.fft),
    ("random.", np.random, ours.random),
    ("ndarray.", np.ndarray, ours.ndarray),
    ("random.Generator.", np.random.Generator, ours.random.Generator),
)
APART = "no part of ngrad.numpy: text, objects, records and dates, matrices, masks, testing"
MEMORY = "where elements lie in memory: `flags`, `shares_memory`, other dtypes of the same bytes"
SAYS = {
    MEMORY: r"no '(flags|(may_)?share.?_memory)'|is not seen as|order='F'|offset=",
    APART: r"is no dtype of ngrad|cannot make an array of|of structured dtypes|has no '"
    r"(matrix|asmatrix|recarray)'|there are no masks|matrices are not there",
}
"""Why a line is refused, by what the error says."""
BY_NAME = {
    "asanyarray asarray asfortranarray copy shares_memory": MEMORY,
    "argsort concat diff fromfile genfromtxt isreal unique": APART,
    "arange bitwise_left_shift": "numbers are arrays of no axes, and print as such in lists",
    "eig eigvals": "eigenvalues are complex whatever they are, as the array API has it",
    "einsum": "what `einsum` shows of an array is read-only",
    "empty empty_like poly Generator": "the contents are arbitrary, or random",
    "geterr": "no warning where nothing was said: docs/numpy.md, What differs",
    "info": "the docstrings are other ones",
    "ldexp": "float16 of a Python int and int64",
    "memmap nditer": "NumPy's, which write into arrays of NumPy's",
    "median percentile quantile": "`overwrite_input` changes no input",
    "ndarray": "arrays are made by functions",
    "savez_compressed": "NumPy's example compares with a name used twice",
    "all any geterrcall SeedSequence seterrcall std var": "objects and times are of the run",
    "shape": "`x.shape = ...` is refused: write x.reshape",
    "unique_values": "values come sorted",
}
"""Why lines of an example differ, by the name whose example it is."""
KNOWN = {name: why for names, why in BY_NAME.items() for name in names.split()}
RANDOM = re.compile(r"\bdefault_rng\(\)")
SKIPPED = re.compile(r"\bplt\b|matplotlib|scipy|import numpy|SKIP")


class Ran(NamedTuple):
    """What a line gave, or the error that it raised, and what it printed."""

    value: Any
    error: Exception | None
    printed: str


def ran(line: str, names: dict[str, Any]) -> Ran:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            try:
                value = eval(compile(line, "example", "eval"), names)
            except SyntaxError:
                value = exec(compile(line, "example", "exec"), names)
    except Exception as error:
        return Ran(None, error, printed.getvalue())
    return Ran(value, None, printed.getvalue())


def alike(x: Any, y: Any) -> bool:
    """Whether a value is NumPy's."""
    if isinstance(x, (np.ndarray, np.generic)) or isinstance(y, ours.ndarray):
        a, b = np.asarray(x), np.asarray(y)
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            return False
        if a.dtype.kind in "fc":
            return np.allclose(a, b, 1e-6, 10 * np.finfo(a.dtype).eps, equal_nan=True)
        return bool((a == b).all())
    if isinstance(x, (tuple, list)):
        return isinstance(y, (tuple, list)) and len(x) == len(y) and all(map(alike, x, y))
    if isinstance(x, dict):
        return isinstance(y, dict) and x.keys() == y.keys() and all(alike(x[k], y[k]) for k in x)
    if callable(x) or type(x).__module__.startswith("numpy"):
        return callable(x) is callable(y)
    return x is y or x == y or (x != x and y != y)


def agree(theirs: Ran, found: Ran) -> bool:
    if theirs.error is not None or found.error is not None:
        return isinstance(found.error, type(theirs.error))
    plain = theirs.printed.split() == found.printed.split()
    return plain and alike(theirs.value, found.value)


def examples(part: str) -> Iterator[tuple[str, list[doctest.Example]]]:
    """NumPy's names that are here, and the examples of each docstring, once."""
    parser, seen = doctest.DocTestParser(), set()
    for space, theirs, here in SPACES:
        for name in dir(theirs):
            thing = getattr(theirs, name)
            doc = getattr(thing, "__doc__", None)
            public = not name.startswith("_") and not isinstance(thing, ModuleType)
            if not (public and hasattr(here, name) and part in space + name):
                continue
            if isinstance(doc, str) and ">>>" in doc and doc not in seen:
                seen.add(doc)
                yield space + name, parser.get_examples(inspect.cleandoc(doc))


def why(name: str, found: Ran) -> str | None:
    """Why a line differs, if that is known."""
    said = str(found.error)
    for reason, pattern in SAYS.items():
        if found.error is not None and re.search(pattern, said):
            return reason
    return KNOWN.get(name.rpartition(".")[2])


def compare(name: str, lines: list[doctest.Example], counts: Counter[str]) -> list[str]:
    """The lines of a name's examples that differ for no known reason; the others are counted."""
    spaces: list[dict[str, Any]] = [{"np": np, "numpy": np}, {"np": ours, "numpy": ours}]
    last, unknown = "", []
    for space in (np, ours):  # which examples leave otherwise
        space.seterr(all="warn")
        space.seterrcall(None)
    for example in lines:
        line = RANDOM.sub("default_rng(7)", example.source)
        if SKIPPED.search(line):
            continue
        results = []
        for names in spaces:  # NumPy's own state of random numbers serves both
            np.random.set_state(before := np.random.get_state())
            results.append(ran(line, names))
            after = np.random.get_state()
            np.random.set_state(before)
        np.random.set_state(after)
        theirs, found = results
        if agree(theirs, found):
            counts["equal"] += 1
            continue
        follows = isinstance(found.error, NameError) or not found.error
        reason = why(name, found) or (last if follows else None)
        if reason:
            last = reason
            counts[reason] += 1
        else:
            given = [x.error if x.error is not None else x.value for x in results]
            unknown.append(
                f"{name}: {line.strip()}\n    NumPy: {given[0]!r}\n    here: {given[1]!r}"
            )
    return unknown


def main() -> int:
    warnings.simplefilter("ignore")
    counts: Counter[str] = Counter()
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # examples write files
        unknown = [text for name, lines in examples(part) for text in compare(name, lines, counts)]
    table = Table("lines", "outcome", title=f"Examples in the docstrings of NumPy {np.__version__}")
    for outcome, count in counts.most_common():
        table.add_row(str(count), outcome)
    Console().print(table)
    print(*unknown, sep="\n")
    print(f"{len(unknown)} differ for no known reason")
    return bool(unknown)


if __name__ == "__main__":
    sys.exit(main())
