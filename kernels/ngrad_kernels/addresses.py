"""What kernels do at addresses besides reading and writing elements: call routines, take words of
the stack, copy bytes, and exchange words with other threads.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ngrad_kernels.codegen import intrinsic
from ngrad_kernels.intrinsics import WORD


@intrinsic
def call_kernel(typingctx, kernel, table, lo, hi):
    """Call the kernel at an address over the range [lo, hi)."""

    def codegen(context, builder, signature, args):
        function = ir.FunctionType(ir.VoidType(), [WORD.as_pointer(), WORD, WORD])
        table = builder.inttoptr(args[1], WORD.as_pointer())
        builder.call(builder.inttoptr(args[0], function.as_pointer()), [table, *args[2:]])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, types.intp), codegen


@intrinsic
def call_pack(typingctx, pack, target, base, view, start, count):
    """Call the routine at an address that copies part of a strided view to contiguous memory."""

    def codegen(context, builder, signature, args):
        function = ir.FunctionType(ir.VoidType(), [WORD] * 5)
        builder.call(builder.inttoptr(args[0], function.as_pointer()), args[1:])
        return context.get_dummy_value()

    return types.void(*[types.intp] * 6), codegen


@intrinsic(prefer_literal=True)
def stack_words(typingctx, count):
    """The address of `count` (a literal) 8-byte words on the stack, aligned to 64 bytes."""
    if not isinstance(count, types.IntegerLiteral):
        raise TypeError("stack_words takes a literal number")
    number = count.literal_value

    def codegen(context, builder, signature, args):
        with builder.goto_entry_block():  # not cgutils.alloca_once: it fills with zeros
            words = builder.alloca(ir.ArrayType(WORD, number))
        words.align = 64
        return builder.ptrtoint(words, WORD)

    # The literal is part of the signature, by which Numba keeps implementations.
    return types.intp(count), codegen


@intrinsic(prefer_literal=True)
def call_words(typingctx, function, words, count):
    """Call the C function at an address with the first `count` (a literal) of some words, which are
    addresses for it.
    """
    if not isinstance(count, types.IntegerLiteral):
        raise TypeError("call_words takes a literal number")
    number = count.literal_value

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(ir.VoidType(), [WORD] * number).as_pointer()
        table = builder.inttoptr(args[1], WORD.as_pointer())
        given = [builder.load(builder.gep(table, [WORD(k)])) for k in range(number)]
        builder.call(builder.inttoptr(args[0], kind), given)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, count), codegen


@intrinsic
def ask(typingctx, function):
    """What the C function `int()` at an address returns."""

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(ir.IntType(32), []).as_pointer()
        return builder.sext(builder.call(builder.inttoptr(args[0], kind), []), WORD)

    return types.intp(types.intp), codegen


@intrinsic
def tell(typingctx, function, number):
    """Call the C function `void(int)` at an address."""

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(32)]).as_pointer()
        number = builder.trunc(args[1], ir.IntType(32))
        builder.call(builder.inttoptr(args[0], kind), [number])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


@intrinsic
def exchange(typingctx, address, word):
    """Store a word at an address, and what was there, in one step: what other threads did before
    they stored theirs is seen from here on.
    """

    def codegen(context, builder, signature, args):
        where = builder.inttoptr(args[0], WORD.as_pointer())
        return builder.atomic_rmw("xchg", where, args[1], "seq_cst")

    return types.intp(types.intp, types.intp), codegen


@intrinsic
def copy_bytes(typingctx, target, source, count):
    """memcpy between addresses."""

    def codegen(context, builder, signature, args):
        byte = ir.IntType(8).as_pointer()
        target, source = (builder.inttoptr(address, byte) for address in args[:2])
        cgutils.raw_memcpy(builder, target, source, args[2], 1)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), codegen


def prefetch(builder: ir.IRBuilder, address: Any) -> None:
    """Have the line of memory at an address, which need not be there, come into the caches."""
    byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    how = [word(0), word(3), word(1)]  # to be read, and again: of data
    builder.call(function, [builder.inttoptr(address, byte), *how])


@intrinsic
def fetch_ahead(typingctx, address):
    """Have the line of memory at an address, which need not be there, come into the caches."""

    def codegen(context, builder, signature, args):
        prefetch(builder, args[0])
        return context.get_dummy_value()

    return types.void(types.intp), codegen


@intrinsic
def table_at(typingctx, address):
    """A table of words at an address."""

    def codegen(context, builder, signature, args):
        return builder.inttoptr(args[0], WORD.as_pointer())

    return types.CPointer(types.intp)(types.intp), codegen


NAMESPACE: dict[str, Any] = {
    "call_kernel": call_kernel,
    "call_pack": call_pack,
    "stack_words": stack_words,
    "call_words": call_words,
    "ask": ask,
    "tell": tell,
    "exchange": exchange,
    "copy_bytes": copy_bytes,
    "fetch_ahead": fetch_ahead,
    "table_at": table_at,
}
