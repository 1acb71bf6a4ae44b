"""`Body` to source text, for the CPU.

One skeleton a form. Each kernel has the signature `kernel(table, lo, hi)`: `table[0]` is the
address of the launch's run-time facts (sizes, strides: never part of the source), `table[1:]` the
operands' addresses. Loops index from zero, with the offset in the address: an unknown start would
bring in negative-index handling and stop the vectoriser.
"""

from __future__ import annotations

from ngrad_kernels.body import Body
from ngrad_kernels.codes import computed, size_of, words_for
from ngrad_kernels.contract import (
    BESIDE,
    BLOCK,
    FOLDED,
    SEVERAL,
    accumulator,
    identity,
    started,
)
from ngrad_kernels.expressions import assignments, expression
from ngrad_kernels.render_segments import segments
from ngrad_kernels.scalars import SCALARS, overlaps
from ngrad_kernels.skeletons import HEADER

# Words of a reduction's facts, before the words of its strided view (if it has one).
FOLD, LENGTH, CHUNKS, WIDTH, FETCH, VIEW = range(6)
SLABS = 2
"""What `FOLD` is where a column's slabs are folded to blocks of rows, which a GPU does."""


def _steps(body: Body, indent: str) -> list[str]:
    return [indent + line for line in assignments(body)]


def _ended(body: Body, indent: str) -> list[str]:
    """The end of a loop over elements."""
    found = overlaps((step.scalar, step.code) for step in body.steps)
    return [f"{indent}overlapped()"] if found else []


def _map(body: Body, name: str) -> list[str]:
    """Elementwise over contiguous operands; strided ones are packed by the caller, a block at a
    time.
    """
    lines = [f"def {name}(table, lo, hi):"]
    codes = [*body.inputs, *(body.code_of(k) for k in body.outputs)]
    lines += [f"    p{k} = table[{k + 1}] + lo * {size_of(code)}" for k, code in enumerate(codes)]
    lines += ["    for i in range(hi - lo):"]
    lines += [f"        v{k} = load_{code}(p{k}, i)" for k, code in enumerate(body.inputs)]
    lines += _steps(body, " " * 8)
    for k, value in enumerate(body.outputs):
        code = body.code_of(value)
        lines.append(f"        store_{code}(p{len(body.inputs) + k}, i, v{value})")
    return lines + _ended(body, " " * 8)


def _source(body: Body, start: str, count: str, indent: str, which: object = "") -> list[str]:
    """`s`: the address of `count` elements from `start`, where they lie or packed."""
    code = body.inputs[0]
    return [
        f"{indent}s{which} = table[1] + ({start}) * {size_of(code)}",
        f"{indent}if facts[{FETCH}] != 0:",
        f"{indent}    view = table[0] + {8 * VIEW}",
        f"{indent}    call_pack(facts[{FETCH}], packed{which}, table[1], view, {start}, {count})",
        f"{indent}    s{which} = reload_i8(packed{which}, 0)",
    ]


def _block(code: str) -> str:
    """Memory for a block of elements."""
    return f"stack_words({words_for(BLOCK, code)})"


def _prologue(body: Body, name: str) -> list[str]:
    return [
        f"def {name}(table, lo, hi):",
        "    facts = table_at(table[0])",
        f"    length, chunks = facts[{LENGTH}], facts[{CHUNKS}]",
        *_packed(body, BLOCK),
    ]


def _packed(body: Body, count: int, which: object = "") -> list[str]:
    """`packed`: memory for so many elements where they must be packed."""
    return [
        f"    packed{which} = stack_words({2 * words_for(count, body.inputs[0]) + HEADER})",
        f"    store_i8(packed{which}, 1, -1)",
    ]


def _values(body: Body, indent: str) -> tuple[list[str], str]:
    """The block's values to be reduced: in place where there is nothing to compute, else in
    scratch.
    """
    if not body.steps:
        return [], "s"
    value = body.outputs[0]
    lines = [f"{indent}for i in range(n):", f"{indent}    v0 = load_{body.inputs[0]}(s, i)"]
    lines += _steps(body, indent + "    ")
    lines += [f"{indent}    store_{body.code_of(value)}(values, i, v{value})"]
    return lines + _ended(body, indent + "    "), "values"


