"""Documents that are written by a script, or that a script reads, are up to date."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def generator(name: str = "generate") -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_table_of_ops_is_up_to_date() -> None:
    module = generator()
    written = module.TARGET.read_text()
    assert module.text() == written, "run `python docs/generate.py`"


def test_table_of_numpys_names_is_up_to_date() -> None:
    module = generator("numpy_coverage")
    written = module.TARGET.read_text()
    if f"of NumPy {module.NUMPY};" not in written:
        pytest.skip(f"the table is of another NumPy than {module.NUMPY}")
    # In a process of its own: what is found by calling is not to depend on the tests before, nor on
    # what they set.
    command = [sys.executable, str(ROOT / "docs" / "numpy_coverage.py"), "-"]
    unset = {"NGRAD_AT_ONCE", "NGRAD_FUSION"}
    plain = {name: value for name, value in os.environ.items() if name not in unset}
    made = subprocess.run(command, capture_output=True, text=True, check=True, env=plain).stdout
    assert made == written, "run `python docs/numpy_coverage.py`"
    found = re.findall(r"(\d+) of the (\d+) names that have a meaning here", written)
    print(*(f"{there} of {wanted}" for there, wanted in found), sep=", ")
    places = dict(re.findall(r"^\| `(\w+)` \| yes \|.*\| (.+? \| .+?) \|$", written, re.MULTILINE))
    expected = {
        "sin": "kernel | kernel",
        "var": "kernels | kernels",
        "partition": "library | kernel",
        "cholesky": "kernels, library | kernels, library",
        "eigvals": "library | kernels, library",
        "hamming": "host | host",
        "transpose": "view | view",
        "ndim": "facts | facts",
        "pi": "NumPy's | NumPy's",
    }
    assert {name: places[name] for name in expected} == expected
    there, wanted = map(int, found[0])
    assert there >= 0.95 * wanted, "of the main namespace"


def test_what_tensorflow_has_and_ngrad_has_not_says_why() -> None:
    import importlib

    from ngrad.absent import TENSORFLOW, by_name

    module = generator("tensorflow_coverage")
    assert module.text() == module.TARGET.read_text(), "run `python docs/tensorflow_coverage.py`"
    for space, reasons in TENSORFLOW.items():
        namespace = importlib.import_module(space)
        for name, reason in by_name(reasons).items():
            with pytest.raises(
                AttributeError, match=re.escape(f"{space} has no {name!r}: {reason}")
            ):
                getattr(namespace, name)
        with pytest.raises(AttributeError, match="has no attribute 'misspelt'"):
            getattr(namespace, "misspelt")  # noqa: B009


def test_what_others_have_and_ngrad_has_not_says_what_to_use() -> None:
    """Of JAX, PyTorch and autograd; and what it names is there."""
    import ngrad
    import ngrad.numpy
    from ngrad.absent import ELSEWHERE, by_name

    reasons = by_name(ELSEWHERE)
    wanted = "jacfwd jacrev jit linearize checkpoint remat no_grad elementwise_grad lax hvp"
    assert reasons.keys() >= set(wanted.split())
    for name, reason in reasons.items():
        with pytest.raises(AttributeError, match=re.escape(f"ngrad has no {name!r}: {reason}")):
            getattr(ngrad, name)
        for path in re.findall(r"\bngrad((?:\.\w+)+)", reason):
            found: object = ngrad
            for part in path[1:].split("."):
                found = getattr(found, part)


def test_every_name_and_op_is_in_the_table() -> None:
    import ngrad
    from ngrad.graph.op import TABLE

    written = (ROOT / "docs" / "ops.md").read_text()
    for name in ngrad.__all__:
        if callable(getattr(ngrad, name)):
            assert re.search(rf"^\| `{name}[(`]", written, re.MULTILINE), name
    for name, op in TABLE.items():
        if op.family not in ("engine", "opaque"):
            assert re.search(rf"`{name}`( \||,|\.$)", written, re.MULTILINE), name


def test_every_name_says_what_it_is() -> None:
    """No row of the table of names is empty."""
    written = (ROOT / "docs" / "ops.md").read_text()
    assert not re.findall(r"^\| `\w+\(.*` \|  \|$", written, re.MULTILINE)


def test_the_check_runs_readmes_command() -> None:
    """`.ci/run` takes the test command from README, so it must find exactly one there."""
    readme = (ROOT / "README.md").read_text().splitlines()
    commands = [line for line in readme if "python -m pytest" in line]
    assert len(commands) == 1
    assert commands[0].startswith("python -m venv .venv && ")
    assert "grep -m 1 'python -m pytest' README.md" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target
