"""NumPy's `polynomial`, whose coefficients are NumPy's arrays: its classes and modules."""

from __future__ import annotations

import sys
from types import ModuleType

from numpy import polynomial as _theirs

__all__ = list(_theirs.__all__)
for _name, _value in vars(_theirs).items():
    _is_module = isinstance(_value, ModuleType)
    if _is_module:  # who imports it from here is to have NumPy's, and no copy
        sys.modules[f"{__name__}.{_name}"] = _value
    if _is_module or _name in __all__:
        globals()[_name] = _value
