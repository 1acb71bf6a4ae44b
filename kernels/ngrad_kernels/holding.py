"""What a cell shows, found in machine code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import POINTER, WORD, Code, Function

NULL = POINTER(None)
STACK = sys.intern("stack")
DEEP = 8
"""How many views of views are followed: there may be any number."""


def attribute(it: Code, thing: Any, name: str, *held: Any) -> Any:
    """An attribute; what is held is let go if there is none."""
    take = it.external("PyObject_GetAttr", POINTER, POINTER, POINTER)
    found = it.builder.call(take, [it.known(thing), it.known(name)])
    it.unless_null(found, NULL, *held)
    return found


def call_known(it: Code, function: Any, *things: Any) -> Any:
    """What a callable of Python's gives; null if it raised."""
    builder = it.builder
    with builder.goto_entry_block():
        given = it.references(len(things))
    for k, thing in enumerate(things):
        builder.store(thing, it.at(given, k))
    kinds = POINTER, given.type, WORD, POINTER
    vectorcall = it.external("PyObject_Vectorcall", POINTER, *kinds)
    return builder.call(vectorcall, [it.known(function), given, WORD(len(things)), NULL])


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

    def unless(holds: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            builder.ret(NULL)

    def same(x: Any, y: Any) -> Any:
        return builder.icmp_unsigned("==", x, y)

    unless(it.is_of(this, cell))
    owner, held = (it.get(this, place[name]) for name in ("_owner", "_held"))
    unless(builder.not_(builder.or_(it.is_null(owner), it.is_null(held))))  # half made
    unless(it.is_of(held, tensor))
    with builder.if_then(builder.not_(same(owner, nobody))):
        unless(builder.icmp_signed(">", deep, WORD(0)))
        shown = builder.call(it.function, [owner, builder.sub(deep, WORD(1))])
        unless(builder.not_(it.is_null(shown)))
        unless(same(shown, it.get(this, place["_seen"])))
    builder.ret(held)
    return it.function


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
        with builder.if_then(builder.icmp_unsigned("==", owner, it.known(None)), likely=True):
            builder.ret(held)
        stack = attribute(it, state, STACK, held)
        count = builder.call(it.external("PyList_Size", WORD, POINTER), [stack])
        it.let_go(stack)
        with builder.if_then(builder.icmp_signed("==", count, WORD(0)), likely=True):
            builder.ret(held)
        it.let_go(held)
    builder.ret(call_known(it, otherwise, this))
