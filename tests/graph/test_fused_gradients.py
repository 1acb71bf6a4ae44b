"""Gradients that the loop nests of their operands compute, and put in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fusing import check, fused, launches, tensors_of, uniform, value_and_gradient
from test_fuse import lengths, steps

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


def of_pairs(x: Any) -> Any:
    return (x[::2] * x[1::2]) ** 2


def of_four(x: Any) -> Any:
    return x[:, 3::4] - x[:, ::4] * x[:, 1::4] + x[:, 2::4]


def of_longs(x: Any) -> Any:
    return ngrad.tanh(x[::2] * x[1::2])


def of_some(x: Any) -> Any:
    """What has no whole number of pairs."""
    return (x[:-2:2] * x[1:-1:2]) ** 2


STEPS: list[tuple[Callable[..., Any], tuple[int, ...], int]] = [
    # function, shape of its argument, launches of the sum's gradient
    (of_pairs, (6, 70), 1),
    (of_four, (3, 8, 70), 1),
    (of_longs, (6, 70), 2),
    (of_some, (7, 70), 6),
]


@pytest.mark.parametrize("function, shape, count", STEPS, ids=lambda x: getattr(x, "__name__", ""))
def test_gradients_of_every_other_row(
    function: Callable[..., Any], shape: tuple[int, ...], count: int
) -> None:
    """Each is half of a row of two; what takes long is computed once, and read there."""
    graph = value_and_gradient(
        lambda x: ngrad.reduce_sum(function(x)), [uniform(*shape)], 1, value=False
    )
    check(graph)
    assert launches(fused(graph), tensors_of(graph)) == count, describe(fused(graph))
