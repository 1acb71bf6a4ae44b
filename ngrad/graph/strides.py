"""Strides: how one layout is seen as another shape, in which order axes lie, and views as kernels
read them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ngrad.graph.layout import Layout, contiguous_strides, layout

Dims = list[tuple[int, int]]


def same_shape(x: tuple[int, ...], y: tuple[int, ...]) -> bool:
    """Whether two shapes are equal. Tuples compare their first items before their lengths, which
    would ask open sizes what does not matter.
    """
    return len(x) == len(y) and x == y


def broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that shapes broadcast to, by NumPy's rules.

    Raises
    ------
    ValueError
        If they do not.

    Examples
    --------
    >>> broadcast((2, 1), (3,), ())
    (2, 3)
    """
    first = shapes[0]
    for shape in shapes:
        if shape is not first and not same_shape(shape, first):
            break
    else:
        return first
    rank = max([len(shape) for shape in shapes])
    result = [1] * rank
    for shape in shapes:
        for k, n in enumerate(shape, rank - len(shape)):
            if n != 1:
                if result[k] != 1 and result[k] != n:
                    raise ValueError(_unlike(shapes))
                result[k] = n
    return tuple(result)


def _unlike(shapes: tuple[tuple[int, ...], ...]) -> str:
    """In NumPy's words, which others look for in an error; of what has axes."""
    some = ", ".join(str(shape) for shape in shapes if len(shape))
    return f"shapes cannot be broadcast to a single shape: {some}"


