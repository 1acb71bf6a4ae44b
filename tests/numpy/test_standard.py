"""`ngrad.numpy` as a namespace of the Array API standard, revision 2025.12."""

from __future__ import annotations

import inspect
import itertools
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from second import second
from standard import ATTRIBUTES, BINARY, ELEMENTWISE, IN_PLACE, NAMES, OF_ARRAYS, SIGNATURES

import ngrad
import ngrad.numpy as ours
from ngrad.devices import HOST
from ngrad.numpy.operators import COMPARISONS, SIGNS

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


def parameters_of(text: str) -> list[inspect.Parameter]:
    """Those of a function in the standard's words."""
    inside = text.partition("(")[2].removesuffix(")")
    return [*inspect.signature(eval(f"lambda {inside}: 0")).parameters.values()]


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


ARRAYS = {
    "array": ours.ones((2, 2)), "tensor": ngrad.ones([2, 2]), "variable": ngrad.Variable(X)
}  # fmt: skip
"""One of each kind that has the standard's namespace."""
DECLARED = [(f"{part}.{name}".strip("."), SIGNATURES[part][name]) for part, name in CALLS]
DECLARED += [(f"{kind}.{name}", OF_ARRAYS[name]) for kind in ARRAYS for name in OF_ARRAYS]
DECLARED += [(f"array.{name}", IN_PLACE[name]) for name in IN_PLACE]


@pytest.mark.parametrize(("name", "text"), DECLARED, ids=[name for name, _ in DECLARED])
def test_declared_signature(name: str, text: str) -> None:
    """What a function says that it takes is what the standard has: its parameters at their places
    or by their names, and no others that must be given.
    """
    owner, _, method = name.rpartition(".")
    thing = ARRAYS[owner] if owner in ARRAYS else space_of(ours, owner)
    found = inspect.signature(getattr(thing, method)).parameters
    places, wanted = [*found.values()], parameters_of(text)
    empty, either = inspect.Parameter.empty, inspect.Parameter.POSITIONAL_OR_KEYWORD
    for place, p in enumerate(wanted):
        own = found[p.name] if p.kind is p.KEYWORD_ONLY else places[place]
        assert own.kind is p.kind or (own.kind is either and p.kind is not p.VAR_POSITIONAL)
        assert own.name == p.name or p.kind is not either
        assert own.default is not empty or p.default is empty
        places = [x for x in places if x is not own] if p.kind is p.KEYWORD_ONLY else places
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    others = places[sum(p.kind is not p.KEYWORD_ONLY for p in wanted) :]
    assert all(own.default is not empty or own.kind in several for own in others)


@pytest.mark.parametrize("kind", ARRAYS)
def test_attributes_of_arrays(kind: str) -> None:
    x = ARRAYS[kind]
    assert {name for name in ATTRIBUTES.split() if not hasattr(x, name)} == set()
    assert x.mT.shape == (2, 2) and x.size == 4 and x.ndim == 2 and x.dtype == x.mT.dtype
    with pytest.raises(ValueError, match="matri"):
        _ = x[0].mT


