"""Derivatives of functions as functions, built on the tape."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import optree

from ngrad.asking import UnconnectedGradients, following
from ngrad.autodiff import pushed, tangents_of
from ngrad.cell import Cell, like
from ngrad.errors import DTypeError, ShapeError
from ngrad.nests import flatten, leaves_of, over_leaves
from ngrad.ops.complexes import conj
from ngrad.ops.convert import tensor
from ngrad.ops.creation import zeros_of
from ngrad.points import FLOAT64, followed
from ngrad.record import own_frames, state
from ngrad.signature import is_array, with_arrays
from ngrad.tape import GradientTape

ZERO = UnconnectedGradients.ZERO


def _watch(tape: GradientTape, points: Any) -> None:
    """Follow the leaves of a nest: a tape by itself would refuse None."""
    tape.watch(leaves_of(points))


INDEPENDENT = (
    "grad: the function's value does not depend on what it is differentiated with respect to, so "
    "the gradient is 0. What was looked at on the way, by float, numpy.asarray or another library, "
    "counts as a constant; so does what has steps alone, as floor or a comparison"
)


def _filled(point: Any, slope: Any) -> Any:
    """A gradient, or zeros where there is none."""
    return like(point, zeros_of(point._layout.spec)) if slope is None else slope


def value_and_grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """A function that returns f's value and its gradient.

    Parameters
    ----------
    f : callable
        Returns a scalar, or an array of one element; or `(scalar, aux)` if `has_aux`.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to; each may be any nest of
        tensors. f is given NumPy's arrays, and scalars of these arguments, as arrays of
        `ngrad.numpy`, and None as it is.
    has_aux : bool
        Whether f returns something beside the value, which is passed on.
    holomorphic : bool
        Whether f is a holomorphic function of complex arguments: what is returned is then its
        derivative, not conjugated. Of a real value the gradient in a complex z = x + i y is
        dL/dx + i dL/dy, as a tape gives it.

    Returns
    -------
    callable
        `(value, gradient)`, or `((value, aux), gradient)`; the gradient is like the argument, or a
        tuple of such.

    Raises
    ------
    ShapeError
        If f's value is not one number.
    DTypeError
        If an argument to differentiate with respect to, or f's value, is neither floating-point nor
        complex; if f's value is complex, unless `holomorphic`.

    Warns
    -----
    UserWarning
        If f's value depends on none of the arguments to differentiate with respect to.

    Examples
    --------
    >>> import ngrad
    >>> value, slope = value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """
    single = not isinstance(argnums, Sequence)

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        chosen, replaced = followed("grad", args, argnums, holomorphic, kwargs)
        nest: Any = chosen
        leaves, structure = flatten(nest)
        before = state.swept
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves)
            result = f(*replaced, **with_arrays(kwargs, "grad"))
        given, aux = result if has_aux else (result, None)
        if isinstance(given, (list, tuple)):
            raise ShapeError(
                f"grad: the function must return one number, not a {type(given).__name__}; pass on "
                "what else it returns with has_aux=True"
            )
        with following(tape, given):
            value = tensor(given, "grad", FLOAT64 if type(given) in (int, float) else None)
        if value.ndim and value._layout.size != 1:
            raise ShapeError(
                f"grad: the function must return one number, not shape {tuple(value.shape)}; "
                "reduce it, or use a tape with output_gradients"
            )
        if not value.dtype.is_inexact:
            raise DTypeError(
                f"grad: the function's value is {value.dtype.name}, which has no derivative; of "
                "what else it returns, pass on what is no floating-point number with has_aux=True"
            )
        if value.dtype.is_complex is not holomorphic:
            raise DTypeError(
                "grad: the value of a holomorphic function is complex, not " + value.dtype.name
                if holomorphic
                else f"grad: the function's value is {value.dtype.name}, and a gradient is one of "
                "a real number; return its real part or modulus, or pass holomorphic=True for "
                "the derivative of a holomorphic function"
            )
        found = tape.gradient(value, leaves)
        lost = [slope is None for slope in found]
        if True in lost:
            # What is computed of a derivative may be constant without anybody's mistake.
            if False not in lost and state.swept == before:
                warnings.warn(INDEPENDENT, stacklevel=1 + len([*own_frames()]))
            found = [*map(_filled, leaves, found)]
        if holomorphic:
            found = [like(slope, conj(slope)) for slope in found]
        slopes = optree.tree_unflatten(structure, found)
        if is_array(given):
            value = like(given, value)
        return ((value, aux) if has_aux else value), (slopes[0] if single else slopes)

    return differentiated


def grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """A function that returns f's gradient; parameters as for `value_and_grad`.

    Examples
    --------
    >>> import ngrad
    >>> float(grad(grad(lambda x: x * x * x))(2.0))
    12.0
    >>> complex(grad(ngrad.sin, holomorphic=True)(0j))
    (1+0j)
    """
    both = value_and_grad(f, argnums, has_aux, holomorphic)

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return differentiated


# -- products with Jacobians, and these themselves -------------------------------------------------


def _run(
    what: str, f: Callable[..., Any], args: Sequence[Any], has_aux: bool, **kwargs: Any
) -> tuple[Any, Any]:
    """What a function returns, a nest of tensors (or arrays), and its aux."""
    found = f(*args, **kwargs)
    value, aux = found if has_aux else (found, None)

    def made(leaf: Any) -> Any:
        return leaf if isinstance(leaf, Cell) else tensor(leaf, what)

    return over_leaves(made, value), aux


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """A function's value, and what pulls cotangents of it back to its arguments.

    Parameters
    ----------
    f : callable
        Of the primals; it returns a tensor or a nest of them, or `(result, aux)` if `has_aux`.
    *primals : tensor or nest of tensors
        Floating-point or complex, as for `value_and_grad`.
    has_aux : bool
        Whether f returns something beside its value, which is passed on.

    Returns
    -------
    value
    pullback : callable
        Of a cotangent, a nest like `value`, in which None stands for ones, as among a tape's
        `output_gradients` and TensorFlow's; what does not count is given zeros. It gives a tuple of
        gradients, like the primals, and may be called again. Those of complex primals are as a tape
        gives them.
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
        _watch(tape, points)
        value, aux = _run("vjp", f, points, has_aux)
        # What arrays hold now: they may be assigned to before anything is pulled back.
        targets = over_leaves(lambda leaf: leaf._read() if isinstance(leaf, Cell) else leaf, value)

    # Where f returned None, as the gradient of None is, a cotangent has none either: elsewhere it
    # stands for ones.
    holes = [leaf is None for leaf in leaves_of(value, none_is_leaf=True)]

    def pullback(cotangent: Any) -> Any:
        if any(holes):
            given = leaves_of(cotangent, none_is_leaf=True)
            if len(given) == len(holes):
                pairs = zip(given, holes, strict=True)
                cotangent = [seed for seed, hole in pairs if not hole]
        return tape.gradient(targets, points, cotangent, unconnected_gradients=ZERO)

    return (value, pullback, aux) if has_aux else (value, pullback)


