"""Cells over tensors, made in machine code: arrays, views and elements of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from llvmlite import ir

from ngrad_kernels.advanced import write_settled
from ngrad_kernels.assigning import write_assign, write_put_at_once
from ngrad_kernels.calling import write_called, write_computed_of
from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import ASSIGN, ITEM, SUBSCRIPT, generic_slot, offsets, replace_slot
from ngrad_kernels.holding import write_read
from ngrad_kernels.iterating import ITERATE, LENGTH, write_item, write_iterate, write_length
from ngrad_kernels.machine import POINTER, WORD, Code, Function, binder, load, method
from ngrad_kernels.making import NULL, Kinds, write_made
from ngrad_kernels.memory import FreeList
from ngrad_kernels.nests import write_listed
from ngrad_kernels.operators import Operators, operator_slots
from ngrad_kernels.places import NOWHERE, seen_as, write_places
from ngrad_kernels.reckoning import write_of_number
from ngrad_kernels.releasing import release_quickly
from ngrad_kernels.result_methods import write_made_by_method
from ngrad_kernels.subscripts import SMALL, SUBSCRIPTS, Ways, write_subscript, write_viewed
from ngrad_kernels.view_methods import methods_of, write_bound_method, write_seen_by_method


class CellKinds(NamedTuple):
    """The classes of what is made of tensors, and who may listen.

    Attributes
    ----------
    cell : type
        With what it `_held`; `_owner`, `_way` and `_seen` of a view, else None; a number, `_uid`.
    window : type
        With `readers`, how many listen, and `trace`, None if it is of no recording.
    numbers : iterator
    kinds : Kinds
    row : callable
        `row(k)`: the way to a row.
    read : callable
        `read(cell)`: the tensor that it shows, of any.
    part : type
        A named tuple, that of ways to parts, with what a part is known by, its `key`.
    dtypes : dict
        By code, those of tensors.
    host : object
        The device of layouts of the host's memory.
    """

    cell: type
    window: type
    numbers: Iterator[int]
    kinds: Kinds
    row: Callable[[int], Any]
    read: Callable[[Any], Any]
    part: Any
    dtypes: dict[str, Any]
    host: Any


PARTS = ("_held", "_owner", "_way", "_seen")


def _write_cell(module: ir.Module, kinds: CellKinds) -> ir.Function:
    """cell(held, owner, way, seen): a new cell with a number of its own; null if that raised."""
    it = Code(module, "cell", POINTER, *[POINTER] * len(PARTS))
    places = offsets(kinds.cell)
    out = it.new(kinds.cell)
    following = it.external("PyIter_Next", POINTER, POINTER)
    number = it.builder.call(following, [it.known(kinds.numbers)])
    it.unless_null(number, NULL, out)
    it.put(out, places["_uid"], number)
    for name, part in zip(PARTS, it.function.args, strict=True):
        it.put_held(out, places[name], part)
    it.builder.ret(out)
    return it.function


def _array_of(module: ir.Module, kinds: CellKinds) -> None:
    """array_of(held, owner, way, seen): a new cell; what is not given is None."""
    make = _write_cell(module, kinds)
    it = Function(module, "array_of", 1, len(PARTS) - 1)
    builder = it.builder
    parts = builder.bitcast(it.allocate(len(PARTS)), POINTER.as_pointer())
    for k in range(len(PARTS)):
        place = builder.gep(parts, [WORD(k)])
        builder.store(it.known(None), place)
        with builder.if_then(builder.icmp_signed(">", it.count, WORD(k))):
            builder.store(it.given_object(k), place)
    loaded = [builder.load(builder.gep(parts, [WORD(k)])) for k in range(len(PARTS))]
    builder.ret(builder.call(make, loaded))


def _view_of(module: ir.Module, kinds: CellKinds) -> None:
    """view_of(cell, key, window): a view of a cell, if it holds what it shows and that is there,
    nobody listens to the window, and the `views` of the layout have by the key what shows the view,
    and its way; else None.
    """
    it = Function(module, "view_of", 3)
    builder = it.builder
    cell, key, window = (it.given_object(k) for k in range(3))

    x = builder.call(module.globals["held_by"], [cell])
    it.done_unless(builder.not_(it.is_null(x)))
    it.done_unless(it.builder.call(it.module.globals["silent"], [x, window]))
    it.hold(x)  # objects are made from here on: whatever runs then may have others forgotten
    found = builder.call(module.globals["known_view"], [x, key])
    with builder.if_then(it.is_null(found)):
        it.let_go(x)
        it.raise_if_any()
        it.done()
    part = seen_as(it, kinds, x, found, x)
    out = builder.call(module.globals["cell"], [part, cell, it.item(found, 2), x])
    for thing in (part, found, x):
        it.let_go(thing)
    builder.ret(out)


def _known_part(it: Function, kinds: CellKinds, x: Any, window: Any, name: str) -> tuple[Any, Any]:
    """The layout of a tensor, and what that knows of a name, a layout too; None is returned if it
    knows nothing, or the tensor is not there or not the host's, or somebody listens.
    """
    builder, of_layout = it.builder, offsets(kinds.kinds.layout)

    it.done_unless(it.builder.call(it.module.globals["silent"], [x, window]))
    where = it.get(x, offsets(kinds.kinds.tensor)["_layout"])
    free, part = (it.get(where, of_layout[slot]) for slot in ("free", name))
    it.done_unless(builder.not_(builder.or_(it.is_null(free), it.is_null(part))))
    it.done_unless(it.is_of(free, FreeList))
    return where, part


def _element_of(module: ir.Module, kinds: CellKinds) -> None:
    """element_of(x, key, window): a new cell of an element of a tensor in the host's memory, of
    which an integer or several are the `key`, one for each axis; if the tensor is there and its
    layout knows that of an `element`, and nobody listens to the window. Else None, as for an index
    out of range.
    """
    made = write_made(module, kinds.kinds)
    it = Function(module, "element_of", 3)
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    x, key, window = (it.given_object(k) for k in range(3))
    where, element = _known_part(it, kinds, x, window, "element")
    step = builder.call(module.globals["spot"], [where, key])
    it.done_unless(builder.icmp_signed("!=", step, NOWHERE))
    place = builder.add(it.integer(it.get(x, of_tensor["_at"])), step)
    out = builder.call(made, [element])
    it.unless_null(out, NULL)
    to, nbytes = (
        it.integer(it.get(thing, slot))
        for thing, slot in ((out, of_tensor["_at"]), (element, of_layout["nbytes"]))
    )
    copy = it.external("memcpy", POINTER, WORD, WORD, WORD)
    builder.call(copy, [to, place, nbytes])
    none = it.known(None)
    cell = builder.call(module.globals["cell"], [out, none, none, none])
    it.let_go(out)
    builder.ret(cell)


def _row_of(module: ir.Module, kinds: CellKinds) -> None:
    """row_of(cell, x, k, window): a view of a cell, which shows the tensor x, at an integer along
    its first axis; if the tensor's layout knows that of a `row`, and all else is as of
    `element_of`. Else None.
    """
    it = Function(module, "row_of", 4)
    builder = it.builder
    cell, x, index, window = (it.given_object(k) for k in range(4))
    _known_part(it, kinds, x, window, "row")
    shown = builder.call(module.globals["row"], [x, index])
    it.unless_null(shown, NULL)
    with builder.if_then(it.same(shown, it.known(None)), likely=False):
        builder.ret(shown)
    call = it.external("PyObject_CallOneArg", POINTER, POINTER, POINTER)
    way = builder.call(call, [it.known(kinds.row), index])
    it.unless_null(way, NULL, shown)
    out = builder.call(module.globals["cell"], [shown, cell, way, x])
    for thing in (way, shown):
        it.let_go(thing)
    builder.ret(out)


def _exchanged(module: ir.Module, kinds: CellKinds) -> None:
    """exchanged(cell, before, now): whether a cell held a tensor; it holds another from now on. No
    thread can come in between.
    """
    it = Function(module, "exchanged", 3)
    builder, place = it.builder, offsets(kinds.cell)["_held"]
    cell, before, now = (it.given_object(k) for k in range(3))
    it.require(it.is_of(cell, kinds.cell))
    with builder.if_then(builder.icmp_unsigned("!=", it.get(cell, place), before)):
        it.hold(it.known(False))
        builder.ret(it.known(False))
    it.hold(now)
    it.replace(cell, place, now)
    it.hold(it.known(True))
    builder.ret(it.known(True))


def _result_of(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """result_of(cell, calls, params): what the call by these params gives of the tensor that a cell
    shows, as `found` has it, in a cell of its own. None if there is none, or somebody listens.
    """
    it = Function(module, "result_of", 3)
    builder, none = it.builder, it.known(None)
    cell, calls, params = (it.given_object(k) for k in range(3))
    silent = module.globals["silent"]
    window = window_of(it, ways.state)
    small = it.attribute(it.known(ways.settings), SMALL, window)
    x = builder.call(module.globals["held_by"], [cell])
    out = it.references(WORD(1))
    it.hold(none)
    builder.store(none, out)
    there = builder.not_(it.is_null(x))
    with builder.if_then(there), builder.if_then(builder.call(silent, [x, window])):
        it.hold(x)
        operands = it.tuple_of(x, otherwise=(small, window, none))
        builder.store(it.call_known(ways.found, window, calls, params, small, operands), out)
        it.let_go(operands)
        it.let_go(none)
    out = builder.load(out)
    it.let_go(small)
    it.let_go(window)
    it.unless_null(out, NULL)
    with builder.if_then(it.same(out, none)):
        builder.ret(out)
    made = builder.call(module.globals["cell"], [out, none, none, none])
    it.let_go(out)
    builder.ret(made)


class Cells(NamedTuple):
    """What makes cells of some classes.

    Attributes
    ----------
    array_of, view_of, element_of, row_of, exchanged, result_of, put_at_once, listed : callable
    settled, computed_of, of_number : callable
    viewed : callable
        Takes what a callable is bound to, and gives that.
    view_method : callable
        Takes a function, and gives a method that asks it for views that were not taken before.
    result_method : callable
        The same of results, of which layouts know no call.
    read : method of cells
    operators : dict
        Addresses for slots of the class, by those that are there when it has operators in Python.
    called : int
        The address for the slot of what is `Called`.
    """

    array_of: Callable[..., Any]
    view_of: Callable[..., Any]
    element_of: Callable[..., Any]
    row_of: Callable[..., Any]
    exchanged: Callable[..., bool]
    result_of: Callable[..., Any]
    put_at_once: Callable[..., bool]
    listed: Callable[..., Any]
    settled: Callable[[Any], Any]
    computed_of: Callable[..., Any]
    of_number: Callable[[Any], Any]
    viewed: Callable[..., Callable[[Any], Any]]
    view_method: Callable[[Callable[..., Any]], Any]
    result_method: Callable[[Callable[..., Any]], Any]
    read: Any
    operators: dict[int, int]
    called: int


def cell_makers(kinds: CellKinds, ways: Ways, operators: Operators) -> Cells:
    """These, for some classes; from now on x[index] of a cell, too, is found, and assigned to, in
    machine code, and cells are released so.
    """
    release_quickly(kinds.cell, "_owner")

    def first(module: ir.Module) -> None:
        write_places(module, kinds)
        _array_of(module, kinds)

    writers: dict[str, Callable[[ir.Module], None]] = {
        "array_of": first,
        "view_of": partial(_view_of, kinds=kinds),
        "element_of": partial(_element_of, kinds=kinds),
        "row_of": partial(_row_of, kinds=kinds),
        "exchanged": partial(_exchanged, kinds=kinds),
        "viewed": partial(write_viewed, kinds=kinds, ways=ways),
        "seen_by_method": partial(write_seen_by_method, kinds=kinds, ways=ways),
        "made_by_method": partial(
            write_made_by_method, kinds=kinds, ways=ways, applied=operators.applied
        ),
        "bound_method": write_bound_method,
        "subscript": partial(write_subscript, kinds=kinds, ways=ways),
        "result_of": partial(_result_of, kinds=kinds, ways=ways),
        "read": partial(write_read, cell=kinds.cell, state=ways.state, otherwise=kinds.read),
        "settled": partial(write_settled, kinds=kinds),
        "assign": partial(write_assign, kinds=kinds, ways=ways),
        "put_at_once": partial(write_put_at_once, ways=ways),
        "listed": partial(write_listed, kinds=kinds),
        "item": partial(write_item, kinds=kinds, ways=ways),
        "iterate": partial(write_iterate, kinds=kinds, ways=ways),
        "length": partial(write_length, kinds=kinds),
    }
    slots = operator_slots(kinds, ways, operators)
    writers |= {name: slot.write for name, slot in slots.items()}
    writers |= {
        "computed_of": write_computed_of, "called": write_called, "of_number": write_of_number,
    }  # fmt: skip
    addresses = dict(zip(writers, load("ngrad.cells", **writers), strict=True))
    named = {slot.before: addresses.pop(name) for name, slot in slots.items()}
    called = addresses.pop("called")
    own = {
        "subscript": SUBSCRIPTS[SUBSCRIPT],
        "assign": SUBSCRIPTS[ASSIGN],
        "item": generic_slot("__getitem__", ITEM),
        "iterate": generic_slot("__iter__", ITERATE),
        "length": generic_slot("__len__", LENGTH),
    }
    for name, before in own.items():
        replace_slot(kinds.cell, before, addresses.pop(name))
    read = method(kinds.cell, "_read", addresses.pop("read"))
    bound, seen, result = (
        addresses.pop(name) for name in ("bound_method", "seen_by_method", "made_by_method")
    )
    view_method, result_method = (methods_of(kinds.cell, bound, how) for how in (seen, result))
    makes = {name: binder(name, address) for name, address in addresses.items()}
    viewed = makes.pop("viewed")
    made = {name: make() for name, make in makes.items()}
    methods = {"view_method": view_method, "result_method": result_method}
    return Cells(**made, **methods, viewed=viewed, read=read, operators=named, called=called)
