"""A scalar operation as source text: what every renderer writes for a step."""

from __future__ import annotations

from collections.abc import Sequence

from ngrad_kernels.body import Body
from ngrad_kernels.codes import computed, part_of
from ngrad_kernels.scalars import SCALARS

OPERATORS = {"add", "subtract", "multiply", "divide", "negative", "square"}
"""Scalars whose result has the dtype of its operands if these are floats, in Numba too: what it is
told once more takes it as long to compile as the rest of a step.
"""


def expression(scalar: str, names: Sequence[str], source: str, code: str) -> str:
    """The source of `scalar` over operands of these names, the first of dtype `source`, with a
    result of dtype `code`.

    Examples
    --------
    >>> expression("add", ("x", "y"), "f4", "f4"), expression("add", ("x", "y"), "i4", "i4")
    ('x + y', 'i4(x + y)')
    >>> expression("cast", ("x",), "f8", "i4")
    'saturate_f8_i4(x)'
    >>> expression("exp", ("x",), "f2", "f2")
    'f2(exp_f4(x))'
    """
    if scalar == "cast":
        if code[0] == "c":
            return _as_complex(names[0], source, code)
        if code == "b1":
            return f"{names[0]} != 0"
        if source[0] == "c":
            return expression(scalar, (f"{names[0]}.real",), part_of(source), code)
        if source[0] == "f" and code[0] in "iu":
            return f"saturate_{computed(source)}_{code}({names[0]})"
        return f"{code}({names[0]})"
    if scalar == "where":
        return f"select({', '.join(names)})"
    row = SCALARS[scalar]
    template = row.expression(source[0])
    if template is None:
        raise TypeError(f"scalar {scalar!r} does not take operands of dtype {source!r}")
    text = template.format(*names, c=computed(source), p=part_of(source), s=source)
    known = code == "b1" or code[0] == "c" or (scalar in OPERATORS and source in ("f4", "f8"))
    return text if known else f"{code}({text})"


def _as_complex(name: str, source: str, code: str) -> str:
    """A conversion to a complex dtype."""
    part = part_of(code)
    if source[0] == "c":
        return f"cartesian({part}({name}.real), {part}({name}.imag))"
    return f"cartesian({part}({name}), {part}(0))"


def assignments(body: Body) -> list[str]:
    """The source of a body's steps: `v` and the number of a value.

    Examples
    --------
    >>> from ngrad_kernels.body import Step
    >>> assignments(Body("map", ("f4",), (Step("square", (0,), "f4"),), (1,)))
    ['v1 = v0 * v0']
    """
    lines = []
    for k, step in enumerate(body.steps, len(body.inputs)):
        names = [f"v{operand}" for operand in step.operands]
        source = body.code_of(step.operands[0])
        lines.append(f"v{k} = {expression(step.scalar, names, source, step.code)}")
    return lines
