"""Users' Python over a batch, of a `custom_gradient` and of a kernel: called once, to the bit as a
loop of gradients gives it, or in a loop where it has to see values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import Array, assert_same_bits, weights
from test_jacobian import by_gradients
from test_kernel_ops import product

import ngrad
import ngrad.numpy as np_
from ngrad import GradientTape, TensorSpec, constant, kernel_op
from ngrad.errors import TraceError

Make = Callable[[list[int]], Callable[..., Any]]
ROW, MATRIX = weights((4,)), weights((3, 4))
V = ngrad.Variable([0.5, -1.0, 2.0, 0.25], dtype="float64")


def custom(grad: Callable[..., Any], value: Callable[..., Any] = ngrad.sin) -> Make:
    """A function with a gradient, `grad(g, out, *args)`, whose calls are counted."""

    def make(calls: list[int]) -> Callable[..., Any]:
        @ngrad.custom_gradient
        def f(*args: Any) -> Any:
            out = value(*args)

            def backward(*g: Any) -> Any:
                calls.append(1)
                return grad(*g, out, *args)

            return out, backward

        return f

    return make


def with_variable(calls: list[int]) -> Callable[..., Any]:
    @ngrad.custom_gradient
    def f(x: Any) -> Any:
        def backward(g: Any, variables: Any) -> Any:
            calls.append(1)
            (v,) = variables
            return g * v, [2.0 * g * x]

        return x * V, backward

    return f


def several(calls: list[int]) -> Callable[..., Any]:
    """Of a dict and a number, of two results."""

    @ngrad.custom_gradient
    def f(pair: Any, times: int) -> Any:
        x, y = pair["x"], pair["y"]

        def backward(a: Any, b: Any) -> Any:
            calls.append(1)
            return {"x": a * y * times - b, "y": None}, None

        return (x * y, x - y), backward

    return lambda x, y: ngrad.add(*f({"x": x * x, "y": y}, 3))


def by_a_tape(g: Any, out: Any, x: Any) -> Any:
    """What runs the forward computation again."""
    with GradientTape() as tape:
        tape.watch(x)
        y = ngrad.sin(x) * x
    return tape.gradient(y, x, g)


def within(g: Any, out: Any, x: Any) -> Any:
    """By a function that has a gradient of its own, and by a kernel."""
    inner = ngrad.custom_gradient(lambda y: (y * 5.0, lambda h: h * 5.0))
    return inner(g) + product(g, x)


def by_arrays(g: Any, out: Any, x: Any) -> Any:
    array = np_.array(g)
    array[1:] += array[:-1]
    return array * np_.cos(np_.array(x))


def in_parts(g: Any, out: Any, x: Any) -> Any:
    return ngrad.concat([g[1:], g[:1]], 0) * ngrad.where(g > 0.0, x, 2.0 * x)


# name -> (what makes a function with a list of calls, arrays)
ONCE: dict[str, tuple[Make, tuple[Array, ...]]] = {
    "activation": (custom(lambda g, out, x: g * (1.0 - out * out), ngrad.tanh), (ROW,)),
    "matrix": (custom(lambda g, out, x: ngrad.clip_by_value(g, -0.5, 0.5) * x), (MATRIX,)),
    "a scalar": (custom(lambda g, out, x: g * 2.0 * x, ngrad.square), (np.array(0.7),)),
    "a sum": (custom(lambda g, out, x: g + ngrad.zeros_like(x), ngrad.reduce_sum), (ROW,)),
    "two arguments": (
        custom(lambda g, out, x, y: (g * y, None), ngrad.multiply),
        (ROW, 2.0 * ROW),
    ),
    "several results": (several, (ROW, 2.0 * ROW)),
    "a variable": (with_variable, (ROW,)),
    "whatever comes": (custom(lambda g, out, x: x * x), (ROW,)),
    "nothing": (custom(lambda g, out, x: None), (ROW,)),
    "complex": (
        custom(lambda g, out, z: g * ngrad.math.conj(2.0 * z), ngrad.square),
        (ROW + 1j * ROW[::-1],),
    ),
    "float16": (custom(lambda g, out, x: g * x), (ROW.astype("f2"),)),
    "a tape within": (custom(by_a_tape), (ROW,)),
    "others within": (custom(within), (ROW,)),
    "arrays that are written to": (custom(by_arrays), (ROW,)),
    "parts and a condition": (custom(in_parts), (ROW,)),
    "a look at what is no cotangent": (
        custom(lambda g, out, x: g * float(x[0]) if float(out[0]) > -2.0 else -g),
        (ROW,),
    ),
    "an element of an argument": (
        custom(lambda g, out, x: g * x[0] + ngrad.concat([[ngrad.reduce_sum(g * x)], g[1:]], 0)),
        (ROW,),
    ),
    "no elements": (custom(lambda g, out, x: g * x), (ROW[:0],)),
}
COUNTER = ngrad.Variable(0.0)


def counted(g: Any, out: Any, x: Any) -> Any:
    COUNTER.assign_add(1.0)
    return g * x


# Of these each cotangent has to be seen.
EACH: dict[str, Make] = {
    "float": custom(lambda g, out, x: g * float(g[1] + 1.0)),
    "a branch": custom(lambda g, out, x: g if g[0] > 0.5 else 2.0 * g),
    "numpy": custom(lambda g, out, x: constant(np.roll(g.numpy(), 1))),
    "an array protocol": custom(lambda g, out, x: constant(np.asarray(g)[::-1] * 2.0)),
    "a variable that is assigned to": custom(counted),
    "a print": custom(lambda g, out, x: [ngrad.print(g, output_stream=NOWHERE), g][1]),
    "a shape that follows from values": custom(
        lambda g, out, x: g * ngrad.cast(ngrad.size(ngrad.where(g)), "float64")
    ),
}


class Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


NOWHERE = Nowhere()


def listened(f: Callable[..., Any], arrays: tuple[Array, ...]) -> tuple[Any, list[Any], Any]:
    sources = [constant(a) for a in arrays]
    with GradientTape(persistent=True) as tape:
        tape.watch(sources)
        out = f(*[x * x for x in sources])
    return out, [*sources, *tape.watched_variables()], tape


@pytest.mark.parametrize("name", ONCE)
def test_python_is_called_once(name: str) -> None:
    """For all rows, at each Jacobian; with the bits of a loop of gradients."""
    make, arrays = ONCE[name]
    calls: list[int] = []
    out, sources, tape = listened(make(calls), arrays)
    expected = by_gradients(tape, out, sources)
    for _ in range(2):
        calls.clear()
        found = tape.jacobian(out, sources, unconnected_gradients="zero")
        assert len(calls) == 1
        for a, b in zip(found, expected, strict=True):
            assert_same_bits(a.numpy(), np.asarray(b))
    each = tape.jacobian(out, sources, unconnected_gradients="zero", chunk_size=1)
    assert len(calls) == 1 + max(out.size, 1)
    for a, b in zip(found, each, strict=True):
        assert_same_bits(a.numpy(), b.numpy())


@pytest.mark.parametrize("name", EACH)
def test_python_that_sees_values_is_called_for_each(name: str) -> None:
    calls: list[int] = []
    out, sources, tape = listened(EACH[name](calls), (ROW,))
    expected = by_gradients(tape, out, sources)
    calls.clear()
    for a, b in zip(tape.jacobian(out, sources), expected, strict=True):
        assert_same_bits(a.numpy(), b)
    assert len(calls) == 1 + out.size


def test_launches_do_not_grow_with_the_rows() -> None:
    """Of networks with activations of users' own, as of one with a `tanh`."""

    @kernel_op
    def by_kernel(x: Any) -> Any:
        return TensorSpec(x.shape, x.dtype)

    by_kernel.cpu(np.tanh)
    by_kernel.vjp(lambda g, out, x: product(g, 1.0 - out * out))
    own = custom(lambda g, out, x: g * (1.0 - out * out), ngrad.tanh)([])
    for activation in (own, by_kernel):
        counts = []
        for size in (3, 30):
            w = constant(weights((size, size)))
            x = constant(weights((size,)))
            for _ in range(3):
                with GradientTape() as tape:
                    tape.watch(x)
                    y = activation(ngrad.linalg.matvec(w, activation(x)))
                with ngrad.profile() as profile:
                    ngrad.eval(tape.jacobian(y, x))
            counts.append(sum(event.launches for event in profile.events))
        assert counts[0] == counts[1] < 20


