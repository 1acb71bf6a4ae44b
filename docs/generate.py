"""Write docs/ops.md from the op table and the public names: `python docs/generate.py`."""

from __future__ import annotations

import enum
import inspect
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ngrad
from ngrad import warm
from ngrad.dtypes import BY_CODE
from ngrad.graph.differentiate import Goal, Heard
from ngrad.graph.entries import LEAF, Entry, marker
from ngrad.graph.layout import layout
from ngrad.graph.op import TABLE, Call, Op
from ngrad.structure import Structure, build

TARGET = Path(__file__).with_name("ops.md")
FAMILIES = {
    "elementwise": "Elementwise",
    "reduction": "Reductions and scans",
    "running": "Elementwise ops, of one element after another",
    "indexing": "Gathers and scatters",
    "sorting": "Sorting",
    "interpolation": "Interpolation",
    "linalg": "Linear algebra",
    "special": "Special functions",
    "random": "Random",
    "shape": "Shapes",
    "device": "Devices",
}
TABLED = ("elementwise", "reduction")
"""Families whose every op has a kernel for each dtype that it takes."""
HIDDEN = ("engine", "opaque")
"""Families that only tapes use."""
KINDS = {"f": "float", "i": "int", "u": "uint", "b": "bool"}

HEAD = """# Ops

Written by `python docs/generate.py`; change the docstrings, not this file.

First what programs call, a namespace a table; then the primitives that these are made of, and for
those with a kernel for each dtype, what they take and whether anything flows back through them.

## Names
"""

PRIMITIVES = """
## Primitives

Dtypes are float32 and float64, int8 to int64, uint8 to uint64, and bool; what takes floats takes
float16 and bfloat16 too, but for linear algebra and most draws (`halves.md`).
"""


def summary(thing: Any) -> str:
    """The first sentence of a docstring, on one line."""
    text = inspect.getdoc(thing) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return paragraph.replace("|", "\\|")


class Named(str):
    """A text that stands for itself, without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def plain(parameter: inspect.Parameter) -> inspect.Parameter:
    """A parameter without an annotation, of whose default a function is a name."""
    found = parameter.replace(annotation=inspect.Parameter.empty)
    if inspect.isfunction(found.default):
        found = found.replace(default=Named(found.default.__name__))
    return found


def signature(name: str, function: Any) -> str:
    """`name(arguments)`, without annotations."""
    if function in (ngrad.DType, ngrad.Tensor) or isinstance(function, enum.EnumType):
        return name  # not made by calling it
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return name
    return f"{name}{inspect.Signature([*map(plain, parameters)])}"


def public(module: Any) -> Iterator[tuple[str, Any]]:
    """The functions and classes of a namespace, by name."""
    for name in sorted(getattr(module, "__all__", vars(module))):
        value = vars(module)[name]
        if not name.startswith("_") and callable(value) and not isinstance(value, types.ModuleType):
            yield name, value


def namespaces() -> Iterator[str]:
    """A table of names for each namespace; what the top level has is not said twice."""
    top = {id(value) for _, value in public(ngrad)}
    names = ("math", "nn", "linalg", "bitwise", "random", "optimizers", "debugging", "signal")
    inner = [(f"ngrad.{name}", getattr(ngrad, name)) for name in names]
    for title, module in [("ngrad", ngrad), *inner]:
        yield f"\n### `{title}`\n\n| name | |\n| --- | --- |"
        for name, value in public(module):
            foreign = not getattr(value, "__module__", "ngrad").startswith("ngrad")
            if foreign or (module is not ngrad and id(value) in top):
                continue
            yield f"| `{signature(name, value)}` | {summary(value)} |"
        if module is not ngrad:
            also = [name for name, value in public(module) if id(value) in top]
            if also:
                yield f"\nAlso here, from the top level: {', '.join(f'`{name}`' for name in also)}."


def dtypes(op: Op) -> str:
    """What an op takes, by kind."""
    codes = {task.inputs[-1][0] for task in warm.tasks([op.name])}
    if codes == set(BY_CODE):
        return "every dtype"
    return ", ".join(kind for letter, kind in KINDS.items() if any(c[0] == letter for c in codes))


def derivative(op: Op) -> str:
    """What flows back through an op: its rule is traced for floating operands."""
    if op.rule is None:
        return "raises GradientError"
    found = [task for task in warm.tasks([op.name]) if task.inputs[-1][0] == "f4"]
    if not found:
        return "none"
    params, inputs = found[0].params, [layout(BY_CODE[c], n) for c, n in found[0].inputs]
    out = op.infer(*inputs, **op.keywords(params))
    entries: list[Entry] = [(marker(LEAF, (), where),) for where in inputs]
    last = len(entries)
    entries.append((Call(op, params, tuple(inputs), (out,)), *range(last)))
    heard = Heard(((0, last + 1),), tuple((k, 0) for k in range(last)))
    goal = Goal((last,), (), tuple((k,) for k in range(last)))
    graph, _, _ = build(Structure(tuple(entries), (), (), heard, goal))
    return "yes" if any(output is not None for output in graph.outputs) else "none"


def primitives() -> Iterator[str]:
    """A table of ops for each family."""
    families = sorted({op.family for op in TABLE.values()} - set(HIDDEN), key=list(FAMILIES).index)
    for family in families:
        ops = sorted((op for op in TABLE.values() if op.family == family), key=lambda op: op.name)
        yield f"\n### {FAMILIES[family]}\n"
        if family not in TABLED:
            yield f"{', '.join(f'`{op.name}`' for op in ops)}."
            continue
        yield "| op | takes | derivative |\n| --- | --- | --- |"
        for op in ops:
            yield f"| `{op.name}` | {dtypes(op)} | {derivative(op)} |"


def text() -> str:
    """The whole page."""
    return "\n".join([HEAD.rstrip("\n"), *namespaces(), PRIMITIVES.rstrip("\n"), *primitives(), ""])


if __name__ == "__main__":
    TARGET.write_text(text())
