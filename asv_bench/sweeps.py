"""Programs whose value and gradient are timed: ours, PyTorch's, JAX's, and the floor of each.

Each is written three times, in each library's own manner: ours as eager code under a tape, eager
PyTorch with its `autograd.grad`, JAX under `jit`. The floor is what no implementation can pass: a
parallel copy of as many bytes as the program must read and write, or its matrix products alone.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
from peers import Make, Program, by_jax, by_torch, copying, numbers, taped
from place import Work, jax_array, on_gpu, torch_tensor
from training import MLP, adam, perceptron

import ngrad as tf
import ngrad.numpy


def elementwise(size: int) -> Program:
    """sum(tanh(x*y + z)**2 * exp(-x)): six arrays in all are read or written."""
    arrays = numbers((size,), (size,), (size,))

    def f(m: Any, x: Any, y: Any, z: Any) -> Any:
        return (m.tanh(x * y + z) ** 2 * m.exp(-x)).sum()

    return Program(
        f"sum(tanh(x*y+z)**2 * exp(-x)), {size:.0e} float32",
        "1.3 of the copy; jax / 5; PyTorch / 20",
        taped(lambda x, y, z: tf.reduce_sum(tf.tanh(x * y + z) ** 2 * tf.exp(-x)), *arrays),
        {"jax.jit": by_jax(f, *arrays), "PyTorch": by_torch(f, *arrays)},
        copying(6 * 4 * size),
    )


def rosenbrock(size: int) -> Program:
    """Neighbours: slices of one array, and their transposes back."""
    (x,) = numbers((size,), dtype="float64")

    def f(_: Any, x: Any) -> Any:
        return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()

    def ours(x: Any) -> Any:
        return tf.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    return Program(
        f"Rosenbrock, {size:.0e} float64",
        "jax; PyTorch / 10",
        taped(ours, x),
        {"jax.jit": by_jax(f, x), "PyTorch": by_torch(f, x)},
        copying(2 * 8 * size),
    )


def variation(size: int) -> Program:
    """Neighbours along both axes of an image: parts of rows, and of columns."""
    (x,) = numbers((size, size))

    def f(m: Any, x: Any) -> Any:
        return m.abs(x[1:] - x[:-1]).sum() + ((x[:, 1:] - x[:, :-1]) ** 2).sum()

    def ours(x: Any) -> Any:
        down, across = x[1:] - x[:-1], x[:, 1:] - x[:, :-1]
        return tf.reduce_sum(tf.abs(down)) + tf.reduce_sum(across**2)

    return Program(
        f"differences along two axes, ({size}, {size}) float32",
        "",
        taped(ours, x),
        {"jax.jit": by_jax(f, x), "PyTorch": by_torch(f, x)},
        copying(2 * x.nbytes),
    )


def pairs(points: int) -> Program:
    """All pairs of points in space: rows of three, and sums over both of a pair."""
    (x,) = numbers((points, 3))

    def f(m: Any, x: Any) -> Any:
        apart = x[:, None] - x[None]
        return m.exp(-0.5 * (apart * apart).sum(-1)).sum()

    def ours(x: Any) -> Any:
        apart = x[:, None] - x[None]
        return tf.reduce_sum(tf.exp(-0.5 * tf.reduce_sum(apart * apart, -1)))

    return Program(
        f"kernel of all pairs of {points} points in space, float32",
        "",
        taped(ours, x),
        {"jax.jit": by_jax(f, x), "PyTorch": by_torch(f, x)},
    )


def lengths(size: int, dtype: str) -> Program:
    """Points, a column at a time."""
    (x,) = numbers((size, 3), dtype=dtype)

    def f(m: Any, x: Any) -> Any:
        return m.sum(m.sqrt(x[:, 0] ** 2 + x[:, 1] ** 2 + x[:, 2] ** 2))

    return _of_columns(f"lengths of points, ({size}, 3) {dtype}", f, x)


def turned(size: int) -> Program:
    """States, taken apart and put together."""
    (x,) = numbers((size, 2))

    def f(m: Any, x: Any) -> Any:
        a, b = x[:, 0], x[:, 1]
        y = m.stack([0.8 * a - 0.6 * b, 0.6 * a + 0.8 * b], -1)
        return m.sum(y * y * x)

    return _of_columns(f"turned points, ({size}, 2) float32", f, x)


def grey(side: int) -> Program:
    """A picture's colours, weighted."""
    (x,) = numbers((side, side, 3))

    def f(m: Any, x: Any) -> Any:
        return m.sum((x[..., 0] * 0.3 + x[..., 1] * 0.59 + x[..., 2] * 0.11) ** 2)

    return _of_columns(f"a picture in grey, ({side}, {side}, 3) float32", f, x)


