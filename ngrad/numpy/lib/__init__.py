"""Of NumPy's `lib`: `stride_tricks`."""

from __future__ import annotations

from ngrad.numpy.absent import missing_of
from ngrad.numpy.lib import stride_tricks

__getattr__ = missing_of("lib")
__all__ = ["stride_tricks"]
