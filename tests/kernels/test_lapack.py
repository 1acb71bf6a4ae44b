"""LAPACK's number of threads, as ops that call it have it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

import ngrad
from ngrad.linalg import expm, logm, lstsq, pinv, sqrtm
from ngrad_kernels import blas_threads, lapack
from ngrad_kernels.blas_library import Pool, pool_of
from ngrad_kernels.lapack import SMALL, OneThread, threads_for


class Double:
    """The threads of a library: four, and what was said of them."""

    def __init__(self) -> None:
        self.threads, self.told = 4, list[int]()
        self._get = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: self.threads)
        self._set = ctypes.CFUNCTYPE(None, ctypes.c_int)(self._tell)
        get, set_ = (ctypes.cast(f, ctypes.c_void_p).value or 0 for f in (self._get, self._set))
        self.pool = Pool(get, set_, True)

    def _tell(self, count: int) -> None:
        self.threads = count
        self.told.append(count)


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Double]]:
    made = {"numpy": Double(), "scipy": Double()}
    monkeypatch.setattr(lapack, "pool_of", lambda package: made[package].pool)
    lapack._shared.cache_clear()
    yield made
    lapack._shared.cache_clear()
    for double in made.values():
        assert double.threads == 4
        held = blas_threads.HELD.pop(double.pool.set_threads, np.zeros(4))
        assert not held[:2].any()  # nobody is at it, nor has it use one thread


A = ngrad.constant(np.diag([4.0, 3.0, 2.0]) + 0.5)
B = ngrad.constant(np.ones((3, 2)))
CALLS: dict[str, tuple[str, Callable[[], object]]] = {
    "pinv": ("numpy", partial(pinv, A)),
    "lstsq": ("numpy", partial(lstsq, A, B)),
    **{f.__name__: ("scipy", partial(f, A)) for f in (expm, logm, sqrtm)},
}


@pytest.mark.parametrize("name", CALLS)
def test_a_small_factor_is_left_to_one_thread(name: str, doubles: dict[str, Double]) -> None:
    package, call = CALLS[name]
    ngrad.eval(call())
    assert doubles[package].told == [1, 4]


def test_so_it_is_where_that_fails(doubles: dict[str, Double]) -> None:
    with pytest.raises(ngrad.errors.LinAlgError):
        pinv(A * float("nan"))
    assert doubles["numpy"].told[:2] == [1, 4]


def test_a_large_one_is_left_to_all(doubles: dict[str, Double]) -> None:
    with threads_for("numpy", SMALL + 1):
        assert doubles["numpy"].threads == 4
    assert doubles["numpy"].told == []


def test_whoever_is_done_first_leaves_it_to_the_others(doubles: dict[str, Double]) -> None:
    double, first = doubles["numpy"], threads_for("numpy", 1)
    with first:
        with ThreadPoolExecutor(1) as pool:
            second = threads_for("numpy", 1)
            pool.submit(second.__enter__).result(60)
            pool.submit(second.__exit__, None, None, None).result(60)
        assert double.threads == 1
    assert double.told[-1] == 4


def test_a_number_of_each_thread_is_kept_by_who_uses_it(doubles: dict[str, Double]) -> None:
    double = doubles["numpy"]
    pool = double.pool._replace(shared=False)
    with OneThread(pool):
        assert double.threads == 1
    assert double.threads == 4


def test_a_library_without_threads_is_let_be() -> None:
    with OneThread(Pool(0, 0, False)):
        pass


@pytest.mark.parametrize("package", ["numpy", "scipy"])
def test_the_real_one(package: str) -> None:
    pool = pool_of(package)
    ask = ctypes.CFUNCTYPE(ctypes.c_int)(pool.get_threads)
    before = ask()
    with threads_for(package, 1):
        assert ask() == 1
    assert ask() == before