def _of_columns(name: str, f: Any, x: Any) -> Program:
    return Program(
        f"columns: {name}",
        "",
        taped(functools.partial(f, tf.numpy), x),
        {"jax.jit": by_jax(f, x), "PyTorch": by_torch(f, x)},
        copying(2 * x.nbytes),
    )


def cross_entropy(rows: int, classes: int) -> Program:
    """Softmax cross-entropy with sparse labels, summed."""
    (x,) = numbers((rows, classes))
    labels = np.random.default_rng(1).integers(0, classes, rows)
    given = tf.constant(labels)

    def ours(x: Any) -> Any:
        return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(given, x))

    theirs = functools.cache(lambda: torch_tensor(labels))

    def torch_loss(torch: Any, x: Any) -> Any:
        return torch.nn.functional.cross_entropy(x, theirs(), reduction="sum")

    def jax_loss(jnp: Any, x: Any) -> Any:
        from jax.scipy.special import logsumexp

        own = jnp.take_along_axis(x, jnp.asarray(labels)[:, None], 1)[:, 0]
        return (logsumexp(x, axis=1) - own).sum()

    return Program(
        f"sparse softmax cross-entropy, ({rows}, {classes}) float32",
        "half of the better",
        taped(ours, x),
        {"jax.jit": by_jax(jax_loss, x), "PyTorch": by_torch(torch_loss, x)},
        copying(2 * x.nbytes),
    )


def layer_norm(rows: int, width: int) -> Program:
    """Layer norm, and for a given cotangent the gradients in x, scale and offset."""
    x, scale, offset, cotangent = numbers((rows, width), (width,), (width,), (rows, width))
    arrays = (x, scale, offset)
    given, tensors = tf.constant(cotangent), [tf.constant(array) for array in arrays]

    def ours() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            mean, variance = tf.nn.moments(tensors[0], [1], keepdims=True)
            out = tf.nn.batch_normalization(
                tensors[0], mean, variance, tensors[2], tensors[1], 1e-5
            )
        return out, tape.gradient(out, tensors, output_gradients=given)

    def of_torch() -> Work:
        import torch

        leaves = [torch_tensor(array, True) for array in arrays]
        weight = torch_tensor(cotangent)

        def work() -> Any:
            out = torch.nn.functional.layer_norm(leaves[0], (width,), leaves[1], leaves[2], 1e-5)
            return out, torch.autograd.grad(out, leaves, weight)

        return work

    def of_jax() -> Work:
        import jax
        import jax.numpy as jnp

        def norm(x: Any, scale: Any, offset: Any) -> Any:
            away = x - x.mean(1, keepdims=True)
            variance = (away * away).mean(1, keepdims=True)
            return away / jnp.sqrt(variance + 1e-5) * scale + offset

        @jax.jit
        def both(weight: Any, *leaves: Any) -> Any:
            out, back = jax.vjp(norm, *leaves)
            return out, back(weight)

        leaves = [jax_array(array) for array in (cotangent, *arrays)]
        return lambda: both(*leaves)

    return Program(
        f"layer norm, ({rows}, {width}) float32",
        "a third of the better; 2.5 of the copy",
        ours,
        {"jax.jit": of_jax, "PyTorch": of_torch},
        copying(4 * x.nbytes),
    )


def jacobian(size: int) -> Program:
    """The Jacobian of a perceptron of tanh in its input, size x size."""
    sizes = (size, 256, 256, size)
    weights = [array * 0.1 for array in numbers(*itertools.pairwise(sizes))]
    (x,) = numbers((size,))

    def mlp(m: Any, x: Any, weights: Any) -> Any:
        for w in weights:
            x = m.tanh(x @ w)
        return x

    tensors = [tf.constant(w) for w in weights]
    source = tf.constant(x)

    def ours() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(source)
            y = mlp(tf, source, tensors)
        return tape.jacobian(y, source).numpy()

    def of_torch() -> Work:
        import torch

        held = [torch_tensor(w) for w in weights]
        derivative = torch.func.jacrev(lambda x: mlp(torch, x, held))
        given = torch_tensor(x)
        return lambda: derivative(given).cpu().numpy()

    def of_jax() -> Work:
        import jax
        import jax.numpy as jnp

        held = [jax_array(w) for w in weights]
        derivative = jax.jit(jax.jacrev(lambda x: mlp(jnp, x, held)))
        given = jax_array(x)
        return lambda: derivative(given)

    others: dict[str, Make] = {"jax.jit": of_jax, "PyTorch": of_torch}
    name = f"Jacobian of an MLP {'-'.join(map(str, sizes))}"
    return Program(name, "ahead of PyTorch", ours, others, repeat=10)


