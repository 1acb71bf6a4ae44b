"""What the driver is given to load has the entry, and the parameters, that are asked of it."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("numba_cuda")

from device_work import MIX, WORDS, text

from ngrad_kernels.body import Body, Step
from ngrad_kernels.cuda import devices, skeletons
from ngrad_kernels.cuda.render import render
from ngrad_kernels.cuda.source import Source

if devices.simulated():
    pytest.skip("the simulator compiles nothing", allow_module_level=True)

from ngrad_kernels.cuda.compiling import ptx

SUM = Body("rows", ("f4",), (), (0,), "sum", "f4")
SOURCES = [
    render(Body("map", ("f4", "f4"), (Step("add", (0, 1), "f4"),), (2,))),
    render(SUM),
    render(SUM, views=True),
    skeletons.skeleton("fill"),
    skeletons.skeleton("carry"),
    skeletons.sampler("uniform", "f4"),
    text(MIX),  # what tests launch
    text(WORDS),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_entry(source: Source) -> None:
    text = ptx(source, (9, 0))
    entries = re.findall(r"\.entry (\w+)\(([^)]*)\)", text)
    assert [name for name, _ in entries] == [source.name]
    parameters = [line.split()[1] for line in entries[0][1].strip().splitlines()]
    assert parameters == [".u64"] * (source.operands + 2)
