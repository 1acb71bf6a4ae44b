"""A step of training of a small transformer: a decoder with causal attention, and Adam."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from peers import Program
from place import Work, torch_tensor

import ngrad as tf


class Sizes(NamedTuple):
    """Sequences a batch, tokens of each, features, heads, blocks, and how many tokens there are."""

    batch: int
    length: int
    width: int
    heads: int
    blocks: int
    tokens: int


class _Ours:
    """What the network is written in, of TensorFlow's names."""

    gelu, softmax = staticmethod(tf.nn.gelu), staticmethod(tf.nn.softmax)
    turned, shaped = staticmethod(tf.transpose), staticmethod(tf.reshape)
    taken = staticmethod(tf.gather)

    @staticmethod
    def normed(x: Any, gain: Any, shift: Any) -> Any:
        mean = tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(x - mean), -1, keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5) * gain + shift

    @staticmethod
    def loss(labels: Any, logits: Any) -> Any:
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_mean(each)


class _Theirs:
    """The same of PyTorch's."""

    def __init__(self, torch: Any) -> None:
        self._functions = torch.nn.functional
        self.gelu, self.shaped = self._functions.gelu, torch.reshape

    def softmax(self, x: Any) -> Any:
        return self._functions.softmax(x, -1)

    def turned(self, x: Any, order: Any) -> Any:
        return x.permute(order)

    def taken(self, table: Any, ids: Any) -> Any:
        return table[ids]

    def normed(self, x: Any, gain: Any, shift: Any) -> Any:
        return self._functions.layer_norm(x, gain.shape, gain, shift)

    def loss(self, labels: Any, logits: Any) -> Any:
        return self._functions.cross_entropy(logits, labels)


def _loss(m: Any, sizes: Sizes, p: Mapping[str, Any], ids: Any, labels: Any, mask: Any) -> Any:
    batch, length, width, heads, blocks, _ = sizes
    own = width // heads
    x = m.taken(p["tokens"], ids) + p["places"]
    for k in range(blocks):
        h = m.normed(x, p[f"gain{k}"], p[f"shift{k}"]) @ p[f"asks{k}"]
        q, key, v = m.turned(m.shaped(h, (batch, length, 3, heads, own)), (2, 0, 3, 1, 4))
        scores = (q @ m.turned(key, (0, 1, 3, 2))) / math.sqrt(own) + mask
        seen = m.turned(m.softmax(scores) @ v, (0, 2, 1, 3))
        x = x + m.shaped(seen, (batch, length, width)) @ p[f"gives{k}"]
        h = m.normed(x, p[f"gain{k} after"], p[f"shift{k} after"])
        x = x + m.gelu(h @ p[f"wide{k}"]) @ p[f"narrow{k}"]
    logits = m.shaped(x, (batch * length, width)) @ m.turned(p["tokens"], (1, 0))
    return m.loss(labels, logits)


def _start(sizes: Sizes) -> dict[str, Any]:
    width = sizes.width
    shapes = {"tokens": (sizes.tokens, width), "places": (sizes.length, width)}
    flat: dict[str, Any] = {}
    for k in range(sizes.blocks):
        shapes |= {f"asks{k}": (width, 3 * width), f"gives{k}": (width, width)}
        shapes |= {f"wide{k}": (width, 4 * width), f"narrow{k}": (4 * width, width)}
        for at in ("", " after"):
            flat[f"gain{k}{at}"] = np.ones(width, np.float32)
            flat[f"shift{k}{at}"] = np.zeros(width, np.float32)
    draw = np.random.default_rng(0)
    return flat | {name: 0.05 * draw.normal(size=n).astype("f4") for name, n in shapes.items()}


def transformer(sizes: Sizes, traced: bool) -> Program:
    """Eager, or as a `function`."""
    start, draw = _start(sizes), np.random.default_rng(1)
    ids = draw.integers(0, sizes.tokens, (sizes.batch, sizes.length))
    labels = draw.integers(0, sizes.tokens, sizes.batch * sizes.length)
    mask = np.triu(np.full((sizes.length, sizes.length), -1e9, np.float32), 1)
    variables = {name: tf.Variable(array) for name, array in start.items()}
    given = [tf.constant(array) for array in (ids, labels, mask)]
    optimizer = tf.optimizers.Adam(1e-3)

    def step() -> Any:
        with tf.GradientTape() as tape:
            loss = _loss(_Ours, sizes, variables, *given)
        slopes = tape.gradient(loss, list(variables.values()))
        optimizer.apply_gradients(zip(slopes, variables.values(), strict=True))
        return loss

    recorded = tf.function(step) if traced else step

    def ours() -> Any:
        found = recorded(), list(variables.values())
        tf.eval(found)
        return found

    def of_torch() -> Work:
        import torch

        theirs, leaves = _Theirs(torch), {k: torch_tensor(x, True) for k, x in start.items()}
        arrays = [torch_tensor(array) for array in (ids, labels, mask)]
        stepper = torch.optim.Adam(list(leaves.values()), 1e-3)

        def work() -> None:
            stepper.zero_grad()
            _loss(theirs, sizes, leaves, *arrays).backward()
            stepper.step()

        return work

    name = f"step of a transformer, {sizes.blocks} blocks of {sizes.width}, " + (
        f"({sizes.batch}, {sizes.length}) of {sizes.tokens} tokens"
    )
    return Program(
        name + (", as a function" if traced else ""),
        "",
        ours,
        {"PyTorch": of_torch},
    )
