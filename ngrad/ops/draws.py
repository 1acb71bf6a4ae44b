"""The ops that draw: standard numbers, by a kernel of each sampler (`samplers.py`).

Their first operand is a state, a draw's key, its number, and what else a sampler wants in words of
64 bits. A state may be many, one a row, for as many draws, each of parameters of its own: a batch.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ngrad.dtypes import BY_CODE, DType
from ngrad.errors import NumberError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, Sample
from ngrad.graph.program import OUT, Launch, Program, operands
from ngrad.ops.implied import pulled
from ngrad.ops.launching import dense_operands
from ngrad.ops.shape import reshape, spread
from ngrad.record import apply, apply_now
from ngrad.status import number as number_of
from ngrad.tensor import Tensor
from ngrad_kernels.contract import CHUNK

Shape = tuple[int, ...]
INT64, UINT64 = BY_CODE["i8"], BY_CODE["u8"]


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


def require_finite(what: str, totals: Tensor) -> None:
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
        require_finite(what, totals)
        return Tensor(totals._buffer, totals._address, totals._layout)

    return run, totals


INFINITY = 0x7FF << 52
"""The bits of float64's infinity: a total, which is not negative, has fewer if it is finite."""
FINITE = Op("checked_totals", lambda x, **_: x, _finite_prepare, Finite._fields, family="engine")
"""Running totals that a categorical draw reads, checked when they are there; on a GPU as indices
are, whose words these could be (`bounds.py`)."""
FINITE.anywhere = True
FINITE.vjp(lambda g, out, totals, **_: (None,))
FINITE.batch(lambda size, batched, x, **params: apply_now(FINITE, (x,), (*params.values(),)))
CATEGORICAL = Op(
    "categorical", _categorical_infer, _categorical_prepare, ("samples",), family="random"
)
CATEGORICAL.ahead(lambda dtype: [((2,), (STATE, (dtype, (1, 2))))] if dtype.code == "f8" else [])
CATEGORICAL.vjp(lambda g, out, state, totals, samples: (None, None))
CATEGORICAL.batch(functools.partial(_over, CATEGORICAL))
