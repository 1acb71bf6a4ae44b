"""Looking inside: each stage of a function as text, and who first made a NaN or an infinity."""

from __future__ import annotations

import inspect
import os
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad import GradientTape, Variable, config, constant, math, where
from ngrad.debug import check_numerics, show
from ngrad.errors import NumericsError
from ngrad.graph.op import Op
from ngrad.record import apply
from ngrad.tensor import Tensor

INF, NAN = np.inf, np.nan
HERE = os.path.abspath(__file__)


def line_of(function: Callable[..., Any], text: str) -> str:
    """Where in a function of this file a text stands."""
    lines, first = inspect.getsourcelines(function)
    (offset,) = [k for k, line in enumerate(lines) if text in line]
    return f"{HERE}:{first + offset}"


# -- show ------------------------------------------------------------------------------------------


def slope(x: Any) -> Any:
    with GradientTape() as tape:
        tape.watch(x)
        y = ngrad.reduce_sum(ngrad.exp(x) * 2.0)
    return tape.gradient(y, x)


def test_the_tape_with_its_lines() -> None:
    text = show(slope, constant([1.0, 2.0]), stage="tape").splitlines()
    assert text[0] == "%0 = leaf() : float32[2]"
    (exp,) = [line for line in text if "exp(" in line]
    assert exp == f"%1 = exp(%0) : float32[2]  # {line_of(slope, 'ngrad.exp')}"
    (total,) = [line for line in text if "reduce_sum" in line]
    assert total.endswith(line_of(slope, "ngrad.exp"))
    assert text[-1].endswith(line_of(slope, "tape.gradient"))


def test_lines_within_a_function_that_was_recorded_before() -> None:
    def inner(x: Any) -> Any:
        y = ngrad.exp(x)
        return y * x

    f, x = ngrad.function(inner), constant([1.0, 2.0])
    f(x)
    for shown in (f, lambda x: f(x)):
        _, exp, multiply = show(shown, x, stage="tape").splitlines()
        assert exp.endswith(f"# {line_of(inner, 'ngrad.exp')}")
        assert multiply.endswith(f"# {line_of(inner, 'y * x')}")
        assert show(shown, x) == show(inner, x)
    assert f.traces == 1


@pytest.mark.parametrize("eager", [False, True])
def test_the_graph_of_a_gradient(eager: bool) -> None:
    config.set_eager(eager)
    try:
        text = show(slope, constant([1.0, 2.0]), stage="graph")
    finally:
        config.set_eager(False)
    assert re.search(r"%\d+ = exp\(%0\) : float32\[2\]", text)
    assert "reduce_sum" not in text, "the gradient does not need it"
    assert text.splitlines()[-1].startswith("return %")


def test_what_fuses_and_its_source() -> None:
    x = constant(np.ones((3, 4), np.float32))
    fused = show(ngrad.nn.softmax, x, stage="fused")
    assert "= fused(%0) over 3 x 4" in fused and "max over row" in fused
    source = show(ngrad.nn.softmax, x, stage="source")
    compile(source, "source", "exec")
    assert source.startswith("def space_")


def test_an_interactive_session_shows_the_text_itself() -> None:
    text = show(ngrad.exp, constant(1.0))
    assert repr(text) == str(text) and isinstance(text, str)


def test_a_function_that_looks_at_values() -> None:
    def branching(x: Any) -> Any:
        total = ngrad.reduce_sum(x)
        return {"y": x * 2.0 if total > 0 else x * 3.0, "n": 3}

    assert "multiply" in show(branching, constant([1.0, 2.0]))


def test_results_may_be_variables_and_numbers_of_python() -> None:
    v = Variable([1.0, 2.0])
    assert show(lambda: [v, 1.0]) == "%0 = input(0) : float32[2]\nreturn %0"


