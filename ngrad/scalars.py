"""Tensors of Python numbers; those of frequent values are made once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from ngrad.devices import HOST, Device
from ngrad.dtypes import BY_CODE, DType
from ngrad.graph.layout import Layout, layout
from ngrad.tensor import Tensor, empty, from_numpy

_scalars: dict[Any, Tensor] = {}
_elsewhere: OrderedDict[Any, Tensor] = OrderedDict()


class _Singles(dict[str, Layout]):
    """The layouts of numbers in the host's memory, by the codes of their dtypes."""

    def __missing__(self, code: str) -> Layout:
        return self.setdefault(code, layout(BY_CODE[code], ()))


_singles = _Singles()


def single(value: Any, dtype: DType) -> Tensor:
    """A new 0-d tensor of a Python scalar, in the host's memory."""
    plain = type(value) is not complex if dtype.is_floating else _is_word(value, dtype)
    if not plain:  # what does not fit raises
        return from_numpy(np.asarray(value, dtype.numpy_dtype), dtype, HOST)
    found = empty(_singles[dtype.code])  # each step of a training has new ones
    dtype.ctype.from_address(found._at).value = value
    return found


def _is_word(value: Any, dtype: DType) -> bool:
    return dtype.code == "i8" and type(value) is int and -(1 << 63) <= value < 1 << 63


def scalar(value: Any, dtype: DType, device: Device = HOST) -> Tensor:
    """A 0-d tensor of a Python scalar; those of frequent values are made once."""
    # 0.0 == -0.0, but they are two; so are complex numbers of such parts.
    key = (value if value and type(value) is not complex else str(value), dtype.code, device)
    if device is not HOST:
        return _scalar_elsewhere(key, value, dtype, device)
    found = _scalars.get(key)
    if found is None:
        found = single(value, dtype)
        if value == value:  # a NaN is equal to nothing, so it would never be found
            if len(_scalars) >= 1024:
                _scalars.clear()
            _scalars[key] = found
    return found


def number_of(x: Tensor) -> Any:
    """The Python number that a tensor was made of, if it is one that is kept; None otherwise."""
    for kept in (_scalars, _elsewhere):
        for (value, *_), found in kept.items():
            if found is x:
                return complex(value) if type(value) is str else value
    return None


def _scalar_elsewhere(key: Any, value: Any, dtype: DType, device: Device) -> Tensor:
    """One on a GPU. Few are kept. That least recently asked for is let go first, so that a new one
    has its memory: the others of a loop, and its results, stay where its graphs have them.
    """
    found = _elsewhere.pop(key, None)
    if found is None:
        if len(_elsewhere) >= 64:
            _elsewhere.popitem(last=False)
        found = from_numpy(np.asarray(value, dtype.numpy_dtype), dtype, device)
    if value == value:
        _elsewhere[key] = found
    return found


Tensor.scalar = staticmethod(scalar)
