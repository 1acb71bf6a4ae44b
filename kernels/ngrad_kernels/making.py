"""Tensors for results, made in machine code: in a block from the free list of their layout. Of what
an op on a few numbers takes, this was the most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import INT, POINTER, WORD, WORDS, Code, Function, binders, build
from ngrad_kernels.memory import Buffer, FreeList
from ngrad_kernels.native import each_launch, in_grains

NULL = POINTER(None)


class Kinds(NamedTuple):
    """The classes of what is made, and what Python does besides.

    Attributes
    ----------
    tensor, layout : type
    take : callable
        `take(layout)` gives a buffer, where none waits.
    number : callable
        `number(value, layout)` gives a tensor of a Python number.
    """

    tensor: type
    layout: type
    take: Callable[[Any], Buffer]
    number: Callable[[Any, Any], Any]


def _write_made(module: ir.Module, kinds: Kinds) -> ir.Function:
    """made(layout): a tensor of arbitrary content; null if that raised."""
    it = Code(module, "made", POINTER, POINTER)
    (layout,) = it.function.args
    builder = it.builder
    of_buffer = offsets(Buffer)
    free = it.get(layout, offsets(kinds.layout)["free"])
    size = it.external("PyList_Size", WORD, POINTER)
    item = it.external("PyList_GetItem", POINTER, POINTER, WORD)
    cut = it.external("PyList_SetSlice", INT, POINTER, WORD, WORD, POINTER)
    call = it.external("PyObject_CallOneArg", POINTER, POINTER, POINTER)
    pooled, other = (builder.append_basic_block() for _ in range(2))
    waits, done = (builder.append_basic_block() for _ in range(2))
    host = it.is_of(free, FreeList)  # a device's asks which stream it is for
    builder.cbranch(host, pooled, other)

    builder.position_at_end(pooled)
    count = builder.call(size, [free])
    builder.cbranch(builder.icmp_signed(">", count, WORD(0)), waits, other)

    builder.position_at_end(waits)
    last = builder.sub(count, WORD(1))
    address = builder.call(item, [free, last])
    it.hold(address)
    # Before anything else can run: it is nobody's from here on.
    it.unless_negative(builder.call(cut, [free, last, count, NULL]), NULL, address)
    own = it.new(Buffer, address)
    it.put(own, of_buffer["address"], address)
    it.put_held(own, of_buffer["free"], free)
    from_list = builder.block
    builder.branch(done)

    builder.position_at_end(other)
    taken = builder.call(call, [it.known(kinds.take), layout])
    it.unless_null(taken, NULL)
    from_pool = builder.block
    builder.branch(done)

    builder.position_at_end(done)
    block = builder.phi(POINTER)
    block.add_incoming(own, from_list)
    block.add_incoming(taken, from_pool)
    at = it.get(block, of_buffer["address"])
    it.hold(at)
    builder.ret(_tensor(it, kinds, block, at, layout))
    return it.function


def _tensor(it: Code, kinds: Kinds, block: Any, at: Any, layout: Any) -> Any:
    """A tensor, which takes the references to its block and its address."""
    places = offsets(kinds.tensor)
    out = it.new(kinds.tensor, block, at)
    it.put(out, places["_block"], block)
    it.put(out, places["_at"], at)
    it.put_held(out, places["_layout"], layout)
    it.put_held(out, places["_window"], it.known(None))
    it.put_held(out, places["_slot"], it.known(-1))
    return out


def _empty(module: ir.Module, kinds: Kinds) -> None:
    """empty(layout): a tensor of arbitrary content, to be written by whoever made it."""
    it = Function(module, "empty", 1)
    it.builder.ret(it.builder.call(_write_made(module, kinds), [it.given_object(0)]))


def _ran(module: ir.Module, kinds: Kinds) -> None:
    """ran(*operands), bound to the address of words and a tuple of layouts: results of such layouts
    that launches make of operands which are there; a tuple of them, or the only one.

    The words are how many operands there are, how many launches, the address of memory that these
    share, and whether a tuple is wanted; then the launches, as `words.Words` has them, over
    registers of the operands, the results, the last one first, and that memory.
    """
    made = module.globals["made"]
    it = Function(module, "ran", 0, None)
    builder = it.builder
    of_tensor = offsets(kinds.tensor)
    words, layouts = builder.inttoptr(it.integer(it.bound(0)), WORDS), it.bound(1)
    arity, steps, scratch, several = (it.word(words, k) for k in range(4))
    it.require(builder.icmp_signed("==", it.count, arity))
    count = builder.call(it.external("PyTuple_Size", WORD, POINTER), [layouts])
    end = builder.add(arity, count)
    registers = it.allocate(builder.add(end, WORD(1)))
    with it.loop(arity) as k:
        operand = builder.load(it.at(it.given, k))
        at = _address(it, kinds, operand)
        builder.store(at, builder.gep(registers, [k]))
    builder.store(scratch, builder.gep(registers, [end]))
    results = it.references(count)
    with it.loop(count) as k:
        out = builder.call(made, [it.item(layouts, k)])
        with builder.if_then(it.is_null(out), likely=False):
            it.let_go_of(results, k)
            builder.ret(NULL)
        builder.store(out, it.at(results, k))
        place = builder.gep(registers, [builder.sub(end, builder.add(k, WORD(1)))])
        builder.store(it.integer(it.get(out, of_tensor["_at"])), place)
    with each_launch(it, builder.gep(words, [WORD(4)]), steps, registers) as launch:
        in_grains(it, *launch)
    with builder.if_then(builder.icmp_signed("==", several, WORD(0)), likely=True):
        builder.ret(builder.load(results))
    builder.ret(it.packed(results, count))


def _write_value_of(module: ir.Module, kinds: Kinds) -> ir.Function:
    """value_of(values, key, layout): the tensor among values, or one of the number there; null if
    that raised.
    """
    it = Code(module, "value_of", POINTER, *[POINTER] * 3)
    values, key, layout = it.function.args
    builder = it.builder
    value = builder.call(it.external("PyObject_GetItem", POINTER, POINTER, POINTER), [values, key])
    it.unless_null(value, NULL)
    with builder.if_then(it.is_of(value, kinds.tensor)):
        builder.ret(value)
    kind = ir.FunctionType(POINTER, [POINTER], var_arg=True)
    call = ir.Function(module, kind, "PyObject_CallFunctionObjArgs")
    number = builder.call(call, [it.known(kinds.number), value, layout, NULL])
    it.let_go(value)
    builder.ret(number)
    return it.function


def _replayed(module: ir.Module, kinds: Kinds) -> None:
    """replayed(values), bound to the address of words, keys and layouts of operands, and layouts of
    results: a list of results that launches make of operands by key, tensors or numbers.

    The words are how many launches there are; then these, as `words.Words` has them, over registers
    of 0, the operands and the results.
    """
    made, value_of = module.globals["made"], _write_value_of(module, kinds)
    it = Function(module, "replayed", 1)
    builder = it.builder
    at = offsets(kinds.tensor)["_at"]
    values, words = it.given_object(0), builder.inttoptr(it.integer(it.bound(0)), WORDS)
    keys, wheres, layouts = (it.bound(k) for k in range(1, 4))
    size = it.external("PyTuple_Size", WORD, POINTER)
    arity, count = builder.call(size, [keys]), builder.call(size, [layouts])
    first = builder.add(arity, WORD(1))
    registers = it.allocate(builder.add(first, count))
    builder.store(WORD(0), registers)

    held, results = it.references(arity), it.references(count)
    with it.loop(arity) as k:
        value = builder.call(value_of, [values, it.item(keys, k), it.item(wheres, k)])
        with builder.if_then(it.is_null(value), likely=False):
            it.let_go_of(held, k)
            builder.ret(NULL)
        builder.store(value, it.at(held, k))
        place = builder.gep(registers, [builder.add(k, WORD(1))])
        builder.store(it.integer(it.get(value, at)), place)
    with it.loop(count) as k:
        out = builder.call(made, [it.item(layouts, k)])
        with builder.if_then(it.is_null(out), likely=False):
            it.let_go_of(held, arity)
            it.let_go_of(results, k)
            builder.ret(NULL)
        builder.store(out, it.at(results, k))
        place = builder.gep(registers, [builder.add(k, first)])
        builder.store(it.integer(it.get(out, at)), place)
    steps = it.word(words, 0)
    with each_launch(it, builder.gep(words, [WORD(1)]), steps, registers) as launch:
        in_grains(it, *launch)
    it.let_go_of(held, arity)
    builder.ret(it.packed(results, count, "List"))


def _address(it: Function, kinds: Kinds, x: Any) -> Any:
    """Where a tensor's elements begin. What is no tensor, or not there yet, raises."""
    it.require(it.is_of(x, kinds.tensor))
    at = it.get(x, offsets(kinds.tensor)["_at"])
    it.require(it.builder.not_(it.is_null(at)))
    address = it.integer(at)
    it.require(it.builder.icmp_signed(">", address, WORD(0)))
    return address


