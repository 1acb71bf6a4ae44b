"""What an index is remembered by."""

from __future__ import annotations

import gc
import sys
from typing import Any

import numpy as np
import pytest

from ngrad_kernels.keys import key_of

ALIKE: list[tuple[Any, Any]] = [
    (3, np.int64(3)),
    (slice(1, None, 2), slice(np.int64(1), None, np.uint8(2))),
    ((1, slice(-2), ..., None), (np.uint8(1), slice(None, -2, None), ..., None)),
    ((), ()),
]


def test_equal_indices_alone_have_equal_keys() -> None:
    keys = []
    for first, second in ALIKE:
        assert key_of(first) == key_of(second)
        hash(key_of(first))
        keys.append(key_of(first))
    others = [*keys, key_of(...), key_of(None), key_of((None,)), key_of((3,)), key_of(slice(1, 2))]
    assert len(set(others)) == len(others)
    assert type(key_of(np.int64(3))) is int


@pytest.mark.parametrize(
    "index",
    [
        True,
        np.True_,
        2.0,
        "a",
        [1],
        np.arange(2),
        (1, [2]),
        (1, True),
        slice(1.0),
        slice(np.int64(1), True),
        slice(np.int64(1), np.timedelta64(1, "s")),
        (1, (2,)),
    ],
    ids=str,
)
def test_any_other_has_none(index: Any) -> None:
    assert key_of(index) is None


def test_nothing_is_held() -> None:
    """Neither of what has a key nor of what has none."""
    items = [10**6 + k for k in range(3)]
    number = np.int64(10**7)
    indices = [(items[0], slice(items[1], items[2])), (items[0], [2]), items[1]]
    indices += [slice(items[0], number), slice(number, [2]), (number, slice(None, number, 1.5))]
    gc.collect()
    before = [*map(sys.getrefcount, [*items, number, None, tuple, slice])]
    for _ in range(1000):
        for index in indices:
            key_of(index)
    after = [*map(sys.getrefcount, [*items, number, None, tuple, slice])]
    assert max(abs(x - y) for x, y in zip(before, after, strict=True)) < 100


def test_what_raises_is_heard() -> None:
    class Odd(np.int64):
        def __int__(self) -> int:
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        key_of((1, Odd(2)))
