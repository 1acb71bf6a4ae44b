"""NumPy's assertions about arrays, which know NumPy's own: they are given what arrays hold."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import testing

from ngrad.nests import over_leaves
from ngrad.numpy.convert import plain
from ngrad.ops.convert import may_give, read
from ngrad.tensor import Tensor


def _plain(value: Any) -> Any:
    """NumPy's array of what is ours, or gives what is; anything else as it is."""
    found = plain(value)
    given = read(value) if found is value and may_give(type(value)) else None
    return np.asarray(given) if isinstance(given, Tensor) else found


def _of_arrays(assertion: Callable[..., Any]) -> Callable[..., Any]:
    """An assertion that takes ours too, in containers as well."""

    @functools.wraps(assertion)
    def call(*args: Any, **kwargs: Any) -> Any:
        given: Any = over_leaves(_plain, (list(args), kwargs), none_is_leaf=True)
        return assertion(*given[0], **given[1])

    return call


# What is no function, and what calls one, is NumPy's as it is.
__all__ = list(testing.__all__)
globals().update(
    {
        name: _of_arrays(value)
        if name.startswith("assert_") and {"actual", "x"} & {*inspect.signature(value).parameters}
        else value
        for name in __all__
        for value in (getattr(testing, name),)
    }
)
