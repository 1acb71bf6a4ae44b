"""The rows: every op of the table. A new op's row goes here."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc
from numeric import Array
from scipy import stats
from scipy.linalg import expm, logm, lu, solve_triangular, sqrtm
from second import second
from table import Row, exact, saturated, smooth

import ngrad
from ngrad import linalg, nn
from ngrad.devices import HOST
from ngrad.graph.op import TABLE
from ngrad.graph.reference import REFERENCES
from ngrad.ops import arithmetic, exponential, scans
from ngrad.ops.accumulate import accumulated
from ngrad.ops.assignment import assigned
from ngrad.ops.bitwise import PACK, UNPACK, gcd, lcm
from ngrad.ops.interpolation import INTERP
from ngrad.ops.no_nan import multiply_no_nan
from ngrad.ops.reductions import reduce_bits
from ngrad.ops.slide import SLIDE
from ngrad.ops.sorting import SEARCH, partitioned
from ngrad.ops.transfer import to_device
from ngrad.record import apply

EPS = float(np.finfo(np.float64).eps)


def _product(x: Array, y: Array) -> Array:
    """x * y; of complex numbers part by part, since NumPy's own may use fused products."""
    if x.dtype.kind != "c":
        return np.multiply(x, y)
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), x.dtype)
    out.real = x.real * y.real - x.imag * y.imag
    out.imag = x.real * y.imag + x.imag * y.real
    return out


def _joined(x: Array, y: Array) -> Array:
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), f"c{2 * x.itemsize}")
    out.real, out.imag = x, y
    return out


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x)) if x.dtype.kind == "c" else sc.expit(x)


def _extreme(x: Array, y: Array, better: Any) -> Array:
    return np.where(better(x, y) | (x != x), x, y)


def _powers(x: Array) -> Array:
    return np.where(np.isfinite(x), np.frexp(x)[1], 0).astype(np.int32)


