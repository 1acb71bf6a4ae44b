"""Doubles of nvmath's bindings of cuBLAS, cuSOLVER and cuFFT: the same names and arguments, held to
what the libraries ask of them, and NumPy's results, written when the simulated stream gets there.
"""

from __future__ import annotations

import ctypes
import enum
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
from lu_doubles import factored, solved
from solver_doubles import CusolverDn

from ngrad_kernels.blas_library import LETTERS
from ngrad_kernels.codes import HALVES, computed, ctype_of, dtype_of, part_of, size_of
from ngrad_kernels.cuda import doubled_memory


class SideMode(enum.IntEnum):
    LEFT, RIGHT = 0, 1


class DiagType(enum.IntEnum):
    NON_UNIT, UNIT = 0, 1


class GemmAlgo(enum.IntEnum):
    DEFAULT = -1


class ComputeType(enum.IntEnum):
    COMPUTE_32F, COMPUTE_32F_FAST_TF32, COMPUTE_64F = 68, 77, 70


class Math(enum.IntEnum):
    DISALLOW_REDUCED_PRECISION_REDUCTION = 16


class Type(enum.IntEnum):
    R2C, C2R, C2C, D2Z, Z2D, Z2Z = 42, 44, 41, 106, 108, 105


KINDS = {0: "f4", 1: "f8", 2: "f2", 4: "c8", 5: "c16", 14: "f2b"}
"""`cudaDataType_t`."""


class Cublas(Library):
    Operation, SideMode, FillMode, DiagType = Operation, SideMode, FillMode, DiagType
    ComputeType, GemmAlgo, Math = ComputeType, GemmAlgo, Math

    def __init__(self, streams: Callable[[], Iterator[Any]]) -> None:
        super().__init__(streams)
        self.computed: list[ComputeType] = []
        self.exact: set[int] = set()

    def set_workspace(self, handle: int, workspace: int, workspace_size_in_bytes: int) -> None:
        assert self._of[handle] is not None, "a stream sets the workspace back"
        assert doubled_memory.device.holds(workspace, workspace_size_in_bytes)

    def set_math_mode(self, handle: int, mode: int) -> None:
        assert self._of[handle] is not None and mode == Math.DISALLOW_REDUCED_PRECISION_REDUCTION
        self.exact.add(handle)

    def gemm_strided_batched_ex_64(
        self, handle: int, transa: int, transb: int, m: int, n: int, k: int, alpha: int,
        a: int, atype: int, lda: int, stride_a: int, b: int, btype: int, ldb: int, stride_b: int,
        beta: int, c: int, ctype: int, ldc: int, stride_c: int, batch_count: int,
        compute_type: int, algo: int,
    ) -> None:  # fmt: skip
        code = KINDS[ctype]
        assert atype == btype == ctype
        assert (compute_type == ComputeType.COMPUTE_64F) == (part_of(code) == "f8")
        sums = computed(code)
        assert (scalar_at(alpha, sums), scalar_at(beta, sums)) == (1, 0)
        assert code == "f4" or compute_type != ComputeType.COMPUTE_32F_FAST_TF32
        assert min(m, n, batch_count) > 0 and batch_count * stride_c >= (batch_count > 1) * m * n
        assert handle in self.exact or code not in HALVES
        self.computed.append(ComputeType(compute_type))
        size = size_of(code)

        def work() -> None:
            for i in range(batch_count):
                left = matrix(a + i * stride_a * size, transa, m, k, lda, code)
                right = matrix(b + i * stride_b * size, transb, k, n, ldb, code)
                product = left.astype(dtype_of(sums)) @ right.astype(dtype_of(sums))
                columns_at(c + i * stride_c * size, m, n, ldc, code)[...] = product

        self.queue("gemm", handle, work)

    def _solve(self, code: str, handle: int, how: Any, places: Callable[[], Iterator[Any]]) -> None:
        side, uplo, trans, diag, m, n, alpha, lda, ldb = how
        assert (side, diag, scalar_at(alpha, code)) == (SideMode.RIGHT, DiagType.NON_UNIT, 1)

        def work() -> None:
            for a, b in places():
                triangle = columns_at(a, n, n, lda, code)
                triangle = np.tril(triangle) if uplo == FillMode.LOWER else np.triu(triangle)
                triangle = triangle.T if trans == Operation.T else triangle
                right = columns_at(b, m, n, ldb, code)  # X op(A) = B
                if np.diagonal(triangle).all():
                    right[...] = np.linalg.solve(triangle.T, right.T).T

        self.queue("trsm", handle, work)


def _precise(c: str, code: str) -> dict[str, Any]:
    """The functions of a precision."""

    def trsm(
        self: Any, handle: int, side: int, uplo: int, trans: int, diag: int, m: int, n: int,
        alpha: int, a: int, lda: int, b: int, ldb: int,
    ) -> None:  # fmt: skip
        how = (side, uplo, trans, diag, m, n, alpha, lda, ldb)
        self._solve(code, handle, how, lambda: iter([(a, b)]))

    def trsm_batched(
        self: Any, handle: int, side: int, uplo: int, trans: int, diag: int, m: int, n: int,
        alpha: int, a: int, lda: int, b: int, ldb: int, batch_count: int,
    ) -> None:  # fmt: skip
        how = (side, uplo, trans, diag, m, n, alpha, lda, ldb)
        self._solve(code, handle, how, lambda: pairs_at(a, b, batch_count))

    def getrf_batched(
        self: Any, handle: int, n: int, a: int, lda: int, p: int, info: int, batch_size: int
    ) -> None:
        def work() -> None:
            for k, place in enumerate(pointers_at(a, batch_size)):
                factored(columns_at(place, n, n, lda, code), p + 4 * n * k, info + 4 * k, False)

        self.queue("getrf", handle, work)

    def getrs_batched(
        self: Any, handle: int, trans: int, n: int, nrhs: int, aarray: int, lda: int,
        dev_ipiv: int, barray: int, ldb: int, info: int, batch_size: int,
    ) -> None:  # fmt: skip
        assert trans in (Operation.N, Operation.T)
        ctypes.c_int.from_address(in_host(info)).value = 0

        def work() -> None:
            for k, (a, b) in enumerate(pairs_at(aarray, barray, batch_size)):
                right = columns_at(b, n, nrhs, ldb, code)
                solved(trans, columns_at(a, n, n, lda, code), dev_ipiv + 4 * n * k, right)

        self.queue("getrs", handle, work)

    return {f"{c}{f.__name__}": f for f in (trsm, trsm_batched, getrf_batched, getrs_batched)}


