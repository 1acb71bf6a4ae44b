"""Matrix products: one primitive, on what its device has for it, whose transposed operands are
views.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ngrad.dtypes import as_dtype
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.group import FUSED, Group, Leaf
from ngrad.graph.indexing import Split
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import CALLS_LIMIT, Call, Op
from ngrad.graph.program import OUT, Program
from ngrad.graph.strides import broadcast, broadcast_strides, reshaped_strides
from ngrad.ops.complexes import conj
from ngrad.ops.convert import cast_to, operands
from ngrad.ops.launching import cleared, dense_operands
from ngrad.ops.matrices import batch_shape
from ngrad.ops.shape import reshape, reshaped, transpose
from ngrad.ops.unsuited_products import by_numpy
from ngrad.record import apply
from ngrad.tensor import Tensor
from ngrad_kernels.product import Matrices, Product
from ngrad_kernels.space import Reduce, Step


def suits_blas(where: Layout) -> bool:
    """Whether BLAS reads matrices where they lie: rows or columns are runs that do not overlap."""
    item = where.dtype.itemsize
    (rows, columns), (down, across) = where.shape[-2:], where.strides[-2:]
    by_rows = across == item and down >= columns * item and down % item == 0
    by_columns = down == item and across >= rows * item and across % item == 0
    return by_rows or by_columns


def _infer(x: Layout, *others: Layout, transpose_x: bool, transpose_y: bool) -> Layout:
    y = others[0] if others else x
    if x.dtype is not y.dtype:
        raise DTypeError(
            f"matmul: operands must have one dtype, not {x.dtype.name}, {y.dtype.name}"
        )
    left, right = _shapes(x.shape, y.shape)
    m, k = left[:-3:-1] if transpose_x else left[-2:]
    other, n = right[:-3:-1] if transpose_y else right[-2:]
    if k != other:
        raise _misfit(x.shape, y.shape, k, other)
    rows, columns = (m,) * (x.ndim > 1), (n,) * (y.ndim > 1)
    return layout(x.dtype, (*batch_shape("matmul", left, right), *rows, *columns))


def _shapes(left: tuple[int, ...], right: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The shapes of operands as matrices: a vector on the left is a row, on the right a column."""
    return [left if len(left) > 1 else (1, *left), right if len(right) > 1 else (*right, 1)]


def _as_matrices(inputs: tuple[Layout, ...], out: Layout) -> tuple[tuple[Layout, ...], Layout]:
    """Where operands lie, of which one is a vector, and the result, as matrices."""
    x, y = inputs
    shapes = _shapes(x.shape, y.shape)
    seen = [
        layout(where.dtype, shape, reshaped_strides(where, shape), where.device)
        for where, shape in zip(inputs, shapes, strict=True)
    ]
    whole = layout(out.dtype, (shapes[0][0], shapes[1][1]), None, out.device)
    return tuple(seen), whole


def _misfit(x: tuple[int, ...], y: tuple[int, ...], k: int, other: int) -> ShapeError:
    return ShapeError(
        f"matmul: shapes {x} and {y} do not fit: an axis of {k} elements would be contracted "
        f"with one of {other}; transpose an operand, or reshape it"
    )


def _prepare(
    inputs: tuple[Layout, ...], out: Layout, transpose_x: bool, transpose_y: bool
) -> tuple[Callable[..., Tensor] | Program, Layout]:
    if out.size == 0:
        return Program(), out
    if len(inputs) == 1:
        return _prepare_same(inputs[0], out, transpose_x, transpose_y)
    lies = out
    if out.ndim == 1:
        inputs, out = _as_matrices(inputs, out)
    # What BLAS cannot read where it lies is copied on every device, so that how an operand came to
    # lie as it does decides as little as can be.
    fit = [not where.dtype.is_inexact or suits_blas(where) for where in inputs]
    given = inputs, fit, out, transpose_x, transpose_y
    launched = _launched(*given)
    if launched is not None:
        return launched, lies
    return by_numpy(MATMUL, *given, lies), lies


