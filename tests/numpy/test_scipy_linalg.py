"""Every function of `ngrad.scipy.linalg` beside SciPy's: values, gradients, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from calls import Case, table
from cases_linalg import (
    BATCH,
    DEFINITE,
    HERMITIAN,
    SINGLE,
    SPIRAL,
    SQUARE,
    TALL,
    WHOLE,
    WIDE,
    ZTALL,
    V,
    Z,
)  # fmt: skip
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like, converted, function_of

import ngrad
from ngrad.errors import LinAlgError
from ngrad.scipy import linalg

CASES, case = table()

case("expm", SQUARE / 4, orders=2)
case("expm", BATCH)
case("expm", 30 * SQUARE)
case("expm", WHOLE)
case("expm", np.zeros((0, 0)))
case("expm", SINGLE)
case("expm", 5.0)
case("expm", [0.5])
case("cholesky", 5.0)
for name in ("logm", "sqrtm"):
    case(name, DEFINITE, orders=2)
    case(name, 2 * np.eye(3), orders=2)
    case(name, np.array([[2.0, 1.0], [0.0, 2.0]]), orders=1)
    case(name, WHOLE)
case("sqrtm", np.stack([DEFINITE, 3 * DEFINITE]))
for lower in (False, True):
    case("cholesky", DEFINITE, lower=lower)
    case("solve_triangular", SQUARE, V, lower=lower, orders=2)
    for trans in (0, 1, "T", "N", "C"):
        case("solve_triangular", SQUARE, TALL[:3], trans, lower, orders=1)
        case("solve_triangular", Z, V, trans, lower)
    case("solve_triangular", SQUARE, V, lower=lower, unit_diagonal=True, orders=1)
case("solve_triangular", BATCH, np.stack([TALL[:3], TALL[1:]]), orders=1)
case("solve_triangular", WHOLE, [1, 2])
for ends, count in (((1, 1), 3), ((2, 0), 3), ((0, 2), 3), ((1, 2), 4), ((0, 0), 1)):
    bands = np.random.default_rng(count).normal(size=(count, 5))  # whose rows are exchanged
    case("solve_banded", ends, bands, np.arange(5.0), orders=2)
    case("solve_banded", ends, bands.astype("f4"), np.eye(5, dtype="f4"))
    case("solve_banded", ends, bands + 0.5j, np.eye(5), orders=1)
case("solve_banded", (1, 1), np.array([[0, 1, 1], [2, 3, 2], [1, 1, 0]]), [1, 2, 3])
for x in (SQUARE[::-1], TALL, WIDE):
    case("lu", x, orders=1)
    case("lu", x, permute_l=True, orders=2)
    case("lu", x, p_indices=True)
case("lu", WHOLE)
for x in (Z, ZTALL, Z[:2].astype(np.complex64)):
    case("lu", x)
    case("lu", x, permute_l=True)
for name in ("expm", "logm", "sqrtm"):
    case(name, Z / 4)
    case(name, -1j * np.eye(2))
case("cholesky", HERMITIAN[0] @ HERMITIAN[0])


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_as_scipy(case: Case) -> None:
    expected = getattr(scipy.linalg, case.name)(*case.args, **case.kwargs)
    args = [converted(x) for x in case.args]
    assert_like(getattr(linalg, case.name)(*args, **case.kwargs), expected, 250)


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients(case: Case) -> None:
    function, arrays = function_of(case, linalg)
    check_gradient(function, *arrays)
    if case.orders > 1:
        check_second_gradient(function, *arrays, rtol=1e-6)


def test_every_name_has_a_case() -> None:
    others = {"LinAlgError", "cho_factor", "cho_solve"}
    assert set(linalg.__all__) == {case.name for case in CASES} | others


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize(
    ("matrix", "rhs"),
    [(DEFINITE, V), (DEFINITE, TALL[:3]), (HERMITIAN[0] @ HERMITIAN[0] / 9, V)],
    ids=["vector", "matrix", "complex"],
)
def test_systems_by_a_factor(lower: bool, matrix: Any, rhs: Any) -> None:
    """The factor as SciPy's, the other triangle aside; and the gradient of what it solves."""

    def solve(a: Any, b: Any) -> Any:
        hermitian = (a + ngrad.linalg.adjoint(a)) / 2
        return ngrad.convert_to_tensor(linalg.cho_solve(linalg.cho_factor(hermitian, lower), b))

    keep = np.tril if lower else np.triu
    factor, which = linalg.cho_factor(matrix, lower)
    assert which is lower
    assert_like(factor, keep(scipy.linalg.cho_factor(matrix, lower)[0]), 50)
    expected = scipy.linalg.cho_solve(scipy.linalg.cho_factor(matrix, lower), rhs)
    np.testing.assert_allclose(solve(matrix, rhs), expected, rtol=1e-11)
    check_gradient(solve, matrix, rhs)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: linalg.logm(-np.eye(2)),
            LinAlgError,
            "logm: the matrix has no .* cast it to a com",
        ),
        (lambda: linalg.logm(0j * SPIRAL), LinAlgError, "logm: the matrix has no logarithm"),
        (lambda: linalg.logm(np.zeros((2, 2))), LinAlgError, "logm: the matrix"),
        (lambda: linalg.sqrtm([np.eye(2), -np.eye(2)]), LinAlgError, r"sqrtm: matrix \[1\] of"),
        (lambda: linalg.expm(TALL), ValueError, r"expm: takes square.*\(4, 3\)"),
        (lambda: linalg.solve_triangular(np.zeros((2, 2)), V[:2]), LinAlgError, "is singular"),
        (lambda: linalg.solve_triangular(SQUARE, V, 3), ValueError, "trans is 0, 1, 2"),
        (lambda: linalg.solve_triangular(SQUARE, TALL), ValueError, r"\(3, 3\).*\(4, 3\)"),
        (lambda: linalg.cho_factor(-DEFINITE), LinAlgError, "not positive definite"),
        (lambda: linalg.schur, AttributeError, "ngrad.scipy.linalg has no 'schur': SciPy's own"),
        (lambda: linalg.nonsense, AttributeError, "has no attribute 'nonsense'"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
