"""`vmap`: a function of one example as a function of a batch of them.

The function is run once, for one example, and what was recorded of it is done for the whole batch:
each op by its batching rule, as a Jacobian's sweep is (`graph/batch.py`). What depends on no
example is computed once, and products with a matrix of weights become one product.
"""

from __future__ import annotations

import functools
import operator
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import optree

from ngrad.cell import like
from ngrad.concrete import Concrete
from ngrad.config import settings
from ngrad.devices import current
from ngrad.errors import ShapeError, TraceError
from ngrad.graph.batch import rule_of, with_batch
from ngrad.graph.entries import PART_OF
from ngrad.graph.layout import Layout, layout
from ngrad.nests import flatten, leaves_of, over_leaves
from ngrad.ops.convert import from_outside, tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.joining import stack
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import move_axis, normal_axis, spread
from ngrad.ops.weak import Weak
from ngrad.record import apply, state
from ngrad.returned import made_of
from ngrad.scalars import scalar
from ngrad.signature import is_array, is_numpys, own_array, part_of
from ngrad.statics import Held
from ngrad.tensor import Tensor, from_numpy
from ngrad.tracing import host_tensor
from ngrad.window import Window

Axes = int | None
"""Along which axis examples lie; None for what is the same for all."""


COUNTS = (np.integer, np.bool_)
"""NumPy's scalars that say how often, and whether."""


Values = tuple[Any, bool]
"""What is computed for a batch: whether the examples lie along its first axis; if not, it is the
same for all.
"""


Left = tuple[dict[int, Values], ...]
"""What is left of recordings."""


class Mapped(Concrete):
    """A function as it was recorded for one example."""

    again = True

    def over(self, leaves: list[Any], many: list[bool], size: int, left: Left = ()) -> list[Values]:
        """Its results for a batch, as a list of their leaves. Once: what is left of the recording
        stands for what is computed here.

        Parameters
        ----------
        leaves : list
            Of the arguments; the examples along the first axes of those that are `many`.
        size : int
            How many examples there are.
        left : tuple of dict
            As `Trace.stood`, of recordings that were done for as many before, of which the function
            closes over tensors.
        """
        for does, what in (
            (self._assigned, "assigns to a variable"),
            (any(slot < 0 for slot, _ in self._asked), "seeds or splits a generator"),
            (self._shows, "prints"),
        ):
            if does:
                raise TraceError(
                    f"vmap: the function {what} for one example, which is not done for each of a "
                    "batch; do it outside, and pass what it gives"
                )
        values, whole = dict(self._constants), set()
        for slot, k in self._arguments:
            values[slot] = leaves[k]
            if many[k]:
                whole.add(slot)
        for slot, variable in self._reads:
            values[slot] = variable._read()
        trace = state.window.trace
        for asked in self._captured if trace is not None and self._asked else ():
            trace.hold(asked)  # by whoever asks from now on
        if self._asked:
            size = operator.index(size)  # a `function` is recorded for each number of draws
        draws = drawn([make for _, make in self._asked], size)
        for (slot, _), make in zip(self._asked, draws, strict=True):
            where = with_batch(self._entries[slot][0].spec, size)
            values[slot] = host_tensor(functools.partial(make, where), where)
            whole.add(slot)
        for slot, number in self._copies:
            values[slot] = values[number]
            if number in whole:
                whole.add(slot)
                values[slot] = values[slot].to_device(self._entries[slot][0].spec.device)
        found: list[Any] = []
        flags: list[bool] = []
        for slot, (call, *inputs) in enumerate(self._entries):
            value, flag = values.get(slot), slot in whole
            if value is not None:
                if type(value) is Tensor:
                    value, flag = _stands_for(value, left) or (value, flag)
                else:
                    value = scalar(value, call.spec.dtype, call.spec.device)
            elif call.op is PART_OF:
                value, flag = found[inputs[0]][call.params[0]], flags[inputs[0]]
            else:
                given = tuple([found[k] for k in inputs])
                seen = tuple([flags[k] for k in inputs])
                # The gradient function of a `custom_gradient` may close over what is an example's.
                flag = any(seen) or (call.op.family == "opaque" and bool(state.stack))
                if flag:
                    keywords = call.op.keywords(call.params)
                    value = rule_of(call.op)(size, seen, *given, **keywords)
                else:
                    value = apply(call.op, given, call.params)
            found.append(value)
            flags.append(flag)
        state.window.checks |= self._checks
        state.window.opaque |= self.opaque
        for slot, holder in self._results.items():
            if holder() is not None:  # the gradient function of a `custom_gradient` may have it
                self._stood[slot] = found[slot], flags[slot]
        results: list[Values] = []
        for k, kind in self._outputs:
            if k < 0:  # what it is of is no tensor that was recorded
                results.append((made_of(kind, None), False))
                continue
            slot = self._wanted[k]
            value = found[slot]
            results.append((value if kind in (None, Weak) else kind(value), flags[slot]))
        return results

    def nest(self, leaves: list[Any]) -> Any:
        """What it returns, of its leaves."""
        return leaves[0] if self._single else optree.tree_unflatten(self._structure, leaves)


