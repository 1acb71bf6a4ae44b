"""What each op computes, in plain NumPy: the oracle of its kernels, fused or not.

A reference is a function of arrays, with the op's params as keywords. It may give float64 where the
op gives float32: whoever calls it rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.graph.reference.draws import DRAWS
from ngrad.graph.reference.elementwise import ELEMENTWISE
from ngrad.graph.reference.folds import FOLDS
from ngrad.graph.reference.fused import fused, together
from ngrad.graph.reference.matrices import MATRICES
from ngrad.graph.reference.moves import MOVES
from ngrad.graph.reference.pools import POOLS
from ngrad.graph.reference.special import SPECIAL

REFERENCES: dict[str, Callable[..., Any]] = {
    **ELEMENTWISE,
    **MOVES,
    **FOLDS,
    **MATRICES,
    **DRAWS,
    **SPECIAL,
    **POOLS,
    "fused": fused,
    "together": together,
}
"""By name of the op."""
