"""`GradientTape`: what was recorded, since when, and from which watched tensors."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optree

from ngrad.asking import NONE, UnconnectedGradients, of_itself, seeds_of, source_of, targets_of
from ngrad.cell import Cell
from ngrad.config import settings
from ngrad.errors import TraceError
from ngrad.evaluate import run, sweep
from ngrad.graph.differentiate import NEVER
from ngrad.hooks import hooks
from ngrad.inlined import inline
from ngrad.jacobians import Jacobians
from ngrad.nests import flatten, leaves_of
from ngrad.ops.creation import zeros_of
from ngrad.record import state
from ngrad.tensor import Tensor
from ngrad.variable import Variable
from ngrad.window import LIMIT, Claim, Fault, Window


class GradientTape(Jacobians):
    """Record operations, to differentiate through them.

    Parameters
    ----------
    persistent : bool
        Whether `gradient` may be called more than once. If not, the first call lets go of
        everything recorded.
    watch_accessed_variables : bool
        Whether trainable variables are watched as they are read.

    Notes
    -----
    A tape belongs to the thread that entered it. Semantics are those of TensorFlow's class of this
    name.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant(3.0)
    >>> with ngrad.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> float(tape.gradient(y, x))
    6.0
    """

    __slots__ = (
        "__weakref__", "_begun", "_claim", "_persistent", "_spans", "_stack", "_used", "_variables",
        "_versions", "_watch_variables", "_watched", "_window",
    )  # fmt: skip

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watch_variables = watch_accessed_variables
        self._stack: list[Any] | None = None  # the stack of the thread that entered, while active
        self._used = False
        self._begun = -1  # from which entry it listens now; -1 if it does not
        self._window: Window | None = None
        self._claim: Claim | None = None
        self._spans: tuple[tuple[int, int], ...] = ()
        self._watched: dict[int, int] = {}
        self._variables: dict[int, Variable] = {}
        self._versions: dict[int, dict[int, None]] = {}  # slots, in order

    def _join(self) -> Window:
        """The window that this tape reads: the thread's, into which it brings what it heard."""
        current, before = state.window, self._window
        if before is current:
            return current
        most = LIMIT if before is None else 1
        if len(current.entries) >= most and current.readers == 0 and current.trace is None:
            # What a tape brings comes first, so that a tensor that it computed is no leaf; and what
            # tapes recorded of whom no gradient was asked is not for ever.
            run(current)
            current = state.window
        self._window, self._claim = current, current.claim()
        if before is not None:
            moved = len(current.entries)
            tapes = [tape for tape in state.stack if isinstance(tape, GradientTape)]
            listening = [tape for tape in tapes if tape._begun >= 0]
            try:  # what was heard before they began is none of theirs
                for tape in listening:
                    tape.pause()
                places = current.adopt(before)
            finally:
                for tape in listening:
                    tape.resume()
            self._spans = tuple([(first + moved, last + moved) for first, last in self._spans])
            watched: dict[int, int] = {}
            for slot, when in self._watched.items():
                watched[places[slot]] = min(when + moved, watched.get(places[slot], NEVER))
            self._watched = watched
            for slot, others in (current.twins or {}).items():
                for tape in tapes:  # what they watch has another slot from here on
                    if not tape._watched.keys().isdisjoint(others):
                        tape._watched.setdefault(slot, len(current.entries))
            self._versions = {
                uid: {places[slot]: None for slot in slots} for uid, slots in self._versions.items()
            }
        return current

    # -- the context -------------------------------------------------------------------------------

    def _require_here(self, what: str) -> None:
        """Refuse to be asked across the border of a function that is recorded."""
        window = self._window
        if window is None or window is state.window:
            return
        trace = state.window.trace
        if window.trace is not trace:
            where = "in a `function`" if trace is None else f"outside of function {trace.name}"
            raise TraceError(
                f"{what}: the tape has listened {where}; use a tape on one side of a function, and "
                "return from it what is needed outside"
            )

    def __enter__(self) -> GradientTape:
        if self._window is not None:
            self._require_here("GradientTape")
        if self._stack is not None:
            raise ValueError(
                "this tape is already recording; enter it again after its `with` block ends"
            )
        if self._used:  # let go by its gradient: entering again begins anew
            self.reset()
        window = self._join()
        window.readers += 1
        state.window = window  # what the collector ran meanwhile may have begun another
        window.limit = NEVER
        self._begun = len(window.entries)
        stack = self._stack = state.stack
        stack.append(self)
        return self

    def __exit__(self, kind: object = None, error: object = None, trace: object = None) -> None:
        """Listen no longer."""
        stack, window = self._stack, self._window
        if stack is None or window is None:
            return
        if self._begun >= 0:  # `pause`, spelled out: every tape comes here
            self._spans += ((self._begun, len(window.entries)),)
            self._begun = -1
        if stack and stack[-1] is self:
            stack.pop()
        elif self in stack:  # not within `stop_recording`
            stack.remove(self)
        self._stack = None
        window.readers -= 1
        if window.readers == 0 and window.trace is None:
            window.limit = len(window.entries) + LIMIT

    @property
    def has_ended(self) -> bool:
        """Whether it has listened, does no longer, and can be asked for a gradient still."""
        return self._window is not None and self._stack is None and not self._used

    def has_heard(self, x: Tensor) -> bool:
        """Whether it listened when a tensor was computed, or watches it."""
        slot = -1 if self._window is None else self._window.slot_of(x)
        return slot in self._watched or any(first <= slot < last for first, last in self._spans)

    def pause(self) -> None:
        """What is recorded from now on is not heard."""
        if self._begun >= 0 and self._window is not None:
            self._spans += ((self._begun, len(self._window.entries)),)
        self._begun = -1

    def resume(self) -> None:
        """What is recorded from now on is heard again."""
        if self._window is not None:
            self._begun = len(self._window.entries)

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Within it, this tape records nothing.

        Raises
        ------
        ValueError
            If the tape is not recording.
        """
        self._require_here("stop_recording")
        stack = self._stack
        if stack is None or self not in stack:
            raise ValueError("stop_recording: this tape is not recording")
        self.pause()
        stack.remove(self)
        try:
            yield
        finally:
            if self._stack is not None:
                stack.append(self)
                self.resume()

    def reset(self) -> None:
        """Forget all that was recorded and watched, as if the tape were new."""
        self._require_here("reset")
        self._used = False
        recording = self._stack is not None
        window = self._window
        self._window = self._claim = None
        self._spans, self._watched, self._variables, self._versions = (), {}, {}, {}
        if recording and window is not None:
            if window.readers == 1 and window.trace is None:  # nobody else reads what was recorded
                window.readers = 0
                state.window = Window()
            self._window = state.window
            self._window.readers += window.readers == 0
            self._claim = self._window.claim()
            self._window.limit = NEVER
            self.resume()

    # -- watching ----------------------------------------------------------------------------------

    def watch(self, tensor: Any) -> None:
        """Follow a tensor, or every tensor of a nest.

        Raises
        ------
        ValueError
            For what is neither a tensor nor a variable, naming its type.
        """
        window = self._window
        if window is None:
            window = self._join()
        elif window is not state.window:
            self._require_here("watch")
        if type(tensor) is Tensor and tensor._layout.dtype.is_inexact:
            slot = window.get(tensor, -1)
            if slot < 0:
                slot = window.stand(tensor)
            self._watched.setdefault(slot, len(window.entries))
            return
        for value in leaves_of(tensor, "watch", none_is_leaf=True):
            if isinstance(value, Variable):
                self._watch_variable(value)
                continue
            if isinstance(value, Cell):  # as a source it means what it holds now
                held = value._read()
                self._versions[value._uid] = {window[held]: None}
                value = held
            if not isinstance(value, Tensor):
                raise ValueError(
                    f"watch: takes tensors and variables, not {type(value).__name__}; "
                    "make a tensor with ngrad.constant"
                )
            if not value.dtype.is_inexact:
                warnings.warn(
                    f"watch: the tensor is {value.dtype.name}; its gradient will be None. "
                    "Only floating-point and complex tensors have one.",
                    stacklevel=2,
                )
            self._watched.setdefault(window[value], len(window.entries))

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables that this tape has followed, in the order in which they were made."""
        return tuple([self._variables[uid] for uid in sorted(self._variables)])

    def variable_read(self, variable: Variable) -> None:
        """A variable is being read."""
        if (self._watch_variables and variable._trainable) or variable._uid in self._variables:
            self._watch_variable(variable)

    def follows(self, uid: int) -> bool:
        """Whether a variable or a cell is watched."""
        return uid in self._versions

    def _watch_variable(self, variable: Variable) -> None:
        """Follow a variable: the value that it holds now is one more of the same source."""
        window = self._join() if self._window is None else self._window
        slot = window[variable._tensor]
        if slot not in self._watched:
            self._watched[slot] = len(window.entries)
        versions = self._versions.get(variable._uid)
        if versions is None:
            self._variables[variable._uid] = variable
            self._versions[variable._uid] = {slot: None}
        else:
            versions.setdefault(slot)

    # -- the gradient ------------------------------------------------------------------------------

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: UnconnectedGradients | str = NONE,
    ) -> Any:
        """The gradient of the sum of the targets with respect to the sources.

        Parameters
        ----------
        target : tensor, variable, or nest of them
        sources : tensor, variable, or nest of them
        output_gradients : nest like `target`, optional
            The cotangent of each target; ones where it is None.
        unconnected_gradients : UnconnectedGradients
            None, or zeros, for a source that no target depends on.

        Returns
        -------
        A nest like `sources`.

        Raises
        ------
        RuntimeError
            On a second call, unless the tape is persistent.
        """
        if self._window is not state.window:
            self._require_here("gradient")
        if self._used and not self._persistent:
            raise RuntimeError(
                "gradient: a tape that is not persistent gives one gradient; "
                "use GradientTape(persistent=True) for several"
            )
        zero = unconnected_gradients is not NONE and (
            UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        )
        targets = (target,) if type(target) is Tensor else targets_of(target, self)
        seeds = None if output_gradients is None else seeds_of(targets, output_gradients)
        structure = None
        if type(sources) is Tensor or isinstance(sources, Cell):
            wanted: tuple[Any, ...] = (sources,)
        else:
            leaves, structure = flatten(sources, "gradient")
            wanted = tuple([source_of(value) for value in leaves])
        results = self._sweep(targets, wanted, seeds)
        for k, result in enumerate(results):
            if result is None:
                results[k] = of_itself(self, wanted[k], targets, seeds)
        if zero:
            results = [
                zeros_of(source._layout.spec) if result is None else result
                for source, result in zip(wanted, results, strict=True)
            ]
        if type(sources) is not Tensor:
            for k, source in enumerate(wanted):
                if type(source) is not Tensor:
                    results[k] = source.given(results[k])
        return results[0] if structure is None else optree.tree_unflatten(structure, results)

    def _sweep(
        self, targets: tuple[Any, ...], sources: tuple[Any, ...], seeds: list[Tensor | None] | None
    ) -> list[Any]:
        window = self._window
        if window is None:
            return [None] * len(sources)
        count = len(window.entries)  # before the seeds
        # Plain loops, here and wherever a small gradient comes: to make an iterator of two things
        # takes longer than to go through them.
        reached: tuple[int, ...] = ()
        connected = False
        for target in targets:
            slot = target._slot if target._window is window else window.slot_of(target)
            if slot >= 0:
                connected = True
            elif type(target._window) is Fault:
                Tensor.evaluate(target)  # which raises: it has no value, and so no gradient
            reached += (slot,)
        given: tuple[int, ...] = ()
        for seed in seeds or ():
            given += (-1 if seed is None else window[seed],)
        slots: tuple[tuple[int, ...], ...] = ()
        for source in sources:
            slot = window.get(source, -1) if type(source) is Tensor else -1
            alone = slot >= 0 and window.twins is None
            slots += ((slot,) if alone else self._slots(source),)
        # Bare tuples: they are a part of what the plan is looked up by.
        goal: Any = (reached, given, slots)
        heard: Any = self._heard(count)
        if not self._persistent:
            self._let_go()
        if not connected:
            return [None] * len(sources)
        if hooks.sweep is not None:
            hooks.sweep(window, heard, goal)
        # Its window and the thread's have one trace, or it was refused.
        if state.stack or window.opaque or window.trace is not None:
            results = inline(window, heard, goal)
            if (not state.stack or settings.eager) and state.window.trace is None:
                run(state.window)
            return results
        return sweep(window, heard, goal)

    def _heard(self, count: int) -> tuple[Any, Any]:
        """What it listened to of the first `count` entries, and what it watched; as in `Heard`."""
        spans = self._spans
        if self._begun >= 0:
            spans += ((self._begun, count),)
        return spans, tuple(self._watched.items())

    def _let_go(self) -> None:
        """Its one gradient is being taken: nothing that only it needs is stored any more."""
        if self._stack is not None:
            self.__exit__()
        self._used = True
        self._window = self._claim = None

    def _slots(self, source: Any) -> tuple[int, ...]:
        if isinstance(source, Cell):
            slots = self._versions.get(source._uid)
            if slots is not None or type(source) is Variable:
                return tuple(slots or ())
            source = source._read()
        window = self._window
        assert window is not None
        slot = window.slot_of(source)
        return (slot, *window.same_as(slot)) if slot >= 0 else ()
