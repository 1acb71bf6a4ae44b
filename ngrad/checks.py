"""What should hold of tensors, or an error says where it does not. What is about values looks at
them: in a `function` after each call has computed all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ngrad.dtypes import as_dtype
from ngrad.errors import DTypeError, NumberError, NumericsError, ShapeError
from ngrad.numerics import check_numerics as _checking
from ngrad.ops.convert import from_outside, operands, tensor
from ngrad.ops.extents import integers
from ngrad.ops.identity import identity
from ngrad.ops.launching import broadcast_shapes
from ngrad.record import state, user_line
from ngrad.shape import Shape
from ngrad.tensor import Tensor
from ngrad.tracing import looked_at

# -- values ----------------------------------------------------------------------------------------


def _look(values: list[Any], check: Callable[..., None]) -> None:
    """Have a check look at arrays; an error in a `function` says where that asked for it."""
    line = None if state.window.trace is None else user_line()

    def look(found: list[Any]) -> None:
        try:
            check(*map(np.asarray, found))
        except (NumberError, NumericsError) as error:
            if line is not None:
                error.add_note(f"checked at {line}, after the call had computed all")
            raise

    looked_at(values, look)


def _require(what: str, holds: Any, message: Any, *shown: Any) -> None:
    """Raise unless an array of bools holds all over, with the first place at which it does not."""
    holds = np.asarray(holds)
    if holds.all():
        return
    at = tuple(int(k) for k in np.argwhere(~holds)[0])
    values = " and ".join(repr(np.broadcast_to(x, holds.shape)[at].item()) for x in shown)
    place = f" at {at}" if at else ""
    raise NumberError(f"{what}: {f'{message}: ' if message else ''}not so of {values}{place}")


def _comparing(name: str, sign: str, example: str, holds: Callable[[Any, Any], Any]) -> Any:
    def check(
        x: Any, y: Any, message: Any = None, summarize: Any = None, name: str | None = None
    ) -> None:
        values = [*operands(check.__name__, x, y)]
        broadcast_shapes(check.__name__, *(value._layout for value in values))
        _look(values, lambda a, b: _require(check.__name__, holds(a, b), message, a, b))

    return _named(check, name, f"Raise unless x {sign} y everywhere.", example)


def _signed(name: str, sign: str, example: str, holds: Callable[[Any], Any]) -> Any:
    def check(x: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
        value = tensor(x, check.__name__)
        _look([value], lambda a: _require(check.__name__, holds(a), message, a))

    return _named(check, name, f"Raise unless x {sign} 0 everywhere.", example)


def _named(check: Any, name: str, summary: str, example: str) -> Any:
    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"""{summary}

    Raises
    ------
    NumberError
        With the message, if one is given, and the first place.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.{name}({example})
    """
    return check


assert_equal = _comparing("assert_equal", "==", "[1, 2], [1, 2]", np.equal)
assert_none_equal = _comparing("assert_none_equal", "!=", "[1, 2], 3", np.not_equal)
assert_less = _comparing("assert_less", "<", "[1, 2], 3", np.less)
assert_less_equal = _comparing("assert_less_equal", "<=", "[1, 2], 2", np.less_equal)
assert_greater = _comparing("assert_greater", ">", "[1, 2], 0", np.greater)
assert_greater_equal = _comparing("assert_greater_equal", ">=", "[1, 2], 1", np.greater_equal)
assert_positive = _signed("assert_positive", ">", "[1, 2]", lambda x: x > 0)
assert_negative = _signed("assert_negative", "<", "[-1, -2]", lambda x: x < 0)
assert_non_negative = _signed("assert_non_negative", ">=", "[0, 2]", lambda x: x >= 0)
assert_non_positive = _signed("assert_non_positive", "<=", "[0, -2]", lambda x: x <= 0)


def assert_near(
    x: Any, y: Any, rtol: Any = None, atol: Any = None, message: Any = None, summarize: Any = None,
    name: str | None = None,
) -> None:  # fmt: skip
    """Raise unless |x - y| <= atol + rtol |y| everywhere; both are 10 times the dtype's epsilon
    if not given.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_near([1.0], [1.0 + 1e-7])
    """
    a, b = operands("assert_near", x, y)
    broadcast_shapes("assert_near", a._layout, b._layout)
    eps = 10 * float(a.dtype.real_dtype.finfo.eps) if a.dtype.is_inexact else 0.0
    bounds = [from_outside(eps if bound is None else bound) for bound in (atol, rtol)]

    def check(p: Any, q: Any, atol: Any, rtol: Any) -> None:
        if p.dtype.kind in "iu":  # two may be further apart than any is from 0
            ends, unsigned = (np.maximum(p, q), np.minimum(p, q)), f"u{p.itemsize}"
            apart = np.subtract(*ends, dtype=unsigned, casting="unsafe")
        else:
            apart = abs(p - q)
        _require("assert_near", apart <= atol + rtol * abs(q), message, p, q)

    _look([a, b, *bounds], check)


def Assert(
    condition: Any, data: Iterable[Any], summarize: Any = None, name: str | None = None
) -> None:
    """Raise, with data to be shown, unless a condition holds.

    Raises
    ------
    NumberError

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([1.0, 2.0])
    >>> ngrad.debugging.Assert(ngrad.reduce_all(x > 0.0), [x])
    """
    given = [tensor(condition, "Assert"), *map(from_outside, data)]
    if given[0]._layout.size != 1:
        raise ShapeError(f"Assert: takes one condition, not shape {given[0]._layout.shape}")

    def check(holds: Any, *found: Any) -> None:
        if not holds:
            raise NumberError(f"Assert: does not hold of {', '.join(map(str, found))}")

    _look(given, check)


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """The tensor, if it has neither a NaN nor an infinity; `ngrad.debug.check_numerics` tells where
    one first came to be.

    Raises
    ------
    NumericsError

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.check_numerics([1.0, 2.0], "so far").numpy()
    array([1., 2.], dtype=float32)
    """
    from ngrad.ops.convert import tensor as convert

    x = convert(tensor, "check_numerics")

    def check(values: Any) -> None:
        finite = np.isfinite(values)
        if not finite.all():
            at = tuple(int(k) for k in np.argwhere(~finite)[0])
            place = f" at {at}" if at else ""
            raise NumericsError(f"check_numerics: {message}: {values[at]}{place}")

    _look([x], check)
    return identity(x)


def assert_all_finite(x: Any, message: str, name: str | None = None) -> Any:
    """As `check_numerics`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_all_finite([1.0], "so far").numpy()
    array([1.], dtype=float32)
    """
    return check_numerics(x, message)


def enable_check_numerics(stack_height_limit: int = 30, path_length_limit: int = 50) -> None:
    """Have every op and gradient raise that first makes a NaN or an infinity, from now on; as
    `ngrad.debug.check_numerics`, which can be entered, too.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.enable_check_numerics()
    >>> ngrad.debugging.disable_check_numerics()
    """
    _checking(True)


def disable_check_numerics() -> None:
    """The end of `enable_check_numerics`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.disable_check_numerics()
    """
    _checking(False)


# -- dtypes ----------------------------------------------------------------------------------------


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether it is a tensor or a variable, of numbers other than bools.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.is_numeric_tensor(ngrad.ones([2]))
    True
    """
    x = from_outside(tensor)
    return isinstance(x, Tensor) and not x.dtype.is_bool


