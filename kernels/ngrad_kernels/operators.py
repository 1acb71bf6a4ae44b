"""Python's operators on cells, in machine code, where the layouts of operands were seen before: two
functions in Python, one for cells and one for tensors, took longer than what they apply to a few
numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from llvmlite import ir

from ngrad_kernels.conversions import NUMBERS, write_made_of_number, write_number
from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import generic_slot, offsets
from ngrad_kernels.holding import may_be_turned
from ngrad_kernels.machine import BIT, INT, POINTER, WORD, Code
from ngrad_kernels.making import NULL
from ngrad_kernels.reckoning import Numbers, unless_compared, unless_reckoned, write_numbers
from ngrad_kernels.recording import AT_MOST, idle
from ngrad_kernels.subscripts import SMALL
from ngrad_kernels.updating import write_taken_over

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds
    from ngrad_kernels.subscripts import Ways

BINARY = {
    "add": 7, "and": 8, "floordiv": 12, "lshift": 28, "matmul": 75, "mul": 29, "mod": 34, "or": 31,
    "rshift": 35, "sub": 36, "truediv": 37, "xor": 38,
}  # fmt: skip
IN_PLACE = {
    "add": 14, "and": 15, "floordiv": 16, "lshift": 17, "mul": 18, "mod": 21, "or": 19,
    "rshift": 22, "sub": 23, "truediv": 24, "xor": 25,
}  # fmt: skip
UNARY = {"abs": 6, "invert": 27, "neg": 30}
COMPARE, POWER = 67, 33
"""Slots, by the names of methods: `Py_nb_add` and its siblings; `Py_tp_richcompare`."""
SQUARED = 2
"""CPython has one object for each small integer."""
COMPARISONS = "lt", "le", "eq", "ne", "gt", "ge"
NOT_OF_BOOLS = frozenset(("sub", "floordiv", "mod", "lshift", "rshift", "abs", "neg"))
"""What means something else of bools."""


class Operators(NamedTuple):
    """How operators are applied.

    Attributes
    ----------
    seen : dict
        By the name of an operator, its calls: by the layout of the one operand, or the pair of two,
        where the type of a Python number stands for its layout.
    applied : callable
        Of `recording.py`.
    opened : dict
        The devices that were used so far.
    numbers : Numbers
    """

    seen: dict[str, dict[Any, Any]]
    applied: Callable[..., Any]
    opened: dict[str, Any]
    numbers: Numbers


SCALARS = {np.float64: (float, ("f8",)), np.int64: (int, ("i8", "f8"))}
"""Numbers of NumPy's by type: of which of Python's they are as one beside arrays of some dtypes."""
WRITTEN = sys.intern("written")
"""The setting of up to how many bytes an op runs where it is called that has a view written."""
HOLD = sys.intern("_hold")
"""A method of cells: `x._hold(found, name)` gives x, which is to hold what `x.__name__` gave."""
TENSORS, CALL, WINDOW_AT, SMALL_AT, KEY = (0, 1), 2, 3, 4, 5
"""Where `computed` keeps what it holds."""


def _number_type(it: Code, thing: Any) -> Any:
    """The type of an object; of a number of NumPy's, that of Python's which it may stand for."""
    found = it.type_of(thing)
    for kind, (number, _) in SCALARS.items():
        found = it.builder.select(it.is_of(thing, kind), it.known(number), found)
    return found


def _computed(module: ir.Module, kinds: CellKinds, ways: Ways, given: Operators) -> None:
    """computed(seen, bools, limit, a, b): a new cell of what a call gives for the tensors of two
    cells, or of one and Python's number, or of one alone, if b is null. None if that is for Python
    to do, as of bools if these are not taken; null if it raised. `limit` is the name of the setting
    that says up to how many bytes it runs here. A number alone is one of the host's, if no other
    device was used.
    """
    it = Code(module, "computed", POINTER, POINTER, BIT, *[POINTER] * 3)
    seen, bools, limit, *operands = it.function.args
    builder, none = it.builder, it.known(None)
    of_window, of_call = offsets(kinds.window), offsets(ways.call)
    of_cell, of_tensor = offsets(kinds.cell), offsets(kinds.kinds.tensor)
    of_layout = offsets(kinds.kinds.layout)
    held, keys = it.references(WORD(KEY + 1)), it.references(WORD(2))
    for k in range(KEY + 1):
        builder.store(NULL, it.at(held, k))

    def kept(k: int) -> Any:
        return builder.load(it.at(held, k))

    def keep(k: int, thing: Any) -> Any:
        builder.store(thing, it.at(held, k))
        return thing

    leave, out = builder.append_basic_block(), it.references(WORD(1))
    builder.store(none, out)

    def unless(holds: Any, otherwise: Any = none) -> None:
        after = builder.append_basic_block()
        builder.store(otherwise, out)
        builder.cbranch(holds, after, leave)
        builder.position_at_end(after)

    window = keep(WINDOW_AT, window_of(it, ways.state))
    unread = it.same(it.get(window, of_window["readers"]), it.known(0))
    unless(it.same(it.get(window, of_window["trace"]), none))  # a recording reads its own way
    two = builder.not_(it.is_null(operands[1]))
    for k, operand in enumerate(operands):
        with builder.if_then(two if k else BIT(1)):
            builder.store(_number_type(it, operand), it.at(keys, k))
            with builder.if_else(it.is_of(operand, kinds.cell)) as (cell, number):
                with cell:
                    x = keep(k, builder.call(module.globals["held_by"], [operand]))
                    it.hold(x)
                    # A tape hears how a view came of its owner.
                    own = it.same(it.get(operand, of_cell["_owner"]), none)
                    unless(builder.or_(unread, own))
                    with builder.if_then(it.is_null(x), likely=False):
                        unless(unread)
                        shown = keep(k, builder.call(module.globals["shown"], [operand]))
                        unless(builder.not_(it.is_null(shown)), NULL)
                        unless(builder.not_(it.same(shown, none)))
                    where = it.get(kept(k), of_tensor["_layout"])
                    dtype = it.get(where, of_layout["dtype"])
                    of_bools = it.same(dtype, it.known(kinds.dtypes["b1"]))
                    unless(builder.or_(bools, builder.not_(of_bools)))
                    builder.store(where, it.at(keys, k))
                with number:
                    kind = builder.load(it.at(keys, k))
                    plain = (it.same(kind, it.known(number)) for number in (float, int))
                    unless(builder.or_(*plain))
    for k in TENSORS:
        with builder.if_then(builder.and_(two, it.is_null(kept(k)))):
            where = builder.load(it.at(keys, 1 - k))
            for kind, (_, codes) in SCALARS.items():
                with builder.if_then(it.is_of(operands[k], kind), likely=False):
                    unless(builder.not_(it.is_null(kept(1 - k))))
                    dtype = it.get(where, of_layout["dtype"])
                    fits = BIT(0)
                    for code in codes:
                        fits = builder.or_(fits, it.same(dtype, it.known(kinds.dtypes[code])))
                    unless(fits)

    one, other = (builder.load(it.at(keys, k)) for k in TENSORS)
    it.hold(one)
    keep(KEY, one)
    with builder.if_then(two):
        it.hold(other)
        keep(KEY, it.packed(keys, WORD(2), held=(window, *map(kept, TENSORS))))
    find = it.external("PyDict_GetItemWithError", POINTER, POINTER, POINTER)
    call = keep(CALL, builder.call(find, [seen, kept(KEY)]))
    with builder.if_then(it.is_null(call), likely=False):
        unless(it.is_null(builder.call(it.external("PyErr_Occurred", POINTER), [])), NULL)
        unless(BIT(0))
    it.hold(call)
    small = keep(
        SMALL_AT, it.attribute(it.known(ways.settings), limit, *map(kept, (*TENSORS, WINDOW_AT)))
    )
    unless(builder.icmp_signed(">=", it.integer(small), WORD(0)))

    for k in TENSORS:
        with builder.if_then(builder.and_(two if k else BIT(1), it.is_null(kept(k)))):
            # Recorded it is to be a number still: no structure depends on its value.
            for holds in idle(it, of_window, window):
                unless(holds)
            with builder.if_else(two) as (pair, alone):
                with pair:
                    beside = kept(1 - k)
                    unless(builder.not_(it.is_null(beside)))
                    unless(builder.not_(it.same(it.get(beside, of_tensor["_at"]), it.known(0))))
                with alone:
                    devices = it.external("PyDict_Size", WORD, POINTER)
                    used = builder.call(devices, [it.known(given.opened)])
                    unless(builder.icmp_signed("==", used, WORD(1)))
            compare = it.external("PyObject_RichCompareBool", INT, POINTER, POINTER, INT)
            fits = builder.call(compare, [it.get(call, of_call["size"]), small, INT(AT_MOST)])
            unless(builder.icmp_signed(">=", fits, INT(0)), NULL)
            unless(builder.icmp_signed("==", fits, INT(1)))
            where = it.item(it.get(call, of_call["inputs"]), k)
            number = keep(k, builder.call(module.globals["made"], [where]))
            unless(builder.not_(it.is_null(number)), NULL)
            address = it.integer(it.get(number, of_tensor["_at"]))
            unless(builder.call(module.globals["put"], [operands[k], where, address]))
    found = it.references(WORD(1))
    with builder.if_else(two) as (pair, alone):
        with pair:
            rest = kept(0), kept(1)
            builder.store(it.call_known(given.applied, window, call, small, *rest), found)
        with alone:
            builder.store(it.call_known(given.applied, window, call, small, kept(0)), found)
    result = builder.load(found)
    unless(builder.not_(it.is_null(result)), NULL)
    builder.store(builder.call(module.globals["cell"], [result, none, none, none]), out)
    it.let_go(result)
    builder.branch(leave)
    builder.position_at_end(leave)
    it.let_go_of(held, WORD(KEY + 1))
    answer = builder.load(out)
    with builder.if_then(it.same(answer, none)):
        it.hold(none)
    builder.ret(answer)


def _by_methods(module: ir.Module, kinds: CellKinds) -> None:
    """by_methods(a, b, name, reflected): what the methods of these names give, as of any class with
    operators in Python. Those go by the slot, and would not find the methods.
    """
    it = Code(module, "by_methods", POINTER, *[POINTER] * 4)
    a, b, name, reflected = it.function.args
    builder, refused = it.builder, it.known(NotImplemented)
    derives = it.external("PyType_IsSubtype", INT, POINTER, POINTER)

    def is_kind(thing: Any) -> Any:
        found = builder.call(derives, [it.type_of(thing), it.known(kinds.cell)])
        return builder.icmp_signed("!=", found, INT(0))

    with builder.if_then(is_kind(a)):
        found = it.call_method(name, a, b)
        with builder.if_then(builder.not_(it.same(found, refused))):
            builder.ret(found)
        it.let_go(found)
    alike = it.same(it.type_of(a), it.type_of(b))
    with builder.if_then(builder.and_(is_kind(b), builder.not_(alike))):
        builder.ret(it.call_method(reflected, b, a))
    it.hold(refused)
    builder.ret(refused)


def _unless_computed(it: Code, seen: Any, bools: bool, a: Any, b: Any = NULL) -> None:
    """Code that returns what is computed, if anything is."""
    given = seen, BIT(bools), it.known(SMALL), a, b
    found = it.builder.call(it.module.globals["computed"], given)
    with it.builder.if_then(it.builder.not_(it.same(found, it.known(None))), likely=True):
        it.builder.ret(found)
    it.let_go(found)


def _binary(module: ir.Module, name: str, kinds: CellKinds, seen: dict[Any, Any]) -> None:
    it = Code(module, f"binary_{name}", POINTER, POINTER, POINTER)
    a, b = it.function.args
    computes = BIT(1)
    unless_reckoned(it, name, a, b)
    if name == "matmul":  # of an array and its own transpose half is computed
        of_each_other = (
            may_be_turned(it, kinds.cell, kinds.part, *pair) for pair in ((a, b), (b, a))
        )
        computes = it.builder.not_(it.builder.or_(*of_each_other))
    with it.builder.if_then(computes):
        _unless_computed(it, it.known(seen), name not in NOT_OF_BOOLS, a, b)
    names = (it.known(sys.intern(f"__{sign}{name}__")) for sign in ("", "r"))
    it.builder.ret(it.builder.call(module.globals["by_methods"], [a, b, *names]))


def _power(module: ir.Module, seen: dict[Any, Any]) -> None:
    """x ** 2 is the square, and so the product of a number with itself."""
    it = Code(module, "power", POINTER, *[POINTER] * 3)
    x, exponent, modulus = it.function.args
    with it.builder.if_then(it.same(modulus, it.known(None))):
        with it.builder.if_then(it.same(exponent, it.known(SQUARED))):
            unless_reckoned(it, "mul", x, x)
            _unless_computed(it, it.known(seen), False, x)
        names = (it.known(sys.intern(name)) for name in ("__pow__", "__rpow__"))
        it.builder.ret(it.builder.call(module.globals["by_methods"], [x, exponent, *names]))
    it.generic(generic_slot("__pow__", POWER))


def _in_place(module: ir.Module, name: str, kinds: CellKinds, seen: dict[Any, Any]) -> None:
    """Of a number it makes another one; an array is to hold what was computed. A view's is written
    to its owner at once, so that more is computed here: to record it could fuse it with nothing.
    """
    it = Code(module, f"in_place_{name}", POINTER, POINTER, POINTER)
    a, b = it.function.args
    builder, bools = it.builder, BIT(name not in NOT_OF_BOOLS)
    limit = it.references(WORD(1))
    builder.store(it.known(SMALL), limit)
    with builder.if_then(builder.call(module.globals["is_number"], [a])):
        unless_reckoned(it, name, a, b)
    with builder.if_then(it.is_of(a, kinds.cell)):
        own = it.same(it.get(a, offsets(kinds.cell)["_owner"]), it.known(None))
        builder.store(builder.select(own, it.known(SMALL), it.known(WRITTEN)), limit)
    given = it.known(seen), bools, builder.load(limit), a, b
    found = builder.call(module.globals["computed"], given)
    it.unless_null(found, NULL)
    with builder.if_then(builder.not_(it.same(found, it.known(None))), likely=True):
        with builder.if_then(builder.call(module.globals["is_number"], [a])):
            builder.ret(found)
        taken = builder.call(module.globals["taken_over"], [a, found])
        it.unless(builder.icmp_signed(">=", taken, INT(0)), NULL, found)
        with builder.if_then(builder.icmp_signed(">", taken, INT(0)), likely=True):
            it.let_go(found)
            it.hold(a)
            builder.ret(a)
        held = it.call_method(HOLD, a, found, it.known(sys.intern(name)))
        it.let_go(found)
        builder.ret(held)
    it.let_go(found)
    it.generic(generic_slot(f"__i{name}__", IN_PLACE[name]))


def _unary(module: ir.Module, name: str, seen: dict[Any, Any]) -> None:
    it = Code(module, f"unary_{name}", POINTER, POINTER)
    unless_reckoned(it, name, it.function.args[0])
    _unless_computed(it, it.known(seen), name not in NOT_OF_BOOLS, it.function.args[0])
    it.generic(generic_slot(f"__{name}__", UNARY[name]))


def _compare(module: ir.Module, seen: dict[str, dict[Any, Any]]) -> None:
    it = Code(module, "compare", POINTER, POINTER, POINTER, INT)
    a, b, which = it.function.args
    unless_compared(it, a, b, which)
    of = it.known(seen[COMPARISONS[0]])
    for k, name in enumerate(COMPARISONS[1:], 1):
        own = it.builder.icmp_signed("==", which, INT(k))
        of = it.builder.select(own, it.known(seen[name]), of)
    _unless_computed(it, of, True, a, b)
    it.generic(generic_slot("__lt__", COMPARE))


class Slot(NamedTuple):
    """A function for a slot of a class.

    Attributes
    ----------
    before : int
        The address of what CPython has there for a class with such a method in Python.
    write : callable
        Writes the function into a module.
    """

    before: int
    write: Callable[[ir.Module], None]


def operator_slots(kinds: CellKinds, ways: Ways, given: Operators) -> dict[str, Slot]:
    """Those of operators and numbers, by their names in one module, where they are written in this
    order.
    """

    def first(module: ir.Module, name: str) -> None:
        _by_methods(module, kinds)
        write_number(module, kinds, ways)
        _computed(module, kinds, ways, given)
        write_numbers(module, kinds, ways, given.numbers)
        write_taken_over(module, kinds, ways)
        write_made_of_number(module, name)

    found = dict[str, Slot]()
    for name, slot in NUMBERS.items():
        made = partial(write_made_of_number if found else first, name=name)
        found[f"number_{name}"] = Slot(generic_slot(f"__{name}__", slot), made)
    operators: dict[str, tuple[dict[str, int], str, Callable[..., None]]] = {
        "binary": (BINARY, "", partial(_binary, kinds=kinds)),
        "in_place": (IN_PLACE, "i", partial(_in_place, kinds=kinds)),
        "unary": (UNARY, "", _unary),
    }
    for kind, (slots, sign, write) in operators.items():
        for name, slot in slots.items():
            before = generic_slot(f"__{sign}{name}__", slot)
            found[f"{kind}_{name}"] = Slot(before, partial(write, name=name, seen=given.seen[name]))
    power = partial(_power, seen=given.seen["square"])
    found["power"] = Slot(generic_slot("__pow__", POWER), power)
    compare = partial(_compare, seen=given.seen)
    return found | {"compare": Slot(generic_slot("__lt__", COMPARE), compare)}
