"""The few functions that Python calls in machine code, written in LLVM's terms: so calling a kernel
costs no more than calling a function of CPython's own. Each reads its arguments as `METH_FASTCALL`
passes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from ngrad_kernels.machine import INT, POINTER, WORD, WORDS, Code, Function, build, without_gil


def _smaller(builder: ir.IRBuilder, x: Any, y: Any) -> Any:
    return builder.select(builder.icmp_signed("<", x, y), x, y)


def _run(module: ir.Module) -> None:
    """run(kernel, facts, n, *operands): a kernel over [0, n)."""
    it = Function(module, "run", 3, None)
    words = it.integers()
    builder = it.builder
    kernel, facts, n = (it.word(words, k) for k in range(3))
    table = builder.gep(words, [WORD(2)])
    builder.store(facts, table)  # where n was, beside the operands
    it.call_kernel(kernel, table, WORD(0), n)
    it.done()


@contextmanager
def each_launch(
    it: Function, code: Any, count: Any, registers: Any, table: Any = None
) -> Iterator[tuple[Any, ...]]:
    """Code for each launch of some, on end, which are laid out as `words.Words` has them: its
    kernel, its table (the facts, and the address of each operand), n, and grain.
    """
    builder = it.builder
    table = it.allocate(TABLE) if table is None else table
    cursor = builder.alloca(WORDS)
    builder.store(builder.inttoptr(code, WORDS), cursor)
    with it.loop(count):
        at = builder.load(cursor)
        kernel, facts, n, grain, operands = (it.word(at, k) for k in range(5))
        builder.store(facts, table)
        pairs = builder.gep(at, [WORD(5)])
        with it.loop(operands) as k:
            pair = builder.gep(pairs, [builder.mul(k, WORD(2))])
            base = builder.load(builder.gep(registers, [it.word(pair, 0)]))
            place = builder.gep(table, [builder.add(k, WORD(1))])
            builder.store(builder.add(base, it.word(pair, 1)), place)
        yield kernel, table, n, grain
        builder.store(builder.gep(pairs, [builder.mul(operands, WORD(2))]), cursor)


def in_grains(it: Function, kernel: Any, table: Any, n: Any, grain: Any) -> None:
    """Code for a launch in this thread, in grains, as a parallel launch would: what a kernel is
    called with is the same.
    """
    with it.loop(n, grain) as first:
        last = _smaller(it.builder, n, it.builder.add(first, grain))
        it.call_kernel(kernel, table, first, last)


def _march(module: ir.Module) -> None:
    """march(parallel_for, threads, code, steps, registers): launches on end, over registers as
    bytes, without the GIL; those of more than a few grains by the threading layer's loop.
    """
    chunks = _chunks(module)
    it = Function(module, "march", 5)
    builder = it.builder
    layer, threads, code, steps = (it.given_integer(k) for k in range(4))
    registers = it.words_in(it.given_object(4))
    shared = it.allocate(4)
    with without_gil(it), each_launch(it, code, steps, registers) as (kernel, table, n, grain):
        count = builder.sdiv(builder.add(n, builder.sub(grain, WORD(1))), grain)
        many = builder.icmp_signed(">", count, WORD(1))
        with builder.if_else(many) as (together, alone):
            with together:
                parts = (kernel, builder.ptrtoint(table, WORD), n, grain)
                for k, value in enumerate(parts):
                    builder.store(value, builder.gep(shared, [WORD(k)]))
                _share(it, chunks, layer, threads, count, shared)
            with alone:
                in_grains(it, kernel, table, n, grain)
    it.done()


def _chunks(module: ir.Module) -> ir.Function:
    """What the threading layer calls for a range of grains. It advances the one operand that it
    knows, whose step is 1, from address 0: so that operand is the first grain's number.
    """
    found = module.globals.get("chunks")
    if found is not None:
        return found
    it = Code(module, "chunks", ir.VoidType(), WORDS, WORDS, WORDS, WORDS)
    operands, sizes, _, launch = it.function.args
    builder = it.builder
    kernel, table, n, grain = (it.word(launch, k) for k in range(4))
    begin = it.word(operands, 0)
    with it.loop(it.word(sizes, 0)) as k:
        first = builder.mul(builder.add(begin, k), grain)
        last = _smaller(builder, n, builder.add(first, grain))
        it.call_kernel(kernel, builder.inttoptr(table, WORDS), first, last)
    builder.ret_void()
    return it.function


def _drive(module: ir.Module) -> None:
    """drive(parallel_for, threads, kernel, table, n, grain): a kernel on all threads, without the
    GIL. `parallel_for` is the threading layer's, 0 for none: then in this thread alone.
    """
    chunks = _chunks(module)
    it = Function(module, "drive", 6)
    words = it.integers()
    builder = it.builder
    layer, threads, _, _, n, grain = (it.word(words, k) for k in range(6))
    count = builder.sdiv(builder.add(n, builder.sub(grain, WORD(1))), grain)
    _on_threads(it, chunks, layer, threads, count, builder.gep(words, [WORD(2)]))


def _on_threads(
    it: Function, work: ir.Function, layer: Any, threads: Any, count: Any, words: Any
) -> None:
    """Code for `work` on `count` grains, without the GIL."""
    with without_gil(it):
        _share(it, work, layer, threads, count, words)
    it.done()


def _share(
    it: Function, work: ir.Function, layer: Any, threads: Any, count: Any, words: Any
) -> None:
    """Code for `work` on `count` grains: by the threading layer's loop, or, if that is 0, in this
    thread alone.
    """
    builder = it.builder
    with builder.goto_entry_block():
        start, size, step = (builder.alloca(WORD) for _ in range(3))
    for place, value in ((start, WORD(0)), (size, count), (step, WORD(1))):
        builder.store(value, place)
    with builder.if_else(builder.icmp_signed("==", layer, WORD(0))) as (alone, together):
        with alone:
            builder.call(work, [start, size, step, words])
        with together:
            kind = [POINTER, WORDS, WORDS, WORDS, WORDS, WORD, WORD, INT]
            parallel = ir.FunctionType(ir.VoidType(), kind).as_pointer()
            arguments = [builder.bitcast(work, POINTER), start, size, step, words]
            arguments += [WORD(0), WORD(1), builder.trunc(threads, INT)]
            builder.call(builder.inttoptr(layer, parallel), arguments)


def _pieces(module: ir.Module) -> ir.Function:
    """As `chunks`, for several launches: of each, five words say the kernel, its table, n, grain,
    and how many grains the ones before have.
    """
    it = Code(module, "pieces", ir.VoidType(), WORDS, WORDS, WORDS, WORDS)
    operands, sizes, _, launches = it.function.args
    builder = it.builder
    code, count = builder.inttoptr(it.word(launches, 0), WORDS), it.word(launches, 1)
    begin = it.word(operands, 0)
    which = builder.alloca(WORD)
    builder.store(WORD(0), which)
    with it.loop(it.word(sizes, 0)) as k:
        number = builder.add(begin, k)
        head, forward, found = (builder.append_basic_block() for _ in range(3))
        builder.branch(head)
        builder.position_at_end(head)
        following = builder.add(builder.load(which), WORD(1))
        place = builder.select(
            builder.icmp_signed("<", following, count), following, builder.load(which)
        )
        starts = it.word(builder.gep(code, [builder.mul(place, WORD(5))]), 4)
        further = builder.and_(
            builder.icmp_signed("<", following, count), builder.icmp_signed("<=", starts, number)
        )
        builder.cbranch(further, forward, found)
        builder.position_at_end(forward)
        builder.store(following, which)
        builder.branch(head)
        builder.position_at_end(found)
        at = builder.gep(code, [builder.mul(builder.load(which), WORD(5))])
        kernel, table, n, grain, before = (it.word(at, j) for j in range(5))
        first = builder.mul(builder.sub(number, before), grain)
        last = _smaller(builder, n, builder.add(first, grain))
        it.call_kernel(kernel, builder.inttoptr(table, WORDS), first, last)
    builder.ret_void()
    return it.function


def _drive_all(module: ir.Module) -> None:
    """drive_all(parallel_for, threads, code, count, grains): several launches at once, on all
    threads, without the GIL.
    """
    pieces = _pieces(module)
    it = Function(module, "drive_all", 5)
    words = it.integers()
    builder = it.builder
    layer, threads, _, _, grains = (it.word(words, k) for k in range(5))
    _on_threads(it, pieces, layer, threads, grains, builder.gep(words, [WORD(2)]))


def _weak(module: ir.Module) -> None:
    """weak(x): a weak reference to x. `weakref.ref`, a class, takes twice as long to make one."""
    it = Function(module, "weak", 1)
    make = it.external("PyWeakref_NewRef", POINTER, POINTER, POINTER)
    it.builder.ret(it.builder.call(make, [it.given_object(0), POINTER(None)]))


def _blank(module: ir.Module) -> None:
    """blank(kind): an object of a class with `__slots__`, all unset: what `object.__new__` gives,
    in half the time.
    """
    it = Function(module, "blank", 1)
    make = it.external("PyType_GenericAlloc", POINTER, POINTER, WORD)
    it.builder.ret(it.builder.call(make, [it.given_object(0), WORD(0)]))


def _untracked(module: ir.Module) -> None:
    """untracked(*things): have Python's collector pass over things that are in no cycle which only
    it could find: of what is kept it goes over all, again and again as more is. Not weak references
    with a callback, which it expects among what it knows.
    """
    it = Function(module, "untracked", 0, None)
    with it.loop(it.count) as k:
        untrack = it.external("PyObject_GC_UnTrack", ir.VoidType(), POINTER)
        it.builder.call(untrack, [it.builder.load(it.builder.gep(it.given, [k]))])
    it.done()


def _rising(module: ir.Module) -> None:
    """rising(address, count): the first and the last of so many integers, which lie side by side,
    if each is greater than the one before; None if not, or if there are none.
    """
    it = Function(module, "rising", 2)
    builder = it.builder
    words, count = builder.inttoptr(it.given_integer(0), WORDS), it.given_integer(1)
    it.raise_if_any()
    it.done_unless(builder.icmp_signed(">", count, WORD(0)))
    last = builder.sub(count, WORD(1))
    with it.loop(last) as k:
        pair = builder.gep(words, [k])
        it.done_unless(builder.icmp_signed("<", it.word(pair, 0), it.word(pair, 1)))
    number = it.external("PyLong_FromLongLong", POINTER, WORD)
    first = builder.call(number, [it.word(words, 0)])
    it.unless_null(first, POINTER(None))
    final = builder.call(number, [builder.load(builder.gep(words, [last]))])
    it.unless_null(final, POINTER(None), first)
    builder.ret(it.tuple_of(first, final))


TABLE = 64
"""Words of the table that is filled for a launch: the facts, and one for each operand."""


FUNCTIONS = {
    "run": _run,
    "march": _march,
    "drive": _drive,
    "drive_all": _drive_all,
    "weak": _weak,
    "blank": _blank,
    "rising": _rising,
    "untracked": _untracked,
}


run, march, drive, drive_all, weak, blank, rising, untracked = build("ngrad.native", **FUNCTIONS)
