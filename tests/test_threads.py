"""Pending work shared by threads, left to forked children, and compiled in the background."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, constant
from ngrad.record import state
from ngrad.window import LIMIT, Window

STRESS = float(os.environ.get("NGRAD_TEST_SECONDS", "2"))
"""For how long threads meet on what is pending."""


def in_threads(works: list[Callable[[], None]]) -> None:
    """Run all at once, in small slices of time; raise what the first to fail raised."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive(), "a thread hangs"
    finally:
        sys.setswitchinterval(before)
    if failures:
        raise failures[0]


# -- what is pending belongs to no thread ----------------------------------------------------------

X = np.arange(12.0).reshape(3, 4)
USES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "look": (lambda y: y, lambda y: y),
    "op": (lambda y: y * 2.0 + 1.0, lambda y: y * 2.0 + 1.0),
    "view": (lambda y: ngrad.transpose(y)[1:], lambda y: y.T[1:]),
    "rows": (lambda y: ngrad.reshape(y, [-1])[2:-2], lambda y: y.reshape(-1)[2:-2]),
    "sum": (lambda y: ngrad.reduce_sum(y, 0), lambda y: y.sum(0)),
    "eval": (lambda y: ngrad.eval(y) or y, lambda y: y),
}


@pytest.mark.parametrize("taped", [False, True], ids=["", "taped"])
def test_others_use_what_its_owner_goes_on_with(taped: bool) -> None:
    """One thread records, three use what it hands out, and drop it; what memory it lies in, and
    how, is found out by whoever looks first.
    """
    handed: list[queue.SimpleQueue[Any]] = [queue.SimpleQueue() for _ in range(3)]
    done = threading.Event()

    def owner() -> None:
        end = time.monotonic() + STRESS / 2
        try:
            k = 0
            while time.monotonic() < end:
                tape = GradientTape()
                if taped:
                    tape.__enter__()
                x = constant(X + float(k))
                tape.watch(x)
                y = ngrad.transpose(ngrad.transpose(x) * 1.0)  # it lies across
                z = y + 1.0
                for other in handed:
                    other.put((y, X + k))
                    other.put((z, X + k + 1.0))
                w = z * y
                if taped:
                    tape.__exit__()
                    g = tape.gradient(w, x)
                    np.testing.assert_array_equal(g, 2 * (X + k) + 1.0)
                elif k % 3 == 0:
                    np.testing.assert_array_equal(w, (X + k) * (X + k + 1.0))
                k += 1
        finally:
            done.set()

    def user(own: queue.SimpleQueue[Any], seed: int) -> None:
        kinds = list(USES.values())
        rng = np.random.default_rng(seed)
        while not (done.is_set() and own.empty()):
            try:
                y, expected = own.get(timeout=0.05)
            except queue.Empty:
                continue
            if rng.integers(4):
                on_tensors, on_arrays = kinds[rng.integers(len(kinds))]
                np.testing.assert_array_equal(on_tensors(y), on_arrays(expected))

    in_threads(
        [owner, *(lambda k=k, own=own: user(own, k) for k, own in enumerate(handed))]  # type: ignore[misc]
    )


RECORDED: dict[str, Callable[[Any], Any]] = {
    "operator": lambda x: x + 1.0,
    "op": lambda x: ngrad.reduce_sum(x, 0),
}
"""Each is recorded by lines of its own."""


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_recorded_amid_a_look_is_computed(name: str) -> None:
    """A look takes the entries first, and their holders then. Otherwise what is recorded between
    the two would be counted as run, and never be computed: here something is, every time.
    """
    x, late = constant(X), []
    y = x * 2.0

    class Entries(list[Any]):
        def __iter__(self) -> Any:
            late.append(RECORDED[name](x))
            taken = list(super().__iter__())
            late.append(RECORDED[name](x))
            return iter(taken)

    window = state.window
    window.entries = Entries(window.entries)
    np.testing.assert_array_equal(y, X * 2.0)
    window.entries = list(list.__iter__(window.entries))
    assert len(late) == 2
    for z in late:
        np.testing.assert_array_equal(z, RECORDED[name](constant(X)))


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_recorded_while_another_looks_is_computed(name: str) -> None:
    """Likewise, with looks where Python adds an entry: of an operand that is new to the window. The
    op's own, and its holder, are noted in one native call.
    """
    x, held = constant(X), constant(X) * 2.0  # something to run

    class Entries(list[Any]):
        def append(self, entry: Any) -> None:
            Window.run(window)
            super().append(entry)
            Window.run(window)

    window = state.window
    window.entries = Entries(window.entries)
    z = RECORDED[name](x)
    assert len(window.entries) > 2 and window.done
    np.testing.assert_array_equal(z, RECORDED[name](constant(X)))
    np.testing.assert_array_equal(held, X * 2.0)


