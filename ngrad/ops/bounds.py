"""Indices are checked against their bounds before memory is touched by them.

Those whose values are there are checked where they are given; their range is found once and kept
with the tensor. Those that are pending are checked by an op of its own, which the gather reads
through: when that runs, it raises, and whatever depends on it has no value.
"""

from __future__ import annotations

from typing import Any

from ngrad.errors import IndexBoundsError
from ngrad.graph.graph import Symbol
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.record import apply, state, user_line
from ngrad.tensor import Tensor


def _range(index: Tensor) -> tuple[int, int]:
    """The least and the greatest element."""
    found = getattr(index, "_range", None)
    if found is None:
        values = index._view()
        found = index._range = int(values.min()), int(values.max())
    return found


def _require(index: Tensor, what: str, bound: int, lowest: int, noun: str, line: str) -> None:
    least, greatest = _range(index)
    if least < lowest or greatest >= bound:
        wrong = least if least < lowest else greatest
        where = f", in the call at {line}" if line else ""
        raise IndexBoundsError(f"{what}: {noun} {wrong} is out of range [{lowest}, {bound}){where}")


def _prepare(inputs: tuple[Layout, ...], out: Layout, **params: Any) -> Any:
    def run(index: Tensor) -> Tensor:
        _require(index, **params)
        return Tensor(index._buffer, index._address, index._layout)

    return run, inputs[0]


def _infer(index: Layout, **_: Any) -> Layout:
    return index


CHECKED = Op(
    "checked_index", _infer, _prepare, ("what", "bound", "lowest", "noun", "line"), family="engine"
)
CHECKED.anywhere = True
CHECKED.vjp(lambda g, out, index, **_: (None,))
CHECKED.batch(lambda size, batched, index, **params: apply(CHECKED, (index,), (*params.values(),)))


def checked(what: str, index: Any, bound: int, lowest: int = 0, noun: str = "index") -> Any:
    """Indices that lie in [lowest, bound), to be read in place of those given.

    Raises
    ------
    IndexBoundsError
        Naming the op, an index that is out, and the bound: here, or, if the indices are pending,
        when their values are computed, with the line of this call.
    """
    if isinstance(index, Symbol) or index.size == 0:
        return index  # a symbol's tensor was checked when the forward op was applied
    if index._at:
        if index._block.shared:  # after this, nobody may write to it
            index = Tensor.own(index)
        _require(index, what, bound, lowest, noun, "")
        return index
    state.window.checks = True
    return apply(CHECKED, (index,), (what, bound, lowest, noun, user_line()))
