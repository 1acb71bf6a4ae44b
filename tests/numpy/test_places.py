"""Calls run where the arrays that they are given lie, whichever device is current: there goes what
stands beside them, and there is what they make.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from second import second

import ngrad
import ngrad.numpy as ours
from ngrad.scipy import linalg, special

X = np.arange(1.0, 13.0).reshape(3, 4)
K, M, C = np.array([2, 0]), X > 3.0, np.array([3.0, 2.0, 5.0, 4.0])


@pytest.fixture(autouse=True)
def device() -> Iterator[Any]:
    """The second device is there; it has no libraries, which an op may say, once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\w+: has no form", RuntimeWarning)
        yield second()


def assigned(index: Any, value: Any) -> Callable[[Any], Any]:
    def program(x: Any) -> Any:
        x = x.copy()
        x[index] = value
        return x

    return program


CALLS: dict[str, Callable[[Any], Any]] = {
    # what stands beside an array
    "x + array": lambda x: x + X,
    "array + x": lambda x: X + x,
    "array @ x": lambda x: X.T @ x,
    "x < list": lambda x: x < [1.0, 9.0, 3.0, 4.0],
    "x += array": lambda x: x.copy().__iadd__(X),
    "ufunc": lambda x: ours.maximum(X, x),
    "ufunc, where=": lambda x: ours.add(x, X, where=M),
    "NumPy's ufunc": lambda x: np.add(X, x),
    "NumPy's function": lambda x: np.concatenate([X, x]),
    "scipy.special": lambda x: special.xlogy(X, x),
    "an order": lambda x: special.jv([[0], [2], [1]], x),
    "logsumexp": lambda x: special.logsumexp(x, 0, b=X),
    "where": lambda x: ours.where(M, x, 0),
    "select": lambda x: ours.select([x > 3, x > 1], [x, X]),
    "choose": lambda x: ours.choose(np.array([0, 1, 2, 0]), list(x)),
    "piecewise": lambda x: ours.piecewise(x, [M, ~M], [lambda v: v, 0.0]),
    "clip": lambda x: ours.clip(x, X, 9),
    "concatenate": lambda x: ours.concatenate([X, x]),
    "stack": lambda x: ours.stack((X, x)),
    "block": lambda x: ours.block([[x, X], [X, x]]),
    "append": lambda x: ours.append(x, X, 0),
    "insert": lambda x: ours.insert(x, 1, X[0], 0),
    "array of arrays": lambda x: ours.array([x[0], X[0]]),
    "full_like": lambda x: ours.full_like(x, X[0]),
    "dot": lambda x: ours.dot(x, X.T),
    "einsum": lambda x: ours.einsum("ij,kj->ik", X, x),
    "outer": lambda x: ours.outer(X[0], x[0]),
    "kron": lambda x: ours.kron(x, X),
    "cross": lambda x: ours.cross(x[:, :3], X[:, :3]),
    "convolve": lambda x: ours.convolve(x[0], X[0]),
    "polyval": lambda x: ours.polyval(X[0], x[0]),
    "trapezoid": lambda x: ours.trapezoid(x, X[0]),
    "average": lambda x: ours.average(x, 0, weights=[1.0, 2.0, 3.0]),
    "interp": lambda x: ours.interp(x[0], X[0], X[1]),
    "solve": lambda x: ours.linalg.solve(x[:, :3] + np.diag([9.0, 8.0, 7.0]), X[:, :2]),
    "lstsq": lambda x: ours.linalg.lstsq(x, X[:, 0])[0],
    "solve_triangular": lambda x: linalg.solve_triangular(x[:, :3], X[:, 0], lower=True),
    "ldexp": lambda x: ours.ldexp(x, np.array([1, 2, 3, 4])),
    # indices and masks
    "x[array]": lambda x: x[K],
    "x[mask]": lambda x: x[M],
    "x[x > 3]": lambda x: x[x > 3.0],
    "x[array] =": assigned(K, X[:2]),
    "x[mask] =": assigned(M, 0.0),
    "x[0] =": assigned(0, X[1]),
    "x.at": lambda x: x.at[K].add(X[:2]),
    "take": lambda x: ours.take(x, K, 0),
    "take_along_axis": lambda x: ours.take_along_axis(x, np.array([[0], [1], [2]]), 1),
    "compress": lambda x: ours.compress([True, False, True], x, 0),
    "extract": lambda x: ours.extract(M, x),
    "delete": lambda x: ours.delete(x, 1, 0),
    "repeat": lambda x: ours.repeat(x, np.array([1, 2, 1]), 0),
    "searchsorted": lambda x: ours.searchsorted(x[0], X[0]),
    "digitize": lambda x: ours.digitize(x[0], [2.0, 4.0]),
    "isin": lambda x: ours.isin(x, [1.0, 2.0]),
    "bincount": lambda x: ours.bincount(x[0].astype(int), X[0]),
    # what a call makes for itself
    "nonzero": lambda x: ours.nonzero(x > 3)[0],
    "argwhere": lambda x: ours.argwhere(x > 3),
    "nonzero of several axes": lambda x: ours.stack(ours.nonzero(x % 3)),
    "compress of numbers": lambda x: ours.compress(x[:, 0] % 2, x, 0),
    "unique": lambda x: ours.unique(x),
    "unique of all": lambda x: ours.concatenate([*map(ours.ravel, ours.unique_all(x % C))]),
    "unique of NaN": lambda x: ours.concatenate(
        [*map(ours.ravel, ours.unique(ours.where(x > 5, np.nan, x % C), True, True, True))]
    ),
    "unique of slices": lambda x: ours.unique(x % C, axis=0),
    "unique of tensors": lambda x: ours.concatenate(
        [*map(ours.asarray, ngrad.unique_with_counts((9.0 - x % C).ravel()._read()))]
    ),
    "intersect1d": lambda x: ours.concatenate(ours.intersect1d(x % C, X, return_indices=True)),
    "setxor1d": lambda x: ours.setxor1d(x, [3.0, 99.0]),
    "complex order": lambda x: ours.argsort((x % C) * np.array([1j, 1.0, np.nan, -1j])),
    "complex sort": lambda x: ours.sort((x % C) + 1j * x, 0, descending=True),
    "complex partition": lambda x: ours.partition((x % C) - 1j * x, 2)[:, 2],
    "largest of complex": lambda x: ours.asarray(
        ngrad.math.top_k(((x % C) - 1j * x)._read(), 2)[1]
    ),
    "trim_zeros": lambda x: ours.trim_zeros(ours.where(x % 9 > 4, x, 0.0)[0]),
    "asarray_chkfinite": lambda x: ours.asarray_chkfinite(x),
    "histogram_bin_edges": lambda x: ours.histogram_bin_edges(x % C, 4),
    "nanmedian": lambda x: ours.nanmedian(ours.where(x > 5, x, np.nan), 0),
    "eig": lambda x: abs(ours.linalg.eig(x[:2, :2])[0]),
    "tril": lambda x: ours.tril(x),
    "roll": lambda x: ours.roll(x, 1),
    "pad": lambda x: ours.pad(x, 1),
    "diff": lambda x: ours.diff(x, prepend=0.0),
    "gradient": lambda x: ours.gradient(x[0]),
    "cumsum": lambda x: ours.cumsum(x),
    "quantile": lambda x: ours.quantile(x, [0.2, 0.7]),
    "histogram": lambda x: ours.histogram(x, 3)[0],
    "cov": lambda x: ours.cov(x),
    "linspace": lambda x: ours.linspace(x[0], x[1], 3),
    "argpartition": lambda x: x.argpartition(np.array([], int)),
    "vander": lambda x: ours.vander(x[0]),
    "nanmean": lambda x: ours.nanmean(x),
    "norm": lambda x: ours.linalg.norm(x),
    "fft": lambda x: ours.fft.fft(x),
    # what is drawn
    "normal": lambda x: ours.random.default_rng(3).normal(X, x),
    "uniform": lambda x: ours.random.default_rng(3).uniform(0.0, x, (2, 3, 4)),
    "gamma": lambda x: ours.random.default_rng(3).gamma(2.0, x),
    "lognormal": lambda x: ours.random.RandomState(3).lognormal(X, x / 9.0),
    "weibull": lambda x: ours.random.default_rng(3).weibull(x),
    "multivariate_normal": lambda x: ours.random.default_rng(3).multivariate_normal(
        x[0], np.eye(4)
    ),
    "poisson": lambda x: ours.random.default_rng(3).poisson(x),
    "random": lambda x: ours.random.default_rng(3).random(out=x.copy()),
    "choice": lambda x: ours.random.default_rng(3).choice(x, 5, axis=1),
    "permutation": lambda x: ours.random.default_rng(3).permutation(x),
    "permuted": lambda x: ours.random.default_rng(3).permuted(x, axis=1),
    "permuted, out=": lambda x: ours.random.default_rng(3).permuted(X, out=x.copy()),
}


