"""A size of None in a signature: one recording serves all sizes for which it is right."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from function_programs import bits
from hypothesis import given
from hypothesis import strategies as st
from open_programs import ANY, SOME, Program, captured, rows

import ngrad
from ngrad.errors import NgradError, ShapeError, TraceError
from ngrad_kernels import cache

Tape = ngrad.GradientTape
SIGNATURE = [ngrad.TensorSpec([None, 3])]


STATEFUL = ("network", "running mean")
"""Programs that go on from call to call."""
NO_TENSORS = ("numbers", "counted", "shapes as tensors")
"""Programs with results that a tape does not take for targets."""


class Counted:
    """A program as a function of any number of rows, and how often its Python runs."""

    def __init__(self, program: Program) -> None:
        self.runs, self.program = 0, program
        self.function = ngrad.function(self._run, input_signature=SIGNATURE)

    def _run(self, x: Any) -> Any:
        self.runs += 1
        return self.program(x)

    def __call__(self, x: Any) -> Any:
        return self.function(x)


def results(call: Callable[[Any], Any], sizes: tuple[int, ...]) -> list[Any]:
    ngrad.random.set_seed(3)
    return [bits(call(rows(n))) for n in sizes]


@pytest.mark.parametrize("name", ANY)
def test_the_python_runs_once_for_all_sizes(name: str) -> None:
    sizes = (6, 4, 7, 5, 100, 6, 1000 if "jacobian" not in name else 30)
    f = Counted(ANY[name]())
    assert results(f, sizes) == results(ANY[name](), sizes)
    assert (f.runs, f.function.traces) == (1, 1)


@pytest.mark.parametrize("name", [name for name in ANY if name not in STATEFUL])
def test_small_sizes_are_right_whatever_came_before(name: str) -> None:
    """Where a size, or what is left of it, is 0 or 1, a program may be another one."""
    eager = ANY[name]()
    for sizes in ((6, 3, 2, 1), (1, 2, 3, 6), (2, 6, 1, 3)):
        f = Counted(ANY[name]())
        for n in sizes:
            try:
                expected = results(eager, (n,))
            except (ShapeError, IndexError):  # too few rows for it
                with pytest.raises((ShapeError, IndexError)):
                    f(rows(n))
                continue
            assert results(f, (n,)) == expected


EMPTY = ("arithmetic", "sums", "means", "softmax", "layer norm", "cross-entropy", "pad", "shapes")


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("sizes", [(0, 6, 1), (6, 0, 1), (1, 0, 6)])
def test_no_rows(name: str, sizes: tuple[int, ...]) -> None:
    f = Counted(ANY[name]())
    assert results(f, sizes) == results(ANY[name](), sizes)


@pytest.mark.parametrize("name", ANY)
def test_a_new_size_compiles_nothing(name: str) -> None:
    f = Counted(ANY[name]())
    for n in (6, 40, 6):
        f(rows(n))
    before = cache.counters["compiled"] + cache.counters["loaded"]
    for n in (5, 9, 11, 41, 50):
        f(rows(n))
    assert cache.counters["compiled"] + cache.counters["loaded"] == before


@pytest.mark.parametrize("name", [name for name in ANY if name not in NO_TENSORS])
def test_tapes_outside_hear_it_at_each_size(name: str) -> None:
    def call(f: Any) -> Any:
        def under_a_tape(x: Any) -> Any:
            with Tape() as tape:
                tape.watch(x)
                y = f(x)
            return y, tape.gradient(y, x)

        return under_a_tape

    f = Counted(ANY[name]())
    assert results(call(f), (6, 4, 9)) == results(call(ANY[name]()), (6, 4, 9))
    assert f.runs == 1


@pytest.mark.parametrize("name", ANY)
def test_sizes_that_differ_are_open_from_the_second_on(name: str) -> None:
    sizes = (6, 4, 7, 5, 100 if "jacobian" not in name else 9, 6, 4)
    runs, program = 0, ANY[name]()

    @ngrad.function(reduce_retracing=True)
    def f(x: Any) -> Any:
        nonlocal runs
        runs += 1
        return program(x)

    assert results(f, sizes) == results(ANY[name](), sizes)
    assert (runs, f.traces) == (2, 2)


def test_what_else_differs_is_recorded_apart() -> None:
    runs = []

    @ngrad.function(experimental_relax_shapes=True)
    def f(x: Any, y: Any, how: str, k: float) -> Any:
        runs.append((x.shape, y.shape))
        return x * k + ngrad.reduce_sum(y) if how == "sum" else x - y

    def call(n: int, m: int, how: str = "sum", dtype: str = "f4") -> None:
        x, y = ngrad.ones([n, 3], dtype), ngrad.ones([m], dtype)
        expected = x * 2.0 + ngrad.reduce_sum(y) if how == "sum" else x - y
        assert bits(f(x, y, how, 2.0)) == bits(expected)

    for n in (3, 4, 5, 6):
        call(n, 2)
    assert len(runs) == 2 and [str(size) for size in runs[1]] == ["(n0, 3)", "(2,)"]
    for m in (3, 4, 5):
        call(6, m)
    assert len(runs) == 3 and [str(size) for size in runs[2]] == ["(n0, 3)", "(n1,)"]
    call(3, 3, "difference")
    call(4, 3, "difference")
    call(3, 9, dtype="f8")
    assert len(runs) == 6
    call(9, 9)
    call(8, 3, "difference")
    assert len(runs) == 6


# -- what depends on a size ------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOME)
def test_what_depends_on_a_size_is_recorded_for_it(name: str) -> None:
    sizes = (5, 7, 4, 6, 5, 12, 7, 4)
    f = Counted(SOME[name]())
    assert results(f, sizes) == results(SOME[name](), sizes)
    assert f.function.traces <= len(set(sizes))
    before = f.runs
    results(f, sizes)
    assert f.runs == before


def test_recordings_are_for_all_sizes_with_the_same_answers() -> None:
    branch, odd = Counted(SOME["branch"]()), Counted(SOME["an odd number"]())
    for n in range(4, 20):
        branch(rows(n))
        odd(rows(n))
    assert (branch.runs, odd.runs) == (2, 2)
    same = Counted(SOME["a captured tensor"]())
    for n in (4, 5, 6, 7):
        same(rows(n))
    assert same.runs == 2 and captured.shape == (5, 3)


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("step", [2, 3])
def test_parts_of_open_sizes_that_are_equal(step: int) -> None:
    """Either may stand for both, also in what is fused for other sizes."""
    spec = [ngrad.TensorSpec([None, 3]), ngrad.TensorSpec([None, 3])]

    def program(x: Any, y: Any) -> Any:
        return x[::step] + y[::step]

    f = ngrad.function(program, input_signature=spec)
    for n in (12, 18, 24, 30, 12, 18):
        x, y = rows(n), rows(2 * n)[n:]
        assert bits(f(x, y)) == bits(program(x, y))
    assert f.traces == 1


@pytest.mark.usefixtures("waiting")
def test_what_is_known_of_one_size_alone_gets_a_plan_of_its_own() -> None:
    """One window fits in 3 elements and in 4, which does not follow from how many there are."""
    filters = ngrad.reshape(ngrad.range(24.0) - 11.5, [3, 4, 2])

    def slope(x: Any) -> Any:
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            y = ngrad.reduce_sum(ngrad.sin(ngrad.nn.conv1d(x[None], filters, 2, "VALID")))
        return tape.gradient(y, x)

    f = ngrad.function(slope, input_signature=[ngrad.TensorSpec([None, 4])])
    for n in (9, 8, 5, 3, 4, 20, 33, 3, 3, 4, 4, 9):
        x = ngrad.constant(np.linspace(-1.5, 2.0, 4 * n, dtype=np.float32).reshape(n, 4))
        assert bits(f(x)) == bits(slope(x))


TAKEN: dict[str, tuple[Program, Program]] = {
    "all but one": (lambda x: x[1:], lambda x: x[1:]),
    "turned": (ngrad.transpose, ngrad.transpose),
    "flat": (lambda x: ngrad.reshape(x, [-1]), lambda x: ngrad.reshape(x, [-1])),
    "with an axis more": (lambda x: x[None], lambda x: x[None]),
    "of one size by chance": (lambda x: x[:4], lambda x: x[:-4]),
    "of no one size": (lambda x: x[1:], lambda x: x[:-1]),
}


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize(("once", "again"), TAKEN.values(), ids=TAKEN)
def test_cotangents_of_views_taken_anew_add_up_alike(once: Program, again: Program) -> None:
    def slope(x: Any, c: Any) -> Any:
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            sums = (once(x) * once(c), x * c * 0.3, again(x) * again(c) * 0.7)
            y = sum(map(ngrad.reduce_sum, sums))
        return tape.gradient(y, x)

    spec = [ngrad.TensorSpec([None, 3]), ngrad.TensorSpec([None, 3])]
    open_sizes = ngrad.function(slope, input_signature=spec)
    from_the_second = ngrad.function(slope, reduce_retracing=True)
    for n in (8, 40, 41, 42, 43, 44, 45, 8, 40):  # the tape itself has one plan for several sizes
        x, c = rows(n), ngrad.sin(7.0 * rows(n))
        expected = bits(ngrad.function(slope)(x, c))
        assert bits(open_sizes(x, c)) == bits(from_the_second(x, c)) == expected
        assert bits(slope(x, c)) == expected


def test_several_open_sizes() -> None:
    spec = [ngrad.TensorSpec([None, None]), ngrad.TensorSpec([None])]
    runs = 0

    @ngrad.function(input_signature=spec)
    def f(x: Any, y: Any) -> Any:
        nonlocal runs
        runs += 1
        return x * y, ngrad.reduce_mean(x @ ngrad.transpose(x), 0)

    def call(n: int, m: int, k: int) -> None:
        x, y = ngrad.reshape(rows(n * m)[:, 0], [n, m]), rows(k)[:, 1]
        product = x @ ngrad.transpose(x)
        assert bits(f(x, y)) == bits((x * y, ngrad.reduce_mean(product, 0)))

    for n, m in ((2, 3), (3, 2), (7, 5), (4, 4), (100, 9)):
        call(n, m, m)
    assert runs == 1
    call(4, 3, 1)  # broadcast
    call(5, 2, 1)
    assert runs == 2
    with pytest.raises(ShapeError, match=r"shapes \(2, 3\) and \(4,\) could not be broadcast"):
        f(ngrad.ones([2, 3]), ngrad.ones([4]))


def test_errors_are_those_of_eager_calls() -> None:
    f = Counted(lambda x: ngrad.reshape(x, [2, -1, 3]))
    f(rows(4))
    with pytest.raises(ShapeError, match=r"15 elements of shape \(5, 3\)"):
        f(rows(5))
    assert bits(f(rows(6))) == bits(ngrad.reshape(rows(6), [2, -1, 3]))
    assert f.function.traces == 1
    with pytest.raises(TraceError, match=r"test_open_sizes\.py:\d+ asks for the value"):
        Counted(lambda x: float(x[0, 0]))(rows(4))


def test_a_size_that_outlives_its_recording_is_the_number_that_it_was() -> None:
    seen: list[Any] = []
    f = Counted(lambda x: seen.append(x.shape[0] * 2) or x + 1.0)
    f(rows(5))
    f(rows(6))
    (size,) = seen
    assert f.runs == 1
    assert (size, size + 1, size / 4, [*range(size)][-1]) == (10, 11, 2.5, 9)
    assert {10: "ten"}[size] == "ten" and ngrad.zeros([size]).shape == (10,)
    assert type(size + 1) is int


def test_functions_within_functions_share_open_sizes() -> None:
    inner = Counted(lambda x: ngrad.reduce_sum(x, 0))
    outer = Counted(lambda x: inner(x[1:]) * x.shape[0])
    for n in (4, 6, 9):
        assert bits(outer(rows(n))) == bits(ngrad.reduce_sum(rows(n)[1:], 0) * n)
    assert (outer.runs, inner.runs) == (1, 1)


def test_threads_share_a_recording() -> None:
    f = Counted(lambda x: ngrad.reduce_mean(x, 0) * x.shape[0])
    sizes = range(2, 40)
    expected = [bits(f.program(rows(n))) for n in sizes]
    with ThreadPoolExecutor(6) as pool:
        found = pool.map(lambda _: [bits(f(rows(n))) for n in sizes], range(6))
    assert all(each == expected for each in found)
    assert f.runs == 1


def test_pretty_and_source_are_of_one_size() -> None:
    f = Counted(lambda x: ngrad.reduce_mean(x * x, 0)).function
    assert "float32[4, 3]" in f.pretty(rows(4)) and "float32[9, 3]" in f.pretty(rows(9))
    assert f.source(rows(4)) == f.source(rows(9)) != ""


# -- random programs -------------------------------------------------------------------------------

STEPS: list[Callable[[Any, int], Any]] = [
    lambda x, k: ngrad.tanh(x) + 0.5,
    lambda x, k: x * x - k,
    lambda x, k: x - ngrad.reduce_mean(x, k % 2, keepdims=True),
    lambda x, k: x / (1.0 + ngrad.reduce_sum(x * x, k % 2, keepdims=True)),
    lambda x, k: ngrad.nn.softmax(x, k % 2),
    lambda x, k: x[k % 4 :],
    lambda x, k: x[: -1 - k % 3],
    lambda x, k: x[:: 1 + k % 3],
    lambda x, k: x[x.shape[0] // (2 + k % 2) :],
    lambda x, k: ngrad.concat([x, x[: k % 4] * 2.0], 0),
    lambda x, k: ngrad.pad(x, [[k % 3, 1], [0, 0]], constant_values=0.25),
    lambda x, k: ngrad.transpose(x),
    lambda x, k: ngrad.reshape(x, [x.shape[1], x.shape[0]]),
    lambda x, k: ngrad.reshape(x, [-1, 1]),
    lambda x, k: ngrad.reshape(x, [-1, 3]) if x.size % 3 == 0 else x,
    lambda x, k: (x @ ngrad.transpose(x)) @ x * 0.1,
    lambda x, k: ngrad.cumsum(x, k % 2),
    lambda x, k: ngrad.roll(x, k % 5, 0),
    lambda x, k: ngrad.reverse(x, [k % 2]) * x,
    lambda x, k: x * float(k) if x.shape[k % 2] > 3 else x + float(k),
    lambda x, k: x / x.shape[k % 2] if x.shape[k % 2] else x,
    lambda x, k: ngrad.ones(x.shape) * 0.5 + x,
    lambda x, k: ngrad.gather(x, ngrad.argmax(x, 0)) if x.shape[0] else x,
    lambda x, k: ngrad.where(x > ngrad.reduce_mean(x), x, 0.5 * x),
]


def program(steps: list[tuple[int, int]], differentiated: bool) -> Program:
    def forward(x: Any) -> Any:
        for which, k in steps:
            y = STEPS[which](x, k)
            x = y if y.size < 4000 else x
        return x

    def both(x: Any) -> Any:
        with Tape() as tape:
            tape.watch(x)
            y = forward(x)
        return y, tape.gradient(y, x, unconnected_gradients="zero")

    return both if differentiated else forward


@given(
    st.lists(st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 6)), min_size=1, max_size=7),
    st.booleans(),
    st.lists(st.integers(0, 17), min_size=2, max_size=6),
)
def test_random_programs(steps: list[Any], differentiated: bool, sizes: list[int]) -> None:
    f = Counted(program(steps, differentiated))
    with np.errstate(all="ignore"):
        for n in sizes:
            try:
                expected = bits(f.program(rows(n)))
            except NgradError as error:
                with pytest.raises(type(error)):
                    f(rows(n))
            else:
                assert bits(f(rows(n))) == expected
