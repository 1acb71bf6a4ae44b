"""Seeds of stateless draws, made of others."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import int32
from ngrad.ops.convert import cast_to, tensor
from ngrad.ops.extents import dims
from ngrad.ops.joining import stack
from ngrad.ops.stateless import stateless_uniform
from ngrad.tensor import Tensor

RANGE = (-(1 << 31), 1 << 31)


def split(seed: Any, num: Any = 2, alg: str = "auto_select") -> Tensor:
    """Seeds that follow from one, for draws that have nothing to do with each other; a row each.

    Parameters
    ----------
    seed : two integers
    num : int
        How many there are to be.
    alg : str
        Accepted; the algorithm is Philox.

    Examples
    --------
    >>> import ngrad
    >>> first, second = ngrad.random.split([1, 2])
    >>> ngrad.random.stateless_normal([2], seed=first).shape
    (2,)
    """
    return stateless_uniform((*dims(num, "split"), 2), seed, *RANGE, int32)


def fold_in(seed: Any, data: Any, alg: str = "auto_select") -> Tensor:
    """A seed that follows from one and from an integer, such as the number of a step.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.fold_in([1, 2], 7).shape
    (2,)
    """
    first = stateless_uniform((), seed, *RANGE, int32)
    return stack([first, cast_to(tensor(data, "fold_in"), int32)])
