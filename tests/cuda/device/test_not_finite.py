"""What holds a NaN or an infinity: libraries are not asked for its factors, of which they give some
without a word.
"""

from __future__ import annotations

import numpy as np
import pytest
from matrix_work import (
    CODES,
    WHO,
    Array,
    assert_near,
    definite,
    drawn,
    filler,
    noted,
    run,
    solved,
    turned,
)

from ngrad_kernels.codes import part_of
from ngrad_kernels.cuda.libraries import Libraries

codes = pytest.mark.parametrize("code", CODES)


def spoiled(shape: tuple[int, ...], code: str, value: float, at: tuple[int, int]) -> Array:
    """Matrices of which the second is not finite."""
    x = drawn(shape, code, 1) + 4 * np.eye(*shape[-2:], dtype=code)
    x[(1, *at)] = value
    return x


not_finite = pytest.mark.parametrize(
    ("value", "at"), [(np.nan, (2, 2)), (np.nan, (0, 1)), (np.inf, (0, 0)), (-np.inf, (2, 1))]
)


@codes
@not_finite
def test_what_has_no_factors_is_noted(
    libraries: Libraries, way: None, code: str, value: float, at: tuple[int, int]
) -> None:
    part, square, vector = part_of(code), (3, 3, 3), (3, 3)
    x, tall = turned(spoiled(square, code, value, at)), turned(spoiled((3, 4, 3), code, value, at))
    rows = x if code[0] == "c" else x.astype(f"c{2 * x.itemsize}")
    values, filled = filler(vector, part), filler(square, code)
    factors = filler(square, part), filled, filled
    vectors = filler((3, 3, 4), code), values, filled
    calls: list[tuple[str, list[int], tuple[Array, ...]]] = [
        ("lu", [3, 3, 3], (x, *factors)),
        ("eig", [3, 3, 3], (rows, filler(vector, rows.dtype.str[1:]), np.zeros_like(rows))),
        ("svd", [3, 4, 3, 0], (tall, *vectors)),
        ("pinv", [3, 4, 3, 0], (tall, np.full(3, 1e-6, part), filler((3, 4, 3), code))),
    ]
    for name, words, arrays in calls:
        assert noted(libraries, name, words, *arrays)[1] == [WHO, 1, 1], name


@codes
@not_finite
def test_what_has_no_eigenvalues_is_noted(
    libraries: Libraries, way: None, code: str, value: float, at: tuple[int, int]
) -> None:
    """In the triangle that is meant; what is in the other one does not count."""
    x, values = definite((3, 3), code), filler((3, 3), part_of(code))
    wanted = np.linalg.eigvalsh(x)
    x[(1, *at)] = value
    for lower in (True, False):
        (found, _), fault = noted(libraries, "eigh", [3, 3, 3, int(lower)], values, turned(x))
        if (at[0] >= at[1]) if lower else (at[0] <= at[1]):
            assert fault == [WHO, 1, 1]
        else:
            assert fault[1] > fault[2]
            assert_near(found, wanted, wanted.max())


@codes
@pytest.mark.parametrize("at", [(0, 0), (1, 0), (2, 2)], ids=str)
def test_a_nan_has_no_cholesky_factor(
    libraries: Libraries, way: None, code: str, at: tuple[int, int]
) -> None:
    x = definite((3, 3), code)
    wanted = np.linalg.cholesky(x)
    x[(1, *at)] = np.nan
    (_, found), fault = noted(libraries, "cholesky", [3, 3, 3], x, np.zeros_like(x))
    assert fault == [WHO, 1, 1]
    assert_near(found[::2], wanted[::2], np.abs(wanted).max())


@codes
@not_finite
def test_what_is_not_finite_has_no_inverse_and_no_determinant(
    libraries: Libraries, way: None, code: str, value: float, at: tuple[int, int]
) -> None:
    """They are NaN, and those of the matrices beside it as ever."""
    x, b = spoiled((3, 3, 3), code, value, at), drawn((3, 3, 2), code, 5)
    by_columns, part = turned(x), part_of(code)
    given = by_columns, filler((3,), code), filler((3,), part)
    results = [
        solved(libraries, x, b),
        turned(run(libraries, "inv", [3, 3, 3], by_columns, filler(x.shape, code))),
        run(libraries, "det", [3, 3, 3], *given[:2]),
        *run(libraries, "slogdet", [3, 3, 3], *given)[1:],
        turned(run(libraries, "adjugate", [3, 3, 3], by_columns, filler(x.shape, code))),
    ]
    others = x[::2]
    wanted = [np.linalg.solve(others, b[::2]), np.linalg.inv(others), np.linalg.det(others)]
    wanted += [*np.linalg.slogdet(others), np.linalg.det(others)[:, None, None] * wanted[1]]
    for found, right in zip(results, wanted, strict=True):
        assert np.isnan(found[1]).all()
        assert_near(found[::2], right.astype(found.dtype), np.abs(right).max())
