"""`Group`: a part of a graph that one loop nest computes, as the param of a node of `FUSED`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ngrad.graph.indexing import Frame, Split
from ngrad.graph.layout import Layout
from ngrad.graph.op import FUSED_LIMIT, Op
from ngrad_kernels.space import Reduce, Step

Spread = Literal["element", "row", "column", "one", "padded", "gathered", "index"]


class Leaf(NamedTuple):
    """What is loaded: an input of the group, and how it is spread over the space.

    Attributes
    ----------
    input : int
        Position among the inputs.
    spread : {"element", "row", "column", "one", "padded", "gathered", "index"}
        By which of rows and columns it varies; "element" also if it is broadcast in another way;
        "padded" if it lies in a frame; "gathered" if its rows are those that leaf `rows` names, an
        "index".
    shape : tuple of int
        That it is broadcast to; in row-major order it has an element for each of the space's (or of
        its rows', or of its columns'). Of what is gathered, and of an index, its own.
    frame, rows : int
    along : tuple of int
        The axis of the rows that are gathered, and how many axes the indices share.
    """

    input: int
    spread: Spread
    shape: tuple[int, ...]
    frame: int = 0
    rows: int = -1
    along: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Group:
    """A loop nest but for how its inputs lie in memory.

    Attributes
    ----------
    split : Split
        The space.
    leaves : tuple of Leaf
    steps : tuple of Step or Reduce
        Operands number the leaves, then the steps.
    outputs : tuple of int
        Values that are the group's results.
    specs : tuple of Layout
        Of the results.
    frames : tuple of Frame
    dying : tuple of int
        Inputs that nobody reads after it, in whose memory results may be put (`dying.py`).
    """

    split: Split
    leaves: tuple[Leaf, ...]
    steps: tuple[Step | Reduce, ...]
    outputs: tuple[int, ...]
    specs: tuple[Layout, ...]
    frames: tuple[Frame, ...] = ()
    dying: tuple[int, ...] = ()

    def ops(self) -> list[str]:
        """The names of what it computes, in order."""
        gathers = ["take_rows" for leaf in self.leaves if leaf.spread == "gathered"]
        return gathers + [
            f"reduce_{step.reduction}" if isinstance(step, Reduce) else step.scalar
            for step in self.steps
        ]

    def __str__(self) -> str:
        rows, length, panels = self.split
        lines = [f"{rows} x {length}" + f" in {panels} panels" * (panels > 1)]
        for k, leaf in enumerate(self.leaves):
            where = f" {self.frames[leaf.frame]}" if leaf.spread == "padded" else ""
            if leaf.spread == "gathered":
                where = f" along {leaf.along[0]} at v{leaf.rows}"
            last = ", which dies" if leaf.input in self.dying else ""
            lines.append(f"  v{k} = load({leaf.input}) by {leaf.spread}{where}{last}")
        for k, step in enumerate(self.steps, len(self.leaves)):
            operands = ", ".join(f"v{operand}" for operand in step.operands)
            if isinstance(step, Reduce):
                name = f"{step.reduction} over {step.axis}"
            else:
                name = step.scalar
                if name == "inside":
                    operands = str(self.frames[step.frame])
            lines.append(f"  v{k} = {name}({operands}) : {step.code}")
        results = zip(self.outputs, self.specs, strict=True)
        lines.append("  return " + ", ".join(f"v{k} : {spec!r}" for k, spec in results))
        return "\n".join(lines)


def _infer(*inputs: Layout, group: Group) -> Layout | tuple[Layout, ...]:
    return group.specs if len(group.specs) > 1 else group.specs[0]


def _prepare(*_: Any, **__: Any) -> Any:
    raise AssertionError("set where groups are lowered")


FUSED = Op("fused", _infer, _prepare, ("group",), family="engine")
"""Several nodes of a graph as one."""
FUSED.limit = FUSED_LIMIT
FUSED.within = Group.ops