def assert_type(tensor: Any, tf_type: Any, message: Any = None, name: str | None = None) -> None:
    """Raise unless a tensor is of a dtype.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_type(ngrad.ones([2]), ngrad.float32)
    """
    from ngrad.ops.convert import tensor as convert

    own, wanted = convert(tensor, "assert_type").dtype, as_dtype(tf_type)
    if own is not wanted:
        raise DTypeError(f"assert_type: {_prefix(message)}{own.name}, not {wanted.name}")


def assert_integer(x: Any, message: Any = None, name: str | None = None) -> None:
    """Raise unless a tensor is of integers.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_integer([1, 2])
    """
    own = tensor(x, "assert_integer").dtype
    if not own.is_integer:
        raise DTypeError(f"assert_integer: {_prefix(message)}{own.name} is no dtype of integers")


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    """The dtype of floats that all tensors (a None is not one) have; float32 of none.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_same_float_dtype([ngrad.ones([2]), ngrad.zeros([])])
    ngrad.float32
    """
    found = {tensor(x, "assert_same_float_dtype").dtype for x in tensors or () if x is not None}
    if dtype is not None:
        found.add(as_dtype(dtype))
    if len(found) > 1 or not all(own.is_floating for own in found):
        names = ", ".join(sorted(own.name for own in found))
        raise DTypeError(f"assert_same_float_dtype: {names} are not one dtype of floats")
    return found.pop() if found else as_dtype("float32")


