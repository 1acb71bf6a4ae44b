"""Elements, one at a time: what may be put there, and what is made of them; as NumPy's."""

from __future__ import annotations

import math
import operator
import sys
import warnings
from collections.abc import Callable
from operator import setitem
from typing import Any

import numpy as np
import pytest

import ngrad.numpy as ours
from ngrad.record import PACKAGE

DTYPES = ("f8", "f4", "i8", "i4", "u1", "b1", "f2", "c16", "u8")
VALUES: tuple[Any, ...] = (
    None, None, 2.5, -1.0, 0, 3, -200, 300, 1 << 40, 1 << 63, 1 << 70, True, 1e300, float("nan"),
    float("inf"), -0.0, 1 + 2j, np.float64(1.5), np.int8(7), np.float32(0.1), [4.0], "text",
)  # fmt: skip


def tried(work: Callable[..., Any], *given: Any) -> Any:
    """What it gives, or of what kind the error is that it raises."""
    try:
        return work(*given)
    except (IndexError, TypeError, ValueError, OverflowError) as error:
        return [kind for kind in (IndexError, OverflowError) if isinstance(error, kind)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("through", [lambda x: x, lambda x: x[::2], lambda x: x.reshape(2, 2)[1]])
def test_a_number_is_put_where_an_element_lies(dtype: str, through: Callable[[Any], Any]) -> None:
    """Or is refused, or warned of, as by NumPy."""
    numbers = np.array([0, 1, 3]), np.array([0.5, 70.25]), np.array([True, False])
    pairs = [(value, value) for value in VALUES if value is not None]
    for array in (*numbers, *(array.astype("f4") for array in numbers[::2])):
        pairs += zip(array, ours.array(array), strict=True)
    for value, own_value in pairs:
        found = []
        for space, number in ((np, value), (ours, own_value)):
            x = space.array([1, 0, 1, 1], dtype=dtype)
            x[0] = x[1]  # nobody else has its memory, from now on
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                raised = tried(setitem, through(x), 1, number)
            found.append((raised, [each.category for each in told], x.dtype, x.tobytes()))
        assert found[0] == found[1], (value, dtype)


def test_a_part_of_nothing_is_assigned_to() -> None:
    x = ours.array(np.zeros((2, 0)))
    x[1], x[:], x[...], x[:, 0:] = 1.0, 2.0, 3.0, ours.array(np.zeros((2, 0)))
    assert x.shape == (2, 0)


SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "lt", "le", "eq", "ne", "iadd")
}
BESIDE = (2, 2.5, True, -0.0, float("nan"), 1 << 40, np.float64(0.5), np.int8(3))


@pytest.mark.parametrize("dtype", ("f8", "f4", "i8", "u1", "b1", "c16"))
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.filterwarnings("ignore")
def test_operators_of_elements_and_numbers(dtype: str, sign: str) -> None:
    """Also when such operands came before, on either side, and of arrays and views."""
    start = np.array([1, 0, 3, 1]).astype(dtype)
    ours_of = ours.array(start)
    pairs = [(value, value) for value in BESIDE]
    pairs += [(start[2], ours_of[2]), (start[1:], ours_of[1:]), (start[:3], ours_of[:3])]
    for _ in range(2):
        for x, y in ((start[0], ours_of[0]), (start[1:].copy(), ours_of[1:].copy())):
            for theirs, own in pairs:
                for one, other in (((x, theirs), (y, own)), ((theirs, x), (own, y))):
                    expected, found = tried(SIGNS[sign], *one), tried(SIGNS[sign], *other)
                    assert type(found) is type(expected) is list or found.dtype == expected.dtype
                    np.testing.assert_array_equal(found, expected)


MADE: dict[str, Callable[[Any], Any]] = {
    "bool": bool, "float": float, "int": int, "index": operator.index, "hash": hash,
    "complex": complex, "neg": operator.neg, "abs": abs, "sin": math.sin,
}  # fmt: skip


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype != "c16"])
@pytest.mark.parametrize("name", MADE)
@pytest.mark.filterwarnings("ignore")
def test_what_is_made_of_an_element(dtype: str, name: str) -> None:
    start = np.array([0, 1, 5, 250]).astype(dtype)
    own = ours.array(start)
    for x, y in zip([*start, start[:1], start[1:]], [*own, own[:1], own[1:]], strict=True):
        expected, found = tried(MADE[name], x), tried(MADE[name], y)
        assert type(found) is type(expected) or isinstance(found, ours.ndarray)
        assert type(found) is list or np.array_equal(found, expected)


