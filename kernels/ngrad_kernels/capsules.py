"""Functions of Python's for C to call when something is let go, in machine code: an error may be on
its way then, as where somebody refuses a capsule, which what is written in Python would lose.
"""

from __future__ import annotations

import functools

from llvmlite import ir

from ngrad_kernels.machine import INT, POINTER, WORD, Code, load


@functools.cache
def destructor(called: int) -> int:
    """The address of a C function that calls the one at an address, with what it is given, from
    whatever thread.
    """

    def destroy(module: ir.Module) -> None:
        it = Code(module, "destroy", ir.VoidType(), POINTER)
        kind = ir.FunctionType(ir.VoidType(), [POINTER]).as_pointer()
        ensured = it.builder.call(it.external("PyGILState_Ensure", INT), [])
        with it.error_kept():
            it.builder.call(it.builder.inttoptr(WORD(called), kind), it.function.args)
        it.builder.call(it.external("PyGILState_Release", ir.VoidType(), INT), [ensured])
        it.builder.ret_void()

    (address,) = load("ngrad.capsules", destroy=destroy)
    return address
