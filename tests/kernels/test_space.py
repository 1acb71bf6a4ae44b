"""A fused loop nest gives the bits of its steps run one by one, however it is cut, on any number of
threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from composed import Case, fused
from spaces import Builder, assert_same, filled
from ulp import apply

from ngrad_kernels import space_facts
from ngrad_kernels.codes import dtype_of
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS
from ngrad_kernels.in_place import in_place
from ngrad_kernels.render_short import takes_several
from ngrad_kernels.render_space import render_space
from ngrad_kernels.space import STREAM, Operand, Reduce, Space, Step
from ngrad_kernels.space_passes import passes

# -- programs that are met -------------------------------------------------------------------------


def softmax() -> Space:
    b = Builder(("f4", "element"))
    shifted = b.step("subtract", 0, b.reduce("max", 0))
    e = b.step("exp", shifted)
    return b.space(b.step("divide", e, b.reduce("sum", e)))


def cross_entropy() -> Space:
    """The loss of each row, and the gradient."""
    b = Builder(("f4", "element"), ("i8", "row"), ("f4", "one"))
    shifted = b.step("subtract", 0, b.reduce("max", 0))
    e = b.step("exp", shifted)
    total = b.reduce("sum", e)
    loss = b.step("subtract", b.step("log", total), b.step("pick", shifted, 1))
    share = b.step("multiply", b.step("divide", e, total), 2)
    hit = b.step("spread", 1, b.step("negative", 2))
    return b.space(loss, b.step("add", share, hit))


def layer_norm_gradient() -> Space:
    """Row reductions that are used, beside column reductions."""
    b = Builder(("f4", "view"), ("f4", "element"), ("f4", "column"), ("f4", "row"), ("f4", "row"))
    h = b.step("multiply", b.step("subtract", 0, 3), 4)
    weighted = b.step("multiply", 1, 2)
    product = b.step("multiply", weighted, h)
    means = b.reduce("sum", weighted), b.reduce("sum", product)
    scale = b.reduce("sum", b.step("multiply", 1, h), "column")
    shift = b.reduce("sum", 1, "column", "f8")
    inner = b.step("subtract", weighted, means[0])
    gradient = b.step("subtract", inner, b.step("multiply", h, means[1]))
    return b.space(gradient, scale, shift)


def layer_norm_columns() -> Space:
    """Column reductions alone, of what rows have been reduced to before."""
    b = Builder(("f4", "view"), ("f4", "element"), ("f4", "row"), ("f4", "row"))
    h = b.step("multiply", b.step("subtract", 0, 2), 3)
    scale = b.reduce("sum", b.step("multiply", 1, h), "column")
    return b.space(scale, b.reduce("sum", 1, "column", "f8"))


def rows_by_index(tables: bool = False) -> Space:
    """A softmax of them, to which shorter or longer ones are added, and their columns."""
    kinds = [("f4", kind, 0, at, tables) for at, kind in enumerate(("rows", "view", "row"), 3)]
    b = Builder(*kinds, *[("i8", "index")] * 3)
    x = b.step("multiply", b.step("add", 0, 1), 2)
    e = b.step("exp", b.step("subtract", x, b.reduce("max", x)))
    share = b.step("divide", e, b.reduce("sum", e))
    return b.space(share, 0, 1, b.reduce("sum", 0, "column"))


def rows_of_tables() -> Space:
    return rows_by_index(True)


def flat_sweep() -> Space:
    """A value and gradients of a sum over all elements."""
    b = Builder(("f4", "element"), ("f4", "view"), ("f4", "one"))
    t = b.step("tanh", b.step("multiply", 0, 1))
    e = b.step("exp", b.step("negative", 0))
    value = b.step("multiply", b.step("square", t), e)
    slope = b.step("multiply", b.step("multiply", 2, t), e)
    return b.space(b.reduce("sum", value), b.reduce("max", t), slope, b.step("less", t, e))


def joined(flat: bool = False, axes: tuple[int, int] = (1, 1)) -> Space:
    """Parts laid in a whole, and reductions over them."""
    b = Builder(("f4", "padded", 0), ("f4", "padded", 1), ("f4", "one"))
    first = b.step("where", b.step("inside", code="b1"), 0, 2)
    both = b.step("where", b.step("inside", code="b1", frame=1), 1, first)
    outputs = b.step("negative", both), b.reduce("sum", both), b.reduce("sum", 1)
    return b.space(*outputs, axes=axes, flat=flat)


def joined_in_a_row() -> Space:
    return joined(flat=True)


def joined_along_axes() -> Space:
    """Parts that along several axes, which are the rows, have a range of each."""
    return joined(axes=(2, 3))


def joined_columns() -> Space:
    """Columns of parts along several axes."""
    b = Builder(("f4", "padded", 0), ("f4", "padded", 1), ("f4", "column"))
    both = b.step("multiply", b.step("add", 0, 1), 2)
    return b.space(b.reduce("sum", both, "column"), both, axes=(3, 2))


def in_a_frame() -> Space:
    """What flows back from a part of an array, and may go past the caches beside a long scalar."""
    b = Builder(("f4", "element"), ("f4", "one"))
    e = b.step("exp", 0)
    part = b.step("where", b.step("inside", code="b1"), e, 1)
    return b.space(part, b.reduce("sum", e), axes=(1,))


def side_by_side() -> Space:
    """What is computed of a row's reduction, of a column and of one number, interleaved."""
    b = Builder(("f4", "element"), ("f4", "column"), ("f4", "one"))
    e = b.step("exp", b.step("subtract", 0, b.reduce("max", 0)))
    share = b.step("divide", e, b.reduce("sum", e))
    return b.space(b.step("interleave", share, 1, 2), b.step("negative", share))


