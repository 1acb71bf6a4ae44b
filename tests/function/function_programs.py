"""Programs that are run as they are and as functions; each is made anew, and called a few times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree

import ngrad
import ngrad.numpy as ours
from ngrad.optimizers import SGD, Adam

Tape = ngrad.GradientTape
Made = Callable[[], Callable[..., Any]]
X = np.array([1.5, -2.0, 0.25], np.float32)


def bits(value: Any) -> list[Any]:
    """The leaves of a result, so that they compare bitwise."""
    found = []
    for leaf in optree.tree_leaves(value, none_is_leaf=True):
        if isinstance(leaf, (ngrad.Tensor, ngrad.Variable)):
            array = leaf.numpy()
            found.append((str(array.dtype), array.shape, array.tobytes()))
        else:
            found.append((type(leaf).__name__, repr(leaf)))
    return found


def slope(f: Callable[..., Any]) -> Callable[..., Any]:
    def of(x: Any) -> Any:
        with Tape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    return of


def trained(make: Callable[[], Any], updates: int = 1) -> Made:
    """A step of training, with an optimizer that keeps its state."""

    def program() -> Callable[..., Any]:
        w, optimizer = ngrad.Variable([1.0, 2.0, 3.0]), make()

        def step(x: Any) -> Any:
            for _ in range(updates):
                with Tape() as tape:
                    loss = ngrad.reduce_sum((w - x) ** 2 * w)
                optimizer.apply_gradients([(tape.gradient(loss, w), w)])
            return loss, w + 0.0, optimizer.iterations

        return step

    return program


def generator_outside() -> Callable[..., Any]:
    generator = ngrad.random.Generator.from_seed(1)
    return lambda x: (generator.normal([3]) * x, generator.uniform([2]))


def generator_split() -> Callable[..., Any]:
    generator = ngrad.random.Generator.from_seed(1)

    def program(x: Any) -> Any:
        one, other = generator.split(2)
        return one.normal([3]), other.normal([3]), one.uniform([2]), generator.normal([2])

    return program


def generator_of_the_first_call() -> Callable[..., Any]:
    held: list[Any] = []

    def program(x: Any) -> Any:
        if not held:
            held.append(ngrad.random.Generator.from_seed(1))
        return held[0].normal([3])

    return program


def assigned_between_reads() -> Callable[..., Any]:
    v = ngrad.Variable([1.0, 2.0, 3.0])

    def program(x: Any) -> Any:
        y = v * x
        v.assign_add(x)
        z = v * y
        v.assign(z)
        v.assign_sub([0.5, 0.5, 0.5])
        return y, z, v

    return program


def assigned_arrays_and_lists() -> Callable[..., Any]:
    v = ngrad.Variable([1.0, 2.0, 3.0])

    def program(x: Any) -> Any:
        doubled = ours.asarray(x) * 2.0
        y = v.assign(doubled) * 1.0
        doubled[0] = 9.0
        z = v.assign_add(x) * 1.0
        w = v.assign(ours.asarray(x).astype(ours.float64) * 0.1) * 1.0
        return y, z, w, ngrad.constant(doubled), v.assign([x[0], 0.5, doubled[1]]) * 1.0

    return program


def given_a_list() -> Callable[..., Any]:
    tripled = ngrad.function(lambda x: x * 3.0, input_signature=[ngrad.TensorSpec([2])])
    return lambda x: tripled([x[0], 0.1])


def assigned_before_it_is_read() -> Callable[..., Any]:
    v = ngrad.Variable([1.0, 2.0, 3.0])

    def program(x: Any) -> Any:
        v.assign(x * 2.0)
        return v.assign_add(x) * 1.0

    return program


def variable_of_the_first_call() -> Callable[..., Any]:
    held: dict[str, Any] = {}

    def program(x: Any) -> Any:
        if "v" not in held:
            held["v"] = ngrad.Variable([1.0, 1.0, 1.0])
        return held["v"].assign_add(x) * 2.0

    return program


def optimizer_of_the_first_call() -> Callable[..., Any]:
    w, held = ngrad.Variable([1.0, 2.0, 3.0]), []

    def program(x: Any) -> Any:
        if not held:
            held.append(Adam(0.1))
        with Tape() as tape:
            loss = ngrad.reduce_sum((w - x) ** 2)
        return held[0].apply_gradients([(tape.gradient(loss, w), w)]), w * 1.0

    return program


def variable_of_each_call() -> Callable[..., Any]:
    def program(x: Any) -> Any:
        v = ngrad.Variable([1.0, 1.0, 1.0])
        v.assign_add(x)
        return v.assign_add(x) * 2.0

    return program


def seed_inside() -> Callable[..., Any]:
    def program(x: Any) -> Any:
        first = ngrad.random.normal([2])
        ngrad.random.set_seed(4)
        return first, ngrad.random.normal([2])

    return program


@ngrad.custom_gradient
def tenfold(x: Any) -> Any:
    return x * x, lambda g: g * x * 10.0


captured = ngrad.constant(X) * 3.0
random = ngrad.random
PROGRAMS: dict[str, Made] = {
    "arithmetic": lambda: lambda x: ngrad.exp(x) * x + 1.0,
    "an argument, a constant, values": lambda: lambda x: (x, captured, 3, None, "s", {"a": [2.5]}),
    "captured": lambda: lambda x: x + captured,
    "iteration": lambda: lambda x: sum(row * 2.0 for row in x),
    "indices": lambda: lambda x: ngrad.gather(x, ngrad.cast(ngrad.abs(x), "int32") % 3),
    "gradient": lambda: slope(lambda x: ngrad.reduce_sum(x**3)),
    "second gradient": lambda: slope(slope(lambda x: ngrad.reduce_sum(x**3))),
    "jacobian": lambda: lambda x: jacobian_of(lambda y: y * y * captured, x),
    "custom gradient": lambda: slope(tenfold),
    "custom gradient, no tape": lambda: tenfold,
    "a long tail": lambda: lambda x: tail(slope(lambda y: y * y)(x)),
    "function in it": lambda: lambda x: ngrad.function(lambda y: y * x)(x + 1.0),
    "recursion": lambda: lambda x: factorial(x, 4),
    "assigned between reads": assigned_between_reads,
    "assigned arrays and lists": assigned_arrays_and_lists,
    "given a list": given_a_list,
    "assigned before it is read": assigned_before_it_is_read,
    "variable of the first call": variable_of_the_first_call,
    "variable of each call": variable_of_each_call,
    "normal": lambda: lambda x: random.normal([3]) * x,
    "draws with seeds": lambda: (
        lambda x: (random.uniform([2], seed=1), random.normal([2], seed=1), random.normal([2]))
    ),
    "integers": lambda: lambda x: random.uniform([4], 0, 9, dtype="int32"),
    "dropout": lambda: lambda x: ngrad.nn.dropout(x, 0.5),
    "shuffle": lambda: lambda x: random.shuffle(x),
    "categorical": lambda: lambda x: random.categorical(ngrad.stack([x, x * 2.0]), 5),
    "gamma": lambda: lambda x: random.gamma([2], ngrad.abs(x)),
    "stateless": lambda: lambda x: random.stateless_normal([3], [1, 2]),
    "seed inside": seed_inside,
    "generator outside": generator_outside,
    "generator inside": lambda: lambda x: random.Generator.from_seed(5).normal([3]) * x,
    "generator split": generator_split,
    "generator of the first call": generator_of_the_first_call,
    "SGD": trained(lambda: SGD(0.1)),
    "momentum": trained(lambda: SGD(0.1, momentum=0.9, nesterov=True)),
    "Adam": trained(lambda: Adam(0.1)),
    "Adam, twice a call": trained(lambda: Adam(0.1), updates=2),
    "optimizer of the first call": optimizer_of_the_first_call,
    "schedule": trained(lambda: Adam(lambda step: 0.1 / (step + 1)), updates=2),
}


def jacobian_of(f: Callable[..., Any], x: Any) -> Any:
    with Tape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, x)


def tail(x: Any) -> Any:
    for _ in range(600):  # longer than a window may be that no tape reads
        x = x + 1.0
    return x


@ngrad.function
def factorial(x: Any, n: int) -> Any:
    return x if n == 0 else factorial(x * float(n), n - 1)
