"""Source text to a compiled kernel: content-addressed, on disk, safe between processes.

A kernel's key is the SHA-256 of its source and of everything that decides its machine code:
versions, target, CPU and its features, and the sources that it may call into. A file holds a
checksum over all its content, which is verified before a byte of it is loaded (a flipped byte in
executable code is a crash). What is cached is *executed*, so a folder that others own or can write
to is refused.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import os
import pkgutil
import stat
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding as llvm
import platformdirs

from ngrad_kernels import loader

MAGIC = b"ngrad-kernel-1\n"
SIZE_LIMIT = 1 << 30
"""Bytes of kernels on disk past which the oldest go."""

_FLAGS = ("NUMBA_CPU_NAME", "NUMBA_ENABLE_AVX")
"""The environment variables that say what CPU code is for."""
PYTHON = "python {}.{}".format(*sys.version_info)
"""Whose bytecode Numba reads, and whose rules of arithmetic it follows."""
DECIDING = (
    *("addresses.py", "cartesian.py", "codegen.py", "codes.py", "compiling.py", "contract.py"),
    *("floats.py", "framing.py", "garbage.py", "halves.py", "integers.py", "intrinsics.py"),
    *("lanes.py", "loader.py", "overlapping.py", "passes.py", "probes.py", "reductions.py"),
    *("remainders.py", "short_rows.py", "short_runs.py", "slabs.py", "streaming.py", "strips.py"),
    "vecmath",
)
"""What makes machine code of a source, and what that may call: all that `compiling.py` imports."""

counters: Counter[str] = Counter()
"""What happened since the process began: `compiled`, `loaded`, `rejected` (damaged files),
`evicted`.
"""

listeners: list[Callable[[str, str, int, int], None]] = []
"""Who is told `(what, kernel's name, start, end)`, in nanoseconds of `time.perf_counter_ns`, when a
kernel was "compiled" or "loaded".
"""


@functools.cache
def digest_of(names: tuple[str, ...]) -> str:
    """SHA-256 of source files and folders of this package."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for name in names:
        path = here / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


@functools.cache
def environment() -> str:
    """Everything but its own source that decides a kernel's machine code, as canonical text."""
    target = (
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        loader.features(),
        *(f"{name}={os.environ.get(name, '')}" for name in _FLAGS),
    )
    versions = f"numba {importlib.metadata.version('numba')}\nllvmlite {llvmlite.__version__}"
    return "\n".join((PYTHON, versions, *target, digest_of(DECIDING)))


def key_of(source: str, target: str = "") -> str:
    """The cache key of a kernel's source, for this CPU or for another target: all that decides its
    code there, as text.
    """
    return hashlib.sha256(f"{target or environment()}\n{source}".encode()).hexdigest()


