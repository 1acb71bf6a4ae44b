"""`ngrad.numpy` as a namespace of the Array API standard, revision 2025.12."""

from __future__ import annotations

import inspect
import itertools
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from standard import (
    BINARY,
    ELEMENTWISE,
    NAMES,
    OF_REALS,
    REAL_DTYPES,
    SIGNATURES,
    parameters_of,
)

import ngrad
import ngrad.numpy as ours
from ngrad.numpy.operators import COMPARISONS

X = [[2.0, 0.5], [0.5, 3.0]]
ARGUMENTS: dict[str, Any] = {
    "x": X, "x1": X, "x2": X, "obj": X, "condition": [[True, False], [False, True]],
    "arrays": [X, X], "shape": (2, 2), "fill_value": 7.0, "start": 0, "stop": 4, "num": 3,
    "n_rows": 2, "n_cols": 3, "axis": 0, "axes": (1, 0), "n": 3, "source": 0, "destination": 1,
    "shift": 1, "repeats": 2, "repetitions": (2, 1), "indices": [0, 1], "kind": "integral",
    "min": 0.6, "max": 2.5, "step": 1,
}  # fmt: skip
"""An argument for each parameter without a default. Lists stand for arrays."""
OWN: dict[str, dict[str, Any]] = {
    "astype": {"dtype": np.float32}, "isdtype": {"dtype": np.dtype("i4")},
    "broadcast_shapes": {"shapes": [(2, 1), (1, 3)]},
    "can_cast": {"from_": np.int8, "to": np.int32},
    "finfo": {"type": np.float32}, "iinfo": {"type": np.int8},
    "result_type": {"arrays_and_dtypes": [X, np.dtype("f4"), 1]},
    "squeeze": {"x": [[1.0, 2.0]]}, "cumulative_sum": {"x": [1.0, 2.0]},
    "cumulative_prod": {"x": [1.0, 2.0]}, "searchsorted": {"x1": [1.0, 2.0]},
    "take_along_axis": {"indices": [[0, 1], [1, 0]]},
    "cross": {"x1": [X[0] + [1.0]], "x2": [1.0, 2.0, 3.0]},
    "outer": {"x1": [1.0, 2.0], "x2": [3.0, 4.0]}, "take": {"x": [1.0, 2.0]},
    "acosh": {"x": [1.0, 2.0]}, "asin": {"x": [0.5]}, "acos": {"x": [0.5]}, "atanh": {"x": [0.5]},
}  # fmt: skip
INTEGERS = [[1, 2], [3, 4]]
BOOLS = [[True, False], [True, True]]
VIEWS = """asarray from_dlpack reshape squeeze expand_dims permute_dims matrix_transpose moveaxis
flip broadcast_to broadcast_arrays real imag diagonal unstack conj"""
"""Functions whose results may be the memory of their arguments, as in NumPy."""


UNEQUAL = ("empty", "empty_like", "finfo", "iinfo")
"""Functions whose results cannot be compared."""


def space_of(space: Any, part: str) -> Any:
    return getattr(space, part) if part else space


def argument(name: str, parameter: str) -> Any:
    """A value for a parameter; lists become arrays where they stand for one."""
    kind = next((k for k, names in ELEMENTWISE.items() if name in names.split()), "")
    if parameter in ("x", "x1", "x2") and kind in ("integer", "integer or bool", "bool"):
        return BOOLS if kind == "bool" else INTEGERS
    return OWN.get(name, {}).get(parameter, ARGUMENTS.get(parameter))


def calls(part: str, name: str, array: Any) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Arguments as the standard's signature has them: what is required; then all, its defaults."""
    parameters = parameters_of(SIGNATURES[part][name])

    def given(p: inspect.Parameter) -> Any:
        if p.default is not p.empty:
            return p.default
        value = argument(name, p.name)
        if p.name in ("x", "x1", "x2", "obj", "condition", "indices"):
            return array(value)
        if p.name in ("arrays", "arrays_and_dtypes"):
            return [array(v) if isinstance(v, list) else v for v in value]
        return value

    several = [x for p in parameters if p.kind is p.VAR_POSITIONAL for x in given(p)]
    single = [p for p in parameters if p.kind is not p.VAR_POSITIONAL]
    yield [given(p) for p in single if p.default is p.empty] + several, {}
    first = [given(p) for p in single if p.kind is p.POSITIONAL_ONLY]
    yield first + several, {p.name: given(p) for p in single if p.kind is not p.POSITIONAL_ONLY}


def plain(found: Any) -> list[Any]:
    parts = found if isinstance(found, (tuple, list)) else [found]
    return [np.asarray(x) if isinstance(x, ours.ndarray) else x for x in parts]


