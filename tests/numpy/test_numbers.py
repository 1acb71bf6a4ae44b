"""Elements and results with no axes, which stand for NumPy's scalars, in programs of both."""

from __future__ import annotations

import copy
import fractions
import itertools
import numbers
import operator
import sys
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours

PROGRAMS = {
    "an integer element and a fraction": "x[0] += 1.5; x[1] /= 2; found = x",
    "a sum and a fraction": "s = x.sum(); s += 0.5; found = s",
    "another name of a sum": "s = x.sum(); t = s; s += 1; found = [s, t]",
    "another name of an element": "s = x[1]; t = s; s *= 5; found = [s, t, x]",
    "running totals": "s, found = 0, []\nfor v in x:\n    s += v\n    found.append(s)",
    "a list of means": "s, found = x.mean(), []\nfor _ in x:\n    s -= 1\n    found.append(s)",
    "a maximum less an array": "s = x.max(); s -= np.array([1, 2, 3]); found = s",
    "of float32": "s = x.astype('f4').sum(); s += 1.5; t = s; s **= 2; found = [s, t]",
    "the imaginary part of one": "s = (x * 1j)[1].imag; t = s; s += 1; found = [s, t]",
    "counts of elements": "d = {}\nfor v in x % 2:\n    d[v] = d.get(v, 0) + 1\nfound = d[0]",
    "distinct ones": "found = np.array([len({*(x // 2)}), 1 in {*x}, x.sum() in {3: 0}])",
    "what is a scalar": "found = np.array([*map(np.isscalar, (x.sum(), x[0], x, np.array(1)))])",
    "the hash of an array with no axes": "hash(np.array(1))",
    "an array with no axes": "s = np.array(5.0); t = s; s += 1; found = [s, t]",
    "zeros with no axes": "s = np.zeros(()); t = s; s += 1; found = [s, t]",
    "a copy with no axes": "s = np.array(5).copy(); t = s; s *= 2; found = [s, t]",
    "a view with no axes": "s = x[1, ...]; s += 7; found = [s, x]",
    "parts of a sum": "s = x.sum(); t = s[None]; t[0] = 9; u = s[...]; u += 1; found = [s, t, u]",
    "a sum with an axis": "s = x.sum(); t = np.atleast_1d(s); t[0] = 9; found = [s, t]",
    "a sum and its transpose": "s = x.sum(); t = s.T; u = t; t += 1; found = [s, t, u]",
    "a copy of a sum": "s = x.sum().copy(); t = s; s *= x; found = [s, t]",
    "a median": "s = np.median(x); t = s; s += 1; found = [s, t]",
    "a squeezed sum": "s = x.sum().squeeze(); t = s; s += 1; found = [s, t]",
    "a sum as an array": "s = x.sum(); t = np.asarray(s); t[...] = 9; t += 1; found = [s, t]",
    "a sum as an array, not copied": "np.asarray(x.sum(), copy=False)",
    "a choice": "s = np.where(x[0] < 1, x[1], x[2]); t = s; s += 1; found = [s, t]",
    "a view of a sum": "s = x.sum(); t = s.view(); u = t; u += 1; found = [s, t]",
    "a view with no new axes": "s = np.array(2); t = np.expand_dims(s, ()); t += 1; found = [s, t]",
    "real and flipped sums": "s = x.sum(); t = np.flip(np.real(s)); u = t; u += 1; found = [s, t]",
    "an array of another dtype": "s = np.array(5).astype('f4'); t = s; s += 1; found = [s, t]",
    "reshaped sums": "s = x.sum(); t = s.reshape(()); u = t; t += 1; found = [s, t, u]",
    "an integer array with no axes": "s = np.array(5); s += 1.5",
    "a sequence for an element": "x[0] = [1]",
    "an array for an element": "x[0] = np.array([1])",
    "an array for the element of an array with no axes": "np.array(1.0)[()] = np.ones(1)",
    "an array for one with no axes": "s = np.array(1.0); s[...] = np.ones(1) * 2; found = s",
}
STANDARD = {
    "bisection": "import bisect; found = [bisect.bisect(x, 1.5), bisect.bisect_left(x, x[2])]",
    "an average": "import statistics; found = statistics.mean(x + 0.5)",
    "an average of integers": "import statistics; found = float(statistics.mean(x))",
    "a variance": "import statistics; found = statistics.variance(x * 2.0)",
    "the middle": "import statistics; found = statistics.median(x)",
    "a line": "import statistics as s; found = np.array(s.linear_regression(x, x * 2))",
    "fractions": "found = np.array([x[2].numerator, x[2].denominator])",
    "the fraction of a float": "found = np.array(x.mean().numerator)",
}
"""What Python's own modules do with a sequence of numbers."""
PRINTED = """
x.sum()
[x.mean(), x[0]]
{'least': x.min(), 'any': x.any()}
(np.float32(1.5), x.astype('f4').max(), (x * 1j)[1])
f"{x.var()} {x.var()!r} {x.argmax():3d}"
[np.where(x[0] < 1, 2.0, 3.0), np.asarray(x.sum()), *divmod(x.sum(), 2)]
"""
"""What is printed, with the names of NumPy's scalars."""
RAISED = (AttributeError, TypeError, ValueError)


