"""TensorFlow's control flow, as the Python that it is here: the function of a branch is called,
that of a loop once a turn. While a `function` is recorded, a condition that is computed has no
value yet, and asking for it raises.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import optree

from ngrad.dtypes import as_dtype
from ngrad.errors import DTypeError, NumberError, ShapeError, TraceError
from ngrad.graph.layout import layout
from ngrad.mapping import vmap
from ngrad.nests import flatten, leaves_of, over_leaves
from ngrad.ops.convert import KINDS, tensor
from ngrad.ops.creation import zeros_of
from ngrad.ops.joining import stack, unstack
from ngrad.tensor_array import TensorArray

Function = Callable[..., Any]

# -- branches --------------------------------------------------------------------------------------


def cond(pred: Any, true_fn: Function, false_fn: Function, name: str | None = None) -> Any:
    """What the first function returns if a condition holds, or else what the second one does.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant(3.0)
    >>> ngrad.cond(x > 2.0, lambda: x * 2.0, lambda: x).numpy()
    np.float32(6.0)
    """
    return true_fn() if bool(pred) else false_fn()


def case(
    pred_fn_pairs: Iterable[tuple[Any, Function]], default: Function | None = None,
    exclusive: bool = False, strict: bool = False, name: str = "case",
) -> Any:  # fmt: skip
    """What the function returns whose condition is the first to hold, or else the default one.

    Parameters
    ----------
    pred_fn_pairs : iterable of (condition, function)
    default : callable, optional
    exclusive : bool
        Raise if several conditions hold.
    strict : bool
        Accepted: results may differ in structure either way.

    Raises
    ------
    NumberError
        If none holds and there is no default one.

    Examples
    --------
    >>> import ngrad
    >>> x = ngrad.constant(3.0)
    >>> ngrad.case([(x < 1.0, lambda: 1), (x < 5.0, lambda: 5)], default=lambda: 9)
    5
    """
    pairs = list(pred_fn_pairs)
    if exclusive:
        held = [k for k, (pred, _) in enumerate(pairs) if bool(pred)]
        if len(held) > 1:
            raise NumberError(f"case: conditions {held} hold, of which one may; or not exclusive")
    for pred, function in pairs:
        if bool(pred):
            return function()
    if default is None:
        raise NumberError(f"case: none of {len(pairs)} conditions holds, and there is no default")
    return default()


def switch_case(
    branch_index: Any, branch_fns: Any, default: Function | None = None, name: str = "switch_case"
) -> Any:
    """What the function of a number returns; if it has none the default one, or else the last.

    Parameters
    ----------
    branch_index : int or integer tensor
    branch_fns : sequence of functions, or of (int, function), or dict of such
    default : callable, optional

    Examples
    --------
    >>> import ngrad
    >>> ngrad.switch_case(ngrad.constant(1), [lambda: "none", lambda: "one"])
    'one'
    """
    if isinstance(branch_fns, Mapping):
        table = dict(branch_fns)
    else:
        functions = list(branch_fns)
        paired = all(isinstance(item, tuple) for item in functions)
        table = dict(functions if paired else enumerate(functions))
    if not table:
        raise NumberError("switch_case: takes at least one function")
    found = table.get(int(branch_index), default)
    return table[max(table)]() if found is None else found()


# -- loops -----------------------------------------------------------------------------------------


def while_loop(
    cond: Function, body: Function, loop_vars: Any, shape_invariants: Any = None,
    parallel_iterations: int = 10, back_prop: bool = True, swap_memory: bool = False,
    maximum_iterations: Any = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Call a function on what it returned last, as long as a condition holds of that.

    Parameters
    ----------
    cond : callable of the loop's variables
    body : callable of the loop's variables
        Returns them anew.
    loop_vars : sequence
        Tensors, or nests of such and of `TensorArray`s, to begin with.
    maximum_iterations : int, optional
    shape_invariants, parallel_iterations, back_prop, swap_memory
        Accepted, and of no effect: shapes may change, and derivatives go through the loop.

    Returns
    -------
    What `body` returned last, in the structure of `loop_vars`.

    Raises
    ------
    ShapeError
        If `body` returns another number of variables.

    Examples
    --------
    >>> import ngrad
    >>> i, total = ngrad.while_loop(lambda i, s: i < 4, lambda i, s: (i + 1, s + i), [0, 0])
    >>> total.numpy()
    np.int32(6)
    """
    several = isinstance(loop_vars, (list, tuple))
    state = _tensors("while_loop", loop_vars if several else [loop_vars])
    if not state:
        raise NumberError("while_loop: takes at least one variable, or it would never end")
    turns = itertools.count() if maximum_iterations is None else range(int(maximum_iterations))
    for _ in turns:
        if not bool(cond(*state)):
            break
        found = body(*state)
        found = found if isinstance(found, (list, tuple)) else [found]
        if len(found) != len(state):
            raise ShapeError(
                f"while_loop: body takes {len(state)} variables and returned {len(found)}"
            )
        state = _tensors("while_loop", found)
    kind = type(loop_vars)
    return getattr(kind, "_make", kind)(state) if several else state[0]


