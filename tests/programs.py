"""Programs of tapes, each of which passes what it computes by a look that the test chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import ngrad
from ngrad import GradientTape, Variable, constant

Look = Callable[[Any], Any]
X = np.linspace(0.5, 1.5, 12).reshape(3, 4)


def chain(x: Any, look: Look, steps: int = 3) -> Any:
    for _ in range(steps):
        x = look(ngrad.tanh(look(x * x)) + 0.25)
    return x


def a_tape(look: Look) -> Any:
    x = constant(X)
    with GradientTape() as tape:
        tape.watch(x)
        h = chain(x, look)
        y = look(ngrad.reduce_sum(look(h @ ngrad.transpose(x)), 0))
    g = look(tape.gradient(y, x))
    return h, y, g, look(y * 2.0)


def a_dropped_value(look: Look) -> Any:
    """What a look computed, and nobody held until the gradient."""
    x = constant(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        h = ngrad.tanh(x)
        y = look(ngrad.exp(look(h) @ ngrad.transpose(h)))
        del h
        z = look(ngrad.reduce_sum(y * y))
    return tape.gradient(z, x), tape.gradient(y, x), z


def several_targets(look: Look) -> Any:
    x, w = constant(X), constant(X[0])
    with GradientTape(persistent=True) as tape:
        tape.watch((x, w))
        y = look(x * w)
        z = look(ngrad.sin(y)) + x
    seed = look(ngrad.cos(z))  # of the tape's own window, or a later one
    first = tape.gradient([y, z], [x, w], output_gradients=[None, seed])
    second = tape.gradient(z, {"x": x, "y": y})
    unconnected = tape.gradient(x, [w, y], unconnected_gradients="zero")
    return first, look(second["x"]), second, unconnected


def nested(look: Look) -> Any:
    x = constant(X)
    with GradientTape(persistent=True) as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = look(ngrad.exp(look(x * x)))
        g = look(inner.gradient(y, x))
        z = look(ngrad.reduce_sum(look(g * y)))
    return g, z, outer.gradient(z, x), outer.gradient(g, x), outer.gradient(y, x)


def within_its_own_context(look: Look) -> Any:
    x = constant(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = look(x * x * x)
        g = look(tape.gradient(y, x))
        again = look(tape.gradient(g, x))
        z = again * y
    return g, again, tape.gradient(z, x), tape.gradient(g, x)


def recording_stopped(look: Look) -> Any:
    """Also for the gradient itself, in the manner of TensorFlow's documentation."""
    x = constant(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = look(x * x)
        with tape.stop_recording():
            unheard = look(ngrad.exp(y))
        z = y * unheard
        with tape.stop_recording():
            g = look(tape.gradient(z, x))
        later = look(g * z)
    return z, g, later, unheard


def re_entered(look: Look) -> Any:
    """A tape goes on in another window, where what it heard before comes along."""
    x = constant(X)
    tape = GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = look(ngrad.sin(x) @ ngrad.transpose(x))
        dropped = look(y + 1.0)
    between = look(y * 3.0)
    found = [look(tape.gradient(y, x))]
    with tape:
        z = look(ngrad.reduce_sum(ngrad.exp(y * dropped) * between))
    del dropped
    with tape:
        z = look(z * z)
    return found, tape.gradient(z, x), tape.gradient(y, x), tape.gradient(z, y)


def re_entered_in_turn(look: Look) -> Any:
    """Of two tapes each heard of the other's results as of something from outside."""
    x = constant(X)
    first, second = GradientTape(persistent=True), GradientTape(persistent=True)
    with first:
        first.watch(x)
        y = look(ngrad.sin(x) * x)
    with second:
        second.watch(y)
        z = look(ngrad.exp(y))
    with first:
        first.watch(z)
        w = look(z * y + x)
    with second:
        v = look(w * w * z)
    return [tape.gradient([w, v], [x, y, z, w]) for tape in (first, second)]


def reset(look: Look) -> Any:
    x = constant(X)
    other = GradientTape(persistent=True)
    with GradientTape() as tape, other:
        tape.watch(x)
        other.watch(x)
        before = look(x * x)
        tape.reset()
        tape.watch(x)
        y = before * look(ngrad.tanh(x))
        other.reset()
        other.watch(y)
        z = look(y * x)
    with other:
        w = ngrad.exp(z)
    return tape.gradient(z, x), other.gradient([z, w], [x, y]), before


def spans(look: Look) -> Any:
    """Three tapes on one window, each of which heard another part."""
    x = constant(X)
    first, second = GradientTape(persistent=True), GradientTape(persistent=True)
    with GradientTape(persistent=True) as whole:
        for tape in (first, second, whole):
            tape.watch(x)
        with first:
            y = look(x * x)
        with second:
            z = look(ngrad.exp(y) * x)
        with first:
            w = look(z * y)
    return [tape.gradient(v, x) for tape in (first, second, whole) for v in (y, z, w)]


def variables(look: Look) -> Any:
    v = Variable(X)
    found = []
    for step in range(4):
        with GradientTape() as tape:
            loss = ngrad.reduce_sum(look(v * v) * float(step))
            v.assign_add(look(ngrad.sin(v)))
            loss = loss + ngrad.reduce_sum(look(v * 1.5))
        g = tape.gradient(loss, v)
        v.assign_sub(0.1 * g)
        found.append((loss, g))
    return found, v.numpy()


def a_variable_that_is_only_looked_at(look: Look) -> Any:
    """A look is no read, of which a tape would hear."""
    v = Variable(X)
    with GradientTape() as tape:
        tape.watch(w := constant(X))
        look(v)
        y = w * 2.0
    watched = len(tape.watched_variables())
    return tape.gradient([y, v], [w, v]), constant(watched)


def custom(look: Look) -> Any:
    @ngrad.custom_gradient
    def f(x: Any) -> Any:
        y = look(ngrad.exp(x))
        return (y, x * 2.0), lambda g, h: look(g * y) + look(h) * x

    x = constant(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        h = look(ngrad.tanh(x))
        y, w = f(h)
        del h
        z = look(y * w)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            u = look(f(x)[0])
        g = look(inner.gradient(u, x))
    return tape.gradient(z, x), tape.gradient(w, x), outer.gradient(g, x)


def drawn(look: Look) -> Any:
    """Numbers that were drawn and dropped are the same when they are needed again."""
    ngrad.random.set_seed(7)
    x = constant(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        mask = look(ngrad.random.uniform((3, 4), dtype="float64"))
        y = look(x * mask)
        del mask
        look(ngrad.random.normal((3, 4)))
        z = look(ngrad.reduce_sum(y * y))
    return z, tape.gradient(z, x), ngrad.random.normal((2,))


def a_jacobian(look: Look) -> Any:
    x = constant(X[0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = look(ngrad.cumsum(look(x * x))) * x
    found = tape.jacobian(y, x), tape.jacobian(y, x, chunk_size=3), tape.gradient(y, x)
    return found, look(y)


def a_function(look: Look) -> Any:
    @ngrad.function
    def f(x: Any) -> Any:
        return ngrad.exp(x) * ngrad.reduce_sum(x, 0), ngrad.sin(x)

    x = constant(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, s = f(look(x * 1.0))
        y, _ = f(look(y * 0.1))
    return tape.gradient(y, x), tape.gradient(s, x), look(y), f(look(x + 1.0))


def one_of_several(look: Look) -> Any:
    """Of a call of several results, most of which nothing is computed from."""
    x = constant(X)
    with GradientTape(persistent=True) as outer:
        outer.watch(x)
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            values, left, _ = ngrad.linalg.svd(look(ngrad.exp(x)))
            y = look(ngrad.reduce_sum(values * values))
            z = look(left[0, 0] * 2.0)
        first, second = tape.gradient(y, x), look(tape.gradient(z, x))
    return first, second, outer.gradient(first, x), outer.gradient(second, x)


PROGRAMS = [
    a_tape, a_dropped_value, several_targets, nested, within_its_own_context, recording_stopped,
    re_entered, re_entered_in_turn, reset, spans, variables, custom, drawn, a_jacobian, a_function,
    a_variable_that_is_only_looked_at, one_of_several,
]  # fmt: skip
