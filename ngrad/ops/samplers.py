"""The samplers: each a draw of standard numbers by an op of its own (`draws.py`), then moved by
ordinary ops.

A draw's key and number are a small tensor, an input of the op; so a call knows neither, and serves
every draw of a shape and dtype. Standard numbers have no gradient; location and scale have theirs
from the ops that apply them.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.config import settings
from ngrad.devices import HOST, Device, current
from ngrad.dtypes import BY_CODE, DType, as_dtype
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.dims import Dim
from ngrad.graph.graph import Symbol
from ngrad.graph.layout import layout
from ngrad.graph.op import Op
from ngrad.ops.arithmetic import abs_, maximum
from ngrad.ops.comparison import less
from ngrad.ops.convert import KINDS, cast_to, device_beside, from_outside, tensor, tensors, wide
from ngrad.ops.draws import (
    BITS,
    CATEGORICAL,
    FINITE,
    GAMMA,
    INTEGERS,
    UINT64,
    UNIFORM,
    Shape,
    require_finite,
)
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp
from ngrad.ops.extents import dims, integers
from ngrad.ops.gather import gather_rows
from ngrad.ops.launching import broadcast_shapes
from ngrad.ops.reductions import reduce_max
from ngrad.ops.scans import cumsum
from ngrad.ops.shape import broadcast_to
from ngrad.ops.sorting import ARGSORT
from ngrad.record import apply, paused, state, user_line
from ngrad.tensor import Tensor, empty, from_numpy
from ngrad.tracing import host_tensor
from ngrad_kernels.codes import HALVES, computed

Draw = Callable[[], tuple[int, int]]
"""Gives a draw's key and number; called once all arguments are known to be right."""

FLOAT64 = BY_CODE["f8"]
FLOATS = ("f4", "f8", *HALVES)
FRACTION = {"f4": 24, "f8": 53}  # bits of a standard uniform number


def _state(draw: Draw, *more: int, device: Device | None = None) -> Tensor:
    """A draw as kernels read it: key, number, and what else a sampler wants in words of 64 bits; on
    the current device if none is given.
    """
    where = layout(UINT64, (2 + len(more),), None, device or current())

    def make() -> Tensor:
        words: list[Any] = [*draw(), *more]
        if where.device is not HOST:
            return from_numpy(np.array(words, np.uint64), UINT64, where.device)
        result = empty(where)
        (ctypes.c_uint64 * len(words)).from_address(result._address)[:] = words
        return result

    return host_tensor(make, where)


# -- arguments -------------------------------------------------------------------------------------


def _shape_of(shape: Any, what: str) -> Shape:
    sizes = dims(shape, what)
    if any(n < 0 for n in sizes):
        raise ShapeError(f"{what}: sizes must not be negative, not {sizes}")
    return sizes


def _dtype_of(dtype: Any, what: str, takes: tuple[str, ...] = ("f4", "f8")) -> DType:
    found = as_dtype(dtype)
    if found.code not in takes:
        names = " or ".join(BY_CODE[code].name for code in takes)
        raise DTypeError(f"{what}: draws {names}, not {found.name}; convert with ngrad.cast")
    return found


def _operand(value: Any, dtype: DType, shape: Shape | None, what: str, noun: str) -> Any:
    """A location, scale or bound: a Python number as it is, else a tensor of the draw's dtype."""
    value = int(value) if isinstance(value, Dim) else value
    if type(value) in KINDS:
        return value
    value = from_outside(value)
    if isinstance(value, (Tensor, Symbol)):
        if value._layout.dtype is not dtype:
            raise DTypeError(
                f"{what}: {noun} is {value._layout.dtype.name}, but the draw is {dtype.name};"
                " convert with ngrad.cast"
            )
    else:
        value = cast_to(tensor(value, what, dtype), dtype)
    if shape is not None and broadcast_shapes(what, layout(dtype, shape), value._layout) != shape:
        raise ShapeError(f"{what}: {noun} of shape {value._layout.shape} does not fit {shape}")
    return value


def _is(value: Any, number: float) -> bool:
    return type(value) in KINDS and value == number


