"""Users' Python over a batch: called once, as `vmap` calls a function, with one example that has no
values; what it records is done for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ngrad.config import settings
from ngrad.devices import current
from ngrad.errors import TraceError
from ngrad.graph import batch
from ngrad.graph.batch import with_batch
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.mapping import Left, Mapped, one_of
from ngrad.ops.batching import looped, one_by_one
from ngrad.ops.creation import zeros_of
from ngrad.ops.identity import identity
from ngrad.ops.joining import concat
from ngrad.ops.shape import reshape, spread
from ngrad.record import apply, state
from ngrad.tensor import Tensor


def row_major(value: Tensor) -> Tensor:
    """The value as the sweep was planned to find it: by address, in row-major order."""
    return value if value._layout.contiguous else concat([value], 0)


def together(
    name: str,
    f: Callable[..., tuple[Tensor, ...]],
    batched: tuple[bool, ...],
    tensors: tuple[Tensor, ...],
    outputs: tuple[Layout, ...],
    left: Left = (),
) -> tuple[Tensor, ...]:
    """What a user's Python gives for a batch.

    Parameters
    ----------
    f : callable
        Of tensors, for one example; it gives a tuple of such.
    batched : tuple of bool
        Which of the tensors have a leading axis of examples.
    outputs : tuple of Layout
        Of the results, for the whole batch.
    left : tuple of dict
        As of `Mapped.over`.

    Notes
    -----
    It is called for one example after another where it asks for a value of one, assigns to a
    variable or prints, and in eager mode.
    """
    whole = [x for x, many in zip(tensors, batched, strict=True) if many]
    size = whole[0]._layout.shape[0]

    def of_one(*rows: Tensor) -> tuple[Tensor, ...]:
        if state.window.trace is not None:
            state.window.trace.around = left
        own = iter(rows)
        return f(*[next(own) if many else x for x, many in zip(tensors, batched, strict=True)])

    if settings.eager:
        return _one_by_one(of_one, whole, outputs)
    try:
        parts = tuple(map(one_of, whole))
        recorded = Mapped(name, of_one, whole, (parts, None, current()))
        found = recorded.over(whole, [True] * len(whole), size, left)
    except TraceError:
        return _one_by_one(of_one, whole, outputs)
    every = recorded.nest([x if many else spread(x, size) for x, many in found])
    return tuple(map(row_major, every))


def _one_by_one(
    f: Callable[..., tuple[Tensor, ...]], whole: list[Tensor], outputs: tuple[Layout, ...]
) -> tuple[Tensor, ...]:
    if whole[0]._layout.shape[0] == 0:
        return tuple(map(row_major, map(identity, map(zeros_of, outputs))))
    found: tuple[Tensor, ...] = one_by_one(f, whole)
    return found


class Together(Op):
    """An op that calls a user's Python, which another op calls for one example, for a batch.

    Its first parameter says which operands have a leading axis of examples; for batches of batches
    more than once, that of the first axis first.
    """

    def __init__(self, one: Op) -> None:
        name, params = f"{one.name}, batched", ("batched operands", *one.params)
        super().__init__(name, self._infer, self._prepare, params, family="opaque")
        self._one, self.moves = one, one.moves
        one.batch(self._over)
        self.batch(self._over_again)

    @staticmethod
    def of(one: Op) -> Together:
        """The op for a batch, which is made once."""
        if one.batching is None:
            Together(one)
        found: Any = one.batching
        made: Together = found.__self__
        return made

    def _over(self, size: int, batched: Sequence[bool], /, *inputs: Any, **params: Any) -> Any:
        if size == 1:
            return looped(self._one, size, batched, *inputs, **params)
        return apply(self, inputs, ((tuple(batched),), *params.values()))

    def _over_again(
        self, size: int, batched: Sequence[bool], /, *inputs: Any, **params: Any
    ) -> Any:
        levels, *own = params.values()
        return apply(self, inputs, ((tuple(batched), *levels), *own))

    def _of_one(self, levels: Levels, own: Sequence[Any]) -> tuple[Op, tuple[Any, ...]]:
        """The op, and its parameters, for one example."""
        return (self, (levels[1:], *own)) if levels[1:] else (self._one, tuple(own))

    def _infer(self, *layouts: Layout, **params: Any) -> tuple[Layout, ...]:
        levels, *own = params.values()
        op, params_of_one = self._of_one(levels, own)
        size = next(x.shape[0] for x, many in zip(layouts, levels[0], strict=True) if many)
        outs = op.infer(*_of_one(layouts, levels[0]), **op.keywords(params_of_one))
        return tuple([with_batch(where, size) for where in outs])

    def _prepare(
        self, layouts: tuple[Layout, ...], outputs: tuple[Layout, ...], /, **params: Any
    ) -> Any:
        levels, *own = params.values()
        op, params_of_one = self._of_one(levels, own)
        run = op.call(params_of_one, _of_one(layouts, levels[0])).run
        return lambda *tensors: together(op.name, run, levels[0], tensors, outputs), outputs


Levels = tuple[tuple[bool, ...], ...]
"""Which operands have an axis of examples, for each such axis."""


def levels_of(lead: int, whole: tuple[int, ...], operands: Sequence[Any]) -> tuple[Any, Levels]:
    """Operands without the axes, of the first ones, along which they are the same for all; and
    which have each.
    """
    shapes = [x._layout.shape for x in operands]
    levels = tuple([tuple([shape[k] == whole[k] for shape in shapes]) for k in range(lead)])
    given = []
    for k, (x, shape) in enumerate(zip(operands, shapes, strict=True)):
        own = tuple([shape[axis] for axis in range(lead) if levels[axis][k]])
        given.append(reshape(x, (*own, *shape[lead:])))
    return tuple(given), levels


def _of_one(layouts: Sequence[Layout], batched: Sequence[bool]) -> tuple[Layout, ...]:
    pairs = zip(layouts, batched, strict=True)
    return tuple([one_of(x) if many else x.spec for x, many in pairs])


def _first(op: Op, size: int, batched: Sequence[bool], /, *inputs: Any, **params: Any) -> Any:
    """The batching rule of a user's Python that has not met a batch yet."""
    return Together.of(op)._over(size, batched, *inputs, **params)


batch.tools.families["opaque"] = _first
