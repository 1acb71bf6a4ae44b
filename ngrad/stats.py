"""`stats`: what was compiled, loaded, planned, fused, launched and moved."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ngrad.graph.cost import counted
from ngrad_kernels import cache
from ngrad_kernels.memory import pool

SIZES = ("bytes", "live_bytes", "pooled_bytes")
"""Fields that are bytes."""


@dataclass(frozen=True)
class Stats:
    """Counts since the process began, and what memory holds now; or the difference of two such.

    Attributes
    ----------
    compiled, loaded, rejected : int
        Kernels that were compiled, that came from the disk cache, and files there that were
        damaged.
    planned, fused : int
        Structures that were planned, and how many of them went over to fused kernels.
    sized : int
        Structures that one plan for many sizes served.
    runs, launches, bytes : int
        Runs of plans; kernels that these, and ops that ran where they were called, launched; and
        what was read and written, if each element is read once.
    live_bytes, live_blocks, pooled_bytes, pooled_blocks : int
        Memory that tensors use, and that waits in the pool.
    """

    compiled: int
    loaded: int
    rejected: int
    planned: int
    fused: int
    sized: int
    runs: int
    launches: int
    bytes: int
    live_bytes: int
    live_blocks: int
    pooled_bytes: int
    pooled_blocks: int

    def __sub__(self, before: Stats) -> Stats:
        return Stats(*(getattr(self, k.name) - getattr(before, k.name) for k in fields(self)))

    def _rows(self) -> list[tuple[str, str]]:
        values = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [(name, size(n) if name in SIZES else f"{n:,}") for name, n in values]

    def __str__(self) -> str:
        return "\n".join(f"{name:<14}{value:>14}" for name, value in self._rows())

    def __rich__(self) -> Any:
        from rich.table import Table  # loaded by who prints, not by who imports ngrad

        table = Table("counter", show_edge=False)
        table.add_column("value", justify="right")
        for row in self._rows():
            table.add_row(*row)
        return table


def size(nbytes: float) -> str:
    """Bytes as people read them.

    Examples
    --------
    >>> size(512), size(2_500_000), size(-4096)
    ('512 B', '2.5 MB', '-4.1 kB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(nbytes) >= scale:
            return f"{nbytes / scale:,.1f} {unit}"
    return f"{nbytes:,.0f} B"


def stats() -> Stats:
    """What was compiled, loaded, planned, fused, launched and moved since the process began.

    Counting takes no lock: where several threads run, a count may lack a few.

    Returns
    -------
    Stats
        Of which differences can be taken.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([0.5] * 100_000)
    >>> before = ngrad.stats()
    >>> ngrad.eval(x + x)
    >>> done = ngrad.stats() - before
    >>> done.runs, done.launches, done.bytes
    (1, 1, 1200000)
    """
    memory, counters = pool.stats(), counted()
    return Stats(
        compiled=cache.counters["compiled"],
        loaded=cache.counters["loaded"],
        rejected=cache.counters["rejected"],
        planned=counters["planned"],
        fused=counters["fused"],
        sized=counters["sized"],
        runs=counters["runs"],
        launches=counters["launches"],
        bytes=counters["bytes"],
        live_bytes=memory.live_bytes,
        live_blocks=memory.live_blocks,
        pooled_bytes=memory.pooled_bytes,
        pooled_blocks=memory.pooled_blocks,
    )


__all__ = ["Stats", "stats"]
