"""NumPy's `random`: the same numbers for the same seed, as arrays; those of continuous laws have
derivatives in parameters that are arrays of ours (docs/random.md).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any

import numpy as np
from numpy.random import BitGenerator
from numpy.random.mtrand import get_bit_generator, set_bit_generator

from ngrad.dtypes import can_cast
from ngrad.nests import require_shallow
from ngrad.numpy.absent import missing_of
from ngrad.numpy.creation import asarray
from ngrad.numpy.draws import Draws, by_columns, on_host, room_like
from ngrad.numpy.laws import Laws
from ngrad.numpy.naming import passed_to
from ngrad.numpy.ndarray import ndarray
from ngrad.numpy.out import own_array, written
from ngrad.numpy.place import where_they_lie
from ngrad.numpy.selection import take, take_along_axis
from ngrad.ops.shape import normal_axis
from ngrad.tracing import each_call

__getattr__ = missing_of("random")
SHARED = (
    "binomial", "geometric", "hypergeometric", "logseries", "multinomial", "negative_binomial",
    "poisson", "random", "standard_cauchy", "standard_exponential", "standard_normal", "zipf",
)  # fmt: skip
"""Methods of both that are NumPy's as they are."""


def _as_it_is(name: str, kind: Any) -> Callable[..., Any]:
    @passed_to(getattr(kind, name))
    def method(self: Draws, *args: Any, **kwargs: Any) -> Any:
        return self._into(name, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"As NumPy's `{name}`."
    return method


class Generator(Laws):
    """Draws by a bit generator of NumPy's: made by `default_rng`, or of a bit generator.

    Examples
    --------
    >>> import ngrad
    >>> import ngrad.numpy as np
    >>> np.random.default_rng(7).normal(2.0, 0.5, 3).round(3)
    array([2.001, 2.149, 1.863])
    >>> draw = lambda mean: np.random.default_rng(7).normal(mean, 0.5)
    >>> ngrad.grad(draw)(np.array(2.0))
    array(1.)
    """

    def __init__(self, bit_generator: Any) -> None:
        super().__init__(partial(np.random.Generator, bit_generator))

    @classmethod
    def _of(cls, make: Callable[[], Any]) -> Generator:
        made = cls.__new__(cls)
        Draws.__init__(made, make)
        return made

    @property
    def bit_generator(self) -> Any:
        return self._source.bit_generator

    @property
    def capsule(self) -> Any:
        """The bit generator's: by it NumPy's `default_rng`, and so SciPy, takes this one."""
        return self.bit_generator.capsule

    @property
    def lock(self) -> Any:
        """Held while numbers are drawn."""
        return self.bit_generator.lock

    def spawn(self, n_children: int) -> list[Generator]:
        """Generators of their own."""
        return [Generator(child.bit_generator) for child in self._source.spawn(n_children)]

    def permutation(self, x: Any, axis: int = 0) -> Any:
        """arange(x), or the slices of an array along an axis, in a new order."""
        return self._permutation(x, axis)

    def shuffle(self, x: Any, axis: int = 0) -> None:
        """Put the slices of an array along an axis into a new order, in place."""
        self._shuffle(x, axis)

    def permuted(self, x: Any, *, axis: int | None = None, out: Any = None) -> ndarray:
        """The elements in a new order, along an axis each row in one of its own."""
        return where_they_lie(self._permuted, x, axis, out)

    def _permuted(self, x: Any, axis: int | None, out: Any) -> ndarray:
        if out is None:
            return self._rearranged(asarray(x), axis, by_columns(x))
        x, out = asarray(x), own_array("permuted", out)
        if out.shape != x.shape:  # before numbers are drawn
            raise ValueError(f"permuted: out must have the shape of x, {x.shape}, not {out.shape}")
        if not can_cast(x.dtype, out.dtype):
            raise TypeError(f"permuted: cannot cast {x.dtype} to {out.dtype}, out's, safely")
        turned = room_like(out).flags.fnc
        return written("permuted", self._rearranged(x, axis, turned)._read(), out)

    def _rearranged(self, x: ndarray, axis: int | None, turned: bool) -> ndarray:
        if axis is None:
            places = np.arange(x.size).reshape(x.shape)
            return take(x, self._draw("permuted", np.asarray(places, order="F" if turned else "C")))
        at = normal_axis(axis, x.ndim, "permuted")
        along = np.moveaxis(np.broadcast_to(np.arange(x.shape[at]), _last(x.shape, at)), -1, at)
        return take_along_axis(x, self._draw("permuted", along, axis=at), at)


def _seed(value: Any) -> Any:
    """A seed as NumPy takes it: a number where there is one."""
    if isinstance(value, (list, tuple)):
        require_shallow(value, "seed")
        if type(value) in (list, tuple):
            return type(value)(map(_seed, value))
    known = value._source if isinstance(value, RandomState) else on_host(value)
    return known.item() if isinstance(known, np.ndarray) and known.ndim == 0 else known


class _Seeded(type):
    """A class of NumPy's whose seed may be an array of ours: what it makes is NumPy's, but for what
    a user's own class of the kind makes.
    """

    @property
    def _numpys(cls) -> Any:
        return cls.__mro__[1] if cls.__name__ in SEEDED and cls.__module__ == __name__ else None

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        named = {name: _seed(x) for name, x in kwargs.items()}
        make = cls._numpys or super().__call__
        return make(*map(_seed, args), **named)

    def __instancecheck__(cls, thing: Any) -> bool:
        return cls.__subclasscheck__(type(thing))

    def __subclasscheck__(cls, kind: type) -> bool:
        own = cls._numpys
        return super().__subclasscheck__(kind) if own is None else issubclass(kind, own)


SEEDED = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64", "SeedSequence")
for _name in SEEDED:
    _own = {"__doc__": f"NumPy's `{_name}`.", "__module__": __name__}
    globals()[_name] = _Seeded(_name, (getattr(np.random, _name),), _own)


def _last(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :], shape[axis])


