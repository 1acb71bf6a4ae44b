"""The destructor of capsules, in machine code: where somebody refuses a capsule, CPython calls it
with the error on its way, which what is written in Python would lose.
"""

from __future__ import annotations

from llvmlite import ir

from ngrad_kernels.machine import POINTER, WORD, Code, load


def destructor(called: int) -> int:
    """The address of a destructor that calls the C function at an address, with the capsule."""

    def destroy(module: ir.Module) -> None:
        it = Code(module, "destroy", ir.VoidType(), POINTER)
        kind = ir.FunctionType(ir.VoidType(), [POINTER]).as_pointer()
        with it.error_kept():
            it.builder.call(it.builder.inttoptr(WORD(called), kind), it.function.args)
        it.builder.ret_void()

    (address,) = load("ngrad.capsules", destroy=destroy)
    return address
