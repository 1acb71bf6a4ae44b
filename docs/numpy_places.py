"""What runs where when one of NumPy's names is called: found by calling it, on the CPU and on a
device beside it, and asking the op table how each op that ran is computed there.
"""

from __future__ import annotations

import contextlib
import doctest
import inspect
import io
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import optree

import ngrad
import ngrad.numpy as ours
from ngrad import devices
from ngrad.devices import HOST, Device
from ngrad.graph.op import Call
from ngrad.graph.program import Program
from ngrad.hooks import hooks
from ngrad_kernels import cpu
from ngrad_kernels.cuda.libraries import Libraries
from ngrad_kernels.product import Prepared, Product

TESTS = Path(__file__).parents[1] / "tests"
for folder in (TESTS, TESTS / "numpy"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from calls import Case  # noqa: E402
from second import SecondTarget  # noqa: E402
from test_functions import converted  # noqa: E402

FILE = io.BytesIO
A, V, K = np.linspace(-1.0, 1.0, 6).reshape(2, 3), np.linspace(0.0, 1.0, 3), np.array([2, 0, 1])
M = V > 0.2
SAVED = FILE()
np.save(SAVED, V)
CALLS = [
    Case(name, args, kwargs, 0)
    for name, args, kwargs in (
        ("argpartition", (A, 1), {}),
        ("copyto", (A, V), {}),
        ("einsum_path", ("ij,j", A, V), {}),
        ("empty", (3,), {}),
        ("empty_like", (A,), {}),
        ("fill_diagonal", (A, 1.0), {}),
        ("from_dlpack", (V,), {}),
        ("fromfile", (__file__, np.uint8), {}),
        ("fromfunction", (lambda i, j: i + j, (2, 3)), {}),
        ("genfromtxt", (["1 2 3"],), {}),
        ("load", (SAVED,), {}),
        ("loadtxt", (["1 2 3"],), {}),
        ("partition", (A, 1), {}),
        ("place", (V, M, V), {}),
        ("put", (V, K, V), {}),
        ("put_along_axis", (V, K, V), {"axis": 0}),
        ("putmask", (V, M, V), {}),
        ("save", (FILE(), V), {}),
        ("savetxt", (FILE(), V), {}),
        ("savez", (FILE(), V), {}),
        ("savez_compressed", (FILE(), V), {}),
    )
]
"""Calls of names that neither the tests' tables nor the examples of docstrings call."""


class Beside(SecondTarget):
    """A double of CUDA's target, which counts the arrays that come in; a number is none."""

    def copy_in(self, address: int, source: int, nbytes: int) -> None:
        super().copy_in(address, source, nbytes)
        self.counts["arrays"] += nbytes > 8


class Asked(Libraries):
    """What CUDA's target says to who asks for routines and products where all of NVIDIA's libraries
    are installed. Nothing can be run.
    """

    def __init__(self, places: Places, target: Any) -> None:
        super().__init__(target, lambda _: None)
        self.places = places

    def bindings(self, library: str) -> Any:
        self.places.needed = True
        return library

    def product(self, product: Product) -> Prepared:
        self.places.needed |= product.code[0] in "fc"
        return Prepared(-1, 0, 1, 1, None)

    def _checks(self, code: str, words: Any) -> Prepared:
        return Prepared(-1, 0, 1, 1, None)

    def _number(self, name: str, code: str, make: Any) -> int:
        return -1


def first(result: Any) -> Any:
    """A result, or the first of several."""
    while isinstance(result, (list, tuple)) and result:
        result = result[0]
    return result


class Ran:
    """What ran in calls of a name on one device."""

    def __init__(self) -> None:
        self.forms: set[str] = set()
        self.least = 0  # how many ops a call takes at least
        self.looked = False
        self.brought: dict[bool, bool] = {}  # what NumPy had made, by whether arrays were given
        self.arrays = False  # whether it gives any

    def note(self, forms: list[str], looked: bool, given: bool, brought: bool | None) -> None:
        """A call: how its ops ran, whether it looked at values, was given arrays, and, if it gives
        one, whether that was made by NumPy.
        """
        ran = [form for form in forms if form != "view"]
        if ran:
            self.least = min(self.least or len(ran), len(ran))
        self.forms.update(ran)
        self.looked |= looked
        if brought is not None:
            self.arrays = True
            self.brought[given] = self.brought.get(given, False) or brought

    def shown(self, looked: bool) -> str:
        """How it runs, of which it is known whether it looks at values."""
        if not self.forms:
            if looked or self.brought.get(True, self.brought.get(False, False)):
                return "host"
            return "view" if self.arrays else "facts"
        if "kernel" in self.forms:
            alone = self.forms == {"kernel"} and self.least == 1
            parts = ["kernel" if alone else "kernels"]
        else:
            parts = []
        parts += [form for form in ("library", "host") if form in self.forms]
        return ", ".join([*parts, "looks"] if looked else parts)


def run(examples: list[doctest.Example], name: str) -> list[Any]:
    """What the examples of a docstring show; what they print goes nowhere."""
    shown: list[Any] = []
    namespace: dict[str, Any] = {}
    nowhere = contextlib.redirect_stdout(io.StringIO())
    with mock.patch.object(sys, "displayhook", shown.append), nowhere:
        for example in examples:
            if example.exc_msg is None:
                exec(compile(example.source, name, "single"), namespace)
    return shown


class Places:
    """Where names run, by the identity of what they name: aliases share it."""

    def __init__(self) -> None:
        self.needed = False  # whether the op that is looked at asked for a library
        target = SecondTarget()
        target.libraries = Asked(self, target)
        self.asked = Device("cuda", 8, target)  # it answers as CUDA does, and runs nothing
        self.target = Beside()
        # Beside the CPU a double of it, whose copies are counted.
        self.where = {"cpu": HOST, "cuda": Device("cuda", 9, self.target)}
        self.found: dict[int, dict[str, Ran]] = {}

    def form(self, call: Call) -> str:
        """How an op is computed: by kernels, a library, on the host; or not, being a view."""
        op, host = call.op, call.spec.device is HOST
        if op.family == "engine":  # made by NumPy, if it is no check of operands
            return "view" if call.inputs else "host"
        device = HOST if host else self.asked
        there = op.call(call.params, tuple([x.on(device) for x in call.inputs]))
        self.needed = False
        given = there.specs if call.several else there.spec
        how, _ = op.prepare(there.inputs, given, **op.keywords(call.params))
        if not isinstance(how, Program):
            return "library" if host else "host"
        if self.needed:
            return "library"
        return "kernel" if how.launches else "view"

    def listen(self, thing: Any, device: str, call: Callable[[], Any], given: Any = ()) -> Any:
        """What a call gives; what ran in it, and for its results and what was given, is noted."""
        forms: list[str] = []
        counts = self.target.counts
        within: Counter[str] = Counter()

        def execute(call: Call, inputs: Any) -> Any:
            before = counts.copy()
            out = call.run(*inputs)
            within.update(counts - before)
            if not call.op.moves:
                forms.append(self.form(call))
            return out

        before = counts.copy()
        hooks.run_by(execute)
        try:
            result = call()
            # What is computed later is asked for here; what was asked for before is a look.
            moved = counts - before - within
            arrays = [x for x in optree.tree_leaves((result, given)) if isinstance(x, ours.ndarray)]
            ngrad.eval([x._read() for x in arrays])
        finally:
            hooks.run_by(None)
        arrays = [x for x in optree.tree_leaves(given) if isinstance(x, ours.ndarray)]
        writes = result is None and bool(arrays)
        gives = writes or isinstance(first(result), ours.ndarray)
        brought = bool(moved["arrays"]) if gives else None
        ran = self.found.setdefault(id(thing), {name: Ran() for name in self.where})[device]
        ran.note(forms, bool(moved["out"]), bool(arrays), brought)
        return result

    def shown(self, thing: Any) -> tuple[str, str]:
        """How it runs on the CPU and with CUDA."""
        if isinstance(thing, ModuleType):
            return "names", "names"
        found = self.found.get(id(thing))
        if found is None:
            return "facts", "facts"
        cpu, cuda = found["cpu"], found["cuda"]
        here, there = (ran.shown(cuda.looked) for ran in (cpu, cuda))
        # Copies, which tell what NumPy makes, can be counted only beside the CPU.
        return there if not cpu.forms and not cuda.forms else here if cpu.forms else "host", there

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Within it BLAS tells that it is asked, everything waits, as a program under a tape does,
        nothing is fused, and nothing warns: whatever the environment sets.
        """
        product, config = cpu.libraries.product, ngrad.config
        fusion, at_once, eager = config.fusion(), config.at_once(), config.eager()

        def telling(work: Product) -> Prepared | None:
            found = product(work)
            self.needed |= found is not None
            return found

        config.set_fusion("off")
        config.set_at_once(0)
        config.set_eager(False)
        beside = {where.name: where for where in self.where.values()}
        try:
            with (
                mock.patch.object(cpu.libraries, "product", telling),
                mock.patch.dict(devices.opened, beside),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                yield
        finally:
            config.set_fusion(fusion)
            config.set_at_once(at_once)
            config.set_eager(eager)

    def call(self, space: Any, case: Case) -> None:
        """Call a function as a test does, on either device."""
        thing = getattr(space, case.name)
        for name, device in self.where.items():
            with self.listening(), ngrad.device(device.name):
                for file in case.args:
                    if isinstance(file, io.BytesIO):
                        file.seek(0)
                args = [converted(x) for x in case.args]
                kwargs = {key: converted(x) for key, x in case.kwargs.items()}
                self.listen(thing, name, lambda a=args, k=kwargs: thing(*a, **k), args)

    def run_example(self, space: Any, name: str) -> None:
        """Run the example of a docstring; what is no function is listened to all the while."""
        thing = getattr(space, name)
        examples = doctest.DocTestParser().get_examples(inspect.getdoc(thing) or "")
        for device, where in self.where.items():

            def called(*args: Any, device: str = device, **kwargs: Any) -> Any:
                return self.listen(thing, device, lambda: thing(*args, **kwargs))

            with self.listening(), ngrad.device(where.name):
                if inspect.isfunction(thing):
                    with mock.patch.object(space, name, called):
                        run(examples, name)
                elif examples and thing is not ours.ndarray:
                    self.listen(thing, device, lambda: run(examples, name))
