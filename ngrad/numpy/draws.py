"""Draws by NumPy's own generators, bit for bit, as arrays of ours.

Where parameters are arrays of ours, a draw is made of NumPy's standard one, in NumPy's way, and so
has derivatives in them. Others go to NumPy as they are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ngrad.devices import Device, current
from ngrad.dtypes import BY_CODE, as_dtype
from ngrad.errors import DTypeError, TraceError
from ngrad.graph.layout import layout
from ngrad.numpy.convert import FLOAT64, array_of, plain, to_tensor
from ngrad.numpy.creation import asarray
from ngrad.numpy.naming import KINDS, explain
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import own_array, written
from ngrad.numpy.place import place_of, where_they_lie
from ngrad.numpy.selection import take, where
from ngrad.numpy.ufuncs import UFUNCS
from ngrad.numpy.ways import lies_of
from ngrad.ops.convert import from_outside
from ngrad.ops.identity import stop_gradient
from ngrad.ops.shape import normal_axis
from ngrad.ops.weak import Weak
from ngrad.record import state
from ngrad.tensor import Tensor, from_numpy
from ngrad.tracing import held_weakly, host

exp, expm1 = UFUNCS["exp"], UFUNCS["expm1"]


NOWHERE: Any = object()
"""The location of what has none: None is what NumPy refuses."""


class Draws:
    """What NumPy's `Generator` and `RandomState` share.

    Parameters
    ----------
    make : callable
        Gives NumPy's generator. In a `function` it is asked at every call, as the Python that it
        stands in would.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._start()
        if state.window.trace is not None:
            state.window.trace.repeat(self._start)

    def _start(self) -> None:
        self._source: Any = self._make()

    def __repr__(self) -> str:
        return repr(self._source)

    def __str__(self) -> str:
        return str(self._source)

    def _draw(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """What a method of NumPy's gives, arrays as ours, where those lie that it is given, and a
        number as it is. In a `function` it is drawn at every call, and a Python float is a number
        without a value there, which leaves the dtype to an array beside it, too.
        """
        values = [on_host(x) for x in args]
        named = {key: on_host(x) for key, x in kwargs.items()}
        place = place_of((*args, *kwargs.values()))
        trace = state.window.trace
        if trace is None:
            try:
                drawn = getattr(self._source, name)(*values, **named)
                return array_at(drawn, place) if isinstance(drawn, np.ndarray) else drawn
            except KINDS as error:
                explain(error, name, args, kwargs)
                raise
        like = getattr(copy.deepcopy(self._source), name)(*values, **named)
        itself = held_weakly(self)

        def again() -> Any:
            return getattr(itself()._source, name)(*values, **named)

        if type(like) is float:
            return Weak(host(again, BY_CODE["f8"]))
        array = np.asarray(like)
        spec = layout(as_dtype(array.dtype), array.shape, None, place)
        return array_of(trace.ask(lambda: array_at(again(), place)._read(), spec))

    def _into(self, name: str, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """The same, of methods that may be given an array to draw into."""
        if out is None:
            return self._draw(name, *args, **kwargs)
        out = own_array(name, out)
        # NumPy takes it if it has numbers of that dtype.
        room = room_like(out)
        drawn = where_they_lie(lambda _: self._draw(name, *args, out=room, **kwargs), out)
        return written(name, drawn._read(), out)

    # -- made of standard draws --------------------------------------------------------------------

    def _scaled(self, name: str, standard: str, size: Any, loc: Any, scale: Any) -> Any:
        """loc + scale * z; of exponential and Rayleigh draws, that are nowhere, scale * z."""
        given = (scale,) if loc is NOWHERE else (loc, scale)
        if not any(map(is_ours, given)):
            return self._draw(name, *given, size=size)
        return where_they_lie(self._scale, standard, size, loc, scale)

    def _scale(self, standard: str, size: Any, loc: Any, scale: Any) -> Any:
        given = (scale,) if loc is NOWHERE else (loc, scale)
        refuse_negative("scale", scale)
        z = self._draw(standard, size=size_of(size, *given))
        found = parameter(scale) * z
        return found if loc is NOWHERE else parameter(loc) + found

    def _followed(
        self,
        name: str,
        standard: str,
        size: Any,
        given: tuple[Any, ...],
        path: Callable[..., Any],
    ) -> Any:
        """NumPy's draw, with the derivatives of a path to it, but for rounding, from a standard one
        and the parameters. In a `function`, where there are no parameters yet, it ends at the path.
        """
        if not any(map(is_ours, given)):
            return self._draw(name, *given, size=size)
        return where_they_lie(self._follow, name, standard, size, path, *given)

    def _follow(
        self, name: str, standard: str, size: Any, path: Callable[..., Any], *given: Any
    ) -> Any:
        drawn = None
        if state.window.trace is None:
            source = copy.deepcopy(self._source)
            drawn = array_at(getattr(source, name)(*map(on_host, given), size=size), current())
        z = self._draw(standard, size=size_of(size, *given))
        near = path(z, *map(parameter, given))
        return near if drawn is None else along(drawn, near)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Of a normal distribution; with derivatives in its parameters."""
        return self._scaled("normal", "standard_normal", size, loc, scale)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Of [low, high), evenly; with derivatives in its parameters."""
        if not (is_ours(low) or is_ours(high)):
            return self._draw("uniform", low, high, size=size)
        return where_they_lie(self._between, low, high, size)

    def _between(self, low: Any, high: Any, size: Any) -> Any:
        first, last = parameter(low), parameter(high)
        if state.window.trace is None:
            between = np.asarray(last - first)
            if not np.isfinite(between).all():
                raise OverflowError("uniform: high - low range exceeds valid bounds")
            if isinstance(self._source, np.random.Generator) and (between < 0).any():
                raise ValueError("uniform: high - low < 0")  # of the old generator it is not asked
        return first + (last - first) * self._draw("random", size=size_of(size, low, high))

    def exponential(self, scale: Any = 1.0, size: Any = None) -> Any:
        """Of an exponential distribution; with derivatives in its parameter."""
        return self._scaled("exponential", "standard_exponential", size, NOWHERE, scale)

    def rayleigh(self, scale: Any = 1.0, size: Any = None) -> Any:
        """Of a Rayleigh distribution; with derivatives in its parameter."""
        return self._scaled("rayleigh", "rayleigh", size, NOWHERE, scale)

    def laplace(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Of a Laplace distribution; with derivatives in its parameters."""
        return self._scaled("laplace", "laplace", size, loc, scale)

    def logistic(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Of a logistic distribution; with derivatives in its parameters."""
        return self._scaled("logistic", "logistic", size, loc, scale)

    def gumbel(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Of a Gumbel distribution; with derivatives in its parameters."""
        return self._scaled("gumbel", "gumbel", size, loc, scale)

    def lognormal(self, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None) -> Any:
        """Whose logarithm is normally distributed; with derivatives in its parameters."""

        def path(z: Any, mean: Any, sigma: Any) -> Any:
            return exp(mean + sigma * z)

        return self._followed("lognormal", "standard_normal", size, (mean, sigma), path)

    def weibull(self, a: Any, size: Any = None) -> Any:
        """Of a Weibull distribution; with a derivative in its parameter."""

        def path(z: Any, a: Any) -> Any:
            return z ** (1.0 / a)

        return self._followed("weibull", "standard_exponential", size, (a,), path)

    def power(self, a: Any, size: Any = None) -> Any:
        """Of the density a x**(a - 1) in [0, 1]; with a derivative in its parameter."""

        def path(z: Any, a: Any) -> Any:
            return (-expm1(-z)) ** (1.0 / a)

        return self._followed("power", "standard_exponential", size, (a,), path)

    def pareto(self, a: Any, size: Any = None) -> Any:
        """Of a Pareto distribution that begins at 0; with a derivative in its parameter."""

        def path(z: Any, a: Any) -> Any:
            return expm1(z / a)

        return self._followed("pareto", "standard_exponential", size, (a,), path)

    # -- orders and choices ------------------------------------------------------------------------

    def bytes(self, length: int) -> bytes:
        """Random bytes; not in a recording, of which they would be the same at each call."""
        trace = state.window.trace
        if trace is not None:
            raise TraceError(
                f"function {trace.name}: bytes gives Python's bytes, the same at each call; draw "
                "`integers(256, size=..., dtype=numpy.uint8)`"
            )
        drawn: bytes = self._source.bytes(length)
        return drawn

    def choice(
        self,
        a: Any,
        size: Any = None,
        replace: bool = True,
        p: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Elements of an array along an axis (with a `Generator`, the next argument), or of
        arange(a); those of an array of ours have derivatives, and those of text are NumPy's.
        """
        x = _sequence(a)
        if x.ndim == 0:
            return self._draw("choice", a, size, replace, p, *args, **kwargs)
        rest = dict(zip(("axis", "shuffle"), args, strict=False), **kwargs)
        axis = rest.pop("axis", 0)
        return self._taken(x, axis, "choice", x.shape[axis], size, replace, p, **rest)

    def _permutation(self, x: Any, axis: int) -> Any:
        """arange(x), or the slices of an array along an axis, in a new order."""
        array = _sequence(x)
        if not array.ndim and not isinstance(on_host(x), np.ndarray):  # a number
            return self._draw("permutation", x)
        return self._ordered(array, axis, "permutation")

    def _ordered(self, x: Any, axis: int, what: str) -> Any:
        """The slices of an array along an axis in a new order."""
        at = normal_axis(axis, x.ndim, what)
        return self._taken(x, at, "permutation", x.shape[at])

    def _taken(self, x: Any, axis: int, name: str, *args: Any, **kwargs: Any) -> Any:
        """Slices of an array along an axis, where that lies, at places that are drawn."""
        args, kwargs = (*map(on_host, args),), {key: on_host(x) for key, x in kwargs.items()}
        if not isinstance(x, ndarray):
            return np.take(x, plain(self._draw(name, *args, **kwargs)), axis)
        return where_they_lie(lambda x: take(x, self._draw(name, *args, **kwargs), axis), x)

    def _shuffle(self, x: Any, axis: int) -> None:
        """The same in place, which every view of it sees."""
        if isinstance(x, (list, np.ndarray)) and state.window.trace is None:
            self._source.shuffle(x, *([axis] if axis else []))
            return
        if not isinstance(x, ndarray) or not x.ndim:
            raise TypeError(
                f"shuffle: takes a list, or an array with axes that can be assigned to, not "
                f"{type(x).__name__} of {np.ndim(x)} axes; permutation returns a new one"
            )
        x[...] = self._ordered(x, axis, "shuffle")


def along(drawn: Any, path: Any) -> Any:
    """What NumPy drew, with the derivatives of a path to it, but for rounding."""
    still = array_of(stop_gradient(path._read()))
    return drawn + where(UFUNCS["isfinite"](path), path - still, 0.0)


def array_at(value: Any, place: Device) -> ndarray:
    return array_of(from_numpy(np.asarray(value), None, place))


def _sequence(value: Any) -> Any:
    """An array; of text, which none of ours holds, NumPy's."""
    try:
        return asarray(value)
    except DTypeError:
        return np.asarray(value)


PLAIN = frozenset((int, float, bool, type(None), type, str, np.ndarray))
"""Types of arguments in which there is nothing of ours."""


def is_ours(value: Any) -> bool:
    return type(value) not in PLAIN and isinstance(from_outside(value), (Tensor, Weak))


def on_host(value: Any) -> Any:
    if type(value) is Weak:
        return float(value)  # which raises: there is none yet
    if isinstance(value, dict):  # which NumPy shows in an error, however deep it is
        raise TypeError("a dict is no parameter of a draw, and no seed")
    if not is_ours(value):
        return value
    # A number where there is one, of which NumPy takes more than of an array without axes.
    array = isinstance(value, ndarray) and not value.is_number
    return np.asarray(value) if array else np.asarray(value)[()]


def by_columns(x: Any) -> bool:
    """Whether NumPy's copy of an array lies by columns, as far as it can be told: draws are in the
    order of memory.
    """
    lies = lies_of(x) if isinstance(x, ndarray) else x
    return isinstance(lies, np.ndarray) and lies.copy("K").flags.fnc


def room_like(out: ndarray) -> np.ndarray[Any, Any]:
    """What NumPy draws into in place of an array: it lies as that, or apart if its elements do."""
    lies, shape = lies_of(out), out.shape
    if lies is None or lies.flags.forc:
        return np.empty(shape, out.dtype, "F" if lies is not None and lies.flags.fnc else "C")
    return np.empty((*shape, 2), out.dtype)[..., 0]


def parameter(value: Any) -> Any:
    return asarray(to_tensor(value, FLOAT64))


def size_of(size: Any, *parameters: Any) -> Any:
    """The shape of a draw: that of the parameters together, which must fit one that is given."""
    shapes = [tuple(parameter(x).shape) for x in parameters]
    if size is None:
        return np.broadcast_shapes(*shapes)
    wanted = tuple(map(int, size)) if np.iterable(size) else (int(size),)
    try:
        fits = np.broadcast_shapes(wanted, *shapes) == wanted
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"Output size {wanted} is not compatible with broadcast dimensions of inputs, of "
            f"shapes {', '.join(map(str, shapes))}"
        )
    return wanted


def refuse_negative(name: str, value: Any) -> None:
    if is_ours(value) and state.window.trace is not None:
        return  # there is none yet
    if np.signbit(np.asarray(value, np.float64)).any():
        raise ValueError(f"{name} < 0")
