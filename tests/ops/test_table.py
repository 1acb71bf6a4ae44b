"""Every op of the table against NumPy and SciPy, and its gradients against differences."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numeric import (
    CODES,
    LARGE,
    LAYOUTS,
    Array,
    assert_same_bits,
    assert_within_ulps,
    check_gradient,
    check_second_gradient,
    gradients,
    laid_out,
)
from rows import ROWS
from table import Row

import ngrad
from ngrad.errors import DTypeError
from ngrad.graph.op import TABLE

ELEMENTWISE = [row for row in ROWS if row.elementwise]
SMOOTH = [row for row in ROWS if row.smooth]
smooth_row = pytest.mark.parametrize("row", SMOOTH, ids=str)
every_dtype = pytest.mark.parametrize(
    ("row", "code"), [(row, code) for row in ROWS for code in CODES if row.tests(code)], ids=str
)


def expected(row: Row, arrays: list[Array]) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(row.reference(*arrays))


def assert_as_reference(row: Row, found: Any, arrays: list[Array]) -> None:
    kinds = {a.dtype.kind for a in arrays}
    ulps = row.ulps_of("c" if "c" in kinds else "f")
    if ulps == 0 or not kinds & {"f", "c"} or not found.dtype.is_inexact:
        assert_same_bits(found, expected(row, arrays))
        return
    unit = float(np.finfo(found.dtype.as_numpy_dtype).eps) / np.finfo(np.float64).eps
    assert_within_ulps(found, expected(row, widened(arrays)), ulps, row.floor * unit)


def widened(arrays: list[Array]) -> list[Array]:
    """Arrays of floats and complex numbers in double precision."""
    wide = {"f": np.float64, "c": np.complex128}
    return [a.astype(wide.get(a.dtype.kind, a.dtype)) for a in arrays]


def test_every_op_has_a_row() -> None:
    ops = {name: op.family for name, op in TABLE.items() if op.family not in ("engine", "opaque")}
    draws = {name for name, family in ops.items() if family == "random"}
    rows = {row.op for row in ROWS}
    assert ops.keys() - rows - draws == set(), "an op is in no row of rows.py"
    assert rows - ops.keys() == set(), "a row is of no op"
    # What draws numbers has no reference but the published vectors and the distributions.
    tests = (Path(__file__).parent / "test_random.py").read_text()
    functions = {name.removeprefix("random_").replace("bits", "shuffle") for name in draws}
    assert {name for name in functions if name not in tests} == set(), "a sampler has no test"


# -- values ----------------------------------------------------------------------------------------


@every_dtype
def test_values(row: Row, code: str) -> None:
    """Over every shape, and in memory that lies otherwise: as the reference, and the same bits."""
    if code[0] not in row.kinds:
        check_other_dtype(row, code)
        return
    for shapes in row.cases:
        arrays = row.sample(shapes, code)
        found = row.function(*map(ngrad.constant, arrays))
        assert_as_reference(row, found, arrays)
        for how in LAYOUTS:
            other = row.function(*(laid_out(a, how) for a in arrays))
            assert_same_bits(other, found)


def few(cases: Sequence[Any]) -> list[Any]:
    """The first and the last."""
    return [*cases[:1], *cases[1:][-1:]]


def check_other_dtype(row: Row, code: str) -> None:
    arrays = row.sample(row.cases[-1], code)
    if code[0] in row.converts:
        found = row.function(*map(ngrad.constant, arrays))
        assert found.dtype == np.float64
        wide = [ngrad.constant(a.astype(np.float64)) for a in arrays]
        assert_same_bits(found, row.function(*wide))
        return
    name = row.op.removeprefix("reduce_")
    with pytest.raises(DTypeError, match=rf"{name}.*{np.dtype(code).name}"):
        row.function(*map(ngrad.constant, arrays))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (row, code)
        for row in ELEMENTWISE
        for code in ("f4", "f8", "i4", "u1")
        if code[0] in row.kinds
    ],
    ids=str,
)
def test_values_in_parallel(row: Row, code: str) -> None:
    """More than one chunk: one thread and two give the same bits, whatever the memory order."""
    arrays = row.sample(((LARGE // 61 + 1, 61),) * row.arity, code)
    tensors = [ngrad.constant(a) for a in arrays]
    ngrad.config.set_threads(2)
    found = row.function(*tensors)
    assert_as_reference(row, found, arrays)
    strided = row.function(*(laid_out(a, "transposed") for a in arrays))
    assert_same_bits(strided, found)
    ngrad.config.set_threads(1)
    assert_same_bits(row.function(*tensors), found)
    first = [a[:1] for a in arrays]
    spread = [ngrad.broadcast_to(ngrad.constant(a[:1]), a.shape) for a in arrays]
    once = np.asarray(row.function(*map(ngrad.constant, first)))
    assert_same_bits(row.function(*spread), np.broadcast_to(once, found.shape))


SPECIAL = np.array(
    [
        *(np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, -7.0, 3.0),
        *(5e-324, -1e-310, 1e-45, 3.4e38, -1.7e308, 2.0**24 + 1, 2.0**53),
    ]
)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("row", [r for r in ELEMENTWISE if r.ulps == 0 and "f" in r.kinds], ids=str)
def test_special_values(row: Row, code: str) -> None:
    """Infinities, NaN, signed zeros, subnormals: to the bit as NumPy, alone and in a vector."""
    with np.errstate(over="ignore"):
        values = SPECIAL.astype(code)
    pairs = np.meshgrid(*[values] * row.arity, indexing="ij")
    arrays = [
        p.ravel() if row.code_of(k, code) == code else p.ravel() > 0 for k, p in enumerate(pairs)
    ]
    found = row.function(*map(ngrad.constant, arrays))
    assert_same_bits(found, expected(row, arrays))
    for k in range(0, arrays[0].size, 97):
        alone = row.function(*(ngrad.constant(a[k]) for a in arrays))
        assert_same_bits(alone, np.asarray(found)[k])


def test_layouts_are_what_they_say() -> None:
    """So that the strided cases above test strided memory."""
    array = np.arange(12.0).reshape(3, 4)
    strides = {how: laid_out(array, how)._layout.strides for how in LAYOUTS}
    assert strides == {"transposed": (8, 24), "reversed": (-32, -8), "stepped": (64, 16)}


# -- gradients -------------------------------------------------------------------------------------


@smooth_row
def test_gradient(row: Row) -> None:
    """The VJP against float64 differences, over every shape."""
    for shapes in row.cases:
        for code in row.wide:
            check_gradient(row.function, *row.sample(shapes, code), rtol=row.rtol)


@smooth_row
def test_jvp(row: Row) -> None:
    """That of tangents against the VJP of a cotangent: <u, J v> is <J^T u, v>."""
    draw = np.random.default_rng(3)

    def drawn(x: Any) -> Any:
        found = draw.normal(size=x.shape)
        found = found + 1j * draw.normal(size=x.shape) if x.dtype.is_complex else found
        return ngrad.cast(ngrad.constant(found), x.dtype)

    def inner(pairs: Any) -> float:
        return float(sum(np.vdot(x, y).real for x, y in pairs))

    for code in row.wide:
        given = [ngrad.constant(a) for a in row.sample(row.cases[-1], code)]
        places = [k for k, x in enumerate(given) if x.dtype.is_inexact]

        def function(*xs: Any, given: Any = given, places: Any = places) -> Any:
            pairs = dict(zip(places, xs, strict=True))
            return row.function(*(pairs.get(k, x) for k, x in enumerate(given)))

        primals = [given[k] for k in places]
        tangents = [drawn(x) for x in primals]
        value, tangent = ngrad.jvp(function, primals, tangents)
        cotangent = drawn(value)
        pulled = ngrad.vjp(function, *primals)[1](cotangent)
        forward, backward = inner([(cotangent, tangent)]), inner(zip(pulled, tangents, strict=True))
        rtol = 1e3 * float(np.finfo(value.dtype.as_numpy_dtype).eps)
        assert forward == pytest.approx(backward, rel=rtol, abs=rtol)


@pytest.mark.parametrize("row", SMOOTH, ids=str)
def test_second_gradient(row: Row) -> None:
    small = [shapes for shapes in row.cases if max(np.prod(shape) for shape in shapes) < 8]
    for shapes, code in itertools.product(few(small), row.wide):
        check_second_gradient(row.function, *row.sample(shapes, code), rtol=10 * row.rtol)


@smooth_row
def test_gradient_in_single_precision(row: Row) -> None:
    """Those of double precision, rounded; strided operands have those of contiguous ones."""
    codes = [code for code in ("f4", "c8") if code[0] in row.kinds and row.tests(code)]
    for shapes, code in itertools.product(few(row.cases), codes):
        arrays = row.sample(shapes, code)
        wide = widened(arrays)
        narrow = gradients(row.function, [ngrad.constant(a) for a in arrays])
        strided = gradients(row.function, [laid_out(a, "transposed") for a in arrays])
        exact = gradients(row.function, [ngrad.constant(a) for a in wide])
        for found, other, wanted in zip(narrow, strided, exact, strict=True):
            assert found.dtype == code
            np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=3e-5, atol=3e-5)
            assert_same_bits(other, found)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.smooth and row.wide], ids=str)
def test_no_gradient(row: Row) -> None:
    """A step function's gradient is None: nothing is connected; only sign has zeros."""
    arrays = row.sample(row.cases[-1], row.wide[0])
    tensors = [ngrad.constant(a) for a in arrays]
    sources = [x for x in tensors if x.dtype.is_inexact]
    with ngrad.GradientTape() as tape:
        tape.watch(sources)
        out = ngrad.cast(row.function(*tensors), "f8")
    found = tape.gradient(out, sources)
    if row.op == "sign":
        assert not any(np.asarray(g).any() for g in found)
    else:
        assert found == [None] * len(sources)
