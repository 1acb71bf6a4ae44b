"""`Dim`: a size that is not known, only how it follows from others; `Sizes`: those of a recording.

A function that takes any size is recorded with one at hand. A size in it is a polynomial of those
of the arguments, and of quotients and remainders of such; so is what arithmetic makes of sizes.
Whatever makes a plain number of one, or compares it, goes by the value at hand, and leaves a guard:
what was asked, and the answer. The recording holds wherever each guard has the same answer.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from ngrad.graph import polynomial
from ngrad.graph.polynomial import Polynomial, constant, subtract

Relation = Callable[[Any, Any], bool]


class OneSize(Exception):
    """What was to be recorded for many sizes holds for one."""


class Sizes:
    """The open sizes of a recording, and what was found out about them.

    Attributes
    ----------
    open : bool
        Whether it is being recorded. After that a `Dim` is the number that it was.
    values : list of int
        What is at hand for each atom.
    atoms : dict
        The number of each: of the open sizes, by themselves; and of quotients and remainders, by
        operator and operands.
    guards : dict
        Whether a polynomial is 0, or less than 0.
    strict : bool
        Whether what would hold for one value of an open size alone is an error.
    layouts : dict
        The layouts that have such sizes, by what they are made of.
    """

    __slots__ = ("_at", "atoms", "guards", "layouts", "open", "strict", "values")

    def __init__(self, strict: bool = False) -> None:
        self.open, self.strict = True, strict
        self.values: list[int] = []
        self.atoms: dict[Any, int] = {}
        self.guards: dict[tuple[Relation, Polynomial], bool] = {}
        self.layouts: dict[Any, Any] = {}
        self._at: Callable[..., Any] | None = None

    def size(self, value: int) -> Any:
        """One more open size, with a value at hand."""
        return Dim(self, self._atom(len(self.atoms), value))

    def _atom(self, key: Any, value: int) -> Polynomial:
        if key not in self.atoms:
            self.atoms[key] = len(self.values)
            self.values.append(value)
        return polynomial.atom(self.atoms[key])

    def value(self, x: Polynomial) -> int:
        return polynomial.value(x, self.values)

    def ask(self, relation: Relation, x: Polynomial) -> bool:
        """Whether a polynomial is 0, or less: from now on something depends on it."""
        answer = relation(self.value(x), 0)
        if self.open and not polynomial.is_constant(x):
            if answer and relation is operator.eq and self._is_given(x):
                raise OneSize(f"{polynomial.text(x)} is 0 by chance")
            self.guards[relation, x] = answer
        return answer

    def _is_given(self, x: Polynomial) -> bool:
        """Whether a polynomial is one of open sizes themselves, and nothing may hold for one."""
        if not self.strict:
            return False
        given = {k for atom, k in self.atoms.items() if type(atom) is int}
        return any(k in given for product, _ in x for k in product)

    def number(self, x: Polynomial) -> int:
        """What a polynomial is at hand: from now on something depends on it."""
        value = self.value(x)
        if self.open and not polynomial.is_constant(x):
            if self._is_given(x):
                raise OneSize(f"{polynomial.text(x)} is asked for")
            self.guards[operator.eq, subtract(x, constant(value))] = True
        return value

    def divide(self, how: Callable[[int, int], int], x: Polynomial, y: Polynomial) -> Polynomial:
        """The quotient or the remainder."""
        if self.ask(operator.eq, y):
            raise ZeroDivisionError("integer division or modulo by zero")
        whole = polynomial.divide(x, y)
        if whole is not None:
            return whole if how is operator.floordiv else ()
        return self._atom((how, x, y), how(self.value(x), self.value(y)))

    def at(self, given: Sequence[int]) -> tuple[int, ...] | None:
        """The values of all atoms where the open sizes are those given; None if the recording does
        not hold there.
        """
        if self.open or self._at is None:  # more may be asked
            self._at = self._routine()
        found: tuple[int, ...] | None = self._at(*given)
        return found

    def anew(self, given: Sequence[int]) -> tuple[Sizes, Callable[[Dim], Any]]:
        """The same sizes with other values at hand, of which something else is to be recorded; and
        what gives the new size of an old one. Of sizes that are equal wherever this holds, and of
        those that follow from others there, nothing is left.
        """
        found, values = Sizes(strict=True), self.at(given)
        assert values is not None
        equal: dict[int, Polynomial] = {}
        for (relation, x), answer in self.guards.items():
            one = polynomial.solved(polynomial.substitute(x, equal))
            if relation is operator.eq and answer and one is not None:
                equal = {k: polynomial.substitute(y, dict([one])) for k, y in equal.items()}
                equal[one[0]] = one[1]
        into: dict[int, Polynomial] = {}
        atoms: dict[int, Any] = {k: atom for atom, k in self.atoms.items()}
        plain = {k: found.size(values[k]).terms for k in atoms if type(atoms[k]) is int}

        def place(k: int) -> None:
            """Find the new terms of an atom, after those of what it is made of, or is equal to."""
            terms = equal.pop(k, None)  # on a way back to itself it is made of what it is made of
            if terms is None and k in plain:
                into[k] = plain[k]
                return
            operands = (terms,) if terms is not None else atoms[k][1:]
            for j in sorted({j for x in operands for product, _ in x for j in product}):
                if j not in into:
                    place(j)
            if k not in into:
                parts = [polynomial.substitute(x, into) for x in operands]
                into[k] = parts[0] if terms is not None else found.divide(atoms[k][0], *parts)

        for k in atoms:
            if k not in into:
                place(k)

        def moved(size: Dim) -> Any:
            terms = polynomial.substitute(size.terms, into)
            constant = polynomial.is_constant(terms)
            return polynomial.value(terms, ()) if constant else Dim(found, terms)

        return found, moved

    def _routine(self) -> Callable[..., Any]:
        """`at`, as Python that is compiled: programs of many sizes come here at each."""
        lines, given = [], []
        for atom, k in self.atoms.items():
            if type(atom) is int:
                given.append(f"n{k}")
                continue
            how, x, y = atom
            lines += [
                f"by = {polynomial.text(y)}",
                "if by == 0: return None",
                f"n{k} = ({polynomial.text(x)}) {_SIGNS[how]} by",
            ]
        for (relation, x), answer in self.guards.items():
            asked = f"{polynomial.text(x)} {_SIGNS[relation]} 0"
            lines.append(f"if {f'not {asked}' if answer else asked}: return None")
        names = ", ".join([f"n{k}" for k in range(len(self.atoms))])
        source = [f"def at({', '.join(given)}):", *lines, f"return ({names},)"]
        space: dict[str, Any] = {}
        exec("\n    ".join(source), space)
        made: Callable[..., Any] = space["at"]
        return made


_SIGNS: dict[Any, str] = {
    operator.floordiv: "//",
    operator.mod: "%",
    operator.eq: "==",
    operator.lt: "<",
}
"""How what is asked of sizes is spelled."""


POWERS = 4
"""The highest power of a size that is a polynomial, and no number."""


def _of_numbers(how: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator of sizes that gives a number, for which it has to know theirs."""

    def of(x: Any, y: Any) -> Any:
        whole = isinstance(x, (int, Dim)) and isinstance(y, (int, Dim))
        return how(int(x), int(y)) if whole else NotImplemented

    return of


