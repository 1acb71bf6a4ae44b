"""Layers of networks, and a Gaussian process, as `sweeps.py` has programs: value and gradient,
beside PyTorch's.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
from peers import Program, by_jax, by_torch, numbers, taped
from place import torch_tensor
from transformer import Sizes, transformer

import ngrad as tf
import ngrad.numpy as np_
from ngrad.scipy.linalg import solve_triangular


def _program(
    name: str, ours: Callable[..., Any], theirs: Callable[..., Any], *arrays: Any
) -> Program:
    """Of a function of tensors, and PyTorch's with the module first; of each the sum of squares."""
    return Program(
        name,
        "",
        taped(lambda *xs: tf.reduce_sum(ours(*xs) ** 2), *arrays),
        {"PyTorch": by_torch(lambda m, *xs: (theirs(m.nn.functional, *xs) ** 2).sum(), *arrays)},
        repeat=3,
    )


def convolution(size: int, channels: tuple[int, int], window: int, stride: int) -> Program:
    """With padding, so that there are as many windows as the input has pixels, by the stride."""
    arrays = numbers((8, size, size, channels[0]), (window, window, *channels))

    def theirs(m: Any, x: Any, w: Any) -> Any:
        x, w = x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1)
        return m.conv2d(x, w, stride=stride, padding=window // 2)

    few, many = channels
    return _program(
        f"conv2d {window} x {window} / {stride}, (8, {size}, {size}), {few} to {many}",
        lambda x, w: tf.nn.conv2d(x, w, stride, "SAME"),
        theirs,
        *arrays,
    )


def depthwise(size: int, channels: int, window: int) -> Program:
    """Of each channel by itself, with padding."""
    arrays = numbers((8, size, size, channels), (window, window, channels, 1))

    def theirs(m: Any, x: Any, w: Any) -> Any:
        x, w = x.permute(0, 3, 1, 2), w.permute(2, 3, 0, 1)
        return m.conv2d(x, w, padding=window // 2, groups=channels)

    return _program(
        f"depthwise_conv2d {window} x {window}, (8, {size}, {size}, {channels})",
        lambda x, w: tf.nn.depthwise_conv2d(x, w, 1, "SAME"),
        theirs,
        *arrays,
    )


def pooling(kind: str, size: int, channels: int) -> Program:
    (x,) = numbers((32, size, size, channels))
    pool = getattr(tf.nn, f"{kind}_pool2d")
    return _program(
        f"{kind}_pool2d 2 x 2, (32, {size}, {size}, {channels})",
        lambda x: pool(x, 2, 2, "VALID"),
        lambda m, x: getattr(m, f"{kind}_pool2d")(x.permute(0, 3, 1, 2), 2),
        x,
    )


def attention(batch: int, length: int, width: int, heads: int) -> Program:
    """Of several heads, from inputs and three matrices."""
    x, *weights = numbers((batch, length, width), *[(width, width)] * 3)
    scale = 1 / math.sqrt(width // heads)

    def ours(x: Any, *weights: Any) -> Any:
        shape = batch, length, heads, width // heads
        q, k, v = (tf.transpose(tf.reshape(x @ w, shape), (0, 2, 1, 3)) for w in weights)
        return tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * scale) @ v

    def theirs(m: Any, x: Any, *weights: Any) -> Any:
        shape = batch, length, heads, width // heads
        q, k, v = ((x @ w).reshape(shape).permute(0, 2, 1, 3) for w in weights)
        return m.softmax(q @ k.transpose(-1, -2) * scale, -1) @ v

    name = f"attention, ({batch}, {length}, {width}), {heads} heads"
    return _program(name, ours, theirs, x, *[w * 0.05 for w in weights])


def recurrence(steps: int, batch: int, width: int) -> Program:
    """A plain recurrent network, step by step in Python."""
    x, w, u = numbers((steps, batch, width), (width, width), (width, width))

    def ours(x: Any, w: Any, u: Any) -> Any:
        h = tf.zeros((batch, width))
        for k in range(steps):
            h = tf.tanh(x[k] @ w + h @ u)
        return h

    def theirs(m: Any, x: Any, w: Any, u: Any) -> Any:
        h = 0.0 * x[0]
        for k in range(steps):
            h = m.tanh(x[k] @ w + h @ u)
        return h

    name = f"recurrent network, {steps} steps, ({batch}, {width})"
    return _program(name, ours, theirs, x, w * 0.1, u * 0.1)


def anew(steps: int, batch: int, width: int) -> Program:
    """A recurrent network that is another program at each call, as of loops over trees: which of
    two functions comes next is drawn.
    """
    x, w, u = numbers((steps, batch, width), (width, width), (width, width))

    def run(functions: Sequence[Any], call: Iterator[int]) -> Callable[..., Any]:
        def network(x: Any, w: Any, u: Any) -> Any:
            h = 0.0 * x[0]
            for k, which in enumerate(np.random.default_rng(next(call)).integers(0, 2, steps)):
                h = functions[which](x[k] @ w + h @ u)
            return h

        return network

    ours = run([tf.tanh, tf.sigmoid], count())
    network: list[Any] = []

    def theirs(m: Any, *xs: Any) -> Any:
        if not network:
            network.append(run([m.tanh, m.sigmoid], count()))
        return network[0](*xs)

    name = f"another at each call, {steps} steps, ({batch}, {width})"
    return _program(name, ours, theirs, x, w * 0.1, u * 0.1)


def drawn(steps: int, size: int) -> Program:
    """An expression that is drawn at each call, as where programs are searched for."""
    arrays = numbers((size,), (size,), (size,))
    ours, theirs = count(), count()

    def expression(m: Any, call: Iterator[int], x: Any, y: Any, z: Any) -> Any:
        draw = np.random.default_rng(next(call))
        values = [x, y, x * y + z]
        for kind in draw.integers(0, 5, steps):
            last, other = values[-1], values[draw.integers(0, len(values))]
            if kind < 3:
                values.append((m.sin, m.cos, m.tanh)[kind](last + other))
            else:
                values.append(last * other if kind == 3 else last - other)
        return values[-1]

    return Program(
        f"an expression of {steps} steps that is drawn at each call, ({size},)",
        "",
        taped(lambda *xs: tf.reduce_sum(expression(tf, ours, *xs)), *arrays),
        {"PyTorch": by_torch(lambda m, *xs: expression(m, theirs, *xs).sum(), *arrays)},
        repeat=3,
    )


def perceptron(most: int, width: int) -> Program:
    """At a batch size that is new at each call."""
    x, *weights = numbers((most, width), (width, 2 * width), (2 * width, 2 * width), (2 * width, 8))

    def run(m: Any, tensor: Callable[[Any], Any], call: Iterator[int]) -> Callable[..., Any]:
        sizes = np.random.default_rng(0).permutation(np.arange(most // 8 + 1, most + 1)).tolist()
        batches = [tensor(x[:n]) for n in sizes]

        def network(a: Any, b: Any, c: Any) -> Any:
            return m.tanh(m.tanh(batches[next(call) % len(batches)] @ a) @ b) @ c

        return network

    ours = run(tf, tf.constant, count())
    network: list[Any] = []

    def theirs(m: Any, *xs: Any) -> Any:
        import torch

        if not network:
            network.append(run(torch, torch_tensor, count()))
        return network[0](*xs)

    name = f"a perceptron at another batch size at each call, to {most} of {width}"
    return _program(name, ours, theirs, *weights)


def messages(nodes: int, width: int) -> Program:
    """A network over graphs, each of as many nodes and edges as no other."""
    features, *weights = numbers((nodes, width), *[(width, width)] * 4)
    draw = np.random.default_rng(0)
    sizes = [
        (int(n), int(draw.integers(n, 4 * n)))
        for n in draw.integers(1 + nodes // 8, nodes + 1, 2000)
    ]
    edges = [draw.integers(0, n, (2, edges)) for n, edges in sizes]

    def run(tensor: Callable[[Any], Any], call: Iterator[int], passed: Any) -> Callable[..., Any]:
        graphs = [
            (tensor(features[:n]), *map(tensor, e)) for (n, _), e in zip(sizes, edges, strict=True)
        ]

        def network(*weights: Any) -> Any:
            h, source, target = graphs[next(call) % len(graphs)]
            for own, others in zip(weights[::2], weights[1::2], strict=True):
                h = passed(h @ own, h @ others, source, target)
            return h

        return network

    def ours(own: Any, others: Any, source: Any, target: Any) -> Any:
        sent = tf.gather(others, source)
        return tf.tanh(own + tf.math.unsorted_segment_sum(sent, target, own.shape[0]))

    def theirs(own: Any, others: Any, source: Any, target: Any) -> Any:
        return own.index_add(0, target, others[source]).tanh()

    network: list[Any] = []

    def by_pytorch(m: Any, *weights: Any) -> Any:
        if not network:
            network.append(run(torch_tensor, count(), theirs))
        return network[0](*weights)

    name = f"messages over another graph at each call, to {nodes} nodes of {width}"
    return _program(name, run(tf.constant, count(), ours), by_pytorch, *weights)


def embedding(rows: int, width: int, taken: int) -> Program:
    (table,) = numbers((rows, width))
    places = np.random.default_rng(1).integers(0, rows, taken)
    given = tf.constant(places)

    def theirs(m: Any, table: Any) -> Any:
        import torch

        return m.embedding(torch.tensor(places, device=table.device), table)

    name = f"embedding of {taken}, ({rows}, {width})"
    return _program(name, lambda table: tf.gather(table, given), theirs, table)


def batch_norm(size: int, channels: int) -> Program:
    """And relu."""
    arrays = numbers((32, size, size, channels), (channels,), (channels,))

    def ours(x: Any, gain: Any, shift: Any) -> Any:
        mean, variance = tf.nn.moments(x, (0, 1, 2))
        return tf.nn.relu(tf.nn.batch_normalization(x, mean, variance, shift, gain, 1e-5))

    def theirs(m: Any, x: Any, gain: Any, shift: Any) -> Any:
        return m.relu(m.batch_norm(x.permute(0, 3, 1, 2), None, None, gain, shift, training=True))

    name = f"batch norm and relu, (32, {size}, {size}, {channels})"
    return _program(name, ours, theirs, *arrays)


def group_norm(size: int, channels: int, groups: int) -> Program:
    """Of channels that come last: means over axes that lie behind that of images, and apart."""
    arrays = numbers((8, size, size, channels), (channels,), (channels,))

    def ours(x: Any, gain: Any, shift: Any) -> Any:
        parted = tf.reshape(x, (*x.shape[:3], groups, channels // groups))
        mean, variance = tf.nn.moments(parted, (1, 2, 4), keepdims=True)
        y = tf.nn.batch_normalization(parted, mean, variance, None, None, 1e-5)
        return tf.reshape(y, x.shape) * gain + shift

    def theirs(m: Any, x: Any, gain: Any, shift: Any) -> Any:
        return m.group_norm(x.permute(0, 3, 1, 2), groups, gain, shift)

    name = f"group norm, (8, {size}, {size}, {channels}), {groups} groups"
    return _program(name, ours, theirs, *arrays)


def instance_norm(size: int, channels: int) -> Program:
    """The same, of groups of one channel."""
    arrays = numbers((8, size, size, channels), (channels,), (channels,))

    def ours(x: Any, gain: Any, shift: Any) -> Any:
        mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, shift, gain, 1e-5)

    def theirs(m: Any, x: Any, gain: Any, shift: Any) -> Any:
        return m.instance_norm(x.permute(0, 3, 1, 2), weight=gain, bias=shift)

    return _program(f"instance norm, (8, {size}, {size}, {channels})", ours, theirs, *arrays)


def gaussian_process(points: int) -> Program:
    """The marginal likelihood of points, and its gradient in three parameters: elementwise work
    around a Cholesky factor and a triangular system.
    """
    x = np.sort(np.random.default_rng(1).uniform(-3, 3, points))[:, None]
    arrays, parameters = (x, np.sin(x), np.eye(points)), np.array([0.0, 0.0, -4.0])

    def likelihood(m: Any, solve: Any, arrays: Any, p: Any) -> Any:
        x, y, eye = arrays
        near = m.exp(-0.5 * (x - x.T) ** 2 * m.exp(-2.0 * p[1]))
        factor = m.linalg.cholesky(m.exp(p[0]) * near + m.exp(p[2]) * eye)
        return 0.5 * (solve(factor, y) ** 2).sum() + m.log(m.diagonal(factor)).sum()

    given = [np_.asarray(array) for array in arrays]
    theirs = functools.cache(lambda: [torch_tensor(array) for array in arrays])

    def of_torch(torch: Any, p: Any) -> Any:
        solve = functools.partial(torch.linalg.solve_triangular, upper=False)
        return likelihood(torch, solve, theirs(), p)

    def of_jax(jnp: Any, p: Any) -> Any:
        from jax.scipy.linalg import solve_triangular

        return likelihood(jnp, functools.partial(solve_triangular, lower=True), arrays, p)

    def ours(p: Any) -> Any:
        p = np_.asarray(p)
        return likelihood(np_, functools.partial(solve_triangular, lower=True), given, p)

    return Program(
        f"Gaussian process, {points} points, float64",
        "",
        taped(ours, parameters),
        {"jax.jit": by_jax(of_jax, parameters), "PyTorch": by_torch(of_torch, parameters)},
        repeat=5,
    )


def programs(scale: float = 1.0) -> list[Program]:
    """All of them; `scale` makes them smaller."""

    def n(size: int) -> int:
        return max(2, int(size * scale))

    return [
        convolution(n(28), (n(32), n(64)), 3, 1),
        convolution(n(64), (n(16), n(32)), 5, 2),
        depthwise(n(56), n(64), 3),
        pooling("max", n(28), n(32)),
        pooling("avg", n(28), n(32)),
        batch_norm(n(28), n(64)),
        group_norm(n(64), 4 * n(32), n(32)),
        instance_norm(n(64), n(128)),
        attention(n(8), n(128), 8 * n(32), 8),
        recurrence(n(50), n(32), n(128)),
        anew(n(50), n(8), n(32)),
        drawn(n(12), n(1000)),
        perceptron(n(1500), n(64)),
        messages(n(100), n(32)),
        embedding(n(10_000), n(64), n(3200)),
        gaussian_process(n(150)),
        *[transformer(Sizes(n(16), n(64), 4 * n(32), 4, 4, n(1000)), how) for how in (False, True)],
    ]
