"""Wrong calls: each raises what NumPy raises, and says where and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from calls import CUBE, A, B, K, M, V, describe
from test_functions import converted
from wrong_functions import FUNCTIONS
from wrong_in_modules import IN_MODULES
from wrong_on_arrays import ON_ARRAYS

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


def evaluated(text: str, space: Any, made: Callable[[Any], Any]) -> None:
    arrays = {"A": A, "B": B, "K": K, "M": M, "V": V, "S": S, "CUBE": CUBE, "EMPTY": EMPTY}
    eval(text, {"np": space, **{name: made(x.copy()) for name, x in arrays.items()}})


def test_there_are_enough() -> None:
    assert len({*map(shown, WRONG), *FUNCTIONS, *IN_MODULES, *ON_ARRAYS}) >= 500


def check(call: Callable[[], Any], own: Callable[[], Any], name: str) -> str:
    """What our error says, which is of the type of NumPy's, and names the function."""
    with pytest.raises(Exception) as theirs:
        call()
    modules = ("builtins", "numpy.exceptions", "numpy.linalg")
    plain = [kind for kind in theirs.type.__mro__ if kind.__module__ in modules]
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
    if "could not be broadcast" in text and isinstance(getattr(np, name), np.ufunc):
        assert all(str(x.shape) in text for x in args if isinstance(x, np.ndarray))


@pytest.mark.parametrize("text", [*FUNCTIONS, *IN_MODULES, *ON_ARRAYS])
@pytest.mark.filterwarnings("ignore")
def test_expressions(text: str) -> None:
    named = re.match(r"(?:np|A|V)\.(?:(?:linalg|fft)\.|random.*\)\.|add\.|sin\.)?(\w+)\(", text)
    said = check(
        lambda: evaluated(text, np, lambda x: x),
        lambda: evaluated(text, ours, ours.array),
        named[1] if named else "",
    )
    assert re.search(r"\d|'|\[|nan|inf|None|\{\}|the matrix", said), f"{said!r} shows no value"
    if re.fullmatch(r"[AS] \S+ [AS]", text) and "@" not in text:
        assert str(A.shape) in said and str(S.shape) in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("np.broadcast_arrays(A, S)", "cannot be broadcast to a single shape"),
        ("A + S", "could not be broadcast together"),
        ("A @ np.ones((2, 4, 3)) @ np.ones((3, 3, 3))", "could not be broadcast together"),
        ("A[np.array([0, 1]), np.array([0, 1, 2])]", "could not be broadcast together"),
    ],
)
def test_shapes_that_do_not_fit_in_numpys_words(text: str, words: str) -> None:
    for space, converted_ in ((np, lambda x: x), (ours, ours.array)):
        with pytest.raises((ValueError, IndexError), match=words):
            evaluated(text, space, converted_)
