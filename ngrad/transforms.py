"""Functions from functions, built on the tape: `grad`, `value_and_grad`; and `custom_gradient`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import optree

from ngrad.asking import UnconnectedGradients
from ngrad.cell import Cell
from ngrad.config import settings
from ngrad.errors import DTypeError, ShapeError
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call, Op
from ngrad.ops.complexes import conj
from ngrad.ops.convert import KINDS, cast_to, tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.identity import identity
from ngrad.ops.joining import concat
from ngrad.ops.launching import dense
from ngrad.record import heard, state
from ngrad.tape import GradientTape
from ngrad.tensor import Tensor
from ngrad.variable import Variable


def fresh(value: Any, what: str, holomorphic: bool) -> Any:
    """A tensor of a leaf that only this differentiation follows; a variable is itself."""
    made = value if isinstance(value, Variable) else tensor(value, what)
    if holomorphic and not made.dtype.is_complex:
        raise DTypeError(
            f"{what}: an argument is {made.dtype.name}; with holomorphic=True they are complex"
        )
    if isinstance(value, Variable):
        return value
    if not made.dtype.is_inexact:
        raise DTypeError(
            f"{what}: an argument is {made.dtype.name}; only floating-point and complex ones have "
            "a gradient"
        )
    return _as(value, identity(made))


def _as(value: Any, made: Tensor) -> Any:
    """A tensor, in a cell if a value is one."""
    kind: Any = type(value)
    return kind(made) if isinstance(value, Cell) else made


def followed(
    what: str, args: tuple[Any, ...], argnums: int | Sequence[int], holomorphic: bool = False
) -> tuple[tuple[Any, ...], list[Any]]:
    """The arguments to differentiate with respect to, made fresh; and all, these among them."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if not all(-len(args) <= k < len(args) for k in numbers):
        raise ValueError(f"{what}: argnums {argnums} for {len(args)} positional arguments")
    chosen = []
    replaced = list(args)
    for k in numbers:
        made = optree.tree_map(lambda leaf: fresh(leaf, what, holomorphic), args[k])
        chosen.append(made)
        replaced[k] = made
    return tuple(chosen), replaced


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
        Returns a scalar, or `(scalar, aux)` if `has_aux`.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to; each may be any nest of
        tensors.
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
        If f's value is not a scalar.
    DTypeError
        If an argument to differentiate with respect to is neither floating-point nor complex; if
        f's value is complex, unless `holomorphic`.

    Examples
    --------
    >>> import ngrad
    >>> value, slope = value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """
    single = isinstance(argnums, int)

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        chosen, replaced = followed("grad", args, argnums, holomorphic)
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(chosen)
            result = f(*replaced, **kwargs)
        value, aux = result if has_aux else (result, None)
        value = tensor(value, "grad")
        if value.ndim:
            raise ShapeError(
                f"grad: the function must return a scalar, not shape {tuple(value.shape)}; "
                "reduce it, or use a tape with output_gradients"
            )
        if value.dtype.is_complex is not holomorphic:
            raise DTypeError(
                "grad: the value of a holomorphic function is complex, not " + value.dtype.name
                if holomorphic
                else f"grad: the function's value is {value.dtype.name}, and a gradient is one of "
                "a real number; return its real part or modulus, or pass holomorphic=True for "
                "the derivative of a holomorphic function"
            )
        slopes = tape.gradient(value, chosen, unconnected_gradients=UnconnectedGradients.ZERO)
        if holomorphic:
            slopes = optree.tree_map(lambda slope: _as(slope, conj(slope)), slopes)
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


# -- custom_gradient -------------------------------------------------------------------------------


class _VariableReads:
    """A recorder that only notes which trainable variables are read."""

    def __init__(self) -> None:
        self.found: dict[int, Variable] = {}

    def variable_read(self, variable: Variable) -> None:
        if variable.trainable:
            self.found.setdefault(variable._uid, variable)

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function a derivative of its own.

    Parameters
    ----------
    f : callable
        `f(*args)` returns `(result, grad_fn)`; the result is a tensor or a nest.
        `grad_fn(*upstream)` takes a cotangent for each result and returns one for each argument
        (None for zero). If f reads trainable variables, `grad_fn` takes `variables=` too and
        returns `(argument cotangents, variable cotangents)`.

    Notes
    -----
    `grad_fn` is called at each `gradient`, and what it computes is recorded like anything else, so
    higher orders differentiate through it.

    Examples
    --------
    >>> import ngrad
    >>> @custom_gradient
    ... def clipped(x):
    ...     return x, lambda upstream: ngrad.clip_by_value(upstream, -1.0, 1.0)
    >>> float(grad(lambda x: 10.0 * clipped(x))(2.0))
    1.0
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        leaves: list[Any]
        leaves, structure = optree.tree_flatten(args)  # type: ignore[arg-type]
        leaves = [
            leaf
            if isinstance(leaf, Variable) or not _is_numeric(leaf)
            else heard(tensor(leaf, f.__name__))
            for leaf in leaves
        ]
        reads = _VariableReads()
        state.stack.append(reads)
        try:
            result, grad_fn = f(*optree.tree_unflatten(structure, leaves), **kwargs)
        finally:
            state.stack.remove(reads)
        given = {leaf._uid for leaf in leaves if isinstance(leaf, Variable)}
        variables = [v for uid, v in reads.found.items() if uid not in given]
        if variables and "variables" not in inspect.signature(grad_fn).parameters:
            names = ", ".join(v.name for v in variables)
            raise TypeError(
                f"custom_gradient: {f.__name__} reads variables ({names}), so its gradient "
                "function must take `variables=` and return (argument cotangents, variable "
                "cotangents)"
            )
        places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, (Tensor, Variable))]
        inputs = tuple(
            [
                v._read() if isinstance(v, Variable) else v
                for v in [*(leaves[k] for k in places), *variables]
            ]
        )
        outputs, out_structure = optree.tree_flatten(result)
        results = tuple([tensor(value, f.__name__) for value in outputs])
        if state.stack:
            backward = _Backward(f.__name__, grad_fn, len(leaves), places, variables, inputs)
            results = backward.record(inputs, results)
        return optree.tree_unflatten(out_structure, list(results))

    return wrapped


def _is_numeric(value: Any) -> bool:
    return isinstance(value, (Tensor, *KINDS)) or hasattr(value, "__array__")


def _row_major(value: Tensor) -> Tensor:
    """The value as the sweep was planned to find it: by address, in row-major order."""
    return value if value._layout.contiguous else concat([value], 0)


def cotangents(what: str, found: Sequence[Any], inputs: Sequence[Layout]) -> tuple[Tensor, ...]:
    """What a user's Python gave for inputs of given layouts, None for zeros, as a sweep that was
    planned finds it: in their dtypes, in row-major order.

    Raises
    ------
    ShapeError
        If one has another shape than its input.
    """
    results = []
    for value, where in zip(found, inputs, strict=True):
        if value is None:
            results.append(_row_major(zeros_of(where)))
            continue
        value = cast_to(tensor(value, what), where.dtype)
        if value._layout.shape != where.shape:
            raise ShapeError(
                f"{what} returned a cotangent of shape {tuple(value.shape)} for an input of shape "
                f"{where.shape}"
            )
        results.append(_row_major(identity(value)))
    return tuple(results)


def _as_given(inputs: tuple[Layout, ...], outputs: tuple[Layout, ...]) -> Any:
    """Of an op's operands, the last ones, as many as it has results."""
    count = len(outputs)

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        return tuple([dense(x._layout)(x) for x in tensors[-count:]])

    return run, outputs


