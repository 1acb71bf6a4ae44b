"""Doubles of nvmath's bindings of cuSOLVER: the same names and arguments, held to what the library
asks of them, and LAPACK's results.
"""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from doubled import (
    Array,
    FillMode,
    Library,
    Operation,
    array_at,
    columns_at,
    in_host,
    pointers_at,
)
from lu_doubles import factored, finite, info_at, of_lapack, solved

from ngrad_kernels.blas_library import LETTERS
from ngrad_kernels.codes import part_of, size_of

NONE, VECTOR = 0, 1
"""`cusolverEigMode_t`."""
COMPLEX = {4: "c8", 5: "c16"}
"""`cudaDataType_t`."""
SQUARE, REDUCED = ord("A"), ord("S")
"""What of singular vectors is asked for."""
SMALL = 32
"""Rows and columns of the largest matrices whose singular values Jacobi's method finds in a batch.
"""


def needed(name: str, code: str, *sizes: int) -> int:
    """Elements of workspace that a function asks for: another number for each function, dtype and
    size, and so many that memory of as many bytes does not hold them.
    """
    return 65 + zlib.crc32(repr((name, code, sizes)).encode()) % 64


def batch_at(address: int, count: int, rows: int, columns: int, run: int, code: str) -> list[Array]:
    """Matrices by columns, one behind the other."""
    step = run * columns * size_of(code)
    return [columns_at(address + k * step, rows, columns, run, code) for k in range(count)]


class CusolverDn(Library):
    def __init__(self, streams: Callable[[], Iterator[Any]]) -> None:
        super().__init__(streams)
        self._settings: dict[int, str] = {}

    def create_syevj_info(self) -> int:
        self._settings[len(self._settings) + 1] = "syevj"
        return len(self._settings)

    def create_gesvdj_info(self) -> int:
        self._settings[len(self._settings) + 1] = "gesvdj"
        return len(self._settings)

    def create_params(self) -> int:
        self._settings[len(self._settings) + 1] = "params"
        return len(self._settings)

    def xgeev_buffer_size(
        self, handle: int, params: int, jobvl: int, jobvr: int, n: int, data_type_a: int, a: int,
        lda: int, data_type_w: int, w: int, data_type_vl: int, vl: int, ldvl: int,
        data_type_vr: int, vr: int, ldvr: int, compute_type: int,
    ) -> tuple[int, int]:  # fmt: skip
        assert (jobvl, jobvr) == (NONE, VECTOR) and self._settings[params] == "params"
        kinds = {data_type_a, data_type_w, data_type_vl, data_type_vr, compute_type}
        assert min(lda, ldvl, ldvr) >= n > 0 and len(kinds) == 1
        code = COMPLEX[compute_type]
        return needed("geev", code, n) * size_of(code), needed("geev of the host", code, n)

    def xgeev(
        self, handle: int, params: int, jobvl: int, jobvr: int, n: int, data_type_a: int, a: int,
        lda: int, data_type_w: int, w: int, data_type_vl: int, vl: int, ldvl: int,
        data_type_vr: int, vr: int, ldvr: int, compute_type: int, buffer_on_device: int,
        workspace_in_bytes_on_device: int, buffer_on_host: int, workspace_in_bytes_on_host: int,
        info: int,
    ) -> None:  # fmt: skip
        code = COMPLEX[compute_type]
        of_host = needed("geev of the host", code, n)
        assert workspace_in_bytes_on_host == of_host
        ctypes.memset(in_host(buffer_on_host), 0xFF, of_host)

        def done() -> None:
            matrix = columns_at(a, n, n, lda, code)
            if np.isfinite(matrix).all():
                values, vectors = np.linalg.eig(matrix)
                array_at(w, n * size_of(code), (n,), code)[...] = values
                columns_at(vr, n, n, ldvr, code)[...] = vectors
            info_at(info)[...] = 0 if np.isfinite(matrix).all() else n
            matrix[...] = np.nan

        length = workspace_in_bytes_on_device // size_of(code)
        self._work("geev", handle, done, buffer_on_device, length, code, n)

    def _work(
        self, name: str, handle: int, work: Callable[[], None], room: int, length: int, code: str,
        *sizes: int,
    ) -> None:  # fmt: skip
        """Queue work that leaves nothing of what was in its workspace."""
        assert length == needed(name, code, *sizes)

        def done() -> None:
            work()
            array_at(room, length * size_of(code), (length,), code)[...] = np.nan

        self.queue(name, handle, done)


