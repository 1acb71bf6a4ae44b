"""What becomes of objects when their last holder lets go, in machine code. CPython's own way goes
by the descriptions of a class's slots: of what an operation on a few numbers takes, a sixth.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from llvmlite import ir

from ngrad_kernels.heap_types import DEALLOC, generic_slot, offsets, replace_slot
from ngrad_kernels.machine import INT, POINTER, Code, load


def _released(module: ir.Module, kind: type, chain: str | None) -> None:
    """released(thing): lets go of what is in the slots of an object of a class, which the collector
    knows, or of one derived from it.
    """
    it = Code(module, "released", ir.VoidType(), POINTER)
    (thing,) = it.function.args
    builder, places = it.builder, dict(offsets(kind))
    builder.call(it.external("PyObject_GC_UnTrack", ir.VoidType(), POINTER), [thing])
    with builder.if_then(builder.not_(it.is_null(it.get(thing, kind.__weakrefoffset__)))):
        builder.call(it.external("PyObject_ClearWeakRefs", ir.VoidType(), POINTER), [thing])
    following = None if chain is None else places.pop(chain)
    for place in places.values():
        it.let_go(it.get(thing, place))
    if following is not None:
        _let_go_along(it, kind, it.get(thing, following), following)
    own = it.type_of(thing)
    builder.call(it.external("PyObject_GC_Del", ir.VoidType(), POINTER), [thing])
    it.let_go(own)
    builder.ret_void()


def _let_go_along(it: Code, kind: type, first: Any, following: int) -> None:
    """Code that lets go of an object of a class, and of those that it alone holds by a slot, one
    after the other: within one another they would fill the stack.
    """
    builder = it.builder
    place = builder.alloca(POINTER)
    builder.store(first, place)
    alone, own, last, end = (builder.append_basic_block() for _ in range(4))
    asked = builder.append_basic_block()
    builder.branch(asked)

    builder.position_at_end(asked)
    thing = builder.load(place)
    builder.cbranch(it.is_null(thing), last, own)

    builder.position_at_end(own)
    sole = builder.select(it.is_of(thing, kind), it.holders(thing), INT(0))
    builder.cbranch(builder.icmp_signed("==", sole, INT(1)), alone, last)

    builder.position_at_end(alone)
    builder.store(it.get(thing, following), place)
    it.put_held(thing, following, it.known(None))
    it.let_go(thing)
    builder.branch(asked)

    builder.position_at_end(last)
    it.let_go(thing)
    builder.branch(end)
    builder.position_at_end(end)


def release_quickly(kind: type, chain: str | None = None) -> None:
    """Have objects of a class with `__slots__`, `__weakref__` among them, released so; `chain` is
    the slot by which one may hold another, and that a third.
    """
    if kind.__dictoffset__ or not kind.__weakrefoffset__:
        raise SystemError(f"{kind.__name__}: has more than slots, or no weak references")
    write = partial(_released, kind=kind, chain=chain)
    own = generic_slot("__len__", DEALLOC)
    replace_slot(kind, own, *load(f"ngrad.releasing.{kind.__name__}", released=write))
