"""Kernels that libraries of linear algebra need around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
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
def lower_{code}(facts, n, a1, a2):
    rows = table_at(facts)[0]
    i = thread_index()
    while i < n:
        value = load_{code}(a1, i)
        store_{code}(a2, i, value if i % rows <= i // rows % rows else {code}(0))
        i += thread_count()
"""
_ZERO_DIAGONAL = """
def zero_diagonal_{code}(facts, n, a1, a2):
    rows = table_at(facts)[0]
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
def pointers(facts, n, a1, a2):
    step = table_at(facts)[0]
    i = thread_index()
    while i < n:
        store_i8(a1, i, a2 + i * step)
        i += thread_count()
"""


class Matrices:
    """These kernels, on a device. Facts are kept, one number each.

    Parameters
    ----------
    target : CudaTarget
    """

    def __init__(self, target: CudaTarget) -> None:
        self._target = target
        self._facts: dict[int, tuple[int, Any]] = {}

    def _launch(self, name: str, text: str, fact: int, n: int, addresses: Sequence[int]) -> None:
        target = self._target
        if fact not in self._facts:
            self._facts[fact] = target.facts(np.array([fact], np.int64))
        kernel = target.load(name, lambda: Source(name, text, 2, 1))
        target.launch(kernel, self._facts[fact][0], n, n, addresses)

    def lower(self, code: str, count: int, rows: int, source: int, target: int) -> None:
        """Copy the lower triangles of matrices, and zeros above."""
        n = count * rows * rows
        self._launch(f"lower_{code}", _LOWER.format(code=code), rows, n, (source, target))

    def zero_diagonals(self, code: str, count: int, rows: int, source: int, infos: int) -> None:
        """For each matrix, as LAPACK's info: where its first zero on the diagonal is, from 1; 0 if
        there is none.
        """
        name, text = f"zero_diagonal_{code}", _ZERO_DIAGONAL.format(code=code)
        self._launch(name, text, rows, count, (source, infos))

    def pointers(self, count: int, step: int, first: int, target: int) -> None:
        """The addresses of matrices that are a step apart, as batched routines want them."""
        self._launch("pointers", _POINTERS, step, count, (target, first))
