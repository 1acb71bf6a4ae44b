"""Fixed-order reductions of a contiguous block, in explicit vector code.

A block is reduced in lanes, the lanes as a tree (`contract.py` has the sizes). So the bits depend
on the values and their number alone, and the loop that computed the values vectorises freely: a
sum that went through that loop would stop the vectoriser (5 x slower, measured; `strips.py` has one
that does not).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ngrad_kernels.codegen import intrinsic
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS, SHORT, SLAB, STRETCH, lanes
from ngrad_kernels.intrinsics import COMPUTED, MEMORY, WORD, paired, parts, scalar

BITWISE = {"and": "and_", "or": "or_", "xor": "xor"}
"""Reductions of int64 alone, and LLVM's instructions for them."""
NAMES = {
    code: ("sum", "prod", "max", "min", *(BITWISE if code == "i8" else ())) for code in COMPUTED
}
"""The reductions that there are of a dtype."""

BYTE, INDEX = ir.IntType(8), ir.IntType(32)


def combination(reduction: str, code: str) -> Callable[[ir.IRBuilder, Any, Any], Any]:
    """The combination of two values (vectors or scalars) of dtype `code` as LLVM instructions. Of
    complex numbers these are pairs, of vectors or of scalars.
    """
    if code[0] == "c":
        return lambda b, x, y: paired(b, *_of_pairs(b, reduction, *parts(b, x), *parts(b, y)))
    floating = code[0] == "f"
    if reduction == "sum":
        return lambda b, x, y: b.fadd(x, y) if floating else b.add(x, y)
    if reduction == "prod":
        return lambda b, x, y: b.fmul(x, y) if floating else b.mul(x, y)
    if reduction in BITWISE:
        method = BITWISE[reduction]
        return lambda b, x, y: getattr(b, method)(x, y)
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


def _of_pairs(b: ir.IRBuilder, reduction: str, xr: Any, xi: Any, yr: Any, yi: Any) -> list[Any]:
    """The parts of a combination of complex numbers: as `cartesian.py` has them."""
    if reduction == "sum":
        return [b.fadd(xr, yr), b.fadd(xi, yi)]
    if reduction == "prod":
        return [
            b.fsub(b.fmul(xr, yr), b.fmul(xi, yi)),
            b.fadd(b.fmul(xr, yi), b.fmul(xi, yr)),
        ]
    order = ">" if reduction == "max" else "<"
    further = b.and_(b.fcmp_ordered("==", yr, xr), b.fcmp_ordered(order, yi, xi))
    better = b.or_(b.fcmp_ordered(order, yr, xr), further)
    better = b.and_(better, b.fcmp_ordered("ord", xr, xi))
    better = b.or_(better, b.fcmp_unordered("uno", yr, yi))
    return [b.select(better, yr, xr), b.select(better, yi, xi)]


def neutral(reduction: str, code: str) -> Any:
    if code[0] == "c":
        part = neutral(reduction, part_of(code))
        return [part, 0.0 if reduction == "prod" else part]
    if reduction in ("sum", "prod"):
        return float(reduction == "prod") if code[0] == "f" else int(reduction == "prod")
    if reduction in BITWISE:
        return -1 if reduction == "and" else 0
    if code[0] == "f":
        return float("-inf" if reduction == "max" else "inf")
    bits = 8 * size_of(code)
    if code[0] in "ub":
        return 0 if reduction == "max" else (1 << bits) - 1
    return -(1 << bits - 1) if reduction == "max" else (1 << bits - 1) - 1


def _picked(builder: ir.IRBuilder, vector: Any, places: Iterable[int]) -> Any:
    """Some elements of a vector."""
    numbers = [*places]
    mask = ir.Constant(ir.VectorType(INDEX, len(numbers)), numbers)
    return builder.shuffle_vector(vector, vector, mask)


def each(builder: ir.IRBuilder, value: Any, function: Callable[[Any], Any]) -> Any:
    """A function of a value; of each part of a pair."""
    if isinstance(value.type, ir.LiteralStructType):
        return paired(builder, *map(function, parts(builder, value)))
    return function(value)


def _some(builder: ir.IRBuilder, lanes: Any, places: Iterable[int]) -> Any:
    return each(builder, lanes, lambda part: _picked(builder, part, places))


def tree(builder: ir.IRBuilder, lanes: Any, width: int, combine: Callable[..., Any]) -> Any:
    """All lanes of a vector combined: the lower half with the upper one, until one is left."""
    half = width // 2
    while half:
        lower = _some(builder, lanes, range(half))
        upper = _some(builder, lanes, range(half, 2 * half))
        lanes = combine(builder, lower, upper)
        half //= 2
    return each(builder, lanes, lambda part: builder.extract_element(part, INDEX(0)))


