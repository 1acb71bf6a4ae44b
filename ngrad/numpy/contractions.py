"""Einstein's sums, of strings or of lists of numbers that name axes."""

from __future__ import annotations

import functools
from functools import partial
from string import ascii_letters
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE, as_dtype, can_cast, result_type
from ngrad.numpy.convert import BOOL, OURS, array_of, dtype_of, to_tensor
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import CASTINGS, into, no_casting
from ngrad.numpy.readonly import Shown
from ngrad.numpy.ufuncs import ORDERS, STRICT
from ngrad.numpy.views import Axes
from ngrad.ops import einsum as sums
from ngrad.ops.convert import cast_to
from ngrad.ops.shape import SEEN


def _spelled(*operands: Any) -> tuple[Any, ...]:
    """A string and arrays, of arrays and lists of numbers in turns."""
    arrays, axes = operands[: len(operands) // 2 * 2 : 2], operands[1::2]
    terms = ",".join(map(_letters, axes))
    return f"{terms}->{_letters(operands[-1])}" if len(operands) % 2 else terms, *arrays


def _letters(numbers: Any) -> str:
    """Those that stand for numbers of axes, in a string."""
    found = []
    for k in numbers:
        if k is not Ellipsis and not 0 <= k < len(ascii_letters):
            raise ValueError(
                f"einsum: axes are numbers from 0 to {len(ascii_letters) - 1}, not {k}"
            )
        found.append("..." if k is Ellipsis else ascii_letters[k])
    return "".join(found)


@functools.lru_cache(SEEN)
def _only_shows(equation: str) -> bool:
    """Whether there is one operand, and no sum: then NumPy's result is a view."""
    given, arrow, named = equation.replace(" ", "").partition("->")
    letters = given.replace("...", "")
    if "," in given:
        return False
    if not arrow:
        return len({*letters}) == len(letters)
    return {*letters} == {*named.replace("...", "")}


@functools.lru_cache(SEEN)
def _turned(equation: str, ndim: int) -> Axes | None:
    """The way to axes in another order, if such an equation shows each once."""
    given, arrow, named = equation.replace(" ", "").partition("->")
    if not arrow:
        named = "..." * ("..." in given) + "".join(sorted(given.replace("...", "")))

    def axes(term: str) -> list[Any]:
        head, dots, tail = term.partition("...")
        return [*head, *range(ndim - len(head) - len(tail) if dots else 0), *tail]

    first, last = axes(given), axes(named)
    if {*first} != {*last} or not len(first) == len({*first}) == len(last) == ndim:
        return None
    return Axes(tuple(map(first.index, last)))


def _without_dots(equation: str, ndims: list[int]) -> str:
    """An equation whose result leaves the axes of an ellipsis out, with letters for these: they are
    summed by NumPy where it optimizes, and else refused.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    if not arrow or "..." not in left or "..." in right:
        return equation
    free = "".join([letter for letter in ascii_letters if letter not in equation])
    terms = left.split(",")
    for k, (term, ndim) in enumerate(zip(terms, ndims, strict=False)):
        count = ndim - len(term.replace("...", ""))
        terms[k] = term.replace("...", free[:count][::-1])
    return f"{','.join(terms)}->{right}"


@functools.lru_cache(SEEN)
def _showing(equation: str) -> Shown:
    """The way to what such an equation shows."""
    return Shown("einsum", partial(sums.einsum, equation), partial(np.einsum, equation), True)


@into
def einsum(
    *operands: Any, out: Any = None, dtype: Any = None, order: Any = "K", casting: Any = "safe",
    optimize: Any = False,
) -> ndarray:  # fmt: skip
    """Einstein's sum, of a string and arrays; or of arrays, each with a list of numbers that name
    its axes, and those of the result, if they are given.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.einsum("ij,j", [[1, 2], [3, 4]], [1, 1]), np.einsum([[1, 2], [3, 4]], [0, 0])
    (array([3, 7]), np.int64(5))
    """
    if order not in ORDERS:
        raise ValueError(f"einsum: order must be one of 'C', 'F', 'A', or 'K', not {order!r}")
    if casting not in CASTINGS:
        raise no_casting("einsum", casting)
    if len(operands) < 2:
        raise ValueError(f"einsum: takes a string and arrays, not {len(operands)} operands")
    equation, *arrays = operands if isinstance(operands[0], str) else _spelled(*operands)
    parts, wanted = [to_tensor(x) for x in arrays], dtype_of(dtype)
    if optimize:
        equation = _without_dots(equation, [x._layout.ndim for x in parts])
    if optimize not in (True, False, None, "greedy", "optimal"):  # it is not used, but may be wrong
        try:
            einsum_path(equation, *map(array_of, parts), optimize=optimize)
        except KeyError:
            raise KeyError(f"einsum: no order is named optimize={optimize!r}") from None
    if wanted is None and casting in STRICT:
        wanted = as_dtype(result_type(*(x.dtype.numpy_dtype for x in parts)))
    plain = wanted is None or wanted is parts[0]._layout.dtype
    if plain and type(arrays[0]) is ndarray and _only_shows(equation):
        turned = _turned(equation, parts[0]._layout.ndim)
        return arrays[0]._seen_by(_showing(equation) if turned is None else turned)
    if wanted is not None:
        for x in parts:
            if not can_cast(x.dtype.numpy_dtype, wanted.numpy_dtype, casting):
                raise TypeError(f"einsum: cannot cast {x.dtype} to {wanted}, casting={casting!r}")
        parts = [cast_to(x, wanted) for x in parts]
    # Of bools a sum is whether any holds.
    if parts[0]._layout.dtype.is_bool and all(x.dtype.is_bool for x in parts):
        found = sums.einsum(equation, *(cast_to(x, BY_CODE["i8"]) for x in parts))
        return array_of(cast_to(found, BOOL))
    return array_of(sums.einsum(equation, *parts))


def einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: bool = False) -> Any:
    """The order in which NumPy would contract, and what it costs."""

    def hollow(x: Any) -> Any:
        where = to_tensor(x)._layout
        return np.broadcast_to(np.zeros((), where.dtype.numpy_dtype), where.shape)

    plain = [hollow(x) if isinstance(x, OURS) else x for x in operands]
    return np.einsum_path(*plain, optimize=optimize)


__all__ = ["einsum", "einsum_path"]
