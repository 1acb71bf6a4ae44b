"""`x.at[index].add(value)`: what an assignment to elements would make, as a new tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.dtypes import can_cast
from ngrad.errors import DTypeError, NumberError
from ngrad.ops.arithmetic import divide, maximum, minimum, multiply
from ngrad.ops.assignment import ADD, Change, assigned
from ngrad.ops.convert import operands
from ngrad.ops.indexing import getitem
from ngrad.ops.math import pow as power

MULTIPLY, DIVIDE, POWER = (Change(of, multiply) for of in (multiply, divide, power))
MINIMUM, MAXIMUM = (Change(op, op) for op in (minimum, maximum))


class At:
    """The elements of an array, to be replaced or changed in another: JAX's `x.at[index]`.

    Parameters
    ----------
    x : tensor
    given : callable
        What a resulting tensor is returned as.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([1.0, 2.0, 3.0])
    >>> x.at[1:].set(0.0).numpy()
    array([1., 0., 0.], dtype=float32)
    >>> x.at[[0, 0]].add(5.0).numpy()
    array([11.,  2.,  3.], dtype=float32)
    """

    __slots__ = ("_given", "_x")

    def __init__(self, x: Any, given: Callable[[Any], Any] = lambda tensor: tensor) -> None:
        self._x, self._given = x, given

    def __getitem__(self, index: Any) -> Place:
        return Place(self._x, index, self._given)

    def __repr__(self) -> str:
        return f"<at of shape {self._x._layout.shape}>"


class Place:
    """The elements at an index. Every method returns a new array, which has derivatives in the old
    one and in the values; these broadcast to the shape of `x[index]`.

    Where an index names an element several times, `set` takes the last value, as NumPy's assignment
    does; `add`, `subtract`, `multiply`, `divide`, `power`, `min` and `max` take all of them, as
    NumPy's `ufunc.at`; and `apply` calls its function once. With `unique_indices=True` it is taken
    for granted that none is. An index out of range raises.
    """

    __slots__ = ("_given", "_index", "_x")

    def __init__(self, x: Any, index: Any, given: Callable[[Any], Any]) -> None:
        self._x, self._index, self._given = x, index, given

    def get(self, **options: Any) -> Any:
        """x[index]."""
        _allow("get", **options)
        return self._given(getitem(self._x, self._index))

    def set(self, values: Any, **options: Any) -> Any:
        """The elements replaced, by values in x's dtype."""
        _allow("set", **options)
        return self._given(assigned(self._x, self._index, self._like(values, "set")))

    def add(self, values: Any, **options: Any) -> Any:
        """Values added to the elements."""
        return self._changed("add", values, ADD, **options)

    def subtract(self, values: Any, **options: Any) -> Any:
        """Values subtracted from the elements."""
        return self._changed("subtract", -self._like(values, "subtract"), ADD, **options)

    def multiply(self, values: Any, **options: Any) -> Any:
        """The elements times values."""
        return self._changed("multiply", values, MULTIPLY, **options)

    mul = multiply

    def divide(self, values: Any, **options: Any) -> Any:
        """The elements divided by values."""
        return self._changed("divide", values, DIVIDE, **options)

    def power(self, values: Any, **options: Any) -> Any:
        """The elements to the power of values."""
        return self._changed("power", values, POWER, **options)

    def min(self, values: Any, **options: Any) -> Any:
        """The lesser of the elements and values."""
        return self._changed("min", values, MINIMUM, **options)

    def max(self, values: Any, **options: Any) -> Any:
        """The greater of the elements and values."""
        return self._changed("max", values, MAXIMUM, **options)

    def apply(self, function: Callable[[Any], Any], **options: Any) -> Any:
        """A function of the elements in their place."""
        _allow("apply", **options)
        found = function(self._given(getitem(self._x, self._index)))
        return self._given(assigned(self._x, self._index, self._like(found, "apply")))

    def _changed(
        self, what: str, values: Any, change: Change, unique_indices: bool = False, **options: Any
    ) -> Any:
        _allow(what, **options)
        if unique_indices and change is not ADD:
            change = Change(change.of)
        return self._given(assigned(self._x, self._index, self._like(values, what), change))

    def _like(self, values: Any, what: str) -> Any:
        """Values as a tensor, of a kind of numbers that the elements can hold."""
        _, made = operands(f"at[...].{what}", self._x, values)
        own = self._x._layout.dtype
        if what != "set" and not can_cast(made.dtype.numpy_dtype, own.numpy_dtype, "same_kind"):
            raise DTypeError(
                f"at[...].{what}: values of {made.dtype.name} do not fit elements of {own.name}; "
                "convert the array or the values"
            )
        return made


def _allow(
    what: str,
    mode: Any = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    wrap_negative_indices: bool = True,
) -> None:
    """Raise for options that change what an index means."""
    if mode not in (None, "promise_in_bounds") or not wrap_negative_indices:
        raise NumberError(
            f"at[...].{what}: an index out of range raises and a negative one counts from the end; "
            f"mode={mode!r} is not taken: clip or mask the index instead"
        )
