"""`out=` and `where=`: results that are written into arrays, in programs of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours

PROGRAMS = """
np.add(x, 1, out=x)
np.add(x, 1, x); np.multiply(x, x, x)
v = x[::2]; np.multiply(v, 10, out=v)
np.add(x[:-1], x[1:], out=x[1:])
y = np.divide(1, x, out=np.zeros_like(x), where=x != 0)
np.exp(x, out=x, where=x > 1)
np.subtract(k, 0.5, out=k, casting='unsafe', where=k > 1)
y = np.add(np.arange(4), 1, out=m)
np.greater(x, 1, out=k)
np.modf(x / 4, out=(x, y := np.zeros(4)))
np.modf(x / 4, x)
y = np.sum(x, out=s)
y = np.sum(m, 0, None, x)
m.mean(axis=0, out=x, keepdims=False)
np.nanmax(m, axis=0, out=x)
np.median(m, axis=0, out=x)
np.argmax(m, axis=0, out=k)
x.clip(1, 2, out=x)
np.cumsum(x, out=x)
np.add.accumulate(x, out=x)
np.add.reduce(x, out=s)
np.dot(m.T, m, out=(c := np.zeros((4, 4)))); y = c
np.matmul(m, x, out=x[:2])
np.concatenate([k, k], out=(c := np.zeros(8, 'f4'))); y = c
np.concatenate([x, x], out=(c := np.zeros(8, int)), casting='unsafe'); y = c
np.take(x, [3, 2], out=x[:2])
np.fft.fft(x, out=(c := np.zeros(4, complex))); y = c
np.random.default_rng(1).random(out=x)
np.random.default_rng(1).random(dtype='f4', out=x)
np.random.default_rng(1).permuted(x, out=x)
np.add(k, 0.5, out=k)
np.sum(m, axis=0, out=x[:3])
np.add(m, 1, out=x)
np.add(x, 1, out=x.sum())
np.add(x, 1, out=[1, 2, 3, 4])
np.add(x, 1, x, out=x)
np.add(x, 1, out=(x, x))
np.modf(x, out=x)
np.add(x)
np.add(x, 1, x, x)
np.exp(x, out=x, where=x)
"""


def run(text: str, space: Any) -> Any:
    """What a program leaves in the arrays that it has, and what it calls y."""
    x, s = space.arange(4.0), space.zeros(())
    k, m = space.arange(4), space.arange(8.0).reshape(2, 4)
    names: dict[str, Any] = {"np": space, "x": x, "k": k, "m": m, "s": s, "y": x}
    exec(text, names)
    assert names["y"] is not s or "out=s" in text
    return [(a.dtype, np.asarray(a).tolist()) for a in (x, k, m, s, names["y"])]


@pytest.mark.parametrize("text", PROGRAMS.strip().splitlines())
def test_as_numpy(text: str) -> None:
    try:
        expected = run(text, np)
    except (TypeError, ValueError) as error:
        with pytest.raises(ValueError if isinstance(error, ValueError) else TypeError):
            run(text, ours)
    else:
        assert run(text, ours) == expected


def test_what_is_written_has_derivatives() -> None:
    def total(x: Any) -> Any:
        y = ours.ones(3)
        ours.multiply(x, x, out=y, where=ours.array([True, False, True]))
        return np.sum(np.multiply(y, 3.0, out=y))

    x = ours.array([1.0, 2.0, 4.0])
    for f in (ngrad.grad(total), ngrad.function(ngrad.grad(total))):
        assert f(x).tolist() == [6.0, 0.0, 24.0]


def test_nothing_is_written_where_one_result_does_not_fit() -> None:
    first, second = ours.zeros(2), ours.zeros(2, dtype=int)
    with pytest.raises(TypeError, match=r"divmod: cannot cast float64 to int64"):
        ours.divmod(ours.array([7.0, 8.0]), 3.0, out=(first, second))
    assert first.tolist() == [0.0, 0.0]
