"""The scalar expressions, per target: the table that a new elementwise op adds a row to.

A row gives, for each kind of operand (f float, i signed, u unsigned, b bool, c complex), an
expression in which `{0}`, `{1}`, ... are the operands, `{c}` the dtype code in which these are
computed, `{s}` that in which they are stored, and `{p}` that of their parts. Operands of a row have
one dtype; the result has it too, unless the row says otherwise. A kind that is not named is not
supported, and the front end says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ngrad_kernels.codes import pair_of, part_of

LONG = 8
"""The cost of what is long: see `Scalar`."""


@dataclass(frozen=True)
class Scalar:
    """One scalar operation: an expression by kind of operand, the dtype of its result ("b1", "part"
    of a complex number, or the "pair" of two floats), and what it costs. 0: less than reading a
    value that was kept; 1: more; 2: so much that its own latency counts (a polynomial); 4: so much
    that several of it have no room in registers; `LONG`: so much that its code is not to be
    repeated (loops, branches of many polynomials).
    """

    cpu: dict[str, str]
    result: str | None = None
    cost: int = 0

    def result_of(self, code: str) -> str:
        """The dtype code of the result, for operands of a dtype."""
        if self.result == "part":
            return part_of(code)
        return pair_of(code) if self.result == "pair" else self.result or code

    def expression(self, kind: str) -> str | None:
        """The expression for operands of a kind, if there is one."""
        for kinds, text in self.cpu.items():
            if kind in kinds:
                return text
        return None


def _comparison(sign: str, of_complex: str) -> Scalar:
    return Scalar({"fiub": f"{{0}} {sign} {{1}}", "c": of_complex}, result="b1")


def _vecmath(name: str, kinds: str = "f", cost: int = 2) -> Scalar:
    return Scalar({kinds: f"{name}_{{c}}({{0}})"}, cost=cost)


def _by_parts(expression: str) -> str:
    """An expression of complex numbers: that of each part."""
    both = (expression.replace("}", f"}}.{part}") for part in ("real", "imag"))
    return f"cartesian({', '.join(both)})"


_ANGLE = f"cartesian({', '.join(f'{{p}}(np.pi) * {{0}}.{part}' for part in ('real', 'imag'))})"
_APART = "select({0} == {1}, {c}(0), fabs({0} - {1}))"
"""How far two numbers are apart: of an infinity and itself 0."""

_PARITY = "floor({0}) - {c}(2) * floor({c}(0.5) * floor({0}))"
_AT_ZERO = "select({0} == 0, copysign({c}(1), {0}), {c}(np.nan))"
_GAMMASGN = (
    f"select({{0}} > 0, {{c}}(1), select(floor({{0}}) == {{0}}, {_AT_ZERO}, "
    f"{{c}}(1) - {{c}}(2) * ({_PARITY})))"
)
"""The sign of gamma, which changes at the poles: a zero's own there, and NaN at the others."""

