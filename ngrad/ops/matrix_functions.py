"""The exponential, the logarithm and the square root of square matrices."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ngrad.dtypes import BY_CODE
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.ops import complexes
from ngrad.ops.arithmetic import abs_
from ngrad.ops.comparison import equal
from ngrad.ops.convert import tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.elementwise import cast, select
from ngrad.ops.hosted import by_lapack
from ngrad.ops.identity import stop_gradient
from ngrad.ops.joining import concat
from ngrad.ops.linalg import matrix_transpose
from ngrad.ops.matrices import require_square
from ngrad.ops.qr import part
from ngrad.ops.reductions import reduce_sum
from ngrad.record import apply, apply_now
from ngrad.tensor import Tensor
from ngrad_kernels.codes import pair_of
from ngrad_kernels.lapack import threads_for


def _of_matrices(name: str) -> Op:
    """SciPy's function of this name, of each matrix; it raises where there is none, or, unless the
    result is to be complex, a complex one of a real matrix.
    """

    def infer(x: Layout, paired: bool) -> Layout:
        require_square(name, x)
        return layout(BY_CODE[pair_of(x.dtype.code)], x.shape) if paired else x.spec

    def compute(x: Any, paired: bool) -> Any:
        import scipy.linalg

        function, rows = getattr(scipy.linalg, name), x.shape[-1]
        found = np.empty(x.shape, np.result_type(x, np.complex64) if paired else x.dtype)
        for at in np.ndindex(x.shape[:-2]) if x.size else ():  # SciPy takes none without elements
            with warnings.catch_warnings(record=True) as told, threads_for("numpy", rows**3):
                warnings.simplefilter("always")
                value = function(x[at])  # which multiplies by NumPy's BLAS
            singular = any("exactly singular" in str(warning.message) for warning in told)
            # The exponential of what is not finite has a value, and so has its square root.
            real = name == "expm" or (name == "sqrtm" and not np.isfinite(x[at]).all())
            if not real and (singular or not _is_taken(value, found.dtype)):
                raise np.linalg.LinAlgError(name)
            found[at] = value if found.dtype.kind == "c" else value.real
        return found

    op = by_lapack(name, infer, compute, ("paired",), package="scipy")

    @op.vjp
    def _(g: Any, out: Any, x: Any, paired: bool) -> Any:
        if not paired:
            return (_turned_back(op, x, g, False),)
        # Of a real matrix in real directions, lest what is complex but for rounding choose another
        # branch than the value's.
        real, imag = complexes.real(g), complexes.imag(g)
        along, across = (_turned_back(op, x, way, True) for way in (real, imag))
        return (complexes.real(along) - complexes.imag(across),)

    return op


def _turned_back(op: Op, x: Any, g: Any, paired: bool) -> Any:
    """The transpose of the derivative at a matrix A, of a cotangent G of its dtype.

    f([[A, E], [0, A]]) has the derivative in the direction E in its upper right block (Mathias
    1996); and that of the transpose, in the direction G, is the transpose of that in G^T. (A itself
    stands there, so that blocks of blocks are upper ones, too, whose eigenvalues are A's: those of
    others meet but for rounding, and may leave the real line.) In E it is linear: of E as large as
    A, lest the eigenvalues of A be lost in it.
    """
    scale, n = _relative_size(x, g), x._layout.shape[-1]
    rows = [concat([x, scale * matrix_transpose(g)], -1), concat([zeros_of(x._layout), x], -1)]
    right = part(apply(op, (concat(rows, -2),), (paired,)), n, 2 * n)
    return part(matrix_transpose(right), 0, n) / cast(scale, right.dtype)


def _relative_size(x: Any, y: Any) -> Any:
    """How much larger the elements of x are than those of y; 0 counts as 1."""
    sums = [reduce_sum(abs_(stop_gradient(z)), (-2, -1), keepdims=True) for z in (x, y)]
    large, small = (select(equal(size, 0.0), 1.0, size) for size in sums)
    return cast(large / small, x.dtype)


def _is_taken(x: Any, dtype: Any) -> bool:
    """Whether a matrix is finite, and real but for rounding if it has to be."""
    if dtype.kind == "c" or not np.isfinite(x).all():
        return bool(np.isfinite(x).all())
    largest = float(np.abs(x).max(initial=1.0))
    return bool(np.abs(x.imag).max(initial=0.0) <= 1e3 * np.finfo(x.dtype).eps * largest)


EXPM, LOGM, SQRTM = (_of_matrices(name) for name in ("expm", "logm", "sqrtm"))


def expm(input: Any, name: str | None = None) -> Tensor:
    """The exponential of square matrices.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.expm([[0.0, 1.0], [0.0, 0.0]]).numpy()
    array([[1., 1.],
           [0., 1.]], dtype=float32)
    """
    return apply_now(EXPM, (tensor(input, "expm"),), (False,))


def logm(input: Any, name: str | None = None) -> Tensor:
    """The principal logarithm of square matrices.

    Raises
    ------
    LinAlgError
        Where it is called, if there is none, or if that of a real matrix is complex (an eigenvalue
        is negative).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.logm([[1.0, 1.0], [0.0, 1.0]]).numpy()
    array([[0., 1.],
           [0., 0.]], dtype=float32)
    """
    return apply_now(LOGM, (tensor(input, "logm"),), (False,))


def sqrtm(input: Any, name: str | None = None) -> Tensor:
    """The principal square root of square matrices.

    Raises
    ------
    LinAlgError
        Where it is called, if there is none, or if that of a real matrix is complex (an eigenvalue
        is negative).

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.sqrtm([[4.0, 0.0], [0.0, 9.0]]).numpy()
    array([[2., 0.],
           [0., 3.]], dtype=float32)
    """
    return apply_now(SQRTM, (tensor(input, "sqrtm"),), (False,))
