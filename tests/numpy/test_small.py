"""What is asked of small arrays again and again: by few functions of Python's, of which one takes
more time than a hundred elements do; and with what it gave the first time.
"""

from __future__ import annotations

import gc
import operator
import sys
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad.devices import HOST

ENTERED = {
    "x[::2].copy()": 0, "m.T.copy()": 0, "c.real": 0, "c.imag.copy()": 0, "x.astype('f4')": 0,
    "np.exp(x)": 0, "np.exp(s)": 9, "np.power(x, 2.5)": 13, "np.power(y, x)": 12,
    "x ** 3": 7, "2.5 * s": 8, "1j * x": 8,
    "np.fmod(x, 0.3)": 0, "np.floor(x)": 0, "np.square(x)": 0, "np.maximum(x, y)": 0,
    "np.minimum(x, 0)": 0, "np.bitwise_and(s, s)": 0, "np.logical_not(b)": 0, "np.conj(c)": 0,
    "np.isinf(x)": 0, "np.sin(x[0])": 0, "x[:6] @ m.T": 0,
    "np.convolve(x, y[:3])": 15, "np.repeat(x, s)": 13, "np.full_like(x, 2.0)": 14,
    "np.polyadd(x, y)": 10, "x.flatten()": 0, "x.argmax()": 0, "np.atleast_1d(x)": 3,
    "np.rollaxis(m, 1)": 12,
    "np.eye(4)": 14, "np.resize(x, 5)": 15, "np.vectorize(float)(x)": 50,
    "np.vectorize(lambda z: z + 1)(x)": 76,
    "np.count_nonzero(b)": 9, "x[b]": 7, "np.nonzero(b)[0]": 8, "np.bincount(s, x)": 10,
    "np.add.reduceat(x, i)": 11, "np.add.accumulate(x)": 14, "np.repeat(x, 2)": 16,
    "x.take([0, 1])": 10, "x.take(i)": 3, "x[i[:2]]": 0, "x[np.negative(i)]": 0,
    "np.take(m, i[:2], 1)": 10, "np.diag_indices(3)[0]": 7,
    "np.ravel(m.T)": 9, "np.arange(24.0)": 6, "np.lexsort((x, y))": 18,
    "np.arange(0, 24, 5)": 5, "np.full(24, 3.0)": 9, "x.shape": 1,
    "np.array([[x[0], -x[1]], [x[2], 1]])": 6, "operator.imul(u[0], w)": 0,
    "operator.imul(u[:, :3900], w[:3900])": 0, "operator.imul(m[1:-1, 1:-1], 1.0)": 0,
    "operator.isub(u[0, 1:], 0.5 * (w[1:] - w[:-1]))": 31, "operator.imul(y, 1.0)": 0,
    "m[1, i[:2]]": 6, "m[i[:2, None] % 4, i[:2]]": 6, "m[:, s % 6]": 8, "m[[0, 2]]": 6,
    "np.array(3.0)": 4,
    "np.array([1.0, 2, 3.0])": 6, "np.array([[1, 2], [3, 4]])": 6, "np.array([x, y])": 6,
    "np.array([i, [1, 2, 3]])": 6, "b.argmax()": 7, "m @ m.T": 7, "x @ y": 0,
    "np.linalg.multi_dot([m, m.T, m])": 39, "np.einsum('ij,j->i', m, x[:6])": 26,
    "m @ x[:6]": 0, "m.dot(x[:6])": 4, "np.vdot(c, c)": 16, "np.dot(x, y)": 4,
    "np.zeros((2, 3))": 3,
    "np.append(x, 1.0)": 17, "np.append(x, y)": 15, "np.r_[0.0, x, 1.0]": 49, "np.c_[x, y]": 36,
    "m[np.ix_(i % 4, i % 6)]": 18, "number * x": 4, "number > x": 4,
    "m.diagonal()": 0, "np.diagonal(m, 1)": 4, "np.squeeze(x[None])": 4, "np.transpose(m)": 3,
    "np.swapaxes(m, 0, 1)": 6, "np.fliplr(m)": 7, "np.expand_dims(x, 0)": 7, "x.ravel()": 0,
    "x[1:][1:]": 0, "x[None][0]": 0, "m[1:][:, ::2]": 0, "m[1:][1]": 0, "m[:, 1:][0, 1:]": 0,
    "m[1:][1, ::2][1:]": 0, "m[1:].T": 0, "m.T[1:]": 3,
    "c.imag[2:].T": 3, "m[1:].T[2:].T": 3, "x.reshape(4, 6).T": 0,
    "np.array(x)": 3, "m.flatten()": 5, "np.trace(m)": 33, "np.einsum('ij->j', m)": 14,
    "np.einsum('ii', m[:, :4])": 17, "x.round()": 9, "x.clip(0, 0.5)": 5,
    "np.hstack([x[:2], 1.0])": 34, "np.gcd(s, 6)": 0,
    "np.float_power(x, 2)": 16, "np.where(b, 1, 0)": 25, "np.diag(x[:3])": 15, "x.argsort()": 0,
    "np.correlate(x, y[:3])": 9, "np.fft.fftfreq(24, 0.1)": 20,
    "np.ravel_multi_index((0, 1), (4, 6))": 12, "np.logaddexp.reduce(x)": 21,
    "x.view()": 0, "m.squeeze()": 0, "m.transpose()": 0, "m.transpose(1, 0)": 0,
    "x.nonzero()[0]": 8, "np.zeros((2, 3), dtype=bool)": 3,
    "m.swapaxes(0, 1)": 0, "c.astype('c8')": 0,
    "np.einsum('ij->ji', m)": 7, "np.fill_diagonal(m.copy(), 1.0) is None": 8,
    "operator.setitem(m.copy(), (0, 1), 1.0) is None": 0,
    "operator.setitem(m.copy().T, 1, x[:4]) is None": 1,
    "x.copy()": 0, "x[1:].copy()": 0, "m.reshape(6, 4)": 0, "np.copy(x)": 3,
    "np.asarray(x, 'f4')": 5, "m.argsort(0)": 16, "np.modf(x)[0]": 5,
    "operator.setitem(m.copy(), 0, m[1]) is None": 0, "np.array(2.0)": 8,
    "np.vectorize(operator.neg)(x)": 52,
    "np.add.reduce(x)": 21, "np.random.default_rng(0).normal(size=3)": 28,
}  # fmt: skip
"""Expressions of arrays, and how many functions of Python's they may enter."""
NUMBER = np.float64(2.5)


