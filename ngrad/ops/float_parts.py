"""Floats as what they are made of: a sign, a mantissa, a power of two; and their neighbours."""

from __future__ import annotations

from ngrad.graph.differentiate import tools
from ngrad.ops.arithmetic import sign
from ngrad.ops.creation import zeros_of
from ngrad.ops.elementwise import cast, elementwise


@elementwise
def mantissa(x):
    """m of x = m * 2**e with 0.5 <= |m| < 1; of zeros, infinities and NaN, x.

    Takes floats. The derivative is 2**-e.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.frexp([3.0, -0.25])
    (array([ 0.75, -0.5 ]), array([ 2, -1], dtype=int32))
    """


@mantissa.vjp
def _(g, out, x):
    return (ldexp(g, -cast(exponent(x), x.dtype)),)


@elementwise
def exponent(x):
    """e of x = m * 2**e with 0.5 <= |m| < 1, in int32; 0 of zeros, infinities and NaN.

    Takes floats. It has no derivative.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.frexp(1024.0)[1]
    np.int32(11)
    """


exponent.vjp(lambda g, out, x: (None,))


@elementwise
def ldexp(x, y):
    """x * 2**y for whole y, rounded once.

    Takes floats. The derivative in x is 2**y; there is none in y.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.ldexp([1.0, 3.0], [4, -1])
    array([16. ,  1.5])
    """


@ldexp.vjp
def _(g, out, x, y):
    return ldexp(g, y), None


@elementwise
def spacing(x):
    """The distance from x to the next number of its dtype that is further from zero.

    Takes floats. Its derivative is zero.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.spacing(1.0) == np.finfo(float).eps
    np.True_
    """


spacing.vjp(lambda g, out, x: (zeros_of(x._layout),))


@elementwise
def fraction(x):
    """x without its whole part, with the sign of x; 0 of infinities.

    Takes floats. Its derivative is one.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.modf([-1.5, 2.0])
    (array([-0.5,  0. ]), array([-1.,  2.]))
    """


fraction.vjp(lambda g, out, x: (g,))


@elementwise
def copysign(x, y):
    """|x| with the sign of y, that of a zero or NaN included.

    Takes floats. The derivative in x is sign(x) times the sign of y, so 0 at x = 0; none in y.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.copysign([1.0, -2.0], [-0.0, 3.0]).numpy()
    array([-1.,  2.], dtype=float32)
    """


@copysign.vjp
def _(g, out, x, y):
    return g * sign(x) * copysign(1.0, y), None


@elementwise
def nextafter(x, y):
    """The number of x's dtype that is next to x in the direction of y.

    Takes floats. The derivative is 1 in x, and 0 in y, as TensorFlow's.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.math.nextafter([1.0, 0.0], [2.0, -1.0]).numpy()
    array([ 1.0000001e+00, -1.4012985e-45], dtype=float32)
    """


@nextafter.vjp
def _(g, out, x, y):
    return g, tools.zeros(y._layout)
