"""Optimizers, which update variables from gradients, and schedules of rates; Keras' spelling."""

from ngrad.optimizers import schedules
from ngrad.optimizers.adam import Adam, Adamax, AdamW, Nadam
from ngrad.optimizers.descent import SGD, Adadelta, Adagrad, Lion, RMSprop
from ngrad.optimizers.optimizer import Optimizer

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "schedules",
]
