"""Programs at many sizes: one plan serves them, and each has the bits of a plan of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from function_programs import bits
from open_programs import ANY, SOME, rows

import ngrad
from ngrad import forms, nn
from ngrad.forms import FORMS_LIMIT, MANY
from ngrad.graph.opened import MOST
from ngrad.plans import plans

pytestmark = pytest.mark.usefixtures("waiting")
SIZES = 6, 4, 7, 5, 8, 11, 9, 100, 30, 31, 13, 57, 1000, 999
OF_THEIR_OWN = {
    "cross-entropy", "network", "gather", "indices", "counted",  # the host looks at indices
    "jacobian", "batch jacobian",  # whose plans are found by what they are of
    "draws",  # how many there are says no tensor
    "ones like",  # nothing is computed
    "spectra", "spectra, differentiated",  # the host transforms
}  # fmt: skip
"""Programs that no plan with open sizes serves."""


@pytest.fixture(autouse=True)
def _nothing_is_known() -> None:
    plans.clear()
    forms.forms.clear()


def many(call: Callable[[Any], Any], sizes: Sequence[int]) -> list[Any]:
    ngrad.random.set_seed(3)
    return [bits(call(rows(n))) for n in sizes]


def served(run: Callable[[], Any]) -> int:
    """How often structures were served by a plan for many."""
    before = ngrad.stats()
    run()
    return (ngrad.stats() - before).sized


@pytest.mark.parametrize("name", [*ANY, *SOME])
def test_one_plan_serves_many_sizes(name: str) -> None:
    sizes = SIZES[:9] if "jacobian" in name else SIZES
    make, found = {**ANY, **SOME}[name], []
    count = served(lambda: found.extend(many(make(), sizes)))
    if name in ANY:
        assert (count > len(sizes) // 2) == (name not in OF_THEIR_OWN)
    plans.clear()
    ngrad.config.set_fusion("off")
    assert found == many(make(), sizes)


def slopes(f: Callable[..., Any], *arrays: Any) -> list[Any]:
    given = [ngrad.constant(x) for x in arrays]
    with ngrad.GradientTape() as tape:
        tape.watch(given)
        y = f(*given)
    return bits(tape.gradient(y, given))


def pairs(shapes: Sequence[tuple[tuple[int, ...], ...]]) -> list[list[Any]]:
    draw = np.random.default_rng(0)
    return [[draw.normal(size=shape) for shape in each] for each in shapes]


def joined_to_its_exponential(x: Any, y: Any) -> Any:
    part = (y @ ngrad.transpose(x))[: y.shape[0] // 2]
    return ngrad.concat([part, ngrad.exp(part)], 0)


ONES, NONE = [(1, 9), (9, 1), (1, 1)], [(0, 9), (0, 0), (5, 0)]
DIFFERENT: dict[str, tuple[Any, Sequence[Any]]] = {
    "sizes that were the same by chance": (
        lambda x, y: ngrad.reduce_sum(x) * ngrad.reduce_sum(ngrad.tanh(y)),
        [((n,), (n,)) for n in range(3, 9)] + [((3,), (5,)), ((6,), (2,)), ((7,), (7,))],
    ),
    "one that was the same by chance": (
        lambda x, y: ngrad.exp(x)[:, None] * y,
        [((n,), (5,)) for n in range(3, 9)] + [((3,), (4,)), ((8,), (9,)), ((9,), (5,))],
    ),
    "a size that follows from another one by chance": (
        lambda x, y: (x[: y.shape[0]], ngrad.reduce_sum(y)),
        [((n,), (n - 1,)) for n in range(4, 10)] + [((9,), (3,)), ((8,), (6,)), ((9,), (2,))],
    ),
    "ones": (
        lambda x, y: ngrad.reduce_sum(x * y, 0),
        [((n, 3), (n, 3)) for n in range(2, 8)] + [((m, 3), (n, 3)) for m, n in ONES],
    ),
    "none": (
        lambda x, y: ngrad.reduce_sum(ngrad.concat([x, y], 0), 0),
        [((n, 3), (2 * n, 3)) for n in range(2, 8)] + [((m, 3), (n, 3)) for m, n in NONE],
    ),
    "a size that is one": (
        lambda x, y: nn.softmax(ngrad.matmul(x, x, transpose_b=True)) @ x + ngrad.reduce_sum(y),
        [((3, n, 16), (2,)) for n in (5, 6, 7, 8, 1, 9, 1, 20)],
    ),
    "sizes that are equal by chance": (
        joined_to_its_exponential,
        [((n, 1), (m, 1)) for n, m in ((5, 6), (6, 7), (7, 9), (4, 4), (8, 11), (3, 30))],
    ),
    "other dtypes": (
        lambda x, y: ngrad.reduce_sum(x) * ngrad.cast(y, x.dtype),
        [((n,), (n,)) for n in range(2, 12)],
    ),
    "other axes": (
        lambda x, y: ngrad.reduce_sum(x, [*range(y.shape[0])]) + 1.0,
        [((n, 3, 4), (k,)) for n, k in enumerate((2, 2, 2, 2, 2, 2, 1, 3, 1, 1, 2), 5)],
    ),
    "small and large": (
        lambda x, y: ngrad.tanh(x @ y) @ y[:, :4],
        [((n, n), (n, n)) for n in (5, 6, 7, 8, 15, 16, 17, 18, 64, 65, 130, 300, 40, 301, 9)],
    ),
}
"""A function of two tensors, and their shapes, one after the other."""


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_was_alike_by_chance_serves_nothing_else(name: str) -> None:
    f, shapes = DIFFERENT[name]
    given = pairs(shapes)
    if name == "other dtypes":
        given = [[x.astype("f4" if k % 2 else "f8"), y] for k, (x, y) in enumerate(given)]
    found: list[Any] = []
    assert served(lambda: found.extend([slopes(f, *each) for each in given])) > 0
    ngrad.config.set_fusion("off")
    plans.clear()
    assert found == [slopes(f, *each) for each in given]


def heads(x: Any, w: Any) -> Any:
    batch, length, width = x.shape
    y = ngrad.transpose(ngrad.reshape(x @ w, [batch, length, 2, width // 2]), [0, 2, 1, 3])
    return nn.softmax(ngrad.matmul(y, y, transpose_b=True)) @ y


READ_FROM: dict[str, tuple[Any, Sequence[Any]]] = {
    "a reshape, where a leaf has the product": (
        heads,
        [((b, n, 6), (6, 6)) for b, n in itertools.product((2, 3, 5), (4, 7, 20, 9, 33))],
    ),
    "a reshape, where it is one factor": (
        heads, [((3, n, 6), (6, 6)) for n in (4, 5, 6, 7, 30, 8, 9, 11, 12)],
    ),
    "strides": (
        lambda x, y: nn.relu(x[:, :3] @ y) + ngrad.reduce_sum(x[:, 1]),
        [((n, m), (3, 2)) for n, m in itertools.product((5, 9, 20), (4, 6, 7, 40))],
    ),
    "windows": (
        lambda x, y: nn.conv2d(x, y, 1, "SAME") ** 2,
        [((2, n, m, 3), (3, 3, 3, 2)) for n, m in itertools.product((8, 9, 17), (7, 10, 20))],
    ),
    "too many sizes": (
        lambda *xs: sum(ngrad.reduce_sum(ngrad.exp(x)) for x in xs),
        [tuple((n + k * k,) for k in range(MOST + 2)) for n in range(2, 9)],
    ),
}  # fmt: skip
"""Of what sizes are read, and shapes of the first, given from outside, and of others."""


@pytest.mark.parametrize("name", READ_FROM)
def test_where_sizes_are_read(name: str) -> None:
    f, shapes = READ_FROM[name]

    def slope(x: Any, *others: Any) -> list[Any]:
        given = [ngrad.constant(y) for y in others]
        with ngrad.GradientTape() as tape:
            tape.watch(given)
            y = f(ngrad.constant(x), *given)
        return bits(tape.gradient(y, given))

    found: list[Any] = []
    count = served(lambda: found.extend([slope(*each) for each in pairs(shapes)]))
    assert (count > len(shapes) // 3) == (name != "too many sizes")
    ngrad.config.set_fusion("off")
    plans.clear()
    assert found == [slope(*each) for each in pairs(shapes)]


@pytest.mark.parametrize("recorded", [False, True])
def test_a_part_of_a_result_lies_as_that_does(recorded: bool) -> None:
    """Its strides are open where its sizes are not."""

    def sums(x: Any) -> Any:
        found = ngrad.cumsum(x, 1)
        return found, found[:, :1], ngrad.transpose(ngrad.exp(x))[:, :2]

    f = ngrad.function(sums, [ngrad.TensorSpec([8, None])]) if recorded else sums
    for n in (5, 6, 7, 8, 9, 30, 4, 64, 3):
        x = np.arange(8.0 * n, dtype=np.float32).reshape(8, n) / 100
        whole, first, turned = f(ngrad.constant(x))
        ngrad.eval(whole, first, turned)
        assert np.array_equal(first.numpy(), whole.numpy()[:, :1]), n
        np.testing.assert_allclose(turned.numpy(), np.exp(x).T[:, :2], rtol=1e-6)


def test_few_sizes_have_plans_of_their_own() -> None:
    program = ANY["softmax"]()
    assert served(lambda: many(program, [*range(5, 4 + MANY)] * 3)) == 0
    assert served(lambda: many(program, [30])) == 1


def test_nothing_is_compiled_or_planned_for_a_size_that_is_served() -> None:
    program = ANY["layer norm"]()
    many(program, range(5, 15))
    before = ngrad.stats()
    many(program, range(15, 25))
    since = ngrad.stats() - before
    assert (since.sized, since.planned, since.fused, since.compiled) == (10, 0, 0, 0)


def test_what_can_have_no_plan_for_many_is_tried_once() -> None:
    many(ANY["gather"](), range(5, 60))
    tried = [form.tried for form in forms.forms.values()]
    assert max(tried) == 1


def test_a_size_with_a_plan_of_its_own_asks_for_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does one that no plan for many serves look for one at each call."""
    asked: list[Any] = []
    found = forms.Ranges.found

    def noting(ranges: forms.Ranges, what: Any) -> Any:
        asked.append(what)
        return found(ranges, what)

    monkeypatch.setattr(forms.Ranges, "found", noting)
    for name in ("softmax", "gather"):
        f = ngrad.function(ANY[name](), [ngrad.TensorSpec([None, 3])])
        many(f, [5, 6, 7])
        asked.clear()
        many(f, [5, 6, 7, 5, 6, 7])
        assert not asked


def test_forms_are_bounded() -> None:
    x = rows(5)
    for k in range(FORMS_LIMIT + 9):
        y = x
        for bit in f"{k:b}":
            y = ngrad.tanh(y) if bit == "1" else ngrad.sin(y)
        ngrad.eval(y)
    assert len(forms.forms) == FORMS_LIMIT


def test_what_is_known_is_not_hashed_again() -> None:
    """Hashing asks Python, which Ctrl-C may interrupt; and it would take time for each that is."""
    hashed = 0

    class Line:
        def __hash__(self) -> int:
            nonlocal hashed
            hashed += 1
            return id(self)

    known = forms._Forms()
    for _ in range(3 * FORMS_LIMIT):
        known.of(((Line(),),))
    before = hashed
    for _ in range(100):
        known.of(((Line(),),))
    assert hashed - before <= 4 * 100 and len(known) == FORMS_LIMIT


def test_steps_are_seen_by_who_asks_for_them() -> None:
    program = ANY["softmax"]()
    many(program, range(5, 15))
    expected = many(program, [20])
    with ngrad.profile() as profile:
        assert many(program, [20]) == expected
    assert profile.events  # of a plan of its own
