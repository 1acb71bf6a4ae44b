"""Running a call where it is called, or recording it, and finding what waits for its value, in
machine code: every op comes here, and in Python this was most of what it took.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import INT, POINTER, WORD, Code, Function, build

NULL = POINTER(None)
APPEND, FULL, NUMBER = map(sys.intern, ("append", "full", "number"))


class Kinds(NamedTuple):
    """The classes of what is recorded, where and as what.

    Attributes
    ----------
    window : type
        A dictionary of slots by tensor, with `entries`, a list; `results`, weak references by slot;
        `limit`, a number of entries, and a method `full(call)` that is called past it; `numbers`,
        slots by `id` and layout of Python numbers, and `number(value, layout)`, which adds one;
        `readers`, how many listen, and `trace`, None if it is of no recording.
    call : type
        With the layouts of its operands, `inputs`, and of its result, `spec`; its `size` in bytes;
        `run`, a callable over tensors that are there; and its `cost`.
    tensor : type
    cost : type
        With a count of `runs`.
    """

    window: type
    call: type
    tensor: type
    cost: type


def _write_ran(module: ir.Module, kinds: Kinds) -> ir.Function:
    """ran(window, call, small, operands, count): what a call of at most `small` bytes gives, if
    every operand is a tensor that is there, and nothing is recorded in the window, nor listens to
    it; None if it is not so, and null if that raised.
    """
    given = [POINTER, POINTER, POINTER, POINTER.as_pointer(), WORD]
    it = Code(module, "ran_at_once", POINTER, *given)
    window, call, small, operands, count = it.function.args
    builder = it.builder
    of_window, of_call, of_cost = (offsets(k) for k in (kinds.window, kinds.call, kinds.cost))
    place = offsets(kinds.tensor)["_at"]

    def unless(holds: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            it.hold(it.known(None))
            builder.ret(it.known(None))

    pending = builder.call(
        it.external("PyList_Size", WORD, POINTER), [it.get(window, of_window["entries"])]
    )
    unless(builder.icmp_signed("==", pending, WORD(0)))
    for name, nothing in (("readers", 0), ("trace", None)):
        found = it.get(window, of_window[name])
        unless(builder.icmp_unsigned("==", found, it.known(nothing)))
    compare = it.external("PyObject_RichCompareBool", INT, POINTER, POINTER, INT)
    fits = builder.call(compare, [it.get(call, of_call["size"]), small, INT(AT_MOST)])
    it.unless_negative(fits, NULL)
    unless(builder.icmp_signed("!=", fits, INT(0)))
    with it.loop(count) as k:
        x = builder.load(builder.gep(operands, [k]))
        unless(it.is_of(x, kinds.tensor))
        unless(builder.icmp_unsigned("!=", it.get(x, place), it.known(0)))
    run = it.external("PyObject_Vectorcall", POINTER, POINTER, given[3], WORD, POINTER)
    out = builder.call(run, [it.get(call, of_call["run"]), operands, count, NULL])
    it.unless_null(out, NULL)
    cost = it.get(call, of_call["cost"])  # now: the first run finds out what it costs
    more = builder.call(
        it.external("PyNumber_Add", POINTER, POINTER, POINTER),
        [it.get(cost, of_cost["runs"]), it.known(1)],
    )
    it.unless_null(more, NULL)
    it.replace(cost, of_cost["runs"], more)
    builder.ret(out)
    return it.function


AT_MOST = 1
"""`Py_LE`."""


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


def _write_slot_of_float(module: ir.Module, kinds: Kinds) -> ir.Function:
    """slot_of_float(window, x, layout): where a Python float stands; null if that raised."""
    it = Code(module, "slot_of_float", POINTER, POINTER, POINTER, POINTER)
    window, x, layout = it.function.args
    builder = it.builder
    identity = builder.call(it.external("PyLong_FromVoidPtr", POINTER, POINTER), [x])
    it.unless_null(identity, NULL)
    it.hold(layout)
    key = it.tuple_of(identity, layout)
    find = it.external("PyDict_GetItemWithError", POINTER, POINTER, POINTER)
    slot = builder.call(find, [it.get(window, offsets(kinds.window)["numbers"]), key])
    it.let_go(key)
    with builder.if_then(it.is_null(slot), likely=False):
        builder.ret(it.call_method(NUMBER, window, x, layout))
    it.hold(slot)
    builder.ret(slot)
    return it.function


def _write_noted(module: ir.Module, kinds: Kinds) -> ir.Function:
    """noted(window, call, operands, count): a pending tensor for the result of a call, for which an
    entry is added; null if that raised. An operand is a tensor, the slot of one, or a float.
    """
    slot_of, slot_of_float = _write_slot_of(module, kinds), _write_slot_of_float(module, kinds)
    it = Code(module, "noted", POINTER, POINTER, POINTER, POINTER.as_pointer(), WORD)
    window, call, operands, count = it.function.args
    builder = it.builder
    of_window, of_tensor = offsets(kinds.window), offsets(kinds.tensor)

    make = it.external("PyTuple_New", POINTER, WORD)
    entry = builder.call(make, [builder.add(count, WORD(1))])
    it.unless_null(entry, NULL)
    put = it.external("PyTuple_SetItem", INT, POINTER, WORD, POINTER)
    it.hold(call)
    builder.call(put, [entry, WORD(0), call])
    inputs = it.get(call, offsets(kinds.call)["inputs"])
    for numbers in (True, False):  # numbers first, as where operands are converted by Python
        with it.loop(count) as k:
            x = builder.load(builder.gep(operands, [k]))
            is_number = it.is_of(x, float)
            with builder.if_then(is_number if numbers else builder.not_(is_number)):
                if numbers:
                    slot = builder.call(slot_of_float, [window, x, it.item(inputs, k)])
                else:
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
    with builder.if_else(it.is_of(entries, list), likely=True) as (plain, own):
        with plain:
            append = it.external("PyList_Append", INT, POINTER, POINTER)
            it.unless_negative(builder.call(append, [entries, entry]), NULL)
        with own:  # a list that notes more than its items
            none = it.call_method(APPEND, entries, entry)
            it.unless_null(none, NULL)
            it.let_go(none)
    it.let_go(entry)

    convert = it.external("PyLong_AsLongLong", WORD, POINTER)
    limit = builder.call(convert, [it.get(window, of_window["limit"])])
    with builder.if_then(builder.icmp_signed(">=", position, limit), likely=False):
        done = it.call_method(FULL, window, call)
        with builder.if_then(it.is_null(done), likely=False):
            it.let_go(out)
            builder.ret(NULL)
        it.let_go(done)
    builder.ret(out)
    return it.function


def _recorded(module: ir.Module) -> None:
    """recorded(window, call, *operands): the call, recorded."""
    it = Function(module, "recorded", None)
    window, call = (it.given_object(k) for k in range(2))
    it.builder.ret(it.builder.call(module.globals["noted"], [window, call, *it.rest(2)]))


def _ran(module: ir.Module) -> None:
    """ran(window, call, small, *operands): what it gives where it is called, or None."""
    it = Function(module, "ran", None)
    given = [it.given_object(k) for k in range(3)]
    it.builder.ret(it.builder.call(module.globals["ran_at_once"], [*given, *it.rest(3)]))


def _applied(module: ir.Module) -> None:
    """applied(window, call, small, *operands): the same, or else the call, recorded."""
    it = Function(module, "applied", None)
    builder = it.builder
    given, rest = [it.given_object(k) for k in range(3)], it.rest(3)
    out = builder.call(module.globals["ran_at_once"], [*given, *rest])
    none = it.known(None)
    with builder.if_then(builder.icmp_unsigned("!=", out, none)):
        builder.ret(out)
    it.let_go(none)
    builder.ret(builder.call(module.globals["noted"], [*given[:2], *rest]))


def _waiting(module: ir.Module, kinds: Kinds) -> None:
    """waiting(results, first, end): of the slots in a range, a list of those whose tensors have no
    value, one of these tensors, and a list of those whose tensors are gone.
    """
    it = Function(module, "waiting", 3)
    builder = it.builder
    at = offsets(kinds.tensor)["_at"]
    number = it.external("PyLong_FromSsize_t", POINTER, WORD)
    find = it.external("PyDict_GetItemWithError", POINTER, POINTER, POINTER)
    ask = it.external("PyObject_CallNoArgs", POINTER, POINTER)
    append = it.external("PyList_Append", INT, POINTER, POINTER)
    first, end = it.given_integer(1), it.given_integer(2)
    it.raise_if_any()
    make = it.external("PyList_New", POINTER, WORD)
    slots, tensors, gone = (builder.call(make, [WORD(0)]) for _ in range(3))
    with it.loop(builder.sub(end, first)) as k:
        slot = builder.call(number, [builder.add(first, k)])
        holder = builder.call(find, [it.given_object(0), slot])
        with builder.if_then(builder.not_(it.is_null(holder))):
            tensor = builder.call(ask, [holder])
            with builder.if_else(it.is_of(tensor, kinds.tensor)) as (there, dead):
                with there:
                    pending = builder.icmp_signed("==", it.integer(it.get(tensor, at)), WORD(0))
                    with builder.if_then(pending):
                        builder.call(append, [slots, slot])
                        builder.call(append, [tensors, tensor])
                with dead:
                    builder.call(append, [gone, slot])
            it.let_go(tensor)
        it.let_go(slot)
    builder.ret(it.tuple_of(slots, tensors, gone))


class Recorders(NamedTuple):
    """What applies calls, and finds what waits; each says so itself, above."""

    recorded: Callable[..., Any]
    ran: Callable[..., Any]
    applied: Callable[..., Any]
    waiting: Callable[..., Any]


def recorders(kinds: Kinds) -> Recorders:
    """`recorded` and its siblings, for some classes."""

    def recorded(module: ir.Module) -> None:
        _write_noted(module, kinds)
        _write_ran(module, kinds)
        _recorded(module)

    writers = {"recorded": recorded, "ran": _ran, "applied": _applied}
    writers["waiting"] = partial(_waiting, kinds=kinds)
    return Recorders(*build("ngrad.recording", **writers))
