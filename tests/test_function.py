"""`ngrad.function`: what it computes is what the same Python computes without it, call by call."""

from __future__ import annotations

import gc
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import optree
import pytest

import ngrad
from ngrad.errors import DTypeError, IndexBoundsError, ShapeError, TraceError
from ngrad.optimizers import SGD, Adam
from ngrad.record import state

Tape = ngrad.GradientTape
Made = Callable[[], Callable[..., Any]]
X = np.array([1.5, -2.0, 0.25], np.float32)


def bits(value: Any) -> list[Any]:
    """The leaves of a result, so that they compare bitwise."""
    found = []
    for leaf in optree.tree_leaves(value, none_is_leaf=True):
        if isinstance(leaf, (ngrad.Tensor, ngrad.Variable)):
            array = leaf.numpy()
            found.append((str(array.dtype), array.shape, array.tobytes()))
        else:
            found.append((type(leaf).__name__, repr(leaf)))
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left_recording() -> Iterator[None]:
    yield
    assert state.window.trace is None
    assert not state.stack
    assert state.graph is None


# -- programs, each made anew: what it returns is called a few times -------------------------------


def slope(f: Callable[..., Any]) -> Callable[..., Any]:
    def of(x: Any) -> Any:
        with Tape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    return of


def trained(make: Callable[[], Any], updates: int = 1) -> Made:
    """A step of training, with an optimizer that keeps its state."""

    def program() -> Callable[..., Any]:
        w, optimizer = ngrad.Variable([1.0, 2.0, 3.0]), make()

        def step(x: Any) -> Any:
            for _ in range(updates):
                with Tape() as tape:
                    loss = ngrad.reduce_sum((w - x) ** 2 * w)
                optimizer.apply_gradients([(tape.gradient(loss, w), w)])
            return loss, w + 0.0, optimizer.iterations

        return step

    return program


def generator_outside() -> Callable[..., Any]:
    generator = ngrad.random.Generator.from_seed(1)
    return lambda x: (generator.normal([3]) * x, generator.uniform([2]))


def generator_split() -> Callable[..., Any]:
    generator = ngrad.random.Generator.from_seed(1)

    def program(x: Any) -> Any:
        one, other = generator.split(2)
        return one.normal([3]), other.normal([3]), one.uniform([2]), generator.normal([2])

    return program


def generator_of_the_first_call() -> Callable[..., Any]:
    held: list[Any] = []

    def program(x: Any) -> Any:
        if not held:
            held.append(ngrad.random.Generator.from_seed(1))
        return held[0].normal([3])

    return program


def assigned_between_reads() -> Callable[..., Any]:
    v = ngrad.Variable([1.0, 2.0, 3.0])

    def program(x: Any) -> Any:
        y = v * x
        v.assign_add(x)
        z = v * y
        v.assign(z)
        v.assign_sub([0.5, 0.5, 0.5])
        return y, z, v

    return program


def assigned_before_it_is_read() -> Callable[..., Any]:
    v = ngrad.Variable([1.0, 2.0, 3.0])

    def program(x: Any) -> Any:
        v.assign(x * 2.0)
        return v.assign_add(x) * 1.0

    return program


def variable_of_the_first_call() -> Callable[..., Any]:
    held: dict[str, Any] = {}

    def program(x: Any) -> Any:
        if "v" not in held:
            held["v"] = ngrad.Variable([1.0, 1.0, 1.0])
        return held["v"].assign_add(x) * 2.0

    return program


def optimizer_of_the_first_call() -> Callable[..., Any]:
    w, held = ngrad.Variable([1.0, 2.0, 3.0]), []

    def program(x: Any) -> Any:
        if not held:
            held.append(Adam(0.1))
        with Tape() as tape:
            loss = ngrad.reduce_sum((w - x) ** 2)
        return held[0].apply_gradients([(tape.gradient(loss, w), w)]), w * 1.0

    return program


