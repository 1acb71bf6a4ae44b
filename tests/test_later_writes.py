"""Memory of other libraries is read when an op is called, and never later."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from producers import on_host
from second import second

import ngrad
import ngrad.numpy
from ngrad import GradientTape, TensorSpec, Variable, asarray, constant, from_dlpack, kernel_op

X = np.linspace(-1.0, 2.0, 6).reshape(2, 3)
Write = Callable[[], None]
Program = Callable[[Any, Write], Any]


@kernel_op
def doubled(x: Any) -> Any:
    return TensorSpec(x.shape, x.dtype)


doubled.cpu(lambda x, out: np.multiply(x, 2.0, out))
doubled.vjp(lambda g, out, x: g * x)


@ngrad.custom_gradient
def squared(x: Any) -> Any:
    return x * x, lambda g: g * x * 3.0


def pending(x: Any, write: Write) -> Any:
    y = ngrad.tanh(x) * 2.0
    write()
    return y


def beside_pending_work(x: Any, write: Write) -> Any:
    a = constant(X) * 3.0
    b = ngrad.exp(a) + x
    c = ngrad.reduce_sum(b, 0)
    write()
    return a, b, c, b - c


def views(x: Any, write: Write) -> Any:
    y = ngrad.transpose(x)[1:]
    z, w = ngrad.reshape(y, [-1]) * 1.0, ngrad.concat([y, y], 0)
    first = [row + 0.0 for row in x]
    write()
    return z, w, first


def products(x: Any, write: Write) -> Any:
    y = x @ ngrad.transpose(x)
    z = ngrad.linalg.cholesky(y + ngrad.eye(2, dtype="float64"))
    write()
    return y, z


def two_results(x: Any, write: Write) -> Any:
    parts = ngrad.unstack(x), ngrad.nn.moments(x, [0])
    kept = [part * 1.0 for group in parts for part in group]
    write()
    return kept


def indices(x: Any, write: Write) -> Any:
    labels = ngrad.cast(x, "int32")
    write()
    return labels, ngrad.gather(constant(X[0]), labels % 3)


def gradient(x: Any, write: Write) -> Any:
    with GradientTape() as tape:
        tape.watch(x)
        y = ngrad.exp(x) * x
    write()
    return y, tape.gradient(y, x)


def gradient_of_a_view(x: Any, write: Write) -> Any:
    w = constant(X[:, :1])
    with GradientTape() as tape:
        tape.watch(w)
        y = ngrad.reshape(x, [2, 3])
        z = y * y * w
    write()
    return z, tape.gradient(z, w)


def gradient_of_a_watched_view(x: Any, write: Write) -> Any:
    with GradientTape() as tape:
        tape.watch(x)
        y = ngrad.transpose(x)
        z = y * y
    write()
    return z, tape.gradient(z, x)


def watched_before(x: Any, write: Write) -> Any:
    tape = GradientTape(persistent=True)
    tape.watch(x)
    with tape:
        y = x * x
    z = x * 3.0
    write()
    return y, z, tape.gradient(y, x), tape.jacobian(y, x)


def nested(x: Any, write: Write) -> Any:
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        first = inner.gradient(y, x)
    write()
    return first, outer.gradient(first, x)


def seeds(x: Any, write: Write) -> Any:
    w = constant(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(w)
        y = w * w
        slope = tape.gradient(y, w, output_gradients=x)
    write()
    return slope


def users_python(x: Any, write: Write) -> Any:
    with GradientTape() as tape:
        tape.watch(x)
        y = doubled(x) + squared(x)
    write()
    return y, tape.gradient(y, x)


def variables(x: Any, write: Write) -> Any:
    v, w, u = Variable(x), Variable(X), Variable(X)
    w.assign(x)
    u.assign_add(x)
    write()
    return v.value(), w * 1.0, u.numpy()


def argument(x: Any, write: Write) -> Any:
    f = ngrad.function(lambda x: (x * 2.0, ngrad.reduce_sum(x)))
    y = f(x)
    with GradientTape() as tape:
        tape.watch(x)
        z = f(x)[0] * x
    write()
    return y, z, tape.gradient(z, x)


def copies_in_a_function(x: Any, write: Write) -> Any:
    f = ngrad.function(lambda x: (x.copy(), x[1:].copy(), x.T.copy("F"), -ngrad.negative(x)))
    first = f(ngrad.numpy.asarray(x))
    with GradientTape() as tape:
        tape.watch(x)
        heard = f(ngrad.numpy.asarray(x))
    write()
    return first, heard


def assigned_in_a_function(x: Any, write: Write) -> Any:
    v = Variable(X)
    ngrad.function(lambda x: v.assign(x))(x)
    write()
    return v.value()


def other_thread(x: Any, write: Write) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(x * 2.0 + 1.0))
    thread.start()
    thread.join()
    write()
    return found


def another_device(x: Any, write: Write) -> Any:
    second()
    y = x.to_device("cuda:7") * 2.0
    write()
    return y


PROGRAMS: tuple[Program, ...] = (
    pending, beside_pending_work, views, products, two_results, indices, gradient,
    gradient_of_a_view, gradient_of_a_watched_view, watched_before, nested, seeds, users_python,
    variables, argument, copies_in_a_function, assigned_in_a_function, other_thread,
    another_device,
)  # fmt: skip


def values(found: Any) -> list[Any]:
    if isinstance(found, (list, tuple)):
        return [value for part in found for value in values(part)]
    return [np.asarray(found)]


@pytest.mark.parametrize("eager", [False, True], ids=["deferred", "eager"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_later_write_changes_no_result(program: Program, eager: bool) -> None:
    expected = values(program(constant(X), lambda: None))
    ngrad.config.set_eager(eager)
    for take in (from_dlpack, lambda array: asarray(array, copy=False)):
        array = X.copy()
        found = values(program(take(array), lambda array=array: array.fill(1e6)))
        for value, right in zip(found, expected, strict=True):
            np.testing.assert_array_equal(value, right)


def test_a_tape_reads_it_once() -> None:
    """What it keeps is what it saw first."""
    array = X.copy()
    x = from_dlpack(array)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        array[:] = 0.0
        z = y + x
    np.testing.assert_array_equal(z, X * X + X)
    np.testing.assert_array_equal(tape.gradient(z, x), 2 * X + 1)
    np.testing.assert_array_equal(x * 1.0, np.zeros((2, 3)))


def test_a_function_keeps_what_it_saw_when_it_was_recorded() -> None:
    array = X.copy()
    x = from_dlpack(array)
    f = ngrad.function(lambda y: x * y)
    for value in (0.0, 1.0):
        np.testing.assert_array_equal(f(constant(X)), X * X)
        array[:] = value


def test_an_assignment_writes_to_no_memory_but_its_own() -> None:
    array = X[0].copy()
    array.flags.writeable = False
    x = ngrad.numpy.array(from_dlpack(on_host(array)))
    x[0], x[1:] = 7.0, 8.0
    x[1] = 9.0
    np.testing.assert_array_equal(x, [7.0, 9.0, 8.0])
    np.testing.assert_array_equal(array, X[0])


def test_indices_are_those_that_were_checked() -> None:
    index = np.array([0, 1])
    x, table = from_dlpack(index), constant(X[0])
    np.testing.assert_array_equal(ngrad.gather(table, x), X[0, :2])
    index[:] = 1 << 40
    with pytest.raises(ngrad.errors.IndexBoundsError, match=str(1 << 40)):
        ngrad.gather(table, x)
    with GradientTape():
        y = x * 1
        index[:] = 2
        np.testing.assert_array_equal(ngrad.gather(table, x), X[0, [2, 2]])
    assert y.tolist() == [1 << 40] * 2
