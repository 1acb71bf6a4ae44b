"""The loss of connectionist temporal classification, against a sum over all paths of frames."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numeric import Case
from scipy.special import log_softmax, logsumexp

import ngrad as tf
from ngrad.errors import DTypeError, IndexBoundsError, NgradError, ShapeError

LABELS, LENGTHS, TIMES = [[1, 1], [2, 0], [7, 7]], [2, 1, 0], [4, 3, 4]
LOGITS = np.random.default_rng(3).normal(size=(4, 3, 3))


def loss(logits: Any, **options: Any) -> Any:
    return tf.nn.ctc_loss(LABELS, logits, LENGTHS, TIMES, **options)


def summed(logits: Any, blank: int) -> Any:
    """The same, from all sequences of classes that collapse to the labels."""
    found = []
    for chances, labels, length, time in zip(
        np.moveaxis(log_softmax(logits, -1), 1, 0), LABELS, LENGTHS, TIMES, strict=True
    ):
        paths = [
            sum(chances[t, c] for t, c in enumerate(path))
            for path in itertools.product(range(chances.shape[1]), repeat=time)
            if [c for c, _ in itertools.groupby(path) if c != blank] == labels[:length]
        ]
        found.append(-logsumexp(paths))
    return np.array(found)


@pytest.mark.parametrize("blank", [0, -3])
def test_it_is_the_sum_over_all_paths(blank: int) -> None:
    Case(lambda x: loss(x, blank_index=blank), lambda x: summed(x, 0), (LOGITS,)).check()


def test_batches_may_come_first_and_sizes_be_open() -> None:
    x, first = tf.constant(LOGITS, tf.float32), np.moveaxis(LOGITS, 1, 0)
    spec = tf.TensorSpec([None, 3, 3], tf.float32)
    at_any_size = tf.function(loss, input_signature=[spec])
    expected = loss(x).numpy()
    assert expected.dtype == np.float32
    np.testing.assert_array_equal(at_any_size(x), expected)
    found = loss(tf.constant(first, tf.float32), logits_time_major=False)
    np.testing.assert_array_equal(found, expected)


def test_what_cannot_be_spelt_costs_infinitely_much_and_has_no_gradient() -> None:
    x = tf.constant(LOGITS[:2], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.ctc_loss(LABELS, x, LENGTHS, [2, 2, 2])
    slope = tape.gradient(y, x).numpy()
    assert np.isinf(y.numpy()).tolist() == [True, False, False]
    assert not slope[:, 0].any() and np.isfinite(slope).all() and slope[:, 1].all()


@pytest.mark.parametrize(
    "labels, shape, lengths, times, error, message",
    [
        ([[1]], (2, 1), [1], [1], ShapeError, r"three axes, not shape \(2, 1\)"),
        ([1], (2, 1, 3), [1], [1], ShapeError, r"labels of shape \(1,\) for a batch of 1"),
        ([[1.0]], (2, 1, 3), [1], [1], DTypeError, "labels are integers, not float32"),
        ([[1]], (2, 1, 3), [1, 1], [1], ShapeError, r"label_length of shape \(2,\)"),
        ([[1]], (2, 1, 3), [2], [1], IndexBoundsError, r"label_length 2 .*\[0, 2\)"),
        ([[1]], (2, 1, 3), [1], [0], IndexBoundsError, r"logit_length 0 .*\[1, 3\)"),
        ([[3]], (2, 1, 3), [1], [2], IndexBoundsError, r"label 3 .*\[0, 3\)"),
    ],
)
def test_what_does_not_fit_raises(
    labels: Any, shape: Any, lengths: Any, times: Any, error: type[NgradError], message: str
) -> None:
    with pytest.raises(error, match=f"ctc_loss: .*{message}"):
        tf.nn.ctc_loss(labels, tf.zeros(shape), lengths, times).numpy()
