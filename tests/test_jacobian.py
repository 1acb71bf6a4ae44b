"""`jacobian` and `batch_jacobian`: as differences, as a loop of gradients, TensorFlow's rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import Array, assert_same_bits, difference, recorded, weights

import ngrad
from ngrad import GradientTape, Variable, constant, jacobians
from ngrad.errors import NumberError, ShapeError
from ngrad.graph.batch import batched
from ngrad.graph.graph import Graph
from ngrad.graph.op import TABLE

MATRIX = weights((3, 4))
ROW = weights((4,))


def _mlp(x: Any, w: Any, v: Any) -> Any:
    return ngrad.tanh(ngrad.tanh(x @ w) @ v)


# name -> (function, arrays)
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Array, ...]]] = {
    "scalar": (lambda x: ngrad.exp(x * x), (np.array(0.7),)),
    "identity": (lambda x: x, (ROW,)),
    "shared": (lambda x: x * ngrad.reduce_sum(x), (ROW,)),
    "broadcast": (lambda x, y: x[:, None] * y - x[0], (ROW, MATRIX[:1, :3])),
    "mlp": (_mlp, (weights((4,)), weights((4, 5)), weights((5, 3)))),
    "mlp of a batch": (_mlp, (weights((2, 4)), weights((4, 5)), weights((5, 3)))),
    "matvec": (lambda w, x: ngrad.linalg.matvec(w, x), (MATRIX, ROW)),
    "matmul": (
        lambda x, y: ngrad.matmul(x, y, transpose_a=True),
        (weights((2, 3, 4)), weights((3, 2))),
    ),
    "row means": (lambda x: ngrad.reduce_mean(x, 1), (MATRIX,)),
    "column extremes": (lambda x: ngrad.reduce_max(x, 0) - ngrad.reduce_min(x, 0), (MATRIX,)),
    "product": (lambda x: ngrad.reduce_prod(x, 0), (MATRIX,)),
    "gather": (lambda x: ngrad.gather(x, [2, 0, 2], axis=1), (MATRIX,)),
    "scatter": (lambda x: ngrad.scatter_nd([[1], [4], [1]], x, [5, 4]), (MATRIX,)),
    "softmax": (ngrad.nn.softmax, (MATRIX,)),
    "cross entropy": (
        lambda x: ngrad.nn.sparse_softmax_cross_entropy_with_logits([1, 0, 3], x),
        (MATRIX,),
    ),
    "cumsum": (lambda x: ngrad.cumsum(x, 1, exclusive=True), (MATRIX,)),
    "cumprod": (lambda x: ngrad.math.cumprod(x, 1), (MATRIX,)),
    "slices": (lambda x: x[1:, ::-2] - x[:-1, 1::2], (MATRIX,)),
    "concat": (lambda x, y: ngrad.concat([x, y * y, x], 0), (MATRIX, ROW[None])),
    "pad": (lambda x: ngrad.pad(x, [[1, 0], [0, 2]], constant_values=x[0, 0]), (MATRIX,)),
    "einsum": (lambda x, y: ngrad.einsum("ij,j->i", x, y), (MATRIX, ROW)),
    "where": (lambda x: ngrad.where(x > 0.0, x * x, ngrad.sin(x)), (MATRIX,)),
    "mixed dtypes": (lambda x: ngrad.cast(ngrad.cast(x, "f8") ** 3, "f8"), (ROW,)),
    "nothing": (lambda x: x[:0] * 2.0, (ROW,)),
}
# Of these each row depends on the source's row of its number alone.
ROWWISE = ("row means", "softmax", "cumsum", "cumprod", "where")
PRODUCTS = ("mlp", "mlp of a batch", "matvec", "matmul", "einsum")

programs = pytest.mark.parametrize("name", PROGRAMS)


def run(name: str, persistent: bool = False) -> tuple[Any, list[Any], GradientTape]:
    function, arrays = PROGRAMS[name]
    sources = [constant(a) for a in arrays]
    out, tape = recorded(function, *sources, persistent=persistent)
    return out, sources, tape


def by_gradients(tape: GradientTape, out: Any, sources: list[Any]) -> list[Array]:
    """The Jacobian, a row at a time, by `gradient`."""
    flat = [np.zeros((out.size, *x.shape), x.dtype.as_numpy_dtype) for x in sources]
    for k in range(out.size):
        seed = np.zeros(out.size, out.dtype.as_numpy_dtype)
        seed[k] = 1
        row = tape.gradient(out, sources, constant(seed.reshape(out.shape)))
        for rows, g in zip(flat, row, strict=True):
            rows[k] = g.numpy()
    return [j.reshape((*out.shape, *x.shape)) for j, x in zip(flat, sources, strict=True)]


@programs
def test_as_differences(name: str) -> None:
    function, arrays = PROGRAMS[name]
    out, sources, tape = run(name)
    for which, found in enumerate(tape.jacobian(out, sources)):
        assert tuple(found.shape) == (*out.shape, *sources[which].shape)
        rows = found.numpy().reshape(out.size, *sources[which].shape)
        for k in range(out.size):

            def element(*points: Array, k: int = k) -> float:
                return float(function(*map(constant, points)).numpy().reshape(-1)[k])

            np.testing.assert_allclose(rows[k], difference(element, arrays, which), 1e-8, 1e-8)


@programs
@pytest.mark.parametrize("chunk", [None, 1, 2, 1000])
def test_as_a_loop_of_gradients(name: str, chunk: int | None) -> None:
    """In one piece or in several: the gradient of each element, to the bit but for products."""
    out, sources, tape = run(name, persistent=True)
    expected = by_gradients(tape, out, sources)
    found = tape.jacobian(out, sources, chunk_size=chunk)
    for a, b in zip(found, expected, strict=True):
        if name in PRODUCTS:
            np.testing.assert_allclose(a.numpy(), b, 1e-12, 1e-14)
        else:
            assert_same_bits(a, b)


@pytest.mark.parametrize("name", ROWWISE)
@pytest.mark.parametrize("chunk", [None, 1, 3])
def test_batch_jacobian(name: str, chunk: int | None) -> None:
    """The blocks on the diagonal of the Jacobian, whose others are zero."""
    out, (x,), tape = run(name, persistent=True)
    if out.ndim == 1:
        with tape:
            out = out[:, None]
    found = tape.batch_jacobian(out, x, chunk_size=chunk)
    whole = tape.jacobian(out, x).numpy()
    assert tuple(found.shape) == (*out.shape, *x.shape[1:])
    for k, block in enumerate(found.numpy()):
        assert_same_bits(block, whole[k].take(k, axis=out.ndim - 1))


def test_batch_jacobian_takes_any_rank() -> None:
    x = weights((2, 3, 2))
    out, tape = recorded(lambda x: ngrad.matmul(x, x, transpose_b=True), constant(x))
    with pytest.raises(ShapeError):
        tape.batch_jacobian(out, constant(x[:1]))
    source, tape = recorded(ngrad.identity, constant(x))
    with tape:
        tape.watch(source)
        out = ngrad.matmul(source, source, transpose_b=True)
    found = tape.batch_jacobian(out, source).numpy()
    assert found.shape == (2, 3, 3, 3, 2)
    eye = np.eye(3)
    expected = np.einsum("ik,bjl->bijkl", eye, x) + np.einsum("jk,bil->bijkl", eye, x)
    np.testing.assert_allclose(found, expected, 1e-14)


# -- one sweep -------------------------------------------------------------------------------------


def products(monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[tuple[int, ...]]:
    """The shape of each matrix product that is planned for two Jacobians of one program."""
    graphs: list[Graph] = []

    def counted(*given: Any) -> Graph:
        graphs.append(batched(*given))
        return graphs[-1]

    monkeypatch.setattr(jacobians, "batched", counted)
    jacobians._plan.cache_clear()
    ngrad.eval()
    for scale in (1.0, 2.0):
        w, v = constant(scale * weights((7, 9))), constant(weights((9, 11)))
        out, tape = recorded(lambda x, w=w, v=v: _mlp(x, w, v), x := constant(weights((7,))))
        assert tuple(tape.jacobian(out, x, **options).shape) == (11, 7)
    planned = [node for graph in graphs for node in graph.nodes if node.op is TABLE["matmul"]]
    return [node.spec.shape for node in planned]


def test_one_batched_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows, and whichever values: planned once, with one product in each direction."""
    shapes = products(monkeypatch)
    assert shapes.count((11, 7)) == shapes.count((11, 9)) == 1
    assert len(shapes) <= 4


