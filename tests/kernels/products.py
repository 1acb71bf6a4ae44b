"""Matrices that lie in every way that products are asked for, and what their products must be."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad_kernels.product import Matrices, Product

Array = np.ndarray[Any, Any]
CODES = ("f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")


def numbers(shape: tuple[int, ...], code: str, seed: int) -> Array:
    draw = np.random.default_rng(seed)
    if code[0] == "f":
        return draw.normal(size=shape).astype(code)
    if code[0] == "c":
        return (draw.normal(size=shape) + 1j * draw.normal(size=shape)).astype(code)
    if code == "b1":
        return draw.integers(0, 2, shape).astype(bool)
    info = np.iinfo(code)
    return draw.integers(info.min, info.max, shape, code, endpoint=True)


def laid_out(rows: int, columns: int, batch: tuple[int, ...], how: str, code: str, k: int) -> Array:
    """A batch of matrices: in rows, by columns, as part of a wider one, or one for all."""
    if how == "rows":
        return numbers((*batch, rows, columns), code, k)
    if how == "columns":
        return numbers((*batch, columns, rows), code, k).swapaxes(-1, -2)
    if how == "part":
        return numbers((*batch, rows + 1, columns + 3), code, k)[..., 1:, 2:-1]
    assert how == "one"
    return np.broadcast_to(numbers((rows, columns), code, k), (*batch, rows, columns))


def owner(x: Array) -> Array:
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


def strides_of(x: Array) -> tuple[int, ...]:
    """As layouts have them: those that mean nothing, of axes of one element, are row-major."""
    rows = np.empty([max(n, 1) for n in x.shape], x.dtype).strides
    given = zip(x.shape, x.strides, rows, strict=True)
    return tuple(row if n == 1 or x.size == 0 else own for n, own, row in given)


def matrices_of(x: Array) -> Matrices:
    strides = strides_of(x)
    return Matrices(strides[:-2], *strides[-2:])


def product_of(x: Array, y: Array) -> Product:
    """x @ y, as targets are asked for it."""
    code = "b1" if x.dtype == bool else x.dtype.str[1:]
    lies = map(matrices_of, (x, y))
    return Product(code, x.shape[:-2], *x.shape[-2:-1], y.shape[-1], x.shape[-1], *lies)


def expected(x: Array, y: Array) -> Array:
    if x.dtype.kind != "f":
        return np.matmul(x, y)
    return np.matmul(x.astype(np.float64), y.astype(np.float64))


def assert_close(found: Array, x: Array, y: Array) -> None:
    """As near as sums of `depth` rounded products are, relative to their magnitudes."""
    if x.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected(x, y))
        return
    bound = (x.shape[-1] + 1) * np.finfo(x.dtype).eps * np.matmul(np.abs(x), np.abs(y))
    assert (np.abs(found - expected(x, y)) <= bound).all()


WAYS = ("rows", "columns", "part", "one")
