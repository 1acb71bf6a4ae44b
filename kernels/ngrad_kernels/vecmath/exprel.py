"""(exp(x) - 1) / x, which is 1 at 0, and is finite for some x whose exponential is not."""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, scalar, select
from ngrad_kernels.vecmath.exponential import expm1_f8, halves8
from ngrad_kernels.vecmath.zeta import exp_pair8

ZERO, ONE, LARGE = (np.float64(k) for k in (0, 1, 50))
TOO_FAR = np.float64(760.0)


@scalar
def exprel_f8(x):
    """Largest error 2 ulp."""
    a = select(fabs(x) > ZERO, x, ONE)
    a = select(a < TOO_FAR, a, TOO_FAR)
    large = a > LARGE
    h, l, n = exp_pair8(select(large, a, ONE), ZERO)  # noqa: E741
    p, s = halves8(n)
    value = select(large, (h + l) * p / a * s, expm1_f8(select(large, ONE, a)) / a)
    value = select(fabs(x) > ZERO, value, ONE)
    return select(x == x, value, x)


@scalar
def exprel_f4(x):
    """In float64. Largest error 0.51 ulp."""
    return np.float32(exprel_f8(np.float64(x)))