def test_all_look_at_once() -> None:
    """Threads that meet on the same pending tensors, made by any of them."""
    count = 4
    end = time.monotonic() + STRESS / 2
    shared: list[Any] = [None] * count
    barrier = threading.Barrier(count, timeout=60)

    def work(k: int) -> None:
        round_ = 0
        while True:
            x = constant(X * (k + 1) + round_)
            y = ngrad.transpose(ngrad.sin(x))
            shared[k] = y, ngrad.cos(y) @ x
            barrier.wait()
            going_on = k != 0 or time.monotonic() < end
            if not going_on:
                barrier.abort()
                return
            a, b = 0.0, 0.0
            for y, z in shared[k:] + shared[:k]:
                a, b = y * 1.0 + a, ngrad.reduce_sum(z) + b
            both = a.numpy(), b.numpy()
            # The same by itself, in the same order.
            c, d = 0.0, 0.0
            for j in [*range(k, count), *range(k)]:
                own = constant(X * (j + 1) + round_)
                y = ngrad.transpose(ngrad.sin(own))
                c, d = y * 1.0 + c, ngrad.reduce_sum(ngrad.cos(y) @ own) + d
            assert c.numpy().tobytes() == both[0].tobytes()
            assert d.numpy().tobytes() == both[1].tobytes()
            barrier.wait()
            round_ += 1

    def guarded(k: int) -> None:
        try:
            work(k)
        except threading.BrokenBarrierError:
            pass
        except BaseException:
            barrier.abort()
            raise

    in_threads([lambda k=k: guarded(k) for k in range(count)])  # type: ignore[misc]


def test_each_thread_has_tapes_of_its_own() -> None:
    """On variables and pending tensors that all of them share; with derivatives of derivatives."""
    v = ngrad.Variable(X)
    scale = constant(X) * 2.0  # pending
    expected = 6 * 2.0 * X * X

    def work(k: int) -> None:
        for _ in range(60):
            with GradientTape() as outer:
                with GradientTape() as inner:
                    y = v * v * v * scale
                    if k % 2:
                        ngrad.eval(y)
                g = inner.gradient(y, v)
            np.testing.assert_array_equal(outer.gradient(g, v), expected)

    in_threads([lambda k=k: work(k) for k in range(4)])  # type: ignore[misc]


def test_a_tape_goes_on_in_another_thread() -> None:
    """What it heard in a thread that records on comes along to where it is entered again."""
    tape = GradientTape(persistent=True)
    x = constant(X)
    with tape:
        tape.watch(x)
        y = ngrad.sin(x) * x
    held = y + 1.0
    found: list[Any] = []

    def other() -> None:
        with tape:
            z = y * y
        found.append((tape.gradient(z, x).numpy(), held.numpy()))

    in_threads([other, lambda: [y * 1.0 for _ in range(3 * LIMIT)] and None])
    with GradientTape() as again:
        again.watch(x)
        y = ngrad.sin(x) * x
        z = y * y
    np.testing.assert_array_equal(found[0][0], again.gradient(z, x))
    np.testing.assert_array_equal(found[0][1], held)


# -- processes -------------------------------------------------------------------------------------


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
from ngrad.plans import _compiler, failures
assert counters["fused"] < len(PROGRAMS)
meanwhile = 0
while _compiler.pending:
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
