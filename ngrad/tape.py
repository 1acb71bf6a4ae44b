"""`GradientTape`: what was recorded, since when, and from which watched tensors."""

from __future__ import annotations

import enum
import threading
import warnings
from collections import OrderedDict
from contextlib import contextmanager
from collections.abc import Iterator
from typing import Any

import optree

from ngrad.errors import ShapeError
from ngrad.graph.differentiate import PART_OF, Entry, Load, differentiate, reads
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call, Op
from ngrad.graph.plan import Plan
from ngrad.ops.convert import cast_to, from_outside, tensor
from ngrad.ops.creation import zeros_of
from ngrad.record import execute, next_uid, state
from ngrad.tensor import Tensor, scalar
from ngrad.variable import Variable

PLANS_LIMIT = 1024


class UnconnectedGradients(enum.Enum):
    """What `gradient` gives for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


def _watch_infer(*_: Any) -> Any:
    raise AssertionError("a watched tensor is recorded, never computed")


WATCH = Op("watch", _watch_infer, _watch_infer, family="engine")


class _Plans:
    """Backward plans by structure, the most recently used ones."""

    def __init__(self) -> None:
        self.found: OrderedDict[Any, tuple[Plan, tuple[Load | int, ...]]] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: Any) -> Any:
        found = self.found.get(key)  # equal in full, not by hash alone: a key is the structure itself
        if found is not None:
            try:
                self.found.move_to_end(key)
            except KeyError:  # another thread evicted it meanwhile
                pass
        return found

    def put(self, key: Any, value: Any) -> None:
        with self.lock:
            self.found[key] = value
            while len(self.found) > PLANS_LIMIT:
                self.found.popitem(last=False)


plans = _Plans()


def _watched_call(where: Layout) -> Call:
    found = WATCH.calls.get(where)
    if found is None:
        found = WATCH.calls[where] = Call(WATCH, (), (), (where,), _watch_infer)
    return found


def _part_call(whole: Call, which: int) -> Call:
    key = (whole.outputs[which], which)
    found = PART_OF.calls.get(key)
    if found is None:
        found = PART_OF.calls[key] = Call(PART_OF, (which,), (), (whole.outputs[which],), _watch_infer)
    return found


class GradientTape:
    """Record operations, to differentiate through them.

    Parameters
    ----------
    persistent : bool
        Whether `gradient` may be called more than once. If not, the first call lets go of everything recorded.
    watch_accessed_variables : bool
        Whether trainable variables are watched as they are read.

    Notes
    -----
    A tape belongs to the thread that entered it. Semantics are those of TensorFlow's class of this name.

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

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watch_variables = watch_accessed_variables
        self._stack: list[Any] | None = None  # the stack of the thread that entered, while active
        self._used = False
        self._clear()

    def _clear(self) -> None:
        self._entries: list[Entry] = []
        self._kept: list[tuple[Any, ...]] = []
        self._slots: dict[int, int] = {}
        self._variables: dict[int, Variable] = {}

    # -- the context ---------------------------------------------------------------------------------------

    def __enter__(self) -> GradientTape:
        if self._stack is not None:
            raise ValueError("this tape is already recording; enter it again after its `with` block ends")
        self._start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._stack is not None:
            self._stop()

    def _start(self) -> None:
        if self._used and not self._persistent:
            self._used = False
            self._clear()
        self._stack = state.stack
        self._stack.append(self)

    def _stop(self) -> None:
        if self._stack is not None:
            self._stack.remove(self)
            self._stack = None

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Within it, this tape records nothing.

        Raises
        ------
        ValueError
            If the tape is not recording.
        """
        if self._stack is None:
            raise ValueError("stop_recording: this tape is not recording")
        self._stop()
        try:
            yield
        finally:
            if self._stack is None:
                self._stack = state.stack
                self._stack.append(self)

    def reset(self) -> None:
        """Forget all that was recorded and watched, as if the tape were new."""
        self._used = False
        self._clear()

    # -- watching ------------------------------------------------------------------------------------------

    def watch(self, tensor: Any) -> None:
        """Follow a tensor, or every tensor of a nest.

        Raises
        ------
        ValueError
            For what is neither a tensor nor a variable, naming its type.
        """
        for value in optree.tree_leaves(tensor, none_is_leaf=True):
            if isinstance(value, Variable):
                self._watch(value._uid, value._layout)
                self._variables[value._uid] = value
                continue
            if not isinstance(value, Tensor):
                raise ValueError(
                    f"watch: takes tensors and variables, not {type(value).__name__}; "
                    "make a tensor with ngrad.constant"
                )
            if not value.dtype.is_floating:
                warnings.warn(
                    f"watch: the tensor is {value.dtype.name}; its gradient will be None. "
                    "Only floating-point tensors have one.",
                    stacklevel=2,
                )
            if value._uid == 0:
                value._uid = next_uid()
            self._watch(value._uid, value._layout)

    def _watch(self, uid: int, where: Layout) -> None:
        if uid not in self._slots:
            self._slots[uid] = len(self._entries)
            self._entries.append((_watched_call(where), ()))
            self._kept.append(())

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables that this tape has followed, in the order in which they were first read."""
        return tuple(self._variables.values())

    # -- recording -----------------------------------------------------------------------------------------

    def variable_read(self, variable: Variable) -> None:
        """A trainable variable is being read."""
        if self._watch_variables and variable._uid not in self._slots:
            self._watch(variable._uid, variable._layout)
            self._variables[variable._uid] = variable

    def record(self, call: Call, inputs: tuple[Any, ...], out: Any) -> None:
        """A call ran: keep what its VJP reads, if any of its inputs is followed."""
        slots = self._slots
        find = slots.get
        if len(inputs) == 2:  # the frequent case, spelled out
            x, y = inputs
            i, j = find(x._uid, -1), find(y._uid, -1)
            mask = (i >= 0) + 2 * (j >= 0)
            if not mask:
                return
            sources: tuple[int, ...] = (i, j)
        else:
            sources = tuple([find(x._uid, -1) for x in inputs])
            mask = sum([1 << k for k, slot in enumerate(sources) if slot >= 0])
            if not mask:
                return
        kept = call.saves.get(mask)
        if kept is None:
            kept = reads(call, sources)
        entries = self._entries
        slot = len(entries)
        entries.append((call, sources))
        if call.several:
            self._record_parts(call, slot, out)
            values = (*inputs, *out)
        else:
            uid = out._uid
            if uid == 0:
                uid = out._uid = next_uid()
            slots[uid] = slot
            values = (*inputs, out)
        self._kept.insert(slot, tuple([values[k] for k in kept]) if kept else ())

    def _record_parts(self, call: Call, slot: int, parts: tuple[Any, ...]) -> None:
        for which, part in enumerate(parts):
            part._uid = part._uid or next_uid()
            self._slots[part._uid] = len(self._entries)
            self._entries.append((_part_call(call, which), (slot,)))
            self._kept.append(())

    # -- the gradient --------------------------------------------------------------------------------------

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
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
        unconnected = UnconnectedGradients(unconnected_gradients)
        if self._used and not self._persistent:
            raise RuntimeError(
                "gradient: a tape that is not persistent gives one gradient; "
                "use GradientTape(persistent=True) for several"
            )
        if not self._persistent and self._stack is not None:
            self._stop()
        if type(sources) is Tensor or type(sources) is Variable:
            wanted, structure = [sources], None
        else:
            wanted, structure = optree.tree_flatten(sources)
        wanted = [_source(value) for value in wanted]
        targets = [target] if type(target) is Tensor else optree.tree_leaves(target)
        targets = [_target(value) for value in targets]
        seeds = _seeds(targets, output_gradients)
        results = self._sweep(targets, wanted, seeds)
        if not self._persistent:
            self._used = True
            self._clear()
        if unconnected is UnconnectedGradients.ZERO:
            results = [
                zeros_of(source._layout.spec) if result is None else result
                for source, result in zip(wanted, results, strict=True)
            ]
        return results[0] if structure is None else optree.tree_unflatten(structure, results)

    def _sweep(self, targets: list[Any], sources: list[Any], seeds: list[Tensor | None]) -> list[Any]:
        slots = self._slots
        goals = tuple([(slots.get(x._uid, -1), x._layout) for x in targets])
        last = max([slot for slot, _ in goals], default=-1)
        wanted = tuple([slots.get(x._uid, -1) for x in sources])
        if last < 0:
            return [None] * len(sources)
        entries = tuple(self._entries[: last + 1])
        reached = tuple([slot if slot <= last else -1 for slot in wanted])
        given = tuple([None if seed is None else seed._layout for seed in seeds])
        key = (entries, goals, given, reached)
        found = plans.get(key)
        if found is None:
            found = self._plan(entries, goals, given, reached)
            if not any(call.op.family == "opaque" for call, _ in entries):
                plans.put(key, found)
        plan, inputs = found
        kept = self._kept
        present = [seed for seed in seeds if seed is not None]
        values = [
            present[k] if type(k) is int else kept[k.entry][k.kept]  # type: ignore[union-attr]
            for k in inputs
        ]
        if not self._persistent:
            # The tape lets go first, so that each forward value is freed as soon as the sweep has read it.
            del kept
            self._clear()
        return plan.run(values, execute)

    def _plan(self, entries: Any, goals: Any, given: Any, wanted: Any) -> Any:
        seeded = [where is not None for where in given]
        sweep = differentiate(entries, goals, seeded, wanted)
        layouts = dict(enumerate(where for where in given if where is not None))
        first = len(layouts)
        for number, load in sweep.loads.items():
            call, inputs = entries[load.entry]
            position = reads(call, inputs)[load.kept]
            layouts[number] = (*call.inputs, *call.outputs)[position]
        plan = Plan(sweep.graph, layouts, scalar)
        return plan, tuple(k if k < first else sweep.loads[k] for k in plan.inputs)


def _source(value: Any) -> Any:
    value = value if isinstance(value, Variable) else from_outside(value)
    if not isinstance(value, (Tensor, Variable)):
        raise TypeError(f"gradient: a source must be a tensor or a variable, not {type(value).__name__}")
    return value


def _target(value: Any) -> Any:
    if isinstance(value, (Tensor, Variable)):
        return value
    return tensor(value, "gradient")


def _seeds(targets: list[Any], output_gradients: Any) -> list[Tensor | None]:
    if output_gradients is None:
        return [None] * len(targets)
    given = optree.tree_leaves(output_gradients, none_is_leaf=True)
    if len(given) != len(targets):
        raise ValueError(
            f"gradient: {len(given)} output gradients for {len(targets)} targets; give one each, or None"
        )
    seeds: list[Tensor | None] = []
    for target, seed in zip(targets, given, strict=True):
        if seed is not None:
            seed = cast_to(tensor(seed, "gradient"), target._layout.dtype)
            if seed._layout.shape != target._layout.shape:
                raise ShapeError(
                    f"gradient: an output gradient of shape {seed._layout.shape} for a target "
                    f"of shape {target._layout.shape}"
                )
        seeds.append(seed)
    return seeds
