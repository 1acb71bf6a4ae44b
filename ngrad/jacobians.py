"""`GradientTape.jacobian` and `batch_jacobian`: one backward sweep for a batch of cotangents.

The sweep is traced as for a gradient whose cotangent is given. `batched` makes of it the sweep for
as many cotangents as there are rows, and it is given the rows of an identity matrix: what does not
depend on the cotangent is computed once, and all rows meet a matrix of weights in one product.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import optree

from ngrad.asking import UnconnectedGradients, following, held, is_itself, source_of
from ngrad.cell import like
from ngrad.config import settings
from ngrad.errors import NumberError, ShapeError
from ngrad.evaluate import run, swept
from ngrad.graph.batch import batched
from ngrad.graph.differentiate import Goal, Heard
from ngrad.graph.entries import LEAF, Entry, marker
from ngrad.graph.graph import INPUT, Graph
from ngrad.graph.layout import Layout, layout
from ngrad.hooks import hooks
from ngrad.inlined import Recording, brought
from ngrad.nests import flatten
from ngrad.ops.convert import from_outside
from ngrad.ops.creation import EYE, zeros_of
from ngrad.ops.extents import made
from ngrad.ops.joining import concat
from ngrad.ops.shape import broadcast_to, reshape, transpose
from ngrad.plans import PLANS_LIMIT, Planned
from ngrad.record import state
from ngrad.structure import Structure, build
from ngrad.tensor import Tensor
from ngrad.variable import Variable
from ngrad.window import Window


def jacobian(
    tape: Any,
    target: Any,
    sources: Any,
    unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
    parallel_iterations: int | None = None,
    experimental_use_pfor: bool = True,
    chunk_size: int | None = None,
) -> Any:
    """The derivative of every element of the target with respect to every element of the sources.

    Parameters
    ----------
    target : tensor or variable
    sources : tensor, variable, or nest of them
    unconnected_gradients : UnconnectedGradients
        None, or zeros, for a source that the target does not depend on.
    parallel_iterations : int, optional
        TensorFlow's name of `chunk_size`, which goes before it.
    experimental_use_pfor : bool
        If False, as `chunk_size=1`; the tape must then be persistent, as in TensorFlow.
    chunk_size : int, optional
        For how many elements of the target to compute at once, which bounds the memory; all if not
        given.

    Returns
    -------
    A nest like `sources`, of shapes `target.shape + source.shape`.

    Raises
    ------
    RuntimeError
        On a second call, unless the tape is persistent.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([1.0, 2.0])
    >>> with ngrad.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> tape.jacobian(y, x).numpy()
    array([[2., 0.],
           [0., 4.]], dtype=float32)
    """
    with following(tape, target):
        y = _one(target, "jacobian", "target")
    leaves, structure = flatten(sources, "jacobian")
    wanted = tuple([source_of(leaf) for leaf in leaves])
    zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
    chunk = parallel_iterations if chunk_size is None else chunk_size
    rows = _rows(tape, "jacobian", chunk, experimental_use_pfor)
    shape, count = y._layout.shape, y._layout.size

    def seed(first: int, last: int) -> Any:
        return reshape(_identity(first, last, count, y._layout), (last - first, *shape))

    results: list[Any] = []
    for x, g in zip(wanted, _derivatives(tape, y, wanted, seed, count, rows), strict=True):
        whole = layout(x._layout.dtype, (*shape, *x._layout.shape))
        found = reshape(g, whole.shape) if g is not None else zeros_of(whole) if zero else None
        results.append(like(x, found))
    return optree.tree_unflatten(structure, results)


def batch_jacobian(
    tape: Any,
    target: Any,
    source: Any,
    unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
    parallel_iterations: int | None = None,
    experimental_use_pfor: bool = True,
    chunk_size: int | None = None,
) -> Any:
    """The Jacobian of each example of a batch: of `target[k]` with respect to `source[k]`.

    Parameters
    ----------
    target, source : tensor or variable
        Of one length along their first axes, each element of which depends on none but its own.
    unconnected_gradients : UnconnectedGradients
        Either way zeros, as in TensorFlow, if the target does not depend on the source.
    parallel_iterations, experimental_use_pfor, chunk_size
        As for `jacobian`, of the elements of one example.

    Returns
    -------
    tensor of shape `target.shape + source.shape[1:]`

    Raises
    ------
    ShapeError
        If either has fewer than two axes, or the first ones differ.
    RuntimeError
        On a second call, unless the tape is persistent.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([[1.0, 2.0], [3.0, 4.0]])
    >>> with ngrad.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> tape.batch_jacobian(y, x).numpy()
    array([[[2., 0.],
            [0., 4.]],
    <BLANKLINE>
           [[6., 0.],
            [0., 8.]]], dtype=float32)
    """
    with following(tape, target):
        y = _one(target, "batch_jacobian", "target")
    x = _one(source, "batch_jacobian", "source")
    UnconnectedGradients(unconnected_gradients)  # it raises for what is neither
    chunk = parallel_iterations if chunk_size is None else chunk_size
    rows = _rows(tape, "batch_jacobian", chunk, experimental_use_pfor)
    shape, inner = y._layout.shape, x._layout.shape[1:]
    if y.ndim < 2 or x.ndim < 2 or shape[0] != x._layout.shape[0]:
        raise ShapeError(
            f"batch_jacobian: target and source must have at least two axes, the first of one "
            f"length, not shapes {shape} and {x._layout.shape}"
        )
    count = math.prod(shape[1:])

    def seed(first: int, last: int) -> Any:
        one = reshape(_identity(first, last, count, y._layout), (last - first, 1, *shape[1:]))
        return broadcast_to(one, (last - first, *shape))

    (found,) = _derivatives(tape, y, (x,), seed, count, rows)
    if found is None:
        return zeros_of(layout(y._layout.dtype, (*shape, *inner), None, y._layout.device))
    examples_first = transpose(found, (1, 0, *range(2, found.ndim)))
    return reshape(examples_first, (*shape, *inner))


def _one(value: Any, what: str, noun: str) -> Any:
    value = value if isinstance(value, Variable) else from_outside(value)
    if not isinstance(value, (Tensor, Variable)):
        raise TypeError(
            f"{what}: the {noun} must be one tensor or variable, not {type(value).__name__}"
        )
    return value


def _rows(tape: Any, what: str, chunk: int | None, vectorised: bool) -> int | None:
    """How many rows to compute at once; None for all."""
    if not vectorised:
        if not tape._persistent:
            raise RuntimeError(
                f"{what}: with experimental_use_pfor=False the tape must be persistent; leave it "
                "out, or use GradientTape(persistent=True)"
            )
        return 1
    if chunk is not None and chunk < 1:
        raise NumberError(f"{what}: chunk_size must be positive, not {chunk}")
    return chunk


def _identity(first: int, last: int, length: int, like: Layout) -> Tensor:
    """Rows of the identity matrix, of the dtype and on the device of another layout."""
    rows: Tensor = made(EYE, last - first, length, first, like.dtype, device=like.device)
    return rows


# -- the sweep -------------------------------------------------------------------------------------


KEPT = 1 << 10
"""Entries of a window up to which the graph of a Jacobian that is recorded is kept: that of a tape
that goes on is another each time.
"""


class _Asked(NamedTuple):
    """What a tape heard of a target and sources."""

    window: Window
    entries: tuple[Entry, ...]
    heard: Heard
    target: int
    sources: tuple[tuple[int, ...], ...]


def _prepare(tape: Any, target: Any, sources: tuple[Any, ...]) -> _Asked | None:
    """All that is asked of the tape, which lets go of what it heard unless it is persistent; None
    if it did not hear of the target.
    """
    tape._require_here("jacobian")
    if tape._used and not tape._persistent:
        raise RuntimeError(
            "jacobian: a tape that is not persistent gives one gradient or Jacobian; "
            "use GradientTape(persistent=True) for several"
        )
    window = tape._window
    if window is None:
        return None
    entries, slot = tuple(window.entries), window.slot_of(held(target))
    slots = tuple(map(tape._slots, sources))
    heard = Heard(*tape._heard(len(entries)))
    if not tape._persistent:
        tape._let_go()
    return None if slot < 0 else _Asked(window, entries, heard, slot, slots)


def _derivatives(
    tape: Any,
    target: Any,
    sources: tuple[Any, ...],
    seed: Callable[[int, int], Any],
    count: int,
    rows: int | None,
) -> list[Any]:
    """For each source a batch of its gradients, one for each of `count` cotangents; None if it is
    not connected. `seed(first, last)` gives some of the cotangents.
    """
    asked, found = _prepare(tape, target, sources), [None] * len(sources)
    if asked is not None and target._layout.dtype.is_inexact:
        found = _in_chunks(asked, seed, count, rows)
    for k, source in enumerate(sources):
        if found[k] is None and is_itself(tape, source, held(target)):
            found[k] = seed(0, count)
    return found


def _in_chunks(
    asked: _Asked, seed: Callable[[int, int], Any], count: int, rows: int | None
) -> list[Any]:
    """The batches of a sweep over `rows` cotangents at a time, or over all."""
    if hooks.sweep is not None:
        hooks.sweep(asked.window, asked.heard, Goal((asked.target,), (), asked.sources))
    chunks = [(0, count)]
    if rows is not None:
        chunks = [(k, min(k + rows, count)) for k in range(0, max(count, 1), rows)]
    claim = asked.window.claim()  # what the first chunk computes of the forward values is kept
    parts = [_sweep(asked, seed(first, last)) for first, last in chunks]
    del claim
    if len(parts) == 1:
        return parts[0]
    whole = [None if found[0] is None else concat(found, 0) for found in zip(*parts, strict=True)]
    if not state.stack and state.window.trace is None:
        run(state.window)
    return whole


def _sweep(asked: _Asked, seed: Any) -> list[Tensor | None]:
    """The gradients for a batch of cotangents."""
    if state.stack or asked.window.opaque or state.window.trace is not None:
        return _record(asked, seed)
    return _run(asked, seed)


def _structure(asked: _Asked, entries: tuple[Entry, ...], **more: Any) -> Structure:
    """A gradient whose cotangent, for the time being one, is a value that comes after the last."""
    one = marker(LEAF, (), entries[asked.target][0].specs[0])
    goal = Goal((asked.target,), (len(entries),), asked.sources)
    return Structure((*entries, (one,)), heard=asked.heard, goal=goal, **more)


@functools.lru_cache(PLANS_LIMIT)
def _plan(structure: Structure, seed: Layout) -> Planned:
    """A structure with a batch of cotangents for its one."""
    graph, places, layouts = build(structure)
    which = [place == len(structure.entries) - 1 for place in places]
    for number, many in enumerate(which):
        if many:
            layouts[number] = seed
    whole = batched(graph, which, seed.shape[0], len(structure.wanted))
    return Planned(lambda: (whole, places, layouts))


def _run(asked: _Asked, seed: Any) -> list[Tensor | None]:
    """Run the sweep, and what is pending of the window, as one plan."""

    def found(entries: Any, known: Any, wanted: Any) -> list[Any]:
        structure = _structure(asked, entries, known=known, wanted=wanted)
        return _plan(structure, seed._layout).run({**asked.window.kept, len(entries): seed})

    return swept(asked.window, found)


@functools.lru_cache(64)
def _graph(structure: Structure, size: int) -> tuple[Graph, tuple[int, ...]]:
    """The graph of a structure for a batch of cotangents, and the slots of its inputs."""
    graph, places, _ = build(structure)
    which = [place == len(structure.entries) - 1 for place in places]
    return batched(graph, which, size), places


def _record(asked: _Asked, seed: Any) -> list[Tensor | None]:
    """Record the sweep in this thread's window, where tapes hear it."""
    window, current = asked.window, state.window
    entries = asked.entries
    everything = tuple([(k, call.specs[0]) for k, (call, *_) in enumerate(entries) if call.specs])
    structure = _structure(asked, entries, known=everything, wanted=())
    kept = current.trace is None and window.trace is None and len(entries) <= KEPT
    graph, places = (_graph if kept else _graph.__wrapped__)(structure, seed._layout.shape[0])
    need = graph.needed()
    slots = {
        node.params[0]: places[node.params[0]]
        for index, node in enumerate(graph.nodes)
        if need[index] and node.op == INPUT
    }
    given = [number for number, slot in slots.items() if slot == len(entries)]
    for number in given:
        del slots[number]
    if window is not current:
        slots = brought(window, current, slots)
    slots.update(dict.fromkeys(given, current[seed]))
    results = Recording(current, graph, need, slots).results()
    if not state.stack or settings.eager:
        run(current)
    return results


class Jacobians:
    """The Jacobians that a tape gives beside gradients."""

    __slots__ = ()
    jacobian = jacobian
    batch_jacobian = batch_jacobian
