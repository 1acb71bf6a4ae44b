"""`GradientTape`: what was recorded, since when, and from which watched tensors."""

from __future__ import annotations

import enum
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optree

from ngrad.errors import ShapeError
from ngrad.graph.differentiate import PART_OF, Entry, reads
from ngrad.graph.layout import Layout
from ngrad.graph.op import CALLS_LIMIT, Call, Op, Params
from ngrad.ops.convert import cast_to, from_outside, tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.identity import IDENTITY
from ngrad.record import next_uid, state
from ngrad.sweeps import plan_sweep, plans
from ngrad.tensor import Tensor
from ngrad.variable import Variable


class UnconnectedGradients(enum.Enum):
    """What `gradient` gives for a source that the target does not depend on: None, or zeros.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.UnconnectedGradients("zero") is ngrad.UnconnectedGradients.ZERO
    True
    """

    NONE = "none"
    ZERO = "zero"


def _watch_infer(*_: Any) -> Any:
    raise AssertionError("a watched tensor is recorded, never computed")


WATCH = Op("watch", _watch_infer, _watch_infer, family="engine")


def _marker(op: Op, key: Any, params: Params, where: Layout) -> Call:
    """The call that stands on a tape for what nothing computed; `key` tells it from the op's
    others.
    """
    found = op.calls.get(key)
    if found is None:
        if len(op.calls) > CALLS_LIMIT:
            op.calls.clear()
        found = op.calls[key] = Call(op, params, (), (where,), _watch_infer)
    return found


def _part_call(whole: Call, which: int) -> Call:
    where = whole.outputs[which]
    return _marker(PART_OF, (where, which), (which,), where)