def _rows(body: Body, name: str) -> list[str]:
    """Each row's elements to one: blocks into chunks, chunks (partial results, when there are
    several) into stretches.
    """
    reduced = body.code_of(body.outputs[0])
    wide, start = accumulator(reduced), identity(body.reduction or "", accumulator(reduced))
    compute, where = _values(body, " " * 12)
    read = f"{wide}(reload_{reduced}(results, k))"
    # Truth values beyond the one that decides change nothing.
    decided = [f"            if total != {start}:", "                break"]
    return [
        *_prologue(body, name),
        f"    values = {_block(reduced)}" if body.steps else "",
        f"    if facts[{FOLD}] != 0:",
        "        for row in range(lo, hi):",
        f"            total = {start}",
        f"            for first in range(0, chunks, {FOLDED}):",
        f"                stretch = {start}",
        f"                for c in range(first, min(chunks, first + {FOLDED})):",
        f"                    part = load_{wide}(table[3], row * chunks + c)",
        f"                    stretch = combine_{body.reduction}(stretch, part)",
        f"                total = combine_{body.reduction}(total, stretch)",
        f"            store_{body.result}(table[2], row, {body.result}(total))",
        "        return",
        "    if 0 < length <= TOGETHER:",  # as many rows at a time as a block holds
        f"        results = stack_words({words_for(SEVERAL, reduced)})",
        "        step = min(SEVERAL, BLOCK // length)",
        "        for item in range(lo, hi, step):",
        "            count = min(step, hi - item)",
        "            n = count * length",
        *_source(body, "item * length", "n", " " * 12),
        *compute,
        f"            rows_{body.reduction}_{reduced}({where}, count, length, results)",
        "            for k in range(count):",
        f"                part = {started(body.reduction or '', wide, read)}",
        f"                store_{body.result}(table[2], item + k, {body.result}(part))",
        "        return",
        "    for item in range(lo, hi):",
        "        row = item // chunks",
        "        first = (item - row * chunks) * CHUNK",
        "        last = min(length, first + CHUNK)",
        f"        total = {start}",
        "        for b in range(first, last, BLOCK):",
        "            n = min(BLOCK, last - b)",
        *_source(body, "row * length + b", "n", " " * 12),
        *compute,
        f"            part = {wide}(block_{body.reduction}_{reduced}({where}, n))",
        f"            total = combine_{body.reduction}(total, part)",
        *(decided if wide == "b1" else []),
        "        if chunks == 1:",
        f"            store_{body.result}(table[2], item, {body.result}(total))",
        "        else:",
        f"            store_{wide}(table[3], item, total)",
    ]


def _columns(body: Body, name: str) -> list[str]:
    """(outer, length, width) to (outer, width): rows are combined in slabs, and these added to a
    tile of accumulators; both wait in L1.
    """
    reduced = body.code_of(body.outputs[0])
    wide, start = accumulator(reduced), identity(body.reduction or "", accumulator(reduced))
    value = body.outputs[0]
    compute, where = _values(body, " " * 16)
    return [
        *_prologue(body, name),
        f"    width = facts[{WIDTH}]",
        "    tiles = (width + BLOCK - 1) // BLOCK",
        f"    totals = {_block(wide)}",
        f"    sums = {_block(reduced)}",
        f"    if facts[{FOLD}] != 0:",
        "        for item in range(lo, hi):",
        "            outer = item // width",
        f"            total = {start}",
        "            for c in range(chunks):",
        "                at = (outer * chunks + c) * width + (item - outer * width)",
        f"                total = combine_{body.reduction}(total, load_{wide}(table[3], at))",
        f"            store_{body.result}(table[2], item, {body.result}(total))",
        "        return",
        "    if 0 < SLAB * width <= BLOCK:",  # as many slabs at a time as a block holds
        f"        values = {_block(reduced)}" if body.steps else "",
        "        step = BLOCK // (SLAB * width) * SLAB",
        "        for item in range(lo, hi):",
        "            outer = item // chunks",
        "            first = (item - outer * chunks) * ROWS",
        "            last = min(length, first + ROWS)",
        "            for j in range(width):",
        f"                store_{wide}(totals, j, {start})",
        "            for row in range(first, last, step):",
        "                count = min(step, last - row)",
        "                n = count * width",
        *_source(body, "(outer * length + row) * width", "n", " " * 16),
        *compute,
        f"                columns_{body.reduction}_{reduced}({where}, count, width, sums)",
        "                for k in range(0, (count + SLAB - 1) // SLAB * width, width):",
        *_slab_of_columns(body, "k + j", "width", " " * 20),
        *_result_of_columns(body, "item * width", "width", " " * 12),
        "        return",
        "    for item in range(lo, hi):",
        "        rest = item // tiles",
        "        column = (item - rest * tiles) * BLOCK",
        "        n = min(BLOCK, width - column)",
        "        outer = rest // chunks",
        "        first = (rest - outer * chunks) * ROWS",
        "        last = min(length, first + ROWS)",
        "        for j in range(n):",
        f"            store_{wide}(totals, j, {start})",
        "        for slab in range(first, last, SLAB):",
        "            for j in range(n):",
        f"                store_{reduced}(sums, j, {identity(body.reduction or '', reduced)})",
        "            for row in range(slab, min(last, slab + SLAB)):",
        *_source(body, "(outer * length + row) * width + column", "n", " " * 16),
        "                for j in range(n):",
        f"                    v0 = load_{body.inputs[0]}(s, j)",
        *_steps(body, " " * 20),
        f"                    part = combine_{body.reduction}(reload_{reduced}(sums, j), v{value})",
        f"                    store_{reduced}(sums, j, part)",
        *_slab_of_columns(body, "j", "n", " " * 12),
        *_result_of_columns(body, "rest * width + column", "n", " " * 8),
    ]


