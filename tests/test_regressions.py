"""Programs that once crashed or gave wrong numbers."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from interrupting import caught_at

import ngrad
import ngrad.numpy
from ngrad import GradientTape, constant
from ngrad.cut import Cut
from ngrad.dtypes import BY_CODE
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.entries import LEAF
from ngrad.graph.graph import Graph
from ngrad.graph.layout import layout
from ngrad.graph.op import CALLS_LIMIT
from ngrad.ops.arithmetic import multiply
from ngrad.ops.reductions import SUM
from ngrad.plans import plans
from ngrad.record import state
from ngrad.replay import SMALL, arena
from ngrad.window import applied


def ran(program: str) -> str:
    """What a program prints, run in a process of its own, which it may crash."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr}"
    return done.stdout.strip()


# A sweep reads cotangents by address: those of a user's function may lie in any order, or be one
# element repeated, past which there is other memory.


def test_a_custom_cotangent_may_be_transposed() -> None:
    x = constant(np.arange(6.0).reshape(2, 3))
    given = np.arange(6.0).reshape(3, 2)

    @ngrad.custom_gradient
    def f(x: Any) -> Any:
        return x * 1.0, lambda upstream: ngrad.transpose(constant(given))

    with GradientTape() as tape:
        tape.watch(x)
        y = f(x * x)
    np.testing.assert_array_equal(tape.gradient(y, x), given.T * 2 * x.numpy())


@pytest.mark.parametrize("cotangent", [2.0, None])
def test_a_custom_cotangent_may_be_repeated_or_none(cotangent: float | None) -> None:
    x = constant(np.arange(100_000.0))

    @ngrad.custom_gradient
    def f(x: Any) -> Any:
        def backward(upstream: Any) -> Any:
            return (
                None if cotangent is None else ngrad.fill(x.shape, constant(cotangent, "float64"))
            )

        return x * 1.0, backward

    with GradientTape() as tape:
        tape.watch(x)
        y = f(x * x)
    np.testing.assert_array_equal(tape.gradient(y, x), (cotangent or 0.0) * 2 * x.numpy())


def test_a_long_replay_takes_no_more_stack_than_a_short_one() -> None:
    program = """
import threading, ngrad

def long():
    x = ngrad.constant(1.0)
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x
        for _ in range(6000):
            y = ngrad.sin(y)
    return float(tape.gradient(y, x))

expected = long()  # planned with a large stack
threading.stack_size(256 * 1024)
thread = threading.Thread(target=lambda: print(long() == expected))
thread.start()
thread.join()
"""
    assert ran(program) == "True"


def test_any_number_of_operands_takes_no_more_stack_than_a_few() -> None:
    program = """
import threading, ngrad
threading.stack_size(160 * 1024)

def joined(x):
    return ngrad.reduce_sum(ngrad.stack([x] * 10000) * 2.0)

def run():
    found = []
    for f in (joined, ngrad.function(joined)):
        x = ngrad.constant(1.0)
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        found += [float(y), float(tape.gradient(y, x))]
    ngrad.config.set_eager(True)
    found.append(float(joined(x)))
    print(found == [20000.0] * 5, len(ngrad.unstack(ngrad.ones(9000))))

thread = threading.Thread(target=run)
thread.start()
thread.join()
"""
    assert ran(program) == "True 9000"


def test_many_packed_operands_take_no_more_stack_than_a_few() -> None:
    program = """
import threading, ngrad
ngrad.config.set_fusion("wait")
z, *xs = [ngrad.reshape(ngrad.range(35.0 * k, 35.0 * k + 35.0), (5, 7)) for k in range(41)]
z = ngrad.reshape(z, (7, 5))

def total():
    with ngrad.GradientTape():  # so that it is recorded
        y = z
        for x in xs:
            y = y + ngrad.transpose(x) * 2.0
    return y.numpy()

def again():
    before = ngrad.stats().launches
    print((total() == expected).all(), ngrad.stats().launches - before)

expected = [total() for _ in range(8)][0]  # compiled with a large stack
threading.stack_size(128 * 1024)
thread = threading.Thread(target=again)
thread.start()
thread.join()
"""
    assert ran(program) == "True 1"


