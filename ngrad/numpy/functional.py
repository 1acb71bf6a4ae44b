"""Functions of slices and of elements, applied to whole arrays."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import starmap
from typing import Any

import numpy as np

from ngrad.numpy.convert import PLAIN, SCALARS
from ngrad.numpy.creation import asarray
from ngrad.numpy.filled import zeros
from ngrad.numpy.joining import stack
from ngrad.numpy.manipulation import broadcast_to, expand_dims, moveaxis
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.shape import normal_axis
from ngrad.record import state


def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> ndarray:
    """A function of vectors, of each vector along an axis.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.apply_along_axis(lambda v: v[0] + v[-1], 0, [[1, 2], [3, 4]])
    array([4, 6])
    """
    x = asarray(arr)
    at = normal_axis(axis, x.ndim, "apply_along_axis")
    lead = x.shape[:at] + x.shape[at + 1 :]
    if 0 in lead:
        raise ValueError(
            f"apply_along_axis: no vectors to apply it to: shape {x.shape} without axis {at}"
        )
    rows = moveaxis(x, at, -1)
    made = [asarray(func1d(rows[index], *args, **kwargs)) for index in np.ndindex(lead)]
    found = stack(made).reshape(lead + made[0].shape)
    own = range(len(lead), found.ndim)
    return moveaxis(found, tuple(own), tuple(range(at, at + len(own)))) if own else found


def apply_over_axes(func: Any, a: Any, axes: Any) -> ndarray:
    """A function of an array and an axis, over several axes in turn, which are kept."""
    x = asarray(a)
    for axis in axes if np.ndim(axes) else (axes,):
        k = normal_axis(axis, x.ndim, "apply_over_axes")
        found = asarray(func(x, k))
        found = expand_dims(found, k) if found.ndim == x.ndim - 1 else found
        if found.ndim != x.ndim:
            raise ValueError(
                f"apply_over_axes: function is not returning an array of the correct shape: "
                f"{found.shape} of {x.shape}"
            )
        x = found
    return x


_CORE = re.compile(r"\(([^)]*)\)")


def _named(cores: str) -> list[list[str]]:
    """The names of core dimensions, for each operand or result."""
    return [[name for name in core.split(",") if name] for core in _CORE.findall(cores)]


def _each(x: ndarray, leading: int) -> Iterable[Any]:
    """The parts of an array along its leading axes, in order."""
    if leading == 1:
        return x
    return x.reshape(math.prod(x.shape[:leading]), *x.shape[leading:])


def _repeated(x: ndarray, shape: tuple[int, ...]) -> ndarray:
    """An array, or its elements repeated to a shape in memory of their own: of a view that repeats
    them Python would look for each. For functions of numbers, which write to none of it.
    """
    return x if x.shape == shape else broadcast_to(x, shape).copy()


def _numbers(values: list[Any], dtype: np.dtype[Any]) -> ndarray:
    """Numbers, ours among them, as a vector of a dtype."""
    kinds = set(map(type, values))
    if kinds <= NUMBERS:  # each of which NumPy would be asked about
        return asarray(np.array(values, dtype))
    if kinds == {ndarray} and {x._read()._layout.ndim for x in values} == {0}:
        found = asarray(values)
        if found.dtype == dtype:
            return found
    plain = [x.item() if isinstance(x, ndarray) and not x.ndim else x for x in values]
    if any(map(np.ndim, plain)):
        raise ValueError("vectorize: takes functions that give numbers, or a signature")
    return asarray(np.array(plain, dtype))


NUMBERS = {*PLAIN, *SCALARS}
"""The types of numbers, of Python's and of NumPy's."""


class vectorize:
    """A function of numbers as one of arrays, called for each element, or of arrays of few axes, by
    a signature such as "(n),(n)->()". Derivatives go through it, one call after the other: what is
    written with array functions runs at once.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.vectorize(lambda x, y: x - y if x > y else x + y)([1, 2, 3], 2)
    array([3, 4, 1])
    """

    def __init__(
        self, pyfunc: Any = None, otypes: Any = None, doc: str | None = None, excluded: Any = None,
        cache: bool = False, signature: str | None = None,
    ) -> None:  # fmt: skip
        if pyfunc is not None and not callable(pyfunc):
            raise TypeError(f"vectorize: when used as a decorator, takes named options: {pyfunc!r}")
        self._options = otypes, doc, excluded, cache, signature
        self.pyfunc, self.otypes = pyfunc, otypes
        self.excluded = set(excluded or ())
        self.signature = signature
        self.__name__ = getattr(pyfunc, "__name__", "vectorize")
        self._what = f"vectorize: {self.__name__}"
        self.__doc__ = getattr(pyfunc, "__doc__", None) if doc is None else doc
        self._cores: tuple[list[list[str]], list[list[str]]] | None = None
        if signature is not None:
            left, arrow, right = signature.replace(" ", "").partition("->")
            if not arrow or not _CORE.search(left) or not _CORE.search(right):
                raise ValueError(f"vectorize: not a valid gufunc signature: {signature!r}")
            self._cores = _named(left), _named(right)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.pyfunc is None:  # as a decorator
            return vectorize(args[0], *self._options)
        slots: list[Any] = [k for k in range(len(args)) if k not in self.excluded]
        slots += [name for name in kwargs if name not in self.excluded]
        if not (slots or self._cores):  # there is one call, which gives what it gives
            return self.pyfunc(*args, **kwargs)
        given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        arrays = [asarray(given[slot]) for slot in slots]
        cores = self._cores[0] if self._cores else [[]] * len(arrays)
        if len(cores) != len(arrays):
            raise TypeError(
                f"{self._what}: wrong number of positional arguments: expected {len(cores)}, "
                f"not {len(arrays)}"
            )
        sizes: dict[str, int] = {}
        for x, core in zip(arrays, cores, strict=True):
            self._agree(core, x.shape[max(x.ndim - len(core), 0) :], sizes)
        shapes = [x.shape[: x.ndim - len(core)] for x, core in zip(arrays, cores, strict=True)]
        lead = np.broadcast_shapes(*shapes)
        wide = [
            (broadcast_to if core else _repeated)(x, lead + x.shape[x.ndim - len(core) :])
            for x, core in zip(arrays, cores, strict=True)
        ]
        if 0 in lead and not self.otypes:
            raise ValueError(f"{self._what}: cannot call it on no elements: set `otypes`")
        items = zip(*(_each(x, len(lead)) for x in wide), strict=True)
        if slots == list(range(len(args))) and not kwargs:  # as most often
            made = [*starmap(self.pyfunc, items)]
        else:
            made = []
            for item in items:
                now = given | dict(zip(slots, item, strict=True))
                made.append(
                    self.pyfunc(*(now[k] for k in range(len(args))), **{k: now[k] for k in kwargs})
                )
        several = isinstance(made[0], tuple) if made else len(self.otypes) > 1
        count = (len(made[0]) if made else len(self.otypes)) if several else 1
        outs: Any = self._cores[1] if self._cores else [None] * count
        if made and len(outs) != count:
            raise ValueError(
                f"{self._what}: wrong number of outputs: expected {len(outs)}, not {count}"
            )
        found = []
        for k, out in enumerate(outs):
            parts = [one[k] if several else one for one in made]
            if out is None and parts and not state.listens():
                dtype = self.otypes[k] if self.otypes else asarray(parts[0]).dtype
                found.append(_numbers(parts, np.dtype(dtype)).reshape(lead))
                continue
            parts = [*map(asarray, parts)]
            for part in parts if out is not None else ():
                self._agree(out, part.shape, sizes)
            dtype = np.dtype(self.otypes[k]) if self.otypes else parts[0].dtype
            if parts:
                found.append(asarray(stack(parts).reshape(lead + parts[0].shape), dtype))
            else:
                found.append(zeros(lead + self._sizes(out or [], sizes), dtype))
        return tuple(found) if several else found[0]

    def _agree(self, core: list[str], shape: tuple[int, ...], sizes: dict[str, int]) -> None:
        """Note the sizes of core dimensions, and refuse others than those noted."""
        if len(shape) != len(core):
            raise ValueError(
                f"{self._what}: an array of {len(shape)} dimensions, not the core dimensions "
                f"({','.join(core)})"
            )
        for name, size in zip(core, shape, strict=True):
            if sizes.setdefault(name, size) != size:
                raise ValueError(
                    f"{self._what}: inconsistent size for core dimension {name!r}: {size} and "
                    f"{sizes[name]}"
                )

    def _sizes(self, core: list[str], sizes: dict[str, int]) -> tuple[int, ...]:
        """The sizes of core dimensions, all of which an operand must have."""
        new = [name for name in core if name not in sizes]
        if new:
            raise ValueError(
                f"{self._what}: cannot call it on no elements: nothing tells how large the new "
                f"output dimensions {new} are"
            )
        return tuple(sizes[name] for name in core)


__all__ = ["apply_along_axis", "apply_over_axes", "vectorize"]
