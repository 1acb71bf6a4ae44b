"""`errstate` and `seterr`: beside NumPy's, on every case; and what is done about an error."""

from __future__ import annotations

import contextvars
import inspect
import io
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from cases import CASES
from test_functions import converted

import ngrad
import ngrad.numpy as ours
from ngrad.config import settings
from ngrad.hooks import hooks
from ngrad.scipy import special

OTHERWISE = {"nextafter"}  # of the greatest number: NumPy says that it overflows
X = ours.array([1.0, 0.0, -1.0])


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert hooks.ran is None and not settings.eager
    assert set(ours.geterr().values()) == {"ignore"} and ours.geterrcall() is None


def told(space: Any, function: Callable[[], Any], **modes: str) -> list[tuple[str, int]]:
    """What a space of names says of a call."""
    found: list[tuple[str, int]] = []
    modes = modes or {"all": "call", "under": "ignore"}
    with space.errstate(call=lambda *said: found.append(said), **modes):
        function()
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of means of nothing, whatever is set
def test_every_case_as_numpy() -> None:
    differ = set()
    for case in CASES:
        kwargs = {name: converted(x) for name, x in case.kwargs.items()}
        args = [converted(x) for x in case.args]
        expected = told(np, lambda c=case: getattr(np, c.name)(*c.args, **c.kwargs))
        found = told(ours, lambda c=case, a=args, k=kwargs: getattr(ours, c.name)(*a, **k))
        if set(found) != set(expected):
            differ.add(case.name)
    assert differ == OTHERWISE


def _twice(space: Any) -> None:
    state = space.errstate(all="ignore")
    with state, state:
        pass


PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    "log": lambda np, x: np.log(x),
    "divide": lambda np, x: x / 0.0,
    "reflected": lambda np, x: 1.0 / x,
    "floor_divide": lambda np, x: x.astype(int) // 0,
    "the least integer": lambda np, x: np.array([-(2**63)]) // np.array([-1]),
    "complex": lambda np, x: (x + 1j) / (0j * x),
    "complex product": lambda np, x: (x + 1e300j) * 1e300,
    "sqrt": lambda np, x: np.sqrt(x),
    "exp": lambda np, x: np.exp(800.0 * x),
    "multiply": lambda np, x: (x * 1e-200) * 1e-200,
    "power": lambda np, x: (x * 1e200) ** 2.0,
    "cast": lambda np, x: (x * 1e30).astype(np.int32),
    "reduce": lambda np, x: np.sum(np.abs(x) * 1.7e308),
    "subtract": lambda np, x: np.exp(1e3 * x[:1]) - np.inf,
    "matmul": lambda np, x: (x * 1e200) @ (x * 1e200),
    "dot": lambda np, x: np.dot(x * 1e200, x * 1e200),
    "inner": lambda np, x: np.inner(x * 1e200, x * 1e200),
    "vecdot": lambda np, x: np.vecdot(x * 1e200, x * 1e200),
    "vdot": lambda np, x: np.vdot(x * 1e200, x * 1e200),
    "where=": lambda np, x: np.divide(1.0, x, where=x != 0.0, out=None),
    "logaddexp": lambda np, x: np.logaddexp(x, np.array([np.inf, -np.inf, 1.0])),
    "an operand was wrong": lambda np, x: np.log(np.array([np.nan, np.inf])) * 2.0,
    "in place": lambda np, x: np.add(x, 0.0).__itruediv__(x),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_as_numpy(name: str) -> None:
    """The texts of the warnings, and the line that is warned of, this file's."""
    texts = []
    for space in (np, ours):
        x = space.array([1.0, 0.0, -1.0])
        with warnings.catch_warnings(record=True) as seen, space.errstate(all="warn"):
            warnings.simplefilter("always")
            PROGRAMS[name](space, x)
        texts.append([str(warning.message) for warning in seen])
    lines, first = inspect.getsourcelines(PROGRAMS[name])
    assert {(warning.filename, warning.lineno) for warning in seen} <= {(__file__, first)}
    assert texts[0] == texts[1] and len(lines) == 1


