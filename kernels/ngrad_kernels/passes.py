"""Numba's front end, as ours: of its passes those that a kernel needs, and its rules of types, each
asked once. What it makes is the same; a kernel compiles in two thirds of the time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from numba.core import typed_passes, types, typing, untyped_passes
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager

PASSES = (
    *(untyped_passes.TranslateByteCode, untyped_passes.FixupArgs, untyped_passes.IRProcessing),
    *(untyped_passes.RewriteSemanticConstants, untyped_passes.DeadBranchPrune),
    *(untyped_passes.GenericRewrites, untyped_passes.ReconstructSSA),
    *(typed_passes.NopythonTypeInference, typed_passes.PreLowerStripPhis),
    *(typed_passes.IRLegalization, typed_passes.NativeLowering, typed_passes.NoPythonBackend),
)
"""Numba's own, in its order, without those for closures, literals, arrays and `with`: of which
sources of kernels have none, and each of which passes over a function's code.
"""


OPERATORS = {
    getattr(operator, name)
    for name in (
        *("add", "sub", "mul", "truediv", "floordiv", "mod", "neg", "invert", "lshift", "rshift"),
        *("and_", "or_", "xor", "iadd", "isub", "imul", "iand", "ior", "ixor"),
        *("eq", "ne", "lt", "le", "gt", "ge"),
    )
}
"""Those of numbers, but for the power, of which exponents that are written out have rules."""


class Pipeline(CompilerBase):
    """The passes through which a kernel goes, and what it calls."""

    def define_pipelines(self) -> list[PassManager]:
        """One, of `PASSES`."""
        manager = PassManager("kernels")
        for one in PASSES:
            manager.add_pass(one, one.__name__)
        manager.finalize()
        return [manager]


def asked_once(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's rules of types, which for an operator tries one after the other, those of arrays,
    lists and text too, whenever it meets it: what was found is kept, with what lowers it, which
    Numba notes on the function for whoever asked last.
    """
    found: dict[Any, tuple[Any, Any]] = {}

    def resolve_function_type(func: Any, args: Any, kws: Any) -> Any:
        if kws or not isinstance(func, types.Function):
            return resolve(func, args, kws)
        if func.typing_key in OPERATORS:  # an integer that is written out is as any other to them
            args = tuple(map(types.unliteral, args))
        key = (func, args)
        if key not in found:
            signature = resolve(func, args, kws)
            if signature is None:
                return None
            found[key] = signature, func.get_impl_key(signature)
        signature, lowering = found[key]
        func._impl_keys[signature.args] = lowering  # type: ignore[attr-defined]
        return signature

    return resolve_function_type


class Types(typing.Context):  # type: ignore[name-defined,misc]
    """Numba's rules of types, each asked once."""

    def init(self) -> None:
        """As Numba begins."""
        self.resolve_function_type = asked_once(super().resolve_function_type)
