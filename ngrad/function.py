"""`function`: Python that is run once to record it, and replayed as a plan.

The Python runs in a window of its own, whose leaves are the arguments, the variables that it reads,
and what the library counts for itself (draws, optimizer steps): all these are asked for at every
call. What is recorded is planned like any other window.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import optree

from ngrad.config import settings
from ngrad.dtypes import as_dtype, float32, float64
from ngrad.errors import DTypeError, ShapeError
from ngrad.evaluate import record_graph
from ngrad.graph.entries import LEAF, marker
from ngrad.graph.layout import Layout, layout
from ngrad.ops.convert import Weak, cast_to, constant_of
from ngrad.plans import Planned, Structure, plans
from ngrad.record import Trace, Window, state
from ngrad.tensor import Tensor
from ngrad.variable import Variable

MANY = 8
"""Traces of one function for values of Python arguments, after which each new one warns."""


class TensorSpec:
    """The dtype and shape of an argument of a `function`; a size of None is any.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.TensorSpec([None, 3])
    TensorSpec((None, 3), ngrad.float32)
    """

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape: Any, dtype: Any = float32, name: str | None = None) -> None:
        self.shape = tuple([None if n is None else int(n) for n in shape])
        self.dtype, self.name = as_dtype(dtype), name

    def check(self, value: Tensor, where: str) -> None:
        """Raise unless a tensor is one of these."""
        shape = value._layout.shape
        if value.dtype is not self.dtype:
            raise DTypeError(f"{where}: takes {self.dtype.name}, not {value.dtype.name}")
        if len(shape) != len(self.shape) or any(
            want is not None and n != want for n, want in zip(shape, self.shape, strict=True)
        ):
            raise ShapeError(f"{where}: takes shape {self.shape}, not {shape}")

    def __repr__(self) -> str:
        return f"TensorSpec({self.shape}, {self.dtype!r})"


# -- arguments -------------------------------------------------------------------------------------


class _Static(NamedTuple):
    """A Python value that is part of the signature: equal only to one of its own type and text."""

    kind: type
    value: Any


class _Number(NamedTuple):
    """A Python float: of any value."""


_NUMBER = _Number()


def _classify(leaf: Any) -> tuple[Any, Any]:
    """What of an argument's leaf is part of the signature, and what is given at each call."""
    if type(leaf) is Tensor:
        return leaf._layout.spec, leaf
    if type(leaf) is float:
        return _NUMBER, leaf
    if isinstance(leaf, Variable):
        return _Static(Variable, leaf), None
    if isinstance(leaf, (np.ndarray, np.generic)):
        made = constant_of(leaf, None, "function")
        return made._layout, made
    try:
        hash(leaf)
    except TypeError:
        raise DTypeError(
            f"function: an argument of type {type(leaf).__name__} is neither a tensor nor hashable"
        ) from None
    return _Static(type(leaf), leaf), None


# -- what one signature became ---------------------------------------------------------------------


