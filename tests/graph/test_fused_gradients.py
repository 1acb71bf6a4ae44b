"""Gradients that the loop nests of their operands compute, and put in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fusing import check, fused, launches, tensors_of, uniform, value_and_gradient
from test_fuse import lengths, steps
from tracing import Tracing

import ngrad
from ngrad.graph.fuse import describe


def dense_layer(x: Any, weights: Any, bias: Any) -> Any:
    return ngrad.reduce_sum(ngrad.nn.relu(ngrad.matmul(x, weights) + bias) ** 2)


def variance(x: Any) -> Any:
    return ngrad.reduce_sum(ngrad.math.reduce_variance(x, 0))


@pytest.mark.parametrize("function", [dense_layer, variance], ids=lambda f: f.__name__)
def test_gradients_around_products_and_columns(function: Callable[..., Any]) -> None:
    shapes = [(8, 6), (6, 5), (5,)] if function is dense_layer else [(8, 6)]
    graph = value_and_gradient(function, [uniform(*s) for s in shapes], len(shapes))
    check(graph)
    assert launches(fused(graph), tensors_of(graph)) < launches(graph, tensors_of(graph)) / 2


@pytest.mark.parametrize("function, columns, count", [(lengths, 3, 1), (steps, 2, 3)])
def test_gradients_of_components(function: Callable[..., Any], columns: int, count: int) -> None:
    """What each column gives is put side by side by the loop nest that computes it."""
    graph = value_and_gradient(lambda x: ngrad.reduce_sum(function(x)), [uniform(9, columns)], 1)
    check(graph)
    assert launches(fused(graph), tensors_of(graph)) == count


def of_planes(x: Any) -> Any:
    """Laplace's operator in a volume."""
    inner = x[1:-1, 1:-1, 1:-1]
    down = x[2:, 1:-1, 1:-1] + x[:-2, 1:-1, 1:-1]
    along = x[1:-1, 2:, 1:-1] + x[1:-1, :-2, 1:-1]
    across = x[1:-1, 1:-1, 2:] + x[1:-1, 1:-1, :-2]
    return (down + along + across - 6.0 * inner) ** 2


def of_images(x: Any) -> Any:
    """Differences along two axes between others."""
    return (x[:, 1:, :-1] - x[:, :-1, 1:]) ** 2


def of_corners(x: Any) -> Any:
    """A part of each image, which is computed in its place."""
    return ngrad.tanh(x * 2.0)[:, 1:3, 2:-1]


def of_surroundings(x: Any) -> Any:
    """Of images in zeros."""
    p = ngrad.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    return x * (p[:, 2:, 1:-1] + p[:, :-2, 1:-1] - p[:, 1:-1, 2:] - p[:, 1:-1, :-2])


def of_a_cross(x: Any) -> Any:
    """Of a plane in ones."""
    p = ngrad.pad(x, [[1, 1], [1, 1]], constant_values=1.0)
    return (p[2:, 1:-1] * p[:-2, 1:-1] - p[1:-1, 2:] * p[1:-1, :-2]) ** 2


AXES: list[tuple[Callable[..., Any], tuple[int, ...], int, int]] = [
    # function, shape of its argument, launches of it, and of its sum's gradient
    (of_planes, (4, 5, 70), 1, 2),
    (of_images, (2, 5, 30, 3), 1, 1),
    (of_corners, (2, 5, 30, 3), 1, 1),
    (of_surroundings, (2, 5, 30, 3), 1, 2),
    (of_a_cross, (6, 70), 1, 2),
]


@pytest.mark.parametrize(
    "function, shape, once, count", AXES, ids=lambda x: getattr(x, "__name__", "")
)
def test_parts_along_several_axes(
    function: Callable[..., Any], shape: tuple[int, ...], once: int, count: int
) -> None:
    """They are read, and put back, in their places: a range along each of the axes."""
    graph = Tracing([uniform(*shape)])
    graph.returning(graph.trace(function))
    check(graph)
    assert launches(fused(graph), tensors_of(graph)) == once, describe(fused(graph))
    total = value_and_gradient(
        lambda x: ngrad.reduce_sum(function(x)), graph.values, 1, value=False
    )
    check(total)
    assert launches(fused(total), tensors_of(total)) == count, describe(fused(total))


def of_pairs(x: Any) -> Any:
    return (x[::2] * x[1::2]) ** 2


def of_four(x: Any) -> Any:
    return x[:, 3::4] - x[:, ::4] * x[:, 1::4] + x[:, 2::4]


def of_longs(x: Any) -> Any:
    return ngrad.tanh(x[::2] * x[1::2])


def of_some(x: Any) -> Any:
    """What has no whole number of pairs."""
    return (x[:-2:2] * x[1:-1:2]) ** 2


def of_neighbours(x: Any) -> Any:
    """Haar's wavelet."""
    return (x[..., ::2] + x[..., 1::2]) ** 2 + ngrad.tanh(x[..., ::2] - x[..., 1::2])


def of_squares(x: Any) -> Any:
    """Haar's wavelet along two axes."""
    a, b, c, d = x[::2, ::2], x[1::2, ::2], x[::2, 1::2], x[1::2, 1::2]
    return (a + b - c - d) ** 2 * (a - b)


def of_turned_pairs(x: Any) -> Any:
    """Rotary positions."""
    angle = ngrad.range(x.shape[-1] // 2, dtype=x.dtype)
    a, b = x[..., ::2], x[..., 1::2]
    turned = ngrad.stack([a * angle - b, a + b * angle], -1)
    return ngrad.reshape(turned, x.shape) * x


def of_triples(x: Any) -> Any:
    return x[:, 2::3] ** 2 * x[:, ::3]


def of_one_of_two(x: Any) -> Any:
    return x[:, 1::2] ** 2


def of_quarters(x: Any) -> Any:
    """As a Fourier transform of four begins."""
    even, odd = x[::2] * 2.0, x[1::2]
    return even[::2] * even[1::2] + odd[::2] * odd[1::2]


def of_transposed(x: Any) -> Any:
    y = ngrad.transpose(x)
    return y[:, ::2] * y[:, 1::2]


def of_too_many(x: Any) -> Any:
    return x[:, ::10] * x[:, 9::10]


STEPS: list[tuple[Callable[..., Any], tuple[int, ...], int]] = [
    # function, shape of its argument, launches of the sum's gradient
    (of_pairs, (6, 70), 1),
    (of_four, (3, 8, 70), 1),
    (of_longs, (6, 70), 2),
    (of_some, (7, 70), 6),
    (of_pairs, (14,), 1),
    (of_neighbours, (3, 70), 1),
    (of_neighbours, (70,), 1),
    (of_squares, (6, 70), 2),
    (of_turned_pairs, (3, 5, 8), 2),
    (of_triples, (5, 9), 1),
    (of_one_of_two, (5, 8), 1),
    (of_quarters, (16,), 3),
    (of_transposed, (8, 5), 1),
    (of_too_many, (3, 20), 5),
]


@pytest.mark.parametrize("function, shape, count", STEPS, ids=lambda x: getattr(x, "__name__", ""))
def test_gradients_of_steps(
    function: Callable[..., Any], shape: tuple[int, ...], count: int
) -> None:
    """Every other row is half of a row of two, every other element a column of two; what takes long
    is computed once, and read there.
    """
    graph = value_and_gradient(
        lambda x: ngrad.reduce_sum(function(x)), [uniform(*shape)], 1, value=False
    )
    check(graph)
    assert launches(fused(graph), tensors_of(graph)) == count, describe(fused(graph))
