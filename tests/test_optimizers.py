"""Updates: the papers' steps, and what clips, decays, constrains or refuses gradients."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from papers import COMMON, OPTIMIZERS

import ngrad
from ngrad import optimizers as o
from ngrad.errors import DTypeError, GradientError, NumberError, ShapeError
from ngrad.optimizers import SGD, Adam


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_the_papers(name: str, code: str) -> None:
    make, reference = OPTIMIZERS[name]
    draw = np.random.default_rng(1)
    starts = [draw.standard_normal(shape).astype(code) for shape in ((), (3,), (2, 3), (0,))]
    variables = [ngrad.Variable(start) for start in starts]
    expected = [start.astype(np.float64) for start in starts]
    steps = [reference() for _ in starts]
    optimizer = make()
    for k in range(5):
        grads = [draw.standard_normal(start.shape).astype(code) for start in starts]
        done = optimizer.apply_gradients(zip(map(ngrad.constant, grads), variables, strict=True))
        assert int(done) == int(optimizer.iterations) == k + 1
        expected = [f(w, g) for f, w, g in zip(steps, expected, grads, strict=True)]
    for variable, wanted in zip(variables, expected, strict=True):
        assert variable.dtype == np.dtype(code)
        np.testing.assert_allclose(variable.numpy(), wanted, rtol=3e-6 if code == "f4" else 1e-13)


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_float_of_two_bytes_steps_in_float32(name: str, half: str) -> None:
    """Its state is float32's, and each step that of float32, rounded; 0, 1e-3 squared are none."""
    make, _ = OPTIMIZERS[name]
    narrow, single = make(), make()
    w = ngrad.Variable(np.array([1.0, -2.0, 1.0]), dtype=half)
    for grads in ([1e-3, 0.0, 3.0], [-2e-3, 0.0, 1.0], [1e-3, 0.0, 2.0]):
        g = ngrad.constant(grads, half)
        v = ngrad.Variable(ngrad.cast(w, "float32"))
        single.build([v])
        for own, other in zip(single.variables[1:], narrow.variables[1:], strict=False):
            own.assign(other)
        narrow.apply_gradients([(g, w)])
        single.iterations.assign(narrow.iterations - 1)
        single.apply_gradients([(ngrad.cast(g, "float32"), v)])
        unit = float(ngrad.as_dtype(half).finfo.eps)  # a decay is assigned, and rounded, before
        np.testing.assert_allclose(np.asarray(w, float), v.numpy(), rtol=unit)
        single = make()
    assert all(slot.dtype == "float32" for slot in narrow.variables[1:])


@pytest.mark.parametrize("name", COMMON)
def test_a_quadratic_is_minimised(name: str) -> None:
    optimizer = OPTIMIZERS[name][0]()
    optimizer.learning_rate = 0.1
    w = ngrad.Variable([3.0, -2.0])
    for _ in range(200):
        with ngrad.GradientTape() as tape:
            loss = ngrad.reduce_sum(ngrad.square(w - [1.0, 2.0]))
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
    np.testing.assert_allclose(w.numpy(), [1.0, 2.0], atol=1e-2)


def test_gradients_are_clipped_together() -> None:
    w, b = ngrad.Variable([0.0]), ngrad.Variable(0.0, dtype="float64")
    optimizer = SGD(1.0, global_clipnorm=1.0)
    optimizer.apply([[3.0], 4.0], [w, b])
    np.testing.assert_allclose([w.numpy()[0], b.numpy()], [-0.6, -0.8], rtol=1e-6)
    optimizer.global_clipnorm = None
    optimizer.apply([[3.0], 4.0], [w, b])
    np.testing.assert_allclose([w.numpy()[0], b.numpy()], [-3.6, -4.8], rtol=1e-6)
    with pytest.raises(NumberError, match="one of clipnorm, clipvalue"):
        SGD(clipnorm=1.0, clipvalue=1.0)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_constraint_holds_after_each_update(recorded: bool) -> None:
    optimizer = SGD(0.5)
    v = ngrad.Variable([1.0, -0.25, 4.0], constraint=lambda w: ngrad.clip_by_value(w, 0.0, 2.0))
    copied = copy.deepcopy(v)
    assert copied.constraint is v.constraint and ngrad.Variable(1.0).constraint is None

    def step() -> None:
        optimizer.apply_gradients([(ngrad.constant([0.5, 1.0, 1.0]), v)])

    for expected in ([0.75, 0.0, 2.0], [0.5, 0.0, 1.5]):
        (ngrad.function(step) if recorded else step)()
        np.testing.assert_array_equal(v, expected)
    v.assign([-1.0, 0.0, 0.0])  # of what is assigned otherwise it knows nothing
    assert float(v[0]) == -1.0
    with pytest.raises(TypeError, match="constraint is a function of it, not 3"):
        ngrad.Variable(1.0, constraint=3)  # type: ignore[arg-type]


