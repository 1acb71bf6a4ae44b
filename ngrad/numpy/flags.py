"""NumPy's handling of floating-point errors: `errstate`, `seterr` and what they read and set.

Nothing is checked until one of them asks for something else than "ignore", whereas NumPy warns
unasked: looking at every result has a price. From then on ops run where they are called, and what
gives a suspicious result is done again by NumPy's function of its name, which says what went wrong.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import warnings
import weakref
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from ngrad.errors import NumericsError
from ngrad.graph.op import Call
from ngrad.numerics import told
from ngrad.numpy.again import FLAGS, is_suspicious, said_of
from ngrad.numpy.nothing import LOOKS
from ngrad.record import own_frames

KINDS = ("divide", "over", "under", "invalid")
MODES = ("ignore", "warn", "raise", "call", "print", "log")
SAID = {
    "divide": "divide by zero", "over": "overflow", "under": "underflow",
    "invalid": "invalid value",
}  # fmt: skip


class Life:
    """As long as it lives, some thread or context has what looks at something."""


class Handling(NamedTuple):
    """What is done about each kind of error, and by whom where that is "call" or "log"."""

    divide: str = "ignore"
    over: str = "ignore"
    under: str = "ignore"
    invalid: str = "ignore"
    call: Any = None
    life: Life | None = None
    numpys: tuple[tuple[Any, Any], ...] = ()
    """What was done before each `seterr`, here and by NumPy's own."""

    @property
    def looks(self) -> bool:
        return any(mode != "ignore" for mode in self[:4])

    def changed(self, **modes: str | None) -> Handling:
        """Another with some modes in place of these."""
        given = {kind: mode for kind, mode in modes.items() if mode is not None}
        if "all" in given:
            given = dict.fromkeys(KINDS, given.pop("all")) | given
        for kind, mode in given.items():
            if mode not in MODES:
                raise ValueError(f"seterr: {kind} is one of {', '.join(MODES)}, not {mode!r}")
        new: Any = given
        return self._replace(**new)


CHANGES = 16
"""Of which, at most, it is known what NumPy's own did before."""
NOTHING = Handling()
_handling: ContextVar[Handling] = ContextVar("handling", default=NOTHING)
_looking: set[int] = set()
_turn = threading.RLock()


def _set(new: Handling) -> None:
    life = Life() if new.looks else None
    new = new._replace(life=life)
    if life is not None:
        weakref.finalize(life, _tell, id(life), False).atexit = False
        _tell(id(life), True)
    LOOKS.set(new.looks)
    _handling.set(new)  # what was set is gone now, unless another context has it


def _tell(number: int, on: bool) -> None:
    """Look at what ops give while any setting does that somebody has."""
    with _turn:
        (_looking.add if on else _looking.discard)(number)
        told(_ran, bool(_looking))


def _after_fork() -> None:
    global _turn
    _turn = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# -- NumPy's names ---------------------------------------------------------------------------------


def geterr() -> dict[str, str]:
    """What is done about each kind of floating-point error.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.geterr()
    {'divide': 'ignore', 'over': 'ignore', 'under': 'ignore', 'invalid': 'ignore'}
    """
    return _modes(_handling.get())


def _modes(handling: Handling) -> dict[str, str]:
    return dict(zip(KINDS, handling, strict=False))


def seterr(
    all: str | None = None,
    divide: str | None = None,
    over: str | None = None,
    under: str | None = None,
    invalid: str | None = None,
) -> dict[str, str]:
    """Say what is done about floating-point errors from here on; what was, is returned.

    Parameters
    ----------
    all, divide, over, under, invalid : str, optional
        "ignore", "warn", "raise", "call", "print" or "log"; as it is, if not given.
    """
    old = geterr()
    modes: Any = {"all": all, "divide": divide, "over": over, "under": under, "invalid": invalid}
    before = _handling.get()
    new, numpys = before.changed(**modes), before.numpys
    if all is None and None not in (divide, over, under, invalid):  # as by `seterr(**old)`
        told = _modes(new)
        for k in reversed(range(len(numpys))):
            if numpys[k][0] == told:
                numpys, modes = numpys[:k], numpys[k][1]
                break
    if numpys is before.numpys:
        numpys = (*numpys, (old, np.geterr()))[-CHANGES:]
    _set(new._replace(numpys=numpys))
    np.seterr(**modes)
    return old


