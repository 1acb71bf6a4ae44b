"""Optimizers, which update variables from gradients, and schedules of rates; Keras' spelling."""

import typing as _typing

from ngrad.absent import tensorflow as _tensorflow
from ngrad.optimizers import schedules
from ngrad.optimizers.adam import Adam, Adamax, AdamW, Nadam
from ngrad.optimizers.descent import SGD, Adadelta, Adagrad, Lion, RMSprop
from ngrad.optimizers.ftrl import Ftrl
from ngrad.optimizers.optimizer import Optimizer
from ngrad.optimizers.relative import Adafactor, Lamb

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad.optimizers")

__all__ = [
    "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion",
    "Nadam", "Optimizer", "RMSprop", "schedules",
]  # fmt: skip
