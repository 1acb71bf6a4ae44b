"""What a cell shows, found in machine code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import BIT, POINTER, WORD, Code, Function

NULL = POINTER(None)
STACK = sys.intern("stack")
DEEP = 8
"""How many views of views are followed: there may be any number."""


def write_held_by(module: ir.Module, cell: type, tensor: type) -> ir.Function:
    """held_by(cell): the tensor that it holds, borrowed, if that is what it shows: if it is no
    view, or one of a cell that shows what it did. Null for any other, and for what is no cell.
    """
    within = _write_held_within(module, cell, tensor)
    it = Code(module, "held_by", POINTER, POINTER)
    it.builder.ret(it.builder.call(within, [it.function.args[0], WORD(DEEP)]))
    return it.function


def _write_held_within(module: ir.Module, cell: type, tensor: type) -> ir.Function:
    """held_within(cell, deep): the same of a view of at most so many others."""
    it = Code(module, "held_within", POINTER, POINTER, WORD)
    this, deep = it.function.args
    builder, place, nobody = it.builder, offsets(cell), it.known(None)

    it.unless(it.is_of(this, cell), NULL)
    owner, held = (it.get(this, place[name]) for name in ("_owner", "_held"))
    it.unless(builder.not_(builder.or_(it.is_null(owner), it.is_null(held))), NULL)  # half made
    it.unless(it.is_of(held, tensor), NULL)
    with builder.if_then(builder.not_(it.same(owner, nobody))):
        it.unless(builder.icmp_signed(">", deep, WORD(0)), NULL)
        shown = builder.call(it.function, [owner, builder.sub(deep, WORD(1))])
        it.unless_null(shown, NULL)
        it.unless(it.same(shown, it.get(this, place["_seen"])), NULL)
    builder.ret(held)
    return it.function


def may_be_turned(it: Code, cell: type, part: type, thing: Any, other: Any) -> Any:
    """Whether one of two is a cell that is a view of the other, and no part of it."""
    found = it.builder.alloca(BIT)
    it.builder.store(BIT(0), found)
    with it.builder.if_then(it.is_of(thing, cell)):
        owner = it.get(thing, offsets(cell)["_owner"])
        with it.builder.if_then(it.same(owner, other)):
            way = it.get(thing, offsets(cell)["_way"])
            it.builder.store(it.builder.not_(it.is_of(way, part)), found)
    return it.builder.load(found)


def write_read(module: ir.Module, cell: type, state: Any, otherwise: Callable[[Any], Any]) -> None:
    """read(), of a cell: the tensor that it shows. Python knows that of a view of a view, and of a
    view while a tape listens, which has to hear how it came of its owner.
    """
    it = Function(module, "read", 0)
    builder, this = it.builder, it.own
    held = builder.call(module.globals["held_by"], [this])
    with builder.if_then(builder.not_(it.is_null(held)), likely=True):
        it.hold(held)
        owner = it.get(this, offsets(cell)["_owner"])
        with builder.if_then(it.same(owner, it.known(None)), likely=True):
            builder.ret(held)
        stack = it.attribute(it.known(state), STACK, held)
        count = builder.call(it.external("PyList_Size", WORD, POINTER), [stack])
        it.let_go(stack)
        with builder.if_then(builder.icmp_signed("==", count, WORD(0)), likely=True):
            builder.ret(held)
        it.let_go(held)
    builder.ret(it.call_known(otherwise, this))
