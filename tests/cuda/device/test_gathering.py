"""A warm plan's addresses are gathered in machine code; what that leaves to Python is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from device_work import Thread
from evaluating import GPU, evaluated

import ngrad
from ngrad.captured import Captured

X = np.linspace(-1.0, 1.0, 12, dtype=np.float32).reshape(3, 4)
INDEX = np.array([2, 0])


@pytest.fixture(autouse=True)
def fused_on_a_gpu() -> Iterator[None]:
    with ngrad.device(GPU), evaluated("fused"):
        yield


@pytest.fixture
def by_python(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one at each run whose addresses Python gathers."""
    found: list[int] = []
    gather = Captured._gather_others

    def counted(*given: Any) -> Any:
        found.append(1)
        return gather(*given)

    monkeypatch.setattr(Captured, "_gather_others", counted)
    return found


def added(x: Any) -> Any:
    return x + x


def with_numbers(x: Any) -> Any:
    return x * 0.75 - 2.0


def several(x: Any) -> Any:
    found = ngrad.reduce_sum(ngrad.exp(x), 1)
    return found + ngrad.reduce_max(x)


def with_checks(x: Any) -> Any:
    return ngrad.gather(x, ngrad.cast(ngrad.constant(INDEX), ngrad.int32) + 0)


@pytest.mark.parametrize("work", [added, with_numbers, several, with_checks])
def test_a_warm_run(work: Callable[[Any], Any], by_python: list[int]) -> None:
    """Of one launch or of several, of numbers, of checks: no operand is looked at in Python."""
    x, found = ngrad.constant(X), []
    for _ in range(5):
        out = work(x)
        ngrad.eval(out)
        found.append(len(by_python))
    assert found[-1] == found[-2] > 0
    with evaluated("unfused"):
        assert out.numpy().tobytes() == work(x).numpy().tobytes()


def anothers() -> Any:
    """What another thread's stream wrote."""

    def make() -> Any:
        with ngrad.device(GPU):
            x = ngrad.constant(X) * 1.0
            ngrad.eval(x)
        return x

    make()  # so that this thread has a stream, and not the other's when that ends
    other = Thread()
    found = other.do(make)
    other.end()
    return found


def doubtful() -> Any:
    """What something may be wrong with."""
    x = with_checks(ngrad.constant(X))
    ngrad.eval(x)
    return x


def wrong() -> Any:
    x = ngrad.gather(ngrad.constant(X), ngrad.constant(INDEX) * 2)
    ngrad.eval(x)
    return x


@pytest.mark.parametrize("make", [anothers, doubtful])
def test_what_python_gathers(make: Callable[[], Any], by_python: list[int]) -> None:
    """Operands that a stream has to wait for, and those whose faults results have."""
    x = make()
    for _ in range(4):
        ngrad.eval(several(ngrad.constant(X[: x.shape[0]])))
    before = len(by_python)
    found = several(x)
    ngrad.eval(found)
    assert len(by_python) == before + 1
    expected = several(ngrad.constant(x.numpy()))
    assert found.numpy().tobytes() == expected.numpy().tobytes()


def test_a_fault_is_handed_on_by_a_warm_plan() -> None:
    for _ in range(4):
        ngrad.eval(several(ngrad.constant(X[:2])))
    found = several(wrong())
    with pytest.raises(ngrad.errors.IndexBoundsError, match="index 4 is out of range"):
        found.numpy()
