"""Sizes that are known by a formula: arithmetic, and guards that leave nothing out."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngrad.dtypes import float32
from ngrad.graph import polynomial
from ngrad.graph.dims import Dim, Size, Sizes, is_open, shown, size
from ngrad.graph.entries import Settled
from ngrad.graph.layout import layout

BINARY: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod,
    operator.and_, operator.or_, operator.xor, lambda x, y: x << (y % 5), lambda x, y: x >> (y % 5),
    lambda x, y: x ** (y % 6), lambda x, y: (x % 4) ** (y % 7),
    min, max, operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip
UNARY: list[Callable[[Any], Any]] = [
    operator.neg, operator.invert, math.floor, math.ceil, math.trunc, round, abs, bool, int,
    lambda x: len(range(max(x, 0) % 50)), lambda x: x,
    lambda x: {4: "four"}.get(x if type(x) is int else shown(x), 5) == 5,
    lambda x: math.prod((x, 2, x)), lambda x: divmod(x, 7)[1],
]  # fmt: skip
STEP = st.tuples(
    st.booleans(), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(-3, 9)
)


def program(steps: list[Any], *sizes: Any) -> list[Any]:
    """Values that steps make of sizes and of one another, and where there was no quotient."""
    found: list[Any] = list(sizes)
    for binary, which, i, j, number in steps:
        x = found[i % len(found)]
        y = found[j % len(found)] if j % 3 else number
        try:
            f: Any = BINARY[which % len(BINARY)] if binary else UNARY[which % len(UNARY)]
            out = f(x, y) if binary and j % 5 else f(y, x) if binary else f(x)
        except ZeroDivisionError:
            out = 17
        found.append(out if abs(out) < 10**6 else 3)
    return found


@given(st.lists(STEP, max_size=12), st.lists(st.tuples(*[st.integers(0, 12)] * 2), min_size=2))
def test_a_recording_is_right_wherever_it_holds(steps: Any, sizes: list[tuple[int, int]]) -> None:
    here, *others = sizes
    recorded = Sizes()
    found = program(steps, *[recorded.size(n) for n in here])
    recorded.open = False
    assert [int(value) for value in found] == program(steps, *here)
    for there in (here, *others):
        values = recorded.at(there)
        if values is None:
            assert there != here
        else:
            settled = Settled(operator.methodcaller("at", values))
            assert settled(tuple(found)) == tuple(program(steps, *there))


def test_equal_formulas_are_one_and_ask_nothing() -> None:
    sizes = Sizes()
    n, m = sizes.size(5), sizes.size(7)
    same = [(n + m - m, n), (n * m // m, n), ((n + 1) * (n - 1), n * n - 1), (6 * n // 3, 2 * n)]
    sizes.guards.clear()  # that a divisor is not 0
    assert all(x == y and hash(x) == hash(y) for x, y in same)
    assert n - n == 0 and type(n - n) is int and n * m % n == 0 and (n < n + 1)
    assert layout(float32, (n, m + 1)) is layout(float32, (n, 1 + m))
    assert layout(float32, (n, 7)) is not layout(float32, (5, 7))
    assert set(sizes.guards.values()) == {False}  # as that a shape is not negative
    assert (n == m, n == 5) == (False, True) and True in sizes.guards.values()


PLAIN: dict[str, Callable[[Any], Any]] = {
    "index": operator.index,
    "int": int,
    "float": float,
    "range": lambda n: list(range(n)),
    "repetition": lambda n: "a" * n,
    "numpy": lambda n: np.arange(n).tolist(),
    "an array": lambda n: np.asarray([n, 2]).tolist(),
    "a NumPy scalar": lambda n: (np.int64(2) * n, n * np.float64(2)),
    "math": math.sqrt,
    "a dictionary": lambda n: {5: "five"}.get(n),
    "a set": lambda n: n in {4, 5},
    "a float": lambda n: (n == 5.0, n < 4.5, n > 4.5),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_makes_a_number_of_it_asks(name: str) -> None:
    sizes = Sizes()
    found = PLAIN[name](shown(sizes.size(5)))
    assert found == PLAIN[name](5)
    assert sizes.at([5]) == (5,) and sizes.at([6]) is None


def test_what_shows_it_says_how_it_follows() -> None:
    n, m = (lambda sizes: (sizes.size(5), sizes.size(7)))(Sizes())
    assert str((n, 2 * n * m - 1, n - m)) == "(n0, 2*n0*n1 - 1, -n1 + n0)"
    assert repr(layout(float32, (n // 2, 3))) == "float32[n2, 3]"
    with pytest.raises(TypeError):
        f"{n:d}"


def test_a_size_of_a_user_is_the_same_size() -> None:
    sizes = Sizes()
    n = sizes.size(5)
    seen = shown(n)
    assert type(seen) is Size and type(seen + 1) is Size and type(size(seen)) is Dim
    assert size(seen) == n and not sizes.guards
    assert is_open((1, (2, n))) and not is_open((1, (2, 3)))
    with pytest.raises(ZeroDivisionError):
        seen // (n - 5)
    assert sizes.at([6]) is None


def test_after_its_recording_it_is_the_number_that_it_was() -> None:
    sizes = Sizes()
    n = sizes.size(5)
    sizes.open = False
    assert (type(n * 2), n * 2, n == 5, int(n), size(n)) == (int, 10, True, 5, 5)
    assert not sizes.guards


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 2), max_size=3), st.integers(-4, 4)), max_size=4),
    st.lists(st.tuples(st.lists(st.integers(0, 2), max_size=3), st.integers(-4, 4)), max_size=4),
    st.tuples(*[st.integers(-5, 5)] * 3),
)
def test_polynomials(first: Any, second: Any, atoms: Any) -> None:
    def made(terms: Any) -> Any:
        total = polynomial.constant(0)
        for numbers, factor in terms:
            product = polynomial.constant(factor)
            for k in numbers:
                product = polynomial.multiply(product, polynomial.atom(k))
            total = polynomial.add(total, product)
        return total

    x, y = made(first), made(second)
    value = {"x": polynomial.value(x, atoms), "y": polynomial.value(y, atoms)}
    assert polynomial.value(polynomial.add(x, y), atoms) == value["x"] + value["y"]
    assert polynomial.value(polynomial.multiply(x, y), atoms) == value["x"] * value["y"]
    assert polynomial.subtract(x, x) == ()
    if y:
        assert polynomial.divide(polynomial.multiply(x, y), y) == x
        quotient = polynomial.divide(x, y)
        assert quotient is None or polynomial.multiply(quotient, y) == x
