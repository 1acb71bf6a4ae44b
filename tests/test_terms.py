"""Gradients of what a program uses many times: products are stacked, and rows are added where they
came from. The same bits however it is run, the sum of what each use gives alone, and few launches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, constant
from ngrad.graph.terms import HIGHEST
from ngrad.plans import plans
from ngrad.unplanned import OFTEN

USES = 20


class Program(NamedTuple):
    """What a value is used for.

    Attributes
    ----------
    name : str
    shape : tuple of int
        Of that value.
    use : callable
        `use(w, x, k)`: the k-th use, of it and of a vector of 24 elements.
    calls : dict
        How often ops are called that give the gradient.
    """

    name: str
    shape: tuple[int, ...]
    use: Callable[[Any, Any, int], Any]
    calls: dict[str, int]


def rows(x: Any, count: int, size: int) -> Any:
    return ngrad.reshape(x[: count * size], (count, size))


def regularised(w: Any, x: Any, k: int) -> Any:
    return rows(x, 2, 12) @ w if k % 7 else 0.1 * w


def either(w: Any, x: Any, k: int) -> Any:
    return rows(x, 2, 12) @ w if k % 3 else gather(w, [k % 6, 5, 0])


def of_all_sizes(w: Any, x: Any, k: int) -> Any:
    """Some that pay to be stacked, some that do not, and some that are no products."""
    return 0.1 * w if k % 5 == 0 else ngrad.tile(rows(x, 1, 12), (6 if k % 5 == 4 else 1, 1)) @ w


gather, matmul = ngrad.gather, ngrad.matmul
FULL = -(-USES // HIGHEST)
STACKED = {"matmul": FULL, "concat": 2 * FULL}
ROWS = "add_rows", "put_rows"

PROGRAMS = (
    Program("rows", (12, 9), lambda w, x, k: rows(x, 2, 12) @ w, STACKED),
    Program("a row", (12, 9), lambda w, x, k: rows(x, 1, 12) @ w, STACKED),
    Program("numbers of rows", (12, 9), lambda w, x, k: rows(x, 1 + k % 2, 12) @ w, STACKED),
    Program("columns", (9, 12), lambda w, x, k: w @ rows(x, 12, 2), STACKED),
    Program(
        "turned", (9, 12), lambda w, x, k: matmul(rows(x, 2, 12), w, transpose_b=True),
        STACKED,
    ),
    Program(
        "turned twice", (12, 9), lambda w, x, k: matmul(rows(x, 12, 2), w, transpose_a=True),
        STACKED,
    ),
    Program("of a view", (9, 12), lambda w, x, k: rows(x, 2, 12) @ ngrad.transpose(w), STACKED),
    Program(
        "of a view that was taken in vain", (9, 12),
        lambda w, x, k: (ngrad.transpose(w), rows(x, 2, 12) @ ngrad.transpose(w))[1], STACKED,
    ),
    Program(
        "of a view of a view", (108,),
        lambda w, x, k: rows(x, 2, 12) @ ngrad.transpose(ngrad.reshape(w, (9, 12))), STACKED,
    ),
    Program("vectors", (9, 12), lambda w, x, k: ngrad.linalg.matvec(w, x[:12]), STACKED),
    Program("many rows", (3, 4), lambda w, x, k: rows(x, 8, 3) @ w, {"matmul": USES}),
    Program("of all sizes", (12, 9), of_all_sizes, {"matmul": 8, "concat": 8}),
    Program("with others", (12, 9), regularised, {"matmul": 2, "concat": 2}),
    Program(
        "gathered", (50, 4), lambda w, x, k: gather(w, [k % 5, 7, 2 * k]),
        {"add_rows": 1, "put_rows": USES - 1},
    ),
    Program(
        "gathered along the last axis", (4, 50), lambda w, x, k: gather(w, [k % 5, 7], axis=1),
        {"add_rows": 1, "put_rows": USES - 1},
    ),
    Program(
        "gathered of a view", (4, 50), lambda w, x, k: gather(ngrad.transpose(w), [k % 5, 7]),
        {"add_rows": 1, "put_rows": USES - 1},
    ),
    Program(
        "gathered and multiplied", (12, 9), either,
        {"matmul": 1, "concat": 2, "add_rows": 1, "put_rows": 6},
    ),
)  # fmt: skip
BY_NAME = pytest.mark.parametrize("program", PROGRAMS, ids=lambda row: row.name)


def uses(program: Program, w: Callable[[int], Any], x: Any) -> Any:
    total = 0.0
    for k in range(USES):
        y = program.use(w(k), x, k)
        total = total + ngrad.reduce_sum(ngrad.sin(y) * (x[k % 24] + k))
        x = x * 0.5 + 0.1 * ngrad.reduce_mean(ngrad.cos(y))
    return total


def slope(program: Program, w: Any, x: Any) -> Any:
    with GradientTape() as tape:
        tape.watch((w, x))
        y = uses(program, lambda k: w, x)
    return tape.gradient(y, (w, x))


def operands(program: Program, dtype: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    made = [0.3 * rng.normal(size=shape) for shape in (program.shape, (24,))]
    if dtype.startswith("c"):
        made = [x + 0.3j * rng.normal(size=x.shape) for x in made]
    return tuple(constant(x.astype(dtype)) for x in made)


def bits(found: Any) -> list[bytes]:
    return [x.numpy().tobytes() for x in found]


@pytest.mark.parametrize(
    ("program", "dtype"),
    [
        pytest.param(program, dtype, id=f"{program.name}-{dtype}")
        for program in PROGRAMS
        for dtype in ("f4", *(("c16", "f2") if program.name == "rows" else ()))
    ],
)
def test_one_gradient_however_it_is_run(program: Program, dtype: str) -> None:
    w, x = operands(program, dtype)
    plans.clear()
    expected = bits(slope(program, w, x))  # as it is read
    for _ in range(OFTEN + 1):
        assert bits(slope(program, w, x)) == expected
    assert bits(ngrad.function(lambda w, x: slope(program, w, x))(w, x)) == expected
    ngrad.config.set_fusion("wait")
    try:
        for _ in range(3):
            assert bits(slope(program, w, x)) == expected
    finally:
        ngrad.config.set_fusion("off")
    ngrad.config.set_eager(True)
    assert bits(slope(program, w, x)) == expected


@BY_NAME
def test_it_is_the_sum_of_what_each_use_gives(program: Program) -> None:
    w, x = operands(program, "c16")
    copies = [constant(w.numpy()) for _ in range(USES)]
    with GradientTape() as tape:
        tape.watch(copies)
        y = uses(program, copies.__getitem__, x)
    each = [g.numpy() for g in tape.gradient(y, copies)]
    found, _ = slope(program, w, x)
    np.testing.assert_allclose(found.numpy(), np.sum(each, axis=0), rtol=1e-12, atol=1e-12)


@BY_NAME
def test_derivatives_of_derivatives(program: Program) -> None:
    w, x = operands(program, "f8")
    v = np.random.default_rng(4).normal(size=program.shape)

    def along(step: float) -> Any:
        return slope(program, constant(w.numpy() + step * v), x)[0].numpy()

    with GradientTape() as tape:
        tape.watch(w)
        g = ngrad.reduce_sum(slope(program, w, x)[0] * constant(v))
    found = tape.gradient(g, w)
    step = 1e-5
    expected = (along(step) - along(-step)) / (2.0 * step)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)


@BY_NAME
def test_jacobians(program: Program) -> None:
    w, x = operands(program, "f8")

    def ends(w: Any) -> Any:
        return ngrad.stack(
            [ngrad.reduce_sum(ngrad.sin(program.use(w, x, k))) for k in range(4)] * 2
        )

    def weighted(k: int) -> Any:
        with GradientTape() as tape:
            tape.watch(w)
            y = ends(w)[k] * ngrad.reduce_sum(ends(w))
        return tape.gradient(y, w).numpy()

    with GradientTape() as tape:
        tape.watch(w)
        y = ends(w)
        z = y * ngrad.reduce_sum(y)
    found = tape.jacobian(z, w).numpy()
    np.testing.assert_allclose(found, [weighted(k) for k in range(8)], rtol=1e-12, atol=1e-12)


@BY_NAME
def test_calls_that_give_it(program: Program) -> None:
    w, x = operands(program, "f8")

    def called(*sources: Any) -> Counter[str]:
        with GradientTape() as tape:
            tape.watch(sources)
            y = uses(program, lambda k: w, x)
        with ngrad.profile() as seen:
            ngrad.eval(*tape.gradient(y, sources))
        return Counter([event.name for event in seen.events])

    for _ in range(OFTEN + 1):
        both, beside = called(w, x), called(x)
    found = {name: both[name] - beside[name] for name in ("matmul", "concat", *ROWS)}
    assert {name: count for name, count in found.items() if count} == program.calls


def test_views_that_are_sources_or_not_heard_are_apart() -> None:
    w, x = constant(np.arange(6.0).reshape(2, 3)), constant(np.arange(6.0).reshape(3, 2) + 1)
    with GradientTape() as tape:
        tape.watch(w)
        first, second = ngrad.transpose(w), ngrad.transpose(w)
        with tape.stop_recording():
            unheard = ngrad.transpose(w)
        third = ngrad.transpose(w)
        y = ngrad.reduce_sum(x * first + second * second + 5 * unheard * third + 3 * third)
    of_w, of_first, of_second = tape.gradient(y, (w, first, second))
    turned = w.numpy().T
    np.testing.assert_array_equal(of_first, x.numpy())
    np.testing.assert_array_equal(of_second, 2 * turned)
    np.testing.assert_array_equal(of_w, (x.numpy() + 2 * turned + 5 * turned + 3).T)
