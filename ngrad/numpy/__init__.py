"""NumPy's names, with derivatives: `import ngrad.numpy as np`."""

from __future__ import annotations

from types import ModuleType as _ModuleType
from typing import Any

import numpy as _numpy

# What is NumPy's own: constants, dtypes, and what tells of them.
from numpy import (
    bool_,
    broadcast_shapes,
    can_cast,
    dtype,
    e,
    errstate,
    euler_gamma,
    finfo,
    float32,
    float64,
    floating,
    generic,
    geterr,
    iinfo,
    inexact,
    inf,
    int8,
    int16,
    int32,
    int64,
    integer,
    intp,
    isdtype,
    issubdtype,
    nan,
    newaxis,
    number,
    pi,
    printoptions,
    set_printoptions,
    seterr,
    signedinteger,
    uint8,
    uint16,
    uint32,
    uint64,
    unsignedinteger,
)  # fmt: skip

from ngrad.numpy import methods as _methods
from ngrad.numpy import operators as _operators
from ngrad.numpy.calculus import *
from ngrad.numpy.creation import *
from ngrad.numpy.editing import *
from ngrad.numpy.histograms import *
from ngrad.numpy.manipulation import *
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.polynomials import *
from ngrad.numpy.reductions import *
from ngrad.numpy.reductions import any_ as any
from ngrad.numpy.selection import *
from ngrad.numpy.selection import round_ as around
from ngrad.numpy.selection import round_ as round
from ngrad.numpy.sets import *
from ngrad.numpy.signal import *
from ngrad.numpy.sorting import *
from ngrad.numpy.statistics import *
from ngrad.numpy.triangles import *
from ngrad.numpy.ufuncs import UFUNCS as _UFUNCS
from ngrad.numpy.ufuncs import ufunc

bool = bool_
globals().update(_UFUNCS)


def __getattr__(name: str) -> Any:
    if hasattr(_numpy, name):
        raise AttributeError(f"ngrad.numpy has no {name!r}; NumPy's own takes numpy.asarray(x)")
    raise AttributeError(f"module 'ngrad.numpy' has no attribute {name!r}")


__all__ = [
    _name
    for _name, _value in list(globals().items())
    if not _name.startswith("_") and type(_value) is not _ModuleType
    if _name not in ("Any", "annotations")
]
