"""What is drawn, is drawn from a seed: `NGRAD_CUDA_SEED`, which the header prints."""

from __future__ import annotations

import os
import zlib
from typing import Any

import numpy as np
import pytest

SEED = int(os.environ.get("NGRAD_CUDA_SEED", "0"))
_registers: list[Any] = []


def pytest_report_header() -> str:
    return f"CUDA kernels: NGRAD_CUDA_SEED={SEED}"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Numbers that depend on the seed and on the test."""
    return np.random.default_rng((SEED, zlib.crc32(request.node.nodeid.encode())))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _registers.extend(found for name, found in report.user_properties if name == "registers")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Registers of the kernels that were compiled: how many use so many, and which use most."""
    if not _registers:
        return
    terminalreporter.section("registers of CUDA kernels")
    most = sorted(set(_registers), key=lambda found: -found[1])
    for name, count in most[:12]:
        terminalreporter.write_line(f"{name:40}{count:5}")
    few = sum(count <= 64 for _, count in most)
    terminalreporter.write_line(f"{few} of {len(most)} kernels use at most 64")
