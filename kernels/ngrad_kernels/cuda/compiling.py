"""Source text to PTX, by Numba's CUDA target and NVVM, with neither a driver nor a GPU.

The only module, beside its passes, that touches numba-cuda's compiler. What is compiled is what
the CPU's kernels are made of, so it does the same arithmetic: NVVM contracts no product and sum
that the source keeps apart (`-fma=0`), divides and takes roots exactly, and keeps subnormal
numbers, which are its defaults.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import numba
from numba import cuda
from numba.core import types
from numba.cuda import compiler, descriptor, dispatcher
from numba.cuda.cudadrv import nvvm

from ngrad_kernels import cache
from ngrad_kernels.cache import Recipe
from ngrad_kernels.cuda import passes
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.cuda.threads import NAMESPACE
from ngrad_kernels.garbage import uncollected
from ngrad_kernels.passes import asked_once

if getattr(cuda, "implementation", "") != "NVIDIA":
    raise ImportError(
        "compiling for CUDA needs the package numba-cuda, which NUMBA_ENABLE_CUDASIM must not turn "
        "off: pip install 'ngrad[cuda13]', or cuda12"
    )

Capability = tuple[int, int]
OPTIONS = {"opt": 3, "fma": 0}
_DECIDING = (*cache.DECIDING, "skeletons.py", "cuda")
_PACKAGES = ("numba-cuda", "nvidia-nvvm", "nvidia-cuda-nvcc-cu12")

# Exact functions of libdevice, for what NVVM's verifier does not take.
_UNARY = "fabs|floor|ceil|rint|trunc|copysign"
_LIBDEVICE = (
    (re.compile(rf'"llvm\.({_UNARY})\.f32"'), r'"__nv_\1f"'),
    (re.compile(rf'"llvm\.({_UNARY})\.f64"'), r'"__nv_\1"'),
)
_ENVIRONMENT = re.compile(r"^\.common .*NumbaEnv.*\n", re.MULTILINE)
"""What Numba declares for each function, and no kernel reads: its name counts what was compiled."""
_ENTRY = re.compile(r"\.entry \w+\([^)]*\)")


def _for_nvvm(module: str) -> str:
    """A module in the words that NVVM knows."""
    for pattern, name in _LIBDEVICE:
        module = pattern.sub(name, module)
    return module


@functools.cache
def environment(capability: Capability) -> str:
    """Everything but its own source that decides a kernel's PTX, as canonical text."""
    versions = [cache.PYTHON, f"numba {numba.__version__}"]
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    target = (f"nvvm {nvvm.NVVM().get_ir_version()}", str(capability), str(OPTIONS))
    return "\n".join((*versions, *target, cache.digest_of(_DECIDING)))


@functools.cache
def _rules(capability: Capability) -> Callable[..., Any]:
    """Numba's rules of types for a device, each asked once."""
    return asked_once(descriptor.cuda_target.typing_context.resolve_function_type)


@contextmanager
def _device(capability: Capability) -> Iterator[None]:
    """Within it, and in this thread, Numba takes the device to be of a capability: what a kernel
    calls is compiled for the current device, which there need not be. And it has its rules of types
    by `_rules`.
    """
    device, here = SimpleNamespace(compute_capability=capability), threading.get_ident()
    asked = dispatcher.get_current_device

    def current() -> Any:
        return device if threading.get_ident() == here else asked()

    context = descriptor.cuda_target.typing_context
    rules, ours = context.resolve_function_type, _rules(capability)

    def resolve(*call: Any) -> Any:
        return (ours if threading.get_ident() == here else rules)(*call)

    dispatcher.get_current_device = current
    context.resolve_function_type = resolve
    try:
        yield
    finally:
        dispatcher.get_current_device = asked
        del context.resolve_function_type


@uncollected
def llvm_ir(source: Source, capability: Capability) -> list[str]:
    """The LLVM modules of a kernel as NVVM takes them."""
    scope = {**NAMESPACE, "cuda": cuda}  # of which texts use `cuda.local.array`
    exec(compile(source.text, f"<ngrad {source.name}>", "exec"), scope)
    arguments = (types.int64,) * (2 + source.operands)
    with cache.lock(), _device(capability):
        result = passes.compiled(scope[source.name], arguments, capability, OPTIONS)
        entry = result.fndesc.llvm_func_name
        kernel = result.library.get_function(entry)
        compiler.kernel_fixup(kernel, False)
        modules = [str(module) for module in result.library.modules]
    return [_for_nvvm(module.replace(entry, source.name)) for module in modules]


def assemble(modules: list[str], capability: Capability) -> str:
    """The PTX of LLVM modules."""
    with cache.lock():
        code = nvvm.compile_ir(modules, arch="compute_{}{}".format(*capability), **OPTIONS)
    return _ENVIRONMENT.sub("", code.decode().strip("\0").strip() + "\n")


def bounded(text: str, resident: int, threads: int) -> str:
    """The PTX of a kernel, with room for so many blocks of so many threads; 0 for any number."""
    bounds = f"\n.maxntid {threads}, 1, 1\n.minnctapersm {resident}"
    return _ENTRY.sub(rf"\g<0>{bounds}", text) if resident else text


def assembled(source: Source, capability: Capability) -> bytes:
    """The PTX of a kernel, compiled, as it is kept."""
    return assemble(llvm_ir(source, capability), capability).encode()


def ptx(source: Source, capability: Capability) -> str:
    """The PTX of a kernel for GPUs of a compute capability: loaded from disk, or compiled and kept
    there.

    Examples
    --------
    >>> from ngrad_kernels.body import Body, Step
    >>> from ngrad_kernels.cuda.render import render
    >>> source = render(Body("map", ("f4",), (Step("rsqrt", (0,), "f4"),), (1,)))
    >>> f".entry {source.name}" in ptx(source, (9, 0))
    True
    """
    key = cache.key_of(source.text, environment(capability))
    recipe = Recipe("ngrad_kernels.cuda.compiling:assembled", (source, capability))
    return cache.code_of(source.name, key, recipe).decode()
