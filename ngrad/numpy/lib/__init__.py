"""Of NumPy's `lib`: `stride_tricks`."""

from __future__ import annotations

from ngrad.numpy.lib import stride_tricks

__all__ = ["stride_tricks"]
