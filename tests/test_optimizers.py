"""Optimizers, against the papers' formulas in NumPy."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from papers import (
    Step,
    adadelta,
    adafactor,
    adagrad,
    adam,
    adamax,
    clipped,
    ftrl,
    lamb,
    lion,
    nadam,
    rmsprop,
    sgd,
)

import ngrad
from ngrad import optimizers as o
from ngrad.errors import DTypeError, GradientError, NumberError, ShapeError
from ngrad.optimizers import SGD, Adam
from ngrad.record import state

OPTIMIZERS: dict[str, tuple[Callable[[], Any], Callable[[], Step]]] = {
    "SGD": (SGD, sgd),
    "SGD, rate": (lambda: SGD(0.3), lambda: sgd(0.3)),
    "SGD, momentum": (lambda: SGD(0.1, momentum=0.9), lambda: sgd(0.1, 0.9)),
    "SGD, nesterov": (
        lambda: SGD(0.1, momentum=0.9, nesterov=True),
        lambda: sgd(0.1, 0.9, True),
    ),
    "Adam": (Adam, adam),
    "Adam, given": (lambda: Adam(0.1, 0.5, 0.9, 1e-3), lambda: adam(0.1, 0.5, 0.9, 1e-3)),
    "Nadam": (lambda: o.Nadam(0.1, 0.7), lambda: nadam(0.1, 0.7)),
}
OTHERS: dict[str, tuple[Callable[[], Any], Callable[[], Step]]] = {
    "Adam, amsgrad": (
        lambda: Adam(0.1, 0.5, 0.9, amsgrad=True),
        lambda: adam(0.1, 0.5, 0.9, amsgrad=True),
    ),
    "AdamW": (lambda: o.AdamW(0.1, 0.3), lambda: adam(0.1, decay=0.3)),
    "RMSprop": (
        lambda: o.RMSprop(0.1, 0.8, 0.5, centered=True),
        lambda: rmsprop(0.1, 0.8, 0.5, centered=True),
    ),
    "Adamax": (lambda: o.Adamax(0.1), lambda: adamax(0.1)),
    "RMSprop, plain": (lambda: o.RMSprop(0.1), lambda: rmsprop(0.1)),
    "Adagrad": (lambda: o.Adagrad(0.1, 0.2), lambda: adagrad(0.1, 0.2)),
    "Adadelta": (lambda: o.Adadelta(0.1, 0.9), lambda: adadelta(0.1, 0.9)),
    "Lion": (lambda: o.Lion(0.1, 0.8), lambda: lion(0.1, 0.8)),
    "Lamb": (lambda: o.Lamb(0.1, 0.8), lambda: lamb(0.1, 0.8)),
    "Adafactor": (
        lambda: o.Adafactor(0.7, clip_threshold=0.5),
        lambda: adafactor(0.7, threshold=0.5),
    ),
    "Ftrl": (
        lambda: o.Ftrl(0.1, -0.6, 0.2, 0.3, 0.4, 0.5, 0.6),
        lambda: ftrl(0.1, -0.6, 0.2, 0.3, 0.4, 0.5, 0.6),
    ),
    "clipnorm": (
        lambda: SGD(0.1, clipnorm=1.0),
        lambda: clipped(sgd(0.1), lambda g: g / max(1.0, np.sqrt((g**2).sum()))),
    ),
    "clipvalue": (
        lambda: SGD(0.1, clipvalue=0.5),
        lambda: clipped(sgd(0.1), lambda g: np.clip(g, -0.5, 0.5)),
    ),
}
each = pytest.mark.parametrize(
    ("make", "reference"), list(OPTIMIZERS.values()), ids=list(OPTIMIZERS)
)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize(
    ("make", "reference"),
    [*OPTIMIZERS.values(), *OTHERS.values()],
    ids=[*OPTIMIZERS, *OTHERS],
)
def test_steps_are_the_papers(make: Any, reference: Any, code: str) -> None:
    draw = np.random.default_rng(1)
    starts = [draw.standard_normal(shape).astype(code) for shape in ((), (3,), (2, 3), (0,))]
    variables = [ngrad.Variable(start) for start in starts]
    expected = [start.astype(np.float64) for start in starts]
    steps = [reference() for _ in starts]
    optimizer = make()
    for k in range(5):
        grads = [draw.standard_normal(start.shape).astype(code) for start in starts]
        done = optimizer.apply_gradients(zip(map(ngrad.constant, grads), variables, strict=True))
        assert int(done) == int(optimizer.iterations) == k + 1
        expected = [f(w, g) for f, w, g in zip(steps, expected, grads, strict=True)]
    for variable, wanted in zip(variables, expected, strict=True):
        assert variable.dtype == np.dtype(code)
        np.testing.assert_allclose(variable.numpy(), wanted, rtol=3e-6 if code == "f4" else 1e-13)


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    ("make", "reference"),
    [*OPTIMIZERS.values(), *OTHERS.values()],
    ids=[*OPTIMIZERS, *OTHERS],
)
def test_a_float_of_two_bytes_steps_in_float32(make: Any, reference: Any, half: str) -> None:
    """Its state is float32's, and each step that of float32, rounded; 0, 1e-3 squared are none."""
    narrow, single = make(), make()
    w = ngrad.Variable(np.array([1.0, -2.0, 1.0]), dtype=half)
    for grads in ([1e-3, 0.0, 3.0], [-2e-3, 0.0, 1.0], [1e-3, 0.0, 2.0]):
        g = ngrad.constant(grads, half)
        v = ngrad.Variable(ngrad.cast(w, "float32"))
        single.build([v])
        for own, other in zip(single.variables[1:], narrow.variables[1:], strict=False):
            own.assign(other)
        narrow.apply_gradients([(g, w)])
        single.iterations.assign(narrow.iterations - 1)
        single.apply_gradients([(ngrad.cast(g, "float32"), v)])
        unit = float(ngrad.as_dtype(half).finfo.eps)  # a decay is assigned, and rounded, before
        np.testing.assert_allclose(np.asarray(w, float), v.numpy(), rtol=unit)
        single = make()
    assert all(slot.dtype == "float32" for slot in narrow.variables[1:])


