"""What a `function` asks for at every call: `Trace`.

The Python of a `function` runs once, in a window that is planned and replayed. What must not be
frozen by that is told to the window's trace: arguments, variables, and what the library counts for
itself (draws, steps of optimizers).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import ref

from ngrad.config import settings
from ngrad.constants import constant
from ngrad.dtypes import DType
from ngrad.errors import TraceError
from ngrad.graph.entries import SCALAR, marker
from ngrad.graph.layout import Layout, layout
from ngrad.record import next_uid, state, user_line
from ngrad.scalars import scalar
from ngrad.tensor import Tensor
from ngrad.window import Window

Tensors = list[Any]


class Reads:
    """What is told when recordings begin, and when there are none any more: arrays, which are read
    by them only then.
    """

    def __init__(self) -> None:
        self.switch: Callable[[bool], None] = lambda on: None
        self._count, self._lock = 0, threading.RLock()

    def begin(self) -> None:
        """One more."""
        with self._lock:
            self._count += 1
            self.switch(True)

    def end(self) -> None:
        """One less."""
        with self._lock:
            self._count -= 1
            self.switch(self._count > 0)


READS = Reads()


def _after_fork() -> None:
    READS._lock = threading.RLock()
    READS._count = int(state.window.trace is not None)  # no other thread's
    READS.switch(READS._count > 0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Trace:
    """A recording of a function, while its Python runs; the first of that thread's recorders.

    Attributes
    ----------
    waits : bool
        Whether tensors from outside, too, need have no values yet: what was recorded is not run,
        but done again.
    silent : bool
        Whether who calls does not know that a recording is what runs, so that none may be made of
        what warns, or looks at values.
    window : Window
    since : int
        A number that is less than those of all variables and arrays that are made here.
    arguments : list of int
        The slots of arguments.
    turned : set of int
        Of these, those of arrays that do not lie in rows.
    asked : list of (int, callable)
        What the library asks itself at each call, in order: a number or a tensor for a slot, or
        something to be done, for the slot -1.
    copies : list of (int, int)
        Slots of numbers on a device, and those of the same numbers on the CPU.
    captured : list
        What was there before, or is still there when the Python has returned, and calls ask.
    anew : bool
        Whether to record once more, as variables were made of what each call has for itself: they
        are there by then.
    heard : list of (int, callable)
        What happens before which entry that a tape outside may hear of: done again, for the tensors
        of all slots before it, where the recording is recorded itself.
    stood : dict
        By slot, what was computed for a batch where the recording was done again, of values whose
        tensors somebody holds; and whether there is one for each example.
    around : tuple of dict
        The same of other recordings, of which the function that is recorded may hold tensors: those
        that it was made in.
    """

    def __init__(self, name: str, waits: bool = False, silent: bool = False) -> None:
        self.name, self.waits, self.silent = name, waits, silent
        self.ended, self.anew, self.since = False, False, next_uid()
        self.arguments: list[int] = []
        self.turned: set[int] = set()
        self.asked: list[tuple[int, Callable[[], Any]]] = []
        self.copies: list[tuple[int, int]] = []
        self.shows: list[tuple[list[Any], Callable[[list[Any]], None]]] = []
        self._after: list[tuple[Any, Tensor, Callable[[], None]]] = []
        self.heard: list[tuple[int, Callable[[Tensors], None]]] = []
        self.stood: dict[int, tuple[Any, bool]] = {}
        self.around: tuple[dict[int, tuple[Any, bool]], ...] = ()
        self.window = Window(self)
        # By uid: the variable; from which slot it is read, if it is; the value it holds now.
        self._variables: dict[int, tuple[ref[Any], int, Tensor]] = {}
        self.captured: list[Any] = []
        self._initial: dict[int, Tensor] = {}  # of those that were made here
        self._updates: dict[int, tuple[int, Any]] = {}
        self._made: list[tuple[ref[Any], Callable[[bool], None]]] = []

    def argument(self, where: Layout, number: bool = False) -> Tensor:
        """A placeholder of an argument."""
        self.arguments.append(len(self.window.entries))
        return self.window.placeholder(marker(SCALAR, (), where) if number else None, where)

    def ask(self, make: Callable[[], Any], where: Layout, number: bool = False) -> Tensor:
        """A placeholder of what `make` gives at each call."""
        self.asked.append((len(self.window.entries), make))
        return self.window.placeholder(marker(SCALAR, (), where) if number else None, where)

    def elsewhere(self, slot: int, where: Layout) -> int:
        """The slot of another placeholder, on a device, of a number that is asked for."""
        copy = self.window.note((marker(SCALAR, (), where),))
        self.copies.append((copy, slot))
        return copy

    def repeat(self, action: Callable[[], Any]) -> None:
        """Do this at each call."""
        self.asked.append((-1, action))

    # -- variables, and arrays from outside --------------------------------------------------------

    def _capture(self, variable: Any) -> Any:
        if variable._uid not in self._initial:
            self.captured.append(variable)
        return ref(variable)

    def value_of(self, variable: Any, held: Tensor) -> Tensor:
        """What a variable holds at this point of the program."""
        found = self._variables.get(variable._uid)
        if found is None:
            if self.waits and _is_left(held):
                return held
            slot = len(self.window.entries)
            value = self.window.placeholder(None, held._layout.spec)
            found = self._variables[variable._uid] = self._capture(variable), slot, value
        return found[2]

    def assign(self, variable: Any, value: Tensor) -> None:
        """From here on a variable holds another value."""
        found = self._variables.get(variable._uid)
        slot = -1 if found is None else found[1]
        at, holder = self.window[value], self._capture(variable)
        self._variables[variable._uid] = holder, slot, value

        def again(tensors: Tensors) -> None:
            variable = holder()
            if variable is not None:
                variable._held = tensors[at]

        self.heard.append((len(self.window.entries), again))

    def initial(self, value: Tensor) -> Tensor | None:
        """What a variable that is made here holds at first: computed now, drawn numbers and what
        other variables hold, too. None if it follows from arguments.
        """
        if value._window is not self.window:
            return None
        found = constant(self.window, value._slot)
        if found is None:
            given = {slot: make for slot, make in self.asked if slot >= 0}
            given |= {slot: partial(getattr, v, "_held") for slot, v in self.reads()}
            found = constant(self.window, value._slot, given)
            self.anew |= found is not None
        return found

    def make(self, variable: Any, initial: Tensor) -> None:
        """A variable is made here."""
        self._initial[variable._uid] = initial

    def reads(self) -> list[tuple[int, Any]]:
        """The variables that are read, and at which slots."""
        found = [(slot, holder()) for holder, slot, _ in self._variables.values() if slot >= 0]
        return [(slot, variable) for slot, variable in found if variable is not None]

    def assigned(self) -> list[tuple[Any, Tensor]]:
        """The variables that are assigned to, and what."""
        found = [
            (holder(), value)
            for holder, slot, value in self._variables.values()
            if value._window is not self.window or value._slot != slot
        ]
        return [(variable, value) for variable, value in found if variable is not None]

    def updates(self, counter: Any, more: int = 0) -> int:
        """How often an optimizer has updated so far within this recording; from now on, more."""
        count, left = self._updates.get(counter._uid, (0, None))
        found = self._variables.get(counter._uid)
        now = None if found is None or found[1] == found[2]._slot else found[2]
        if more:
            self._updates[counter._uid] = count + more, now
        elif now is not left:
            raise TraceError(
                f"function {self.name}: assigns to an optimizer's `iterations` before an update; "
                "assign to it outside"
            )
        return count

    def then(self, variable: Any, action: Callable[[], None]) -> None:
        """Do this after each call, if the variable ends it with the value that it has now."""
        self._after.append((variable, self._variables[variable._uid][2], action))

    def show(self, leaves: list[Any], action: Callable[[list[Any]], None]) -> None:
        """After each call, before what `then` does, give values to an action: what the tensors
        among them hold in that call.
        """
        self.shows.append((leaves, action))

    def after(self) -> list[Callable[[], None]]:
        """What is done after each call."""
        return [
            action
            for variable, value, action in self._after
            if self._variables[variable._uid][2] is value
        ]

    # -- what the recording made -------------------------------------------------------------------

    def hold(self, thing: Any) -> None:
        """Keep what the calls will ask."""
        self.captured.append(thing)

    def make_other(self, made: Any, settle: Callable[[bool], None]) -> None:
        """Something else with a state is made here; at the end tell whether it is still there."""
        self._made.append((ref(made), settle))

    def makes(self, thing: Any) -> bool:
        """Whether it was made here."""
        return any(made() is thing for made, _ in self._made)

    def close(self) -> None:
        """The Python has returned. What it made and nobody holds is made anew at each call; what
        somebody holds was made once.
        """
        self.ended = True
        for uid, (holder, slot, _) in self._variables.items():
            if slot >= 0 and holder() is None:
                self.window.keep(slot, self._initial[uid])
        for made, settle in self._made:
            thing = made()
            self.captured.append(thing)
            settle(thing is not None)

    def let_go(self) -> None:
        """What was found belongs to whoever replays it. A window and its trace hold one
        another: they would be there until Python's collector comes.
        """
        del self.window
        self._variables, self._initial, self._updates = {}, {}, {}
        self.captured, self.heard, self.asked, self._after, self._made = [], [], [], [], []
        self.shows = []

    # -- a recorder --------------------------------------------------------------------------------

    def variable_read(self, variable: Any) -> None:
        # One that is made here may be gone when the Python has returned.
        holder = ref(variable) if variable._uid in self._initial else lambda: variable

        def again(_: Tensors) -> None:
            there = holder()
            if there is not None:
                for recorder in state.stack:
                    recorder.variable_read(there)

        self.heard.append((len(self.window.entries), again))

    def follows(self, uid: int) -> bool:
        return False

    def pause(self) -> None:
        self.heard.append((len(self.window.entries), _pause))

    def resume(self) -> None:
        self.heard.append((len(self.window.entries), _resume))

    # -- errors ------------------------------------------------------------------------------------

    def require_own(self, uid: int, what: str) -> None:
        """Raise if what has a number was there before: what is assigned to it here, is once.

        Raises
        ------
        TraceError
        """
        if uid < self.since:
            raise TraceError(
                f"function {self.name}: {user_line()} assigns to {what} from outside, which calls "
                "would not do again; pass it as an argument and return what it becomes, or make "
                "it a Variable"
            )

    def refuse(self) -> TraceError:
        """The error of whoever looks at a value, with the line that did."""
        if self.ended:
            return TraceError(
                f"function {self.name}: {user_line()} uses a tensor that was made while the "
                "function was recorded; return it from the function to use it outside"
            )
        return TraceError(
            f"function {self.name}: {user_line()} asks for the value of a tensor, or of a Python "
            "float that is an argument or drawn, while the function is recorded, when there is "
            "none; use ngrad.where instead of `if` and `cond`, a known number of turns in a loop, "
            "ngrad.gather(x, i + ngrad.range(n)) for the n elements from i on, x.shape for sizes, "
            "look at it outside, or pass a number that decides what is computed as an int, bool or "
            "str"
        )


def _is_left(x: Tensor) -> bool:
    """Whether a tensor is what is left of a recording that has ended."""
    window = x._window
    if x._at or type(window) is not Window or window.trace is None:
        return False
    ended: bool = window.trace.ended
    return ended


def _pause(_: Tensors) -> None:
    for recorder in state.stack:
        recorder.pause()


def _resume(_: Tensors) -> None:
    for recorder in state.stack:
        recorder.resume()


# -- what the library counts for itself ------------------------------------------------------------


def made_here(thing: Any, what: str) -> None:
    """In a `function`, refuse what has a state and is gone when the function has been recorded."""
    trace = state.window.trace
    if trace is None:
        return

    def settle(lives: bool) -> None:
        if not lives:
            raise TraceError(f"function {trace.name}: makes {what} at every call; make it outside")

    trace.make_other(thing, settle)


def held_weakly(thing: Any) -> Callable[[], Any]:
    """What gives a thing that calls of a `function` ask; kept by the function, unless made in it,
    when it must be somebody else's.
    """
    trace = state.window.trace
    if trace is None:
        return lambda: thing
    if not trace.makes(thing):
        trace.hold(thing)
    return ref(thing)


def host(make: Callable[[], Any], dtype: DType) -> Tensor:
    """A number that the library counts: in a `function`, asked for at every call."""
    trace = state.window.trace
    if trace is not None:
        found: Tensor = trace.ask(make, layout(dtype, ()), number=True)
        return found
    return scalar(make(), dtype) if settings.eager else state.window.argument(make(), dtype)


def host_tensor(make: Callable[[], Tensor], where: Layout) -> Tensor:
    """A tensor that the library counts with: in a `function`, asked for at every call."""
    trace = state.window.trace
    return make() if trace is None else trace.ask(make, where)


def looked_at(values: list[Any], look: Callable[[list[Any]], None]) -> None:
    """Have something look at values: now, or, in a `function`, after each call has computed all."""
    trace = state.window.trace
    if trace is None:
        look(values)
    else:
        trace.show(values, look)


def each_call(action: Callable[[], Any]) -> None:
    """Do what changes the library's state: now, or, in a `function`, at every call."""
    trace = state.window.trace
    if trace is None:
        action()
    else:
        trace.repeat(action)
