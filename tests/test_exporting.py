"""The buffer protocol: what `memoryview` and NumPy read of tensors, cells and variables."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import hashlib
import itertools
import signal
import sys
from typing import Any

import numpy as np
import pytest
from numeric import CODES
from second import second

import ngrad
import ngrad.numpy as ours
from ngrad.dtypes import BY_CODE
from ngrad.tensor import Tensor
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.memory import Buffer
from ngrad_kernels.native import blank

SHAPES = ((), (0, 3), (1,), (7,), (2, 3), (3, 1, 2))
PARTS: dict[str, Any] = {
    "all": lambda x: x, "transposed": lambda x: x.T, "some": lambda x: x[..., ::2],
    "backwards": lambda x: x[::-1], "column": lambda x: x[..., :1], "none": lambda x: x[:0],
}  # fmt: skip


class View(ctypes.Structure):
    """`Py_buffer`."""

    _fields_ = (
        ("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p), ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)), ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )  # fmt: skip


def asked(thing: Any, request: int) -> Any:
    """What is read of a thing by a request; None if it is refused."""
    view, api = View(), ctypes.pythonapi
    try:
        api.PyObject_GetBuffer(ctypes.py_object(thing), ctypes.byref(view), request)
    except (BufferError, ValueError):  # the latter is NumPy's
        return None
    data = ctypes.string_at(view.buf, view.len) if not view.strides else None
    found = (
        view.len, view.itemsize, view.readonly, view.format, data,
        view.shape[: view.ndim] if view.shape else None,
        view.strides[: view.ndim] if view.strides else None,
    )  # fmt: skip
    api.PyBuffer_Release(ctypes.byref(view))
    return found


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape])
def test_every_request_is_answered_as_numpy_does(shape: tuple[int, ...], part: str) -> None:
    array = np.arange(np.prod(shape, dtype=int), dtype=np.float64).reshape(shape)
    x, expected = PARTS[part](ours.array(array)), PARTS[part](array)
    expected.flags.writeable = False
    writable, format, nd, strides = 0x1, 0x4, 0x8, 0x18
    orders = (0, nd, strides, 0x20 | strides, 0x40 | strides, 0x80 | strides, 0x100 | strides)
    for order, extra in itertools.product(orders, (0, format, writable, writable | format)):
        mine, theirs = asked(x, order | extra), asked(expected, order | extra)
        if theirs is None or not expected.size:
            assert (mine is None) == (theirs is None) or not expected.size, (order, extra)
            continue
        if mine is not None and 1 in expected.shape:  # strides there mean nothing
            mine, theirs = mine[:-1], theirs[:-1]
        assert mine == theirs, (order, extra)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("code", CODES)
def test_all_dtypes(code: str, shape: tuple[int, ...]) -> None:
    array = (np.arange(np.prod(shape, dtype=int)) % 2).reshape(shape)
    x = ngrad.constant(array, BY_CODE[code])
    try:
        theirs = memoryview(np.asarray(x.numpy()))
    except ValueError:
        with pytest.raises(BufferError, match="no name for this dtype"):
            memoryview(x)
    else:
        mine = memoryview(x)
        names = ("format", "itemsize", "shape", "nbytes", "ndim")
        assert [getattr(mine, k) for k in names] == [getattr(theirs, k) for k in names]
        assert mine.readonly and mine.tobytes() == theirs.tobytes()
    assert np.asarray(x).dtype == BY_CODE[code].numpy_dtype
    assert np.array_equal(np.asarray(x), array)


@pytest.mark.parametrize("make", [ours.array, ngrad.constant, ngrad.Variable])
def test_it_is_the_memory_itself_as_long_as_it_is_read(make: Any) -> None:
    x = make(np.arange(6.0))
    view, pending = memoryview(x), memoryview(x + 1.0)
    array = np.asarray(x)
    assert np.shares_memory(np.asarray(view), array) and not array.flags.writeable
    if make is ours.array:
        x[2] = 7.0
        assert view[2] == array[2] == 2.0 and memoryview(x)[2] == 7.0
    elif make is ngrad.Variable:
        x.assign(np.zeros(6))
        assert view[2] == array[2] == 2.0 and memoryview(x)[2] == 0.0
    del x
    ngrad.eval([ngrad.zeros((6,), ngrad.float64) + float(k) for k in range(8)])
    assert view.tolist() == array.tolist() == list(range(6))
    assert pending.tolist() == list(range(1, 7))


def test_readers_who_ask_for_no_shape() -> None:
    array = np.arange(6.0).reshape(2, 3)
    x = ours.array(array)
    assert hashlib.sha256(x).digest() == hashlib.sha256(array).digest()
    if sys.version_info >= (3, 12):  # Python's own way to ask
        for request in (0, 4, 0x18, 0x1C):
            assert x.__buffer__(request).tobytes() == array.tobytes()
        for value in (x, ngrad.constant([1.0], "bfloat16")):
            for request in (0x8, 0x10):
                with contextlib.suppress(BufferError):
                    assert value.__buffer__(request).nbytes


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_a_dtype_without_a_name_there(shape: tuple[int, ...]) -> None:
    """Neither of values, nor of a constant's one, which is lent as a copy."""
    for x in (ngrad.constant(np.ones(shape), "bfloat16"), ngrad.zeros(shape, "bfloat16")):
        with pytest.raises(BufferError, match="no name for this dtype"):
            memoryview(x)
        assert np.asarray(x).dtype == "bfloat16" and np.asarray(x).shape == shape


