"""Write docs/interoperability.md, what SciPy and scikit-learn do with arrays of ours: `python
docs/interoperability.py`. It needs the extras `interoperability` and `test`; CI runs a tenth of it.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import re

os.environ["SCIPY_ARRAY_API"] = "1"  # read when SciPy is imported

import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from interoperable.arrays import Rows, parts
from interoperable.listed import scipy_rows, sklearn_rows

import ngrad
import ngrad.numpy as ours
from ngrad.tensor import Tensor
from ngrad_kernels.exporting import Exporter
from ngrad_kernels.heap_types import GET_BUFFER, replace_slot

TARGET = Path(__file__).with_name("interoperability.md")


@dataclass(frozen=True)
class Case:
    """A call of a library's, `function(*arrays)`, whose result is an array or several."""

    name: str
    function: Callable[..., Any]
    arrays: tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of it: in what the values are given, "" if they are not those of NumPy's arrays;
    and why there is no derivative, "" if it is that of differences, or nothing is an array of ours.
    """

    gives: str
    why: str

    @property
    def shown(self) -> str:
        return self.why or ("yes" if "arrays" in self.gives else "no")


Found = dict[str, dict[str, Outcome]]


def close(found: Any, expected: Any, tolerance: float = 1e-7) -> bool:
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    size = float(np.abs(expected[np.isfinite(expected)]).max(initial=1e-300))
    return bool(
        found.shape == expected.shape
        and np.allclose(found, expected, rtol=tolerance, atol=tolerance * size, equal_nan=True)
    )


def slope(case: Case, weights: list[Any], which: int, direction: Any) -> float:
    """The derivative of the weighted results, in a direction, by differences of NumPy's arrays."""

    def value(h: float) -> float:
        moved = [x + h * direction if k == which else x for k, x in enumerate(case.arrays)]
        results = parts(case.function(*moved))
        return sum(float(np.sum(np.asarray(r) * w)) for r, w in zip(results, weights, strict=True))

    h = 1e-4
    return (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)


def derivative(case: Case, expected: list[Any], make: Callable[[Any], Any]) -> str:
    """Why it is not had; "" where it is right."""
    weights = [np.cos(1.0 + np.arange(x.size)).reshape(x.shape) for x in expected]
    given = [make(x) for x in case.arrays]
    floats = [k for k, x in enumerate(case.arrays) if x.dtype.kind == "f"]
    if not floats or all(x.dtype.kind != "f" for x in expected):
        return "of no floats"
    directions = [np.sin(1.0 + np.arange(x.size)).reshape(x.shape) for x in case.arrays]
    try:
        slopes = [slope(case, weights, k, directions[k]) for k in floats]
    except ValueError:
        return "of a form"
    try:
        with ngrad.GradientTape() as tape:
            tape.watch([given[k] for k in floats])
            with Leaving() as leaving:
                results = [*parts(case.function(*given))]
            total = sum(ours.sum(r * w) for r, w in zip(results, weights, strict=True))
        gradients = tape.gradient(total, [given[k] for k in floats])
    except Exception as error:
        return reason(error)
    if all(g is None for g in gradients):
        return "through NumPy" if any(abs(known) > 1e-8 for known in slopes) else "constant"
    for k, gradient, known in zip(floats, gradients, slopes, strict=True):
        found = 0.0 if gradient is None else float(np.sum(np.asarray(gradient) * directions[k]))
        if not abs(found - known) <= 1e-4 * max(1.0, abs(known)):
            wrong = f"{found:.3g}, not {known:.3g}"
            return f"in part: through NumPy ({wrong})" if leaving.any else wrong
    return ""


def reason(error: BaseException) -> str:
    text = str(error).strip().split("\n")[0].replace("|", "/")
    text = re.sub(r":? [\[{]<module .*", "", text)  # paths, in any order
    return f"{type(error).__name__}: {text[:110]}"


WAYS = ("__array__", "__array_interface__", "__dlpack__", "_exported", "item")


def buffer_of(kind: type) -> Any:
    """The address of what exports the memory of a class's objects."""
    take = ctypes.pythonapi.PyType_GetSlot
    take.restype, take.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_int]
    return take(kind, GET_BUFFER)


class Leaving:
    """Within it, whether floats of ours are looked at, by which they leave the tape's sight; and so
    buffers are exported by `_exported`, which machine code passes by.
    """

    any = False

    def __enter__(self) -> Leaving:
        self._buffers = {kind: buffer_of(kind) for kind in (Tensor, ours.ndarray)}
        for kind, quick in self._buffers.items():
            replace_slot(kind, quick, buffer_of(Exporter))
        self._ways = {name: Tensor.__dict__[name] for name in WAYS}
        for name, way in self._ways.items():
            is_property = isinstance(way, property)
            watched = self._watched(way.fget if is_property else way)
            setattr(Tensor, name, property(watched) if is_property else watched)
        return self

    def _watched(self, way: Callable[..., Any]) -> Callable[..., Any]:
        def call(x: Tensor, *args: Any, **kwargs: Any) -> Any:
            self.any |= x.dtype.is_floating
            return way(x, *args, **kwargs)

        return call

    def __exit__(self, *_: Any) -> None:
        for kind, quick in self._buffers.items():
            replace_slot(kind, buffer_of(Exporter), quick)
        for name, way in self._ways.items():
            setattr(Tensor, name, way)