def variable_of_each_call() -> Callable[..., Any]:
    def program(x: Any) -> Any:
        v = ngrad.Variable([1.0, 1.0, 1.0])
        v.assign_add(x)
        return v.assign_add(x) * 2.0

    return program


def seed_inside() -> Callable[..., Any]:
    def program(x: Any) -> Any:
        first = ngrad.random.normal([2])
        ngrad.random.set_seed(4)
        return first, ngrad.random.normal([2])

    return program


@ngrad.custom_gradient
def tenfold(x: Any) -> Any:
    return x * x, lambda g: g * x * 10.0


captured = ngrad.constant(X) * 3.0
random = ngrad.random
PROGRAMS: dict[str, Made] = {
    "arithmetic": lambda: lambda x: ngrad.exp(x) * x + 1.0,
    "an argument, a constant, values": lambda: lambda x: (x, captured, 3, None, "s", {"a": [2.5]}),
    "captured": lambda: lambda x: x + captured,
    "iteration": lambda: lambda x: sum(row * 2.0 for row in x),
    "indices": lambda: lambda x: ngrad.gather(x, ngrad.cast(ngrad.abs(x), "int32") % 3),
    "gradient": lambda: slope(lambda x: ngrad.reduce_sum(x**3)),
    "second gradient": lambda: slope(slope(lambda x: ngrad.reduce_sum(x**3))),
    "jacobian": lambda: lambda x: jacobian_of(lambda y: y * y * captured, x),
    "custom gradient": lambda: slope(tenfold),
    "a long tail": lambda: lambda x: tail(slope(lambda y: y * y)(x)),
    "function in it": lambda: lambda x: ngrad.function(lambda y: y * x)(x + 1.0),
    "recursion": lambda: lambda x: factorial(x, 4),
    "assigned between reads": assigned_between_reads,
    "assigned before it is read": assigned_before_it_is_read,
    "variable of the first call": variable_of_the_first_call,
    "variable of each call": variable_of_each_call,
    "normal": lambda: lambda x: random.normal([3]) * x,
    "draws with seeds": lambda: (
        lambda x: (random.uniform([2], seed=1), random.normal([2], seed=1), random.normal([2]))
    ),
    "integers": lambda: lambda x: random.uniform([4], 0, 9, dtype="int32"),
    "dropout": lambda: lambda x: ngrad.nn.dropout(x, 0.5),
    "shuffle": lambda: lambda x: random.shuffle(x),
    "categorical": lambda: lambda x: random.categorical(ngrad.stack([x, x * 2.0]), 5),
    "gamma": lambda: lambda x: random.gamma([2], ngrad.abs(x)),
    "stateless": lambda: lambda x: random.stateless_normal([3], [1, 2]),
    "seed inside": seed_inside,
    "generator outside": generator_outside,
    "generator inside": lambda: lambda x: random.Generator.from_seed(5).normal([3]) * x,
    "generator split": generator_split,
    "generator of the first call": generator_of_the_first_call,
    "SGD": trained(lambda: SGD(0.1)),
    "momentum": trained(lambda: SGD(0.1, momentum=0.9, nesterov=True)),
    "Adam": trained(lambda: Adam(0.1)),
    "Adam, twice a call": trained(lambda: Adam(0.1), updates=2),
    "optimizer of the first call": optimizer_of_the_first_call,
    "schedule": trained(lambda: Adam(lambda step: 0.1 / (step + 1)), updates=2),
}


def jacobian_of(f: Callable[..., Any], x: Any) -> Any:
    with Tape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, x)


def tail(x: Any) -> Any:
    for _ in range(600):  # longer than a window may be that no tape reads
        x = x + 1.0
    return x


@ngrad.function
def factorial(x: Any, n: int) -> Any:
    return x if n == 0 else factorial(x * float(n), n - 1)


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


WAYS = {"by itself": ngrad.function, "in a function": within_a_function, "in a tape": under_a_tape}


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


# -- signatures ------------------------------------------------------------------------------------

