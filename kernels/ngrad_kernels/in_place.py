"""Which inputs of a `Space` its outputs can be written over.

Loads are declared to be of what no store touches: without that, loops do not vectorise. So a
kernel may not simply be given one address twice. An input in `Space.over` is read as what the
kernel itself stored is, outside of that declaration, and from the address that the output is stored
to: one address for both, so that LLVM sees that each element is read before it is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ngrad_kernels.codes import size_of
from ngrad_kernels.space import Space, Step
from ngrad_kernels.space_passes import element_outputs


def _reads_once(space: Space) -> bool:
    """Whether every element is read for the last time before its column is stored: not if a row is
    passed over again, nor if a column is picked from it.
    """
    picks = any(isinstance(step, Step) and step.scalar == "pick" for step in space.steps)
    return not (picks or space.consumed())


def in_place(space: Space, dying: Iterable[int]) -> Space:
    """The space with its outputs in the memory of inputs that nobody reads again, as far as these
    are read at the index at which an output of their element size is stored.

    Examples
    --------
    >>> from ngrad_kernels.space import Operand
    >>> operands = Operand("f4", "row"), Operand("f4", "element"), Operand("f4", "element")
    >>> total = Step("add", (0, 1), "f4"), Step("multiply", (3, 2), "f4")
    >>> in_place(Space(operands, total, (4,)), dying=(0, 2)).over
    ((2, 0),)
    """
    if not _reads_once(space):
        return space
    free = [k for k in dying if space.inputs[k].kind == "element"]
    over = []
    for k, value in element_outputs(space).items():
        alone = space.interleaved(value) == (value,)
        sizes = {j: size_of(space.inputs[j].code) for j in free if alone}
        found = next((j for j in sizes if sizes[j] == size_of(space.code_of(value))), None)
        if found is not None:
            free.remove(found)
            over.append((found, k))
    return replace(space, over=tuple(over))
