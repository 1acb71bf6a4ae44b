"""Sums of products of a row and weights that slide along it: correlations and convolutions."""

from __future__ import annotations

from typing import Any

from ngrad.errors import DTypeError
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.program import OUT, Launch, Program
from ngrad.ops.launching import dense_operands
from ngrad.ops.shape import reshape, spread
from ngrad.ops.slicing import reverse
from ngrad.record import apply
from ngrad_kernels.contract import CHUNK

TILE = 512
"""Outputs of an item: few enough to stay in a cache while the weights go over them."""


def _infer(x: Layout, w: Layout, lead: int, count: int) -> Layout:
    """x: (batch, n), w: (batch, m)."""
    if x.dtype.is_bool:
        raise DTypeError("slide: does not take bool; convert with ngrad.cast")
    return layout(x.dtype, (x.shape[0], count))


def _prepare(inputs: tuple[Layout, ...], out: Layout, lead: int, count: int) -> Any:
    x, w = inputs
    if out.size == 0:
        return Program(), out
    batch, n = x.shape
    m, tiles = w.shape[1], (count + TILE - 1) // TILE
    target = out.device.target
    facts, held = target.facts([n, m, count, lead, tiles, TILE])
    grain = max(1, CHUNK // (max(1, m) * min(count, TILE)))
    read = dense_operands([*enumerate(inputs)])
    operands = (*read.operands, (OUT, 0))
    launch = Launch(target.typed("slide", x.dtype.code), facts, batch * tiles, grain, operands)
    return read.then(launch, keep=(held,)), out


SLIDE = Op("slide", _infer, _prepare, ("lead", "count"), family="reduction", widens=True)
"""out[b, i] is the sum over k of x[b, i + k - lead] * w[b, k], where x has such an element; of
`count` outputs. Either derivative slides, too: g along the weights turned round, and along x.
"""


@SLIDE.vjp
def _(g: Any, out: Any, x: Any, w: Any, lead: Any, count: Any) -> Any:
    n, m = x._layout.shape[1], w._layout.shape[1]
    for_x = apply(SLIDE, (g, reverse(w, -1)), (m - 1 - lead, n))
    return for_x, apply(SLIDE, (x, g), (lead, m))


@SLIDE.batch
def _(size: int, batched: Any, x: Any, w: Any, **params: Any) -> Any:
    whole = [z if many else spread(z, size) for z, many in zip((x, w), batched, strict=True)]
    rows = [reshape(z, (size * z._layout.shape[1], z._layout.shape[2])) for z in whole]
    found = apply(SLIDE, tuple(rows), tuple(params.values()))
    return reshape(found, (size, whole[0]._layout.shape[1], found._layout.shape[1]))
