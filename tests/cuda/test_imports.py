"""Whoever has no GPU pays for none."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import ngrad_kernels

KNOWS = re.compile(r"numba\.cuda|from numba import cuda")


def test_import_ngrad_imports_no_cuda() -> None:
    program = (
        "import sys, ngrad; ngrad.reduce_sum([1.0, 2.0]).numpy();"
        "print([name for name in sys.modules"
        " if name.startswith(('numba.cuda', 'numba_cuda', 'ngrad_kernels.cuda', 'cuda'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_three_modules_know_numba_cuda() -> None:
    """What compiles, by which passes, and what users' kernels are launched with; the simulator's
    doubles aside, which run where there is no compiler.
    """
    folder = Path(ngrad_kernels.__file__).parent
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if KNOWS.search(path.read_text())
    }
    assert found == {f"cuda/{name}.py" for name in ("compiling", "doubles", "passes", "users")}