for code, letter in LETTERS.items():
    for name, function in _precise(letter, code).items():
        setattr(Cublas, name, function)


def scalar_at(address: int, code: str) -> complex:
    """A number in the host's memory, where they are if nothing else is said (the pointer mode)."""
    value: complex = ctype_of(code).from_address(in_host(address)).value
    return value


def matrix(address: int, trans: int, rows: int, columns: int, run: int, code: str) -> Array:
    """op(A), of rows and columns."""
    if trans == Operation.N:
        return columns_at(address, rows, columns, run, code)
    turned = columns_at(address, columns, rows, run, code).T
    return turned.conj() if trans == Operation.C else turned


def pairs_at(a: int, b: int, count: int) -> Iterator[Any]:
    return zip(pointers_at(a, count), pointers_at(b, count), strict=True)


class Cufft(Library):
    Type = Type
    WORK = 48
    """Bytes that a plan works in."""

    def __init__(self, streams: Callable[[], Iterator[Any]]) -> None:
        super().__init__(streams)
        self._plans: dict[int, tuple[int, int, int]] = {}
        self._manual: set[int] = set()
        self._areas: dict[int, int] = {}

    def set_auto_allocation(self, plan: int, auto_allocate: int) -> None:
        assert plan not in self._plans and not auto_allocate
        self._manual.add(plan)

    def make_plan_many(
        self, plan: int, rank: int, n: list[int], inembed: list[int], istride: int, idist: int,
        onembed: list[int], ostride: int, odist: int, type: int, batch: int,
    ) -> int:  # fmt: skip
        assert plan in self._manual and (rank, istride, ostride) == (1, 1, 1)
        (length,) = n
        real, pairs = (length, length // 2 + 1)
        inner = pairs if type in (Type.C2R, Type.Z2D) else real
        outer = pairs if type in (Type.R2C, Type.D2Z) else real
        assert (inembed, idist, onembed, odist) == ([inner], inner, [outer], outer)
        self.calls["plan"] += 1
        self._plans[plan] = type, length, batch
        return self.WORK

    def set_work_area(self, plan: int, work_area: int) -> None:
        assert doubled_memory.device.holds(work_area, self.WORK)
        self._areas[plan] = work_area

    def destroy(self, handle: int) -> None:
        super().destroy(handle)
        self._plans.pop(handle, None)

    def _execute(self, kind: Type, plan: int, idata: int, odata: int) -> None:
        type, length, batch = self._plans[plan]
        assert type == kind and plan in self._areas
        code = "f4" if kind in (Type.R2C, Type.C2R) else "f8"
        size, pairs = size_of(code), length // 2 + 1
        real = (batch * length * size, (batch, length), code)
        spectrum = (batch * pairs * 2 * size, (batch, pairs), f"c{2 * size}")

        def forward() -> None:
            array_at(odata, *spectrum)[...] = np.fft.rfft(array_at(idata, *real))

        def inverse() -> None:
            given = array_at(idata, *spectrum)
            array_at(odata, *real)[...] = np.fft.irfft(given, length, norm="forward")
            given[...] = np.nan  # it writes into what it reads

        self.queue("exec", plan, forward if kind in (Type.R2C, Type.D2Z) else inverse)

    def _whole(self, kind: Type, plan: int, idata: int, odata: int, direction: int) -> None:
        type, length, batch = self._plans[plan]
        assert type == kind and plan in self._areas and direction in (-1, 1)
        size = 8 if kind == Type.C2C else 16
        place = batch * length * size, (batch, length), f"c{size}"

        def work() -> None:
            x = array_at(idata, *place)
            found = np.fft.fft(x) if direction < 0 else np.fft.ifft(x, norm="forward")
            array_at(odata, *place)[...] = found

        self.queue("exec", plan, work)

    def exec_c2c(self, plan: int, idata: int, odata: int, direction: int) -> None:
        self._whole(Type.C2C, plan, idata, odata, direction)

    def exec_z2z(self, plan: int, idata: int, odata: int, direction: int) -> None:
        self._whole(Type.Z2Z, plan, idata, odata, direction)

    def _exec(kind: Type) -> Any:
        def execute(self, plan: int, idata: int, odata: int) -> None:
            self._execute(kind, plan, idata, odata)

        return execute

    exec_r2c, exec_c2r = _exec(Type.R2C), _exec(Type.C2R)
    exec_d2z, exec_z2d = _exec(Type.D2Z), _exec(Type.Z2D)


DOUBLES = {"cublas": Cublas, "cusolverDn": CusolverDn, "cufft": Cufft}
