"""Indices are checked against their bounds before memory is touched by them.

Those whose range is known are checked where they are given: those on the CPU whose values are
there, and what came to a device from outside; in eager mode all. The range is found once and kept
with the tensor. Others are checked by an op of its own, which the gather reads through. On the CPU
it raises when it runs, and whatever depends on it has no value. On a GPU nobody waits: it gives
indices that are in bounds, and notes in the run's status which were not; so what depends on it
raises where it is looked at.

Some libraries write to memory that is read-only (PyTorch, of what it has by DLPack), so indices may
be others by the time a kernel reads them. Kernels therefore take the nearest row that there is.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Container, Sequence
from typing import Any, NamedTuple

from ngrad.config import settings
from ngrad.devices import HOST
from ngrad.errors import IndexBoundsError
from ngrad.graph.entries import Entry
from ngrad.graph.graph import Symbol
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT
from ngrad.ops.launching import dense_operands
from ngrad.record import apply, state, user_line
from ngrad.status import number
from ngrad.tensor import Tensor
from ngrad_kernels import cpu

LOWEST = -(1 << 63)
"""The lowest index, where any negative one is taken."""


class Bounds(NamedTuple):
    """What indices are held to, and for whom. `line` is where the call is, if it is not told by the
    traceback.
    """

    what: str
    bound: int
    lowest: int
    noun: str
    line: str

    def error(self, least: int, greatest: int) -> IndexBoundsError:
        """The error for the least and the greatest index, of which one is out of bounds."""
        wrong = least if least < self.lowest else greatest
        where = f", in the call at {self.line}" if self.line else ""
        begin = "(-inf" if self.lowest == LOWEST else f"[{self.lowest}"
        bounds = f"{begin}, {self.bound})"
        return IndexBoundsError(f"{self.what}: {self.noun} {wrong} is out of range {bounds}{where}")

    def require(self, index: Tensor) -> None:
        least, greatest = range_of(index)
        if least < self.lowest or greatest >= self.bound:
            raise self.error(least, greatest)


def range_of(index: Tensor) -> tuple[int, int]:
    """The least and the greatest element, which are found once, unless others may write them."""
    found: tuple[int, int] | None = getattr(index, "_range", None)
    if found is not None and index._block.shared:
        found = None
    if found is None:
        where = index._layout
        if where.device is HOST and where.contiguous and where.dtype.code in ("i4", "i8"):
            found = _extremes(where.dtype.itemsize, where.size, index._address)
        else:
            values = index._view()
            found = int(values.min()), int(values.max())
        index._range = found
    return found


def _extremes(itemsize: int, size: int, address: int) -> tuple[int, int]:
    found = (ctypes.c_int64 * 2)()
    facts, _ = _facts(itemsize)
    cpu.run(cpu.skeleton("extremes"), facts, size, address, ctypes.addressof(found))
    return found[0], found[1]


_facts = functools.cache(lambda itemsize: cpu.facts([itemsize]))


def _prepare(inputs: tuple[Layout, ...], out: Layout, **params: Any) -> Any:
    (index,), bounds = inputs, Bounds(**params)
    if bounds.lowest < bounds.bound:  # else there is no right index
        words = [index.size, bounds.lowest, bounds.bound, number(bounds)]
        work = out.device.target.libraries.routine("checked_index", index.dtype.code, words)
        if work is not None:
            read = dense_operands([(0, index)])
            return read.launching(work, (*read.operands, (OUT, 0)), checks=True), out

    def run(index: Tensor) -> Tensor:
        bounds.require(index)
        return Tensor(index._buffer, index._address, index._layout)

    return run, index


def _infer(index: Layout, **_: Any) -> Layout:
    return index


CHECKED = Op("checked_index", _infer, _prepare, Bounds._fields, family="engine")
CHECKED.anywhere = True
CHECKED.vjp(lambda g, out, index, **_: (None,))
CHECKED.batch(lambda size, batched, index, **params: apply(CHECKED, (index,), (*params.values(),)))


def checked(what: str, index: Any, bound: int, lowest: int = 0, noun: str = "index") -> Any:
    """Indices that lie in [lowest, bound), to be read in place of those given.

    Raises
    ------
    IndexBoundsError
        Naming the op, an index that is out, and the bound: here, or, if their range is not known,
        when their values are computed (on a GPU, looked at), with the line of this call.
    """
    found = getattr(index, "_range", None)
    if found is not None and found[0] >= lowest and found[1] < bound and not index._block.shared:
        return index
    where = index._layout
    if type(index) is Symbol or where.size == 0:
        return index  # a symbol's tensor was checked when the forward op was applied
    host = where.device is HOST
    if index._at:
        if index._block.shared:  # after this, nobody may write to it
            index = Tensor.own(index)
            found = getattr(index, "_range", None)
        if found is not None or host or settings.eager:
            least, greatest = found or range_of(index)
            if least < lowest or greatest >= bound:
                raise Bounds(what, bound, lowest, noun, "").error(least, greatest)
            return index
    state.window.checks |= host
    return apply(CHECKED, (index,), (what, bound, lowest, noun, user_line()))


class Early(NamedTuple):
    """Checks of values that are there before what was recorded runs.

    Attributes
    ----------
    checks : list of (slot, Bounds)
    entries : tuple of Entry
        What was recorded, without them.
    late : bool
        Whether there are checks of what is only computed, too.
    """

    checks: list[tuple[int, Bounds]]
    entries: tuple[Entry, ...]
    late: bool

    def require(self, values: dict[int, Any], *, pending: bool = True) -> bool:
        """Raise, or leave indices that nobody may write to any more; those that are pending may be
        left out. Whether all were checked that are to be.
        """
        whole = not self.late
        for slot, bounds in self.checks:
            if not values[slot]._layout.size:
                continue
            if not (pending or values[slot]._at):
                whole = False
                continue
            if values[slot]._block.shared:
                values[slot] = Tensor.own(values[slot])
            bounds.require(values[slot])
        return whole

    def settled(self, settled: Callable[[Any], Any]) -> Early:
        """The same with numbers for open sizes in what is checked; entries are as they were."""
        return self._replace(
            checks=[(slot, Bounds(*settled(tuple(bounds)))) for slot, bounds in self.checks]
        )


def early(entries: Sequence[Entry], wanted: Sequence[int], given: Container[int]) -> Early:
    """The checks, on the CPU, of values that are given, as far as slots that are wanted need them:
    what then runs is launches alone, and may write over what variables hold.
    """
    needed = set(wanted)
    for slot in range(len(entries) - 1, -1, -1):
        if slot in needed:
            needed.update(entries[slot][1:])
    late, found = False, []
    place = [*range(len(entries))]
    for slot in sorted(needed):
        call, *inputs = entries[slot]
        if call.op is not CHECKED:
            continue
        index = place[inputs[0]]  # which may have been checked before
        if index in given and slot not in wanted and call.spec.device is HOST:
            place[slot] = index
            found.append((index, Bounds(*call.params)))
        else:
            late = True
    if place != [*range(len(entries))]:
        entries = [(call, *[place[k] for k in inputs]) for call, *inputs in entries]
    return Early(found, tuple(entries), late)
