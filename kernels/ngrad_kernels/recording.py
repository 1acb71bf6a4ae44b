"""Recording a call, in machine code: every op comes here, and what Python does besides is most of
what an op takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import INT, POINTER, WORD, WORDS, Code, Function, build

NULL = POINTER(None)
FULL = sys.intern("full")


class Kinds(NamedTuple):
    """The classes of what is recorded, where and as what.

    Attributes
    ----------
    window : type
        A dictionary of slots by tensor, with `entries`, a list; `results`, weak references by slot;
        `limit`, a number of entries, and a method `full(call)` that is called past it.
    call : type
        With the layout of its result, `spec`.
    tensor : type
    """

    window: type
    call: type
    tensor: type


def _write_slot_of(module: ir.Module, kinds: Kinds) -> ir.Function:
    """slot_of(window, x): where a tensor stands, or a slot itself; null if that raised."""
    it = Code(module, "slot_of", POINTER, POINTER, POINTER)
    window, x = it.function.args
    builder = it.builder
    places = offsets(kinds.tensor)
    with builder.if_then(builder.not_(it.is_of(x, kinds.tensor))):
        it.hold(x)
        builder.ret(x)
    with builder.if_then(builder.icmp_unsigned("==", it.get(x, places["_window"]), window)):
        slot = it.get(x, places["_slot"])
        it.hold(slot)
        builder.ret(slot)
    find = it.external("PyObject_GetItem", POINTER, POINTER, POINTER)
    builder.ret(builder.call(find, [window, x]))
    return it.function


def _recorded(module: ir.Module, kinds: Kinds) -> None:
    """recorded(window, call, *operands): a pending tensor for the result of a call, for which an
    entry is added. An operand is a tensor, or the slot of one.
    """
    slot_of = _write_slot_of(module, kinds)
    it = Function(module, "recorded", None)
    builder = it.builder
    of_window, of_tensor = offsets(kinds.window), offsets(kinds.tensor)
    window, call = it.given_object(0), it.given_object(1)

    make = it.external("PyTuple_New", POINTER, WORD)
    entry = builder.call(make, [builder.sub(it.count, WORD(1))])
    it.unless_null(entry, NULL)
    put = it.external("PyTuple_SetItem", INT, POINTER, WORD, POINTER)
    it.hold(call)
    builder.call(put, [entry, WORD(0), call])
    with it.loop(builder.sub(it.count, WORD(2))) as k:
        x = builder.load(builder.gep(it.given, [builder.add(k, WORD(2))]))
        slot = builder.call(slot_of, [window, x])
        with builder.if_then(it.is_null(slot), likely=False):
            it.let_go(entry)
            builder.ret(NULL)
        builder.call(put, [entry, builder.add(k, WORD(1)), slot])

    out = it.new(kinds.tensor)
    it.put_held(out, of_tensor["_at"], it.known(0))
    it.put_held(out, of_tensor["_layout"], it.get(call, offsets(kinds.call)["spec"]))
    it.put_held(out, of_tensor["_window"], window)
    weak = it.external("PyWeakref_NewRef", POINTER, POINTER, POINTER)
    holder = builder.call(weak, [out, NULL])
    it.unless_null(holder, NULL)

    # From here on no object is made in whose course the collector could run what records.
    entries = it.get(window, of_window["entries"])
    position = builder.call(it.external("PyList_Size", WORD, POINTER), [entries])
    number = builder.call(it.external("PyLong_FromSsize_t", POINTER, WORD), [position])
    it.put(out, of_tensor["_slot"], number)
    note = it.external("PyDict_SetItem", INT, POINTER, POINTER, POINTER)
    noted = builder.call(note, [it.get(window, of_window["results"]), number, holder])
    it.unless_negative(noted, NULL)
    it.let_go(holder)
    # Last: whoever counts entries finds all of each.
    append = it.external("PyList_Append", INT, POINTER, POINTER)
    it.unless_negative(builder.call(append, [entries, entry]), NULL)
    it.let_go(entry)

    convert = it.external("PyLong_AsLongLong", WORD, POINTER)
    limit = builder.call(convert, [it.get(window, of_window["limit"])])
    with builder.if_then(builder.icmp_signed(">=", position, limit), likely=False):
        given = it.allocate(2)
        for k, argument in enumerate((window, call)):
            builder.store(builder.ptrtoint(argument, WORD), builder.gep(given, [WORD(k)]))
        method = it.external("PyObject_VectorcallMethod", POINTER, POINTER, WORDS, WORD, POINTER)
        done = builder.call(method, [it.known(FULL), given, WORD(2), NULL])
        with builder.if_then(it.is_null(done), likely=False):
            it.let_go(out)
            builder.ret(NULL)
        it.let_go(done)
    builder.ret(out)


def recorder(kinds: Kinds) -> Callable[..., Any]:
    """`recorded`, for some classes."""
    (recorded,) = build("ngrad.recording", recorded=partial(_recorded, kinds=kinds))
    return recorded
