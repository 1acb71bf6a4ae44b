"""Python's operators on numbers of arrays: what NumPy's scalars give, with the bits that ops give,
and heard by whoever listens.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import ngrad
import ngrad.numpy as ours

MOST = (1 << 63) - 1
REALS = [0.0, -0.0, 1.5, -2.5, 1e308, 5e-324, float("inf"), float("-inf"), float("nan")]
WHOLES = [0, 1, -1, 7, -7, 3, 64, 63, 1 << 53, (1 << 53) + 1, MOST, -MOST, -MOST - 1]
BINARY: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge, divmod, pow,
]  # fmt: skip
OF_BITS = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
IN_PLACE = [
    operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv,
    operator.imod,
]  # fmt: skip
BITS_IN_PLACE = [operator.iand, operator.ior, operator.ixor, operator.ilshift, operator.irshift]
WRITES: list[Callable[[Any], Any]] = [
    lambda t: operator.setitem(t, ..., not t),
    lambda t: operator.setitem(t, (), not t),
    lambda t: t.fill(not t),
    lambda t: ours.copyto(t, not t),
    lambda t: ours.put(t, 0, not t),
    lambda t: operator.ixor(t, True),
    lambda t: operator.setitem(t.reshape(1), 0, not t),
]
UNARY = [operator.neg, operator.pos, operator.abs, lambda x: x**2, bool, float]


def element(np: Any, value: Any) -> Any:
    """A number, as one is had of an array."""
    return np.array([value])[0]


def found(function: Callable[..., Any], np: Any, *values: Any) -> Any:
    """What it gives, and of what kind that is; or what it raises."""
    try:
        given = function(*values)
    except Exception as error:
        return next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
    if isinstance(given, tuple):
        return [told(x) for x in given]
    return repr(given) if isinstance(given, (bool, float)) else told(given)


def told(x: Any) -> Any:
    """A number's dtype and bits; any NaN equals any NaN."""
    assert x.shape == () and hasattr(x, "dtype")
    return x.dtype, numpy.asarray(x).tobytes() if x == x else None


def forms(np: Any, value: Any) -> list[Any]:
    """A number, alone or as one of Python's or NumPy's."""
    return [element(np, value), value, numpy.array([value])[0]]


def pairs(np: Any, x: Any, y: Any) -> list[tuple[Any, Any]]:
    first, second = forms(np, x), forms(np, y)
    return [(first[0], b) for b in second] + [(a, second[0]) for a in first[1:]]


@pytest.mark.parametrize("x", [*REALS, *WHOLES, True, False], ids=repr)
def test_numbers_are_numpys(x: Any) -> None:
    reals = isinstance(x, float)
    with numpy.errstate(all="ignore"):
        for y in [*REALS, *WHOLES, True, False]:
            of_bits = [] if reals or isinstance(y, float) else [*OF_BITS, *BITS_IN_PLACE]
            for function in [*BINARY, *IN_PLACE, *of_bits]:
                if function is pow and not (isinstance(y, int) and y == 2):
                    continue  # ours has an error in ulp of its own
                sides = zip(pairs(ours, x, y), pairs(numpy, x, y), strict=True)
                for of_ours, of_numpy in sides:
                    expected = found(function, numpy, *of_numpy)
                    assert found(function, ours, *of_ours) == expected, (function, x, y)
        for one in [*UNARY, *([] if reals else [operator.invert])]:
            assert found(one, ours, element(ours, x)) == found(one, numpy, element(numpy, x)), one


def test_no_kernel_is_run_nor_call_looked_up() -> None:
    def steps(np: Any) -> list[float]:
        x, n = element(np, 1.5), element(np, 7)
        for _ in range(3):
            y = -x + 2 * x**2 / (n - x)
            n = n // 2 % 5 << 1 ^ 3
            x = y if y > n else abs(y)
        return [float(x), float(n)]

    before = ngrad.stats().launches
    assert steps(ours) == steps(numpy)
    assert ngrad.stats().launches == before


@pytest.mark.parametrize("write", WRITES)
def test_what_is_written_to_a_result_is_in_no_other(write: Callable[[Any], Any]) -> None:
    one, two = element(ours, 1.0), element(ours, 2.0)
    for compare, holds in ((operator.lt, True), (operator.gt, False), (operator.eq, False)):
        first, beside = compare(one, two), compare(one, two)
        write(first)
        assert bool(beside) is bool(compare(one, two)) is holds
        assert compare(one, two) is not compare(one, two)


def test_an_array_without_axes_is_assigned_to_in_place() -> None:
    for np in (ours, numpy):
        x = np.array(3)
        y = x
        y += 1
        y **= 2
        assert x == 16 and y is x


def test_tapes_and_functions_hear_of_it() -> None:
    def cubic(x: Any) -> Any:
        y = x[0]
        y = y * y + 2.0
        return y**2 * x[0] - 1.0

    x = ours.array([1.5, 0.0])
    expected = 5 * 1.5**4 + 12 * 1.5**2 + 4
    for f in (cubic, ngrad.function(cubic)):
        assert float(ngrad.grad(f)(x)[0]) == pytest.approx(expected, rel=1e-15)
    with ngrad.GradientTape() as tape:
        y = element(ours, 1.5)
        tape.watch(y)
        z = y**2 + y
    assert float(tape.gradient(z, y)) == 4.0


@pytest.mark.parametrize(
    "wrong",
    [lambda x, n: x / 0.0, lambda x, n: n / 0, lambda x, n: n // 0, lambda x, n: x * 1e300 * 1e300],
)
def test_errors_are_numpys_where_they_are_asked_for(wrong: Callable[[Any, Any], Any]) -> None:
    for np in (ours, numpy):
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            wrong(element(np, 1.0), element(np, 1))


def test_numerics_are_checked() -> None:
    x = element(ours, 1.0)
    with ngrad.debug.check_numerics(), pytest.raises(ngrad.errors.NumericsError, match="divide"):
        ngrad.eval(x / 0.0)
