"""Indices that give no view, of arrays among others, as NumPy takes them, in machine code: to ask
in Python what each item means takes longer than NumPy does to find a few elements.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir

from ngrad_kernels.arrays import WRITEABLE, made_over
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.keys import bounds
from ngrad_kernels.machine import BIT, INT, MOST, POINTER, WORD, Code, Function
from ngrad_kernels.making import shown_by
from ngrad_kernels.subscripts import call

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

NUMPYS = sys.intern("numpy_dtype")
MISFITS = IndexError, OverflowError, TypeError, ValueError
"""What NumPy raises of values and indices that do not fit."""


def write_settled(module: ir.Module, kinds: CellKinds) -> None:
    """settled(index): an index of arrays, or of lists of integers, beside integers, slices, new
    axes and an ellipsis, as NumPy takes it: with NumPy's arrays for cells whose values are there,
    and nothing in it of which code of anybody's is asked. None of any other.
    """
    for write in (_is_plain, _is_list, _place):
        write(module, kinds)
    it = Function(module, "settled", 1)
    builder, index, none = it.builder, it.given_object(0), it.known(None)
    place, arrays = module.globals["place"], builder.alloca(BIT)
    builder.store(BIT(0), arrays)
    with builder.if_then(builder.not_(it.is_of(index, tuple))):
        found = builder.call(place, [index, arrays])
        with builder.if_then(builder.or_(it.is_null(found), builder.load(arrays))):
            builder.ret(found)
        it.let_go(found)
        it.done()
    count = builder.call(it.external("PyTuple_Size", WORD, POINTER), [index])
    it.done_unless(builder.icmp_signed("<=", count, WORD(MOST)))
    items = it.references(count)
    with it.loop(count) as k:
        found = builder.call(place, [it.item(index, k), arrays])
        # An item of None is a new axis, and stands for itself.
        unknown = builder.and_(it.same(found, none), builder.not_(it.same(it.item(index, k), none)))
        with builder.if_then(builder.or_(it.is_null(found), unknown), likely=False):
            it.let_go_of(items, k)
            builder.ret(found)
        builder.store(found, it.at(items, k))
    with builder.if_then(builder.not_(builder.load(arrays))):
        it.let_go_of(items, count)
        it.done()
    builder.ret(it.packed(items, count))


def _is_plain(module: ir.Module, kinds: CellKinds) -> None:
    """is_plain(item): whether it is Python's integer, a slice of such, a new axis or `...`."""
    it = Code(module, "is_plain", BIT, POINTER)
    (item,) = it.function.args
    builder, none = it.builder, it.known(None)
    with builder.if_then(it.is_of(item, slice)):
        fits = BIT(1)
        for offset in bounds():
            bound = it.get(item, offset)
            fits = builder.and_(fits, builder.or_(it.same(bound, none), it.is_of(bound, int)))
        builder.ret(fits)
    one = builder.or_(it.same(item, none), it.same(item, it.known(Ellipsis)))
    builder.ret(builder.or_(one, it.is_of(item, int)))


def _is_list(module: ir.Module, kinds: CellKinds) -> None:
    """is_list(item): whether it is a list of Python's integers, and has some."""
    it = Code(module, "is_list", BIT, POINTER)
    (item,) = it.function.args
    builder = it.builder
    it.unless(it.is_of(item, list), BIT(0))
    count = builder.call(it.external("PyList_Size", WORD, POINTER), [item])
    take = it.external("PyList_GetItem", POINTER, POINTER, WORD)
    with it.loop(count) as k:
        it.unless(it.is_of(builder.call(take, [item, k]), int), BIT(0))
    builder.ret(builder.icmp_signed(">", count, WORD(0)))


def _none_unless(it: Code, holds: Any) -> None:
    """Return None unless this holds."""
    with it.builder.if_then(it.builder.not_(holds)):
        it.hold(it.known(None))
        it.builder.ret(it.known(None))


def _place(module: ir.Module, kinds: CellKinds) -> None:
    """place(item, arrays): what NumPy takes for an item of an index, and that it is an array, if it
    is; None if that is not known here, null if it raised.
    """
    it = Code(module, "place", POINTER, POINTER, BIT.as_pointer())
    item, arrays = it.function.args
    builder, unless = it.builder, partial(_none_unless, it)
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)

    with builder.if_then(builder.call(module.globals["is_plain"], [item])):
        it.hold(item)
        builder.ret(item)
    several = builder.call(module.globals["is_list"], [item])
    with builder.if_then(builder.or_(it.is_of(item, np.ndarray), several)):
        builder.store(BIT(1), arrays)
        it.hold(item)
        builder.ret(item)
    held = builder.call(module.globals["held_by"], [item])
    unless(builder.not_(it.is_null(held)))
    unless(builder.not_(it.same(it.get(held, of_tensor["_at"]), it.known(0))))
    where = it.get(held, of_tensor["_layout"])
    unless(it.same(it.get(where, of_layout["device"]), it.known(kinds.host)))
    with builder.if_then(it.same(it.get(where, of_layout["ndim"]), it.known(0))):
        value = builder.alloca(WORD)
        unless(builder.call(module.globals["integer_of"], [item, value]))
        make = it.external("PyLong_FromLongLong", POINTER, WORD)
        builder.ret(builder.call(make, [builder.load(value)]))
    builder.store(BIT(1), arrays)
    it.hold(held)
    found = it.call_known(np.asarray, held)
    it.let_go(held)
    builder.ret(found)


ASKED = 3
"""What NumPy is asked with: an array, an index and a value."""


