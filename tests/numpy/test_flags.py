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
    numpys = np.geterr(), np.geterrcall()
    yield
    assert numpys == (np.geterr(), np.geterrcall())
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
    "a sum of an infinity": lambda np, x: np.sum(np.array([1.0, np.inf])),
    "a product of one": lambda np, x: np.prod(np.array([1.0, np.inf])),
    "a mean of one": lambda np, x: np.mean(np.array([1.0, np.inf])),
    "an infinity is the greatest": lambda np, x: np.max(np.array([1.0, np.inf])),
    "the greatest but NaN": lambda np, x: np.nanmax(np.array([np.nan, np.inf])),
    "the least, folded": lambda np, x: np.fmin.reduce(np.array([1.0, -np.inf])),
    "a norm": lambda np, x: np.linalg.norm(np.array([1.0, np.inf])),
    "a product with an infinity": lambda np, x: np.array([[np.inf, 1.0]]) @ np.ones((2, 2)),
    "solve": lambda np, x: np.linalg.solve(np.eye(2), np.array([np.inf, 1.0])),
    "solve that overflows": lambda np, x: np.linalg.solve(np.eye(1) * 1e-300, np.ones(1) * 1e300),
    "a transform": lambda np, x: np.fft.fft(np.array([np.inf, 1.0])),
    "triu": lambda np, x: np.triu(np.full((2, 2), np.inf)),
    "the sum beside a NaN": lambda np, x: np.sum(np.array([1e308, 1e308, np.nan])),
    "a result's place": lambda np, x: np.log(x, np.zeros(3)),
    "two results' places": lambda np, x: np.modf(np.array([np.inf]), np.zeros(1), np.zeros(1)),
    "in its own place": lambda np, x: np.divide(y := np.add(x, 0.0), 0.0, y),
    "a lesser result": lambda np, x: np.add(x, 1e300, out=np.zeros(3, "f4")),
    "signature": lambda np, x: np.multiply(x, 0.0 / x[:1], sig="dd->d") / x,
    "signature of dtypes": lambda np, x: np.log(x, signature=(np.float64, np.float64)),
    "divmod": lambda np, x: divmod(x, 0.0),
    "cov": lambda np, x: np.cov(1.7e308 * x),
    "its own transpose": lambda np, x: (lambda y: y.T @ y)(np.array([[1e200, 1.0, 2.0]])),
    "multi_dot": lambda np, x: np.linalg.multi_dot([np.eye(2) * 1e200] * 3),
    "floor_divide.reduce": lambda np, x: np.floor_divide.reduce(x.astype(int)),
    "remainder.reduce": lambda np, x: np.remainder.reduce(x.astype(int)),
    "floor_divide.accumulate": lambda np, x: np.floor_divide.accumulate(x.astype(int)),
    "divide.reduce": lambda np, x: np.divide.reduce(x),
    "divide.reduceat": lambda np, x: np.divide.reduceat(x, [0, 2]),
    "add.reduce": lambda np, x: np.add.reduce(1e308 * x, initial=1e308, where=x > 0.0),
    "multiply.accumulate": lambda np, x: np.multiply.accumulate(np.abs(1e200 * x + 1e200)),
    "add.at": lambda np, x: np.add.at(1.0 * x, [0, 0], 1e308),
    "divide.at": lambda np, x: np.divide.at(1.0 * x, [0, 0], 0.0),
    "complex cast": lambda np, x: np.array(np.inf + 0j).astype(np.int32),
    "complex cast that overflows": lambda np, x: (x + 1e300j).astype(np.complex64),
}


def outcome(space: Any, program: Callable[[Any, Any], Any], mode: str) -> tuple[str, list[Any]]:
    """What a program raises, and warns of."""
    raised, x = "", space.array([1.0, 0.0, -1.0])
    with warnings.catch_warnings(record=True) as seen, space.errstate(all=mode):
        warnings.simplefilter("always")
        try:
            program(space, x)
        except FloatingPointError as error:
            raised = str(error)
    return raised, seen


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_as_numpy(name: str) -> None:
    """The texts of errors and warnings, and the line that is warned of, this file's."""
    for mode in ("raise", "warn"):
        (expected, theirs), (raised, seen) = (
            outcome(space, PROGRAMS[name], mode) for space in (np, ours)
        )
        assert raised == expected
        assert [str(w.message) for w in seen] == [str(w.message) for w in theirs]
    lines, first = inspect.getsourcelines(PROGRAMS[name])
    assert {(warning.filename, warning.lineno) for warning in seen} <= {(__file__, first)}
    assert len(lines) == 1


