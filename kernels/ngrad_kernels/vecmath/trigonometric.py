"""Sine, cosine and tangent, right for every argument up to the largest, without a branch.

The usual two-path design (a quick reduction, and Payne-Hanek's for huge arguments) would compute
both anyway once a loop is vectorised. So there is only the general one, made cheap: words of
1/(2 pi) are picked by selects, never gathered from memory.

Sources: M. Payne, R. Hanek, "Radian reduction for trigonometric functions" (1983); J.-M. Muller et
al., "Handbook of Floating-Point Arithmetic" (argument reduction). Coefficients: minimax fits by
tests/kernels/fit.py.
"""

from __future__ import annotations

import numpy as np

from ngrad_kernels.intrinsics import (
    bits_of_f8,
    f8_from_bits,
    fabs,
    fma,
    rint,
    scalar,
    select,
)
from ngrad_kernels.vecmath.doubled import fast_two_sum, two_product

INFINITY = np.float64(np.inf)
SIGN = np.int64(-(2**63))

# 1 / (2 pi) in pieces of 53 bits: enough for float32
PIECE_0 = np.float64(0.15915494309189532)
PIECE_1 = np.float64(1.7916237278037667e-17)
PIECE_2 = np.float64(2.545416096874927e-33)
PIECE_3 = np.float64(2.1132476107887107e-49)
FAR = np.float64(2.0**90)  # every product of a float32 above and PIECE_0 is whole
ROUNDER = np.float64(1.5 * 2.0**52)  # x + ROUNDER: x rounded to an integer in the low bits

# sin(pi f) / f in f^2, |f| <= 1/2: 2^-27.5
HALF4_0 = np.float64(3.1415926368263345)
HALF4_1 = np.float64(-5.167709674640352)
HALF4_2 = np.float64(2.550069496215767)
HALF4_3 = np.float64(-0.5982404789480246)
HALF4_4 = np.float64(0.07755673938559028)

# sin(pi/2 f) / f and cos(pi/2 f) in f^2, |f| <= 1/2: 2^-28.2 and 2^-33.9
SINE4_0 = np.float64(1.5707963217001353)
SINE4_1 = np.float64(-0.645963459465047)
SINE4_2 = np.float64(0.07968002267787953)
SINE4_3 = np.float64(-0.00460162593360507)
COSINE4_1 = np.float64(-1.2337005425853826)
COSINE4_2 = np.float64(0.2536692256225832)
COSINE4_3 = np.float64(-0.020860162434233925)
COSINE4_4 = np.float64(0.00090376031689989)

# (sin r - r) / r^3 and (cos r - 1 + r^2/2) / r^4 in r^2, |r| <= pi/4: 2^-57.9 and 2^-63.9
SINE_0 = np.float64(-0.1666666666666663)
SINE_1 = np.float64(0.00833333333332184)
SINE_2 = np.float64(-0.00019841269829358186)
SINE_3 = np.float64(2.7557313538200734e-06)
SINE_4 = np.float64(-2.5050734305330742e-08)
SINE_5 = np.float64(1.589542638452301e-10)
COSINE_0 = np.float64(0.041666666666666595)
COSINE_1 = np.float64(-0.0013888888888873338)
COSINE_2 = np.float64(2.4801587288996987e-05)
COSINE_3 = np.float64(-2.755731421497585e-07)
COSINE_4 = np.float64(2.08757050461537e-09)
COSINE_5 = np.float64(-1.1358727983835237e-11)

