"""Derivatives along a direction: `ForwardAccumulator`, TensorFlow's name for them.

There is one set of rules, those of VJPs. A VJP is linear in its cotangent, with the transposed
Jacobian J^T as its matrix, so the VJP of that in turn, with respect to the cotangent, is J itself:
the product of J with a tangent is two backward sweeps, in one plan. What was pulled back on the way
is held by nobody, and so is never computed. The trick is Jamie Townsend's (2017).
"""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any

import optree

from ngrad.asking import UnconnectedGradients, alike, held, source_of, targets_of
from ngrad.cell import like
from ngrad.errors import DTypeError
from ngrad.nests import flatten, leaves_of
from ngrad.ops.convert import tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.identity import identity
from ngrad.record import state
from ngrad.tape import GradientTape
from ngrad.tensor import Tensor

ZERO = UnconnectedGradients.ZERO


def tangents_of(primals: Any, tangents: Any, what: str) -> list[Tensor]:
    """The tangent that is given for each primal of a nest, in its dtype.

    Raises
    ------
    ValueError
        If there are more or fewer than primals.
    ShapeError, DTypeError
        If one has another shape; if it is complex and its primal is not, or that is of integers.
    """
    points = [source_of(leaf) for leaf in leaves_of(primals)]
    given = leaves_of(tangents)
    if len(given) != len(points):
        raise ValueError(f"{what}: {len(given)} tangents for {len(points)} primals")
    found = []
    for point, value in zip(points, given, strict=True):
        where = held(point)._layout
        if not where.dtype.is_inexact:
            raise DTypeError(
                f"{what}: a primal is {where.dtype.name}; only floating-point and complex ones "
                "have tangents"
            )
        found.append(alike(value, where, what, "the tangent of a primal"))
    return found


def pushed(tape: GradientTape, target: Any, primals: Any, tangents: list[Tensor]) -> list[Any]:
    """What tangents of primals become at each target, as a persistent tape recorded it; None for
    one that depends on no primal.
    """
    leaves = leaves_of(primals)
    # While a tape records, a gradient is recorded too, and not run: what was pulled back, of zeros,
    # is forgotten before anything is computed.
    with GradientTape(watch_accessed_variables=False):
        return [_pushed_to(value, tape, leaves, tangents) for value in targets_of(target, tape)]


def _pushed_to(value: Tensor, tape: GradientTape, primals: Any, tangents: list[Tensor]) -> Any:
    with GradientTape(watch_accessed_variables=False) as outer:
        cotangent = identity(zeros_of(value._layout.spec))
        outer.watch(cotangent)
        pulled = tape.gradient(value, primals, output_gradients=cotangent)
    pairs = [pair for pair in zip(pulled, tangents, strict=True) if pair[0] is not None]
    if not pairs:
        return None
    ends = [tensor(slope) for slope, _ in pairs]
    return outer.gradient(ends, cotangent, output_gradients=[start for _, start in pairs])


class ForwardAccumulator:
    """What becomes of tangents of primals in the operations within it: products of Jacobians with
    them (JVPs).

    Parameters
    ----------
    primals : tensor, variable, or nest of them
        Floating-point or complex.
    tangents : nest like `primals`
        Of the same shapes: a direction in which the primals move.

    Raises
    ------
    ValueError
        If there are more or fewer tangents than primals.
    ShapeError, DTypeError
        If a tangent has another shape than its primal, or a primal is of integers.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([1.0, 2.0])
    >>> with ngrad.autodiff.ForwardAccumulator(x, ngrad.constant([0.0, 1.0])) as accumulator:
    ...     y = x[0] * x[1] ** 2
    >>> float(accumulator.jvp(y))
    4.0
    """

    def __init__(self, primals: Any, tangents: Any) -> None:
        self._tangents = tangents_of(primals, tangents, "ForwardAccumulator")
        self._primals = primals
        self._tape = GradientTape(persistent=True, watch_accessed_variables=False)
        self._outer: list[GradientTape] = []

    def __enter__(self) -> ForwardAccumulator:
        self._outer = [tape for tape in state.stack if isinstance(tape, GradientTape)]
        self._tape.__enter__()
        self._tape.watch(self._primals)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tape.__exit__(kind, error, trace)

    def jvp(
        self,
        primals: Any,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
    ) -> Any:
        """The tangents of values that were computed within it. Tapes and accumulators around it
        hear of them, as of what is computed there, even if their own context has ended.

        Parameters
        ----------
        primals : tensor, or nest of tensors
            The values.
        unconnected_gradients : UnconnectedGradients
            None, or zeros, for one that depends on no primal.

        Returns
        -------
        A nest like `primals`.
        """
        leaves, structure = flatten(primals)
        with ExitStack() as listening:
            for tape in self._outer:
                if tape.has_ended:
                    listening.enter_context(tape)
            found = pushed(self._tape, leaves, self._primals, self._tangents)
        zero = UnconnectedGradients(unconnected_gradients) is ZERO
        for k, (leaf, tangent) in enumerate(zip(leaves, found, strict=True)):
            if tangent is None and zero:
                tangent = zeros_of(held(leaf)._layout.spec)
            found[k] = like(leaf, tangent)
        return optree.tree_unflatten(structure, found)