def test_ufuncs_say_what_numpys_say() -> None:
    for name, function in vars(ours).items():
        if isinstance(function, ours.ufunc) and hasattr(np, name):
            theirs = str(inspect.signature(getattr(np, name)))
            assert str(inspect.signature(function)) == theirs, name


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
DTYPES = [np.dtype(code) for code in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")]
DTYPES += [np.dtype(code) for code in ("f4", "f8")]
TAKES = {
    "any": "biuf", "numeric": "iuf", "floating": "f", "integer or bool": "biu", "integer": "iu",
    "bool": "b",
}  # fmt: skip


def promoted(x: np.dtype[Any], y: np.dtype[Any]) -> np.dtype[Any] | None:
    """The dtype that the standard's table has for two, if it has one."""
    kinds = {x.kind, y.kind}
    if len(kinds) > 1 and kinds != {"i", "u"}:
        return None
    if kinds == {"i", "u"}:
        size = max(2 * (x if x.kind == "u" else y).itemsize, x.itemsize, y.itemsize)
        return np.dtype(f"i{size}") if size <= 8 else None
    return max(x, y, key=lambda dtype: dtype.itemsize)


@pytest.mark.parametrize("kind", ELEMENTWISE)
def test_dtypes(kind: str) -> None:
    """The promotion table: results have the operands' common dtype, or are bools."""
    taken = [dtype for dtype in DTYPES if dtype.kind in TAKES[kind]]
    arrays = {dtype: ours.ones(LARGE, dtype=dtype) for dtype in taken}
    bools = {*COMPARISONS.values(), "isfinite", "isinf", "isnan", "signbit"}
    for name in ELEMENTWISE[kind].split():
        function = getattr(ours, name)
        if name not in BINARY and name != "where":
            for dtype, x in arrays.items():
                expected = np.dtype(bool) if name in bools else dtype
                assert function(x).dtype == expected, (name, dtype)
            continue
        call = (lambda x, y: ours.where(x > 0, x, y)) if name == "where" else function
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


# -- arrays ----------------------------------------------------------------------------------------

OPERATORS = [name for name in SIGNS if name != "truediv"] + [*COMPARISONS]


@pytest.mark.parametrize("name", [*OPERATORS, "truediv", "matmul"])
def test_operators(name: str) -> None:
    """Of two arrays, of an array and a number in either order, and in place."""
    code = "f8" if name == "truediv" else "i4"
    x, y = np.array([[5, 3], [2, 7]], code), np.array([[2, 1], [1, 2]], code)
    function = getattr(operator, f"{name}_" if name in ("and", "or") else name)
    pairs = [(x, y)] if name == "matmul" else [(x, y), (x, 2), (2, x)]
    for one, other in pairs:
        expected = function(one, other)
        found = function(*(ours.asarray(v) if v is x or v is y else v for v in (one, other)))
        assert isinstance(found, ours.ndarray) and found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    if name in SIGNS or name == "matmul":
        held = ours.asarray(x, copy=True)
        assert getattr(operator, f"i{name}")(held, ours.asarray(y)) is held
        np.testing.assert_array_equal(held, function(x, y))


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (bool, True, True), (bool, 0, False), (bool, float("nan"), True), (int, 7, 7),
        (int, -2.5, -2), (int, True, 1), (float, 3, 3.0), (float, True, 1.0),
        (complex, 2.5, 2.5 + 0j), (operator.index, 5, 5), (operator.index, 2.0, TypeError),
        (operator.index, True, TypeError), (int, float("inf"), OverflowError),
        (int, float("nan"), ValueError), (len, 1.0, TypeError),
    ],
)  # fmt: skip
def test_numbers(convert: Any, value: Any, expected: Any) -> None:
    """A 0-d array as one of Python's numbers."""
    x = ours.asarray(value)
    if isinstance(expected, type):
        with pytest.raises(expected):
            convert(x)
    else:
        found = convert(x)
        assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("axis", [0, -1])
def test_order(descending: bool, axis: int) -> None:
    """Equal elements keep their order, whichever way the rest goes."""
    x = np.array([[2.0, 1.0, 2.0, -0.0], [0.0, 5.0, 2.0, 5.0], [2.0, 1.0, 0.0, 5.0]])
    places = np.argsort(-x if descending else x, axis=axis, stable=True)
    found = ours.argsort(ours.asarray(x), axis=axis, descending=descending)
    assert found.dtype == np.dtype("i8")
    np.testing.assert_array_equal(found, places)
    ordered = ours.sort(ours.asarray(x), axis=axis, descending=descending)
    np.testing.assert_array_equal(ordered, np.take_along_axis(x, places, axis))


def test_copies() -> None:
    """`copy=`: True always, False never, None where it must."""
    source = np.arange(4.0)
    read, copied = ours.asarray(source, copy=False), ours.asarray(source, copy=True)
    x = ours.asarray(source)
    source[0] = 9.0
    assert [float(v[0]) for v in (read, copied, x)] == [9.0, 0.0, 0.0]
    read[1] = 5.0  # another library's memory is read, and never written to
    assert source[1] == 1.0
    assert ours.asarray(x) is x and ours.asarray(x, copy=False) is x
    assert ours.asarray(x, copy=True) is not x
    assert ours.astype(x, x.dtype, copy=False) is x and ours.astype(x, x.dtype) is not x
    for value, dtype in ((x, ours.float32), (source, ours.float32), ([1.0], None)):
        with pytest.raises(ValueError, match="copy it"):
            ours.asarray(value, dtype=dtype, copy=False)
    copies = np.from_dlpack(x, copy=True), np.from_dlpack(x)
    assert [seen.flags.writeable for seen in copies] == [True, False]
    assert [np.shares_memory(seen, x) for seen in copies] == [False, True]
    seen = np.asarray(x, copy=False)
    assert not seen.flags.writeable and np.array(x).flags.writeable
    with pytest.raises(ValueError, match="copy"):
        np.asarray(x, dtype="f4", copy=False)


@pytest.mark.parametrize("make", [ours.asarray, ngrad.constant, ngrad.Variable])
def test_array_interface(make: Any) -> None:
    """The memory itself, read-only, computed and alive as long as it is seen."""
    x = make(np.arange(6.0).reshape(2, 3))
    expected = np.arange(6.0).reshape(2, 3)
    for value, part in ((x, expected), ((x + 1.0)[::-1, 1:], (expected + 1.0)[::-1, 1:])):
        holder = type("Holder", (), {"__array_interface__": value.__array_interface__})
        seen = np.asarray(holder())
        assert not seen.flags.writeable
        del value, holder
        ngrad.eval([ngrad.zeros((2, 3), ngrad.float64) + float(k) for k in range(8)])
        np.testing.assert_array_equal(seen, part)