def instance_norm_gradient() -> Space:
    """Columns of panels, of a step's results and of an operand, beside what is stored."""
    b = Builder(("f4", "element"), ("f4", "view"), ("f4", "view"), ("f4", "column"), ("f8", "row"))
    h = b.step("multiply", b.step("subtract", 0, 1), 2)
    weighted = b.step("multiply", h, 3)
    sums = b.reduce("sum", weighted, "column"), b.reduce("max", 0, "column")
    return b.space(weighted, *sums, b.reduce("sum", 4, "column", "f8"), panels=True)


def column_extremes() -> Space:
    """Reductions over columns alone, of several dtypes."""
    b = Builder(("i4", "element"), ("b1", "view"), ("u1", "row"))
    return b.space(
        b.reduce("max", b.step("multiply", 0, 0, code="i4"), "column", "i4"),
        b.reduce("min", 1, "column", "b1"),
        b.reduce("sum", 2, "column", "u1"),
    )


def levels() -> Space:
    """Steps and outputs of every level."""
    b = Builder(("f8", "one"), ("f8", "row"), ("f8", "column"), ("f8", "element"))
    one = b.step("exp", 0, code="f8")
    row = b.step("add", one, 1, code="f8")
    whole = b.step("multiply", row, b.step("add", 2, 3, code="f8"), code="f8")
    return b.space(one, row, whole, 3, b.reduce("min", row, code="f8"))


ROWED = [(1, 1), (3, 7), (2, 0), (0, 5), (5, 1023), (4, 1024), (3, 1025), (2, 16383), (3, 33000)]
ROWED += [(3, 65), (2, 100), (3, 127), (9, 128), (2, 129)]  # one strip, or two, or less
TALL = [(1023, 3), (1024, 1), (1025, 7), (2500, 5), (0, 4), (1030, 1100)]
FLAT = [(1, n) for n in (0, 1, 7, 1023, 1024, 1025, 16383, 16384, 16385, 50_000)]


@pytest.mark.parametrize("rows, length", ROWED)
@pytest.mark.parametrize(
    "make", [softmax, cross_entropy, levels, joined, joined_along_axes, side_by_side]
)
def test_row_programs(make: Callable[[], Space], rows: int, length: int) -> None:
    if make is cross_entropy:
        length = max(length, 1)  # it picks a column
    for span in (1, 2, max(rows, 1)):
        assert_same(filled(make(), rows, length, span, max(length, 1), special=span == 1))


@pytest.mark.parametrize("rows, length", ROWED + TALL)
@pytest.mark.parametrize(
    "make",
    [
        layer_norm_gradient,
        layer_norm_columns,
        column_extremes,
        rows_by_index,
        rows_of_tables,
        joined_columns,
    ],
)
def test_columns(make: Callable[[], Space], rows: int, length: int) -> None:
    tiles = (BLOCK, max(length, 1)) if make is column_extremes else (max(length, 1),)
    for tile in tiles:
        assert_same(filled(make(), rows, length, ROWS, tile))


