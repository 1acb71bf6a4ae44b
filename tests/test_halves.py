"""float16 and bfloat16: loaded as float32, computed, and rounded after every op."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numeric import Array, assert_same_bits, laid_out, recorded
from rows import ROWS
from table import Row

import ngrad
import ngrad.numpy
from ngrad import constant
from ngrad.dtypes import BY_CODE, bfloat16, float16, promote, weak
from ngrad.errors import DTypeError
from ngrad.ops.float_parts import spacing

HALVES = (float16, bfloat16)
each_half = pytest.mark.parametrize("half", HALVES, ids=str)


def patterns(half: Any) -> Array:
    """Every value of a dtype."""
    return np.arange(1 << 16, dtype=np.uint16).view(half.numpy_dtype)


def numbers(half: Any) -> Array:
    """Every finite one, those that are not negative in order."""
    with np.errstate(invalid="ignore"):
        x = patterns(half).astype(np.float64)
    return x[np.isfinite(x)]


def same(found: Any, expected: Array) -> None:
    """Equal dtypes and bits, of bfloat16 too; any NaN is another's equal."""
    found = np.asarray(found)
    assert found.dtype == expected.dtype
    with np.errstate(all="ignore"):
        assert_same_bits(found.astype(np.float64), expected.astype(np.float64))


def rounded(x: Array, half: Any) -> Array:
    """Floats rounded once: float64 by way of a float32 whose last bit keeps that it is inexact."""
    with np.errstate(all="ignore"):
        near = x.astype(np.float32)
        back, bits = near.astype(np.float64), near.view(np.int32)
        move = (back != x) & (bits & 1 == 0) & (x == x)
        bits = np.where(move, bits + np.where(abs(back) > abs(x), -1, 1), bits).astype(np.int32)
        return bits.view(np.float32).astype(half.numpy_dtype)


# -- conversions -----------------------------------------------------------------------------------


@each_half
@pytest.mark.parametrize("other", ["f4", "f8", "i4", "b1", "f2", "f2b"])
def test_every_value_is_converted_as_numpy_converts_it(half: Any, other: str) -> None:
    x, dtype = patterns(half), BY_CODE[other]
    with np.errstate(all="ignore"):
        if other == "i4":
            x = x[np.abs(x.astype(np.float32)) < 2**31]
        expected = x.astype(np.float32).astype(dtype.numpy_dtype)
    same(ngrad.cast(constant(x), dtype), expected)


def near_ties(half: Any) -> Array:
    """float64s halfway between neighbours, and as near to that as can be; what is no number, or too
    large, too.
    """
    x = numbers(half)
    x = x[x >= 0]
    ties = np.append((x[:-1] + x[1:]) / 2, x[-1] + (x[-1] - x[-2]) / 2)
    x = np.concatenate([ties, np.nextafter(ties, np.inf), np.nextafter(ties, 0), ties * (1 + 1e-9)])
    return np.concatenate([x, -x, [np.nan, np.inf, -np.inf, 1e300, -1e39, 5e-324]])


@each_half
def test_a_float64_is_rounded_once(half: Any) -> None:
    """ml_dtypes rounds it to float32 first, so bfloat16 is compared with what was rounded to odd,
    and that with fractions.
    """
    x = near_ties(half)
    expected = rounded(x, half)
    same(ngrad.cast(constant(x), half), expected)
    if half is float16:
        with np.errstate(over="ignore"):
            same(x.astype(np.float16), expected)
    values = [Fraction(float(v)) for v in patterns(half)[:1000]]
    for k in range(0, 999, 83):
        tie = (values[k] + values[k + 1]) / 2
        above = math.nextafter(float(tie), 1.0)
        even = k if k % 2 == 0 else k + 1
        assert float(rounded(np.array([float(tie)]), half)[0]) == values[even]
        assert float(rounded(np.array([above]), half)[0]) == values[k + 1]


@each_half
def test_float32s_and_integers_become_the_nearest(half: Any) -> None:
    with np.errstate(all="ignore"):
        x = near_ties(half).astype(np.float32)
        same(ngrad.cast(constant(x), half), x.astype(half.numpy_dtype))
    n = np.array([*range(-300, 300, 7), 2049, 2051, 65519, 65520, 2**30 + 2**22 + 1, -(2**31)])
    same(ngrad.cast(constant(n.astype(np.int32)), half), rounded(n.astype(np.float64), half))
    same(ngrad.cast(constant([True, False]), half), np.array([1, 0], half.numpy_dtype))


