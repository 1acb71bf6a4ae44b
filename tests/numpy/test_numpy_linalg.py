"""Every function of `ngrad.numpy.linalg` beside NumPy's: values, gradients, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from calls import Case
from cases_linalg import (
    BATCH,
    CASES,
    DEFINITE,
    HERMITIAN,
    LOW,
    SINGLE,
    SINGULAR,
    SQUARE,
    SYMMETRIC,
    TALL,
    THROUGH_SYMMETRIC,
    WHOLE,
    ZTALL,
    V,
    Z,
)  # fmt: skip
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like, converted, function_of

import ngrad
import ngrad.numpy as ours
from ngrad.graph.op import TABLE
from ngrad.hooks import hooks


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_as_numpy(case: Case) -> None:
    with np.errstate(all="ignore"):
        expected = getattr(np.linalg, case.name)(*case.args, **case.kwargs)
    args = [converted(x) for x in case.args]
    assert_like(getattr(ours.linalg, case.name)(*args, **case.kwargs), expected, 50)


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients(case: Case) -> None:
    function, arrays = function_of(case, ours.linalg, "fc")
    assert arrays
    if case.name in THROUGH_SYMMETRIC:
        of_symmetric = function
        function = lambda x: of_symmetric((x + ours.matrix_transpose(x)) / 2)  # noqa: E731
    check_gradient(function, *arrays)
    if case.orders > 1:
        check_second_gradient(function, *arrays, rtol=1e-6)


def test_every_name_has_a_case() -> None:
    assert set(ours.linalg.__all__) == {case.name for case in CASES} | {"LinAlgError"}
    missing = {name for name in np.linalg.__all__ if not hasattr(ours.linalg, name)}
    assert missing == set()


@pytest.mark.parametrize("matrices", [SYMMETRIC, HERMITIAN[:1]], ids=["real", "complex"])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: ours.abs(ours.linalg.svd(x, hermitian=True).Vh) ** 2,
        lambda x: ours.linalg.svd(x, compute_uv=False, hermitian=True),
        lambda x: ours.linalg.pinv(x, hermitian=True),
        lambda x: ours.linalg.cholesky(x @ x, upper=True),
    ],
)
def test_gradients_of_hermitian_matrices(function: Any, matrices: Any) -> None:
    def through_the_hermitian_part(x: Any) -> Any:
        return ngrad.convert_to_tensor(function((x + ngrad.linalg.adjoint(x)) / 2))

    check_gradient(through_the_hermitian_part, matrices)


def test_gradients_by_way_of_bases_that_are_a_choice() -> None:
    """A projection on the complement does not depend on which basis of it LAPACK gives."""

    def beyond(q: Any) -> Any:
        return ngrad.convert_to_tensor(q[:, 3:] @ q[:, 3:].conj().T)

    for x in (TALL, ZTALL):
        check_gradient(lambda x: beyond(ours.linalg.qr(ours.asarray(x), "complete").Q), x)
        check_gradient(lambda x: beyond(ours.linalg.svd(ours.asarray(x)).U), x)
        check_gradient(lambda x: beyond(ours.linalg.svd(ours.asarray(x).T).Vh.T), x)


def test_equal_values() -> None:
    """Eigenvalues and singular values that are equal have gradients; vectors of theirs have none,
    and say so.
    """
    unit = ours.eye(3)
    assert_like(ngrad.grad(lambda x: ours.sum(ours.linalg.eigvalsh(x)))(unit), np.eye(3))
    assert_like(ngrad.grad(lambda x: ours.linalg.norm(x, "nuc"))(unit), np.eye(3))
    by_vectors = ngrad.grad(lambda x: ours.sum(ours.linalg.eigh(x).eigenvectors))(unit)
    assert not np.isfinite(np.asarray(by_vectors)).all()
    zero = ngrad.grad(lambda x: ours.linalg.norm(x, "nuc"))(ours.array(LOW))
    u, _, vh = np.linalg.svd(LOW, full_matrices=False)
    assert np.isfinite(np.asarray(zero)).all()
    np.testing.assert_allclose(u[:, :2].T @ np.asarray(zero) @ vh[:2].T, np.eye(2), atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ours.linalg.eigh(x).eigenvectors[0, 0] ** 2,
        lambda x: ours.abs(ours.linalg.eig(x).eigenvectors[0, 0]),
        lambda x: ours.linalg.svd(x).U[0, 1:] ** 4,
        lambda x: (ours.linalg.svd(x).U * ours.exp(ours.linalg.svd(x).S)) @ ours.linalg.svd(x).Vh,
    ],
    ids=["eigh", "eig", "svd", "function"],
)
def test_vectors_of_equal_values_have_no_derivative(function: Any) -> None:
    """Also where they turn by nothing: what is left then of a function of a matrix is not its
    slope. Those of other values have one.
    """
    x = ours.diag(ours.array([2.0, 2.0, 5.0]))
    assert np.isnan(np.asarray(ngrad.grad(lambda x: ours.sum(function(x)))(x))).all()
    for last in (lambda x: ours.linalg.eigh(x)[1][:, 2], lambda x: ours.linalg.svd(x).U[:, 0]):
        slopes = np.asarray(ngrad.grad(lambda x, f=last: f(x).sum() ** 2)(x))
        np.testing.assert_allclose(slopes[2, :2] + slopes[:2, 2], [2 / 3, 2 / 3], rtol=1e-12)


@pytest.mark.parametrize(
    "function, x",
    [(ours.linalg.eigvals, [[1.0, 1.0], [0.0, 1.0]]), (ours.roots, [1.0, -2.0, 1.0])],
)
def test_what_has_no_derivative_is_given_none(function: Any, x: Any) -> None:
    """Eigenvalues of a matrix with fewer eigenvectors than rows, and roots that are equal."""
    slopes = ngrad.grad(lambda x: ours.sum(ours.abs(function(x)) ** 2))(ours.array(x))
    assert np.isnan(np.asarray(slopes)).all()


@pytest.mark.parametrize("matrix", [SQUARE, Z], ids=["real", "complex"])
def test_batches_of_gradients(matrix: Any) -> None:
    """A Jacobian has the rules batched; a function has them recorded."""

    def f(x: Any) -> Any:
        values, vectors = ours.linalg.eigh(x + ours.matrix_transpose(x))
        q = ours.linalg.qr(x).Q
        return ours.concatenate(
            [values, ours.ravel(vectors @ q), ours.ravel(ours.linalg.svd(x).Vh)]
            + [ours.ravel(ours.abs(y)) for y in ours.linalg.eig(x)]
        )

    x = ngrad.constant(matrix)
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ngrad.convert_to_tensor(f(x))
        parts = [y[k] for k in range(y.shape[0])]
    rows = np.stack([tape.gradient(part, x).numpy() for part in parts])
    np.testing.assert_allclose(tape.jacobian(y, x), rows, rtol=1e-9, atol=1e-9)
    recorded = ngrad.function(f)
    np.testing.assert_array_equal(np.asarray(recorded(x)), np.asarray(f(x)))
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        total = ngrad.reduce_sum(ngrad.convert_to_tensor(recorded(x)))
    np.testing.assert_allclose(tape.gradient(total, x), rows.sum(0), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda la: la.inv(SINGULAR), "inv: the matrix is singular"),
        (lambda la: la.inv(np.stack([SQUARE, SINGULAR * 0])), r"inv: matrix \[1\] of the batch"),
        (lambda la: la.solve(np.zeros((2, 2)), np.ones(2)), "solve: the matrix is singular"),
        (lambda la: la.solve(SQUARE, np.ones(4)), r"solve: .*\(3, 3\).*\(4, 1\)"),
        (lambda la: la.cholesky(-DEFINITE), "cholesky: the matrix is not positive definite"),
        (lambda la: la.cholesky(TALL), r"cholesky: .*\(4, 3\)"),
        (lambda la: la.cholesky(-1j * Z), "cholesky: the matrix is not positive definite"),
        (lambda la: la.inv(SINGULAR * 1j), "inv: the matrix is singular"),
        (lambda la: la.eig(TALL), r"eig: takes square matrices.*\(4, 3\)"),
        (lambda la: la.eigvals(np.diag([1j, np.nan])), "eigvals: the matrix .* NaN"),
        (lambda la: la.lstsq(ZTALL, V), r"lstsq: .*\(3,\)"),
        (lambda la: la.inv(TALL), r"inv: takes square matrices.*\(4, 3\)"),
        (lambda la: la.det(V), r"det: .*\(3,\)"),
        (lambda la: la.qr(V), r"qr: .*\(3,\)"),
        (lambda la: la.svd(np.array([[np.nan, 1.0]])), "svd: the matrix .* NaN"),
        (lambda la: la.eigh(TALL), r"eigh: .*\(4, 3\)"),
        (lambda la: la.eigh(SQUARE, "X"), "UPLO"),
        (lambda la: la.qr(SQUARE, "economy"), "qr: mode"),
        (lambda la: la.norm(SQUARE, 3), "norm: invalid order 3 for matrices"),
        (lambda la: la.norm(V, "fro"), "norm: invalid order 'fro' for vectors"),
        (lambda la: la.norm(BATCH, 2), "norm: takes one axis or two"),
        (lambda la: la.norm(SQUARE, axis=(0, 0)), "norm"),
        (lambda la: la.cond(np.zeros((0, 0))), "cond: is not defined on empty arrays"),
        (lambda la: la.lstsq(TALL, V), r"lstsq: .*\(3,\)"),
        (lambda la: la.lstsq(BATCH, V), r"lstsq: .*\(2, 3, 3\)"),
        (lambda la: la.matrix_power(TALL, 2), r"matrix_power: .*\(4, 3\)"),
        (lambda la: la.matrix_power(SQUARE, 0.5), "exponent must be an integer"),
        (lambda la: la.multi_dot([SQUARE]), "multi_dot: expects two"),
        (lambda la: la.multi_dot([SQUARE, V, SQUARE]), r"multi_dot: array 1.*\(3,\)"),
        (lambda la: la.cross(V[:2], V), "cross"),
        (lambda la: la.outer(SQUARE, V), r"outer: takes vectors.*\(3, 3\)"),
        (lambda la: la.tensorsolve(TALL, V), "tensorsolve"),
        (lambda la: la.tensorinv(SQUARE, 0), "tensorinv: ind"),
        (lambda la: la.pinv(SQUARE, 1e-3, rtol=1e-3), "both set"),
        (lambda la: la.matrix_rank(SQUARE, 1e-3, rtol=1e-3), "both set"),
    ],
)  # fmt: skip
def test_what_is_refused(call: Any, says: str) -> None:
    """With the type of error that NumPy raises."""
    with pytest.raises(Exception) as theirs:
        call(np.linalg)
    with pytest.raises(type(theirs.value), match=says):
        call(ours.linalg)


def test_eigenvalues_are_complex_numbers() -> None:
    """Even where all are real, as since NumPy 2.5; by real vectors, too, there are derivatives."""
    for x in (SQUARE, WHOLE, SINGLE, np.zeros((0, 0))):
        expected = [y.astype(np.result_type(y, 1j)) for y in np.linalg.eig(x)]
        assert_like(ours.linalg.eig(x), tuple(expected), 50)
        assert_like(ours.linalg.eigvals(x), expected[0], 50)
    check_gradient(lambda x: ngrad.math.real(ngrad.linalg.eig(x)[1]), SQUARE)
    unit = ngrad.grad(lambda x: ours.sum(ours.real(ours.linalg.eigvals(x))))(ours.eye(3))
    assert_like(unit, np.eye(3))


def test_numpy_given_our_arrays() -> None:
    x = ours.array(WHOLE)
    for found in (np.linalg.inv(x), np.linalg.eigh(x).eigenvalues):
        assert isinstance(found, ours.ndarray)
    assert_like(np.linalg.det(x), np.linalg.det(WHOLE))


def test_least_squares_factor_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Singular values are those that the solution came by; with a tape they have derivatives."""
    x, y, ran = ours.array(TALL), ours.array(np.arange(4.0)), list[str]()
    monkeypatch.setattr(hooks, "ran", lambda call, inputs, out: ran.append(call.op.name))
    np.asarray(ours.linalg.lstsq(x, y)[3])
    assert "lstsq" in ran and "svdvals" not in ran
    slope = ngrad.grad(lambda x: ours.linalg.lstsq(x, y)[3].sum())(x)
    np.testing.assert_array_equal(slope, ngrad.grad(lambda x: ours.linalg.svdvals(x).sum())(x))


