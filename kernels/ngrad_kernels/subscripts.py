"""`x[index]` and `x.T` of cells in machine code, for as long as nothing of it needs Python: of a
small array, Python's own part is most of what these take.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from llvmlite import ir

from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import ASSIGN, ASSIGN_ITEM, ITEM, SUBSCRIPT, heap_type, offsets
from ngrad_kernels.keys import key_of
from ngrad_kernels.machine import BIT, INT, POINTER, WORD, WORDS, Code, Function, load
from ngrad_kernels.making import NULL
from ngrad_kernels.memory import Buffer

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

METHOD, PUT, SMALL = map(sys.intern, ("_item", "_put", "small"))
FEW = 256
"""Elements of an index that are looked at each time: to keep what was found takes longer."""


class Ways(NamedTuple):
    """How items are found.

    Attributes
    ----------
    call : type
        As of `recording.py`.
    state, settings : object
        With the thread's `window`, and with `small`, as `found` asks for it.
    found : callable
        Of `recording.py`.
    calls, params : dict and tuple
        What takes the rows of a tensor at those of another, which are in range.
    taken : callable
        `taken(x, index)`: of a tensor, that of its items at those of another.
    remember : callable
        `remember(x, key, view, way)`: have the layout of a tensor know by a key where a view of it
        lies, and the way to that.
    """

    call: type
    state: Any
    settings: Any
    found: Callable[..., Any]
    calls: dict[Any, Any]
    params: tuple[Any, ...]
    taken: Callable[[Any, Any], Any]
    remember: Callable[..., Any]


def _write_in_range(module: ir.Module, kinds: CellKinds) -> ir.Function:
    """in_range(x, index): whether a tensor in the host's memory has axes, and so has another whose
    elements are places along its first axis, as is known or soon seen, and whose memory nobody else
    writes to.
    """
    it = Code(module, "in_range", BIT, POINTER, POINTER)
    x, index = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)

    for operand in (x, index):
        there = builder.not_(it.same(it.get(operand, of_tensor["_at"]), it.known(0)))
        it.unless(there, BIT(0))
        it.unless(it.is_of(it.get(operand, of_tensor["_block"]), Buffer), BIT(0))
    size = it.external("PyTuple_Size", WORD, POINTER)
    shape, its = (
        it.get(it.get(operand, of_tensor["_layout"]), of_layout["shape"]) for operand in (x, index)
    )
    for sizes in (shape, its):
        it.unless(builder.icmp_signed(">", builder.call(size, [sizes]), WORD(0)), BIT(0))
    extent = it.integer(it.item(shape, 0))
    least = builder.neg(extent)

    def lies(place: Any) -> Any:
        high = builder.icmp_signed("<", place, extent)
        return builder.and_(builder.icmp_signed(">=", place, least), high)

    known = it.get(index, of_tensor["_range"])
    with builder.if_then(builder.not_(it.is_null(known))):
        first, last = (it.integer(it.item(known, k)) for k in range(2))
        builder.ret(builder.and_(lies(first), lies(last)))
    where = it.get(index, of_tensor["_layout"])
    count = it.integer(it.get(where, of_layout["size"]))
    few = builder.icmp_signed("<=", count, WORD(FEW))
    in_order = it.same(it.get(where, of_layout["contiguous"]), it.known(True))
    of_words = it.same(it.get(where, of_layout["dtype"]), it.known(kinds.dtypes["i8"]))
    it.unless(builder.and_(few, builder.and_(in_order, of_words)), BIT(0))
    places = builder.inttoptr(it.integer(it.get(index, of_tensor["_at"])), WORDS)
    with it.loop(count) as k:
        it.unless(lies(builder.load(builder.gep(places, [k]))), BIT(0))
    builder.ret(BIT(1))
    return it.function


def call(it: Code, name: str, *things: Any) -> Any:
    """What a function of this module, that Python can call, gives."""
    with it.builder.goto_entry_block():
        given = it.references(len(things))
    for k, thing in enumerate(things):
        it.builder.store(thing, it.at(given, k))
    return it.builder.call(it.module.globals[name], [NULL, given, WORD(len(things))])


def give(it: Code, found: Any, *held: Any) -> None:
    """Code that lets go of what is held and returns what was found, if that is not None."""
    builder = it.builder
    with builder.if_then(builder.icmp_unsigned("!=", found, it.known(None))):  # or if it raised
        for thing in held:
            it.let_go(thing)
        builder.ret(found)
    it.let_go(found)


def _subscript(module: ir.Module) -> None:
    """subscript(self, index): what `self._item(index)` gives."""
    it = Code(module, "subscript", POINTER, POINTER, POINTER)
    it.builder.ret(it.call_method(METHOD, *it.function.args))


def _item(module: ir.Module) -> None:
    """item(self, k): self[k], as what goes through a sequence asks for it, such as `bisect`."""
    it = Code(module, "item", POINTER, POINTER, WORD)
    this, place = it.function.args
    k = it.builder.call(it.external("PyLong_FromSsize_t", POINTER, WORD), [place])
    it.unless_null(k, NULL)
    get = it.external("PyObject_GetItem", POINTER, POINTER, POINTER)
    found = it.builder.call(get, [this, k])
    it.let_go(k)
    it.builder.ret(found)


def by_method(module: ir.Module) -> ir.Function:
    """by_method(self, index, value): what `self._put(index, value)` does; elements are not deleted,
    as a slot is asked to by a value of null. -1 if it raised.
    """
    it = Code(module, "by_method", INT, POINTER, POINTER, POINTER)
    this, index, value = it.function.args
    with it.builder.if_then(it.is_null(value), likely=False):
        error = it.external("PyErr_SetObject", ir.VoidType(), POINTER, POINTER)
        it.builder.call(error, [it.known(ValueError), it.known(NOT_DELETED)])
        it.builder.ret(INT(-1))
    done = it.call_method(PUT, this, index, value)
    it.unless_null(done, INT(-1))
    it.let_go(done)
    it.builder.ret(INT(0))
    return it.function


NOT_DELETED = "elements of an array are not deleted; numpy.delete makes another array without them"


def _assign(module: ir.Module) -> None:
    """assign(self, index, value): self[index] = value."""
    method = by_method(module)
    it = Code(module, "assign", INT, POINTER, POINTER, POINTER)
    it.builder.ret(it.builder.call(method, list(it.function.args)))


def _assign_item(module: ir.Module) -> None:
    """assign_item(self, k, value): the same of what goes through a sequence."""
    it = Code(module, "assign_item", INT, POINTER, WORD, POINTER)
    this, place, value = it.function.args
    k = it.builder.call(it.external("PyLong_FromSsize_t", POINTER, WORD), [place])
    it.unless_null(k, INT(-1))
    done = it.builder.call(module.globals["by_method"], [this, k, value])
    it.let_go(k)
    it.builder.ret(done)


_WRITERS = {
    "subscript": _subscript, "item": _item, "assign": _assign, "assign_item": _assign_item,
}  # fmt: skip
_ADDRESSES = load("ngrad.subscripts", **_WRITERS)
SUBSCRIPTS = dict(zip((SUBSCRIPT, ITEM, ASSIGN, ASSIGN_ITEM), _ADDRESSES, strict=True))
"""What the slots have, by which a class is asked for items, until there are better ones for it."""
if TYPE_CHECKING:

    class Subscripted:
        """A base of classes with methods `_item(index)`, which gives x[index], and `_put(index,
        value)`, which assigns to it.
        """

        __slots__ = ()

        def __getitem__(self, index: Any, /) -> Any: ...
        def __setitem__(self, index: Any, value: Any, /) -> None: ...
else:
    # Methods in Python would be called at once by x[index], past the slots.
    doc = (
        "A base of classes with methods `_item(index)`, which gives x[index], and "
        "`_put(index, value)`, which assigns to it."
    )
    Subscripted = heap_type("ngrad_kernels.subscripts.Subscripted", doc, SUBSCRIPTS)


def _whole(it: Code, index: Any) -> None:
    """Code that puts Python's integer in the place of an index that is a cell of one."""
    builder = it.builder
    value = builder.alloca(WORD)
    given = builder.load(index)
    with builder.if_then(builder.call(it.module.globals["integer_of"], [given, value])):
        make = it.external("PyLong_FromLongLong", POINTER, WORD)
        whole = builder.call(make, [builder.load(value)])
        it.unless_null(whole, NULL, given)
        it.let_go(given)
        builder.store(whole, index)


