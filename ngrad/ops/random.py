"""Random tensors: where draws come from (seeds, counters, generators), and the functions that draw.

A draw is a key and a number, 64 bits each; `kernels/ngrad_kernels/philox.py` says what they mean.
Seeds are mixed into keys by the same generator, under a constant of their purpose, so that no two
ways of seeding share a stream.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

from ngrad.dtypes import float32, int64
from ngrad.errors import NumberError
from ngrad.ops import samplers
from ngrad.ops.draws import NORMAL, POISSON, TRUNCATED_NORMAL
from ngrad.ops.extents import integers
from ngrad.ops.samplers import Draw
from ngrad.tensor import Tensor
from ngrad.tracing import each_call
from ngrad_kernels.philox import mix

GLOBAL, OPERATION, STATELESS, GENERATOR, SPLIT, CHILD = range(1, 7)  # purposes of a key
ALGORITHMS = (None, "philox", "auto_select")
"""What is accepted as the name of the algorithm."""
DEFAULT_SEED = 0
"""The global seed of operations that have a seed of their own while none was set."""


def _seed(value: Any, what: str) -> int:
    """A seed as 64 bits; negative ones as their two's complement."""
    numbers = integers(value, what)
    if len(numbers) != 1:
        raise NumberError(f"{what}: a seed is one integer, not {len(numbers)}")
    return numbers[0] % (1 << 64)


class _Streams:
    """The draws of a global seed: a counter for all of them, and one for each seed of an operation.

    `next` on a counter and `setdefault` are atomic, so that threads never get one draw twice.
    """

    def __init__(self, seed: int | None) -> None:
        own = int.from_bytes(os.urandom(8), "little") if seed is None else seed
        self.key = mix(own, 0, GLOBAL)[0]
        self.counter = itertools.count()
        self.base = DEFAULT_SEED if seed is None else seed
        self.operations: dict[int, tuple[int, Iterator[int]]] = {}

    def draw(self, seed: int | None) -> tuple[int, int]:
        if seed is None:
            return self.key, next(self.counter)
        found = self.operations.get(seed)
        if found is None:
            fresh = mix(self.base, seed, OPERATION)[0], itertools.count()
            found = self.operations.setdefault(seed, fresh)
        return found[0], next(found[1])


_current: dict[str, _Streams] = {}


def set_seed(seed: Any) -> None:
    """Set the global seed: the draws after it repeat those that followed the same seed before.

    Draws without a seed of their own are numbered from 0 on; so are, apart from them, the draws of
    each `seed=` that an operation is given. Without a global seed the former begin somewhere else
    in each process (the system's entropy says where, at the first draw), and the latter repeat from
    process to process.

    Parameters
    ----------
    seed : int
        Any integer; it counts modulo 2**64.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.set_seed(1)
    >>> first = ngrad.random.normal([2]).numpy()
    >>> ngrad.random.set_seed(1)
    >>> (ngrad.random.normal([2]).numpy() == first).all()
    np.True_
    """
    own = _seed(seed, "set_seed")

    def begin() -> None:
        _current["streams"] = _Streams(own)

    each_call(begin)


def _next(seed: Any, what: str) -> Draw:
    """The next draw of an operation's seed, or of the global one if it has none."""
    own = None if seed is None else _seed(seed, what)

    def draw() -> tuple[int, int]:
        streams = _current.get("streams") or _current.setdefault("streams", _Streams(None))
        return streams.draw(own)

    return draw


# -- draws from the global seed --------------------------------------------------------------------


def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers.

    Parameters
    ----------
    shape : tuple of int
    mean, stddev : number or tensor
        Broadcast to `shape`; differentiable.
    dtype : float32 or float64
    seed : int, optional
        A stream of its own (`set_seed`).

    Raises
    ------
    ShapeError, DTypeError
        If mean or stddev do not fit the shape, or are tensors of another dtype.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.normal([2, 3], mean=1.0).shape
    (2, 3)
    """
    return samplers.normal(NORMAL, _next(seed, "normal"), shape, mean, stddev, dtype, "normal")


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers no further than two standard deviations from the mean.

    Parameters, errors: as `normal`.

    Examples
    --------
    >>> import ngrad
    >>> float(ngrad.reduce_max(ngrad.abs(ngrad.random.truncated_normal([1000])))) <= 2.0
    True
    """
    draw = _next(seed, "truncated_normal")
    return samplers.normal(TRUNCATED_NORMAL, draw, shape, mean, stddev, dtype, "truncated_normal")


