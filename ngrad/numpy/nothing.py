"""Warnings of what is reckoned from nothing, in NumPy's words: where sizes say that it is so, or
values that are looked at anyhow.
"""

from __future__ import annotations

import warnings

from ngrad.record import own_frames

MEAN = "Mean of empty slice"
VARIANCE = "Degrees of freedom <= 0 for slice"
NUMBERS = "All-NaN slice encountered"


def warn_of(nothing: str) -> None:
    """A RuntimeWarning that names the line of this package's caller."""
    warnings.warn(nothing, RuntimeWarning, stacklevel=1 + len([*own_frames()]))