def outcome(case: Case, make: Callable[[Any], Any] = ours.asarray) -> Outcome:
    """What becomes of a call with what is made of its arrays."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = [np.asarray(x) for x in parts(case.function(*case.arrays))]
        try:
            found = [*parts(case.function(*map(make, case.arrays)))]
        except Exception as error:
            return Outcome("", reason(error))
        if not all(close(x, y) for x, y in zip(found, expected, strict=True)):
            return Outcome("", "other values than of NumPy's arrays")
        kinds = [kind(x) for x in found]
        # Numbers that are counts, beside arrays, are none of these libraries' arrays either.
        given = {
            k for k, x in zip(kinds, expected, strict=True) if k != "numbers" or x.dtype.kind == "f"
        }
        gives = " and ".join(sorted(given or {*kinds}))
        return Outcome(gives, derivative(case, expected, make) if "arrays" in given else "")


def kind(x: Any) -> str:
    if isinstance(x, (ours.ndarray, Tensor)):
        return "arrays"
    return "numbers" if isinstance(x, (int, float, np.generic)) else "NumPy's"


HEAD = f"""# SciPy and scikit-learn

Written by `python docs/interoperability.py`; change what it reads, not this file. With SciPy
{scipy.__version__} (`SCIPY_ARRAY_API=1`) and scikit-learn {sklearn.__version__} (`array_api_dispatch=True`).

Each function is called with arrays of `ngrad.numpy`, and its results are compared with those of NumPy's
arrays. Called is all that these libraries say takes arrays of any library: what SciPy's own table of
capabilities has that is neither for NumPy's alone nor out of scope (but three private functions), and
scikit-learn's models of that tag, the metrics that it tests so, and the tools of its guide; and, beside
these, some that are used with them. They are listed by what they give and by their derivative.

- *Arrays* are ours; *NumPy's arrays* are given where the library converts its arguments; *numbers* are
  Python's.
- *With derivatives*: a tape's agree with differences. *Through NumPy*: the library converts what is on its
  way to a result by `numpy.asarray` or `float`, so a tape sees nothing of it, and the derivative is None;
  where it sees a part of it, the derivative lacks the rest without a word (*in part*). *Constant*: the
  derivative is 0, as of what is made of numbers alone (windows). *Of no floats*: none is asked for.
  *Of arguments of a form* (sections of filters, trees of clusters): what is moved a little is refused, so
  no differences are there to compare with.
- *Nothing*: it raises. Where memory "is read-only", compiled code asks for memory that it may write to,
  though it only reads (`sosfilt` and `sosfiltfilt` of the sections): ours is not to be written to.
- What is `nan` is a quotient 0 / 0 that the library replaces afterwards.

SciPy looks for special functions in `ngrad.numpy.special`: so p-values have derivatives, or a derivative
is refused. Without `SCIPY_ARRAY_API=1` its universal functions ask by NEP 13, with the same answers.

A number of ours, as `x.sum()` is, is a `float` to `isinstance`, as NumPy's are. Who takes it for
Python's own and then looks up `type(x)`, as `array_api_extra.isclose(x.sum(), y)` does, raises KeyError,
and who asks for one array among numbers alone finds none (`stats.ansari` of SciPy 1.18): of
`xp.asarray(x.sum())`, an array without axes, they give what they should.

## Their own tests

`python docs/their_tests.py` runs the tests that both have of arrays of any library, with ours. On
2026-12-01, of SciPy 1.17.1's 23,837 passed, and 953 of scikit-learn 1.9.1's. Of those that did not

- 667 of `scipy.ndimage` are given an array of ours as `output=`, to which they would write in memory: it
  is read-only there, and they raise, but for `zoom` by 1, which leaves it as it is. 22 of `scipy.signal`
  (`sosfilt`) and 4 of scikit-learn (kernels of chi squared) have compiled code that asks for memory that it
  may write to; three write to what `numpy.asarray` gives of ours (`detrend`, `brier_score_loss`);
- 39 of `scipy.special` are of integers beyond those of 32 bits, of which SciPy gives NaN, infinity or 0 (of
  `cotdg`), and functions of ours the value;
- two of scikit-learn (`average_precision_score`) call `array_api_extra.isclose` of two numbers, as above;
- three are of an error's text, of `flags.writeable`, and of the last digits of a derivative.
"""  # noqa: E501


TENSORS = """
## Tensors

