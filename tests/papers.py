"""Optimizers, by their papers' formulas, in NumPy: what `test_optimizers.py` compares with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

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