def write_subscript(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """subscript(cell, index): an element, a row, a view that was taken before, or the elements at
    those of another cell. What is none of them, and all that somebody listens to, is for
    `cell._item(index)`.
    """
    part_of_part = _write_part_of_part(module, kinds)
    it = Code(module, "subscript", POINTER, POINTER, POINTER)
    this, given = it.function.args
    builder, none = it.builder, it.known(None)
    held_by, of_window = module.globals["held_by"], offsets(kinds.window)
    window = window_of(it, ways.state)

    def leave(*held: Any) -> None:
        for thing in (*held, window):
            it.let_go(thing)
        builder.ret(it.call_method(METHOD, this, given))

    read = builder.alloca(POINTER)
    builder.store(builder.call(held_by, [this]), read)
    with builder.if_else(it.is_null(builder.load(read))) as (other, plain):
        with other:  # of a view, if nobody is to hear how what it shows comes of its owner
            unread = it.same(it.get(window, of_window["readers"]), it.known(0))
            with builder.if_then(builder.not_(unread), likely=False):
                leave()
            found = builder.call(module.globals["shown"], [this])
            it.unless_null(found, NULL, window)
            with builder.if_then(it.same(found, none), likely=False):
                leave(found)
            builder.store(found, read)
        with plain:
            it.hold(builder.load(read))
    x = builder.load(read)
    place = builder.alloca(POINTER)
    builder.store(given, place)
    it.hold(given)
    with builder.if_then(it.is_of(given, kinds.cell), likely=False):
        owner = it.get(this, offsets(kinds.cell)["_owner"])
        trace, readers = (it.get(window, of_window[name]) for name in ("trace", "readers"))
        # A recording reads arrays its own way, and a tape has to hear how a view came of its owner.
        unheard = builder.or_(it.same(owner, none), it.same(readers, it.known(0)))
        may = builder.and_(unheard, it.same(trace, none))
        with builder.if_then(builder.not_(may), likely=False):
            leave(x, given)
        _whole(it, place)
        at = builder.call(held_by, [builder.load(place)])
        with builder.if_then(builder.not_(it.is_null(at))):
            where = it.get(at, offsets(kinds.kinds.tensor)["_layout"])
            ndim = it.get(where, offsets(kinds.kinds.layout)["ndim"])
            # A number may stand for an integer of another dtype, or be a mask.
            with builder.if_then(it.same(ndim, it.known(0)), likely=False):
                leave(x, given)
            it.let_go(given)
            _take(it, kinds, x, at, window, ways)

    index = builder.load(place)
    of_number, of_tuple = it.is_of(index, int), it.is_of(index, tuple)
    with builder.if_then(builder.or_(of_number, of_tuple)):
        give(it, call(it, "element_of", x, index, window), x, index, window)
    with builder.if_then(of_number):
        give(it, call(it, "row_of", this, x, index, window), x, index, window)
        give(it, builder.call(part_of_part, [this, index, window]), x, index, window)
        leave(x, index)
    find = it.external("PyObject_CallOneArg", POINTER, POINTER, POINTER)
    key = builder.call(find, [it.known(key_of), index])
    it.unless_null(key, NULL, x, index, window)
    with builder.if_then(builder.not_(it.same(key, none))):
        with builder.if_then(builder.not_(it.is_of(index, slice))):  # of NumPy's integers
            give(it, call(it, "element_of", x, key, window), x, index, key, window)
        with builder.if_else(it.is_of(key, int)) as (row, part):
            with row:
                found = call(it, "row_of", this, x, key, window)
                give(it, found, x, index, key, window)
            with part:
                owner = it.get(this, offsets(kinds.cell)["_owner"])
                with builder.if_then(it.same(owner, none)):
                    found = call(it, "view_of", this, key, window)
                    give(it, found, x, index, key, window)
                found = builder.call(part_of_part, [this, key, window])
                give(it, found, x, index, key, window)
    leave(x, index, key)


def _write_part_of_part(module: ir.Module, kinds: CellKinds) -> ir.Function:
    """part_of_part(cell, key, window): of a part of another cell, a part that was taken before: a
    view of that other, known by both keys. None of any other; null if that raised.
    """
    it = Code(module, "part_of_part", POINTER, *[POINTER] * 3)
    this, key, window = it.function.args
    builder, none, of_cell = it.builder, it.known(None), offsets(kinds.cell)
    owner, way = (it.get(this, of_cell[name]) for name in ("_owner", "_way"))
    with builder.if_then(it.is_of(way, kinds.part)):
        first = it.item(way, kinds.part._fields.index("key"))
        with builder.if_then(builder.not_(it.same(first, none))):
            parts = it.known(kinds.part), first, key
            for thing in (owner, *parts):
                it.hold(thing)
            both = it.tuple_of(*parts, otherwise=(owner,))
            found = call(it, "view_of", owner, both, window)
            for thing in (owner, both):
                it.let_go(thing)
            with builder.if_then(builder.icmp_unsigned("!=", found, none)):
                # Or it raised. What it gives may be written to in the owner's memory.
                for name in ("_seen", "_held"):
                    it.hold(none)
                    it.replace(this, of_cell[name], none)
            builder.ret(found)
    it.hold(none)
    builder.ret(none)
    return it.function


def _take(it: Code, kinds: CellKinds, x: Any, at: Any, window: Any, ways: Ways) -> None:
    """Code that returns a cell of the items of a tensor at those of another. It lets go of the
    first, and of the window.
    """
    builder, none = it.builder, it.known(None)

    def give(out: Any) -> None:
        for operand in (x, at, window):
            it.let_go(operand)
        made = builder.call(it.module.globals["cell"], [out, none, none, none])
        it.let_go(out)
        builder.ret(made)

    it.hold(at)
    with builder.if_then(builder.call(_write_in_range(it.module, kinds), [x, at])):
        small = it.attribute(it.known(ways.settings), SMALL, x, at, window)
        for operand in (x, at):
            it.hold(operand)
        both = it.tuple_of(x, at, otherwise=(small, window, x, at))
        calls, params = it.known(ways.calls), it.known(ways.params)
        out = it.call_known(ways.found, window, calls, params, small, both)
        for thing in (both, small):
            it.let_go(thing)
        it.unless_null(out, NULL, x, at, window)
        with builder.if_then(builder.not_(it.same(out, none))):
            give(out)
        it.let_go(out)
    out = it.call_known(ways.taken, x, at)
    it.unless_null(out, NULL, x, at, window)
    give(out)


def write_viewed(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """viewed(cell), bound to a key and a function: a view by the key that was taken before; or what
    the function gives for the cell.
    """
    it = Function(module, "viewed", 1)
    builder, this = it.builder, it.given_object(0)
    window = window_of(it, ways.state)
    give(it, call(it, "view_of", this, it.bound(0), window), window)
    it.let_go(window)
    otherwise = it.external("PyObject_CallOneArg", POINTER, POINTER, POINTER)
    builder.ret(builder.call(otherwise, [it.bound(1), this]))
