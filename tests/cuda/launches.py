"""One launch of a kernel that both targets have, with operands: what tests of CUDA's kernels share.

Facts are the same words for both, but for those that are addresses of routines on the CPU.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from composed import Array, dtype_of
from spaces import numbers

from ngrad_kernels import cpu, philox
from ngrad_kernels.body import Body, Step
from ngrad_kernels.codes import size_of
from ngrad_kernels.contract import BLOCK, CHUNK, ROWS, accumulator
from ngrad_kernels.cuda.render import render
from ngrad_kernels.cuda.skeletons import sampler, skeleton, typed
from ngrad_kernels.cuda.source import Source
from ngrad_kernels.intrinsics import COMPUTED
from ngrad_kernels.scalars import SCALARS, supports
from ngrad_kernels.typed import JOINED

CODES = COMPUTED
_draw = random.Random(int(os.environ.get("NGRAD_CUDA_SEED", "0")))
SOME = (
    *("f4", "f8", "b1"),
    *(_draw.choice([code for code in CODES if code[0] == kind]) for kind in "iuc"),
)
"""Dtypes that the simulator, which is slow, is asked about: both floats, and one of each other
kind. PTX is made of all.
"""
SAMPLERS = (
    *(("bits", code) for code in ("u4", "u8")),
    *(
        (name, code)
        for name in ("uniform", "normal", "truncated_normal", "gamma")
        for code in ("f4", "f8")
    ),
    *(("integers", "i4"), ("integers", "i8"), ("categorical", "i8")),
    *(("poisson", "f8"), ("binomial", "f8")),
)


@dataclass(frozen=True)
class Launch:
    """A kernel of each target, and what both are launched with.

    `operands` are inputs and then results, the last `results` of them; `routines` says which words
    of the facts are addresses on the CPU. `kernel` is the CPU's, by address.
    """

    what: str
    source: Source
    kernel: int
    n: int
    operands: tuple[Array, ...]
    results: int = 1
    facts: tuple[int, ...] = ()
    routines: tuple[int, ...] = ()
    grain: int = CHUNK


def words_of(x: Array) -> tuple[int, ...]:
    """The words of a strided view."""
    pairs = [word for n, step in zip(x.shape, x.strides, strict=True) for word in (n, step)]
    return (x.itemsize, x.ndim, *pairs)


# -- maps ------------------------------------------------------------------------------------------


def bodies(scalar: str, codes: Sequence[str] = CODES) -> Iterator[Body]:
    """A map for each dtype that a scalar takes; of complex64 unless it is complex128's, rounded."""
    for code in codes:
        row = SCALARS[scalar]
        if supports(scalar, code) and not (code == "c8" and row.cost > 1):
            text = row.expression(code[0]) or ""
            count = 1 + ("{1}" in text) + ("{2}" in text)
            step = Step(scalar, tuple(range(count)), row.result_of(code))
            yield Body("map", (code,) * count, (step,), (count,))


def together(code: str) -> Iterator[Body]:
    """All scalars that a dtype takes in few maps: the long ones each in its own."""
    short = []
    for scalar, row in SCALARS.items():
        for body in (body for body in bodies(scalar) if body.inputs[0] == code):
            if row.cost > 1:
                yield body
            else:
                short.append(body.steps[0])
    for first in range(0, len(short), 8):
        steps = tuple(short[first : first + 8])
        yield Body("map", (code, code), steps, tuple(range(2, 2 + len(steps))))


def conversions(code: str, codes: Sequence[str] = CODES) -> Iterator[Body]:
    """Casts from a dtype to others, several in a map, and a choice."""
    others = [other for other in codes if other != code]
    for first in range(0, len(others), 6):
        steps = tuple(Step("cast", (0,), other) for other in others[first : first + 6])
        yield Body("map", (code,), steps, tuple(range(1, 1 + len(steps))))
    yield Body("map", ("b1", code, code), (Step("where", (0, 1, 2), code),), (3,))