def test_a_list_that_is_in_itself() -> None:
    within: list[Any] = []
    within.append(within)
    deep: Any = 1.0
    for _ in range(100_000):
        deep = [deep]
    for nest in (within, deep):
        for dtype in (None, ngrad.float32):
            with pytest.raises(DTypeError, match="maximum number of dimension"):
                constant(nest, dtype)
        with pytest.raises(ValueError, match="maximum number of dimension"):
            ngrad.numpy.array(nest)


def test_a_replay_holds_its_temporaries() -> None:
    """Two threads may each make the shared memory at first; a replay keeps the one that it uses."""
    x = constant(np.linspace(0.0, 1.0, 1000))

    def gradient() -> Any:
        with GradientTape() as tape:
            tape.watch(x)
            y = ngrad.sin(ngrad.exp(ngrad.tanh(x)))
        return tape.gradient(y, x).numpy()

    before = gradient()
    arena.cache_clear()
    gc.collect()
    others = [ngrad.zeros([SMALL // 4]) + 0.0 for _ in range(8)]
    np.testing.assert_array_equal(gradient(), before)
    assert not any(other.numpy().any() for other in others)


def test_watching_ever_new_shapes_keeps_a_bounded_number() -> None:
    tape = GradientTape()
    with pytest.warns(UserWarning, match="int8"):
        for n in range(CALLS_LIMIT + 100):
            tape.watch(ngrad.zeros([0, n], dtype=ngrad.int8))
    assert len(LEAF.calls) <= CALLS_LIMIT + 1


@pytest.mark.parametrize("shape", [[-1], [-3, -2]])
def test_no_tensor_has_a_negative_size(shape: list[int]) -> None:
    with pytest.raises(ShapeError, match="broadcast_to"):
        ngrad.broadcast_to(1.0, shape)
    with pytest.raises(ShapeError, match="negative"):
        layout(ngrad.float32, tuple(shape))


def test_transpose_counts_axes_from_either_end_and_no_further() -> None:
    x = ngrad.ones([2, 3])
    assert ngrad.transpose(x, [-1, 0]).shape == (3, 2)
    for wrong in ([3, 2], [1, 1], [-1, 1], [-3, 0]):
        with pytest.raises(ShapeError, match="transpose"):
            ngrad.transpose(x, wrong)


def test_running_products_of_nothing_have_a_derivative_of_nothing() -> None:
    x = ngrad.zeros([3, 0])
    for exclusive in (False, True):
        with GradientTape() as tape:
            tape.watch(x)
            y = ngrad.math.cumprod(x, 1, exclusive=exclusive)
        assert tape.gradient(y, x).shape == (3, 0)


RECORDING = ("tape.py", "record.py", "window.py")


def stopped_at(place: int, function: Callable[[], Any]) -> bool:
    """Whether running a function came to as many calls within the recording, and was stopped there.
    Within the tape's own routines each line counts.
    """
    return caught_at(
        place, function, RECORDING, lambda name, event: event == "call" or name != "record.py"
    )


def test_a_tape_caught_half_way_is_whole() -> None:
    """Ctrl-C within an op leaves no line of the tape without what it keeps, nor a graph open."""
    for place in range(1, 1000):
        x = ngrad.fill([place], constant(3.0))  # of a shape of its own, so that rules are traced
        with GradientTape() as tape:
            tape.watch(x)
            caught = stopped_at(place, lambda x=x: ngrad.tanh(x / (x + 1.0)))  # type: ignore[misc]
            assert state.graph is None and state.stack == [tape]
            y = x * x * x
        np.testing.assert_array_equal(tape.gradient(y, x), np.full(place, 27.0, np.float32))
        if not caught:
            break
    assert not caught and place > 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_several_launching_threads_is_serial() -> None:
    """Threads of the layer that cannot be stopped before a fork made some children hang."""
    program = """
import os, threading
import numpy as np
import ngrad
import ngrad.numpy
from ngrad_kernels import threads

x = ngrad.constant(np.linspace(0, 1, 1_000_000))
before = ngrad.tanh(x).numpy()

def in_child():
    child = os.fork()
    if child == 0:
        same = np.array_equal(ngrad.tanh(x).numpy(), before)
        os._exit(same + 2 * threads._forked)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

first = in_child()
assert first == 1 or threads.layer() != "tbb" and first == 3
thread = threading.Thread(target=lambda: ngrad.tanh(x).numpy())
thread.start()
thread.join()
print("serial:", in_child())
"""
    # The layer may say, before or after, that it could not stop its threads.
    assert "serial: 3" in ran(program).splitlines()


def test_a_call_is_found_by_how_operands_lay_when_it_was_resolved() -> None:
    """A pending operand that is computed by the call lies otherwise from then on."""
    ones = constant(np.ones((3, 11)))
    before = ngrad.config.at_once()
    try:
        ngrad.config.set_at_once(0)
        repeated = ngrad.broadcast_to(constant(np.float64(3.0)) * 2.0, (3, 11))
        ngrad.config.set_eager(True)
        found = [repeated * ones]
        ngrad.config.set_eager(False)
        ngrad.config.set_at_once(ngrad.config.AT_ONCE)
        ngrad.eval()
        found.append(repeated * ones)
    finally:
        ngrad.config.set_eager(False)
        ngrad.config.set_at_once(before)
    for x in found:
        np.testing.assert_array_equal(x.numpy(), np.full((3, 11), 6.0))


def test_a_call_runs_only_on_what_lies_as_it_has_it() -> None:
    """Another thread may compute an operand between the look at its layout and the run."""
    ones, repeated = (constant(x) for x in (np.ones((3, 11)), np.float64(3.0)))
    repeated = ngrad.broadcast_to(repeated, (3, 11))
    where = ones._layout
    found = applied(state.window, multiply.call((), (where, where)), SMALL, repeated, ones)
    np.testing.assert_array_equal(found.numpy(), np.full((3, 11), 3.0))


def test_a_program_reads_its_facts_after_another_thread_prepared_its_calls_again() -> None:
    """Two that prepare a call at once have a program each, of which the call keeps one."""
    graph = Graph()
    with_facts = SUM.call(((0,),), (layout(BY_CODE["f8"], (3, 5)),))
    x = graph.input(with_facts.inputs[0])
    graph.outputs = (graph.apply(with_facts.op, (x,), with_facts.params).index,)
    cut = Cut(graph, (0,), {0: with_facts.inputs[0]})
    facts = [weakref.ref(x) for x in with_facts.program.keep]
    with_facts._prepare()
    gc.collect()
    assert facts and all(fact() is not None for fact in facts)
    (found,) = cut.run({0: constant(np.ones((3, 5)))})
    np.testing.assert_array_equal(found.numpy(), np.full(5, 3.0))


def test_a_custom_gradient_is_planned_once() -> None:
    """Also one that is defined anew at each step; and what it returned is let go."""
    w = ngrad.Variable(np.linspace(-1.0, 1.0, 12).reshape(3, 4))
    seen: list[Any] = []

    def step() -> None:
        @ngrad.custom_gradient
        def rounded(x: Any) -> Any:
            seen.append(weakref.ref(back := lambda g: ngrad.where(abs(x) < 0.9, g, 0.0)))
            return ngrad.round(x), back

        with GradientTape() as tape:
            y = ngrad.reduce_sum(rounded(w * 2.0) ** 2 + rounded(w))
        w.assign_sub(0.01 * tape.gradient(y, w))

    for _ in range(3):
        step()
    before = set(map(id, plans))
    for _ in range(5):
        step()
    assert set(map(id, plans)) == before
    gc.collect()
    assert len(seen) == 16 and not any(held() for held in seen)


def test_what_a_function_and_a_custom_gradient_hold_is_let_go() -> None:
    class Model(ngrad.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = ngrad.Variable(1.0)
            self.step = ngrad.function(self.value)

        def value(self, x: Any) -> Any:
            doubled = ngrad.custom_gradient(lambda z: (z * 2.0, lambda g: g * self.w))
            return doubled(x) * self.w

    held = []
    for _ in range(3):
        model = Model()
        with GradientTape() as tape:
            y = model.step(constant(3.0))
        assert float(tape.gradient(y, model.w)) == 6.0
        held.append(weakref.ref(model))
    del model, tape, y
    gc.collect()
    assert not any(model() for model in held)
