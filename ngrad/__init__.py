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

import typing as _typing

from ngrad import (
    autodiff,
    bitwise,
    config,
    debug,
    debugging,
    errors,
    linalg,
    math,
    nn,
    optimizers,
    random,
    signal,
)
from ngrad.absent import tensorflow as _tensorflow
from ngrad.asking import UnconnectedGradients
from ngrad.checks import (
    Assert,
    assert_equal,
    assert_greater,
    assert_less,
    assert_rank,
    ensure_shape,
)
from ngrad.control import (
    case,
    cond,
    foldl,
    foldr,
    map_fn,
    scan,
    switch_case,
    vectorized_map,
    while_loop,
)
from ngrad.custom import custom_gradient
from ngrad.devices import device, list_devices, set_default_device
from ngrad.dlpack import from_dlpack
from ngrad.dtypes import (
    DType,
    as_dtype,
    bfloat16,
    complex64,
    complex128,
    float16,
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
from ngrad.dtypes import float16 as half
from ngrad.dtypes import float64 as double
from ngrad.eager import enable_eager_execution, executing_eagerly, is_tensor, rank, shape, size
from ngrad.evaluate import eval
from ngrad.function import TensorSpec, function
from ngrad.interop import asarray
from ngrad.kernels import kernel_op
from ngrad.linalg import eig, eigvals, einsum, eye, matmul, norm, tensordot
from ngrad.linalg import sqrtm as matrix_square_root
from ngrad.mapping import vmap
from ngrad.math import (
    abs,
    acos,
    acosh,
    add,
    add_n,
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
    cumsum,
    divide,
    equal,
    exp,
    expm1,
    floor,
    floordiv,
    greater,
    greater_equal,
    less,
    less_equal,
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
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
    round,
    rsqrt,
    scalar_mul,
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
from ngrad.math import divide as realdiv
from ngrad.module import Module
from ngrad.ops.bitcast import bitcast
from ngrad.ops.blocks import batch_to_space, space_to_batch
from ngrad.ops.blocks import space_to_batch as space_to_batch_nd
from ngrad.ops.clipping import clip_by_global_norm, clip_by_norm
from ngrad.ops.complexes import complex
from ngrad.ops.composed import saturate_cast, truncatediv, truncatemod
from ngrad.ops.counting import sequence_mask
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
from ngrad.ops.fourier import RFFT as _RFFT  # noqa: F401, an op of `ngrad.numpy.fft`
from ngrad.ops.gather import gather, gather_nd, repeat, scatter_nd
from ngrad.ops.histograms import histogram_fixed_width, histogram_fixed_width_bins
from ngrad.ops.identity import identity, stop_gradient
from ngrad.ops.joining import concat, pad, split, stack, tile, unstack
from ngrad.ops.masks import boolean_mask
from ngrad.ops.math import clip_by_value, where
from ngrad.ops.partitions import dynamic_partition, dynamic_stitch
from ngrad.ops.put_rows import LAST as _LAST  # noqa: F401, an op that `ngrad.numpy` makes use of
from ngrad.ops.ranking import searchsorted, unique, unique_with_counts
from ngrad.ops.ranks import RANKED as _RANKED  # noqa: F401, an op of `ngrad.numpy.median`
from ngrad.ops.rolls import roll
from ngrad.ops.scatters import (
    IndexedSlices,
    tensor_scatter_nd_add,
    tensor_scatter_nd_max,
    tensor_scatter_nd_min,
    tensor_scatter_nd_sub,
    tensor_scatter_nd_update,
)
from ngrad.ops.sequences import reverse_sequence
from ngrad.ops.shape import broadcast_to, expand_dims, reshape, squeeze, transpose
from ngrad.ops.slicing import reverse
from ngrad.ops.slicing import slice_ as slice
from ngrad.ops.sorting import argsort, sort
from ngrad.printing import print_ as print
from ngrad.profile import profile
from ngrad.random import random_normal, random_shuffle, random_uniform, truncated_normal
from ngrad.random import set_seed as set_random_seed
from ngrad.stats import stats
from ngrad.tape import GradientTape
from ngrad.tensor import Tensor
from ngrad.tensor_array import TensorArray
from ngrad.transforms import grad, hessian, jacobian, jvp, value_and_grad, vjp
from ngrad.variable import Variable

__version__ = "0.1.0"
newaxis = None

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad")

__all__ = [
    "Assert", "DType", "GradientTape", "IndexedSlices", "Module", "Tensor", "TensorArray",
    "TensorSpec", "UnconnectedGradients", "Variable", "abs", "acos", "acosh", "add", "add_n",
    "argmax", "argmin", "argsort", "as_dtype", "asarray", "asin", "asinh", "assert_equal",
    "assert_greater", "assert_less", "assert_rank", "atan", "atan2", "atanh", "autodiff",
    "batch_to_space", "bfloat16", "bitcast", "bitwise", "bool", "boolean_mask", "broadcast_to",
    "case", "cast", "ceil", "clip_by_global_norm", "clip_by_norm", "clip_by_value", "complex",
    "complex64", "complex128", "concat", "cond", "config", "constant", "convert_to_tensor", "cos",
    "cosh", "cumsum", "custom_gradient", "debug", "debugging", "device", "divide", "double",
    "dynamic_partition", "dynamic_stitch", "eig", "eigvals", "einsum", "enable_eager_execution",
    "ensure_shape", "equal", "errors", "eval", "executing_eagerly", "exp", "expand_dims", "expm1",
    "eye", "fill", "float16", "float32", "float64", "floor", "floordiv", "foldl", "foldr",
    "from_dlpack", "function", "gather", "gather_nd", "grad", "greater", "greater_equal", "half",
    "hessian", "histogram_fixed_width", "histogram_fixed_width_bins", "identity", "int8", "int16",
    "int32", "int64", "is_tensor", "jacobian", "jvp", "kernel_op", "less", "less_equal", "linalg",
    "linspace", "list_devices", "log", "log1p", "logical_and", "logical_not", "logical_or",
    "logical_xor", "map_fn", "math", "matmul", "matrix_square_root", "maximum", "meshgrid",
    "minimum", "mod", "multiply", "negative", "newaxis", "nn", "norm", "not_equal", "one_hot",
    "ones", "ones_like", "optimizers", "pad", "pow", "print", "profile", "random", "random_normal",
    "random_shuffle", "random_uniform", "range", "rank", "realdiv", "reduce_all", "reduce_any",
    "reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum",
    "repeat", "reshape", "reverse", "reverse_sequence", "roll", "round", "rsqrt", "saturate_cast",
    "scalar_mul", "scan", "scatter_nd", "searchsorted", "sequence_mask", "set_default_device",
    "set_random_seed", "shape", "sigmoid", "sign", "signal", "sin", "sinh", "size", "slice", "sort",
    "space_to_batch", "space_to_batch_nd", "split", "sqrt", "square", "squeeze", "stack", "stats",
    "stop_gradient", "subtract", "switch_case", "tan", "tanh", "tensor_scatter_nd_add",
    "tensor_scatter_nd_max", "tensor_scatter_nd_min", "tensor_scatter_nd_sub",
    "tensor_scatter_nd_update", "tensordot", "tile", "transpose", "truediv", "truncated_normal",
    "truncatediv", "truncatemod", "uint8", "uint16", "uint32", "uint64", "unique",
    "unique_with_counts", "unstack", "value_and_grad", "vectorized_map", "vjp", "vmap", "where",
    "while_loop", "zeros", "zeros_like",
]  # fmt: skip
