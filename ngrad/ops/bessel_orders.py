"""Bessel's functions of a whole order, which is an operand: each with its rule, by the functions of
the orders beside it (DLMF 10.6.1, 10.29.1).
"""

from __future__ import annotations

from ngrad.ops.arithmetic import sign
from ngrad.ops.elementwise import Elementwise, elementwise

HIGHEST = 50
"""The order up to which these are used. The kernels have some more, for derivatives."""


@elementwise(floats=True)
def bessel_jn(x, y):
    """Bessel's function of the first kind, of whole order x, at y (DLMF 10.2).

    Integers and bools are converted to float64. Of an order that is not whole, or beyond 64, NaN.

    Examples
    --------
    >>> import ngrad
    >>> bessel_jn(ngrad.constant([2.0, -3.0]), ngrad.constant([1.0, 1.0])).numpy()
    array([ 0.11490349, -0.01956335], dtype=float32)
    """


@bessel_jn.vjp
def _(g, out, x, y):
    return None, g * (0.5 * (bessel_jn(x - 1.0, y) - bessel_jn(x + 1.0, y)))


@elementwise(floats=True)
def bessel_yn(x, y):
    """Bessel's function of the second kind, of whole order x, at y (DLMF 10.2).

    Integers and bools are converted to float64. Of an order that is not whole, or beyond 64, NaN.

    Examples
    --------
    >>> import ngrad
    >>> bessel_yn(ngrad.constant([2.0, -3.0]), ngrad.constant([1.0, 1.0])).numpy()
    array([-1.6506826,  5.8215175], dtype=float32)
    """


@bessel_yn.vjp
def _(g, out, x, y):
    return None, g * (0.5 * (bessel_yn(x - 1.0, y) - bessel_yn(x + 1.0, y)))


@elementwise(floats=True)
def bessel_in(x, y):
    """The modified Bessel function of the first kind, of whole order x, at y (DLMF 10.25).

    Integers and bools are converted to float64. Of an order that is not whole, or beyond 64, NaN.

    Examples
    --------
    >>> import ngrad
    >>> bessel_in(ngrad.constant([2.0, 3.0]), ngrad.constant([1.0, 1.0])).numpy()
    array([0.13574767, 0.02216843], dtype=float32)
    """


@bessel_in.vjp
def _(g, out, x, y):
    return None, g * (0.5 * (bessel_in(x - 1.0, y) + bessel_in(x + 1.0, y)))


@elementwise(floats=True)
def bessel_ine(x, y):
    """`bessel_in` times exp(-abs(y)), which does not overflow.

    Examples
    --------
    >>> import ngrad
    >>> bessel_ine(ngrad.constant([2.0, 3.0]), ngrad.constant([1.0, 1.0])).numpy()
    array([0.04993878, 0.00815531], dtype=float32)
    """


@bessel_ine.vjp
def _(g, out, x, y):
    beside = 0.5 * (bessel_ine(x - 1.0, y) + bessel_ine(x + 1.0, y))
    return None, g * (beside - sign(y) * out)


@elementwise(floats=True)
def bessel_kn(x, y):
    """The modified Bessel function of the second kind, of whole order x, at y (DLMF 10.25).

    Integers and bools are converted to float64. Of an order that is not whole, or beyond 64, NaN.

    Examples
    --------
    >>> import ngrad
    >>> bessel_kn(ngrad.constant([2.0, 3.0]), ngrad.constant([1.0, 1.0])).numpy()
    array([1.624839, 7.101263], dtype=float32)
    """


@bessel_kn.vjp
def _(g, out, x, y):
    return None, -g * (0.5 * (bessel_kn(x - 1.0, y) + bessel_kn(x + 1.0, y)))


@elementwise(floats=True)
def bessel_kne(x, y):
    """`bessel_kn` times exp(y), which does not underflow.

    Examples
    --------
    >>> import ngrad
    >>> bessel_kne(ngrad.constant([2.0, 3.0]), ngrad.constant([1.0, 1.0])).numpy()
    array([ 4.41677 , 19.303234], dtype=float32)
    """


@bessel_kne.vjp
def _(g, out, x, y):
    return None, g * (out - 0.5 * (bessel_kne(x - 1.0, y) + bessel_kne(x + 1.0, y)))


BY_KIND: dict[str, Elementwise] = {
    "j": bessel_jn,
    "y": bessel_yn,
    "i": bessel_in,
    "ie": bessel_ine,
    "k": bessel_kn,
    "ke": bessel_kne,
}
