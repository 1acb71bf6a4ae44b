"""The commands, run as a user runs them; and the list of kernels that `warmup` compiles."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ngrad
import ngrad_kernels
from ngrad import warm
from ngrad.cli import digits, main
from ngrad.graph.op import TABLE
from ngrad.ops.elementwise import Elementwise
from ngrad_kernels import cache, reductions

MOST_KERNELS = 940
"""Past this the whole table would not compile in five minutes on two cores."""


def python(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Python, with the packages under test, and a kernel cache of its own if asked for."""
    roots = {str(Path(package.__file__).parents[1]) for package in (ngrad, ngrad_kernels)}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sorted(roots)), "COLUMNS": "120"}
    if folder is not None:
        environment["NGRAD_CACHE_DIR"] = str(folder)
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def command(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`python -m ngrad`."""
    return python("-m", "ngrad", *arguments, folder=folder)


def test_demo_runs_the_programs_and_reaches_the_accuracy() -> None:
    done = command("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    for value in ("8.0", "108.0", "12.0", "4.0", "3.0", "6.0"):
        assert re.search(rf"│ +{re.escape(value)} │ +{re.escape(value)} │", done.stdout), value
    reached = re.search(r"test accuracy +│ ([\d.]+)%", done.stdout)
    assert reached and float(reached[1]) >= 97.0
    assert str(cache.store.folder) in done.stdout
    assert re.search(r"\d+ compiled, \d+ loaded from disk", done.stdout)


def test_demo_fails_below_the_accuracy() -> None:
    done = command("demo", "--epochs", "1", "--accuracy", "0.999", "--threads", "1", "--seed", "3")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"threads +│ 1 ", done.stdout)


def test_demo_with_a_lower_bar() -> None:
    assert command("demo", "--epochs", "2", "--accuracy", "0.5").returncode == 0


def test_demo_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(seed: int) -> None:
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")

    monkeypatch.setattr(digits, "load", missing)
    assert main(["demo"]) == 1
    assert "python -m pip install '.[demo]'" in capsys.readouterr().out


def test_seeds_decide_the_result() -> None:
    def trained(seed: int) -> float:
        import numpy as np

        rng = np.random.default_rng(seed)
        training, test = digits.load(seed)
        model = digits.Classifier((64, 16, digits.CLASSES), rng)
        losses = list(digits.train(model, training, 2, rng))
        assert losses[1] < losses[0] < 2.5
        return losses[1] + model.accuracy(test)

    assert trained(1) == trained(1) != trained(2)


def test_info() -> None:
    done = command("info")
    assert done.returncode == 0, done.stderr
    for name in ("ngrad", "Python", "NumPy", "Numba", "processor", "BLAS", "threads", "CUDA"):
        assert re.search(rf"^{name} ", done.stdout, re.MULTILINE), name
    assert re.search(r"^CUDA +(none: \S|cuda:0)", done.stdout, re.MULTILINE)
    assert not re.search(r"on none yet", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("info", "--threads", "0"), "--threads"),
        (("demo", "--epochs", "0"), "--epochs"),
        (("warmup", "--jobs", "0"), "--jobs"),
        (("warmup", "no_such_op"), "no_such_op"),
        ((), "command"),
    ],
)
def test_mistakes_are_explained(
    arguments: tuple[str, ...], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and word in capsys.readouterr().err


def test_a_mistake_is_no_traceback() -> None:
    done = command("warmup", "no_such_op")
    assert done.returncode == 2 and "no_such_op" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


WARMED = ("sqrt", "multiply", "divide")


@pytest.fixture(scope="module")
def warmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder that `warmup` filled, and what it said."""
    folder = tmp_path_factory.mktemp("warmed") / "kernels"
    done = command("warmup", "--jobs", "2", *WARMED, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_warmup_fills_the_cache_and_cache_clears_it(
    warmed: tuple[Path, str], tmp_path: Path
) -> None:
    filled, said = warmed
    folder = shutil.copytree(filled, tmp_path / "kernels")
    expected = len(warm.tasks(WARMED))
    assert f"{expected} compiled, 0 were there" in said
    again = command("warmup", *WARMED, folder=folder)
    assert f"0 compiled, {expected} were there" in again.stdout
    kept = len(list(folder.glob("*.o")))
    assert kept >= expected and f"{kept} kernels" in command("cache", folder=folder).stdout
    assert f"removed {kept} kernels" in command("cache", "--clear", folder=folder).stdout
    assert not list(folder.glob("*.o"))


def test_a_warm_program_compiles_nothing(warmed: tuple[Path, str]) -> None:
    """What warmup compiles is what programs ask for: strided or not, small or large."""
    program = """
import ngrad as tf
from ngrad_kernels import cache
for shape in ([3, 4], [300, 400]):
    x = tf.ones(shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.sqrt(x[:, ::2]) * 2.0
    tape.gradient(y, x).numpy()
print(cache.counters["compiled"])
"""
    done = python("-c", program, folder=warmed[0])
    assert done.stdout.split() == ["0"], done.stdout + done.stderr


# -- the list of kernels ---------------------------------------------------------------------------


def test_kernels_are_few() -> None:
    todo = warm.tasks()
    assert len(set(todo)) == len(todo)
    assert 500 < len(todo) <= MOST_KERNELS


def test_every_op_is_covered() -> None:
    """An op has kernels in the list, or is of a family that only moves bytes or calls BLAS."""
    covered = {task.op for task in warm.tasks()}
    for name, op in TABLE.items():
        if op.family in ("elementwise", "reduction", "random"):
            assert name in covered, name
    for op in TABLE.values():
        if isinstance(op, Elementwise):
            codes = {task.inputs[0][0] for task in warm.tasks([op.name])}
            assert {"f4", "f8"} <= codes or not {"f4", "f8"} & codes, op.name


def test_reductions_are_listed_for_dtypes_that_have_them() -> None:
    for task in warm.tasks():
        role = TABLE[task.op].fusion
        if role is not None and role.kind == "reduce":
            assert role.scalar in reductions.NAMES[task.inputs[0][0]], task


def test_pieces_of_work_hold_every_task_once() -> None:
    todo = warm.tasks()
    pieces = warm.chunks(todo)
    assert {task for piece in pieces for task in piece} == set(todo)
    assert sum(map(len, pieces)) == len(todo)
    assert max(map(len, pieces)) <= 40  # none is a large part of the whole


def test_shared_routines() -> None:
    assert {"strided_map", "place", "fill", "take", "fetch"} <= set(warm.shared())
    assert "transfer" not in warm.shared()  # a helper, compiled into those that call it