class RandomState(Laws):
    """NumPy's legacy generator, whose numbers for a seed never change.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.random.RandomState(7).rand(3).round(3)
    array([0.076, 0.78 , 0.438])
    """

    def __init__(self, seed: Any = None) -> None:
        super().__init__(partial(np.random.RandomState, _seed(seed)))

    def seed(self, seed: Any = None) -> None:
        """Begin anew."""
        each_call(lambda: self._source.seed(_seed(seed)))

    def get_state(self, legacy: bool = True) -> Any:
        """What `set_state` takes, NumPy's too."""
        return self._source.get_state(legacy)

    def set_state(self, state: Any) -> None:
        """Go on from where a state was got."""
        each_call(lambda: self._source.set_state(state))

    def rand(self, *shape: int) -> Any:
        """Numbers of [0, 1), evenly; a shape is given by its sizes."""
        return self._draw("rand", *shape)

    def randn(self, *shape: int) -> Any:
        """Normally distributed numbers; a shape is given by its sizes."""
        return self._draw("randn", *shape)

    def choice(self, a: Any, size: Any = None, replace: bool = True, p: Any = None) -> Any:
        """Elements of a vector, or of arange(a)."""
        if np.ndim(a) > 1:
            raise ValueError(f"choice: a must be 1-dimensional, not of shape {np.shape(a)}")
        return super().choice(a, size, replace, p)

    def permutation(self, x: Any) -> Any:
        """arange(x), or the slices of an array along its first axis, in a new order."""
        return self._permutation(x, 0)

    def shuffle(self, x: Any) -> None:
        """Put the slices of an array along its first axis into a new order, in place."""
        self._shuffle(x, 0)


OWN = {
    (Generator, np.random.Generator): ("integers", "multivariate_hypergeometric"),
    (RandomState, np.random.RandomState): (
        "randint", "random_integers", "random_sample", "tomaxint",
    ),
}  # fmt: skip
for (_ours, _numpys), _names in OWN.items():
    for _name in (*SHARED, *_names):
        setattr(_ours, _name, _as_it_is(_name, _numpys))


def default_rng(seed: Any = None) -> Generator:
    """A generator of NumPy's default kind: the numbers of `numpy.random.default_rng(seed)`.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.random.default_rng(7).integers(0, 10, 5)
    array([9, 6, 6, 8, 5])
    """
    if isinstance(seed, Generator):
        return seed
    return Generator._of(partial(np.random.default_rng, _seed(seed)))


# -- the legacy functions --------------------------------------------------------------------------

_global = RandomState.__new__(RandomState)
# NumPy's own, which others may seed, or draw from.
Draws.__init__(_global, lambda: np.random.rand.__self__)  # type: ignore[attr-defined]
LEGACY = (
    *(name for name in SHARED if name != "random"),
    "beta", "bytes", "chisquare", "choice", "dirichlet", "exponential", "f", "gamma", "get_state",
    "gumbel", "laplace", "logistic", "lognormal", "multivariate_normal", "noncentral_chisquare",
    "noncentral_f", "normal", "pareto", "permutation", "power", "rand", "randint", "randn",
    "random", "random_integers", "random_sample", "rayleigh", "seed", "set_state", "shuffle",
    "standard_gamma", "standard_t", "triangular", "uniform", "vonmises", "wald", "weibull",
)  # fmt: skip


def _of_all(name: str) -> Callable[..., Any]:
    """A method of the global generator as a function of this module's, where `pickle` finds it."""
    method = getattr(_global, name)

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    call.__module__, call.__name__, call.__qualname__ = __name__, name, name
    return call


globals().update({name: _of_all(name) for name in LEGACY})
ranf = sample = globals()["random_sample"]

mtrand = ModuleType("mtrand", "The legacy part, by the name of the module in which NumPy has it.")
"""`mtrand.RandomState()` and `mtrand._rand`, the global generator, are what programs ask it for."""
vars(mtrand).update({name: globals()[name] for name in (*LEGACY, "RandomState", "ranf", "sample")})
vars(mtrand).update(_rand=_global)

__all__ = [
    *LEGACY, *SEEDED, "BitGenerator", "Generator", "RandomState", "default_rng",
    "get_bit_generator", "ranf", "sample", "set_bit_generator",
]  # fmt: skip
