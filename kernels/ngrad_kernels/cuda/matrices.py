"""Kernels that libraries of linear algebra need around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ngrad_kernels.cuda.source import Source

if TYPE_CHECKING:
    from ngrad_kernels.cuda.target import CudaTarget

PRECISIONS = {"f4": "s", "f8": "d"}
"""What names of LAPACK's routines begin with, by dtype."""
SMALL = 256
"""Rows up to which all of a batch are one call of a batched routine, which is made for small ones;
larger ones go one by one. No measurement says where one is better.
"""


def batched(count: int, rows: int) -> bool:
    """Whether a batch is one call of a batched routine."""
    return count > 1 and rows <= SMALL


_LOWER = """
def lower_{code}(facts, n, a1, a2, rows):
    i = thread_index()
    while i < n:
        value = load_{code}(a1, i)
        store_{code}(a2, i, value if i % rows <= i // rows % rows else {code}(0))
        i += thread_count()
"""
_ZERO_DIAGONALS = """
def zero_diagonals_{code}(facts, n, a1, a2, rows):
    i = thread_index()
    while i < n:
        info = i4(0)
        for k in range(rows):
            if load_{code}(a1, (i * rows + k) * rows + k) == 0 and info == 0:
                info = i4(k + 1)
        store_i4(a2, i, info)
        i += thread_count()
"""
_POINTERS = """
def pointers(facts, n, a1, first, step):
    i = thread_index()
    while i < n:
        store_i8(a1, i, i8(first + i * step))
        i += thread_count()
"""
# Numbers come in place of operands: they have no facts, which would be copied to the device first.


def _launch(target: CudaTarget, name: str, text: str, n: int, operands: Sequence[int]) -> None:
    kernel = target.load(name, lambda: Source(name, text, len(operands), 1))
    target.launch(kernel, 0, n, n, operands)


def lower(target: CudaTarget, code: str, count: int, rows: int, source: int, result: int) -> None:
    """Copy the lower triangles of matrices, and zeros above."""
    text, n = _LOWER.format(code=code), count * rows * rows
    _launch(target, f"lower_{code}", text, n, (source, result, rows))


def zero_diagonals(
    target: CudaTarget, code: str, count: int, rows: int, source: int, infos: int
) -> None:
    """For each matrix, as LAPACK's info: where its first zero on the diagonal is, from 1; 0 if
    there is none.
    """
    text = _ZERO_DIAGONALS.format(code=code)
    _launch(target, f"zero_diagonals_{code}", text, count, (source, infos, rows))


def pointers(target: CudaTarget, count: int, step: int, first: int, result: int) -> None:
    """The addresses of matrices that are a step apart, as batched routines want them."""
    _launch(target, "pointers", _POINTERS, count, (result, first, step))