def test_devices() -> None:
    info = ours.__array_namespace_info__()
    x = ours.ones(2, device=info.default_device())
    assert x.device in info.devices() and x.to_device(x.device).device == x.device
    assert ours.zeros_like(x).device == x.device
    second()
    far = x.to_device("cuda:7")
    made = [ours.empty_like(far), ours.full_like(far, 3.0), ours.astype(far, ours.float32), far + 1]
    assert {y.device for y in made} == {"cuda:7"}
    assert ours.from_dlpack(far, device="cpu:0").device == "cpu"


def test_clip_takes_one_bound() -> None:
    """By its place, too, which NumPy's does not."""
    x = ours.array([-1.0, 0.5, 2.0])
    calls = (ours.clip(x, 0.0), ours.clip(x, 0.0, max=3.0), ours.clip(x, min=0.0))
    assert [found.tolist() for found in calls] == [[0.0, 0.5, 2.0]] * 3
    assert ours.clip(x, a_max=1.0).tolist() == [-1.0, 0.5, 1.0]
    for given in ({"min": 1.0}, {"a_max": 1.0, "max": 1.0}):
        with pytest.raises(ValueError, match="clip: takes a_min and a_max, or min and max"):
            ours.clip(x, 0.0, **given)


def test_the_cpu_is_called_as_numpy_calls_it() -> None:
    """By whoever makes arrays beside ours with NumPy, or compares where they lie."""
    info, x = ours.__array_namespace_info__(), ours.ones(2)
    assert (info.default_device(), info.devices()[:1]) == ("cpu", ["cpu"])
    assert np.zeros(2, device=x.device).device == x.device == x[0].device == x[1:].device
    for name in ("cpu", "cpu:0", "/CPU:0", HOST):
        assert ours.zeros(2, device=name).device == x.to_device(name).device == "cpu"
    assert ngrad.convert_to_tensor(x).device == ngrad.Variable(x).device == "cpu"


def test_information() -> None:
    info = ours.__array_namespace_info__()
    assert info.capabilities() == {
        "boolean indexing": True, "data-dependent shapes": True, "max dimensions": None,
    }  # fmt: skip
    defaults = info.default_dtypes()
    assert defaults["real floating"] == ours.ones(1).dtype
    assert defaults["integral"] == ours.asarray(1).dtype
    assert defaults["indexing"] == ours.argmax(ours.ones(1)).dtype
    found = info.dtypes(kind=("bool", "integral", "real floating"))
    assert found == {dtype.name: dtype for dtype in DTYPES}
    for kind in ("bool", "signed integer", "unsigned integer", "integral", "real floating"):
        named = info.dtypes(kind=kind)
        assert named == {n: d for n, d in found.items() if ours.isdtype(d, kind)}


@pytest.mark.parametrize("kind", ARRAYS)
def test_namespace_of_arrays(kind: str) -> None:
    """Its functions take each kind, on the same device, and give arrays."""
    x = ARRAYS[kind]
    xp, info = x.__array_namespace__(), ours.__array_namespace_info__()
    assert xp is x.__array_namespace__(api_version="2024.12") is ours
    with pytest.raises(ValueError, match="is none of"):
        x.__array_namespace__(api_version="1999.01")
    assert x.device in info.devices() and xp.zeros_like(x).device == x.to_device("cpu").device
    assert xp.isdtype(x.dtype, "real floating") and xp.result_type(x, x.dtype) == x.dtype
    found = [
        xp.asarray(x),
        xp.from_dlpack(x),
        xp.sum(x, axis=0),
        xp.astype(x, xp.float32),
        xp.abs(x),
    ]
    assert {type(y) for y in found} == {ours.ndarray}
    np.testing.assert_array_equal(np.from_dlpack(x), np.asarray(x))
    assert complex(x[0, 0]) == complex(np.asarray(x)[0, 0])


@pytest.mark.parametrize("make", [ngrad.constant, ngrad.Variable])
def test_derivatives_by_the_namespace(make: Any) -> None:
    x = make(np.array([0.5, 2.0, 3.0]))
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        xp = x.__array_namespace__()
        y = xp.sum(xp.log(x) / xp.linalg.vector_norm(x))
    norm, logs = np.linalg.norm(np.asarray(x)), np.log(np.asarray(x))
    expected = 1 / (np.asarray(x) * norm) - logs.sum() * np.asarray(x) / norm**3
    np.testing.assert_allclose(np.asarray(tape.gradient(y, x)), expected, rtol=1e-12)
