"""What every test runs under: at least two threads, and examples that are the same at each run."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any

_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
if (_cores or 1) < 2:  # before numba is imported: tests compare one thread with two
    os.environ.setdefault("NUMBA_NUM_THREADS", "2")
# Each test program is run a few times: compiling its fused kernels is for the tests of fusion.
os.environ.setdefault("NGRAD_FUSION", "off")
# Tests of deferral and fusion are of few elements. Those of `ngrad.numpy` run as its users do.
os.environ.setdefault("NGRAD_AT_ONCE", "0")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

# Kernels come from the user's cache where they are there, and are compiled where not: no test
# depends on which. A first run compiles several hundred of them, so no example has a deadline.
settings.register_profile(
    "ngrad",
    deadline=None,
    derandomize=True,
    print_blob=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ngrad")


def pytest_report_header() -> str:
    from ngrad_kernels import cache

    return (
        f"hypothesis: derandomized (seeds follow the tests' names); kernels in {cache.store.folder}"
    )


@pytest.fixture(scope="module", autouse=True)
def _what_is_there_stays() -> None:
    """Whoever collects garbage need not go over twenty thousand tests, and a compiler's objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _settings_as_before() -> Iterator[None]:
    """A test may set the number of threads, or eager mode; the next one has what was there."""
    from ngrad import config, unplanned

    threads, eager = config.threads(), config.eager()
    unplanned.recent.clear()
    yield
    if config.threads() != threads:  # which looks for BLAS among all that the process has mapped
        config.set_threads(threads)
    if config.eager() != eager:
        config.set_eager(eager)


@pytest.fixture(autouse=True)
def _nothing_failed_in_the_background() -> Iterator[None]:
    from ngrad.background import failures

    yield
    found = failures[:]
    failures.clear()  # the next test's are its own
    assert not found


@pytest.fixture
def waiting() -> Iterator[None]:
    """Programs wait for their fused kernels, from when they come again."""
    from ngrad import config

    before = config.fusion()
    config.set_fusion("wait")
    yield
    config.set_fusion(before)


@pytest.fixture
def at_once() -> Iterator[None]:
    """Small operations run where they are called, as by default."""
    from ngrad import config

    before = config.at_once()
    config.set_at_once(config.AT_ONCE)
    yield
    config.set_at_once(before)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of functions that were recorded, to be replayed, since the test began."""
    from ngrad import replayed

    names: list[str] = []
    before = replayed._recorded

    def noted(function: Any, *rest: Any) -> Any:
        names.append(function.__name__)
        return before(function, *rest)

    monkeypatch.setattr(replayed, "_recorded", noted)
    return names
