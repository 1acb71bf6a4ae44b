"""What is small runs where it is called: when, when not, and with which bits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from rows import ROWS
from table import Row
from test_deferral import CODE_OF, bits

import ngrad
from ngrad import GradientTape, config, constant
from ngrad.record import state

X = np.linspace(0.5, 2.0, 8)


@pytest.fixture(autouse=True)
def _set() -> Iterator[None]:
    before = config.at_once()
    ngrad.eval()
    config.set_at_once(config.AT_ONCE)
    yield
    config.set_at_once(before)


def ran(x: Any) -> bool:
    """Whether a result has its value, though nobody looked."""
    return bool(x._at)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_bits_are_those_of_deferral(row: Row) -> None:
    shapes = row.cases[0]
    for code in (CODE_OF[kind] for kind in row.kinds):
        arrays = row.sample(shapes, code)
        at_once = bits(row.function(*map(constant, arrays)))
        config.set_at_once(0)
        assert bits(row.function(*map(constant, arrays))) == at_once, code
        config.set_at_once(config.AT_ONCE)


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "an operator": lambda x: x + x,
    "an operator and a number": lambda x: x * 2.5,
    "a number and an operator": lambda x: 2.5 - x,
    "a function of one": ngrad.sin,
    "a function of two": lambda x: ngrad.maximum(x, x),
    "a function and a number": lambda x: ngrad.maximum(x, 1.0),
    "a reduction": ngrad.reduce_sum,
    "several launches": lambda x: ngrad.concat([x, x], 0),
}
every_operation = pytest.mark.parametrize("name", OPERATIONS)


@every_operation
def test_what_is_small_runs(name: str) -> None:
    x = constant(X)
    for _ in range(2):  # the first time it is resolved, and then found
        before = ngrad.stats()
        y = OPERATIONS[name](x)
        assert ran(y)
        spent = ngrad.stats() - before
        assert (spent.runs, spent.planned) == (0, 0)
        assert spent.launches == (2 if name == "several launches" else 1)
        assert spent.bytes > 0
    assert not state.window.entries


@every_operation
def test_what_is_large_or_listened_to_waits(name: str) -> None:
    operation = OPERATIONS[name]
    assert not ran(operation(constant(np.ones(config.AT_ONCE))))
    ngrad.eval()
    with GradientTape() as tape:
        tape.watch(x := constant(X))
        y = operation(x)
        assert not ran(y)
    assert tape.gradient(y, x) is not None
    recorded = []

    @ngrad.function
    def f(x: Any) -> Any:
        recorded.append(ran(y := operation(x)))
        return y

    f(constant(X))
    assert recorded == [False]


@every_operation
def test_what_follows_on_pending_work_waits(name: str) -> None:
    pending = constant(np.ones(config.AT_ONCE)) * 2.0
    waits = OPERATIONS[name](constant(X))
    assert not ran(waits)
    expected = bits(waits)
    assert ran(pending)
    assert bits(OPERATIONS[name](constant(X))) == expected


@every_operation
def test_what_another_thread_has_pending_is_no_reason_to_wait_for_it(name: str) -> None:
    made: list[Any] = []

    def pend() -> None:
        config.set_at_once(0)
        made.append(constant(X) * 1.0)
        config.set_at_once(config.AT_ONCE)

    thread = threading.Thread(target=pend)
    thread.start()
    thread.join()
    assert not ran(made[0])
    assert bits(OPERATIONS[name](made[0])) == bits(OPERATIONS[name](constant(X)))


@every_operation
def test_a_profile_sees_it(name: str) -> None:
    x = constant(X)
    OPERATIONS[name](x)
    with ngrad.profile() as profile:
        OPERATIONS[name](x)
    assert len(profile.events) == 1


def test_an_error_is_raised_on_its_line() -> None:
    with pytest.raises(ngrad.errors.ShapeError, match="add"):
        constant(X) + constant(X[:3])
    with pytest.raises(ValueError, match="at_once"):
        config.set_at_once(-1)


def test_any_number_of_bytes_may_be_run_at_once() -> None:
    config.set_at_once(1 << 70)
    np.testing.assert_array_equal(ngrad.reduce_sum(constant(X), 0).numpy(), X.sum(0))


def test_a_recording_for_any_size_asks_no_size() -> None:
    @ngrad.function(input_signature=[ngrad.TensorSpec([None, 2])])
    def centred(x: Any) -> Any:
        return 2.0 * x - ngrad.reduce_mean(x, 0), ngrad.where(x > 0.5, x, 0.0), x[1:] / x.shape[0]

    for n in (4, 3, config.AT_ONCE):
        centred(ngrad.ones([n, 2]))
    assert centred.traces == 1