def vectors(code: str, width: int) -> ir.Type:
    """The type of `width` elements: a vector, or of complex numbers a pair of vectors."""
    if code[0] == "c":
        return ir.LiteralStructType([vectors(part_of(code), width)] * 2)
    return ir.VectorType(MEMORY[code][1], width)


def constant(kind: ir.Type, value: Any) -> Any:
    """An element, or the elements of vectors, that are all one value."""
    if isinstance(kind, ir.LiteralStructType):
        return ir.Constant(
            kind, [constant(part, x) for part, x in zip(kind.elements, value, strict=True)]
        )
    return ir.Constant(kind, [value] * kind.count if isinstance(kind, ir.VectorType) else value)


def apart(builder: ir.IRBuilder, code: str, width: int, vector: Any) -> Any:
    """The elements that a vector of memory has: of complex numbers, their parts alternate there."""
    if code[0] != "c":
        return vector
    return paired(builder, *(_picked(builder, vector, range(k, 2 * width, 2)) for k in range(2)))


def block(reduction: str, code: str) -> Callable[..., Any]:
    """An intrinsic `(address, n) -> value` that reduces n contiguous elements of dtype `code`."""
    numba_type, llvm_type = MEMORY[code]

    @intrinsic
    def reduce(typingctx, address, n):
        def codegen(context, builder, signature, args):
            align = MEMORY[part_of(code)][1].get_abi_size(context.target_data)
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
    part, count = part_of(code), width * (1 + (code[0] == "c"))
    vector = ir.VectorType(MEMORY[part][1], count)  # as memory has them
    function = ir.Function(module, ir.FunctionType(element, [WORD, WORD]), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    address, n = function.args
    base = builder.inttoptr(address, element.as_pointer())
    with builder.if_then(builder.icmp_signed("<", n, WORD(SHORT))):
        # A vector would wait for scalars that were stored one by one just now.
        start = constant(element, neutral(reduction, code))
        combine, total = combination(reduction, code), cgutils.alloca_once_value(builder, start)
        with cgutils.for_range_slice(builder, WORD(0), n, WORD(1), inc=True) as (i, _):
            here = builder.load(builder.gep(base, [i]))
            builder.store(combine(builder, builder.load(total), here), total)
        builder.ret(builder.load(total))
    make = _Extremes if code[0] == "f" and reduction in ("max", "min") else _Lanes
    state = make(builder, reduction, code, width)
    whole = builder.and_(n, WORD(-width))
    with cgutils.for_range_slice(builder, WORD(0), whole, WORD(width)) as (i, _):
        at = builder.bitcast(builder.gep(base, [i]), vector.as_pointer())
        state.add(apart(builder, code, width, builder.load(at, align=align)))
    # Lanes past the last element combine with the neutral element, which changes nothing.
    with builder.if_then(builder.icmp_signed("<", whole, n)):
        at = builder.bitcast(builder.gep(base, [whole]), vector.as_pointer())
        left = builder.trunc(builder.mul(builder.sub(n, whole), WORD(count // width)), BYTE)
        others = ir.Constant(vector, _alternating(neutral(reduction, code), width))
        found = masked_load(builder, part, at, left, others, align)
        state.add(apart(builder, code, width, found))
    builder.ret(state.result())
    return function


def _alternating(value: Any, width: int) -> list[Any]:
    """A value as often as there are lanes, as memory has it."""
    return [*value] * width if isinstance(value, list) else [value] * width


def masked_load(
    builder: ir.IRBuilder, code: str, at: Any, count: Any, others: Any, align: int
) -> Any:
    """The first `count` (a byte) elements of a vector in memory; those of `others` behind them."""
    vector, width = others.type, others.type.count
    places = ir.Constant(ir.VectorType(BYTE, width), [*range(width)])
    mask = builder.icmp_unsigned("<", places, splat(builder, count, places.type))
    element = f"{'f' if code[0] == 'f' else 'i'}{8 * size_of(code)}"
    kind = ir.FunctionType(vector, [at.type, INDEX, mask.type, vector])
    name = f"llvm.masked.load.v{width}{element}.p0"
    load = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(load, [at, INDEX(align), mask, others])


def put(builder: ir.IRBuilder, vector: Any, value: Any, lane: int) -> Any:
    """Vectors with an element in a lane."""
    if isinstance(value.type, ir.LiteralStructType):
        both = zip(parts(builder, vector), parts(builder, value), strict=True)
        return paired(builder, *(put(builder, *each_part, lane) for each_part in both))
    return builder.insert_element(vector, value, INDEX(lane))


def splat(builder: ir.IRBuilder, value: Any, kind: Any) -> Any:
    """Vectors of one element in every lane."""
    width = (kind.elements[0] if isinstance(kind, ir.LiteralStructType) else kind).count
    one = put(builder, ir.Constant(kind, ir.Undefined), value, 0)
    return each(builder, one, lambda part: _picked(builder, part, [0] * width))


def together(builder: ir.IRBuilder, value: Any) -> Any:
    """A vector as memory has it: of complex numbers, their parts alternate."""
    if not isinstance(value.type, ir.LiteralStructType):
        return value
    real, imag = parts(builder, value)
    width = real.type.count
    places = [place for k in range(width) for place in (k, width + k)]
    mask = ir.Constant(ir.VectorType(INDEX, 2 * width), places)
    return builder.shuffle_vector(real, imag, mask)


class _Lanes:
    """The lanes of a block on their way."""

    def __init__(self, builder: ir.IRBuilder, reduction: str, code: str, width: int) -> None:
        self.builder, self.width = builder, width
        self.combine = combination(reduction, code)
        start = constant(vectors(code, width), neutral(reduction, code))
        self.lanes = cgutils.alloca_once_value(builder, start)

    def add(self, part: Any) -> None:
        """Combine each lane with an element."""
        lanes = self.builder.load(self.lanes)
        self.builder.store(self.combine(self.builder, lanes, part), self.lanes)

    def result(self) -> Any:
        """All lanes as a tree."""
        return tree(self.builder, self.builder.load(self.lanes), self.width, self.combine)


class _Extremes(_Lanes):
    """Lanes of floats whose extreme is wanted: in these no NaN stays; whether there was one is kept
    beside them, since to ask that of the elements alone is no step of the chain.
    """

    def __init__(self, builder: ir.IRBuilder, reduction: str, code: str, width: int) -> None:
        super().__init__(builder, reduction, code, width)
        self.element = MEMORY[code][1]
        order = ">" if reduction == "max" else "<"
        self.combine = lambda b, x, y: b.select(b.fcmp_ordered(order, y, x), y, x)
        words = ir.VectorType(ir.IntType(8 * size_of(code)), width)
        self.no, self.yes = (constant(words, word) for word in (0, -1))
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
        return builder.select(some, self.element(float("nan")), super().result())


def combine(reduction: str) -> Callable[..., Any]:
    """An intrinsic `(x, y) -> value` of two scalars of one dtype: how a fold goes on."""
    codes = {str(MEMORY[code][0]): code for code in COMPUTED}

    @intrinsic
    def both(typingctx, x, y):
        if x != y:
            raise TypeError(f"{reduction} combines two values of one dtype, not {x} and {y}")
        emit = combination(reduction, codes[str(x)])

        def codegen(context, builder, signature, args):
            return emit(builder, *args)

        return x(x, y), codegen

    return both


@intrinsic
def precedes(typingctx, x, y):
    """Whether x < y; of complex numbers by the real part and, where these are equal, by the
    imaginary. A NaN precedes nothing, and nothing it.
    """
    if x != y:
        raise TypeError(f"an order is of two values of one dtype, not {x} and {y}")

    def codegen(context, builder, signature, args):
        if isinstance(x, types.Complex):
            (a, b), (c, d) = (parts(builder, value) for value in args)
            less = builder.and_(builder.fcmp_ordered("<", a, c), builder.fcmp_ordered("ord", b, d))
            further = builder.fcmp_ordered("<", b, d)
            return builder.or_(less, builder.and_(builder.fcmp_ordered("==", a, c), further))
        if isinstance(x, types.Float):
            return builder.fcmp_ordered("<", *args)
        signed = isinstance(x, types.Integer) and x.signed
        return (builder.icmp_signed if signed else builder.icmp_unsigned)("<", *args)

    return types.boolean(x, y), codegen


@scalar
def better_max(x, y):
    """Whether x comes before y as a maximum: larger, or the first NaN."""
    return precedes(y, x) | ((x != x) & (y == y))


@scalar
def better_min(x, y):
    """Whether x comes before y as a minimum: smaller, or the first NaN."""
    return precedes(x, y) | ((x != x) & (y == y))


@scalar
def same(x, y):
    """Equal, or both NaN."""
    return (x == y) | ((x != x) & (y != y))


NAMESPACE: dict[str, Any] = {
    **{
        f"block_{reduction}_{code}": block(reduction, code)
        for code, names in NAMES.items()
        for reduction in names
    },
    **{f"combine_{reduction}": combine(reduction) for reduction in NAMES["i8"]},
    "better_max": better_max,
    "better_min": better_min,
    "precedes": precedes,
    "same": same,
    "BLOCK": BLOCK,
    "CHUNK": CHUNK,
    "ROWS": ROWS,
    "SLAB": SLAB,
    "STRETCH": STRETCH,
}
