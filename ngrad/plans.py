"""Plans by structure: first with a kernel for each op, then with fused ones; the bits are the same.

A structure is what was recorded, which values are there, which are wanted, and which gradient. Two
structures are one when they are equal in full. When one comes for the first time and its fused
kernels are on disk, they are loaded; if not, it runs with the kernels of its ops, unless so many
of these are missing too that the fused ones take less time to compile (`cold.py`). When it comes
again, its fused kernels are compiled: in the background, where runs go on meanwhile, or at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ngrad.background import compiler, failed
from ngrad.cold import came_before, fused_sooner
from ngrad.config import settings
from ngrad.cut import AT_ONCE, Cut
from ngrad.errors import GradientError
from ngrad.forms import AtSizes, served
from ngrad.graph.cost import counters
from ngrad.graph.dying import mark_dying
from ngrad.graph.fuse import fuse
from ngrad.graph.gather import gather
from ngrad.graph.graph import Graph
from ngrad.graph.layout import Layout
from ngrad.graph.written import written
from ngrad.hooks import hooks
from ngrad.ops.fused import sources
from ngrad.replay import Replay
from ngrad.structure import Built, Key, build, structure_of
from ngrad.tensor import Tensor
from ngrad_kernels.cache import NotCached, without_compiling
from ngrad_kernels.garbage import uncollected

PLANS_LIMIT = 1024
ENTRIES_LIMIT = 1 << 18
"""Entries of all plans that are kept: of each some four kilobytes."""
SERVED_LIMIT = 1 << 12
"""Structures of which nothing but their hash is kept."""
FEW, WIDE = 64, 1 << 18
"""Nodes up to which a graph that comes first is cut at once in any case, and bytes of each, in the
mean, from which on more are too: to cut a node takes as long as to read and write so many with a
kernel for each op.
"""


class Planned:
    """How a structure runs, kept for the next time.

    Parameters
    ----------
    build : callable
        Gives its graph, for each input of that the slot, and how each lies. It is called when they
        are needed: what comes once may run without.
    given : tuple of int
        As in `Structure`.
    """

    __slots__ = ("_build", "_built", "_slots", "before", "cut", "times", "tried")

    def __init__(self, build: Callable[[], Built], given: tuple[int, ...] = ()) -> None:
        self._build = build
        self._built: Built | None = None
        self._slots = given
        self.times = self.before = 0  # that it came (`unplanned.py`), and had come by a look
        self.tried = 0
        self.cut: Cut | AtSizes | None = None

    @property
    def built(self) -> Built:
        built = self._built
        if built is None:
            built = self._built = self._build()
            counters["planned"] += 1
        return built

    @property
    def graph(self) -> Graph:
        return self.built[0]

    @property
    def places(self) -> tuple[int, ...]:
        return self.built[1]

    @property
    def layouts(self) -> dict[int, Layout]:
        return self.built[2]

    @property
    def _given(self) -> frozenset[int]:
        return frozenset([k for k, slot in enumerate(self.places) if slot in self._slots])

    def run(self, kept: Mapping[int, Any]) -> list[Tensor | None]:
        """The outputs of the graph: what is wanted, then the gradients."""
        return self.ready().run(kept)

    def serve(self, cut: AtSizes | None) -> None:
        """Run as another plan does that is for these sizes too, if there is one."""
        if cut is not None:
            self.cut, self.tried = cut, 2

    def ready(self) -> Cut | AtSizes:
        """The way to run it now."""
        if type(self.cut) is AtSizes and hooks.execute is not None:
            self.cut, self.tried = None, 1  # whoever asks for steps wants a plan of its own
        if self.tried < 2:
            self._heat()
        cut = self.cut
        if cut is None:
            cut = self.cut = self._cut(lambda: mark_dying(written(self.graph, False), self._given))
        return cut

    def _heat(self) -> None:
        """Go over to fused kernels: loaded at the first run, compiled at the second."""
        if settings.fusion == "off":
            return
        self.tried += 1
        try:
            if self.tried == 1:
                self._fuse_at_first()
            else:
                self._fuse_later()
        except GradientError:
            raise  # of the program itself: it runs in no other way
        except Exception as error:
            if settings.fusion == "wait":
                raise
            failed(error)

    def _fuse_at_first(self) -> None:
        """Fuse, if the fused kernels are on disk, or are compiled sooner than those of the ops; and
        if that is not likely to take longer than it saves.
        """
        nodes = self.graph.nodes
        if len(nodes) > FEW and (
            len(nodes) > AT_ONCE or sum([x.spec.nbytes for x in nodes]) < len(nodes) * WIDE
        ):
            return
        fused = self._fused()
        try:
            with without_compiling():
                self._run_as(fused)
        except NotCached as error:
            if came_before(str(error)):  # with other sizes, which may be new each time
                self._fuse_later()
            elif fused_sooner(fused, self.graph, self.layouts):
                self._run_as(fused)

    def _fuse_later(self) -> None:
        """Fuse, with kernels that have to be compiled."""
        self.tried = 2
        if settings.fusion == "wait":
            self.fuse()
        else:
            compiler.compile(self)

    def fuse(self) -> None:
        """Cut the graph into fused kernels, which may have to be compiled first."""
        self._run_as(self._fused())

    @uncollected
    def _fused(self) -> Graph:
        return gather(fuse(self.graph, self.layouts, self._given))

    def _run_as(self, fused: Graph) -> None:
        self.cut = self._cut(self._fused, fused)
        self.tried = 2
        counters["fused"] += 1

    def _cut(self, graph: Callable[[], Graph], first: Graph | None = None) -> Cut:
        """A graph as a plan: as it is made, or as it was at first."""
        again = first is not None
        cut = Cut(first or graph(), self.places, self.layouts, again)
        if cut.over and not isinstance(cut.replay, Replay):  # it is not all launches
            self._slots = ()
            cut = Cut(graph(), self.places, self.layouts, again)
        return cut

    def source(self) -> str:
        """The source of the kernels, where it is cut into as few as can be."""
        return "\n\n".join(sources(fuse(self.graph, self.layouts)))


class _Plans(dict[Key, Planned]):
    """What was planned, by structure: a bounded number, of so many entries in all, which is `size`.
    A dictionary compares in full what hashes alike; what is not there is planned.
    """

    size = 0

    def __init__(self) -> None:
        self._served: set[int] = set()

    def __missing__(self, key: Key) -> Planned:
        structure = structure_of(key)
        planned = Planned(partial(build, structure), structure.given)
        if True in [entry[0].open for entry in structure.entries]:
            return planned  # a recording's
        planned.serve(served(key))
        if planned.cut is not None and not self._came(key):
            return planned
        # No lock, which a fork could leave taken: threads that meet lose a plan at worst.
        self[key] = planned
        self.size += len(structure.entries)
        if len(self) > PLANS_LIMIT or self.size > ENTRIES_LIMIT:
            self._let_go(key)
        return planned

    def _came(self, key: Key) -> bool:
        """Whether a structure that another plan serves came before: sizes that come once are most
        in programs of such, and nothing of them is kept but a hash.
        """
        if len(self._served) >= SERVED_LIMIT:
            self._served.clear()
        before = len(self._served)
        self._served.add(hash(key))
        return len(self._served) == before

    def _let_go(self, new: Key) -> None:
        """What did not come since this was last done goes; or, if all did, the older half of it."""
        items = [item for item in list(self.items()) if item[0] is not new]
        gone = [key for key, kept in items if kept.times == kept.before]
        for key in gone or [key for key, _ in items[: (len(items) + 1) // 2]]:
            self.pop(key, None)
        for _, kept in items:
            kept.before = kept.times
        self.size = sum([len(key[0]) for key in list(self)])


plans = _Plans()
