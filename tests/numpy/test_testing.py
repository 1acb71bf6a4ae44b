"""NumPy's assertions, of this package's arrays: what holds passes, and what does not is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad as tf
import ngrad.numpy as ours
from ngrad.numpy.testing import assert_allclose

ASSERTIONS = (
    *("assert_equal", "assert_almost_equal", "assert_array_equal", "assert_array_almost_equal"),
    *("assert_allclose", "assert_array_almost_equal_nulp", "assert_array_max_ulp"),
)
CONTAINERS = ("assert_equal", "assert_almost_equal", "assert_array_equal", "assert_allclose")


@pytest.mark.parametrize("make", [ours.array, tf.constant, tf.Variable], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", ASSERTIONS)
def test_arrays(name: str, make: Callable[..., Any]) -> None:
    check = getattr(ours.testing, name)
    x, y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])
    for one, other in ((make(x), make(x)), (make(x), x), (x, make(x))):
        check(one, other)
    for one, other in ((make(x), make(y)), (make(x), y), (x, make(y))):
        with pytest.raises(AssertionError):
            check(one, other)
    if name in CONTAINERS:
        check([make(x), x], [x, make(x)])
        with pytest.raises(AssertionError):
            check([make(x), x], [x, make(y)])


def test_others() -> None:
    testing = ours.testing
    testing.assert_array_less(ours.zeros(3), ours.ones(3))
    testing.assert_equal(
        {"a": ours.ones(3), "b": (None, "text")}, {"a": [1] * 3, "b": (None, "text")}
    )
    testing.assert_approx_equal(ours.array(1.0), ours.array(1.0 + 1e-9))
    testing.assert_raises(ValueError, ours.ones(3).reshape, 2)
    assert testing.assert_raises is np.testing.assert_raises
    assert testing.assert_allclose is assert_allclose
    assert sorted(testing.__all__) == sorted(np.testing.__all__)
    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 3"):
        assert_allclose(ours.arange(3.0), [0.0, 1.0, 2.5])