def test_modes(capsys: Any) -> None:
    said = "divide by zero encountered in log"
    with ours.errstate(divide="raise"), pytest.raises(FloatingPointError, match=f"^{said}$"):
        ours.log(X)
    with ours.errstate(divide="warn"), pytest.warns(RuntimeWarning, match=said):
        ours.log(X)
    with ours.errstate(divide="print"):
        ours.log(X)
    assert capsys.readouterr().err == f"Warning: {said}\n"
    log = io.StringIO()
    with ours.errstate(divide="log", call=log):
        ours.log(X)
    assert log.getvalue() == f"Warning: {said}\n"
    assert told(ours, lambda: ours.log(X), divide="call", invalid="ignore") == [
        ("divide by zero", 9)
    ]
    with ours.errstate(divide="call"), pytest.raises(NameError, match="log: nothing is set"):
        ours.log(X)
    ours.log(X)  # outside, nobody looks


def test_settings() -> None:
    def note(said: str, flags: int) -> None: ...

    assert ours.seterr(over="raise", invalid="warn") == dict.fromkeys(ours.geterr(), "ignore")
    assert ours.seterrcall(note) is None and ours.geterrcall() is note
    before = ours.geterr()
    with ours.errstate(all="ignore", call=None):
        ours.exp(X * 1e3)
        assert ours.geterrcall() is note
    assert ours.geterr() == before
    with pytest.raises(FloatingPointError, match="overflow encountered in exp"):
        ours.exp(X * 1e3)
    assert ours.seterr(all="ignore") == before and ours.seterrcall(None) is note

    @ours.errstate(invalid="raise")
    def root(x: Any, depth: int) -> Any:
        return root(x, depth - 1) if depth else ours.sqrt(x)

    with pytest.raises(FloatingPointError):
        root(X, 2)


def test_what_is_looked_at() -> None:
    """Ops under a tape and in functions; not gradients, other threads, nor what comes pending."""
    pending = ours.log(X)
    with ours.errstate(all="raise"):
        _ = pending.tolist()
        with ngrad.GradientTape() as tape, pytest.raises(FloatingPointError):
            tape.watch(X)
            ours.log(X)
        assert special.xlogy(0.0, 0.0) == 0.0
        slope = ngrad.grad(lambda x: ours.sqrt(x[1]))(X)
        assert slope.tolist() == [0.0, np.inf, 0.0]
        other = threading.Thread(target=lambda: ours.log(X).tolist())
        other.start()
        other.join()
        with pytest.raises(FloatingPointError):
            ngrad.function(ours.log)(X)


def test_beside_check_numerics() -> None:
    for first, second in (
        (ours.errstate(divide="raise"), ngrad.debug.check_numerics),
        (ngrad.debug.check_numerics(False), lambda: ours.errstate(divide="raise")),
    ):
        with first:
            with second(), pytest.raises(FloatingPointError):
                ours.log(X)
            assert (hooks.ran is None) == (second is not ngrad.debug.check_numerics)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda np: np.seterr(all="foo"), ValueError),
        (lambda np: np.errstate(divide="no").__enter__(), ValueError),
        (lambda np: np.errstate(zero="warn"), TypeError),
        (_twice, TypeError),
        (lambda np: np.seterrcall(3), TypeError),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception]) -> None:
    for space in (np, ours):
        with pytest.raises(error):
            call(space)


def test_settings_are_those_of_a_context() -> None:
    """What another context or thread sets changes nothing here, and is gone when that is."""
    old = ours.seterr(divide="raise")
    contextvars.copy_context().run(ours.seterr, divide="ignore")
    with pytest.raises(FloatingPointError, match="divide by zero"):
        ours.log(X)
    ours.seterr(**old)
    thread = threading.Thread(target=ours.seterr, kwargs={"all": "raise"})
    thread.start()
    thread.join()
    assert not settings.eager
    with ours.errstate(all="warn"):
        ngrad.config.set_eager(True)
    assert settings.eager
    ngrad.config.set_eager(False)