Functions = dict[str, Callable[..., Any]]


# -- Cholesky --------------------------------------------------------------------------------------


def _potrf(c: str, code: str) -> Functions:
    @np.errstate(invalid="ignore")
    def factor(a: Array, info: int, both: bool) -> None:
        """What lies above is not its own, and stays; or, as a GPU does it with small matrices of a
        batch, `both` triangles are written. A NaN is no pivot that ends it.
        """
        rows = np.tril(a)
        info_at(info)[...] = 0
        for k in range(len(a)):
            if rows[k, k].real <= 0:
                info_at(info)[...] = k + 1
                return
            rows[k:, k] /= np.sqrt(rows[k, k].real)
            for j in range(k + 1, len(a)):
                rows[j:, j] -= rows[j:, k] * rows[j, k].conj()
        inside = np.tril_indices(len(a))
        a[inside] = rows[inside]
        if both:
            a.T[inside] = a[inside]

    def buffer_size(self: Any, handle: int, uplo: int, n: int, a: int, lda: int) -> int:
        assert uplo == FillMode.LOWER and lda >= n
        return needed("potrf", code, n)

    def potrf(
        self: Any, handle: int, uplo: int, n: int, a: int, lda: int, workspace: int, lwork: int,
        dev_info: int,
    ) -> None:  # fmt: skip
        assert uplo == FillMode.LOWER

        def work() -> None:
            factor(columns_at(a, n, n, lda, code), dev_info, False)

        self._work("potrf", handle, work, workspace, lwork, code, n)

    def batched(
        self: Any, handle: int, uplo: int, n: int, aarray: int, lda: int, info_array: int,
        batch_size: int,
    ) -> None:  # fmt: skip
        assert uplo == FillMode.LOWER

        def work() -> None:
            for k, a in enumerate(pointers_at(aarray, batch_size)):
                factor(columns_at(a, n, n, lda, code), info_array + 4 * k, True)

        self.queue("potrf", handle, work)

    names = f"{c}potrf", f"{c}potrf_batched", f"{c}potrf_buffer_size"
    return dict(zip(names, (potrf, batched, buffer_size), strict=True))


# -- LU and QR -------------------------------------------------------------------------------------


def _getrf(c: str, code: str) -> Functions:
    def buffer_size(self: Any, handle: int, m: int, n: int, a: int, lda: int) -> int:
        assert lda >= m > 0 and n > 0
        return needed("getrf", code, m, n)

    def getrf(
        self: Any, handle: int, m: int, n: int, a: int, lda: int, workspace: int, dev_ipiv: int,
        dev_info: int,
    ) -> None:  # fmt: skip
        def work() -> None:
            factored(columns_at(a, m, n, lda, code), dev_ipiv, dev_info, True)

        self._work("getrf", handle, work, workspace, needed("getrf", code, m, n), code, m, n)

    def getrs(
        self: Any, handle: int, trans: int, n: int, nrhs: int, a: int, lda: int, dev_ipiv: int,
        b: int, ldb: int, dev_info: int,
    ) -> None:  # fmt: skip
        assert trans in (Operation.N, Operation.T)

        def work() -> None:
            right = columns_at(b, n, nrhs, ldb, code)
            solved(trans, columns_at(a, n, n, lda, code), dev_ipiv, right)
            info_at(dev_info)[...] = 0

        self.queue("getrs", handle, work)

    names = f"{c}getrf", f"{c}getrs", f"{c}getrf_buffer_size"
    return dict(zip(names, (getrf, getrs, buffer_size), strict=True))


