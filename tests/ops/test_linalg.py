"""Products, contractions, norms and diagonals, against NumPy and against differences."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import CODES, LAYOUTS, check_gradient, check_second_gradient, grid, laid_out

import ngrad
from ngrad import linalg
from ngrad.errors import DTypeError, NgradError, NumberError, ShapeError

Shapes = tuple[tuple[int, ...], ...]

OPERATOR: tuple[Shapes, ...] = (
    ((3,), (3,)),
    ((0,), (0,)),
    ((3,), (3, 2)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((1, 1), (1, 1)),
    ((2, 0), (0, 3)),
    ((0, 3), (3, 2)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 2)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((0, 2, 3), (3, 4)),
    ((2, 2, 0), (0, 3)),
    ((1, 2, 3), (5, 3, 4)),
)
FLAGS = [(a, b) for a in (False, True) for b in (False, True)]


def arrays(shapes: Shapes, code: str = "f8") -> list[np.ndarray[Any, Any]]:
    if code[0] == "f":
        return [grid(s, -1.0, 1.0, which=k).astype(code) for k, s in enumerate(shapes)]
    draw = np.random.default_rng(5)
    return [draw.integers(0, 2 if code == "b1" else 100, s).astype(code) for s in shapes]


def flipped(shape: tuple[int, ...], flip: bool) -> tuple[int, ...]:
    return (*shape[:-2], shape[-1], shape[-2]) if flip else shape


# -- matmul ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shapes", OPERATOR, ids=str)
def test_the_operator_is_numpys(shapes: Shapes) -> None:
    x, y = arrays(shapes)
    found = (ngrad.constant(x) @ ngrad.constant(y)).numpy()
    assert np.shape(found) == np.matmul(x, y).shape
    np.testing.assert_allclose(found, np.matmul(x, y), rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal((x @ ngrad.constant(y)).numpy(), found)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("shapes", [((4, 5), (5, 3)), ((2, 4, 5), (2, 5, 3))], ids=str)
def test_every_dtype(code: str, shapes: Shapes) -> None:
    x, y = arrays(shapes, code)
    found = linalg.matmul(x, y).numpy()
    assert found.dtype == np.dtype(code)
    np.testing.assert_allclose(found, np.matmul(x, y), rtol=1e-5)


def test_mixed_dtypes_promote_as_numpys() -> None:
    x, y = np.ones((2, 2), np.float32), np.ones((2, 2), np.int32)
    assert linalg.matmul(x, y).dtype == np.matmul(x, y).dtype == np.float64


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("shapes", [s for s in OPERATOR if min(map(len, s)) > 1], ids=str)
def test_transposed_operands(shapes: Shapes, flags: tuple[bool, bool]) -> None:
    x, y = arrays(shapes)
    given = [
        np.ascontiguousarray(a.swapaxes(-1, -2)) if flip else a
        for a, flip in zip((x, y), flags, strict=True)
    ]
    found = linalg.matmul(*given, transpose_a=flags[0], adjoint_b=flags[1])
    np.testing.assert_allclose(found.numpy(), np.matmul(x, y), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("how", LAYOUTS)
def test_any_memory_order(how: str, flags: tuple[bool, bool]) -> None:
    for shapes in (((4, 5), (5, 3)), ((2, 4, 5), (2, 5, 3)), ((2, 4, 5), (5, 3))):
        x, y = arrays(shapes)
        given = [
            laid_out(a.swapaxes(-1, -2) if flip else a, how)
            for a, flip in zip((x, y), flags, strict=True)
        ]
        found = linalg.matmul(*given, transpose_a=flags[0], transpose_b=flags[1])
        np.testing.assert_allclose(found.numpy(), np.matmul(x, y), rtol=1e-14, atol=1e-14)


def test_broadcast_operands_are_read_where_they_lie() -> None:
    row = ngrad.broadcast_to(ngrad.constant([1.0, 2.0, 3.0]), (4, 3))
    column = ngrad.broadcast_to(ngrad.constant([[1.0], [2.0], [3.0]]), (3, 2))
    np.testing.assert_array_equal((row @ column).numpy(), np.full((4, 2), 14.0))


@pytest.mark.parametrize("shapes", OPERATOR, ids=str)
def test_operator_gradients(shapes: Shapes) -> None:
    check_gradient(lambda x, y: x @ y, *arrays(shapes))
    check_second_gradient(lambda x, y: x @ y, *arrays(shapes))


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize(
    "shapes",
    [((2, 3), (3, 4)), ((2, 2, 3), (3, 2)), ((2, 1, 2, 3), (2, 3, 1)), ((2, 3), (2, 3, 2))],
    ids=str,
)
def test_transposed_gradients(shapes: Shapes, flags: tuple[bool, bool]) -> None:
    given = arrays(tuple(flipped(s, f) for s, f in zip(shapes, flags, strict=True)))

    def function(x: Any, y: Any) -> Any:
        return linalg.matmul(x, y, *flags)

    check_gradient(function, *given)
    check_second_gradient(function, *given)


def test_gradients_take_views_of_what_was_given() -> None:
    # What the tape keeps is read transposed where it lies: only the results take memory.
    x, y = (ngrad.constant(a) for a in arrays(((256, 256), (256, 256))))
    with ngrad.GradientTape() as tape:
        tape.watch([x, y])
        out = x @ y
    ngrad.eval(out)
    before = ngrad.config.memory_stats().live_bytes
    grads = tape.gradient(out, [x, y], output_gradients=[out])
    assert ngrad.config.memory_stats().live_bytes - before == 2 * x.nbytes
    np.testing.assert_allclose(grads[0].numpy(), out.numpy() @ y.numpy().T, rtol=1e-9)


def test_transposed_views_are_not_copied() -> None:
    x, y = (ngrad.transpose(ngrad.constant(a)) for a in arrays(((256, 256), (256, 256))))
    columns = ngrad.constant(arrays(((256, 300),))[0])[:, 10:266]
    for left, right in ((x, y), (x, columns), (columns, y)):
        ngrad.config.release_memory()
        out = left @ right
        ngrad.eval(out)
        assert ngrad.config.memory_stats().pooled_bytes < out.nbytes
        del out
    ngrad.config.release_memory()
    out = x @ ngrad.reverse(y, [0])  # BLAS reads no negative steps
    ngrad.eval(out)
    assert ngrad.config.memory_stats().pooled_bytes >= out.nbytes


def test_infinities_meet_without_a_warning() -> None:
    x = np.array([[np.inf, 1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan((ngrad.constant(x) @ ngrad.constant([[1.0], [-np.inf]])).numpy()).all()
        assert np.isnan(linalg.matmul(x[None], np.array([[[1.0], [-np.inf]]])).numpy()).all()


def test_threads_share_a_call() -> None:
    pairs = [arrays(((16, 16), (16, 16))) for _ in range(4)]
    for k, (x, _) in enumerate(pairs):
        x += k
    wrong: list[int] = []

    def work(k: int) -> None:
        x, y = (ngrad.constant(a) for a in pairs[k])
        expected = pairs[k][0] @ pairs[k][1]
        wrong.extend(k for _ in range(200) if not np.allclose((x @ y).numpy(), expected))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# -- norms -------------------------------------------------------------------------------------

NORMS: tuple[tuple[Any, Any], ...] = (
    *((ord, axis) for ord in (1, 2, 3, 1.5, 0.5, np.inf) for axis in (0, -1)),
    *((ord, (0, 2)) for ord in ("fro", 1, np.inf, 2, "nuc")),
    ("fro", (2, 1)),
    (1, (2, 0)),
)


@pytest.mark.parametrize(("order", "axis"), NORMS, ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_norm_is_numpys(order: Any, axis: Any, keepdims: bool) -> None:
    (x,) = arrays(((2, 3, 4),))
    found = linalg.norm(x, order, axis, keepdims).numpy()
    expected = np.linalg.norm(x, order, axis, keepdims)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("order", ["euclidean", "fro", 1, 2, 3, np.inf])
def test_norm_of_all_elements(order: Any) -> None:
    (x,) = arrays(((2, 3),))
    flat = np.linalg.norm(x.ravel(), 2 if isinstance(order, str) else order)
    np.testing.assert_allclose(linalg.norm(x, order).numpy(), flat, rtol=1e-13)


@pytest.mark.parametrize(("order", "axis"), [*NORMS, ("euclidean", None), (3, None)], ids=str)
def test_norm_gradients(order: Any, axis: Any) -> None:
    (x,) = arrays(((2, 2, 3),))
    x = x + np.sign(x) * 0.2  # away from the kinks, and from the poles of |x|**0.5
    check_gradient(lambda x: linalg.norm(x, order, axis), x, rtol=1e-6)
    check_second_gradient(lambda x: linalg.norm(x, order, axis), x, rtol=1e-5)


@pytest.mark.parametrize("order", [0.5, 1, 1.5, 2, 3, np.inf])
def test_the_derivative_of_a_norm_at_zero_is_zero(order: Any) -> None:
    slope = ngrad.grad(lambda x: linalg.norm(x, order))
    np.testing.assert_array_equal(slope(np.zeros(3)).numpy(), np.zeros(3))
    assert slope(np.array([0.0, 2.0])).numpy()[0] == 0.0


def test_a_norm_passes_nan_on_and_takes_nothing() -> None:
    assert np.isnan(linalg.norm([np.nan, 1.0]).numpy())
    assert linalg.norm(np.zeros((0,))).numpy() == 0.0


@pytest.mark.parametrize("function", [linalg.expm, linalg.logm, linalg.sqrtm])
def test_functions_of_matrices_without_elements(function: Any) -> None:
    for shape in ((0, 0), (2, 0, 0), (0, 3, 3)):
        assert function(np.zeros(shape)).shape == shape
        slope = ngrad.grad(lambda x: ngrad.reduce_sum(function(x)))(np.zeros(shape))
        assert slope.shape == shape


@pytest.mark.parametrize(
    ("function", "degree"),
    [(linalg.sqrtm, 0.5), (linalg.logm, 0.0), (lambda x: linalg.svd(x, compute_uv=False), 1.0)],
    ids=("sqrtm", "logm", "svd"),
)
def test_second_derivatives_of_homogeneous_functions(function: Any, degree: float) -> None:
    """Those of a matrix whose size is not that of cotangents."""
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(function(x)))
    matrix, way = np.array([[3.0, 1.0], [0.5, 2.0]]), np.array([[1.0, -2.0], [0.5, 0.25]])
    curve = ngrad.grad(lambda x: ngrad.reduce_sum(slope(x) * way))
    expected = curve(matrix).numpy()
    for power in (-100, 100):
        found = curve(np.ldexp(matrix, power)).numpy()
        np.testing.assert_allclose(found * 2.0 ** (power * (2.0 - degree)), expected, rtol=1e-11)


# -- diagonals, bands, transposes --------------------------------------------------------------

STRUCTURE: tuple[tuple[str, Shapes, Callable[..., Any], Callable[..., Any]], ...] = (
    ("diag_part", ((3, 3),), linalg.diag_part, np.diagonal),
    (
        "diag_part, batched, above",
        ((2, 3, 4),),
        lambda x: linalg.diag_part(x, k=2),
        lambda x: np.diagonal(x, 2, -2, -1),
    ),
    (
        "diag_part, below",
        ((3, 2),),
        lambda x: linalg.diag_part(x, k=-1),
        lambda x: np.diagonal(x, -1),
    ),
    ("diag_part, empty", ((0, 3),), linalg.diag_part, np.diagonal),
    ("diag", ((3,),), linalg.diag, np.diag),
    ("diag, above", ((2,),), lambda x: linalg.diag(x, k=2), lambda x: np.diag(x, 2)),
    ("diag, below", ((2,),), lambda x: linalg.diag(x, k=-1), lambda x: np.diag(x, -1)),
    ("diag, batched", ((2, 3),), linalg.diag, lambda x: np.stack([np.diag(r) for r in x])),
    ("diag, empty", ((0,),), linalg.diag, np.diag),
    ("trace", ((3, 3),), linalg.trace, np.trace),
    ("trace, batched", ((2, 2, 3),), linalg.trace, lambda x: np.trace(x, axis1=-2, axis2=-1)),
    ("band_part, lower", ((3, 4),), lambda x: linalg.band_part(x, -1, 0), np.tril),
    ("band_part, all below", ((3, 4),), lambda x: linalg.band_part(x, 2**63 - 1, 0), np.tril),
    ("band_part, upper", ((2, 4, 3),), lambda x: linalg.band_part(x, 0, -1), np.triu),
    (
        "band_part",
        ((4, 4),),
        lambda x: linalg.band_part(x, 1, 2),
        lambda x: np.triu(np.tril(x, 2), -1),
    ),
    (
        "matrix_transpose",
        ((2, 3, 4),),
        linalg.matrix_transpose,
        lambda x: x.swapaxes(-1, -2),
    ),
    ("matvec", ((2, 3), (3,)), linalg.matvec, np.matmul),
    (
        "matvec, batched",
        ((2, 3, 4), (2, 3)),
        lambda a, b: linalg.matvec(a, b, transpose_a=True),
        lambda a, b: np.einsum("bij,bi->bj", a, b),
    ),
    (
        "l2_normalize",
        ((2, 3),),
        lambda x: linalg.l2_normalize(x, -1),
        lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True),
    ),
)
each_structure = pytest.mark.parametrize(
    ("shapes", "function", "reference"), [s[1:] for s in STRUCTURE], ids=[s[0] for s in STRUCTURE]
)


@each_structure
def test_structure_is_numpys(shapes: Shapes, function: Any, reference: Any) -> None:
    given = arrays(shapes)
    expected = reference(*given)
    found = function(*(ngrad.constant(a) for a in given)).numpy()
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    for how in LAYOUTS:
        found = function(*(laid_out(a, how) for a in given)).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-14)


@each_structure
def test_structure_gradients(shapes: Shapes, function: Any, reference: Any) -> None:
    check_gradient(function, *arrays(shapes))
    check_second_gradient(function, *arrays(shapes))


def test_what_does_not_fit_raises_and_says_so() -> None:
    m = ngrad.zeros((2, 3))
    cases: tuple[tuple[type[NgradError], str, Callable[[], Any]], ...] = (
        (ShapeError, r"matmul: .*\(2, 3\) and \(2, 3\)", lambda: linalg.matmul(m, m)),
        (ShapeError, "matmul.*@ or linalg.matvec", lambda: linalg.matmul(m, [1.0, 2.0, 3.0])),
        (ShapeError, "batch axes", lambda: ngrad.zeros((2, 1, 3)) @ ngrad.zeros((4, 3, 3))),
        (ShapeError, "0-d", lambda: m @ ngrad.constant(1.0)),
        (ShapeError, r"\(2, 3\) and \(2,\)", lambda: m @ [1.0, 2.0]),
        (NumberError, "exclude", lambda: linalg.matmul(m, m, True, adjoint_a=True)),
        (DTypeError, "matmul", lambda: linalg.matmul(m, "two")),
        (NumberError, "norm", lambda: linalg.norm(m, "nuclear")),
        (NumberError, "norm: .*'nuc' for vectors", lambda: linalg.norm(m, "nuc")),
        (NumberError, "norm", lambda: linalg.norm(m, 3, axis=(0, 1))),
        (ShapeError, "norm", lambda: linalg.norm(ngrad.zeros((1, 1, 1)), axis=(0, 1, 2))),
        (DTypeError, "norm", lambda: linalg.norm([1, 2])),
        (ShapeError, "diag_part", lambda: linalg.diag_part([1.0])),
        (ShapeError, "diagonal 3", lambda: linalg.diag_part(m, k=3)),
        (ShapeError, "diag", lambda: linalg.diag(1.0)),
        (ShapeError, "trace", lambda: linalg.trace([1.0])),
        (ShapeError, "matvec", lambda: linalg.matvec([1.0], [1.0])),
    )
    for kind, message, call in cases:
        with pytest.raises(kind, match=message):
            call()


def test_precision_of_products() -> None:
    """It is named; the CPU has no choice, and its bits stay."""
    x = ngrad.constant(grid((64, 64), -1.0, 1.0).astype(np.float32))
    before = (x @ x).numpy()
    with pytest.raises(ValueError, match="float32, tf32, not 'half'"):
        ngrad.config.set_matmul_precision("half")
    ngrad.config.set_matmul_precision("tf32")
    try:
        assert ngrad.config.matmul_precision() == "tf32"
        np.testing.assert_array_equal((x @ x).numpy(), before)
    finally:
        ngrad.config.set_matmul_precision("float32")


@pytest.mark.parametrize("lower, upper", [(-1, 0), (0, -1), (2, 1)])
def test_a_band_takes_no_matrix_of_distances(lower: int, upper: int) -> None:
    """Of int64, which would be more bytes than all that is there: positions are compared."""
    x = ngrad.constant(np.ones((200, 200), np.float32))
    before = ngrad.stats().bytes
    ngrad.eval(linalg.band_part(x, lower, upper))
    several = 2 * (lower >= 0 and upper >= 0) + 1
    assert ngrad.stats().bytes - before < several * 3 * 200 * 200 * 4
