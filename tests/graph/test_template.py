"""Long programs: each VJP rule is traced once for calls that are alike, and what runs a structure
again is made when it comes again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, constant, unplanned
from ngrad.cut import AT_ONCE
from ngrad.graph.op import TABLE
from ngrad.plans import plans

STEPS = 60


@pytest.fixture(autouse=True)
def planned_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unplanned, "FEW", 1 << 30)


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[Any]:
    """What the VJP rule of an op was asked for."""
    op, asked = TABLE[name], list[Any]()
    rule = op.rule
    assert rule is not None

    def noting(*args: Any, **params: Any) -> Any:
        asked.append(args)
        return rule(*args, **params)

    monkeypatch.setattr(op, "rule", noting)
    return asked


def slopes(f: Any, *points: Any) -> list[Any]:
    with GradientTape() as tape:
        tape.watch(points)
        y = f(*points)
    return [None if g is None else g.numpy() for g in tape.gradient(y, points)]


def test_a_rule_is_traced_once_for_calls_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counted(monkeypatch, "sin")
    x = np.linspace(-2, 2, 17)

    def f(x: Any) -> Any:
        for _ in range(STEPS):
            x = ngrad.sin(x) + 1.0
        return x

    (found,) = slopes(f, constant(x))
    assert len(asked) == 1
    expected = np.ones_like(x)
    for _ in range(STEPS):
        expected, x = expected * np.cos(x), np.sin(x) + 1.0
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_two_operands_that_are_one_value_elsewhere(order: tuple[int, ...]) -> None:
    """The same call of x and x, of x and y, and of what nobody follows and x."""
    z = constant([5.0, 7.0])
    products = [lambda x, y: x * x, lambda x, y: x * y, lambda x, y: z * y]

    def f(x: Any, y: Any) -> Any:
        made = [products[k](x, y) for k in order]
        return made[0] + made[1] + made[2]

    x, y = constant([2.0, 3.0]), constant([11.0, 13.0])
    gx, gy = slopes(f, x, y)
    assert gx.tolist() == (2 * x + y).numpy().tolist()
    assert gy.tolist() == (x + z).numpy().tolist()


def test_a_factor_of_one_is_left_out_only_where_it_is_one() -> None:
    """The last step's cotangent is 1, and the others' are not."""

    def f(x: Any) -> Any:
        for _ in range(3):
            x = x * x
        return x

    (found,) = slopes(f, constant([1.5, -2.0]))
    assert found.tolist() == [8 * 1.5**7, 8 * (-2.0) ** 7]


def test_a_users_python_is_called_each_time() -> None:
    calls = []

    @ngrad.custom_gradient
    def halved(x: Any) -> Any:
        def back(g: Any) -> Any:
            calls.append(len(calls))
            return g * (0.5 + len(calls))

        return x * 2.0, back

    def f(x: Any) -> Any:
        return halved(halved(halved(x)))

    (found,) = slopes(f, constant([1.0]))
    assert calls == [0, 1, 2]
    assert found.tolist() == [1.5 * 2.5 * 3.5]


def test_a_long_structure_is_replayed_when_it_comes_again() -> None:
    x = constant(np.linspace(0.1, 0.9, 7))

    def f(x: Any) -> Any:
        for _ in range(AT_ONCE):
            x = ngrad.sin(x) * 1.25
        return x

    fusion = ngrad.config.fusion()
    ngrad.config.set_fusion("off")
    try:
        found = []
        for replayed in (False, True, True):
            found.append(slopes(f, x)[0].tobytes())
            cut = list(plans.values())[-1].cut
            assert len(cut.plan.steps) > AT_ONCE and (cut.replay is not None) == replayed
    finally:
        ngrad.config.set_fusion(fusion)
    assert len(set(found)) == 1
