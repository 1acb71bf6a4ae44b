"""Polynomials with whole factors, over numbered atoms, as plain data: equal tuples are equal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

Polynomial = tuple[tuple[tuple[int, ...], int], ...]
"""Products of atoms, each as the numbers of these, in order, with its factor."""


def constant(value: int) -> Polynomial:
    return (((), value),) if value else ()


def atom(number: int) -> Polynomial:
    return (((number,), 1),)


def is_constant(x: Polynomial) -> bool:
    return not any(atoms for atoms, _ in x)


def _collected(terms: Iterable[tuple[tuple[int, ...], int]]) -> Polynomial:
    total: Counter[tuple[int, ...]] = Counter()
    for atoms, factor in terms:
        total[atoms] += factor
    return tuple(sorted([(atoms, factor) for atoms, factor in total.items() if factor]))


def add(x: Polynomial, y: Polynomial) -> Polynomial:
    return _collected((*x, *y))


def multiply(x: Polynomial, y: Polynomial) -> Polynomial:
    return _collected([(tuple(sorted(a + b)), m * n) for a, m in x for b, n in y])


def subtract(x: Polynomial, y: Polynomial) -> Polynomial:
    return add(x, multiply(y, constant(-1)))


def divide(x: Polynomial, y: Polynomial) -> Polynomial | None:
    """The quotient, by long division; None if there is a remainder.

    Examples
    --------
    >>> n, three = atom(0), constant(3)
    >>> divide(multiply(n, three), n) == three, divide(n, three)
    (True, None)
    """
    lead, by = _leading(y)
    found: Polynomial = ()
    while x:
        atoms, factor = _leading(x)
        left = Counter(atoms)
        left.subtract(lead)
        if factor % by or any(power < 0 for power in left.values()):
            return None
        term = ((tuple(sorted(left.elements())), factor // by),)
        found, x = add(found, term), subtract(x, multiply(term, y))
    return found


def substitute(x: Polynomial, atoms: Mapping[int, Polynomial]) -> Polynomial:
    """The same with polynomials for some atoms.

    Examples
    --------
    >>> n, m = atom(0), atom(1)
    >>> substitute(multiply(n, m), {1: add(n, constant(1))}) == add(multiply(n, n), n)
    True
    """
    found: Polynomial = ()
    for product, factor in x:
        term = constant(factor)
        for k in product:
            term = multiply(term, atoms.get(k, atom(k)))
        found = add(found, term)
    return found


def solved(x: Polynomial) -> tuple[int, Polynomial] | None:
    """An atom, and what it is of the others, where a polynomial is 0; None if no atom stands in it
    once, and by itself.

    Examples
    --------
    >>> solved(subtract(atom(1), multiply(atom(0), constant(2))))
    (1, (((0,), 2),))
    """
    for product, factor in x:
        if len(product) == 1 and abs(factor) == 1:
            (k,) = product
            rest = tuple([term for term in x if term != (product, factor)])
            if not any(k in other for other, _ in rest):
                return k, multiply(rest, constant(-factor))
    return None


def _leading(x: Polynomial) -> tuple[tuple[int, ...], int]:
    return max(x, key=lambda term: (len(term[0]), term[0]))


def value(x: Polynomial, atoms: Sequence[int]) -> int:
    """What it is for values of the atoms."""
    return sum(factor * math.prod([atoms[k] for k in product]) for product, factor in x)


def text(x: Polynomial) -> str:
    """As people write it, highest powers first.

    Examples
    --------
    >>> text(subtract(multiply(atom(0), constant(3)), constant(1)))
    '3*n0 - 1'
    """
    found = ""
    for atoms, factor in x[::-1]:
        size = [str(abs(factor))] if abs(factor) != 1 or not atoms else []
        sign = (" - " if found else "-") if factor < 0 else (" + " if found else "")
        found += sign + "*".join([*size, *(f"n{k}" for k in atoms)])
    return found or "0"
