"""Arrays, tensors and variables as array objects of the Array API standard, revision 2025.12; and
what functions and methods say that they take.
"""

from __future__ import annotations

import inspect
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.array_api import make_strategies_namespace
from second import second
from standard import ATTRIBUTES, IN_PLACE, OF_ARRAYS, REAL_DTYPES, SIGNATURES, parameters_of

import ngrad
import ngrad.numpy as ours
from ngrad.devices import HOST
from ngrad.numpy.operators import COMPARISONS, SIGNS

ARRAYS = {
    "array": ours.ones((2, 2)), "tensor": ngrad.ones([2, 2]),
    "variable": ngrad.Variable([[2.0, 0.5], [0.5, 3.0]]),
}  # fmt: skip
"""One of each kind that has the standard's namespace."""
DECLARED = [
    (f"{part}.{name}".strip("."), SIGNATURES[part][name])
    for part in SIGNATURES
    for name in SIGNATURES[part]
]
DECLARED += [(f"{kind}.{name}", OF_ARRAYS[name]) for kind in ARRAYS for name in OF_ARRAYS]
DECLARED += [(f"array.{name}", IN_PLACE[name]) for name in IN_PLACE]


@pytest.mark.parametrize(("name", "text"), DECLARED, ids=[name for name, _ in DECLARED])
def test_declared_signature(name: str, text: str) -> None:
    """What a function says that it takes is what the standard has: its parameters at their places
    or by their names, and no others that must be given.
    """
    owner, _, method = name.rpartition(".")
    thing = ARRAYS[owner] if owner in ARRAYS else getattr(ours, owner) if owner else ours
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


# -- what they do ---------------------------------------------------------------------------------

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


@settings(deadline=None)
@given(st.data())
def test_hypothesis_draws_arrays(data: st.DataObject) -> None:
    """By what it has for namespaces of the standard; the official suite does, too."""
    xps = make_strategies_namespace(ours)
    dtype = np.dtype(data.draw(xps.scalar_dtypes()))
    x = data.draw(xps.arrays(dtype, xps.array_shapes(min_dims=0, min_side=0)))
    assert type(x) is ours.ndarray and x.dtype == dtype
    index = data.draw(xps.indices(x.shape, allow_newaxis=True))
    np.testing.assert_array_equal(x[index], np.asarray(x)[index])


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
    for wrong in ({"min": 1.0}, {"a_max": 1.0, "max": 1.0}):
        with pytest.raises(ValueError, match="clip: takes a_min and a_max, or min and max"):
            ours.clip(x, 0.0, **wrong)


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
    most = info.capabilities()["max dimensions"]
    assert info.capabilities() == {
        "boolean indexing": True, "data-dependent shapes": True, "max dimensions": most,
    }  # fmt: skip
    assert ours.ones((1,) * most).ndim == most
    with pytest.raises(ValueError, match=f"at most {most} axes"):
        ours.ones((1,) * (most + 1))
    defaults = info.default_dtypes()
    assert defaults["real floating"] == ours.ones(1).dtype
    assert defaults["integral"] == ours.asarray(1).dtype
    assert defaults["indexing"] == ours.argmax(ours.ones(1)).dtype
    found = info.dtypes(kind=("bool", "integral", "real floating"))
    assert found == {name: np.dtype(name) for name in REAL_DTYPES.split()}
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
