"""The source text of a body that reduces segments of an axis, for the CPU: elements, or rows, in
order; long segments of floats by blocks.
"""

from __future__ import annotations

from ngrad_kernels.body import Body
from ngrad_kernels.codes import computed, size_of
from ngrad_kernels.contract import LONG, accumulator, identity
from ngrad_kernels.expressions import expression

WITHIN = "first = min(max(first, 0), length - 1)", "last = min(max(last, first), length)"
"""Of an axis is read what there is of it, whatever was written over where its segments begin."""


def segments(body: Body, name: str) -> list[str]:
    """A scalar operation of the elements, or rows, of each segment of an axis, in order. Item: a
    segment, of a batch. The second operand says where they begin.

    Facts: segments, elements of the axis, and of a row.
    """
    code = body.inputs[0]
    size, after = size_of(code), expression(body.reduction or "", ("total", "x"), code, code)
    blocks = _in_blocks(body.reduction or "", code)
    return [
        f"def {name}(table, lo, hi):",
        "    facts = table_at(table[0])",
        "    count, length, width = facts[0], facts[1], facts[2]",
        "    for item in range(lo, hi):",
        "        batch = item // count",
        "        segment = item - batch * count",
        "        first, last = load_i8(table[2], segment), length",
        "        if segment + 1 < count:",
        "            last = load_i8(table[2], segment + 1)",
        *(f"        {line}" for line in WITHIN),
        f"        source = table[1] + (batch * length + first) * width * {size}",
        f"        target = table[3] + item * width * {size}",
        "        if width == 1:",
        *blocks,
        f"            here = {computed(code)}(load_{code}(source, 0))",
        "            for i in range(1, last - first):",
        f"                total, x = here, load_{code}(source, i)",
        f"                here = {after}",
        f"            store_{code}(target, 0, here)",
        "            continue",
        f"        copy_bytes(target, source, width * {size})",
        "        for i in range(1, last - first):",
        f"            near = source + i * width * {size}",
        "            for j in range(width):",
        f"                total, x = reload_{code}(target, j), load_{code}(near, j)",
        f"                store_{code}(target, j, {after})",
    ]


BY_BLOCKS = {"add": "sum", "maximum": "max", "minimum": "min"}
"""Scalar operations of floats, and the reductions that go through a block of them in vectors."""


def _in_blocks(function: str, code: str) -> list[str]:
    """What reduces a long segment of floats by blocks."""
    reduction, kind = BY_BLOCKS.get(function), code[0]
    if reduction is None or code != computed(code) or (reduction != "sum" and kind != "f"):
        return []
    size, wide = size_of(code), accumulator(code) if reduction == "sum" else code
    first_zero = [
        "                if total == 0:  # the first of those of either sign, as one by one",
        "                    b = 0",
        f"                    while load_{code}(source, b) != 0:",
        "                        b += 1",
        f"                    total = load_{code}(source, b)",
    ]
    return [
        f"            if last - first >= {LONG}:",
        f"                total = {identity(reduction, wide)}",
        "                for b in range(0, last - first, BLOCK):",
        "                    n = min(BLOCK, last - first - b)",
        f"                    part = {wide}(block_{reduction}_{code}(source + b * {size}, n))",
        f"                    total = combine_{reduction}(total, part)",
        *(first_zero if reduction != "sum" else []),
        f"                store_{code}(target, 0, {code}(total))",
        "                continue",
    ]