# -- ops -------------------------------------------------------------------------------------------

OTHERS = ("nextafter", "spacing", "cast", "complex")
"""Ops whose result has a dtype of its own."""
OF_FLOATS = [row for row in ROWS if row.elementwise and "f" in row.kinds and row.op not in OTHERS]
ROUNDED = [row for row in OF_FLOATS if row.ulps == 0][::2] + [row for row in OF_FLOATS if row.ulps][
    ::5
]
ONE_EACH = [pytest.param(row, HALVES[k % 2], id=str(row)) for k, row in enumerate(ROUNDED)]
"""Some of each kind, in one of the dtypes: a kernel each, and all are rounded in one place."""


def sample(row: Row, half: Any) -> list[Array]:
    """A row's operands, of which floats are halves, with what is difficult among them."""
    arrays = row.sample(((41,),) * row.arity, "f4")
    for k, x in enumerate(arrays):
        if x.dtype.kind == "f":
            x[k : k + 5] = np.nan, np.inf, -np.inf, -0.0, 1e-6
    return [x.astype(half.numpy_dtype) if x.dtype.kind == "f" else x for x in arrays]


@pytest.mark.parametrize(("row", "half"), ONE_EACH)
def test_an_op_is_that_of_float32_rounded(row: Row, half: Any) -> None:
    arrays = sample(row, half)
    found = row.function(*map(constant, arrays))
    wide = [constant(x.astype(np.float32) if x.dtype == half.numpy_dtype else x) for x in arrays]
    expected = row.function(*wide)
    same(found, np.asarray(ngrad.cast(expected, found.dtype)))
    assert found.dtype is (half if expected.dtype == np.float32 else expected.dtype)
    strided = row.function(*(laid_out(x, "reversed") for x in arrays))
    same(strided, np.asarray(found))


@each_half
def test_nextafter_is_of_its_own_dtype(half: Any) -> None:
    x = patterns(half)
    y = np.random.default_rng(0).permutation(x)
    with np.errstate(all="ignore"):
        same(ngrad.math.nextafter(constant(x), constant(y)), np.nextafter(x, y))
        away = np.nextafter(x, np.copysign(np.array(np.inf, x.dtype), x)) - x
        same(spacing(constant(x)), np.where(x == 0, np.abs(away), away))


def eighths(shape: tuple[int, ...], half: Any, seed: int = 0) -> Array:
    """Numbers of which sums are exact in float32."""
    return (np.random.default_rng(seed).integers(-8, 9, shape) / 8).astype(half.numpy_dtype)


FOLDS: dict[str, tuple[Any, Any]] = {
    "sum": (ngrad.reduce_sum, np.sum),
    "max": (ngrad.reduce_max, np.max),
    "mean": (ngrad.reduce_mean, np.mean),
}


@each_half
@pytest.mark.parametrize("fold", FOLDS)
def test_a_reduction_is_rounded_once(fold: str, half: Any) -> None:
    """Rows and columns: in order, in lanes, in several chunks; none is larger than float32's."""
    function, reference = FOLDS[fold]
    for shape in ((5, 9), (3, 700), (2, 17_000), (0, 3)):
        x = eighths(shape, half) if 0 in shape else eighths(shape, half) + eighths(shape, half, 1)
        for axis in (0, 1):
            if x.shape[axis] and reference(x.astype(np.float64), axis).size:
                expected = rounded(reference(x.astype(np.float64), axis), half)
                same(function(constant(x), axis), expected)
    if fold != "max":
        many = np.full(3000, 100, half.numpy_dtype)
        expected = np.array(reference(many.astype(np.float64)))
        same(function(constant(many)), rounded(expected[None], half)[0])


@each_half
def test_scans_positions_and_orders(half: Any) -> None:
    """A scan's running sum is kept in float64, and rounded where it is stored."""
    x = eighths((3, 400), half)
    wide = x.astype(np.float64)
    same(ngrad.cumsum(constant(x), 1), rounded(np.cumsum(wide, 1), half))
    assert_same_bits(ngrad.argmax(constant(x), 1), np.argmax(wide, 1))
    same(ngrad.sort(constant(x)), np.sort(wide, 1).astype(half.numpy_dtype))
    total = np.zeros((3, 2))
    rows = np.arange(400) % 3
    np.add.at(total, rows, wide.T[:, :2])
    source, table = constant(x.T[:, :2].copy()), constant(np.zeros((3, 2), half.numpy_dtype))
    added, tape = recorded(lambda table: ngrad.gather(table, rows) * source, table)
    same(tape.gradient(added, table), rounded(total, half))


