"""What CUDA kernels are written in, beside what the CPU's are: threads, groups of 16, memory that a
block shares, and accesses of four elements at a time.

A *group* is half a warp, which `contract.py`'s lanes of a block are shared out to evenly, whatever
the dtype. Shuffles stay within a group, and only its own threads wait for them; those of a warp are
called so.
`doubles.py` has the same names for the simulator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.compiling import NAMESPACE as SHARED_NAMES
from ngrad_kernels.cuda.routines import HELPERS
from ngrad_kernels.cuda.source import ALIGNMENT, GROUP, VECTOR
from ngrad_kernels.halves import narrowed, widened
from ngrad_kernels.intrinsics import MEMORY, WORD, loads_scope, paired, parts
from ngrad_kernels.reductions import each
from ngrad_kernels.skeletons import as_helpers

INT = ir.IntType(32)
SEGMENT = (32 - GROUP) << 8 | 31  # how a shuffle is kept within a group
WHOLE = 31  # and within a warp


def _call(builder: ir.IRBuilder, name: str, result: ir.Type, *args: Any) -> Any:
    kind = ir.FunctionType(result, [arg.type for arg in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


def _register(builder: ir.IRBuilder, name: str) -> Any:
    return _call(builder, f"llvm.nvvm.read.ptx.sreg.{name}", INT)


def _reader(register: str) -> Callable[..., Any]:
    """An intrinsic `() -> int64` that reads a special register."""

    @intrinsic
    def read(typingctx):
        def codegen(context, builder, signature, args):
            return builder.zext(_register(builder, register), WORD)

        return types.int64(), codegen

    return read


@intrinsic
def barrier(typingctx):
    """Wait for all threads of the block."""

    def codegen(context, builder, signature, args):
        _call(builder, "llvm.nvvm.barrier0", ir.VoidType())
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic(prefer_literal=True)
def shared_words(typingctx, count):
    """The address of `count` (a literal) 8-byte words that the threads of a block share."""
    if not isinstance(count, types.IntegerLiteral):
        raise TypeError("shared_words takes a literal number")
    kind = ir.ArrayType(WORD, count.literal_value)

    def codegen(context, builder, signature, args):
        words = cgutils.add_global_variable(builder.module, kind, "shared_words", addrspace=3)
        words.linkage = "internal"
        words.align = ALIGNMENT
        words.initializer = ir.Constant(kind, ir.Undefined)
        return builder.ptrtoint(builder.addrspacecast(words, kind.as_pointer()), WORD)

    return types.intp(count), codegen


# -- groups ----------------------------------------------------------------------------------------


def _members(builder: ir.IRBuilder) -> Any:
    """The mask of a group's threads in their warp."""
    half = builder.and_(_register(builder, "laneid"), INT(GROUP))
    return builder.shl(INT((1 << GROUP) - 1), half)


def _exchange(builder: ir.IRBuilder, how: str, value: Any, operand: Any, segment: int) -> Any:
    """A shuffle of an integer of at most 32 bits."""
    whole, all_threads = builder.zext(value, INT), INT((1 << 32) - 1)
    members = all_threads if segment == WHOLE else _members(builder)
    name = f"llvm.nvvm.shfl.sync.{how}.i32"
    got = _call(builder, name, INT, members, whole, operand, INT(segment))
    return builder.trunc(got, value.type)


def _shuffle(how: str, segment: int = SEGMENT) -> Callable[..., Any]:
    """An intrinsic `(x, k) -> x of another lane`, for any dtype; of a group or a warp."""

    @intrinsic
    def shuffle(typingctx, x, k):
        def codegen(context, builder, signature, args):
            operand = builder.trunc(args[1], INT)
            return each(builder, args[0], lambda value: exchanged(context, builder, value, operand))

        def exchanged(context, builder, value, operand):
            bits = getattr(value.type, "width", 8 * value.type.get_abi_size(context.target_data))
            whole = builder.bitcast(value, ir.IntType(bits))
            if bits < 64:
                return builder.bitcast(_exchange(builder, how, whole, operand, segment), value.type)
            halves = [builder.trunc(builder.lshr(whole, WORD(shift)), INT) for shift in (0, 32)]
            low, high = (
                builder.zext(_exchange(builder, how, half, operand, segment), WORD)
                for half in halves
            )
            got = builder.or_(low, builder.shl(high, WORD(32)))
            return builder.bitcast(got, value.type)

        return x(x, types.int64), codegen

    return shuffle


