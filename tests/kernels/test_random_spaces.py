"""Random fused loop nests give the bits of their steps run one by one."""

from __future__ import annotations

from typing import Any

from composed import Case
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces import Builder, assert_apart, assert_same, filled

from ngrad_kernels.apart import reduces_both
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS
from ngrad_kernels.in_place import in_place
from ngrad_kernels.space import Reduce, Space

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
    *((1023, 3), (1025, 7), (2500, 2), (70, 15), (40, 16), (33, 64), (5, 65)),
    *((2100, 3), (2100, 70), (21, 1100)),
]


PANELS = (7, 5, 3, 2)


class _Drawing:
    """A space drawn a value at a time, from the values that are there."""

    def __init__(self, draw: Any, rows: int, length: int, panels: bool) -> None:
        self.draw, self.rows, self.length, self.panels = draw, rows, length, panels
        self.axes = draw(st.lists(st.integers(1, 3), max_size=2))  # of frames
        self.flat = rows == 1 and draw(st.booleans())
        kinds = ["element", "element", "view", "row", "column", "one"]
        kinds += [f"{kind} by index{tables}" for kind in ("view", "rows", "row")
                  for tables in ("", " of tables")]  # fmt: skip
        if self.axes:
            kinds.append("padded")
        drawn = draw(
            st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(kinds)), min_size=1,
                     max_size=5)
        )  # fmt: skip
        operands: list[tuple[Any, ...]] = [
            (code, kind, draw(st.integers(0, len(self.axes) - 1)) if kind == "padded" else 0)
            for code, kind in drawn
        ]
        self.index = len(operands)  # of level row: a column
        by_index = [k for k, (_, kind) in enumerate(drawn) if "by index" in kind]
        for place, k in enumerate(by_index, self.index + 1):
            kind, tables = drawn[k][1].partition(" ")[0], drawn[k][1].endswith("tables")
            operands[k] = (drawn[k][0], kind, 0, place, tables)
        self.builder = Builder(*operands, ("i8", "row"), *[("i8", "index")] * len(by_index))
        self.values = list(range(len(operands)))

    def space(self, *outputs: int) -> Space:
        how = {"axes": tuple(self.axes), "flat": self.flat, "panels": self.panels}
        return self.builder.space(*outputs, **how)

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
        actions += ["inside"] * bool(self.axes)
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
        frame = self.draw(st.integers(0, len(self.axes) - 1))
        return self.builder.step("inside", code="b1", frame=frame)

    def _pick(self, value: int, code: str) -> int:
        return self.builder.step("pick", value, self.index, code=code)

    def _spread(self, value: int, code: str) -> int:
        return self.builder.step("spread", self.index, value, code=code)

    def interleaved(self) -> int:
        value = self.pick_one(self.values)
        others = [self.alike(value) for _ in range(self.draw(st.integers(1, 3)))]
        return self.builder.step("interleave", value, *others, code=self.code(value))

    def column(self) -> int:
        value = self.pick_one(self.values)
        reduction, _, _, code = self._reduction(value, self.code(value))
        return self.builder.reduce(reduction, value, "column", code)


@st.composite
def cases(draw: Any, panels: bool = False) -> Case:
    """Spaces with data; with panels, where a target knows them."""
    rows, length = draw(st.sampled_from(SIZES))
    several = [n for n in PANELS if rows % n == 0 < rows] if panels else []
    count = draw(st.sampled_from([1, *several]))
    drawing = _Drawing(draw, rows, length, count > 1)
    for _ in range(draw(st.integers(1, 9))):
        drawing.grow()
    outputs = draw(st.lists(st.sampled_from(drawing.values), min_size=1, max_size=4))
    outputs += [drawing.interleaved() for _ in range(draw(st.sampled_from((0, 0, 1, 2))))]
    columns = [drawing.column() for _ in range(draw(st.sampled_from((0, 0, 1, 2))))]
    space = drawing.space(*outputs, *columns)
    if draw(st.booleans()):
        space = in_place(space, range(len(space.inputs)))
    spans = [ROWS] if columns else [1, 3, max(rows, 1)]
    reduced = any(isinstance(step, Reduce) and step.axis == "row" for step in space.steps)
    tiles = [max(length, 1)]
    tiles += [] if space.consumed() else [CHUNK] if reduced else [CHUNK, BLOCK]
    span, tile = draw(st.sampled_from(spans)), draw(st.sampled_from(tiles))
    data = draw(st.integers(0, 99)), draw(st.booleans())
    return filled(space, rows, length, span, tile, *data, panels=count)


@settings(max_examples=20)
@given(cases(panels=True))
def test_any_space(case: Case) -> None:
    assert_same(case)
    if reduces_both(case.space) and not case.space.panels:
        assert_apart(case)
