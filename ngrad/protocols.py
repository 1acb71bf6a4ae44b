"""NEP 13 and 18: functions of NumPy's, called with arrays, tensors or variables, are those of
`ngrad.numpy`; and SciPy's universal functions those of `ngrad.scipy.special`. NEP 47: so are those
that code for arrays of any library calls.

It is imported when somebody first asks: `import ngrad` does not need it.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

import ngrad.numpy
from ngrad.custom import custom_gradient
from ngrad.errors import DTypeError, GradientError
from ngrad.numpy.convert import OURS, plain, to_tensor
from ngrad.numpy.inspection import REVISIONS
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.operators import COMPARISONS, NAMES, is_number_for
from ngrad.numpy.place import where_they_lie
from ngrad.record import state
from ngrad.tensor import Tensor

KNOWN = (*OURS, np.ndarray, np.generic)
"""Types of operands. What is of another, with a protocol of its own, is asked instead."""
CONVERTERS = (np.atleast_1d, np.atleast_2d, np.atleast_3d)
"""By which SciPy makes NumPy arrays, which its compiled code wants, of what a user's function gave.
They do, as `numpy.asarray` does; but where somebody listens a derivative would be lost, and they
are like all others. So does `broadcast_arrays` of None and text among arrays, of which Matplotlib
makes arrays of objects."""

OPERATORS: dict[np.ufunc, Any] = {
    getattr(np, function): getattr(operator, {"and": "and_", "or": "or_"}.get(name, name))
    for name, function in {**NAMES, **COMPARISONS}.items()
    if name != "divmod"
}
"""Python's operators of two operands, by the functions that NumPy's scalars have for them. Beside
an array these ask for its function before the array is asked for its operator.
"""
WRITERS = {
    np.copyto: "dst", np.place: "arr", np.put: "a", np.put_along_axis: "arr", np.putmask: "a",
}  # fmt: skip
"""What writes into an array, and what that argument is called; NumPy's `full` calls such."""
SHARED = (np.may_share_memory, np.shares_memory)
"""What is about memory, not values."""


def array_ufunc(function: np.ufunc, method: str, *inputs: Any, out: Any = (), **kwargs: Any) -> Any:
    """A ufunc, or a method of one. Of tensors it gives tensors, and arrays if there is an array."""
    if method == "__call__" and not (out or kwargs) and function in OPERATORS:
        x, y = inputs
        if type(x) is np.ndarray and not x.ndim:
            x = x[()]  # as which NumPy's scalars compare
        kind: Any = type(x)
        if type(y) is ndarray and is_number_for(kind, y._layout.dtype):
            return OPERATORS[function](x.item(), y)
    if not all(isinstance(x, KNOWN) or not hasattr(x, "__array_ufunc__") for x in inputs):
        return NotImplemented
    targets = inputs[:1] if method == "at" else out
    theirs = [isinstance(target, np.ndarray) for target in targets]
    if any(theirs):
        options = {"out": out, **kwargs} if out else kwargs
        return _written(function, getattr(function, method), all(theirs), inputs, options)
    ours = _counterpart(function)
    if ours is not None:
        options = {"out": out, **kwargs} if out else kwargs
        try:
            found = where_they_lie(getattr(ours, method), *inputs, **options)
        except DTypeError:
            if not _takes_complex(function, inputs):
                raise
            ours = None
    if ours is None:
        found = _on_host(function, method, inputs, kwargs)
        if out:
            for target, value in zip(out, found if function.nout > 1 else (found,), strict=True):
                target[...] = value
            found = out if function.nout > 1 else out[0]
    return found if any(isinstance(x, ndarray) for x in (*inputs, *out)) else _tensors(found)


