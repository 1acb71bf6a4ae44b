"""`Generator`: a stream of draws that is an object."""

from __future__ import annotations

import itertools
import os
from typing import Any

from ngrad.dtypes import float32
from ngrad.errors import NumberError
from ngrad.ops import samplers
from ngrad.ops.random import CHILD, GENERATOR, SPLIT, _seed
from ngrad.ops.samplers import NORMAL, TRUNCATED_NORMAL
from ngrad.ops.shape import integers
from ngrad_kernels.philox import mix


class Generator:
    """A stream of draws of its own, made by `from_seed` or `from_non_deterministic_state`.

    Its n-th draw depends on its seed and n alone, wherever else is drawn. Threads may share it.

    Examples
    --------
    >>> import ngrad
    >>> generator = ngrad.random.Generator.from_seed(7)
    >>> generator.normal([2, 3]).shape
    (2, 3)
    """

    def __init__(self, key: int) -> None:
        self._key = key
        self._counter = itertools.count()

    @classmethod
    def from_seed(cls, seed: Any) -> Generator:
        """The generator of an integer, which counts modulo 2**64."""
        return cls(mix(_seed(seed, "Generator.from_seed"), 0, GENERATOR)[0])

    @classmethod
    def from_non_deterministic_state(cls) -> Generator:
        """A generator that begins where the system's entropy says."""
        return cls(int.from_bytes(os.urandom(8), "little"))

    def _draw(self) -> tuple[int, int]:
        return self._key, next(self._counter)

    def normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = float32,
        name: str | None = None,
    ) -> Any:
        """As `ngrad.random.normal`."""
        what = "Generator.normal"
        return samplers.normal(NORMAL, self._draw, shape, mean, stddev, dtype, what)

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = float32,
        name: str | None = None,
    ) -> Any:
        """As `ngrad.random.truncated_normal`."""
        what = "Generator.truncated_normal"
        return samplers.normal(TRUNCATED_NORMAL, self._draw, shape, mean, stddev, dtype, what)

    def uniform(
        self,
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: Any = float32,
        name: str | None = None,
    ) -> Any:
        """As `ngrad.random.uniform`."""
        return samplers.uniform(self._draw, shape, minval, maxval, dtype, "Generator.uniform")

    def split(self, count: Any = 1) -> list[Generator]:
        """`count` generators, independent of each other and of this one, which moves on by a draw.

        Examples
        --------
        >>> import ngrad
        >>> len(ngrad.random.Generator.from_seed(1).split(3))
        3
        """
        (number,) = integers(count, "Generator.split")
        if number < 0:
            raise NumberError(f"Generator.split: takes a number of generators, not {number}")
        parent = mix(*self._draw(), SPLIT)[0]
        return [Generator(mix(parent, k, CHILD)[0]) for k in range(number)]
