"""What the `__array__` of a program for NumPy gives, where it has our namespace instead."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.graph.dims import Dim
from ngrad.numpy.convert import OURS, PLAIN
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.convert import may_give, unwrap

KNOWN = {*PLAIN, list, tuple, np.ndarray, ndarray}
"""Of what is not asked what its `__array__` gives."""


def given(a: Any, copy: bool | None) -> Any:
    """What the `__array__` of a thing gives, which may be an array of ours; where there is none
    without a copy, the thing itself. A size that is open is not looked at.
    """
    kind: Any = type(a)
    ours = kind in unwrap or isinstance(a, (*OURS, Dim))
    if ours or not may_give(kind) or hasattr(kind, "__dlpack__"):
        return a
    try:
        found = kind.__array__(a) if copy is None else kind.__array__(a, copy=copy)
    except (TypeError, ValueError):
        if copy is None:
            raise
        return a
    return found if isinstance(found, (ndarray, np.ndarray)) else a
