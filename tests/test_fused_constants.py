"""Gradients of sums, means and linear functions of parts: the cotangent is one number everywhere,
and no memory is read or written for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import ngrad
from ngrad.unplanned import OFTEN

pytestmark = pytest.mark.usefixtures("waiting")


class Row(NamedTuple):
    """A program, its input's shape, and what its value and gradient take together: launches, and
    words that are read and written for each element of the input.
    """

    name: str
    function: Callable[[Any], Any]
    shape: tuple[int, ...]
    launches: int
    words: float


total, exp = ngrad.reduce_sum, ngrad.exp
LINE, PLANE, BLOCK = (40_000,), (200, 200), (20, 40, 50)
ROWS = (
    # The gradient is written; where the value is no sum, both operands are read and it is written.
    Row("differences", lambda x: x[1:] - x[:-1], LINE, 2, 4),
    Row("second differences", lambda x: x[2:] - 2.0 * x[1:-1] + x[:-2], LINE, 1, 5),
    Row("sum of differences", lambda x: total(x[1:] - x[:-1]), LINE, 2, 3),
    Row("mean of differences", lambda x: ngrad.reduce_mean(x[1:] - x[:-1]), LINE, 3, 3),
    Row("rows' differences", lambda x: total(x[:, 1:] - x[:, :-1], 1), PLANE, 1, 3),
    Row("rows' means", lambda x: ngrad.reduce_mean(x[:, 1:] - x[:, :-1], 1), PLANE, 1, 3),
    Row("columns' means", lambda x: ngrad.reduce_mean(x[1:] - x[:-1], 0), PLANE, 2, 3),
    Row("two axes", lambda x: total(x[1:, 1:] - x[:-1, :-1]), PLANE, 2, 3),
    Row("a middle axis", lambda x: total(x[:, 1:] - x[:, :-1]), BLOCK, 2, 3),
    Row("padded", lambda x: total(ngrad.pad(x[2:] - x[:-2], [[1, 1]])), LINE, 2, 3),
    Row("rolled", lambda x: total(ngrad.roll(x, 3, 0) - x), LINE, 2, 3),
    # What a part is taken of is stored, to be read by the sum, where the gradient needs all of it.
    Row("a part of what is computed", lambda x: total(exp(x)[2:]), LINE, 3, 4),
    Row("a part of rows", lambda x: total(exp(x)[:, 1:]), PLANE, 3, 4),
    Row("a part of both", lambda x: total(exp(x)[1:, 1:]), PLANE, 3, 4),
    Row("a part of columns, by rows", lambda x: total(exp(x)[:, 1:], 1), PLANE, 2, 4),
    Row("a part of rows, by columns", lambda x: total(exp(x)[1:], 0), PLANE, 2, 4),
    Row("joined", lambda x: total(ngrad.concat([exp(x), x], 0)), LINE, 2, 3),
    Row("joined parts", lambda x: total(ngrad.concat([exp(x)[5:], x[:-5]], 0)), LINE, 3, 5),
    # What no range of rows and columns holds is made by itself.
    Row("strides", lambda x: total(exp(x)[::2]), LINE, 5, 5.5),
)  # fmt: skip


def taped(row: Row, x: Any) -> tuple[Any, Any]:
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        value = row.function(x)
    return value, tape.gradient(value, x)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_number_that_is_everywhere_takes_no_memory(row: Row) -> None:
    """Nor does it change a bit of what each op gives by itself."""
    x = ngrad.constant(np.random.default_rng(0).uniform(-1, 1, row.shape).astype("f4"))

    def bits() -> list[bytes]:
        return [found.numpy().tobytes() for found in taped(row, x)]

    for _ in range(OFTEN + 1):
        found = bits()
    before = ngrad.stats()
    assert bits() == found
    spent = ngrad.stats() - before
    words = spent.bytes / x.dtype.itemsize / x.size
    assert (spent.launches, words) == (row.launches, pytest.approx(row.words, abs=0.15))
    ngrad.config.set_eager(True)
    try:
        assert bits() == found
    finally:
        ngrad.config.set_eager(False)


@pytest.mark.parametrize("row", ROWS[:11], ids=[row.name for row in ROWS[:11]])
def test_rows_of_a_jacobian_as_well(row: Row) -> None:
    """A cotangent that is a number everywhere is one for a batch, too."""
    shape = tuple(3 + k for k, _ in enumerate(row.shape))
    x = ngrad.constant(np.random.default_rng(0).uniform(-1, 1, shape).astype("f8"))
    jacobian = ngrad.jacobian(row.function)
    found = [jacobian(x).numpy() for _ in range(OFTEN + 2)]
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(x)
        values = ngrad.reshape(row.function(x), (-1,))
        each = [values[k] for k in range(values.shape[0])]
    expected = np.stack([tape.gradient(value, x).numpy() for value in each])
    for rows in found:
        np.testing.assert_array_equal(rows.reshape(expected.shape), expected)
