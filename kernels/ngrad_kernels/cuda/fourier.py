"""cuFFT: transforms of real signals along the last axis."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine

PLANS = 64
"""How many plans are kept for a stream: those used last."""
_KINDS = {
    ("rfft", "f4"): ("R2C", "exec_r2c"),
    ("rfft", "f8"): ("D2Z", "exec_d2z"),
    ("irfft", "f4"): ("C2R", "exec_c2r"),
    ("irfft", "f8"): ("Z2D", "exec_z2d"),
}
"""By op and dtype: the type of a plan, and what executes it."""


class Plans:
    """Plans of one op and dtype: for each stream those of a number of signals and their length. A
    plan has one stream, and one place to work in at a time.
    """

    def __init__(self, libraries: Libraries, name: str, code: str) -> None:
        self._libraries = libraries
        self._type, self._execute = _KINDS[name, code]
        self._inverse = name == "irfft"
        self._plans: dict[int, OrderedDict[Any, tuple[int, int]]] = {}

    def _plan(self, cufft: Any, stream: int, count: int, length: int) -> tuple[int, int]:
        """A plan, and how many bytes it works in."""
        plans, key = self._plans.setdefault(stream, OrderedDict()), (count, length)
        found = plans.get(key)
        if found is not None:
            plans.move_to_end(key)
            return found
        pairs = length // 2 + 1
        inner, outer = (pairs, length) if self._inverse else (length, pairs)
        plan = cufft.create()
        cufft.set_auto_allocation(plan, 0)
        kind = cufft.Type[self._type]
        nbytes = cufft.make_plan_many(
            plan, 1, [length], [inner], 1, inner, [outer], 1, outer, kind, count
        )
        cufft.set_stream(plan, stream)
        plans[key] = plan, nbytes
        if len(plans) > PLANS:
            _, (old, _) = plans.popitem(last=False)
            cufft.destroy(old)
        return plan, nbytes

    def __call__(self, words: Sequence[int], addresses: Sequence[int]) -> None:
        count, length = words
        source, out = addresses
        target = self._libraries.target
        cufft, stream = self._libraries.on_stream("cufft")
        plan, nbytes = self._plan(cufft, stream, count, length)
        room = target.pool.take(max(nbytes, 1))
        if self._inverse:  # which writes into what it reads
            size = count * (length // 2 + 1) * 2 * (4 if self._type == "C2R" else 8)
            copy = target.pool.take(size)
            target.copy(copy.address, source, size)
            source = copy.address
        cufft.set_work_area(plan, room.address)
        getattr(cufft, self._execute)(plan, source, out)


def rfft(libraries: Libraries, code: str) -> Routine:
    """Spectra of signals of a dtype. Words: how many, and their length. Addresses: of the signals,
    and of pairs.
    """
    return Plans(libraries, "rfft", code)


def irfft(libraries: Libraries, code: str) -> Routine:
    """Signals of spectra, not scaled; words and addresses as of `rfft`, the other way round."""
    return Plans(libraries, "irfft", code)
