"""Softmaxes, losses and normalization, against SciPy and against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special as sc
from numeric import LAYOUTS, check_gradient, check_second_gradient, grid, laid_out

import ngrad
from ngrad import nn
from ngrad.errors import DTypeError, IndexBoundsError, NgradError, NumberError, ShapeError
from ngrad.ops.no_nan import multiply_no_nan

Array = np.ndarray[Any, Any]


# -- softmax -----------------------------------------------------------------------------------

SOFTMAX = {"softmax": (nn.softmax, sc.softmax), "log_softmax": (nn.log_softmax, sc.log_softmax)}
each_softmax = pytest.mark.parametrize(
    ("function", "reference"), list(SOFTMAX.values()), ids=list(SOFTMAX)
)


@each_softmax
def test_softmax(function: Any, reference: Any) -> None:
    for shape in ((1,), (5,), (3, 4), (2, 3, 4)):
        x = grid(shape, -5, 5)
        for axis in range(-len(shape), len(shape)):
            expected = reference(x, axis=axis)
            np.testing.assert_allclose(function(x, axis).numpy(), expected, rtol=1e-13)
            for how in LAYOUTS:
                found = function(laid_out(x, how), axis).numpy()
                np.testing.assert_allclose(found, expected, rtol=1e-13)
    for shape in ((0,), (0, 3), (3, 0)):
        assert function(np.zeros(shape)).numpy().shape == shape


@each_softmax
def test_softmax_gradients(function: Any, reference: Any) -> None:
    for shape, axis in (((4,), -1), ((2, 3), 0), ((2, 3), -1), ((2, 2, 2), 1), ((0, 3), -1)):
        check_gradient(lambda x, axis=axis: function(x, axis), grid(shape, -2, 2))
        check_second_gradient(lambda x, axis=axis: function(x, axis), grid(shape, -2, 2))


@each_softmax
def test_softmax_of_large_and_of_infinite_logits(function: Any, reference: Any) -> None:
    x = np.array([[1e4, 0.0, -1e4], [1e30, 1e30, -1e30], [0.0, -np.inf, 1.0]])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(function(x).numpy(), reference(x, axis=-1), rtol=1e-13)
    slope = ngrad.grad(lambda x: function(x)[2, 2])(x)
    expected = np.zeros((3, 3))
    p = sc.softmax([0.0, 1.0])
    expected[2, [0, 2]] = (-p[0] * p[1], p[0] * p[1]) if function is nn.softmax else (-p[0], p[0])
    np.testing.assert_allclose(slope.numpy(), expected, rtol=1e-13, atol=1e-16)
    none = np.array([[-np.inf, -np.inf], [np.inf, 0.0], [np.nan, 0.0]])  # no softmax exists
    assert np.isnan(function(none).numpy()).any(axis=1).all()


# -- losses ------------------------------------------------------------------------------------


def _distribution(shape: tuple[int, ...], axis: int = -1) -> Array:
    return sc.softmax(grid(shape, -1, 1, which=1), axis=axis)


CROSS_ENTROPY = (((3,), -1), ((2, 3), -1), ((2, 3), 0), ((2, 3, 2), 1), ((0, 3), -1))


@pytest.mark.parametrize(("shape", "axis"), CROSS_ENTROPY, ids=str)
def test_softmax_cross_entropy(shape: tuple[int, ...], axis: int) -> None:
    x, y = grid(shape, -3, 3), _distribution(shape, axis)

    def function(y: Any, x: Any) -> Any:
        return nn.softmax_cross_entropy_with_logits(y, x, axis)

    expected = -(y * sc.log_softmax(x, axis=axis)).sum(axis)
    np.testing.assert_allclose(function(y, x).numpy(), expected, rtol=1e-13)
    check_gradient(function, y, x)
    check_second_gradient(function, y, x)


def test_softmax_cross_entropy_at_the_limits() -> None:
    x = np.array([[1e4, 0.0], [0.0, -np.inf], [-1e4, 1e4]])
    y = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    for labels in (y, y.astype(np.int32)):
        loss = nn.softmax_cross_entropy_with_logits(labels, x)
        np.testing.assert_array_equal(loss.numpy(), [0.0, 0.0, 2e4])
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(nn.softmax_cross_entropy_with_logits(y, x)))
    np.testing.assert_array_equal(slope(x).numpy(), [[0.0, 0.0], [0.0, 0.0], [-1.0, 1.0]])


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 2, 3), (0, 3)], ids=str)
@pytest.mark.parametrize("code", ["i4", "i8", "u1"])
def test_sparse_softmax_cross_entropy(shape: tuple[int, ...], code: str) -> None:
    x = grid(shape, -3, 3)
    labels = (np.arange(int(np.prod(shape[:-1]))).reshape(shape[:-1]) % 3).astype(code)

    def function(x: Any) -> Any:
        return nn.sparse_softmax_cross_entropy_with_logits(labels, x)

    chosen = np.take_along_axis(sc.log_softmax(x, axis=-1), labels[..., None].astype(int), -1)
    np.testing.assert_allclose(function(x).numpy(), -chosen[..., 0], rtol=1e-13)
    check_gradient(function, x)
    check_second_gradient(function, x)
    dense = np.eye(3)[labels.astype(int)]
    slopes = [
        ngrad.grad(lambda x, loss=loss: ngrad.reduce_sum(loss(x)))(x).numpy()
        for loss in (function, lambda x: nn.softmax_cross_entropy_with_logits(dense, x))
    ]
    np.testing.assert_allclose(*slopes, rtol=1e-12, atol=1e-15)


def test_sparse_softmax_cross_entropy_keeps_digits_beside_large_logits() -> None:
    x = np.array([[1e4, 1e4 + 1]], np.float32)
    loss = nn.sparse_softmax_cross_entropy_with_logits([1], x).numpy()
    np.testing.assert_allclose(loss, [np.log1p(np.exp(-1))], rtol=1e-6)
    masked = np.array([[-np.inf, 0.0]])
    assert nn.sparse_softmax_cross_entropy_with_logits([1], masked).numpy() == [0.0]
    assert nn.sparse_softmax_cross_entropy_with_logits([0], masked).numpy() == [np.inf]


@pytest.mark.parametrize("weight", [None, 3.0, [0.5, 2.0, 1.0]], ids=str)
def test_sigmoid_cross_entropy(weight: Any) -> None:
    x, y = grid((2, 3), -4, 4), sc.expit(grid((2, 3), -2, 2, which=1))

    def function(y: Any, x: Any) -> Any:
        if weight is None:
            return nn.sigmoid_cross_entropy_with_logits(y, x)
        return nn.weighted_cross_entropy_with_logits(y, x, weight)

    w = 1.0 if weight is None else np.asarray(weight)
    expected = -w * y * sc.log_expit(x) - (1 - y) * sc.log_expit(-x)
    np.testing.assert_allclose(function(y, x).numpy(), expected, rtol=1e-13)
    check_gradient(function, y, x)
    check_second_gradient(function, y, x)


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_sigmoid_cross_entropy_loses_no_digit(code: str) -> None:
    x = np.array([-1e4, -50.0, -20.0, 0.0, 20.0, 50.0, 1e4])
    for label in (0.0, 1.0):
        expected = -sc.log_expit(x if label else -x)
        y = np.full(7, label, code)
        found = nn.sigmoid_cross_entropy_with_logits(y, x.astype(code))
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6, atol=1e-44)
        with ngrad.GradientTape() as tape:
            logits = ngrad.constant(x.astype(code))
            tape.watch(logits)
            loss = nn.sigmoid_cross_entropy_with_logits(y, logits)
        slope = tape.gradient(loss, logits).numpy()
        expected = -sc.expit(-x) if label else sc.expit(x)
        np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=1e-44)


def test_multiply_no_nan() -> None:
    x = np.array([np.nan, np.inf, 2.0, np.nan])
    y = np.array([0.0, -0.0, 3.0, 1.0])
    np.testing.assert_array_equal(multiply_no_nan(x, y).numpy(), [0.0, 0.0, 6.0, np.nan])
    check_gradient(multiply_no_nan, grid((2, 3), -2, 2), grid((3,), -2, 2, which=1))


# -- the rest ----------------------------------------------------------------------------------


def to_norm(most: float, axis: int | None = None) -> Callable[[Any], Any]:
    return lambda x: x * np.minimum(1, most / np.linalg.norm(x, axis=axis, keepdims=True))


COMPOSED: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "bias_add": (nn.bias_add, np.add, ((2, 2, 3), (3,))),
    "bias_add, channels first": (
        lambda x, b: nn.bias_add(x, b, data_format="NCHW"),
        lambda x, b: x + b[:, None, None],
        ((2, 3, 2, 2), (3,)),
    ),
    "bias_add, empty": (nn.bias_add, np.add, ((0, 3), (3,))),
    "l2_normalize": (nn.l2_normalize, lambda x: x / np.linalg.norm(x), ((2, 3),)),
    "l2_normalize, axis": (
        lambda x: nn.l2_normalize(x, 0),
        lambda x: x / np.linalg.norm(x, axis=0),
        ((2, 3),),
    ),
    "clip_by_norm": (lambda x: ngrad.clip_by_norm(x, 1.5), to_norm(1.5), ((2, 3),)),
    "clip_by_norm, axis": (lambda x: ngrad.clip_by_norm(x, 2.0, 1), to_norm(2.0, 1), ((3, 2),)),
    "clip_by_global_norm": (
        lambda x, y: ngrad.concat(ngrad.clip_by_global_norm([x, y], 2.0)[0], 0),
        lambda x, y: to_norm(2.0)(np.concatenate([x, y])),
        ((3,), (4,)),
    ),
    "clip_by_global_norm, within": (
        lambda x, y: ngrad.clip_by_global_norm(iter([x, None, y]), 20.0)[0][2] * x[0],
        lambda x, y: y * x[0],
        ((3,), (4,)),
    ),
    "global_norm": (
        lambda x, y: ngrad.linalg.global_norm([x, None, y]),
        lambda x, y: np.sqrt((x**2).sum() + (y**2).sum()),
        ((3,), (2, 2)),
    ),
    "l2_loss": (nn.l2_loss, lambda x: (x**2).sum() / 2, ((2, 3),)),
    "mean": (lambda x: nn.moments(x, [0])[0], lambda x: x.mean(0), ((4, 2),)),
    "variance": (lambda x: nn.moments(x, [0, 1])[1], lambda x: x.var((0, 1)), ((3, 2, 2),)),
    "variance, keepdims": (
        lambda x: nn.moments(x, -1, keepdims=True)[1],
        lambda x: x.var(-1, keepdims=True),
        ((2, 3),),
    ),
    "batch_normalization": (
        lambda x, m, o, s: nn.batch_normalization(x, m, ngrad.square(s) + 0.5, o, s, 1e-3),
        lambda x, m, o, s: s * (x - m) / np.sqrt(s**2 + 0.5 + 1e-3) + o,
        ((2, 3), (3,), (3,), (3,)),
    ),
    "batch_normalization, bare": (
        lambda x: nn.batch_normalization(x, *nn.moments(x, [0]), None, None, 1e-3),
        lambda x: (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3),
        ((4, 2),),
    ),
    "embedding_lookup": (
        lambda t: nn.embedding_lookup(t, [[2, 0], [2, 1]]),
        lambda t: t[[[2, 0], [2, 1]]],
        ((3, 2),),
    ),
    "embedding_lookup, clipped": (
        lambda t: nn.embedding_lookup(t, [[1]], max_norm=0.5),
        lambda t: to_norm(0.5)(t[1])[None, None],
        ((3, 2),),
    ),
    "embedding_lookup, of nothing": (
        lambda t: nn.embedding_lookup(t, np.zeros((0,), np.int64)),
        lambda t: t[:0],
        ((3, 2),),
    ),
}


@pytest.mark.parametrize(
    ("function", "reference", "shapes"), list(COMPOSED.values()), ids=list(COMPOSED)
)
def test_composed(function: Any, reference: Any, shapes: Any) -> None:
    given = [grid(shape, -2, 2, which=k) for k, shape in enumerate(shapes)]
    expected = reference(*given)
    np.testing.assert_allclose(function(*given).numpy(), expected, rtol=1e-13)
    for how in LAYOUTS:
        found = function(*(laid_out(a, how) for a in given)).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-13)
    check_gradient(function, *given, rtol=1e-6)
    check_second_gradient(function, *given, rtol=1e-6)


def test_gradients_of_nothing_or_of_infinite_norm() -> None:
    zeros, infinite = np.zeros(2), np.array([np.inf, 1.0])
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(ngrad.clip_by_norm(x, 0.5)))
    assert slope(ngrad.constant(zeros)).tolist() == [1.0, 1.0]
    assert ngrad.clip_by_global_norm([zeros], 1.0)[0][0].tolist() == [0.0, 0.0]
    assert np.isnan(ngrad.clip_by_global_norm([infinite, zeros], 1.0)[0][1].numpy()).all()
    assert float(ngrad.linalg.global_norm([None])) == 0.0


def test_l2_normalize_at_zero_is_zero_with_a_finite_derivative() -> None:
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(nn.l2_normalize(x)))
    np.testing.assert_allclose(slope(np.zeros(2)).numpy(), [1e6, 1e6])
    np.testing.assert_array_equal(nn.l2_normalize(np.zeros(2)).numpy(), np.zeros(2))


def test_zero_fraction() -> None:
    assert nn.zero_fraction([[0.0, -0.0, 1.0, np.nan]]).numpy() == np.float32(0.5)
    assert nn.zero_fraction(np.array([0, 1, 2, 0])).numpy() == np.float32(0.5)
    assert np.isnan(nn.zero_fraction(np.zeros((0,))).numpy())


def test_dropout() -> None:
    x = ngrad.constant(grid((100, 50), 1, 2))
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = nn.dropout(x, 0.25, seed=7)
    kept = y.numpy() != 0
    assert abs(kept.mean() - 0.75) < 0.05
    np.testing.assert_allclose(y.numpy()[kept], x.numpy()[kept] / 0.75, rtol=1e-14)
    # The mask that was drawn is the mask of the derivative.
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), kept / 0.75, rtol=1e-14)


def test_dropout_of_whole_rows_and_of_none() -> None:
    x = ngrad.ones((200, 3))
    for shape in ((200, 1), [None, 1]):
        rows = nn.dropout(x, 0.5, noise_shape=shape, seed=3).numpy()
        assert set(map(tuple, rows.tolist())) == {(0.0, 0.0, 0.0), (2.0, 2.0, 2.0)}
    np.testing.assert_array_equal(nn.dropout(x, 0.0).numpy(), x.numpy())


def test_what_does_not_fit_raises_and_says_so() -> None:
    sparse, table = nn.sparse_softmax_cross_entropy_with_logits, ngrad.zeros((3, 2))
    cases: tuple[tuple[type[NgradError], str, Callable[[], Any]], ...] = (
        (IndexBoundsError, r"sparse_.*label 3 .*\[0, 3\)", lambda: sparse([3], [[0.0] * 3])),
        (IndexBoundsError, r"sparse_.*label -1 ", lambda: sparse([0, -1], [[0.0] * 3] * 2)),
        (ShapeError, "sparse_", lambda: sparse([0, 1], [[0.0] * 3])),
        (DTypeError, "sparse_.*float32", lambda: sparse([0.0], [[0.0] * 3])),
        (DTypeError, "softmax.*int32", lambda: nn.softmax([1, 2])),
        (ShapeError, "softmax", lambda: nn.softmax(1.0)),
        (ShapeError, "axis 2", lambda: nn.log_softmax(table, axis=2)),
        (
            ShapeError,
            r"\(3,\).*\(3, 2\)",
            lambda: nn.softmax_cross_entropy_with_logits([0.0, 1.0, 0.0], table),
        ),
        (ShapeError, "sigmoid", lambda: nn.sigmoid_cross_entropy_with_logits([0.0], table)),
        (
            ShapeError,
            "pos_weight",
            lambda: nn.weighted_cross_entropy_with_logits([0.0], [0.0], [[1.0], [2.0]]),
        ),
        (DTypeError, "gelu.*int32", lambda: nn.gelu([1])),
        (ShapeError, "bias_add", lambda: nn.bias_add(table, [1.0, 2.0, 3.0])),
        (ShapeError, "bias_add", lambda: nn.bias_add([1.0], [1.0])),
        (NumberError, "bias_add.*'HWC'", lambda: nn.bias_add(table, [1.0, 2.0], "HWC")),
        (IndexBoundsError, r"embedding_lookup: id 3 .*3\)", lambda: nn.embedding_lookup(table, 3)),
        (DTypeError, "embedding_lookup", lambda: nn.embedding_lookup(table, [0.0])),
        (NumberError, "rate", lambda: nn.dropout(table, 1.0)),
        (NumberError, "rate", lambda: nn.dropout(table, -0.1)),
        (ShapeError, "dropout", lambda: nn.dropout(table, 0.5, noise_shape=(2, 2))),
        (ShapeError, "dropout", lambda: nn.dropout(table, 0.5, noise_shape=(4, 3, 2))),
    )
    for kind, message, call in cases:
        with pytest.raises(kind, match=message):
            call()
