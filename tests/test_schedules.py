"""Learning rates: numbers, variables, functions of the step, and schedules by their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import optimizers as o
from ngrad.errors import NumberError
from ngrad.optimizers import SGD


def test_the_learning_rate_may_be_a_function_of_the_step() -> None:
    seen: list[int] = []

    def schedule(step: int) -> Any:
        seen.append(step)
        return ngrad.constant(1.0) / (1 + step)

    w = ngrad.Variable(0.0)
    optimizer = SGD(schedule)
    for _ in range(3):
        optimizer.apply_gradients([(1.0, w)])
    assert seen == [0, 1, 2]
    np.testing.assert_allclose(w.numpy(), -(1 + 1 / 2 + 1 / 3), rtol=1e-6)
    optimizer.learning_rate = 10.0
    optimizer.apply_gradients([(1.0, w)])
    np.testing.assert_allclose(w.numpy(), -(1 + 1 / 2 + 1 / 3) - 10, rtol=1e-6)


def test_the_learning_rate_may_be_a_variable() -> None:
    """What is assigned to it counts from the next update on, also of a function."""
    w, rate = ngrad.Variable(0.0), ngrad.Variable(1.0)
    optimizers = SGD(rate), SGD(1.0), SGD(lambda: float(rate))
    assert optimizers[0].learning_rate is rate
    for optimizer in optimizers:
        step = ngrad.function(lambda o=optimizer: o.apply_gradients([(1.0, w)]))
        for run in (lambda o=optimizer: o.apply_gradients([(1.0, w)]), step):
            for value in (1.0, 0.25):
                rate.assign(value)
                if optimizer is optimizers[1]:
                    optimizer.learning_rate.assign(value)
                before = float(w)
                run()
                assert before - float(w) == value == float(optimizer.learning_rate)
    assert optimizers[1].learning_rate.numpy() == 0.25
    optimizers[1].learning_rate.assign(-1.0)
    with pytest.raises(NumberError, match="learning_rate: must be a number that is not negative"):
        optimizers[1].apply_gradients([(1.0, w)])
    decaying = SGD(o.schedules.ExponentialDecay(0.5, 1, 0.5))
    for value in (0.5, 0.25):
        assert decaying.learning_rate.numpy() == value
        decaying.apply_gradients([(1.0, w)])


STEPS = range(0, 13, 3)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (o.schedules.ExponentialDecay(0.5, 4, 0.5), lambda t: 0.5 * 0.5 ** (t / 4)),
        (o.schedules.ExponentialDecay(0.5, 4, 0.5, True), lambda t: 0.5 * 0.5 ** (t // 4)),
        (o.schedules.InverseTimeDecay(0.5, 4, 2.0), lambda t: 0.5 / (1 + t / 2)),
        (o.schedules.InverseTimeDecay(0.5, 4, 2.0, True), lambda t: 0.5 / (1 + t // 4 * 2)),
        (
            o.schedules.PolynomialDecay(0.5, 6, 0.1, 2.0),
            lambda t: 0.4 * (1 - min(t, 6) / 6) ** 2 + 0.1,
        ),
        (
            o.schedules.PolynomialDecay(0.5, 6, 0.1, cycle=True),
            lambda t: 0.4 * (1 - t / (6 * max(1, -(-t // 6)))) + 0.1,
        ),
        (o.schedules.PiecewiseConstantDecay([3, 6], [3, 2, 1]), lambda t: 1 + (t < 4) + (t < 7)),
        (
            o.schedules.CosineDecayRestarts(0.5, 3, 2.0, 0.5, 0.1),
            lambda t: (
                0.05
                + 0.225
                * (0.5 ** ((t >= 3) + (t >= 9)))
                * (1 + np.cos(np.pi * (t / 3 if t < 3 else (t - 3) / 6 if t < 9 else (t - 9) / 12)))
            ),
        ),
        (
            o.schedules.CosineDecayRestarts(0.5, 3, 1.0),
            lambda t: 0.25 * (1 + np.cos(np.pi * (t % 3) / 3)),
        ),
        (
            o.schedules.CosineDecay(0.0, 6, 0.1, warmup_target=1.0, warmup_steps=3),
            lambda t: t / 3 if t < 3 else 0.55 + 0.45 * np.cos(np.pi * min(t - 3, 6) / 6),
        ),
    ],
    ids=lambda part: type(part).__name__,
)
def test_schedules(schedule: Any, expected: Any) -> None:
    np.testing.assert_allclose([schedule.at(t) for t in STEPS], [expected(t) for t in STEPS])
    called = schedule(ngrad.constant(3))
    assert called.dtype is ngrad.float32 and float(called) == pytest.approx(expected(3))
    with pytest.raises(NumberError, match="boundaries"):
        o.schedules.PiecewiseConstantDecay([1], [1.0])
