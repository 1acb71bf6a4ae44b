"""The BLAS and LAPACK that NumPy and SciPy have loaded: routines, and threads, by address."""

from __future__ import annotations

import ctypes
import functools
import importlib
from pathlib import Path
from typing import Any, NamedTuple

import threadpoolctl

_AFFIXES = [(before, after) for before in ("", "scipy_") for after in ("", "64_", "_64")]
"""What builds of OpenBLAS have around the names of its functions."""
_THREADS = (
    *[
        (f"{a}openblas_get_num_threads{z}", f"{a}openblas_set_num_threads{z}", True)
        for a, z in _AFFIXES
    ],
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads_Local", False),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads", False),
)
"""What libraries call the functions that say, and set, how many threads they use; and whether that
is one number for the process, or for each thread that calls them its own.
"""


class Pool(NamedTuple):
    """A library's threads: the addresses of the functions that say, and set, how many it uses (0 if
    it has none); and whether that is the process's.
    """

    get_threads: int
    set_threads: int
    shared: bool


class Library(NamedTuple):
    """A BLAS: addresses of its routines by name, and its threads."""

    routines: dict[str, int]
    pool: Pool


LETTERS = {"f4": "s", "f8": "d", "c8": "c", "c16": "z"}
"""What BLAS and LAPACK call dtypes."""
LONGEST = (1 << 31) - 1
"""The most elements of an axis, and from run to run, that they may know of: some count in int32."""
ROUTINES = tuple(
    f"{letter}{name}"
    for letter in LETTERS.values()
    for name in ("gemm", "gemv", "syrk", "trsm", "trsv")
)


FACTORING = tuple(
    f"{letter}{name}"
    for letter in LETTERS.values()
    for name in (
        *("getrf", "getrs", "potrf", "geqrf", "gesdd", "geev"),
        *(("ungqr", "heevd") if letter in "cz" else ("orgqr", "syevd")),
    )
)


@functools.cache
def library() -> Library:
    """NumPy's BLAS, if its routines can be found by name; if not, SciPy's, which hands them out."""
    return _numpys(ROUTINES) or scipys()


@functools.cache
def lapack() -> Library:
    """NumPy's LAPACK, or SciPy's, likewise."""
    return _numpys(FACTORING) or scipys_lapack()


@functools.cache
def pool_of(package: str) -> Pool:
    """The threads of the LAPACK that "numpy", or "scipy", calls."""
    importlib.import_module(f"{package}.linalg")  # which loads it
    found = [_threads(one.dynlib) for one in _loaded(package)]
    return next((pool for pool in found if pool.get_threads), _NONE)


def _loaded(package: str) -> list[Any]:
    """The libraries that a package has brought, or else whatever BLAS there is."""
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    return [one for one in found if package in Path(one.filepath).parts[-2]] or list(found)


def _numpys(routines: tuple[str, ...]) -> Library | None:
    for one in _loaded("numpy"):
        for before, after in _AFFIXES:
            names = [f"{before}{name}_{after}" for name in routines]
            if all(hasattr(one.dynlib, name) for name in names):
                addresses = [_address(one.dynlib, name) for name in names]
                return Library(dict(zip(routines, addresses, strict=True)), _threads(one.dynlib))
    return None


def scipys() -> Library:
    """SciPy's BLAS."""
    from scipy.linalg import cython_blas

    return _handed_out(cython_blas, ROUTINES)


def scipys_lapack() -> Library:
    """SciPy's LAPACK."""
    from scipy.linalg import cython_lapack

    return _handed_out(cython_lapack, FACTORING)


def _handed_out(module: Any, names: tuple[str, ...]) -> Library:
    name_of, pointer_of = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    capsules = {name: module.__pyx_capi__[name] for name in names}
    routines = {name: int(pointer_of(one, name_of(one))) for name, one in capsules.items()}
    return Library(routines, pool_of("scipy"))


def _address(library: Any, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


_NONE = Pool(0, 0, False)


def _threads(library: Any) -> Pool:
    for *names, shared in _THREADS:
        if all(hasattr(library, name) for name in names):
            get, set_ = (_address(library, name) for name in names)
            return Pool(get, set_, shared)
    return _NONE
