"""NumPy's sorts as a stable order: those that are fast exchange equal elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad_kernels import cpu, native

FEW = 512
"""Elements up to which NumPy's stable sort costs less than a fast one and the passes that make it
stable."""
SHORT, LONG = 256, 2048
"""Elements a row from which, to find their places, counting is worth a look at what there is to
count, and a fast sort of elements of 8 bytes the passes that make it stable."""
BRIEF = 6
"""Elements of 8 bytes a row from which a fast sort, and a pass that makes it stable, cost less than
NumPy's stable one: of 8 half as much, of 256 a fifth."""
MANY = 2048
"""Elements in all from which, of 4 bytes or less, they are sorted with their places below them."""

PARTED = 512
"""Elements a row from which NumPy partitions sooner than it sorts."""
SEVERAL = 32
"""Ranks of a row more than which an order of all finds sooner."""


def order(x: Any, descending: bool) -> Any:
    """Where the elements of an array's rows stand once they are in order; in a descending one,
    too, equal elements stay as they were.
    """
    if x.size < SHORT and not descending:  # as below, with fewer questions
        return x.argsort(-1, "stable")
    length = x.shape[-1]
    if x.dtype.kind in "iu" and length >= SHORT and x.size:
        least, most = int(x.min()), int(x.max())
        if most - least < 1 << 16:
            # NumPy's stable sort of what takes two bytes does not compare. That differences wrap
            # does not matter to so many.
            return (most - x if descending else x - least).astype(np.uint16).argsort(-1, "stable")
    narrow = x.dtype.itemsize <= 4
    short = x.size < MANY if narrow else length < LONG
    if short or x.dtype.kind == "c" or _counted(x):
        if not descending:
            return _stable(x)
        return length - 1 - _turned(_stable(_turned(x, True)), True)
    keys = _keys(x)
    if descending:
        np.invert(keys, keys)
    if not narrow:
        return _wide(keys)
    return _paired(keys.astype(np.int64), 32)


def _paired(keys: Any, bits: int) -> Any:
    """Where keys stand in an ascending order, of which each is sorted with its place below it."""
    pairs = _with_places(keys, bits)
    pairs.sort(-1)
    pairs &= (1 << bits) - 1
    return pairs


def _stable(x: Any) -> Any:
    """Where the elements of rows stand in an ascending order, rows not being long."""
    if x.dtype.itemsize < 8 or x.dtype.kind == "c" or x.shape[-1] < BRIEF or x.size < FEW:
        return x.argsort(-1, "stable")
    x = np.ascontiguousarray(x)
    places = x.argsort(-1)
    facts, _held = cpu.facts([x.shape[-1]])
    kernel, rows = cpu.typed("settle", x.dtype.str[1:]), x.size // x.shape[-1]
    native.run(kernel, facts, rows, x.ctypes.data, places.ctypes.data)
    return places


def largest(x: Any, count: int) -> Any:
    """Where the largest elements of rows stand in them, in a descending order."""
    if x.dtype.itemsize > 4 or x.size < MANY or _counted(x):
        return order(x, True)[..., :count]
    pairs = _with_places(np.invert(_keys(x)).astype(np.int64), 32)
    pairs = np.partition(pairs, count - 1, -1)[..., :count]
    pairs.sort(-1)
    return pairs & ((1 << 32) - 1)


def _counted(x: Any) -> bool:
    """Whether NumPy's stable sort is one by digits, which is fast."""
    return bool(x.dtype.itemsize < 4 and x.dtype.kind != "f")


def _keys(x: Any) -> Any:
    """Signed integers that are ordered as numbers are: NaN is the greatest, -0.0 is 0.0."""
    kind, width = x.dtype.kind, max(x.dtype.itemsize, 4)
    signed = np.dtype(f"i{width}")
    if kind == "i":
        return x.copy()
    if kind == "u":
        return (x ^ x.dtype.type(1 << (8 * width - 1))).view(signed)
    bits = np.add(x, 0, dtype=f"f{width}").view(signed)  # -0.0 + 0 is 0.0
    turned = bits >> (8 * width - 1)  # the magnitudes of negative numbers grow as they fall
    turned &= np.iinfo(signed).max
    bits ^= turned
    bits[np.isnan(x)] = np.iinfo(signed).max
    return bits


def _with_places(keys: Any, bits: int) -> Any:
    """Keys of 64 bits that leave so many, each with its place below it, where they were."""
    keys <<= bits
    keys |= np.arange(keys.shape[-1])
    return keys


def _wide(keys: Any) -> Any:
    """Where keys of 64 bits stand in order, in whose memory: as those of 32, if places fit beside
    what they differ in; if not, by the bits beside which they do, as if the others told few apart.
    """
    least, most = int(keys.min()), int(keys.max())
    bits = keys.shape[-1].bit_length()
    left = max(0, (most - least).bit_length() + bits - 63)
    if not left:
        keys -= least
        return _paired(keys, bits)
    above = (keys - least).view(np.uint64)  # it may wrap
    above >>= left
    where = _paired(above.view(np.int64), bits)
    ranked = np.take_along_axis(keys, where, -1)
    falls = np.count_nonzero(ranked[..., 1:] < ranked[..., :-1])
    if falls * FEW > keys.size:
        return _settled(keys)
    # NumPy's stable sort merges runs that are in order.
    return np.take_along_axis(where, ranked.argsort(-1, "stable"), -1) if falls else where


def _settled(keys: Any) -> Any:
    """Of any keys: in order, then the places of equal ones."""
    where = keys.argsort(-1)
    ranked = np.take_along_axis(keys, where, -1)
    differs = ranked[..., 1:] != ranked[..., :-1]
    if not differs.all():
        groups = np.zeros(keys.shape, np.int64)
        np.cumsum(differs, -1, out=groups[..., 1:])
        groups *= keys.shape[-1]
        where += groups
        where.sort(-1)
        where -= groups
    return where


