"""What tests compare with: differences in float64, tensors in awkward memory, equality of bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import ngrad

FLOATS = ("f4", "f8")
COMPLEX = ("c8", "c16")
INTEGERS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
CODES = (*FLOATS, *INTEGERS, "b1", *COMPLEX)
LARGE = (1 << 14) + 1213
"""More elements than one call of a kernel takes, and no multiple of any vector."""

Array = np.ndarray[Any, Any]


def grid(shape: tuple[int, ...], low: float, high: float, which: int = 0) -> Array:
    """Values of (low, high) in a shuffled order, none closer to another than their spacing allows.

    Grids of different `which` share no value, so that operands do not tie.
    """
    n = int(np.prod(shape, dtype=np.int64))
    order = np.random.default_rng(97 + n + which).permutation(n)
    return (low + (high - low) * (order + 0.35 + 0.2 * which) / max(n, 1)).reshape(shape)


def weights(shape: tuple[int, ...], kind: str = "f") -> Array:
    """Fixed numbers, none zero, that make a scalar of a result."""
    numbers = np.arange(1, 1 + int(np.prod(shape, dtype=np.int64)))
    real = np.cos(numbers).reshape(shape)
    return real + 1j * np.sin(2.0 * numbers).reshape(shape) if kind == "c" else real


def recorded(
    function: Callable[..., Any], *sources: Any, **options: Any
) -> tuple[Any, ngrad.GradientTape]:
    """What a function returns, and the tape that watched its arguments."""
    with ngrad.GradientTape(**options) as tape:
        tape.watch(sources)
        out = function(*sources)
    return out, tape


# -- derivatives -----------------------------------------------------------------------------------


def difference(function: Callable[..., float], arrays: Sequence[Array], which: int) -> Array:
    """The gradient of a scalar function in one array, by five-point central differences in float64;
    of a complex one along the real and the imaginary axis.
    """
    arrays = [np.array(a) for a in arrays]
    wide = np.complex128 if arrays[which].dtype.kind == "c" else np.float64
    x = arrays[which] = arrays[which].astype(wide)
    result = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        before = x[at]
        h = 1e-3 * max(1.0, abs(before))
        for axis in (1.0, 1j) if wide is np.complex128 else (1.0,):
            total = 0.0
            for steps, share in ((1, 8.0), (2, -1.0)):
                for sign in (1.0, -1.0):
                    x[at] = before + sign * steps * h * axis
                    total += sign * share * function(*arrays)
            result[at] += axis * total / (12 * h)
        x[at] = before
    return result


def _scalar(value: Any, scale: float = 1.0) -> Any:
    """The sum of a tensor's elements by fixed weights, which is real."""
    kind = ngrad.as_dtype(value.dtype).code[0]
    factors = ngrad.constant(scale * weights(tuple(value.shape), kind), value.dtype)
    return ngrad.reduce_sum(ngrad.math.real(value * factors))


def weighted(function: Callable[..., Any], tensors: Sequence[Any]) -> Any:
    """The scalar sum(weights * function(tensors)), in the function's dtype; its real part."""
    return _scalar(function(*tensors))


def floating(arrays: Sequence[Array]) -> list[int]:
    return [k for k, a in enumerate(arrays) if a.dtype.kind in "fc"]


def gradients(function: Callable[..., Any], tensors: Sequence[Any]) -> list[Any]:
    """The tape's gradient of `weighted` with respect to each floating tensor."""
    sources = [x for x in tensors if x.dtype.is_inexact]
    with ngrad.GradientTape() as tape:
        tape.watch(sources)
        total = weighted(function, tensors)
    return tape.gradient(total, sources, unconnected_gradients="zero")


def _slope(function: Callable[..., Any], tensors: Sequence[Any]) -> Any:
    """A scalar made of the whole gradient: what a second derivative is taken of."""
    total = None
    for g in gradients(function, tensors):
        part = _scalar(g, 0.7)
        total = part if total is None else total + part
    return total


def second_gradients(function: Callable[..., Any], tensors: Sequence[Any]) -> list[Any]:
    """The gradient of a weighted sum of the gradient, by a tape around a tape."""
    sources = [x for x in tensors if x.dtype.is_inexact]
    with ngrad.GradientTape() as tape:
        tape.watch(sources)
        total = _slope(function, tensors)
    return tape.gradient(total, sources, unconnected_gradients="zero")