def write_put_at(module: ir.Module, kinds: CellKinds) -> None:
    """What has NumPy write to places of memory, in two steps: objects are made in the first alone,
    so that between a look at who else has the memory, and the second, nothing runs.
    """
    for write in (_over, _written_value, _put_asked, _put_done, _again, _shown_anew):
        write(module, kinds)


def _put_asked(module: ir.Module, kinds: CellKinds) -> None:
    """put_asked(where, address, index, value, x, asked): 1 if NumPy may write a value to places of
    memory of a tensor, which lies so; then what it is asked with is stored. 0 if not, -1 if
    something raised.
    """
    it = Code(module, "put_asked", INT, POINTER, WORD, *[POINTER] * 3, POINTER.as_pointer())
    where, address, index, value, x, asked = it.function.args
    builder, none = it.builder, it.known(None)
    words = it.get(where, offsets(kinds.kinds.layout)["_words"])
    it.unless(builder.not_(it.is_null(words)), INT(0))
    places = call(it, "settled", index)
    it.unless_null(places, INT(-1))
    it.unless(builder.not_(it.same(places, none)), INT(0), places)
    elements = builder.call(module.globals["written_value"], [x, where, value])
    it.unless_null(elements, INT(-1), places)
    it.unless(builder.not_(it.same(elements, none)), INT(0), places, elements)
    whole = builder.call(module.globals["over"], [where, address])
    it.unless_null(whole, INT(-1), places, elements)
    for k, thing in enumerate((whole, places, elements)):
        builder.store(thing, it.at(asked, k))
    builder.ret(INT(1))


def _put_done(module: ir.Module, kinds: CellKinds) -> None:
    """put_done(whole, places, elements): 1 if NumPy could write them; 0 if not, -1 if it raised
    what is no misfit.
    """
    it = Code(module, "put_done", INT, *[POINTER] * ASKED)
    builder = it.builder
    put = it.external("PyObject_SetItem", INT, POINTER, POINTER, POINTER)
    done = builder.call(put, list(it.function.args))
    it.unless(builder.icmp_signed("<", done, INT(0)), INT(1))
    matches = it.external("PyErr_ExceptionMatches", INT, POINTER)
    misfit = builder.call(matches, [it.known(MISFITS)])
    it.unless(builder.icmp_signed("!=", misfit, INT(0)), INT(-1))
    builder.call(it.external("PyErr_Clear", ir.VoidType()), [])
    builder.ret(INT(0))


def _over(module: ir.Module, kinds: CellKinds) -> None:
    """over(where, address): NumPy's array of memory at an address, which it does not hold."""
    it = Code(module, "over", POINTER, POINTER, WORD)
    where, address = it.function.args
    of_layout = offsets(kinds.kinds.layout)
    ndim, words = (
        it.integer(part)
        for part in (
            it.get(where, of_layout["ndim"]),
            it.item(it.get(where, of_layout["_words"]), 0),
        )
    )
    dtype = it.attribute(it.get(where, of_layout["dtype"]), NUMPYS)
    given = dtype, ndim, words, address, it.known(None), WORD(WRITEABLE)
    array = made_over(it, *given)
    it.let_go(dtype)
    it.builder.ret(array)


def _written_value(module: ir.Module, kinds: CellKinds) -> None:
    """written_value(x, where, value): what NumPy is to write of a value to memory of a tensor that
    lies so; None if that is not known here, null if it raised.
    """
    it = Code(module, "written_value", POINTER, POINTER, POINTER, POINTER)
    x, where, value = it.function.args
    builder, unless = it.builder, partial(_none_unless, it)
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)

    number = BIT(0)
    for kind in (float, int, bool):
        number = builder.or_(number, it.is_of(value, kind))
    with builder.if_then(number):
        it.hold(value)
        builder.ret(value)
    held = builder.call(module.globals["held_by"], [value])
    unless(builder.not_(it.is_null(held)))
    unless(builder.not_(it.same(it.get(held, of_tensor["_at"]), it.known(0))))
    own = it.get(held, of_tensor["_layout"])
    for name in ("dtype", "device"):
        unless(it.same(*(it.get(lies, of_layout[name]) for lies in (own, where))))
    unless(builder.not_(it.same(it.get(own, of_layout["ndim"]), it.known(0))))
    blocks = (it.get(thing, of_tensor["_block"]) for thing in (held, x))
    unless(builder.not_(it.same(*blocks)))
    it.hold(held)
    found = it.call_known(np.asarray, held)
    it.let_go(held)
    builder.ret(found)


def _again(module: ir.Module, kinds: CellKinds) -> None:
    """again(x): another tensor of the same memory, of which nothing is known; null if it raised."""
    it = Code(module, "again", POINTER, POINTER)
    (x,) = it.function.args
    of_tensor = offsets(kinds.kinds.tensor)
    block, at, where = (it.get(x, of_tensor[name]) for name in ("_block", "_at", "_layout"))
    for thing in (block, at):
        it.hold(thing)
    it.builder.ret(shown_by(it, kinds.kinds.tensor, block, at, where))


def _shown_anew(module: ir.Module, kinds: CellKinds) -> None:
    """shown_anew(cell, x): 1 if a cell still held a tensor; it holds another of the same memory
    from now on, since threads may have found out something of this one while that was written to. 0
    if it held another, -1 if that raised.
    """
    it = Code(module, "shown_anew", INT, POINTER, POINTER)
    this, x = it.function.args
    held = offsets(kinds.cell)["_held"]
    now = it.builder.call(module.globals["again"], [x])
    it.unless_null(now, INT(-1))
    it.unless(it.same(it.get(this, held), x), INT(0), now)
    it.replace(this, held, now)
    it.builder.ret(INT(1))
