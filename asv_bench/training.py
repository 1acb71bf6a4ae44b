"""Steps of training, as in `sweeps.py`: of a perceptron, and of an optimizer by itself."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
from peers import Make, Program, copying, numbers
from place import Work, jax_array, on_gpu, torch_tensor

import ngrad as tf

MLP = (784, 512, 512, 10)


def perceptron(batch: int, traced: bool, sizes: tuple[int, ...] = MLP) -> Program:
    """A step of gradient descent of a perceptron of three layers with relu, eager or a function."""
    shapes = [*itertools.pairwise(sizes)]
    weights = [array * 0.05 for array in numbers(*shapes)]
    x, target = numbers((batch, sizes[0]), (batch, sizes[-1]))
    flat = [each for w in weights for each in (w, np.zeros(w.shape[1], np.float32))]
    variables = [tf.Variable(array) for array in flat]
    inputs, wanted = tf.constant(x), tf.constant(target)
    optimizer = tf.optimizers.SGD(0.01)

    def step() -> Any:
        with tf.GradientTape() as tape:
            h = inputs
            for k in range(0, len(variables), 2):
                h = h @ variables[k] + variables[k + 1]
                h = tf.nn.relu(h) if k < 4 else h
            loss = tf.reduce_mean((h - wanted) ** 2)
        slopes = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(slopes, variables, strict=True))
        return loss

    recorded = tf.function(step) if traced else step

    def ours() -> Any:
        tf.eval(recorded(), variables)

    def of_torch(compiled: bool = False) -> Work:
        import torch

        leaves = [torch_tensor(array, True) for array in flat]
        stepper = torch.optim.SGD(leaves, 0.01)
        given, goal = torch_tensor(x), torch_tensor(target)

        def loss() -> Any:
            h = given
            for k in range(0, len(leaves), 2):
                h = h @ leaves[k] + leaves[k + 1]
                h = torch.relu(h) if k < 4 else h
            return ((h - goal) ** 2).mean()

        # Its graphs of CUDA, where it is compiled, hold the loss and its gradient.
        forward = torch.compile(loss, mode="reduce-overhead") if compiled else loss

        def work() -> None:
            stepper.zero_grad()
            forward().backward()
            stepper.step()

        return work

    def of_jax() -> Work:
        import jax
        import jax.numpy as jnp

        def loss(leaves: Any) -> Any:
            h = x
            for k in range(0, len(leaves), 2):
                h = h @ leaves[k] + leaves[k + 1]
                h = jnp.maximum(h, 0) if k < 4 else h
            return ((h - target) ** 2).mean()

        @jax.jit
        def step(leaves: Any) -> Any:
            slopes = jax.grad(loss)(leaves)
            return [leaf - 0.01 * slope for leaf, slope in zip(leaves, slopes, strict=True)]

        held = [[jax_array(array) for array in flat]]

        def work() -> Any:
            held[0] = step(held[0])
            return held

        return work

    matrices = variables[::2] if on_gpu() else weights

    def gemms() -> Any:
        """NumPy's, or on a GPU our own alone."""
        h = inputs if on_gpu() else x
        kept, slopes = [], []
        for w in matrices:
            kept.append(h)
            h = h @ w
        for k in range(len(matrices) - 1, -1, -1):
            slopes.append(_turned(kept[k]) @ h)
            h = h @ _turned(matrices[k]) if k else h
        return tf.eval(slopes) if on_gpu() else slopes

    others: dict[str, Make] = {"jax.jit": of_jax, "PyTorch": of_torch}
    if on_gpu():
        others["torch.compile"] = functools.partial(of_torch, True)
    return Program(
        f"step of an MLP {'-'.join(map(str, sizes))}, batch {batch}"
        + (", as a function" if traced else ""),
        "1.1 of its products; less than both",
        ours,
        others,
        gemms,
        repeat=5,
    )


def _turned(x: Any) -> Any:
    return x.T if isinstance(x, np.ndarray) else tf.transpose(x)


def adam(size: int) -> Program:
    """A step of Adam for one variable whose gradient is there: four arrays are read, of which three
    are written, in place.
    """
    start, slope = numbers((size,), (size,))
    rate, one, two, small = 1e-3, 0.9, 0.999, 1e-7
    optimizer = tf.optimizers.Adam(rate, one, two, small)
    variable, gradient = tf.Variable(start), tf.constant(slope)

    def ours() -> None:
        optimizer.apply_gradients([(gradient, variable)])
        tf.eval(variable)

    def of_torch() -> Work:
        import torch

        leaf = torch_tensor(start, True)
        leaf.grad = torch_tensor(slope)
        stepper = torch.optim.Adam([leaf], rate, (one, two), small)
        return stepper.step

    def of_jax() -> Work:
        import jax
        import jax.numpy as jnp

        @functools.partial(jax.jit, donate_argnums=0)
        def step(state: Any, g: Any) -> Any:
            w, m, v, t = state
            t = t + 1
            m, v = m + (1 - one) * (g - m), v + (1 - two) * (g * g - v)
            scaled = rate * jnp.sqrt(1 - two**t) / (1 - one**t)
            return w - scaled * m / (jnp.sqrt(v) + small), m, v, t

        zeros = np.zeros_like(start)
        held = [(*map(jax_array, (start.copy(), zeros, zeros.copy())), 0)]
        given = jax_array(slope)

        def work() -> Any:
            held[0] = step(held[0], given)
            return held

        return work

    return Program(
        f"step of Adam, {size:.0e} float32",
        "1.3 of the copy",
        ours,
        {"jax.jit": of_jax, "PyTorch": of_torch},
        copying(7 * 4 * size),
    )