def _prefix(message: Any) -> str:
    return f"{message}: " if message else ""


# -- shapes ----------------------------------------------------------------------------------------


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """The tensor, if it has a shape, in which a size of None is any.

    Raises
    ------
    ShapeError

    Examples
    --------
    >>> import ngrad
    >>> ngrad.ensure_shape([[1, 2, 3]], [None, 3]).shape
    (1, 3)
    """
    found: Tensor = tensor(x, "ensure_shape")
    if not Shape(found._layout.shape).is_compatible_with(shape):
        own, wanted = found._layout.shape, tuple(shape)
        raise ShapeError(f"ensure_shape: a tensor of shape {own}, where {wanted} was said")
    return found


def assert_rank(x: Any, rank: Any, message: Any = None, name: str | None = None) -> None:
    """Raise unless a tensor has so many axes.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_rank([[1, 2]], 2)
    """
    _ranked("assert_rank", x, integers(rank, "assert_rank"), message)


def assert_rank_in(x: Any, ranks: Any, message: Any = None, name: str | None = None) -> None:
    """Raise unless a tensor has one of some numbers of axes.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_rank_in([[1, 2]], (1, 2))
    """
    _ranked("assert_rank_in", x, integers(ranks, "assert_rank_in"), message)


def assert_rank_at_least(x: Any, rank: Any, message: Any = None, name: str | None = None) -> None:
    """Raise unless a tensor has so many axes or more.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_rank_at_least([[1, 2]], 1)
    """
    (least,) = integers(rank, "assert_rank_at_least")
    _ranked("assert_rank_at_least", x, range(least, 65), message)


def assert_scalar(tensor: Any, message: Any = None, name: str | None = None) -> Any:
    """The tensor, if it has no axes.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.debugging.assert_scalar(3.0).numpy()
    np.float32(3.0)
    """
    return _ranked("assert_scalar", tensor, (0,), message)


def _ranked(what: str, x: Any, ranks: Any, message: Any) -> Any:
    x = tensor(x, what)
    if x.ndim not in ranks:
        wanted = f"{ranks[0]} or more" if isinstance(ranks, range) else ", ".join(map(str, ranks))
        raise ShapeError(
            f"{what}: {_prefix(message)}shape {x._layout.shape} has {x.ndim} axes, not {wanted}"
        )
    return x


def assert_shapes(
    shapes: Any, data: Any = None, summarize: Any = None, message: Any = None,
    name: str | None = None,
) -> None:  # fmt: skip
    """Raise unless tensors have shapes, in which a letter stands for one size wherever it is, and
    None or "." for any; an ellipsis or "*" in front for any number of axes.

    Parameters
    ----------
    shapes : list of (tensor, shape), or dict of such
        Shapes are sequences of sizes and letters, or texts of these.

    Raises
    ------
    ShapeError

    Examples
    --------
    >>> import ngrad
    >>> x, y = ngrad.ones([2, 3]), ngrad.ones([3])
    >>> ngrad.debugging.assert_shapes([(x, ("N", "D")), (y, "D")])
    """
    known: dict[Any, int] = {}
    for value, shape in shapes.items() if isinstance(shapes, dict) else shapes:
        own = tensor(value, "assert_shapes")._layout.shape
        wanted = tuple(shape) if isinstance(shape, (list, tuple, str)) else (shape,)
        sizes = [int(s) if isinstance(s, str) and s.isdigit() else s for s in wanted]
        inner = own
        if sizes[:1] in ([...], ["*"]):
            del sizes[0]
            inner = own[max(len(own) - len(sizes), 0) :]
        fits = len(inner) == len(sizes)
        for n, size in zip(inner, sizes, strict=False):
            bound = known.setdefault(size, n) if isinstance(size, str) and size != "." else size
            fits = fits and bound in (None, ".", n)
        if not fits:
            said = ", ".join(f"{k} = {n}" for k, n in known.items())
            raise ShapeError(
                f"assert_shapes: {_prefix(message)}a tensor of shape {own}, where {wanted} was "
                f"said{f', with {said}' if said else ''}"
            )
