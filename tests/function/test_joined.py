"""Plans in which libraries are called: what is between two calls is one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, constant, linalg
from ngrad.plans import plans

rng = np.random.default_rng(0)
MATRIX = constant(rng.uniform(-1, 1, (3, 3)) + 4 * np.eye(3))
VECTOR = constant(rng.uniform(-1, 1, (3, 1)))


def filtered(x: Any, y: Any) -> Any:
    """Steps of products and systems, of which each reads the last."""
    for _ in range(4):
        y = linalg.solve(x @ linalg.matrix_transpose(x) + 1.0, ngrad.tanh(y) * 2.0 - 1.0)
        x = x * 0.5 + ngrad.exp(-y) * linalg.matrix_transpose(y)
    return x, y


def likelihood(x: Any, y: Any) -> Any:
    factor = linalg.cholesky(x @ linalg.matrix_transpose(x))
    seen = linalg.triangular_solve(factor, y)
    return ngrad.reduce_sum(seen**2) + 2.0 * ngrad.reduce_sum(
        ngrad.math.log(linalg.diag_part(factor))
    )


def with_gradients(x: Any, y: Any) -> Any:
    with GradientTape() as tape:
        tape.watch([x, y])
        value = likelihood(x, y)
    return (value, *tape.gradient(value, [x, y]))


def views(x: Any, y: Any) -> Any:
    """Results that are parts of what a step made, or of an argument."""
    turned = linalg.matrix_transpose(ngrad.exp(x) + y)
    values, vectors = linalg.eigh(turned + linalg.matrix_transpose(turned))
    return turned[1:], vectors[:, 1], values[::-1] * 2.0 + 1.0, x[0], turned[1:] * 3.0


PROGRAMS = [filtered, likelihood, with_gradients, views]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("fusion", ["off", "wait"])
def test_the_same_bits_in_fewer_steps(program: Callable[..., Any], fusion: str) -> None:
    def bits(found: Any) -> list[bytes]:
        return [x.numpy().tobytes() for x in (found if isinstance(found, tuple) else (found,))]

    ngrad.config.set_eager(True)
    expected = bits(program(MATRIX, VECTOR))
    ngrad.config.set_eager(False)
    before = ngrad.config.fusion()
    ngrad.config.set_fusion(fusion)
    plans.clear()
    try:
        recorded = ngrad.function(program)
        for _ in range(4):
            assert bits(recorded(MATRIX, VECTOR)) == expected
        assert bits(recorded(MATRIX * 1.0, VECTOR + 0.0)) == expected
        with ngrad.profile():  # which hears of each op
            assert bits(recorded(MATRIX, VECTOR)) == expected
    finally:
        ngrad.config.set_fusion(before)
    cuts = [planned.cut for planned in plans.values() if planned.cut is not None]
    whole = max(cuts, key=lambda cut: len(cut.plan.steps))
    calls = sum(step.call.program is None for step in whole.plan.steps)
    assert whole.joined is not None
    assert 0 < calls < len(whole.joined.steps) <= 2 * calls + 1 < len(whole.plan.steps)
