"""NumPy's names, with derivatives: `import ngrad.numpy as np`."""

from __future__ import annotations

from importlib import import_module as _import_module
from types import FunctionType as _FunctionType
from types import ModuleType as _ModuleType
from typing import Any

import numpy as _numpy

# What is NumPy's own: constants, dtypes, and what tells of them.
from numpy import (
    False_,
    ScalarType,
    True_,
    base_repr,
    binary_repr,
    bool_,
    broadcast_shapes,
    byte,
    cdouble,
    complex64,
    complex128,
    complexfloating,
    csingle,
    double,
    dtype,
    e,
    euler_gamma,
    float16,
    float32,
    float64,
    floating,
    format_float_positional,
    format_float_scientific,
    generic,
    get_include,
    get_printoptions,
    getbufsize,
    half,
    iinfo,
    index_exp,
    inexact,
    inf,
    info,
    int8,
    int16,
    int32,
    int64,
    int_,
    intc,
    integer,
    intp,
    iterable,
    little_endian,
    long,
    longlong,
    mintypecode,
    nan,
    ndindex,
    newaxis,
    number,
    pi,
    printoptions,
    s_,
    sctypeDict,
    set_printoptions,
    setbufsize,
    short,
    show_config,
    show_runtime,
    signedinteger,
    single,
    typecodes,
    typename,
    ubyte,
    uint,
    uint8,
    uint16,
    uint32,
    uint64,
    uintc,
    uintp,
    ulong,
    ulonglong,
    unsignedinteger,
    ushort,
)  # fmt: skip

from ngrad.absent import missing as _missing
from ngrad.numpy import exceptions, fft, lib, linalg, random
from ngrad.numpy import folding as _folding
from ngrad.numpy import methods as _methods
from ngrad.numpy import operators as _operators
from ngrad.numpy import recorded as _recorded
from ngrad.numpy.absent import BY_NAME as _ABSENT
from ngrad.numpy.bits import *
from ngrad.numpy.calculus import *
from ngrad.numpy.choosing import *
from ngrad.numpy.creation import *
from ngrad.numpy.editing import *
from ngrad.numpy.files import *
from ngrad.numpy.flags import *
from ngrad.numpy.functional import *
from ngrad.numpy.grids import *
from ngrad.numpy.histograms import *
from ngrad.numpy.inspection import REVISIONS as _REVISIONS
from ngrad.numpy.inspection import Info as __array_namespace_info__
from ngrad.numpy.joining import *
from ngrad.numpy.logic import *
from ngrad.numpy.manipulation import *
from ngrad.numpy.naming import named as _named
from ngrad.numpy.nans import *
from ngrad.numpy.ndarray import ndarray
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
from ngrad.numpy.ufuncs import ufunc

__array_api_version__ = _REVISIONS[0]
bool = bool_
globals().update(_UFUNCS)
for _name, _value in list(globals().items()):
    if type(_value) is _FunctionType and _value.__module__.startswith("ngrad.numpy."):
        globals()[_name] = _named(_value)


_find = _missing(
    "ngrad.numpy",
    _ABSENT,
    lambda name: "NumPy's own takes numpy.asarray(x)" if hasattr(_numpy, name) else "",
)


def __getattr__(name: str) -> Any:
    if name == "special":  # an extension that the Array API standard is to have: SciPy asks for it
        from ngrad.protocols import Special

        return Special()
    if name == "__version__":  # of the NumPy whose names, dtypes and promotion these are
        return _numpy.__version__
    if name == "testing":  # which few programs ask for, and takes a while to import
        return _import_module("ngrad.numpy.testing")
    return _find(name)


__all__ = [
    _name
    for _name, _value in list(globals().items())
    if not _name.startswith("_") and type(_value) is not _ModuleType
    if _name not in ("Any", "annotations")
]
