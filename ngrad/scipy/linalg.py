"""SciPy's `linalg`: functions of matrices, systems, factors and eigenvalues as SciPy returns them,
and matrices of a form.

Arguments that let SciPy overwrite its operands are accepted and mean nothing. With `check_finite`
the operands of systems are looked at, but within `function` and `vmap`, where they have no values
yet; what gives factors always looks at what it reads.
"""

from __future__ import annotations

from ngrad.numpy.linalg import LinAlgError
from ngrad.numpy.naming import located
from ngrad.scipy.eigenvalues import eig, eigh, eigvals, eigvalsh
from ngrad.scipy.equations import (
    solve_continuous_lyapunov,
    solve_discrete_lyapunov,
    solve_sylvester,
)
from ngrad.scipy.factors import (
    cho_factor,
    cholesky,
    det,
    lu,
    lu_factor,
    norm,
    null_space,
    orth,
    orthogonal_procrustes,
    pinv,
    pinvh,
    polar,
    qr,
    svd,
    svdvals,
)
from ngrad.scipy.matrix_functions import (
    coshm,
    cosm,
    expm,
    expm_frechet,
    fractional_matrix_power,
    logm,
    signm,
    sinhm,
    sinm,
    sqrtm,
    tanhm,
    tanm,
)
from ngrad.scipy.missing import missing
from ngrad.scipy.special_matrices import (
    block_diag,
    circulant,
    companion,
    convolution_matrix,
    dft,
    diagsvd,
    fiedler,
    hadamard,
    hankel,
    helmert,
    hilbert,
    invhilbert,
    invpascal,
    khatri_rao,
    leslie,
    pascal,
    toeplitz,
)
from ngrad.scipy.systems import (
    cho_solve,
    inv,
    lstsq,
    lu_solve,
    matmul_toeplitz,
    solve,
    solve_banded,
    solve_toeplitz,
    solve_triangular,
    solveh_banded,
)

__getattr__ = missing("linalg")

__all__ = [
    "LinAlgError", "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "companion",
    "convolution_matrix", "coshm", "cosm", "det", "dft", "diagsvd", "eig", "eigh", "eigvals",
    "eigvalsh", "expm", "expm_frechet", "fiedler", "fractional_matrix_power", "hadamard", "hankel",
    "helmert", "hilbert", "inv", "invhilbert", "invpascal", "khatri_rao", "leslie", "logm", "lstsq",
    "lu", "lu_factor", "lu_solve", "matmul_toeplitz", "norm", "null_space", "orth",
    "orthogonal_procrustes", "pascal", "pinv", "pinvh", "polar", "qr", "signm", "sinhm", "sinm",
    "solve", "solve_banded", "solve_continuous_lyapunov", "solve_discrete_lyapunov",
    "solve_sylvester", "solve_toeplitz", "solve_triangular", "solveh_banded", "sqrtm", "svd",
    "svdvals", "tanhm", "tanm", "toeplitz",
]  # fmt: skip
globals().update(located(globals(), __all__))