def test_chunks_share_what_does_not_depend_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = products(monkeypatch, chunk_size=3)
    assert shapes.count((3, 7)) <= 2 and shapes.count((2, 7)) == 1
    assert shapes.count((1, 9)) <= 1, "a forward product is computed once, by the first chunk"


def test_chunks_bound_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[int] = []
    sweep = jacobians._sweep

    def counted(asked: Any, seed: Any) -> Any:
        rows.append(seed.shape[0])
        return sweep(asked, seed)

    monkeypatch.setattr(jacobians, "_sweep", counted)
    for options in ({"chunk_size": 5}, {"parallel_iterations": 5}):
        out, (x, _), tape = run("matvec", persistent=True)
        tape.jacobian(out, x, **options)
        out, (x,), tape = run("softmax")
        tape.jacobian(out, x, **options)
    assert rows == [3, 5, 5, 2] * 2
    rows.clear()
    out, (x,), tape = run("softmax", persistent=True)
    tape.batch_jacobian(out, x, experimental_use_pfor=False)
    assert rows == [1, 1, 1, 1]


# -- tapes around and within -----------------------------------------------------------------------


def _cubic(x: Any) -> Any:
    return ngrad.reduce_sum(x * x * ngrad.cumsum(x) + ngrad.sin(x))