Tensors (`ngrad.constant`) and variables have the namespace of arrays, `ngrad.numpy`, too: libraries that
ask for it make arrays of them, and give arrays, with the same derivatives. What gives universal functions
of NumPy's or SciPy's, or operators alone, is a tensor again."""  # noqa: E501
"""What is said before what does not fare with tensors as with arrays."""

KINDS = {
    ("arrays", ""): "Arrays, with derivatives",
    ("arrays", "through NumPy"): "Arrays, through NumPy",
    ("arrays", "constant"): "Arrays, constant",
    ("arrays", "of no floats"): "Arrays, of no floats",
    ("arrays", "of a form"): "Arrays, of arguments of a form",
    ("NumPy's", ""): "NumPy's arrays",
    ("numbers", ""): "Numbers",
}
"""What has a line of names, in place of a row of a table."""


def rows(found: dict[str, Outcome]) -> list[str]:
    """A table of outcomes by name."""
    lines = ["", "| function | gives | derivative |", "| --- | --- | --- |"]
    return lines + [
        f"| `{name}` | {x.gives or 'nothing'} | {x.shown} |" for name, x in found.items()
    ]


def area(title: str, found: dict[str, Outcome]) -> list[str]:
    """A line for each kind of outcome, and a table of what is of none of these kinds."""
    lines = ["", f"### {title}", ""]
    for (gives, why), said in KINDS.items():
        names = [f"`{name}`" for name, x in found.items() if (x.gives, x.why) == (gives, why)]
        lines += [f"- {said}: {', '.join(names)}."] if names else []
    others = {name: x for name, x in found.items() if (x.gives, x.why) not in KINDS}
    return lines + (rows(others) if others else [])


def outcomes(areas: dict[str, Rows], make: Callable[[Any], Any] = ours.asarray) -> Found:
    """What became of each call, by area and name."""
    return {
        area: {row[0]: outcome(Case(*row), make) for row in sorted(rows, key=lambda row: row[0])}
        for area, rows in areas.items()
    }


def written() -> dict[str, dict[str, tuple[str, str]]]:
    """What the page says, by area and name: what is given, and why there is no derivative."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    kinds, area = {said: kind for kind, said in KINDS.items()}, ""
    for line in TARGET.read_text().partition("\n## Tensors")[0].splitlines():
        title = re.fullmatch(r"### (?:\w+\.)?(\w+)", line)
        listed = re.fullmatch(r"- ([^:]+): (`.*`)\.", line)
        row = re.fullmatch(r"\| `(.+?)` \| (.+?) \| (.+) \|", line)
        if title:
            area = title[1]
            found[area] = {}
        elif listed:
            found[area] |= dict.fromkeys(re.findall(r"`(.+?)`", listed[2]), kinds[listed[1]])
        elif row:
            found[area][row[1]] = row[2], row[3]
    return found


def differing(part: int = 1) -> Iterator[str]:
    """Calls of which the page says nothing, and what became of one in so many that it tells
    otherwise; of a derivative its value does not count.
    """
    said = written()
    with sklearn.config_context(array_api_dispatch=True):
        for area, rows in (scipy_rows() | sklearn_rows()).items():
            for row in rows:
                name, known = row[0], said.get(area, {}).get(row[0])
                if known is None:
                    yield f"{area}.{name}: not there"
                elif zlib.crc32(name.encode()) % part == 0:
                    gives, why = known
                    x = outcome(Case(*row))
                    found = x.gives or "nothing", x.why if (gives, why) in KINDS else x.shown
                    if found[0] != gives or found[1].split("(")[0] != why.split("(")[0]:
                        yield f"{area}.{name}: {found}, not {known}"


def section(title: str, prefix: str, found: Found) -> list[str]:
    every = [x for of_area in found.values() for x in of_area.values()]
    works, kept = sum(x.gives != "" for x in every), sum(x.gives == "arrays" for x in every)
    right = sum(x.gives == "arrays" and x.why == "" for x in every)
    said = f"Of {len(every)} that are called {works} work, {kept} of them with arrays of ours "
    said += f"throughout, {right} with a derivative."
    body = [area(f"{prefix}.{name}" if name != "models" else name, x) for name, x in found.items()]
    return ["", f"## {title}", "", said, *itertools.chain(*body)]


def tensors(found: Found, of_tensors: Found) -> list[str]:
    """What fares otherwise with tensors."""
    alike, others = 0, {}
    for area, each in of_tensors.items():
        for name, x in each.items():
            if x == found[area][name]:
                alike += 1
            else:
                others[f"{area}.{name}"] = x
    said = f"Of the {alike + len(others)} above {alike} do the same with tensors. The others:"
    return [*TENSORS.splitlines(), "", said, *rows(others)]


def text() -> str:
    with sklearn.config_context(array_api_dispatch=True):
        every = scipy_rows() | sklearn_rows()
        found, of_tensors = outcomes(every), outcomes(every, ngrad.constant)
    lines = HEAD.splitlines()
    for title, prefix, areas in (
        ("SciPy", "scipy", scipy_rows()),
        ("scikit-learn", "sklearn", sklearn_rows()),
    ):
        lines += section(title, prefix, {area: found[area] for area in areas})
    lines += tensors(found, of_tensors)
    plain = [x for of_area in outcomes(sklearn_rows()).values() for x in of_area.values()]
    lines += ["", "## scikit-learn without `array_api_dispatch`", ""]
    lines += [f"{sum(x.gives != '' for x in plain)} of the {len(plain)} work, through NumPy."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