def broadcast_strides(where: Layout, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a layout seen as a shape that it broadcasts to: 0 along axes that repeat."""
    missing = len(shape) - where.ndim
    own = zip(where.shape, where.strides, strict=True)
    repeated = (0 if n == 1 and shape[missing + k] != 1 else s for k, (n, s) in enumerate(own))
    return (0,) * missing + tuple(repeated)


def collapse(dims: Sequence[tuple[int, int]]) -> Dims:
    """(size, stride) pairs with neighbours merged where they lie in one run.

    Examples
    --------
    >>> collapse([(2, 12), (3, 4)]), collapse([(2, 0), (3, 4)])
    ([(6, 4)], [(2, 0), (3, 4)])
    """
    result: Dims = []
    for size, stride in dims:
        if size == 1:
            continue
        if result and result[-1][1] == size * stride:
            result[-1] = (result[-1][0] * size, stride)
        else:
            result.append((size, stride))
    return result


def reshaped_strides(where: Layout, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Strides with which another shape sees the same elements in order; None if there are none.

    Each run of the memory has to be whole axes of the shape: sizes and strides may be open, so
    NumPy, which knows too, is not asked.

    Examples
    --------
    >>> from ngrad.dtypes import float32
    >>> turned = layout(float32, (2, 6), (4, 8))
    >>> reshaped_strides(turned, (2, 3, 2)), reshaped_strides(turned, (12,))
    ((4, 16, 8), None)
    """
    runs = collapse(list(zip(where.shape, where.strides, strict=True)))
    strides = [where.dtype.itemsize] * len(shape)  # axes of one element have any
    axes = [k for k, n in enumerate(shape) if n != 1]
    for size, stride in runs:
        own, many = [], 1
        while many != size:
            if not axes or size < many:
                return None
            own.append(axes.pop(0))
            many *= shape[own[-1]]
        for k in reversed(own):
            strides[k] = stride
            stride = stride * shape[k]
    return tuple(strides)


def reshaped_order(
    own: tuple[int, ...], shape: tuple[int, ...], order: Sequence[int]
) -> list[int] | None:
    """The order of axes of a shape, of as many elements as another, in which a reshape to that sees
    it as its own axes in an order; None if there is none, since axes that are one there lie apart.

    Examples
    --------
    >>> reshaped_order((2, 3, 4), (2, 12), (1, 0)), reshaped_order((2, 12), (2, 3, 4), (1, 0, 2))
    ([1, 2, 0], None)
    """
    mine, theirs = ([a for a, n in enumerate(sizes) if n != 1] for sizes in (own, shape))
    blocks: dict[int, tuple[list[int], list[int]]] = {}
    while mine:
        ours, given = [mine.pop(0)], [theirs.pop(0)]
        size, other = own[ours[0]], shape[given[0]]
        while size != other:
            if size < other:
                ours.append(mine.pop(0))
                size *= own[ours[-1]]
            else:
                given.append(theirs.pop(0))
                other *= shape[given[-1]]
        blocks[given[0]] = ours, given
    found = [axis for axis, n in enumerate(own) if n == 1]
    waiting = [axis for axis in order if shape[axis] != 1]
    while waiting:
        ours, given = blocks.get(waiting[0], ([], []))
        if not given or waiting[: len(given)] != given:
            return None
        found += ours
        del waiting[: len(given)]
    return found


def view_words(itemsize: int, dims: Dims) -> list[int]:
    """A strided view as kernels read it."""
    return [itemsize, len(dims), *(word for dim in dims for word in dim)]


def is_run(dims: Dims, itemsize: int) -> bool:
    """Whether collapsed dimensions are one contiguous run."""
    return not dims or (len(dims) == 1 and dims[0][1] == itemsize)


def is_turned(dims: Dims, itemsize: int) -> bool:
    """Whether collapsed dimensions end in a matrix that lies by columns, and is copied by squares
    (`moves.turn_rows`).

    Examples
    --------
    >>> is_turned(((3, 4), (5, 12)), 4), is_turned(((3, 20), (5, 4)), 4)
    (True, False)
    """
    return len(dims) > 1 and itemsize in (4, 8) and dims[-2][1] == itemsize != dims[-1][1]


def pitches(where: Layout, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The bytes from a place to the next along each axis of a shape but the last, along which
    elements are neighbours; None if they do not lie so.

    Examples
    --------
    >>> from ngrad.dtypes import float32
    >>> pitches(layout(float32, (2, 3, 4), (96, 16, 4)), (2, 12))
    (96,)
    """
    strides = reshaped_strides(where, shape)
    if strides is None or strides[-1] != where.dtype.itemsize:
        return None
    return strides[:-1]


def rows_apart(where: Layout, axis: int) -> tuple[int, int] | None:
    """The bytes from a row along an axis to the next, and from a table of these, the axes before,
    to the next; None if rows are no runs, or tables lie unevenly.

    Examples
    --------
    >>> from ngrad.dtypes import float32
    >>> where = layout(float32, (2, 3, 5, 4), (480, 160, -32, 4))
    >>> rows_apart(where, 2), rows_apart(where, 1)
    ((-32, 160), None)
    """
    dims = list(zip(where.shape, where.strides, strict=True))
    before = collapse(dims[:axis])
    if len(before) > 1 or not is_run(collapse(dims[axis + 1 :]), where.dtype.itemsize):
        return None
    return where.strides[axis], before[0][1] if before else 0


def memory_order(strides: Sequence[tuple[int, ...]], ndim: int) -> list[int]:
    """Axes from the slowest to the fastest in memory, as NumPy orders them: two change places only
    where every operand that says something (that varies along both) says so.
    """
    order: list[int] = []
    for axis in range(ndim):
        at = len(order)
        for place in range(at - 1, -1, -1):
            before = order[place]
            told = [(abs(own[before]), abs(own[axis])) for own in strides]
            told = [(slow, fast) for slow, fast in told if slow and fast]
            if told and any(fast <= slow for slow, fast in told):
                break
            at = place if told else at
        order.insert(at, axis)
    return order


def ordered_layout(spec: Layout, order: Sequence[int]) -> Layout:
    """A dense layout whose memory order is that of the axes given."""
    shape = tuple(spec.shape[axis] for axis in order)
    strides = [0] * spec.ndim
    for axis, stride in zip(order, contiguous_strides(shape, spec.dtype.itemsize), strict=True):
        strides[axis] = stride
    return layout(spec.dtype, spec.shape, tuple(strides), spec.device)


def mapped_layout(inputs: Sequence[Layout], spec: Layout) -> tuple[Layout, list[int]]:
    """How the result of an elementwise op lies, and its axes from the slowest to the fastest."""
    if spec.size == 0 or all(where.contiguous for where in inputs):
        return spec, list(range(spec.ndim))
    strides = [
        tuple(s if n != 1 else 0 for n, s in zip(spec.shape, own, strict=True))
        for own in (broadcast_strides(where, spec.shape) for where in inputs)
    ]
    order = memory_order(strides, spec.ndim)
    return ordered_layout(spec, order), order
