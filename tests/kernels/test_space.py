"""A fused loop nest gives the bits of its steps run one by one, however it is cut, on any number of
threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from composed import Array, Case, composed, dtype_of, fused, same_bits
from hypothesis import given
from hypothesis import strategies as st

from ngrad_kernels import cpu, space_facts
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS
from ngrad_kernels.space import Operand, Reduce, Space, Step
from ngrad_kernels.space_passes import passes

SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, 3e38, 88.9)


class Builder:
    """A space, value by value."""

    def __init__(self, *kinds: tuple[str, str] | tuple[str, str, int]) -> None:
        self.inputs = tuple(Operand(*kind) for kind in kinds)  # type: ignore[arg-type]
        self.steps: list[Step | Reduce] = []

    def _added(self, step: Step | Reduce) -> int:
        self.steps.append(step)
        return len(self.inputs) + len(self.steps) - 1

    def step(self, scalar: str, *operands: int, code: str = "f4", frame: int = 0) -> int:
        return self._added(Step(scalar, operands, code, frame))

    def reduce(self, reduction: str, operand: int, axis: Any = "row", code: str = "f4") -> int:
        return self._added(Reduce(reduction, operand, axis, code))

    def space(self, *outputs: int, frames: int = 0) -> Space:
        return Space(self.inputs, tuple(self.steps), outputs, frames)


# -- data ------------------------------------------------------------------------------------------


def numbers(rng: np.random.Generator, code: str, shape: tuple[int, ...], special: bool) -> Array:
    """Values of a dtype, with the difficult ones among them if wanted."""
    if code[0] == "f":
        x = rng.standard_normal(shape).astype(code)
        if special:
            chosen = rng.random(shape) < 0.05
            with np.errstate(over="ignore"):
                x = np.where(chosen, rng.choice(SPECIAL, shape).astype(code), x)
        return x
    if code == "b1":
        return rng.random(shape) < 0.5
    low = 0 if code[0] == "u" else -100
    return rng.integers(low, 100, shape).astype(code)


def view_over(
    rng: np.random.Generator, code: str, rows: int, length: int, special: bool
) -> tuple[Array, tuple[int, ...]]:
    """Elements (row, column) somewhere in memory: a slice, a transpose, a broadcast; its words."""
    how = rng.integers(4)
    if how == 0:
        x = numbers(rng, code, (rows, length + 5), special)[:, 2 : 2 + length]
    elif how == 1:
        x = numbers(rng, code, (length, rows), special).T
    elif how == 2:
        x = np.broadcast_to(numbers(rng, code, (rows, 1), special), (rows, length))
    else:
        x = numbers(rng, code, (rows, 2 * length), special)[:, ::-2]
    pairs = [word for n, step in zip(x.shape, x.strides, strict=True) for word in (n, step)]
    return x, (x.itemsize, 2, *pairs)


def filled(
    space: Space,
    rows: int,
    length: int,
    span: int,
    tile: int,
    seed: int = 0,
    special: bool = True,
) -> Case:
    """A case with data drawn for a space; int64 of level row are columns, from either end."""
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(space.frames):
        first, last = sorted(int(k) for k in rng.integers(0, length + 1, 2))
        frames.append((first, last - first))
    inputs: list[Array] = []
    views = []
    for operand in space.inputs:
        if operand.kind == "view":
            x, words = view_over(rng, operand.code, rows, length, special)
            views.append(words)
        elif operand.kind == "row" and operand.code == "i8":
            x = rng.integers(-length, max(length, 1), rows)
        else:
            shape: dict[str, tuple[int, ...]] = {
                "element": (rows, length),
                "row": (rows,),
                "column": (length,),
                "one": (),
            }
            count = (frames[operand.frame][1],) if operand.kind == "padded" else ()
            x = numbers(rng, operand.code, shape.get(operand.kind, count), special)
        inputs.append(np.asarray(x, dtype_of(operand.code)))
    return Case(space, rows, length, span, tile, tuple(inputs), tuple(frames), tuple(views))


def assert_same(case: Case) -> None:
    expected = composed(case)
    for threads in (1, 2):
        cpu.set_threads(threads)
        for k, (x, y) in enumerate(zip(fused(case), expected, strict=True)):
            where = f"output {k}, {threads} threads, {case.cut}, {case.space.text()}"
            assert same_bits(x, y), where


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


def flat_sweep() -> Space:
    """A value and gradients of a sum over all elements."""
    b = Builder(("f4", "element"), ("f4", "view"), ("f4", "one"))
    t = b.step("tanh", b.step("multiply", 0, 1))
    e = b.step("exp", b.step("negative", 0))
    value = b.step("multiply", b.step("square", t), e)
    slope = b.step("multiply", b.step("multiply", 2, t), e)
    return b.space(b.reduce("sum", value), b.reduce("max", t), slope, b.step("less", t, e))


def joined() -> Space:
    """Parts laid side by side, and a reduction over them."""
    b = Builder(("f4", "padded", 0), ("f4", "padded", 1), ("f4", "one"))
    first = b.step("where", b.step("inside", code="b1"), 0, 2)
    both = b.step("where", b.step("inside", code="b1", frame=1), 1, first)
    return b.space(b.step("negative", both), b.reduce("sum", both), frames=2)


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
TALL = [(1023, 3), (1024, 1), (1025, 7), (2500, 5), (0, 4), (1030, 1100)]
FLAT = [(1, n) for n in (0, 1, 7, 1023, 1024, 1025, 16383, 16384, 16385, 50_000)]


@pytest.mark.parametrize("rows, length", ROWED)
@pytest.mark.parametrize("make", [softmax, cross_entropy, levels])
def test_row_programs(make: Callable[[], Space], rows: int, length: int) -> None:
    if make is cross_entropy:
        length = max(length, 1)  # it picks a column
    for span in (1, 2, max(rows, 1)):
        assert_same(filled(make(), rows, length, span, max(length, 1), special=span == 1))


@pytest.mark.parametrize("rows, length", ROWED + TALL)
@pytest.mark.parametrize("make", [layer_norm_gradient, column_extremes])
def test_columns(make: Callable[[], Space], rows: int, length: int) -> None:
    tiles = (BLOCK, max(length, 1)) if make is column_extremes else (max(length, 1),)
    for tile in tiles:
        assert_same(filled(make(), rows, length, ROWS, tile))


@pytest.mark.parametrize("rows, length", FLAT)
@pytest.mark.parametrize("make", [flat_sweep, joined])
def test_flat(make: Callable[[], Space], rows: int, length: int) -> None:
    for seed in range(3):
        assert_same(filled(make(), rows, length, 1, CHUNK, seed, special=seed == 0))


# -- any programs ----------------------------------------------------------------------------------

UNARY = {"f": ("exp", "tanh", "sqrt", "negative", "square"), "i": ("negative", "abs"), "u": ()}
BINARY = {
    "f": ("add", "subtract", "multiply", "divide", "maximum"),
    "i": ("add", "multiply", "maximum", "bitwise_xor"),
    "u": ("add", "multiply", "maximum", "bitwise_and"),
    "b": ("logical_and", "logical_or"),
}
CODES = ("f4", "f4", "f4", "f8", "i4", "u1", "b1")
SIZES = [
    *((1, n) for n in (0, 1, 7, 1025, 16384, 16385, 40_000)),
    *((7, 1), (3, 7), (2, 1023), (3, 1024), (5, 1025), (2, 16385), (0, 5)),
    *((1023, 3), (1025, 7), (2500, 2)),
]


class _Drawing:
    """A space drawn a value at a time, from the values that are there."""

    def __init__(self, draw: Any, rows: int, length: int) -> None:
        self.draw, self.rows, self.length = draw, rows, length
        self.frames = draw(st.integers(0, 2))
        kinds = ["element", "element", "view", "row", "column", "one"]
        if rows == 1 and self.frames:
            kinds.append("padded")
        drawn = draw(
            st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(kinds)), min_size=1,
                     max_size=5)
        )  # fmt: skip
        operands = [
            (code, kind, draw(st.integers(0, self.frames - 1)) if kind == "padded" else 0)
            for code, kind in drawn
        ]
        self.index = len(operands)  # of level row: a column
        self.builder = Builder(*operands, ("i8", "row"))
        self.values = [k for k, operand in enumerate(operands) if operand[1] != "padded"]
        for k, (code, kind, frame) in enumerate(operands):
            if kind == "padded":
                self._framed(k, code, frame)

    def _framed(self, value: int, code: str, frame: int) -> None:
        zero = self.builder.step("cast", self.index, code=code)
        inside = self.builder.step("inside", code="b1", frame=frame)
        self.values.append(self.builder.step("where", inside, value, zero, code=code))

    def space(self, *outputs: int) -> Space:
        return self.builder.space(*outputs, frames=self.frames)

    def pick_one(self, values: list[int]) -> int:
        return int(self.draw(st.sampled_from(values)))

    def code(self, value: int) -> str:
        return self.space().code_of(value)

    def alike(self, value: int) -> int:
        return self.pick_one([k for k in self.values if self.code(k) == self.code(value)])

    def grow(self) -> None:
        value = self.pick_one(self.values)
        code, space = self.code(value), self.space()
        actions = ["binary", "cast", "less", "where"]
        actions += ["unary"] * bool(UNARY.get(code[0]))
        actions += ["row", "row"] * (space.ready(value) < 2)
        actions += ["inside"] * bool(self.frames)
        if self.length and space.level_of(value) == "element":
            actions.append("pick")
        if self.length and space.level_of(value) != "element" and code != "b1":
            actions.append("spread")
        self.values.append(getattr(self, f"_{self.draw(st.sampled_from(actions))}")(value, code))

    def _unary(self, value: int, code: str) -> int:
        return self.builder.step(self.draw(st.sampled_from(UNARY[code[0]])), value, code=code)

    def _binary(self, value: int, code: str) -> int:
        scalar = self.draw(st.sampled_from(BINARY[code[0]]))
        return self.builder.step(scalar, value, self.alike(value), code=code)

    def _cast(self, value: int, code: str) -> int:
        return self.builder.step("cast", value, code=self.draw(st.sampled_from(CODES)))

    def _less(self, value: int, code: str) -> int:
        return self.builder.step("less", value, self.alike(value), code="b1")

    def _where(self, value: int, code: str) -> int:
        condition = self.builder.step("less", value, self.alike(value), code="b1")
        return self.builder.step("where", condition, self.alike(value), value, code=code)

    def _row(self, value: int, code: str) -> int:
        return self.builder.reduce(*self._reduction(value, code))

    def _reduction(self, value: int, code: str) -> tuple[str, int, str, str]:
        names = ("max", "min") if code == "b1" else ("sum", "sum", "prod", "max", "min")
        return self.draw(st.sampled_from(names)), value, "row", code

    def _inside(self, value: int, code: str) -> int:
        frame = self.draw(st.integers(0, self.frames - 1))
        return self.builder.step("inside", code="b1", frame=frame)

    def _pick(self, value: int, code: str) -> int:
        return self.builder.step("pick", value, self.index, code=code)

    def _spread(self, value: int, code: str) -> int:
        return self.builder.step("spread", self.index, value, code=code)

    def column(self) -> int:
        value = self.pick_one(self.values)
        reduction, _, _, code = self._reduction(value, self.code(value))
        return self.builder.reduce(reduction, value, "column", code)


@st.composite
def cases(draw: Any) -> Case:
    rows, length = draw(st.sampled_from(SIZES))
    drawing = _Drawing(draw, rows, length)
    for _ in range(draw(st.integers(1, 9))):
        drawing.grow()
    outputs = draw(st.lists(st.sampled_from(drawing.values), min_size=1, max_size=4))
    columns = [drawing.column() for _ in range(draw(st.sampled_from((0, 0, 1, 2))))]
    space = drawing.space(*outputs, *columns)
    spans = [ROWS] if columns else [1, 3, max(rows, 1)]
    reduced = any(isinstance(step, Reduce) and step.axis == "row" for step in space.steps)
    tiles = [max(length, 1)]
    tiles += [] if space.consumed() else [CHUNK] if reduced else [CHUNK, BLOCK]
    span, tile = draw(st.sampled_from(spans)), draw(st.sampled_from(tiles))
    return filled(space, rows, length, span, tile, draw(st.integers(0, 99)), draw(st.booleans()))


@given(cases())
def test_any_space(case: Case) -> None:
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


def test_long_scalars_that_wait_for_one_another_get_loops_of_their_own() -> None:
    b = Builder(("f4", "element"))
    t, e = b.step("tanh", 0), b.step("exp", 0)
    (one,) = passes(b.space(t, e))
    assert len(one.loops) == 1
    both = b.step("add", t, e)
    (one,) = passes(b.space(b.step("sin", both)))
    assert [loop.reads for loop in one.loops] == [(), (both,)]


@pytest.mark.parametrize(
    "make, cut, why",
    [
        (softmax, (1, 50_000, 1, CHUNK), "cannot be used"),
        (flat_sweep, (1, 50_000, 1, BLOCK), "tiles of 16384"),
        (column_extremes, (5000, 3, 100, 3), "blocks of 1024"),
        (joined, (2, 10, 1, 10), "flat"),
        (softmax, (1, 10, 1, 10), "frames"),
    ],
)
def test_impossible_cuts_are_refused(make: Any, cut: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        space_facts.facts(make(), *cut, frames=((0, 1),))
