"""The loader: machine code into this process, and what CPU it is for.

Loading needs LLVM alone, so `import ngrad` sets up no compiler.
"""

from __future__ import annotations

import functools
import os
from typing import Any

import llvmlite.binding as llvm


@functools.cache
def features() -> str:
    """What this CPU has, and how code for it is tuned, as LLVM takes it.

    LLVM keeps to vectors of 256 bits on Intel's CPUs that have 512, since the first of them lowered
    their clock for these. Those that have VBMI2 too hardly do (exp and tanh: up to 1.6 x faster).
    It makes vectors of elements that lie apart by instructions that gather and scatter them, which
    take longer than loads and stores, one after the other (the real parts of complex128: 3 x).
    """
    found = llvm.get_host_cpu_features()
    if os.environ.get("NUMBA_ENABLE_AVX") == "0":
        found.update({name: False for name in found if name.startswith("avx")})
    host = str(found.flatten())
    if "+avx2" in host:
        host += ",+prefer-no-gather,+prefer-no-scatter"
    return f"{host},-prefer-256-bit" if "+avx512vbmi2" in host else host


def target_machine(opt: int = 3) -> Any:
    """LLVM's description of this CPU."""
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features(), opt=opt)


@functools.cache
def engine(opt: int = 3) -> Any:
    """LLVM's loader for our code; Numba's lives in one of its own. `opt`: how much is made of what
    is no machine code yet.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine(opt))


OBJECT_FILES = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\x64\x86", b"\x64\xaa")
"""How object files begin: ELF, Mach-O, COFF for x86-64 and for Arm. LLVM crashes on others."""


def link(code: bytes, symbol: str) -> int:
    """The address of a symbol of machine code, loaded for good; 0 if it is not in there."""
    if not code.startswith(OBJECT_FILES):
        return 0
    engine().add_object_file(llvm.ObjectFileRef.from_data(code))
    engine().finalize_object()
    return int(engine().get_function_address(symbol))