def _swapped(how: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The same with its operands exchanged; of a float, in floats."""
    plain = _of_numbers(how)
    return lambda x, y: how(y, int(x)) if type(y) is float else plain(y, x)


_power = _of_numbers(operator.pow)


class Dim:
    """A size that follows from open ones. It stands where an int would, but is none: C code reads
    what is derived from int without asking.
    """

    __slots__ = ("sizes", "terms")

    number: ClassVar[Callable[[Dim], Any]]
    """Makes what stands for a Python float of a size; set where there is such a thing."""

    def __init__(self, sizes: Sizes, terms: Polynomial) -> None:
        self.sizes, self.terms = sizes, terms

    def at(self, values: Sequence[int]) -> int:
        """The number that it is for values of the atoms."""
        return polynomial.value(self.terms, values)

    def __repr__(self) -> str:
        return polynomial.text(self.terms)

    def __hash__(self) -> int:
        return hash((id(self.sizes), self.terms))

    # -- as a number -------------------------------------------------------------------------------

    def __index__(self) -> int:
        return self.sizes.number(self.terms)

    def __int__(self) -> int:
        return self.__index__()

    def __float__(self) -> float:
        return float(self.__index__())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.__index__(), dtype)

    def __bool__(self) -> bool:
        return not self.sizes.ask(operator.eq, self.terms)

    # -- comparison --------------------------------------------------------------------------------

    def _compared(self, relation: Relation, other: Any, swapped: bool = False) -> Any:
        if type(other) is float:
            return relation(other, int(self)) if swapped else relation(int(self), other)
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        x, y = self._pair(other, swapped)
        return self.sizes.ask(relation, subtract(x, y))

    def __eq__(self, other: object) -> Any:
        return self._compared(operator.eq, other)

    def __lt__(self, other: Any) -> Any:
        return self._compared(operator.lt, other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(operator.lt, other, swapped=True)

    def __le__(self, other: Any) -> Any:
        found = self > other
        return found if found is NotImplemented else not found

    def __ge__(self, other: Any) -> Any:
        found = self < other
        return found if found is NotImplemented else not found

    # -- arithmetic --------------------------------------------------------------------------------

    def _pair(self, other: Any, swapped: bool) -> tuple[Polynomial, Polynomial]:
        same = isinstance(other, Dim) and other.sizes is self.sizes
        pair = self.terms, other.terms if same else constant(int(other))
        return pair[::-1] if swapped else pair

    def _combined(self, how: Callable[[Any, Any], Any], other: Any, swapped: bool = False) -> Any:
        """Arithmetic with a whole number gives a size, with a float what is none."""
        if type(other) is float or (how is operator.truediv and isinstance(other, (int, Dim))):
            pair = Dim.number(self), Dim.number(other) if isinstance(other, Dim) else float(other)
            return how(*(pair[::-1] if swapped else pair))
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        if not self.sizes.open:
            return how(other, int(self)) if swapped else how(int(self), other)
        x, y = self._pair(other, swapped)
        whole = WHOLE.get(how)
        terms = self.sizes.divide(how, x, y) if whole is None else whole(x, y)
        if polynomial.is_constant(terms):
            return polynomial.value(terms, ())
        return type(self)(self.sizes, terms)

    def __add__(self, other: Any) -> Any:
        return self._combined(operator.add, other)

    def __sub__(self, other: Any) -> Any:
        return self._combined(operator.sub, other)

    def __rsub__(self, other: Any) -> Any:
        return self._combined(operator.sub, other, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._combined(operator.mul, other)

    def __floordiv__(self, other: Any) -> Any:
        return self._combined(operator.floordiv, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._combined(operator.floordiv, other, swapped=True)

    def __mod__(self, other: Any) -> Any:
        return self._combined(operator.mod, other)

    def __rmod__(self, other: Any) -> Any:
        return self._combined(operator.mod, other, swapped=True)

    def __truediv__(self, other: Any) -> Any:
        return self._combined(operator.truediv, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._combined(operator.truediv, other, swapped=True)

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, other: Any) -> Any:
        if type(other) is int and 0 <= other <= POWERS:
            found: Any = 1
            for _ in range(other):
                found = self * found
            return found
        return self._combined(operator.pow, other) if type(other) is float else _power(self, other)

    def __lshift__(self, other: Any) -> Any:
        return self * (1 << other) if isinstance(other, (int, Dim)) else NotImplemented

    def __rshift__(self, other: Any) -> Any:
        return self // (1 << other) if isinstance(other, (int, Dim)) else NotImplemented

    __rpow__ = _swapped(operator.pow)
    __rlshift__, __rrshift__ = _swapped(operator.lshift), _swapped(operator.rshift)
    __and__ = __rand__ = _of_numbers(operator.and_)
    __or__ = __ror__ = _of_numbers(operator.or_)
    __xor__ = __rxor__ = _of_numbers(operator.xor)

    def __invert__(self) -> Any:
        return -self - 1

    def __round__(self, digits: int = 0) -> Any:
        return self if digits >= 0 else round(int(self), digits)

    def __trunc__(self) -> Any:
        return self

    __floor__ = __ceil__ = __trunc__

    def __neg__(self) -> Any:
        return self * -1

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self < 0 else self

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other


WHOLE: dict[Any, Callable[[Polynomial, Polynomial], Polynomial]] = {
    operator.add: polynomial.add,
    operator.sub: polynomial.subtract,
    operator.mul: polynomial.multiply,
}
"""What polynomials are closed under."""


class Size(Dim):
    """A `Dim` in a user's hands: looked up in a dictionary or a set, it is a number."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(self.__index__())


def shown(value: Any) -> Any:
    """A size of a layout as users get it."""
    return Size(value.sizes, value.terms) if isinstance(value, Dim) else value


def size(value: Any) -> int:
    """An integer as layouts have it: a `Dim` stays one while its function is recorded."""
    if isinstance(value, Dim) and value.sizes.open:
        one: Any = Dim(value.sizes, value.terms)  # which type checkers take for an int
        return one  # type: ignore[no-any-return]
    return operator.index(value)


def is_open(thing: Any) -> bool:
    """Whether there is a `Dim` in nested tuples, and in what has fields as a group has."""
    if isinstance(thing, tuple):
        return not CLOSED.issuperset(map(type, thing)) and any(map(is_open, thing))
    if isinstance(thing, Dim):
        return True
    fields = getattr(type(thing), "__dataclass_fields__", ())
    return any(is_open(getattr(thing, name)) for name in fields)


CLOSED = {int, bool, float, str, type(None)}
"""Types of what is no size that is open, nor has one."""
