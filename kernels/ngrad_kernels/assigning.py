"""`x[index] = value` of cells in machine code, where it is a number, or as many as there are
places, and nobody else has the memory: a loop over elements and rows does little else.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir

from ngrad_kernels.advanced import ASKED, write_put_at
from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.machine import BIT, BYTE, INT, POINTER, WORD, Code, Function
from ngrad_kernels.making import FEW, NULL
from ngrad_kernels.memory import Buffer
from ngrad_kernels.parts_in_order import write_parts_in_order
from ngrad_kernels.places import NOWHERE
from ngrad_kernels.runs import RUN, write_runs
from ngrad_kernels.subscripts import by_method
from ngrad_kernels.updating import write_is_part

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds
    from ngrad_kernels.subscripts import Ways

DOUBLE, FLOAT = ir.DoubleType(), ir.FloatType()
NOTHING, REAL, WHOLE = map(INT, range(3))
"""What a value is: nothing that is known here, a number with a fraction, or one without."""
REALS, WHOLES = (float, np.float64), (int, bool, np.int64)
"""Types of numbers that C reads as a double, or a word."""
STORED = {
    "f8": DOUBLE, "i8": WORD, "b1": BYTE, "f4": FLOAT, "i4": INT, "u1": BYTE, "i1": BYTE,
    "i2": ir.IntType(16), "u2": ir.IntType(16), "u4": INT,
}  # fmt: skip
"""What elements are stored as, by the codes of their dtypes."""
WRITES = sys.intern("writes")
LARGEST = DOUBLE(float.fromhex("0x1.fffffep+127"))
"""Of float32: beyond it NumPy warns."""


def _at(it: Code, address: Any, kind: ir.Type) -> Any:
    return it.builder.inttoptr(address, kind.as_pointer())


def _is_one_of(it: Code, thing: Any, types: tuple[type, ...]) -> Any:
    found = BIT(0)
    for kind in types:
        found = it.builder.or_(found, it.is_of(thing, kind))
    return found


def _number_of(module: ir.Module, kinds: CellKinds) -> None:
    """number_of(value, real, whole): what Python's number, one of NumPy's that is as wide, or that
    of a cell of one element, is; it is stored at one of two places.
    """
    kinds_of = DOUBLE.as_pointer(), WORD.as_pointer()
    it = Code(module, "number_of", INT, POINTER, *kinds_of)
    value, real, whole = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    is_real, is_whole = (_is_one_of(it, value, types) for types in (REALS, WHOLES))
    with builder.if_then(is_real):
        read = it.external("PyFloat_AsDouble", DOUBLE, POINTER)
        builder.store(builder.call(read, [value]), real)
        builder.ret(REAL)
    with builder.if_then(is_whole):
        flow = builder.alloca(INT)
        read = it.external("PyLong_AsLongLongAndOverflow", WORD, POINTER, flow.type)
        builder.store(builder.call(read, [value, flow]), whole)
        it.unless(builder.icmp_signed("==", builder.load(flow), INT(0)), NOTHING)
        builder.ret(WHOLE)
    held = builder.call(module.globals["alone_in"], [value])
    it.unless(builder.not_(it.is_null(held)), NOTHING)
    dtype = it.get(it.get(held, of_tensor["_layout"]), of_layout["dtype"])
    address = it.integer(it.get(held, of_tensor["_at"]))
    for code, kind in STORED.items():
        with builder.if_then(it.same(dtype, it.known(kinds.dtypes[code]))):
            stored = builder.load(_at(it, address, kind))
            if isinstance(kind, ir.IntType):
                widen = builder.sext if code[0] == "i" else builder.zext
                builder.store(stored if kind is WORD else widen(stored, WORD), whole)
                builder.ret(WHOLE)
            else:
                builder.store(stored if kind is DOUBLE else builder.fpext(stored, DOUBLE), real)
                builder.ret(REAL)
    builder.ret(NOTHING)


def _put(module: ir.Module, kinds: CellKinds) -> None:
    """put(value, layout, address): whether a number could be written to an element of a layout's
    dtype: one that has it, or is of floats.
    """
    it = Code(module, "put", BIT, POINTER, POINTER, WORD)
    value, layout, address = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    dtype = it.get(layout, of_layout["dtype"])

    def of(code: str) -> Any:
        return it.same(dtype, it.known(kinds.dtypes[code]))

    held = builder.call(module.globals["alone_in"], [value])
    with builder.if_then(builder.not_(it.is_null(held))):
        own = it.get(held, of_tensor["_layout"])
        with builder.if_then(it.same(it.get(own, of_layout["dtype"]), dtype)):
            move = it.external("memmove", POINTER, WORD, WORD, WORD)
            begins, nbytes = it.get(held, of_tensor["_at"]), it.get(own, of_layout["nbytes"])
            builder.call(move, [address, it.integer(begins), it.integer(nbytes)])
            builder.ret(BIT(1))
    real, whole = builder.alloca(DOUBLE), builder.alloca(WORD)
    kind = builder.call(module.globals["number_of"], [value, real, whole])
    it.unless(builder.icmp_signed("!=", kind, NOTHING), BIT(0))
    is_whole, n = builder.icmp_signed("==", kind, WHOLE), builder.load(whole)
    with builder.if_then(is_whole):
        builder.store(builder.sitofp(n, DOUBLE), real)
    number = builder.load(real)
    with builder.if_then(of("f8")):
        builder.store(number, _at(it, address, DOUBLE))
        builder.ret(BIT(1))
    with builder.if_then(of("f4")):
        with builder.if_then(builder.and_(is_whole, builder.not_(it.is_of(value, int)))):
            builder.store(builder.sitofp(n, FLOAT), _at(it, address, FLOAT))  # rounded once
            builder.ret(BIT(1))
        size = builder.call(it.external("fabs", DOUBLE, DOUBLE), [number])
        infinite = builder.fcmp_unordered("==", size, DOUBLE(float("inf")))  # or no number
        fits = builder.or_(infinite, builder.fcmp_ordered("<=", size, LARGEST))
        it.unless(fits, BIT(0))
        builder.store(builder.fptrunc(number, FLOAT), _at(it, address, FLOAT))
        builder.ret(BIT(1))
    it.unless(is_whole, BIT(0))
    with builder.if_then(builder.and_(of("b1"), it.is_of(value, bool))):
        builder.store(builder.trunc(n, BYTE), _at(it, address, BYTE))
        builder.ret(BIT(1))
    for code, kind_of in STORED.items():
        if code[0] not in "iu":
            continue
        bits = kind_of.width
        least, end = (-(1 << bits - 1), 1 << bits - 1) if code[0] == "i" else (0, 1 << bits)
        with builder.if_then(of(code)):
            within = builder.and_(
                builder.icmp_signed(">=", n, WORD(least)),
                builder.icmp_signed("<=", n, WORD(end - 1)),
            )
            it.unless(within, BIT(0))
            small = n if kind_of is WORD else builder.trunc(n, kind_of)
            builder.store(small, _at(it, address, kind_of))
            builder.ret(BIT(1))
    builder.ret(BIT(0))


def _alone_in(module: ir.Module, kinds: CellKinds) -> None:
    """alone_in(cell): the tensor that a cell shows, borrowed, if that is one element which is there
    in the host's memory; null for any other, and for what is no cell.
    """
    it = Code(module, "alone_in", POINTER, POINTER)
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    held = it.builder.call(module.globals["held_by"], list(it.function.args))
    it.unless_null(held, NULL)
    it.unless(it.builder.not_(it.same(it.get(held, of_tensor["_at"]), it.known(0))), NULL)
    where = it.get(held, of_tensor["_layout"])
    it.unless(it.same(it.get(where, of_layout["ndim"]), it.known(0)), NULL)
    it.unless(it.same(it.get(where, of_layout["device"]), it.known(kinds.host)), NULL)
    it.builder.ret(held)


def _is_own(module: ir.Module, kinds: CellKinds) -> None:
    """is_own(x): whether nobody has a tensor but the one cell that holds it, nor its memory, which
    is the host's and all of a block; and nothing is known of its elements, nor where it stands.
    """
    it = Code(module, "is_own", BIT, POINTER)
    (x,) = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    block, where = it.get(x, of_tensor["_block"]), it.get(x, of_tensor["_layout"])
    it.unless(it.is_of(block, Buffer), BIT(0))
    for thing in (x, block):
        it.unless(builder.icmp_unsigned("==", it.holders(thing), INT(1)), BIT(0))
    it.unless(it.same(it.get(x, of_tensor["_window"]), it.known(None)), BIT(0))
    # A window may know it by its number, and then refers to it weakly.
    for offset in (of_tensor["_range"], kinds.kinds.tensor.__weakrefoffset__):
        it.unless(it.is_null(it.get(x, offset)), BIT(0))
    it.unless(it.same(it.get(where, of_layout["contiguous"]), it.known(True)), BIT(0))
    builder.ret(it.same(it.get(where, of_layout["device"]), it.known(kinds.host)))


def _parted(module: ir.Module, kinds: CellKinds) -> None:
    """parted(cell): whether a cell holds a copy from now on of what it held, in memory of its own:
    of few bytes that lie in order in the host's memory, and that somebody else has, too.
    """
    it = Code(module, "parted", BIT, POINTER)
    (this,) = it.function.args
    builder, place = it.builder, offsets(kinds.cell)["_held"]
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    x = it.get(this, place)
    block, where = it.get(x, of_tensor["_block"]), it.get(x, of_tensor["_layout"])
    it.unless(it.is_of(block, Buffer), BIT(0))
    alone = [builder.icmp_unsigned("==", it.holders(thing), INT(1)) for thing in (x, block)]
    it.unless(builder.not_(builder.and_(*alone)), BIT(0))
    it.unless(it.same(it.get(where, of_layout["contiguous"]), it.known(True)), BIT(0))
    it.unless(it.same(it.get(where, of_layout["device"]), it.known(kinds.host)), BIT(0))
    nbytes = it.integer(it.get(where, of_layout["nbytes"]))
    it.unless(builder.icmp_signed("<=", nbytes, WORD(FEW)), BIT(0))
    it.hold(x)
    own = builder.call(module.globals["made"], [where])
    with builder.if_then(it.is_null(own), likely=False):  # Python tries it, too, and raises
        builder.call(it.external("PyErr_Clear", ir.VoidType()), [])
        it.let_go(x)
        builder.ret(BIT(0))
    copy = it.external("memcpy", POINTER, WORD, WORD, WORD)
    addresses = [it.integer(it.get(thing, of_tensor["_at"])) for thing in (own, x)]
    builder.call(copy, [*addresses, nbytes])
    it.unless(it.same(it.get(this, place), x), BIT(0), own, x)
    it.hold(own)
    it.replace(this, place, own)
    it.let_go(x)
    there = it.same(it.get(this, place), own)  # whatever heard that the other went
    it.let_go(own)
    builder.ret(there)


def _assigned(module: ir.Module, kinds: CellKinds) -> None:
    """assigned(cell, index, value, window, lies, memory): 1 if a value was written; 0 if that is
    Python's to do, -1 if something raised. Of a view there is the layout, and an address at which
    its elements are one after the other; of anything else null, and 0.
    """
    it = Code(module, "assigned", INT, *[POINTER] * 5, WORD)
    this, index, value, window, lies, memory = it.function.args
    packed = it.builder.not_(it.is_null(lies))
    builder, nobody = it.builder, it.known(None)
    of_cell, of_tensor = offsets(kinds.cell), offsets(kinds.kinds.tensor)
    it.unless(it.is_of(this, kinds.cell), INT(0))
    owner = it.get(this, of_cell["_owner"])
    it.unless(builder.not_(it.is_null(owner)), INT(0))
    view = builder.not_(it.same(owner, nobody))
    with builder.if_then(view):
        way = it.get(this, of_cell["_way"])
        it.unless(builder.not_(it.is_null(way)), INT(0))
        with builder.if_then(builder.not_(it.is_of(way, kinds.part))):
            it.hold(way)
            writes = it.attribute(way, WRITES, way, otherwise=INT(-1))
            it.let_go(way)
            it.let_go(writes)
            it.unless(it.same(writes, it.known(True)), INT(0))
    first = builder.select(view, owner, this)
    it.unless(it.is_of(first, kinds.cell), INT(0))
    with builder.if_then(it.is_of(index, tuple)):  # no key, as which a type would be taken
        count = builder.call(it.external("PyTuple_Size", WORD, POINTER), [index])
        with builder.if_then(builder.icmp_signed(">", count, WORD(0))):
            marked = it.same(it.item(index, 0), it.known(tuple))
            it.unless(builder.not_(marked), INT(0))
    # Of views of views Python knows.
    it.unless(it.same(it.get(first, of_cell["_owner"]), nobody), INT(0))
    x = it.get(first, of_cell["_held"])
    it.unless(builder.not_(it.is_null(x)), INT(0))
    it.unless(builder.call(module.globals["silent"], [x, window]), INT(0))
    of_layout = offsets(kinds.kinds.layout)
    it.hold(x)  # objects are made from here on: whatever runs then may have others forgotten

    shown = builder.alloca(POINTER)
    held = builder.call(module.globals["held_by"], [this])
    builder.store(held, shown)
    with builder.if_else(it.is_null(held)) as (other, plain):
        with other:
            found = builder.call(module.globals["shown"], [this])
            it.unless_null(found, INT(-1), x)
            it.unless(builder.not_(it.same(found, nobody)), INT(0), found, x)
            builder.store(found, shown)
        with plain:
            it.hold(held)
    part = builder.load(shown)
    where = it.get(part, of_tensor["_layout"])
    it.hold(where)
    begins, base = (it.integer(it.get(thing, of_tensor["_at"])) for thing in (part, x))
    # Of complex numbers a view may hold what was computed.
    mine = it.same(it.get(part, of_tensor["_block"]), it.get(x, of_tensor["_block"]))
    # What has no axes may be a number.
    some = builder.not_(it.same(it.get(where, of_layout["ndim"]), it.known(0)))
    it.let_go(part)
    it.unless(builder.and_(mine, some), INT(0), where, x)
    step = builder.call(module.globals["spot"], [where, index])
    element = builder.icmp_signed("!=", step, NOWHERE)
    words = it.allocate(len(RUN))
    # What NumPy is to do, if it is: put elements at places of the whole.
    asked = it.references(WORD(ASKED))
    for k in range(ASKED):
        builder.store(NULL, it.at(asked, k))
    with builder.if_then(builder.not_(element)):
        several = builder.call(module.globals["run"], [where, index, words])
        with builder.if_then(builder.not_(several)):
            given = where, begins, index, value, x, asked
            ready = builder.call(module.globals["put_asked"], given)
            it.unless(builder.icmp_signed(">", ready, INT(0)), ready, where, x)

    def forgotten(cell: Any) -> None:
        """Code that has a view hold none of its owner's memory."""
        for name in ("_seen", "_held"):
            it.hold(nobody)
            it.replace(cell, of_cell[name], nobody)

    with builder.if_then(view):
        forgotten(this)
    with builder.if_then(packed):  # of the same array, perhaps
        given = builder.call(module.globals["held_by"], [value])
        with builder.if_then(builder.not_(it.is_null(given))):
            blocks = (it.get(thing, of_tensor["_block"]) for thing in (given, x))
            with builder.if_then(it.same(*blocks)):
                forgotten(value)
    there = it.same(it.get(first, of_cell["_held"]), x)
    it.let_go(x)  # from here on nothing runs in between
    mine = builder.alloca(BIT)
    builder.store(BIT(0), mine)
    with builder.if_then(there):
        builder.store(builder.call(module.globals["is_own"], [x]), mine)
    own, whole = builder.load(mine), builder.load(asked)
    with builder.if_then(builder.not_(it.is_null(whole)), likely=False):
        it.let_go(where)
        done = builder.alloca(INT)
        builder.store(INT(0), done)
        with builder.if_then(own):
            it.hold(x)  # NumPy may let other threads in between
            parts = (builder.load(it.at(asked, k)) for k in range(ASKED))
            builder.store(builder.call(module.globals["put_done"], [*parts]), done)
            with builder.if_then(builder.icmp_signed(">", builder.load(done), INT(0)), likely=True):
                kept = builder.call(module.globals["shown_anew"], [first, x])
                builder.store(kept, done)
            it.let_go(x)
        it.let_go_of(asked, WORD(ASKED))
        builder.ret(builder.load(done))
    with builder.if_then(builder.and_(there, builder.not_(own)), likely=False):
        cell = builder.and_(builder.not_(packed), it.is_of(value, kinds.cell))
        with builder.if_then(cell):  # which may have it
            given = builder.call(module.globals["held_by"], [value])
            it.unless(builder.not_(it.is_null(given)), INT(0), where)
            block = it.get(given, of_tensor["_block"])
            it.unless(builder.not_(it.same(block, it.get(x, of_tensor["_block"]))), INT(0), where)
        done = builder.call(module.globals["parted"], [first])
        with builder.if_then(done):
            copy = it.get(first, of_cell["_held"])
            builder.store(builder.call(module.globals["is_own"], [copy]), mine)
    it.unless(builder.load(mine), INT(0), where)
    x = it.get(first, of_cell["_held"])
    begins = builder.add(begins, builder.sub(it.integer(it.get(x, of_tensor["_at"])), base))
    with builder.if_then(element, likely=True):
        done = builder.call(module.globals["put"], [value, where, builder.add(begins, step)])
        it.let_go(where)
        builder.ret(builder.zext(done, INT))
    done = builder.call(module.globals["fill"], [value, x, where, words, begins, lies, memory])
    it.let_go(where)
    builder.ret(builder.zext(done, INT))


