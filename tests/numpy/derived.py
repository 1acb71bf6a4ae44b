"""Which of NumPy's names have derivatives beyond the tables of calls, and why others have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from calls import POSITIVE, A, B, V, W
from cases_complex import Z
from cases_linalg import SPIRAL
from cases_linalg import Z as GENERAL

import ngrad.numpy as ours
from ngrad.absent import Reasons

TURNED = Z * (1 + 0.2j)
"""No element is on the negative axis, where angles leap."""
KEPT = np.array([True, False, True, True])


def written(write: Callable[[Any, Any], None]) -> Callable[..., Any]:
    """The square of a copy that is written to."""

    def function(x: Any, y: Any) -> Any:
        z = ours.array(x)
        write(z, ours.asarray(y))
        return z * z

    return function


def eigen(*matrices: Any) -> Any:
    """Eigenvalues, and of each vector v what no factor of modulus 1 changes, v v^H."""
    found = []
    for values, v in map(ours.linalg.eig, matrices):
        found += [ours.ravel(values), ours.ravel(ours.einsum("...ik,...jk->...kij", v, v.conj()))]
    return ours.concatenate(found)


DERIVED: dict[str, tuple[Any, ...]] = {
    "angle": (lambda z: ours.angle(z, deg=True), TURNED),
    "asarray_chkfinite": (lambda x: ours.asarray_chkfinite(x) ** 2, V),
    "bincount": (lambda w: ours.bincount([0, 1, 1, 3], w) ** 2, V),
    "c_": (lambda x, y: ours.c_[x, y] ** 2, V, W),
    "copyto": (written(lambda z, y: ours.copyto(z, y, where=KEPT)), V, W),
    "fft.fftfreq": (lambda d: ours.fft.fftfreq(5, d), np.array(0.3)),
    "fft.rfftfreq": (lambda d: ours.fft.rfftfreq(5, d), np.array(0.3)),
    "fill_diagonal": (written(lambda z, y: ours.fill_diagonal(z.reshape(2, 2), y)), V, W),
    "fromfunction": (lambda x: ours.fromfunction(lambda i, j: x[0] * i + x[1] ** 2 * j, (2, 3)), V),
    "fromiter": (lambda x: ours.fromiter(iter([*ours.asarray(x), 2.0]), float) ** 2, V),
    "histogram": (lambda w: ours.histogram(B, 4, weights=w, density=True)[0], POSITIVE),
    "histogram2d": (
        lambda x, y, w: ours.histogram2d(x, y, 2, [None, (-1.0, 2.5)], True, w)[0],
        V, W, POSITIVE[0],
    ),
    "histogramdd": (lambda x, w: ours.histogramdd(x, 2, density=True, weights=w)[0], B, V[:3] + 3),
    "histogram_bin_edges": (
        lambda x, y: ours.histogram_bin_edges(A, 3, ours.asarray(x)[:2] - [2.5, 0.0])
        + ours.histogram_bin_edges(A, ours.sort(x)) ** 2 * ours.histogram_bin_edges(y, 3),
        V, W,
    ),
    "imag": (lambda z: ours.imag(z) ** 2, Z),
    "intersect1d": (lambda x, y: ours.intersect1d(x, x[[2, 0]]) * y[:2], V, W),
    "linalg.eig": (eigen, np.stack([SPIRAL, SPIRAL.T @ SPIRAL + SPIRAL]), GENERAL),
    "ndenumerate": (lambda x: ours.stack([y for _, y in ours.ndenumerate(x)]) ** 2, V),
    "partition": (lambda x, y: ours.partition(x, 2) * y, V, W),
    "place": (written(lambda z, y: ours.place(z, KEPT, y)), V, W),
    "poly1d": (lambda x: ours.poly1d(ours.asarray(x))(2.0) ** 2, V),
    "put": (written(lambda z, y: ours.put(z, [3, 0, 1], y)), V, W),
    "put_along_axis": (
        written(lambda z, y: ours.put_along_axis(z, np.array([3, 0, 1]), y[:3], 0)), V, W
    ),
    "putmask": (written(lambda z, y: ours.putmask(z, KEPT, y)), V, W),
    "r_": (lambda x, y: ours.r_[x, 2.0, y] ** 2, V, W),
    "real": (lambda z: ours.real(z) ** 2, Z),
    "require": (lambda x: ours.require(x, float) ** 2, V),
    "sign": (ours.sign, Z),
    "sort_complex": (lambda z: ours.sort_complex(z) ** 2, Z),
    "vectorize": (
        lambda x, y: ours.vectorize(lambda a, b: a * b if a > b else a - b * b)(x, y), V, W
    ),
}  # fmt: skip
"""A function of a name, and the arrays in which it is differentiated twice."""

UNDERIVED: Reasons = {
    "bools": (
        "all", "allclose", "any", "array_equal", "array_equiv", "equal", "greater", "greater_equal",
        "isclose", "iscomplex", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf",
        "isreal", "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor",
        "not_equal", "signbit",
    ),
    "integers": (
        "bitwise_and", "bitwise_count", "bitwise_or", "bitwise_xor", "count_nonzero", "gcd",
        "invert", "lcm", "left_shift", "linalg.matrix_rank", "packbits", "right_shift",
        "unpackbits",
    ),
    "indices": (
        "argmax", "argmin", "argpartition", "argsort", "argwhere", "diag_indices",
        "diag_indices_from", "digitize", "flatnonzero", "indices", "ix_", "lexsort", "mask_indices",
        "nanargmax", "nanargmin", "nonzero", "ravel_multi_index", "searchsorted", "tril_indices",
        "tril_indices_from", "triu_indices", "triu_indices_from", "unravel_index",
    ),
    "steps": ("ceil", "fix", "floor", "floor_divide", "rint", "round", "spacing", "trunc"),
    "constants": (
        "bartlett", "blackman", "empty", "empty_like", "eye", "hamming", "hanning", "identity",
        "ones", "ones_like", "tri", "zeros", "zeros_like",
    ),
    "looks": ("arange", "mgrid", "nditer", "ogrid"),
    "memory": (
        "from_dlpack", "frombuffer", "fromfile", "fromstring", "genfromtxt", "load", "loadtxt",
        "save", "savetxt", "savez", "savez_compressed",
    ),
    "text": ("array2string", "array_repr", "array_str"),
    "facts": ("broadcast", "min_scalar_type"),
}  # fmt: skip
"""Names of which no result has a derivative, by why, as docs/numpy-coverage.md has it."""
