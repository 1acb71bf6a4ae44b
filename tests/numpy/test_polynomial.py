"""Polynomials of NumPy's, evaluated at arrays of ours."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from numeric import assert_same_bits, check_gradient
from numpy.polynomial import polynomial as numpys

import ngrad
import ngrad.numpy as ours
from ngrad.numpy.polynomial import EVALUATES, FAMILIES

RNG = np.random.default_rng(4)
NAMES = [
    (family, begins + end)
    for family, begins in FAMILIES.items()
    for end in EVALUATES
    if hasattr(importlib.import_module(f"numpy.polynomial.{family}"), begins + end)
]
SHAPES = [(3,), (1,), (2, 3), (1, 2), (4, 2, 3), (2, 2, 3, 2)]
"""Of coefficients: one polynomial, and several."""


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_evaluates_as_numpy(family: str, name: str) -> None:
    """NumPy's numbers, wherever an array of ours is among points and coefficients."""
    theirs = getattr(importlib.import_module(f"numpy.polynomial.{family}"), name)
    own = getattr(importlib.import_module(f"ngrad.numpy.polynomial.{family}"), name)
    assert pickle.loads(pickle.dumps(own)) is own
    count = len(inspect.signature(theirs).parameters) - 1
    ways = [{}, {"tensor": False}] if "tensor" in inspect.signature(theirs).parameters else [{}]
    count -= len(ways) - 1
    for shape, at, kind, way in itertools.product(SHAPES, [(), (2,), (3, 2)], "lfD", ways):
        if len(shape) < count:
            continue  # of which there is no polynomial
        terms = RNG.integers(-3, 4, shape).astype(kind)
        at = shape[1:] if way else at  # points for each polynomial
        points = [RNG.normal(size=at) for _ in range(count)]
        plain = own(*points, terms, **way)
        assert not isinstance(plain, ours.ndarray)  # of NumPy's arrays NumPy's
        for made in ((ours.array, np.array), (list, ours.array), (ours.array, ours.array)):
            first = points if made[0] is list and not at else map(made[0], points)
            found = own(*first, made[1](terms), **way)
            assert isinstance(found, ours.ndarray) and found.dtype == plain.dtype
            np.testing.assert_array_equal(np.asarray(found), plain, strict=True)


def test_numpy_asks_ours() -> None:
    """Its functions of two variables: of tensors they give tensors."""
    x, y, terms = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.arange(6.0).reshape(3, 2)
    for function in (numpys.polyval2d, numpys.polygrid2d):
        for made, kind in ((ours.array, ours.ndarray), (ngrad.constant, ngrad.Tensor)):
            found = function(made(x), y, terms)
            assert isinstance(found, kind)
            assert_same_bits(np.asarray(found), function(x, y, terms))


def test_points_and_coefficients_have_derivatives() -> None:
    def function(x: Any, terms: Any) -> Any:
        own = ours.polynomial
        return ngrad.convert_to_tensor(
            own.chebyshev.chebval(x, terms) + own.legendre.leggrid2d(x, x, terms[:, :2])
        )

    check_gradient(function, np.array([0.3, -0.4]), RNG.normal(size=(3, 2)))


def test_classes_are_evaluated_at_arrays() -> None:
    x = ours.array([1.0, 2.0])
    assert ours.poly1d(ours.array([1, 2, 3]))(x).tolist() == [6.0, 11.0]
    assert ours.polynomial.Polynomial([3, 2, 1])(x).tolist() == [6.0, 11.0]
    assert ngrad.grad(ours.poly1d([1.0, 2.0, 3.0]))(ours.array(2.0)).tolist() == 6.0
