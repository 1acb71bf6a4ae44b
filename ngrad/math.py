"""TensorFlow's `tf.math`: elementwise functions, reductions, running reductions."""

import typing as _typing

from ngrad.absent import tensorflow as _tensorflow
from ngrad.ops.activations import log_softmax, softmax, softsign
from ngrad.ops.arithmetic import abs_ as abs
from ngrad.ops.arithmetic import (
    add,
    ceil,
    divide,
    floor,
    floordiv,
    maximum,
    minimum,
    mod,
    multiply,
    negative,
    sign,
    subtract,
    trunc,
)
from ngrad.ops.arithmetic import divide as truediv
from ngrad.ops.arithmetic import mod as floormod
from ngrad.ops.arithmetic import round_ as rint
from ngrad.ops.arithmetic import round_ as round
from ngrad.ops.bessel import (
    bessel_i0,
    bessel_i0e,
    bessel_i1,
    bessel_i1e,
    bessel_j0,
    bessel_j1,
    bessel_k0,
    bessel_k0e,
    bessel_k1,
    bessel_k1e,
    bessel_y0,
    bessel_y1,
)
from ngrad.ops.comparison import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
)
from ngrad.ops.comparison import isfinite as is_finite
from ngrad.ops.comparison import isinf as is_inf
from ngrad.ops.comparison import isnan as is_nan
from ngrad.ops.complexes import angle, conj, imag, real
from ngrad.ops.composed import (
    accumulate_n,
    add_n,
    count_nonzero,
    invert_permutation,
    is_non_decreasing,
    is_strictly_increasing,
    log_sigmoid,
    polyval,
    scalar_mul,
    squared_difference,
)
from ngrad.ops.counting import bincount, confusion_matrix
from ngrad.ops.exponential import exp, expm1, log, log1p, log2, log10, sigmoid, softplus
from ngrad.ops.float_parts import copysign, nextafter
from ngrad.ops.hyperbolic import acosh, asinh, atanh, cosh, sinh, tanh
from ngrad.ops.math import pow
from ngrad.ops.nn import zero_fraction
from ngrad.ops.no_nan import (
    divide_no_nan,
    multiply_no_nan,
    reciprocal_no_nan,
    xdivy,
    xlog1py,
    xlogy,
)
from ngrad.ops.normal import erfcinv, erfinv, ndtri
from ngrad.ops.normalization import l2_normalize
from ngrad.ops.power import cbrt, hypot, reciprocal, rsqrt, sqrt, square
from ngrad.ops.ranking import in_top_k, top_k
from ngrad.ops.reductions import (
    argmax,
    argmin,
    reduce_all,
    reduce_any,
    reduce_max,
    reduce_min,
    reduce_prod,
    reduce_sum,
)
from ngrad.ops.scans import cumprod, cumsum, cumulative_logsumexp
from ngrad.ops.segments import (
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
    unsorted_segment_max,
    unsorted_segment_mean,
    unsorted_segment_min,
    unsorted_segment_prod,
    unsorted_segment_sqrt_n,
    unsorted_segment_sum,
)
from ngrad.ops.special import digamma, erf, erfc, lgamma, trigamma
from ngrad.ops.special_names import (
    betainc,
    igamma,
    igammac,
    lbeta,
    polygamma,
    zeta,
)
from ngrad.ops.statistics import reduce_logsumexp, reduce_mean, reduce_std, reduce_variance
from ngrad.ops.trigonometric import acos, asin, atan, atan2, cos, sin, tan

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad.math")

__all__ = [
    "abs", "accumulate_n", "acos", "acosh", "add", "add_n", "angle", "argmax", "argmin", "asin",
    "asinh", "atan", "atan2", "atanh", "bessel_i0", "bessel_i0e", "bessel_i1", "bessel_i1e",
    "bessel_j0", "bessel_j1", "bessel_k0", "bessel_k0e", "bessel_k1", "bessel_k1e", "bessel_y0",
    "bessel_y1", "betainc", "bincount", "cbrt", "ceil", "confusion_matrix", "conj", "copysign",
    "cos", "cosh", "count_nonzero", "cumprod", "cumsum", "cumulative_logsumexp", "digamma",
    "divide", "divide_no_nan", "equal", "erf", "erfc", "erfcinv", "erfinv", "exp", "expm1", "floor",
    "floordiv", "floormod", "greater", "greater_equal", "hypot", "igamma", "igammac", "imag",
    "in_top_k", "invert_permutation", "is_finite", "is_inf", "is_nan", "is_non_decreasing",
    "is_strictly_increasing", "l2_normalize", "lbeta", "less", "less_equal", "lgamma", "log",
    "log1p", "log2", "log10", "log_sigmoid", "log_softmax", "logical_and", "logical_not",
    "logical_or", "logical_xor", "maximum", "minimum", "mod", "multiply", "multiply_no_nan",
    "ndtri", "negative", "nextafter", "not_equal", "polygamma", "polyval", "pow", "real",
    "reciprocal", "reciprocal_no_nan", "reduce_all", "reduce_any", "reduce_logsumexp", "reduce_max",
    "reduce_mean", "reduce_min", "reduce_prod", "reduce_std", "reduce_sum", "reduce_variance",
    "rint", "round", "rsqrt", "scalar_mul", "segment_max", "segment_mean", "segment_min",
    "segment_prod", "segment_sum", "sigmoid", "sign", "sin", "sinh", "softmax", "softplus",
    "softsign", "sqrt", "square", "squared_difference", "subtract", "tan", "tanh", "top_k",
    "trigamma", "truediv", "trunc", "unsorted_segment_max", "unsorted_segment_mean",
    "unsorted_segment_min", "unsorted_segment_prod", "unsorted_segment_sqrt_n",
    "unsorted_segment_sum", "xdivy", "xlog1py", "xlogy", "zero_fraction", "zeta",
]  # fmt: skip