class Concrete:
    """A function recorded for one signature."""

    def __init__(
        self, f: Callable[..., Any], structure: Any, leaves: list[Any], signature: tuple[Any, ...]
    ) -> None:
        self.name = getattr(f, "__name__", "function")
        trace = Trace(self.name)
        window = Window(trace)
        outer = state.window, state.stack, state.graph
        try:
            state.window, state.stack, state.graph = window, [], None
            given = [
                _placeholder(trace, k, leaf) for k, leaf in zip(signature, leaves, strict=True)
            ]
            self.arguments = [
                k for k, part in enumerate(signature) if not isinstance(part, _Static)
            ]
            args, kwargs = optree.tree_unflatten(structure, given)
            result = f(*args, **kwargs)
            self._finish(window, trace, result)
        finally:
            state.window, state.stack, state.graph = outer

    def _finish(self, window: Window, trace: Trace, result: Any) -> None:
        found, self.structure = optree.tree_flatten(result)
        self.outputs: list[Any] = []
        wanted: list[int] = []
        for value in found:
            value = value.tensor if isinstance(value, Weak) else value
            value = value._read() if isinstance(value, Variable) else value
            if isinstance(value, Tensor):
                wanted.append(window.slot(value))
                value = len(wanted) - 1, None
            else:
                value = -1, value
            self.outputs.append(value)
        self.assigned = trace.assigned()
        wanted += [window.slot(tensor) for _, tensor in self.assigned]
        self.trace = trace
        self.window = window
        self.kept = dict(window.kept)
        self.entries, self.wanted = tuple(window.entries), tuple(wanted)
        self.planned: dict[tuple[Layout, ...], Planned] = {}

    def _values(self, leaves: list[Any]) -> dict[int, Any]:
        """What the plan reads, by slot, at this call."""
        trace = self.trace
        kept = self.kept.copy()
        for slot, k in zip(trace.arguments, self.arguments, strict=True):
            kept[slot] = leaves[k]
        for slot, provider in trace.hosts.items():
            kept[slot] = provider()
        for slot, variable in trace.reads():
            kept[slot] = variable._tensor
        return kept

    def _structure(self, layouts: tuple[Layout, ...], places: tuple[int, ...]) -> Structure:
        entries = list(self.entries)
        for slot, where in zip(places, layouts, strict=True):
            entries[slot] = (marker(LEAF, (), where), ())
        return Structure(tuple(entries), (), self.wanted)

    def __call__(self, leaves: list[Any]) -> Any:
        kept = self._values(leaves)
        places = self.trace.places
        for slot in places:
            kept[slot]._address  # noqa: B018 - what is pending is computed now
        layouts = tuple([kept[slot]._layout for slot in places])
        if state.stack or state.window.trace is not None:
            results = self._inline(layouts, kept)
        else:
            planned = self.planned.get(layouts)
            if planned is None:
                planned = self.planned[layouts] = plans.get(self._structure(layouts, places))
            results = planned.run(kept)
        count = len(self.wanted) - len(self.assigned)
        for (variable, _), value in zip(self.assigned, results[count:], strict=True):
            assert value is not None
            variable._hold(value)
        made = [results[k] if k >= 0 else value for k, value in self.outputs]
        return optree.tree_unflatten(self.structure, made)

    def _inline(self, layouts: tuple[Layout, ...], kept: dict[int, Any]) -> list[Any]:
        """Recorded where it is called, for the tapes that listen."""
        window = state.window
        slots: dict[int, int] = {}
        for slot, value in kept.items():
            if type(value) is Tensor:
                slots[slot] = window.slot(value)
            else:
                slots[slot] = window.number(value, self.entries[slot][0].specs[0].dtype)
        if window.trace is not None:
            window.trace.hosts |= {slots[k]: make for k, make in self.trace.hosts.items()}
        return record_graph(window, self._structure(layouts, self.trace.places), slots)


def _placeholder(trace: Trace, part: Any, leaf: Any) -> Any:
    if isinstance(part, _Static):
        return leaf
    if isinstance(part, _Number):
        return Weak(trace.argument(layout(float64, ()), number=True))
    return trace.argument(part)


# -- the function ----------------------------------------------------------------------------------