ARITHMETIC = [
    exact("add", np.add, kinds="fiubc"),
    exact("subtract", np.subtract, kinds="fiuc"),
    exact("multiply", _product, kinds="fiubc"),
    exact("divide", np.divide, kinds="fc", converts="iub", domains=((-3, 3), (0.5, 2))),
    exact("floordiv", np.floor_divide, domains=((-3, 3), (0.7, 2)), smooth=False),
    exact("mod", np.mod, domains=((-3, 3), (0.7, 2))),
    exact("negative", np.negative, 1, "fiuc"),
    exact("abs", np.abs, 1, "fiuc", complex_ulps=2),
    exact(
        "sign",
        lambda x: np.where(x == 0, x, np.sign(x)),
        1,
        "fiuc",
        smooth=False,
        complex_ulps=3,
    ),
    Row(
        "complex",
        lambda x, y: ngrad.sign(ngrad.complex(x, y)),
        lambda x, y: np.sign(_joined(x, y)),
        ((-2, 2), (0.2, 2)),
        ulps=3,
        label="sign",
    ),
    exact("floor", np.floor, 1, smooth=False),
    exact("ceil", np.ceil, 1, smooth=False),
    exact("round", lambda x: np.rint(x) if x.dtype.kind == "f" else x, 1, smooth=False),
    exact("trunc", np.trunc, 1, smooth=False),
    exact("square", lambda x: _product(x, x), 1, "fiuc"),
    exact("sqrt", np.sqrt, 1, "fc", converts="iub", domains=((0.2, 4),), complex_ulps=3),
    exact(
        "rsqrt",
        lambda x: 1 / np.sqrt(x),
        1,
        "fc",
        converts="iub",
        domains=((0.2, 4),),
        complex_ulps=6,
    ),
    exact("reciprocal", lambda x: 1 / x, 1, "fc", converts="iub", domains=((0.2, 4),)),
    exact("maximum", lambda x, y: _extreme(x, y, np.greater_equal), kinds="fiubc"),
    exact("minimum", lambda x, y: _extreme(x, y, np.less_equal), kinds="fiubc"),
    exact("mantissa", lambda x: np.frexp(x)[0], 1, "f", function=arithmetic.mantissa),
    exact("exponent", lambda x: _powers(x), 1, "f", function=arithmetic.exponent, smooth=False),
    exact(
        "ldexp",
        lambda x, y: np.ldexp(x, np.clip(np.nan_to_num(y), -9999, 9999).astype(int)),
        kinds="f",
        function=lambda x, y: arithmetic.ldexp(x, ngrad.cast(ngrad.cast(y, "i4"), x.dtype)),
    ),
    exact("copysign", np.copysign, kinds="f"),
    exact("nextafter", np.nextafter, kinds="f"),
    exact("relu", lambda x: np.maximum(x, 0), 1, function=nn.relu),
    exact(
        "multiply_no_nan",
        lambda x, y: np.where(y == 0, 0, _product(x, y)),
        kinds="fc",
        function=multiply_no_nan,
    ),
]
COMPARISON = [
    *(
        exact(name, getattr(np, name), kinds="fiubc", smooth=False)
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    ),
    *(
        exact(name, getattr(np, name), 1, kinds="fiubc", smooth=False)
        for name in ("isnan", "isinf", "isfinite")
    ),
    *(
        exact(name, getattr(np, name), kinds="b", smooth=False)
        for name in ("logical_and", "logical_or", "logical_xor")
    ),
    exact("logical_not", np.logical_not, 1, kinds="b", smooth=False),
]
BITWISE = [
    exact("bitwise_and", np.bitwise_and, kinds="iub", smooth=False),
    exact("bitwise_or", np.bitwise_or, kinds="iub", smooth=False),
    exact("bitwise_xor", np.bitwise_xor, kinds="iub", smooth=False),
    exact("invert", np.invert, 1, kinds="iub", smooth=False),
    exact("left_shift", np.left_shift, kinds="iu", smooth=False, whole=(None, (-3, 70))),
    exact("right_shift", np.right_shift, kinds="iu", smooth=False, whole=(None, (-3, 70))),
    exact("gcd", np.gcd, kinds="iu", smooth=False, function=gcd),
    exact("lcm", np.lcm, kinds="iu", smooth=False, function=lcm),
]
VECMATH = [
    smooth("exp", np.exp, kinds="fc"),
    smooth("expm1", np.expm1, kinds="fc"),
    smooth("log", np.log, (0.2, 4), kinds="fc"),
    smooth("log1p", np.log1p, (-0.7, 4), kinds="fc"),
    smooth("log2", np.log2, (0.2, 4), kinds="fc"),
    smooth("log10", np.log10, (0.2, 4), kinds="fc"),
    smooth("sin", np.sin, (-5, 5), kinds="fc"),
    smooth("cos", np.cos, (-5, 5), kinds="fc"),
    smooth("tan", np.tan, (-1.2, 1.2), kinds="fc"),
    smooth("asin", np.arcsin, (-0.8, 0.8), kinds="fc"),
    smooth("acos", np.arccos, (-0.8, 0.8), kinds="fc"),
    smooth("atan", np.arctan, kinds="fc"),
    smooth("atan2", np.arctan2, (0.3, 2), (-2, 2)),
    smooth("sinh", np.sinh, kinds="fc"),
    smooth("cosh", np.cosh, kinds="fc"),
    smooth("tanh", np.tanh, kinds="fc"),
    smooth("asinh", np.arcsinh, kinds="fc"),
    smooth("acosh", np.arccosh, (1.3, 4), kinds="fc"),
    smooth("atanh", np.arctanh, (-0.8, 0.8), kinds="fc"),
    smooth("sigmoid", _sigmoid, (-4, 4), kinds="fc"),
    smooth("softplus", lambda x: np.logaddexp(0, x), (-4, 4)),
    smooth("erf", sc.erf),
    smooth("erfc", sc.erfc, ulps=16),
    smooth("lgamma", sc.gammaln, (0.4, 6), floor=4 * EPS),
    smooth("digamma", sc.digamma, (0.4, 6), floor=8 * EPS),
    smooth("trigamma", lambda x: sc.polygamma(1, x), (0.4, 6), ulps=8),
    smooth("cbrt", np.cbrt, (0.3, 3)),
    smooth("hypot", np.hypot, (-2, 2), (0.5, 2)),
    Row(
        "logaddexp",
        exponential.logaddexp,
        np.logaddexp,
        ((-2, 2), (-1, 3)),
        converts="iub",
        ulps=4,
        floor=4 * EPS,
    ),
    Row("pow", ngrad.pow, np.power, ((0.4, 2), (-2, 2)), "fiuc", ulps=4, whole=(None, (0, 5))),
]
SELECTION = [
    Row(
        "where",
        ngrad.where,
        np.where,
        ((0, 1), (-2, 2), (-2, 2)),
        "fiubc",
        fixed=("b1", None, None),
    ),
    *(
        Row(
            "cast",
            lambda x, code=code: ngrad.cast(x, code),
            lambda x, code=code: saturated(x, code),
            ((-3, 3),),
            "fiubc",
            smooth=code[0] in "fc",
            rtol=1e-7 if code in ("f8", "c16") else 1e-3,
            label=code,
        )
        for code in ("f8", "f4", "i1", "u2", "i8", "b1", "c8", "c16")
    ),
]