SCALARS: dict[str, Scalar] = {
    # arithmetic
    "add": Scalar({"fiu": "{0} + {1}", "b": "{0} | {1}", "c": _by_parts("{0} + {1}")}),
    "subtract": Scalar({"fiu": "{0} - {1}", "c": _by_parts("{0} - {1}")}),
    "multiply": Scalar({"fiu": "{0} * {1}", "b": "{0} & {1}", "c": "complex_multiply({0}, {1})"}),
    "divide": Scalar({"f": "{0} / {1}", "c": "divide_{c}({0}, {1})"}, cost=1),
    "floordiv": Scalar({"fiu": "floordiv_{c}({0}, {1})"}, cost=2),
    "mod": Scalar({"fiu": "mod_{c}({0}, {1})"}, cost=2),
    "fmod": Scalar({"f": "fmod_{c}({0}, {1})"}, cost=2),
    "negative": Scalar({"fiu": "-{0}", "c": _by_parts("-{0}")}),
    "abs": Scalar(
        {
            "f": "fabs({0})",
            "i": "-{0} if {0} < 0 else {0}",
            "u": "{0}",
            "c": "hypot_{p}({0}.real, {0}.imag)",
        },
        result="part",
    ),
    "sign": Scalar(
        {
            "f": "select({0} == 0, {c}(0), select({0} != {0}, {0}, copysign({c}(1), {0})))",
            "i": "i8({0} > 0) - i8({0} < 0)",
            "u": "{0} > 0",
            "c": "sign_{c}({0})",
        }
    ),
    "floor": Scalar({"f": "floor({0})", "iu": "{0}"}),
    "ceil": Scalar({"f": "ceil({0})", "iu": "{0}"}),
    "round": Scalar({"f": "rint({0})", "iu": "{0}"}),
    "trunc": Scalar({"f": "trunc({0})", "iu": "{0}"}),
    "fraction": Scalar(
        {"f": "copysign(select(abs({0}) == {c}(np.inf), {c}(0), {0} - trunc({0})), {0})"}
    ),
    "square": Scalar({"fiu": "{0} * {0}", "c": "complex_multiply({0}, {0})"}),
    "sqrt": Scalar({"f": "sqrt({0})", "c": "sqrt_{c}({0})"}, cost=1),
    "rsqrt": Scalar({"f": "{c}(1) / sqrt({0})", "c": "rsqrt_{c}({0})"}, cost=1),
    "reciprocal": Scalar(
        {"f": "{c}(1) / {0}", "c": "divide_{c}(cartesian({p}(1), {p}(0)), {0})"}, cost=1
    ),
    "inverse_square": Scalar(
        {
            "f": "{c}(1) / ({0} * {0})",
            "c": "divide_{c}(cartesian({p}(1), {p}(0)), complex_multiply({0}, {0}))",
        },
        cost=1,
    ),
    "maximum": Scalar(
        {
            "f": "select(({0} >= {1}) | ({0} != {0}), {0}, {1})",
            "iub": "combine_max({0}, {1})",
            "c": "select(complex_less_equal({1}, {0}) | complex_isnan({0}), {0}, {1})",
        }
    ),
    "minimum": Scalar(
        {
            "f": "select(({0} <= {1}) | ({0} != {0}), {0}, {1})",
            "iub": "combine_min({0}, {1})",
            "c": "select(complex_less_equal({0}, {1}) | complex_isnan({0}), {0}, {1})",
        }
    ),
    "fmax": Scalar(
        {
            "f": "select(({0} >= {1}) | ({1} != {1}), {0}, {1})",
            "c": "select(complex_less_equal({1}, {0}) | complex_isnan({1}), {0}, {1})",
        }
    ),
    "fmin": Scalar(
        {
            "f": "select(({0} <= {1}) | ({1} != {1}), {0}, {1})",
            "c": "select(complex_less_equal({0}, {1}) | complex_isnan({1}), {0}, {1})",
        }
    ),
    "heaviside": Scalar(
        {"f": "select({0} == 0, {1}, select({0} != {0}, {0}, select({0} < 0, {c}(0), {c}(1))))"}
    ),
    "copysign": Scalar({"f": "copysign({0}, {1})"}),
    "mantissa": Scalar({"f": "mantissa_{c}({0})"}, cost=1),
    "exponent": Scalar({"f": "exponent_{c}({0})"}, result="i4", cost=1),
    "ldexp": Scalar({"f": "ldexp_{c}({0}, {1})"}, cost=2),
    # Of -0 as of 0, which their sum is.
    "spacing": Scalar(
        {"f": "nextafter_{s}({0} + {c}(0), copysign({c}(np.inf), {0} + {c}(0))) - {0}"}
    ),
    "nextafter": Scalar({"f": "nextafter_{s}({0}, {1})"}),
    "multiply_no_nan": Scalar(
        {
            "f": "select({1} == 0, {c}(0), {0} * {1})",
            "c": "select(complex_equal({1}, {c}(0)), {c}(0), complex_multiply({0}, {1}))",
        }
    ),
    "relu": Scalar(
        {"f": "select({0} <= 0, {c}(0), {0})", "i": "{0} if {0} > 0 else {c}(0)", "u": "{0}"}
    ),
    # comparison and logic
    "equal": _comparison("==", "complex_equal({0}, {1})"),
    "not_equal": _comparison("!=", "not complex_equal({0}, {1})"),
    "less": _comparison("<", "complex_less({0}, {1})"),
    "less_equal": _comparison("<=", "complex_less_equal({0}, {1})"),
    "greater": _comparison(">", "complex_less({1}, {0})"),
    "greater_equal": _comparison(">=", "complex_less_equal({1}, {0})"),
    "signbit": Scalar({"f": "copysign({c}(1), {0}) < 0"}, result="b1"),
    "isnan": Scalar({"f": "{0} != {0}", "iub": "False", "c": "complex_isnan({0})"}, result="b1"),
    "isinf": Scalar(
        {
            "f": "fabs({0}) == {c}(np.inf)",
            "iub": "False",
            "c": "(fabs({0}.real) == {p}(np.inf)) | (fabs({0}.imag) == {p}(np.inf))",
        },
        result="b1",
    ),
    "isfinite": Scalar(
        {
            "f": "fabs({0}) < {c}(np.inf)",
            "iub": "True",
            "c": "(fabs({0}.real) < {p}(np.inf)) & (fabs({0}.imag) < {p}(np.inf))",
        },
        result="b1",
    ),
    "logical_and": Scalar({"b": "{0} & {1}"}),
    "logical_or": Scalar({"b": "{0} | {1}"}),
    "logical_xor": Scalar({"b": "{0} ^ {1}"}),
    "logical_not": Scalar({"b": "not {0}"}),
    "bitwise_and": Scalar({"iub": "{0} & {1}"}),
    "bitwise_or": Scalar({"iub": "{0} | {1}"}),
    "bitwise_xor": Scalar({"iub": "{0} ^ {1}"}),
    "invert": Scalar({"iu": "~{0}", "b": "not {0}"}),
    "left_shift": Scalar({"iu": "shift_left({0}, {1})"}),
    "right_shift": Scalar({"iu": "shift_right({0}, {1})"}),
    "bit_count": Scalar(
        {"i": "bits_set(u8(-i8({0}) if {0} < 0 else i8({0})))", "u": "bits_set(u8({0}))"},
        result="u1",
    ),
    "gcd": Scalar({"i": "gcd_int({0}, {1})", "u": "gcd_uint({0}, {1})"}, cost=2),
    "lcm": Scalar({"iu": "lcm_{c}({0}, {1})"}, cost=2),
    # vecmath
    **{
        name: _vecmath(name)
        for name in (
            *("exp2", "softplus", "cbrt"),
            *("erfinv", "erfcinv", "ndtri", "log_ndtr", "ndtri_exp"),
            *("lgamma", "riemann_zeta", "exprel"),
            *("bessel_i0", "bessel_i0e", "bessel_i1", "bessel_i1e", "bessel_j0", "bessel_j1"),
            *("bessel_k0", "bessel_k0e", "bessel_k1", "bessel_k1e", "bessel_y0", "bessel_y1"),
        )
    },
    **{name: _vecmath(name, cost=4) for name in ("exp1", "expi")},
    **{name: _vecmath(name, "fc", cost=4) for name in ("digamma", "gamma", "rgamma")},
    **{
        name: _vecmath(name, "fc")
        for name in (
            *("exp", "expm1", "log", "log1p", "log2", "log10", "sigmoid"),
            *("sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
            *("trigamma", "erf", "erfc", "erfcx", "erfi", "dawsn"),
        )
    },
    **{name: _vecmath(name, "c") for name in ("loggamma", "wofz")},
    "sinc": Scalar(
        {
            "f": "select({0} == 0, {c}(1), sin_{c}({c}(np.pi) * {0}) / ({c}(np.pi) * {0}))",
            "c": f"select(complex_equal({{0}}, {{c}}(0)), {{c}}(1), "
            f"divide_{{c}}(sin_{{c}}({_ANGLE}), {_ANGLE}))",
        },
        cost=2,
    ),
    "gammasgn": Scalar({"f": _GAMMASGN}, cost=1),
    **{
        name: Scalar({"f": f"{name}_{{c}}({{0}}, {{1}})"}, cost=LONG)
        for name in (
            *("beta", "betaln", "binom", "expn", "polygamma", "zeta"),
            *("bessel_in", "bessel_ine", "bessel_jn", "bessel_kn", "bessel_kne", "bessel_yn"),
            *(
                "gammainc",
                "gammainc_slope",
                "gammaincc",
                "gamma_density",
                "stdtr",
                "stdtr_slope",
                "student_density",
            ),
        )
    },
    **{
        name: Scalar({"f": f"{name}_{{c}}({{0}}, {{1}}, {{2}})"}, cost=LONG)
        for name in ("betainc", "betainc_slope", "betaincc", "betaincc_slope", "beta_density")
    },
    "logaddexp": Scalar({"f": f"combine_max({{0}}, {{1}}) + softplus_{{c}}(-{_APART})"}, cost=2),
    "atan2": Scalar({"f": "atan2_{c}({0}, {1})"}, cost=2),
    "hypot": Scalar({"f": "hypot_{c}({0}, {1})"}, cost=2),
    "pow": Scalar({"fc": "pow_{c}({0}, {1})", "iu": "pow_int({0}, {1})"}, cost=2),
    # complex numbers and their parts
    "complex": Scalar({"f": "cartesian({0}, {1})"}, result="pair"),
    "real": Scalar({"c": "{0}.real"}, result="part"),
    "imag": Scalar({"c": "{0}.imag"}, result="part"),
    "angle": Scalar({"c": "atan2_{p}({0}.imag, {0}.real)"}, result="part", cost=2),
    "conj": Scalar({"c": "cartesian({0}.real, -{0}.imag)"}),
}
"""name -> expressions. `where` and `cast`, whose operands differ in dtype, are the renderer's own.
"""


def supports(name: str, code: str) -> bool:
    """Whether the scalar `name` takes operands of dtype `code` on the CPU.

    Examples
    --------
    >>> supports("divide", "f4"), supports("divide", "i4")
    (True, False)
    """
    return SCALARS[name].expression(code[0]) is not None


def is_long(scalar: str, code: str) -> bool:
    """Whether a scalar takes longer than memory even on a GPU, whose float32 is quick.

    Examples
    --------
    >>> is_long("exp", "f4"), is_long("exp", "f8"), is_long("add", "f8"), is_long("zeta", "f4")
    (False, True, False, True)
    """
    least = 2 if code in ("f8", "c8", "c16") else LONG
    return scalar in SCALARS and SCALARS[scalar].cost >= least


def long_cost(scalar: str) -> int:
    """What a scalar costs if it takes longer than memory on a CPU, where its loop vectorises; if
    not, or if an op of another kind has the name, 0.

    Examples
    --------
    >>> long_cost("exp"), long_cost("divide"), long_cost("matmul")
    (2, 0, 0)
    """
    cost = SCALARS[scalar].cost if scalar in SCALARS else 0
    return cost if cost > 1 else 0


def overlaps(steps: Iterable[tuple[str, str]]) -> bool:
    """Whether iterations of a loop over elements are to overlap on a CPU, given the scalar and the
    result's dtype of each step: where there are polynomials, and nothing longer.

    Examples
    --------
    >>> overlaps([("exp", "f4"), ("add", "f4")]), overlaps([("add", "f4")])
    (True, False)
    >>> overlaps([("exp", "f4"), ("gamma", "f4")])
    False
    """
    found = [scalar for scalar, code in steps if scalar in SCALARS and code[0] in "fc"]
    return max((SCALARS[scalar].cost for scalar in found), default=0) == 2


UNROLLED = 4
"""What the steps of a loop may cost that a GPU's compiler unrolls, for eight elements: of twice as
much it was seen not to be.
"""


def is_unrolled(steps: Iterable[tuple[str, str]]) -> bool:
    """Whether a loop over elements is unrolled, given the scalar and the dtype of each step.

    Examples
    --------
    >>> is_unrolled([("tanh", "f4"), ("exp", "f4"), ("add", "f4")]), is_unrolled([("exp", "f8")])
    (True, False)
    """
    found = [*steps]
    cost = sum(SCALARS[scalar].cost for scalar, _ in found if scalar in SCALARS)
    return cost <= UNROLLED and not any(is_long(*step) for step in found)
