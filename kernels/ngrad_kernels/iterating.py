"""Loops over cells in machine code: the iterator is CPython's of a sequence, as NumPy's is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import generic_slot, offsets
from ngrad_kernels.machine import POINTER, WORD, Code
from ngrad_kernels.making import NULL
from ngrad_kernels.subscripts import METHOD, call, give

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds
    from ngrad_kernels.subscripts import Ways

LENGTH, ITERATE = 45, 62
"""Slots: `Py_sq_length`, which `Py_mp_length` is as well, and `Py_tp_iter`."""
UNSIZED, UNITERABLE = "len() of unsized object: a number", "iteration over a number"
BEYOND = "getitem: an index is out of range for axis 0"


def _write_sequence(module: ir.Module, kinds: CellKinds) -> ir.Function:
    """sequence(cell): the tensor that it shows, if that has axes, and its value is there; None if
    that is not known, null if it raised.
    """
    it = Code(module, "sequence", POINTER, POINTER)
    (this,) = it.function.args
    builder, none = it.builder, it.known(None)
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    held = builder.call(module.globals["held_by"], [this])
    with builder.if_then(it.is_null(held)):
        seen = builder.call(module.globals["shown"], [this])
        it.unless_null(seen, NULL)
        with builder.if_then(it.is_of(seen, kinds.kinds.tensor)):
            sizes = it.get(it.get(seen, of_tensor["_layout"]), of_layout["ndim"])
            with builder.if_then(it.same(sizes, it.known(0)), likely=False):
                it.let_go(seen)
                it.hold(none)
                builder.ret(none)
        builder.ret(seen)
    ndim = it.get(it.get(held, of_tensor["_layout"]), of_layout["ndim"])
    there = builder.not_(it.same(it.get(held, of_tensor["_at"]), it.known(0)))
    fits = builder.and_(there, builder.not_(it.same(ndim, it.known(0))))
    found = builder.select(fits, held, none)
    it.hold(found)
    builder.ret(found)
    return it.function


def write_item(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """item(cell, k): an element or a row, as what goes through a sequence asks for it until it is
    told that there is none. What needs Python is for `cell._item(k)`.
    """
    sequence = _write_sequence(module, kinds)
    it = Code(module, "item", POINTER, POINTER, WORD)
    this, place = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    index = builder.call(it.external("PyLong_FromSsize_t", POINTER, WORD), [place])
    it.unless_null(index, NULL)
    x = builder.call(sequence, [this])
    it.unless_null(x, NULL, index)
    with builder.if_then(it.is_of(x, kinds.kinds.tensor), likely=True):
        shape = it.get(it.get(x, of_tensor["_layout"]), of_layout["shape"])
        extent = it.integer(it.item(shape, 0))
        with builder.if_then(builder.icmp_unsigned(">=", place, extent), likely=False):
            error = it.external("PyErr_SetObject", ir.VoidType(), POINTER, POINTER)
            builder.call(error, [it.known(IndexError), it.known(BEYOND)])
            it.let_go(index)
            it.let_go(x)
            builder.ret(NULL)
        window = window_of(it, ways.state, x, index)
        give(it, call(it, "element_of", x, index, window), x, index, window)
        give(it, call(it, "row_of", this, x, index, window), x, index, window)
        it.let_go(window)
    it.let_go(x)
    found = it.call_method(METHOD, this, index)
    it.let_go(index)
    builder.ret(found)


def _unless_number(it: Code, this: Any, message: str, otherwise: Any) -> None:
    """Code that raises of a number, which has neither a length nor elements."""
    number = it.builder.call(it.module.globals["is_number"], [this])
    with it.builder.if_then(number, likely=False):
        error = it.external("PyErr_SetObject", ir.VoidType(), POINTER, POINTER)
        it.builder.call(error, [it.known(TypeError), it.known(message)])
        it.builder.ret(otherwise)


def write_length(module: ir.Module, kinds: CellKinds) -> None:
    """length(cell): how many there are along its first axis."""
    it = Code(module, "length", WORD, POINTER)
    (this,) = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    _unless_number(it, this, UNSIZED, WORD(-1))
    held = builder.call(module.globals["held_by"], [this])
    with builder.if_then(builder.not_(it.is_null(held)), likely=True):
        where = it.get(held, of_tensor["_layout"])
        sized = builder.not_(it.same(it.get(where, of_layout["ndim"]), it.known(0)))
        closed = it.same(it.get(where, of_layout["open"]), it.known(False))
        with builder.if_then(builder.and_(sized, closed), likely=True):
            builder.ret(it.integer(it.item(it.get(where, of_layout["shape"]), 0)))
    it.generic(generic_slot("__len__", LENGTH))


def write_iterate(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """iterate(cell): an iterator over its elements or rows, of what it holds then. What has none,
    or is not there, and what somebody listens to, is for Python.
    """
    it = Code(module, "iterate", POINTER, POINTER)
    (this,) = it.function.args
    builder, nobody = it.builder, it.known(None)
    of_cell = offsets(kinds.cell)
    _unless_number(it, this, UNITERABLE, NULL)
    x = builder.call(module.globals["sequence"], [this])
    it.unless_null(x, NULL)
    window = window_of(it, ways.state, x)
    silent = builder.call(module.globals["silent"], [x, window])
    it.let_go(window)
    it.let_go(x)
    with builder.if_then(silent, likely=True):
        with builder.if_then(builder.not_(it.same(it.get(this, of_cell["_owner"]), nobody))):
            for name in ("_seen", "_held"):  # so that its owner has its memory alone in the loop
                it.hold(nobody)
                it.replace(this, of_cell[name], nobody)
        builder.ret(builder.call(it.external("PySeqIter_New", POINTER, POINTER), [this]))
    it.generic(generic_slot("__iter__", ITERATE))
