"""Programs for any number of rows (or elements), which say nothing of how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from function_programs import slope

import ngrad
import ngrad.numpy as nnp
from ngrad import nn
from ngrad.optimizers import SGD, Adam

Tape = ngrad.GradientTape
Program = Callable[[Any], Any]


def rows(n: int) -> Any:
    """What the programs are given."""
    return ngrad.constant(np.linspace(-1.5, 2.0, 3 * n, dtype=np.float32).reshape(n, 3))


def labels(x: Any) -> Any:
    return ngrad.argmax(x * x, 1)


def layer_norm(x: Any) -> Any:
    mean, variance = nn.moments(x, [1], keepdims=True)
    return nn.batch_normalization(x, mean, variance, 0.5, 2.0, 1e-5)


def batch_norm(x: Any) -> Any:
    mean, variance = nn.moments(x, [0])
    return nn.batch_normalization(x, mean, variance, None, None, 1e-3)


def rosenbrock(x: Any) -> Any:
    return ngrad.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def network() -> Program:
    first = ngrad.Variable(np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4))
    bias = ngrad.Variable(np.zeros(4, np.float32))
    last = ngrad.Variable(np.linspace(1, -1, 12, dtype=np.float32).reshape(4, 3))
    parameters, adam = [first, bias, last], Adam(0.1)

    def step(x: Any) -> Any:
        with Tape() as tape:
            logits = nn.relu(x @ first + bias) @ last
            costs = nn.sparse_softmax_cross_entropy_with_logits(labels(x), logits)
            loss = ngrad.reduce_mean(costs)
        slopes = tape.gradient(loss, parameters)
        adam.apply_gradients(zip(slopes, parameters, strict=True))
        return loss, slopes, first + 0.0, adam.iterations

    return step


def centred() -> Program:
    """A running mean, of batches of whatever size."""
    mean, sgd = ngrad.Variable([0.0, 0.0, 0.0]), SGD(0.1, momentum=0.9)

    def program(x: Any) -> Any:
        mean.assign(mean * 0.9 + ngrad.reduce_mean(x, 0) * 0.1)
        with Tape() as tape:
            loss = ngrad.reduce_mean((x - mean) ** 2)
        sgd.apply_gradients([(tape.gradient(loss, mean), mean)])
        return x - mean, loss

    return program


def jacobian(f: Program, batch: bool = False) -> Program:
    def of(x: Any) -> Any:
        with Tape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.batch_jacobian(y, x) if batch else tape.jacobian(y, x)

    return of


def numbers(x: Any) -> Any:
    """Arithmetic with sizes, as Python has it."""
    n = x.shape[0]
    scaled = (x * n, n - x, x / n, 1.0 / n * x, x * (n // 2), x + n % 3, ngrad.cast(n, "float64"))
    return scaled, n, n * 3 - 1, x.shape, ngrad.maximum(x, n), ngrad.constant(n, "int64")


def shapes(x: Any) -> Any:
    n, width = x.shape
    flat = ngrad.reshape(x, [n * width])
    return (
        ngrad.reshape(flat, [-1, width]),
        ngrad.reshape(x, [width, -1]),
        ngrad.zeros([n, 2]) + 1.0,
        ngrad.ones_like(x) * x,
        ngrad.fill([n + 1], 2.5),
        ngrad.tile(x, [2, 1]),
        ngrad.repeat(x, 2, axis=0),
        ngrad.broadcast_to(x[None], [2, n, width]),
        ngrad.expand_dims(x, 1) - ngrad.expand_dims(x, 0),
    )


def tensors_of_sizes(x: Any) -> Any:
    sizes = ngrad.shape(x)
    count = ngrad.cast(ngrad.shape(x, "int64")[0], "float32")
    return (
        ngrad.reshape(x, [sizes[0], 3, 1]),
        ngrad.reshape(x, ngrad.stack([sizes[1], sizes[0]])),
        ngrad.reshape(x, ngrad.concat([[1], sizes[::-1]], 0)),
        ngrad.zeros(sizes) + x,
        ngrad.random.normal(sizes[:1]),
        ngrad.reduce_sum(x, 0) / count,
        (sizes, sizes * 2, ngrad.size(x)),
    )


def counted(x: Any) -> Any:
    n = x.shape[0]
    pairs = ngrad.stack([ngrad.range(n), ngrad.cast(labels(x), "int32")], 1)
    return ngrad.range(1, 2 * n, 2), ngrad.eye(n, 3) * x, ngrad.gather_nd(x, pairs)


def draws(x: Any) -> Any:
    n = x.shape[0]
    return (
        ngrad.random.normal([n, 2]),
        ngrad.random.uniform([n], 0, 7, dtype="int32", seed=1),
        nn.dropout(x, 0.4),
        ngrad.random.shuffle(x),
    )


def counted_off(x: Any) -> Any:
    y, n = nnp.asarray(x), x.shape[0]
    return (nnp.arange(n)[:, None] * y / n + nnp.linspace(0.0, y.sum(), n)[:, None])._read()


def covariances(x: Any) -> Any:
    y = nnp.concatenate([nnp.asarray(x), nnp.eye(3, dtype="f4")])
    return [nnp.cov(y.T)._read(), nnp.average(y, 0)._read()]


def spectra(x: Any) -> Any:
    along = ngrad.cast(ngrad.transpose(x), "complex64")
    there = ngrad.signal.fft(along)
    back = nnp.fft.ifft(nnp.asarray(there) * 2.0, axis=1)._read()
    return there, back, ngrad.math.real(ngrad.signal.ifft2d(along * along))


def written_to(x: Any) -> Any:
    y = nnp.zeros_like(x)
    y[1:] = nnp.asarray(x)[:-1]
    y[:, 0] += 1.0
    y[::2] *= 2.0
    y[-1] = y[0]
    return y._read()


ANY: dict[str, Callable[[], Program]] = {
    "arithmetic": lambda: lambda x: ngrad.exp(x) * x + 1.0,
    "sums": lambda: lambda x: [ngrad.reduce_sum(x, a, True) for a in (None, 0, 1)],
    "means": lambda: lambda x: [ngrad.reduce_mean(x, axis) for axis in (None, 0, 1)],
    "mean of integers": lambda: lambda x: ngrad.reduce_mean(ngrad.cast(x * 9.0, "int32"), 0),
    "variance": lambda: slope(lambda x: ngrad.math.reduce_std(x + x[:, :1] ** 2, 1)),
    "softmax": lambda: slope(lambda x: nn.softmax(x) ** 2),
    "softmax over rows": lambda: lambda x: nn.log_softmax(x[:3] @ ngrad.transpose(x), 0),
    "logsumexp": lambda: slope(ngrad.reduce_logsumexp),
    "depthwise": lambda: slope(
        lambda x: nn.depthwise_conv2d(x[None, :, :, None], ngrad.ones((2, 3, 1, 2)), 1, "SAME") ** 2
    ),
    "layer norm": lambda: slope(layer_norm),
    "batch norm": lambda: slope(lambda x: batch_norm(x) ** 2),
    "cross-entropy": lambda: slope(
        lambda x: nn.sparse_softmax_cross_entropy_with_logits(labels(x), x)
    ),
    "one hot": lambda: slope(
        lambda x: nn.softmax_cross_entropy_with_logits(ngrad.one_hot(labels(x), 3), x)
    ),
    "matmul": lambda: slope(lambda x: (x @ ngrad.transpose(x)) @ x),
    "einsum": lambda: slope(lambda x: ngrad.einsum("ij,ik->jk", x, x * 2.0)),
    "network": network,
    "running mean": centred,
    "slices": lambda: slope(lambda x: (x[2:] * x[:-2], x[::2], x[::-1], x[-1], x[:3, 1])),
    "halves": lambda: slope(lambda x: (x[: x.shape[0] // 2], x[x.shape[0] // 2 :] * 2.0)),
    "concat": lambda: slope(lambda x: ngrad.concat([x, x * x, x[1:]], 0)),
    "split": lambda: slope(lambda x: ngrad.split(x * x, [1, -1])),
    "stack": lambda: lambda x: ngrad.stack([x, x * 2.0], 1),
    "ones like": lambda: lambda x: nnp.ones_like(x)._read(),
    "arrays of a size": lambda: (
        lambda x: (nnp.zeros(x.shape) + nnp.full((x.shape[0], 1), 2.0) + x)._read()
    ),
    "means of arrays": lambda: slope(
        lambda x: [f(nnp.asarray(x), 0)._read() for f in (nnp.mean, nnp.var, nnp.std)]
    ),
    "reshaped arrays": lambda: (
        lambda x: nnp.reshape(nnp.ravel(nnp.asarray(x) * 2.0)[::2], (-1, 1))._read()
    ),
    "repeat": lambda: slope(lambda x: ngrad.repeat(x * x, 2, 0)),
    "numbers in turn": lambda: counted_off,
    "triangles": lambda: (
        lambda x: ((nnp.tril(nnp.outer(x[:, 0], x[:, 1])) + nnp.eye(x.shape[0], k=1)) @ x)._read()
    ),
    "covariances": lambda: covariances,
    "written to": lambda: written_to,
    "spectra": lambda: spectra,
    "spectra, differentiated": lambda: slope(lambda x: ngrad.abs(spectra(x)[1]) ** 2),
    "insert": lambda: lambda x: nnp.insert(nnp.asarray(x), 1, 9.0, axis=1)._read(),
    "pad": lambda: slope(lambda x: ngrad.pad(x, [[1, 2], [0, 0]], constant_values=3.0) ** 2),
    "pad, reflected": lambda: lambda x: ngrad.pad(x, [[1, 1], [1, 1]], "REFLECT"),
    "roll": lambda: slope(lambda x: ngrad.roll(x, 1, 0) * x),
    "rosenbrock": lambda: slope(rosenbrock),
    "second": lambda: slope(slope(lambda x: ngrad.reduce_mean(x**3))),
    "running": lambda: slope(lambda x: (ngrad.cumsum(x), ngrad.math.cumprod(x, 0))),
    "extremes": lambda: slope(lambda x: (ngrad.reduce_max(x, 0), ngrad.reduce_min(x))),
    "gather": lambda: slope(lambda x: ngrad.gather(x, labels(x))),
    "indices": lambda: slope(lambda x: (x[labels(x)] * x[-1], x[[0, -1, 2]])),
    "jacobian": lambda: jacobian(lambda x: ngrad.reduce_sum(x**3, 1)),
    "batch jacobian": lambda: jacobian(nn.softmax, batch=True),
    "numbers": lambda: numbers,
    "shapes": lambda: shapes,
    "shapes as tensors": lambda: tensors_of_sizes,
    "counted": lambda: counted,
    "draws": lambda: draws,
    "function in it": lambda: ngrad.function(lambda x: ngrad.reduce_mean(x * x, 0)),
}
"""Made anew, and recorded once for all numbers of rows from 4 on."""

captured = rows(5)


def branch(x: Any) -> Any:
    return x * 2.0 if x.shape[0] > 6 else ngrad.reduce_sum(x)


def lookup(x: Any) -> Any:
    return x * {5: 2.0, 7: 3.0}.get(x.shape[0], 1.0)


def lazily_made() -> Program:
    made: dict[int, Any] = {}

    def program(x: Any) -> Any:
        n = x.shape[0]
        if n not in made:
            made[n] = ngrad.Variable(ngrad.zeros([n, 3]))
        return made[n].assign_add(x) * 1.0

    return program


def tenfold(x: Any) -> Any:
    @ngrad.custom_gradient
    def f(y: Any) -> Any:
        return y * float(y.shape[0]), lambda g: g * 10.0 * y

    return slope(f)(x)


SOME: dict[str, Callable[[], Program]] = {
    "a loop over rows": lambda: lambda x: sum(row * 2.0 for row in x),
    "range": lambda: lambda x: [x[k] * float(k) for k in range(x.shape[0])],
    "len": lambda: lambda x: x * len(x),
    "int": lambda: lambda x: x * np.sqrt(int(x.shape[0])),
    "numpy": lambda: lambda x: x * np.arange(3 * x.shape[0], dtype=np.float32).reshape(-1, 3),
    "a number in a tensor": lambda: lambda x: x * float(ngrad.shape(x)[0]),
    "an order of contraction": lambda: lambda x: ngrad.einsum("ij,ik,jk->jk", x, x, ngrad.eye(3)),
    "text": lambda: lambda x: x * float(f"{x.shape[0]:d}"),
    "branch": lambda: branch,
    "lookup": lambda: lookup,
    "exponent": lambda: lambda x: x ** x.shape[0],
    "a captured tensor": lambda: lambda x: x + captured if x.shape == captured.shape else x,
    "an equal size": lambda: lambda x: ngrad.concat([x, ngrad.zeros([5, 3])], 0) * 2.0,
    "a variable": lazily_made,
    "custom gradient": lambda: tenfold,
    "an odd number": lambda: lambda x: ngrad.reshape(x, [2, -1]) if x.shape[0] % 2 == 0 else x,
}
"""What depends on the number of rows, and is recorded anew when it must be."""
