"""The singular value decomposition."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ngrad.devices import HOST
from ngrad.graph.layout import Layout, layout
from ngrad.ops.by_kernel import by_routines
from ngrad.ops.complexes import conj
from ngrad.ops.convert import tensor as to_tensor
from ngrad.ops.eigh import chosen, gaps
from ngrad.ops.linalg import adjoint, diag, diag_part, off_diagonal
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_matrices
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.qr import first
from ngrad.ops.shape import expand_dims
from ngrad.record import apply, apply_now
from ngrad_kernels import factors


def _infer(x: Layout, full: bool) -> tuple[Layout, Layout, Layout]:
    require_matrices("svd", x)
    *batch, rows, columns = x.shape
    inner = rows if rows < columns else columns
    left, right = (rows, columns) if full else (inner, inner)
    shapes = (*batch, rows, left), (*batch, inner), (*batch, right, columns)
    dtypes = x.dtype, x.dtype.real_dtype, x.dtype
    u, s, vh = map(layout, dtypes, shapes)
    return u, s, vh


def _values_infer(x: Layout) -> Layout:
    require_matrices("svdvals", x)
    return _infer(x, False)[1]


SVD = by_routines(
    "svd", _infer, lambda x, full: factors.singular(x, "A" if full else "S"), ("full",), tall=True
)
"""U, the singular values in descending order, and V^H; if `full`, U and V are square."""
SVDVALS = by_routines("svdvals", _values_infer, partial(factors.singular, vectors="N"), ())
"""Singular values alone, in half of the time. They may differ from those in roundings."""


@SVDVALS.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    u, _, vh = apply(SVD, (x,), (False,))
    return (product(conj(u) * expand_dims(g, -2), conj(vh)),)


@SVD.vjp
def _(g: Any, out: Any, x: Any, full: bool) -> Any:
    # Giles (2008), 3.2, with the terms of U and V beyond the square (Townsend 2016).
    (in_u, in_s, in_vh), (u, s, vh) = g, out
    rows, columns = x._layout.shape[-2:]
    u, in_u = first(u, in_u, s._layout.shape[-1])
    v, in_v = first(adjoint(vh), adjoint(in_vh), s._layout.shape[-1])
    lost = chosen(s, in_u, in_v)
    turn_u, turn_v = _turn(u, in_u) + lost, _turn(v, in_v) + lost
    sums = off_diagonal(expand_dims(s, -2) + expand_dims(s, -1)) + diag(0.0 * s + 1.0)
    between = (1.0 / gaps(s)) * (1.0 / sums)  # not of their product, whose square may overflow
    middle = diag(in_s)
    middle = middle + multiply_no_nan(between, off_diagonal(turn_u)) * expand_dims(s, -2)
    middle = middle + multiply_no_nan(between, off_diagonal(turn_v)) * expand_dims(s, -1)
    if x.dtype.is_complex:  # of a pair's two phases only the difference is given: half for each
        middle = middle + diag(multiply_no_nan(0.25 / s, diag_part(turn_u - turn_v)))
    whole = product(product(conj(u), middle), v, False, True)
    if rows > columns:
        whole = whole + product(_beyond(u, in_u, s), v, False, True)
    if columns > rows:
        whole = whole + product(conj(u), adjoint(_beyond(v, in_v, s)))
    return (whole,)


def _turn(u: Any, in_u: Any) -> Any:
    """The cotangent of how orthonormal columns turn among themselves."""
    inner = product(u, in_u, True)
    return inner - adjoint(inner)


def _beyond(u: Any, in_u: Any, s: Any) -> Any:
    """What leads out of the span of U's columns, by the singular values."""
    out = in_u - product(conj(u), product(u, in_u, True))
    return multiply_no_nan(1.0 / expand_dims(s, -2), out)


def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """The singular values, descending, and U and V, in TensorFlow's order; the values alone if not
    `compute_uv`.

    Columns of U and V that `full_matrices` adds, and those of equal singular values, are one choice
    of many. What does not depend on the first has a derivative; that by way of the second is not
    finite if the values are equal to the last bit, and has no correct digits if they are but for
    rounding. Singular values themselves always have one.

    A complex pair of columns, of U and V, is one of many, too, which differ by a common factor of
    modulus 1: functions that such factors do not change have a derivative, as u v^H does.

    Examples
    --------
    >>> import ngrad
    >>> s, u, v = ngrad.linalg.svd([[0.0, 2.0], [1.0, 0.0]])
    >>> s.numpy()
    array([2., 1.], dtype=float32)
    """
    x = to_tensor(tensor, "svd")
    if not compute_uv:
        return singular_values(apply_now, x)
    u, s, vh = apply_now(SVD, (x,), (bool(full_matrices),))
    return s, u, adjoint(vh)


def singular_values(run: Callable[..., Any], x: Any) -> Any:
    """In descending order; `run` is `apply`, in rules, or `apply_now`. Other devices have a routine
    that finds vectors, too.
    """
    return run(SVDVALS, (x,)) if x._layout.device is HOST else run(SVD, (x,), (False,))[1]
