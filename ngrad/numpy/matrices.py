"""The product of two arrays, of matrices or vectors: `@`, and the functions that mean it."""

from __future__ import annotations

from typing import Any

from ngrad.numpy.convert import to_tensor
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.views import Axes
from ngrad.ops.matmul import matmul_operator, product


def _turned(view: ndarray) -> bool:
    """Whether a view is the transpose of what it is a view of, of two axes."""
    way = view._way
    return type(way) is Axes and way.perm == (1, 0)


def matrix_product(x: Any, y: Any) -> Any:
    """x @ y, as a tensor. Of an array and its own transpose, as NumPy's, one half is the other."""
    if type(x) is type(y) is ndarray:
        if y._owner is x and _turned(y):
            whole = x._read()
            return product(whole, whole, False, True)
        if x._owner is y and _turned(x):
            whole = y._read()
            return product(whole, whole, True, False)
        return matmul_operator(x._read(), y._read())
    return matmul_operator(to_tensor(x), to_tensor(y))
