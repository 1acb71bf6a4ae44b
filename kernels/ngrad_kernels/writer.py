"""Source text as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Writer:
    """Lines of source, indented as blocks open and close."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0

    def write(self, *lines: str) -> None:
        self.lines += [" " * (4 * self.depth) + line for line in lines]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.write(f"{head}:")
        self.depth += 1
        yield
        self.depth -= 1
