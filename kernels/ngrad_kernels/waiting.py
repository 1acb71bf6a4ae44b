"""What of a window waits for its value, found in machine code."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import INT, POINTER, WORD, Function

NULL = POINTER(None)


def waiting(module: ir.Module, kinds: Any) -> None:
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
    results = it.given_object(0)
    it.require(it.is_of(results, dict))
    first, end = it.given_integer(1), it.given_integer(2)
    it.raise_if_any()
    make = it.external("PyList_New", POINTER, WORD)
    held: tuple[Any, ...] = ()
    for _ in range(3):
        made = builder.call(make, [WORD(0)])
        it.unless_null(made, NULL, *held)
        held = (*held, made)
    slots, tensors, gone = held

    def add(whole: Any, thing: Any, *more: Any) -> None:
        it.unless_negative(builder.call(append, [whole, thing]), NULL, *held, *more)

    with it.loop(builder.sub(end, first)) as k:
        slot = builder.call(number, [builder.add(first, k)])
        it.unless_null(slot, NULL, *held)
        holder = builder.call(find, [results, slot])
        with builder.if_then(builder.not_(it.is_null(holder))):
            it.hold(holder)
            tensor = builder.call(ask, [holder])
            it.let_go(holder)
            it.unless_null(tensor, NULL, slot, *held)
            with builder.if_else(it.is_of(tensor, kinds.tensor)) as (there, dead):
                with there:
                    pending = builder.icmp_signed("==", it.integer(it.get(tensor, at)), WORD(0))
                    with builder.if_then(pending):
                        add(slots, slot, slot, tensor)
                        add(tensors, tensor, slot, tensor)
                with dead:
                    add(gone, slot, slot, tensor)
            it.let_go(tensor)
        it.let_go(slot)
    builder.ret(it.tuple_of(*held))