def map_fn(
    fn: Function, elems: Any, dtype: Any = None, parallel_iterations: int | None = None,
    back_prop: bool = True, swap_memory: bool = False, infer_shape: bool = True,
    name: str | None = None, fn_output_signature: Any = None,
) -> Any:  # fmt: skip
    """What a function returns of each slice along the first axis, stacked.

    Parameters
    ----------
    fn : callable of a slice
        It may return a nest of tensors. If there are no slices it is called on zeros, for the
        dtypes and shapes of what it returns.
    elems : tensor, or nest of tensors of one length
        Of a nest, `fn` is given a nest of slices.
    fn_output_signature, dtype : dtype, or nest of such, optional
        What `fn` returns must be of.
    parallel_iterations, back_prop, swap_memory, infer_shape
        Accepted, and of no effect.

    Raises
    ------
    ShapeError
        If lengths differ.
    DTypeError
        If `fn` returns another dtype than was said.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.map_fn(lambda x: ngrad.reduce_sum(x), [[1.0, 2.0], [3.0, 4.0]]).numpy()
    array([3., 7.], dtype=float32)
    """
    slices = _slices("map_fn", elems, least=0)
    found = [fn(x) for x in slices or [_stand_in(elems)]]
    wanted = dtype if fn_output_signature is None else fn_output_signature
    if wanted is not None:
        _check("map_fn", found[0], wanted)
    return _stacked(found) if slices else _none_of(found[0])


def vectorized_map(
    fn: Function, elems: Any, fallback_to_while_loop: bool = True, warn: bool = True
) -> Any:
    """As `map_fn`, of all slices at once: `fn` is called once, and what it does is done for a batch
    of them, as `ngrad.vmap` says.

    Parameters
    ----------
    fn : callable of a slice
    elems : tensor, or nest of tensors of one length
    fallback_to_while_loop : bool
        Whether `fn` is called on one slice after another where it asks for values, assigns to
        variables or prints, with a warning if `warn`.

    Raises
    ------
    TraceError
        If it does so, and there is no falling back.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.vectorized_map(lambda x: x * x, [1.0, 2.0]).numpy()
    array([1., 4.], dtype=float32)
    """
    given = _tensors("vectorized_map", _as_leaf(elems))
    _lengths("vectorized_map", leaves_of(given), least=0)
    try:
        return vmap(fn)(given)
    except TraceError as error:
        if not fallback_to_while_loop:
            raise
        if warn:
            message = f"vectorized_map: takes one example after another, since {error}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
    return map_fn(fn, given)


