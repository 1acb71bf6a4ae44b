"""A program's bits: the same whenever its values are computed, and however it is cut."""

from __future__ import annotations

import operator
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import optree
import pytest
from programs import PROGRAMS, Look, X
from rows import ROWS
from table import Row

import ngrad
from ngrad import GradientTape, Variable, constant, evaluate, unplanned
from ngrad.errors import DTypeError, ShapeError
from ngrad.ops.operators import BINARY
from ngrad.plans import FEW, counters, plans

SEED = int(os.environ.get("NGRAD_TEST_SEED", "0"))
"""Which ops are tried fused, and where programs are looked at."""

Bits = list[tuple[Any, ...] | None]


def bits(values: Any) -> Bits:
    """Shape, dtype and bytes of each tensor of a nest."""
    leaves = optree.tree_leaves(values, none_is_leaf=True)
    arrays = [None if v is None else np.asarray(v) for v in leaves]
    return [None if a is None else (a.shape, a.dtype, a.tobytes()) for a in arrays]


@contextmanager
def evaluated(
    eager: bool = False, fusion: str = "off", few: int = FEW, parted: bool = False
) -> Iterator[None]:
    """Within it, programs run in another way, by plans that are made anew. What comes once is run
    as it is read from so `few` entries on; gradients of what goes on, if they are `parted`, are
    planned by what they need of it, however short that is.
    """
    before, long = ngrad.config.fusion(), (evaluate.LONG, evaluate.SHARE)
    plans.clear()
    ngrad.config.set_eager(eager)
    ngrad.config.set_fusion(fusion)
    unplanned.FEW = few
    evaluate.LONG, evaluate.SHARE = (-1, 1) if parted else long
    try:
        yield
    finally:
        ngrad.config.set_eager(False)
        ngrad.config.set_fusion(before)
        unplanned.FEW = FEW
        evaluate.LONG, evaluate.SHARE = long


# -- each op ---------------------------------------------------------------------------------------

CODE_OF = {"f": "f4", "i": "i4", "u": "u1", "b": "b1", "c": "c16"}


def of_op(row: Row, arrays: list[Any]) -> Bits:
    """The results of an op, and the gradient of them all, in every operand that has one."""
    operands = [constant(a) for a in arrays]
    followed = [x for x in operands if x.dtype.is_inexact]
    with GradientTape() as tape:
        tape.watch(followed)
        values = row.function(*operands)
    floats = [v for v in optree.tree_leaves(values) if v.dtype.is_inexact]
    smooth = row.smooth and followed and floats
    return bits((values, tape.gradient(floats, followed) if smooth else ()))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_ops_deferred_and_eager(row: Row) -> None:
    for code in (CODE_OF[kind] for kind in row.kinds):
        for shapes in row.cases:
            arrays = row.sample(shapes, code)
            deferred = of_op(row, arrays)
            with evaluated(eager=True):
                assert of_op(row, arrays) == deferred, (code, shapes)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_ops_planned_and_as_they_are_read(row: Row) -> None:
    arrays = row.sample(row.cases[0], CODE_OF[row.kinds[0]])
    planned = of_op(row, arrays)
    with evaluated(few=-1):
        assert of_op(row, arrays) == planned


def _some_rows() -> list[tuple[Row, str, Any]]:
    draw = random.Random(SEED)
    rows = draw.sample(ROWS, 20)
    return [(row, CODE_OF[draw.choice(row.kinds)], draw.choice(row.cases)) for row in rows]


@pytest.mark.parametrize(("row", "code", "shapes"), _some_rows(), ids=lambda x: str(x))
def test_ops_fused_and_unfused(row: Row, code: str, shapes: Any) -> None:
    arrays = row.sample(shapes, code)
    expected = of_op(row, arrays)
    with evaluated(fusion="wait"):
        for _ in range(2):  # the second time its fused kernels are compiled
            assert of_op(row, arrays) == expected, f"NGRAD_TEST_SEED={SEED}"


@pytest.mark.parametrize("code", ["f4", "f8", "i4", "u1"])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod"])
def test_a_number_beside_a_tensor(name: str, code: str) -> None:
    """An operator finds its call by the number's type; the function converts it at every call."""
    x = constant(np.arange(1, 4).astype(code))
    function, symbol = BINARY[name], getattr(operator, name)
    for number in (2, 2.5, True, 3, 3.5):
        wanted = bits([function(x, number), function(number, x)])
        for _ in range(2):
            assert bits([symbol(x, number), symbol(number, x)]) == wanted