def _prepare_same(
    x: Layout, out: Layout, transpose_x: bool, transpose_y: bool
) -> tuple[Callable[..., Tensor] | Program, Layout]:
    """The product of matrices and their own transposes."""
    fit = suits_blas(x)
    read, lies = dense_operands([(0, x)], [fit]), x if fit else x.spec
    *batch, rows, _ = out.shape
    depth = x.shape[-2 if transpose_x else -1]
    left, right = (matrices_of(lies, batch, flip) for flip in (transpose_x, transpose_y))
    work = Product(out.dtype.code, tuple(batch), rows, rows, depth, left, right, same=True)
    prepared = out.device.target.libraries.product(work)
    if prepared is not None:
        return read.launching(prepared, (*read.operands, *read.operands, (OUT, 0))), out
    call = MATMUL.call((transpose_x, transpose_y), (x, x))
    return (lambda x: call.run(x, x)), out


def _launched(
    inputs: tuple[Layout, ...],
    fit: list[bool],
    out: Layout,
    transpose_x: bool,
    transpose_y: bool,
) -> Program | None:
    """The product as its device launches it, if it does."""
    read = dense_operands([*enumerate(inputs)], fit)
    x, y = (where if suits else where.spec for where, suits in zip(inputs, fit, strict=True))
    *batch, rows, columns = out.shape
    left, right = matrices_of(x, batch, transpose_x), matrices_of(y, batch, transpose_y)
    depth = x.shape[-2 if transpose_x else -1]
    work = Product(out.dtype.code, tuple(batch), rows, columns, depth, left, right)
    prepared = out.device.target.libraries.product(work)
    return prepared and read.launching(prepared, (*read.operands, (OUT, 0)))


def matrices_of(where: Layout, batch: list[int], flip: bool = False) -> Matrices:
    """Where matrices of a layout, or their transposes, lie, broadcast to a batch."""
    *strides, down, across = broadcast_strides(where, (*batch, *where.shape[-2:]))
    return Matrices(tuple(strides), *((across, down) if flip else (down, across)))


def _widens(x: Layout, *others: Layout) -> bool:
    """Whether there are no products of such operands, floats of two bytes, on their device."""
    return not (all(y.dtype is x.dtype for y in others) and x.device.target.libraries.halves)


MATMUL = Op(
    "matmul", _infer, _prepare, ("transpose_x", "transpose_y"), family="linalg", widens=_widens
)
"""The product of two operands, or of one and itself, of which one is transposed. One of two may be
a vector, beside a matrix.
"""


@MATMUL.vjp
def _matmul_vjp(
    g: Any, out: Any, x: Any, *others: Any, transpose_x: bool, transpose_y: bool
) -> Any:
    if not others:
        both = g + _swapped(g)
        return (apply(MATMUL, (x, both) if transpose_x else (both, x), (False, False)),)
    (y,) = others
    if out.ndim == 1:
        left, right = _shapes(x._layout.shape, y._layout.shape)
        g, one, two = reshaped(g, (left[0], right[1])), reshaped(x, left), reshaped(y, right)
        in_x, in_y = _matmul_vjp(g, g, one, two, transpose_x=False, transpose_y=False)
        return reshaped(in_x, x._layout.shape), reshaped(in_y, y._layout.shape)
    if transpose_x:
        in_x = apply(MATMUL, (y, g), (transpose_y, True))
    else:
        in_x = apply(MATMUL, (g, y), (False, not transpose_y))
    if transpose_y:
        in_y = apply(MATMUL, (g, x), (True, transpose_x))
    else:
        in_y = apply(MATMUL, (x, g), (not transpose_x, False))
    return in_x, in_y


@MATMUL.stacked
def _(x: Layout, *others: Layout, transpose_x: bool, transpose_y: bool) -> Any:
    """[X1 X2] [Y1; Y2] = X1 Y1 + X2 Y2."""
    if not others or len(x.shape) != 2 or len(others[0].shape) != 2:
        return None
    return (0 if transpose_x else 1), (1 if transpose_y else 0)