COMPLEX = [
    Row("complex", ngrad.complex, _joined, ((-2, 2), (-2, 2))),
    *(
        exact(name, getattr(np, name), 1, "c", function=TABLE[name])
        for name in ("real", "imag", "conj")
    ),
    exact("angle", np.angle, 1, "c", function=TABLE["angle"], complex_ulps=2),
]


# -- ops whose shapes are not those of their operands ----------------------------------------------


def _reduced(op: str, reference: Any, kinds: str, **options: Any) -> list[Row]:
    """A reduction over every kind of axes: all, the last, the first, one between, none."""
    function = getattr(ngrad, op)
    cases = (
        (None, False, ()),
        (None, True, (5,)),
        (-1, False, (3, 4)),
        (0, False, (3, 4)),
        (1, True, (2, 3, 2)),
        ((0, 2), False, (2, 3, 2)),
        ((), False, (3,)),
    )
    return [
        Row(
            op,
            lambda x, axis=axis, keep=keep: function(x, axis, keepdims=keep),
            lambda x, axis=axis, keep=keep: reference(x, axis, keep),
            ((-2, 2),),
            kinds,
            shapes=((shape,),),
            label=f"axis={axis}".replace(" ", ""),
            **options,
        )
        for axis, keep, shape in cases
    ]


def _sum(x: Array, axis: Any, keep: bool) -> Array:
    wide = np.float64 if x.dtype.kind == "f" else x.dtype
    return np.sum(x, axis, dtype=wide, keepdims=keep)


def _prod(x: Array, axis: Any, keep: bool) -> Array:
    wide = np.float64 if x.dtype.kind == "f" else x.dtype
    return np.prod(x, axis, dtype=wide, keepdims=keep)


def _position(op: str) -> list[Row]:
    return [
        Row(
            op,
            lambda x, axis=axis: getattr(ngrad, op)(x, axis),
            lambda x, axis=axis: getattr(np, op)(x, axis),
            kinds="fiuc",
            shapes=((shape,),),
            smooth=False,
            label=f"axis={axis}",
        )
        for axis, shape in ((0, (5,)), (1, (3, 4)), (0, (3, 4)), (1, (2, 3, 2)))
    ]


def running(x: Array, fold: Any, axis: int, exclusive: bool, reverse: bool) -> Array:
    """TensorFlow's running reductions, by NumPy's."""
    x = np.flip(x, axis) if reverse else x
    wide = np.float64 if x.dtype.kind == "f" else x.dtype
    if exclusive:
        start = np.full_like(np.take(x, [0], axis), fold.identity)
        x = np.concatenate([start, np.delete(x, -1, axis)], axis)
    out = fold.accumulate(x, axis, dtype=wide)
    return np.flip(out, axis) if reverse else out


def _scan(op: str, fold: Any) -> list[Row]:
    return [
        Row(
            op,
            lambda x, a=axis, e=exclusive, r=reverse: getattr(ngrad.math, op)(x, a, e, r),
            lambda x, a=axis, e=exclusive, r=reverse: running(x, fold, a, e, r),
            kinds="fiuc",
            shapes=((shape,),),
            ulps=2,
            label=f"axis={axis}{'-exclusive' * exclusive}{'-reverse' * reverse}",
        )
        for axis, exclusive, reverse, shape in (
            (0, False, False, (5,)),
            (1, True, False, (3, 4)),
            (0, False, True, (3, 4)),
            (1, True, True, (2, 3, 2)),
        )
    ]


def _running_extremes(op: str, fold: Any) -> list[Row]:
    return [
        Row(
            op,
            lambda x, a=axis: getattr(scans, op)(x, a),
            lambda x, a=axis: fold.accumulate(x, a),
            kinds="fiuc",
            shapes=((shape,),),
            label=f"axis={axis}",
        )
        for axis, shape in ((0, (7,)), (1, (3, 4)), (0, (2, 0)))
    ]


