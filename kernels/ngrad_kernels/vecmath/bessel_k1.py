"""The modified Bessel function of the second kind of order 1, also times exp(x).

Up to 1 it is 1 / x and x times a polynomial in x^2 and log(x) I1(x) / x, another. Beyond, sqrt(x)
exp(x) K1(x) is sqrt(pi / 2) and a rational function of 1 / x.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 9.6 and 9.7. Coefficients:
minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar, select, sqrt
from ngrad_kernels.vecmath.bessel_i0 import joined8, unscaled8
from ngrad_kernels.vecmath.bessel_k0 import FAR, FAR4, HALF_PI_ROOT, HALF_PI_ROOT_LOW, edges
from ngrad_kernels.vecmath.doubled import fast_two_sum
from ngrad_kernels.vecmath.exponential import exp_wide4
from ngrad_kernels.vecmath.gamma import _log_f8
from ngrad_kernels.vecmath.power import log_wide4

ZERO = np.float64(0.0)
ONE = np.float64(1.0)
INFINITY = np.float64(np.inf)
TINY = np.float64(2.0**-1000)

# I1(x) / x, and (K1(x) - 1 / x - log(x) I1(x)) / x, in x^2 for x <= 1: 2^-65.13 and 2^-55.95;
# for float32 2^-36.37 and 2^-44.36
I_0 = np.float64(0.5)
I_1 = np.float64(0.0625)
I_2 = np.float64(0.002604166666666653)
I_3 = np.float64(5.425347222240624e-05)
I_4 = np.float64(6.781684018481873e-07)
I_5 = np.float64(5.6514056607956995e-09)
I_6 = np.float64(3.363629614907961e-11)
I_7 = np.float64(1.5216273125926076e-13)
REST_0 = np.float64(-0.3079657578292062)
REST_1 = np.float64(-0.08537071972865258)
REST_2 = np.float64(-0.004642182766433703)
REST_3 = np.float64(-0.00011253607066914597)
REST_4 = np.float64(-1.5592875807096274e-06)
REST_5 = np.float64(-1.4032700614394734e-08)
REST_6 = np.float64(-8.572159950204837e-11)
REST_7 = np.float64(-2.260277098377715e-12)
REST_8 = np.float64(4.594292691650189e-13)
I4_0 = np.float64(0.5000000000112367)
I4_1 = np.float64(0.06249999943883232)
I4_2 = np.float64(0.0026041711500174166)
I4_3 = np.float64(5.424094250162114e-05)
I4_4 = np.float64(6.924386603146949e-07)
REST4_0 = np.float64(-0.3079657578291622)
REST4_1 = np.float64(-0.0853707197318189)
REST4_2 = np.float64(-0.004642182729540537)
REST4_3 = np.float64(-0.00011253622777171672)
REST4_4 = np.float64(-1.5589856946546919e-06)
REST4_5 = np.float64(-1.4298733396717596e-08)

# x (sqrt(x) exp(x) K1(x) - sqrt(pi / 2)) in 1 / x for x >= 1, TOP over BOTTOM: 2^-59.73; for
# float32 2^-35.94
TOP_0 = np.float64(0.4699928014933126)
TOP_1 = np.float64(9.986011978557418)
TOP_2 = np.float64(82.53208444074852)
TOP_3 = np.float64(343.6297703164847)
TOP_4 = np.float64(781.5611160155303)
TOP_5 = np.float64(987.124258304767)
TOP_6 = np.float64(675.3267110976155)
TOP_7 = np.float64(233.94305545891868)
TOP_8 = np.float64(35.919192759930596)
TOP_9 = np.float64(1.8470726742302275)
TOP_10 = np.float64(0.013375789048143417)
BOTTOM_0 = np.float64(1.0)
BOTTOM_1 = np.float64(21.559659417822502)
BOTTOM_2 = np.float64(182.06682525780758)
BOTTOM_3 = np.float64(782.523553985971)
BOTTOM_4 = np.float64(1865.2261222636857)
BOTTOM_5 = np.float64(2525.062735603646)
BOTTOM_6 = np.float64(1915.6601203336656)
BOTTOM_7 = np.float64(776.1855471954021)
BOTTOM_8 = np.float64(152.56293673093202)
BOTTOM_9 = np.float64(12.048416478311648)
BOTTOM_10 = np.float64(0.24367758274129403)
TOP4_0 = np.float64(0.46999280147892536)
TOP4_1 = np.float64(3.0838105018259356)
TOP4_2 = np.float64(6.041137788840483)
TOP4_3 = np.float64(4.007839482459249)
TOP4_4 = np.float64(0.7451011417664032)
TOP4_5 = np.float64(0.016984938118134753)
BOTTOM4_0 = np.float64(1.0)
BOTTOM4_1 = np.float64(6.8738994001072555)
BOTTOM4_2 = np.float64(14.728340893130461)
BOTTOM4_3 = np.float64(11.634894755583419)
BOTTOM4_4 = np.float64(3.09849126782811)
BOTTOM4_5 = np.float64(0.18629167315840825)


@scalar
def _parts_f4(w):
    """Up to 1 the function, beyond times exp(w), of a finite w > 0 in float64."""
    near = w <= ONE
    a = select(near, w, ONE)
    z = a * a
    p = fma(I4_4, z, I4_3)
    p = fma(p, z, I4_2)
    p = fma(p, z, I4_1)
    p = fma(p, z, I4_0)
    rest = fma(REST4_5, z, REST4_4)
    rest = fma(rest, z, REST4_3)
    rest = fma(rest, z, REST4_2)
    rest = fma(rest, z, REST4_1)
    rest = fma(rest, z, REST4_0)
    log = log_wide4(a)
    value = ONE / a + a * fma(log, p, rest)
    y = ONE / select(near, ONE, w)
    p = fma(TOP4_5, y, TOP4_4)
    p = fma(p, y, TOP4_3)
    p = fma(p, y, TOP4_2)
    p = fma(p, y, TOP4_1)
    p = fma(p, y, TOP4_0)
    q = fma(BOTTOM4_5, y, BOTTOM4_4)
    q = fma(q, y, BOTTOM4_3)
    q = fma(q, y, BOTTOM4_2)
    q = fma(q, y, BOTTOM4_1)
    q = fma(q, y, BOTTOM4_0)
    return near, select(near, value, (y * (p / q) + HALF_PI_ROOT) * sqrt(y))


@scalar
def _parts_f8(w):
    """Up to 1 the function, beyond times exp(w), of a finite w > 0, as a pair."""
    near = w <= ONE
    a = select(near, w, ONE)
    z = a * a
    p = fma(I_7, z, I_6)
    p = fma(p, z, I_5)
    p = fma(p, z, I_4)
    p = fma(p, z, I_3)
    p = fma(p, z, I_2)
    p = fma(p, z, I_1)
    p = fma(p, z, I_0)
    rest = fma(REST_8, z, REST_7)
    rest = fma(rest, z, REST_6)
    rest = fma(rest, z, REST_5)
    rest = fma(rest, z, REST_4)
    rest = fma(rest, z, REST_3)
    rest = fma(rest, z, REST_2)
    rest = fma(rest, z, REST_1)
    rest = fma(rest, z, REST_0)
    lh, ll = _log_f8(a, ZERO)
    r = ONE / a
    h, low = fast_two_sum(r, a * fma(lh, p, fma(ll, p, rest)))
    low = fma(fma(-r, a, ONE), r, low)
    y = ONE / select(near, ONE, w)
    p = fma(TOP_10, y, TOP_9)
    p = fma(p, y, TOP_8)
    p = fma(p, y, TOP_7)
    p = fma(p, y, TOP_6)
    p = fma(p, y, TOP_5)
    p = fma(p, y, TOP_4)
    p = fma(p, y, TOP_3)
    p = fma(p, y, TOP_2)
    p = fma(p, y, TOP_1)
    p = fma(p, y, TOP_0)
    q = fma(BOTTOM_10, y, BOTTOM_9)
    q = fma(q, y, BOTTOM_8)
    q = fma(q, y, BOTTOM_7)
    q = fma(q, y, BOTTOM_6)
    q = fma(q, y, BOTTOM_5)
    q = fma(q, y, BOTTOM_4)
    q = fma(q, y, BOTTOM_3)
    q = fma(q, y, BOTTOM_2)
    q = fma(q, y, BOTTOM_1)
    q = fma(q, y, BOTTOM_0)
    fh, fl = fast_two_sum(HALF_PI_ROOT, y * (p / q))
    h = select(near, h, fh)
    low = select(near, low, fl + HALF_PI_ROOT_LOW)
    h, low = joined8(near, y, w, h, low)
    return near, h, low


@scalar
def bessel_k1_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    w = select((wide > ZERO) & (wide < FAR4), wide, select(wide < FAR4, ONE, FAR4))
    near, value = _parts_f4(w)
    return np.float32(edges(wide, value * exp_wide4(select(near, ZERO, -w))))


@scalar
def bessel_k1e_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    w = select((wide > ZERO) & (wide < INFINITY), wide, ONE)
    near, value = _parts_f4(w)
    return np.float32(edges(wide, value * exp_wide4(select(near, w, ZERO))))


@scalar
def bessel_k1_f8(x):
    """Largest error 1.6 ulp."""
    w = select((x > ZERO) & (x < FAR), x, select(x < FAR, ONE, FAR))
    near, h, low = _parts_f8(w)
    value = unscaled8(h, low, select(near, ZERO, -w))
    return edges(x, select(x < TINY, ONE / x, value))


@scalar
def bessel_k1e_f8(x):
    """Largest error 1.6 ulp."""
    w = select((x > ZERO) & (x < INFINITY), x, ONE)
    near, h, low = _parts_f8(w)
    value = unscaled8(h, low, select(near, w, ZERO))
    return edges(x, select(x < TINY, ONE / x, value))
