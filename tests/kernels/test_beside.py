"""Compiling in another process: the same code, and if that process fails, made here."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ngrad_kernels import beside, cache, loader
from ngrad_kernels.body import Body, Step
from ngrad_kernels.cache import Recipe, Request, Signature, Store
from ngrad_kernels.render import render


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[beside._Compiler]:
    """A process of the test's own, not started yet."""
    compiler = beside._Compiler()
    monkeypatch.setattr(beside, "_compiler", compiler)
    yield compiler
    compiler.end()


def recipe_of(op: str) -> Recipe:
    name, source = render(Body("map", ("f4",), (Step(op, (0,), "f4"),), (1,)))
    arguments = (name, source, Signature.KERNEL, f"test_{name}")
    return Recipe("ngrad_kernels.compiling:machine_code", arguments)


def test_code_that_loads_and_is_kept(other: beside._Compiler, tmp_path: Path) -> None:
    for key, op in (("a" * 64, "exp"), ("b" * 64, "negative")):
        recipe = recipe_of(op)
        code = beside.make(Request(recipe, tmp_path / "kernels", key))
        assert code is not None and code == Store(tmp_path / "kernels").read(key)
        assert len(code) == len(recipe.make())  # Numba's names in it count what was compiled
        assert loader.link(code, recipe.arguments[-1])


def test_what_is_no_text_in_the_path(
    other: beside._Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imports skip it, and so does the other process."""
    monkeypatch.setattr(sys, "path", [tmp_path, *sys.path])
    assert beside.make(Request(recipe_of("negative"), tmp_path / "kernels", "f" * 64))
    assert not other.refused


def test_a_failure_is_found_by_who_asked(other: beside._Compiler, tmp_path: Path) -> None:
    bad = Recipe("ngrad_kernels.compiling:machine_code", ("f", "def f(:", Signature.KERNEL, "f"))
    assert beside.make(Request(bad, tmp_path, "key")) is None
    process = other.process
    assert beside.make(Request(recipe_of("negative"), tmp_path, "key"))
    assert other.process is process and process is not None
    with cache.made_by(beside.make), pytest.raises(SyntaxError):
        cache.code_of("f", "c" * 64, bad)


def test_a_process_that_died(
    other: beside._Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "store", Store(tmp_path / "kernels"))
    assert beside.make(Request(recipe_of("negative"), tmp_path, "key"))
    assert other.process is not None
    other.process.kill()
    other.process.wait()
    with cache.made_by(beside.make):
        code = cache.code_of("negative", "d" * 64, recipe_of("negative"))
    assert code and other.refused and other.process is None


@pytest.mark.parametrize("rest", ["", "exec sleep 100"], ids=["ends", "waits"])
@pytest.mark.parametrize("name", ["application", "python"])
def test_an_executable_that_is_no_python(
    name: str, rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not run if its name says so, and otherwise once; it is not waited for for long."""
    monkeypatch.setattr(beside, "PATIENCE", 0.5)
    ran = tmp_path / "ran"
    script = tmp_path / name
    script.write_text(f"#!/bin/sh\necho again >> {ran}\n{rest}\n")
    script.chmod(stat.S_IRWXU)
    monkeypatch.setattr(sys, "executable", str(script))
    compiler = beside._Compiler()
    for _ in range(2):
        assert compiler.make(Request(recipe_of("negative"), tmp_path, "key")) is None
    assert ran.exists() == (name == "python") and compiler.process is None
    assert not ran.exists() or ran.read_text() == "again\n"


def test_another_version_is_not_asked(
    other: beside._Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "environment", lambda: "what was there before an upgrade")
    assert beside.make(Request(recipe_of("negative"), tmp_path, "key")) is None
    assert other.refused


def test_an_answer_is_to_the_request_before_it(
    other: beside._Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was left amid one, or before it said what it is, is not asked again."""
    length = [Request(Recipe("builtins:bytes", (k,)), tmp_path, "key") for k in range(3)]

    def interrupt(pipe: object) -> None:
        raise KeyboardInterrupt

    for k in range(2):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(beside, "_receive", interrupt)
            beside.make(length[k])
        assert other.process is None
        assert beside.make(length[k + 1]) == bytes(k + 1)
    assert not other.refused


def test_others_compile_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "store", Store(tmp_path / "kernels"))
    found = []

    def helper(request: Request) -> bytes | None:
        def other() -> None:
            found.append(cache.lock().acquire(timeout=10))  # type: ignore[attr-defined]
            cache.lock().release()  # type: ignore[attr-defined]

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return request.fulfil()

    with cache.made_by(helper):
        code = cache.code_of("negative", "e" * 64, recipe_of("negative"))
    assert found == [True] and cache.store.read("e" * 64) == code


FORKED = """
import os, signal, sys, time
from pathlib import Path
from ngrad_kernels import beside
from ngrad_kernels.cache import Recipe, Request
length = Request(Recipe("builtins:bytes", (3,)), Path(sys.argv[1]), "key")
assert beside.make(length) == bytes(3)
other = beside._compiler.process
child = os.fork()
if child == 0:  # has none of its own, lives on, and keeps the parent's from nothing
    assert beside._compiler.process is None
    assert beside.make(length) == bytes(3)
    time.sleep(60)
    os._exit(1)
assert beside.make(length) == bytes(3)
beside.end()
assert other.returncode == 0
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
"""
IDLE = """
import os, time
import ngrad, numpy as np
from ngrad import background, plans
from ngrad_kernels import beside
background.IDLE = 0.2
x = ngrad.constant(np.linspace(0.0, 1.0, 40000))
def program():
    return float(ngrad.reduce_sum(ngrad.sin(x) * ngrad.exp(x)))
first = program()
started = False
end = time.monotonic() + 60
while plans.counters["fused"] == 0 or beside._compiler.process:
    assert program() == first and time.monotonic() < end
    started = started or beside._compiler.process is not None
assert started and not background.failures
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKED, str(tmp_path)], check=True, timeout=50)


def test_an_idle_process_is_let_go(tmp_path: Path) -> None:
    background = {"NGRAD_FUSION": "background", "NGRAD_CACHE_DIR": str(tmp_path / "kernels")}
    for fusion in ("off", "background"):  # the kernels of single ops are there
        environment = {**os.environ, **background, "NGRAD_FUSION": fusion}
        program = IDLE if fusion == "background" else IDLE.split("started")[0]
        subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)
