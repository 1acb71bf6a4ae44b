"""Errors. Each names the op, the shapes or dtypes, and what to do; each is also the builtin that
fits.
"""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np

from ngrad_kernels.memory import OutOfMemory

LONG = 2000
"""How much an error says: shapes of millions of axes, say, are cut."""


class _Brief(reprlib.Repr):
    """The first levels of nests, also of what is a kind of list or dictionary: a `repr` of more may
    take more stack than there is.
    """

    def repr_instance(self, x: Any, level: int) -> str:
        for kind in (dict, list, tuple, set, frozenset):
            if isinstance(x, kind):
                inside: str = getattr(self, f"repr_{kind.__name__}")(x, level)
                return f"{type(x).__name__}({inside})"
        return super().repr_instance(x, level)


_brief = _Brief()
_brief.maxlist = _brief.maxtuple = _brief.maxdict = 16
_brief.maxlong = _brief.maxstring = _brief.maxother = 200


def shown(value: object) -> str:
    """A value as an error shows it: of lists in lists but the first levels.

    Examples
    --------
    >>> shown([1, [2, [3]]]), shown([[[[[[[[1]]]]]]]])
    ('[1, [2, [3]]]', '[[[[[[...]]]]]]')
    """
    return _brief.repr(value)


class NgradError(Exception):
    """What every error of this library also is."""

    def __init__(self, *args: object) -> None:
        super().__init__(*[_short(x) if isinstance(x, str) else x for x in args])


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 200]} ... {text[-200:]}"


class ShapeError(NgradError, ValueError):
    """Shapes or axes that do not fit an op."""


class AxisError(ShapeError, np.exceptions.AxisError):
    """An axis that is not there, of so many.

    Attributes
    ----------
    axis, ndim : int or None
    """

    def __init__(self, message: str, axis: int | None = None, ndim: int | None = None) -> None:
        super().__init__(message)
        self.axis, self.ndim = axis, ndim

    def __str__(self) -> str:
        return str(self.args[0])


class ScalarError(ShapeError, TypeError):
    """A tensor of several elements, or of none, that was to be one number."""


class SizeError(ShapeError, MemoryError):
    """A tensor of more bytes than there are addresses."""


class NestError(NgradError, RecursionError, ValueError):
    """Lists, tuples and dicts that are nested too deep, or in themselves."""


class DTypeError(NgradError, TypeError):
    """A dtype that an op does not take."""


class DeviceError(NgradError, ValueError):
    """A device that is not there, or operands that lie on several."""


class CopyError(NgradError, BufferError, ValueError):
    """Memory of another library's that can be had only as a copy, where none was to be made."""


class IndexBoundsError(NgradError, IndexError):
    """An index or label that lies outside the axis it points into."""


class IndexTypeError(DTypeError, IndexError):
    """Something that is no index."""


class NumberError(NgradError, ValueError):
    """A value that an op does not take."""


class RangeError(NumberError, OverflowError):
    """A number that a dtype does not hold."""


class LinAlgError(NumberError, np.linalg.LinAlgError):
    """A matrix that linear algebra does not take: a singular or an indefinite one, say."""


class MatrixShapeError(ShapeError, np.linalg.LinAlgError):
    """Matrices that are not square, or none at all, where linear algebra takes such."""


class TraceError(NgradError, TypeError):
    """A value that was asked for where a `function` is being recorded, and there is none."""


class NumericsError(NgradError, FloatingPointError):
    """A NaN or an infinity that came to be within `debug.check_numerics`."""


class GradientError(NgradError, LookupError):
    """An op whose derivative was asked for and that has none."""


InvalidArgumentError = OpError = NgradError
ResourceExhaustedError = OutOfMemory

__all__ = [
    "AxisError", "CopyError", "DTypeError", "DeviceError", "GradientError", "IndexBoundsError",
    "IndexTypeError", "InvalidArgumentError", "LinAlgError", "MatrixShapeError", "NestError",
    "NgradError", "NumberError", "NumericsError", "OpError", "OutOfMemory",
    "ResourceExhaustedError", "ScalarError", "ShapeError", "SizeError", "TraceError",
]  # fmt: skip