@intrinsic
def ballot(typingctx, condition):
    """The lanes of a group in which a condition holds, as bits."""

    def codegen(context, builder, signature, args):
        name = "llvm.nvvm.vote.ballot.sync"
        votes = _call(builder, name, INT, _members(builder), args[0])
        half = builder.and_(_register(builder, "laneid"), INT(GROUP))
        return builder.zext(builder.and_(builder.lshr(votes, half), INT((1 << GROUP) - 1)), WORD)

    return types.int64(types.boolean), codegen


@intrinsic
def count_bits(typingctx, bits):
    """How many bits of a word are set."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.int64), codegen


# -- memory ----------------------------------------------------------------------------------------


def _wide(code: str) -> dict[str, Callable[..., Any]]:
    """Intrinsics that load, load again and store elements [4 i, 4 i + 4) at once, from an address
    that is a multiple of 16.
    """
    numba_type, part = MEMORY[code][0], MEMORY[part_of(code)][1]
    pairs = code[0] == "c"  # whose parts alternate in memory
    kind = ir.VectorType(part, VECTOR * (1 + pairs))
    align = min(ALIGNMENT, VECTOR * size_of(code))

    def place(builder: ir.IRBuilder, address: Any, index: Any) -> Any:
        return builder.gep(builder.inttoptr(address, kind.as_pointer()), [index])

    def loader(scoped: bool) -> Callable[..., Any]:
        @intrinsic
        def load(typingctx, address, index):
            def codegen(context, builder, signature, args):
                values = builder.load(place(builder, *args), align=align)
                if scoped:
                    values.set_metadata("alias.scope", loads_scope(builder.module))
                found = [builder.extract_element(values, INT(k)) for k in range(kind.count)]
                found = [widened(builder, code, value) for value in found]
                if pairs:
                    found = [paired(builder, *found[k : k + 2]) for k in range(0, kind.count, 2)]
                return context.make_tuple(builder, signature.return_type, found)

            return types.UniTuple(numba_type, VECTOR)(types.intp, types.intp), codegen

        return load

    @intrinsic
    def store(typingctx, address, index, a, b, c, d):
        def codegen(context, builder, signature, args):
            values, given = ir.Constant(kind, ir.Undefined), list(args[2:])
            if pairs:
                given = [half for value in given for half in parts(builder, value)]
            for k, value in enumerate(given):
                stored = narrowed(builder, code, value)
                values = builder.insert_element(values, stored, INT(k))
            done = builder.store(values, place(builder, *args[:2]), align=align)
            done.set_metadata("noalias", loads_scope(builder.module))
            return context.get_dummy_value()

        return types.void(types.intp, types.intp, *[numba_type] * VECTOR), codegen

    return {"load": loader(scoped=True), "reload": loader(scoped=False), "store": store}


def _load_if(code: str) -> Callable[..., Any]:
    """An intrinsic `(address, index, condition)` that loads an element, if a condition holds, else
    is zero. Stores of the kernel may touch the memory: one that follows is no reason to wait.
    """
    numba_type, stored = MEMORY[code]

    @intrinsic
    def load(typingctx, address, index, condition):
        def codegen(context, builder, signature, args):
            there, at, holds = args
            before = builder.block
            with builder.if_then(holds):
                place = builder.gep(builder.inttoptr(there, stored.as_pointer()), [at])
                value, within = builder.load(place), builder.block
            found = builder.phi(stored)
            found.add_incoming(ir.Constant(stored, None), before)
            found.add_incoming(value, within)
            return widened(builder, code, found)

        return numba_type(types.intp, types.intp, types.boolean), codegen

    return load


_REGISTERS = {"float": "f", "double": "d", "i16": "h", "i32": "r", "i64": "l"}
"""How inline assembly names a register of a type."""


@intrinsic
def at_hand(typingctx, values):
    """A tuple of values that are all there before any of them is used: without it the compiler,
    to spare registers, has each load wait until the value is wanted.
    """

    def codegen(context, builder, signature, args):
        found = cgutils.unpack_tuple(builder, args[0])
        flat = [part for value in found for part in _scalars(builder, value)]
        wide = [builder.zext(v, INT) if str(v.type) in ("i1", "i8") else v for v in flat]
        names = [_REGISTERS[str(value.type)] for value in wide]
        kind = ir.LiteralStructType([value.type for value in wide])
        constraints = ",".join([*(f"={name}" for name in names), *map(str, range(len(names)))])
        single = len(wide) == 1  # which is no structure
        function = ir.FunctionType(wide[0].type if single else kind, kind.elements)
        out = builder.asm(function, "", constraints, wide, False)
        parts_of = [out] if single else [builder.extract_value(out, k) for k in range(len(wide))]
        narrow = iter(
            builder.trunc(new, old.type) if new.type != old.type else new
            for new, old in zip(parts_of, flat, strict=True)
        )
        return context.make_tuple(
            builder,
            signature.return_type,
            [each(builder, v, lambda _: next(narrow)) for v in found],
        )

    return values(values), codegen


def _scalars(builder: ir.IRBuilder, value: Any) -> list[Any]:
    return parts(builder, value) if isinstance(value.type, ir.LiteralStructType) else [value]


def _atomic(how: str) -> Callable[..., Any]:
    """An intrinsic `(address, x)` that combines a word with another, whichever threads do it."""

    @intrinsic
    def combine(typingctx, address, x):
        def codegen(context, builder, signature, args):
            place = builder.inttoptr(args[0], WORD.as_pointer())
            builder.atomic_rmw(how, place, args[1], "monotonic")
            return context.get_dummy_value()

        return types.void(types.intp, types.int64), codegen

    return combine


def _atomic_add(code: str) -> Callable[..., Any]:
    """An intrinsic `(address, index, x)` that adds to an element, whichever threads do it."""
    numba_type, kind = MEMORY[code][:2]

    @intrinsic
    def add(typingctx, address, index, x):
        def codegen(context, builder, signature, args):
            place = builder.gep(builder.inttoptr(args[0], kind.as_pointer()), [args[1]])
            name = f"llvm.nvvm.atomic.load.add.f{8 * size_of(code)}.p0f{8 * size_of(code)}"
            _call(builder, name, kind, place, args[2])
            return context.get_dummy_value()

        return types.void(types.intp, types.intp, numba_type), codegen

    return add


LOADS_IF = {f"load_if_{code}": _load_if(code) for code in MEMORY}
WIDE = {f"{name}4_{code}": function for code in MEMORY for name, function in _wide(code).items()}

NAMESPACE: dict[str, Any] = {
    **SHARED_NAMES,
    "thread_id": _reader("tid.x"),
    "block_id": _reader("ctaid.x"),
    "block_size": _reader("ntid.x"),
    "grid_size": _reader("nctaid.x"),
    "barrier": barrier,
    "shared_words": shared_words,
    "shuffle": _shuffle("idx"),
    "shuffle_down": _shuffle("down"),
    "shuffle_warp": _shuffle("idx", WHOLE),
    "shuffle_warp_down": _shuffle("down", WHOLE),
    "ballot": ballot,
    "count_bits": count_bits,
    "at_hand": at_hand,
    "atomic_min": _atomic("min"),
    "atomic_max": _atomic("max"),
    "atomic_add_f4": _atomic_add("f4"),
    "atomic_add_f8": _atomic_add("f8"),
    **WIDE,
    **LOADS_IF,
}
"""The names that a CUDA source text may use."""

exec(as_helpers(*HELPERS), NAMESPACE)  # whose names are those above
