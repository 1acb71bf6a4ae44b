"""Numba's front end, as ours: of its passes those that a kernel needs, and its rules of types, each
asked once. What it makes is the same; a kernel compiles in half the time.

Numba follows, after one pass and another, where each variable lives and dies, to count references.
A kernel's variables are numbers, of which nobody does.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from numba.core import lowering, ssa, transforms, typed_passes, types, typing, untyped_passes
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.ir_utils import build_definitions
from numba.core.rewrites import registry
from numba.core.typing import mathdecl, templates

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


def _single(ssa: Any, blocks: dict[int, Any]) -> dict[int, Any]:
    """Blocks in which each variable is assigned to once: as Numba's `reconstruct_ssa` makes them,
    which for each variable goes through all blocks, while few name it or join what it was.
    """
    graph = ssa.compute_cfg_from_blocks(blocks)
    fronts, listed = ssa._iterated_domfronts(graph), ssa._CacheListVars()
    naming = defaultdict(set)
    for label, block in blocks.items():
        for statement in block.body:
            for variable in statement.list_vars():
                naming[variable.name].add(label)
    for name in ssa._find_defs_violators(blocks, graph):
        part = {label: block for label, block in blocks.items() if label in naming[name]}
        part, defined = ssa._fresh_vars(part, name)
        joins = ssa._compute_phi_locations(fronts, defined)
        part = {
            label: part.get(label, block)
            for label, block in blocks.items()
            if label in part or label in joins
        }
        blocks = blocks | ssa._fix_ssa_vars(part, name, defined, graph, fronts, listed)
    return blocks


class Single:
    """The pass after which each variable is assigned to once: mixed into Numba's, or numba-cuda's,
    whose modules it names.
    """

    untyped: Any
    ssa: Any

    def run_pass(self, state: Any) -> bool:
        """As Numba's, of functions for whose variables nobody has declared types."""
        code = state.func_ir
        code.blocks = _single(self.ssa, code.blocks)
        code._definitions = self.untyped.build_definitions(code.blocks)
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class _Single(Single, untyped_passes.ReconstructSSA):
    _name = "kernel_ssa"
    untyped, ssa = untyped_passes, ssa


@register_pass(mutates_CFG=True, analysis_only=False)
class _OneWayBack(untyped_passes.IRProcessing):
    """Loops of one way back each, as the passes after it take them to be."""

    _name = "kernel_loops"

    def run_pass(self, state: Any) -> bool:
        state.func_ir.blocks = transforms.canonicalize_cfg(state.func_ir.blocks)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class _Rewrites(untyped_passes.GenericRewrites):
    """Rules for what is written out, as exponents are."""

    _name = "kernel_rewrites"

    def run_pass(self, state: Any) -> bool:
        code, rules = state.func_ir, registry.rewrite_registry.rewrites["before-inference"]
        for rule in rules:
            rewrite, waiting = rule(state), [*code.blocks]
            while waiting:
                label = waiting.pop()
                if rewrite.match(code, code.blocks[label], state.typemap, state.calltypes):
                    code.blocks[label] = rewrite.apply()
                    waiting.append(label)
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class _Joins(typed_passes.PreLowerStripPhis):
    """Assignments in place of joins; nothing after it asks where a variable lives."""

    _name = "kernel_joins"

    def run_pass(self, state: Any) -> bool:
        strip: Any = self._strip_phi_nodes
        state.func_ir = strip(state.func_ir)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        return True


class _Lowering(Operators, lowering.Lower):
    pass


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lower(typed_passes.NativeLowering):
    _name = "kernel_lowering"

    @property
    def lowering_class(self) -> Any:
        return _Lowering


PASSES = (
    *(untyped_passes.TranslateByteCode, untyped_passes.FixupArgs, _OneWayBack),
    *(untyped_passes.RewriteSemanticConstants, untyped_passes.DeadBranchPrune, _Rewrites, _Single),
    *(typed_passes.NopythonTypeInference, _Joins, _Lower, typed_passes.NoPythonBackend),
)
"""Numba's, in its order, without those for closures, literals, arrays and `with`: of which sources
of kernels have none, and each of which passes over a function's code.
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


class _Declared(templates.RegistryLoader):
    """What is declared, but for attributes that are written in Python: of arrays, text and
    containers, for each of which Numba would set up its own target.
    """

    def new_registrations(self, name: str) -> Iterator[Any]:
        """What came since it was asked last."""
        written = templates._OverloadAttributeTemplate
        declared: Any = super().new_registrations
        for item in declared(name):
            if name != "attributes" or not issubclass(item, written):
                yield item


class Types(typing.Context):  # type: ignore[name-defined,misc]
    """Numba's rules of types, as far as kernels need them, each asked once."""

    def init(self) -> None:
        """As Numba begins."""
        self.resolve_function_type = asked_once(super().resolve_function_type)

    def load_additional_registries(self) -> None:
        """Those of `math`."""
        self.install_registry(mathdecl.registry)

    def install_registry(self, registry: Any) -> None:
        """As Numba's."""
        declared: Any = _Declared
        self._registries.setdefault(registry, declared(registry))
        super().install_registry(registry)