def _drawn(op: Op, draw: Draw, kind: DType, sizes: Shape, *beside: Any) -> Any:
    """Standard numbers of a dtype, for what is computed of them and operands; floats of two bytes
    are those of float32, rounded.
    """
    words = _state(draw, device=device_beside(*beside))
    return cast_to(apply(op, (words,), (BY_CODE[computed(kind.code)], sizes)), kind)


# -- samplers --------------------------------------------------------------------------------------


def normal(op: Op, draw: Draw, shape: Any, mean: Any, stddev: Any, dtype: Any, what: str) -> Any:
    """mean + stddev * z, z from NORMAL or TRUNCATED_NORMAL."""
    kind, sizes = _dtype_of(dtype, what, FLOATS), _shape_of(shape, what)
    mean = _operand(mean, kind, sizes, what, "mean")
    stddev = _operand(stddev, kind, sizes, what, "stddev")
    z = _drawn(op, draw, kind, sizes, mean, stddev)
    z = z if _is(stddev, 1) else z * stddev
    return z if _is(mean, 0) else z + mean


def uniform(draw: Draw, shape: Any, minval: Any, maxval: Any, dtype: Any, what: str) -> Any:
    """Numbers in [minval, maxval)."""
    kind, sizes = as_dtype(dtype), _shape_of(shape, what)
    if kind.code in ("i4", "i8", "u4", "u8") and minval is None and maxval is None:
        return cast_to(apply(BITS, (_state(draw),), (UINT64, sizes)), kind)
    kind = _dtype_of(kind, what, (*FLOATS, "i4", "i8"))
    if kind.is_integer:
        return _integers(draw, sizes, minval, maxval, kind, what)
    low = _operand(minval, kind, sizes, what, "minval")
    high = _operand(1 if maxval is None else maxval, kind, sizes, what, "maxval")
    reaches = True
    if type(low) in KINDS and type(high) in KINDS:
        number = kind.as_numpy_dtype
        with np.errstate(all="ignore"):
            least, bound = number(low), number(high)
            width = bound - least
            last = number(1 - 2.0 ** -FRACTION[computed(kind.code)]) * width + least
        if not (least <= bound and math.isfinite(width)):
            raise NumberError(
                f"{what}: no {kind.name} lies in [{low}, {high}); minval must not exceed maxval,"
                " and their difference must be finite"
            )
        reaches = bool(last >= bound > least)  # each step of what follows rounds monotonically
    elif type(high) in KINDS:
        high = cast_to(tensor(float(high), what, kind), kind)
    u = _drawn(UNIFORM, draw, kind, sizes, low, high)
    if _is(low, 0) and _is(high, 1) and not kind.is_half:
        return u
    scale = float(width) if type(high) in KINDS else high - low
    u = u * scale
    y = u if _is(low, 0) else u + low
    return _below(y, low, high, kind) if reaches else y


def _below(y: Any, low: Any, high: Any, kind: DType) -> Any:
    """y; where it was rounded up to `high`, a number just below that, but not below `low`."""
    high = high if isinstance(high, (Tensor, Symbol)) else tensor(float(high), "uniform", kind)
    high = cast_to(high, kind)
    step = abs_(high) * float(kind.finfo.eps) + float(kind.finfo.tiny)
    return select(less(y, high), y, maximum(high - step, low))


def _integers(draw: Draw, sizes: Shape, minval: Any, maxval: Any, kind: DType, what: str) -> Any:
    if maxval is None:
        raise NumberError(f"{what}: maxval must be given for {kind.name}")
    (low,), (high,) = integers(minval, what), integers(maxval, what)
    least, greatest = (int(v) for v in kind.limits)
    if not least <= low < high <= greatest + 1:
        raise NumberError(
            f"{what}: [{low}, {high}) must hold a number, and only numbers of {kind.name}"
        )
    count = high - low
    if count == 1 << 64:  # every word of 64 bits is a number
        raise NumberError(
            f"{what}: [{low}, {high}) holds 2**64 numbers, one too many; give None for both bounds"
        )
    return apply(INTEGERS, (_state(draw, count, low % (1 << 64)),), (kind, sizes))


