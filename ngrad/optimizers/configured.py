"""`Configured`: what tells the arguments that make another of its kind, as in Keras."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Self

NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Configured:
    """What optimizers and schedules share."""

    def get_config(self) -> dict[str, Any]:
        """The arguments that make another such, by name, as its attributes are now.

        Examples
        --------
        >>> from ngrad.optimizers import SGD
        >>> config = SGD(0.5, momentum=0.9, clipnorm=1.0).get_config()
        >>> config["learning_rate"], config["momentum"], SGD.from_config(config).clipnorm
        (0.5, 0.9, 1.0)
        """
        return {name: getattr(self, name) for name in _arguments(type(self)) if hasattr(self, name)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Another, without a state, of what `get_config` gave."""
        return cls(**config)


def _arguments(kind: type) -> Iterator[str]:
    """Names that `kind(...)` takes: its own, and those of its base if it hands others on."""
    for each in kind.__mro__:
        if "__init__" not in vars(each):
            continue
        parameters = list(inspect.signature(vars(each)["__init__"]).parameters.values())[1:]
        yield from (p.name for p in parameters if p.kind in NAMED)
        if all(p.kind is not inspect.Parameter.VAR_KEYWORD for p in parameters):
            return
