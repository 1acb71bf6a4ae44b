"""That loops vectorised is asserted from their machine code, not hoped for."""

from __future__ import annotations

import platform
import re
from typing import Any

import pytest

from ngrad_kernels import compiling, loader, moves, overlapping, skeletons
from ngrad_kernels.body import Body, Step
from ngrad_kernels.cache import Signature
from ngrad_kernels.contract import STRIP
from ngrad_kernels.in_place import in_place
from ngrad_kernels.intrinsics import MEMORY
from ngrad_kernels.render import render
from ngrad_kernels.render_space import render_space
from ngrad_kernels.space import Operand, Reduce, Space
from ngrad_kernels.space import Step as SpaceStep

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly"
)


def module_of(body: Body | Space, several: bool = False) -> Any:
    """The optimised LLVM module of a body's, or a space's, kernel, or of that for short rows."""
    name, source = render(body) if isinstance(body, Body) else render_space(body, several)
    return compiling.llvm_module(name, source, Signature.KERNEL, f"{name}_entry")


def assembly(body: Body | Space, several: bool = False) -> str:
    """Its instructions."""
    return str(loader.target_machine().emit_assembly(module_of(body, several)))


def elementwise(name: str, arity: int, code: str) -> Body:
    step = Step(name, tuple(range(arity)), code)
    return Body("map", (code,) * arity, (step,), (arity,))


SUFFIX = {"f4": "ps", "f8": "pd"}


def packed(text: str, code: str, *names: str) -> list[str]:
    """Packed instructions of these names, on whole vector registers."""
    suffix = SUFFIX[code]
    found = re.findall(rf"^\s+v?(\w+){suffix}\s.*%[yz]mm\d+", text, re.MULTILINE)
    return [name for name in found if name in names]


ARITHMETIC = {
    "add": (2, ("add",)),
    "multiply": (2, ("mul",)),
    "divide": (2, ("div",)),
    "sqrt": (1, ("sqrt",)),
    "maximum": (2, ("blendv", "max", "blendm", "cmp", "cmpge", "cmple")),
}
FUNCTIONS = ("exp", "expm1", "log", "sin", "cos", "tanh", "sigmoid", "softplus", "erf", "erfc")
FUNCTIONS += ("erfinv", "erfcinv", "ndtri", "ndtri_exp", "erfcx", "log_ndtr")
FUNCTIONS += ("bessel_i0", "bessel_i0e", "bessel_i1", "bessel_i1e", "bessel_j0", "bessel_j1")
FUNCTIONS += ("bessel_k0", "bessel_k0e", "bessel_k1", "bessel_k1e", "bessel_y0", "bessel_y1")
FUNCTIONS += ("dawsn", "erfi", "exp1", "expi", "exprel")
FUNCTIONS += ("gamma", "rgamma", "beta", "betaln", "binom", "polygamma", "riemann_zeta", "zeta")
PAIRS = ("beta", "betaln", "binom", "polygamma", "zeta")
"""Those of two operands."""


FUSED = [
    f"f{sign}{kind}{order}"
    for sign in ("m", "nm")
    for kind in ("add", "sub")
    for order in (132, 213, 231)
]


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic(name: str, code: str) -> None:
    arity, instructions = ARITHMETIC[name]
    text = assembly(elementwise(name, arity, code))
    assert packed(text, code, *instructions)
    assert_calls_nothing(text)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str, code: str) -> None:
    """Products and sums (fused or not) by the vector, and no call of a mathematical library."""
    text = assembly(elementwise(name, 1 + (name in PAIRS), code))
    wide = [*packed(text, code, "mul", "add", *FUSED), *packed(text, "f8", "mul", "add", *FUSED)]
    assert len(wide) >= 8  # a float32 function may compute in float64
    assert_calls_nothing(text)


@pytest.mark.parametrize("name", ["exp", "tanh", "erf", "erfc"])
def test_functions_of_float32_alone(name: str) -> None:
    """In which a vector holds twice as many."""
    assert not packed(assembly(elementwise(name, 1, "f4")), "f8", "mul", "add", *FUSED)


