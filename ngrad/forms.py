"""Forms: structures that differ in sizes alone, and share plans.

A program that meets other sizes at each step records the same ops over the same slots. To trace,
differentiate, fuse and prepare it for each of them takes many times as long as to run it. So once
more came than a program has that goes on with a few sizes, one plan is made with open sizes: what
two of them have in common (`graph/opened.py`) is planned as any structure is, in numbers that
follow from sizes (`graph/dims.py`), and laid out for each (`sized.py`). What a size decided on the
way is a guard. A plan serves a structure if its guards hold, and if with these sizes it is that
structure in full: what two had in common by chance does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ngrad.background import compiler, failed
from ngrad.config import settings
from ngrad.graph.cost import Cost, counters
from ngrad.graph.dims import OneSize, Sizes
from ngrad.graph.entries import LEAF, SCALAR, Entry, Settled
from ngrad.graph.formulas import parts
from ngrad.graph.fuse import fuse
from ngrad.graph.gather import gather
from ngrad.graph.opened import Different, Opened, number_at
from ngrad.graph.plan import Plan
from ngrad.replay import Replay
from ngrad.scalars import scalar
from ngrad.schedule import written_inputs
from ngrad.sized import Sized
from ngrad.structure import Key, build, structure_of
from ngrad.tensor import Tensor
from ngrad_kernels.garbage import uncollected

Tell = Callable[[list[Tensor | None]], None]
MANY = 4
"""Structures of a form from which on more are likely to come."""
PLANS = 16
"""Plans that are kept of a form: for ranges of sizes, and where others were taken to be open."""
COSTLY = 3
"""More plans that one counts for which was planned for nothing: the next may be, too."""
PAID = 8
"""Structures that are served for each plan that is tried when there were so many."""
LONGEST = 1 << 11
"""Entries of the longest structure that is looked at: of those that come once, programs that are
longer each time are most, and have no form in common.
"""
GIVEN = LEAF, SCALAR
FORMS_LIMIT = 256
SOME = 16
"""New forms after which it is asked how many entries there are in all."""
ENTRIES_LIMIT = 1 << 16
"""Entries of all structures that are kept to be compared, and of their plans: of each some two
kilobytes.
"""


class AtSizes:
    """A plan with open sizes at some; as a `Cut`."""

    __slots__ = ("cost", "over", "replay")

    def __init__(self, replay: Replay, cost: Cost, over: bool) -> None:
        self.replay, self.cost, self.over = replay, cost, over

    def run(self, kept: Mapping[int, Any], tell: Tell | None = None) -> list[Tensor | None]:
        """The outputs, for values by slot; `tell` as `Cut.run_over` has it."""
        self.cost.runs += 1
        return self.replay.run(kept, tell)

    run_over = run


class Open:
    """A structure with open sizes, and once it is fused its plan.

    Parameters
    ----------
    ranges : Ranges
        For one of which it is to be the plan.
    sizes : Sizes
    key : Key
        The structure.

    Attributes
    ----------
    tried : int
        2 while it waits, and after; less after a fork, where nobody fuses it.
    done : bool
        Whether it was fused, or cannot be.
    """

    def __init__(self, ranges: Ranges, sizes: Sizes, key: Key) -> None:
        self._ranges, self._sizes, self.key = ranges, sizes, key
        self.tried, self.done, self._over = 2, False, False
        self._sized: Sized | None = None

    @uncollected
    def fuse(self) -> None:
        """Plan it, if it is all launches on the CPU that are not too large."""
        structure = structure_of(self.key)
        try:
            graph, places, layouts = build(structure)
            given = [k for k, slot in enumerate(places) if slot in structure.given]
            plan = Plan.of(gather(fuse(graph, layouts, given)), layouts, scalar)
            loads = tuple([(places[k], layouts[k]) for k in plan.inputs])
            self._over = bool(written_inputs(plan))
            replay = Replay.of(plan, loads, self._over)
            if replay is not None:
                self._sized = Sized(plan, replay, self._sizes)
            elif any(step.call.program is None for step in plan.steps):
                self._ranges.none = True  # whatever the sizes
        except OneSize:
            self._ranges.tried += COSTLY
            return
        finally:
            self._sizes.open, self.done = False, True
        self._ranges.known = [self, *self._ranges.known[: PLANS - 1]]
        counters["fused"] += self._sized is not None

    def settled(self, what: Any) -> tuple[int, ...] | None:
        """The values of its atoms where open sizes are these; None if it does not hold there."""
        return self._sizes.at(what)

    def at(self, values: Sequence[int]) -> AtSizes | None:
        """The plan at these; None if what it computes is too large in this range."""
        if self._sized is None:
            return None
        counters["sized"] += 1
        return AtSizes(*self._sized.at(values), self._over)


class Ranges:
    """Plans, each for a range of sizes.

    Attributes
    ----------
    known : list of Open
        That are fused; the one that served last is the first.
    tried, served : int
        How many were to be, and how often one served.
    none : bool
        Whether there can be none.
    """

    def __init__(self) -> None:
        self.known: list[Open] = []
        self._asked: Open | None = None
        self.tried = self.served = 0
        self.none = False

    def found(self, what: Any) -> tuple[bool, AtSizes | None]:
        """Whether one is known that is for this, and its plan."""
        for plan in self.known:
            values = plan.settled(what)
            if values is not None:
                if plan is not self.known[0]:  # no lock: threads that meet lose a plan at worst
                    self.known = [plan, *[other for other in self.known if other is not plan]]
                self.served += 1
                return True, plan.at(values)
        return False, None

    def is_worth(self) -> bool:
        """Whether another one is to be tried: not while the last one is fused, which may serve."""
        asked = self._asked
        if self.none or (asked is not None and asked.tried == 2 and not asked.done):
            return False
        return self.tried < PLANS + self.served // PAID

    def ask(self, plan: Open, what: Any) -> AtSizes | None:
        """Have one fused, and its plan for this if it is by now."""
        self.tried, self._asked = self.tried + 1, plan
        if settings.fusion != "wait":
            compiler.compile(plan)
            return None
        plan.fuse()
        return self.found(what)[1]


class Alike(Open):
    """What two structures of a form have in common.

    Raises
    ------
    Different
        If they differ in more than sizes.
    """

    def __init__(self, form: Form, first: Key, second: Key) -> None:
        opened = Opened(first[0], second[0], first[1], second[1])
        super().__init__(form, opened.sizes, (opened.entries, opened.known, *second[2:]))
        self._places = opened.places
        # What a structure has to have: whole calls, layouts of values from outside, and what ops
        # are told.
        calls = [(slot, call) for slot, (call, *_) in enumerate(opened.entries)]
        self._calls = [(slot, call) for slot, call in calls if not call.open]
        others = [(slot, call) for slot, call in calls if call.open]
        self._leaves = [slot for slot, call in others if call.op in GIVEN]
        self._told = [slot for slot, call in others if call.op not in GIVEN and call.params]
        self._has: Callable[..., Any] | None = None

    def settled(self, what: Key) -> tuple[int, ...] | None:
        """The values of its atoms where it is this structure; None if it never is."""
        entries, known, *_ = what
        for slot, call in self._calls:
            if entries[slot][0] is not call:
                return None
        try:
            values = super().settled([number_at(entries, place) for place in self._places])
        except (IndexError, TypeError):
            return None
        if values is None:
            return None
        has = self._has or self._expected()
        leaves = tuple([entries[slot][0].spec for slot in self._leaves])
        told = tuple([entries[slot][0].params for slot in self._told])
        return values if (leaves, told, known) == has(*values) else None

    def _expected(self) -> Callable[..., Any]:
        """What gives that for values, now that all atoms are known."""
        entries, known, *_ = self.key
        leaves = tuple([entries[slot][0].spec for slot in self._leaves])
        told = tuple([entries[slot][0].params for slot in self._told])
        self._has = parts(self._sizes, (leaves, told, known))
        return self._has


class Form(Ranges):
    """The structures that have the same ops over the same slots.

    Attributes
    ----------
    came : int
        How many did that no plan serves.
    last : Key
        The last of these.
    size : int
        Entries of each.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.came, self.last, self.size = 0, (), size

    def at(self, key: Key) -> AtSizes | None:
        """A plan that serves a structure, if there is one; one is asked for if there should be."""
        known, cut = self.found(key)
        if known:
            return cut
        self.came += 1
        before, self.last = self.last, key
        if self.came < MANY or not self.is_worth():
            return None
        try:
            plan = Alike(self, before, key)
        except (Different, OneSize):
            self.tried += 1
            return None
        return self.ask(plan, key)


