"""Kernels that libraries of linear algebra need around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ngrad_kernels.codes import part_of
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.scalars import SCALARS

if TYPE_CHECKING:
    from ngrad_kernels.cuda.target import CudaTarget
    from ngrad_kernels.memory import Buffer

SMALL = 256
"""Rows up to which all of a batch are one call of a batched routine, which is made for small ones;
larger ones go one by one. No measurement says where one is better.
"""


def batched(count: int, rows: int) -> bool:
    """Whether a batch is one call of a batched routine."""
    return count > 1 and rows <= SMALL


PARTS = ("all", "upper", "unit lower")
"""What of a matrix `part` copies, by number: all of it; what is not below the diagonal, and zeros
below; or what is below it, with ones on it and zeros above.
"""
MEANT = ("all", "upper", "lower")
"""What of a matrix counts, by number: all of it, or what is not below, or above, the diagonal."""

_BY_COLUMNS = """
def {name}(facts, n, a1, a2, rows, columns, meant):
    i = thread_index()
    while i < n:
        row, at = i % rows, i // rows
        column = at % columns"""
"""How a kernel begins that goes through matrices by columns, of which something is meant."""

# Numbers come in place of operands: kernels so have no facts, which would be copied first.
_TEXTS = {
    "lower": """
def {name}(facts, n, a1, a2, a3, rows, back):
    i = thread_index()
    while i < n:
        first, second = i // rows % rows, i % rows
        value = {code}(0)
        if second <= first if back else first <= second:
            value = load_{code}(a1, i + (second - first) * (rows - 1))
            if back and first == second and not {real} > 0:
                store_i4(a3, i // (rows * rows), i4(1))
        store_{code}(a2, i, value)
        i += thread_count()
""",
    "mark": _BY_COLUMNS
    + """
        if meant == 0 or (row <= column if meant == 1 else row >= column):
            value = load_{code}(a1, i)
            if not {finite}:
                store_i4(a2, at // columns, i4(1))
        i += thread_count()
""",
    "tame": _BY_COLUMNS
    + """
        if load_i4(a2, at // columns) != 0:
            store_{code}(a1, i, {code}(1) if row == column else {code}(0))
        elif meant != 0 and (row > column if meant == 1 else row < column):
            store_{code}(a1, i, {code}(0))
        i += thread_count()
""",
    "unknown": """
def {name}(facts, n, a1, a2, size):
    i = thread_index()
    while i < n:
        if load_i4(a2, i // size) != 0:
            store_{code}(a1, i, {nan})
        i += thread_count()
""",
    "zero_diagonals": """
def {name}(facts, n, a1, a2, rows):
    i = thread_index()
    while i < n:
        info = i4(0)
        for k in range(rows):
            if load_{code}(a1, (i * rows + k) * rows + k) == 0 and info == 0:
                info = i4(k + 1)
        store_i4(a2, i, info)
        i += thread_count()
""",
    "part": """
def {name}(facts, n, a1, a2, high, wide, rows, columns, what):
    i = thread_index()
    while i < n:
        row, at = i % rows, i // rows
        column = at % columns
        value = {code}(0)
        if column < wide and (what == 0 or (row <= column if what == 1 else row > column)):
            value = load_{code}(a1, (at // columns * wide + column) * high + row)
        elif what == 2 and row == column:
            value = {code}(1)
        store_{code}(a2, i, value)
        i += thread_count()
""",
    "adjoint": """
def {name}(facts, n, a1, a2, rows):
    i = thread_index()
    while i < n:
        at = i // rows
        value = load_{code}(a1, (at - at % rows + i % rows) * rows + at % rows)
        store_{code}(a2, i, {conj})
        i += thread_count()
""",
    "order": """
def {name}(facts, n, a1, a2, rows, count):
    i = thread_index()
    while i < n:
        for k in range(rows):
            store_i4(a2, i * rows + k, i4(k))
        for k in range(count):
            at = i8(load_i4(a1, i * count + k)) - 1
            if 0 <= at < rows:
                first, second = reload_i4(a2, i * rows + k), reload_i4(a2, i * rows + at)
                store_i4(a2, i * rows + k, second)
                store_i4(a2, i * rows + at, first)
        i += thread_count()
""",
    "permutation": """
def {name}(facts, n, a1, a2, rows):
    i = thread_index()
    while i < n:
        taken = i8(load_i4(a1, i // rows)) == i % rows
        store_{part}(a2, i, {part}(1) if taken else {part}(0))
        i += thread_count()
""",
    "determinant": """
def {name}(facts, n, a1, a2, a3, a4, rows, whole):
    i = thread_index()
    while i < n:
        sign, total = {code}(1), f8(0)
        for k in range(rows):
            value = load_{code}(a1, (i * rows + k) * rows + k)
            sign = {signed}
            total += log_f8(f8({abs}))
            if i8(load_i4(a2, i * rows + k)) != k + 1:
                sign = {negative}
        if whole:
            value, size = sign, {part}(exp_f8(total))
            scale = {wide}
            store_{code}(a3, i, {scaled})
        else:
            store_{code}(a3, i, sign)
            store_{part}(a4, i, {part}(total))
        i += thread_count()
""",
    "reciprocals": """
def {name}(facts, n, a1, a2, a3, rows):
    i = thread_index()
    while i < n:
        size, at = load_{part}(a1, i), i // rows
        if size > load_{part}(a2, at) * load_{part}(a1, at * rows):
            size = {part}(1) / size
        else:
            size = {part}(0)
        store_{code}(a3, i, {wide})
        i += thread_count()
""",
    "products_of_others": """
def {name}(facts, n, a1, a2, a3, rows, count):
    i = thread_index()
    while i < n:
        size, at = {part}(1), i // rows
        for k in range(rows):
            if k != i % rows:
                size = size * load_{part}(a1, at * rows + k)
        value, scale = load_{code}(a2, at), load_{code}(a2, count + at)
        value = {scaled}
        value, scale = {conj}, {wide}
        store_{code}(a3, i, {scaled})
        i += thread_count()
""",
    "scale_rows": """
def {name}(facts, n, a1, a2, rows):
    i = thread_index()
    while i < n:
        value = load_{code}(a1, i)
        scale = load_{code}(a2, i // (rows * rows) * rows + i % rows)
        store_{code}(a1, i, {scaled})
        i += thread_count()
""",
    "pointers": """
def {name}(facts, n, a1, first, step):
    i = thread_index()
    while i < n:
        store_i8(a1, i, i8(first + i * step))
        i += thread_count()
""",
    "note_fault": """
def {name}(facts, n, a1, a2, a3, who):
    entry = table_at(a3)
    if thread_index() == 0:
        for k in range(n):
            wrong = load_i4(a1, k) != 0 or (a2 != 0 and load_i4(a2, k) != 0)
            if wrong and entry[1] > entry[2]:
                entry[0] = who
                entry[1] = k
                entry[2] = k
""",
}
KERNELS = tuple(_TEXTS)


def _said(scalar: str, code: str, *operands: str) -> str:
    """The expression of a scalar function, of a dtype."""
    expression = SCALARS[scalar].expression(code[0])
    assert expression is not None
    text = f"({expression.format(*operands, c=code, p=part_of(code))})"
    return f"{code}{text}" if SCALARS[scalar].result is None else text


def source(kernel: str, code: str) -> Source:
    """One of these kernels, for a dtype.

    Examples
    --------
    >>> source("lower", "f4").name
    'lower_f4'
    """
    name, part, words = f"{kernel}_{code}", part_of(code), {}
    if code[0] in "fc":
        value = "value"
        words = {
            "abs": _said("abs", code, value),
            "signed": _said("multiply", code, "sign", _said("sign", code, value)),
            "negative": _said("negative", code, "sign"),
            "scaled": _said("multiply", code, value, "scale"),
            "wide": "size" if code == part else f"cartesian(size, {part}(0))",
            "real": value if code == part else "value.real",
            "finite": _said("isfinite", code, value),
            "nan": f"{part}(np.nan)"
            if code == part
            else f"cartesian({part}(np.nan), {part}(np.nan))",
            "conj": value if code == part else _said("conj", code, value),
        }
    text = _TEXTS[kernel].format(name=name, code=code, part=part, **words)
    operands = text.partition("(")[2].partition(")")[0].count(",") - 1
    return Source(name, text, operands, 1)


def _launch(target: CudaTarget, kernel: str, code: str, n: int, operands: Sequence[int]) -> None:
    number = target.load((kernel, code), lambda: source(kernel, code))
    target.launch(number, 0, n, n, operands)


def lower(target: CudaTarget, code: str, count: int, rows: int, matrices: int, result: int) -> None:
    """Copy the lower triangles of matrices by rows, and zeros above, to matrices by columns."""
    _launch(target, "lower", code, count * rows * rows, (matrices, result, 0, rows, 0))


def lower_back(
    target: CudaTarget, code: str, count: int, rows: int, factors: int, result: int, infos: int
) -> None:
    """Copy the lower triangles of factors by columns, and zeros above, to matrices by rows; and
    have the infos of those say so on whose diagonals are not positive numbers alone. A NaN anywhere
    in a triangle makes one there.
    """
    _launch(target, "lower", code, count * rows * rows, (factors, result, infos, rows, 1))


def tame(
    target: CudaTarget,
    code: str,
    count: int,
    rows: int,
    columns: int,
    matrices: int,
    meant: str = "all",
) -> Buffer:
    """Have matrices by columns in which a NaN or an infinity is, in what is meant of them, be
    identities, and the others have zeros where they are not meant; and for each, in an i4, whether
    it was one of the first.

    What libraries make of a NaN is theirs: finite numbers, which look like results; and nowhere do
    they say that they come to an end.
    """
    marks = target.pool.take(8 * -(-count // 2))
    target.launch(target.skeleton("clear"), 0, -(-count // 2), 1, [marks.address])
    operands = matrices, marks.address, rows, columns, MEANT.index(meant)
    for kernel in ("mark", "tame"):
        _launch(target, kernel, code, count * rows * columns, operands)
    return marks


def unknown(target: CudaTarget, code: str, count: int, size: int, marks: int, results: int) -> None:
    """Write NaN to results, of a size each, whose marks say that they are not known."""
    _launch(target, "unknown", code, count * size, (results, marks, size))


def zero_diagonals(
    target: CudaTarget, code: str, count: int, rows: int, matrices: int, infos: int
) -> None:
    """For each matrix, as LAPACK's info: where its first zero on the diagonal is, from 1; 0 if
    there is none.
    """
    _launch(target, "zero_diagonals", code, count, (matrices, infos, rows))


def part(
    target: CudaTarget,
    code: str,
    what: str,
    count: int,
    source: tuple[int, int, int],
    result: tuple[int, int, int],
) -> None:
    """Copy the upper left parts of matrices by columns, of which `PARTS` says what. Matrices are an
    address, rows and columns; of a source without columns zeros come, and ones on a diagonal of
    its own.
    """
    matrices, high, wide = source
    address, rows, columns = result
    operands = (matrices, address, high, wide, rows, columns, PARTS.index(what))
    _launch(target, "part", code, count * rows * columns, operands)


def identity(target: CudaTarget, code: str, count: int, rows: int, result: int) -> None:
    """Write identity matrices."""
    part(target, code, "unit lower", count, (0, rows, 0), (result, rows, rows))


def adjoint(
    target: CudaTarget, code: str, count: int, rows: int, matrices: int, result: int
) -> None:
    """Copy the conjugate transposes of square matrices."""
    _launch(target, "adjoint", code, count * rows * rows, (matrices, result, rows))


def permutation(
    target: CudaTarget, code: str, count: int, rows: int, pivots: int, many: int, result: int
) -> None:
    """The matrices P by columns, of real numbers, for which A is P L U where LAPACK exchanged so
    many rows with those that `pivots` names from 1.
    """
    order, part = target.pool.take(4 * count * rows), part_of(code)
    _launch(target, "order", "i4", count, (pivots, order.address, rows, many))
    _launch(target, "permutation", part, count * rows * rows, (order.address, result, rows))


def determinant(
    target: CudaTarget, code: str, count: int, rows: int, factors: int, pivots: int,
    results: Sequence[int],
) -> None:  # fmt: skip
    """Determinants of factored matrices; or, of two results, their signs, and the logarithms of
    their magnitudes.
    """
    signs, logarithms = (*results, 0)[:2]
    operands = (factors, pivots, signs, logarithms, rows, int(len(results) == 1))
    _launch(target, "determinant", code, count, operands)


def reciprocals(
    target: CudaTarget, code: str, count: int, rows: int, values: int, shares: int, result: int
) -> None:
    """The reciprocals of singular values, which descend, but 0 of those up to a matrix's share of
    its largest one; in the matrices' dtype.
    """
    _launch(target, "reciprocals", code, count * rows, (values, shares, result, rows))


def products_of_others(
    target: CudaTarget, code: str, count: int, rows: int, values: int, signs: int, result: int
) -> None:
    """For each singular value the product of the others, times the conjugates of two signs of each
    matrix, of which the second ones lie behind all the first.
    """
    operands = (values, signs, result, rows, count)
    _launch(target, "products_of_others", code, count * rows, operands)


def scale_rows(
    target: CudaTarget, code: str, count: int, rows: int, matrices: int, scales: int
) -> None:
    """Multiply each row of square matrices by columns by a number of its own."""
    _launch(target, "scale_rows", code, count * rows * rows, (matrices, scales, rows))


def pointers(target: CudaTarget, count: int, step: int, first: int, result: int) -> None:
    """The addresses of matrices that are a step apart, as batched routines want them."""
    _launch(target, "pointers", "i8", count, (result, first, step))


def note_fault(
    target: CudaTarget, infos: int, count: int, entry: int, who: int, marks: int = 0
) -> None:
    """LAPACK's info words, one a matrix, and marks of `tame`, if there are any, to an entry of a
    status: who asks, and the first matrix of which one is not 0.
    """
    _launch(target, "note_fault", "i4", count, (infos, marks, entry, who))
