"""Optimizers that update variables from gradients: SGD with momentum, and Adam; Keras' spelling.

An update is recorded by no tape. State is kept in variables, up to two for each that is updated.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any
from weakref import ref

from ngrad.config import settings
from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.function import Function, function
from ngrad.ops.convert import from_outside, tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.power import sqrt, square
from ngrad.record import paused, state
from ngrad.tensor import Tensor
from ngrad.tracing import held_weakly, host, made_here
from ngrad.variable import Variable

Rate = float | Callable[[int], Any]
KEPT = 8
"""Sets of variables whose updates an optimizer remembers, and so holds."""


class Optimizer:
    """What optimizers share; a subclass says how one variable changes.

    Attributes
    ----------
    learning_rate : float or callable
        A number, or a function that returns one from how many updates were made. It may be set.
    iterations : Variable
        How many updates have been made, int64.
    variables : list of Variable
        The whole state: `iterations`, then that of each variable, as they were first updated.
    """

    slots: tuple[str, ...] = ()
    """Names of the state that each variable has."""

    def __init__(self, learning_rate: Rate) -> None:
        self.learning_rate = learning_rate
        self.iterations = Variable(0, trainable=False, name="iterations", dtype=BY_CODE["i8"])
        self._state: dict[int, list[Variable]] = {}
        self._known: tuple[Any, int] = (None, 0)
        self._updates: dict[Any, Function] = {}
        self._replaying: Any = None
        made_here(self, type(self).__name__)

    @property
    def learning_rate(self) -> Rate:
        return self._rate

    @learning_rate.setter
    def learning_rate(self, value: Rate) -> None:
        self._rate = value if callable(value) else _number(value, "learning_rate")

    @property
    def variables(self) -> list[Variable]:
        return [self.iterations, *(slot for own in self._state.values() for slot in own)]

    def build(self, var_list: Iterable[Variable]) -> None:
        """Make the state of variables ahead; the first update makes what is missing."""
        for variable in var_list:
            self._slots_of(variable)

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Variable]], name: str | None = None
    ) -> Variable:
        """Update each variable by its gradient, once.

        Parameters
        ----------
        grads_and_vars : iterable of (gradient, variable)
            A gradient of None leaves its variable as it is, with a warning.

        Returns
        -------
        Variable
            `iterations`, one more than before.

        Raises
        ------
        ShapeError, DTypeError
            If a gradient is unlike its variable; then nothing has been updated.
        NumberError
            If all gradients are None.
        """
        what = type(self).__name__
        with paused():
            pairs = [(_gradient(g, v, what), v) for g, v in grads_and_vars]
            missing = [v.name for g, v in pairs if g is None]
            if len(missing) == len(pairs):
                raise NumberError(
                    f"{what}: no gradient for any variable ({', '.join(missing)}); "
                    "does the loss depend on them, and did the tape record it?"
                )
            if missing:
                warnings.warn(
                    f"{what}: no gradient for {', '.join(missing)}, left as they are",
                    stacklevel=2,
                )
            given = [(g, v) for g, v in pairs if g is not None]
            if settings.eager or state.window.trace is not None:
                return self._update(given)
            self._recorded([v for _, v in given])(*[g for g, _ in given])
            return self.iterations

    def _update(self, given: list[tuple[Any, Variable]]) -> Variable:
        update = self._step()
        for gradient, variable in given:
            update(gradient, variable, self._slots_of(variable))
        return self._count_on()

    def _recorded(self, variables: list[Variable]) -> Function:
        """The update of these variables as a function of their gradients: a loop makes the same
        one again and again, whose Python would take as long as that of all else in a step.
        """
        key = (self._kind(), *[v._uid for v in variables])
        found = self._updates.get(key)
        if found is None:
            self.build(variables)
            me = ref(self)

            def update(*gradients: Any) -> None:
                optimizer = me()
                assert optimizer is not None
                optimizer._replaying = state.window.trace
                try:
                    optimizer._update([*zip(gradients, variables, strict=True)])
                finally:
                    optimizer._replaying = None

            if len(self._updates) >= KEPT:
                del self._updates[next(iter(self._updates))]
            found = self._updates[key] = function(update)
        return found

    def _kind(self) -> Any:
        """What of this optimizer decides how it updates, beside numbers, which are asked for."""
        return None

    def _slots_of(self, variable: Variable) -> list[Variable]:
        found = self._state.get(variable._uid)
        if found is None:
            found = self._state[variable._uid] = [
                Variable(
                    zeros_of(variable._layout), trainable=False, name=f"{variable.name}/{slot}"
                )
                for slot in self.slots
            ]
        return found

    def _step(self) -> Callable[[Any, Variable, list[Any]], None]:
        """The update of one variable at this step."""
        raise NotImplementedError

    def _count_on(self) -> Variable:
        """One more update."""
        trace = state.window.trace
        self.iterations.assign_add(1)
        if trace is not None:
            trace.updates(self.iterations, 1)
            own, updates = self._own(), trace.updates(self.iterations)
            trace.then(self.iterations, lambda: own()._have_made(updates))
        return self.iterations

    def _own(self) -> Callable[[], Any]:
        """What gives this optimizer to what calls of a `function` ask. What it replays itself does
        not hold it: they go together, at once.
        """
        trace = state.window.trace
        alone = trace is not None and trace is self._replaying
        return ref(self) if alone else held_weakly(self)

    def _made(self) -> int:
        """How many updates were made: remembered, so that the next one need not look it up."""
        held = self.iterations._held
        if self._known[0] is not held:
            self._known = held, int(held.item())
        return self._known[1]

    def _have_made(self, updates: int) -> None:
        """A call of a `function`, which has asked how many there were, has made some."""
        self._known = self.iterations._held, self._known[1] + updates

    def _asked(self, make: Callable[[Any], float]) -> Callable[[Any], Any]:
        """For a dtype, the tensor of a number; asked for anew at every step, also of a `function`.
        It is one for all variables. `make` is given this optimizer, and shall not hold it.
        """
        found: dict[Any, Any] = {}
        own = self._own()

        def of(dtype: Any) -> Any:
            if dtype not in found:
                found[dtype] = host(lambda: make(own()), dtype)
            return found[dtype]

        return of

    def _counted(self, function: Callable[[Any, float, int], float]) -> Callable[[Any], Any]:
        """The same of a function of the learning rate and of the number of this step, from 1."""
        trace = state.window.trace
        before = 0 if trace is None else trace.updates(self.iterations)

        def make(own: Any) -> float:
            step = own._made() + before
            rate = own._rate(step) if callable(own._rate) else own._rate
            return function(own, _number(rate, "learning_rate"), step + 1)

        return self._asked(make)


def _number(value: Any, what: str) -> float:
    value = from_outside(value)
    found = float(value.item() if isinstance(value, Tensor) else value)
    if not found >= 0.0:
        raise NumberError(f"{what}: must be a number that is not negative, not {found}")
    return found


def _share(value: Any, what: str) -> float:
    found = _number(value, what)
    if found >= 1.0:
        raise NumberError(f"{what}: must be in [0, 1), not {found}")
    return found


def _gradient(value: Any, variable: Any, what: str) -> Any:
    if not isinstance(variable, Variable):
        raise DTypeError(f"{what}: updates variables, not {type(variable).__name__}")
    held = variable._layout
    if type(value) is Tensor and value._layout is held and held.dtype.is_floating:
        return value
    if not variable.dtype.is_floating:
        raise DTypeError(
            f"{what}: variable {variable.name!r} is {variable.dtype.name}, not floating"
        )
    if value is None:
        return None
    g = tensor(value, what, variable.dtype)
    if g._layout.shape != variable._layout.shape:
        raise ShapeError(
            f"{what}: a gradient of shape {g._layout.shape} for variable {variable.name!r} "
            f"of shape {variable._layout.shape}"
        )
    if g.dtype is not variable.dtype:
        raise DTypeError(
            f"{what}: a {g.dtype.name} gradient for variable {variable.name!r}, which is "
            f"{variable.dtype.name}; convert it with ngrad.cast"
        )
    return g


class SGD(Optimizer):
    """Gradient descent, with momentum if asked.

    Without momentum w <- w - learning_rate * g. With it v <- momentum * v - learning_rate * g, and
    w <- w + v (Polyak, 1964), or w <- w + momentum * v - learning_rate * g if `nesterov`
    (Sutskever et al., On the importance of initialization and momentum in deep learning, 2013).

    Parameters
    ----------
    learning_rate : float or callable of the step
    momentum : float
        In [0, 1).
    nesterov : bool

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
        self, learning_rate: Rate = 0.01, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(learning_rate)
        self.momentum, self.nesterov = _share(momentum, "momentum"), bool(nesterov)
        self.slots = ("momentum",) if self.momentum else ()

    def _kind(self) -> Any:
        return self.nesterov

    def _step(self) -> Callable[[Any, Variable, list[Any]], None]:
        nesterov, decay = self.nesterov, self._asked(lambda own: own.momentum)
        rate = self._counted(lambda own, rate, step: rate)

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            move = rate(w.dtype) * g
            if slots:
                (velocity,), momentum = slots, decay(w.dtype)
                velocity.assign(momentum * velocity - move)
                move = move - momentum * velocity if nesterov else -velocity
            w.assign_sub(move)

        return update


