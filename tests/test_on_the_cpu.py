"""What has no form for CUDA runs on the CPU and says so: by those names, and no others, that
`docs/cuda.md` lists.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from calls import Case
from cases import CASES
from cases_fft import CASES as OF_FFT
from cases_linalg import CASES as OF_LINALG
from cases_scipy_linalg import CASES as OF_SCIPY
from numeric import gradients, second_gradients
from rows import ROWS
from second import SecondTarget
from test_functions import converted
from test_scipy_special import CASES as SPECIAL

import ngrad
import ngrad.numpy as ours
from ngrad.devices import Device, opened
from ngrad.errors import NgradError
from ngrad.graph.op import TABLE, Call, Op
from ngrad.graph.program import Program
from ngrad.ops import transfer
from ngrad.scipy import linalg, special

DOCS = Path(__file__).parents[1] / "docs"
sys.path.append(str(DOCS))

from numpy_places import Places  # noqa: E402

HERE = {"lstsq", "rank_places", "ranked"}
"""Ops that are applied to what lies on the CPU, and to nothing else, but by a row of the table."""
SPACES = (
    (ours, [*CASES, Case("histogram_bin_edges", (np.arange(5.0), "auto"), {}, 0)]),
    (ours.linalg, OF_LINALG),
    (ours.fft, OF_FFT),
    (linalg, OF_SCIPY),
    (special, SPECIAL),
)


def listed() -> set[str]:
    """The names in the items of the section."""
    text = (DOCS / "cuda.md").read_text()
    section = text.partition("\n## What runs on the CPU\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"(?ms)^- .*?(?=^- |\n\n)", section))))


def called(function: Callable[..., Any], case: Case) -> Any:
    named = {key: converted(x) for key, x in case.kwargs.items()}
    return function(*map(converted, case.args), **named)


def programs() -> Iterator[Callable[[], Any]]:
    """Every op and its derivatives, and every function that a table of tests calls."""
    for row in ROWS:
        for code in ("f8", "c16", "i4", "b1"):
            if code[0] not in row.kinds:
                continue
            arrays = row.sample(row.cases[-1], code)
            yield lambda f=row.function, a=arrays: f(*map(ngrad.constant, a))
            if row.smooth and code in row.wide:
                for way in (gradients, second_gradients):
                    yield lambda f=row.function, a=arrays, d=way: d(f, [*map(ngrad.constant, a)])
    for space, cases in SPACES:
        for case in cases:
            yield partial(called, getattr(space, case.name), case)


def test_what_runs_on_the_cpu_says_so_and_is_listed() -> None:
    places, before = Places(), Op.by_host
    device = Device("cuda", 6, SecondTarget())  # on which nothing has run
    found: set[str] = set()
    spoken: set[str] = set()

    def by_host(call: Call) -> Any:
        """That device has no libraries; whether CUDA has a form is asked of its own."""
        there = call.op.call(call.params, tuple([x.on(places.asked) for x in call.inputs]))
        given = there.specs if call.several else there.spec
        how, _ = call.op.prepare(there.inputs, given, **call.op.keywords(call.params))
        if not isinstance(how, Program):
            found.add(call.op.name)
        return before(call)

    with (
        mock.patch.object(Op, "by_host", staticmethod(by_host)),
        mock.patch.object(transfer, "_warned", set()),
        mock.patch.dict(opened, {device.name: device}),
        warnings.catch_warnings(record=True) as raised,
        ngrad.device(device.name),
    ):
        warnings.simplefilter("always")
        for program in programs():
            try:
                ngrad.eval(program())
            except (NgradError, ArithmeticError, TypeError, ValueError):  # a case that is wrong
                continue
    for warning in raised:
        name, _, rest = str(warning.message).partition(": has no form for cuda")
        if rest:
            spoken.add(name)
    assert found <= spoken
    assert (found - HERE) | (spoken - TABLE.keys()) == listed()
