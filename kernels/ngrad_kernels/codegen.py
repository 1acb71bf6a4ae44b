"""Numba's code generation, as ours: one module a kernel, tuned for this CPU, optimised once, of a
target that knows what kernels need; `helper` and `intrinsic` declare what they call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, overload

import numba as nb
from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.cpu import CPUContext
from numba.core.extending import _Intrinsic
from numba.core.registry import CPUDispatcher, CPUTarget, cpu_target
from numba.core.typing import templates

from ngrad_kernels import loader, overlapping, passes
from ngrad_kernels.probes import probed


class _Library(JITCodeLibrary):
    """A module that is optimised, once, and for whoever emits it: Numba would make machine code of
    it besides, to call, and would optimise for the sake of reference counts before that.
    """

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        # Whatever Numba is told of its own code: what is on disk is for all.
        options = {"opt": 3, "loop_vectorize": True, "slp_vectorize": False}
        passes, builder = self._codegen._module_pass_manager(**options)
        passes.run(self._final_module, builder)

    def _finalize_final_module(self) -> None:
        self._finalized = True


class _Codegen(JITCPUCodegen):
    """Numba's code generation, tuned as ours: loops are vectorised in it."""

    _library_class = _Library

    def _customize_tm_features(self) -> str:
        return loader.features()


def _uncalled(library: Any, function: Any, environment: Any) -> Any:
    """What stands for a compiled helper, which only machine code calls: Numba would make machine
    code of it, and of a wrapper for Python, each time.
    """
    return _dynfunc.make_function(nb, function.qualname, "", 1, environment, (library,))


@functools.cache
def types() -> Any:
    """Numba's rules of types, as ours."""
    return passes.Types()


class _Context(CPUContext):
    """What Numba knows of the CPU, with our code generation and no more than kernels need: no
    arrays, text or containers, nor what counts references, each of which takes long to set up.
    """

    def init(self) -> None:
        super().init()
        self._internal_codegen = _Codegen("ngrad.kernels")  # type: ignore[no-untyped-call]

    def load_additional_registries(self) -> None:
        from numba.cpython import builtins, mathimpl, numbers, rangeobj, tupleobj  # noqa: F401

        self.install_registry(mathimpl.registry)  # type: ignore[no-untyped-call]

    def post_lowering(self, mod: Any, library: Any) -> None:
        """Nothing is to be linked: neither what counts references, nor what 32 bits lack."""
        overlapping.settle(mod)

    def declare_function(self, module: Any, fndesc: Any) -> Any:
        return probed(super().declare_function(module, fndesc))  # type: ignore[no-untyped-call]

    def insert_user_function(self, func: Any, fndesc: Any, libs: Any = ()) -> None:
        """As Numba's, which hears of it, too: its own functions may call what kernels do."""
        super().insert_user_function(func, fndesc, libs)  # type: ignore[no-untyped-call]
        cpu_target.target_context.insert_user_function(func, fndesc, libs)

    def get_executable(self, library: Any, fndesc: Any, env: Any) -> Any:
        return _uncalled(library, fndesc, env)


@functools.cache
def target() -> Any:
    """Numba's CPU target, as ours."""
    return _Context(types())  # type: ignore[no-untyped-call]


class _Lowered(templates._IntrinsicTemplate):
    """What is lowered by code of its own, which our target hears of at once: Numba would have its
    own set up, with all that it knows, each time.
    """

    def _get_target_registry(self, reason: str) -> Any:
        theirs: Any = super()._get_target_registry
        return self if self.context is types() else theirs(reason)

    @staticmethod
    def lower(function: Any, *arguments: Any) -> Callable[[Any], None]:
        return lambda code: target().insert_func_defn([(code, function, arguments)])


@overload
def intrinsic(function: Callable[..., Any]) -> Callable[..., Any]: ...
@overload
def intrinsic(*, prefer_literal: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...
def intrinsic(function: Any = None, prefer_literal: bool = False) -> Any:
    """Declare a function that makes its own LLVM code, as `numba.extending.intrinsic` does; with
    `prefer_literal`, of arguments that are written out if they are.
    """
    if function is None:
        return functools.partial(intrinsic, prefer_literal=prefer_literal)
    found = _Intrinsic(function.__name__, function, prefer_literal)
    made: Any = templates.make_intrinsic_template(
        found, function, function.__name__, prefer_literal=prefer_literal
    )
    template = type(made)(made.__name__, (_Lowered, made), {})
    templates.infer(template)
    templates.infer_global(found, nb.types.Function(template))
    return found


class _Target(CPUTarget):
    """Where helpers are compiled: as what calls them is."""

    @property
    def target_context(self) -> Any:
        return target()

    @property
    def typing_context(self) -> Any:
        return types()


class Helper(CPUDispatcher):
    """A function that kernels call."""

    targetdescr = _Target("cpu")  # type: ignore[no-untyped-call]

    def __call__(self, *args: Any) -> Any:
        return self.plain(*args)

    @functools.cached_property
    def plain(self) -> Any:
        """A function of Numba's own that does the same, and that Python can call."""
        return nb.njit(error_model="numpy", fastmath=False)(self.py_func)


def helper(inline: bool = False) -> Callable[[Callable[..., Any]], Helper]:
    """Declare a function that kernels call, with a floating-point contract of its own: Numba lets
    those without one inherit that of whoever compiles them first.

    Parameters
    ----------
    inline : bool
        Whether it is inlined by force: a call that is left in a loop stops the vectoriser.
    """
    options = {
        "nopython": True,
        "error_model": "numpy",
        "fastmath": False,
        "forceinline": inline,
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
    }
    return functools.partial(Helper, targetoptions=options, pipeline_class=passes.Pipeline)
