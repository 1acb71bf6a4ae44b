"""Hermitian matrices, of which a function may read one triangle."""

from __future__ import annotations

from typing import Any

from ngrad.graph.op import Op
from ngrad.ops.identity import prepare_view
from ngrad.ops.linalg import hermitian
from ngrad.record import apply

OF_HERMITIAN = Op(
    "of_hermitian", lambda x: x, lambda inputs, out: prepare_view(0, inputs[0]), family="engine"
)
OF_HERMITIAN.view = True
OF_HERMITIAN.batch(lambda size, batched, x: apply(OF_HERMITIAN, (x,)))


@OF_HERMITIAN.vjp
def _(g: Any, out: Any, x: Any) -> Any:
    return (hermitian(g),)


def of_hermitian(x: Any) -> Any:
    """x, whose gradient is that of Hermitian matrices, and one of them, as Cholesky's is."""
    return apply(OF_HERMITIAN, (x,))
