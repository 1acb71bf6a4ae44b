"""Examples are run where what they need is installed."""

from numba import cuda

_compiles = getattr(cuda, "implementation", "") == "NVIDIA"
_compiler = ["ngrad_kernels/cuda/compiling.py", "ngrad_kernels/cuda/passes.py"]
collect_ignore = ["ngrad_kernels/cuda/doubles.py"]  # for the simulator's process
collect_ignore += [] if _compiles else _compiler