def test_hessian_is_the_jacobian_of_a_gradient() -> None:
    x = constant(ROW)
    with GradientTape() as outer:
        outer.watch(x)
        slope = ngrad.grad(_cubic)(x)
    found = outer.jacobian(slope, x).numpy()
    np.testing.assert_allclose(found, found.T, 1e-14)
    for k in range(4):
        expected = difference(lambda p, k=k: float(ngrad.grad(_cubic)(constant(p))[k]), [ROW], 0)
        np.testing.assert_allclose(found[k], expected, 1e-8, 1e-9)


@pytest.mark.parametrize("chunk", [None, 2])
def test_a_jacobian_is_recorded(chunk: int | None) -> None:
    """The gradient of a function of a Jacobian, and the Jacobian of a Jacobian."""

    def traced(x: Any) -> Any:
        with GradientTape() as inner:
            inner.watch(x)
            y = ngrad.tanh(x @ constant(weights((4, 3)))) * x[:3]
        return inner.jacobian(y, x, chunk_size=chunk)

    x = constant(ROW)
    with GradientTape(persistent=True) as outer:
        outer.watch(x)
        whole = traced(x)
        total = ngrad.reduce_sum(whole * whole)
    expected = difference(lambda p: float(np.sum(traced(constant(p)).numpy() ** 2)), [ROW], 0)
    np.testing.assert_allclose(outer.gradient(total, x), expected, 1e-8)
    second = outer.jacobian(whole, x)
    assert tuple(second.shape) == (3, 4, 4)
    np.testing.assert_allclose(second, second.numpy().swapaxes(1, 2), 1e-12, 1e-13)


def test_within_the_tapes_own_context() -> None:
    x = constant(ROW)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        first = tape.jacobian(y, x)
        second = tape.jacobian(ngrad.linalg.diag_part(first), x)
    np.testing.assert_allclose(first, np.diag(3 * ROW**2), 1e-14)
    np.testing.assert_allclose(second, np.diag(6 * ROW), 1e-14)
    with GradientTape() as once:
        once.watch(x)
        y = x * x
        found = once.jacobian(y, x)
    np.testing.assert_allclose(found, np.diag(2 * ROW), 1e-14)


