"""The source text of a body that scans rows, for the CPU."""

from __future__ import annotations

from ngrad_kernels.body import Body
from ngrad_kernels.codes import computed, size_of
from ngrad_kernels.contract import BESIDE, BLOCK, accumulator, identity
from ngrad_kernels.expressions import expression
from ngrad_kernels.render_blocks import LENGTH, packed, prologue, source
from ngrad_kernels.scalars import SCALARS


def scan(body: Body, name: str) -> list[str]:
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
        *[line for k in range(BESIDE) for line in packed(body, BLOCK // BESIDE, k)],
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
        lines += source(body, start, "n", " " * 12, k)
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
        *prologue(body, name),
        "    for row in range(lo, hi):",
        f"        total = {computed(code)}(0)",
        "        for i in range(row * length, (row + 1) * length):",
        f"            x = load_{code}(table[1], i)",
        f"            total = x if load_b1(table[2], i) else {after}",
        f"            store_{code}(table[3], i, total)",
    ]
