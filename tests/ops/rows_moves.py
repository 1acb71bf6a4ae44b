"""Rows of ops that move elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from numeric import Array
from second import second
from table import Row

import ngrad
from ngrad.devices import HOST
from ngrad.graph.op import TABLE
from ngrad.graph.reference import REFERENCES
from ngrad.ops.assignment import ADD, assigned
from ngrad.ops.gather import gather_rows
from ngrad.ops.identity import COPY
from ngrad.ops.multiplied import OTHERS, multiplied_rows
from ngrad.ops.put_rows import last_named
from ngrad.ops.transfer import to_device
from ngrad.record import apply


def _there_and_back(x: Any) -> Any:
    home = x._layout.device
    return to_device(to_device(x, HOST if home is second() else second()), home)


def _moves(op: str, label: str, function: Any, reference: Any, *shapes: Any, **options: Any) -> Row:
    """An op that only moves elements: any dtype, to the bit."""
    domains = ((-2, 2),) * len(shapes)
    return Row(op, function, reference, domains, "fiubc", shapes=(shapes,), label=label, **options)


SHAPES = [
    _moves("identity", "", ngrad.identity, lambda x: x, (2, 3)),
    _moves("copy", "", lambda x: apply(COPY, (ngrad.transpose(x),)), lambda x: x.T, (2, 3)),
    _moves("to_device", "", _there_and_back, lambda x: x, (2, 3)),
    _moves("stop_gradient", "", ngrad.stop_gradient, lambda x: x, (2, 3), smooth=False),
    _moves("reshape", "", lambda x: ngrad.reshape(x, (2, -1)), lambda x: x.reshape(2, -1), (3, 4)),
    _moves(
        "bitcast",
        "",
        lambda x: ngrad.bitcast(
            x, {1: "int8", 2: "int16", 4: "int32", 8: "int64"}.get(x.dtype.size, "float64")
        ),
        lambda x: (
            x.copy()
            .view({1: "i1", 2: "i2", 4: "i4", 8: "i8"}.get(x.itemsize, "f8"))
            .reshape(*x.shape, *(() if x.itemsize < 16 else (2,)))
        ),
        (2, 3),
        smooth=False,
    ),
    _moves(
        "broadcast_to",
        "",
        lambda x: ngrad.broadcast_to(x, (2, 3, 4)),
        lambda x: np.broadcast_to(x, (2, 3, 4)),
        (3, 1),
    ),
    _moves(
        "transpose",
        "",
        lambda x: ngrad.transpose(x, (1, 2, 0)),
        lambda x: x.transpose(1, 2, 0),
        (2, 3, 4),
    ),
    _moves("strided_slice", "steps", lambda x: x[::2, ::-1], lambda x: x[::2, ::-1], (5, 3)),
    _moves("strided_slice", "empty", lambda x: x[3:1], lambda x: x[3:1], (5, 3)),
    _moves(
        "embed",
        "",
        lambda x: ngrad.pad(x, [[1, 2], [0, 1]]),
        lambda x: np.pad(x, [[1, 2], [0, 1]]),
        (2, 3),
    ),
    *(
        Row(
            op,
            lambda x, op=op, params=params: apply(TABLE[op], (x,), params),
            lambda x, op=op, params=params: REFERENCES[op](x, *params),
            ((-2, 2),),
            "fiuc" + "b" * (op == "windows"),
            shapes=(shapes,),
            ulps=8.0 * (op == "fold_windows"),
            label=label,
        )
        for op, label, params, *shapes in (
            ("windows", "1d", ((3,), (2,), (1,)), (2, 8, 1)),
            ("windows", "2d", ((2, 3), (1, 2), (3, 1)), (1, 5, 6, 3)),
            ("fold_windows", "1d", ((8,), (3,), (2,), (1,)), (2, 3, 3, 1)),
            ("fold_windows", "2d", ((5, 6), (2, 3), (1, 2), (3, 1)), (1, 2, 2, 2, 3, 3)),
            (
                "fold_windows",
                "3d",
                ((2, 3, 3), (2, 2, 1)) + ((1, 1, 1),) * 2,
                (1, 1, 2, 3, 2, 2, 1, 2),
            ),
        )
    ),
    *(
        Row(
            op,
            lambda x, op=op, sides=sides: apply(TABLE[op], (x,), (sides,)),
            lambda x, op=op, sides=sides: REFERENCES[op](x, sides),
            ((-2, 2),),
            "fiubc" if op == "extend" else "fc",
            shapes=((shape,),),
            ulps=8.0 * (op == "fold_sides"),
            label=label,
        )
        for label, sides, shape, whole in (
            ("mirrored", ((((2, -1, 2),), ()), (((0, -1, 1),), ((3, -1, 3),))), (3, 4), (5, 8)),
            ("repeated", ((((0, 0, 3),), ((1, 0, 2),)), (((0, 0, 2),), ())), (2, 3), (7, 5)),
            ("wrapped", (((), ()), (((1, 1, 2), (0, 1, 3)), ((0, 1, 1),))), (2, 3), (2, 9)),
        )
        for op, shape in (("extend", shape), ("fold_sides", whole))
    ),
    _moves("roll", "", lambda x: ngrad.roll(x, 2, 1), lambda x: np.roll(x, 2, 1), (2, 5)),
    _moves(
        "concat",
        "",
        lambda x, y: ngrad.concat([x, y, x], 1),
        lambda x, y: np.concatenate([x, y, x], 1),
        (2, 3),
        (2, 1),
    ),
]


def _scattered(x: Array, index: Array, rows: int) -> Array:
    out = np.zeros((rows, *x.shape[1:]), x.dtype)
    np.add.at(out, index, x)
    return out


_INDEX = np.array([2, 0, 2, 1])
_ALIKE = np.array([2, 0, -1, 1, 2, -2])


def _assigned(x: Array) -> Array:
    out = x.copy()
    out[_INDEX] = x[::-1]
    return out


def _added(x: Array, y: Array) -> Array:
    out = x.copy()
    np.add.at(out, (slice(None), _INDEX), y)
    return out


def _extremes(how: str) -> Row:
    join = getattr(np, how)
    return Row(
        f"{how}_rows",
        lambda x: getattr(ngrad.math, f"unsorted_segment_{how}")(x, _INDEX, 3),
        lambda x: np.stack([join(x[k == _INDEX], 0) for k in range(3)]),
        kinds="fiu",
        shapes=(((4, 2),),),
    )


INDEXING = [
    _moves("take_rows", "", lambda x: ngrad.gather(x, _INDEX), lambda x: x[_INDEX], (3, 2)),
    _moves(
        "last_rows",
        "",
        lambda x: gather_rows(x, last_named(ngrad.constant(_INDEX), 4) - 1),
        lambda x: x[[1, 3, 2, -1]],
        (4, 2),
    ),
    _moves(
        "take_part",
        "",
        lambda x: apply(TABLE["take_part"], (x,), (((1, 1, 1), (2, -1, 3)),)),
        lambda x: x[1:2, ::-1],
        (2, 3),
    ),
    *(
        Row(
            "put_part",
            lambda x, y, how=how, slices=slices: apply(
                TABLE["put_part"], (x, y), (False, how, slices)
            ),
            lambda x, y, how=how, slices=slices: REFERENCES["put_part"](x, y, False, how, slices),
            ((-2, 2),) * 2,
            kinds="fiubc",
            shapes=(shapes,),
            label=f"{how}, {label}",
        )
        for how in ("put", "add")
        for label, slices, *shapes in (
            ("row", ((1, 1, 1), (0, 1, 3)), (2, 3), (1, 3)),
            ("column", ((1, -1, 2), (1, 1, 1)), (2, 3), (2, 1)),
            ("element", ((3, 1, 1),), (5,), (1,)),
        )
    ),
    _moves("put_rows", "", lambda x: assigned(x, _INDEX, x[::-1]), _assigned, (4, 2)),
    Row(
        "put_rows",
        lambda x, y: assigned(x, (slice(None), _INDEX), y, ADD),
        lambda x, y: _added(x, y),
        ((-2, 2),) * 2,
        kinds="fiubc",
        shapes=(((2, 3), (2, 4)),),
        label="add",
    ),
    Row(
        "add_rows",
        lambda x: ngrad.scatter_nd(_INDEX[:, None], x, [3, *x.shape[1:]]),
        lambda x: _scattered(x, _INDEX, 3),
        kinds="fiubc",
        shapes=(((4, 2),),),
    ),
    *map(_extremes, ("max", "min")),
    Row(
        "multiply_rows",
        lambda x: multiplied_rows(x, ngrad.constant(_INDEX), 3),
        lambda x: np.stack([np.prod(x[k == _INDEX], 0, dtype=x.dtype) for k in range(3)]),
        kinds="fiu",
        shapes=(((4, 2),),),
    ),
    Row(
        "other_rows",
        lambda x: apply(OTHERS, (x, ngrad.constant(_ALIKE)), (3, 0, 0)),
        lambda x: REFERENCES["other_rows"](x, _ALIKE, 3, 0, 0),
        kinds="fiu",
        shapes=(((6, 2),),),
    ),
]
