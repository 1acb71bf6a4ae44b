"""Places in one block of memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ngrad.graph.room import Room, padded


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 3))))
def test_no_two_places_overlap(lives: list[tuple[int, int]]) -> None:
    """Each is let go a few takes later; the block is as long as what is taken reaches, and never
    longer than all places end to end.
    """
    room, taken, reached = Room(), {}, 0
    for now, (nbytes, life) in enumerate(lives):
        for when in [when for when in taken if when[1] <= now]:
            room.give(taken.pop(when)[0])
        begin = room.take(nbytes)
        assert begin % 64 == 0
        assert all(last <= begin or begin + nbytes <= first for first, last in taken.values())
        taken[now, now + life + 1] = begin, begin + padded(nbytes)
        reached = max(reached, begin + padded(nbytes))
    assert room.size == reached <= sum(padded(nbytes) for nbytes, _ in lives)
