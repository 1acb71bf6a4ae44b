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
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from ngrad.dtypes import as_dtype, kind_of
from ngrad.errors import NumericsError
from ngrad.graph.op import Call
from ngrad.numerics import told
from ngrad.numpy.convert import PLAIN
from ngrad.numpy.ufuncs import ufunc
from ngrad.record import PACKAGE, own_frames

KINDS = ("divide", "over", "under", "invalid")
MODES = ("ignore", "warn", "raise", "call", "print", "log")
SAID = {
    "divide": "divide by zero", "over": "overflow", "under": "underflow",
    "invalid": "invalid value",
}  # fmt: skip
FLAGS = {"divide": 1, "over": 2, "under": 4, "invalid": 8}


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
    return dict(zip(KINDS, _handling.get(), strict=False))


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
    modes = {"all": all, "divide": divide, "over": over, "under": under, "invalid": invalid}
    _set(_handling.get().changed(**modes))
    return old


def geterrcall() -> Any:
    """What is called, or written to, on errors."""
    return _handling.get().call


def seterrcall(func: Any) -> Any:
    """Set the function of a text and of flags that mode "call" calls, or what has the method
    `write` that "log" calls; what was set is returned.
    """
    if func is not None and not callable(func) and not callable(getattr(func, "write", None)):
        raise TypeError(f"seterrcall: takes a function or what has a write method, not {func!r}")
    old = geterrcall()
    _set(_handling.get()._replace(call=func))
    return old


class errstate(contextlib.ContextDecorator):
    """Within it floating-point errors are handled as said; it also decorates functions.

    Ops run where they are called meanwhile, of all threads, and each result is looked at. Gradients
    are not, nor functions of `ngrad.scipy`, as SciPy's are not.

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
        self._entered = False

    def _recreate_cm(self) -> errstate:
        return errstate(call=self._call, **self._modes)  # each call of a function has its own

    def __enter__(self) -> None:
        if self._entered:
            raise TypeError("Cannot enter `np.errstate` twice.")
        self._entered = True
        before = _handling.get()
        new = before.changed(**self._modes)
        _set(new if self._call is None else new._replace(call=self._call))
        self._before = before

    def __exit__(self, *exc: object) -> None:
        before = self._before
        del self._before
        _set(before)


# -- what went wrong -------------------------------------------------------------------------------

NAMES = {
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "abs": "absolute",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "reduce_sum": "reduce", "reduce_prod": "reduce",
    "cumsum": "accumulate", "cumprod": "accumulate",
}  # fmt: skip
"""NumPy's names of ops that have another here."""
PRODUCTS = {"dot": "dot", "inner": "dot", "tensordot": "dot", "vecdot": "vecdot"}
"""Its names of products that are no `matmul`, by the functions that ask for them."""
FAMILIES = ("elementwise", "reduction", "running", "linalg")
SILENT = {
    "isclose", "nanmean", "nanvar", "nanstd", "nanmedian", "nanquantile", "cond", "convolve",
    "correlate", "einsum", "vdot",
}  # fmt: skip
"""Functions within which NumPy says nothing, either."""


def _ran(call: Call, inputs: tuple[Any, ...], out: Any) -> None:
    """Look at the result of an op that has run."""
    handling = _handling.get()
    if not handling.looks or call.several or call.op.family not in FAMILIES or not inputs:
        return
    operands, result = [x._view() for x in inputs], out._view()
    if not _suspicious(call.op.name, operands, result, handling):
        return
    frames = [*own_frames(1)]
    codes = [frame.f_code for frame in frames]
    if any(c.co_name in SILENT or c.co_filename.startswith(f"{PACKAGE}scipy") for c in codes):
        return
    name = NAMES.get(call.op.name, call.op.name)
    if name in ("matmul", "vecdot"):
        asked = [PRODUCTS[c.co_name] for c in codes if c.co_name in PRODUCTS]
        name = asked[-1] if asked else "matmul"
    called = [found for frame in frames if (found := _called(frame)) is not None]
    if called:  # NumPy's, with what was given to it, whatever it is made of here
        function, given, options = called[-1]
        name = function.__name__
        wrong = _told(lambda: getattr(np, name)(*map(_plain, given), **options))
    elif call.op.name == "cast":
        wrong = _told(lambda: operands[0].astype(result.dtype))
    elif isinstance(getattr(np, name, None), np.ufunc):
        wrong = _told(lambda: getattr(np, name)(*operands))
    else:
        nans = np.isnan(result).any() and not any(np.isnan(x).any() for x in operands)
        over = operands[0].size and np.isinf(result).any()  # of nothing an extreme is infinite
        wrong = ["invalid"] if nans else ["over"] * bool(over)
    for kind in wrong:
        flags = sum(FLAGS[other] for other in wrong)
        _handle(kind, flags, name, handling, len(frames))


def _called(frame: Any) -> tuple[ufunc, tuple[Any, ...], dict[str, Any]] | None:
    """The universal function that a frame is of, or whose operator; its operands, and options."""
    held = frame.f_locals
    if frame.f_code is ufunc.__call__.__code__ and not held["options"]:
        return held["self"], held["operands"], {}
    if frame.f_code is ufunc.with_options.__code__:
        options = {"dtype": held["dtype"], "casting": held["casting"]}
        if held["where"] is not True:
            options |= {"where": np.asarray(held["where"]), "out": None}
        return held["self"], held["operands"], options
    if frame.f_code.co_name == "operator" and isinstance(held.get("function"), ufunc):
        return held["function"], tuple(held[k] for k in "xy" if k in held), {}
    return None


def _suspicious(name: str, operands: list[Any], result: Any, handling: Handling) -> bool:
    """Whether a result may have come of an error."""
    if kind_of(result.dtype) not in "fc":
        divides = name in ("floordiv", "mod") and ((operands[1] == 0) | (operands[1] == -1)).any()
        return divides or (name == "cast" and kind_of(operands[0].dtype) == "f")
    tiny = as_dtype(result.dtype).finfo.tiny if kind_of(result.dtype) == "f" else 0
    if handling.under != "ignore" and (abs(result) < tiny).any():
        return True
    bad = ~np.isfinite(result)
    if not bad.any():
        return False
    floats = [x for x in operands if kind_of(x.dtype) in "fc"]
    if any(x.shape != result.shape and x.ndim for x in floats):  # of a reduction, say
        return all(np.isfinite(x).all() for x in floats) or not any(
            np.isnan(x).any() for x in floats
        )
    finite, number = True, True
    for x in floats:
        finite, number = finite & np.isfinite(x), number & ~np.isnan(x)
    return bool((bad & finite).any() or (np.isnan(result) & number).any())


def _plain(value: Any) -> Any:
    return value if type(value) in PLAIN else np.asarray(value)


def _told(function: Callable[[], Any]) -> list[str]:
    """The kinds of errors that NumPy tells of, in its order."""
    found: list[int] = []
    with np.errstate(all="call", call=lambda said, flag: found.append(flag)):
        function()
    return [kind for kind, flag in FLAGS.items() if any(flag & one for one in found)]


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