@each
def test_a_quadratic_is_minimised(make: Any, reference: Any) -> None:
    optimizer = make()
    optimizer.learning_rate = 0.1
    w = ngrad.Variable([3.0, -2.0])
    for _ in range(200):
        with ngrad.GradientTape() as tape:
            loss = ngrad.reduce_sum(ngrad.square(w - [1.0, 2.0]))
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
    np.testing.assert_allclose(w.numpy(), [1.0, 2.0], atol=1e-2)


class Listener:
    """A recorder that counts what it hears."""

    def __init__(self) -> None:
        self.heard = 0

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def variable_read(self, variable: Any) -> None:
        self.heard += 1


@each
def test_no_tape_records_an_update(make: Any, reference: Any) -> None:
    optimizer, w = make(), ngrad.Variable([1.0, 2.0])
    listener = Listener()
    state.stack.append(listener)
    try:
        for _ in range(2):
            optimizer.apply_gradients([(ngrad.constant([1.0, 1.0]), w)])
        assert listener.heard == 0
        assert (w * 1.0).shape == (2,) and listener.heard == 1  # it does listen
    finally:
        state.stack.remove(listener)


@each
def test_a_tape_around_an_update_sees_what_comes_after(make: Any, reference: Any) -> None:
    optimizer, w = make(), ngrad.Variable([1.0, 2.0])
    with ngrad.GradientTape(persistent=True) as tape:
        g = ngrad.constant([1.0, 1.0])
        tape.watch(g)
        optimizer.apply_gradients([(g, w)])
        after = w * 1.0
    assert tape.watched_variables() == (w,)  # read after the update, not by it
    assert tape.gradient(after, g) is None
    np.testing.assert_array_equal(tape.gradient(after, w).numpy(), [1.0, 1.0])


