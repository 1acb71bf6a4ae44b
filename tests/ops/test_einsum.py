"""Contractions by subscripts and by axes, against NumPy and against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric import LAYOUTS, check_gradient, check_second_gradient, grid, laid_out

import ngrad
from ngrad import linalg
from ngrad.errors import NumberError, ShapeError

Shapes = tuple[tuple[int, ...], ...]


def arrays(shapes: Shapes) -> list[np.ndarray[Any, Any]]:
    return [grid(shape, -1.0, 1.0, which=k) for k, shape in enumerate(shapes)]


EINSUM: tuple[tuple[str, Shapes], ...] = (
    ("ij,jk->ik", ((2, 3), (3, 4))),
    ("ij,jk", ((2, 3), (3, 4))),
    ("ba,cb->ac", ((3, 2), (4, 3))),
    ("ii", ((3, 3),)),
    ("ii->i", ((3, 3),)),
    ("iij->j", ((3, 3, 2),)),
    ("iii->i", ((2, 2, 2),)),
    ("iijj->ij", ((2, 2, 3, 3),)),
    ("ij->ji", ((2, 3),)),
    ("ba", ((2, 3),)),
    ("ij->", ((2, 3),)),
    ("->", ((),)),
    ("i,j->ij", ((2,), (3,))),
    ("i,i->", ((3,), (3,))),
    ("i,i->i", ((3,), (3,))),
    (",ij->ij", ((), (2, 3))),
    ("ij,kl->", ((2, 3), (1, 2))),
    ("ij,ij->j", ((2, 3), (2, 3))),
    ("bij,bjk->bik", ((2, 2, 3), (2, 3, 2))),
    ("bhqd,bhkd->bhqk", ((2, 1, 2, 2), (2, 1, 3, 2))),
    ("iij,j->i", ((2, 2, 3), (3,))),
    (" i j , j -> i ", ((2, 3), (3,))),
    ("...ij,...jk->...ik", ((2, 1, 1, 2), (3, 2, 1))),
    ("...i,i", ((2, 2, 3), (3,))),
    ("...,...", ((2, 3), (3,))),
    ("b...->...", ((2, 3),)),
    ("...ij,...jk,...k->...i", ((2, 2, 2), (2, 2), (1, 2))),
    ("ij,jk,kl->il", ((2, 3), (3, 2), (2, 2))),
    ("i,i,i->", ((3,), (3,), (3,))),
    ("i,ij,j->", ((2,), (2, 3), (3,))),
    ("ab,bc,cd,de->ae", ((2, 2), (2, 2), (2, 2), (2, 2))),
    ("ij,jk->ik", ((0, 3), (3, 2))),
    ("ij,jk->ik", ((2, 0), (0, 3))),
    ("ii->", ((0, 0),)),
)
each_equation = pytest.mark.parametrize(("equation", "shapes"), EINSUM, ids=str)


@each_equation
def test_einsum_is_numpys(equation: str, shapes: Shapes) -> None:
    given = arrays(shapes)
    expected = np.einsum(equation, *given)
    found = linalg.einsum(equation, *given).numpy()
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


@each_equation
def test_einsum_gradients(equation: str, shapes: Shapes) -> None:
    check_gradient(lambda *xs: linalg.einsum(equation, *xs), *arrays(shapes))
    if sum(int(np.prod(s)) for s in shapes) <= 16:
        check_second_gradient(lambda *xs: linalg.einsum(equation, *xs), *arrays(shapes))


@pytest.mark.parametrize("equation", ["ij,ij->i", "ij,ij->j", "ij,ji->", "ij,ij->ij", "ij,jk->ik"])
@pytest.mark.parametrize("code", ["?", "i4", "u1", "f2", "c8"])
def test_einsum_keeps_the_dtype(code: str, equation: str) -> None:
    """Of bools some are true together; floats of two bytes are added up in float32."""
    x = np.arange(49).reshape(7, 7) % 5 // 2
    x, y = x.astype(code), (x.T + x // 2).astype(code)
    expected = np.einsum(equation, x, y)
    found = linalg.einsum(equation, x, y).numpy()
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("how", LAYOUTS)
def test_einsum_in_any_memory_order(how: str) -> None:
    for equation, shapes in (("bij,bjk->kib", ((2, 4, 3), (2, 3, 5))), ("iji->j", ((3, 2, 3),))):
        given = arrays(shapes)
        found = linalg.einsum(equation, *(laid_out(a, how) for a in given)).numpy()
        np.testing.assert_allclose(found, np.einsum(equation, *given), rtol=1e-13)


def test_einsum_contracts_in_the_order_that_is_cheap() -> None:
    # From the left it would hold a (2000, 2000) matrix; the planned order holds nothing near that.
    column, row, vector = (ngrad.constant(a) for a in arrays(((2000, 1), (1, 2000), (2000,))))
    ngrad.config.release_memory()
    linalg.einsum("ij,jk,k->i", column, row, vector)
    assert ngrad.config.memory_stats().pooled_bytes < 1e6


@pytest.mark.parametrize(
    "equation, shapes",
    [
        ("ij,jk->ik", ((2, 3), (4, 5))),
        ("ij->k", ((2, 3),)),
        ("i->ii", ((2,),)),
        ("ij", ((2,),)),
        ("ij,j", ((2, 3),)),
        ("i1->i", ((2, 2),)),
        ("...i...->i", ((2,),)),
        ("ij->i->", ((2, 2),)),
        ("ii->i", ((2, 3),)),
        ("ii->i", ((1, 3),)),
        ("...i,...i->...", ((2, 3), (4, 3))),
        ("...ij->i...", ((2,),)),
        ("...i->i", ((2, 3),)),
        ("...i,i->", ((2, 3), (3,))),
        ("i", ()),
    ],
    ids=str,
)
def test_einsum_says_what_does_not_fit(equation: str, shapes: Shapes) -> None:
    with pytest.raises(ShapeError, match="einsum"):
        linalg.einsum(equation, *arrays(shapes))


AXES: tuple[tuple[Shapes, Any], ...] = (
    (((2, 3), (3, 4)), 1),
    (((2, 3), (2, 3)), [[0, 1], [0, 1]]),
    (((2,), (3,)), 0),
    (((2, 3, 2), (2, 3, 4)), [[2, 1], [0, 1]]),
    (((2, 3), (3, 2)), ([1, 0], [0, 1])),
    (((2, 3), (4, 3)), (-1, -1)),
    (((2, 0), (0, 3)), 1),
    (((), (2,)), 0),
)


@pytest.mark.parametrize(("shapes", "axes"), AXES, ids=str)
def test_tensordot_is_numpys(shapes: Shapes, axes: Any) -> None:
    given = arrays(shapes)
    expected = np.tensordot(*given, axes=axes)
    found = linalg.tensordot(*given, axes=axes).numpy()
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
    check_gradient(lambda x, y: linalg.tensordot(x, y, axes), *given)


@pytest.mark.parametrize(
    "axes", [1, 3, -1, [[0, 0], [0, 1]], [[0], [0, 1]], [[2], [0]], [[0], [0], [0]]], ids=str
)
def test_tensordot_says_what_does_not_fit(axes: Any) -> None:
    with pytest.raises(ShapeError, match="tensordot"):
        linalg.tensordot(*arrays(((2, 3), (2, 3))), axes=axes)


def test_a_way_to_plan_that_there_is_not_raises() -> None:
    with pytest.raises(NumberError, match="optimize"):
        linalg.einsum("i,i,i", *arrays(((1,), (1,), (1,))), optimize="x")
