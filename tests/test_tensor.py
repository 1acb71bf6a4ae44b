"""Tensors as Python and NumPy see them."""

from __future__ import annotations

import copy
import ctypes
import gc
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import CODES

import ngrad
import ngrad.numpy as ours
from ngrad import Tensor, Variable, constant
from ngrad.errors import DTypeError, ShapeError


def test_numpy_is_a_writable_copy() -> None:
    x = constant([1.0, 2.0])
    array = x.numpy()
    array[0] = 9.0
    assert array.flags.writeable and x.numpy().tolist() == [1.0, 2.0]
    assert type(constant(2.0).numpy()) is np.float32


def test_asarray_is_a_read_only_view() -> None:
    x = constant([[1.0, 2.0], [3.0, 4.0]])
    view = np.asarray(x)
    assert not view.flags.writeable and not view.flags.owndata
    assert np.shares_memory(view, np.asarray(x))
    assert not np.shares_memory(view, x.numpy())
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 9.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.setflags(write=True)
    for buffer in (memoryview(view), view.T, view[1:]):
        assert memoryview(buffer).readonly
    transposed = np.asarray(ngrad.transpose(x))
    assert transposed.strides == (4, 8) and transposed.tolist() == [[1, 3], [2, 4]]


def test_a_view_outlives_its_tensor() -> None:
    """It holds the buffer, which is neither pooled nor written to while the view lives."""
    x = constant(np.arange(1000.0))
    view = np.asarray(x)
    gc.collect()
    before = ngrad.config.memory_stats().live_bytes
    del x
    gc.collect()
    assert ngrad.config.memory_stats().live_bytes == before
    others = [ngrad.ones([1000], "float64") + float(k) for k in range(10)]
    np.testing.assert_array_equal(view, np.arange(1000.0))
    del view, others
    assert ngrad.config.memory_stats().live_bytes < before


def test_array_protocol() -> None:
    x = constant([1.5, 2.5])
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    assert np.array(x).flags.writeable
    assert np.array(x, copy=True).flags.owndata
    assert not np.shares_memory(np.array(x), np.asarray(x))
    with pytest.raises(ValueError, match="copy"):
        np.asarray(x, dtype=np.float64, copy=False)
    assert np.asarray(x, copy=False).tolist() == [1.5, 2.5]
    assert np.sum(np.asarray(x)) == 4.0


def test_what_comes_in_is_copied() -> None:
    array = np.ones(3)
    tensors = [constant(array), ngrad.convert_to_tensor(array), array + ngrad.zeros([3], "float64")]
    variable = Variable(array)
    array[:] = 7.0
    for x in (*tensors, variable):
        assert x.numpy().tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "taken",
    [
        ngrad.constant,
        lambda x: ngrad.constant(x, ngrad.float32),
        ngrad.Variable,
        ngrad.Variable([0.0, 0.0]).assign,
        ngrad.reduce_sum,
        lambda x: ngrad.ones(2) + x,
        ngrad.function(lambda x: x + 1.0),
        ngrad.asarray,
        ours.sin,
        ours.zeros(2).at[...].set,
    ],
)
def test_masks_are_not_dropped(taken: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"a masked array of shape \(2,\).* numpy.ma.filled"):
        taken(np.ma.masked_array([1.0, 2.0], [False, True]))


@pytest.mark.parametrize("code", CODES)
def test_any_array_comes_in(code: str) -> None:
    """Misaligned, byte-swapped, Fortran-ordered, negative strides, read-only, 0-d, empty."""
    plain = np.arange(24).reshape(4, 6).astype(code)
    raw = np.zeros(plain.nbytes + 1, np.uint8)
    misaligned = raw[1:].view(code).reshape(4, 6)
    misaligned[:] = plain
    frozen = plain.copy()
    frozen.setflags(write=False)
    cases = [
        misaligned,
        plain.astype(plain.dtype.newbyteorder(">")),
        np.asfortranarray(plain),
        plain[::-1, ::-2],
        np.broadcast_to(plain[0], (3, 6)),
        frozen,
        plain[0, 0],
        plain[:0],
    ]
    for array in cases:
        x = constant(array)
        assert x.dtype == np.dtype(code) and x.shape == np.shape(array)
        np.testing.assert_array_equal(x.numpy(), array)


def test_ndarray_and_tensor() -> None:
    """An array on the left asks the tensor: no object arrays."""
    array, x = np.array([1.0, 2.0]), constant([10.0, 20.0], "float64")
    for found in (array + x, x + array, np.float64(1) + x, array[0] * x):
        assert type(found) is Tensor and found.dtype == np.float64
    assert (array - x).numpy().tolist() == [-9.0, -18.0]
    assert (array < x).numpy().tolist() == [True, True]
    variable = Variable([1.0, 2.0], dtype="float64")
    assert type(array * variable) is Tensor