def _geqrf(c: str, code: str) -> Functions:
    size, q = size_of(code), "ungqr" if code[0] == "c" else "orgqr"

    def factor_size(self: Any, handle: int, m: int, n: int, a: int, lda: int) -> int:
        assert lda >= m > 0 and n > 0
        return needed("geqrf", code, m, n)

    def geqrf(
        self: Any, handle: int, m: int, n: int, a: int, lda: int, tau: int, workspace: int,
        lwork: int, dev_info: int,
    ) -> None:  # fmt: skip
        least = min(m, n)

        def work() -> None:
            matrix = columns_at(a, m, n, lda, code)
            matrix[...], found, _, info_at(dev_info)[...] = of_lapack("geqrf", code)(matrix)
            array_at(tau, size * least, (least,), code)[...] = found

        self._work("geqrf", handle, work, workspace, lwork, code, m, n)

    def make_size(
        self: Any, handle: int, m: int, n: int, k: int, a: int, lda: int, tau: int
    ) -> int:
        assert lda >= m >= n >= k > 0
        return needed("orgqr", code, m, n, k)

    def orgqr(
        self: Any, handle: int, m: int, n: int, k: int, a: int, lda: int, tau: int, work: int,
        lwork: int, info: int,
    ) -> None:  # fmt: skip
        assert m >= n >= k > 0

        def done() -> None:
            matrix, found = columns_at(a, m, n, lda, code), array_at(tau, size * k, (k,), code)
            matrix[...], _, info_at(info)[...] = of_lapack(q, code)(matrix, found)

        self._work("orgqr", handle, done, work, lwork, code, m, n, k)

    names = f"{c}geqrf", f"{c}geqrf_buffer_size", f"{c}{q}", f"{c}{q}_buffer_size"
    return dict(zip(names, (geqrf, factor_size, orgqr, make_size), strict=True))


# -- eigenvalues -----------------------------------------------------------------------------------


def _syevd(c: str, code: str) -> Functions:
    kind, part = "he" if code[0] == "c" else "sy", part_of(code)

    def solve(a: Array, w: int, uplo: int, info: int, jacobi: bool) -> None:
        """Of a NaN Jacobi's method gives vectors of numbers, and a value, and says nothing."""
        n, low = len(a), uplo == FillMode.LOWER
        triangle = np.tril(a) if low else np.triu(a)
        known = np.isfinite(triangle).all()
        if not (known or jacobi):
            info_at(info)[...] = n + 1
            return
        found = of_lapack(f"{kind}evd", code)(finite(triangle), lower=low)
        values, a[...], info_at(info)[...] = found
        values[0] = values[0] if known else np.nan
        array_at(w, n * size_of(part), (n,), part)[...] = values

    def buffer_size(
        self: Any, handle: int, jobz: int, uplo: int, n: int, a: int, lda: int, w: int
    ) -> int:
        assert jobz == VECTOR and lda >= n > 0
        return needed("syevd", code, n)

    def syevd(
        self: Any, handle: int, jobz: int, uplo: int, n: int, a: int, lda: int, w: int, work: int,
        lwork: int, info: int,
    ) -> None:  # fmt: skip
        assert jobz == VECTOR

        def done() -> None:
            solve(columns_at(a, n, n, lda, code), w, uplo, info, False)

        self._work("syevd", handle, done, work, lwork, code, n)

    def batched_size(
        self: Any, handle: int, jobz: int, uplo: int, n: int, a: int, lda: int, w: int,
        params: int, batch_size: int,
    ) -> int:  # fmt: skip
        assert jobz == VECTOR and lda >= n > 0 and self._settings[params] == "syevj"
        return needed("syevj", code, n, batch_size)

    def batched(
        self: Any, handle: int, jobz: int, uplo: int, n: int, a: int, lda: int, w: int, work: int,
        lwork: int, info: int, params: int, batch_size: int,
    ) -> None:  # fmt: skip
        assert jobz == VECTOR and self._settings[params] == "syevj"

        def done() -> None:
            for k, matrix in enumerate(batch_at(a, batch_size, n, n, lda, code)):
                solve(matrix, w + k * n * size_of(part), uplo, info + 4 * k, True)

        self._work("syevj", handle, done, work, lwork, code, n, batch_size)

    names = f"{c}{kind}evd", f"{c}{kind}evj_batched"
    return {
        **dict(zip(names, (syevd, batched), strict=True)),
        **{
            f"{name}_buffer_size": length
            for name, length in zip(names, (buffer_size, batched_size), strict=True)
        },
    }