# -- tapes, looked at anywhere --------------------------------------------------------------------


class Looks:
    """Looks at some of the values that a program passes by."""

    def __init__(self, where: Callable[[int], bool], twice: bool = False) -> None:
        self.count, self.where, self.twice = 0, where, twice

    def __call__(self, x: Any) -> Any:
        self.count += 1
        if self.where(self.count - 1):
            ngrad.eval(x)
            if self.twice:
                assert np.asarray(x).tobytes() == np.asarray(x).tobytes()
        return x


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_look_changes_no_bit(program: Callable[[Look], Any]) -> None:
    """Nowhere, everywhere, at each place alone, at random ones; and in eager mode, from and up to
    a place.
    """
    none = Looks(lambda k: False)
    expected = bits(program(none))
    draw = random.Random(SEED)
    for where in range(none.count):
        assert bits(program(Looks(lambda k, at=where: k == at))) == expected, where  # type: ignore[misc]
    for seed in range(10):
        look = Looks(lambda k: draw.random() < 0.5, twice=True)
        assert bits(program(look)) == expected, (SEED, seed)
    assert bits(program(Looks(lambda k: True))) == expected
    for way in ({"eager": True}, {"few": -1}, {"parted": True}):
        with evaluated(**way):  # type: ignore[arg-type]
            assert bits(program(Looks(lambda k: False))) == expected, way
    for seed in range(5):
        for way in ({"few": -1}, {"parted": True}):
            with evaluated(**way):  # type: ignore[arg-type]
                assert bits(program(Looks(lambda k: draw.random() < 0.5))) == expected, (SEED, seed)
        assert bits(program(Looks(lambda k: True))) == expected
    for at in range(none.count):
        for eager in (True, False):
            with evaluated(eager=eager):

                def turned(k: int, at: int = at, eager: bool = eager) -> bool:
                    ngrad.config.set_eager(eager == (k < at))
                    return False

                assert bits(program(Looks(turned))) == expected, (at, eager)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_fusion_changes_no_bit(program: Callable[[Look], Any]) -> None:
    expected = bits(program(Looks(lambda k: False)))
    with evaluated(fusion="wait"):
        before = counters["fused"]
        for _ in range(2):
            assert bits(program(Looks(lambda k: k % 3 == 1))) == expected
            assert bits(program(Looks(lambda k: False))) == expected
        assert counters["fused"] > before


def test_gradients_of_a_kept_tape_are_one_structure() -> None:
    """However much was recorded before and after what each is of."""
    x = constant(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        losses = [ngrad.reduce_sum(ngrad.tanh(x * x) * x) for _ in range(100)]
    with evaluated():
        total = first = tape.gradient(losses[0], x)
        for loss in losses[1:]:
            total = total + tape.gradient(loss, x)
        np.testing.assert_allclose(total, 100 * np.asarray(first))
        assert len(plans) < 8


# -- errors ----------------------------------------------------------------------------------------

WRONG: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
    "shapes": (ShapeError, lambda x: x + ngrad.ones([5])),
    "product": (ShapeError, lambda x: x @ x),
    "axis": (ShapeError, lambda x: ngrad.reduce_sum(x, 7)),
    "reshape": (ShapeError, lambda x: ngrad.reshape(x, [5, 5])),
    "dtype": (DTypeError, lambda x: ngrad.bitwise.invert(x)),
    "assign": (ShapeError, lambda x: Variable(X).assign(ngrad.reduce_sum(x, 0))),
    "seed": (ShapeError, lambda x: GradientTape().gradient(x, x, output_gradients=x[0])),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_raises_where_it_is_called(name: str) -> None:
    """With nothing computed for it, and nothing lost: not the window, not the tape."""
    error, wrong = WRONG[name]
    x = constant(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        for _ in range(2):
            with pytest.raises(error, match=r"\d|float"):
                wrong(y)
        assert not y._at
        z = ngrad.reduce_sum(y * y)
    np.testing.assert_array_equal(tape.gradient(z, x), 4 * (X * X * X))
    np.testing.assert_array_equal(y, X * X)


def test_lines_of_a_program_are_told_apart() -> None:
    """Programs that differ in one operand, one after the other and the other way round."""
    x = constant(X)
    programs = [lambda a, b: a * b - a, lambda a, b: a * b - b, lambda a, b: b * b - a]
    for first, second in pairwise(programs * 2):
        for f in (first, second):
            a, b = x + 1.0, x * 3.0
            np.testing.assert_array_equal(f(a, b), f(X + 1.0, X * 3.0))
