"""The CUDA kernels that are no body's: copies, gathers, scatters, and random draws."""

from __future__ import annotations

import functools
import inspect

from ngrad_kernels import philox
from ngrad_kernels.codes import size_of
from ngrad_kernels.cuda import routines
from ngrad_kernels.cuda.pools import OPERANDS, POOLS
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.cuda.typed import TYPED

_OPERANDS = {
    "place": 2, "fill": 2, "clear": 1, "take": 3, "last": 2, "carry": 9,
    "pack_bits": 2, "unpack_bits": 2,
    "status_clear": 1, "status_inherit": 2, "check_index": 3,
}  # fmt: skip
CARRIED = 64
"""Bytes that a launch of "carry" writes."""
_ROW = 32
"""Threads that a row to be gathered or added keeps busy; long ones would keep more."""
_PARTS = 1 << 15
"""Threads that an item of a scatter-add keeps busy: on the CPU it is a large part of the whole."""


@functools.cache
def skeleton(name: str) -> Source:
    """The source of a shared kernel: one of `ngrad_kernels.skeletons`; "carry"; or one that works
    on a status.

    Examples
    --------
    >>> skeleton("take").operands
    3
    """
    text = inspect.getsource(getattr(routines, name))
    busy = {"take": _ROW, "last": _PARTS}.get(name, 1)
    return Source(name, text, _OPERANDS[name], busy)


@functools.cache
def typed(name: str, code: str) -> Source:
    """The source of a routine that reckons, for a dtype."""
    text = TYPED[name].format(code=code, size=size_of(code))
    parts = name.startswith(("scatter", "others"))
    rows = name in ("fold", "slide", *POOLS)
    busy = _ROW if rows else _PARTS if parts else 1
    operands = {"fold": 2, "interp": 4, "others": 4, **OPERANDS}.get(name, 3)
    return Source(f"{name}_{code}", text, operands, busy)


_DRAW = """
draw = helper()({name})


def cuda_{name}(facts, n, {addresses}):
    table = table_at(stack_words({words}))
    table[0] = facts
{entries}
    i = thread_index() * {span}
    while i < n:
        draw(table, i, min(i + {span}, n))
        i += thread_count() * {span}
"""


@functools.cache
def sampler(name: str, code: str, each: bool = False) -> Source:
    """The source of a sampler's kernel for elements of a dtype: the CPU's own, over the elements of
    one block of the stream at a time (of one, if it takes none); or over draws, one at a time.

    Examples
    --------
    >>> sampler("uniform", "f4").name
    'cuda_random_uniform_f4'
    """
    inner, text = philox.source_of(name, code, philox.BLOCK_BYTES)
    if each:
        inner, text = philox.source_of_each(inner, text, name)
    operands = 2 + philox.OPERANDS.get(name, 0)
    addresses = [f"a{k}" for k in range(operands)]
    text += _DRAW.format(
        name=inner,
        addresses=", ".join(addresses),
        words=1 + operands,
        entries="\n".join(f"    table[{k + 1}] = {a}" for k, a in enumerate(addresses)),
        span=1 if each or name in philox.ALONE else philox.BLOCK_BYTES // size_of(code),
    )
    return Source(f"cuda_{inner}", text, operands, 1)
