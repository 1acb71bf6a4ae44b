"""NVIDIA's libraries (cuBLAS, cuSOLVER, cuFFT) on our own memory and streams, where `nvmath-python`
is installed: what is asked of them, and their handles.

A launch whose kernel is negative is a library's: its facts are words in the host's memory. So a
program is plain data, whoever does its work. A handle belongs to one stream, and what it works in
is memory of that stream, from the pool.
"""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ngrad_kernels import cache
from ngrad_kernels.codes import size_of
from ngrad_kernels.cuda.errors import CudaError
from ngrad_kernels.cuda.gemm import product_words, render_gemm, tile_of, tiles
from ngrad_kernels.product import Prepared, Product, Windowed

if TYPE_CHECKING:
    from ngrad_kernels.cuda.streams import Stream
    from ngrad_kernels.cuda.target import CudaTarget

WORKSPACE = 32 << 20
"""Bytes that a handle of cuBLAS works in: what NVIDIA recommends for its largest GPUs."""

Routine = Callable[[Sequence[int], Sequence[int]], None]
"""`routine(words, addresses)` queues a library's work on this thread's stream."""


class Libraries:
    """The libraries of a device.

    Parameters
    ----------
    target : CudaTarget
    find : callable
        Gives a library's bindings by name, or None.

    Attributes
    ----------
    target : CudaTarget
    """

    def __init__(self, target: CudaTarget, find: Callable[[str], Any]) -> None:
        self.target = target
        self._find = find
        self._found: dict[str, Any] = {}
        self._handles: dict[tuple[str, Stream], int] = {}
        self._rooms: dict[Stream, Any] = {}
        self._routines: list[tuple[str, Routine]] = []
        self._numbers: dict[tuple[str, str], int] = {}

    # -- what is asked for -------------------------------------------------------------------------

    @property
    def halves(self) -> bool:
        """Whether there are products of floats of two bytes: where cuBLAS is."""
        return self.bindings("cublas") is not None

    def product(self, product: Product) -> Prepared:
        """A batch of matrix products: cuBLAS's, but of integers, where it is there."""
        if product.code[0] in "fc" and self.bindings("cublas") is not None:
            from ngrad_kernels.cuda import blas

            number = self._number("matmul", product.code, blas.gemm)
            return self.prepared(number, blas.gemm_words(product))
        tile = tile_of(self.target.driver.properties.threads)
        kernel = self.target.load(
            ("gemm", product.code, tile), lambda: render_gemm(product.code, tile)
        )
        facts, held = self.target.facts(product_words(product))
        return Prepared(kernel, facts, tiles(product, tile), 1, held)

    def windows(self, work: Windowed) -> None:
        """cuBLAS knows none."""

    def routine(self, name: str, code: str, words: Sequence[int]) -> Prepared | None:
        """A routine of linear algebra, a transform, or a sort or scatter of our own, of a dtype;
        None if there is none, it does not pay, or its library is not there.
        """
        from ngrad_kernels.cuda import adjugates, blas, fourier, lu, scattering, solver, sorting

        if name == "checked_index":
            return self._checks(code, words)
        if name == "argsort":
            if code[0] == "c":  # whose order is not that of their bits
                return None
            return self.prepared(self._number(name, code, sorting.argsort), words)
        if name in scattering.ROUTINES:
            if not scattering.pays(*words):
                return None
            return self.prepared(self._number(name, code, scattering.ROUTINES[name]), words)
        if name == "eig" and code[0] != "c":  # the routine's results are of one dtype with these
            return None
        found: dict[str, tuple[Callable[[Libraries, str], Routine], tuple[str, ...]]] = {
            "triangular_solve": (blas.triangular_solve, ("cublas",)),
            **{
                f.__name__: (f, ("cublas", "cusolverDn"))
                for f in (*lu.ROUTINES, *adjugates.ROUTINES)
            },
            **{f.__name__: (f, ("cusolverDn",)) for f in solver.ROUTINES},
            **{f.__name__: (f, ("cufft",)) for f in fourier.ROUTINES},
        }
        if name not in found:
            return None
        make, needed = found[name]
        if any(self.bindings(library) is None for library in needed):
            return None
        return self.prepared(self._number(name, code, make), words)

    def _checks(self, code: str, words: Sequence[int]) -> Prepared:
        """A check of indices. Words: how many, their least, their bound, and who checks them."""
        n, *more = words
        size = size_of(code)
        mask = (1 << 8 * size) - 1 if code[0] == "u" and size < 8 else -1
        facts, held = self.target.facts([*more, size, mask])
        return Prepared(self.target.skeleton("check_index"), facts, n, n, held)

    def _number(self, name: str, code: str, make: Callable[[Libraries, str], Routine]) -> int:
        key = (name, code)
        with cache.lock():
            if key not in self._numbers:
                self._routines.append((f"{name} of {code}", make(self, code)))
                self._numbers[key] = -len(self._routines)
            return self._numbers[key]

    @staticmethod
    def prepared(number: int, words: Sequence[int]) -> Prepared:
        """A launch of a library's routine: its facts are how many words there are, and these."""
        held = np.array([len(words), *words], np.int64)
        return Prepared(number, held.ctypes.data, 1, 1, held)

    # -- what is done ------------------------------------------------------------------------------

    def run(self, kernel: int, facts: int, addresses: Sequence[int]) -> None:
        """Queue what a launch with a negative kernel stands for on this thread's stream."""
        name, routine = self._routines[-1 - kernel]
        count = ctypes.c_int64.from_address(facts).value
        words = (ctypes.c_int64 * count).from_address(facts + 8)
        try:
            routine(words[:], addresses)
        except (CudaError, MemoryError):
            raise
        except Exception as error:  # each library has an error of its own
            raise CudaError(f"{name}: {error}") from error

    def handle(self, library: str) -> tuple[Any, int]:
        """A library's bindings, and its handle for this thread's stream."""
        stream = self.target.streams.ready()
        library_bindings, address = self.on_stream(library)
        key = (library, stream)
        found = self._handles.get(key)
        if found is None:
            found = library_bindings.create()
            library_bindings.set_stream(found, address)
            if library == "cublas":  # after the stream, which sets it back
                room = self._rooms[stream] = self.target.pool.take(WORKSPACE)
                library_bindings.set_workspace(found, room.address, WORKSPACE)
                # Sums of floats of two bytes stay float32 where a product is split along its depth.
                exact = library_bindings.Math.DISALLOW_REDUCED_PRECISION_REDUCTION
                library_bindings.set_math_mode(found, exact)
            self._handles[key] = found
        return library_bindings, found

    def on_stream(self, library: str) -> tuple[Any, int]:
        """A library's bindings, and this thread's stream as libraries take it: the device is the
        thread's current one from now on.
        """
        found = self.bindings(library)
        return found, self.target.driver.library_stream(self.target.streams.ready().handle)

    def bindings(self, library: str) -> Any:
        """A library's bindings, if it is there and loads; that it does not load is said once."""
        if library not in self._found:
            self._found[library] = self._loaded(library)
        return self._found[library]

    def _loaded(self, library: str) -> Any:
        found = self._find(library)
        if found is None:
            return None
        self.target.driver.library_stream(self.target.streams.ready().handle)
        try:
            handle = found.create()
            found.destroy(handle)
        except Exception as error:
            warnings.warn(
                f"{library}: nvmath-python is installed, but the library cannot be used: {error}; "
                "pip install 'ngrad[cuda13-math]'",
                RuntimeWarning,
                stacklevel=2,
            )
            return None
        return found