@each_half
def test_products_are_summed_in_float32(half: Any) -> None:
    x, y = eighths((7, 300), half), eighths((300, 5), half, 1)
    a, b = x.astype(np.float64), y.astype(np.float64)
    same(constant(x) @ constant(y), rounded(a @ b, half))
    slopes = ngrad.grad(lambda x, y: ngrad.reduce_sum((x @ y) ** 2), (0, 1))
    found = slopes(constant(x), constant(y))
    g = 2 * rounded(a @ b, half).astype(np.float64)
    same(found[0], rounded(g @ b.T, half))
    same(found[1], rounded(a.T @ g, half))


@each_half
def test_what_libraries_compute_is_of_float32(half: Any) -> None:
    x = constant(np.array([0.5, 1.5], half.numpy_dtype))
    wide = ngrad.math.erfinv(ngrad.cast(x, "f4"))
    same(ngrad.math.erfinv(x), np.asarray(ngrad.cast(wide, half)))
    assert ngrad.numpy.fft.rfft(x).dtype == ngrad.numpy.fft.fft(x).dtype == np.complex64


# -- programs --------------------------------------------------------------------------------------


def softmax(x: Any, w: Any) -> Any:
    logits = ngrad.tanh(x) * w - ngrad.reduce_max(x, 1, keepdims=True)
    return -ngrad.reduce_sum(ngrad.nn.softmax(logits) * x)


def columns(x: Any, w: Any) -> Any:
    return ngrad.reduce_sum(ngrad.reduce_sum(ngrad.exp(x) * w, 0) ** 2)


def parts(x: Any, w: Any) -> Any:
    return ngrad.reduce_sum((x[1:] - x[:-1] ** 2) ** 2) + ngrad.reduce_mean(w)


def mixed(x: Any, w: Any) -> Any:
    wide = ngrad.cast(x, ngrad.float32) * 0.1
    return ngrad.reduce_sum(ngrad.cast(wide, x.dtype) / (1 + w * w) + ngrad.sigmoid(x))


def layer(x: Any, w: Any) -> Any:
    return ngrad.reduce_sum(ngrad.nn.relu(x @ ngrad.transpose(w * 0.1) + 0.5))


PROGRAMS = {softmax: bfloat16, columns: float16, parts: bfloat16, mixed: float16, layer: float16}


@pytest.fixture
def _waiting() -> Iterator[None]:
    before = ngrad.config.fusion()
    ngrad.config.set_fusion("wait")
    yield
    ngrad.config.set_fusion(before)


@pytest.mark.usefixtures("_waiting")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_fused_or_not_the_bits_are_the_same(program: Callable[..., Any]) -> None:
    """And near those of float32: gradients have the dtype of what they are of."""
    rng, half = np.random.default_rng(0), PROGRAMS[program]
    x, w = (constant(rng.uniform(-1, 1, (30, 40)).astype(half.numpy_dtype)) for _ in range(2))

    def run(*inputs: Any) -> tuple[list[Array], int]:
        before = ngrad.stats().launches
        value, tape = recorded(program, *inputs)
        found = [np.asarray(y) for y in (value, *tape.gradient(value, inputs))]
        return found, ngrad.stats().launches - before

    run(x, w), run(x, w)
    found, launched = run(x, w)
    ngrad.config.set_eager(True)
    try:
        eager, single = run(x, w)
        wide, _ = run(*(ngrad.cast(y, "f4") for y in (x, w)))
    finally:
        ngrad.config.set_eager(False)
    assert launched < single, "nothing was fused"
    unit = float(half.finfo.eps)
    for one, other, exact in zip(found, eager, wide, strict=True):
        same(one, other)
        scale = np.abs(exact).max()
        np.testing.assert_allclose(one.astype(float), exact, atol=16 * unit * scale)


@each_half
def test_derivatives_are_of_its_dtype(half: Any) -> None:
    x = constant(np.array([0.5, -1.5, 2], half.numpy_dtype))
    jacobian, tape = recorded(lambda x: ngrad.sin(x) * 2.0, x, persistent=True)
    assert tape.jacobian(jacobian, x).dtype is half
    second = ngrad.grad(lambda x: ngrad.grad(lambda x: x * x * x)(x))(constant(2, half))
    same(second, np.array(12, half.numpy_dtype))
    variable = ngrad.Variable(x)
    optimizer = ngrad.optimizers.SGD(0.5)
    with ngrad.GradientTape() as inner:
        loss = ngrad.reduce_sum(variable * variable)
    optimizer.apply_gradients([(inner.gradient(loss, variable), variable)])
    same(variable, np.zeros(3, half.numpy_dtype))


