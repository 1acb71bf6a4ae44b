"""`x.view(dtype)`, the bits of an array as other elements; beside NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric import check_gradient
from test_functions import assert_like

import ngrad
import ngrad.numpy as ours

CODES = ("i1", "u1", "f2", "i2", "f4", "i4", "u4", "f8", "i8", "c8", "c16")
SHAPES = [(8,), (3, 4), (2, 0), (0, 4), (1, 2)]


def both(code: str, shape: tuple[int, ...]) -> tuple[Any, Any]:
    bits = np.random.default_rng(1).integers(1, 60, (*shape, np.dtype(code).itemsize), np.uint8)
    array = bits.view(code).reshape(shape)
    return array, ours.array(array)


def same(x: Any, array: Any) -> None:
    assert x.shape == array.shape and x.dtype == array.dtype
    assert np.asarray(x).tobytes() == array.tobytes()


@pytest.mark.parametrize("code", CODES)
def test_every_dtype_as_numpy(code: str) -> None:
    for shape in SHAPES:
        array, x = both(code, shape)
        for other in CODES:
            for theirs, mine in ((array, x), (array[::2], x[::2]), (array[:, None], x[:, None])):
                try:
                    expected = theirs.view(other)
                except ValueError:
                    with pytest.raises(ValueError, match=r"bitcast|last axis must lie in order"):
                        mine.view(other)
                    continue
                same(mine.view(other), expected)
                same(mine.view(np.dtype(other)).view(code), theirs)


def test_assignments_go_both_ways() -> None:
    array, x = both("f8", (3, 4))
    pairs = [
        (a.view("c16"), a.view("i8"), a[1:].view("u4"), a.view("c16").imag) for a in (x, array)
    ]
    for a, (z, bits, words, imag) in zip((x, array), pairs, strict=True):
        z[0, 1] = 2 - 3j
        a[1] = [1.0, 2.0, 3.0, 4.0]
        bits[2, 1] = 0x3FF0000000000000
        words[0, 1::2] += 1
        imag[1] *= 2.0
        z[1:] += 1j
    same(x, array)
    for view, other in zip(*pairs, strict=True):
        same(view, other)


def test_a_view_of_a_transpose() -> None:
    array, x = both("f4", (2, 4))
    same(x.T.view("i4"), array.T.view("i4"))
    x.T.view("i4")[1] = 7
    array.T.view("i4")[1] = 7
    same(x, array)
    for a in (x, array):
        with pytest.raises(ValueError):
            a.T.view("f8")
        with pytest.raises(ValueError):
            a[:, ::2].view("f8")
    same(x.view("c8").reshape(-1), array.view("c8").reshape(-1))
    same(x.view("i2")[:, ::2].reshape(-1), array.view("i2")[:, ::2].reshape(-1))


def test_what_is_refused() -> None:
    with pytest.raises(TypeError, match="compare with 0"):
        ours.ones(3, "int8").view(bool)
    with pytest.raises(ValueError, match="last axis of float64"):
        ours.array(1.0).view("f4")
    with pytest.raises(TypeError, match="one class"):
        ours.ones(3).view(type=np.matrix)
    same(ours.array([True, False]).view("i1"), np.array([True, False]).view("i1"))
    same(ours.array(1.0).view("i8"), np.array(1.0).view("i8"))
    mask = ours.array([True, False])
    for assign in (lambda v: v.fill(5), lambda v: v.__setitem__(0, 5), lambda v: v.__iadd__(1)):
        with pytest.raises(ngrad.errors.NumberError, match="shows bools"):
            assign(mask.view("i1"))
    assert mask.tolist() == [True, False] and mask.view("i1").tolist() == [1, 0]


def test_the_derivative_of_parts() -> None:
    def power(x: Any) -> Any:
        z = ours.asarray(x).view("c16")
        y = (z * (1 - 2j)).view("f8")
        y[0] *= 2.0
        return ours.sum(y**3) + ours.sum(abs(z) ** 2)

    x = np.linspace(-1.0, 2.0, 6)
    check_gradient(power, x)
    recorded = ngrad.function(lambda x: ngrad.grad(power)(x))
    assert_like(recorded(ours.array(x)), np.asarray(ngrad.grad(power)(ours.array(x))), 0)
    bits = ngrad.grad(lambda x: ours.sum(x.view("i8").astype(float) + x))(ours.array(x))
    assert bits.tolist() == [1.0] * 6
    with ngrad.GradientTape() as tape:
        source = ngrad.Variable(x)
        real = ours.asarray(source).view("c16").real * 3.0
    np.testing.assert_array_equal(tape.jacobian(real, source).numpy(), np.eye(6)[::2] * 3.0)


def test_a_recording_of_any_size() -> None:
    @ngrad.function(input_signature=[ngrad.TensorSpec([None], "float32")])
    def pairs(x: Any) -> Any:
        return ngrad.bitcast(ngrad.reshape(x, [-1, 2]), "complex64") * 2.0, ngrad.bitcast(
            x, "int16"
        )

    for n in (4, 6):
        x = np.arange(n, dtype="f4")
        z, words = pairs(x)
        same(z, x.view("c8") * 2)
        same(words, x.view("i2").reshape(-1, 2))
