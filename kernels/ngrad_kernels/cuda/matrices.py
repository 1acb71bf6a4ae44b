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


# Numbers come in place of operands: kernels so have no facts, which would be copied first.
_TEXTS = {
    "lower": """
def {name}(facts, n, a1, a2, rows):
    i = thread_index()
    while i < n:
        value = load_{code}(a1, i)
        store_{code}(a2, i, value if i % rows <= i // rows % rows else {code}(0))
        i += thread_count()
""",
    "zero_diagonals": """
def {name}(facts, n, a1, a2, rows):
    i = thread_index()
    while i < n:
        info = i4(0)
        for k in range(rows):
            if load_{code}(a1, (i * rows + k) * rows + k) == 0 and info == 0:
                info = i4(k + 1)
        store_i4(a2, i, info)
        i += thread_count()
""",
    "pointers": """
def {name}(facts, n, a1, first, step):
    i = thread_index()
    while i < n:
        store_i8(a1, i, i8(first + i * step))
        i += thread_count()
""",
    "note_fault": """
def {name}(facts, n, a1, a2, who):
    entry = table_at(a2)
    if thread_index() == 0:
        for k in range(n):
            if load_i4(a1, k) != 0 and entry[1] > entry[2]:
                entry[0] = who
                entry[1] = k
                entry[2] = k
""",
}
KERNELS = tuple(_TEXTS)


def source(kernel: str, code: str) -> Source:
    """One of these kernels, for a dtype.

    Examples
    --------
    >>> source("lower", "f4").name
    'lower_f4'
    """
    name = f"{kernel}_{code}"
    return Source(name, _TEXTS[kernel].format(name=name, code=code), 3, 1)


def _launch(target: CudaTarget, kernel: str, code: str, n: int, operands: Sequence[int]) -> None:
    number = target.load((kernel, code), lambda: source(kernel, code))
    target.launch(number, 0, n, n, operands)


def lower(target: CudaTarget, code: str, count: int, rows: int, matrices: int, result: int) -> None:
    """Copy the lower triangles of matrices, and zeros above."""
    _launch(target, "lower", code, count * rows * rows, (matrices, result, rows))


def zero_diagonals(
    target: CudaTarget, code: str, count: int, rows: int, matrices: int, infos: int
) -> None:
    """For each matrix, as LAPACK's info: where its first zero on the diagonal is, from 1; 0 if
    there is none.
    """
    _launch(target, "zero_diagonals", code, count, (matrices, infos, rows))


def pointers(target: CudaTarget, count: int, step: int, first: int, result: int) -> None:
    """The addresses of matrices that are a step apart, as batched routines want them."""
    _launch(target, "pointers", "i8", count, (result, first, step))


def note_fault(target: CudaTarget, infos: int, count: int, entry: int, who: int) -> None:
    """LAPACK's info words, one a matrix, to an entry of a status: who asks, and the first matrix
    whose word is not 0.
    """
    _launch(target, "note_fault", "i4", count, (infos, entry, who))