@pytest.mark.parametrize("name", [name for name in MADE if name != "hash"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -0.0, 1e300])
def test_what_is_made_of_a_number(name: str, number: float) -> None:
    assert str(tried(MADE[name], ours.float64(number))) == str(tried(MADE[name], number))


def test_a_number_that_is_none_is_found_by_itself() -> None:
    nan = ours.float64("nan")
    assert {nan: 1}[nan] == 1 and hash(nan) == hash(nan)


LOOPS = """
x[k] = x[k - 1] + 1.5
x[k] += x[k - 1] * x[k]
m[1, k] = -x[k] / 2.0
row[k] = row[k - 1] - x[k]
x[k] = c[k] * 2
c[k] = c[k - 1] % 3 + 1
x[c[k] % 3] = 3
m[c[k] % 2, 1] = m[0, c[k] % 3]
x[0] = 1.0 if x[k] > x[k - 1] and c[k] != 2 else 0.0
x[k] = float(x[k]) + int(c[k]) + abs(x[k])
x[k] = max(x) + min(row) + sum(m[0]) + next(iter(m))[1]
for v in row: row[0] = v
range(c[k] % 5); {2: 1}.get(c[k]); math.sin(x[k])
x *= 1.5; x -= row; m[1] += row; m[:, 1:] -= 2.0 * m[:, 1:]
x[i] = row[i] * 2.0; x[i] += 1.0; m[1, i] = x[i]; m[i[1:] % 2, i[:-1]] = 1.0
x[x > 2.0] = 0.0; m[:, x > 1.0] = -1.0
x[k] = row @ x; x[1:3] = (q @ q)[0]
m[0] = m[1]; m[:, 0] = m[:, k]; x[1:3] = x[3:1:-1]; x[:] = m[1]
x[k] = s; x[0] = x[1] * s + n; c[k] = c[k] * n // n
"""


@pytest.mark.parametrize("line", LOOPS.strip().splitlines())
def test_loops_over_elements_need_no_python_of_ours(line: str) -> None:
    """Once each of their operations came before."""
    x, c = ours.array([1.0, 2.0, 3.0, 4.0, 5.0]), ours.array([1, 2, 3, 1, 2])
    m = ours.array([[1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0, 4.0, 5.0]])
    x[0], c[0], m[0, 0], row = 1.0, 1, 1.0, m[1]
    row[0] = 1.0
    names = {"x": x, "c": c, "m": m, "row": row, "math": math}
    names |= {"i": ours.array([3, 0, 4]), "s": np.float64(0.5), "n": np.int64(2)}
    names |= {"q": ours.ones((2, 2))}
    loop = compile(f"for k in (1, 2, 3):\n    {line}", "loop", "exec")
    called = list[str]()

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            called.append(frame.f_code.co_qualname)

    exec(loop, names)
    sys.setprofile(note)
    try:
        exec(loop, names)
    finally:
        sys.setprofile(None)
    assert called == []


def test_views_of_no_axes_have_no_elements() -> None:
    for module in (np, ours):
        x = module.ones(3)
        views = [x[0, ...], x[:1].reshape(())]
        for view in views:
            view[...] = 5
            x[1] = 2
            with pytest.raises(TypeError):
                list(view)
            with pytest.raises(TypeError):
                iter(view)


@pytest.mark.parametrize("code", ["i8", "i4", "u4"])
def test_an_element_is_rounded_once(code: str) -> None:
    wide = {"i8": 2**60 + 2**36 + 1, "i4": 2**31 - 65, "u4": 2**32 - 129}[code]
    found = []
    for module in (np, ours):
        x, y = module.array([wide], code), module.zeros(3, "f4")
        y[0] = x[0]
        y[1:] = x
        found.append(np.asarray(y).tolist())
    assert found[0] == found[1]


def test_a_type_is_no_index() -> None:
    for module in (np, ours):
        x = module.zeros(3)
        with pytest.raises(IndexError):
            x[tuple, 1] = 9
        assert np.asarray(x).tolist() == [0, 0, 0]
