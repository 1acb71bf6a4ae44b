"""A `Space` that reduces rows and columns as two: where a target's kernel does one of both.

On a GPU a thread block would take all rows of a part of the columns, where each of many could take
a row. So the first space does all but the columns; the second reads what it found of each row, and
computes the elements again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ngrad_kernels.space import Operand, Reduce, Space, Step
from ngrad_kernels.space_passes import cone


class Apart(NamedTuple):
    """The two spaces.

    Attributes
    ----------
    first : Space
        Its outputs are those of the whole that are no column reductions, then `given`.
    second : Space
        Its inputs are those of the whole, then `given`; its outputs the column reductions.
    firsts, seconds : tuple of int
        The positions of these outputs in the whole.
    given : tuple of int
        Values of the whole, of level row.
    """

    first: Space
    second: Space
    firsts: tuple[int, ...]
    seconds: tuple[int, ...]
    given: tuple[int, ...]


def apart(space: Space) -> Apart:
    """A space's rows and columns.

    Examples
    --------
    >>> total, less = Reduce("sum", 0, "row", "f4"), Step("subtract", (0, 1), "f4")
    >>> both = Space((Operand("f4", "element"),), (total, less, Reduce("sum", 2, "column", "f4")),
    ...     (2, 3))
    >>> one, other, *_ = apart(both)
    >>> len(one.steps), one.outputs, other.inputs[1:], other.outputs
    (2, (2, 1), (Operand(code='f4', kind='row', frame=0, index=-1, tables=False),), (3,))
    """
    columns = column_outputs(space)
    rows = tuple([k for k in range(len(space.outputs)) if k not in columns])
    roots = [space.outputs[k] for k in columns]
    of_rows = [k for k in range(space.count) if space.level_of(k) == "row"]
    found = [k for k in cone(space, roots, of_rows) if k in of_rows]
    given = tuple([k for k in found if k >= len(space.inputs)])
    return Apart(
        _part(space, [*(space.outputs[k] for k in rows), *given]),
        _part(space, roots, given),
        rows,
        columns,
        given,
    )


def column_outputs(space: Space) -> tuple[int, ...]:
    """The positions of the outputs that are reductions over columns."""
    found = [space.reduction(value) for value in space.outputs]
    return tuple([k for k, step in enumerate(found) if step and step.axis == "column"])


def reduces_both(space: Space) -> bool:
    """Whether a space reduces rows, and columns too."""
    axes = {step.axis for step in space.steps if isinstance(step, Reduce)}
    return axes == {"row", "column"}


def _part(space: Space, outputs: Sequence[int], given: Sequence[int] = ()) -> Space:
    """The space of some values, where others are read, one a row."""
    inputs = (*space.inputs, *(Operand(space.code_of(k), "row") for k in given))
    number = {k: k for k in range(len(space.inputs))}
    number |= {k: len(space.inputs) + place for place, k in enumerate(given)}
    steps: list[Step | Reduce] = []
    for k in cone(space, outputs, given):
        step = space.step(k)
        if step is None or k in given:
            continue
        number[k] = len(inputs) + len(steps)
        if isinstance(step, Reduce):
            steps.append(replace(step, operand=number[step.operand]))
        else:
            operands = tuple([number[operand] for operand in step.operands])
            steps.append(replace(step, operands=operands))
    made = tuple([number[k] for k in outputs])
    return replace(space, inputs=inputs, steps=tuple(steps), outputs=made)
