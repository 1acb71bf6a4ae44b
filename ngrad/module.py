"""`Module`: an object whose variables, and those of the modules in it, are found by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ngrad.nests import leaves_of
from ngrad.variable import Variable


class Module:
    """A base for objects that hold variables, in attributes or in nests in these.

    Parameters
    ----------
    name : str, optional
        The class's own, in lower case, if not given.

    Attributes
    ----------
    name : str
    variables, trainable_variables, non_trainable_variables : tuple of Variable
        Each once: first the module's own, in the order of the attributes' names, then those of its
        submodules.
    submodules : tuple of Module
        All that it holds, and that these hold.

    Examples
    --------
    >>> import ngrad as tf
    >>> class Dense(tf.Module):
    ...     def __init__(self, taken, made):
    ...         super().__init__()
    ...         self.w, self.b = tf.Variable(tf.ones([taken, made])), tf.Variable(tf.zeros([made]))
    ...     def __call__(self, x):
    ...         return x @ self.w + self.b
    >>> class Model(tf.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.layers = [Dense(3, 2), Dense(2, 1)]
    >>> [v.shape for v in Model().trainable_variables]
    [(2,), (3, 2), (1,), (2, 1)]
    """

    def __init__(self, name: str | None = None) -> None:
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(self).__name__)
        self._name = snake.lower() if name is None else name

    @property
    def name(self) -> str:
        return self._name

    @property
    def name_scope(self) -> AbstractContextManager[None]:
        """A context that does nothing, as names of variables are kept as they are given."""
        return nullcontext()

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method as it is, for the same reason."""
        return method

    @property
    def variables(self) -> tuple[Variable, ...]:
        return tuple(self._found(lambda x: isinstance(x, Variable)))

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Variable, ...]:
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self) -> tuple[Module, ...]:
        return tuple(self._found(lambda x: isinstance(x, Module)))

    def _found(self, wanted: Callable[[Any], bool]) -> Iterator[Any]:
        """What modules hold from this one on, level by level, each once."""
        seen, level = {id(self)}, [self]
        while level:
            below: list[Module] = []
            for module in level:
                for _, held in sorted(vars(module).items()):
                    for leaf in leaves_of(held):
                        if id(leaf) in seen:
                            continue
                        if isinstance(leaf, Module):
                            below.append(leaf)
                        elif not isinstance(leaf, Variable):
                            continue
                        seen.add(id(leaf))
                        if wanted(leaf):
                            yield leaf
            level = below
