"""Wrong calls: each raises what NumPy raises, and says where and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import CUBE, A, B, K, M, V, describe
from test_functions import converted

import ngrad.numpy as ours

S = np.zeros((2, 5))  # fits none of the others
EMPTY = np.zeros((0, 3))
WRONG: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []


def wrong(name: str, *args: Any, **kwargs: Any) -> None:
    WRONG.append((name, args, kwargs))


# -- shapes that do not fit ------------------------------------------------------------------------

for name in (
    "add", "subtract", "multiply", "divide", "power", "maximum", "arctan2", "hypot", "less",
    "equal", "logical_and", "remainder", "floor_divide", "copysign", "nextafter", "logaddexp",
    "fmin", "isclose", "float_power", "heaviside",
):  # fmt: skip
    wrong(name, A, S)
for name in ("bitwise_and", "left_shift", "gcd", "lcm"):
    wrong(name, K, np.arange(3))
wrong("where", M, A, S)
wrong("broadcast_to", A, (4, 3))
wrong("broadcast_to", V, (3,))
wrong("broadcast_arrays", A, S)
for shape in ((5, 3), (-1, 5), (-1, -1)):
    wrong("reshape", A, shape)
wrong("concatenate", [A, S])
wrong("concatenate", [A, V])
wrong("concatenate", [])
wrong("concatenate", [1.0, 2.0])
wrong("stack", [A, S])
wrong("stack", [])
wrong("vstack", [A, S])
wrong("hstack", [A, S])
wrong("dstack", [A, S])
wrong("column_stack", [A, V])
wrong("append", A, S, axis=0)
wrong("block", [[A, S], [B, B]])
wrong("matmul", A, B)
wrong("matmul", A, 2.0)
wrong("matmul", CUBE, A)
wrong("dot", A, B)
wrong("vdot", V, A)
wrong("inner", A, S)
wrong("tensordot", A, S, 1)
wrong("tensordot", A, B, ([0], [1]))
wrong("vecdot", A, S)
wrong("vecdot", np.zeros((2, 3)), np.zeros((4, 3)))
wrong("matvec", A, V[:3])
wrong("matvec", V, V)
wrong("vecmat", V, A)
wrong("einsum", "ij,jk->ik", A, B)
wrong("einsum", "ijk->i", A)
wrong("cross", A, B)
wrong("cross", V, V)
wrong("cross", 1.0, V)
wrong("convolve", A, V)
wrong("convolve", V, [])
wrong("correlate", V, V, "some")
wrong("interp", V, V, V[:3])
wrong("interp", V, [], [])
wrong("interp", V, V, V, period=0)
wrong("select", [M], [A, B])
wrong("select", [], [])
wrong("choose", [0, 3], [V[:2], V[2:]])
wrong("choose", [0, -1], [V[:2], V[2:]])
wrong("choose", [0, 1], [V[:2], V[2:]], mode="fit")
wrong("piecewise", V, [V > 0], [1, 2, 3])
wrong("extract", M, V[:2])
wrong("compress", [[True], [False]], A, axis=0)
wrong("average", A, weights=V)
wrong("average", A, axis=0, weights=V)
wrong("cov", CUBE)
wrong("cov", A, ddof=0.5)
wrong("cov", A, fweights=[1, 2])
wrong("cov", A, fweights=[1, 2, 1, -1])
wrong("cov", A, aweights=[1, 2, 1, -1])
wrong("cov", A, fweights=[1.5, 2, 1, 1])
wrong("cov", A, fweights=K[:, :4])
wrong("histogram", V, weights=A)
wrong("histogram", V, bins=0)
wrong("histogram", V, bins=2.5)
wrong("histogram", V, bins=[3, 1, 2])
wrong("histogram", V, bins="many")
wrong("histogram", V, range=(2, 1))
wrong("histogram2d", V, V[:3])
wrong("histogramdd", A, bins=(2, 3))
wrong("bincount", [1, -2])
wrong("bincount", K)
wrong("bincount", [1, 2], weights=V)
wrong("bincount", [1], minlength=-1)
wrong("digitize", V, [1, 3, 2])
wrong("searchsorted", A, 1.0)
wrong("searchsorted", V, 1.0, side="middle")
wrong("polyfit", V, V[:3], 1)
wrong("polyfit", A, V, 1)
wrong("polyfit", V, V, -1)
wrong("polyfit", V, V, 1, w=V[:2])
wrong("polyfit", [], [], 1)
wrong("polyder", V, -1)
wrong("polyint", V, -1)
wrong("polyint", V, 3, k=[1, 2])
wrong("poly", A)
wrong("roots", A)
wrong("vander", A)
wrong("diag", CUBE)
wrong("tril", 3.0)
wrong("fill_diagonal", V, 1.0)
wrong("fill_diagonal", CUBE, 1.0)
wrong("trapezoid", V, V[:3])
wrong("gradient", V, V[:3])
wrong("gradient", V, 1.0, 2.0)
wrong("gradient", V, edge_order=3)
wrong("gradient", V[:1])
wrong("gradient", A, A)
wrong("diff", 3.0)
wrong("diff", V, n=-1)
wrong("take_along_axis", A, np.array([0]), axis=1)
wrong("resize", V, (2, -1))
wrong("meshgrid", V, V, indexing="yx")

# -- axes ------------------------------------------------------------------------------------------

for name in (
    "sum", "prod", "mean", "var", "std", "max", "min", "all", "any", "argmax", "argmin", "cumsum",
    "cumprod", "ptp", "nansum", "nanmean", "median", "sort", "argsort", "flip", "count_nonzero",
    "nanmax", "nanmedian", "expand_dims", "squeeze", "unstack",
):  # fmt: skip
    wrong(name, A, axis=5)
for name in ("sum", "max", "mean", "flip", "all", "median"):
    wrong(name, A, axis=(0, 0))
wrong("sum", A, axis=1.5)
wrong("sort", A, axis="x")
wrong("concatenate", [A, B], axis=2)
wrong("stack", [A, B], axis=4)
wrong("swapaxes", A, 0, 2)
wrong("moveaxis", A, 0, 2)
wrong("moveaxis", A, [0, 1], [0])
wrong("rollaxis", A, 3)
wrong("transpose", A, (0, 0))
wrong("transpose", A, (0, 1, 2))
wrong("roll", A, 1, axis=3)
wrong("repeat", A, 2, axis=2)
wrong("take", A, [0], axis=2)
wrong("diff", A, axis=2)
wrong("gradient", A, axis=2)
wrong("trapezoid", A, axis=2)
wrong("delete", A, 0, axis=2)
wrong("insert", A, 0, 1.0, axis=2)
wrong("quantile", A, 0.5, axis=2)
wrong("squeeze", A, axis=0)
wrong("rot90", A, axes=(0, 0))
wrong("apply_along_axis", np.sum, 2, A)
wrong("split", A, 5)
wrong("split", A, 2, axis=2)
wrong("array_split", A, 0)
wrong("hsplit", 1.0, 2)
wrong("vsplit", V, 2)
wrong("dsplit", A, 2)
wrong("matrix_transpose", V)
wrong("cumulative_sum", A)
wrong("diagonal", V)
wrong("trace", V)
wrong("partition", A, 1, axis=2)

# -- numbers that mean nothing ---------------------------------------------------------------------

wrong("take", V, [4])
wrong("take", V, [-5])
wrong("take", V, [0], mode="near")
wrong("take_along_axis", A, np.array([[7]]), axis=1)
wrong("delete", V, 9)
wrong("insert", V, 9, 1.0)
wrong("delete", V, [True, False])
wrong("partition", V, 4)
wrong("argpartition", V, [0, 9])
wrong("unravel_index", 12, (3, 4))
wrong("ravel_multi_index", ([3], [0]), (3, 4))
for name in ("zeros", "ones", "empty"):
    wrong(name, (2, -1))
    wrong(name, 1.5)
    wrong(name, "a")
wrong("full", (-1,), 2.0)
wrong("eye", -1)
wrong("linspace", 0, 1, -3)
wrong("linspace", 0, 1, 2.5)
wrong("logspace", 0, 1, -1)
wrong("tri", "a")
wrong("arange")
wrong("repeat", V, -1)
wrong("repeat", V, [1, 2])
wrong("tile", V, -1)
wrong("pad", V, -1)
wrong("pad", V, 1, "outside")
wrong("pad", V, 1.5)
wrong("pad", V, 1, end_values=3)
wrong("pad", EMPTY, 1, "edge")
wrong("pad", A, ((1, 2), (3, 4), (5, 6)))
wrong("quantile", V, 1.5)
wrong("quantile", V, -0.1)
wrong("percentile", V, 101)
wrong("quantile", EMPTY, 0.5)
wrong("percentile", EMPTY, [5, 10], axis=0)
wrong("ediff1d", M)
wrong("gradient", M)
wrong("quantile", V, 0.5, method="best")
wrong("quantile", V, 0.5, weights=V)
wrong("quantile", V, 0.5, method="inverted_cdf", weights=-np.abs(V))
wrong("quantile", V, 0.5, method="inverted_cdf", weights=V[:2] ** 2)
for name in ("max", "min", "argmax", "argmin", "ptp"):
    wrong(name, EMPTY)
wrong("max", EMPTY, axis=0)
wrong("nanargmax", np.array([np.nan, np.nan]))
wrong("nanargmin", np.array([[np.nan, 1.0], [np.nan, np.nan]]), axis=1)
wrong("max", A, where=A > 0)
wrong("isin", V, V, kind="hash")
wrong("sort", V, kind="bubble")
wrong("sort", V, kind="stable", stable=True)
wrong("lexsort", (V, V[:2]))
wrong("lexsort", ())
wrong("trim_zeros", V, "x")
wrong("place", V, [True, False, True, True], [])
wrong("place", V, [True, False], [1.0])
wrong("putmask", V, [True, False], [1.0])
wrong("put", V, [9], 1.0)
wrong("put", V, [0], 1.0, mode="near")
wrong("copyto", V, A)
wrong("packbits", V)
wrong("unpackbits", K)
wrong("asarray_chkfinite", np.array([np.inf]))
wrong("mask_indices", -1, np.triu)
wrong("fromfunction", lambda i: i, (-1,))
wrong("vectorize", 3)
wrong("require", V, "nothing")

# -- dtypes and objects ----------------------------------------------------------------------------

for name in ("sin", "exp", "sqrt", "negative", "floor", "absolute", "mean"):
    wrong(name, {"a": 1})
for name in ("bitwise_and", "bitwise_or", "left_shift", "gcd"):
    wrong(name, A, B)
wrong("invert", A)
wrong("bitwise_count", A)
wrong("subtract", M, M)
wrong("negative", M)
wrong("sign", M)
wrong("quantile", M, 0.5)
wrong("array", [[1, 2], [3]])
wrong("array", [1, [2, 3]])
wrong("array", 1, dtype="nonsense")
wrong("zeros", 2, dtype="nonsense")
wrong("add", V)
wrong("add", V, V, V, V)
wrong("sin")
wrong("add", V, V, where=V)
wrong("copyto", K, V)
wrong("copyto", V, V, where=V)
wrong("putmask", K, K > 0, V)
wrong("choose", V, [V, V])
wrong("partition", V, 1.5)
wrong("select", [V], [V])
wrong("astype", V, "nonsense")
wrong("ediff1d", K, to_end=V)
wrong("astype", [1, 2], float)
wrong("ldexp", V, V)
wrong("ldexp", V, 2.0)
wrong("ldexp", V, np.array([1], np.uint64))
wrong("from_dlpack", [1.0])


def copied(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def shown(row: tuple[str, tuple[Any, ...], dict[str, Any]]) -> str:
    name, args, kwargs = row
    given = [describe(x) for x in args] + [f"{k}={describe(v)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(given)})"


EXPRESSIONS = """
A[7]
A[0, 9]
A[0, 0, 0]
A[..., ...]
A['a']
A[1.5]
A[[0, 9]]
A[[0, 1], [0, 1, 2]]
A[M]
A[np.array([True, False])]
A[0:2:0]
A[None, None, 0, 0, 0]
V[np.array([0.5])]
V[{}]
V[-5]
V['x':]
A + S
A - S
A * S
A / S
A // S
A % S
A ** S
A @ B
A @ S
A < S
S + A
K & A
A | M
~A
A << 1
M - M
-M
A + 'a'
A + None
A + object()
A + {'a': 1}
A.reshape(5, 3)
A.reshape(-1, -1)
A.reshape(3, -1, 5)
A.reshape('a')
A.reshape(2.5, 2)
A.reshape(3, float('nan'))
A.transpose(0, 0)
A.transpose(0, 1, 2)
A.swapaxes(0, 5)
A.sum(axis=7)
A.mean(axis=(0, 0))
A.max(axis=-3)
A.argmin(axis=2)
A.std(axis=4)
A.cumsum(axis=3)
A.squeeze(axis=0)
A.repeat(-1)
A.repeat([1, 2])
A.repeat(2, axis=5)
A.take([99])
A.take([0], axis=4)
A.sort(axis=5)
A.argsort(axis=5)
A.partition(99)
A.diagonal(axis1=0, axis2=0)
A.trace(axis1=1, axis2=1)
A.astype('nonsense')
A.astype(int, casting='safe')
A.dot(B)
A.item()
A.item(99)
A.item(-13)
A.item(0, 9)
A.item(1.5)
A.fill('a')
K.fill('1.5')
A.fill({})
A.choose([A])
A.searchsorted(1.0)
A.put([99], 0.0)
A.nonzero(1)
A.ravel('x')
float(A)
int(A)
np.zeros(-1)
np.zeros((2, -3))
np.zeros(float('nan'))
np.zeros(float('inf'))
np.zeros(2**70)
np.zeros((2**40, 2**40))
np.ones((10**9, 10**9, 10**9))
np.full((2, -1), 0)
np.full(None, [1, 2])
np.empty('abc')
np.eye(2.5)
np.eye(-2)
np.eye('a')
np.identity(-1)
np.identity(2.5)
np.arange(0, 1, 0)
np.arange(0, float('inf'))
np.arange(float('nan'))
np.arange('a')
np.arange(0, 1e30, 1)
np.linspace(0, 1, float('nan'))
np.linspace(0, 1, -1)
np.linspace(0, 1, 2.5)
np.linspace('a', 1, 3)
np.logspace(0, 1, 2.5)
np.geomspace(0, 1, 5)
np.geomspace(1, 2, -5)
np.tile(V, float('nan'))
np.tile(V, 'a')
np.repeat(V, float('nan'))
np.repeat(V, 'a')
np.broadcast_to(V, -1)
np.broadcast_to(V, (2, 3))
np.broadcast_to(V, 'a')
np.indices((2, -1))
np.tri(-1, 'a')
np.pad(V, 'a')
np.pad(V, float('nan'))
np.pad(V, -2)
np.roll(V, 'a')
np.roll(V, float('nan'))
np.rot90(A, 1, (0, 5))
np.rot90(V)
np.flip(A, 2)
np.fliplr(V)
np.flipud(np.array(1.0))
np.array([[1, 2], [3]])
np.array([1, 2], dtype='nope')
np.asarray([1], dtype='q9')
np.sin('a')
np.sin(None)
np.sin(object())
np.sin([1, 'a'])
np.sin({})
np.sin(A, A, A)
np.add(A, 'a')
np.add(A)
np.add(A, None)
np.exp([None])
np.sqrt({1, 2})
np.log('x')
np.sum('a')
np.mean('a')
np.mean(None)
np.std({'a': 1})
np.var('abc')
np.max([])
np.min(EMPTY)
np.argmax([])
np.argmin(EMPTY, axis=0)
np.median('a')
np.cumsum('a')
np.cumsum(A, axis=2)
np.sum(A, axis='a')
np.sum(A, axis=1.5)
np.sum(A, axis=None, dtype='nope')
np.sum(A, axis=(0, 5))
np.quantile(V, 2)
np.quantile(V, -1)
np.percentile(V, 200)
np.quantile(V, float('nan'), method='x')
np.dot(A, B)
np.dot(A, S)
np.dot(A, 'a')
np.vdot(A, V)
np.inner(A, S)
np.outer(A, 'a')
np.matmul(V, S)
np.matmul(3.0, V)
np.einsum('ij,jk', A, B)
np.einsum('ij', V)
np.einsum('i->j', V)
np.einsum(A)
np.einsum('ii', A)
np.tensordot(A, B, axes=([0], [1, 0]))
np.kron('a', A)
np.trace(V)
np.linalg.inv(A)
np.linalg.inv(V)
np.linalg.inv(np.zeros((2, 2)))
np.linalg.solve(A, V)
np.linalg.solve(np.eye(3), V)
np.linalg.det(A)
np.linalg.det(V)
np.linalg.cholesky(A)
np.linalg.cholesky(-np.eye(2))
np.linalg.eigh(A)
np.linalg.eigvalsh(V)
np.linalg.qr(V)
np.linalg.svd(V)
np.linalg.norm(CUBE, 'fro')
np.linalg.norm(V, 'fro')
np.linalg.norm(A, 'nope')
np.linalg.norm(A, axis=5)
np.linalg.norm(A, axis=(0, 1, 2))
np.linalg.matrix_power(A, 2)
np.linalg.matrix_power(np.eye(2), 1.5)
np.linalg.lstsq(A, np.ones(7))
np.linalg.pinv(V)
np.linalg.slogdet(A)
np.linalg.multi_dot([A])
np.linalg.cross(V, V)
np.linalg.tensorsolve(A, V)
np.concatenate(A, 5)
np.concatenate(3)
np.stack([A, V])
np.vstack([A, V[:2]])
np.hstack([A, S])
np.column_stack([V, V[:2]])
np.block([[A, S]])
np.split(V, 3)
np.split(A, 3, axis=9)
np.array_split(V, -1)
np.hsplit(V, 3)
np.expand_dims(A, 9)
np.expand_dims(A, (0, 0))
np.moveaxis(A, 0, 9)
np.moveaxis(A, (0, 0), (0, 1))
np.transpose(A, (2, 1))
np.swapaxes(A, 0, -4)
np.where(M, A)
np.where(M, A, S)
np.select([M], [A, B])
np.choose([5], [V, V])
np.take(A, [99])
np.take_along_axis(A, K, 0)
np.put_along_axis(A, np.array([[99]]), 0.0, 0)
np.insert(V, 99, 1)
np.delete(V, 99)
np.append(A, V, axis=0)
np.unravel_index(99, (3, 4))
np.unravel_index([0.5], (3, 4))
np.ravel_multi_index((9, 9), (3, 4))
np.searchsorted(A, 1)
np.digitize(V, A)
np.histogram(V, bins=-1)
np.histogram(V, bins='nope')
np.histogram(V, range=(1, float('nan')))
np.histogram(np.array([1.0, np.nan]))
np.histogram2d(V, V, bins=0)
np.bincount([-1])
np.bincount(A)
np.interp(V, V, V[:2])
np.interp(V, A, A)
np.convolve([], V)
np.convolve(A, A)
np.polyfit(V, V, 'a')
np.polyfit(V, V[:2], 1)
np.polyval('a', V)
np.roots(A)
np.gradient(V[:1])
np.gradient(A, axis=5)
np.diff(V, n=-1)
np.diff(np.array(1.0))
np.cross(V, V)
np.cov(CUBE)
np.corrcoef(V, V[:2])
np.meshgrid(V, indexing='zz')
np.fromiter('abc', float)
np.frombuffer(b'abc')
np.random.default_rng(0).normal(size=-1)
np.random.default_rng(0).normal(scale=-1.0)
np.random.default_rng(0).normal(size='a')
np.random.default_rng(0).choice([], 2)
np.random.default_rng(0).choice(5, 9, replace=False)
np.random.default_rng(0).choice(3, p=[0.5, 0.5])
np.random.default_rng(0).integers(5, 1)
np.lexsort(1.0)
np.sort(A, axis=9)
np.sort(A, kind='zzz')
np.partition(V, 9)
np.unique(A, axis=5)
np.isin(V, V, kind='zz')
np.nanmax(np.array([]))
np.nanargmax(np.full(2, np.nan))
np.ptp([])
np.average(V, weights=np.zeros(3))
np.clip(V, 1)
np.clip(V, A[:2, :3], 1)
np.clip('a', 0, 1)
np.round(V, 'a')
np.bitwise_and(A, 1)
np.left_shift(V, 1)
np.gcd(V, 2)
np.power(K, -1)
np.float_power('a', 2)
np.divide(A, S)
np.hypot(A, S)
np.arctan2(A, S)
np.maximum(A, S)
np.logaddexp(A, S)
np.copysign(A, 'b')
np.add.reduce(A, axis=9)
np.add.reduce(1, axis=3)
np.add.accumulate(A, axis=9)
np.sin.reduce(A)
np.add.outer(A, 'a')
np.add.reduceat(V, [9])
np.add.at(V, 99, 1.0)
np.add.at(A, [0], S)
np.apply_along_axis(len, 9, A)
np.vectorize(5)(A)
np.piecewise(V, [V > 0], [1, 2, 3])
np.require(V, requirements='Z')
np.array([1, 256], np.uint8)
np.array([[-1]], dtype='uint64')
K.__setitem__(0, float('nan'))
K.__setitem__((0, 0), 2**70)
A[0].__setitem__(0, 1j)
K.__setitem__((0, 0), 1j)
round(A)
np.diag(CUBE)
np.triu(1.0)
np.vander(A)
np.kaiser('a', 1)
np.hanning('a')
np.sinc('a')
np.packbits(V)
np.unpackbits(V)
np.resize(V, -1)
np.trim_zeros(V, 'q')
np.allclose(A, S)
np.isclose(A, S)
np.einsum_path('ij,jk', A, B)
np.fill_diagonal(V, 1.0)
np.copyto(V, S)
np.place(V, [True], [])
np.putmask(V, M, 1.0)
np.squeeze(A, 1)
np.lib.stride_tricks.sliding_window_view(V, 5)
np.lib.stride_tricks.sliding_window_view(A, 2)
np.lib.stride_tricks.sliding_window_view(A, (2, 2), axis=0)
np.lib.stride_tricks.sliding_window_view(A, 2, axis=2)
np.lib.stride_tricks.sliding_window_view(V, -1)
np.count_nonzero(A, axis=9)
np.all(A, axis=9)
np.any(A, axis='a')
""".strip().splitlines()
"""Operators, indices, methods, and functions of other parts."""


def evaluated(text: str, space: Any, made: Callable[[Any], Any]) -> None:
    arrays = {"A": A, "B": B, "K": K, "M": M, "V": V, "S": S, "CUBE": CUBE, "EMPTY": EMPTY}
    eval(text, {"np": space, **{name: made(x.copy()) for name, x in arrays.items()}})


def test_there_are_enough() -> None:
    assert len({*map(shown, WRONG), *EXPRESSIONS}) >= 500


def check(call: Callable[[], Any], own: Callable[[], Any], name: str) -> str:
    """What our error says, which is of the type of NumPy's, and names the function."""
    with pytest.raises(Exception) as theirs:
        call()
    plain = [kind for kind in theirs.type.__mro__ if kind.__module__ == "builtins"]
    common = (Exception, LookupError, object, BaseException)
    kinds = tuple(kind for kind in plain if kind not in common)
    with pytest.raises(kinds) as found:
        own()
    text = str(found.value)
    assert name in text, f"{text!r} does not name {name}"
    return text


