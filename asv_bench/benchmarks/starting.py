"""Importing, compiling, and loading from the cache: each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

COUNT = """
import ngrad as tf
from ngrad_kernels import cache
x = tf.constant([1.0, 2.0])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = tf.reduce_sum(tf.tanh(x * x) + tf.exp(-x))
tape.gradient(y, x).numpy()
print(cache.counters["compiled"], cache.store.usage()[1])
"""


def python(program: str, folder: str | None = None) -> str:
    environment = dict(os.environ)
    if folder is not None:
        environment["NGRAD_CACHE_DIR"] = folder
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


class Import:
    """`import ngrad`, beside what it stands on."""

    def setup(self) -> None:
        python("import ngrad")

    def time_numpy_and_numba(self) -> None:
        python("import numpy, numba")

    def time_ngrad(self) -> None:
        python("import ngrad")


class Program:
    """A small program from an empty cache, and from a warm one."""

    timeout = 300
    number = 1
    repeat = 2
    warmup_time = 0

    def setup(self) -> None:
        self.warm = tempfile.TemporaryDirectory()
        self.first = python(COUNT, self.warm.name)

    def teardown(self) -> None:
        self.warm.cleanup()

    def time_cold(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            python(COUNT, folder)

    def time_warm(self) -> None:
        python(COUNT, self.warm.name)

    def track_kernels_compiled(self) -> int:
        return int(self.first.split()[0])

    def track_bytes_on_disk(self) -> int:
        return int(python(COUNT, self.warm.name).split()[1])

    def track_kernels_compiled_when_warm(self) -> int:
        return int(python(COUNT, self.warm.name).split()[0])

    track_bytes_on_disk.unit = "bytes"  # type: ignore[attr-defined]
