"""Warnings in NumPy's words: of what is reckoned from nothing, where sizes say that it is so, or
values that are looked at anyhow; and of imaginary parts that are lost.
"""

from __future__ import annotations

import warnings
from contextvars import ContextVar
from typing import Any

import numpy as np

from ngrad.devices import HOST
from ngrad.record import own_frames, state

LOOKS: ContextVar[bool] = ContextVar("looks", default=False)
"""Whether results are looked at anyhow, as within `errstate`."""
MEAN = "Mean of empty slice"
VARIANCE = "Degrees of freedom <= 0 for slice"
NUMBERS = "All-NaN slice encountered"
DISCARDS = "Casting complex values to real discards the imaginary part"
KINDS: dict[str, type[Warning]] = {DISCARDS: np.exceptions.ComplexWarning}
"""Of others it is RuntimeWarning."""


def warn_where(nothing: Any, what: str) -> None:
    """A warning if a tensor of bools holds anywhere, where results are looked at anyhow."""
    if state.window.trace is None and nothing._layout.device is HOST and nothing._view().any():
        warn_of(what)


def warn_of(what: str) -> None:
    """A warning that names the line of this package's caller.

    Raises
    ------
    TraceError
        In a recording of what warns at each call: a replay of it would say nothing.
    """
    trace = state.window.trace
    if trace is not None and trace.silent:
        raise trace.refuse()
    warnings.warn(what, KINDS.get(what, RuntimeWarning), stacklevel=1 + len([*own_frames()]))
