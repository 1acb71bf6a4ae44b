"""NEP 13 and 18: NumPy's own functions, and SciPy's universal ones, of what is ours."""

from __future__ import annotations

import importlib.metadata
import operator
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import array_api_compat as compat
import numpy as np
import pytest
import scipy.optimize
import scipy.special
from calls import Case
from cases import CASES
from numeric import assert_same_bits, check_gradient

import ngrad
import ngrad.numpy as ours
from ngrad.errors import GradientError
from ngrad.scipy import special

ROOT = Path(__file__).parents[2]
DISPATCHED = {
    case.name: case
    for case in reversed(CASES)
    if isinstance(getattr(np, case.name), np.ufunc)
    or hasattr(getattr(np, case.name), "_implementation")
    if any(isinstance(x, (np.ndarray, list)) for x in case.args)
}
"""A case for each function that asks its arguments."""


def given(value: Any, make: Callable[[Any], Any]) -> Any:
    """An argument with what is ours in place of NumPy's arrays."""
    if isinstance(value, np.ndarray):
        return make(value)
    if isinstance(value, (list, tuple)):
        return type(value)(given(x, make) for x in value)
    return value


def parts(found: Any) -> list[Any]:
    return [y for x in found for y in parts(x)] if isinstance(found, (list, tuple)) else [found]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", DISPATCHED.values(), ids=str)
def test_numpy_asks_ours(case: Case) -> None:
    """NumPy's function of tensors gives tensors: those in the arrays that our function gives."""

    def call(space: Any, make: Callable[[Any], Any]) -> list[Any]:
        args = [given(x, make) for x in case.args]
        kwargs = {name: given(x, make) for name, x in case.kwargs.items()}
        return parts(getattr(space, case.name)(*args, **kwargs))

    with ngrad.GradientTape():
        found = call(np, lambda x: ngrad.constant(x, dtype=x.dtype))
    for one, other in zip(found, call(ours, ours.array), strict=True):
        if isinstance(other, ours.ndarray) and isinstance(one, (ngrad.Tensor, np.ndarray)):
            assert_same_bits(one, other)


NAMES = ("add", "sub", "mul", "truediv", "pow", "mod", "matmul", "lt", "eq")
BINARY = [getattr(operator, name) for name in NAMES]


@pytest.mark.parametrize("make", [ngrad.constant, ngrad.Variable, ours.array])
@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_operators_with_numpy(function: Any, make: Any) -> None:
    """Operators between NumPy's arrays or numbers and what is ours, in either order, on a tape."""
    array, x = np.array([2.0, 0.5]), make(np.array([1.5, 3.0]))
    kind = ours.ndarray if make is ours.array else ngrad.Tensor
    others = [array] if function is operator.matmul else [array, np.float64(2.0)]
    for other in others:
        for args, plain in (((x, other), (x.numpy(), other)), ((other, x), (other, x.numpy()))):
            with ngrad.GradientTape() as tape:
                tape.watch(x)
                found = function(*args)
            assert type(found) is kind
            np.testing.assert_allclose(found, function(*plain), rtol=1e-15)
            if function not in (operator.lt, operator.eq):
                assert tape.gradient(found, x) is not None


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sin(x) * np.ones(3), lambda x: np.add.reduce(np.multiply(x, 2.0)),
        lambda x: np.concatenate([x, np.ones(2), x**2]), lambda x: np.linalg.norm(np.stack([x, x])),
        lambda x: np.where(np.arange(3) > 0, x, 0.0), lambda x: np.max(x) + np.mean(x),
        lambda x: np.atleast_2d(x), lambda x: scipy.special.erf(x) + scipy.special.xlogy(x, 2.0),
        lambda x: np.einsum("i,j->ij", x, np.arange(2.0)), lambda x: np.modf(x * 1.3)[0],
    ],
    ids=range(10),
)  # fmt: skip
def test_derivatives_through_numpy(function: Any) -> None:
    check_gradient(function, np.array([0.3, 1.2, 2.1]))


def test_what_only_scipy_has() -> None:
    """Its values are SciPy's; a derivative, which would be lost, is refused."""
    x = ngrad.constant([0.1, 0.4])
    assert_same_bits(scipy.special.struve(1, x), scipy.special.struve(1, x.numpy()))
    space = ours.special  # where SciPy looks, with SCIPY_ARRAY_API=1
    assert space.erf is special.erf and not hasattr(space, "nothing")
    assert_same_bits(space.struve(1, x), scipy.special.struve(1, x))
    first, second = scipy.special.sici(ours.array([0.5]))
    assert_same_bits(first, scipy.special.sici(np.array([0.5]))[0])
    assert isinstance(second, ours.ndarray)
    with ngrad.GradientTape() as tape:
        tape.watch(x)
        y = scipy.special.struve(1, x)
    with pytest.raises(GradientError, match="struve: has no derivative"):
        tape.gradient(y, x)


