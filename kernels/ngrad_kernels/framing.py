"""Operands that fill a part of an axis, whose rest is zeros: a block of one is read where it lies
wherever it can be.
"""

from __future__ import annotations

from typing import Any

from ngrad_kernels.codegen import helper
from ngrad_kernels.integers import greatest, least
from ngrad_kernels.short_runs import copy_runs


@helper()
def framed(address, scratch, zeros, c, n, first, end, size):
    """Where elements [c, c + n) of an axis are, of which an operand fills [first, end): its own, or
    in scratch, between zeros.

    A call, since a kernel may have dozens of such operands, and takes as long to compile as its
    text is long. Copied, not stored: loads are declared to be of what no store of a kernel touches.
    """
    if first <= c and c + n <= end:
        return address + (c - first) * size
    x = greatest(c, least(first, c + n))
    y = greatest(x, least(end, c + n))
    copy_runs(scratch, zeros, (x - c) * size, 1, 0, 0)
    copy_runs(scratch + (x - c) * size, address + (x - first) * size, (y - x) * size, 1, 0, 0)
    copy_runs(scratch + (y - c) * size, zeros, (c + n - y) * size, 1, 0, 0)
    return scratch


NAMESPACE: dict[str, Any] = {"framed": framed}