class Function:
    """A function that is recorded at its first call for a signature, and replayed after.

    Made by `ngrad.function`.
    """

    def __init__(self, f: Callable[..., Any], input_signature: Sequence[TensorSpec] | None) -> None:
        functools.update_wrapper(self, f)
        self._name = getattr(f, "__name__", "function")
        self._f, self._specs = f, input_signature
        self._found: dict[Any, Concrete] = {}
        self._lock = threading.RLock()
        self._last: Concrete | None = None
        self._statics: set[Any] = set()

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if settings.eager:
            return self._f(*args, **kwargs)
        if self._specs is not None:
            args = self._checked(args)
        concrete, leaves = self._concrete(args, kwargs)
        return concrete(leaves)

    def _checked(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        assert self._specs is not None
        if len(args) != len(self._specs):
            raise TypeError(
                f"function {self._name}: takes {len(self._specs)} arguments "
                f"by its input_signature, not {len(args)}"
            )
        made = []
        for k, (value, spec) in enumerate(zip(args, self._specs, strict=True)):
            value = value._read() if isinstance(value, Variable) else value
            if not isinstance(value, Tensor):
                value = cast_to(constant_of(value, spec.dtype, "function"), spec.dtype)
            spec.check(value, f"function {self._name}: argument {k}")
            made.append(value)
        return tuple(made)

    def _concrete(self, args: Any, kwargs: Any) -> tuple[Concrete, list[Any]]:
        given: Any = (args, kwargs)
        leaves: list[Any]
        leaves, structure = optree.tree_flatten(given, none_is_leaf=True)
        parts, values = [], []
        for leaf in leaves:
            part, value = _classify(leaf)
            parts.append(part)
            values.append(value)
        signature = tuple(parts)
        key = (signature, structure)
        found = self._found.get(key)
        if found is None:
            with self._lock:
                found = self._found.get(key)
                if found is None:
                    self._warn(signature)
                    found = self._found[key] = Concrete(self._f, structure, leaves, signature)
        self._last = found
        return found, values

    def _warn(self, signature: tuple[Any, ...]) -> None:
        """Warn when new values of Python arguments have it recorded again and again."""
        statics = tuple([part for part in signature if isinstance(part, _Static)])
        rest = tuple([part for part in signature if not isinstance(part, _Static)])
        self._statics.add((rest, statics))
        same = sum(1 for other, _ in self._statics if other == rest)
        if same >= MANY:
            warnings.warn(
                f"function {self._name}: recorded {same} times for new values of Python arguments "
                f"(now {[part.value for part in statics]}); pass them as tensors or floats",
                stacklevel=4,
            )

    @property
    def traces(self) -> int:
        """How many signatures it was recorded for."""
        return len(self._found)

    def pretty(self, *args: Any, **kwargs: Any) -> str:
        """The graph: for these arguments, or of the last call."""
        return str(self._planned(args, kwargs).graph)

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The source of the generated kernels: for these arguments, or of the last call."""
        return self._planned(args, kwargs).source()

    def _planned(self, args: Any, kwargs: Any) -> Planned:
        if args or kwargs:
            self._last, _ = self._concrete(args, kwargs)
        if self._last is None:
            raise ValueError(
                f"function {self._name}: not called yet; give arguments to record it for"
            )
        last = self._last
        if last.planned:
            return next(reversed(last.planned.values()))
        places = last.trace.places
        layouts = tuple([last.entries[slot][0].specs[0] for slot in places])
        return plans.get(last._structure(layouts, places))


def function(
    f: Callable[..., Any] | None = None,
    input_signature: Sequence[TensorSpec] | None = None,
    **ignored: Any,
) -> Any:
    """Record a function at its first call, and replay it as one plan after that.

    It is recorded once for each signature: dtypes and shapes of tensors and arrays, and the values
    of other arguments, except that a Python float is a run-time value. Its Python runs then and
    only then; what the library counts (draws, optimizer steps) advances at every call, and
    variables are read and assigned at every call.

    Parameters
    ----------
    f : callable
        Of nests of tensors, arrays, numbers and hashable values; it returns a nest.
    input_signature : sequence of TensorSpec, optional
        What the arguments must be; a size of None is any.

    Raises
    ------
    TraceError
        Where its Python asks for a value, naming the line.

    Examples
    --------
    >>> import ngrad
    >>> @ngrad.function
    ... def f(x, a):
    ...     return ngrad.reduce_sum(a * x * x)
    >>> float(f(ngrad.constant([1.0, 2.0]), 3.0)), f.traces
    (15.0, 1)
    """
    if f is None:
        return lambda g: Function(g, input_signature)
    return Function(f, input_signature)


__all__ = ["Function", "TensorSpec", "function"]
