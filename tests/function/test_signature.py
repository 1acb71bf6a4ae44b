"""For which arguments a function is recorded anew, and which it refuses."""

from __future__ import annotations

import dataclasses
import gc
import warnings
import weakref
from typing import Any

import numpy as np
import optree
import pytest
from function_programs import bits

import ngrad
from ngrad.errors import DTypeError, ShapeError

a = ngrad.constant([[1.0, 2.0], [3.0, 4.0]])
SAME: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "values": [((a,), {}), ((a + 1.0,), {}), ((a * a,), {})],
    "strides": [((a,), {}), ((ngrad.transpose(a),), {})],
    "arrays": [((np.ones((2, 2), np.float32),), {}), ((a,), {})],
    "floats": [((a, number), {}) for number in (2.0, -0.0, 0.0, 1.0, float("nan"), 1e300)],
    "keywords": [((a,), {"b": 2.0}), ((a,), {"b": 3.0})],
    "nests": [(({"k": [a, 1.0]},), {}), (({"k": [a, 2.0]},), {})],
}


@dataclasses.dataclass(frozen=True)
class Given:
    """An argument with something within."""

    value: Any


b = ngrad.constant([3.0])
OTHER: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "shapes": [((a,), {}), ((a[0],), {})],
    "dtypes": [((a,), {}), ((ngrad.cast(a, "float64"),), {})],
    "1, 1.0 and True": [((a, 1), {}), ((a, 1.0), {}), ((a, True), {})],
    "hashables": [((a, value), {}) for value in (None, "s", "t", 2, 3)],
    "nests": [(([a, a],), {}), (((a, a),), {}), ((a, a), {})],
    "keywords": [((a, 1.0), {}), ((a,), {"b": 1.0}), ((), {"x": a, "b": 1.0})],
    "within": [((a, Given(value)), {}) for value in (1, 1.0, True, -0.0, 0.0, (1,), (1.0,))],
    "sets": [((a, frozenset({value})), {}) for value in (1, 1.0, True)],
    "orders of a dict": [(({"k": a, "j": b},), {}), (({"j": b, "k": a},), {})],
    "orders of keywords": [((a,), {"k": a, "j": b}), ((a,), {"j": b, "k": a})],
    "variables": [((ngrad.Variable(a),), {}), ((ngrad.Variable(a),), {}), ((a,), {})],
}


def leaves_of(*args: Any, **kwargs: Any) -> Any:
    """All that is given, with arithmetic where there is a tensor."""
    return optree.tree_map(
        lambda leaf: leaf * 2.0 if isinstance(leaf, (ngrad.Tensor, ngrad.Variable)) else leaf,
        (args, kwargs),
        none_is_leaf=True,
    )


@pytest.mark.parametrize("name", SAME)
def test_one_signature(name: str) -> None:
    f = ngrad.function(leaves_of)
    f(*SAME[name][0][0], **SAME[name][0][1])
    f(*SAME[name][-1][0], **SAME[name][-1][1])
    before = ngrad.stats().compiled
    for args, kwargs in SAME[name]:
        tensors = optree.tree_map(
            lambda leaf: ngrad.constant(leaf) if isinstance(leaf, np.ndarray) else leaf,
            (args, kwargs),
        )
        assert bits(f(*args, **kwargs)) == bits(leaves_of(*tensors[0], **tensors[1]))
    assert f.traces == 1
    assert ngrad.stats().compiled == before


@pytest.mark.parametrize("name", OTHER)
def test_signatures_of_their_own(name: str) -> None:
    f = ngrad.function(leaves_of)
    for _ in range(2):
        for args, kwargs in OTHER[name]:
            assert bits(f(*args, **kwargs)) == bits(leaves_of(*args, **kwargs))
    assert f.traces == len(OTHER[name])


def test_new_values_of_python_arguments_warn_when_they_go_on() -> None:
    f = ngrad.function(lambda x, n: x * n)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in (*np.linspace(1.0, 2.0, 20).tolist(), *range(8)):
            f(a, number)
        for size in range(1, 30):  # these are no Python arguments
            f(ngrad.ones([size]), 2)
    with pytest.warns(
        UserWarning, match=r"recorded over 8 times for new values.*\(now \[9\]\)"
    ) as seen:
        f(a, 9)
    assert seen[0].filename == __file__


def test_defaults_are_as_python_has_them() -> None:
    @ngrad.function
    def f(x: Any, b: float = 2.0, *, c: int = 1) -> Any:
        return x * b + c

    assert f(a).numpy()[0, 0] == 3.0
    assert f(a, 3.0, c=2).numpy()[0, 0] == 5.0
    assert f(b=1.0, x=a).numpy()[0, 0] == 2.0


REFUSED_ARGUMENTS = {"unhashable": {1, 2}, "an array of strings": np.array(["s"])}


@pytest.mark.parametrize("name", REFUSED_ARGUMENTS)
def test_arguments_that_are_refused(name: str) -> None:
    f = ngrad.function(lambda x: x)
    with pytest.raises(DTypeError, match=r"function: .*(set|dtype)"):
        f(REFUSED_ARGUMENTS[name])
    assert f.traces == 0