def stores_of_a_loop(text: str) -> int:
    """How many whole vectors are stored by index where no jump is between, at most."""
    parts = re.split(r"^(?:\.L\w+:|\s+j\w+\s.*)$", text, flags=re.MULTILINE)
    return max(len(re.findall(r"%[yz]mm\d+, \d*\(%r\w+,%r\w+", part)) for part in parts)


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", ["exp", "erfc", "softplus", "pow"])
def test_polynomials_overlap(name: str, code: str) -> None:
    """Of several vectors at the same time, as each by itself waits for its own products."""
    text = assembly(elementwise(name, 1 + (name == "pow"), code))
    assert stores_of_a_loop(text) == overlapping.COUNT


@pytest.mark.parametrize("name", ["fmod", "mod", "floordiv"])
def test_remainders(name: str) -> None:
    """Of float32 by the vector; those of float64, whose quotients may be long, call nothing."""
    assert packed(assembly(elementwise(name, 2, "f4")), "f8", *FUSED)
    for code in ("f4", "f8"):
        assert_calls_nothing(assembly(elementwise(name, 2, code)))


def callees(text: str) -> set[str]:
    """What is called, but for the entry's one call of the function itself."""
    found: set[str] = set()
    lines = text.splitlines()
    for k, line in enumerate(lines):
        call = re.search(r"\scallq?\s+(\*%)?(\S+)", line)
        if call is None:
            continue
        if call[1] is None:
            found.add(call[2])
            continue
        moved = re.compile(rf"movabsq\s+\$([^,]+), %{call[2]}")  # the routine's address
        found |= {next(m[1] for m in map(moved.search, reversed(lines[:k])) if m)}
    return {name for name in found if "_3cdynamic_" not in name}


def assert_calls_nothing(text: str, *routines: str) -> None:
    """But for routines that reduce, or stream, a block."""
    assert callees(text) <= set(routines)


@pytest.mark.skipif("-prefer-256-bit" not in loader.features(), reason="for CPUs that gain by it")
def test_vectors_are_as_wide_as_the_registers() -> None:
    assert re.search(r"ps\s.*%zmm", assembly(elementwise("exp", 1, "f4")))


@pytest.mark.parametrize("code", ["i1", "i2", "i4", "i8", "u1", "u8"])
def test_integers(code: str) -> None:
    text = assembly(elementwise("add", 2, code))
    letter = {"1": "b", "2": "w", "4": "d", "8": "q"}[code[1]]
    assert re.search(rf"\bvpadd{letter}\s.*%[yz]mm", text)
    assert_calls_nothing(text)


def test_a_chain_is_one_loop() -> None:
    """A body of several steps: each operand is loaded, and the result stored, once a vector."""
    steps = (Step("multiply", (0, 1), "f4"), Step("add", (2, 0), "f4"), Step("sqrt", (3,), "f4"))
    chain = assembly(Body("map", ("f4", "f4"), steps, (4,)))
    single = assembly(elementwise("add", 2, "f4"))
    stores = r"vmovu?a?ps\s+%[yz]mm\d+, "
    assert packed(chain, "f4", "mul") and packed(chain, "f4", "sqrt")
    assert len(re.findall(stores, chain)) <= len(re.findall(stores, single))


def test_a_fused_sweep() -> None:
    """Transcendental steps, several outputs and a reduction of one space: one vectorised loop."""
    steps = (
        SpaceStep("tanh", (0,), "f4"),
        SpaceStep("exp", (1,), "f4"),
        SpaceStep("multiply", (2, 3), "f4"),
        Reduce("sum", 4, "row", "f4"),
    )
    inputs = (Operand("f4", "element"), Operand("f4", "element"))
    text = assembly(Space(inputs, steps, (5, 2, 3), flat=True))
    alone = [assembly(elementwise(name, 1, "f4")) for name in ("tanh", "exp")]
    used = ("mul", "add", "div", *FUSED)
    assert len(packed(text, "f4", *used)) >= sum(len(packed(t, "f4", *used)) for t in alone)
    assert_calls_nothing(text, "ngrad.sum.f4")