def test_complex_numbers_that_only_scipy_takes() -> None:
    """Ours is of real numbers: values are SciPy's, and a derivative is refused."""
    z = np.array([1 + 1j, 2.5 - 0.5j])
    for name in ("exp1", "expi", "spence"):
        function = getattr(scipy.special, name)
        assert_same_bits(function(ours.array(z)), function(z))
    for name in ("jv", "kv", "ive"):
        function = getattr(scipy.special, name)
        assert_same_bits(function(ours.array([1.0, 0.5]), z), function([1.0, 0.5], z))
    assert isinstance(scipy.special.exp1(ngrad.constant(z)), ngrad.Tensor)
    target = ours.zeros(2, complex)
    assert scipy.special.exp1(ours.array(z), out=target) is target
    assert_same_bits(target, scipy.special.exp1(z))
    x = ours.array(z)
    with ngrad.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, known = scipy.special.exp1(x), scipy.special.gamma(x)  # which ours takes
    with pytest.raises(GradientError, match="exp1: has no derivative"):
        tape.gradient(y, x)
    assert tape.gradient(known, x) is not None
    with pytest.raises(ngrad.errors.DTypeError, match="ndtri: does not take complex128"):
        scipy.special.ndtri(x)


def test_into_numpy() -> None:
    """A NumPy array takes values, unless a derivative would be lost."""
    array, x = np.zeros(2), ngrad.constant([1.0, 2.0])
    array += x
    assert np.add(x, 1.0, out=array) is array
    assert array.tolist() == [2.0, 3.0]
    target = ours.zeros(2)
    assert np.multiply(x, 2.0, out=target) is target
    assert target.tolist() == [2.0, 4.0]
    with ngrad.GradientTape(), pytest.raises(TypeError, match="lose its derivative"):
        array += x
    with pytest.raises(TypeError, match=r"add: out must be an array .* not Tensor"):
        np.add(array, 1.0, out=x)


WRITERS = [
    lambda a, x: np.copyto(a, x),
    lambda a, x: np.copyto(dst=a, src=2.0, where=x > 2.0),
    lambda a, x: np.putmask(a, x > 2.0, x),
    lambda a, x: np.place(a, x > 2.0, x),
    lambda a, x: np.put(a, [1], x[1:]),
    lambda a, x: np.put_along_axis(a, np.array([1]), x[1:2], 0),
    lambda a, x: np.add.at(a, [0, 0, 1], x),
    lambda a, x: a.put([0], np.full(1, x.max(), float)),
    lambda a, x: a.put([0, 1, 2], np.nan_to_num(np.full(3, np.nan), nan=x.min())),
]


@pytest.mark.parametrize("write", WRITERS)
def test_writers_into_numpy(write: Any) -> None:
    value = np.array([2.0, 3.0, 4.0])
    found, expected = np.zeros(3), np.zeros(3)
    write(found, ours.array(value))
    write(expected, value)
    assert found.tolist() == expected.tolist() != [0.0, 0.0, 0.0]
    x = ours.array(value)
    with ngrad.GradientTape(), pytest.raises(TypeError, match="lose its derivative"):
        write(found, x)


def test_arrays_beside_what_is_no_number() -> None:
    """As Matplotlib has them for its bars."""
    x, none, text = np.broadcast_arrays(ours.arange(2.0), None, "a")  # type: ignore[arg-type]
    assert (x.tolist(), none.tolist(), text.tolist()) == ([0.0, 1.0], [None] * 2, ["a"] * 2)
    assert isinstance(np.broadcast_arrays(ours.arange(2.0), 1)[1], ours.ndarray)
    with ngrad.GradientTape(), pytest.raises(TypeError, match="broadcast_arrays"):
        np.broadcast_arrays(ours.arange(2.0), None)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_the_products_of_matrices_are_refused() -> None:
    """Which NumPy takes for `@`; what is the same for arrays makes arrays."""
    x, matrix = ours.array([[1.0, 2.0], [0.5, 1.0]]), np.matrix([[1.0, 2.0], [3.0, 4.0]])
    for product in (lambda: x * matrix, lambda: matrix * x, lambda: operator.imul(x, matrix)):
        with pytest.raises(TypeError, match=r"multiply: \(2, 2\) and a numpy.matrix .* write @"):
            product()
    for found, expected in ((matrix @ x, matrix @ np.asarray(x)), (x[0, 1] * matrix, 2 * matrix)):
        assert isinstance(found, ours.ndarray)
        assert_same_bits(found, np.asarray(expected))