@ngrad.function(input_signature=[ngrad.TensorSpec([None, 2]), ngrad.TensorSpec([])])
def specified(x: Any, y: Any) -> Any:
    return ngrad.reduce_sum(ngrad.exp(x) * y, 1)


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "match"),
    [
        ((np.ones((3, 3), "f4"), 1.0), {}, ShapeError, r"argument 0: takes shape \(None, 2\)"),
        ((np.ones(2, "f4"), 1.0), {}, ShapeError, "argument 0"),
        ((np.ones((3, 2), "f4"), ngrad.constant(1)), {}, DTypeError, "takes float32, not int32"),
        ((np.ones((3, 2), "f4"),), {}, TypeError, "takes 2 positional arguments"),
        ((np.ones((3, 2), "f4"),), {"z": 1.0}, TypeError, "specified: .*'y'"),
        ((np.ones((3, 2), "f4"),), {"y": [1.0]}, ShapeError, "argument 1"),
    ],
)
def test_an_input_signature_is_required(args: Any, kwargs: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        specified(*args, **kwargs)


def test_arguments_of_an_input_signature_may_be_named() -> None:
    x = np.ones((3, 2), "f4")
    np.testing.assert_array_equal(specified(y=2.0, x=x), specified(x, 2.0))


def test_specifications() -> None:
    for x in (ngrad.ones([2, 3]), ngrad.Variable(ngrad.ones([2, 3])), np.ones((2, 3), "f4")):
        assert repr(ngrad.TensorSpec.from_tensor(x)) == "TensorSpec((2, 3), ngrad.float32)"
    with pytest.raises(ShapeError, match="how many axes there are must be known"):
        ngrad.TensorSpec(None)


class Scaled:
    def __init__(self) -> None:
        self.by = ngrad.constant(2.0)

    @ngrad.function
    def call(self, x: Any) -> Any:
        return self.by * x


@pytest.mark.parametrize("function", [ngrad.function(lambda x: 2.0 * x), Scaled().call])
def test_the_function_of_a_specification(function: Any) -> None:
    any_size = function.get_concrete_function(ngrad.TensorSpec([None]))
    for n in (2, 3):
        np.testing.assert_array_equal(any_size(ngrad.ones([n])), np.full(n, 2.0))
    with pytest.raises(ShapeError, match=r"takes shape \(2,\), not \(3,\)"):
        function.get_concrete_function(ngrad.ones([2]))(ngrad.ones([3]))
    with pytest.raises(TypeError, match=r"get_concrete_function: .* not bool"):
        function.get_concrete_function(True)


@pytest.mark.parametrize("fusion", ["off", "wait"])
def test_an_open_size_compiles_nothing(fusion: str) -> None:
    """Sizes of 0 and 1 are classes of their own."""
    before = ngrad.config.fusion()
    ngrad.config.set_fusion(fusion)
    try:
        for size in (0, 1, 7):
            for _ in range(3):
                specified(ngrad.ones([size, 2]), 2.0)
        compiled = ngrad.stats().compiled
        for size in (*range(9), 1000, 3000):
            for _ in range(3):
                found = specified(ngrad.ones([size, 2]), 2)
            np.testing.assert_allclose(found.numpy(), np.full(size, 4 * np.e), 1e-6)
        assert ngrad.stats().compiled == compiled
    finally:
        ngrad.config.set_fusion(before)


# -- methods ---------------------------------------------------------------------------------------


class Model:
    def __init__(self, w: float) -> None:
        self.w = ngrad.Variable(w)

    def __eq__(self, other: object) -> bool:  # equal to all, and so not hashable
        return True

    @ngrad.function
    def __call__(self, x: Any) -> Any:
        return x * self.w

    @ngrad.function
    def scaled(self, x: Any, k: int = 1) -> Any:
        return x * self.w * k


def test_methods_need_weak_references() -> None:
    class Slotted:
        __slots__ = ()

        @ngrad.function
        def method(self, x: Any) -> Any:
            return x

    with pytest.raises(TypeError, match=r"function method: .* Slotted, .*'__weakref__'"):
        Slotted().method(1.0)


def test_methods_are_of_one_object() -> None:
    one, other = Model(2.0), Model(5.0)
    for model, w in ((one, 2.0), (other, 5.0), (one, 2.0)):
        assert float(model(ngrad.constant(1.0))) == w
        assert float(model.scaled(ngrad.constant(1.0), k=3)) == 3 * w
    assert (one.scaled.traces, Model.scaled.traces) == (1, 0)
    assert "multiply" in one.scaled.pretty() and "multiply" in one.scaled.pretty(a, 2)
    held, w = weakref.ref(one), weakref.ref(one.w)
    del one, model
    gc.collect()
    assert held() is None
    assert w() is None
    assert float(other(ngrad.constant(1.0))) == 5.0


def test_what_runs_after_its_call_is_refused() -> None:
    def counted(x: Any) -> Any:
        yield x

    async def awaited(x: Any) -> Any:
        return x

    for later in (counted, awaited):
        with pytest.raises(TypeError, match=rf"function {later.__name__}: .* return a list"):
            ngrad.function(later)
