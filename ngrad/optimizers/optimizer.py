"""What optimizers share: how they clip, count, and keep state in variables; Keras' spelling.

An update is recorded by no tape. That of a float of two bytes is computed in float32, of which its
state is, and rounded where it is assigned: squares of gradients are below what it holds.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from weakref import ref

from ngrad.config import settings
from ngrad.devices import HOST, device
from ngrad.dtypes import BY_CODE, promote
from ngrad.errors import GradientError, NumberError
from ngrad.function import Function, function
from ngrad.graph.layout import Layout
from ngrad.ops.clipping import clip_by_global_norm, clip_by_norm
from ngrad.ops.convert import cast_to, wide
from ngrad.ops.creation import full_of
from ngrad.ops.math import clip_by_value
from ngrad.optimizers.configured import Configured
from ngrad.optimizers.given import gradient_for, number, optional
from ngrad.optimizers.kept import Kept
from ngrad.optimizers.schedules import LearningRateSchedule
from ngrad.record import paused, state
from ngrad.tape import GradientTape
from ngrad.tracing import held_weakly, host, made_here
from ngrad.variable import Variable

Rate = float | Variable | Callable[[int], Any]
Update = Callable[[Any, Variable, list[Any]], None]
CLIPS = ("clipnorm", "global_clipnorm", "clipvalue")
KEPT = 8
"""Sets of variables whose updates an optimizer remembers, and so holds."""


class Optimizer(Configured):
    """What optimizers share; a subclass says how one variable changes.

    Parameters
    ----------
    learning_rate : float, Variable or callable
        A number; a variable that holds one, read at each update; or a function that returns one
        from how many updates were made.
    weight_decay : float, optional
        Before an update, variables lose this share of themselves, times the learning rate
        (Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019).
    clipnorm, global_clipnorm, clipvalue : float, optional
        One of: the greatest norm that a gradient may have, or all of them together, and the
        greatest magnitude that an element may have.
    name : str, optional

    Attributes
    ----------
    learning_rate : Variable or tensor
        What was given, or the variable that holds it, to which may be assigned; of a function what
        it returns for the next update. It may be set to what may be given.
    weight_decay, clipnorm, global_clipnorm, clipvalue
        As given; they may be set.
    iterations : Variable
        How many updates have been made, int64.
    variables : list of Variable
        The whole state: `iterations`, then that of each variable, as they were first updated.
    """

    def __init__(
        self,
        learning_rate: Rate,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
        clipvalue: float | None = None,
        name: str | None = None,
    ) -> None:
        self.name = name or type(self).__name__.lower()
        self.learning_rate = learning_rate
        self.weight_decay = optional(weight_decay, "weight_decay")
        self.clipnorm = optional(clipnorm, "clipnorm")
        self.global_clipnorm = optional(global_clipnorm, "global_clipnorm")
        self.clipvalue = optional(clipvalue, "clipvalue")
        self._clip()
        self._undecayed: tuple[Kept[bool], tuple[str, ...]] = Kept(), ()
        self.iterations = Variable(0, trainable=False, name="iterations", dtype=BY_CODE["i8"])
        self._state = Kept[dict[str, Variable]]()
        self._known: tuple[Any, int] = (None, 0)
        self._updates: dict[Any, Function[..., Any]] = {}
        self._replaying: Any = None
        made_here(self, type(self).__name__)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has, or a pickle: all but what is remembered of recordings."""
        return {**vars(self), "_known": (None, 0), "_updates": {}, "_replaying": None}

    @property
    def learning_rate(self) -> Any:
        if isinstance(self._rate, Variable):
            return self._rate
        return self._counted(lambda own, rate, step: rate)(BY_CODE["f4"])

    @learning_rate.setter
    def learning_rate(self, value: Rate) -> None:
        if callable(value):
            rate: Any = value
            if type(rate).__call__ is LearningRateSchedule.__call__:
                rate = rate.at  # a float, which is more exact than the tensor
            self._rate: Any = rate if _takes_a_step(rate) else partial(_asked_without, rate)
        elif isinstance(value, Variable):
            self._rate = value
        else:
            given, dtype = number(value, "learning_rate"), BY_CODE["f8"]
            with device(HOST):  # where it is read, at each update
                self._rate = Variable(given, trainable=False, name="learning_rate", dtype=dtype)

    @property
    def variables(self) -> list[Variable]:
        return [self.iterations, *(slot for own in self._state.values() for slot in own.values())]

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the state that each variable has."""
        return ()

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the state of variables ahead; the first update makes what is missing."""
        for variable in variables:
            self._slots_of(variable)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make another such, by name: a learning rate as a number, or as the
        schedule or function that it is.
        """
        rate = self._rate
        schedule = getattr(rate, "__self__", None)
        if isinstance(rate, Variable):
            rate = float(rate._held)
        elif isinstance(schedule, LearningRateSchedule):
            rate = schedule
        return {**super().get_config(), "learning_rate": rate}

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
            pairs = [(gradient_for(g, v, what), v) for g, v in grads_and_vars]
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

    def apply(self, grads: Iterable[Any], trainable_variables: Iterable[Variable]) -> Variable:
        """As `apply_gradients`, of gradients and variables apart."""
        return self.apply_gradients(zip(grads, trainable_variables, strict=True))

    def minimize(
        self,
        loss: Any,
        var_list: Iterable[Variable] | Callable[[], Iterable[Variable]] | None = None,
        tape: GradientTape | None = None,
        name: str | None = None,
    ) -> Variable:
        """Update variables by the gradient of a loss.

        Parameters
        ----------
        loss : callable, or tensor
            A function without arguments that returns it; a tensor needs the tape that heard of it.
        var_list : variables, or callable that returns them after the loss was computed
            All trainable ones that the loss reads if not given.

        Examples
        --------
        >>> import ngrad
        >>> w = ngrad.Variable(3.0)
        >>> optimizer = ngrad.optimizers.SGD(0.5)
        >>> step = optimizer.minimize(lambda: ngrad.square(w), [w])
        >>> w.numpy()
        np.float32(0.0)
        """
        if var_list is not None and not callable(var_list):
            var_list = list(var_list)
        if callable(loss):
            with GradientTape() as tape:
                if isinstance(var_list, list):
                    tape.watch(var_list)
                loss = loss()
        elif tape is None:
            raise GradientError(
                f"{type(self).__name__}.minimize: a loss that is a tensor needs its tape=; or pass "
                "a function that returns the loss"
            )
        if var_list is None:
            var_list = tape.watched_variables()
        variables = list(var_list() if callable(var_list) else var_list)
        return self.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Variables that do not decay: some, and those in whose names a pattern is found."""
        self._undecayed = Kept((v, True) for v in var_list or ()), tuple(var_names or ())

    def _decays(self, variable: Variable) -> bool:
        own, names = self._undecayed
        return (
            self.weight_decay is not None
            and not own.get(variable, False)
            and not any(re.search(name, variable.name) for name in names)
        )

    def _clip(self) -> str:
        """By which attribute gradients are clipped, if they are."""
        set_ = [what for what in CLIPS if getattr(self, what) is not None]
        if len(set_) > 1:
            raise NumberError(f"{type(self).__name__}: takes one of {', '.join(set_)}")
        return set_[0] if set_ else ""

    def _clipped(self, given: list[tuple[Any, Variable]]) -> list[Any]:
        gradients, how = [g for g, _ in given], self._clip()
        if not how:
            return gradients
        bound = self._asked(lambda own: number(getattr(own, how), how))
        if how == "global_clipnorm":
            wide = promote(*(g.dtype for g in gradients))
            clipped, _ = clip_by_global_norm(gradients, bound(wide))
            return [cast_to(g, v.dtype) for g, (_, v) in zip(clipped, given, strict=True)]
        if how == "clipnorm":
            return [clip_by_norm(g, bound(g.dtype)) for g in gradients]
        return [clip_by_value(g, -bound(g.dtype), bound(g.dtype)) for g in gradients]

    def _update(self, given: list[tuple[Any, Variable]]) -> Variable:
        update, gradients = self._step(), self._clipped(given)
        lost = self._counted(lambda own, rate, step: rate * own.weight_decay)
        for gradient, (_, variable) in zip(gradients, given, strict=True):
            if self._decays(variable):
                variable.assign_sub(variable * lost(variable.dtype))
            update(wide(gradient), variable, self._slots_of(variable))
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        return self._count_on()

    def _recorded(self, variables: list[Variable]) -> Function[..., Any]:
        """The update of these variables as a function of their gradients: a loop makes the same
        one again and again, whose Python would take as long as that of all else in a step.
        """
        decays = None if self.weight_decay is None else tuple(map(self._decays, variables))
        key = (self._kind(), self._clip(), decays, *[v._uid for v in variables])
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
        first = self._first(variable._layout)
        if not first:
            return []
        own = self._state.setdefault(variable, {})
        for slot, (where, start) in first.items():
            if slot not in own:
                value, name = wide(full_of(where, start)), f"{variable.name}/{slot}"
                own[slot] = Variable(value, trainable=False, name=name)
        return [own[slot] for slot in first]

    def _has(self, slot: str) -> bool:
        """Whether a variable has state of a name, which is kept up from then on."""
        return any(slot in own for own in self._state.values())

    def _first(self, where: Layout) -> dict[str, tuple[Layout, float]]:
        """The state of a variable that lies so: by name how it lies, and what it is at first."""
        return dict.fromkeys(self.slots, (where, 0.0))

    def _step(self) -> Update:
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
            rate = own._rate
            rate = rate._held if isinstance(rate, Variable) else rate(step)
            return function(own, number(rate, "learning_rate"), step + 1)

        return self._asked(make)


def _asked_without(rate: Callable[[], Any], step: int) -> Any:
    """What a function of the learning rate returns that has no parameter."""
    return rate()


def _takes_a_step(rate: Any) -> bool:
    """Whether a function of the learning rate has a parameter."""
    try:
        return bool(inspect.signature(rate).parameters)
    except ValueError:  # one in C may not say
        return True
