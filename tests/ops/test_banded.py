"""Systems of few diagonals, however these are given: solutions are those of whole matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric import Array, assert_same_bits, check_gradient

import ngrad
from ngrad import linalg
from ngrad.errors import LinAlgError, NumberError, ShapeError
from ngrad.graph.op import TABLE
from ngrad.record import apply_now
from ngrad_kernels import threads

RNG = np.random.default_rng(3)
BANDS = RNG.normal(size=(2, 3, 6))
RHS = RNG.normal(size=(2, 6, 2))


def banded(bands: Array, rhs: Array, lower: int, upper: int, transposed: bool = False) -> Any:
    operands = ngrad.constant(bands), ngrad.constant(rhs)
    return apply_now(TABLE["banded_solve"], operands, (lower, upper, transposed))


def whole(bands: Array, lower: int) -> Array:
    """The matrices of diagonals, the lowest first, by rows."""
    count, rows = bands.shape[-2:]
    found = np.zeros((*bands.shape[:-2], rows, rows), bands.dtype)
    for k in range(count):
        for i in range(max(0, lower - k), min(rows, rows + lower - k)):
            found[..., i, i + k - lower] = bands[..., k, i]
    return found


@pytest.mark.parametrize("code", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("ends", [(0, 0), (1, 1), (3, 0), (0, 3), (2, 4), (9, 9)])
@pytest.mark.parametrize("rows", [1, 2, 7, 40])
@pytest.mark.parametrize("transposed", [False, True])
def test_solutions_are_those_of_the_whole(
    code: str, ends: tuple[int, int], rows: int, transposed: bool
) -> None:
    """With diagonals longer than the matrix, in strides, over batches that threads share."""
    bands = RNG.normal(size=(300, rows, sum(ends) + 1)) + (1j if code[0] == "c" else 0)
    bands = bands.astype(code).swapaxes(-1, -2)
    bands[..., ends[0], :] += 2 * np.sign(bands[..., ends[0], :].real)
    rhs = RNG.normal(size=(rows, 3)).astype(code)
    found = banded(bands, rhs, *ends, transposed)
    matrices = whole(bands, ends[0]).astype("c16")
    matrices = matrices.swapaxes(-1, -2) if transposed else matrices
    close = 1e3 * np.linalg.cond(matrices).max() * np.finfo(code).eps
    assert found.dtype.numpy_dtype == code
    np.testing.assert_allclose(found, np.linalg.solve(matrices, rhs.astype("c16")), close, close)
    before = threads.used()
    try:
        threads.use(1)
        assert_same_bits(banded(bands, rhs, *ends, transposed), found)
    finally:
        threads.use(before)


def test_what_lies_outside_is_not_read() -> None:
    bands = BANDS.copy()
    bands[:, 0, 0] = bands[:, 2, -1] = np.nan
    assert_same_bits(banded(bands, RHS, 1, 1), banded(BANDS, RHS, 1, 1))


def _forms(bands: Array) -> dict[str, Any]:
    below, main, above = (bands[..., k, :] for k in range(3))
    return {
        "compact": bands[..., ::-1, :],
        "sequence": (above, main, below),
        "sequence, short": (above[..., :-1], main, below[..., 1:]),
        "matrix": whole(bands, 1),
    }


@pytest.mark.parametrize("form", _forms(BANDS))
def test_formats(form: str) -> None:
    how = form.partition(",")[0]
    wanted = np.linalg.solve(whole(BANDS, 1), RHS)

    def solve(diagonals: Any, rhs: Any, **told: Any) -> Any:
        return linalg.tridiagonal_solve(diagonals, rhs, how, **told)

    given = _forms(BANDS)[form]
    np.testing.assert_allclose(solve(given, RHS), wanted, rtol=1e-11)
    turned = RHS.swapaxes(-1, -2)
    np.testing.assert_allclose(solve(given, turned, transpose_rhs=True), wanted, rtol=1e-11)
    np.testing.assert_allclose(solve(given, RHS[..., 0]), wanted[..., 0], rtol=1e-11)
    if how != "sequence":
        check_gradient(solve, given, RHS)


def test_conjugates() -> None:
    bands, rhs = BANDS + 0.5j, RHS + 1j
    found = linalg.tridiagonal_solve(bands[..., ::-1, :], rhs, conjugate_rhs=True)
    wanted = np.linalg.solve(whole(bands, 1), rhs.conj())
    np.testing.assert_allclose(found, wanted, rtol=1e-11)


def test_what_is_refused() -> None:
    bands = BANDS.copy()
    bands[1, :, 2:5] = 0.0
    with pytest.raises(LinAlgError, match=r"banded_solve: matrix \[1\] of the batch is singular"):
        banded(bands, RHS, 1, 1)
    with pytest.raises(ShapeError, match=r"banded_solve: 2 diagonals .* 4 rows, not 3"):
        banded(BANDS, RHS, 2, 1)
    with pytest.raises(ShapeError, match=r"banded_solve: .*right-hand sides"):
        banded(BANDS, RHS[:, :5], 1, 1)
    with pytest.raises(NumberError, match="diagonals_format"):
        linalg.tridiagonal_solve(BANDS, RHS, "dense")
    with pytest.raises(NumberError, match="singular"):
        linalg.tridiagonal_solve(BANDS, RHS, perturb_singular=True)


def test_a_long_system() -> None:
    """In memory that grows with its rows, in a `function`, with its gradient."""
    rows = 200_000

    @ngrad.function
    def slope(rhs: Any) -> Any:
        bands = ngrad.stack([-ngrad.ones_like(rhs), 2.5 + 0.0 * rhs, -ngrad.ones_like(rhs)])
        with ngrad.GradientTape() as tape:
            tape.watch(rhs)
            total = ngrad.reduce_sum(linalg.tridiagonal_solve(bands, rhs))
        return tape.gradient(total, rhs)

    found = slope(np.ones(rows)).numpy()
    np.testing.assert_allclose(found[1000:-1000], 2.0, rtol=1e-12)