def test_the_state_is_variables_that_no_tape_watches() -> None:
    w, b = ngrad.Variable([1.0], name="w"), ngrad.Variable(2.0, dtype="float64", name="b")
    for optimizer, names in (
        (SGD(), []),
        (SGD(momentum=0.5), ["w/momentum", "b/momentum"]),
        (Adam(), ["w/m", "w/v", "b/m", "b/v"]),
    ):
        optimizer.apply_gradients([([1.0], w), (1.0, b)])
        iterations, *state = optimizer.variables
        assert iterations is optimizer.iterations and int(iterations) == 1
        assert [v.name for v in state] == names
        assert not any(v.trainable for v in optimizer.variables)
        assert all(v.dtype == (w if v.name[0] == "w" else b).dtype for v in state)


def test_momentum_may_be_set_between_updates() -> None:
    """Its state is made when it is first needed, and kept up from then on."""
    w, g = ngrad.Variable([1.0, 2.0]), np.array([1.0, -3.0], np.float32)
    optimizer = SGD(0.1)
    for momentum in (0.0, 0.5, 0.5, 0.0, 0.5):
        optimizer.momentum = momentum
        optimizer.apply_gradients([(g, w)])
    moved = 0.1 + 0.1 + 0.15 + 0.1 + 0.15
    np.testing.assert_allclose(w.numpy(), [1.0, 2.0] - moved * g, rtol=1e-6)


def test_the_learning_rate_may_be_a_function_of_the_step() -> None:
    seen: list[int] = []

    def schedule(step: int) -> Any:
        seen.append(step)
        return ngrad.constant(1.0) / (1 + step)

    w = ngrad.Variable(0.0)
    optimizer = SGD(schedule)
    for _ in range(3):
        optimizer.apply_gradients([(1.0, w)])
    assert seen == [0, 1, 2]
    np.testing.assert_allclose(w.numpy(), -(1 + 1 / 2 + 1 / 3), rtol=1e-6)
    optimizer.learning_rate = 10.0
    optimizer.apply_gradients([(1.0, w)])
    np.testing.assert_allclose(w.numpy(), -(1 + 1 / 2 + 1 / 3) - 10, rtol=1e-6)


def test_the_learning_rate_may_be_a_variable() -> None:
    """What is assigned to it counts from the next update on, also of a function."""
    w, rate = ngrad.Variable(0.0), ngrad.Variable(1.0)
    optimizers = SGD(rate), SGD(1.0), SGD(lambda: float(rate))
    assert optimizers[0].learning_rate is rate
    for optimizer in optimizers:
        step = ngrad.function(lambda o=optimizer: o.apply_gradients([(1.0, w)]))
        for run in (lambda o=optimizer: o.apply_gradients([(1.0, w)]), step):
            for value in (1.0, 0.25):
                rate.assign(value)
                if optimizer is optimizers[1]:
                    optimizer.learning_rate.assign(value)
                before = float(w)
                run()
                assert before - float(w) == value == float(optimizer.learning_rate)
    assert optimizers[1].learning_rate.numpy() == 0.25
    optimizers[1].learning_rate.assign(-1.0)
    with pytest.raises(NumberError, match="learning_rate: must be a number that is not negative"):
        optimizers[1].apply_gradients([(1.0, w)])
    decaying = SGD(o.schedules.ExponentialDecay(0.5, 1, 0.5))
    for value in (0.5, 0.25):
        assert decaying.learning_rate.numpy() == value
        decaying.apply_gradients([(1.0, w)])


