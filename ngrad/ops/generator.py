"""`Generator`: a stream of draws that is an object."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from typing import Any

from ngrad.dtypes import float32, int32, int64, uint64
from ngrad.errors import NumberError, TraceError
from ngrad.ops import samplers
from ngrad.ops.draws import BINOMIAL, NORMAL, TRUNCATED_NORMAL
from ngrad.ops.extents import dims, integers
from ngrad.ops.random import ALGORITHMS, CHILD, GENERATOR, SPLIT, _seed
from ngrad.ops.samplers import Draw
from ngrad.record import state
from ngrad.tracing import each_call
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

    def __init__(self, key: int | Callable[[], int]) -> None:
        self._stream = _Stream(key, state.window.trace)
        if self._stream.trace is not None:
            self._stream.trace.make_other(self, self._stream.settle)

    @classmethod
    def from_seed(cls, seed: Any, alg: str | None = None) -> Generator:
        """The generator of an integer, which counts modulo 2**64. Its algorithm is Philox."""
        if alg not in ALGORITHMS:
            raise ValueError(f"Generator.from_seed: the algorithm is 'philox', not {alg!r}")
        return cls(mix(_seed(seed, "Generator.from_seed"), 0, GENERATOR)[0])

    @classmethod
    def from_non_deterministic_state(cls) -> Generator:
        """A generator that begins where the system's entropy says."""
        return cls(_at_each_call(lambda: int.from_bytes(os.urandom(8), "little")))

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
        return samplers.normal(NORMAL, self._stream.draw(), shape, mean, stddev, dtype, what)

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
        draw = self._stream.draw()
        return samplers.normal(TRUNCATED_NORMAL, draw, shape, mean, stddev, dtype, what)

    def uniform(
        self,
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: Any = float32,
        name: str | None = None,
    ) -> Any:
        """As `ngrad.random.uniform`."""
        draw, what = self._stream.draw(), "Generator.uniform"
        return samplers.uniform(draw, shape, minval, maxval, dtype, what)

    def uniform_full_int(self, shape: Any, dtype: Any = uint64, name: str | None = None) -> Any:
        """Integers, of which each that the dtype has is as likely as any other."""
        what = "Generator.uniform_full_int"
        return samplers.uniform(self._stream.draw(), shape, None, None, dtype, what)

    def binomial(
        self, shape: Any, counts: Any, probs: Any, dtype: Any = int32, name: str | None = None
    ) -> Any:
        """As `ngrad.random.stateless_binomial`."""
        what, given = "Generator.binomial", {"counts": counts, "probs": probs}
        return samplers.counts(BINOMIAL, self._stream.draw(), shape, given, dtype, what, True)

    def make_seeds(self, count: Any = 1) -> Any:
        """`count` seeds of stateless draws, a column each.

        Examples
        --------
        >>> import ngrad
        >>> ngrad.random.Generator.from_seed(1).make_seeds(3).shape
        (2, 3)
        """
        return self.uniform_full_int((2, *dims(count, "Generator.make_seeds")), int64)

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
        draw = self._stream.draw()
        parent = _at_each_call(lambda: mix(*draw(), SPLIT)[0])
        return [Generator(_child(parent, k)) for k in range(number)]


def _child(parent: int | Callable[[], int], k: int) -> int | Callable[[], int]:
    """The key of a generator that another is split into."""
    if callable(parent):
        return lambda: mix(parent(), k, CHILD)[0]
    return mix(parent, k, CHILD)[0]


def _at_each_call(make: Callable[[], int]) -> int | Callable[[], int]:
    """A number; in a `function`, what gives that of the call that this thread is in."""
    if state.window.trace is None:
        return make()
    call = threading.local()

    def begin() -> None:
        call.number = make()

    each_call(begin)
    return lambda: int(call.number)


class _Stream:
    """The draws of a generator.

    One that is made while a `function` is recorded, and is gone when that is done, is made anew at
    every call: then the n-th draw of the recording is the n-th of every call.
    """

    def __init__(self, key: int | Callable[[], int], trace: Any) -> None:
        self.key, self.trace = key, trace
        self.counter = itertools.count()
        self.anew = False
        self.recorded = 0

    def draw(self) -> Draw:
        """The next draw."""
        if self.trace is None or state.window.trace is not self.trace:
            return lambda: (self._key(), next(self.counter))
        number = self.recorded
        self.recorded += 1
        return lambda: (self._key(), number if self.anew else next(self.counter))

    def _key(self) -> int:
        return self.key() if callable(self.key) else self.key

    def settle(self, lives: bool) -> None:
        """The recording has ended; the generator is still held, or not."""
        name, self.trace, self.anew = self.trace.name, None, not lives
        if lives and callable(self.key):
            raise TraceError(
                f"function {name}: a generator that it makes by `split` or from the system's "
                "entropy outlives the call; make it outside"
            )
