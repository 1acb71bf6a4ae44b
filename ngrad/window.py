"""`Window`: what a thread recorded, and what of it has been run.

Its lines are calls, and where in the window their operands stand. Who holds a result is known by
weak references; what was given from outside is kept.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar
from weakref import ref

import numpy as np

from ngrad.devices import HOST, Device
from ngrad.dtypes import DType
from ngrad.graph.cost import Cost
from ngrad.graph.entries import CONSTANT_OF, LEAF, PART_OF, SCALAR, Entry, leaf, marker
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Call
from ngrad.scalars import scalar
from ngrad.tensor import Tensor, pending
from ngrad_kernels.machine import MOST
from ngrad_kernels.native import weak
from ngrad_kernels.recording import Kinds, recorders

LIMIT = 256
"""Entries after which a window that no tape reads is run."""
AT_ONCE = -1
"""The limit of a window whose next call reads memory that others may write to."""
PINNED = 1 << 26
"""Bytes of values that only pending work holds, after which it is run."""


class Claim:
    """What tapes hold of a window while they may ask for its values once more."""

    __slots__ = ("__weakref__",)


_nobody: Callable[[], Claim | None] = weak(Claim())
"""A reference to a claim that is gone."""


class Window(dict[Tensor, int]):
    """A run of recorded work; as a mapping, the slots of the tensors that it keeps. `window[x]` is
    where x stands, and makes a leaf of one that does not: most operands are found without a call.

    Attributes
    ----------
    entries : list of Entry
    results : dict
        By slot, weakly, the tensors of values. A value that nobody holds when the window is run is
        not stored.
    kept : dict
        By slot, the values that are there: tensors from outside, Python numbers, and what a tape
        needs of what was run.
    left : list of int
        Slots of values that a variable held until it was assigned to.
    computed : dict
        Slots by `id` of tensors that were computed and may be gone.
    done : int
        Entries before this one were run.
    readers : int
        Tapes that are recording: while there are any, the window goes on after it was run.
    claimed : weak reference
        To the claim of tapes that may ask for the values of this window once more, if there are
        any: so nothing has to be done where one of them dies.
    twins : dict, optional
        By slot, earlier ones of the same tensor: it stood here as a leaf, and then a tape brought
        how it was computed.
    ahead, opaque, checks : bool
        Whether values may be there of entries from `done` on, of those there are entries of a
        user's Python, or that check indices.
    inlines : bool
        Whether a `function` that is called meanwhile is its Python, as part of what is recorded.
    """

    __slots__ = (
        "__weakref__", "_epoch", "_lock", "ahead", "checks", "claimed", "computed", "done",
        "entries", "inlines", "kept", "left", "limit", "numbers", "opaque", "readers", "results",
        "room", "trace", "twins",
    )  # fmt: skip
    __eq__, __repr__ = object.__eq__, object.__repr__  # a window is itself, whatever it keeps
    __hash__ = object.__hash__  # type: ignore[assignment]

    run: ClassVar[Callable[[Window], None]]
    """Computes what is pending and held; set in `evaluate.py`."""

    def __init__(self, trace: Any = None) -> None:
        self.trace, self.inlines = trace, trace is not None
        self.entries: list[Entry] = []
        self.results: dict[int, ref[Tensor]] = {}
        self.kept: dict[int, Any] = {}
        self.computed: dict[int, int] = {}
        self.numbers: dict[tuple[int, Layout], int] = {}
        self.left: list[int] = []
        self.claimed = _nobody
        self.done = self.readers = 0
        self.ahead = self.opaque = self.checks = False
        self.twins: dict[int, tuple[int, ...]] | None = None
        self.room, self.limit = PINNED, LIMIT
        if trace is not None:
            trace.window, self.limit = self, sys.maxsize
        self._lock, self._epoch = _Lock(), _forks

    def idle(self) -> bool:
        """Whether nothing is recorded here, and nothing listens."""
        return not (self.entries or self.readers or self.trace)

    def lock(self) -> Any:
        """Held while the window is run, by whichever thread; a fork may have copied it taken. No
        property, to which CPython goes a long way round.
        """
        if self._epoch != _forks:
            self._lock, self._epoch = _Lock(), _forks
        return self._lock

    def claim(self) -> Claim:
        """The claim of a tape that may ask for the values of this window once more."""
        found = self.claimed()
        if found is None:
            found = Claim()
            self.claimed = weak(found)
        return found

    def full(self, call: Call) -> None:
        """Run, having grown long, where the last one ended: so a loop's windows are alike."""
        if self.limit == AT_ONCE:
            Window.run(self)
        elif _loop.ends in (None, call) or len(self.entries) >= 2 * LIMIT:
            _loop.ends = call
            Window.run(self)

    def append(self, call: Call, slots: tuple[int, ...]) -> Tensor:
        """Record a call of one result, of however many operands."""
        if len(slots) <= MOST:
            return recorded(self, call, *slots)
        slot = self.note((call, *slots))
        out = pending(self, slot, call.spec)
        self.results[slot] = ref(out)
        if slot >= self.limit:
            self.full(call)
        return out

    def append_several(self, call: Call, slots: tuple[int, ...]) -> tuple[Tensor, ...]:
        """Record a call of several results."""
        whole = self.note((call, *slots))
        parts = [marker(PART_OF, (k,), where) for k, where in enumerate(call.specs)]
        return tuple([recorded(self, part, whole) for part in parts])

    def note(self, entry: Entry, value: Any = None) -> int:
        """Add an entry, without a pending tensor; its slot."""
        slot = placed(self, entry)
        if value is not None:  # after that: nobody asks for it before the slot is known
            self.kept[slot] = value
        return slot

    def stand(self, x: Tensor) -> int:
        """Where a tensor stands that is not kept; one that does not stand here becomes a leaf."""
        if x._window is self:
            return x._slot
        if self.computed:
            slot = self.slot_of(x)
            if slot >= 0:
                self.keep(slot, x)
                return slot
        if not x._at:  # pending work of another window
            if self.trace is not None and self.trace.waits:
                return self._awaited(x)
            Tensor.evaluate(x)
        value = self._guarded(x) if x._block.shared else x
        slot = placed(self, leaf(value._layout))  # `note`, spelled out: every leaf comes here
        self.kept[slot] = value
        self[x] = self[value] = slot
        self.room -= value._block.free.size
        if self.room <= 0:
            _pins(self)
        return slot

    __missing__ = stand

    def _awaited(self, x: Tensor) -> int:
        """Where a tensor stands whose value is not asked for here."""
        self[x] = slot = self.note(leaf(x._layout.spec), x)
        return slot

    def _guarded(self, x: Tensor) -> Tensor:
        """What stands for memory that others may write to: a copy, if it is read again; if not,
        that memory, and the call that is being recorded is run at once.
        """
        if self.readers or self.claimed() is not None or self.trace is not None:
            return Tensor.own(x)
        self.limit = AT_ONCE
        return x

    def slot_of(self, x: Tensor) -> int:
        """Where a tensor stands, or -1."""
        if x._window is self:
            return x._slot
        slot = self.get(x, -1)
        if slot < 0 and self.computed:
            slot = self.computed.get(id(x), -1)
            if slot >= 0 and self.held(slot) is not x:  # the id was another's, before that died
                return -1
        return slot

    def held(self, slot: int) -> Tensor | None:
        """The tensor of a value, if anybody holds one."""
        holder = self.results.get(slot)
        return None if holder is None else holder()

    def keep(self, slot: int, value: Tensor) -> None:
        """Hold the value of a slot, which is there. One that is held already stays."""
        if self.kept.setdefault(slot, value) is value:
            self[value] = slot

    def tensor(self, slot: int) -> Tensor:
        """A tensor of the value of a slot."""
        value = self.kept.get(slot)
        if value is None:
            value = self.held(slot)
        if value is None:
            value = pending(self, slot, self.entries[slot][0].specs[0])
            self.results[slot] = ref(value)
            self.done = min(self.done, slot)
        elif type(value) is not Tensor:
            where = self.entries[slot][0].spec
            value = scalar(value, where.dtype, where.device)
        return value

    def adopt(self, other: Window) -> list[int]:
        """Take over the entries of another window: where each of their slots is here."""
        Window.run(other)  # a pending tensor has one window that computes it
        places: list[int] = []
        for slot, (call, *slots) in enumerate(other.entries):
            value = other.kept.get(slot)
            here = self.note((call, *[places[k] for k in slots]), value)
            held = value if type(value) is Tensor else other.held(slot)
            known = -1 if held is None else self.slot_of(held)
            if known >= 0 and call.op is LEAF:
                places.append(known)
                continue
            places.append(here)
            if held is None:
                continue
            self.results[here] = ref(held)
            if known >= 0:  # as a leaf, from which nothing leads to what it was computed from
                self.twins = {**(self.twins or {}), here: (known, *self.same_as(known))}
                self[held] = here
            elif value is held:
                self[value] = here
            else:
                self.computed[id(held)] = here
        self.ahead, self.opaque = True, self.opaque or other.opaque
        return places

    def same_as(self, slot: int) -> tuple[int, ...]:
        """Other slots of what stands at a slot."""
        return () if self.twins is None else self.twins.get(slot, ())

    def number(self, value: Any, where: Layout) -> int:
        """The slot of a Python number, whose value is no part of a structure.

        One object, such as a constant of a loop's body, has one slot; two equal ones have two.
        """
        key = (id(value), where)
        slot = self.numbers.get(key)
        if slot is None:
            if type(value) is int:
                np.asarray(value, where.dtype.numpy_dtype)  # raises on the line if it does not fit
            slot = self.numbers[key] = self.note((marker(SCALAR, (), where),), value)
        return slot

    def argument(self, value: Any, dtype: DType, device: Device = HOST) -> Tensor:
        """A tensor of a Python number."""
        return self.operand(self.number(value, layout(dtype, (), None, device)))

    def operand(self, slot: int) -> Tensor:
        """A tensor of a slot for another entry to read: nobody looks at it."""
        found = self.held(slot)
        if found is None:
            found = pending(self, slot, self.entries[slot][0].spec)
            self.results[slot] = ref(found)
        return found

    def placeholder(self, call: Call | None, where: Layout) -> Tensor:
        """A leaf whose value is given later."""
        slot = self.note((call or marker(LEAF, (), where),))
        out = pending(self, slot, where)
        self.results[slot] = ref(out)
        return out

    def constant_of(self, call: Call) -> Tensor:
        """A leaf that is what a call of an op without operands gives, once its sizes are known."""
        out = self.placeholder(None, call.spec)
        self.kept[out._slot] = call
        return out

    def constant(self, value: Any, where: Layout) -> int:
        """The slot of a constant of the engine's, which is part of the structure."""
        call = marker(CONSTANT_OF, (type(value).__name__, repr(value), value), where)
        return self.note((call,), scalar(value, where.dtype, where.device))

    def note_done(self, call: Call, slots: tuple[int, ...], out: Any) -> None:
        """Record a call that has run already. What is pending before it stays so."""
        start = len(self.entries)
        results = out if call.several else (out,)
        whole = self.note((call, *slots)) if call.several else -1
        for k, result in enumerate(results):
            part = marker(PART_OF, (k,), call.specs[k]) if call.several else None
            here = self.note((part, whole) if part else (call, *slots))
            self.results[here] = ref(result)
            self.computed[id(result)] = here
            if call.op.family not in RECOMPUTED:
                self.keep(here, result)
        if self.done == start:
            self.done = len(self.entries)
        else:
            self.ahead = True


