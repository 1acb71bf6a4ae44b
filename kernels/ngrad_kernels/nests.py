"""Tensors of lists of numbers, and of lists of such lists or of vectors, made in machine code: a
program that loops over elements puts them together so at each step.
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
    """listed(values, dtype, layouts, window): a tensor of a list or tuple of numbers, or of such
    and cells of vectors that have one length, in float64 or int64 as NumPy has it, or in the one of
    these that is the dtype, unless that is None; `layouts` has them by NumPy's dtype and shape.
    None of any other nest, of many numbers, and while somebody listens, who may want to hear of
    elements among them.
    """
    for write in (_vector_of, _length_of, _entry, _add_number, _add_vector):
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

    def add(item: Any, k: Any, what: str = "number") -> None:
        given = item, *(builder.gep(place, [k]) for place in (wholes, reals)), floats
        it.done_unless(builder.call(module.globals[f"add_{what}"], given))

    with it.loop(rows) as k:
        row = entry(values, k)
        with builder.if_else(nested) as (several, one):
            with several:
                it.done_unless(builder.icmp_signed("==", length_of(row), columns))
                begin = builder.mul(k, columns)
                with builder.if_else(it.is_of(row, kinds.cell)) as (vector, listing):
                    with vector:
                        add(row, begin, "vector")
                    with listing, it.loop(columns) as j:
                        add(entry(row, j), builder.add(begin, j))
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


def _vector_of(module: ir.Module, kinds: CellKinds) -> None:
    """vector_of(thing): the tensor that a cell shows, borrowed, if that has one axis, is there in
    the host's memory, and is of one of those dtypes; null for any other, and for what is no cell.
    """
    it = Code(module, "vector_of", POINTER, POINTER)
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    held = it.builder.call(module.globals["held_by"], list(it.function.args))
    it.unless_null(held, NULL)
    it.unless(it.builder.not_(it.same(it.get(held, of_tensor["_at"]), it.known(0))), NULL)
    where = it.get(held, of_tensor["_layout"])
    it.unless(it.same(it.get(where, of_layout["ndim"]), it.known(1)), NULL)
    it.unless(it.same(it.get(where, of_layout["device"]), it.known(kinds.host)), NULL)
    it.unless(_is_read(it, kinds, where), NULL)
    it.builder.ret(held)


def _is_read(it: Code, kinds: CellKinds, where: Any) -> Any:
    """Whether a layout is of one of the dtypes of which lists are made."""
    dtype = it.get(where, offsets(kinds.kinds.layout)["dtype"])
    return it.builder.or_(*(it.same(dtype, it.known(kinds.dtypes[code])) for code in DTYPES))


def _length_of(module: ir.Module, kinds: CellKinds) -> None:
    """length_of(thing): of a list, a tuple or a cell of a vector; `NO_LIST` of anything else."""
    it = Code(module, "length_of", WORD, POINTER)
    (thing,) = it.function.args
    with it.builder.if_then(it.is_of(thing, kinds.cell)):
        held = it.builder.call(module.globals["vector_of"], [thing])
        it.unless_null(held, NO_LIST)
        where = it.get(held, offsets(kinds.kinds.tensor)["_layout"])
        it.builder.ret(it.integer(it.item(it.get(where, offsets(kinds.kinds.layout)["shape"]), 0)))
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
        it.unless(_is_read(it, kinds, where), BIT(0))
    it.unless(builder.not_(it.is_of(item, bool)), BIT(0))
    kind = builder.call(module.globals["number_of"], [item, real, whole])
    it.unless(builder.icmp_signed("!=", kind, NOTHING), BIT(0))
    with builder.if_else(builder.icmp_signed("==", kind, REAL)) as (one, other):
        with one:
            builder.store(BIT(1), floats)
        with other:
            builder.store(builder.sitofp(builder.load(whole), DOUBLE), real)
    builder.ret(BIT(1))


def _add_vector(module: ir.Module, kinds: CellKinds) -> None:
    """add_vector(cell, whole, real, floats): the same of each element, one after the other."""
    it = Code(module, "add_vector", BIT, POINTER, WORDS, WORDS, BIT.as_pointer())
    item, whole, words, floats = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    real = builder.bitcast(words, DOUBLE.as_pointer())
    held = builder.call(module.globals["vector_of"], [item])
    it.unless_null(held, BIT(0))
    where = it.get(held, of_tensor["_layout"])
    count, step = (
        it.integer(it.item(it.get(where, of_layout[p]), 0)) for p in ("shape", "strides")
    )
    at = it.integer(it.get(held, of_tensor["_at"]))
    dtype = it.get(where, of_layout["dtype"])
    is_real = it.same(dtype, it.known(kinds.dtypes["f8"]))
    with builder.if_then(is_real):
        builder.store(BIT(1), floats)
    with it.loop(count) as k:
        place = builder.inttoptr(builder.add(at, builder.mul(k, step)), WORDS)
        number = builder.load(place)
        builder.store(number, builder.gep(whole, [k]))
        bits = builder.bitcast(number, DOUBLE)
        value = builder.select(is_real, bits, builder.sitofp(number, DOUBLE))
        builder.store(value, builder.gep(real, [k]))
    builder.ret(BIT(1))