BY_NUMPY: dict[str, Callable[[Any, Any], Any]] = {
    "scalars": lambda np, x: np.float64(1.0) / np.float64(0.0),
    "linspace": lambda np, x: np.linspace(0.0, np.inf, 3),
    "a number for an element": lambda np, x: x.astype("f4").__setitem__(0, 1e300),
    "fill": lambda np, x: x.astype("f4").fill(1e300),
    "full": lambda np, x: np.full(2, 1e300, "f4"),
    "array": lambda np, x: np.array(1e300, "f4"),
    "copyto": lambda np, x: np.copyto(x.astype("f4"), 1e300, casting="unsafe"),
    "NaN for an integer": lambda np, x: np.full(2, np.float64(np.nan), "i4"),
}


@pytest.mark.parametrize("name", BY_NUMPY)
def test_what_numpy_computes_here_is_handled_so(name: str) -> None:
    """Scalars and numbers, which no op computes."""
    assert outcome(ours, BY_NUMPY[name], "raise") == outcome(np, BY_NUMPY[name], "raise")
    assert outcome(ours, BY_NUMPY[name], "ignore") == ("", [])


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

    numpys = np.geterr()
    assert ours.seterr(over="raise", invalid="warn") == dict.fromkeys(ours.geterr(), "ignore")
    assert ours.seterrcall(note) is None and ours.geterrcall() is note is np.geterrcall()
    before = ours.geterr()
    with ours.errstate(all="ignore", call=None):
        ours.exp(X * 1e3)
        assert ours.geterrcall() is note
        assert set(np.geterr().values()) == {"ignore"}
    assert ours.geterr() == before and np.geterr() == numpys | {"over": "raise", "invalid": "warn"}
    with pytest.raises(FloatingPointError, match="overflow encountered in exp"):
        ours.exp(X * 1e3)
    assert ours.seterr(**dict.fromkeys(before, "ignore")) == before
    assert ours.seterrcall(None) is note
    assert np.geterr() == numpys  # as it was before the first
    for modes in ({"all": "ignore"}, {"divide": "raise"}, {"all": "warn", "over": "raise"}):
        was = np.geterr()
        old = ours.seterr(**modes)
        during = np.geterr()
        inner = ours.seterr(under="print")
        assert np.geterr() == during | {"under": "print"}
        ours.seterr(**inner)
        assert np.geterr() == during != was
        ours.seterr(**old)
        assert np.geterr() == was
    ours.seterr(all="ignore")
    ours.seterr(all="ignore")
    assert set(np.geterr().values()) == {"ignore"}
    np.seterr(**numpys)

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
        assert special.xlogy(0.0, 0.0) == 0.0 and special.erfinv(1.0) == np.inf
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
        (lambda np: np.errstate(call=3).__enter__(), TypeError),
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
    assert np.geterr()["divide"] == "raise"
    with pytest.raises(FloatingPointError, match="divide by zero"):
        ours.log(X)
    ours.seterr(**old)
    thread = threading.Thread(target=ours.seterr, kwargs={"all": "raise"})
    thread.start()
    thread.join()
    del thread  # from Python 3.14 on it has its context
    assert not settings.eager
    with ours.errstate(all="warn"):
        ngrad.config.set_eager(True)
    assert settings.eager
    ngrad.config.set_eager(False)


def test_vectorize_hands_on_what_is_read_only() -> None:
    for shape in ((2, 3), (3,)):
        x = ours.ones(shape)
        write = ours.vectorize(lambda x, y: x.__setitem__(0, y), signature="(n),()->()")
        with pytest.raises(ValueError, match="read-only"):
            write(x, ours.zeros(2))
        assert (x == 1.0).all()
