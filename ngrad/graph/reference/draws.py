"""What a draw of random numbers is, in plain NumPy: functions of its state (key, number, and what
else the sampler wants).

Bits, uniform numbers, integers and categories are the kernels' own to the bit; what
goes through a quantile of the normal distribution is as close as SciPy's and the kernels' are.
`ngrad_kernels/philox.py` says how elements are made of words, and names the sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.dtypes import DType
from ngrad.graph.reference.special import special
from ngrad_kernels.philox import MASK, philox

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

ATTEMPTS = 65535
WITHIN = math.erf(math.sqrt(2.0))
"""The mass of the normal distribution within two standard deviations."""


def _blocks(state: Array, at: Array, attempt: int = 0) -> tuple[Array, ...]:
    """Four words each of the blocks numbered `at`, of 32 bits in uint64."""
    key, number = int(state[0]), int(state[1])
    counter: Any = (at & MASK, at >> 32 | attempt << 16, number & MASK, number >> 32)
    words: Any = philox(counter, (key & MASK, key >> 32))
    return tuple(words)


def bits(state: Array, count: int, size: int) -> Any:
    """The first words of a draw, of 4 or 8 bytes, in uint64."""
    blocks = np.arange(-(-count * size // 16), dtype=np.uint64)
    words = np.stack(_blocks(state, blocks), -1).reshape(-1)
    return (words if size == 4 else words[::2] | words[1::2] << 32)[:count]


def _retry(state: Array, elements: Array, attempt: int) -> tuple[Array, Array]:
    """Two words of 64 bits for elements that need more than the stream gives them."""
    w0, w1, w2, w3 = _blocks(state, elements.astype(np.uint64), attempt)
    return w0 | w1 << 32, w2 | w3 << 32


def _uniform(words: Array, size: int) -> Any:
    kept = 24 if size == 4 else 53
    return (words >> (8 * size - kept)) * 2.0**-kept


def _normal(words: Array, size: int, mass: float = 1.0) -> Any:
    """The quantile of 1/2 + (2 s + 1) mass / 2**(bits + 1), s the word as a signed integer."""
    width = 8 * size
    negative = words >> (width - 1) == 1
    largest = (1 << width - 1) - 1
    magnitude = np.where(negative, ~words, words) & largest
    q = (magnitude + 0.5) * 2.0**-width * mass
    p = ((magnitude ^ largest) + 0.5) * 2.0**-width if mass == 1.0 else 0.5 - q
    central = math.sqrt(2.0) * special("erfinv")(2 * q)
    z = np.where(q < 0.25, central, -special("ndtri")(p))
    return np.where(negative, -z, z)


def _elements(state: Array, dtype: DType, shape: Shape) -> Any:
    return bits(state, math.prod(shape), dtype.itemsize).reshape(shape)


def _random_uniform(state: Array, dtype: DType, shape: Shape) -> Any:
    return _uniform(_elements(state, dtype, shape), dtype.itemsize)


def _random_normal(state: Array, dtype: DType, shape: Shape) -> Any:
    return _normal(_elements(state, dtype, shape), dtype.itemsize)


def _random_truncated_normal(state: Array, dtype: DType, shape: Shape) -> Any:
    return np.clip(_normal(_elements(state, dtype, shape), dtype.itemsize, WITHIN), -2.0, 2.0)


def _random_integers(state: Array, dtype: DType, shape: Shape) -> Any:
    """Lemire's method: multiples of `count` whose low half is below the limit are drawn again."""
    count, least = int(state[2]), int(state[3])
    width = 8 * dtype.itemsize
    span = 1 << width
    limit = span % count
    found = []
    for element, first in enumerate(_elements(state, dtype, shape).reshape(-1).tolist()):
        product, attempt = first * count, 0
        while product % span < limit and attempt < ATTEMPTS:
            attempt += 1
            word, _ = _retry(state, np.array([element]), attempt)
            product = int(word[0]) % span * count
        found.append((least + (product >> width)) % span)
    return np.array(found, f"u{dtype.itemsize}").view(dtype.numpy_dtype).reshape(shape)


def _random_gamma(state: Array, alpha: Array, shape: Shape) -> Any:
    """Marsaglia's and Tsang's method, each attempt for all elements that are still refused."""
    full = (*shape, *alpha.shape)
    a = np.broadcast_to(alpha, full).astype(np.float64).reshape(-1)
    small = a < 1.0  # Gamma(a) = Gamma(a + 1) U^(1 / a)
    d = a + small - 0.3333333333333333
    c = 1.0 / np.sqrt(9.0 * d)
    out = np.full(a.size, np.nan)
    open_ = np.flatnonzero((a > 0.0) & (a < np.inf))
    attempt = 0
    while open_.size and attempt < ATTEMPTS:
        attempt += 1
        first, second = _retry(state, open_, attempt)
        x, u, shape_ = _normal(first, 8), _uniform(second, 8), d[open_]
        v = (1.0 + c[open_] * x) ** 3
        bound = 0.5 * x * x + shape_ - shape_ * v + shape_ * np.log(np.maximum(v, 0.0))
        taken = (v > 0.0) & (np.log(u) < bound)
        out[open_[taken]] = (shape_ * v)[taken]
        open_ = open_[~taken]
    first, _ = _retry(state, np.arange(a.size), 0)
    share = np.exp(np.log(_uniform(first, 8) + 2.0**-54) / a)
    return np.where(small, out * share, out).reshape(full)


