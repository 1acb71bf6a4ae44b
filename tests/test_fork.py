"""Forked children and concurrent threads, after and during parallel launches."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import ngrad

LARGE = 1 << 18

FORKED = """
import os, sys
import numpy as np
import ngrad
from ngrad_kernels import threads
x = ngrad.constant(np.arange({n}.0))
total = float(ngrad.reduce_sum(x * x))          # a parallel launch in the parent
print(threads.layer(), flush=True)
children = []
for k in range(3):
    child = os.fork()
    if child == 0:
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            y = ngrad.reduce_sum(ngrad.sqrt(x + 1.0) * x)   # a kernel that the parent never used
        g = tape.gradient(y, x)
        right = float(ngrad.reduce_sum(x * x)) == total and g.shape == x.shape
        os._exit(0 if right else 3)
    children.append(child)
assert [os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children] == [0, 0, 0]
assert float(ngrad.reduce_sum(x * x)) == total  # and the parent goes on
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("layer", ["", "omp"])
def test_ops_in_a_forked_child(layer: str) -> None:
    """With TBB (where it is installed) and with GNU OpenMP, which kills a child that it enters."""
    environment = {**os.environ, "NUMBA_NUM_THREADS": "2"}
    environment.pop("NUMBA_THREADING_LAYER", None)
    if layer:
        pytest.importorskip(f"numba.np.ufunc.{layer}pool", exc_type=ImportError)  # no libgomp
        environment["NUMBA_THREADING_LAYER"] = layer
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED.format(n=LARGE)]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[0] in ("tbb", "omp", "workqueue")


IMPORTING = """
import os, signal, sys, threading, time
import ngrad

def stop(event, names):
    if event == "import" and names[0] == "numba.core":
        begun.set()
        over.wait()

assert "numba" not in sys.modules
begun, over = threading.Event(), threading.Event()
sys.addaudithook(stop)
thread = threading.Thread(target=__import__, args=("numba",))
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    os._exit(3)
found, end = (0, 0), time.monotonic() + 20
while found[0] == 0 and time.monotonic() < end:
    found = os.waitpid(child, os.WNOHANG)
    time.sleep(0.01)
if found[0] == 0:
    os.kill(child, signal.SIGKILL)
print(os.waitstatus_to_exitcode(found[1]))
over.set()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_does_not_wait_for_a_thread_that_imports_numba() -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", IMPORTING]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout == "3\n", result.stderr


def test_threads_launch_in_parallel_at_once() -> None:
    x = ngrad.constant(np.arange(float(LARGE)))
    expected = float(ngrad.reduce_sum(x * 3.0))
    wrong: list[object] = []

    def work(k: int) -> None:
        try:
            ngrad.config.set_threads(1 + k % 2)
            for _ in range(15):
                with ngrad.GradientTape() as tape:
                    tape.watch(x)
                    y = ngrad.reduce_sum(x * 3.0)
                g = tape.gradient(y, x)
                if float(y) != expected or not (g.numpy() == 3.0).all():
                    wrong.append(k)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_threads_compile_at_once() -> None:
    """Several threads ask for kernels that none has yet."""
    program = """
import threading, ngrad
wrong = []
def work(k):
    x = ngrad.ones([100], ("int8", "uint16", "float64", "int64")[k % 4])
    if (ngrad.maximum(x + x, x) * x).numpy().tolist() != [2] * 100:
        wrong.append(k)
threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
assert not wrong
"""
    for _ in range(2):
        result = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == 0, result.stderr
