"""Fixed-order reductions of a contiguous block, in explicit vector code.

A block is reduced in lanes, the lanes as a tree, then what is left over in order (`contract.py` has
the sizes). So the bits depend on the values and their number alone, and the loop that computed the
values vectorises freely: partial sums kept inside that loop would stop the vectoriser (5 x slower,
measured).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ngrad_kernels.contract import BLOCK, CHUNK, LANES, ROWS
from ngrad_kernels.intrinsics import MEMORY, WORD, scalar


def _combine(reduction: str, code: str) -> Callable[[ir.IRBuilder, Any, Any], Any]:
    """The combination of two values (vectors or scalars) of dtype `code` as LLVM instructions."""
    floating = code[0] == "f"
    if reduction == "sum":
        return lambda b, x, y: b.fadd(x, y) if floating else b.add(x, y)
    if reduction == "prod":
        return lambda b, x, y: b.fmul(x, y) if floating else b.mul(x, y)
    order = ">" if reduction == "max" else "<"

    def extreme(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
        if floating:  # a NaN on either side stays
            better = builder.fcmp_ordered(order, y, x)
            better = builder.or_(better, builder.fcmp_unordered("uno", y, y))
        elif code[0] == "i":
            better = builder.icmp_signed(order, y, x)
        else:
            better = builder.icmp_unsigned(order, y, x)
        return builder.select(better, y, x)

    return extreme


def _neutral(reduction: str, code: str) -> Any:
    if reduction in ("sum", "prod"):
        return float(reduction == "prod") if code[0] == "f" else int(reduction == "prod")
    if code[0] == "f":
        return float("-inf" if reduction == "max" else "inf")
    bits = 8 * int(code[1])
    if code[0] in "ub":
        return 0 if reduction == "max" else (1 << bits) - 1
    return -(1 << bits - 1) if reduction == "max" else (1 << bits - 1) - 1


def _tree(builder: ir.IRBuilder, lanes: Any, combine: Callable[..., Any]) -> Any:
    """All lanes of a vector combined: the lower half with the upper one, until one is left."""
    index = ir.IntType(32)
    half = lanes.type.count // 2
    while half:
        places = [ir.Constant(ir.VectorType(index, half), [*range(k, k + half)]) for k in (0, half)]
        lower, upper = (builder.shuffle_vector(lanes, lanes, place) for place in places)
        lanes = combine(builder, lower, upper)
        half //= 2
    return builder.extract_element(lanes, index(0))


def block(reduction: str, code: str) -> Callable[..., Any]:
    """An intrinsic `(address, n) -> value` that reduces n contiguous elements of dtype `code`."""
    numba_type, llvm_type = MEMORY[code]
    vector = ir.VectorType(llvm_type, LANES)
    combine = _combine(reduction, code)
    neutral = _neutral(reduction, code)

    @intrinsic
    def reduce(typingctx, address, n):
        def codegen(context, builder, signature, args):
            address, n = args
            base = builder.inttoptr(address, llvm_type.as_pointer())
            result = cgutils.alloca_once_value(builder, ir.Constant(llvm_type, neutral))
            whole = builder.and_(n, WORD(-LANES))
            # Lanes that hold nothing combine to the neutral element: a short block skips them.
            with builder.if_then(builder.icmp_signed(">", whole, WORD(0))):
                lanes = cgutils.alloca_once_value(builder, ir.Constant(vector, [neutral] * LANES))
                with cgutils.for_range_slice(builder, WORD(0), whole, WORD(LANES)) as (i, _):
                    at = builder.bitcast(builder.gep(base, [i]), vector.as_pointer())
                    part = builder.load(at, align=llvm_type.get_abi_size(context.target_data))
                    builder.store(combine(builder, builder.load(lanes), part), lanes)
                builder.store(_tree(builder, builder.load(lanes), combine), result)
            with cgutils.for_range_slice(builder, whole, n, WORD(1), inc=True) as (i, _):
                left = builder.load(builder.gep(base, [i]))
                builder.store(combine(builder, builder.load(result), left), result)
            value = builder.load(result)
            if code == "b1":
                value = builder.icmp_unsigned("!=", value, ir.Constant(llvm_type, 0))
            return value

        return numba_type(types.intp, types.intp), codegen

    return reduce


def combine(reduction: str) -> Callable[..., Any]:
    """An intrinsic `(x, y) -> value` of two scalars of one dtype: how a fold goes on."""
    codes = {str(numba_type): code for code, (numba_type, _) in MEMORY.items()}

    @intrinsic
    def both(typingctx, x, y):
        if x != y:
            raise TypeError(f"{reduction} combines two values of one dtype, not {x} and {y}")
        emit = _combine(reduction, codes[str(x)])

        def codegen(context, builder, signature, args):
            return emit(builder, *args)

        return x(x, y), codegen

    return both


@scalar
def better_max(x, y):
    """Whether x comes before y as a maximum: larger, or the first NaN."""
    return (x > y) | ((x != x) & (y == y))


@scalar
def better_min(x, y):
    """Whether x comes before y as a minimum: smaller, or the first NaN."""
    return (x < y) | ((x != x) & (y == y))


@scalar
def same(x, y):
    """Equal, or both NaN."""
    return (x == y) | ((x != x) & (y != y))


NAMESPACE: dict[str, Any] = {
    **{
        f"block_{reduction}_{code}": block(reduction, code)
        for reduction in ("sum", "prod", "max", "min")
        for code in MEMORY
    },
    **{f"combine_{reduction}": combine(reduction) for reduction in ("sum", "prod", "max", "min")},
    "better_max": better_max,
    "better_min": better_min,
    "same": same,
    "BLOCK": BLOCK,
    "CHUNK": CHUNK,
    "ROWS": ROWS,
}
