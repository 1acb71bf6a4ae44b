"""Blocks of elements, as kernels of the CPU that reduce or scan them read them."""

from __future__ import annotations

from ngrad_kernels.body import Body
from ngrad_kernels.codes import size_of, words_for
from ngrad_kernels.contract import BLOCK
from ngrad_kernels.expressions import assignments
from ngrad_kernels.scalars import overlaps
from ngrad_kernels.skeletons import HEADER

# Words of a reduction's facts, before the words of its strided view (if it has one).
FOLD, LENGTH, CHUNKS, WIDTH, FETCH, VIEW = range(6)
SLABS = 2
"""What `FOLD` is where a column's slabs are folded to blocks of rows, which a GPU does."""


def steps(body: Body, indent: str) -> list[str]:
    return [indent + line for line in assignments(body)]


def ended(body: Body, indent: str) -> list[str]:
    """The end of a loop over elements."""
    found = overlaps((step.scalar, step.code) for step in body.steps)
    return [f"{indent}overlapped()"] if found else []


def source(body: Body, start: str, count: str, indent: str, which: object = "") -> list[str]:
    """`s`: the address of `count` elements from `start`, where they lie or packed."""
    code = body.inputs[0]
    return [
        f"{indent}s{which} = table[1] + ({start}) * {size_of(code)}",
        f"{indent}if facts[{FETCH}] != 0:",
        f"{indent}    view = table[0] + {8 * VIEW}",
        f"{indent}    call_pack(facts[{FETCH}], packed{which}, table[1], view, {start}, {count})",
        f"{indent}    s{which} = reload_i8(packed{which}, 0)",
    ]


def block_room(code: str) -> str:
    """Memory for a block of elements."""
    return f"stack_words({words_for(BLOCK, code)})"


def prologue(body: Body, name: str) -> list[str]:
    return [
        f"def {name}(table, lo, hi):",
        "    facts = table_at(table[0])",
        f"    length, chunks = facts[{LENGTH}], facts[{CHUNKS}]",
        *packed(body, BLOCK),
    ]


def packed(body: Body, count: int, which: object = "") -> list[str]:
    """`packed`: memory for so many elements where they must be packed."""
    return [
        f"    packed{which} = stack_words({2 * words_for(count, body.inputs[0]) + HEADER})",
        f"    store_i8(packed{which}, 1, -1)",
    ]


def values(body: Body, indent: str) -> tuple[list[str], str]:
    """The block's values to be reduced: in place where there is nothing to compute, else in
    scratch.
    """
    if not body.steps:
        return [], "s"
    value = body.outputs[0]
    lines = [f"{indent}for i in range(n):", f"{indent}    v0 = load_{body.inputs[0]}(s, i)"]
    lines += steps(body, indent + "    ")
    lines += [f"{indent}    store_{body.code_of(value)}(values, i, v{value})"]
    return lines + ended(body, indent + "    "), "values"
