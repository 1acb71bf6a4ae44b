"""LU factors and what is solved by them on the CPU, matrix by matrix."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from products import WAYS, Array, laid_out, matrices_of, numbers, owner

from ngrad_kernels import blas_library, cpu, lapack_calls, lu, threads
from ngrad_kernels.few_rows import ROWS
from ngrad_kernels.lapack_calls import Squares
from ngrad_kernels.lapack_steps import Given
from ngrad_kernels.lu import TOGETHER, Solved
from ngrad_kernels.lu_parts import parts


def factored(a: Array, inner: str) -> tuple[Array, Array]:
    """Factors by columns, and pivots."""
    *batch, rows, _ = a.shape
    work, room = lu.factored(Squares(a.dtype.str[1:], inner, tuple(batch), rows, matrices_of(a)))
    factors, pivots = np.zeros(a.shape, inner), np.zeros((*batch, rows, 1), np.int32)
    launched(work, room, a, factors, pivots)
    return factors.swapaxes(-1, -2), pivots


def solved(a: Array, b: Array | None, transposed: bool, inner: str = "") -> Array:
    """Solutions; inverses, if there are no right-hand sides."""
    code = a.dtype.str[1:]
    inner = inner or code
    factors, pivots = factored(a, inner)
    out = np.zeros(a.shape if b is None else b.shape, code)
    shape = out.shape[:-2], *out.shape[-2:]
    where = [matrices_of(x) for x in (factors, pivots)]
    rhs = None if b is None else matrices_of(b)
    work, room = lu.solved(Solved(code, inner, *shape, *where, rhs, transposed))
    launched(work, room, factors, pivots, a if b is None else b, out)
    return out


def apart(a: Array) -> tuple[Array, Array, Array, Array]:
    """P, L and U, and which matrices are taken."""
    *batch, rows, columns = a.shape
    code, least = a.dtype.str[1:], min(rows, columns)
    work, room = parts(Given(code, code, tuple(batch), rows, columns, matrices_of(a)))
    p, lower = np.zeros((*batch, rows, rows), a.real.dtype), np.zeros((*batch, rows, least), code)
    upper, taken = np.zeros((*batch, least, columns), code), np.zeros(batch, np.int32)
    launched(work, room, a, p, lower, upper, taken)
    return p, lower, upper, taken


def launched(work: Any, room: int, *arrays: Array) -> None:
    scratch = np.zeros(room // 8 + 1, np.int64)
    addresses = [x.ctypes.data for x in (*arrays, scratch)]
    cpu.launch(work.kernel, work.facts, work.n, work.grain, addresses)


def on_one_thread(run: Callable[..., Any], *operands: Any) -> Any:
    before = threads.used()
    try:
        threads.use(1)
        return run(*operands)
    finally:
        threads.use(before)


@pytest.fixture(params=["NumPy's", "SciPy's", "its own threads"])
def which(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SciPy's LAPACK may count in int32 where NumPy's does in int64."""
    if request.param == "SciPy's":
        for module in (lu, lapack_calls):
            monkeypatch.setattr(module, "lapack", blas_library.scipys_lapack)
    if request.param == "its own threads":
        monkeypatch.setattr(lapack_calls, "SMALL", 0)
    monkeypatch.setattr(lapack_calls, "TILE", 64)
    monkeypatch.setattr(lapack_calls, "CALL", 1)
    lu._counts_in_int64.cache_clear()
    yield
    lu._counts_in_int64.cache_clear()


@pytest.mark.parametrize("code", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("batch", [(), (3,), (2, 20)])
def test_systems(which: None, code: str, transposed: bool, batch: Any) -> None:
    for rows, columns in ((1, 1), (1, 3), (3, 1), (16, 70), (20, 2), (300, 9)):
        if rows == 300 and len(batch) > 1:
            continue
        a, b = numbers((*batch, rows, rows), code, 1), numbers((*batch, rows, columns), code, 2)
        a += rows * np.eye(rows, dtype=code)
        check(a, b, transposed)
        if code in ("f4", "c8"):
            found = solved(a, b, transposed, {"f4": "f8", "c8": "c16"}[code])
            wider = solved(*(x.astype(np.result_type(x, "f8")) for x in (a, b)), transposed)
            np.testing.assert_array_equal(found, wider.astype(code))


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.tuples(*[st.sampled_from([1, 2, 3, 15, 16, 17, 40])] * 2),
    batch=st.sampled_from([(), (3,), (2, 2), (40,)]),
    way=st.sampled_from(WAYS),
    code=st.sampled_from(["f4", "f8", "c8", "c16"]),
    transposed=st.booleans(),
)
def test_any_sizes_and_strides(
    sizes: Any, batch: Any, way: str, code: str, transposed: bool
) -> None:
    rows, columns = sizes
    a, b = laid_out(rows, rows, batch, way, code, 1), numbers((*batch, rows, columns), code, 2)
    np.einsum("...ii->...i", owner(a) if way == "one" else a)[...] += rows
    check(a, b, transposed)
    turned = np.ascontiguousarray(b.swapaxes(-1, -2)).swapaxes(-1, -2)
    np.testing.assert_array_equal(solved(a, turned, transposed), solved(a, b, transposed))


