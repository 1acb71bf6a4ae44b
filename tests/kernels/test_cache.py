"""The cache of compiled kernels: damage, strangers, races and limits never make an error."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from ngrad_kernels import cache, loader
from ngrad_kernels.body import Body, Step
from ngrad_kernels.cache import MAGIC, Store
from ngrad_kernels.render import render

COUNTS = """
import sys
from ngrad_kernels import cache
assert ("numba" in sys.modules) == (cache.counters["compiled"] > 0)
print(cache.counters["compiled"], cache.counters["loaded"], cache.counters["rejected"])
"""
PROGRAM = f"""
import ngrad
x = ngrad.constant([1.0, 2.0])
assert (x + x).numpy().tolist() == [2.0, 4.0]
{COUNTS}
"""
SEVERAL = f"""
import ngrad
x = ngrad.constant([1.0, 4.0])
found = [y.numpy().tolist() for y in (x + x, x - x, x * x, -x, ngrad.sqrt(x))]
assert found == [[2.0, 8.0], [0.0, 0.0], [1.0, 16.0], [-1.0, -4.0], [1.0, 2.0]]
{COUNTS}
"""


def start(folder: Path, program: str = PROGRAM, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *flags, "-c", program],
        env={**os.environ, "NGRAD_CACHE_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *flags: str, program: str = PROGRAM) -> tuple[list[int], str]:
    """What a process counts that runs a program, and what it says."""
    process = start(folder, program, *flags)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return [int(word) for word in out.split()], err


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.o"))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what one process compiled."""
    path = tmp_path_factory.mktemp("compiled") / "kernels"
    counts, err = run(path, "-W", "error")
    assert counts == [1, 0, 0] and err == ""
    assert path.stat().st_mode & 0o777 == 0o700
    assert len(files(path)) == 1
    return path


@pytest.fixture
def folder(compiled: Path, tmp_path: Path) -> Path:
    """A copy of it, of a test's own."""
    return shutil.copytree(compiled, tmp_path / "kernels")


def test_the_second_process_loads(folder: Path) -> None:
    """Without Numba: it takes longer to import than all else, and is for compiling alone."""
    assert run(folder, "-W", "error") == ([0, 1, 0], "")


def flipped(good: bytes) -> bytes:
    half = len(good) // 2
    return good[:half] + bytes([good[half] ^ 0x10]) + good[half + 1 :]


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda good: good[: len(good) // 2],
    lambda good: b"",
    lambda good: good[:20],
    flipped,
    lambda good: good.replace(MAGIC, b"ngrad-kernel-0\n", 1),
]


def test_damaged_files_are_rebuilt(tmp_path: Path) -> None:
    """Truncated, emptied, one byte flipped, of another version: a kernel each."""
    folder, count = tmp_path / "kernels", len(DAMAGES)
    assert run(folder, "-W", "error", program=SEVERAL) == ([count, 0, 0], "")
    paths = files(folder)
    for path, damaged in zip(paths, DAMAGES, strict=True):
        path.write_bytes(damaged(path.read_bytes()))
    assert run(folder, "-W", "error", program=SEVERAL) == ([count, 0, count], "")
    assert files(folder) == paths
    assert all(path.read_bytes()[: len(MAGIC)] == MAGIC for path in paths)
    assert run(folder, program=SEVERAL) == ([0, count, 0], "")


