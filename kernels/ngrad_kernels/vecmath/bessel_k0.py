"""The modified Bessel function of the second kind of order 0, also times exp(x).

Up to 1 a polynomial in x^2 less log(x) I0(x), a product with another, both of which are positive.
Beyond, sqrt(x) exp(x) K0(x) is sqrt(pi / 2) and a rational function of 1 / x.

Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 9.6 and 9.7. Coefficients:
minimax fits by tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import fma, scalar, select, sqrt
from ngrad_kernels.vecmath.bessel_i0 import joined8, unscaled8
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_sum
from ngrad_kernels.vecmath.exponential import exp_wide4
from ngrad_kernels.vecmath.gamma import _log_f8
from ngrad_kernels.vecmath.power import log_wide4

ZERO = np.float64(0.0)
ONE = np.float64(1.0)
INFINITY = np.float64(np.inf)
NAN = np.float64(np.nan)
FAR, FAR4 = np.float64(760.0), np.float64(110.0)  # exp(-FAR) is 0

# I0(x), and K0(x) + log(x) I0(x), in x^2 for x <= 1: 2^-60.96 and 2^-61.19;
# for float32 2^-32.78 and 2^-40.53
I_1 = np.float64(0.25)
I_2 = np.float64(0.015624999999999755)
I_3 = np.float64(0.0004340277777810907)
I_4 = np.float64(6.7816840110397135e-06)
I_5 = np.float64(6.781688177441453e-08)
I_6 = np.float64(4.708960785137382e-10)
I_7 = np.float64(2.4385964169928316e-12)
REST_0 = np.float64(0.11593151565841245)
REST_1 = np.float64(0.27898287891460316)
REST_2 = np.float64(0.025248929932161678)
REST_3 = np.float64(0.0008460350907163472)
REST_4 = np.float64(1.4914719267394847e-05)
REST_5 = np.float64(1.6271062889478404e-07)
REST_6 = np.float64(1.208346218034639e-09)
REST_7 = np.float64(6.557618865790988e-12)
REST_8 = np.float64(1.4572617771317377e-14)
I4_0 = np.float64(1.0000000001352412)
I4_1 = np.float64(0.24999999324729055)
I4_2 = np.float64(0.015625053937653354)
I4_3 = np.float64(0.00043387708414959733)
I4_4 = np.float64(6.953212432528093e-06)
REST4_0 = np.float64(0.11593151565781118)
REST4_1 = np.float64(0.27898287895785584)
REST4_2 = np.float64(0.0252489294280369)
REST4_3 = np.float64(0.000846037238987166)
REST4_4 = np.float64(1.4910583915410418e-05)
REST4_5 = np.float64(1.6637353871859506e-07)

# x (sqrt(x) exp(x) K0(x) - sqrt(pi / 2)) in 1 / x for x >= 1, TOP over BOTTOM: 2^-60.37; for
# float32 2^-36.66
HALF_PI_ROOT, HALF_PI_ROOT_LOW = np.float64(1.2533141373155003), np.float64(-9.164289990229583e-17)
TOP_0 = np.float64(-0.15666426716443754)
TOP_1 = np.float64(-3.3969793818221885)
TOP_2 = np.float64(-28.669941000357962)
TOP_3 = np.float64(-121.89104995000253)
TOP_4 = np.float64(-282.7411984393536)
TOP_5 = np.float64(-363.0703006201513)
TOP_6 = np.float64(-250.94673890718786)
TOP_7 = np.float64(-86.73458992064029)
TOP_8 = np.float64(-12.922114633723519)
TOP_9 = np.float64(-0.591083189804355)
TOP_10 = np.float64(-0.0012762423798711486)
BOTTOM_0 = np.float64(1.0)
BOTTOM_1 = np.float64(22.245679216972686)
BOTTOM_2 = np.float64(194.92968332606537)
BOTTOM_3 = np.float64(875.5504808426452)
BOTTOM_4 = np.float64(2201.181562710148)
BOTTOM_5 = np.float64(3181.709090270829)
BOTTOM_6 = np.float64(2621.2303224465295)
BOTTOM_7 = np.float64(1181.8696296715686)
BOTTOM_8 = np.float64(268.53337893388465)
BOTTOM_9 = np.float64(26.197580395227803)
BOTTOM_10 = np.float64(0.7547344490625578)
TOP4_0 = np.float64(-0.15666426715466214)
TOP4_1 = np.float64(-1.0596967006623055)
TOP4_2 = np.float64(-2.1247992336956583)
TOP4_3 = np.float64(-1.4109638929967332)
TOP4_4 = np.float64(-0.2436377475527323)
TOP4_5 = np.float64(-0.002277149493857303)
BOTTOM4_0 = np.float64(1.0)
BOTTOM4_1 = np.float64(7.326625023082796)
BOTTOM4_2 = np.float64(17.098051880285695)
BOTTOM4_3 = np.float64(15.22800944508892)
BOTTOM4_4 = np.float64(4.862537383557772)
BOTTOM4_5 = np.float64(0.4010871054870427)


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
    value = fma(-log, p, rest)
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
    rest = fma(REST_8, z, REST_7)
    rest = fma(rest, z, REST_6)
    rest = fma(rest, z, REST_5)
    rest = fma(rest, z, REST_4)
    rest = fma(rest, z, REST_3)
    rest = fma(rest, z, REST_2)
    rest = fma(rest, z, REST_1)
    rest = fma(rest, z, REST_0)
    lh, ll = _log_f8(a, ZERO)
    h, e = two_sum(rest, -lh)
    low = e - fma(lh, z * p, ll)
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
def edges(x, value):
    """Outside of the positive numbers: infinite at 0, 0 at infinity."""
    return select(x > ZERO, select(x < INFINITY, value, ZERO), select(x == ZERO, INFINITY, NAN))


@scalar
def bessel_k0_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    w = select((wide > ZERO) & (wide < FAR4), wide, select(wide < FAR4, ONE, FAR4))
    near, value = _parts_f4(w)
    return np.float32(edges(wide, value * exp_wide4(select(near, ZERO, -w))))


@scalar
def bessel_k0e_f4(x):
    """In float64. Largest error 0.51 ulp."""
    wide = np.float64(x)
    w = select((wide > ZERO) & (wide < INFINITY), wide, ONE)
    near, value = _parts_f4(w)
    return np.float32(edges(wide, value * exp_wide4(select(near, w, ZERO))))


@scalar
def bessel_k0_f8(x):
    """Largest error 1.75 ulp."""
    w = select((x > ZERO) & (x < FAR), x, select(x < FAR, ONE, FAR))
    near, h, low = _parts_f8(w)
    return edges(x, unscaled8(h, low, select(near, ZERO, -w)))


@scalar
def bessel_k0e_f8(x):
    """Largest error 1.35 ulp."""
    w = select((x > ZERO) & (x < INFINITY), x, ONE)
    near, h, low = _parts_f8(w)
    return edges(x, unscaled8(h, low, select(near, w, ZERO)))
