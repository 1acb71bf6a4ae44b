"""TensorFlow's `print`."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import numpy as np
import optree

from ngrad.nests import flatten
from ngrad.ops.convert import from_outside
from ngrad.tensor import Tensor
from ngrad.tracing import looked_at


class _Shown(str):
    """A text that is shown as it reads in a nest, too."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def print_(
    *inputs: Any, output_stream: Any = None, summarize: int = 3, sep: str = " ", end: str = "\n",
    name: str | None = None,
) -> None:  # fmt: skip
    """Print values, those of tensors in nests too, to the standard error stream; in a `function`,
    after each call.

    Parameters
    ----------
    output_stream : file, optional
    summarize : int
        How many elements are shown at either end of an axis; all if -1.
    sep, end : str
        Between values, and after the last.

    Examples
    --------
    >>> import sys
    >>> import ngrad as tf
    >>> tf.print("x =", tf.constant([1.0, 2.5]), {"n": tf.constant(2)}, output_stream=sys.stdout)
    x = [1 2.5] {'n': 2}
    """
    given: Any = list(inputs)
    found, structure = flatten(given, none_is_leaf=True)

    def show(leaves: list[Any]) -> None:
        texts = optree.tree_unflatten(structure, [_text(leaf, summarize) for leaf in leaves])
        builtins.print(*texts, sep=sep, end=end, file=output_stream or sys.stderr)

    looked_at([from_outside(leaf) for leaf in found], show)


def _text(leaf: Any, summarize: int) -> Any:
    """A leaf as it is shown: of a tensor, the text of its elements."""
    if not isinstance(leaf, Tensor):
        return leaf
    every = summarize < 0
    return _Shown(
        np.array2string(
            np.asarray(leaf),
            threshold=sys.maxsize if every else 2 * summarize,
            edgeitems=None if every else summarize,
            formatter={"float_kind": lambda x: str(x).removesuffix(".0")},
        )
    )