def test_scalars() -> None:
    x = constant(2.5)
    assert (float(x), int(x), bool(x), complex(x), x.item()) == (2.5, 2, True, 2.5 + 0j, 2.5)
    assert float(constant([[2.5]])) == 2.5 and not constant(0)
    assert type(constant(3).item()) is int and type(constant(True).item()) is bool
    assert range(5)[constant(3)] == 3 and operator.index(constant(3, "uint8")) == 3
    assert [10, 20, 30][constant(1)] == 20
    for wrong in (constant(1.0), constant([1]), constant(True)):
        with pytest.raises(TypeError):
            operator.index(wrong)
    for function in (float, int, Tensor.item):
        with pytest.raises(ShapeError, match="one element"):
            function(constant([1.0, 2.0]))
    with pytest.raises(ShapeError, match="reduce_any"):
        bool(constant([1.0, 2.0]))
    assert constant([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]


def test_sequences() -> None:
    x = constant([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2 and [row.numpy().tolist() for row in x] == [[1, 2], [3, 4]]
    _, b = x
    assert b.tolist() == [3, 4] and 3.0 in x and 9.0 not in x
    for function in (len, iter):
        with pytest.raises(TypeError, match="0-d"):
            function(constant(1.0))


def test_text() -> None:
    x = constant([1.0, 2.0])
    assert repr(x) == "<Tensor [1., 2.], shape=(2,), dtype=float32>"
    assert repr(constant(3)) == "<Tensor 3, shape=(), dtype=int32>"
    assert str(x) == "[1. 2.]" and f"{x}" == "[1. 2.]"
    assert f"{constant(2.5):.3f}" == "2.500" and f"{constant(7):>3d}" == "  7"
    with pytest.raises(TypeError, match=r"one element, not of shape \(2,\)"):
        f"{constant([1.0, 2.0]):.3f}"
    assert repr(Variable(1.0, name="w")) == "<Variable 'w' 1., shape=(), dtype=float32>"
    assert "..." in repr(ngrad.zeros([10_000]))


def test_facts() -> None:
    x = ngrad.zeros([2, 3], "float64")
    assert x.shape == (2, 3) and x.shape.as_list() == [2, 3] and x.shape.rank == 2
    assert x.shape.num_elements() == 6 and x.get_shape() == x.shape and x.shape[1:] == (3,)
    assert (x.ndim, x.size, x.nbytes, x.itemsize, x.device) == (2, 6, 48, 8, "cpu")
    assert isinstance(x.shape, tuple) and ngrad.zeros([]).shape.as_list() == []
    assert x.T.shape == (3, 2)


def test_set_shape() -> None:
    x = ngrad.zeros([2, 3])
    for fits in ([2, 3], (None, 3), None, x.shape):
        x.set_shape(fits)
    for other in ([2, 4], [None, 2, 3], [2], ()):
        with pytest.raises(ShapeError, match=r"set_shape: .*\(2, 3\).* use ngrad.reshape"):
            x.set_shape(other)


def test_pickle_and_copies() -> None:
    x = ngrad.transpose(constant([[1, 2], [3, 4]]))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(x, protocol))
        assert again.dtype == x.dtype and again.tolist() == x.tolist()
    deep = copy.deepcopy({"x": x})["x"]
    assert deep is not x and deep.tolist() == x.tolist()
    assert not np.shares_memory(np.asarray(deep), np.asarray(x))
    assert copy.copy(x) is x
    v = Variable([1.0], trainable=False, name="w")
    for other in (pickle.loads(pickle.dumps(v)), copy.deepcopy(v)):
        assert (other.name, other.trainable, other.tolist()) == ("w", False, [1.0])
        other.assign([5.0])
    assert v.tolist() == [1.0]
    assert pickle.loads(pickle.dumps(ngrad.float32)) is ngrad.float32


def test_arrays_that_are_assigned() -> None:
    """They are computed when they are asked for, and stay whose they were; in a real variable none
    loses its imaginary part.
    """
    size = 1 << 17
    pending, v = ours.ones(size) * 3.0, Variable(np.zeros(size))
    v.assign(pending)
    assert not pending._held._at
    pending[0] = 7.0
    v.assign_add(np.ones(size))
    assert v.numpy()[:2].tolist() == [4.0, 4.0] and pending[:2].tolist() == [7.0, 3.0]
    with pytest.raises(DTypeError, match=r"assign: .* is float64, the value complex128"):
        v.assign(ours.ones(size) * 1j)
    with pytest.raises(ShapeError, match=r"assign: .* has shape .* the value \(2,\)"):
        v.assign(ours.ones(2))


def test_a_reference_is_a_key() -> None:
    x, v = ngrad.constant([1.0, 1.0]), ngrad.Variable([1.0, 1.0])
    found = {x.ref(): "x", v.ref(): "v"}
    assert found[x.ref()] == "x" and found[v.ref()] == "v"
    assert v.ref().deref() is v and v.ref() != x.ref() and v.ref() != v
    assert ngrad.constant([1.0, 1.0]).ref() not in found


def test_hash_is_by_identity() -> None:
    x, y = constant(1.0), constant(1.0)
    assert {x: "x", y: "y"}[y] == "y" and hash(x) != hash(y)
    assert type(x == y) is Tensor and bool(x == y)
    assert len({Variable(1.0), Variable(1.0)}) == 2


def test_dtypes() -> None:
    assert ngrad.float32 == np.float32 == ngrad.float32 and ngrad.float32 != np.float64
    assert np.dtype("f4") == ngrad.float32 and ngrad.int32 == "int32"
    assert len({ngrad.float32, np.dtype("f4")}) == 1
    for code in CODES:
        dtype = ngrad.as_dtype(code)
        assert dtype == np.dtype(code) and dtype.name == np.dtype(code).name
        assert dtype.type is dtype.as_numpy_dtype is np.dtype(code).type
        assert np.dtype(dtype) is np.zeros(1, dtype).dtype is dtype.numpy_dtype
        assert np.dtype(dtype.as_numpy_dtype) == code and dtype.size == np.dtype(code).itemsize
        assert ngrad.as_dtype(dtype.name) is dtype and ctypes.sizeof(dtype.ctype) == dtype.size
    assert ngrad.float64.is_floating and ngrad.uint8.is_unsigned and ngrad.bool.is_bool
    assert ngrad.uint8.is_integer and not ngrad.bool.is_integer
    assert (ngrad.int8.min, ngrad.int8.max) == (-128, 127)
    assert ngrad.int8.is_compatible_with("int8") and not ngrad.int8.is_compatible_with(ngrad.uint8)
    assert ngrad.complex64.is_complex and ngrad.complex64.real_dtype is ngrad.float32
    with pytest.raises(TypeError, match="no least"):
        ngrad.complex128.min  # noqa: B018 (it raises)
    with pytest.raises(DTypeError, match="longdouble"):
        ngrad.as_dtype("longdouble")
    with pytest.raises(DTypeError, match="StringDType"):
        ngrad.as_dtype(np.dtypes.StringDType())


def test_default_dtypes_are_tensorflows() -> None:
    cases: list[tuple[Any, Any]] = [
        (1.0, "float32"),
        (1, "int32"),
        (True, "bool"),
        ([1, 2.5], "float32"),
        (2**40, "int64"),
        (1j, "complex128"),
        ([1, 2.5, 1j], "complex128"),
        (np.complex64(1), "complex64"),
        (np.float64(1), "float64"),
        (np.arange(3), "int64"),
        ([np.float64(1)], "float64"),
    ]
    for value, name in cases:
        assert constant(value).dtype.name == name, value
    for wrong in ("text", object(), [[1.0], [2.0, 3.0]]):
        with pytest.raises(DTypeError):
            constant(wrong)


def test_immutable() -> None:
    x = constant([1.0])
    with pytest.raises(TypeError, match="immutable"):
        x[0] = 2.0
    with pytest.raises(AttributeError):
        x.shape = (1, 1)  # type: ignore[misc]
    v = Variable([1.0, 2.0])
    with pytest.raises(AttributeError, match="scatter_nd_update"):
        v[0].assign(3.0)
    with pytest.raises(TypeError, match="scatter_nd_update"):
        v[0] = 3.0
    assert not hasattr(x, "assign")
    y = x
    y += 1.0
    assert x.tolist() == [1.0] and y.tolist() == [2.0]


def test_shapes_are_tensorflows_too() -> None:
    shape = constant(np.zeros((3, 4))).shape
    assert shape == [3, 4] and shape == (3, 4) and shape != [3] and {shape: 1}[3, 4]
    more = [2]
    assert shape[:-1] + more == [3, 2] and more + shape == [2, 3, 4] and shape[:1].rank == 1
    assert shape.concatenate([5]).as_list() == [3, 4, 5]
    assert shape.is_compatible_with([None, 4]) and not shape.is_compatible_with([4, 4])
    assert shape.with_rank(2) is shape.merge_with([3, None]) is shape
    with pytest.raises(ngrad.errors.ShapeError, match="2 axes, not 3"):
        shape.with_rank(3)
    with pytest.raises(ngrad.errors.ShapeError, match=r"\(3, 4\) and \[3\]"):
        shape.assert_is_compatible_with([3])
    with pytest.raises(ngrad.errors.InvalidArgumentError):
        ngrad.linalg.cholesky([[1.0, 2.0], [2.0, 1.0]])


def test_a_method_of_arrays_is_named_where_a_tensor_has_none() -> None:
    x = ngrad.constant([1.0])
    for name in ("reshape", "sum"):
        with pytest.raises(AttributeError, match=f"{name!r}, as arrays have: ngrad.numpy.asarray"):
            getattr(x, name)
    with pytest.raises(AttributeError, match=r"no attribute 'dtpye'"):
        _ = x.dtpye  # type: ignore[attr-defined]
    assert not hasattr(x, "sum") and "sum" not in dir(x) and "numpy" in dir(x)
    own = type("Own", (ngrad.Tensor,), {})(x._block, x._at, x._layout)
    assert not hasattr(own, "sum") and "sum" not in dir(own) and "numpy" in dir(own)
