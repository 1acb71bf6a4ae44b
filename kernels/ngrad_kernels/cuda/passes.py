"""numba-cuda's front end, as ours: of its passes those that a kernel needs, and its rules of types,
each asked once, as on the CPU (`ngrad_kernels/passes.py`). What it makes is the same.
"""

from __future__ import annotations

from typing import Any

from numba.core import types
from numba.cuda import compiler, descriptor, lowering, utils
from numba.cuda.core import ssa, typed_passes, untyped_passes
from numba.cuda.core.callconv import CUDACallConv
from numba.cuda.core.compiler import CompilerBase
from numba.cuda.core.compiler_lock import global_compiler_lock
from numba.cuda.core.compiler_machinery import PassManager, register_pass

from ngrad_kernels.passes import Operators, Single, through


@register_pass(mutates_CFG=False, analysis_only=False)
class _Single(Single, untyped_passes.ReconstructSSA):  # type: ignore[misc]
    _name = "kernel_ssa"
    untyped, ssa = untyped_passes, ssa


class _Lowering(Operators, lowering.CUDALower):  # type: ignore[misc]
    pass


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lower(typed_passes.BaseNativeLowering):  # type: ignore[misc]
    _name = "kernel_lowering"

    @property
    def lowering_class(self) -> Any:
        return _Lowering


PASSES = (
    *(compiler.CUDATranslateBytecode, untyped_passes.FixupArgs, untyped_passes.IRProcessing),
    *(untyped_passes.RewriteSemanticConstants, untyped_passes.DeadBranchPrune),
    *(untyped_passes.GenericRewrites, _Single),
    *(typed_passes.NopythonTypeInference, typed_passes.PreLowerStripPhis),
    *(typed_passes.IRLegalization, compiler.CreateLibrary, _Lower, compiler.CUDABackend),
)


class Pipeline(CompilerBase):  # type: ignore[misc]
    """The passes through which a kernel goes."""

    def define_pipelines(self) -> list[Any]:
        """One, of `PASSES`."""
        return [through(PASSES, PassManager("kernels"))]


@global_compiler_lock
def compiled(function: Any, arguments: tuple[Any, ...], capability: Any, options: Any) -> Any:
    """What Numba makes of a kernel, as its `compile_cuda` does: a library of LLVM modules, and
    what the kernel is called there.
    """
    target = descriptor.cuda_target
    flags = compiler.CUDAFlags()
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.error_model = "numpy"
    flags.inline = "never"
    flags.nvvm_options = options
    flags.compute_capability = capability
    flags.max_registers, flags.lto = None, False
    with utils.numba_target_override():
        result = compiler.compile_extra(
            target.typing_context, target.target_context, function, arguments, types.void, flags,
            {}, pipeline_class=Pipeline, call_conv=CUDACallConv(target.target_context), abi_info={},
        )  # fmt: skip
    result.library.finalize()
    return result