class _Backward:
    """A user's gradient function as an opaque node: called at each sweep, never cached by
    structure.
    """

    def __init__(
        self,
        name: str,
        grad_fn: Callable[..., Any],
        leaves: int,
        places: list[int],
        variables: list[Variable],
        inputs: tuple[Tensor, ...],
    ) -> None:
        self.name, self.grad_fn, self.leaves = name, grad_fn, leaves
        self.places, self.variables = places, variables
        self.layouts = tuple(x._layout.spec for x in inputs)

    def record(self, inputs: tuple[Tensor, ...], results: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The results as those of one opaque op of the inputs, through which alone it flows back.

        Its operands are the inputs and what the user's Python made of them.
        """
        given = tuple([x._layout.spec for x in results])
        op = Op(f"custom_gradient({self.name})", lambda *_: given, _as_given, family="opaque")
        back = Op(f"gradient of {self.name}", self._specs, self._prepare, family="opaque")

        def rule(g: Any, out: Any, *operands: Any) -> Any:
            assert state.graph is not None
            upstream = g if isinstance(g, tuple) else (g,)
            # A user's Python speaks of gradients as tapes do.
            cotangents = state.graph.apply(back, tuple(map(conj, upstream)), ())
            return (*map(conj, cotangents), *(None for _ in given))

        op.vjp(rule)
        operands = (*inputs, *results)
        call = Call(op, (), tuple([x._layout.spec for x in operands]), given, several=True)
        window = state.window
        window.opaque = True
        slots = tuple([window[x] for x in operands])
        if settings.eager:
            made = tuple([Tensor(x._buffer, x._address, x._layout) for x in results])
            window.note_done(call, slots, made)
            return made
        return window.append_several(call, slots)

    def _specs(self, *_: Layout) -> tuple[Layout, ...]:
        return self.layouts

    def _prepare(self, inputs: tuple[Layout, ...], outputs: tuple[Layout, ...]) -> Any:
        return self._run, outputs

    def _run(self, *upstream: Tensor) -> tuple[Tensor, ...]:
        if self.variables:
            given, of_variables = self.grad_fn(*upstream, variables=self.variables)
            of_variables = optree.tree_leaves(of_variables, none_is_leaf=True)
        else:
            given, of_variables = self.grad_fn(*upstream), []
        found = optree.tree_leaves(given, none_is_leaf=True)
        if len(found) == self.leaves:
            found = [found[k] for k in self.places]
        if len(found) != len(self.places) or len(of_variables) != len(self.variables):
            raise ValueError(
                f"custom_gradient: the gradient function of {self.name} returned {len(found)} and "
                f"{len(of_variables)} cotangents for {len(self.places)} arguments and "
                f"{len(self.variables)} variables"
            )
        every = [*found, *of_variables]
        return cotangents(f"custom_gradient: {self.name}", every, self.layouts)
