"""Elementwise loops as source text: a grid of threads over elements, four at a time where memory is
contiguous and aligned, one at a time elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ngrad_kernels.cuda.source import ALIGNMENT, VECTOR
from ngrad_kernels.writer import Writer

WAVES = 4
"""Times as many blocks as run at the same time: with more, those of small arrays end too soon."""


class Access(NamedTuple):
    """An operand of which element i is loaded to, or stored from, a value `v`; `how` it is loaded:
    again, where it is stored over; `at` where it is stored, if that is not in order.
    """

    value: int
    code: str
    address: str
    how: str = "load"
    at: str = "i"


def elementwise(
    writer: Writer,
    count: str,
    loads: Sequence[Access],
    stores: Sequence[Access],
    compute: Callable[[str], None],
    condition: str = "",
) -> None:
    """Elements [0, count) of contiguous operands. `compute` writes what comes between loads and
    stores, given the source of an element's number; `condition` must hold for four at a time.
    """
    addresses = " | ".join(access.address for access in (*loads, *stores))
    aligned = f"({addresses}) % {ALIGNMENT} == 0"
    writer.write("done = 0")
    with writer.block(f"if {condition} and {aligned}" if condition else f"if {aligned}"):
        writer.write(f"done = {count} // {VECTOR}", "i = thread_index()")
        with writer.block("while i < done"):
            _together(writer, loads, stores, compute)
            writer.write("i += thread_count()")
        writer.write(f"done = done * {VECTOR}")
    one_by_one(writer, count, loads, stores, compute, "done + thread_index()")


def one_by_one(
    writer: Writer,
    count: str,
    loads: Sequence[Access],
    stores: Sequence[Access],
    compute: Callable[[str], None],
    start: str = "thread_index()",
) -> None:
    """Elements [start, count), each by itself."""
    writer.write(f"i = {start}")
    with writer.block(f"while i < {count}"):
        for value, code, address, how, _ in loads:
            writer.write(f"v{value} = {how}_{code}({address}, i)")
        compute("i")
        for value, code, address, _, at in stores:
            writer.write(f"store_{code}({address}, {at}, v{value})")
        writer.write("i += thread_count()")


def _together(
    writer: Writer,
    loads: Sequence[Access],
    stores: Sequence[Access],
    compute: Callable[[str], None],
) -> None:
    """Elements [4 i, 4 i + 4): `x` what is loaded, `y` what is to be stored."""

    def names(prefix: str, k: int) -> str:
        return ", ".join(f"{prefix}{k}_{j}" for j in range(VECTOR))

    for k, (_, code, address, how, _) in enumerate(loads):
        writer.write(f"{names('x', k)} = {how}4_{code}({address}, i)")
    for j in range(VECTOR):
        writer.write(*[f"v{access.value} = x{k}_{j}" for k, access in enumerate(loads)])
        compute(f"({VECTOR} * i + {j})")
        writer.write(*[f"y{k}_{j} = v{access.value}" for k, access in enumerate(stores)])
    for k, (_, code, address, *_) in enumerate(stores):
        writer.write(f"store4_{code}({address}, i, {names('y', k)})")