def test_a_factor_is_computed_once() -> None:
    """A gradient reads the results that are there, one dropped among them."""
    calls = TABLE["qr"].calls
    calls.clear()
    x = ours.array(TALL)
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(x)
        r = ours.linalg.qr(x, "r")
        total = ours.sum(r * r)
        slope = tape.gradient(total, x)
        curved = ours.sum(slope * slope)
    np.testing.assert_allclose(slope, 2 * TALL, rtol=1e-12)
    np.testing.assert_allclose(tape.gradient(curved, x), 8 * TALL, rtol=1e-12)
    assert sum(call.cost.runs for call in calls.values()) == 1


@pytest.mark.parametrize(
    "product",
    [
        lambda np, x: x @ x.T,
        lambda np, x: x.T @ x,
        lambda np, x: np.matmul(x.T, x),
        lambda np, x: np.dot(x, x.T),
        lambda np, x: (lambda part: part.T @ part)(x[1:]),
        lambda np, x: np.einsum("ij,kj->ik", x, x),
        lambda np, x: np.tensordot(x, x, ((0,), (0,))),
        lambda np, x: np.cov(x),
    ],
)
def test_an_array_times_its_own_transpose(product: Any) -> None:
    """A product of one operand, however it is asked for, whose result is symmetric: the same bits
    where it is recorded, and the gradient of a product of two.
    """
    values = np.random.default_rng(3).normal(size=(70, 41))
    x, alike = ours.array(values), ours.array(values)
    for one, two in ((x, alike.T), (x.T, alike), (x[1:].T, alike[1:])):
        _ = one @ two  # which lie so, and are two arrays
    calls = TABLE["matmul"].calls
    calls.clear()
    found = np.asarray(product(ours, x))
    assert {len(layouts) for _, layouts in calls} == {1}
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_allclose(found, product(np, values), 1e-12, 1e-12)
    np.testing.assert_array_equal(ngrad.function(lambda x: product(ours, x))(x), found)
    check_gradient(lambda x: product(ours, x[:5, :3]), values)


def test_what_was_assigned_to_since_is_another_array() -> None:
    x = ours.array([[1.0, 2.0], [3.0, 4.0]])
    turned, copied = x.T, x.T.copy()
    x[0, 0] = 5.0
    np.testing.assert_array_equal(x @ turned, [[29, 23], [23, 25]])
    np.testing.assert_array_equal(x @ copied, [[9, 23], [11, 25]])
