"""Run the same programs on TensorFlow and on ngrad, and print where they differ.

`python -m pip install '.[tensorflow]'`, then `python asv_bench/agreement.py`. Values, dtypes,
shapes and gradients are compared; what is expected to differ is listed with its reason, and
anything else makes the exit status 1.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tensorflow_programs import PROGRAMS as REALISTIC

import ngrad
from ngrad.absent import TENSORFLOW, by_name

Program = Callable[..., Any]

RNG = np.random.default_rng(0)
SAMPLES: dict[str, Any] = {
    "x": RNG.normal(size=(3, 4)).astype("f4"),
    "y": RNG.normal(size=(3, 4)).astype("f4"),
    "positive": RNG.uniform(0.3, 3, (3, 4)).astype("f4"),
    "unit": RNG.uniform(-0.9, 0.9, (3, 4)).astype("f4"),
    "matrix": RNG.normal(size=(4, 5)).astype("f4"),
    "i": RNG.integers(-5, 6, (3, 4)).astype("i4"),
    "j": RNG.integers(1, 4, (3, 4)).astype("i4"),
    "mask": RNG.normal(size=(3, 4)) > 0,
    "kinks": np.array([-1, 0, 1, 6], "f4"),
    "tied": np.array([2, 2, 1], "f4"),
    "other": np.array([2, 0, 1], "f4"),
    "zero": np.zeros(2, "f4"),
    "holes": np.array([0, 2, 0, 3], "f4"),
    "others": np.array([0, 0, 2, 4], "f4"),
    "rows": np.array([[1, 2], [3, 2], [3, 0], [5, 6]], "f4"),
    "half": RNG.uniform(0.1, 0.9, (3, 4)).astype("f4"),
    "deep": RNG.normal(size=(1, 2, 3, 8)).astype("f4"),
    "image": RNG.normal(size=(1, 5, 5, 2)).astype("f4"),
}
LABELS = np.array([1, 0, 3])
IDS = np.array([0, 1, 1, 3])
LOGS = ("xlogy", "xlog1py", "xdivy")

EXPECTED = {
    "maximum of ties": "ties are shared evenly",
    "minimum of ties": "ties are shared evenly",
    "clip at its bounds": "made of maximum and minimum, whose ties are shared evenly",
    "norm at zero": "0 here, NaN there",
    "gradient penalty": "slopes of leaky_relu are no function of x: None here, zeros there",
    "sqrt in an untaken branch": "0 * inf is NaN, as IEEE has it",
}


def unary(names: str, sample: str, module: str = "math") -> dict[str, tuple[Program, str]]:
    """The functions of a module, each of one sample."""

    def program(name: str) -> Program:
        return lambda tf, x: getattr(getattr(tf, module), name)(x)

    return {f"{module}.{name}": (program(name), sample) for name in names.split()}


def binary(names: str, samples: str) -> dict[str, tuple[Program, str]]:
    def program(name: str) -> Program:
        return lambda tf, x, y: getattr(tf, name)(x, y)

    return {f"{name} of {samples}": (program(name), samples) for name in names.split()}


def reductions() -> dict[str, tuple[Program, str]]:
    def program(name: str, axis: Any, keep: bool) -> Program:
        return lambda tf, x: getattr(tf.math, name)(x, axis=axis, keepdims=keep)

    names = "sum mean max min prod logsumexp variance std"
    return {
        f"reduce_{name}, axis {axis}, {keep}": (program(f"reduce_{name}", axis, keep), "x")
        for name in names.split()
        for axis in (None, 0, -1, [0, 1])
        for keep in (False, True)
    }


def segments() -> dict[str, tuple[Program, str]]:
    def program(name: str, *count: int) -> Program:
        return lambda tf, x: getattr(tf.math, name)(x, IDS, *count)

    names = "sum mean prod max min"
    return {
        **{f"segment_{name}": (program(f"segment_{name}"), "rows") for name in names.split()},
        **{
            f"unsorted_segment_{name}": (program(f"unsorted_segment_{name}", 5), "rows")
            for name in (*names.split(), "sqrt_n")
        },
    }


def scatters() -> dict[str, tuple[Program, str]]:
    def program(name: str) -> Program:
        return lambda tf, x, y: getattr(tf, name)(x, [[0], [3], [0], [1]], y)

    names = [f"tensor_scatter_nd_{how}" for how in ("add", "sub", "max", "min")]
    return {name: (program(name), "holes others") for name in names}


def systems() -> dict[str, tuple[Program, str]]:
    def program(name: str) -> Program:
        return lambda tf, x: getattr(tf.linalg, name)(tf.matmul(x, x, transpose_b=True) + tf.eye(3))

    return {f"linalg.{name}": (program(name), "x") for name in ("logdet", "tensor_diag_part")}


PROGRAMS: dict[str, tuple[Program, str]] = {
    **REALISTIC,
    **{
        f"math.{name} of zeros": (
            lambda tf, x, y, name=name: getattr(tf.math, name)(x, y),
            "holes others",
        )
        for name in ("divide_no_nan", "multiply_no_nan", "squared_difference", *LOGS)
    },
    **segments(),
    **scatters(),
    **systems(),
    **unary("log_sigmoid", "x"),
    **unary("reciprocal_no_nan count_nonzero is_non_decreasing is_strictly_increasing", "holes"),
    **unary("bessel_i0 bessel_i0e bessel_i1 bessel_i1e lbeta", "positive"),
    **unary("erfinv ndtri", "half"),
    "math.erfcinv": (lambda tf, x: tf.math.erfcinv(x + 0.5), "half"),
    "math.igamma": (lambda tf, x: tf.math.igamma(2.0, x), "positive"),
    "math.igammac": (lambda tf, x: tf.math.igammac(2.0, x), "positive"),
    "math.betainc": (lambda tf, x: tf.math.betainc(2.0, 3.0, x), "half"),
    "math.polygamma": (lambda tf, x: tf.math.polygamma(1.0, x), "positive"),
    "math.zeta": (lambda tf, x: tf.math.zeta(3.0, x), "positive"),
    **{
        f"signal.{name}": (
            lambda tf, x, name=name: abs(getattr(tf.signal, name)(tf.cast(x, tf.complex64))),
            "x",
        )
        for name in ("fft", "ifft", "fft2d", "ifft2d", "irfft", "irfft2d")
    },
    "signal.rfft": (lambda tf, x: abs(tf.signal.rfft(x, [6])), "x"),
    "signal.rfft2d": (lambda tf, x: tf.math.real(tf.signal.rfft2d(x)), "x"),
    "signal.fftshift": (lambda tf, x: tf.signal.fftshift(x, [1]), "x"),
    "signal.ifftshift": (lambda tf, x: tf.signal.ifftshift(x), "x"),
    "nn.crelu": (lambda tf, x: tf.nn.crelu(x), "x"),
    "nn.log_poisson_loss": (lambda tf, x, y: tf.nn.log_poisson_loss(y, x, True), "x positive"),
    "nn.depth_to_space": (lambda tf, x: tf.nn.depth_to_space(x[:, :, :2], 1 + 1), "deep"),
    "nn.space_to_depth": (lambda tf, x: tf.nn.space_to_depth(x[:, :4, :4], 2), "image"),
    "nn.atrous_conv2d": (
        lambda tf, x: tf.nn.atrous_conv2d(x, x[0, :2, :2, :, None], 2, "VALID"),
        "image",
    ),
    "nn.weighted_moments": (lambda tf, x, y: tf.nn.weighted_moments(x, [1], y)[1], "x positive"),
    **binary("realdiv", "x y"),
    **binary("truncatediv truncatemod", "i j"),
    "cond": (lambda tf, x: tf.cond(x[0, 0] > 9, lambda: x, lambda: x * x), "x"),
    "map_fn": (lambda tf, x: tf.map_fn(lambda row: tf.reduce_sum(row * row), x), "x"),
    "vectorized_map": (lambda tf, x: tf.vectorized_map(lambda row: row * row[0], x), "x"),
    "scan": (lambda tf, x: tf.scan(lambda a, row: a * row, x), "x"),
    "scan, reversed": (lambda tf, x: tf.scan(lambda a, y: a * y, x, x[0], reverse=True), "x"),
    "foldl": (lambda tf, x: tf.foldl(lambda a, row: a / row, x), "positive"),
    "foldr": (lambda tf, x, y: tf.foldr(lambda a, row: a - row, x, initializer=y[0]), "x y"),
    "while_loop": (
        lambda tf, x: tf.while_loop(
            lambda k, y: k < 3, lambda k, y: (k + 1, y * x), (tf.constant(0), x)
        )[1],
        "x",
    ),
    "math.add_n": (lambda tf, x, y: tf.add_n([x, y, x]), "x y"),
    "math.polyval": (lambda tf, x, y: tf.math.polyval([y[0, 0], 2.0, y[1, 1]], x), "x y"),
    "math.top_k": (lambda tf, x: tf.math.top_k(x, 2)[0], "x"),
    "math.top_k, where": (lambda tf, x: tf.math.top_k(x, 2)[1], "x"),
    "math.in_top_k": (lambda tf, x: tf.math.in_top_k(LABELS, x, 2), "x"),
    "math.bincount": (lambda tf, j: tf.math.bincount(j), "j"),
    "math.bincount, weighted": (
        lambda tf, j, x: tf.math.bincount(j[0], tf.stop_gradient(x[0])),
        "j x",
    ),
    "math.bincount, of rows": (lambda tf, j: tf.math.bincount(j, minlength=5, axis=-1), "j"),
    "math.bincount, axis 0": (lambda tf, j: tf.math.bincount(j, axis=0, maxlength=3), "j"),
    "math.bincount, of a vector": (lambda tf, j: tf.math.bincount(j[0], axis=-1), "j"),
    "math.bincount, of rows, weighted": (
        lambda tf, j, x: tf.math.bincount(j, tf.stop_gradient(x), axis=-1),
        "j x",
    ),
    "math.bincount, binary": (
        lambda tf, j: tf.math.bincount(j, axis=-1, binary_output=True, dtype=tf.int64),
        "j",
    ),
    "math.confusion_matrix": (lambda tf: tf.math.confusion_matrix(LABELS, [1, 2, 3]), ""),
    "math.invert_permutation": (lambda tf: tf.math.invert_permutation([2, 0, 1]), ""),
    "unique": (lambda tf, j: tf.unique(tf.reshape(j, [-1]))[0], "j"),
    "unique, where": (lambda tf, j: tf.unique(tf.reshape(j, [-1]))[1], "j"),
    "unique, counts": (lambda tf, j: tf.unique_with_counts(tf.reshape(j, [-1]))[2], "j"),
    "searchsorted": (lambda tf, x, y: tf.searchsorted(tf.sort(x), y, "right"), "x y"),
    "sequence_mask": (lambda tf, j: tf.sequence_mask(j, dtype=tf.float32), "j"),
    "slice": (lambda tf, x: tf.slice(x, [1, 0], [-1, 3]), "x"),
    "saturate_cast": (lambda tf, x: tf.saturate_cast(300 * x, tf.uint8), "x"),
    "tensor_scatter_nd_update": (
        lambda tf, x, y: tf.tensor_scatter_nd_update(x, [[0], [3]], y[1:3]),
        "holes others",
    ),
    "linalg.cholesky_solve": (
        lambda tf, x, y: tf.linalg.cholesky_solve(
            tf.linalg.cholesky(tf.matmul(x, x, False, True) + tf.eye(3)), y
        ),
        "x y",
    ),
    "linalg.lstsq": (lambda tf, x, y: tf.linalg.lstsq(tf.transpose(x), tf.transpose(y)), "x y"),
    "linalg.lstsq, wide": (lambda tf, x, y: tf.linalg.lstsq(x, y), "x y"),
    "linalg.lstsq, regularised": (lambda tf, x, y: tf.linalg.lstsq(x, y, 0.3), "x y"),
    "linalg.set_diag": (lambda tf, x, y: tf.linalg.set_diag(x, y[0, :3]), "x y"),
    "linalg.normalize": (lambda tf, x: tf.linalg.normalize(x, axis=1)[0], "x"),
    "linalg.cross": (lambda tf, x, y: tf.linalg.cross(x[:, 1:], y[:, 1:]), "x y"),
    "linalg.matrix_rank": (lambda tf, x: tf.linalg.matrix_rank(x), "x"),
    "linalg.tensor_diag": (lambda tf, x: tf.linalg.tensor_diag(x), "x"),
    "nn.max_pool2d": (lambda tf, x: tf.nn.max_pool2d(x, 2, 2, "SAME"), "image"),
    "nn.avg_pool2d": (lambda tf, x: tf.nn.avg_pool2d(x, 2, 1, "VALID"), "image"),
    "nn.separable_conv2d": (
        lambda tf, x: tf.nn.separable_conv2d(
            x, x[0, :3, :3, :, None], tf.ones([1, 1, 2, 3]), [1, 1, 1, 1], "SAME"
        ),
        "image",
    ),
    "nn.convolution": (lambda tf, x: tf.nn.convolution(x, x[0, :3, :3, :, None]), "image"),
    "math.angle": (lambda tf, x: tf.math.angle(tf.cast(x, tf.float64)), "x"),
    "linalg.band_part of bools": (lambda tf, m: tf.linalg.band_part(m, 1, 0), "mask"),
    "linalg.diag of bools": (lambda tf, m: tf.linalg.diag(m), "mask"),
    "nn.crelu of integers": (lambda tf, i: tf.nn.crelu(i), "i"),
    "random.stateless_gamma": (
        lambda tf: tf.shape(tf.random.stateless_gamma([3, 2], [1, 2], [0.5, 1.5])),
        "",
    ),
    "random.poisson": (lambda tf: tf.shape(tf.random.poisson([3], [0.5, 1.5])), ""),
    "random.stateless_binomial": (
        lambda tf: tf.random.stateless_binomial([2, 2], [1, 2], [3.0, 4.0], 1.0),
        "",
    ),
    "concat along a list": (lambda tf, x, y: tf.concat([x, y], [1]), "x y"),
    "expand_dims by a list": (lambda tf, x: tf.expand_dims(x, [1]), "x"),
    **unary("abs negative exp sin cos tan tanh sigmoid square sign floor ceil round", "x"),
    **unary("sinh cosh asinh atan softplus", "x"),
    **unary("log sqrt rsqrt log1p lgamma digamma reciprocal", "positive"),
    **unary("asin acos atanh erf erfc expm1", "unit"),
    **unary("relu leaky_relu elu selu gelu silu softsign relu6 softmax log_softmax", "x", "nn"),
    **unary("relu leaky_relu elu selu relu6 softsign", "kinks", "nn"),
    **binary("add subtract multiply divide maximum minimum atan2", "x y"),
    **binary("pow", "positive y"),
    **binary("add subtract multiply maximum divide less equal", "i j"),
    **reductions(),
    "floor division": (lambda tf, x, y: x // y, "i j"),
    "remainder": (lambda tf, x, y: x % y, "i j"),
    "mean of integers": (lambda tf, x: tf.reduce_mean(x, 0), "i"),
    "any": (lambda tf, x: tf.reduce_any(x, 1), "mask"),
    "argmax": (lambda tf, x: tf.argmax(x, 1), "x"),
    "argmin": (lambda tf, x: tf.argmin(x), "x"),
    "cumsum": (lambda tf, x: tf.cumsum(x, 1, True, True), "x"),
    "cumprod": (lambda tf, x: tf.math.cumprod(x, 0, True, False), "x"),
    "reshape": (lambda tf, x: tf.reshape(x, [2, -1]), "x"),
    "transpose": (lambda tf, x: tf.transpose(x), "x"),
    "broadcast_to": (lambda tf, x: tf.broadcast_to(x, [2, 3, 4]), "x"),
    "concat": (lambda tf, x, y: tf.concat([x, y], axis=1), "x y"),
    "stack": (lambda tf, x, y: tf.stack([x, y], axis=-1), "x y"),
    "unstack": (lambda tf, x: tf.unstack(x, axis=1)[2], "x"),
    "split": (lambda tf, x: tf.split(x, [1, 3], axis=1)[1], "x"),
    "tile": (lambda tf, x: tf.tile(x, [2, 3]), "x"),
    "repeat": (lambda tf, x: tf.repeat(x, [1, 2, 0], axis=0), "x"),
    "pad by a constant": (lambda tf, x: tf.pad(x, [[1, 2], [2, 1]]), "x"),
    "pad by reflection": (lambda tf, x: tf.pad(x, [[1, 2], [2, 1]], mode="REFLECT"), "x"),
    "pad by symmetry": (lambda tf, x: tf.pad(x, [[1, 2], [2, 1]], mode="SYMMETRIC"), "x"),
    "reverse": (lambda tf, x: tf.reverse(x, [0, 1]), "x"),
    "roll": (lambda tf, x: tf.roll(x, [1, -2], [0, 1]), "x"),
    "slices": (lambda tf, x: x[::-1, 1:3], "x"),
    "new axis": (lambda tf, x: x[..., None, 0], "x"),
    "gather": (lambda tf, x: tf.gather(x, [[3, 1], [0, 0]], axis=1), "x"),
    "gather in batches": (lambda tf, x: tf.gather(x, [[3, 1]] * 3, batch_dims=1), "x"),
    "gather_nd": (lambda tf, x: tf.gather_nd(x, [[0, 1], [2, 3], [0, 1]]), "x"),
    "scatter_nd": (lambda tf, x: tf.scatter_nd([[1], [3], [1]], x, [5, 4]), "x"),
    "boolean_mask": (lambda tf, x, m: tf.boolean_mask(x, m), "x mask"),
    "where": (lambda tf, m, x, y: tf.where(m, x, y), "mask x y"),
    "index tuples": (lambda tf, m: tf.where(m), "mask"),
    "cast": (lambda tf, x: tf.cast(x, tf.int32), "x"),
    "matmul": (lambda tf, x, y: tf.matmul(x, y), "x matrix"),
    "matmul, transposed": (lambda tf, x, y: tf.matmul(x, y, transpose_a=True), "x y"),
    "tensordot": (lambda tf, x, y: tf.tensordot(x, y, 1), "x matrix"),
    "einsum": (lambda tf, x, y: tf.einsum("ij,jk->ki", x, y), "x matrix"),
    "norm": (lambda tf, x: tf.norm(x), "x"),
    "norm of order 1": (lambda tf, x: tf.norm(x, ord=1, axis=1), "x"),
    "one_hot": (lambda tf: tf.one_hot(LABELS, 4), ""),
    "linspace": (lambda tf: tf.linspace(0.0, 1.0, 5), ""),
    "range": (lambda tf: tf.range(1, 10, 3), ""),
    "constant": (lambda tf: tf.constant([1, 2.5]), ""),
    "eye": (lambda tf: tf.eye(2, 3, batch_shape=[2]), ""),
    "dense cross-entropy": (
        lambda tf, x: tf.nn.softmax_cross_entropy_with_logits(
            labels=np.eye(4, dtype="f4")[LABELS], logits=x
        ),
        "x",
    ),
    "sparse cross-entropy": (
        lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=LABELS, logits=x),
        "x",
    ),
    "l2_normalize": (lambda tf, x: tf.nn.l2_normalize(x, axis=1), "x"),
    "moments": (lambda tf, x: tf.nn.moments(x, [0])[1], "x"),
    "reduce_max of ties": (lambda tf, x: tf.reduce_max(x), "tied"),
    "maximum of ties": (lambda tf, x, y: tf.maximum(x, y), "tied other"),
    "minimum of ties": (lambda tf, x, y: tf.minimum(x, y), "tied other"),
    "clip at its bounds": (lambda tf, x: tf.clip_by_value(x, 0.0, 1.0), "kinks"),
    "norm at zero": (lambda tf, x: tf.norm(x), "zero"),
    "sqrt in an untaken branch": (lambda tf, x: tf.where(x > 0, tf.sqrt(x), x), "zero"),
}


def run(tf: Any, program: Program, samples: list[Any]) -> tuple[Any, list[Any]]:
    """A program's result, and the gradient of its weighted sum with respect to each float."""
    inputs = [tf.constant(sample) for sample in samples]
    sources = [x for x in inputs if x.dtype == tf.float32]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        out = program(tf, *inputs)
        weights = np.cos(np.arange(np.size(out.numpy()))).reshape(out.shape)
        total = tf.reduce_sum(tf.cast(out, tf.float32) * weights.astype("f4"))
    found = tape.gradient(total, sources)
    dense = (tensorflow.convert_to_tensor(g) if hasattr(g, "indices") else g for g in found)
    return out.numpy(), [None if g is None else g.numpy() for g in dense]


