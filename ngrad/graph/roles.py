"""How ops take part in fused kernels: an op says its role where it is defined (`op.fusion`)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from ngrad.graph.graph import Node
from ngrad.graph.op import Op

Kind = Literal[
    "map", "reduce", "pick", "spread", "gather", "embed", "concat", "interleave", "reshape",
    "broadcast", "slice", "view"
]  # fmt: skip


class Role(NamedTuple):
    """The part that an op has in a fused loop nest.

    Attributes
    ----------
    kind : str
        "map": elementwise, with broadcasting. "reduce": over the param `axes`. "pick", "spread": an
        element of each row by index, and its transpose; whole rows by index are a "gather".
        "embed", "concat": elements placed in a larger range; a concat of columns is an
        "interleave". The others move nothing: "reshape" (same elements, same order), "broadcast",
        "slice", "view" (any other).
    scalar : str
        The scalar expression of a map, or how a reduction combines.
    """

    kind: Kind
    scalar: str = ""


VIEWS = ("reshape", "broadcast", "slice", "view")


def kind_of(node: Node) -> Kind | None:
    """The part that a node can have in a fused loop nest."""
    return node.op.fusion.kind if isinstance(node.op, Op) and node.op.fusion else None