def _slab_of_columns(body: Body, place: str, count: str, indent: str) -> list[str]:
    """What a slab gave to so many columns into their totals."""
    reduced = body.code_of(body.outputs[0])
    wide = accumulator(reduced)
    return [
        f"{indent}for j in range({count}):",
        f"{indent}    part = {wide}(reload_{reduced}(sums, {place}))",
        f"{indent}    total = combine_{body.reduction}(reload_{wide}(totals, j), part)",
        f"{indent}    store_{wide}(totals, j, total)",
    ]


def _result_of_columns(body: Body, place: str, count: str, indent: str) -> list[str]:
    """The totals of so many columns to where they belong, as results or as partial ones."""
    wide = accumulator(body.code_of(body.outputs[0]))
    return [
        f"{indent}if chunks == 1:",
        f"{indent}    for j in range({count}):",
        f"{indent}        total = {body.result}(reload_{wide}(totals, j))",
        f"{indent}        store_{body.result}(table[2], {place} + j, total)",
        f"{indent}else:",
        f"{indent}    partial = table[3] + ({place}) * {size_of(wide)}",
        f"{indent}    copy_bytes(partial, totals, {count} * {size_of(wide)})",
    ]


def _arg(body: Body, name: str) -> list[str]:
    """The first position of each row's extreme; a NaN counts as the extreme, as in NumPy."""
    code = body.inputs[0]
    better = f"better_{body.reduction}"
    # Partial results: the values, then (from facts[WIDTH] bytes on) the positions.
    return [
        *_prologue(body, name),
        f"    if facts[{FOLD}] != 0:",
        "        for row in range(lo, hi):",
        f"            best = load_{code}(table[3], row * chunks)",
        "            at = row * chunks",
        "            for c in range(row * chunks + 1, (row + 1) * chunks):",
        f"                other = load_{code}(table[3], c)",
        f"                if {better}(other, best):",
        "                    best = other",
        "                    at = c",
        f"            store_i8(table[2], row, load_i8(table[3] + facts[{WIDTH}], at))",
        "        return",
        "    for item in range(lo, hi):",
        "        row = item // chunks",
        "        first = (item - row * chunks) * CHUNK",
        "        last = min(length, first + CHUNK)",
        f"        best = {identity(body.reduction or '', code)}",
        "        where = -1",
        "        for b in range(first, last, BLOCK):",
        "            n = min(BLOCK, last - b)",
        *_source(body, "row * length + b", "n", " " * 12),
        f"            candidate = block_{body.reduction}_{code}(s, n)",
        f"            if where < 0 or {better}(candidate, best):",
        "                best = candidate",
        "                i = 0",
        f"                while not same(load_{code}(s, i), best):",
        "                    i += 1",
        "                where = b + i",
        "        if chunks == 1:",
        "            store_i8(table[2], item, where)",
        "        else:",
        f"            store_{code}(table[3], item, best)",
        f"            store_i8(table[3] + facts[{WIDTH}], item, where)",
    ]


