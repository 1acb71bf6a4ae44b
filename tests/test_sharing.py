"""Memory of other libraries, where it lies: shared, held and given back."""

from __future__ import annotations

import gc
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import CODES
from producers import on_host
from second import second

import ngrad
import ngrad.numpy
from ngrad import Variable, asarray, constant, from_dlpack
from ngrad.config import memory_stats
from ngrad.errors import CopyError, DTypeError

X = np.linspace(-1.0, 2.0, 6).reshape(2, 3)


# -- no copy ---------------------------------------------------------------------------------------


LIES: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda x: x,
    "transposed": lambda x: x.T,
    "reversed": lambda x: x[::-1, ::-1],
    "a part": lambda x: x[:, 1:],
    "a column": lambda x: x[:, 1],
    "an element": lambda x: x[1, 1, ...],
    "repeated": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "none": lambda x: x[:0],
}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("how", LIES)
def test_memory_is_shared(how: str, code: str) -> None:
    array = LIES[how](np.arange(6).reshape(2, 3).astype(code))
    expected = array.copy()
    for x in (from_dlpack(on_host(array)), asarray(array, copy=False)):
        assert x.dtype == array.dtype and x.shape == array.shape
        np.testing.assert_array_equal(x, expected)
        assert np.shares_memory(np.asarray(x), array) or not array.size
        np.testing.assert_array_equal(x + x, expected + expected)
        assert not np.shares_memory(np.asarray(x + x), array)
    for x in (from_dlpack(on_host(array), copy=True), asarray(array), asarray(array, copy=True)):
        assert not np.shares_memory(np.asarray(x), array)
        np.testing.assert_array_equal(x, expected)


def test_what_is_not_aligned_or_swapped_is_converted() -> None:
    whole = np.zeros(6 * 8 + 1, np.uint8)
    array = np.ndarray((2, 3), "f8", whole, offset=1)
    array[:] = X
    for x in (from_dlpack(on_host(array)), asarray(array), asarray(X.astype(">f8"))):
        np.testing.assert_array_equal(x, X)
        np.testing.assert_array_equal(x * 2.0, X * 2.0)
    records = np.zeros(3, [("a", "u1"), ("b", "f8")])
    records["b"] = X[0]
    np.testing.assert_array_equal(asarray(records["b"]), X[0])


def test_it_is_given_back_with_the_last_that_uses_it() -> None:
    """Once, whichever that is, and never to a pool."""
    for dtype in ("float32", "float64") * 2:  # whose numbers are kept, until they are too many
        ngrad.eval(ngrad.zeros([1], dtype) * 2.0, ngrad.zeros([1], dtype) + 1.0)
    ngrad.eval()
    gc.collect()
    stats = memory_stats()
    array, calls = X.copy(), []
    producer = on_host(array, let_go=lambda: calls.append(threading.get_ident()))
    x = from_dlpack(producer)
    y = x * 2.0
    holders = [x, x[1:], np.asarray(x), np.from_dlpack(x)]
    del x
    while holders:
        assert not calls
        del holders[0]
        gc.collect()
    assert len(calls) == 1
    held = [ngrad.zeros([2, 3], "float64") + 1.0 for _ in range(20)]
    ngrad.eval(held)
    np.testing.assert_array_equal(array, X)
    np.testing.assert_array_equal(y, X * 2.0)
    del held, y
    assert memory_stats().live_bytes <= stats.live_bytes

    holder = [from_dlpack(producer)]
    thread = threading.Thread(target=holder.clear)
    ident = []
    thread.start()
    ident.append(thread.ident)
    thread.join()
    assert calls[1:] == ident


def test_a_tape_holds_no_array_for_its_copy() -> None:
    array = X.copy()
    before = sys.getrefcount(array)
    x = from_dlpack(array)
    y = x * 2.0
    del x
    assert sys.getrefcount(array) == before
    np.testing.assert_array_equal(y, X * 2.0)