def drawn(makes: list[Callable[[], Any]], size: int) -> list[Callable[[Layout], Tensor]]:
    """What is asked for each of so many examples, as a loop over them would ask: all of one, then
    all of the next. Each gives a tensor of a layout, for all; they are called in order.
    """
    found = threading.local()

    def give(k: int, where: Layout) -> Tensor:
        if k == 0:
            found.rows = [[make() for make in makes] for _ in range(size)]
        whole = np.empty(where.shape, where.dtype.numpy_dtype)
        for place, row in enumerate(found.rows):
            own = row[k]
            whole[place] = own.numpy() if type(own) is Tensor else own
        return from_numpy(whole, where.dtype, where.device)

    return [functools.partial(give, k) for k in range(len(makes))]


def _stands_for(x: Tensor, left: Left) -> Values | None:
    """What was computed for a batch where a tensor was recorded that has no value itself."""
    window: Any = x._window
    if not left or x._at or type(window) is not Window or window.trace is None:
        return None
    known = any(window.trace.stood is stood for stood in left)
    return window.trace.stood.get(x._slot) if known else None


def vmap(
    f: Callable[..., Any],
    in_axes: Axes | Sequence[Axes] = 0,
    out_axes: int = 0,
) -> Callable[..., Any]:
    """A function of batches, of a function of one example.

    Parameters
    ----------
    f : callable
        Of tensors, arrays, or nests of them, for one example; it returns a nest of them. It is run
        once, with tensors that have no values: what it computes with them may not decide what it
        does. NumPy's arrays and scalars reach it as arrays of `ngrad.numpy`; its integers and
        booleans that are the same for all have their value, as Python's have.
    in_axes : int, None, or a sequence of such
        For each positional argument, along which axis of its tensors the examples lie; None if it
        is the same for all. Tensors among keyword arguments have them along their first axis.
        Numbers of Python, variables, and whatever is no tensor are the same for all.
    out_axes : int
        Along which axis of the results they will lie.

    Returns
    -------
    callable
        Of the same arguments, with examples; gradients go through it, and it may itself be mapped,
        differentiated, or recorded by `function`.

    Raises
    ------
    ShapeError
        If there is no such axis, or lengths differ.
    ValueError
        If there are not as many axes as positional arguments, or no argument has examples.
    TraceError
        If f asks for a value, assigns to a variable, or prints.

    Notes
    -----
    Random numbers are drawn for each example, those that a loop over the examples would draw: so a
    seed gives the same ones.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([[1.0, 2.0], [3.0, 4.0]])
    >>> ngrad.vmap(lambda row: ngrad.reduce_sum(row * row))(x).numpy()
    array([ 5., 25.], dtype=float32)

    The gradient of a loss for each example:

    >>> loss = lambda w, row: ngrad.reduce_sum(w * row) ** 2
    >>> w = ngrad.constant([1.0, 0.0])
    >>> ngrad.vmap(ngrad.grad(loss), in_axes=(None, 0))(w, x).numpy()
    array([[ 2.,  4.],
           [18., 24.]], dtype=float32)
    """

    @functools.wraps(f)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        given = _read(in_axes, args, kwargs)
        if settings.eager:  # then what f computes has values as it is called
            found = []
            for row in range(max(given.size, 1)):
                own, named = given.example(row)
                found.append(f(*own, **named))
            return over_leaves(
                lambda *rows: _batch(
                    like(rows[0], stack(rows)[: given.size]), True, given.size, out_axes
                ),
                *found,
            )
        name = getattr(f, "__name__", "function")
        recorded = Mapped(name, f, given.leaves, (tuple(given.parts), given.structure, current()))
        results = recorded.over(given.leaves, given.many, given.size)
        return recorded.nest([_batch(x, whole, given.size, out_axes) for x, whole in results])

    return mapped


