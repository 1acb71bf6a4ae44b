"""`gatherer`: the addresses that a plan's launches are over, gathered in machine code: of its
operands, where they are, and of its results, which are made. In a loop most runs come this way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from llvmlite import ir

from ngrad_kernels.cuda.memory import DeviceBuffer, OwnList, StreamList
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import POINTER, WORD, Function, binders
from ngrad_kernels.making import last_of, shown_by

NULL = POINTER(None)
OWN = 2
"""Registers behind those of results: the address of a run's own status, and of its temporaries."""


def _gathered(module: ir.Module, tensor: type) -> None:
    """gathered(values, lists, status, own, numbers), bound to keys of operands, blocks of
    constants, layouts of results, and of each result whether it depends on what the run checks.

    Gives the registers as bytes (0, the operands, the results, `own`, and 0), and a list of the
    results, tensors in buffers from `lists` that have `status` where they depend on checks. Of
    operands that are no tensors, the addresses are `numbers`, in order. None where a run has more
    to do: an operand, or a constant, that another stream wrote or that something may be wrong with,
    memory of another library's, or a list without a block.
    """
    it = Function(module, "gathered", 5)
    builder = it.builder
    of_tensor, of_buffer = offsets(tensor), offsets(DeviceBuffer)
    of_list = offsets(StreamList)
    values, lists, status, numbers = (it.given_object(k) for k in (0, 1, 2, 4))
    it.require(it.is_of(lists, list))
    own = it.given_integer(3)
    it.raise_if_any()
    keys, constants, layouts, checked = (it.bound(k) for k in range(4))
    size = it.external("PyTuple_Size", WORD, POINTER)
    length = it.external("PyList_Size", WORD, POINTER)
    item = it.external("PyList_GetItem", POINTER, POINTER, WORD)
    ask = it.external("PyObject_GetItem", POINTER, POINTER, POINTER)
    arity, count = builder.call(size, [keys]), builder.call(size, [layouts])
    same = builder.icmp_unsigned
    total = builder.add(builder.add(arity, count), WORD(1 + OWN))
    registers = it.allocate(total)
    builder.store(WORD(0), registers)
    taken = it.allocate(1)
    builder.store(WORD(0), taken)

    def unless(holds: Any, *held: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            for thing in held:
                it.let_go(thing)
            it.done()

    first = builder.call(item, [lists, WORD(0)])
    it.unless_null(first, NULL)
    it.require(it.is_of(first, OwnList))
    stream = it.get(first, of_list["stream"])

    def ours(block: Any, *held: Any) -> None:
        unless(builder.not_(it.is_null(block)), *held)
        unless(it.is_of(block, DeviceBuffer), *held)
        unless(same("==", it.get(block, of_buffer["status"]), it.known(None)), *held)
        free = it.get(block, of_buffer["free"])
        unless(same("==", it.get(free, of_list["stream"]), stream), *held)

    with it.loop(builder.call(size, [constants])) as k:
        ours(it.item(constants, k))
    with it.loop(arity) as k:
        value = builder.call(ask, [values, it.item(keys, k)])
        it.unless_null(value, NULL)
        place = builder.gep(registers, [builder.add(k, WORD(1))])
        with builder.if_else(it.is_of(value, tensor), likely=True) as (there, number):
            with there:
                ours(it.get(value, of_tensor["_block"]), value)
                builder.store(it.integer(it.get(value, of_tensor["_at"])), place)
            with number:
                which = builder.load(taken)
                unless(builder.icmp_signed("<", which, builder.call(size, [numbers])), value)
                builder.store(it.integer(it.item(numbers, which)), place)
                builder.store(builder.add(which, WORD(1)), taken)
        it.let_go(value)

    results = it.references(count)
    with it.loop(count) as k:
        free = builder.call(item, [lists, k])
        it.require(it.is_of(free, OwnList))
        waits = builder.call(length, [free])
        with builder.if_then(builder.icmp_signed("==", waits, WORD(0)), likely=False):
            it.let_go_of(results, k)
            it.done()
        address = last_of(it, free, waits)
        block = it.new(DeviceBuffer, address)
        it.put_held(block, of_buffer["users"], it.known(()))
        depends = same("==", it.item(checked, k), it.known(True))
        it.put_held(block, of_buffer["status"], builder.select(depends, status, it.known(None)))
        it.put(block, of_buffer["address"], address)
        it.put_held(block, of_buffer["free"], free)
        it.hold(address)
        out = shown_by(it, tensor, block, address, it.item(layouts, k))
        builder.store(out, it.at(results, k))
        place = builder.gep(registers, [builder.add(builder.add(arity, k), WORD(1))])
        builder.store(it.integer(address), place)
    builder.store(own, builder.gep(registers, [builder.sub(total, WORD(2))]))
    builder.store(WORD(0), builder.gep(registers, [builder.sub(total, WORD(1))]))

    made = it.packed(results, count, "List")
    write = it.external("PyBytes_FromStringAndSize", POINTER, POINTER, WORD)
    nbytes = builder.mul(total, WORD(8))
    where = builder.call(write, [builder.bitcast(registers, POINTER), nbytes])
    it.unless_null(where, NULL, made)
    builder.ret(it.tuple_of(where, made))


@functools.cache
def gatherer(tensor: type) -> Callable[..., Callable[..., Any]]:
    """What binds `gathered`, for a class of tensors."""
    (bind,) = binders("ngrad.cuda.gathering", gathered=functools.partial(_gathered, tensor=tensor))
    return bind
