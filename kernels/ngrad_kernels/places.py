"""Where elements of what cells show lie, in machine code, as long as nothing of it needs Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.holding import write_held_by
from ngrad_kernels.machine import BIT, INT, POINTER, WORD, Code
from ngrad_kernels.making import NULL, shown_at, shown_by

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

NOWHERE = WORD(-(1 << 63))
"""No offset of an element, which may lie before the first one."""


def write_places(module: ir.Module, kinds: CellKinds) -> None:
    """The functions of this module, in an order in which each finds those that it calls."""
    write_held_by(module, kinds.cell, kinds.kinds.tensor)
    for write in (
        _silent,
        _is_number,
        _integer_of,
        _offset,
        _spot,
        _row,
        _known_view,
        _part,
        _shown,
    ):
        write(module, kinds)


def _silent(module: ir.Module, kinds: CellKinds) -> None:
    """silent(x, window): whether a tensor is there, and nobody listens to the window."""
    it = Code(module, "silent", BIT, POINTER, POINTER)
    x, window = it.function.args
    of_window, of_tensor = offsets(kinds.window), offsets(kinds.kinds.tensor)
    it.unless(it.is_of(x, kinds.kinds.tensor), BIT(0))
    it.unless(it.builder.not_(it.same(it.get(x, of_tensor["_at"]), it.known(0))), BIT(0))
    it.unless(it.same(it.get(window, of_window["readers"]), it.known(0)), BIT(0))
    it.builder.ret(it.same(it.get(window, of_window["trace"]), it.known(None)))


def _is_number(module: ir.Module, kinds: CellKinds) -> None:
    """is_number(thing): whether it is a cell that is no view, and has no axes, nor ever had."""
    it = Code(module, "is_number", BIT, POINTER)
    (thing,) = it.function.args
    of_cell, of_tensor = offsets(kinds.cell), offsets(kinds.kinds.tensor)
    held = it.builder.call(module.globals["held_by"], [thing])
    it.unless(it.builder.not_(it.is_null(held)), BIT(0))
    for part in ("_owner", "_way"):
        it.unless(it.same(it.get(thing, of_cell[part]), it.known(None)), BIT(0))
    where = it.get(held, of_tensor["_layout"])
    ndim = it.get(where, offsets(kinds.kinds.layout)["ndim"])
    it.builder.ret(it.same(ndim, it.known(0)))


def _integer_of(module: ir.Module, kinds: CellKinds) -> None:
    """integer_of(thing, place): whether it is a cell that stands for a number of int64, whose value
    is there, in the host's memory; then it is stored.
    """
    it = Code(module, "integer_of", BIT, POINTER, WORD.as_pointer())
    thing, place = it.function.args
    builder, nobody = it.builder, it.known(None)
    of_cell, of_layout = offsets(kinds.cell), offsets(kinds.kinds.layout)
    of_tensor = offsets(kinds.kinds.tensor)
    held = builder.call(module.globals["held_by"], [thing])
    it.unless(builder.not_(it.is_null(held)), BIT(0))
    for part in ("_owner", "_way"):
        it.unless(it.same(it.get(thing, of_cell[part]), nobody), BIT(0))
    it.unless(builder.not_(it.same(it.get(held, of_tensor["_at"]), it.known(0))), BIT(0))
    where = it.get(held, of_tensor["_layout"])
    it.unless(it.same(it.get(where, of_layout["dtype"]), it.known(kinds.dtypes["i8"])), BIT(0))
    it.unless(it.same(it.get(where, of_layout["ndim"]), it.known(0)), BIT(0))
    it.unless(it.same(it.get(where, of_layout["device"]), it.known(kinds.host)), BIT(0))
    at = builder.inttoptr(it.integer(it.get(held, of_tensor["_at"])), WORD.as_pointer())
    builder.store(builder.load(at), place)
    builder.ret(BIT(1))


def _offset(module: ir.Module, kinds: CellKinds) -> None:
    """offset(layout, axis, index): bytes from the first element to one along an axis; `NOWHERE` if
    the index is no integer or out of range.
    """
    it = Code(module, "offset", WORD, POINTER, WORD, POINTER)
    layout, axis, index = it.function.args
    builder, of_layout = it.builder, offsets(kinds.kinds.layout)
    given = builder.alloca(WORD)
    with builder.if_else(it.is_of(index, int)) as (plain, other):
        with plain:
            flow = builder.alloca(INT)
            whole = it.external("PyLong_AsLongLongAndOverflow", WORD, POINTER, flow.type)
            builder.store(builder.call(whole, [index, flow]), given)
            it.unless(builder.icmp_signed("==", builder.load(flow), INT(0)), NOWHERE)
        with other:
            it.unless(builder.call(module.globals["integer_of"], [index, given]), NOWHERE)
    extent, stride = (
        it.integer(it.item(it.get(layout, of_layout[name]), axis)) for name in ("shape", "strides")
    )
    value = builder.load(given)
    negative = builder.icmp_signed("<", value, WORD(0))
    at = builder.select(negative, builder.add(value, extent), value)
    it.unless(builder.icmp_unsigned("<", at, extent), NOWHERE)
    builder.ret(builder.mul(at, stride))


def _spot(module: ir.Module, kinds: CellKinds) -> None:
    """spot(layout, index): bytes from the first element to that of an index, or of what an index is
    known by (`keys.py`); `NOWHERE` if it is not of an integer for each axis, all in range.
    """
    it = Code(module, "spot", WORD, POINTER, POINTER)
    layout, index = it.function.args
    builder = it.builder
    size = it.external("PyTuple_Size", WORD, POINTER)
    ndim = builder.call(size, [it.get(layout, offsets(kinds.kinds.layout)["shape"])])
    with builder.if_then(builder.not_(it.is_of(index, tuple))):
        it.unless(builder.icmp_signed("==", ndim, WORD(1)), NOWHERE)
        builder.ret(builder.call(module.globals["offset"], [layout, WORD(0), index]))
    count, first, total = (builder.alloca(WORD) for _ in range(3))
    builder.store(builder.call(size, [index]), count)
    builder.store(WORD(0), first)
    with builder.if_then(builder.icmp_signed(">", builder.load(count), WORD(0))):
        key = it.same(it.item(index, 0), it.known(tuple))
        builder.store(builder.zext(key, WORD), first)
    axes = builder.sub(builder.load(count), builder.load(first))
    it.unless(builder.icmp_signed("==", axes, ndim), NOWHERE)
    builder.store(WORD(0), total)
    with it.loop(axes) as k:
        one = it.item(index, builder.add(k, builder.load(first)))
        step = builder.call(module.globals["offset"], [layout, k, one])
        it.unless(builder.icmp_signed("!=", step, NOWHERE), NOWHERE)
        builder.store(builder.add(builder.load(total), step), total)
    builder.ret(builder.load(total))


def _row(module: ir.Module, kinds: CellKinds) -> None:
    """row(x, index): what a tensor that is there has at an integer along its first axis, of which
    its layout knows how it lies; None if that does not, or of no integer; null if it raised.
    """
    it = Code(module, "row", POINTER, POINTER, POINTER)
    x, index = it.function.args
    builder, none = it.builder, it.known(None)
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    where, block = it.get(x, of_tensor["_layout"]), it.get(x, of_tensor["_block"])
    lies = it.get(where, of_layout["row"])
    step = builder.alloca(WORD)
    builder.store(NOWHERE, step)
    with builder.if_then(builder.not_(it.is_null(lies))):
        builder.store(builder.call(module.globals["offset"], [where, WORD(0), index]), step)
    with builder.if_then(builder.icmp_signed("==", builder.load(step), NOWHERE), likely=False):
        it.hold(none)
        builder.ret(none)
    place = builder.add(it.integer(it.get(x, of_tensor["_at"])), builder.load(step))
    at = builder.call(it.external("PyLong_FromLongLong", POINTER, WORD), [place])
    it.unless_null(at, NULL)
    it.hold(block)
    builder.ret(shown_by(it, kinds.kinds.tensor, block, at, lies))


def _known_view(module: ir.Module, kinds: CellKinds) -> None:
    """known_view(x, key): what the layout's `views` have by a key: of a view, at how many bytes
    from a tensor it lies, its layout and its way. Null if they have nothing, or if that raised.
    """
    it = Code(module, "known_view", POINTER, POINTER, POINTER)
    x, key = it.function.args
    where = it.get(x, offsets(kinds.kinds.tensor)["_layout"])
    views = it.get(where, offsets(kinds.kinds.layout)["views"])
    it.unless(it.builder.not_(it.is_null(views)), NULL)
    it.hold(views)  # a key may compare in Python: whatever runs then may have them forgotten
    find = it.external("PyDict_GetItemWithError", POINTER, POINTER, POINTER)
    found = it.builder.call(find, [views, key])
    it.hold(found)  # null, too, as CPython's function for others has it
    it.let_go(views)
    it.builder.ret(found)


def _part(module: ir.Module, kinds: CellKinds) -> None:
    """part(x, key): what is shown of a tensor that is there, by a key by which that was shown
    before of one that lies alike; None if it was not; null if it raised.
    """
    it = Code(module, "part", POINTER, POINTER, POINTER)
    x, key = it.function.args
    builder, none = it.builder, it.known(None)
    it.hold(x)  # objects are made from here on: whatever runs then may have others forgotten
    found = builder.call(module.globals["known_view"], [x, key])
    with builder.if_then(it.is_null(found)):
        it.let_go(x)
        occurred = it.external("PyErr_Occurred", POINTER)
        it.unless(it.is_null(builder.call(occurred, [])), NULL)
        it.hold(none)
        builder.ret(none)
    out = seen_as(it, kinds, x, found, x)
    it.let_go(found)
    it.let_go(x)
    builder.ret(out)


def seen_as(it: Code, kinds: CellKinds, x: Any, found: Any, *held: Any) -> Any:
    """A tensor of what a view shows of another that is there, as `known_view` found it; where there
    is none, lets go of this and of what is held, and returns null.
    """
    at = it.integer(it.get(x, offsets(kinds.kinds.tensor)["_at"]))
    place = it.builder.add(at, it.integer(it.item(found, 0)))
    return shown_at(it, kinds.kinds.tensor, x, place, it.item(found, 1), found, *held)


def _shown(module: ir.Module, kinds: CellKinds) -> None:
    """shown(cell): a tensor of what a view shows of a cell that is none itself, and whose value is
    there, if it is a row, or was shown before; the view does not hold it. None for any other; null
    if that raised.
    """
    it = Code(module, "shown", POINTER, POINTER)
    (this,) = it.function.args
    builder, none = it.builder, it.known(None)
    of_cell, of_tensor = offsets(kinds.cell), offsets(kinds.kinds.tensor)

    def unless(holds: Any) -> None:
        with builder.if_then(builder.not_(holds), likely=False):
            it.hold(none)
            builder.ret(none)

    unless(it.is_of(this, kinds.cell))
    owner, way = (it.get(this, of_cell[name]) for name in ("_owner", "_way"))
    unless(builder.not_(builder.or_(it.is_null(owner), it.is_null(way))))
    unless(it.is_of(owner, kinds.cell))
    unless(it.same(it.get(owner, of_cell["_owner"]), none))
    x = it.get(owner, of_cell["_held"])
    unless(it.is_of(x, kinds.kinds.tensor))
    unless(builder.not_(it.same(it.get(x, of_tensor["_at"]), it.known(0))))
    key = builder.alloca(POINTER)
    builder.store(way, key)
    with builder.if_then(it.is_of(way, kinds.part)):
        builder.store(it.item(way, kinds.part._fields.index("key")), key)
        with builder.if_then(it.is_of(builder.load(key), int)):
            builder.ret(builder.call(module.globals["row"], [x, builder.load(key)]))
    builder.ret(builder.call(module.globals["part"], [x, builder.load(key)]))
