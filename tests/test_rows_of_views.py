"""Row programs over what does not lie in runs: fused, they give the bits of ops by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ngrad
from ngrad import GradientTape, constant

ROWS = 150
VIEWS: dict[str, Callable[[Any], Any]] = {
    "backwards": lambda x: x[:ROWS, ::-1],
    "every other": lambda x: x[:ROWS, ::2],
    "a part": lambda x: x[:ROWS, 1:-1],
    "reversed": lambda x: ngrad.reverse(x[:ROWS], [1]),
    "turned": lambda x: ngrad.transpose(x)[:, :ROWS],
    "of several axes": lambda x: ngrad.reshape(x[:ROWS], (ROWS, -1, 2))[:, :, 0],
    "repeated": lambda x: ngrad.tile(x[:ROWS, :1], (1, x.shape[1])),
    "gathered": lambda x: ngrad.gather(x[:, 1:], np.arange(ROWS)[::-1].copy()),
}


def labels(x: Any) -> Any:
    return np.arange(x.shape[0]) * 7 % x.shape[1]


def cross_entropy(x: Any) -> Any:
    return ngrad.nn.sparse_softmax_cross_entropy_with_logits(labels(x), x)


def picked(x: Any) -> Any:
    """The chosen of each row beside its largest, twice read."""
    chosen = ngrad.gather(ngrad.exp(x), labels(x), axis=1, batch_dims=1)
    return chosen * ngrad.reduce_max(x, 1) + ngrad.reduce_sum(x * x, 1)


def layer_norm(x: Any) -> Any:
    mean, variance = ngrad.nn.moments(x, [1], keepdims=True)
    return ngrad.tanh((x - mean) * ngrad.math.rsqrt(variance + 1e-5))


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "cross-entropy": cross_entropy,
    "picked": picked,
    "softmax": lambda x: ngrad.nn.softmax(x) * x,
    "logsumexp": lambda x: ngrad.reduce_logsumexp(x, 1),
    "layer norm": layer_norm,
}


@pytest.mark.parametrize("length", [90, 200])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_bits_of_ops_by_themselves(name: str, view: str, length: int) -> None:
    rng = np.random.default_rng(0)
    x = constant(rng.normal(size=(max(ROWS, length), max(ROWS, length) + 50)).astype("f4"))
    x = x[:, :length] if view != "turned" else x[:length]

    def found() -> list[bytes]:
        with GradientTape() as tape:
            tape.watch(x)
            y = PROGRAMS[name](VIEWS[view](x))
        return [value.numpy().tobytes() for value in (y, tape.gradient(y, x))]

    expected = found()
    before = ngrad.config.fusion()
    ngrad.config.set_fusion("wait")
    try:
        for _ in range(3):
            assert found() == expected
    finally:
        ngrad.config.set_fusion(before)
