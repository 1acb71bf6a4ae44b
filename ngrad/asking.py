"""What a tape is asked for: targets, sources, cotangents, and what an unconnected source has."""

from __future__ import annotations

import enum
import functools
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ngrad.cell import Cell
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout
from ngrad.nests import leaves_of
from ngrad.ops.arithmetic import add
from ngrad.ops.convert import cast_to, from_outside, tensor
from ngrad.ops.creation import ones_like
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


NONE = UnconnectedGradients.NONE
"""What every gradient compares with: to ask an enumeration for a member takes a while."""


def held(target: Any) -> Tensor:
    """The tensor that a target is, or holds."""
    value: Tensor = target._tensor if isinstance(target, Variable) else target
    return value


def source_of(value: Any) -> Any:
    """A source: a tensor or a variable."""
    value = value if isinstance(value, Cell) else from_outside(value)
    if not isinstance(value, (Tensor, Cell)):
        raise TypeError(
            f"gradient: a source must be a tensor or a variable, not {type(value).__name__}"
        )
    return value


def following(tape: Any, target: Any) -> AbstractContextManager[object]:
    """Where targets are read that a tape is asked for: it hears how views among them come of their
    owners, even if it has ended, as these may have been written to since the views were last read.
    """
    leaves = leaves_of(target, "gradient") if tape.has_ended else ()
    views = [leaf for leaf in leaves if isinstance(leaf, Cell) and leaf.is_view]
    for view in views:
        view.read_anew(tape.has_heard)
    return tape if views else nullcontext()


def targets_of(target: Any, tape: Any) -> tuple[Tensor, ...]:
    """The targets of a nest that a tape is asked for: tensors, and those that variables hold."""
    with following(tape, target):
        return tuple(
            [
                held(value) if isinstance(value, (Tensor, Variable)) else tensor(value, "gradient")
                for value in leaves_of(target, "gradient")
            ]
        )


def is_itself(tape: Any, source: Any, target: Tensor) -> bool:
    """Whether a target is a source itself: its derivative is 1, though no tape followed it. An
    array that the tape watches means what it held then, which is followed.
    """
    own = held(source)
    if isinstance(own, Cell):
        if tape.follows(own._uid):
            return False
        own = own._read()
    return target is own and target._layout.dtype.is_inexact


def of_itself(
    tape: Any, source: Any, targets: tuple[Tensor, ...], seeds: Sequence[Tensor | None] | None
) -> Tensor | None:
    """The gradient of targets that are a source themselves: their cotangents, or ones. None if no
    target is.
    """
    given = (None,) * len(targets) if seeds is None else seeds
    each = [
        ones_like(target) if seed is None else seed
        for target, seed in zip(targets, given, strict=True)
        if is_itself(tape, source, target)
    ]
    return functools.reduce(add, each) if each else None


def alike(value: Any, where: Layout, what: str, of: str) -> Tensor:
    """What is given of a derivative, in the dtype of what it is given for.

    Raises
    ------
    ShapeError
        If it is of another shape.
    DTypeError
        If it is complex, and what it is for is real: imaginary parts would be lost.
    """
    # A Python number is not rounded twice.
    made = tensor(value, what, where.dtype if type(value) is float else None)
    own = made._layout
    if own.shape != where.shape:
        raise ShapeError(f"{what}: {of} of shape {where.shape} is given one of shape {own.shape}")
    if own.dtype.is_complex and not where.dtype.is_complex:
        raise DTypeError(
            f"{what}: {of} of {where.dtype.name} is given one of {own.dtype.name}; give its real "
            "part, or make what it is for complex"
        )
    found: Tensor = cast_to(made, where.dtype)
    return found


def seeds_of(targets: tuple[Tensor, ...], output_gradients: Any) -> list[Tensor | None]:
    """The cotangent given for each target, in its dtype; None for ones. Errors as of `alike`."""
    if output_gradients is None:
        return [None] * len(targets)
    given = leaves_of(output_gradients, "gradient", none_is_leaf=True)
    if len(given) != len(targets):
        raise ValueError(
            f"gradient: {len(given)} output gradients for {len(targets)} targets; give each one, "
            "or None"
        )
    seeds: list[Tensor | None] = []
    for target, seed in zip(targets, given, strict=True):
        if seed is not None:
            seed = alike(seed, target._layout, "gradient", "the output gradient of a target")
        seeds.append(seed)
    return seeds
