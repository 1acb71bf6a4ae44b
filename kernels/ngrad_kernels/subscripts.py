"""`x[index]` and `x.T` of cells in machine code, for as long as nothing of it needs Python: of a
small array, Python's own part is most of what these take.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from llvmlite import ir

from ngrad_kernels.heap_types import ITEM, SUBSCRIPT, heap_type, offsets
from ngrad_kernels.holding import attribute, call_known
from ngrad_kernels.keys import key_of
from ngrad_kernels.machine import POINTER, WORD, Code, Function, load
from ngrad_kernels.making import NULL
from ngrad_kernels.memory import Buffer

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

METHOD, WINDOW, SMALL = map(sys.intern, ("_item", "window", "small"))
BIT = ir.IntType(1)


class Ways(NamedTuple):
    """How items are found.

    Attributes
    ----------
    state, settings : object
        With the thread's `window`, and with `small`, as `found` asks for it.
    views : dict
        What shows a view that was taken before, and its way, by layout and key.
    found : callable
        Of `recording.py`.
    calls, params : dict and tuple
        What takes the rows of a tensor at those of another, which are in range.
    taken : callable
        `taken(x, index)`: of a tensor, that of its items at those of another.
    """

    state: Any
    settings: Any
    views: dict[Any, Any]
    found: Callable[..., Any]
    calls: dict[Any, Any]
    params: tuple[Any, ...]
    taken: Callable[[Any, Any], Any]


def _write_in_range(module: ir.Module, kinds: CellKinds) -> ir.Function:
    """in_range(x, index): whether a tensor in the host's memory has axes, and so has another whose
    elements are known to be places along its first axis, and whose memory nobody else writes to.
    """
    it = Code(module, "in_range", BIT, POINTER, POINTER)
    x, index = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)

    def unless(holds: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            builder.ret(BIT(0))

    for operand in (x, index):
        unless(builder.icmp_unsigned("!=", it.get(operand, of_tensor["_at"]), it.known(0)))
        unless(it.is_of(it.get(operand, of_tensor["_block"]), Buffer))
    size = it.external("PyTuple_Size", WORD, POINTER)
    shape, its = (
        it.get(it.get(operand, of_tensor["_layout"]), of_layout["shape"]) for operand in (x, index)
    )
    for sizes in (shape, its):
        unless(builder.icmp_signed(">", builder.call(size, [sizes]), WORD(0)))
    known = it.get(index, of_tensor["_range"])
    unless(builder.not_(it.is_null(known)))
    extent = it.integer(it.item(shape, 0))
    least, greatest = (it.integer(it.item(known, k)) for k in range(2))
    low = builder.icmp_signed(">=", least, builder.neg(extent))
    builder.ret(builder.and_(low, builder.icmp_signed("<", greatest, extent)))
    return it.function


def _call(it: Code, name: str, *things: Any) -> Any:
    """What a function of this module, that Python can call, gives."""
    with it.builder.goto_entry_block():
        given = it.references(len(things))
    for k, thing in enumerate(things):
        it.builder.store(thing, it.at(given, k))
    return it.builder.call(it.module.globals[name], [NULL, given, WORD(len(things))])


def _give(it: Code, found: Any, *held: Any) -> None:
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


ADDRESS, SEQUENCE = load("ngrad.subscripts", subscript=_subscript, item=_item)
if TYPE_CHECKING:

    class Subscripted:
        """A base of classes with a method `_item(index)`, which gives x[index]."""

        __slots__ = ()

        def __getitem__(self, index: Any) -> Any: ...
else:
    # A method in Python would be called at once by x[index], past the slot.
    doc = "A base of classes with a method `_item(index)`, which gives x[index]."
    slots = {SUBSCRIPT: ADDRESS, ITEM: SEQUENCE}
    Subscripted = heap_type("ngrad_kernels.subscripts.Subscripted", doc, slots)


def write_subscript(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """subscript(cell, index): an element, a row, a view that was taken before, or the elements at
    those of another cell. What is none of them, and all that somebody listens to, is for
    `cell._item(index)`.
    """
    held_by = module.globals["held_by"]
    it = Code(module, "subscript", POINTER, POINTER, POINTER)
    this, index = it.function.args
    builder = it.builder

    x = builder.call(held_by, [this])
    with builder.if_then(it.is_null(x), likely=False):
        builder.ret(it.call_method(METHOD, this, index))
    it.hold(x)
    with builder.if_then(it.is_of(index, kinds.cell), likely=False):
        window = attribute(it, ways.state, WINDOW, x)
        of_window = offsets(kinds.window)
        trace, readers = (it.get(window, of_window[name]) for name in ("trace", "readers"))
        # A recording reads arrays its own way, and a tape has to hear how a view came of its owner.
        traced = builder.icmp_unsigned("!=", trace, it.known(None))
        owner = it.get(this, offsets(kinds.cell)["_owner"])
        is_view = builder.icmp_unsigned("!=", owner, it.known(None))
        heard = builder.icmp_unsigned("!=", readers, it.known(0))
        by_python = builder.or_(traced, builder.and_(is_view, heard))
        with builder.if_then(by_python, likely=False):
            it.let_go(window)
            it.let_go(x)
            builder.ret(it.call_method(METHOD, this, index))
        at = builder.call(held_by, [index])
        with builder.if_then(builder.not_(it.is_null(at))):
            where = it.get(at, offsets(kinds.kinds.tensor)["_layout"])
            sizes = it.get(where, offsets(kinds.kinds.layout)["shape"])
            count = builder.call(it.external("PyTuple_Size", WORD, POINTER), [sizes])
            # A number may stand for an integer, which gives a view.
            with builder.if_then(builder.icmp_signed("==", count, WORD(0)), likely=False):
                it.let_go(window)
                it.let_go(x)
                builder.ret(it.call_method(METHOD, this, index))
        _take(it, kinds, x, at, window, ways)

    it.hold(index)
    with builder.if_else(it.is_of(index, int)) as (number, other):
        with number:
            plain = builder.block
        with other:
            find = it.external("PyObject_CallOneArg", POINTER, POINTER, POINTER)
            found = builder.call(find, [it.known(key_of), index])
            it.let_go(index)
            it.unless_null(found, NULL, x)
            read = builder.block
    key = builder.phi(POINTER)
    key.add_incoming(index, plain)
    key.add_incoming(found, read)
    with builder.if_then(builder.icmp_unsigned("!=", key, it.known(None))):
        window = attribute(it, ways.state, WINDOW, x, key)
        of_number = it.is_of(key, int)
        with builder.if_then(builder.not_(it.is_of(index, slice))):
            _give(it, _call(it, "element_of", x, key, window), x, key, window)
        with builder.if_else(of_number) as (row, part):
            with row:
                _give(it, _call(it, "row_of", this, x, key, window), x, key, window)
            with part:
                found = _call(it, "view_of", this, key, it.known(ways.views), window)
                _give(it, found, x, key, window)
        it.let_go(window)
    it.let_go(key)
    it.let_go(x)
    builder.ret(it.call_method(METHOD, this, index))


def _take(it: Code, kinds: CellKinds, x: Any, at: Any, window: Any, ways: Ways) -> None:
    """Code that returns a cell of the items of a tensor at those of another, if there is one. It
    lets go of the former, and, in any case, of the window.
    """
    builder, none = it.builder, it.known(None)

    def give(out: Any) -> None:
        for operand in (x, at):
            it.let_go(operand)
        made = builder.call(it.module.globals["cell"], [out, none, none, none])
        it.let_go(out)
        builder.ret(made)

    with builder.if_then(builder.not_(it.is_null(at))):
        it.hold(at)
        with builder.if_then(builder.call(_write_in_range(it.module, kinds), [x, at])):
            small = attribute(it, ways.settings, SMALL, window, x, at)
            for operand in (x, at):
                it.hold(operand)
            both = it.tuple_of(x, at, otherwise=(small, window, x, at))
            calls, params = it.known(ways.calls), it.known(ways.params)
            out = call_known(it, ways.found, window, calls, params, small, both)
            for thing in (both, small):
                it.let_go(thing)
            it.unless_null(out, NULL, window, x, at)
            with builder.if_then(builder.icmp_unsigned("!=", out, none)):
                it.let_go(window)
                give(out)
            it.let_go(out)
        it.let_go(window)
        out = call_known(it, ways.taken, x, at)
        it.unless_null(out, NULL, x, at)
        give(out)
    it.let_go(window)


def write_viewed(module: ir.Module, ways: Ways) -> None:
    """viewed(cell), bound to a key and a function: a view by the key that was taken before; or what
    the function gives for the cell.
    """
    it = Function(module, "viewed", 1)
    builder, this = it.builder, it.given_object(0)
    window = attribute(it, ways.state, WINDOW)
    _give(it, _call(it, "view_of", this, it.bound(0), it.known(ways.views), window), window)
    it.let_go(window)
    otherwise = it.external("PyObject_CallOneArg", POINTER, POINTER, POINTER)
    builder.ret(builder.call(otherwise, [it.bound(1), this]))
