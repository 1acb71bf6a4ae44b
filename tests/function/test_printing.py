"""`print` in a function shows at every call what its Python would."""

from __future__ import annotations

import io
from typing import Any

import pytest
from function_programs import X
from test_function import WAYS

import ngrad
import ngrad.numpy as tnp
from ngrad.errors import IndexBoundsError

Tape = ngrad.GradientTape


def program(stream: io.StringIO) -> Any:
    v = ngrad.Variable(1.0)

    def f(x: Any) -> Any:
        ngrad.print("before", x, {"v": v, "number": 2.0}, x.shape, output_stream=stream, sep="|")
        v.assign_add(x[0])
        a = tnp.zeros(2)
        a[0] = 3.0
        ngrad.print(a, [v, None], output_stream=stream, end=";")
        a[1] = 4.0
        ngrad.print(a, "text", summarize=1, output_stream=stream)
        return x * x

    return f


@pytest.mark.parametrize("way", WAYS)
def test_shows_what_python_would(way: str) -> None:
    found, expected = io.StringIO(), io.StringIO()
    f, python = WAYS[way](program(found)), program(expected)
    for k in (1.0, 2.0, 3.0):
        f(ngrad.constant(k * X))
        python(ngrad.constant(k * X))
    assert found.getvalue() == expected.getvalue() != ""


def test_of_any_size(capsys: pytest.CaptureFixture[str]) -> None:
    f = ngrad.function(
        lambda x: ngrad.print(x, x.shape), input_signature=[ngrad.TensorSpec([None])]
    )
    for n in (2, 3):
        f(ngrad.ones([n]))
    assert capsys.readouterr().err == "[1 1] (2,)\n[1 1 1] (3,)\n"
    assert f.traces == 1


@pytest.mark.parametrize("taped", [False, True])
def test_python_floats(taped: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """They are shown, and returned, as such."""

    @ngrad.function
    def f(x: Any, number: float) -> Any:
        ngrad.print("number", number, number * 2)
        return x * number, number

    for number in (1.0, 2.5):
        with Tape() as tape:
            x = ngrad.constant(X)
            if taped:
                tape.watch(x)
                y, same = f(x, number)
            else:
                with tape.stop_recording():
                    y, same = f(x, number)
        assert (type(same), same) == (float, number)
        assert (tape.gradient(y, x) is not None) is taped
    assert capsys.readouterr().err == "number 1.0 2.0\nnumber 2.5 5.0\n"
    assert f.traces == 1


def test_a_gradient_in_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    @ngrad.function
    def f(x: Any) -> Any:
        with Tape() as tape:
            tape.watch(x)
            y = x * x
        ngrad.print(tape.gradient(y, x))

    for _ in range(2):
        f(ngrad.constant([1.0, 2.0]))
    assert capsys.readouterr().err == "[2 4]\n" * 2


def test_nothing_is_shown_of_a_call_that_raises(capsys: pytest.CaptureFixture[str]) -> None:
    @ngrad.function
    def f(x: Any, k: Any) -> Any:
        ngrad.print("x", x)
        return ngrad.gather(x, k)

    f(ngrad.constant(X), ngrad.constant([0]))
    assert capsys.readouterr().err.startswith("x [")
    with pytest.raises(IndexBoundsError):
        f(ngrad.constant(X), ngrad.constant([9]))
    assert capsys.readouterr().err == ""


def test_one_example_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        ngrad.print(x)
        return 2.0 * x

    with pytest.warns(RuntimeWarning, match="prints for one example"):
        found = ngrad.vectorized_map(f, ngrad.constant([1.0, 2.0]))
    assert found.tolist() == [2.0, 4.0]
    assert capsys.readouterr().err == "1\n2\n"
