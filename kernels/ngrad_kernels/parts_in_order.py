"""Elements that a view shows, one after the other, in machine code: so they can be assigned to
other places of the array of which it is a view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import INT, POINTER, WORD, WORDS, Code
from ngrad_kernels.making import FEW, NULL

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

WIDTHS = {8: WORD, 4: INT}
"""Of elements that are copied without a call, by their bytes."""


def write_parts_in_order(module: ir.Module, kinds: CellKinds) -> None:
    _in_order(module, kinds)
    _elements_of(module, kinds)


def _in_order(module: ir.Module, kinds: CellKinds) -> None:
    """in_order(place, layout, axis, itemsize, to): copies what lies along an axis and those after
    it, and tells where the copy ends.
    """
    it = Code(module, "in_order", WORD, WORD, POINTER, WORD, WORD, WORD)
    place, layout, axis, itemsize, to = it.function.args
    builder, of_layout = it.builder, offsets(kinds.kinds.layout)
    copy = it.external("memcpy", POINTER, WORD, WORD, WORD)
    shape, strides = (it.get(layout, of_layout[name]) for name in ("shape", "strides"))
    extent, stride = (it.integer(it.item(words, axis)) for words in (shape, strides))
    ndim = builder.call(it.external("PyTuple_Size", WORD, POINTER), [shape])
    nbytes = builder.mul(extent, itemsize)
    last = builder.icmp_signed("==", builder.add(axis, WORD(1)), ndim)
    with builder.if_then(last):
        end = builder.add(to, nbytes)
        with builder.if_then(builder.icmp_signed("==", stride, itemsize)):
            builder.call(copy, [to, place, nbytes])
            builder.ret(end)
        for width, kind in WIDTHS.items():
            with builder.if_then(builder.icmp_signed("==", itemsize, WORD(width))):
                pointer = kind.as_pointer()
                with it.loop(extent) as k:
                    one = builder.inttoptr(builder.add(place, builder.mul(k, stride)), pointer)
                    there = builder.inttoptr(builder.add(to, builder.mul(k, itemsize)), pointer)
                    builder.store(builder.load(one), there)
                builder.ret(end)
        with it.loop(extent) as k:
            at = builder.add(to, builder.mul(k, itemsize))
            builder.call(copy, [at, builder.add(place, builder.mul(k, stride)), itemsize])
        builder.ret(end)
    reached = builder.alloca(WORD)
    builder.store(to, reached)
    with it.loop(extent) as k:
        row = builder.add(place, builder.mul(k, stride))
        given = row, layout, builder.add(axis, WORD(1)), itemsize, builder.load(reached)
        builder.store(builder.call(it.function, given), reached)
    builder.ret(builder.load(reached))


def _elements_of(module: ir.Module, kinds: CellKinds) -> None:
    """elements_of(thing, window, memory): the layout of what a view shows, if that is there, in the
    host's memory, with axes and few bytes, and nobody listens; its elements are copied to memory
    whose address is stored, for the caller to free. Null of anything else.
    """
    it = Code(module, "elements_of", POINTER, POINTER, POINTER, WORDS)
    thing, window, memory = it.function.args
    builder, nobody = it.builder, it.known(None)
    of_cell, of_tensor = offsets(kinds.cell), offsets(kinds.kinds.tensor)
    of_layout = offsets(kinds.kinds.layout)
    builder.store(WORD(0), memory)
    it.unless(it.is_of(thing, kinds.cell), NULL)
    owner = it.get(thing, of_cell["_owner"])
    it.unless(builder.not_(builder.or_(it.is_null(owner), it.same(owner, nobody))), NULL)
    shown = builder.alloca(POINTER)
    builder.store(builder.call(module.globals["held_by"], [thing]), shown)
    with builder.if_else(it.is_null(builder.load(shown))) as (other, plain):
        with other:
            builder.store(builder.call(module.globals["shown"], [thing]), shown)
            with builder.if_then(it.is_null(builder.load(shown)), likely=False):
                builder.call(it.external("PyErr_Clear", ir.VoidType()), [])  # Python raises it anew
                builder.ret(NULL)
        with plain:
            it.hold(builder.load(shown))
    x = builder.load(shown)
    it.unless(builder.call(module.globals["silent"], [x, window]), NULL, x)
    where = it.get(x, of_tensor["_layout"])
    for name in ("ndim", "size"):
        some = builder.not_(it.same(it.get(where, of_layout[name]), it.known(0)))
        it.unless(some, NULL, x)
    it.unless(it.same(it.get(where, of_layout["device"]), it.known(kinds.host)), NULL, x)
    nbytes, size = (it.integer(it.get(where, of_layout[name])) for name in ("nbytes", "size"))
    it.unless(builder.icmp_signed("<=", nbytes, WORD(FEW)), NULL, x)
    to = builder.call(it.external("PyMem_RawMalloc", WORD, WORD), [nbytes])
    it.unless(builder.icmp_signed("!=", to, WORD(0)), NULL, x)
    place = it.integer(it.get(x, of_tensor["_at"]))
    in_rows = it.same(it.get(where, of_layout["contiguous"]), it.known(True))
    with builder.if_else(in_rows) as (run, apart):
        with run:
            builder.call(it.external("memcpy", POINTER, WORD, WORD, WORD), [to, place, nbytes])
        with apart:
            given = place, where, WORD(0), builder.sdiv(nbytes, size), to
            builder.call(module.globals["in_order"], given)
    it.hold(where)
    it.let_go(x)
    builder.store(to, memory)
    builder.ret(where)
