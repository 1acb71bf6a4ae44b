"""Tensors for results, made in machine code: in a block from the free list of their layout. Of what
an op on a few numbers takes, this was the most.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import INT, POINTER, WORD, Code, Function, build
from ngrad_kernels.memory import Buffer, FreeList


class Kinds(NamedTuple):
    """The classes of what is made, and what takes a block where none waits.

    Attributes
    ----------
    tensor, layout : type
    take : callable
        `take(layout)` gives a buffer.
    """

    tensor: type
    layout: type
    take: Callable[[Any], Buffer]


def _write_made(module: ir.Module, kinds: Kinds) -> ir.Function:
    """made(layout): a tensor of arbitrary content; null if that raised."""
    it = Code(module, "made", POINTER, POINTER)
    (layout,) = it.function.args
    builder = it.builder
    of_tensor, of_buffer = offsets(kinds.tensor), offsets(Buffer)
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
    builder.call(cut, [free, last, count, POINTER(None)])
    own = it.new(Buffer)
    it.put(own, of_buffer["address"], address)
    it.put_held(own, of_buffer["free"], free)
    from_list = builder.block
    builder.branch(done)

    builder.position_at_end(other)
    taken = builder.call(call, [it.known(kinds.take), layout])
    it.unless_null(taken, POINTER(None))
    from_pool = builder.block
    builder.branch(done)

    builder.position_at_end(done)
    block = builder.phi(POINTER)
    block.add_incoming(own, from_list)
    block.add_incoming(taken, from_pool)
    out = it.new(kinds.tensor)
    it.put(out, of_tensor["_block"], block)
    it.put_held(out, of_tensor["_at"], it.get(block, of_buffer["address"]))
    it.put_held(out, of_tensor["_layout"], layout)
    it.put_held(out, of_tensor["_window"], it.known(None))
    it.put_held(out, of_tensor["_slot"], it.known(-1))
    builder.ret(out)
    return it.function


def _empty(module: ir.Module, kinds: Kinds) -> None:
    """empty(layout): a tensor of arbitrary content, to be written by whoever made it."""
    made = _write_made(module, kinds)
    it = Function(module, "empty", 1)
    it.builder.ret(it.builder.call(made, [it.object()]))


def _computed(module: ir.Module, kinds: Kinds) -> None:
    """computed(layout, kernel, facts, n, *operands): a tensor of what a kernel over [0, n) makes of
    operands at some addresses.
    """
    it = Function(module, "computed", None)
    builder = it.builder
    words = it.integers(first=1, spare=1)
    kernel, facts, n = (it.word(words, k) for k in range(1, 4))
    out = builder.call(module.globals["made"], [it.given_object(0)])
    it.unless_null(out, POINTER(None))
    table = builder.gep(words, [WORD(3)])
    builder.store(facts, table)  # where n was, beside the operands
    convert = it.external("PyLong_AsLongLong", WORD, POINTER)
    at = builder.call(convert, [it.get(out, offsets(kinds.tensor)["_at"])])
    builder.store(at, builder.gep(words, [it.count]))
    it.call_kernel(kernel, table, WORD(0), n)
    builder.ret(out)


def makers(kinds: Kinds) -> list[Callable[..., Any]]:
    """`empty` and `computed`, for some classes."""
    writers = {"empty": _empty, "computed": _computed}
    return build("ngrad.making", **{name: partial(f, kinds=kinds) for name, f in writers.items()})
