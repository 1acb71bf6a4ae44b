"""Faults of matrices on a device: a status in its memory, read when a value is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ngrad_kernels.cuda.matrices import note_fault
from ngrad_kernels.faults import OPS, BadMatrix

if TYPE_CHECKING:
    from ngrad_kernels.cuda.target import CudaTarget


class Faults:
    """The status of a device.

    Parameters
    ----------
    target : CudaTarget
    """

    def __init__(self, target: CudaTarget) -> None:
        self._target = target
        self._status: Any = None

    def prepare(self) -> None:
        """Have a status, which is asked for before anything is launched."""
        if self._status is None:
            self._status = self._target.facts([0, 0, 0])

    def note(self, op: str, infos: int, count: int) -> None:
        """Queue that the info words of a batch's matrices are seen at the next look."""
        note_fault(self._target, infos, count, self._status[0], 1 + OPS.index(op))

    def raise_noted(self) -> None:
        """Raise what was noted since it was asked last, if anything; of all threads' work that is
        done.

        Raises
        ------
        BadMatrix
            Naming the op and the matrix, by its place in the batch in row-major order.
        """
        if self._status is None:
            return
        words = np.zeros(3, np.int64)
        target = self._target
        target.staging.copy_out(
            target.streams.ready(), words.ctypes.data, self._status[0], words.nbytes
        )
        op, which, count = words.tolist()
        if op:
            words[:] = 0
            target.copy_in(self._status[0], words.ctypes.data, words.nbytes)
            raise BadMatrix(OPS[op - 1], (which,) if count > 1 else ())
