"""Another library's memory on the device: read where it lies, after what it queued, and held until
that has been read.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from device_work import Thread
from producers import Producer

import ngrad
from ngrad import asarray, from_dlpack
from ngrad.devices import device_of
from ngrad.errors import CopyError

GPU = "cuda:0"
X = np.linspace(-1.0, 2.0, 12, dtype=np.float32).reshape(3, 4)


class Theirs:
    """An array of a library that has a stream of its own, on which it writes. It is freed when
    nobody has it: what reads it later reads what is no memory.
    """

    def __init__(self, values: Any) -> None:
        self.driver = device_of(GPU).target.driver
        self.values = values
        self.stream = self.driver.stream()
        self.number = self.driver.library_stream(self.stream)
        self.address = self.driver.allocate(values.nbytes)
        self.pinned = self.driver.allocate_pinned(values.nbytes)
        self.freed = False
        self.write(values)

    def write(self, values: Any) -> None:
        """Queue a copy to it."""
        self.driver.synchronize(self.stream)
        ctypes.memmove(self.pinned, np.ascontiguousarray(values).ctypes.data, values.nbytes)
        self.driver.copy_in(self.address, self.pinned, values.nbytes, self.stream)

    def order(self, stream: int) -> None:
        event = self.driver.event()
        self.driver.record(event, self.stream)
        self.driver.wait(self.driver.foreign(stream), event)

    def free(self) -> None:
        self.driver.synchronize(self.stream)  # theirs, as `freed` says
        self.driver.free(self.address)
        self.freed = True

    @property
    def dlpack(self) -> Producer:
        return Producer(self.address, self.values, (2, 0), self.free, self.order)

    @property
    def interface(self) -> Any:
        return Interface(self)


class Interface:
    """The array by its `__cuda_array_interface__`."""

    def __init__(self, theirs: Theirs, **changed: Any) -> None:
        self.theirs = theirs
        self.__cuda_array_interface__ = {
            "version": 3,
            "shape": theirs.values.shape,
            "typestr": theirs.values.dtype.str,
            "data": (theirs.address, False),
            "strides": None,
            "stream": theirs.number,
            **changed,
        }

    def __del__(self) -> None:
        self.theirs.free()


TAKEN: dict[str, Callable[[Theirs], Any]] = {
    "dlpack": lambda theirs: from_dlpack(theirs.dlpack),
    "asarray": lambda theirs: asarray(theirs.dlpack, copy=False),
    "interface": lambda theirs: asarray(theirs.interface, copy=False),
}
COPIED: dict[str, Callable[[Theirs], Any]] = {
    "dlpack": lambda theirs: from_dlpack(theirs.dlpack, copy=True),
    "asarray": lambda theirs: asarray(theirs.dlpack),
    "interface": lambda theirs: asarray(theirs.interface),
}


@pytest.mark.parametrize("how", TAKEN)
def test_it_is_read_where_it_lies_after_what_they_queued(how: str) -> None:
    theirs = Theirs(X)
    x = TAKEN[how](theirs)
    assert (x.device, x._address) == (GPU, theirs.address)
    y = x * 2.0 + ngrad.transpose(x)[0, 0]
    np.testing.assert_array_equal(y, X * np.float32(2.0) + X[0, 0])
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("how", TAKEN | {f"{how}, copied": take for how, take in COPIED.items()})
def test_it_is_held_until_it_has_been_read(how: str) -> None:
    """And no longer than until the next look."""
    take = TAKEN.get(how) or COPIED[how.removesuffix(", copied")]
    theirs = Theirs(X)
    x = take(theirs)
    y = x * 2.0
    ngrad.eval(y)
    del x
    gc.collect()
    assert not theirs.freed
    np.testing.assert_array_equal(y, X * 2.0)
    assert theirs.freed


@pytest.mark.parametrize("reader_lets_go", [False, True])
def test_another_thread_may_read_it(reader_lets_go: bool) -> None:
    """Whichever thread lets go, what was queued by both is waited for."""
    other, theirs = Thread(), Theirs(X)
    held = [from_dlpack(theirs.dlpack)]

    def read() -> Any:
        y = held[0] * 3.0
        ngrad.eval(y)
        return y

    y = other.do(read)
    z = held[0] * 2.0
    lets_go = other.do if reader_lets_go else lambda work: work()
    lets_go(held.clear)
    gc.collect()
    assert not theirs.freed
    lets_go(lambda: ngrad.constant(X).to_device(GPU).numpy())
    assert theirs.freed
    np.testing.assert_array_equal(y, X * 3.0)
    np.testing.assert_array_equal(z, X * 2.0)
    other.end()


def test_what_they_write_later_changes_no_result() -> None:
    """If they order it after what reads it here: by taking a result, or by the stream."""

    def slopes(x: Any) -> Any:
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            y = x * x * x
        return y, tape

    theirs = Theirs(X)
    x = from_dlpack(theirs.dlpack)
    z = x * 2.0
    y, tape = slopes(x)
    x.__dlpack__(stream=theirs.number)
    theirs.write(np.full_like(X, 7.0))
    theirs.order(device_of(GPU).target.stream_number())
    np.testing.assert_array_equal(z, X * np.float32(2.0))
    expected, reference = slopes(constant := ngrad.constant(X))
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(tape.gradient(y, x), reference.gradient(expected, constant))
    np.testing.assert_array_equal(x * 1.0, np.full_like(X, 7.0))


def test_a_warm_loop_waits_for_nothing() -> None:
    counters = device_of(GPU).target.counters
    arrays = [Theirs(X + k) for k in range(10)]
    total = ngrad.constant(X * 0).to_device(GPU)
    for k, theirs in enumerate(arrays):
        total = total + from_dlpack(theirs.dlpack)
        del theirs
        if k == 4:
            counters, before = device_of(GPU).target.counters, sum(a.freed for a in arrays)
    after = device_of(GPU).target.counters
    theirs_alone = sum(a.freed for a in arrays) - before
    assert after["synchronisations"] == counters["synchronisations"] + theirs_alone
    assert after["copies"] == counters["copies"]
    np.testing.assert_allclose(total, 10 * X + 45, 1e-5)
    assert all(theirs.freed for theirs in arrays[:-1])


def test_refusals() -> None:
    theirs = Theirs(X)
    flaws: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"stream": 0}, ValueError, "stream 0"),
        ({"mask": theirs}, TypeError, "masked"),
        ({"typestr": ">f4"}, TypeError, "byte order"),
        ({"typestr": "|S4"}, TypeError, "no dtype"),
        ({"data": (theirs.address + 1, False)}, CopyError, "multiples of their 4 bytes"),
    ]
    theirs.free = lambda: None  # type: ignore[method-assign]
    for changed, kind, message in flaws:
        with pytest.raises(kind, match=message):
            asarray(Interface(theirs, **changed))
    with pytest.raises(CopyError, match="lies on cuda:0, and is wanted on cpu"):
        from_dlpack(theirs.dlpack, device="cpu", copy=False)
    np.testing.assert_array_equal(from_dlpack(theirs.dlpack, device="cpu"), X)


GIVEN: dict[str, Callable[[Any], Any]] = {
    "dlpack": lambda x: x.__dlpack__(),
    "dlpack, by number": lambda x: x.__dlpack__(stream=1, max_version=(1, 0)),
    "interface": lambda x: (x.__cuda_array_interface__, x),
}


@pytest.mark.parametrize("how", GIVEN)
def test_what_was_given_away_is_not_written_before_it_is_read(how: str) -> None:
    """By what another library queued on the default stream before it let go."""
    target = device_of(GPU).target
    driver, default = target.driver, target.driver.foreign(None)
    x = ngrad.constant(X).to_device(GPU)
    given, address = GIVEN[how](x), x._address
    seen = driver.allocate_pinned(X.nbytes)
    driver.copy_out(seen, address, X.nbytes, default)
    del x, given
    y = ngrad.constant(-X).to_device(GPU)
    assert y._address == address
    np.testing.assert_array_equal(y, -X)
    driver.synchronize(default)
    found = np.frombuffer((ctypes.c_char * X.nbytes).from_address(seen), X.dtype)
    np.testing.assert_array_equal(found.reshape(X.shape), X)
    driver.free_pinned(seen)
