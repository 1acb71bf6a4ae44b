"""`Body` to source text, for the CPU.

One skeleton a form. Each kernel has the signature `kernel(table, lo, hi)`: `table[0]` is the
address of the launch's run-time facts (sizes, strides: never part of the source), `table[1:]` the
operands' addresses. Loops index from zero, with the offset in the address: an unknown start would
bring in negative-index handling and stop the vectoriser.
"""

from __future__ import annotations

from ngrad_kernels.body import Body
from ngrad_kernels.codes import size_of, words_for
from ngrad_kernels.contract import (
    FOLDED,
    SEVERAL,
    accumulator,
    identity,
    lanes,
    started,
)
from ngrad_kernels.render_blocks import (
    FETCH,
    FOLD,
    WIDTH,
    block_room,
    ended,
    prologue,
    source,
    steps,
    values,
)
from ngrad_kernels.render_scans import scan
from ngrad_kernels.render_segments import segments


def _map(body: Body, name: str) -> list[str]:
    """Elementwise over contiguous operands; strided ones are packed by the caller, a block at a
    time.
    """
    lines = [f"def {name}(table, lo, hi):"]
    codes = [*body.inputs, *(body.code_of(k) for k in body.outputs)]
    lines += [f"    p{k} = table[{k + 1}] + lo * {size_of(code)}" for k, code in enumerate(codes)]
    lines += ["    for i in range(hi - lo):"]
    lines += [f"        v{k} = load_{code}(p{k}, i)" for k, code in enumerate(body.inputs)]
    lines += steps(body, " " * 8)
    for k, value in enumerate(body.outputs):
        code = body.code_of(value)
        lines.append(f"        store_{code}(p{len(body.inputs) + k}, i, v{value})")
    return lines + ended(body, " " * 8)


def _fetched(body: Body, indent: str) -> list[str]:
    """Have what lies behind n elements come into the caches, which fetch nothing ahead of masked
    loads: by such are elements reduced that do not fill all lanes.
    """
    if body.steps:
        return []
    code = body.inputs[0]
    return [
        f"{indent}if n % {lanes(code)} != 0:",
        f"{indent}    for k in range(0, n * {size_of(code)}, LINE):",
        f"{indent}        fetch_ahead(s + n * {size_of(code)} + k)",
    ]


def _rows(body: Body, name: str) -> list[str]:
    """Each row's elements to one: blocks into chunks, chunks (partial results, when there are
    several) into stretches.
    """
    reduced = body.code_of(body.outputs[0])
    wide, start = accumulator(reduced), identity(body.reduction or "", accumulator(reduced))
    compute, where = values(body, " " * 12)
    read = f"{wide}(reload_{reduced}(results, k))"
    routine = "rows" if body.steps else "rows_in_memory"
    # Truth values beyond the one that decides change nothing.
    decided = [f"            if total != {start}:", "                break"]
    return [
        *prologue(body, name),
        f"    values = {block_room(reduced)}" if body.steps else "",
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
        *source(body, "item * length", "n", " " * 12),
        *compute,
        f"            {routine}_{body.reduction}_{reduced}({where}, count, length, results)",
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
        *source(body, "row * length + b", "n", " " * 12),
        *_fetched(body, " " * 12),
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
    compute, where = values(body, " " * 16)
    return [
        *prologue(body, name),
        f"    width = facts[{WIDTH}]",
        "    tiles = (width + BLOCK - 1) // BLOCK",
        f"    totals = {block_room(wide)}",
        f"    sums = {block_room(reduced)}",
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
        f"        values = {block_room(reduced)}" if body.steps else "",
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
        *source(body, "(outer * length + row) * width", "n", " " * 16),
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
        "            count = min(SLAB, last - slab)",
        *_slab(body, reduced),
        *_slab_of_columns(body, "j", "n", " " * 12),
        *_result_of_columns(body, "rest * width + column", "n", " " * 8),
    ]


def _slab(body: Body, reduced: str) -> list[str]:
    """What a slab's columns give: in registers where its elements lie as they are reduced, else row
    by row.
    """
    indent, size, lines = " " * 12, size_of(reduced), list[str]()
    if not body.steps:
        lines = [
            f"{indent}if facts[{FETCH}] == 0:",
            f"{indent}    s = table[1] + ((outer * length + slab) * width + column) * {size}",
            f"{indent}    slab_{body.reduction}_{reduced}(s, width * {size}, count, n, sums)",
            f"{indent}else:",
        ]
        indent += "    "
    return [
        *lines,
        f"{indent}for j in range(n):",
        f"{indent}    store_{reduced}(sums, j, {identity(body.reduction or '', reduced)})",
        f"{indent}for row in range(slab, slab + count):",
        *source(body, "(outer * length + row) * width + column", "n", indent + "    "),
        f"{indent}    for j in range(n):",
        f"{indent}        v0 = load_{body.inputs[0]}(s, j)",
        *steps(body, indent + "        "),
        f"{indent}        part = reload_{reduced}(sums, j)",
        f"{indent}        part = combine_{body.reduction}(part, v{body.outputs[0]})",
        f"{indent}        store_{reduced}(sums, j, part)",
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
        *prologue(body, name),
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
        *source(body, "row * length + b", "n", " " * 12),
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


_FORMS = {
    "map": _map, "rows": _rows, "columns": _columns, "arg": _arg, "scan": scan,
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
