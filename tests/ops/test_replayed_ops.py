"""Functions of several ops, of small tensors: recorded when they come again, with the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngrad as tf
from ngrad import replayed
from ngrad.errors import IndexBoundsError

draw = np.random.default_rng(0)
ARRAYS = {
    "x": draw.standard_normal((6, 12)).astype("f4"),
    "d": draw.standard_normal((6, 12)),
    "y": draw.random((6, 12)).astype("f4"),
    "v": draw.random(12).astype("f4"),
    "m": draw.standard_normal((1, 5, 6, 2)).astype("f4"),
    "w": draw.standard_normal((3, 3, 2, 2)).astype("f4"),
    "i": draw.integers(0, 12, 6),
}
PROGRAMS = """
nn.moments(x, [-1], keepdims=True); nn.moments(d, 0); nn.l2_normalize(x, axis=-1); nn.gelu(d)
nn.batch_normalization(x, v, v, None, v, 1e-5); nn.gelu(x, True); nn.silu(x, beta=0.5); nn.elu(x)
nn.selu(x); nn.softsign(x); nn.softmax(x); nn.log_softmax(d, 0); nn.weighted_moments(x, 0, y)
nn.softmax_cross_entropy_with_logits(y, x); nn.sigmoid_cross_entropy_with_logits(y, x)
nn.sparse_softmax_cross_entropy_with_logits(i, x); math.reduce_variance(d, [0, 1])
nn.weighted_cross_entropy_with_logits(y, x, 2.0); math.reduce_std(x, 1); reduce_logsumexp(x, -1)
nn.conv2d(m, w, 1, "SAME"); nn.conv2d(m, w, [1, 2, 2, 1], "VALID"); nn.conv1d(m[0], w[0], 1, "SAME")
nn.conv2d_transpose(m, w, (1, 5, 6, 2), 1, "SAME"); nn.local_response_normalization(m, 1)
one_hot(i, 12)
linalg.band_part(x, 1, 0); linalg.cross(x[:, :3], x[:, 3:6]); tensordot(x, y, 2)
math.divide_no_nan(x, y); clip_by_norm(x, 0.5); math.cumulative_logsumexp(d, -1)
math.unsorted_segment_mean(x, i, 12)
"""
EACH = [one.strip() for line in PROGRAMS.strip().splitlines() for one in line.split(";")]


def bits(found: Any) -> list[tuple[Any, ...]]:
    """Of each tensor of a result, all that there is to compare."""
    many = found if isinstance(found, tuple) else (found,)
    return [(type(x), x.dtype, tuple(x.shape), x.numpy().tobytes()) for x in many]


pytestmark = pytest.mark.usefixtures("at_once")


def run(program: str, arrays: dict[str, Any]) -> Any:
    own = {name: tf.constant(value) for name, value in arrays.items()}
    tf.eval(*own.values())
    return eval(program, {**vars(tf), **own})


@pytest.mark.parametrize("program", EACH)
def test_the_same_bits(program: str, recorded: list[str]) -> None:
    """As of a first call, of other values too, and as where a tape listens."""
    first = bits(run(program, ARRAYS))
    assert all(bits(run(program, ARRAYS)) == first for _ in range(replayed.AGAIN + 2))
    assert recorded
    others = {name: (x + 5) % 12 if name == "i" else x[::-1] / 2 for name, x in ARRAYS.items()}
    found = bits(run(program, others))
    with tf.GradientTape():
        assert bits(run(program, others)) == found != first


def test_labels_are_checked_each_time(recorded: list[str]) -> None:
    logits = tf.constant(ARRAYS["x"])
    for label in [*range(12)] * 2 + [12]:
        labels = tf.constant([label] * 6)
        tf.eval(labels, logits)
        if label < 12:
            tf.eval(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
            continue
        with pytest.raises(IndexBoundsError, match=r"label 12 is out of range \[0, 12\)$"):
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    assert recorded == ["sparse_softmax_cross_entropy_with_logits"]


def test_lists_are_not_recorded(recorded: list[str]) -> None:
    """Which nothing may follow."""
    for _ in range(replayed.AGAIN + 3):
        tf.nn.gelu([1.0, 2.0])
    assert not recorded


def test_nests_of_numbers_are_not_recorded(recorded: list[str]) -> None:
    """They are data: what is recorded would hold each of them."""
    labels = tuple(tuple(row) for row in ARRAYS["y"].tolist())
    for _ in range(replayed.AGAIN + 3):
        tf.nn.softmax_cross_entropy_with_logits(labels, tf.constant(ARRAYS["x"]))
    assert not recorded
