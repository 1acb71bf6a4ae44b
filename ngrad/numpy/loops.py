"""What universal functions are told of their loops: `signature=`, and `axes=` of products."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ngrad.dtypes import DType
from ngrad.numpy.convert import dtype_of, to_tensor


def dtypes_of(what: str, signature: Any, nin: int, nout: int) -> tuple[DType | None, DType | None]:
    """The dtype of the operands, and that of the results, in a signature such as "ff->f", or a
    tuple of dtypes; None for those that it leaves open.

    Raises
    ------
    ValueError
        If it is not of so many.
    TypeError
        If operands, or results, are to differ.
    """
    given: Any = signature
    if len(signature) == 1:
        raise TypeError(f"{what}: takes dtype= for {signature!r}, or a signature of all operands")
    if isinstance(signature, str):
        before, _, after = signature.partition("->")
        if (len(before), len(after)) != (nin, nout):
            raise ValueError(
                f"{what}: takes a signature of {nin} typecode(s) before and {nout} after the ->, "
                f"not {signature!r}"
            )
        given = before + after
    if len(given) != nin + nout:
        raise ValueError(f"{what}: takes a signature of {nin + nout} dtypes, not {signature!r}")
    own = [None if kind is None else dtype_of(kind) for kind in given]
    taken, made = ({kind for kind in part if kind} for part in (own[:nin], own[nin:]))
    if len(taken) > 1 or len(made) > 1:
        raise TypeError(
            f"{what}: operands have one dtype here, and results too, unlike {signature!r}"
        )
    return taken.pop() if taken else None, made.pop() if made else None


def require(what: str, operands: Any, nout: int, casting: str) -> None:
    """Raise what NumPy does if it has to cast operands otherwise."""
    numbers = (int, float, complex) if len(operands) > 1 else ()  # whose dtype is the others'
    kinds = [type(x) if type(x) in numbers else to_tensor(x).dtype.numpy_dtype for x in operands]
    try:
        getattr(np, what).resolve_dtypes((*kinds, *(None,) * nout), casting=casting)
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from error


def compared(x: int, y: Any) -> tuple[Any, Any]:
    """What compares as a number of Python's does with another: of those that int64 has not, how
    they compare with 0.
    """
    if type(y) is not int or all(-(1 << 63) <= number < 1 << 63 for number in (x, y)):
        return x, y
    return (x > y) - (x < y), 0


def axes_of(what: str, axes: Any, *cores: int) -> list[tuple[int, ...]] | None:
    """The axes of the matrices or vectors of each operand, and of the result, of which there are as
    many as `cores` says; None if they are the last.
    """
    if axes is np._NoValue or axes is None:
        return None
    if not isinstance(axes, list):
        raise TypeError(f"{what}: axes must be a list, not {type(axes).__name__}")
    given = [(operator.index(entry),) if np.ndim(entry) == 0 else tuple(entry) for entry in axes]
    if len(given) == len(cores) - 1 and cores[-1] == 0:
        given.append(())
    if [len(entry) for entry in given] != list(cores):
        raise ValueError(
            f"{what}: axes must be a list with an entry for all {len(cores)} inputs and outputs, "
            f"of {', '.join(map(str, cores))} axes: {axes!r}"
        )
    return given
