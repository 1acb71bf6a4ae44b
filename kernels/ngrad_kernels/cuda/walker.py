"""What is asked of the driver most, by the addresses of its functions: no binding takes part."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from ngrad_kernels.machine import INT, POINTER, WORD, WORDS, Function, build, without_gil
from ngrad_kernels.native import each_launch

REFUSED = 32
"""Bits of what `walk` returns that are below the driver's status."""
BLOCK = 32
"""Bits of a launch's shape that are its grid, below the threads of a block."""
NUMBER = (1 << REFUSED) - 1
"""Those bits: the number of the launch that was refused."""


def _walk(module: ir.Module) -> None:
    """walk(row, stream, registers): launches by the driver, laid out as `words.Words` has them:
    handles for kernels, shapes for grains. `row` is the address of four words: that of
    `cuLaunchKernel`, the most words that a launch has, and `Words`' own address and steps;
    `registers` are words as bytes. Returns 0, or at the first that the driver refuses its status
    and, in the lower bits, its number; what follows is not launched.

    Other threads go on meanwhile: the driver waits where a stream has no room for more.
    """
    it = Function(module, "walk", 3)
    it.require(it.builder.icmp_signed("==", it.count, WORD(3)))
    builder = it.builder
    row, stream = builder.inttoptr(it.given_integer(0), WORDS), it.given_integer(1)
    registers = it.words_in(it.given_object(2))
    launch, most, code, count = (it.word(row, k) for k in range(4))
    table, pointers, refused, number = (it.allocate(k) for k in (most, most, 1, 1))
    for place in (refused, number):
        builder.store(WORD(0), place)
    with it.loop(most) as k:  # the driver takes pointers to words
        word = builder.ptrtoint(builder.gep(table, [k]), WORD)
        builder.store(word, builder.gep(pointers, [k]))
    kind = ir.FunctionType(INT, [POINTER, *[INT] * 7, *[POINTER] * 3]).as_pointer()
    call, where = builder.inttoptr(launch, kind), builder.inttoptr(stream, POINTER)
    given = builder.bitcast(pointers, POINTER)
    one, none = INT(1), INT(0)
    with without_gil(it), each_launch(it, code, count, registers, table) as (kernel, _, _, shape):
        fine = builder.icmp_signed("==", builder.load(refused), WORD(0))
        with builder.if_then(fine, likely=True):
            function, grid = builder.inttoptr(kernel, POINTER), builder.trunc(shape, INT)
            threads = builder.trunc(builder.lshr(shape, WORD(BLOCK)), INT)
            sizes = (grid, one, one, threads, one, one, none)
            status = builder.call(call, [function, *sizes, where, given, POINTER(None)])
            high = builder.shl(builder.zext(status, WORD), WORD(REFUSED))
            at = builder.load(number)
            launched = builder.icmp_signed("==", status, none)
            builder.store(builder.select(launched, WORD(0), builder.or_(high, at)), refused)
            builder.store(builder.add(at, WORD(1)), number)
    result = it.external("PyLong_FromLongLong", POINTER, WORD)
    builder.ret(builder.call(result, [builder.load(refused)]))


def _ask(module: ir.Module) -> None:
    """ask(function, thing, stream): what a function of the driver at an address answers of two
    handles, such as a graph and the stream to run it on.

    Other threads go on meanwhile.
    """
    it = Function(module, "ask", 3)
    builder = it.builder
    function, *handles = (it.given_integer(k) for k in range(3))
    it.raise_if_any()
    kind = ir.FunctionType(INT, [POINTER] * 2).as_pointer()
    with without_gil(it):
        given = [builder.inttoptr(handle, POINTER) for handle in handles]
        status = builder.zext(builder.call(builder.inttoptr(function, kind), given), WORD)
    result = it.external("PyLong_FromLongLong", POINTER, WORD)
    builder.ret(builder.call(result, [status]))


walk: Callable[[int, int, bytes], int]
ask: Callable[[int, int, int], int]
walk, ask = build("ngrad.cuda", walk=_walk, ask=_ask)