def test_a_folder_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works in memory, and warns once."""
    store = Store(tmp_path / "kernels")
    store.write("there", b"code")
    store.folder.chmod(0o500)
    if os.access(store.folder, os.W_OK):  # as root, permissions say nothing

        def refused(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(tempfile, "mkstemp", refused)
    with pytest.warns(RuntimeWarning, match="cannot write to"):
        store.write("key", b"code")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.write("other", b"code")
    assert store.read("key") is None
    assert store.read("there") == b"code"
    store.folder.chmod(0o700)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    counts, err = run(blocked / "kernels")
    assert counts == [1, 0, 0]
    assert err.count("RuntimeWarning") == 1 and "is not used" in err


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_refused(folder: Path, mode: int) -> None:
    """What is cached is executed: neither read nor written, and said once."""
    folder.chmod(mode)
    (path,) = files(folder)
    before = path.stat().st_mtime_ns
    counts, err = run(folder)
    assert counts == [1, 0, 0]
    assert err.count("RuntimeWarning") == 1 and "others can write to it" in err
    assert files(folder) == [path] and path.stat().st_mtime_ns == before
    folder.chmod(0o700)
    assert run(folder, "-W", "error") == ([0, 1, 0], "")


def test_a_folder_in_a_loose_parent_is_refused(tmp_path: Path) -> None:
    parent = tmp_path / "open"
    parent.mkdir()
    parent.chmod(0o777)
    store = Store(parent / "kernels")
    with pytest.warns(RuntimeWarning, match="parent"):
        store.write("key", b"code")
    assert not files(parent / "kernels")
    parent.chmod(0o1777)  # as /tmp: others cannot rename what is not theirs
    assert Store(parent / "kernels").usable()


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "kernels")
    store.write("key", b"code")
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 12345)
    if me == 0:  # root's folders are everyone's to trust
        os.chown(store.folder, 999, 999)
    again = Store(store.folder)
    with pytest.warns(RuntimeWarning, match="belongs to user"):
        assert again.read("key") is None


def test_several_processes_compile_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    processes = [start(folder, PROGRAM, "-W", "error") for _ in range(4)]
    for process in processes:
        out, err = process.communicate(timeout=600)
        assert (process.returncode, err) == (0, ""), err
        assert out.split()[2] == "0"
    assert len(files(folder)) == 1
    assert not list(folder.glob("*.part"))
    assert run(folder, "-W", "error") == ([0, 1, 0], "")


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "kernels")
    store.write("key", b"first")

    def interrupted(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.warns(RuntimeWarning, match="No space left"):
        store.write("key", b"second")
    assert store.read("key") == b"first"


def test_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "kernels")
    now = time.time()
    for k in range(6):
        store.write(f"key{k}", bytes(900))
        os.utime(store.folder / f"key{k}.o", (now + k, now + k))
    monkeypatch.setattr(cache, "SIZE_LIMIT", 3000)  # not before: a write may look at it, too
    store._evict()
    assert [path.stem for path in files(store.folder)] == ["key3", "key4", "key5"]
    count, nbytes = store.usage()
    assert count == 3 and nbytes <= 3000


def test_clear(tmp_path: Path) -> None:
    store = Store(tmp_path / "kernels")
    assert store.clear() == 0 and store.usage() == (0, 0)
    for k in range(3):
        store.write(f"key{k}", b"code")
    (store.folder / "left.part").write_bytes(b"half")
    (store.folder / "notes.txt").write_text("not ours")
    assert store.clear() == 4
    assert [path.name for path in store.folder.iterdir()] == ["notes.txt"]
    assert store.read("key1") is None


def test_keys_are_of_the_content() -> None:
    """Equal sources have equal keys in every process; anything else has another."""
    bodies = [
        Body("map", ("f4", "f4"), (Step(name, (0, 1), "f4"),), (2,)) for name in ("add", "subtract")
    ]
    (name, source), (other, another) = map(render, bodies)
    assert name != other and cache.key_of(source) != cache.key_of(another)
    assert render(bodies[0]) == (name, source)
    text = f"from ngrad_kernels import cache; print(cache.key_of({source!r}))"
    keys = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        keys.add(subprocess.check_output([sys.executable, "-c", text], env=environment, text=True))
    assert keys == {cache.key_of(source) + "\n"}


def test_keys_are_of_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that was tuned otherwise has another key."""
    before = cache.key_of("")
    monkeypatch.setattr(loader, "features", lambda: "+another")
    cache.environment.cache_clear()
    after = cache.key_of("")
    monkeypatch.undo()
    cache.environment.cache_clear()
    assert before == cache.key_of("") != after


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NGRAD_CACHE_DIR", str(tmp_path))
    assert cache.default_folder() == tmp_path
    monkeypatch.delenv("NGRAD_CACHE_DIR")
    assert cache.default_folder().parts[-2:] == ("ngrad", "kernels")


def test_a_key_holds_all_sources_that_decide_the_code() -> None:
    """A kernel of another version would be loaded, were one left out."""
    package = Path(cache.__file__).parent
    found, asked = set(), ["compiling"]
    while asked:
        name = asked.pop()
        if name in found or not (path := package / f"{name.replace('.', '/')}.py").exists():
            continue
        found.add(name)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package.name):
                inner = node.module.removeprefix(package.name).lstrip(".")
                asked += [inner] if inner else [alias.name for alias in node.names]
    tops = {name.partition(".")[0] for name in found}
    assert tops - {"cache"} == {name.removesuffix(".py") for name in cache.DECIDING}
