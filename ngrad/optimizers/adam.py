"""Optimizers by running means of gradients and of their squares: Adam and what came of it."""

from __future__ import annotations

from itertools import accumulate
from operator import mul
from typing import Any

from ngrad.ops.arithmetic import abs_, maximum
from ngrad.ops.power import sqrt, square
from ngrad.optimizers.given import number, share
from ngrad.optimizers.optimizer import Optimizer, Rate, Update
from ngrad.variable import Variable


class Means(Optimizer):
    """What is by running means of gradients and of their magnitudes."""

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2 = share(beta_1, "beta_1"), share(beta_2, "beta_2")
        self.epsilon = number(epsilon, "epsilon")


class Adam(Means):
    """Adam (Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015).

    In the form at the end of the paper's section 2, as in Keras: m and v are the running means of
    g and g**2, and w <- w - rate * m / (sqrt(v) + epsilon), where at step t
    rate = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t).

    Parameters
    ----------
    learning_rate : float, Variable or callable of the step
    beta_1, beta_2 : float
        Decay of the running means, in [0, 1).
    epsilon : float
    amsgrad : bool
        Divide by the root of the largest v that there was (Reddi et al., On the Convergence of
        Adam and Beyond, 2018).
    **options
        Those of `Optimizer`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Adam
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = Adam(learning_rate=0.5).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0.5, 2.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.amsgrad = bool(amsgrad)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("m", "v", "largest") if self.amsgrad else ("m", "v")

    def _kind(self) -> Any:
        return self.slots

    def _step(self) -> Update:
        new_1 = self._asked(lambda own: 1.0 - own.beta_1)
        new_2 = self._asked(lambda own: 1.0 - own.beta_2)
        small = self._asked(lambda own: own.epsilon)
        scaled = self._counted(
            lambda own, rate, t: rate * (1.0 - own.beta_2**t) ** 0.5 / (1.0 - own.beta_1**t)
        )

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            rate = scaled(g.dtype)  # before anything is updated: it may be refused
            m, v = slots[:2]
            m.assign_add(new_1(g.dtype) * (g - m))
            v.assign_add(new_2(g.dtype) * (square(g) - v))
            for largest in slots[2:]:
                v = largest.assign(maximum(largest, v))
            w.assign_sub(rate * m / (sqrt(v) + small(g.dtype)))

        return update


class AdamW(Adam):
    """Adam with weight decay (Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019);
    parameters are those of `Adam`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import AdamW
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = AdamW(learning_rate=0.5, weight_decay=0.1).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0.45, 2.4 ], dtype=float32)
    """

    def __init__(
        self, learning_rate: Rate = 0.001, weight_decay: float | None = 0.004, *args: Any,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, *args, weight_decay=weight_decay, **options)


class Nadam(Means):
    """Adam with Nesterov's momentum (Dozat, Incorporating Nesterov Momentum into Adam, 2016), with
    the paper's schedule mu(t) = beta_1 * (1 - 0.96**t / 2); parameters are those of `Adam`.

    With M(t) the product of mu up to t, w <- w - learning_rate * p / (sqrt(v / (1 - beta_2**t)) +
    epsilon), where p = mu(t + 1) * m / (1 - M(t + 1)) + (1 - mu(t)) * g / (1 - M(t)).

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Nadam
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = Nadam(learning_rate=0.5).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0.469, 2.531], dtype=float32)
    """

    slots = ("m", "v")

    def _step(self) -> Update:
        new_1 = self._asked(lambda own: 1.0 - own.beta_1)
        new_2 = self._asked(lambda own: 1.0 - own.beta_2)
        small = self._asked(lambda own: own.epsilon)

        def mu(own: Nadam, t: int) -> float:
            return own.beta_1 * (1.0 - 0.5 * 0.96**t)

        def rest(own: Nadam, t: int) -> float:
            """1 - M(t)."""
            return 1.0 - own.beta_1**t * WARMED[min(t, len(WARMED) - 1)]

        of_m = self._counted(lambda own, rate, t: rate * mu(own, t + 1) / rest(own, t + 1))
        of_g = self._counted(lambda own, rate, t: rate * (1.0 - mu(own, t)) / rest(own, t))
        scale = self._counted(lambda own, rate, t: 1.0 / (1.0 - own.beta_2**t))

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            past, present = of_m(g.dtype), of_g(g.dtype)
            m, v = slots
            m.assign_add(new_1(g.dtype) * (g - m))
            v.assign_add(new_2(g.dtype) * (square(g) - v))
            root = sqrt(v * scale(g.dtype)) + small(g.dtype)
            w.assign_sub((past * m + present * g) / root)

        return update


WARMED: tuple[float, ...] = (1.0, *accumulate((1.0 - 0.5 * 0.96**k for k in range(1, 1000)), mul))
"""The product of 1 - 0.96**k / 2 for k up to each; beyond these, factors are 1 in float64."""


class Adamax(Means):
    """Adam by the largest magnitude (Kingma and Ba, section 7.1 of the paper): u is the greater of
    beta_2 * u and |g|, and w <- w - learning_rate / (1 - beta_1**t) * m / (u + epsilon).

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Adamax
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = Adamax(learning_rate=0.5).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0.5, 2.5], dtype=float32)
    """

    slots = ("m", "u")

    def _step(self) -> Update:
        new_1 = self._asked(lambda own: 1.0 - own.beta_1)
        keep = self._asked(lambda own: own.beta_2)
        small = self._asked(lambda own: own.epsilon)
        scaled = self._counted(lambda own, rate, t: rate / (1.0 - own.beta_1**t))

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            rate = scaled(g.dtype)
            m, u = slots
            m.assign_add(new_1(g.dtype) * (g - m))
            u.assign(maximum(keep(g.dtype) * u, abs_(g)))
            w.assign_sub(rate * m / (u + small(g.dtype)))

        return update
