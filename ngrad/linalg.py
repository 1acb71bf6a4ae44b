"""TensorFlow's `tf.linalg`: products, contractions, norms, diagonals, factors."""

import typing as _typing

from ngrad.absent import tensorflow as _tensorflow
from ngrad.ops import polar as _polar  # noqa: F401  (in the table, whoever calls them)
from ngrad.ops import sylvester as _sylvester  # noqa: F401
from ngrad.ops import toeplitz as _toeplitz  # noqa: F401
from ngrad.ops.banded import tridiagonal_solve
from ngrad.ops.cholesky import cholesky
from ngrad.ops.clipping import global_norm
from ngrad.ops.creation import eye
from ngrad.ops.determinant import det, slogdet
from ngrad.ops.diagonals import diag, diag_part, set_diag
from ngrad.ops.eig import eig, eigvals
from ngrad.ops.eigh import eigh, eigvalsh
from ngrad.ops.einsum import einsum, tensordot
from ngrad.ops.inverse import inv, pinv, solve
from ngrad.ops.linalg import adjoint, band_part, matrix_transpose, matvec, trace
from ngrad.ops.matmul import matmul
from ngrad.ops.matrix_functions import expm, logm, sqrtm
from ngrad.ops.normalization import l2_normalize
from ngrad.ops.norms import norm
from ngrad.ops.packed_lu import lu, lu_matrix_inverse, lu_reconstruct, lu_solve
from ngrad.ops.qr import qr
from ngrad.ops.svd import svd
from ngrad.ops.systems import (
    cholesky_solve,
    cross,
    logdet,
    lstsq,
    matrix_rank,
    normalize,
    tensor_diag,
    tensor_diag_part,
)
from ngrad.ops.triangular import triangular_solve

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad.linalg")

__all__ = [
    "adjoint", "band_part", "cholesky", "cholesky_solve", "cross", "det", "diag", "diag_part",
    "eig", "eigh", "eigvals", "eigvalsh", "einsum", "expm", "eye", "global_norm", "inv",
    "l2_normalize", "logdet", "logm", "lstsq", "lu", "lu_matrix_inverse", "lu_reconstruct",
    "lu_solve", "matmul", "matrix_rank", "matrix_transpose", "matvec", "norm", "normalize", "pinv",
    "qr", "set_diag", "slogdet", "solve", "sqrtm", "svd", "tensor_diag", "tensor_diag_part",
    "tensordot", "trace", "triangular_solve", "tridiagonal_solve",
]  # fmt: skip
