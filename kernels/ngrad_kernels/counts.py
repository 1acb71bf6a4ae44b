"""Samplers of counts: Poisson and binomial numbers, as source text over the helpers of `philox.py`.

Small means are counted up to, by the running sum of probabilities; large ones are drawn by
transformed rejection.

Sources: W. Hörmann, "The transformed rejection method for generating Poisson random variables"
(1993), algorithm PTRS; W. Hörmann, "The generation of binomial random variates" (1993), BTRS.
"""

from __future__ import annotations

_ACCEPT = """\
            attempt += 1
            first, second = retry(table[1], i, attempt)
            u = uniform_f8(first) - 0.5
            v = uniform_f8(second)
            us = 0.5 - abs(u)"""

POISSON = f"""
def random_poisson_f8(table, lo, hi):
    # Facts: how many rates there are; element i has rate i % count.
    count = table_at(table[0])[0]
    for i in range(lo, hi):
        rate = load_f8(table[2], i % count)
        result = np.nan
        if rate >= 0.0 and rate < 10.0:
            first, second = retry(table[1], i, 0)
            u = uniform_f8(first)
            k, share = 0.0, exp_f8(-rate)
            below = share
            while u >= below and k < 200.0:
                k += 1.0
                share = share * rate / k
                below = below + share
            result = k
        attempt = 0 if rate >= 10.0 and rate < np.inf else 65535
        b = 0.931 + 2.53 * sqrt(rate)
        a = -0.059 + 0.02483 * b
        while attempt < 65535:
{_ACCEPT}
            k = floor((2.0 * a / us + b) * u + rate + 0.43)
            kept = us >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2.0)
            if not kept and k >= 0.0 and (us >= 0.013 or v <= us):
                bound = k * log_f8(rate) - rate - lgamma_f8(k + 1.0)
                scale = (1.1239 + 1.1328 / (b - 3.4)) / (a / (us * us) + b)
                kept = log_f8(v * scale) <= bound
            if kept:
                result = k
                attempt = 65535
        store_f8(table[3], i, f8(result))
"""

BINOMIAL = f"""
def random_binomial_f8(table, lo, hi):
    # Facts: how many trials and probabilities there are; element i has those of i % count.
    count = table_at(table[0])[0]
    for i in range(lo, hi):
        n = floor(load_f8(table[2], i % count))
        chance = load_f8(table[3], i % count)
        p = chance if chance <= 0.5 else 1.0 - chance
        result = np.nan
        right = n >= 0.0 and n < np.inf and p >= 0.0
        if right and n * p < 10.0:
            first, second = retry(table[1], i, 0)
            u = uniform_f8(first)
            k, share = 0.0, exp_f8(n * log1p_f8(-p))
            below = share
            while u >= below and k < n and k < 200.0:
                k += 1.0
                share = share * (n - k + 1.0) / k * (p / (1.0 - p))
                below = below + share
            result = k
        attempt = 0 if right and n * p >= 10.0 else 65535
        spread = sqrt(n * p * (1.0 - p))
        b = 1.15 + 2.53 * spread
        a = -0.0873 + 0.0248 * b + 0.01 * p
        m = floor((n + 1.0) * p)
        while attempt < 65535:
{_ACCEPT}
            k = floor((2.0 * a / us + b) * u + n * p + 0.5)
            kept = us >= 0.07 and v <= 0.92 - 4.2 / b
            if not kept and k >= 0.0 and k <= n:
                scale = (2.83 + 5.1 / b) * spread / (a / (us * us) + b)
                bound = lgamma_f8(m + 1.0) + lgamma_f8(n - m + 1.0)
                bound = bound - lgamma_f8(k + 1.0) - lgamma_f8(n - k + 1.0)
                kept = log_f8(v * scale) <= bound + (k - m) * log_f8(p / (1.0 - p))
            if kept:
                result = k
                attempt = 65535
        store_f8(table[4], i, f8(result if chance <= 0.5 else n - result))
"""
