"""Pieces of rows that a register or two hold, and sums of numbers times such: of what products of
small matrices are made (`small_products.py`), without loops that are over after a few elements; and
transposes of squares of 4 or 8 rows.

A piece of complex numbers has real and imaginary parts by turns. Its products are added up in two
sums, with the real and with the imaginary part of the numbers, which are joined when they are
stored. A product of parts is added with one rounding.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import models, register_model

from ngrad_kernels.codegen import intrinsic
from ngrad_kernels.codes import part_of, size_of
from ngrad_kernels.contract import PIECE, SQUARE
from ngrad_kernels.intrinsics import MEMORY, parts

INT = ir.IntType(32)


class Vector(types.Type):
    """A piece of a row of a dtype, or its sums: so many vectors.

    Attributes
    ----------
    llvm : llvmlite.ir.Type
    """

    def __init__(self, code: str, count: int) -> None:
        super().__init__(f"ngrad.lanes.{code}.{count}")
        part = part_of(code)
        vector = ir.VectorType(MEMORY[part][1], PIECE // size_of(part))
        self.llvm = vector if count == 1 else ir.LiteralStructType([vector] * count)


@register_model(Vector)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, kind.llvm)  # type: ignore[no-untyped-call]


def _constants(vector: Any, values: Any) -> Any:
    return ir.Constant(ir.VectorType(INT, vector.count), [*values])


def _spread(builder: Any, vector: Any, value: Any) -> Any:
    """A vector of one value."""
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, value, INT(0))
    return builder.shuffle_vector(first, nothing, _constants(vector, [0] * vector.count))


def _called(builder: Any, name: str, result: Any, *given: Any) -> Any:
    """What an intrinsic of LLVM's for vectors gives."""
    kind = ir.FunctionType(result, [value.type for value in given])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, given)


def _masked(builder: Any, vector: Any, address: Any, count: Any, each: int) -> tuple[Any, Any]:
    """A pointer to a vector, and which of its parts belong to the first `count` elements."""
    many = builder.trunc(builder.mul(count, count.type(each)), INT)
    whole = ir.VectorType(INT, vector.count)
    order = _constants(vector, range(vector.count))
    mask = builder.icmp_signed("<", order, _spread(builder, whole, many))
    return builder.inttoptr(address, vector.as_pointer()), mask


def _made(code: str) -> dict[str, Any]:
    number, (each, count) = MEMORY[code][0], (2, 2) if code[0] == "c" else (1, 1)
    row, sums = Vector(code, 1), Vector(code, count)
    vector = row.llvm
    align, kind = INT(PIECE // vector.count), f"v{vector.count}f{8 * PIECE // vector.count}"

    def product(builder: Any, value: Any, piece: Any, total: Any) -> Any:
        spread = _spread(builder, vector, value)
        return _called(builder, f"llvm.fma.{kind}", vector, spread, piece, total)

    @intrinsic
    def row_piece(typingctx, address, count):
        """The piece that begins at an address, of whose elements there are `count`, or more."""

        def codegen(context, builder, signature, args):
            pointer, mask = _masked(builder, vector, *args, each)
            zero, name = ir.Constant(vector, None), f"llvm.masked.load.{kind}.p0"
            return _called(builder, name, vector, pointer, align, mask, zero)

        return row(types.intp, types.intp), codegen

    @intrinsic
    def no_sums(typingctx):
        """Sums of nothing."""

        def codegen(context, builder, signature, args):
            return ir.Constant(sums.llvm, None)

        return sums(), codegen

    @intrinsic
    def add_products(typingctx, value, piece, total):
        """Sums, and a number times a piece."""

        def codegen(context, builder, signature, args):
            value, piece, total = args
            if each == 1:
                return product(builder, value, piece, total)
            for k, part in enumerate(parts(builder, value)):
                own = product(builder, part, piece, builder.extract_value(total, k))
                total = builder.insert_value(total, own, k)
            return total

        return sums(number, row, sums), codegen

    @intrinsic
    def store_sums(typingctx, address, count, total):
        """Store the first `count` of sums, or all."""

        def codegen(context, builder, signature, args):
            address, count, total = args
            pointer, mask = _masked(builder, vector, address, count, each)
            if each == 2:
                by_real, by_imag = parts(builder, total)
                places = range(vector.count)
                turned = _constants(vector, [k ^ 1 for k in places])
                turned = builder.shuffle_vector(by_imag, by_imag, turned)
                less, more = builder.fsub(by_real, turned), builder.fadd(by_real, turned)
                both = [k + vector.count * (k % 2) for k in places]
                total = builder.shuffle_vector(less, more, _constants(vector, both))
            name = f"llvm.masked.store.{kind}.p0"
            _called(builder, name, ir.VoidType(), total, pointer, align, mask)
            return context.get_dummy_value()

        return types.void(types.intp, types.intp, sums), codegen

    found = {
        "row_piece": row_piece,
        "no_sums": no_sums,
        "add_products": add_products,
        "store_sums": store_sums,
    }
    return {f"{name}_{code}": function for name, function in found.items()}


# -- squares ---------------------------------------------------------------------------------------


def turned(builder: Any, rows: list[Any], each: int) -> list[Any]:
    """The rows of a square's transpose, of elements of so many words: squares within it change
    places, of one element, of two, and so on.
    """
    count, half = len(rows), 1

    def joined(x: Any, y: Any, chosen: list[int]) -> Any:
        words = [each * j + word for j in chosen for word in range(each)]
        return builder.shuffle_vector(x, y, _constants(x.type, words))

    while half < count:
        upper = [j - half + count if j & half else j for j in range(count)]
        lower = [j + count if j & half else j + half for j in range(count)]
        for k in range(count):
            if not k & half:
                x, y = rows[k], rows[k + half]
                rows[k], rows[k + half] = joined(x, y, upper), joined(x, y, lower)
        half *= 2
    return rows


def _turning(code: str, count: int) -> Any:
    size = size_of(code)
    each = max(1, size // 8)
    bits = 8 * size // each
    vector, kind = ir.VectorType(ir.IntType(bits), count * each), f"v{count * each}i{bits}"
    align = INT(bits // 8)

    @intrinsic
    def turn(typingctx, target, line, columns, source, step, depth):
        """Turn columns of a matrix, which begin a step apart, into rows, which begin a line apart:
        as many of either as the square has. Lines of it beyond the depth are written to.
        """

        def codegen(context, builder, signature, args):
            target, line, columns, source, step, depth = args
            last, rows = builder.sub(columns, columns.type(1)), []
            for k in range(count):
                place = builder.icmp_signed("<", last, last.type(k))
                place = builder.mul(builder.select(place, last, last.type(k)), step)
                place = builder.add(source, place)
                pointer, mask = _masked(builder, vector, place, depth, each)
                zero, name = ir.Constant(vector, None), f"llvm.masked.load.{kind}.p0"
                rows.append(_called(builder, name, vector, pointer, align, mask, zero))
            for k, row in enumerate(turned(builder, rows, each)):
                place = builder.add(target, builder.mul(line, line.type(k)))
                pointer, mask = _masked(builder, vector, place, columns, each)
                name = f"llvm.masked.store.{kind}.p0"
                _called(builder, name, ir.VoidType(), row, pointer, align, mask)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 6), codegen

    return turn


NAMESPACE: dict[str, Any] = {}
for _code in ("f4", "f8", "c8", "c16"):
    NAMESPACE |= _made(_code)
    NAMESPACE |= {f"turn_{n}_{_code}": _turning(_code, n) for n in (4, SQUARE)}
