"""Pending work shared by threads, and used by others than who recorded it."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
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


LOCKED: dict[str, Callable[[ngrad.Variable, Any], Any]] = {
    "assign_add": lambda v, one: v.assign_add(one, use_locking=True),
    "assign_sub": lambda v, one: v.assign_sub(-one, use_locking=True),
    "scatter_add": lambda v, one: v.scatter_add(ngrad.IndexedSlices(one, [0, 1]), use_locking=True),
}


@pytest.mark.parametrize("name", LOCKED)
def test_updates_with_a_lock_lose_none(name: str) -> None:
    v, one = ngrad.Variable([0.0, 0.0]), constant([1.0, 1.0])

    def work() -> None:
        for _ in range(300):
            LOCKED[name](v, one)

    in_threads([work] * 4)
    assert v.numpy().tolist() == [1200.0, 1200.0]


def test_what_machine_code_finds_is_for_the_thread_that_asks() -> None:
    """Subscripts and transposes under a tape of one thread, while another listens to nothing."""
    turn, given = threading.Barrier(2, timeout=60), ours.asarray(np.arange(6.0).reshape(2, 3))

    def listens() -> None:
        for _ in range(50):
            with GradientTape() as tape:
                tape.watch(given)
                turn.wait()
                y = given.T[2] * given[1, 2]
                turn.wait()
            np.testing.assert_array_equal(tape.gradient(y, given), [[0, 0, 5], [0, 0, 12]])

    def does_not() -> None:
        for _ in range(50):
            turn.wait()
            found = given.T[2] * given[1, 2]
            turn.wait()
            assert not state.listens() and not state.window.readers
            np.testing.assert_array_equal(found, [10.0, 25.0])

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException:
            turn.abort()
            raise

    in_threads([lambda work=work: guarded(work) for work in (listens, does_not)])  # type: ignore[misc]


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


def test_a_launch_takes_no_lock_of_numbas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between taking it and the block that gives it back would leave it taken for good."""
    from numba.np.ufunc import parallel

    x = ngrad.ones([1 << 20])
    ngrad.eval(ngrad.exp(x))  # the threads are there

    def locked() -> int:
        raise AssertionError("a lock is taken")

    monkeypatch.setattr(parallel, "get_num_threads", locked)
    monkeypatch.setattr(parallel, "_launch_threads", locked)
    assert float(ngrad.reduce_sum(ngrad.exp(x) * 0.0)) == 0.0