def _accumulated(function: Any, x: Array) -> Array:
    """From anew at the third element."""
    parts = [function.accumulate(part, -1, x.dtype) for part in np.split(x, [3], -1)]
    return np.concatenate(parts, -1)


def _accumulates(name: str, kinds: str, smooth: bool = True) -> Row:
    anew = np.array([True, False, False, True, False])
    return Row(
        "accumulate",
        lambda x: accumulated(name, x, ngrad.constant(anew)),
        lambda x: _accumulated(getattr(np, name), x),
        ((0.5, 2),),
        kinds,
        shapes=(((5,),), ((2, 5),), ((0, 5),)),
        smooth=smooth,
        ulps=8 if smooth else 0,
        label=name,
    )


def _of_bits(name: str) -> Row:
    return Row(
        f"reduce_{name}",
        lambda x: reduce_bits(TABLE[f"reduce_{name}"], x, 1),
        lambda x: getattr(np, f"bitwise_{name}").reduce(x, 1),
        kinds="iub",
        shapes=(((3, 4),), ((2, 20),), ((2, 3, 5),), ((2, 0),)),
        smooth=False,
    )


def _slid(x: Array, w: Array, lead: int, size: int) -> Array:
    """Of each row, a part of the whole correlation."""
    rows = [np.convolve(a, b[::-1]) for a, b in zip(x, w, strict=True)]
    start = w.shape[1] - 1 - lead
    return np.stack([np.pad(row, 9)[start + 9 : start + 9 + size] for row in rows])


def _recurrence(a: Array, b: Array) -> Array:
    out = np.zeros(b.shape, np.float64 if b.dtype.kind == "f" else b.dtype)
    for k in range(b.shape[-1]):
        before = out[..., k - 1] if k else 0
        out[..., k] = b[..., k] + a[..., k] * before
    return out


REDUCTIONS = [
    *_reduced("reduce_sum", _sum, "fiuc", ulps=4),
    *_reduced("reduce_prod", _prod, "fiuc", ulps=8),
    *_reduced("reduce_max", lambda x, axis, keep: np.max(x, axis, keepdims=keep), "fiubc"),
    *_reduced("reduce_min", lambda x, axis, keep: np.min(x, axis, keepdims=keep), "fiubc"),
    *map(_of_bits, ("and", "or", "xor")),
    _accumulates("hypot", "f"),
    _accumulates("logical_xor", "b", smooth=False),
    *_position("argmax"),
    *_position("argmin"),
    *_scan("cumsum", np.add),
    *_scan("cumprod", np.multiply),
    *_running_extremes("cummax", np.maximum),
    *_running_extremes("cummin", np.minimum),
    *(
        Row(
            "slide",
            lambda x, w, lead=lead: apply(SLIDE, (x, w), (lead, 4)),
            lambda x, w, lead=lead: _slid(x, w, lead, 4),
            ((-2, 2), (-2, 2)),
            "fiuc",
            shapes=(((1, 5), (1, 3)), ((2, 2), (2, 4))),
            ulps=8,
            label=f"lead={lead}",
        )
        for lead in (0, 2, 3)
    ),
    Row(
        "linear_recurrence",
        lambda a, b: apply(TABLE["linear_recurrence"], (a, b)),
        _recurrence,
        ((-2, 2), (-2, 2)),
        "fc",
        shapes=(((5,), (5,)), ((2, 3), (2, 3)), ((1,), (1,))),
        ulps=8,
    ),
]


def _there_and_back(x: Any) -> Any:
    home = x._layout.device
    return to_device(to_device(x, HOST if home is second() else second()), home)


def _moves(op: str, label: str, function: Any, reference: Any, *shapes: Any, **options: Any) -> Row:
    """An op that only moves elements: any dtype, to the bit."""
    domains = ((-2, 2),) * len(shapes)
    return Row(op, function, reference, domains, "fiubc", shapes=(shapes,), label=label, **options)


