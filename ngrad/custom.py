"""`custom_gradient`: a derivative of one's own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar, cast

import optree

from ngrad.config import settings
from ngrad.dtypes import int32
from ngrad.errors import ShapeError, TraceError
from ngrad.graph.batch import with_batch
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.mapping import Left
from ngrad.nests import flatten, leaves_of
from ngrad.ops.complexes import conj
from ngrad.ops.convert import KINDS, cast_to, tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.identity import identity
from ngrad.ops.launching import dense
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import spread
from ngrad.ops.weak import Weak
from ngrad.record import heard, state
from ngrad.scalars import scalar
from ngrad.tensor import Tensor
from ngrad.together import row_major, together
from ngrad.variable import Variable
from ngrad_kernels.memory import Shared


class _VariableReads:
    """A recorder that only notes which trainable variables are read."""

    def __init__(self) -> None:
        self.found: dict[int, Variable] = {}

    def variable_read(self, variable: Variable) -> None:
        if variable.trainable:
            self.found.setdefault(variable._uid, variable)

    def follows(self, uid: int) -> bool:
        return uid in self.found

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass


P = ParamSpec("P")
R = TypeVar("R")


def custom_gradient(f: Callable[P, tuple[R, Any]]) -> Callable[P, R]:
    """Give a function a derivative of its own.

    Parameters
    ----------
    f : callable
        `f(*args)` returns `(result, grad_fn)`; the result is a tensor or a nest.
        `grad_fn(*upstream)` takes a cotangent for each result and returns one for each argument
        (None for zero). If f reads trainable variables, `grad_fn` takes `variables=` too and
        returns `(argument cotangents, variable cotangents)`.

    Notes
    -----
    `grad_fn` is called at each `gradient`, and what it computes is recorded like anything else, so
    higher orders differentiate through it. In a Jacobian it is called once, with the cotangent of
    one row, that has no value, and what it records is done for all rows; for one row after another,
    each with its value, if it asks for that, assigns to a variable or prints.

    Examples
    --------
    >>> import ngrad
    >>> @ngrad.custom_gradient
    ... def clipped(x):
    ...     return x, lambda upstream: ngrad.clip_by_value(upstream, -1.0, 1.0)
    >>> float(ngrad.grad(lambda x: 10.0 * clipped(x))(2.0))
    1.0
    """

    @functools.wraps(f)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        leaves: list[Any]
        result: Any
        leaves, structure = flatten(args, "custom_gradient")
        leaves = [
            leaf
            if isinstance(leaf, Variable) or not _is_numeric(leaf)
            else heard(tensor(leaf, f.__name__))
            for leaf in leaves
        ]
        reads = _VariableReads()
        state.stack.append(reads)
        try:
            result, grad_fn = f(*optree.tree_unflatten(structure, leaves), **kwargs)
        finally:
            state.stack.remove(reads)
        given = {leaf._uid for leaf in leaves if isinstance(leaf, Variable)}
        variables = [v for uid, v in reads.found.items() if uid not in given]
        if variables and "variables" not in inspect.signature(grad_fn).parameters:
            names = ", ".join(v.name for v in variables)
            raise TypeError(
                f"custom_gradient: {f.__name__} reads variables ({names}), so its gradient "
                "function must take `variables=` and return (argument cotangents, variable "
                "cotangents)"
            )
        places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, (Tensor, Variable))]
        inputs = tuple(
            [
                v._read() if isinstance(v, Variable) else v
                for v in [*(leaves[k] for k in places), *variables]
            ]
        )
        outputs, out_structure = flatten(result, "custom_gradient")
        results = tuple([tensor(value, f.__name__) for value in outputs])
        if state.stack:
            backward = _Backward(f.__name__, grad_fn, len(leaves), places, variables, inputs)
            results = backward.record(inputs, results)
        return cast("R", optree.tree_unflatten(out_structure, list(results)))

    return wrapped


def _is_numeric(value: Any) -> bool:
    return isinstance(value, (Tensor, Weak, *KINDS)) or hasattr(value, "__array__")


def cotangents(what: str, found: Sequence[Any], inputs: Sequence[Layout]) -> tuple[Tensor, ...]:
    """What a user's Python gave for inputs of given layouts, None for zeros, as a sweep that was
    planned finds it: in their dtypes, in row-major order.

    Raises
    ------
    ShapeError
        If one has another shape than its input.
    """
    results = []
    for value, where in zip(found, inputs, strict=True):
        if value is None:
            results.append(row_major(zeros_of(where)))
            continue
        value = cast_to(tensor(value, what), where.dtype)
        if value._layout.shape != where.shape:
            raise ShapeError(
                f"{what} returned a cotangent of shape {tuple(value.shape)} for an input of shape "
                f"{where.shape}"
            )
        results.append(row_major(identity(value)))
    return tuple(results)


def _as_given(inputs: tuple[Layout, ...], outputs: tuple[Layout, ...]) -> Any:
    """Of an op's operands, those before the last one, as many as it has results."""
    count = len(outputs)

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        return tuple([dense(x._layout)(x) for x in tensors[-1 - count : -1]])

    return run, outputs


