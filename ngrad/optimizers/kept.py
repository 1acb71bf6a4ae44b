"""What is kept for each of some variables, and goes along where these are copied or pickled."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar
from weakref import ref

from ngrad.variable import Variable

T = TypeVar("T")


class Kept(Generic[T]):
    """Values by variables, which it does not hold; found by which variable it is, whatever that
    holds. A copy or a pickle of both is of the variables that were made with it.

    Examples
    --------
    >>> import copy, ngrad
    >>> from ngrad.optimizers.kept import Kept
    >>> v = ngrad.Variable(1.0)
    >>> w, kept = copy.deepcopy((v, Kept([(v, "first")])))
    >>> kept.get(w, None)
    'first'
    """

    def __init__(self, pairs: Iterable[tuple[Variable, T]] = ()) -> None:
        self._found: dict[int, tuple[ref[Variable], T]] = {}
        for variable, value in pairs:
            self._keep(variable, value)

    def _keep(self, variable: Variable, value: T) -> None:
        self._found[variable._uid] = ref(variable), value

    def get(self, variable: Variable, otherwise: T) -> T:
        return self._found.get(variable._uid, (None, otherwise))[1]

    def setdefault(self, variable: Variable, value: T) -> T:
        if variable._uid not in self._found:
            self._keep(variable, value)
        return self._found[variable._uid][1]

    def values(self) -> Iterator[T]:
        """Each value once, in the order of its first variable."""
        return iter({id(value): value for _, value in self._found.values()}.values())

    def _pairs(self) -> Iterator[tuple[Variable, T]]:
        """Of variables that live."""
        for owner, value in self._found.values():
            variable = owner()
            if variable is not None:
                yield variable, value

    def __deepcopy__(self, memo: dict[int, Any]) -> Kept[T]:
        made = Kept[T]()
        for variable, value in self._pairs():
            copied = copy.deepcopy(value, memo)
            # Whether the variables are copied too, or it goes on with these, is not told here.
            made._keep(variable, copied)
            made._keep(copy.deepcopy(variable, memo), copied)
        return made

    def __reduce__(self) -> Any:
        return Kept, ([*self._pairs()],)