# 1 / (2 pi) behind 53 zero bits, in words of 64 bits
WORD_0 = np.uint64(0x0000000000000145)
WORD_1 = np.uint64(0xF306DC9C882A53F8)
WORD_2 = np.uint64(0x4EAFA3EA69BB81B6)
WORD_3 = np.uint64(0xC52B3278872083FC)
WORD_4 = np.uint64(0xA2C757BD778AC36E)
WORD_5 = np.uint64(0x48DC74849BA5C00C)
WORD_6 = np.uint64(0x925DD413A32439FC)
WORD_7 = np.uint64(0x3BD63962534E7DD1)
WORD_8 = np.uint64(0x046BEA5D768909D3)
WORD_9 = np.uint64(0x38E04D68BEFC8273)
WORD_10 = np.uint64(0x23AC7306A673E939)
WORD_11 = np.uint64(0x08BF177BF250763F)
WORD_12 = np.uint64(0xF12FFFBC0B301FDE)
WORD_13 = np.uint64(0x5E2316B414DA3EDA)
WORD_14 = np.uint64(0x6CFD9E4F96136E9E)
WORD_15 = np.uint64(0x8C7ECD3CBFD45AEA)
WORD_16 = np.uint64(0x4F758FD7CBE2F67A)
WORD_17 = np.uint64(0x0E73EF14A525D4D7)
WORD_18 = np.uint64(0xF6BF623F1ABA10AC)
NONE = np.uint64(0)
LOW = np.uint64(0xFFFFFFFF)
U1 = np.uint64(1)
U6 = np.uint64(6)
U32 = np.uint64(32)
U52 = np.uint64(52)
U61 = np.uint64(61)
U62 = np.uint64(62)
U63 = np.uint64(63)
FRACTION = np.uint64(2**52 - 1)
IMPLICIT = np.uint64(2**52)
MAGNITUDE = np.uint64(2**63 - 1)
QUARTER_PI = np.float64(0.7853981633974483)
TURN = np.float64(3.4061215800865545e-19)  # 2 pi / 2^64, and what it lacks
TURN_LOW = np.float64(1.3277647201629795e-35)
SCALE_32 = np.float64(2.0**32)
ZERO = np.float64(0.0)
HALF = np.float64(0.5)
ONE = np.float64(1.0)
TWO = np.float64(2.0)
FOUR = np.float64(4.0)


@scalar
def _turns_f4(x):
    """(s, u, v, w): the float32 x, as float64, is s + u + v + w turns and some whole ones.

    x times the three pieces of 1/(2 pi) that matter for its size; below FAR the first three. |w| is
    small, the others are at most 1/2; what cancels between them (leaving 2^-32 at worst) is exact.
    """
    far = fabs(x) >= FAR
    p0, e0 = two_product(x, select(far, PIECE_1, PIECE_0))
    p1, e1 = two_product(x, select(far, PIECE_2, PIECE_1))
    p2 = x * select(far, PIECE_3, PIECE_2)
    return p0 - rint(p0), e0 - rint(e0), p1 - rint(p1), e1 + p2


@scalar
def _half_turns_f4(x, offset):
    """(q, f): the angle x and `offset` of half a turn are q + f half turns, |f| <= 1/2.

    q is in the low bits.
    """
    s, u, v, w = _turns_f4(x)
    rounded = fma(TWO, s + (u + v), offset) + ROUNDER
    f = fma(TWO, s, offset - (rounded - ROUNDER))  # exact: s is coarse wherever u and v are large
    return bits_of_f8(rounded), fma(TWO, w, fma(TWO, v, fma(TWO, u, f)))


@scalar
def _quarter_turns_f4(x):
    """(q, f): the angle x is q + f quarter turns, |f| <= 1/2. q is in the low bits."""
    s, u, v, w = _turns_f4(x)
    rounded = fma(FOUR, s + (u + v), ROUNDER)
    f = fma(FOUR, v, fma(FOUR, u, fma(FOUR, s, ROUNDER - rounded)))
    return bits_of_f8(rounded), fma(FOUR, w, f)


@scalar
def _sine_f4(q, f):
    """sin(pi (q + f)) for |f| <= 1/2."""
    z = f * f
    p = fma(fma(fma(fma(HALF4_4, z, HALF4_3), z, HALF4_2), z, HALF4_1), z, HALF4_0)
    return np.float32(f8_from_bits(bits_of_f8(f * p) ^ (q << np.int64(63))))


@scalar
def _sine_cosine_f4(f):
    """sin(pi/2 f) and cos(pi/2 f) for |f| <= 1/2, about 28 bits."""
    z = f * f
    sine = fma(fma(fma(SINE4_3, z, SINE4_2), z, SINE4_1), z, SINE4_0) * f
    cosine = fma(fma(fma(COSINE4_4, z, COSINE4_3), z, COSINE4_2), z, COSINE4_1)
    return sine, fma(cosine, z, ONE)


