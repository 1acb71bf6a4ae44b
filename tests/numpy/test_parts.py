"""Parts of parts of an array: views of the array itself, and NumPy's at every step."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad.numpy import views

ITEMS = (
    ...,
    slice(None),
    slice(1, None),
    slice(None, -1),
    slice(None, None, -1),
    slice(None, None, 2),
    slice(-1, None, -2),
    slice(5, 0, -1),
    slice(2, 1),
    slice(-100, 100),
    None,
)


def _index(choose: random.Random, shape: tuple[int, ...]) -> Any:
    items: list[Any] = [
        choose.randrange(-size, size) if size and choose.random() < 0.2 else choose.choice(ITEMS)
        for size in shape[: choose.randrange(1, len(shape) + 1)]
    ]
    wholes = [k for k, item in enumerate(items) if item is ...]
    for k in wholes[1:]:  # there is one at most
        items[k] = slice(None)
    return items[0] if len(items) == 1 and choose.random() < 0.5 else tuple(items)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_as_numpy(seed: int, recorded: bool) -> None:
    choose = random.Random(seed)
    for _ in range(5):
        theirs = np.arange(120.0).reshape(4, 5, 6)
        tape = ngrad.GradientTape()
        with tape:
            mine = ours.array(theirs)
            if recorded:
                tape.watch(mine)
            first, a, b = mine, theirs, mine
            for step in range(4):
                if not a.ndim:
                    break
                index = _index(choose, a.shape)
                try:
                    a = a[index]
                except IndexError:  # an integer behind an ellipsis
                    with pytest.raises(IndexError):
                        b[index]
                    continue
                b = b[index]
                if choose.random() < 0.4 and a.ndim:
                    a[...], b[...] = float(step), float(step)
                if choose.random() < 0.3 and a.ndim and a.shape[0]:
                    a[-1:] += 1
                    b[-1:] += 1
                    a[0] *= 2
                    b[0] *= 2
        np.testing.assert_array_equal(np.asarray(b), a)
        np.testing.assert_array_equal(np.asarray(first), theirs)


def test_a_loop_that_takes_less_and_less() -> None:
    """Each is one step from the array, so the last takes no longer than the first."""
    x = start = ours.arange(500.0)
    total = 0.0
    while len(x) > 2:
        total += float(x[0])
        x[-1], x[0] = x[0], x[-1]
        x = x[1:-1]
        assert x._owner is start
    assert x.base is start and total == sum(range(500 // 2 - 1))
    rows = ours.ones((6, 4))[::2][:, 1:]
    rows[0] += 1.0
    assert rows._owner._owner is None and rows._owner.sum() == 24.0 + 3.0


def test_few_views_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many arrays and parts, those that were taken last."""
    monkeypatch.setattr(views, "SEEN", 8)
    taken = np.arange(40.0)
    for size in range(30, 40):
        x = ours.array(taken[:size])
        for start in range(5):
            np.testing.assert_array_equal(x[start : start + 20], taken[start : start + 20])
            assert len(views._REMEMBERED) <= 8
    held = {id(known): known for known in views._REMEMBERED}.values()
    assert 0 < sum(map(len, held)) <= 8
    np.testing.assert_array_equal(x[start : start + 20], taken[start : start + 20])
