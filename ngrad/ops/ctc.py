"""The loss of connectionist temporal classification (Graves et al., 2006)."""

from __future__ import annotations

import math
from typing import Any

from ngrad.dtypes import float64, int64
from ngrad.errors import DTypeError, ShapeError
from ngrad.ops.activations import log_softmax
from ngrad.ops.arithmetic import maximum
from ngrad.ops.bounds import checked
from ngrad.ops.comparison import less, not_equal
from ngrad.ops.convert import cast_to, floating, tensor
from ngrad.ops.counting import sequence_mask
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import logaddexp
from ngrad.ops.gather import gather_rows
from ngrad.ops.joining import stack
from ngrad.ops.scans import behind, cumsum, cumulative_logsumexp
from ngrad.ops.shape import expand_dims, normal_axis, transpose
from ngrad.tensor import Tensor

NEVER, LEAST = -1e30, -1e5
"""Logarithms of the probability of what does not happen, and of the least that a class has in a
frame: finite, so that differences are.
"""


def ctc_loss(
    labels: Any, logits: Any, label_length: Any, logit_length: Any,
    logits_time_major: bool = True, unique: Any = None, blank_index: Any = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """-log of the probability that frames spell a sequence of labels: each label for one or more
    frames, with any number of blanks before, between and after, of which there is one at least
    between equal labels. It is computed in float64.

    Parameters
    ----------
    labels : integer tensor of shape (batch, most labels)
        What is beyond the length of a sequence is not read.
    logits : floating tensor of shape (frames, batch, classes)
        Or (batch, frames, classes), if not `logits_time_major`.
    label_length, logit_length : integer tensors of shape (batch,)
        How many labels, from 0 on, and how many frames, from 1 on, count.
    unique
        Accepted, and of no effect.
    blank_index : int
        The class that is the blank, 0 if not given; negative ones count from the end.

    Returns
    -------
    tensor of shape (batch,)
        Infinite, with a gradient of 0, for more labels than frames can spell.

    Raises
    ------
    ShapeError, DTypeError
        If shapes or dtypes do not fit.
    IndexBoundsError
        If a label is no class, or a length is out of its range.

    Examples
    --------
    >>> import ngrad
    >>> logits = ngrad.zeros([2, 1, 2])
    >>> (2 * ngrad.exp(-ngrad.nn.ctc_loss([[1]], logits, [1], [2]))).numpy()  # 11, 10 or 01
    array([1.5], dtype=float32)
    """
    what = "ctc_loss"
    x = floating(logits, what)
    if x.ndim != 3:
        raise ShapeError(f"{what}: logits have three axes, not shape {x._layout.shape}")
    # The logarithms of probabilities, as (batch, classes, frames).
    order = (1, 2, 0) if logits_time_major else (0, 2, 1)
    chances = transpose(maximum(log_softmax(cast_to(x, float64)), LEAST), order)
    batch, classes, frames = chances._layout.shape
    blank = normal_axis(0 if blank_index is None else blank_index, classes, what)
    spelt, lengths, times = _of_batch(what, labels, label_length, logit_length, x, batch)
    count = spelt._layout.shape[1]
    lengths = cast_to(checked(what, lengths, count + 1, 0, "label_length"), int64)
    times = cast_to(checked(what, times, frames + 1, 1, "logit_length"), int64)
    spelt = select(sequence_mask(lengths, count), cast_to(spelt, int64), blank)
    spelt = checked(what, spelt, classes, noun="label")
    ends = _ends(chances[:, blank], gather_rows(chances, spelt, 1, 1), spelt)
    # Of (states, batch, frames) what each sequence reached in its last state, or the one before.
    reached = gather_rows(transpose(stack(ends), (1, 2, 0)), times - 1, 1, 1)
    last, before = (gather_rows(reached, k, 1, 1) for k in (2 * lengths, 2 * lengths - 1))
    total = logaddexp(last, select(less(lengths, 1), NEVER, before))
    return cast_to(select(less(total, 0.5 * NEVER), math.inf, -total), x.dtype)


def _ends(blank: Any, own: Any, spelt: Any) -> list[Any]:
    """By state (a blank, a label, a blank ... a blank) the logarithm of the probability to be in it
    at each frame, as (batch, frames): of blanks, and of labels as (batch, labels, frames).

    What is in a state at t came into it at some time before, and stayed: h[t] = p[t] (h[t - 1] +
    g[t - 1]), where g is how probable the states are from which one comes. Divided by the product
    of all p up to t this is a running sum of g, divided so: all frames at once.
    """
    stays, each = cumsum(blank, -1), cumsum(own, -1)
    states = [stays]
    for k in range(spelt._layout.shape[1]):
        into, start = states[-1], 0.0
        if k:  # from a label to another, without a blank between
            start = NEVER
            other = expand_dims(not_equal(spelt[:, k], spelt[:, k - 1]), 1)
            into = select(other, logaddexp(into, states[-2]), into)
        for stay in (each[:, k], stays):
            came = behind(into, start) - behind(stay)
            states.append(into := stay + cumulative_logsumexp(came, -1))
            start = NEVER
    return states


def _of_batch(
    what: str, labels: Any, label_length: Any, logit_length: Any, x: Any, batch: int
) -> list[Any]:
    """Labels and both lengths as integers where the logits lie, each of the whole batch."""
    given = {"labels": labels, "label_length": label_length, "logit_length": logit_length}
    found = []
    for noun, value in given.items():
        y, ndim = tensor(value, what, None, x._layout.device), 1 + (noun == "labels")
        if not y.dtype.is_integer:
            raise DTypeError(f"{what}: {noun} are integers, not {y.dtype.name}; use ngrad.cast")
        if y.ndim != ndim or y._layout.shape[0] != batch:
            raise ShapeError(
                f"{what}: {noun} of shape {y._layout.shape} for a batch of {batch}: one "
                f"{'row' if ndim == 2 else 'number'} for each"
            )
        found.append(y)
    return found