class GradientTape:
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
        "__weakref__", "_entries", "_kept", "_persistent", "_slots", "_stack", "_used",
        "_variables", "_watch_variables",
    )  # fmt: skip

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watch_variables = watch_accessed_variables
        self._stack: list[Any] | None = None  # the stack of the thread that entered, while active
        self._used = False
        self._entries: list[Entry] = []
        self._kept: dict[int, tuple[Any, ...]] = {}
        self._slots: dict[int, int] = {}
        self._variables: dict[int, Variable] = {}

    def _clear(self) -> None:
        self._entries, self._kept, self._slots, self._variables = [], {}, {}, {}

    # -- the context -------------------------------------------------------------------------------

    def __enter__(self) -> GradientTape:
        if self._stack is not None:
            raise ValueError(
                "this tape is already recording; enter it again after its `with` block ends"
            )
        if self._used:  # let go by its gradient: entering again begins anew
            self.reset()
        self._stack = state.stack
        self._stack.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()

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

    # -- watching ----------------------------------------------------------------------------------

    def watch(self, tensor: Any) -> None:
        """Follow a tensor, or every tensor of a nest.

        Raises
        ------
        ValueError
            For what is neither a tensor nor a variable, naming its type.
        """
        if type(tensor) is Tensor and tensor._layout.dtype.is_floating:
            if tensor._uid == 0:
                tensor._uid = next_uid()
            self._watch(tensor._uid, tensor._layout)
            return
        for value in optree.tree_leaves(tensor, none_is_leaf=True):
            if isinstance(value, Variable):
                self._watch_variable(value)
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
            slot = len(self._entries)
            self._entries.append((_marker(WATCH, where, (), where), ()))
            self._slots[uid] = slot

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables that this tape has followed, in the order in which they were first read."""
        return tuple(self._variables.values())

    # -- recording ---------------------------------------------------------------------------------

    def variable_read(self, variable: Variable) -> None:
        """A variable is being read."""
        if variable._tensor._uid in self._slots:
            return
        if variable._uid in self._slots or (self._watch_variables and variable._trainable):
            self._watch_variable(variable)

    def _watch_variable(self, variable: Variable) -> None:
        """Follow a variable, and the value that it holds now.

        What it holds after an assignment is another value of the same source: to the sweep, the
        source seen through an identity.
        """
        slots, version = self._slots, variable._tensor._uid
        if variable._uid not in slots:
            self._watch(variable._uid, variable._layout)
            self._variables[variable._uid] = variable
            slots[version] = slots[variable._uid]
        elif version not in slots:
            slot = len(self._entries)
            seen = IDENTITY.call((), (variable._layout,))
            self._entries.append((seen, (slots[variable._uid],)))
            slots[version] = slot

    def record(self, call: Call, inputs: tuple[Any, ...], out: Any) -> None:
        """A call ran: keep what its VJP reads, if any of its inputs is followed."""
        slots = self._slots
        find = slots.get
        if len(inputs) == 2:  # the frequent case, spelled out
            x, y = inputs
            i, j = find(x._uid, -1), find(y._uid, -1)
            if i >= 0:
                mask = 3 if j >= 0 else 1
            elif j >= 0:
                mask = 2
            else:
                return
            sources: tuple[int, ...] = (i, j)
        else:
            sources = tuple([find(x._uid, -1) for x in inputs])
            mask = sum([1 << k for k, slot in enumerate(sources) if slot >= 0])
            if not mask:
                return
        positions = call.saves.get(mask)
        if positions is None:
            positions = reads(call, sources)
        entries = self._entries
        slot = len(entries)
        # What an entry keeps comes first, and is kept by slot; what finds it comes last: so a tape
        # that Ctrl-C caught half-way is whole.
        if positions == (0, 1) and mask == 3:
            self._kept[slot] = inputs
        elif positions:
            values = (*inputs, *out) if call.several else (*inputs, out)
            self._kept[slot] = tuple([values[k] for k in positions])
        entries.append((call, sources))
        if call.several:
            self._record_parts(call, slot, out)
            return
        uid = out._uid
        if uid == 0:
            uid = out._uid = next_uid()
        slots[uid] = slot

    def _record_parts(self, call: Call, slot: int, parts: tuple[Any, ...]) -> None:
        for which, part in enumerate(parts):
            part._uid = part._uid or next_uid()
            here = len(self._entries)
            self._entries.append((_part_call(call, which), (slot,)))
            self._slots[part._uid] = here

    # -- the gradient ------------------------------------------------------------------------------

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
        if self._used and not self._persistent:
            raise RuntimeError(
                "gradient: a tape that is not persistent gives one gradient; "
                "use GradientTape(persistent=True) for several"
            )
        zero = unconnected_gradients is not UnconnectedGradients.NONE and (
            UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        )
        targets = (target,) if type(target) is Tensor else _targets(target)
        seeds = None if output_gradients is None else _seeds(targets, output_gradients)
        structure = None
        if type(sources) is Tensor or type(sources) is Variable:
            wanted = (sources,)
        else:
            leaves, structure = optree.tree_flatten(sources)
            wanted = tuple([_source(value) for value in leaves])
        results = self._sweep(targets, wanted, seeds)
        if zero:
            results = [
                zeros_of(source._layout.spec) if result is None else result
                for source, result in zip(wanted, results, strict=True)
            ]
        return results[0] if structure is None else optree.tree_unflatten(structure, results)

    def _sweep(
        self, targets: tuple[Any, ...], sources: tuple[Any, ...], seeds: list[Tensor | None] | None
    ) -> list[Any]:
        find = self._slots.get
        entries, kept = self._entries, self._kept
        if not self._persistent:
            # The tape lets go first, so that each forward value is freed as soon as the sweep has
            # read it.
            if self._stack is not None:
                self._stop()
            self._used = True
            self._clear()
        if len(targets) == 1 == len(sources):
            last = find(targets[0]._uid, -1)
            goals: tuple[Any, ...] = ((last, targets[0]._layout),)
            wanted: tuple[int, ...] = (find(sources[0]._uid, -1),)
        else:
            goals = tuple([(find(x._uid, -1), x._layout) for x in targets])
            wanted = tuple([find(x._uid, -1) for x in sources])
            last = max([slot for slot, _ in goals], default=-1)
        if last < 0:
            return [None] * len(sources)
        if last + 1 < len(entries):
            entries = entries[: last + 1]
            wanted = tuple([slot if slot <= last else -1 for slot in wanted])
        given: tuple[Layout | None, ...] = ()
        present: list[Tensor] = []
        if seeds is not None:
            given = tuple([None if seed is None else seed._layout for seed in seeds])
            present = [seed for seed in seeds if seed is not None]
        structure = (tuple(entries), goals, given, wanted)
        planned = plans.get(structure) or plan_sweep(structure)
        values = [present[k] if entry < 0 else kept[entry][k] for entry, k in planned.loads]
        del kept
        return planned.run(values)


def _source(value: Any) -> Any:
    value = value if isinstance(value, Variable) else from_outside(value)
    if not isinstance(value, (Tensor, Variable)):
        raise TypeError(
            f"gradient: a source must be a tensor or a variable, not {type(value).__name__}"
        )
    return value


def _targets(target: Any) -> tuple[Any, ...]:
    return tuple(
        [
            value if isinstance(value, (Tensor, Variable)) else tensor(value, "gradient")
            for value in optree.tree_leaves(target)
        ]
    )


def _seeds(targets: tuple[Any, ...], output_gradients: Any) -> list[Tensor | None]:
    if output_gradients is None:
        return [None] * len(targets)
    given = optree.tree_leaves(output_gradients, none_is_leaf=True)
    if len(given) != len(targets):
        raise ValueError(
            f"gradient: {len(given)} output gradients for {len(targets)} targets; give each one, "
            "or None"
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
