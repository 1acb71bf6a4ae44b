"""Looking inside: what a function records, and what becomes of it; where NaNs come from.

Examples
--------
>>> import ngrad
>>> ngrad.debug.show(lambda x: x * x + 1.0, ngrad.constant([1.0, 2.0]), stage="graph")
%0 = input(0) : float32[2]
%1 = multiply(%0, %0) : float32[2]
%2 = input(1) : float32[]
%3 = add(%1, %2) : float32[2]
return %3
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ngrad.graph.entries import CONSTANT_OF, LEAF, PART_OF, Entry
from ngrad.graph.fuse import describe, fuse
from ngrad.graph.graph import CONSTANT, PART, Node
from ngrad.nests import leaves_of
from ngrad.numerics import check_numerics
from ngrad.ops.convert import from_outside
from ngrad.ops.fused import sources
from ngrad.ops.weak import Weak
from ngrad.record import state, user_line
from ngrad.structure import Structure, build
from ngrad.tape import GradientTape
from ngrad.tensor import Tensor
from ngrad.window import Window

Stage = Literal["tape", "graph", "fused", "source"]
AS_NODES = {CONSTANT_OF: CONSTANT, PART_OF: PART}
STAGES = ("tape", "graph", "fused", "source")


class Text(str):
    """A text that an interactive session shows as it reads."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def show(f: Callable[..., Any], *args: Any, stage: Stage = "graph") -> Text:
    """What a function records when it is called, or what that becomes.

    The function runs once, as it would under a tape: so a tape and its `gradient` inside are shown
    with the rest, what it looks at is computed, and of a `function` that it calls the Python runs.

    Parameters
    ----------
    f : callable
        It returns a tensor or a nest of such.
    *args
        Given to it as they are.
    stage : {"tape", "graph", "fused", "source"}
        What is recorded, a line an op, with the line that called it; the graph of what f returns,
        where equal values are one and what nobody needs is left out; that graph with what one loop
        nest computes as one node; or the source of the kernels generated for these.

    Raises
    ------
    ValueError
        For another stage, or if what f returns holds no tensor.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([1.0, 2.0])
    >>> ngrad.debug.show(lambda x: ngrad.reduce_sum(ngrad.exp(x * x)), x, stage="fused")
    %0 = input(0) : float32[2]
    %1 = fused(%0) over 1 x 2
      v0 = load(0) by element
      v1 = multiply(v0, v0) : f4
      v2 = exp(v1) : f4
      v3 = sum over row(v2) : f4
      return v3 : float32[]
    return %1
    """
    if stage not in STAGES:
        raise ValueError(f"show: a stage is one of {', '.join(STAGES)}, not {stage!r}")
    entries, wanted = _recorded(f, args)
    if stage == "tape":
        return Text(_listed(entries))
    graph, _, layouts = build(Structure(tuple(entries), (), wanted))
    if stage == "graph":
        return Text(graph)
    cut = fuse(graph, layouts)
    if stage == "fused":
        return Text(describe(cut))
    return Text("\n\n".join(sources(cut)))


class _Lined(list[Entry]):
    """Entries that know the lines on which they were recorded."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def append(self, entry: Entry) -> None:
        super().append(entry)
        self.lines.append(user_line())


def _recorded(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[_Lined, tuple[int, ...]]:
    """What a function records, and the slots of what it returns."""
    window = Window()
    window.entries = entries = _Lined()
    window.inlines = True  # a replay has no lines
    outer = state.window, state.stack, state.graph
    state.window, state.stack, state.graph = window, [], None
    try:
        with GradientTape(watch_accessed_variables=False):
            result = f(*args)
        leaves = leaves_of(result)
        found = [from_outside(x.tensor if isinstance(x, Weak) else x) for x in leaves]
        wanted = tuple([window[x] for x in found if isinstance(x, Tensor)])
    finally:
        state.window, state.stack, state.graph = outer
    if not wanted:
        raise ValueError(f"show: {type(result).__name__} was returned, which holds no tensor")
    return entries, wanted


def _listed(entries: _Lined) -> str:
    lines = []
    for slot, ((call, *slots), line) in enumerate(zip(entries, entries.lines, strict=True)):
        node = Node(AS_NODES.get(call.op, call.op), call.params, tuple(slots), call.spec)
        where = "" if call.op is LEAF else f"  # {line}"
        lines.append(f"%{slot} = {node!r}{where}")
    return "\n".join(lines)


__all__ = ["check_numerics", "show"]