def test_showing_leaves_no_trace() -> None:
    x = constant([1.0, 2.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        show(slope, x, stage="source")
        z = ngrad.reduce_sum(y)
    assert tape.gradient(z, x).tolist() == [2.0, 4.0]


def test_show_refuses() -> None:
    with pytest.raises(ValueError, match="a stage is one of tape, graph, fused, source, not 'all'"):
        show(ngrad.exp, constant(1.0), stage="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NoneType was returned, which holds no tensor"):
        show(lambda: None)


# -- eager mode ------------------------------------------------------------------------------------


def test_a_gradient_in_eager_mode_is_one_plan_of_a_kernel_an_op_without_fusion() -> None:
    x, fusion = constant(np.linspace(0.5, 2.0, 7, dtype=np.float32)), config.fusion()
    config.set_eager(True)
    config.set_fusion("off")
    try:
        with GradientTape() as tape:
            tape.watch(x)
            y = math.log1p(ngrad.exp(x) * ngrad.sqrt(x)) ** 3
        before = ngrad.stats().runs
        with ngrad.profile() as profile:
            tape.gradient(y, x)
        assert ngrad.stats().runs == before + 1
    finally:
        config.set_eager(False)
        config.set_fusion(fusion)
    assert profile.rows() and all(len(row.ops) == 1 for row in profile.rows())


# -- check_numerics --------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _off_again() -> Iterator[None]:
    yield
    check_numerics(False)


def gradient(f: Callable[..., Any], *values: Any) -> Any:
    xs = [constant(value) for value in values]
    with GradientTape() as tape:
        tape.watch(xs)
        y = f(*xs)
    return [g.numpy() for g in tape.gradient(y, xs)]


FORWARD = {
    "log": (lambda: math.log([1.0, 0.0]), r"-inf at \(1,\), the first of 1 in shape \(2,\)"),
    "sqrt": (lambda: math.sqrt([[1.0, -1.0], [-4.0, 0.0]]), r"nan at \(0, 1\), the first of 2 "),
    "divide": (lambda: constant(1.0) / 0.0, "inf, from finite operands"),
    "multiply": (
        lambda: constant([1.0]) * -1e39,
        r"-inf at \(0,\), .* finite operands, of which float32 has no -1e\+39$",
    ),
    "add": (lambda: constant([1.0]) + 10**39, "inf .* float32 has no 1000000000000"),
    "maximum": (lambda: ngrad.maximum(1e39, constant(1.0)), "inf, .* float32 has no 1e"),
    "exp": (lambda: ngrad.exp(constant(1000.0, ngrad.float64)), "inf"),
    "reduce_sum": (lambda: ngrad.reduce_sum([3e38, 3e38]), "inf"),
    "fft": (lambda: ours.fft.fft([1e308 + 0j, 1e308]), r"\(inf\+0j\) at \(0,\)"),
    "matmul": (lambda: constant([[3e38, 3e38]]) @ constant([[1.0], [1.0]]), "inf"),
}


@pytest.mark.parametrize("op", FORWARD)
def test_an_op_is_named_with_its_line(op: str) -> None:
    work, what = FORWARD[op]
    where_ = f"{HERE}:{inspect.getsourcelines(work)[1]}"
    message = f"^{op} at {re.escape(where_)}: {what}"
    with pytest.raises(NumericsError, match=message), check_numerics():
        work()


BACKWARD = {
    "sqrt": (lambda x: math.sqrt(x), 0.0, "inf"),
    "pow": (lambda x: x**0.75 * 2.0, 0.0, "inf"),
    "acos": (lambda x: math.acos(x), 1.0, "-inf"),
    "divide": (lambda x: 1.0 / x, 1e-30, "-inf"),
}


@pytest.mark.parametrize("name", BACKWARD)
@pytest.mark.parametrize("persistent", [False, True])
def test_a_gradient_is_named_with_the_line_of_its_op(name: str, persistent: bool) -> None:
    f, at, what = BACKWARD[name]
    line = f"{HERE}:{inspect.getsourcelines(f)[1]}"
    x = constant(at)
    with check_numerics(), GradientTape(persistent=persistent) as tape:
        tape.watch(x)
        y = f(x)
        message = f"^in the gradient of {name}, called at {re.escape(line)}: {what}, from finite"
        with pytest.raises(NumericsError, match=message):
            tape.gradient(y, x)


UNTAKEN = {
    "where": (lambda x: ngrad.reduce_sum(where(x > 0, math.sqrt(x), 0.0)), [4.0, 0.0]),
    "norm by hand": (lambda x: math.sqrt(ngrad.reduce_sum(x * x)), [0.0, 0.0]),
}
GUARDED = {
    "double where": (
        lambda x: ngrad.reduce_sum(where(x > 0, math.sqrt(where(x > 0, x, 1.0)), 0.0)),
        [4.0, 0.0],
    ),
    "norm": (ngrad.norm, [0.0, 0.0]),
    "pow at 0": (lambda x: x**2.0, 0.0),
    "power of 0": (lambda x: constant(0.0) ** x, 2.0),
    "masked softmax": (
        lambda x: ngrad.nn.softmax(where([True, False], x, -INF))[0] * 2.0,
        [1.0, 0.0],
    ),
    "reduce_prod": (ngrad.reduce_prod, [0.0, 2.0]),
    "integers": (lambda x: x * ngrad.cast(constant([1, 2])[1], ngrad.float32), 2.0),
    "empty": (ngrad.reduce_sum, np.zeros(0, np.float32)),
}


@pytest.mark.parametrize("name", UNTAKEN)
def test_what_the_double_where_is_for(name: str) -> None:
    f, at = UNTAKEN[name]
    with pytest.raises(NumericsError, match="in the gradient of sqrt, called at"), check_numerics():
        gradient(f, at)


@pytest.mark.parametrize("name", GUARDED)
def test_what_is_finite_raises_nothing(name: str) -> None:
    """Nor do rules that compute an infinity on the way, and select it away."""
    f, at = GUARDED[name]
    plain = gradient(f, at)
    with check_numerics():
        np.testing.assert_array_equal(gradient(f, at), plain)


def test_operands_that_are_not_finite_are_passed_on_without_blame() -> None:
    with check_numerics():
        x = constant([NAN, INF, 1.0])
        assert np.isnan((ngrad.exp(x) + 1.0).numpy()[0])
        assert np.isnan(gradient(lambda v: ngrad.reduce_sum(math.log(v * 2.0)), x)[0][0])


def test_gradients_that_add_up_to_infinity() -> None:
    with check_numerics():
        with pytest.raises(NumericsError, match="in the sum of the gradients of a source: inf"):
            gradient(lambda x: x * 3e38 + x * 3e38, 0.5)
        message = "in the sum of the gradients of the result of tanh, called at"
        with pytest.raises(NumericsError, match=message):
            gradient(lambda x: (y := ngrad.tanh(x)) * 3e38 + y * 3e38, 0.5)


def second(x: Any) -> Any:
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = x**1.5
        dy = inner.gradient(y, x)
    return outer.gradient(dy, x)


def test_higher_orders() -> None:
    with check_numerics():
        assert float(second(constant(1.0))) == 0.75
        asked = re.escape(line_of(second, "inner.gradient"))
        message = f"in the gradient of pow, itself in the gradient that was asked for at {asked}"
        with pytest.raises(NumericsError, match=message):
            second(constant(0.0))


@ngrad.custom_gradient
def faulty(x: Any) -> Any:
    def back(upstream: Any) -> Any:
        return upstream / (x - x)

    return x * 2.0, back


def test_the_line_inside_a_custom_gradient() -> None:
    where_ = re.escape(line_of(faulty.__wrapped__, "upstream / "))
    with pytest.raises(NumericsError, match=f"^divide at {where_}: inf"), check_numerics():
        gradient(faulty, 3.0)


def test_a_custom_gradient_that_no_tape_hears() -> None:
    with check_numerics():
        assert float(faulty(constant(3.0))) == 6.0


def test_an_op_of_several_results() -> None:
    def again(x: Tensor) -> tuple[Tensor, ...]:
        return tuple(Tensor(x._buffer, x._address, x._layout) for _ in range(2))

    both = Op("both", lambda x: (x, x), lambda x, out: (again, out), family="opaque")
    both.vjp(lambda g, out, x: ((g[0] + g[1]) / (x - x),))

    def applied(x: Any) -> Any:
        left, right = apply(both, (x,))
        return left * right

    line = re.escape(line_of(applied, "apply("))
    message = f"in the gradient of both, called at {line}: inf"
    with pytest.raises(NumericsError, match=message), check_numerics():
        gradient(applied, 3.0)


def test_jacobians() -> None:
    def jacobian(*at: float) -> Any:
        x = constant(at)
        with GradientTape() as tape:
            tape.watch(x)
            y = math.sqrt(x)
        return tape.jacobian(y, x)

    with check_numerics():
        assert jacobian(1.0, 4.0).numpy().tolist() == [[0.5, 0.0], [0.0, 0.25]]
        line = re.escape(line_of(jacobian, "math.sqrt"))
        with pytest.raises(NumericsError, match=f"in the gradient of sqrt, called at {line}: inf"):
            jacobian(1.0, 0.0)


def test_inside_of_a_function() -> None:
    @ngrad.function
    def logarithm(x: Any) -> Any:
        return math.log(x)

    assert float(logarithm(constant(0.0))) == -INF
    with pytest.raises(NumericsError, match=r"^log at"), check_numerics():
        logarithm(constant(0.0))


def test_work_from_before_is_not_looked_at() -> None:
    y = math.log(constant(0.0))
    with check_numerics():
        assert float(y) == -INF
        assert float(y + 1.0) == -INF


def test_entries_from_before_have_no_line() -> None:
    x = constant(0.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = math.sqrt(x)
    message = "in the gradient of sqrt, called on a line that was not noted: inf"
    with pytest.raises(NumericsError, match=message), check_numerics():
        tape.gradient(y, x)


def test_it_holds_in_every_thread() -> None:
    found: list[Exception] = []

    def work() -> None:
        try:
            math.log(constant(0.0))
        except NumericsError as error:
            found.append(error)

    with check_numerics():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(found) == 1


@pytest.mark.parametrize("eager", [False, True])
def test_it_is_a_switch_and_a_context(eager: bool) -> None:
    def checks() -> bool:
        try:
            math.log(constant(0.0)).numpy()
        except FloatingPointError:
            return True
        return False

    config.set_eager(eager)
    try:
        check_numerics()
        assert checks() and config.settings.eager
        with check_numerics(False):
            assert not checks()
            with check_numerics(), check_numerics():
                assert checks()
            assert not checks() and config.settings.eager is eager
        assert checks()
        check_numerics(False)
        assert not checks() and config.settings.eager is config.eager() is eager
    finally:
        config.set_eager(False)


def test_the_same_bits_and_a_tape_that_still_works() -> None:
    rng = np.random.default_rng(0)
    w = Variable(rng.normal(size=(5, 3)).astype(np.float32))
    x = constant(rng.normal(size=(4, 5)).astype(np.float32))

    def work() -> list[Any]:
        with GradientTape(persistent=True) as tape:
            y = ngrad.reduce_sum(ngrad.tanh(x @ w) * 0.5)
        first, again = tape.gradient(y, w), tape.gradient(y, w)
        return [y.numpy(), first.numpy(), again.numpy()]

    plain = work()
    with check_numerics():
        for a, b in zip(work(), plain, strict=True):
            np.testing.assert_array_equal(a, b)
