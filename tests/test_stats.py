"""What is counted, and what a profile sees: deterministic counts, never times."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import ngrad
from ngrad import config, constant
from ngrad.graph.cost import Cost
from ngrad.profile import Event
from ngrad.stats import Stats, size

LARGE = 1 << 19
"""Elements whose plans are stepped through anyway; those of few elements are replayed at once."""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = config.fusion(), config.eager()
    config.set_fusion("off")
    yield
    config.set_fusion(before[0])
    config.set_eager(before[1])


def spent(work: Callable[[], Any]) -> Stats:
    before = ngrad.stats()
    work()
    return ngrad.stats() - before


def chain(count: int) -> None:
    x = constant(np.ones(count, np.float32))
    ngrad.eval(ngrad.exp(x + x) * x)


# -- stats -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("eager", [False, True])
def test_launches_and_bytes_are_counted(eager: bool) -> None:
    config.set_eager(eager)
    chain(8)
    done = spent(lambda: chain(8))
    assert (done.launches, done.bytes, done.compiled) == (3, 4 * 8 * (3 + 2 + 3), 0)
    assert done.runs == (0 if eager else 1)


def test_a_broadcast_element_moves_once() -> None:
    x, y = constant(np.ones((8, 16), np.float32)), ngrad.broadcast_to(ngrad.constant(1.5), (8, 16))
    ngrad.eval(x + y)
    assert spent(lambda: ngrad.eval(x + y)).bytes == 4 * (8 * 16 + 1 + 8 * 16)


def test_fusing_is_counted_and_moves_fewer_bytes() -> None:
    config.set_fusion("wait")
    first = spent(lambda: chain(24))
    second = spent(lambda: chain(24))
    third = spent(lambda: chain(24))
    assert first.planned == 1 and second.planned == third.planned == 0
    assert first.fused + second.fused == 1 and third.fused == 0
    assert (third.launches, third.bytes) == (1, 4 * 24 * 2)


def test_memory_is_counted() -> None:
    before = ngrad.stats()
    x = ngrad.constant([0.5] * 1000)
    assert (ngrad.stats() - before).live_bytes >= x.nbytes
    assert (ngrad.stats() - before).live_blocks == 1


def test_stats_are_frozen_and_readable() -> None:
    now = ngrad.stats()
    with pytest.raises(FrozenInstanceError):
        now.runs = 0  # type: ignore[misc]
    console = Console(width=80)
    with console.capture() as capture:
        console.print(now)
    for name in Stats.__dataclass_fields__:
        assert name in str(now) and name in capture.get()


@pytest.mark.parametrize(
    ("nbytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (-2.5e6, "-2.5 MB"), (3e12, "3,000.0 GB")],
)
def test_sizes_are_readable(nbytes: float, text: str) -> None:
    assert size(nbytes) == text


# -- profile ---------------------------------------------------------------------------------------


def runs(profile: Any) -> list[Event]:
    return [event for event in profile.events if event.kind == "run"]


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("count", [8, LARGE])
def test_every_call_is_an_event(count: int, eager: bool) -> None:
    """Also those of a plan that is replayed at once when nobody profiles it."""
    config.set_eager(eager)
    with ngrad.profile() as profile:
        chain(count)
    assert [event.name for event in runs(profile)] == ["add", "exp", "multiply"]
    last = runs(profile)[-1]
    assert last.inputs == (f"float32[{count}]",) * 2 and last.outputs == (f"float32[{count}]",)
    assert (last.bytes, last.launches) == (12 * count, 1)
    assert last.duration > 0 and last.thread == threading.get_ident()
    chain(count)
    assert len(runs(profile)) == 3, "what runs after it is not in it"


def test_a_profile_changes_no_bit() -> None:
    x = constant(np.random.default_rng(0).normal(size=(3, 100)))

    def work() -> tuple[Any, Any]:
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            y = ngrad.reduce_sum(ngrad.tanh(x @ ngrad.transpose(x)) * 2.0)
        return y.numpy(), tape.gradient(y, x).numpy()

    plain = work()
    with ngrad.profile():
        profiled = work()
    for a, b in zip(plain, profiled, strict=True):
        np.testing.assert_array_equal(a, b)


def test_rows_by_kernel() -> None:
    x = constant(np.ones((4, 4), np.float32))
    with ngrad.profile() as profile:
        ngrad.eval(x @ x)
        ngrad.eval(x + x)
        ngrad.eval(x + x)
    rows = {row.name: row for row in profile.rows()}
    assert {name: row.calls for name, row in rows.items()} == {"matmul": 1, "add": 2}
    assert rows["add"].bytes == 2 * 3 * 64
    assert sum(row.share for row in rows.values()) == pytest.approx(1)
    assert [row.seconds for row in profile.rows()] == sorted(
        (row.seconds for row in rows.values()), reverse=True
    )


def test_a_fused_kernel_names_its_ops() -> None:
    config.set_fusion("wait")
    for _ in range(3):
        with ngrad.profile() as profile:
            chain(40)
    (event,) = runs(profile)
    assert event.ops == ("add", "exp", "multiply") and event.name.startswith("space_")
    text = str(profile)
    assert "add, exp, multiply" in text and event.name in text


def test_compiling_and_loading_are_events() -> None:
    from ngrad_kernels import cache

    name = "profiled"
    source = f"def {name}(table, lo, hi):\n    store_i8(table[1], 0, lo - hi)\n"
    with ngrad.profile() as profile:
        cache.load(name, source)
        cache.load(name, source)
    kinds = [(event.kind, event.name) for event in profile.events]
    assert kinds[-1] == ("loaded", name) and kinds[0] in (("compiled", name), ("loaded", name))
    assert "(loaded)" in str(profile)


def test_profiles_nest_and_end_in_any_order() -> None:
    outer, inner = ngrad.profile(), ngrad.profile()
    outer.__enter__()
    chain(8)
    inner.__enter__()
    chain(8)
    outer.__exit__()
    chain(8)
    inner.__exit__()
    chain(8)
    assert (len(runs(outer)), len(runs(inner))) == (6, 6)


def test_a_profile_hears_every_thread(tmp_path: Path) -> None:
    with ngrad.profile() as profile:
        threads = [threading.Thread(target=chain, args=(8,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        chain(8)
    assert len(runs(profile)) == 12
    assert threading.get_ident() in {event.thread for event in runs(profile)}


def test_an_error_ends_a_profile() -> None:
    with pytest.raises(KeyError), ngrad.profile() as profile:
        raise KeyError
    chain(8)
    assert not profile.events


def test_chrome_trace(tmp_path: Path) -> None:
    with ngrad.profile() as profile:
        chain(8)
    path = tmp_path / "trace.json"
    profile.chrome_trace(path)
    trace = json.loads(path.read_text())["traceEvents"]
    lines = [line for line in trace if line["ph"] == "X" and line["cat"] == "run"]
    assert [line["name"] for line in lines] == ["add", "exp", "multiply"]
    for line, event in zip(lines, runs(profile), strict=True):
        assert line["ts"] == event.start / 1000 and line["dur"] == event.duration / 1000
        assert line["args"]["bytes"] == event.bytes
        assert line["args"]["outputs"] == ["float32[8]"]
        assert {"pid", "tid"} <= line.keys()
    starts = [line["ts"] for line in lines]
    assert starts == sorted(starts)
    named = [line for line in trace if line["ph"] == "M"]
    assert {line["tid"] for line in named} == {line["tid"] for line in lines}


def test_stats_while_another_thread_plans() -> None:
    done = threading.Event()
    made: list[Cost] = []

    def plan() -> None:
        while not done.is_set():
            made.append(Cost(1, 1))
            if len(made) > 1000:
                made.clear()

    interval, thread = sys.getswitchinterval(), threading.Thread(target=plan)
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(60):
            ngrad.stats()
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(interval)
