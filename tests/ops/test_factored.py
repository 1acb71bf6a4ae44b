"""Linear systems: how often a matrix is factored, and what is derived through its factors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import LAYOUTS, assert_same_bits, check_gradient, check_second_gradient, laid_out

import ngrad
from ngrad import linalg
from ngrad.errors import LinAlgError
from ngrad.hooks import hooks
from ngrad.ops.determinant import DET, SLOGDET
from ngrad.ops.factored import LU_FACTOR, SOLVE
from ngrad.record import apply, apply_now

RNG = np.random.default_rng(0)
MATRIX = RNG.normal(size=(4, 4)) + 3 * np.eye(4)
BATCH = RNG.normal(size=(3, 4, 4)) + 3 * np.eye(4)
RHS, MANY = RNG.normal(size=(4, 1)), RNG.normal(size=(3, 4, 2))
COMPLEX = MATRIX + 1j * RNG.normal(size=(4, 4))


def factorisations(function: Callable[[], Any]) -> int:
    with ngrad.profile() as profile:
        ngrad.eval(function())
    return sum(row.calls for row in profile.rows() if row.name == "lu_factor")


def steps(matrix: Any, u: Any, count: int = 5) -> Any:
    for _ in range(count):
        u = linalg.solve(matrix, u)
    return u


def energy(matrix: Any, rhs: Any) -> Any:
    return ngrad.reduce_sum(linalg.solve(matrix, rhs) ** 2)


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (ngrad.function(linalg.solve), 1),
        (ngrad.function(steps), 1),
        (ngrad.function(ngrad.value_and_grad(energy, argnums=(0, 1))), 1),
        (ngrad.function(ngrad.grad(lambda a, b: ngrad.reduce_sum(steps(a, b)), argnums=0)), 1),
        (ngrad.function(ngrad.hessian(energy, argnums=1)), 1),
        (ngrad.function(lambda a, b: linalg.solve(a, b) + linalg.solve(a, b, adjoint=True)), 1),
        (ngrad.function(lambda a, b: linalg.solve(a, linalg.solve(2.0 * a, b))), 2),
        (linalg.solve, 1),
        (ngrad.value_and_grad(energy, argnums=(0, 1)), 1),
        (ngrad.jacobian(linalg.solve, argnums=0), 1),
    ],
)
@pytest.mark.parametrize("code", ["f4", "f8"])
def test_a_matrix_is_factored_once(function: Any, count: int, code: str) -> None:
    operands = [ngrad.constant(x.astype(code)) for x in (MATRIX, RHS)]
    function(*operands)
    assert factorisations(lambda: function(*operands)) == count


def test_one_matrix_of_a_batch_of_examples_is_factored_once() -> None:
    solved = ngrad.function(ngrad.vmap(lambda b: linalg.solve(ngrad.constant(MATRIX), b)))
    found = solved(ngrad.constant(MANY))
    np.testing.assert_allclose(found, np.linalg.solve(MATRIX, MANY), rtol=1e-12)
    (rows,) = {x._layout.shape for x in _factored(lambda: solved(ngrad.constant(MANY)))}
    assert rows == (4, 4)


def test_a_complex_matrix_is_factored_once() -> None:
    function = ngrad.function(
        ngrad.grad(lambda a, b: ngrad.reduce_sum(abs(steps(a, b)) ** 2), argnums=(0, 1))
    )
    operands = ngrad.constant(COMPLEX), ngrad.constant(RHS + 0j)
    function(*operands)
    assert factorisations(lambda: function(*operands)) == 1


def _factored(function: Callable[[], Any]) -> list[Any]:
    """What is factored."""
    found = []

    def execute(call: Any, inputs: tuple[Any, ...]) -> Any:
        if call.op is LU_FACTOR:
            found.append(inputs[0])
        return call.run(*inputs)

    hooks.run_by(execute)
    try:
        ngrad.eval(function())
    finally:
        hooks.run_by(None)
    return found


@pytest.mark.parametrize(
    ("a", "b"),
    [(MATRIX, RHS), (BATCH, MANY), (MATRIX, MANY), (BATCH, RHS), (COMPLEX, RHS), (COMPLEX, MANY)],
)
@pytest.mark.parametrize("adjoint", [False, True])
def test_derivatives(a: Any, b: Any, adjoint: bool) -> None:
    b = b + 0.5j if np.iscomplexobj(a) else b

    def solve(x: Any, y: Any) -> Any:
        return linalg.solve(x, y, adjoint=adjoint)

    meant = a.conj().swapaxes(-1, -2) if adjoint else a
    np.testing.assert_allclose(solve(a, b), np.linalg.solve(meant, b), rtol=1e-12)
    check_gradient(solve, a, b)
    check_second_gradient(solve, a, b)


def test_tangents_and_jacobians() -> None:
    a, b, da, db = map(ngrad.constant, (MATRIX, RHS, BATCH[0], MANY[0][:, :1]))
    inverse, x = np.linalg.inv(MATRIX), np.linalg.solve(MATRIX, RHS)
    found, along = ngrad.jvp(linalg.solve, (a, b), (da, db))
    np.testing.assert_allclose(found, x, rtol=1e-12)
    np.testing.assert_allclose(along, inverse @ (db.numpy() - da.numpy() @ x), rtol=1e-11)
    in_a, in_b = ngrad.jacobian(linalg.solve, argnums=(0, 1))(a, b)
    np.testing.assert_allclose(in_b.numpy()[:, 0, :, 0], inverse, rtol=1e-11)
    wanted = -np.einsum("ij,k->ijk", inverse, x[:, 0])
    np.testing.assert_allclose(in_a.numpy()[:, 0], wanted, rtol=1e-11)


@pytest.mark.parametrize("which", [(0, None), (None, 0), (0, 0)])
@pytest.mark.parametrize("gradient", [False, True])
def test_batches_of_examples(which: Any, gradient: bool) -> None:
    function = ngrad.grad(energy, argnums=(0, 1)) if gradient else linalg.solve
    a, b = (BATCH if which[0] == 0 else MATRIX), (MANY if which[1] == 0 else MANY[0])
    found = ngrad.vmap(function, in_axes=which)(ngrad.constant(a), ngrad.constant(b))
    for k in range(3):
        one = function(
            *(ngrad.constant(x[k] if at == 0 else x) for x, at in zip((a, b), which, strict=True))
        )
        for whole, part in zip(*((x if gradient else [x]) for x in (found, one)), strict=True):
            np.testing.assert_allclose(whole.numpy()[k], part, rtol=1e-11)


@pytest.mark.parametrize("how", LAYOUTS)
def test_any_memory_order(how: str) -> None:
    expected = linalg.solve(BATCH, MANY)
    assert_same_bits(linalg.solve(laid_out(BATCH, how), laid_out(MANY, how)), expected)
    factors = [x.numpy() for x in apply_now(LU_FACTOR, (ngrad.constant(BATCH),), (False,))]
    given = [laid_out(x, how) for x in (*factors, MANY, BATCH)]
    assert_same_bits(apply(SOLVE, tuple(given), (False,)), expected)


@pytest.mark.parametrize("code", ["f4", "f8", "c8", "c16"])
def test_numbers_are_lapacks(code: str) -> None:
    """Those of NumPy, which for float32 are float64's; but of matrices of few rows."""
    a = RNG.normal(size=(3, 20, 20)).astype(code)
    for b in (a[..., :2], a[..., :1]):
        assert_same_bits(linalg.solve(a, b), ngrad.constant(np.linalg.solve(a, b)))
    assert_same_bits(linalg.inv(a), ngrad.constant(np.linalg.inv(a)))