def test_through_custom_gradient() -> None:
    """A user's Python is called for one row, whose shape it sees."""
    seen: list[tuple[int, ...]] = []

    @ngrad.custom_gradient
    def doubled(x: Any) -> Any:
        def backward(upstream: Any) -> Any:
            seen.append(tuple(upstream.shape))
            return 3.0 * upstream

        return 2.0 * x, backward

    out, tape = recorded(lambda x: doubled(x * x), x := constant(ROW))
    before = jacobians._plan.cache_info().currsize
    np.testing.assert_allclose(tape.jacobian(out, x), np.diag(6 * ROW), 1e-14)
    assert seen == [(4,)]
    assert jacobians._plan.cache_info().currsize == before  # a user's Python is not for keeping


# -- what is not connected, nests, variables -------------------------------------------------------


def test_nest_of_sources() -> None:
    x, v = constant(ROW), Variable(MATRIX)
    apart = constant(1.0)
    with GradientTape() as tape:
        tape.watch([x, apart])
        y = v @ x
    found = tape.jacobian(y, {"x": x, "others": (v, apart)})
    assert found["others"][1] is None
    np.testing.assert_allclose(found["x"], MATRIX, 1e-14)
    expected = np.einsum("ik,j->ikj", np.eye(3), ROW)
    np.testing.assert_allclose(found["others"][0], expected, 1e-14)


@pytest.mark.parametrize("none", ["none", ngrad.UnconnectedGradients.NONE])
@pytest.mark.parametrize("zero", ["zero", ngrad.UnconnectedGradients.ZERO])
def test_unconnected(none: Any, zero: Any) -> None:
    x, apart = constant(ROW), constant(np.float32([[1.0, 2.0]]))
    out, tape = recorded(lambda x, apart: 2.0 * x[:, None], x, apart, persistent=True)
    assert tape.jacobian(out, apart, none) is None
    assert tape.jacobian(out, [x, apart], chunk_size=1)[1] is None
    for target in (out, ngrad.argmax(out, 0), constant(np.ones((4, 1)))):
        whole = tape.jacobian(target, apart, unconnected_gradients=zero)
        assert_same_bits(whole, np.zeros((*target.shape, 1, 2), np.float32))
    assert tape.jacobian(ngrad.argmax(out, 0), x) is None
    batch = constant(np.ones((4, 3)))
    assert_same_bits(tape.batch_jacobian(out, batch, none), np.zeros((4, 1, 3)))


# -- TensorFlow's errors ---------------------------------------------------------------------------


def test_a_tape_gives_one() -> None:
    for first, second in (("jacobian", "gradient"), ("gradient", "jacobian")):
        out, (x,), tape = run("softmax")
        getattr(tape, first)(out, x)
        with pytest.raises(RuntimeError, match="persistent"):
            getattr(tape, second)(out, x)
    out, (x,), tape = run("softmax")
    tape.batch_jacobian(out, x)
    with pytest.raises(RuntimeError, match="persistent"):
        tape.batch_jacobian(out, x)


@pytest.mark.parametrize("method", ["jacobian", "batch_jacobian"])
def test_errors(method: str) -> None:
    out, (x,), tape = run("softmax")
    call = getattr(tape, method)
    with pytest.raises(RuntimeError, match=f"{method}.*experimental_use_pfor.*persistent"):
        call(out, x, experimental_use_pfor=False)
    with pytest.raises(NumberError, match=f"{method}: chunk_size must be positive, not 0"):
        call(out, x, chunk_size=0)
    with pytest.raises(NumberError, match=f"{method}: chunk_size must be positive, not -1"):
        call(out, x, parallel_iterations=-1)
    with pytest.raises(TypeError, match=f"{method}: the target must be one tensor.*list"):
        call([out], x)
    with pytest.raises(ValueError, match="neither"):
        call(out, x, "neither")
    call(out, x)  # none of these used up the tape


@pytest.mark.parametrize(("target", "source"), [((3,), (3, 4)), ((3, 4), (3,)), ((3, 4), (2, 4))])
def test_batch_jacobian_of_shapes_that_do_not_fit(target: Any, source: Any) -> None:
    y, x = constant(weights(target)), constant(weights(source))
    with pytest.raises(ShapeError) as raised:
        GradientTape().batch_jacobian(y, x)
    assert str(target) in str(raised.value) and str(source) in str(raised.value)