def gamma(
    draw: Draw, shape: Any, alpha: Any, beta: Any, dtype: Any, what: str, whole: bool = False
) -> Any:
    """Gamma numbers: `shape` of them for each alpha and beta; or of that shape, if it is the whole
    one, whose last axes are theirs.
    """
    kind, sizes = _dtype_of(dtype, what, FLOATS), _shape_of(shape, what)
    alpha = cast_to(tensor(_operand(alpha, kind, None, what, "alpha"), what, kind), kind)
    if beta is not None:
        beta = cast_to(tensor(_operand(beta, kind, None, what, "beta"), what, kind), kind)
        alpha = broadcast_to(alpha, broadcast_shapes(what, alpha._layout, beta._layout))
    sizes = _before(alpha._layout.shape, sizes, what) if whole else sizes
    g = apply(GAMMA, (_state(draw, device=alpha._layout.device), wide(alpha)), (sizes,))
    return cast_to(g if beta is None else g / beta, kind)


def _before(own: Shape, whole: Shape, what: str) -> Shape:
    """The axes of a shape before those of parameters, which are its last."""
    lead = len(whole) - len(own)
    if lead < 0 or whole[lead:] != own:
        raise ShapeError(f"{what}: shape {whole} does not end with that of the parameters, {own}")
    return whole[:lead]


def counts(
    op: Op, draw: Draw, shape: Any, given: dict[str, Any], dtype: Any, what: str,
    whole: bool = False,
) -> Any:  # fmt: skip
    """Whole numbers, by POISSON or BINOMIAL, with parameters by their names; shapes as of `gamma`.
    No gradient flows to them.
    """
    kind, sizes = _dtype_of(dtype, what, (*FLOATS, "i4", "i8")), _shape_of(shape, what)
    found = tensors(what, *given.values())
    for noun, x in zip(given, found, strict=True):
        if x.dtype.is_complex or x.dtype.is_bool:
            raise DTypeError(f"{what}: {noun} must be real numbers, not {x.dtype.name}")
    together = broadcast_shapes(what, *[x._layout for x in found])
    parameters = [broadcast_to(cast_to(x, FLOAT64), together) for x in found]
    sizes = _before(together, sizes, what) if whole else sizes
    words = _state(draw, device=parameters[0]._layout.device)
    return cast_to(apply(op, (words, *parameters), (sizes,)), kind)


def categorical(draw: Draw, logits: Any, samples: Any, dtype: Any, what: str) -> Any:
    """Class numbers, (batch, samples), from unnormalised log-probabilities (batch, classes)."""
    kind = _dtype_of(dtype, what, ("i4", "i8"))
    x = tensor(logits, what)
    if not x.dtype.is_floating:
        raise DTypeError(f"{what}: logits must be floating, not {x.dtype.name}")
    if x.ndim != 2 or x._layout.shape[1] == 0:
        raise ShapeError(f"{what}: logits must be (batch, classes), not {x._layout.shape}")
    (count,) = _shape_of(samples, what)
    with paused():  # nothing flows back from a class number
        wide = cast_to(x, FLOAT64)
        totals = cumsum(exp(wide - reduce_max(wide, 1, True)), 1)
        here = settings.eager or totals._layout.device is HOST
        if here and state.window.trace is None:  # on this line, and before anything is drawn
            require_finite(what, totals)
        else:
            totals = apply(FINITE, (totals,), (what, user_line()))
    words = _state(draw, device=totals._layout.device)
    return cast_to(apply(CATEGORICAL, (words, totals), (count,)), kind)


def shuffle(draw: Draw, value: Any, what: str) -> Any:
    """The slices of `value` along its first axis, in the stable order of random words."""
    x = tensor(value, what)
    if x.ndim == 0:
        raise ShapeError(f"{what}: a 0-d tensor has no first axis")
    words = apply(BITS, (_state(draw, device=x._layout.device),), (UINT64, (x._layout.shape[0],)))
    return gather_rows(x, apply(ARGSORT, (words,), (False,)))