def test_determinants_are_launched() -> None:
    """So a plan that holds them is launches alone."""
    for op in (DET, SLOGDET):
        for code in ("f4", "f8", "c8", "c16"):
            call = op.call((), (ngrad.constant(BATCH.astype(code))._layout,))
            assert call.program is not None and len(call.program.launches) == 2


SINGULAR = np.stack([np.eye(2), np.ones((2, 2)), np.eye(2)])


@pytest.mark.parametrize("code", ["f4", "f8", "c8", "c16"])
def test_singular_matrices(code: str) -> None:
    x, b = SINGULAR.astype(code), np.ones((2, 1), code)
    with pytest.raises(LinAlgError, match=r"solve: matrix \[1\] of the batch is singular"):
        linalg.solve(x, b)
    with pytest.raises(LinAlgError, match=r"solve: matrix \[0, 1\] of the batch is singular"):
        linalg.solve(x[None], b)
    with pytest.raises(LinAlgError, match="solve: the matrix is singular"):
        linalg.solve(x[1], b)
    with pytest.raises(LinAlgError, match="solve: the matrix is singular"):
        ngrad.eval(ngrad.function(linalg.solve)(ngrad.constant(x[1]), ngrad.constant(b)))
    with ngrad.GradientTape() as tape:
        y = ngrad.constant(x[1])
        tape.watch(y)
        with pytest.raises(LinAlgError, match="solve: the matrix is singular"):
            linalg.solve(y, b)


def test_a_nan_is_in_all_of_its_solution_and_of_no_other() -> None:
    x = BATCH.copy()
    x[1, 3, 0] = np.nan
    for adjoint in (False, True):
        found = linalg.solve(x, 0.0 * MANY, adjoint=adjoint).numpy()
        assert np.isnan(found[1]).all()
        assert not np.isnan(found[[0, 2]]).any()


def test_an_inverse_of_a_nan_whichever_way_it_lies() -> None:
    x = BATCH.copy()
    x[1, 3, 0] = np.nan
    for matrices in (x, np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)):
        found = linalg.inv(matrices).numpy()
        assert np.isnan(found[1]).all()
        np.testing.assert_allclose(found[[0, 2]], np.linalg.inv(x[[0, 2]]), rtol=1e-12)
