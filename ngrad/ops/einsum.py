"""Contractions by subscripts and by axes, lowered to transposes, reshapes and matrix products."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from ngrad.errors import NumberError, ShapeError
from ngrad.ops.convert import operands, tensor
from ngrad.ops.diagonal import diagonal, permuted
from ngrad.ops.extents import integers
from ngrad.ops.pairs import Labels, Paired, multiplied, paired
from ngrad.ops.reductions import reduce_sum
from ngrad.ops.shape import normal_axis, reshape
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


@replayed
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """The sum of products over axes of both tensors; what is left are the axes of a, then of b.

    Parameters
    ----------
    a, b : tensor
    axes : int, or a pair of (sequences of) int
        How many of the last axes of a and the first of b to contract; or which of each.

    Raises
    ------
    ShapeError
        If contracted axes differ in extent or number, or are named twice.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.tensordot([[1, 2], [3, 4]], [[1, 0], [0, 1]], axes=2).numpy()
    np.int32(5)
    """
    x, y = operands("tensordot", a, b)
    of_x, of_y = _contracted(axes, x.ndim, y.ndim)
    shape_x, shape_y = x._layout.shape, y._layout.shape
    for k, m in zip(of_x, of_y, strict=True):
        if shape_x[k] != shape_y[m]:
            raise ShapeError(
                f"tensordot: axis {k} of shape {shape_x} and axis {m} of shape {shape_y} "
                "are contracted, and differ in extent"
            )
    labels_x = [chr(97 + k) for k in range(x.ndim)]
    labels_y = [chr(97 + x.ndim + k) for k in range(y.ndim)]
    for k, m in zip(of_x, of_y, strict=True):
        labels_y[m] = labels_x[k]
    common = {labels_x[k] for k in of_x}
    out = "".join(label for label in (*labels_x, *labels_y) if label not in common)
    found, labels = _pair(x, "".join(labels_x), y, "".join(labels_y), set(out))
    return _arranged(found, labels, out)


def _contracted(axes: Any, ndim_x: int, ndim_y: int) -> tuple[list[int], list[int]]:
    pair = axes if isinstance(axes, (list, tuple)) else tensor(axes, "tensordot").numpy().tolist()
    if isinstance(pair, int):
        if not 0 <= pair <= min(ndim_x, ndim_y):
            raise ShapeError(
                f"tensordot: {pair} axes of tensors of {ndim_x} and {ndim_y} dimensions"
            )
        return list(range(ndim_x - pair, ndim_x)), list(range(pair))
    if len(pair) != 2:
        raise ShapeError(f"tensordot: axes must be a number, or a pair of axes, not {axes!r}")
    of_x = [normal_axis(axis, ndim_x, "tensordot") for axis in integers(pair[0], "tensordot")]
    of_y = [normal_axis(axis, ndim_y, "tensordot") for axis in integers(pair[1], "tensordot")]
    if len(of_x) != len(of_y):
        raise ShapeError(f"tensordot: axes {axes!r} name {len(of_x)} and {len(of_y)} axes")
    if len(set(of_x)) != len(of_x) or len(set(of_y)) != len(of_y):
        raise ShapeError(f"tensordot: an axis is named twice in {axes!r}")
    return of_x, of_y


# -- einsum ------------------------------------------------------------------------------------


def einsum(
    equation: str, *inputs: Any, optimize: str = "greedy", name: str | None = None
) -> Tensor:
    """Einstein's sum: products of tensors, summed over the labels that the result does not have.

    Parameters
    ----------
    equation : str
        As "ij,jk->ik": a letter for each axis of each input, then those of the result. Without
        "->" the result has the letters that appear once, in order. A repeated letter in one input
        is a diagonal; "..." stands for axes that broadcast, and leads an implicit result.
    *inputs : tensors
    optimize : {"greedy", "optimal", "branch-2", "branch-all", "branch-1", "dp", "auto"}
        How `opt_einsum` looks for the order of contraction of three tensors or more.

    Raises
    ------
    ShapeError
        If the equation cannot be read, does not fit the inputs, or gives a letter two extents.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.einsum("ij,j->i", [[1, 2], [3, 4]], [1, 1]).numpy()
    array([3, 7], dtype=int32)
    """
    values = list(operands("einsum", *inputs)) if inputs else []
    shapes = tuple([x._layout.shape for x in values])
    open_ = any(map(_open, values))
    if len(values) > 1 and not open_:
        steps, order = _direct(equation, shapes, optimize, _sums(values[0]))
        for first, second, how in steps:
            y, x = values.pop(second), values.pop(first)
            values.append(multiplied(x, y, how))
        if steps:
            return permuted(values[0], order)
    planned = _planned.__wrapped__ if open_ else _planned
    terms, out, path = planned(equation, shapes, optimize)
    if len(terms) == 1:
        return _alone(values[0], *_steps(*terms, out))
    labels = list(terms)
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            sizes[label] = n if sizes.get(label, 1) == 1 else sizes[label]
    for k, (value, term) in enumerate(zip(values, terms, strict=True)):
        values[k], labels[k] = _simple(value, term, sizes)
    for step in path:
        chosen = sorted(step, reverse=True)
        parts = [(values.pop(k), labels.pop(k)) for k in chosen]
        keep = set(out).union(*labels)
        value, term = parts.pop()
        while parts:
            other, label = parts.pop()
            value, term = _pair(value, term, other, label, keep.union(*(p[1] for p in parts)))
        value, term = _summed(value, term, keep)
        values.append(value)
        labels.append(term)
    return _arranged(values[0], labels[0], out)


Pairs = tuple[tuple[int, int], ...]


@functools.lru_cache(1024)
def _steps(term: Labels, out: Labels) -> tuple[Pairs, tuple[int, ...], tuple[int, ...]]:
    """Of one tensor: pairs of axes whose diagonals are taken in turn, then the axes that are
    summed, and the order of those that are left.
    """
    pairs, term = _once_each(term)
    left = [label for label in term if label in out]
    summed = tuple([k for k, label in enumerate(term) if label not in out])
    return pairs, summed, tuple([left.index(label) for label in out])


@functools.lru_cache(1024)
def _once_each(term: Labels) -> tuple[Pairs, Labels]:
    """Pairs of axes whose diagonals are taken in turn, until each label is there once, and the
    labels then.
    """
    pairs = []
    for label in dict.fromkeys(term):
        while term.count(label) > 1:
            first = term.index(label)
            second = term.index(label, first + 1)
            pairs.append((first, second))
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + label
    return tuple(pairs), term


def _alone(x: Any, pairs: Pairs, summed: tuple[int, ...], order: tuple[int, ...]) -> Any:
    """What these steps make of a tensor."""
    for first, second in pairs:
        x = diagonal(x, first, second)
    return permuted(reduce_sum(x, summed) if summed else x, order)


_open = operator.attrgetter("_layout.open")


@functools.lru_cache(1024)
def _direct(
    equation: str, shapes: tuple[tuple[int, ...], ...], optimize: str, sums: bool
) -> tuple[tuple[tuple[int, int, Paired], ...], tuple[int, ...]]:
    """Which two tensors are multiplied at each step, and how, and in which order the last result
    has its axes; no steps if there is more to be done between.
    """
    terms, out, path = _planned(equation, shapes, optimize)
    sizes: dict[str, int] = {}
    plain = all(
        sizes.setdefault(label, n) == n
        for term, shape in zip(terms, shapes, strict=True)
        for label, n in zip(term, shape, strict=True)
    )
    if not plain or any(len(set(term)) < len(term) for term in terms):
        return (), ()
    left, steps = [*zip(terms, shapes, strict=True)], []
    for step in path:
        if len(step) != 2:
            return (), ()
        first, second = sorted(step)
        (in_y, y), (in_x, x) = left.pop(second), left.pop(first)
        keep = set(out).union(*[term for term, _ in left])
        if not set(in_x) ^ set(in_y) <= keep:
            return (), ()
        how = paired(in_x, in_y, "".join(sorted(keep)), x, y, sums)
        steps.append((first, second, how))
        left.append((how.result, how.shape))
    ((last, _),) = left
    return tuple(steps), tuple(last.index(label) for label in out)


@functools.lru_cache(1024)
def _planned(
    equation: str, shapes: tuple[tuple[int, ...], ...], optimize: str
) -> tuple[tuple[Labels, ...], Labels, tuple[tuple[int, ...], ...]]:
    """The labels of each input and of the result, and which tensors meet at each step."""
    import opt_einsum

    terms, out = _parsed(equation, shapes)
    if len(terms) <= 2:
        return terms, out, (tuple(range(len(terms))),)
    try:
        path, _ = opt_einsum.contract_path(
            f"{','.join(terms)}->{out}", *shapes, shapes=True, optimize=optimize
        )
    except KeyError:
        raise NumberError(f"einsum: optimize={optimize!r} is no way that opt_einsum has") from None
    return terms, out, tuple(tuple(step) for step in path)


def _parsed(equation: str, shapes: Sequence[tuple[int, ...]]) -> tuple[tuple[Labels, ...], Labels]:
    text = "".join(equation.split())
    left, arrow, right = text.partition("->")
    given = left.split(",")
    if len(given) != len(shapes):
        raise ShapeError(f"einsum: {equation!r} is for {len(given)} tensors, not {len(shapes)}")
    for term in (*given, right):
        letters = term.replace("...", "", 1)
        if letters and not (letters.isascii() and letters.isalpha()):
            raise ShapeError(f"einsum: cannot read {term!r} in {equation!r}; use letters and '...'")
    spare = [
        len(shape) - len(term.replace("...", "")) if "..." in term else 0
        for term, shape in zip(given, shapes, strict=True)
    ]
    # Letters are a-z and A-Z: any other character is free for the axes of an ellipsis.
    dots = "".join(chr(0x391 + k) for k in range(max(0, *spare)))
    terms = []
    for term, shape, extra in zip(given, shapes, spare, strict=True):
        full = term.replace("...", dots[len(dots) - extra :]) if extra >= 0 else term
        if extra < 0 or len(full) != len(shape):
            raise ShapeError(f"einsum: {term!r} in {equation!r} does not fit shape {tuple(shape)}")
        terms.append(full)
    every = "".join(terms)
    if arrow:
        if dots and "..." not in right:
            raise ShapeError(f"einsum: {equation!r} has axes of '...' that its result leaves out")
        out = right.replace("...", dots)
    else:
        letters = "".join(given).replace("...", "")
        out = dots + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    for label in out:
        if label not in every:
            raise ShapeError(f"einsum: {equation!r} has no input with the result's {label!r}")
        if out.count(label) > 1:
            raise ShapeError(f"einsum: {equation!r} names {label!r} twice in the result")
    _check_extents(equation, terms, shapes, dots)
    return tuple(terms), out


def _check_extents(
    equation: str, terms: Iterable[Labels], shapes: Iterable[tuple[int, ...]], dots: Labels
) -> None:
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        own: dict[str, int] = {}
        for label, n in zip(term, shape, strict=True):
            known = own.setdefault(label, n)
            if known == n:
                known = sizes.setdefault(label, n)
                if known == n or n == 1:
                    continue
                if known == 1:
                    sizes[label] = n
                    continue
            axis = "an axis of '...'" if label in dots else repr(label)
            raise ShapeError(f"einsum: {equation!r} has {axis} of {known} and of {n} elements")


def _simple(value: Any, term: Labels, sizes: dict[str, int]) -> tuple[Any, Labels]:
    """A tensor with each label once, and none along which it is repeated."""
    shape = value._layout.shape
    repeated = [k for k, label in enumerate(term) if shape[k] == 1 != sizes[label]]
    if repeated:
        value = reshape(value, tuple(n for k, n in enumerate(shape) if k not in repeated))
        term = "".join(label for k, label in enumerate(term) if k not in repeated)
    pairs, term = _once_each(term)
    for first, second in pairs:
        value = diagonal(value, first, second)
    return value, term


def _arranged(x: Any, labels: Labels, out: Labels) -> Any:
    return permuted(x, [labels.index(label) for label in out])


def _summed(x: Any, labels: Labels, keep: set[str]) -> tuple[Any, Labels]:
    """A tensor summed over the labels that nobody needs."""
    axes = tuple([k for k, label in enumerate(labels) if label not in keep])
    if not axes:
        return x, labels
    return reduce_sum(x, axes), "".join(label for label in labels if label in keep)


def _pair(x: Any, in_x: Labels, y: Any, in_y: Labels, keep: set[str]) -> tuple[Any, Labels]:
    """Two tensors multiplied, and summed over the labels that are not kept."""
    x, in_x = _summed(x, in_x, keep.union(in_y))
    y, in_y = _summed(y, in_y, keep.union(in_x))
    shapes = x._layout.shape, y._layout.shape
    pair = paired.__wrapped__ if x._layout.open or y._layout.open else paired
    how = pair(in_x, in_y, "".join(sorted(keep)), *shapes, _sums(x))
    return multiplied(x, y, how), how.result


def _sums(x: Any) -> bool:
    """Whether products of a dtype are added up in it: of halves they are in float32, and of bools
    it is told whether any is true, to which products of matrices see.
    """
    return not (x.dtype.is_half or x.dtype.is_bool)