def test_what_cannot_be_read_is_given_back() -> None:
    calls: list[int] = []
    with pytest.raises(BufferError, match="DLPack 2 is not known"):
        from_dlpack(on_host(X, version=(2, 0), let_go=lambda: calls.append(1)))
    with pytest.raises(CopyError, match="is wanted on"):
        second()
        from_dlpack(on_host(X, let_go=lambda: calls.append(1)), device="cuda:7", copy=False)
    gc.collect()
    assert len(calls) == 2


def test_refusals() -> None:
    swapped, whole = X.astype(">f8"), np.zeros(25, np.uint8)
    second()
    refused: list[tuple[Any, dict[str, Any], str]] = [
        ([1.0, 2.0], {}, "a list has no memory"),
        (1.0, {}, "a float has no memory"),
        (swapped, {}, "another byte order"),
        (np.ndarray(3, "f8", whole, offset=1), {}, "multiples of their 8 bytes"),
        (X, {"dtype": "float32"}, "cannot be had otherwise"),
        (constant(X), {"dtype": "float32"}, "cannot be had otherwise"),
        (constant(X), {"device": "cuda:7"}, "cannot be had otherwise"),
        (X, {"device": "cuda:7"}, "is wanted on cuda:7"),
    ]
    for value, options, message in refused:
        with pytest.raises(CopyError, match=message) as found:
            asarray(value, copy=False, **options)
        assert isinstance(found.value, BufferError) and isinstance(found.value, ValueError)
    with pytest.raises(DTypeError, match=r"float128|longdouble"):
        asarray(X.astype(np.longdouble), copy=False)


def test_asarray_of_what_is_no_array() -> None:
    assert asarray([1, 2]).dtype == np.int32 and asarray(1.5).dtype == np.float32
    assert asarray([1, 2], "float64").dtype == np.float64
    x, v = constant(X), Variable(X)
    assert asarray(x) is x and asarray(x, copy=True) is not x
    np.testing.assert_array_equal(asarray(v, dtype="float32"), X.astype("f4"))
    shared = asarray(X, copy=False)
    assert not np.shares_memory(np.asarray(asarray(shared, copy=True)), X)
    second()
    assert asarray(X, device="cuda:7").device == "cuda:7"
    assert asarray(memoryview(X), copy=False).shape == (2, 3)


# -- other libraries -------------------------------------------------------------------------------

TORCH = """
import numpy as np, torch
from ngrad import asarray, from_dlpack
theirs = torch.arange(6, dtype=torch.float32).reshape(2, 3)
for take in (from_dlpack, lambda x: asarray(x, copy=False)):
    x = take(theirs.t())
    theirs[0, 1] = 7.0
    assert x.shape == (3, 2) and float(x[1, 0]) == 7.0
    y = x * 2.0
    theirs[0, 1] = 1.0
    np.testing.assert_array_equal(y, [[0, 6], [14, 8], [4, 10]])
x = asarray(theirs)
theirs[0, 1] = 7.0
assert x.numpy().tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
try:
    from_dlpack(theirs.clone().requires_grad_())
except BufferError as error:
    assert "gradient" in str(error)
else:
    raise AssertionError
"""
JAX = """
import jax, numpy as np
from ngrad import from_dlpack
theirs = jax.numpy.arange(6.0).reshape(2, 3)
x = from_dlpack(theirs)
assert np.asarray(x).ctypes.data == theirs.unsafe_buffer_pointer()
np.testing.assert_array_equal(x + 1.0, np.asarray(theirs) + 1.0)
np.testing.assert_array_equal(jax.numpy.from_dlpack(x * 3.0), np.asarray(theirs) * 3.0)
"""


@pytest.mark.parametrize("library, program", [("torch", TORCH), ("jax", JAX)])
def test_another_library(library: str, program: str) -> None:
    """In a process of its own: JAX warns of every fork after it was imported."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
