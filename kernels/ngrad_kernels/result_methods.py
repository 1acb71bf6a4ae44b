"""Methods of cells that give what one call makes of them, as `x.copy()` and `x.astype("f4")` do:
in machine code, once the layout of what a cell shows knows by the method's name, and a dtype, which
call that is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir

from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import BIT, INT, POINTER, WORD, Code
from ngrad_kernels.making import NULL
from ngrad_kernels.memory import Buffer, FreeList
from ngrad_kernels.subscripts import SMALL, Ways, give
from ngrad_kernels.view_methods import FUNCTION, NAME

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

KEPT = 1 << 16
"""Bytes that a copy may keep alive without using them."""


def _write_names_dtype(module: ir.Module) -> ir.Function:
    """names_dtype(thing): whether it is a class, text, or a dtype of NumPy's: of what is equal to
    another of these, that names the same dtype.
    """
    it = Code(module, "names_dtype", BIT, POINTER)
    (thing,) = it.function.args
    for kind in (type, str):
        it.unless(it.builder.not_(it.is_of(thing, kind)), BIT(1))
    derived = it.external("PyType_IsSubtype", INT, POINTER, POINTER)
    found = it.builder.call(derived, [it.type_of(thing), it.known(np.dtype)])
    it.builder.ret(it.builder.icmp_signed("!=", found, INT(0)))
    return it.function


def _write_fills(module: ir.Module, kinds: CellKinds) -> ir.Function:
    """fills(x): whether a tensor has most of a buffer of the pool's, as which it may be kept."""
    it = Code(module, "fills", BIT, POINTER)
    (x,) = it.function.args
    of_tensor, of_buffer = offsets(kinds.kinds.tensor), offsets(Buffer)
    block = it.get(x, of_tensor["_block"])
    it.unless(it.is_of(block, Buffer), BIT(0))
    free = it.get(block, of_buffer["free"])
    it.unless(it.is_of(free, FreeList), BIT(0))
    where = it.get(x, of_tensor["_layout"])
    own = it.integer(it.get(where, offsets(kinds.kinds.layout)["nbytes"]))
    most = it.builder.add(it.builder.mul(own, WORD(2)), WORD(KEPT))
    size = it.integer(it.get(free, offsets(FreeList)["size"]))
    it.builder.ret(it.builder.icmp_signed("<=", size, most))
    return it.function


def _write_known_result(
    module: ir.Module, kinds: CellKinds, ways: Ways, applied: Callable[..., Any]
) -> None:
    """known_result(method, given, count): a new cell of what a method gives of these, a cell with
    axes in the host's memory and perhaps a dtype, if the `views` of its layout have the call by the
    method's name and that, and nobody listens; beside it stands whether it gives the same elements.
    None of any other cell; null if that raised.
    """
    names_dtype, fills = _write_names_dtype(module), _write_fills(module, kinds)
    known_view = module.globals["known_view"]
    it = Code(module, "known_result", POINTER, POINTER, POINTER.as_pointer(), WORD)
    method, given, count = it.function.args
    builder, none = it.builder, it.known(None)

    def unless(holds: Any, *held: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            for thing in held:
                it.let_go(thing)
            it.hold(none)
            builder.ret(none)

    unless(builder.icmp_unsigned("<", builder.sub(count, WORD(1)), WORD(2)))  # one, or two
    this = builder.load(given)
    x = builder.call(module.globals["held_by"], [this])
    unless(builder.not_(it.is_null(x)))
    where = it.get(x, offsets(kinds.kinds.tensor)["_layout"])
    device = it.get(where, offsets(kinds.kinds.layout)["device"])
    unless(it.same(device, it.known(kinds.host)))
    it.hold(x)  # objects are made from here on: whatever runs then may have others forgotten
    place = it.references(WORD(1))
    name, alone = it.get(method, NAME), builder.icmp_signed("==", count, WORD(1))
    with builder.if_else(alone) as (plain, other):
        with plain:
            builder.store(builder.call(known_view, [x, name]), place)
        with other:
            dtype = builder.load(it.at(given, 1))
            unless(builder.call(names_dtype, [dtype]), x)
            it.hold(name)
            it.hold(dtype)
            key = it.tuple_of(name, dtype, otherwise=(x,))
            builder.store(builder.call(known_view, [x, key]), place)
            it.let_go(key)
    entry = builder.load(place)
    with builder.if_then(it.is_null(entry), likely=False):
        failed = builder.call(it.external("PyErr_Occurred", POINTER), [])
        it.unless(it.is_null(failed), NULL, x)
        unless(BIT(0), x)
    window = window_of(it, ways.state, entry, x)
    silent = builder.call(module.globals["silent"], [x, window])
    unless(silent, entry, x, window)
    small = it.attribute(it.known(ways.settings), SMALL, entry, x, window)
    held = entry, x, window, small
    unless(builder.icmp_signed(">=", it.integer(small), WORD(0)), *held)
    # The same elements are the same memory; a view's owner is to have its own alone.
    own = it.same(it.get(this, offsets(kinds.cell)["_owner"]), none)
    shares = builder.and_(own, it.same(it.item(entry, 1), it.known(True)))
    with builder.if_else(builder.and_(shares, builder.call(fills, [x]))) as (same, made):
        with same:
            it.hold(x)
            builder.store(x, place)
        with made:
            out = it.call_known(applied, window, it.item(entry, 0), small, x)
            it.unless_null(out, NULL, *held)
            builder.store(out, place)
    out = builder.load(place)
    for thing in held:
        it.let_go(thing)
    cell = builder.call(module.globals["cell"], [out, none, none, none])
    it.let_go(out)
    builder.ret(cell)


def write_made_by_method(
    module: ir.Module, kinds: CellKinds, ways: Ways, applied: Callable[..., Any]
) -> None:
    """made_by_method(method, given, flags, names), as `vectorcall` passes them: a result of a call
    that is known, or what the function gives.
    """
    _write_known_result(module, kinds, ways, applied)
    it = Code(module, "made_by_method", POINTER, POINTER, POINTER.as_pointer(), WORD, POINTER)
    own, given, flags, names = it.function.args
    builder = it.builder
    with builder.if_then(it.is_null(names), likely=True):
        count = builder.and_(flags, WORD((1 << 63) - 1))  # without `PY_VECTORCALL_ARGUMENTS_OFFSET`
        give(it, builder.call(module.globals["known_result"], [own, given, count]))
    ask = it.external("PyObject_Vectorcall", POINTER, POINTER, given.type, WORD, POINTER)
    builder.ret(builder.call(ask, [it.get(own, FUNCTION), given, flags, names]))