class Fault:
    """What a tensor has for a window when its value cannot be computed."""

    __slots__ = ("checks", "error", "trace")

    def __init__(self, error: Exception) -> None:
        self.error, self.checks, self.trace = error, True, None


RECOMPUTED = ("elementwise", "shape", "engine")
"""Families of ops whose values a sweep computes again rather than have a tape keep them."""

_Lock: Any = type(threading.RLock())  # `threading.RLock` is a function in Python that calls it
_forks = 0


def _after_fork() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class _Loop(threading.local):
    """The call at which a thread's last long window ended."""

    ends: Call | None = None


_loop = _Loop()


def _pins(window: Window) -> None:
    """Run a window if much memory would be free without it."""
    alone = 0 if window.readers or window.trace is not None else _alone(window)
    if alone >= PINNED:
        Window.run(window)
    else:
        window.room = PINNED - alone


def _alone(window: Window) -> int:
    """Bytes of buffers that only a window holds, by tensors that nobody else has."""
    kept = [x for x in list(window.kept.values()) if type(x) is Tensor]
    counts = _references(kept)  # in the list here, in `kept`, and as a key of the window
    ours = [x for x, count in zip(kept, counts, strict=True) if count == 2 + (x in window)]
    del kept
    holders = Counter(id(x._block) for x in ours)
    buffers = list({id(x._block): x._block for x in ours}.values())
    held = zip(buffers, _references(buffers), strict=True)
    return sum(buffer.nbytes for buffer, count in held if count == holders[id(buffer)] + 1)


