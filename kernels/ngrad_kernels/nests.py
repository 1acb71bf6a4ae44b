"""Tensors of lists of numbers, and of lists of such lists, made in machine code: a program that
loops over elements puts them together so at each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir

from ngrad_kernels.assigning import DOUBLE, NOTHING, REAL
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import BIT, POINTER, WORD, WORDS, Code, Function
from ngrad_kernels.making import NULL

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

MOST = 1 << 9
"""How many numbers may be read: into memory on the stack."""
DTYPES = {"f8": np.dtype(np.float64), "i8": np.dtype(np.int64)}
"""What lists are made of: by its code, what NumPy has for a dtype."""
NO_LIST = WORD(-1)


def write_listed(module: ir.Module, kinds: CellKinds) -> None:
    """listed(values, dtype, layouts, window): a tensor of a list or tuple of numbers, or of such of
    one length, in float64 or int64 as NumPy has it, or in the one of these that is the dtype,
    unless that is None; `layouts` has them by NumPy's dtype and shape. None of any other nest, of
    many numbers, and while somebody listens, who may want to hear of elements among them.
    """
    for write in (_length_of, _entry, _add_number):
        write(module, kinds)
    it = Function(module, "listed", 4)
    builder, none = it.builder, it.known(None)
    values, dtype, layouts, window = (it.given_object(k) for k in range(4))
    of_window = offsets(kinds.window)
    it.require(it.is_of(window, kinds.window))
    it.done_unless(it.same(it.get(window, of_window["readers"]), it.known(0)))
    it.done_unless(it.same(it.get(window, of_window["trace"]), none))
    of_floats, of_integers = (it.same(dtype, it.known(kinds.dtypes[code])) for code in ("f8", "i8"))
    it.done_unless(builder.or_(it.same(dtype, none), builder.or_(of_floats, of_integers)))

    def length_of(thing: Any) -> Any:
        return builder.call(module.globals["length_of"], [thing])

    def entry(thing: Any, k: Any) -> Any:
        return builder.call(module.globals["entry"], [thing, k])

    rows = length_of(values)
    it.done_unless(builder.icmp_signed(">", rows, WORD(0)))
    it.done_unless(builder.icmp_signed("<=", rows, WORD(MOST)))
    columns = length_of(entry(values, WORD(0)))
    nested = builder.icmp_signed("!=", columns, NO_LIST)
    count = builder.select(nested, builder.mul(rows, columns), rows)
    it.done_unless(builder.icmp_signed(">", count, WORD(0)))
    it.done_unless(builder.icmp_signed("<=", count, WORD(MOST)))
    # They are read before anything is made: in whose course others may change the lists.
    wholes, reals = it.allocate(count), it.allocate(count)
    floats = builder.alloca(BIT)
    builder.store(of_floats, floats)

    def add(item: Any, k: Any) -> None:
        given = item, *(builder.gep(place, [k]) for place in (wholes, reals)), floats
        it.done_unless(builder.call(module.globals["add_number"], given))

    with it.loop(rows) as k:
        row = entry(values, k)
        with builder.if_else(nested) as (several, one):
            with several:
                it.done_unless(builder.icmp_signed("==", length_of(row), columns))
                with it.loop(columns) as j:
                    add(entry(row, j), builder.add(builder.mul(k, columns), j))
            with one:
                add(row, k)
    real = builder.load(floats)
    it.done_unless(builder.not_(builder.and_(real, of_integers)))

    sizes = it.references(WORD(2))
    number = it.external("PyLong_FromSsize_t", POINTER, WORD)
    for k, extent in enumerate((rows, columns)):
        with builder.if_then(nested if k else BIT(1)):
            size = builder.call(number, [extent])
            if k:
                it.unless_null(size, NULL, builder.load(sizes))
            else:
                it.unless_null(size, NULL)
            builder.store(size, it.at(sizes, k))
    shape = it.packed(sizes, builder.select(nested, WORD(2), WORD(1)))
    kind = builder.select(real, *(it.known(DTYPES[code]) for code in ("f8", "i8")))
    it.hold(kind)
    key = it.tuple_of(kind, shape)
    find = it.external("PyObject_GetItem", POINTER, POINTER, POINTER)
    where = builder.call(find, [layouts, key])
    it.let_go(key)
    it.unless_null(where, NULL)
    out = builder.call(module.globals["made"], [where])
    it.let_go(where)
    it.unless_null(out, NULL)
    to = it.integer(it.get(out, offsets(kinds.kinds.tensor)["_at"]))
    source = builder.ptrtoint(builder.select(real, reals, wholes), WORD)
    copy = it.external("memcpy", POINTER, WORD, WORD, WORD)
    builder.call(copy, [to, source, builder.mul(count, WORD(WORD.width // 8))])
    builder.ret(out)


def _length_of(module: ir.Module, kinds: CellKinds) -> None:
    """length_of(thing): of a list or a tuple; `NO_LIST` of anything else."""
    it = Code(module, "length_of", WORD, POINTER)
    (thing,) = it.function.args
    for kind, name in ((list, "List"), (tuple, "Tuple")):
        with it.builder.if_then(it.is_of(thing, kind)):
            size = it.external(f"Py{name}_Size", WORD, POINTER)
            it.builder.ret(it.builder.call(size, [thing]))
    it.builder.ret(NO_LIST)


def _entry(module: ir.Module, kinds: CellKinds) -> None:
    """entry(thing, k): an item of a list or a tuple that has so many, borrowed."""
    it = Code(module, "entry", POINTER, POINTER, WORD)
    thing, k = it.function.args
    with it.builder.if_then(it.is_of(thing, list)):
        item = it.external("PyList_GetItem", POINTER, POINTER, WORD)
        it.builder.ret(it.builder.call(item, [thing, k]))
    it.builder.ret(it.item(thing, k))


def _add_number(module: ir.Module, kinds: CellKinds) -> None:
    """add_number(item, whole, real, floats): whether an item is a number, or a cell of one element,
    of those dtypes. It is stored; and that there are floats, if it is one.
    """
    it = Code(module, "add_number", BIT, POINTER, WORDS, WORDS, BIT.as_pointer())
    item, whole, words, floats = it.function.args
    builder = it.builder
    real = builder.bitcast(words, DOUBLE.as_pointer())
    held = builder.call(module.globals["alone_in"], [item])
    with builder.if_then(builder.not_(it.is_null(held))):
        where = it.get(held, offsets(kinds.kinds.tensor)["_layout"])
        dtype = it.get(where, offsets(kinds.kinds.layout)["dtype"])
        is_one = (it.same(dtype, it.known(kinds.dtypes[code])) for code in DTYPES)
        it.unless(builder.or_(*is_one), BIT(0))
    it.unless(builder.not_(it.is_of(item, bool)), BIT(0))
    kind = builder.call(module.globals["number_of"], [item, real, whole])
    it.unless(builder.icmp_signed("!=", kind, NOTHING), BIT(0))
    with builder.if_else(builder.icmp_signed("==", kind, REAL)) as (one, other):
        with one:
            builder.store(BIT(1), floats)
        with other:
            builder.store(builder.sitofp(builder.load(whole), DOUBLE), real)
    builder.ret(BIT(1))
