"""Methods of cells that give views: one that was taken before is found in machine code, by the name
of the method and the integers that it was called with.
"""

from __future__ import annotations

import copyreg
import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import CALL, GET, heap_type, offset, offsets
from ngrad_kernels.machine import MOST, POINTER, WORD, Code
from ngrad_kernels.making import NULL
from ngrad_kernels.subscripts import Ways, call, give

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

TOLD = ("__wrapped__", "__name__", "__qualname__", "__doc__", "__module__", "__objclass__")
"""What such a method holds: a function of Python's, what that says of itself, and its class."""
FUNCTION, NAME = (offset(k) for k in range(2))


def write_bound_method(module: ir.Module) -> None:
    """bound_method(method, cell, kind): a method of a cell; of none, as of the class, itself."""
    it = Code(module, "bound_method", POINTER, POINTER, POINTER, POINTER)
    own, this, _ = it.function.args
    with it.builder.if_then(it.is_null(this)):
        it.hold(own)
        it.builder.ret(own)
    make = it.external("PyMethod_New", POINTER, POINTER, POINTER)
    it.builder.ret(it.builder.call(make, [own, this]))


def _write_key(module: ir.Module, kinds: CellKinds) -> ir.Function:
    """key_of_call(method, given, count): what a view is known by that a method gives of these: its
    name, alone or in a tuple with Python's integers, of a cell that is no view and lies as its
    tensor does. None for any other; null if that raised.
    """
    it = Code(module, "key_of_call", POINTER, POINTER, POINTER.as_pointer(), WORD)
    own, given, count = it.function.args
    builder, none = it.builder, it.known(None)

    def unless(holds: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            it.hold(none)
            builder.ret(none)

    unless(builder.icmp_unsigned("<", builder.sub(count, WORD(1)), WORD(MOST)))  # and not none
    this = builder.load(given)
    unless(it.is_of(this, kinds.cell))
    for part in ("_owner", "_way"):
        unless(it.same(it.get(this, offsets(kinds.cell)[part]), none))
    name = it.get(own, NAME)
    with builder.if_then(builder.icmp_signed("==", count, WORD(1)), likely=True):
        it.hold(name)
        builder.ret(name)
    with it.loop(count) as k, builder.if_then(builder.icmp_signed(">", k, WORD(0))):
        unless(it.is_of(builder.load(it.at(given, k)), int))
    parts = it.references(count)
    with it.loop(count) as k:
        first = builder.icmp_signed("==", k, WORD(0))
        part = builder.select(first, name, builder.load(it.at(given, k)))
        it.hold(part)
        builder.store(part, it.at(parts, k))
    builder.ret(it.packed(parts, count))
    return it.function


def write_seen_by_method(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """seen_by_method(method, given, flags, names), as `vectorcall` passes them: a view that was
    taken before; or what the function gives, and is remembered if it is a view of the cell.
    """
    key_of_call = _write_key(module, kinds)
    it = Code(module, "seen_by_method", POINTER, POINTER, POINTER.as_pointer(), WORD, POINTER)
    own, given, flags, names = it.function.args
    builder, none = it.builder, it.known(None)
    of_cell, held_by = offsets(kinds.cell), module.globals["held_by"]

    place, seen = it.references(WORD(1)), it.references(WORD(1))
    builder.store(none, place)
    builder.store(NULL, seen)
    it.hold(none)
    with builder.if_then(it.is_null(names), likely=True):
        it.let_go(none)
        count = builder.and_(flags, WORD((1 << 63) - 1))  # without `PY_VECTORCALL_ARGUMENTS_OFFSET`
        builder.store(builder.call(key_of_call, [own, given, count]), place)
    key = builder.load(place)
    it.unless_null(key, NULL)
    with builder.if_then(builder.not_(it.same(key, none))):
        window, this = window_of(it, ways.state, key), builder.load(given)
        give(it, call(it, "view_of", this, key, window), key, window)
        x = builder.call(held_by, [this])
        with builder.if_then(builder.not_(it.is_null(x))):
            silent = builder.call(module.globals["silent"], [x, window])
            builder.store(builder.select(silent, x, NULL), seen)
            with builder.if_then(silent):
                it.hold(x)
        it.let_go(window)
    x = builder.load(seen)

    ask = it.external("PyObject_Vectorcall", POINTER, POINTER, given.type, WORD, POINTER)
    out = builder.call(ask, [it.get(own, FUNCTION), given, flags, names])
    it.unless_null(out, NULL, key, x)
    known = builder.not_(it.is_null(x))
    with builder.if_then(known), builder.if_then(it.is_of(out, kinds.cell)):
        shown, this = builder.call(held_by, [out]), builder.load(given)
        of_this = it.same(it.get(out, of_cell["_owner"]), this)
        with builder.if_then(builder.and_(builder.not_(it.is_null(shown)), of_this)):
            way = it.get(out, of_cell["_way"])
            done = it.call_known(ways.remember, x, key, shown, way)
            it.unless_null(done, NULL, key, x, out)
            it.let_go(done)
    it.let_go(key)
    it.let_go(x)
    builder.ret(out)


def methods_of(kind: type, bound: int, called: int) -> Callable[[Callable[..., Any]], Any]:
    """What makes a function a method of a class, which is called in machine code first.

    Parameters
    ----------
    kind : type
    bound, called : int
        Addresses of `bound_method`, and of what takes a method and its arguments.
    """
    call = ctypes.cast(ctypes.pythonapi.PyVectorcall_Call, ctypes.c_void_p).value
    assert call is not None
    name, slots = "ngrad_kernels.view_methods.Method", {GET: bound, CALL: call}
    make = heap_type(name, "", slots, TOLD, vectorcall=True)
    copyreg.pickle(make, lambda method: (getattr, (kind, method.__name__)))

    def made(function: Callable[..., Any]) -> Any:
        method, own = make(), {"__wrapped__": function, "__objclass__": kind}
        for name in TOLD:
            setattr(method, name, own[name] if name in own else getattr(function, name))
        ctypes.c_void_p.from_address(id(method) + offset(len(TOLD))).value = called
        return method

    return made
