"""Philox4x32-10, and samplers over it: kernels whose element i depends on (key, draw, i) alone.

A draw is a stream of 32-bit words under a key: word j is word j % 4 of the block with counter
(j // 4, attempt 0, draw). A 32-bit element i is made of word i, a 64-bit one of words 2i (low) and
2i + 1. Samplers that may reject take what they need beyond that from blocks of their own, (i,
attempt > 0, draw). So there is no state to advance, and numbers depend on neither threads nor
targets. A counter's 128 bits, from the lowest: 48 of block index, 16 of attempt, 64 of draw.

Sources: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3"
(SC'11); M. Wichura, "Algorithm AS 241: the percentage points of the normal distribution" (1988);
D. Lemire, "Fast random integer generation in an interval" (2019); G. Marsaglia, W. Tsang, "A simple
method for generating gamma variables" (2000).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from ngrad_kernels import cache
from ngrad_kernels.codes import size_of
from ngrad_kernels.counts import BINOMIAL, POISSON

M0, M1 = 0xD2511F53, 0xCD9E8D57
W0, W1 = 0x9E3779B9, 0xBB67AE85
MASK = 0xFFFFFFFF
ROUNDS = 10
BLOCK_BYTES = 16
"""Of one block: four words."""


def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """One block of Philox4x32-10 on the host: four words of a counter of four and a key of two.

    Examples
    --------
    >>> [hex(word) for word in philox((0, 0, 0, 0), (0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = p1 >> 32 ^ c1 ^ k0, p1 & MASK, p0 >> 32 ^ c3 ^ k1, p0 & MASK
        k0, k1 = k0 + W0 & MASK, k1 + W1 & MASK
    return c0, c1, c2, c3


def mix(a: int, b: int, purpose: int) -> tuple[int, int]:
    """Two 64-bit words that depend on every bit of two others, and on a purpose of 32 bits."""
    words = philox((a & MASK, a >> 32 & MASK, b & MASK, b >> 32 & MASK), (purpose, 0))
    return words[0] | words[1] << 32, words[2] | words[3] << 32


# The source text of kernels holds their constants too, since their key on disk is made of it.
# Helpers are inlined by force: a call that is left in a loop stops the vectoriser.

_JIT = "@helper(inline=True)\n"


def _block() -> str:
    """`block(low, high, draw, key)`: the words of a block, in the low halves of four uint64.

    Their high halves are noise, which costs nothing to leave there: a 32 x 32 multiplication of
    64-bit lanes looks at the low halves only.
    """
    lines = [
        f"{_JIT}def block(low, high, draw, key):",
        "    mask, s = u8(0xFFFFFFFF), u8(32)",
        "    c0, c1, c2, c3 = low, high, draw, draw >> s",
        "    k0, k1 = key & mask, key >> s",
    ]
    for _ in range(ROUNDS):
        lines += [
            f"    p0, p1 = u8({M0}) * (c0 & mask), u8({M1}) * (c2 & mask)",
            "    c0, c1, c2, c3 = (p1 >> s) ^ c1 ^ k0, p1, (p0 >> s) ^ c3 ^ k1, p0",
            f"    k0, k1 = (k0 + u8({W0})) & mask, (k1 + u8({W1})) & mask",
        ]
    return "\n".join([*lines, "    return c0, c1, c2, c3", ""])


WORDS = f'''
{_JIT}def fill_words(target, state, first, count):
    """`count` blocks of the stream from block `first`, to `target`."""
    key, draw = load_u8(state, 0), load_u8(state, 1)
    for b in range(count):
        at = u8(first + b)
        w0, w1, w2, w3 = block(at, at >> u8(32), draw, key)
        store_u4(target, 4 * b, u4(w0))
        store_u4(target, 4 * b + 1, u4(w1))
        store_u4(target, 4 * b + 2, u4(w2))
        store_u4(target, 4 * b + 3, u4(w3))


{_JIT}def retry(state, element, attempt):
    """Two words of 64 bits for an element that needs more than the stream gives it."""
    at = u8(element)
    w0, w1, w2, w3 = block(
        at, (at >> u8(32)) | (u8(attempt) << u8(16)), load_u8(state, 1), load_u8(state, 0)
    )
    mask, s = u8(0xFFFFFFFF), u8(32)
    return (w0 & mask) | (w1 << s), (w2 & mask) | (w3 << s)


{_JIT}def whole_f8(k):
    """A uint64 below 2^63 as float64, rounded once, in steps that AVX2 has too."""
    low = f8_from_bits(i8((k & u8(0xFFFFFFFF)) | u8(0x4330000000000000))) - 4503599627370496.0
    return f8(i4(k >> u8(32))) * 4294967296.0 + low


{_JIT}def uniform_f4(word):
    """Multiples of 2^-24 in [0, 1)."""
    return f4(i4(word >> u4(8))) * f4({2.0**-24!r})


{_JIT}def uniform_f8(word):
    """Multiples of 2^-53 in [0, 1)."""
    return whole_f8(word >> u8(11)) * {2.0**-53!r}
'''

# Rational approximations of AS 241, highest power first: (numerator, denominator) of each region.
# PPND7 (to 1e-7) for float32, PPND16 (to 1e-16) for float64.
_CENTRAL4 = (
    (59.10937472, 159.29113202, 50.434271938, 3.3871327179),
    (67.1875636, 78.757757664, 17.895169469, 1.0),
)
_MIDDLE4 = (
    (0.17023821103, 1.3067284816, 2.75681539, 1.4234372777),
    (0.0, 0.12021132975, 0.7370016425, 1.0),
)
_CENTRAL8 = (
    (
        *(2.509080928730122_6727e3, 3.343057558358812_8105e4, 6.726577092700870_0853e4),
        *(4.592195393154987_1457e4, 1.373169376550946_1125e4, 1.971590950306551_4427e3),
        *(1.331416678917843_7745e2, 3.387132872796366_6080e0),
    ),
    (
        *(5.226495278852854_5610e3, 2.872908573572194_2674e4, 3.930789580009271_0610e4),
        *(2.121379430158659_5867e4, 5.394196021424751_1077e3, 6.871870074920579_0830e2),
        *(4.231333070160091_1252e1, 1.0),
    ),
)
_MIDDLE8 = (
    (
        *(7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1),
        *(1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0),
        *(4.63033784615654529590e0, 1.42343711074968357734e0),
    ),
    (
        *(1.05075007164441684324e-9, 5.4759380849953449460e-4, 1.51986665636164571966e-2),
        *(1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0),
        *(2.05319162663775882187e0, 1.0),
    ),
)
_FAR8 = (
    (
        *(2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3),
        *(2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0),
        *(5.46378491116411436990e0, 6.65790464350110377720e0),
    ),
    (
        *(2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5),
        *(7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1),
        *(5.99832206555887937690e-1, 1.0),
    ),
)
_REGIONS = {"f4": (_CENTRAL4, _MIDDLE4), "f8": (_CENTRAL8, _MIDDLE8, _FAR8)}


def _quantile(code: str) -> str:
    """`quantile_{code}(q, p)`: the positive normal quantile of 1 - p, q = 1/2 - p.

    Every region is the same quotient of polynomials, so coefficients are selected, never results.
    """
    regions = _REGIONS[code]

    def pick(part: int, power: int) -> str:
        values = [f"{code}({region[part][power]!r})" for region in regions]
        outer = values[1] if len(values) == 2 else f"select(far, {values[2]}, {values[1]})"
        return f"select(central, {values[0]}, {outer})"

    start = f"select(far, {code}(5.0), {code}(1.6))" if len(regions) == 3 else f"{code}(1.6)"
    lines = [
        f"{_JIT}def quantile_{code}(q, p):",
        f"    central = q <= {code}(0.425)",
        f"    s = sqrt(-log_{code}(p))",
        f"    far = s > {code}(5.0)",
        f"    r = select(central, {code}(0.180625) - q * q, s - {start})",
    ]
    for part, name in enumerate(("top", "bottom")):
        lines.append(f"    {name} = {pick(part, 0)}")
        count = len(regions[0][part])
        lines += [f"    {name} = fma({name}, r, {pick(part, k)})" for k in range(1, count)]
    return "\n".join([*lines, f"    return select(central, q, {code}(1.0)) * top / bottom", ""])


# The mass within two standard deviations, of which q takes a half.
_WITHIN = math.erf(math.sqrt(2.0))

NORMAL = f'''
{_JIT}def normal_f4(word):
    """The quantile of 1/2 + (2 s + 1) 2^-33, s the word as a signed integer: both tails alike."""
    s = i4(word)
    a = i4(s ^ i4(s >> i4(31)))
    q = (f4(a) + f4(0.5)) * f4({2.0**-32!r})
    p = (f4(i4(a ^ i4(0x7FFFFFFF))) + f4(0.5)) * f4({2.0**-32!r})
    return copysign(quantile_f4(q, p), f4(s))


{_JIT}def normal_f8(word):
    """The quantile of 1/2 + (2 s + 1) 2^-65, s the word as a signed integer."""
    s = i8(word)
    a = s ^ (s >> 63)
    q = (whole_f8(u8(a)) + 0.5) * {2.0**-64!r}
    p = (whole_f8(u8(a ^ 0x7FFFFFFFFFFFFFFF)) + 0.5) * {2.0**-64!r}
    return f8_from_bits(bits_of_f8(quantile_f8(q, p)) | (s & i8({-(2**63)})))


{_JIT}def truncated_normal_f4(word):
    """As normal_f4, the argument scaled to the mass within two standard deviations."""
    s = i4(word)
    a = i4(s ^ i4(s >> i4(31)))
    q = (f4(a) + f4(0.5)) * f4({2.0**-32 * _WITHIN!r})
    z = quantile_f4(q, f4(0.5) - q)
    return copysign(select(z < f4(2.0), z, f4(2.0)), f4(s))


{_JIT}def truncated_normal_f8(word):
    """As normal_f8, the argument scaled to the mass within two standard deviations."""
    s = i8(word)
    a = s ^ (s >> 63)
    q = (whole_f8(u8(a)) + 0.5) * {2.0**-64 * _WITHIN!r}
    z = quantile_f8(q, 0.5 - q)
    z = select(z < 2.0, z, 2.0)
    return f8_from_bits(bits_of_f8(z) | (s & i8({-(2**63)})))
'''

# Elements [lo, hi) by way of words that wait in L1, 256 blocks at a time; lo is a multiple of 4.
_LOOP = """
def {name}(table, lo, hi):
    words = stack_words({words})
    for start in range(lo, hi, {step}):
        n = min({step}, hi - start)
        fill_words(words, table[1], start // {per_block}, (n + {per_block} - 1) // {per_block})
{body}"""

_MAP = """\
        target = table[2] + start * {size}
        for i in range(n):
            store_{code}(target, i, {sampler}(reload_u{size}(words, i)))
"""


INTEGERS = """\
        # State: key, draw, number of values, least value. What Lemire's method rejects is redrawn.
        count, least = load_u8(table[1], 2), load_u8(table[1], 3)
        limit = {limit}
        target = table[2] + start * {size}
        rejected = 0
        for i in range(n):
            high, low = multiply_u{size}(reload_u{size}(words, i), count)
            rejected += low < limit
            store_i{size}(target, i, i{size}(least + high))
        if rejected > 0:
            for i in range(n):
                high, low = multiply_u{size}(reload_u{size}(words, i), count)
                attempt = 0
                while low < limit and attempt < 65535:
                    attempt += 1
                    word, _ = retry(table[1], start + i, attempt)
                    high, low = multiply_u{size}(u{size}(word), count)
                    store_i{size}(target, i, i{size}(least + high))
"""
_LIMIT = {4: "u8(4294967296) % count", 8: "(u8(0) - count) % count"}
MULTIPLY = f"""
{_JIT}def multiply_u4(word, count):
    product = u8(word) * count
    return product >> u8(32), product & u8(0xFFFFFFFF)


{_JIT}def multiply_u8(word, count):
    mask, s = u8(0xFFFFFFFF), u8(32)
    w0, w1, c0, c1 = word & mask, word >> s, count & mask, count >> s
    middle = w1 * c0 + ((w0 * c0) >> s)
    other = w0 * c1 + (middle & mask)
    return w1 * c1 + (middle >> s) + (other >> s), word * count
"""

GAMMA = """
def random_gamma_{code}(table, lo, hi):
    # Facts: how many alphas there are; element i has alpha i % count.
    count = table_at(table[0])[0]
    for i in range(lo, hi):
        alpha = f8(load_{code}(table[2], i % count))
        shift = 1.0 if alpha < 1.0 else 0.0  # Gamma(a) = Gamma(a + 1) U^(1 / a)
        d = alpha + shift - 0.3333333333333333
        c = 1.0 / sqrt(9.0 * d)
        result = np.nan
        attempt = 0 if alpha > 0.0 and alpha < np.inf else 65535
        while attempt < 65535:
            attempt += 1
            first, second = retry(table[1], i, attempt)
            x = normal_f8(first)
            v = 1.0 + c * x
            v = v * v * v
            if v > 0.0 and log_f8(uniform_f8(second)) < 0.5 * x * x + d - d * v + d * log_f8(v):
                result = d * v
                attempt = 65535
        if shift == 1.0:
            first, second = retry(table[1], i, 0)
            result = result * exp_f8(log_f8(uniform_f8(first) + {half!r}) / alpha)
        store_{code}(table[3], i, {code}(result))
"""

CATEGORICAL = """\
        # Facts: classes, samples a row. The first class whose running total exceeds u of the total.
        facts = table_at(table[0])
        classes, samples = facts[0], facts[1]
        for i in range(n):
            row = table[2] + (start + i) // samples * classes * 8
            bound = uniform_f8(reload_u8(words, i)) * load_f8(row, classes - 1)
            below, above = 0, classes - 1
            while below < above:
                middle = (below + above) // 2
                if load_f8(row, middle) > bound:
                    above = middle
                else:
                    below = middle + 1
            store_i8(table[3], start + i, below)
"""

OPERANDS = {"gamma": 1, "categorical": 1, "poisson": 1, "binomial": 2}
"""How many operands a sampler has beside the draw's state; of others there is none."""
ALONE = {"gamma": GAMMA, "poisson": POISSON, "binomial": BINOMIAL}
"""Samplers of which an element may take any number of words, none of the stream."""

_HELPERS = _block() + WORDS + _quantile("f4") + _quantile("f8") + NORMAL + MULTIPLY


def source_of(sampler: str, code: str, span: int = 4096) -> tuple[str, str]:
    """The name and the source text of a sampler's kernel for elements of a dtype, which takes
    `span` bytes of the stream (whole blocks) at a time.

    Samplers: "bits" (u4, u8), "uniform", "normal", "truncated_normal", "gamma" (f4, f8), "integers"
    (i4, i8), "categorical" (i8), "poisson", "binomial" (f8). The table holds the draw's state (key,
    draw; two more words for integers), then the alphas of gamma, the running totals of categorical,
    the rates of poisson or the trials and probabilities of binomial, then the result.
    """
    name, size = f"random_{sampler}_{code}", size_of(code)
    if sampler in ALONE:
        return name, _HELPERS + ALONE[sampler].format(code=code, half=2.0**-54)
    if sampler == "integers":
        body = INTEGERS.format(size=size, limit=_LIMIT[size])
    elif sampler == "categorical":
        body = CATEGORICAL
    else:
        function = code if sampler == "bits" else f"{sampler}_{code}"
        body = _MAP.format(size=size, code=code, sampler=function)
    loop = _LOOP.format(
        name=name, words=span // 8, step=span // size, per_block=BLOCK_BYTES // size, body=body
    )
    return name, _HELPERS + loop


# Draws [lo, hi) of many, each by its own state and parameters.
_EACH = """
def {name}_each(table, lo, hi):
    # Facts: the sampler's, two; elements a draw; bytes from one draw to the next, an operand.
    facts = table_at(table[0])
    words = stack_words({count})
    own = table_at(words)
    own[0] = table[0]
    for row in range(lo, hi):
        for k in range(1, {count}):
            own[k] = table[k] + row * facts[2 + k]
        {name}(own, 0, facts[2])
"""


def source_of_each(name: str, source: str, sampler: str) -> tuple[str, str]:
    """The same of a kernel that does many draws, from that of a sampler's."""
    source = source.replace(f"def {name}(", f"{_JIT}def {name}(")
    each = _EACH.format(name=name, count=3 + OPERANDS.get(sampler, 0))
    return f"{name}_each", source + each


@functools.cache
def kernel_of(sampler: str, code: str, each: bool = False) -> int:
    """The address of a sampler's kernel; of that which does many draws."""
    found = source_of(sampler, code)
    return cache.load(*(source_of_each(*found, sampler) if each else found))
