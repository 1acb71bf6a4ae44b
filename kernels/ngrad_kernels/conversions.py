"""Python's numbers made of cells, in machine code: `float(x)`, and what asks whether `x` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir

from ngrad_kernels.assigning import DOUBLE, NOTHING, REAL
from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import generic_slot, offsets
from ngrad_kernels.machine import INT, POINTER, WORD, Code
from ngrad_kernels.making import NULL

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds
    from ngrad_kernels.subscripts import Ways

NUMBERS = {"bool": 9, "float": 11, "int": 26, "index": 13, "hash": 59}
"""Slots, by the names of methods: `Py_nb_bool` and its siblings; `Py_tp_hash`."""


def write_number(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """number(cell): Python's number of a cell of one element; None of what is none, and while
    anything is recorded, which reads its own way.
    """
    it = Code(module, "number", POINTER, POINTER)
    (this,) = it.function.args
    builder, none = it.builder, it.known(None)
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    real, whole = builder.alloca(DOUBLE), builder.alloca(WORD)
    kind = builder.call(module.globals["number_of"], [this, real, whole])
    window = window_of(it, ways.state)
    trace = it.get(window, offsets(kinds.window)["trace"])
    it.let_go(window)
    unknown = builder.or_(
        builder.icmp_signed("==", kind, NOTHING), builder.not_(it.same(trace, none))
    )
    with builder.if_then(unknown):
        it.hold(none)
        builder.ret(none)
    with builder.if_then(builder.icmp_signed("==", kind, REAL)):
        make = it.external("PyFloat_FromDouble", POINTER, DOUBLE)
        builder.ret(builder.call(make, [builder.load(real)]))
    where = it.get(builder.call(module.globals["alone_in"], [this]), of_tensor["_layout"])
    with builder.if_then(it.same(it.get(where, of_layout["dtype"]), it.known(kinds.dtypes["b1"]))):
        make = it.external("PyBool_FromLong", POINTER, WORD)
        builder.ret(builder.call(make, [builder.load(whole)]))
    make = it.external("PyLong_FromLongLong", POINTER, WORD)
    builder.ret(builder.call(make, [builder.load(whole)]))


MADE = {
    "bool": (INT, "PyObject_IsTrue"), "float": (POINTER, "PyNumber_Float"),
    "int": (POINTER, "PyNumber_Long"), "index": (POINTER, "PyNumber_Index"),
    "hash": (WORD, "PyObject_Hash"),
}  # fmt: skip
"""What is made of Python's number, and CPython's function that makes it."""


def write_made_of_number(module: ir.Module, name: str) -> None:
    result, make = MADE[name]
    it = Code(module, f"number_{name}", result, POINTER)
    builder, (this,) = it.builder, it.function.args
    number = builder.call(module.globals["number"], [this])
    it.unless_null(number, NULL if result is POINTER else result(-1))
    takes = builder.not_(it.same(number, it.known(None)))
    if name == "index":  # a number with a fraction, or a bool, is none
        takes = it.is_of(number, int)
    if name == "hash":
        takes = builder.and_(takes, builder.call(module.globals["is_number"], [this]))
        with builder.if_then(it.is_of(number, float)):  # NaN is found by itself, which Python does
            value = builder.call(it.external("PyFloat_AsDouble", DOUBLE, POINTER), [number])
            with builder.if_then(builder.fcmp_unordered("!=", value, value), likely=False):
                it.let_go(number)
                it.generic(generic_slot("__hash__", NUMBERS[name]))
    with builder.if_then(takes, likely=True):
        found = builder.call(it.external(make, result, POINTER), [number])
        it.let_go(number)
        builder.ret(found)
    it.let_go(number)
    it.generic(generic_slot(f"__{name}__", NUMBERS[name]))
