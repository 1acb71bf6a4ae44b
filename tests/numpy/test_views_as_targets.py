"""Derivatives of views: of what they show when they are asked for, however often they, or what they
are views of, were written to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad import GradientTape

Array = Any


def rows_assigned(x: Array) -> Array:
    out = ours.zeros(4)
    table = out.reshape(2, 2)
    table[0] = x[:2] ** 2
    table[1] = 3.0 * x[2:]
    return table


def owner_assigned(x: Array) -> Array:
    y = x * 2.0
    part = y[1:]
    y[2] = x[0] * x[3]
    return part


def added(x: Array) -> Array:
    part = (x * x)[1:]
    part += x[0]
    return part


def view_of_a_view(x: Array) -> Array:
    y = x * x
    inner = y.reshape(2, 2).T[1]
    y *= 3.0
    return inner


def an_element(x: Array) -> Array:
    y = x * x
    last = y[3:].reshape(())
    y[3] *= x[1]
    return last


def read_before(x: Array) -> Array:
    y = x * x
    part = y[:2]
    part.sum()
    y[0] = x[3] ** 3
    return part


PROGRAMS = [rows_assigned, owner_assigned, added, view_of_a_view, an_element, read_before]
X = numpy.array([0.5, -1.5, 2.0, 3.0])


def copied(program: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """What it returns, as an array of its own, made where everybody listens."""
    return lambda x: program(x) * 1.0


@pytest.fixture(params=[False, True], ids=["deferred", "eager"], autouse=True)
def _eager(request: pytest.FixtureRequest) -> Any:
    ngrad.config.set_eager(request.param)
    yield
    ngrad.config.set_eager(False)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_transforms(program: Callable[[Array], Array]) -> None:
    x = ours.array(X)
    expected = numpy.asarray(ngrad.jacobian(copied(program))(x))
    assert numpy.any(expected)
    numpy.testing.assert_array_equal(ngrad.jacobian(program)(x), expected)
    numpy.testing.assert_array_equal(ngrad.jacobian(ngrad.function(program))(x), expected)
    value, pull = ngrad.vjp(program, x)
    numpy.testing.assert_allclose(pull(ours.ones(value.shape))[0], expected.reshape(-1, 4).sum(0))
    value += 1.0  # nor does it matter what becomes of it
    numpy.testing.assert_allclose(pull(ours.ones(value.shape))[0], expected.reshape(-1, 4).sum(0))
    tangent = ngrad.jvp(program, (x,), (ours.ones(4),))[1]
    numpy.testing.assert_allclose(tangent, expected.sum(-1))
    if not value.ndim:
        numpy.testing.assert_array_equal(ngrad.grad(program)(x), expected)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("look", [False, True])
def test_tapes_that_have_ended(program: Callable[[Array], Array], look: bool) -> None:
    x = ours.array(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = program(x)
        z = y * 1.0
    if look:
        numpy.asarray(y)
    expected = tape.jacobian(z, x)
    assert numpy.any(expected)
    numpy.testing.assert_array_equal(tape.jacobian(y, x), expected)
    gradient = tape.gradient([y, z], x)
    numpy.testing.assert_array_equal(gradient, 2 * expected.reshape(-1, 4).sum(0))
    with ngrad.autodiff.ForwardAccumulator(x, ours.ones(4)) as accumulator:
        y = program(x)
    if look:
        numpy.asarray(y)
    numpy.testing.assert_allclose(accumulator.jvp(y), expected.sum(-1))


def test_a_view_that_is_watched_is_not_read_again() -> None:
    y = ours.array(X)
    with GradientTape() as tape:
        part = y[1:]
        tape.watch(part)
        tail = part[1:]
    numpy.testing.assert_array_equal(tape.gradient(tail, part), [0.0, 1.0, 1.0])


def test_views_are_returned_by_recorded_functions_wherever_they_are_called_first() -> None:
    x = ours.array(X)
    for take in (
        lambda y: y[1:], lambda y: y.reshape(2, 2), lambda y: y.T, lambda y: y[0],
        lambda y: y[:, None], lambda y: y[1:2].reshape(()), lambda y: y[None, 1:].squeeze(),
    ):  # fmt: skip

        def program(x: Array, take: Any = take) -> Array:
            return take(x * 2.0)

        recorded = ngrad.function(program)
        expected = ngrad.jacobian(program)(x)
        numpy.testing.assert_array_equal(ngrad.jacobian(recorded)(x), expected)
        assert recorded(x).is_number is program(x).is_number
    mapped = ngrad.function(ngrad.vmap(lambda row: row[1:]))
    numpy.testing.assert_array_equal(mapped(x.reshape(2, 2)), X.reshape(2, 2)[:, 1:])
    both = ngrad.vmap(ngrad.vmap(lambda row: row[1:]))
    numpy.testing.assert_array_equal(both(x.reshape(1, 2, 2)), X.reshape(1, 2, 2)[..., 1:])


@pytest.mark.parametrize("seen", [lambda x: x, lambda x: x.T, lambda x: x[...]])
def test_a_source_that_is_written_to_is_what_it_was_when_watched(
    seen: Callable[[Array], Array],
) -> None:
    x = ours.array(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = seen(x)
        before = x * 3.0
        x[...] = 5.0
    assert tape.gradient(y, x) is None
    assert tape.jacobian(y, x) is None
    numpy.testing.assert_array_equal(tape.gradient([y, before], x), 3 * numpy.ones(4))
    with ngrad.autodiff.ForwardAccumulator(x, ours.ones(4)) as accumulator:
        y = seen(x)
        x[1:] = 5.0
    numpy.testing.assert_array_equal(accumulator.jvp(y), [1.0, 0.0, 0.0, 0.0])
