"""Whole sweeps, fused, as `asv_bench/fused.py` compares them with other libraries."""

from __future__ import annotations

import sys
from pathlib import Path

import ngrad as tf
from ngrad.graph.cost import counted

sys.path.insert(0, str(Path(__file__).parents[1]))

from peers import Program
from sweeps import programs

SCALE = 1.0
NAMES = (
    "elementwise", "rosenbrock", "variation", "pairs", "lengths", "lengths in float64", "turned",
    "grey", "cross entropy", "layer norm", "perceptron", "perceptron as a function", "adam",
    "jacobian", "small", "steps", "steps as a function", "trajectory",
)  # fmt: skip


class Sweep:
    """Value and gradient by a tape: time, and what it launches and moves, which never varies."""

    params = (NAMES,)
    param_names = ("program",)

    def setup(self, name: str) -> None:
        self.before = tf.config.fusion()
        tf.config.set_fusion("wait")
        self.program: Program = programs(SCALE)[NAMES.index(name)]
        for _ in range(3):
            self.program.ours()

    def teardown(self, name: str) -> None:
        tf.config.set_fusion(self.before)

    def time_sweep(self, name: str) -> None:
        self.program.ours()

    def _counted(self, what: str) -> int:
        before = counted()[what]
        self.program.ours()
        return counted()[what] - before

    def track_launches(self, name: str) -> int:
        return self._counted("launches")

    def track_bytes(self, name: str) -> int:
        return self._counted("bytes")

    track_launches.unit = "kernels"  # type: ignore[attr-defined]
    track_bytes.unit = "bytes"  # type: ignore[attr-defined]