def small() -> Program:
    """Overhead alone."""
    one = [np.float32(1.5)]

    def f(_: Any, x: Any) -> Any:
        return (x * x) * (x * x)

    return Program(
        "(x*x)*(x*x) at a scalar",
        "10 us; PyTorch / 10",
        taped(lambda x: (x * x) * (x * x), *one),
        {"jax.jit": by_jax(f, *one), "PyTorch": by_torch(f, *one)},
        repeat=200,
    )


def steps(count: int, traced: bool) -> Program:
    """A loop in Python: y = y*x + 1, again and again."""
    one = [np.float32(1.01)]

    def f(_: Any, x: Any) -> Any:
        y = x
        for _step in range(count):
            y = y * x + 1.0
        return y

    work = taped(functools.partial(f, None), *one)
    if traced:
        x = tf.constant(one[0])

        @tf.function
        def gradient(x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = f(None, x)
            return y, tape.gradient(y, x)

        def work() -> Any:
            return gradient(x)

    others = {"jax.jit": by_jax(f, *one), "PyTorch": by_torch(f, *one)}
    name = f"{count} steps of y = y*x + 1" + (", as a function" if traced else "")
    return Program(name, "jax" if traced else "PyTorch / 6", work, others, repeat=20)


def trajectory(count: int, width: int) -> Program:
    """A loop that stores its states as rows of an array made before."""
    (x,) = numbers((width,), dtype="float64")

    def f(m: Any, x: Any) -> Any:
        states, y = m.zeros((count, width), dtype=m.float64), x
        for k in range(count):
            y = y + 0.01 * m.sin(y)
            if m.__name__ == "jax.numpy":
                states = states.at[k].set(y)
            else:
                states[k] = y
        return (states**2).sum()

    return Program(
        f"{count} states of {width} float64, stored as rows",
        "",
        taped(functools.partial(f, tf.numpy), x),
        {"jax.jit": by_jax(f, x), "PyTorch": by_torch(f, x)},
    )


def total(size: int) -> Program:
    """A sum, without a gradient: one array is read."""
    (x,) = numbers((size,))
    ours = tf.constant(x)

    def of_torch() -> Work:
        return torch_tensor(x).sum

    def of_jax() -> Work:
        import jax

        given, compiled = jax_array(x), jax.jit(lambda x: x.sum())
        return lambda: compiled(given)

    def of_cupy() -> Work:
        import cupy

        return cupy.asarray(x).sum

    return Program(
        f"sum of {size:.0e} float32, no gradient",
        "",
        lambda: tf.eval(tf.reduce_sum(ours)),
        {"jax.jit": of_jax, "PyTorch": of_torch, "CuPy": of_cupy},
        copying(4 * size),
    )


def launch() -> Program:
    """What the host does for one kernel that was launched before; the device is not waited for."""
    x, y = numbers((1000,), (1000,))
    ours = tf.constant(x), tf.constant(y)

    def added(make: Any) -> Work:
        left, right = make(x), make(y)
        return lambda: left + right

    def of_jax() -> Work:
        import jax

        given, compiled = (jax_array(x), jax_array(y)), jax.jit(lambda x, y: x + y)
        return lambda: compiled(*given)

    def of_cupy() -> Work:
        import cupy

        return added(cupy.asarray)

    return Program(
        "launch of a plan of one kernel",
        "",
        lambda: tf.eval(ours[0] + ours[1]),
        {"jax.jit": of_jax, "PyTorch": lambda: added(torch_tensor), "CuPy": of_cupy},
        repeat=200,
        waits=False,
    )


def programs(scale: float = 1.0) -> list[Program]:
    """All of them, for the device that was chosen; `scale` makes the large ones smaller."""

    def n(size: int) -> int:
        return max(2, int(size * scale))

    if on_gpu():
        return [
            elementwise(n(100_000_000)),
            cross_entropy(n(4096), n(1000)),
            cross_entropy(n(65536), n(1000)),
            layer_norm(n(8192), n(512)),
            layer_norm(n(131072), n(512)),
            total(n(100_000_000)),
            *(perceptron(n(128), traced, tuple(map(n, MLP))) for traced in (False, True)),
            launch(),
        ]
    return [
        elementwise(n(10_000_000)),
        rosenbrock(n(1_000_000)),
        variation(n(2048)),
        pairs(n(1000)),
        *(lengths(n(1_000_000), dtype) for dtype in ("float32", "float64")),
        turned(n(1_000_000)),
        grey(n(1024)),
        cross_entropy(n(4096), 1000),
        layer_norm(n(8192), 512),
        perceptron(128, False),
        perceptron(128, True),
        adam(n(10_000_000)),
        jacobian(100),
        small(),
        steps(100, False),
        steps(100, True),
        trajectory(n(200), 1000),
    ]