def difference(theirs: tuple[Any, list[Any]], ours: tuple[Any, list[Any]]) -> str:
    """What differs between two results; nothing if they agree."""
    (a, a_slopes), (b, b_slopes) = theirs, ours
    if a.dtype != b.dtype or a.shape != b.shape:
        return f"{a.dtype}{a.shape} there, {b.dtype}{b.shape} here"
    if not np.allclose(a, b, rtol=2e-5, atol=2e-6, equal_nan=True):
        return f"value: {a} there, {b} here"
    for p, q in zip(a_slopes, b_slopes, strict=True):
        if (p is None) != (q is None):
            return f"gradient: {p} there, {q} here"
        if p is not None and not np.allclose(p, q, rtol=2e-4, atol=2e-5, equal_nan=True):
            return f"gradient: {p} there, {q} here"
    return ""


def unmentioned() -> list[str]:
    """TensorFlow's names that are neither here nor among those that are absent for a reason."""
    spaces = {space: space.partition(".")[2] for space in TENSORFLOW}
    found = []
    for space, part in spaces.items():
        theirs, ours = tensorflow, ngrad
        for name in filter(None, [part]):
            theirs = getattr(tensorflow.keras if name == "optimizers" else theirs, name)
            ours = getattr(ours, name)
        known = {*vars(ours), *by_name(TENSORFLOW[space])}
        found += [
            f"{space}.{name}"
            for name in dir(theirs)
            if name not in known and not name.startswith("_")
        ]
    return found


def main() -> int:
    warnings.simplefilter("ignore")
    table = Table("program", "difference", "expected")
    surprises = 0
    for name, (program, samples) in PROGRAMS.items():
        arrays = [SAMPLES[sample] for sample in samples.split()]
        found = difference(run(tensorflow, program, arrays), run(ngrad, program, arrays))
        if found:
            reason = EXPECTED.get(name, "")
            surprises += not reason
            table.add_row(name, escape(found), reason or "NO")
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print(f"{len(PROGRAMS)} programs, TensorFlow {tensorflow.__version__}")
    names = unmentioned()
    console.print(f"names not mentioned: {', '.join(names) or 'none'}")
    return int(surprises > 0 or bool(names))


if __name__ == "__main__":
    sys.exit(main())
