"""What all CUDA kernels of a `Space` begin with, and where their operands are."""

from __future__ import annotations

from ngrad_kernels.space import LENGTH, ROWS, Space
from ngrad_kernels.space_passes import passes
from ngrad_kernels.space_writer import SpaceWriter


class SpaceKernel(SpaceWriter):
    """The source of one space's kernel, of which a subclass writes the loops."""

    def __init__(self, space: Space, name: str) -> None:
        super().__init__(space)
        self.name = name
        self.passes = passes(space)
        self.columns = [k for one in self.passes for k in one.columns]
        self.rows = [value for one in self.passes for value in one.rows]
        self.count = len(space.inputs) + len(space.outputs) + len(space.reduced())
        addresses = ", ".join(f"a{k}" for k in range(self.count))
        with self.block(f"def {name}(facts, n, {addresses})"):
            self.prologue()
            self.loops()

    def loops(self) -> None:
        """What follows the names that all kernels have."""
        raise NotImplementedError

    def prologue(self) -> None:
        """The sizes, where frames and views are, and the values that are the same for all."""
        self.write("words = table_at(facts)", f"rows, length = words[{ROWS}], words[{LENGTH}]")
        self.frames("words")
        for place, k in enumerate(self.views):
            self.write(f"w{k} = facts + 8 * words[{self.view_word(place)}]")
        self.write("first_thread = thread_index() == 0")
        self.values("one", 0)

    @property
    def divides(self) -> bool:
        """Whether the place of a row takes divisions, which are too long to be unrolled."""
        return any(axes > 1 for axes in self.space.grids)

    # -- operands ----------------------------------------------------------------------------------

    def operand(self, position: int) -> str:
        return f"a{position}"

    def lead(self, level: str) -> str:
        return "first_thread" if level == "one" else "speaks"

    def load_view(self, k: int, load: str, column: str) -> None:
        self.write(f"{load}({self.located(k, f'start + {column}')}, 0)")

    def located(self, k: int, number: str) -> str:
        """The address of an element of a view."""
        if self.space.inputs[k].index < 0:
            return f"locate(a{k}, w{k}, {number})"
        finds = "locate_in_table" if self.space.inputs[k].tables else "locate_row"
        return f"{finds}({self.named(k)}, {number})"
