"""Convolutions and pooling against loops over windows, their derivatives, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numeric import Array, check_gradient

import ngrad
from ngrad import GradientTape, constant, errors, nn

RNG = np.random.default_rng(5)


def windows(
    x: Array, sizes: Any, steps: Any, gaps: Any, padding: Any, value: float = 0.0
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Where each window of x (batch, ..., channels) goes, and its elements."""
    axes = len(sizes)
    spans = [(n - 1) * gap + 1 for n, gap in zip(sizes, gaps, strict=True)]
    if padding == "SAME":
        pairs = []
        for n, step, span in zip(x.shape[1:-1], steps, spans, strict=True):
            more = max((-(-n // step) - 1) * step + span - n, 0)
            pairs.append((more // 2, more - more // 2))
    else:
        pairs = [(0, 0)] * axes if padding == "VALID" else list(padding)
    x = np.pad(x, [(0, 0), *pairs, (0, 0)], constant_values=value)
    counts = [(n - s) // t + 1 for n, s, t in zip(x.shape[1:-1], spans, steps, strict=True)]
    for at in np.ndindex(*counts):
        inside = tuple(
            slice(k * t, k * t + s, gap)
            for k, t, s, gap in zip(at, steps, spans, gaps, strict=True)
        )
        yield at, x[(slice(None), *inside)]


def assembled(parts: Iterator[tuple[tuple[int, ...], Array]]) -> Array:
    found = list(parts)
    counts = np.array([at for at, _ in found]).max(0) + 1
    whole = np.stack([part for _, part in found], 1)
    return whole.reshape(whole.shape[0], *counts, whole.shape[-1])


def convolved(x: Array, w: Array, steps: Any, padding: Any, gaps: Any) -> Array:
    axes = w.ndim - 2
    groups = x.shape[-1] // w.shape[-2]

    def one(window: Array) -> Array:
        axis = range(1, axes + 2), range(axes + 1)
        parts = zip(np.split(window, groups, -1), np.split(w, groups, -1), strict=True)
        return np.concatenate([np.tensordot(a, b, axis) for a, b in parts], -1)

    return assembled((at, one(z)) for at, z in windows(x, w.shape[:axes], steps, gaps, padding))


CASES: list[tuple[str, Any, Any, Any, Any, Any]] = [
    # function, x, filters, strides, padding, dilations
    ("conv1d", (2, 7, 2), (3, 2, 3), (1,), "VALID", (1,)),
    ("conv1d", (2, 7, 2), (3, 2, 3), (2,), "SAME", (1,)),
    ("conv2d", (2, 5, 6, 3), (3, 2, 3, 4), (1, 1), "VALID", (1, 1)),
    ("conv2d", (1, 5, 6, 2), (3, 3, 2, 2), (2, 3), "SAME", (1, 1)),
    ("conv2d", (1, 6, 7, 2), (2, 3, 2, 2), (1, 1), "SAME", (2, 2)),
    ("conv2d", (1, 4, 4, 2), (3, 3, 2, 1), (2, 1), ((1, 2), (0, 1)), (1, 1)),
    ("conv2d", (2, 4, 4, 4), (2, 2, 2, 6), (1, 1), "VALID", (1, 1)),  # two groups
    ("conv2d", (2, 3, 3, 4), (1, 1, 4, 2), (1, 1), "VALID", (1, 1)),
    ("conv2d", (2, 6, 5, 3), (2, 3, 1, 6), (2, 1), "SAME", (1, 2)),  # each channel by itself
    ("conv2d", (1, 5, 6, 17), (3, 2, 1, 17), (1, 2), ((2, 1), (0, 3)), (2, 1)),
    ("conv1d", (2, 9, 1), (4, 1, 1), (2,), "SAME", (1,)),
    ("conv3d", (1, 3, 4, 4, 2), (2, 2, 3, 2, 2), (1, 2, 1), "SAME", (1, 1, 1)),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[3:]}")


def arrays(*shapes: Any) -> list[Array]:
    return [RNG.uniform(-1, 1, shape) for shape in shapes]


@every_case
@pytest.mark.parametrize("first", [False, True])
def test_convolutions(case: Any, first: bool) -> None:
    name, *shapes, steps, padding, gaps = case
    x, w = arrays(*shapes)
    expected = convolved(x, w, steps, padding, gaps)
    axes = x.ndim - 2
    if first:  # channels first
        to, back = (0, axes + 1, *range(1, axes + 1)), (0, *range(2, axes + 2), 1)
        layout = "NC" + "DHW"[3 - axes :]

        def function(x: Any, w: Any) -> Any:
            y = getattr(nn, name)(ngrad.transpose(x, to), w, steps, padding, layout, gaps)
            return ngrad.transpose(y, back)
    else:

        def function(x: Any, w: Any) -> Any:
            return getattr(nn, name)(x, w, steps, padding, dilations=gaps)

    np.testing.assert_allclose(function(x, w), expected, rtol=1e-12, atol=1e-12)
    if not first:
        check_gradient(function, x, w)


def test_of_nothing_but_what_surrounds_it() -> None:
    """Zeros, however many: of them the derivatives are there, and are zeros."""
    x, w = ones(1, 0, 2), ones(2, 2, 3)
    with ngrad.GradientTape() as tape:
        tape.watch([x, w])
        y = nn.conv1d(x, w, padding=[(1, 1)])
    of_x, of_w = tape.gradient(y, [x, w])
    assert y.shape == (1, 1, 3) and of_x.shape == (1, 0, 2)
    np.testing.assert_array_equal(of_w, np.zeros((2, 2, 3)))


def test_depthwise() -> None:
    x, w = arrays((2, 4, 5, 3), (2, 3, 3, 2))
    alone = [convolved(x[..., [k]], w[:, :, [k]], (1, 1), "SAME", (1, 1)) for k in range(3)]
    found = nn.depthwise_conv2d(x, w, padding="SAME")
    np.testing.assert_allclose(found, np.concatenate(alone, -1), rtol=1e-12, atol=1e-12)
    check_gradient(lambda x, w: nn.depthwise_conv2d(x, w, 2, "SAME"), x, w)


@every_case
def test_of_complex_numbers(case: Any) -> None:
    name, *shapes, steps, padding, gaps = case
    x, w = (a + 1j * b for a, b in zip(arrays(*shapes), arrays(*shapes), strict=True))
    there, back = getattr(nn, name), getattr(nn, f"{name}_transpose")
    out = there(x, w, steps, padding, dilations=gaps)
    expected = convolved(x, w, steps, padding, gaps)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    check_gradient(lambda x, w: there(x, w, steps, padding, dilations=gaps), x, w)
    if x.shape[-1] == w.shape[-2]:
        rest = x.shape, steps, padding
        check_gradient(lambda g, w: back(g, w, *rest, dilations=gaps), out.numpy(), w)


@pytest.mark.parametrize("channels", [-1, 2])
def test_a_batch_may_have_several_axes(channels: int) -> None:
    x, w = RNG.normal(size=(2, 3, 4, 5, 2)), RNG.normal(size=(2, 2, 2, 4))
    layout = "NHWC" if channels == -1 else "NCHW"
    x = np.moveaxis(x, -1, channels)
    found = nn.conv2d(x, w, 2, "SAME", layout).numpy()
    for one, out in zip(x, found, strict=True):
        np.testing.assert_array_equal(nn.conv2d(one, w, 2, "SAME", layout).numpy(), out)


@pytest.mark.parametrize("case", [c for c in CASES if c[1][-1] == c[2][-2]])
def test_the_transpose_is_the_gradient(case: Any) -> None:
    name, *shapes, steps, padding, gaps = case
    there, back = getattr(nn, name), getattr(nn, f"{name}_transpose")
    x, w = map(constant, arrays(*shapes))
    with GradientTape() as tape:
        tape.watch(x)
        y = there(x, w, steps, padding, dilations=gaps)
    g = constant(arrays(y.shape)[0])
    expected = tape.gradient(y, x, g)
    found = back(g, w, x.shape, steps, padding, dilations=gaps)
    of_any = nn.conv_transpose(g, w, x.shape, steps, padding, dilations=gaps)
    np.testing.assert_array_equal(of_any, found)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    check_gradient(
        lambda g, w: back(g, w, x.shape, steps, padding, dilations=gaps),
        g.numpy(),
        w.numpy(),
    )


POOLS: dict[str, tuple[Callable[..., Any], Callable[..., Any], float]] = {
    "max": (nn.max_pool, np.nanmax, np.nan),
    "mean": (nn.avg_pool, np.nanmean, np.nan),
}


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize(
    ("shape", "size", "steps", "padding"),
    [
        ((2, 6, 3), (2,), None, "VALID"),
        ((2, 5, 6, 3), (2, 2), None, "VALID"),
        ((2, 5, 6, 3), (3, 2), (2, 2), "SAME"),
        ((1, 3, 4, 4, 2), (2, 2, 2), (1, 2, 2), "SAME"),
    ],
)
def test_pooling(name: str, shape: Any, size: Any, steps: Any, padding: Any) -> None:
    pool, reference, value = POOLS[name]
    x = RNG.permutation(np.prod(shape)).reshape(shape) / 8.0  # no two nearly alike
    gaps = (1,) * len(size)
    expected = assembled(
        (at, reference(z, tuple(range(1, z.ndim - 1))))
        for at, z in windows(x, size, steps or size, gaps, padding, value)
    )
    np.testing.assert_allclose(pool(x, size, steps, padding), expected, rtol=1e-12, atol=1e-12)
    check_gradient(lambda x: pool(x, size, steps, padding), x)
    first = np.moveaxis(x, -1, 1)
    found = pool(first, size, steps, padding, "NC" + "DHW"[3 - len(size) :])
    np.testing.assert_allclose(np.moveaxis(np.asarray(found), 1, -1), expected, rtol=1e-12)


def test_ties_share_evenly() -> None:
    x = constant(np.ones((1, 3, 3, 1)))
    with GradientTape() as tape:
        tape.watch(x)
        y = nn.max_pool(x, 3)
    np.testing.assert_array_equal(tape.gradient(y, x), np.full((1, 3, 3, 1), 1 / 9))


def test_what_lies_beyond_the_input_counts_for_nothing() -> None:
    x = constant(np.full((1, 2, 2, 1), -np.inf))
    with GradientTape() as tape:
        tape.watch(x)
        y = nn.max_pool(x, 2, 2, ((1, 1), (1, 1)))
    np.testing.assert_array_equal(tape.gradient(y, x), np.ones((1, 2, 2, 1)))
    far, pairs = constant(np.ones((1, 2, 2, 1))), ((2, 2), (2, 2))
    wanted = np.pad(np.ones((1, 1)), 1, constant_values=-np.inf)
    np.testing.assert_array_equal(nn.max_pool(far, 2, 2, pairs)[0, :, :, 0], wanted)
    wanted = np.pad(np.ones((1, 1)), 1, constant_values=np.nan)
    np.testing.assert_array_equal(nn.avg_pool(far, 2, 2, pairs)[0, :, :, 0], wanted)


def test_a_nan_is_the_largest_and_has_no_cotangent() -> None:
    x = np.arange(8.0).reshape(1, 8, 1)
    x[0, 2] = np.nan
    with GradientTape() as tape:
        tape.watch(z := constant(x))
        y = nn.max_pool(z, 3, 2)
    np.testing.assert_array_equal(y[0, :, 0], [np.nan, np.nan, 6])
    np.testing.assert_array_equal(tape.gradient(y, z)[0, :, 0], [0, 0, 0, 0, 0, 0, 1, 0])


@pytest.mark.parametrize("width", [1, 3, 40, 1100])
@pytest.mark.parametrize(("size", "step"), [(2, 2), (3, 2), (5, 1), (40, 40)])
@pytest.mark.parametrize("name", POOLS)
def test_pooling_of_long_and_short_lines(name: str, size: int, step: int, width: int) -> None:
    # Of lines in one piece and in several, with rows, or windows, side by side.
    extent = 300 if width < 40 else 50
    x = RNG.permutation(3 * extent * width).reshape(1, 3, extent, width) / 8.0
    pool, reference, value = POOLS[name]
    expected = assembled(
        (at, reference(z, (1, 2)))
        for at, z in windows(x, (2, size), (1, step), (1, 1), "SAME", value)
    )
    with GradientTape() as tape:
        tape.watch(z := constant(x))
        y = pool(z, (2, size), (1, step), "SAME")
    np.testing.assert_allclose(y, expected, rtol=1e-12)
    given = tape.gradient(y, z).numpy()
    assert given.sum() == pytest.approx(y.size, rel=1e-12)  # each window gives its cotangent
    if name == "max":
        assert np.all((given != 0) == np.isin(x, expected))


def test_integers_are_pooled_too() -> None:
    x = np.arange(-8, 8, dtype=np.int8).reshape(1, 4, 4, 1)
    found = nn.max_pool(x, 3, 3, ((1, 1), (1, 1)))
    np.testing.assert_array_equal(found.numpy()[0, :, :, 0], [[-3, -1], [5, 7]])


def ones(*shape: int, dtype: str = "float32") -> Any:
    return ngrad.ones(shape, dtype)


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "axes": (lambda: nn.conv2d(ones(3, 3, 1), ones(1, 1, 1, 1)), errors.ShapeError, "4 axes"),
    "channels": (
        lambda: nn.conv2d(ones(1, 3, 3, 5), ones(1, 1, 2, 1)), errors.ShapeError, "5 channels",
    ),
    "no channels": (
        lambda: nn.conv1d(ones(1, 4, 0), ones(2, 2, 3)), errors.ShapeError, "0 channels",
    ),
    "long": (lambda: nn.conv1d(ones(1, 2, 1), ones(3, 1, 1)), errors.ShapeError, "do not fit"),
    "stride": (lambda: nn.conv1d(ones(1, 4, 1), ones(3, 1, 1), 0), errors.NumberError, "positive"),
    "strides": (
        lambda: nn.conv2d(ones(1, 4, 4, 1), ones(3, 3, 1, 1), (1, 2, 3)),
        errors.NumberError, "strides",
    ),
    "batches": (
        lambda: nn.conv2d(ones(1, 4, 4, 1), ones(3, 3, 1, 1), (2, 1, 1, 1)),
        errors.NumberError, "must be 1",
    ),
    "stride, same": (
        lambda: nn.conv1d(ones(1, 4, 1), ones(3, 1, 1), 0, "SAME"), errors.NumberError, "positive",
    ),
    "padded batches": (
        lambda: nn.conv1d(ones(1, 4, 1), ones(3, 1, 1), 1, ((1, 0), (0, 0), (0, 0))),
        errors.NumberError, "are 0",
    ),
    "layout, batch": (
        lambda: nn.conv1d(ones(1, 4, 1), ones(3, 1, 1), 1, "SAME", "WNC"),
        errors.NumberError, "WNC",
    ),
    "padding": (
        lambda: nn.conv1d(ones(1, 4, 1), ones(3, 1, 1), 1, "FULL"), errors.NumberError, "FULL",
    ),
    "pairs": (
        lambda: nn.conv1d(ones(1, 4, 1), ones(3, 1, 1), 1, ((-1, 0),)), errors.NumberError, "pair",
    ),
    "integers": (
        lambda: nn.conv1d(ones(1, 4, 1, dtype="int32"), ones(3, 1, 1, dtype="int32")),
        errors.DTypeError, "int32",
    ),
    "integers, transposed": (
        lambda: nn.conv1d_transpose(
            ones(1, 4, 1, dtype="int32"), ones(3, 1, 1, dtype="int32"), (1, 4, 1)
        ),
        errors.DTypeError, "conv1d_transpose: takes .* not int32",
    ),
    "layout": (
        lambda: nn.max_pool(ones(1, 4, 1), 2, data_format="WHAT"), errors.NumberError, "WHAT",
    ),
    "transpose of no axes": (
        lambda: nn.conv_transpose(ones(1, 2), ones(2, 1, 1), 1, 1), errors.ShapeError, "3 to 5",
    ),
    "transpose": (
        lambda: nn.conv2d_transpose(ones(1, 2, 2, 1), ones(2, 2, 1, 1), (1, 9, 3, 1)),
        errors.ShapeError, "output_shape",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_raises(name: str) -> None:
    call, kind, words = WRONG[name]
    with pytest.raises(kind, match=words):
        call()
