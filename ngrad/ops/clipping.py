"""Gradients, and other tensors, cut to a norm."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ngrad.dtypes import promote
from ngrad.ops.arithmetic import maximum
from ngrad.ops.convert import cast_to, floating, wide
from ngrad.ops.norms import root
from ngrad.ops.power import square
from ngrad.ops.reductions import normal_axes, reduce_sum
from ngrad.replayed import replayed
from ngrad.tensor import Tensor


@replayed
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """t, scaled down to a norm over axes (all if None) where its own is greater.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.clip_by_norm([3.0, 4.0], 1.0).numpy()
    array([0.6, 0.8], dtype=float32)
    """
    t = floating(t, "clip_by_norm")
    over = normal_axes(axes, t.ndim, "clip_by_norm")
    x = wide(t)
    own = root(reduce_sum(square(x), over, keepdims=True))
    clipped = x * clip_norm / maximum(own, clip_norm)
    return cast_to(clipped, t.dtype) if t.dtype.is_half else clipped


def global_norm(t_list: Iterable[Any], name: str | None = None) -> Tensor:
    """The norm of all elements of several tensors as one vector; a None among them has none.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.linalg.global_norm([[3.0], None, [[4.0]]]).numpy()
    np.float32(5.0)
    """
    given = [floating(t, "global_norm") for t in t_list if t is not None]
    if not given:
        return floating(0.0, "global_norm")
    sums = [reduce_sum(square(wide(t))) for t in given]
    return cast_to(root(sum(sums[1:], sums[0])), promote(*(t.dtype for t in given)))


def clip_by_global_norm(
    t_list: Iterable[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """Tensors, all scaled by one factor down to a norm of all of them together, if that is greater;
    and what it was. A None stays as it is. An infinite norm makes all of them NaN.

    Parameters
    ----------
    t_list : iterable of tensor or None
    clip_norm : number
    use_norm : number, optional
        The norm that they have, if it is known.

    Examples
    --------
    >>> import ngrad
    >>> clipped, norm = ngrad.clip_by_global_norm([[3.0], None, [[4.0]]], 1.0)
    >>> clipped[0].numpy(), clipped[1], float(norm)
    (array([0.6], dtype=float32), None, 5.0)
    """
    given = list(t_list)
    norm = global_norm(given) if use_norm is None else floating(use_norm, "clip_by_global_norm")
    factor = clip_norm / maximum(norm, clip_norm) + (norm - norm)
    return [None if t is None else floating(t, "clip_by_global_norm") * factor for t in given], norm
