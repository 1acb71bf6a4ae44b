"""Write docs/interoperability.md, what SciPy and scikit-learn do with arrays of ours: `python
docs/interoperability.py`. It needs the extra `interoperability`, and is not part of CI.
"""

from __future__ import annotations

import ctypes
import os
import re

os.environ["SCIPY_ARRAY_API"] = "1"  # read when SciPy is imported

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from interoperable import SCIPY, SKLEARN, Rows

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
    and why there is no derivative, "" if it is that of differences.
    """

    gives: str
    why: str


def parts(found: Any) -> Iterator[Any]:
    if isinstance(found, (tuple, list)):
        for part in found:
            yield from parts(part)
    else:
        yield found


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
    try:
        with ngrad.GradientTape() as tape:
            tape.watch(given)
            with Leaving() as leaving:
                results = [*parts(case.function(*given))]
            total = sum(ours.sum(r * w) for r, w in zip(results, weights, strict=True))
        gradients = tape.gradient(total, [given[k] for k in floats])
    except Exception as error:
        return reason(error)
    if all(g is None for g in gradients):
        return "through NumPy"
    for k, gradient in zip(floats, gradients, strict=True):
        direction = np.sin(1.0 + np.arange(case.arrays[k].size)).reshape(case.arrays[k].shape)
        found = 0.0 if gradient is None else float(np.sum(np.asarray(gradient) * direction))
        known = slope(case, weights, k, direction)
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
        if all(isinstance(x, (ours.ndarray, Tensor)) for x in found):
            return Outcome("arrays", derivative(case, expected, make))
        numbers = all(isinstance(x, (int, float, np.generic)) for x in found)
        return Outcome("numbers" if numbers else "NumPy's", "not an array of ours")


HEAD = f"""# SciPy and scikit-learn

Written by `python docs/interoperability.py`; change what it reads, not this file. With SciPy
{scipy.__version__} (`SCIPY_ARRAY_API=1`) and scikit-learn {sklearn.__version__} (`array_api_dispatch=True`).

Each function is called with arrays of `ngrad.numpy`, and its results are compared with those of NumPy's
arrays. *Gives*: `arrays`, of ours; `NumPy's` arrays, where the library converts its arguments; or
Python's `numbers`. *Derivative*: `yes` where a tape's agrees with differences; otherwise why not. Where
a library converts what is on its way to a result by `numpy.asarray` or `float`, that is `through NumPy`:
a tape sees nothing of it, or not all of it, and its derivative lacks that part without a word. What is
`nan` is a quotient 0 / 0 that the library replaces afterwards.

SciPy looks for special functions in `ngrad.numpy.special`: so p-values have derivatives, or a derivative
is refused. Without `SCIPY_ARRAY_API=1` its universal functions ask by NEP 13, with the same answers.

A number of ours, as `x.sum()` is, is a `float` to `isinstance`, as NumPy's are. Who takes it for
Python's own and then looks up `type(x)`, as `array_api_extra.isclose(x.sum(), y)` does, raises KeyError:
of `xp.asarray(x.sum())`, an array without axes, it gives what it should.
"""  # noqa: E501


TENSORS = """
## Tensors

Tensors (`ngrad.constant`) and variables have the namespace of arrays, `ngrad.numpy`, too: libraries that
ask for it make arrays of them, and give arrays, with the same derivatives. What gives universal functions
of NumPy's or SciPy's, or operators alone, is a tensor again."""  # noqa: E501
"""What is said before what does not fare with tensors as with arrays."""


def table(title: str, rows: Rows) -> tuple[list[str], list[Outcome]]:
    lines = ["", f"### {title}", "", "| function | gives | derivative |", "| --- | --- | --- |"]
    found = []
    for row in rows:
        case = Case(*row)
        result = outcome(case)
        found.append(result)
        lines.append(f"| `{case.name}` | {result.gives or 'nothing'} | {result.why or 'yes'} |")
    return lines, found


def section(title: str, prefix: str, areas: dict[str, Rows]) -> list[str]:
    body, every = [], []
    with sklearn.config_context(array_api_dispatch=True):
        for area, rows in areas.items():
            lines, found = table(f"{prefix}.{area}" if area != "models" else area, rows)
            body += lines
            every += found
    works, kept = sum(x.gives != "" for x in every), sum(x.gives == "arrays" for x in every)
    right = sum(x.why == "" for x in every)
    said = f"Of {len(every)} that are tried {works} work, {kept} of them with arrays of ours "
    said += f"throughout, {right} with a derivative."
    return ["", f"## {title}", "", said, *body]


def tensors() -> list[str]:
    """What fares otherwise with tensors."""
    areas = [*SCIPY.values(), *SKLEARN.values()]
    cases = [Case(*row) for rows in areas for row in rows]
    with sklearn.config_context(array_api_dispatch=True):
        found = [(outcome(case), outcome(case, ngrad.constant)) for case in cases]
    others = [(c.name, y) for c, (x, y) in zip(cases, found, strict=True) if x != y]
    alike = len(cases) - len(others)
    said = f"Of the {len(cases)} above {alike} do the same with tensors. The others:"
    lines = ["", said, "", "| function | gives | derivative |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {x.gives or 'nothing'} | {x.why or 'yes'} |" for name, x in others]
    return [*TENSORS.splitlines(), *lines]


def text() -> str:
    lines = [*HEAD.splitlines(), *section("SciPy", "scipy", SCIPY)]
    lines += section("scikit-learn", "sklearn", SKLEARN)
    lines += tensors()
    plain = [outcome(Case(*row)) for rows in SKLEARN.values() for row in rows]
    lines += ["", "## scikit-learn without `array_api_dispatch`", ""]
    lines += [f"{sum(x.gives != '' for x in plain)} of the {len(plain)} work, through NumPy."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
