"""Optimizers that scale steps by what gradients were so far, or not at all."""

from __future__ import annotations

from typing import Any

from ngrad.graph.layout import Layout
from ngrad.ops.arithmetic import sign
from ngrad.ops.power import sqrt, square
from ngrad.optimizers.given import number, share
from ngrad.optimizers.optimizer import Optimizer, Rate, Update
from ngrad.variable import Variable


class SGD(Optimizer):
    """Gradient descent, with momentum if asked.

    Without momentum w <- w - learning_rate * g. With it v <- momentum * v - learning_rate * g, and
    w <- w + v (Polyak, 1964), or w <- w + momentum * v - learning_rate * g if `nesterov`
    (Sutskever et al., On the importance of initialization and momentum in deep learning, 2013).

    Parameters
    ----------
    learning_rate : float, Variable or callable of the step
    momentum : float
        In [0, 1).
    nesterov : bool
    **options
        Those of `Optimizer`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import SGD
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = SGD(learning_rate=0.5).apply_gradients([([1.0, 1.0], w)])
    >>> w.numpy()
    array([0.5, 1.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum, self.nesterov = share(momentum, "momentum"), bool(nesterov)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum or self._has("momentum") else ()

    def _kind(self) -> Any:
        return self.nesterov, self.slots

    def _step(self) -> Update:
        nesterov, decay = self.nesterov, self._asked(lambda own: own.momentum)
        rate = self._counted(lambda own, rate, step: rate)

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            move = rate(g.dtype) * g
            if slots:
                (velocity,), momentum = slots, decay(g.dtype)
                velocity.assign(momentum * velocity - move)
                move = move - momentum * velocity if nesterov else -velocity
            w.assign_sub(move)

        return update


class RMSprop(Optimizer):
    """Steps by the root of a running mean of squares (Hinton, Neural Networks for Machine Learning,
    lecture 6e, 2012).

    v is the running mean of g**2, from which, if `centered`, the square of that of g is taken; and
    w <- w - learning_rate * g / sqrt(v + epsilon), or that step with momentum.

    Parameters
    ----------
    learning_rate : float, Variable or callable of the step
    rho : float
        Decay of the running means, in [0, 1).
    momentum : float
        In [0, 1).
    epsilon : float
    centered : bool
    **options
        Those of `Optimizer`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import RMSprop
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = RMSprop(learning_rate=0.5, rho=0.75).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0., 3.], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho, self.momentum = share(rho, "rho"), share(momentum, "momentum")
        self.epsilon = number(epsilon, "epsilon")
        self.centered = bool(centered)

    @property
    def slots(self) -> tuple[str, ...]:
        means = ("v", "mean") if self.centered else ("v",)
        return (*means, "momentum") if self.momentum or self._has("momentum") else means

    def _kind(self) -> Any:
        return self.slots

    def _step(self) -> Update:
        new = self._asked(lambda own: 1.0 - own.rho)
        small, decay = self._asked(lambda own: own.epsilon), self._asked(lambda own: own.momentum)
        rate, centered = self._counted(lambda own, rate, step: rate), self.centered

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            move = rate(g.dtype) * g
            v, *others = slots
            v.assign_add(new(g.dtype) * (square(g) - v))
            spread = v
            if centered:
                mean, *others = others
                mean.assign_add(new(g.dtype) * (g - mean))
                spread = v - square(mean)
            move = move / sqrt(spread + small(g.dtype))
            for velocity in others:
                move = velocity.assign(decay(g.dtype) * velocity + move)
            w.assign_sub(move)

        return update


class Adagrad(Optimizer):
    """Steps by the root of a sum of squares (Duchi et al., Adaptive Subgradient Methods, 2011): v
    is the sum of g**2, and w <- w - learning_rate * g / sqrt(v + epsilon).

    Parameters
    ----------
    learning_rate : float, Variable or callable of the step
    initial_accumulator_value : float
        Of v.
    epsilon : float
    **options
        Those of `Optimizer`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Adagrad
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = Adagrad(0.5, initial_accumulator_value=0.0).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0.5, 2.5], dtype=float32)
    """

    slots = ("v",)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = number(initial_accumulator_value, "accumulator")
        self.epsilon = number(epsilon, "epsilon")

    def _first(self, where: Layout) -> dict[str, tuple[Layout, float]]:
        return {"v": (where, self.initial_accumulator_value)}

    def _step(self) -> Update:
        small = self._asked(lambda own: own.epsilon)
        rate = self._counted(lambda own, rate, step: rate)

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            move, (v,) = rate(g.dtype) * g, slots
            v.assign_add(square(g))
            w.assign_sub(move / sqrt(v + small(g.dtype)))

        return update


class Adadelta(Optimizer):
    """Steps by a quotient of roots of running means of squares (Zeiler, ADADELTA, 2012): of the
    steps so far, d, and of gradients, v; w <- w - learning_rate * sqrt((d + epsilon) / (v +
    epsilon)) * g.

    Parameters
    ----------
    learning_rate : float, Variable or callable of the step
        1 in the paper.
    rho : float
        Decay of the running means, in [0, 1).
    epsilon : float
    **options
        Those of `Optimizer`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Adadelta
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = Adadelta(1.0, rho=0.75, epsilon=0.01).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0.804, 2.2  ], dtype=float32)
    """

    slots = ("v", "d")

    def __init__(
        self, learning_rate: Rate = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho, self.epsilon = share(rho, "rho"), number(epsilon, "epsilon")

    def _step(self) -> Update:
        new = self._asked(lambda own: 1.0 - own.rho)
        small = self._asked(lambda own: own.epsilon)
        rate = self._counted(lambda own, rate, step: rate)

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            scale, (v, d) = rate(g.dtype), slots
            v.assign_add(new(g.dtype) * (square(g) - v))
            move = sqrt(d + small(g.dtype)) * g / sqrt(v + small(g.dtype))
            d.assign_add(new(g.dtype) * (square(move) - d))
            w.assign_sub(scale * move)

        return update


class Lion(Optimizer):
    """Steps of one size, by the sign of a mean (Chen et al., Symbolic Discovery of Optimization
    Algorithms, 2023): w <- w - learning_rate * sign(beta_1 * m + (1 - beta_1) * g), and then m is
    the running mean of g, which decays by beta_2.

    Parameters
    ----------
    learning_rate : float, Variable or callable of the step
    beta_1, beta_2 : float
        In [0, 1).
    **options
        Those of `Optimizer`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Lion
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = Lion(learning_rate=0.5).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy()
    array([0.5, 2.5], dtype=float32)
    """

    slots = ("m",)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2 = share(beta_1, "beta_1"), share(beta_2, "beta_2")

    def _step(self) -> Update:
        keep = self._asked(lambda own: own.beta_1)
        new_1 = self._asked(lambda own: 1.0 - own.beta_1)
        new_2 = self._asked(lambda own: 1.0 - own.beta_2)
        rate = self._counted(lambda own, rate, step: rate)

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            (m,), scale = slots, rate(g.dtype)
            w.assign_sub(scale * sign(keep(g.dtype) * m + new_1(g.dtype) * g))
            m.assign_add(new_2(g.dtype) * (g - m))

        return update