def _arrays() -> dict[str, Any]:
    draw = np.random.default_rng(0)
    return {
        "x": draw.random(24),
        "y": draw.random(24) + 0.1,
        "b": draw.random(24) > 0.5,
        "s": draw.integers(0, 9, 24),
        "c": draw.random(24) + 1j * draw.random(24),
        "i": np.array([0, 5, 9]),
        "m": draw.random((4, 6)),
        "u": draw.random((2, 9000)),  # more than runs where it is called
        "w": np.ones(9000),
    }


every_expression = pytest.mark.parametrize("expression", ENTERED)


def _names() -> dict[str, Any]:
    held = {name: ours.array(value) for name, value in _arrays().items()}
    return {"np": ours, "operator": operator, "number": NUMBER, **held}


@every_expression
def test_few_functions_are_entered(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("naming", "place"):  # other tests have used other devices
        monkeypatch.setattr(sys.modules[f"ngrad.numpy.{module}"], "opened", {HOST.name: HOST})
    names, entered = _names(), []
    ngrad.eval()  # what they left pending

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call":
            entered.append(frame.f_code.co_qualname)

    for _ in range(3):
        eval(expression, names)
    before = sys.getprofile()
    gc.disable()  # which lets things go that have functions of Python for that
    sys.setprofile(note)
    try:
        eval(expression, names)
    finally:
        sys.setprofile(before)
        gc.enable()
    entered.remove("<module>")
    assert len(entered) <= ENTERED[expression], " ".join(entered)


@every_expression
def test_each_time_as_numpy(expression: str) -> None:
    numpys = {"np": np, "operator": operator, "number": NUMBER, **_arrays()}
    names, expected = _names(), np.asarray(eval(expression, numpys))
    for _ in range(3):
        found = np.asarray(eval(expression, names))
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        np.testing.assert_allclose(found, expected, 1e-14)


@every_expression
def test_a_tape_hears_it_as_the_first_time(expression: str) -> None:
    """What was done where nobody listened, and views that were taken there, keep no derivative."""

    def gradients(names: dict[str, Any]) -> list[Any]:
        sources = [names[name] for name in "xcm"]
        with ngrad.GradientTape() as tape:
            tape.watch(sources)
            found = ours.asarray(eval(expression, names))
            total = found.sum()
        slopes = tape.gradient(total, sources) if found.dtype.kind in "fc" else []
        return [None if slope is None else slope.tolist() for slope in slopes]

    expected, names = gradients(_names()), _names()
    for _ in range(3):
        eval(expression, names)
    assert gradients(names) == expected


SAME_NUMBERS = [
    ("np.broadcast_to(x, (1, 0))", "x.transpose(1, 0)", (1, 0)),
    ("x.reshape((0, 0, 1))", "x.diagonal(0, 0, 1)", (0, 0, 1)),
]


@pytest.mark.parametrize(("first", "second", "shape"), SAME_NUMBERS)
def test_views_by_the_same_numbers_are_told_apart(
    first: str, second: str, shape: tuple[int, ...]
) -> None:
    for space in (np, ours):
        x = space.zeros(shape)
        found = [eval(text, {"np": space, "x": x}).shape for text in (first, second) * 2]
        if space is np:
            expected = found
    assert found == expected


@pytest.mark.parametrize("call", ["np.array(x)", "np.copy(x)", "np.asarray(x, 'f4')", "x.copy()"])
@pytest.mark.parametrize("written", ["x += 1", "x[0] = 1", "np.add(x, x, out=x)", "base[:2] = 7"])
def test_a_copy_of_a_view_that_was_written_to(call: str, written: str) -> None:
    found = []
    for np_ in (np, ours):
        names: dict[str, Any] = {
            "np": np_,
            "base": (base := np_.arange(6)),
            "x": base.reshape(2, 3),
        }
        exec(written, names)
        found.append(eval(call, names))
    np.testing.assert_array_equal(*found, strict=False)
    assert found[0].dtype == found[1].dtype
