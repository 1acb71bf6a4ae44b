"""How a program is timed beside others: ours under a tape, PyTorch eager, JAX under `jit`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import place
from figures import copied
from place import Work, jax_array, torch_tensor

import ngrad as tf

Make = Callable[[], Work]


class Program(NamedTuple):
    """What is timed: ours, the others', and the floor; `waits`: until the device is done."""

    name: str
    aim: str
    ours: Work
    others: dict[str, Make]
    floor: Work | None = None
    repeat: int = 1
    waits: bool = True

    def contenders(
        self, calls: int = 1, alone: bool = False
    ) -> tuple[dict[str, Work], dict[str, str]]:
        """Who can take part, with so many calls at a time, and why the others cannot; or ngrad and
        its floor alone.
        """
        others = {} if alone else self.others
        absent = {name: place.missing(name) for name in others}
        works = {"ngrad": self.ours} | ({} if self.floor is None else {"floor": self.floor})
        works |= {name: make() for name, make in others.items() if not absent[name]}
        if self.waits:
            works = {name: place.waiting(name, work, calls) for name, work in works.items()}
        return works, {name: why for name, why in absent.items() if why}


def numbers(*shapes: tuple[int, ...], dtype: str = "float32") -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]


def copying(nbytes: int) -> Work:
    """A parallel copy, or one by the GPU, that reads and writes `nbytes` in all."""
    if place.on_gpu():
        return place.copying(nbytes)
    # Not of zeros: those may be one page, again and again.
    return copied(np.ones(nbytes // 8, np.float32))


def taped(f: Callable[..., Any], *arrays: Any) -> Work:
    """Value and gradient by a tape, whose `gradient` computes both."""
    tensors = [tf.constant(array) for array in arrays]
    if len(tensors) == 1:
        (x,) = tensors

        def single() -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = f(x)
            return value, tape.gradient(value, x)

        return single

    def work() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = f(*tensors)
        return value, tape.gradient(value, tensors)

    return work


def by_torch(f: Callable[..., Any], *arrays: Any) -> Make:
    """The same by PyTorch's `backward`."""

    def make() -> Work:
        import torch

        leaves = [torch_tensor(array, True) for array in arrays]

        def work() -> Any:
            value = f(torch, *leaves)
            return value, torch.autograd.grad(value, leaves)

        return work

    return make


def by_jax(f: Callable[..., Any], *arrays: Any) -> Make:
    """The same by `jax.jit`."""

    def make() -> Work:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        compiled = jax.jit(
            jax.value_and_grad(functools.partial(f, jnp), argnums=tuple(range(len(arrays))))
        )
        given = [jax_array(array) for array in arrays]
        return lambda: compiled(*given)

    return make