def moved(long: bool = False) -> Space:
    """Nothing is reduced: elements, each with what is the same along its row, and its column, a row
    by index, and a number put to one of them.
    """
    kinds = ("f4", "element"), ("f4", "row"), ("f4", "column"), ("f4", "one"), ("i8", "row")
    b = Builder(*kinds, ("f4", "rows", 0, 6), ("i8", "index"))
    x = b.step("add", b.step("multiply", 0, 2), b.step("multiply", 5, b.step("add", 1, 3)))
    put = b.step("add", b.step("spread", 4, 1), b.step("exp" if long else "square", x))
    return b.space(put, b.step("interleave", x, 2), 2, 1)


@pytest.mark.parametrize("rows, length", [(1, 3), (700, 3), (129, 7), (300, 16), (50, 17), (9, 65)])
@pytest.mark.parametrize("long", [False, True])
def test_short_rows_of_which_nothing_is_reduced(long: bool, rows: int, length: int) -> None:
    """Very short ones are taken several at a time; longer ones, where scalars are long."""
    space = moved(long)
    assert takes_several(space, length) == (length <= (64 if long else 16))
    for span in (1, 40, rows):
        assert_same(filled(space, rows, length, span, length, special=span == 1))
    in_its_place = in_place(space, (0,))
    assert in_its_place.over == ((0, 0),)
    assert_same(filled(in_its_place, rows, length, rows, length))