def test_what_is_half_made_raises() -> None:
    for kind in (ngrad.Tensor, ours.ndarray):
        with pytest.raises(AttributeError):
            memoryview(kind.__new__(kind))


def test_garbage_can_be_read_by_garbage() -> None:
    """The collector ends all of a cycle's objects together: memory stays while one may read it."""
    seen = []

    class Model:
        def __init__(self) -> None:
            self.me, self.weights = self, ngrad.constant(np.full(100, 7.0))

        def __del__(self) -> None:
            others = [ngrad.constant(np.full(100, -1.0)) for _ in range(5)]
            seen.append((float(self.weights[0]), len(others)))

    Model()
    gc.collect()
    assert seen == [(7.0, 5)]


def test_nothing_is_held_for_good() -> None:
    x = ours.array(np.arange(4.0))
    cell, tensor = sys.getrefcount(x), sys.getrefcount(x._read())
    for _ in range(100):
        memoryview(x).release()
        np.asarray(x)
        assert asked(x, 1) is None
        assert asked(x[::2], 0) is None
    request = View(obj=1)
    with pytest.raises(BufferError):
        ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(x), ctypes.byref(request), 1)
    assert request.obj is None  # as the protocol asks of who refuses
    assert (sys.getrefcount(x), sys.getrefcount(x._read())) == (cell, tensor)


def test_a_device_has_none() -> None:
    second()
    with ngrad.device("cuda:7"):
        x = ngrad.constant([1.0, 2.0])
    with pytest.raises(BufferError, match="cuda:7 has no memory on the CPU"):
        memoryview(x)
    assert np.asarray(x).tolist() == [1.0, 2.0]


def test_what_a_function_records_has_none() -> None:
    with pytest.raises(Exception, match="function look"):

        @ngrad.function
        def look(x: Any) -> Any:
            return memoryview(x)

        look(ngrad.constant([1.0]))


def test_ctrl_c_passes_a_reader_that_passes_over_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy asks another way after any error: there it is raised once more."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what runs in a background
    evaluate, times = Tensor.evaluate, []

    def interrupted(x: Tensor) -> None:
        times.append(x)
        if len(times) == 1:
            raise KeyboardInterrupt
        evaluate(x)

    x = ngrad.constant(np.zeros(1 << 16)) + 1.0
    assert not x._at
    monkeypatch.setattr(Tensor, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        np.asarray(x)
    assert len(times) == 1 and np.asarray(x)[0] == 1.0


def test_slots_are_found_where_they_are() -> None:
    for kind in (Tensor, Buffer):
        found = offsets(kind)
        assert len(set(found.values())) == len(found) > 1
        assert all(0 < place < kind.__basicsize__ for place in found.values())
    buffer = blank(Buffer)  # half made: it has no block to give back
    assert not hasattr(buffer, "free") and not hasattr(buffer, "address")
    buffer.address = 1
