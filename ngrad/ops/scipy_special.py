"""Special functions that SciPy computes on the CPU, each with its rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ngrad.errors import DTypeError, GradientError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op, require
from ngrad.ops.convert import floating
from ngrad.ops.exponential import exp, log, log1p
from ngrad.ops.hosted import on_host
from ngrad.ops.identity import prepare_view
from ngrad.ops.launching import broadcast_shapes
from ngrad.ops.losses import multiply_no_nan
from ngrad.ops.special import digamma, lgamma
from ngrad.record import apply


def _by_scipy(
    name: str, function: Callable[..., Any] | None = None, params: tuple[str, ...] = ()
) -> Op:
    """SciPy's function of this name, or one that the params decide, of each element."""

    def infer(*xs: Layout, **given: Any) -> Layout:
        for x in xs:
            require(name, x, "f", "floating-point tensors")
            if x.dtype is not xs[0].dtype:
                raise DTypeError(
                    f"{name}: operands must have one dtype, not {xs[0].dtype.name}, {x.dtype.name}"
                )
        return layout(xs[0].dtype, broadcast_shapes(name, *xs))

    def compute(*xs: Any, **given: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*xs) if function is None else function(*xs, **given)

    return on_host(name, infer, compute, params, "special")


GAMMA = _by_scipy("gamma")
BETA, BETALN = _by_scipy("beta"), _by_scipy("betaln")
ERFINV, ERFCX = _by_scipy("erfinv"), _by_scipy("erfcx")
NDTRI, LOG_NDTR = _by_scipy("ndtri"), _by_scipy("log_ndtr")


@GAMMA.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (g * (out * digamma(x)),)


@BETA.vjp
def _(g: Any, out: Any, a: Any, b: Any) -> Any:
    both = digamma(a + b)
    return g * (out * (digamma(a) - both)), g * (out * (digamma(b) - both))


@BETALN.vjp
def _(g: Any, out: Any, a: Any, b: Any) -> Any:
    both = digamma(a + b)
    return g * (digamma(a) - both), g * (digamma(b) - both)


@ERFINV.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (g * (math.sqrt(math.pi) / 2 * exp(out * out)),)


@ERFCX.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (g * (2.0 * x * out - 2.0 / math.sqrt(math.pi)),)


@NDTRI.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (g * (math.sqrt(2 * math.pi) * exp(0.5 * out * out)),)


@LOG_NDTR.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    # The density over the distribution function, without underflow in the lower tail.
    return (g * (math.sqrt(2 / math.pi) / apply(ERFCX, (x * -math.sqrt(0.5),))),)


# -- by order --------------------------------------------------------------------------------------


def _polygamma(x: Any, order: int) -> Any:
    from scipy.special import polygamma

    return polygamma(order, x)


def _bessel(x: Any, kind: str, order: float) -> Any:
    import scipy.special

    return getattr(scipy.special, f"{kind}v")(order, x)


POLYGAMMA = _by_scipy("polygamma", _polygamma, ("order",))
BESSEL = _by_scipy("bessel", _bessel, ("kind", "order"))
NEIGHBOURS = {"j": (0.5, -0.5), "y": (0.5, -0.5), "i": (0.5, 0.5), "k": (-0.5, -0.5)}
"""By kind, how much of the functions of the orders below and above is in a derivative (DLMF 10.6.1,
10.29.1)."""


@POLYGAMMA.vjp
def _(g: Any, out: Any, x: Any, order: int) -> Any:
    return (g * apply(POLYGAMMA, (x,), (order + 1,)),)


@BESSEL.vjp
def _(g: Any, out: Any, x: Any, kind: str, order: float) -> Any:
    below, above = NEIGHBOURS[kind]
    lower, upper = (apply(BESSEL, (x,), (kind, order + step)) for step in (-1, 1))
    return (g * (below * lower + above * upper),)


# -- incomplete functions --------------------------------------------------------------------------

GAMMAINC, GAMMAINCC = _by_scipy("gammainc"), _by_scipy("gammaincc")
BETAINC, BETAINCC = _by_scipy("betainc"), _by_scipy("betaincc")
STDTR = _by_scipy("stdtr")


def _gamma_density(g: Any, a: Any, x: Any) -> Any:
    return g * exp(multiply_no_nan(log(x), a - 1.0) - x - lgamma(a))


def _beta_density(g: Any, a: Any, b: Any, x: Any) -> Any:
    powers = multiply_no_nan(log(x), a - 1.0) + multiply_no_nan(log1p(-x), b - 1.0)
    return g * exp(powers - apply(BETALN, (a, b)))


@GAMMAINC.vjp
def _(g: Any, out: Any, a: Any, x: Any) -> Any:
    return 0.0 * a, _gamma_density(g, a, x)


@GAMMAINCC.vjp
def _(g: Any, out: Any, a: Any, x: Any) -> Any:
    return 0.0 * a, -_gamma_density(g, a, x)


@BETAINC.vjp
def _(g: Any, out: Any, a: Any, b: Any, x: Any) -> Any:
    return 0.0 * a, 0.0 * b, _beta_density(g, a, b, x)


@BETAINCC.vjp
def _(g: Any, out: Any, a: Any, b: Any, x: Any) -> Any:
    return 0.0 * a, 0.0 * b, -_beta_density(g, a, b, x)


@STDTR.vjp
def _(g: Any, out: Any, df: Any, x: Any) -> Any:
    most = -0.5 * log(df) - apply(BETALN, (0.5 * df, 0.5 + 0.0 * df))
    return 0.0 * df, g * exp(most - 0.5 * (df + 1.0) * log1p(x * x / df))


def _same_memory(inputs: tuple[Layout, ...], out: Layout, what: str) -> Any:
    return prepare_view(0, inputs[0])


FIXED = Op("fixed", lambda x, what: x, _same_memory, ("what",), family="engine")
FIXED.view = True
"""A parameter in which a function has no derivative: whoever asks for it is told."""
FIXED.batch(lambda size, batched, x, what: apply(FIXED, (x,), (what,)))


@FIXED.vjp
def _(g: Any, out: Any, x: Any, what: str) -> Any:
    raise GradientError(
        f"{what}: has a derivative in its last operand, and none in the others; keep them constant"
    )


def incomplete(op: Op, *operands: Any) -> Any:
    """An incomplete function, whose parameters, all but the last operand, are kept constant."""
    *parameters, x = operands
    return apply(op, (*(apply(FIXED, (y,), (op.name,)) for y in parameters), x))


# -- TensorFlow's names ----------------------------------------------------------------------------


def erfinv(x: Any, name: str | None = None) -> Any:
    """The inverse of `erf`.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.erfinv([0.0, 0.5]).numpy()
    array([0.        , 0.47693628], dtype=float32)
    """
    return apply(ERFINV, (floating(x, "erfinv"),))


def ndtri(x: Any, name: str | None = None) -> Any:
    """The inverse of the normal distribution function.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.ndtri([0.5, 0.975]).numpy().round(2)
    array([0.  , 1.96], dtype=float32)
    """
    return apply(NDTRI, (floating(x, "ndtri"),))