def arrange(x: Any, descending: bool, out: Any) -> None:
    """Write the elements of an array's rows in that order."""
    if x.dtype.kind == "c" and _several_alike(x):
        out[...] = np.take_along_axis(x, order(x, descending), -1)
        return
    out[...] = x
    if x.size < FEW or _counted(x):
        _turned(out, descending).sort(-1, "stable")
        return
    _turned(out, descending).sort(-1)
    _tell_apart(out, x)


def _tell_apart(ranked: Any, x: Any) -> None:
    """Have what is equal and not the same, zeros of both signs and what is no number, stand among
    ranked elements as it does among all: the first, if not all are ranked.
    """
    if x.dtype.kind == "f":
        for equal in (lambda x: x == 0, np.isnan):
            if (found := equal(ranked)).any():
                ranked[found] = x[equal(x)][: np.count_nonzero(found)]


# -- at some places of the order -------------------------------------------------------------------


def at_ranks(x: Any, ranks: Any) -> Any:
    """The elements at ranks, (lead..., k), of an array's rows in order; without one, of long rows
    at few ranks.
    """
    if x.dtype.kind == "c":
        return _taken(x, _taken(order(x, False), ranks))
    if x.shape[-1] < PARTED or (wanted := np.unique(ranks)).size > SEVERAL:
        ordered = np.sort(x, -1)
    else:
        ordered = np.partition(x, wanted, -1)
    found = _taken(ordered, ranks)
    if x.dtype.kind == "f" and (found == 0).any():  # zeros of both signs are equal
        found = _taken(x, places_at_ranks(x, ranks, found))
    return found


def places_at_ranks(x: Any, ranks: Any, found: Any) -> Any:
    """Where in an array's rows the elements at ranks stand that were found: the place of the one
    that is as far behind others equal to it as its rank is behind that of the first.
    """
    lead, length = found.shape[:-1], x.shape[-1]
    if x.dtype.kind == "c" or found.shape[-1] > SEVERAL or x.size < PARTED:
        return _taken(order(x, False), ranks)
    rows = np.ascontiguousarray(np.broadcast_to(x, (*lead, length)).reshape(-1, length))
    ranks = np.broadcast_to(ranks, found.shape).reshape(-1, found.shape[-1])
    where = np.empty(ranks.shape, np.int64)
    for k, values in enumerate(found.reshape(ranks.shape).T[..., None]):
        if k and (ranks[:, k] == ranks[:, k - 1]).all():
            where[:, k] = where[:, k - 1]
            continue
        less, same = rows < values, rows == values
        if (values != values).any():  # NaN is the greatest, and equal to any other
            less |= (values != values) & (rows == rows)
            same |= (values != values) & (rows != rows)
        every, counts = np.flatnonzero(same), np.count_nonzero(same, -1)
        first = np.cumsum(counts) - counts
        behind = ranks[:, k] - np.count_nonzero(less, -1)
        where[:, k] = every[first + behind] - length * np.arange(len(rows))
    return where.reshape(found.shape)


def _taken(x: Any, places: Any) -> Any:
    """The elements of rows at places, whose leading axes broadcast."""
    if places.ndim == 1:
        return x[..., places]
    lead = np.broadcast_shapes(x.shape[:-1], places.shape[:-1])
    x, places = (np.broadcast_to(z, (*lead, z.shape[-1])) for z in (x, places))
    return np.take_along_axis(x, places, -1)


def distinct(x: Any, equal_nan: bool, inverse: bool, counts: bool) -> list[Any]:
    """Where the values of an array are first, in order of the values; where each element is among
    them, and how often each is there, if asked for.
    """
    flat = x.ravel()
    where = order(flat, False)
    ranked = flat[where]
    first = np.ones(flat.size, bool)
    first[1:] = ranked[1:] != ranked[:-1]
    if equal_nan and flat.dtype.kind in "fc":
        first[1:] &= ~(np.isnan(ranked[1:]) & np.isnan(ranked[:-1]))
    found = [where[first]]
    if inverse:
        among = np.empty(flat.size, np.int64)
        among[where] = np.cumsum(first) - 1
        found.append(among.reshape(x.shape))
    if counts:
        found.append(np.diff(np.flatnonzero(first), append=flat.size))
    return found


def distinct_values(x: Any, equal_nan: bool, counts: bool) -> list[Any]:
    """The values of an array of real numbers, in order, and how often each is there, if asked for:
    of those that are equal the first, without a look at where the others are.
    """
    flat = x.ravel()
    ranked = np.sort(flat)
    first = np.ones(flat.size, bool)
    np.not_equal(ranked[1:], ranked[:-1], out=first[1:])
    if equal_nan and flat.dtype.kind == "f" and flat.size and np.isnan(ranked[-1]):
        first[np.searchsorted(ranked, np.nan) + 1 :] = False
    values = as_first(ranked[first], flat)
    return [values, np.diff(np.flatnonzero(first), append=flat.size)] if counts else [values]


def as_first(values: Any, flat: Any) -> Any:
    """Distinct values of a vector, each the first of those that are equal."""
    _tell_apart(values, flat)
    return values


def _several_alike(x: Any) -> bool:
    """Whether complex numbers may be equal in order that are not the same."""
    parts = (x.real, x.imag)
    return any(np.isnan(part).any() or np.signbit(part[part == 0]).any() for part in parts)


def _turned(x: Any, turn: bool) -> Any:
    return x[..., ::-1] if turn else x