@pytest.mark.parametrize(("name", "args", "kwargs"), WRONG, ids=map(shown, WRONG))
@pytest.mark.filterwarnings("ignore")  # NumPy's, on the way to its error
def test_raises_as_numpy(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    own = {key: converted(x) for key, x in kwargs.items()}
    text = check(
        lambda: getattr(np, name)(*map(copied, args), **kwargs),
        lambda: getattr(ours, name)(*map(converted, args), **own),
        name,
    )
    assert re.search(r"\d|'|\[", text) or not args, f"{text!r} shows neither a shape nor a value"
    if "do not broadcast" in text and isinstance(getattr(np, name), np.ufunc):
        assert all(str(x.shape) in text for x in args if isinstance(x, np.ndarray))


@pytest.mark.parametrize("text", EXPRESSIONS)
@pytest.mark.filterwarnings("ignore")
def test_expressions(text: str) -> None:
    named = re.match(r"(?:np|A|V)\.(?:linalg\.|random.*\)\.|add\.|sin\.)?(\w+)\(", text)
    said = check(
        lambda: evaluated(text, np, lambda x: x),
        lambda: evaluated(text, ours, ours.array),
        named[1] if named else "",
    )
    assert re.search(r"\d|'|\[|nan|inf|None|\{\}|the matrix", said), f"{said!r} shows no value"
    if re.fullmatch(r"[AS] \S+ [AS]", text) and "@" not in text:
        assert str(A.shape) in said and str(S.shape) in said
