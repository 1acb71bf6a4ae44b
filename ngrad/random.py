"""TensorFlow's `tf.random`: draws from a global seed, stateless draws, generators."""

import typing as _typing
from types import SimpleNamespace as _Namespace

from ngrad.absent import tensorflow as _tensorflow
from ngrad.ops.generator import Generator
from ngrad.ops.random import (
    categorical,
    gamma,
    normal,
    poisson,
    set_seed,
    shuffle,
    truncated_normal,
    uniform,
)
from ngrad.ops.random import normal as random_normal
from ngrad.ops.random import shuffle as random_shuffle
from ngrad.ops.random import uniform as random_uniform
from ngrad.ops.seeds import fold_in, split
from ngrad.ops.stateless import (
    stateless_binomial,
    stateless_categorical,
    stateless_gamma,
    stateless_normal,
    stateless_poisson,
    stateless_shuffle,
    stateless_truncated_normal,
    stateless_uniform,
)

experimental = _Namespace(
    Generator=Generator,
    stateless_fold_in=fold_in,
    stateless_shuffle=stateless_shuffle,
    stateless_split=split,
)
"""Names that TensorFlow has there."""

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad.random")

__all__ = [
    "Generator", "categorical", "experimental", "fold_in", "gamma", "normal", "poisson",
    "random_normal", "random_shuffle", "random_uniform", "set_seed", "shuffle", "split",
    "stateless_binomial", "stateless_categorical", "stateless_gamma", "stateless_normal",
    "stateless_poisson", "stateless_shuffle", "stateless_truncated_normal", "stateless_uniform",
    "truncated_normal", "uniform",
]  # fmt: skip
