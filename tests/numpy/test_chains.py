"""Views of views of views: they show and write what NumPy's do, and few are on the way from an
array to one, however many were taken.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ngrad as tf
import ngrad.numpy as ours
from ngrad.numpy import chains
from ngrad.numpy.ways import way_to
from ngrad_kernels.holding import DEEP

STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "T": lambda np, x: x.T,
    "swapaxes": lambda np, x: np.swapaxes(x, 0, -1),
    "moveaxis": lambda np, x: np.moveaxis(x, 0, -1),
    "by letters": lambda np, x: np.einsum("i...j->j...i", x),
    "by letters in order": lambda np, x: np.einsum("b...a", x),
    "by numbers": lambda np, x: np.einsum(x, [0, ..., 1], [1, ..., 0]),
    "by no letters": lambda np, x: np.einsum("...", x),
    "rot90": lambda np, x: np.rot90(x),
    "backwards": lambda np, x: x[::-1],
    "whole": lambda np, x: x[...],
    "view": lambda np, x: x.view(),
    "new axis": lambda np, x: x[None][0],
    "new axis last": lambda np, x: x[..., None].T[0].T,
    "squeezed": lambda np, x: np.squeeze(np.expand_dims(x, 1).T),
    "turned and backwards": lambda np, x: x.T[::-1],
    "flat": lambda np, x: x.reshape(-1).reshape(x.shape),
    "flat backwards": lambda np, x: x.reshape(-1)[::-1].reshape(x.shape),
    "bits": lambda np, x: x.view("i8").view("f8"),
    "bits backwards": lambda np, x: x.view("i8")[::-1].view("f8"),
}
SHRINKING: dict[str, Callable[[Any, Any], Any]] = {
    "part": lambda np, x: x[1:],
    "columns": lambda np, x: x[..., :-1],
    "each other": lambda np, x: x[::2],
    "new axis": lambda np, x: x[None],
    "row": lambda np, x: x[0],
    "one row": lambda np, x: x[:1],
    "halves": lambda np, x: x.reshape(*x.shape[:-1], 2, -1),
    "together": lambda np, x: x.reshape(-1, *x.shape[2:]),
    "squeezed": lambda np, x: x.squeeze(),
    "repeated": lambda np, x: np.broadcast_to(x, (2, *x.shape)),
}
MOST = DEEP + 2
"""Views on the way to one."""


@pytest.mark.parametrize("listens", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_chain_of_views_is_short(step: str, listens: bool) -> None:
    start = np.arange(16.0).reshape(4, 4)
    theirs, own = start.copy(), ours.array(start)
    first, take = own, STEPS[step]
    tape = tf.GradientTape() if listens else contextlib.nullcontext()
    with tape as heard:
        if heard is not None:
            heard.watch(own)
        for turn in range(30):
            theirs, own = take(np, theirs), take(ours, own)
            theirs += turn
            own += turn
            theirs[0, turn % 4] *= 2.0
            own[0, turn % 4] *= 2.0
            assert len(way_to(own)) <= MOST and own.base is first
        total = (own * own).sum()
    np.testing.assert_array_equal(own, theirs)
    if heard is not None and not step.startswith("bits"):
        slope = np.zeros_like(start)
        for k in range(start.size):  # what is doubled, and added, changes by a power of 2
            shown, end = start.copy(), start.copy()
            end.flat[k] += 1.0
            for turn in range(30):
                shown, end = take(np, shown), take(np, end)
                for x in (shown, end):
                    x += turn
                    x[0, turn % 4] *= 2.0
            slope.flat[k] = (2 * shown * (end - shown)).sum()
        np.testing.assert_allclose(heard.gradient(total, first), slope, rtol=1e-12)


@pytest.mark.parametrize("deep", [2, DEEP])
def test_chains_of_many_kinds(deep: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever views are taken one of another, and written through, all show what NumPy's do."""
    monkeypatch.setattr(chains, "DEEP", deep)
    table = {**STEPS, **SHRINKING}

    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        start = np.random.default_rng(4).normal(
            size=data.draw(st.sampled_from([(4, 6), (2, 3, 4)]))
        )
        names = [(start.copy(), ours.array(start))]
        for turn in range(data.draw(st.integers(4, 30))):
            x, y = names[-1] if data.draw(st.integers(0, 3)) else data.draw(st.sampled_from(names))
            take = table[data.draw(st.sampled_from(sorted(table)))]
            try:
                view = take(np, x)
            except (IndexError, TypeError, ValueError):
                continue
            if isinstance(view, np.ndarray) and np.shares_memory(view, x) and view.ndim < 6:
                names.append((view, take(ours, y)))
            x, y = names[-1]
            assert x.flags.writeable == (x.ndim == 0 or all(v._way.writes for v in way_to(y)[1:]))
            if x.flags.writeable and x.dtype == start.dtype and data.draw(st.booleans()):
                x[...] += turn
                y[...] += turn
            for one, other in names:
                np.testing.assert_array_equal(other, one)

    check()


TAKEN = {name: step for name, step in STEPS.items() if not name.startswith("bits")}
TAKEN["part"] = lambda np, x: x[1:]


@pytest.mark.parametrize("turns", [0, 1, DEEP])
@pytest.mark.parametrize("first", TAKEN)
def test_gradients_of_what_is_taken_of_a_view(first: str, turns: int) -> None:
    """A view may be a source: what is taken of it, and written to, comes of it."""

    def view(np: Any, x: Any) -> Any:
        x = TAKEN[first](np, x)
        for _ in range(turns):
            x = x.T
        return x

    for take in TAKEN.values():
        x, factor = view(ours, ours.arange(16.0).reshape(4, 4).copy()), view(np, np.ones((4, 4)))
        with tf.GradientTape() as tape:
            tape.watch(x)
            other = ours.sum(x.base) * 0.0  # of which the tape hears, too
            for _ in range(2):
                shown, changed = take(ours, take(ours, x)), take(np, take(np, factor))
                shown *= 3.0
                changed *= 3.0
            total = (x * x).sum() + other
        np.testing.assert_array_equal(tape.gradient(total, x), 2.0 * np.asarray(x) * factor)


def test_a_part_of_a_part_comes_of_that() -> None:
    x = ours.arange(6.0)[1:]
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = (x[1:] * x[:-1]).sum() + (x[2:][1:] * 2.0).sum()
    assert tape.gradient(total, x).tolist() == [2.0, 4.0, 6.0, 10.0, 6.0]
