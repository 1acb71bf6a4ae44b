"""What batches users' kernels by itself: NumPy's universal functions, and those that Numba makes by
`vectorize` and `guvectorize`, which go over leading axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def core_axes(kernel: Any, operands: int) -> tuple[int, ...] | None:
    """Of how many last axes of each operand a kernel computes one element of its loop: none, if it
    is elementwise. None of what is no universal function.

    Examples
    --------
    >>> core_axes(np.add, 3), core_axes(np.vecdot, 3), core_axes(sum, 2)
    ((0, 0, 0), (1, 1, 0), None)
    """
    from numba.np.ufunc.dufunc import DUFunc  # loaded by who has one, not by who imports ngrad
    from numba.np.ufunc.gufunc import GUFunc

    if not isinstance(kernel, (np.ufunc, DUFunc, GUFunc)):
        return None
    if kernel.signature is None:
        return (0,) * operands
    if "?" in kernel.signature:  # axes that an operand may lack
        return None
    parts = kernel.signature.replace(" ", "").replace("->", ",")[1:-1].split("),(")
    return tuple([len(part.split(",")) if part else 0 for part in parts])


def aligned(
    kernel: Any, lead: int, reads: list[np.ndarray], params: int, writes: list[np.ndarray]
) -> list[np.ndarray]:
    """Operands of which so many first axes are those of batches, with ones behind these where
    results have more axes, as a universal function broadcasts them; of other kernels as they are.

    Examples
    --------
    >>> rows, table, result = np.ones((5, 3)), np.ones((1, 2, 3)), np.ones((5, 2, 3))
    >>> [x.shape for x in aligned(np.add, 1, [rows, table], 0, [result])]
    [(5, 1, 3), (1, 2, 3)]
    """
    core = core_axes(kernel, len(reads) + params + len(writes))
    if core is None:
        return reads
    results = zip(writes, core[len(reads) + params :], strict=True)
    whole = max([x.ndim - axes for x, axes in results])  # of the loop
    found = []
    for x, axes in zip(reads, core[: len(reads)], strict=True):
        missing = whole + axes - x.ndim
        found.append(x[(slice(None),) * lead + (None,) * missing])
    return found


__all__ = ["aligned", "core_axes"]
