"""Learning rates that follow from how many updates were made: Keras' `optimizers.schedules`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ngrad.errors import NumberError
from ngrad.ops.creation import constant
from ngrad.optimizers.configured import Configured


class LearningRateSchedule(Configured):
    """What schedules share: called, they give a tensor. Any function of the step is a schedule,
    too; it need not be of this class.
    """

    def __call__(self, step: Any) -> Any:
        return constant(self.at(int(step)))

    def at(self, step: int) -> float:
        """The rate of a step, as a Python float."""
        raise NotImplementedError


def _positive(value: float, what: str) -> float:
    if not value > 0:
        raise NumberError(f"{what}: must be positive, not {value}")
    return value


class _Decay(LearningRateSchedule):
    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float,
        staircase: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.decay_rate = initial_learning_rate, decay_rate
        self.decay_steps, self.staircase = _positive(decay_steps, "decay_steps"), staircase

    def _turns(self, step: int) -> float:
        turns = step / self.decay_steps
        return math.floor(turns) if self.staircase else turns


class ExponentialDecay(_Decay):
    """rate * decay_rate**(step / decay_steps), where the power is whole if `staircase`.

    Examples
    --------
    >>> from ngrad.optimizers.schedules import ExponentialDecay
    >>> ExponentialDecay(0.5, decay_steps=10, decay_rate=0.5)(20).numpy()
    np.float32(0.125)
    """

    def at(self, step: int) -> float:
        return float(self.initial_learning_rate * self.decay_rate ** self._turns(step))


class InverseTimeDecay(_Decay):
    """rate / (1 + decay_rate * step / decay_steps), where the quotient is whole if `staircase`.

    Examples
    --------
    >>> from ngrad.optimizers.schedules import InverseTimeDecay
    >>> InverseTimeDecay(0.5, decay_steps=10, decay_rate=1.0)(10).numpy()
    np.float32(0.25)
    """

    def at(self, step: int) -> float:
        return float(self.initial_learning_rate / (1.0 + self.decay_rate * self._turns(step)))


class PolynomialDecay(LearningRateSchedule):
    """From one rate to another in `decay_steps`, by a power of what is left; then it stays, or, if
    `cycle`, begins anew over as many steps again.

    Examples
    --------
    >>> from ngrad.optimizers.schedules import PolynomialDecay
    >>> PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.25)(5).numpy()
    np.float32(0.375)
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, end_learning_rate: float = 0.0001,
        power: float = 1.0, cycle: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate = initial_learning_rate
        self.end_learning_rate, self.power, self.cycle = end_learning_rate, power, cycle
        self.decay_steps = _positive(decay_steps, "decay_steps")

    def at(self, step: int) -> float:
        over = self.decay_steps * (max(1, math.ceil(step / self.decay_steps)) if self.cycle else 1)
        left = 1.0 - min(step, over) / over
        span = self.initial_learning_rate - self.end_learning_rate
        return float(span * left**self.power + self.end_learning_rate)


class PiecewiseConstantDecay(LearningRateSchedule):
    """One of some rates: the first up to a step, that one included, then the next, and so on.

    Examples
    --------
    >>> from ngrad.optimizers.schedules import PiecewiseConstantDecay
    >>> rate = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.1])
    >>> [rate.at(step) for step in (10, 11, 100)]
    [1.0, 0.5, 0.1]
    """

    def __init__(
        self, boundaries: Sequence[int], values: Sequence[float], name: str | None = None
    ) -> None:
        self.boundaries, self.values = list(boundaries), list(values)
        if len(self.values) != len(self.boundaries) + 1:
            raise NumberError(
                f"PiecewiseConstantDecay: {len(self.boundaries)} boundaries are between "
                f"{len(self.boundaries) + 1} values, not {len(self.values)}"
            )

    def at(self, step: int) -> float:
        return float(self.values[sum(step > bound for bound in self.boundaries)])


class CosineDecay(LearningRateSchedule):
    """From a rate to `alpha` times it in `decay_steps`, by half a cosine; before that, if asked
    for, up to a target on a line (Loshchilov and Hutter, SGDR, 2017).

    Examples
    --------
    >>> from ngrad.optimizers.schedules import CosineDecay
    >>> CosineDecay(0.5, decay_steps=10)(5).numpy()
    np.float32(0.25)
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0,
        name: str | None = None, warmup_target: float | None = None, warmup_steps: int = 0,
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.alpha = initial_learning_rate, alpha
        self.decay_steps = _positive(decay_steps, "decay_steps")
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def at(self, step: int) -> float:
        start = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return float(start + (self.warmup_target - start) * step / self.warmup_steps)
            start, step = self.warmup_target, step - self.warmup_steps
        share = min(step, self.decay_steps) / self.decay_steps
        wave = 0.5 * (1.0 + math.cos(math.pi * share))
        return float(start * ((1.0 - self.alpha) * wave + self.alpha))


class CosineDecayRestarts(LearningRateSchedule):
    """Half a cosine from a rate down to alpha times it, again and again (Loshchilov and Hutter,
    SGDR: Stochastic Gradient Descent with Warm Restarts, 2017): each `t_mul` times as long as the
    one before, from `m_mul` times its rate.

    Examples
    --------
    >>> from ngrad.optimizers.schedules import CosineDecayRestarts
    >>> rate = CosineDecayRestarts(0.5, first_decay_steps=10, t_mul=2.0, m_mul=0.5)
    >>> [rate.at(step) for step in (0, 5, 10, 20)]
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(
        self, initial_learning_rate: float, first_decay_steps: int, t_mul: float = 2.0,
        m_mul: float = 1.0, alpha: float = 0.0, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.alpha = initial_learning_rate, alpha
        self.first_decay_steps = _positive(first_decay_steps, "first_decay_steps")
        if not t_mul >= 1.0:
            raise NumberError(f"t_mul: must be 1 or more, not {t_mul}")
        self.t_mul, self.m_mul = t_mul, m_mul

    def at(self, step: int) -> float:
        past, length, restarts = float(step), float(self.first_decay_steps), 0
        while past >= length:  # few, unless they are all of one length
            if self.t_mul == 1.0:
                restarts = int(past // length)
                past -= restarts * length
                break
            past, length, restarts = past - length, length * self.t_mul, restarts + 1
        share = 0.5 * self.m_mul**restarts * (1.0 + math.cos(math.pi * past / length))
        return float(self.initial_learning_rate * ((1.0 - self.alpha) * share + self.alpha))
