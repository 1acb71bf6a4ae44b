"""Views and copies as NumPy tells them, by how arrays lie: pending, looked at, and under a tape."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours

SIDES = (4, 700)  # small ones run at once, and large ones wait


def flattened(m: Any, y: Any) -> list[Any]:
    r = y.reshape(-1)
    r[0] = 5.0
    return [y[0, 0], r[:3]]


def source(m: Any, y: Any) -> list[Any]:
    r, s = y.ravel(), y.T.reshape(-1)
    y[:] = -1.0
    y += 2.0
    return [r[:3], s[:3]]


def transposed(m: Any, y: Any) -> list[Any]:
    a = m.zeros(y.shape)
    b = a.T
    b[:] = y * 2.0
    r = b.reshape(-1)
    f = a.reshape(-1)
    f[0] = 7.0
    a[1:] = -1.0
    return [a[0, :2], r[:2], f[:2], b[:2, :2]]


def like(m: Any, y: Any) -> list[Any]:
    z = m.zeros_like(y)
    r = z.reshape(-1)
    r[1] = 3.0
    k = m.array(y).ravel("K")
    return [z[:2, :2], k[:3]]


def further(m: Any, y: Any) -> list[Any]:
    z = m.sqrt(m.abs(y - 1.0)) * m.ones(y.shape[1])
    r = z.reshape(2, -1)
    z[0] = 0.0
    return [r[0, :3], z[1, :2]]


MADE: dict[str, Callable[[Any, int], Any]] = {
    "rows": lambda m, n: m.arange(n * n * 1.0).reshape(n, n) * 2.0 + 1.0,
    "transpose": lambda m, n: m.arange(n * n * 1.0).reshape(n, n).T * 2.0 + 1.0,
    "order": lambda m, n: (
        m.array(m.arange(n * n * 1.0).reshape(n, n), order="F") + m.arange(n * 1.0)
    ),
    "reversed": lambda m, n: m.arange(n * n * 1.0).reshape(n, n)[::-1] * 2.0,
    "both": lambda m, n: m.sin(m.arange(n * n * 1.0).reshape(n, n).T) + m.ones((n, n)).T,
    "copy": lambda m, n: (m.arange(n * n * 1.0).reshape(n, n).T * 2.0).copy(),
    "column": lambda m, n: m.arange(n * 1.0)[:, None] * m.arange(n * 1.0),
}
PROGRAMS = (flattened, source, transposed, like, further)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("made", MADE)
def test_as_numpy(made: str, program: Callable[..., Any], side: int) -> None:
    expected = program(np, MADE[made](np, side))

    def assert_same(found: list[Any]) -> None:
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(np.asarray(one), other, rtol=1e-14)

    assert_same(program(ours, MADE[made](ours, side)))
    looked_at = MADE[made](ours, side)
    float(looked_at[0, 0])
    assert_same(program(ours, looked_at))
    with ngrad.GradientTape() as tape:
        x = ours.ones(())
        tape.watch(x)
        assert_same(program(ours, MADE[made](ours, side) * x))


def test_a_long_chain() -> None:
    """What lies far back is not looked for: it is computed, and asked."""
    y, x = np.arange(6.0).reshape(2, 3).T, ours.arange(6.0).reshape(2, 3).T
    with ngrad.GradientTape() as tape:
        tape.watch(start := ours.ones(()))
        x = x * start
        for _ in range(100):
            x, y = x + 1.0, y + 1.0
        r, s = x.reshape(-1), y.reshape(-1)
        x[0], y[0] = -1.0, -1.0
        np.testing.assert_array_equal(np.asarray(r), s)


def test_where_it_cannot_be_told() -> None:
    """A recording has no memory yet, so writing raises, and says what to write instead."""

    def program(x: Any) -> Any:
        y = x.T * 2.0
        r = y.reshape(-1)
        r[0] = 1.0
        return y[0, 0] + r[1]

    def turned(x: Any) -> Any:
        x[...] = x[::-1]
        y = x * 1.5
        y[0] = 7.0
        y.reshape(-1)[0] = 9.0
        return y

    y = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(turned(ours.array(y)), turned(y.copy()))
    with pytest.raises(ngrad.errors.NumberError, match="order in memory"):
        ngrad.function(turned)(ours.array(y))
    x = np.full((2, 3), 1.0)
    assert program(ours.array(x)) == program(x) == 4.0
    with pytest.raises(ngrad.errors.NumberError, match="order in memory"):
        ngrad.function(program)(ours.array(x))
    cube = ours.arange(24.0).reshape(2, 3, 4).transpose(1, 2, 0) * 2.0
    with ngrad.GradientTape():
        cube[0] = 3.0
    with pytest.raises(ngrad.errors.NumberError, match="order in memory"):
        cube.ravel()[0] = 1.0
    with pytest.raises(AttributeError, match=r"flags: it cannot be told how .* \(3, 4, 2\) lies"):
        _ = cube.flags
    assert not hasattr(cube, "strides")


def test_along_one_axis_it_can_be_told() -> None:
    """However that lies, it is cut into several with steps of their own."""

    def program(x: Any) -> Any:
        y = (x[:1] * 2.0).T
        y[[1, 2]] *= 3.0
        r, s = y.reshape(-1), y[:, 0].reshape(1, 3)
        r[0], s[:, 1] = 9.0, 8.0
        return y

    x = np.arange(6.0).reshape(2, 3)
    own = ours.array(x)
    for f in (program, ngrad.function(program)):
        np.testing.assert_array_equal(f(own), program(x))


def test_slices_keep_the_order() -> None:
    def program(m: Any, x: Any) -> Any:
        m.add.at(x, m.array([0, 0, 1]), 0.5)
        y = x * 2.0
        r = y.reshape(3, 2)
        r[0] = 7.0
        return y

    x = np.arange(6.0).reshape(2, 3)
    expected = program(np, x.copy())
    recorded = ngrad.function(lambda x: program(ours, x))
    for f in (recorded, lambda x: program(ours, x)):
        np.testing.assert_array_equal(f(ours.array(x)), expected)


@pytest.mark.parametrize("order", ["C", "F"])
def test_arguments_of_a_function(order: Any) -> None:
    """One that lies by columns is recorded by itself, and nothing that is wrong is told of it."""

    def kept(a: Any) -> Any:
        r = (a * 2.0).T.reshape(-1)
        return r[1] + a.sum()

    def written(a: Any) -> Any:
        y = a * 2.0
        r = y.reshape(-1)
        r[1] = 50.0
        return y.sum()

    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], order=order)
    own = ours.array(x, order=order)
    assert ngrad.function(kept)(own) == kept(own) == kept(x)
    assert written(own) == written(x)
    if order == "C":
        assert ngrad.function(written)(own) == written(x)
    else:
        with pytest.raises(ngrad.errors.NumberError, match="order in memory"):
            ngrad.function(written)(own)


def test_reshaped_before_it_is_computed() -> None:
    for n in SIDES:
        for m in (np, ours):
            y = (m.arange(n * n * 1.0).reshape(n, n) * 1.0).T.reshape(1, n, n) * 2.0
            r = y.reshape(-1)
            r[1] = 5.0
            assert y[0, 0, 1] == 2.0 * n, m
    y = ours.arange(6.0).reshape(3, 2)[::-1].copy("K")
    y.reshape(-1)[1] = -1.0
    assert y.tolist() == [[4.0, -1.0], [2.0, 3.0], [0.0, 1.0]]


def test_a_copy_keeps_the_order_of_what_was_assigned_to() -> None:
    for m in (np, ours):
        y = m.arange(4.0).reshape(2, 2).T * 2.0
        y[0, 0] = 9.0
        z = m.array(y)
        z.reshape(-1)[1] = -1.0
        assert z.tolist() == y.copy("K").tolist() == [[9.0, 4.0], [2.0, 6.0]], m


PARTS: dict[str, Callable[[Any], Any]] = {
    "copy": lambda x: x[3].copy(),
    "array": lambda x: ours.array(x[3:5]),
    "flatten": lambda x: x[:, 3].flatten(),
    "astype": lambda x: x[:2, ::2].astype("float64"),
    "copy.copy": lambda x: copy.copy(x[::-1, 4]),
}


@pytest.mark.parametrize("pending", [False, True], ids=["there", "pending"])
@pytest.mark.parametrize("name", PARTS)
def test_a_copy_of_a_part_lets_the_rest_go(name: str, pending: bool) -> None:
    whole = ours.ones((300, 300)) + 1.0
    if not pending:
        ngrad.eval(whole._read())
    part = PARTS[name](whole)
    held = part._read()
    ngrad.eval(held)
    assert held._block.nbytes <= 2 * held.nbytes
    assert part.tolist() == np.full(part.shape, 2.0).tolist()
    copied = whole.copy()  # of all of it: the same memory until one is assigned to
    assert copied._read()._at == whole._read()._at


@pytest.mark.parametrize("key", [np.s_[::-1], np.s_[::3], np.s_[:, ::2], np.s_[1, ::-1]], ids=str)
def test_elements_of_a_copy_lie_beside_one_another(key: Any) -> None:
    x = ours.arange(24.0).reshape(4, 6) + 1.0
    ngrad.eval(x._read())
    found, expected = x[key].copy(), np.asarray(x)[key].copy()
    assert np.asarray(found).strides == expected.strides
    assert found.tolist() == expected.tolist()


SHOWN: dict[str, Callable[[Any], Any]] = {
    "rows": lambda x: x[:2].T,
    "columns": lambda x: x.T[:2],
    "transpose": lambda x: x.T,
    "steps": lambda x: x[::2, ::3].T,
    "backwards": lambda x: x[::-1, ::-1].T,
    "row": lambda x: x[1],
    "whole": lambda x: x,
}
COPIES: dict[str, Callable[[Any, Any], Any]] = {
    "array": lambda m, x: m.array(x),
    "array F": lambda m, x: m.array(x, order="F"),
    "astype": lambda m, x: x.astype("f8"),
    **{order: lambda m, x, order=order: x.copy(order) for order in ("C", "F", "K", "A", "a")},
}


@pytest.mark.parametrize("pending", [False, True], ids=["there", "pending"])
@pytest.mark.parametrize("side", [6, 300])
@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_lies_as_numpys(copied: str, shown: str, side: int, pending: bool) -> None:
    """Which decides whether what is reshaped of it is a view."""

    def program(m: Any, x: Any) -> list[Any]:
        made = COPIES[copied](m, SHOWN[shown](x))
        flat = made.reshape(-1)
        flat[0] = -5.0
        return [made, flat]

    x = np.arange(side * side * 1.0).reshape(side, side) + 1.0
    own = ours.arange(side * side * 1.0).reshape(side, side) + 1.0
    if not pending:
        ngrad.eval(own._read())
    for found, expected in zip(program(ours, own), program(np, x), strict=True):
        assert found.tolist() == expected.tolist()


OTHERWISE: dict[str, Callable[[Any, Any], Any]] = {
    "`x[:, [1, 0]]`": lambda m, x: x[:, [1, 0]],
    "`sum`": lambda m, x: m.sum(m.stack([x, x]).transpose(0, 2, 1), 0),
    "`concatenate`": lambda m, x: m.concatenate([x.T, x.T]),
    "`pad`": lambda m, x: m.pad(x.T, 1),
    "`roll`": lambda m, x: m.roll(x.T, 1, 0),
    "`sort`": lambda m, x: m.sort(x, 0),
    "`argsort`": lambda m, x: m.argsort(x.T, 0),
    "`cumsum`": lambda m, x: m.cumsum(x, 0),
    "`select`": lambda m, x: m.select([x.T > 0.0], [x.T]),
    "`take_along_axis`": lambda m, x: m.take_along_axis(x.T, m.argsort(x, 0), 0),
    "`einsum`": lambda m, x: m.einsum("ij,ik->kj", x, x),
}
"""What docs/numpy.md names, whose results lie otherwise than NumPy's."""