@pytest.mark.parametrize(
    "rows, length, period",
    [(2, 192, 128), (6, 256, 128), (6, 256, 256), (6, 130, 390), (6, 200, 400), (4, 1100, 1100)],
)
def test_rows_of_a_view_that_are_alike(rows: int, length: int, period: int) -> None:
    """They are packed once, where rows begin with what repeats: not all do."""
    b = Builder(("f4", "view"), ("f4", "element"))
    total = b.step("add", 0, 1)
    space = b.space(total, b.reduce("sum", total, "column"))
    own = np.arange(2 * period, dtype=np.float32)[::2]
    x = np.broadcast_to(own, (rows * length // period, period))
    words = (4, 2, *(word for pair in zip(x.shape, x.strides, strict=True) for word in pair))
    y = np.ones((rows, length), np.float32)
    assert_same(Case(space, rows, length, ROWS, length, (x, y), views=(words,)))


@pytest.mark.parametrize("length", [1, 7, 64, 65, 128, 1100])
@pytest.mark.parametrize("panels, height", [(2, 1), (3, 16), (70, 5), (2, 1025), (3, 2048), (2, 0)])
def test_columns_of_panels(panels: int, height: int, length: int) -> None:
    """As many as several calls have, each with its own memory; in one block of rows, or more."""
    for seed, tile in enumerate((BLOCK, 64, length)):
        cut = panels * height, length, ROWS, min(tile, length)
        assert_same(filled(instance_norm_gradient(), *cut, seed, panels=panels))


@pytest.mark.parametrize("rows, length", FLAT)
@pytest.mark.parametrize("make", [flat_sweep, joined, joined_in_a_row, in_a_frame])
def test_flat(make: Callable[[], Space], rows: int, length: int) -> None:
    for seed in range(3):
        assert_same(filled(make(), rows, length, 1, CHUNK, seed, special=seed == 0))


def strip_of_one() -> Space:
    """The strip of value 1, beside a reduction of booleans."""
    f4 = Operand("f4", "element")
    total, less = Reduce("sum", 1, "row", "f4"), Step("less", (0, 1), "b1")
    return Space((f4, f4), (total, less, Reduce("max", 3, "row", "b1")), (2, 4))


def row_sum_at(number: int, code: str) -> Space:
    inputs = (Operand(code, "element"),) * number
    return Space(inputs, (Reduce("sum", number - 1, "row", code),), (number,))


def column_sum_at(number: int, code: str) -> Space:
    """One of an output of such a number."""
    total = Reduce("sum", 0, "column", code)
    return Space((Operand(code, "element"),), (total,), (1,) * (number + 1))


NUMBERED = [
    strip_of_one(),
    *(row_sum_at(size, f"u{size}") for size in (1, 2, 4, 8)),
    column_sum_at(8, "c8"),
]


@pytest.mark.parametrize("space", NUMBERED, ids=range(len(NUMBERED)))
def test_numbers_are_no_sizes(space: Space) -> None:
    """What a kernel names by a number is not the dtype that is called so."""
    assert_same(filled(space, 2, 1100, ROWS, 1100, special=False))


def test_spread_adds_to_zero() -> None:
    """As a scatter does: -0 becomes 0."""
    b = Builder(("i8", "row"), ("f4", "row"))
    case = filled(b.space(b.step("spread", 0, 1)), 3, 5, 1, 5)
    case.inputs[1][:] = -0.0
    assert not np.signbit(fused(case)[0]).any()
    assert_same(case)


# -- structure -------------------------------------------------------------------------------------


def test_costly_values_wait_in_a_row_of_an_output() -> None:
    """The exponentials of a softmax are computed once, and kept where the quotients go."""
    first, second, third = passes(softmax())
    space = softmax()
    exponential = next(
        k for k in range(space.count) if getattr(space.step(k), "scalar", "") == "exp"
    )
    assert not first.stores
    assert second.stores == ((0, exponential),)
    assert third.reloads == {exponential: 0}
    assert not any(0 in loop.values for loop in third.loops)


def test_what_no_later_pass_uses_is_not_kept() -> None:
    b = Builder(("f4", "element"))
    e = b.step("exp", 0)
    total = b.reduce("sum", e)
    first, second = passes(b.space(b.step("subtract", 0, total)))
    assert not first.stores and not second.reloads


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_exp_below_the_largest_of_a_row_has_the_bits_of_exp(code: str) -> None:
    """It has a form of its own: borders of all powers, subnormal results and infinities."""
    dtype = np.dtype(dtype_of(code)).type
    powers = (-np.arange(0, 1100, 0.5) * np.log(2)).astype(dtype)
    near = [np.nextafter(powers, dtype(way)) for way in (-np.inf, 0)]
    spread = -np.exp(np.random.default_rng(4).uniform(-40, 8, 20_000)).astype(dtype)
    special = np.array([-np.inf, -0.0, -np.finfo(dtype).tiny, -np.finfo(dtype).max], dtype)
    x = np.concatenate([[dtype(0)], powers, *(np.minimum(y, 0) for y in near), spread, special])
    b = Builder((code, "element"))
    below = b.step("subtract", 0, b.reduce("max", 0, code=code), code=code)
    space = b.space(b.step("exp", below, code=code))
    assert "exp_nonpositive" in render_space(space)[1]
    (found,) = fused(Case(space, 1, x.size, 1, x.size, (x[None],)))
    np.testing.assert_array_equal(found[0], apply("exp", code, x))


def test_long_scalars_that_wait_for_one_another_get_loops_of_their_own() -> None:
    b = Builder(("f4", "element"))
    t, e = b.step("tanh", 0), b.step("exp", 0)
    (one,) = passes(b.space(t, e))
    assert len(one.loops) == 1
    both = b.step("add", t, e)
    (one,) = passes(b.space(b.step("sin", both)))
    assert [loop.reads for loop in one.loops] == [(), (both,)]


def test_large_outputs_are_streamed() -> None:
    """By what is read and written in all; never in short rows, of which few lines are whole."""

    def streamed(rows: int, length: int) -> int:
        return int(space_facts.facts(softmax(), rows, length, 1, length)[STREAM])

    assert [streamed(rows, 1024) for rows in (2048, 3072, 4096)] == [0, 1, 1]
    assert streamed(1 << 20, 8) == 0


@pytest.mark.parametrize(
    "make, cut, why",
    [
        (softmax, (1, 50_000, 1, CHUNK), "cannot be used"),
        (flat_sweep, (1, 50_000, 1, BLOCK), "tiles of 16384"),
        (column_extremes, (5000, 3, 100, 3), "blocks of 1024"),
        (softmax, (1, 10, 1, 10), "frames"),
    ],
)
def test_impossible_cuts_are_refused(make: Any, cut: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        space_facts.facts(make(), *cut, frames=((((1, 0, 1),), 0, 1),))


def test_nothing_in_a_column_is_the_identity() -> None:
    """With no rows there is no slab, whose accumulators lie behind those of the columns."""
    inputs = (Operand("f4", "element"),)
    space = Space(inputs, (Reduce("prod", 0, "column", "f4"),), (1,))
    case = Case(space, 0, 5, 1024, 5, (np.zeros((0, 5), np.float32),))
    assert fused(case)[0].tolist() == [1.0] * 5
