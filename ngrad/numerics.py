"""`check_numerics`: which op, called on which line, first made a NaN or an infinity."""

from __future__ import annotations

from cmath import isfinite
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from ngrad.config import settings
from ngrad.cut import Cut
from ngrad.errors import NumericsError
from ngrad.evaluate import eval, known_values
from ngrad.graph.differentiate import Goal, Heard
from ngrad.graph.entries import PART_OF, Entry
from ngrad.graph.graph import Symbol
from ngrad.graph.op import Call
from ngrad.hooks import Ran, hooks
from ngrad.record import paused, state, user_line
from ngrad.scalars import number_of
from ngrad.structure import Structure, build
from ngrad.tensor import Tensor
from ngrad.window import Window


class _Lines:
    """The lines on which the entries of a window came to be.

    Attributes
    ----------
    ops : dict
        By slot, the line on which an op was called.
    gradients : list of (slot, line)
        From which slot on a gradient was recorded, for another tape, and the line that asked for
        it.
    """

    def __init__(self) -> None:
        self.ops: dict[int, str] = {}
        self.gradients: list[tuple[int, str]] = []

    def of(self, slot: int) -> str:
        line = self.ops.get(slot)
        if line is not None:
            return f"called at {line}"
        for first, line in reversed(self.gradients):
            if first <= slot:
                return f"itself in the gradient that was asked for at {line}"
        return "called on a line that was not noted"


_lines: WeakKeyDictionary[Window, _Lines] = WeakKeyDictionary()


class check_numerics:
    """Raise where a NaN or an infinity first comes to be, in an op or in a gradient.

    An op is named if its result is not finite though all its operands are; so is one whose gradient
    is not finite though the values and the gradient that reach it are. Ops run where they are
    called meanwhile, each result is looked at, and the rules of each gradient run once more than
    they need to: for debugging. It holds for the whole process.

    Parameters
    ----------
    on : bool
        Takes effect at once; as a context manager, until its end.

    Raises
    ------
    NumericsError
        Within it, naming the op and the user's line.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([1.0, 0.0])
    >>> with ngrad.debug.check_numerics():
    ...     y = ngrad.math.log(x)
    Traceback (most recent call last):
    ...
    ngrad.errors.NumericsError: log at <doctest ngrad.numerics.check_numerics[2]>:2: -inf at (1,), \
the first of 1 in shape (2,), from finite operands
    """

    def __init__(self, on: bool = True) -> None:
        self._before = _ran in hooks.listeners
        _switch(on)

    def __enter__(self) -> check_numerics:
        return self

    def __exit__(self, *exc: object) -> None:
        _switch(self._before)


def _switch(on: bool) -> None:
    told(_ran, on)
    hooks.sweep = _sweep if on else None


def told(listener: Ran, on: bool) -> None:
    """Have a listener told of each op and its result, or no longer. Ops run where they are called
    while anybody is.
    """
    if on == (listener in hooks.listeners):
        return
    if on and not hooks.listeners and state.window.trace is None:
        eval()  # what was recorded before is not looked at
    hooks.tell(listener, on)
    settings.told = bool(hooks.listeners)
    settings.decide()


# -- forward ---------------------------------------------------------------------------------------


def _ran(call: Call, inputs: tuple[Any, ...], out: Any) -> None:
    """Look at the result of an op that has run; note its line for gradients."""
    results = out if call.several else (out,)
    line = user_line()
    _note(state.window, results, line)
    wrong = _wrong(results)
    if wrong:
        beyond = {k: found for k, x in enumerate(inputs) if (found := _beyond(x)) is not None}
        if not _wrong(x for k, x in enumerate(inputs) if k not in beyond):
            why = "".join(
                [f", of which {inputs[k].dtype.name} has no {n}" for k, n in beyond.items()]
            )
            raise NumericsError(f"{call.op.name} at {line}: {wrong}, from finite operands{why}")


def _beyond(x: Tensor) -> Any:
    """The finite Python number that an operand stands for, which is not finite in its dtype; None
    of any other.
    """
    number = None if x._layout.ndim or not _wrong([x]) else number_of(x)
    return number if number is not None and isfinite(number) else None


def _note(window: Window, results: Sequence[Tensor], line: str) -> None:
    """Note the line of what a tape has heard."""
    for result in results:
        slot = window.slot_of(result)
        if slot >= 0:
            call, *slots = window.entries[slot]
            lines = _lines.setdefault(window, _Lines()).ops
            lines[slots[0] if call.op is PART_OF else slot] = line