@MATMUL.batch
def _matmul_batch(
    size: int, batched: Any, x: Any, *others: Any, transpose_x: bool, transpose_y: bool
) -> Any:
    if not others:
        return apply(MATMUL, (x,), (transpose_x, transpose_y))
    (y,) = others
    own = [z._layout.shape[many:] for z, many in zip((x, y), batched, strict=True)]
    if 1 in map(len, own):
        shapes = _shapes(*own)
        matrices = (
            reshaped(z, (size, *shape) if many else shape)
            for z, many, shape in zip((x, y), batched, shapes, strict=True)
        )
        found = _matmul_batch(size, batched, *matrices, transpose_x=False, transpose_y=False)
        return reshaped(found, (size, shapes[1][1] if len(own[0]) == 1 else shapes[0][0]))
    if not batched[1] and y.ndim == 2:
        return _one_product(x, y, transpose_x, transpose_y)
    if not batched[0] and x.ndim == 2:
        return _swapped(_one_product(y, x, not transpose_y, not transpose_x))
    return apply(MATMUL, _aligned(size, batched, x, y), (transpose_x, transpose_y))


def _one_product(x: Any, y: Any, transpose_x: bool, transpose_y: bool) -> Any:
    """A batch of matrices times one matrix: a single product of all their rows."""
    return product(_swapped(x) if transpose_x else x, y, False, transpose_y)


def _swapped(x: Any) -> Any:
    """The last two axes exchanged."""
    return transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


# -- products of vectors ---------------------------------------------------------------------------


def _dot_infer(x: Layout, y: Layout) -> Layout:
    """x: (lead..., k), y: (lead..., k), of which the lead is broadcast together."""
    if x.dtype is not y.dtype:
        raise DTypeError(
            f"vecdot: operands must have one dtype, not {x.dtype.name}, {y.dtype.name}"
        )
    try:
        if x.shape[-1] != y.shape[-1]:
            raise ValueError
        return layout(x.dtype, broadcast(x.shape[:-1], y.shape[:-1]))
    except ValueError:
        raise ShapeError(
            f"vecdot: shapes {x.shape} and {y.shape} do not fit: their last axes must be equal, "
            "and the others broadcast"
        ) from None


def _dot_prepare(inputs: tuple[Layout, ...], out: Layout) -> tuple[Program, Layout]:
    """As sums of products, of operands that are broadcast to one shape: on all threads, where BLAS
    would be called for each vector, and no slower for one.
    """
    shape, code = (*out.shape, inputs[0].shape[-1]), out.dtype.code
    if 0 in shape:
        return Program((cleared(out),) if out.size else ()), out
    read = dense_operands(
        [
            (k, layout(out.dtype, shape, broadcast_strides(x, shape), out.device))
            for k, x in enumerate(inputs)
        ]
    )
    total = "max" if out.dtype.is_bool else "sum"
    steps = Step("multiply", (0, 1), code), Reduce(total, 2, "row", code)
    leaves = tuple([Leaf(k, "element", shape) for k in range(2)])
    group = Group(Split(out.size, shape[-1]), leaves, steps, (3,), (out.spec,))
    row_major = layout(out.dtype, shape, None, out.device)
    program, _ = FUSED.prepare((row_major, row_major), out, group=group)
    return (program if not read.launches else read.before(program)), out


VECDOT = Op("vecdot", _dot_infer, _dot_prepare, family="linalg", widens=True)
"""The products of vectors, which are along the last axes."""


@VECDOT.vjp
def _(g: Any, out: Any, x: Any, y: Any) -> Any:
    share = reshaped(g, (*g._layout.shape, 1))
    return share * y, share * x


@VECDOT.batch
def _(size: int, batched: Any, x: Any, y: Any) -> Any:
    if not batched[1] and y.ndim == 1:
        return matmul_operator(x, y)  # one product with all of them
    if not batched[0] and x.ndim == 1:
        return matmul_operator(y, x)
    return apply(VECDOT, _aligned(size, batched, x, y))


def _aligned(size: int, batched: Any, *operands: Any) -> tuple[Any, ...]:
    """Operands whose axes are broadcast from behind, the one that leads before those of all."""
    rank = max(v.ndim - many for v, many in zip(operands, batched, strict=True))
    return tuple(
        reshape(v, (size, *(1,) * (rank + 1 - v.ndim), *v._layout.shape[1:])) if many else v
        for v, many in zip(operands, batched, strict=True)
    )


def _operands(x: Any, y: Any) -> tuple[Any, ...]:
    if type(x) is Tensor and type(y) is Tensor and x._layout.dtype is y._layout.dtype:
        return x, y
    return operands("matmul", x, y)