def _seen(module: ir.Module, kinds: Kinds) -> None:
    """seen(x), bound to an offset and a layout: a tensor that shows memory of another, whose value
    is there.
    """
    it = Function(module, "seen", 1)
    builder = it.builder
    of_tensor = offsets(kinds.tensor)
    x = it.given_object(0)
    place = builder.add(_address(it, kinds, x), it.integer(it.bound(0)))
    at = builder.call(it.external("PyLong_FromLongLong", POINTER, WORD), [place])
    it.unless_null(at, NULL)
    block = it.get(x, of_tensor["_block"])
    it.hold(block)
    builder.ret(_tensor(it, kinds, block, at, it.bound(1)))


def _picked(module: ir.Module, kinds: Kinds) -> None:
    """picked(x), bound to an offset, a layout of one element and its bytes: a tensor of its own
    with that element of another in the host's memory, whose value is there.
    """
    it = Function(module, "picked", 1)
    builder = it.builder
    place = builder.add(_address(it, kinds, it.given_object(0)), it.integer(it.bound(0)))
    out = builder.call(module.globals["made"], [it.bound(1)])
    it.unless_null(out, NULL)
    copy = it.external("memcpy", POINTER, WORD, WORD, WORD)
    builder.call(copy, [_address(it, kinds, out), place, it.integer(it.bound(2))])
    builder.ret(out)


