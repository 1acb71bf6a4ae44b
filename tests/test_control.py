"""TensorFlow's control flow, modules, checks and assignments to elements of variables."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

import ngrad as tf
from ngrad import debugging
from ngrad.errors import (
    DTypeError,
    IndexBoundsError,
    NgradError,
    NumberError,
    NumericsError,
    ShapeError,
    TraceError,
)

X = tf.constant([1.0, 2.0, 4.0])
ARRAY = partial(tf.TensorArray, tf.float32, dynamic_size=True)


class Loop(NamedTuple):
    n: Any
    y: Any


def slope(f: Any) -> list[float]:
    found: list[float] = tf.grad(lambda x: tf.reduce_sum(f(x)))(X).numpy().tolist()
    return found


@pytest.mark.parametrize(
    "f, value, gradient",
    [
        (lambda x: tf.cond(x[0] < 2.0, lambda: x * x, lambda: x), [1, 4, 16], [2, 4, 8]),
        (lambda x: tf.case([(x[0] > 2.0, lambda: x)], lambda: 3.0 * x), [3, 6, 12], [3, 3, 3]),
        (lambda x: tf.switch_case(2, [lambda: x, lambda: -x]), [-1, -2, -4], [-1, -1, -1]),
        (lambda x: tf.switch_case(5, {5: lambda: x}, lambda: -x), [1, 2, 4], [1, 1, 1]),
        (
            lambda x: tf.while_loop(lambda y: y[2] < 30.0, lambda y: y * 2.0, [x])[0],
            [8, 16, 32],
            [8, 8, 8],
        ),
        (
            lambda x: tf.while_loop(lambda y: True, lambda y: y * x, x, maximum_iterations=2),
            [1, 8, 64],
            [3, 12, 48],
        ),
        (
            lambda x: tf.while_loop(lambda n, y: n < 2, lambda n, y: (n + 1, y * y), Loop(0, x)).y,
            [1, 16, 256],
            [4, 32, 256],
        ),
        (
            lambda x: tf.while_loop(
                lambda n, ys: n < 3,
                lambda n, ys: (n + 1, ys.write(n, x[n] * x[n])),
                (0, tf.TensorArray(tf.float32, size=3)),
            )[1].stack(),
            [1, 4, 16],
            [2, 4, 8],
        ),
        (lambda x: ARRAY().split(x, [1, 2]).concat(), [1, 2, 4], [1, 1, 1]),
        (lambda x: ARRAY().scatter([2, 0, 1], x).gather([2, 2]), [1, 1], [2, 0, 0]),
        (lambda x: ARRAY(3, element_shape=()).write(1, x[2]).stack(), [0, 4, 0], [0, 0, 1]),
        (lambda x: ARRAY(element_shape=[None]).write(0, x).identity().read(0), X, [1, 1, 1]),
        (lambda x: tf.map_fn(lambda y: y * y, x), [1, 4, 16], [2, 4, 8]),
        (lambda x: tf.map_fn(lambda y: y[0] * y[1], (x, x[::-1])), [4, 4, 4], [8, 4, 2]),
        (lambda x: tf.vectorized_map(lambda y: {"a": y + 1.0}, x)["a"], [2, 3, 5], [1, 1, 1]),
        (lambda x: tf.scan(lambda a, y: a * y, x), [1, 2, 8], [11, 5, 2]),
        (lambda x: tf.scan(lambda a, y: a + y, x, 1.0), [2, 4, 8], [3, 2, 1]),
        (lambda x: tf.scan(lambda a, y: a + y, x, reverse=True), [7, 6, 4], [1, 2, 3]),
        (lambda x: tf.foldl(lambda a, y: a / y, x), 0.125, [0.125, -0.0625, -0.03125]),
        (lambda x: tf.foldr(lambda a, y: a - y, x, 1.0), -6, [-1, -1, -1]),
    ],
)
def test_values_and_gradients(f: Any, value: Any, gradient: Any) -> None:
    np.testing.assert_allclose(f(X).numpy(), value)
    np.testing.assert_allclose(slope(f), gradient)


def test_loops_without_computed_conditions_can_be_recorded() -> None:
    f = lambda x: tf.scan(lambda a, y: a + y, tf.map_fn(tf.square, x))  # noqa: E731
    np.testing.assert_array_equal(tf.function(f)(X).numpy(), f(X).numpy())
    computed: list[Callable[[Any], Any]] = [
        lambda x: tf.cond(x[0] > 0.0, lambda: x, lambda: -x),
        lambda x: tf.case([(x[0] > 0.0, lambda: x)], lambda: -x),
        lambda x: tf.while_loop(lambda x: x[0] < 9.0, lambda x: x * 2.0, [x]),
    ]
    for body in computed:
        with pytest.raises(TraceError, match=r"ngrad\.where .* `cond`, a known number of turns"):
            tf.function(body)(X)


class Inner(tf.Module):
    def __init__(self, start: float) -> None:
        super().__init__()
        with self.name_scope:
            self.w = tf.Variable(start)
        self.steps = tf.Variable(0, trainable=False)

    @tf.Module.with_name_scope
    def scaled(self, x: Any) -> Any:
        return self.w * x


class OuterNet(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(7.0)
        self.layers = {"b": [Inner(1.0), Inner(2.0)], "rate": 0.1, "none": None}
        self.same = self.layers["b"][0]  # type: ignore[index]
        self.itself = self


def test_a_module_finds_its_variables_and_submodules() -> None:
    net = OuterNet()
    assert [float(v) for v in net.trainable_variables] == [7.0, 1.0, 2.0]
    assert len(net.non_trainable_variables) == 2 and len(net.variables) == 5
    assert net.submodules == tuple(net.layers["b"])  # type: ignore[arg-type]
    assert float(Inner(3.0).scaled(2.0)) == 6.0
    assert net.name == "outer_net" and tf.Module("mine").name == "mine"


SLICES = tf.IndexedSlices([[1.0, 2.0], [3.0, 4.0]], [1, 1])


@pytest.mark.parametrize(
    "how, expected",
    [
        ("update", [3, 4]), ("add", [6, 8]), ("sub", [-2, -4]), ("mul", [6, 16]),
        ("div", [2 / 3, 1 / 4]), ("max", [3, 4]), ("min", [1, 2]),
    ],
)  # fmt: skip
def test_assignments_to_elements_of_a_variable(how: str, expected: Any) -> None:
    start = np.array([[5.0, 6.0], [2.0, 2.0]], "f4")
    v = tf.Variable(start)
    assert getattr(v, f"scatter_{how}")(SLICES) is v
    np.testing.assert_allclose(v.numpy(), [[5, 6], expected], rtol=1e-6)
    if how not in ("mul", "div"):
        w = tf.Variable(start)
        getattr(w, f"scatter_nd_{how}")([[1], [1]], SLICES.values)
        np.testing.assert_array_equal(w.numpy(), v.numpy())
    np.testing.assert_array_equal(v.sparse_read([0]).numpy(), start[:1])
    with pytest.raises(DTypeError, match=rf"scatter_{how}: .*IndexedSlices.*list"):
        getattr(v, f"scatter_{how}")([1.0])


def test_print_shows_tensors_in_nests(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    tf.print("a", X, [X[0], {"k": True}], 2.0, None, output_stream=stream, sep="|", end="")
    assert stream.getvalue() == "a|[1 2 4]|[1, {'k': True}]|2.0|None"
    tf.print(tf.range(9))
    tf.print(tf.range(9), summarize=-1)
    assert capsys.readouterr().err == "[0 1 2 ... 6 7 8]\n[0 1 2 3 4 5 6 7 8]\n"


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: tf.assert_equal([1, 2], [1, 3], "n"), NumberError, r"n: .*2 and 3 at \(1,\)"),
        (lambda: tf.assert_greater(1.0, 1.0), NumberError, "greater: not so of 1.0 and 1.0$"),
        (lambda: tf.assert_less([1, 2], [1, 2, 3]), ShapeError, r"\(2,\) and \(3,\)"),
        (lambda: debugging.assert_near(1.0, 1.1), NumberError, "assert_near"),
        (lambda: debugging.assert_positive([1, 0]), NumberError, r"0 at \(1,\)"),
        (lambda: debugging.assert_integer(1.0), DTypeError, "float32"),
        (lambda: debugging.assert_type(1.0, "int32"), DTypeError, "float32, not int32"),
        (lambda: debugging.assert_same_float_dtype([X, None, 1]), DTypeError, "float32, int32"),
        (lambda: debugging.check_numerics([1, np.inf], "x"), NumericsError, r"x: inf at \(1,\)"),
        (lambda: tf.assert_rank(X, 2, "rows"), ShapeError, r"rows: shape \(3,\) has 1 axes, not 2"),
        (lambda: debugging.assert_rank_at_least(X, 2), ShapeError, "2 or more"),
        (lambda: debugging.assert_shapes([(X, "N"), ([1], "N")]), ShapeError, "N = 3"),
        (lambda: debugging.assert_shapes([(X, "N"), ([[1]], "*N")]), ShapeError, "N = 3"),
        (lambda: debugging.assert_shapes([(X, (..., 1, 3))]), ShapeError, "Ellipsis, 1, 3"),
        (lambda: debugging.assert_near(*tf.constant([[127], [-128]], "int8"), atol=2), NumberError,
         "127 and -128"),
        (lambda: tf.ensure_shape(X, [None, 3]), ShapeError, r"\(3,\).*\(None, 3\)"),
        (lambda: tf.Variable([1.0]).scatter_add(tf.IndexedSlices([1.0], [-1])), IndexBoundsError,
         "scatter_add: index -1"),
        (lambda: tf.Assert(X[0] > 1.0, [X]), NumberError, "Assert"),
        (lambda: tf.case([(False, lambda: 1)]), NumberError, "no default"),
        (lambda: tf.case([(True, print), (True, print)], exclusive=True), NumberError, "exclusive"),
        (lambda: tf.map_fn(lambda y: y, X, dtype=tf.int32), DTypeError, "float32, where int32"),
        (lambda: tf.scan(lambda a, y: a, X[:0]), ShapeError, r"\(0,\)"),
        (lambda: tf.scan(lambda a, y: a, (X, X[1:])), ShapeError, r"\(3,\), \(2,\)"),
        (lambda: tf.while_loop(lambda a, b: True, lambda a, b: a, (X, X)), ShapeError, "2 .* 1"),
        (lambda: tf.while_loop(lambda: True, list, []), NumberError, "at least one"),
        (lambda: ARRAY(2).read(2), IndexBoundsError, r"read: index 2 .*\[0, 2\)"),
        (lambda: tf.TensorArray("float32", 1).write(1, 0.0), IndexBoundsError, "dynamic_size=True"),
        (lambda: ARRAY().write(0, X > 0.0), DTypeError, "bool in an array of float32"),
        (lambda: ARRAY(element_shape=[2]).write(0, X), ShapeError, r"\(3,\) where .* \(2,\)"),
        (lambda: ARRAY(2).stack(), ShapeError, "not written"),
        (lambda: tf.function(lambda a: a.stack())(ARRAY()), DTypeError, "TensorArray"),
    ],
)  # fmt: skip
def test_what_does_not_hold_raises(call: Any, error: type[NgradError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


CHECKED = {
    "assert_positive": (lambda x: debugging.assert_positive(x), NumberError),
    "assert_less": (lambda x: debugging.assert_less(-x, [1.0]), NumberError),
    "assert_near": (lambda x: debugging.assert_near(x, tf.abs(x), rtol=0.1), NumberError),
    "Assert": (lambda x: tf.Assert(tf.reduce_all(x > 0.0), [x, "no"]), NumberError),
    "check_numerics": (lambda x: debugging.check_numerics(tf.sqrt(x), "roots"), NumericsError),
}


@pytest.mark.parametrize("check, error", CHECKED.values(), ids=CHECKED)
def test_in_a_function_values_are_looked_at_after_each_call(check: Any, error: Any) -> None:
    total = tf.Variable(0.0)

    @tf.function
    def added(x: Any) -> Any:
        check(x)
        total.assign_add(tf.reduce_sum(x))
        return tf.reduce_sum(x * 2.0)

    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = added(x)
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 2.0]
    with pytest.raises(error) as raised:
        added(tf.constant([1.0, -2.0]))
    assert f"{__file__}:" in raised.value.__notes__[0] and total.numpy() == 2.0
    assert added(tf.constant([0.25, 0.25])).numpy() == 1.0


def test_what_holds_raises_nothing() -> None:
    debugging.assert_near([1.0, 2.0], [1.0, 2.0 + 1e-7])
    debugging.assert_none_equal([1, 2], 3)
    debugging.assert_shapes([(X, ("N",)), (tf.zeros([2, 3]), (None, "N"))])
    debugging.assert_shapes([(X, "*3"), (X, (..., "N")), (tf.zeros([1, 2, 3]), (..., ".", "N"))])
    debugging.assert_rank_in(X, (0, 1))
    assert debugging.assert_scalar(2.0).numpy() == 2.0
    assert tf.ensure_shape(X, [None]) is X


@pytest.mark.parametrize("fold", [tf.foldl, tf.foldr])
def test_a_fold_of_nothing_is_what_it_begins_with(fold: Any) -> None:
    found = fold(lambda total, x: total + x, tf.zeros([0, 2]), tf.constant([1.0, 2.0]))
    np.testing.assert_array_equal(found, [1.0, 2.0])


@pytest.mark.parametrize(
    "loop",
    [
        tf.map_fn,
        tf.vectorized_map,
        lambda fn, x: tf.scan(lambda last, row: fn(row + last[1]), x, fn(tf.zeros([3]))),
    ],
)
def test_a_loop_over_nothing_gives_no_slices_of_what_its_function_returns(loop: Any) -> None:
    rows, totals = loop(lambda row: (row[:2], tf.reduce_sum(row)), tf.zeros([0, 3]))
    assert rows.shape == (0, 2) and totals.shape == (0,)


def test_slices_stand_for_the_tensor_that_has_them() -> None:
    slices = tf.IndexedSlices(tf.constant([5.0, 6.0, 1.0]), [0, 2, 0], [3])
    assert slices.shape.as_list() == [3] and SLICES.shape is None
    assert tf.convert_to_tensor(slices).numpy().tolist() == [6.0, 0.0, 6.0]
    assert float(tf.linalg.global_norm([slices])) == pytest.approx(np.sqrt(72.0))
    v = tf.Variable([1.0, 2.0, 3.0])
    tf.optimizers.SGD(0.5).apply_gradients([(slices, v)])
    assert v.numpy().tolist() == [-2.0, 2.0, 0.0] and slices.dtype == np.float32
    with pytest.raises(ShapeError, match="dense_shape"):
        tf.convert_to_tensor(SLICES)


@pytest.mark.parametrize(
    "made, dtype",
    [
        (lambda s: tf.stack([s, 0]), "float32"), (lambda s: tf.concat([[s], [0]], 0), "float32"),
        (lambda s: tf.convert_to_tensor([[s, 0], [0, s]]), "float32"),
        (lambda s: tf.constant([[s, 0], [1, 2]]), "float32"),
        (lambda s: tf.reduce_sum([s, 1]), "float32"), (lambda s: [[1.0], [2]], "float32"),
        (lambda s: tf.stack([tf.cast(s, "int64"), 2]), "int64"),
        (lambda s: tf.one_hot([0, 1], 2, dtype="int32"), "int32"),
        (lambda s: tf.one_hot([0, 1], 2, dtype="bool"), "bool"),
    ],
)  # fmt: skip
def test_numbers_in_lists_have_the_dtype_of_tensors_beside_them(made: Any, dtype: str) -> None:
    """Eagerly, and where a function is recorded."""
    for how in (made, tf.function(made)):
        assert tf.convert_to_tensor(how(tf.constant(2.5))).dtype == dtype