@scalar
def sin_f4(x):
    """Reduced to |angle| <= pi/2, one odd polynomial, all in float64. Largest error 0.6 ulp."""
    q, f = _half_turns_f4(np.float64(x), ZERO)
    return select(x == np.float32(0.0), x, _sine_f4(q, f))  # keeps -0


@scalar
def cos_f4(x):
    """sin a quarter turn further. Largest error 0.6 ulp."""
    q, f = _half_turns_f4(np.float64(x), HALF)
    return _sine_f4(q, f)


@scalar
def tan_f4(x):
    """Reduced to |angle| <= pi/4, sine over cosine, all in float64. Largest error 0.56 ulp."""
    q, f = _quarter_turns_f4(np.float64(x))
    sine, cosine = _sine_cosine_f4(f)
    odd = (q & np.int64(1)) != np.int64(0)
    value = select(odd, -cosine, sine) / select(odd, sine, cosine)
    return select(x == np.float32(0.0), x, np.float32(value))


@scalar
def _reduce_f8(x):
    """(q, rh, rl): |x| is q quarter turns and the angle rh + rl, |rh| <= pi/4 and a bit, if finite.

    Payne-Hanek in 64-bit integers: x is m 2^e, m of 53 bits; of 1/(2 pi) only the 192 bits from the
    e-th fractional one on matter for x / (2 pi) mod 1. A barrel shifter of selects finds them; the
    product with m keeps 128 bits of the fraction, 2^-63 of a turn at worst being left after
    cancellation. Below pi/4 the angle is x itself.
    """
    bits = np.uint64(bits_of_f8(x)) & MAGNITUDE
    exponent = bits >> U52
    # the first bit that matters, 0 for x in [1/2, 1); at the very top one before and m doubled
    start = select(exponent > np.uint64(1022), exponent - np.uint64(1022), NONE)
    mantissa = (bits & FRACTION) | IMPLICIT
    mantissa = select(start > np.uint64(1023), mantissa << U1, mantissa)
    start = select(start > np.uint64(1023), np.uint64(1023), start)
    block = start >> U6
    far = (block & np.uint64(8)) != NONE
    w0 = select(far, WORD_8, WORD_0)
    w1 = select(far, WORD_9, WORD_1)
    w2 = select(far, WORD_10, WORD_2)
    w3 = select(far, WORD_11, WORD_3)
    w4 = select(far, WORD_12, WORD_4)
    w5 = select(far, WORD_13, WORD_5)
    w6 = select(far, WORD_14, WORD_6)
    w7 = select(far, WORD_15, WORD_7)
    w8 = select(far, WORD_16, WORD_8)
    w9 = select(far, WORD_17, WORD_9)
    w10 = select(far, WORD_18, WORD_10)
    far = (block & np.uint64(4)) != NONE
    w0 = select(far, w4, w0)
    w1 = select(far, w5, w1)
    w2 = select(far, w6, w2)
    w3 = select(far, w7, w3)
    w4 = select(far, w8, w4)
    w5 = select(far, w9, w5)
    w6 = select(far, w10, w6)
    far = (block & np.uint64(2)) != NONE
    w0 = select(far, w2, w0)
    w1 = select(far, w3, w1)
    w2 = select(far, w4, w2)
    w3 = select(far, w5, w3)
    w4 = select(far, w6, w4)
    far = (block & np.uint64(1)) != NONE
    w0 = select(far, w1, w0)
    w1 = select(far, w2, w1)
    w2 = select(far, w3, w2)
    w3 = select(far, w4, w3)
    shift = start & U63
    back = shift ^ U63
    f0 = (w0 << shift) | ((w1 >> U1) >> back)
    f1 = (w1 << shift) | ((w2 >> U1) >> back)
    f2 = (w2 << shift) | ((w3 >> U1) >> back)

    # digits of 32 bits: weight of the k-th 2^(-32 (k + 1)) turns; what is above 1 turn is dropped
    ml = mantissa & LOW
    mh = mantissa >> U32
    d0, d1 = f0 >> U32, f0 & LOW
    d2, d3 = f1 >> U32, f1 & LOW
    d4, d5 = f2 >> U32, f2 & LOW
    l0, l1, l2, l3, l4 = ml * d0, ml * d1, ml * d2, ml * d3, ml * d4
    s3 = (l3 & LOW) + (l4 >> U32) + mh * d4 + ((mh * d5) >> U32)
    s2 = (l2 & LOW) + (l3 >> U32) + mh * d3 + (s3 >> U32)
    s1 = (l1 & LOW) + (l2 >> U32) + mh * d2 + (s2 >> U32)
    high = ((l0 + (l1 >> U32) + mh * d1) << U32) + s1
    low = (s2 << U32) | (s3 & LOW)

    q = (high + (U1 << U61)) >> U62
    signed = np.int64(high - (q << U62))
    top = np.float64(signed >> np.int64(32)) * SCALE_32
    ah, al = fast_two_sum(top, np.float64(np.int64(np.uint64(signed) & LOW)))
    al = fma(np.float64(np.int64(low >> U1)), np.float64(2.0**-63), al)
    rh = ah * TURN
    rl = fma(ah, TURN, -rh) + fma(ah, TURN_LOW, al * TURN)
    x = fabs(x)
    small = x <= QUARTER_PI
    return (
        select(small, np.int64(0), np.int64(q)),
        select(small, x, rh),
        select(small, np.float64(0.0), rl),
    )


