"""What is drawn, is drawn from a seed: `NGRAD_CUDA_SEED`, which the header prints."""

from __future__ import annotations

import os
import zlib
from typing import Any

import numpy as np
import pytest

SEED = int(os.environ.get("NGRAD_CUDA_SEED", "0"))
_registers: dict[str, Any] = {}


def pytest_report_header() -> str:
    return f"CUDA kernels: NGRAD_CUDA_SEED={SEED}"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Numbers that depend on the seed and on the test."""
    return np.random.default_rng((SEED, zlib.crc32(request.node.nodeid.encode())))
