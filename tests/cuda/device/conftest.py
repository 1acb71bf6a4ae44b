"""The CUDA target, on the first GPU where there is one, else on Numba's simulator, which a process
is set to before it begins: `NUMBA_ENABLE_CUDASIM=1 python -m pytest tests/cuda/device`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ngrad_kernels.cuda import devices, matrices, solver
from ngrad_kernels.cuda.libraries import Libraries
from ngrad_kernels.cuda.target import CudaTarget

collect_ignore_glob = [] if devices.available() else ["test_*.py"]


def _simulated(ordinal: int, **options: Any) -> CudaTarget:
    from ngrad_kernels.cuda.simulated import SimulatedDriver

    driver = SimulatedDriver(ordinal, **options)
    return CudaTarget(f"cuda:{ordinal}", driver, lambda source: [source.text])


def _real(ordinal: int, **options: Any) -> CudaTarget:
    if options:
        pytest.skip("a GPU's memory is what it is")
    return CudaTarget(f"cuda:{ordinal}", *devices._real(ordinal))


@pytest.fixture(scope="session")
def open_target() -> Callable[..., CudaTarget]:
    """Opens a device, with counters at zero and an empty pool. Options are the simulator's."""
    return _simulated if devices.simulated() else _real


@pytest.fixture
def target(open_target: Callable[..., CudaTarget]) -> CudaTarget:
    return open_target(0)


@pytest.fixture
def libraries(open_target: Callable[..., CudaTarget]) -> Libraries:
    """NVIDIA's, or their doubles."""
    from test_products import with_libraries

    return with_libraries(open_target(0))


@pytest.fixture(params=[matrices.SMALL, 0], ids=["batched", "one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a batch is one call."""
    monkeypatch.setattr(matrices, "SMALL", request.param)
    monkeypatch.setattr(solver, "JACOBI", min(request.param, solver.JACOBI))
