"""A double of `cuda.bindings.driver`: no driver, but every call is held to the binding's own
signature, and arguments to the C types that its documentation gives.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import itertools
import re
from collections.abc import Callable
from typing import Any

from cuda.bindings import driver as real

_INTEGERS = ("unsigned int", "int", "size_t", "void_ptr", "unsigned long long")
_RESULTS: dict[str, tuple[Any, ...]] = {
    "cuInit": (),
    "cuDriverGetVersion": (13000,),
    "cuDeviceGetCount": (1,),
    "cuDeviceGetName": (b"A GPU\0\0\0",),
    "cuDeviceTotalMem": (80 << 30,),
    "cuCtxSetCurrent": (),
    "cuMemFree": (),
    "cuMemFreeHost": (),
    "cuLaunchKernel": (),
    "cuEventRecord": (),
    "cuStreamWaitEvent": (),
    "cuEventQuery": (),
    "cuEventSynchronize": (),
    "cuStreamSynchronize": (),
    "cuMemcpyHtoDAsync": (),
    "cuMemcpyDtoHAsync": (),
    "cuMemcpyAsync": (),
    "cuStreamBeginCapture": (),
    "cuGraphDestroy": (),
    "cuGraphLaunch": (),
    "cuGraphExecDestroy": (),
    "cuOccupancyMaxActiveBlocksPerMultiprocessor": (8,),
    "cuFuncGetAttribute": (0,),
}
_HANDLES = {
    "cuDeviceGet": int,
    "cuDevicePrimaryCtxRetain": real.CUcontext,
    "cuMemAlloc": real.CUdeviceptr,
    "cuMemHostAlloc": int,
    "cuModuleLoadData": real.CUmodule,
    "cuModuleGetFunction": real.CUfunction,
    "cuStreamCreate": real.CUstream,
    "cuEventCreate": real.CUevent,
    "cuStreamEndCapture": real.CUgraph,
    "cuGraphInstantiate": real.CUgraphExec,
}
_LAUNCH = ctypes.CFUNCTYPE(
    *(ctypes.c_int, ctypes.c_void_p, *[ctypes.c_uint] * 7, *[ctypes.c_void_p] * 3)
)
"""`cuLaunchKernel` in C."""
_REPLAY = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 2)
"""`cuGraphLaunch` in C."""
_ATTRIBUTES = {
    "COMPUTE_CAPABILITY_MAJOR": 9,
    "COMPUTE_CAPABILITY_MINOR": 0,
    "MULTIPROCESSOR_COUNT": 132,
}


def _types(function: Any) -> dict[str, str]:
    """The C types of a binding's parameters, where its documentation gives them."""
    text = re.search(r"\((.*)\)", function.__doc__.splitlines()[0])
    assert text
    pieces = [piece.strip() for piece in text[1].split(",") if piece.strip()]
    pairs = [re.match(r"(.*?)\s*(\w+)$", piece.partition(":")[0]) for piece in pieces]
    return {pair[2]: pair[1] for pair in pairs if pair}


class Bindings:
    """What `CudaDriver` talks to.

    Attributes
    ----------
    calls : list of (name, arguments)
        All but those that set the context.
    words : list of tuple
        The parameters of each launch, as the driver would read them.
    contexts : list
        The context that each call was made in.
    fails : dict
        What calls answer instead of success.
    parameters : int
        How many parameters kernels have.
    """

    def __init__(self, parameters: int = 5) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.words: list[tuple[int, ...]] = []
        self.contexts: list[Any] = []
        self.fails: dict[str, Any] = {}
        self.parameters = parameters
        self._context: Any = None
        self._numbers = itertools.count(0x1000)
        self._by_address = {  # what is called by its address
            b"cuLaunchKernel": _LAUNCH(functools.partial(self._called, "cuLaunchKernel")),
            b"cuGraphLaunch": _REPLAY(functools.partial(self._called, "cuGraphLaunch")),
        }

    def __getattr__(self, name: str) -> Any:
        found = getattr(real, name)
        return functools.partial(self._call, name, found) if name.startswith("cu") else found

    def _call(self, name: str, function: Callable[..., Any], *arguments: Any) -> tuple[Any, ...]:
        bound = inspect.signature(function).bind(*arguments).arguments
        for parameter, kind in _types(function).items():
            value = bound[parameter]
            if kind in _INTEGERS:
                assert isinstance(value, int) and value >= 0, (name, parameter, value)
            elif kind == "char *":
                assert isinstance(value, bytes), (name, parameter, value)
        if name == "cuCtxSetCurrent":
            self._context = arguments[0]
        else:
            self.calls.append((name, arguments))
            self.contexts.append(self._context)
        status = self.fails.get(name, real.CUresult.CUDA_SUCCESS)
        if status:
            nothing = len(self._answer(name, arguments))
            return (status, *[None] * nothing)
        return (status, *self._answer(name, arguments))

    def _called(self, name: str, *arguments: Any) -> int:
        try:
            (status,) = self._call(name, getattr(real, name), *[given or 0 for given in arguments])
        except Exception as error:  # which ctypes would print, and take for success
            print(f"{name}{arguments}: {error!r}")
            return int(real.CUresult.CUDA_ERROR_UNKNOWN)
        return int(status)

    def _answer(self, name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        if name == "cuLaunchKernel":
            pointers = (ctypes.c_void_p * self.parameters).from_address(arguments[9])
            words = [ctypes.c_int64.from_address(pointer or 0).value for pointer in pointers]
            self.words.append(tuple(words))
        if name == "cuGetProcAddress":
            return ctypes.cast(self._by_address[arguments[0]], ctypes.c_void_p).value, 0
        if name.startswith("cuGetError"):
            return (arguments[0].name.encode(),)
        if name == "cuDeviceGetAttribute":
            return (_ATTRIBUTES[arguments[0].name.removeprefix("CU_DEVICE_ATTRIBUTE_")],)
        if name in _HANDLES:
            return (_HANDLES[name](next(self._numbers)),)
        return _RESULTS[name]

    def names(self) -> list[str]:
        """What was called, in order."""
        return [name for name, _ in self.calls]
