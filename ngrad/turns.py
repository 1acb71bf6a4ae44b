"""Whose turn it is to update a variable: of those that ask to be the only one (`use_locking`)."""

from __future__ import annotations

import os
import threading

_lock = threading.RLock()


def turn() -> threading.RLock:
    """What such an update holds while it reads a variable and assigns to it; one for all of them,
    since most only record what is computed later.
    """
    return _lock


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
