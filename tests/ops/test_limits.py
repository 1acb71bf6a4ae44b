"""Derivatives where there is none, or a choice: each is documented, and none is an accident."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad.ops.float_parts import fraction

INF, NAN = np.inf, np.nan
gelu = partial(ngrad.nn.gelu, approximate=True)


def slopes(function: Any, *points: Any) -> list[Any]:
    tensors = [ngrad.constant(p, "float64") for p in points]
    with ngrad.GradientTape() as tape:
        tape.watch(tensors)
        y = function(*tensors)
    return [g.numpy().tolist() for g in tape.gradient(y, tensors, unconnected_gradients="zero")]


@pytest.mark.parametrize(
    ("function", "points", "expected"),
    [
        (ngrad.abs, ([-2.0, 0.0, 3.0],), ([-1, 0, 1],)),
        (ngrad.maximum, ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]), ([0, 0.5, 1], [1, 0.5, 0])),
        (ngrad.minimum, ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]), ([1, 0.5, 0], [0, 0.5, 1])),
        (lambda x: ngrad.maximum(x, 0.0), ([-1.0, 0.0, 1.0],), ([0, 0.5, 1],)),
        (
            lambda x: ngrad.clip_by_value(x, 0.0, 1.0),
            ([-1.0, 0.0, 0.5, 1.0, 2.0],),
            ([0, 0.5, 1, 0.5, 0],),
        ),
        (fraction, ([-2.0, -1.5, 0.0, 0.25, 3.0],), ([1, 1, 1, 1, 1],)),
        (ngrad.sqrt, ([0.0, 4.0],), ([INF, 0.25],)),
        (ngrad.pow, ([0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 2.0, 3.0]), ([0, 1, 0, 0], [0, 0, 0, 0])),
        (lambda x: ngrad.pow(x, 0), ([0.0, 3.0],), ([0, 0],)),
        (lambda x: ngrad.pow(x, 2), ([0.0, -3.0],), ([0, -6],)),
        (lambda x: ngrad.pow(x, 3), ([0.0, -3.0],), ([0, 27],)),
        (lambda x: ngrad.pow(x, 2.5), ([0.0, 4.0],), ([0, 20],)),
        (lambda x: ngrad.pow(x, -1), ([2.0],), ([-0.25],)),
        (lambda x: ngrad.pow(x, -2), ([0.0, -0.0, 2.0, INF],), ([-INF, INF, -0.25, 0],)),
        (lambda x: ngrad.pow(x, -2), ([1e-100, 1e100],), ([-2e300, -2e-300],)),
        (ngrad.math.hypot, ([0.0, 3.0], [0.0, 4.0]), ([0, 0.6], [0, 0.8])),
        (ngrad.math.hypot, ([0.0, 3e-310], [1e-320, 4e-310]), ([0, 0.6], [1, 0.8])),
        (ngrad.math.hypot, ([INF, -INF], [1.0, -3.0]), ([1, -1], [0, 0])),
        (ngrad.atan2, ([INF, 1.0], [1.0, -INF]), ([0, 0], [0, 0])),
        (ngrad.atan2, ([3e-170, 0.0], [4e-170, -1e300]), ([1.6e169, -1e-300], [-1.2e169, 0])),
        (ngrad.atan2, ([3e200, 0.0], [4e200, 1e-320]), ([1.6e-201, INF], [-1.2e-201, 0])),
        (gelu, ([-1e300, -10.0, 10.0, 1e300],), ([0, 0, 1, 1],)),
    ],
)
def test_kinks(function: Any, points: Any, expected: Any) -> None:
    found = slopes(function, *points)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    "function",
    (ngrad.math.erf, ngrad.math.erfc, ngrad.atan, ngrad.asinh, ngrad.math.cbrt),
    ids=lambda f: f.__name__,
)
def test_what_is_flat_at_infinity_has_no_curvature(function: Any) -> None:
    slope = ngrad.grad(lambda x: ngrad.reduce_sum(function(x)))
    np.testing.assert_array_equal(slopes(slope, [INF, -INF]), [[0, 0]])


def test_where_sends_an_exact_zero_to_the_untaken_branch() -> None:
    """Even where the cotangent is infinite or NaN: it is selected, not multiplied."""
    x = ngrad.constant([1.0, 2.0])
    condition = ngrad.constant([True, False])
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = ngrad.where(condition, x, 2.0 * x)
    seed = ngrad.constant([INF, NAN])
    taken = tape.gradient(y, x, output_gradients=seed).numpy()
    assert taken[0] == INF and np.isnan(taken[1])
    a, b = ngrad.constant([1.0, 2.0]), ngrad.constant([3.0, 4.0])
    with ngrad.GradientTape() as tape:
        tape.watch((a, b))
        y = ngrad.where(condition, a, b)
    in_a, in_b = tape.gradient(y, (a, b), output_gradients=seed)
    assert in_a.numpy().tolist() == [INF, 0.0]
    assert in_b.numpy()[0] == 0.0 and np.isnan(in_b.numpy()[1])


def test_double_where_is_the_way_around_a_singular_branch() -> None:
    def safe(x: Any) -> Any:
        positive = x > 0.0
        inner = ngrad.where(positive, x, 1.0)
        return ngrad.where(positive, ngrad.sqrt(inner), 0.0)

    assert slopes(safe, [0.0, 4.0]) == [[0.0, 0.25]]
    single = slopes(lambda x: ngrad.where(x > 0.0, ngrad.sqrt(x), 0.0), [0.0, 4.0])
    assert np.isnan(single[0][0])  # 0 * inf, as in TensorFlow


def test_power_of_a_negative_base() -> None:
    """In x as ever; in y it is NaN, since the logarithm is."""
    in_x, in_y = slopes(ngrad.pow, [-2.0], [3.0])
    assert in_x == [12.0] and np.isnan(in_y[0])


@pytest.mark.parametrize(
    ("function", "point", "expected"),
    [
        (ngrad.pow, (0.0, 2.0), [[2, 0], [0, 0]]),
        (ngrad.pow, (0.0, 3.0), [[0, 0], [0, 0]]),
        (ngrad.pow, (0.0, 0.0), [[0, INF], [0, 0]]),
        (ngrad.pow, (3.0, 0.0), [[0, 1 / 3], [1 / 3, np.log(3) ** 2]]),
        (ngrad.math.hypot, (0.0, 0.0), [[0, 0], [0, 0]]),
        (ngrad.math.hypot, (0.0, 2.0), [[0.5, 0], [0, 0]]),
    ],
)
def test_second_derivatives(function: Any, point: Any, expected: Any) -> None:
    x, y = (ngrad.constant(p, "float64") for p in point)
    found = [[float(h) for h in row] for row in ngrad.hessian(function, argnums=(0, 1))(x, y)]
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=0)


def test_frequent_powers_are_the_same_whoever_calls() -> None:
    x = np.linspace(0.1, 3, 50, dtype=np.float32)
    t = ngrad.constant(x)
    one = np.float32(1)
    expected = {
        2: x * x,
        3: x * x * x,
        4: (x * x) * (x * x),
        0.5: np.sqrt(x),
        -1: one / x,
        1: x,
        -2: one / (x * x),
    }
    for exponent, value in expected.items():
        np.testing.assert_array_equal(ngrad.pow(t, exponent), value)
        np.testing.assert_array_equal(t**exponent, value)