def check_gradient(function: Callable[..., Any], *arrays: Array, rtol: float = 1e-7) -> None:
    """Compare the tape's gradient with differences, for every floating or complex array; all are
    float64 or complex128.
    """
    _compare(function, arrays, gradients, weighted, rtol)


def check_second_gradient(function: Callable[..., Any], *arrays: Array, rtol: float = 1e-7) -> None:
    """Compare a second gradient with differences of the first."""
    _compare(function, arrays, second_gradients, _slope, rtol)


def _compare(
    function: Callable[..., Any],
    arrays: Sequence[Array],
    derive: Callable[..., list[Any]],
    scalar: Callable[..., Any],
    rtol: float,
) -> None:
    found = derive(function, [ngrad.constant(a) for a in arrays])

    def value(*points: Array) -> float:
        return float(scalar(function, [ngrad.constant(p) for p in points]))

    for k, g in zip(floating(arrays), found, strict=True):
        assert tuple(g.shape) == arrays[k].shape and g.dtype == arrays[k].dtype
        expected = difference(value, arrays, k)
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        np.testing.assert_allclose(g.numpy(), expected, rtol=rtol, atol=rtol * scale)


def rule_over(op: Any, params: Any, parts: int) -> Callable[..., Any]:
    """The VJP rule, over each cotangent and each result one after another."""
    rule, keywords = op.rule, op.keywords(params)
    assert rule is not None
    if not parts:
        return lambda *xs: rule(*xs, **keywords)
    return lambda *xs: rule(xs[:parts], xs[parts : 2 * parts], *xs[2 * parts :], **keywords)


# -- memory ----------------------------------------------------------------------------------------

LAYOUTS = ("transposed", "reversed", "stepped")


def laid_out(array: Array, how: str) -> Any:
    """A tensor of an array's values that lies in memory otherwise than in row-major order."""
    if array.ndim == 0:
        return ngrad.constant(array)
    if how == "transposed":
        return ngrad.transpose(ngrad.constant(np.ascontiguousarray(array.T)))
    if how == "reversed":
        return ngrad.reverse(ngrad.constant(np.flip(array)), list(range(array.ndim)))
    if how == "stepped":
        return ngrad.constant(np.repeat(array, 2, axis=-1))[..., ::2]
    raise ValueError(how)


# -- equality --------------------------------------------------------------------------------------


def assert_same_bits(found: Any, expected: Any) -> None:
    """Equal dtypes, shapes and elements: zeros with their sign, and any NaN where a NaN is."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if found.dtype.kind == "c":
        assert_same_bits(found.real, expected.real)
        assert_same_bits(found.imag, expected.imag)
        return
    if found.dtype.kind == "f":
        nan = np.isnan(expected)
        np.testing.assert_array_equal(np.isnan(found), nan)
        found, expected = np.where(nan, 0, found), np.where(nan, 0, expected)
        np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
    np.testing.assert_array_equal(found, expected)


def assert_within_ulps(found: Any, expected: Array, ulps: float, floor: float = 0.0) -> None:
    """Within so many units in the last place of a float64 value, or `floor` absolutely; of a
    complex number, in units of its modulus.
    """
    found = np.asarray(found)
    wanted = expected.astype(found.dtype)
    assert found.shape == wanted.shape
    finite = np.isfinite(wanted)
    assert_same_bits(np.where(finite, 0, found), np.where(finite, 0, wanted))
    wanted = np.where(finite, wanted, 1)
    unit = np.spacing(np.abs(wanted)).astype(np.float64)
    off = np.abs(np.where(finite, found, 1) - np.where(finite, expected, 1))
    worst = np.max(off / np.maximum(unit * ulps, floor), initial=0.0)
    assert worst <= 1.0, f"{worst * ulps:.2f} ulp"


class Case(NamedTuple):
    """A function of tensors, what it gives of arrays, and where; by differences, too, if smooth."""

    function: Callable[..., Any]
    reference: Callable[..., Any]
    arrays: tuple[Array, ...]
    smooth: bool = True

    def check(self) -> None:
        found = self.function(*map(ngrad.constant, self.arrays))
        expected = self.reference(*self.arrays)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12)
        if self.smooth:
            check_gradient(self.function, *self.arrays, rtol=1e-6)
