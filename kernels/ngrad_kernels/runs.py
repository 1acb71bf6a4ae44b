"""Elements that are assigned to together, in machine code: blocks of a layout that an index of
integers and slices names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ngrad_kernels.heap_types import offsets
from ngrad_kernels.keys import bounds
from ngrad_kernels.machine import BIT, INT, POINTER, WORD, WORDS, Code
from ngrad_kernels.places import NOWHERE

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds

RUN = BEGIN, COUNT, STEP, INNER, FREE, FIRST, WIDTH = range(7)
"""What is told of blocks, in words: where the first one begins, in bytes from the first element,
how many there are, how far apart, and of how many bytes; how many axes they have, and the first of
these, along which they follow one another; and how many elements or rows a block has.
"""
MOST, SHARED = 1 << 12, 1 << 20
"""Bytes that are written by themselves, and those from which on threads share a copy."""
WIDE = 1 << 5
"""Bytes of a block from which on blocks are copied as fast as memory is."""
LEAST, GREATEST = -(1 << 63), (1 << 63) - 1


def write_runs(module: ir.Module, kinds: CellKinds) -> None:
    for write in (_bound, _sliced, _run, _fits, _fill):
        write(module, kinds)


def _bound(module: ir.Module, kinds: CellKinds) -> None:
    """bound(thing, place): whether a bound of a slice is an integer, which is stored, or None."""
    it = Code(module, "bound", BIT, POINTER, WORDS)
    thing, place = it.function.args
    builder = it.builder
    with builder.if_then(it.same(thing, it.known(None))):
        builder.ret(BIT(1))
    with builder.if_then(it.is_of(thing, int)):
        flow = builder.alloca(INT)
        whole = it.external("PyLong_AsLongLongAndOverflow", WORD, POINTER, flow.type)
        builder.store(builder.call(whole, [thing, flow]), place)
        builder.ret(builder.icmp_signed("==", builder.load(flow), INT(0)))
    builder.ret(builder.call(module.globals["integer_of"], [thing, place]))


def _sliced(module: ir.Module, kinds: CellKinds) -> None:
    """sliced(item, extent, words): whether a slice is of integers; then where it starts, its step
    and its count are stored.
    """
    it = Code(module, "sliced", BIT, POINTER, WORD, WORDS)
    item, extent, words = it.function.args
    builder = it.builder
    start, stop, step = (it.get(item, at) for at in bounds())
    first, last, by = (builder.alloca(WORD) for _ in range(3))
    builder.store(WORD(1), by)
    it.unless(builder.call(module.globals["bound"], [step, by]), BIT(0))
    way = builder.load(by)
    it.unless(builder.icmp_signed("!=", way, WORD(0)), BIT(0))
    it.unless(builder.icmp_signed("!=", way, WORD(LEAST)), BIT(0))
    back = builder.icmp_signed("<", way, WORD(0))
    builder.store(builder.select(back, WORD(GREATEST), WORD(0)), first)
    builder.store(builder.select(back, WORD(LEAST), WORD(GREATEST)), last)
    for thing, place in ((start, first), (stop, last)):
        it.unless(builder.call(module.globals["bound"], [thing, place]), BIT(0))
    adjust = it.external("PySlice_AdjustIndices", WORD, WORD, WORDS, WORDS, WORD)
    count = builder.call(adjust, [extent, first, last, way])
    for k, value in enumerate((builder.load(first), way, count)):
        builder.store(value, builder.gep(words, [WORD(k)]))
    builder.ret(BIT(1))


def _run(module: ir.Module, kinds: CellKinds) -> None:
    """run(layout, index, words): whether an index names blocks of elements, of which is told in
    words: elements along one axis, or what lies side by side along all axes behind one.
    """
    it = Code(module, "run", BIT, POINTER, POINTER, WORDS)
    layout, index, words = it.function.args
    builder = it.builder
    of_layout = offsets(kinds.kinds.layout)
    shape, strides = (it.get(layout, of_layout[name]) for name in ("shape", "strides"))
    size = it.external("PyTuple_Size", WORD, POINTER)
    ndim = builder.call(size, [shape])
    elements = it.integer(it.get(layout, of_layout["size"]))
    it.unless(builder.icmp_signed(">", elements, WORD(0)), BIT(0))
    itemsize = builder.sdiv(it.integer(it.get(layout, of_layout["nbytes"])), elements)
    several = it.is_of(index, tuple)
    given, after, apart = builder.alloca(WORD), builder.alloca(BIT), builder.alloca(WORD)
    builder.store(WORD(1), given)
    builder.store(BIT(0), after)
    builder.store(itemsize, apart)
    with builder.if_then(several):
        builder.store(builder.call(size, [index]), given)
    with builder.if_then(it.same(index, it.known(Ellipsis))):
        builder.store(WORD(0), given)
    it.unless(builder.icmp_signed("<=", builder.load(given), ndim), BIT(0))

    def told(k: int) -> Any:
        return builder.load(builder.gep(words, [WORD(k)]))

    def tell(k: int, value: Any) -> None:
        builder.store(value, builder.gep(words, [WORD(k)]))

    for k in (BEGIN, FREE):
        tell(k, WORD(0))
    one, part = it.references(WORD(1)), it.allocate(3)
    with it.loop(ndim) as axis:
        extent, stride = (it.integer(it.item(x, axis)) for x in (shape, strides))
        for k, value in enumerate((WORD(0), WORD(1), extent)):
            builder.store(value, builder.gep(part, [WORD(k)]))
        builder.store(it.known(Ellipsis), one)
        with builder.if_then(builder.icmp_signed("<", axis, builder.load(given))):
            builder.store(index, one)
            with builder.if_then(several):
                builder.store(it.item(index, axis), one)
            it.unless(builder.not_(it.same(builder.load(one), it.known(Ellipsis))), BIT(0))
        item = builder.load(one)
        free = builder.or_(it.is_of(item, slice), it.same(item, it.known(Ellipsis)))
        with builder.if_else(free) as (taken, place):
            with place:
                step = builder.call(module.globals["offset"], [layout, axis, item])
                it.unless(builder.icmp_signed("!=", step, NOWHERE), BIT(0))
                tell(BEGIN, builder.add(told(BEGIN), step))
                inner = builder.icmp_signed(">", told(FREE), WORD(0))
                builder.store(builder.or_(builder.load(after), inner), after)
            with taken:
                with builder.if_then(it.is_of(item, slice)):
                    found = builder.call(module.globals["sliced"], [item, extent, part])
                    it.unless(found, BIT(0))
                start, by, count = (it.word(part, k) for k in range(3))
                tell(BEGIN, builder.add(told(BEGIN), builder.mul(start, stride)))
                seen = told(FREE)
                with builder.if_then(builder.icmp_signed("==", seen, WORD(0))):
                    tell(FIRST, axis)
                    tell(COUNT, count)
                    tell(STEP, builder.mul(stride, by))
                with builder.if_then(builder.icmp_signed(">", seen, WORD(0))):
                    it.unless(builder.icmp_signed("==", by, WORD(1)), BIT(0))
                    with builder.if_then(builder.icmp_signed("==", seen, WORD(1))):
                        tell(WIDTH, count)
                        tell(INNER, builder.mul(count, stride))
                    with builder.if_then(builder.icmp_signed(">", seen, WORD(1))):
                        it.unless(builder.icmp_signed("==", count, extent), BIT(0))
                        beside = builder.mul(extent, stride)
                        it.unless(builder.icmp_signed("==", beside, builder.load(apart)), BIT(0))
                    builder.store(stride, apart)
                tell(FREE, builder.add(seen, WORD(1)))
    with builder.if_else(builder.icmp_signed("==", told(FREE), WORD(1))) as (line, block):
        with line:
            tell(INNER, itemsize)
        with block:
            it.unless(builder.icmp_signed(">", told(FREE), WORD(1)), BIT(0))
            two = builder.icmp_signed("==", told(FREE), WORD(2))
            it.unless(builder.or_(two, builder.not_(builder.load(after))), BIT(0))
            it.unless(builder.icmp_signed("==", builder.load(apart), itemsize), BIT(0))
    some = (builder.icmp_signed(">", told(k), WORD(0)) for k in (COUNT, INNER))
    builder.ret(builder.and_(*some))


def _fits(module: ir.Module, kinds: CellKinds) -> None:
    """fits(own, layout, words): whether one layout has as many elements as blocks of another, axis
    by axis, in its dtype.
    """
    it = Code(module, "fits", BIT, POINTER, POINTER, WORDS)
    own, layout, words = it.function.args
    builder = it.builder
    of_layout = offsets(kinds.kinds.layout)
    for name in ("dtype", "device"):
        it.unless(it.same(*(it.get(lies, of_layout[name]) for lies in (own, layout))), BIT(0))
    shape, sizes = (it.get(lies, of_layout["shape"]) for lies in (own, layout))
    ndim = builder.call(it.external("PyTuple_Size", WORD, POINTER), [shape])
    it.unless(builder.icmp_signed("==", ndim, it.word(words, FREE)), BIT(0))
    with it.loop(ndim) as k:
        extent = it.integer(it.item(shape, k))
        for place, count in enumerate((COUNT, WIDTH)):
            with builder.if_then(builder.icmp_signed("==", k, WORD(place))):
                alike = builder.icmp_signed("==", extent, it.word(words, count))
                it.unless(alike, BIT(0))
        with builder.if_then(builder.icmp_signed(">", k, WORD(1))):
            axis = builder.add(it.word(words, FIRST), k)
            alike = builder.icmp_signed("==", extent, it.integer(it.item(sizes, axis)))
            it.unless(alike, BIT(0))
    builder.ret(BIT(1))


def _fill(module: ir.Module, kinds: CellKinds) -> None:
    """fill(value, x, layout, words, address, lies, memory): whether a number could be written to
    all elements of blocks, or as many others, which lie in other memory than a tensor's, of which
    these are; if there is a layout, those that are in order at an address.
    """
    it = Code(module, "fill", BIT, POINTER, POINTER, POINTER, WORDS, WORD, POINTER, WORD)
    value, x, layout, words, address, lies, memory = it.function.args
    builder = it.builder
    of_tensor, of_layout = offsets(kinds.kinds.tensor), offsets(kinds.kinds.layout)
    begin, count, step, inner = (it.word(words, k) for k in range(4))
    begins, nbytes = builder.add(address, begin), builder.mul(count, inner)
    one = builder.icmp_signed("==", step, inner)
    copy = it.external("memcpy", POINTER, WORD, WORD, WORD)
    wide = builder.or_(one, builder.icmp_signed(">=", inner, WORD(WIDE)))
    few = builder.icmp_signed("<", nbytes, builder.select(wide, WORD(SHARED), WORD(MOST)))
    it.unless(few, BIT(0))
    held, own, begun = builder.alloca(POINTER), builder.alloca(POINTER), builder.alloca(WORD)
    for thing, place in ((value, held), (lies, own), (memory, begun)):
        builder.store(thing, place)
    with builder.if_then(it.is_null(lies)):
        with builder.if_then(it.is_of(value, kinds.cell)):
            builder.store(builder.call(module.globals["held_by"], [value]), held)
            it.unless(builder.not_(it.is_null(builder.load(held))), BIT(0))
        given = builder.load(held)
        with builder.if_then(it.is_of(given, kinds.kinds.tensor)):
            block, whole = (it.get(z, of_tensor["_block"]) for z in (given, x))
            it.unless(builder.not_(it.same(block, whole)), BIT(0))
            where, at = (it.get(given, of_tensor[name]) for name in ("_layout", "_at"))
            in_rows = it.same(it.get(where, of_layout["contiguous"]), it.known(True))
            there = builder.not_(it.same(at, it.known(0)))
            with builder.if_then(builder.and_(there, in_rows)):
                builder.store(where, own)
                builder.store(it.integer(at), begun)
    fitting = builder.alloca(BIT)
    builder.store(BIT(0), fitting)
    with builder.if_then(builder.not_(it.is_null(builder.load(own)))):
        alike = builder.call(module.globals["fits"], [builder.load(own), layout, words])
        builder.store(alike, fitting)
    with builder.if_then(builder.load(fitting)):
        source = builder.load(begun)
        with builder.if_then(one):
            builder.call(copy, [begins, source, nbytes])
            builder.ret(BIT(1))
        with it.loop(count) as k:
            to = builder.add(begins, builder.mul(k, step))
            builder.call(copy, [to, builder.add(source, builder.mul(k, inner)), inner])
        builder.ret(BIT(1))
    few = builder.and_(builder.icmp_signed("<", inner, WORD(MOST)), builder.not_(one))
    few = builder.or_(few, builder.icmp_signed("<", nbytes, WORD(MOST)))
    it.unless(few, BIT(0))
    number = builder.ptrtoint(it.allocate(2), WORD)
    it.unless(builder.call(module.globals["put"], [value, layout, number]), BIT(0))
    itemsize = builder.sdiv(
        it.integer(it.get(layout, of_layout["nbytes"])),
        it.integer(it.get(layout, of_layout["size"])),
    )
    with it.loop(inner, itemsize) as j:
        builder.call(copy, [builder.add(begins, j), number, itemsize])
    with it.loop(count) as k:
        to = builder.add(begins, builder.mul(k, step))
        with builder.if_then(builder.icmp_signed(">", k, WORD(0))):
            builder.call(copy, [to, begins, inner])
    builder.ret(BIT(1))
