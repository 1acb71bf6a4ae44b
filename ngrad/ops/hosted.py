"""Ops that NumPy and SciPy compute on the CPU: by LAPACK, or an element at a time. Of the former,
those that the library of a device knows are its own there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from ngrad.graph.layout import Layout
from ngrad.graph.op import Op
from ngrad.graph.program import Program
from ngrad.ops.batching import elementwise
from ngrad.ops.by_library import by_library
from ngrad.ops.matrices import Matrix, array_at, bad_matrix
from ngrad.ops.on_threads import in_parts
from ngrad.tensor import Tensor, empty
from ngrad_kernels.lapack import SMALL, threads_for


def by_lapack(
    name: str,
    infer: Callable[..., Any],
    compute: Callable[..., Any],
    params: tuple[str, ...] = (),
    into: Mapping[int, int] = MappingProxyType({}),
    tall: bool = False,
    package: str = "numpy",
) -> Op:
    """An op on batches of matrices.

    Parameters
    ----------
    compute : callable
        `compute(*arrays, **params)`, of batches, gives an array for each result (bare, if there is
        one). Where it raises NumPy's LinAlgError, that is raised with the place in its batch of the
        first matrix (of the first operand) that it raises it for.
    into, tall
        How a device's library has its operands, as `by_library` says.
    package : {"numpy", "scipy"}
        Whose LAPACK that is.
    """

    def taken(others: tuple[Matrix, ...], given: dict[str, Any], matrix: Matrix) -> bool:
        """Whether one matrix is computed, beside operands of ones."""
        try:
            compute(matrix, *(np.ones(x.shape[-2:], x.dtype) for x in others), **given)
        except np.linalg.LinAlgError:
            return False
        return True

    def careful(first: Matrix, *others: Matrix, **given: Any) -> Any:
        try:
            rows, columns = first.shape[-2:]
            work = rows * columns * min(rows, columns)
            with threads_for(package, work):
                if package != "numpy" or work > SMALL:
                    return compute(first, *others, **given)
                return in_parts(partial(compute, **given), (first, *others), 2, work)
        except np.linalg.LinAlgError:
            raise bad_matrix(name, first, partial(taken, others, given)) from None

    return on_host(name, infer, careful, params, "linalg", partial(by_library, name, into, tall))


def on_host(
    name: str,
    infer: Callable[..., Any],
    compute: Callable[..., Any],
    params: tuple[str, ...],
    family: str,
    library: Callable[..., tuple[Program, tuple[Layout, ...]] | None] = lambda *_: None,
) -> Op:
    """An op that a function of NumPy's arrays computes, which gives one for each result (bare, if
    there is one); over batches as over one, its operands broadcast.

    Parameters
    ----------
    library : callable
        `library(inputs, outs, params)` gives how its device computes it, if it does, and how the
        results lie then.
    """

    def prepare(
        inputs: tuple[Layout, ...], out: Any, **given: Any
    ) -> tuple[Callable[..., Any] | Program, Any]:
        several = isinstance(out, tuple)
        outs: tuple[Layout, ...] = out if several else (out,)
        own = library(inputs, outs, given)
        if own is not None:
            program, laid = own
            return program, laid if several else laid[0]
        readers = [*map(_reader, inputs)]
        writers = [_writer(where) for where in outs]

        def run(*tensors: Tensor) -> Any:
            arrays = [read(x) for read, x in zip(readers, tensors, strict=True)]
            with np.errstate(all="ignore"):
                found = compute(*arrays, **given)
            if several:
                return tuple([write(x) for write, x in zip(writers, found, strict=True)])
            return writers[0](found)

        return run, out

    op = Op(name, infer, prepare, params, family)
    op.batch(partial(elementwise, op))
    return op


def _reader(where: Layout) -> Callable[[Tensor], Matrix]:
    if where.size == 0:
        return lambda x: np.empty(where.shape, where.dtype.numpy_dtype)
    view = array_at(where)
    return lambda x: view(x._address, x._buffer)


def _writer(where: Layout) -> Callable[[Matrix], Tensor]:
    if where.size == 0:
        return lambda array: empty(where)
    view = array_at(where)

    def write(array: Matrix) -> Tensor:
        made = empty(where)
        view(made._at)[...] = array
        return made

    return write
