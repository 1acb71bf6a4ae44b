"""Diagonals of matrices, one or a band of them: `tf.linalg.diag` and its like.

A band is packed as rows, from its uppermost diagonal down. Shorter ones are padded, at the end that
`align` says: of those above the main diagonal, and of those below.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ngrad.dtypes import BY_CODE
from ngrad.errors import NumberError, ShapeError
from ngrad.ops import linalg
from ngrad.ops.convert import cast_to, number, operands, tensor
from ngrad.ops.elementwise import select
from ngrad.ops.extents import integers
from ngrad.ops.joining import pad, stack
from ngrad.ops.shape import broadcast_to, reshape
from ngrad.ops.slicing import embed
from ngrad.tensor import Tensor

ALIGNED = tuple(f"{above}_{below}" for above in ("LEFT", "RIGHT") for below in ("LEFT", "RIGHT"))


class Packed(NamedTuple):
    """A diagonal, and where it lies in its row of a band."""

    k: int
    length: int
    before: int


def _bounds(what: str, k: Any) -> tuple[int, int]:
    given = integers(k, what)
    if len(given) not in (1, 2) or given[0] > given[-1]:
        raise NumberError(f"{what}: k is a number, or the lowest and the uppermost, not {given}")
    return given[0], given[-1]


def _band(
    what: str, bounds: tuple[int, int], shape: tuple[int, ...], align: str
) -> tuple[list[Packed], int]:
    """The diagonals of a band, from the uppermost down, and the length of its rows."""
    if align not in ALIGNED:
        raise NumberError(f"{what}: align is one of {', '.join(ALIGNED)}, not {align!r}")
    (low, high), (rows, columns) = bounds, shape[-2:]
    if any(k and not -rows < k < columns for k in bounds):
        which = f"{low}" if low == high else f"{low} to {high}"
        raise ShapeError(f"{what}: a matrix of shape {(rows, columns)} has no diagonal {which}")
    longest = min(rows + min(high, 0), columns - max(low, 0))
    above, below = (side == "LEFT" for side in align.split("_"))
    found = []
    for k in range(high, low - 1, -1):
        length = min(rows + min(k, 0), columns - max(k, 0))
        left = (k >= 0 and above) or (k <= 0 and below)
        found.append(Packed(k, length, 0 if left else longest - length))
    return found, longest


def diag_part(
    input: Any, name: str = "diag_part", k: Any = 0, padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:  # fmt: skip
    """The k-th diagonal of matrices, above the main one for k > 0: a view where memory allows. Of a
    pair, the diagonals from the first to the second: the uppermost is row 0.

    Parameters
    ----------
    k : int, or pair of int
    padding_value : number
        What fills the rows of a pair, of which some are longer than their diagonals.
    align : {"RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"}
        The side of its row on which a diagonal lies: above the main one, and below.

    Raises
    ------
    ShapeError
        If the matrices have no such diagonal.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.diag_part([[1, 2], [3, 4]]).numpy()
    array([1, 4], dtype=int32)
    >>> ngrad.linalg.diag_part([[1, 2], [3, 4]], k=(-1, 0)).numpy()
    array([[1, 4],
           [3, 0]], dtype=int32)
    """
    what = "diag_part"
    low, high = _bounds(what, k)
    if low == high:
        return linalg.diag_part(input, k=low)
    x = linalg.matrices(input, what)
    band, longest = _band(what, (low, high), x._layout.shape, align)
    rows = []
    for one in band:
        sides = [(0, 0)] * (x.ndim - 2) + [(one.before, longest - one.length - one.before)]
        rows.append(pad(linalg.diag_part(x, k=one.k), sides, constant_values=padding_value))
    return stack(rows, axis=-2)


def set_diag(
    input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT"
) -> Tensor:
    """Matrices with their k-th diagonal replaced, above the main one for k > 0; or those of a pair,
    packed as `diag_part` gives them.

    Parameters
    ----------
    input : tensor of shape (..., m, n)
    diagonal : tensor of shape (..., the length of that diagonal)
        Of a pair, (..., how many diagonals, the length of the longest).

    Raises
    ------
    ShapeError
        If the matrices have no such diagonal, or one of another length.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.set_diag([[1, 2], [3, 4]], [0, 9]).numpy()
    array([[0, 2],
           [3, 9]], dtype=int32)
    """
    what = "set_diag"
    x, y = operands(what, input, diagonal)
    x, (low, high) = linalg.matrices(x, what), _bounds(what, k)
    band, longest = _band(what, (low, high), x._layout.shape, align)
    wanted = (*x._layout.shape[:-2], *((len(band),) if low < high else ()), longest)
    if y._layout.shape != wanted:
        raise ShapeError(
            f"{what}: a diagonal of shape {y._layout.shape} for {wanted} of matrices of shape "
            f"{x._layout.shape}"
        )
    if low == high:
        return _replaced(x, y, low)
    for row, one in enumerate(band):
        x = _replaced(x, y[..., row, one.before : one.before + one.length], one.k)
    return x


def _replaced(x: Any, y: Any, k: int) -> Any:
    """Matrices with one diagonal replaced."""
    *lead, rows, columns = x._layout.shape
    flat = (*lead, rows * columns)
    start = k if k >= 0 else -k * columns
    slices = (*((0, 1, n) for n in lead), (start, columns + 1, y._layout.shape[-1]))
    device = x._layout.device
    inside = broadcast_to(number(True, BY_CODE["b1"], device), y._layout.shape)
    there = embed(inside, False, flat, slices)
    placed = embed(y, number(0, x.dtype, device), flat, slices)
    return reshape(select(there, placed, reshape(x, flat)), x._layout.shape)


def diag(
    diagonal: Any, name: str = "diag", k: Any = 0, num_rows: Any = -1, num_cols: Any = -1,
    padding_value: Any = 0, align: str = "RIGHT_LEFT",
) -> Tensor:  # fmt: skip
    """Matrices of zeros with a given k-th diagonal, (..., n) to (..., n + |k|, n + |k|); or with
    those of a pair, packed as `diag_part` gives them.

    Parameters
    ----------
    diagonal : tensor
    k : int, or pair of int
    num_rows, num_cols : int
        As few as hold the diagonals, and square, if not given.
    padding_value : number
        What is elsewhere, instead of zeros.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.diag([1, 2]).numpy()
    array([[1, 0],
           [0, 2]], dtype=int32)
    >>> ngrad.linalg.diag([[0, 1], [2, 3]], k=(0, 1), padding_value=9).numpy()
    array([[2, 1],
           [9, 3]], dtype=int32)
    """
    what = "diag"
    (low, high), (rows,), (columns,) = (
        _bounds(what, k), integers(num_rows, what), integers(num_cols, what)
    )  # fmt: skip
    if low == high and rows == columns == -1 and type(padding_value) is int and not padding_value:
        return linalg.diag(diagonal, k=low)
    x = tensor(diagonal, what)
    if x.ndim < 1 + (low < high):
        raise ShapeError(f"{what}: takes a tensor of at least {1 + (low < high)} axes")
    longest, lead = x._layout.shape[-1], x._layout.shape[: x.ndim - 1 - (low < high)]
    least = longest - min(high, 0), longest + max(low, 0)
    few = (max(least),) * 2 if rows == columns == -1 else least
    shape = few[0] if rows == -1 else rows, few[1] if columns == -1 else columns
    if not all(n <= given for n, given in zip(least, shape, strict=True)):
        raise ShapeError(f"{what}: diagonals of {longest} elements at {k} do not fit in {shape}")
    filler = cast_to(tensor(padding_value, what, device=x._layout.device), x.dtype)
    return set_diag(broadcast_to(filler, (*lead, *shape)), x, k=(low, high), align=align)
