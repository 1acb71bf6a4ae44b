"""How kernels call BLAS: what they have on the stack for it, and a product of two matrices.

BLAS sees memory by columns: instead of C = X Y it is asked for C^T = Y^T X^T of the same memory. It
may count in int32 or int64: a number is stored as int64, of which the first half is the same int32
(on CPUs that begin numbers at their low end).
"""

# pyright: reportUndefinedVariable=false
# The names come from the kernels' namespace, into which the source of these functions is executed.
# ruff: noqa: F821

from __future__ import annotations

from ngrad_kernels import blas_threads

BEGIN = """
    words = stack_words(24)
    numbers = words + 13 * 8
    one, zero, flags = numbers + 6 * 8, numbers + 8 * 8, numbers + 10 * 8
    store_{code}(one, 0, {code}(1))
    store_{code}(zero, 0, {code}(0))
    threads = 1
    if get_threads != 0:
        threads = hold_threads(held, get_threads, set_threads)
""".strip()
"""Room for the addresses of 13 arguments, for six numbers, for two numbers of a dtype, and letters;
and BLAS with one thread, if that can be told.
"""
END = """
    if get_threads != 0:
        give_back_threads(held, set_threads, threads)
""".strip()


def multiply(gemm, words, y_by, x_by, wide, high, depth, y, y_run, x, x_run, scale, out, out_run):
    """X (high, depth) times Y (depth, wide), added to what there is at `out` times a number at
    `scale`. `by`: whether an operand lies by columns; `run`: elements from a run to the next.
    """
    given, numbers = table_at(words), words + 13 * 8
    one, flags = numbers + 6 * 8, numbers + 10 * 8
    store_u1(flags, 0, u1(84 if y_by else 78))  # T, or N
    store_u1(flags, 1, u1(84 if x_by else 78))
    store_i8(numbers, 0, i8(wide))
    store_i8(numbers, 1, i8(high))
    store_i8(numbers, 2, i8(depth))
    store_i8(numbers, 3, i8(y_run))
    store_i8(numbers, 4, i8(x_run))
    store_i8(numbers, 5, i8(out_run))
    given[0], given[1], given[2] = flags, flags + 1, numbers
    given[3], given[4], given[5] = numbers + 8, numbers + 16, one
    given[6], given[7], given[8], given[9] = y, numbers + 24, x, numbers + 32
    given[10], given[11], given[12] = scale, out, numbers + 40
    call_words(gemm, words, 13)


HELPERS = (*blas_threads.HELPERS, multiply)
