"""TensorFlow's `tf.nn`: activations, losses, normalization, convolutions and pooling."""

import typing as _typing

from ngrad.absent import tensorflow as _tensorflow
from ngrad.ops.activations import (
    crelu,
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
)
from ngrad.ops.activations import silu as swish
from ngrad.ops.blocks import space_to_batch
from ngrad.ops.convolution import (
    atrous_conv2d,
    conv1d,
    conv2d,
    conv3d,
    convolution,
    depthwise_conv2d,
    separable_conv2d,
)
from ngrad.ops.ctc import ctc_loss
from ngrad.ops.losses import (
    l2_loss,
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)
from ngrad.ops.nn import (
    bias_add,
    depth_to_space,
    dropout,
    embedding_lookup,
    space_to_depth,
    weighted_moments,
    zero_fraction,
)
from ngrad.ops.normalization import (
    batch_normalization,
    l2_normalize,
    local_response_normalization,
    moments,
)
from ngrad.ops.normalization import local_response_normalization as lrn
from ngrad.ops.pooling import avg_pool, max_pool, max_pool_with_argmax
from ngrad.ops.pooling import avg_pool as avg_pool1d
from ngrad.ops.pooling import avg_pool as avg_pool2d
from ngrad.ops.pooling import avg_pool as avg_pool3d
from ngrad.ops.pooling import max_pool as max_pool1d
from ngrad.ops.pooling import max_pool as max_pool2d
from ngrad.ops.pooling import max_pool as max_pool3d
from ngrad.ops.ranking import in_top_k, top_k
from ngrad.ops.transposed_convolution import (
    atrous_conv2d_transpose,
    conv1d_transpose,
    conv2d_transpose,
    conv3d_transpose,
    conv_transpose,
)

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad.nn")

__all__ = [
    "atrous_conv2d", "atrous_conv2d_transpose", "avg_pool", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "batch_normalization", "bias_add", "conv1d", "conv1d_transpose", "conv2d",
    "conv2d_transpose", "conv3d", "conv3d_transpose", "conv_transpose", "convolution", "crelu",
    "ctc_loss", "depth_to_space", "depthwise_conv2d", "dropout", "elu", "embedding_lookup", "gelu",
    "in_top_k", "l2_loss", "l2_normalize", "leaky_relu", "local_response_normalization",
    "log_poisson_loss", "log_softmax", "lrn", "max_pool", "max_pool1d", "max_pool2d", "max_pool3d",
    "max_pool_with_argmax", "moments", "relu", "relu6", "selu", "separable_conv2d", "sigmoid",
    "sigmoid_cross_entropy_with_logits", "silu", "softmax", "softmax_cross_entropy_with_logits",
    "softplus", "softsign", "space_to_batch", "space_to_depth",
    "sparse_softmax_cross_entropy_with_logits", "swish", "tanh", "top_k",
    "weighted_cross_entropy_with_logits", "weighted_moments", "zero_fraction",
]  # fmt: skip