@functools.lru_cache(1024)
def _op_of(name: str, inputs: tuple[Layout, ...], given: tuple[Layout, ...]) -> Op:
    """The opaque op of a function's inputs, of what the user's Python made of them, and of a token
    of what that returned: the same at each call, and so the programs of which it is a part.
    """
    op = Op(f"custom_gradient({name})", lambda *_: given, _as_given, family="opaque")
    back = Op(
        f"gradient of {name}",
        lambda *_: inputs,
        lambda _, outputs: (_called_back, outputs),
        family="opaque",
    )
    op.moves = back.moves = True  # a token lies on the CPU, wherever the others do

    def rule(g: Any, out: Any, *operands: Any) -> Any:
        assert state.graph is not None
        upstream = g if isinstance(g, tuple) else (g,)
        # A user's Python speaks of gradients as tapes do.
        given_back: Any = (*map(conj, upstream), operands[-1])
        cotangents = state.graph.apply(back, given_back, ())
        return (*map(conj, cotangents), *(None for _ in given), None)

    op.vjp(rule)

    def over(size: int, batched: tuple[bool, ...], *operands: Any) -> Any:
        count = len(inputs)
        own, results = operands[:count], operands[count:-1]
        each = zip(results, batched[count:-1], strict=True)
        results = tuple([x if many else spread(x, size) for x, many in each])
        if not state.stack:
            return results
        return _Batched(_said(operands[-1]), batched[:count], own).record(own, results)

    op.batch(over)
    return op


def _called_back(*operands: Tensor) -> tuple[Tensor, ...]:
    *upstream, token = operands
    return _said(token).run(*upstream)


class _Said(Shared):
    """The memory of a token, whose owner is what the token stands for."""

    __slots__ = ()
    shared = False


def _token_of(backward: _Backward) -> Tensor:
    """An operand that stands for what a call returned, and holds it."""
    nothing = scalar(0, int32)
    return Tensor(_Said(nothing._at, 4, (backward, nothing)), nothing._at, nothing._layout)


def _said(token: Tensor) -> _Backward:
    """What a token stands for."""
    memory: Any = token._block
    backward: _Backward = memory._owner[0]
    return backward


def _left() -> Left:
    """What is left of the recording that is being made, if one is, where it is done again; and of
    those around it.
    """
    trace = state.window.trace
    return () if trace is None else (trace.stood, *trace.around)


class _Backward:
    """A user's gradient function, which is called at each sweep."""

    def __init__(
        self,
        name: str,
        grad_fn: Callable[..., Any],
        leaves: int,
        places: list[int],
        variables: list[Variable],
        inputs: tuple[Tensor, ...],
    ) -> None:
        self.name, self.grad_fn, self.leaves = name, grad_fn, leaves
        self.places, self.variables = places, variables
        self.layouts, self.left = tuple(x._layout.spec for x in inputs), _left()

    def record(self, inputs: tuple[Tensor, ...], results: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The results as those of one opaque op of the inputs, through which alone it flows back.

        Its operands are the inputs and what the user's Python made of them.
        """
        given = tuple([x._layout.spec for x in results])
        lies = (*self.layouts, *given)
        # Open sizes are one recording's.
        made = _op_of.__wrapped__ if any(where.open for where in lies) else _op_of
        op = made(self.name, self.layouts, given)
        operands = (*inputs, *results, _token_of(self))
        call = op.call((), tuple([x._layout.spec for x in operands]))
        window = state.window
        window.opaque = True
        slots = tuple([window[x] for x in operands])
        if settings.eager:
            own = tuple([Tensor(x._buffer, x._address, x._layout) for x in results])
            window.note_done(call, slots, own)
            return own
        return window.append_several(call, slots)

    def run(self, *upstream: Tensor) -> tuple[Tensor, ...]:
        if self.variables:
            given, of_variables = self.grad_fn(*upstream, variables=self.variables)
            of_variables = leaves_of(of_variables, none_is_leaf=True)
        else:
            given, of_variables = self.grad_fn(*upstream), []
        found = leaves_of(given, "custom_gradient", none_is_leaf=True)
        if len(found) == self.leaves:
            found = [found[k] for k in self.places]
        if len(found) != len(self.places) or len(of_variables) != len(self.variables):
            raise ValueError(
                f"custom_gradient: the gradient function of {self.name} returned {len(found)} and "
                f"{len(of_variables)} cotangents for {len(self.places)} arguments and "
                f"{len(self.variables)} variables"
            )
        every = [*found, *of_variables]
        return cotangents(f"custom_gradient: {self.name}", every, self.layouts)


class _Batched(_Backward):
    """The gradient function of a function that was mapped over a batch."""

    def __init__(
        self, one: _Backward, batched: tuple[bool, ...], inputs: tuple[Tensor, ...]
    ) -> None:
        self.one, self.batched, self.name = one, batched, one.name
        self.layouts, self.left = tuple([x._layout.spec for x in inputs]), _left()

    def run(self, *upstream: Tensor) -> tuple[Tensor, ...]:
        one, size = self.one, upstream[0]._layout.shape[0]
        outputs = tuple([with_batch(where, size) for where in one.layouts])
        whole = (True,) * len(upstream)
        name = f"gradient of {self.name}"
        try:
            found = together(name, one.run, whole, upstream, outputs, one.left)
        except TraceError as error:
            error.add_note(
                f"in the gradient function of {self.name}, which was mapped over a batch: there it "
                "may ask for no value of an example"
            )
            raise
        pairs = zip(found, self.batched, strict=True)
        every = [x if many else reduce_sum(x, 0) for x, many in pairs]
        return cotangents(f"custom_gradient: {self.name}", every, self.layouts)