class _Given(NamedTuple):
    """Arguments of a batch.

    Attributes
    ----------
    leaves, parts : list
        Tensors and what else there is, with the examples along the first axes of those that are
        `many`; and what of each counts in a signature, of one example.
    many : list of bool
    size : int
        How many examples there are.
    structure
        Of the leaves.
    """

    leaves: list[Any]
    parts: list[Any]
    many: list[bool]
    size: int
    structure: Any

    def example(self, row: int) -> Any:
        """The arguments of one example; of zeros, where there is none."""
        each = zip(self.leaves, self.many, strict=True)
        own = [(x[row] if self.size else _none_of(x)) if many else x for x, many in each]
        pairs = zip(own, self.parts, strict=True)
        leaves = [part.kind(x) if type(part) is Held else x for x, part in pairs]
        return optree.tree_unflatten(self.structure, leaves)


def _read(in_axes: Axes | Sequence[Axes], args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Given:
    """The arguments of a call; errors are as of `vmap`."""
    nest: Any = (args, kwargs)
    leaves, structure = flatten(nest, "vmap", none_is_leaf=True)
    parts, many, sizes = [], [], set()
    for k, (leaf, axis) in enumerate(zip(leaves, _axes(in_axes, args, kwargs), strict=True)):
        given = is_numpys(leaf) and not (axis is None and isinstance(leaf, COUNTS))
        value = own_array(leaf, "vmap") if given else leaf
        held = is_array(value)
        x = from_outside(value) if held else value
        many.append(axis is not None and type(x) is Tensor)
        if many[-1]:
            x = move_axis(x, normal_axis(axis, x.ndim, "vmap"), 0)
            sizes.add(x._layout.shape[0])
            one = one_of(x)
            parts.append(Held(type(value), one) if held else one)
        else:
            parts.append(part_of(value))
        leaves[k] = x
    if not sizes:
        raise ValueError("vmap: no argument has examples along an axis")
    if len(sizes) > 1:
        raise ShapeError(f"vmap: arguments of {', '.join(map(str, sorted(sizes)))} examples")
    return _Given(leaves, parts, many, sizes.pop(), structure)


def one_of(x: Tensor | Layout) -> Layout:
    """One of the examples along the first axis."""
    where = x if isinstance(x, Layout) else x._layout
    return layout(where.dtype, where.shape[1:], None, where.device)


def _none_of(x: Tensor) -> Tensor:
    """Zeros as one example that is not there: of floats their sum, so that they have a gradient."""
    return reduce_sum(x, 0) if x._layout.dtype.is_inexact else zeros_of(one_of(x))


def _axes(
    in_axes: Axes | Sequence[Axes], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[Axes]:
    """The axis for each leaf of the arguments."""
    each = (in_axes,) * len(args) if in_axes is None or isinstance(in_axes, int) else (*in_axes,)
    if len(each) != len(args):
        raise ValueError(f"vmap: {len(each)} in_axes for {len(args)} positional arguments")
    found: list[Axes] = []
    for value, axis in (*zip(args, each, strict=True), (kwargs, 0)):
        found += [axis] * len(leaves_of(value, none_is_leaf=True))
    return found


def _batch(value: Any, whole: bool, size: int, axis: int) -> Any:
    """A leaf of the results, with examples along an axis."""
    x = tensor(value, "vmap")
    x = x if whole else spread(x, size)
    moved = move_axis(x, 0, normal_axis(axis, x.ndim, "vmap"))
    return like(value, moved)
