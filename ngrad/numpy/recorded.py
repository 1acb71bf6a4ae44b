"""Arrays from outside, while a `function` is recorded: what they hold is asked at every call, as of
variables.

To read an array is to look into a slot, and nothing may be in its way, since every op does. So
there is a property in place of the slot while something is recorded, and only then.
"""

from __future__ import annotations

from typing import Any

from ngrad.numpy.ndarray import READ, READ_QUICKLY, ndarray
from ngrad.numpy.writing import Assigned
from ngrad.record import state
from ngrad.tensor import Tensor
from ngrad.tracing import READS

_SLOT: Any = Assigned.__dict__["_held"]


def _held(array: Any) -> Tensor:
    """What an array holds; of one from outside, what stands for that in the recording."""
    held: Tensor = _SLOT.__get__(array)
    trace = state.window.trace
    if trace is None or trace.ended or array._owner is not None or array._uid > trace.since:
        return held
    found: Tensor = trace.value_of(array, held)
    return found


_PROPERTY = property(_held, _SLOT.__set__, _SLOT.__delete__)


def _switch(on: bool) -> None:
    wanted = _PROPERTY if on else _SLOT
    if Assigned.__dict__["_held"] is not wanted:
        setattr(Assigned, "_held", wanted)  # noqa: B010
        setattr(ndarray, "_read", READ if on else READ_QUICKLY)  # noqa: B010


READS.switch = _switch
