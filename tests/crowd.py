"""Threads that do the same at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable


def crowd(work: Callable[[int], None], count: int = 4) -> None:
    """Run `work(k)` in as many threads, which take turns often."""
    threads = [threading.Thread(target=work, args=(k,)) for k in range(count)]
    before = sys.getswitchinterval()
    try:
        sys.setswitchinterval(1e-5)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