class Adam(Optimizer):
    """Adam (Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015).

    In the form at the end of the paper's section 2, as in Keras: m and v are the running means of
    g and g**2, and w <- w - rate * m / (sqrt(v) + epsilon), where at step t
    rate = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t).

    Parameters
    ----------
    learning_rate : float or callable of the step
    beta_1, beta_2 : float
        Decay of the running means, in [0, 1).
    epsilon : float

    Examples
    --------
    >>> import ngrad
    >>> from ngrad.optimizers import Adam
    >>> w = ngrad.Variable([1.0, 2.0])
    >>> step = Adam(learning_rate=0.5).apply_gradients([([1.0, -4.0], w)])
    >>> w.numpy().round(3)
    array([0.5, 2.5], dtype=float32)
    """

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__(learning_rate)
        self.beta_1, self.beta_2 = _share(beta_1, "beta_1"), _share(beta_2, "beta_2")
        self.epsilon = _number(epsilon, "epsilon")

    def _step(self) -> Callable[[Any, Variable, list[Any]], None]:
        new_1 = self._asked(lambda own: 1.0 - own.beta_1)
        new_2 = self._asked(lambda own: 1.0 - own.beta_2)
        small = self._asked(lambda own: own.epsilon)
        scaled = self._counted(
            lambda own, rate, t: rate * (1.0 - own.beta_2**t) ** 0.5 / (1.0 - own.beta_1**t)
        )

        def update(g: Any, w: Variable, slots: list[Any]) -> None:
            rate = scaled(w.dtype)  # before anything is updated: it may be refused
            m, v = slots
            m.assign_add(new_1(w.dtype) * (g - m))
            v.assign_add(new_2(w.dtype) * (square(g) - v))
            w.assign_sub(rate * m / (sqrt(v) + small(w.dtype)))

        return update


__all__ = ["SGD", "Adam", "Optimizer"]