def scan(
    fn: Function, elems: Any, initializer: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, infer_shape: bool = True,
    reverse: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """All that a function returns, stacked, which is called on what it returned last and on each
    slice along the first axis.

    Parameters
    ----------
    fn : callable of what it returned last, and of a slice
    elems : tensor, or nest of tensors of one length
    initializer : tensor or nest, optional
        What it "returned" first; the first slice, which is then the first of the results, if not
        given.
    reverse : bool
        From the last slice to the first.
    parallel_iterations, back_prop, swap_memory, infer_shape
        Accepted, and of no effect.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.scan(lambda total, x: total + x, [1, 2, 3]).numpy()
    array([1, 3, 6], dtype=int32)
    """
    found = list(_running("scan", fn, elems, initializer, reverse))
    if not found:
        return _none_of(fn(_tensors("scan", initializer), _stand_in(elems)))
    return _stacked(found[::-1] if reverse else found)


def foldl(
    fn: Function, elems: Any, initializer: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """What a function returns last, which is called on what it returned before and on each slice
    along the first axis; arguments are those of `scan`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.foldl(lambda total, x: 10 * total + x, [1, 2, 3]).numpy()
    np.int32(123)
    """
    return _last("foldl", fn, elems, initializer, False)


def foldr(
    fn: Function, elems: Any, initializer: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """As `foldl`, from the last slice to the first.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.foldr(lambda total, x: 10 * total + x, [1, 2, 3]).numpy()
    np.int32(321)
    """
    return _last("foldr", fn, elems, initializer, True)


def _running(what: str, fn: Function, elems: Any, initializer: Any, reverse: bool) -> Iterable[Any]:
    slices = _slices(what, elems, least=int(initializer is None))
    rest = iter(slices[::-1] if reverse else slices)
    if initializer is None:
        found = next(rest)
        yield found
    else:
        found = _tensors(what, initializer)
    for one in rest:
        found = fn(found, one)
        yield found


def _last(what: str, fn: Function, elems: Any, initializer: Any, reverse: bool) -> Any:
    """Of no slices what it began with."""
    last = None if initializer is None else _tensors(what, initializer)
    for found in _running(what, fn, elems, initializer, reverse):
        last = found
    return last


def _tensors(what: str, nest: Any) -> Any:
    return over_leaves(lambda x: x if type(x) is TensorArray else tensor(x, what), nest, what=what)


def _slices(what: str, elems: Any, least: int = 1) -> Sequence[Any]:
    """Slices along the first axis, of nests a nest of them each."""
    leaves: list[Any]
    leaves, structure = flatten(_tensors(what, _as_leaf(elems)))
    _lengths(what, leaves, least)
    rows = zip(*map(unstack, leaves), strict=True)
    return [optree.tree_unflatten(structure, row) for row in rows]


def _lengths(what: str, leaves: Sequence[Any], least: int = 1) -> None:
    """Raise unless there are slices along a first axis, of one length."""
    lengths = {x._layout.shape[0] if x.ndim else None for x in leaves}
    if len(lengths) != 1 or not lengths.isdisjoint({None, *range(least)}):
        shapes = ", ".join(str(tuple(x.shape)) for x in leaves)
        raise ShapeError(f"{what}: takes slices along a first axis, of one length, not of {shapes}")


def _as_leaf(elems: Any) -> Any:
    """Lists of numbers are a tensor, as everywhere; nests of tensors stay."""
    if isinstance(elems, (list, tuple)):
        leaves: list[Any] = leaves_of(elems)
        if all(issubclass(type(leaf), KINDS) for leaf in leaves):
            return tensor(elems)
    return elems


def _stand_in(elems: Any) -> Any:
    """Zeros in place of a slice, where there is none."""

    def one(x: Any) -> Any:
        where = x._layout
        return zeros_of(layout(where.dtype, where.shape[1:], None, where.device))

    return over_leaves(one, _tensors("map_fn", _as_leaf(elems)))


def _stacked(found: list[Any]) -> Any:
    return over_leaves(lambda *parts: stack(parts), *found)


def _none_of(found: Any) -> Any:
    """Slices as this one is, of which there are none."""
    return over_leaves(lambda x: stack([x])[:0], found)


def _check(what: str, found: Any, wanted: Any) -> None:
    nest = isinstance(wanted, (list, tuple, dict))
    leaves: list[Any] = leaves_of(found) if nest else [found]
    specs: list[Any] = leaves_of(wanted) if nest else [wanted]
    for x, spec in zip(leaves, specs, strict=True):
        own, asked = tensor(x, what).dtype, as_dtype(getattr(spec, "dtype", spec))
        if own is not asked:
            raise DTypeError(
                f"{what}: fn returned {own.name}, where {asked.name} was said; use ngrad.cast"
            )
