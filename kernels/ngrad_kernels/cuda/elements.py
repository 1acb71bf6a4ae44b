"""What a thread does with elements of a row or a column, several of them at a time.

What several elements read is asked of memory before anything is computed of it: a thread that
waits for each in turn leaves memory idle (half of its speed, measured). So their code is written
out, for each with names of its own, `v3_2` for the `v3` of the third: names that are assigned
again and again would take Numba several times as long.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import NamedTuple

from ngrad_kernels.writer import Writer

SEVERAL = 4
"""Elements that a thread has under way."""
MOST_STEPS = 12
"""Of elements that are twice as many at a time."""
_ASSIGNED = re.compile(r"^ *(\w+(?:, \w+)*) = ")
_NAME = re.compile(r"\b[a-z]\w*\b")

Rename = Callable[[int, str], str]
"""Source that says something of an element in general, to that of one of them by its number."""


class Elements(NamedTuple):
    """An element, as writers of source text.

    Attributes
    ----------
    reads : sequence of str
        The names of the values that `read` sets.
    read, compute, store : callable
    steps : int
        How many values `compute` sets.
    stores : bool
        Whether `store` writes anything.
    long : bool
        Whether computing takes longer than memory does.
    mark : str
        What is in the names of these elements, and of no others in the kernel.
    """

    reads: Sequence[str]
    read: Callable[[], None]
    compute: Callable[[], None]
    steps: int
    store: Callable[[], None] = lambda: None
    stores: bool = False
    long: bool = False
    mark: str = ""

    @property
    def together(self) -> int:
        """How many elements a thread has under way: of those that read one value, twice as many
        (of others that gains a twelfth, and takes twice as long to compile); of long ones one,
        which is wait enough.
        """
        if self.long:
            return 1
        return SEVERAL * (1 + (len(self.reads) == 1 and self.steps <= MOST_STEPS))

    def several(
        self,
        writer: Writer,
        count: int,
        move: Callable[[int], None],
        use: Callable[[Rename], None],
        what: str = "",
        inside: str = "",
    ) -> None:
        """So many elements. `move` goes to one of them, by its number; `use` is what follows when
        all are computed, and `inside` a condition for storing one. `what` is in all names.
        """
        names: list[set[str]] = [set() for _ in range(count)]
        waits = self.reads if count > 1 else ()

        def rename(k: int, text: str, waiting: bool = False) -> str:
            def own(found: re.Match[str]) -> str:
                name = found[0]
                if name not in names[k]:
                    return name
                return f"{name}_{self.mark}{what}{k}{'w' * (waiting and name in waits)}"

            return _NAME.sub(own, text)

        def write(k: int, *acts: Callable[[], None], waiting: bool = False) -> None:
            first = len(writer.lines)
            for act in acts:
                act()
            lines, writer.lines[first:] = writer.lines[first:], []
            for line in lines:
                if assigned := _ASSIGNED.match(line):
                    names[k].update(assigned[1].split(", "))
            writer.lines += [rename(k, line, waiting) for line in lines]

        def store() -> None:
            with writer.block(f"if {inside}") if inside else nullcontext():
                self.store()

        for k in range(count):
            write(k, functools.partial(move, k), self.read, waiting=True)
        if waits:
            every = [(k, name) for k in range(count) for name in waits]
            there = ", ".join(rename(k, name) for k, name in every)
            asked = ", ".join(rename(k, name, waiting=True) for k, name in every)
            writer.write(f"{there} = at_hand(({asked}))")
        for k in range(count):
            write(k, self.compute)
        use(rename)
        for k in range(count) if self.stores else ():
            write(k, store)