class Makers(NamedTuple):
    """What makes tensors of some classes.

    Attributes
    ----------
    empty : callable
    ran, replayed, seen, picked : callable
        Each takes what a callable is bound to, and gives that.
    """

    empty: Callable[[Any], Any]
    ran: Callable[..., Callable[..., Any]]
    replayed: Callable[..., Callable[[Any], Any]]
    seen: Callable[..., Callable[[Any], Any]]
    picked: Callable[..., Callable[[Any], Any]]


def makers(kinds: Kinds) -> Makers:
    """These, for some classes."""
    writers = {
        "empty": _empty, "ran": _ran, "replayed": _replayed, "seen": _seen, "picked": _picked,
    }  # fmt: skip
    found = binders(
        "ngrad.making", **{name: partial(f, kinds=kinds) for name, f in writers.items()}
    )
    return Makers(found[0](), *found[1:])


class CellKinds(NamedTuple):
    """The classes of what is made of tensors, and who may listen.

    Attributes
    ----------
    cell : type
        With what it `_held`; `_owner`, `_way` and `_seen` of a view, else None; a number, `_uid`.
    tensor, window : type
        The latter with `readers`, how many listen, and `trace`, None if it is of no recording.
    numbers : iterator
    """

    cell: type
    tensor: type
    window: type
    numbers: Iterator[int]


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
    """view_of(cell, key, views, window): a view of a cell that is none itself, if its tensor is
    there, nobody listens to the window, and `views` has what shows it, and its way, by the layout
    and the key; else None. Without a way it is an array of its own.
    """
    it = Function(module, "view_of", 4)
    builder, none = it.builder, it.known(None)
    of_cell, of_tensor, of_window = (offsets(k) for k in kinds[:3])
    cell, key, views, window = (it.given_object(k) for k in range(4))

    def unless(holds: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            it.done()

    def same(x: Any, y: Any) -> Any:
        return builder.icmp_unsigned("==", x, y)

    x = it.get(cell, of_cell["_held"])
    unless(same(it.get(cell, of_cell["_owner"]), none))
    unless(it.is_of(x, kinds.tensor))
    unless(builder.not_(same(it.get(x, of_tensor["_at"]), it.known(0))))
    unless(same(it.get(window, of_window["readers"]), it.known(0)))
    unless(same(it.get(window, of_window["trace"]), none))
    it.hold(x)  # objects are made from here on: whatever runs then may have others forgotten
    layout = it.get(x, of_tensor["_layout"])
    it.hold(layout)
    it.hold(key)
    pair = it.tuple_of(layout, key, otherwise=(x,))
    find = it.external("PyDict_GetItemWithError", POINTER, POINTER, POINTER)
    found = builder.call(find, [views, pair])
    it.let_go(pair)
    with builder.if_then(it.is_null(found)):
        it.let_go(x)
        it.raise_if_any()
        it.done()
    it.hold(found)
    given = builder.bitcast(it.allocate(1), POINTER.as_pointer())
    builder.store(x, given)
    call = it.external("PyObject_Vectorcall", POINTER, POINTER, given.type, WORD, POINTER)
    part = builder.call(call, [it.item(found, 0), given, WORD(1), NULL])
    it.unless_null(part, NULL, found, x)
    way = it.item(found, 1)
    own = same(way, none)
    owner, value = builder.select(own, none, cell), builder.select(own, none, x)
    out = builder.call(module.globals["cell"], [part, owner, way, value])
    for thing in (part, found, x):
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


def cell_makers(kinds: CellKinds) -> list[Callable[..., Any]]:
    """`array_of`, `view_of` and `exchanged`, for some classes."""
    writers = {"array_of": _array_of, "view_of": _view_of, "exchanged": _exchanged}
    return build(
        "ngrad.making.cells", **{name: partial(f, kinds=kinds) for name, f in writers.items()}
    )
