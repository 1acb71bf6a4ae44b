"""Python's operators on numbers that are there, in machine code: what they give takes a nanosecond,
and to look up a call, and run its kernel, takes several hundred.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from llvmlite import ir

from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import BIT, INT, POINTER, WORD, Code, Function
from ngrad_kernels.making import NULL
from ngrad_kernels.subscripts import SMALL

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds
    from ngrad_kernels.subscripts import Ways

DOUBLE = ir.DoubleType()
NEITHER, REAL, WHOLE, TRUTH = map(INT, range(4))
"""What numbers are computed as: not here, as float64, as int64, or as a bool, which counts as an
integer beside others.
"""
BYTE = ir.IntType(8)
WORDS_OF = {REAL: DOUBLE, WHOLE: WORD}
LEAST = WORD(-(1 << 63))


class Numbers(NamedTuple):
    """What numbers are made of.

    Attributes
    ----------
    layouts : dict
        Of float64's, int64's and bools, by their codes: any that is there has one of these.
    """

    layouts: dict[str, Any]


def write_numbers(module: ir.Module, kinds: CellKinds, ways: Ways, numbers: Numbers) -> None:
    """The functions of this module, in an order in which each finds those that it calls."""
    _number_in(module, kinds, numbers)
    _numbers_in(module, kinds, ways)
    for name, word, code in (("real", DOUBLE, "f8"), ("whole", WORD, "i8"), ("truth", BIT, "b1")):
        _cell_of(module, kinds, name, word, numbers.layouts[code])


def _number_in(module: ir.Module, kinds: CellKinds, numbers: Numbers) -> None:
    """number_in(thing, real, whole): what a number is computed as, which is stored at one of two
    places: of a cell of float64, int64 or bool; Python's, or one of NumPy's that is as wide.
    """
    it = Code(module, "number_in", INT, POINTER, DOUBLE.as_pointer(), WORD.as_pointer())
    thing, real, whole = it.function.args
    builder, of_tensor = it.builder, offsets(kinds.kinds.tensor)
    with builder.if_then(it.is_of(thing, kinds.cell), likely=True):
        held = builder.call(module.globals["alone_in"], [thing])
        it.unless_null(held, NEITHER)
        where = it.get(held, of_tensor["_layout"])
        for place, kind, code in ((real, REAL, "f8"), (whole, WHOLE, "i8")):
            with builder.if_then(it.same(where, it.known(numbers.layouts[code]))):
                address = it.integer(it.get(held, of_tensor["_at"]))
                builder.store(builder.load(builder.inttoptr(address, place.type)), place)
                builder.ret(kind)
        it.unless(it.same(where, it.known(numbers.layouts["b1"])), NEITHER)
        builder.call(module.globals["number_of"], [thing, real, whole])
        builder.ret(TRUTH)
    known = BIT(0)
    for kind in (float, int, bool, np.float64, np.int64):
        known = builder.or_(known, it.is_of(thing, kind))
    it.unless(known, NEITHER)
    found = builder.call(module.globals["number_of"], [thing, real, whole])
    builder.ret(builder.select(it.is_of(thing, bool), TRUTH, found))


def _numbers_in(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """numbers_in(a, b, real_at, whole_at): what two numbers are computed as, or one, if b is null,
    and where they are stored; `NEITHER` while somebody listens, too, or is told of each call.
    """
    pointers = DOUBLE.as_pointer(), WORD.as_pointer()
    it = Code(module, "numbers_in", INT, POINTER, POINTER, *pointers)
    *operands, real_at, whole_at = it.function.args
    builder, of_window = it.builder, offsets(kinds.window)
    found = [builder.alloca(INT) for _ in operands]
    for k, (operand, kind) in enumerate(zip(operands, found, strict=True)):
        places = [builder.gep(start, [WORD(k)]) for start in (real_at, whole_at)]
        builder.store(builder.load(found[0]) if k else NEITHER, kind)
        with builder.if_then(builder.not_(it.is_null(operand))):
            builder.store(builder.call(module.globals["number_in"], [operand, *places]), kind)
        it.unless(builder.icmp_signed("!=", builder.load(kind), NEITHER), NEITHER)
    window = window_of(it, ways.state, otherwise=INT(-1))
    heard = builder.not_(
        builder.and_(
            it.same(it.get(window, of_window["readers"]), it.known(0)),
            it.same(it.get(window, of_window["trace"]), it.known(None)),
        )
    )
    it.let_go(window)
    small = it.attribute(it.known(ways.settings), SMALL, otherwise=INT(-1))
    told = builder.icmp_signed("<", it.integer(small), WORD(0))
    it.let_go(small)
    it.unless(builder.not_(builder.or_(heard, told)), NEITHER)
    one, two = map(builder.load, found)
    with builder.if_then(builder.icmp_signed("==", one, two)):
        builder.ret(builder.select(builder.icmp_signed("==", one, TRUTH), NEITHER, one))
    reals = [builder.icmp_signed("==", kind, REAL) for kind in (one, two)]
    it.unless(builder.or_(*reals), WHOLE)
    for k, is_real in enumerate(reals):
        with builder.if_then(builder.not_(is_real)):
            n = builder.load(builder.gep(whole_at, [WORD(k)]))
            builder.store(builder.sitofp(n, DOUBLE), builder.gep(real_at, [WORD(k)]))
    builder.ret(REAL)


def _cell_of(module: ir.Module, kinds: CellKinds, name: str, word: ir.Type, layout: Any) -> None:
    """real(value), whole(value), truth(value): a new cell of a number; null if that raised."""
    it = Code(module, name, POINTER, word)
    (value,) = it.function.args
    builder, none = it.builder, it.known(None)
    made = builder.call(module.globals["made"], [it.known(layout)])
    it.unless_null(made, NULL)
    address = it.integer(it.get(made, offsets(kinds.kinds.tensor)["_at"]))
    stored = builder.zext(value, BYTE) if word is BIT else value
    builder.store(stored, builder.inttoptr(address, stored.type.as_pointer()))
    out = builder.call(module.globals["cell"], [made, none, none, none])
    it.let_go(made)
    builder.ret(out)


def write_of_number(module: ir.Module) -> None:
    """of_number(value): a new cell of Python's float or bool, or of its integer if an int64 has it;
    None of any other.
    """
    it = Function(module, "of_number", 1)
    builder, value = it.builder, it.given_object(0)
    places = [builder.alloca(word) for word in (DOUBLE, WORD)]
    kind = builder.call(module.globals["number_in"], [value, *places])
    real, whole = map(builder.load, places)
    for one, name, word in (
        (REAL, "real", real), (WHOLE, "whole", whole), (TRUTH, "truth", builder.trunc(whole, BIT)),
    ):  # fmt: skip
        with builder.if_then(builder.icmp_signed("==", kind, one)):
            builder.ret(builder.call(module.globals[name], [word]))
    it.done()


Rule = Callable[[ir.IRBuilder, Any, Any], Any]
"""What an operator gives of two values, in code; None where it is left to the op."""


def _divides(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    """Whether a quotient is defined: by zero, and of the least by -1, it is as the op has it."""
    least = builder.and_(
        builder.icmp_signed("==", x, LEAST), builder.icmp_signed("==", y, WORD(-1))
    )
    return builder.not_(builder.or_(builder.icmp_signed("==", y, WORD(0)), least))


def _shifts(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    return builder.icmp_unsigned("<", y, WORD(WORD.width))


def _leans(builder: ir.IRBuilder, rest: Any, y: Any) -> Any:
    """Whether a quotient that was cut off is one too large."""
    differ = builder.icmp_signed("<", builder.xor(rest, y), WORD(0))
    return builder.and_(builder.icmp_signed("!=", rest, WORD(0)), differ)


def _floordiv(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    less = builder.zext(_leans(builder, builder.srem(x, y), y), WORD)
    return builder.sub(builder.sdiv(x, y), less)


def _mod(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    rest = builder.srem(x, y)
    return builder.add(rest, builder.select(_leans(builder, rest, y), y, WORD(0)))


def _truediv(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    return builder.fdiv(*(builder.sitofp(n, DOUBLE) for n in (x, y)))


def _abs(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    return builder.select(builder.icmp_signed("<", x, WORD(0)), builder.neg(x), x)


def _size(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    return builder.call(builder.module.declare_intrinsic("llvm.fabs", [DOUBLE]), [x])


Builder = ir.IRBuilder
OF_REALS: dict[str, Rule] = {
    "add": Builder.fadd, "sub": Builder.fsub, "mul": Builder.fmul, "truediv": Builder.fdiv,
    "neg": lambda builder, x, y: builder.fneg(x), "abs": _size,
}  # fmt: skip
OF_WHOLES: dict[str, Rule] = {
    "add": Builder.add, "sub": Builder.sub, "mul": Builder.mul, "truediv": _truediv,
    "floordiv": _floordiv, "mod": _mod, "and": Builder.and_, "or": Builder.or_,
    "xor": Builder.xor, "lshift": Builder.shl, "rshift": Builder.ashr,
    "neg": lambda builder, x, y: builder.neg(x), "abs": _abs,
    "invert": lambda builder, x, y: builder.not_(x),
}  # fmt: skip
"""What operators give; integers wrap around."""
DEFINED: dict[str, Rule] = {
    "floordiv": _divides, "mod": _divides, "lshift": _shifts, "rshift": _shifts,
}  # fmt: skip
"""Of which integers alone."""
SIGNS = "<", "<=", "==", "!=", ">", ">="
"""Of comparisons, as `Py_LT` and its siblings count them."""


def _pair(it: Code, a: Any, b: Any) -> tuple[Any, dict[Any, tuple[Any, Any]]]:
    """What numbers are computed as, and their values as either; if that raised, it returns null."""
    builder = it.builder
    places = {kind: builder.alloca(word, size=WORD(2)) for kind, word in WORDS_OF.items()}
    kind = builder.call(it.module.globals["numbers_in"], [a, b, *places.values()])
    it.unless_negative(kind, NULL)
    return kind, places


def _loaded(builder: ir.IRBuilder, places: Any) -> list[Any]:
    return [builder.load(builder.gep(places, [WORD(k)])) for k in range(2)]


def unless_reckoned(it: Code, name: str, a: Any, b: Any = NULL) -> None:
    """Code that returns what an operator gives of numbers, if these are such."""
    builder, made = it.builder, it.module.globals
    rules = {kind: of[name] for kind, of in ((REAL, OF_REALS), (WHOLE, OF_WHOLES)) if name in of}
    if not rules:
        return
    kind, places = _pair(it, a, b)
    for which, rule in rules.items():
        with builder.if_then(builder.icmp_signed("==", kind, which)):
            x, y = _loaded(builder, places[which])
            defined = DEFINED.get(name, lambda *_: BIT(1))
            with builder.if_then(defined(builder, x, y)):
                found = rule(builder, x, y)
                of = made["real" if found.type is DOUBLE else "whole"]
                builder.ret(builder.call(of, [found]))


def unless_compared(it: Code, a: Any, b: Any, which: Any) -> None:
    """The same of a comparison, by its number."""
    builder = it.builder
    kind, places = _pair(it, a, b)
    for number, compare in ((REAL, _of_reals(builder)), (WHOLE, builder.icmp_signed)):
        with builder.if_then(builder.icmp_signed("==", kind, number)):
            found, pair = BIT(0), _loaded(builder, places[number])
            for k, sign in enumerate(SIGNS):
                own = builder.icmp_signed("==", which, INT(k))
                found = builder.select(own, compare(sign, *pair), found)
            builder.ret(builder.call(it.module.globals["truth"], [found]))


def _of_reals(builder: ir.IRBuilder) -> Callable[..., Any]:
    """Comparisons of floats: NaN is equal to none."""

    def compare(sign: str, x: Any, y: Any) -> Any:
        how = builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered
        return how(sign, x, y)

    return compare
