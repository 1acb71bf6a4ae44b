"""Lines of source, indented as blocks open and close."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Writer:
    """Lines of source.

    Examples
    --------
    >>> writer = Writer()
    >>> with writer.block("if x"):
    ...     writer.write("y = 1")
    >>> writer.lines
    ['if x:', '    y = 1']
    """

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

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"