def halves(code: str) -> list[Body]:
    """Maps of floats of two bytes: a few ops with each result rounded, and conversions."""
    names = ("add", "divide", "exp", "nextafter", "maximum")
    steps = [Step(name, (0, 1) if name != "exp" else (0,), code) for name in names]
    steps += [Step("multiply", (2, 3), code), Step("less", (4, 0), "b1")]
    outputs = tuple(range(2, 2 + len(steps)))
    others = tuple(c for c in ("f4", "f8", "i4", "b1", "c8", "f2", "f2b") if c != code)
    count = len(others)
    there = tuple(Step("cast", (0,), other) for other in others)
    back = tuple(Step("cast", (k,), code) for k in range(count))
    return [
        Body("map", (code, code), tuple(steps), outputs),
        Body("map", (code,), there, tuple(range(1, 1 + count))),
        Body("map", others, back, tuple(range(count, 2 * count))),
        Body("map", (code, code), (Step("hypot", (0, 1), code),), (2,)),
    ]


def contiguous(body: Body, n: int, rng: np.random.Generator) -> Launch:
    operands = [numbers(rng, code, (n,), True) for code in body.inputs]
    outs = [np.empty(n, dtype_of(body.code_of(value))) for value in body.outputs]
    kernel = cpu.kernel_of(body)
    return Launch(body.text(), render(body), kernel, n, (*operands, *outs), len(outs))


def strided(body: Body, rows: int, length: int, rng: np.random.Generator) -> Launch:
    """Operands are in turn a transpose, a broadcast row, one element, and contiguous."""
    operands, head, words = [], [], []
    start = 5 + 2 * len(body.inputs)
    for k, code in enumerate(body.inputs):
        shapes = ((length, rows), (length,), (1,), (rows, length))
        x = numbers(rng, code, shapes[k % 4], True)
        view = np.broadcast_to(x.T if k % 4 == 0 else x, (rows, length))
        operands.append(view)
        if k % 4 == 3:
            head += [0, x.itemsize]
            continue
        head += [start + len(words), int(k % 4 == 2)]
        words += words_of(view)
    kind = dtype_of(body.code_of(body.outputs[0]))
    count = len(body.inputs)
    facts = (cpu.kernel_of(body), count, count + 1, kind.itemsize, 0, *head, *words)
    driver, out = cpu.skeleton("strided_map"), np.empty((rows, length), kind)
    return Launch(
        f"views of {body.text()}", render(body, True), driver, out.size, (*operands, out), 1, facts,
        (0,),
    )  # fmt: skip


# -- reductions ------------------------------------------------------------------------------------


