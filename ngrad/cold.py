"""A structure's first run, where kernels are missing: which of its two cuts is there sooner.

The kernels of ops serve whatever comes later, fused ones their own structure alone. But each takes
Numba as long as a small fused one, so a program's first run would mostly wait for kernels that its
second run no longer needs. So those of ops are put off, a few times: a program that runs again and
again never compiles them, and one that is new at each line soon has them all.
"""

from __future__ import annotations

from collections import Counter

from ngrad.graph.graph import CONSTANT, INPUT, PART, Graph
from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad_kernels.cache import NotCached, without_compiling

FUSED_TAKES = 2.0
"""How many kernels of ops are compiled while a fused one is."""

_put_off: Counter[str] = Counter()  # by kernel: how often it would have served, had it been there
_missed: dict[str, None] = {}  # fused kernels, the latest last
MISSED_LIMIT = 1 << 10


def came_before(name: str) -> bool:
    """Whether a fused kernel, which is missing, has been missed before: by another structure, since
    a structure that comes again has it compiled.
    """
    if name in _missed:
        return True
    if len(_missed) >= MISSED_LIMIT:
        _missed.pop(next(iter(_missed)), None)
    _missed[name] = None
    return False


def missing(graph: Graph, layouts: dict[int, Layout]) -> set[str]:
    """The kernels that a plan of a graph would have to compile, by name; of those of one call the
    first.
    """
    need, found = graph.needed(), set[str]()
    where: dict[int, tuple[Layout, ...]] = {}
    for index, node in enumerate(graph.nodes):
        if not need[index]:
            continue
        where[index] = (node.spec,)  # as it would lie, where that is not known
        if node.op == INPUT:
            where[index] = (layouts[node.params[0]],)
        elif node.op == PART:
            whole = where[node.inputs[0]]
            if node.params[0] < len(whole):
                where[index] = (whole[node.params[0]],)
        elif node.op != CONSTANT and isinstance(node.op, Op):
            try:
                with without_compiling():
                    call = node.op.call(node.params, tuple([where[k][0] for k in node.inputs]))
                    where[index] = call.outputs  # which prepares it
            except NotCached as error:
                found.add(str(error))
    return found


def fused_sooner(fused: Graph, graph: Graph, layouts: dict[int, Layout]) -> bool:
    """Whether a graph's fused cut is compiled in less time than the kernels of its ops.

    A kernel that was put off before counts half as much each time, so that it is compiled at last.
    """
    ops = missing(graph, layouts)
    if sum(0.5 ** _put_off[name] for name in ops) <= FUSED_TAKES * len(missing(fused, layouts)):
        return False
    _put_off.update(ops)
    return True
