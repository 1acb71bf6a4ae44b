"""Reductions and scans: every choice of axes, the order contract, NaN, nothing, ties and zeros."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numeric import (
    INTEGERS,
    LAYOUTS,
    assert_same_bits,
    assert_within_ulps,
    check_gradient,
    check_second_gradient,
    grid,
    laid_out,
)
from rows_reductions import running

import ngrad
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.ops.scans import LINEAR
from ngrad.record import apply
from ngrad_kernels.body import Body
from ngrad_kernels.contract import BESIDE
from ngrad_kernels.render import render

MEANS = {
    "reduce_mean": (ngrad.reduce_mean, np.mean),
    "reduce_variance": (ngrad.math.reduce_variance, np.var),
    "reduce_std": (ngrad.math.reduce_std, np.std),
    "reduce_logsumexp": (
        ngrad.reduce_logsumexp,
        lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis, keepdims=keepdims)),
    ),
}
PLAIN = {
    "reduce_sum": (ngrad.reduce_sum, np.sum),
    "reduce_prod": (ngrad.reduce_prod, np.prod),
    "reduce_max": (ngrad.reduce_max, np.max),
    "reduce_min": (ngrad.reduce_min, np.min),
}
ALL = {**PLAIN, **MEANS}
AXES = [axes for n in range(4) for axes in itertools.combinations(range(3), n)]


@pytest.mark.parametrize("name", ALL)
def test_every_choice_of_axes(name: str) -> None:
    function, reference = ALL[name]
    x = grid((2, 3, 4), -2, 2)
    for axes in [None, -1, -3, *AXES, (2, 0), (-1, 0)]:
        for keepdims in (False, True):
            found = np.asarray(function(ngrad.constant(x), axes, keepdims))
            expected = reference(x, axis=axes, keepdims=keepdims)
            assert found.shape == expected.shape
            np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", MEANS)
def test_gradients_of_composites(name: str) -> None:
    function, _ = MEANS[name]
    x = grid((2, 3), -2, 2)
    for axes in (None, 0, 1):
        check_gradient(lambda t, axes=axes: function(t, axes), x)
        check_second_gradient(lambda t, axes=axes: function(t, axes), x, rtol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_axes_that_do_not_fit(name: str) -> None:
    function, _ = ALL[name]
    x = ngrad.ones([2, 3])
    for axis in (2, -3, (0, 0), (0, -2)):
        with pytest.raises(ShapeError, match=name):
            function(x, axis)
    function(x, 0)  # as which 0.0 is looked up
    for wrong in (0.5, (0.0,), ([0],)):
        with pytest.raises(DTypeError, match=name):
            function(x, wrong)


# -- the order contract ----------------------------------------------------------------------------

# Long rows, long columns, a reduced axis between kept ones, all at once; the lengths pass every
# block and chunk.
ORDERS = [
    ((40_000,), (0,)),
    ((3, 20_000), (1,)),
    ((20_000, 3), (0,)),
    ((2500, 1100), (0,)),
    ((5, 1300, 7), (1,)),
    ((7, 130, 40), (0, 2)),
    ((17, 33, 65), (0, 1, 2)),
]


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize(("shape", "axes"), ORDERS, ids=str)
def test_bits_depend_on_shape_axes_and_dtype_alone(shape: Any, axes: Any, code: str) -> None:
    """Not on strides, nor on the number of threads; and the sum is right to the last places."""
    x = np.random.default_rng(5).normal(size=shape).astype(code)
    for name, (function, _) in PLAIN.items():
        values = np.exp(x / 1000) if name == "reduce_prod" else x
        ngrad.config.set_threads(2)
        found = function(ngrad.constant(values), axes)
        for how in LAYOUTS:
            assert_same_bits(function(laid_out(values, how), axes), found)
        ngrad.config.set_threads(1)
        assert_same_bits(function(ngrad.constant(values), axes), found)
    total = np.asarray(ngrad.reduce_sum(ngrad.constant(x), axes))
    magnitude = np.abs(x).sum(axes, dtype=np.float64)
    off = np.abs(total - x.sum(axes, dtype=np.float64))
    assert (off <= 4 * np.finfo(code).eps * magnitude).all()


@pytest.mark.parametrize("code", ["f4", "f8", "i4"])
def test_scans_depend_on_neither_strides_nor_threads(code: str) -> None:
    x = (100 * np.random.default_rng(6).normal(size=(37, 1100))).astype(code)
    for axis, exclusive, reverse in itertools.product((0, 1), (False, True), (False, True)):
        ngrad.config.set_threads(2)
        found = ngrad.cumsum(ngrad.constant(x), axis, exclusive, reverse)
        for how in LAYOUTS:
            assert_same_bits(ngrad.cumsum(laid_out(x, how), axis, exclusive, reverse), found)
        ngrad.config.set_threads(1)
        assert_same_bits(ngrad.cumsum(ngrad.constant(x), axis, exclusive, reverse), found)
        expected = running(x, np.add, axis, exclusive, reverse)
        if code == "i4":
            assert_same_bits(found, expected.astype(code))
        else:
            assert_within_ulps(found, expected, 4, floor=1e-10 if code == "f8" else 1e-2)


@pytest.mark.parametrize("length", [1, 3, 255, 256, 257, 1100, 70_000])
def test_rows_are_scanned_as_each_is_alone(length: int) -> None:
    """Several at a time, and what is left over; in order, however they lie."""
    rng = np.random.default_rng(9)
    steps = ngrad.constant(rng.uniform(0.5, 1, (9, length)).astype("f4"))
    x = ngrad.constant((100 * rng.normal(size=(9, length))).astype("f4"))
    across = ngrad.transpose(ngrad.constant(x.numpy().T.copy()))
    for rows in (1, 4, 7, 9):
        sums, products = ngrad.cumsum(x[:rows], 1), ngrad.math.cumprod(steps[:rows], 1)
        linear = apply(LINEAR, (steps[:rows], x[:rows]))
        assert_same_bits(ngrad.cumsum(across[:rows], 1), sums)
        for k in range(rows):
            part = slice(k, k + 1)
            assert_same_bits(sums[part], np.cumsum(x[k].numpy(), dtype="f8").astype("f4")[None])
            assert_same_bits(products[part], ngrad.math.cumprod(steps[part], 1))
            assert_same_bits(linear[part], apply(LINEAR, (steps[part], x[part])))


@pytest.mark.parametrize("reduction", ["sum", "prod", "max", "linear"])
def test_a_scan_waits_for_several_rows_at_once(reduction: str) -> None:
    inputs = ("f4",) * (1 + (reduction == "linear"))
    _, text = render(Body("scan", inputs, (), (len(inputs) - 1,), reduction, "f4"))
    assert {f"total{k} = " in text for k in range(BESIDE)} == {True}


def test_argmax_depends_on_neither_strides_nor_threads() -> None:
    x = np.random.default_rng(7).integers(0, 50, (30_000, 3)).astype("f4")
    for axis in (0, 1):
        for how in LAYOUTS:
            for threads in (1, 2):
                ngrad.config.set_threads(threads)
                found = ngrad.argmax(laid_out(x, how), axis)
                np.testing.assert_array_equal(found, np.argmax(x, axis))


# -- NaN, nothing, ties, zeros ---------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 7, 16, 17, 1000, 40_000])
def test_nan_comes_through(n: int) -> None:
    for at in {0, n // 2, n - 1}:
        x = np.arange(float(n))
        x[at] = np.nan
        t = ngrad.constant(x)
        for function, _ in PLAIN.values():
            assert np.isnan(function(t).numpy())
        columns = ngrad.constant(np.stack([x, np.zeros(n)], 1))
        for function, _ in PLAIN.values():
            np.testing.assert_array_equal(np.isnan(function(columns, 0).numpy()), [True, False])
        assert int(ngrad.argmax(t)) == int(ngrad.argmin(t)) == at


def test_of_nothing() -> None:
    empty = ngrad.zeros([0, 3])
    inf = np.inf
    expected = {"reduce_sum": 0.0, "reduce_prod": 1.0, "reduce_max": -inf, "reduce_min": inf}
    for name, value in expected.items():
        np.testing.assert_array_equal(PLAIN[name][0](empty, 0), np.full(3, value))
        assert PLAIN[name][0](empty, 1).shape == (0,)
        assert PLAIN[name][0](empty) == value
    assert np.isnan(ngrad.reduce_mean(empty).numpy())
    assert ngrad.reduce_logsumexp(empty) == -inf
    whole = ngrad.zeros([0, 3], "int32")
    for name in ("reduce_max", "reduce_min"):
        with pytest.raises(NumberError, match=name):
            PLAIN[name][0](whole, 0)
        assert PLAIN[name][0](whole, 1).shape == (0,)
    for function in (ngrad.argmax, ngrad.argmin):
        with pytest.raises(NumberError, match=function.__name__):
            function(empty, 0)
    assert not bool(ngrad.reduce_any(ngrad.zeros([0], "bool")))
    assert bool(ngrad.reduce_all(ngrad.zeros([0], "bool")))
    for function in (ngrad.cumsum, ngrad.math.cumprod):
        assert function(empty, 0).shape == (0, 3)
        assert function(empty, 1, exclusive=True, reverse=True).shape == (0, 3)


def test_any_and_all() -> None:
    x = np.random.default_rng(8).integers(0, 9, (5, 40, 1030)) > 0
    for axes in AXES:
        np.testing.assert_array_equal(ngrad.reduce_any(~x, axes), np.any(~x, axes))
        np.testing.assert_array_equal(ngrad.reduce_all(x, axes), np.all(x, axes))
    for function in (ngrad.reduce_any, ngrad.reduce_all):
        with pytest.raises(DTypeError, match=rf"{function.__name__}.*int32"):
            function([1, 0])


def gradient_of(function: Any, x: Any) -> Any:
    t = ngrad.constant(x)
    with ngrad.GradientTape() as tape:
        tape.watch(t)
        y = function(t)
    return tape.gradient(y, t).numpy()


def test_ties_share_evenly() -> None:
    x = [[1.0, 3.0, 3.0], [3.0, 2.0, 0.0]]
    third = np.float32(1) / 3
    expected = [[0, third, third], [third, 0, 0]]
    np.testing.assert_array_equal(gradient_of(ngrad.reduce_max, x), np.float32(expected))
    found = gradient_of(lambda t: ngrad.reduce_min(-t, 1), x)
    np.testing.assert_array_equal(found, [[0, -0.5, -0.5], [-1, 0, 0]])


def test_first_of_equals_is_the_position() -> None:
    x = ngrad.constant([[2.0, 5.0, 5.0], [1.0, 1.0, 0.0]])
    assert ngrad.argmax(x, 1).numpy().tolist() == [1, 0]
    assert ngrad.argmin(x, 1).numpy().tolist() == [0, 2]
    assert ngrad.argmax(x).numpy().tolist() == [0, 0, 0]
    assert ngrad.argmax(x, output_type="int32").dtype == np.int32
    two = ngrad.constant([1.0, np.nan, 3.0, np.nan])
    assert int(ngrad.argmax(two)) == int(ngrad.argmin(two)) == 1
    least = ngrad.constant([np.inf, np.inf])
    assert int(ngrad.argmin(least)) == int(ngrad.argmax(-least)) == 0
    lowest = ngrad.constant(np.full(5, np.iinfo("i4").min, "i4"))
    assert int(ngrad.argmax(lowest)) == 0


ZEROS = [
    [2.0, 3.0, 4.0],
    [2.0, 0.0, 4.0],
    [0.0, 3.0, 0.0],
    [0.0, 0.0, 0.0],
]


@pytest.mark.parametrize("values", ZEROS)
def test_products_with_zeros(values: list[float]) -> None:
    """The derivative never divides, so it is right at zeros, to the second order and the third."""
    x = np.array(values)
    check_gradient(ngrad.reduce_prod, x)
    check_second_gradient(ngrad.reduce_prod, x)
    for exclusive, reverse in itertools.product((False, True), (False, True)):

        def function(t: Any, exclusive: bool = exclusive, reverse: bool = reverse) -> Any:
            return ngrad.math.cumprod(t, 0, exclusive, reverse)

        check_gradient(function, x)
        check_second_gradient(function, x)

    t = ngrad.constant(x)
    with ngrad.GradientTape() as outer:
        outer.watch(t)
        with ngrad.GradientTape() as middle:
            middle.watch(t)
            with ngrad.GradientTape() as inner:
                inner.watch(t)
                product = ngrad.reduce_prod(t)
            first = inner.gradient(product, t)
            start = first[0]
        second = middle.gradient(start, t)
        after = second[1]
    third = outer.gradient(after, t)
    np.testing.assert_array_equal(first.numpy(), [x[1] * x[2], x[0] * x[2], x[0] * x[1]])
    np.testing.assert_array_equal(second.numpy(), [0, x[2], x[1]])
    np.testing.assert_array_equal(third.numpy(), [0, 0, 1])


def test_products_over_axes_with_zeros() -> None:
    x = grid((2, 3, 2), -2, 2)
    x[0, 1] = x[1, 2, 0] = 0
    for axes in AXES:
        check_gradient(lambda t, axes=axes: ngrad.reduce_prod(t, axes), x)


def test_logsumexp_does_not_overflow() -> None:
    inf = np.inf
    x = ngrad.constant([[1000.0, 1000.0], [-inf, -inf], [inf, 0.0], [-2000.0, 0.0]], "float64")
    expected = [1000 + np.log(2), -inf, inf, 0.0]
    np.testing.assert_allclose(ngrad.reduce_logsumexp(x, 1), expected, rtol=1e-15)
    found = gradient_of(lambda t: ngrad.reduce_logsumexp(t, 1), x)
    np.testing.assert_array_equal(found[[0, 3]], [[0.5, 0.5], [0, 1]])


def test_result_dtypes_are_tensorflows() -> None:
    whole = ngrad.constant([1, 2, 4])
    assert ngrad.reduce_sum(whole).dtype == np.int32
    assert ngrad.reduce_mean(whole).dtype == np.int32 and int(ngrad.reduce_mean(whole)) == 2
    for function in (ngrad.math.reduce_std, ngrad.math.reduce_variance, ngrad.reduce_logsumexp):
        with pytest.raises(DTypeError, match="int32"):
            function(whole)


@pytest.mark.parametrize("code", INTEGERS)
def test_the_mean_of_integers_drops_its_fraction(code: str) -> None:
    for values in ([-3, -4], [3, 4], [-1, 0, 0], [7] * 300):
        if code[0] == "u" and min(values) < 0:
            continue
        x = np.array(values, code)
        total = int(x.sum(dtype=code))
        expected = int(total / len(values))
        mean = ngrad.reduce_mean(x)
        assert mean.dtype == code and int(mean) == expected


@pytest.mark.parametrize("reduction, function", [("max", np.any), ("min", np.all)])
def test_truth_values_are_read_up_to_the_one_that_decides(reduction: Any, function: Any) -> None:
    """In each part of a row: it costs no more than to look at a block."""
    _, source = render(Body("rows", ("b1",), (), (0,), reduction, "b1"))
    assert "break" in source
    assert "break" not in render(Body("rows", ("u1",), (), (0,), reduction, "u1"))[1]
    op = ngrad.reduce_any if reduction == "max" else ngrad.reduce_all
    for size in (1, 70, 1024, 5000, 100_000):
        for place in {0, size // 2, size - 1}:
            x = np.full((2, size), reduction == "min")
            x[1, place] = not x[1, place]
            np.testing.assert_array_equal(op(x, 1), function(x, 1))
            np.testing.assert_array_equal(op(x[1]), function(x[1]))