def test_what_decays_can_be_chosen() -> None:
    w, b, c = (ngrad.Variable(1.0, name=name) for name in ("w", "bias", "c"))
    optimizer = SGD(0.5, weight_decay=0.5)
    for excluded, expected in (({}, [0.75] * 3), ({"var_list": [c], "var_names": ["bias"]}, [])):
        optimizer.exclude_from_weight_decay(**excluded)
        optimizer.apply([0.0] * 3, [w, b, c])
        expected = expected or [0.75**2, 0.75, 0.75]
        np.testing.assert_allclose([float(v) for v in (w, b, c)], expected)


def test_a_loss_is_minimised() -> None:
    w, fixed = ngrad.Variable(3.0), ngrad.Variable(2.0, trainable=False)

    def loss() -> Any:
        return ngrad.square(w) * fixed

    SGD(0.1).minimize(loss)
    assert float(w) == pytest.approx(1.8) and float(fixed) == 2.0
    SGD(0.1).minimize(loss, lambda: [w])
    SGD(0.1).minimize(loss, [fixed])
    assert float(fixed) == pytest.approx(2.0 - 0.1 * 1.08**2)
    with ngrad.GradientTape() as tape:
        value = loss()
    SGD(0.1).minimize(value, [w], tape=tape)
    with pytest.raises(GradientError, match="tape="):
        SGD().minimize(value, [w])


def test_variables_without_a_gradient_stay_with_a_warning() -> None:
    w, b = ngrad.Variable(1.0, name="w"), ngrad.Variable(2.0, name="bias")
    with pytest.warns(UserWarning, match="SGD: no gradient for bias"):
        SGD(0.5).apply_gradients([(1.0, w), (None, b)])
    assert (float(w), float(b)) == (0.5, 2.0)
    for pairs in ([(None, w), (None, b)], []):
        with pytest.raises(NumberError, match="no gradient for any variable"):
            SGD().apply_gradients(pairs)


@pytest.mark.parametrize(
    "kind, message, gradient",
    [
        (ShapeError, r"\(3,\).*'b'.*\(2,\)", np.ones(3, np.float32)),
        (ShapeError, r"\(\).*'b'.*\(2,\)", 1.0),
        (DTypeError, "float64.*'b'.*float32", ngrad.constant([1.0, 1.0], "float64")),
    ],
)
def test_a_gradient_unlike_its_variable_updates_nothing(
    kind: type[Exception], message: str, gradient: Any
) -> None:
    w, b = ngrad.Variable([1.0], name="w"), ngrad.Variable([1.0, 2.0], name="b")
    optimizer = Adam()
    with pytest.raises(kind, match=message):
        optimizer.apply_gradients([([1.0], w), (gradient, b)])
    assert w.numpy() == [1.0] and int(optimizer.iterations) == 0


def test_what_is_no_variable_or_no_rate_raises() -> None:
    w = ngrad.Variable([1.0])
    with pytest.raises(DTypeError, match="Tensor"):
        SGD().apply_gradients([([1.0], w.value())])
    with pytest.raises(DTypeError, match="int32"):
        SGD().apply_gradients([(1.0, ngrad.Variable(1))])
    for make in (
        lambda: SGD(-1.0),
        lambda: SGD(momentum=1.0),
        lambda: Adam(beta_1=1.0),
        lambda: Adam(epsilon=float("nan")),
        lambda: SGD(lambda step: -1.0).apply_gradients([([1.0], w)]),
        lambda: o.Adafactor(beta_2_decay=0.5),
        lambda: o.Ftrl(learning_rate_power=0.5),
        lambda: o.Ftrl(0.0).apply_gradients([([1.0], w)]),
    ):
        with pytest.raises(NumberError):
            make()