def _scan(body: Body, name: str) -> list[str]:
    """Running results along each row, in order, folded in the accumulator's dtype.

    What comes next in a row waits for what came before: so a few rows are gone along at a time.
    """
    if body.reduction == "linear":
        return _linear(body, name)
    if body.reduction in SCALARS:
        return _applied(body, name)
    return [
        f"def {name}(table, lo, hi):",
        "    facts = table_at(table[0])",
        f"    length = facts[{LENGTH}]",
        *[line for k in range(BESIDE) for line in _packed(body, BLOCK // BESIDE, k)],
        f"    rest = hi - (hi - lo) % {BESIDE}",
        *_scanned(body, "lo", "rest", BESIDE),
        *_scanned(body, "rest", "hi", 1),
    ]


def _scanned(body: Body, first: str, last: str, beside: int) -> list[str]:
    """So many rows at a time, from the first to before the last."""
    code, result = body.inputs[0], body.result
    wide, most = accumulator(code), BLOCK // BESIDE
    lines = [f"    for row in range({first}, {last}, {beside}):"]
    for k in range(beside):
        lines += [f"        total{k} = {identity(body.reduction or '', wide)}"]
    lines += [
        f"        for b in range(0, length, {most}):",
        f"            n = min({most}, length - b)",
    ]
    for k in range(beside):
        start = f"(row + {k}) * length + b"
        lines += _source(body, start, "n", " " * 12, k)
        lines += [f"            to{k} = table[2] + ({start}) * {size_of(result or '')}"]
    lines += ["            for i in range(n):"]
    for k in range(beside):
        total = f"combine_{body.reduction}(total{k}, {wide}(load_{code}(s{k}, i)))"
        lines += [
            f"                total{k} = {total}",
            f"                store_{result}(to{k}, i, {result}(total{k}))",
        ]
    return lines


def _linear(body: Body, name: str) -> list[str]:
    """h[i] = b[i] + a[i] * h[i - 1] along each row of two contiguous operands."""
    return [
        f"def {name}(table, lo, hi):",
        f"    length = table_at(table[0])[{LENGTH}]",
        f"    rest = hi - (hi - lo) % {BESIDE}",
        *_recurrent(body, "lo", "rest", BESIDE),
        *_recurrent(body, "rest", "hi", 1),
    ]


def _recurrent(body: Body, first: str, last: str, beside: int) -> list[str]:
    """So many rows at a time, from the first to before the last."""
    code = body.result
    wide = accumulator(code or "")
    lines = [f"    for row in range({first}, {last}, {beside}):"]
    for k in range(beside):
        lines += [
            f"        total{k} = {wide}(0)",
            f"        at{k} = (row + {k}) * length * {size_of(code or '')}",
            f"        a{k}, b{k}, h{k} = table[1] + at{k}, table[2] + at{k}, table[3] + at{k}",
        ]
    lines += ["        for i in range(length):"]
    for k in range(beside):
        lines += [
            f"            product = product_{wide}({wide}(load_{code}(a{k}, i)), total{k})",
            f"            total{k} = {wide}(load_{code}(b{k}, i)) + product",
            f"            store_{code}(h{k}, i, {code}(total{k}))",
        ]
    return lines


def _applied(body: Body, name: str) -> list[str]:
    """A scalar operation of what came before and each element, along each row of contiguous
    operands; it begins anew with an element where the second operand says so.
    """
    code = body.inputs[0]
    after = expression(body.reduction or "", ("total", "x"), code, code)
    return [
        *_prologue(body, name),
        "    for row in range(lo, hi):",
        f"        total = {computed(code)}(0)",
        "        for i in range(row * length, (row + 1) * length):",
        f"            x = load_{code}(table[1], i)",
        f"            total = x if load_b1(table[2], i) else {after}",
        f"            store_{code}(table[3], i, total)",
    ]


_FORMS = {
    "map": _map, "rows": _rows, "columns": _columns, "arg": _arg, "scan": _scan,
    "segments": segments,
}  # fmt: skip


def render(body: Body) -> tuple[str, str]:
    """The name and the source text of a body's kernel.

    The name is unique to the content: two processes that mint one symbol for two kernels can crash
    a third that loads both.
    """
    name = f"{body.form}_{body.digest()[:16]}"
    lines = _FORMS[body.form](body, name)
    return name, "\n".join(line for line in lines if line) + "\n"
