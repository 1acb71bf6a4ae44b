"""Gradients for numeric Python at the speed of a compiler, in eager code: TensorFlow's spelling.

Examples
--------
>>> import ngrad as tf
>>> x = tf.Variable([1.0, 2.0])
>>> with tf.GradientTape() as tape:
...     y = tf.reduce_sum(x * x)
>>> tape.gradient(y, x).numpy()
array([2., 4.], dtype=float32)
"""

from ngrad import bitwise, config, errors, math
from ngrad.dtypes import (
    DType,
    as_dtype,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from ngrad.dtypes import bool_ as bool
from ngrad.math import (
    abs,
    acos,
    acosh,
    add,
    argmax,
    argmin,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    cos,
    cosh,
    cumprod,
    cumsum,
    divide,
    equal,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    floordiv,
    greater,
    greater_equal,
    less,
    less_equal,
    lgamma,
    log,
    log1p,
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
    pow,
    reciprocal,
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
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    truediv,
)
from ngrad.ops import operators as _operators
from ngrad.ops.creation import (
    constant,
    convert_to_tensor,
    fill,
    linspace,
    meshgrid,
    one_hot,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from ngrad.ops.creation import range_ as range
from ngrad.ops.elementwise import cast
from ngrad.ops.gather import gather, gather_nd, repeat, scatter_nd, tensor_scatter_nd_add
from ngrad.ops.identity import identity, stop_gradient
from ngrad.ops.indexing import boolean_mask
from ngrad.ops.joining import concat, pad, roll, split, stack, tile, unstack
from ngrad.ops.math import clip_by_value, where
from ngrad.ops.shape import (
    broadcast_to,
    expand_dims,
    reshape,
    reverse,
    squeeze,
    transpose,
)
from ngrad.tape import GradientTape, UnconnectedGradients
from ngrad.tensor import Tensor
from ngrad.transforms import custom_gradient, grad, value_and_grad
from ngrad.variable import Variable

__version__ = "0.1.0"
newaxis = None
