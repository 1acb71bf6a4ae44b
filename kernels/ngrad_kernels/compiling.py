"""Source text to machine code, by Numba."""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from numba.core import compiler, types
from numba.core.compiler_lock import global_compiler_lock

from ngrad_kernels import (
    addresses,
    cartesian,
    codegen,
    floats,
    framing,
    integers,
    intrinsics,
    lanes,
    loader,
    passes,
    reductions,
    remainders,
    short_rows,
    short_runs,
    slabs,
    streaming,
    strips,
)
from ngrad_kernels.cache import Signature
from ngrad_kernels.garbage import uncollected
from ngrad_kernels.vecmath import FUNCTIONS, exponential

NAMESPACE: dict[str, Any] = {
    **intrinsics.NAMESPACE,
    **addresses.NAMESPACE,
    **integers.NAMESPACE,
    **floats.NAMESPACE,
    **remainders.NAMESPACE,
    **cartesian.NAMESPACE,
    **reductions.NAMESPACE,
    **short_rows.NAMESPACE,
    **short_runs.NAMESPACE,
    **slabs.NAMESPACE,
    **streaming.NAMESPACE,
    **strips.NAMESPACE,
    **lanes.NAMESPACE,
    **framing.NAMESPACE,
    **FUNCTIONS,
    **exponential.NONPOSITIVE,
}
"""The names that a source text may use."""
OWN = {"min": integers.least, "max": integers.greatest}
"""Functions in place of Python's, which Numba would compile for its own target."""
if "+avx512dq" in loader.features():
    OWN |= integers.BY_FLOATS

ARGUMENTS = {
    Signature.KERNEL: (types.CPointer(types.intp), types.intp, types.intp),
    Signature.PACK: (types.intp,) * 5,
}


def _flags() -> Any:
    flags: Any = compiler.Flags()
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True  # it would call into Numba's runtime
    flags.no_compile = True
    flags.error_model = "numpy"
    flags.nrt = False
    return flags


def llvm_module(name: str, source: str, signature: Signature, symbol: str) -> Any:
    """The optimised LLVM module of a function of a source text: a C entry `symbol`, and nothing
    else that other code could see.
    """
    scope = NAMESPACE | OWN
    exec(compile(source, f"<ngrad {name}>", "exec"), scope)
    result = compiler.compile_extra(
        codegen.types(),
        codegen.target(),
        scope[name],
        ARGUMENTS[signature],
        types.void,
        _flags(),
        {},
        pipeline_class=passes.Pipeline,
    )
    with global_compiler_lock:
        result.library.finalize()
    module = result.library._final_module.clone()
    for part in [*module.functions, *module.global_variables]:
        if not part.is_declaration:
            part.linkage = "internal"
    native_name = result.fndesc.llvm_func_name
    module.get_function(native_name).linkage = "external"
    module.link_in(llvm.parse_assembly(_entry(native_name, signature, symbol)))
    module.get_function(native_name).linkage = "internal"
    return module


def _entry(native_name: str, signature: Signature, symbol: str) -> str:
    """A C entry to a function in Numba's convention, whose status is always that all went well."""
    kinds = ["ptr" if isinstance(kind, types.CPointer) else "i64" for kind in ARGUMENTS[signature]]
    given = ", ".join(f"{kind} %a{k}" for k, kind in enumerate(kinds))
    return f"""
declare i32 @"{native_name}"(ptr, ptr, {", ".join(kinds)})
define void @"{symbol}"({given}) {{
    %result = alloca ptr
    %error = alloca ptr
    %status = call i32 @"{native_name}"(ptr %result, ptr %error, {given})
    ret void
}}
"""


ALLOWED = {"memcpy", "memmove", "memset"}
"""What machine code may call outside itself: the C library, which is in every process."""


def _check(module: Any) -> None:
    """Raise if a module needs anything that loading it would not provide."""
    outside = {part.name for part in module.functions if part.is_declaration}
    outside |= {part.name for part in module.global_variables if part.is_declaration}
    outside = {name for name in outside if not name.startswith("llvm.")} - ALLOWED
    if outside:
        raise RuntimeError(f"a kernel refers to {', '.join(sorted(outside))}, outside itself")


@uncollected
def machine_code(name: str, source: str, signature: Signature, symbol: str) -> bytes:
    """An object file with a function of a source text, and nothing that it does not reach."""
    module = llvm_module(name, source, signature, symbol)
    machine = loader.target_machine()
    manager = llvm.create_new_module_pass_manager()
    manager.add_global_dead_code_eliminate_pass()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(3))
    manager.run(module, builder)
    _check(module)
    code: bytes = machine.emit_object(module)
    return code
