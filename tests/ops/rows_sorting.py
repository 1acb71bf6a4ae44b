"""Rows of ops on the order of elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric import Array
from table import Row

import ngrad
from ngrad.graph.op import TABLE
from ngrad.ops.bitwise import PACK, UNPACK
from ngrad.ops.interpolation import INTERP
from ngrad.ops.ranks import PLACES, RANKED, ranked
from ngrad.ops.sorting import LARGEST, SEARCH, ordered, partitioned
from ngrad.record import apply

_take = np.take_along_axis


def _searched(x: Array, values: Array, right: bool) -> Array:
    side = "right" if right else "left"
    return np.stack([np.searchsorted(a, v, side) for a, v in zip(x, values, strict=True)])


def _order(x: Array, axis: int, descending: bool) -> Array:
    """By NumPy's stable order of the ranks, which it can turn round."""
    _, rank = np.unique(x, return_inverse=True)
    return np.argsort(rank.reshape(x.shape) * (1 - 2 * descending), axis, kind="stable")


def _sorted(name: str, reference: Any) -> list[Row]:
    return [
        Row(
            name,
            lambda x, a=axis, d=direction: getattr(ngrad, name)(x, a, d),
            lambda x, a=axis, d=direction: reference(x, a, d == "DESCENDING"),
            kinds="fiubc",
            shapes=((shape,),),
            smooth=name == "sort",
            label=f"{name}-axis={axis}-{direction.lower()}",
        )
        for axis, direction, shape in (
            (-1, "ASCENDING", (9,)),
            (0, "DESCENDING", (5, 3)),
            (1, "ASCENDING", (2, 0, 3)),
        )
    ]


def _broadcast(x: Array, ranks: Array) -> tuple[Array, Array]:
    lead = np.broadcast_shapes(x.shape[:-1], ranks.shape[:-1])
    both = (np.broadcast_to(z, (*lead, z.shape[-1])) for z in (x, ranks))
    return tuple(both)  # type: ignore[return-value]


def _rank_places(x: Array, ranks: Array) -> Array:
    return _take(*_broadcast(_order(x, -1, False), ranks), -1)


def _interpolated(x: Array, places: Array, values: Array) -> Array:
    places = np.sort(places)
    if places.ndim == 1:
        return np.interp(x, places, values)
    return np.array([np.interp(*row) for row in zip(x, places, values, strict=True)])


SORTING = [
    *(
        Row(
            "search",
            lambda x, v, right=right: apply(SEARCH, (ngrad.sort(x), v), (right,)),
            lambda x, v, right=right: _searched(np.sort(x), v, right),
            kinds="fiubc",
            domains=((-2, 2), (-2, 2)),
            shapes=(((1, 7), (1, 5)), ((2, 4), (2, 1)), ((1, 0), (1, 2))),
            smooth=False,
            label="right" if right else "left",
        )
        for right in (False, True)
    ),
    Row(
        "interp",
        lambda x, places, values: apply(INTERP, (x, ngrad.sort(places), values)),
        _interpolated,
        domains=((-2, 2),) * 3,
        shapes=(
            ((5,), (4,), (4,)),
            ((2, 3), (2, 4), (2, 4)),
            ((3,), (1,), (1,)),
            ((0,), (2,), (2,)),
        ),
        ulps=8,
        floor=1e-6,
    ),
    *(
        Row(
            "largest",
            lambda x, count=count: ordered(LARGEST, x, count),
            lambda x, count=count: _order(x, -1, True)[..., :count],
            kinds="fiubc",
            shapes=(((9,),), ((5, 3),), ((2, 0, 3),)) if count < 4 else (((3, 700),), ((40,),)),
            smooth=False,
            label=str(count),
        )
        for count in (0, 1, 3, 33, 40)
    ),
    *_sorted("argsort", lambda *how: _order(*how).astype(np.int32)),
    *(
        Row(
            op,
            lambda x, op=op: partitioned(TABLE[op], x, (1, 4), 0),
            lambda x, op=op: getattr(np, op)(x, (1, 4), 0),
            kinds="fiubc",
            shapes=(((9,),), ((5, 3),)),
            smooth=op == "partition",
        )
        for op in ("partition", "argpartition")
    ),
    *(
        Row(
            op.name,
            function,
            reference,
            ((-2, 2), (0, 4)),
            kinds="fiubc",
            shapes=(((9,), (3,)), ((2, 3, 5), (3,)), ((3, 7), (3, 2)), ((7,), (3, 2))),
            smooth=op is RANKED,
            fixed=(None, "i8"),
            whole=(None, (0, 4)),
        )
        for op, function, reference in (
            (
                RANKED,
                ranked,
                lambda x, ranks: _take(*_broadcast(x, _rank_places(x, ranks)), -1),
            ),
            (
                PLACES,
                lambda x, ranks: apply(PLACES, (x, ranks, ranked(x, ranks))),
                _rank_places,
            ),
        )
    ),
    *(
        Row(
            op.name,
            lambda x, op=op, big=big: apply(op, (x,), (big,)),
            lambda x, bits=bits, big=big: bits(x, -1, bitorder="big" if big else "little"),
            kinds=kinds,
            shapes=(((2, 16),), ((3, 13),)),
            smooth=False,
            fixed=(code,),
            label=f"big={big}",
        )
        for op, bits, kinds, code in (
            (PACK, np.packbits, "b", None),
            (UNPACK, np.unpackbits, "fiubc", "u1"),
        )
        for big in (True, False)
    ),
    *_sorted("sort", lambda x, axis, down: _take(x, _order(x, axis, down), axis)),
]
