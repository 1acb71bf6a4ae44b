"""Tensors for results, made in machine code: in a block from the free list of their layout. Of what
an op on a few numbers takes, this was the most.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir

from ngrad_kernels.arrays import dtype_of, memory_of
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import INT, POINTER, WORD, WORDS, Code, Function, binders
from ngrad_kernels.memory import Buffer, FreeList
from ngrad_kernels.native import each_launch, in_grains
from ngrad_kernels.releasing import release_quickly

NULL = POINTER(None)
SHAPE = sys.intern("shape")


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


def write_made(module: ir.Module, kinds: Kinds) -> ir.Function:
    """made(layout): a tensor of arbitrary content; null if that raised."""
    it = Code(module, "made", POINTER, POINTER)
    (layout,) = it.function.args
    builder = it.builder
    of_buffer = offsets(Buffer)
    free = it.get(layout, offsets(kinds.layout)["free"])
    size = it.external("PyList_Size", WORD, POINTER)
    call = it.external("PyObject_CallOneArg", POINTER, POINTER, POINTER)
    pooled, other = (builder.append_basic_block() for _ in range(2))
    waits, done = (builder.append_basic_block() for _ in range(2))
    host = it.is_of(free, FreeList)  # a device's asks which stream it is for
    builder.cbranch(host, pooled, other)

    builder.position_at_end(pooled)
    count = builder.call(size, [free])
    builder.cbranch(builder.icmp_signed(">", count, WORD(0)), waits, other)

    builder.position_at_end(waits)
    address = last_of(it, free, count)
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
    builder.ret(shown_by(it, kinds.tensor, block, at, layout))
    return it.function


def last_of(it: Code, free: Any, count: Any) -> Any:
    """The last address of a free list, which has so many of them: nobody's, from here on."""
    item = it.external("PyList_GetItem", POINTER, POINTER, WORD)
    cut = it.external("PyList_SetSlice", INT, POINTER, WORD, WORD, POINTER)
    last = it.builder.sub(count, WORD(1))
    address = it.builder.call(item, [free, last])
    it.hold(address)
    # Before anything else can run.
    it.unless_negative(it.builder.call(cut, [free, last, count, NULL]), NULL, address)
    return address


def shown_by(it: Code, tensor: type, block: Any, at: Any, layout: Any) -> Any:
    """A tensor, which takes the references to its block and its address."""
    places = offsets(tensor)
    out = it.new(tensor, block, at)
    it.put(out, places["_block"], block)
    it.put(out, places["_at"], at)
    it.put_held(out, places["_layout"], layout)
    it.put_held(out, places["_window"], it.known(None))
    it.put_held(out, places["_slot"], it.known(-1))
    return out


def shown_at(it: Code, tensor: type, x: Any, place: Any, layout: Any, *held: Any) -> Any:
    """A tensor that shows memory of another at an address; where there is none, lets go of what is
    held, and returns null.
    """
    at = it.builder.call(it.external("PyLong_FromLongLong", POINTER, WORD), [place])
    it.unless_null(at, NULL, *held)
    block = it.get(x, offsets(tensor)["_block"])
    it.hold(block)
    return shown_by(it, tensor, block, at, layout)


def _empty(module: ir.Module, kinds: Kinds) -> None:
    """empty(layout): a tensor of arbitrary content, to be written by whoever made it."""
    it = Function(module, "empty", 1)
    it.builder.ret(it.builder.call(write_made(module, kinds), [it.given_object(0)]))


FEW = 1 << 16
"""Bytes that are copied in less time than it takes to let other threads run meanwhile."""