CALLS = [(part, name) for part in SIGNATURES for name in sorted(SIGNATURES[part])]
IDS = [f"{part}.{name}".strip(".") for part, name in CALLS]


@pytest.mark.parametrize("part", NAMES)
def test_every_name_is_there(part: str) -> None:
    space = space_of(ours, part)
    assert {name for name in NAMES[part] if not hasattr(space, name)} == set()


@pytest.mark.parametrize(("part", "name"), CALLS, ids=IDS)
def test_signature(part: str, name: str) -> None:
    """Every way to call a function that the standard allows; defaults are the standard's."""
    function = getattr(space_of(ours, part), name)
    found = [plain(function(*args, **kwargs)) for args, kwargs in calls(part, name, ours.asarray)]
    for first, other in zip(*found, strict=True):
        assert type(first) is type(other)
        if isinstance(first, np.ndarray):
            assert first.dtype == other.dtype
        if name not in UNEQUAL:
            np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("make", [ngrad.constant, ngrad.Variable])
@pytest.mark.parametrize(("part", "name"), CALLS, ids=IDS)
def test_tensors_are_taken(part: str, name: str, make: Any) -> None:
    """For arrays, and give arrays."""
    function = getattr(space_of(ours, part), name)
    both = (
        calls(part, name, lambda x, kind=kind: kind(np.array(x))) for kind in (make, ours.asarray)
    )
    for (args, kwargs), (known, _) in zip(*both, strict=True):
        expected, found = function(*known, **kwargs), function(*args, **kwargs)
        assert type(found) is type(expected)
        for x, y in zip(plain(found), plain(expected), strict=True):
            if name not in UNEQUAL:
                np.testing.assert_array_equal(x, y)


# -- results ---------------------------------------------------------------------------------------


READ_ONLY = ("broadcast_to", "diagonal", "imag")


@pytest.mark.parametrize(("part", "name"), CALLS, ids=IDS)
def test_results_are_their_own(part: str, name: str) -> None:
    """What is assigned to a result does not reach the argument, unless NumPy gives a view too."""
    arrays: list[ours.ndarray] = []

    def kept(value: Any) -> ours.ndarray:
        arrays.append(ours.array(value))
        return arrays[-1]

    args, kwargs = next(calls(part, name, kept))
    before = [np.array(x) for x in arrays]
    found = getattr(space_of(ours, part), name)(*args, **kwargs)
    for result in found if isinstance(found, (tuple, list)) else [found]:
        if isinstance(result, ours.ndarray) and name not in READ_ONLY:
            result[...] = 0
    same = all(np.array_equal(x, y) for x, y in zip(arrays, before, strict=True))
    assert same or name in VIEWS.split()


LARGE = 10_000
"""Elements of so many that an op is put off: nobody looks, and no kernel is made."""
DTYPES = [np.dtype(name) for name in REAL_DTYPES.split()]
COMPLEX = [np.dtype("c8"), np.dtype("c16")]
TAKES = {
    "any": "biufc", "numeric": "iufc", "floating": "fc", "integer or bool": "biu", "integer": "iu",
    "bool": "b",
}  # fmt: skip


def promoted(x: np.dtype[Any], y: np.dtype[Any]) -> np.dtype[Any] | None:
    """The dtype that the standard's table has for two, if it has one."""
    kinds = {x.kind, y.kind}
    if kinds == {"f", "c"}:
        return np.dtype(f"c{max(v.itemsize * (2 if v.kind == 'f' else 1) for v in (x, y))}")
    if len(kinds) > 1 and kinds != {"i", "u"}:
        return None
    if kinds == {"i", "u"}:
        size = max(2 * (x if x.kind == "u" else y).itemsize, x.itemsize, y.itemsize)
        return np.dtype(f"i{size}") if size <= 8 else None
    return max(x, y, key=lambda dtype: dtype.itemsize)


