"""Warnings of what is reckoned from nothing, in NumPy's words: where sizes say that it is so, or
values that are looked at anyhow.
"""

from __future__ import annotations

import sys
import warnings

from ngrad.record import PACKAGE

MEAN = "Mean of empty slice"
VARIANCE = "Degrees of freedom <= 0 for slice"
NUMBERS = "All-NaN slice encountered"


def warn_of(nothing: str) -> None:
    """A RuntimeWarning that names the line of this package's caller."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(nothing, RuntimeWarning, stacklevel=level)