SHAPES = [
    _moves("identity", "", ngrad.identity, lambda x: x, (2, 3)),
    _moves("to_device", "", _there_and_back, lambda x: x, (2, 3)),
    _moves("stop_gradient", "", ngrad.stop_gradient, lambda x: x, (2, 3), smooth=False),
    _moves("reshape", "", lambda x: ngrad.reshape(x, (2, -1)), lambda x: x.reshape(2, -1), (3, 4)),
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


def _assigned(x: Array) -> Array:
    out = x.copy()
    out[_INDEX] = x[::-1]
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
    _moves("last_rows", "", lambda x: assigned(x, _INDEX, x[::-1]), _assigned, (4, 2)),
    Row(
        "add_rows",
        lambda x: ngrad.scatter_nd(_INDEX[:, None], x, [3, *x.shape[1:]]),
        lambda x: _scattered(x, _INDEX, 3),
        kinds="fiubc",
        shapes=(((4, 2),),),
    ),
    *map(_extremes, ("max", "min")),
]


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
            lambda x, op=op, big=big: apply(op, (x,), (big,)),
            lambda x, bits=bits, big=big: bits(x, -1, bitorder="big" if big else "little"),
            kinds=kinds,
            shapes=(((2, 16),),),
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
    *_sorted("sort", lambda x, axis, down: np.take_along_axis(x, _order(x, axis, down), axis)),
]


def _unit(x: Any, size: float = 1.0) -> Any:
    """Identity matrices like x, which may be a symbol; integers stay, for the op to refuse."""
    return linalg.diag(0.0 * linalg.diag_part(x) + size) if x.dtype.is_inexact else x


def _factor(x: Any) -> Any:
    """A Cholesky factor, of a matrix that is Hermitian and definite whatever x is in the domain."""
    return linalg.cholesky(x + linalg.adjoint(x) + _unit(x, 4.0))


def _factor_array(x: Array) -> Array:
    return np.linalg.cholesky(x + np.swapaxes(x, -1, -2).conj() + 4 * np.eye(x.shape[-1]))


def _solution(lower: bool, adjoint: bool) -> Any:
    """The op, on a triangle of a matrix whose diagonal keeps away from zero."""
    return lambda x, y: linalg.triangular_solve(x + _unit(x), y, lower, adjoint)


def _solved(lower: bool, adjoint: bool) -> Any:
    def reference(x: Array, y: Array) -> Array:
        regular = x + np.eye(x.shape[-1])
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        regular = np.broadcast_to(regular, (*batch, *x.shape[-2:]))
        out = np.empty((*batch, *y.shape[-2:]), x.dtype)
        for k in np.ndindex(batch):
            rhs = np.broadcast_to(y, out.shape)[k]
            out[k] = solve_triangular(regular[k], rhs, 2 * adjoint, lower)
        return out

    return reference


LINALG = [
    Row(
        "matmul",
        lambda x, y: x @ y,
        np.matmul,
        ((-2, 2), (-2, 2)),
        "fiubc",
        shapes=(((3, 4), (4, 2)), ((2, 3, 4), (4, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3))),
        ulps=8,
        floor=32 * EPS,
    ),
    Row(
        "vecdot",
        lambda x, y: apply(TABLE["vecdot"], (x, y)),
        REFERENCES["vecdot"],
        ((-2, 2), (-2, 2)),
        "fiubc",
        shapes=(((4,), (4,)), ((2, 3), (3,)), ((2, 1, 3), (2, 3)), ((2, 0), (2, 0))),
        ulps=8,
        floor=32 * EPS,
    ),
    Row(
        "cholesky",
        _factor,
        _factor_array,
        ((-0.4, 0.4),),
        "fc",
        shapes=(((3, 3),), ((2, 2, 2),), ((1, 1),), ((0, 0),), ((2, 0, 3, 3),)),
        ulps=8,
        floor=32 * EPS,
    ),
    *(
        Row(
            "triangular_solve",
            _solution(lower, adjoint),
            _solved(lower, adjoint),
            ((-0.4, 0.4), (-2, 2)),
            "fc",
            shapes=(((3, 3), (3, 2)), ((2, 2, 2), (2, 1)), ((2, 2), (3, 2, 1)), ((2, 2), (2, 0))),
            ulps=8,
            floor=32 * EPS,
            label=f"{'lower' if lower else 'upper'}{'-adjoint' * adjoint}",
        )
        for lower in (True, False)
        for adjoint in (False, True)
    ),
    Row(
        "rfft",
        lambda x: apply(TABLE["rfft"], (x,)),
        np.fft.rfft,
        shapes=(((1,),), ((2,),), ((5,),), ((2, 6),), ((0, 3),)),
        ulps=8,
        floor=32 * EPS,
    ),
    *(
        Row(
            "irfft",
            lambda x, n=length: apply(TABLE["irfft"], (x,), (n,)),
            lambda x, n=length: np.fft.irfft(x, n, norm="forward"),
            kinds="c",
            shapes=((shape,),),
            ulps=8,
            floor=32 * EPS,
            label=str(length),
        )
        for length, shape in ((1, (1,)), (2, (2,)), (5, (3,)), (6, (2, 4)), (3, (0, 2)))
    ),
    *(
        Row(
            "fft",
            lambda x, back=inverse: apply(TABLE["fft"], (x,), (back,)),
            lambda x, back=inverse: np.fft.ifft(x, norm="forward") if back else np.fft.fft(x),
            kinds="c",
            shapes=(((1,),), ((5,),), ((2, 6),), ((0, 3),)),
            ulps=8,
            floor=32 * EPS,
            label="inverse" if inverse else "",
        )
        for inverse in (False, True)
    ),
]