def array_function(function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Any other function of NumPy's."""
    if not all(issubclass(kind, KNOWN) for kind in types):
        return NotImplemented
    converts = function in CONVERTERS or (
        function is np.broadcast_arrays and not all(map(_is_number, args))
    )
    if function in SHARED or (converts and not state.listens()):
        return function(*map(plain, args))
    if function in WRITERS:
        target = args[0] if args else kwargs[WRITERS[function]]
        if isinstance(target, np.ndarray):
            return _written(function, function, True, args, kwargs)
    space: Any = ngrad.numpy
    try:
        for part in (*function.__module__.split(".")[1:], function.__name__):
            space = getattr(space, part)
    except AttributeError as error:
        raise TypeError(f"{function.__name__}: {error}") from None
    found = space(*args, **kwargs)
    return found if any(issubclass(kind, ndarray) for kind in types) else _tensors(found)


def array_namespace(api_version: str | None) -> Any:
    """The namespace of the Array API standard, in one of its revisions or the newest."""
    if api_version is not None and api_version not in REVISIONS:
        raise ValueError(
            f"__array_namespace__: api_version {api_version!r} is none of {', '.join(REVISIONS)}"
        )
    return ngrad.numpy


def _written(function: Any, write: Any, theirs: bool, args: Any, kwargs: Any) -> Any:
    """What is written into NumPy's arrays: values, which nobody listens to."""
    if state.listens() or not theirs:
        raise TypeError(
            f"{function.__name__}: a NumPy array that it is written into would lose its "
            "derivative; write x = x + y for x += y, or convert it with numpy.asarray"
        )
    return write(*map(plain, args), **{name: plain(x) for name, x in kwargs.items()})


def _is_number(x: Any) -> bool:
    """Whether a value is a number, or an array of such."""
    return isinstance(x, OURS) or np.asarray(x).dtype.kind in "biufc"


def _tensors(found: Any) -> Any:
    """A result with tensors in place of arrays."""
    if isinstance(found, ndarray):
        return found._read()
    if isinstance(found, (tuple, list)):
        parts = map(_tensors, found)
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
    return found


def _counterpart(function: np.ufunc) -> Any:
    name = function.__name__
    if getattr(np, name, None) is function:
        return getattr(ngrad.numpy, name, None)
    from ngrad.scipy import special

    return getattr(special, name, None) if _scipys(name) is function else None


def _takes_complex(function: np.ufunc, inputs: tuple[Any, ...]) -> bool:
    """Whether there are complex numbers among the operands of a function that takes such."""
    loops = any(set("FDG") & {*kinds.partition("->")[0]} for kinds in function.types)
    return loops and any(map(np.iscomplexobj, inputs))


def _scipys(name: str) -> Any:
    """SciPy's special function of a name, without what chooses between array libraries."""
    from scipy import special

    found = getattr(special, name, None)
    return getattr(found, "__wrapped__", found)


class Special:
    """`ngrad.numpy.special`, where SciPy looks for an array library's special functions: those of
    `ngrad.scipy.special`, and SciPy's universal functions, whose derivatives are refused.
    """

    def __getattr__(self, name: str) -> Any:
        from ngrad.scipy import special

        function = _scipys(name)
        if not hasattr(special, name) and isinstance(function, np.ufunc):
            return functools.partial(array_ufunc, function, "__call__")
        return getattr(special, name)


def _on_host(function: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: Any) -> Any:
    """What only its own library has: computed by it, at the call, of values. A derivative of it,
    which nobody knows here, raises.
    """

    def call(*tensors: Tensor) -> Any:
        values = iter(tensors)
        given = [plain(next(values)) if k in places else x for k, x in enumerate(inputs)]
        found = getattr(function, method)(*given, **kwargs)
        return (tuple(map(to_tensor, found)) if function.nout > 1 else to_tensor(found)), refuse

    def refuse(*_: Any) -> Any:
        raise GradientError(
            f"{function.__name__}: has no derivative, since its own library computed it; "
            "give it one with ngrad.custom_gradient"
        )

    places = {k for k, x in enumerate(inputs) if isinstance(x, OURS)}
    call.__name__ = function.__name__
    found = custom_gradient(call)(*(to_tensor(inputs[k]) for k in sorted(places)))
    return tuple(map(ndarray, found)) if function.nout > 1 else ndarray(found)
