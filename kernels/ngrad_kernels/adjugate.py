"""Adjugates of square matrices on the CPU, also of singular ones: by LU factors of which each pivot
is the largest of all that is left, so that what is nearly 0 comes last (Stewart 1998). Those of
matrices that are not finite are NaN.
"""

from __future__ import annotations

import math

from ngrad_kernels.codes import size_of
from ngrad_kernels.lapack_calls import Squares, kernel, launched, view
from ngrad_kernels.product import Prepared

# With P A Q = L D U, where L and U have ones on their diagonals, the adjugate is the sign of both
# permutations times Q U^-1 E L^-1 P, and E has in each place of D the product of all others.
_TEXT = """
def {name}(table, lo, hi):
    facts = table_at(table[0])
    rows, down, across = facts[0], facts[1], facts[2]
    size = {inner_size}
    line = rows * size
    matrix = table[3] + lo // facts[3] * (2 * line * rows + line + 16 * rows)  # of a grain
    found, scales = matrix + line * rows, matrix + 2 * line * rows
    places = scales + line
    for item in range(lo, hi):
        source = place(table[1], table[0] + 4 * 8, item)
        out = table[2] + item * rows * rows * {size}
        take(matrix, source, across, down, rows, rows)
        finite = True
        for i in range(rows * rows * {parts}):
            part = reload_{inner}(matrix, i)
            finite &= part - part == 0
        if not finite:
            for i in range(rows * rows * {parts}):
                store_{part}(out, i, {part}(np.nan))
            continue
        for i in range(rows * rows * {parts}):
            store_{inner}(found, i, {inner}(i % ((rows + 1) * {parts}) == 0))
        sign = {whole}(1)
        for k in range(rows):
            most, low, left = few_size({whole}(0)), k, k
            for i in range(k, rows):
                for j in range(k, rows):
                    here = few_size(reload_{whole}(matrix + i * line, j))
                    if here > most:
                        most, low, left = here, i, j
            store_i8(places, k, left)
            if low != k:
                exchange_lines(matrix, size, rows, line, k, low)
                exchange_lines(found, size, rows, line, k, low)
                sign = -sign
            if left != k:
                exchange_lines(matrix, line, rows, size, k, left)
                sign = -sign
            own, pivot = matrix + k * line, reload_{whole}(matrix + k * line, k)
            if most == 0:
                continue
            for i in range(k + 1, rows):
                other = matrix + i * line
                number = few_over(reload_{whole}(other, k), pivot)
                store_{whole}(other, k, number)
                for j in range(k + 1, rows):
                    total = few_plus(reload_{whole}(other, j), reload_{whole}(own, j), -number)
                    store_{whole}(other, j, total)
            for j in range(k + 1, rows):
                store_{whole}(own, j, few_over(reload_{whole}(own, j), pivot))
        number = sign
        for k in range(rows):
            store_{whole}(scales, k, number)
            number = {whole}(number * reload_{whole}(matrix + k * line, k))
        substitute(found, line, rows, matrix, line, size, rows, True, True)
        number = {whole}(1)
        for m in range(rows):
            k = rows - 1 - m
            scale = {whole}(reload_{whole}(scales, k) * number)
            number = {whole}(number * reload_{whole}(matrix + k * line, k))
            for j in range(rows):
                here = reload_{whole}(found + k * line, j)
                store_{whole}(found + k * line, j, {whole}(here * scale))
        substitute(found, line, rows, matrix, line, size, rows, False, True)
        for m in range(rows):
            k = rows - 1 - m
            exchange_lines(found, size, rows, line, k, reload_i8(places, k))
        give(out, found, rows * rows, 1)
"""


def adjugates(matrices: Squares) -> tuple[Prepared, int]:
    """What is launched, with the addresses of matrices, of adjugates in row-major order, and of
    some room; and how many bytes that takes.
    """
    code, inner, batch, rows, lies = matrices
    facts = [rows, lies.down, lies.across, 0, *view(size_of(code), batch, lies)]
    count, size = math.prod(batch), size_of(inner)
    done = launched(kernel("adjugate", _TEXT, code, inner), facts, count, 2 * rows**3, 0)
    done.keep[3] = done.grain
    return done, -(-count // done.grain) * rows * ((2 * rows + 1) * size + 16)
