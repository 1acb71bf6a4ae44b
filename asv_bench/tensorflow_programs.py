"""Programs of the kinds that come from TensorFlow, small: what `agreement.py` runs on both.

Each is a function of the library and of samples. The tape that takes its gradient is around it, so
that of a program with a tape of its own it is a second derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

EDGES = np.array([[0, 1], [1, 0], [2, 1], [1, 2], [2, 2], [0, 0]])
TAGS = np.array([0, 3, 1])


def attention(tf: Any, x: Any, w: Any) -> Any:
    """Two heads that see what came before."""
    q, k = (tf.transpose(tf.reshape(part, [3, 2, 2]), [1, 0, 2]) for part in (x @ w[:, :4], x))
    logits = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(tf.cast(tf.shape(k)[-1], q.dtype))
    ahead = 1.0 - tf.linalg.band_part(tf.ones((3, 3)), -1, 0)
    mixed = tf.nn.softmax(logits + ahead * -1e9, axis=-1) @ k
    return tf.reshape(tf.transpose(mixed, perm=[1, 0, 2]), (-1, 4))


def cached_attention(tf: Any, x: Any) -> Any:
    """The same of one head, a step at a time, with what was seen."""
    seen, outs = tf.zeros([0, 4]), []
    for t in range(x.shape[0]):
        seen = tf.concat([seen, x[t, tf.newaxis]], axis=0)
        shares = tf.nn.softmax(tf.linalg.matvec(seen, x[t]) / 2.0)
        outs.append(tf.einsum("t,td->d", shares, seen))
    return tf.stack(outs)


def gradient_penalty(tf: Any, x: Any, w: Any) -> Any:
    """Of a critic (Gulrajani et al., 2017)."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = tf.reduce_sum(tf.nn.leaky_relu(x @ w), axis=1)
    return (tf.norm(tape.gradient(score, x), axis=1) - 1.0) ** 2