def test_foreign_arrays_are_asked() -> None:
    class Foreign:
        def __array_ufunc__(self, *args: Any, **kwargs: Any) -> str:
            return "theirs"

        def __array_function__(self, *args: Any) -> str:
            return "theirs"

    x, foreign = ngrad.constant([1.0]), Foreign()
    assert np.add(x, foreign) == np.concatenate([x, foreign]) == "theirs"
    with pytest.raises(TypeError, match="no 'is_busday': of dates"):
        np.is_busday(x)
    assert np.shares_memory(np.asarray(x), x)


@pytest.mark.parametrize("make", [ngrad.constant, ours.asarray])
@pytest.mark.parametrize("method", ["L-BFGS-B", "SLSQP", "BFGS"])
def test_scipy_minimises(method: str, make: Any) -> None:
    """SciPy takes the tensors or arrays that a user's function returns."""
    function = ngrad.value_and_grad(lambda x: np.sum((x - np.arange(3.0)) ** 2))
    found = scipy.optimize.minimize(
        lambda x: function(make(x)), np.ones(3), jac=True, method=method
    )
    np.testing.assert_allclose(found.x, np.arange(3.0), atol=1e-6)


def test_results_of_numpys_are_wrapped() -> None:
    """By code that gives what it computed as an array like one that it was given."""
    x, known = ours.ones(2), np.arange(3.0)
    assert isinstance(x.__array_wrap__(known), ours.ndarray)
    assert x.__array_wrap__(known).tolist() == known.tolist() and x.__array_wrap__(x) is x
    for scalar in (False, True):
        assert x.__array_wrap__(np.array(2.0), None, scalar).is_number is scalar


TRIED: dict[str, list[str]] = {
    "special": ["logsumexp", "erf", "xlogy"], "stats": ["zscore", "pearsonr"],
    "differentiate": ["derivative"], "metrics": ["pairwise.rbf_kernel"], "decomposition": ["PCA"],
    "linear_model": ["Ridge"], "models": ["LinearDiscriminantAnalysis"],
}  # fmt: skip
PROGRAM = f"""
import sklearn
from ngrad import constant
from ngrad.numpy import asarray
from interoperability import Case, outcome
from interoperable.scipy_calls import SCIPY
from interoperable.sklearn_calls import SKLEARN
with sklearn.config_context(array_api_dispatch=True):
    for area, names in {TRIED}.items():
        for row in (SCIPY | SKLEARN)[area]:
            if row[0] in names:
                print(row[0], *(outcome(Case(*row), make) for make in (asarray, constant)))
"""


def in_the_docs(program: str) -> subprocess.CompletedProcess[str]:
    """What a program prints to which the documents' scripts are there."""
    pytest.importorskip("sklearn", minversion="1.9")
    places = os.pathsep.join(str(ROOT / part) for part in ("", "kernels", "docs"))
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": places, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_scipy_and_scikit_learn_take_arrays() -> None:
    """As the table in docs/interoperability.md says: with arrays of ours, or tensors, to begin
    with, and derivatives.
    """
    found = in_the_docs(PROGRAM)
    names = [name for part in TRIED.values() for name in part]
    each = "Outcome(gives='arrays', why='')"
    expected = [f"{name} {each} {each}" for name in names]
    assert found.stdout.splitlines() == expected, found.stderr


def test_the_table_has_all_that_scipy_and_scikit_learn_say_takes_arrays() -> None:
    """And tells of a tenth of these what becomes of a call."""
    written = (ROOT / "docs" / "interoperability.md").read_text()
    for library in ("scipy", "scikit-learn"):
        version = importlib.metadata.version(library)
        if not re.search(rf"{library}\s{re.escape(version)}\s", written, re.IGNORECASE):
            pytest.skip(f"the table is of another {library} than {version}")
    found = in_the_docs(
        "import interoperability\nprint(*interoperability.differing(10), sep='\\n')"
    )
    assert found.stdout.strip() == "" and not found.returncode, found.stdout + found.stderr


@pytest.mark.parametrize(
    "value", [ours.ones(2), ours.asarray(1.0), ngrad.ones(2), ngrad.Variable([1.0, 2.0])]
)
def test_array_api_compat(value: Any) -> None:
    assert compat.is_array_api_obj(value) and not compat.is_numpy_array(value)
    assert compat.array_namespace(value, value * 2.0) is ours
    assert compat.device(value) == value.device and compat.size(value) == value.size
    assert compat.to_device(value, value.device).device == value.device
