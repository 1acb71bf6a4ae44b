"""NumPy's functions of many things, shared out among threads: the same bits, the same errors."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy
import ngrad.scipy.special
from ngrad.errors import LinAlgError
from ngrad.ops import fourier, on_threads
from ngrad.ops.on_threads import each_part, each_row, in_parts

RNG = np.random.default_rng(0)


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """However little there is to do."""
    monkeypatch.setattr(on_threads, "WORTH", 1e-3)
    monkeypatch.setattr(on_threads.config, "threads", lambda: request.param)
    return int(request.param)


def test_parts_come_in_order_and_from_several_threads(threads: int) -> None:
    met = threading.Barrier(threads)

    def part(where: slice) -> tuple[range, str]:
        met.wait(10)
        return range(7)[where], str(threading.get_ident())

    found = each_part(part, 7, 7.0)
    assert [k for numbers, _ in found for k in numbers] == list(range(7))
    assert len({name for _, name in found}) == threads


def test_little_is_done_here() -> None:
    (found,) = each_part(lambda part: (part, threading.current_thread()), 100, 100.0)
    assert found == (slice(0, 100), threading.current_thread())


@pytest.mark.parametrize("wrong", range(7))
def test_what_one_raises_all_do(threads: int, wrong: int) -> None:
    def part(where: slice) -> None:
        if wrong in range(7)[where]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        each_part(part, 7, 7.0)


def test_what_no_thread_can_begin_is_done_here(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert each_part(lambda part: [*range(7)[part]], 7, 7.0) == (
        [[0, 1], [2, 3], [4, 5, 6]] if threads == 3 else [[*range(7)]]
    )


@pytest.mark.parametrize("function", [ngrad.signal.fft, ngrad.linalg.pinv])
def test_who_is_interrupted_leaves_no_thread_at_memory_of_others(
    function: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that is still at it holds what it reads and writes."""
    monkeypatch.setattr(on_threads, "WORTH", 1e-3)
    monkeypatch.setattr(on_threads.config, "threads", lambda: 2)
    go_on, waiting = threading.Event(), threading.Event()
    here = threading.get_ident()
    seen: list[Any] = []

    def each_part(function: Any, count: int, work: float) -> list[Any]:
        def part(where: slice) -> Any:
            if threading.get_ident() == here:
                waiting.wait(10)
                raise KeyboardInterrupt
            waiting.set()
            go_on.wait(10)
            seen.append(function(where))

        return own(part, count, work)

    own = on_threads.each_part
    for module in (on_threads, fourier):
        monkeypatch.setattr(module, "each_part", each_part)
    x = ngrad.constant(SIGNALS[:, :, :6])
    with pytest.raises(KeyboardInterrupt):
        ngrad.eval(function(x))
    del x
    ngrad.config.release_memory()
    others = [ngrad.constant(np.full(SIGNALS[:, :, :6].shape, 7j)) for _ in range(8)]
    go_on.set()
    for _ in range(1000):
        if seen:
            break
        time.sleep(0.01)
    assert seen
    assert all((other.numpy() == 7j).all() for other in others)


@pytest.mark.parametrize("shape", [(5, 3), (1, 7, 3), (7, 2, 3), (0, 3)])
def test_rows_are_written_where_they_lie(threads: int, shape: Any) -> None:
    x, out = RNG.normal(size=shape), np.zeros(shape)
    each_row(lambda x, out: np.copyto(out, np.sort(x, -1)), (x, out), 1e9)
    assert (out == np.sort(x, -1)).all()


@pytest.mark.parametrize(
    "shapes",
    [((5, 2), (5, 2)), ((1, 5, 2), (4, 1, 2)), ((2,), (5, 2)), ((2,), (2,)), ((0, 2), (2,))],
)
def test_batches_broadcast(threads: int, shapes: Any) -> None:
    x, y = (RNG.normal(size=shape) for shape in shapes)
    total, difference = in_parts(lambda x, y: (x + y, (x - y).sum(-1)), (x, y), 1, 1.0)
    assert (total == x + y).all() and (difference == (x - y).sum(-1)).all()


SQUARES = RNG.normal(size=(7, 2, 4, 4))
SIGNALS = RNG.normal(size=(5, 6, 8)) + 1j


@pytest.mark.parametrize(
    "function",
    [
        lambda: ngrad.linalg.pinv(SQUARES),
        lambda: ngrad.numpy.linalg.lstsq(SQUARES[0, 0], SQUARES[1, 0], None)[0],
        lambda: ngrad.signal.fft(SIGNALS),
        lambda: ngrad.signal.fft(SIGNALS[0, 0]),
        lambda: ngrad.signal.fft(SIGNALS.astype("c8")),
        lambda: ngrad.signal.rfft(SIGNALS.real.astype("f4")),
        lambda: ngrad.numpy.fft.ifftn(SIGNALS.astype("c8")),
        lambda: ngrad.numpy.fft.irfft(SIGNALS.astype("c8"), axis=1),
        lambda: ngrad.numpy.fft.fftn(SIGNALS),
        lambda: ngrad.numpy.fft.rfft2(SIGNALS.real),
        lambda: ngrad.numpy.fft.irfft(SIGNALS, axis=0),
        lambda: ngrad.scipy.special.poch(SQUARES, 0.5),
    ],
)
def test_the_bits_are_those_of_one_thread(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def bits() -> list[bytes]:
        found = function()
        return [np.asarray(x).tobytes() for x in (found if isinstance(found, tuple) else (found,))]

    one = bits()
    monkeypatch.setattr(on_threads, "WORTH", 1e-3)
    monkeypatch.setattr(on_threads.config, "threads", lambda: 3)
    assert bits() == one


def test_the_matrix_that_is_wrong_is_named(threads: int) -> None:
    matrices = SQUARES.copy()
    matrices[5, 1, 0, 0] = np.nan
    with pytest.raises(LinAlgError, match=r"\[5, 1\]"):
        ngrad.linalg.pinv(matrices)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")
def test_a_child_has_threads_of_its_own(threads: int) -> None:
    each_part(lambda part: part, 7, 7.0)
    child = os.fork()
    if child == 0:
        os._exit(0 if len(each_part(lambda part: part, 7, 7.0)) == threads else 1)
    assert os.waitpid(child, 0)[1] == 0
