"""What a recording reads anew at every call, what it leaves behind, and whom it may meet."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from function_programs import X, bits

import ngrad
import ngrad.numpy as ours
from ngrad.errors import IndexBoundsError, TraceError
from ngrad.numpy.writing import Assigned
from ngrad.optimizers import SGD, Adam
from ngrad.record import state

Tape = ngrad.GradientTape


def test_an_array_from_outside_is_not_assigned_to() -> None:
    x = ours.zeros(3)

    def f(y: Any) -> Any:
        x[1:][0] += y[0]
        return x * 1.0

    with pytest.raises(
        TraceError, match=r"function f: .*test_recording.py:\d+ assigns to an array"
    ):
        ngrad.function(f)(ours.ones(3))
    x[0] = 2.0  # as usable as ever
    assert x.tolist() == [2.0, 0.0, 0.0]


OUTSIDE: dict[str, Callable[[Any, Any], Any]] = {
    "itself": lambda x, outside: x * outside,
    "its view": lambda x, outside: x[1:] * outside[1:],
    "as an index": lambda x, outside: x[outside.astype(int) % 3],
    "by a function": lambda x, outside: ours.sin(outside) + ours.sum(outside * x),
    "by one of NumPy's": lambda x, outside: np.cumsum(outside) + x,
    "by tensors'": lambda x, outside: ngrad.tanh(outside) * x,
    "mapped": lambda x, outside: ngrad.vmap(lambda each: each * outside[0])(x),
    "in a list": lambda x, outside: ours.concatenate([outside, x]),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_an_array_from_outside_is_read_at_every_call(name: str) -> None:
    outside, x = ours.arange(3.0), ours.ones(3)
    f = ngrad.function(lambda x: OUTSIDE[name](x, outside))
    for change in range(3):
        assert np.asarray(f(x)).tolist() == np.asarray(OUTSIDE[name](x, outside)).tolist()
        if change:
            outside += 1.5
        else:
            outside[1] = 7.0
    assert f.traces == 1


def test_a_view_from_outside_is_read_at_every_call() -> None:
    outside = ours.arange(4.0)
    view = outside[1:3]
    f = ngrad.function(lambda x: x * view)
    assert f(ours.ones(2)).tolist() == [1.0, 2.0]
    outside[2] = 5.0
    assert f(ours.ones(2)).tolist() == view.tolist() == [1.0, 5.0]


def test_a_tape_hears_of_an_array_from_outside() -> None:
    w = ours.zeros(2)
    loss = ngrad.function(lambda x: ours.sum((x * w - 1.0) ** 2))
    for expected in (-2.0, -1.0, -0.5):
        with Tape() as tape:
            tape.watch(w)
            value = loss(ours.ones(2))
        slope = tape.gradient(value, w)
        assert slope.tolist() == [expected] * 2
        w -= 0.25 * slope


def test_arrays_are_read_as_ever_when_nothing_is_recorded() -> None:
    slot = Assigned.__dict__["_held"]

    def fails(x: Any) -> Any:
        assert Assigned.__dict__["_held"] is not slot
        ngrad.function(lambda y: y + x)(x)
        raise ValueError("in between")

    with pytest.raises(ValueError, match="in between"):
        ngrad.function(fails)(ours.ones(2))
    assert Assigned.__dict__["_held"] is slot


def test_arrays_that_are_returned_are_of_one_call() -> None:
    kept = ours.arange(3.0)

    @ngrad.function
    def f(x: Any) -> Any:
        made = ours.zeros(3)
        return made, made[1:], kept, x

    first, second = f(ours.ones(3)), f(ours.ones(3))
    first[0][0] = first[1][0] = first[3][0] = 4.0
    assert [y.tolist() for y in second] == [[0.0] * 3, [0.0] * 2, [0.0, 1.0, 2.0], [1.0] * 3]
    assert [y.tolist() for y in f(ours.ones(3))] == [y.tolist() for y in second]
    assert first[2] is second[2] is kept  # as without `function`


def test_an_exception_leaves_nothing_behind() -> None:
    v, runs = ngrad.Variable(1.0), 0

    @ngrad.function
    def f(x: Any) -> Any:
        nonlocal runs
        runs += 1
        v.assign(x[0])
        with Tape(), Tape():
            ngrad.random.normal([2])
            if runs < 3:
                raise KeyError(runs)
        return x * v

    ngrad.random.set_seed(1)
    drawn = ngrad.random.normal([2]).numpy()
    ngrad.random.set_seed(1)
    for run in (1, 2):
        with pytest.raises(KeyError, match=str(run)):
            f(ngrad.constant(X))
    assert float(v) == 1.0
    assert f.traces == 0
    assert (ngrad.random.normal([2]).numpy() == drawn).all()
    assert (f(ngrad.constant(X)).numpy() == X * X[0]).all()
    assert float(v) == X[0]


def test_an_index_out_of_bounds_raises_at_the_call_and_assigns_nothing() -> None:
    v = ngrad.Variable([0.0])

    @ngrad.function
    def f(x: Any, i: Any) -> Any:
        v.assign(ngrad.gather(x, i))
        return v + 1.0

    assert float(f(ngrad.constant(X), ngrad.constant([1]))[0]) == X[1] + 1.0
    with pytest.raises(IndexBoundsError, match=r"gather: index 7 .*test_recording.py"):
        f(ngrad.constant(X), ngrad.constant([7]))
    assert float(v[0]) == X[1]
    assert f.traces == 1


def test_attributes_of_optimizers_are_read_at_every_call() -> None:
    def results(wrap: Callable[..., Any]) -> list[Any]:
        w, adam, sgd = ngrad.Variable([1.0, 2.0]), Adam(0.1), SGD(0.1, momentum=0.9)

        def step() -> None:
            with Tape() as tape:
                loss = ngrad.reduce_sum(w * w * w)
            slope = tape.gradient(loss, w)
            adam.apply_gradients([(slope, w)])
            sgd.apply_gradients([(slope, w)])

        f, found = wrap(step), []
        for k in range(5):
            f()
            found.append(bits(w))
            adam.beta_1, adam.beta_2, adam.epsilon = 0.5 + 0.1 * k, 0.9 - 0.1 * k, 1e-3 * k
            adam.learning_rate, sgd.momentum = 0.1 * k, 0.1 * k
            sgd.learning_rate = lambda step, k=k: 0.01 * step * k
            if k == 2:
                adam.iterations.assign(7)
        return found

    assert results(ngrad.function) == results(lambda f: f)


def test_iterations_that_are_assigned_after_an_update_count() -> None:
    """At every call, and what is assigned between calls too."""
    seen: list[int] = []

    def rate(done: int) -> float:
        seen.append(done)
        return 0.1

    w, sgd = ngrad.Variable([1.0]), SGD(rate)

    @ngrad.function
    def step(back: bool) -> None:
        sgd.apply_gradients([(w * 1.0, w)])
        sgd.apply_gradients([(w * 1.0, w)])
        if back:
            sgd.iterations.assign(7)

    for back in (False, False, True, True, False, False):
        step(back)
    sgd.iterations.assign(100)
    step(False)
    assert seen[::2] == [0, 2, 4, 7, 7, 9, 100]
    assert int(sgd.iterations) == 102


def test_iterations_that_are_assigned_within_are_refused() -> None:
    w, adam = ngrad.Variable([1.0]), Adam(0.1)

    @ngrad.function
    def step() -> None:
        adam.iterations.assign(0)
        adam.apply_gradients([([1.0], w)])

    with pytest.raises(TraceError, match="`iterations`"):
        step()


def test_eager_mode_runs_the_python() -> None:
    runs: list[int] = []
    f = ngrad.function(lambda x: runs.append(1) or x * 2.0)
    ngrad.config.set_eager(True)
    try:
        assert [float(f(ngrad.constant(k))) for k in (1.0, 2.0)] == [2.0, 4.0]
    finally:
        ngrad.config.set_eager(False)
    assert (len(runs), f.traces) == (2, 0)


def test_a_replay_plans_nothing_and_records_nothing() -> None:
    f = ngrad.function(lambda x, b: ngrad.exp(x) * b + 1.0)
    for _ in range(3):
        f(X, 1.0)
    entries, before = len(state.window.entries), ngrad.stats()
    for k in range(5):
        f(X, float(k))
    since = ngrad.stats() - before
    assert (since.planned, since.fused, since.compiled, since.runs) == (0, 0, 0, 5)
    assert len(state.window.entries) == entries


def test_what_is_pending_is_computed_for_a_call() -> None:
    x = ngrad.constant(X) * 2.0
    pending = x + 1.0
    f = ngrad.function(lambda y: y * pending)
    assert (f(x).numpy() == X * 2 * (X * 2 + 1)).all()


def test_threads_that_meet_at_the_first_call_record_once() -> None:
    runs: list[int] = []
    meet = threading.Barrier(4)
    v = ngrad.Variable(0.0)

    @ngrad.function
    def f(x: Any) -> Any:
        runs.append(1)
        return x * 2.0 + v

    found: list[Any] = []

    def work(k: int) -> None:
        meet.wait()
        found.extend([(k + j) * 2.0 == float(f(ngrad.constant(float(k + j)))) for j in range(50)])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(runs), len(found), all(found)) == (1, 200, True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_calls_and_records() -> None:
    f = ngrad.function(lambda x: x * 2.0)
    f(ngrad.constant(X))
    with f._lock:  # as if another thread were recording
        child = os.fork()
        if child == 0:
            signal = threading.Timer(20.0, os._exit, (2,))
            signal.daemon = True
            signal.start()
            right = (f(ngrad.constant(X)).numpy() == X * 2).all()
            right &= f(ngrad.constant(2.0)).numpy() == 4.0
            os._exit(0 if right and f.traces == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_it_shows_its_graph_and_its_kernels() -> None:
    @ngrad.function
    def f(x: Any) -> Any:
        return ngrad.exp(x) * 2.0

    with pytest.raises(ValueError, match="function f: not called yet"):
        f.pretty()
    assert "exp(%0)" in f.pretty(X) and f.traces == 1
    assert "exp" in f.source() and "def space_" in f.source(X[:2])
    assert f.traces == 2
    assert repr(f) == "<function f of ngrad, recorded 2 times>"
    alone = ngrad.function(lambda x, w: ngrad.sin(x) @ w)
    sine, product = alone.source(X[:2], X[:2, None]).split("\n\n")
    assert "def map_" in sine and "sin_" in sine
    assert product.strip() == "# matmul(float32, float32), by itself"


def test_many_signatures_keep_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["ngrad.function"], "LIMIT", 4)
    f = ngrad.function(lambda x: x + 1.0)
    for size in range(1, 12):
        assert f(ngrad.ones([size])).shape == (size,)
    assert f.traces == 4