a = ngrad.constant([[1.0, 2.0], [3.0, 4.0]])
SAME: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "values": [((a,), {}), ((a + 1.0,), {}), ((a * a,), {})],
    "strides": [((a,), {}), ((ngrad.transpose(a),), {})],
    "arrays": [((np.ones((2, 2), np.float32),), {}), ((a,), {})],
    "floats": [((a, number), {}) for number in (2.0, -0.0, 0.0, 1.0, float("nan"), 1e300)],
    "keywords": [((a,), {"b": 2.0}), ((a,), {"b": 3.0})],
    "nests": [(({"k": [a, 1.0]},), {}), (({"k": [a, 2.0]},), {})],
}
OTHER: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "shapes": [((a,), {}), ((a[0],), {})],
    "dtypes": [((a,), {}), ((ngrad.cast(a, "float64"),), {})],
    "1, 1.0 and True": [((a, 1), {}), ((a, 1.0), {}), ((a, True), {})],
    "hashables": [((a, value), {}) for value in (None, "s", "t", 2, 3)],
    "nests": [(([a, a],), {}), (((a, a),), {}), ((a, a), {})],
    "keywords": [((a, 1.0), {}), ((a,), {"b": 1.0}), ((), {"x": a, "b": 1.0})],
    "variables": [((ngrad.Variable(a),), {}), ((ngrad.Variable(a),), {}), ((a,), {})],
}


def leaves_of(*args: Any, **kwargs: Any) -> Any:
    """All that is given, with arithmetic where there is a tensor."""
    return optree.tree_map(
        lambda leaf: leaf * 2.0 if isinstance(leaf, (ngrad.Tensor, ngrad.Variable)) else leaf,
        (args, kwargs),
        none_is_leaf=True,
    )


@pytest.mark.parametrize("name", SAME)
def test_one_signature(name: str) -> None:
    f = ngrad.function(leaves_of)
    f(*SAME[name][0][0], **SAME[name][0][1])
    f(*SAME[name][-1][0], **SAME[name][-1][1])
    before = ngrad.stats().compiled
    for args, kwargs in SAME[name]:
        tensors = optree.tree_map(
            lambda leaf: ngrad.constant(leaf) if isinstance(leaf, np.ndarray) else leaf,
            (args, kwargs),
        )
        assert bits(f(*args, **kwargs)) == bits(leaves_of(*tensors[0], **tensors[1]))
    assert f.traces == 1
    assert ngrad.stats().compiled == before


@pytest.mark.parametrize("name", OTHER)
def test_signatures_of_their_own(name: str) -> None:
    f = ngrad.function(leaves_of)
    for _ in range(2):
        for args, kwargs in OTHER[name]:
            assert bits(f(*args, **kwargs)) == bits(leaves_of(*args, **kwargs))
    assert f.traces == len(OTHER[name])


def test_new_values_of_python_arguments_warn_when_they_go_on() -> None:
    f = ngrad.function(lambda x, n: x * n)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in (*np.linspace(1.0, 2.0, 20).tolist(), *range(8)):
            f(a, number)
        for size in range(1, 30):  # these are no Python arguments
            f(ngrad.ones([size]), 2)
    with pytest.warns(UserWarning, match=r"recorded 9 times for new values.*\(now \[9\]\)") as seen:
        f(a, 9)
    assert seen[0].filename == __file__


def test_defaults_are_as_python_has_them() -> None:
    @ngrad.function
    def f(x: Any, b: float = 2.0, *, c: int = 1) -> Any:
        return x * b + c

    assert f(a).numpy()[0, 0] == 3.0
    assert f(a, 3.0, c=2).numpy()[0, 0] == 5.0
    assert f(b=1.0, x=a).numpy()[0, 0] == 2.0


REFUSED_ARGUMENTS = {"complex": 3j, "unhashable": {1, 2}, "an array of strings": np.array(["s"])}


