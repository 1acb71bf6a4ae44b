"""Bessel's functions Y and K of a whole order up to 64, upwards from orders 0 and 1.

These grow with the order, so that going up is stable. It is done in pairs, in a loop as long as n
asks for, so that this does not vectorise. float32 is float64, rounded.

Source: DLMF 10.6.1, 10.29.1 and 10.74(iv).
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fabs, scalar, select
from ngrad_kernels.vecmath.bessel_first import INFINITY, NAN, ONE, ZERO, order8, up8
from ngrad_kernels.vecmath.bessel_i0 import unscaled8
from ngrad_kernels.vecmath.bessel_k0 import FAR
from ngrad_kernels.vecmath.bessel_k0 import _parts_f8 as parts0_f8
from ngrad_kernels.vecmath.bessel_k0 import edges as k_edges
from ngrad_kernels.vecmath.bessel_k1 import _parts_f8 as parts1_f8
from ngrad_kernels.vecmath.bessel_y0 import bessel_y0_f8
from ngrad_kernels.vecmath.bessel_y0 import edges as y_edges
from ngrad_kernels.vecmath.bessel_y1 import bessel_y1_f8
from ngrad_kernels.vecmath.gamma_value import is_odd


@scalar
def bessel_yn_f8(n, x):
    """Largest error 2^-52 times 1.6 max(|result|, 1 / sqrt(|x|) for |x| > n)."""
    m, good = order8(n)
    w = select((x > ZERO) & (x < INFINITY), x, ONE)
    first = bessel_y0_f8(w)
    h, l = up8(m, w, bessel_y1_f8(w), ZERO, first, ZERO, -ONE)  # noqa: E741
    value = select(fabs(h) < INFINITY, h + l, h)
    value = y_edges(x, select(m == ZERO, first, value))
    return select(good, select(is_odd(m) & (n < ZERO), -value, value), NAN)


@scalar
def bessel_yn_f4(n, x):
    """Of float64, rounded."""
    return np.float32(bessel_yn_f8(np.float64(n), np.float64(x)))


@scalar
def _parts8(n, w):
    """Up to 1 the function, beyond times exp(w), of a finite w > 0, as a pair."""
    near, fh, fl = parts0_f8(w)
    _, h, l = parts1_f8(w)  # noqa: E741
    h, l = up8(n, w, h, l, fh, fl, ONE)  # noqa: E741
    h = select(n == ZERO, fh, h)
    l = select(n == ZERO, fl, l)  # noqa: E741
    return near, h, l


@scalar
def bessel_kn_f8(n, x):
    """Largest error 1.75 ulp."""
    m, good = order8(n)
    w = select((x > ZERO) & (x < FAR), x, select(x < FAR, ONE, FAR))
    near, h, l = _parts8(m, w)  # noqa: E741
    value = select(h < INFINITY, unscaled8(h, l, select(near, ZERO, -w)), h)
    return select(good, k_edges(x, value), NAN)


@scalar
def bessel_kn_f4(n, x):
    """Of float64, rounded."""
    return np.float32(bessel_kn_f8(np.float64(n), np.float64(x)))


@scalar
def bessel_kne_f8(n, x):
    """Largest error 1.75 ulp."""
    m, good = order8(n)
    w = select((x > ZERO) & (x < INFINITY), x, ONE)
    near, h, l = _parts8(m, w)  # noqa: E741
    value = select(h < INFINITY, unscaled8(h, l, select(near, w, ZERO)), h)
    return select(good, k_edges(x, value), NAN)


@scalar
def bessel_kne_f4(n, x):
    """Of float64, rounded."""
    return np.float32(bessel_kne_f8(np.float64(n), np.float64(x)))