# -- dtypes, and what comes in and goes out --------------------------------------------------------


def test_promotion() -> None:
    """As NumPy's of float16; of bfloat16, which NumPy does not know, the same."""
    for dtype in set(BY_CODE.values()) - {*HALVES}:
        expected = np.result_type(np.float16, dtype.numpy_dtype)
        assert promote(float16, dtype) == promote(dtype, float16) == expected
        own = bfloat16 if expected == np.float16 else expected
        assert promote(bfloat16, dtype) == promote(dtype, bfloat16) == own
    assert promote(float16, bfloat16) is ngrad.float32
    assert promote(float16, bfloat16, ngrad.int32) is ngrad.float64
    for half in HALVES:
        assert all(weak(half, kind) is half for kind in (bool, int, float))
        assert weak(half, complex) is ngrad.complex64
        x = ngrad.ones(2, half)
        assert (x * 2.5).dtype is (1 - x).dtype is (x @ x).dtype is half
        assert (x + 1j).dtype is ngrad.complex64


@each_half
def test_names_and_limits(half: Any) -> None:
    assert ngrad.as_dtype(half.name) is ngrad.as_dtype(half.as_numpy_dtype) is half
    assert ngrad.half is ngrad.float16 and half.itemsize == 2 and half.is_floating
    finite = numbers(half)
    assert (float(half.min), float(half.max)) == (finite.min(), finite.max())
    assert half == half.as_numpy_dtype and half != ngrad.float32
    assert half.name in repr(ngrad.ones(1, half))


@each_half
def test_arrays_come_in_and_go_out_as_they_are(half: Any) -> None:
    array = np.array([1.5, -2, 1e-3], half.numpy_dtype)
    for x in (constant(array), ngrad.asarray(array), constant([1.5, -2, 1e-3], half)):
        assert x.dtype is half
        same(x.numpy(), array)
        assert x.tolist() == array.tolist() and float(x[0]) == x[0].item() == 1.5
        assert type(x[0].numpy()) is half.as_numpy_dtype
    x = constant(array)
    shared = ngrad.from_dlpack(x)
    assert shared.dtype is half and shared._address == x._address
    if half is float16:
        same(np.from_dlpack(x), array)
        same(np.asarray(ngrad.from_dlpack(array)), array)
        assert x.__array_interface__["typestr"] == "<f2"
    else:
        with pytest.raises(AttributeError, match="no name for bfloat16"):
            x.__array_interface__  # noqa: B018


@each_half
def test_linear_algebra_is_refused(half: Any) -> None:
    x = ngrad.eye(2, dtype=half)
    for function in (ngrad.linalg.inv, ngrad.linalg.cholesky, ngrad.linalg.svd, ngrad.linalg.eigh):
        with pytest.raises(DTypeError, match=rf"at least 4 bytes.*{half.name}.*ngrad.cast"):
            function(x)


@each_half
def test_draws_are_those_of_float32_rounded(half: Any) -> None:
    def gamma(shape: Any, dtype: Any = ngrad.float32) -> Any:
        return ngrad.random.gamma(shape, 2.0, dtype=dtype)

    for draw in (ngrad.random.normal, ngrad.random.truncated_normal, gamma):
        ngrad.random.set_seed(5)
        found = draw((100,), dtype=half)
        ngrad.random.set_seed(5)
        same(found, draw((100,)).numpy().astype(half.numpy_dtype))
    many = ngrad.random.uniform((200_000,), dtype=half).numpy()
    assert many.min() >= 0 and many.max() < 1  # to which some would be rounded
    assert abs(float(many.astype(np.float64).mean()) - 0.5) < 0.01


def test_numpys_functions_of_small_integers_are_float16() -> None:
    import ngrad.numpy as numpy

    for left, right in (("i1", "b1"), ("u1", "i1"), ("i1", "i2"), ("u2", "u1"), ("i1", "i4")):
        x, y = np.array([1, 0], left), np.array([1, 1], right)
        assert numpy.arctan2(x, y).dtype == np.arctan2(x, y).dtype
    same(np.asarray(numpy.mean(np.full(3000, 100, np.float16))), np.array(100, np.float16))
    assert numpy.half is numpy.float16 is np.float16
    assert ml_dtypes.bfloat16 == numpy.asarray(np.ones(1, ml_dtypes.bfloat16)).dtype
