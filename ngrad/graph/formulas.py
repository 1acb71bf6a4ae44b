"""What follows from open sizes, as Python that is compiled: programs whose sizes are new each time
ask for it at each. A routine takes the values of all atoms of a recording (`Sizes.at`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ngrad.graph.dims import Dim, Sizes
from ngrad.graph.layout import Layout, layout


def words(sizes: Sizes, things: Iterable[Any], *more: str) -> Callable[..., array[int]]:
    """A routine that gives a word for each thing: an open size, a number, or source over atoms and
    `more`, which it takes before them.
    """
    closed: list[int] = []
    places: dict[str, list[str]] = {}  # by source: what is found several times is computed once
    for k, thing in enumerate(things):
        is_known = not isinstance(thing, (str, Dim))
        closed.append(int(thing) if is_known else 0)
        if not is_known:
            places.setdefault(str(thing), []).append(f"found[{k}]")
    lines = [" = ".join([*targets, source]) for source, targets in places.items()]
    known = {"closed": array("q", closed)}
    return _compiled(sizes, ["found = closed[:]", *lines, "return found"], known, *more)


def parts(sizes: Sizes, thing: tuple[Any, ...]) -> Callable[..., Any]:
    """A routine that gives nested tuples with numbers for open sizes, also in layouts."""
    known: dict[str, Any] = {"layout": layout}
    lines: list[str] = []
    layouts: dict[Layout, str] = {}

    def constant(value: Any) -> str:
        name = f"c{len(known)}"
        known[name] = value
        return name

    def source(value: Any) -> str:
        if isinstance(value, Dim):
            return str(value)
        if type(value) is Layout and value.open:
            if value not in layouts:
                strides = "None" if value.contiguous else source(value.strides)
                given = constant(value.dtype), source(value.shape), strides, constant(value.device)
                lines.append(f"w{len(layouts)} = layout({', '.join(given)})")
                layouts[value] = f"w{len(layouts)}"
            return layouts[value]
        if isinstance(value, tuple) and _is_open(value):
            items = "".join([f"{source(item)}, " for item in value])
            return f"({items})" if type(value) is tuple else f"{constant(type(value))}({items})"
        return constant(value)

    result = source(thing)
    return _compiled(sizes, [*lines, f"return {result}"], known)


def _is_open(value: Any) -> bool:
    """Whether there are open sizes in nested tuples, also in layouts."""
    if isinstance(value, tuple):
        return any(map(_is_open, value))
    return isinstance(value, Dim) or (type(value) is Layout and value.open)


def _compiled(
    sizes: Sizes, lines: Sequence[str], known: dict[str, Any], *more: str
) -> Callable[..., Any]:
    names = ", ".join([*more, *[f"n{k}" for k in range(len(sizes.values))]])
    exec("\n    ".join([f"def found({names}):", *lines]), known)
    made: Callable[..., Any] = known["found"]
    return made