def test_what_is_interleaved() -> None:
    """Vectors are shuffled, and stored whole."""
    steps = (SpaceStep("add", (0, 1), "f4"), SpaceStep("interleave", (2, 0, 1), "f4"))
    text = assembly(Space((Operand("f4", "element"),) * 2, steps, (3,), flat=True))
    assert packed(text, "f4", "add")
    assert re.search(r"vmovu?a?ps\s+%[yz]mm\d+, ", text)


def test_a_row_program() -> None:
    """A softmax: every pass of its row, whether it computes or reads again what it stored."""
    steps = (
        Reduce("max", 0, "row", "f4"),
        SpaceStep("subtract", (0, 1), "f4"),
        SpaceStep("exp", (2,), "f4"),
        Reduce("sum", 3, "row", "f4"),
        SpaceStep("divide", (3, 4), "f4"),
    )
    alone = ["ngrad.max.f4", "ngrad.sum.f4"]
    for several, more in (
        (False, []),
        (True, ["ngrad.max.f4.rows", "ngrad.sum.f4.rows", "ngrad.repeat.f4"]),
    ):
        text = assembly(Space((Operand("f4", "element"),), steps, (5,)), several)
        assert packed(text, "f4", "sub") and packed(text, "f4", "div")
        assert len(packed(text, "f4", "mul", "add", *FUSED)) >= 8
        assert_calls_nothing(text, *alone, *more, "memcpy")
        assert "vmovnt" not in text  # stores drain while exp is computed
        fetched = 0 if several else STRIP * 4 // 64  # a strip of the next row with one of this
        assert len(re.findall(r"\sprefetcht0\s", text)) == fetched


def test_rows_of_few_operations_go_past_the_caches() -> None:
    """Rows divided by their largest elements: what is written is not read first."""
    steps = (Reduce("max", 0, "row", "f4"), SpaceStep("divide", (0, 1), "f4"))
    for several, more in ((False, []), (True, ["ngrad.max.f4.rows", "ngrad.repeat.f4"])):
        text = assembly(Space((Operand("f4", "element"),), steps, (2,)), several)
        assert_calls_nothing(text, "ngrad.max.f4", *more, "memcpy", "ngrad.stream")
        assert re.search(r"vmovnt\w+\s.*%[yz]mm", text)


@pytest.mark.parametrize(("scalar", "flat"), [("square", False), ("exp", True), ("exp", False)])
def test_rows_that_are_read_once_are_fetched_by_the_processor(scalar: str, flat: bool) -> None:
    steps = (SpaceStep(scalar, (0,), "f4"), Reduce("sum", 1, "row", "f4"))
    assert "prefetch" not in assembly(Space((Operand("f4", "element"),), steps, (2,), flat=flat))


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_what_is_reduced_stays_in_registers(code: str) -> None:
    """The memory of a strip, which LLVM has no use for once its loop is unrolled."""
    steps = (SpaceStep("square", (0,), code), Reduce("sum", 1, "row", code))
    space = Space((Operand(code, "element"),), steps, (1, 2))
    strip = f"[{STRIP} x {MEMORY[code][1]}]"
    assert f"strip_{code}()" in render_space(space)[1]
    assert strip not in str(module_of(space))


def test_in_place() -> None:
    """Results that take the place of operands: read and written by the vector, past no cache."""
    inputs = (Operand("f4", "element"), Operand("f4", "element"), Operand("f4", "column"))
    steps = tuple(SpaceStep("add", (k, 2), "f4") for k in range(2))
    space = in_place(Space(inputs, steps, (3, 4)), (0, 1))
    assert space.over == ((0, 0), (1, 1))
    text = assembly(space)
    assert len(packed(text, "f4", "add")) >= 2
    assert_calls_nothing(text)


