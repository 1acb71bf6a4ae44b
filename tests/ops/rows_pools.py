"""Rows of what pooling is made of."""

from __future__ import annotations

from typing import Any

from table import Row

from ngrad.graph.op import TABLE, Op
from ngrad.graph.reference import REFERENCES
from ngrad.ops.pools import LARGEST, OPERANDS, Pooling
from ngrad.record import apply

_HOWS = {
    "apart": (Pooling((3,), (3,), ((0, 0),)), (2, 8, 2)),
    "gaps": (Pooling((2,), (3,), ((1, 0),)), (2, 8, 1)),
    "overlapping": (Pooling((3, 2), (2, 1), ((1, 1), (0, 1))), (2, 5, 6, 3)),
    "wide": (Pooling((2, 2), (1, 2), ((1, 0), (0, 1))), (1, 4, 3, 20)),
    "solid": (Pooling((2, 2, 1), (1, 2, 1), ((0, 1), (1, 0), (0, 0))), (1, 3, 4, 2, 2)),
}


def _pooling(op: Op, label: str) -> Row:
    """The op of x, and of what stands for x and y beside it; y itself is what x's windows show."""
    how, shape = _HOWS[label]
    params = (shape[1:-1], *how) if "extents" in op.params else tuple(how)
    names = OPERANDS[op.name]
    shown = names[-2:] == "yx"  # it compares x with y
    several = (shape[0], *how.counts("", shape[1:-1]), shape[-1])
    shapes = tuple({"x": shape, "y": several}[name] for name in names)

    def function(*operands: Any) -> Any:
        if shown:
            *before, x = operands
            y = apply(LARGEST, (x,), tuple(how)) if x.dtype.is_floating else x
            operands = (*before, y, x)
        return apply(op, operands, params)

    def reference(*operands: Any) -> Any:
        if shown:
            *before, x = operands
            operands = (*before, REFERENCES["pool_max"](x, **how._asdict()), x)
        return REFERENCES[op.name](*operands, **op.keywords(params))

    if shown:
        shapes = (*shapes[:-2], shapes[-1])
    return Row(
        op.name,
        function,
        reference,
        ((-2, 2),) * len(shapes),
        "fiu" if op is LARGEST else "f",
        shapes=(shapes,),
        ulps=0.0 if op is LARGEST else 8.0,
        floor=4.0 * (op is not LARGEST),
        label=label,
    )


_FEW = ("gaps", "overlapping", "wide")
POOLS = [
    _pooling(TABLE[name], label)
    for name in OPERANDS
    for label in (_HOWS if name in ("pool_max", "unpool_mean") else _FEW)
]
