"""NumPy's names for annotations; an array of ours is an `ngrad.numpy.ndarray`."""

from __future__ import annotations

from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["ArrayLike", "DTypeLike", "NDArray"]
