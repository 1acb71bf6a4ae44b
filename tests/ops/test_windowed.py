"""Windows times matrices: how they are shared among blocks, parts and tiles, and what they take."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ngrad
from ngrad import config
from ngrad.graph.reference import REFERENCES
from ngrad.ops.windowed import WINDOWS_MATMUL, Meeting, windows_matmul
from ngrad_kernels import windowed
from ngrad_kernels.product import Windowed

SHARES = {"TILE": 8, "BLOCK": 1 << 8, "LEAST": 2, "NARROWEST": 4}


def test_no_more_windows_are_copied_than_stay_in_cache() -> None:
    """All would take 64 times the tensor."""
    x = ngrad.ones((1, 4, 100, 100, 4))
    meeting = Meeting((8, 8), (1, 1), (1, 1), ((0, 0), (0, 0)))
    y = ngrad.ones((1, 256, 8))
    for transpose in (False, True):
        other = ngrad.ones((1, 4, 93, 93, 8)) if transpose else y
        call = WINDOWS_MATMUL.call((transpose, *meeting), (x._layout, other._layout))
        assert call.program is not None
        assert call.program.scratch < 12 << 20 < 256 * 4 * 93 * 93 * 4


@pytest.mark.parametrize("threads", [2, 16, 128])
def test_blocks_take_no_more_than_all_windows(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many threads there are: else they are copied as on a GPU."""
    monkeypatch.setattr(windowed, "most_threads", lambda: threads)
    for groups, batch, side, channels, across in itertools.product(
        (1, 300), (1, 8), (7, 28), (16, 512), (False, True)
    ):
        counts, taps = (batch, 1, side, side), tuple(range(9))
        work = Windowed("f4", groups, counts, taps, channels, (0,) * 5, channels, across)
        found, whole = windowed.prepared(work), groups * work.windows * work.depth * 4
        assert found is None or found[2] <= max(windowed.ALWAYS, whole)
        assert found is not None or threads > 2 or whole < 1 << 23


@pytest.fixture(scope="module")
def small_blocks() -> Iterator[None]:
    """A few windows are a block, and a few multiply-adds worth a thread."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SHARES.items():
            patch.setattr(windowed, name, value)
        patch.setattr(windowed, "most_threads", lambda: 5)
        WINDOWS_MATMUL.calls.clear()
        yield
    WINDOWS_MATMUL.calls.clear()


def of_axes(axes: int, least: int, most: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(least, most)] * axes)


@st.composite
def meetings(draw: st.DrawFn) -> tuple[tuple[int, ...], int, Meeting]:
    """The shape of what windows slide over, columns, and how they slide."""
    axes = draw(st.integers(1, 3))
    sizes, steps, gaps = (draw(of_axes(axes, 1, 3)) for _ in range(3))
    pads = tuple(zip(*(draw(of_axes(axes, 0, 2)) for _ in range(2)), strict=True))
    extents = tuple(
        max(1, (n - 1) * gap + more - sum(pad))
        for n, gap, more, pad in zip(sizes, gaps, draw(of_axes(axes, 1, 6)), pads, strict=True)
    )
    groups, batch, channels, columns = draw(of_axes(4, 1, 3))
    many = draw(st.sampled_from([1, 5, 40]))
    shape = (groups, batch, *extents, channels)
    return shape, columns * many, Meeting(sizes, steps, gaps, pads)


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=60)
@given(meetings(), st.booleans(), st.booleans(), st.sampled_from(["float32", "float64"]))
def test_as_all_windows_at_once(
    case: tuple[tuple[int, ...], int, Meeting], transpose: bool, turned: bool, dtype: str
) -> None:
    """Also of operands that do not lie in rows; the same bits on one thread."""
    shape, columns, meeting = case
    rng = np.random.default_rng(len(shape) * columns)
    counts = meeting.counts(shape[2:-1])
    depth = int(np.prod(meeting.sizes)) * shape[-1]
    rows = (shape[0], shape[1], *counts) if transpose else (shape[0], depth)
    x, y = (rng.uniform(-1, 1, s).astype(dtype) for s in (shape, (*rows, columns)))
    expected = REFERENCES["windows_matmul"](*map(np.float64, (x, y)), transpose, *meeting)
    given_x, given_y = ngrad.constant(x), ngrad.constant(y)
    if turned:
        given_x, given_y = (ngrad.transpose(ngrad.constant(z.T.copy())) for z in (x, y))
    found = windows_matmul(given_x, given_y, meeting, transpose).numpy()
    most = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(found, expected.reshape(found.shape), most, most * expected.size)
    before = config.threads()
    config.set_threads(1)
    again = windows_matmul(given_x, given_y, meeting, transpose).numpy()
    config.set_threads(before)
    np.testing.assert_array_equal(again, found)
