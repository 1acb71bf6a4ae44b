"""The samplers: each a draw of standard numbers by an op of its own, then moved by ordinary ops.

A draw's key and number are a small tensor, an input of the op; so a call knows neither, and serves
every draw of a shape and dtype. Standard numbers have no gradient; location and scale have theirs
from the ops that apply them.
"""

from __future__ import annotations

import ctypes
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ngrad.config import settings
from ngrad.devices import HOST, Device, current
from ngrad.dtypes import BY_CODE, DType, as_dtype
from ngrad.errors import DTypeError, NumberError, ShapeError
from ngrad.graph.dims import Dim
from ngrad.graph.graph import Symbol
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Sample
from ngrad.graph.program import OUT, Launch, Program, operands
from ngrad.ops.arithmetic import abs_, maximum
from ngrad.ops.comparison import less
from ngrad.ops.convert import KINDS, cast_to, device_beside, from_outside, tensor, tensors, wide
from ngrad.ops.elementwise import select
from ngrad.ops.exponential import exp
from ngrad.ops.extents import dims, integers
from ngrad.ops.gather import gather_rows
from ngrad.ops.implied import pulled
from ngrad.ops.launching import broadcast_shapes, dense_operands
from ngrad.ops.reductions import reduce_max
from ngrad.ops.scans import cumsum
from ngrad.ops.shape import broadcast_to, reshape, spread
from ngrad.ops.sorting import ARGSORT
from ngrad.record import apply, paused, state, user_line
from ngrad.status import number as number_of
from ngrad.tensor import Tensor, empty, from_numpy
from ngrad.tracing import host_tensor
from ngrad_kernels.codes import HALVES, computed
from ngrad_kernels.contract import CHUNK

Shape = tuple[int, ...]
Draw = Callable[[], tuple[int, int]]
"""Gives a draw's key and number; called once all arguments are known to be right."""

FLOAT64, INT64 = BY_CODE["f8"], BY_CODE["i8"]
UINT64 = BY_CODE["u8"]
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


# -- ops -------------------------------------------------------------------------------------------


# A state may be many, one a row, for as many draws, each of parameters of its own: a batch.


def _infer(*layouts: Layout, dtype: DType, shape: Shape) -> Layout:
    return layout(dtype, (*layouts[0].shape[:-1], *shape))


STATE = UINT64, (4,)
"""Where a state is, as `ahead` has it: at most four words."""
CODES: dict[str, tuple[str, ...]] = {
    "bits": ("u8",), "integers": ("i4", "i8"), "poisson": ("f8",), "binomial": ("f8",),
}  # fmt: skip
"""The dtypes that samplers have kernels for, if not for float32 and float64."""


def _sampler(name: str, sampler: str) -> Op:
    def prepare(inputs: tuple[Layout, ...], out: Layout, dtype: DType, shape: Shape) -> Any:
        if inputs[0].ndim > 1:
            return _prepare_each(sampler, inputs, out, [0, 0], CHUNK)
        if out.size == 0:
            return Program(), out
        kernel = out.device.target.sampler(sampler, dtype.code)
        return Program((Launch(kernel, 0, out.size, CHUNK, operands(1)),)), out

    op = Op(name, _infer, prepare, ("dtype", "shape"), family="random")
    op.vjp(lambda g, out, state, dtype, shape: (None,))
    codes = CODES.get(sampler, ("f4", "f8"))
    op.ahead(lambda dtype: [((dtype, (2,)), (STATE,))] if dtype.code in codes else [])
    op.batch(functools.partial(_over, op))
    return op


def _over(op: Op, size: int, batched: Sequence[bool], *inputs: Any, **params: Any) -> Any:
    """The batching rule: as many draws."""
    params_of = tuple(params.values())
    pairs = zip(inputs, batched, strict=True)
    given = [x if many else spread(x, size) for x, many in pairs]
    if given[0].ndim < 3:
        return apply(op, tuple(given), params_of)
    lead = given[0]._layout.shape[:-1]  # of a batch of batches
    rows = [reshape(x, (math.prod(lead), *x._layout.shape[2:])) for x in given]
    found = apply(op, tuple(rows), params_of)
    return reshape(found, (*lead, *found._layout.shape[1:]))