def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Tensor:
    """Evenly distributed numbers in [minval, maxval).

    Parameters
    ----------
    shape : tuple of int
    minval, maxval : number or tensor
        For floats broadcast to `shape`, differentiable, and 0 and 1 if not given; `maxval` is never
        reached, unless it is `minval`. For integers two integers, or None both for all that the
        dtype has; each number in between is exactly as likely as any other.
    dtype : float32, float64, int32 or int64
        Without bounds also uint32 or uint64.
    seed : int, optional
        A stream of its own (`set_seed`).

    Raises
    ------
    NumberError
        For an empty range, or integers without `maxval`.
    ShapeError, DTypeError
        If a bound does not fit the shape, or is a tensor of another dtype.

    Examples
    --------
    >>> import ngrad
    >>> dice = ngrad.random.uniform([100], 1, 7, dtype=ngrad.int32)
    >>> int(ngrad.reduce_min(dice)) >= 1 and int(ngrad.reduce_max(dice)) <= 6
    True
    """
    return samplers.uniform(_next(seed, "uniform"), shape, minval, maxval, dtype, "uniform")


def categorical(
    logits: Any, num_samples: Any, dtype: Any = int64, seed: Any = None, name: str | None = None
) -> Tensor:
    """Class numbers, drawn with probabilities softmax(logits).

    Parameters
    ----------
    logits : tensor of shape (batch, classes)
        A class of -inf is never drawn.
    num_samples : int
    dtype : int64 or int32
    seed : int, optional
        A stream of its own (`set_seed`).

    Returns
    -------
    tensor of shape (batch, num_samples)

    Raises
    ------
    NumberError
        If a row holds NaN or +inf, or nothing but -inf.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.categorical([[0.0, -float("inf")]], 3).numpy()
    array([[0, 0, 0]])
    """
    draw = _next(seed, "categorical")
    return samplers.categorical(draw, logits, num_samples, dtype, "categorical")


def gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Tensor:
    """Numbers with a gamma distribution of shape alpha and rate beta.

    Parameters
    ----------
    shape : tuple of int
        How many to draw for each alpha and beta.
    alpha : number or tensor
        Positive (NaN is drawn for what is not). Its derivative is along draws of the same share;
        there is no second one.
    beta : number or tensor, optional
        1 if not given; differentiable.
    dtype : floating dtype
    seed : int, optional
        A stream of its own (`set_seed`).

    Returns
    -------
    tensor of shape `shape` + that to which alpha and beta broadcast

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.gamma([5], alpha=[0.5, 1.5]).shape
    (5, 2)
    """
    return samplers.gamma(_next(seed, "gamma"), shape, alpha, beta, dtype, "gamma")


def poisson(
    shape: Any, lam: Any, dtype: Any = float32, seed: Any = None, name: str | None = None
) -> Tensor:
    """Numbers with a Poisson distribution of mean lam.

    Parameters
    ----------
    shape : tuple of int
        How many to draw for each lam.
    lam : number or tensor
        Not negative (NaN is drawn for what is, 0 if of integers). No gradient flows to it.
    dtype : floating dtype, int32 or int64
    seed : int, optional
        A stream of its own (`set_seed`).

    Returns
    -------
    tensor of shape `shape` + that of lam

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.poisson([5], lam=[0.5, 20.0]).shape
    (5, 2)
    """
    return samplers.counts(POISSON, _next(seed, "poisson"), shape, {"lam": lam}, dtype, "poisson")


def shuffle(value: Any, seed: Any = None, name: str | None = None) -> Tensor:
    """The slices of a tensor along its first axis, in random order; differentiable.

    Examples
    --------
    >>> import ngrad
    >>> sorted(ngrad.random.shuffle([3, 1, 2]).tolist())
    [1, 2, 3]
    """
    return samplers.shuffle(_next(seed, "shuffle"), value, "shuffle")
