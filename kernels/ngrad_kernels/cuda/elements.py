"""What a thread does with elements of a row or a column, several of them at a time.

What several elements read is asked of memory before anything is computed of it: a thread that
waits for each in turn leaves memory idle (half of its speed, measured). So there is a loop that
reads and one that computes, of a constant number of turns: they are unrolled, and the array between
them is registers. Where the work is more than the compiler unrolls, turns are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import NamedTuple

from ngrad_kernels.codes import computed
from ngrad_kernels.writer import Writer

SEVERAL = 8
"""Elements that a thread has under way."""


class Elements(NamedTuple):
    """An element, as writers of source text.

    Attributes
    ----------
    reads : dict of str to str
        The names of the values that `read` sets, and their dtype codes.
    read, compute, store : callable
    place : callable
        Writes what they need of where the element is.
    stores : bool
        Whether `store` writes anything.
    long : bool
        Whether computing takes longer than memory does.
    unrolled : bool
        Whether loops over elements are unrolled.
    """

    reads: Mapping[str, str]
    read: Callable[[], None]
    compute: Callable[[], None]
    store: Callable[[], None] = lambda: None
    place: Callable[[], None] = lambda: None
    stores: bool = False
    long: bool = False
    unrolled: bool = True

    @property
    def together(self) -> int:
        """How many elements a thread has under way: of long ones one, which is wait enough."""
        return 1 if self.long else SEVERAL

    def several(
        self,
        writer: Writer,
        count: int,
        move: Callable[[], None],
        use: Callable[[], None],
        inside: str = "",
    ) -> None:
        """So many elements. `move` goes to that of number `q`; `use` is what follows when it is
        computed, and `inside` a condition for storing it.
        """
        if count == 1:
            writer.write("q = 0")
            move()
            self.place()
            self.read()
        else:
            for name, code in self.reads.items():
                writer.write(f"{name}s = cuda.local.array({count}, {computed(code)})")
            self._turns(writer, count, lambda: self._ask(writer, move))
            if self.reads:
                names = "".join(f"{name}s[q], " for name in self.reads)
                self._turns(writer, count, lambda: writer.write(f"{names}= at_hand(({names}))"))

        def work() -> None:
            if count > 1:
                move()
                self.place()
                writer.write(*[f"{name} = {name}s[q]" for name in self.reads])
            self.compute()
            use()
            if self.stores:
                with writer.block(f"if {inside}") if inside else nullcontext():
                    self.store()

        self._turns(writer, count, work)

    def _ask(self, writer: Writer, move: Callable[[], None]) -> None:
        """What an element reads, to where it waits for its turn."""
        move()
        self.place()
        self.read()
        writer.write(*[f"{name}s[q] = {name}" for name in self.reads])

    def _turns(self, writer: Writer, count: int, body: Callable[[], None]) -> None:
        """So many turns, of which `q` is the number."""
        if count == 1:
            body()
        elif self.unrolled:
            with writer.block(f"for q in range({count})"):
                body()
        else:
            for q in range(count):
                writer.write(f"q = {q}")
                body()
