"""Optimizers whose steps are relative to how large the variable is."""

from __future__ import annotations

import math
from typing import Any

from ngrad.graph.layout import Layout, layout
from ngrad.ops.arithmetic import maximum
from ngrad.ops.comparison import greater, logical_and
from ngrad.ops.convert import wide
from ngrad.ops.elementwise import select
from ngrad.ops.norms import norm
from ngrad.ops.power import sqrt, square
from ngrad.ops.shape import expand_dims
from ngrad.ops.statistics import reduce_mean
from ngrad.optimizers.adam import Means
from ngrad.optimizers.given import number
from ngrad.optimizers.optimizer import Optimizer, Rate, Update
from ngrad.variable import Variable


class Lamb(Means):
    """Adam's step, as long as the variable is (You et al., Large Batch Optimization for Deep
    Learning, 2020): with s = m / (1 - beta_1**t) / (sqrt(v / (1 - beta_2**t)) + epsilon),
    w <- w - learning_rate * |w| / |s| * s, where both norms are positive, else as if they were 1.
    Parameters are those of `Adam`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Lamb
    >>> w = ngrad.Variable([3.0, 4.0])
    >>> step = Lamb(learning_rate=0.5).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([1.232, 5.768], dtype=float32)
    """

    slots = ("m", "v")

    def _step(self) -> Update:
        new_1 = self._asked(lambda own: 1.0 - own.beta_1)
        new_2 = self._asked(lambda own: 1.0 - own.beta_2)
        small = self._asked(lambda own: own.epsilon)
        of_m = self._counted(lambda own, rate, t: 1.0 / (1.0 - own.beta_1**t))
        of_v = self._counted(lambda own, rate, t: 1.0 / (1.0 - own.beta_2**t))
        rate = self._counted(lambda own, rate, t: rate)

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            far = rate(g.dtype)  # before anything is updated: it may be refused
            m, v = slots
            m.assign_add(new_1(g.dtype) * (g - m))
            v.assign_add(new_2(g.dtype) * (square(g) - v))
            step = of_m(g.dtype) * m / (sqrt(of_v(g.dtype) * v) + small(g.dtype))
            own, its = norm(wide(w)), norm(step)
            there = logical_and(greater(own, 0.0), greater(its, 0.0))
            w.assign_sub(far * select(there, own / its, 1.0) * step)

        return update


class Adafactor(Optimizer):
    """Steps by squares of gradients, of which matrices keep means of rows and of columns (Shazeer
    and Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018).

    With v the running mean of g**2 + epsilon_1, new ones counting t**beta_2_decay at step t, or, of
    the last two axes, the product of those of rows and of columns, divided by the mean of all; and
    rms the root of the mean of squares: s = g / sqrt(v), and w <- w - min(learning_rate, 1 /
    sqrt(t)) * max(epsilon_2, rms(w)) * s / max(1, rms(s) / clip_threshold).

    Parameters
    ----------
    learning_rate : float, Variable or callable of the step
    beta_2_decay : float
    epsilon_1, epsilon_2 : float
    clip_threshold : float
    relative_step : bool
        Accepted, as by Keras: steps are no more than 1 / sqrt(t) either way.
    **options
        Those of `Optimizer`.

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Adafactor
    >>> w = ngrad.Variable([3.0, 4.0])
    >>> step = Adafactor(learning_rate=0.5).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([1.232, 5.768], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_2_decay = -number(-beta_2_decay, "-beta_2_decay")
        self.epsilon_1, self.epsilon_2 = (
            number(epsilon_1, "epsilon_1"),
            number(epsilon_2, "epsilon_2"),
        )
        self.clip_threshold = number(clip_threshold, "clip_threshold")
        self.relative_step = bool(relative_step)

    def _first(self, where: Layout) -> dict[str, tuple[Layout, float]]:
        shape = where.shape
        shapes = {"v": shape}
        if len(shape) > 1:
            shapes = {"rows": shape[:-1], "columns": (*shape[:-2], shape[-1])}
        dtype, device = where.dtype, where.device
        return {name: (layout(dtype, s, None, device), 0.0) for name, s in shapes.items()}

    def _step(self) -> Update:
        new = self._counted(lambda own, rate, t: t**own.beta_2_decay)
        far = self._counted(lambda own, rate, t: min(rate, 1.0 / math.sqrt(t)))
        added, least = (
            self._asked(lambda own: own.epsilon_1),
            self._asked(lambda own: own.epsilon_2),
        )
        most = self._asked(lambda own: own.clip_threshold)

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            rate, share = far(g.dtype), new(g.dtype)
            squares = square(g) + added(g.dtype)
            if len(slots) == 1:
                (v,) = slots
                spread = v.assign_add(share * (squares - v))
            else:
                rows, columns = slots
                rows.assign_add(share * (reduce_mean(squares, -1) - rows))
                columns.assign_add(share * (reduce_mean(squares, -2) - columns))
                parts = rows / reduce_mean(rows, -1, keepdims=True)
                spread = expand_dims(parts, -1) * expand_dims(columns, -2)
            step = g / sqrt(spread)
            step = step / maximum(1.0, _rms(step) / most(g.dtype))
            w.assign_sub(rate * maximum(least(g.dtype), _rms(wide(w))) * step)

        return update


def _rms(x: Any) -> Any:
    return sqrt(reduce_mean(square(x)))
