"""Optimizers, each beside its paper's formula in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad import optimizers as o
from ngrad.optimizers import SGD, Adam

Array = np.ndarray[Any, Any]
Step = Callable[[Array, Array], Array]


def sgd(rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False) -> Step:
    velocity = np.zeros(())

    def step(w: Array, g: Array) -> Array:
        nonlocal velocity
        velocity = momentum * velocity - rate * g
        return w + (momentum * velocity - rate * g if nesterov else velocity)

    return step


def adam(
    rate: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
    amsgrad: bool = False, decay: float = 0.0,
) -> Step:  # fmt: skip
    m = v = largest = np.zeros(())
    t = 0

    def step(w: Array, g: Array) -> Array:
        nonlocal m, v, largest, t
        t += 1
        w = w - w * rate * decay
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
        largest = np.maximum(largest, v) if amsgrad else v
        root = np.sqrt(1 - beta_2**t)
        return w - rate * root / (1 - beta_1**t) * m / (np.sqrt(largest) + epsilon)

    return step


def nadam(rate: float, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Step:
    m = v = np.zeros(())
    t, product = 0, 1.0

    def mu(t: int) -> float:
        return beta_1 * (1 - 0.5 * 0.96**t)

    def step(w: Array, g: Array) -> Array:
        nonlocal m, v, t, product
        t += 1
        product *= mu(t)
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
        ahead = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        return w - rate * ahead / (np.sqrt(v / (1 - beta_2**t)) + epsilon)

    return step


def adamax(rate: float, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Step:
    m = u = np.zeros(())
    t = 0

    def step(w: Array, g: Array) -> Array:
        nonlocal m, u, t
        t += 1
        m, u = beta_1 * m + (1 - beta_1) * g, np.maximum(beta_2 * u, abs(g))
        return w - rate / (1 - beta_1**t) * m / (u + epsilon)

    return step


def rmsprop(
    rate: float, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7,
    centered: bool = False,
) -> Step:  # fmt: skip
    v = mean = velocity = np.zeros(())

    def step(w: Array, g: Array) -> Array:
        nonlocal v, mean, velocity
        v, mean = rho * v + (1 - rho) * g**2, rho * mean + (1 - rho) * g
        spread = v - mean**2 if centered else v
        velocity = momentum * velocity + rate * g / np.sqrt(spread + epsilon)
        return w - velocity

    return step


def adagrad(rate: float, start: float = 0.1, epsilon: float = 1e-7) -> Step:
    v = np.full((), start)

    def step(w: Array, g: Array) -> Array:
        nonlocal v
        v = v + g**2
        return w - rate * g / np.sqrt(v + epsilon)

    return step


def adadelta(rate: float, rho: float = 0.95, epsilon: float = 1e-7) -> Step:
    v = d = np.zeros(())

    def step(w: Array, g: Array) -> Array:
        nonlocal v, d
        v = rho * v + (1 - rho) * g**2
        move = np.sqrt(d + epsilon) / np.sqrt(v + epsilon) * g
        d = rho * d + (1 - rho) * move**2
        return w - rate * move

    return step


def lamb(rate: float, b1: float, b2: float = 0.999, eps: float = 1e-7) -> Step:
    m = v = t = 0

    def step(w: Any, g: Any) -> Any:
        nonlocal m, v, t
        m, v, t = m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v), t + 1
        s = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
        own, its = np.sqrt((w * w).sum()), np.sqrt((s * s).sum())
        return w - rate * (own / its if own > 0 and its > 0 else 1) * s

    return step


def adafactor(rate: float, threshold: float = 1.0) -> Step:
    means: dict[str, Any] = {"all": 0, "rows": 0, "columns": 0}
    t = 0

    def rms(x: Any) -> Any:
        return np.sqrt((x * x).mean()) if x.size else 1.0

    def step(w: Any, g: Any) -> Any:
        nonlocal t
        t += 1
        new = t**-0.8
        squares = g * g + 1e-30
        found = {"all": squares}
        if g.ndim > 1:
            found = {"rows": squares.mean(-1, keepdims=True), "columns": squares.mean(-2)}
        for name, now in found.items():
            means[name] = (1 - new) * means[name] + new * now
        rows = means["rows"]
        v = rows / np.mean(rows, 0) * means["columns"] if g.ndim > 1 else means["all"]
        s = g / np.sqrt(v)
        s = s / max(1.0, rms(s) / threshold)
        return w - min(rate, t**-0.5) * max(1e-3, rms(w)) * s

    return step


def ftrl(
    rate: float, power: float, start: float, l1: float, l2: float, shrink: float, beta: float
) -> Step:
    n, z = start, 0.0

    def step(w: Any, g: Any) -> Any:
        nonlocal n, z
        grown = (n + g * g) ** -power - n**-power
        n, z = n + g * g, z + g + 2 * shrink * w - grown / rate * w
        return (np.clip(z, -l1, l1) - z) / ((n**-power + beta) / rate + 2 * l2)

    return step


def lion(rate: float, beta_1: float = 0.9, beta_2: float = 0.99) -> Step:
    m = np.zeros(())

    def step(w: Array, g: Array) -> Array:
        nonlocal m
        w = w - rate * np.sign(beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g
        return w

    return step


def clipped(step: Step, clip: Callable[[Array], Array]) -> Step:
    return lambda w, g: step(w, clip(g))


OPTIMIZERS: dict[str, tuple[Callable[[], Any], Callable[[], Step]]] = {
    "SGD": (SGD, sgd),
    "SGD, rate": (lambda: SGD(0.3), lambda: sgd(0.3)),
    "SGD, momentum": (lambda: SGD(0.1, momentum=0.9), lambda: sgd(0.1, 0.9)),
    "SGD, nesterov": (
        lambda: SGD(0.1, momentum=0.9, nesterov=True),
        lambda: sgd(0.1, 0.9, True),
    ),
    "Adam": (Adam, adam),
    "Adam, given": (lambda: Adam(0.1, 0.5, 0.9, 1e-3), lambda: adam(0.1, 0.5, 0.9, 1e-3)),
    "Nadam": (lambda: o.Nadam(0.1, 0.7), lambda: nadam(0.1, 0.7)),
    "Adam, amsgrad": (
        lambda: Adam(0.1, 0.5, 0.9, amsgrad=True),
        lambda: adam(0.1, 0.5, 0.9, amsgrad=True),
    ),
    "AdamW": (lambda: o.AdamW(0.1, 0.3), lambda: adam(0.1, decay=0.3)),
    "RMSprop": (
        lambda: o.RMSprop(0.1, 0.8, 0.5, centered=True),
        lambda: rmsprop(0.1, 0.8, 0.5, centered=True),
    ),
    "Adamax": (lambda: o.Adamax(0.1), lambda: adamax(0.1)),
    "RMSprop, plain": (lambda: o.RMSprop(0.1), lambda: rmsprop(0.1)),
    "Adagrad": (lambda: o.Adagrad(0.1, 0.2), lambda: adagrad(0.1, 0.2)),
    "Adadelta": (lambda: o.Adadelta(0.1, 0.9), lambda: adadelta(0.1, 0.9)),
    "Lion": (lambda: o.Lion(0.1, 0.8), lambda: lion(0.1, 0.8)),
    "Lamb": (lambda: o.Lamb(0.1, 0.8), lambda: lamb(0.1, 0.8)),
    "Adafactor": (
        lambda: o.Adafactor(0.7, clip_threshold=0.5),
        lambda: adafactor(0.7, threshold=0.5),
    ),
    "Ftrl": (
        lambda: o.Ftrl(0.1, -0.6, 0.2, 0.3, 0.4, 0.5, 0.6),
        lambda: ftrl(0.1, -0.6, 0.2, 0.3, 0.4, 0.5, 0.6),
    ),
    "clipnorm": (
        lambda: SGD(0.1, clipnorm=1.0),
        lambda: clipped(sgd(0.1), lambda g: g / max(1.0, np.sqrt((g**2).sum()))),
    ),
    "clipvalue": (
        lambda: SGD(0.1, clipvalue=0.5),
        lambda: clipped(sgd(0.1), lambda g: np.clip(g, -0.5, 0.5)),
    ),
}
COMMON = tuple(OPTIMIZERS)[:7]
"""The first ones, which stand for all where these are alike."""