def write_assign(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """assign(cell, index, value): x[index] = value, which is for `cell._put(index, value)`
    where it is more than a number, or as many, for elements side by side in memory that nobody else
    has; or if anybody listens, who may want what was there before.
    """
    steps = _alone_in, _number_of, _put, _is_own, _parted, write_runs, write_put_at
    for write in (*steps, write_parts_in_order, _assigned, write_is_part):
        write(module, kinds)
    it = Code(module, "assign", INT, POINTER, POINTER, POINTER)
    this, index, value = it.function.args
    builder = it.builder
    with builder.if_then(builder.not_(it.is_null(value)), likely=True):
        there = builder.call(module.globals["is_part"], [this, index, value])
        with builder.if_then(builder.icmp_signed("!=", there, INT(0)), likely=False):
            builder.ret(builder.select(builder.icmp_signed("<", there, INT(0)), there, INT(0)))
        window = window_of(it, ways.state, otherwise=INT(-1))
        place = builder.alloca(WORD)
        lies = builder.call(module.globals["elements_of"], [value, window, place])
        given = this, index, value, window, lies, builder.load(place)
        done = builder.call(module.globals["assigned"], given)
        it.let_go(window)
        with builder.if_then(builder.not_(it.is_null(lies))):
            it.let_go(lies)
            release = it.external("PyMem_RawFree", ir.VoidType(), WORD)
            builder.call(release, [builder.load(place)])
        with builder.if_then(builder.icmp_signed("!=", done, INT(0)), likely=True):
            builder.ret(builder.select(builder.icmp_signed("<", done, INT(0)), done, INT(0)))
    builder.ret(builder.call(by_method(module), [this, index, value]))


def write_put_at_once(module: ir.Module, ways: Ways) -> None:
    """put_at_once(cell, index, value): whether a value, or a tensor, could be assigned so."""
    it = Function(module, "put_at_once", 3)
    builder = it.builder
    window = window_of(it, ways.state)
    given = [it.given_object(k) for k in range(3)]
    done = builder.call(module.globals["assigned"], [*given, window, NULL, WORD(0)])
    it.let_go(window)
    it.unless(builder.icmp_signed(">=", done, INT(0)), NULL)
    make = it.external("PyBool_FromLong", POINTER, WORD)
    builder.ret(builder.call(make, [builder.sext(done, WORD)]))
