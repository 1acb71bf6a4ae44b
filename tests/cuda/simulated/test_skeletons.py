"""On the simulator, copies, gathers, scatters and draws give the bits of the CPU's."""

from __future__ import annotations

import launches
import numpy as np
import pytest
from simulator import assert_same

MOVING = (
    launches.copies, launches.gathers, launches.searches, launches.lines, launches.slides,
    launches.folds, launches.pools,
)  # fmt: skip


@pytest.mark.parametrize("code", launches.SOME)
@pytest.mark.parametrize("of", MOVING)
def test_rows_that_move(of: str, code: str, rng: np.random.Generator) -> None:
    for launch in of(code, rng):
        for size in (32, 64):
            assert_same(launch, size=size)


@pytest.mark.parametrize("name, code", launches.SAMPLERS)
def test_draws(name: str, code: str, rng: np.random.Generator) -> None:
    for n in (1, 6, 61):
        assert_same(launches.drawing(name, code, n, rng))
