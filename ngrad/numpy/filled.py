"""Arrays of one value everywhere: of a shape, or like another."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ngrad.devices import HOST, Device, current, device_of
from ngrad.dtypes import BY_CODE, DType
from ngrad.graph.layout import layout
from ngrad.numpy.convert import FLOAT64, PLAIN, array_of, dtype_of, is_array, to_tensor
from ngrad.numpy.creation import shape_of
from ngrad.numpy.laying import laid
from ngrad.numpy.naming import named
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.order import in_rows
from ngrad.ops.shape import SEEN, broadcast_to
from ngrad.ops.transfer import to_device
from ngrad.record import state
from ngrad.scalars import scalar
from ngrad.tensor import Tensor, seen
from ngrad_kernels.keys import are_integers


def _filled(value: Any, shape: tuple[int, ...], dtype: DType, device: Any = None) -> Any:
    x = broadcast_to(to_tensor(value, dtype), shape)
    return x if device is None else to_device(x, device)


NAMES = (type, str)
"""Types of what names a dtype, and nothing else is equal to."""
Repeats = tuple[Callable[[Tensor], Tensor], Tensor]


@functools.lru_cache(SEEN)
def _repeating(shape: tuple[int, ...], code: str, device: Device) -> Callable[[Tensor], Tensor]:
    """What shows one element as a tensor of a shape."""
    return seen(0, layout(BY_CODE[code], shape, (0,) * len(shape), device))


class _Repeated(dict[tuple[int, tuple[int, ...], str, Device], Repeats]):
    """By value, shape, dtype's code and device, what shows one element as a tensor of that shape,
    and a tensor of the element: a bounded number.
    """

    def __missing__(self, key: tuple[int, tuple[int, ...], str, Device]) -> Repeats:
        value, shape, code, device = key
        single = scalar(value, BY_CODE[code], device)
        if len(self) >= SEEN:
            self.clear()
        return self.setdefault(key, (_repeating(shape, code, device), single))


_repeated = _Repeated()


def _filled_with(value: int, shape: tuple[int, ...], dtype: DType, device: Device) -> Any:
    if state.window.trace is not None:  # sizes may be open, and then nothing is there yet
        return _filled(value, shape, dtype, device)
    show, single = _repeated[value, shape, dtype.code, device]
    return show(single)


def _at_each(value: Tensor, shape: tuple[int, ...]) -> Any:
    """A number that was made at each place of a shape."""
    if not shape or state.window.trace is not None:
        return broadcast_to(value, shape)
    where = value._layout
    return _repeating(shape, where.dtype.code, where.device)(value)


def _laid_as(x: Tensor, made: Any, order: Any) -> ndarray:
    """An array that lies, where it is not said in which order, as another does."""
    if order == "K" and in_rows(x):
        if made._layout.ndim:
            return array_of(made)  # as one element does that is repeated
    elif order == "K":
        order = "F"
    return laid(made, order)


def _is_plain(shape: Any) -> bool:
    """Whether it is of Python's integers: others may be equal to them, and are none."""
    return type(shape) is int or are_integers(shape)


def _require_own(name: str, order: Any) -> None:
    """Raise for an order of what is made like another array."""
    if order in ("A", "K", "a", "k"):
        raise ValueError(f"{name}: only 'C' or 'F' order is permitted, not {order!r}")


def _maker(name: str, value: int) -> Callable[..., ndarray]:
    # By size, or shape, and a dtype by its type or name, in the host's memory.
    plain: dict[tuple[int | tuple[int, ...], Any], Repeats] = {}

    def make(
        shape: Any, dtype: Any = float, order: Any = "C", *, device: Any = None, like: Any = None
    ) -> ndarray:
        place = current() if device is None else device_of(device)
        sizes = shape_of(shape, name)
        wanted = FLOAT64 if dtype is float else dtype_of(dtype) or FLOAT64
        if order != "C":
            _require_own(name, order)
        if order == "C" and sizes and state.window.trace is None:
            found = _repeated[value, sizes, wanted.code, place]
            if _is_plain(shape) and type(dtype) in NAMES and place is HOST:
                if len(plain) >= SEEN:
                    plain.clear()
                plain[shape, dtype] = found
            show, single = found
            return array_of(show(single))
        return laid(_filled_with(value, sizes, wanted, place), order)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"An array of {name if value else 'zeros'}, float64 unless it is said otherwise."
    make_any = named(make)

    @functools.wraps(make_any)
    def make_quickly(shape: Any, dtype: Any = float, *args: Any, **kwargs: Any) -> ndarray:
        if not (args or kwargs) and _is_plain(shape) and type(dtype) in NAMES:  # as most calls are
            found = plain.get((shape, dtype))
            if found is not None and current() is HOST and state.window.trace is None:
                show, single = found
                return array_of(show(single))
        return make_any(shape, dtype, *args, **kwargs)

    return make_quickly


zeros, ones, empty = (_maker(n, v) for n, v in (("zeros", 0), ("ones", 1), ("empty", 0)))


def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None,
    like: Any = None,
) -> ndarray:  # fmt: skip
    """An array of a shape, every element a value, in its dtype.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.full(2, 7)
    array([7, 7])
    """
    wanted, sizes = dtype_of(dtype), shape_of(shape, "full")
    if order != "C":
        _require_own("full", order)
    kind = type(fill_value)  # what has a dtype of its own is cast, and so is a complex number
    cast = kind is complex or (kind not in PLAIN and is_array(fill_value))
    value = to_tensor(fill_value, None if cast else wanted)
    own = value._layout.dtype if wanted is None else wanted
    if kind in PLAIN and value._layout.dtype is own and device is None:
        made = _at_each(value, sizes)
        return array_of(made) if order == "C" and sizes else laid(made, order)
    return laid(_filled(value, sizes, own, device), order)


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True,
    shape: Any = None, *, device: Any = None,
) -> ndarray:  # fmt: skip
    """As `full`, of the shape and dtype of another array, and where that lies."""
    x = to_tensor(a)
    sizes = x._layout.shape if shape is None else shape_of(shape, "full_like")
    place = device or x._layout.device
    wanted = dtype_of(dtype) or x.dtype
    kind = type(fill_value)
    cast = kind not in PLAIN and (is_array(fill_value) or isinstance(fill_value, (list, tuple)))
    value = to_tensor(fill_value, None if cast or kind is complex else wanted)
    there = value._layout
    plain = kind in PLAIN and there.dtype is wanted and there.device is place
    made = _at_each(value, sizes) if plain else _filled(value, sizes, wanted, place)
    return _laid_as(x, made, order)


def _like(name: str, value: int) -> Callable[..., ndarray]:
    def make(
        a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *,
        device: Any = None,
    ) -> ndarray:  # fmt: skip
        like = to_tensor(a)
        x = like._layout
        wanted = x.dtype if dtype is None else dtype_of(dtype) or x.dtype
        sizes = x.shape if shape is None else shape_of(shape, name)
        made = _filled_with(value, sizes, wanted, device_of(device or x.device))
        return _laid_as(like, made, order)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"An array of {value}s, of the shape and dtype of another."
    return make


zeros_like, ones_like = _like("zeros_like", 0), _like("ones_like", 1)


def empty_like(
    prototype: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *,
    device: Any = None,
) -> ndarray:  # fmt: skip
    """An array of 0s, of the shape and dtype of another."""
    return zeros_like(prototype, dtype, order, subok, shape, device=device)


__all__ = [
    "empty", "empty_like", "full", "full_like", "ones", "ones_like", "zeros", "zeros_like",
]  # fmt: skip
