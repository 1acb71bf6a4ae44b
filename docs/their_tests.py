"""Run the tests that SciPy and scikit-learn have of arrays of any library with those of
`ngrad.numpy`, and print what became of them: `python docs/their_tests.py`, or with some of the
names below. It needs the extras `interoperability` and `test`, and takes about ten minutes.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import scipy
import sklearn

SCIPY = (
    "cluster", "constants", "differentiate", "fft", "integrate", "interpolate", "linalg", "ndimage",
    "optimize", "signal", "spatial", "special", "stats",
)  # fmt: skip
FIXTURE = "@pytest.fixture(params=xp_available_backends)\n"
OURS = """
import ngrad.numpy
xp_known_backends.add("ngrad.numpy")
xp_available_backends = [
    pytest.param(ngrad.numpy, id="ngrad.numpy", marks=pytest.mark.array_api_backends)
]


"""
COUNTS = "passed", "failed", "skipped", "xfailed"


def copied(folder: Path) -> None:
    """Put a copy of SciPy into a folder: its `conftest.py` names the libraries that its tests know,
    and that of the copy names ours instead.
    """
    package = Path(scipy.__file__).parent
    shutil.copytree(package, folder / "scipy", ignore=shutil.ignore_patterns("__pycache__"))
    libraries = package.with_name("scipy.libs")  # those of a wheel
    if libraries.exists():
        (folder / libraries.name).symlink_to(libraries)
    conftest = folder / "scipy" / "conftest.py"
    text = conftest.read_text()
    if text.count(FIXTURE) != 1:
        raise SystemExit(f"the tests of SciPy {scipy.__version__} name their libraries otherwise")
    conftest.write_text(text.replace(FIXTURE, OURS + FIXTURE))


def sklearns() -> list[str]:
    """The files of scikit-learn's tests that ask which libraries there are."""
    files = Path(sklearn.__file__).parent.rglob("test_*.py")
    return [str(file) for file in sorted(files) if "yield_namespace" in file.read_text()]


def run(what: str, folder: Path) -> None:
    """Run tests, and print how many passed, and why others failed."""
    if what == "sklearn":
        tests = ["-p", "interoperable.backend", "-k", "ngrad", *sklearns()]
    else:
        tests = ["-m", "array_api_backends", str(folder / "scipy" / what)]
    options = ["-q", "-W", "ignore", "--tb=line", "-p", "no:cacheprovider"]
    paths = [str(folder), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths), "SCIPY_ARRAY_API": "1", "COLUMNS": "300",
    }  # fmt: skip
    command = [sys.executable, "-m", "pytest", *options, *tests]
    ended = subprocess.run(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, check=False, text=True
    )
    *lines, last = ended.stdout.splitlines()
    counts = {name: int(n) for n, name in re.findall(r"(\d+) (\w+)", last)}
    print(f"{what:14}", ", ".join(f"{counts.get(name, 0)} {name}" for name in COUNTS))
    reasons: dict[str, list[str]] = {}
    for line in lines:
        if found := re.match(r"FAILED (?:.*/)?(\w+\.py::\S+?)(?:\[.*?\])? - (.*)", line):
            reasons.setdefault(found[2], []).append(found[1])
    for why, tests in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print(f"    {len(tests):4} {why}: {', '.join(dict.fromkeys(tests))}")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*SCIPY, "sklearn"]
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(known))
    names = parser.parse_args().names or known
    if unknown := {*names} - {*known}:
        parser.error(f"no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    print(f"SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder))
        for what in names:
            run(what, Path(folder))


if __name__ == "__main__":
    main()