def jvp(f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """A function's value, and its derivative along a direction: the product of its Jacobian with
    tangents of its arguments.

    Parameters
    ----------
    f : callable
        Of the primals; it returns a tensor or a nest of them, or `(result, aux)` if `has_aux`.
    primals : tuple
        The arguments, each a tensor or a nest of them, floating-point or complex, as for
        `value_and_grad`.
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
        _watch(tape, points)
        value, aux = _run("jvp", f, points, has_aux)
    leaves, structure = flatten(value)
    for leaf in leaves:
        if not leaf._layout.dtype.is_inexact:
            raise DTypeError(
                f"jvp: the function's value is {leaf._layout.dtype.name}; only floating-point and "
                "complex ones have tangents: pass others on with has_aux=True"
            )
    made = []
    for leaf, found in zip(leaves, pushed(tape, leaves, points, directions), strict=True):
        own = zeros_of(leaf._layout.spec) if found is None else found
        made.append(like(leaf, own))
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
        tensors, as for `value_and_grad`.
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
        chosen, replaced = followed("jacobian", args, argnums, False, kwargs)
        sources = chosen if isinstance(argnums, Sequence) else chosen[0]
        with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            _watch(tape, chosen)
            kwargs = with_arrays(kwargs, "jacobian")
            value, aux = _run("jacobian", f, replaced, has_aux, **kwargs)
        found = over_leaves(
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