def run(text: str, space: Any) -> Any:
    """Dtypes and values of what a program has found."""
    names: dict[str, Any] = {"np": space, "x": space.arange(3)}
    exec(text, names)
    found = names["found"]
    parts = map(np.asarray, found if isinstance(found, list) else [found])
    return [(part.dtype, part.tolist()) for part in parts]


@pytest.mark.parametrize("text", (PROGRAMS | STANDARD).values(), ids=PROGRAMS | STANDARD)
def test_as_numpy(text: str) -> None:
    try:
        expected = run(text, np)
    except RAISED as error:
        with pytest.raises(next(kind for kind in RAISED if isinstance(error, kind))):
            run(text, ours)
    else:
        assert run(text, ours) == expected


@pytest.mark.parametrize("text", PRINTED.strip().splitlines())
def test_printed_as_numpy(text: str) -> None:
    found, expected = (repr(eval(text, {"np": m, "x": m.arange(3)})) for m in (ours, np))
    assert found == expected


def test_what_is_added_to_a_number_has_derivatives() -> None:
    def total(x: Any) -> Any:
        s, found = 0.0, 0.0
        for k in range(3):
            s += x[k] * (k + 1)
            found += s * s
        return found

    x = ours.array([1.0, 2.0, 3.0])
    for f in (ngrad.grad(total), ngrad.function(ngrad.grad(total))):
        assert f(x).tolist() == [40.0, 76.0, 84.0]
    assert float(ngrad.grad(lambda x: _doubled(x))(ours.array(2.0))) == 6.0


def test_an_array_with_no_axes_is_one_in_a_function() -> None:
    def changed(m: Any, x: Any) -> Any:
        y, part = x, x[...]
        part *= 3.0
        x += 1.0
        return y, x * 1.0, m.zeros(())

    made = ngrad.function(lambda x: changed(ours, x))
    for number in (False, True, False):
        expected = changed(np, np.float64(2.0) if number else np.array(2.0))
        found = made(ours.array([2.0])[0] if number else ours.array(2.0))
        assert [float(v) for v in found] == [float(v) for v in expected]
        assert [v.is_number for v in found] == [isinstance(v, np.float64) for v in expected]


def _doubled(x: Any) -> Any:
    """An argument that is an array with no axes stays one."""
    y = x
    x += 1.0
    return x * y


SCALAR_TYPES = "?bBhHiIlLefdFD"
OPERATORS = {
    "+": lambda x, y: x + y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "<": lambda x, y: x < y,
    "reflected -": lambda x, y: y - x,
    "**": lambda x, y: x**y,
    "//": lambda x, y: x // y,
    "&": lambda x, y: x & y,
    "in place": lambda x, y: operator.imul(x, y),
}


@pytest.mark.parametrize("sign", OPERATORS)
def test_numpys_scalars_beside_arrays_of_every_dtype(sign):
    """They are of a dtype, as arrays are, where Python's numbers take the array's."""
    apply = OPERATORS[sign]
    for own, given in itertools.product(SCALAR_TYPES, repeat=2):
        scalar = np.array(3).astype(given)[()]
        try:
            expected = apply(np.array([1, 2, 5]).astype(own), scalar)
        except TypeError:
            with pytest.raises(TypeError):
                apply(ours.array(np.array([1, 2, 5]).astype(own)), scalar)
            continue
        found = apply(ours.array(np.array([1, 2, 5]).astype(own)), scalar)
        assert found.dtype == expected.dtype, (own, given)
        ulps = 4 if found.dtype.kind in "fc" else 0
        close = np.finfo(found.dtype).eps * ulps if ulps else 0
        np.testing.assert_allclose(np.asarray(found), expected, close)


@pytest.mark.parametrize("sign", OPERATORS)
def test_operands_of_every_two_dtypes(sign):
    """Also when such have come before, and are converted without a look at what they are."""
    apply = OPERATORS[sign]
    for own, given in itertools.product(SCALAR_TYPES, repeat=2):
        for shape in ((3,), (1,)):
            theirs = [np.array([1, 2, 5]).astype(own), np.full(shape, 3).astype(given)]
            try:
                expected = apply(*[x.copy() for x in theirs])
            except TypeError:
                with pytest.raises(TypeError):
                    apply(*map(ours.array, theirs))
                continue
            for found in (apply(*map(ours.array, theirs)), apply(*map(ours.array, theirs))):
                assert found.dtype == expected.dtype, (own, given)
                ulps = 4 if found.dtype.kind in "fc" else 0
                close = np.finfo(found.dtype).eps * ulps if ulps else 0
                np.testing.assert_allclose(np.asarray(found), expected, close)


@pytest.mark.parametrize("given", ["f4", "i8", "?", "f8"])
def test_two_dtypes_that_came_before_are_not_looked_at_again(given):
    x, y = ours.ones(3), ours.asarray(np.ones(3, given))
    called = set()
    for apply in (OPERATORS["*"], OPERATORS["<"], lambda x, y: y - x, lambda x, y: y * 2.5):
        apply(x, y)
        sys.setprofile(lambda frame, *_: called.add(frame.f_code.co_name))
        try:
            apply(x, y)
        finally:
            sys.setprofile(None)
    assert not called & {"_first", "operands", "to_tensor"}


