"""A classifier of handwritten digits: two hidden layers, trained with Adam."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import ngrad as tf
from ngrad import nn, optimizers

HIDDEN = (128, 64)
CLASSES = 10
BATCH = 64
RATE = 2e-3


class Split(NamedTuple):
    """Images (rows of 64 intensities in [0, 1], float32) and their labels."""

    images: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]


def load(seed: int) -> tuple[Split, Split]:
    """scikit-learn's handwritten digits, split three to one for training and for testing.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = (images / 16.0).astype(np.float32)
    parts = train_test_split(
        images, labels.astype(np.int64), test_size=0.25, random_state=seed, stratify=labels
    )
    return Split(parts[0], parts[2]), Split(parts[1], parts[3])


class Classifier:
    """Dense layers with relu between them.

    Parameters
    ----------
    sizes : sequence of int
        Of the input, of each hidden layer, and the number of classes.
    rng : numpy.random.Generator
        Where the first weights come from: normal with variance 2 / inputs (He et al., 2015).
    """

    def __init__(self, sizes: tuple[int, ...], rng: np.random.Generator) -> None:
        self.layers = []
        for inputs, outputs in itertools.pairwise(sizes):
            weights = rng.normal(0.0, np.sqrt(2.0 / inputs), (inputs, outputs))
            biases = tf.zeros([outputs])
            self.layers.append((tf.Variable(weights, dtype=tf.float32), tf.Variable(biases)))

    @property
    def variables(self) -> list[Any]:
        return [variable for layer in self.layers for variable in layer]

    def __call__(self, x: Any) -> Any:
        """Logits of a batch of images."""
        *hidden, (weights, bias) = self.layers
        for w, b in hidden:
            x = nn.relu(x @ w + b)
        return x @ weights + bias

    def accuracy(self, data: Split) -> float:
        """The share of images whose label is predicted."""
        predicted = tf.argmax(self(tf.constant(data.images)), axis=1)
        return float(tf.reduce_mean(tf.cast(tf.equal(predicted, data.labels), tf.float64)))


def train(model: Classifier, data: Split, epochs: int, rng: np.random.Generator) -> Iterator[float]:
    """Train; yields the mean loss of each epoch."""
    optimizer = optimizers.Adam(learning_rate=RATE)
    variables = model.variables
    count = len(data.labels)
    for _ in range(epochs):
        order = rng.permutation(count)
        losses = []
        for first in range(0, count, BATCH):
            batch = order[first : first + BATCH]
            x, labels = tf.constant(data.images[batch]), tf.constant(data.labels[batch])
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(
                    nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=model(x))
                )
            gradients = tape.gradient(loss, variables)
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            losses.append(float(loss))
        yield float(np.mean(losses))
