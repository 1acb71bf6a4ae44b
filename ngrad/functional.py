"""Derivatives of functions as functions: `vjp`, `jvp`, `jacobian`, `hessian`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import optree

from ngrad.asking import UnconnectedGradients
from ngrad.autodiff import pushed, tangents_of
from ngrad.cell import Cell
from ngrad.errors import DTypeError
from ngrad.ops.convert import tensor
from ngrad.ops.creation import zeros_of
from ngrad.tape import GradientTape
from ngrad.transforms import followed, grad

ZERO = UnconnectedGradients.ZERO


def _run(
    what: str, f: Callable[..., Any], args: Sequence[Any], has_aux: bool, **kwargs: Any
) -> tuple[Any, Any]:
    """What a function returns, a nest of tensors (or arrays), and its aux."""
    found = f(*args, **kwargs)
    value, aux = found if has_aux else (found, None)

    def made(leaf: Any) -> Any:
        return leaf if isinstance(leaf, Cell) else tensor(leaf, what)

    return optree.tree_map(made, value), aux


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """A function's value, and what pulls cotangents of it back to its arguments.

    Parameters
    ----------
    f : callable
        Of the primals; it returns a tensor or a nest of them, or `(result, aux)` if `has_aux`.
    *primals : tensor or nest of tensors
        Floating-point or complex.
    has_aux : bool
        Whether f returns something beside its value, which is passed on.

    Returns
    -------
    value
    pullback : callable
        Of a cotangent, a nest like `value`; it gives a tuple of gradients, like the primals, and
        may be called again. Those of complex primals are as a tape gives them.
    aux
        If `has_aux`.

    Raises
    ------
    DTypeError
        If a primal is neither floating-point nor complex.

    Examples
    --------
    >>> import ngrad
    >>> value, pullback = ngrad.vjp(lambda x, y: x * y, 3.0, 5.0)
    >>> float(value), [float(slope) for slope in pullback(2.0)]
    (15.0, [10.0, 6.0])
    """
    points, _ = followed("vjp", primals, range(len(primals)))
    with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(points)
        value, aux = _run("vjp", f, points, has_aux)

    def pullback(cotangent: Any) -> Any:
        return tape.gradient(value, points, cotangent, unconnected_gradients=ZERO)

    return (value, pullback, aux) if has_aux else (value, pullback)


def jvp(f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """A function's value, and its derivative along a direction: the product of its Jacobian with
    tangents of its arguments.

    Parameters
    ----------
    f : callable
        Of the primals; it returns a tensor or a nest of them, or `(result, aux)` if `has_aux`.
    primals : tuple
        The arguments, each a tensor or a nest of them, floating-point or complex.
    tangents : tuple like `primals`
    has_aux : bool
        Whether f returns something beside its value, which is passed on.

    Returns
    -------
    value, tangent
        The latter a nest like the former; and `aux`, if `has_aux`.

    Raises
    ------
    TypeError
        If the primals are no tuple.
    DTypeError
        If a primal, or what f returns, is neither floating-point nor complex.
    ShapeError
        If a tangent has another shape than its primal.
    ValueError
        If there are more or fewer tangents than primals.

    Examples
    --------
    >>> import ngrad
    >>> value, tangent = ngrad.jvp(lambda x, y: x * y, (3.0, 5.0), (1.0, 0.0))
    >>> float(value), float(tangent)
    (15.0, 5.0)

    The product of a Hessian with a vector, without the Hessian:

    >>> x, v = ngrad.constant([1.0, 2.0]), ngrad.constant([0.0, 1.0])
    >>> slope = ngrad.grad(lambda x: ngrad.reduce_sum(x**3))
    >>> ngrad.jvp(slope, (x,), (v,))[1].numpy()
    array([ 0., 12.], dtype=float32)
    """
    if not isinstance(primals, (tuple, list)):
        raise TypeError(
            f"jvp: primals are a tuple of arguments, not {type(primals).__name__}; write (x,)"
        )
    points, _ = followed("jvp", tuple(primals), range(len(primals)))
    directions = tangents_of(points, tangents, "jvp")
    with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(points)
        value, aux = _run("jvp", f, points, has_aux)
    leaves, structure = optree.tree_flatten(value)
    for leaf in leaves:
        if not leaf._layout.dtype.is_inexact:
            raise DTypeError(
                f"jvp: the function's value is {leaf._layout.dtype.name}; only floating-point and "
                "complex ones have tangents: pass others on with has_aux=True"
            )
    made = []
    for leaf, found in zip(leaves, pushed(tape, leaves, points, directions), strict=True):
        own = zeros_of(leaf._layout.spec) if found is None else found
        made.append(leaf.given(own) if isinstance(leaf, Cell) else own)
    tangent = optree.tree_unflatten(structure, made)
    return (value, tangent, aux) if has_aux else (value, tangent)


def jacobian(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that returns f's Jacobian, of one batched backward sweep.

    Parameters
    ----------
    f : callable
        It returns a tensor or a nest of them, or `(result, aux)` if `has_aux`.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to; each may be any nest of
        tensors.
    has_aux : bool
        Whether f returns something beside its value, which is passed on.
    chunk_size : int, optional
        For how many elements of a result to compute at once, which bounds the memory.

    Returns
    -------
    callable
        For each result a nest like the argument, or a tuple of such, of shapes `result.shape +
        argument.shape`; and `aux`, if `has_aux`.

    Raises
    ------
    DTypeError
        If an argument to differentiate with respect to is neither floating-point nor complex.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([1.0, 2.0])
    >>> ngrad.jacobian(lambda x: x * x)(x).numpy()
    array([[2., 0.],
           [0., 4.]], dtype=float32)
    """

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        chosen, replaced = followed("jacobian", args, argnums)
        sources = chosen[0] if isinstance(argnums, int) else chosen
        with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(chosen)
            value, aux = _run("jacobian", f, replaced, has_aux, **kwargs)
        found = optree.tree_map(
            lambda leaf: tape.jacobian(
                leaf, sources, unconnected_gradients=ZERO, chunk_size=chunk_size
            ),
            value,
        )
        return (found, aux) if has_aux else found

    return differentiated


def hessian(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that returns f's second derivatives: the Jacobian of its gradient.

    Parameters as for `jacobian`, of an f that returns a scalar. Of several arguments, or nests, it
    is a nest of nests: like what the gradient is of, then like what its Jacobian is of.

    Raises
    ------
    ShapeError
        If f's value is not a scalar.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant([1.0, 2.0])
    >>> ngrad.hessian(lambda x: x[0] * x[1] ** 2)(x).numpy()
    array([[0., 4.],
           [4., 2.]], dtype=float32)
    """
    return jacobian(grad(f, argnums, has_aux), argnums, has_aux, chunk_size)
