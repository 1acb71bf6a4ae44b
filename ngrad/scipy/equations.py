"""Equations of matrices: Sylvester's, and Lyapunov's."""

from __future__ import annotations

from typing import Any

from ngrad.errors import MatrixShapeError
from ngrad.numpy.convert import array_of
from ngrad.numpy.linalg import solve
from ngrad.numpy.ndarray import ndarray
from ngrad.ops.complexes import conj
from ngrad.ops.convert import operands
from ngrad.ops.inverse import INV
from ngrad.ops.linalg import adjoint, unit
from ngrad.ops.matmul import product
from ngrad.ops.matrices import require_square
from ngrad.ops.shape import expand_dims, reshaped
from ngrad.ops.sylvester import SYLVESTER
from ngrad.record import apply_now
from ngrad.scipy.taken import among, single_floats

DIRECT = 10
"""From how many rows on discrete equations are solved by transforming them, as by SciPy."""


def solve_sylvester(a: Any, b: Any, q: Any) -> ndarray:
    """The x of a x + x b = q.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.solve_sylvester([[1.0]], [[2.0]], [[6.0]])
    array([[2.]])
    """
    given = operands("solve_sylvester", *map(single_floats, (a, b, q)))
    return array_of(apply_now(SYLVESTER, given))


def solve_continuous_lyapunov(a: Any, q: Any) -> ndarray:
    """The x of a x + x a^H = q.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.solve_continuous_lyapunov([[-1.0]], [[-4.0]])
    array([[2.]])
    """
    x, y = _square("solve_continuous_lyapunov", a, q)
    return array_of(apply_now(SYLVESTER, (x, adjoint(x), y)))


def solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> ndarray:
    """The x of a x a^H - x + q = 0: "direct", by a system of as many rows as it has elements, or by
    a "bilinear" transformation, which of 10 rows on is done if nothing is said.

    Examples
    --------
    >>> from ngrad.scipy import linalg
    >>> linalg.solve_discrete_lyapunov([[0.5]], [[3.0]])
    array([[4.]])
    """
    among("solve_discrete_lyapunov", "method", method, (None, "direct", "bilinear"))
    x, y = _square("solve_discrete_lyapunov", a, q)
    if method == "direct" or (method is None and x._layout.shape[-1] < DIRECT):
        return _directly(x, y)
    one, turned = unit(x), adjoint(x)
    right = apply_now(INV, (turned + one,))
    b = product(turned - one, right)
    c = 2.0 * product(product(apply_now(INV, (x + one,)), y), right)
    return array_of(apply_now(SYLVESTER, (adjoint(b), b, -c)))


def _directly(x: Any, y: Any) -> ndarray:
    """By the system of 1 less the Kronecker product of the matrix and its conjugate."""
    *lead, rows = x._layout.shape[:-1]
    first = expand_dims(expand_dims(x, -2), -1)
    second = expand_dims(expand_dims(conj(x), -3), -2)
    whole = reshaped(first * second, (*lead, rows * rows, rows * rows))
    batch, size = y._layout.shape[:-2], rows * rows
    found = solve(array_of(unit(whole) - whole), array_of(reshaped(y, (*batch, size, 1))))
    return found.reshape(*found.shape[:-2], rows, rows)


def _square(what: str, a: Any, q: Any) -> tuple[Any, Any]:
    """Matrices of one shape."""
    x, y = operands(what, single_floats(a), single_floats(q))
    for matrix in (x, y):
        require_square(what, matrix._layout)
    if x._layout.shape[-1] != y._layout.shape[-1]:
        raise MatrixShapeError(
            f"{what}: takes matrices of one size, not {x._layout.shape} and {y._layout.shape}"
        )
    return x, y
