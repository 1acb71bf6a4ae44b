"""`function`: Python that is run once to record it, and replayed as a plan."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, Generic, ParamSpec, TypeVar, overload
from weakref import WeakSet, ref

from ngrad.binding import Binding, specified
from ngrad.concrete import Concrete, values_of
from ngrad.config import settings
from ngrad.errors import TraceError
from ngrad.graph.layout import Layout
from ngrad.nests import over_leaves
from ngrad.plans import Planned
from ngrad.record import state
from ngrad.signature import Axis, Signature, TensorSpec, besides, is_array, read_arguments
from ngrad.statics import Static

P = ParamSpec("P")
R = TypeVar("R")
MANY = 8
"""Recordings of one function for values of Python arguments, from which on each new one warns."""
LIMIT = 1024
"""Recordings of one function that are kept."""


def _called(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """What Python returns for arguments, of which arrays are its own, as where it is recorded."""

    arrays: dict[int, Any] = {}

    def own(leaf: Any) -> Any:
        if not is_array(leaf):
            return leaf
        if leaf._uid not in arrays:  # one that is given twice is one
            kind: Any = type(leaf)
            arrays[leaf._uid] = kind(leaf._read())
        return arrays[leaf._uid]

    given: Any = (args, kwargs)
    args, kwargs = over_leaves(own, given, what="function", none_is_leaf=True)
    return f(*args, **kwargs)


class Function(Generic[P, R]):
    """A function that is recorded at its first call for a signature, and replayed after.

    Made by `ngrad.function`.
    """

    def __init__(
        self,
        f: Callable[P, R],
        input_signature: Sequence[TensorSpec] | None,
        relax: bool = False,
    ) -> None:
        functools.update_wrapper(self, f)
        self._name = getattr(f, "__name__", "function")
        self._f, self._specs, self._relax = f, input_signature, relax
        self._binding: Binding | None = None  # not before it is called, as which method it may be
        self._least = sys.maxsize
        for spec in input_signature or ():
            if not isinstance(spec, TensorSpec):
                raise TypeError(f"input_signature: takes TensorSpecs, not {type(spec).__name__}")
        self._found: dict[Any, Concrete] = {}
        self._axes = [
            (k, axis)
            for k, spec in enumerate(input_signature or ())
            for axis, size in enumerate(spec.shape)
            if size is None
        ]
        # What else the arguments are, and what was recorded with the sizes of some axes open.
        self._open: list[tuple[Any, Concrete]] = []
        self._seen: dict[Any, tuple[Signature, frozenset[Axis]]] = {}
        self._values: dict[Any, set[Any]] = {}
        self._last: Concrete | None = None
        self._methods: dict[int, tuple[Any, Function[..., Any]]] = {}
        self._lock = threading.RLock()
        _functions.add(self)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        key = id(instance)
        found = self._methods.get(key)
        if found is None:
            try:
                holder = ref(instance, lambda _: self._methods.pop(key, None))
            except TypeError:
                raise TypeError(
                    f"function {self._name}: is a method of {type(instance).__name__}, to which "
                    "there are no weak references; add '__weakref__' to its __slots__"
                ) from None
            own = Function(self._f, self._specs, self._relax)
            found = self._methods.setdefault(key, (holder, own))
        return Method(found[1], instance)

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        found: R = self._call(self._f, args, kwargs)
        return found

    def _call(self, f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if kwargs or len(args) < self._least:
            args, kwargs = self._bound(f, args, kwargs)
        if settings.eager or state.window.inlines:
            # Within another function it is part of that one.
            return values_of(_called(f, args, kwargs))
        leaves, signature = read_arguments(args, kwargs)
        concrete = self._found.get(signature) or self._recorded(f, leaves, signature)
        self._last = concrete
        if concrete.opaque and state.stack:
            return values_of(_called(f, args, kwargs))
        return concrete(leaves)

    def _bound(self, f: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, Any]:
        """The arguments by the parameters that they are for, and as `input_signature` has them."""
        specs = self._specs
        if self._binding is None:
            self._binding = Binding(f, None if specs is None else len(specs))
            self._least = self._binding.least if specs is None else sys.maxsize
        if kwargs or len(args) < self._binding.least:
            try:
                args, kwargs = self._binding.bound(args, kwargs)
            except TypeError as error:
                if specs is not None:
                    raise TypeError(f"function {self._name}: {error}") from None
                # Otherwise Python is to say what it refuses, where the function is called with it.
        return (args, kwargs) if specs is None else specified(self._name, args, kwargs, specs)

    def _recorded(self, f: Callable[..., Any], leaves: list[Any], signature: Signature) -> Concrete:
        with self._lock:  # whoever comes while it is recorded waits
            found = self._found.get(signature)
            if found is None:
                axes = self._differing(signature) if self._relax else self._axes
                if axes:
                    found = self._at(f, leaves, signature, axes)
                if found is None:
                    self._warn(signature)
                    found = self._record(f, leaves, signature)
                self._found[signature] = found
                if len(self._found) > LIMIT:
                    del self._found[next(iter(self._found))]
        return found

    def _record(self, *what: Any) -> Concrete:
        """A recording of a call that finds all variables made."""
        found = Concrete(self._name, *what)
        if found.anew:
            found = Concrete(self._name, *what)
            if found.anew:
                raise TraceError(
                    f"function {self._name}: makes a Variable of what is drawn, or of other "
                    "variables, at every call; make it outside, or at the first call alone"
                )
        return found

    def _differing(self, signature: Signature) -> list[Axis]:
        """The axes along which tensors differ from those of earlier signatures that are alike."""
        form = besides(signature)
        first, axes = self._seen.get(form, (signature, frozenset()))
        pairs = enumerate(zip(first[0], signature[0], strict=True))
        more = [
            (k, axis)
            for k, (one, two) in pairs
            if type(one) is Layout
            for axis, (n, m) in enumerate(zip(one.shape, two.shape, strict=True))
            if n != m
        ]
        if len(self._seen) >= LIMIT:
            self._seen.clear()
        self._seen[form] = first, axes.union(more)
        return sorted(axes.union(more))

    def _at(
        self, f: Callable[..., Any], leaves: list[Any], signature: Signature, axes: list[Axis]
    ) -> Concrete | None:
        """A recording with open sizes, at those of a signature: a new one if none holds there. None
        if there can be none; with numbers for sizes there may, or the error says what is wrong.
        """
        sizes = [signature[0][k].shape[axis] for k, axis in axes]
        rest = besides(signature, axes)
        for other, recording in reversed(self._open):
            found: Concrete | None = recording.at(sizes) if other == rest else None
            if found is not None:
                return found
        try:
            recording = self._record(f, leaves, signature, axes)
        except Exception:
            return None
        if recording.opaque:
            return None  # what a user's Python makes of a size is not known
        self._open.append((rest, recording))
        if len(self._open) > LIMIT:
            del self._open[0]
        return recording.at(sizes)

    def _warn(self, signature: Signature) -> None:
        """Warn when new values of Python arguments have it recorded again and again."""
        parts, structure, device = signature
        values = tuple([part for part in parts if type(part) is Static])
        rest = tuple([part for part in parts if type(part) is not Static]), structure, device
        if len(self._values) >= LIMIT:
            self._values.clear()
        seen = self._values.setdefault(rest, set())
        if len(seen) <= MANY:
            seen.add(values)
        if len(seen) > MANY:
            warnings.warn(
                f"function {self._name}: recorded over {MANY} times for new values of Python "
                f"arguments (now {[part.value for part in values]}); pass them as tensors or "
                "floats",
                stacklevel=5,
            )

    def get_concrete_function(self, /, *args: Any, **kwargs: Any) -> Function[P, R]:
        """The function of arguments that are as these: tensors, or their `TensorSpec`s; if none are
        given, as its `input_signature` says.
        """
        return self._specified(self._f, args, kwargs)

    def _specified(self, f: Callable[..., Any], args: Any, kwargs: Any) -> Function[P, R]:
        args, kwargs = Binding(f, 0).bound(args, kwargs)
        if kwargs:
            raise TypeError(
                f"get_concrete_function: {', '.join(kwargs)} cannot be an argument by position, as "
                "those that it specifies are"
            )
        return Function(self._f, [_spec_of(x) for x in args] or self._specs)

    @property
    def traces(self) -> int:
        """How many recordings there are of it; one may be for any size."""
        found = (*list(self._found.values()), *[recording for _, recording in self._open])
        return len({id(concrete.sizes) for concrete in found})

    def pretty(self, /, *args: Any, **kwargs: Any) -> str:
        """The graph: for these arguments, or of the last call."""
        return str(self._planned(self._f, args, kwargs).graph)

    def source(self, /, *args: Any, **kwargs: Any) -> str:
        """The source of the kernels: for these arguments, or of the last call."""
        return self._planned(self._f, args, kwargs).source()

    def _planned(self, f: Callable[..., Any], args: Any, kwargs: Any) -> Planned:
        if args or kwargs:
            leaves, signature = read_arguments(*self._bound(f, args, kwargs))
            self._last = self._found.get(signature) or self._recorded(f, leaves, signature)
        if self._last is None:
            raise ValueError(
                f"function {self._name}: not called yet; give arguments to record it for"
            )
        return self._last.planned()

    def __repr__(self) -> str:
        return f"<function {self._name} of ngrad, recorded {self.traces} times>"


def _spec_of(value: Any) -> TensorSpec:
    if not isinstance(value, TensorSpec) and not hasattr(value, "shape"):
        raise TypeError(
            f"get_concrete_function: takes tensors and TensorSpecs, not {type(value).__name__}; "
            "close over other values"
        )
    return value if isinstance(value, TensorSpec) else TensorSpec.from_tensor(value)


class Method:
    """A function of one object: recorded for that object, and let go with it."""

    def __init__(self, own: Function[..., Any], instance: Any) -> None:
        self._own, self._f = own, MethodType(own._f, instance)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._own._call(self._f, args, kwargs)

    def get_concrete_function(self, /, *args: Any, **kwargs: Any) -> Method:
        return Method(self._own._specified(self._f, args, kwargs), self._f.__self__)

    @property
    def traces(self) -> int:
        return self._own.traces

    def pretty(self, /, *args: Any, **kwargs: Any) -> str:
        return str(self._own._planned(self._f, args, kwargs).graph)

    def source(self, /, *args: Any, **kwargs: Any) -> str:
        return self._own._planned(self._f, args, kwargs).source()


_functions: WeakSet[Function[..., Any]] = WeakSet()


def _after_fork() -> None:
    """A lock may have been copied taken."""
    for function in _functions:
        function._lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@overload
def function(
    func: Callable[P, R],
    input_signature: Sequence[TensorSpec] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    *,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
) -> Function[P, R]: ...
@overload
def function(
    func: None = None,
    input_signature: Sequence[TensorSpec] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    *,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
) -> Callable[[Callable[P, R]], Function[P, R]]: ...
def function(
    func: Callable[..., Any] | None = None,
    input_signature: Sequence[TensorSpec] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    *,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
) -> Any:
    """Record a function at its first call, and replay it as one plan after that.

    It is recorded once for each signature: dtypes and shapes of tensors and arrays, and the values
    of other arguments, except that a Python float is a run-time value. Its Python runs then and
    only then; what the library counts (draws, optimizer steps) advances at every call, and
    variables are read and assigned at every call.

    Parameters
    ----------
    func : callable
        Of nests of tensors, arrays, numbers and hashable values; it returns a nest.
    input_signature : sequence of TensorSpec, optional
        What the arguments must be; a size of None is any, and one recording serves all.
    reduce_retracing, experimental_relax_shapes : bool, optional
        Whether, of tensors that differ in sizes from those of an earlier call, these sizes are any
        from then on.
    autograph, jit_compile, experimental_compile
        Of TensorFlow's function; nothing depends on them.

    Raises
    ------
    TypeError
        Of a generator, or a coroutine.
    TraceError
        At a call, where the Python asks for a value, naming the line.

    Examples
    --------
    >>> import ngrad
    >>> @ngrad.function
    ... def f(x, a):
    ...     return ngrad.reduce_sum(a * x * x)
    >>> float(f(ngrad.constant([1.0, 2.0]), 3.0)), f.traces
    (15.0, 1)
    """
    if func is None:
        return lambda f: function(
            f,
            input_signature,
            reduce_retracing=reduce_retracing,
            experimental_relax_shapes=experimental_relax_shapes,
        )
    if inspect.isgeneratorfunction(func) or inspect.iscoroutinefunction(func):
        raise TypeError(
            f"function {func.__name__}: its Python would run after the call, when nothing is "
            "recorded any more; return a list or a tuple"
        )
    relax = reduce_retracing or bool(experimental_relax_shapes)
    return Function(func, input_signature, relax and input_signature is None)


__all__ = ["Function", "TensorSpec", "function"]
