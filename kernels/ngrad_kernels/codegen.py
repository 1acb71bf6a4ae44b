"""Numba's code generation, as ours: one module a kernel, tuned for this CPU, optimised once; and
`helper`, which declares what kernels call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba as nb
from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.registry import CPUDispatcher, CPUTarget, cpu_target

from ngrad_kernels import loader, passes


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


@functools.cache
def target() -> Any:
    """Numba's CPU target with our code generation; what is defined in one is in the other."""
    make: Any = _Codegen
    return cpu_target.target_context.subtarget(
        _internal_codegen=make("ngrad.kernels"), get_executable=_uncalled, typing_context=types()
    )


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
