"""`vmap`: as a loop over examples, whatever is mapped, and with derivatives through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import Array, weights
from test_jacobian import PROGRAMS

import ngrad
import ngrad.numpy as np_
from ngrad.errors import AxisError, ShapeError, TraceError

SIZE = 3


def examples(array: Array, which: int) -> Array:
    draw = np.random.default_rng(which)
    return array + 0.1 * draw.normal(size=(SIZE, *array.shape))


def looped(f: Callable[..., Any], batches: list[Any], axes: list[int | None]) -> Array:
    rows = [
        f(*(b if axis is None else ngrad.gather(b, k, axis=axis) for b, axis in pairs))
        for k in range(SIZE)
        for pairs in [list(zip(batches, axes, strict=True))]
    ]
    return np.stack([np.asarray(row) for row in rows])


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_a_loop(name: str) -> None:
    """All arguments mapped, and the first alone; and so do gradients through it."""
    f, arrays = PROGRAMS[name]
    for axes in ([0] * len(arrays), [0] + [None] * (len(arrays) - 1)):
        given = [
            ngrad.constant(a if axis is None else examples(a, k))
            for k, (a, axis) in enumerate(zip(arrays, axes, strict=True))
        ]
        mapped = ngrad.vmap(f, in_axes=axes)
        np.testing.assert_allclose(mapped(*given), looped(f, given, axes), rtol=1e-12, atol=1e-14)
        total = ngrad.grad(lambda *xs, g=mapped: ngrad.reduce_sum(g(*xs) ** 2), range(len(given)))
        every = ngrad.grad(
            lambda *xs, axes=axes: sum(
                ngrad.reduce_sum(
                    f(*(x if a is None else x[k] for x, a in zip(xs, axes, strict=True))) ** 2
                )
                for k in range(SIZE)
            ),
            range(len(given)),
        )
        for found, expected in zip(total(*given), every(*given), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_axes_nests_and_what_is_the_same_for_all() -> None:
    x = ngrad.constant(weights((4, SIZE)))

    def f(pair: dict[str, Any], scale: float, power: int, *, shift: Any) -> Any:
        return {"a": pair["x"] * scale**power + shift, "b": 7.0, "c": ngrad.ones([2])}

    found = ngrad.vmap(f, in_axes=(1, 0, 0), out_axes=-1)({"x": x}, 2.0, 3, shift=np.arange(3.0))
    np.testing.assert_allclose(found["a"], x * 8.0 + np.arange(3.0))
    np.testing.assert_array_equal(found["b"], np.full(SIZE, 7.0))
    assert found["c"].shape == (2, SIZE)
    both = ngrad.vmap(ngrad.vmap(ngrad.multiply, (None, 0)), (0, None))(x[:, 0], x[0])
    np.testing.assert_allclose(both, np.outer(x[:, 0], x[0]))


def test_what_it_closes_over_has_a_gradient() -> None:
    w, v = ngrad.constant([2.0, 3.0]), ngrad.Variable([1.0, -1.0])
    x = ngrad.constant(weights((SIZE, 2)).astype("f4"))
    with ngrad.GradientTape() as tape:
        tape.watch(w)
        scaled = w * 2.0  # of the tape, and not computed yet
        y = ngrad.vmap(lambda row: ngrad.reduce_sum(row * scaled * v))(x)
        loss = ngrad.reduce_sum(y)
    in_w, in_v = tape.gradient(loss, [w, v])
    columns = x.numpy().sum(0)
    np.testing.assert_allclose(in_w, 2 * columns * v.numpy(), rtol=1e-5)
    np.testing.assert_allclose(in_v, columns * scaled.numpy(), rtol=1e-5)


def test_closures_over_what_has_no_value() -> None:
    """Of a mapped function around it, of a recorded one, and of what is pending."""
    x, y = ngrad.constant(weights((SIZE,))), ngrad.constant(weights((4,)))
    expected = np.sin(np.multiply.outer(x.numpy(), y.numpy()))

    def outer(x: Any, y: Any) -> Any:
        return ngrad.vmap(lambda a: ngrad.vmap(lambda b: ngrad.sin(a * b))(y))(x)

    np.testing.assert_allclose(outer(x, y), expected, rtol=1e-12)
    np.testing.assert_allclose(ngrad.function(outer)(x, y), expected, rtol=1e-12)
    doubled = y + y
    np.testing.assert_allclose(
        ngrad.vmap(lambda a: a * doubled)(x), np.multiply.outer(x.numpy(), 2 * y.numpy())
    )
    found = ngrad.jacobian(lambda y: ngrad.reduce_sum(outer(x, y), 0))(y)
    slopes = np.cos(np.multiply.outer(x.numpy(), y.numpy())) * x.numpy()[:, None]
    np.testing.assert_allclose(found, np.diag(slopes.sum(0)), rtol=1e-12, atol=1e-15)
    twice = ngrad.vmap(lambda a: ngrad.jvp(lambda b: b * b * a, (a,), (1.0,))[1])(x)
    np.testing.assert_allclose(twice, 2 * x.numpy() ** 2, rtol=1e-12)


def test_gradients_of_each_example() -> None:
    """One product of each kind for all of them."""
    x, t = ngrad.constant(weights((5, 4))), ngrad.constant(weights((5, 2)))
    w = ngrad.constant(weights((4, 2)))

    def loss(w: Any, row: Any, target: Any) -> Any:
        return ngrad.reduce_sum((ngrad.tanh(row[None] @ w)[0] - target) ** 2)

    slope = ngrad.vmap(ngrad.grad(loss), (None, 0, 0))
    expected = np.stack([ngrad.grad(loss)(w, x[k], t[k]).numpy() for k in range(5)])
    np.testing.assert_allclose(slope(w, x, t), expected, rtol=1e-12)
    with ngrad.profile() as profile:
        ngrad.eval(slope(w, x, t))
    assert sum("matmul" in event.name for event in profile.events) == 2


def clipped(x: Any) -> Any:
    @ngrad.custom_gradient
    def f(x: Any) -> Any:
        return x * x, lambda upstream: ngrad.clip_by_value(upstream, -1.0, 1.0)

    return f(x)


def test_ways_to_run() -> None:
    """Eagerly, in a `function`, of arrays, and with a user's gradient."""
    x = weights((SIZE, 4))

    def f(row: Any) -> Any:
        return ngrad.reduce_sum(ngrad.sort(row) * [1.0, 2.0, 3.0, 4.0]) * row[0]

    expected = looped(f, [ngrad.constant(x)], [0])
    run = ngrad.function(lambda x: ngrad.vmap(f)(x))
    for _ in range(2):
        np.testing.assert_allclose(run(ngrad.constant(x)), expected, rtol=1e-12)
    before = ngrad.config.eager()
    ngrad.config.set_eager(True)
    try:
        np.testing.assert_allclose(ngrad.vmap(f)(x), expected, rtol=1e-12)
        assert ngrad.vmap(f)(x[:0]).shape == (0,)
    finally:
        ngrad.config.set_eager(before)
    assert ngrad.vmap(f)(x[:0]).shape == (0,)
    found = ngrad.vmap(lambda row: np_.cumsum(row)[::-1])(np_.array(x))
    assert isinstance(found, np_.ndarray)
    np.testing.assert_allclose(found, np.cumsum(x, 1)[:, ::-1])
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(3.0 * ngrad.vmap(clipped)(x)))(x)
    np.testing.assert_array_equal(slope, np.ones_like(x))
    np.testing.assert_allclose(ngrad.vectorized_map(f, x), expected, rtol=1e-12)