ALIKE: dict[str, Callable[[Any, Any], Any]] = {
    "view": lambda m, x: x.T[:2],
    "operator": lambda m, x: x.T * 2.0 + x.T,
    "where": lambda m, x: m.where(x.T > 0.0, x.T, 0.0),
    "clip": lambda m, x: m.clip(x.T, 0.0, 1.0),
    "zeros_like": lambda m, x: m.zeros_like(x.T),
    "astype": lambda m, x: x.T.astype("f4"),
}


def seen_in(y: Any, reshaped: Callable[[Any], Any]) -> bool:
    """Whether what is written to what is made of an array shows in it."""
    reshaped(y)[0] = 99.0
    return bool(y[(0,) * y.ndim] == 99.0)


@pytest.mark.parametrize("side", [3, 200])
@pytest.mark.parametrize("name", [*OTHERWISE, *ALIKE])
def test_how_results_lie_is_told(name: str, side: int) -> None:
    """By flags; and what the document says is the same in NumPy is so."""
    function = (OTHERWISE | ALIKE)[name]
    values = np.random.default_rng(1).normal(size=(side, side))

    def made(m: Any) -> Any:
        return function(m, m.array(values))

    y = made(ours)
    by_rows = y.flags.c_contiguous
    assert seen_in(y, lambda y: y.reshape(-1)) == by_rows
    assert (by_rows == made(np).flags.c_contiguous) == (name in ALIKE)
    if name in OTHERWISE:
        document = (Path(__file__).parents[2] / "docs" / "numpy.md").read_text()
        rule = document.partition("is its own: mostly by rows")[2].partition("\n- ")[0]
        assert name in rule
    for m in (ours, np):
        assert seen_in(made(m).copy(), lambda y: y.reshape(-1))
        assert not seen_in(made(m), lambda y: y.flatten())
