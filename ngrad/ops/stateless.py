"""Draws that their arguments decide: as those of `random.py`, of a seed that is two integers."""

from __future__ import annotations

from typing import Any

from ngrad.dtypes import float32, int32, int64
from ngrad.errors import NumberError
from ngrad.ops import samplers
from ngrad.ops.draws import BINOMIAL, NORMAL, POISSON, TRUNCATED_NORMAL
from ngrad.ops.extents import integers
from ngrad.ops.random import ALGORITHMS, STATELESS
from ngrad.ops.samplers import Draw
from ngrad.tensor import Tensor
from ngrad_kernels.philox import mix


def _fixed(seed: Any, what: str, alg: Any = None) -> Draw:
    """The one draw of a pair of integers, by an algorithm."""
    if alg not in ALGORITHMS:
        raise NumberError(f"{what}: the algorithm is 'philox', not {alg!r}")
    numbers = integers(seed, what)
    if len(numbers) != 2:
        raise NumberError(f"{what}: a seed is two integers, not {len(numbers)}")
    first, second = (n % (1 << 64) for n in numbers)
    return lambda: mix(first, second, STATELESS)


def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    name: str | None = None,
    alg: str = "auto_select",
) -> Tensor:
    """As `normal`, but a function of its arguments alone; `seed` is two integers.

    Examples
    --------
    >>> import ngrad
    >>> x, y = (ngrad.random.stateless_normal([4], seed=[1, 2]) for _ in range(2))
    >>> bool(ngrad.reduce_all(x == y))
    True
    """
    what = "stateless_normal"
    return samplers.normal(NORMAL, _fixed(seed, what, alg), shape, mean, stddev, dtype, what)


def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    name: str | None = None,
    alg: str = "auto_select",
) -> Tensor:
    """As `truncated_normal`, but a function of its arguments alone; `seed` is two integers.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.stateless_truncated_normal([2], seed=[1, 2]).shape
    (2,)
    """
    what = "stateless_truncated_normal"
    draw = _fixed(seed, what, alg)
    return samplers.normal(TRUNCATED_NORMAL, draw, shape, mean, stddev, dtype, what)


def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = float32,
    name: str | None = None,
    alg: str = "auto_select",
) -> Tensor:
    """As `uniform`, but a function of its arguments alone; `seed` is two integers.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.stateless_uniform([2], seed=[1, 2]).shape
    (2,)
    """
    what = "stateless_uniform"
    return samplers.uniform(_fixed(seed, what, alg), shape, minval, maxval, dtype, what)


def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = int64, name: str | None = None
) -> Tensor:
    """As `categorical`, but a function of its arguments alone; `seed` is two integers.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.stateless_categorical([[0.0]], 2, seed=[1, 2]).numpy()
    array([[0, 0]])
    """
    what = "stateless_categorical"
    return samplers.categorical(_fixed(seed, what), logits, num_samples, dtype, what)


def stateless_gamma(
    shape: Any,
    seed: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = float32,
    name: str | None = None,
) -> Tensor:
    """As `gamma`, but a function of its arguments alone: `shape` is that of the result, whose last
    axes are those of alpha and beta, and `seed` is two integers.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.stateless_gamma([5, 2], seed=[1, 2], alpha=[0.5, 1.5]).shape
    (5, 2)
    """
    what = "stateless_gamma"
    return samplers.gamma(_fixed(seed, what), shape, alpha, beta, dtype, what, True)


def stateless_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = int32, name: str | None = None
) -> Tensor:
    """As `poisson`, but a function of its arguments alone: `shape` is that of the result, whose
    last axes are those of lam, and `seed` is two integers.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.stateless_poisson([5, 2], seed=[1, 2], lam=[0.5, 20.0]).shape
    (5, 2)
    """
    what = "stateless_poisson"
    draw = _fixed(seed, what)
    return samplers.counts(POISSON, draw, shape, {"lam": lam}, dtype, what, True)


def stateless_binomial(
    shape: Any, seed: Any, counts: Any, probs: Any, output_dtype: Any = int32,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """How many of `counts` trials succeed, each with probability `probs`: a function of its
    arguments alone.

    Parameters
    ----------
    shape : tuple of int
        That of the result, whose last axes are those to which counts and probs broadcast.
    seed : two integers
    counts, probs : number or tensor
        Not negative, and in [0, 1] (NaN is drawn for what is not, 0 if of integers). No gradient
        flows to them.
    output_dtype : floating dtype, int32 or int64

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.stateless_binomial([3], seed=[1, 2], counts=10, probs=1.0).numpy()
    array([10, 10, 10], dtype=int32)
    """
    what, given = "stateless_binomial", {"counts": counts, "probs": probs}
    return samplers.counts(BINOMIAL, _fixed(seed, what), shape, given, output_dtype, what, True)


def stateless_shuffle(
    value: Any, seed: Any, alg: str = "auto_select", name: str | None = None
) -> Tensor:
    """As `shuffle`, but a function of its arguments alone; `seed` is two integers.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.random.stateless_shuffle([5], seed=[1, 2]).numpy()
    array([5], dtype=int32)
    """
    what = "stateless_shuffle"
    return samplers.shuffle(_fixed(seed, what, alg), value, what)
