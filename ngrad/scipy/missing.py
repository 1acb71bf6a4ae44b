"""What a namespace says of SciPy's names that it has not."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ngrad import absent


def missing(part: str) -> Callable[[str], Any]:
    """The `__getattr__` of `ngrad.scipy`'s part of that name."""

    def otherwise(name: str) -> str:
        if name.startswith("_") or not hasattr(importlib.import_module(f"scipy.{part}"), name):
            return ""
        return "SciPy's own takes numpy.asarray(x), without derivatives"

    return absent.missing(f"ngrad.scipy.{part}", {}, otherwise)
