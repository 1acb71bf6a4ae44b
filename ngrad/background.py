"""What fuses plans that came again while runs go on: a thread, and a process beside this one that
compiles.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import threading
import warnings
from typing import Protocol

from ngrad.graph.cost import counters
from ngrad_kernels import beside
from ngrad_kernels.cache import made_by

IDLE = 10.0
"""Seconds without work after which the process that compiles is let go."""


class Fusable(Protocol):
    """What is to be fused.

    Attributes
    ----------
    tried : int
        How often it came; 2 once it waits here, or is fused.
    """

    tried: int

    def fuse(self) -> None:
        """Cut it into fused kernels, which may have to be compiled first."""


class Compiler:
    """A thread that fuses what came again, while runs go on; a process beside this one compiles."""

    def __init__(self) -> None:
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.stop)

    def _begin(self) -> None:
        self.waiting: queue.SimpleQueue[Fusable | None] = queue.SimpleQueue()
        self.thread: threading.Thread | None = None
        self.lock = threading.RLock()
        self.pending: dict[int, Fusable] = {}  # by `id`: what waits, and what is being compiled

    def _after_fork(self) -> None:
        """The thread is the parent's: the child asks for what it waits for when it comes again."""
        for planned in self.pending.values():
            planned.tried = 1
        self._begin()

    def compile(self, planned: Fusable) -> None:
        """Have it fused.

        Raises
        ------
        RuntimeError
            If there can be no more threads, as while Python ends.
        """
        thread = threading.Thread(target=self._work, name="ngrad", daemon=True)
        with self.lock:
            self.pending[id(planned)] = planned
            self.waiting.put(planned)
            if self.thread is None:
                self.thread = thread
                try:
                    thread.start()
                except RuntimeError:
                    self.thread = None
                    raise

    def _work(self) -> None:
        with made_by(beside.make):
            while (planned := self._next()) is not None:
                try:
                    planned.fuse()
                except Exception as error:
                    failed(error)
                finally:
                    self.pending.pop(id(planned), None)
        beside.end()

    def _next(self) -> Fusable | None:
        """What comes next; a compiler that has nothing to do for a while is let go."""
        try:
            return self.waiting.get(timeout=IDLE)
        except queue.Empty:
            beside.end()
            return self.waiting.get()

    def stop(self) -> None:
        """Finish what is being compiled: an interpreter that ends amid it may crash."""
        if self.thread is not None:
            with contextlib.suppress(queue.Empty):
                while True:
                    self.waiting.get_nowait()
            self.waiting.put(None)
            self.thread.join()


failures: list[str] = []
"""What went wrong where a program could go on: a test that finds something here fails."""


def failed(error: Exception) -> None:
    """Note that a program could not be fused: it runs as it did."""
    counters["failed"] += 1
    failures.append(repr(error))
    with contextlib.suppress(RuntimeWarning):  # where warnings are errors
        warnings.warn(
            f"a program is not fused, and runs with a kernel for each op: {error!r}",
            RuntimeWarning,
            stacklevel=1,
        )


compiler = Compiler()
