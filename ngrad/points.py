"""What a function is differentiated with respect to: leaves of its arguments, made fresh."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ngrad.cell import like
from ngrad.dtypes import BY_CODE, as_dtype, float32, promote
from ngrad.errors import DTypeError
from ngrad.nests import leaves_of, over_leaves
from ngrad.ops.convert import tensor, unwrap
from ngrad.ops.identity import identity
from ngrad.ops.weak import Weak
from ngrad.signature import DTYPES, is_numpys, own_array, with_arrays
from ngrad.tensor import Tensor
from ngrad.variable import Variable

FLOAT64 = BY_CODE["f8"]
NUMBERS = {float: (FLOAT64, float32), complex: (BY_CODE["c16"], BY_CODE["c8"])}
"""Python's, in its precision, and in single."""


def fresh(value: Any, what: str, holomorphic: bool, single: Callable[[], bool]) -> Any:
    """A tensor of a leaf that only this differentiation follows, or an array if it is one, of
    NumPy's too, since programs of these have their spelling; a variable is itself. A Python number
    has Python's precision, or that of the arrays beside it.
    """
    if is_numpys(value):
        value = own_array(value, what)
    kind = value.kind if type(value) is Weak else type(value)
    dtype = NUMBERS[kind][single()] if kind in NUMBERS else None
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


def _are_single(args: Any, what: str) -> bool:
    """Whether there are tensors or arrays of floating-point or complex numbers among arguments, and
    none of double precision.
    """
    leaves = leaves_of(args, what)
    ours = [as_dtype(leaf.dtype) for leaf in leaves if type(leaf) is Tensor or type(leaf) in unwrap]
    theirs = [leaf.dtype.newbyteorder("=") for leaf in leaves if is_numpys(leaf)]
    found = [*ours, *(as_dtype(dtype) for dtype in theirs if dtype in DTYPES)]
    inexact = [dtype for dtype in found if dtype.is_inexact]
    return bool(inexact) and promote(float32, *inexact).finfo.bits == 32


def followed(
    what: str,
    args: tuple[Any, ...],
    argnums: int | Sequence[int],
    holomorphic: bool = False,
    others: Any = None,
) -> tuple[tuple[Any, ...], list[Any]]:
    """What to differentiate with respect to, made fresh; and all arguments, these among them. None
    is no leaf: it stays, in derivatives too. NumPy's arrays among the others are arrays of their
    own as well: by NumPy's methods, what the function makes of both would have no derivative.
    `others` are what else the function is given.
    """
    numbers = tuple(argnums) if isinstance(argnums, Sequence) else (int(argnums),)
    if not all(-len(args) <= k < len(args) for k in numbers):
        raise ValueError(f"{what}: argnums {argnums} for {len(args)} positional arguments")
    single = functools.cache(lambda: _are_single((args, others), what))
    named = {number % len(args) for number in numbers}  # one that is named twice is one
    replaced = [
        over_leaves(lambda leaf: fresh(leaf, what, holomorphic, single), arg, what=what)
        if k in named
        else with_arrays(arg, what)
        for k, arg in enumerate(args)
    ]
    return tuple([replaced[k] for k in numbers]), replaced