def hessian(f: Callable[..., Any], x: Any) -> Any:
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        whole = tape.jacobian(y, x)
        total = ngrad.reduce_sum(whole * whole)
    return whole, outer.gradient(total, x)


@pytest.mark.parametrize(
    "name", ["activation", "a tape within", "others within", "an element of an argument"]
)
def test_second_derivatives_and_functions(name: str) -> None:
    """Of a Jacobian, against a loop (of one row at a time); in a `function`; by `jvp`."""
    calls: list[int] = []
    f, x = ONCE[name][0](calls), constant(ROW)
    whole, slope = hessian(f, x)
    assert len(calls) == 1
    with GradientTape(persistent=True) as outer:
        outer.watch(x)
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = f(x)
        each = tape.jacobian(y, x, experimental_use_pfor=False)
        total = ngrad.reduce_sum(each * each)
    assert_same_bits(whole.numpy(), each.numpy())
    np.testing.assert_allclose(slope, outer.gradient(total, x), 1e-12)
    run = ngrad.function(lambda x: hessian(f, x))
    for _ in range(2):
        for a, b in zip(run(x), (whole, slope), strict=True):
            np.testing.assert_allclose(a, b, 1e-12)
    column = ngrad.jvp(f, (x,), (constant(np.eye(4)[1]),))[1]
    np.testing.assert_allclose(whole[:, 1], column, 1e-12)


def test_what_a_closure_holds_may_change() -> None:
    """Nothing of the user's Python is kept from one Jacobian to the next."""
    factor = 1.0
    f = custom(lambda g, out, x: g * factor)([])
    for k in range(4):
        factor = float(k)
        out, sources, tape = listened(f, (ROW,))
        np.testing.assert_allclose(tape.jacobian(out, sources)[0], np.diag(2 * ROW * k))


def test_a_cotangent_that_is_kept_has_no_value() -> None:
    kept: list[Any] = []
    f = custom(lambda g, out, x: [kept.append(g), g][1])([])
    out, sources, tape = listened(f, (ROW,))
    tape.jacobian(out, sources)
    with pytest.raises(TraceError, match=r"gradient of f: .* while the function was recorded"):
        kept[0].numpy()
    with pytest.raises(TraceError):
        ngrad.vmap(lambda row: row * kept[0])(constant(MATRIX)).numpy()
