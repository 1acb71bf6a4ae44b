"""Functions of cells that are called in machine code, by the calls of the op that one is."""

from __future__ import annotations

from llvmlite import ir

from ngrad_kernels.heap_types import CALL, generic_slot, offsets
from ngrad_kernels.machine import BIT, POINTER, WORD, Code, Function
from ngrad_kernels.making import NULL
from ngrad_kernels.subscripts import SMALL


class Called:
    """What is called on cells, where machine code leaves that to Python.

    Attributes
    ----------
    _seen : dict or None
        The calls of the op that it is for what its operands are, as `computed` is told of them.
    """

    __slots__ = ("_seen",)


def write_computed_of(module: ir.Module) -> None:
    """computed_of(seen, a, b): what `computed` gives, of one operand or two; None if that is for
    Python to do.
    """
    it = Function(module, "computed_of", 2, 1)
    builder, other = it.builder, it.references(WORD(1))
    builder.store(NULL, other)
    with builder.if_then(builder.icmp_signed(">", it.count, WORD(2))):
        builder.store(it.given_object(2), other)
    seen, first = it.given_object(0), it.given_object(1)
    given = seen, BIT(1), it.known(SMALL), first, builder.load(other)
    builder.ret(builder.call(module.globals["computed"], given))


def write_called(module: ir.Module) -> None:
    """called(this, given, names): the same of the operands that a `Called` is given, without names;
    or what its method in Python gives.
    """
    it = Code(module, "called", POINTER, POINTER, POINTER, POINTER)
    this, given, names = it.function.args
    builder, none, other = it.builder, it.known(None), it.references(WORD(1))
    seen = it.get(this, offsets(Called)["_seen"])
    count = builder.call(it.external("PyTuple_Size", WORD, POINTER), [given])
    takes = builder.icmp_unsigned("<", builder.sub(count, WORD(1)), WORD(2))  # one, or two
    takes = builder.and_(takes, builder.and_(it.is_null(names), builder.not_(it.same(seen, none))))
    with builder.if_then(takes, likely=True):
        builder.store(NULL, other)
        with builder.if_then(builder.icmp_signed(">", count, WORD(1))):
            builder.store(it.item(given, 1), other)
        operands = it.item(given, 0), builder.load(other)
        found = builder.call(module.globals["computed"], [seen, BIT(1), it.known(SMALL), *operands])
        with builder.if_then(builder.not_(it.same(found, none)), likely=True):
            builder.ret(found)
        it.let_go(found)
    it.generic(generic_slot("__call__", CALL))
