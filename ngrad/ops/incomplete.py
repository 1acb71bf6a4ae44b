"""Shares of the gamma and beta functions below and above x, Student's distribution, and the
densities of these, each with its rule.
"""

from __future__ import annotations

from typing import Any

from ngrad.ops.arithmetic import maximum
from ngrad.ops.comparison import equal, isinf, less
from ngrad.ops.creation import ones_like
from ngrad.ops.elementwise import elementwise, select
from ngrad.ops.exponential import log, log1p
from ngrad.ops.fixed import fixed
from ngrad.ops.gammas import digamma_rise
from ngrad.ops.special import digamma


@elementwise(floats=True)
def gamma_density(x, y):
    """y**(x - 1) exp(-y) / gamma(x), the density of the gamma distribution at y (DLMF 8.2).

    Integers and bools are converted to float64. Nothing large cancels in it, however large x is.

    Examples
    --------
    >>> import ngrad
    >>> gamma_density(ngrad.constant([1.0, 2.5]), ngrad.constant([0.5, 2.0])).numpy()
    array([0.60653067, 0.28795183], dtype=float32)
    """


@gamma_density.vjp
def _(g, out, a, x):
    shape = log(select(equal(out, 0.0), 1.0, x)) - digamma(a)
    # Near 0 by the density of order a - 1, without a quotient; elsewhere it and `out` would cancel.
    low = less(x, 0.5 * (a - 1.0))
    lower = gamma_density(select(low, a - 1.0, 1.0), select(low, x, 1.0)) - out
    upper = out * ((a - 1.0) / select(equal(x, 0.0), 1.0, x) - 1.0)
    return g * (out * shape), g * select(low, lower, upper)


@elementwise(floats=True)
def gammainc_slope(x, y):
    """The derivative in x of `gammainc`. It has one in y.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> gammainc_slope(ngrad.constant([1.0, 2.5]), ngrad.constant([0.5, 2.0])).numpy()
    array([-0.48945758, -0.27455133], dtype=float32)
    """


@gammainc_slope.vjp
def _(g, out, a, x):
    density = gamma_density(a, x)
    shape = log(select(equal(density, 0.0), 1.0, x)) - digamma(a)
    return 0.0 * a, g * (density * shape)


def gamma_slopes(a: Any, x: Any) -> tuple[Any, Any]:
    """The derivatives of `gammainc`, for rules: who asks for a second one in a is told that there
    is none.
    """
    why = "gammainc: has no second derivative in a"
    return gammainc_slope(fixed(a, why), x), gamma_density(a, x)


@elementwise(floats=True)
def gammainc(x, y):
    """The share of gamma(x) up to y (DLMF 8.2.4).

    Integers and bools are converted to float64. The derivative in y is the density; in x there is a
    first one, and no second.

    Examples
    --------
    >>> import ngrad
    >>> gammainc(ngrad.constant([1.0, 2.5]), ngrad.constant([0.5, 2.0])).numpy()
    array([0.39346933, 0.45058405], dtype=float32)
    """


@gammainc.vjp
def _(g, out, a, x):
    in_a, in_x = gamma_slopes(a, x)
    return g * in_a, g * in_x


@elementwise(floats=True)
def gammaincc(x, y):
    """The share of gamma(x) above y, without cancellation (DLMF 8.2.4).

    Integers and bools are converted to float64. The derivative in y is the density, negative; in x
    there is a first one, and no second.

    Examples
    --------
    >>> import ngrad
    >>> gammaincc(ngrad.constant([1.0, 2.5]), ngrad.constant([0.5, 2.0])).numpy()
    array([0.60653067, 0.54941595], dtype=float32)
    """


@gammaincc.vjp
def _(g, out, a, x):
    in_a, in_x = gamma_slopes(a, x)
    return -g * in_a, -g * in_x


@elementwise(floats=True)
def beta_density(x, y, z):
    """z**(x - 1) (1 - z)**(y - 1) / beta(x, y), the density of the beta distribution at z.

    Integers and bools are converted to float64. Nothing large cancels in it, however large x and y
    are.

    Examples
    --------
    >>> import ngrad
    >>> beta_density(ngrad.constant(2.0), ngrad.constant(3.0), ngrad.constant([0.5, 1.0])).numpy()
    array([1.5, 0. ], dtype=float32)
    """


@beta_density.vjp
def _(g, out, a, b, x):
    both, inside = digamma(a + b), select(equal(out, 0.0), 0.5, x)
    # Of the two quotients one is much the larger near an end: there it is taken by the density of
    # an order less, which is right where x or 1 - x is 0.
    first, last = (a - 1.0) * (1.0 - x), (b - 1.0) * x
    low, high = less(maximum(2.0 * last, 0.0), first), less(maximum(2.0 * first, 0.0), last)
    larger = beta_density(select(low, a - 1.0, a), select(high, b - 1.0, b), x) * (a + b - 1.0)
    left = select(low, larger, (a - 1.0) / select(equal(x, 0.0), 1.0, x) * out)
    right = select(high, larger, (b - 1.0) / select(equal(x, 1.0), 1.0, 1.0 - x) * out)
    slope = select(isinf(out), out * (first - last), left - right)  # of which both are infinite
    return (
        g * (out * (log(inside) + digamma_rise(a, b, both))),
        g * (out * (log1p(-inside) + digamma_rise(b, a, both))),
        g * slope,
    )