@scalar
def _sine_cosine_f8(rh, rl):
    """Sine and cosine, each a sum of two parts, of rh + rl, |rh| <= pi/4."""
    z = rh * rh
    p = fma(fma(fma(fma(fma(SINE_5, z, SINE_4), z, SINE_3), z, SINE_2), z, SINE_1), z, SINE_0)
    c = fma(
        fma(fma(fma(fma(COSINE_5, z, COSINE_4), z, COSINE_3), z, COSINE_2), z, COSINE_1),
        z,
        COSINE_0,
    )
    half = HALF * z
    w = ONE - half
    sine_low = fma(rh * z, p, rl * w)
    cosine_low = ((ONE - w) - half) + fma(z * z, c, -(rh * rl))
    return rh, sine_low, w, cosine_low


@scalar
def _turned(sine, cosine, q):
    """sin of (angle + q quarter turns) from the sine and cosine of the angle."""
    value = select((q & np.int64(1)) != np.int64(0), cosine, sine)
    return f8_from_bits(bits_of_f8(value) ^ ((q & np.int64(2)) << np.int64(62)))


@scalar
def sin_f8(x):
    """Reduced to |angle| <= pi/4. Largest error 0.8 ulp, 1.2 ulp of results below 1e-16."""
    q, rh, rl = _reduce_f8(x)
    sh, sl, ch, cl = _sine_cosine_f8(rh, rl)
    value = f8_from_bits(bits_of_f8(_turned(sh + sl, ch + cl, q)) ^ (bits_of_f8(x) & SIGN))
    return select(fabs(x) < INFINITY, value, x - x)


@scalar
def cos_f8(x):
    """sin a quarter turn further. Largest error 0.95 ulp, 1.2 ulp of results below 1e-16."""
    q, rh, rl = _reduce_f8(x)
    sh, sl, ch, cl = _sine_cosine_f8(rh, rl)
    value = _turned(sh + sl, ch + cl, q + np.int64(1))
    return select(fabs(x) < INFINITY, value, x - x)


@scalar
def tan_f8(x):
    """Sine over cosine, the quotient corrected by what both lack and by its own remainder.

    Largest error 0.9 ulp, 1.2 ulp of results below 1e-16.
    """
    q, rh, rl = _reduce_f8(x)
    sh, sl, ch, cl = _sine_cosine_f8(rh, rl)
    odd = (q & np.int64(1)) != np.int64(0)
    nh, nl = fast_two_sum(select(odd, -ch, sh), select(odd, -cl, sl))
    dh, dl = fast_two_sum(select(odd, sh, ch), select(odd, sl, cl))
    r = ONE / dh
    t = nh * r
    t = fma(fma(-t, dh, nh) + fma(-t, dl, nl), r, t)
    value = f8_from_bits(bits_of_f8(t) ^ (bits_of_f8(x) & SIGN))
    return select(fabs(x) < INFINITY, value, x - x)
