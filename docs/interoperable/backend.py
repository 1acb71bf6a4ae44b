"""A plugin of pytest that has scikit-learn's own tests run with arrays of `ngrad.numpy`."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.utils import _array_api

OURS = "ngrad.numpy"


def yield_namespaces(include_numpy_namespaces: bool = True) -> Iterator[str]:
    yield OURS


def yield_combinations(
    include_numpy_namespaces: bool = True,
) -> Iterator[tuple[str, str | None, str]]:
    for dtype in ("float64", "float32"):
        yield OURS, None, dtype


# Before the tests are collected, which take these from there.
_array_api.yield_namespaces = yield_namespaces
_array_api.yield_namespace_device_dtype_combinations = yield_combinations