def geterrcall() -> Any:
    """What is called, or written to, on errors."""
    return _handling.get().call


def seterrcall(func: Any) -> Any:
    """Set the function of a text and of flags that mode "call" calls, or what has the method
    `write` that "log" calls; what was set is returned.
    """
    old = geterrcall()
    _set(_handling.get()._replace(call=_checked("seterrcall", func)))
    np.seterrcall(func)
    return old


def _checked(what: str, call: Any) -> Any:
    if call is None or callable(call) or callable(getattr(call, "write", None)):
        return call
    raise TypeError(f"{what}: takes a function or what has a write method, not {call!r}")


class errstate(contextlib.ContextDecorator):
    """Within it floating-point errors are handled as said; it also decorates functions.

    Ops run where they are called meanwhile, of all threads, and each result is looked at. Gradients
    are not, nor functions of `ngrad.scipy`, as SciPy's are not. NumPy's own handling is the same
    within it, of its scalars, say.

    Parameters
    ----------
    call : callable or object with a method `write`, optional
        As of `seterrcall`.
    **modes : str
        As of `seterr`.

    Raises
    ------
    FloatingPointError
        Within it, of a kind whose mode is "raise".

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> with np.errstate(divide="raise"):
    ...     np.log(np.array([1.0, 0.0]))
    Traceback (most recent call last):
    ...
    ngrad.errors.NumericsError: divide by zero encountered in log
    """

    def __init__(self, *, call: Any = None, **modes: str) -> None:
        unknown = modes.keys() - {"all", *KINDS}
        if unknown:
            raise TypeError(f"errstate: has no {', '.join(sorted(unknown))}")
        self._call, self._modes = call, modes
        self._before: Handling
        self._numpys: np.errstate
        self._entered = False

    def _recreate_cm(self) -> errstate:
        return errstate(call=self._call, **self._modes)  # each call of a function has its own

    def __enter__(self) -> None:
        if self._entered:
            raise TypeError("Cannot enter `np.errstate` twice.")
        self._entered = True
        before = _handling.get()
        new = before.changed(**self._modes)
        options: Any = dict(self._modes)
        if self._call is not None:
            options["call"] = _checked("errstate", self._call)
            new = new._replace(call=self._call)
        _set(new)
        self._before, self._numpys = before, np.errstate(**options)
        self._numpys.__enter__()

    def __exit__(self, *exc: Any) -> None:
        before, numpys = self._before, self._numpys
        del self._before, self._numpys
        _set(before)
        numpys.__exit__(*exc)


# -- what went wrong -------------------------------------------------------------------------------


def _ran(call: Call, inputs: tuple[Any, ...], out: Any) -> None:
    """Look at the result of an op that has run."""
    handling = _handling.get()
    if not handling.looks or call.several or not inputs:
        return
    operands, result = [x._view() for x in inputs], out._view()
    if not is_suspicious(call, operands, result, handling.under != "ignore"):
        return
    frames = [*own_frames(1)]
    name, wrong = said_of(call, operands, result, frames)
    flags = sum(FLAGS[kind] for kind in wrong)
    for kind in wrong:
        _handle(kind, flags, name, handling, len(frames))


def _handle(kind: str, flags: int, name: str, handling: Handling, depth: int) -> None:
    """Do what is to be done of an error in a function, so many frames below the user's."""
    mode, said = getattr(handling, kind), f"{SAID[kind]} encountered in {name}"
    if mode == "warn":
        warnings.warn(said, RuntimeWarning, stacklevel=depth + 3)
    elif mode == "raise":
        raise NumericsError(said)
    elif mode == "print":
        print(f"Warning: {said}", file=sys.stderr)
    elif mode in ("call", "log"):
        if handling.call is None:
            raise NameError(f"{said}: nothing is set to be told; use seterrcall")
        if mode == "call":
            handling.call(SAID[kind], flags)
        else:
            handling.call.write(f"Warning: {said}\n")


__all__ = ["errstate", "geterr", "geterrcall", "seterr", "seterrcall"]