def _copied(module: ir.Module, kinds: Kinds) -> None:
    """copied(array, layouts, dtype): a tensor with the elements of one of NumPy's arrays, if it has
    few of them in rows, is of that dtype, unless it is None, and `layouts` has how they lie, by the
    array's dtype and shape; else None.
    """
    it = Function(module, "copied", 3)
    builder, none = it.builder, it.known(None)
    array, layouts, dtype = (it.given_object(k) for k in range(3))
    it.done_unless(it.is_of(array, np.ndarray))
    own, source = dtype_of(it, array), memory_of(it, array)
    fits = builder.or_(
        builder.icmp_unsigned("==", dtype, none), builder.icmp_unsigned("==", dtype, own)
    )
    it.done_unless(builder.and_(fits, builder.not_(it.is_null(source))))
    shape = it.attribute(array, SHAPE)
    it.hold(own)
    key = it.tuple_of(own, shape)
    find = it.external("PyDict_GetItemWithError", POINTER, POINTER, POINTER)
    layout = builder.call(find, [layouts, key])
    it.let_go(key)
    with builder.if_then(it.is_null(layout), likely=False):
        it.raise_if_any()
        it.done()
    nbytes = it.integer(it.get(layout, offsets(kinds.layout)["nbytes"]))
    it.done_unless(builder.icmp_signed("<=", nbytes, WORD(FEW)))
    out = builder.call(module.globals["made"], [layout])
    it.unless_null(out, NULL)
    place = builder.inttoptr(it.integer(it.get(out, offsets(kinds.tensor)["_at"])), POINTER)
    move = it.external("memcpy", POINTER, POINTER, POINTER, WORD)
    builder.call(move, [place, source, nbytes])
    builder.ret(out)


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
        at = address_of(it, kinds, operand)
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


def address_of(it: Function, kinds: Kinds, x: Any) -> Any:
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
    x = it.given_object(0)
    place = builder.add(address_of(it, kinds, x), it.integer(it.bound(0)))
    builder.ret(shown_at(it, kinds.tensor, x, place, it.bound(1)))


def _seen_at(module: ir.Module, kinds: Kinds) -> None:
    """seen_at(x, offset, layout): the same with an offset and a layout that are given."""
    it = Function(module, "seen_at", 3)
    builder = it.builder
    x, layout = it.given_object(0), it.given_object(2)
    it.require(it.is_of(layout, kinds.layout))
    place = builder.add(address_of(it, kinds, x), it.given_integer(1))
    it.raise_if_any()
    builder.ret(shown_at(it, kinds.tensor, x, place, layout))


def _settle(module: ir.Module, kinds: Kinds) -> None:
    """settle(x, value): a pending tensor has the value of another from now on. One that has its own
    keeps it: whoever looks finds all of one, and never a part of either.
    """
    it = Function(module, "settle", 2)
    builder, places = it.builder, offsets(kinds.tensor)
    x, value = (it.given_object(k) for k in range(2))
    it.require(it.is_of(x, kinds.tensor))
    address_of(it, kinds, value)
    it.done_unless(builder.icmp_unsigned("==", it.get(x, places["_at"]), it.known(0)))
    for name in ("_block", "_layout", "_at"):
        part = it.get(value, places[name])
        it.hold(part)
        it.replace(x, places[name], part)
    it.done()


class Makers(NamedTuple):
    """What makes tensors of some classes.

    Attributes
    ----------
    empty, copied, seen_at, settle : callable
    ran, replayed, seen : callable
        Each takes what a callable is bound to, and gives that.
    """

    empty: Callable[[Any], Any]
    copied: Callable[[Any, Any, Any], Any]
    seen_at: Callable[[Any, int, Any], Any]
    settle: Callable[[Any, Any], None]
    ran: Callable[..., Callable[..., Any]]
    replayed: Callable[..., Callable[[Any], Any]]
    seen: Callable[..., Callable[[Any], Any]]


def makers(kinds: Kinds) -> Makers:
    """These, for some classes; from now on tensors are released in machine code, too."""
    release_quickly(kinds.tensor)
    writers = {
        "empty": _empty, "copied": _copied, "seen_at": _seen_at, "settle": _settle, "ran": _ran,
        "replayed": _replayed, "seen": _seen,
    }  # fmt: skip
    found = binders(
        "ngrad.making", **{name: partial(f, kinds=kinds) for name, f in writers.items()}
    )
    return Makers(*[bind() for bind in found[:4]], *found[4:])
