"""The scalar expressions, per target: the table that a new elementwise op adds a row to.

A row gives, for each kind of operand (f float, i signed, u unsigned, b bool), an expression in
which `{0}`, `{1}`, ... are the operands and `{c}` the dtype code of the operands. Operands of a row
have one dtype; the result has it too, unless the row says `result="b1"`. A kind that is not named
is not supported, and the front end says so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scalar:
    """One scalar operation: an expression by kind of operand, the dtype of its result, and what it
    costs. 0: less than reading a value that was kept; 1: more; 2: so much that its own latency
    counts (a polynomial, a loop).
    """

    cpu: dict[str, str]
    result: str | None = None
    cost: int = 0

    def expression(self, kind: str) -> str | None:
        """The expression for operands of a kind, if there is one."""
        for kinds, text in self.cpu.items():
            if kind in kinds:
                return text
        return None


def _comparison(sign: str) -> Scalar:
    return Scalar({"fiub": f"{{0}} {sign} {{1}}"}, result="b1")


def _vecmath(name: str, operands: int = 1) -> Scalar:
    arguments = ", ".join(f"{{{k}}}" for k in range(operands))
    return Scalar({"f": f"{name}_{{c}}({arguments})"}, cost=2)


SCALARS: dict[str, Scalar] = {
    # arithmetic
    "add": Scalar({"fiu": "{0} + {1}", "b": "{0} | {1}"}),
    "subtract": Scalar({"fiu": "{0} - {1}"}),
    "multiply": Scalar({"fiu": "{0} * {1}", "b": "{0} & {1}"}),
    "divide": Scalar({"f": "{0} / {1}"}, cost=1),
    "floordiv": Scalar(
        {
            "f": "floordiv_float({0}, {1})",
            "i": "floordiv_int({0}, {1})",
            "u": "floordiv_uint({0}, {1})",
        },
        cost=2,
    ),
    "mod": Scalar(
        {"f": "mod_float({0}, {1})", "i": "mod_int({0}, {1})", "u": "mod_uint({0}, {1})"},
        cost=2,
    ),
    "negative": Scalar({"fiu": "-{0}"}),
    "abs": Scalar({"f": "fabs({0})", "i": "-{0} if {0} < 0 else {0}", "u": "{0}"}),
    "sign": Scalar(
        {
            "f": "select({0} == 0, {0}, select({0} != {0}, {0}, copysign({c}(1), {0})))",
            "i": "int({0} > 0) - int({0} < 0)",
            "u": "int({0} > 0)",
        }
    ),
    "floor": Scalar({"f": "floor({0})", "iu": "{0}"}),
    "ceil": Scalar({"f": "ceil({0})", "iu": "{0}"}),
    "round": Scalar({"f": "rint({0})", "iu": "{0}"}),
    "trunc": Scalar({"f": "trunc({0})", "iu": "{0}"}),
    "square": Scalar({"fiu": "{0} * {0}"}),
    "sqrt": Scalar({"f": "sqrt({0})"}, cost=1),
    "rsqrt": Scalar({"f": "{c}(1) / sqrt({0})"}, cost=1),
    "reciprocal": Scalar({"f": "{c}(1) / {0}"}, cost=1),
    "maximum": Scalar(
        {"f": "select(({0} >= {1}) | ({0} != {0}), {0}, {1})", "iub": "combine_max({0}, {1})"}
    ),
    "minimum": Scalar(
        {"f": "select(({0} <= {1}) | ({0} != {0}), {0}, {1})", "iub": "combine_min({0}, {1})"}
    ),
    "copysign": Scalar({"f": "copysign({0}, {1})"}),
    "nextafter": Scalar({"f": "nextafter_{c}({0}, {1})"}),
    "multiply_no_nan": Scalar({"f": "select({1} == 0, {c}(0), {0} * {1})"}),
    "relu": Scalar(
        {"f": "select({0} <= 0, {c}(0), {0})", "i": "{0} if {0} > 0 else {c}(0)", "u": "{0}"}
    ),
    # comparison and logic
    "equal": _comparison("=="),
    "not_equal": _comparison("!="),
    "less": _comparison("<"),
    "less_equal": _comparison("<="),
    "greater": _comparison(">"),
    "greater_equal": _comparison(">="),
    "isnan": Scalar({"f": "{0} != {0}", "iub": "False"}, result="b1"),
    "isinf": Scalar({"f": "fabs({0}) == {c}(np.inf)", "iub": "False"}, result="b1"),
    "isfinite": Scalar({"f": "fabs({0}) < {c}(np.inf)", "iub": "True"}, result="b1"),
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
    "gcd": Scalar({"i": "gcd_int({0}, {1})", "u": "gcd_uint({0}, {1})"}, cost=2),
    # vecmath
    **{
        name: _vecmath(name)
        for name in (
            *("exp", "expm1", "log", "log1p", "log2", "log10", "sigmoid", "softplus", "cbrt"),
            *("sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
            *("erf", "erfc", "lgamma", "digamma", "trigamma"),
        )
    },
    "atan2": _vecmath("atan2", 2),
    "hypot": _vecmath("hypot", 2),
    "pow": Scalar({"f": "pow_{c}({0}, {1})", "iu": "pow_int({0}, {1})"}, cost=2),
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
