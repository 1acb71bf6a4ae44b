"""What routines of LAPACK find of matrices on the CPU: eigenvalues, singular values, and QR. They
are NumPy's, bit by bit, where LAPACK has as many threads.

Each function gives what is launched, with the addresses of matrices, of results in row-major order,
of which matrices were taken, in int32, and of some room; and how many bytes that takes.
"""

from __future__ import annotations

from ngrad_kernels.lapack_steps import Asked, Given, Room, Steps
from ngrad_kernels.product import Prepared

CALL = 512
"""How many multiply-adds a routine takes no longer than, whatever it is of."""


def hermitian(given: Given, lower: bool, vectors: bool) -> tuple[Prepared, int]:
    """Eigenvalues, ascending, and perhaps eigenvectors, of which a triangle is read."""
    rows, steps = given.rows, Steps(given, "lower" if lower else "upper")
    values, name = steps.room(rows, "f8"), given.named("syevd", "heevd")
    kinds = [given.inner, "f8", "i8"] if given.parts == 2 else [given.inner, "i8"]
    flags = "V" if vectors else "N", "L" if lower else "U"
    steps.call(name, *flags, rows, steps.taken, rows, values, *map(Asked, kinds))
    steps.keep_reals(0, rows, values)
    if vectors:
        steps.keep(1, rows, rows, steps.taken)
    return steps.launched(CALL + (5 if vectors else 2) * rows**3)


def square(given: Given, vectors: bool) -> tuple[Prepared, int]:
    """Eigenvalues of any square matrices, and perhaps eigenvectors, all of them complex."""
    rows, steps = given.rows, Steps(given, "all")
    values, right = steps.room(2 * rows, "f8"), steps.room(rows * rows if vectors else 1)
    begin = given.named("geev"), "N", "V" if vectors else "N", rows, steps.taken, rows
    end = right, 1, right, rows, Asked(given.inner)  # of left eigenvectors there are none
    if given.parts == 2:
        steps.call(*begin, values, *end, steps.room(2 * rows, "f8"))
    else:
        steps.call(*begin, values, values.behind(rows), *end)
    steps.keep_complex(0, rows, values)
    if vectors and given.parts == 2:
        steps.keep(1, rows, rows, right)
    elif vectors:
        steps.keep_pairs(1, rows, values, right)
    return steps.launched(CALL + 25 * rows**3)


def singular(given: Given, vectors: str) -> tuple[Prepared, int]:
    """Singular values, descending, alone ("N"), or between U and V^H, which have as many vectors
    ("S"), or are square ("A").
    """
    rows, columns, steps = given.rows, given.columns, Steps(given, "all")
    few, many = sorted((rows, columns))
    left, right = (rows, columns) if vectors == "A" else (few, few)
    values = steps.room(few, "f8")
    u, vh = (steps.room(0 if vectors == "N" else n) for n in (rows * left, right * columns))
    if few > 0:
        rooms = [steps.room(8 * few, "i8")]
        if given.parts == 2:
            rooms.insert(0, steps.room(few * max(5 * few + 5, 2 * many + 2 * few + 1), "f8"))
        sizes = vectors, rows, columns, steps.taken, rows, values, u, rows, vh, right
        steps.call(given.named("gesdd"), *sizes, Asked(given.inner), *rooms)
    else:
        for side, out in ((rows, u), (columns, vh)):
            _orthonormal(steps, side, side, 0, out, values)
    if vectors == "N":
        steps.keep_reals(0, few, values)
    else:
        steps.keep(0, rows, left, u)
        steps.keep_reals(1, few, values)
        steps.keep(2, right, columns, vh)
    return steps.launched(CALL + (5 if vectors == "N" else 20) * rows * columns * few)


def orthonormal(given: Given, complete: bool) -> tuple[Prepared, int]:
    """Q, which is square if it is complete, and R."""
    rows, columns = given.rows, given.columns
    few = min(rows, columns)
    inner = rows if complete else few
    steps = Steps(given, "nothing", inner)
    scales = steps.room(few)
    shape = rows, columns, steps.taken, max(rows, 1)
    steps.call(given.named("geqrf"), *shape, scales, Asked(given.inner))
    steps.keep(1, inner, columns, steps.taken, rows, upper=True)
    _orthonormal(steps, rows, inner, few, steps.taken, scales)
    steps.keep(0, rows, inner, steps.taken)
    return steps.launched(CALL + 4 * rows * columns * inner)


def _orthonormal(
    steps: Steps, rows: int, columns: int, count: int, out: Room, scales: Room
) -> None:
    """Have columns made of so many reflections: of none, those of an identity."""
    name = steps.given.named("orgqr", "ungqr")
    steps.call(name, rows, columns, count, out, max(rows, 1), scales, Asked(steps.given.inner))
