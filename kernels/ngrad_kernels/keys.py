"""What an index, or a shape, is remembered by, in machine code: slices have no hash before Python
3.12.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from ngrad_kernels.machine import INT, MOST, POINTER, WORD, Code, Function, build

NULL = POINTER(None)
SIZE = WORD.width // 8


def bounds() -> list[int]:
    """Where the bounds of a slice lie in it, in bytes."""
    marks = [object() for _ in range(3)]
    thing = slice(*marks)
    words = (ctypes.c_void_p * (slice.__basicsize__ // SIZE)).from_address(id(thing))
    return [list(words).index(id(mark)) * SIZE for mark in marks]


def _write_whole(module: ir.Module) -> Any:
    """whole_of(item): Python's integer of one of NumPy's; None of anything else, or null if that
    raised.
    """
    it = Code(module, "whole_of", POINTER, POINTER)
    (item,) = it.function.args
    builder, none = it.builder, it.known(None)
    # Of its type, and not of what it says that it is: numbers of `ngrad.numpy` say NumPy's.
    is_kind, own = it.external("PyObject_IsSubclass", INT, POINTER, POINTER), it.type_of(item)
    # A span of time, which NumPy has among its integers, is no index.
    for kind, wanted in ((np.integer, 1), (np.timedelta64, 0)):
        found = builder.call(is_kind, [own, it.known(kind)])
        it.unless_negative(found, NULL)
        with builder.if_then(builder.icmp_signed("!=", found, INT(wanted))):
            it.hold(none)
            builder.ret(none)
    builder.ret(builder.call(it.external("PyNumber_Long", POINTER, POINTER), [item]))
    return it.function


def _write_item_key(module: ir.Module) -> None:
    """item_key(item): what one item of an index is known by; None, or null if that raised."""
    whole_of = _write_whole(module)
    it = Code(module, "item_key", POINTER, POINTER)
    (item,) = it.function.args
    builder, none = it.builder, it.known(None)
    parts = it.references(WORD(4))

    def same(x: Any, y: Any) -> Any:
        return builder.icmp_unsigned("==", x, y)

    def give(thing: Any) -> None:
        it.hold(thing)
        builder.ret(thing)

    with builder.if_then(builder.or_(it.is_of(item, int), same(item, it.known(Ellipsis)))):
        give(item)
    with builder.if_then(it.is_of(item, slice)):
        it.hold(it.known(slice))
        builder.store(it.known(slice), parts)
        for k, offset in enumerate(bounds(), 1):
            bound = it.get(item, offset)
            plain = builder.or_(it.is_of(bound, int), same(bound, none))
            with builder.if_else(plain) as (as_it_is, as_python_has_it):
                with as_it_is:
                    it.hold(bound)
                    builder.store(bound, it.at(parts, k))
                with as_python_has_it:
                    whole = builder.call(whole_of, [bound])
                    missing = builder.or_(it.is_null(whole), same(whole, none))
                    with builder.if_then(missing):
                        it.let_go_of(parts, WORD(k))
                        builder.ret(whole)
                    builder.store(whole, it.at(parts, k))
        builder.ret(it.packed(parts, WORD(4)))
    with builder.if_then(same(item, none)):
        give(it.known("newaxis"))
    builder.ret(builder.call(whole_of, [item]))


def _key_of(module: ir.Module) -> None:
    """key_of(index): what a basic index is known by, if it is of Python's and NumPy's integers;
    None for any other.
    """
    _write_item_key(module)
    item_key = module.globals["item_key"]
    it = Function(module, "key_of", 1, 0)
    builder, index = it.builder, it.given_object(0)
    with builder.if_then(builder.not_(it.is_of(index, tuple))):
        builder.ret(builder.call(item_key, [index]))
    count = builder.call(it.external("PyTuple_Size", WORD, POINTER), [index])
    it.done_unless(builder.icmp_signed("<=", count, WORD(MOST)))
    keys = it.references(builder.add(count, WORD(1)))
    it.hold(it.known(tuple))
    builder.store(it.known(tuple), keys)
    with it.loop(count) as k:
        key = builder.call(item_key, [it.item(index, k)])
        known = builder.icmp_unsigned("!=", key, it.known(None))
        with builder.if_then(builder.not_(builder.and_(known, builder.not_(it.is_null(key))))):
            it.let_go_of(keys, builder.add(k, WORD(1)))
            builder.ret(key)
        builder.store(key, it.at(keys, builder.add(k, WORD(1))))
    builder.ret(it.packed(keys, builder.add(count, WORD(1))))


def _are_integers(module: ir.Module) -> None:
    """are_integers(value): whether it is a tuple of Python's integers and of nothing else: 1.0 and
    True are equal to one, and would be found in its place.
    """
    it = Function(module, "are_integers", 1)
    builder, value = it.builder, it.given_object(0)

    def give(answer: bool) -> None:
        it.hold(it.known(answer))
        builder.ret(it.known(answer))

    with builder.if_then(builder.not_(it.is_of(value, tuple)), likely=False):
        give(False)
    count = builder.call(it.external("PyTuple_Size", WORD, POINTER), [value])
    with it.loop(count) as k, builder.if_then(builder.not_(it.is_of(it.item(value, k), int))):
        give(False)
    give(True)


key_of: Callable[[Any], Any]
are_integers: Callable[[Any], bool]
key_of, are_integers = build("ngrad.keys", key_of=_key_of, are_integers=_are_integers)