class Recorded(Ranges):
    """The plans of a recording with open sizes, for all sizes at which it holds.

    Parameters
    ----------
    sizes : Sizes
    key : Key
        What was recorded.
    """

    def __init__(self, sizes: Sizes, key: Key) -> None:
        super().__init__()
        self._sizes, self._key, self._came = sizes, key, False

    def at(self, given: Sequence[int]) -> AtSizes | None:
        """The plan at these sizes. None at the first, which may be all, and if there is none."""
        known, cut = self.found(given)
        first, self._came = not self._came, True
        if known or first or settings.fusion == "off" or not self.is_worth():
            return cut
        try:
            sizes, moved = self._sizes.anew(given)
            entries = Settled(moved).entries(self._key[0])
        except OneSize:
            self.tried += COSTLY
            return None
        return self.ask(Open(self, sizes, (entries, *self._key[1:])), given)


class _Forms(dict[Any, Form]):
    """By what structures of a form have in common: those that came lately, as many as have so many
    entries in all. No ordered dictionary, which hashes a key again to show what is there.
    """

    news = 0

    def of(self, alike: Any) -> Form:
        """The form, from now on the last that came. No lock: threads that meet lose what they saw,
        at worst.
        """
        form = self.pop(alike, None)
        if form is None:
            form = Form(len(alike[0]))
            self.news += 1
        self[alike] = form
        if len(self) > FORMS_LIMIT or self.news >= SOME:
            self._let_go()
        return form

    def _let_go(self) -> None:
        """Of those that came first, as many go as there are too many."""
        self.news = 0
        sizes = [form.size * (1 + len(form.known)) for form in list(self.values())]
        total = sum(sizes)
        for size, key in zip(sizes[:-1], list(self), strict=False):
            if total <= ENTRIES_LIMIT and len(self) <= FORMS_LIMIT:
                break
            self.pop(key, None)
            total -= size


forms = _Forms()


def served(key: Key) -> AtSizes | None:
    """A plan for a structure that comes for the first time, of its form; None if there is none."""
    entries, known, *rest = key
    if settings.fusion == "off" or known is None or len(entries) > LONGEST:
        return None
    alike = tuple(map(_line, entries)), tuple([slot for slot, _ in known]), *rest
    return _unless_it_fails(forms.of(alike).at, key)


def served_at(recorded: Recorded, given: Sequence[int]) -> AtSizes | None:
    """A plan of a recording at sizes; None if there is none."""
    return _unless_it_fails(recorded.at, given)


def _unless_it_fails(at: Callable[[Any], AtSizes | None], what: Any) -> AtSizes | None:
    try:
        return at(what)
    except Exception as error:
        if settings.fusion == "wait":
            raise
        failed(error)
        return None


def _line(entry: Entry) -> tuple[Any, ...]:
    """What of an entry no size decides."""
    call = entry[0]
    if len(entry) > 1:
        return call.op, *entry[1:]
    return call.op, call.spec.dtype, call.spec.ndim
