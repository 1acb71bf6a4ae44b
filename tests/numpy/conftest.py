"""Tests of `ngrad.numpy` run small operations where they are called, as its users do."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _at_once(at_once: None) -> None:
    pass