# -- singular values -------------------------------------------------------------------------------


def _gesvd(c: str, code: str) -> Functions:
    part, size = part_of(code), size_of(part_of(code))

    def solve(
        a: Array, full: bool, s: int, u: Array, vh: Array, info: int, jacobi: bool
    ) -> None:  # fmt: skip
        """Of a NaN Jacobi's method gives vectors of numbers, and a value, and says nothing."""
        n, known = min(a.shape), np.isfinite(a).all()
        if not (known or jacobi):
            info_at(info)[...] = n + 1
            return
        found = of_lapack("gesvd", code)(finite(a), full_matrices=full)
        left, values, right, info_at(info)[...] = found
        values[-1] = values[-1] if known else np.nan
        u[...], vh[...] = left[:, : u.shape[1]], right
        array_at(s, n * size, (n,), part)[...] = values
        a[...] = np.nan

    def buffer_size(self: Any, handle: int, m: int, n: int) -> int:
        assert m >= n > 0
        return needed("gesvd", code, m, n)

    def gesvd(
        self: Any, handle: int, jobu: int, jobvt: int, m: int, n: int, a: int, lda: int, s: int,
        u: int, ldu: int, vt: int, ldvt: int, work: int, lwork: int, rwork: int, info: int,
    ) -> None:  # fmt: skip
        assert m >= n > 0 and jobu in (SQUARE, REDUCED) and jobvt == jobu
        full = jobu == SQUARE

        def done() -> None:
            left = columns_at(u, m, m if full else n, ldu, code)
            right = columns_at(vt, n, n, ldvt, code)
            solve(columns_at(a, m, n, lda, code), full, s, left, right, info, False)
            array_at(rwork, (n - 1) * size, (n - 1,), part)[...] = np.nan

        self._work("gesvd", handle, done, work, lwork, code, m, n)

    def batched_size(
        self: Any, handle: int, jobz: int, m: int, n: int, a: int, lda: int, s: int, u: int,
        ldu: int, v: int, ldv: int, params: int, batch_size: int,
    ) -> int:  # fmt: skip
        assert jobz == VECTOR and 0 < max(m, n) <= SMALL and self._settings[params] == "gesvdj"
        return needed("gesvdj", code, m, n, batch_size)

    def batched(
        self: Any, handle: int, jobz: int, m: int, n: int, a: int, lda: int, s: int, u: int,
        ldu: int, v: int, ldv: int, work: int, lwork: int, info: int, params: int, batch_size: int,
    ) -> None:  # fmt: skip
        assert jobz == VECTOR and max(m, n) <= SMALL and self._settings[params] == "gesvdj"

        def done() -> None:
            matrices = batch_at(a, batch_size, m, n, lda, code)
            left = batch_at(u, batch_size, m, m, ldu, code)
            right = batch_at(v, batch_size, n, n, ldv, code)
            for k in range(batch_size):
                values = s + k * min(m, n) * size
                solve(matrices[k], True, values, left[k], right[k], info + 4 * k, True)
                right[k][...] = right[k].T.conj()  # it gives V, not V^H

        self._work("gesvdj", handle, done, work, lwork, code, m, n, batch_size)

    names = f"{c}gesvd", f"{c}gesvdj_batched"
    return {
        **dict(zip(names, (gesvd, batched), strict=True)),
        **{
            f"{name}_buffer_size": length
            for name, length in zip(names, (buffer_size, batched_size), strict=True)
        },
    }


for code, letter in LETTERS.items():
    for make in (_potrf, _getrf, _geqrf, _syevd, _gesvd):
        for name, function in make(letter, code).items():
            setattr(CusolverDn, name, function)
