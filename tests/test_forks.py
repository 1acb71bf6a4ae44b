"""Pending work left to forked children, and kernels that are compiled in the background."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def ran(program: str, **environment: str) -> str:
    """What a program prints, run in a process of its own, which it may crash or hang."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=330,
        check=False,
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr[-3000:]}"
    return done.stdout.strip()


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

FORKS = """
import faulthandler, os, threading, time
import numpy as np
import ngrad
from ngrad import GradientTape, constant
from ngrad.plans import counters
faulthandler.dump_traceback_later(300, exit=True)

def in_child(work):
    child = os.fork()
    if child == 0:
        try:
            code = 0 if work() else 3
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 4
        os._exit(code)
    return child

def ended(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

x = constant(np.linspace(0.0, 1.0, {n}))
def program(x):
    return ngrad.reduce_sum(ngrad.sin(x) * ngrad.exp(x)) + 0.0
expected = float(program(x * 1.0))
"""

PENDING = """
with GradientTape(persistent=True) as tape:
    tape.watch(x)
    y = program(x)
    z = y * y
    def look():
        same = float(y) == expected
        tape.__exit__()
        return same and tape.gradient(z, x).numpy().tobytes() == gradient
    with GradientTape() as own:
        own.watch(x)
        w = program(x)
        w = w * w
    gradient = own.gradient(w, x).numpy().tobytes()
    children = [in_child(look) for _ in range(3)]
    assert look()
    assert [ended(c) for c in children] == [0, 0, 0]
"""

RUNNING = """
shared = [program(x * 1.0) for _ in range(4)]
stop = False
def others():
    while not stop:
        for k in range(4):
            shared[k] = program(x * 1.0)
            assert float(shared[k]) == expected
threads = [threading.Thread(target=others) for _ in range(2)]
[t.start() for t in threads]
def look():
    mine = float(program(x * 1.0)) == expected
    return mine and all(float(y) == expected for y in shared)
for _ in range(25):
    assert ended(in_child(look)) == 0
stop = True
[t.join() for t in threads]
"""

COMPILING = """
def fresh(x, k):
    return ngrad.reduce_sum(ngrad.tanh(x) * (ngrad.sin(x) if k % 2 else ngrad.cos(x)), 0) + x
PROGRAMS = [lambda x, k=k: fresh(fresh(x, k), k // 2) for k in range(4)]
values = [f(x).numpy().tobytes() for f in PROGRAMS]
def look():
    same = all(f(x).numpy().tobytes() == v for f, v in zip(PROGRAMS, values))
    return same and all(f(x).numpy().tobytes() == v for f, v in zip(PROGRAMS, values))
assert look()
"""


@pytest.fixture(scope="module")
def unfused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the kernels of single ops that `COMPILING` needs, and none of the fused ones."""
    folder = tmp_path_factory.mktemp("unfused") / "cache"
    ran(FORKS.format(n=1000) + COMPILING, NGRAD_FUSION="off", NGRAD_CACHE_DIR=str(folder))
    return folder


@pytest.fixture
def background(unfused: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a program whose fused kernels are compiled in the background."""
    folder = shutil.copytree(unfused, tmp_path / "cache")
    return {"NGRAD_FUSION": "background", "NGRAD_CACHE_DIR": str(folder)}


@forks
@pytest.mark.parametrize("n", [100, 1 << 18], ids=["small", "parallel"])
def test_a_fork_with_pending_work(n: int) -> None:
    """Child and parent both look, and have the bits and the gradient of what was pending."""
    ran(FORKS.format(n=n) + PENDING)


@forks
def test_a_fork_while_others_evaluate() -> None:
    ran(FORKS.format(n=1000) + RUNNING)


@forks
def test_a_fork_while_kernels_are_compiled(background: dict[str, str]) -> None:
    """The child neither waits for the parent's compiler nor goes without fused kernels."""
    program = (
        FORKS.format(n=1000)
        + COMPILING
        + """
children = [in_child(look) for _ in range(3)]
assert [ended(c) for c in children] == [0, 0, 0]
def fused():
    ngrad.config.set_fusion("wait")
    return look() and counters["fused"] > 0
assert ended(in_child(fused)) == 0
assert look()
"""
    )
    ran(program, **background)


def test_programs_go_on_while_kernels_are_compiled(background: dict[str, str]) -> None:
    """With the same bits before, meanwhile and after; nothing fails where nobody hears of it."""
    program = (
        FORKS.format(n=1000)
        + COMPILING
        + """
from ngrad.background import compiler, failures
assert counters["fused"] < len(PROGRAMS)
meanwhile = 0
while compiler.pending:
    assert look()
    meanwhile += 1
assert meanwhile > 0 and not failures, failures
assert look() and counters["fused"] >= len(PROGRAMS)
print("went on")
"""
    )
    assert ran(program, **background) == "went on"


@pytest.mark.parametrize("end", ["", "sys.exit()", "raise KeyboardInterrupt"])
def test_the_interpreter_ends_while_kernels_are_compiled(
    background: dict[str, str], end: str
) -> None:
    """With what is pending, and a tape, still there."""
    program = (
        "import sys\n"
        + FORKS.format(n=1000)
        + COMPILING
        + f"""
with GradientTape() as tape:
    tape.watch(x)
    pending = program(x)
try:
    {end or "pass"}
except KeyboardInterrupt:
    pass
"""
    )
    assert ran(program, **background) == ""
