"""Functions that touch each page of the stack that they take.

Behind a thread's stack is a page that nobody may touch. A function that takes several pages, and
writes to the last of them first, would step over it into memory of others, which nobody would hear
of.
"""

from __future__ import annotations

from llvmlite import ir

PROBED = '"probe-stack"="inline-asm"'


def probed(function: ir.Function) -> ir.Function:
    """Have a function do so, page by page, before it does anything else."""
    set.add(function.attributes, PROBED)  # llvmlite knows of none that has a value
    return function
