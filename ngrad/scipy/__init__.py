"""SciPy's names, with derivatives, over the arrays of `ngrad.numpy`: `import ngrad.scipy as sp`."""

from __future__ import annotations

from ngrad.scipy import linalg, special, stats

__all__ = ["linalg", "special", "stats"]
