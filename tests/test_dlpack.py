"""Memory that is shared: what NumPy sees is the tensor's own, and stays as long as it is seen."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import CODES
from second import second

import ngrad
import ngrad.numpy as ours
from ngrad import dlpack
from ngrad.errors import DTypeError


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_round_trip(code: str, shape: tuple[int, ...]) -> None:
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(code)
    x = ngrad.constant(array)
    seen = np.from_dlpack(x)
    assert seen.dtype == array.dtype
    assert seen.tobytes() == array.tobytes()
    assert not seen.flags.writeable
    back = ngrad.from_dlpack(seen)
    assert back.numpy().tobytes() == array.tobytes()


def test_views_are_seen_with_their_strides() -> None:
    x = ngrad.constant(np.arange(12.0).reshape(3, 4))
    y = ngrad.transpose(x)[::2]
    ngrad.eval(y)
    seen = np.from_dlpack(y)
    assert seen.tolist() == y.numpy().tolist()
    assert np.shares_memory(np.from_dlpack(x), seen)


def test_a_pending_tensor_is_computed() -> None:
    x = ngrad.constant([1.0, 2.0])
    assert np.from_dlpack(x * 2.0).tolist() == [2.0, 4.0]


def test_memory_lives_while_it_is_seen() -> None:
    x = ngrad.constant(np.arange(1000.0))
    seen = np.from_dlpack(x)
    held = len(dlpack._given)
    del x
    gc.collect()
    others = [ngrad.zeros([1000], ngrad.float64) + float(k) for k in range(8)]
    ngrad.eval(others)
    assert seen.tolist() == list(range(1000))
    del seen
    gc.collect()
    assert len(dlpack._given) == held - 1


def test_a_capsule_that_nobody_reads_lets_go() -> None:
    before = len(dlpack._given)
    for version in (None, (1, 0)):
        capsule = ngrad.constant([1.0]).__dlpack__(max_version=version)
        assert len(dlpack._given) == before + 1
        del capsule
        assert len(dlpack._given) == before


def test_a_capsule_that_is_refused_lets_go() -> None:
    """And whoever refuses it says why."""
    before = len(dlpack._given)
    with pytest.raises((BufferError, RuntimeError), match="Unsupported dtype"):
        np.from_dlpack(ngrad.constant([1.0], ngrad.bfloat16))
    assert len(dlpack._given) == before


def test_from_a_library_that_knows_no_versions() -> None:
    class Old:
        def __init__(self, x: Any) -> None:
            self.x = x

        def __dlpack__(self, stream: Any = None) -> Any:
            return self.x.__dlpack__(stream=stream)

        def __dlpack_device__(self) -> Any:
            return self.x.__dlpack_device__()

    x = ngrad.constant([[1.0, 2.0]])
    before = len(dlpack._given)
    assert ngrad.from_dlpack(Old(x)).numpy().tolist() == [[1.0, 2.0]]
    assert len(dlpack._given) == before


def test_another_device() -> None:
    second()
    x = ngrad.constant([1.0, 2.0]).to_device("cuda:7")
    assert x.__dlpack_device__() == (2, 7)
    assert ngrad.from_dlpack(x).device == "cuda:7"
    assert ngrad.from_dlpack(x, device="cpu").device == "cpu"
    seen = np.from_dlpack(x, device="cpu", copy=True)
    assert seen.tolist() == [1.0, 2.0]
    interface = x.__cuda_array_interface__
    assert interface["data"] == (x._address, True)
    assert (interface["shape"], interface["typestr"]) == ((2,), "<f4")
    assert not hasattr(ngrad.constant(1.0), "__cuda_array_interface__")


class _Unknown:
    """An array of a dtype that there is not."""

    def __dlpack__(self, **_: Any) -> Any:
        given = ngrad.constant([1.0]).__dlpack__()
        place = dlpack._api.PyCapsule_GetPointer(given, b"dltensor")
        dlpack.FORMS[b"dltensor"].from_address(place).array.dtype.code = dlpack.BFLOAT
        return given

    def __dlpack_device__(self) -> Any:
        return (1, 0)


def test_refusals() -> None:
    x = ngrad.constant([1.0])
    with pytest.raises(AttributeError, match="__dlpack__"):
        ngrad.from_dlpack([1.0])
    with pytest.raises(DTypeError, match="type code 4 of 32 bits"):
        ngrad.from_dlpack(_Unknown())
    with pytest.raises(BufferError, match="without a copy"):
        x.__dlpack__(dl_device=(2, 0), copy=False)
    with pytest.raises(BufferError, match="device type 9"):
        x.__dlpack__(dl_device=(9, 0))
    used = x.__dlpack__()

    class Once:
        def __dlpack__(self, **_: Any) -> Any:
            return used

        def __dlpack_device__(self) -> Any:
            return (1, 0)

    ngrad.from_dlpack(Once())
    with pytest.raises(BufferError, match="used before"):
        ngrad.from_dlpack(Once())


COPIES: dict[str, Callable[[Any], Any]] = {
    "array": ours.array,
    "asarray": lambda x: ours.asarray(x, copy=True),
    "astype": lambda x: x.astype(x.dtype),
    "copy": lambda x: x.copy(),
    "flatten": lambda x: x.flatten(),
    "from_dlpack": lambda x: ours.from_dlpack(x, copy=True),
    "ngrad.asarray": lambda x: ngrad.asarray(x, copy=True),
    "positive": lambda x: +x,
    "reshape": lambda x: x.reshape(4, copy=True),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_of_what_was_there(name: str) -> None:
    theirs = np.arange(4.0)
    found = COPIES[name](ours.from_dlpack(theirs))
    theirs[:] = 9.0
    assert np.asarray(found).tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("name", [name for name in COPIES if name != "from_dlpack"])
def test_a_tape_hears_of_a_copy(name: str) -> None:
    x = ours.from_dlpack(np.arange(4.0))
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = COPIES[name](x) * 3.0
    assert np.asarray(tape.gradient(y, x)).tolist() == [3.0] * 4


CONSTANTS: dict[str, Callable[[], Any]] = {
    "zeros": lambda: ours.zeros(3),
    "ones": lambda: ours.ones((2, 2)),
    "full": lambda: ours.full(3, 2.0),
    "a number": lambda: ours.array(0.0),
    "of no axes": lambda: ours.zeros(()),
    "tensor": lambda: ngrad.zeros(3),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_are_not_lent(name: str) -> None:
    """What stands for all zeros of a process is nobody's to write to, were it read-only."""
    make = CONSTANTS[name]
    before = np.array(make())
    for lend in (np.from_dlpack, lambda x: np.array(x.__array_interface__["data"])):
        seen = lend(make())
        assert seen.flags.c_contiguous and seen.size == before.size
        place = seen.ctypes.data
        assert place != np.asarray(make()).ctypes.data
    file = io.BytesIO()
    file.write(make())
    assert file.getvalue() == before.tobytes()


def test_an_error_on_its_way_is_the_one_that_is_raised() -> None:
    held = len(dlpack._given)
    with pytest.raises(ValueError, match="read-only"):
        np.from_dlpack(ngrad.constant([1.0, 2.0]))[0] = 5.0  # lets go of the memory, with the error
    assert len(dlpack._given) == held