def residual(tf: Any, x: Any, w: Any) -> Any:
    """Of a differential equation whose solution is a network: u u' - u''."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            u = tf.reduce_sum(tf.tanh(x @ w), axis=1, keepdims=True)
        slope = inner.gradient(u, x)
    return u * slope - outer.gradient(slope, x)


def hessian_product(tf: Any, x: Any, y: Any) -> Any:
    """Forward over reverse."""
    with tf.autodiff.ForwardAccumulator(x, tf.stop_gradient(y)) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(tf.sin(x) * tf.exp(0.3 * x) * x)
        slope = tape.gradient(value, x)
    return accumulator.jvp(slope)


def jacobian_rows(tf: Any, x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cumsum(x * x, axis=1)
    return tape.batch_jacobian(y, x)


def adapted(tf: Any, x: Any, y: Any) -> Any:
    """A loss after two steps of descent on another one (Finn et al., 2017)."""
    w = x[0]
    for _ in range(2):
        with tf.GradientTape() as tape:
            tape.watch(w)
            loss = tf.reduce_mean((tf.tanh(w * x) - y) ** 2)
        w = w - 0.4 * tape.gradient(loss, w)
    return tf.reduce_mean((tf.tanh(w * y) - x) ** 2)


def straight_through(tf: Any, x: Any) -> Any:
    @tf.custom_gradient
    def binary(x: Any) -> Any:
        return tf.sign(x), lambda g: tf.where(tf.abs(x) <= 1.0, g, tf.zeros_like(g))

    return binary(x) * x + tf.stop_gradient(tf.round(x) - x) * x


def chain(tf: Any, x: Any, w: Any) -> Any:
    """The likelihood of tags by a conditional random field."""

    def step(before: Any, scores: Any) -> Any:
        return tf.reduce_logsumexp(before[:, None] + w[:, :4], axis=0) + scores

    all_paths = tf.reduce_logsumexp(tf.scan(step, x[1:], initializer=x[0])[-1])
    own = tf.reduce_sum(tf.gather(x, TAGS, axis=1, batch_dims=1))
    moves = tf.gather_nd(w, tf.stack([TAGS[:-1], TAGS[1:]], axis=-1))
    return all_paths - own - tf.reduce_sum(moves)


def recurrent(tf: Any, x: Any, w: Any) -> Any:
    """A gated cell, whose states a loop writes."""
    states = tf.TensorArray(tf.float32, size=3, element_shape=[4])

    def body(t: Any, h: Any, states: Any) -> Any:
        gate = tf.sigmoid(tf.tensordot(x[t], w[:, :4], 1))
        h = gate * h + (1.0 - gate) * tf.tanh(x[t])
        return t + 1, h, states.write(t, h)

    start = (tf.constant(0), tf.zeros([4]), states)
    return tf.while_loop(lambda t, *_: t < 3, body, start)[2].stack()


def graph_attention(tf: Any, x: Any) -> Any:
    sources, targets = tf.constant(EDGES[:, 0]), tf.constant(EDGES[:, 1])
    scores = tf.reduce_sum(tf.gather(x, sources) * tf.gather(x, targets), axis=1, keepdims=True)
    largest = tf.math.unsorted_segment_max(scores, targets, num_segments=3)
    shares = tf.exp(tf.nn.leaky_relu(scores - tf.gather(largest, targets)))
    total = tf.math.unsorted_segment_sum(shares, targets, num_segments=3)
    messages = shares / tf.gather(total, targets) * tf.gather(x, sources)
    return tf.nn.elu(tf.math.unsorted_segment_sum(messages, targets, num_segments=3))


def contrast(tf: Any, x: Any, y: Any) -> Any:
    a, b = tf.math.l2_normalize(x, -1), tf.math.l2_normalize(y, -1)
    own = tf.one_hot(tf.range(3), 6)
    inner = tf.matmul(a, a, transpose_b=True) - 1e9 * tf.eye(3)
    logits = tf.concat([tf.matmul(a, b, transpose_b=True), inner], axis=1) / 0.5
    return tf.nn.softmax_cross_entropy_with_logits(labels=own, logits=logits)


def spectral(tf: Any, w: Any) -> Any:
    """A matrix over its largest singular value, by power iteration."""
    u = tf.ones([1, 5])
    for _ in range(3):
        v = tf.math.l2_normalize(tf.matmul(u, w, transpose_b=True))
        u = tf.math.l2_normalize(tf.matmul(v, w))
    u, v = tf.stop_gradient(u), tf.stop_gradient(v)
    return w / tf.matmul(tf.matmul(v, w), u, transpose_b=True)


def coupling(tf: Any, x: Any, y: Any) -> Any:
    """The likelihood of a normalizing flow of one layer (Dinh et al., 2017)."""
    kept, moved = tf.split(x, 2, axis=1)
    scale = tf.tanh(kept * y[:, :2])
    z = tf.concat([kept, moved * tf.exp(scale) + y[:, 2:]], axis=1)
    return tf.reduce_sum(scale, 1) - 0.5 * tf.reduce_sum(z**2 + math.log(2 * math.pi), axis=1)


def transport(tf: Any, x: Any, y: Any) -> Any:
    """Its cost, by Sinkhorn's iteration."""
    cost = tf.reduce_sum(tf.math.squared_difference(x[:, None], y[None]), axis=-1)
    f, g = tf.zeros([3]), tf.zeros([3])
    for _ in range(5):
        f = -tf.reduce_logsumexp(g[None] - cost, axis=1)
        g = -tf.reduce_logsumexp(f[:, None] - cost, axis=0)
    return cost * tf.exp(f[:, None] + g[None] - cost)


