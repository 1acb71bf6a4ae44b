"""LAPACK as ops call it, by way of NumPy and SciPy: small factors by one thread.

The threads of OpenBLAS go on looking for work for 0.1 s after each call, on the cores that ours are
at home on: after the inverse of a hundred rows, elementwise kernels took twice as long. And what
they save is little: at 200 and 400 rows, one thread takes 0.4 (Cholesky) to 1.6 (an inverse) of the
time of two. Where threads of others spin, too, such as PyTorch's, two took 20 times as long as one.
"""

from __future__ import annotations

import functools
import inspect
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

import numpy as np

from ngrad_kernels import blas_threads, cache, native, skeletons
from ngrad_kernels.blas_library import Pool, pool_of

SMALL = 1 << 27
"""Multiply-adds, as of a product of 512 rows, up to which a factor is left to one thread."""


@functools.cache
def _kernels() -> tuple[int, int]:
    helpers = skeletons.as_helpers(*blas_threads.HELPERS)
    hold, give_back = (
        cache.load(one.__name__, helpers + inspect.getsource(one))
        for one in (blas_threads.hold_library, blas_threads.give_back_library)
    )
    return hold, give_back


class OneThread:
    """Within it a library uses one thread; for one use at a time, unless its number of threads is
    the process's.
    """

    __slots__ = ("_facts", "_give_back", "_hold", "_words")

    def __init__(self, pool: Pool) -> None:
        self._hold, self._give_back = _kernels()
        self._words = np.array([*blas_threads.words(pool), 0], np.int64)
        self._facts = self._words.ctypes.data

    def __enter__(self) -> None:
        native.run(self._hold, self._facts, 1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        native.run(self._give_back, self._facts, 1)


@functools.cache
def _shared(package: str) -> OneThread | None:
    pool = pool_of(package)
    return OneThread(pool) if pool.shared or not pool.get_threads else None


def threads_for(package: str, work: int) -> AbstractContextManager[None]:
    """Within it, the LAPACK that "numpy" or "scipy" calls uses one thread if a matrix is small, by
    about how many multiply-adds its factor takes.

    Examples
    --------
    >>> import numpy
    >>> with threads_for("numpy", 2 * 2 * 2):
    ...     factor = numpy.linalg.cholesky(numpy.eye(2))
    """
    if work > SMALL:
        return nullcontext()
    return _shared(package) or OneThread(pool_of(package))