def _graded(x: Any) -> Any:
    """Matrices near those with 1, 2, ... on their diagonals, which LAPACK factors stably."""
    if not x.dtype.is_inexact:
        return x
    return x + linalg.band_part(ngrad.cumsum(0.0 * x + 1.0, -1), 0, 0)


def _graded_array(x: Array) -> Array:
    m, n = x.shape[-2:]
    return x + np.eye(m, n) * np.arange(1, n + 1)


def _hermitian(x: Any) -> Any:
    return _graded(0.5 * (x + linalg.adjoint(x))) if x.dtype.is_inexact else x


def _lapack(op: str, function: Any, reference: Any, *shapes: Any, **options: Any) -> Row:
    options = {
        "domains": ((-0.2, 0.2),) * len(shapes[0]),
        "kinds": "fc",
        "ulps": 32,
        "floor": 128 * EPS,
        **options,
    }
    return Row(op, function, reference, shapes=shapes, **options)


SQUARES = ((3, 3),), ((2, 2, 2),), ((1, 1),), ((0, 0),), ((2, 0, 3, 3),)


FEW = ((3, 3),), ((2, 1, 1),), ((2, 0, 3, 3),)
"""Of what SciPy takes its time for."""


def _of_square(op: str, reference: Any, **options: Any) -> Row:
    def function(x: Any) -> Any:
        return apply(TABLE[op], (_graded(x),))

    shapes = options.pop("shapes", SQUARES)
    return _lapack(op, function, lambda x: reference(_graded_array(x)), *shapes, **options)


def _slogdet(x: Any) -> Any:
    sign, logarithm = apply(TABLE["slogdet"], (_graded(x),))
    return sign * logarithm


def _adjugate(x: Array) -> Array:
    return np.linalg.det(x)[..., None, None] * np.linalg.inv(x)


def _pinv(x: Any) -> Any:
    part = ngrad.math.real(x)
    cutoff = 1e-6 + 0.0 * ngrad.reduce_sum(part, (-2, -1), True) if x.dtype.is_inexact else x
    return apply(TABLE["pinv"], (_graded(x), cutoff), (False,))


def _known(u: Any, v: Any, xp: Any) -> Any:
    """What does not depend on the sign, or phase, of pairs of columns; of every element."""
    return u * xp.conj(v[..., :1, :])


def _eigh(x: Any, lower: bool) -> Any:
    values, vectors = apply(TABLE["eigh"], (_hermitian(x),), (lower,))
    values = ngrad.cast(values, vectors.dtype)
    return ngrad.concat([values[..., None], _known(vectors, vectors, ngrad.math)], -1)


def _eigh_array(x: Array) -> Array:
    values, vectors = np.linalg.eigh(_graded_array(0.5 * (x + x.swapaxes(-1, -2).conj())))
    return np.concatenate([values[..., None], _known(vectors, vectors, np)], -1)


def _eig(x: Any) -> Any:
    values, vectors = apply(TABLE["eig"], (_graded(x),))
    return ngrad.concat([values[..., None], _known(vectors, vectors, ngrad.math)], -1)


def _eig_array(x: Array) -> Array:
    values, vectors = np.linalg.eig(_graded_array(x))
    return np.concatenate([values[..., None], _known(vectors, vectors, np)], -1)


