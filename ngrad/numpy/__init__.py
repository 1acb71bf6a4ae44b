"""NumPy's names, with derivatives: `import ngrad.numpy as np`."""

from __future__ import annotations

from importlib import import_module as _import_module
from types import FunctionType as _FunctionType
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING, Any

import numpy as _numpy

from ngrad.absent import missing as _missing
from ngrad.numpy import emath as emath
from ngrad.numpy import exceptions as exceptions
from ngrad.numpy import fft as fft
from ngrad.numpy import folding as _folding
from ngrad.numpy import lib as lib
from ngrad.numpy import linalg as linalg
from ngrad.numpy import methods as _methods
from ngrad.numpy import operators as _operators
from ngrad.numpy import random as random
from ngrad.numpy import recorded as _recorded
from ngrad.numpy.absent import BY_NAME as _ABSENT
from ngrad.numpy.absent import said_of as _said_of
from ngrad.numpy.bits import *
from ngrad.numpy.calculus import *
from ngrad.numpy.choosing import *
from ngrad.numpy.contractions import *
from ngrad.numpy.creation import *
from ngrad.numpy.editing import *
from ngrad.numpy.files import *
from ngrad.numpy.filled import *
from ngrad.numpy.flags import *
from ngrad.numpy.functional import *
from ngrad.numpy.grids import *
from ngrad.numpy.histograms import *
from ngrad.numpy.inspection import REVISIONS as _REVISIONS
from ngrad.numpy.inspection import Info as __array_namespace_info__
from ngrad.numpy.joining import *
from ngrad.numpy.logic import *
from ngrad.numpy.manipulation import *
from ngrad.numpy.memory import *
from ngrad.numpy.naming import named as _named
from ngrad.numpy.nans import *
from ngrad.numpy.ndarray import ndarray as ndarray
from ngrad.numpy.numpys import *
from ngrad.numpy.polynomials import *
from ngrad.numpy.products import *
from ngrad.numpy.quantiles import *
from ngrad.numpy.ranges import *
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
from ngrad.numpy.types import *
from ngrad.numpy.ufuncs import UFUNCS as _UFUNCS
from ngrad.numpy.ufuncs import ufunc as ufunc

__array_api_version__ = _REVISIONS[0]
bool = _numpy.bool_
if TYPE_CHECKING:  # whom the next line tells nothing
    (
        abs, absolute, acos, acosh, add, arccos, arccosh, arcsin, arcsinh, arctan, arctan2,
        arctanh, asin, asinh, atan, atan2, atanh, bitwise_and, bitwise_count, bitwise_invert,
        bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, cbrt,
        ceil, conj, conjugate, copysign, cos, cosh, deg2rad, degrees, divide, equal, exp, exp2,
        expm1, fabs, float_power, floor, floor_divide, fmax, fmin, fmod, gcd, greater,
        greater_equal, heaviside, hypot, invert, isfinite, isinf, isnan, lcm, ldexp, left_shift,
        less, less_equal, log, log10, log1p, log2, logaddexp, logaddexp2, logical_and,
        logical_not, logical_or, logical_xor, maximum, minimum, mod, multiply, negative,
        nextafter, not_equal, positive, pow, power, rad2deg, radians, reciprocal, remainder,
        right_shift, rint, sign, signbit, sin, sinh, spacing, sqrt, square, subtract, tan, tanh,
        true_divide, trunc,
    ) = _UFUNCS.values()  # fmt: skip
    divmod: Any
    frexp: Any
    modf: Any
globals().update(_UFUNCS)
for _name, _value in list(globals().items()):
    if type(_value) is _FunctionType and _value.__module__.startswith("ngrad.numpy."):
        globals()[_name] = _named(_value)


_LAZY = ("ma", "polynomial", "testing", "typing")
"""Modules that few programs ask for, and that take a while to import."""
_find = _missing("ngrad.numpy", _ABSENT, _said_of)


def __getattr__(name: str) -> Any:
    if name == "special":  # an extension that the Array API standard is to have: SciPy asks for it
        from ngrad.protocols import Special

        return Special()
    if name == "__version__":  # of the NumPy whose names, dtypes and promotion these are
        return _numpy.__version__
    if name in _LAZY:
        return _import_module(f"ngrad.numpy.{name}")
    return _find(name)


__all__ = [
    _name
    for _name, _value in list(globals().items())
    if not _name.startswith("_") and type(_value) is not _ModuleType
    if _name not in ("TYPE_CHECKING", "Any", "annotations")
]