@pytest.mark.parametrize("dtype", ["f8", "i8", "f4", "c16", "?"])
def test_a_scalar_of_an_arrays_dtype_is_converted_to_no_array(dtype):
    x, scalar = ours.array([0, 1, 1]).astype(dtype), np.ones((), dtype)[()]
    called = set()

    def note(frame, event, _):
        called.add(frame.f_code.co_name)

    for apply in (OPERATORS["*"], OPERATORS["<"], lambda x, y: x.__rmul__(y)):
        if dtype == "c16" and apply is OPERATORS["<"]:
            continue
        apply(x, scalar)
        sys.setprofile(note)
        try:
            apply(x, scalar)
        finally:
            sys.setprofile(None)
    assert not called & {"to_tensor", "_first", "asarray"}


ASKED = [
    bool, int, float, complex, str, np.generic, np.number, np.integer, np.signedinteger,
    np.floating, np.float64, np.complexfloating, np.bool_, np.ndarray, numbers.Number,
    numbers.Complex, numbers.Real, numbers.Integral,
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?", "c16"])
def test_numbers_say_of_which_type_they_are(dtype: str) -> None:
    """To whom programs ask; so does what dispatches by that. Arrays are arrays."""
    theirs, own = np.ones((2, 3), dtype), ours.ones((2, 3), dtype)
    numbers_of = (lambda x: x[1, 2], lambda x: x.sum(), lambda x: x[0][1], lambda x: (x + x)[0, 0])
    for take in numbers_of:
        expected = [isinstance(take(theirs), kind) for kind in ASKED]
        assert [isinstance(take(own), kind) for kind in ASKED] == expected
        assert isinstance(take(own), ours.ndarray)
    for array in (own, own[0], own.reshape(2, 3), ours.array(1.0), own[:1, 0]):
        assert array.__class__ is ours.ndarray
        assert not any(isinstance(array, kind) for kind in ASKED)


@pytest.mark.parametrize("name", ["__len__", "__iter__", "__getitem__", "__array__", "shape"])
def test_who_asks_whether_a_number_has_elements_is_told_as_by_numpys(name: str) -> None:
    for x, y in ((ours.array([1.0, 2.0]), np.array([1.0, 2.0])), (ours.array(1.0), np.array(1.0))):
        assert hasattr(x, name) and hasattr(x + 0, name) is hasattr(y + 0, name)
    for ask in (len, iter, list):
        with pytest.raises(TypeError):
            ask(ours.float64(1.0))
    assert len(ours.zeros((3, 2))) == ours.zeros((3, 2)).__len__() == 3


def test_a_number_that_says_a_type_of_numpys_is_ours() -> None:
    x = ours.array([2.0, 5.0])
    k = ours.array([1])[0]

    def slope(a: Any) -> Any:
        assert isinstance(a, float)
        return ngrad.grad(lambda b: b**3 * x[k])(a)

    assert float(ngrad.grad(slope)(x[0])) == 60.0
    assert float(ngrad.function(slope)(x[0])) == 60.0
    y = ours.zeros(2)
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y[k] = x[0] * x[1]
        total = ours.mean(y, where=x[0] > 0)
    assert tape.gradient(total, x).tolist() == [2.5, 1.0]
    assert fractions.Fraction(x[0]) == 2 and copy.deepcopy(x[0]) == 2.0


@pytest.mark.parametrize("dtype", ["f8", "c16", "f4"])
@pytest.mark.parametrize("recorded", [False, True])
def test_a_number_that_is_assigned_has_its_derivative(recorded: bool, dtype: str) -> None:
    def squares(x: Any) -> Any:
        y = ours.zeros(2, dtype)
        for k in range(2):
            y[k] = x[k] * x[k]
        y.flat[1] = x[1]
        return ours.real(ours.sum(y * ours.conj(y)))

    x = ours.array([2.0, 3.0]).astype(dtype)
    f = ngrad.function(ngrad.grad(squares)) if recorded else ngrad.grad(squares)
    np.testing.assert_allclose(f(x), [4 * 2.0**3, 2 * 3.0])


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "?", "c16"])
def test_numbers_among_arrays(dtype: str) -> None:
    theirs, own = np.array([1, 2]).astype(dtype), ours.array([1, 2]).astype(dtype)
    for joined in (
        lambda np, x: np.r_[x[0], x.sum()],
        lambda np, x: np.r_[x, x[1], 1],
        lambda np, x: np.c_[x[0], x[1]],
        lambda np, x: np.r_[np.ones(2, np.float32), x[0]],
    ):
        found, expected = joined(ours, own), joined(np, theirs)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    for one, two in ((np.array(0), 1), (ours.array(0), ours.array([1])[0]), (np.int8(-1), 0)):
        assert ours.swapaxes(ours.ones((2, 3)), one, two).shape == (3, 2)