def _svd(x: Any, full: bool) -> Any:
    u, s, vh = apply(TABLE["svd"], (_graded(x),), (full,))
    u, v = u[..., : s.shape[-1]], linalg.adjoint(vh)[..., : s.shape[-1]]
    sized = _known(u, v, ngrad.math) * s[..., None, :]
    return ngrad.concat([sized, _known(v, v, ngrad.math)], -2)


def _svd_array(x: Array) -> Array:
    u, s, vh = np.linalg.svd(_graded_array(x), full_matrices=False)
    v = vh.swapaxes(-1, -2).conj()
    return np.concatenate([_known(u, v, np) * s[..., None, :], _known(v, v, np)], -2)


def _lu(x: Any) -> Any:
    _, lower, upper = apply(TABLE["lu"], (_turned(_graded(x)),))
    return lower @ upper * lower[..., :1] + upper[..., :1, :]


def _turned(x: Any) -> Any:
    """The rows in the opposite order, which the factorisation turns round."""
    return x[..., ::-1, :]


def _lu_array(x: Array) -> Array:
    _, lower, upper = lu(_turned(_graded_array(x)))
    return lower @ upper * lower[..., :1] + upper[..., :1, :]


def _matrix_function(function: Any) -> Any:
    return lambda x: np.reshape([function(x[at]) for at in np.ndindex(x.shape[:-2])], x.shape)


FACTORS = [
    _of_square("inv", np.linalg.inv),
    _of_square("det", np.linalg.det),
    _lapack(
        "slogdet", _slogdet, lambda x: np.multiply(*np.linalg.slogdet(_graded_array(x))), *SQUARES
    ),
    _of_square("adjugate", _adjugate),
    _lapack(
        "solve",
        lambda x, y: apply(TABLE["solve"], (_graded(x), y)),
        lambda x, y: np.linalg.solve(_graded_array(x), y),
        *(((3, 3), (3, 2)), ((2, 2, 2), (2, 1)), ((2, 2), (3, 2, 1)), ((2, 2), (2, 0))),
    ),
    _lapack(
        "pinv",
        _pinv,
        lambda x: np.linalg.pinv(_graded_array(x), 1e-6),
        *(((4, 3),), ((2, 2, 3),), ((3, 3),), ((0, 3),)),
    ),
    _lapack("eig", _eig, _eig_array, *SQUARES),
    *(
        _lapack("eigh", lambda x, low=low: _eigh(x, low), _eigh_array, *SQUARES, label=label)
        for low, label in ((True, "lower"), (False, "upper"))
    ),
    *(
        _lapack(
            "svd",
            lambda x, full=full: _svd(x, full),
            _svd_array,
            *(((3, 3),), ((2, 2, 2),), ((3, 2),), ((2, 3),), ((0, 0),), ((2, 0, 3, 2),)),
            label=label,
        )
        for full, label in ((True, "full"), (False, "reduced"))
    ),
    _lapack(
        "qr",
        lambda x: ngrad.concat(apply(TABLE["qr"], (_graded(x),), (False,)), -2),
        lambda x: np.concatenate(np.linalg.qr(_graded_array(x)), -2),
        *(((3, 3),), ((2, 2, 2),), ((3, 2),), ((1, 1),), ((0, 0),), ((2, 0, 3, 3),)),
    ),
    _lapack("lu", _lu, _lu_array, *(((3, 3),), ((2, 2, 2),), ((3, 2),), ((2, 3),), ((1, 1),))),
    *(
        _of_square(f.__name__, _matrix_function(f), shapes=FEW, ulps=256)
        for f in (expm, logm, sqrtm)
    ),
]


def _special(op: str, reference: Any, *domains: Any, params: Any = (), **options: Any) -> Row:
    function = options.pop("function", lambda *xs: apply(TABLE[op], xs, params))
    options = {"ulps": 8, "floor": 16 * EPS, **options}
    return Row(op, function, reference, domains, **options)


def _of_order(op: str, reference: Any, domain: Any, *params: Any, **options: Any) -> Row:
    """A function that has an order as its last param."""
    label = "-".join(map(str, params))

    def at_order(x: Array) -> Array:
        return reference(params[-1], x)

    return _special(op, at_order, domain, params=params, label=label, **options)


