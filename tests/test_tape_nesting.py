"""`GradientTape`: nesting, higher orders, re-entering, exceptions, threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import recorded

import ngrad
from ngrad import GradientTape, Variable, constant
from ngrad.errors import GradientError, ShapeError

# -- nesting, re-entering, exceptions --------------------------------------------------------------


def test_third_derivative() -> None:
    x = constant(2.0)
    with GradientTape() as third:
        third.watch(x)
        with GradientTape() as second:
            second.watch(x)
            with GradientTape() as first:
                first.watch(x)
                y = x * x * x * x
            dy = first.gradient(y, x)
        d2y = second.gradient(dy, x)
    d3y = third.gradient(d2y, x)
    assert [float(v) for v in (dy, d2y, d3y)] == [32.0, 48.0, 48.0]


def test_higher_orders_through_functions() -> None:
    x = constant(np.linspace(-1, 1, 7))
    with GradientTape() as third:
        third.watch(x)
        with GradientTape() as second:
            second.watch(x)
            with GradientTape() as first:
                first.watch(x)
                y = ngrad.tanh(x)
            dy = first.gradient(y, x)
        d2y = second.gradient(dy, x)
    d3y = third.gradient(d2y, x)
    t = np.tanh(x.numpy())
    np.testing.assert_allclose(dy, 1 - t**2, rtol=1e-14)
    np.testing.assert_allclose(d2y, -2 * t * (1 - t**2), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(d3y, (6 * t**2 - 2) * (1 - t**2), rtol=1e-12)


def test_a_mixed_second_derivative() -> None:
    x, y = constant(2.0), constant(5.0)
    with GradientTape() as outer:
        outer.watch((x, y))
        with GradientTape() as inner:
            inner.watch(x)
            z = x * x * y * y
        dz = inner.gradient(z, x)
    assert [float(g) for g in outer.gradient(dz, [x, y])] == [50.0, 40.0]


def test_re_entering_goes_on_recording() -> None:
    """A persistent tape goes on where it stopped; another starts anew after its gradient."""
    x = constant(3.0)
    tape = GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x * x
    with tape:
        z = y * x
    assert float(tape.gradient(z, x)) == 27.0
    once = GradientTape()
    with once:
        once.watch(x)
        y = x * x
    with once:
        z = y * x
    assert float(once.gradient(z, x)) == 27.0
    with once:
        once.watch(x)
        y = 5.0 * x
    assert float(once.gradient(y, x)) == 5.0


def test_an_exception_leaves_the_context() -> None:
    x = constant(3.0)
    tape = GradientTape()
    with pytest.raises(KeyError), tape:
        tape.watch(x)
        y = x * x
        raise KeyError("inside")
    unseen = y * y
    assert tape.gradient(unseen, x) is None
    with GradientTape() as after:
        after.watch(x)
        z = x * x
    assert float(after.gradient(z, x)) == 6.0


def test_an_exception_in_the_middle_of_nested_tapes() -> None:
    x = constant(3.0)
    with GradientTape() as outer:
        outer.watch(x)
        with pytest.raises(ShapeError), GradientTape() as inner:
            inner.watch(x)
            _ = ngrad.ones([2]) + ngrad.ones([3])
        y = x * x
    assert float(outer.gradient(y, x)) == 6.0


def test_entering_an_active_tape() -> None:
    tape = GradientTape()
    with tape, pytest.raises(ValueError, match="already recording"), tape:
        pass


def test_a_second_gradient_needs_a_persistent_tape() -> None:
    x = constant(3.0)
    y, tape = recorded(lambda x: x * x, x)
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)


def test_gradient_within_its_own_context() -> None:
    x = constant(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        assert float(tape.gradient(y, x)) == 6.0


def test_gradient_within_a_persistent_tapes_own_context_is_recorded() -> None:
    x = constant(3.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        dy = tape.gradient(y, x)
        z = dy * x
    assert float(dy) == 27.0
    assert float(tape.gradient(dy, x)) == 18.0
    assert float(tape.gradient(z, x)) == 81.0


def test_an_op_without_derivative_says_so() -> None:
    x = constant([1.0, 2.0])
    y, tape = recorded(lambda x: ngrad.equal(x, 1.0), x, persistent=True)
    assert tape.gradient(ngrad.cast(y, "float32"), x) is None
    with pytest.raises(GradientError, match="equal"):
        tape.gradient(y, x)


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_tape_is_entered_again_where_its_result_was_used(looked_at: bool) -> None:
    """By then that is a leaf of another tape's; what leads to it is brought behind."""
    x = constant(2.0)
    tape, other = GradientTape(persistent=True), GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x**3
    if looked_at:
        y.numpy()
    with other:
        other.watch(y)
        q = y * 2.0
        with tape:
            w = y * x
        r = w * y + q
    assert float(tape.gradient(w, x)) == 32.0 and float(tape.gradient(w, y)) == 2.0
    assert tape.jacobian(w, x).numpy() == 32.0
    assert [float(other.gradient(z, y)) for z in (q, w, r)] == [2.0, 2.0, 34.0]


