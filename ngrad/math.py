"""TensorFlow's `tf.math`: elementwise functions, reductions, running reductions."""

from ngrad.ops.arithmetic import abs_ as abs
from ngrad.ops.arithmetic import (
    add,
    ceil,
    copysign,
    divide,
    equal,
    floor,
    floordiv,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    mod,
    multiply,
    negative,
    not_equal,
    reciprocal,
    rsqrt,
    sign,
    sqrt,
    square,
    subtract,
    trunc,
)
from ngrad.ops.arithmetic import divide as truediv
from ngrad.ops.arithmetic import isfinite as is_finite
from ngrad.ops.arithmetic import isinf as is_inf
from ngrad.ops.arithmetic import isnan as is_nan
from ngrad.ops.arithmetic import mod as floormod
from ngrad.ops.arithmetic import round_ as round
from ngrad.ops.functions import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    cos,
    cosh,
    digamma,
    erf,
    erfc,
    exp,
    expm1,
    hypot,
    lgamma,
    log,
    log1p,
    log2,
    log10,
    sigmoid,
    sin,
    sinh,
    softplus,
    tan,
    tanh,
)
from ngrad.ops.math import pow
from ngrad.ops.reductions import (
    argmax,
    argmin,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_std,
    reduce_sum,
    reduce_variance,
)
from ngrad.ops.scans import cumprod, cumsum

__all__ = [name for name in dir() if not name.startswith("_")]
