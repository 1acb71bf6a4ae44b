"""Results that go past the caches to memory.

A store to a line that is in no cache reads it first: a third of the traffic of a kernel that reads
one array and writes another. A non-temporal store does not, if it fills the line. LLVM vectorises
such stores only where it knows them to be aligned, so a block is computed in memory that stays in
cache, and goes out from there, line by line (1.2 to 2 x faster, measured). Where a loop takes long
to compute, it sends out a strip at a time, so that memory is written meanwhile (tanh and exp of 1e7
elements 1.15 to 1.3 x). Results of a launch that fit a cache are better left there:
`space_facts.py` decides.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ngrad_kernels.addresses import prefetch
from ngrad_kernels.codegen import intrinsic
from ngrad_kernels.contract import LINE
from ngrad_kernels.intrinsics import WORD

BYTE, INT = ir.IntType(8), ir.IntType(32)
VECTOR = ir.VectorType(INT, LINE // 4)


def _pointer(builder: ir.IRBuilder, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


def _copy_line(builder: ir.IRBuilder, target: Any, source: Any) -> None:
    """Code that copies a line to where one begins, past the caches."""
    line = builder.load(_pointer(builder, source, VECTOR), align=1)
    out = builder.store(line, _pointer(builder, target, VECTOR), align=LINE)
    out.set_metadata("nontemporal", builder.module.add_metadata([INT(1)]))


def _stream(module: ir.Module) -> ir.Function:
    """stream(target, source, count, ahead), once a module: a call is little beside what it does."""
    found = module.globals.get("ngrad.stream")
    if found is not None:
        return found
    kind = ir.FunctionType(ir.VoidType(), [WORD] * 4)
    function = ir.Function(module, kind, "ngrad.stream")
    function.linkage = "internal"
    function.attributes.add("noinline")
    target, source, count, ahead = function.args
    builder = ir.IRBuilder(function.append_basic_block())

    def copy(offset: Any, nbytes: Any) -> None:
        to, start = (_pointer(builder, builder.add(end, offset), BYTE) for end in (target, source))
        cgutils.raw_memcpy(builder, to, start, nbytes, 1)

    head = builder.and_(builder.neg(target), WORD(LINE - 1))
    head = builder.select(builder.icmp_signed("<", count, head), count, head)
    whole = builder.add(head, builder.and_(builder.sub(count, head), WORD(-LINE)))
    copy(WORD(0), head)
    with cgutils.for_range_slice(builder, head, whole, WORD(LINE)) as (offset, _):
        prefetch(builder, builder.add(ahead, offset))
        _copy_line(builder, builder.add(target, offset), builder.add(source, offset))
    copy(whole, builder.sub(count, whole))
    builder.ret_void()
    return function


@intrinsic
def stream_bytes(typingctx, target, source, count, ahead):
    """Copy `count` bytes between addresses, past the caches; meanwhile as many from `ahead`, which
    are to be read next, come into them.
    """

    def codegen(context, builder, signature, args):
        builder.call(_stream(builder.module), args)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 4), codegen


@intrinsic
def stream_line(typingctx, target, source):
    """Copy `LINE` bytes to where a line begins, past the caches."""

    def codegen(context, builder, signature, args):
        _copy_line(builder, *args)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


@intrinsic
def streamed(typingctx):
    """Let other threads see what was streamed before they see what is stored from now on."""

    def codegen(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), codegen


NAMESPACE: dict[str, Any] = {
    "stream_bytes": stream_bytes,
    "stream_line": stream_line,
    "streamed": streamed,
}