def _counted(state: Array, which: Array, chance: Array, ratio: Any, most: Any) -> Any:
    """How far the running sum of probabilities is to go for a uniform number: from that of 0, by
    what those of k and k - 1 are in.
    """
    u = _uniform(_retry(state, which, 0)[0], 8)
    k, below = np.zeros(which.size), chance.copy()
    open_ = (u >= below) & (k < most)
    while open_.any():
        k = k + open_
        chance = np.where(open_, chance * ratio(np.maximum(k, 1.0)), chance)
        below = below + np.where(open_, chance, 0.0)
        open_ &= (u >= below) & (k < most)
    return k


def _rejected(state: Array, which: Array, propose: Any) -> Any:
    """What is proposed first of all that is accepted, each attempt for all that are still open."""
    out = np.full(which.size, np.nan)
    open_, attempt = np.arange(which.size), 0
    while open_.size and attempt < ATTEMPTS:
        attempt += 1
        first, second = _retry(state, which[open_], attempt)
        u = _uniform(first, 8) - 0.5
        with np.errstate(all="ignore"):
            k, taken = propose(open_, u, 0.5 - np.abs(u), _uniform(second, 8))
        out[open_[taken]] = k[taken]
        open_ = open_[~taken]
    return out


def _random_poisson(state: Array, rates: Array, shape: Shape) -> Any:
    """Sums of probabilities below a mean of 10, and Hörmann's PTRS from there on."""
    full = (*shape, *rates.shape)
    every = np.broadcast_to(rates, full).astype(np.float64).reshape(-1)
    out = np.full(every.size, np.nan)
    few = np.flatnonzero((every >= 0.0) & (every < 10.0))
    rate = every[few]
    out[few] = _counted(state, few, np.exp(-rate), lambda k: rate / k, 200.0)
    many = np.flatnonzero((every >= 10.0) & (every < np.inf))

    def propose(at: Array, u: Array, us: Array, v: Array) -> Any:
        rate = every[many[at]]
        b = 0.931 + 2.53 * np.sqrt(rate)
        a = -0.059 + 0.02483 * b
        k = np.floor((2.0 * a / us + b) * u + rate + 0.43)
        scale = (1.1239 + 1.1328 / (b - 3.4)) / (a / (us * us) + b)
        bound = k * np.log(rate) - rate - special("gammaln")(k + 1.0)
        near = (k >= 0.0) & ((us >= 0.013) | (v <= us)) & (np.log(v * scale) <= bound)
        return k, near | (us >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2.0))

    out[many] = _rejected(state, many, propose)
    return out.reshape(full)


def _random_binomial(state: Array, counts: Array, probs: Array, shape: Shape) -> Any:
    """Sums of probabilities below a mean of 10, and Hörmann's BTRS from there on."""
    full = (*shape, *counts.shape)
    n = np.floor(np.broadcast_to(counts, full).reshape(-1))
    chance = np.broadcast_to(probs, full).reshape(-1)
    p = np.where(chance <= 0.5, chance, 1.0 - chance)
    right = (n >= 0.0) & (n < np.inf) & (p >= 0.0)
    mean = np.where(right, n, 0.0) * p
    out = np.full(n.size, np.nan)
    few = np.flatnonzero(right & (mean < 10.0))
    trials, share = n[few], p[few]
    odds = share / (1.0 - share)
    none = np.exp(trials * np.log1p(-share))
    most = np.minimum(trials, 200.0)
    out[few] = _counted(state, few, none, lambda k: (trials - k + 1.0) / k * odds, most)
    many = np.flatnonzero(right & (mean >= 10.0))

    def log_factorial(x: Array) -> Any:
        return special("gammaln")(x + 1.0)

    def propose(at: Array, u: Array, us: Array, v: Array) -> Any:
        n_, p_ = n[many[at]], p[many[at]]
        spread = np.sqrt(n_ * p_ * (1.0 - p_))
        b = 1.15 + 2.53 * spread
        a = -0.0873 + 0.0248 * b + 0.01 * p_
        m = np.floor((n_ + 1.0) * p_)
        k = np.floor((2.0 * a / us + b) * u + n_ * p_ + 0.5)
        scale = (2.83 + 5.1 / b) * spread / (a / (us * us) + b)
        bound = log_factorial(m) + log_factorial(n_ - m) - log_factorial(k) - log_factorial(n_ - k)
        near = np.log(v * scale) <= bound + (k - m) * np.log(p_ / (1.0 - p_))
        return k, (k >= 0.0) & (k <= n_) & near | (us >= 0.07) & (v <= 0.92 - 4.2 / b)

    out[many] = _rejected(state, many, propose)
    return np.where(chance <= 0.5, out, n - out).reshape(full)


def _categorical(state: Array, totals: Array, samples: int) -> Any:
    """The first class whose running total exceeds a uniform share of the whole."""
    batch = len(totals)
    u = _uniform(bits(state, batch * samples, 8), 8).reshape(batch, samples)
    bound = (u * totals[:, -1:])[..., None]
    return np.sum(totals[:, None, :-1] <= bound, -1, dtype=np.int64)


def _each(sample: Callable[..., Any]) -> Callable[..., Any]:
    """As many draws as there are states, each of parameters of its own."""

    def draws(state: Array, *given: Array, **params: Any) -> Any:
        if state.ndim == 1:
            return sample(state, *given, **params)
        return np.stack([draws(*row, **params) for row in zip(state, *given, strict=True)])

    return draws


_SAMPLERS: dict[str, Callable[..., Any]] = {
    "random_bits": _elements,
    "random_uniform": _random_uniform,
    "random_normal": _random_normal,
    "random_truncated_normal": _random_truncated_normal,
    "random_integers": _random_integers,
    "random_gamma": _random_gamma,
    "random_poisson": _random_poisson,
    "random_binomial": _random_binomial,
    "categorical": _categorical,
}
DRAWS = {name: _each(sample) for name, sample in _SAMPLERS.items()}