@pytest.mark.parametrize("eager", [False, True])
def test_without_examples(eager: bool) -> None:
    """Gradients are there, of no rows for what is mapped and 0 for what is the same for all."""
    x, w, n = ngrad.zeros((0, 3)), ngrad.ones(3), ngrad.zeros((0,), ngrad.int32)
    ngrad.config.set_eager(eager)
    with ngrad.GradientTape() as tape:
        tape.watch([x, w])
        y = ngrad.vmap(lambda row, k: ngrad.reduce_sum(row * w) * ngrad.cast(k, "float32"))(x, n)
    gradients = tape.gradient(y, [x, w])
    assert [g.shape for g in gradients] == [(0, 3), (3,)] and not gradients[1].numpy().any()


def test_numpys_arrays_are_those_of_its_spelling() -> None:
    x = weights((SIZE, 4))
    for given in (x, x.astype("f4")):
        found = ngrad.vmap(lambda row, scale: scale * row.sum(), (0, None))(given, np.float32(2.0))
        assert isinstance(found, np_.ndarray) and found.dtype == given.dtype
        np.testing.assert_allclose(found, 2 * given.sum(1), rtol=1e-6)

    def filled(row: Any) -> Any:
        row[1:] += row[:-1]
        return row

    np.testing.assert_array_equal(ngrad.vmap(filled)(x)[:, 1:], x[:, 1:] + x[:, :-1])
    np.testing.assert_array_equal(x, weights((SIZE, 4)))
    np.testing.assert_array_equal(ngrad.vmap(lambda row, **more: row * more["y"])(x, y=x), x * x)
    assert isinstance(ngrad.vmap(ngrad.reduce_sum)(x), ngrad.Tensor)


