"""What is no function of arrays alone: programs over NumPy's names and ours, with one result."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from calls import CUBE, SPECIAL, A, B, K, M, V, W
from numeric import assert_same_bits, check_gradient
from test_functions import assert_like, converted

import ngrad
import ngrad.numpy as ours
from ngrad.numpy.absent import BY_NAME, OF_ARRAYS_BY_NAME
from ngrad.numpy.lib.stride_tricks import sliding_window_view as windows
from ngrad.numpy.ufuncs import UFUNCS

Program = Callable[..., Any]


def assigned(name: str, *args: Any, **kwargs: Any) -> Program:
    """A function that writes into its first argument, of a copy."""

    def program(np: Any, x: Any, *rest: Any) -> Any:
        y = np.array(x)
        assert getattr(np, name)(y, *(rest or args), **kwargs) is None
        return y

    return program


def saved(save: str, *args: Any, **kwargs: Any) -> Program:
    def program(np: Any, *arrays: Any) -> Any:
        text = save == "savetxt"
        file: Any = io.StringIO() if text else io.BytesIO()
        getattr(np, save)(file, *arrays, *args, **kwargs)
        file.seek(0)
        found = (np.loadtxt if text else np.load)(file)
        return [found[k] for k in found] if save.startswith("savez") else found

    return program


def assigned_at(name: str, *args: Any) -> Program:
    def program(np: Any, x: Any) -> Any:
        y = np.array(x)
        getattr(np, name).at(y, *args)
        return y

    return program


def method(name: str, what: str, *args: Any, **kwargs: Any) -> Program:
    return lambda np, *arrays: getattr(getattr(np, name), what)(*arrays, *args, **kwargs)


KEPT = "same_value" if np.lib.NumpyVersion(np.__version__) >= "2.4.0" else "unsafe"
PROGRAMS: list[tuple[Program, tuple[Any, ...]]] = [
    # assignment
    (assigned("place", M, [1.5, 2.5, 3.5]), (A[:2],)),
    (assigned("place", A > 5, []), (A,)),
    (assigned("putmask", A > 0, V), (A,)),
    (assigned("putmask", K > 0, 7), (K,)),
    (assigned("put", [3, -1, 3], [1.0, 2.0]), (A,)),
    (assigned("put", [33, -40], W, mode="wrap"), (A,)),
    (assigned("put", [[33], [-40]], 2.5, mode="clip"), (A,)),
    (assigned("copyto", V), (A,)),
    (assigned("copyto", 3), (K,)),
    (assigned("copyto", B, where=A > 0), (A,)),
    (assigned("copyto", K, casting="unsafe", where=[True, False, True, True]), (B[:2],)),
    (lambda np, x: x.choose([V, W]), (np.array([1, 0, 1, 1]),)),
    (lambda np, x: [x.compress([True, False, True], 0), x.compress([False, True])], (A,)),
    (lambda np, x: [x.put([0], 9), x, x.flat[3], [*x.flat][2]][1:], (np.array(K),)),
    (lambda np, x: x.astype(np.uint8, casting=KEPT), (np.array([3.0, 0.0, 255.0]),)),
    # grids
    (lambda np: np.mgrid[0:3, 1:7:2], ()),
    (lambda np: np.indices(n for n in (2, 3)), ()),
    (lambda np: [np.mgrid[0:99, 1:9:99j], np.mgrid[0:99, 3:102, 1:2], np.mgrid[9:9, 0:3]], ()),
    (lambda np: [np.indices((99, 50, 2)), np.indices((70, 70), np.float32), np.indices(())], ()),
    (lambda np: [*np.indices((99, 99), sparse=True), np.mgrid[0:3,], np.mgrid[()]], ()),
    (lambda np, x: [round(x[0]), round(x[1], 1), round(x[1], ndigits=-1)], (V * 7.0,)),
    (lambda np: np.mgrid[-1:1:5j], ()),
    (lambda np: np.ogrid[0:3, 1:2:4j], ()),
    (lambda np, x: np.r_[x, 0, 2:7:2, 0:1:3j], (V,)),
    (lambda np: np.r_[1:4], ()),
    (lambda np: np.r_[1, 2, 3.5], ()),
    (lambda np, x: np.r_[x, 2], (A[0].astype(np.float32),)),
    (lambda np, x, y: np.r_["-1", x, y], (A, B)),
    (lambda np, x, y: np.r_["0,2", x, y], (V, W)),
    (lambda np, x, y: np.r_["0,3,1", x, y], (V, W)),
    (lambda np, x: np.r_["1,2,0", x, [1, 2, 3, 4]], (V,)),
    (lambda np, x, y: np.c_[x, y, x], (V, W)),
    (lambda np, x, y: np.c_[x, y], (A, V[:3])),
    (lambda np, x: np.c_[1:5, x], (V,)),
    (lambda np, x: [v for _, v in np.ndenumerate(x)], (K,)),
    (lambda np, x, y: np.zeros(np.broadcast(x, y).shape), (A, CUBE)),
    (lambda np, x: x[np.s_[::2, None, 1:]], (A,)),
    # functions of elements
    (lambda np, x, y: np.vectorize(lambda a, b: a - b if a > b else a * b)(x, y), (A, V)),
    (lambda np, x: np.vectorize(int)(x), (B,)),
    (lambda np: np.bincount([], minlength=3), ()),
    (lambda np, x: [np.insert(x, [], []), np.delete(x, [])], (V,)),
    (lambda np, x: np.vectorize(lambda v: v, signature="(n)->(n)", otypes="d")(x), (A[:0],)),
    (lambda np, x: np.vectorize(lambda v: v[1:], signature="(n)->(m)")(x), (A,)),
    (lambda np, x: np.vectorize(lambda v, k: (v + k, v * k))(x, k=2), (K,)),
    (lambda np, x: np.vectorize(lambda v: v, otypes=[float])(x), (K,)),
    (lambda np, x: np.vectorize(lambda v, p: v**p, excluded={1})(x, 2), (V,)),
    (
        lambda np, x, y: np.vectorize(lambda a, b: (a * b).sum(), signature="(n),(n)->()")(x, y),
        (CUBE, V),
    ),
    (lambda np, x: np.vectorize(signature="(m,n)->(n,m)")(lambda a: a.T)(x), (CUBE,)),
    # methods of universal functions
    *(
        (method(name, "reduce", axis=axis), (CUBE,))
        for name in ("add", "multiply", "maximum", "fmin", "logaddexp", "logical_xor", "hypot")
        for axis in (0, -1, (0, 2), None)
    ),
    (method("subtract", "reduce"), (A,)),
    (method("divide", "reduce", axis=1, keepdims=True), (A,)),
    (method("bitwise_or", "reduce", axis=None), (K,)),
    (method("bitwise_and", "reduce", axis=1), (K,)),
    (method("bitwise_xor", "reduce", initial=5), (K,)),
    (method("gcd", "reduce", axis=1), (K * 6,)),
    (method("add", "reduce"), (M,)),
    (method("add", "reduce", dtype=np.float32), (K,)),
    (method("maximum", "reduce", initial=2.0, where=A > 0), (A,)),
    (method("logical_and", "reduce"), (K,)),
    (method("add", "reduce"), (3.0,)),
    *(
        (method(name, "accumulate", axis=axis), (CUBE,))
        for name in ("add", "multiply", "minimum", "fmax", "logical_or", "subtract", "logaddexp")
        for axis in (0, 1, 2)
    ),
    (method("add", "accumulate"), (np.array([100, 100], np.int8),)),
    (method("add", "reduceat", [0, 3, 1, 1]), (V,)),
    (method("maximum", "reduceat", [0, 2], axis=1), (A,)),
    (method("multiply", "outer", V), (A,)),
    (lambda np, x: np.add.identity, (V,)),
    *(
        (assigned_at(name, [0, 2, 0, -1], [1, 2, 3, 4]), (K[0],))
        for name in ("add", "subtract", "multiply", "maximum", "bitwise_or")
    ),
    (assigned_at("negative", ([0, 1, 1], [2, 0, 0])), (A,)),
    (assigned_at("add", np.s_[1:, ::2], 0.5), (A,)),
    (assigned_at("divide", A > 1, 2.0), (A,)),
    (assigned_at("divide", ..., 2.0), (3.0,)),
    (assigned_at("square", None), (3.0,)),
    (assigned_at("add", np.zeros((0, 4), bool), np.zeros(0)), (np.zeros((0, 4)),)),
    *(
        (assigned_at(name, [0, 2, 0, -1], y), (x,))
        for name in ("subtract", "minimum", "maximum", "hypot", "logical_or")
        for y in (np.array([4, 1, 250, 9], np.uint8), np.array([300, -200, 0, 3]))
        for x in (K[0], K[0].astype(np.int8), V)
        if name != "hypot" or x.dtype != np.int8  # which floats of 300 do not fit
    ),
    (assigned_at("subtract", [0, 0, 2], [True, True, False]), (V,)),
    # files
    (saved("save"), (A,)),
    (saved("savez"), (A, K)),
    (saved("savez_compressed"), (A, K)),
    (saved("savetxt"), (A,)),
    (lambda np: np.genfromtxt(io.StringIO("1,2\n3,"), delimiter=","), ()),
    (lambda np: np.loadtxt(io.StringIO("1 2\n3 4"), dtype=int, unpack=True), ()),
    (lambda np, x: np.from_dlpack(x), (A,)),
    # windows
    *(
        (lambda np, x, given=given: np.lib.stride_tricks.sliding_window_view(x, *given), (x,))
        for x, *given in (
            (V, 3), (A, (2, 3)), (A, 2, 1), (A.T, (3, 1), (1, 0)), (CUBE, 2, 0),
            (CUBE, (2, 2), (0, 2)), (CUBE, (1, 2, 3)), (A, (2, 2), (0, 0)),
            (CUBE[None], (1, 2, 1, 2)), (K, 3, -1),
        )
    ),
    (lambda np, x, y: np.asarray(np.einsum_path("ij,kj,k->i", x, y, y[:, 0])[0][1:]), (A, B)),
]  # fmt: skip


@pytest.mark.parametrize(("program", "arrays"), PROGRAMS, ids=range(len(PROGRAMS)))
def test_as_numpy(program: Program, arrays: tuple[Any, ...]) -> None:
    assert_like(program(ours, *map(converted, arrays)), program(np, *arrays))


def test_files_on_disk(tmp_path: Any) -> None:
    ours.save(tmp_path / "x.npy", ours.array(A))
    found = ours.load(tmp_path / "x.npy")
    assert isinstance(found, ours.ndarray) and (np.asarray(found) == A).all()
    ours.array(A).tofile(tmp_path / "x.raw")
    assert_like(ours.fromfile(tmp_path / "x.raw"), A.ravel())
    ours.savez(tmp_path / "x.npz", one=A, two=ours.array(K))
    with ours.load(tmp_path / "x.npz") as archive:
        assert archive.files == ["one", "two"] and len(archive) == 2
        assert_like(archive["two"], K)
        assert_like(archive.f.one, A)
        assert repr(archive) == repr(np.load(tmp_path / "x.npz"))
        assert dir(archive.f) == archive.files
        with pytest.raises(AttributeError, match="three"):
            _ = archive.f.three
    for mode in (None, "r", "c"):
        assert_like(ours.load(tmp_path / "x.npy", mode), A)
    for mode in ("r+", "w+", "readwrite"):
        with pytest.raises(ValueError, match=r"load: mmap_mode=.* does not reach a file"):
            ours.load(tmp_path / "x.npy", mmap_mode=mode)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: ours.multiply.accumulate(x) + ours.hypot.reduce(y),
        lambda x, y: windows(ours.outer(x, y), (2, 3)) ** 2 * windows(y, (2, 2), (0, 0))[0, 0, 0],
        lambda x, y: ours.logaddexp.accumulate(x) + ours.subtract.reduceat(y, [0, 2, 1, 3]),
    ],
)
def test_gradients(function: Any) -> None:
    check_gradient(lambda x, y: ngrad.convert_to_tensor(function(x, y)), V, W)


@pytest.mark.parametrize("code", ["f4", "f8", "c16", "i4", "u8"])
def test_long_segments(code: str) -> None:
    """Which are added in blocks; with the same bits where a tape listens."""
    rng, starts = np.random.default_rng(2), [0, 5, 68, 133, 3000]
    x = (rng.integers(0, 9, 4000) / (1 if code[0] in "iu" else 8)).astype(code)
    y = ours.array(x)
    for name in ("maximum", "minimum"):
        extremes = getattr(np, name).reduceat(x, starts)
        np.testing.assert_array_equal(getattr(ours, name).reduceat(y, starts), extremes)
    found = ours.add.reduceat(y, starts)
    expected = [part.sum(dtype=found.dtype) for part in np.split(x, starts[1:])]
    np.testing.assert_array_equal(found, expected)
    if code[0] == "f":
        with ngrad.GradientTape() as tape:
            tape.watch(y)
            again = ours.add.reduceat(y, starts)
        np.testing.assert_array_equal(found, again)
        np.testing.assert_array_equal(tape.gradient(again, y), np.ones(4000))


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_extremes_of_long_segments_are_those_of_one_element_after_the_other(code: str) -> None:
    """To the sign of a zero, of which the first counts; and a NaN stays."""
    rng, starts = np.random.default_rng(3), [0, 1, 70, 500, 900]
    for values in ([0.0, -0.0, -1.0], [-np.inf], [0.0, -0.0, np.nan, 2.0], [1.5, -2.5]):
        x = rng.choice(values, 1500).astype(code)
        for name, y in (("maximum", x), ("minimum", -x)):
            found = getattr(ours, name).reduceat(ours.array(y), starts)
            with ngrad.GradientTape():
                again = getattr(ours, name).reduceat(ours.array(y), starts)
            np.testing.assert_array_equal(found, getattr(np, name).reduceat(y, starts))
            assert_same_bits(np.asarray(found), np.asarray(again))


@pytest.mark.parametrize("name", ["multiply", "divide", "fmod", "negative"])
@pytest.mark.parametrize("places", [3, 700])
def test_many_assignments_at_places(name: str, places: int) -> None:
    """Each in its turn, however often a place comes."""
    rng = np.random.default_rng(places)
    index = rng.integers(-places, places, 3000), rng.integers(0, 2, 3000)
    x, y = rng.uniform(1, 2, (places, 2)), rng.uniform(0.8, 1.3, 3000)
    given = () if name == "negative" else (y,)
    found = ours.array(x)
    getattr(ours, name).at(found, index, *given)
    getattr(np, name).at(x, index, *given)
    np.testing.assert_allclose(found, x, 1e-12 if name == "multiply" else 0)


@pytest.mark.parametrize("x", [[1.0, 2.0, np.inf], [np.inf] * 3, [-np.inf, np.inf, 1.0]])
def test_quantiles_beside_infinities(x: Any) -> None:
    """One at an element is that element, whichever others are asked for."""
    shares = [0.0, 0.3, 0.5, 1.0]
    both = ours.quantile(x, shares), ours.nanquantile([x, [1.0, np.nan, 2.0]], shares, axis=1)[:, 0]
    for found in both:
        np.testing.assert_array_equal(found, [ours.quantile(x, share) for share in shares])
        np.testing.assert_array_equal(np.asarray(found)[[0, 2, 3]], np.sort(x))


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "divide", "arctan2"])
def test_gradients_of_repeated_assignment(name: str) -> None:
    def function(x: Any, y: Any) -> Any:
        z = ours.array(x)
        getattr(ours, name).at(z, [0, 2, 0], y)
        return ngrad.convert_to_tensor(z * z)

    check_gradient(function, V, W[:3])


def test_numpys_functions_take_our_arrays() -> None:
    x = ours.array(A)
    assert np.can_cast(x, np.float32) == np.can_cast(A.dtype, np.float32)
    assert ours.can_cast(A, np.float32) == np.can_cast(A.dtype, np.float32)  # of NumPy's own, too
    assert np.shape(x) == A.shape and np.result_type(x, 3) == np.float64
    for found, expected in (
        (np.median(x, axis=0), np.median(A, axis=0)),
        (np.add.reduce(x), np.add.reduce(A)),
        (np.pad(x, 1), np.pad(A, 1)),
        (np.matmul(x, x.T), np.matmul(A, A.T)),
        (np.vecdot(x, x), np.vecdot(A, A)),
    ):
        assert_like(found, expected)


def test_what_is_absent_says_why() -> None:
    for name, reason in BY_NAME.items():
        assert hasattr(np, name) or name == "float128" or name == "complex256"
        with pytest.raises(AttributeError, match=f"has no {name!r}: {reason[:20]}"):
            getattr(ours, name)


def test_what_arrays_have_not_says_why() -> None:
    x = ours.arange(3)
    for name, reason in OF_ARRAYS_BY_NAME.items():
        with pytest.raises(AttributeError, match=f"no attribute {name!r}: {reason[:20]}"):
            getattr(x, name)
        assert hasattr(np.ndarray, name) and not hasattr(x, name) and name not in dir(x)
    # With which Python would look up every slot and method anew.
    assert not hasattr(ours.ndarray, "__getattr__")


@pytest.mark.parametrize(
    ("name", "says"),
    [("float_", "Use `np.float64` instead"), ("int", "the builtin `int`"), ("trapz", "trapezoid")],
)
def test_what_numpy_had_once_says_what_to_write(name: str, says: str) -> None:
    with pytest.raises(AttributeError, match=f"has no {name!r}: .*{says}"):
        getattr(ours, name)


def test_ufuncs_are_numpys() -> None:
    for name, function in UFUNCS.items():
        theirs = getattr(np, name)
        assert (function.nin, function.nout, function.nargs) == (
            theirs.nin,
            theirs.nout,
            theirs.nargs,
        )
        if function.nin == 2 and function.nout == 1:
            assert function.identity == theirs.identity
    assert SPECIAL.size


def test_the_namespace_tells_of_itself() -> None:
    info = ours.__array_namespace_info__()
    assert ours.array(1.0).__array_namespace__() is ours
    assert info.default_device() in info.devices()
    assert info.default_dtypes()["real floating"] == ours.ones(1).dtype
    assert set(info.dtypes(kind="signed integer")) == {"int8", "int16", "int32", "int64"}
    assert set(info.dtypes(kind=("bool", "real floating"))) == {"bool", "float32", "float64"}
    assert info.capabilities()["boolean indexing"]
    with pytest.raises(ValueError, match="'text' is none of"):
        info.dtypes(kind="text")
