"""`Concrete`: a function as it was recorded for one signature, and how it is replayed. One that was
recorded with open sizes is replayed at sizes for which it holds.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any

import optree

from ngrad.cut import Cut
from ngrad.forms import AtSizes, Recorded, served_at
from ngrad.giving import alone, is_large, run_over
from ngrad.graph.dims import Dim, Sizes
from ngrad.graph.entries import CONSTANT_OF, LEAF, Entry, Settled, marker
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call
from ngrad.hooks import hooks
from ngrad.nests import flatten, leaves_of, over_leaves
from ngrad.ops.bounds import Early, early
from ngrad.placeholders import opened, placeholder
from ngrad.plans import Planned, plans
from ngrad.record import copied, state
from ngrad.replayed import Recorder
from ngrad.returned import all_made, output_of
from ngrad.scalars import scalar
from ngrad.signature import Same, Signature, is_array
from ngrad.statics import Static
from ngrad.structure import Key
from ngrad.tensor import Tensor, pending, settle
from ngrad.tracing import READS, Trace
from ngrad.variable import Variable
from ngrad.window import Window

_updating = Window()
"""Whose lock is held while what variables hold is written over: two functions that wait for each
other's variables would do so for good.
"""
LAYOUTS = 64
"""Ways in which arguments lie of which a recording keeps the plans; `plans` knows more."""


def values_of(result: Any) -> Any:
    """What a function returns: a variable is what it is now, as another call may assign to it."""
    if type(result) is Tensor:
        return result
    return over_leaves(
        lambda x: x.read_value() if isinstance(x, Variable) else x,
        result,
        what="function",
        none_is_leaf=True,
    )


class Concrete:
    """A function recorded for one signature.

    Parameters
    ----------
    axes : sequence of (int, int)
        Which axes of which leaves are open.

    Attributes
    ----------
    sizes : Sizes
        The open ones; the same object for all that comes of one recording.
    again : bool
        Whether it is never run, but what was recorded is done again with tensors.
    silent : bool
        Whether there is to be none of what warns.
    anew : bool
        Whether variables were made of what each call has for itself, so that it is no recording of
        calls that find them made.
    opaque : bool
        Whether there is a `custom_gradient` in it, whose Python is called at each gradient: then a
        tape hears the function's own Python, not a replay.
    """

    again = silent = False

    def __init__(
        self,
        name: str,
        f: Callable[..., Any],
        leaves: list[Any],
        signature: Signature,
        axes: Sequence[tuple[int, int]] = (),
    ) -> None:
        parts, structure, _ = signature
        self.sizes = sizes = Sizes()
        if axes:
            parts = tuple([opened(sizes, k, part, axes) for k, part in enumerate(parts)])
        trace = Trace(name, self.again, self.silent)
        window = trace.window
        outer, swept = (state.window, state.stack, state.graph), state.swept
        try:
            READS.begin()
            state.window, state.stack, state.graph = window, [trace], None
            given: list[Any] = []
            for part, leaf in zip(parts, leaves, strict=True):
                same = type(part) is Same
                given.append(given[part.first] if same else placeholder(trace, part, leaf))
            if structure is None:
                result = f(*given)
            else:
                args, kwargs = optree.tree_unflatten(structure, given)
                result = f(*args, **kwargs)
                del args, kwargs
            result = values_of(result)
            # What arrays hold is what they are read as here: views, of arrays from outside, too.
            arrays = [leaf for leaf in leaves_of(result, "function") if is_array(leaf)]
            held = {id(leaf): leaf._read() for leaf in arrays}
        finally:
            trace.ended, sizes.open = True, False
            state.window, state.stack, state.graph = outer
            READS.end()
        del given
        self._swept = state.swept - swept  # gradients within, which each replay records again
        trace.close()
        self.anew = trace.anew
        found, self._structure = flatten(result, "function")
        self._single: bool = self._structure.is_leaf()
        wanted: list[int] = []
        self._outputs = [output_of(trace, value, wanted, held) for value in found]
        self._shows = [
            (action, [output_of(trace, value, wanted, {}) for value in leaves])
            for leaves, action in trace.shows
        ]
        assigned = trace.assigned()
        wanted += [window[value] for _, value in assigned]
        self._assigned = [variable for variable, _ in assigned]
        self._wanted = tuple(wanted)
        self._recorded = tuple(window.entries)
        self._settled: Settled | None = None
        self._plans: dict[tuple[int, ...], Recorded] = {}  # of open sizes
        self._given: tuple[int, ...] = ()  # what these are
        self._reads, self._asked, self._heard = trace.reads(), trace.asked, trace.heard
        self._captured, self._copies, self._after = trace.captured, trace.copies, trace.after()
        places = [k for k, part in enumerate(parts) if type(part) not in (Static, Same)]
        self._arguments = list(zip(trace.arguments, places, strict=True))
        self._constants = {slot: self._constant(slot, value) for slot, value in window.kept.items()}
        self.opaque, self._checks = window.opaque, window.checks
        if self.again:
            self._results, self._stood = window.results if self.opaque else {}, trace.stood
        self._early = self._checked_early()
        slots = [*trace.arguments, *(k for k, _ in self._asked), *(k for k, _ in self._reads)]
        self._places = [k for k in slots if k >= 0 and self._entries[k][0].op is LEAF]
        self._planned: dict[tuple[tuple[Layout, ...], tuple[int, ...]], Planned] = {}
        self._cuts: dict[tuple[tuple[Layout, ...], tuple[int, ...]], AtSizes] = {}
        read = {id(variable): slot for slot, variable in self._reads}
        replaced = [read[id(variable)] for variable in self._assigned if id(variable) in read]
        self._replaced = [slot for slot in replaced if is_large(self._entries[slot][0].spec)]
        window.kept.clear()  # a tensor that leaked may hold the window for long
        window.clear()
        trace.let_go()

    def gives_back(self) -> bool:
        """Whether a result is, or shows, a value that was there, of an argument for instance."""
        for slot in self._wanted:
            call, *slots = self._entries[slot]
            while call.view:
                call, *slots = self._entries[slots[0]]
            if call.op is LEAF:
                return True
        return False

    def _checked_early(self) -> Early:
        """What is checked of arguments before the rest runs."""
        slots = [slot for slot, _ in self._arguments if slot >= 0]
        given = {slot for slot in slots if self._entries[slot][0].op is LEAF}
        return early(self._entries, self._wanted, given)

    def _constant(self, slot: int, value: Any) -> Any:
        if type(value) is Call:
            return value if value.open else value.run()
        if type(value) is Tensor or isinstance(value, Dim):
            return value
        where = self._spec(slot)
        return scalar(value, where.dtype, where.device)

    def at(self, given: Sequence[int]) -> Concrete | None:
        """The same for open sizes that are given; None if it does not hold for them."""
        values = self.sizes.at(given)
        if values is None:
            return None
        found, settled = copy.copy(self), Settled(lambda size: size.at(values), values)
        found.__dict__.pop("_entries", None)
        found._settled, found._given = settled, tuple(given)
        found._outputs = [(k, settled(value)) for k, value in self._outputs]
        found._shows = [
            (action, [(k, settled(value)) for k, value in leaves]) for action, leaves in self._shows
        ]
        found._constants = {
            slot: found._constant(slot, settled(value)) for slot, value in self._constants.items()
        }
        found._early = self._early.settled(settled)
        found._cuts, found._planned = {}, {}
        return found

    @functools.cached_property
    def _entries(self) -> tuple[Entry, ...]:
        """What was recorded. At sizes it is not asked for where a plan for many serves."""
        settled, recorded = self._settled, self._recorded
        return recorded if settled is None else settled.entries(recorded)

    def _spec(self, slot: int) -> Layout:
        """The layout of a slot."""
        where = self._recorded[slot][0].spec
        found: Layout = where if self._settled is None else self._settled(where)
        return found

    def __call__(self, leaves: list[Any]) -> Any:
        values = self._constants.copy()
        for slot, k in self._arguments:
            values[slot] = leaves[k]
        for slot, variable in self._reads:
            values[slot] = variable._held
        for slot, make in self._asked:
            values[slot] = make()
        for slot, number in self._copies:
            values[slot] = values[number]
        if state.stack:
            results = self._record(values)
            state.swept += self._swept
        else:
            results = self._run(values)
        for k, x in enumerate(results):
            if x is not None and x._at and x._block.shared:  # others may write to it
                results[k] = copied(x)
        for show, leaves_shown in self._shows:
            show(all_made(leaves_shown, results))
        for action in self._after:
            action()
        made = all_made(self._outputs, results)
        return made[0] if self._single else optree.tree_unflatten(self._structure, made)

    # -- a run -------------------------------------------------------------------------------------

    def _run(self, values: dict[int, Any]) -> list[Any]:
        for slot in self._places:
            if not values[slot]._at:  # no name for it, which would be one more holder
                Tensor.evaluate(values[slot])
        self._early.require(values)
        layouts = tuple([values[slot]._layout for slot in self._places])
        slots: tuple[int, ...] = ()
        if self._replaced and not self._early.late:
            slots = alone(values, self._replaced, 2)  # beside them, a variable has each
        cut = self._cut_for(layouts, slots)
        if cut.over:
            found = self._run_over(values, slots, cut)
            if found is not None:
                return found
            cut = self._cut_for(layouts)
        results: list[Any] = cut.run(values)
        if self._assigned:
            count = len(results) - len(self._assigned)
            for variable, value in zip(self._assigned, results[count:], strict=True):
                variable._take(value)
        return results

    def _cut_for(self, layouts: tuple[Layout, ...], given: tuple[int, ...] = ()) -> Cut | AtSizes:
        way = layouts, given
        cut = self._cuts.get(way)
        # What has a plan of its own goes on with it: to look for another takes time at each call.
        if cut is None and self._settled is not None and way not in self._planned:
            cut = self._served(layouts, given)
            if cut is not None:
                self._cuts[way] = cut
        if cut is None or hooks.execute is not None:  # whoever asks for steps wants such a plan
            return self._planned_for(layouts, given).ready()
        return cut

    def _served(self, layouts: tuple[Layout, ...], given: tuple[int, ...]) -> AtSizes | None:
        """A plan for many sizes, of values that lie as they were recorded: in rows."""
        if any(where is not self._spec(k) for k, where in zip(self._places, layouts, strict=True)):
            return None
        plans = self._plans.get(given)  # those of the recording, at whatever sizes
        if plans is None:
            key = (self._early.entries, (), self._wanted, None, None)
            plans = self._plans[given] = Recorded(self.sizes, (*key, given) if given else key)
        return served_at(plans, self._given)

    def _planned_for(self, layouts: tuple[Layout, ...], given: tuple[int, ...] = ()) -> Planned:
        planned = self._planned.get((layouts, given))
        if planned is None:
            if len(self._planned) >= LAYOUTS:
                self._planned.clear()
            key = self._key(layouts)
            planned = self._planned[layouts, given] = plans[(*key, given) if given else key]
        return planned

    def _run_over(
        self, values: dict[int, Any], slots: tuple[int, ...], cut: Cut | AtSizes
    ) -> list[Any] | None:
        """Write over what variables held, if it can be. Meanwhile they hold what is pending in a
        window that is locked: another thread that looks at one waits for it.
        """
        window = Window()
        results: list[Any] = []
        count = len(self._wanted) - len(self._assigned)
        wheres = [self._spec(slot) for slot in self._wanted[count:]]
        waits = [pending(window, k, where) for k, where in enumerate(wheres)]

        def tell(found: Sequence[Any]) -> None:
            results.extend(found)
            for tensor, value in zip(waits, found[count:], strict=True):
                settle(tensor, value)
                tensor._window = None

        with _updating.lock(), window.lock():
            before = [variable._held for variable in self._assigned]
            try:
                for variable, tensor in zip(self._assigned, waits, strict=True):
                    variable._held = tensor
                # From here on nobody finds the values: whoever did is among their holders.
                if alone(values, slots, 2) == slots:
                    run_over(values, slots, cut.run_over, tell)
            finally:
                if not results:  # given up: they hold what they held, for whoever waited too
                    for variable, old, tensor in zip(self._assigned, before, waits, strict=True):
                        variable._held = old
                        if not old._at:
                            Tensor.evaluate(old)
                        settle(tensor, old)
                        tensor._window = None
        return results or None

    def _key(self, layouts: tuple[Layout, ...]) -> Key:
        settled = self._settled
        entries = list(settled.entries(self._early.entries) if settled else self._early.entries)
        for slot, where in zip(self._places, layouts, strict=True):
            entries[slot] = (marker(LEAF, (), where),)
        return tuple(entries), (), self._wanted, None, None

    def planned(self) -> Planned:
        """How it runs: for what it was last given, or for values in row-major order."""
        if self._planned:
            return next(reversed(self._planned.values()))
        return plans[self._key(tuple([self._entries[k][0].spec for k in self._places]))]

    # -- a recording -------------------------------------------------------------------------------

    def _record(self, values: dict[int, Any]) -> list[Any]:
        """What was recorded, recorded again where it is called, for the tapes that listen."""
        window = state.window
        if window.trace is not None or self._early.require(values, pending=False):
            return self._noted(values, window)
        # An index that is to be computed may be out of bounds: then no variable is assigned to.
        before = [(variable, variable._held) for variable in self._assigned]
        results = self._noted(values, window)
        if before:
            try:
                for x in results:
                    if not x._at:
                        Tensor.evaluate(x)
            except BaseException:
                for variable, held in before:
                    variable._held = held
                raise
        return results

    def _noted(self, values: dict[int, Any], window: Window) -> list[Any]:
        """The same, whatever indices are."""
        window.checks |= self._checks
        tensors: list[Any] = []  # by slot
        slots: list[int] = []
        heard = iter([*self._heard, (len(self._entries), None)])
        when, again = next(heard)
        for slot, entry in enumerate(self._entries):
            while when <= slot and again is not None:
                again(tensors)
                when, again = next(heard)
            where, tensor = self._again(window, entry, slots, values.get(slot))
            slots.append(where)
            tensors.append(tensor)
        while again is not None:
            again(tensors)
            _, again = next(heard)
        for slot in self._wanted:
            if type(tensors[slot]) is not Tensor:  # a number, of which the window keeps no tensor
                spec = self._entries[slot][0].spec
                tensors[slot] = scalar(tensors[slot], spec.dtype, spec.device)
        return [tensors[slot] for slot in self._wanted]

    @staticmethod
    def _again(window: Window, entry: Entry, slots: list[int], value: Any) -> tuple[int, Any]:
        call, *inputs = entry
        if call.op is CONSTANT_OF:
            return window.note((call,), value), value
        if value is not None:
            if type(value) is not Tensor:
                return window.number(value, call.spec), value
            return window[value], value
        places = [slots[k] for k in inputs]
        if call.several:
            return window.note((call, *places)), None
        tensor = window.append(call, tuple(places))
        return tensor._slot, tensor


class Silent(Concrete):
    """A recording of what does not warn, of which nobody knows who calls."""

    silent = True


Recorder.make = Silent
