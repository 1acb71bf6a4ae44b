"""On the simulator, the kernels of spaces give the bits of the CPU's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import test_space as programs
from composed import Case, fused, same_bits
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from simulator import Simulated
from spaces import assert_apart, filled
from test_random_spaces import cases

from ngrad_kernels.apart import reduces_both
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS
from ngrad_kernels.cuda.keeping import elements_kept
from ngrad_kernels.cuda.render_space import render_space
from ngrad_kernels.space import Operand, Reduce, Space, Step

ROWED = [(1, 1), (3, 7), (2, 0), (0, 5), (5, 1024), (3, 1025), (2, 2100), (5, 2100)]
TALL = [(40, 3), (1025, 2), (0, 4), (3, 1100)]
FLAT = [0, 1, 7, 1025, 16385]


def assert_same(case: Case, grid: int = 2, size: int = 32, keep: bool = False) -> None:
    pairs = zip(fused(case, Simulated(grid, size, keep)), fused(case), strict=True)
    for k, (x, y) in enumerate(pairs):
        where = f"output {k}, {grid} blocks of {size}, {case.cut}, {case.space.text()}"
        assert same_bits(x, y), where


@pytest.mark.parametrize("rows, length", ROWED)
@pytest.mark.parametrize(
    "make",
    [programs.softmax, programs.cross_entropy, programs.levels, programs.side_by_side],
    ids=lambda f: f.__name__,
)
def test_row_programs(make: Callable[[], Space], rows: int, length: int) -> None:
    if make is programs.cross_entropy:
        length = max(length, 1)  # it picks a column
    for size in (32, 64):
        assert_same(filled(make(), rows, length, 2, max(length, 1), special=size == 32), 2, size)


@pytest.mark.parametrize("rows, length", [(3, 16), (2, 31), (5, 33), (3, 257), (0, 40), (2, 1024)])
@pytest.mark.parametrize(
    "make",
    [programs.softmax, programs.cross_entropy, programs.side_by_side],
    ids=lambda f: f.__name__,
)
def test_rows_that_warps_keep(make: Callable[[], Space], rows: int, length: int) -> None:
    assert elements_kept(make(), length)
    for size in (32, 64):
        case = filled(make(), rows, length, 2, length, special=size == 32)
        assert_same(case, 2, size, keep=True)


def one_pass() -> Space:
    """Several reductions at once, of two dtypes."""
    steps = (
        Step("multiply", (0, 0), "f4"),
        Step("cast", (0,), "f8"),
        Reduce("sum", 1, "row", "f4"),
        Reduce("max", 0, "row", "f4"),
        Reduce("sum", 2, "row", "f8"),
    )
    return Space((Operand("f4", "element"),), steps, (3, 4, 5))


@pytest.mark.parametrize("length", [1025, 1030, 1040, 2048, 2049, 3100, CHUNK])
@pytest.mark.parametrize(
    "make", [programs.softmax, programs.cross_entropy, one_pass], ids=lambda f: f.__name__
)
def test_rows_that_thread_blocks_keep(make: Callable[[], Space], length: int) -> None:
    """Their last block may be of few elements, which are reduced in order, or of none."""
    assert elements_kept(make(), length) > 32
    assert not elements_kept(make(), CHUNK + 1)
    rows = 3 if length < 2000 else 1
    case = filled(make(), rows, length, 2, length, special=length % 2 == 0)
    assert_same(case, 2, 32, keep=True)


def test_rows_of_one_number() -> None:
    """Reductions of what a row repeats: elements read nothing."""
    inputs, steps = (Operand("f4", "row"),), (Reduce("sum", 0, "row", "f4"),)
    case = filled(Space(inputs, steps, (1,)), 3, 40, 2, 40)
    assert_same(case, keep=True)
    assert_same(case)


@pytest.mark.parametrize("rows, length", [(1, 16), (16, 40), (37, 33), (0, 20), (1030, 17)])
@pytest.mark.parametrize(
    "make",
    [programs.layer_norm_gradient, programs.rows_by_index, programs.rows_of_tables],
    ids=lambda f: f.__name__,
)
def test_columns_beside_rows(make: Callable[[], Space], rows: int, length: int) -> None:
    """By slabs, where warps keep the rows, and apart."""
    case = filled(make(), rows, length, ROWS, length, special=rows == 37)
    assert_same(case, 2, 64, keep=True)
    if rows < 100:
        assert_apart(case, Simulated(2, 64))


@pytest.mark.parametrize("rows, length", ROWED[:4] + TALL)
@pytest.mark.parametrize(
    "make",
    [programs.layer_norm_columns, programs.column_extremes, programs.joined_columns],
    ids=lambda f: f.__name__,
)
def test_columns(make: Callable[[], Space], rows: int, length: int) -> None:
    tiles = (BLOCK, max(length, 1)) if make is programs.column_extremes else (max(length, 1),)
    for tile in tiles:
        assert_same(filled(make(), rows, length, ROWS, tile), 2, 64)


@pytest.mark.parametrize("length", FLAT)
@pytest.mark.parametrize(
    "make",
    [programs.flat_sweep, programs.joined, programs.joined_along_axes],
    ids=lambda f: f.__name__,
)
def test_flat(make: Callable[[], Space], length: int) -> None:
    for size in (32, 64):
        assert_same(filled(make(), 1, length, 1, CHUNK, special=size == 32), 3, size)


@pytest.mark.parametrize("other", [0, 4])
def test_a_pick_leaves_the_element_as_it_is(other: int) -> None:
    """Both are values of one name, in two columns. Some are numbered as dtypes are called."""
    steps = (
        Step("less", (0, 0), "b1"),
        Reduce("sum", 0, "row", "u1"),
        Step("add", (0, 3), "u1"),
        Step("cast", (0,), "f4"),
        Step("cast", (0,), "f4"),
        Step("pick", (0, 1), "u1"),
        Step("less", (7, other), "b1"),
    )
    inputs = (Operand("u1", "element"), Operand("i8", "row"))
    for length in (5, 65):
        x = np.arange(5 * length, dtype=np.uint8).reshape(5, length) * 37 % 100
        case = Case(
            Space(inputs, steps, (8,)), 5, length, 1, length, (x, np.array([-2, 1, 4, 0, 3]))
        )
        assert_same(case)


@pytest.mark.parametrize("space", programs.NUMBERED, ids=range(len(programs.NUMBERED)))
def test_numbers_are_no_sizes(space: Space) -> None:
    case = filled(space, 2, 40, ROWS, 40, special=False)
    assert_same(case)
    assert_same(case, keep=True)


def test_rows_and_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="reduces rows and columns"):
        render_space(programs.layer_norm_gradient())


@settings(max_examples=25)
@given(cases(), st.sampled_from([(1, 32), (2, 32), (2, 64), (3, 64)]))
def test_any_space(case: Case, shape: tuple[int, int]) -> None:
    assume(case.rows * case.length * case.space.count < 20_000)  # Python is slow
    if reduces_both(case.space):
        assert_apart(case, Simulated(*shape))
    else:
        assert_same(case, *shape)
    if elements_kept(case.space, case.length):
        assert_same(case, *shape, keep=True)