STEPS = range(0, 13, 3)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (o.schedules.ExponentialDecay(0.5, 4, 0.5), lambda t: 0.5 * 0.5 ** (t / 4)),
        (o.schedules.ExponentialDecay(0.5, 4, 0.5, True), lambda t: 0.5 * 0.5 ** (t // 4)),
        (o.schedules.InverseTimeDecay(0.5, 4, 2.0), lambda t: 0.5 / (1 + t / 2)),
        (o.schedules.InverseTimeDecay(0.5, 4, 2.0, True), lambda t: 0.5 / (1 + t // 4 * 2)),
        (
            o.schedules.PolynomialDecay(0.5, 6, 0.1, 2.0),
            lambda t: 0.4 * (1 - min(t, 6) / 6) ** 2 + 0.1,
        ),
        (
            o.schedules.PolynomialDecay(0.5, 6, 0.1, cycle=True),
            lambda t: 0.4 * (1 - t / (6 * max(1, -(-t // 6)))) + 0.1,
        ),
        (o.schedules.PiecewiseConstantDecay([3, 6], [3, 2, 1]), lambda t: 1 + (t < 4) + (t < 7)),
        (
            o.schedules.CosineDecayRestarts(0.5, 3, 2.0, 0.5, 0.1),
            lambda t: (
                0.05
                + 0.225
                * (0.5 ** ((t >= 3) + (t >= 9)))
                * (1 + np.cos(np.pi * (t / 3 if t < 3 else (t - 3) / 6 if t < 9 else (t - 9) / 12)))
            ),
        ),
        (
            o.schedules.CosineDecayRestarts(0.5, 3, 1.0),
            lambda t: 0.25 * (1 + np.cos(np.pi * (t % 3) / 3)),
        ),
        (
            o.schedules.CosineDecay(0.0, 6, 0.1, warmup_target=1.0, warmup_steps=3),
            lambda t: t / 3 if t < 3 else 0.55 + 0.45 * np.cos(np.pi * min(t - 3, 6) / 6),
        ),
    ],
    ids=lambda part: type(part).__name__,
)
def test_schedules(schedule: Any, expected: Any) -> None:
    np.testing.assert_allclose([schedule.at(t) for t in STEPS], [expected(t) for t in STEPS])
    called = schedule(ngrad.constant(3))
    assert called.dtype is ngrad.float32 and float(called) == pytest.approx(expected(3))
    with pytest.raises(NumberError, match="boundaries"):
        o.schedules.PiecewiseConstantDecay([1], [1.0])


def test_gradients_are_clipped_together() -> None:
    w, b = ngrad.Variable([0.0]), ngrad.Variable(0.0, dtype="float64")
    optimizer = SGD(1.0, global_clipnorm=1.0)
    optimizer.apply([[3.0], 4.0], [w, b])
    np.testing.assert_allclose([w.numpy()[0], b.numpy()], [-0.6, -0.8], rtol=1e-6)
    optimizer.global_clipnorm = None
    optimizer.apply([[3.0], 4.0], [w, b])
    np.testing.assert_allclose([w.numpy()[0], b.numpy()], [-3.6, -4.8], rtol=1e-6)
    with pytest.raises(NumberError, match="one of clipnorm, clipvalue"):
        SGD(clipnorm=1.0, clipvalue=1.0)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_constraint_holds_after_each_update(recorded: bool) -> None:
    optimizer = SGD(0.5)
    v = ngrad.Variable([1.0, -0.25, 4.0], constraint=lambda w: ngrad.clip_by_value(w, 0.0, 2.0))
    copied = copy.deepcopy(v)
    assert copied.constraint is v.constraint and ngrad.Variable(1.0).constraint is None

    def step() -> None:
        optimizer.apply_gradients([(ngrad.constant([0.5, 1.0, 1.0]), v)])

    for expected in ([0.75, 0.0, 2.0], [0.5, 0.0, 1.5]):
        (ngrad.function(step) if recorded else step)()
        np.testing.assert_array_equal(v, expected)
    v.assign([-1.0, 0.0, 0.0])  # of what is assigned otherwise it knows nothing
    assert float(v[0]) == -1.0
    with pytest.raises(TypeError, match="constraint is a function of it, not 3"):
        ngrad.Variable(1.0, constraint=3)  # type: ignore[arg-type]


def test_what_decays_can_be_chosen() -> None:
    w, b, c = (ngrad.Variable(1.0, name=name) for name in ("w", "bias", "c"))
    optimizer = SGD(0.5, weight_decay=0.5)
    for excluded, expected in (({}, [0.75] * 3), ({"var_list": [c], "var_names": ["bias"]}, [])):
        optimizer.exclude_from_weight_decay(**excluded)
        optimizer.apply([0.0] * 3, [w, b, c])
        expected = expected or [0.75**2, 0.75, 0.75]
        np.testing.assert_allclose([float(v) for v in (w, b, c)], expected)


def test_a_loss_is_minimised() -> None:
    w, fixed = ngrad.Variable(3.0), ngrad.Variable(2.0, trainable=False)

    def loss() -> Any:
        return ngrad.square(w) * fixed

    SGD(0.1).minimize(loss)
    assert float(w) == pytest.approx(1.8) and float(fixed) == 2.0
    SGD(0.1).minimize(loss, lambda: [w])
    SGD(0.1).minimize(loss, [fixed])
    assert float(fixed) == pytest.approx(2.0 - 0.1 * 1.08**2)
    with ngrad.GradientTape() as tape:
        value = loss()
    SGD(0.1).minimize(value, [w], tape=tape)
    with pytest.raises(GradientError, match="tape="):
        SGD().minimize(value, [w])


COPIES: dict[str, Callable[[Any], Any]] = {
    "copied": copy.deepcopy,
    "copied alone": lambda both: (copy.deepcopy(both[0]), both[1]),
    "pickled": lambda both: pickle.loads(pickle.dumps(both)),
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("make", [make for make, _ in (OPTIMIZERS | OTHERS).values()])
def test_a_copy_goes_on_where_the_first_was(make: Any, steps: int, how: str) -> None:
    optimizer, variables = make(), [ngrad.Variable([1.0, 2.0]), ngrad.Variable(3.0)]
    optimizer.exclude_from_weight_decay([variables[0]])
    optimizer.build(variables)

    def step(optimizer: Any, variables: Any) -> None:
        optimizer.apply_gradients([(2.0 * v, v) for v in variables])

    for _ in range(steps):
        step(optimizer, variables)
    begun = [v.numpy() for v in variables]
    copied, its = COPIES[how]((optimizer, variables))
    assert len(copied.variables) == len(optimizer.variables)
    for _ in range(2):
        step(copied, its)
    found = [v.numpy() for v in its]
    for v, before in zip(variables, begun, strict=True):
        v.assign(before)
    for _ in range(2):
        step(optimizer, variables)
    for v, expected in zip(variables, found, strict=True):
        np.testing.assert_array_equal(v, expected)


def asked() -> float:
    return 0.5


def test_an_optimizer_with_a_function_of_its_rate_is_pickled() -> None:
    for rate in (asked, o.schedules.ExponentialDecay(0.5, 10, 0.9)):
        optimizer, v = pickle.loads(pickle.dumps((SGD(rate), ngrad.Variable(1.0))))
        optimizer.apply_gradients([(1.0, v)])
        assert float(v) == 0.5


def test_variables_without_a_gradient_stay_with_a_warning() -> None:
    w, b = ngrad.Variable(1.0, name="w"), ngrad.Variable(2.0, name="bias")
    with pytest.warns(UserWarning, match="SGD: no gradient for bias"):
        SGD(0.5).apply_gradients([(1.0, w), (None, b)])
    assert (float(w), float(b)) == (0.5, 2.0)
    for pairs in ([(None, w), (None, b)], []):
        with pytest.raises(NumberError, match="no gradient for any variable"):
            SGD().apply_gradients(pairs)


@pytest.mark.parametrize(
    "kind, message, gradient",
    [
        (ShapeError, r"\(3,\).*'b'.*\(2,\)", np.ones(3, np.float32)),
        (ShapeError, r"\(\).*'b'.*\(2,\)", 1.0),
        (DTypeError, "float64.*'b'.*float32", ngrad.constant([1.0, 1.0], "float64")),
    ],
)
def test_a_gradient_unlike_its_variable_updates_nothing(
    kind: type[Exception], message: str, gradient: Any
) -> None:
    w, b = ngrad.Variable([1.0], name="w"), ngrad.Variable([1.0, 2.0], name="b")
    optimizer = Adam()
    with pytest.raises(kind, match=message):
        optimizer.apply_gradients([([1.0], w), (gradient, b)])
    assert w.numpy() == [1.0] and int(optimizer.iterations) == 0


def test_what_is_no_variable_or_no_rate_raises() -> None:
    w = ngrad.Variable([1.0])
    with pytest.raises(DTypeError, match="Tensor"):
        SGD().apply_gradients([([1.0], w.value())])
    with pytest.raises(DTypeError, match="int32"):
        SGD().apply_gradients([(1.0, ngrad.Variable(1))])
    for make in (
        lambda: SGD(-1.0),
        lambda: SGD(momentum=1.0),
        lambda: Adam(beta_1=1.0),
        lambda: Adam(epsilon=float("nan")),
        lambda: SGD(lambda step: -1.0).apply_gradients([([1.0], w)]),
        lambda: o.Adafactor(beta_2_decay=0.5),
        lambda: o.Ftrl(learning_rate_power=0.5),
        lambda: o.Ftrl(0.0).apply_gradients([([1.0], w)]),
    ):
        with pytest.raises(NumberError):
            make()


def test_memory_stays_flat() -> None:
    start = np.ones((64, 64), np.float32)
    w = ngrad.Variable(start)
    optimizer = Adam()

    def live(count: int) -> int:
        for _ in range(count):
            with ngrad.GradientTape() as tape:
                loss = ngrad.reduce_sum(w * w)
            optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        return ngrad.config.memory_stats().live_bytes

    # Rates differ by step, and a bounded table keeps such scalars: nothing of the variable's size.
    few, many = live(3), live(50)
    assert many - few < start.nbytes


@pytest.mark.parametrize("make", [SGD, lambda: SGD(0.1, 0.9), Adam])
def test_what_is_dropped_is_let_go_at_once(make: Any) -> None:
    """An optimizer remembers its updates, but nothing waits for Python's collector."""
    variable, optimizer = ngrad.Variable([1.0, 2.0]), make()
    for _ in range(3):
        optimizer.apply_gradients([([1.0, 1.0], variable)])
    held = weakref.ref(variable), weakref.ref(optimizer)
    gc.disable()
    try:
        del variable, optimizer
        assert [one() for one in held] == [None, None]
    finally:
        gc.enable()


KINDS = [kind for kind in vars(o).values() if isinstance(kind, type) and kind is not o.Optimizer]


@pytest.mark.parametrize("kind", KINDS)
def test_a_config_makes_another_in_the_same_setting(kind: type[o.Optimizer]) -> None:
    made = kind(0.25, clipnorm=2.0, name="mine")
    made.learning_rate.assign(0.5)
    config = made.get_config()
    assert config["learning_rate"] == 0.5 and config["clipnorm"] == 2.0 and config["name"] == "mine"
    assert kind.from_config(config).get_config() == config
    schedule = o.schedules.ExponentialDecay(0.5, 10, 0.9, staircase=True)
    assert kind(schedule).get_config()["learning_rate"] is schedule
    again = o.schedules.ExponentialDecay.from_config(schedule.get_config())
    assert again.at(25) == schedule.at(25)