@elementwise(floats=True)
def betainc_slope(x, y, z):
    """The derivative in x of `betainc`. It has one in z.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> betainc_slope(ngrad.constant(2.0), ngrad.constant(3.0), ngrad.constant([0.5])).numpy()
    array([-0.19528869], dtype=float32)
    """


@betainc_slope.vjp
def _(g, out, a, b, x):
    density = beta_density(a, b, x)
    shape = log(select(equal(density, 0.0), 1.0, x)) + digamma_rise(a, b, digamma(a + b))
    return 0.0 * a, 0.0 * b, g * (density * shape)


@elementwise(floats=True)
def betaincc_slope(x, y, z):
    """The derivative in y of `betaincc`. It has one in z.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> betaincc_slope(ngrad.constant(2.0), ngrad.constant(3.0), ngrad.constant([0.5])).numpy()
    array([-0.1541085], dtype=float32)
    """


@betaincc_slope.vjp
def _(g, out, a, b, x):
    density = beta_density(a, b, x)
    shape = log1p(select(equal(density, 0.0), 0.0, -x)) + digamma_rise(b, a, digamma(a + b))
    return 0.0 * a, 0.0 * b, -g * (density * shape)


def beta_slopes(a: Any, b: Any, x: Any) -> tuple[Any, Any, Any]:
    """The derivatives of `betainc`, for rules: in a and b there are no second ones."""
    first = fixed(a, "betainc: has no second derivative in a")
    last = fixed(b, "betainc: has no second derivative in b")
    in_a, in_b = betainc_slope(first, last, x), -betaincc_slope(first, last, x)
    return in_a, in_b, beta_density(a, b, x)


@elementwise(floats=True)
def betainc(x, y, z):
    """The share of beta(x, y) up to z (DLMF 8.17.2).

    Integers and bools are converted to float64. The derivative in z is the density; in x and y
    there are first ones, and no second.

    Examples
    --------
    >>> import ngrad
    >>> betainc(ngrad.constant(2.0), ngrad.constant(3.0), ngrad.constant([0.5, 1.0])).numpy()
    array([0.6875, 1.    ], dtype=float32)
    """


@betainc.vjp
def _(g, out, a, b, x):
    in_a, in_b, in_x = beta_slopes(a, b, x)
    return g * in_a, g * in_b, g * in_x


@elementwise(floats=True)
def betaincc(x, y, z):
    """The share of beta(x, y) above z, without cancellation (DLMF 8.17.4).

    Integers and bools are converted to float64. The derivative in z is the density, negative; in x
    and y there are first ones, and no second.

    Examples
    --------
    >>> import ngrad
    >>> betaincc(ngrad.constant(2.0), ngrad.constant(3.0), ngrad.constant([0.5, 1.0])).numpy()
    array([0.3125, 0.    ], dtype=float32)
    """


@betaincc.vjp
def _(g, out, a, b, x):
    in_a, in_b, in_x = beta_slopes(a, b, x)
    return -g * in_a, -g * in_b, -g * in_x


@elementwise(floats=True)
def student_density(x, y):
    """The density at y of Student's distribution with x degrees of freedom.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> student_density(ngrad.constant(1.0), ngrad.constant([0.0, 1.0])).numpy()
    array([0.31830987, 0.15915494], dtype=float32)
    """


def _student_rise(df: Any, t: Any) -> Any:
    """The derivative in df of the logarithm of `student_density`."""
    half, total = 0.5 * df, df + t * t
    shape = digamma_rise(half, 0.5 * ones_like(df), digamma(half + 0.5)) - 1.0 / df
    return 0.5 * (shape - log1p(t * t / df) + (df + 1.0) * (t * t) / (df * total))


@student_density.vjp
def _(g, out, df, t):
    in_t = -g * (out * ((1.0 + 1.0 / df) * t / (1.0 + t * t / df)))
    return g * (out * _student_rise(df, t)), in_t


@elementwise(floats=True)
def stdtr_slope(x, y):
    """The derivative in x of `stdtr`. It has one in y.

    Integers and bools are converted to float64.

    Examples
    --------
    >>> import ngrad
    >>> stdtr_slope(ngrad.constant(1.0), ngrad.constant([0.0, 1.0])).numpy()
    array([0.        , 0.06620298], dtype=float32)
    """


@stdtr_slope.vjp
def _(g, out, df, t):
    return 0.0 * df, g * (student_density(df, t) * _student_rise(df, t))


def student_slopes(df: Any, t: Any) -> tuple[Any, Any]:
    """The derivatives of `stdtr`, for rules: in df there is no second one."""
    why = "stdtr: has no second derivative in df"
    return stdtr_slope(fixed(df, why), t), student_density(df, t)


@elementwise(floats=True)
def stdtr(x, y):
    """The share up to y of Student's distribution with x degrees of freedom.

    Integers and bools are converted to float64. The derivative in y is the density; in x there is a
    first one, and no second.

    Examples
    --------
    >>> import ngrad
    >>> stdtr(ngrad.constant(1.0), ngrad.constant([0.0, 1.0])).numpy()
    array([0.5 , 0.75], dtype=float32)
    """


@stdtr.vjp
def _(g, out, df, t):
    in_df, in_t = student_slopes(df, t)
    return g * in_df, g * in_t
