"""What a namespace says of SciPy's names that it has not."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def missing(part: str) -> Callable[[str], Any]:
    """The `__getattr__` of `ngrad.scipy`'s part of that name."""

    def getattr_(name: str) -> Any:
        if not name.startswith("_") and hasattr(importlib.import_module(f"scipy.{part}"), name):
            raise AttributeError(
                f"ngrad.scipy.{part} has no {name!r}; SciPy's own takes numpy.asarray(x), without "
                "derivatives"
            )
        raise AttributeError(f"module 'ngrad.scipy.{part}' has no attribute {name!r}")

    return getattr_