@pytest.mark.parametrize("count", [4, 12])
def test_many_outputs(count: int) -> None:
    """Checks that outputs do not overlap are made a block at a time; they do not grow too many."""
    inputs = (Operand("f4", "element"), *(Operand("f4", "one"),) * count)
    steps = tuple(SpaceStep("multiply", (0, 1 + k), "f4") for k in range(count))
    text = assembly(Space(inputs, steps, tuple(1 + count + k for k in range(count))))
    assert len(packed(text, "f4", "mul")) >= count


converts = pytest.mark.skipif(
    "+avx512dq" not in loader.features(), reason="for vectors that convert int64"
)


@converts
@pytest.mark.parametrize("target", [f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)])
@pytest.mark.parametrize("source", ["f4", "f8"])
def test_casts_to_integers(source: str, target: str) -> None:
    """Saturated: what is out of range is no branch."""
    text = assembly(Body("map", (source,), (Step("cast", (0,), target),), (1,)))
    assert re.search(rf"\bvcvtt{SUFFIX[source]}2u?[dq]q\s.*%[yz]mm", text)
    assert_calls_nothing(text)


@converts
@pytest.mark.parametrize("name", ["floordiv", "mod"])
def test_integer_division(name: str) -> None:
    """A vector's, by way of floats: the CPU's own takes one element at a time."""
    text = assembly(elementwise(name, 2, "i8"))
    assert packed(text, "f8", "div") and re.search(r"\bi?div[lq]\b", text) is None


APART = {
    "copies": skeletons.as_helpers(moves.turn, moves.move, moves.move_rows)
    + """
def copies(table, lo, hi):
    move(table[1], table[2], table[3], hi, table[4], table[5])
    move_rows(table[1], table[2], table[3], lo, hi, table[6], table[7], table[4], table[5])
""",
    "real": render(Body("map", ("c16",), (Step("real", (0,), "f8"),), (1,)))[1],
    "take": skeletons.as_helpers(moves.take_rows)
    + skeletons.as_helpers(skeletons.take).replace("@helper()", ""),
}


TURN = (
    skeletons.as_helpers(moves.turn)
    + """
def turned(table, lo, hi):
    turn(table[1], table[2], lo, hi)
"""
)


def test_items_in_reverse_order() -> None:
    """Whole vectors are read, turned and written."""
    module = compiling.llvm_module("turned", TURN, Signature.KERNEL, "turned_entry")
    text = str(loader.target_machine().emit_assembly(module))
    assert re.search(r"vperm\w+\s.*%[yz]mm", text) and re.search(r"vmov\w+\s+%[yz]mm\d+, ", text)


SPREAD = (
    skeletons.as_helpers(moves.turn, moves.move, moves.double, moves.spread_rows)
    + """
def spread(table, lo, hi):
    spread_rows(table[1], table[2], table[3], lo, hi, table[4], table[5])
"""
)


def test_rows_of_one_item_each() -> None:
    """Written by the vector, however short they are, and rows that are all one by few copies."""
    module = compiling.llvm_module("spread", SPREAD, Signature.KERNEL, "spread_entry")
    text = str(loader.target_machine().emit_assembly(module))
    named = set(re.findall(r"movabsq\s+\$([\w.]+), ", text))
    runs = {"ngrad.fill_runs", "ngrad.copy_runs"}
    assert named >= {*(f"ngrad.repeat.i{size}" for size in (1, 2, 4, 8)), *runs}


@pytest.mark.parametrize("name", APART)
def test_what_lies_apart(name: str) -> None:
    """Elements with a step between them: no instruction gathers or scatters them, and copies take
    one after the other, with no vector of their addresses.
    """
    source = APART[name]
    function = re.findall(r"^def (\w+)\(table", source, re.MULTILINE)[0]
    module = compiling.llvm_module(function, source, Signature.KERNEL, f"{function}_entry")
    text = str(loader.target_machine().emit_assembly(module))
    assert re.search(r"gather|scatter", text) is None
    assert name != "copies" or re.search(r"vpmull|vpextr|vpinsr|vpunpck", text) is None