def _incomplete(op: str, domain: Any, *parameters: float) -> Row:
    """A function of its last operand; in the others it has no derivative."""

    def function(x: Any) -> Any:
        fixed = [ngrad.stop_gradient(0.0 * x + value) for value in parameters]
        return apply(TABLE[op], (*fixed, x)) if x.dtype.is_floating else apply(TABLE[op], (x,) * 2)

    reference = getattr(sc, op)
    return _special(op, lambda x: reference(*parameters, x), domain, function=function)


SPECIAL = [
    _incomplete("gammainc", (0.3, 4), 1.5),
    _incomplete("gammaincc", (0.3, 4), 2.5),
    _incomplete("betainc", (0.2, 0.9), 1.5, 2.5),
    _incomplete("betaincc", (0.2, 0.9), 0.5, 2.5),
    _incomplete("stdtr", (-3, 3), 4.0),
    _special("gamma", sc.gamma, (0.4, 5)),
    _special("gamma", sc.gamma, (-3.7, -3.3), label="negative", rtol=1e-6),
    _special("beta", sc.beta, (0.3, 4), (0.5, 3)),
    _special("betaln", sc.betaln, (0.3, 4), (0.5, 3)),
    _special("erfinv", sc.erfinv, (-0.9, 0.9)),
    _special("erfcx", sc.erfcx, (-2, 5)),
    _special("ndtri", sc.ndtri, (0.1, 0.9)),
    _special("log_ndtr", sc.log_ndtr, (-9, 3), rtol=1e-6),
    _special("ndtri_exp", sc.ndtri_exp, (-4, -0.1)),
    _special("erfcinv", sc.erfcinv, (0.2, 1.8)),
    _special("erfi", sc.erfi, (-1.5, 1.5)),
    _special("dawsn", sc.dawsn, (-3, 3)),
    _special("gammasgn", sc.gammasgn, (-3.7, -3.3), smooth=False),
    _special("rgamma", sc.rgamma, (0.4, 5)),
    _special("rgamma", sc.rgamma, (-3.7, -3.3), label="negative", rtol=1e-6),
    _special("poch", sc.poch, (0.6, 3), (0.3, 2)),
    _special("binom", sc.binom, (3, 6), (0.5, 2)),
    _special("expi", sc.expi, (0.5, 3)),
    _special("exp1", sc.exp1, (0.3, 3)),
    _special("exprel", sc.exprel, (-2, 2)),
    _special("spence", sc.spence, (0.3, 2)),
    _special("ellipk", sc.ellipk, (0.1, 0.9)),
    _special("ellipe", sc.ellipe, (0.1, 0.9)),
    _special("riemann_zeta", sc.zeta, (1.5, 4)),
    _special("zeta", sc.zeta, (1.5, 4), (0.6, 4)),
    _incomplete("gammaincinv", (0.2, 0.9), 1.5),
    _incomplete("gammainccinv", (0.2, 0.9), 2.5),
    _incomplete("betaincinv", (0.2, 0.9), 1.5, 2.5),
    _incomplete("betainccinv", (0.2, 0.9), 0.5, 2.5),
    _incomplete("stdtrit", (0.6, 0.9), 4.0),
    _special(
        "whole_quantile",
        lambda q: stats.poisson.ppf(q, 2.5),
        (0.2, 0.9),
        function=lambda q: apply(TABLE["whole_quantile"], (q, 0.0 * q + 2.5), ("poisson", "ppf")),
        smooth=False,
    ),
    _incomplete("hyp1f1", (-2, 2), 1.5, 2.5),
    _incomplete("hyp2f1", (-0.8, 0.8), 1.5, 0.5, 2.5),
    *(_of_order("expn", sc.expn, (0.3, 3), order) for order in (1, 2)),
    *(_of_order("polygamma", sc.polygamma, (0.6, 5), order) for order in (0, 1, 3)),
    *(
        _of_order("bessel", getattr(sc, f"{kind}v"), (0.6, 5), kind, order, floor=64 * EPS)
        for kind in "jyik"
        for order in (0, 1, 2.5)
    ),
]
ROWS: list[Row] = [
    *ARITHMETIC,
    *COMPARISON,
    *BITWISE,
    *VECMATH,
    *SELECTION,
    *COMPLEX,
    *REDUCTIONS,
    *SHAPES,
    *INDEXING,
    *SORTING,
    *LINALG,
    *FACTORS,
    *SPECIAL,
]
