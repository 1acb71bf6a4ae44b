"""`GradientTape`: TensorFlow's semantics, one statement a test."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from numeric import recorded

import ngrad
import ngrad.numpy as ours
from ngrad import GradientTape, UnconnectedGradients, Variable, constant
from ngrad.errors import ShapeError

# -- sources and targets ---------------------------------------------------------------------------


def test_sources_are_any_nest() -> None:
    a, b, c = constant(2.0), constant(3.0), constant(5.0)
    y, tape = recorded(lambda *_: a * b + c, a, b, c)
    found = tape.gradient(y, {"first": [a, (b,)], "second": c})
    assert found.keys() == {"first", "second"}
    assert isinstance(found["first"], list) and isinstance(found["first"][1], tuple)
    assert [float(g) for g in (found["first"][0], found["first"][1][0], found["second"])] == [
        3,
        2,
        1,
    ]


def test_a_list_of_one_gives_a_list_of_one() -> None:
    x = constant(2.0)
    y, tape = recorded(lambda x: x * x, x)
    (found,) = tape.gradient(y, [x])
    assert float(found) == 4.0


def test_repeated_sources() -> None:
    x = constant(3.0)
    y, tape = recorded(lambda x: x * x, x)
    first, second = tape.gradient(y, [x, x])
    assert float(first) == float(second) == 6.0


def test_several_targets_are_summed() -> None:
    x = constant(2.0)
    (y, z), tape = recorded(lambda x: (x * x, {"deep": [3.0 * x]}), x)
    assert float(tape.gradient([y, z], x)) == 7.0


def test_a_target_named_twice_counts_twice() -> None:
    x = constant(2.0)
    y, tape = recorded(lambda x: x * x, x)
    assert float(tape.gradient([y, y], x)) == 8.0


def test_a_target_that_is_not_a_scalar_is_summed() -> None:
    x = constant([[1.0, 2.0], [3.0, 4.0]])
    y, tape = recorded(lambda x: x * x, x)
    assert tape.gradient(y, x).numpy().tolist() == [[2, 4], [6, 8]]


def test_a_target_that_is_a_source_adds_ones() -> None:
    x = constant([2.0, 3.0])
    y, tape = recorded(lambda x: x * x, x, persistent=True)
    assert tape.gradient(x, x).numpy().tolist() == [1, 1]
    assert tape.gradient([y, x], x).numpy().tolist() == [5, 7]
    in_x, in_y = tape.gradient(y, [x, y])
    assert in_x.numpy().tolist() == [4, 6] and in_y.numpy().tolist() == [1, 1]


@pytest.mark.parametrize("made", [constant, Variable, partial(Variable, trainable=False)])
def test_a_target_that_is_a_source_is_one_unless_watched(made: Any) -> None:
    """What is chosen by a branch may be a variable that nothing has read."""
    x, other = made([2.0, 3.0]), Variable([5.0, 7.0])
    with GradientTape(persistent=True) as tape:
        y = other * other
    assert tape.gradient(x, x).numpy().tolist() == [1, 1]
    assert tape.gradient({"x": x, "y": y}, [other, x])[1].numpy().tolist() == [1, 1]
    assert tape.gradient(x, [other, x], output_gradients=constant([2.0, 4.0]))[0] is None
    assert tape.jacobian(x, x).numpy().tolist() == [[1, 0], [0, 1]]
    with GradientTape() as tape:
        pass
    assert tape.gradient(x, x).numpy().tolist() == [1, 1]


@pytest.mark.parametrize("made", [constant, partial(Variable, trainable=False), ours.array])
def test_to_ask_for_the_derivative_of_a_source_is_not_to_watch_it(made: Any) -> None:
    x = made([2.0, 3.0])
    with GradientTape(persistent=True) as tape:
        assert np.asarray(tape.gradient(x, x)).tolist() == [1, 1]
        assert np.asarray(tape.jacobian(x, x)).tolist() == [[1, 0], [0, 1]]
        y = x * 3.0
    assert tape.gradient(y, x) is None and tape.watched_variables() == ()


def test_intermediate_sources() -> None:
    x = constant(2.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y * x
    assert float(tape.gradient(z, y)) == 16.0
    assert [float(g) for g in tape.gradient(z, [y, x])] == [16.0, 80.0]


def test_output_gradients() -> None:
    x = constant([1.0, 2.0])
    (y, z), tape = recorded(lambda x: (x * x, 3.0 * x), x, persistent=True)
    seed = constant([10.0, 100.0])
    assert tape.gradient(y, x, output_gradients=seed).numpy().tolist() == [20, 400]

    assert tape.gradient([y, z], x, output_gradients=[seed, None]).numpy().tolist() == [23, 403]
    assert tape.gradient([y, z], x, output_gradients=[None, seed]).numpy().tolist() == [32, 304]
    _, pullback = ngrad.vjp(lambda x: (x * x, 3.0 * x), x)
    for given in ((seed, None), (None, seed), (None, None), None, (None, seed * 0.0)):
        wanted = tape.gradient([y, z], x, output_gradients=given)
        assert pullback(given)[0].numpy().tolist() == wanted.numpy().tolist()
    with pytest.raises(ShapeError, match="output gradient"):
        tape.gradient(y, x, output_gradients=constant([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="2 targets"):
        tape.gradient([y, z], x, output_gradients=[seed])


def test_a_source_must_be_a_tensor() -> None:
    x = constant(1.0)
    y, tape = recorded(lambda x: x * x, x)
    with pytest.raises(TypeError, match=r"source.*str"):
        tape.gradient(y, "x")


# -- what is watched -------------------------------------------------------------------------------


def test_watch_is_per_tape() -> None:
    x = constant(3.0)
    with GradientTape() as one, GradientTape() as two:
        one.watch(x)
        y = x * x
    assert float(one.gradient(y, x)) == 6.0
    assert two.gradient(y, x) is None


def test_trainable_variables_are_watched_when_read() -> None:
    a, b = Variable(2.0), Variable(3.0, trainable=False)
    with GradientTape() as tape:
        y = a * b
    assert tape.watched_variables() == (a,)
    assert [None if g is None else float(g) for g in tape.gradient(y, [a, b])] == [3.0, None]


def test_others_are_watched_when_asked() -> None:
    b = Variable(3.0, trainable=False)
    with GradientTape() as tape:
        tape.watch(b)
        y = b * b
    assert tape.watched_variables() == (b,)
    assert float(tape.gradient(y, b)) == 6.0


def test_watching_variables_can_be_turned_off() -> None:
    a, b = Variable(2.0), Variable(3.0)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    assert tape.watched_variables() == (a,)
    assert [None if g is None else float(g) for g in tape.gradient(y, [a, b])] == [3.0, None]


def test_watched_variables_are_in_the_order_in_which_they_were_made() -> None:
    a, b, c = (Variable(float(k), name=str(k)) for k in range(3))
    with GradientTape() as tape:
        _ = c * a + b * c
    assert [v.name for v in tape.watched_variables()] == ["0", "1", "2"]


def test_reads_before_the_tape_are_not_recorded() -> None:
    v = Variable(3.0)
    read = v.value()
    with GradientTape() as tape:
        y = read * read
    assert tape.gradient(y, v) is None


def test_reading_a_variable_in_the_context_is_recorded() -> None:
    v = Variable(3.0)
    with GradientTape() as tape:
        y = v.value() * v.read_value() + ngrad.identity(v) + ngrad.convert_to_tensor(v)
    assert float(tape.gradient(y, v)) == 8.0


def test_assign_cuts_the_gradient() -> None:
    v, x = Variable(3.0), constant(5.0)
    with GradientTape() as tape:
        tape.watch(x)
        v.assign(2.0 * x)
        y = v * v
    in_v, in_x = tape.gradient(y, [v, x])
    assert float(in_v) == 20.0 and in_x is None


@pytest.mark.parametrize("trainable", [True, False])
def test_values_before_and_after_an_assignment_are_two(trainable: bool) -> None:
    """Each read counts with the value that it had, and both are of the one variable."""
    v = Variable(10.0, trainable=trainable)
    with GradientTape(persistent=True) as tape:
        tape.watch(v)
        first = v * v
        v.assign_add(1.0)
        y = first * v
        v.assign(2.0)
        z = y * v
    assert float(tape.gradient(first, v)) == 20.0
    assert float(tape.gradient(y, v)) == 2.0 * 10.0 * 11.0 + 10.0 * 10.0
    assert float(tape.gradient(z, v)) == 2.0 * 10.0 * 11.0 * 2.0 + 10.0 * 10.0 * 2.0 + 1100.0
    assert float(tape.gradient(y, first)) == 11.0
    assert tape.watched_variables() == (v,)


def test_watch_takes_nests() -> None:
    a, b = constant(1.0), constant(2.0)
    with GradientTape() as tape:
        tape.watch({"a": a, "rest": [b]})
        y = a * b
    assert [float(g) for g in tape.gradient(y, [a, b])] == [2.0, 1.0]


@pytest.mark.parametrize("value", ["text", 1.0, None, np.ones(2), [1.0]])
def test_watch_of_what_is_no_tensor(value: Any) -> None:
    leaf = value[0] if isinstance(value, list) else value
    with GradientTape() as tape, pytest.raises(ValueError, match=type(leaf).__name__):
        tape.watch(value)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_watch_of_integers_warns(dtype: str) -> None:
    x = ngrad.ones([2], dtype)
    with GradientTape() as tape:
        with pytest.warns(UserWarning, match=f"{dtype}.*gradient will be None"):
            tape.watch(x)
        y = ngrad.cast(x, "float32") * 2.0
    assert tape.gradient(y, x) is None


def test_watch_of_floats_does_not_warn() -> None:
    with warnings.catch_warnings(), GradientTape() as tape:
        warnings.simplefilter("error")
        tape.watch(ngrad.ones([2], "float64"))


# -- what is recorded ------------------------------------------------------------------------------


def test_ops_before_watch_are_not_recorded() -> None:
    x = constant(3.0)
    with GradientTape() as tape:
        y = x * x
        tape.watch(x)
        z = x * 2.0
    assert tape.gradient([y, z], x).numpy() == 2.0


def test_ops_outside_the_context_are_not_recorded() -> None:
    x = constant(3.0)
    y, tape = recorded(lambda x: x * x, x, persistent=True)
    assert tape.gradient(y * y, x) is None
    assert float(tape.gradient(y, x)) == 6.0


def test_stop_recording() -> None:
    x = constant(3.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            hidden = x * y
        z = y * hidden
    assert tape.gradient(hidden, x) is None
    assert float(tape.gradient(z, x)) == 27.0 * 6.0
    with pytest.raises(ValueError, match="not recording"), tape.stop_recording():
        pass


def test_stop_recording_survives_an_exception() -> None:
    x = constant(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(KeyError), tape.stop_recording():
            raise KeyError("inside")
        y = x * x
    assert float(tape.gradient(y, x)) == 6.0


def test_reset_forgets() -> None:
    x = constant(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        tape.reset()
        tape.watch(x)
        z = 5.0 * x
    assert tape.gradient([y, z], x).numpy() == 5.0


def test_stop_gradient() -> None:
    x = constant(3.0)
    y, tape = recorded(lambda x: x * ngrad.stop_gradient(x * x), x)
    assert float(tape.gradient(y, x)) == 9.0


def test_integers_carry_nothing() -> None:
    x = constant([1.7, 2.2])
    y, tape = recorded(lambda x: ngrad.cast(ngrad.cast(x, "int32"), "float32") + x, x)
    assert tape.gradient(y, x).numpy().tolist() == [1, 1]


# -- unconnected -----------------------------------------------------------------------------------


def test_unconnected() -> None:
    a, b = constant([1.0, 2.0]), constant([[3.0]], "float64")
    y, tape = recorded(lambda a, b: a * a, a, b, persistent=True)
    assert tape.gradient(y, [a, b])[1] is None
    for zero in (UnconnectedGradients.ZERO, "zero"):
        in_a, in_b = tape.gradient(y, [a, b], unconnected_gradients=zero)
        assert in_a.numpy().tolist() == [2, 4]
        assert in_b.numpy().tolist() == [[0.0]] and in_b.dtype == np.float64
    never_seen = constant([5.0, 6.0])
    assert tape.gradient(y, never_seen) is None
    assert tape.gradient(never_seen, a) is None
    assert tape.gradient(3.0, a, unconnected_gradients="zero").numpy().tolist() == [0, 0]
    with pytest.raises(ValueError, match="nothing"):
        tape.gradient(y, a, unconnected_gradients="nothing")


def test_a_copy_read_before_the_tape_is_not_the_variable() -> None:
    v = ngrad.Variable(2.0)
    for read in (ngrad.convert_to_tensor, ngrad.constant, ngrad.Variable.value):
        before = read(v)
        with ngrad.GradientTape() as tape:
            y = v * before
        assert tape.gradient(y, v).numpy() == 2.0
        with ngrad.GradientTape() as tape:
            y = v * read(v)
        assert tape.gradient(y, v).numpy() == 4.0
