"""What a row of the table says: the op, its reference, its dtypes, and where it is smooth."""

from __future__ import annotations

import functools
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numeric import Array, grid

import ngrad
from ngrad_kernels.scalars import SCALARS

Shapes = tuple[tuple[int, ...], ...]

UNARY: tuple[Shapes, ...] = (((),), ((0,),), ((2, 0, 3),), ((7,),), ((3, 4),), ((2, 1, 3),))
BINARY: tuple[Shapes, ...] = (
    ((), ()),
    ((0,), (0,)),
    ((0, 3), (3,)),
    ((7,), (7,)),
    ((3, 4), (3, 4)),
    ((), (3,)),
    ((3,), ()),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((1,), (2, 2)),
    ((2, 1, 3), (4, 1)),
)

EPS = float(np.finfo(np.float64).eps)

EVERY = os.environ.get("NGRAD_TEST_DTYPES") == "every"
"""Whether ops are tested in every dtype that they take."""


@functools.cache
def drawn(op: str) -> tuple[str, str]:
    """Two dtypes of integers by the name of an op, so that each is many ops'."""
    draw = random.Random(op)
    return draw.choice(("i1", "i2", "i4")), draw.choice(("u1", "u2", "u4", "u8"))


@dataclass(frozen=True)
class Row:
    """How one op is tested.

    Attributes
    ----------
    op : str
        Its name in `ngrad.graph.op.TABLE`.
    function, reference : callable
        Over tensors, and over arrays.
    domains : tuple of (low, high)
        Where each operand is drawn from, for floats; smooth but for isolated points.
    kinds : str
        Dtypes that it takes, of "f", "i", "u", "b", "c"; all others raise.
    converts : str
        Kinds that are converted to float64 first.
    shapes : tuple of shapes
        Of the operands, a case each; the first ones of `BINARY` and `UNARY` if not given.
    smooth : bool
        Whether it has a gradient (a zero one counts as none).
    ulps : float
        0: to the bit as the reference in the same dtype. Otherwise so far from it in float64.
    complex_ulps : float
        As `ulps`, of complex numbers, where those of floats are exact.
    floor : float
        An error that is allowed absolutely, near zeros of the function.
    rtol : float
        How near its gradients are to differences.
    whole : tuple of (low, high), optional
        Bounds of integers, operand by operand; the full range of the dtype if not given.
    fixed : tuple of (str or None)
        Dtype codes of operands that do not follow the row's.
    label : str
        Tells rows of one op apart.
    """

    op: str
    function: Callable[..., Any]
    reference: Callable[..., Any]
    domains: tuple[tuple[float, float], ...] = ((-2.0, 2.0),)
    kinds: str = "f"
    converts: str = ""
    shapes: tuple[Shapes, ...] = ()
    smooth: bool = True
    ulps: float = 0.0
    complex_ulps: float = 0.0
    floor: float = 0.0
    rtol: float = 1e-7
    whole: tuple[tuple[int, int] | None, ...] = ()
    fixed: tuple[str | None, ...] = ()
    label: str = ""

    def __str__(self) -> str:
        return f"{self.op}-{self.label}" if self.label else self.op

    @property
    def arity(self) -> int:
        return len(self.domains)

    @property
    def elementwise(self) -> bool:
        return not self.shapes

    @property
    def cases(self) -> tuple[Shapes, ...]:
        if self.shapes:
            return self.shapes
        if self.arity == 1:
            return UNARY
        return tuple((case[0], *case[1:] * (self.arity - 1)) for case in BINARY)

    @property
    def wide(self) -> list[str]:
        """The dtypes in which its derivatives are compared with differences."""
        return [code for code in ("f8", "c16") if code[0] in self.kinds]

    def tests(self, code: str) -> bool:
        """Whether it is tested in a dtype: of integers in int64 and in one drawn of each kind; not
        in complex64, if that is complex128's, rounded.
        """
        if code[0] in "iu" and code != "i8" and not EVERY:
            return code in drawn(self.op)
        return code != "c8" or self.op not in SCALARS or SCALARS[self.op].cost < 2

    def ulps_of(self, kind: str) -> float:
        """How far results may be from the reference's, of operands of a kind."""
        return (kind == "c" and self.complex_ulps) or self.ulps

    def code_of(self, operand: int, code: str) -> str:
        own = self.fixed[operand] if operand < len(self.fixed) else None
        return own or code

    def sample(self, shapes: Shapes, code: str) -> list[Array]:
        """Operands of these shapes: on a grid in the domains for floats, all over for integers."""
        return [
            self._operand(k, shape, np.dtype(self.code_of(k, code)))
            for k, shape in enumerate(shapes)
        ]

    def _operand(self, k: int, shape: tuple[int, ...], dtype: Any) -> Array:
        if dtype.kind == "f":
            return grid(shape, *self.domains[k], k).astype(dtype)
        if dtype.kind == "c":
            imag = grid(shape, -0.8, 0.8, k + 7)  # off the cuts, which are on the axes
            return (grid(shape, *self.domains[k], k) + 1j * imag).astype(dtype)
        rng = np.random.default_rng(11 + k)
        if dtype.kind == "b":
            return rng.integers(0, 2, shape).astype(bool)
        info = np.iinfo(dtype)
        bounds = self.whole[k] if k < len(self.whole) else None
        low, high = bounds or (info.min, info.max)
        low, high = max(low, info.min), min(high, info.max)
        values = rng.integers(low, high, shape, dtype, endpoint=True)
        if bounds is None and values.size > 4:  # the values where arithmetic wraps
            edges = np.array([info.min, info.max, 0, 1], dtype)
            where = rng.permutation(values.size)[:4]
            values.reshape(-1)[where] = edges
        return values


def exact(op: str, reference: Any, arity: int = 2, kinds: str = "fiu", **options: Any) -> Row:
    """An elementwise op whose every result is the correctly rounded one, to the bit."""
    function = options.pop("function", None) or _public(op)
    domains = options.pop("domains", ((-3.0, 3.0),) * arity)
    return Row(op, function, reference, domains, kinds, **options)


def smooth(op: str, reference: Any, *domains: tuple[float, float], **options: Any) -> Row:
    """A function of vecmath: integers are converted to float64."""
    function = options.pop("function", None) or _public(op)
    options = {"ulps": 4.0, "converts": "iub", "kinds": "f", **options}
    return Row(op, function, reference, domains or ((-2.0, 2.0),), **options)


def _public(op: str) -> Callable[..., Any]:
    for space in (ngrad, ngrad.math, ngrad.bitwise):
        for name in (op, f"is_{op.removeprefix('is')}"):
            found = getattr(space, name, None)
            if found is not None:
                return found
    raise LookupError(f"no public function is called {op!r}")


def saturated(x: Array, code: str) -> Array:
    """What a cast gives: floats to integers saturate and NaN is 0; the rest is NumPy's."""
    if x.dtype.kind == "c" and code[0] not in "cb":
        x = x.real
    if x.dtype.kind != "f" or code[0] not in "iu":
        return x.astype(code)
    info = np.iinfo(code)
    inside = np.nan_to_num(np.trunc(x.astype(np.float64)), nan=0.0)
    # The upper bound of 64 bits rounds up in floats, so compare before converting.
    high, low = inside >= float(info.max), inside <= float(info.min)
    middle = np.where(high | low, 0, inside).astype(code)
    return np.where(high, info.max, np.where(low, info.min, middle)).astype(code)