def warped(tf: Any, image: Any, x: Any) -> Any:
    """An image between its pixels, which move by x."""
    rows = tf.clip_by_value(1.5 + x[0, :3], 0.01, 3.99)
    columns = tf.clip_by_value(1.2 + x[1, :3], 0.01, 3.99)
    top, left = tf.floor(rows), tf.floor(columns)
    found = tf.zeros([3, 2])
    for down in (0.0, 1.0):
        for right in (0.0, 1.0):
            places = tf.cast(tf.stack([top + down, left + right], axis=-1), tf.int32)
            share = (1.0 - tf.abs(rows - top - down)) * (1.0 - tf.abs(columns - left - right))
            found += share[:, None] * tf.gather_nd(image[0], places)
    return found


def rendered(tf: Any, density: Any, x: Any) -> Any:
    """Rays marched through a volume (Mildenhall et al., 2020)."""
    alpha = 1.0 - tf.exp(-tf.nn.relu(density))
    weights = alpha * tf.math.cumprod(1.0 - alpha + 1e-10, axis=-1, exclusive=True)
    return tf.reduce_sum(weights * tf.sigmoid(x), axis=-1)


def gaussian_process(tf: Any, x: Any, y: Any) -> Any:
    """Minus the log of a marginal likelihood."""
    distance = tf.reduce_sum(tf.math.squared_difference(x[:, None], x[None]), axis=-1)
    root = tf.linalg.cholesky(tf.exp(-0.5 * distance) + 0.1 * tf.eye(3))
    solved = tf.linalg.cholesky_solve(root, y)
    half_log = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(root)))
    return 0.5 * tf.reduce_sum(y * solved) + half_log


def experts(tf: Any, x: Any, w: Any) -> Any:
    """Each row by two of four experts."""
    best, which = tf.math.top_k(x, k=2)
    rows = tf.tile(tf.range(3)[:, None], [1, 2])
    gates = tf.scatter_nd(tf.stack([rows, which], axis=-1), tf.nn.softmax(best), [3, 4])
    return tf.matmul(gates, w)


def spelt(tf: Any, x: Any) -> Any:
    """Six frames of four classes, as two labels."""
    logits = tf.reshape(tf.concat([x, x[::-1]], axis=0), [6, 1, 4])
    return tf.nn.ctc_loss([[2, 2]], logits, [2], [6], blank_index=-1)


def routed(tf: Any, x: Any, y: Any) -> Any:
    """Capsules that agree (Sabour et al., 2017)."""
    votes = x[:, None] * y[None]
    logits = tf.zeros([3, 3, 1])
    for _ in range(3):
        total = tf.reduce_sum(tf.nn.softmax(logits, axis=1) * votes, axis=0, keepdims=True)
        squares = tf.reduce_sum(tf.square(total), axis=-1, keepdims=True)
        out = squares / (1.0 + squares) * total / tf.sqrt(squares + 1e-7)
        logits += tf.reduce_sum(votes * out, axis=-1, keepdims=True)
    return out[0]


PROGRAMS: dict[str, tuple[Callable[..., Any], str]] = {
    "masked attention": (attention, "x matrix"),
    "attention with a cache": (cached_attention, "x"),
    "gradient penalty": (gradient_penalty, "x matrix"),
    "residual of an equation": (residual, "x matrix"),
    "Hessian times a vector": (hessian_product, "x y"),
    "Jacobians of a batch": (jacobian_rows, "x"),
    "loss after steps of descent": (adapted, "x y"),
    "straight-through gradients": (straight_through, "x"),
    "conditional random field": (chain, "x matrix"),
    "gated recurrence": (recurrent, "x matrix"),
    "attention on a graph": (graph_attention, "x"),
    "contrastive loss": (contrast, "x y"),
    "spectral normalization": (spectral, "matrix"),
    "normalizing flow": (coupling, "x y"),
    "optimal transport": (transport, "x y"),
    "warped image": (warped, "image x"),
    "rendered rays": (rendered, "positive x"),
    "Gaussian process": (gaussian_process, "x y"),
    "mixture of experts": (experts, "x matrix"),
    "labels of frames": (spelt, "x"),
    "routing by agreement": (routed, "x y"),
}
