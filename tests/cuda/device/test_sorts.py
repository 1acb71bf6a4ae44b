"""Sorts on a GPU: NumPy's stable order, of every dtype, in blocks of any size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from device_work import get_array, put_array
from test_products import CODES

import ngrad
from ngrad.devices import device_of
from ngrad.ops.ordering import order
from ngrad_kernels.cuda import sorting
from ngrad_kernels.cuda.target import CudaTarget

Array = np.ndarray[Any, Any]
SPECIAL = np.array([np.nan, -np.nan, 0.0, -0.0, np.inf, -np.inf, 1.5, -1.5, 1e-45, -1e-45])


def elements(rows: int, length: int, code: str, rng: np.random.Generator) -> Array:
    """Over the whole range, with ties."""
    if code[0] == "f":
        x = rng.normal(size=(rows, length)).astype(code)
        special = rng.random(x.shape) < 0.4
        x[special] = rng.choice(SPECIAL, special.sum())
        return x
    if code == "b1":
        return rng.integers(0, 2, (rows, length)).astype(bool)
    info = np.iinfo(code)
    x = rng.integers(info.min, info.max, (rows, length), code, endpoint=True)
    x[:, ::3] = x[:, :1]
    return x


def argsort(target: CudaTarget, x: Array, descending: bool) -> Array:
    rows, length = x.shape
    words = [rows, length, int(descending)]
    work = target.libraries.routine("argsort", x.dtype.str[1:], words)
    assert work is not None
    keys, out = put_array(target, x), target.pool.take(8 * x.size)
    target.launch(work.kernel, work.facts, work.n, work.grain, [keys.address, out.address])
    return get_array(target, out, x.shape, np.int64)


@pytest.mark.parametrize("code", CODES)
def test_every_dtype(code: str, target: CudaTarget, rng: np.random.Generator) -> None:
    x, descending = elements(2, 37, code, rng), bool(rng.integers(2))
    np.testing.assert_array_equal(argsort(target, x, descending), order(x, descending))


@pytest.mark.parametrize("rows, length", [(1, 1), (5, 3), (1, 33), (2, 70)])
@pytest.mark.parametrize("threads", [32, 64])
def test_units_and_blocks(
    threads: int,
    rows: int,
    length: int,
    open_target: Callable[..., CudaTarget],
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows of several units, which are longer where there would be too many of them."""
    monkeypatch.setattr(sorting, "LEAST", 16)
    monkeypatch.setattr(sorting, "UNITS", 3)
    x = elements(rows, length, "i2", rng)
    target = open_target(0, threads=threads)
    np.testing.assert_array_equal(argsort(target, x, False), order(x, False))


def test_elements_in_order(rng: np.random.Generator) -> None:
    """Of a transposed array too, which is copied first."""
    x = elements(3, 20, "f4", rng)
    with ngrad.device("cuda:0"):
        tensor = ngrad.constant(x)
        for axis in (0, 1):
            found = ngrad.sort(tensor, axis).numpy()
            places = np.argsort(x, axis, kind="stable")
            np.testing.assert_array_equal(found, np.take_along_axis(x, places, axis))


def test_a_shuffle_is_the_cpus() -> None:
    """The same numbers, and nothing goes by the host."""
    x = np.arange(20)
    expected = ngrad.random.stateless_shuffle(x, [3, 4]).numpy()
    with ngrad.device("cuda:0"):
        tensor = ngrad.constant(x)
        ngrad.eval(ngrad.random.stateless_shuffle(tensor, [3, 4]))
        before = device_of("cuda:0").target.counters["synchronisations"]
        found = ngrad.random.stateless_shuffle(tensor, [3, 4])
        ngrad.eval(found)
        assert device_of("cuda:0").target.counters["synchronisations"] == before
    np.testing.assert_array_equal(found.numpy(), expected)