def test_numpys_integers_and_booleans_that_are_the_same_for_all_have_their_value() -> None:
    def f(row: Any, times: Any, negate: Any) -> Any:
        total = sum(row * k for k in range(times))
        return -total if negate else total

    x = weights((SIZE, 2))
    found = ngrad.vmap(f, (0, None, None))(x, np.int8(3), np.bool_(True))
    np.testing.assert_array_equal(found, -(x + 2 * x))


def test_windows_of_what_is_mapped() -> None:
    """A part that begins where an example says cannot be sliced: the error says what to write."""
    x, i = ngrad.constant(weights((6,))), ngrad.constant([0, 2, 3])
    part: list[Callable[[Any], Any]] = [lambda i: ngrad.slice(x, [i], [3]), lambda i: x[i : i + 3]]
    for f in part:
        with pytest.raises(TraceError, match=r"ngrad\.gather\(x, i \+ ngrad\.range\(n\)\)"):
            ngrad.vmap(f)(i)
    found = ngrad.vmap(lambda i: ngrad.gather(x, i + ngrad.range(3)))(i)
    np.testing.assert_array_equal(found, np.stack([x.numpy()[k : k + 3] for k in (0, 2, 3)]))


def test_what_cannot_be_mapped() -> None:
    """`vectorized_map` then loops, and says so, unless it is not to."""
    x, v = ngrad.constant([1.0, -2.0, 3.0]), ngrad.Variable(0.0)
    wrong: list[Callable[[Any], Any]] = [
        lambda e: e * 2.0 if e > 0.0 else -e,
        lambda e: [ngrad.random.set_seed(1), e][1],
        lambda e: [ngrad.print(e), e][1],
        lambda e: v.assign_add(e) * 1.0,
    ]
    for f in wrong:
        with pytest.raises(TraceError):
            ngrad.vmap(f)(x)
        with pytest.raises(TraceError):
            ngrad.vectorized_map(f, x, fallback_to_while_loop=False)
    assert float(v) == 0.0
    with pytest.warns(RuntimeWarning, match="one example after another"):
        np.testing.assert_array_equal(ngrad.vectorized_map(wrong[0], x), [2.0, 2.0, 6.0])
    with pytest.raises(AxisError):
        ngrad.vmap(ngrad.sin, 1)(x)
    with pytest.raises(ShapeError, match="of 2, 3 examples"):
        ngrad.vmap(ngrad.add)(x, x[:2])
    with pytest.raises(ValueError, match="1 in_axes for 2"):
        ngrad.vmap(ngrad.add, (0,))(x, x)
    with pytest.raises(ValueError, match="no argument has examples"):
        ngrad.vmap(ngrad.sin)(2.0)


VIEWS: dict[str, Any] = {
    "itself": lambda x: x, "identity": ngrad.identity, "a row": lambda x: x[0],
    "a part": lambda x: x[:, 1:], "turned": lambda x: ngrad.transpose(x),
    "reshaped": lambda x: ngrad.reshape(x, [-1]), "backwards": lambda x: ngrad.reverse(x, [0]),
}  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("function", [False, True])
def test_derivatives_of_what_a_mapped_function_sees_a_view_of(view: str, function: bool) -> None:
    x, w = ngrad.constant([[1.0, 2.0], [3.0, 4.0]]), ngrad.constant([1.0, 2.0, 3.0])
    of_view = VIEWS[view]

    def mapped(w: Any) -> Any:
        return ngrad.reduce_sum(
            ngrad.vmap(lambda one: ngrad.reduce_sum(of_view(x) ** 2.0) * one)(w)
        )

    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = (ngrad.function(mapped) if function else mapped)(w)
    with ngrad.GradientTape() as plain:
        plain.watch(x)
        expected = ngrad.reduce_sum(of_view(x) ** 2.0) * 6.0
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), plain.gradient(expected, x).numpy())