# -- threads ---------------------------------------------------------------------------------------


def run_in_threads(work: Callable[[int], None], count: int) -> None:
    failures: list[BaseException] = []

    def guarded(k: int) -> None:
        try:
            work(k)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_a_tape_belongs_to_its_thread() -> None:
    x = constant(3.0)
    found: list[Any] = []
    with GradientTape() as tape:
        tape.watch(x)
        run_in_threads(lambda _: found.append(x * x), 1)
        y = x * 5.0
    assert float(tape.gradient([found[0], y], x)) == 5.0


def test_tapes_in_several_threads() -> None:
    shared = Variable([1.0, 2.0, 3.0])

    def work(k: int) -> None:
        for repeat in range(60):
            x = constant([float(k), float(repeat), 1.0])
            with GradientTape() as tape:
                tape.watch(x)
                y = ngrad.reduce_sum(x * x * shared)
            in_x, in_shared = tape.gradient(y, [x, shared])
            assert in_x.numpy().tolist() == (2 * x.numpy() * [1, 2, 3]).tolist()
            assert in_shared.numpy().tolist() == (x.numpy() ** 2).tolist()

    run_in_threads(work, 4)


@pytest.mark.parametrize("how", ["under a tape", "in a function"])
def test_gradients_in_a_loop_are_one_structure(how: str) -> None:
    """However many stand before one: that is planned once, and not with all of them."""

    def train(w: Any, rate: Any) -> Any:
        for _ in range(40):
            with GradientTape() as tape:
                tape.watch(w)
                loss = ngrad.reduce_mean(ngrad.tanh(w) ** 2)
            w = w - rate * tape.gradient(loss, w)
        return ngrad.reduce_sum(w**2)

    def run() -> Any:
        w, rate = constant([0.5, -1.0, 2.0]), constant(0.1)
        if how == "in a function":
            return ngrad.function(train)(w, rate).numpy()
        with GradientTape() as outer:
            outer.watch(rate)
            end = train(w, rate)
        return outer.gradient(end, rate).numpy()

    before = ngrad.stats().planned
    found = run()
    assert ngrad.stats().planned - before <= 8
    h = 1e-3
    if how == "under a tape":
        more, less = (float(train(constant([0.5, -1.0, 2.0]), constant(0.1 + d))) for d in (h, -h))
        np.testing.assert_allclose(found, (more - less) / (2 * h), rtol=1e-2)


@pytest.mark.parametrize("look", [False, True])
def test_a_tape_hears_nothing_that_another_heard_before_it(look: bool) -> None:
    """Also where that goes on under it."""
    x = constant([2.0, 3.0])
    with GradientTape(persistent=True) as early:
        early.watch(x)
        y = x * x
    if look:
        y.numpy()
    with GradientTape() as late:
        late.watch(x)
        with early:
            z = y * x
        u = y * 2.0
    assert late.gradient(u, x) is None
    np.testing.assert_array_equal(early.gradient(z, x), [12.0, 27.0])


@pytest.mark.parametrize("how", ["pending", "looked at", "eager"])
def test_what_is_assigned_under_a_tape_is_not_followed(how: str) -> None:
    """Whether it is there or not: a variable that is watched is, from where it is read."""
    x, trained = constant([2.0, 3.0]), Variable([0.0, 0.0])
    fixed = Variable([0.0, 0.0], trainable=False)
    ngrad.config.set_eager(how == "eager")
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        if how == "looked at":
            y.numpy()
        for variable in (fixed, trained):
            variable.assign(y)
        read = fixed.value()
        z, other = read * read, ngrad.reduce_sum(trained**2)
    assert tape.gradient(z, read) is None and tape.gradient(z, x) is None
    assert tape.gradient(other, x) is None
    np.testing.assert_array_equal(tape.gradient(other, trained), [8.0, 18.0])