class Store:
    """Files by key in one folder.

    Parameters
    ----------
    folder : Path
        Where the files lie; made (mode 0700) at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._usable: bool | None = None
        self._writable = True

    def _refuse(self, why: str) -> bool:
        warnings.warn(
            f"the kernel cache {self.folder} is not used: {why}. Kernels are compiled in memory; "
            "set NGRAD_CACHE_DIR to a folder of your own.",
            RuntimeWarning,
            stacklevel=2,
        )
        self._usable = False
        return False

    def usable(self) -> bool:
        """Whether code from this folder may be executed: nobody else owns it or can write to it."""
        if self._usable is not None:
            return self._usable
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = self.folder.stat()
        except OSError as error:
            return self._refuse(f"it cannot be made ({error.strerror})")
        if hasattr(os, "getuid"):
            if status.st_uid not in (os.getuid(), 0):
                return self._refuse(f"it belongs to user {status.st_uid}")
            if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return self._refuse("others can write to it")
            parent = self.folder.resolve().parent.stat()
            loose = parent.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if parent.st_uid not in (os.getuid(), 0) or (
                loose and not parent.st_mode & stat.S_ISVTX
            ):
                return self._refuse(f"others own or can write to its parent {self.folder.parent}")
        self._usable = True
        return True

    def read(self, key: str) -> bytes | None:
        """The content under a key, if it is there and undamaged."""
        if not self.usable():
            return None
        path = self.folder / f"{key}.o"
        try:
            data = path.read_bytes()
        except OSError:
            return None
        head = len(MAGIC) + 32
        body = data[head:]
        if data[: len(MAGIC)] == MAGIC and data[len(MAGIC) : head] == hashlib.sha256(body).digest():
            return body
        counters["rejected"] += 1
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def write(self, key: str, body: bytes) -> None:
        """Keep content under a key: whole or not at all, whoever else writes it meanwhile."""
        if not (self.usable() and self._writable):
            return
        try:
            handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(MAGIC + hashlib.sha256(body).digest() + body)
            os.replace(temporary, self.folder / f"{key}.o")
        except OSError as error:
            self._writable = False
            warnings.warn(
                f"kernels are not kept: cannot write to {self.folder} ({error.strerror})",
                RuntimeWarning,
                stacklevel=2,
            )
            return
        if counters["written"] % 256 == 0:
            self._evict()
        counters["written"] += 1

    def _files(self) -> list[Path]:
        return [*self.folder.glob("*.o"), *self.folder.glob("*.part")]

    def _evict(self) -> None:
        aged = []
        for path in self._files():
            with contextlib.suppress(OSError):
                status = path.stat()
                aged.append((status.st_mtime, status.st_size, path))
        excess = sum(size for _, size, _ in aged) - SIZE_LIMIT
        for _, size, path in sorted(aged):
            if excess <= 0:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                counters["evicted"] += 1
            excess -= size

    def clear(self) -> int:
        """Remove every kernel; how many there were."""
        files = self._files() if self.folder.is_dir() else []
        for path in files:
            with contextlib.suppress(OSError):
                path.unlink()
        return len(files)

    def usage(self) -> tuple[int, int]:
        """Number of kernels on disk, and their bytes."""
        sizes = []
        for path in self._files() if self.folder.is_dir() else []:
            with contextlib.suppress(OSError):
                sizes.append(path.stat().st_size)
        return len(sizes), sum(sizes)


def default_folder() -> Path:
    """`NGRAD_CACHE_DIR`, or the user's cache folder."""
    chosen = os.environ.get("NGRAD_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("ngrad")) / "kernels"


store = Store(default_folder())
_lock = threading.RLock()  # compilation and loading share Numba's and LLVM's global state


def lock() -> AbstractContextManager[Any]:
    """The lock under which code is compiled and loaded."""
    return _lock


def _renew_lock() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    # Taken before a fork, so that no child inherits a compiler that was interrupted half-way.
    os.register_at_fork(
        before=lambda: _lock.acquire(),
        after_in_parent=lambda: _lock.release(),
        after_in_child=_renew_lock,
    )


class NotCached(Exception):
    """A kernel that would have to be compiled, where `without_compiling` forbids it."""


_limits = threading.local()


@contextlib.contextmanager
def without_compiling() -> Iterator[None]:
    """Within it, in this thread, a kernel that is not on disk raises `NotCached`."""
    _limits.loading_only = True
    try:
        yield
    finally:
        _limits.loading_only = False


class Recipe(NamedTuple):
    """What compiles: a function by the names of its module and its own, and its arguments. So its
    module, which sets up a compiler, is imported by whoever calls it, and another process can.
    """

    function: str
    arguments: tuple[Any, ...]

    def make(self) -> bytes:
        """Compile."""
        code: bytes = pkgutil.resolve_name(self.function)(*self.arguments)
        return code


class Request(NamedTuple):
    """What another process is asked for: to make code, and to keep it in a folder under a key."""

    recipe: Recipe
    folder: Path
    key: str

    def fulfil(self) -> bytes:
        """Make it and keep it."""
        code = self.recipe.make()
        Store(self.folder).write(self.key, code)
        return code


@contextlib.contextmanager
def made_by(helper: Callable[[Request], bytes | None]) -> Iterator[None]:
    """Within it, in this thread, a helper is asked to compile; what it gives None for is compiled
    here.
    """
    _limits.helper = helper
    try:
        yield
    finally:
        _limits.helper = None


class Signature(Enum):
    """The C signatures of what is compiled."""

    KERNEL = "void(words*, word, word)"
    PACK = "void(word, word, word, word, word)"


def _count(what: str, name: str, start: int) -> None:
    counters[what] += 1
    for listener in tuple(listeners):
        listener(what, name, start, time.perf_counter_ns())


def code_of(name: str, key: str, recipe: Recipe, usable: Callable[[bytes], Any] = bool) -> bytes:
    """A kernel's code under a key: from disk, or made and kept there.

    Parameters
    ----------
    name : str
        The kernel's.
    key : str
        As `key_of` gives it.
    recipe : Recipe
        Compiles.
    usable : callable
        Whether code serves: what is on disk and does not is made again.

    Raises
    ------
    NotCached
        If it would have to be compiled, within `without_compiling`.
    """
    helper = getattr(_limits, "helper", None)
    with lock():
        start = time.perf_counter_ns()
        code = store.read(key)
        if code is not None:
            if usable(code):
                _count("loaded", name, start)
                return code
            counters["rejected"] += 1
        if getattr(_limits, "loading_only", False):
            raise NotCached(name)
        if helper is None:
            return _made_here(name, key, recipe, usable, start)
    made: bytes | None = helper(Request(recipe, store.folder, key))  # others may fork meanwhile
    with lock():
        if made is None or not usable(made):
            return _made_here(name, key, recipe, usable, start)
        _count("compiled", name, start)
        return made


def _made_here(
    name: str, key: str, recipe: Recipe, usable: Callable[[bytes], Any], start: int
) -> bytes:
    """Code that this process compiles, and keeps."""
    code = recipe.make()
    store.write(key, code)
    if not usable(code):
        raise RuntimeError(f"the code of {name}, just compiled, is not usable")
    _count("compiled", name, start)
    return code


def load(name: str, source: str, signature: Signature = Signature.KERNEL) -> int:
    """The address of the function `name` of a source text: loaded from disk, or compiled and kept
    there.
    """
    key = key_of(source)
    symbol = f"{name}_{key[:24]}"  # one symbol for two kernels could crash who loads both
    address = 0

    def link(code: bytes) -> int:
        nonlocal address
        address = loader.link(code, symbol)
        return address

    arguments = (name, source, signature, symbol)
    code_of(name, key, Recipe("ngrad_kernels.compiling:machine_code", arguments), link)
    return address
