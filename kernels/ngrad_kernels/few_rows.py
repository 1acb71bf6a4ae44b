"""Matrices of few rows and columns on the CPU: factors, and what is solved by them, as source that
kernels of whole batches have. To have LAPACK begin one takes longer than to be done with it, and
threads that begin one wait for one another.
"""

from __future__ import annotations

from ngrad_kernels.codes import part_of, size_of

ROWS = 16
"""The most of either: the number alone decides, so that batches, threads and layouts change no
bit."""

_TEXT = '''
@helper()
def few_plus(total, x, y):
    """A sum and a product."""
    return {plus}

@helper()
def few_size(x):
    """How large a number is where pivots are chosen, as LAPACK has it."""
    return {magnitude}

@helper()
def few_over(x, y):
    return {over}

@helper()
def factor_few(matrix, rows, columns, pivots):
    """LU factors in place of a matrix by columns, and pivots; whether none of these is 0.

    What is to come off an element is summed up first, and subtracted at once, and a column is
    scaled by the reciprocal of its pivot, as in OpenBLAS: so of matrices of which rounding makes
    singular ones, or does not, most are singular here where they are there.
    """
    sums, step, regular = stack_words({words}), rows * {size}, True
    for i in range(rows * columns):
        store_{code}(sums, i, {code}(0))
    for k in range(min(rows, columns)):
        column, place, most = matrix + k * step, k, {part}(-1)
        for i in range(k, rows):
            number = {code}(reload_{code}(column, i) - reload_{code}(sums + k * step, i))
            store_{code}(column, i, number)
            if few_size(number) > most:
                place, most = i, few_size(number)
        store_i4(pivots, k, i4(place + 1))
        if most == 0:  # nor is there anything to scale
            regular = False
        else:
            if place != k:
                exchange_lines(matrix, step, columns, {size}, k, place)
                exchange_lines(sums, step, columns, {size}, k, place)
            pivot = reload_{code}(column, k)
            scale = few_over({code}(1), pivot)
            safe = few_size(scale) < {part}(np.inf)
            for i in range(k + 1, rows):
                number = reload_{code}(column, i)
                store_{code}(column, i, {code}(number * scale) if safe else few_over(number, pivot))
        for j in range(k + 1, columns):
            other = sums + j * step
            number = {code}(reload_{code}(matrix + j * step, k) - reload_{code}(other, k))
            store_{code}(matrix + j * step, k, number)
            for i in range(k + 1, rows):
                total = few_plus(reload_{code}(other, i), reload_{code}(column, i), number)
                store_{code}(other, i, total)
    return regular

@helper()
def substitute(x, line, columns, matrix, down, across, rows, forward, unit):
    """Have right-hand sides, whose rows begin a line apart, written over by what a triangular
    matrix gives of them: a lower one, if forward; if unit, with ones on its diagonal.
    """
    for left in range(0, columns, {strip}):
        wide, begin = min({strip}, columns - left), x + left * {size}
        for m in range(rows):
            i = m if forward else rows - 1 - m
            row = begin + i * line
            first, last = (0, i) if forward else (i + 1, rows)
            for j in range(first, last):
                number, other = -reload_{code}(matrix + i * down + j * across, 0), begin + j * line
                for k in range(wide):
                    total = few_plus(reload_{code}(row, k), reload_{code}(other, k), number)
                    store_{code}(row, k, total)
            if not unit:
                number = reload_{code}(matrix + i * (down + across), 0)
                for k in range(wide):
                    store_{code}(row, k, few_over(reload_{code}(row, k), number))

@helper()
def exchange_lines(x, line, columns, step, i, j):
    """Exchange two elements, a step apart, of each line; where these are columns, two rows."""
    for k in range(columns):
        one, other = x + k * line + i * step, x + k * line + j * step
        number = reload_{code}(one, 0)
        store_{code}(one, 0, reload_{code}(other, 0))
        store_{code}(other, 0, number)

@helper()
def solve_few(x, columns, factors, pivots, rows, transposed):
    """Have right-hand sides by rows written over by solutions, by factors and pivots."""
    line, step = columns * {size}, rows * {size}
    if transposed:
        substitute(x, line, columns, factors, step, {size}, rows, True, False)
        substitute(x, line, columns, factors, step, {size}, rows, False, True)
    for m in range(rows):
        i = rows - 1 - m if transposed else m
        j = i8(load_i4(pivots, i)) - 1
        if i != j:
            exchange_lines(x, {size}, columns, line, i, j)
    if not transposed:
        substitute(x, line, columns, factors, {size}, step, rows, True, True)
        substitute(x, line, columns, factors, {size}, step, rows, False, False)

@helper()
def cholesky_few(matrix, rows):
    """The Cholesky factor in place of the lower triangle of a matrix by columns, the rest of which
    stays; whether the matrix is positive definite.
    """
    step, definite = rows * {size}, True
    for k in range(rows):
        column = matrix + k * step
        square = {real}
        definite &= square > 0
        root = {code}(sqrt(square))
        store_{code}(column, k, root)
        for i in range(k + 1, rows):
            store_{code}(column, i, few_over(reload_{code}(column, i), root))
        for j in range(k + 1, rows):
            other, number = matrix + j * step, -{conj}
            for i in range(j, rows):
                total = few_plus(reload_{code}(other, i), reload_{code}(column, i), number)
                store_{code}(other, i, total)
    return definite
'''
_REAL = {
    "plus": "fma(x, y, total)",
    "magnitude": "fabs(x)",
    "over": "x / y",
    "real": "reload_{code}(column, k)",
    "conj": "reload_{code}(column, j)",
}
_COMPLEX = {
    "plus": "total + x * y",
    "magnitude": "fabs(x.real) + fabs(x.imag)",
    "over": "divide_{code}(x, y)",
    "real": "reload_{code}(column, k).real",
    "conj": "reload_{code}(column, j).conjugate()",
}


def helpers(code: str) -> str:
    """The source of what kernels call, for a dtype."""
    how = _COMPLEX if code[0] == "c" else _REAL
    told = {name: text.format(code=code) for name, text in how.items()}
    words = ROWS * ROWS * size_of(code) // 8
    return _TEXT.format(
        code=code, part=part_of(code), size=size_of(code), words=words, strip=64, **told
    )


def grain(work: int) -> int:
    """How many matrices, of so many multiply-adds, are worth a thread: some ten microseconds.

    Examples
    --------
    >>> grain(3**3), grain(16**3)
    (180, 3)
    """
    return max(1, (1 << 14) // (64 + work))
