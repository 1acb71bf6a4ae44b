"""Transcendental functions in a form that LLVM vectorises: of floats, and of complex numbers.

PyPI's Numba does not pick up a vector math library, and one libm call an element makes a
memory-bound sweep three times slower; so these are our own: straight-line code over
`ngrad_kernels.intrinsics`, named `exp_f4`, `exp_f8`, `exp_c16` and so on. `FUNCTIONS` collects the
public ones by that name.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

FUNCTIONS: dict[str, Any] = {}
for _module in pkgutil.iter_modules(__path__):
    _names = vars(importlib.import_module(f"{__name__}.{_module.name}"))
    FUNCTIONS |= {
        name: value
        for name, value in _names.items()
        if name.endswith(("_f4", "_f8", "_c8", "_c16"))
        and not name.startswith("_")
        and getattr(value, "__module__", "") == f"{__name__}.{_module.name}"
    }
