"""TensorFlow's `tf.linalg`: products, contractions, norms, diagonals, factors."""

from ngrad.ops.cholesky import cholesky
from ngrad.ops.creation import eye
from ngrad.ops.einsum import einsum, tensordot
from ngrad.ops.linalg import band_part, diag, diag_part, matrix_transpose, matvec, norm, trace
from ngrad.ops.matmul import matmul
from ngrad.ops.normalization import l2_normalize
from ngrad.ops.triangular import triangular_solve

__all__ = [
    "band_part",
    "cholesky",
    "diag",
    "diag_part",
    "einsum",
    "eye",
    "l2_normalize",
    "matmul",
    "matrix_transpose",
    "matvec",
    "norm",
    "tensordot",
    "trace",
    "triangular_solve",
]