LOOKS = {
    "nonzero of several axes", "compress of numbers", "unique of all", "unique of NaN",
    "unique of slices", "unique of tensors", "intersect1d", "setxor1d", "trim_zeros",
    "asarray_chkfinite", "histogram_bin_edges", "nanmedian",
    "x[mask]", "x[x > 3]", "compress", "extract", "nonzero", "argwhere", "unique", "piecewise",
    "histogram", "bincount", "repeat", "lstsq", "multivariate_normal", "poisson",
}  # fmt: skip
"""Calls that look at values: for the shape of what they return, or for what else they are."""


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "function"])
@pytest.mark.parametrize("name", CALLS)
def test_where_the_arrays_lie(name: str, traced: bool, device: Any) -> None:
    if traced and name in LOOKS:
        return
    program = CALLS[name]
    run = ngrad.function(program) if traced else program
    with ngrad.device(device):
        there = ours.array(X)
    found, expected = run(there), program(ours.array(X))
    assert found.device == device.name
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-12)


def test_the_current_device_is_as_before(device: Any) -> None:
    with ngrad.device(device):
        there = ours.array(X)
        here = ours.array(X).to_device("cpu")
        assert ours.add(here, X).device == "cpu" and ours.zeros(3).device == device.name
    with pytest.raises(ValueError):
        ours.concatenate([there, X[0]])
    assert ours.zeros(3).device == "cpu"


def test_what_is_chosen_lies_where_it_did(device: Any) -> None:
    with ngrad.device(device):
        chances = ours.array([0.2, 0.3, 0.5])
    for x in (ours.arange(3.0), np.arange(3.0)):
        found = ours.random.default_rng(3).choice(x, 2, p=chances)
        np.testing.assert_array_equal(found, np.random.default_rng(3).choice(x, 2, p=chances))
    assert ours.random.default_rng(3).choice(ours.arange(3.0), 2, p=chances).device == "cpu"