def _prepare_each(
    sampler: str, inputs: Sequence[Layout], out: Layout, facts: list[int], grain: int
) -> Any:
    """How many draws run, each by its own state and parameters, which lie in rows."""
    if out.size == 0:
        return Program(), out
    rows = out.shape[0]
    per = out.size // rows
    steps = [where.size // rows * where.dtype.itemsize for where in (*inputs, out)]
    target = out.device.target
    where, held = target.facts([*facts, per, *steps])
    read = dense_operands([*enumerate(inputs)])
    operands = (*read.operands, (OUT, 0))
    kernel = target.sampler(sampler, out.dtype.code, True)
    launch = Launch(kernel, where, rows, max(grain // per, 1), operands)
    return read.then(launch, keep=(held,)), out


BITS = _sampler("random_bits", "bits")
UNIFORM = _sampler("random_uniform", "uniform")
NORMAL = _sampler("random_normal", "normal")
TRUNCATED_NORMAL = _sampler("random_truncated_normal", "truncated_normal")
INTEGERS = _sampler("random_integers", "integers")


def _prepare_read(
    sampler: str, values: Sequence[Layout], out: Layout, facts: list[int], grain: int
) -> Any:
    """How a sampler runs that reads operands beside the state, in row-major order."""
    if out.size == 0:
        return Program(), out
    target = out.device.target
    where, held = target.facts(facts)
    read = dense_operands([*enumerate(values, 1)])
    operands = ((0, 0), *read.operands, (OUT, 0))
    kernel = target.sampler(sampler, out.dtype.code)
    return read.then(Launch(kernel, where, out.size, grain, operands), keep=(held,)), out


def _for_each(name: str, sampler: str) -> Op:
    """A sampler of so many numbers for each of its parameters, which have one shape."""

    def infer(state: Layout, *parameters: Layout, shape: Shape) -> Layout:
        first, lead = parameters[0], state.ndim - 1
        return layout(first.dtype, (*first.shape[:lead], *shape, *first.shape[lead:]))

    def prepare(inputs: tuple[Layout, ...], out: Layout, shape: Shape) -> Any:
        if inputs[0].ndim > 1:
            own = inputs[1].size // max(inputs[1].shape[0], 1)
            return _prepare_each(sampler, inputs, out, [own, 0], CHUNK // 16)
        return _prepare_read(sampler, inputs[1:], out, [inputs[1].size], CHUNK // 16)

    op = Op(name, infer, prepare, ("shape",), family="random")
    codes, parameters = CODES.get(sampler, ("f4", "f8")), 1 + (sampler == "binomial")

    @op.ahead
    def _(dtype: DType) -> Iterator[Sample]:
        if dtype.code in codes:
            yield ((2,),), (STATE, *[(dtype, (2,))] * parameters)

    op.vjp(lambda g, out, *inputs, shape: (None,) * len(inputs))
    op.batch(functools.partial(_over, op))
    return op


GAMMA = _for_each("random_gamma", "gamma")
GAMMA.vjp(lambda g, out, state, alpha, shape: (None, *pulled("standard_gamma", g, out, alpha)))
POISSON = _for_each("random_poisson", "poisson")
BINOMIAL = _for_each("random_binomial", "binomial")


def _categorical_infer(state: Layout, totals: Layout, samples: int) -> Layout:
    return layout(INT64, (*totals.shape[:-1], samples))


def _categorical_prepare(inputs: tuple[Layout, ...], out: Layout, samples: int) -> Any:
    totals = inputs[1]
    if inputs[0].ndim > 1:
        return _prepare_each("categorical", inputs, out, [totals.shape[-1], samples], CHUNK)
    return _prepare_read("categorical", [totals], out, [totals.shape[1], samples], CHUNK)


def _require_finite(what: str, totals: Tensor) -> None:
    """Refuse logits whose sums of shares are no numbers: no largest one was finite."""
    finite = np.isfinite(totals._view()[..., -1])
    if not finite.all():
        raise NumberError(
            f"{what}: row {int(np.argmin(finite))} of logits needs a finite largest element,"
            " and no NaN"
        )


class Finite(NamedTuple):
    """Whose totals have to be finite, and the line of the call."""

    what: str
    line: str

    def error(self, least: int, greatest: int) -> NumberError:
        return NumberError(
            f"{self.what}: a row of logits needs a finite largest element, and no NaN, in the call "
            f"at {self.line}"
        )


def _finite_prepare(inputs: tuple[Layout, ...], out: Layout, what: str, line: str) -> Any:
    (totals,) = inputs
    words = [totals.size, 0, INFINITY, number_of(Finite(what, line))]
    work = out.device.target.libraries.routine("checked_index", "i8", words)
    if work is not None:
        read = dense_operands([(0, totals)])
        return read.launching(work, (*read.operands, (OUT, 0)), checks=True), out

    def run(totals: Tensor) -> Tensor:
        _require_finite(what, totals)
        return Tensor(totals._buffer, totals._address, totals._layout)

    return run, totals


INFINITY = 0x7FF << 52
"""The bits of float64's infinity: a total, which is not negative, has fewer if it is finite."""
FINITE = Op("checked_totals", lambda x, **_: x, _finite_prepare, Finite._fields, family="engine")
"""Running totals that a categorical draw reads, checked when they are there; on a GPU as indices
are, whose words these could be (`bounds.py`)."""
FINITE.anywhere = True
FINITE.vjp(lambda g, out, totals, **_: (None,))
FINITE.batch(lambda size, batched, totals, **params: apply(FINITE, (totals,), (*params.values(),)))
CATEGORICAL = Op(
    "categorical", _categorical_infer, _categorical_prepare, ("samples",), family="random"
)
CATEGORICAL.ahead(lambda dtype: [((2,), (STATE, (dtype, (1, 2))))] if dtype.code == "f8" else [])
CATEGORICAL.vjp(lambda g, out, state, totals, samples: (None, None))
CATEGORICAL.batch(functools.partial(_over, CATEGORICAL))


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
            _require_finite(what, totals)
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
