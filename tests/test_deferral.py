"""A program's bits: the same whenever its values are computed, and however it is cut."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import optree
import pytest
from rows import ROWS
from table import Row

import ngrad
from ngrad import GradientTape, Variable, constant
from ngrad.errors import DTypeError, ShapeError
from ngrad.plans import counters, plans

SEED = int(os.environ.get("NGRAD_TEST_SEED", "0"))
"""Which ops are tried fused, and where programs are looked at."""

Bits = list[tuple[Any, ...] | None]


def bits(values: Any) -> Bits:
    """Shape, dtype and bytes of each tensor of a nest."""
    arrays = [None if v is None else np.asarray(v) for v in optree.tree_leaves(values)]
    return [None if a is None else (a.shape, a.dtype, a.tobytes()) for a in arrays]


@contextmanager
def evaluated(eager: bool = False, fusion: str = "off") -> Iterator[None]:
    """Within it, programs run in another way, by plans that are made anew."""
    before = ngrad.config.fusion()
    plans.found.clear()
    ngrad.config.set_eager(eager)
    ngrad.config.set_fusion(fusion)
    try:
        yield
    finally:
        ngrad.config.set_eager(False)
        ngrad.config.set_fusion(before)


# -- each op ---------------------------------------------------------------------------------------

CODE_OF = {"f": "f4", "i": "i4", "u": "u1", "b": "b1"}


def of_op(row: Row, arrays: list[Any]) -> Bits:
    """The results of an op, and the gradient of them all, in every operand that has one."""
    operands = [constant(a) for a in arrays]
    followed = [x for x in operands if x.dtype.is_floating]
    with GradientTape() as tape:
        tape.watch(followed)
        values = row.function(*operands)
    floats = [v for v in optree.tree_leaves(values) if v.dtype.is_floating]
    smooth = row.smooth and row.orders and followed and floats
    return bits((values, tape.gradient(floats, followed) if smooth else ()))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_ops_deferred_and_eager(row: Row) -> None:
    for code in (CODE_OF[kind] for kind in row.kinds):
        for shapes in row.cases:
            arrays = row.sample(shapes, code)
            deferred = of_op(row, arrays)
            with evaluated(eager=True):
                assert of_op(row, arrays) == deferred, (code, shapes)


def _some_rows() -> list[tuple[Row, str, Any]]:
    draw = random.Random(SEED)
    rows = draw.sample(ROWS, 20)
    return [(row, CODE_OF[draw.choice(row.kinds)], draw.choice(row.cases)) for row in rows]


@pytest.mark.parametrize(("row", "code", "shapes"), _some_rows(), ids=lambda x: str(x))
def test_ops_fused_and_unfused(row: Row, code: str, shapes: Any) -> None:
    arrays = row.sample(shapes, code)
    expected = of_op(row, arrays)
    with evaluated(fusion="wait"):
        for _ in range(2):  # the second time its fused kernels are compiled
            assert of_op(row, arrays) == expected, f"NGRAD_TEST_SEED={SEED}"


# -- tapes, looked at anywhere ---------------------------------------------------------------------

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


PROGRAMS = [
    a_tape, a_dropped_value, several_targets, nested, within_its_own_context, recording_stopped,
    re_entered, reset, spans, variables, custom, drawn, a_jacobian, a_function,
]  # fmt: skip


class Looks:
    """Looks at some of the values that a program passes by."""

    def __init__(self, where: Callable[[int], bool], twice: bool = False) -> None:
        self.count, self.where, self.twice = 0, where, twice

    def __call__(self, x: Any) -> Any:
        self.count += 1
        if self.where(self.count - 1):
            ngrad.eval(x)
            if self.twice:
                assert np.asarray(x).tobytes() == np.asarray(x).tobytes()
        return x


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_look_changes_no_bit(program: Callable[[Look], Any]) -> None:
    """Nowhere, everywhere, at each place alone, at random ones; and in eager mode, from and up to
    a place.
    """
    none = Looks(lambda k: False)
    expected = bits(program(none))
    draw = random.Random(SEED)
    for where in range(none.count):
        assert bits(program(Looks(lambda k, at=where: k == at))) == expected, where  # type: ignore[misc]
    for seed in range(10):
        look = Looks(lambda k: draw.random() < 0.5, twice=True)
        assert bits(program(look)) == expected, (SEED, seed)
    assert bits(program(Looks(lambda k: True))) == expected
    with evaluated(eager=True):
        assert bits(program(Looks(lambda k: False))) == expected
        assert bits(program(Looks(lambda k: True))) == expected
    for at in range(none.count):
        for eager in (True, False):
            with evaluated(eager=eager):

                def turned(k: int, at: int = at, eager: bool = eager) -> bool:
                    ngrad.config.set_eager(eager == (k < at))
                    return False

                assert bits(program(Looks(turned))) == expected, (at, eager)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_fusion_changes_no_bit(program: Callable[[Look], Any]) -> None:
    expected = bits(program(Looks(lambda k: False)))
    with evaluated(fusion="wait"):
        before = counters["fused"]
        for _ in range(2):
            assert bits(program(Looks(lambda k: k % 3 == 1))) == expected
            assert bits(program(Looks(lambda k: False))) == expected
        assert counters["fused"] > before


# -- errors ----------------------------------------------------------------------------------------

WRONG: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
    "shapes": (ShapeError, lambda x: x + ngrad.ones([5])),
    "product": (ShapeError, lambda x: x @ x),
    "axis": (ShapeError, lambda x: ngrad.reduce_sum(x, 7)),
    "reshape": (ShapeError, lambda x: ngrad.reshape(x, [5, 5])),
    "dtype": (DTypeError, lambda x: ngrad.bitwise.invert(x)),
    "assign": (ShapeError, lambda x: Variable(X).assign(ngrad.reduce_sum(x, 0))),
    "seed": (ShapeError, lambda x: GradientTape().gradient(x, x, output_gradients=x[0])),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_raises_where_it_is_called(name: str) -> None:
    """With nothing computed for it, and nothing lost: not the window, not the tape."""
    error, wrong = WRONG[name]
    x = constant(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        for _ in range(2):
            with pytest.raises(error, match=r"\d|float"):
                wrong(y)
        assert not y._at
        z = ngrad.reduce_sum(y * y)
    np.testing.assert_array_equal(tape.gradient(z, x), 4 * (X * X * X))
    np.testing.assert_array_equal(y, X * X)


def test_lines_of_a_program_are_told_apart() -> None:
    """Programs that differ in one operand, one after the other and the other way round."""
    x = constant(X)
    programs = [lambda a, b: a * b - a, lambda a, b: a * b - b, lambda a, b: b * b - a]
    for first, second in pairwise(programs * 2):
        for f in (first, second):
            a, b = x + 1.0, x * 3.0
            np.testing.assert_array_equal(f(a, b), f(X + 1.0, X * 3.0))
