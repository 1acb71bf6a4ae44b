"""What programs ask of masks, which no array here has; NumPy's names, and no more of its `ma`."""

from __future__ import annotations

import numpy.ma as _theirs
from numpy.ma import MaskedArray, is_masked, isarray, isMA, isMaskedArray, masked, nomask

from ngrad.absent import missing

__getattr__ = missing(
    "ngrad.numpy.ma",
    {},
    lambda name: (
        "there are no masks here; take what numpy.ma.filled makes of a masked one"
        if hasattr(_theirs, name)
        else ""
    ),
)

__all__ = ["MaskedArray", "isMA", "isMaskedArray", "is_masked", "isarray", "masked", "nomask"]
