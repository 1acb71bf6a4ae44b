"""What a function computes is what the same Python computes without it, call by call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from function_programs import PROGRAMS, X, bits, slope, tenfold

import ngrad
from ngrad import constant
from ngrad.errors import TraceError

Tape = ngrad.GradientTape


def within_a_function(f: Any) -> Any:
    inner = ngrad.function(f)
    return ngrad.function(lambda x: inner(x))


def under_a_tape(f: Any) -> Any:
    recorded = ngrad.function(f)

    def call(x: Any) -> Any:
        with Tape() as tape:
            tape.watch(x)
            return recorded(x)

    return call


def of_any_size(f: Any) -> Any:
    return ngrad.function(f, input_signature=[ngrad.TensorSpec([None])])


WAYS = {
    "by itself": ngrad.function,
    "of any size": of_any_size,
    "in a function": within_a_function,
    "in a tape": under_a_tape,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_calls_give_the_bits_of_eager_calls(name: str, way: str) -> None:
    def results(wrap: Callable[..., Any]) -> list[Any]:
        ngrad.random.set_seed(3)
        f = wrap(PROGRAMS[name]())
        return [bits(f(ngrad.constant(X + k))) for k in range(4)]

    assert results(WAYS[way]) == results(lambda f: f)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_python_runs_once(name: str) -> None:
    runs = 0
    program = PROGRAMS[name]()

    @ngrad.function
    def f(x: Any) -> Any:
        nonlocal runs
        runs += 1
        return program(x)

    for k in range(3):
        f(ngrad.constant(X + k))
    assert (runs, f.traces) == (1, 1)


# -- gradients through functions -------------------------------------------------------------------


def smooth(v: Any) -> dict[str, Callable[..., Any]]:
    def assigning(x: Any) -> Any:
        y = x * v
        v.assign(v * 2.0)
        return y * v

    return {
        "reads a variable": lambda x: x * x * v,
        "assigns it between reads": assigning,
        "has a tape": slope(lambda x: ngrad.reduce_sum(x**3 * v)),
        "custom gradient": lambda x: tenfold(x) * v,
        "draws": lambda x: x * v * ngrad.random.normal([3], seed=1),
    }


def first(f: Any, x: Any, v: Any) -> Any:
    with Tape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, v])


def second(f: Any, x: Any, v: Any) -> Any:
    with Tape() as outer:
        outer.watch(x)
        _, slopes = first(f, x, v)
    return slopes, outer.gradient(slopes[0], [x, v])


def persistent(f: Any, x: Any, v: Any) -> Any:
    with Tape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
        z = f(y)
        inside = tape.gradient(z, x)
    names = [variable.name for variable in tape.watched_variables()]
    return inside, tape.gradient(z, [x, y, v]), tape.gradient(y, [x, v]), names


def jacobian(f: Any, x: Any, v: Any) -> Any:
    with Tape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, [x, v])


@pytest.mark.parametrize("asked", [first, second, persistent, jacobian], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", smooth(None))
def test_tapes_outside_differentiate_through_it(name: str, asked: Any) -> None:
    def results(wrap: Callable[..., Any]) -> list[Any]:
        ngrad.random.set_seed(1)
        v = ngrad.Variable([2.0, 3.0, 4.0], name="v")
        f = wrap(smooth(v)[name])
        return [(bits(asked(f, ngrad.constant(X), v)), bits(v)) for _ in range(3)]

    assert results(ngrad.function) == results(lambda f: f)


# -- variables that a function makes, and returns --------------------------------------------------


class Lazy(ngrad.Module):
    """Builds its weights at the first call, as many layers do."""

    w: Any = None

    @ngrad.function
    def __call__(self, x: Any) -> Any:
        if self.w is None:
            self.w = ngrad.Variable([[2.0], [3.0]])
        return x @ self.w


@pytest.mark.parametrize("listened", [True, False], ids=["under a tape", "first without"])
def test_a_tape_outside_hears_of_variables_made_inside(listened: bool) -> None:
    net, x = Lazy(), ngrad.ones([1, 2])
    if not listened:
        net(x)
    for _ in range(3):
        with ngrad.GradientTape() as tape:
            y = ngrad.reduce_sum(net(x))
        assert tape.gradient(y, net.w).numpy().tolist() == [[1.0], [1.0]]
        assert tape.watched_variables() == (net.w,)


class Drawn:
    """What makes its variables at the first call: of draws, and of one another."""

    def __init__(self, wrap: Callable[..., Any]) -> None:
        self.w: Any = None
        self.call = wrap(self._call)

    def _call(self, x: Any) -> Any:
        if self.w is None:
            bound = 1.0 / ngrad.sqrt(ngrad.cast(ngrad.shape(x)[0], "float32"))
            self.w = ngrad.Variable(ngrad.random.uniform(x.shape, -bound, bound))
            self.b = ngrad.Variable(2.0 * self.w)
        return x * self.w + self.b + ngrad.random.normal(x.shape)


@pytest.mark.parametrize("wrap", [ngrad.function, of_any_size])
def test_variables_are_made_of_draws_at_the_first_call(wrap: Callable[..., Any]) -> None:
    def results(wrap: Callable[..., Any]) -> list[Any]:
        ngrad.random.set_seed(3)
        drawn = Drawn(wrap)
        return [bits(drawn.call(ngrad.constant(X))) for _ in range(3)]

    assert results(wrap) == results(lambda f: f)


def test_a_variable_that_is_drawn_at_every_call_raises() -> None:
    drawn = ngrad.function(lambda x: x + ngrad.Variable(ngrad.random.normal([])))
    with pytest.raises(TraceError, match="function <lambda>: makes a Variable of what is drawn"):
        drawn(1.0)


def test_a_variable_that_is_returned_is_its_value() -> None:
    """As of that call: what another assigns changes no earlier result."""
    count = ngrad.Variable(0)

    @ngrad.function
    def step() -> Any:
        return count.assign_add(1), {"now": count}

    found = [step() for _ in range(3)]
    assert [(int(a), int(b["now"])) for a, b in found] == [(1, 1), (2, 2), (3, 3)]
    assert all(type(a) is ngrad.Tensor for a, _ in found)


def test_a_variable_is_its_value_within_another_function() -> None:
    v = ngrad.Variable(1.0)
    inner = ngrad.function(lambda: v.assign_add(1.0))
    one, other = ngrad.function(lambda: (inner(), inner()))()
    assert (float(one), float(other)) == (2.0, 3.0)


def test_slices_are_a_nest() -> None:
    f = ngrad.function(lambda s: ngrad.IndexedSlices(s.values * 2.0, s.indices))
    for k in range(3):
        found = f(ngrad.IndexedSlices(ngrad.ones([2]) * k, ngrad.constant([0, 1]), [4]))
    assert f.traces == 1 and found.values.numpy().tolist() == [4.0, 4.0]


@pytest.mark.parametrize("k", [0, 1])
def test_a_value_and_its_gradients_share_what_they_compute(k: int) -> None:
    """However they are asked for: what `grad` follows is its argument itself."""
    w = constant(np.linspace(-1, 1, 9).reshape(3, 3))

    def f(x: Any, y: Any) -> Any:
        return ngrad.reduce_sum(ngrad.tanh(ngrad.tanh((x + y) @ w) @ w))

    x, y = constant(np.ones((2, 3))), constant(np.full((2, 3), 0.5))
    together = ngrad.function(lambda x, y: ngrad.value_and_grad(f, k)(x, y))
    apart = ngrad.function(lambda x, y: (f(x, y), ngrad.grad(f, k)(x, y)))
    both = ngrad.function(lambda x, y: (ngrad.grad(f, 0)(x, y), ngrad.grad(f, 1)(x, y)))
    counts = [g.pretty(x, y).count("matmul(") for g in (together, apart, both)]
    assert counts == [4, 4, 4]
    for one, two in zip(together(x, y), apart(x, y), strict=True):
        np.testing.assert_array_equal(one, two)
