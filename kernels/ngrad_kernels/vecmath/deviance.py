"""How far a gamma distribution's argument is from its parameter, as what its logarithm falls by.

deviance(a, a + d) = a (v - log(1 + v)) of v = d / a, without the cancellation of its two parts: by
s = v / (2 + v) it is d s - a (log((1 + s) / (1 - s)) - 2 s), of which the second is a third of the
first, times s, at most. In pairs, as its error is an absolute one of the exponent of a density.

Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, fma, scalar
from ngrad_kernels.vecmath.doubled import (
    fast_two_sum,
    pair_add,
    pair_divide,
    pair_multiply,
    pair_times,
    two_product,
    two_sum,
)
from ngrad_kernels.vecmath.power import cube_of_ratio8, log_sum8

NEAR = np.float64(0.17)
LEAST = np.float64(1e-300)
ZERO = np.float64(0.0)
TWO = np.float64(2.0)


@scalar
def deviance8(a, th, tl, dh, dl):
    """(h, l): a (v - log(1 + v)) of v = d / a, for pairs d and t = a + d > 0; a >= 7.5."""
    sh, sl = two_sum(TWO * a, dh)
    sh, sl = fast_two_sum(sh, sl + dl)
    sh, sl = pair_divide(dh, dl, sh, sl)
    if fabs(sh) <= NEAR:
        uh, ul = cube_of_ratio8(sh, sl)
        uh, ul = pair_times(uh, ul, -a)
        sh, sl = pair_multiply(dh, dl, sh, sl)
        return pair_add(sh, sl, uh, ul)
    qh, ql = pair_divide(th, tl, a, ZERO)
    if not qh > LEAST:
        qh, ql = LEAST, ZERO
    qh, ql = log_sum8(qh, ql)
    h, low = two_product(-a, qh)
    low = fma(-a, ql, low)
    h, e = two_sum(h, dh)
    return fast_two_sum(h, low + (e + dl))
