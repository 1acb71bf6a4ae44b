"""Follow the regularized leader: what would have been best so far, and simple."""

from __future__ import annotations

from typing import Any

from ngrad.errors import NumberError
from ngrad.graph.layout import Layout
from ngrad.ops.convert import cast_to
from ngrad.ops.math import clip_by_value
from ngrad.ops.power import pow, square
from ngrad.optimizers.given import number
from ngrad.optimizers.optimizer import Optimizer, Rate, Update
from ngrad.variable import Variable


class Ftrl(Optimizer):
    """Follow the regularized leader, per element (McMahan et al., Ad Click Prediction: a View from
    the Trenches, 2013): a penalty on magnitudes makes elements exactly 0.

    With n the sum of g**2, p = -learning_rate_power and d by how much n**p has grown,
    z <- z + g + 2 * l2_shrinkage * w - d / learning_rate * w, and w <- (clip(z, -l1, l1) - z) /
    ((n**p + beta) / learning_rate + 2 * l2).

    Parameters
    ----------
    learning_rate : float, Variable or callable of the step
        Positive.
    learning_rate_power : float
        Not positive; 0 for a rate that stays.
    initial_accumulator_value : float
        Of n.
    l1_regularization_strength, l2_regularization_strength : float
        l1 and l2.
    l2_shrinkage_regularization_strength : float
        A penalty that is part of the gradient.
    beta : float
    **options
        Those of `Optimizer`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Ftrl
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> optimizer = Ftrl(0.5, initial_accumulator_value=0.0, l1_regularization_strength=2.0)
    >>> step = optimizer.apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0.  , 2.25], dtype=float32)
    """

    slots = ("n", "z")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.learning_rate_power = -number(-learning_rate_power, "-learning_rate_power")
        self.initial_accumulator_value = number(initial_accumulator_value, "accumulator")
        self.l1_regularization_strength = number(l1_regularization_strength, "l1")
        self.l2_regularization_strength = number(l2_regularization_strength, "l2")
        self.l2_shrinkage_regularization_strength = number(
            l2_shrinkage_regularization_strength, "l2_shrinkage"
        )
        self.beta = number(beta, "beta")

    def _first(self, where: Layout) -> dict[str, tuple[Layout, float]]:
        return {"n": (where, self.initial_accumulator_value), "z": (where, 0.0)}

    def _step(self) -> Update:
        power = self._asked(lambda own: -own.learning_rate_power)
        sparse = self._asked(lambda own: own.l1_regularization_strength)
        shrunk = self._asked(lambda own: 2.0 * own.l2_shrinkage_regularization_strength)
        by = self._counted(lambda own, rate, t: 1.0 / _positive(rate))
        added = self._counted(
            lambda own, rate, t: own.beta / _positive(rate) + 2.0 * own.l2_regularization_strength
        )

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            slow, penalty = by(g.dtype), added(g.dtype)
            (n, z), p, l1 = slots, power(g.dtype), sparse(g.dtype)
            before = pow(n, p)
            now = pow(n.assign_add(square(g)), p)
            z.assign_add(g + (shrunk(g.dtype) - (now - before) * slow) * w)
            w.assign(cast_to((clip_by_value(z, -l1, l1) - z) / (now * slow + penalty), w.dtype))

        return update


def _positive(rate: float) -> float:
    if not rate > 0.0:
        raise NumberError(f"Ftrl: learning_rate must be positive, not {rate}")
    return rate
