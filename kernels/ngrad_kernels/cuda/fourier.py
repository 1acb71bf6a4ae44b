"""cuFFT: transforms along the last axis, of complex and of real signals."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ngrad_kernels.codes import part_of

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine

PLANS = 64
"""How many plans are kept for a stream: those used last."""
_KINDS = {
    ("fft", "f4"): ("C2C", "exec_c2c"),
    ("fft", "f8"): ("Z2Z", "exec_z2z"),
    ("rfft", "f4"): ("R2C", "exec_r2c"),
    ("rfft", "f8"): ("D2Z", "exec_d2z"),
    ("irfft", "f4"): ("C2R", "exec_c2r"),
    ("irfft", "f8"): ("Z2D", "exec_z2d"),
}
"""By op and dtype of parts: the type of a plan, and what executes it."""


class Plans:
    """Plans of one op and dtype: for each stream those of a number of signals and their length. A
    plan has one stream, and one place to work in at a time.
    """

    def __init__(self, libraries: Libraries, name: str, code: str) -> None:
        self._libraries = libraries
        self._type, self._execute = _KINDS[name, part_of(code)]
        self._name = name
        self._plans: dict[int, OrderedDict[Any, tuple[int, int]]] = {}

    def _plan(self, cufft: Any, stream: int, count: int, length: int) -> tuple[int, int]:
        """A plan, and how many bytes it works in."""
        plans, key = self._plans.setdefault(stream, OrderedDict()), (count, length)
        found = plans.get(key)
        if found is not None:
            plans.move_to_end(key)
            return found
        half = length // 2 + 1
        inner = half if self._name == "irfft" else length
        outer = half if self._name == "rfft" else length
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
        count, length, *more = words
        source, out = addresses
        target = self._libraries.target
        cufft, stream = self._libraries.on_stream("cufft")
        plan, nbytes = self._plan(cufft, stream, count, length)
        room = target.pool.take(max(nbytes, 1))
        if self._name == "irfft":  # which writes into what it reads
            size = count * (length // 2 + 1) * 2 * (4 if self._type == "C2R" else 8)
            copy = target.pool.take(size)
            target.copy(copy.address, source, size)
            source = copy.address
        cufft.set_work_area(plan, room.address)
        direction = [1 if inverse else -1 for inverse in more]
        getattr(cufft, self._execute)(plan, source, out, *direction)


def fft(libraries: Libraries, code: str) -> Routine:
    """Transforms of complex signals of a dtype, not scaled. Words: how many, their length, and
    whether back. Addresses: of the signals, and of the results.
    """
    return Plans(libraries, "fft", code)


def rfft(libraries: Libraries, code: str) -> Routine:
    """Spectra of signals of a dtype. Words: how many, and their length. Addresses: of the signals,
    and of complex numbers.
    """
    return Plans(libraries, "rfft", code)


def irfft(libraries: Libraries, code: str) -> Routine:
    """Signals of spectra, not scaled; words and addresses as of `rfft`, the other way round."""
    return Plans(libraries, "irfft", code)


ROUTINES = (fft, rfft, irfft)
"""By the names of the ops."""
