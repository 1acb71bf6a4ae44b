"""What stands for the arguments of a function while it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ngrad.dtypes import complex128, float64
from ngrad.graph.dims import Sizes
from ngrad.graph.layout import Layout, layout
from ngrad.ops.weak import Weak
from ngrad.signature import Number
from ngrad.statics import Held, Static
from ngrad.tracing import Trace

NUMBERS = {float: layout(float64, ()), complex: layout(complex128, ())}
"""What stands for a Python number."""


def opened(sizes: Sizes, k: int, part: Any, axes: Sequence[tuple[int, int]]) -> Any:
    """The layout of a leaf with its open sizes."""
    if type(part) is not Layout:
        return part
    shape = tuple([sizes.size(n) if (k, axis) in axes else n for axis, n in enumerate(part.shape)])
    return layout(part.dtype, shape, None, part.device)


def placeholder(trace: Trace, part: Any, leaf: Any) -> Any:
    """What the Python is called with in place of an argument."""
    if type(part) is Static:
        return leaf
    if type(part) is Held:  # one of its own: what is assigned to it stays inside
        found = trace.argument(part.where)
        if not part.rows:
            trace.turned.add(found._slot)
        return part.kind(found)
    if type(part) is Number:
        return Weak(trace.argument(NUMBERS[part.kind], number=True))
    return trace.argument(part)
