"""cuBLAS: matrix products and triangular systems.

It sees matrices by columns, so what lies in rows is transposed to it: instead of C = X Y it is
asked for C^T = Y^T X^T, of the same memory.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ngrad_kernels.blas_library import LETTERS
from ngrad_kernels.choices import choices
from ngrad_kernels.codes import computed, ctype_of, part_of, size_of
from ngrad_kernels.cuda.matrices import batched, note_fault, pointers, zero_diagonals
from ngrad_kernels.product import Product

if TYPE_CHECKING:
    from ngrad_kernels.cuda.libraries import Libraries, Routine

# CUDA's numbers of dtypes (`cudaDataType_t`).
TYPES = {"f4": 0, "f8": 1, "f2": 2, "c8": 4, "c16": 5, "f2b": 14}
# In what products are added, and factors of them given.
_COMPUTE = {code: f"COMPUTE_{8 * size_of(part_of(computed(code)))}F" for code in TYPES}
_ONE = {code: ctype_of(computed(code))(1) for code in TYPES}
_ZERO = {code: ctype_of(computed(code))(0) for code in TYPES}


# -- products --------------------------------------------------------------------------------------


def gemm_words(product: Product) -> list[int]:
    """The facts of a product: sizes, how the operands lie, how many products one call does and how
    far apart their operands are; then for each call where its operands begin.
    """
    size = size_of(product.code)
    axes = _collapsed(product)
    count, x_step, y_step = axes.pop() if axes else (1, 0, 0)
    words = [product.rows, product.columns, product.depth]
    words += product.x.lies(product.depth, size)
    words += product.y.lies(product.columns, size)
    words += [count, x_step // size, y_step // size]
    for place in itertools.product(*(range(n) for n, _, _ in axes)):
        words.append(sum(k * step for k, (_, step, _) in zip(place, axes, strict=True)))
        words.append(sum(k * step for k, (_, _, step) in zip(place, axes, strict=True)))
    return words


def _collapsed(product: Product) -> list[tuple[int, int, int]]:
    """Size of each batch axis, and bytes along it in both operands; neighbours that lie in one run
    are one axis.
    """
    result: list[tuple[int, int, int]] = []
    for n, x, y in zip(product.batch, product.x.batch, product.y.batch, strict=True):
        if n == 1:
            continue
        if result and result[-1][1:] == (n * x, n * y):
            result[-1] = (result[-1][0] * n, x, y)
        else:
            result.append((n, x, y))
    return result


def gemm(libraries: Libraries, code: str) -> Routine:
    """Products of a dtype, as `gemm_words` says."""
    kind, size = TYPES[code], size_of(code)
    one, zero = ctypes.addressof(_ONE[code]), ctypes.addressof(_ZERO[code])

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        rows, columns, depth, x_by, x_run, y_by, y_run, count, x_step, y_step, *starts = words
        x, y, out = addresses
        cublas, handle = libraries.handle("cublas")
        fast = part_of(code) == "f4" and choices.precision == "tf32"
        compute = cublas.ComputeType["COMPUTE_32F_FAST_TF32" if fast else _COMPUTE[code]]
        of = (cublas.Operation.N, cublas.Operation.T)
        for k in range(len(starts) // 2):
            cublas.gemm_strided_batched_ex_64(
                handle, of[y_by], of[x_by], columns, rows, depth,
                one, y + starts[2 * k + 1], kind, y_run, y_step,
                x + starts[2 * k], kind, x_run, x_step,
                zero, out + k * count * rows * columns * size, kind, columns, rows * columns,
                count, compute, cublas.GemmAlgo.DEFAULT,
            )  # fmt: skip

    return call


def adjoint_product(libraries: Libraries, code: str) -> Routine:
    """The conjugate transposes of products X Y of a dtype, all by columns. Words: how many, rows of
    X, and rows and columns of Y. Addresses: of X, of Y, and of the results.
    """
    kind = TYPES[code]
    one, zero = ctypes.addressof(_ONE[code]), ctypes.addressof(_ZERO[code])

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, inner = words
        x, y, out = addresses
        cublas, handle = libraries.handle("cublas")
        adjoint = cublas.Operation.C if code[0] == "c" else cublas.Operation.T
        cublas.gemm_strided_batched_ex_64(
            handle, adjoint, adjoint, inner, rows, inner, one, y, kind, inner, inner * inner,
            x, kind, rows, rows * inner, zero, out, kind, inner, inner * rows,
            count, cublas.ComputeType[_COMPUTE[code]], cublas.GemmAlgo.DEFAULT,
        )  # fmt: skip

    return call


# -- triangular systems ----------------------------------------------------------------------------


def triangular_solve(libraries: Libraries, code: str) -> Routine:
    """Triangular systems of a dtype, in place. Words: how many, rows, columns of the right-hand
    sides, whether the lower triangle is meant, whether its transpose is, and who asks. Addresses:
    the matrices, the right-hand sides, which become the solutions, and an entry for a fault.
    """
    one, size = ctypes.addressof(_ONE[code]), size_of(code)
    letter = LETTERS[code]

    def call(words: Sequence[int], addresses: Sequence[int]) -> None:
        count, rows, columns, lower, adjoint, who = words
        matrices, solved, entry = addresses
        target, pool = libraries.target, libraries.target.pool
        infos = pool.take(4 * count)
        zero_diagonals(target, code, count, rows, matrices, infos.address)
        note_fault(target, infos.address, count, entry, who)
        cublas, handle = libraries.handle("cublas")
        # A X = B is X^T A^T = B^T to it, with A^T where it sees the other triangle.
        how = (
            cublas.SideMode.RIGHT,
            cublas.FillMode.UPPER if lower else cublas.FillMode.LOWER,
            cublas.Operation.T if adjoint else cublas.Operation.N,
            cublas.DiagType.NON_UNIT,
            columns,
            rows,
            one,
        )
        square, wide = rows * rows * size, rows * columns * size
        if batched(count, rows):
            room = pool.take(16 * count)
            pointers(target, count, square, matrices, room.address)
            pointers(target, count, wide, solved, room.address + 8 * count)
            solve = getattr(cublas, f"{letter}trsm_batched")
            solve(handle, *how, room.address, rows, room.address + 8 * count, columns, count)
            return
        solve = getattr(cublas, f"{letter}trsm")
        for k in range(count):
            solve(handle, *how, matrices + k * square, rows, solved + k * wide, columns)

    return call
