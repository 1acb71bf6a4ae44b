"""Floats of two bytes where what is computed on the way is beyond them: the result is right."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as np_

softmax_loss = ngrad.nn.softmax_cross_entropy_with_logits
sparse_loss = ngrad.nn.sparse_softmax_cross_entropy_with_logits
pooled = partial(ngrad.nn.max_pool1d, ksize=70_000, strides=1, padding="VALID")
extreme_rows = partial(ngrad.math.unsorted_segment_max, segment_ids=[0] * 70_000, num_segments=1)


def both(x: Any) -> Any:
    """An array of zeros and as many ones."""
    return np_.concatenate([np_.asarray(x), np_.asarray(x + 1.0)])


MANY, ONCE = (70_000,), [0] * 70_000
BEYOND: dict[str, tuple[Callable[..., Any], Any, float]] = {
    "softmax": (ngrad.nn.softmax, MANY, 1 / 70_000),
    "log_softmax": (ngrad.nn.log_softmax, MANY, -math.log(70_000)),
    "logsumexp": (ngrad.reduce_logsumexp, MANY, math.log(70_000)),
    "dense loss": (lambda x: softmax_loss(ngrad.one_hot(3, 70_000), x), MANY, math.log(70_000)),
    "sparse loss": (lambda x: sparse_loss([3], x[None]), MANY, math.log(70_000)),
    "l2_loss": (lambda x: ngrad.nn.l2_loss(x + 300.0), (), 45_000),
    "moments": (lambda x: ngrad.nn.weighted_moments(x + 1.0, [0], x + 1.0)[0], MANY, 1),
    "std": (lambda x: ngrad.math.reduce_std(ngrad.concat([x - 300.0, x + 300.0], 0)), (2,), 300),
    "np.std": (lambda x: ngrad.constant(np_.std(both(x))), MANY, 0.5),
    "np.std, where=": (lambda x: ngrad.constant(np_.std(both(x), where=both(x) < 2)), MANY, 0.5),
    "np.nanmean": (lambda x: ngrad.constant(np_.nanmean(both(x))), MANY, 0.5),
    "np.nanvar": (lambda x: ngrad.constant(np_.nanvar(both(x))), MANY, 0.25),
    "clip_by_norm": (lambda x: ngrad.clip_by_norm(x + 300.0, 1.0), (4,), 0.5),
    "global_norm": (lambda x: ngrad.linalg.global_norm([x + 300.0]), (4,), 600),
    "norm": (lambda x: ngrad.norm(x + 300.0), (4,), 600),
    "norm of order 3": (lambda x: ngrad.norm(x + 300.0, 3), (8,), 600),
    "Frobenius": (lambda x: ngrad.norm(x + 300.0, axis=(0, 1)), (2, 2), 600),
    "l2_normalize": (ngrad.nn.l2_normalize, (2,), 0),
    "mean": (lambda x: ngrad.math.unsorted_segment_mean(x + 1.0, ONCE, 1), MANY, 1),
    "sqrt_n": (lambda x: ngrad.math.unsorted_segment_sqrt_n(x + 1.0, ONCE, 1), MANY, 70_000**0.5),
    "ties": (ngrad.grad(ngrad.reduce_max), MANY, 1 / 70_000),
    "ties of rows": (ngrad.grad(lambda x: extreme_rows(x)[0]), MANY, 1 / 70_000),
    "ties of pools": (ngrad.grad(lambda x: pooled(x)[0, 0, 0]), (1, 70_000, 1), 1 / 70_000),
    "gelu": (ngrad.grad(lambda x: ngrad.nn.gelu(x + 300.0, True)), (), 1),
    "atan2": (ngrad.grad(lambda x: ngrad.atan2(x + 1.0, 300.0)), (), 300 / 90_001),
    "x**-2": (lambda x: (x + 300.0) ** -2, (), 1 / 90_000),
    "its derivative": (ngrad.grad(lambda x: (x + 0.0625) ** -2), (), -8192),
}
"""Functions of zeros, which on the way have numbers beyond float16, and a number that they give."""


@pytest.mark.parametrize("half", (ngrad.float16, ngrad.bfloat16), ids=str)
@pytest.mark.parametrize("name", BEYOND)
def test_what_goes_beyond_it_on_the_way_is_right(name: str, half: Any) -> None:
    function, shape, expected = BEYOND[name]
    found = function(ngrad.zeros(shape, half))
    assert found.dtype is half
    unit = max(float(half.finfo.eps), 0.005 if 0 < abs(expected) < 1e-3 else 0)  # subnormal
    np.testing.assert_allclose(found.numpy().ravel()[0].astype(float), expected, rtol=unit)
