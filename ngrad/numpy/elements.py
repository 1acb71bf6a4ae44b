"""Values put where elements lie, and found there, as NumPy puts and finds them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ngrad.config import settings
from ngrad.devices import HOST
from ngrad.dtypes import as_dtype
from ngrad.graph.layout import Layout, layout
from ngrad.graph.program import Launch
from ngrad.numpy.indices import meant
from ngrad.ops.launching import place_launch
from ngrad.tensor import Tensor, from_numpy
from ngrad_kernels.runs import SHARED


def written(at: int, where: Layout, index: Any, value: Any) -> bool:
    """Whether a value could be written where elements lie. If not, there is an error for the
    ordinary way to tell of.
    """
    whole = where.array(at, None, True)
    large = type(value) is np.ndarray and value.nbytes >= SHARED
    try:
        if not (large and _copied(whole, index, value)):
            whole[index] = value
    except (IndexError, OverflowError, TypeError, ValueError):
        return False
    return True


def picked(x: Tensor, index: Any, axis: int | None = None) -> Tensor | None:
    """x[index] of an index that is `settled`, or what is at such places along an axis, as NumPy
    finds it: of what is there, and small enough for an op to run where it is called. None of
    anything else, and where NumPy raises: the ordinary way tells of that.
    """
    where = x._layout
    if not x._at or where.device is not HOST or where.nbytes > settings.small:
        return None
    try:
        lies = where.array(x._at, x)
        found = lies[index] if axis is None else lies.take(index, axis)
    except (IndexError, TypeError, ValueError):
        return None
    return from_numpy(found, where.dtype, HOST)


def _copied(whole: Any, index: Any, value: Any) -> bool:
    """Whether a value could be copied by all threads to a part of an array that is a view of it: as
    many elements of its dtype.
    """
    if not meant(index)[2]:
        return False
    part = whole[index]
    if part.shape != value.shape or part.dtype != value.dtype:
        return False
    source = layout(as_dtype(value.dtype), value.shape, value.strides)
    launch, _ = _placing(source, tuple(zip(part.shape, part.strides, strict=True)))
    addresses = [x.__array_interface__["data"][0] for x in (value, part)]
    HOST.target.launch_all([(launch.kernel, launch.facts, launch.n, launch.grain, addresses)])
    return True


@functools.lru_cache(256)
def _placing(source: Layout, region: tuple[tuple[int, int], ...]) -> tuple[Launch, Any]:
    return place_launch(source, [*region])


def read_as(value: Any, dtype: np.dtype[Any]) -> Any:
    """The number that NumPy reads for a dtype: of its scalars as assignments have it, which wrap or
    refuse what it has not.
    """
    element = np.empty((), dtype)
    try:
        element[...] = value
        return element.item()
    except (OverflowError, TypeError, ValueError) as error:
        raise type(error)(f"assignment of {value!r} to {dtype} elements: {error}") from None