@pytest.mark.parametrize("name", REFUSED_ARGUMENTS)
def test_arguments_that_are_refused(name: str) -> None:
    f = ngrad.function(lambda x: x)
    with pytest.raises(DTypeError, match=r"function: .*(complex|set|dtype)"):
        f(REFUSED_ARGUMENTS[name])
    assert f.traces == 0


@ngrad.function(input_signature=[ngrad.TensorSpec([None, 2]), ngrad.TensorSpec([])])
def specified(x: Any, y: Any) -> Any:
    return ngrad.reduce_sum(ngrad.exp(x) * y, 1)


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "match"),
    [
        ((np.ones((3, 3), "f4"), 1.0), {}, ShapeError, r"argument 0: takes shape \(None, 2\)"),
        ((np.ones(2, "f4"), 1.0), {}, ShapeError, "argument 0"),
        ((np.ones((3, 2), "f4"), ngrad.constant(1)), {}, DTypeError, "takes float32, not int32"),
        ((np.ones((3, 2), "f4"),), {}, TypeError, "takes 2 positional arguments"),
        ((np.ones((3, 2), "f4"),), {"y": 1.0}, TypeError, "1 and y"),
    ],
)
def test_an_input_signature_is_required(args: Any, kwargs: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        specified(*args, **kwargs)


@pytest.mark.parametrize("fusion", ["off", "wait"])
def test_an_open_size_compiles_nothing(fusion: str) -> None:
    """Sizes of 0 and 1 are classes of their own."""
    before = ngrad.config.fusion()
    ngrad.config.set_fusion(fusion)
    try:
        for size in (0, 1, 7):
            for _ in range(3):
                specified(ngrad.ones([size, 2]), 2.0)
        compiled = ngrad.stats().compiled
        for size in (*range(9), 1000, 3000):
            for _ in range(3):
                found = specified(ngrad.ones([size, 2]), 2)
            np.testing.assert_allclose(found.numpy(), np.full(size, 4 * np.e), 1e-6)
        assert ngrad.stats().compiled == compiled
    finally:
        ngrad.config.set_fusion(before)


# -- methods ---------------------------------------------------------------------------------------


class Model:
    def __init__(self, w: float) -> None:
        self.w = ngrad.Variable(w)

    def __eq__(self, other: object) -> bool:  # equal to all, and so not hashable
        return True

    @ngrad.function
    def __call__(self, x: Any) -> Any:
        return x * self.w

    @ngrad.function
    def scaled(self, x: Any, k: int = 1) -> Any:
        return x * self.w * k


def test_methods_are_of_one_object() -> None:
    one, other = Model(2.0), Model(5.0)
    for model, w in ((one, 2.0), (other, 5.0), (one, 2.0)):
        assert float(model(ngrad.constant(1.0))) == w
        assert float(model.scaled(ngrad.constant(1.0), k=3)) == 3 * w
    assert (one.scaled.traces, Model.scaled.traces) == (1, 0)
    assert "multiply" in one.scaled.pretty() and "multiply" in one.scaled.pretty(a, 2)
    held, w = weakref.ref(one), weakref.ref(one.w)
    del one, model
    gc.collect()
    assert held() is None
    assert w() is None
    assert float(other(ngrad.constant(1.0))) == 5.0


# -- what a recording refuses ----------------------------------------------------------------------

outside = Tape(persistent=True)
outside_x = ngrad.constant(X)
with outside:
    outside.watch(outside_x)
    outside_y = outside_x * outside_x


def branch(x: Any) -> Any:
    if ngrad.reduce_sum(x) > 0:
        return x
    return -x


def loop(x: Any) -> Any:
    while x[0] < 10:
        x = x * 2
    return x


VALUE = r"function \w+|function <lambda>: .*test_function.py:\d+ asks for the value"
REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "if": (branch, VALUE),
    "while": (loop, VALUE),
    "bool": (lambda x: bool(x[0]), VALUE),
    "float": (lambda x: float(x[0]), VALUE),
    "int": (lambda x: int(x[0]), VALUE),
    "item": (lambda x: x[0].item(), VALUE),
    "numpy": (lambda x: x.numpy(), VALUE),
    "asarray": (lambda x: np.asarray(x), VALUE),
    "tolist": (lambda x: x.tolist(), VALUE),
    "format": (lambda x: f"{x[0]:.3f}", VALUE),
    "in": (lambda x: 2.0 in x, VALUE),
    "index": (lambda x: outside_x[ngrad.argmax(x)], VALUE),
    "range": (lambda x: range(ngrad.argmax(x)), VALUE),
    "mask": (lambda x: x[x > 0], VALUE),
    "boolean_mask": (lambda x: ngrad.boolean_mask(x, x > 0), VALUE),
    "where of one": (lambda x: ngrad.where(x > 0), VALUE),
    "a shape": (lambda x: ngrad.ones([ngrad.argmax(x)]), VALUE),
    "eval": (lambda x: ngrad.eval(x), VALUE),
    "a variable": (lambda x: ngrad.Variable(x), "make it outside"),
    "watch outside": (lambda x: outside.watch(x), "watch: the tape has listened outside"),
    "gradient outside": (
        lambda x: outside.gradient(outside_y, outside_x),
        "gradient: the tape has listened outside",
    ),
    "jacobian outside": (
        lambda x: outside.jacobian(outside_y, outside_x),
        "jacobian: the tape has listened outside",
    ),
    "optimizer of each call": (
        lambda x: trained(lambda: Adam(0.1))()(x)[0],
        "function <lambda>: makes Adam at every call; make it outside",
    ),
    "split that outlives": (
        lambda x: ngrad.random.Generator.from_seed(1).split(2),
        "outlives the call",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_values_are_refused_by_line(name: str) -> None:
    body, match = REFUSED[name]
    f = ngrad.function(body)
    for _ in range(2):
        with pytest.raises(TraceError, match=match):
            f(ngrad.constant(X))
    assert f.traces == 0


def test_a_python_float_is_no_value_while_recorded() -> None:
    with pytest.raises(TraceError, match=VALUE):
        ngrad.function(lambda number: 1.0 if number > 0 else 0.0)(2.0)


def test_a_recorded_tensor_can_be_shown_and_not_be_used_outside() -> None:
    seen: list[Any] = []

    @ngrad.function
    def f(x: Any) -> Any:
        y = x * 2.0
        seen.extend([y, repr(y), f"{y}", str(y)])
        return y

    f(ngrad.constant(X))
    assert set(seen[1:]) == {"<Tensor pending in function f, shape=(3,), dtype=float32>"}
    for use in (lambda y: y + 1.0, lambda y: y.numpy(), ngrad.function(lambda x: x * seen[0])):
        with pytest.raises(TraceError, match="return it from the function"):
            use(seen[0])


def test_a_tape_that_listened_inside_is_refused_outside() -> None:
    seen: list[Any] = []

    @ngrad.function
    def f(x: Any) -> Any:
        with Tape() as tape:
            tape.watch(x)
            seen.extend([tape, x * x])
        return x

    f(ngrad.constant(X))
    with pytest.raises(TraceError, match="gradient: the tape has listened in a `function`"):
        seen[0].gradient(seen[1], seen[1])


# -- state -----------------------------------------------------------------------------------------


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
    with pytest.raises(IndexBoundsError, match=r"gather: index 7 .*test_function.py"):
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
        f(a, 1.0)
    entries, before = len(state.window.entries), ngrad.stats()
    for k in range(5):
        f(a, float(k))
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
    assert "exp(%0)" in f.pretty(a) and f.traces == 1
    assert "exp" in f.source() and "def space_" in f.source(a[0])
    assert f.traces == 2
    assert repr(f) == "<function f of ngrad, recorded 2 times>"


def test_many_signatures_keep_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["ngrad.function"], "LIMIT", 4)
    f = ngrad.function(lambda x: x + 1.0)
    for size in range(1, 12):
        assert f(ngrad.ones([size])).shape == (size,)
    assert f.traces == 4
