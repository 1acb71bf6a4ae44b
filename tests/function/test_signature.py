"""For which arguments a function is recorded anew, and which it refuses."""

from __future__ import annotations

import dataclasses
import functools
import gc
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import optree
import pytest
from function_programs import bits

import ngrad
import ngrad.numpy as nnp
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


weights, table, numpys = ngrad.Variable([1.0, 2.0]), nnp.array([[1.0, 2.0]]), np.ones(2)


def plain(x: Any, b: Any = 2.0, n: int = 1) -> Any:
    return x * b + n


def named(x: Any, *, b: Any = 2.0, n: int = 1) -> Any:
    return x * b + n


def by_position(x: Any, b: Any = 2.0, /, n: int = 1) -> Any:
    return x * b + n


def any_number(x: Any, b: Any = 2.0, *more: Any, **others: Any) -> Any:
    return x * b + sum(more) + sum(others.values())


def of_tensors(x: Any, b: Any = weights, c: Any = a, d: Any = table, e: Any = numpys) -> Any:
    return x * b + c * d - e


class OfOne:
    def __call__(self, x: Any, b: Any = 2.0, n: int = 1) -> Any:
        return x * b + n


def of_itself(self: Any, names: Any = 2.0, count: int = 1) -> Any:
    return self * names + count


def given(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


SPELT: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "keywords": (
        plain,
        [given(a, 2.0, 1), given(a, n=1, b=2.0), given(n=1, b=2.0, x=a), given(a, 2.0), given(x=a)],
    ),
    "only by keyword": (named, [given(a), given(a, b=3.0), given(x=a, n=1, b=2.0)]),
    "only by position": (by_position, [given(a), given(a, 2.0), given(a, 2.0, n=1)]),
    "any number": (any_number, [given(a), given(a, 3.0), given(b=2.0, x=a)]),
    "others by position": (any_number, [given(a, 2.0, 1, a), given(a, 3.0, 1, a)]),
    "others by keyword": (any_number, [given(a, k=1), given(b=2.0, k=1, x=a), given(k=1, x=a)]),
    "names of our own": (of_itself, [given(a), given(count=1, self=a, names=2.0)]),
    "tensors": (
        of_tensors,
        [given(a), given(a, weights, a, table, numpys), given(c=a + 1.0, d=table, x=a)],
    ),
    "an object": (OfOne(), [given(a), given(a, n=1), given(a, 2.0, 1)]),
    "a part": (functools.partial(plain, b=3.0), [given(a), given(x=a), given(a, n=1, b=2.0)]),
    "a bound method": (OfOne().__call__, [given(a), given(a, n=1), given(a, 2.0, 1)]),
    "an op": (ngrad.matmul, [given(a, a), given(b=a, a=a), given(a, b=a, transpose_a=False)]),
}


@pytest.mark.parametrize("name", SPELT)
def test_a_call_is_one_however_it_is_spelt(name: str) -> None:
    python, calls = SPELT[name]
    f = ngrad.function(python)
    for args, kwargs in [*calls, *calls[::-1]]:
        assert bits(f(*args, **kwargs)) == bits(python(*args, **kwargs))
        f.pretty(*args, **kwargs)
    assert f.traces == 1


def test_a_default_that_the_function_writes_to_is_its_own() -> None:
    @ngrad.function
    def counted(x: Any, b: Any = 2.0, kept: Any = {}, n: Any = 1) -> Any:  # noqa: B006
        if "w" not in kept:
            kept["w"] = ngrad.Variable(0.0)
        return kept["w"].assign_add(1.0) + x * b * n

    for args, kwargs, count in (*given(a), 1.0), (*given(a, 2.0), 2.0), (*given(b=2.0, x=a), 3.0):
        assert bits(counted(*args, **kwargs)) == bits(a * 2.0 + count)
    assert counted.traces == 1


def test_a_decorator_may_give_what_it_wraps_something_else() -> None:
    @functools.wraps(plain)
    def wrapper(x: Any, *names: Any, **others: Any) -> Any:
        return plain(x, a, *names, **others)

    f = ngrad.function(wrapper)
    assert bits(f(a, n=3)) == bits(wrapper(a, n=3))
    assert bits(f(x=a)) == bits(wrapper(a))


def test_methods_are_spelt_as_functions_are() -> None:
    model = Model(2.0)
    for args, kwargs in (given(a), given(a, 1), given(k=1, x=a)):
        assert bits(model.scaled(*args, **kwargs)) == bits(a * 2.0)
        assert "def space" in model.scaled.source(*args, **kwargs)
    assert model.scaled.traces == 1
    assert bits(model.scaled.get_concrete_function(x=a)(x=a)) == bits(a * 2.0)


def test_defaults_are_followed_as_arguments_are() -> None:
    f = ngrad.function(of_tensors)
    with ngrad.GradientTape() as tape:
        tape.watch(a)
        y = f(a)
    slopes = tape.gradient(y, [weights, a])
    with ngrad.GradientTape() as tape:
        tape.watch(a)
        y = of_tensors(a)
    assert bits(slopes) == bits(tape.gradient(y, [weights, a]))


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [given(), given(a, x=a), given(a, 1.0, 1, 1), given(a, z=1), given(b=1.0), given(z=1)],
)
def test_wrong_calls_raise_what_python_raises(args: Any, kwargs: Any) -> None:
    f, model = ngrad.function(plain), Model(2.0)
    for function, python in ((f, plain), (model.scaled, functools.partial(Model.scaled._f, model))):
        with pytest.raises(TypeError) as expected:
            python(*args, **kwargs)
        for call in (function, function.pretty) if args or kwargs else (function,):
            with pytest.raises(TypeError) as found:
                call(*args, **kwargs)
            assert str(found.value) == str(expected.value)
        assert function.traces == 0


def test_what_an_input_signature_leaves_out_has_its_default() -> None:
    specs = [ngrad.TensorSpec([None, 2]), ngrad.TensorSpec([])]
    for n in (1, 2):
        f = ngrad.function(plain, input_signature=specs[:n])
        assert bits(f(a)) == bits(f(x=a)) == bits(plain(a))
        assert f.traces == 1
    assert bits(f.get_concrete_function(b=specs[1], x=a)(b=3.0, x=a)) == bits(plain(a, 3.0))
    with pytest.raises(TypeError, match="get_concrete_function: n cannot be an argument by pos"):
        f.get_concrete_function(a, n=a)


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
        ((np.ones((3, 2), "f4"),), {}, TypeError, "specified: .*'y'"),
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