@pytest.mark.parametrize("kind", ELEMENTWISE)
def test_dtypes(kind: str) -> None:
    """The promotion table: results have the operands' common dtype, or its parts', or are bools."""
    taken = [dtype for dtype in DTYPES + COMPLEX if dtype.kind in TAKES[kind]]
    every = {dtype: ours.ones(LARGE, dtype=dtype) for dtype in taken}
    bools = {*COMPARISONS.values(), "isfinite", "isinf", "isnan", "signbit"}
    for name in ELEMENTWISE[kind].split():
        function = getattr(ours, name)
        arrays = {d: x for d, x in every.items() if name not in OF_REALS or d.kind != "c"}
        if name not in BINARY and name != "where":
            for dtype, x in arrays.items():
                own = x.real.dtype if name in ("abs", "real", "imag") else dtype
                expected = np.dtype(bool) if name in bools else own
                assert function(x).dtype == expected, (name, dtype)
            continue
        call = (lambda x, y: ours.where(x != 0, x, y)) if name == "where" else function
        for (one, x), (other, y) in itertools.product(arrays.items(), repeat=2):
            both = promoted(one, other)
            if both is not None:
                expected = np.dtype(bool) if name in bools else both
                assert call(x, y).dtype == expected, (name, one, other)
                assert ours.result_type(x, other) == both


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dtypes_of_reductions(dtype: np.dtype[Any]) -> None:
    x = ours.ones((2, LARGE), dtype=dtype)
    wide = {"i": np.dtype("i8"), "u": np.dtype("u8")}.get(dtype.kind, dtype)
    if dtype.kind != "b":
        for name in ("sum", "prod", "cumulative_sum", "cumulative_prod", "linalg.trace"):
            options = {"axis": 0} if name.startswith("cum") else {}
            function = operator.attrgetter(name)(ours)
            assert function(x, **options).dtype == wide, name
            assert function(x, dtype=ours.int16, **options).dtype == np.dtype("i2"), name
        for name in ("max", "min", "sort", "diff", "matmul", "vecdot", "tensordot", "clip"):
            args = {"matmul": (x, x.T), "tensordot": (x, x), "vecdot": (x, x)}.get(name, (x,))
            assert getattr(ours, name)(*args).dtype == dtype, name
    if dtype.kind == "f":
        for name in ("mean", "std", "var"):
            assert getattr(ours, name)(x).dtype == dtype, name
    for name in ("argmax", "argmin", "argsort", "count_nonzero"):
        assert getattr(ours, name)(x).dtype == np.dtype("i8"), name
    for name in ("all", "any"):
        assert getattr(ours, name)(x).dtype == np.dtype(bool), name


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, np.inf, -np.inf, np.nan, 1e300]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "name", [*ELEMENTWISE["floating"].split(), *ELEMENTWISE["numeric"].split()]
)
def test_special_cases(name: str) -> None:
    """Zeros with their signs, infinities and NaN, as NumPy has them."""
    grid = np.array([*itertools.product(SPECIAL, repeat=2)]).T if name in BINARY else [SPECIAL]
    args = [np.array(x) for x in grid]
    expected = getattr(np, name)(*args)
    found = np.asarray(getattr(ours, name)(*map(ours.asarray, args)))
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    if expected.dtype.kind == "f" and name not in ("maximum", "minimum"):  # of 0 and -0 either
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_sign_of_zeros_is_zero(dtype: str) -> None:
    zeros = np.array([0.0, -0.0, -complex(0.0, 0.0), complex(-0.0, 0.0), complex(0.0, -0.0)])
    given = (zeros.real if dtype[0] == "f" else zeros).astype(dtype)
    found = np.asarray(ours.sign(ours.asarray(given)))
    assert not (np.signbit(found.real) | np.signbit(found.imag)).any() and not found.any()


def test_integers_of_every_dtype_count_and_name() -> None:
    """Unsigned ones of eight bytes too, of which NumPy makes no counts."""
    x = ours.asarray([1.0, 2.0, 3.0])
    for dtype in (d for d in DTYPES if d.kind in "iu"):
        few = ours.asarray([2, 0, 1], dtype=dtype)
        assert ours.repeat(x, few).tolist() == [1.0, 1.0, 3.0]
        assert (
            ours.take(x, few).tolist() == ours.take_along_axis(x, few).tolist() == [3.0, 1.0, 2.0]
        )
        assert x[few].tolist() == [3.0, 1.0, 2.0]


TURNED = {"exp", "sin", "cos", "sinh"}
"""Functions of complex numbers where the standard leaves signs of some parts open."""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "name",
    [n for n in ELEMENTWISE["floating"].split() if n not in OF_REALS | BINARY | {"reciprocal"}],
)
def test_special_cases_of_complex_numbers(name: str) -> None:
    """As NumPy has them, but for what the standard says otherwise."""
    parts = [v for v in SPECIAL if abs(v) < 3 or not np.isfinite(v)]
    points = np.array([complex(a, b) for a in parts for b in parts])
    expected = getattr(np, name)(points)
    if name == "expm1":  # of which NumPy makes NaN there
        far = ~np.isfinite(points.real)
        expected[far] = np.exp(points[far]) - 1.0
    found = np.asarray(getattr(ours, name)(ours.asarray(points)))
    for one, other in ((found.real, expected.real), (found.imag, expected.imag)):
        if name in TURNED:
            one, other = abs(one), abs(other)
        np.testing.assert_allclose(one, other, rtol=1e-13)
        if name not in TURNED | {"expm1"}:
            known = ~np.isnan(other)
            np.testing.assert_array_equal(np.signbit(one)[known], np.signbit(other)[known])
