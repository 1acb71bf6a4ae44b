"""Matrices for routines of libraries, and what those leave."""

from __future__ import annotations

from typing import Any

import numpy as np
from device_work import get, get_array, put_array
from products import Array, numbers

from ngrad_kernels.cuda.libraries import Libraries

CHECKING = (
    "cholesky",
    "triangular_solve",
    "lu_factor",
    "inv",
    "eigh",
    "eig",
    "svd",
    "pinv",
    "adjugate",
    "lu",
)
"""Routines that note faults."""
CODES = ("f4", "f8", "c8", "c16")
WHO = 7
"""Who asks."""


def run(libraries: Libraries, name: str, words: list[int], *arrays: Array) -> Any:
    """What a routine leaves in its operands; the last, where there are two."""
    found, (who, least, greatest) = noted(libraries, name, words, *arrays)
    assert least > greatest, f"{who} finds matrix {least} wrong"
    return found[-1] if len(arrays) == 2 else found


def noted(
    libraries: Libraries, name: str, words: list[int], *arrays: Array
) -> tuple[list[Array], list[int]]:
    """What a routine leaves, and in the entry of a status."""
    target, checks = libraries.target, name in CHECKING
    code = max((x.dtype for x in arrays), key=lambda dtype: dtype.itemsize).str[1:]
    work = libraries.routine(name, code, [*words, WHO] if checks else words)
    assert work is not None
    buffers, entry = [put_array(target, x) for x in arrays], target.pool.take(24)
    target.launch(target.skeleton("status_clear"), 0, 1, 1, [entry.address])
    addresses = [buffer.address for buffer in (*buffers, *[entry] * checks)]
    target.launch(work.kernel, work.facts, work.n, work.grain, addresses)
    given = zip(buffers, arrays, strict=True)
    found = [get_array(target, buffer, x.shape, x.dtype) for buffer, x in given]
    return found, get(target, entry, 3).tolist()


def solved(libraries: Libraries, a: Array, b: Array, transposed: bool = False) -> Array:
    """The solutions of systems, by factors and what is solved by these."""
    (*_, n), columns = a.shape, b.shape[-1]
    pivots = np.zeros((len(a), n), np.int32)
    factors, (who, least, greatest) = noted(
        libraries, "lu_factor", [len(a), n, n], turned(a), pivots
    )
    assert least > greatest, f"{who} finds matrix {least} wrong"
    words = [len(a), n, columns, int(transposed)]
    return turned(run(libraries, "solve", words, *factors, turned(b))[-1])


def drawn(shape: tuple[int, ...], code: str, seed: int) -> Array:
    x = numbers(shape, "f8", seed)
    return (x + 1j * numbers(shape, "f8", seed + 1) if code[0] == "c" else x).astype(code)


def definite(shape: tuple[int, ...], code: str) -> Array:
    x = drawn((*shape, shape[-1]), code, 3)
    return (x @ x.conj().swapaxes(-1, -2) + np.eye(shape[-1])).astype(code)


def turned(x: Array) -> Array:
    """Matrices by columns, or those that lie so."""
    return np.ascontiguousarray(x.swapaxes(-1, -2))


def filler(shape: tuple[int, ...], code: str) -> Array:
    """What a routine has to write over."""
    return np.full(shape, np.nan, code)


def assert_near(found: Array, wanted: Array, size: float = 1.0) -> None:
    """Whether errors are small; beside what `size` says is large."""
    close = 100 * np.finfo(found.dtype).eps
    np.testing.assert_allclose(found, wanted, rtol=close, atol=close * size)