def product(x: Any, y: Any, transpose_x: bool = False, transpose_y: bool = False) -> Any:
    """The (batched) product of two tensors of one dtype and at least two axes."""
    if x is y and transpose_x != transpose_y and x._layout.dtype.is_inexact:
        return apply(MATMUL, (x,), (transpose_x, transpose_y))
    if x.ndim > 2 and y.ndim == 2 and not transpose_x:
        # Every batch meets the same matrix: one product of all rows, one in each direction back.
        *lead, k = x._layout.shape
        rows = reshape(x, (math.prod(lead), k))
        out = apply(MATMUL, (rows, y), (False, transpose_y))
        return reshape(out, (*lead, out._layout.shape[1]))
    return apply(MATMUL, (x, y), (transpose_x, transpose_y))


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    name: str | None = None,
) -> Tensor:
    """The matrix product over the last two axes; axes before them are batches and broadcast.

    Parameters
    ----------
    a : tensor of shape (..., m, k)
    b : tensor of shape (..., k, n)
    transpose_a, transpose_b : bool
        Whether to read the matrices transposed; nothing is copied for it.
    adjoint_a, adjoint_b : bool
        The same, of the conjugate.
    a_is_sparse, b_is_sparse : bool
        TensorFlow's hints that most elements are 0: of no effect.
    output_type : dtype, optional
        What both are converted to first; if not given, the dtype that they promote to.

    Returns
    -------
    tensor of shape (..., m, n)

    Raises
    ------
    ShapeError
        If an operand has fewer than two axes, or the shapes do not fit.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.matmul([[1, 2], [3, 4]], [[1], [1]]).numpy()
    array([[3],
           [7]], dtype=int32)
    """
    if (transpose_a and adjoint_a) or (transpose_b and adjoint_b):
        raise NumberError("matmul: transpose and adjoint of one operand exclude each other")
    x, y = _operands(a, b)
    if output_type is not None:
        x, y = (cast_to(z, as_dtype(output_type)) for z in (x, y))
    x, y = conj(x) if adjoint_a else x, conj(y) if adjoint_b else y
    if x.ndim < 2 or y.ndim < 2:
        raise ShapeError(
            f"matmul: takes tensors of at least two axes, not of shapes {x._layout.shape} and "
            f"{y._layout.shape}; use the operator @ or linalg.matvec for vectors"
        )
    return product(x, y, bool(transpose_a or adjoint_a), bool(transpose_b or adjoint_b))


PRODUCTS: dict[tuple[Layout, ...], Call] = {}
"""Calls that are all of a product, by how operands lie that came before."""


def _noted(op: Op, params: tuple[Any, ...], x: Any, y: Any) -> Any:
    """An op of two operands, whose call is a product."""
    out, layouts = apply(op, (x, y), params), (x._layout, y._layout)
    if layouts in PRODUCTS:
        return out
    call = op.calls.get((params, layouts))  # none where operands were converted, or sizes are open
    if call is not None:
        if len(PRODUCTS) > CALLS_LIMIT:
            PRODUCTS.clear()
        PRODUCTS[call.inputs] = call  # these layouts
    return out


def matmul_operator(x: Any, y: Any) -> Any:
    """x @ y: the matrix product; a vector on the left is a row, one on the right a column.

    Raises
    ------
    ShapeError
        If an operand is 0-d, or the shapes do not fit.
    """
    x, y = _operands(x, y)
    left, right = x._layout.shape, y._layout.shape
    if len(left) == len(right) == 2:
        return _noted(MATMUL, (False, False), x, y)
    if not left or not right:
        raise ShapeError(
            f"matmul: shapes {left} and {right}: a 0-d tensor has no axis to contract; use *"
        )
    k, other = left[-1], right[-2] if len(right) > 1 else right[0]
    if k != other:
        raise _misfit(left, right, k, other)
    if len(left) == len(right) == 1:
        return _noted(VECDOT, (), x, y)
    if len(left) + len(right) == 3:
        return _noted(MATMUL, (False, False), x, y)
    if len(left) == 1:
        out = product(reshaped(x, (1, k)), y)
        return reshaped(out, (*out._layout.shape[:-2], out._layout.shape[-1]))
    if len(right) == 1:
        out = product(x, reshaped(y, (k, 1)))
        return reshaped(out, out._layout.shape[:-1])
    return product(x, y)