def check(a: Array, b: Array, transposed: bool) -> None:
    meant = a.swapaxes(-1, -2) if transposed else a
    found, rows = solved(a, b, transposed), a.shape[-1]
    bound = 32 * (rows + 1) * np.finfo(b.dtype).eps * (np.abs(meant) @ np.abs(found) + np.abs(b))
    assert (np.abs(meant @ found - b) <= bound).all()
    np.testing.assert_array_equal(on_one_thread(solved, a, b, transposed), found)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.tuples(*[st.sampled_from([1, 2, 3, 15, 16, 17, 40])] * 2),
    batch=st.sampled_from([(), (3,), (2, 2), (40,)]),
    way=st.sampled_from(WAYS),
    code=st.sampled_from(["f4", "f8", "c8", "c16"]),
    rank=st.sampled_from([0, 1, 40]),
)
def test_three_factors(sizes: Any, batch: Any, way: str, code: str, rank: int) -> None:
    """Of matrices that are regular or not: the largest of what is left of a column is its pivot."""
    a = laid_out(*sizes, batch, way, code, 1)
    owner(a)[..., rank:, :] = 0  # or columns, where these come first
    p, lower, upper, taken = apart(a)
    assert taken.all()
    np.testing.assert_array_equal(p.sum(-1), 1)
    np.testing.assert_array_equal(p.sum(-2), 1)
    np.testing.assert_array_equal(lower, np.tril(lower, -1) + np.eye(*lower.shape[-2:]))
    np.testing.assert_array_equal(upper, np.triu(upper))
    assert (abs(lower) < 1.5).all()
    bound = 32 * max(sizes) * np.finfo(code).eps * (p @ np.abs(lower) @ np.abs(upper))
    assert (np.abs(p @ lower @ upper - a) <= bound).all()
    for alone, shared in zip(on_one_thread(apart, a), (p, lower, upper, taken), strict=True):
        np.testing.assert_array_equal(alone, shared)


@pytest.mark.parametrize("rows", [3, ROWS + 1])
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_not_finite_has_no_factors(which: None, rows: int, wrong: float) -> None:
    a = np.stack([np.eye(rows)] * 3)
    a[1, -1, 0] = wrong
    p, lower, upper, taken = apart(a)
    np.testing.assert_array_equal(taken, [1, 0, 1])
    np.testing.assert_array_equal((p @ lower @ upper)[::2], a[::2])


def test_what_is_singular_has_no_first_pivot(which: None) -> None:
    a = np.stack([np.eye(3), np.zeros((3, 3)), np.eye(3)[::-1]])
    a[1, 0, 0] = 1.0
    np.testing.assert_array_equal(factored(a, "f8")[1][..., 0, 0], [1, 0, 3])


@pytest.mark.parametrize("rows", [3, ROWS + 1])
def test_what_is_solved_by_singular_factors_has_no_value(which: None, rows: int) -> None:
    """And nothing is written around it."""
    factors, pivots = factored(np.stack([np.eye(rows), np.zeros((rows, rows))]), "f8")
    around = np.zeros((4, rows, 2))
    out = around[1:3]
    where = [matrices_of(x) for x in (factors, pivots)]
    rhs = np.ones((2, rows, 2))
    system = Solved("f8", "f8", (2,), rows, 2, *where, matrices_of(rhs), False)
    work, room = lu.solved(system)
    launched(work, room, factors, pivots, rhs, out)
    np.testing.assert_array_equal(around[[0, 3]], 0.0)
    np.testing.assert_array_equal(out, [np.ones((rows, 2)), np.full((rows, 2), np.nan)])


def test_of_a_nan_all_are(which: None) -> None:
    for at in ((0, 0), (2, 1)):
        a = np.stack([np.eye(3), np.eye(3)]).astype("c16")
        a[(1, *at)] = complex(0.0, np.nan)
        factors, _ = factored(a, "c16")
        np.testing.assert_array_equal(np.isnan(factors), [[[False] * 3] * 3, [[True] * 3] * 3])
        assert np.isnan(solved(a, np.zeros((2, 3, 2), "c16"), True)[1]).all()


