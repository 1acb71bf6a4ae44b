"""How many threads BLAS uses for a product: one, where sharing costs more than it saves."""

from __future__ import annotations

import functools
from types import TracebackType
from typing import Any

import threadpoolctl

SHARED = 1 << 22
"""Multiply-adds from which a product gains by more than one thread. On a machine whose cores are
busy, a smaller one waits for OpenBLAS's threads a hundred times as long as it computes (measured:
1.8 ms a product of 128 x 128 x 64, against 10 us)."""

OWN = 1 << 18
"""Multiply-adds up to which OpenBLAS uses one thread unasked."""


@functools.cache
def _libraries() -> tuple[Any, ...]:
    """NumPy's BLAS, as far as it can be told its number of threads."""
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    numpys = [library for library in found if "numpy" in library.filepath]
    return tuple(numpys or found)


class Alone:
    """Within it BLAS uses one thread."""

    __slots__ = ("before",)

    def __enter__(self) -> None:
        self.before = [library.get_num_threads() for library in _libraries()]
        for library in _libraries():
            library.set_num_threads(1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for library, count in zip(_libraries(), self.before, strict=True):
            library.set_num_threads(count)


def gains_alone(multiply_adds: int) -> bool:
    """Whether a product of that size is better off on one thread than as BLAS would have it."""
    return OWN < multiply_adds < SHARED