def _references(things: list[Any]) -> list[int]:
    """How many references there are to each thing, that of the list among them."""
    return [sys.getrefcount(x) - _COUNTING for x in things]


_COUNTING = 0
_COUNTING = _references([object()])[0] - 1
"""References that the counting itself makes."""


recorded: Callable[..., Tensor]
"""`recorded(window, call, *operands)`: a pending tensor for the result of a call, whose entry is
added. An operand is a tensor, or the slot of one.
"""
waiting: Callable[[dict[int, ref[Tensor]], int, int], tuple[list[int], list[Any], list[int]]]
"""`waiting(results, first, end)`: of these slots those whose tensors have no value, these tensors,
and those whose tensors are gone.
"""
applied: Callable[..., Any]
"""`applied(window, call, small, *operands)`: what a call of one result gives, if it is of at most
`small` bytes, the window is idle and all operands are there; or else the call, recorded.
"""
found: Callable[..., Any]
"""`found(window, calls, params, small, operands, op=None)`: the same of the call by these params
and the layouts of a tuple of operands, or of the one that `op.anew` gives; None if there is none,
if `small` is negative, of several results, and of a view of what is there already, unless it is
known who listens to that.
"""
placed: Callable[[Window, Entry], int]
"""`placed(window, entry)`: the slot of an entry, which is added."""
recorded, found, applied, placed, waiting = recorders(Kinds(Window, Call, Tensor, Cost))