def reducing(
    form: Any, reduction: str, code: str, shape: tuple[int, int, int], views: bool,
    rng: np.random.Generator, steps: tuple[Step, ...] = (),
) -> list[Launch]:  # fmt: skip
    """The launches of a reduction of (outer, length, width): the first, and, if it leaves partial
    results, one that folds these. `width` is 1 but for columns.
    """
    outer, length, width = shape
    result = "i8" if form == "arg" else code
    body = Body(form, (code,), steps, (len(steps),), reduction, result)
    step = ROWS if form == "columns" else CHUNK
    chunks = max(1, -(-length // step))
    tiles = -(-width // BLOCK)
    count = outer * chunks * width
    wide = code if form == "arg" else accumulator(code)
    whole = numbers(rng, code, (outer, width, length), True)
    x = whole.transpose(0, 2, 1)
    if not views:
        x = np.ascontiguousarray(x)
    facts = [0, length, chunks, width, 0]
    nbytes = count * size_of(wide)
    if form == "arg":
        facts[3] = nbytes = -(-nbytes // 8) * 8
        nbytes += 8 * count
    if views:
        facts[4] = cpu.skeleton("fetch")
        facts += words_of(x)
    kernel, source = cpu.kernel_of(body), render(body, views)
    out = np.zeros((outer, width), dtype_of(result))
    partial: Array = np.zeros(nbytes, np.uint8)
    if form != "arg":
        partial = partial.view(dtype_of(wide))  # in which any NaN is another's equal
    what = f"{body.text()} of {shape}" + " in a view" * views
    operands: tuple[Array, ...] = (x, out, partial) if chunks > 1 else (x, out)
    first = Launch(what, source, kernel, outer * chunks * tiles, operands, 2 if chunks > 1 else 1,
                   tuple(facts), (4,), 1)  # fmt: skip
    if chunks == 1:
        return [first]
    rest = numbers(rng, wide, (count,), True).view(np.uint8)
    rest = np.concatenate([rest, np.zeros(nbytes - rest.size, np.uint8)])
    if form == "arg":
        rest[facts[3] :].view(np.int64)[:] = np.arange(count)
    fold = Launch(f"fold of {what}", source, kernel, outer * width, (x, out, rest), 1,
                  (1, *facts[1:]), (4,))  # fmt: skip
    return [first, fold]


def scanning(
    reduction: str, code: str, rows: int, length: int, views: bool, rng: np.random.Generator
) -> Launch:
    codes = (code, *{"linear": (code,), "hypot": ("b1",)}.get(reduction, ()))
    body = Body("scan", codes, (), (0,), reduction, code)
    inputs = [numbers(rng, one, (length, rows), True).T for one in codes]
    if not views:
        inputs = [np.ascontiguousarray(x) for x in inputs]
    fetch = cpu.skeleton("fetch") if views else 0
    facts = (0, length, 1, 1, fetch, *(words_of(inputs[0]) if views else ()))
    out = np.empty((rows, length), dtype_of(code))
    return Launch(
        body.text() + " in a view" * views, render(body, views), cpu.kernel_of(body), rows,
        (*inputs, out), 1, facts, (4,), 1,
    )  # fmt: skip


def segments(reduction: str, code: str, width: int, rng: np.random.Generator) -> Launch:
    """Of fewer elements than are added in blocks."""
    body = Body("segments", (code, "i8"), (), (0,), reduction, code)
    x, starts = numbers(rng, code, (3, 20, width), True), np.array([0, 1, 2, 13])
    out = np.empty((3, 4, width), dtype_of(code))
    return Launch(body.text(), render(body), cpu.kernel_of(body), 12, (x, starts, out), 1,
                  (4, 20, width), grain=1)  # fmt: skip


# -- kernels that are no body's --------------------------------------------------------------------


def copies(code: str, rng: np.random.Generator) -> Iterator[Launch]:
    x = numbers(rng, code, (5, 7, 3), True).transpose(2, 0, 1)[::-1]
    out = np.zeros((7, 3, 10), x.dtype).transpose(1, 2, 0)[:, ::2]
    words = words_of(x)
    facts = (2, 2 + len(words), *words, *words_of(out))
    kernel = cpu.skeleton("place")
    yield Launch(f"place {code}", skeleton("place"), kernel, x.size, (x, out), facts=facts)
    for name, one, shape, size in (("pack", "b1", 88, 11), ("unpack", "u1", 11, 88)):
        x, out, name = numbers(rng, one, (shape,), True), np.empty(size, np.uint8), f"{name}_bits"
        facts = (0x0102040810204080,)
        yield Launch(name, skeleton(name), cpu.skeleton(name), 11, (x, out), facts=facts)
    item, out = numbers(rng, code, (1,), False), np.empty(67, x.dtype)
    kernel, facts = cpu.skeleton("fill"), (x.itemsize,)
    yield Launch(f"fill {code}", skeleton("fill"), kernel, out.size, (item, out), facts=facts)


def gathers(code: str, rng: np.random.Generator) -> Iterator[Launch]:
    for sharing, width in ((1, 3), (4, 1), (2, 70)):
        batch, rows, count = 4, 5, 37 if width < 32 else 11
        x = numbers(rng, code, (batch, rows, width), True)
        index = rng.integers(-rows, rows, (batch // sharing, count))
        out = np.empty((batch, count, width), x.dtype)
        facts = (rows, count, width * x.itemsize, sharing)
        kernel, n = cpu.skeleton("take"), batch * count
        yield Launch(f"take {code}", skeleton("take"), kernel, n, (x, index, out), facts=facts)
        if code == "b1":
            continue
        g = numbers(rng, code, (batch, count, width), True)
        facts = (rows, count, width, sharing, 2, 1)
        for how in JOINED if code[0] != "c" else ("add",):
            total = numbers(rng, code, (batch, rows, width), True)
            source, kernel = typed(f"scatter_{how}", code), cpu.typed(f"scatter_{how}", code)
            yield Launch(f"scatter_{how} {code}", source, kernel, 2 * batch, (g, index, total),
                         facts=facts, grain=1)  # fmt: skip


def searches(code: str, rng: np.random.Generator) -> Iterator[Launch]:
    for right in (0, 1):
        x, values = np.sort(numbers(rng, code, (2, 37), True)), numbers(rng, code, (2, 20), True)
        values[:, ::3] = x[:, :7]
        source, kernel, out = (
            typed("search", code),
            cpu.typed("search", code),
            np.empty((2, 20), int),
        )
        yield Launch(f"search {code}", source, kernel, 40, (x, values, out), facts=(37, 20, right))


def lines(code: str, rng: np.random.Generator) -> Iterator[Launch]:
    if code[0] != "f":
        return
    for count in (9, 2, 1):
        places = np.sort(numbers(rng, code, (2, count), False))
        values = numbers(rng, code, (2, count), False)
        x = numbers(rng, code, (2, 20), True)
        x[:, :1] = places[:, :1]
        source, kernel = typed("interp", code), cpu.typed("interp", code)
        facts = (count, max(count - 2, 0), 20)
        yield Launch(f"interp {code}", source, kernel, 40, (x, places, values, np.empty_like(x)),
                     facts=facts)  # fmt: skip


def slides(code: str, rng: np.random.Generator) -> Iterator[Launch]:
    if code == "b1":
        return
    ones, twos, threes = (1, 1, 1), (1, 1, 2), (1, 1, 3)
    for extents, counts, sizes, places, width, shared, part in (
        ((1, 1, 7), (1, 1, 9), (1, 1, 3), (ones, ones, ones, (0, 0, 2)), 1, False, 8),
        ((1, 1, 40), (1, 1, 3), (1, 1, 38), (ones, ones, ones, (0, 0, -1)), 2, True, 64),
        ((1, 1, 40), (1, 1, 3), (1, 1, 38), (ones, ones, ones, (0, 0, -1)), 2, True, 16),
        ((2, 4, 5), (2, 2, 3), (1, 2, 3), ((1, 2, 2), (1, 1, 2), ones, (0, 1, 1)), 3, True, 2),
        ((1, 3, 4), (1, 5, 7), (1, 3, 2), (ones, ones, (1, 2, 3), (0, 1, 2)), 18, True, 8),
        ((1, 1, 9), (1, 1, 4), (1, 1, 34), (threes, twos, twos, (0, 0, 5)), 17, False, 8),
    ):
        parts = -(-sizes[2] // part)
        x = numbers(rng, code, (2, *extents, width), True)
        w = numbers(rng, code, (1 if shared else 2, *sizes, width), True)
        steps, gaps, holes, leads = places
        common = [(move, math.gcd(move, holes[2])) for move in (steps[2], gaps[2])]
        turns = [n for move, most in common for n in (holes[2] // most, move // most)]
        each = 0 if shared else w.size // 2
        head = (*extents, *counts, *sizes, *steps, *gaps, *holes, *leads)
        facts = (*head, width, each, *turns, 2, part)
        out = np.empty((parts, 2, *counts, width), x.dtype)
        source, kernel = typed("slide", code), cpu.typed("slide", code)
        yield Launch(f"slide {code}", source, kernel, out.size // width, (x, w, out), facts=facts)


def folds(code: str, rng: np.random.Generator) -> Iterator[Launch]:
    if code == "b1":
        return
    extents, counts, sizes = (2, 5, 6), (1, 2, 2), (2, 2, 3)
    how = (*extents, *counts, *sizes, 1, 1, 2, 1, 3, 1, 3)
    source, kernel = typed("fold", code), cpu.typed("fold", code)
    for elements_first in (False, True):
        shape = (*sizes, 2, *counts, 3) if elements_first else (2, *counts, *sizes, 3)
        g = numbers(rng, code, shape, True)
        lies = np.moveaxis(g, (0, 1, 2), (4, 5, 6)) if elements_first else g
        out = np.empty((2, *extents, 3), g.dtype)
        facts = (*how, *lies.strides[:-1])
        yield Launch(f"fold {code}", source, kernel, out.size // 3, (g, out), facts=facts)


def pools(code: str, rng: np.random.Generator) -> Iterator[Launch]:
    """Windows that overlap, that lie apart, and that begin before an axis."""
    if code[0] in "bc":
        return
    for sizes, steps, leads in (
        ((1, 3, 2), (1, 2, 1), (0, 1, 0)),
        ((2, 2, 3), (2, 3, 3), (0, 0, 1)),
    ):
        extents, counts = (2, 5, 6), (2, 2, 2)
        words = [*extents, *counts, *sizes, *steps, *leads]
        for width in (1, 20):
            x = numbers(rng, code, (2, *extents, width), True)
            h = numbers(rng, code, x.shape, True)
            y = x[:, :, :2, 1:3].copy()
            g = numbers(rng, code, y.shape, True)
            given: dict[str, tuple[Array, ...]] = {
                "pool_max": (x,), "pool_mean": (x,), "pool_ties": (y, x), "pool_hits": (h, y, x),
                "unpool_mean": (g,), "unpool_hits": (g, y, x),
            }  # fmt: skip
            least = -(1 << (52 if code == "f8" else 23)) if code[0] == "f" else np.iinfo(code).min
            facts = (*words, width, least)
            for name in given if code[0] == "f" else ("pool_max",):
                source, kernel = typed(name, code), cpu.typed(name, code)
                out = np.empty_like(x if name.startswith("un") else y)
                operands = (*given[name], out)
                yield Launch(f"{name} {code}", source, kernel, out.size // width, operands,
                             facts=facts)  # fmt: skip


def drawing(name: str, code: str, n: int, rng: np.random.Generator) -> Launch:
    words = rng.integers(0, 2**63, 4, np.uint64)
    if name == "integers":
        words[2] = 3 << (4 * size_of(code) - 1)  # many words are rejected
    state = words[: 4 if name == "integers" else 2]
    more: list[Array] = []
    facts: tuple[int, ...] = ()
    if name == "gamma":
        more = [np.array([0.3, 1.0, 7.5, 0.0, np.inf, np.nan], code)]
        facts = (more[0].size,)
    elif name == "poisson":
        more = [np.array([0.3, 9.5, 20.0, 0.0, np.inf, np.nan])]
        facts = (more[0].size,)
    elif name == "binomial":
        more = [np.array([5.0, 50.0, 50.0, 0.0, -1.0]), np.array([0.3, 0.4, 0.9, 0.5, 0.5])]
        facts = (more[0].size,)
    elif name == "categorical":
        more = [np.cumsum(rng.random((-(-n // 5), 4)), axis=1)]
        facts = (4, 5)
    kernel, out = philox.kernel_of(name, code), np.empty(n, code)
    return Launch(f"{name} {code}", sampler(name, code), kernel, n, (state, *more, out),
                  facts=facts)  # fmt: skip
