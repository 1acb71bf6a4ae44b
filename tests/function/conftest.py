"""No test of functions leaves this thread recording."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ngrad.record import state


@pytest.fixture(autouse=True)
def _nothing_is_left_recording() -> Iterator[None]:
    yield
    assert state.window.trace is None
    assert not state.stack
    assert state.graph is None
