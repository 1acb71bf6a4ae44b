"""What a function is differentiated with respect to: leaves of its arguments, made fresh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optree

from ngrad.cell import like
from ngrad.dtypes import BY_CODE, as_dtype, float32, promote
from ngrad.errors import DTypeError
from ngrad.ops.convert import Weak, tensor
from ngrad.ops.identity import identity
from ngrad.signature import is_numpys, own_array, with_arrays
from ngrad.variable import Variable

FLOAT64 = BY_CODE["f8"]
NUMBERS = {float: (FLOAT64, float32), complex: (BY_CODE["c16"], BY_CODE["c8"])}
"""Python's, in its precision, and in single."""


def fresh(value: Any, what: str, holomorphic: bool, args: tuple[Any, ...]) -> Any:
    """A tensor of a leaf that only this differentiation follows, or an array if it is one, of
    NumPy's too, since programs of these have their spelling; a variable is itself. A Python number
    has Python's precision, or that of the arrays beside it.
    """
    if is_numpys(value):
        value = own_array(value, what)
    kind = value.kind if type(value) is Weak else type(value)
    dtype = NUMBERS[kind][_are_single(args)] if kind in NUMBERS else None
    made = value if isinstance(value, Variable) else tensor(value, what, dtype)
    if holomorphic and not made.dtype.is_complex:
        raise DTypeError(
            f"{what}: an argument is {made.dtype.name}; with holomorphic=True they are complex"
        )
    if isinstance(value, Variable):
        return value
    if not made.dtype.is_inexact:
        raise DTypeError(
            f"{what}: an argument is {made.dtype.name}; only floating-point and complex ones have "
            "a gradient"
        )
    return like(value, identity(made))


def _are_single(args: Any) -> bool:
    """Whether there are tensors or arrays of floating-point or complex numbers among arguments, and
    none of double precision.
    """
    leaves = [leaf for leaf in optree.tree_leaves(args) if hasattr(leaf, "dtype")]
    found = [dtype for dtype in (as_dtype(leaf.dtype) for leaf in leaves) if dtype.is_inexact]
    return bool(found) and promote(float32, *found).finfo.bits == 32


def followed(
    what: str, args: tuple[Any, ...], argnums: int | Sequence[int], holomorphic: bool = False
) -> tuple[tuple[Any, ...], list[Any]]:
    """What to differentiate with respect to, made fresh; and all arguments, these among them. None
    is no leaf: it stays, in derivatives too. NumPy's arrays among the others are arrays of their
    own as well: by NumPy's methods, what the function makes of both would have no derivative.
    """
    numbers = tuple(argnums) if isinstance(argnums, Sequence) else (int(argnums),)
    if not all(-len(args) <= k < len(args) for k in numbers):
        raise ValueError(f"{what}: argnums {argnums} for {len(args)} positional arguments")
    named = {number % len(args) for number in numbers}  # one that is named twice is one
    replaced = [
        optree.tree_map(lambda leaf: fresh(leaf, what, holomorphic, args), arg)
        if k in named
        else with_arrays(arg, what)
        for k, arg in enumerate(args)
    ]
    return tuple([replaced[k] for k in numbers]), replaced
