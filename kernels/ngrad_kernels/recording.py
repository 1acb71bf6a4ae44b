"""Running a call where it is called, or recording it, and finding what waits for its value, in
machine code: every op comes here, and in Python this was most of what it took.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import INT, MOST, POINTER, WORD, Code, Function, build
from ngrad_kernels.waiting import waiting

NULL = POINTER(None)
ANEW, APPEND, FULL, NUMBER, RUN = map(sys.intern, ("anew", "append", "full", "number", "run"))


class Kinds(NamedTuple):
    """The classes of what is recorded, where and as what.

    Attributes
    ----------
    window : type
        A dictionary of slots by tensor, with `entries`, a list; `results`, weak references by slot;
        `limit`, a number of entries, and a method `full(call)` that is called past it; `numbers`,
        slots by `id` and layout of Python numbers, and `number(value, layout)`, which adds one;
        `readers`, how many listen; `computed`, of tensors that stand there by their number; and
        `trace`, None if it is of no recording.
    call : type
        With the layouts of its operands, `inputs`, and of its result, `spec`; its `size` in bytes;
        `run`, a callable over tensors that are there; its `cost`; and whether it has `several`
        results, gives a `view` of its first operand, and `shows` it without a copy.
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
    every operand is a tensor that is there, and lies as the call has it, and nothing is recorded in
    the window, nor listens to it; None if it is not so, and null if that raised.
    """
    given = [POINTER, POINTER, POINTER, POINTER.as_pointer(), WORD]
    it = Code(module, "ran_at_once", POINTER, *given)
    window, call, small, operands, count = it.function.args
    builder = it.builder
    of_window, of_call, of_cost = (offsets(k) for k in (kinds.window, kinds.call, kinds.cost))
    of_tensor = offsets(kinds.tensor)

    def unless(holds: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            it.hold(it.known(None))
            builder.ret(it.known(None))

    for holds in idle(it, of_window, window):
        unless(holds)
    compare = it.external("PyObject_RichCompareBool", INT, POINTER, POINTER, INT)
    fits = builder.call(compare, [it.get(call, of_call["size"]), small, INT(AT_MOST)])
    it.unless_negative(fits, NULL)
    unless(builder.icmp_signed("!=", fits, INT(0)))
    inputs = it.get(call, of_call["inputs"])
    with it.loop(count) as k:
        x = builder.load(builder.gep(operands, [k]))
        unless(it.is_of(x, kinds.tensor))
        unless(builder.icmp_unsigned("!=", it.get(x, of_tensor["_at"]), it.known(0)))
        # Another thread may have computed it since the call was found by how it would have lain.
        where = it.item(inputs, k)
        it.unless_null(where, NULL)
        unless(builder.icmp_unsigned("==", it.get(x, of_tensor["_layout"]), where))
    out = _run(it, call, of_call["run"], operands, count)
    it.unless_null(out, NULL)
    cost = it.get(call, of_call["cost"])  # now: the first run finds out what it costs
    more = builder.call(
        it.external("PyNumber_Add", POINTER, POINTER, POINTER),
        [it.get(cost, of_cost["runs"]), it.known(1)],
    )
    it.unless_null(more, NULL, out)
    it.replace(cost, of_cost["runs"], more)
    builder.ret(out)
    return it.function


def _run(it: Code, call: Any, offset: int, operands: Any, count: Any) -> Any:
    """What a call gives, or null if it raised."""
    given = [POINTER, POINTER, POINTER.as_pointer(), WORD, POINTER]
    with it.builder.goto_entry_block():
        place = it.references(WORD(1))
    run = it.get(call, offset)
    it.hold(run)  # the first run, in any thread, puts another in its place
    it.builder.store(run, place)
    with it.builder.if_then(it.is_null(run), likely=False):  # there was none
        it.builder.store(it.attribute(call, RUN), place)
    run = it.builder.load(place)
    out = it.builder.call(it.external("PyObject_Vectorcall", *given), [run, operands, count, NULL])
    it.let_go(run)
    return out


AT_MOST = 1
"""`Py_LE`."""


def idle(it: Code, of_window: dict[str, int], window: Any) -> Iterator[Any]:
    """Whether nothing is recorded in a window, and nothing listens: what must hold, in turns."""
    same = it.builder.icmp_unsigned
    size = it.external("PyList_Size", WORD, POINTER)
    pending = it.builder.call(size, [it.get(window, of_window["entries"])])
    yield it.builder.icmp_signed("==", pending, WORD(0))
    yield same("==", it.get(window, of_window["readers"]), it.known(0))
    yield same("==", it.get(window, of_window["trace"]), it.known(None))


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
        occurred = builder.call(it.external("PyErr_Occurred", POINTER), [])
        with builder.if_then(builder.not_(it.is_null(occurred)), likely=False):
            builder.ret(NULL)
        builder.ret(it.call_method(NUMBER, window, x, layout))
    it.hold(slot)
    builder.ret(slot)
    return it.function


def _next_slot(it: Code, entries: Any) -> Any:
    """The slot of the entry that is added next, a Python integer; null if that raised."""
    size = it.external("PyList_Size", WORD, POINTER)
    number = it.external("PyLong_FromSsize_t", POINTER, WORD)
    return it.builder.call(number, [it.builder.call(size, [entries])])


def _add(it: Code, entries: Any, entry: Any, *held: Any) -> None:
    """Add an entry; if that raises, let go of what is held, and return null."""
    with it.builder.if_else(it.is_of(entries, list), likely=True) as (plain, own):
        with plain:
            append = it.external("PyList_Append", INT, POINTER, POINTER)
            it.unless_negative(it.builder.call(append, [entries, entry]), NULL, *held)
        with own:  # a list that notes more than its items
            none = it.call_method(APPEND, entries, entry)
            it.unless_null(none, NULL, *held)
            it.let_go(none)


def _placed(module: ir.Module, kinds: Kinds) -> None:
    """placed(window, entry): the slot of an entry, which is added. Nothing can come in between: not
    even the collector, in whose course others may record.
    """
    it = Function(module, "placed", 2)
    window, entry = (it.given_object(k) for k in range(2))
    it.require(it.is_of(window, kinds.window))
    entries = it.get(window, offsets(kinds.window)["entries"])
    number = _next_slot(it, entries)
    it.unless_null(number, NULL)
    _add(it, entries, entry, number)
    it.builder.ret(number)


def _write_noted(module: ir.Module, kinds: Kinds) -> ir.Function:
    """noted(window, call, operands, count): a pending tensor for the result of a call, for which an
    entry is added; null if that raised. An operand is a tensor, the slot of one, or a float.
    """
    slot_of, slot_of_float = _write_slot_of(module, kinds), _write_slot_of_float(module, kinds)
    it = Code(module, "noted", POINTER, POINTER, POINTER, POINTER.as_pointer(), WORD)
    window, call, operands, count = it.function.args
    builder = it.builder
    of_window, of_tensor = offsets(kinds.window), offsets(kinds.tensor)

    length = builder.add(count, WORD(1))
    line = it.references(length)
    it.hold(call)
    builder.store(call, line)
    with it.loop(count) as k:
        builder.store(NULL, it.at(line, builder.add(k, WORD(1))))
    inputs = it.get(call, offsets(kinds.call)["inputs"])
    for numbers in (True, False):  # numbers first, as where operands are converted by Python
        with it.loop(count) as k:
            x = builder.load(builder.gep(operands, [k]))
            is_number = it.is_of(x, float)
            with builder.if_then(is_number if numbers else builder.not_(is_number)):
                if numbers:
                    where = it.item(inputs, k)
                    with builder.if_then(it.is_null(where), likely=False):
                        it.let_go_of(line, length)
                        builder.ret(NULL)
                    slot = builder.call(slot_of_float, [window, x, where])
                else:
                    slot = builder.call(slot_of, [window, x])
                with builder.if_then(it.is_null(slot), likely=False):
                    it.let_go_of(line, length)
                    builder.ret(NULL)
                builder.store(slot, it.at(line, builder.add(k, WORD(1))))

    entry = it.packed(line, length)
    out = it.new(kinds.tensor, entry)
    it.put_held(out, of_tensor["_at"], it.known(0))
    it.put_held(out, of_tensor["_layout"], it.get(call, offsets(kinds.call)["spec"]))
    it.put_held(out, of_tensor["_window"], window)
    weak = it.external("PyWeakref_NewRef", POINTER, POINTER, POINTER)
    holder = builder.call(weak, [out, NULL])
    it.unless_null(holder, NULL, entry, out)

    # From here on no object is made in whose course the collector could run what records.
    entries = it.get(window, of_window["entries"])
    number = _next_slot(it, entries)
    it.unless_null(number, NULL, entry, out, holder)
    it.put(out, of_tensor["_slot"], number)
    note = it.external("PyDict_SetItem", INT, POINTER, POINTER, POINTER)
    noted = builder.call(note, [it.get(window, of_window["results"]), number, holder])
    it.unless_negative(noted, NULL, entry, out, holder)
    it.let_go(holder)
    _add(it, entries, entry, entry, out)  # last: whoever counts entries finds all of each
    it.let_go(entry)

    limit = it.integer(it.get(window, of_window["limit"]))
    with builder.if_then(builder.icmp_signed(">=", it.integer(number), limit), likely=False):
        done = it.call_method(FULL, window, call)
        with builder.if_then(it.is_null(done), likely=False):
            it.let_go(out)
            builder.ret(NULL)
        it.let_go(done)
    builder.ret(out)
    return it.function


def _called(module: ir.Module, name: str, kinds: Kinds, given: int) -> tuple[Function, list[Any]]:
    """A function of a window, a call and more, and what it is given first."""
    it = Function(module, name, given, None)
    first = [it.given_object(k) for k in range(given)]
    it.require(it.is_of(first[0], kinds.window))
    it.require(it.is_of(first[1], kinds.call))
    return it, first


def _recorded(module: ir.Module, kinds: Kinds) -> None:
    """recorded(window, call, *operands): the call, recorded."""
    it, (window, call) = _called(module, "recorded", kinds, 2)
    it.builder.ret(it.builder.call(module.globals["noted"], [window, call, *it.rest(2)]))


def _found(module: ir.Module, kinds: Kinds) -> None:
    """found(window, calls, params, small, operands, op=None): what the call of a tuple of operands
    gives, run where it is called or recorded. None if `calls` has none by the params and the
    operands' layouts, nor has `op.anew(params, layouts)`; if `small` is negative, if it has several
    results, and of a view of what is there already, unless it is known who listens to that: then it
    is recorded, or shown at once.
    """
    it = Function(module, "found", 5, 1)
    builder, of_tensor = it.builder, offsets(kinds.tensor)
    window, calls, params, small, whole = (it.given_object(k) for k in range(5))
    for thing, kind in ((window, kinds.window), (calls, dict), (whole, tuple)):
        it.require(it.is_of(thing, kind))

    def unless(holds: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            it.done()

    with builder.if_then(builder.icmp_signed("<", it.given_integer(3), WORD(0)), likely=False):
        it.raise_if_any()
        it.done()
    count = builder.call(it.external("PyTuple_Size", WORD, POINTER), [whole])
    unless(builder.icmp_signed("<=", count, WORD(MOST)))
    operands, layouts = it.references(count), it.references(count)
    with it.loop(count) as k:
        x = it.item(whole, k)
        unless(it.is_of(x, kinds.tensor))
        builder.store(x, it.at(operands, k))
        builder.store(it.get(x, of_tensor["_layout"]), it.at(layouts, k))
    with it.loop(count) as k:
        it.hold(builder.load(it.at(layouts, k)))
    where = it.packed(layouts, count)
    it.hold(params)
    key = it.tuple_of(params, where)
    find = it.external("PyDict_GetItemWithError", POINTER, POINTER, POINTER)
    call = builder.call(find, [calls, key])
    it.hold(call)  # if there is one
    place = it.references(WORD(1))
    builder.store(call, place)
    with builder.if_then(it.is_null(call), likely=False):
        occurred = builder.call(it.external("PyErr_Occurred", POINTER), [])
        alone = builder.icmp_signed("==", it.count, WORD(5))
        with builder.if_then(builder.or_(alone, builder.not_(it.is_null(occurred)))):
            it.let_go(key)
            it.raise_if_any()
            it.done()
        made = it.call_method(ANEW, it.given_object(5), params, where)
        it.unless_null(made, NULL, key)
        with builder.if_then(builder.icmp_unsigned("==", made, it.known(None))):
            it.let_go(key)
            builder.ret(made)
        builder.store(made, place)
    call = builder.load(place)
    it.let_go(key)
    out = builder.call(module.globals["ran_at_once"], [window, call, small, operands, count])
    same, of_call = builder.icmp_unsigned, offsets(kinds.call)
    ran = same("!=", out, it.known(None))  # or it raised, and is null
    several = same("==", it.get(call, of_call["several"]), it.known(True))
    with builder.if_then(builder.or_(ran, several)):
        it.let_go(call)
        builder.ret(out)
    with builder.if_then(same("==", it.get(call, of_call["view"]), it.known(True))):
        seen, of_window = builder.load(operands), offsets(kinds.window)
        with builder.if_then(same("!=", it.get(seen, of_tensor["_at"]), it.known(0))):
            contains = it.external("PyDict_Contains", INT, POINTER, POINTER)
            kept = builder.call(contains, [window, seen])
            it.unless_negative(kept, NULL, call, out)
            stands = builder.or_(
                builder.icmp_signed("!=", kept, INT(0)),
                same("==", it.get(seen, of_tensor["_window"]), window),
            )
            heard = same("!=", it.get(window, of_window["readers"]), it.known(0))
            with builder.if_then(builder.not_(builder.and_(stands, heard))):
                # Known by its number alone, it may stand there all the same.
                size = it.external("PyDict_Size", WORD, POINTER)
                count_of = builder.call(size, [it.get(window, of_window["computed"])])
                strange = builder.not_(
                    builder.or_(stands, builder.icmp_signed("!=", count_of, WORD(0)))
                )
                free = same("==", it.get(window, of_window["trace"]), it.known(None))
                may = builder.and_(
                    builder.select(heard, strange, free),
                    builder.and_(
                        same("==", it.get(call, of_call["shows"]), it.known(True)),
                        same(
                            "==",
                            it.get(seen, of_tensor["_layout"]),
                            it.item(it.get(call, of_call["inputs"]), 0),
                        ),
                    ),
                )
                with builder.if_then(may):
                    it.let_go(out)
                    view = _run(it, call, of_call["run"], operands, count)
                    it.let_go(call)
                    builder.ret(view)
                it.let_go(call)
                builder.ret(out)
    it.let_go(out)
    out = builder.call(module.globals["noted"], [window, call, operands, count])
    it.let_go(call)
    builder.ret(out)


def _applied(module: ir.Module, kinds: Kinds) -> None:
    """applied(window, call, small, *operands): what a call gives that is run where it is called, or
    else the call, recorded.
    """
    it, given = _called(module, "applied", kinds, 3)
    builder, rest = it.builder, it.rest(3)
    out = builder.call(module.globals["ran_at_once"], [*given, *rest])
    none = it.known(None)
    with builder.if_then(builder.icmp_unsigned("!=", out, none)):
        builder.ret(out)
    it.let_go(none)
    builder.ret(builder.call(module.globals["noted"], [*given[:2], *rest]))


_WRITERS: dict[str, Any] = {
    "found": _found, "applied": _applied, "placed": _placed, "waiting": waiting,
}  # fmt: skip


class Recorders(NamedTuple):
    """What applies calls, and finds what waits; each says so itself, above."""

    recorded: Callable[..., Any]
    found: Callable[..., Any]
    applied: Callable[..., Any]
    placed: Callable[..., int]
    waiting: Callable[..., Any]


def recorders(kinds: Kinds) -> Recorders:
    """`recorded` and its siblings, for some classes."""

    def recorded(module: ir.Module) -> None:
        _write_noted(module, kinds)
        _write_ran(module, kinds)
        _recorded(module, kinds)

    writers: dict[str, Any] = {"recorded": recorded}
    for name, write in _WRITERS.items():
        writers[name] = partial(write, kinds=kinds)
    return Recorders(*build("ngrad.recording", **writers))
