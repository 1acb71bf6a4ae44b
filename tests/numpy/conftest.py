"""Tests of `ngrad.numpy` run small operations where they are called, as its users do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ngrad import config


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    before = config.at_once()
    config.set_at_once(config.AT_ONCE)
    yield
    config.set_at_once(before)