def _wrong(values: Iterable[Tensor]) -> str:
    """What is not finite in values; empty if all are, or are integers."""
    for value in values:
        if not value._layout.dtype.is_inexact:
            continue
        array = value._view()
        bad = ~np.isfinite(array)
        count = int(np.count_nonzero(bad))
        if count:
            where = tuple(int(k) for k in np.argwhere(bad)[0])
            place = f" at {where}, the first of {count} in shape {array.shape}" if where else ""
            return f"{array[where]}{place}"
    return ""


# -- backward --------------------------------------------------------------------------------------


class _Rule(NamedTuple):
    """What one entry's rule reads and gives, as numbers of a graph's nodes.

    Attributes
    ----------
    slot : int
        The entry's.
    g, read : list of int
        The gradient of its result, and the forward values that the rule may read.
    given : list of (slot, int)
        The gradient of each operand that it flows on to.
    """

    slot: int
    g: list[int]
    read: list[int]
    given: list[tuple[int, int]]


def _numbers(symbols: Any) -> list[int]:
    if isinstance(symbols, Symbol):
        return [symbols.index]
    return [k for symbol in symbols for k in _numbers(symbol)]


def _sweep(window: Window, heard: Heard, goal: Goal) -> None:
    """Run a gradient rule by rule, and look at what each gives."""
    entries = tuple(window.entries)
    rules: list[_Rule] = []

    def told(slot: int, g: Any, read: Any, given: Any) -> None:
        made = [(k, symbol.index) for k, symbol in given]
        rules.append(_Rule(slot, _numbers(g), _numbers(read), made))

    goal = Goal(*goal)
    structure = Structure(entries, known_values(window, len(entries)), (), Heard(*heard), goal)
    graph, places, layouts = build(structure, told)
    gradients = graph.outputs
    shown = dict.fromkeys(k for k in gradients if k is not None)
    for rule in rules:
        shown |= dict.fromkeys([*rule.g, *rule.read, *(k for _, k in rule.given)])
    graph.outputs = tuple(shown)
    with paused():
        values = Cut(graph, places, layouts).run(window.kept)
    _Sweep(window, entries, goal, dict(zip(shown, values, strict=True))).look(rules, gradients)
    if state.stack:  # it will be recorded
        current = state.window
        marks = _lines.setdefault(current, _Lines()).gradients
        marks.append((len(current.entries), user_line()))


class _Sweep:
    """The values of a gradient's sweep, to be looked at from its beginning to its end."""

    def __init__(
        self,
        window: Window,
        entries: tuple[Entry, ...],
        goal: Goal,
        values: dict[int, Tensor | None],
    ) -> None:
        self.lines = _lines.get(window) or _Lines()
        self.entries, self.values = entries, values
        self.targets, _, self.sources = goal
        self.parts: dict[int, list[int]] = {}  # by slot, the gradients that flow back to it

    def wrong(self, nodes: Iterable[int]) -> str:
        return _wrong(value for k in nodes if (value := self.values[k]) is not None)

    def look(self, rules: list[_Rule], gradients: tuple[int | None, ...]) -> None:
        for rule in rules:
            self._sum(f"the result of {self._name(rule.slot)}", rule.g, (rule.slot,))
            wrong = self.wrong(k for _, k in rule.given)
            if wrong and not self.wrong([*rule.g, *rule.read]):
                raise NumericsError(
                    f"in the gradient of {self._name(rule.slot)}: {wrong}, from finite values"
                )
            for slot, k in rule.given:
                call, *operands = self.entries[slot]
                self.parts.setdefault(operands[0] if call.op is PART_OF else slot, []).append(k)
        for gradient, slots in zip(gradients, self.sources, strict=True):
            if gradient is not None:
                self._sum("a source", [gradient], slots)

    def _sum(self, what: str, g: list[int], slots: tuple[int, ...]) -> None:
        """Raise if gradients that are finite add up to one that is not."""
        wrong = self.wrong(g)
        if wrong and not any(slot in self.targets for slot in slots):
            parts = [k for slot in slots for k in self.parts.get(slot, ())]
            if not self.wrong(parts):
                raise NumericsError(
                    f"in the sum of the gradients of {what}: {wrong}, from finite ones"
                )

    def _name(self, slot: int) -> str:
        return f"{self.entries[slot][0].op.name}, {self.lines.of(slot)}"


__all__ = ["check_numerics"]
