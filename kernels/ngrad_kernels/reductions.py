"""Fixed-order reductions of a contiguous block, in explicit vector code.

A block is reduced in lanes, the lanes as a tree (`contract.py` has the sizes). So the bits depend
on the values and their number alone, and the loop that computed the values vectorises freely:
partial sums kept inside that loop would stop the vectoriser (5 x slower, measured).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ngrad_kernels.contract import BLOCK, CHUNK, ROWS, SHORT, SLAB, lanes
from ngrad_kernels.intrinsics import MEMORY, WORD, scalar

BYTE, INDEX = ir.IntType(8), ir.IntType(32)


def combination(reduction: str, code: str) -> Callable[[ir.IRBuilder, Any, Any], Any]:
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


def neutral(reduction: str, code: str) -> Any:
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
    half = lanes.type.count // 2
    while half:
        places = [ir.Constant(ir.VectorType(INDEX, half), [*range(k, k + half)]) for k in (0, half)]
        lower, upper = (builder.shuffle_vector(lanes, lanes, place) for place in places)
        lanes = combine(builder, lower, upper)
        half //= 2
    return builder.extract_element(lanes, INDEX(0))


def block(reduction: str, code: str) -> Callable[..., Any]:
    """An intrinsic `(address, n) -> value` that reduces n contiguous elements of dtype `code`."""
    numba_type, llvm_type = MEMORY[code]

    @intrinsic
    def reduce(typingctx, address, n):
        def codegen(context, builder, signature, args):
            align = llvm_type.get_abi_size(context.target_data)
            value = builder.call(routine(builder.module, reduction, code, align), args)
            if code == "b1":
                value = builder.icmp_unsigned("!=", value, ir.Constant(llvm_type, 0))
            return value

        return numba_type(types.intp, types.intp), codegen

    return reduce


def routine(module: ir.Module, reduction: str, code: str, align: int) -> ir.Function:
    """What reduces a block, once a module: a call is little beside it, and its copies would take
    half of the time to compile a kernel of many reductions.
    """
    name = f"ngrad.{reduction}.{code}"
    if name in module.globals:
        return module.globals[name]
    element, width = MEMORY[code][1], lanes(code)
    vector = ir.VectorType(element, width)
    function = ir.Function(module, ir.FunctionType(element, [WORD, WORD]), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    address, n = function.args
    base = builder.inttoptr(address, element.as_pointer())
    with builder.if_then(builder.icmp_signed("<", n, WORD(SHORT))):
        # A vector would wait for scalars that were stored one by one just now.
        start = ir.Constant(element, neutral(reduction, code))
        combine, total = combination(reduction, code), cgutils.alloca_once_value(builder, start)
        with cgutils.for_range_slice(builder, WORD(0), n, WORD(1), inc=True) as (i, _):
            here = builder.load(builder.gep(base, [i]))
            builder.store(combine(builder, builder.load(total), here), total)
        builder.ret(builder.load(total))
    make = _Extremes if code[0] == "f" and reduction in ("max", "min") else _Lanes
    state = make(builder, reduction, code, vector)
    whole = builder.and_(n, WORD(-width))
    with cgutils.for_range_slice(builder, WORD(0), whole, WORD(width)) as (i, _):
        at = builder.bitcast(builder.gep(base, [i]), vector.as_pointer())
        state.add(builder.load(at, align=align))
    # Lanes past the last element combine with the neutral element, which changes nothing.
    with builder.if_then(builder.icmp_signed("<", whole, n)):
        at = builder.bitcast(builder.gep(base, [whole]), vector.as_pointer())
        left = builder.trunc(builder.sub(n, whole), BYTE)
        state.add(_masked_load(builder, code, at, left, state.neutral, align))
    builder.ret(state.result())
    return function


def _masked_load(
    builder: ir.IRBuilder, code: str, at: Any, count: Any, others: Any, align: int
) -> Any:
    """The first `count` (a byte) elements of a vector in memory; those of `others` behind them."""
    vector, width = others.type, others.type.count
    places = ir.Constant(ir.VectorType(BYTE, width), [*range(width)])
    mask = builder.icmp_unsigned("<", places, splat(builder, count, places.type))
    element = f"{'f' if code[0] == 'f' else 'i'}{8 * int(code[1])}"
    kind = ir.FunctionType(vector, [at.type, INDEX, mask.type, vector])
    name = f"llvm.masked.load.v{width}{element}.p0"
    load = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(load, [at, INDEX(align), mask, others])


def splat(builder: ir.IRBuilder, value: Any, vector: Any) -> Any:
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, INDEX(0))
    first = ir.Constant(ir.VectorType(INDEX, vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, one, first)


class _Lanes:
    """The lanes of a block on their way."""

    def __init__(self, builder: ir.IRBuilder, reduction: str, code: str, vector: Any) -> None:
        self.builder, self.vector = builder, vector
        self.combine = combination(reduction, code)
        self.neutral = ir.Constant(vector, [neutral(reduction, code)] * vector.count)
        self.lanes = cgutils.alloca_once_value(builder, self.neutral)

    def add(self, part: Any) -> None:
        """Combine each lane with an element."""
        lanes = self.builder.load(self.lanes)
        self.builder.store(self.combine(self.builder, lanes, part), self.lanes)

    def result(self) -> Any:
        """All lanes as a tree."""
        return _tree(self.builder, self.builder.load(self.lanes), self.combine)


class _Extremes(_Lanes):
    """Lanes of floats whose extreme is wanted: in these no NaN stays; whether there was one is kept
    beside them, since to ask that of the elements alone is no step of the chain.
    """

    def __init__(self, builder: ir.IRBuilder, reduction: str, code: str, vector: Any) -> None:
        super().__init__(builder, reduction, code, vector)
        order = ">" if reduction == "max" else "<"
        self.combine = lambda b, x, y: b.select(b.fcmp_ordered(order, y, x), y, x)
        words = ir.VectorType(ir.IntType(8 * int(code[1])), vector.count)
        self.no, self.yes = (ir.Constant(words, [word] * vector.count) for word in (0, -1))
        self.nan = cgutils.alloca_once_value(builder, self.no)

    def add(self, part: Any) -> None:
        super().add(part)
        builder = self.builder
        found = builder.fcmp_unordered("uno", part, part)
        builder.store(builder.select(found, self.yes, builder.load(self.nan)), self.nan)

    def result(self) -> Any:
        builder = self.builder
        found = builder.icmp_unsigned("!=", builder.load(self.nan), self.no)
        bits = builder.bitcast(found, ir.IntType(found.type.count))
        some = builder.icmp_unsigned("!=", bits, bits.type(0))
        return builder.select(some, self.vector.element(float("nan")), super().result())


def combine(reduction: str) -> Callable[..., Any]:
    """An intrinsic `(x, y) -> value` of two scalars of one dtype: how a fold goes on."""
    codes = {str(numba_type): code for code, (numba_type, _) in MEMORY.items()}

    @intrinsic
    def both(typingctx, x, y):
        if x != y:
            raise TypeError(f"{reduction} combines two values of one dtype, not {x} and {y}")
        emit = combination(reduction, codes[str(x)])

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
    "SLAB": SLAB,
}