@pytest.mark.parametrize(("small", "told"), [((ROWS + 1) ** 3, [1, 4, 1, 4]), (26, [])])
def test_small_matrices_are_left_to_one_thread(
    monkeypatch: pytest.MonkeyPatch, small: int, told: list[int]
) -> None:
    heard = list[int]()
    get = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 4)
    set_ = ctypes.CFUNCTYPE(None, ctypes.c_int)(heard.append)
    addresses = [ctypes.cast(one, ctypes.c_void_p).value or 0 for one in (get, set_)]
    own = lu.lapack()._replace(pool=blas_library.Pool(*addresses, False))
    monkeypatch.setattr(lapack_calls, "lapack", lambda: own)
    monkeypatch.setattr(lapack_calls, "SMALL", small)
    solved(np.eye(ROWS + 1), np.ones((ROWS + 1, 1)), False)
    assert heard == told


def test_few_rows_are_no_lapacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number alone decides."""
    called = list[str]()
    own = lu.lapack()

    def lapack() -> Any:
        called.append("LAPACK")
        return own

    lu._counts_in_int64()
    monkeypatch.setattr(lapack_calls, "lapack", lapack)
    for batch in ((), (40,), (2, 20)):
        solved(
            np.broadcast_to(np.eye(ROWS), (*batch, ROWS, ROWS)), np.ones((*batch, ROWS, 2)), True
        )
    assert called == []
    solved(np.eye(ROWS + 1), np.ones((ROWS + 1, 2)), True)
    assert called


@pytest.mark.parametrize("code", ["f8", "c16"])
@pytest.mark.parametrize("rows", [1, 2, 5, ROWS, ROWS + 1])
def test_inverses_and_determinants(code: str, rows: int) -> None:
    a = numbers((40, rows, rows), code, 1)
    factors, pivots = factored(a, code)
    wanted = np.broadcast_to(np.eye(rows, dtype=code), a.shape)
    np.testing.assert_array_equal(solved(a, None, False), solved(a, wanted, False))
    signs, logarithms = np.zeros(40, code), np.zeros(40)
    launched(lu.determinants(code, code, 40, rows, False), 0, factors, pivots, signs, logarithms)
    for found, one in zip((signs, logarithms), np.linalg.slogdet(a), strict=True):
        np.testing.assert_allclose(found, one, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("code", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("rows, count", [(1, 2 * TOGETHER + 1), (3, 400), (TOGETHER + 9, 2)])
def test_determinants_of_many_are_those_of_each(rows: int, count: int, code: str) -> None:
    """However many pivots their logarithms are computed with; a singular one beside others."""
    a = numbers((count, rows, rows), code, 2)
    a[1] = 0
    inner = {"f4": "f8", "c8": "c16"}.get(code, code)
    factors, pivots = factored(a, inner)
    for whole in (False, True):
        found = np.full(count, 7, code), np.full(count, 7, code).real.copy()
        work = lu.determinants(code, inner, count, rows, whole)
        launched(work, 0, factors, pivots, *found)
        assert found[0][1] == 0 and (whole or found[1][1] == -np.inf)
        one = lu.determinants(code, inner, 1, rows, whole)
        for k in {0, 1, count // 2, count - 1}:
            alone = np.zeros_like(found[0][:1]), np.zeros_like(found[1][:1])
            launched(one, 0, factors[k : k + 1], pivots[k : k + 1], *alone)
            np.testing.assert_array_equal(found[0][k], alone[0][0])
            assert whole or found[1][k] == alone[1][0]


def test_logarithms_of_determinants_are_taken_by_the_vector() -> None:
    """In a loop of their own, over the pivots of several matrices."""
    loops = lu._DETERMINANT.split("for ")
    assert [loop for loop in loops if "log_f8" in loop and loop.startswith("j in range(count * n)")]


def test_what_rounding_makes_singular_is_so_as_in_lapack() -> None:
    """Nearly all singular matrices of integers, of which rounding makes regular ones of a third."""
    draw = np.random.default_rng(0)
    a = draw.integers(-9, 10, (2000, 3, 3)).astype(float)
    a[:, 2] = a[:, 0] - 2 * a[:, 1]
    singular = factored(a, "f8")[1][:, 0, 0] == 0
    assert 0.1 < singular.mean() < 0.9
    assert (singular == (np.linalg.slogdet(a)[0] == 0)).mean() > 0.9
